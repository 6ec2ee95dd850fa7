/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls: one request, or a compound of related ones, sent as one message, and
 * the replies, which may come together or one by one (MS-SMB2 3.2.4.1,
 * 3.2.5.1.9).
 */
#include <assert.h>
#include <string.h>

#include "client/client_private.h"
#include "client/dir_cache_private.h"
#include "client/multichannel_private.h"

struct call_state {
	struct call *call;
};

struct call *call_new(TALLOC_CTX *mem_ctx, struct client_conn *conn,
		      struct client_session *session, struct client_tree *tree)
{
	struct call *call = talloc_zero(mem_ctx, struct call);

	if (call == NULL) {
		return NULL;
	}
	call->out = talloc_new(call);
	if (call->out == NULL) {
		talloc_free(call);
		return NULL;
	}
	call->conn = conn;
	call->timeout_ms = conn != NULL ? conn->options.timeout_ms : 0;
	if (session != NULL) {
		call->channel = channel_choose(session);
		call->session_id = session->id;
		call->encrypt = session->encrypt;
	}
	if (tree != NULL) {
		call->tree_id = tree->id;
		call->tree_serial = tree->serial;
		call->encrypt = call->encrypt || tree->encrypt;
		call->map_names = tree->map_names;
		call->use_posix = tree->use_posix;
		call->options = tree->options;
		call->spreads = tree->type == SMB2_SHARE_TYPE_DISK;
		dir_change_begin(call, tree);
	}
	if (session != NULL) {
		call->refused = revive_refused(session, tree);
	}
	return call;
}

struct call *call_compound(TALLOC_CTX *mem_ctx, struct client_tree *tree)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct call *call =
		conn != NULL ? call_new(mem_ctx, conn, tree->session, tree)
			     : NULL;

	if (call != NULL) {
		call->related = true;
	}
	return call;
}

struct call *call_new_beside(TALLOC_CTX *mem_ctx, const struct call *other)
{
	struct call *call = call_new(mem_ctx, other->conn, NULL, NULL);

	if (call != NULL) {
		call->channel = other->channel;
		call->session_id = other->session_id;
		call->tree_id = other->tree_id;
		call->tree_serial = other->tree_serial;
		call->encrypt = other->encrypt;
		dir_change_beside(call, other);
	}
	return call;
}

struct wire_writer *call_add(struct call *call, uint16_t command, size_t bytes)
{
	struct call_part *part = &call->part[call->parts];
	struct smb2_header header = {.command = command};

	assert(call->parts < CALL_MAX_PARTS);
	call->parts++;
	part->call = call;
	part->command = command;
	part->charge = 1;
	if (bytes > SMB2_CREDIT_UNIT) {
		part->charge = (uint16_t)((bytes + SMB2_CREDIT_UNIT - 1) /
					  SMB2_CREDIT_UNIT);
	}
	part->w = wire_writer_talloc(call->out);
	smb2_header_encode(&part->w, &header);
	dir_change_command(call, command);
	return &part->w;
}

void call_payload(struct call *call, struct wire_slice data, TALLOC_CTX *owner)
{
	call->part[call->parts - 1].payload = data;
	if (owner != NULL) {
		talloc_steal(call->out, owner);
	}
}

/* ---------------------------------------------------------------- request */

void call_abandon(struct call *call)
{
	struct call_state *state =
		tevent_req_data(call->req, struct call_state);

	talloc_set_destructor(state, NULL);
	state->call = NULL;
	call->req = NULL;
	if (call->sent) {
		call_cancel(call);
		return;
	}
	conn_forget(call->conn, call);
	talloc_free(call);
}

static int call_state_destructor(struct call_state *state)
{
	call_abandon(state->call);
	return 0;
}

static bool call_encoded(const struct call *call)
{
	unsigned i = 0;

	for (i = 0; i < call->parts; i++) {
		if (!wire_writer_ok(&call->part[i].w)) {
			return false;
		}
	}
	return true;
}

struct tevent_req *call_send(TALLOC_CTX *mem_ctx, struct client_conn *conn,
			     struct call *call)
{
	struct call_state *state = NULL;
	struct tevent_req *req = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct call_state);
	}
	if (req == NULL) {
		talloc_free(call);
		return NULL;
	}
	if (tevent_req_nomem(call, req)) {
		return tevent_req_post(req, conn->ev);
	}
	talloc_steal(state, call);
	if (conn->dead != NT_STATUS_OK) {
		req_failed(req, conn->dead);
		return tevent_req_post(req, conn->ev);
	}
	if (!NT_STATUS_IS_OK(call->refused)) {
		req_failed(req, call->refused);
		return tevent_req_post(req, conn->ev);
	}
	if (!call_encoded(call)) {
		/* Most likely a name that is no UTF-8, or too long. */
		req_failed(req, NT_STATUS_OBJECT_NAME_INVALID);
		return tevent_req_post(req, conn->ev);
	}
	/* Whoever is called back may free the connection, which dispatches. */
	tevent_req_defer_callback(req, conn->ev);
	state->call = call;
	call->req = req;
	talloc_set_destructor(state, call_state_destructor);
	dir_change_sent(call);
	conn_submit(conn, call);
	return req;
}

void call_post(struct client_conn *conn, struct call *call)
{
	if (call == NULL) {
		return;
	}
	if (conn == NULL || conn->dead != NT_STATUS_OK ||
	    !NT_STATUS_IS_OK(call->refused) || !call_encoded(call)) {
		talloc_free(call);
		return;
	}
	call->posted = true;
	dir_change_sent(call);
	conn_submit(conn, call);
}

struct call *call_of(struct tevent_req *req)
{
	const struct call_state *state =
		tevent_req_data(req, struct call_state);

	return state->call;
}

NTSTATUS call_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		   struct call **out)
{
	struct call_state *state = tevent_req_data(req, struct call_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->call);
	}
	tevent_req_received(req);
	return status;
}

uint32_t call_cost(const struct call *call)
{
	uint32_t cost = 0;
	unsigned i = 0;

	for (i = 0; i < call->parts; i++) {
		cost += call->part[i].charge;
	}
	return cost;
}

/* That of a link is a warning, and yet nothing was done; nor does a CREATE
 * open anything by another one. */
static bool has_failed(const struct call_part *part)
{
	return NT_STATUS_IS_ERR(part->status) ||
	       part->status == NT_STATUS_STOPPED_ON_SYMLINK ||
	       (part->command == SMB2_CREATE &&
		NT_STATUS_IS_WARNING(part->status));
}

NTSTATUS call_status(const struct call *call)
{
	unsigned i = 0;

	for (i = 0; i < also_own_parts(call); i++) {
		if (has_failed(&call->part[i])) {
			return call->part[i].status;
		}
	}
	return NT_STATUS_OK;
}

NTSTATUS call_recv_one(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		       struct call **out)
{
	NTSTATUS status = call_recv(req, mem_ctx, out);

	if (NT_STATUS_IS_OK(status)) {
		status = (*out)->part[0].status;
	}
	return status;
}

NTSTATUS call_recv_status(struct tevent_req *req)
{
	struct call *call = NULL;
	NTSTATUS status = call_recv(req, req, &call);

	return NT_STATUS_IS_OK(status) ? call->part[0].status : status;
}

void call_finish(struct call *call, NTSTATUS status)
{
	struct client_conn *conn = call->conn;
	struct call_state *state = NULL;
	struct tevent_req *req = call->req;

	conn_forget(conn, call);
	spread_home(call);
	dir_change_done(call);
	if (NT_STATUS_IS_OK(status) && call->answered != NULL) {
		call->answered(call);
	}
	if (req == NULL) {
		if (NT_STATUS_IS_OK(status) && call->orphan != NULL) {
			call->orphan(call);
		}
		talloc_steal(conn->trash, call);
		return;
	}
	state = tevent_req_data(req, struct call_state);
	call->req = NULL;
	talloc_steal(state, call);
	talloc_set_destructor(state, NULL);
	if (req_failed(req, status)) {
		return;
	}
	tevent_req_done(req);
}

/* ------------------------------------------------------------ on the wire */

static void call_write_done(struct tevent_req *subreq)
{
	struct client_conn *conn =
		tevent_req_callback_data(subreq, struct client_conn);
	int err = message_write_recv(subreq);

	talloc_free(subreq);
	if (err != 0 && !conn->lost && !conn->down) {
		conn_lost(conn, err);
	}
}

/* Who signs what this call sends, or NULL. */
static struct smb2_signing_key *call_signing_key(const struct call *call)
{
	const struct client_channel *channel = call->channel;

	if (channel == NULL || call->encrypt ||
	    !(channel->sign || call->must_sign)) {
		return NULL;
	}
	return channel->signing;
}

static struct smb2_sealing_key *call_sealing_key(const struct call *call)
{
	if (!call->encrypt || call->channel == NULL ||
	    call->channel->keys == NULL) {
		return NULL;
	}
	return call->channel->keys->seal;
}

/* The bytes with the signature, for those who hash or compare them. */
static void call_keep_request(struct call *call, const struct message_out *pdu)
{
	const struct iovec *iov = &pdu->iov[0];
	uint8_t *copy = talloc_memdup(call, iov->iov_base, iov->iov_len);

	if (copy != NULL) {
		call->request = wire_slice(copy, iov->iov_len);
	}
}

/* The bytes of a request are not needed here any longer, or not yet. */
static void call_let_go(const struct call *call, struct tevent_req *subreq,
			TALLOC_CTX *out)
{
	if (out == call->out) { /* see call_transmit() */
		if (subreq != NULL) {
			(void)talloc_reference(subreq, out);
		}
	} else if (subreq != NULL) {
		talloc_steal(subreq, out);
	} else {
		talloc_free(out);
	}
}

/* Write messages of this call; out holds their bytes. */
static void call_write(struct call *call, const struct message_out *pdus,
		       unsigned count, TALLOC_CTX *out)
{
	struct client_conn *conn = call->conn;
	struct smb2_sealing_key *seal = call_sealing_key(call);
	struct tevent_req *subreq = NULL;

	if (call->written) {
		call_keep_request(call, &pdus[0]);
		call_let_go(call, NULL, out);
		return;
	}
	if (call->encrypt && seal == NULL) {
		call_let_go(call, NULL, out);
		conn_die(conn, NT_STATUS_ACCESS_DENIED,
			 "there is no key to encrypt with");
		return;
	}
	subreq = message_write_send(conn->writes, conn->ev, conn->message, pdus,
				    count, seal, call->session_id);
	if (subreq == NULL) {
		call_let_go(call, NULL, out);
		conn_die(conn, NT_STATUS_NO_MEMORY, "out of memory");
		return;
	}
	tevent_req_set_callback(subreq, call_write_done, conn);
	/* a sealed message was copied into its seal */
	call_let_go(call, seal == NULL ? subreq : NULL, out);
	if (seal != NULL) {
		return;
	}
	if (call->keep_request) {
		call_keep_request(call, &pdus[0]);
	}
}

/* How many credits a request asks for: what it costs, and what is missing to
 * have as many as we like to have. */
static uint16_t call_credits_wanted(const struct call *call, unsigned i)
{
	const struct client_conn *conn = call->conn;
	uint32_t have = conn->credits + conn->credits_out;
	uint32_t want = call->part[i].charge;

	if (i + 1 == call->parts && have < CONN_CREDITS_WANTED) {
		want += CONN_CREDITS_WANTED - have;
	}
	return (uint16_t)(want < UINT16_MAX ? want : UINT16_MAX);
}

static void call_encode_header(struct call *call, unsigned i)
{
	struct call_part *part = &call->part[i];
	struct smb2_header header = {
		.command = part->command,
		.message_id = part->message_id,
		.session_id = call->session_id,
		.tree_id = call->tree_id,
		.credits = call_credits_wanted(call, i),
		.channel_sequence = call->channel_sequence,
	};
	struct wire_writer w = wire_writer_fixed(part->w.buf, SMB2_HEADER_SIZE);

	if (call->conn->agreement.multi_credit) {
		header.credit_charge = part->charge;
	}
	if (call->related && i > 0) {
		header.flags |= SMB2_FLAGS_RELATED_OPERATIONS;
	}
	if (call->again &&
	    (part->replay || (call->moved && part->command != SMB2_CREATE))) {
		header.flags |= SMB2_FLAGS_REPLAY_OPERATION;
	}
	smb2_header_encode(&w, &header);
}

static void call_message(struct call *call, unsigned i, struct message_out *out)
{
	struct call_part *part = &call->part[i];
	struct wire_slice payload = part->payload;

	*out = (struct message_out){.sign = call_signing_key(call),
				    .compress = call->compress};
	out->iov[0].iov_base = part->w.buf;
	out->iov[0].iov_len = part->w.len;
	out->iov_count = 1;
	if (payload.len > 0) {
		out->iov[1].iov_base = (void *)(uintptr_t)payload.data;
		out->iov[1].iov_len = payload.len;
		out->iov_count = 2;
	}
}

struct wire_slice call_first_bytes(TALLOC_CTX *mem_ctx, struct call *call)
{
	const struct call_part *part = &call->part[0];
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	assert(call->parts == 1 && call->conn->next_id == 0);
	call_encode_header(call, 0);
	wire_put_u8(&w, 0);
	wire_put_be24(&w, (uint32_t)part->w.len);
	wire_put(&w, part->w.buf, part->w.len);
	return wire_writer_ok(&w) && wire_writer_ok(&part->w)
		       ? wire_writer_slice(&w)
		       : wire_slice(NULL, 0);
}

void call_transmit(struct call *call)
{
	struct message_out pdus[CALL_MAX_PARTS];
	TALLOC_CTX *out = call->out;
	unsigned i = 0;

	if (call->channel != NULL && call->channel->session != NULL) {
		call->channel_sequence = call->channel->session->sequence;
	}
	for (i = 0; i < call->parts; i++) {
		call_encode_header(call, i);
		call_message(call, i, &pdus[i]);
	}
	if (!call->keeps_out) {
		call->out = NULL;
	}
	call_write(call, pdus, call->parts, out);
}

void call_cancel(struct call *call)
{
	struct wire_writer w = {0};
	struct message_out pdu = {0};
	TALLOC_CTX *out = NULL;
	unsigned i = 0;

	for (i = 0; i < call->parts; i++) {
		struct call_part *part = &call->part[i];
		struct smb2_header header = {
			.command = SMB2_CANCEL,
			.message_id = part->message_id,
			.session_id = call->session_id,
			.tree_id = call->tree_id,
		};

		if (!part->listed || call->session_id == 0 ||
		    call->conn->lost || call->conn->dead != NT_STATUS_OK) {
			continue;
		}
		if (part->pending) {
			header.flags = SMB2_FLAGS_ASYNC_COMMAND;
			header.async_id = part->async_id;
		}
		out = talloc_new(call->conn);
		w = wire_writer_talloc(out);
		smb2_header_encode(&w, &header);
		smb2_empty_encode(&w);
		if (out == NULL || !wire_writer_ok(&w)) {
			talloc_free(out);
			return;
		}
		pdu = (struct message_out){.sign = call_signing_key(call)};
		pdu.iov[0].iov_base = w.buf;
		pdu.iov[0].iov_len = w.len;
		pdu.iov_count = 1;
		call_write(call, &pdu, 1, out);
	}
}
