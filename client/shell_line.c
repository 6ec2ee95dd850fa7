/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of input. From a terminal they are edited, and the event loop runs
 * while we wait for a key, so that the connection stays alive; from elsewhere
 * they are just read.
 */
#define LOG_MODULE "shell"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "client/shell.h"
#include "smbquic/log.h"

#define HISTORY_LINES 1000

/* Readline's callbacks know no context. There is one terminal. */
static struct {
	struct shell *shell;
	char *line;
	bool have_line;
	bool readable;
} input;

/* ---------------------------------------------------------------- signals */

static void interrupt(struct shell *shell)
{
	shell->interrupted = true;
	if (shell->busy) {
		client_interrupt(shell->conn, true);
	}
}

/* The second time, and while there is no connection to say goodbye over, we
 * end as if we knew no signals. */
static void terminated(struct tevent_context *ev, struct tevent_signal *se,
		       int signum, int count, void *siginfo, void *private_data)
{
	struct shell *shell = talloc_get_type_abort(private_data, struct shell);

	(void)ev;
	(void)se;
	(void)count;
	(void)siginfo;
	if (shell->terminated != 0 || shell->conn == NULL) {
		signal(signum, SIG_DFL);
		raise(signum);
		return;
	}
	shell->terminated = signum;
	interrupt(shell);
}

/* Commands of a script end with it, in a way that the script's own shell
 * understands: it is not to go on either. */
static void interrupted(struct tevent_context *ev, struct tevent_signal *se,
			int signum, int count, void *siginfo,
			void *private_data)
{
	struct shell *shell = talloc_get_type_abort(private_data, struct shell);

	if (shell->interactive) {
		interrupt(shell);
	} else {
		terminated(ev, se, signum, count, siginfo, private_data);
	}
}

/* Whoever started us may have us outlive the terminal: nohup. */
static bool catch_end(struct shell *shell, int signum)
{
	struct sigaction now = {0};

	if (sigaction(signum, NULL, &now) == 0 && now.sa_handler == SIG_IGN) {
		return true;
	}
	return tevent_add_signal(shell->ev, shell, signum, 0, terminated,
				 shell) != NULL;
}

/* SIGUSR1: the connection moves, whatever is going on over it. */
static void move_on(struct tevent_context *ev, struct tevent_signal *se,
		    int signum, int count, void *siginfo, void *private_data)
{
	struct shell *shell = talloc_get_type_abort(private_data, struct shell);
	int err = 0;

	(void)ev;
	(void)se;
	(void)signum;
	(void)count;
	(void)siginfo;
	if (shell->conn == NULL) {
		return; /* nothing to move yet */
	}
	err = client_migrate(shell->conn);
	if (err != 0) {
		log_notice("the connection stays where it is: %s",
			   strerror(err));
	}
}

bool shell_catch_signals(struct shell *shell)
{
	return tevent_add_signal(shell->ev, shell, SIGINT, 0, interrupted,
				 shell) != NULL &&
	       tevent_add_signal(shell->ev, shell, SIGUSR1, 0, move_on,
				 shell) != NULL &&
	       catch_end(shell, SIGTERM) && catch_end(shell, SIGHUP);
}

/* Before and after a command: what ^C means. */
static void set_busy(struct shell *shell, bool busy)
{
	shell->busy = busy;
	shell->interrupted = false;
	client_interrupt(shell->conn, false);
}

/* ------------------------------------------------------------ the terminal */

static void got_line(char *line)
{
	rl_callback_handler_remove();
	input.line = line;
	input.have_line = true;
}

static void got_key(struct tevent_context *ev, struct tevent_fd *fde,
		    uint16_t flags, void *private_data)
{
	(void)ev;
	(void)fde;
	(void)flags;
	(void)private_data;
	/* Completion asks the server, and loops must not nest: see below. */
	input.readable = true;
}

/*
 * One line, malloc'ed; NULL at the end of input. What is typed after ^C starts
 * anew; instead of an answer it gives up what the question is about.
 */
static char *read_edited(struct shell *shell, const char *prompt, bool question)
{
	struct tevent_fd *fde = NULL;

	input.shell = shell;
	input.have_line = false;
	input.line = NULL;
	rl_callback_handler_install(prompt, got_line);
	while (!input.have_line) {
		input.readable = false;
		fde = tevent_add_fd(shell->ev, shell, STDIN_FILENO,
				    TEVENT_FD_READ, got_key, NULL);
		if (fde == NULL || tevent_loop_once(shell->ev) != 0) {
			rl_callback_handler_remove();
			return NULL;
		}
		TALLOC_FREE(fde);
		if (shell->terminated != 0) {
			rl_callback_handler_remove();
			return NULL;
		}
		if (shell->interrupted && question) {
			rl_callback_sigcleanup();
			rl_crlf();
			rl_callback_handler_remove();
			return NULL;
		}
		if (shell->interrupted) {
			shell->interrupted = false;
			rl_callback_sigcleanup();
			rl_replace_line("", 0);
			rl_crlf();
			rl_forced_update_display();
		}
		if (input.readable) {
			rl_callback_read_char();
		}
	}
	return input.line;
}

bool shell_ask(struct shell *shell, const char *question)
{
	char *prompt = shell_printable(shell, question);
	char *line = NULL;
	size_t len = 0;
	bool yes = false;

	if (shell->interactive) {
		line = read_edited(shell, prompt, true);
	} else {
		fprintf(stderr, "%s", prompt);
		if (getline(&line, &len, stdin) < 0) {
			free(line);
			line = NULL;
		}
	}
	if (shell->interactive && line == NULL) {
		shell->interrupted = true; /* nobody answers any more */
	}
	yes = line != NULL && (*line == 'y' || *line == 'Y');
	free(line);
	talloc_free(prompt);
	return yes;
}

/* ---------------------------------------------------------------- history */

static char *history_file(TALLOC_CTX *mem_ctx)
{
	const char *home = getenv("HOME");
	const char *state = getenv("XDG_STATE_HOME");
	char *dir = NULL;

	if (state != NULL && *state == '/') {
		dir = talloc_asprintf(mem_ctx, "%s/smbquic", state);
	} else if (home != NULL && *home == '/') {
		dir = talloc_asprintf(mem_ctx, "%s/.local/state/smbquic", home);
	}
	return dir != NULL ? talloc_asprintf(mem_ctx, "%s/client_history", dir)
			   : NULL;
}

static void save_history(struct shell *shell)
{
	char *file = history_file(shell);
	mode_t mask = umask(077);

	if (file != NULL) {
		shell_make_folders(file);
		stifle_history(HISTORY_LINES);
		(void)write_history(file);
	}
	umask(mask);
	talloc_free(file);
}

static void load_history(struct shell *shell)
{
	char *file = history_file(shell);

	using_history();
	if (file != NULL) {
		(void)read_history(file);
	}
	talloc_free(file);
}

/* One of its commands has a password behind the user's name. */
static bool has_password(const char *line)
{
	TALLOC_CTX *frame = shell_need(talloc_new(NULL));
	const struct shell_command *c = NULL;
	struct shell_words words = {0};
	const char *why = NULL;
	bool has = false;

	while (line != NULL && !has &&
	       shell_split(frame, line, &words, &line, &why)) {
		c = words.argc > 2 ? shell_command_find(words.argv[0]) : NULL;
		has = c != NULL && (strcmp(c->name, "logon") == 0 ||
				    strcmp(c->name, "posix_encrypt") == 0);
	}
	talloc_free(frame);
	return has;
}

static void remember(const char *line)
{
	HIST_ENTRY *last = history_get(history_base + history_length - 1);

	if (has_password(line)) {
		return;
	}
	if (*line != '\0' && (last == NULL || strcmp(last->line, line) != 0)) {
		add_history(line);
	}
}

void shell_print_history(struct shell *shell)
{
	HIST_ENTRY **list = history_list();
	int i = 0;

	for (i = 0; list != NULL && list[i] != NULL; i++) {
		fprintf(shell->out, "%d: %s\n", i, list[i]->line);
	}
}

/* ------------------------------------------------------------ the commands */

static char **complete(const char *text, int start, int end)
{
	char *line = strndup(rl_line_buffer, (size_t)end);
	char **list = NULL;

	rl_attempted_completion_over = 1;
	if (line != NULL) {
		list = shell_complete(input.shell, line, text, start);
	}
	free(line);
	return list;
}

/* Within double quotes, and as smbclient: '\' is no escape. */
static void set_up_readline(void)
{
	rl_readline_name = SHELL_PROGRAM;
	rl_attempted_completion_function = complete;
	rl_basic_word_break_characters = " \t\n;";
	rl_completer_word_break_characters = (char *)(uintptr_t) " \t\n;";
	rl_completer_quote_characters = "\"";
	rl_filename_quote_characters = " \t;";
	rl_catch_signals = 0;
}

static void interact_terminal(struct shell *shell)
{
	char *prompt = NULL;
	char *line = NULL;

	set_up_readline();
	load_history(shell);
	while (!shell->quit && shell->terminated == 0) {
		prompt = shell_need(
			talloc_asprintf(shell, "smb: \\%s%s> ", shell->cwd,
					*shell->cwd != '\0' ? "\\" : ""));
		line = read_edited(shell, prompt, false);
		talloc_free(prompt);
		if (line == NULL) {
			fprintf(shell->out, "\n");
			break;
		}
		remember(line);
		set_busy(shell, true);
		shell_run_line(shell, line);
		set_busy(shell, false);
		free(line);
		if (client_why(shell->conn) != NULL) {
			break;
		}
	}
	save_history(shell);
}

/*
 * Until there is input: the connection stays alive meanwhile, and signals are
 * heard. Of a regular file there is always more, or its end.
 */
static void await_input(struct shell *shell)
{
	struct stat st = {0};
	struct tevent_fd *fde = NULL;

	if (fstat(STDIN_FILENO, &st) != 0 || S_ISREG(st.st_mode)) {
		return;
	}
	input.readable = false;
	fde = tevent_add_fd(shell->ev, shell, STDIN_FILENO, TEVENT_FD_READ,
			    got_key, NULL);
	while (fde != NULL && !input.readable && !shell->interrupted &&
	       tevent_loop_once(shell->ev) == 0) {
	}
	talloc_free(fde);
}

static void interact_plain(struct shell *shell)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n = 0;

	/* What was read ahead could not be waited for. */
	setvbuf(stdin, NULL, _IONBF, 0);
	while (!shell->quit) {
		await_input(shell);
		n = shell->interrupted ? -1 : getline(&line, &size, stdin);
		if (n < 0) {
			break;
		}
		if (n > 0 && line[n - 1] == '\n') {
			line[n - 1] = '\0';
		}
		shell->busy = true;
		shell_run_line(shell, line);
	}
	free(line);
}

void shell_interact(struct shell *shell)
{
	shell->interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (shell->interactive) {
		interact_terminal(shell);
	} else {
		interact_plain(shell);
	}
}
