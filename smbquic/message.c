/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "smbquic/list.h"
#include "smbquic/message_private.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* A frame's length field has three bytes. */
#define MESSAGE_FRAME_MAX 0xFFFFFFu

static int message_conn_destructor(struct message_conn *conn)
{
	struct message_write_state *w = NULL;

	message_turns_lost(conn);
	for (w = conn->writes; w != NULL; w = w->next) {
		w->conn = NULL;
	}
	if (conn->reader != NULL) {
		message_reader_lost(conn->reader);
	}
	return 0;
}

struct message_conn *message_conn_new(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct transport *t,
				      const struct message_limits *limits,
				      message_keyring_fn keyring,
				      void *private_data)
{
	struct message_conn *conn = talloc(mem_ctx, struct message_conn);

	(void)ev;
	if (conn == NULL) {
		return NULL;
	}
	memset(conn, 0, offsetof(struct message_conn, ahead));
	conn->transport = talloc_steal(conn, t);
	conn->limits = *limits;
	conn->keyring = keyring;
	conn->private_data = private_data;
	talloc_set_destructor(conn, message_conn_destructor);
	return conn;
}

void message_conn_set_limits(struct message_conn *conn,
			     const struct message_limits *limits)
{
	conn->limits = *limits;
}

void message_conn_set_compression(struct message_conn *conn,
				  const struct smb2_compress_terms *terms)
{
	conn->terms = *terms;
}

void message_conn_set_helper(struct message_conn *conn,
			     const struct message_helper *helper)
{
	conn->helper = *helper;
}

const struct message_savings *message_conn_savings(
	const struct message_conn *conn)
{
	return &conn->savings;
}

struct transport *message_conn_transport(struct message_conn *conn)
{
	return conn->transport;
}

size_t message_conn_queued(const struct message_conn *conn)
{
	return conn->queued;
}

int message_request_errno(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &how, &err)) {
		return 0;
	}
	return how == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

/* --- writing ---------------------------------------------------------------
 */

static const uint8_t zeros[8];

static void message_write_cleanup(struct tevent_req *req,
				  enum tevent_req_state how)
{
	struct message_write_state *state =
		tevent_req_data(req, struct message_write_state);

	(void)how;
	message_turn_end(state);
	if (state->queued == 0 || state->conn == NULL) {
		return;
	}
	state->conn->queued -= state->queued;
	state->queued = 0;
	LIST_REMOVE(state->conn->writes, state);
}

void message_count_queued(struct message_write_state *state, size_t size)
{
	struct message_conn *conn = state->conn;

	if (state->queued == 0) {
		LIST_ADD(conn->writes, state);
	}
	conn->queued -= state->queued;
	conn->queued += size;
	state->queued = size;
}

size_t message_iov_size(const struct iovec *iov, int count)
{
	size_t size = 0;
	int i = 0;

	for (i = 0; i < count; i++) {
		size += iov[i].iov_len;
	}
	return size;
}

static void set_signed(uint8_t *encoded)
{
	struct smb2_header header = {0};
	bool ok = smb2_header_decode(encoded, SMB2_HEADER_SIZE, &header);

	assert(ok);
	smb2_header_set_flags(encoded, header.flags | SMB2_FLAGS_SIGNED);
}

/* Of the payloads that may be compressed, the longest is. */
static void choose_payload(struct message_write_state *state, int first,
			   int count)
{
	int i = 0;

	for (i = first; i < first + count; i++) {
		size_t len = state->iov[i].iov_len;

		if (len >= SMB2_COMPRESS_MIN &&
		    (state->payload == 0 ||
		     len > state->iov[state->payload].iov_len)) {
			state->payload = i;
			state->ready = wire_slice(NULL, 0);
		}
	}
}

static void choose_ready(struct message_write_state *state, int i,
			 struct wire_slice packed)
{
	if (state->payload == 0 ||
	    state->iov[i].iov_len > state->iov[state->payload].iov_len) {
		state->payload = i;
		state->ready = packed;
	}
}

/* Put one PDU behind the others: pieces, padding, NextCommand, signature. */
static int add_pdu(struct message_write_state *state,
		   const struct message_out *pdu, bool last, bool padded,
		   bool may_sign)
{
	struct iovec *first = &state->iov[state->count];
	size_t size = message_iov_size(pdu->iov, pdu->iov_count);
	size_t pad = padded ? (8 - size % 8) % 8 : 0;
	uint8_t *header = pdu->iov[0].iov_base;
	int count = pdu->iov_count;

	assert(pdu->iov_count > 0 && pdu->iov_count <= MESSAGE_MAX_IOV);
	assert(pdu->iov[0].iov_len >= SMB2_HEADER_SIZE);
	memcpy(first, pdu->iov, sizeof(*first) * (size_t)count);
	if (pdu->packed.len > 0) {
		choose_ready(state, state->count + 1, pdu->packed);
	} else if (pdu->compress && state->conn->terms.count > 0) {
		choose_payload(state, state->count + 1, count - 1);
	}
	if (pad > 0) {
		memcpy(&first[count].iov_base, &(const void *){zeros},
		       sizeof(void *));
		first[count].iov_len = pad;
		count++;
	}
	state->count += count;
	smb2_header_set_next_command(header, last ? 0 : (uint32_t)(size + pad));
	if (pdu->sign == NULL || !may_sign) {
		return 0;
	}
	set_signed(header);
	return crypto_sign(pdu->sign, first, count);
}

static int add_pdus(struct message_write_state *state,
		    const struct message_out *pdus, unsigned count,
		    bool may_sign)
{
	unsigned i = 0;
	int err = 0;

	/* iov[0] is the frame. */
	state->iov = talloc_zero_array(state, struct iovec,
				       1 + count * (MESSAGE_MAX_IOV + 1));
	if (state->iov == NULL) {
		return ENOMEM;
	}
	state->count = 1;
	for (i = 0; i < count && err == 0; i++) {
		bool last = i + 1 == count;
		bool packs = pdus[i].packed.len > 0 ||
			     (pdus[i].compress && state->conn->terms.count > 0);

		/* 3.3.4.1.3: of a compound the last one as well; not behind
		 * what is compressed, as only a chained form goes on then */
		err = add_pdu(state, &pdus[i], last,
			      !last || (count > 1 && !packs), may_sign);
	}
	return err;
}

struct wire_slice message_flatten(TALLOC_CTX *mem_ctx, const struct iovec *iov,
				  int count)
{
	size_t size = message_iov_size(iov, count);
	uint8_t *out = size == 0 ? NULL : talloc_size(mem_ctx, size);
	size_t at = 0;
	int i = 0;

	for (i = 0; i < count && out != NULL; i++) {
		if (iov[i].iov_len > 0) {
			memcpy(out + at, iov[i].iov_base, iov[i].iov_len);
		}
		at += iov[i].iov_len;
	}
	return wire_slice(out, out == NULL ? 0 : size);
}

void message_count_packed(const struct message_write_state *state, size_t plain,
			  size_t packed)
{
	struct message_savings *savings = &state->conn->savings;

	savings->messages_out++;
	savings->plain_out += plain;
	savings->packed_out += packed;
}

/*
 * 3.1.4.4: replace what is behind the frame by one piece in which the payload
 * is compressed, when that is shorter. Nothing else is compressed: neither
 * headers nor names of the same chain. Without memory the message goes as it
 * is.
 */
static void pack_payload(struct message_write_state *state)
{
	const struct iovec *payload = &state->iov[state->payload];
	int behind = state->count - state->payload - 1;
	size_t plain = message_iov_size(state->iov + 1, state->count - 1);
	size_t packed = 0;
	TALLOC_CTX *tmp = talloc_new(state);
	struct wire_slice lead =
		message_flatten(tmp, state->iov + 1, state->payload - 1);
	struct wire_slice rest = message_flatten(tmp, payload + 1, behind);

	state->packed = talloc_size(state, plain);
	if (state->packed != NULL &&
	    lead.len + payload->iov_len + rest.len == plain) {
		packed = smb2_compress(
			&state->conn->terms, lead,
			wire_slice(payload->iov_base, payload->iov_len), rest,
			state->packed);
	}
	talloc_free(tmp);
	if (packed == 0) {
		TALLOC_FREE(state->packed);
		return;
	}
	state->iov[1].iov_base = state->packed;
	state->iov[1].iov_len = packed;
	state->count = 2;
	message_count_packed(state, plain, packed);
}

/* The same with a payload that was compressed before: what goes before it,
 * itself, and what goes behind. */
static void use_ready(struct message_write_state *state)
{
	const struct iovec *payload = &state->iov[state->payload];
	int behind = state->count - state->payload - 1;
	size_t plain = message_iov_size(state->iov + 1, state->count - 1);
	TALLOC_CTX *tmp = talloc_new(state);
	struct wire_slice lead =
		message_flatten(tmp, state->iov + 1, state->payload - 1);
	struct wire_slice rest = message_flatten(tmp, payload + 1, behind);
	size_t room = lead.len + SMB2_PACKED_HEAD;
	size_t head = 0;

	state->packed = talloc_size(state, room + rest.len + SMB2_PACKED_REST);
	if (state->packed != NULL &&
	    lead.len + payload->iov_len + rest.len == plain) {
		head = smb2_packed_head(&state->conn->terms, lead,
					payload->iov_len, rest.len,
					state->packed);
	}
	if (head > 0) {
		state->iov[1].iov_base = state->packed;
		state->iov[1].iov_len = head;
		memcpy(&state->iov[2].iov_base, &state->ready.data,
		       sizeof(state->ready.data));
		state->iov[2].iov_len = state->ready.len;
		state->iov[3].iov_base = state->packed + room;
		state->iov[3].iov_len =
			smb2_packed_rest(rest, state->packed + room);
		state->count = state->iov[3].iov_len > 0 ? 4 : 3;
		message_count_packed(
			state, plain,
			message_iov_size(state->iov + 1, state->count - 1));
	}
	talloc_free(tmp);
}

/* Replace what is behind the frame by one sealed piece. */
static int seal_all(struct message_write_state *state)
{
	size_t plain = message_iov_size(state->iov + 1, state->count - 1);
	size_t size = plain + CRYPTO_SEAL_OVERHEAD;
	int err = 0;

	state->sealed = talloc_size(state, size);
	if (state->sealed == NULL) {
		return ENOMEM;
	}
	err = crypto_seal(state->seal, state->session_id, state->iov + 1,
			  state->count - 1, state->sealed, size);
	if (err != 0) {
		return err;
	}
	TALLOC_FREE(state->packed);
	state->iov[1].iov_base = state->sealed;
	state->iov[1].iov_len = CRYPTO_TRANSFORM_HEADER_SIZE + plain;
	state->count = 2;
	return 0;
}

static int add_frame(struct message_write_state *state)
{
	size_t size = message_iov_size(state->iov + 1, state->count - 1);
	struct wire_writer w =
		wire_writer_fixed(state->frame, sizeof(state->frame));

	if (size > MESSAGE_FRAME_MAX) {
		return EMSGSIZE;
	}
	wire_put_u8(&w, 0);
	wire_put_be24(&w, (uint32_t)size);
	assert(wire_writer_ok(&w));
	state->iov[0].iov_base = state->frame;
	state->iov[0].iov_len = sizeof(state->frame);
	message_count_queued(state, size);
	return 0;
}

int message_write_finish(struct message_write_state *state)
{
	int err = state->seal != NULL ? seal_all(state) : 0;

	return err != 0 ? err : add_frame(state);
}

static void message_write_done(struct tevent_req *subreq);

void message_write_begin(struct message_write_state *state)
{
	struct tevent_req *subreq =
		transport_write_send(state, state->ev, state->conn->transport,
				     state->iov, state->count);

	if (tevent_req_nomem(subreq, state->req)) {
		return;
	}
	tevent_req_set_callback(subreq, message_write_done, state->req);
}

struct tevent_req *message_write_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	struct message_conn *conn, const struct message_out *pdus,
	unsigned count, struct smb2_sealing_key *seal, uint64_t session_id)
{
	struct tevent_req *req = NULL;
	struct message_write_state *state = NULL;
	int err = 0;

	assert(count > 0);
	req = tevent_req_create(mem_ctx, &state, struct message_write_state);
	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->req = req;
	state->conn = conn;
	state->seal = seal;
	state->session_id = session_id;
	tevent_req_set_cleanup_fn(req, message_write_cleanup);
	err = add_pdus(state, pdus, count, seal == NULL);
	if (err == 0 && state->ready.len > 0) {
		use_ready(state);
	} else if (err == 0 && state->payload > 0) {
		if (message_turn_fold(state)) {
			return req;
		}
		pack_payload(state);
	}
	if (err == 0) {
		err = message_write_finish(state);
	}
	if (tevent_req_error(req, err)) {
		return tevent_req_post(req, ev);
	}
	if (message_turn_wait(state)) {
		return req;
	}
	message_write_begin(state);
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

static void message_write_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = transport_write_recv(subreq);

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, err)) {
		return;
	}
	tevent_req_done(req);
}

int message_write_recv(struct tevent_req *req)
{
	int err = message_request_errno(req);

	tevent_req_received(req);
	return err;
}
