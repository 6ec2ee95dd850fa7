/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A copy that the server makes, without the bytes coming here
 * (MS-SMB2 2.2.31.1, 3.2.4.20.2). The first request has Windows' limits; a
 * server with others tells them when it refuses.
 */
#include <string.h>

#include "client/client_private.h"
#include "smbquic/smb2_fsctl.h"

#define CHUNKS	   16
#define CHUNK_SIZE ((uint32_t)1024 * 1024)
#define ANSWER	   12
#define KEY_ANSWER 32

struct server_copy_state {
	struct client_file *from;
	struct client_file *to;
	uint64_t from_offset, to_offset;
	uint64_t size, done;
	uint8_t key[SMB2_RESUME_KEY_SIZE];
	uint32_t chunks, chunk_size; /* of one request */
	uint64_t asked;		     /* bytes of the one in flight */
	bool limited;		     /* the server told its limits */
	client_copied_fn copied;
	void *private_data;
};

static void server_copy_key(struct tevent_req *subreq);
static void server_copy_go(struct tevent_req *req);
static void server_copy_part(struct tevent_req *subreq);

struct tevent_req *client_server_copy_send(
	TALLOC_CTX *mem_ctx, struct client_file *from, struct client_file *to,
	uint64_t size, client_copied_fn copied, void *private_data)
{
	return client_server_copy_range_send(mem_ctx, from, 0, to, 0, size,
					     copied, private_data);
}

struct tevent_req *client_server_copy_range_send(
	TALLOC_CTX *mem_ctx, struct client_file *from, uint64_t from_offset,
	struct client_file *to, uint64_t to_offset, uint64_t size,
	client_copied_fn copied, void *private_data)
{
	struct client_conn *conn = file_conn(from);
	struct server_copy_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;

	if (conn == NULL) {
		return NULL;
	}
	req = tevent_req_create(mem_ctx, &state, struct server_copy_state);
	if (req == NULL) {
		return NULL;
	}
	state->from = from;
	state->to = to;
	state->from_offset = from_offset;
	state->to_offset = to_offset;
	state->size = size;
	state->chunks = CHUNKS;
	state->chunk_size = CHUNK_SIZE;
	state->copied = copied;
	state->private_data = private_data;
	subreq = client_ioctl_send(state, client_file_tree(from), from,
				   FSCTL_SRV_REQUEST_RESUME_KEY,
				   wire_slice(NULL, 0), KEY_ANSWER);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, server_copy_key, req);
	return req;
}

static void server_copy_key(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct server_copy_state *state =
		tevent_req_data(req, struct server_copy_state);
	struct wire_slice data = {0};
	NTSTATUS status = client_ioctl_recv(subreq, state, &data);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (!smb2_resume_key_decode(data, state->key)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	server_copy_go(req);
}

static void server_copy_go(struct tevent_req *req)
{
	struct server_copy_state *state =
		tevent_req_data(req, struct server_copy_state);
	struct smb2_copychunk chunk[CHUNKS] = {{0}};
	struct smb2_copychunk_request body = {0};
	struct wire_writer w = wire_writer_talloc(state);
	uint64_t at = state->done;
	struct tevent_req *subreq = NULL;

	if (state->done >= state->size) {
		tevent_req_done(req);
		return;
	}
	memcpy(body.source_key, state->key, sizeof(body.source_key));
	while (at < state->size && body.chunk_count < state->chunks) {
		struct smb2_copychunk *c = &chunk[body.chunk_count++];
		uint64_t left = state->size - at;

		c->source_offset = state->from_offset + at;
		c->target_offset = state->to_offset + at;
		c->length = left < state->chunk_size ? (uint32_t)left
						     : state->chunk_size;
		at += c->length;
	}
	state->asked = at - state->done;
	if (!smb2_copychunk_request_encode(&w, &body, chunk)) {
		tevent_req_oom(req);
		return;
	}
	/* _WRITE: the target need not be open for reading. */
	subreq = client_ioctl_send(state, client_file_tree(state->to),
				   state->to, FSCTL_SRV_COPYCHUNK_WRITE,
				   wire_writer_slice(&w), ANSWER);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, server_copy_part, req);
}

/* A refusal for being too large tells what is not. */
static bool server_copy_limit(struct server_copy_state *state,
			      struct wire_slice data)
{
	struct smb2_copychunk_response limit = {0};

	if (state->limited || !smb2_copychunk_response_decode(data, &limit) ||
	    limit.chunks_written == 0 || limit.chunk_bytes_written == 0 ||
	    limit.total_bytes_written == 0) {
		return false;
	}
	state->limited = true;
	if (limit.chunk_bytes_written < state->chunk_size) {
		state->chunk_size = limit.chunk_bytes_written;
	}
	if (limit.total_bytes_written < state->chunk_size) {
		state->chunk_size = limit.total_bytes_written;
	}
	if (limit.chunks_written < state->chunks) {
		state->chunks = limit.chunks_written;
	}
	if (limit.total_bytes_written / state->chunk_size < state->chunks) {
		state->chunks = limit.total_bytes_written / state->chunk_size;
	}
	return true;
}

static void server_copy_part(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct server_copy_state *state =
		tevent_req_data(req, struct server_copy_state);
	struct smb2_copychunk_response part = {0};
	struct wire_slice data = {0};
	NTSTATUS status = client_ioctl_recv(subreq, state, &data);

	talloc_free(subreq);
	if (status == NT_STATUS_INVALID_PARAMETER &&
	    server_copy_limit(state, data)) {
		server_copy_go(req);
		return;
	}
	if (req_failed(req, status)) {
		return;
	}
	if (!smb2_copychunk_response_decode(data, &part) ||
	    part.total_bytes_written == 0 ||
	    part.total_bytes_written > state->asked) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	state->done += part.total_bytes_written;
	if (state->copied != NULL) {
		state->copied(part.total_bytes_written, state->private_data);
	}
	server_copy_go(req);
}

NTSTATUS client_server_copy_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

NTSTATUS client_server_copy_range_recv(struct tevent_req *req)
{
	return client_server_copy_recv(req);
}

NTSTATUS client_server_copy(struct client_file *from, struct client_file *to,
			    uint64_t size)
{
	struct tevent_req *req =
		client_server_copy_send(from, from, to, size, NULL, NULL);
	NTSTATUS status = client_wait(file_conn(from), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_server_copy_recv(req);
	}
	talloc_free(req);
	return status;
}

NTSTATUS client_server_copy_range(struct client_file *from,
				  uint64_t from_offset, struct client_file *to,
				  uint64_t to_offset, uint64_t size)
{
	struct tevent_req *req = client_server_copy_range_send(
		from, from, from_offset, to, to_offset, size, NULL, NULL);
	NTSTATUS status = client_wait(file_conn(from), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_server_copy_range_recv(req);
	}
	talloc_free(req);
	return status;
}
