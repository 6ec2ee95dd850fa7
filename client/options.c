/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a user wants of a connection: defaults, names of protections and
 * dialects, and the settings that Samba has names for.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/client_private.h"
#include "smbquic/ini.h"

static const struct {
	const char *name;
	enum client_protection value;
} protections[] = {
	{"sign", CLIENT_PROTECTION_SIGN},
	{"encrypt", CLIENT_PROTECTION_ENCRYPT},
	{"off", CLIENT_PROTECTION_OFF},
};

bool client_protection_parse(const char *name, enum client_protection *out)
{
	size_t i = 0;

	for (i = 0; i < sizeof(protections) / sizeof(protections[0]); i++) {
		if (strcasecmp(name, protections[i].name) == 0) {
			*out = protections[i].value;
			return true;
		}
	}
	return false;
}

/* The first name of a dialect is the one that is printed. */
static const struct {
	const char *name;
	uint16_t dialect;
} dialects[] = {
	{"2.0.2", SMB2_DIALECT_202},   {"2.1", SMB2_DIALECT_210},
	{"3.0", SMB2_DIALECT_300},     {"3.0.2", SMB2_DIALECT_302},
	{"3.1.1", SMB2_DIALECT_311},   {"SMB2_02", SMB2_DIALECT_202},
	{"SMB2_10", SMB2_DIALECT_210}, {"SMB3_00", SMB2_DIALECT_300},
	{"SMB3_02", SMB2_DIALECT_302}, {"SMB3_11", SMB2_DIALECT_311},
	{"SMB2", SMB2_DIALECT_210},    {"SMB3", SMB2_DIALECT_311},
	{"2.02", SMB2_DIALECT_202},    {"3.02", SMB2_DIALECT_302},
	{"3.11", SMB2_DIALECT_311},    {"3", SMB2_DIALECT_311},
	{"2", SMB2_DIALECT_210},
};

bool client_dialect_parse(const char *name, uint16_t *out)
{
	size_t i = 0;

	for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (strcasecmp(name, dialects[i].name) == 0) {
			*out = dialects[i].dialect;
			return true;
		}
	}
	return false;
}

const char *client_dialect_name(uint16_t dialect)
{
	size_t i = 0;

	for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (dialect == dialects[i].dialect) {
			return dialects[i].name;
		}
	}
	return "unknown";
}

void client_options_default(struct client_options *out)
{
	*out = (struct client_options){
		.transports = "auto",
		.tls = {.trust = TLS_TRUST_SYSTEM},
		.protection = CLIENT_PROTECTION_SIGN,
		.min_dialect = SMB2_DIALECT_300,
		.max_dialect = SMB2_DIALECT_311,
		.accept_transport_security = true,
		.early_data = true,
		.timeout_ms = 20000,
		.connect_timeout_ms = 10000,
		.quic_version = 1,
		.compression = CLIENT_COMPRESSION_SHARE,
	};
}

/* -------------------------------------------------------- settings by name */

struct word {
	const char *name;
	int value;
};

/* A level, what it asks for by the names that Samba has for it. */
static const struct word signing_levels[] = {
	{"required", true},  {"mandatory", true},    {"force", true},
	{"enforced", true},  {"desired", false},     {"default", false},
	{"auto", false},     {"if_required", false}, {"enabled", false},
	{"disabled", false}, {"off", false},	     {NULL, 0},
};

#define LEVEL_REQUIRED (-1)

static const struct word encrypt_levels[] = {
	{"off", CLIENT_SEALING_NEVER},
	{"disabled", CLIENT_SEALING_NEVER},
	{"if_required", CLIENT_SEALING_ASKED},
	{"default", CLIENT_SEALING_ASKED},
	{"auto", CLIENT_SEALING_ASKED},
	{"enabled", CLIENT_SEALING_ASKED},
	{"desired", CLIENT_SEALING_DESIRED},
	{"required", LEVEL_REQUIRED},
	{"mandatory", LEVEL_REQUIRED},
	{NULL, 0},
};

/* Both lists in the order of the default. */
static const struct word signing_names[] = {
	{"AES-128-GMAC", SMB2_SIGNING_AES_GMAC},
	{"AES-128-CMAC", SMB2_SIGNING_AES_CMAC},
	{"HMAC-SHA256", SMB2_SIGNING_HMAC_SHA256},
	{NULL, 0},
};

static const struct word cipher_names[] = {
	{"AES-128-GCM", SMB2_CIPHER_AES128_GCM},
	{"AES-128-CCM", SMB2_CIPHER_AES128_CCM},
	{"AES-256-GCM", SMB2_CIPHER_AES256_GCM},
	{"AES-256-CCM", SMB2_CIPHER_AES256_CCM},
	{NULL, 0},
};

static const struct word *find_word(const struct word *words, const char *name)
{
	while (words->name != NULL && strcasecmp(words->name, name) != 0) {
		words++;
	}
	return words->name != NULL ? words : NULL;
}

static void drop_algorithm(struct client_algorithms *list, int number)
{
	unsigned from = 0;
	unsigned to = 0;

	for (from = 0; from < list->count; from++) {
		if (list->id[from] != number) {
			list->id[to++] = list->id[from];
		}
	}
	list->count = to;
}

static void all_algorithms(const struct word *words,
			   struct client_algorithms *list)
{
	for (; words->name != NULL; words++) {
		list->id[list->count++] = (uint16_t)words->value;
	}
}

/* NAME ..., best first; -NAME takes one off the default. */
static bool parse_algorithms(const struct word *words, const char *text,
			     struct client_algorithms *out)
{
	char **items = ini_split(NULL, text);
	struct client_algorithms list = {.count = 0};
	const struct word *word = NULL;
	size_t i = 0;

	if (items == NULL) {
		return false;
	}
	if (items[0] != NULL && strchr("+-", items[0][0]) != NULL) {
		all_algorithms(words, &list);
	}
	for (i = 0; items[i] != NULL; i++) {
		word = find_word(words, items[i] + strspn(items[i], "+-"));
		if (word == NULL) {
			list.count = 0;
			break;
		}
		drop_algorithm(&list, word->value);
		if (items[i][0] != '-') {
			list.id[list.count++] = (uint16_t)word->value;
		}
	}
	talloc_free(items);
	if (list.count > 0) {
		*out = list;
	}
	return list.count > 0;
}

static bool set_min(struct client_options *o, const char *value)
{
	if (!client_dialect_parse(value, &o->min_dialect)) {
		return false;
	}
	if (o->max_dialect < o->min_dialect) {
		o->max_dialect = SMB2_DIALECT_311;
	}
	return true;
}

static bool set_max(struct client_options *o, const char *value)
{
	if (!client_dialect_parse(value, &o->max_dialect)) {
		return false;
	}
	if (o->max_dialect < o->min_dialect) {
		o->min_dialect = SMB2_DIALECT_202;
	}
	return true;
}

static bool set_signing(struct client_options *o, const char *value)
{
	const struct word *level = find_word(signing_levels, value);

	if (level == NULL) {
		return false;
	}
	if (o->protection != CLIENT_PROTECTION_ENCRYPT) {
		o->protection = level->value ? CLIENT_PROTECTION_SIGN
					     : CLIENT_PROTECTION_OFF;
	}
	return true;
}

static bool set_encrypt(struct client_options *o, const char *value)
{
	const struct word *level = find_word(encrypt_levels, value);

	if (level == NULL) {
		return false;
	}
	if (level->value == LEVEL_REQUIRED) {
		o->protection = CLIENT_PROTECTION_ENCRYPT;
		return true;
	}
	o->sealing = (enum client_sealing)level->value;
	if (o->protection == CLIENT_PROTECTION_ENCRYPT) {
		o->protection = CLIENT_PROTECTION_SIGN;
	}
	return true;
}

static bool set_twice(struct client_options *o, const char *value)
{
	bool twice = false;

	if (!ini_bool(value, &twice)) {
		return false;
	}
	o->accept_transport_security = !twice;
	return true;
}

static bool set_signing_algorithms(struct client_options *o, const char *value)
{
	return parse_algorithms(signing_names, value, &o->signing);
}

static bool set_ciphers(struct client_options *o, const char *value)
{
	return parse_algorithms(cipher_names, value, &o->ciphers);
}

static bool set_channels(struct client_options *o, const char *value)
{
	char *end = NULL;
	unsigned long n = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' || n < 1 ||
	    n > CLIENT_MAX_CHANNELS) {
		return false;
	}
	o->max_channels = (unsigned)n;
	return true;
}

static bool set_version(struct client_options *o, const char *value)
{
	static const struct word versions[] = {{"v1", 1}, {"v2", 2}, {NULL, 0}};
	const struct word *version = find_word(versions, value);

	if (version != NULL) {
		o->quic_version = (unsigned)version->value;
	}
	return version != NULL;
}

static bool set_congestion(struct client_options *o, const char *value)
{
	static const struct word controls[] = {
		{"cubic", false}, {"bbr", true}, {NULL, 0}};
	const struct word *control = find_word(controls, value);

	if (control != NULL) {
		o->bbr = control->value;
	}
	return control != NULL;
}

static bool set_early_data(struct client_options *o, const char *value)
{
	return ini_bool(value, &o->early_data);
}

static const struct {
	const char *key;
	bool (*set)(struct client_options *o, const char *value);
	const char *allowed;
} settings[] = {
	{"client min protocol", set_min, "a dialect, SMB2_02 to SMB3_11"},
	{"client max protocol", set_max, "a dialect, SMB2_02 to SMB3_11"},
	{"client signing", set_signing, "required or desired"},
	{"client smb encrypt", set_encrypt,
	 "off, if_required, desired or required"},
	{"client smb encryption over quic", set_twice, "yes or no"},
	{"client smb3 signing algorithms", set_signing_algorithms,
	 "a list of AES-128-GMAC, AES-128-CMAC and HMAC-SHA256"},
	{"client smb3 encryption algorithms", set_ciphers,
	 "a list of AES-128-GCM, AES-128-CCM, AES-256-GCM and AES-256-CCM"},
	{"max channels", set_channels, "a number from 1 to 8"},
	{"quic version", set_version, "v1 or v2"},
	{"congestion control", set_congestion, "cubic or bbr"},
	{"early data", set_early_data, "yes or no"},
};

bool client_options_set(TALLOC_CTX *mem_ctx, struct client_options *options,
			const char *key, const char *value, char **why)
{
	size_t i = 0;

	*why = NULL;
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (!ini_key_equal(settings[i].key, key)) {
			continue;
		}
		if (settings[i].set(options, value)) {
			return true;
		}
		*why = talloc_asprintf(mem_ctx, "%s = %s: it is %s",
				       settings[i].key, value,
				       settings[i].allowed);
		return false;
	}
	*why = talloc_asprintf(mem_ctx, "%s: no such setting", key);
	return false;
}
