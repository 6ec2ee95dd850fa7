/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_write.c - WRITE (MS-SMB2 3.3.5.13, MS-FSA 2.1.5.4).
 */

#include <errno.h>

#include "server/dispatch.h"
#include "server/file.h"
#include "server/lock.h"
#include "server/oplock.h"

struct cmd_write_state {
	struct tevent_context *ev;
	struct request *r;
	struct file_open *open;
	struct smb2_write_request in;
	bool through; /* on disk before the response */
};

static void cmd_write_at_end(struct tevent_req *subreq);
static bool cmd_write_begin(struct tevent_req *req);
static void cmd_write_done(struct tevent_req *subreq);
static void cmd_write_flushed(struct tevent_req *subreq);

/* With the POSIX extensions who may append and not write does just that: so
 * Samba has it. Others write where they say (MS-SMB2 2.2.21). */
static bool appends(const struct file_open *open)
{
	return open->posix && (open->access & FILE_APPEND_DATA) != 0 &&
	       (open->access & FILE_WRITE_DATA) == 0;
}

static bool offset_proper(const struct smb2_write_request *in)
{
	return in->offset == STORE_AT_END ||
	       (in->offset <= INT64_MAX &&
		in->data.len <= INT64_MAX - in->offset);
}

static NTSTATUS cmd_write_check(struct cmd_write_state *state)
{
	struct request *r = state->r;
	struct smb2_write_request *in = &state->in;
	bool at_end = false;

	if (!smb2_write_request_decode(r->pdu.data, r->pdu.len, in) ||
	    in->data.len > r->conn->agreed.max_write ||
	    in->channel != SMB2_CHANNEL_NONE || !offset_proper(in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	at_end = in->offset == STORE_AT_END;
	state->open = file_use(state, r);
	if (state->open == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	if (state->open->handle->directory) {
		return NT_STATUS_INVALID_DEVICE_REQUEST;
	}
	if (!(state->open->access & (FILE_WRITE_DATA | FILE_APPEND_DATA))) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (at_end != appends(state->open)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	/* Who may only append may yet write anywhere: as Windows does. */
	if (!at_end && !lock_allows(state->open->file->locks, state->open,
				    in->offset, in->data.len, true)) {
		return NT_STATUS_FILE_LOCK_CONFLICT;
	}
	state->through = (in->flags & SMB2_WRITEFLAG_WRITE_THROUGH) != 0 ||
			 (state->open->options & FILE_WRITE_THROUGH) != 0;
	return NT_STATUS_OK;
}

struct tevent_req *cmd_write_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, struct request *r)
{
	struct cmd_write_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cmd_write_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->r = r;
	if (tevent_req_error(req, cmd_write_check(state))) {
		return tevent_req_post(req, ev);
	}
	if (state->in.data.len == 0) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	if (state->in.offset != STORE_AT_END ||
	    lock_count(state->open->file->locks) == 0) {
		return cmd_write_begin(req) ? req : tevent_req_post(req, ev);
	}
	subreq = store_getattr_send(state, ev, state->open->handle);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, cmd_write_at_end, req);
	return req;
}

/* Is what lies behind the end, where it is now, locked? */
static void cmd_write_at_end(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_write_state *state =
		tevent_req_data(req, struct cmd_write_state);
	struct store_attr attr = {0};
	int err = store_getattr_recv(subreq, &attr);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	if (!lock_allows(state->open->file->locks, state->open, attr.size,
			 state->in.data.len, true)) {
		tevent_req_error(req, NT_STATUS_FILE_LOCK_CONFLICT);
		return;
	}
	(void)cmd_write_begin(req);
}

/* @return false: it failed already. */
static bool cmd_write_begin(struct tevent_req *req)
{
	struct cmd_write_state *state =
		tevent_req_data(req, struct cmd_write_state);
	struct tevent_req *subreq = NULL;

	state->open->modified = true;
	oplock_contend(state->open);
	subreq = store_pwrite_send(state, state->ev, state->open->handle,
				   state->in.data.data, state->in.data.len,
				   state->in.offset, request_keep(state->r));
	if (tevent_req_nomem(subreq, req)) {
		return false;
	}
	tevent_req_set_callback(subreq, cmd_write_done, req);
	return true;
}

static void cmd_write_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_write_state *state =
		tevent_req_data(req, struct cmd_write_state);
	int err = store_pwrite_recv(subreq);

	TALLOC_FREE(subreq);
	if (err != 0) {
		/* beyond what a file can be: MS-FSA 2.1.5.4 */
		tevent_req_error(req, err == EFBIG ? NT_STATUS_INVALID_PARAMETER
						   : ntstatus_from_errno(err));
		return;
	}
	if (!state->through) {
		tevent_req_done(req);
		return;
	}
	subreq = store_flush_send(state, state->ev, state->open->handle);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, cmd_write_flushed, req);
}

static void cmd_write_flushed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = store_flush_recv(subreq);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	tevent_req_done(req);
}

NTSTATUS cmd_write_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_write_state *state =
		tevent_req_data(req, struct cmd_write_state);
	struct smb2_write_response response = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	response.count = (uint32_t)state->in.data.len;
	smb2_write_response_encode(&reply->body, &response);
	return NT_STATUS_OK;
}
