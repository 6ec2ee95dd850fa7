/* SPDX-License-Identifier: GPL-3.0-or-later */
/* quic_threads.c: the threads of a session with several QUIC connections. */
#include "tests/testlib.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/client_private.h"
#include "smbquic/threads.h"

static struct client_conn *home_of(unsigned channels)
{
	struct client_conn *home = talloc_zero(NULL, struct client_conn);

	home->ev = tevent_context_init(home);
	home->options.max_channels = channels;
	return home;
}

static unsigned usable_processors(void)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	return (unsigned)CPU_COUNT(&set);
}

static void test_worth(void **state)
{
	static const struct {
		unsigned channels, processors, want;
	} rows[] = {
		{0, 8, 0}, {1, 8, 0},
		{2, 1, 0}, {2, 0, 0},
		{2, 2, 2}, {2, 8, 2},
		{8, 3, 3}, {8, 64, 8},
		{4, 4, 4}, {9, 64, CLIENT_MAX_CHANNELS},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(quic_threads_worth(rows[i].channels,
						    rows[i].processors),
				 rows[i].want);
	}
}

/* One set for all connections of a home, which others may hold longer. */
static void test_one_set(void **state)
{
	struct client_conn *home = home_of(2);
	struct threads *threads = quic_threads(home);

	(void)state;
	if (usable_processors() < 2) {
		assert_null(threads);
		talloc_free(home);
		skip();
	}
	assert_non_null(threads);
	assert_int_equal(threads_count(threads), 2);
	assert_ptr_equal(quic_threads(home), threads);
	assert_ptr_equal(threads_loop(threads, 0), home->ev);
	threads_hold(threads);
	TALLOC_FREE(home->threads);
	assert_int_equal(threads_count(threads), 2);
	threads_release(threads);
	talloc_free(home);
}

static void test_none(void **state)
{
	struct client_conn *home = home_of(1);

	(void)state;
	assert_null(quic_threads(home));
	assert_null(home->threads);
	talloc_free(home);
}

/* In a child there are none, and nobody waits for them: else it hangs. */
static void test_fork(void **state)
{
	struct client_conn *home = home_of(2);
	struct threads *threads = quic_threads(home);
	int how = 0;
	pid_t pid = 0;

	(void)state;
	if (threads == NULL) {
		talloc_free(home);
		skip();
	}
	pid = fork();
	if (pid == 0) {
		alarm(20);
		how = quic_threads(home) == NULL ? 0 : 1;
		TALLOC_FREE(home->threads);
		_exit(how);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFEXITED(how));
	assert_int_equal(WEXITSTATUS(how), 0);
	talloc_free(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worth),
		cmocka_unit_test(test_one_set),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_fork),
	};

	return cmocka_run_group_tests_name("quic_threads", tests, NULL, NULL);
}
