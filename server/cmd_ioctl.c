/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_ioctl.c - IOCTL (MS-SMB2 3.3.5.15): the table of control codes.
 */

#include "server/dispatch.h"
#include "server/durable.h"
#include "server/ioctl.h"
#include "server/pipe.h"

static NTSTATUS ioctl_validate_negotiate(struct ioctl *io,
					 struct wire_writer *out);
static NTSTATUS ioctl_resiliency(struct ioctl *io, struct wire_writer *out);
static NTSTATUS ioctl_get_compression(struct ioctl *io,
				      struct wire_writer *out);
static NTSTATUS ioctl_set_compression(struct ioctl *io,
				      struct wire_writer *out);
static NTSTATUS ioctl_object_id(struct ioctl *io, struct wire_writer *out);

static const struct ioctl_row rows[] = {
	{
		.code = FSCTL_VALIDATE_NEGOTIATE_INFO,
		.name = "VALIDATE_NEGOTIATE_INFO",
		.section = "3.3.5.15.12",
		.now = ioctl_validate_negotiate,
	},
	{
		.code = FSCTL_QUERY_NETWORK_INTERFACE_INFO,
		.name = "QUERY_NETWORK_INTERFACE_INFO",
		.section = "3.3.5.15.11",
		.now = ioctl_network_interfaces,
	},
	{
		.code = FSCTL_DFS_GET_REFERRALS,
		.name = "DFS_GET_REFERRALS",
		.section = "3.3.5.15.2",
		.now = ioctl_dfs_referrals,
	},
	{
		.code = FSCTL_DFS_GET_REFERRALS_EX,
		.name = "DFS_GET_REFERRALS_EX",
		.section = "3.3.5.15.2",
		.now = ioctl_dfs_referrals_ex,
	},
	{
		.code = FSCTL_LMR_REQUEST_RESILIENCY,
		.name = "LMR_REQUEST_RESILIENCY",
		.section = "3.3.5.15.9",
		.needs = IOCTL_FILE,
		.now = ioctl_resiliency,
	},
	{
		.code = FSCTL_SRV_REQUEST_RESUME_KEY,
		.name = "SRV_REQUEST_RESUME_KEY",
		.section = "3.3.5.15.5",
		.needs = IOCTL_FILE,
		.min_output = 32,
		.now = ioctl_resume_key,
	},
	{
		.code = FSCTL_SRV_COPYCHUNK,
		.name = "SRV_COPYCHUNK",
		.section = "3.3.5.15.6",
		.needs = IOCTL_FILE | IOCTL_DATA | IOCTL_READ | IOCTL_WRITE,
		.min_output = 12,
		.send = ioctl_copychunk_send,
		.recv = ioctl_copychunk_recv,
	},
	{
		.code = FSCTL_SRV_COPYCHUNK_WRITE,
		.name = "SRV_COPYCHUNK_WRITE",
		.section = "3.3.5.15.6",
		.needs = IOCTL_FILE | IOCTL_DATA | IOCTL_WRITE,
		.min_output = 12,
		.send = ioctl_copychunk_send,
		.recv = ioctl_copychunk_recv,
	},
	{
		.code = FSCTL_SRV_ENUMERATE_SNAPSHOTS,
		.name = "SRV_ENUMERATE_SNAPSHOTS",
		.section = "3.3.5.15.1",
		.needs = IOCTL_FILE,
		.min_output = 16,
		.send = ioctl_snapshots_send,
		.recv = ioctl_snapshots_recv,
	},
	{
		.code = FSCTL_SET_SPARSE,
		.name = "SET_SPARSE",
		.section = "MS-FSA 2.1.5.10.36",
		.needs = IOCTL_FILE | IOCTL_DATA,
		.send = ioctl_set_sparse_send,
		.recv = ioctl_simple_recv,
	},
	{
		.code = FSCTL_SET_ZERO_DATA,
		.name = "SET_ZERO_DATA",
		.section = "MS-FSA 2.1.5.10.37",
		.needs = IOCTL_FILE | IOCTL_DATA | IOCTL_REPLACE,
		.send = ioctl_zero_data_send,
		.recv = ioctl_simple_recv,
	},
	{
		.code = FSCTL_QUERY_ALLOCATED_RANGES,
		.name = "QUERY_ALLOCATED_RANGES",
		.section = "MS-FSA 2.1.5.10.22",
		.needs = IOCTL_FILE | IOCTL_DATA | IOCTL_READ,
		.send = ioctl_ranges_send,
		.recv = ioctl_ranges_recv,
	},
	{
		.code = FSCTL_FILE_LEVEL_TRIM,
		.name = "FILE_LEVEL_TRIM",
		.section = "MS-FSA 2.1.5.10.9",
		.needs = IOCTL_FILE | IOCTL_DATA | IOCTL_REPLACE,
		.send = ioctl_trim_send,
		.recv = ioctl_trim_recv,
	},
	{
		.code = FSCTL_DUPLICATE_EXTENTS_TO_FILE,
		.name = "DUPLICATE_EXTENTS_TO_FILE",
		.section = "MS-FSA 2.1.5.10.4",
		.needs = IOCTL_FILE | IOCTL_DATA | IOCTL_REPLACE,
		.send = ioctl_clone_send,
		.recv = ioctl_simple_recv,
	},
	{
		.code = FSCTL_GET_INTEGRITY_INFORMATION,
		.name = "GET_INTEGRITY_INFORMATION",
		.section = "MS-FSA 2.1.5.10.11",
		.needs = IOCTL_FILE,
		.min_output = 16,
		.now = ioctl_get_integrity,
	},
	{
		.code = FSCTL_SET_INTEGRITY_INFORMATION,
		.name = "SET_INTEGRITY_INFORMATION",
		.section = "MS-FSA 2.1.5.10.35",
		.needs = IOCTL_FILE | IOCTL_REPLACE,
		.now = ioctl_set_integrity,
	},
	{
		.code = FSCTL_GET_COMPRESSION,
		.name = "GET_COMPRESSION",
		.section = "MS-FSA 2.1.5.10.8",
		.needs = IOCTL_FILE,
		.min_output = 2,
		.now = ioctl_get_compression,
	},
	{
		.code = FSCTL_SET_COMPRESSION,
		.name = "SET_COMPRESSION",
		.section = "MS-FSA 2.1.5.10.32",
		.needs = IOCTL_FILE,
		.now = ioctl_set_compression,
	},
	{
		.code = FSCTL_GET_REPARSE_POINT,
		.name = "GET_REPARSE_POINT",
		.section = "MS-FSA 2.1.5.10.14",
		.needs = IOCTL_FILE,
		.send = ioctl_get_reparse_send,
		.recv = ioctl_get_reparse_recv,
	},
	{
		.code = FSCTL_SET_REPARSE_POINT,
		.name = "SET_REPARSE_POINT",
		.section = "MS-FSA 2.1.5.10.37",
		.needs = IOCTL_FILE,
		.send = ioctl_set_reparse_send,
		.recv = ioctl_simple_recv,
	},
	{
		.code = FSCTL_DELETE_REPARSE_POINT,
		.name = "DELETE_REPARSE_POINT",
		.section = "MS-FSA 2.1.5.10.3",
		.needs = IOCTL_FILE,
		.send = ioctl_delete_reparse_send,
		.recv = ioctl_simple_recv,
	},
	{
		.code = FSCTL_CREATE_OR_GET_OBJECT_ID,
		.name = "CREATE_OR_GET_OBJECT_ID",
		.section = "MS-FSA 2.1.5.10.1",
		.needs = IOCTL_FILE,
		.min_output = 64,
		.now = ioctl_object_id,
	},
	{
		.code = FSCTL_GET_OBJECT_ID,
		.name = "GET_OBJECT_ID",
		.section = "MS-FSA 2.1.5.10.12",
		.needs = IOCTL_FILE,
		.min_output = 64,
		.now = ioctl_object_id,
	},
};

struct cmd_ioctl_state {
	struct ioctl io;
	const struct ioctl_row *row; /* NULL: a pipe's */
	struct tevent_req *subreq;   /* of a row's pair, or of the pipe */
	struct wire_writer out;
	struct wire_slice pipe_output;
	NTSTATUS status;
};

static void cmd_ioctl_row_done(struct tevent_req *subreq);
static void cmd_ioctl_pipe_done(struct tevent_req *subreq);

static const struct ioctl_row *find_row(uint32_t code)
{
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].code == code) {
			return &rows[i];
		}
	}
	return NULL;
}

/* --- the small ones ---------------------------------------------------------
 */

static NTSTATUS ioctl_validate_negotiate(struct ioctl *io,
					 struct wire_writer *out)
{
	struct conn *conn = io->r->conn;
	NTSTATUS status = negotiate_validate_answer(
		&conn->policy, &conn->agreed, io->in.input,
		io->in.max_output_response, out);

	if (!NT_STATUS_IS_OK(status)) {
		conn_end(conn, TRANSPORT_CLOSE_PROTOCOL,
			 "the negotiation that the client remembers is not "
			 "the one that took place: somebody changed it");
	}
	return status;
}

/* 3.3.5.15.9 */
static NTSTATUS ioctl_resiliency(struct ioctl *io, struct wire_writer *out)
{
	uint32_t timeout = 0;

	(void)out;
	if (io->r->conn->agreed.dialect < SMB2_DIALECT_210) {
		return NT_STATUS_INVALID_DEVICE_REQUEST;
	}
	return smb2_resiliency_request_decode(io->in.input, &timeout)
		       ? durable_make_resilient(io->r, timeout)
		       : NT_STATUS_INVALID_PARAMETER;
}

static NTSTATUS ioctl_get_compression(struct ioctl *io, struct wire_writer *out)
{
	(void)io;
	smb2_compression_state_encode(out, COMPRESSION_FORMAT_NONE);
	return NT_STATUS_OK;
}

/* Nothing is compressed here; to ask for just that is fine. */
static NTSTATUS ioctl_set_compression(struct ioctl *io, struct wire_writer *out)
{
	uint16_t format = 0;

	(void)out;
	if (!smb2_compression_state_decode(io->in.input, &format)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return format == COMPRESSION_FORMAT_NONE ? NT_STATUS_OK
						 : NT_STATUS_NOT_SUPPORTED;
}

/* Every file has one, made of what identifies it. */
static NTSTATUS ioctl_object_id(struct ioctl *io, struct wire_writer *out)
{
	struct smb2_object_id id = {.object_id = {{0}}};

	wire_store_le(id.object_id.bytes, io->open->handle->volume_id, 8);
	wire_store_le(id.object_id.bytes + 8, io->open->handle->file_id, 8);
	id.birth_object_id = id.object_id;
	smb2_object_id_encode(out, &id);
	return NT_STATUS_OK;
}

NTSTATUS ioctl_simple_recv(struct tevent_req *req, struct wire_writer *out)
{
	NTSTATUS status = NT_STATUS_OK;

	(void)out;
	request_failed(req, &status);
	tevent_req_received(req);
	return status;
}

/* --- the command
 * -------------------------------------------------------------- */

static NTSTATUS check_open(const struct ioctl_row *row, const struct ioctl *io)
{
	const struct smb2_file_id *id = &io->in.file_id;
	const struct file_open *open = io->open;

	if (!(row->needs & IOCTL_FILE)) {
		return id->persistent_id == SMB2_FILE_ID_ANY &&
				       id->volatile_id == SMB2_FILE_ID_ANY
			       ? NT_STATUS_OK
			       : NT_STATUS_INVALID_PARAMETER;
	}
	if (open == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	if ((row->needs & IOCTL_DATA) && open->handle->directory) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (((row->needs & IOCTL_READ) && !(open->access & FILE_READ_DATA)) ||
	    ((row->needs & IOCTL_WRITE) &&
	     !(open->access & (FILE_WRITE_DATA | FILE_APPEND_DATA))) ||
	    ((row->needs & IOCTL_REPLACE) &&
	     !(open->access & FILE_WRITE_DATA))) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

static void cmd_ioctl_run(struct tevent_req *req, struct tevent_context *ev)
{
	struct cmd_ioctl_state *state =
		tevent_req_data(req, struct cmd_ioctl_state);
	const struct ioctl_row *row = state->row;

	if (row->now != NULL) {
		state->status = row->now(&state->io, &state->out);
		tevent_req_done(req);
		return;
	}
	state->subreq = row->send(state, ev, &state->io);
	if (tevent_req_nomem(state->subreq, req)) {
		return;
	}
	tevent_req_set_callback(state->subreq, cmd_ioctl_row_done, req);
}

static void cmd_ioctl_pipe(struct tevent_req *req, struct tevent_context *ev)
{
	struct cmd_ioctl_state *state =
		tevent_req_data(req, struct cmd_ioctl_state);
	struct ioctl *io = &state->io;

	state->subreq =
		pipe_ioctl_send(state, ev, io->r, io->in.ctl_code, io->in.input,
				io->in.max_output_response);
	if (tevent_req_nomem(state->subreq, req)) {
		return;
	}
	tevent_req_set_callback(state->subreq, cmd_ioctl_pipe_done, req);
}

/* A FileId that stands for no open. What wants none refuses it by itself. */
static bool is_closed(const struct cmd_ioctl_state *state)
{
	const struct request *r = state->io.r;
	const struct ioctl_row *row = state->row;

	return r->open == NULL &&
	       (r->file_id.persistent_id != SMB2_FILE_ID_ANY ||
		r->file_id.volatile_id != SMB2_FILE_ID_ANY) &&
	       (row == NULL || (row->needs & IOCTL_FILE) != 0);
}

/* The checks of 3.3.5.15 that all codes share. */
static NTSTATUS cmd_ioctl_check(struct cmd_ioctl_state *state)
{
	struct request *r = state->io.r;
	const struct smb2_ioctl_request *in = &state->io.in;
	uint32_t max = r->conn->agreed.max_transact;
	NTSTATUS status = NT_STATUS_OK;

	if (!smb2_ioctl_request_decode(r->pdu.data, r->pdu.len,
				       &state->io.in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	state->row = find_row(in->ctl_code);
	if (is_closed(state)) {
		return NT_STATUS_FILE_CLOSED;
	}
	if (in->flags != SMB2_0_IOCTL_IS_FSCTL) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	if (in->input.len > max || in->max_output_response > max ||
	    in->max_input_response > max) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (state->row == NULL) {
		return r->tree->store == NULL
			       ? NT_STATUS_OK
			       : NT_STATUS_INVALID_DEVICE_REQUEST;
	}
	if (r->open != NULL && r->open->file != NULL) {
		state->io.open = file_use(state, r);
		if (state->io.open == NULL) {
			return NT_STATUS_FILE_CLOSED;
		}
	}
	status = check_open(state->row, &state->io);
	if (status == NT_STATUS_OK &&
	    in->max_output_response < state->row->min_output) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return status;
}

struct tevent_req *cmd_ioctl_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, struct request *r)
{
	struct cmd_ioctl_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cmd_ioctl_state);
	NTSTATUS status = NT_STATUS_OK;

	if (req == NULL) {
		return NULL;
	}
	state->io.r = r;
	state->out = wire_writer_talloc(state);
	status = cmd_ioctl_check(state);
	if (tevent_req_error(req, status)) {
		return tevent_req_post(req, ev);
	}
	if (state->row != NULL) {
		cmd_ioctl_run(req, ev);
	} else {
		cmd_ioctl_pipe(req, ev);
	}
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static void cmd_ioctl_row_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_ioctl_state *state =
		tevent_req_data(req, struct cmd_ioctl_state);

	state->status = state->row->recv(subreq, &state->out);
	TALLOC_FREE(subreq);
	tevent_req_done(req);
}

static void cmd_ioctl_pipe_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_ioctl_state *state =
		tevent_req_data(req, struct cmd_ioctl_state);

	state->status = pipe_ioctl_recv(subreq, state, &state->pipe_output);
	TALLOC_FREE(subreq);
	tevent_req_done(req);
}

/* Does a response with this status have the body of an IOCTL (3.3.4.4)? A copy
 * that fails tells how far it came (3.3.5.15.6.1). */
static bool has_body(NTSTATUS status, struct wire_slice output)
{
	if (NT_STATUS_IS_OK(status) || status == NT_STATUS_BUFFER_OVERFLOW) {
		return true;
	}
	return NT_STATUS_IS_ERR(status) && output.len > 0;
}

NTSTATUS cmd_ioctl_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_ioctl_state *state =
		tevent_req_data(req, struct cmd_ioctl_state);
	struct smb2_ioctl_response response = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	if (!wire_writer_ok(&state->out)) {
		return NT_STATUS_NO_MEMORY;
	}
	response.ctl_code = state->io.in.ctl_code;
	response.file_id = state->io.r->file_id;
	response.output = state->row != NULL ? wire_writer_slice(&state->out)
					     : state->pipe_output;
	if (has_body(state->status, response.output)) {
		smb2_ioctl_response_encode(&reply->body, &response);
	}
	return state->status;
}
