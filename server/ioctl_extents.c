/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctl_extents.c - what lies below a file: ranges given back, blocks shared
 * with another file, checksums.
 */
#include <errno.h>

#include "server/ioctl.h"
#include "server/lock.h"

/* --- FSCTL_FILE_LEVEL_TRIM (MS-FSA 2.1.5.10.9) ------------------------------
 */

#define TRIM_MAX_RANGES 4096

struct ioctl_trim_state {
	struct tevent_context *ev;
	struct ioctl *io;
	struct smb2_file_level_trim trim;
	struct wire_reader ranges;
	uint32_t done;
};

static void ioctl_trim_next(struct tevent_req *req);
static void ioctl_trim_done(struct tevent_req *subreq);

static NTSTATUS trim_check(struct ioctl_trim_state *state)
{
	if (!smb2_file_level_trim_decode(state->io->in.input, &state->trim) ||
	    state->trim.key != 0 || state->trim.range_count == 0 ||
	    state->trim.range_count > TRIM_MAX_RANGES) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	state->ranges = wire_reader_of(state->trim.ranges);
	return NT_STATUS_OK;
}

struct tevent_req *ioctl_trim_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct ioctl *io)
{
	struct ioctl_trim_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ioctl_trim_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->io = io;
	if (tevent_req_error(req, trim_check(state))) {
		return tevent_req_post(req, ev);
	}
	ioctl_trim_next(req);
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

/* What is trimmed reads as zeros here. */
static void ioctl_trim_next(struct tevent_req *req)
{
	struct ioctl_trim_state *state =
		tevent_req_data(req, struct ioctl_trim_state);
	struct file_open *open = state->io->open;
	struct tevent_req *subreq = NULL;
	uint64_t offset = wire_get_u64(&state->ranges);
	uint64_t len = wire_get_u64(&state->ranges);

	if (state->done == state->trim.range_count) {
		tevent_req_done(req);
		return;
	}
	if (offset > INT64_MAX || len > INT64_MAX - offset) {
		tevent_req_error(req, NT_STATUS_INVALID_PARAMETER);
		return;
	}
	if (!lock_allows(open->file->locks, open, offset, len, true)) {
		tevent_req_error(req, NT_STATUS_FILE_LOCK_CONFLICT);
		return;
	}
	subreq = store_allocate_send(state, state->ev, open->handle,
				     STORE_ALLOCATE_PUNCH, offset, len);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, ioctl_trim_done, req);
}

static void ioctl_trim_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_trim_state *state =
		tevent_req_data(req, struct ioctl_trim_state);
	int err = store_allocate_recv(subreq);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	state->done++;
	ioctl_trim_next(req);
}

NTSTATUS ioctl_trim_recv(struct tevent_req *req, struct wire_writer *out)
{
	struct ioctl_trim_state *state =
		tevent_req_data(req, struct ioctl_trim_state);
	NTSTATUS status = NT_STATUS_OK;

	if (!request_failed(req, &status)) {
		wire_put_u32(out, state->done);
	}
	tevent_req_received(req);
	return status;
}

/* --- FSCTL_DUPLICATE_EXTENTS_TO_FILE (MS-FSA 2.1.5.10.4) --------------------
 */

struct ioctl_clone_state {
	struct tevent_context *ev;
	struct ioctl *io;
	struct smb2_duplicate_extents in;
	struct store_attr from;
};

static void ioctl_clone_from(struct tevent_req *subreq);
static void ioctl_clone_to(struct tevent_req *subreq);
static void ioctl_clone_done(struct tevent_req *subreq);

/* Looked up anew for each step: it may be closed in between. */
static NTSTATUS clone_source(const struct ioctl_clone_state *state,
			     struct file_open **out)
{
	struct open *open =
		open_find(state->io->r->session, state->in.source.persistent_id,
			  state->in.source.volatile_id);

	if (open == NULL || open->file == NULL) {
		return NT_STATUS_INVALID_HANDLE;
	}
	*out = open->file;
	if ((*out)->handle->directory) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (((*out)->access & (FILE_READ_DATA | FILE_EXECUTE)) == 0) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return (*out)->handle->store == state->io->open->handle->store
		       ? NT_STATUS_OK
		       : NT_STATUS_INVALID_PARAMETER;
}

/* Byte-range locks are not looked at, as on Windows. */
static NTSTATUS clone_check(const struct ioctl_clone_state *state)
{
	const struct smb2_duplicate_extents *in = &state->in;
	struct file_open *from = NULL;
	NTSTATUS status = clone_source(state, &from);

	if (status != NT_STATUS_OK) {
		return status;
	}
	if (in->source_offset > INT64_MAX || in->target_offset > INT64_MAX ||
	    in->byte_count > INT64_MAX - in->source_offset ||
	    in->byte_count > INT64_MAX - in->target_offset) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return NT_STATUS_OK;
}

struct tevent_req *ioctl_clone_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev, struct ioctl *io)
{
	struct ioctl_clone_state *state = NULL;
	struct file_open *from = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ioctl_clone_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->io = io;
	if (!smb2_duplicate_extents_decode(io->in.input, &state->in)) {
		tevent_req_error(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, ev);
	}
	if (tevent_req_error(req, clone_check(state))) {
		return tevent_req_post(req, ev);
	}
	(void)clone_source(state, &from);
	subreq = store_getattr_send(state, ev, from->handle);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, ioctl_clone_from, req);
	return req;
}

static void ioctl_clone_from(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_clone_state *state =
		tevent_req_data(req, struct ioctl_clone_state);
	int err = store_getattr_recv(subreq, &state->from);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	subreq = store_getattr_send(state, state->ev, state->io->open->handle);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, ioctl_clone_to, req);
}

/* No file grows by it but one that may have holes anyway; and no hole comes
 * into a file that has none. */
static NTSTATUS clone_fits(const struct ioctl_clone_state *state,
			   const struct store_attr *to)
{
	const struct smb2_duplicate_extents *in = &state->in;
	uint32_t sparse = FILE_ATTRIBUTE_SPARSE_FILE;

	if (in->source_offset + in->byte_count > state->from.size ||
	    (in->target_offset + in->byte_count > to->size &&
	     (to->attributes & sparse) == 0) ||
	    ((state->from.attributes & sparse) != 0 &&
	     (to->attributes & sparse) == 0)) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	if (to->file_id == state->from.file_id &&
	    to->volume_id == state->from.volume_id &&
	    in->source_offset < in->target_offset + in->byte_count &&
	    in->target_offset < in->source_offset + in->byte_count) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	return NT_STATUS_OK;
}

static void ioctl_clone_to(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_clone_state *state =
		tevent_req_data(req, struct ioctl_clone_state);
	struct store_attr attr = {0};
	struct file_open *from = NULL;
	int err = store_getattr_recv(subreq, &attr);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	if (tevent_req_error(req, clone_check(state)) ||
	    tevent_req_error(req, clone_fits(state, &attr))) {
		return;
	}
	if (state->in.byte_count == 0) {
		tevent_req_done(req);
		return;
	}
	(void)clone_source(state, &from);
	subreq = store_clone_range_send(
		state, state->ev, from->handle, state->in.source_offset,
		state->io->open->handle, state->in.target_offset,
		state->in.byte_count);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, ioctl_clone_done, req);
}

static void ioctl_clone_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = store_clone_range_recv(subreq);

	TALLOC_FREE(subreq);
	if (err == EXDEV || err == EOPNOTSUPP || err == ENOTTY) {
		tevent_req_error(req, NT_STATUS_NOT_SUPPORTED);
		return;
	}
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	tevent_req_done(req);
}

/* --- integrity (MS-FSCC 2.3.25, 2.3.75)
 * --------------------------------------- */

#define CHECKSUM_TYPE_NONE	0
#define CHECKSUM_TYPE_UNCHANGED 0xFFFFu
#define CLUSTER_SIZE		4096

/* Nothing here has checksums that a client could switch. */
NTSTATUS ioctl_get_integrity(struct ioctl *io, struct wire_writer *out)
{
	(void)io;
	wire_put_u16(out, CHECKSUM_TYPE_NONE);
	wire_put_u16(out, 0);
	wire_put_u32(out, 0);
	wire_put_u32(out, 0);
	wire_put_u32(out, CLUSTER_SIZE);
	return NT_STATUS_OK;
}

NTSTATUS ioctl_set_integrity(struct ioctl *io, struct wire_writer *out)
{
	struct wire_reader r = wire_reader_of(io->in.input);
	uint16_t algorithm = wire_get_u16(&r);

	(void)out;
	wire_skip(&r, 2);
	(void)wire_get_u32(&r);
	if (!wire_reader_ok(&r)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return algorithm == CHECKSUM_TYPE_NONE ||
			       algorithm == CHECKSUM_TYPE_UNCHANGED
		       ? NT_STATUS_OK
		       : NT_STATUS_NOT_SUPPORTED;
}
