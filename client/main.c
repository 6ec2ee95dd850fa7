/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smbquic-client: files of an SMB server, over QUIC or TCP. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/shell.h"
#include "client/shell_folders.h"
#include "client/shell_options.h"
#include "smbquic/heap.h"
#include "smbquic/secret.h"
#include "smbquic/log.h"

static bool take_target(struct shell *shell, const char *text)
{
	const char *why = NULL;
	char *address = NULL;

	/* -L takes a bare name as well. */
	if (shell->options->list && strpbrk(text, "/\\") == NULL) {
		address = shell_need(talloc_asprintf(shell, "//%s", text));
		text = address;
	}
	if (!client_target_parse(shell, text, &shell->target, &why)) {
		fprintf(stderr, SHELL_PROGRAM ": %s: %s\n", text, why);
		return false;
	}
	if (shell->target->share == NULL && !shell->options->list) {
		fprintf(stderr,
			SHELL_PROGRAM ": %s: which share? -L %s lists them\n",
			text, shell->target->server);
		return false;
	}
	return true;
}

/* The folder of -D, or of the address. */
static bool enter_folder(struct shell *shell)
{
	const char *folder = shell->options->folder;
	char *line = NULL;

	folder = folder != NULL ? folder : shell->target->path;
	if (*folder == '\0') {
		return true;
	}
	line = shell_need(talloc_asprintf(shell, "cd \"%s\"", folder));
	return shell_run_line(shell, line);
}

/* -T: the command "tar" with the words of the command line. */
static void run_tar(struct shell *shell)
{
	const char **words = shell->options->words;
	char **argv = NULL;
	int argc = 0;

	while (words[argc] != NULL) {
		argc++;
	}
	argv = shell_need(talloc_array(shell, char *, argc + 3));
	argv[0] = (char *)(uintptr_t) "tar";
	argv[1] = (char *)(uintptr_t)shell->options->tar;
	memcpy(argv + 2, words, ((size_t)argc + 1) * sizeof(*words));
	shell_run_words(shell, argc + 2, argv);
	talloc_free(argv);
}

static void run(struct shell *shell)
{
	if (!shell_catch_signals(shell)) {
		shell_need(NULL);
	}
	shell->busy = true;
	if (!shell_connect(shell)) {
		shell->failures++;
		return;
	}
	if (shell->options->list) {
		shell_list_shares(shell);
		shell->failures += shell->failed ? 1 : 0;
		return;
	}
	if (!enter_folder(shell)) {
		return;
	}
	if (shell->options->tar != NULL) {
		run_tar(shell);
		return;
	}
	if (shell->options->script != NULL) {
		shell_run_line(shell, shell->options->script);
		return;
	}
	shell->busy = false;
	if (!shell->options->quiet) {
		shell_say(shell, "Try \"help\" to get a list of possible "
				 "commands.");
	}
	shell_interact(shell);
}

#define GOODBYE_MS 2000

/* Say goodbye, so that the server need not wait for us to be dead. */
static void leave(struct shell *shell)
{
	if (shell->conn == NULL || client_why(shell->conn) != NULL) {
		return;
	}
	client_interrupt(shell->conn, false);
	client_set_timeout(shell->conn, GOODBYE_MS);
	shell_folders_end(shell); /* what it is to tell of them has no end */
	if (!client_settle(shell->conn, GOODBYE_MS)) {
		return; /* nobody listens */
	}
	if (shell->tree != NULL) {
		(void)client_tree_disconnect(shell->tree);
	}
	if (shell->session != NULL) {
		(void)client_logoff(shell->session);
	}
	client_disconnect(shell->conn);
}

static struct shell *shell_new(struct shell_options *options)
{
	struct shell *shell = shell_need(talloc_zero(options, struct shell));

	shell->options = options;
	shell->ev = shell_need(tevent_context_init(shell));
	shell->cwd = shell_need(talloc_strdup(shell, ""));
	shell->mask = shell_need(talloc_strdup(shell, "*"));
	shell->out = options->to_stderr ? stderr : stdout;
	if (isatty(fileno(shell->out)) && getenv("NO_COLOR") == NULL) {
		shell->colours = getenv("LS_COLORS");
	}
	shell->ask = true;
	shell->map_names = true;
	shell->timeout = options->timeout;
	shell->io_size = options->io_size;
	shell->rate.per_second = options->rate;
	return shell;
}

/* A write to a pipe that nobody reads is to fail, here; programs that we start
 * do not inherit a handler. */
static void nothing(int signum)
{
	(void)signum;
}

int main(int argc, const char **argv)
{
	struct shell_options *options =
		shell_need(talloc_zero(NULL, struct shell_options));
	struct shell *shell = NULL;
	char *address = NULL;
	int terminated = 0;
	int status = 0;

	log_set_program(SHELL_PROGRAM);
	log_set_level(LOG_LEVEL_WARN);
	signal(SIGPIPE, nothing);
	signal(SIGUSR1, nothing); /* nothing to move yet */
	(void)heap_keep();
	secret_guard_process(secret_dumps_wanted());
	status = shell_options_parse(argc, argv, options);
	if (status >= 0) {
		talloc_free(options);
		return status;
	}
	if (options->probe) {
		status = shell_probe(options);
		talloc_free(options);
		return status;
	}
	shell = shell_new(options);
	address = shell_address_take(options, options->target);
	if (address == NULL || !take_target(shell, address) ||
	    !shell_credentials_complete(options, shell->target)) {
		talloc_free(options);
		return 2;
	}
	secret_wipe_text(shell->target->password);
	shell_hide_password(address);
	shell_hide_password((char *)(uintptr_t)options->target);
	for (unsigned i = 0; i < options->note_count; i++) {
		shell_say(shell, SHELL_PROGRAM ": %s", options->notes[i]);
	}
	run(shell);
	leave(shell);
	status = shell->failures > 0 ? 1 : 0;
	terminated = shell->terminated;
	talloc_free(options);
	if (terminated != 0) {
		signal(terminated, SIG_DFL);
		raise(terminated);
	}
	return status;
}
