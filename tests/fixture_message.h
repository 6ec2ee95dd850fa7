/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two connections of message.h over a transport in memory, what they send, and
 * a helper that does its work when the test says so.
 */
#ifndef TESTS_FIXTURE_MESSAGE_H
#define TESTS_FIXTURE_MESSAGE_H

#include "smbquic/message.h"
#include "tests/testlib.h"

#define SESSION 0x1122334455667788u

struct world {
	struct tevent_context *ev;
	struct transport *raw; /* the other end of a's, when b has none */
	struct message_conn *a, *b;
	struct smb2_sealing_key *unseal;
	struct smb2_sealing_key *seal;
	struct smb2_signing_key *sign;
};

static const uint8_t key16[16] = "0123456789abcde";

static inline struct smb2_sealing_key *keyring(uint64_t session_id,
					       void *private_data)
{
	struct world *w = private_data;

	return session_id == SESSION ? w->unseal : NULL;
}

static inline int setup(void **state)
{
	const struct message_limits limits = {.max_message = 1 << 20};
	struct world *w = talloc_zero(NULL, struct world);
	struct transport *pair[2] = {0};

	w->ev = tevent_context_init(w);
	testlib_memory_pair(w, w->ev, NULL, pair);
	w->a = message_conn_new(w, w->ev, pair[0], &limits, keyring, w);
	w->b = message_conn_new(w, w->ev, pair[1], &limits, keyring, w);
	w->raw = pair[1];
	assert_int_equal(crypto_sealing_key_new(w, SMB2_CIPHER_AES128_GCM,
						key16, 16, &w->seal),
			 0);
	assert_int_equal(crypto_sealing_key_new(w, SMB2_CIPHER_AES128_GCM,
						key16, 16, &w->unseal),
			 0);
	assert_int_equal(crypto_signing_key_new(w, SMB2_SIGNING_AES_GMAC, key16,
						&w->sign),
			 0);
	*state = w;
	return 0;
}

static inline int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* An ECHO request whose body is one piece, and payload another. */
static inline struct message_out make_pdu(struct world *w, uint64_t message_id,
					  const void *payload, size_t len)
{
	struct smb2_header header = {
		.command = SMB2_ECHO,
		.message_id = message_id,
		.session_id = SESSION,
	};
	struct message_out out = {.iov_count = 1};
	struct wire_writer writer = wire_writer_talloc(w);
	struct wire_slice slice = {0};

	smb2_header_encode(&writer, &header);
	wire_put_u16(&writer, 4);
	wire_put_u16(&writer, 0);
	assert_true(wire_writer_ok(&writer));
	slice = wire_writer_slice(&writer);
	out.iov[0].iov_base = talloc_memdup(w, slice.data, slice.len);
	out.iov[0].iov_len = slice.len;
	if (len > 0) {
		out.iov[1].iov_base = talloc_memdup(w, payload, len);
		out.iov[1].iov_len = len;
		out.iov_count = 2;
	}
	return out;
}

static inline void start_write(struct world *w, const struct message_out *pdus,
			       unsigned count, struct smb2_sealing_key *seal)
{
	assert_non_null(
		message_write_send(w, w->ev, w->a, pdus, count, seal, SESSION));
}

static inline int read_one(struct world *w, struct message **out)
{
	struct tevent_req *req = message_read_send(w, w->ev, w->b);
	int err = 0;

	testlib_wait(w->ev, req, 5);
	err = message_read_recv(req, w, out);
	talloc_free(req);
	return err;
}

static const struct smb2_compress_terms chained = {
	.algorithms = {SMB2_COMPRESSION_PATTERN_V1, SMB2_COMPRESSION_LZ77},
	.count = 2,
	.chained = true,
};

/* A helper who does it when told to, or says that he never will. */
struct slow {
	struct tevent_req *req;
	void (*work)(void *job);
	void *job;
	unsigned asked;
};

struct slow_state {
	struct slow *slow;
	void *job;
};

static inline int slow_state_destructor(struct slow_state *state)
{
	talloc_free(state->job);
	state->slow->req = NULL;
	return 0;
}

static inline struct tevent_req *slow_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   void (*work)(void *job), void *job,
					   void *private_data)
{
	struct slow *slow = private_data;
	struct slow_state *state = NULL;

	(void)ev;
	slow->req = tevent_req_create(mem_ctx, &state, struct slow_state);
	slow->work = work;
	slow->job = job;
	slow->asked++;
	state->slow = slow;
	state->job = job;
	talloc_set_destructor(state, slow_state_destructor);
	return slow->req;
}

static inline int slow_recv(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	return tevent_req_is_error(req, &how, &err) ? (int)err : 0;
}

static inline void slow_do(struct slow *slow)
{
	slow->work(slow->job);
	tevent_req_done(slow->req);
}

static inline void set_slow(struct world *w, struct slow *slow)
{
	const struct message_helper helper = {
		.send = slow_send,
		.recv = slow_recv,
		.private_data = slow,
	};

	message_conn_set_helper(w->a, &helper);
	message_conn_set_helper(w->b, &helper);
	message_conn_set_compression(w->a, &chained);
	message_conn_set_compression(w->b, &chained);
}

#define LARGE 200000u

#endif
