/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ends have in common, and those of the pump that are memory, or nothing.
 */
#include <errno.h>
#include <string.h>

#include "client/copy_private.h"

struct copy_end *copy_end_new(TALLOC_CTX *mem_ctx,
			      const struct copy_end_ops *ops, const char *name)
{
	struct copy_end *end = talloc_zero(mem_ctx, struct copy_end);

	if (end != NULL) {
		end->ops = ops;
		end->size = COPY_SIZE_UNKNOWN;
		end->name = talloc_strdup(end, name);
	}
	if (end != NULL && end->name == NULL) {
		TALLOC_FREE(end);
	}
	return end;
}

struct copy_block *copy_block_new(TALLOC_CTX *mem_ctx, size_t len,
				  uint8_t **data)
{
	struct copy_block *block = talloc_zero(mem_ctx, struct copy_block);

	*data = NULL;
	if (block == NULL) {
		return NULL;
	}
	*data = talloc_size(block, len);
	if (*data == NULL) {
		talloc_free(block);
		return NULL;
	}
	block->data = *data;
	block->len = len;
	return block;
}

NTSTATUS copy_block_recv(struct tevent_req *req, struct copy_block **from,
			 TALLOC_CTX *mem_ctx, struct copy_block **out)
{
	NTSTATUS status = req_status(req);

	*out = talloc_move(mem_ctx, from);
	tevent_req_received(req);
	return status;
}

/* What all ends here have: the work is done when the request is made. */
struct local_state {
	struct copy_end *end;
	struct copy_block *block;
};

static struct tevent_req *local_req(TALLOC_CTX *mem_ctx, struct copy_end *end,
				    struct local_state **state)
{
	struct tevent_req *req = NULL;

	req = tevent_req_create(mem_ctx, state, struct local_state);
	if (req != NULL) {
		(*state)->end = end;
	}
	return req;
}

static struct tevent_req *local_done(struct tevent_req *req,
				     struct tevent_context *ev)
{
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

static struct tevent_req *local_error(struct tevent_req *req,
				      struct tevent_context *ev,
				      struct copy_end *end, int err)
{
	end->err = err;
	req_failed(req, ntstatus_from_errno(err));
	return tevent_req_post(req, ev);
}

static NTSTATUS local_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				struct copy_block **block)
{
	struct local_state *state = tevent_req_data(req, struct local_state);

	return copy_block_recv(req, &state->block, mem_ctx, block);
}

/* ------------------------------------------------------------------- null */

static struct tevent_req *null_read_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct copy_end *end, uint64_t offset,
					 size_t len)
{
	struct local_state *state = NULL;
	struct tevent_req *req = local_req(mem_ctx, end, &state);
	uint8_t *data = NULL;

	if (req == NULL) {
		return NULL;
	}
	if (offset >= end->size) {
		return local_done(req, ev);
	}
	if (len > end->size - offset) {
		len = (size_t)(end->size - offset);
	}
	state->block = copy_block_new(state, len, &data);
	if (tevent_req_nomem(state->block, req)) {
		return tevent_req_post(req, ev);
	}
	memset(data, 0, len);
	return local_done(req, ev);
}

static struct tevent_req *null_write_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct copy_end *end,
					  struct copy_block *block)
{
	struct local_state *state = NULL;
	struct tevent_req *req = local_req(mem_ctx, end, &state);

	talloc_free(block);
	return req != NULL ? local_done(req, ev) : NULL;
}

static const struct copy_end_ops null_ops = {
	.kind = "null",
	.read_send = null_read_send,
	.read_recv = local_read_recv,
	.write_send = null_write_send,
	.write_recv = req_simple_recv,
};

struct copy_end *copy_null(TALLOC_CTX *mem_ctx, uint64_t size)
{
	struct copy_end *end = copy_end_new(mem_ctx, &null_ops, "nothing");

	if (end != NULL) {
		end->size = size;
	}
	return end;
}

/* ----------------------------------------------------------------- memory */

static struct tevent_req *memory_read_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   struct copy_end *end,
					   uint64_t offset, size_t len)
{
	struct local_state *state = NULL;
	struct tevent_req *req = local_req(mem_ctx, end, &state);
	const uint8_t *data = end->private_data;

	if (req == NULL) {
		return NULL;
	}
	if (offset >= end->size) {
		return local_done(req, ev);
	}
	if (len > end->size - offset) {
		len = (size_t)(end->size - offset);
	}
	state->block = talloc_zero(state, struct copy_block);
	if (tevent_req_nomem(state->block, req)) {
		return tevent_req_post(req, ev);
	}
	state->block->data = data + offset;
	state->block->len = len;
	return local_done(req, ev);
}

static struct tevent_req *memory_write_send(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    struct copy_end *end,
					    struct copy_block *block)
{
	struct local_state *state = NULL;
	struct tevent_req *req = local_req(mem_ctx, end, &state);
	uint8_t *data = end->private_data;

	if (req == NULL) {
		return NULL;
	}
	if (block->offset > end->size ||
	    block->len > end->size - block->offset) {
		talloc_free(block);
		return local_error(req, ev, end, ENOSPC);
	}
	memcpy(data + block->offset, block->data, block->len);
	talloc_free(block);
	return local_done(req, ev);
}

static const struct copy_end_ops memory_ops = {
	.kind = "memory",
	.read_send = memory_read_send,
	.read_recv = local_read_recv,
	.write_send = memory_write_send,
	.write_recv = req_simple_recv,
};

struct copy_end *copy_memory(TALLOC_CTX *mem_ctx, uint8_t *data, size_t size)
{
	struct copy_end *end = copy_end_new(mem_ctx, &memory_ops, "memory");

	if (end != NULL) {
		end->private_data = data;
		end->size = size;
	}
	return end;
}
