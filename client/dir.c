/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directories: listing (MS-SMB2 3.2.4.17) and change notification. */
#define LOG_MODULE "client"

#include <string.h>

#include "client/client_private.h"
#include "client/dir_cache_private.h"
#include "client/target.h"
#include "smbquic/log.h"
#include "smbquic/utf16.h"

/* A class that every server has, with what a listing shows. */
#define DIR_CLASS FileIdBothDirectoryInformation
#define DIR_SIZE  ((uint32_t)1024 * 1024)
/* NextEntryOffset and FileIndex */
#define POSIX_ENTRY_SKIP 8
/* More entries than a listing in memory can have: talloc gives out no piece of
 * 256 MiB. */
#define LIST_MOST ((size_t)0x0FFFFFFF / sizeof(struct client_dir_entry))
/* How often a listing is begun that is lost in the middle. */
#define LIST_TRIES 5

/* ---------------------------------------------------------- one answer */

bool dir_add_query(struct call *call, const struct client_file *dir, bool posix,
		   const char *pattern, uint32_t size)
{
	struct smb2_query_directory_request body = {
		.information_class = posix ? FilePosixInformation : DIR_CLASS,
		.file_id = file_id_of(dir),
		.output_buffer_length = size,
	};
	struct wire_writer *w = call_add(call, SMB2_QUERY_DIRECTORY, size);
	char *mapped = NULL;

	call->dir_posix = posix;
	mapped =
		call->dir_posix
			? path_map_posix_pattern(call, call->map_names, pattern)
			: path_map_pattern(call, call->map_names, pattern);
	if (mapped == NULL || !utf16_from_utf8(call, mapped, &body.pattern)) {
		wire_writer_fail(w);
		return false;
	}
	return smb2_query_directory_request_encode(w, &body);
}

static uint32_t dir_size(const struct client_conn *conn)
{
	return (uint32_t)conn_affordable(conn,
					 conn->agreement.max_transact < DIR_SIZE
						 ? conn->agreement.max_transact
						 : DIR_SIZE);
}

struct tevent_req *client_dir_read_send(TALLOC_CTX *mem_ctx,
					struct client_file *dir,
					const char *pattern)
{
	struct call *call = file_call(mem_ctx, dir);

	if (call != NULL) {
		dir_add_query(call, dir, dir->posix, pattern,
			      dir_size(call->conn));
	}
	return call_send(mem_ctx, file_conn(dir), call);
}

/* Whose name could lead elsewhere is no entry. The folder itself and its
 * parent are for the caller to know. */
static bool entry_name_is_safe(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       client_name_is_safe(name);
}

static NTSTATUS dir_take_entry(struct client_dir_list *list, bool map,
			       const struct fscc_dir_entry *in)
{
	struct client_dir_entry *out = &list->entry[list->count];
	char *short_name = utf16_to_utf8(list, in->short_name);

	*out = (struct client_dir_entry){
		.name = path_map_from_server(list, map,
					     utf16_to_utf8(list, in->name)),
		.short_name = short_name != NULL ? short_name : "",
		.file_id = in->file_id,
		.stat =
			{
				.creation_time = in->creation_time,
				.access_time = in->last_access_time,
				.write_time = in->last_write_time,
				.change_time = in->change_time,
				.allocation_size = in->allocation_size,
				.size = in->end_of_file,
				.attributes = in->file_attributes,
				.file_id = in->file_id,
			},
	};
	if ((in->file_attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
		out->stat.listed_tag = in->ea_size; /* MS-FSCC 2.4.17 */
	}
	if (out->name == NULL || !entry_name_is_safe(out->name)) {
		log_warn("the server lists a name that no file can have");
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	list->count++;
	return NT_STATUS_OK;
}

static size_t count_entries(struct wire_slice data)
{
	struct wire_walker walker = fscc_dir_entries(DIR_CLASS, data);
	struct fscc_dir_entry entry = {0};
	size_t count = 0;

	while (fscc_dir_next(&walker, DIR_CLASS, &entry)) {
		count++;
	}
	return wire_walker_ok(&walker) ? count : 0;
}

/* Room for so many more; an answer without any is none. */
static NTSTATUS list_grow(struct client_dir_list *list, size_t count)
{
	if (count == 0 || list->count + count > LIST_MOST) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	list->entry = talloc_realloc(list, list->entry, struct client_dir_entry,
				     list->count + count);
	return list->entry != NULL ? NT_STATUS_OK : NT_STATUS_NO_MEMORY;
}

/* The same of the POSIX extensions. */
static NTSTATUS dir_take_posix_entry(struct client_dir_list *list, bool map,
				     struct wire_slice data)
{
	struct client_dir_entry *out = &list->entry[list->count];
	struct wire_slice name = {0};
	struct smb2_posix_info in = {0};

	if (data.len < POSIX_ENTRY_SKIP ||
	    !smb2_posix_entry_decode(wire_slice(data.data + POSIX_ENTRY_SKIP,
						data.len - POSIX_ENTRY_SKIP),
				     &in, &name)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	*out = (struct client_dir_entry){
		.name = path_map_from_posix(list, map,
					    utf16_to_utf8(list, name)),
		.short_name = "",
		.file_id = in.inode,
		.stat =
			{
				.creation_time = in.creation_time,
				.access_time = in.last_access_time,
				.write_time = in.last_write_time,
				.change_time = in.change_time,
				.allocation_size = in.allocation_size,
				.size = in.end_of_file,
				.attributes = in.file_attributes,
				.file_id = in.inode,
			},
	};
	open_contexts_posix(&in.posix, &out->stat);
	out->stat.listed_tag = out->stat.reparse_tag;
	if (out->name == NULL || !entry_name_is_safe(out->name)) {
		log_warn("the server lists a name that no file can have");
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	list->count++;
	return NT_STATUS_OK;
}

/* Append the entries of an answer of that kind to a list. */
static NTSTATUS dir_take_posix(struct client_dir_list *list, bool map,
			       struct wire_slice data)
{
	struct wire_walker walker = wire_walker(data, POSIX_ENTRY_SKIP, 8);
	struct wire_slice entry = {0};
	NTSTATUS status = NT_STATUS_OK;
	size_t count = 0;

	while (wire_walk(&walker, &entry)) {
		count++;
	}
	status = list_grow(list, wire_walker_ok(&walker) ? count : 0);
	walker = wire_walker(data, POSIX_ENTRY_SKIP, 8);
	while (NT_STATUS_IS_OK(status) && wire_walk(&walker, &entry)) {
		status = dir_take_posix_entry(list, map, entry);
	}
	return status;
}

/* Append the entries of an answer to a list. */
static NTSTATUS dir_take(struct client_dir_list *list, bool map,
			 struct wire_slice data)
{
	NTSTATUS status = list_grow(list, count_entries(data));
	struct wire_walker walker = fscc_dir_entries(DIR_CLASS, data);
	struct fscc_dir_entry entry = {0};

	while (NT_STATUS_IS_OK(status) &&
	       fscc_dir_next(&walker, DIR_CLASS, &entry)) {
		status = dir_take_entry(list, map, &entry);
	}
	return status;
}

NTSTATUS dir_take_part(struct client_dir_list *list, const struct call *call,
		       unsigned number)
{
	const struct call_part *part = &call->part[number];
	struct wire_slice data = {0};

	if (!NT_STATUS_IS_OK(part->status)) {
		return part->status;
	}
	if (!smb2_buffer_response_decode(part->reply.data, part->reply.len,
					 &data)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (call->dir_posix) {
		return dir_take_posix(list, call->map_names, data);
	}
	return dir_take(list, call->map_names, data);
}

NTSTATUS client_dir_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct client_dir_list **out)
{
	struct client_dir_list *list =
		talloc_zero(mem_ctx, struct client_dir_list);
	struct call *call = NULL;
	NTSTATUS status = call_recv(req, req, &call);

	*out = NULL;
	if (list == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	if (NT_STATUS_IS_OK(status)) {
		status = dir_take_part(list, call, 0);
	}
	if (!NT_STATUS_IS_OK(status)) {
		talloc_free(list);
		return status;
	}
	*out = list;
	return status;
}

NTSTATUS client_dir_read(TALLOC_CTX *mem_ctx, struct client_file *dir,
			 const char *pattern, struct client_dir_list **out)
{
	struct tevent_req *req = client_dir_read_send(dir, dir, pattern);
	NTSTATUS status = client_wait(file_conn(dir), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_dir_read_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

/* ---------------------------------------------------------- a whole folder */

/*
 * What does not come with the opening is read one answer after the other. CLOSE
 * goes out when the file object is freed.
 */
struct list_state {
	struct client_tree *tree;
	struct client_file *dir;
	const char *path;
	const char *pattern;
	unsigned begun; /* how often */
	struct client_dir_list *list;
	struct client_stat stat;
	struct dir_ticket ticket;
};

static void list_begin(struct tevent_req *req);
static void list_opened(struct tevent_req *subreq);
static void list_more(struct tevent_req *req);
static void list_read(struct tevent_req *subreq);

struct tevent_req *client_list_send(TALLOC_CTX *mem_ctx,
				    struct client_tree *tree, const char *path,
				    const char *pattern)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct list_state *state = NULL;
	struct tevent_req *req = NULL;

	if (conn != NULL) {
		req = tevent_req_create(mem_ctx, &state, struct list_state);
	}
	if (req == NULL) {
		return NULL;
	}
	state->tree = tree;
	state->path = talloc_strdup(state, path);
	state->pattern = talloc_strdup(state, pattern);
	if (tevent_req_nomem(state->path, req) ||
	    tevent_req_nomem(state->pattern, req)) {
		return tevent_req_post(req, conn->ev);
	}
	list_begin(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, conn->ev);
	}
	return req;
}

static void list_begin(struct tevent_req *req)
{
	struct list_state *state = tevent_req_data(req, struct list_state);
	struct client_open how = {
		.access = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES |
			  SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_DIRECTORY_FILE,
	};
	struct tevent_req *subreq = NULL;

	state->begun++;
	TALLOC_FREE(state->dir);
	TALLOC_FREE(state->list);
	if (strcmp(state->pattern, "*") == 0 &&
	    dir_cache_list(state->tree, state->path, state, &state->list, &how,
			   &state->ticket)) {
		if (!tevent_req_nomem(state->list, req)) {
			tevent_req_done(req);
		}
		return;
	}
	subreq = client_dir_open_send(state, state->tree, state->path, &how,
				      state->pattern);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, list_opened, req);
}

/* @return true: there may be more. */
static bool list_goes_on(struct tevent_req *req, NTSTATUS status)
{
	struct list_state *state = tevent_req_data(req, struct list_state);

	if (status == NT_STATUS_NO_MORE_FILES ||
	    status == NT_STATUS_NO_SUCH_FILE) {
		if (!state->dir->through_link) {
			dir_cache_list_told(state->tree, state->path,
					    &state->ticket, state->list,
					    &state->stat, &state->dir);
		}
		tevent_req_done(req);
		return false;
	}
	return !req_failed(req, status);
}

static void list_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct list_state *state = tevent_req_data(req, struct list_state);
	bool end = false;
	NTSTATUS status = client_dir_open_recv(
		subreq, state, &state->dir, &state->list, &end, &state->stat);

	talloc_free(subreq);
	if (list_goes_on(req, end ? NT_STATUS_NO_MORE_FILES : status)) {
		list_more(req);
	}
}

static void list_more(struct tevent_req *req)
{
	struct list_state *state = tevent_req_data(req, struct list_state);
	struct tevent_req *subreq =
		client_dir_read_send(state, state->dir, state->pattern);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, list_read, req);
}

/* The folder, or where the server was in it, went with a connection, a session
 * or a tree that came back: there is nothing but to begin anew. */
static bool list_was_lost(const struct list_state *state, NTSTATUS status)
{
	const struct client_conn *conn = client_tree_conn(state->tree);

	return (status == NT_STATUS_CONNECTION_DISCONNECTED ||
		status == NT_STATUS_IO_TIMEOUT ||
		status == NT_STATUS_USER_SESSION_DELETED ||
		status == NT_STATUS_NETWORK_NAME_DELETED ||
		status == NT_STATUS_HANDLE_NO_LONGER_VALID) &&
	       conn != NULL && conn->way_back != NULL &&
	       state->begun < LIST_TRIES;
}

static void list_read(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct list_state *state = tevent_req_data(req, struct list_state);
	struct call *call = NULL;
	NTSTATUS status = call_recv(subreq, state, &call);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status)) {
		status = dir_take_part(state->list, call, 0);
	}
	talloc_free(call);
	if (list_was_lost(state, status)) {
		list_begin(req);
	} else if (list_goes_on(req, status)) {
		list_more(req);
	}
}

NTSTATUS client_list_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  struct client_dir_list **out)
{
	struct list_state *state = tevent_req_data(req, struct list_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->list);
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_list(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		     const char *path, const char *pattern,
		     struct client_dir_list **out)
{
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_OK;

	dir_cache_blocking(tree, true);
	req = client_list_send(tree, tree, path, pattern);
	dir_cache_blocking(tree, false);
	status = client_wait(client_tree_conn(tree), req);
	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_list_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

/* ----------------------------------------------------------------- notify */

struct tevent_req *client_notify_send(TALLOC_CTX *mem_ctx,
				      struct client_file *dir, uint32_t filter,
				      bool recursive)
{
	struct smb2_change_notify_request body = {
		.flags = recursive ? SMB2_WATCH_TREE : 0,
		.output_buffer_length = SMB2_CREDIT_UNIT,
		.file_id = file_id_of(dir),
		.completion_filter = filter,
	};
	struct call *call = file_call(mem_ctx, dir);

	if (call != NULL) {
		call->timeout_ms = 0;
		if (dir->missed && NT_STATUS_IS_OK(call->refused)) {
			call->refused = NT_STATUS_NOTIFY_ENUM_DIR;
		}
		dir->missed = false;
		dir->watched = true;
		smb2_change_notify_request_encode(
			call_add(call, SMB2_CHANGE_NOTIFY,
				 body.output_buffer_length),
			&body);
	}
	return call_send(mem_ctx, file_conn(dir), call);
}

bool client_notify_waits(struct tevent_req *req)
{
	const struct call *call = call_of(req);

	return call != NULL && call->part[0].pending;
}

NTSTATUS client_notify_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct wire_slice *out)
{
	return client_query_recv(req, mem_ctx, out);
}

NTSTATUS client_notify(TALLOC_CTX *mem_ctx, struct client_file *dir,
		       uint32_t filter, bool recursive, struct wire_slice *out)
{
	struct tevent_req *req =
		client_notify_send(dir, dir, filter, recursive);
	NTSTATUS status = client_wait(file_conn(dir), req);

	*out = wire_slice(NULL, 0);
	if (NT_STATUS_IS_OK(status)) {
		status = client_notify_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}
