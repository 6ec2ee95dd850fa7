/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What takes long is done in the server's threads, and how much waits there is
 * bounded, but for the first of each connection. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "server/helper.h"
#include "tests/testlib.h"

struct world {
	struct tevent_context *ev;
	struct server *server;
	struct conn *conns[2];
	struct message_helper helpers[2];
	sem_t begun, go;
	unsigned freed;
};

struct work {
	struct world *w;
	bool waits;
	pthread_t who;
};

static int work_destructor(struct work *work)
{
	work->w->freed++;
	return 0;
}

static void work_run(void *job)
{
	struct work *work = job;

	work->who = pthread_self();
	if (work->waits) {
		sem_post(&work->w->begun);
		sem_wait(&work->w->go);
	}
}

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	unsigned i = 0;

	w->ev = tevent_context_init(w);
	w->server = talloc_zero(w, struct server);
	w->server->pool = worker_pool_new(w->server, w->ev, 1);
	w->server->packing = worker_lane_new(w->server, w->server->pool, 0, 2);
	for (i = 0; i < 2; i++) {
		w->conns[i] = talloc_zero(w, struct conn);
		w->conns[i]->server = w->server;
		w->helpers[i] = helper_of(w->conns[i]);
	}
	sem_init(&w->begun, 0, 0);
	sem_init(&w->go, 0, 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	sem_destroy(&w->begun);
	sem_destroy(&w->go);
	talloc_free(w);
	return 0;
}

static struct work *work_new(struct world *w, bool waits)
{
	struct work *work = talloc_zero(NULL, struct work);

	work->w = w;
	work->waits = waits;
	talloc_set_destructor(work, work_destructor);
	return work;
}

static struct tevent_req *ask(struct world *w, unsigned who, struct work *work)
{
	const struct message_helper *helper = &w->helpers[who];
	struct tevent_req *req =
		helper->send(w, w->ev, work_run, work, helper->private_data);

	assert_non_null(req);
	return req;
}

static int end(struct world *w, struct tevent_req *req)
{
	int err = 0;

	testlib_wait(w->ev, req, 5);
	err = w->helpers[0].recv(req);
	talloc_free(req);
	return err;
}

static void test_done(void **state)
{
	struct world *w = *state;
	struct work *work = work_new(w, false);
	struct tevent_req *req = ask(w, 0, work);

	testlib_wait(w->ev, req, 5);
	assert_int_equal(w->helpers[0].recv(req), 0);
	assert_false(pthread_equal(work->who, pthread_self()));
	assert_int_equal(w->freed, 0);
	talloc_free(req);
	assert_int_equal(w->freed, 1);
}

static void test_bounded(void **state)
{
	struct world *w = *state;
	struct tevent_req *reqs[5] = {0};
	unsigned i = 0;

	reqs[0] = ask(w, 0, work_new(w, true));
	sem_wait(&w->begun);
	for (i = 1; i < 4; i++) {
		reqs[i] = ask(w, 0, work_new(w, false));
	}
	reqs[4] = ask(w, 1, work_new(w, false));
	assert_int_equal(end(w, reqs[3]), EAGAIN);
	assert_int_equal(w->freed, 1);
	/* who leaves while the thread is at it, or before */
	talloc_free(reqs[2]);
	assert_int_equal(w->freed, 2);
	talloc_free(reqs[0]);
	assert_int_equal(w->freed, 2);
	sem_post(&w->go);
	assert_int_equal(end(w, reqs[4]), 0);
	assert_int_equal(end(w, reqs[1]), 0);
	assert_int_equal(w->freed, 5);
}

#define helper_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		helper_test(test_done),
		helper_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
