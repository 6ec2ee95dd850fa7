/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the text of a setting becomes a value, and how it is written out again:
 * a parser for each type.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/settings.h"
#include "smbquic/ini.h"
#include "smbquic/port.h"
#include "smbquic/transport.h"

#define MAX_TRANSPORTS 10

/* --- a parser for each type --------------------------------------------- */

typedef bool (*parse_fn)(TALLOC_CTX *mem_ctx, const struct setting *row,
			 const char *text, struct setting_value *out,
			 char **note);

static bool parse_bool(TALLOC_CTX *mem_ctx, const struct setting *row,
		       const char *text, struct setting_value *out, char **note)
{
	const struct setting_name *word = row->names;
	bool yes = false;

	(void)note;
	while (word != NULL && word->name != NULL &&
	       strcasecmp(word->name, text) != 0) {
		word++;
	}
	if (word != NULL && word->name != NULL) {
		yes = word->value != 0;
	} else if (!ini_bool(text, &yes)) {
		return false;
	}
	out->number = yes;
	out->text = talloc_strdup(mem_ctx, yes ? "yes" : "no");
	return true;
}

static const struct setting_name *find_name(const struct setting_name *names,
					    const char *text)
{
	for (; names->name != NULL; names++) {
		if (strcasecmp(names->name, text) == 0) {
			return names;
		}
	}
	return NULL;
}

static bool parse_int(TALLOC_CTX *mem_ctx, const struct setting *row,
		      const char *text, struct setting_value *out, char **note)
{
	const struct setting_name *name =
		row->names == NULL ? NULL : find_name(row->names, text);

	(void)note;
	if (name != NULL) {
		out->number = name->value;
		out->text = talloc_strdup(mem_ctx, name->name);
		return true;
	}
	if (!setting_read_number(text, row->unit, &out->number) ||
	    out->number < row->min || out->number > row->max) {
		return false;
	}
	out->text = setting_write_number(mem_ctx, out->number, row->unit);
	return true;
}

static bool parse_octal(TALLOC_CTX *mem_ctx, const struct setting *row,
			const char *text, struct setting_value *out,
			char **note)
{
	size_t digits = strspn(text, "01234567");

	(void)row;
	(void)note;
	if (digits == 0 || digits > 5 || text[digits] != '\0') {
		return false;
	}
	out->number = strtol(text, NULL, 8);
	out->text = talloc_asprintf(mem_ctx, "%04o", (unsigned)out->number);
	return out->number <= 07777;
}

static const char *first_name(const struct setting_name *names, int value)
{
	while (names->value != value) {
		names++;
	}
	return names->name;
}

static bool parse_enum(TALLOC_CTX *mem_ctx, const struct setting *row,
		       const char *text, struct setting_value *out, char **note)
{
	const struct setting_name *name = find_name(row->names, text);

	(void)note;
	if (name == NULL) {
		return false;
	}
	out->number = name->value;
	out->text = talloc_strdup(mem_ctx, first_name(row->names, name->value));
	return true;
}

static void drop_number(struct setting_value *value, uint16_t number)
{
	size_t from = 0;
	size_t to = 0;

	for (from = 0; from < value->count; from++) {
		if (value->numbers[from] != number) {
			value->numbers[to++] = value->numbers[from];
		}
	}
	value->count = to;
}

/* One item: NAME, -NAME or +NAME. The signs change the default's list. */
static bool add_number(const struct setting *row, const char *item,
		       struct setting_value *out)
{
	const struct setting_name *name =
		find_name(row->names, item + strspn(item, "+-"));

	if (name == NULL) {
		return false;
	}
	drop_number(out, name->value);
	if (item[0] != '-') {
		out->numbers[out->count++] = name->value;
	}
	return true;
}

static bool write_numbers(TALLOC_CTX *mem_ctx, const struct setting *row,
			  struct setting_value *out)
{
	char *text = talloc_strdup(mem_ctx, "");
	size_t i = 0;

	for (i = 0; i < out->count; i++) {
		text = talloc_asprintf_append_buffer(
			text, "%s%s", i == 0 ? "" : ", ",
			first_name(row->names, out->numbers[i]));
	}
	out->text = text;
	return out->count > 0;
}

static bool parse_numbers(TALLOC_CTX *mem_ctx, const struct setting *row,
			  const char *text, struct setting_value *out,
			  char **note)
{
	char **items = ini_split(mem_ctx, text);
	size_t size = 0;
	size_t i = 0;

	while (row->names[size].name != NULL) {
		size++;
	}
	out->numbers = talloc_array(mem_ctx, uint16_t, size);
	if (items == NULL || out->numbers == NULL || items[0] == NULL) {
		return false;
	}
	if (items[0][0] == '-' || items[0][0] == '+') {
		(void)parse_numbers(mem_ctx, row, row->initial, out, note);
	}
	for (i = 0; items[i] != NULL; i++) {
		if (!add_number(row, items[i], out)) {
			return false;
		}
	}
	return write_numbers(mem_ctx, row, out);
}

static bool parse_string(TALLOC_CTX *mem_ctx, const struct setting *row,
			 const char *text, struct setting_value *out,
			 char **note)
{
	(void)row;
	(void)note;
	out->text = talloc_strdup(mem_ctx, text);
	return true;
}

/* The only macros there are; the others of Samba's have no meaning here. */
static bool known_macros(const char *text)
{
	const char *percent = strchr(text, '%');

	while (percent != NULL) {
		if (percent[1] == '\0' || strchr("USIm%", percent[1]) == NULL) {
			return false;
		}
		percent = strchr(percent + 2, '%');
	}
	return true;
}

static bool parse_path(TALLOC_CTX *mem_ctx, const struct setting *row,
		       const char *text, struct setting_value *out, char **note)
{
	if (text[0] != '/' && !(text[0] == '\0' && row->initial[0] == '\0')) {
		return false;
	}
	if (row->scope != SETTING_GLOBAL && !known_macros(text)) {
		*note = talloc_strdup(mem_ctx,
				      "there are no macros but %U, %S, %I, "
				      "%m and %% for a percent sign");
		return false;
	}
	out->text = talloc_strdup(mem_ctx, text);
	return true;
}

static bool parse_list(TALLOC_CTX *mem_ctx, const struct setting *row,
		       const char *text, struct setting_value *out, char **note)
{
	char *joined = talloc_strdup(mem_ctx, "");
	size_t i = 0;

	(void)row;
	(void)note;
	out->list = ini_split(mem_ctx, text);
	if (out->list == NULL) {
		return false;
	}
	for (i = 0; out->list[i] != NULL; i++) {
		const char *item = out->list[i];
		const char *quote = strpbrk(item, " \t,") == NULL ? "" : "\"";

		joined = talloc_asprintf_append_buffer(joined, "%s%s%s%s",
						       i == 0 ? "" : ", ",
						       quote, item, quote);
	}
	out->text = joined;
	return true;
}

static bool parse_patterns(TALLOC_CTX *mem_ctx, const struct setting *row,
			   const char *text, struct setting_value *out,
			   char **note)
{
	char *work = talloc_strdup(mem_ctx, text);
	char *joined = talloc_strdup(mem_ctx, "");
	char *next = NULL;
	char *item = NULL;
	size_t count = 0;

	(void)row;
	(void)note;
	out->list = talloc_array(mem_ctx, char *, strlen(text) / 2 + 2);
	if (work == NULL || joined == NULL || out->list == NULL) {
		return false;
	}
	for (item = strtok_r(work, "/", &next); item != NULL;
	     item = strtok_r(NULL, "/", &next)) {
		out->list[count++] = item;
		joined = talloc_asprintf_append_buffer(
			joined, "%s%s/", count == 1 ? "/" : "", item);
	}
	out->list[count] = NULL;
	out->text = joined;
	return true;
}

/* Plain ports are those of `smb ports`: TCP. */
static bool split_transport(char *item, const char **name, const char **port)
{
	char *colon = strchr(item, ':');

	if (item[strspn(item, "0123456789")] == '\0') {
		*name = "tcp";
		*port = item;
		return true;
	}
	*name = item;
	*port = NULL;
	if (colon != NULL) {
		*colon = '\0';
		*port = colon + 1;
	}
	return item[0] != '\0';
}

static bool same_transport(const struct setting_value *value,
			   const struct config_transport *one)
{
	size_t i = 0;

	for (i = 0; i < value->count; i++) {
		if (value->transports[i].port == one->port &&
		    strcmp(value->transports[i].name, one->name) == 0) {
			return true;
		}
	}
	return false;
}

static bool add_transport(TALLOC_CTX *mem_ctx, char *item,
			  struct setting_value *out, char **note)
{
	const struct transport_backend *backend = NULL;
	struct config_transport one = {0};
	const char *port = NULL;

	if (!split_transport(item, &one.name, &port)) {
		return false;
	}
	if (strcasecmp(one.name, "nbt") == 0 ||
	    (port == item && strcmp(port, "139") == 0)) {
		*note = talloc_strdup(mem_ctx, "NetBIOS (nbt, port 139) is not "
					       "spoken and is left out");
		return true;
	}
	backend = transport_backend_find(one.name, NULL);
	if (backend == NULL) {
		return false;
	}
	one.port = backend->default_port;
	if (port != NULL && !port_parse(port, &one.port)) {
		return false;
	}
	if (same_transport(out, &one)) {
		return true;
	}
	if (out->count == MAX_TRANSPORTS) {
		*note = talloc_asprintf(mem_ctx, "there are more than %d",
					MAX_TRANSPORTS);
		return false;
	}
	out->transports[out->count++] = one;
	return true;
}

static void write_transports(TALLOC_CTX *mem_ctx, struct setting_value *out)
{
	char *text = talloc_strdup(mem_ctx, "");
	size_t i = 0;

	for (i = 0; i < out->count; i++) {
		text = talloc_asprintf_append_buffer(
			text, "%s%s:%u", i == 0 ? "" : ", ",
			out->transports[i].name, out->transports[i].port);
	}
	out->text = text;
}

static bool parse_transports(TALLOC_CTX *mem_ctx, const struct setting *row,
			     const char *text, struct setting_value *out,
			     char **note)
{
	char **items = ini_split(mem_ctx, text);
	size_t i = 0;

	if (out->transports == NULL) {
		out->transports = talloc_array(mem_ctx, struct config_transport,
					       MAX_TRANSPORTS);
	}
	if (items == NULL || out->transports == NULL || items[0] == NULL) {
		return false;
	}
	if (items[0][0] == '+') {
		(void)parse_transports(mem_ctx, row, row->initial, out, note);
	}
	for (i = 0; items[i] != NULL; i++) {
		char *item = items[i] + (items[i][0] == '+' ? 1 : 0);

		if (!add_transport(mem_ctx, item, out, note)) {
			return false;
		}
	}
	write_transports(mem_ctx, out);
	return out->count > 0;
}

/* A level: a number or one of log.h's names. */
static bool is_level(const char *text)
{
	static const char *const names[] = {"error",  "warn", "warning",
					    "notice", "info", "debug"};
	int64_t number = 0;
	size_t i = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(names[i], text) == 0) {
			return true;
		}
	}
	return setting_read_number(text, SETTING_UNIT_NONE, &number) &&
	       number <= 10;
}

static bool parse_log_level(TALLOC_CTX *mem_ctx, const struct setting *row,
			    const char *text, struct setting_value *out,
			    char **note)
{
	char **items = ini_split(mem_ctx, text);
	size_t i = 0;

	(void)row;
	(void)note;
	if (items == NULL || items[0] == NULL) {
		return false;
	}
	for (i = 0; items[i] != NULL; i++) {
		const char *colon = strchr(items[i], ':');

		if ((colon == NULL && i > 0) ||
		    !is_level(colon == NULL ? items[i] : colon + 1)) {
			return false;
		}
	}
	out->text = talloc_strdup(mem_ctx, text);
	return true;
}

static const parse_fn parsers[] = {
	[SETTING_BOOL] = parse_bool,
	[SETTING_INT] = parse_int,
	[SETTING_OCTAL] = parse_octal,
	[SETTING_ENUM] = parse_enum,
	[SETTING_NUMBERS] = parse_numbers,
	[SETTING_STRING] = parse_string,
	[SETTING_PATH] = parse_path,
	[SETTING_LIST] = parse_list,
	[SETTING_PATTERNS] = parse_patterns,
	[SETTING_TRANSPORTS] = parse_transports,
	[SETTING_LOG_LEVEL] = parse_log_level,
};

bool setting_parse(TALLOC_CTX *mem_ctx, const struct setting *row,
		   const char *text, struct setting_value *out, char **note)
{
	*out = (struct setting_value){0};
	*note = NULL;
	if (parsers[row->type](mem_ctx, row, text, out, note) &&
	    out->text != NULL) {
		return true;
	}
	if (*note == NULL) {
		*note = talloc_asprintf(mem_ctx, "allowed is %s",
					setting_allowed(mem_ctx, row));
	}
	return false;
}
