/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading, writing, flushing and locking of open files. */
#include <string.h>

#include "client/client_private.h"

/* ------------------------------------------------------------------- read */

size_t client_max_read(const struct client_tree *tree)
{
	const struct client_conn *conn = client_tree_conn(tree);

	return conn != NULL ? conn_affordable(conn, conn->agreement.max_read)
			    : SMB2_CREDIT_UNIT;
}

struct tevent_req *client_read_send(TALLOC_CTX *mem_ctx,
				    struct client_file *file, uint64_t offset,
				    size_t len)
{
	struct smb2_read_request body = {
		.offset = offset,
		.file_id = file->id,
		.minimum_count = 0,
		.flags = compression_read_flags(file->tree),
	};
	struct call *call = file_call(mem_ctx, file);

	if (call != NULL) {
		size_t most = client_max_read(file->tree);

		body.length = (uint32_t)(len < most ? len : most);
		smb2_read_request_encode(call_add(call, SMB2_READ, body.length),
					 &body);
	}
	return call_send(mem_ctx, file_conn(file), call);
}

NTSTATUS client_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  TALLOC_CTX **owner, struct wire_slice *data)
{
	struct smb2_read_response body = {0};
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(req, mem_ctx, &call);

	*data = wire_slice(NULL, 0);
	*owner = call;
	if (status == NT_STATUS_END_OF_FILE) {
		return NT_STATUS_OK;
	}
	if (!NT_STATUS_IS_OK(status) && status != NT_STATUS_BUFFER_OVERFLOW) {
		return status;
	}
	if (!smb2_read_response_decode(call->part[0].reply.data,
				       call->part[0].reply.len, &body)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	*data = body.data;
	return status;
}

NTSTATUS client_read(struct client_file *file, uint64_t offset, void *buf,
		     size_t len, size_t *done)
{
	struct tevent_req *req = client_read_send(file, file, offset, len);
	NTSTATUS status = client_wait(file_conn(file), req);
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;

	*done = 0;
	if (NT_STATUS_IS_OK(status)) {
		status = client_read_recv(req, req, &owner, &data);
	}
	if (data.len > len) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	} else if (data.len > 0) {
		memcpy(buf, data.data, data.len);
		*done = data.len;
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------------ write */

size_t client_max_write(const struct client_tree *tree)
{
	const struct client_conn *conn = client_tree_conn(tree);

	return conn != NULL ? conn_affordable(conn, conn->agreement.max_write)
			    : SMB2_CREDIT_UNIT;
}

struct tevent_req *client_write_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file, uint64_t offset,
				     struct wire_slice data, TALLOC_CTX *owner)
{
	struct smb2_write_request body = {
		.offset = offset,
		.file_id = file->id,
	};
	struct call *call = file_call(mem_ctx, file);

	if (call == NULL) {
		talloc_free(owner);
	} else {
		size_t most = client_max_write(file->tree);

		call->compress = file->tree->compress;
		body.data = data;
		body.data.len = data.len < most ? data.len : most;
		smb2_write_request_encode(
			call_add(call, SMB2_WRITE, body.data.len), &body);
		call_payload(call, body.data, owner);
	}
	return call_send(mem_ctx, file_conn(file), call);
}

NTSTATUS client_write_recv(struct tevent_req *req, size_t *done)
{
	struct smb2_write_response body = {0};
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(req, req, &call);

	*done = 0;
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (!smb2_write_response_decode(call->part[0].reply.data,
					call->part[0].reply.len, &body)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	*done = body.count;
	return status;
}

/* One request's worth. */
static NTSTATUS write_some(struct client_file *file, uint64_t offset,
			   struct wire_slice data, size_t *done)
{
	uint8_t *copy = talloc_memdup(file, data.data, data.len);
	struct tevent_req *req = NULL;
	NTSTATUS status = 0;

	if (copy == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	/* The bytes may be needed after the answer: see message_write_send. */
	req = client_write_send(file, file, offset, wire_slice(copy, data.len),
				copy);
	status = client_wait(file_conn(file), req);
	if (NT_STATUS_IS_OK(status)) {
		status = client_write_recv(req, done);
	}
	talloc_free(req);
	return status;
}

NTSTATUS client_write(struct client_file *file, uint64_t offset,
		      const void *buf, size_t len)
{
	const uint8_t *p = buf;
	NTSTATUS status = NT_STATUS_OK;
	size_t most = 0;
	size_t done = 0;

	while (len > 0) {
		most = client_max_write(file->tree);
		most = len < most ? len : most;
		status = write_some(file, offset, wire_slice(p, most), &done);
		if (!NT_STATUS_IS_OK(status)) {
			return status;
		}
		if (done == 0 || done > most) {
			return NT_STATUS_INVALID_NETWORK_RESPONSE;
		}
		p += done;
		len -= done;
		offset += done;
	}
	return NT_STATUS_OK;
}

/* ------------------------------------------------------------------ flush */

struct tevent_req *client_flush_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file)
{
	struct smb2_flush_request body = {.file_id = file->id};
	struct call *call = file_call(mem_ctx, file);

	if (call != NULL) {
		smb2_flush_request_encode(call_add(call, SMB2_FLUSH, 0), &body);
	}
	return call_send(mem_ctx, file_conn(file), call);
}

NTSTATUS client_flush_recv(struct tevent_req *req)
{
	return call_recv_status(req);
}

NTSTATUS client_flush(struct client_file *file)
{
	struct tevent_req *req = client_flush_send(file, file);
	NTSTATUS status = client_wait(file_conn(file), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_flush_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------------- lock */

struct lock_state {
	struct client_file *file;
	struct smb2_lock_element *locks;
	uint16_t count;
};

static void lock_done(struct tevent_req *subreq);

struct tevent_req *client_lock_send(TALLOC_CTX *mem_ctx,
				    struct client_file *file,
				    const struct smb2_lock_element *locks,
				    uint16_t count)
{
	struct smb2_lock_request body = {
		.lock_count = count,
		.file_id = file->id,
	};
	struct client_conn *conn = file_conn(file);
	struct lock_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;
	struct call *call = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct lock_state);
	}
	if (req == NULL) {
		return NULL;
	}
	state->file = file;
	state->count = count;
	state->locks = talloc_memdup(state, locks, sizeof(*locks) * count);
	call = file_call(state, file);
	if (tevent_req_nomem(state->locks, req) ||
	    tevent_req_nomem(call, req)) {
		return tevent_req_post(req, conn->ev);
	}
	if (file->origin != NULL && file->origin->durable) {
		file_origin_sequence(file->origin, &body);
	}
	call->timeout_ms = 0;
	smb2_lock_request_encode(call_add(call, SMB2_LOCK, 0), &body, locks);
	subreq = call_send(state, conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, lock_done, req);
	return req;
}

static void lock_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct lock_state *state = tevent_req_data(req, struct lock_state);
	NTSTATUS status = call_recv_status(subreq);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (state->file->origin != NULL) {
		file_origin_lock(state->file->origin, state->locks,
				 state->count);
	}
	tevent_req_done(req);
}

NTSTATUS client_lock_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

NTSTATUS client_lock(struct client_file *file,
		     const struct smb2_lock_element *locks, uint16_t count)
{
	struct tevent_req *req = client_lock_send(file, file, locks, count);
	NTSTATUS status = client_wait(file_conn(file), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_lock_recv(req);
	}
	talloc_free(req);
	return status;
}
