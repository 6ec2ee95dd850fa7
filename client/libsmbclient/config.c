/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings that no program has to know of. A file has the form of smb.conf:
 *
 *	[global]
 *	    transport = quic
 *	    ca = /etc/ssl/certs/my-ca.pem
 *	[files.example.org]
 *	    port = 4433
 *
 * A section other than global is a server. In the files of Samba's that are
 * read for the names of machine and workgroup, keys that are not ours are
 * passed over; the environment overrides all files.
 */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#include "client/libsmbclient/libsmb.h"
#include "smbquic/log.h"
#include "smbquic/race.h"

#define FILE_LONGEST (1024 * 1024)
/* As --reconnect of smbquic-client. */
#define RECONNECT_SECONDS 20
#define RECONNECT_MOST	  3600

struct line {
	const char *section; /* "global" or a server */
	const char *key, *value;
	unsigned number;
};

struct libsmb_file {
	const char *path;
	size_t count;
	struct line *line;
};

/* The keys: in a file, in the environment, and where they go. */
static const struct {
	const char *key, *variable;
	size_t offset;
} keys[] = {
	{"transport", "SMBQUIC_TRANSPORT",
	 offsetof(struct libsmb_config, transport)},
	{"address", NULL, offsetof(struct libsmb_config, address)},
	{"ca", "SMBQUIC_CA", offsetof(struct libsmb_config, ca)},
	{"pin", "SMBQUIC_PIN", offsetof(struct libsmb_config, pin)},
	{"trust", "SMBQUIC_TRUST", offsetof(struct libsmb_config, trust)},
	{"protection", NULL, offsetof(struct libsmb_config, protection)},
	{"read ahead", "SMBQUIC_READ_AHEAD",
	 offsetof(struct libsmb_config, read_ahead)},
	{"write behind", "SMBQUIC_WRITE_BEHIND",
	 offsetof(struct libsmb_config, write_behind)},
	{"remember", "SMBQUIC_REMEMBER",
	 offsetof(struct libsmb_config, remember)},
	{"compress", "SMBQUIC_COMPRESS",
	 offsetof(struct libsmb_config, compress)},
	{"reconnect", "SMBQUIC_RECONNECT",
	 offsetof(struct libsmb_config, reconnect)},
	{"client certificate", NULL,
	 offsetof(struct libsmb_config, client_cert)},
	{"client key", NULL, offsetof(struct libsmb_config, client_key)},
	{"client min protocol", NULL,
	 offsetof(struct libsmb_config, min_dialect)},
	{"client max protocol", NULL,
	 offsetof(struct libsmb_config, max_dialect)},
	{"workgroup", NULL, offsetof(struct libsmb_config, workgroup)},
	{"netbios name", NULL, offsetof(struct libsmb_config, netbios_name)},
};

static const char *const setting_keys[LIBSMB_SETTINGS] = {
	"client signing",
	"client smb encrypt",
	"client smb encryption over quic",
	"client smb3 signing algorithms",
	"client smb3 encryption algorithms",
	"max channels",
};

const char *libsmb_setting_key(size_t i)
{
	return setting_keys[i];
}

#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* ----------------------------------------------------------------- reading */

static char *trim(char *s)
{
	size_t n = 0;

	while (isspace((unsigned char)*s)) {
		s++;
	}
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1])) {
		n--;
	}
	s[n] = '\0';
	return s;
}

static int add_line(struct libsmb_file *file, const struct line *line)
{
	struct line *grown = talloc_realloc(file, file->line, struct line,
					    (unsigned)file->count + 1);

	if (grown == NULL) {
		return ENOMEM;
	}
	file->line = grown;
	file->line[file->count++] = *line;
	return 0;
}

static int bad_line(const struct libsmb_file *file, unsigned number)
{
	log_error("%s:%u: neither a section nor a setting", file->path, number);
	return EINVAL;
}

/* One line; section is of the lines before. text is changed and kept. */
static int parse_line(struct libsmb_file *file, char *text, unsigned number,
		      const char **section)
{
	struct line line = {.section = *section, .number = number};
	char *cut = NULL;

	text = trim(text);
	if (*text == '\0' || *text == '#' || *text == ';') {
		return 0;
	}
	if (*text == '[') {
		cut = strchr(text, ']');
		if (cut == NULL) {
			return bad_line(file, number);
		}
		*cut = '\0';
		*section = trim(text + 1);
		return 0;
	}
	cut = strchr(text, '=');
	if (cut == NULL) {
		return bad_line(file, number);
	}
	*cut = '\0';
	line.key = trim(text);
	line.value = trim(cut + 1);
	return add_line(file, &line);
}

int libsmb_file_parse(TALLOC_CTX *mem_ctx, const char *path, const char *text,
		      struct libsmb_file **out)
{
	struct libsmb_file *file = talloc_zero(mem_ctx, struct libsmb_file);
	const char *section = "global";
	char *copy = talloc_strdup(file, text);
	unsigned number = 0;
	int err = 0;

	*out = NULL;
	if (file == NULL || copy == NULL) {
		talloc_free(file);
		return ENOMEM;
	}
	file->path = talloc_strdup(file, path);
	while (copy != NULL && err == 0) {
		char *line = strsep(&copy, "\n");

		err = parse_line(file, line, ++number, &section);
	}
	if (err != 0) {
		talloc_free(file);
		return err;
	}
	*out = file;
	return 0;
}

int libsmb_file_read(TALLOC_CTX *mem_ctx, const char *path,
		     struct libsmb_file **out)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t n = 0;
	int err = 0;

	*out = NULL;
	if (in == NULL) {
		return errno;
	}
	text = talloc_zero_array(mem_ctx, char, FILE_LONGEST + 1);
	if (text != NULL) {
		n = fread(text, 1, FILE_LONGEST + 1, in);
	}
	if (text == NULL) {
		err = ENOMEM;
	} else if (ferror(in) || n > FILE_LONGEST) {
		err = n > FILE_LONGEST ? EFBIG : EIO;
	} else {
		text[n] = '\0';
		err = libsmb_file_parse(mem_ctx, path, text, out);
	}
	talloc_free(text);
	fclose(in);
	return err;
}

/* ---------------------------------------------------------------- applying */

/* As in smb.conf: case and blanks do not matter. */
static bool same_key(const char *a, const char *b)
{
	while (*a != '\0' || *b != '\0') {
		if (*a == ' ' || *a == '\t') {
			a++;
		} else if (*b == ' ' || *b == '\t') {
			b++;
		} else if (tolower((unsigned char)*a++) !=
			   tolower((unsigned char)*b++)) {
			return false;
		}
	}
	return true;
}

static bool parse_port(const char *value, uint16_t *port)
{
	char *end = NULL;
	unsigned long n = 0;

	if (!isdigit((unsigned char)*value)) {
		return false;
	}
	n = strtoul(value, &end, 10);
	if (*end != '\0' || n == 0 || n > UINT16_MAX) {
		return false;
	}
	*port = (uint16_t)n;
	return true;
}

static void take_port(struct libsmb_config *config, const char *where,
		      const char *value)
{
	if (!parse_port(value, &config->port)) {
		log_error("%s: %s: a port is a number from 1 to 65535", where,
			  value);
	}
}

static void apply_line(const struct libsmb_file *file, const struct line *line,
		       struct libsmb_config *config)
{
	size_t i = 0;

	if (same_key(line->key, "port")) {
		take_port(config, file->path, line->value);
		return;
	}
	for (i = 0; i < KEYS; i++) {
		if (same_key(line->key, keys[i].key)) {
			const char **to = (const char **)((char *)config +
							  keys[i].offset);

			*to = *line->value != '\0' ? line->value : NULL;
		}
	}
	for (i = 0; i < LIBSMB_SETTINGS; i++) {
		if (same_key(line->key, setting_keys[i])) {
			config->setting[i] =
				*line->value != '\0' ? line->value : NULL;
		}
	}
}

static void apply_section(const struct libsmb_file *file, const char *section,
			  struct libsmb_config *config)
{
	size_t i = 0;

	for (i = 0; i < file->count; i++) {
		if (strcasecmp(file->line[i].section, section) == 0) {
			apply_line(file, &file->line[i], config);
		}
	}
}

void libsmb_file_apply(const struct libsmb_file *file, const char *server,
		       struct libsmb_config *config)
{
	if (file == NULL) {
		return;
	}
	apply_section(file, "global", config);
	if (server != NULL && strcasecmp(server, "global") != 0) {
		apply_section(file, server, config);
	}
}

bool libsmb_file_servers(TALLOC_CTX *mem_ctx, const struct libsmb_file *file,
			 struct libsmb_servers *out)
{
	size_t i = 0;

	*out = (struct libsmb_servers){0};
	if (file == NULL || file->count == 0) {
		return true;
	}
	out->name = talloc_array(mem_ctx, const char *, (unsigned)file->count);
	if (out->name == NULL) {
		return false;
	}
	for (i = 0; i < file->count; i++) {
		const char *name = file->line[i].section;

		if (strcasecmp(name, "global") != 0 &&
		    (out->count == 0 ||
		     strcasecmp(name, out->name[out->count - 1]) != 0)) {
			out->name[out->count++] = name;
		}
	}
	return true;
}

void libsmb_config_environment(TALLOC_CTX *mem_ctx,
			       struct libsmb_config *config)
{
	const char *value = getenv("SMBQUIC_PORT");
	size_t i = 0;

	if (value != NULL && *value != '\0') {
		take_port(config, "SMBQUIC_PORT", value);
	}
	for (i = 0; i < KEYS; i++) {
		value = keys[i].variable != NULL ? getenv(keys[i].variable)
						 : NULL;
		if (value != NULL && *value != '\0') {
			*(const char **)((char *)config + keys[i].offset) =
				talloc_strdup(mem_ctx, value);
		}
	}
}

/* ----------------------------------------------------------------- finding */

static char *own_file(TALLOC_CTX *mem_ctx)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (config != NULL && *config == '/') {
		return talloc_asprintf(mem_ctx, "%s/smbquic/client.conf",
				       config);
	}
	return talloc_asprintf(mem_ctx, "%s/.config/smbquic/client.conf",
			       home != NULL ? home : "");
}

static bool known_key(const char *key)
{
	bool known = same_key(key, "port");
	size_t i = 0;

	for (i = 0; !known && i < KEYS; i++) {
		known = same_key(key, keys[i].key);
	}
	for (i = 0; !known && i < LIBSMB_SETTINGS; i++) {
		known = same_key(key, setting_keys[i]);
	}
	return known;
}

/* In a file of ours a key that is not known is one that was mistyped. */
static void warn_of_unknown(const struct libsmb_file *file)
{
	size_t i = 0;

	for (i = 0; file != NULL && i < file->count; i++) {
		const struct line *line = &file->line[i];

		if (!known_key(line->key)) {
			log_warn("%s:%u: there is no setting \"%s\"",
				 file->path, line->number, line->key);
		}
	}
}

static int find_file(TALLOC_CTX *mem_ctx, struct libsmb_file **out)
{
	const char *named = getenv("SMBQUIC_CONFIG");
	char *own = NULL;
	int err = 0;

	if (named != NULL && *named != '\0') {
		err = libsmb_file_read(mem_ctx, named, out);
		if (err != 0) {
			log_error("SMBQUIC_CONFIG: %s: %s", named,
				  strerror(err));
		}
		return err;
	}
	own = own_file(mem_ctx);
	if (own == NULL) {
		return ENOMEM;
	}
	err = libsmb_file_read(mem_ctx, own, out);
	talloc_free(own);
	if (err == ENOENT || err == ENOTDIR || err == EACCES) {
		err = libsmb_file_read(
			mem_ctx, SMBQUIC_SYSCONFDIR "/smbquic/client.conf",
			out);
	}
	return err == ENOENT || err == ENOTDIR || err == EACCES ? 0 : err;
}

int libsmb_config_find(TALLOC_CTX *mem_ctx, struct libsmb_file **out)
{
	int err = find_file(mem_ctx, out);

	if (err == 0) {
		warn_of_unknown(*out);
	}
	return err;
}

/* ---------------------------------------------------------------- checking */

static bool transport_is_good(const char *list)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct race_params race = {0};
	char *why = NULL;
	bool good = race_parse_lanes(frame, list, 0, &race, &why);

	if (!good) {
		log_error("transport = %s: %s", list, why != NULL ? why : "");
	}
	talloc_free(frame);
	return good;
}

static bool settings_are_good(const struct libsmb_config *config)
{
	struct client_options ignored = {.server = NULL};
	char *why = NULL;
	bool good = true;
	size_t i = 0;

	for (i = 0; i < LIBSMB_SETTINGS; i++) {
		if (config->setting[i] != NULL &&
		    !client_options_set(NULL, &ignored, setting_keys[i],
					config->setting[i], &why)) {
			log_error("%s", why != NULL ? why : "out of memory");
			TALLOC_FREE(why);
			good = false;
		}
	}
	return good;
}

static bool yes_or_no(const char *key, const char *value)
{
	bool good = value == NULL || strcmp(value, "yes") == 0 ||
		    strcmp(value, "no") == 0;

	if (!good) {
		log_error("%s = %s: it is yes or no", key, value);
	}
	return good;
}

/* @return false: no number, or more than an hour. */
static bool parse_seconds(const char *text, unsigned *out)
{
	char *end = NULL;
	unsigned long n = 0;

	if (!isdigit((unsigned char)*text)) {
		return false;
	}
	n = strtoul(text, &end, 10);
	*out = (unsigned)n;
	return *end == '\0' && n <= RECONNECT_MOST;
}

unsigned libsmb_config_reconnect(const struct libsmb_config *config)
{
	unsigned seconds = RECONNECT_SECONDS;

	if (config->reconnect != NULL) {
		parse_seconds(config->reconnect, &seconds);
	}
	return seconds * 1000;
}

bool libsmb_config_check(const struct libsmb_config *config)
{
	enum client_compression compression;
	enum client_protection protection;
	enum tls_trust trust;
	unsigned seconds = 0;

	if (config->transport != NULL &&
	    !transport_is_good(config->transport)) {
		return false;
	}
	if (config->trust != NULL && !tls_trust_parse(config->trust, &trust)) {
		log_error("trust = %s: it is system, ca, pin, tofu or none",
			  config->trust);
		return false;
	}
	if (config->pin != NULL && !tls_pin_valid(config->pin)) {
		log_error("pin = %s: it is the SHA-256 (or SHA-1) of a "
			  "certificate",
			  config->pin);
		return false;
	}
	if (config->protection != NULL &&
	    !client_protection_parse(config->protection, &protection)) {
		log_error("protection = %s: it is sign, encrypt or off",
			  config->protection);
		return false;
	}
	if (config->compress != NULL &&
	    !client_compression_parse(config->compress, &compression)) {
		log_error("compress = %s: it is no, share or yes",
			  config->compress);
		return false;
	}
	if (config->reconnect != NULL &&
	    !parse_seconds(config->reconnect, &seconds)) {
		log_error("reconnect = %s: it is a number of seconds, at most "
			  "an hour",
			  config->reconnect);
		return false;
	}
	if (!yes_or_no("read ahead", config->read_ahead) ||
	    !yes_or_no("write behind", config->write_behind) ||
	    !yes_or_no("remember", config->remember)) {
		return false;
	}
	return settings_are_good(config);
}
