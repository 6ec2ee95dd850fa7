/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection's thread for what takes long: done there, given up, ended
 * under. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "client/client_private.h"
#include "smbquic/message_private.h"
#include "tests/fixture_compress.h"
#include "tests/testlib.h"

/* A helper that somebody else asks for. */
struct world {
	struct tevent_context *ev;
	struct client_conn *conn;
	struct message_helper helper;
	struct transport *peer;
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
	w->peer = pair[1];
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

#define PAYLOAD 900000u
#define WRITES	4u

/* us that this thread has worked. */
static int64_t worked(void)
{
	struct timespec ts = {0};

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void begin_write(struct world *w, const uint8_t *text)
{
	struct smb2_header header = {.command = SMB2_WRITE};
	struct message_out pdu = {.compress = true, .iov_count = 2};
	struct wire_writer writer = wire_writer_talloc(w);

	smb2_header_encode(&writer, &header);
	wire_put_u32(&writer, 4);
	assert_true(wire_writer_ok(&writer));
	pdu.iov[0].iov_base = writer.buf;
	pdu.iov[0].iov_len = writer.len;
	pdu.iov[1].iov_base = (void *)(uintptr_t)text;
	pdu.iov[1].iov_len = PAYLOAD;
	assert_non_null(message_write_send(w, w->ev, w->conn->message, &pdu, 1,
					   NULL, 0));
}

/* The longest that the loop is at anything, until all was sent. */
static int64_t longest_step(struct world *w)
{
	struct message_conn *message = w->conn->message;
	int64_t longest = 0;

	while (message_conn_queued(message) > 0) {
		int64_t before = worked();

		assert_int_equal(tevent_loop_once(w->ev), 0);
		before = worked() - before;
		longest = before > longest ? before : longest;
	}
	return longest;
}

/* While payloads of a megabyte are compressed the loop is free: none of its
 * steps takes as long as half of one of them. */
static void test_loop_is_free(void **state)
{
	struct world *w = *state;
	struct smb2_compress_terms terms = {
		.algorithms = {SMB2_COMPRESSION_LZ77_HUFFMAN}, .count = 1};
	uint8_t *text = talloc_size(w, PAYLOAD);
	uint8_t *out = talloc_size(w, PAYLOAD + 1);
	struct tevent_req *reader = NULL;
	uint8_t *sink = talloc_size(w, WRITES * PAYLOAD);
	uint32_t seed = 1;
	int64_t cost = 0;
	int64_t step = 0;
	unsigned i = 0;

	fixture_fill_one(text, PAYLOAD, FIXTURE_TEXT, &seed);
	cost = worked();
	assert_true(smb2_pack(&terms, wire_slice(text, PAYLOAD), out) > 0);
	cost = worked() - cost;
	message_conn_set_compression(w->conn->message, &terms);
	/* more than there will be */
	reader = transport_read_send(w, w->ev, w->peer, sink, WRITES * PAYLOAD,
				     WRITES * PAYLOAD);
	step = worked();
	for (i = 0; i < WRITES; i++) {
		begin_write(w, text);
	}
	step = (worked() - step) / WRITES;
	assert_in_range(step, 0, cost / 2);
	assert_in_range(longest_step(w), 0, cost / 2);
	assert_int_equal(message_conn_savings(w->conn->message)->messages_out,
			 WRITES);
	talloc_free(reader);
}

#define help_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		help_test(test_done),	      help_test(test_given_up),
		help_test(test_ended_under),  help_test(test_ended_within),
		help_test(test_loop_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
