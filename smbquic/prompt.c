/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

static int wipe(char *secret)
{
	explicit_bzero(secret, talloc_get_size(secret));
	return 0;
}

/* Byte by byte: what follows the line is not ours to take. */
static char *read_line(TALLOC_CTX *mem_ctx, int fd)
{
	char *line = talloc_zero_size(mem_ctx, PROMPT_MAX + 1);
	size_t len = 0;

	if (line == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	talloc_set_destructor(line, wipe);
	while (true) {
		ssize_t n = read(fd, line + len, 1);

		if (n == 1 && line[len] == '\n') {
			line[len] = '\0';
			return line;
		}
		if (n == 0 && len > 0) {
			return line;
		}
		if (n != 1 || len == PROMPT_MAX) {
			int err = n == 0 ? ENODATA : n == 1 ? EMSGSIZE : errno;

			talloc_free(line);
			errno = err;
			return NULL;
		}
		len++;
	}
}

/* Reads with `handler` on the signals that end or stop a program, so that the
 * terminal is never left without echo. */
static char *read_guarded(TALLOC_CTX *mem_ctx, int tty, const char *text)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP,
				      SIGTSTP};
	struct sigaction old[sizeof(signals) / sizeof(signals[0])];
	struct sigaction handler = {.sa_handler = on_signal};
	struct termios before = {0};
	struct termios quiet = {0};
	char *line = NULL;
	size_t i = 0;
	int err = 0;

	if (tcgetattr(tty, &before) == -1) {
		return NULL;
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	caught = 0;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], &handler, &old[i]);
	}
	tcsetattr(tty, TCSAFLUSH, &quiet);
	/* not before: an answer that is there at once would be flushed */
	(void)!write(tty, text, strlen(text));
	line = read_line(mem_ctx, tty);
	err = errno;
	tcsetattr(tty, TCSAFLUSH, &before);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], &old[i], NULL);
	}
	(void)!write(tty, "\n", 1);
	if (caught != 0) {
		raise(caught);
	}
	errno = err;
	return line;
}

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

char *prompt_password(TALLOC_CTX *mem_ctx, const char *prompt)
{
	int tty = open_terminal();
	char *line = NULL;
	int err = 0;

	if (tty == -1) {
		return NULL;
	}
	line = read_guarded(mem_ctx, tty, prompt);
	err = errno;
	close(tty);
	errno = err;
	return line;
}

bool prompt_confirm(const char *question)
{
	int tty = open_terminal();
	char *line = NULL;
	bool yes = false;

	if (tty == -1) {
		return false;
	}
	(void)!write(tty, question, strlen(question));
	line = read_line(NULL, tty);
	yes = line != NULL && (line[0] == 'y' || line[0] == 'Y');
	talloc_free(line);
	close(tty);
	errno = 0;
	return yes;
}

char *prompt_read_line(TALLOC_CTX *mem_ctx, int fd)
{
	char *line = read_line(mem_ctx, fd);

	if (line != NULL) {
		line[strcspn(line, "\r")] = '\0';
	}
	return line;
}
