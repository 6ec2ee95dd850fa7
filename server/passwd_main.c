/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smbquic-passwd: the users file, one command a row.
 */
#include <errno.h>
#include <popt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/config.h"
#include "server/users.h"
#include "smbquic/log.h"
#include "smbquic/option_text.h"
#include "smbquic/prompt.h"
#include "smbquic/secret.h"

#define PROGRAM "smbquic-passwd"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static struct options {
	char *config_file;
	char *users_file;
	int from_stdin;
} options;

static int failed(const char *text)
{
	fprintf(stderr, "%s: %s\n", PROGRAM,
		text == NULL ? "out of memory" : text);
	return EXIT_FAILED;
}

/* --- passwords ---------------------------------------------------------- */

static const char *why_no_password(void)
{
	switch (errno) {
	case ENXIO:
	case ENOTTY:
	case ENOENT:
		return "there is no terminal to ask for the password; give it "
		       "on standard input with -s";
	case EINTR: return "interrupted; nothing was changed";
	default: return prompt_strerror(errno);
	}
}

/* Once, or twice the same. */
static char *password_from_stdin(TALLOC_CTX *mem_ctx)
{
	char *first = prompt_read_line(mem_ctx, STDIN_FILENO);
	char *again = NULL;

	if (first == NULL) {
		failed(why_no_password());
		return NULL;
	}
	again = prompt_read_line(first, STDIN_FILENO);
	if (again != NULL && strcmp(first, again) != 0) {
		failed("the two lines are not the same; nothing was changed");
		talloc_free(first);
		return NULL;
	}
	return first;
}

static char *password_from_terminal(TALLOC_CTX *mem_ctx, const char *user)
{
	char *text = talloc_asprintf(mem_ctx, "New password for %s: ", user);
	char *first = prompt_password(mem_ctx, text);
	char *again = NULL;

	if (first == NULL) {
		failed(why_no_password());
		return NULL;
	}
	again = prompt_password(first, "Once more: ");
	if (again == NULL) {
		failed(why_no_password());
	} else if (strcmp(first, again) != 0) {
		failed("the passwords are not the same; nothing was changed");
	} else {
		return first;
	}
	talloc_free(first);
	return NULL;
}

/* --- commands ----------------------------------------------------------- */

static int save(struct users *users, const char *done, const char *user)
{
	char *error = NULL;

	if (!users_save(users, &error)) {
		return failed(error);
	}
	printf("%s %s.\n", done, user);
	return EXIT_DONE;
}

static int cmd_add(TALLOC_CTX *mem_ctx, const char *file, const char *user)
{
	char *error = NULL;
	char *password = NULL;
	struct users *users = NULL;
	bool existed = false;

	password = options.from_stdin ? password_from_stdin(mem_ctx)
				      : password_from_terminal(mem_ctx, user);
	if (password == NULL) {
		return EXIT_FAILED;
	}
	users = users_edit(mem_ctx, file, &error);
	if (users == NULL) {
		return failed(error);
	}
	existed = users_find(users, user) != NULL;
	if (!users_set_password(users, user, password, &error)) {
		return failed(error);
	}
	if (!existed && getpwnam(user) == NULL) {
		fprintf(stderr,
			"%s: warning: there is no Unix account %s; the server "
			"needs one unless it runs as an ordinary user\n",
			PROGRAM, user);
	}
	return save(users, existed ? "Changed the password of" : "Added", user);
}

static int cmd_delete(TALLOC_CTX *mem_ctx, const char *file, const char *user)
{
	char *error = NULL;
	struct users *users = users_edit(mem_ctx, file, &error);

	if (users == NULL || !users_delete(users, user, &error)) {
		return failed(error);
	}
	return save(users, "Deleted", user);
}

static int set_enabled(TALLOC_CTX *mem_ctx, const char *file, const char *user,
		       bool enabled)
{
	char *error = NULL;
	struct users *users = users_edit(mem_ctx, file, &error);

	if (users == NULL || !users_set_enabled(users, user, enabled, &error)) {
		return failed(error);
	}
	return save(users, enabled ? "Enabled" : "Disabled", user);
}

static int cmd_enable(TALLOC_CTX *mem_ctx, const char *file, const char *user)
{
	return set_enabled(mem_ctx, file, user, true);
}

static int cmd_disable(TALLOC_CTX *mem_ctx, const char *file, const char *user)
{
	return set_enabled(mem_ctx, file, user, false);
}

static void print_entry(const struct users_entry *entry)
{
	const time_t changed = entry->changed;
	const char *why = NULL;
	char when[32] = "-";
	char uid[16] = "-";
	struct tm tm = {0};

	if (changed != 0 && localtime_r(&changed, &tm) != NULL) {
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	}
	if (entry->uid != (uid_t)-1) {
		snprintf(uid, sizeof(uid), "%lu", (unsigned long)entry->uid);
	}
	printf("%-20s %-8s %-20s %s\n", entry->name, uid, when,
	       users_may_log_on(entry, &why) ? "may log on" : why);
}

static int cmd_list(TALLOC_CTX *mem_ctx, const char *file, const char *user)
{
	char *error = NULL;
	struct users *users = users_load(mem_ctx, file, &error);
	const struct users_entry *entry = NULL;
	size_t i = 0;

	if (users == NULL) {
		return failed(error);
	}
	if (user != NULL) {
		entry = users_find(users, user);
		if (entry == NULL) {
			return failed(talloc_asprintf(
				users, "there is no user %s in %s", user,
				file));
		}
	}
	printf("%-20s %-8s %-20s %s\n", "Name", "Uid", "Password set", "State");
	if (entry != NULL) {
		print_entry(entry);
		return EXIT_DONE;
	}
	for (i = 0; i < users_count(users); i++) {
		print_entry(users_get(users, i));
	}
	return EXIT_DONE;
}

static const struct command {
	const char *name;
	int min_users, max_users;
	int (*run)(TALLOC_CTX *mem_ctx, const char *file, const char *user);
	const char *usage;
	const char *help;
} commands[] = {
	{"add", 1, 1, cmd_add, "add USER [-s]",
	 "add a user, or give one a new password"},
	{"delete", 1, 1, cmd_delete, "delete USER", "remove a user"},
	{"enable", 1, 1, cmd_enable, "enable USER", "let a user log on again"},
	{"disable", 1, 1, cmd_disable, "disable USER",
	 "keep a user from logging on"},
	{"list", 0, 1, cmd_list, "list [USER]", "show users"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

/* --- main --------------------------------------------------------------- */

static struct poptOption popt_table[] = {
	{"configfile", 'c', POPT_ARG_STRING, OPTION_TEXT(options, config_file),
	 "the server's configuration: its \"smb passwd file\" is used", "FILE"},
	{"file", '\0', POPT_ARG_STRING, OPTION_TEXT(options, users_file),
	 "the users file itself", "FILE"},
	{"stdin", 's', POPT_ARG_NONE, &options.from_stdin, 0,
	 "read the password from standard input: one line, or the same twice",
	 NULL},
	{"version", 'V', POPT_ARG_NONE, NULL, 'V', "print the version", NULL},
	{"help", '?', POPT_ARG_NONE, NULL, '?', "print this help", NULL},
	POPT_TABLEEND,
};

static void print_help(void)
{
	const struct command *row = NULL;
	const struct poptOption *option = NULL;

	printf("Usage: %s [OPTION...] COMMAND [USER]\n\nCommands:\n", PROGRAM);
	for (row = commands; row->name != NULL; row++) {
		printf("  %-24s %s\n", row->usage, row->help);
	}
	printf("\nOptions:\n");
	for (option = popt_table; option->longName != NULL; option++) {
		char name[64] = "";

		snprintf(name, sizeof(name), "%c%c%s--%s%s%s",
			 option->shortName == '\0' ? ' ' : '-',
			 option->shortName == '\0' ? ' ' : option->shortName,
			 option->shortName == '\0' ? "  " : ", ",
			 option->longName,
			 option->argDescrip == NULL ? "" : "=",
			 option->argDescrip == NULL ? "" : option->argDescrip);
		printf("  %-24s %s\n", name, option->descrip);
	}
}

static int usage_error(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s (try %s --help)\n", PROGRAM, what, why,
		PROGRAM);
	return EXIT_USAGE;
}

static void report(void *private_data, enum config_severity severity,
		   const char *text)
{
	(void)private_data;
	if (severity == CONFIG_ERROR) {
		fprintf(stderr, "%s: %s\n", PROGRAM, text);
	}
}

/* Named on the command line, else by the configuration, else the default. */
static const char *users_file(TALLOC_CTX *mem_ctx)
{
	const char *file = options.config_file;
	struct config *cfg = NULL;

	if (options.users_file != NULL) {
		return options.users_file;
	}
	if (file == NULL && access(CONFIG_DEFAULT_FILE, F_OK) == 0) {
		file = CONFIG_DEFAULT_FILE;
	}
	if (file == NULL) {
		return CONFIG_DEFAULT_USERS_FILE;
	}
	cfg = config_load(mem_ctx, file, NULL, report, NULL);
	return cfg == NULL ? NULL
			   : config_string(cfg, NULL, CONFIG_SMB_PASSWD_FILE);
}

static int run(const char *name, const char **users)
{
	const struct command *row = commands;
	TALLOC_CTX *mem_ctx = NULL;
	const char *file = NULL;
	int count = 0;
	int rc = 0;

	while (row->name != NULL && strcmp(row->name, name) != 0) {
		row++;
	}
	if (row->name == NULL) {
		return usage_error(name, "there is no such command");
	}
	while (users != NULL && users[count] != NULL) {
		count++;
	}
	if (count < row->min_users || count > row->max_users) {
		return usage_error(name, count < row->min_users
						 ? "whom? a USER is missing"
						 : "one USER at a time");
	}
	mem_ctx = talloc_new(NULL);
	file = users_file(mem_ctx);
	rc = file == NULL
		     ? EXIT_FAILED
		     : row->run(mem_ctx, file, count == 0 ? NULL : users[0]);
	talloc_free(mem_ctx);
	return rc;
}

int main(int argc, const char **argv)
{
	poptContext context =
		poptGetContext(PROGRAM, argc, argv, popt_table, 0);
	const char *name = NULL;
	int option = 0;
	int rc = 0;

	log_set_program(PROGRAM);
	secret_guard_process(secret_dumps_wanted());
	option = option_text_next(context, &options);
	if (option == '?') {
		print_help();
	} else if (option == 'V') {
		printf("%s %s\n", PROGRAM, SMBQUIC_VERSION);
	} else if (option < -1) {
		rc = usage_error(poptBadOption(context, 0),
				 poptStrerror(option));
	} else {
		name = poptGetArg(context);
		rc = name == NULL
			     ? usage_error("what to do", "a COMMAND is missing")
			     : run(name, poptGetArgs(context));
	}
	free(options.config_file);
	free(options.users_file);
	poptFreeContext(context);
	return rc;
}
