/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access.c - access lists: entries as text and back, and the decision of
 * MS-SMB2 3.3.1.18.
 */
#include "certs/access.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "certs/cert.h"
#include "certs/dn.h"

/* How many of the entries that decided are named in the log. */
#define MAX_NAMED 8

static const char *const kind_names[] = {
	[ACCESS_SHA256] = "SHA256",
	[ACCESS_SHA1] = "SHA1",
	[ACCESS_ISSUER] = "ISSUER",
};
#define NUM_KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

const char *access_kind_name(enum access_kind kind)
{
	return kind_names[kind];
}

bool access_kind_parse(const char *text, enum access_kind *out)
{
	size_t i = 0;

	for (i = 0; i < NUM_KINDS; i++) {
		if (strcasecmp(kind_names[i], text) == 0) {
			*out = (enum access_kind)i;
			return true;
		}
	}
	return false;
}

/* --- one entry ----------------------------------------------------------- */

static bool has_controls(const char *text)
{
	for (; *text != '\0'; text++) {
		if (iscntrl((unsigned char)*text)) {
			return true;
		}
	}
	return false;
}

/* A backslash at its end would go on in the next line of the file. */
static bool good_description(const char *text)
{
	size_t len = strlen(text);

	return len <= ACCESS_MAX_COMMENT && !has_controls(text) &&
	       (len == 0 || text[len - 1] != '\\');
}

static bool take_thumbprint(struct access_entry *entry, const char *text,
			    TALLOC_CTX *mem_ctx, char **why)
{
	size_t digits = entry->kind == ACCESS_SHA1 ? 40 : 64;
	const char *parsed = cert_thumbprint_parse(entry, text);

	if (parsed == NULL || strlen(parsed) != digits) {
		*why = talloc_asprintf(
			mem_ctx,
			"\"%s\" is no %s: %zu hexadecimal "
			"digits are wanted",
			text, entry->kind == ACCESS_SHA1 ? "SHA-1" : "SHA-256",
			digits);
		return false;
	}
	entry->identifier = parsed;
	return true;
}

static bool take_issuer(struct access_entry *entry, const char *text,
			TALLOC_CTX *mem_ctx, char **why)
{
	entry->issuer = has_controls(text) ? NULL : dn_parse(entry, text);
	if (entry->issuer == NULL) {
		*why = talloc_asprintf(mem_ctx,
				       "\"%s\" is no X.500 name, such as "
				       "CN=Our CA,O=Example",
				       text);
		return false;
	}
	entry->identifier = talloc_strdup(entry, text);
	return entry->identifier != NULL;
}

struct access_entry *access_entry_new(TALLOC_CTX *mem_ctx, bool deny,
				      enum access_kind kind,
				      const char *identifier,
				      const char *description, char **why)
{
	struct access_entry *entry = talloc_zero(mem_ctx, struct access_entry);
	bool ok = entry != NULL;

	*why = NULL;
	if (entry != NULL) {
		entry->deny = deny;
		entry->kind = kind;
	}
	if (ok && description != NULL && description[0] != '\0') {
		ok = good_description(description);
		*why = ok ? NULL
			  : talloc_asprintf(mem_ctx,
					    "a description is one line of at "
					    "most %d bytes without a backslash "
					    "at its end",
					    ACCESS_MAX_COMMENT);
		entry->description = talloc_strdup(entry, description);
		ok = ok && entry->description != NULL;
	}
	if (ok) {
		ok = kind == ACCESS_ISSUER
			     ? take_issuer(entry, identifier, mem_ctx, why)
			     : take_thumbprint(entry, identifier, mem_ctx, why);
	}
	if (!ok) {
		talloc_free(entry);
		return NULL;
	}
	return entry;
}

/* In a quoted name a '"' of its own has a backslash before it; RFC 4514 2.4
 * has it so anyway, and dn_parse() does not mind. */
static char *quote(TALLOC_CTX *mem_ctx, const char *text)
{
	char *out = talloc_array(mem_ctx, char, 2 * strlen(text) + 3);
	char *to = out;

	if (out == NULL) {
		return NULL;
	}
	*to++ = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\') {
			*to++ = '\\';
		}
		*to++ = *text;
	}
	*to++ = '"';
	*to = '\0';
	return out;
}

char *access_entry_text(TALLOC_CTX *mem_ctx, const struct access_entry *entry)
{
	char *quoted = entry->kind == ACCESS_ISSUER
			       ? quote(mem_ctx, entry->identifier)
			       : NULL;
	const char *kind = entry->kind == ACCESS_ISSUER ? "issuer"
			   : entry->kind == ACCESS_SHA1 ? "sha1"
							: "sha256";
	char *text = talloc_asprintf(
		mem_ctx, "%s %s %s%s%s", entry->deny ? "deny" : "allow", kind,
		quoted == NULL ? entry->identifier : quoted,
		entry->description == NULL ? "" : " ",
		entry->description == NULL ? "" : entry->description);

	talloc_free(quoted);
	return text;
}

/* The next word, or what is in quotes; NULL: none, or no end of it. */
static char *next_word(TALLOC_CTX *mem_ctx, const char **text)
{
	const char *c = *text + strspn(*text, " \t");
	bool quoted = *c == '"';
	char *word = talloc_array(mem_ctx, char, strlen(c) + 1);
	size_t n = 0;

	if (word == NULL) {
		return NULL;
	}
	c += quoted ? 1 : 0;
	while (*c != '\0' && (quoted ? *c != '"' : strchr(" \t", *c) == NULL)) {
		if (quoted && *c == '\\' && c[1] != '\0') {
			c++;
		}
		word[n++] = *c++;
	}
	word[n] = '\0';
	if (n == 0 || (quoted && *c != '"')) {
		return NULL;
	}
	*text = c + (quoted ? 1 : 0);
	return word;
}

struct access_entry *access_entry_parse(TALLOC_CTX *mem_ctx, const char *text,
					char **why)
{
	TALLOC_CTX *frame = talloc_new(mem_ctx);
	const char *rest = text;
	const char *verb = next_word(frame, &rest);
	const char *kind_name = verb == NULL ? NULL : next_word(frame, &rest);
	const char *identifier =
		kind_name == NULL ? NULL : next_word(frame, &rest);
	struct access_entry *entry = NULL;
	enum access_kind kind = ACCESS_SHA256;

	*why = NULL;
	rest += strspn(rest, " \t");
	if (identifier != NULL && access_kind_parse(kind_name, &kind) &&
	    (strcasecmp(verb, "allow") == 0 || strcasecmp(verb, "deny") == 0)) {
		entry = access_entry_new(mem_ctx, strcasecmp(verb, "deny") == 0,
					 kind, identifier, rest, why);
	} else {
		*why = talloc_asprintf(
			mem_ctx,
			"\"%s\" is no access entry: allow or "
			"deny, then sha256, sha1 or issuer, then "
			"the hash or the name in quotes",
			text);
	}
	talloc_free(frame);
	return entry;
}

bool access_entry_same(const struct access_entry *a,
		       const struct access_entry *b)
{
	if (a->deny != b->deny || a->kind != b->kind) {
		return false;
	}
	return a->kind == ACCESS_ISSUER
		       ? dn_equal(a->issuer, b->issuer)
		       : strcmp(a->identifier, b->identifier) == 0;
}

/* --- lists --------------------------------------------------------------- */

bool access_list_add(struct access_list *list, struct access_entry *entry)
{
	struct access_entry **entries = NULL;
	size_t i = 0;

	while (i < list->count && !access_entry_same(list->entries[i], entry)) {
		i++;
	}
	if (i < list->count) {
		talloc_free(list->entries[i]);
		list->entries[i] = talloc_steal(list, entry);
		return true;
	}
	if (list->count == ACCESS_MAX) {
		return false;
	}
	entries = talloc_realloc(list, list->entries, struct access_entry *,
				 list->count + 1);
	if (entries == NULL) {
		return false;
	}
	list->entries = entries;
	entries[list->count++] = talloc_steal(list, entry);
	return true;
}

bool access_list_remove(struct access_list *list,
			const struct access_entry *entry)
{
	size_t i = 0;

	while (i < list->count && !access_entry_same(list->entries[i], entry)) {
		i++;
	}
	if (i == list->count) {
		return false;
	}
	talloc_free(list->entries[i]);
	list->count--;
	memmove(&list->entries[i], &list->entries[i + 1],
		(list->count - i) * sizeof(list->entries[0]));
	return true;
}

struct access_list *access_list_copy(TALLOC_CTX *mem_ctx,
				     const struct access_list *list)
{
	struct access_list *copy = talloc_zero(mem_ctx, struct access_list);
	size_t i = 0;

	if (copy == NULL || list == NULL || list->count == 0) {
		return copy;
	}
	copy->entries = talloc_array(copy, struct access_entry *, list->count);
	for (i = 0; copy->entries != NULL && i < list->count; i++) {
		const struct access_entry *e = list->entries[i];
		char *why = NULL;

		copy->entries[i] =
			access_entry_new(copy, e->deny, e->kind, e->identifier,
					 e->description, &why);
		if (copy->entries[i] == NULL) {
			break;
		}
	}
	if (i < list->count) {
		talloc_free(copy);
		return NULL;
	}
	copy->count = i;
	return copy;
}

bool access_list_equal(const struct access_list *a, const struct access_list *b)
{
	size_t count = a == NULL ? 0 : a->count;
	size_t i = 0;
	bool same = count == (b == NULL ? 0 : b->count);

	for (i = 0; same && i < count; i++) {
		const char *one = a->entries[i]->description;
		const char *two = b->entries[i]->description;

		same = access_entry_same(a->entries[i], b->entries[i]) &&
		       strcmp(one == NULL ? "" : one, two == NULL ? "" : two) ==
			       0;
	}
	return same;
}

bool access_list_allows_any(const struct access_list *list)
{
	size_t i = 0;

	while (list != NULL && i < list->count && list->entries[i]->deny) {
		i++;
	}
	return list != NULL && i < list->count;
}

/* --- the decision -------------------------------------------------------- */

static bool matches(const struct access_entry *entry,
		    const struct access_path *path)
{
	size_t i = 0;

	for (i = 0; i < path->count; i++) {
		const struct access_cert *cert = &path->certs[i];
		bool yes = false;

		switch (entry->kind) {
		case ACCESS_SHA256:
			yes = strcmp(entry->identifier, cert->sha256) == 0;
			break;
		case ACCESS_SHA1:
			yes = strcmp(entry->identifier, cert->sha1) == 0;
			break;
		case ACCESS_ISSUER:
			yes = cert->issuer_dn != NULL &&
			      dn_equal(entry->issuer, cert->issuer_dn);
			break;
		}
		if (yes) {
			return true;
		}
	}
	return false;
}

/* "allow sha256 ..., allow issuer ... and 3 more"; NULL: there are none. */
static char *name_matching(TALLOC_CTX *mem_ctx, const struct access_list *list,
			   const struct access_path *path, bool deny,
			   size_t *found)
{
	char *text = talloc_strdup(mem_ctx, "");
	size_t i = 0;

	*found = 0;
	for (i = 0; list != NULL && i < list->count; i++) {
		const struct access_entry *entry = list->entries[i];
		char *one = NULL;

		if (entry->deny != deny || !matches(entry, path)) {
			continue;
		}
		(*found)++;
		if (*found > MAX_NAMED) {
			continue;
		}
		one = access_entry_text(mem_ctx, entry);
		text = talloc_asprintf_append_buffer(text, "%s%s",
						     *found == 1 ? "" : "; ",
						     one == NULL ? "?" : one);
		talloc_free(one);
	}
	if (*found > MAX_NAMED) {
		text = talloc_asprintf_append_buffer(text, "; and %zu more",
						     *found - MAX_NAMED);
	}
	return text;
}

bool access_decide(TALLOC_CTX *mem_ctx, const struct access_list *list,
		   const struct access_path *path, char **why)
{
	size_t denies = 0;
	size_t allows = 0;
	char *deny = name_matching(mem_ctx, list, path, true, &denies);
	char *allow = name_matching(mem_ctx, list, path, false, &allows);

	if (denies > 0) {
		*why = deny;
		talloc_free(allow);
		return false;
	}
	talloc_free(deny);
	if (allows > 0) {
		*why = allow;
		return true;
	}
	talloc_free(allow);
	*why = talloc_strdup(mem_ctx, "no access entry allows it");
	return false;
}
