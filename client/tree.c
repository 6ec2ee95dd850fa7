/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trees: a share connected (MS-SMB2 3.2.4.2.4, 3.2.5.5). Below 3.1.1 the first
 * tree of a session is where the NEGOTIATE is validated.
 */
#define LOG_MODULE "client"

#include "client/client_private.h"
#include "client/dir_cache_private.h"
#include "smbquic/log.h"
#include "smbquic/utf16.h"

struct tree_state {
	struct client_session *session;
	struct client_tree *tree;
	bool again; /* it is not ours */
	char *share;
};

static void tree_connected(struct tevent_req *subreq);
static void tree_validated(struct tevent_req *subreq);

static int tree_destructor(struct client_tree *tree)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct client_file *file = NULL;
	struct call *call = NULL;

	dir_cache_end(tree);
	restore_look(tree->session);
	if (tree->valid && conn != NULL && tree->session->valid &&
	    !tree->stale) {
		call = call_new(conn, conn, tree->session, tree);
		if (call != NULL) {
			smb2_empty_encode(
				call_add(call, SMB2_TREE_DISCONNECT, 0));
		}
		call_post(conn, call);
	}
	while (!TAILQ_EMPTY(&tree->files)) {
		file = TAILQ_FIRST(&tree->files);
		TAILQ_REMOVE(&tree->files, file, entry);
		TALLOC_FREE(file->again);
		file->tree = NULL;
	}
	if (tree->session != NULL) {
		TAILQ_REMOVE(&tree->session->trees, tree, entry);
	}
	return 0;
}

static struct client_tree *tree_new(TALLOC_CTX *mem_ctx,
				    struct client_session *session)
{
	struct client_tree *tree = talloc_zero(mem_ctx, struct client_tree);

	if (tree != NULL) {
		tree->session = session;
		tree->serial = ++session_conn(session)->serials;
		TAILQ_INIT(&tree->files);
		TAILQ_INSERT_TAIL(&session->trees, tree, entry);
		talloc_set_destructor(tree, tree_destructor);
	}
	return tree;
}

bool client_tree_posix(const struct client_tree *tree)
{
	const struct client_conn *conn = client_tree_conn(tree);

	return conn != NULL && conn->agreement.posix;
}

bool client_tree_use_posix(struct client_tree *tree, bool yes)
{
	if (!client_tree_posix(tree)) {
		return false;
	}
	tree->use_posix = yes;
	return true;
}

void client_tree_add_options(struct client_tree *tree, uint32_t options)
{
	tree->options = options;
}

uint32_t client_tree_id(const struct client_tree *tree)
{
	return tree->id;
}

struct client_conn *client_tree_conn(const struct client_tree *tree)
{
	return tree->session != NULL ? session_conn(tree->session) : NULL;
}

bool client_tree_hides(const struct client_tree *tree)
{
	return (tree->share_flags &
		SMB2_SHAREFLAG_ACCESS_BASED_DIRECTORY_ENUM) != 0;
}

uint8_t client_tree_type(const struct client_tree *tree)
{
	return tree->type;
}

/* ---------------------------------------------------------------- connect */

/* @param again  the tree that is to be connected once more, or NULL. */
static struct tevent_req *tree_send(TALLOC_CTX *mem_ctx,
				    struct client_session *session,
				    const char *share,
				    struct client_tree *again)
{
	struct client_conn *conn = session_conn(session);
	struct smb2_tree_connect_request body = {0};
	struct tree_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;
	struct call *call = NULL;
	char *path = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct tree_state);
	}
	if (req == NULL) {
		return NULL;
	}
	state->session = session;
	state->tree = again;
	state->again = again != NULL;
	state->share = talloc_strdup(state, share);
	path = talloc_asprintf(state, "\\\\%s\\%s", conn->options.server,
			       share);
	if (tevent_req_nomem(path, req) ||
	    tevent_req_nomem(state->share, req)) {
		return tevent_req_post(req, conn->ev);
	}
	if (!utf16_from_utf8(state, path, &body.path)) {
		req_failed(req, NT_STATUS_OBJECT_NAME_INVALID);
		return tevent_req_post(req, conn->ev);
	}
	call = call_new(state, conn, session, NULL);
	if (call != NULL) {
		/* 3.2.4.1.1: in 3.1.1 it is signed whatever was agreed on. */
		call->must_sign = conn->agreement.dialect == SMB2_DIALECT_311;
		call->urgent = state->again;
		smb2_tree_connect_request_encode(
			call_add(call, SMB2_TREE_CONNECT, 0), &body);
	}
	subreq = call_send(state, conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, tree_connected, req);
	return req;
}

struct tevent_req *client_tree_connect_send(TALLOC_CTX *mem_ctx,
					    struct client_session *session,
					    const char *share)
{
	return tree_send(mem_ctx, session, share, NULL);
}

struct tevent_req *tree_again_send(TALLOC_CTX *mem_ctx,
				   struct client_tree *tree)
{
	return tree_send(mem_ctx, tree->session, tree->share, tree);
}

NTSTATUS tree_again_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

static NTSTATUS tree_take(struct tree_state *state, const struct call *call)
{
	const struct client_conn *conn = call->conn;
	const struct wire_slice reply = call->part[0].reply;
	struct smb2_tree_connect_response body = {0};
	struct smb2_header header = {0};
	struct client_tree *tree = NULL;

	if (!smb2_header_decode(reply.data, reply.len, &header) ||
	    !smb2_tree_connect_response_decode(reply.data, reply.len, &body)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	tree = state->again ? state->tree : tree_new(state, state->session);
	if (tree == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	if (!state->again) {
		tree->share = talloc_move(tree, &state->share);
	}
	state->tree = tree;
	tree->encrypt = false;
	tree->id = header.tree_id;
	tree->type = body.share_type;
	tree->share_flags = body.share_flags;
	tree->compress = compression_of_tree(conn, &body);
	tree->capabilities = body.capabilities;
	tree->valid = true;
	/* since it was answered */
	tree->stale = client_tree_conn(tree)->lost || tree->session->stale;
	if ((body.share_flags & SMB2_SHAREFLAG_ENCRYPT_DATA) != 0 &&
	    !conn->agreement.accept_transport_security) {
		if (conn->agreement.cipher == 0 || call->channel == NULL ||
		    call->channel->keys == NULL) {
			log_warn("the share wants encryption, but none was "
				 "agreed on");
			return NT_STATUS_ACCESS_DENIED;
		}
		tree->encrypt = true;
	}
	return NT_STATUS_OK;
}

/* FSCTL_VALIDATE_NEGOTIATE_INFO (3.2.5.5): was the NEGOTIATE, which nobody
 * could sign, changed on its way? */
static struct tevent_req *tree_validate_send(struct tree_state *state,
					     struct client_conn *conn)
{
	struct wire_writer input = wire_writer_talloc(state);
	struct smb2_ioctl_request body = {
		.ctl_code = FSCTL_VALIDATE_NEGOTIATE_INFO,
		.file_id = {SMB2_FILE_ID_ANY, SMB2_FILE_ID_ANY},
		.max_output_response = NEGOTIATE_VALIDATE_RESPONSE_SIZE,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
	};
	struct call *call = call_new(state, conn, state->session, state->tree);

	negotiate_validate_build(&conn->agreement, &input);
	body.input = wire_writer_slice(&input);
	if (call != NULL && body.input.len > 0) {
		call->must_sign = true;
		call->urgent = state->again;
		smb2_ioctl_request_encode(call_add(call, SMB2_IOCTL, 0), &body);
	}
	return call_send(state, conn, call);
}

static void tree_connected(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct tree_state *state = tevent_req_data(req, struct tree_state);
	struct client_conn *conn = NULL;
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(subreq, state, &call);

	talloc_free(subreq);
	if (req_failed(req, status) ||
	    req_failed(req, tree_take(state, call))) {
		return;
	}
	conn = call->conn;
	if (state->session->validated || call->channel == NULL ||
	    call->channel->signing == NULL ||
	    !negotiate_validate_needed(&conn->policy, &conn->agreement)) {
		tevent_req_done(req);
		return;
	}
	subreq = tree_validate_send(state, conn);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, tree_validated, req);
}

/* 3.2.5.14.12. A server that does not know the code says so, signed. */
static NTSTATUS validate_judge(const struct call *call)
{
	const struct call_part *part = &call->part[0];
	struct smb2_ioctl_response body = {0};

	if (!part->is_signed || part->status == NT_STATUS_ACCESS_DENIED) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (!NT_STATUS_IS_OK(part->status)) {
		return NT_STATUS_OK;
	}
	if (!smb2_ioctl_response_decode(part->reply.data, part->reply.len,
					&body)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	return negotiate_validate_check(&call->conn->agreement, body.output);
}

static void tree_validated(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct tree_state *state = tevent_req_data(req, struct tree_state);
	struct call *call = NULL;
	NTSTATUS status = call_recv(subreq, state, &call);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	status = validate_judge(call);
	if (!NT_STATUS_IS_OK(status)) {
		conn_die(call->conn, status,
			 "somebody changed what client and server agreed on");
		req_failed(req, status);
		return;
	}
	state->session->validated = true;
	tevent_req_done(req);
}

NTSTATUS client_tree_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				  struct client_tree **out)
{
	struct tree_state *state = tevent_req_data(req, struct tree_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->tree);
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_tree_connect(TALLOC_CTX *mem_ctx,
			     struct client_session *session, const char *share,
			     struct client_tree **out)
{
	struct client_conn *conn = session_conn(session);
	struct tevent_req *req =
		client_tree_connect_send(session, session, share);
	NTSTATUS status = client_wait(conn, req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_tree_connect_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------- disconnect */

struct tevent_req *client_tree_disconnect_send(TALLOC_CTX *mem_ctx,
					       struct client_tree *tree)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct call *call = call_new(mem_ctx, conn, tree->session, tree);

	if (call != NULL) {
		smb2_empty_encode(call_add(call, SMB2_TREE_DISCONNECT, 0));
	}
	tree->valid = false;
	return call_send(mem_ctx, conn, call);
}

NTSTATUS client_tree_disconnect_recv(struct tevent_req *req)
{
	return call_recv_status(req);
}

NTSTATUS client_tree_disconnect(struct client_tree *tree)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct tevent_req *req = client_tree_disconnect_send(tree, tree);
	NTSTATUS status = client_wait(conn, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_tree_disconnect_recv(req);
	}
	talloc_free(req);
	return status;
}
