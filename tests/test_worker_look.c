/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "server/worker_look.h"

/* Of ours alone, however busy the machine is. */
static double seconds(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* How many of that many times it is tried, when all are in vain. */
static unsigned tries(struct worker_patience *patience, unsigned times)
{
	unsigned count = 0;
	unsigned i = 0;

	for (i = 0; i < times; i++) {
		if (worker_patience_has(patience)) {
			worker_patience_learn(patience, true);
			count++;
		}
	}
	return count;
}

/* Less and less often, but never not at all. */
static void test_vain(void **state)
{
	struct worker_patience patience = {0};

	(void)state;
	assert_in_range(tries(&patience, 2 * WORKER_LOOK_SELDOM), 5, 8);
	assert_in_range(tries(&patience, 10 * WORKER_LOOK_SELDOM), 9, 11);
}

/* Once it was worth it, it is tried every time again. */
static void test_worth(void **state)
{
	struct worker_patience patience = {0};
	unsigned i = 0;

	(void)state;
	(void)tries(&patience, 10 * WORKER_LOOK_SELDOM);
	for (i = 0; i <= WORKER_LOOK_SELDOM; i++) {
		if (worker_patience_has(&patience)) {
			worker_patience_learn(&patience, false);
			break;
		}
	}
	assert_in_range(i, 0, WORKER_LOOK_SELDOM);
	for (i = 0; i < 100; i++) {
		assert_true(worker_patience_has(&patience));
		worker_patience_learn(&patience, false);
	}
}

static void *set_soon(void *arg)
{
	atomic_store((atomic_bool *)arg, true);
	return NULL;
}

static void test_found(void **state)
{
	struct worker_patience patience = {0};
	atomic_bool flag = true;
	pthread_t thread;

	(void)state;
	assert_true(worker_look(&patience, &flag, NULL));
	atomic_store(&flag, false);
	assert_int_equal(pthread_create(&thread, NULL, set_soon, &flag), 0);
	while (!worker_look(&patience, &flag, NULL)) {
	}
	pthread_join(thread, NULL);
	assert_true(atomic_load(&flag));
}

/* A thousand times, on a busy machine, and most are not even tried. */
static void test_not_for_long(void **state)
{
	struct worker_patience patience = {0};
	atomic_bool flag = false;
	double began = seconds();
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_false(worker_look(&patience, &flag, NULL));
	}
	assert_true(seconds() - began < 1000 * WORKER_LOOK_NS / 1e9);
	assert_true(patience.vain > 0);
}

/* Who is told not to has not looked in vain. */
static void test_unless(void **state)
{
	struct worker_patience patience = {0};
	atomic_bool flag = false;
	atomic_uint calls = 1;

	(void)state;
	assert_false(worker_look(&patience, &flag, &calls));
	assert_int_equal(patience.vain, 0);
	assert_int_equal(patience.skip, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vain),
		cmocka_unit_test(test_worth),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_not_for_long),
		cmocka_unit_test(test_unless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
