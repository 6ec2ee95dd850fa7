/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages that come close together, in pieces, or not whole.
 */
#include <errno.h>
#include <string.h>

#include "smbquic/message.h"
#include "tests/testlib.h"

#define MANY	40
#define SHORT	70u
#define AHEAD	16384u
#define LONG	100000u
#define LIMIT	(1u << 20)
#define ENDLESS 5 /* seconds that nothing here takes */

struct world {
	struct tevent_context *ev;
	struct transport *peer;
	struct message_conn *conn;
	struct wire_writer out; /* what the peer says */
};

static struct smb2_sealing_key *keyring(uint64_t session_id, void *private_data)
{
	(void)session_id;
	(void)private_data;
	return NULL;
}

static int setup(void **state)
{
	const struct message_limits limits = {.max_message = LIMIT};
	struct world *w = talloc_zero(NULL, struct world);
	struct transport *pair[2] = {0};

	w->ev = tevent_context_init(w);
	testlib_memory_pair(w, w->ev, NULL, pair);
	w->peer = pair[0];
	w->conn = message_conn_new(w, w->ev, pair[1], &limits, keyring, w);
	w->out = wire_writer_talloc(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* An ECHO, filled up to len bytes with its number. */
static void say(struct world *w, uint8_t number, size_t len)
{
	struct smb2_header header = {
		.command = SMB2_ECHO,
		.message_id = number,
	};
	uint8_t *rest = talloc_size(w, len);

	memset(rest, number, len);
	wire_put_u8(&w->out, 0);
	wire_put_be24(&w->out, (uint32_t)len);
	smb2_header_encode(&w->out, &header);
	wire_put(&w->out, rest, len - SMB2_HEADER_SIZE);
	assert_true(wire_writer_ok(&w->out));
	talloc_free(rest);
}

/* All that was said, in pieces of so many bytes. */
static void send_all(struct world *w, size_t piece)
{
	struct wire_slice all = wire_writer_slice(&w->out);
	size_t at = 0;

	for (at = 0; at < all.len; at += piece) {
		size_t n = all.len - at < piece ? all.len - at : piece;

		testlib_write_copy(w->ev, w->peer, all.data + at, n);
	}
}

static void end(struct world *w)
{
	struct tevent_req *req = transport_shutdown_send(
		w, w->ev, w->peer, TRANSPORT_CLOSE_DONE, NULL);

	testlib_wait(w->ev, req, ENDLESS);
	talloc_free(req);
}

static int read_one(struct world *w, struct message **out)
{
	struct tevent_req *req = message_read_send(w, w->ev, w->conn);
	int err = 0;

	testlib_wait(w->ev, req, ENDLESS);
	err = message_read_recv(req, w, out);
	talloc_free(req);
	return err;
}

static void expect(struct world *w, uint8_t number, size_t len)
{
	struct message *m = NULL;
	size_t i = 0;

	assert_int_equal(read_one(w, &m), 0);
	assert_non_null(m);
	assert_int_equal(m->len, len);
	assert_int_equal(m->pdu[0].header.message_id, number);
	for (i = SMB2_HEADER_SIZE; i < len; i++) {
		assert_int_equal(m->data[i], number);
	}
	talloc_free(m);
}

static void expect_end(struct world *w, int err)
{
	struct message *m = NULL;

	assert_int_equal(read_one(w, &m), err);
	assert_null(m);
}

/* Some short ones, and of each length that ends near what is read at once. */
static void say_many(struct world *w)
{
	uint8_t i = 0;

	for (i = 0; i < MANY; i++) {
		say(w, i, SHORT + i);
	}
	for (i = 0; i < MANY; i++) {
		say(w, i, AHEAD - MANY / 2 + i);
	}
	say(w, MANY, LONG);
	say(w, MANY + 1, SHORT);
}

static void expect_many(struct world *w)
{
	uint8_t i = 0;

	for (i = 0; i < MANY; i++) {
		expect(w, i, SHORT + i);
	}
	for (i = 0; i < MANY; i++) {
		expect(w, i, AHEAD - MANY / 2 + i);
	}
	expect(w, MANY, LONG);
	expect(w, MANY + 1, SHORT);
}

static void test_many_at_once(void **state)
{
	struct world *w = *state;

	say_many(w);
	send_all(w, SIZE_MAX / 2);
	end(w);
	expect_many(w);
	expect_end(w, 0);
}

static void test_in_pieces(void **state)
{
	struct world *w = *state;

	say_many(w);
	send_all(w, 509);
	end(w);
	expect_many(w);
	expect_end(w, 0);
}

static void test_byte_by_byte(void **state)
{
	struct world *w = *state;

	say(w, 1, SHORT);
	say(w, 2, SHORT);
	send_all(w, 1);
	end(w);
	expect(w, 1, SHORT);
	expect(w, 2, SHORT);
	expect_end(w, 0);
}

/* What follows the last whole message is part of a frame, or of a message. */
static void test_cut_off(void **state, size_t rest)
{
	struct world *w = *state;

	say(w, 1, SHORT);
	say(w, 2, SHORT);
	w->out.len -= 4 + SHORT - rest;
	send_all(w, SIZE_MAX / 2);
	end(w);
	expect(w, 1, SHORT);
	expect_end(w, EPIPE);
}

static void test_cut_off_frame(void **state)
{
	test_cut_off(state, 3);
}

static void test_cut_off_message(void **state)
{
	test_cut_off(state, 4 + SHORT - 1);
}

/* A frame that came with the message before is judged like any other. */
static void test_bad_one_behind(void **state)
{
	struct world *w = *state;

	say(w, 1, SHORT);
	wire_put_be32(&w->out, LIMIT + 1);
	send_all(w, SIZE_MAX / 2);
	expect(w, 1, SHORT);
	expect_end(w, EMSGSIZE);
}

/* Nothing is made of it before the loop turns: what came before it is to be
 * looked at first. */
static void test_not_at_once(void **state)
{
	struct world *w = *state;
	struct tevent_req *req = NULL;

	say(w, 1, SHORT);
	say(w, 2, SHORT);
	send_all(w, SIZE_MAX / 2);
	expect(w, 1, SHORT);
	req = message_read_send(w, w->ev, w->conn);
	assert_true(tevent_req_is_in_progress(req));
	talloc_free(req); /* nor is it lost */
	expect(w, 2, SHORT);
}

static void test_conn_freed(void **state)
{
	struct world *w = *state;
	struct tevent_req *req = NULL;
	struct message *m = NULL;

	say(w, 1, SHORT);
	say(w, 2, SHORT);
	send_all(w, SIZE_MAX / 2);
	expect(w, 1, SHORT);
	req = message_read_send(w, w->ev, w->conn);
	TALLOC_FREE(w->conn);
	testlib_wait(w->ev, req, ENDLESS);
	assert_int_equal(message_read_recv(req, w, &m), ECONNABORTED);
	assert_null(m);
}

#define read_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		read_test(test_many_at_once),	read_test(test_in_pieces),
		read_test(test_cut_off_frame),	read_test(test_cut_off_message),
		read_test(test_bad_one_behind), read_test(test_not_at_once),
		read_test(test_conn_freed),	read_test(test_byte_by_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
