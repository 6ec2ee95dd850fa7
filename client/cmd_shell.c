/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the shell, help, and what it does without the server. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cmd_list.h"

#define HELP_NARROW 24
#define HELP_INDENT 8  /* a tab */
#define HELP_LIST   13 /* behind the names */

void shell_set_switch(struct shell *shell, const char *what, bool *value,
		      int argc, char **argv)
{
	if (argc == 1) {
		*value = !*value;
	} else if (strcasecmp(argv[1], "on") == 0) {
		*value = true;
	} else if (strcasecmp(argv[1], "off") == 0) {
		*value = false;
	} else {
		shell_fail_text(shell, "%s: neither \"on\" nor \"off\": %s",
				argv[0], argv[1]);
		return;
	}
	if (shell->interactive) {
		fprintf(shell->out, "%s is now %s\n", what,
			*value ? "on" : "off");
	}
}

void cmd_recurse(struct shell *shell, int argc, char **argv)
{
	shell_set_switch(shell, "directory recursion", &shell->recurse, argc,
			 argv);
}

void cmd_prompt(struct shell *shell, int argc, char **argv)
{
	shell_set_switch(shell, "prompting", &shell->ask, argc, argv);
}

void cmd_lowercase(struct shell *shell, int argc, char **argv)
{
	shell_set_switch(shell, "filename lowercasing", &shell->lowercase, argc,
			 argv);
}

/* What a tree keeps of the settings. */
static void apply(struct shell *shell)
{
	if (shell->tree != NULL) {
		shell_tree_settings(shell);
	}
}

void cmd_mapposix(struct shell *shell, int argc, char **argv)
{
	shell_set_switch(shell, "mapping of characters", &shell->map_names,
			 argc, argv);
	apply(shell);
}

void cmd_backup(struct shell *shell, int argc, char **argv)
{
	shell_set_switch(shell, "backup intent", &shell->backup, argc, argv);
	apply(shell);
}

void cmd_showacls(struct shell *shell, int argc, char **argv)
{
	shell_set_switch(shell, "showing of access lists", &shell->show_acls,
			 argc, argv);
}

void cmd_mask(struct shell *shell, int argc, char **argv)
{
	if (argc > 1) {
		talloc_free(shell->mask);
		shell->mask = shell_need(talloc_strdup(shell, argv[1]));
	} else {
		fprintf(shell->out, "mask is %s\n", shell->mask);
	}
}

/* @return false: not a number from 0 to max; said so. */
static bool parse_number(struct shell *shell, const char *command,
			 const char *text, unsigned long max,
			 unsigned long *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoul(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' ||
	    *out > max) {
		shell_fail_text(shell, "%s: not a number from 0 to %lu: %s",
				command, max, text);
		return false;
	}
	return true;
}

void cmd_archive(struct shell *shell, int argc, char **argv)
{
	unsigned long level = 0;

	if (argc == 1) {
		fprintf(shell->out, "Archive level is %u\n", shell->archive);
	} else if (parse_number(shell, argv[0], argv[1], 3, &level)) {
		shell->archive = (unsigned)level;
	}
}

void cmd_newer(struct shell *shell, int argc, char **argv)
{
	struct stat st = {0};

	if (argc == 1) {
		shell->newer = 0;
	} else if (stat(argv[1], &st) == 0) {
		shell->newer = nttime_from_timespec(st.st_mtim);
	} else {
		shell_fail_errno(shell, errno, "newer: %s", argv[1]);
	}
}

void cmd_timeout(struct shell *shell, int argc, char **argv)
{
	unsigned long seconds = 0;

	if (argc == 1) {
		fprintf(shell->out,
			"timeout <n> (per-operation timeout in seconds - "
			"currently %u)\n",
			shell->timeout);
	} else if (parse_number(shell, argv[0], argv[1], 86400, &seconds)) {
		shell->timeout = (unsigned)seconds;
		client_set_timeout(shell->conn, shell->timeout * 1000);
		fprintf(shell->out, "io_timeout per operation is now %lu\n",
			seconds);
	}
}

void cmd_iosize(struct shell *shell, int argc, char **argv)
{
	unsigned long size = 0;

	if (argc == 1) {
		fprintf(shell->out, "iosize is %zu%s\n", shell->io_size,
			shell->io_size == 0 ? " (as large as useful)" : "");
	} else if (parse_number(shell, argv[0], argv[1], SMB2_LARGE_MTU,
				&size)) {
		shell->io_size = size;
		fprintf(shell->out, "iosize is now %lu\n", size);
	}
}

void cmd_lcd(struct shell *shell, int argc, char **argv)
{
	char *cwd = NULL;

	if (argc > 1 && chdir(argv[1]) != 0) {
		shell_fail_errno(shell, errno, "%s", argv[1]);
		return;
	}
	if (argc == 1 || shell->interactive) {
		cwd = getcwd(NULL, 0);
		fprintf(shell->out, "the local directory is now %s\n",
			cwd != NULL ? cwd : "unknown");
		free(cwd);
	}
}

void cmd_bang(struct shell *shell, int argc, char **argv)
{
	const char *user_shell = getenv("SHELL");
	int status = 0;

	fflush(shell->out);
	if (argc > 1) {
		status = system(argv[1]);
	} else {
		status = system(user_shell != NULL ? user_shell : "/bin/sh");
	}
	if (status == -1) {
		shell_fail_errno(shell, errno, "!");
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		shell->failed = true;
	}
}

void cmd_echo(struct shell *shell, int argc, char **argv)
{
	unsigned long count = 0;
	unsigned long i = 0;
	NTSTATUS status = NT_STATUS_OK;

	(void)argc;
	if (!parse_number(shell, argv[0], argv[1], 1000000, &count)) {
		return;
	}
	for (i = 0; i < count && NT_STATUS_IS_OK(status); i++) {
		status = client_echo(shell->conn);
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "echo");
	}
}

void cmd_history(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	shell_print_history(shell);
}

void cmd_showconnect(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (shell->tree != NULL) {
		fprintf(shell->out, "//%s/%s\n", shell->target->server,
			shell->target->share);
	}
	shell_print_facts(shell, shell->out);
}

void cmd_quit(struct shell *shell, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	shell->quit = true;
}

/* Columns of the terminal that is printed to; 0: it is none. */
static size_t help_width(const struct shell *shell)
{
	struct winsize size = {0};

	if (ioctl(fileno(shell->out), TIOCGWINSZ, &size) != 0) {
		return 0;
	}
	return size.ws_col > HELP_NARROW ? size.ws_col : HELP_NARROW;
}

/* The rest of a line, of which "at" columns are taken: word by word, where it
 * is too long for the terminal on lines of their own. */
static void help_text(struct shell *shell, size_t at, size_t indent,
		      const char *text)
{
	size_t width = help_width(shell);
	size_t len = 0;

	for (; *text != '\0'; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (width > 0 && at > indent && at + 1 + len >= width) {
			fprintf(shell->out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > 0 && at != indent) {
			fputc(' ', shell->out);
			at++;
		}
		fprintf(shell->out, "%.*s", (int)len, text);
		at += len;
	}
	fputc('\n', shell->out);
}

static void help_one(struct shell *shell, const char *name)
{
	const struct shell_command *c = shell_command_find(name);

	if (c == NULL) {
		shell_fail_text(shell, "%s: command not found", name);
		return;
	}
	fputs(c->name, shell->out);
	if (*c->usage == '\0') {
		fputc(' ', shell->out);
	}
	help_text(shell, strlen(c->name), HELP_INDENT, c->usage);
	fputc('\t', shell->out);
	help_text(shell, HELP_INDENT, HELP_INDENT, c->help);
}

void cmd_help(struct shell *shell, int argc, char **argv)
{
	const struct shell_command *c = NULL;

	if (argc > 1) {
		help_one(shell, argv[1]);
		return;
	}
	for (c = shell_commands; c->name != NULL; c++) {
		fprintf(shell->out, "%-12s ", c->name);
		help_text(shell, HELP_LIST, HELP_LIST, c->help);
	}
}
