/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_read.c - READ (MS-SMB2 3.3.5.12).
 */

#include "server/dispatch.h"
#include "server/file.h"
#include "server/lock.h"

struct cmd_read_state {
	struct tevent_context *ev;
	struct request *r;
	bool compress; /* Request.CompressReply */
	struct wire_slice packed;
	struct file_open *open;
	struct smb2_read_request in;
	uint8_t *data;
	size_t count;
};

static void cmd_read_done(struct tevent_req *subreq);
static void cmd_read_packed(struct tevent_req *subreq);

static NTSTATUS cmd_read_check(struct cmd_read_state *state, struct request *r)
{
	struct smb2_read_request *in = &state->in;

	if (!smb2_read_request_decode(r->pdu.data, r->pdu.len, in) ||
	    in->length > r->conn->agreed.max_read || in->offset > INT64_MAX ||
	    in->channel != SMB2_CHANNEL_NONE) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	state->open = file_use(state, r);
	if (state->open == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	if (state->open->handle->directory) {
		return NT_STATUS_INVALID_DEVICE_REQUEST;
	}
	if (!(state->open->access & (FILE_READ_DATA | FILE_EXECUTE))) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (!lock_allows(state->open->file->locks, state->open, in->offset,
			 in->length, false)) {
		return NT_STATUS_FILE_LOCK_CONFLICT;
	}
	state->compress = (in->flags & SMB2_READFLAG_REQUEST_COMPRESSED) != 0 &&
			  r->tree->share->compress != CONFIG_COMPRESS_NO;
	return in->length == 0 && in->minimum_count > 0 ? NT_STATUS_END_OF_FILE
							: NT_STATUS_OK;
}

struct tevent_req *cmd_read_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 struct request *r)
{
	struct cmd_read_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cmd_read_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->r = r;
	if (tevent_req_error(req, cmd_read_check(state, r))) {
		return tevent_req_post(req, ev);
	}
	if (state->in.length == 0) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	state->data = talloc_size(state, state->in.length);
	if (tevent_req_nomem(state->data, req)) {
		return tevent_req_post(req, ev);
	}
	subreq = store_pread_send(state, ev, state->open->handle, state->data,
				  state->in.length, state->in.offset,
				  state->data);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, cmd_read_done, req);
	return req;
}

static void cmd_read_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_read_state *state =
		tevent_req_data(req, struct cmd_read_state);
	struct message_conn *messages = state->r->conn->messages;
	int err = store_pread_recv(subreq, &state->count);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	if (state->count == 0 || state->count < state->in.minimum_count) {
		tevent_req_error(req, NT_STATUS_END_OF_FILE);
		return;
	}
	state->open->position = state->in.offset + state->count;
	if (!state->compress || !message_packs(messages, state->count)) {
		tevent_req_done(req);
		return;
	}
	state->compress = false;
	subreq = message_pack_send(state, state->ev, messages,
				   wire_slice(state->data, state->count),
				   state->data);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, cmd_read_packed, req);
}

static void cmd_read_packed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_read_state *state =
		tevent_req_data(req, struct cmd_read_state);

	state->packed = message_pack_recv(subreq, state);
	TALLOC_FREE(subreq);
	tevent_req_done(req);
}

NTSTATUS cmd_read_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_read_state *state =
		tevent_req_data(req, struct cmd_read_state);
	struct smb2_read_response response = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	response.data.len = state->count;
	smb2_read_response_encode(&reply->body, &response);
	reply->compress = state->compress;
	reply->packed = state->packed;
	if (state->count > 0 &&
	    !reply_payload(reply, state->data, state->count, state->data)) {
		return NT_STATUS_INTERNAL_ERROR;
	}
	return NT_STATUS_OK;
}
