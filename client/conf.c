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
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

#include "client/conf.h"
#include "smbquic/log.h"
#include "smbquic/port.h"
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

struct client_conf_file {
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
	 offsetof(struct client_conf, transport)},
	{"address", NULL, offsetof(struct client_conf, address)},
	{"ca", "SMBQUIC_CA", offsetof(struct client_conf, ca)},
	{"pin", "SMBQUIC_PIN", offsetof(struct client_conf, pin)},
	{"trust", "SMBQUIC_TRUST", offsetof(struct client_conf, trust)},
	{"protection", NULL, offsetof(struct client_conf, protection)},
	{"read ahead", "SMBQUIC_READ_AHEAD",
	 offsetof(struct client_conf, read_ahead)},
	{"write behind", "SMBQUIC_WRITE_BEHIND",
	 offsetof(struct client_conf, write_behind)},
	{"remember", "SMBQUIC_REMEMBER",
	 offsetof(struct client_conf, remember)},
	{"compress", "SMBQUIC_COMPRESS",
	 offsetof(struct client_conf, compress)},
	{"reconnect", "SMBQUIC_RECONNECT",
	 offsetof(struct client_conf, reconnect)},
	{"client certificate", NULL, offsetof(struct client_conf, client_cert)},
	{"client key", NULL, offsetof(struct client_conf, client_key)},
	{"shares", NULL, offsetof(struct client_conf, shares)},
	{"client min protocol", NULL,
	 offsetof(struct client_conf, min_dialect)},
	{"client max protocol", NULL,
	 offsetof(struct client_conf, max_dialect)},
	{"workgroup", NULL, offsetof(struct client_conf, workgroup)},
	{"netbios name", NULL, offsetof(struct client_conf, netbios_name)},
};

static const char *const setting_keys[CLIENT_CONF_SETTINGS] = {
	"client signing",
	"client smb encrypt",
	"client smb encryption over quic",
	"client smb3 signing algorithms",
	"client smb3 encryption algorithms",
	"max channels",
	"quic version",
	"congestion control",
	"early data",
};

const char *client_conf_setting_key(size_t i)
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

static int add_line(struct client_conf_file *file, const struct line *line)
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

static int bad_line(const struct client_conf_file *file, unsigned number)
{
	log_error("%s:%u: neither a section nor a setting", file->path, number);
	return EINVAL;
}

/* One line; section is of the lines before. text is changed and kept. */
static int parse_line(struct client_conf_file *file, char *text,
		      unsigned number, const char **section)
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

int client_conf_file_parse(TALLOC_CTX *mem_ctx, const char *path,
			   const char *text, struct client_conf_file **out)
{
	struct client_conf_file *file =
		talloc_zero(mem_ctx, struct client_conf_file);
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

int client_conf_file_read(TALLOC_CTX *mem_ctx, const char *path,
			  struct client_conf_file **out)
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
		err = client_conf_file_parse(mem_ctx, path, text, out);
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

static void take_port(struct client_conf *config, const char *where,
		      const char *value)
{
	if (!port_parse(value, &config->port)) {
		log_error("%s: %s: " PORT_WANTED, where, value);
	}
}

static void apply_line(const struct client_conf_file *file,
		       const struct line *line, struct client_conf *config)
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
	for (i = 0; i < CLIENT_CONF_SETTINGS; i++) {
		if (same_key(line->key, setting_keys[i])) {
			config->setting[i] =
				*line->value != '\0' ? line->value : NULL;
		}
	}
}

static void apply_section(const struct client_conf_file *file,
			  const char *section, struct client_conf *config)
{
	size_t i = 0;

	for (i = 0; i < file->count; i++) {
		if (strcasecmp(file->line[i].section, section) == 0) {
			apply_line(file, &file->line[i], config);
		}
	}
}

void client_conf_file_apply(const struct client_conf_file *file,
			    const char *server, struct client_conf *config)
{
	if (file == NULL) {
		return;
	}
	apply_section(file, "global", config);
	if (server != NULL && strcasecmp(server, "global") != 0) {
		apply_section(file, server, config);
	}
}

bool client_conf_file_servers(TALLOC_CTX *mem_ctx,
			      const struct client_conf_file *file,
			      struct client_conf_servers *out)
{
	size_t i = 0;

	*out = (struct client_conf_servers){0};
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

void client_conf_environment(TALLOC_CTX *mem_ctx, struct client_conf *config)
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

/* What systemd mounts has no HOME. */
static const char *home_folder(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw = NULL;

	if (home == NULL) {
		pw = getpwuid(geteuid());
		home = pw != NULL ? pw->pw_dir : NULL;
	}
	return home != NULL && *home == '/' ? home : NULL;
}

static char *file_below(TALLOC_CTX *mem_ctx, const char *variable,
			const char *below_home, const char *name)
{
	const char *base = getenv(variable);
	const char *home = home_folder();

	if (base != NULL && *base == '/') {
		return talloc_asprintf(mem_ctx, "%s/smbquic/%s", base, name);
	}
	return home == NULL ? NULL
			    : talloc_asprintf(mem_ctx, "%s/%s/smbquic/%s", home,
					      below_home, name);
}

char *client_conf_state_file(TALLOC_CTX *mem_ctx, const char *variable,
			     const char *below_home, const char *name)
{
	char *path = file_below(mem_ctx, variable, below_home, name);
	char *cut = NULL;

	for (cut = path; cut != NULL; cut = strchr(cut + 1, '/')) {
		if (cut != path) {
			*cut = '\0';
			mkdir(path, 0700);
			*cut = '/';
		}
	}
	return path;
}

static bool known_key(const char *key)
{
	bool known = same_key(key, "port");
	size_t i = 0;

	for (i = 0; !known && i < KEYS; i++) {
		known = same_key(key, keys[i].key);
	}
	for (i = 0; !known && i < CLIENT_CONF_SETTINGS; i++) {
		known = same_key(key, setting_keys[i]);
	}
	return known;
}

/* In a file of ours a key that is not known is one that was mistyped. */
static void warn_of_unknown(const struct client_conf_file *file)
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

static int find_file(TALLOC_CTX *mem_ctx, struct client_conf_file **out)
{
	const char *named = getenv("SMBQUIC_CONFIG");
	char *own = NULL;
	int err = ENOENT;

	if (named != NULL && *named != '\0') {
		err = client_conf_file_read(mem_ctx, named, out);
		if (err != 0) {
			log_error("SMBQUIC_CONFIG: %s: %s", named,
				  strerror(err));
		}
		return err;
	}
	own = file_below(mem_ctx, "XDG_CONFIG_HOME", ".config", "client.conf");
	if (own != NULL) {
		err = client_conf_file_read(mem_ctx, own, out);
	}
	talloc_free(own);
	if (err == ENOENT || err == ENOTDIR || err == EACCES) {
		err = client_conf_file_read(
			mem_ctx, SMBQUIC_SYSCONFDIR "/smbquic/client.conf",
			out);
	}
	return err == ENOENT || err == ENOTDIR || err == EACCES ? 0 : err;
}

int client_conf_find(TALLOC_CTX *mem_ctx, struct client_conf_file **out)
{
	int err = find_file(mem_ctx, out);

	if (err == 0) {
		warn_of_unknown(*out);
	}
	return err;
}

/* ---------------------------------------------------------------- applying */

void client_conf_trust(const struct client_conf *config,
		       struct tls_client_policy *tls)
{
	tls->ca_file = config->ca;
	tls->pin = config->pin;
	tls->cert_file = config->client_cert;
	tls->key_file = config->client_key;
	if (config->trust != NULL) {
		tls_trust_parse(config->trust, &tls->trust);
	} else if (config->pin != NULL) {
		tls->trust = TLS_TRUST_PIN;
	} else if (config->ca != NULL) {
		tls->trust = TLS_TRUST_CA;
	}
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

static bool settings_are_good(const struct client_conf *config)
{
	struct client_options ignored = {.server = NULL};
	char *why = NULL;
	bool good = true;
	size_t i = 0;

	for (i = 0; i < CLIENT_CONF_SETTINGS; i++) {
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

unsigned client_conf_reconnect(const struct client_conf *config)
{
	unsigned seconds = RECONNECT_SECONDS;

	if (config->reconnect != NULL) {
		parse_seconds(config->reconnect, &seconds);
	}
	return seconds * 1000;
}

bool client_conf_check(const struct client_conf *config)
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
