/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dispatch.c - the gates before the handlers (MS-SMB2 3.3.5.2.2 to
 * 3.3.5.2.11).
 */

#include "server/dispatch.h"
#include "server/machine.h"
#include "server/replay.h"

#include "server/binding.h"
#include "server/chain.h"

/* A request that is no longer than this needs no multi-credit (3.3.5.2). */
#define SMALL_MESSAGE (68 * 1024)

static bool needs(const struct request *r, unsigned what)
{
	return (r->command->needs & what) != 0;
}

static bool is_all_ones(const struct smb2_file_id *id)
{
	return id->persistent_id == UINT64_MAX && id->volatile_id == UINT64_MAX;
}

/* A number in the body; 0 where the message does not reach. */
static uint64_t field(const struct request *r, uint8_t offset, size_t size)
{
	struct wire_reader reader = wire_reader_of(r->pdu);

	wire_skip(&reader, (size_t)SMB2_HEADER_SIZE + offset);
	return wire_get_le(&reader, size);
}

static uint64_t sum(const struct request *r, const uint8_t offsets[2])
{
	uint64_t total = 0;

	for (unsigned i = 0; i < 2; i++) {
		if (offsets[i] != 0) {
			total += field(r, offsets[i], sizeof(uint32_t));
		}
	}
	return total;
}

uint64_t dispatch_response_size(const struct request *r)
{
	return r->command == NULL ? 0 : sum(r, r->command->sizes.response);
}

/* --- gates, in their order -------------------------------------------------
 */

/* 3.3.5.2.6: an opcode that does not exist; or one of our own responses, sent
 * back to us with its good signature. */
static NTSTATUS gate_command(struct request *r)
{
	if (smb2_header_is_response(&r->header)) {
		conn_end(r->conn, TRANSPORT_CLOSE_PROTOCOL,
			 "a response came instead of a request");
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (r->command == NULL) {
		conn_end(r->conn, TRANSPORT_CLOSE_PROTOCOL,
			 "command %u does not exist", r->header.command);
		return NT_STATUS_INVALID_PARAMETER;
	}
	return NT_STATUS_OK;
}

/* 3.3.5.2.2, and 3.3.5.4 for a second NEGOTIATE. */
static NTSTATUS gate_negotiated(struct request *r)
{
	if (needs(r, BEFORE_NEGOTIATE) != r->conn->negotiated) {
		return NT_STATUS_OK;
	}
	conn_end(r->conn, TRANSPORT_CLOSE_PROTOCOL, "%s %s",
		 r->conn->negotiated ? "a second" : "no NEGOTIATE before",
		 r->command->name);
	return NT_STATUS_INVALID_PARAMETER;
}

/* 3.3.5.2: what may be large. */
static NTSTATUS gate_length(struct request *r)
{
	if (r->pdu.len <= SMALL_MESSAGE ||
	    (r->conn->agreed.multi_credit && needs(r, ALLOWS_LARGE))) {
		return NT_STATUS_OK;
	}
	conn_end(r->conn, TRANSPORT_CLOSE_PROTOCOL, "%s of %zu bytes",
		 r->command->name, r->pdu.len);
	return NT_STATUS_INVALID_PARAMETER;
}

/* 3.3.5.2.7.2: "related" to nothing. */
static NTSTATUS gate_chain(struct request *r)
{
	return r->chain->headless ? NT_STATUS_INVALID_PARAMETER : NT_STATUS_OK;
}

/* Which session it speaks of, if any; how the response goes out. */
static NTSTATUS gate_channel(struct request *r)
{
	struct channel *channel = conn_channel(r->conn, r->session_id);

	if (channel == NULL) {
		return NT_STATUS_OK;
	}
	r->channel = channel;
	r->session = channel->session;
	r->session->last_used = server_now();
	r->seal_reply =
		r->sealed || (channel->valid && !needs(r, ALLOWS_PLAIN) &&
			      conn_must_seal(r->conn, r->session));
	return NT_STATUS_OK;
}

/* SESSION_SETUP of a session that is none of this connection's. One that joins
 * it is signed with the session's key; whether it may is its handler's
 * question, and so is every other one. */
static NTSTATUS check_foreign_signature(struct request *r)
{
	const struct session *session = binding_session(r);

	if (session == NULL || session->keys == NULL) {
		return NT_STATUS_OK;
	}
	r->signed_ok = message_verify(r->received, session->keys->signing);
	return r->signed_ok ? NT_STATUS_OK : NT_STATUS_ACCESS_DENIED;
}

static NTSTATUS check_signature(struct request *r)
{
	struct smb2_signing_key *key = NULL;

	if (r->header.command == SMB2_NEGOTIATE) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (r->channel == NULL) {
		return r->header.command == SMB2_SESSION_SETUP
			       ? check_foreign_signature(r)
			       : NT_STATUS_USER_SESSION_DELETED;
	}
	key = channel_signing_key(r->channel);
	if (key == NULL) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	r->signed_ok = message_verify(r->received, key);
	return r->signed_ok ? NT_STATUS_OK : NT_STATUS_ACCESS_DENIED;
}

/* 3.3.5.2.4. */
static NTSTATUS gate_signature(struct request *r)
{
	if (r->sealed || r->smb1) {
		return NT_STATUS_OK;
	}
	if ((r->header.flags & SMB2_FLAGS_SIGNED) != 0) {
		return check_signature(r);
	}
	if (r->channel != NULL && r->channel->valid &&
	    r->session->signing_required) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

/* A related request stands on what the one before it stood on or made. */
static NTSTATUS gate_related(struct request *r)
{
	if (r->index == 0) {
		return NT_STATUS_OK;
	}
	if ((needs(r, NEEDS_SESSION) && r->session_id == 0) ||
	    (needs(r, NEEDS_TREE) && r->tree_id == 0)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return NT_STATUS_OK;
}

/* 3.3.5.2.9. */
static NTSTATUS gate_session(struct request *r)
{
	if (!needs(r, NEEDS_SESSION)) {
		return NT_STATUS_OK;
	}
	if (r->channel == NULL || !r->channel->valid) {
		return NT_STATUS_USER_SESSION_DELETED;
	}
	switch (session_state(r->session, server_now())) {
	case SESSION_VALID: return NT_STATUS_OK;
	case SESSION_EXPIRED:
		return needs(r, ALLOWS_EXPIRED)
			       ? NT_STATUS_OK
			       : NT_STATUS_NETWORK_SESSION_EXPIRED;
	case SESSION_IN_PROGRESS:
	case SESSION_ENDED: break;
	}
	return NT_STATUS_USER_SESSION_DELETED;
}

/* 3.3.5.2.9: what the session wants to have sealed. */
static NTSTATUS gate_sealed(struct request *r)
{
	if (needs(r, ALLOWS_PLAIN) || r->sealed || r->session == NULL ||
	    !conn_must_seal(r->conn, r->session)) {
		return NT_STATUS_OK;
	}
	return NT_STATUS_ACCESS_DENIED;
}

/* 3.3.5.2.11. */
static NTSTATUS gate_tree(struct request *r)
{
	if (!needs(r, NEEDS_TREE)) {
		return NT_STATUS_OK;
	}
	r->tree = idtable_find(r->session->trees, r->tree_id);
	if (r->tree == NULL) {
		return NT_STATUS_NETWORK_NAME_DELETED;
	}
	if (!machine_allows_share(r->channel, r->tree->share)) {
		return NT_STATUS_ACCESS_DENIED; /* over another connection */
	}
	if (r->tree->encrypt_data &&
	    !r->conn->agreed.accept_transport_security) {
		r->seal_reply = true;
		return r->sealed ? NT_STATUS_OK : NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

/* 3.3.5.2.6. */
static NTSTATUS gate_format(struct request *r)
{
	size_t fixed = r->command->structure_size & ~1u;

	if (r->smb1 || r->command->structure_size == 0) {
		return NT_STATUS_OK;
	}
	if (r->pdu.len < SMB2_HEADER_SIZE + fixed ||
	    smb2_structure_size(r->pdu.data, r->pdu.len) !=
		    r->command->structure_size) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return NT_STATUS_OK;
}

/* 3.3.5.2.5. */
static NTSTATUS gate_credits(struct request *r)
{
	uint64_t request = sum(r, r->command->sizes.request);
	uint64_t response = sum(r, r->command->sizes.response);
	uint64_t payload = request > response ? request : response;

	if (!r->conn->agreed.multi_credit ||
	    payload <= (uint64_t)r->charge * SMB2_CREDIT_UNIT) {
		return NT_STATUS_OK;
	}
	return NT_STATUS_INVALID_PARAMETER;
}

/* The FileId: from the body, or what a related request inherited. */
static NTSTATUS find_file_id(struct request *r)
{
	const struct chain *chain = r->chain;

	if (r->index == 0) {
		r->file_id.persistent_id =
			field(r, r->command->file_id, sizeof(uint64_t));
		r->file_id.volatile_id =
			field(r, (uint8_t)(r->command->file_id + 8),
			      sizeof(uint64_t));
		return NT_STATUS_OK;
	}
	if (chain->create_status != NT_STATUS_OK) {
		return chain->create_status;
	}
	return chain->has_file ? NT_STATUS_OK : NT_STATUS_INVALID_HANDLE;
}

static NTSTATUS gate_open(struct request *r)
{
	NTSTATUS status = NT_STATUS_OK;
	struct open *open = NULL;

	if (!needs(r, NEEDS_OPEN)) {
		return NT_STATUS_OK;
	}
	status = find_file_id(r);
	if (status != NT_STATUS_OK) {
		return status;
	}
	if (needs(r, MAY_HAVE_OPEN) && is_all_ones(&r->file_id)) {
		return NT_STATUS_OK;
	}
	open = open_find(r->session, r->file_id.persistent_id,
			 r->file_id.volatile_id);
	if (open == NULL || open->tree != r->tree) {
		/* an IOCTL that takes no FileId has words of its own for one */
		return needs(r, MAY_HAVE_OPEN) ? NT_STATUS_OK
					       : NT_STATUS_FILE_CLOSED;
	}
	request_set_open(r, open);
	replay_used(open);
	return NT_STATUS_OK;
}

/* 3.3.5.2.10. */
static NTSTATUS gate_sequence(struct request *r)
{
	bool replay = (r->header.flags & SMB2_FLAGS_REPLAY_OPERATION) != 0;

	if (r->open == NULL || r->conn->agreed.dialect < SMB2_DIALECT_300 ||
	    sequence_enter(&r->open->sequence, r->header.channel_sequence,
			   replay, &r->counted)) {
		return NT_STATUS_OK;
	}
	return needs(r, MODIFIES) ? NT_STATUS_FILE_NOT_AVAILABLE : NT_STATUS_OK;
}

static void see(struct protection_seen *seen, const struct request *r)
{
	seen->sealed = seen->sealed || r->sealed;
	seen->is_signed = seen->is_signed || (r->signed_ok && !r->sealed);
	seen->plain = seen->plain || (!r->signed_ok && !r->sealed);
}

/* No gate: what was let through, and how it had come. */
static NTSTATUS note_protection(struct request *r)
{
	/* a logon is signed, whatever follows */
	if (r->channel != NULL && r->channel->valid &&
	    r->header.command != SMB2_SESSION_SETUP) {
		see(&r->channel->seen, r);
	}
	if (r->tree != NULL) {
		see(&r->tree->seen, r);
	}
	return NT_STATUS_OK;
}

static NTSTATUS (*const gates[])(struct request *r) = {
	gate_command, gate_negotiated, gate_length,	gate_chain,
	gate_channel, gate_signature,  gate_related,	gate_session,
	gate_sealed,  gate_tree,       gate_format,	gate_credits,
	gate_open,    gate_sequence,   note_protection,
};

NTSTATUS dispatch_gates(struct request *r)
{
	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		NTSTATUS status = gates[i](r);

		if (status != NT_STATUS_OK) {
			return status;
		}
	}
	return NT_STATUS_OK;
}

/* --- who serves it ---------------------------------------------------------
 */

/* What a command without a handler on IPC$ answers. */
static struct tevent_req *no_pipe_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct request *r)
{
	struct tevent_req *req = NULL;
	bool *state = NULL;

	(void)r;
	req = tevent_req_create(mem_ctx, &state, bool);
	if (req == NULL) {
		return NULL;
	}
	tevent_req_error(req, NT_STATUS_INVALID_DEVICE_REQUEST);
	return tevent_req_post(req, ev);
}

static NTSTATUS no_pipe_recv(struct tevent_req *req, struct reply *reply)
{
	NTSTATUS status = NT_STATUS_INTERNAL_ERROR;

	(void)reply;
	request_failed(req, &status);
	return status;
}

static const struct command_handler no_pipe = {no_pipe_send, no_pipe_recv};

const struct command_handler *dispatch_handler(const struct request *r)
{
	if (r->tree == NULL || r->tree->share->type != SHARE_PIPE) {
		return &r->command->handler;
	}
	return r->command->pipe.send == NULL ? &no_pipe : &r->command->pipe;
}
