/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctl_range.c - holes: sparse files, zeroed ranges, what is allocated.
 */

#include "server/ioctl.h"
#include "server/lock.h"
#include "server/oplock.h"

/* --- FSCTL_SET_SPARSE --------------------------------------------------------
 */

struct ioctl_set_sparse_state {
	struct tevent_context *ev;
	struct store_file *file;
	bool sparse;
};

static void ioctl_set_sparse_got(struct tevent_req *subreq);
static void ioctl_set_sparse_done(struct tevent_req *subreq);

struct tevent_req *ioctl_set_sparse_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct ioctl *io)
{
	const uint32_t may =
		FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_ATTRIBUTES;
	struct ioctl_set_sparse_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = tevent_req_create(
		mem_ctx, &state, struct ioctl_set_sparse_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->file = io->open->handle;
	if (!smb2_set_sparse_decode(io->in.input, &state->sparse)) {
		tevent_req_error(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, ev);
	}
	if (!(io->open->access & may)) {
		tevent_req_error(req, NT_STATUS_ACCESS_DENIED);
		return tevent_req_post(req, ev);
	}
	subreq = store_getattr_send(state, ev, state->file);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, ioctl_set_sparse_got, req);
	return req;
}

static void ioctl_set_sparse_got(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_set_sparse_state *state =
		tevent_req_data(req, struct ioctl_set_sparse_state);
	struct store_change change = {.what = STORE_SET_ATTRIBUTES};
	struct store_attr attr = {0};
	int err = store_getattr_recv(subreq, &attr);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	change.attributes = attr.attributes & ~FILE_ATTRIBUTE_SPARSE_FILE;
	if (state->sparse) {
		change.attributes |= FILE_ATTRIBUTE_SPARSE_FILE;
	}
	subreq = store_setattr_send(state, state->ev, state->file, &change);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, ioctl_set_sparse_done, req);
}

static void ioctl_set_sparse_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = store_setattr_recv(subreq);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	tevent_req_done(req);
}

/* --- FSCTL_SET_ZERO_DATA
 * ------------------------------------------------------- */

struct ioctl_zero_data_state {
	struct tevent_context *ev;
	struct store_file *file;
	struct smb2_file_range range;
};

static void ioctl_zero_data_got(struct tevent_req *subreq);
static void ioctl_zero_data_done(struct tevent_req *subreq);

static NTSTATUS zero_range(const struct ioctl *io,
			   struct smb2_file_range *range)
{
	/* length is BeyondFinalZero here, an offset */
	if (!smb2_file_range_decode(io->in.input, range) ||
	    range->length < range->offset || range->length > INT64_MAX) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	range->length -= range->offset;
	if (!lock_allows(io->open->file->locks, io->open, range->offset,
			 range->length, true)) {
		return NT_STATUS_FILE_LOCK_CONFLICT;
	}
	io->open->modified = true;
	oplock_contend(io->open);
	return NT_STATUS_OK;
}

struct tevent_req *ioctl_zero_data_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct ioctl *io)
{
	struct ioctl_zero_data_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = tevent_req_create(
		mem_ctx, &state, struct ioctl_zero_data_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->file = io->open->handle;
	if (tevent_req_error(req, zero_range(io, &state->range))) {
		return tevent_req_post(req, ev);
	}
	if (state->range.length == 0) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	subreq = store_getattr_send(state, ev, state->file);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, ioctl_zero_data_got, req);
	return req;
}

/* Only a sparse file gives its space back. */
static void ioctl_zero_data_got(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_zero_data_state *state =
		tevent_req_data(req, struct ioctl_zero_data_state);
	struct store_attr attr = {0};
	int err = store_getattr_recv(subreq, &attr);
	bool sparse = (attr.attributes & FILE_ATTRIBUTE_SPARSE_FILE) != 0;

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	subreq = store_allocate_send(state, state->ev, state->file,
				     sparse ? STORE_ALLOCATE_PUNCH
					    : STORE_ALLOCATE_ZERO,
				     state->range.offset, state->range.length);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, ioctl_zero_data_done, req);
}

static void ioctl_zero_data_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = store_allocate_recv(subreq);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	tevent_req_done(req);
}

/* --- FSCTL_QUERY_ALLOCATED_RANGES
 * ----------------------------------------------- */

#define RANGE_SIZE 16

struct ioctl_ranges_state {
	struct tevent_context *ev;
	struct store_file *file;
	struct smb2_file_range range;
	size_t max;
	struct store_range *ranges;
	size_t count;
	bool more;
};

static void ioctl_ranges_got(struct tevent_req *subreq);
static void ioctl_ranges_done(struct tevent_req *subreq);
static void ranges_found(struct tevent_req *req, bool more);

struct tevent_req *ioctl_ranges_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct ioctl *io)
{
	struct ioctl_ranges_state *state = NULL;
	struct smb2_file_range *range = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ioctl_ranges_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->file = io->open->handle;
	state->max = io->in.max_output_response / RANGE_SIZE;
	range = &state->range;
	if (!smb2_file_range_decode(io->in.input, range) ||
	    range->offset > INT64_MAX || range->length > INT64_MAX ||
	    range->length > INT64_MAX - range->offset) {
		tevent_req_error(req, NT_STATUS_INVALID_PARAMETER);
		return tevent_req_post(req, ev);
	}
	if (range->length == 0) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	subreq = store_getattr_send(state, ev, state->file);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, ioctl_ranges_got, req);
	return req;
}

/* A file that is not sparse is all there (MS-FSA 2.1.5.10.22). */
static void ioctl_ranges_whole(struct tevent_req *req, uint64_t size)
{
	struct ioctl_ranges_state *state =
		tevent_req_data(req, struct ioctl_ranges_state);
	uint64_t offset = state->range.offset;
	uint64_t left = size > offset ? size - offset : 0;

	state->ranges = talloc_zero(state, struct store_range);
	if (tevent_req_nomem(state->ranges, req)) {
		return;
	}
	state->ranges->offset = offset;
	state->ranges->len =
		left < state->range.length ? left : state->range.length;
	state->count = left > 0;
	ranges_found(req, false);
}

static void ioctl_ranges_got(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_ranges_state *state =
		tevent_req_data(req, struct ioctl_ranges_state);
	struct store_attr attr = {0};
	int err = store_getattr_recv(subreq, &attr);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	if ((attr.attributes & FILE_ATTRIBUTE_SPARSE_FILE) == 0) {
		ioctl_ranges_whole(req, attr.size);
		return;
	}
	subreq = store_ranges_send(state, state->ev, state->file,
				   state->range.offset, state->range.length,
				   state->max > 0 ? state->max : 1);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, ioctl_ranges_done, req);
}

/* There may be something, and no room to say so. */
static void ranges_found(struct tevent_req *req, bool more)
{
	struct ioctl_ranges_state *state =
		tevent_req_data(req, struct ioctl_ranges_state);

	if (state->max == 0 && state->count > 0) {
		tevent_req_error(req, NT_STATUS_BUFFER_TOO_SMALL);
		return;
	}
	state->more = more;
	tevent_req_done(req);
}

static void ioctl_ranges_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_ranges_state *state =
		tevent_req_data(req, struct ioctl_ranges_state);
	bool more = false;
	int err = store_ranges_recv(subreq, state, &state->ranges,
				    &state->count, &more);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	ranges_found(req, more);
}

NTSTATUS ioctl_ranges_recv(struct tevent_req *req, struct wire_writer *out)
{
	struct ioctl_ranges_state *state =
		tevent_req_data(req, struct ioctl_ranges_state);
	NTSTATUS status = NT_STATUS_OK;
	size_t i = 0;

	if (!request_failed(req, &status)) {
		for (i = 0; i < state->count; i++) {
			const struct smb2_file_range range = {
				.offset = state->ranges[i].offset,
				.length = state->ranges[i].len,
			};

			smb2_file_range_encode(out, &range);
		}
		status = state->more ? NT_STATUS_BUFFER_OVERFLOW : NT_STATUS_OK;
	}
	tevent_req_received(req);
	return status;
}
