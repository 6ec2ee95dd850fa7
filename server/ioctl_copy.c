/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctl_copy.c - copies within the server: resume keys and copy chunks
 * (MS-SMB2 3.3.5.15.5, 3.3.5.15.6).
 */
#include <string.h>

#include "server/ioctl.h"
#include "server/lock.h"
#include "server/oplock.h"

/* Limits of one request; told to who asks for more (3.3.3). */
#define COPY_MAX_CHUNKS	    256
#define COPY_MAX_CHUNK_SIZE (1u << 20)
#define COPY_MAX_TOTAL	    (16u << 20)

struct ioctl_copychunk_state {
	struct tevent_context *ev;
	struct ioctl *io;
	struct smb2_copychunk_request copy;
	struct file_open *source;
	struct smb2_copychunk chunk; /* at work */
	uint32_t next;
	struct smb2_copychunk_response response;
	bool too_much; /* the response tells our limits */
};

static void ioctl_copychunk_step(struct tevent_req *req);
static void ioctl_copychunk_done(struct tevent_req *subreq);

/* A key is the open's FileId; what is behind it is looked up anew. */
NTSTATUS ioctl_resume_key(struct ioctl *io, struct wire_writer *out)
{
	uint8_t key[SMB2_RESUME_KEY_SIZE] = {0};
	struct wire_writer w = wire_writer_fixed(key, sizeof(key));

	wire_put_u64(&w, io->r->open->persistent_id);
	wire_put_u64(&w, io->r->open->volatile_id);
	smb2_resume_key_encode(out, key);
	return NT_STATUS_OK;
}

static struct open *open_of_key(const struct session *session,
				const uint8_t key[SMB2_RESUME_KEY_SIZE])
{
	struct wire_reader r = wire_reader(key, SMB2_RESUME_KEY_SIZE);
	uint64_t persistent_id = wire_get_u64(&r);
	uint64_t volatile_id = wire_get_u64(&r);

	return open_find(session, persistent_id, volatile_id);
}

static bool within_limits(const struct smb2_copychunk_request *copy)
{
	uint64_t total = 0;
	uint32_t i = 0;

	if (copy->chunk_count > COPY_MAX_CHUNKS) {
		return false;
	}
	for (i = 0; i < copy->chunk_count; i++) {
		struct smb2_copychunk chunk = {0};

		if (!smb2_copychunk_request_chunk(copy, i, &chunk) ||
		    chunk.length == 0 || chunk.length > COPY_MAX_CHUNK_SIZE ||
		    chunk.target_offset > INT64_MAX) {
			return false;
		}
		total += chunk.length;
	}
	return total <= COPY_MAX_TOTAL;
}

static NTSTATUS find_source(struct ioctl_copychunk_state *state)
{
	struct request *r = state->io->r;
	struct open *open = open_of_key(r->session, state->copy.source_key);

	if (open == NULL || open->file == NULL) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	state->source = open->file;
	if (state->source->handle->directory) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (!(state->source->access & (FILE_READ_DATA | FILE_EXECUTE))) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

static NTSTATUS begin(struct ioctl_copychunk_state *state)
{
	if (!smb2_copychunk_request_decode(state->io->in.input, &state->copy) ||
	    !within_limits(&state->copy)) {
		state->too_much = true;
		return NT_STATUS_INVALID_PARAMETER;
	}
	return find_source(state);
}

struct tevent_req *ioctl_copychunk_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct ioctl *io)
{
	struct ioctl_copychunk_state *state = NULL;
	struct tevent_req *req = tevent_req_create(
		mem_ctx, &state, struct ioctl_copychunk_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->io = io;
	if (tevent_req_error(req, begin(state))) {
		return tevent_req_post(req, ev);
	}
	ioctl_copychunk_step(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static NTSTATUS check_locks(const struct ioctl_copychunk_state *state)
{
	const struct smb2_copychunk *c = &state->chunk;
	const struct file_open *from = state->source;
	const struct file_open *to = state->io->open;

	if (!lock_allows(from->file->locks, from, c->source_offset, c->length,
			 false) ||
	    !lock_allows(to->file->locks, to, c->target_offset, c->length,
			 true)) {
		return NT_STATUS_FILE_LOCK_CONFLICT;
	}
	return NT_STATUS_OK;
}

/* The source may be closed between two chunks: it is found anew for each. */
static void ioctl_copychunk_step(struct tevent_req *req)
{
	struct ioctl_copychunk_state *state =
		tevent_req_data(req, struct ioctl_copychunk_state);
	struct smb2_copychunk *c = &state->chunk;
	struct tevent_req *subreq = NULL;

	if (state->next == state->copy.chunk_count) {
		tevent_req_done(req);
		return;
	}
	if (tevent_req_error(req, find_source(state))) {
		return;
	}
	smb2_copychunk_request_chunk(&state->copy, state->next++, c);
	if (tevent_req_error(req, check_locks(state))) {
		return;
	}
	state->io->open->modified = true;
	oplock_contend(state->io->open);
	subreq = store_copy_range_send(
		state, state->ev, state->source->handle, c->source_offset,
		state->io->open->handle, c->target_offset, c->length);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, ioctl_copychunk_done, req);
}

static void ioctl_copychunk_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_copychunk_state *state =
		tevent_req_data(req, struct ioctl_copychunk_state);
	uint64_t count = 0;
	int err = store_copy_range_recv(subreq, &count);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	if (count < state->chunk.length) {
		tevent_req_error(req, NT_STATUS_INVALID_VIEW_SIZE);
		return;
	}
	state->response.chunks_written++;
	state->response.total_bytes_written += state->chunk.length;
	ioctl_copychunk_step(req);
}

NTSTATUS ioctl_copychunk_recv(struct tevent_req *req, struct wire_writer *out)
{
	struct ioctl_copychunk_state *state =
		tevent_req_data(req, struct ioctl_copychunk_state);
	NTSTATUS status = NT_STATUS_OK;

	request_failed(req, &status);
	if (state->too_much) {
		state->response = (struct smb2_copychunk_response){
			.chunks_written = COPY_MAX_CHUNKS,
			.chunk_bytes_written = COPY_MAX_CHUNK_SIZE,
			.total_bytes_written = COPY_MAX_TOTAL,
		};
	}
	/* Also a copy that failed says how far it came (3.3.5.15.6.1). */
	if (state->next > 0 || state->copy.chunk_count == 0 ||
	    state->too_much) {
		smb2_copychunk_response_encode(out, &state->response);
	}
	tevent_req_received(req);
	return status;
}
