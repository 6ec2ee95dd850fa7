/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns (MS-FSA 2.1.4.4). A pattern is run as an automaton whose states are
 * the places in it: the time is the product of both lengths, whatever a client
 * writes.
 */

#include <errno.h>
#include <string.h>

#include "server/name.h"
#include "smbquic/utf16.h"

/* A name has at most 255 characters; more in a pattern can only be '*'. */
#define MAX_PATTERN 1024
#define MAX_NAME    1024

struct name_pattern {
	size_t count;
	uint32_t *cp; /* upper case, unless exact */
	char *text, *literal;
	bool all, exact;
};

/* The code points of valid UTF-8, upper-cased unless exact; the number, at most
 * max. */
static size_t decode(const char *text, bool exact, uint32_t *cp, size_t max)
{
	size_t left = strlen(text);
	size_t n = 0;

	while (left > 0 && n < max) {
		size_t len = utf8_get(text, left, &cp[n]);

		if (len == 0) {
			cp[n] = 0xDC00u + (unsigned char)*text;
			len = 1;
		}
		cp[n] = exact ? cp[n] : unicode_upper(cp[n]);
		text += len;
		left -= len;
		n++;
	}
	return n;
}

static bool pattern_valid(const char *text)
{
	const char *p = text;

	while (*p != '\0') {
		if ((unsigned char)*p < 0x20 || strchr("/\\:|", *p) != NULL) {
			return false;
		}
		p++;
	}
	return p > text;
}

static struct name_pattern *fail(struct name_pattern *pattern, int err)
{
	talloc_free(pattern);
	errno = err;
	return NULL;
}

/* Takes text over. */
static struct name_pattern *pattern_of(TALLOC_CTX *mem_ctx, char *text)
{
	struct name_pattern *pattern =
		talloc_zero(mem_ctx, struct name_pattern);
	size_t max = strlen(text);

	if (pattern == NULL) {
		talloc_free(text);
		return fail(pattern, ENOMEM);
	}
	pattern->text = talloc_steal(pattern, text);
	if (!pattern_valid(text) || !utf8_valid(text)) {
		return fail(pattern, EINVAL);
	}
	pattern->cp = talloc_array(pattern, uint32_t, max);
	if (pattern->cp == NULL) {
		return fail(pattern, ENOMEM);
	}
	pattern->count = decode(text, false, pattern->cp, max);
	if (pattern->count > MAX_PATTERN) {
		return fail(pattern, EINVAL);
	}
	pattern->all = strcmp(text, "*") == 0;
	if (strpbrk(text, "*?<>\"") == NULL) {
		pattern->literal = text;
	}
	return pattern;
}

struct name_pattern *name_pattern_new(TALLOC_CTX *mem_ctx, const uint8_t *utf16,
				      size_t len)
{
	char *text = utf16_to_utf8(mem_ctx, wire_slice(utf16, len));

	return text != NULL ? pattern_of(mem_ctx, text) : NULL;
}

struct name_pattern *name_pattern_text(TALLOC_CTX *mem_ctx, const char *text)
{
	char *copy = talloc_strdup(mem_ctx, text);

	return copy != NULL ? pattern_of(mem_ctx, copy) : NULL;
}

void name_pattern_exact(struct name_pattern *pattern)
{
	pattern->exact = true;
	(void)decode(pattern->text, true, pattern->cp, pattern->count);
}

/* --- matching ----------------------------------------------------------- */

struct name_text {
	uint32_t cp[MAX_NAME];
	size_t count;
	size_t last_dot; /* count: there is none */
};

/* May this place of the pattern be passed without taking a character? */
static bool passes(uint32_t p, const struct name_text *name, size_t at)
{
	bool end = at == name->count;

	switch (p) {
	case '*':
	case '<': return true;
	case '>': return end || name->cp[at] == '.';
	case '"': return end;
	default: return false;
	}
}

/* What becomes of a place when the character at `at` is taken: bit 0 it stays,
 * bit 1 it is passed. */
#define STAYS  1u
#define PASSED 2u

static unsigned takes(uint32_t p, const struct name_text *name, size_t at)
{
	uint32_t c = name->cp[at];

	switch (p) {
	case '*': return STAYS;
	case '<': /* up to the last dot */
		return at == name->last_dot ? PASSED : STAYS;
	case '?': return PASSED;
	case '>': return c != '.' || at + 1 == name->count ? PASSED : 0;
	case '"': return c == '.' ? PASSED : 0;
	default: return p == c ? PASSED : 0;
	}
}

static void close_states(const struct name_pattern *pattern,
			 const struct name_text *name, size_t at, bool *state)
{
	size_t i = 0;

	for (i = 0; i < pattern->count; i++) {
		if (state[i] && passes(pattern->cp[i], name, at)) {
			state[i + 1] = true;
		}
	}
}

static bool run(const struct name_pattern *pattern,
		const struct name_text *name)
{
	bool states[2][MAX_PATTERN + 1] = {{false}};
	bool *now = states[0];
	bool *next = states[1];
	size_t at = 0;
	size_t i = 0;

	now[0] = true;
	close_states(pattern, name, 0, now);
	for (at = 0; at < name->count; at++) {
		bool *swap = now;

		memset(next, 0, pattern->count + 1);
		for (i = 0; i < pattern->count; i++) {
			unsigned to =
				now[i] ? takes(pattern->cp[i], name, at) : 0;

			next[i] = next[i] || (to & STAYS) != 0;
			next[i + 1] = (to & PASSED) != 0;
		}
		close_states(pattern, name, at + 1, next);
		now = next;
		next = swap;
	}
	return now[pattern->count];
}

bool name_pattern_match(const struct name_pattern *pattern, const char *name)
{
	struct name_text text;
	size_t i = 0;

	if (pattern->all) {
		return true;
	}
	if (pattern->literal != NULL) {
		return pattern->exact ? strcmp(pattern->literal, name) == 0
				      : utf8_case_equal(pattern->literal, name);
	}
	text.count = decode(name, pattern->exact, text.cp, MAX_NAME);
	text.last_dot = text.count;
	for (i = 0; i < text.count; i++) {
		text.last_dot = text.cp[i] == '.' ? i : text.last_dot;
	}
	return run(pattern, &text);
}

const char *name_pattern_literal(const struct name_pattern *pattern)
{
	return pattern->literal;
}

bool name_pattern_all(const struct name_pattern *pattern)
{
	return pattern->all;
}
