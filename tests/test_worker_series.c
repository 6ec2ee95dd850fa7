/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "server/worker.h"
#include "server/worker_series.h"

#define CROWD 40

/* --- alone --------------------------------------------------------------- */

static void test_order(void **state)
{
	struct worker_series series = {0};
	struct worker_job jobs[3] = {
		{.series = &series}, {.series = &series}, {.series = &series}};

	(void)state;
	assert_true(worker_series_enter(&jobs[0]));
	assert_false(worker_series_waits(&jobs[0]));
	assert_false(worker_series_enter(&jobs[1]));
	assert_false(worker_series_enter(&jobs[2]));
	assert_true(worker_series_waits(&jobs[0]));
	assert_ptr_equal(worker_series_leave(&jobs[0]), &jobs[1]);
	assert_ptr_equal(worker_series_leave(&jobs[1]), &jobs[2]);
	assert_false(worker_series_waits(&jobs[0]));
	assert_null(worker_series_leave(&jobs[2]));
	assert_true(worker_series_enter(&jobs[1]));
}

static void test_withdraw(void **state)
{
	struct worker_series series = {0};
	struct worker_job jobs[3] = {
		{.series = &series}, {.series = &series}, {.series = &series}};

	(void)state;
	assert_true(worker_series_enter(&jobs[0]));
	assert_false(worker_series_enter(&jobs[1]));
	assert_false(worker_series_enter(&jobs[2]));
	assert_false(worker_series_withdraw(&jobs[0]));
	assert_true(worker_series_withdraw(&jobs[1]));
	assert_false(worker_series_withdraw(&jobs[1]));
	assert_ptr_equal(worker_series_leave(&jobs[0]), &jobs[2]);
}

static void test_none(void **state)
{
	struct worker_job job = {.series = NULL};

	(void)state;
	assert_true(worker_series_enter(&job));
	assert_false(worker_series_waits(&job));
	assert_false(worker_series_withdraw(&job));
	assert_null(worker_series_leave(&job));
}

/* --- in a pool ----------------------------------------------------------- */

struct world {
	struct tevent_context *ev;
	struct worker_pool *pool;
	struct worker_lane *lane;
	struct worker_series series;
	atomic_int gate; /* jobs run on when it is not 0 */
	atomic_int running, order_broken, last;
	int done, cancelled, refused, releases;
};

struct numbered {
	struct worker_job job;
	struct world *w;
	int number;
};

static void numbered_run(struct worker_job *job)
{
	struct numbered *n = (struct numbered *)(void *)job;
	struct world *w = n->w;

	atomic_fetch_add(&w->running, 1);
	while (atomic_load(&w->gate) == 0) {
		usleep(200);
	}
	if (job->series != NULL &&
	    atomic_exchange(&w->last, n->number) >= n->number) {
		atomic_store(&w->order_broken, 1);
	}
	atomic_fetch_sub(&w->running, 1);
}

static void numbered_release(struct worker_job *job)
{
	((struct numbered *)(void *)job)->w->releases++;
	free(job);
}

static void count(struct tevent_req *req)
{
	struct world *w = tevent_req_callback_data_void(req);
	int err = worker_submit_recv(req);

	w->done += err == 0;
	w->cancelled += err == ECANCELED;
	w->refused += err == EAGAIN;
	talloc_free(req);
}

static struct tevent_req *submit(struct world *w, struct worker_series *series,
				 int number)
{
	struct numbered *n = calloc(1, sizeof(*n));
	struct tevent_req *req = NULL;

	assert_non_null(n);
	n->job.run = numbered_run;
	n->job.release = numbered_release;
	n->job.series = series;
	n->w = w;
	n->number = number;
	req = worker_submit_send(w, w->ev, w->lane, &n->job);
	assert_non_null(req);
	tevent_req_set_callback(req, count, w);
	return req;
}

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);

	w->ev = tevent_context_init(w);
	w->pool = worker_pool_new(w, w->ev, 4);
	w->lane = worker_lane_new(w, w->pool, 0, CROWD);
	w->last = -1;
	assert_non_null(w->lane);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void wait_running(struct world *w, int many)
{
	while (atomic_load(&w->running) < many) {
		usleep(100);
	}
}

static void wait_over(struct world *w, int many)
{
	while (w->done + w->cancelled < many) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
}

/* It takes one thread, however many others there are, and leaves them to who
 * wants them. */
static void test_one_at_a_time(void **state)
{
	struct world *w = *state;
	int i = 0;

	for (i = 0; i < CROWD - 2; i++) {
		submit(w, &w->series, i);
	}
	wait_running(w, 1);
	usleep(20000);
	assert_int_equal(atomic_load(&w->running), 1);
	submit(w, NULL, 0);
	submit(w, NULL, 0);
	wait_running(w, 3);
	w->gate = 1;
	wait_over(w, CROWD);
	assert_int_equal(w->done, CROWD);
	assert_int_equal(w->order_broken, 0);
	submit(w, &w->series, CROWD); /* afterwards as before */
	wait_over(w, CROWD + 1);
	assert_int_equal(w->releases, CROWD + 1);
}

/* Jobs that wait are given up, also the one whose turn it is. */
static void test_given_up(void **state)
{
	struct world *w = *state;
	struct tevent_req *reqs[4];
	int i = 0;

	for (i = 0; i < 3; i++) {
		submit(w, NULL, 0); /* they have all threads of the lane */
	}
	wait_running(w, 3);
	for (i = 0; i < 4; i++) {
		reqs[i] = submit(w, &w->series, i);
	}
	talloc_free(reqs[2]);
	talloc_free(reqs[0]);
	assert_int_equal(w->releases, 2);
	w->gate = 1;
	wait_over(w, 5);
	assert_int_equal(w->done, 5);
	assert_int_equal(w->order_broken, 0);
	assert_int_equal(w->last, 3);
}

/* What waits in a series is in the lane's limit. */
static void test_limit(void **state)
{
	struct world *w = *state;
	int i = 0;

	submit(w, &w->series, 0);
	wait_running(w, 1);
	for (i = 1; i < CROWD + 10; i++) {
		submit(w, &w->series, i);
	}
	while (w->refused < 9) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
	w->gate = 1;
	wait_over(w, CROWD + 1); /* one of them ran */
	assert_int_equal(w->refused, 9);
}

static void test_lane_gone(void **state)
{
	struct world *w = *state;
	int i = 0;

	for (i = 0; i < 10; i++) {
		submit(w, &w->series, i);
	}
	wait_running(w, 1);
	TALLOC_FREE(w->lane);
	w->gate = 1;
	wait_over(w, 10);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->cancelled, 9);
	assert_int_equal(w->releases, 10);
}

/* The same where none of them runs yet. */
static void test_lane_gone_waiting(void **state)
{
	struct world *w = *state;
	int i = 0;

	for (i = 0; i < 3; i++) {
		submit(w, NULL, 0);
	}
	wait_running(w, 3);
	for (i = 0; i < 10; i++) {
		submit(w, &w->series, i);
	}
	TALLOC_FREE(w->lane);
	while (w->cancelled < 10) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
	w->gate = 1;
	wait_over(w, 13);
	assert_int_equal(w->releases, 13);
}

static void test_pool_gone(void **state)
{
	struct world *w = *state;
	int i = 0;

	for (i = 0; i < 3; i++) {
		submit(w, NULL, 0);
	}
	for (i = 0; i < 10; i++) {
		submit(w, &w->series, i);
	}
	wait_running(w, 3);
	w->gate = 1;
	TALLOC_FREE(w->pool);
	wait_over(w, 13);
	assert_int_equal(w->releases, 13);
	assert_int_equal(w->order_broken, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_withdraw),
		cmocka_unit_test(test_none),  TEST(test_one_at_a_time),
		TEST(test_given_up),	      TEST(test_limit),
		TEST(test_lane_gone),	      TEST(test_lane_gone_waiting),
		TEST(test_pool_gone),
	};

	return cmocka_run_group_tests_name("worker_series", tests, NULL, NULL);
}
