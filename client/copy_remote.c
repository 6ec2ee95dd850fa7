/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of the pump that is a file on a server. */
#include "client/client.h"
#include "client/copy_private.h"

static struct client_file *remote_file(const struct copy_end *end)
{
	return end->private_data;
}

static size_t remote_max_io(const struct copy_end *end)
{
	const struct client_tree *tree = client_file_tree(remote_file(end));
	size_t r = tree != NULL ? client_max_read(tree) : 0;
	size_t w = tree != NULL ? client_max_write(tree) : 0;

	return r < w ? r : w;
}

/* ------------------------------------------------------------------- read */

struct remote_state {
	struct copy_block *block;
	size_t len;
};

static void remote_read_done(struct tevent_req *subreq);
static void remote_write_done(struct tevent_req *subreq);

static struct tevent_req *remote_read_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   struct copy_end *end,
					   uint64_t offset, size_t len)
{
	struct remote_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct remote_state);

	if (req == NULL) {
		return NULL;
	}
	subreq = client_read_send(state, remote_file(end), offset, len);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, remote_read_done, req);
	return req;
}

static void remote_read_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct remote_state *state = tevent_req_data(req, struct remote_state);
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(subreq, state, &owner, &data);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	state->block = talloc_zero(state, struct copy_block);
	if (tevent_req_nomem(state->block, req)) {
		return;
	}
	talloc_steal(state->block, owner);
	state->block->data = data.data;
	state->block->len = data.len;
	tevent_req_done(req);
}

static NTSTATUS remote_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				 struct copy_block **block)
{
	struct remote_state *state = tevent_req_data(req, struct remote_state);

	return copy_block_recv(req, &state->block, mem_ctx, block);
}

/* ------------------------------------------------------------------ write */

static struct tevent_req *remote_write_send(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    struct copy_end *end,
					    struct copy_block *block)
{
	struct remote_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct remote_state);

	if (req == NULL) {
		talloc_free(block);
		return NULL;
	}
	state->len = block->len;
	subreq = client_write_send(state, remote_file(end), block->offset,
				   wire_slice(block->data, block->len), block);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, remote_write_done, req);
	return req;
}

static void remote_write_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct remote_state *state = tevent_req_data(req, struct remote_state);
	size_t done = 0;
	NTSTATUS status = client_write_recv(subreq, &done);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (done != state->len) {
		req_failed(req, NT_STATUS_DISK_FULL);
		return;
	}
	tevent_req_done(req);
}

static const struct copy_end_ops remote_ops = {
	.kind = "remote",
	.max_io = remote_max_io,
	.read_send = remote_read_send,
	.read_recv = remote_read_recv,
	.write_send = remote_write_send,
	.write_recv = req_simple_recv,
};

struct copy_end *copy_remote(TALLOC_CTX *mem_ctx, struct client_file *file,
			     const char *name, uint64_t size)
{
	struct copy_end *end = copy_end_new(mem_ctx, &remote_ops, name);

	if (end != NULL) {
		end->private_data = file;
		end->size = size;
	}
	return end;
}
