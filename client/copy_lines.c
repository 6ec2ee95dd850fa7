/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text on its way: lines that end in LF here and in CR LF there. Both ends are
 * sequential, for what is read or written depends on what was before.
 */
#include <string.h>

#include "client/copy_private.h"

struct lines {
	struct copy_end *end;
	struct copy_end *inner;
	uint64_t offset; /* of inner: where it is */
	uint64_t total;	 /* sink: where its source ends */
	char before;	 /* source: the last byte that was read */
	bool held;	 /* sink: a CR waits for what comes next */
};

struct lines_state {
	struct lines *lines;
	struct copy_block *block;
};

static struct tevent_req *lines_req(TALLOC_CTX *mem_ctx, struct copy_end *end,
				    struct lines_state **state)
{
	struct tevent_req *req =
		tevent_req_create(mem_ctx, state, struct lines_state);

	if (req != NULL) {
		(*state)->lines = end->private_data;
	}
	return req;
}

static struct copy_end *lines_new(TALLOC_CTX *mem_ctx,
				  const struct copy_end_ops *ops,
				  struct copy_end *inner, uint64_t total)
{
	struct copy_end *end = copy_end_new(mem_ctx, ops, inner->name);
	struct lines *lines = NULL;

	if (end == NULL) {
		return NULL;
	}
	lines = talloc_zero(end, struct lines);
	if (lines == NULL) {
		talloc_free(end);
		return NULL;
	}
	lines->end = end;
	lines->inner = inner;
	lines->total = total;
	end->sequential = true;
	end->private_data = lines;
	return end;
}

/* --- LF to CR LF -------------------------------------------------------- */

static void crlf_read_done(struct tevent_req *subreq);

static struct tevent_req *crlf_read_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct copy_end *end, uint64_t offset,
					 size_t len)
{
	struct lines_state *state = NULL;
	struct tevent_req *req = lines_req(mem_ctx, end, &state);
	struct copy_end *inner = NULL;
	struct tevent_req *subreq = NULL;

	(void)offset; /* another than there */
	if (req == NULL) {
		return NULL;
	}
	inner = state->lines->inner;
	/* each byte may become two */
	subreq = inner->ops->read_send(state, ev, inner, state->lines->offset,
				       len > 1 ? len / 2 : 1);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, crlf_read_done, req);
	return req;
}

static struct copy_block *to_crlf(TALLOC_CTX *mem_ctx, struct lines *lines,
				  const struct copy_block *in)
{
	uint8_t *data = NULL;
	struct copy_block *out = copy_block_new(mem_ctx, 2 * in->len, &data);
	size_t len = 0;
	size_t i = 0;

	for (i = 0; out != NULL && i < in->len; i++) {
		if (in->data[i] == '\n' && lines->before != '\r') {
			data[len++] = '\r';
		}
		data[len++] = in->data[i];
		lines->before = (char)in->data[i];
	}
	if (out != NULL) {
		out->len = len;
	}
	return out;
}

static void crlf_read_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct lines_state *state = tevent_req_data(req, struct lines_state);
	struct lines *lines = state->lines;
	struct copy_block *in = NULL;
	NTSTATUS status = lines->inner->ops->read_recv(subreq, state, &in);

	talloc_free(subreq);
	lines->end->err = lines->inner->err;
	if (req_failed(req, status)) {
		return;
	}
	if (in != NULL && in->len > 0) {
		lines->offset += in->len;
		state->block = to_crlf(state, lines, in);
		if (tevent_req_nomem(state->block, req)) {
			return;
		}
	}
	talloc_free(in);
	tevent_req_done(req);
}

static NTSTATUS crlf_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       struct copy_block **block)
{
	struct lines_state *state = tevent_req_data(req, struct lines_state);

	return copy_block_recv(req, &state->block, mem_ctx, block);
}

static const struct copy_end_ops crlf_ops = {
	.kind = "lines",
	.read_send = crlf_read_send,
	.read_recv = crlf_read_recv,
};

struct copy_end *copy_to_crlf(TALLOC_CTX *mem_ctx, struct copy_end *source)
{
	return lines_new(mem_ctx, &crlf_ops, source, 0);
}

/* --- CR LF to LF -------------------------------------------------------- */

static void lf_write_done(struct tevent_req *subreq);

static struct copy_block *to_lf(TALLOC_CTX *mem_ctx, struct lines *lines,
				const struct copy_block *in)
{
	bool last = in->offset + in->len >= lines->total;
	uint8_t *data = NULL;
	struct copy_block *out = copy_block_new(mem_ctx, in->len + 2, &data);
	size_t len = 0;
	size_t i = 0;

	for (i = 0; out != NULL && i < in->len; i++) {
		if (lines->held && in->data[i] != '\n') {
			data[len++] = '\r';
		}
		lines->held = in->data[i] == '\r';
		if (!lines->held) {
			data[len++] = in->data[i];
		}
	}
	if (out != NULL && last && lines->held) {
		data[len++] = '\r';
		lines->held = false;
	}
	if (out != NULL) {
		out->len = len;
		out->offset = lines->offset;
		lines->offset += len;
	}
	return out;
}

static struct tevent_req *lf_write_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct copy_end *end,
					struct copy_block *block)
{
	struct lines_state *state = NULL;
	struct tevent_req *req = lines_req(mem_ctx, end, &state);
	struct tevent_req *subreq = NULL;
	struct copy_end *inner = NULL;
	struct copy_block *text = NULL;

	if (req == NULL) {
		talloc_free(block);
		return NULL;
	}
	text = to_lf(state, state->lines, block);
	talloc_free(block);
	if (tevent_req_nomem(text, req)) {
		return tevent_req_post(req, ev);
	}
	if (text->len == 0) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	inner = state->lines->inner;
	subreq = inner->ops->write_send(state, ev, inner, text);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, lf_write_done, req);
	return req;
}

static void lf_write_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct lines_state *state = tevent_req_data(req, struct lines_state);
	struct lines *lines = state->lines;
	NTSTATUS status = lines->inner->ops->write_recv(subreq);

	talloc_free(subreq);
	lines->end->err = lines->inner->err;
	if (!req_failed(req, status)) {
		tevent_req_done(req);
	}
}

static const struct copy_end_ops lf_ops = {
	.kind = "lines",
	.write_send = lf_write_send,
	.write_recv = req_simple_recv,
};

struct copy_end *copy_to_lf(TALLOC_CTX *mem_ctx, struct copy_end *sink,
			    uint64_t size)
{
	return lines_new(mem_ctx, &lf_ops, sink, size);
}
