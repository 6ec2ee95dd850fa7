/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that wait for a helper, and those behind them. */
#include <errno.h>
#include <string.h>

#include "tests/fixture_message.h"

/* A large payload that is to be compressed; random bytes cannot be. */
static struct message_out make_large(struct world *w, uint64_t id, bool random)
{
	uint8_t *text = talloc_zero_size(w, LARGE);
	struct message_out pdu = {0};

	text[LARGE - 1] = 'z';
	if (random) {
		assert_int_equal(crypto_random(text, LARGE), 0);
	}
	pdu = make_pdu(w, id, text, LARGE);
	pdu.compress = true;
	return pdu;
}

static struct tevent_req *begin(struct world *w, const struct message_out *pdus,
				unsigned count, struct smb2_sealing_key *seal)
{
	struct tevent_req *req =
		message_write_send(w, w->ev, w->a, pdus, count, seal, SESSION);

	assert_non_null(req);
	return req;
}

/* All that the loop has to do at present. */
static void idle(struct world *w)
{
	unsigned i = 0;

	for (i = 0; i < 20; i++) {
		struct tevent_req *req = tevent_wakeup_send(
			w, w->ev, tevent_timeval_current_ofs(0, 100));

		testlib_wait(w->ev, req, 5);
		talloc_free(req);
	}
}

static struct message *expect(struct world *w, uint64_t id, bool packed,
			      bool sealed)
{
	struct message *m = NULL;

	assert_int_equal(read_one(w, &m), 0);
	assert_int_equal(m->pdu[0].header.message_id, id);
	assert_int_equal(m->packed > 0, packed);
	assert_int_equal(m->sealed, sealed);
	return m;
}

/* What is begun behind it comes behind it, however it is protected; what was
 * given is used no longer, where it is sealed. */
static void test_order(void **state)
{
	struct world *w = *state;
	unsigned round = 0;

	for (round = 0; round < 4; round++) {
		struct smb2_sealing_key *seal = round == 1 ? w->seal : NULL;
		struct message_out first = make_large(w, 1, round == 3);
		struct message_out second = make_pdu(w, 2, "small", 5);
		struct message_out third = make_pdu(w, 3, NULL, 0);
		struct tevent_req *reader = NULL;
		struct slow slow = {0};
		struct message *m = NULL;
		uint8_t *text = talloc_memdup(w, first.iov[1].iov_base, LARGE);

		set_slow(w, &slow);
		message_conn_set_helper(w->b, &(struct message_helper){0});
		first.sign = w->sign;
		begin(w, &first, 1, seal);
		assert_non_null(slow.req);
		assert_true(message_conn_queued(w->a) >= LARGE);
		if (seal != NULL) {
			memset(first.iov[0].iov_base, 'x', SMB2_HEADER_SIZE);
			memset(first.iov[1].iov_base, 'x', LARGE);
		}
		begin(w, &second, 1, NULL);
		begin(w, &third, 1, w->seal);
		reader = message_read_send(w, w->ev, w->b);
		idle(w);
		assert_true(tevent_req_is_in_progress(reader));
		if (round == 2) {
			tevent_req_error(slow.req, EAGAIN);
		} else {
			slow_do(&slow);
		}
		testlib_wait(w->ev, reader, 5);
		assert_int_equal(message_read_recv(reader, w, &m), 0);
		talloc_free(reader);
		assert_int_equal(m->pdu[0].header.message_id, 1);
		assert_int_equal(m->packed > 0, round != 3);
		assert_int_equal(m->sealed, seal != NULL);
		assert_memory_equal(m->pdu[0].data + SMB2_HEADER_SIZE + 4, text,
				    LARGE);
		assert_true(seal != NULL ||
			    message_verify(&m->pdu[0], w->sign));
		talloc_free(m);
		talloc_free(expect(w, 2, false, false));
		talloc_free(expect(w, 3, false, true));
	}
	idle(w);
	assert_int_equal(message_conn_queued(w->a), 0);
	assert_int_equal(message_conn_savings(w->a)->messages_out, 3);
}

/* In a chain the payload alone is compressed, and all of it arrives. */
static void test_chain(void **state)
{
	struct world *w = *state;
	struct message_out pdus[3] = {make_pdu(w, 1, "before", 6),
				      make_large(w, 2, false),
				      make_pdu(w, 3, "behind", 6)};
	struct slow slow = {0};
	struct message *m = NULL;

	set_slow(w, &slow);
	message_conn_set_helper(w->b, &(struct message_helper){0});
	begin(w, pdus, 3, NULL);
	slow_do(&slow);
	m = expect(w, 1, true, false);
	assert_int_equal(m->count, 3);
	assert_memory_equal(m->pdu[1].data + SMB2_HEADER_SIZE + 4,
			    pdus[1].iov[1].iov_base, LARGE);
	assert_memory_equal(m->pdu[2].data + SMB2_HEADER_SIZE + 4, "behind", 6);
}

/* Given up while the helper is at it, and before its turn. */
static void test_given_up(void **state)
{
	struct world *w = *state;
	struct message_out pdus[4] = {
		make_large(w, 1, false), make_pdu(w, 2, NULL, 0),
		make_pdu(w, 3, NULL, 0), make_large(w, 4, false)};
	struct tevent_req *req[4] = {0};
	struct slow slow = {0};
	unsigned i = 0;

	set_slow(w, &slow);
	message_conn_set_helper(w->b, &(struct message_helper){0});
	for (i = 0; i < 4; i++) {
		req[i] = begin(w, &pdus[i], 1, NULL);
	}
	assert_int_equal(slow.asked, 2);
	talloc_free(req[1]);
	talloc_free(req[0]);
	talloc_free(expect(w, 3, false, false));
	talloc_free(req[3]);
	assert_null(slow.req);
	idle(w);
	assert_int_equal(message_conn_queued(w->a), 0);
}

/* The connection goes: who waits hears of it. */
static void test_lost(void **state)
{
	struct world *w = *state;
	struct message_out pdus[2] = {make_large(w, 1, false),
				      make_pdu(w, 2, NULL, 0)};
	struct tevent_req *req[2] = {0};
	struct slow slow = {0};
	unsigned i = 0;

	set_slow(w, &slow);
	for (i = 0; i < 2; i++) {
		req[i] = begin(w, &pdus[i], 1, NULL);
	}
	TALLOC_FREE(w->a);
	assert_null(slow.req);
	for (i = 0; i < 2; i++) {
		testlib_wait(w->ev, req[i], 5);
		assert_int_equal(message_write_recv(req[i]), ECONNABORTED);
		talloc_free(req[i]);
	}
}

static void free_conn(struct tevent_req *req)
{
	struct world *w = tevent_req_callback_data_void(req);

	TALLOC_FREE(w->a);
}

/* Who hears that his key is used up ends the connection, with others behind. */
static void test_ended_by_the_first(void **state)
{
	struct world *w = *state;
	struct message_out pdus[2] = {make_large(w, 1, false),
				      make_pdu(w, 2, NULL, 0)};
	struct tevent_req *req[2] = {0};
	struct slow slow = {0};

	set_slow(w, &slow);
	crypto_sealing_set_limit(w->seal, 0);
	req[0] = begin(w, &pdus[0], 1, w->seal);
	req[1] = begin(w, &pdus[1], 1, NULL);
	tevent_req_set_callback(req[0], free_conn, w);
	slow_do(&slow);
	testlib_wait(w->ev, req[1], 5);
	assert_int_equal(message_write_recv(req[0]), EOVERFLOW);
	while (w->a != NULL) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
}

/* The session, and its key, go meanwhile: what was begun is sealed with it. */
static void test_key_gone(void **state)
{
	struct world *w = *state;
	struct message_out pdu = make_large(w, 1, false);
	TALLOC_CTX *session = talloc_new(w);
	struct slow slow = {0};

	set_slow(w, &slow);
	message_conn_set_helper(w->b, &(struct message_helper){0});
	talloc_steal(session, w->seal);
	begin(w, &pdu, 1, w->seal);
	talloc_free(session);
	slow_do(&slow);
	talloc_free(expect(w, 1, true, true));
}

#define turn_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		turn_test(test_order),
		turn_test(test_chain),
		turn_test(test_given_up),
		turn_test(test_lost),
		turn_test(test_ended_by_the_first),
		turn_test(test_key_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
