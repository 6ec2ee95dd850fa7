/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/ini.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "smbquic/savefile.h"

struct ini {
	struct ini_line *lines;
	size_t count;
};

/* --- reading ------------------------------------------------------------ */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *trim(char *text)
{
	size_t len = 0;

	while (is_space(*text)) {
		text++;
	}
	len = strlen(text);
	while (len > 0 && is_space(text[len - 1])) {
		text[--len] = '\0';
	}
	return text;
}

/* One physical line's length, and whether it asks for the next one too. */
static size_t line_length(const char *text, size_t len, bool *continues)
{
	const char *end = memchr(text, '\n', len);
	size_t n = end == NULL ? len : (size_t)(end - text);
	size_t last = n;

	while (last > 0 && text[last - 1] == '\r') {
		last--;
	}
	*continues = end != NULL && last > 0 && text[last - 1] == '\\';
	return n;
}

/* Comments end with their line; everything else may go on. */
static size_t logical_length(const char *text, size_t len, unsigned *lines)
{
	size_t lead = 0;
	size_t n = 0;
	bool continues = false;

	while (lead < len && is_space(text[lead])) {
		lead++;
	}
	n = line_length(text, len, &continues);
	*lines = 1;
	if (lead < len && (text[lead] == '#' || text[lead] == ';')) {
		return n;
	}
	while (continues) {
		n++;
		n += line_length(text + n, len - n, &continues);
		(*lines)++;
	}
	return n;
}

/* The text with backslash-newlines, and the blanks around, made one space. */
static void join(char *text)
{
	char *to = text;
	char *from = text;

	while (*from != '\0') {
		size_t skip = 0;

		if (from[0] == '\\') {
			skip = 1 + strspn(from + 1, "\r");
		}
		if (skip == 0 || from[skip] != '\n') {
			*to++ = *from++;
			continue;
		}
		from += skip + 1;
		while (is_space(*from)) {
			from++;
		}
		while (to > text && is_space(to[-1])) {
			to--;
		}
		*to++ = ' ';
	}
	*to = '\0';
}

static void classify(struct ini_line *line, char *text)
{
	char *end = NULL;

	join(text);
	text = trim(text);
	if (*text == '\0' || *text == '#' || *text == ';') {
		line->kind = INI_BLANK;
		return;
	}
	line->kind = INI_BAD;
	if (*text == '[') {
		end = strchr(text, ']');
		if (end == NULL) {
			line->value = "a section's name must end with ]";
			return;
		}
		*end = '\0';
		line->section = trim(text + 1);
		if (line->section[0] == '\0') {
			line->value = "a section needs a name";
			return;
		}
		line->kind = INI_SECTION;
		return;
	}
	end = strchr(text, '=');
	if (end == NULL) {
		line->value = "neither a [section] nor \"key = value\"";
		return;
	}
	*end = '\0';
	line->key = trim(text);
	line->value = trim(end + 1);
	if (line->key[0] == '\0') {
		line->value = "the key before = is missing";
		return;
	}
	line->kind = INI_KEY;
}

/* A line of its own at `at`; the others move down. */
static struct ini_line *insert(struct ini *ini, size_t at)
{
	struct ini_line *lines = NULL;

	if (ini->count % 64 == 0) {
		lines = talloc_realloc(ini, ini->lines, struct ini_line,
				       ini->count + 64);
		if (lines == NULL) {
			return NULL;
		}
		ini->lines = lines;
	}
	memmove(&ini->lines[at + 1], &ini->lines[at],
		(ini->count - at) * sizeof(ini->lines[0]));
	ini->lines[at] = (struct ini_line){.kind = INI_BLANK};
	ini->count++;
	return &ini->lines[at];
}

static bool set_text(struct ini *ini, struct ini_line *line, const char *text,
		     size_t len)
{
	char *copy = talloc_strndup(ini, text, len);
	char *work = copy == NULL ? NULL : talloc_strdup(copy, copy);

	if (work == NULL) {
		return false;
	}
	line->text = copy;
	classify(line, work);
	if (strlen(copy) != len) {
		line->kind = INI_BAD;
		line->value = "there is a NUL byte in it";
	}
	return true;
}

static bool parse_line(struct ini *ini, const char *text, size_t len,
		       unsigned number)
{
	struct ini_line *line = insert(ini, ini->count);

	if (line == NULL) {
		return false;
	}
	if (ini->count > 1) {
		line->section = line[-1].section;
	}
	line->number = number;
	return set_text(ini, line, text, len);
}

struct ini *ini_new(TALLOC_CTX *mem_ctx)
{
	return talloc_zero(mem_ctx, struct ini);
}

struct ini *ini_parse(TALLOC_CTX *mem_ctx, const char *text, size_t len)
{
	struct ini *ini = ini_new(mem_ctx);
	unsigned number = 1;

	if (ini == NULL) {
		return NULL;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	while (len > 0) {
		unsigned lines = 0;
		size_t n = logical_length(text, len, &lines);

		if (!parse_line(ini, text, n, number)) {
			talloc_free(ini);
			return NULL;
		}
		n += n < len ? 1 : 0; /* the newline */
		text += n;
		len -= n;
		number += lines;
	}
	return ini;
}

struct ini *ini_load(TALLOC_CTX *mem_ctx, const char *path, struct stat *st)
{
	struct ini *ini = NULL;
	size_t len = 0;
	char *text = savefile_read(mem_ctx, path, INI_MAX_FILE, &len, st);

	if (text == NULL) {
		return NULL;
	}
	ini = ini_parse(mem_ctx, text, len);
	talloc_free(text);
	if (ini == NULL) {
		errno = ENOMEM;
	}
	return ini;
}

char *ini_include_path(TALLOC_CTX *mem_ctx, const char *file, const char *value)
{
	const char *slash = strrchr(file, '/');

	if (value[0] == '/' || slash == NULL) {
		return talloc_strdup(mem_ctx, value);
	}
	return talloc_asprintf(mem_ctx, "%.*s/%s", (int)(slash - file), file,
			       value);
}

/* --- looking ------------------------------------------------------------ */

size_t ini_count(const struct ini *ini)
{
	return ini->count;
}

const struct ini_line *ini_line(const struct ini *ini, size_t i)
{
	return &ini->lines[i];
}

bool ini_key_equal(const char *a, const char *b)
{
	while (true) {
		a += strspn(a, " \t");
		b += strspn(b, " \t");
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) {
			return false;
		}
		if (*a == '\0') {
			return true;
		}
		a++;
		b++;
	}
}

static bool in_section(const struct ini_line *line, const char *section)
{
	return line->section != NULL && strcasecmp(line->section, section) == 0;
}

static bool is_key(const struct ini_line *line, const char *section,
		   const char *key)
{
	return line->kind == INI_KEY && in_section(line, section) &&
	       ini_key_equal(line->key, key);
}

bool ini_has_section(const struct ini *ini, const char *section)
{
	size_t i = 0;

	for (i = 0; i < ini->count; i++) {
		if (ini->lines[i].kind == INI_SECTION &&
		    in_section(&ini->lines[i], section)) {
			return true;
		}
	}
	return false;
}

static struct ini_line *find_key(const struct ini *ini, const char *section,
				 const char *key)
{
	size_t i = 0;

	for (i = ini->count; i > 0; i--) {
		if (is_key(&ini->lines[i - 1], section, key)) {
			return &ini->lines[i - 1];
		}
	}
	return NULL;
}

const char *ini_get(const struct ini *ini, const char *section, const char *key)
{
	const struct ini_line *line = find_key(ini, section, key);

	return line == NULL ? NULL : line->value;
}

/* --- changing ----------------------------------------------------------- */

/* Whether a line made of it would be read back as the same. */
static bool fits(const char *text, const char *forbidden)
{
	size_t len = strlen(text);

	return text[strcspn(text, forbidden)] == '\0' &&
	       (len == 0 || (!is_space(text[0]) && !is_space(text[len - 1]) &&
			     text[len - 1] != '\\'));
}

bool ini_add_section(struct ini *ini, const char *section)
{
	struct ini_line *line = NULL;
	char *text = NULL;

	if (ini_has_section(ini, section)) {
		return true;
	}
	if (section[0] == '\0' || !fits(section, "[]\n\r")) {
		return false;
	}
	if (ini->count > 0) {
		line = insert(ini, ini->count);
		if (line == NULL) {
			return false;
		}
		line->section = line[-1].section;
		line->text = "";
	}
	text = talloc_asprintf(ini, "[%s]", section);
	line = text == NULL ? NULL : insert(ini, ini->count);
	return line != NULL && set_text(ini, line, text, strlen(text));
}

/* Below the last line of the section that says something. */
static size_t end_of_section(const struct ini *ini, const char *section)
{
	size_t i = 0;

	for (i = ini->count; i > 0; i--) {
		if (ini->lines[i - 1].kind != INI_BLANK &&
		    in_section(&ini->lines[i - 1], section)) {
			return i;
		}
	}
	return ini->count;
}

bool ini_set(struct ini *ini, const char *section, const char *key,
	     const char *value)
{
	struct ini_line *line = NULL;
	char *text = NULL;
	size_t at = 0;

	if (!ini_add_section(ini, section) || key[0] == '\0' ||
	    strchr("[#;", key[0]) != NULL || !fits(key, "=\n\r") ||
	    !fits(value, "\n\r")) {
		return false;
	}
	text = talloc_asprintf(ini, "\t%s = %s", key, value);
	if (text == NULL) {
		return false;
	}
	line = find_key(ini, section, key);
	if (line != NULL) {
		return set_text(ini, line, text, strlen(text));
	}
	at = end_of_section(ini, section);
	line = insert(ini, at);
	if (line == NULL) {
		return false;
	}
	line->section = line[-1].section;
	return set_text(ini, line, text, strlen(text));
}

static void remove_line(struct ini *ini, size_t at)
{
	memmove(&ini->lines[at], &ini->lines[at + 1],
		(ini->count - at - 1) * sizeof(ini->lines[0]));
	ini->count--;
}

void ini_unset(struct ini *ini, const char *section, const char *key)
{
	size_t i = 0;

	while (i < ini->count) {
		if (is_key(&ini->lines[i], section, key)) {
			remove_line(ini, i);
		} else {
			i++;
		}
	}
}

/* The lines of one run of a section, from its header on. Comments below its
 * last key stay: they are about what follows. */
static void remove_run(struct ini *ini, size_t from)
{
	size_t to = from + 1;
	size_t i = 0;

	for (i = from + 1; i < ini->count; i++) {
		if (ini->lines[i].kind == INI_SECTION) {
			break;
		}
		if (ini->lines[i].kind != INI_BLANK) {
			to = i + 1;
		}
	}
	while (to > from) {
		remove_line(ini, --to);
	}
	for (i = from; i < ini->count && ini->lines[i].kind == INI_BLANK; i++) {
		ini->lines[i].section =
			i == 0 ? NULL : ini->lines[i - 1].section;
	}
}

void ini_remove_section(struct ini *ini, const char *section)
{
	size_t i = 0;

	while (i < ini->count) {
		if (ini->lines[i].kind == INI_SECTION &&
		    in_section(&ini->lines[i], section)) {
			remove_run(ini, i);
		} else {
			i++;
		}
	}
}

char *ini_text(TALLOC_CTX *mem_ctx, const struct ini *ini)
{
	char *text = talloc_strdup(mem_ctx, "");
	size_t i = 0;

	for (i = 0; i < ini->count && text != NULL; i++) {
		text = talloc_asprintf_append_buffer(text, "%s\n",
						     ini->lines[i].text);
	}
	return text;
}

/* --- values ------------------------------------------------------------- */

/* Takes the next item off *rest; NULL at the end. */
static char *next_item(char **rest)
{
	static const char separators[] = " \t\r\n,";
	char *from = *rest + strspn(*rest, separators);
	char *item = from;
	char *to = from;
	bool quoted = false;

	if (*from == '\0') {
		return NULL;
	}
	while (*from != '\0' && (quoted || strchr(separators, *from) == NULL)) {
		if (*from == '"') {
			quoted = !quoted;
			from++;
		} else {
			*to++ = *from++;
		}
	}
	*rest = *from == '\0' ? from : from + 1;
	*to = '\0';
	return item;
}

char **ini_split(TALLOC_CTX *mem_ctx, const char *value)
{
	size_t count = 0;
	char **items = talloc_array(mem_ctx, char *, strlen(value) / 2 + 2);
	char *work = items == NULL ? NULL : talloc_strdup(items, value);
	char *item = NULL;

	if (work == NULL) {
		talloc_free(items);
		return NULL;
	}
	for (item = next_item(&work); item != NULL; item = next_item(&work)) {
		items[count++] = item;
	}
	items[count] = NULL;
	return items;
}

bool ini_bool(const char *value, bool *out)
{
	static const char *const words[][2] = {
		{"no", "yes"},
		{"false", "true"},
		{"off", "on"},
		{"0", "1"},
	};
	size_t i = 0;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value, words[i][0]) == 0) {
			*out = false;
			return true;
		}
		if (strcasecmp(value, words[i][1]) == 0) {
			*out = true;
			return true;
		}
	}
	return false;
}
