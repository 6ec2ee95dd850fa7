/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a folder with the first two answers of its listing in one compound:
 * of most folders the second says that this was all, so they take one round
 * trip.
 */
#include "client/client_private.h"
#include "client/dir_cache_private.h"

/* Of an answer: room for some hundred names. */
#define FIRST_SIZE    SMB2_CREDIT_UNIT
#define FIRST_ANSWERS 2

struct dir_open_state {
	struct client_tree *tree;
	struct file_origin *origin;
	struct client_file *dir;
	struct client_stat stat;
	struct client_dir_list *list;
	bool end;
};

static void dir_open_done(struct tevent_req *subreq);

/* With a lease, for who keeps the folder open. Nothing but the handle is to
 * bring it back: where the server is in it would be lost. NULL: there is none.
 */
static struct file_origin *dir_origin(struct dir_open_state *state,
				      const char *path,
				      const struct client_open *how)
{
	struct file_origin *origin = NULL;

	if (how->lease != 0) {
		origin = file_origin_new(state, state->tree, path, how);
	}
	if (origin != NULL) {
		origin->temporary = true;
	}
	return origin;
}

static bool dir_open_add(struct dir_open_state *state, struct call *call,
			 const char *path, const struct client_open *how,
			 const char *pattern)
{
	unsigned i = 0;

	if (!file_add_origin(call, path, how, state->origin)) {
		return false;
	}
	for (i = 0; i < FIRST_ANSWERS; i++) {
		if (!dir_add_query(call, NULL, how->posix, pattern,
				   FIRST_SIZE)) {
			return false;
		}
	}
	return true;
}

struct tevent_req *client_dir_open_send(TALLOC_CTX *mem_ctx,
					struct client_tree *tree,
					const char *path,
					const struct client_open *how,
					const char *pattern)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct dir_open_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;
	struct call *call = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct dir_open_state);
	}
	if (req == NULL) {
		return NULL;
	}
	state->tree = tree;
	state->list = talloc_zero(state, struct client_dir_list);
	call = call_compound(state, tree);
	if (tevent_req_nomem(state->list, req) || tevent_req_nomem(call, req)) {
		return tevent_req_post(req, conn->ev);
	}
	call->orphan = file_close_orphan;
	state->origin = dir_origin(state, path, how);
	if (!dir_open_add(state, call, path, how, pattern)) {
		req_failed(req, NT_STATUS_OBJECT_NAME_INVALID);
		return tevent_req_post(req, conn->ev);
	}
	subreq = call_send(state, conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, dir_open_done, req);
	return req;
}

/* @return false: it is over. */
static bool dir_open_take(struct tevent_req *req, const struct call *call,
			  unsigned part)
{
	struct dir_open_state *state =
		tevent_req_data(req, struct dir_open_state);
	NTSTATUS status = dir_take_part(state->list, call, part);

	state->end = status == NT_STATUS_NO_MORE_FILES ||
		     status == NT_STATUS_NO_SUCH_FILE;
	if (state->end) {
		tevent_req_done(req);
		return false;
	}
	return !req_failed(req, status);
}

static void dir_open_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct dir_open_state *state =
		tevent_req_data(req, struct dir_open_state);
	struct smb2_create_response created = {0};
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(subreq, state, &call);
	unsigned i = 0;

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (!smb2_create_response_decode(call->part[0].reply.data,
					 call->part[0].reply.len, &created)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	state->dir = file_new(state, state->tree, &created);
	if (tevent_req_nomem(state->dir, req)) {
		return;
	}
	file_stat_from_create(&created, &state->stat);
	state->dir->posix = call->dir_posix;
	state->dir->through_link = call->followed != NULL;
	file_take_origin(state->dir, state->origin, &created);
	state->origin = NULL;
	for (i = 1; i <= FIRST_ANSWERS; i++) {
		if (!dir_open_take(req, call, i)) {
			return;
		}
	}
	talloc_free(call);
	tevent_req_done(req);
}

NTSTATUS client_dir_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct client_file **dir,
			      struct client_dir_list **list, bool *end,
			      struct client_stat *stat)
{
	struct dir_open_state *state =
		tevent_req_data(req, struct dir_open_state);
	NTSTATUS status = req_status(req);

	*dir = NULL;
	*list = NULL;
	*end = state->end;
	if (NT_STATUS_IS_OK(status)) {
		*dir = talloc_move(mem_ctx, &state->dir);
		*list = talloc_move(mem_ctx, &state->list);
	}
	if (stat != NULL) {
		*stat = state->stat;
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_dir_open(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			 const char *path, const struct client_open *how,
			 const char *pattern, struct client_file **dir,
			 struct client_dir_list **list, bool *end,
			 struct client_stat *stat)
{
	struct tevent_req *req =
		client_dir_open_send(tree, tree, path, how, pattern);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*dir = NULL;
	*list = NULL;
	*end = false;
	if (NT_STATUS_IS_OK(status)) {
		status = client_dir_open_recv(req, mem_ctx, dir, list, end,
					      stat);
	}
	talloc_free(req);
	return status;
}
