/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Uploads: a file that comes into being under a temporary name, marked to be
 * deleted when it is closed, so that it vanishes when the connection does; the
 * commit takes the mark away and gives it its name. Two round trips for a file
 * whose bytes fit in one request.
 */
#include "client/client_private.h"
#include "client/dir_cache_private.h"
#include "smbquic/alarm.h"

static const uint8_t delete_yes[] = {1};
static const uint8_t delete_no[] = {0};

/* ------------------------------------------------------------------ begin */

struct upload_state {
	struct client_tree *tree;
	struct file_origin *origin;
	struct client_file *file;
	bool whole; /* it comes with the first message: then it is begun anew
		       when it is lost, and its handle need not survive */
	char *path;
	size_t len;
	NTSTATUS failure; /* while the file is taken away */
};

static void upload_done(struct tevent_req *subreq);
static void upload_undone(struct tevent_req *subreq);
static void upload_removed(struct tevent_req *subreq);

const struct client_open upload_how = {
	.access = FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES | SEC_STD_DELETE,
	.share = FILE_SHARE_READ | FILE_SHARE_DELETE,
	.disposition = FILE_CREATE,
	.options = FILE_NON_DIRECTORY_FILE,
	.attributes = FILE_ATTRIBUTE_NORMAL,
};

void upload_add_write(struct call *call, struct wire_slice data,
		      TALLOC_CTX *owner)
{
	struct smb2_write_request body = {
		.file_id = file_id_of(NULL),
		.data = data,
	};

	if (data.len == 0) {
		talloc_free(owner);
		return;
	}
	smb2_write_request_encode(call_add(call, SMB2_WRITE, data.len), &body);
	call_payload(call, data, owner);
}

static struct call *upload_call(struct upload_state *state,
				struct client_tree *tree, const char *path)
{
	struct call *call = call_compound(state, tree);

	if (call == NULL) {
		return NULL;
	}
	call->compress = tree->compress;
	call->orphan = file_close_orphan;
	state->origin = file_origin_new(state, tree, path, &upload_how);
	if (state->origin != NULL) {
		state->origin->temporary = true;
		state->origin->asks = state->origin->asks && !state->whole;
		state->origin->asks_lease = state->origin->asks;
	}
	if (file_add_origin(call, path, &upload_how, state->origin)) {
		file_add_set(call, NULL, SMB2_0_INFO_FILE,
			     FileDispositionInformation, 0,
			     wire_slice(delete_yes, sizeof(delete_yes)));
	}
	return call;
}

struct tevent_req *client_upload_send(TALLOC_CTX *mem_ctx,
				      struct client_tree *tree,
				      const char *path, struct wire_slice data,
				      TALLOC_CTX *owner)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct upload_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;
	struct call *call = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct upload_state);
	}
	if (req == NULL) {
		talloc_free(owner);
		return NULL;
	}
	state->tree = tree;
	state->len = data.len;
	state->whole = data.len > 0;
	state->path = talloc_strdup(state, path);
	call = upload_call(state, tree, path);
	if (tevent_req_nomem(state->path, req) || tevent_req_nomem(call, req)) {
		talloc_free(owner);
		return tevent_req_post(req, conn->ev);
	}
	upload_add_write(call, data, owner);
	subreq = call_send(state, conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, upload_done, req);
	return req;
}

static NTSTATUS upload_written(const struct upload_state *state,
			       const struct call *call)
{
	const struct call_part *part = &call->part[call->parts - 1];
	struct smb2_write_response body = {0};

	if (state->len == 0) {
		return NT_STATUS_OK;
	}
	if (!smb2_write_response_decode(part->reply.data, part->reply.len,
					&body)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	return body.count == state->len ? NT_STATUS_OK : NT_STATUS_DISK_FULL;
}

/* Says so when the file is gone: its space is free again then. */
static void upload_undo(struct tevent_req *req, NTSTATUS status)
{
	struct upload_state *state = tevent_req_data(req, struct upload_state);
	struct tevent_req *subreq = NULL;

	state->failure = status;
	if (status != NT_STATUS_IO_TIMEOUT) {
		subreq = client_close_send(state, state->file);
	}
	if (subreq == NULL) { /* or nobody would answer */
		req_failed(req, status);
		return;
	}
	tevent_req_set_callback(subreq, upload_undone, req);
}

static void upload_undone(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct upload_state *state = tevent_req_data(req, struct upload_state);

	(void)client_close_recv(subreq);
	talloc_free(subreq);
	req_failed(req, state->failure);
}

static void upload_remove(struct tevent_req *req)
{
	struct upload_state *state = tevent_req_data(req, struct upload_state);
	struct tevent_req *subreq = client_remove_send(
		state, state->tree, state->path, FILE_NON_DIRECTORY_FILE);

	if (subreq == NULL) {
		req_failed(req, state->failure);
		return;
	}
	tevent_req_set_callback(subreq, upload_removed, req);
}

static void upload_removed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct upload_state *state = tevent_req_data(req, struct upload_state);

	(void)client_remove_recv(subreq);
	talloc_free(subreq);
	req_failed(req, state->failure);
}

static void upload_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct upload_state *state = tevent_req_data(req, struct upload_state);
	struct smb2_create_response created = {0};
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(subreq, state, &call);

	talloc_free(subreq);
	if (status == NT_STATUS_OBJECT_NAME_COLLISION && call->again) {
		/* by the connection that was lost before it was marked */
		state->failure = status;
		upload_remove(req);
		return;
	}
	if (req_failed(req, status)) {
		return;
	}
	if (!smb2_create_response_decode(call->part[0].reply.data,
					 call->part[0].reply.len, &created)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	/* From here on freeing the file removes it again. */
	state->file = file_new(state, state->tree, &created);
	if (tevent_req_nomem(state->file, req)) {
		return;
	}
	follow_origin(call, state->origin);
	follow_file(call, state->file, state->path);
	file_take_origin(state->file, state->origin, &created);
	dir_change_opened(call, state->file);
	status = call_status(call);
	if (NT_STATUS_IS_OK(status)) {
		status = upload_written(state, call);
	}
	if (!NT_STATUS_IS_OK(status)) {
		upload_undo(req, status);
		return;
	}
	state->file->temporary = talloc_move(state->file, &state->path);
	state->file->whole = state->whole;
	tevent_req_done(req);
}

NTSTATUS client_upload_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct client_file **out)
{
	struct upload_state *state = tevent_req_data(req, struct upload_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->file);
	}
	tevent_req_received(req);
	return status;
}

/* ----------------------------------------------------------------- commit */

/*
 * One compound: times, the mark off, the name, and CLOSE, when the file is so
 * small that this counts. When it could not get its name the file must go,
 * whether CLOSE was done or not: a server that has not the means to open it by
 * its temporary name is asked again. That of a large file is closed when it has
 * its name, so that its handle is there to mark it again.
 */
#define UNDO_TRIES    40
#define UNDO_PAUSE_MS 250

struct commit_state {
	struct client_file *file;
	const char *path;
	NTSTATUS status; /* of the commit, while it is undone */
	unsigned undone; /* how often that was tried */
	bool by_name;	 /* the last time */
	bool readonly;	 /* it may be, and then cannot be deleted */
};

/* MS-FSCC 2.6: none of the others. */
static const struct fscc_basic not_readonly = {
	.file_attributes = FILE_ATTRIBUTE_NORMAL,
};

static void commit_done(struct tevent_req *subreq);
static void commit_closed(struct tevent_req *subreq);
static void commit_lost(struct tevent_req *req);
static void commit_found(struct tevent_req *subreq);
static void commit_undo(struct tevent_req *req);
static void commit_unprotected(struct tevent_req *subreq);
static void commit_undone(struct tevent_req *subreq);
static void commit_paused(struct tevent_req *subreq);

static struct call *commit_call(TALLOC_CTX *mem_ctx, struct client_file *file,
				const char *path,
				const struct fscc_basic *basic)
{
	struct call *call = file_call(mem_ctx, file);
	struct client_file *first = file;

	if (call == NULL) {
		return NULL;
	}
	call->related = true;
	if (basic != NULL) {
		path_add_basic(call, file, basic);
		first = NULL;
	}
	file_add_set(call, first, SMB2_0_INFO_FILE, FileDispositionInformation,
		     0, wire_slice(delete_no, sizeof(delete_no)));
	path_add_rename(call, NULL, follow_along(call, file, path), true);
	if (file->whole) {
		file_add_close(call, NULL);
	}
	return call;
}

struct tevent_req *client_upload_commit_send(TALLOC_CTX *mem_ctx,
					     struct client_file *file,
					     const char *path,
					     const struct fscc_basic *basic)
{
	struct client_conn *conn = file_conn(file);
	struct commit_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct commit_state);
	}
	if (req == NULL) {
		return NULL;
	}
	state->file = file;
	state->readonly = basic != NULL && (basic->file_attributes &
					    FILE_ATTRIBUTE_READONLY) != 0;
	state->path = talloc_strdup(state, path);
	if (tevent_req_nomem(state->path, req)) {
		return tevent_req_post(req, conn->ev);
	}
	subreq = call_send(state, conn, commit_call(state, file, path, basic));
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, commit_done, req);
	return req;
}

/* By its handle while that is open, then by its temporary name. */
static struct tevent_req *commit_undo_send(struct commit_state *state)
{
	struct client_file *file = state->file;
	struct call *call = NULL;

	state->by_name = !file->valid;
	if (state->by_name) {
		return client_remove_send(state, file->tree, file->temporary,
					  FILE_NON_DIRECTORY_FILE);
	}
	call = file_call(state, file);
	if (call != NULL) {
		struct client_file *first = file;

		call->related = true;
		if (state->readonly) {
			path_add_basic(call, file, &not_readonly);
			first = NULL;
		}
		file_add_set(call, first, SMB2_0_INFO_FILE,
			     FileDispositionInformation, 0,
			     wire_slice(delete_yes, sizeof(delete_yes)));
		file_add_close(call, NULL);
	}
	return file_closing_send(state, file, call);
}

/* Is the connection lost, and then the handle, perhaps because all was done? */
static bool is_lost(NTSTATUS status)
{
	return status == NT_STATUS_HANDLE_NO_LONGER_VALID;
}

/* The file has its name. */
static void commit_close(struct tevent_req *req)
{
	struct commit_state *state = tevent_req_data(req, struct commit_state);
	struct tevent_req *subreq = client_close_send(state, state->file);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, commit_closed, req);
}

static void commit_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct commit_state *state = tevent_req_data(req, struct commit_state);
	const struct call_part *part = NULL; /* the new name */
	struct call *call = NULL;
	NTSTATUS status = call_recv(subreq, state, &call);

	talloc_free(subreq);
	if (is_lost(status)) {
		state->status = status;
		commit_lost(req);
		return;
	}
	if (req_failed(req, status)) {
		return;
	}
	part = &call->part[call->parts - 1];
	if (state->file->whole) {
		state->file->valid = !NT_STATUS_IS_OK(part->status);
		part--;
	}
	if (NT_STATUS_IS_OK(part->status)) {
		if (!state->file->whole) {
			commit_close(req);
		} else if (!req_failed(req, part[1].status)) {
			tevent_req_done(req);
		}
		return;
	}
	/* What failed before the new name may be why it was not given. */
	state->status = NT_STATUS_IS_ERR(part[-1].status) ? part[-1].status
							  : part->status;
	commit_undo(req);
}

static void commit_closed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct commit_state *state = tevent_req_data(req, struct commit_state);

	state->status = client_close_recv(subreq);
	talloc_free(subreq);
	if (is_lost(state->status)) {
		commit_lost(req);
	} else if (!req_failed(req, state->status)) {
		tevent_req_done(req);
	}
}

/* The file may have lost its mark, and not got its name. */
static void commit_clean(struct tevent_req *req)
{
	struct commit_state *state = tevent_req_data(req, struct commit_state);

	state->file->valid = false;
	commit_undo(req);
}

/* The connection was lost, and afterwards the handle was gone: perhaps because
 * everything had been done. Then the file is there under its name. */
static void commit_lost(struct tevent_req *req)
{
	struct commit_state *state = tevent_req_data(req, struct commit_state);
	const struct file_origin *origin = state->file->origin;
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileInternalInformation,
	};
	struct tevent_req *subreq = NULL;

	if (origin == NULL || origin->file_id == 0) {
		commit_clean(req);
		return;
	}
	subreq = client_query_path_send(state, state->file->tree, state->path,
					FILE_READ_ATTRIBUTES, &query);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, commit_found, req);
}

static void commit_found(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct commit_state *state = tevent_req_data(req, struct commit_state);
	struct wire_slice data = {0};
	uint64_t id = 0;
	NTSTATUS status = client_query_path_recv(subreq, state, &data);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status) && fscc_u64_decode(data, &id) &&
	    id == state->file->origin->file_id) {
		tevent_req_done(req);
	} else {
		commit_clean(req);
	}
}

static void commit_undo(struct tevent_req *req)
{
	struct commit_state *state = tevent_req_data(req, struct commit_state);
	struct client_file *file = state->file;
	struct tevent_req *subreq = NULL;

	if (state->readonly && !file->valid) {
		subreq = client_set_basic_send(state, file->tree,
					       file->temporary, &not_readonly);
		if (!tevent_req_nomem(subreq, req)) {
			tevent_req_set_callback(subreq, commit_unprotected,
						req);
		}
		return;
	}
	subreq = commit_undo_send(state);
	state->undone++;
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, commit_undone, req);
}

static void commit_unprotected(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct commit_state *state = tevent_req_data(req, struct commit_state);

	/* what is wrong with it deleting it tells, too */
	(void)client_set_basic_recv(subreq);
	talloc_free(subreq);
	state->readonly = false;
	if (file_conn(state->file) == NULL) {
		req_failed(req, state->status);
		return;
	}
	commit_undo(req);
}

static bool will_pass(NTSTATUS status)
{
	return status == NT_STATUS_TOO_MANY_OPENED_FILES ||
	       status == NT_STATUS_INSUFFICIENT_RESOURCES ||
	       status == NT_STATUS_NO_MEMORY;
}

static void commit_undone(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct commit_state *state = tevent_req_data(req, struct commit_state);
	struct client_conn *conn = file_conn(state->file);
	NTSTATUS status = state->by_name ? call_recv_status(subreq)
					 : client_close_recv(subreq);

	talloc_free(subreq);
	if (!state->by_name && is_lost(status) && conn != NULL) {
		commit_undo(req); /* by its name now */
		return;
	}
	if (!will_pass(status) || state->undone == UNDO_TRIES || conn == NULL) {
		req_failed(req, state->status);
		return;
	}
	subreq = alarm_wait_send(state, conn->ev, UNDO_PAUSE_MS);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, commit_paused, req);
}

static void commit_paused(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct commit_state *state = tevent_req_data(req, struct commit_state);

	(void)alarm_wait_recv(subreq);
	talloc_free(subreq);
	if (file_conn(state->file) == NULL) {
		req_failed(req, state->status);
		return;
	}
	commit_undo(req);
}

NTSTATUS client_upload_commit_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

/* ------------------------------------------------------------ blocking twins
 */

NTSTATUS client_upload(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		       const char *path, struct wire_slice data,
		       struct client_file **out)
{
	uint8_t *copy = talloc_memdup(tree, data.data, data.len);
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_NO_MEMORY;

	*out = NULL;
	if (copy != NULL || data.len == 0) {
		req = client_upload_send(tree, tree, path,
					 wire_slice(copy, data.len), copy);
		status = client_wait(client_tree_conn(tree), req);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = client_upload_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

NTSTATUS client_upload_commit(struct client_file *file, const char *path,
			      const struct fscc_basic *basic)
{
	struct client_conn *conn = file_conn(file);
	struct tevent_req *req =
		client_upload_commit_send(file, file, path, basic);
	NTSTATUS status = client_wait(conn, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_upload_commit_recv(req);
	}
	talloc_free(req);
	return status;
}
