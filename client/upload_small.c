/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small new file in one round trip: it is created under a temporary name,
 * written, given its times and then its name, and closed, all by one message.
 * So it is whole when it appears, as with the uploads of upload.c, but here
 * the server decides without us: when a part failed we clean up afterwards.
 */
#include "client/client_private.h"

struct upload_small_state {
	struct client_tree *tree;
	const char *temporary;
	const char *path;
	size_t len;
	NTSTATUS failure; /* while what is there is taken away */
};

static void upload_small_done(struct tevent_req *subreq);
static void upload_small_undone(struct tevent_req *subreq);

static struct call *upload_small_call(struct upload_small_state *state,
				      struct wire_slice data, TALLOC_CTX *owner,
				      const struct fscc_basic *basic)
{
	struct client_tree *tree = state->tree;
	struct call *call = call_compound(state, tree);

	if (call == NULL) {
		talloc_free(owner);
		return NULL;
	}
	call->compress = tree->compress;
	file_add_create(call, state->temporary, &upload_how);
	upload_add_write(call, data, owner);
	path_add_basic(call, NULL, basic);
	path_add_rename(call, NULL, state->path, false);
	file_add_close(call, NULL);
	return call;
}

struct tevent_req *client_upload_small_send(
	TALLOC_CTX *mem_ctx, struct client_tree *tree, const char *temporary,
	const char *path, struct wire_slice data, TALLOC_CTX *owner,
	const struct fscc_basic *basic)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct upload_small_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state,
					struct upload_small_state);
	}
	if (req == NULL) {
		talloc_free(owner);
		return NULL;
	}
	state->tree = tree;
	state->len = data.len;
	state->temporary = talloc_strdup(state, temporary);
	state->path = talloc_strdup(state, path);
	if (tevent_req_nomem(state->temporary, req) ||
	    tevent_req_nomem(state->path, req)) {
		talloc_free(owner);
		return tevent_req_post(req, conn->ev);
	}
	subreq = call_send(state, conn,
			   upload_small_call(state, data, owner, basic));
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, upload_small_done, req);
	return req;
}

static NTSTATUS upload_small_written(const struct upload_small_state *state,
				     const struct call *call)
{
	const struct call_part *part = &call->part[1];
	struct smb2_write_response body = {0};

	if (state->len == 0 || !NT_STATUS_IS_OK(part->status)) {
		return state->len == 0 ? NT_STATUS_OK : part->status;
	}
	if (!smb2_write_response_decode(part->reply.data, part->reply.len,
					&body)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	return body.count == state->len ? NT_STATUS_OK : NT_STATUS_DISK_FULL;
}

/* The request ends with its failure when that is done. */
static void upload_small_remove(struct tevent_req *req, const char *path)
{
	struct upload_small_state *state =
		tevent_req_data(req, struct upload_small_state);
	struct tevent_req *subreq = client_remove_send(state, state->tree, path,
						       FILE_NON_DIRECTORY_FILE);

	if (subreq == NULL) {
		req_failed(req, state->failure);
		return;
	}
	tevent_req_set_callback(subreq, upload_small_undone, req);
}

static void upload_small_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct upload_small_state *state =
		tevent_req_data(req, struct upload_small_state);
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(subreq, state, &call);
	NTSTATUS named = NT_STATUS_OK;

	talloc_free(subreq);
	if (status == NT_STATUS_OBJECT_NAME_COLLISION && call->again) {
		/* of the connection that was lost before it was done */
		state->failure = status;
		upload_small_remove(req, state->temporary);
		return;
	}
	if (req_failed(req, status)) {
		return;
	}
	status = upload_small_written(state, call);
	named = call->part[call->parts - 2].status;
	state->failure = NT_STATUS_IS_OK(status) ? named : status;
	if (NT_STATUS_IS_OK(state->failure)) {
		if (!req_failed(req, call->part[call->parts - 1].status)) {
			tevent_req_done(req);
		}
		return;
	}
	/* With what failed before it CLOSE may have failed (3.3.5.2.7.2). */
	if (!NT_STATUS_IS_OK(call->part[call->parts - 1].status)) {
		file_close_orphan(call);
	}
	upload_small_remove(req, NT_STATUS_IS_OK(named) ? state->path
							: state->temporary);
}

static void upload_small_undone(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct upload_small_state *state =
		tevent_req_data(req, struct upload_small_state);

	(void)client_remove_recv(subreq);
	talloc_free(subreq);
	req_failed(req, state->failure);
}

NTSTATUS client_upload_small_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

NTSTATUS client_upload_small(struct client_tree *tree, const char *temporary,
			     const char *path, struct wire_slice data,
			     const struct fscc_basic *basic)
{
	uint8_t *copy = talloc_memdup(tree, data.data, data.len);
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_NO_MEMORY;

	if (copy != NULL || data.len == 0) {
		req = client_upload_small_send(tree, tree, temporary, path,
					       wire_slice(copy, data.len), copy,
					       basic);
		status = client_wait(client_tree_conn(tree), req);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_upload_small_recv(req);
	}
	talloc_free(req);
	return status;
}
