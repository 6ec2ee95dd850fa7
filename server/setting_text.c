/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers with units, and what a row of the table allows, in words.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/settings.h"
#include "smbquic/transport.h"

/* --- numbers with units ------------------------------------------------- */

struct suffix {
	const char *name;
	int64_t factor;
};

static const struct suffix no_suffixes[] = {{"", 1}, {NULL, 0}};

/* Largest first: that is also the order of writing. */
static const struct suffix byte_suffixes[] = {
	{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}, {NULL, 0},
};

static const struct suffix time_suffixes[] = {
	{"d", 86400000}, {"h", 3600000}, {"m", 60000},
	{"s", 1000},	 {"ms", 1},	 {NULL, 0},
};

static const struct unit {
	const struct suffix *suffixes;
	int64_t plain; /* what a number without suffix counts */
} units[] = {
	[SETTING_UNIT_NONE] = {no_suffixes, 1},
	[SETTING_UNIT_BYTES] = {byte_suffixes, 1},
	[SETTING_UNIT_SECONDS] = {time_suffixes, 1000},
	[SETTING_UNIT_MINUTES] = {time_suffixes, 60000},
};

char *setting_write_number(TALLOC_CTX *mem_ctx, int64_t number,
			   enum setting_unit unit)
{
	const struct suffix *suffix = units[unit].suffixes;

	if (number == 0) {
		return talloc_strdup(mem_ctx, "0");
	}
	while (number % suffix->factor != 0) {
		suffix++;
	}
	return talloc_asprintf(mem_ctx, "%lld%s",
			       (long long)(number / suffix->factor),
			       suffix->name);
}

bool setting_read_number(const char *text, enum setting_unit unit, int64_t *out)
{
	const struct suffix *suffix = units[unit].suffixes;
	int64_t factor = units[unit].plain;
	char *end = NULL;
	long long number = 0;

	if (!isdigit((unsigned char)text[0])) {
		return false;
	}
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0) {
		return false;
	}
	end += strspn(end, " \t");
	if (*end != '\0') {
		while (suffix->name != NULL &&
		       strcasecmp(suffix->name, end) != 0) {
			suffix++;
		}
		if (suffix->name == NULL) {
			return false;
		}
		factor = suffix->factor;
	}
	return !__builtin_mul_overflow(number, factor, out);
}

/* --- what is allowed ---------------------------------------------------- */

/* "a, b or c"; names that mean the same as an earlier one are left out. */
static char *list_names(TALLOC_CTX *mem_ctx, const struct setting_name *names,
			const char *last)
{
	char *text = talloc_strdup(mem_ctx, "");
	const char *pending = NULL;
	const struct setting_name *row = NULL;
	const struct setting_name *same = NULL;

	for (row = names; row->name != NULL; row++) {
		for (same = names; same->value != row->value; same++) {
		}
		if (same != row) {
			continue;
		}
		if (pending != NULL) {
			text = talloc_asprintf_append_buffer(
				text, "%s%s", *text == '\0' ? "" : ", ",
				pending);
		}
		pending = row->name;
	}
	return talloc_asprintf_append_buffer(
		text, "%s%s", *text == '\0' ? "" : last, pending);
}

static char *list_transports(TALLOC_CTX *mem_ctx)
{
	const struct transport_backend *const *rows = transport_backends();
	char *text = talloc_strdup(mem_ctx, "a list of name[:port] with "
					    "names quic");

	for (; *rows != NULL; rows++) {
		text = talloc_asprintf_append_buffer(text, ", %s",
						     (*rows)->name);
	}
	return text;
}

static char *number_range(TALLOC_CTX *mem_ctx, const struct setting *row)
{
	char *min = setting_write_number(mem_ctx, row->min, row->unit);
	char *max = setting_write_number(min, row->max, row->unit);
	char *text =
		talloc_asprintf(mem_ctx, "%s to %s%s%s", min, max,
				row->names != NULL ? " or " : "",
				row->names != NULL ? row->names->name : "");

	talloc_free(min);
	return text;
}

char *setting_allowed(TALLOC_CTX *mem_ctx, const struct setting *row)
{
	switch (row->type) {
	case SETTING_BOOL: return talloc_strdup(mem_ctx, "yes or no");
	case SETTING_INT: return number_range(mem_ctx, row);
	case SETTING_OCTAL:
		return talloc_strdup(mem_ctx, "octal, 0000 to 7777");
	case SETTING_ENUM: return list_names(mem_ctx, row->names, " or ");
	case SETTING_NUMBERS:
		return talloc_asprintf(
			mem_ctx, "a list of %s",
			list_names(mem_ctx, row->names, " and "));
	case SETTING_STRING: return talloc_strdup(mem_ctx, "text");
	case SETTING_PATH: return talloc_strdup(mem_ctx, "an absolute path");
	case SETTING_LIST: return talloc_strdup(mem_ctx, "a list");
	case SETTING_PATTERNS:
		return talloc_strdup(mem_ctx, "patterns between slashes");
	case SETTING_TRANSPORTS: return list_transports(mem_ctx);
	case SETTING_LOG_LEVEL:
		return talloc_strdup(mem_ctx,
				     "0 to 10, or error, warn, notice, info, "
				     "debug, then module:level");
	}
	return NULL;
}
