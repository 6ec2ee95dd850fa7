/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_notify.c - CHANGE_NOTIFY (MS-SMB2 3.3.5.19): waits until something
 * happens in a directory.
 */

#include "server/dispatch.h"
#include "server/file.h"
#include "server/notify.h"

struct cmd_notify_state {
	struct tevent_context *ev;
	struct request *r;
	size_t max;
	struct wire_slice events;
	NTSTATUS status; /* of the response, when it is a success code */
};

static void cmd_notify_woken(struct tevent_req *subreq);

static bool cmd_notify_cancel(struct tevent_req *req)
{
	tevent_req_error(req, NT_STATUS_CANCELLED);
	return true;
}

static void cmd_notify_finish(struct tevent_req *req)
{
	struct cmd_notify_state *state =
		tevent_req_data(req, struct cmd_notify_state);

	state->status = notify_take(state->r->open->file->notify, state,
				    state->max, &state->events);
	if (state->status == NT_STATUS_OK ||
	    state->status == NT_STATUS_NOTIFY_ENUM_DIR) {
		tevent_req_done(req);
		return;
	}
	tevent_req_error(req, state->status);
}

/* To be called again when it has waited. Who waits for an event is told so; who
 * waits for the disk is like others. */
static void cmd_notify_go_on(struct tevent_req *req)
{
	struct cmd_notify_state *state =
		tevent_req_data(req, struct cmd_notify_state);
	struct notify *notify = state->r->open->file->notify;
	struct tevent_req *subreq = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (notify_ready(notify)) {
		cmd_notify_finish(req);
		return;
	}
	if (!notify_begins(notify)) {
		status = request_wait(state->r);
	}
	if (!NT_STATUS_IS_OK(status)) {
		tevent_req_error(req, status);
		return;
	}
	subreq = notify_wait_send(state, state->ev, notify);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, cmd_notify_woken, req);
	}
}

static NTSTATUS begin_watching(struct request *r, struct tevent_context *ev,
			       const struct smb2_change_notify_request *in)
{
	struct file_open *open = r->open->file;

	if (open->notify != NULL && notify_failed(open->notify)) {
		TALLOC_FREE(open->notify);
	}
	if (open->notify == NULL) {
		open->notify = notify_new(open, ev, open->handle,
					  (in->flags & SMB2_WATCH_TREE) != 0,
					  in->completion_filter,
					  in->output_buffer_length);
	}
	return open->notify != NULL ? NT_STATUS_OK
				    : NT_STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS cmd_notify_start(struct tevent_req *req, struct request *r)
{
	struct cmd_notify_state *state =
		tevent_req_data(req, struct cmd_notify_state);
	const struct file_open *open = r->open->file;
	struct smb2_change_notify_request in = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (open == NULL || open->closing) {
		return NT_STATUS_FILE_CLOSED;
	}
	if (!config_bool(r->conn->server->config, NULL, CONFIG_CHANGE_NOTIFY)) {
		return NT_STATUS_NOT_IMPLEMENTED;
	}
	if (!smb2_change_notify_request_decode(r->pdu.data, r->pdu.len, &in) ||
	    in.output_buffer_length > r->conn->agreed.max_transact ||
	    !open->handle->directory) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (!(r->open->access & FILE_LIST_DIRECTORY)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	state->max = in.output_buffer_length;
	status = begin_watching(r, state->ev, &in);
	if (NT_STATUS_IS_OK(status)) {
		tevent_req_set_cancel_fn(req, cmd_notify_cancel);
		cmd_notify_go_on(req);
	}
	return status;
}

struct tevent_req *cmd_notify_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct request *r)
{
	struct cmd_notify_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cmd_notify_state);
	NTSTATUS status = NT_STATUS_OK;

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->r = r;
	status = cmd_notify_start(req, r);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
	}
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

static void cmd_notify_woken(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	bool there = notify_wait_recv(subreq);

	talloc_free(subreq);
	if (!there) {
		tevent_req_error(req, NT_STATUS_NOTIFY_CLEANUP);
		return;
	}
	/* another request on this open may have been faster */
	cmd_notify_go_on(req);
}

NTSTATUS cmd_notify_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_notify_state *state =
		tevent_req_data(req, struct cmd_notify_state);
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_buffer_response_encode(&reply->body, state->events);
	return state->status;
}
