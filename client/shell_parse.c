/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines to words. smbclient's rules: ';' between commands, '"' around words. */
#include <string.h>

#include "client/shell.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *s)
{
	while (is_blank(*s)) {
		s++;
	}
	return s;
}

/* The end of the command: a ';' outside of quotes, or the end of the line. */
static const char *command_end(const char *s)
{
	bool quoted = false;

	for (; *s != '\0'; s++) {
		if (*s == '"') {
			quoted = !quoted;
		} else if (*s == ';' && !quoted) {
			break;
		}
	}
	return s;
}

/* Take a word off *s, which ends at end. Quotes may be anywhere in it.
 * @return false: a quote is not closed. */
static bool take_word(const char **s, const char *end, char *word)
{
	bool quoted = false;
	const char *p = NULL;

	for (p = *s; p < end; p++) {
		if (*p == '"') {
			quoted = !quoted;
		} else if (is_blank(*p) && !quoted) {
			break;
		} else {
			*word++ = *p;
		}
	}
	*word = '\0';
	*s = p;
	return !quoted;
}

/* The next word, and room for the NULL behind it. */
static bool add_word(TALLOC_CTX *mem_ctx, struct shell_words *words,
		     const char **s, const char *end)
{
	char *word = talloc_array(mem_ctx, char, (size_t)(end - *s) + 1);

	shell_need(word);
	words->argv = talloc_realloc(mem_ctx, words->argv, char *,
				     (unsigned)words->argc + 2);
	shell_need(words->argv);
	words->argv[words->argc] = word;
	words->argc++;
	words->argv[words->argc] = NULL;
	return take_word(s, end, word);
}

bool shell_split(TALLOC_CTX *mem_ctx, const char *line, struct shell_words *out,
		 const char **next, const char **why)
{
	const char *end = command_end(line);
	const char *s = skip_blanks(line);

	*out = (struct shell_words){0};
	*next = *end == ';' ? end + 1 : NULL;
	/* "!ls" is two words. */
	if (*s == '!' && s < end) {
		add_word(mem_ctx, out, &s, s + 1);
		s = skip_blanks(s);
	}
	while (s < end) {
		if (out->argc == 1 && out->rest == NULL) {
			out->rest = shell_need(
				talloc_strndup(mem_ctx, s, (size_t)(end - s)));
		}
		if (!add_word(mem_ctx, out, &s, end)) {
			*why = "a quote is not closed";
			return false;
		}
		s = skip_blanks(s);
	}
	if (out->rest == NULL) {
		out->rest = "";
	}
	return true;
}

char *shell_quote(TALLOC_CTX *mem_ctx, const char *word)
{
	if (*word != '\0' && strpbrk(word, " \t;") == NULL) {
		return talloc_strdup(mem_ctx, word);
	}
	return talloc_asprintf(mem_ctx, "\"%s\"", word);
}
