/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of an archive that is read: in pieces, and those of a large file as
 * the pump takes them. */
#include <errno.h>
#include <string.h>

#include "client/client_req.h"
#include "client/shell_tar_in.h"

#define PIECE ((size_t)1024 * 1024)

void tar_in_fail(struct tar_in *in, const char *why)
{
	shell_progress_clear(in->progress);
	shell_fail_text(in->shell, "%s: %s", in->local, why);
	in->failed = true;
}

bool tar_in_piece(struct tar_in *in, bool *end)
{
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (in->block != NULL && in->used < in->block->len) {
		return true;
	}
	TALLOC_FREE(in->block);
	in->used = 0;
	req = shell_need(
		in->end->ops->read_send(in, in->shell->ev, in->end, 0, PIECE));
	status = shell_wait(in->shell, req);
	if (NT_STATUS_IS_OK(status)) {
		status = in->end->ops->read_recv(req, in, &in->block);
	}
	talloc_free(req);
	if (!NT_STATUS_IS_OK(status)) {
		if (!in->shell->interrupted) {
			tar_in_fail(in,
				    strerror(in->end->err != 0 ? in->end->err
							       : EIO));
		}
		return false;
	}
	if (in->block == NULL || in->block->len == 0) {
		if (end != NULL) {
			*end = true;
		}
		return false;
	}
	return true;
}

bool tar_in_take(struct tar_in *in, uint8_t *data, uint64_t len)
{
	bool end = false;

	while (len > 0) {
		size_t part = 0;

		if (!tar_in_piece(in, &end)) {
			if (end) {
				tar_in_fail(in, "the archive is cut short");
			}
			return false;
		}
		part = in->block->len - in->used;
		part = part < len ? part : (size_t)len;
		if (data != NULL) {
			memcpy(data, in->block->data + in->used, part);
			data += part;
		}
		in->used += part;
		len -= part;
	}
	return true;
}

/* ------------------------------------------- a large file, as the pump's end
 */

struct entry_state {
	struct tar_in *in;
	struct copy_block *block;
	struct tevent_req *subreq;
	size_t len;
};

static void entry_read_done(struct tevent_req *subreq);

/* What is here; or what comes next, of which only so much is the file's. */
static void entry_share(struct entry_state *state)
{
	struct tar_in *in = state->in;
	size_t left = in->block->len - in->used;
	size_t part = left < state->len ? left : state->len;
	uint8_t *data = NULL;

	state->block = copy_block_new(state, part, &data);
	if (state->block != NULL) {
		memcpy(data, in->block->data + in->used, part);
		in->used += part;
		in->entry_left -= part;
	}
}

static struct tevent_req *entry_read_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct copy_end *end, uint64_t offset,
					  size_t len)
{
	struct entry_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct entry_state);

	(void)offset;
	if (req == NULL) {
		return NULL;
	}
	state->in = end->private_data;
	state->len = len;
	if (state->in->block != NULL &&
	    state->in->used < state->in->block->len) {
		entry_share(state);
		if (!tevent_req_nomem(state->block, req)) {
			tevent_req_done(req);
		}
		return tevent_req_post(req, ev);
	}
	subreq = state->in->end->ops->read_send(state, ev, state->in->end, 0,
						PIECE);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	state->in->reading = true;
	tevent_req_set_callback(subreq, entry_read_done, req);
	return req;
}

static void entry_read_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct entry_state *state = tevent_req_data(req, struct entry_state);
	struct tar_in *in = state->in;
	NTSTATUS status = NT_STATUS_OK;

	in->reading = false;
	TALLOC_FREE(in->block);
	in->used = 0;
	status = in->end->ops->read_recv(subreq, in, &in->block);
	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (in->block == NULL || in->block->len == 0) {
		req_failed(req, NT_STATUS_END_OF_FILE);
		return;
	}
	entry_share(state);
	if (!tevent_req_nomem(state->block, req)) {
		tevent_req_done(req);
	}
}

static NTSTATUS entry_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				struct copy_block **block)
{
	struct entry_state *state = tevent_req_data(req, struct entry_state);

	return copy_block_recv(req, &state->block, mem_ctx, block);
}

const struct copy_end_ops tar_in_entry_ops = {
	.kind = "archive",
	.read_send = entry_read_send,
	.read_recv = entry_read_recv,
};
