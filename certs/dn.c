/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dn.c - X.500 names: a list of "type=value", apart by ',' or ';', or by '+'
 * where several make one part of the name.
 */
#include "certs/dn.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct part {
	unsigned rdn; /* of which it is one, from 0 */
	const char *type;
	const char *value;
};

struct dn {
	struct part parts[DN_MAX_PARTS];
	size_t count;
	unsigned rdns;
};

/* Names that others have for what GnuTLS prints. */
static const struct {
	const char *other;
	const char *ours;
} aliases[] = {
	{"E", "EMAIL"},
	{"EMAILADDRESS", "EMAIL"},
	{"S", "ST"},
	{"USERID", "UID"},
};

struct reader {
	const char *at;
	struct dn *dn;
};

static void skip_blanks(struct reader *r)
{
	while (*r->at == ' ') {
		r->at++;
	}
}

/* --- reading ------------------------------------------------------------ */

static const char *read_type(struct reader *r)
{
	const char *from = r->at;
	char *type = NULL;
	size_t len = 0;
	size_t i = 0;

	while (isalnum((unsigned char)*r->at) || *r->at == '.' ||
	       *r->at == '-') {
		r->at++;
	}
	len = (size_t)(r->at - from);
	if (len > 4 && strncasecmp(from, "OID.", 4) == 0) {
		from += 4;
		len -= 4;
	}
	skip_blanks(r);
	if (len == 0 || *r->at != '=') {
		return NULL;
	}
	r->at++;
	skip_blanks(r);
	type = talloc_strndup(r->dn, from, len);
	for (i = 0; type != NULL && i < sizeof(aliases) / sizeof(aliases[0]);
	     i++) {
		if (strcasecmp(type, aliases[i].other) == 0) {
			return aliases[i].ours;
		}
	}
	return type;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash: two digits, or the character itself. 0: neither. */
static char read_escape(struct reader *r)
{
	int high = hex_digit(r->at[0]);
	int low = high == -1 ? -1 : hex_digit(r->at[1]);

	if (low != -1) {
		r->at += 2;
		return (char)(high << 4 | low);
	}
	return *r->at == '\0' ? '\0' : *r->at++;
}

static bool is_end(char c)
{
	return c == '\0' || c == ',' || c == ';' || c == '+';
}

/* Several blanks are one, and those at the end are none. */
static void squeeze(char *text)
{
	char *to = text;
	const char *from = text;

	for (; *from != '\0'; from++) {
		if (*from != ' ' || (to > text && to[-1] != ' ')) {
			*to++ = *from;
		}
	}
	while (to > text && to[-1] == ' ') {
		to--;
	}
	*to = '\0';
}

static const char *read_value(struct reader *r)
{
	char *value = talloc_size(r->dn, strlen(r->at) + 1);
	bool quoted = *r->at == '"';
	size_t n = 0;

	if (value == NULL) {
		return NULL;
	}
	r->at += quoted ? 1 : 0;
	while (quoted ? *r->at != '"' : !is_end(*r->at)) {
		char c = *r->at;

		if (c != '\0') {
			r->at++;
		}
		if (c == '\\') {
			c = read_escape(r);
		}
		if (c == '\0') {
			return NULL;
		}
		value[n++] = c;
	}
	r->at += quoted ? 1 : 0;
	value[n] = '\0';
	squeeze(value);
	skip_blanks(r);
	return is_end(*r->at) ? value : NULL;
}

static bool read_part(struct reader *r)
{
	struct dn *dn = r->dn;
	struct part *part = &dn->parts[dn->count];

	if (dn->count == DN_MAX_PARTS) {
		return false;
	}
	skip_blanks(r);
	part->rdn = dn->rdns;
	part->type = read_type(r);
	part->value = part->type == NULL ? NULL : read_value(r);
	dn->count++;
	return part->value != NULL;
}

/* In one part of the name the order means nothing. */
static int compare(const void *one, const void *two)
{
	const struct part *a = one;
	const struct part *b = two;
	int rc = (a->rdn > b->rdn) - (a->rdn < b->rdn);

	rc = rc != 0 ? rc : strcasecmp(a->type, b->type);
	return rc != 0 ? rc : strcasecmp(a->value, b->value);
}

struct dn *dn_parse(TALLOC_CTX *mem_ctx, const char *text)
{
	struct reader r = {.at = text, .dn = talloc_zero(mem_ctx, struct dn)};
	bool ok = r.dn != NULL && strlen(text) <= DN_MAX;

	errno = r.dn == NULL ? ENOMEM : EINVAL;
	while (ok) {
		ok = read_part(&r);
		if (!ok || *r.at == '\0') {
			break;
		}
		r.dn->rdns += *r.at == '+' ? 0 : 1;
		r.at++;
	}
	if (!ok) {
		talloc_free(r.dn);
		return NULL;
	}
	r.dn->rdns++;
	qsort(r.dn->parts, r.dn->count, sizeof(r.dn->parts[0]), compare);
	return r.dn;
}

/* --- comparing ---------------------------------------------------------- */

static bool equal_forward(const struct dn *a, const struct dn *b)
{
	size_t i = 0;

	while (i < a->count && compare(&a->parts[i], &b->parts[i]) == 0) {
		i++;
	}
	return i == a->count;
}

static bool equal_backward(const struct dn *a, const struct dn *b)
{
	struct dn turned = *b;
	size_t i = 0;

	for (i = 0; i < turned.count; i++) {
		turned.parts[i].rdn = b->rdns - 1 - b->parts[i].rdn;
	}
	qsort(turned.parts, turned.count, sizeof(turned.parts[0]), compare);
	return equal_forward(a, &turned);
}

bool dn_equal(const struct dn *a, const struct dn *b)
{
	return a->count == b->count && a->rdns == b->rdns &&
	       (equal_forward(a, b) || equal_backward(a, b));
}
