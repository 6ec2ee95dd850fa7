/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CREATE of files and directories (MS-SMB2 3.3.5.9, MS-FSA 2.1.5.1).
 *
 *	request judged -> opened in the store -> rights and share modes judged,
 *	registered -> content and attributes replaced, extended attributes,
 *	space -> attributes asked for -> reply
 *
 * The store opens before share modes are judged, since only then it is known
 * which file that is; it never changes an existing file by that.
 */

#include <errno.h>
#include <string.h>

#include "server/acl.h"
#include "server/app_instance.h"
#include "server/create.h"
#include "server/dispatch.h"
#include "server/durable.h"
#include "server/ea.h"
#include "server/oplock.h"
#include "server/persistent.h"
#include "server/replay.h"

/* Names that change while we open by them: then the store is asked again. */
#define MAX_LOOKS 8

struct create_state {
	struct tevent_context *ev;
	struct tevent_req *req;
	struct request *r;
	struct create create;
	struct store_file *handle; /* until it is registered */
	struct store_opened info;
	struct file_open *fo;
	struct created created;
	NTSTATUS status;	 /* while what was made goes again */
	bool waited;		 /* for oplocks of others */
	unsigned looks;		 /* how often it was opened */
	uint64_t touched;	 /* file_names_touched() before that */
	struct replay *replay;	 /* until the open has it */
	struct tevent_req *wait; /* while it waits */
	struct file *file;	 /* for its oplocks */
	bool complete;		 /* the client will hear of the open */
};

static void create_begin(struct create_state *state);
static bool create_open(struct create_state *state);
static void create_opened(struct tevent_req *subreq);
static void create_wait(struct create_state *state);
static void create_again(struct tevent_req *subreq);
static void create_unmade(struct tevent_req *subreq);
static void create_ea_needed(struct tevent_req *subreq);
static void create_register(struct create_state *state);
static void create_replace(struct create_state *state);
static void create_replaced(struct tevent_req *subreq);
static void create_eas(struct create_state *state);
static void create_ea_set(struct tevent_req *subreq);
static void create_allocate(struct create_state *state);
static void create_allocated(struct tevent_req *subreq);
static void create_query(struct create_state *state);
static void create_queried(struct tevent_req *subreq);
static void create_finish(struct create_state *state);
static void create_saved(struct tevent_req *subreq);

/* Nobody knows the id of an open whose CREATE was not answered. */
static int create_state_destructor(struct create_state *state)
{
	/* where other channels are left, one of them asks again */
	if (state->wait != NULL && state->replay != NULL &&
	    state->r->session->num_channels > 1 &&
	    tevent_req_is_in_progress(state->wait)) {
		replay_orphan(state->replay, state->file, state->ev);
	}
	if (!state->complete && state->fo != NULL && state->r->open != NULL) {
		talloc_free(state->r->open);
	}
	return 0;
}

static void create_fail(struct create_state *state, NTSTATUS status)
{
	tevent_req_error(state->req, status);
}

/* What was made for a request that fails after all goes again. Here: before
 * anybody else could see it in the table of open files. */
static void create_unmake(struct create_state *state, NTSTATUS status)
{
	struct tevent_req *subreq = NULL;

	if (!state->info.created) {
		create_fail(state, status);
		return;
	}
	state->status = status;
	subreq = store_unlink_send(state, state->ev, state->handle,
				   state->handle->path);
	if (tevent_req_nomem(subreq, state->req)) {
		return;
	}
	tevent_req_set_callback(subreq, create_unmade, state);
}

static void create_unmade(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);

	(void)store_unlink_recv(subreq);
	talloc_free(subreq);
	create_fail(state, state->status);
}

/* Likewise, after that. */
static void create_undo(struct create_state *state, NTSTATUS status)
{
	if (state->info.created && state->fo != NULL) {
		state->fo->delete_on_close = true;
	}
	create_fail(state, status);
}

struct tevent_req *cmd_create_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct request *r)
{
	struct create_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct create_state);
	NTSTATUS status = NT_STATUS_OK;

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->req = req;
	state->r = r;
	talloc_set_destructor(state, create_state_destructor);
	status = create_request(state, r, &state->create);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	create_begin(state);
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

/* An open that is there already: what it is like now, and the answer. */
static void create_found(struct create_state *state, struct open *open,
			 uint32_t action)
{
	request_set_open(state->r, open);
	state->fo = open->file;
	state->created.action = action;
	state->complete = true; /* it lives on without us */
	if (file_use(state, state->r) == NULL) {
		create_fail(state, NT_STATUS_FILE_CLOSED);
		return;
	}
	create_query(state);
}

/* 3.3.5.9.10: is it a CREATE that was done already? */
static NTSTATUS create_replay(struct create_state *state)
{
	const struct create *create = &state->create;
	struct request *r = state->r;
	bool again = (r->header.flags & SMB2_FLAGS_REPLAY_OPERATION) != 0;
	struct open *open = state->replay->open;
	const struct oplock *oplock = NULL;

	if (open == NULL || open->file == NULL) {
		return NT_STATUS_FILE_NOT_AVAILABLE;
	}
	if (durable_is_persistent(open) &&
	    (create->durable.v2.flags & SMB2_DHANDLE_FLAG_PERSISTENT) == 0) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (open->session == NULL) {
		return again || !durable_is_persistent(open)
			       ? durable_take(r, create, open)
			       : NT_STATUS_DUPLICATE_OBJECTID;
	}
	if (state->replay->used && again) {
		return NT_STATUS_FILE_NOT_AVAILABLE;
	}
	if (open->session != r->session || !again) {
		return NT_STATUS_DUPLICATE_OBJECTID;
	}
	oplock = open->file->oplock;
	if (create->has_lease && (oplock == NULL || !oplock->lease ||
				  memcmp(&oplock->key, &create->lease.lease_key,
					 sizeof(oplock->key)) != 0)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

/* @return true: it is answered from what is there. */
static bool create_replayed(struct create_state *state)
{
	const struct file_table *files = state->r->conn->server->files;
	const struct smb2_guid *guid = &state->create.durable.v2.create_guid;
	struct smb2_guid client = {{0}};
	NTSTATUS status = NT_STATUS_OK;

	memcpy(client.bytes, state->r->session->client_guid,
	       sizeof(client.bytes));
	state->replay = replay_find(files, &client, guid);
	if (state->replay == NULL) {
		state->replay = replay_new(state, files, &client, guid);
		return tevent_req_nomem(state->replay, state->req);
	}
	status = create_replay(state);
	if (status != NT_STATUS_OK) {
		create_fail(state, status);
	} else {
		state->created.replayed = true;
		create_found(state, state->replay->open, state->replay->action);
	}
	state->replay = NULL;
	return true;
}

static void create_begin(struct create_state *state)
{
	const struct create *create = &state->create;
	struct open *open = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (create->durable.dhnc || create->durable.dh2c) {
		status = durable_reclaim(state->r, create, &open);
		if (status != NT_STATUS_OK) {
			create_fail(state, status);
			return;
		}
		create_found(state, open, FILE_OPENED);
		return;
	}
	if (create->durable.dh2q && create_replayed(state)) {
		return;
	}
	(void)create_open(state);
}

static bool create_open(struct create_state *state)
{
	const struct tree *tree = state->r->tree;
	struct tevent_req *subreq = store_open_secured_send(
		state, state->ev, tree->store, tree->cred,
		state->create.name.path,
		create_store_flags(&state->create,
				   tree->read_only || state->create.snapshot),
		create_attributes(&state->create), state->create.security);

	state->looks++;
	state->touched = file_names_touched(state->r->conn->server->files);
	if (tevent_req_nomem(subreq, state->req)) {
		return false;
	}
	tevent_req_set_callback(subreq, create_opened, state);
	return true;
}

/* A file that could not be made is no reason to say that it is missing. */
static NTSTATUS open_status(const struct create_state *state, int err)
{
	bool makes = state->create.in.create_disposition != FILE_OPEN &&
		     state->create.in.create_disposition != FILE_OVERWRITE;

	if (err == ENOENT && makes && state->r->tree->read_only) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (err == EOPNOTSUPP && state->create.name.stream != NULL) {
		return NT_STATUS_OBJECT_NAME_INVALID; /* as on FAT */
	}
	if (err == EISDIR && state->create.overwrite) {
		return (state->create.in.create_options &
			FILE_NON_DIRECTORY_FILE) != 0
			       ? NT_STATUS_FILE_IS_A_DIRECTORY
			       : NT_STATUS_OBJECT_NAME_COLLISION;
	}
	return ntstatus_from_errno(err);
}

/* The name may stand for another file by now, or for none. What was just made
 * is ours. */
static bool is_stale(const struct create_state *state)
{
	return !state->info.created && state->looks < MAX_LOOKS &&
	       file_name_touched(state->r->conn->server->files,
				 state->handle->store, state->handle->path,
				 state->touched);
}

static void create_look_again(struct create_state *state)
{
	TALLOC_FREE(state->handle);
	(void)create_open(state);
}

static void create_opened(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);
	int err = store_open_recv(subreq, state, &state->handle, &state->info);

	talloc_free(subreq);
	if (err != 0) {
		create_fail(state, open_status(state, err));
		return;
	}
	if (is_stale(state)) {
		create_look_again(state);
		return;
	}
	if (state->info.created || state->handle->stream != NULL ||
	    (state->create.in.create_options & FILE_NO_EA_KNOWLEDGE) == 0) {
		create_register(state);
		return;
	}
	subreq = ea_needed_send(state, state->ev, state->handle);
	if (!tevent_req_nomem(subreq, state->req)) {
		tevent_req_set_callback(subreq, create_ea_needed, state);
	}
}

/* MS-FSA 2.1.5.1.2 */
static void create_ea_needed(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);
	bool needed = ea_needed_recv(subreq);

	talloc_free(subreq);
	if (is_stale(state)) {
		create_look_again(state);
	} else if (needed) {
		create_fail(state, NT_STATUS_ACCESS_DENIED);
	} else {
		create_register(state);
	}
}

/* MAXIMUM_ALLOWED is what was really had (somebody may run the file). */
static uint32_t access_of_handle(const struct store_file *handle,
				 uint32_t granted)
{
	if ((handle->access & STORE_OPEN_READ) == 0) {
		granted &= ~(FILE_READ_DATA | FILE_EXECUTE);
	}
	if ((handle->access & STORE_OPEN_WRITE) == 0 && !handle->directory) {
		granted &= ~(FILE_WRITE_DATA | FILE_APPEND_DATA);
	}
	return granted;
}

static NTSTATUS granted_access(struct create_state *state, uint32_t *granted)
{
	const struct tree *tree = state->r->tree;
	bool deletes =
		(state->create.in.create_options & FILE_DELETE_ON_CLOSE) != 0;
	NTSTATUS status = NT_STATUS_OK;

	if ((state->create.access & SEC_ACCESS_SYSTEM_SECURITY &
	     ~state->info.privileged) != 0) {
		return NT_STATUS_PRIVILEGE_NOT_HELD;
	}
	if (state->info.created && !state->info.added) {
		*granted = state->create.maximum
				   ? tree->maximal_access & FILE_ALL_ACCESS &
					     state->info.granted
				   : state->create.access;
		if (deletes && !state->create.posix &&
		    (state->info.attr.attributes & FILE_ATTRIBUTE_READONLY) !=
			    0) {
			return NT_STATUS_CANNOT_DELETE;
		}
	} else {
		status = create_check_access(&state->create, tree, &state->info,
					     granted);
	}
	if (status != NT_STATUS_OK) {
		return status;
	}
	if (state->create.maximum) {
		*granted = access_of_handle(state->handle, *granted);
	}
	if ((deletes && (*granted & SEC_STD_DELETE) == 0) ||
	    (state->create.overwrite &&
	     (state->handle->access & STORE_OPEN_WRITE) == 0)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

static struct oplock_ask ask_of(const struct create_state *state,
				uint32_t granted)
{
	const struct create *create = &state->create;
	const struct conn *conn = state->r->conn;
	struct oplock_ask ask = {
		.level = create->in.oplock_level,
		.access = granted,
		.directory = state->handle != NULL
				     ? state->handle->directory
				     : state->fo->handle->directory,
		.size = state->info.attr.size,
		.created = state->info.created,
		.overwrite = create->overwrite && !state->info.created,
		.again = state->waited,
	};

	if (create->has_lease &&
	    (!ask.directory || conn->agreed.dialect >= SMB2_DIALECT_300)) {
		ask.lease = &create->lease;
	}
	memcpy(ask.client.bytes, state->r->session->client_guid,
	       sizeof(ask.client.bytes));
	if (!state->info.created) {
		ask.access |= create_replacing_access(create);
	}
	return ask;
}

/* The application's own earlier open, from where it ran before, is not in its
 * way: it goes before share modes and oplocks are looked at. */
static NTSTATUS take_over(struct create_state *state)
{
	return app_instance_take_over(
		state->r, &state->create, state->handle,
		create_rights(&state->create, state->r->tree, &state->info));
}

/* May it be opened so, beside the others? NT_STATUS_PENDING: not yet. */
static NTSTATUS check_others(const struct create_state *state, uint32_t granted)
{
	struct file_table *files = state->r->conn->server->files;
	struct oplock_ask ask = ask_of(state, granted);
	struct file *file = file_of(files, state->handle);
	NTSTATUS status = NT_STATUS_OK;

	if (file_below_deleted(files, state->handle)) {
		return NT_STATUS_DELETE_PENDING;
	}
	status = durable_check_others(file);
	if (status == NT_STATUS_OK) {
		status = oplock_check_key(files, &ask, state->handle);
	}
	if (status != NT_STATUS_OK) {
		return status;
	}
	status = file_check_sharing(files, state->handle, ask.access,
				    state->create.in.share_access);
	if (status == NT_STATUS_DELETE_PENDING &&
	    file_deleting(files, state->handle) != NULL) {
		return NT_STATUS_PENDING;
	}
	ask.violation = status == NT_STATUS_SHARING_VIOLATION;
	if (file != NULL && (status == NT_STATUS_OK || ask.violation) &&
	    oplock_open_waits(file, &ask)) {
		return NT_STATUS_PENDING;
	}
	return status;
}

static bool create_cancel(struct tevent_req *req)
{
	struct create_state *state = tevent_req_data(req, struct create_state);

	state->wait = NULL;
	tevent_req_error(req, NT_STATUS_CANCELLED);
	return true;
}

/* Until those who cache have given up what is in the way. What was opened is
 * closed: it may be another file then. */
static void create_wait(struct create_state *state)
{
	struct file_table *files = state->r->conn->server->files;
	struct tevent_req *subreq = NULL;
	NTSTATUS status = request_wait(state->r);

	if (status != NT_STATUS_OK) {
		create_fail(state, status);
		return;
	}
	state->file = file_deleting(files, state->handle);
	if (state->file == NULL) {
		state->file = file_of(files, state->handle);
	}
	subreq = oplock_wait_send(state, state->ev, state->file);
	if (tevent_req_nomem(subreq, state->req)) {
		return;
	}
	TALLOC_FREE(state->handle);
	state->wait = subreq;
	state->waited = true;
	tevent_req_set_callback(subreq, create_again, state);
	tevent_req_set_cancel_fn(state->req, create_cancel);
}

static void create_again(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);

	state->wait = NULL;
	oplock_wait_recv(subreq);
	talloc_free(subreq);
	tevent_req_set_cancel_fn(state->req, NULL);
	(void)create_open(state);
}

static void create_register(struct create_state *state)
{
	struct request *r = state->r;
	struct open *open = NULL;
	struct oplock_ask ask = {0};
	uint32_t granted = 0;
	NTSTATUS status = granted_access(state, &granted);

	if (status == NT_STATUS_OK) {
		status = take_over(state);
	}
	if (status == NT_STATUS_OK) {
		status = check_others(state, granted);
	}
	if (status == NT_STATUS_PENDING) {
		create_wait(state);
		return;
	}
	if (status != NT_STATUS_OK) {
		create_unmake(state, status);
		return;
	}
	open = open_new(r->tree);
	if (open == NULL) {
		create_unmake(state, NT_STATUS_INSUFFICIENT_RESOURCES);
		return;
	}
	status = file_open_new(open, state->handle, granted,
			       state->create.in.share_access,
			       state->create.in.create_options, &state->fo);
	if (status != NT_STATUS_OK) {
		talloc_free(open);
		create_unmake(state, status);
		return;
	}
	state->handle = NULL;
	state->fo->posix = state->create.posix;
	sequence_begin(&open->sequence, r->header.channel_sequence);
	request_set_open(r, open);
	/* Whoever guesses the id and closes it waits for us. */
	ask = ask_of(state, granted);
	if (file_use(state, r) == NULL || !oplock_grant(state->fo, &ask) ||
	    !app_instance_remember(open, &state->create, r) ||
	    !durable_grant(state->fo, &state->create, r)) {
		create_undo(state, NT_STATUS_INSUFFICIENT_RESOURCES);
		return;
	}
	state->fo->delete_on_close =
		(state->create.in.create_options & FILE_DELETE_ON_CLOSE) != 0;
	state->created.maximal_access =
		create_rights(&state->create, r->tree, &state->info);
	create_replace(state);
}

static uint32_t action_of(const struct create_state *state)
{
	if (state->info.created) {
		return FILE_CREATED;
	}
	switch (state->create.in.create_disposition) {
	case FILE_SUPERSEDE: return FILE_SUPERSEDED;
	case FILE_OVERWRITE:
	case FILE_OVERWRITE_IF: return FILE_OVERWRITTEN;
	default: return FILE_OPENED;
	}
}

static void create_replace(struct create_state *state)
{
	const struct store_change change = {
		.what = state->create.name.stream != NULL
				? STORE_SET_SIZE
				: STORE_SET_SIZE | STORE_SET_ATTRIBUTES |
					  STORE_DROP_STREAMS,
		.attributes = create_attributes(&state->create) |
			      FILE_ATTRIBUTE_ARCHIVE,
	};
	struct tevent_req *subreq = NULL;

	state->created.action = action_of(state);
	if (state->created.action == FILE_OPENED) {
		state->created.attr = state->info.attr;
		create_finish(state);
		return;
	}
	oplock_parent_changed(state->fo);
	if (state->created.action == FILE_CREATED) {
		create_eas(state);
		return;
	}
	oplock_contend_others(state->fo);
	subreq = store_setattr_send(state, state->ev, state->fo->handle,
				    &change);
	if (tevent_req_nomem(subreq, state->req)) {
		return;
	}
	tevent_req_set_callback(subreq, create_replaced, state);
}

static void create_replaced(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);
	int err = store_setattr_recv(subreq);

	talloc_free(subreq);
	if (err != 0) {
		create_fail(state, ntstatus_from_errno(err));
		return;
	}
	create_eas(state);
}

/* 3.3.5.9.1 */
static void create_eas(struct create_state *state)
{
	struct tevent_req *subreq = NULL;

	if (state->create.eas.len == 0) {
		create_allocate(state);
		return;
	}
	subreq = ea_set_send(state, state->ev, state->fo->handle,
			     state->create.eas);
	if (!tevent_req_nomem(subreq, state->req)) {
		tevent_req_set_callback(subreq, create_ea_set, state);
	}
}

static void create_ea_set(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);
	NTSTATUS status = ea_set_recv(subreq);

	talloc_free(subreq);
	if (status == NT_STATUS_EA_LIST_INCONSISTENT) {
		status = NT_STATUS_INVALID_PARAMETER;
	}
	if (status != NT_STATUS_OK) {
		create_undo(state, status);
		return;
	}
	create_allocate(state);
}

/* 3.3.5.9.3: a wish, except that a full disk is said. */
static void create_allocate(struct create_state *state)
{
	struct tevent_req *subreq = NULL;

	if (state->create.allocation == 0 || state->fo->handle->directory ||
	    (state->fo->handle->access & STORE_OPEN_WRITE) == 0) {
		create_query(state);
		return;
	}
	subreq = store_allocate_send(state, state->ev, state->fo->handle,
				     STORE_ALLOCATE_RESERVE, 0,
				     state->create.allocation);
	if (tevent_req_nomem(subreq, state->req)) {
		return;
	}
	tevent_req_set_callback(subreq, create_allocated, state);
}

static void create_allocated(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);
	int err = store_allocate_recv(subreq);

	talloc_free(subreq);
	if (err == ENOSPC || err == EDQUOT || err == EFBIG) {
		create_undo(state, NT_STATUS_DISK_FULL);
		return;
	}
	create_query(state);
}

/* A file just made is as the store said, unless something was done to it. */
static void create_query(struct create_state *state)
{
	struct tevent_req *subreq = NULL;

	if (state->info.created && state->create.eas.len == 0 &&
	    state->create.allocation == 0) {
		state->created.attr = state->info.attr;
		create_finish(state);
		return;
	}
	subreq = store_getattr_send(state, state->ev, state->fo->handle);
	if (tevent_req_nomem(subreq, state->req)) {
		return;
	}
	tevent_req_set_callback(subreq, create_queried, state);
}

static void create_queried(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);
	int err = store_getattr_recv(subreq, &state->created.attr);

	talloc_free(subreq);
	if (err != 0) {
		create_fail(state, ntstatus_from_errno(err));
		return;
	}
	create_finish(state);
}

/* A persistent handle is written down before its client hears of it. */
static void create_finish(struct create_state *state)
{
	struct tevent_req *subreq = NULL;
	struct open *open = state->r->open;

	if (open == NULL || !persistent_dirty(open)) {
		tevent_req_done(state->req);
		return;
	}
	subreq = persistent_save_send(state, state->ev, open);
	if (tevent_req_nomem(subreq, state->req)) {
		return;
	}
	tevent_req_set_callback(subreq, create_saved, state);
}

static void create_saved(struct tevent_req *subreq)
{
	struct create_state *state =
		tevent_req_callback_data(subreq, struct create_state);
	struct open *open = state->r->open;
	int err = persistent_save_recv(subreq);

	talloc_free(subreq);
	if (err != 0 && open != NULL && open->file != NULL &&
	    !state->created.replayed && durable_is_persistent(open)) {
		durable_not_persistent(open);
	}
	tevent_req_done(state->req);
}

NTSTATUS cmd_create_recv(struct tevent_req *req, struct reply *reply)
{
	struct create_state *state = tevent_req_data(req, struct create_state);
	const struct open *open = state->r->open;
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		if (status == NT_STATUS_STOPPED_ON_SYMLINK) {
			create_stopped(reply, &state->info.stop);
		}
		return status;
	}
	if (open == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	status = create_reply(reply, &state->create, open, &state->created);
	state->complete |= status == NT_STATUS_OK;
	oplock_tell_missed(open->file);
	if (status == NT_STATUS_OK && state->replay != NULL) {
		replay_done(state->replay, state->r->open,
			    state->created.action);
	}
	return status;
}
