/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the configuration: lines from ini.h, meaning from the table in
 * settings.c.
 */
#include "server/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "server/config_private.h"
#include "server/metrics.h"
#include "server/state_dir.h"
#include "smbquic/ini.h"
#include "smbquic/private_file.h"

#define MAX_SHARE_NAME 80 /* MS-SRVS 2.2.4.23, NNLEN */

struct loader {
	struct config *cfg;
	config_report_fn report;
	void *private_data;
	bool failed;
	unsigned depth;
	const char *file; /* being read; NULL: the command line */
	unsigned line;
};

/* --- findings ----------------------------------------------------------- */

static void say(struct loader *l, enum config_severity severity,
		const char *format, ...) PRINTF_ATTRIBUTE(3, 4);

static void say(struct loader *l, enum config_severity severity,
		const char *format, ...)
{
	va_list args;
	char *text = NULL;
	char *where = NULL;

	va_start(args, format);
	text = talloc_vasprintf(l->cfg, format, args);
	va_end(args);
	if (l->file == NULL) {
		where = talloc_strdup(text, "--option: ");
	} else if (l->line == 0) {
		where = talloc_asprintf(text, "%s: ", l->file);
	} else {
		where = talloc_asprintf(text, "%s:%u: ", l->file, l->line);
	}
	where = talloc_asprintf_append(where, "%s", text);
	if (severity == CONFIG_ERROR) {
		l->failed = true;
	}
	if (l->report != NULL) {
		l->report(l->private_data, severity, where);
	}
	talloc_free(text);
}

/* --- sections ----------------------------------------------------------- */

const struct config_share *config_share_find(const struct config *cfg,
					     const char *name)
{
	size_t i = 0;

	for (i = 0; i < cfg->count; i++) {
		if (strcasecmp(cfg->shares[i]->name, name) == 0) {
			return cfg->shares[i];
		}
	}
	return NULL;
}

/* Samba's sections that are not folders. */
static bool is_special(const char *name)
{
	return strcasecmp(name, "homes") == 0 ||
	       strcasecmp(name, "printers") == 0 ||
	       strcasecmp(name, "print$") == 0;
}

static bool good_share_name(const char *name)
{
	return strlen(name) <= MAX_SHARE_NAME &&
	       strpbrk(name, "\"/\\[]:|<>+=;,*?") == NULL &&
	       strcasecmp(name, "IPC$") != 0;
}

static void begin_section(struct loader *l, const char *name)
{
	struct config *cfg = l->cfg;
	struct config_share *share = NULL;

	if (strcasecmp(name, "global") == 0 ||
	    config_share_find(cfg, name) != NULL) {
		return;
	}
	if (is_special(name)) {
		say(l, CONFIG_WARNING,
		    "[%s] is left out: every share here is a folder with a "
		    "name of its own",
		    name);
		return;
	}
	if (!good_share_name(name)) {
		say(l, CONFIG_ERROR, "\"%s\" cannot be the name of a share",
		    name);
		return;
	}
	cfg->shares = talloc_realloc(cfg, cfg->shares, struct config_share *,
				     cfg->count + 1);
	share = talloc_zero(cfg, struct config_share);
	if (cfg->shares == NULL || share == NULL) {
		abort();
	}
	share->name = talloc_strdup(share, name);
	cfg->shares[cfg->count++] = share;
}

/* --- keys --------------------------------------------------------------- */

static void set_value(struct loader *l, struct config_share *to,
		      const char *name, const char *text)
{
	bool in_share = to != l->cfg->global;
	bool inverted = false;
	bool other = false;
	char *note = NULL;
	enum config_key key = setting_find(name, in_share, &inverted);
	struct setting_value value = {0};

	if (key == CONFIG_KEY_COUNT &&
	    setting_find(name, !in_share, &other) != CONFIG_KEY_COUNT) {
		say(l, CONFIG_WARNING, "\"%s\" belongs into %s and is left out",
		    name, in_share ? "[global]" : "a share");
		return;
	}
	if (key == CONFIG_KEY_COUNT) {
		say(l, l->file == NULL ? CONFIG_ERROR : CONFIG_WARNING,
		    "there is no setting \"%s\"%s", name,
		    l->file == NULL ? "" : "; the line is left out");
		return;
	}
	if (inverted && ini_bool(text, &other)) {
		text = other ? "no" : "yes";
	}
	if (!setting_parse(to, setting_row(key), text, &value, &note)) {
		say(l, CONFIG_ERROR, "%s = %s: %s", name, text, note);
		return;
	}
	if (note != NULL) {
		say(l, CONFIG_WARNING, "%s = %s: %s", name, text, note);
	}
	to->values[key] = value;
}

/* `section` is where an including file was: an included one begins there. */
static void load_file(struct loader *l, const char *file, const char *section);

static void include(struct loader *l, const char *name, const char *section)
{
	char *path = NULL;

	if (strchr(name, '%') != NULL) {
		say(l, CONFIG_WARNING,
		    "include = %s: macros have no value while the file is "
		    "read; the line is left out",
		    name);
		return;
	}
	if (l->depth == INI_MAX_DEPTH) {
		say(l, CONFIG_ERROR, "include = %s: nested more than %d deep",
		    name, INI_MAX_DEPTH);
		return;
	}
	path = ini_include_path(l->cfg, l->file, name);
	l->depth++;
	load_file(l, path, section);
	l->depth--;
}

static void load_line(struct loader *l, const struct ini_line *line,
		      const char *section)
{
	struct config_share *to = l->cfg->global;

	if (line->kind == INI_BAD) {
		say(l, CONFIG_ERROR, "%s", line->value);
		return;
	}
	if (line->kind == INI_SECTION) {
		begin_section(l, line->section);
		return;
	}
	if (line->kind != INI_KEY) {
		return;
	}
	if (ini_key_equal(line->key, "include")) {
		include(l, line->value, section);
		return;
	}
	if (section != NULL && strcasecmp(section, "global") != 0) {
		to = (struct config_share *)config_share_find(l->cfg, section);
	}
	if (to != NULL) {
		set_value(l, to, line->key, line->value);
	}
}

/* Everybody may read it, but who can change it has whatever it serves. */
static void warn_of_writers(struct loader *l, const char *file)
{
	char *open_to = private_file_writable(l->cfg, file,
					      "what is served, and to whom");

	if (open_to != NULL) {
		say(l, CONFIG_WARNING, "%s", open_to);
		talloc_free(open_to);
	}
}

static void load_file(struct loader *l, const char *file, const char *section)
{
	const char *outer_file = l->file;
	unsigned outer_line = l->line;
	struct ini *ini = ini_load(l->cfg, file, NULL);
	size_t i = 0;

	if (ini == NULL) {
		const char *why =
			errno == EINVAL ? "it is not a file" : strerror(errno);

		if (outer_file == NULL) {
			l->file = file;
			say(l, CONFIG_ERROR, "cannot read it: %s", why);
			l->file = NULL;
		} else {
			say(l, CONFIG_ERROR, "cannot read %s: %s", file, why);
		}
		return;
	}
	l->file = file;
	warn_of_writers(l, file);
	for (i = 0; i < ini_count(ini); i++) {
		const struct ini_line *line = ini_line(ini, i);

		l->line = line->number;
		load_line(l, line,
			  line->section == NULL ? section : line->section);
	}
	l->file = outer_file;
	l->line = outer_line;
	talloc_free(ini);
}

static void load_override(struct loader *l, const char *option)
{
	const char *equals = strchr(option, '=');
	struct ini *ini = NULL;

	if (equals == NULL) {
		say(l, CONFIG_ERROR, "%s: key=value is wanted", option);
		return;
	}
	ini = ini_parse(l->cfg, option, strlen(option));
	if (ini == NULL || ini_count(ini) != 1 ||
	    ini_line(ini, 0)->kind != INI_KEY) {
		say(l, CONFIG_ERROR, "%s: one key=value is wanted", option);
	} else {
		set_value(l, l->cfg->global, ini_line(ini, 0)->key,
			  ini_line(ini, 0)->value);
	}
	talloc_free(ini);
}

/* --- the whole ---------------------------------------------------------- */

static bool set_initial(struct config *cfg)
{
	int key = 0;

	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		const struct setting *row = setting_row(key);
		char *note = NULL;

		if (!setting_parse(cfg, row, row->initial, &cfg->initial[key],
				   &note)) {
			return false;
		}
	}
	return true;
}

/* The host's name as a default, as no table could hold it. */
static void set_host_name(struct config *cfg)
{
	struct setting_value *own = &cfg->global->values[CONFIG_NETBIOS_NAME];
	char name[256] = "";
	char *c = name;

	if (gethostname(name, sizeof(name) - 1) == -1 || name[0] == '\0') {
		return;
	}
	for (c = name; *c != '\0' && *c != '.'; c++) {
		*c = toupper((unsigned char)*c);
	}
	*c = '\0';
	cfg->initial[CONFIG_NETBIOS_NAME].text = talloc_strdup(cfg, name);
	if (own->text != NULL && own->text[0] == '\0') {
		own->text = NULL;
	}
}

/* Likewise: a user's own folder. */
static bool set_state_directory(struct config *cfg)
{
	struct setting_value *initial = &cfg->initial[CONFIG_STATE_DIRECTORY];

	initial->text = state_dir_default(cfg, initial->text);
	return initial->text != NULL;
}

/* What no single line can tell. */
static void check_whole(struct loader *l)
{
	const struct config *cfg = l->cfg;
	int64_t keepalive = config_int(cfg, NULL, CONFIG_KEEPALIVE);
	const char *metrics = config_string(cfg, NULL, CONFIG_METRICS_LISTEN);
	struct sockaddr_storage address = {0};
	size_t i = 0;

	l->line = 0;
	l->file = cfg->file;
	if (config_int(cfg, NULL, CONFIG_MIN_PROTOCOL) >
	    config_int(cfg, NULL, CONFIG_MAX_PROTOCOL)) {
		say(l, CONFIG_ERROR,
		    "server min protocol is newer than server max protocol");
	}
	if (keepalive >= config_int(cfg, NULL, CONFIG_IDLE_TIMEOUT)) {
		say(l, CONFIG_WARNING,
		    "keepalive is not shorter than idle timeout: idle "
		    "connections will be lost");
	}
	if (metrics[0] != '\0' && metrics_address(metrics, &address) == 0) {
		say(l, CONFIG_ERROR,
		    "metrics listen = %s: that is no address with a port, such "
		    "as 127.0.0.1:9922 or [::1]:9922",
		    metrics);
	}
	for (i = 0; i < cfg->count; i++) {
		const struct config_share *share = cfg->shares[i];

		if (config_bool(cfg, share, CONFIG_AVAILABLE) &&
		    config_int(cfg, share, CONFIG_STORE) ==
			    CONFIG_STORE_POSIX &&
		    config_string(cfg, share, CONFIG_PATH)[0] == '\0') {
			say(l, CONFIG_ERROR, "the share [%s] has no path",
			    share->name);
		}
	}
}

struct config *config_look(TALLOC_CTX *mem_ctx, const char *file,
			   const char *const *overrides,
			   config_report_fn report, void *private_data,
			   bool *good)
{
	struct config *cfg = talloc_zero(mem_ctx, struct config);
	struct loader l = {
		.cfg = cfg,
		.report = report,
		.private_data = private_data,
	};

	*good = false;
	if (cfg == NULL) {
		return NULL;
	}
	cfg->file = talloc_strdup(cfg, file);
	cfg->global = talloc_zero(cfg, struct config_share);
	if (cfg->file == NULL || cfg->global == NULL || !set_initial(cfg) ||
	    !set_state_directory(cfg)) {
		talloc_free(cfg);
		return NULL;
	}
	cfg->global->name = "global";
	load_file(&l, cfg->file, NULL);
	for (; overrides != NULL && *overrides != NULL; overrides++) {
		load_override(&l, *overrides);
	}
	set_host_name(cfg);
	check_whole(&l);
	*good = !l.failed;
	return cfg;
}

struct config *config_load(TALLOC_CTX *mem_ctx, const char *file,
			   const char *const *overrides,
			   config_report_fn report, void *private_data)
{
	bool good = false;
	struct config *cfg = config_look(mem_ctx, file, overrides, report,
					 private_data, &good);

	if (!good) {
		TALLOC_FREE(cfg);
	}
	return cfg;
}

/* --- asking ------------------------------------------------------------- */

const char *config_file(const struct config *cfg)
{
	return cfg->file;
}

size_t config_share_count(const struct config *cfg)
{
	return cfg->count;
}

const struct config_share *config_share(const struct config *cfg, size_t i)
{
	return i < cfg->count ? cfg->shares[i] : NULL;
}

const char *config_share_name(const struct config_share *share)
{
	return share->name;
}

const struct setting_value *config_value(const struct config *cfg,
					 const struct config_share *share,
					 enum config_key key)
{
	const struct setting *row = setting_row(key);

	if ((share == NULL && row->scope == SETTING_SHARE_ONLY) ||
	    (share != NULL && row->scope == SETTING_GLOBAL)) {
		abort();
	}
	if (share != NULL && share->values[key].text != NULL) {
		return &share->values[key];
	}
	if (row->scope != SETTING_SHARE_ONLY &&
	    cfg->global->values[key].text != NULL) {
		return &cfg->global->values[key];
	}
	return &cfg->initial[key];
}

static const struct setting_value *typed(const struct config *cfg,
					 const struct config_share *share,
					 enum config_key key, unsigned types)
{
	if ((types & (1u << setting_row(key)->type)) == 0) {
		abort();
	}
	return config_value(cfg, share, key);
}

bool config_bool(const struct config *cfg, const struct config_share *share,
		 enum config_key key)
{
	return typed(cfg, share, key, 1u << SETTING_BOOL)->number != 0;
}

int64_t config_int(const struct config *cfg, const struct config_share *share,
		   enum config_key key)
{
	const unsigned types =
		1u << SETTING_INT | 1u << SETTING_OCTAL | 1u << SETTING_ENUM;

	return typed(cfg, share, key, types)->number;
}

const char *config_string(const struct config *cfg,
			  const struct config_share *share, enum config_key key)
{
	const unsigned types = 1u << SETTING_STRING | 1u << SETTING_PATH |
			       1u << SETTING_LOG_LEVEL;

	return typed(cfg, share, key, types)->text;
}

const char *const *config_list(const struct config *cfg,
			       const struct config_share *share,
			       enum config_key key)
{
	const unsigned types = 1u << SETTING_LIST | 1u << SETTING_PATTERNS;

	return (const char *const *)typed(cfg, share, key, types)->list;
}

const uint16_t *config_numbers(const struct config *cfg, enum config_key key,
			       size_t *count)
{
	const struct setting_value *value =
		typed(cfg, NULL, key, 1u << SETTING_NUMBERS);

	*count = value->count;
	return value->numbers;
}

const struct config_transport *config_transports(const struct config *cfg,
						 size_t *count)
{
	const struct setting_value *value = typed(
		cfg, NULL, CONFIG_SMB_TRANSPORTS, 1u << SETTING_TRANSPORTS);

	*count = value->count;
	return value->transports;
}

/* --- macros ------------------------------------------------------------- */

static const char *macro_value(const struct config_macros *macros, char letter)
{
	switch (letter) {
	case 'U': return macros->user;
	case 'S': return macros->share;
	case 'I': return macros->address;
	case 'm': return macros->machine;
	case '%': return "%";
	default: return NULL;
	}
}

/* One component of a path, whatever a client called itself. */
static char *as_component(TALLOC_CTX *mem_ctx, const char *value)
{
	char *copy = talloc_strdup(mem_ctx, value);
	char *c = NULL;

	if (copy == NULL) {
		return NULL;
	}
	for (c = copy; *c != '\0'; c++) {
		if (*c == '/') {
			*c = '_';
		}
	}
	if (strcmp(copy, ".") == 0 || strcmp(copy, "..") == 0) {
		copy[0] = '_';
	}
	return copy;
}

char *config_expand(TALLOC_CTX *mem_ctx, const char *text,
		    const struct config_macros *macros)
{
	char *out = talloc_strdup(mem_ctx, "");
	const char *percent = strchr(text, '%');

	while (percent != NULL && out != NULL) {
		const char *value = macro_value(macros, percent[1]);
		size_t plain = percent - text;
		char *part = NULL;

		if (value == NULL) {
			percent = strchr(percent + 1, '%');
			continue;
		}
		part = as_component(out, value);
		if (part == NULL) {
			talloc_free(out);
			return NULL;
		}
		out = talloc_asprintf_append_buffer(out, "%.*s%s", (int)plain,
						    text, part);
		text = percent + 2;
		percent = strchr(text, '%');
	}
	return talloc_asprintf_append_buffer(out, "%s", text);
}
