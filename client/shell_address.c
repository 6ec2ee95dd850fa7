/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options that an address brings along, with the names of mount.cifs: what
 * somebody wrote there to be safe is never dropped in silence.
 */
#include <stdlib.h>
#include <string.h>

#include "client/shell_options.h"

static bool refuse(const char *word, const char *why)
{
	fprintf(stderr, SHELL_PROGRAM ": the address says \"%s\": %s\n", word,
		why);
	return false;
}

/* What the command line asks for may be more. */
static bool set_sign(struct shell_options *o, const char *value)
{
	(void)value;
	if (o->client.protection != CLIENT_PROTECTION_ENCRYPT) {
		o->client.protection = CLIENT_PROTECTION_SIGN;
	}
	return true;
}

static bool set_seal(struct shell_options *o, const char *value)
{
	(void)value;
	o->client.protection = CLIENT_PROTECTION_ENCRYPT;
	return true;
}

/* Exactly that one. */
static bool set_vers(struct shell_options *o, const char *value)
{
	struct client_options *c = &o->client;

	if (!client_dialect_parse(value, &c->max_dialect)) {
		return false;
	}
	c->min_dialect = c->max_dialect;
	return true;
}

static bool set_sec(struct shell_options *o, const char *value)
{
	size_t len = strlen(value);
	bool sign = len > 0 && value[len - 1] == 'i';

	len -= sign ? 1 : 0;
	if (len == 4 && strncmp(value, "krb5", len) == 0) {
		o->kerberos = CLIENT_KERBEROS_REQUIRED;
	} else if (len == 7 && strncmp(value, "ntlmssp", len) == 0) {
		o->kerberos = CLIENT_KERBEROS_OFF;
	} else {
		return false;
	}
	o->kerberos_given = true;
	return !sign || set_sign(o, NULL);
}

/* Which carriers there are, target.c says. */
static const struct {
	const char *name;
	bool has_value;
	bool (*set)(struct shell_options *o, const char *value);
	const char *allowed;
} words[] = {
	{"seal", false, set_seal, "it has no value"},
	{"sign", false, set_sign, "it has no value"},
	{"vers", true, set_vers, "it is 3.1.1, 3.0.2, 3.0, 2.1 or 2.0.2"},
	{"sec", true, set_sec, "it is krb5, krb5i, ntlmssp or ntlmsspi"},
};

/* @param known  out: it is one of these. */
static bool take_word(struct shell_options *o, const char *word, bool *known)
{
	size_t len = strcspn(word, "=");
	size_t i = 0;

	*known = false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (len != strlen(words[i].name) ||
		    strncmp(word, words[i].name, len) != 0) {
			continue;
		}
		*known = true;
		if ((word[len] == '=') != words[i].has_value ||
		    !words[i].set(o, word + len + (word[len] == '=' ? 1 : 0))) {
			return refuse(word, words[i].allowed);
		}
	}
	return true;
}

char *shell_address_take(struct shell_options *o, const char *text)
{
	char *address = shell_need(talloc_strdup(o, text));
	char *query = strstr(text, "://") != NULL ? strchr(address, '?') : NULL;
	char *left = NULL;
	char *save = NULL;
	char *word = NULL;
	bool known = false;

	if (query == NULL) {
		return address;
	}
	*query = '\0';
	left = shell_need(talloc_strdup(o, address));
	for (word = strtok_r(query + 1, "&", &save); word != NULL;
	     word = strtok_r(NULL, "&", &save)) {
		if (!take_word(o, word, &known)) {
			return NULL;
		}
		if (!known) {
			left = shell_need(talloc_asprintf_append(
				left, "%c%s",
				strchr(left, '?') == NULL ? '?' : '&', word));
		}
	}
	return left;
}
