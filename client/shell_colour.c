/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Colours of names, as LS_COLORS says (dircolors(1)). */
#include <string.h>
#include <strings.h>

#include "client/shell.h"

/* More would be no colour. */
#define SGR_MAX 32

/* "01;34": nothing else may reach the terminal. */
static bool is_sgr(const char *text, size_t len)
{
	return len > 0 && len <= SGR_MAX && strspn(text, "0123456789;") >= len;
}

static bool ends_with(const char *name, const char *end, size_t len)
{
	size_t all = strlen(name);

	return len > 0 && all >= len &&
	       strncasecmp(name + all - len, end, len) == 0;
}

/* Does this key, "di" or "*.tar", speak of the entry? */
static bool key_fits(const char *key, size_t len, const char *name,
		     uint32_t attributes)
{
	bool folder = (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
	bool link = (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;

	if (len > 1 && *key == '*') {
		return !folder && !link && ends_with(name, key + 1, len - 1);
	}
	if (len != 2) {
		return false;
	}
	if (link) {
		return strncmp(key, "ln", 2) == 0;
	}
	return strncmp(key, folder ? "di" : "fi", 2) == 0;
}

bool shell_colour(const char *colours, const char *name, uint32_t attributes,
		  const char **sgr, size_t *len)
{
	const char *end = NULL;
	bool found = false;

	/* The last one counts, and one for an ending more than "fi". */
	for (; colours != NULL && *colours != '\0'; colours = end) {
		const char *is = NULL;
		bool whole = false;

		end = strchrnul(colours, ':');
		is = memchr(colours, '=', (size_t)(end - colours));
		whole = is != NULL && *colours != '*';
		if (is != NULL &&
		    key_fits(colours, (size_t)(is - colours), name,
			     attributes) &&
		    is_sgr(is + 1, (size_t)(end - is - 1)) &&
		    !(found && whole && strncmp(colours, "fi", 2) == 0)) {
			*sgr = is + 1;
			*len = (size_t)(end - is - 1);
			found = true;
		}
		end += *end == ':' ? 1 : 0;
	}
	return found;
}
