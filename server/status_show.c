/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status_show.c - items of status.h as tables: a row of columns for each
 * section, and for what is in items of one: the channels of sessions.
 */

#include <inttypes.h>
#include <string.h>

#include "server/status_ask.h"

#define MAX_COLUMNS 11

enum kind {
	TEXT,	    /* a string or a number */
	NUMBER,	    /* to the right */
	BYTES,	    /* likewise, with K, M, G */
	MILLIS,	    /* from microseconds */
	COUNT,	    /* how many a list has */
	PROTECTION, /* an object of cipher, degree, by */
	YES,	    /* "yes", or nothing */
};

struct column {
	const char *title;
	const char *path; /* members, separated by dots */
	enum kind kind;
};

struct table {
	const char *name;
	const char *each; /* a row for each element of that list; or NULL */
	struct column columns[MAX_COLUMNS];
};

/* clang-format off */
static const struct table tables[] = {
	{"sessions", NULL, {
		{"Session", "session_id", TEXT},
		{"Username", "username", TEXT},
		{"Group", "gid", TEXT},
		{"Machine", "hostname", TEXT},
		{"Protocol Version", "session_dialect", TEXT},
		{"Encryption", "encryption", PROTECTION},
		{"Signing", "signing", PROTECTION},
		{"Channels", "channels", COUNT},
		{"State", "state", TEXT},
	}},
	{"channels", "channels", {
		{"Session", "session_id", TEXT},
		{"Username", "username", TEXT},
		{"Connection", "connection_id", TEXT},
		{"Peer", "remote_address", TEXT},
		{"Transport", "transport", TEXT},
		{"Encryption", "encryption", PROTECTION},
		{"RTT ms", "rtt_us", MILLIS},
	}},
	{"connections", NULL, {
		{"Connection", "connection_id", TEXT},
		{"Peer", "remote_address", TEXT},
		{"Transport", "transport.name", TEXT},
		{"Protected by", "transport.tls_cipher", TEXT},
		{"RTT ms", "figures.rtt_us", MILLIS},
		{"Bytes in", "figures.bytes_in", BYTES},
		{"Bytes out", "figures.bytes_out", BYTES},
		{"Lost", "figures.packets_lost", NUMBER},
		{"MTU", "figures.path_mtu", NUMBER},
		{"Requests", "requests", NUMBER},
	}},
	{"tcons", NULL, {
		{"Service", "service", TEXT},
		{"Session", "session_id", TEXT},
		{"Username", "username", TEXT},
		{"Machine", "machine", TEXT},
		{"Connected at", "connected_at", TEXT},
		{"Encryption", "encryption", PROTECTION},
		{"Opens", "open_files", NUMBER},
	}},
	{"open_files", NULL, {
		{"ID", "open_id", TEXT},
		{"Session", "session_id", TEXT},
		{"User", "username", TEXT},
		{"SharMode", "sharemode.text", TEXT},
		{"Access", "access_mask.text", TEXT},
		{"Oplock", "oplock.kind", TEXT},
		{"Caching", "oplock.caching.text", TEXT},
		{"Durable", "durable.kind", TEXT},
		{"Waits", "durable.waits_for_owner", YES},
		{"Service", "service", TEXT},
		{"Name", "filename", TEXT},
	}},
	{"byte_range_locks", "locks", {
		{"Session", "session_id", TEXT},
		{"User", "username", TEXT},
		{"R/W", "type", TEXT},
		{"Start", "offset", NUMBER},
		{"Size", "length", NUMBER},
		{"Service", "service", TEXT},
		{"Name", "filename", TEXT},
	}},
	{"leases", NULL, {
		{"Kind", "kind", TEXT},
		{"Caching", "caching.text", TEXT},
		{"Breaking", "breaking", YES},
		{"Opens", "open_files", NUMBER},
		{"Key", "lease_key", TEXT},
		{"User", "username", TEXT},
		{"Service", "service", TEXT},
		{"Name", "filename", TEXT},
	}},
	{"shares", NULL, {
		{"Service", "service", TEXT},
		{"Type", "type", TEXT},
		{"Connects", "tcons", NUMBER},
		{"Path", "path", TEXT},
	}},
	{"certificates", NULL, {
		{"Name", "name", TEXT},
		{"Days left", "days_left", NUMBER},
		{"Expires", "not_after", TEXT},
		{"Subject", "subject", TEXT},
		{"Refused", "problem", TEXT},
	}},
	{"hashes", NULL, {
		{"Name", "name", TEXT},
		{"SHA-1", "sha1", TEXT},
		{"SHA-256", "sha256", TEXT},
	}},
};
/* clang-format on */

/* --- cells -----------------------------------------------------------------
 */

char *status_show_bytes(TALLOC_CTX *mem_ctx, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes;
	int unit = -1;

	while (value >= 1024 && units[unit + 1] != '\0') {
		value /= 1024;
		unit++;
	}
	return unit < 0
		       ? talloc_asprintf(mem_ctx, "%" PRIu64, bytes)
		       : talloc_asprintf(mem_ctx, "%.1f%c", value, units[unit]);
}

/* A terminal obeys what is below 0x20, 0x7F, and U+0080 to U+009F. */
char *status_show_text(TALLOC_CTX *mem_ctx, const char *text)
{
	char *copy = talloc_strdup(mem_ctx, text);
	unsigned char *p = (unsigned char *)copy;

	for (; p != NULL && *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7F) {
			*p = '?';
		} else if (*p == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0) {
			p[0] = '?';
			p[1] = '?';
		}
	}
	return copy;
}

static const json_t *member(const json_t *item, const char *path)
{
	char name[32] = "";
	size_t len = strcspn(path, ".");

	snprintf(name, sizeof(name), "%.*s", (int)len, path);
	item = json_object_get(item, name);
	return path[len] == '.' ? member(item, path + len + 1) : item;
}

static char *protection(TALLOC_CTX *mem_ctx, const json_t *value)
{
	const char *cipher =
		json_string_value(json_object_get(value, "cipher"));
	const char *degree =
		json_string_value(json_object_get(value, "degree"));
	const char *by = json_string_value(json_object_get(value, "by"));

	if (cipher == NULL || strcmp(cipher, "-") == 0) {
		return talloc_strdup(mem_ctx, "-");
	}
	if (by != NULL && strcmp(by, "transport") == 0) {
		return talloc_asprintf(mem_ctx, "transport(%s)", cipher);
	}
	return talloc_asprintf(mem_ctx, "%s%s", cipher,
			       degree != NULL && strcmp(degree, "partial") == 0
				       ? "(partial)"
				       : "");
}

static char *cell(TALLOC_CTX *mem_ctx, const json_t *item,
		  const struct column *column)
{
	const json_t *value = member(item, column->path);

	switch (column->kind) {
	case PROTECTION: return protection(mem_ctx, value);
	case COUNT:
		return talloc_asprintf(mem_ctx, "%zu", json_array_size(value));
	case YES:
		return talloc_strdup(mem_ctx,
				     json_is_true(value) ? "yes" : "-");
	case BYTES:
		return status_show_bytes(mem_ctx,
					 (uint64_t)json_integer_value(value));
	case MILLIS:
		return talloc_asprintf(mem_ctx, "%.1f",
				       (double)json_integer_value(value) / 1e3);
	default: break;
	}
	if (json_is_integer(value)) {
		return talloc_asprintf(mem_ctx, "%" JSON_INTEGER_FORMAT,
				       json_integer_value(value));
	}
	return status_show_text(mem_ctx, json_is_string(value)
						 ? json_string_value(value)
						 : "-");
}

/* --- tables ----------------------------------------------------------------
 */

/* In columns of a terminal, more or less: bytes that begin a character. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++) {
		width += ((unsigned char)*text & 0xC0) != 0x80;
	}
	return width;
}

struct grid {
	const struct table *table;
	unsigned columns;
	char **cells;
	size_t rows;
	int widths[MAX_COLUMNS];
};

static bool grid_add(struct grid *grid, const json_t *item)
{
	size_t at = grid->rows * grid->columns;
	unsigned i = 0;

	grid->cells =
		talloc_realloc(NULL, grid->cells, char *, at + grid->columns);
	for (i = 0; grid->cells != NULL && i < grid->columns; i++) {
		const struct column *column = &grid->table->columns[i];
		char *text = item == NULL
				     ? talloc_strdup(grid->cells, column->title)
				     : cell(grid->cells, item, column);
		int width = text == NULL ? 0 : width_of(text);

		grid->cells[at + i] = text;
		if (width > grid->widths[i]) {
			grid->widths[i] = width;
		}
	}
	grid->rows++;
	return grid->cells != NULL;
}

static bool to_the_right(enum kind kind)
{
	return kind == NUMBER || kind == BYTES || kind == MILLIS ||
	       kind == COUNT;
}

static void grid_print(FILE *out, const struct grid *grid)
{
	size_t row = 0;

	for (row = 0; row < grid->rows; row++) {
		unsigned i = 0;

		for (i = 0; i < grid->columns; i++) {
			const char *text = grid->cells[row * grid->columns + i];
			int pad = 0;

			text = text == NULL ? "" : text;
			pad = grid->widths[i] - width_of(text);
			if (to_the_right(grid->table->columns[i].kind)) {
				fprintf(out, "%*s%s", pad, "", text);
			} else {
				fprintf(out, "%s%*s", text,
					i + 1 < grid->columns ? pad : 0, "");
			}
			fputs(i + 1 < grid->columns ? "  " : "\n", out);
		}
	}
}

static bool grid_add_item(struct grid *grid, json_t *item)
{
	const char *each = grid->table->each;
	const json_t *list = each == NULL ? NULL : json_object_get(item, each);
	size_t i = 0;

	if (each == NULL) {
		return grid_add(grid, item);
	}
	for (i = 0; i < json_array_size(list); i++) {
		json_t *both = json_copy(item);
		bool good = json_object_update(both, json_array_get(list, i)) ==
				    0 &&
			    grid_add(grid, both);

		json_decref(both);
		if (!good) {
			return false;
		}
	}
	return true;
}

static const struct table *find_table(const char *name)
{
	size_t i = 0;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(tables[i].name, name) == 0) {
			return &tables[i];
		}
	}
	return NULL;
}

size_t status_show_rows(const char *table, const json_t *items)
{
	const struct table *found = find_table(table);
	size_t rows = json_array_size(items);
	size_t i = 0;

	if (found == NULL || found->each == NULL) {
		return rows;
	}
	rows = 0;
	for (i = 0; i < json_array_size(items); i++) {
		rows += json_array_size(
			json_object_get(json_array_get(items, i), found->each));
	}
	return rows;
}

void status_show(FILE *out, const char *table, const json_t *items)
{
	struct grid grid = {.table = find_table(table)};
	bool good = grid.table != NULL && json_array_size(items) > 0;
	size_t i = 0;

	while (good && grid.columns < MAX_COLUMNS &&
	       grid.table->columns[grid.columns].title != NULL) {
		grid.columns++;
	}
	good = good && grid_add(&grid, NULL);
	for (i = 0; good && i < json_array_size(items); i++) {
		good = grid_add_item(&grid, json_array_get(items, i));
	}
	if (good) {
		grid_print(out, &grid);
	}
	talloc_free(grid.cells);
}
