/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acknowledgments of breaks of oplocks and leases (MS-SMB2 3.3.5.22). */

#include <string.h>

#include "server/dispatch.h"
#include "server/notice.h"
#include "server/oplock.h"

struct ack_state {
	bool lease;
	struct smb2_oplock_break oplock_break;
	struct smb2_lease_break lease_break;
};

/* 3.3.5.22.1 */
static NTSTATUS acknowledge_oplock(struct request *r, struct ack_state *state)
{
	struct smb2_oplock_break *in = &state->oplock_break;
	struct open *open = NULL;

	if (!smb2_oplock_break_decode(r->pdu.data, r->pdu.len, in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	open = open_find(r->session, in->file_id.persistent_id,
			 in->file_id.volatile_id);
	if (open == NULL || open->file == NULL || open->file->closing) {
		return NT_STATUS_FILE_CLOSED;
	}
	return oplock_acknowledge(open->file, &in->oplock_level);
}

/* 3.3.5.22.2 */
static NTSTATUS acknowledge_lease(struct request *r, struct ack_state *state)
{
	struct smb2_lease_break *in = &state->lease_break;
	struct smb2_guid client = {{0}};

	state->lease = true;
	if (!smb2_lease_break_decode(r->pdu.data, r->pdu.len, in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	memcpy(client.bytes, r->session->client_guid, sizeof(client.bytes));
	return oplock_acknowledge_lease(r->conn->server->files, &client,
					&in->lease_key, in->lease_state);
}

static NTSTATUS acknowledge(struct request *r, struct ack_state *state)
{
	switch (smb2_structure_size(r->pdu.data, r->pdu.len)) {
	case SMB2_OPLOCK_BREAK_SIZE: return acknowledge_oplock(r, state);
	case SMB2_LEASE_BREAK_ACK_SIZE: return acknowledge_lease(r, state);
	default: return NT_STATUS_INVALID_PARAMETER;
	}
}

/* It has arrived, then. */
static void heard(const struct request *r)
{
	const size_t offset = SMB2_HEADER_SIZE + NOTICE_ABOUT_OFFSET;

	if (r->pdu.len >= offset + NOTICE_ABOUT_SIZE) {
		notices_over(r->session, r->pdu.data + offset);
	}
}

struct tevent_req *cmd_oplock_break_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct request *r)
{
	struct ack_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ack_state);

	if (req == NULL) {
		return NULL;
	}
	heard(r);
	if (!tevent_req_error(req, acknowledge(r, state))) {
		tevent_req_done(req);
	}
	return tevent_req_post(req, ev);
}

NTSTATUS cmd_oplock_break_recv(struct tevent_req *req, struct reply *reply)
{
	struct ack_state *state = tevent_req_data(req, struct ack_state);
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	if (state->lease) {
		state->lease_break.flags = 0;
		(void)smb2_lease_break_encode(&reply->body,
					      &state->lease_break);
	} else {
		(void)smb2_oplock_break_encode(&reply->body,
					       &state->oplock_break);
	}
	return NT_STATUS_OK;
}
