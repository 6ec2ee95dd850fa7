/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole messages over a transport in memory: frames, chains, signatures,
 * seals, limits.
 */
#include <errno.h>
#include <string.h>

#include "tests/fixture_message.h"

static void test_plain(void **state)
{
	struct world *w = *state;
	struct message_out pdu = make_pdu(w, 7, "payload", 7);
	struct message *m = NULL;

	start_write(w, &pdu, 1, NULL);
	assert_true(message_conn_queued(w->a) > 0);
	assert_int_equal(read_one(w, &m), 0);
	assert_false(m->sealed);
	assert_false(m->smb1);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.command, SMB2_ECHO);
	assert_int_equal(m->pdu[0].header.message_id, 7);
	assert_int_equal(m->pdu[0].len, SMB2_HEADER_SIZE + 4 + 7);
	assert_memory_equal(m->pdu[0].data + SMB2_HEADER_SIZE + 4, "payload",
			    7);
	assert_true(m->pdu[0].last);
	while (message_conn_queued(w->a) != 0) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
}

/* A chain: padded to 8, each PDU signed by itself, payload included. */
static void test_signed_chain(void **state)
{
	struct world *w = *state;
	struct message_out pdus[3] = {
		make_pdu(w, 1, "odd", 3),
		make_pdu(w, 2, NULL, 0),
		make_pdu(w, 3, "last one", 8),
	};
	struct message *m = NULL;
	unsigned i = 0;

	for (i = 0; i < 3; i++) {
		pdus[i].sign = w->sign;
	}
	start_write(w, pdus, 3, NULL);
	assert_int_equal(read_one(w, &m), 0);
	assert_int_equal(m->count, 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(m->pdu[i].header.message_id, i + 1);
		assert_int_equal(m->pdu[i].header.flags, SMB2_FLAGS_SIGNED);
		assert_int_equal(m->pdu[i].last, i == 2);
		assert_true(message_verify(&m->pdu[i], w->sign));
		m->pdu[i].data[m->pdu[i].len - 1] ^= 1;
		assert_false(message_verify(&m->pdu[i], w->sign));
	}
	assert_int_equal(m->pdu[0].len % 8, 0);
	assert_int_equal(m->pdu[1].len % 8, 0);
}

static void test_sealed(void **state)
{
	struct world *w = *state;
	struct message_out pdus[2] = {make_pdu(w, 1, "secret", 6),
				      make_pdu(w, 2, "more", 4)};
	struct message *m = NULL;

	pdus[0].sign = w->sign; /* not used: the seal protects */
	start_write(w, pdus, 2, w->seal);
	assert_int_equal(read_one(w, &m), 0);
	assert_true(m->sealed);
	assert_int_equal(m->session_id, SESSION);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[0].header.flags, 0);
	assert_memory_equal(m->pdu[1].data + SMB2_HEADER_SIZE + 4, "more", 4);
}

static void test_sealed_without_key(void **state)
{
	struct world *w = *state;
	struct message_out pdu = make_pdu(w, 1, "secret", 6);
	struct message *m = NULL;

	w->unseal = NULL;
	start_write(w, &pdu, 1, w->seal);
	assert_int_equal(read_one(w, &m), ENOKEY);
	assert_null(m);
}

static void test_end(void **state)
{
	struct world *w = *state;
	struct message *m = NULL;
	struct tevent_req *req =
		transport_shutdown_send(w, w->ev, message_conn_transport(w->a),
					TRANSPORT_CLOSE_DONE, NULL);

	testlib_wait(w->ev, req, 5);
	assert_int_equal(read_one(w, &m), 0);
	assert_null(m);
}

/* Bytes straight onto the carrier; what the reader makes of them. */
static int read_raw(struct world *w, const void *bytes, size_t len)
{
	struct message *m = NULL;

	testlib_write_copy(w->ev, message_conn_transport(w->a), bytes, len);
	return read_one(w, &m);
}

static void test_bad_frame(void **state)
{
	assert_int_equal(read_raw(*state, "\x81\0\0\x40", 4), EBADMSG);
}

static void test_short_frame(void **state)
{
	assert_int_equal(read_raw(*state, "\0\0\0\3abc", 7), EBADMSG);
}

/* Refused by its length alone: the bytes never come. */
static void test_over_the_limit(void **state)
{
	assert_int_equal(read_raw(*state, "\0\x10\0\1", 4), EMSGSIZE);
}

static void test_garbage(void **state)
{
	assert_int_equal(read_raw(*state, "\0\0\0\x8garbage!", 12), EBADMSG);
}

static void test_compressed(void **state)
{
	assert_int_equal(read_raw(*state, "\0\0\0\x8\xfcSMBxxxx", 12), ENOTSUP);
}

static void test_smb1(void **state)
{
	struct world *w = *state;
	struct message *m = NULL;

	testlib_write_copy(w->ev, message_conn_transport(w->a),
			   "\0\0\0\x8\xffSMBrest", 12);
	assert_int_equal(read_one(w, &m), 0);
	assert_true(m->smb1);
	assert_int_equal(m->count, 0);
	assert_memory_equal(m->data, "\xffSMBrest", 8);
}

/* Every truncation of a signed chain, and every wrong NextCommand, is refused
 * or taken apart within its bounds. */
static void test_parse_truncated(void **state)
{
	struct world *w = *state;
	struct message_out pdus[2] = {make_pdu(w, 1, "12345678", 8),
				      make_pdu(w, 2, "1", 1)};
	struct message *m = NULL;
	uint8_t whole[400] = {0};
	size_t len = 0;
	size_t i = 0;

	start_write(w, pdus, 2, NULL);
	assert_int_equal(read_one(w, &m), 0);
	len = m->len;
	memcpy(whole, m->data, len);
	for (i = 0; i < len; i++) {
		uint8_t *cut = talloc_memdup(w, whole, i);
		struct message *out = NULL;
		int err = message_parse(w, cut, i, keyring, w, NULL, 0, &out);

		if (i < SMB2_HEADER_SIZE * 2 + 16) {
			assert_int_equal(err, EBADMSG);
		} else {
			assert_int_equal(err, 0);
			assert_true(out->pdu[1].data + out->pdu[1].len ==
				    out->data + i);
		}
		talloc_free(out);
	}
	for (i = 1; i < 300; i++) {
		uint8_t *bytes = talloc_memdup(w, whole, len);
		struct message *out = NULL;
		int err = 0;

		smb2_header_set_next_command(bytes, (uint32_t)i);
		err = message_parse(w, bytes, len, keyring, w, NULL, 0, &out);
		assert_true(err == EBADMSG || i == m->pdu[0].len);
		talloc_free(out);
	}
}

/* A seal within a seal, or a broken one, does not get through. */
static void test_tampered_seal(void **state)
{
	struct world *w = *state;
	struct message_out pdu = make_pdu(w, 1, "secret", 6);
	const size_t plain = SMB2_HEADER_SIZE + 4 + 6;
	uint8_t out[SMB2_HEADER_SIZE + 10 + CRYPTO_SEAL_OVERHEAD] = {0};
	const size_t len = SMB2_TRANSFORM_SIZE + plain;
	size_t i = 0;

	assert_int_equal(crypto_seal(w->seal, SESSION, pdu.iov, pdu.iov_count,
				     out, sizeof(out)),
			 0);
	for (i = 0; i < len; i++) {
		struct message *m = NULL;
		uint8_t *copy = talloc_memdup(w, out, len);
		int err = 0;

		copy[i] ^= 0x10;
		err = message_parse(w, copy, len, keyring, w, NULL, 0, &m);
		assert_true(err == EBADMSG || err == ENOKEY);
		assert_null(m);
	}
}

static struct wire_slice seal_of(struct world *w, struct wire_slice plain)
{
	const struct iovec iov = {
		.iov_base = talloc_memdup(w, plain.data, plain.len),
		.iov_len = plain.len,
	};
	size_t size = plain.len + CRYPTO_SEAL_OVERHEAD;
	uint8_t *out = talloc_zero_size(w, size);

	assert_int_equal(crypto_seal(w->seal, SESSION, &iov, 1, out, size), 0);
	return wire_slice(out, SMB2_TRANSFORM_SIZE + plain.len);
}

static void assert_refused(struct world *w, struct wire_slice bytes)
{
	uint8_t *copy = talloc_memdup(w, bytes.data, bytes.len);
	struct message *m = NULL;

	assert_int_equal(message_parse(w, copy, bytes.len, keyring, w, &chained,
				       1 << 20, &m),
			 EBADMSG);
	assert_null(m);
}

/* Well sealed, or compressed, and within it what has no business there. */
static void test_wrong_inside(void **state)
{
	struct world *w = *state;
	struct wire_slice smb1 = wire_slice("\xffSMBrest", 8);
	struct message_out pdu = make_pdu(w, 1, NULL, 0);
	struct wire_slice echo =
		wire_slice(pdu.iov[0].iov_base, pdu.iov[0].iov_len);
	static const uint8_t packed[] =
		"\xfcSMB\x8\0\0\0\0\0\1\0\x8\0\0\0\xffSMBrest";
	struct message *m = NULL;
	uint8_t *copy = NULL;

	assert_refused(w, seal_of(w, smb1));
	assert_refused(w, seal_of(w, seal_of(w, echo)));
	assert_refused(w, wire_slice(packed, sizeof(packed) - 1));
	assert_refused(w, seal_of(w, wire_slice(packed, sizeof(packed) - 1)));
	/* and what has */
	copy = talloc_memdup(w, seal_of(w, echo).data,
			     SMB2_TRANSFORM_SIZE + echo.len);
	assert_int_equal(message_parse(w, copy, SMB2_TRANSFORM_SIZE + echo.len,
				       keyring, w, &chained, 1 << 20, &m),
			 0);
	assert_true(m->sealed);
	assert_int_equal(m->count, 1);
}

/* A payload that says the same again and again, and a chain of two of them;
 * plain, signed, sealed; with and without chains of payloads. */
static void test_compress(void **state)
{
	struct world *w = *state;
	struct smb2_compress_terms terms = chained;
	const size_t len = 20000;
	char *text = talloc_zero_size(w, len + 10);
	unsigned i = 0;
	size_t k = 0;

	for (k = 0; k < len; k += 10) {
		memcpy(text + k, "0123456789", 10);
	}
	for (i = 0; i < 12; i++) {
		struct message_out pdus[2] = {make_pdu(w, 1, text, len),
					      make_pdu(w, 2, text, len)};
		unsigned count = 1 + i / 6;
		bool sealed = i % 3 == 2;
		struct message *m = NULL;
		struct message_savings before = *message_conn_savings(w->a);
		struct message_savings after = {0};

		terms.chained = i & 1;
		message_conn_set_compression(w->a, &terms);
		message_conn_set_compression(w->b, &terms);
		/* of a chain the last one, so that nothing follows it */
		pdus[count - 1].compress = true;
		pdus[0].sign = pdus[1].sign = i % 3 == 1 ? w->sign : NULL;
		start_write(w, pdus, count, sealed ? w->seal : NULL);
		after = *message_conn_savings(w->a);
		assert_int_equal(after.messages_out, before.messages_out + 1);
		assert_true(after.packed_out - before.packed_out <
			    1000 + (count - 1) * (len + 100));
		assert_int_equal(read_one(w, &m), 0);
		assert_int_equal(m->sealed, sealed);
		assert_in_range(m->packed, 100,
				1000 + (count - 1) * (len + 100));
		assert_int_equal(m->count, count);
		for (k = 0; k < count; k++) {
			assert_memory_equal(m->pdu[k].data + SMB2_HEADER_SIZE +
						    4,
					    text, len);
			if (i % 3 == 1) {
				assert_true(
					message_verify(&m->pdu[k], w->sign));
			}
		}
		assert_int_equal(m->len, after.plain_out - before.plain_out);
		talloc_free(m);
	}
	assert_int_equal(message_conn_savings(w->b)->messages_in, 12);
	assert_int_equal(message_conn_savings(w->b)->plain_in,
			 message_conn_savings(w->a)->plain_out);
	assert_int_equal(message_conn_savings(w->b)->packed_in,
			 message_conn_savings(w->a)->packed_out);
}

/* Of a chain the longest payload; what follows needs a chain of payloads. */
static void test_compress_first(void **state)
{
	struct world *w = *state;
	struct smb2_compress_terms terms = chained;
	uint8_t *text = talloc_zero_size(w, 20000);
	unsigned i = 0;

	message_conn_set_compression(w->b, &chained);
	for (i = 0; i < 2; i++) {
		struct message_out pdus[2] = {make_pdu(w, 1, text, 20000),
					      make_pdu(w, 2, text, 2000)};
		struct message *m = NULL;

		terms.chained = i == 0;
		message_conn_set_compression(w->a, &terms);
		pdus[0].compress = true;
		pdus[1].compress = true;
		start_write(w, pdus, 2, NULL);
		assert_int_equal(read_one(w, &m), 0);
		assert_int_equal(m->packed > 0, i == 0);
		assert_true(m->packed < 3000);
		assert_int_equal(m->count, 2);
		assert_memory_equal(m->pdu[1].data + SMB2_HEADER_SIZE + 4, text,
				    2000);
		talloc_free(m);
	}
}

/* Not asked for, not agreed upon, too small, or without repetitions: as it
 * is. */
static void test_not_compressed(void **state)
{
	struct world *w = *state;
	uint8_t *text = talloc_zero_size(w, 20000);
	unsigned i = 0;

	for (i = 0; i < 4; i++) {
		struct message_out pdu =
			make_pdu(w, 1, text, i == 2 ? 500 : 20000);
		struct message *m = NULL;

		if (i == 3) {
			assert_int_equal(
				crypto_random(pdu.iov[1].iov_base, 20000), 0);
		}
		pdu.compress = i != 0;
		if (i > 1) {
			message_conn_set_compression(w->a, &chained);
		}
		start_write(w, &pdu, 1, NULL);
		assert_int_equal(read_one(w, &m), 0);
		assert_int_equal(m->packed, 0);
		talloc_free(m);
	}
	assert_int_equal(message_conn_savings(w->a)->messages_out, 0);
}

/* What came large and compressed is decompressed by the helper, or, if he will
 * not, here. What is small, or not compressed, he never sees. */
static void test_unpacked_by_helper(void **state)
{
	struct world *w = *state;
	uint8_t *text = talloc_zero_size(w, LARGE);
	struct slow slow = {0};
	unsigned i = 0;

	set_slow(w, &slow);
	message_conn_set_helper(w->a, &(struct message_helper){0});
	for (i = 0; i < 5; i++) {
		size_t len = i == 2 ? 5000 : LARGE;
		struct message_out pdu = make_pdu(w, i, text, len);
		struct message *m = NULL;
		struct tevent_req *req = NULL;

		pdu.compress = i != 3;
		start_write(w, &pdu, 1, i == 4 ? w->seal : NULL);
		req = message_read_send(w, w->ev, w->b);
		while (slow.req == NULL && tevent_req_is_in_progress(req)) {
			assert_int_equal(tevent_loop_once(w->ev), 0);
		}
		assert_int_equal(slow.req == NULL, i == 2 || i == 3);
		if (i == 1) {
			tevent_req_error(slow.req, EAGAIN);
		} else if (slow.req != NULL) {
			assert_true(tevent_req_is_in_progress(req));
			slow_do(&slow);
		}
		testlib_wait(w->ev, req, 5);
		assert_int_equal(message_read_recv(req, w, &m), 0);
		talloc_free(req);
		assert_int_equal(m->packed > 0, i != 3);
		assert_memory_equal(m->pdu[0].data + SMB2_HEADER_SIZE + 4, text,
				    len);
		talloc_free(m);
	}
	assert_int_equal(slow.asked, 3);
}

/* A reader who goes, a connection that does: while the helper is
 * at it. */
static void test_helper_left(void **state)
{
	struct world *w = *state;
	uint8_t *text = talloc_zero_size(w, LARGE);
	struct slow slow = {0};
	struct tevent_req *req = NULL;
	struct message *m = NULL;
	unsigned i = 0;

	set_slow(w, &slow);
	message_conn_set_helper(w->a, &(struct message_helper){0});
	for (i = 0; i < 3; i++) {
		struct message_out pdu = make_pdu(w, i, text, LARGE);

		pdu.compress = true;
		start_write(w, &pdu, 1, NULL);
		req = message_read_send(w, w->ev, w->b);
		while (slow.req == NULL) {
			assert_int_equal(tevent_loop_once(w->ev), 0);
		}
		if (i == 0) {
			talloc_free(req);
			assert_null(slow.req);
			continue;
		}
		if (i == 2) {
			TALLOC_FREE(w->b);
		}
		slow_do(&slow);
		testlib_wait(w->ev, req, 5);
		assert_int_equal(message_read_recv(req, w, &m),
				 i == 1 ? 0 : ECONNABORTED);
		talloc_free(req);
	}
}

/* A payload that the helper compressed before: the same bytes come, signed,
 * sealed and in a chain. */
static void test_packed_before(void **state)
{
	struct world *w = *state;
	struct slow slow = {0};
	unsigned i = 0;

	set_slow(w, &slow);
	for (i = 0; i < 6; i++) {
		struct message_out pdus[2] = {make_pdu(w, 1, NULL, 0),
					      make_pdu(w, 2, "behind", 6)};
		uint8_t *text = talloc_zero_size(w, LARGE);
		struct tevent_req *req = NULL;
		struct message *m = NULL;

		text[LARGE - 1] = 'z';
		if (i == 5) {
			assert_int_equal(crypto_random(text, LARGE), 0);
		}
		assert_true(message_packs(w->a, LARGE));
		assert_false(message_packs(w->a, MESSAGE_HELP_MIN - 1));
		req = message_pack_send(w, w->ev, w->a, wire_slice(text, LARGE),
					text);
		assert_non_null(slow.req);
		if (i == 4) {
			tevent_req_error(slow.req, EAGAIN);
		} else {
			slow_do(&slow);
		}
		testlib_wait(w->ev, req, 5);
		pdus[0].packed = message_pack_recv(req, w);
		talloc_free(req);
		assert_int_equal(pdus[0].packed.len == 0, i >= 4);
		pdus[0].iov[1].iov_base = text;
		pdus[0].iov[1].iov_len = LARGE;
		pdus[0].iov_count = 2;
		pdus[0].sign = i == 1 ? w->sign : NULL;
		start_write(w, pdus, i == 3 ? 2 : 1, i == 2 ? w->seal : NULL);
		message_conn_set_helper(w->b, &(struct message_helper){0});
		assert_int_equal(read_one(w, &m), 0);
		assert_int_equal(m->packed > 0, i < 4);
		assert_memory_equal(m->pdu[0].data + SMB2_HEADER_SIZE + 4, text,
				    LARGE);
		assert_true(i != 1 || message_verify(&m->pdu[0], w->sign));
		assert_int_equal(m->count, i == 3 ? 2 : 1);
		talloc_free(m);
	}
	assert_int_equal(message_conn_savings(w->a)->messages_out, 4);
}

/* What may come of a compressed message is what may come without. */
static void test_bomb(void **state)
{
	struct world *w = *state;
	static const uint8_t bomb[] =
		"\0\0\0\x18\xfcSMB\x01\0\x10\0\4\0\1\0\x8\0\0\0"
		"\0\0\0\0\x01\0\x10\0";

	message_conn_set_compression(w->b, &chained);
	assert_int_equal(read_raw(w, bomb, sizeof(bomb) - 1), EMSGSIZE);
}

/* Zeros, as long as allowed, and the same within another: no SMB2 message. */
static void test_compressed_nothing(void **state)
{
	struct world *w = *state;
	static const uint8_t zeros[] =
		"\xfcSMB\0\0\x10\0\4\0\1\0\x8\0\0\0\0\0\0\0\0\0\x10";
	static const uint8_t nested[] =
		"\xfcSMB\x1c\0\0\0\0\0\1\0\4\0\0\0\xfcSMB\4\0\0\0\x8"
		"\0\0\0\0\0\0\0\x18\0\0";
	struct message *m = NULL;
	uint8_t *copy = talloc_memdup(w, zeros, sizeof(zeros));

	assert_int_equal(message_parse(w, copy, sizeof(zeros), keyring, w,
				       &chained, 1 << 20, &m),
			 EBADMSG);
	copy = talloc_memdup(w, nested, sizeof(nested));
	assert_int_equal(message_parse(w, copy, sizeof(nested), keyring, w,
				       &chained, 1 << 20, &m),
			 EBADMSG);
}

/* The connection goes while a write is outstanding. */
static void test_freed_under_a_write(void **state)
{
	struct world *w = *state;
	struct message_out pdu = make_pdu(w, 1, "payload", 7);
	struct tevent_req *req =
		message_write_send(w, w->ev, w->a, &pdu, 1, NULL, 0);

	assert_true(tevent_req_is_in_progress(req));
	TALLOC_FREE(w->a);
	testlib_wait(w->ev, req, 5);
	assert_int_equal(message_write_recv(req), ECONNABORTED);
}

#define message_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		message_test(test_plain),
		message_test(test_signed_chain),
		message_test(test_sealed),
		message_test(test_sealed_without_key),
		message_test(test_end),
		message_test(test_bad_frame),
		message_test(test_short_frame),
		message_test(test_over_the_limit),
		message_test(test_garbage),
		message_test(test_compressed),
		message_test(test_smb1),
		message_test(test_parse_truncated),
		message_test(test_tampered_seal),
		message_test(test_wrong_inside),
		message_test(test_compress),
		message_test(test_compress_first),
		message_test(test_not_compressed),
		message_test(test_bomb),
		message_test(test_unpacked_by_helper),
		message_test(test_helper_left),
		message_test(test_packed_before),
		message_test(test_compressed_nothing),
		message_test(test_freed_under_a_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
