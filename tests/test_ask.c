/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Services for programs of this machine: requests in pieces, answers in pages,
 * and clients who send too much, read too slowly, or come in crowds.
 */
#include "server/ask.h"
#include "tests/testlib.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "smbquic/log.h"

/* An answer is that many bytes of a letter, as the request says: "a 100\n". */
struct letters {
	char letter;
	size_t left;
};

static unsigned pages;
static bool admitted = true;

static size_t whole(const char *data, size_t len)
{
	const char *end = memchr(data, '\n', len);

	return end == NULL ? 0 : (size_t)(end - data) + 1;
}

static void *begin(TALLOC_CTX *mem_ctx, void *private_data, const char *request,
		   size_t len)
{
	struct letters *answer = talloc_zero(mem_ctx, struct letters);

	(void)private_data;
	answer->letter = request == NULL ? '!' : request[0];
	answer->left = request == NULL ? 1 : strtoul(request + 1, NULL, 10);
	assert_true(request == NULL || request[len - 1] == '\n');
	return answer;
}

static bool page(void *private_data, struct wire_writer *out)
{
	struct letters *answer = private_data;
	size_t n = answer->left < ASK_PAGE ? answer->left : ASK_PAGE;

	memset(wire_put_space(out, n), answer->letter, n);
	answer->left -= n;
	pages++;
	return answer->left > 0;
}

static bool admit(void *private_data, int fd)
{
	(void)private_data;
	assert_true(fd >= 0);
	return admitted;
}

static struct ask_kind kind = {
	.name = "letters",
	.max_request = 64,
	.max_clients = 3,
	.idle_seconds = 60,
	.admit = admit,
	.whole = whole,
	.begin = begin,
	.page = page,
};

struct place {
	struct tevent_context *ev;
	struct ask *ask;
	char *path;
};

static int setup(void **state)
{
	struct place *p = talloc_zero(NULL, struct place);

	log_set_level(LOG_LEVEL_ERROR);
	kind.once = false;
	kind.idle_seconds = 60;
	admitted = true;
	pages = 0;
	p->ev = tevent_context_init(p);
	p->path = talloc_asprintf(p, "%s/socket", testlib_tmpdir(p));
	p->ask = ask_new(p, p->ev, ask_listen_path(p->path), &kind, NULL);
	assert_non_null(p->ask);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static int come(struct place *p)
{
	int fd = ask_connect_path(p->path);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* Read for as long as something comes; the loop runs meanwhile. */
static size_t hear(struct place *p, int fd, char letter, size_t want,
		   bool *ended)
{
	static char buf[65536];
	size_t heard = 0;
	unsigned turns = 0;

	*ended = false;
	while (heard < want && !*ended && turns++ < 100000) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		ssize_t i = 0;

		for (i = 0; i < n; i++) {
			assert_int_equal(buf[i], letter);
		}
		heard += n > 0 ? (size_t)n : 0;
		*ended = n == 0 || (n < 0 && errno != EAGAIN);
		if (n < 0) {
			tevent_loop_once(p->ev);
		}
	}
	return heard;
}

static void say(struct place *p, int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
	tevent_loop_once(p->ev);
}

static void test_pages(void **state)
{
	struct place *p = *state;
	int fd = come(p);
	bool ended = false;

	say(p, fd, "x 10");
	say(p, fd, "00000\n");
	assert_int_equal(hear(p, fd, 'x', 1000000, &ended), 1000000);
	assert_int_equal(pages, (1000000 + ASK_PAGE - 1) / ASK_PAGE);
	say(p, fd, "y 5\ny 4\n"); /* two at once */
	assert_int_equal(hear(p, fd, 'y', 9, &ended), 9);
	assert_false(ended);
	close(fd);
	while (ask_clients(p->ask) > 0) {
		tevent_loop_once(p->ev);
	}
}

/* Who does not read gets no more than the socket holds and one page; others
 * are served meanwhile. */
static void test_slow_reader(void **state)
{
	struct place *p = *state;
	int slow = come(p);
	int other = come(p);
	bool ended = false;
	unsigned before = 0;

	say(p, slow, "s 100000000\n");
	say(p, other, "o 10\n");
	assert_int_equal(hear(p, other, 'o', 10, &ended), 10);
	say(p, other, "o 100000\n");
	assert_int_equal(hear(p, other, 'o', 100000, &ended), 100000);
	before = pages;
	assert_true(before < 100);
	close(slow);
	close(other);
	while (ask_clients(p->ask) > 0) {
		tevent_loop_once(p->ev);
	}
}

static void test_too_long(void **state)
{
	struct place *p = *state;
	char text[65] = "";
	int fd = come(p);
	bool ended = false;

	memset(text, 'z', 64);
	say(p, fd, text);
	assert_int_equal(hear(p, fd, '!', 2, &ended), 1);
	assert_true(ended);
	close(fd);
}

/* What comes behind the only request does not take the answer away. */
static void test_once(void **state)
{
	struct place *p = *state;
	int fd = come(p);
	bool ended = false;

	kind.once = true;
	say(p, fd, "a 70000\nand something more");
	assert_int_equal(hear(p, fd, 'a', 70001, &ended), 70000);
	assert_true(ended);
	close(fd);
}

static void test_half_closed(void **state)
{
	struct place *p = *state;
	int fd = come(p);
	bool ended = false;

	say(p, fd, "h 3\n");
	shutdown(fd, SHUT_WR);
	assert_int_equal(hear(p, fd, 'h', 4, &ended), 3);
	assert_true(ended);
	close(fd);
}

static void test_crowd(void **state)
{
	struct place *p = *state;
	int fd[4] = {come(p), come(p), come(p), come(p)};
	bool ended = false;
	size_t i = 0;

	assert_int_equal(hear(p, fd[3], '-', 1, &ended), 0);
	assert_true(ended);
	assert_int_equal(ask_clients(p->ask), 3);
	for (i = 0; i < 4; i++) {
		close(fd[i]);
	}
}

static void test_not_admitted(void **state)
{
	struct place *p = *state;
	int fd = come(p);
	bool ended = false;

	admitted = false;
	assert_int_equal(hear(p, fd, '-', 1, &ended), 0);
	assert_true(ended);
	close(fd);
}

static void test_idle(void **state)
{
	struct place *p = *state;
	int fd = 0;
	bool ended = false;

	kind.idle_seconds = 1;
	fd = come(p);
	assert_int_equal(hear(p, fd, '-', 1, &ended), 0);
	assert_true(ended);
	assert_int_equal(ask_clients(p->ask), 0);
	close(fd);
}

/* The socket is for its owner alone, is replaced when it was left behind, and
 * its path may be longer than an address. Nothing but a socket is replaced. */
static void test_path(void **state)
{
	struct place *p = *state;
	char *path = talloc_strdup(p, testlib_tmpdir(p));
	struct stat st = {0};
	int fd = 0;
	int i = 0;

	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	for (i = 0; i < 4; i++) {
		path = talloc_asprintf(p, "%s/%040d", path, i);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	path = talloc_asprintf(p, "%s/socket", path);
	fd = ask_listen_path(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(ask_connect_path(path), -1);
	assert_int_equal(errno, ECONNREFUSED);
	fd = ask_listen_path(path);
	assert_true(fd >= 0);
	close(ask_connect_path(path));
	close(fd);
	unlink(path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(ask_listen_path(path), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(ask_listen_path("/nowhere/at/all"), -1);
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_reader, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_half_closed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_admitted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_path, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
