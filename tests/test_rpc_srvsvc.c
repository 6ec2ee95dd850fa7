/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rpc.c, rpc_srvsvc.c: the list of shares. */
#include "tests/fixture_client.h"

#include "client/client_private.h"
#include "client/rpc_private.h"

/* The answer of a server with two shares, as Windows writes it. */
static void put_answer(struct wire_writer *w, uint32_t result)
{
	wire_put_u32(w, 1); /* level, union */
	wire_put_u32(w, 1);
	wire_put_u32(w, 0x20000);
	wire_put_u32(w, 2); /* entries, array */
	wire_put_u32(w, 0x20004);
	wire_put_u32(w, 2);
	wire_put_u32(w, 0x20008);
	wire_put_u32(w, CLIENT_STYPE_DISK);
	wire_put_u32(w, 0x2000c);
	wire_put_u32(w, 0x20010);
	wire_put_u32(w, CLIENT_STYPE_IPC | CLIENT_STYPE_SPECIAL);
	wire_put_u32(w, 0); /* no comment */
	ndr_put_string(w, "data");
	ndr_put_string(w, "of us all");
	ndr_put_string(w, "IPC$");
	wire_put_u32(w, 2); /* total, no resume handle, result */
	wire_put_u32(w, 0);
	wire_put_u32(w, result);
}

static void check(const struct client_share_list *list)
{
	assert_int_equal(list->count, 2);
	assert_string_equal(list->share[0].name, "data");
	assert_string_equal(list->share[0].comment, "of us all");
	assert_int_equal(list->share[0].type, CLIENT_STYPE_DISK);
	assert_string_equal(list->share[1].name, "IPC$");
	assert_string_equal(list->share[1].comment, "");
	assert_int_equal(list->share[1].type & CLIENT_STYPE_MASK,
			 CLIENT_STYPE_IPC);
}

static void test_decode(void **state)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem);
	struct client_share_list *list =
		talloc_zero(mem, struct client_share_list);
	uint32_t result = 99;
	size_t len = 0;

	(void)state;
	put_answer(&w, 0);
	assert_true(
		srvsvc_get_share_enum(wire_writer_slice(&w), list, &result));
	assert_int_equal(result, 0);
	check(list);
	for (len = 0; len < w.len; len++) {
		assert_false(srvsvc_get_share_enum(wire_slice(w.buf, len), list,
						   &result));
	}
	talloc_free(mem);
}

/* Every length and count, too large by one and by very much. */
static void test_grown(void **state)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem);
	uint32_t result = 0;
	size_t at = 0;

	(void)state;
	put_answer(&w, 0);
	for (at = 0; at + 4 <= w.len; at += 4) {
		struct client_share_list *list =
			talloc_zero(mem, struct client_share_list);
		uint8_t keep[4] = {0};

		memcpy(keep, w.buf + at, 4);
		w.buf[at]++;
		(void)srvsvc_get_share_enum(wire_writer_slice(&w), list,
					    &result);
		memset(w.buf + at, 0xff, 4);
		(void)srvsvc_get_share_enum(wire_writer_slice(&w), list,
					    &result);
		memcpy(w.buf + at, keep, 4);
		talloc_free(list);
	}
	wire_store_le(w.buf + 12, 3, 4); /* more entries than in the array */
	assert_false(srvsvc_get_share_enum(
		wire_writer_slice(&w),
		talloc_zero(mem, struct client_share_list), &result));
	talloc_free(mem);
}

/* A fragment of a response. */
static void put_fragment(struct wire_writer *w, uint8_t type, uint8_t flags,
			 const uint8_t *data, size_t len)
{
	wire_put_u8(w, 5);
	wire_put_u8(w, 0);
	wire_put_u8(w, type);
	wire_put_u8(w, flags);
	wire_put_u32(w, 0x10);
	wire_put_u16(w, (uint16_t)(24 + len));
	wire_put_u16(w, 0);
	wire_put_u32(w, 2);
	wire_put_zeros(w, 8);
	wire_put(w, data, len);
}

/* All cuttings of the bytes give the same stub. */
static void test_fragments(void **state)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem);
	size_t piece = 0;

	(void)state;
	put_fragment(&w, 2, 1, (const uint8_t *)"first ", 6);
	put_fragment(&w, 2, 0, (const uint8_t *)"middle ", 7);
	put_fragment(&w, 2, 2, (const uint8_t *)"last", 4);
	for (piece = 1; piece <= w.len; piece++) {
		struct rpc_reply reply = {0};
		NTSTATUS status = NT_STATUS_PENDING;
		size_t at = 0;

		rpc_reply_init(mem, &reply);
		while (status == NT_STATUS_PENDING && at < w.len) {
			size_t n = w.len - at < piece ? w.len - at : piece;

			status = rpc_reply_take(&reply,
						wire_slice(w.buf + at, n));
			at += n;
		}
		assert_int_equal(status, NT_STATUS_OK);
		assert_int_equal(reply.stub.len, 17);
		assert_memory_equal(reply.stub.buf, "first middle last", 17);
	}
	talloc_free(mem);
}

static void test_not_a_response(void **state)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct wire_writer fault = wire_writer_talloc(mem);
	struct wire_writer ack = wire_writer_talloc(mem);
	struct rpc_reply reply = {0};

	(void)state;
	put_fragment(&fault, 3, 3, (const uint8_t *)"\0\0\0\0", 4);
	put_fragment(&ack, 12, 3, (const uint8_t *)"\0\0\0\0", 4);
	rpc_reply_init(mem, &reply);
	assert_int_equal(rpc_reply_take(&reply, wire_writer_slice(&fault)),
			 NT_STATUS_NOT_SUPPORTED);
	rpc_reply_init(mem, &reply);
	assert_int_equal(rpc_reply_take(&reply, wire_writer_slice(&ack)),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	assert_false(rpc_get_bind_ack(wire_writer_slice(&fault)));
	assert_false(rpc_get_bind_ack(wire_slice(NULL, 0)));
	talloc_free(mem);
}

/* ------------------------------------------------------- the whole exchange */

static bool in_pieces;
static uint32_t answer_result;
static NTSTATUS pipe_status;
static struct wire_slice rest;

static void put_bind_ack(struct wire_writer *w)
{
	wire_put_u8(w, 5);
	wire_put_u8(w, 0);
	wire_put_u8(w, 12);
	wire_put_u8(w, 3);
	wire_put_u32(w, 0x10);
	wire_put_u16(w, 68);
	wire_put_u16(w, 0);
	wire_put_u32(w, 1);
	wire_put_u16(w, 4280);
	wire_put_u16(w, 4280);
	wire_put_u32(w, 1);
	wire_put_u16(w, 13); /* secondary address */
	wire_put(w, "\\pipe\\srvsvc", 13);
	wire_put_align(w, 4);
	wire_put_u32(w, 1); /* one result: accepted */
	wire_put_u32(w, 0);
	wire_put_zeros(w, 20);
}

static void answer_transceive(struct peer *peer, const struct message_pdu *pdu,
			      struct peer_reply *reply)
{
	struct wire_writer stub = wire_writer_talloc(peer);
	struct wire_writer w = wire_writer_talloc(peer);
	struct smb2_ioctl_request in = {0};
	struct smb2_ioctl_response out = {0};

	assert_true(smb2_ioctl_request_decode(pdu->data, pdu->len, &in));
	assert_int_equal(in.ctl_code, FSCTL_PIPE_TRANSCEIVE);
	if (in.input.data[2] == 11) {
		put_bind_ack(&w);
	} else {
		put_answer(&stub, answer_result);
		put_fragment(&w, 2, 3, stub.buf, stub.len);
	}
	reply->header.status = NT_STATUS_OK;
	out.ctl_code = in.ctl_code;
	out.output = wire_writer_slice(&w);
	if (in_pieces && in.input.data[2] != 11) {
		reply->header.status = NT_STATUS_BUFFER_OVERFLOW;
		rest = wire_slice(w.buf + 30, w.len - 30);
		out.output.len = 30;
	}
	smb2_ioctl_response_encode(testlib_peer_body(reply), &out);
}

static void answer_pipe(struct peer *peer, const struct message_pdu *pdu,
			struct peer_reply *reply)
{
	struct smb2_read_response out = {0};

	if (pdu->header.command == SMB2_CREATE &&
	    !NT_STATUS_IS_OK(pipe_status)) {
		testlib_peer_error(reply, pipe_status);
	} else if (pdu->header.command == SMB2_IOCTL) {
		answer_transceive(peer, pdu, reply);
	} else if (pdu->header.command == SMB2_READ) {
		reply->header.status = NT_STATUS_OK;
		out.data = rest;
		smb2_read_response_encode(testlib_peer_body(reply), &out);
		wire_put_slice(&reply->w, rest);
		rest.len = 0;
	}
}

static int shares_setup(void **state)
{
	in_pieces = false;
	answer_result = 0;
	pipe_status = NT_STATUS_OK;
	return fixture_setup(state);
}

static void test_shares(void **state)
{
	struct fixture *f = *state;
	struct client_share_list *list = NULL;

	fixture_up(f);
	f->peer->hook = answer_pipe;
	assert_int_equal(client_shares(f, f->session, &list), NT_STATUS_OK);
	check(list);
	fixture_settle(f);
	assert_int_equal(f->peer->closed, 1);
	assert_int_equal(f->peer->seen[SMB2_TREE_DISCONNECT], 1);
}

static void test_shares_in_pieces(void **state)
{
	struct fixture *f = *state;
	struct client_share_list *list = NULL;

	fixture_up(f);
	f->peer->hook = answer_pipe;
	in_pieces = true;
	assert_int_equal(client_shares(f, f->session, &list), NT_STATUS_OK);
	check(list);
}

static void test_shares_refused(void **state)
{
	struct fixture *f = *state;
	struct client_share_list *list = NULL;

	fixture_up(f);
	f->peer->hook = answer_pipe;
	answer_result = 5;
	assert_int_equal(client_shares(f, f->session, &list),
			 NT_STATUS_ACCESS_DENIED);
	pipe_status = NT_STATUS_OBJECT_NAME_NOT_FOUND;
	assert_int_equal(client_shares(f, f->session, &list),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_null(list);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, shares_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_grown),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_not_a_response),
		T(test_shares),
		T(test_shares_in_pieces),
		T(test_shares_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
