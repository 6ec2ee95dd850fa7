/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keeper.c: who runs a context's event loop, and when. */
#include "tests/testlib.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"

#define ENOUGH_US 20000000 /* more than that it never takes */

static atomic_uint ticks;
static atomic_bool elsewhere; /* a tick came in another thread */
static pthread_t self;

static void ticked(struct tevent_context *ev, struct tevent_timer *te,
		   struct timeval now, void *private_data)
{
	(void)te;
	(void)now;
	atomic_fetch_add(&ticks, 1);
	atomic_store(&elsewhere, !pthread_equal(self, pthread_self()));
	assert_non_null(tevent_add_timer(ev, ev,
					 tevent_timeval_current_ofs(0, 1000),
					 ticked, private_data));
}

static struct keeper *ticking(void)
{
	struct keeper *k = keeper_new();

	assert_non_null(k);
	self = pthread_self();
	assert_true(keeper_enter(k));
	assert_non_null(tevent_add_timer(keeper_loop(k), keeper_loop(k),
					 tevent_timeval_zero(), ticked, NULL));
	keeper_leave(k);
	atomic_store(&ticks, 0);
	return k;
}

static bool ticks_go_on(void)
{
	unsigned before = atomic_load(&ticks);
	unsigned waited = 0;

	while (atomic_load(&ticks) < before + 5 && waited < ENOUGH_US) {
		usleep(1000);
		waited += 1000;
	}
	return waited < ENOUGH_US;
}

/* Without a thread nothing happens; with one it does, while nobody is inside;
 * who is inside has the loop to himself. */
static void test_turns(void **state)
{
	struct keeper *k = ticking();
	unsigned before = 0;

	(void)state;
	usleep(20000);
	assert_int_equal(atomic_load(&ticks), 0);
	assert_int_equal(keeper_start(k), 0);
	assert_int_equal(keeper_start(k), 0); /* there is one */
	assert_true(ticks_go_on());
	assert_true(atomic_load(&elsewhere));

	assert_true(keeper_enter(k));
	assert_true(keeper_enter(k)); /* a callback calls us again */
	before = atomic_load(&ticks);
	usleep(50000);
	assert_int_equal(atomic_load(&ticks), before);
	assert_int_equal(tevent_loop_once(keeper_loop(k)), 0);
	assert_true(atomic_load(&ticks) > before);
	assert_false(atomic_load(&elsewhere));
	keeper_leave(k);
	before = atomic_load(&ticks);
	usleep(50000);
	assert_int_equal(atomic_load(&ticks), before);
	keeper_leave(k);
	assert_true(ticks_go_on());
	keeper_free(k);
	/* and that was the end of it */
	before = atomic_load(&ticks);
	usleep(20000);
	assert_int_equal(atomic_load(&ticks), before);
}

static void *enter_often(void *private_data)
{
	struct keeper *k = private_data;
	static unsigned inside; /* by the lock */
	unsigned i = 0;

	for (i = 0; i < 2000; i++) {
		keeper_enter(k);
		if (inside++ != 0) {
			return k;
		}
		inside--;
		keeper_leave(k);
	}
	return NULL;
}

static void test_many(void **state)
{
	struct keeper *k = ticking();
	pthread_t thread[4];
	void *wrong = NULL;
	unsigned i = 0;

	(void)state;
	assert_int_equal(keeper_start(k), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(
			pthread_create(&thread[i], NULL, enter_often, k), 0);
	}
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_true(ticks_go_on());
	keeper_free(k);
}

/* The child has a loop of its own, and is told so once. */
static void test_fork(void **state)
{
	struct keeper *k = ticking();
	struct tevent_context *before = keeper_loop(k);
	int status = 0;
	pid_t pid = 0;

	(void)state;
	assert_int_equal(keeper_start(k), 0);
	assert_true(ticks_go_on());
	pid = fork();
	if (pid == 0) {
		bool good = !keeper_enter(k) && keeper_loop(k) != before;

		keeper_leave(k);
		good = good && keeper_enter(k);
		keeper_leave(k);
		keeper_free(k);
		_exit(good ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(keeper_enter(k));
	keeper_leave(k);
	assert_true(ticks_go_on());
	keeper_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
