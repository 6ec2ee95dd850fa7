/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions to a named pipe of IPC$, one after the other: each a message in and
 * one out (FSCTL_PIPE_TRANSCEIVE), whose rest is read. */
#include "client/client_private.h"
#include "client/rpc_private.h"

struct rpc_pipe {
	struct client_tree *tree;
	struct client_file *file;
};

/* ------------------------------------------------------------------ opening */

struct open_state {
	struct client_session *session;
	const char *name;
	const struct rpc_interface *interface;
	struct rpc_pipe *pipe;
};

static void open_tree(struct tevent_req *subreq);
static void open_opened(struct tevent_req *subreq);
static void open_bound(struct tevent_req *subreq);

struct tevent_req *rpc_pipe_open_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session,
				      const char *name,
				      const struct rpc_interface *interface)
{
	struct open_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct open_state);

	if (req == NULL) {
		return NULL;
	}
	state->name = name;
	state->interface = interface;
	state->pipe = talloc_zero(state, struct rpc_pipe);
	subreq = client_tree_connect_send(state, session, "IPC$");
	if (state->pipe == NULL || subreq == NULL) {
		talloc_free(req);
		return NULL;
	}
	tevent_req_set_callback(subreq, open_tree, req);
	return req;
}

static void open_tree(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct open_state *state = tevent_req_data(req, struct open_state);
	const struct client_open how = {
		.access = FILE_GENERIC_READ | FILE_GENERIC_WRITE,
		.share = FILE_SHARE_READ | FILE_SHARE_WRITE,
		.disposition = FILE_OPEN,
	};
	NTSTATUS status = client_tree_connect_recv(subreq, state->pipe,
						   &state->pipe->tree);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	subreq = client_open_send(state, state->pipe->tree, state->name, &how);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, open_opened, req);
	}
}

/* One message in, one out. */
static struct tevent_req *transceive(TALLOC_CTX *mem_ctx, struct rpc_pipe *pipe,
				     struct wire_writer *w)
{
	return client_ioctl_send(mem_ctx, pipe->tree, pipe->file,
				 FSCTL_PIPE_TRANSCEIVE, rpc_finish(w),
				 RPC_MAX_OUTPUT);
}

static void open_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct open_state *state = tevent_req_data(req, struct open_state);
	struct wire_writer w = wire_writer_talloc(state);
	NTSTATUS status =
		client_open_recv(subreq, state->pipe, &state->pipe->file, NULL);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	rpc_put_bind(&w, state->interface);
	subreq = transceive(state, state->pipe, &w);
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, open_bound, req);
	}
}

static void open_bound(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct open_state *state = tevent_req_data(req, struct open_state);
	struct wire_slice out = {0};
	NTSTATUS status = client_ioctl_recv(subreq, state, &out);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (!rpc_get_bind_ack(out)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	tevent_req_done(req);
}

NTSTATUS rpc_pipe_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct rpc_pipe **out)
{
	struct open_state *state = tevent_req_data(req, struct open_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->pipe);
	}
	tevent_req_received(req);
	return status;
}

/* ------------------------------------------------------------------- asking */

struct ask_state {
	struct rpc_pipe *pipe;
	struct rpc_reply reply;
};

static void ask_answered(struct tevent_req *subreq);
static void ask_read(struct tevent_req *subreq);

struct tevent_req *rpc_pipe_ask_send(TALLOC_CTX *mem_ctx, struct rpc_pipe *pipe,
				     struct wire_writer *w)
{
	struct ask_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct ask_state);

	if (req == NULL) {
		return NULL;
	}
	state->pipe = pipe;
	rpc_reply_init(state, &state->reply);
	subreq = transceive(state, pipe, w);
	if (subreq == NULL) {
		talloc_free(req);
		return NULL;
	}
	tevent_req_set_callback(subreq, ask_answered, req);
	return req;
}

static void ask_go_on(struct tevent_req *req, struct wire_slice in)
{
	struct ask_state *state = tevent_req_data(req, struct ask_state);
	struct tevent_req *subreq = NULL;
	NTSTATUS status = rpc_reply_take(&state->reply, in);

	if (status == NT_STATUS_PENDING) {
		subreq = client_read_send(state, state->pipe->file, 0,
					  RPC_MAX_OUTPUT);
		if (!tevent_req_nomem(subreq, req)) {
			tevent_req_set_callback(subreq, ask_read, req);
		}
		return;
	}
	if (!req_failed(req, status)) {
		tevent_req_done(req);
	}
}

static void ask_answered(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ask_state *state = tevent_req_data(req, struct ask_state);
	struct wire_slice out = {0};
	NTSTATUS status = client_ioctl_recv(subreq, state, &out);

	talloc_free(subreq);
	/* The warning says that the rest waits in the pipe. */
	if (status == NT_STATUS_BUFFER_OVERFLOW || !req_failed(req, status)) {
		ask_go_on(req, out);
	}
}

static void ask_read(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct ask_state *state = tevent_req_data(req, struct ask_state);
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(subreq, state, &owner, &data);

	talloc_free(subreq);
	if (status != NT_STATUS_BUFFER_OVERFLOW && req_failed(req, status)) {
		return;
	}
	if (data.len == 0) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	ask_go_on(req, data);
}

NTSTATUS rpc_pipe_ask_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct wire_slice *stub)
{
	struct ask_state *state = tevent_req_data(req, struct ask_state);
	NTSTATUS status = req_status(req);

	*stub = wire_slice(NULL, 0);
	if (NT_STATUS_IS_OK(status)) {
		*stub = wire_writer_slice(&state->reply.stub);
		talloc_steal(mem_ctx, state->reply.stub.buf);
	}
	tevent_req_received(req);
	return status;
}
