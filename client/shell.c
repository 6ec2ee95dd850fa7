/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running commands, and saying what went wrong. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/shell.h"
#include "client/shell_folders.h"

void *shell_need(void *pointer)
{
	if (pointer == NULL) {
		fprintf(stderr, SHELL_PROGRAM ": out of memory\n");
		exit(1);
	}
	return pointer;
}

/* --------------------------------------------------------------- messages */

/* "program: what: why"; what came from elsewhere cannot steer the terminal. */
static void complain(struct shell *shell, const char *why, const char *what,
		     va_list ap)
{
	char *text = shell_need(talloc_vasprintf(shell, what, ap));
	char *safe = shell_printable(text, text);

	fflush(shell->out);
	if (why != NULL) {
		fprintf(stderr, SHELL_PROGRAM ": %s: %s\n", safe, why);
	} else {
		fprintf(stderr, SHELL_PROGRAM ": %s\n", safe);
	}
	talloc_free(text);
	shell->failed = true;
}

/* Of a status, and of a connection that ended, the reason. */
static char *explain(struct shell *shell, NTSTATUS status)
{
	const char *why = NULL;

	if (shell->conn != NULL) {
		why = client_why(shell->conn);
	}
	if (why == NULL) {
		return talloc_asprintf(shell, "%s (%s)", nt_errtext(status),
				       nt_errstr(status));
	}
	return talloc_asprintf(shell, "%s (%s)", why, nt_errstr(status));
}

void shell_fail(struct shell *shell, NTSTATUS status, const char *what, ...)
{
	char *why = shell_need(explain(shell, status));
	va_list ap;

	va_start(ap, what);
	complain(shell, why, what, ap);
	va_end(ap);
	talloc_free(why);
}

void shell_fail_errno(struct shell *shell, int err, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	complain(shell, strerror(err), what, ap);
	va_end(ap);
}

void shell_fail_text(struct shell *shell, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	complain(shell, NULL, what, ap);
	va_end(ap);
}

void shell_say(const struct shell *shell, const char *what, ...)
{
	va_list ap;
	char *text = NULL;
	char *safe = NULL;

	if (shell->options->quiet) {
		return;
	}
	va_start(ap, what);
	text = shell_need(talloc_vasprintf(NULL, what, ap));
	va_end(ap);
	safe = shell_printable(text, text);
	fprintf(stderr, "%s\n", safe);
	talloc_free(text);
}

/* ------------------------------------------------------------------ paths */

char *shell_path(TALLOC_CTX *mem_ctx, const struct shell *shell,
		 const char *typed)
{
	return shell_need(client_path_join(mem_ctx, shell->cwd, typed));
}

NTSTATUS shell_wait(struct shell *shell, struct tevent_req *req)
{
	return client_wait(shell->conn, req);
}

/* --------------------------------------------------------------- commands */

/*
 * By name, or by the beginning of one name alone. A name that is also the
 * beginning of others ("q", "l") means itself.
 */
const struct shell_command *shell_command_find(const char *name)
{
	const struct shell_command *found = NULL;
	const struct shell_command *c = NULL;
	size_t len = strlen(name);
	unsigned matches = 0;

	for (c = shell_commands; c->name != NULL; c++) {
		if (strcasecmp(c->name, name) == 0) {
			return c;
		}
		if (len > 0 && strncasecmp(c->name, name, len) == 0) {
			found = c;
			matches++;
		}
	}
	return matches == 1 ? found : NULL;
}

static bool count_is_right(const struct shell_command *c, int words)
{
	return words >= c->min_words &&
	       (c->max_words < 0 || words <= c->max_words);
}

/* @return false: what it needs is not there, which was said. */
static bool has_what_it_needs(struct shell *shell,
			      const struct shell_command *c)
{
	if (c->needs >= SHELL_NEEDS_LOGON && shell->session == NULL) {
		shell_fail_text(shell, "%s: nobody is logged on; see logon",
				c->name);
		return false;
	}
	if (c->needs >= SHELL_NEEDS_SHARE && shell->tree == NULL) {
		shell_fail_text(shell, "%s: there is no share; see tcon",
				c->name);
		return false;
	}
	return true;
}

static void run_command(struct shell *shell, const struct shell_words *words)
{
	const struct shell_command *c = shell_command_find(words->argv[0]);
	char *bang[] = {words->argv[0], (char *)(uintptr_t)words->rest, NULL};

	if (c == NULL) {
		shell_fail_text(shell, "%s: command not found", words->argv[0]);
		return;
	}
	if (strcmp(c->name, "!") == 0) {
		/* The rest of the line belongs to another shell. */
		shell_folders_end(shell);
		c->run(shell, words->argc > 1 ? 2 : 1, bang);
		return;
	}
	if (!count_is_right(c, words->argc - 1)) {
		shell_fail_text(shell, "usage: %s %s", c->name, c->usage);
		return;
	}
	if (has_what_it_needs(shell, c)) {
		shell_folders_use(shell, c);
		c->run(shell, words->argc, words->argv);
	}
}

/* @param words  NULL: there is nothing to run. @return whether it went well. */
static bool run_words(struct shell *shell, const struct shell_words *words)
{
	bool good = true;

	if (words != NULL) {
		run_command(shell, words);
	}
	if (shell->failed || shell->interrupted) {
		shell->failures++;
		good = false;
	}
	fflush(shell->out);
	return good;
}

bool shell_run_words(struct shell *shell, int argc, char **argv)
{
	const struct shell_words words = {
		.argc = argc,
		.argv = argv,
		.rest = "",
	};

	shell->failed = false;
	return run_words(shell, &words);
}

bool shell_run_line(struct shell *shell, const char *line)
{
	TALLOC_CTX *frame = NULL;
	const char *why = NULL;
	bool good = true;

	while (line != NULL && !shell->quit && !shell->interrupted &&
	       shell->terminated == 0) {
		struct shell_words words = {0};

		frame = shell_need(talloc_new(shell));
		shell->failed = false;
		if (!shell_split(frame, line, &words, &line, &why)) {
			shell_fail_text(shell, "%s", why);
		}
		good = run_words(shell, words.argc > 0 ? &words : NULL) && good;
		talloc_free(frame);
	}
	return good;
}
