/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection's thread for what takes long: done there, given up, ended
 * under. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "client/client_private.h"
#include "smbquic/message_private.h"
#include "tests/testlib.h"

/* A helper that somebody else asks for. */
struct world {
	struct tevent_context *ev;
	struct client_conn *conn;
	struct message_helper helper;
};

struct work {
	pthread_t who;
	sem_t begun, go;
	unsigned *freed;
	bool waits;
	bool done;
};

static void work_run(void *job)
{
	struct work *work = job;

	work->who = pthread_self();
	if (work->waits) {
		sem_post(&work->begun);
		sem_wait(&work->go);
	}
	work->done = true;
}

static int work_destructor(struct work *work)
{
	sem_destroy(&work->begun);
	sem_destroy(&work->go);
	(*work->freed)++;
	return 0;
}

static struct work *work_new(unsigned *freed, bool waits)
{
	struct work *work = talloc_zero(NULL, struct work);

	sem_init(&work->begun, 0, 0);
	sem_init(&work->go, 0, 0);
	work->freed = freed;
	work->waits = waits;
	talloc_set_destructor(work, work_destructor);
	return work;
}

static int setup(void **state)
{
	const struct message_limits limits = {.max_message = 1 << 20};
	struct world *w = talloc_zero(NULL, struct world);
	struct transport *pair[2] = {0};

	w->ev = tevent_context_init(w);
	testlib_memory_pair(w, w->ev, NULL, pair);
	w->conn = talloc_zero(w, struct client_conn);
	w->conn->ev = w->ev;
	w->conn->message = message_conn_new(w->conn, w->ev, pair[0], &limits,
					    conn_keyring, w->conn);
	assert_true(help_thread_start(w->conn));
	w->helper = *&w->conn->message->helper;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct tevent_req *ask(struct world *w, struct work *work)
{
	struct tevent_req *req = w->helper.send(w, w->ev, work_run, work,
						w->helper.private_data);

	assert_non_null(req);
	return req;
}

static void test_done(void **state)
{
	struct world *w = *state;
	unsigned freed = 0;
	unsigned i = 0;

	for (i = 0; i < 100; i++) {
		struct work *work = work_new(&freed, false);
		struct tevent_req *req = ask(w, work);

		testlib_wait(w->ev, req, 5);
		assert_int_equal(w->helper.recv(req), 0);
		assert_true(work->done);
		assert_false(pthread_equal(work->who, pthread_self()));
		assert_int_equal(freed, i);
		talloc_free(req);
		assert_int_equal(freed, i + 1);
	}
}

/* Nobody waits any more: the job stays until the thread is done with it. */
static void test_given_up(void **state)
{
	struct world *w = *state;
	unsigned freed = 0;
	struct work *work = work_new(&freed, true);
	struct work *behind = work_new(&freed, false);
	struct tevent_req *req = ask(w, work);

	talloc_free(ask(w, behind));
	sem_wait(&work->begun);
	talloc_free(req);
	assert_int_equal(freed, 0);
	sem_post(&work->go);
	while (freed < 2) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
}

/* The connection ends, and who waits hears of it afterwards. */
static void test_ended_under(void **state)
{
	struct world *w = *state;
	unsigned freed = 0;
	struct work *work = work_new(&freed, true);
	struct tevent_req *req = ask(w, work);

	talloc_free(ask(w, work_new(&freed, false)));
	sem_wait(&work->begun);
	sem_post(&work->go);
	TALLOC_FREE(w->conn);
	assert_int_equal(freed, 1);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(w->helper.recv(req), 0);
	assert_true(work->done);
	talloc_free(req);
	assert_int_equal(freed, 2);
}

struct ender {
	struct world *w;
	bool called;
};

static void end_conn(struct tevent_req *req)
{
	struct ender *ender = tevent_req_callback_data_void(req);

	TALLOC_FREE(ender->w->conn);
	ender->called = true;
}

/* What hears of it ends the connection, while more was done. */
static void test_ended_within(void **state)
{
	struct world *w = *state;
	struct ender ender = {.w = w};
	unsigned freed = 0;
	struct work *work = work_new(&freed, true);
	struct tevent_req *req = ask(w, work);
	struct tevent_req *other = ask(w, work_new(&freed, false));

	tevent_req_set_callback(req, end_conn, &ender);
	sem_wait(&work->begun);
	sem_post(&work->go);
	while (!ender.called) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
	talloc_free(req);
	testlib_wait(w->ev, other, 5);
	talloc_free(other);
	assert_int_equal(freed, 2);
}

#define help_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		help_test(test_done),
		help_test(test_given_up),
		help_test(test_ended_under),
		help_test(test_ended_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
