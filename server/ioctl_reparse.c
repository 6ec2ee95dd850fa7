/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctl_reparse.c - FSCTL_GET_REPARSE_POINT, FSCTL_SET_REPARSE_POINT and
 * FSCTL_DELETE_REPARSE_POINT (MS-FSA 2.1.5.10.14, .37, .3).
 */
#include <errno.h>
#include <string.h>

#include "server/ioctl.h"
#include "smbquic/reparse.h"

#define HEADER_SIZE   8
#define MAY_CHANGE    (FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES)
#define LINK_MAX_SIZE (3 * REPARSE_SIZE_MAX / 2 + 1)

struct ioctl_reparse_state {
	struct tevent_context *ev;
	struct ioctl *io;
	bool set;
	struct reparse wanted;
	struct wire_slice data; /* what is there */
};

static void reparse_got(struct tevent_req *subreq);
static void reparse_known(struct tevent_req *subreq);
static void reparse_done(struct tevent_req *subreq);

static struct tevent_req *reparse_begin(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct ioctl *io,
					struct ioctl_reparse_state **out)
{
	struct ioctl_reparse_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ioctl_reparse_state);

	if (req != NULL) {
		state->ev = ev;
		state->io = io;
		*out = state;
	}
	return req;
}

static struct tevent_req *reparse_ask(struct tevent_req *req,
				      struct ioctl_reparse_state *state,
				      void (*done)(struct tevent_req *))
{
	struct tevent_req *subreq = store_getreparse_send(
		state, state->ev, state->io->open->handle);

	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, state->ev);
	}
	tevent_req_set_callback(subreq, done, req);
	return req;
}

/* --- get ------------------------------------------------------------------ */

struct tevent_req *ioctl_get_reparse_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct ioctl *io)
{
	struct ioctl_reparse_state *state = NULL;
	struct tevent_req *req = reparse_begin(mem_ctx, ev, io, &state);

	return req == NULL ? NULL : reparse_ask(req, state, reparse_got);
}

static void reparse_got(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_reparse_state *state =
		tevent_req_data(req, struct ioctl_reparse_state);
	int err = store_getreparse_recv(subreq, state, &state->data);

	TALLOC_FREE(subreq);
	if (err == ENODATA || err == EOPNOTSUPP) {
		tevent_req_error(req, NT_STATUS_NOT_A_REPARSE_POINT);
	} else if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
	} else if (state->io->in.max_output_response < HEADER_SIZE) {
		tevent_req_error(req, NT_STATUS_BUFFER_TOO_SMALL);
	} else {
		tevent_req_done(req);
	}
}

NTSTATUS ioctl_get_reparse_recv(struct tevent_req *req, struct wire_writer *out)
{
	struct ioctl_reparse_state *state =
		tevent_req_data(req, struct ioctl_reparse_state);
	NTSTATUS status = NT_STATUS_OK;
	size_t max = state->io->in.max_output_response;

	if (!request_failed(req, &status)) {
		if (state->data.len > max) {
			state->data.len = max;
			status = NT_STATUS_BUFFER_OVERFLOW;
		}
		wire_put_slice(out, state->data);
	}
	tevent_req_received(req);
	return status;
}

/* --- set and delete ------------------------------------------------------- */

/* A link must say where to. */
static NTSTATUS check_wanted(TALLOC_CTX *mem_ctx,
			     const struct ioctl_reparse_state *state)
{
	char *text = NULL;
	bool relative = false;
	bool good = true;

	if (!state->set) {
		return state->wanted.data.len == 0
			       ? NT_STATUS_OK
			       : NT_STATUS_IO_REPARSE_DATA_INVALID;
	}
	if (state->wanted.tag == IO_REPARSE_TAG_SYMLINK) {
		text = talloc_array(mem_ctx, char, LINK_MAX_SIZE);
		if (text == NULL) {
			return NT_STATUS_INSUFFICIENT_RESOURCES;
		}
		good = reparse_target(&state->wanted, text, LINK_MAX_SIZE,
				      &relative) > 0;
		talloc_free(text);
	}
	return good ? NT_STATUS_OK : NT_STATUS_IO_REPARSE_DATA_INVALID;
}

/* The share's root stays what it is: nothing could be reached any more. */
static NTSTATUS check_change(TALLOC_CTX *mem_ctx,
			     struct ioctl_reparse_state *state)
{
	const struct file_open *open = state->io->open;
	NTSTATUS status = reparse_decode(state->io->in.input, &state->wanted);

	if ((open->access & MAY_CHANGE) == 0 || *open->name->path == '\0') {
		return NT_STATUS_ACCESS_DENIED;
	}
	return status == NT_STATUS_OK ? check_wanted(mem_ctx, state) : status;
}

static struct tevent_req *change_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct ioctl *io, bool set)
{
	struct ioctl_reparse_state *state = NULL;
	struct tevent_req *req = reparse_begin(mem_ctx, ev, io, &state);

	if (req == NULL) {
		return NULL;
	}
	state->set = set;
	if (tevent_req_error(req, check_change(state, state))) {
		return tevent_req_post(req, ev);
	}
	return reparse_ask(req, state, reparse_known);
}

struct tevent_req *ioctl_set_reparse_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct ioctl *io)
{
	return change_send(mem_ctx, ev, io, true);
}

struct tevent_req *ioctl_delete_reparse_send(TALLOC_CTX *mem_ctx,
					     struct tevent_context *ev,
					     struct ioctl *io)
{
	return change_send(mem_ctx, ev, io, false);
}

/* Only who knows what is there may change it. */
static NTSTATUS check_known(const struct ioctl_reparse_state *state, int err)
{
	struct reparse old = {0};

	if (err == EOPNOTSUPP) {
		return NT_STATUS_INVALID_DEVICE_REQUEST;
	}
	if (err == ENODATA) {
		return state->set ? NT_STATUS_OK
				  : NT_STATUS_NOT_A_REPARSE_POINT;
	}
	if (err != 0) {
		return ntstatus_from_errno(err);
	}
	if (reparse_decode(state->data, &old) != NT_STATUS_OK) {
		return NT_STATUS_OK; /* somebody on the machine spoilt it */
	}
	if (old.tag != state->wanted.tag) {
		return NT_STATUS_IO_REPARSE_TAG_MISMATCH;
	}
	return old.has_guid && memcmp(&old.guid, &state->wanted.guid,
				      sizeof(old.guid)) != 0
		       ? NT_STATUS_REPARSE_ATTRIBUTE_CONFLICT
		       : NT_STATUS_OK;
}

static void reparse_known(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ioctl_reparse_state *state =
		tevent_req_data(req, struct ioctl_reparse_state);
	int err = store_getreparse_recv(subreq, state, &state->data);

	TALLOC_FREE(subreq);
	if (tevent_req_error(req, check_known(state, err))) {
		return;
	}
	subreq = store_setreparse_send(
		state, state->ev, state->io->open->handle,
		state->set ? state->io->in.input : wire_slice(NULL, 0));
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, reparse_done, req);
}

static void reparse_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = store_setreparse_recv(subreq);

	TALLOC_FREE(subreq);
	if (err == EINVAL) { /* a link of the machine */
		tevent_req_error(req, NT_STATUS_ACCESS_DENIED);
	} else if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
	} else {
		tevent_req_done(req);
	}
}
