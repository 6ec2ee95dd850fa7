/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smbquic-status: what the running server does, and telling it what to do.
 */

#include <errno.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/config.h"
#include "server/control.h"
#include "server/status.h"
#include "server/status_ask.h"
#include "smbquic/log.h"
#include "smbquic/option_text.h"

#define PROGRAM "smbquic-status"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static struct options {
	char *config_file, *socket, *user;
	int sessions, connections, shares, locks, byterange, leases;
	int certificates, server, offered, json, version, help, usage;
	int watch; /* seconds; 0: once */
} options;

static struct poptOption option_table[] = {
	{"configfile", 's', POPT_ARG_STRING, OPTION_TEXT(options, config_file),
	 "The server's configuration (" CONFIG_DEFAULT_FILE ")", "FILE"},
	{"socket", '\0', POPT_ARG_STRING, OPTION_TEXT(options, socket),
	 "The server's control socket, instead of that in its state directory",
	 "PATH"},
	{"sessions", 'p', POPT_ARG_NONE, &options.sessions, 0,
	 "Sessions, and what protects them", NULL},
	{"connections", 'C', POPT_ARG_NONE, &options.connections, 0,
	 "Connections: transport, round-trip time, bytes, losses", NULL},
	{"shares", 'S', POPT_ARG_NONE, &options.shares, 0,
	 "Who uses which share", NULL},
	{"locks", 'L', POPT_ARG_NONE, &options.locks, 0,
	 "Open files, and how they are shared", NULL},
	{"byterange", 'B', POPT_ARG_NONE, &options.byterange, 0,
	 "Byte-range locks", NULL},
	{"leases", '\0', POPT_ARG_NONE, &options.leases, 0,
	 "Leases and oplocks: what clients cache", NULL},
	{"certificates", '\0', POPT_ARG_NONE, &options.certificates, 0,
	 "Certificates, and how long they are good", NULL},
	{"server", '\0', POPT_ARG_NONE, &options.server, 0, "The server itself",
	 NULL},
	{"offered", '\0', POPT_ARG_NONE, &options.offered, 0,
	 "The shares there are", NULL},
	{"user", 'u', POPT_ARG_STRING, OPTION_TEXT(options, user),
	 "Only what is this user's", "NAME"},
	{"json", 'j', POPT_ARG_NONE, &options.json, 0, "JSON for scripts",
	 NULL},
	{"watch", 'w', POPT_ARG_INT, &options.watch, 0,
	 "Show it again every so many seconds", "SECONDS"},
	{"version", 'V', POPT_ARG_NONE, &options.version, 0,
	 "Print the version", NULL},
	{"help", '?', POPT_ARG_NONE, &options.help, 0,
	 "Show this text, and the commands", NULL},
	{"usage", '\0', POPT_ARG_NONE, &options.usage, 0,
	 "Show a summary of the options", NULL},
	POPT_TABLEEND,
};

/* What is shown, in this order. */
static const struct {
	const char *section, *table, *title;
	const int *wanted;
	bool usual; /* when nothing is asked for */
} views[] = {
	{"server", NULL, NULL, &options.server, true},
	{"sessions", "sessions", "Sessions", &options.sessions, true},
	{"sessions", "channels", "Channels", &options.sessions, true},
	{"connections", "connections", "Connections", &options.connections,
	 true},
	{"tcons", "tcons", "Shares in use", &options.shares, true},
	{"open_files", "open_files", "Open files", &options.locks, true},
	{"byte_range_locks", "byte_range_locks", "Byte-range locks",
	 &options.byterange, true},
	{"leases", "leases", "Leases and oplocks", &options.leases, false},
	{"shares", "shares", "Shares", &options.offered, false},
	{"certificates", "certificates", "Certificates", &options.certificates,
	 true},
	{"certificates", "hashes", "Hashes of certificates",
	 &options.certificates, false},
};

#define VIEWS (sizeof(views) / sizeof(views[0]))

static int failed(const char *text)
{
	fprintf(stderr, "%s: %s\n", PROGRAM,
		text == NULL ? "out of memory" : text);
	return EXIT_FAILED;
}

/* --- where -----------------------------------------------------------------
 */

static void report(void *private_data, enum config_severity severity,
		   const char *text)
{
	(void)private_data;
	if (severity == CONFIG_ERROR) {
		failed(text);
	}
}

/* NULL: it has been said why. */
static char *find_socket(TALLOC_CTX *mem_ctx)
{
	const char *file = options.config_file == NULL ? CONFIG_DEFAULT_FILE
						       : options.config_file;
	struct config *config = NULL;

	if (options.socket != NULL) {
		return talloc_strdup(mem_ctx, options.socket);
	}
	config = config_load(mem_ctx, file, NULL, report, NULL);
	if (config == NULL) {
		failed("without the server's configuration its socket is not "
		       "known: see --configfile and --socket");
		return NULL;
	}
	return control_path(mem_ctx, config);
}

/* --- status ----------------------------------------------------------------
 */

static bool any_wanted(void)
{
	size_t i = 0;

	for (i = 0; i < VIEWS; i++) {
		if (*views[i].wanted != 0) {
			return true;
		}
	}
	return false;
}

static bool wanted(size_t i)
{
	return *views[i].wanted != 0 || (views[i].usual && !any_wanted());
}

static json_t *status_request(void)
{
	json_t *list = json_array();
	size_t i = 0;

	for (i = 0; i < VIEWS; i++) {
		if (wanted(i)) {
			json_array_append_new(list,
					      json_string(views[i].section));
		}
	}
	return json_pack("{s:s, s:o}", "do", "status", "sections", list);
}

/* Items of somebody else go. */
static void only_user(json_t *items)
{
	size_t i = json_array_size(items);

	while (options.user != NULL && i-- > 0) {
		json_t *item = json_array_get(items, i);
		const char *name =
			json_string_value(json_object_get(item, "username"));

		if (json_object_get(item, "username") != NULL &&
		    (name == NULL || strcasecmp(name, options.user) != 0)) {
			json_array_remove(items, i);
		}
	}
}

static void show_server(const json_t *items)
{
	const json_t *item = json_array_get(items, 0);
	const char *text[] = {"version", "listening", "started", "log_level",
			      NULL};
	size_t i = 0;

	printf("smbquicd %s, process %" JSON_INTEGER_FORMAT "%s%s\n",
	       json_string_value(json_object_get(item, "version")),
	       json_integer_value(json_object_get(item, "pid")),
	       json_is_true(json_object_get(item, "draining")) ? ", draining"
							       : "",
	       json_is_true(json_object_get(item, "stopping")) ? ", stopping"
							       : "");
	for (i = 1; text[i] != NULL; i++) {
		printf("  %-10s %s\n", text[i],
		       json_string_value(json_object_get(item, text[i])));
	}
}

static void show_tables(const struct status_answer *answer)
{
	size_t i = 0;

	for (i = 0; i < VIEWS; i++) {
		json_t *items =
			json_object_get(answer->sections, views[i].section);

		only_user(items);
		if (!wanted(i)) {
			continue;
		}
		if (views[i].title == NULL) {
			show_server(items);
			continue;
		}
		printf("\n%s: %zu\n", views[i].title,
		       status_show_rows(views[i].table, items));
		status_show(stdout, views[i].table, items);
	}
}

static void show_json(struct status_answer *answer)
{
	json_t *server = json_object_get(answer->sections, "server");
	size_t i = 0;

	for (i = 0; i < VIEWS; i++) {
		json_t *items =
			json_object_get(answer->sections, views[i].section);

		only_user(items);
		if (wanted(i) && items == NULL) {
			json_object_set_new(answer->sections, views[i].section,
					    json_array());
		}
	}
	if (server != NULL) { /* there is one */
		json_object_set(answer->sections, "server",
				json_array_get(server, 0));
	}
	json_dumpf(answer->sections, stdout, JSON_INDENT(2));
	putchar('\n');
}

static int show_once(TALLOC_CTX *mem_ctx, const char *path)
{
	char *why = NULL;
	struct status_answer *answer =
		status_ask(mem_ctx, path, status_request(), &why);

	if (answer == NULL || answer->refused) {
		return failed(answer == NULL ? why : answer->text);
	}
	if (options.watch > 0 && isatty(STDOUT_FILENO)) {
		fputs("\033[H\033[2J", stdout);
	}
	if (options.json != 0) {
		show_json(answer);
	} else {
		show_tables(answer);
	}
	if (fflush(stdout) != 0) {
		return failed(strerror(errno));
	}
	return EXIT_DONE;
}

static int show(const char *path)
{
	int status = EXIT_DONE;

	do {
		TALLOC_CTX *mem_ctx = talloc_new(NULL);

		status = show_once(mem_ctx, path);
		talloc_free(mem_ctx);
		if (options.watch > 0 && status == EXIT_DONE) {
			sleep((unsigned)options.watch);
		}
	} while (options.watch > 0 && status == EXIT_DONE);
	return status;
}

/* --- control ---------------------------------------------------------------
 */

static const struct control_verb_row *find_verb(const char *name)
{
	size_t i = 0;

	for (i = CONTROL_STATUS + 1; i < CONTROL_VERB_COUNT; i++) {
		if (name != NULL && strcmp(control_verbs[i].name, name) == 0) {
			return &control_verbs[i];
		}
	}
	return NULL;
}

static void control_list(FILE *to)
{
	size_t i = 0;

	for (i = CONTROL_STATUS + 1; i < CONTROL_VERB_COUNT; i++) {
		const struct control_verb_row *row = &control_verbs[i];

		fprintf(to, "  %-14s%-9s%s\n", row->name,
			row->what == NULL ? "" : row->what, row->help);
	}
}

static int control_usage(void)
{
	fprintf(stderr, "usage: %s [OPTION...] control COMMAND\n", PROGRAM);
	control_list(stderr);
	return EXIT_USAGE;
}

/* Further words belong to the argument: levels. */
static char *rest(TALLOC_CTX *mem_ctx, poptContext context)
{
	char *text = NULL;

	while (poptPeekArg(context) != NULL) {
		text = text == NULL
			       ? talloc_strdup(mem_ctx, poptGetArg(context))
			       : talloc_asprintf(mem_ctx, "%s %s", text,
						 poptGetArg(context));
	}
	return text;
}

static int control(TALLOC_CTX *mem_ctx, poptContext context)
{
	const struct control_verb_row *row = find_verb(poptGetArg(context));
	char *what = rest(mem_ctx, context);
	struct status_answer *answer = NULL;
	char *path = NULL;
	char *why = NULL;

	if (row == NULL || (what != NULL && row->what == NULL) ||
	    (what == NULL && row->what != NULL && !row->may_lack)) {
		return control_usage();
	}
	path = find_socket(mem_ctx);
	if (path == NULL) {
		return EXIT_FAILED;
	}
	answer = status_ask(
		mem_ctx, path,
		json_pack("{s:s, s:s*}", "do", row->name, "what", what), &why);
	if (answer == NULL || answer->refused) {
		return failed(answer == NULL ? why : answer->text);
	}
	printf("%s\n", answer->text);
	return EXIT_DONE;
}

/* --- options ---------------------------------------------------------------
 */

static int run(TALLOC_CTX *mem_ctx, poptContext context)
{
	int rc = option_text_next(context, &options);
	char *path = NULL;

	if (rc < -1) {
		fprintf(stderr, "%s: %s: %s\n", PROGRAM,
			poptBadOption(context, 0), poptStrerror(rc));
		return EXIT_USAGE;
	}
	if (options.help != 0) {
		poptPrintHelp(context, stdout, 0);
		printf("\nCommands behind control:\n");
		control_list(stdout);
		return EXIT_DONE;
	}
	if (options.usage != 0) {
		poptPrintUsage(context, stdout, 0);
		return EXIT_DONE;
	}
	if (options.version != 0) {
		printf("%s %s\n", PROGRAM, SMBQUIC_VERSION);
		return EXIT_DONE;
	}
	if (options.watch < 0 || options.watch > 86400) {
		fprintf(stderr, "%s: --watch takes 1 to 86400 seconds\n",
			PROGRAM);
		return EXIT_USAGE;
	}
	if (poptPeekArg(context) != NULL) {
		if (strcmp(poptGetArg(context), "control") == 0) {
			return control(mem_ctx, context);
		}
		fprintf(stderr, "%s: the only command is: control\n", PROGRAM);
		return EXIT_USAGE;
	}
	path = find_socket(mem_ctx);
	return path == NULL ? EXIT_FAILED : show(path);
}

int main(int argc, const char **argv)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	poptContext context = NULL;
	int status = EXIT_USAGE;

	log_set_program(PROGRAM);
	context = poptGetContext(PROGRAM, argc, argv, option_table, 0);
	if (context != NULL) {
		poptSetOtherOptionHelp(context,
				       "[OPTION...] [control COMMAND]");
		status = run(mem_ctx, context);
	}
	poptFreeContext(context);
	free(options.config_file);
	free(options.socket);
	free(options.user);
	talloc_free(mem_ctx);
	return status;
}
