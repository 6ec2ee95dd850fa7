/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "server/worker.h"
#include "server/worker_look.h"

static atomic_int runs, running, most_running, releases;

struct test_job {
	struct worker_job job;
	int in, out;
	useconds_t sleep_us;
	atomic_int *gate; /* runs on when it is not 0 */
};

static void test_job_run(struct worker_job *job)
{
	struct test_job *t = (struct test_job *)job;
	int now = atomic_fetch_add(&running, 1) + 1;
	int most = atomic_load(&most_running);

	while (now > most &&
	       !atomic_compare_exchange_weak(&most_running, &most, now)) {
	}
	while (t->gate != NULL && atomic_load(t->gate) == 0) {
		usleep(200);
	}
	if (t->sleep_us > 0) {
		usleep(t->sleep_us);
	}
	t->out = t->in * 2;
	atomic_fetch_add(&runs, 1);
	atomic_fetch_sub(&running, 1);
}

static void test_job_release(struct worker_job *job)
{
	atomic_fetch_add(&releases, 1);
	free(job);
}

static struct test_job *make_job(int in, useconds_t sleep_us, atomic_int *gate)
{
	struct test_job *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->job.run = test_job_run;
	t->job.release = test_job_release;
	t->in = in;
	t->sleep_us = sleep_us;
	t->gate = gate;
	return t;
}

struct world {
	struct tevent_context *ev;
	struct worker_pool *pool;
	struct worker_lane *lane;
	int done, cancelled, refused;
};

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);

	runs = 0;
	most_running = 0;
	releases = 0;
	w->ev = tevent_context_init(w);
	w->pool = worker_pool_new(w, w->ev, 4);
	w->lane = worker_lane_new(w, w->pool, 0, 1000);
	assert_non_null(w->lane);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void count_done(struct tevent_req *req)
{
	struct world *w = tevent_req_callback_data_void(req);
	int err = worker_submit_recv(req);

	w->done += err == 0;
	w->cancelled += err == ECANCELED;
	w->refused += err == EAGAIN;
	talloc_free(req);
}

static struct tevent_req *submit(struct world *w, TALLOC_CTX *mem_ctx,
				 struct worker_lane *lane, struct test_job *t)
{
	struct tevent_req *req =
		worker_submit_send(mem_ctx, w->ev, lane, &t->job);

	assert_non_null(req);
	tevent_req_set_callback(req, count_done, w);
	return req;
}

static void test_result(void **state)
{
	struct world *w = *state;
	struct test_job *t = make_job(21, 0, NULL);
	struct tevent_req *req = worker_submit_send(w, w->ev, w->lane, &t->job);

	assert_true(tevent_req_poll(req, w->ev));
	assert_int_equal(worker_submit_recv(req), 0);
	assert_int_equal(t->out, 42);
	assert_int_equal(releases, 0);
	talloc_free(req);
	assert_int_equal(releases, 1);
}

static void test_many(void **state)
{
	struct world *w = *state;
	int i = 0;

	for (i = 0; i < 500; i++) {
		submit(w, w, w->lane, make_job(i, i % 7 == 0 ? 100 : 0, NULL));
	}
	while (w->done < 500) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
	assert_int_equal(runs, 500);
	assert_int_equal(releases, 500);
	assert_in_range(most_running, 1, 3); /* one thread stays for others */
}

static void test_limit(void **state)
{
	struct world *w = *state;
	struct worker_lane *lane = worker_lane_new(w, w->pool, 1, 2);
	atomic_int gate = 0;
	int i = 0;

	submit(w, w, lane, make_job(0, 0, &gate));
	while (atomic_load(&running) == 0) {
		usleep(100);
	}
	for (i = 0; i < 3; i++) {
		submit(w, w, lane, make_job(i, 0, &gate));
	}
	while (w->refused == 0) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(w->done, 0);
	gate = 1;
	while (w->done < 3) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(releases, 4);
	assert_int_equal(most_running, 1);
}

/* A lane whose jobs hang leaves the others alone. */
static void test_fair(void **state)
{
	struct world *w = *state;
	struct worker_lane *slow = worker_lane_new(w, w->pool, 0, 1000);
	atomic_int gate = 0;
	int i = 0;

	for (i = 0; i < 50; i++) {
		submit(w, w, slow, make_job(i, 0, &gate));
	}
	for (i = 0; i < 50; i++) {
		submit(w, w, w->lane, make_job(i, 0, NULL));
	}
	while (w->done < 50) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(runs, 50);
	gate = 1;
	while (w->done < 100) {
		tevent_loop_once(w->ev);
	}
}

static void test_abandon_waiting(void **state)
{
	struct world *w = *state;
	TALLOC_CTX *mem_ctx = talloc_new(w);
	atomic_int gate = 0;
	int i = 0;

	for (i = 0; i < 3; i++) {
		submit(w, w, w->lane, make_job(i, 0, &gate));
	}
	while (atomic_load(&running) < 3) {
		usleep(100);
	}
	for (i = 0; i < 20; i++) {
		submit(w, mem_ctx, w->lane, make_job(i, 0, &gate));
	}
	talloc_free(mem_ctx);
	assert_int_equal(releases, 20);
	gate = 1;
	while (w->done < 3) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(runs, 3);
}

static void test_abandon_running(void **state)
{
	struct world *w = *state;
	atomic_int gate = 0;
	struct tevent_req *req = submit(w, w, w->lane, make_job(1, 0, &gate));

	while (atomic_load(&running) == 0) {
		usleep(100);
	}
	talloc_free(req);
	assert_int_equal(releases, 0);
	gate = 1;
	while (releases == 0) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(w->done, 0);
}

/* Done, not yet reported, and abandoned then. */
static void test_abandon_done(void **state)
{
	struct world *w = *state;
	struct tevent_req *req = submit(w, w, w->lane, make_job(1, 0, NULL));

	while (atomic_load(&runs) == 0 || atomic_load(&running) > 0) {
		usleep(100);
	}
	usleep(2000);
	talloc_free(req);
	while (releases == 0) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(w->done, 0);
}

static void test_lane_gone(void **state)
{
	struct world *w = *state;
	atomic_int gate = 0;
	int i = 0;

	for (i = 0; i < 10; i++) {
		submit(w, w, w->lane, make_job(i, 0, &gate));
	}
	while (atomic_load(&running) < 3) {
		usleep(100);
	}
	TALLOC_FREE(w->lane);
	while (w->cancelled < 7) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(w->done, 0);
	gate = 1;
	while (w->done < 3) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(releases, 10);
	submit(w, w, NULL, make_job(1, 0, NULL));
	while (w->cancelled < 8) {
		tevent_loop_once(w->ev);
	}
}

static void test_pool_gone(void **state)
{
	struct world *w = *state;
	struct worker_lane *narrow = worker_lane_new(w, w->pool, 1, 100);
	int i = 0;

	for (i = 0; i < 10; i++) {
		submit(w, w, narrow, make_job(i, 20000, NULL));
	}
	worker_submit_detached(narrow, &make_job(1, 0, NULL)->job);
	while (atomic_load(&running) < 1) {
		usleep(100);
	}
	TALLOC_FREE(w->pool);
	while (w->done + w->cancelled < 10) {
		tevent_loop_once(w->ev);
	}
	assert_in_range(w->done, 1, 2);
	assert_int_equal(runs, w->done + 1); /* the detached one ran */
	assert_int_equal(releases, 11);
	worker_submit_detached(narrow, &make_job(1, 0, NULL)->job);
	assert_int_equal(releases, 12);
	submit(w, w, w->lane, make_job(1, 0, NULL));
	while (w->cancelled + w->done < 11) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(releases, 13);
}

static void rang(struct tevent_context *ev, struct tevent_timer *te,
		 struct timeval now, void *private_data)
{
	(void)ev;
	(void)now;
	(void)private_data;
	talloc_free(te);
}

/* The loop has nothing to do for a moment. */
static void rest(struct world *w)
{
	assert_non_null(tevent_add_timer(
		w->ev, w, tevent_timeval_current_ofs(0, 1000), rang, NULL));
	assert_int_equal(tevent_loop_once(w->ev), 0);
}

/* What nobody waits for is run though its lane is gone; what has outlived the
 * lane goes to the pool. */
static void test_detached_lane_gone(void **state)
{
	struct world *w = *state;
	struct worker_lane *lane = worker_lane_new(w, w->pool, 1, 10);
	atomic_int gate = 0;
	int i = 0;

	submit(w, w, lane, make_job(1, 0, &gate));
	for (i = 0; i < 4; i++) {
		struct test_job *t = make_job(i, 0, &gate);

		worker_submit_detached(lane, &t->job);
	}
	while (atomic_load(&running) == 0) { /* in the lane, before the next */
		rest(w);
	}
	submit(w, w, lane, make_job(1, 0, NULL));
	talloc_free(lane);
	worker_submit_left(w->pool, &make_job(1, 0, &gate)->job);
	while (w->cancelled == 0) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(atomic_load(&runs), 0);
	atomic_store(&gate, 1);
	while (atomic_load(&releases) < 7) {
		rest(w);
	}
	assert_int_equal(atomic_load(&runs), 6);
	assert_int_equal(w->done, 1);
}

static pthread_t last_thread;
static int threads_seen;

static void note_thread(struct worker_job *job)
{
	(void)job;
	threads_seen += threads_seen == 0 ||
			!pthread_equal(last_thread, pthread_self());
	last_thread = pthread_self();
}

/* How often the thread is another one than before. */
static int changes_of_thread(struct world *w)
{
	int i = 0;

	threads_seen = 0;
	for (i = 0; i < 30; i++) {
		struct test_job *t = make_job(i, 0, NULL);
		struct tevent_req *req = NULL;

		t->job.run = note_thread;
		req = worker_submit_send(w, w->ev, w->lane, &t->job);
		assert_true(tevent_req_poll(req, w->ev));
		talloc_free(req);
		usleep(5000); /* it waits again */
	}
	return threads_seen;
}

/* One after the other: the same thread does them, which has all at hand. On a
 * busy machine it may not wait yet, though not every time. */
static void test_same_thread(void **state)
{
	int tries = 0;

	while (changes_of_thread(*state) > 10) {
		assert_in_range(++tries, 1, 20);
	}
}

/* What nobody waits for is begun after a while, or when it is much. */
static void test_detached_later(void **state)
{
	struct world *w = *state;
	int given = 0;
	int i = 0;

	/* on a busy machine threads may not sleep yet, and do it at once */
	while (atomic_load(&runs) == given) {
		assert_in_range(++given, 1, 100);
		usleep(20000);
		worker_submit_detached(w->lane, &make_job(1, 0, NULL)->job);
		usleep(20000);
	}
	while (atomic_load(&releases) < given) {
		rest(w);
	}
	assert_int_equal(atomic_load(&runs), given);
	for (i = 0; i < 64; i++) {
		worker_submit_detached(w->lane, &make_job(1, 0, NULL)->job);
	}
	while (atomic_load(&runs) < given + 33) {
		usleep(200);
	}
	while (atomic_load(&releases) < given + 64) {
		rest(w);
	}
}

/* A thread that has done something else does it before it rests; the loop hears
 * nothing of it, and what is slow keeps no other from its work. */
static void test_detached_beside(void **state)
{
	struct world *w = *state;
	struct worker_lane *narrow = worker_lane_new(w, w->pool, 1, 100);
	atomic_int gate = 0;
	int i = 0;

	worker_submit_detached(narrow, &make_job(1, 0, &gate)->job);
	worker_submit_detached(narrow, &make_job(1, 0, NULL)->job);
	submit(w, w, narrow, make_job(1, 0, NULL));
	while (atomic_load(&running) == 0 || atomic_load(&runs) == 0) {
		usleep(200);
	}
	assert_int_equal(atomic_load(&releases), 0);
	for (i = 0; i < 50; i++) {
		submit(w, w, narrow, make_job(1, 0, NULL));
	}
	while (w->done < 51) {
		tevent_loop_once(w->ev);
	}
	atomic_store(&gate, 1);
	while (atomic_load(&releases) < 53) {
		rest(w);
	}
	assert_int_equal(atomic_load(&runs), 53);
	assert_int_equal(w->done, 51);
}

static void free_pool(struct tevent_req *req)
{
	struct world *w = tevent_req_callback_data_void(req);

	w->done++;
	TALLOC_FREE(w->pool);
}

/* The report of one job may end the pool. */
static void test_pool_gone_inside(void **state)
{
	struct world *w = *state;
	struct tevent_req *req = NULL;
	int i = 0;

	for (i = 0; i < 10; i++) {
		req = submit(w, w, w->lane, make_job(i, 0, NULL));
		if (i == 3) {
			tevent_req_set_callback(req, free_pool, w);
		}
	}
	while (w->done + w->cancelled < 10) {
		tevent_loop_once(w->ev);
	}
	assert_null(w->pool);
}

/* Chance decides what is freed when; nothing may be lost or done twice. */
static void test_storm(void **state)
{
	struct world *w = *state;
	struct tevent_req *reqs[64] = {NULL};
	int submitted = 0;
	int round = 0;
	unsigned seed = 7;

	for (round = 0; round < 3000; round++) {
		unsigned slot = (unsigned)rand_r(&seed) % 64;
		struct test_job *t =
			make_job(round, (unsigned)rand_r(&seed) % 50, NULL);

		TALLOC_FREE(reqs[slot]);
		reqs[slot] = worker_submit_send(w, w->ev, w->lane, &t->job);
		submitted++;
		if (round % 16 == 0) {
			tevent_loop_once(w->ev);
		}
	}
	for (round = 0; round < 64; round++) {
		TALLOC_FREE(reqs[round]);
	}
	while (releases < submitted) {
		tevent_loop_once(w->ev);
	}
	assert_int_equal(releases, submitted);
}

/* Two slow ones hold every thread: a third goes on. */
static void test_two_slow_lanes(void **state)
{
	struct world *w = *state;
	struct worker_lane *slow[2] = {worker_lane_new(w, w->pool, 0, 100),
				       worker_lane_new(w, w->pool, 0, 100)};
	static atomic_int gate;
	struct tevent_req *req = NULL;
	int before = 0;

	gate = 0;
	for (int i = 0; i < 20; i++) {
		req = worker_submit_send(w, w->ev, slow[i % 2],
					 &make_job(i, 0, &gate)->job);
		assert_non_null(req);
		tevent_req_set_callback(req, count_done, w);
	}
	while (atomic_load(&running) < 4) {
		usleep(200);
	}
	for (int i = 0; i < 3; i++) {
		before = w->done;
		req = worker_submit_send(w, w->ev, w->lane,
					 &make_job(i, 0, NULL)->job);
		assert_non_null(req);
		tevent_req_set_callback(req, count_done, w);
		while (w->done == before) {
			assert_int_equal(tevent_loop_once(w->ev), 0);
		}
	}
	gate = 1;
	while (w->done < 23) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_two_slow_lanes),
		TEST(test_result),
		TEST(test_many),
		TEST(test_limit),
		TEST(test_fair),
		TEST(test_abandon_waiting),
		TEST(test_abandon_running),
		TEST(test_abandon_done),
		TEST(test_lane_gone),
		TEST(test_detached_lane_gone),
		TEST(test_same_thread),
		TEST(test_detached_later),
		TEST(test_detached_beside),
		TEST(test_pool_gone),
		TEST(test_pool_gone_inside),
		TEST(test_storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
