/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open files: CREATE and CLOSE, oplocks. What is done with them: io.c. */
#define LOG_MODULE "client"

#include "client/client_private.h"
#include "client/dir_cache_private.h"
#include "smbquic/log.h"
#include "smbquic/utf16.h"

/* ---------------------------------------------------- parts of compounds */

struct smb2_file_id file_id_of(const struct client_file *file)
{
	const struct smb2_file_id any = {SMB2_FILE_ID_ANY, SMB2_FILE_ID_ANY};

	return file != NULL ? file->id : any;
}

bool file_add_create(struct call *call, const char *path,
		     const struct client_open *how)
{
	return file_add_origin(call, path, how, NULL);
}

/* A lease on nothing, which tells that we know of what changes in the folder.
 */
static bool add_no_lease(const struct smb2_guid *parent,
			 struct wire_chain *list)
{
	struct smb2_lease lease = {
		.version = 2,
		.lease_state = SMB2_LEASE_NONE,
		.flags = SMB2_LEASE_FLAG_PARENT_LEASE_KEY_SET,
		.parent_lease_key = *parent,
	};

	return crypto_random(lease.lease_key.bytes,
			     sizeof(lease.lease_key.bytes)) == 0 &&
	       smb2_lease_add(list, &lease);
}

/* One that comes back names it as it did at first, though it does not say
 * how. */
static char *wire_name(struct call *call, const char *path,
		       const struct client_open *how,
		       const struct file_origin *origin)
{
	return how->posix || (origin != NULL && origin->how.posix)
		       ? path_map_to_posix(call, call->map_names, path)
		       : path_map_to_server(call, call->map_names, path);
}

/* What the tree has for all opens, and the caller for this one; 3.3.5.9.12: not
 * when a handle is reclaimed, because a server may refuse what does not belong
 * there. */
static struct client_open with_tree(const struct call *call,
				    const struct client_open *how,
				    const struct file_origin *origin)
{
	struct client_open all = *how;

	all.options |= call->options;
	if (origin == NULL || !origin->reclaims) {
		open_how_posix(&all, call->use_posix);
	} else {
		all.contexts = NULL;
	}
	return all;
}

bool file_add_origin(struct call *call, const char *path,
		     const struct client_open *asked,
		     const struct file_origin *origin)
{
	struct client_open all = with_tree(call, asked, origin);
	const struct client_open *how = &all;
	struct smb2_create_request body = {
		.oplock_level = how->oplock,
		.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
		.desired_access = how->access,
		.file_attributes = how->attributes,
		.share_access = how->share,
		.create_disposition = how->disposition,
		.create_options = how->options,
	};
	char *plain = talloc_strdup(call, path);
	NTTIME token = plain != NULL ? snapshot_take(plain) : 0;
	NTTIME version = open_contexts_snapshot(how);
	char *name = plain != NULL ? wire_name(call, plain, how, origin) : NULL;
	const struct smb2_guid *parent = NULL;
	NTSTATUS status = NT_STATUS_OK;
	struct wire_writer *w = NULL;
	struct wire_writer contexts = wire_writer_talloc(call);
	struct wire_chain list = smb2_create_context_list(&contexts);

	version = version != 0 ? version : token;
	status = open_contexts_check(how, call->conn->agreement.dialect);
	if (!NT_STATUS_IS_OK(status)) {
		call->refused = status;
		all.contexts = NULL;
	}
	dir_change_path(call, path, how);
	parent = dir_change_parent(call);
	w = call_add(call, SMB2_CREATE, 0);
	if (name == NULL || !utf16_from_utf8(call, name, &body.name) ||
	    (version != 0 && !smb2_timewarp_add(&list, version)) ||
	    !open_contexts_add(how, &list) ||
	    (origin != NULL && !file_origin_add(origin, parent, &list))) {
		wire_writer_fail(w);
		return false;
	}
	if (origin != NULL && origin->asks_lease) {
		body.oplock_level = SMB2_OPLOCK_LEVEL_LEASE;
	} else if (parent != NULL && dir_change_parent_held(call) &&
		   how->oplock == SMB2_OPLOCK_LEVEL_NONE &&
		   add_no_lease(parent, &list)) {
		body.oplock_level = SMB2_OPLOCK_LEVEL_LEASE;
	}
	call->part[call->parts - 1].replay =
		origin != NULL && origin->asks && !origin->reclaims;
	body.contexts = wire_writer_slice(&contexts);
	return smb2_create_request_encode(w, &body);
}

void file_add_close(struct call *call, const struct client_file *file)
{
	struct smb2_close_request body = {.file_id = file_id_of(file)};

	if (file != NULL) {
		dir_change_file(call, file);
	}
	smb2_close_request_encode(call_add(call, SMB2_CLOSE, 0), &body);
}

void file_add_set(struct call *call, const struct client_file *file,
		  uint8_t type, uint8_t info_class, uint32_t extra,
		  struct wire_slice data)
{
	struct smb2_set_info_request body = {
		.info_type = type,
		.file_info_class = info_class,
		.additional_information = extra,
		.file_id = file_id_of(file),
		.buffer = data,
	};

	if (type == SMB2_0_INFO_FILE) {
		dir_change_set(call, info_class, data);
	}
	smb2_set_info_request_encode(call_add(call, SMB2_SET_INFO, data.len),
				     &body);
}

void file_add_query(struct call *call, const struct client_file *file,
		    const struct client_query *query)
{
	uint32_t most = call->conn->agreement.max_transact;
	uint32_t max = query->max != 0 ? query->max : SMB2_CREDIT_UNIT;
	struct smb2_query_info_request body = {
		.info_type = query->type,
		.file_info_class = query->info_class,
		.output_buffer_length = max < most ? max : most,
		.additional_information = query->extra,
		.flags = query->flags,
		.file_id = file_id_of(file),
		.input = query->input,
	};

	smb2_query_info_request_encode(
		call_add(call, SMB2_QUERY_INFO, body.output_buffer_length),
		&body);
}

void file_stat_from_create(const struct smb2_create_response *in,
			   struct client_stat *out)
{
	*out = (struct client_stat){
		.creation_time = in->creation_time,
		.access_time = in->last_access_time,
		.write_time = in->last_write_time,
		.change_time = in->change_time,
		.allocation_size = in->allocation_size,
		.size = in->end_of_file,
		.attributes = in->file_attributes,
	};
	open_contexts_take(in->contexts, out);
}

/* --------------------------------------------------------- life of a file */

/* A CLOSE that somebody waits for. */
struct file_closing {
	struct client_file *file; /* NULL: it was freed */
};

static int file_destructor(struct client_file *file)
{
	struct client_tree *tree = file->tree;
	struct client_conn *conn = NULL;
	struct call *call = NULL;

	if (file->closing != NULL) {
		file->closing->file = NULL;
		file->valid = false;
	}
	if (tree == NULL) {
		return 0;
	}
	TAILQ_REMOVE(&tree->files, file, entry);
	conn = client_tree_conn(tree);
	if (file->stale && conn != NULL) {
		replay_file_freed(conn, file);
	}
	restore_look(tree->session);
	if (file->valid && !file->stale && NT_STATUS_IS_OK(file->gone) &&
	    conn != NULL && tree->valid && tree->session->valid) {
		call = call_new(conn, conn, tree->session, tree);
		if (call != NULL) {
			file_add_close(call, file);
		}
		call_post(conn, call);
	}
	return 0;
}

struct client_file *file_new(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			     const struct smb2_create_response *created)
{
	struct client_file *file = talloc_zero(mem_ctx, struct client_file);

	if (file != NULL) {
		file->tree = tree;
		file->serial = ++client_tree_conn(tree)->serials;
		file->id = created->file_id;
		file->oplock = created->oplock_level;
		open_contexts_told(created->contexts, &file->told);
		file->valid = true;
		TAILQ_INSERT_TAIL(&tree->files, file, entry);
		talloc_set_destructor(file, file_destructor);
		reconnect_opened(file);
	}
	return file;
}

void file_take_origin(struct client_file *file, struct file_origin *origin,
		      const struct smb2_create_response *created)
{
	if (file == NULL || origin == NULL) {
		return;
	}
	if (file_origin_take(origin, created)) {
		file->origin = talloc_steal(file, origin);
		file_lease_early(file);
	}
}

struct client_tree *client_file_tree(const struct client_file *file)
{
	return file->tree;
}

uint8_t client_file_oplock(const struct client_file *file)
{
	return file->oplock;
}

void client_file_on_break(struct client_file *file, client_oplock_fn fn,
			  void *private_data)
{
	file->on_break = fn;
	file->private_data = private_data;
}

struct client_conn *file_conn(const struct client_file *file)
{
	return file->tree != NULL ? client_tree_conn(file->tree) : NULL;
}

struct call *file_call(TALLOC_CTX *mem_ctx, const struct client_file *file)
{
	struct client_conn *conn = file_conn(file);
	struct call *call = NULL;

	if (conn == NULL) {
		return NULL;
	}
	call = call_new(mem_ctx, conn, file->tree->session, file->tree);
	if (call != NULL) {
		call->file_serial = file->serial;
		if (!NT_STATUS_IS_OK(file->gone)) {
			call->refused = file->gone;
		}
		dir_change_file(call, file);
	}
	return call;
}

/* ------------------------------------------------------------------- open */

struct open_state {
	struct client_tree *tree;
	struct file_origin *origin;
	struct client_file *file;
	struct client_stat stat;
	struct call *call; /* with a READ: its reply */
	struct wire_slice first;
	bool also_known;
	struct client_stat also;
};

static void open_done(struct tevent_req *subreq);

void client_open_default(struct client_open *out)
{
	*out = (struct client_open){
		.access = FILE_GENERIC_READ,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.oplock = SMB2_OPLOCK_LEVEL_NONE,
	};
}

void file_close_part(struct call *call, unsigned which)
{
	const struct call_part *part = &call->part[which];
	struct smb2_create_response created = {0};
	struct client_file file = {0};
	struct call *closing = NULL;

	if (!NT_STATUS_IS_OK(part->status) ||
	    !smb2_create_response_decode(part->reply.data, part->reply.len,
					 &created)) {
		return;
	}
	file.id = created.file_id;
	closing = call_new_beside(call->conn, call);
	if (closing != NULL) {
		file_add_close(closing, &file);
	}
	call_post(call->conn, closing);
}

/* The open was cancelled too late: the server has opened the file. */
void file_close_orphan(struct call *call)
{
	file_close_part(call, 0);
}

/* 3.2.4.1.4: of the file that the request before opens. */
static void open_add_read(struct call *call, const struct client_tree *tree,
			  uint32_t bytes)
{
	size_t most = client_max_read(tree);
	struct smb2_read_request body = {
		.file_id = file_id_of(NULL),
		.length = bytes < most ? bytes : (uint32_t)most,
		.flags = compression_read_flags(tree),
	};

	call->related = true;
	smb2_read_request_encode(call_add(call, SMB2_READ, body.length), &body);
}

struct tevent_req *client_open_send(TALLOC_CTX *mem_ctx,
				    struct client_tree *tree, const char *path,
				    const struct client_open *how)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct open_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = NULL;
	struct call *call = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct open_state);
	}
	if (req == NULL) {
		return NULL;
	}
	state->tree = tree;
	call = call_new(state, conn, tree->session, tree);
	if (tevent_req_nomem(call, req)) {
		return tevent_req_post(req, conn->ev);
	}
	call->orphan = file_close_orphan;
	state->origin = file_origin_new(state, tree, path, how);
	if (!file_add_origin(call, path, how, state->origin)) {
		req_failed(req, NT_STATUS_OBJECT_NAME_INVALID);
		return tevent_req_post(req, conn->ev);
	}
	if (how->first > 0) {
		open_add_read(call, tree, how->first);
	}
	also_add(call, how);
	subreq = call_send(state, conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, open_done, req);
	return req;
}

static void open_take_first(struct open_state *state, struct call *call)
{
	struct smb2_read_response body = {0};

	if (also_own_parts(call) == 2 &&
	    NT_STATUS_IS_OK(call->part[1].status) &&
	    smb2_read_response_decode(call->part[1].reply.data,
				      call->part[1].reply.len, &body)) {
		state->call = call;
		state->first = body.data;
	}
}

static void open_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct open_state *state = tevent_req_data(req, struct open_state);
	struct smb2_create_response body = {0};
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(subreq, state, &call);

	talloc_free(subreq);
	state->also_known = call != NULL && also_take(call, &state->also);
	if (req_failed(req, status)) {
		return;
	}
	if (!smb2_create_response_decode(call->part[0].reply.data,
					 call->part[0].reply.len, &body)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	file_stat_from_create(&body, &state->stat);
	state->file = file_new(state, state->tree, &body);
	if (tevent_req_nomem(state->file, req)) {
		return;
	}
	state->file->posix = state->stat.posix;
	follow_origin(call, state->origin);
	file_take_origin(state->file, state->origin, &body);
	dir_change_opened(call, state->file);
	open_take_first(state, call);
	tevent_req_done(req);
}

struct wire_slice client_open_first(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				    TALLOC_CTX **owner)
{
	struct open_state *state = tevent_req_data(req, struct open_state);

	*owner = talloc_move(mem_ctx, &state->call);
	return state->first;
}

bool client_open_also(struct tevent_req *req, struct client_stat *out)
{
	const struct open_state *state =
		tevent_req_data(req, struct open_state);

	*out = state->also;
	return state->also_known;
}

NTSTATUS client_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  struct client_file **out, struct client_stat *stat)
{
	struct open_state *state = tevent_req_data(req, struct open_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->file);
	}
	if (stat != NULL) {
		*stat = state->stat;
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_open(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		     const char *path, const struct client_open *how,
		     struct client_file **out, struct client_stat *stat)
{
	struct tevent_req *req = client_open_send(tree, tree, path, how);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_open_recv(req, mem_ctx, out, stat);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------------ close */

/* Nobody waits any longer, or there is the answer. */
static int closing_destructor(struct file_closing *state)
{
	if (state->file != NULL) {
		state->file->closing = NULL;
		state->file->valid = false;
		state->file = NULL;
	}
	return 0;
}

static void closing_done(struct tevent_req *subreq);

/* Until then the server may have it open: when the connection is lost, it is
 * opened again so that it can be closed. */
struct tevent_req *file_closing_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file,
				     struct call *call)
{
	struct client_conn *conn = file_conn(file);
	struct file_closing *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct file_closing);

	if (req != NULL) {
		subreq = call_send(state, conn, call);
	} else {
		talloc_free(call);
	}
	if (subreq == NULL) {
		file->valid = false;
		talloc_free(req);
		return NULL;
	}
	if (file->closing != NULL) {
		file->closing->file = NULL;
	}
	state->file = file;
	file->closing = state;
	talloc_set_destructor(state, closing_destructor);
	tevent_req_set_callback(subreq, closing_done, req);
	return req;
}

static void closing_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct file_closing *state = tevent_req_data(req, struct file_closing);
	NTSTATUS status = call_recv_status(subreq);

	talloc_free(subreq);
	closing_destructor(state);
	if (!req_failed(req, status)) {
		tevent_req_done(req);
	}
}

struct tevent_req *client_close_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file)
{
	struct call *call = file_call(mem_ctx, file);

	if (call != NULL) {
		file_add_close(call, file);
	}
	return file_closing_send(mem_ctx, file, call);
}

NTSTATUS client_close_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

NTSTATUS client_close(struct client_file *file)
{
	struct tevent_req *req = client_close_send(file, file);
	NTSTATUS status = client_wait(file_conn(file), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_close_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ---------------------------------------------------------------- oplocks */

static void file_acknowledge(struct client_file *file, uint8_t level)
{
	struct client_tree *tree = file->tree;
	struct client_conn *conn = client_tree_conn(tree);
	struct smb2_oplock_break body = {
		.oplock_level = level,
		.file_id = file->id,
	};
	struct call *call = call_new(conn, conn, tree->session, tree);

	if (call != NULL) {
		smb2_oplock_break_encode(call_add(call, SMB2_OPLOCK_BREAK, 0),
					 &body);
	}
	call_post(conn, call);
}

static struct client_file *find_file(struct client_session *session,
				     const struct smb2_file_id *id)
{
	struct client_tree *tree = NULL;
	struct client_file *file = NULL;

	TAILQ_FOREACH(tree, &session->trees, entry)
	{
		TAILQ_FOREACH(file, &tree->files, entry)
		{
			if (file->id.persistent_id == id->persistent_id &&
			    file->id.volatile_id == id->volatile_id) {
				return file;
			}
		}
	}
	return NULL;
}

/* From level II an
 * oplock breaks to none without acknowledgment (3.2.5.19.1). */
void file_break(struct client_session *session, const uint8_t *msg, size_t len)
{
	struct smb2_oplock_break body = {0};
	struct client_file *file = NULL;
	uint8_t before = 0;

	if (!smb2_oplock_break_decode(msg, len, &body)) {
		return;
	}
	file = find_file(session, &body.file_id);
	if (file == NULL || !file->valid || file->closing != NULL) {
		return;
	}
	before = file->oplock;
	file->oplock = body.oplock_level;
	log_debug("oplock %u broken to %u", before, file->oplock);
	if (before != SMB2_OPLOCK_LEVEL_II) {
		file_acknowledge(file, file->oplock);
	}
	if (file->on_break != NULL) {
		file->on_break(file, file->oplock, file->private_data);
	}
}
