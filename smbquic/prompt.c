/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

/* One byte; signals that are blocked may come in while it is waited for. */
static ssize_t read_byte(int fd, char *out, const sigset_t *mask)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	if (mask != NULL && ppoll(&wait, 1, NULL, mask) == -1) {
		return -1;
	}
	return read(fd, out, 1);
}

/* Byte by byte: what follows the line is not ours to take. */
static char *read_line(TALLOC_CTX *mem_ctx, int fd, const sigset_t *mask)
{
	char *line = talloc_zero_size(mem_ctx, PROMPT_MAX + 1);
	size_t len = 0;

	if (line == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	talloc_set_destructor(line, wipe);
	while (true) {
		ssize_t n = read_byte(fd, line + len, mask);

		if (n == 1 && line[len] == '\n') {
			line[len] = '\0';
			return line;
		}
		if (n == 0 && len > 0) {
			return line;
		}
		/* what C takes for its end is not what was meant */
		if (n != 1 || len == PROMPT_MAX || line[len] == '\0') {
			int err = n == 0	      ? ENODATA
				  : n != 1	      ? errno
				  : len == PROMPT_MAX ? EMSGSIZE
						      : EILSEQ;

			talloc_free(line);
			errno = err;
			return NULL;
		}
		len++;
	}
}

static void show(int tty, const char *text)
{
	(void)!write(tty, text, strlen(text));
}

static const int guarded[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP};
#define NUM_GUARDED (sizeof(guarded) / sizeof(guarded[0]))

/* What is to be put back. */
struct guard {
	struct sigaction actions[NUM_GUARDED];
	sigset_t mask;
};

/* From now on these signals only end ppoll(), and set `caught`. */
static void guard_begin(struct guard *guard)
{
	struct sigaction handler = {.sa_handler = on_signal};
	sigset_t set;
	size_t i = 0;

	caught = 0;
	sigemptyset(&set);
	for (i = 0; i < NUM_GUARDED; i++) {
		sigaddset(&set, guarded[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &guard->mask);
	for (i = 0; i < NUM_GUARDED; i++) {
		sigaction(guarded[i], &handler, &guard->actions[i]);
	}
}

static void guard_end(const struct guard *guard)
{
	size_t i = 0;

	for (i = 0; i < NUM_GUARDED; i++) {
		sigaction(guarded[i], &guard->actions[i], NULL);
	}
	sigprocmask(SIG_SETMASK, &guard->mask, NULL);
	if (caught != 0) {
		raise(caught);
	}
}

/* The prompt comes when echo is off: what is typed after it is safe. A signal
 * takes its course when echo is on again. */
static char *read_guarded(TALLOC_CTX *mem_ctx, int tty, const char *prompt)
{
	struct guard guard;
	struct termios before = {0};
	struct termios quiet = {0};
	char *line = NULL;
	int err = 0;

	if (tcgetattr(tty, &before) == -1) {
		return NULL;
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	guard_begin(&guard);
	tcsetattr(tty, TCSAFLUSH, &quiet);
	show(tty, prompt);
	line = read_line(mem_ctx, tty, &guard.mask);
	err = errno;
	tcsetattr(tty, TCSAFLUSH, &before);
	show(tty, caught == SIGINT ? "\ninterrupted\n" : "\n");
	guard_end(&guard);
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
	show(tty, question);
	line = read_line(NULL, tty, NULL);
	yes = line != NULL && (line[0] == 'y' || line[0] == 'Y');
	talloc_free(line);
	close(tty);
	errno = 0;
	return yes;
}

char *prompt_read_line(TALLOC_CTX *mem_ctx, int fd)
{
	char *line = read_line(mem_ctx, fd, NULL);
	size_t len = line == NULL ? 0 : strlen(line);

	if (len > 0 && line[len - 1] == '\r') {
		line[len - 1] = '\0';
	}
	return line;
}

const char *prompt_strerror(int err)
{
	switch (err) {
	case ENXIO:
	case ENOTTY:
	case ENOENT: return "there is no terminal to ask for the password";
	case ENODATA: return "no password was given";
	case EINTR: return "interrupted";
	case EMSGSIZE: return "the password is too long";
	case EILSEQ: return "there is a zero byte in the password";
	default: return strerror(err);
	}
}
