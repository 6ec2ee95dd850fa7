/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is done to a path rather than to an open file: one compound, one round
 * trip. CREATE opens it for the purpose, the last part closes it again.
 */
#include "client/client_private.h"
#include "client/dir_cache_private.h"
#include "smbquic/utf16.h"

/* A compound that begins with opening path. NULL: no connection, or no
 * memory, or (then sending fails) no UTF-16. */
struct call *path_call(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		       const char *path, const struct client_open *how)
{
	struct call *call = call_compound(mem_ctx, tree);

	if (call != NULL) {
		file_add_create(call, path, how);
	}
	return call;
}

struct tevent_req *path_send(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			     struct call *call)
{
	if (call != NULL) {
		file_add_close(call, NULL);
	}
	return call_send(mem_ctx, client_tree_conn(tree), call);
}

/* The first error of the parts. A server may let CLOSE fail because what was
 * before it failed; then the file is still open. */
NTSTATUS path_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		   struct call **out)
{
	NTSTATUS status = call_recv(req, mem_ctx, out);
	struct call *call = *out;

	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (NT_STATUS_IS_OK(call->part[0].status) &&
	    NT_STATUS_IS_ERR(call->part[also_own_parts(call) - 1].status)) {
		file_close_orphan(call);
	}
	return call_status(call);
}

static NTSTATUS path_recv_status(struct tevent_req *req)
{
	struct call *call = NULL;

	return path_recv(req, req, &call);
}

/* ------------------------------------------------------------------- stat */

struct stat_state {
	struct client_tree *tree;
	const char *path;
	struct dir_ticket ticket;
	struct client_stat stat;
};

static void stat_done(struct tevent_req *subreq);

struct tevent_req *client_stat_send(TALLOC_CTX *mem_ctx,
				    struct client_tree *tree, const char *path)
{
	struct client_open how = {
		.access = FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.file_id = true,
	};
	struct client_conn *conn = client_tree_conn(tree);
	NTSTATUS status = NT_STATUS_OK;
	struct stat_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct stat_state);
	}
	if (req == NULL) {
		return NULL;
	}
	state->tree = tree;
	state->path = talloc_strdup(state, path);
	if (tevent_req_nomem(state->path, req)) {
		return tevent_req_post(req, conn->ev);
	}
	if (dir_cache_stat(tree, path, &status, &state->stat, &state->ticket)) {
		if (!req_failed(req, status)) {
			tevent_req_done(req);
		}
		return tevent_req_post(req, conn->ev);
	}
	subreq = path_send(state, tree, path_call(state, tree, path, &how));
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, stat_done, req);
	return req;
}

static void stat_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct stat_state *state = tevent_req_data(req, struct stat_state);
	struct smb2_create_response created = {0};
	struct call *call = NULL;
	NTSTATUS status = path_recv(subreq, state, &call);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status)) {
		if (smb2_create_response_decode(call->part[0].reply.data,
						call->part[0].reply.len,
						&created)) {
			file_stat_from_create(&created, &state->stat);
		} else {
			status = NT_STATUS_INVALID_NETWORK_RESPONSE;
		}
	}
	/* what a link leads to, nobody tells who watches the link's folder */
	if (state->ticket.number != 0 &&
	    (call == NULL || call->followed == NULL)) {
		dir_cache_stat_told(state->tree, state->path, &state->ticket,
				    status, &state->stat);
	}
	if (!req_failed(req, status)) {
		tevent_req_done(req);
	}
}

NTSTATUS client_stat_recv(struct tevent_req *req, struct client_stat *out)
{
	struct stat_state *state = tevent_req_data(req, struct stat_state);
	NTSTATUS status = req_status(req);

	*out = NT_STATUS_IS_OK(status) ? state->stat : (struct client_stat){0};
	tevent_req_received(req);
	return status;
}

NTSTATUS client_stat(struct client_tree *tree, const char *path,
		     struct client_stat *out)
{
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_OK;

	dir_cache_blocking(tree, true);
	req = client_stat_send(tree, tree, path);
	dir_cache_blocking(tree, false);
	status = client_wait(client_tree_conn(tree), req);
	*out = (struct client_stat){0};
	if (NT_STATUS_IS_OK(status)) {
		status = client_stat_recv(req, out);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------------ mkdir */

struct tevent_req *client_mkdir_send(TALLOC_CTX *mem_ctx,
				     struct client_tree *tree, const char *path)
{
	struct client_open how = {
		.access = FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_CREATE,
		.options = FILE_DIRECTORY_FILE,
		.attributes = FILE_ATTRIBUTE_DIRECTORY,
	};

	return path_send(mem_ctx, tree, path_call(mem_ctx, tree, path, &how));
}

/* Sent twice, because a connection was lost before the answer came: what is
 * refused now was done then. */
static NTSTATUS path_recv_once(struct tevent_req *req, NTSTATUS done_before)
{
	struct call *call = NULL;
	NTSTATUS status = path_recv(req, req, &call);

	return status == done_before && call->again ? NT_STATUS_OK : status;
}

NTSTATUS client_mkdir_recv(struct tevent_req *req)
{
	return path_recv_once(req, NT_STATUS_OBJECT_NAME_COLLISION);
}

NTSTATUS client_mkdir(struct client_tree *tree, const char *path)
{
	struct tevent_req *req = client_mkdir_send(tree, tree, path);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_mkdir_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ----------------------------------------------------------------- remove */

/* Not by FILE_DELETE_ON_CLOSE, which says nothing about what it could not
 * remove. */
struct tevent_req *client_remove_send(TALLOC_CTX *mem_ctx,
				      struct client_tree *tree,
				      const char *path, uint32_t options)
{
	static const uint8_t yes[] = {1};
	struct client_open how = {
		.access = SEC_STD_DELETE | FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = options | FILE_OPEN_REPARSE_POINT,
	};
	struct call *call = path_call(mem_ctx, tree, path, &how);

	if (call != NULL) {
		file_add_set(call, NULL, SMB2_0_INFO_FILE,
			     FileDispositionInformation, 0,
			     wire_slice(yes, sizeof(yes)));
	}
	return path_send(mem_ctx, tree, call);
}

NTSTATUS client_remove_recv(struct tevent_req *req)
{
	return path_recv_once(req, NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

NTSTATUS client_remove(struct client_tree *tree, const char *path,
		       uint32_t options)
{
	struct tevent_req *req = client_remove_send(tree, tree, path, options);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_remove_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ----------------------------------------------------------------- rename */

void path_add_rename(struct call *call, const struct client_file *file,
		     const char *to, bool replace)
{
	struct wire_writer w = wire_writer_talloc(call);
	struct fscc_rename body = {0};
	bool posix = file != NULL ? file->posix : call->use_posix;
	char *name = posix ? path_map_to_posix(call, call->map_names, to)
			   : path_map_to_server(call, call->map_names, to);

	body.flags = replace ? FILE_RENAME_REPLACE_IF_EXISTS : 0;
	if (name == NULL || !utf16_from_utf8(call, name, &body.name)) {
		wire_writer_fail(call_add(call, SMB2_SET_INFO, 0));
		return;
	}
	fscc_rename_encode(&w, false, &body);
	file_add_set(call, file, SMB2_0_INFO_FILE, FileRenameInformation, 0,
		     wire_writer_slice(&w));
}

struct tevent_req *client_rename_send(TALLOC_CTX *mem_ctx,
				      struct client_tree *tree,
				      const char *from, const char *to,
				      bool replace)
{
	struct client_open how = {
		.access = SEC_STD_DELETE | FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT,
	};
	struct call *call = path_call(mem_ctx, tree, from, &how);

	if (call != NULL) {
		path_add_rename(call, NULL, to, replace);
	}
	return path_send(mem_ctx, tree, call);
}

NTSTATUS client_rename_recv(struct tevent_req *req)
{
	return path_recv_status(req);
}

NTSTATUS client_rename(struct client_tree *tree, const char *from,
		       const char *to, bool replace)
{
	struct tevent_req *req =
		client_rename_send(tree, tree, from, to, replace);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_rename_recv(req);
	}
	talloc_free(req);
	return status;
}

/* -------------------------------------------------------------- set_basic */

void path_add_basic(struct call *call, const struct client_file *file,
		    const struct fscc_basic *basic)
{
	struct wire_writer w = wire_writer_talloc(call);

	fscc_basic_encode(&w, basic);
	file_add_set(call, file, SMB2_0_INFO_FILE, FileBasicInformation, 0,
		     wire_writer_slice(&w));
}

struct tevent_req *client_set_basic_send(TALLOC_CTX *mem_ctx,
					 struct client_tree *tree,
					 const char *path,
					 const struct fscc_basic *basic)
{
	struct client_open how = {
		.access = FILE_WRITE_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
	};
	struct call *call = path_call(mem_ctx, tree, path, &how);

	if (call != NULL) {
		path_add_basic(call, NULL, basic);
	}
	return path_send(mem_ctx, tree, call);
}

NTSTATUS client_set_basic_recv(struct tevent_req *req)
{
	return path_recv_status(req);
}

NTSTATUS client_set_basic(struct client_tree *tree, const char *path,
			  const struct fscc_basic *basic)
{
	struct tevent_req *req = client_set_basic_send(tree, tree, path, basic);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_set_basic_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------------ query */

struct tevent_req *client_query_path_send(TALLOC_CTX *mem_ctx,
					  struct client_tree *tree,
					  const char *path, uint32_t access,
					  const struct client_query *query)
{
	struct client_open how = {
		.access = access,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
	};
	struct call *call = path_call(mem_ctx, tree, path, &how);

	if (call != NULL) {
		file_add_query(call, NULL, query);
	}
	return path_send(mem_ctx, tree, call);
}

NTSTATUS client_query_path_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				struct wire_slice *out)
{
	const struct call_part *part = NULL;
	struct call *call = NULL;
	NTSTATUS status = path_recv(req, mem_ctx, &call);

	*out = wire_slice(NULL, 0);
	if (!NT_STATUS_IS_OK(status)) {
		talloc_free(call);
		return status;
	}
	part = &call->part[1];
	if (!smb2_buffer_response_decode(part->reply.data, part->reply.len,
					 out)) {
		talloc_free(call);
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	return part->status;
}

NTSTATUS client_query_path(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			   const char *path, uint32_t access,
			   const struct client_query *query,
			   struct wire_slice *out)
{
	struct tevent_req *req =
		client_query_path_send(tree, tree, path, access, query);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*out = wire_slice(NULL, 0);
	if (NT_STATUS_IS_OK(status)) {
		status = client_query_path_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

/* -------------------------------------------------------------- get_small */

struct tevent_req *client_get_small_send(TALLOC_CTX *mem_ctx,
					 struct client_tree *tree,
					 const char *path, uint32_t max)
{
	struct client_open how = {0};
	struct smb2_read_request body = {0};
	struct call *call = NULL;

	client_open_default(&how);
	how.options = FILE_NON_DIRECTORY_FILE;
	call = path_call(mem_ctx, tree, path, &how);
	if (call != NULL) {
		size_t most = client_max_read(tree);

		body.file_id = file_id_of(NULL);
		body.length = max < most ? max : (uint32_t)most;
		body.flags = compression_read_flags(tree);
		smb2_read_request_encode(call_add(call, SMB2_READ, body.length),
					 &body);
	}
	return path_send(mem_ctx, tree, call);
}

NTSTATUS client_get_small_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       TALLOC_CTX **owner, struct wire_slice *data,
			       struct client_stat *stat)
{
	struct smb2_create_response created = {0};
	struct smb2_read_response body = {0};
	struct call *call = NULL;
	NTSTATUS status = path_recv(req, mem_ctx, &call);
	bool empty =
		call != NULL && call->part[1].status == NT_STATUS_END_OF_FILE;

	*data = wire_slice(NULL, 0);
	*stat = (struct client_stat){0};
	*owner = call;
	if (empty) {
		status = call->part[0].status;
	}
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (!smb2_create_response_decode(call->part[0].reply.data,
					 call->part[0].reply.len, &created)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	file_stat_from_create(&created, stat);
	if (empty) {
		return NT_STATUS_OK;
	}
	if (!smb2_read_response_decode(call->part[1].reply.data,
				       call->part[1].reply.len, &body)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	*data = body.data;
	return NT_STATUS_OK;
}

NTSTATUS client_get_small(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			  const char *path, uint32_t max, TALLOC_CTX **owner,
			  struct wire_slice *data, struct client_stat *stat)
{
	struct tevent_req *req = client_get_small_send(tree, tree, path, max);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*owner = NULL;
	*data = wire_slice(NULL, 0);
	*stat = (struct client_stat){0};
	if (NT_STATUS_IS_OK(status)) {
		status = client_get_small_recv(req, mem_ctx, owner, data, stat);
	}
	talloc_free(req);
	return status;
}
