/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ends of the pump without offsets: standard input and output, pipes,
 * devices. The connection must be served while a pipe makes us wait, so what
 * can be watched is watched; devices and regular files never wait and cannot
 * be watched.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/copy_private.h"

/* So much can be written without waiting to a pipe that is writable. */
#define STREAM_PIECE 4096

struct stream {
	int fd;
	bool watch;
	bool pipe;
};

struct stream_state {
	struct copy_end *end;
	struct stream *stream;
	struct copy_block *block;
	uint8_t *data; /* read: the block's memory */
	size_t done;   /* write: so much of the block */
};

static struct tevent_req *stream_req(TALLOC_CTX *mem_ctx, struct copy_end *end,
				     struct stream_state **state)
{
	struct tevent_req *req = NULL;

	req = tevent_req_create(mem_ctx, state, struct stream_state);
	if (req != NULL) {
		(*state)->end = end;
		(*state)->stream =
			talloc_get_type_abort(end->private_data, struct stream);
	}
	return req;
}

static void stream_error(struct tevent_req *req, int err)
{
	struct stream_state *state = tevent_req_data(req, struct stream_state);

	state->end->err = err;
	req_failed(req, ntstatus_from_errno(err));
}

/* Now if the descriptor never waits, else each time it is ready. */
static struct tevent_req *stream_start(struct tevent_req *req,
				       struct tevent_context *ev,
				       uint16_t flags,
				       tevent_fd_handler_t handler)
{
	struct stream_state *state = tevent_req_data(req, struct stream_state);
	struct tevent_fd *fde = NULL;

	if (state->stream->watch) {
		fde = tevent_add_fd(ev, state, state->stream->fd, flags,
				    handler, req);
		if (!tevent_req_nomem(fde, req)) {
			return req;
		}
	}
	while (tevent_req_is_in_progress(req)) {
		handler(ev, NULL, flags, req);
	}
	return tevent_req_post(req, ev);
}

static void stream_readable(struct tevent_context *ev, struct tevent_fd *fde,
			    uint16_t flags, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct stream_state *state = tevent_req_data(req, struct stream_state);
	ssize_t n = 0;

	(void)ev;
	(void)flags;
	n = read(state->stream->fd, state->data, state->block->len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
		return;
	}
	TALLOC_FREE(fde);
	if (n < 0) {
		stream_error(req, errno);
		return;
	}
	state->block->len = (size_t)n;
	tevent_req_done(req);
}

static struct tevent_req *stream_read_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   struct copy_end *end,
					   uint64_t offset, size_t len)
{
	struct stream_state *state = NULL;
	struct tevent_req *req = stream_req(mem_ctx, end, &state);

	(void)offset;
	if (req == NULL) {
		return NULL;
	}
	state->block = copy_block_new(state, len, &state->data);
	if (tevent_req_nomem(state->block, req)) {
		return tevent_req_post(req, ev);
	}
	return stream_start(req, ev, TEVENT_FD_READ, stream_readable);
}

static NTSTATUS stream_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				 struct copy_block **block)
{
	struct stream_state *state = tevent_req_data(req, struct stream_state);

	return copy_block_recv(req, &state->block, mem_ctx, block);
}

static void stream_writable(struct tevent_context *ev, struct tevent_fd *fde,
			    uint16_t flags, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct stream_state *state = tevent_req_data(req, struct stream_state);
	struct copy_block *block = state->block;
	size_t len = block->len - state->done;
	ssize_t n = 0;

	(void)ev;
	(void)flags;
	len = state->stream->watch && len > STREAM_PIECE ? STREAM_PIECE : len;
	n = write(state->stream->fd, block->data + state->done, len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
		return;
	}
	if (n < 0) {
		TALLOC_FREE(fde);
		stream_error(req, errno);
		return;
	}
	state->done += (size_t)n;
	if (state->done == block->len) {
		TALLOC_FREE(fde);
		TALLOC_FREE(state->block);
		tevent_req_done(req);
	}
}

static struct tevent_req *stream_write_send(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    struct copy_end *end,
					    struct copy_block *block)
{
	struct stream_state *state = NULL;
	struct tevent_req *req = stream_req(mem_ctx, end, &state);

	if (req == NULL) {
		talloc_free(block);
		return NULL;
	}
	state->block = talloc_steal(state, block);
	/* Who waits for writing alone is not told that the reader has gone. */
	return stream_start(req, ev,
			    state->stream->pipe
				    ? TEVENT_FD_WRITE | TEVENT_FD_READ
				    : TEVENT_FD_WRITE,
			    stream_writable);
}

static const struct copy_end_ops stream_ops = {
	.kind = "stream",
	.read_send = stream_read_send,
	.read_recv = stream_read_recv,
	.write_send = stream_write_send,
	.write_recv = req_simple_recv,
};

struct copy_end *copy_stream(TALLOC_CTX *mem_ctx, int fd, const char *name)
{
	struct copy_end *end = copy_end_new(mem_ctx, &stream_ops, name);
	struct stream *stream = NULL;
	struct stat st = {0};

	stream = end != NULL ? talloc_zero(end, struct stream) : NULL;
	if (stream == NULL || fstat(fd, &st) != 0) {
		talloc_free(end);
		return NULL;
	}
	stream->fd = fd;
	stream->pipe = S_ISFIFO(st.st_mode);
	stream->watch = stream->pipe || S_ISSOCK(st.st_mode) || isatty(fd);
	end->private_data = stream;
	end->sequential = true;
	return end;
}
