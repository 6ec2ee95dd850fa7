/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CLOSE of files and directories (MS-SMB2 3.3.5.10). */

#include "server/dispatch.h"
#include "server/file.h"
#include "server/file_info.h"

struct close_state {
	struct request *r;
	struct open *open; /* until it is freed */
	bool have_attr;
	struct store_attr attr;
};

static void close_done(struct tevent_req *subreq);

/* Requests that wait for something on this open, and what they hear. Those
 * that are at work are waited for. */
static void end_waiting(struct request *r)
{
	struct request *other = r->open->requests;

	while (other != NULL) {
		struct request *next = other->open_next;

		if (other != r && other->header.command == SMB2_LOCK) {
			request_abort(other, NT_STATUS_RANGE_NOT_LOCKED);
		} else if (other != r &&
			   other->header.command == SMB2_CHANGE_NOTIFY) {
			request_abort(other, NT_STATUS_NOTIFY_CLEANUP);
		}
		other = next;
	}
}

struct tevent_req *cmd_close_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, struct request *r)
{
	struct close_state *state = NULL;
	struct smb2_close_request in = {0};
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct close_state);

	if (req == NULL) {
		return NULL;
	}
	state->r = r;
	if (!smb2_close_request_decode(r->pdu.data, r->pdu.len, &in)) {
		tevent_req_error(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, ev);
	}
	if (r->open->file == NULL || r->open->file->closing) {
		tevent_req_error(req, NT_STATUS_FILE_CLOSED);
		return tevent_req_post(req, ev);
	}
	r->open->file->closing = true;
	end_waiting(r);
	subreq = file_close_send(
		state, ev, r->open->file,
		(in.flags & SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB) != 0);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, close_done, req);
	return req;
}

static void close_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct close_state *state = tevent_req_data(req, struct close_state);
	NTSTATUS status =
		file_close_recv(subreq, &state->have_attr, &state->attr);

	talloc_free(subreq);
	/* The id is free again before the client hears of it. */
	talloc_free(state->r->open);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return;
	}
	tevent_req_done(req);
}

NTSTATUS cmd_close_recv(struct tevent_req *req, struct reply *reply)
{
	struct close_state *state = tevent_req_data(req, struct close_state);
	const struct store_attr *attr = &state->attr;
	struct smb2_close_response out = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	if (state->have_attr) {
		out = (struct smb2_close_response){
			.flags = SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB,
			.creation_time = attr->create_time,
			.last_access_time = attr->access_time,
			.last_write_time = attr->write_time,
			.change_time = attr->change_time,
			.allocation_size = attr->allocation,
			.end_of_file = attr->size,
			.file_attributes = file_attributes(attr),
		};
	}
	smb2_close_response_encode(&reply->body, &out);
	return NT_STATUS_OK;
}
