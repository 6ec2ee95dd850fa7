/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion: of commands, and of names here and on the server. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <readline/readline.h>

#include "client/shell.h"
#include "client/shell_folders.h"

/* What a generator gives out, one after the other. */
static struct {
	char **item;
	size_t count;
	size_t next;
} found;

static char *next_found(const char *text, int state)
{
	(void)text;
	if (state == 0) {
		found.next = 0;
	}
	if (found.next >= found.count) {
		return NULL;
	}
	found.next++;
	return strdup(found.item[found.next - 1]);
}

static void add_found(TALLOC_CTX *frame, char *text)
{
	found.item = talloc_realloc(frame, found.item, char *,
				    (unsigned)found.count + 1);
	shell_need(found.item);
	found.item[found.count] = text;
	found.count++;
}

static void find_commands(TALLOC_CTX *frame, const char *text)
{
	const struct shell_command *c = NULL;

	for (c = shell_commands; c->name != NULL; c++) {
		if (strncasecmp(c->name, text, strlen(text)) == 0) {
			add_found(frame, talloc_strdup(frame, c->name));
		}
	}
}

/* Names of the folder that text leads to, as text has them: what was typed
 * before the last separator stays as it is. */
static void find_remote(TALLOC_CTX *frame, struct shell *shell,
			const char *text, bool folders)
{
	const char *slash = strrchr(text, '/');
	const char *back = strrchr(text, '\\');
	const char *cut = slash > back ? slash : back;
	int head = cut != NULL ? (int)(cut - text) + 1 : 0;
	char *typed = shell_need(talloc_strndup(frame, text, (size_t)head));
	char *folder = shell_path(frame, shell, typed);
	struct client_dir_list *list = NULL;
	size_t len = strlen(text + head);
	size_t i = 0;

	if (shell->tree == NULL ||
	    !NT_STATUS_IS_OK(shell_list(frame, shell, folder, "*", &list))) {
		return;
	}
	for (i = 0; i < list->count; i++) {
		const struct client_dir_entry *e = &list->entry[i];
		bool is_folder =
			(e->stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

		if (!client_name_is_safe(e->name) || (folders && !is_folder) ||
		    strncasecmp(e->name, text + head, len) != 0) {
			continue;
		}
		add_found(frame,
			  talloc_asprintf(frame, "%s%s%s", typed, e->name,
					  !is_folder	 ? ""
					  : slash > back ? "/"
							 : "\\"));
	}
}

static void find_shares(TALLOC_CTX *frame, struct shell *shell,
			const char *text)
{
	struct client_share_list *list = NULL;
	size_t i = 0;

	if (!NT_STATUS_IS_OK(client_shares(frame, shell->session, &list))) {
		return;
	}
	for (i = 0; i < list->count; i++) {
		const struct client_share *s = &list->share[i];

		if ((s->type & CLIENT_STYPE_MASK) == CLIENT_STYPE_DISK &&
		    client_name_is_safe(s->name) &&
		    strncasecmp(s->name, text, strlen(text)) == 0) {
			add_found(frame, talloc_strdup(frame, s->name));
		}
	}
}

/* How many words stand before the one to be completed, and the first. */
static int count_words(const char *line, int start, char *first, size_t size)
{
	const char *s = line;
	const char *word = NULL;
	bool quoted = false;
	int count = 0;

	*first = '\0';
	for (; s < line + start; s++) {
		if (*s == '"') {
			quoted = !quoted;
		}
		if (*s == ';' && !quoted) {
			count = 0;
			word = NULL;
			*first = '\0';
		} else if (quoted || (*s != ' ' && *s != '\t')) {
			word = word != NULL ? word : s;
		} else if (word != NULL) {
			if (count == 0) {
				snprintf(first, size, "%.*s", (int)(s - word),
					 word);
			}
			count++;
			word = NULL;
		}
	}
	return count;
}

static enum shell_word word_wanted(const char *line, int start)
{
	const struct shell_command *c = NULL;
	char first[32] = "";
	int count = count_words(line, start, first, sizeof(first));

	if (count == 0) {
		return SHELL_WORD_COMMAND;
	}
	c = shell_command_find(first);
	if (c == NULL || (c->max_words >= 0 && count > c->max_words)) {
		return SHELL_WORD_NONE;
	}
	return count == 1 ? c->first : c->other;
}

char **shell_complete(struct shell *shell, const char *line, const char *text,
		      int start)
{
	TALLOC_CTX *frame = shell_need(talloc_new(shell));
	enum shell_word wanted = word_wanted(line, start);
	char **list = NULL;

	found.item = NULL;
	found.count = 0;
	if (wanted == SHELL_WORD_LOCAL || wanted == SHELL_WORD_LOCAL_FOLDER) {
		talloc_free(frame);
		return rl_completion_matches(text,
					     rl_filename_completion_function);
	}
	if (wanted == SHELL_WORD_COMMAND) {
		find_commands(frame, text);
	} else if (wanted == SHELL_WORD_SHARE) {
		find_shares(frame, shell, text);
	} else if (wanted != SHELL_WORD_NONE) {
		find_remote(frame, shell, text,
			    wanted == SHELL_WORD_REMOTE_FOLDER);
		rl_filename_completion_desired = 1;
		rl_filename_quoting_desired = 1;
	}
	if (found.count > 0) {
		list = rl_completion_matches(text, next_found);
	}
	/* One may want to go on below a folder. */
	if (found.count == 1 &&
	    strchr("/\\", found.item[0][strlen(found.item[0]) - 1]) != NULL) {
		rl_completion_append_character = '\0';
	}
	talloc_free(frame);
	found.item = NULL;
	return list;
}
