/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe.c - named pipes as SMB2 sees them: the handlers of commands on IPC$.
 */

#include "server/pipe.h"

#include "certs/certmap.h"
#include "server/cmd_empty.h"
#include "server/dispatch.h"
#include "server/pipe_private.h"
#include "smbquic/utf16.h"

#define LOG_MODULE "pipe"
#include "smbquic/log.h"

static void pipe_wake(struct pipe *pipe);

/* --- CREATE ----------------------------------------------------------------
 */

/* 3.3.5.9: pipes over QUIC only where the certificate's mapping says so. */
static bool pipe_allowed(const struct conn *conn)
{
	const struct certmap_entry *mapping = conn->facts->mapping;

	return !conn->facts->secure ||
	       (mapping != NULL &&
		(mapping->flags & CERTMAP_ALLOW_NAMED_PIPE) != 0);
}

/* "srvsvc", "\srvsvc". */
static NTSTATUS find_interface(struct request *r,
			       const struct rpc_interface **out)
{
	struct smb2_create_request in = {0};
	const char *name = NULL;
	char *text = NULL;

	if (!smb2_create_request_decode(r->pdu.data, r->pdu.len, &in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (!pipe_allowed(r->conn)) {
		log_notice("%s: pipes over QUIC are not allowed by the mapping "
			   "of %s",
			   r->conn->peer,
			   r->conn->facts->server_name == NULL
				   ? "this name"
				   : r->conn->facts->server_name);
		return NT_STATUS_ACCESS_DENIED;
	}
	text = utf16_to_utf8(r, in.name);
	if (text == NULL) {
		return NT_STATUS_OBJECT_NAME_INVALID;
	}
	name = text[0] == '\\' ? text + 1 : text;
	*out = rpc_interface_find(name);
	if (*out == NULL) {
		log_info("%s: there is no pipe %s", r->conn->peer, name);
	}
	talloc_free(text);
	return *out == NULL ? NT_STATUS_OBJECT_NAME_NOT_FOUND : NT_STATUS_OK;
}

static void pipe_answered(void *private_data)
{
	pipe_wake(talloc_get_type_abort(private_data, struct pipe));
}

static NTSTATUS open_pipe(struct request *r)
{
	const struct rpc_interface *iface = NULL;
	NTSTATUS status = find_interface(r, &iface);
	struct open *open = NULL;
	struct pipe *pipe = NULL;

	if (status != NT_STATUS_OK) {
		return status;
	}
	open = open_new(r->tree);
	if (open == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	pipe = talloc_zero(open, struct pipe);
	if (pipe != NULL) {
		pipe->end = &pipe->readers;
		pipe->rpc = rpc_new(pipe, iface, r->conn->server, r->session);
	}
	if (pipe == NULL || pipe->rpc == NULL) {
		talloc_free(open);
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	rpc_on_answer(pipe->rpc, pipe_answered, pipe);
	open->pipe = pipe;
	open->access = r->tree->maximal_access;
	sequence_begin(&open->sequence, r->header.channel_sequence);
	request_set_open(r, open);
	return NT_STATUS_OK;
}

struct pipe_create_state {
	struct smb2_file_id file_id;
};

struct tevent_req *pipe_create_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct request *r)
{
	struct tevent_req *req = NULL;
	struct pipe_create_state *state = NULL;
	NTSTATUS status = NT_STATUS_OK;

	req = tevent_req_create(mem_ctx, &state, struct pipe_create_state);
	if (req == NULL) {
		return NULL;
	}
	status = open_pipe(r);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	state->file_id = r->file_id;
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS pipe_create_recv(struct tevent_req *req, struct reply *reply)
{
	struct pipe_create_state *state =
		tevent_req_data(req, struct pipe_create_state);
	const struct smb2_create_response out = {
		.oplock_level = SMB2_OPLOCK_LEVEL_NONE,
		.create_action = FILE_OPENED,
		.allocation_size = PIPE_QUOTA,
		.file_attributes = FILE_ATTRIBUTE_NORMAL,
		.file_id = state->file_id,
	};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_create_response_encode(&reply->body, &out);
	return NT_STATUS_OK;
}

/* --- CLOSE -----------------------------------------------------------------
 */

struct tevent_req *pipe_close_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct request *r)
{
	struct tevent_req *req = NULL;
	struct cmd_empty_state *state = NULL;
	struct open *open = r->open;

	req = tevent_req_create(mem_ctx, &state, struct cmd_empty_state);
	if (req == NULL) {
		return NULL;
	}
	open_abort_requests(open, r, NT_STATUS_PIPE_BROKEN);
	talloc_free(open);
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS pipe_close_recv(struct tevent_req *req, struct reply *reply)
{
	const struct smb2_close_response out = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_close_response_encode(&reply->body, &out);
	return NT_STATUS_OK;
}

/* --- FLUSH -----------------------------------------------------------------
 */

/* What was written has arrived when WRITE was answered. */
struct tevent_req *pipe_flush_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct request *r)
{
	struct tevent_req *req = NULL;
	struct cmd_empty_state *state = NULL;

	(void)r;
	req = tevent_req_create(mem_ctx, &state, struct cmd_empty_state);
	if (req == NULL) {
		return NULL;
	}
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS pipe_flush_recv(struct tevent_req *req, struct reply *reply)
{
	return cmd_empty_recv(req, reply);
}

/* --- reading, for READ and for TRANSCEIVE ----------------------------------
 */

/* Somebody who waits for a message. On tevent_req. */
struct pipe_reader {
	struct pipe_reader *next, **prev; /* prev NULL: not in the list */
	struct pipe *pipe;
	struct tevent_req *req;
	size_t max;
	uint8_t *copy; /* what was read; a child */
	struct wire_slice data;
	NTSTATUS status;
};

static void reader_leave(struct pipe_reader *reader)
{
	if (reader->prev == NULL) {
		return;
	}
	*reader->prev = reader->next;
	if (reader->next != NULL) {
		reader->next->prev = reader->prev;
	} else {
		reader->pipe->end = reader->prev;
	}
	reader->prev = NULL;
}

static void reader_cleanup(struct tevent_req *req, enum tevent_req_state how)
{
	(void)how;
	reader_leave(tevent_req_data(req, struct pipe_reader));
}

/* A message, or as much of it as there is room for (3.3.5.12). */
static void reader_take(struct pipe_reader *reader)
{
	struct wire_slice all = rpc_peek(reader->pipe->rpc);
	size_t len = all.len < reader->max ? all.len : reader->max;

	reader->copy = talloc_memdup(reader, all.data, len);
	reader->status =
		len < all.len ? NT_STATUS_BUFFER_OVERFLOW : NT_STATUS_OK;
	if (reader->copy == NULL) {
		reader->status = NT_STATUS_INSUFFICIENT_RESOURCES;
		return;
	}
	reader->data = wire_slice(reader->copy, len);
	rpc_consume(reader->pipe->rpc, len);
}

static bool reader_cancel(struct tevent_req *req)
{
	tevent_req_error(req, NT_STATUS_CANCELLED);
	return true;
}

static struct tevent_req *reader_new(TALLOC_CTX *mem_ctx,
				     struct pipe_reader **reader,
				     struct request *r, size_t max)
{
	struct tevent_req *req =
		tevent_req_create(mem_ctx, reader, struct pipe_reader);

	if (req == NULL) {
		return NULL;
	}
	(*reader)->req = req;
	(*reader)->pipe = r->open == NULL ? NULL : r->open->pipe;
	(*reader)->max = max;
	return req;
}

/* Read now, or wait for a message. */
static struct tevent_req *reader_start(struct pipe_reader *reader,
				       struct tevent_context *ev,
				       struct request *r)
{
	struct tevent_req *req = reader->req;
	struct pipe *pipe = reader->pipe;
	NTSTATUS status = NT_STATUS_OK;

	if (pipe->readers == NULL && rpc_peek(pipe->rpc).len > 0) {
		reader_take(reader);
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	status = request_wait(r);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	reader->prev = pipe->end;
	*pipe->end = reader;
	pipe->end = &reader->next;
	tevent_req_set_cleanup_fn(req, reader_cleanup);
	tevent_req_set_cancel_fn(req, reader_cancel);
	tevent_req_defer_callback(req, ev);
	return req;
}

/* Messages have come: for those who wait. */
static void pipe_wake(struct pipe *pipe)
{
	while (pipe->readers != NULL && rpc_peek(pipe->rpc).len > 0) {
		struct pipe_reader *reader = pipe->readers;

		reader_leave(reader);
		reader_take(reader);
		tevent_req_done(reader->req);
	}
}

static NTSTATUS pipe_input(struct pipe *pipe, struct wire_slice bytes)
{
	if (!rpc_input(pipe->rpc, bytes)) {
		return NT_STATUS_PIPE_DISCONNECTED;
	}
	pipe_wake(pipe);
	return NT_STATUS_OK;
}

/* --- READ ------------------------------------------------------------------
 */

struct tevent_req *pipe_read_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, struct request *r)
{
	struct tevent_req *req = NULL;
	struct pipe_reader *reader = NULL;
	struct smb2_read_request in = {0};

	req = reader_new(mem_ctx, &reader, r, 0);
	if (req == NULL) {
		return NULL;
	}
	if (!smb2_read_request_decode(r->pdu.data, r->pdu.len, &in) ||
	    in.length > r->conn->agreed.max_read) {
		tevent_req_error(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, ev);
	}
	reader->max = in.length;
	return reader_start(reader, ev, r);
}

NTSTATUS pipe_read_recv(struct tevent_req *req, struct reply *reply)
{
	struct pipe_reader *reader = tevent_req_data(req, struct pipe_reader);
	struct smb2_read_response out = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	if (NT_STATUS_IS_ERR(reader->status)) {
		return reader->status;
	}
	out.data = reader->data;
	smb2_read_response_encode(&reply->body, &out);
	reply_payload(reply, reader->data.data, reader->data.len, reader->copy);
	return reader->status;
}

/* --- WRITE -----------------------------------------------------------------
 */

struct pipe_write_state {
	uint32_t count;
};

struct tevent_req *pipe_write_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct request *r)
{
	struct tevent_req *req = NULL;
	struct pipe_write_state *state = NULL;
	struct smb2_write_request in = {0};
	NTSTATUS status = NT_STATUS_INVALID_PARAMETER;

	req = tevent_req_create(mem_ctx, &state, struct pipe_write_state);
	if (req == NULL) {
		return NULL;
	}
	if (smb2_write_request_decode(r->pdu.data, r->pdu.len, &in) &&
	    in.data.len <= r->conn->agreed.max_write) {
		status = pipe_input(r->open->pipe, in.data);
	}
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	state->count = (uint32_t)in.data.len;
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS pipe_write_recv(struct tevent_req *req, struct reply *reply)
{
	struct pipe_write_state *state =
		tevent_req_data(req, struct pipe_write_state);
	const struct smb2_write_response out = {.count = state->count};
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_write_response_encode(&reply->body, &out);
	return NT_STATUS_OK;
}

/* --- IOCTL -----------------------------------------------------------------
 */

static NTSTATUS pipe_peek(struct pipe_reader *reader)
{
	struct smb2_pipe_peek out = {
		.named_pipe_state = FILE_PIPE_CONNECTED_STATE,
	};
	struct wire_writer w = wire_writer_talloc(reader);
	const size_t fixed = 16;
	struct wire_slice all = rpc_peek(reader->pipe->rpc);
	size_t messages = 0;
	size_t bytes = 0;

	if (reader->max < fixed) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	rpc_pending(reader->pipe->rpc, &messages, &bytes);
	out.read_data_available = (uint32_t)bytes;
	out.number_of_messages = (uint32_t)messages;
	out.message_length = (uint32_t)all.len;
	out.data = wire_slice(all.data, all.len < reader->max - fixed
						? all.len
						: reader->max - fixed);
	if (!smb2_pipe_peek_encode(&w, &out)) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	reader->copy = w.buf;
	reader->data = wire_writer_slice(&w);
	reader->status = out.data.len < all.len ? NT_STATUS_BUFFER_OVERFLOW
						: NT_STATUS_OK;
	return NT_STATUS_OK;
}

/* Pipes here are always there, or never. */
static NTSTATUS pipe_wait(TALLOC_CTX *mem_ctx, struct wire_slice input)
{
	struct smb2_pipe_wait in = {0};
	char *name = NULL;

	if (!smb2_pipe_wait_decode(input, &in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	name = utf16_to_utf8(mem_ctx, in.name);
	return name != NULL && rpc_interface_find(name) != NULL
		       ? NT_STATUS_OK
		       : NT_STATUS_OBJECT_NAME_NOT_FOUND;
}

/* What can be answered at once; NT_STATUS_PENDING: what has to be read. */
static NTSTATUS pipe_ioctl(struct pipe_reader *reader, uint32_t ctl_code,
			   struct wire_slice input)
{
	NTSTATUS status = NT_STATUS_OK;

	if (ctl_code == FSCTL_PIPE_WAIT) {
		return pipe_wait(reader, input);
	}
	if (ctl_code != FSCTL_PIPE_TRANSCEIVE && ctl_code != FSCTL_PIPE_PEEK) {
		return NT_STATUS_INVALID_DEVICE_REQUEST;
	}
	if (reader->pipe == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	if (ctl_code == FSCTL_PIPE_PEEK) {
		return pipe_peek(reader);
	}
	status = pipe_input(reader->pipe, input);
	return status == NT_STATUS_OK ? NT_STATUS_PENDING : status;
}

struct tevent_req *pipe_ioctl_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct request *r,
				   uint32_t ctl_code, struct wire_slice input,
				   uint32_t max_out)
{
	struct tevent_req *req = NULL;
	struct pipe_reader *reader = NULL;
	NTSTATUS status = NT_STATUS_OK;

	req = reader_new(mem_ctx, &reader, r, max_out);
	if (req == NULL) {
		return NULL;
	}
	status = pipe_ioctl(reader, ctl_code, input);
	if (status == NT_STATUS_PENDING) {
		return reader_start(reader, ev, r);
	}
	if (status == NT_STATUS_OK) {
		tevent_req_done(req);
	} else {
		tevent_req_error(req, status);
	}
	return tevent_req_post(req, ev);
}

NTSTATUS pipe_ioctl_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 struct wire_slice *output)
{
	struct pipe_reader *reader = tevent_req_data(req, struct pipe_reader);
	NTSTATUS status = NT_STATUS_OK;

	*output = wire_slice(NULL, 0);
	if (request_failed(req, &status)) {
		return status;
	}
	talloc_steal(mem_ctx, reader->copy);
	*output = reader->data;
	return reader->status;
}
