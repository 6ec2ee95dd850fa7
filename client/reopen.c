/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a file again after its connection was lost, or its session or tree
 * ended (MS-SMB2 3.2.4.4): by its durable or persistent handle where it has
 * one, else by its path.
 *
 * Handles that survive come with a lease to cache the handle, which costs
 * others nothing until one of them has to wait for it.
 */
#define LOG_MODULE "client"

#include <string.h>

#include "client/client_private.h"
#include "client/dir_cache_private.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define LEASE_WANTED (SMB2_LEASE_READ_CACHING | SMB2_LEASE_HANDLE_CACHING)
#define READS                                               \
	(FILE_READ_DATA | FILE_EXECUTE | SEC_GENERIC_READ | \
	 SEC_GENERIC_EXECUTE | SEC_GENERIC_ALL | SEC_MAXIMUM_ALLOWED)
#define WRITES                                                \
	(FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | \
	 SEC_GENERIC_WRITE | SEC_GENERIC_ALL | SEC_MAXIMUM_ALLOWED)
/* A file that somebody holds, perhaps we ourselves: asked for again so often,
 * so many milliseconds apart. */
#define BUSY_TRIES 40
#define BUSY_MS	   250

/* ------------------------------------------------------------------ origin */

static bool has_leases(const struct client_conn *conn,
		       const struct client_tree *tree,
		       const struct client_open *how)
{
	uint32_t needs = (how->options & FILE_DIRECTORY_FILE) != 0
				 ? SMB2_GLOBAL_CAP_DIRECTORY_LEASING
				 : SMB2_GLOBAL_CAP_LEASING;

	return conn->agreement.dialect >= SMB2_DIALECT_300 &&
	       (conn->agreement.server_capabilities & needs) != 0 &&
	       tree->type == SMB2_SHARE_TYPE_DISK &&
	       how->oplock == SMB2_OPLOCK_LEVEL_NONE;
}

static bool may_survive(const struct client_conn *conn,
			const struct client_tree *tree,
			const struct client_open *how)
{
	return conn->way_back != NULL && has_leases(conn, tree, how) &&
	       (how->options & FILE_DIRECTORY_FILE) == 0 &&
	       (how->access & (READS | WRITES | SEC_STD_DELETE)) != 0;
}

static bool make_lease_key(const struct client_tree *tree, const char *path,
			   const struct client_open *how, struct smb2_guid *out)
{
	if (tree->dir_cache != NULL && how->lease != 0 &&
	    open_contexts_snapshot(how) == 0 &&
	    (how->options & FILE_DIRECTORY_FILE) != 0) {
		return dir_cache_key(tree->dir_cache, path, out);
	}
	return crypto_random(out->bytes, sizeof(out->bytes)) == 0;
}

struct file_origin *file_origin_new(TALLOC_CTX *mem_ctx,
				    const struct client_tree *tree,
				    const char *path,
				    const struct client_open *how)
{
	const struct client_conn *conn = client_tree_conn(tree);
	struct file_origin *origin = NULL;

	if (conn == NULL || tree->type != SMB2_SHARE_TYPE_DISK ||
	    (conn->way_back == NULL && how->lease == 0)) {
		return NULL;
	}
	origin = talloc_zero(mem_ctx, struct file_origin);
	if (origin == NULL) {
		return NULL;
	}
	origin->path = talloc_strdup(origin, path);
	origin->how = *how;
	open_how_posix(&origin->how, tree->use_posix);
	origin->timeout = conn->options.reconnect_ms;
	origin->temporary = (how->options & FILE_DELETE_ON_CLOSE) != 0;
	origin->asks = may_survive(conn, tree, how);
	origin->asks_lease = origin->asks ||
			     (how->lease != 0 && has_leases(conn, tree, how));
	origin->asks_ca =
		origin->asks && (tree->capabilities &
				 SMB2_SHARE_CAP_CONTINUOUS_AVAILABILITY) != 0;
	origin->how.also = NULL;
	if (origin->path == NULL || !open_contexts_keep(origin, &origin->how) ||
	    crypto_random(origin->create_guid.bytes,
			  sizeof(origin->create_guid.bytes)) != 0 ||
	    !make_lease_key(tree, path, how, &origin->lease_key)) {
		TALLOC_FREE(origin);
	}
	return origin;
}

static bool add_durable(const struct file_origin *origin,
			struct wire_chain *list)
{
	const struct smb2_durable_v2_request ask = {
		.timeout = origin->timeout,
		.flags = origin->asks_ca ? SMB2_DHANDLE_FLAG_PERSISTENT : 0,
		.create_guid = origin->create_guid,
	};
	const struct smb2_durable_v2_reconnect back = {
		.file_id = origin->handle,
		.create_guid = origin->create_guid,
		.flags = origin->persistent ? SMB2_DHANDLE_FLAG_PERSISTENT : 0,
	};

	return origin->reclaims ? smb2_durable_v2_reconnect_add(list, &back)
				: smb2_durable_v2_request_add(list, &ask);
}

bool file_origin_add(const struct file_origin *origin,
		     const struct smb2_guid *parent, struct wire_chain *list)
{
	uint32_t wanted = origin->how.lease | (origin->asks ? LEASE_WANTED : 0);
	struct smb2_lease lease = {
		.version = 2,
		.lease_key = origin->lease_key,
		.lease_state = origin->reclaims ? origin->lease_state : wanted,
		.epoch = origin->lease_epoch,
	};

	if (parent != NULL && !origin->reclaims) {
		lease.flags = SMB2_LEASE_FLAG_PARENT_LEASE_KEY_SET;
		lease.parent_lease_key = *parent;
	}
	if (origin->asks_lease && (!origin->reclaims || origin->leased) &&
	    !smb2_lease_add(list, &lease)) {
		return false;
	}
	if (origin->asks && !add_durable(origin, list)) {
		return false;
	}
	return origin->reclaims || origin->how.file_id ||
	       smb2_create_context_add(list, SMB2_CREATE_QUERY_ON_DISK_ID, NULL,
				       0);
}

static bool take_context(struct file_origin *origin,
			 const struct smb2_create_context *c)
{
	struct smb2_durable_v2_response durable = {0};
	struct smb2_lease lease = {0};
	struct smb2_qfid_response id = {0};

	if (smb2_create_context_is(c, SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2)) {
		origin->durable =
			smb2_durable_v2_response_decode(c->data, &durable);
		origin->persistent =
			(durable.flags & SMB2_DHANDLE_FLAG_PERSISTENT) != 0;
		return origin->durable;
	}
	if (smb2_create_context_is(c, SMB2_CREATE_REQUEST_LEASE)) {
		origin->leased = smb2_lease_decode(c->data, &lease);
		origin->lease_state = lease.lease_state;
		origin->lease_epoch = lease.epoch;
		return origin->leased;
	}
	if (smb2_create_context_is(c, SMB2_CREATE_QUERY_ON_DISK_ID)) {
		if (!smb2_qfid_response_decode(c->data, &id)) {
			return false;
		}
		origin->file_id = id.disk_file_id;
	}
	return true;
}

bool file_origin_take(struct file_origin *origin,
		      const struct smb2_create_response *created)
{
	struct wire_walker walker = smb2_create_contexts(created->contexts);
	struct smb2_create_context context = {0};
	bool ok = true;

	file_stat_from_create(created, &origin->stat);
	while (ok && smb2_create_contexts_next(&walker, &context)) {
		ok = take_context(origin, &context);
	}
	if (!ok || !wire_walker_ok(&walker)) {
		origin->durable = false;
		origin->leased = false;
		return false;
	}
	return true;
}

/* ------------------------------------------------------------------- locks */

static bool same_range(const struct smb2_lock_element *a,
		       const struct smb2_lock_element *b)
{
	return a->offset == b->offset && a->length == b->length;
}

/* 3.2.4.19: a bucket for each request in turn, counted up when it is used. */
void file_origin_sequence(struct file_origin *origin,
			  struct smb2_lock_request *body)
{
	unsigned bucket = origin->bucket;

	origin->bucket = (bucket + 1) % FILE_ORIGIN_LOCKS;
	origin->sequence[bucket] = (origin->sequence[bucket] + 1) & 0xF;
	body->lock_sequence_index = bucket + 1;
	body->lock_sequence_number = origin->sequence[bucket];
}

void file_origin_lock(struct file_origin *origin,
		      const struct smb2_lock_element *locks, uint16_t count)
{
	unsigned at = 0;
	unsigned i = 0;

	for (i = 0; i < count; i++) {
		if ((locks[i].flags & SMB2_LOCKFLAG_UNLOCK) == 0) {
			if (origin->locks == FILE_ORIGIN_LOCKS) {
				origin->locks_lost = true;
				continue;
			}
			origin->lock[origin->locks++] = locks[i];
			continue;
		}
		for (at = 0; at < origin->locks; at++) {
			if (same_range(&origin->lock[at], &locks[i])) {
				origin->locks--;
				origin->lock[at] = origin->lock[origin->locks];
				break;
			}
		}
	}
}

/* -------------------------------------------------------------- once more */

struct again_state {
	struct client_file *file;
	struct file_origin *fresh; /* of an open by path */
	unsigned tries;
};

static void again_open(struct tevent_req *req);
static void again_opened(struct tevent_req *subreq);
static void again_wait(struct tevent_req *req);
static void again_waited(struct tevent_req *subreq);
static void again_locked(struct tevent_req *subreq);

static void again_gone(struct tevent_req *req, const char *why)
{
	struct again_state *state = tevent_req_data(req, struct again_state);
	const struct file_origin *origin = state->file->origin;

	log_warn("\"%s\" could not be opened again: %s",
		 origin != NULL ? origin->path : "a folder", why);
	state->file->gone = NT_STATUS_HANDLE_NO_LONGER_VALID;
	tevent_req_done(req);
}

/* Who may write meanwhile may have written before, too; whoever kept others
 * from it must not go on as if nobody had. */
static bool may_open_by_path(const struct file_origin *origin)
{
	return !origin->temporary && !origin->locks_lost &&
	       ((origin->how.access & WRITES) == 0 ||
		(origin->how.share & FILE_SHARE_WRITE) != 0);
}

struct tevent_req *file_again_send(TALLOC_CTX *mem_ctx,
				   struct client_file *file)
{
	struct client_conn *conn = file_conn(file);
	struct again_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct again_state);

	if (req == NULL) {
		return NULL;
	}
	state->file = file;
	if (file->origin == NULL) {
		again_gone(req, "it has no path");
		return tevent_req_post(req, conn->ev);
	}
	file->origin->reclaims = file->origin->durable;
	file->origin->handle = file->id;
	again_open(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, conn->ev);
	}
	return req;
}

/* 3.2.4.4, or as if it had never been open. */
static void again_open(struct tevent_req *req)
{
	struct again_state *state = tevent_req_data(req, struct again_state);
	struct client_file *file = state->file;
	struct file_origin *origin = file->origin;
	struct client_conn *conn = file_conn(file);
	struct client_open how = origin->how;
	struct tevent_req *subreq = NULL;
	struct call *call = NULL;

	if (!origin->reclaims) {
		if (!may_open_by_path(origin)) {
			again_gone(req, "it had no handle that survives");
			return;
		}
		how.disposition = FILE_OPEN;
		how.first = 0;
		talloc_free(state->fresh);
		state->fresh =
			file_origin_new(state, file->tree, origin->path, &how);
		if (tevent_req_nomem(state->fresh, req)) {
			return;
		}
		origin = state->fresh;
	} else {
		/* 3.3.5.9.12: a server may refuse what does not belong there */
		how.file_id = false;
		how.posix = false;
	}
	call = call_new(state, conn, file->tree->session, file->tree);
	if (tevent_req_nomem(call, req)) {
		return;
	}
	call->urgent = true;
	call->orphan = file_close_orphan;
	file_add_origin(call, origin->path, &how, origin);
	subreq = call_send(state, conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, again_opened, req);
}

/* The same file, as far as can be seen? */
static bool is_same(const struct file_origin *old,
		    const struct file_origin *new)
{
	if (old->stat.creation_time != new->stat.creation_time ||
	    (old->file_id != 0 && new->file_id != 0 &&
	     old->file_id != new->file_id)) {
		return false;
	}
	return (old->how.access & WRITES) != 0 ||
	       (old->how.options & FILE_DIRECTORY_FILE) != 0 ||
	       (old->stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ||
	       (old->stat.size == new->stat.size &&
		old->stat.write_time == new->stat.write_time);
}

/* It is no longer ours, so the server is to close it. */
static void again_close(const struct again_state *state,
			const struct smb2_create_response *created)
{
	struct client_file *file = state->file;
	struct client_file other = {.id = created->file_id};
	struct call *call = call_new(file, file_conn(file), file->tree->session,
				     file->tree);

	if (call != NULL) {
		call->urgent = true;
		file_add_close(call, &other);
	}
	call_post(file_conn(file), call);
}

/* Of no use is what the file belongs to, and not the file. */
static bool is_no_more(NTSTATUS status)
{
	return status == NT_STATUS_USER_SESSION_DELETED ||
	       status == NT_STATUS_NETWORK_NAME_DELETED ||
	       status == NT_STATUS_NETWORK_SESSION_EXPIRED;
}

/* Locks went with the handle: take them again, all of them or none. */
static void again_lock(struct tevent_req *req)
{
	struct again_state *state = tevent_req_data(req, struct again_state);
	struct file_origin *origin = state->file->origin;
	struct smb2_lock_request body = {
		.lock_count = (uint16_t)origin->locks,
		.file_id = state->file->id,
	};
	struct tevent_req *subreq = NULL;
	struct call *call = NULL;
	unsigned i = 0;

	for (i = 0; i < origin->locks; i++) {
		origin->lock[i].flags |= SMB2_LOCKFLAG_FAIL_IMMEDIATELY;
	}
	call = file_call(state, state->file);
	if (call != NULL) {
		call->urgent = true;
		smb2_lock_request_encode(call_add(call, SMB2_LOCK, 0), &body,
					 origin->lock);
	}
	subreq = call_send(state, file_conn(state->file), call);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, again_locked, req);
}

static void again_locked(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct call *call = NULL;
	NTSTATUS status = call_recv(subreq, req, &call);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	status = call->part[0].status;
	if (is_no_more(status) && req_failed(req, status)) {
		return;
	}
	if (!NT_STATUS_IS_OK(status)) {
		again_gone(req, "somebody else has a lock that was ours");
		return;
	}
	tevent_req_done(req);
}

static void again_take(struct tevent_req *req,
		       const struct smb2_create_response *created)
{
	struct again_state *state = tevent_req_data(req, struct again_state);
	struct client_file *file = state->file;
	struct file_origin *old = file->origin;
	struct file_origin *fresh = state->fresh;

	if (old->reclaims) {
		old->reclaims = false;
		file->id = created->file_id;
		/* the lease may be less than it was; the rest is unchanged */
		if (!file_origin_take(old, created)) {
			again_gone(req, "the server's answer makes no sense");
			return;
		}
		old->durable = true;
		tevent_req_done(req);
		return;
	}
	if (!file_origin_take(fresh, created) || !is_same(old, fresh)) {
		again_close(state, created);
		again_gone(req, "it has changed, or is another file");
		return;
	}
	fresh->how.disposition = old->how.disposition;
	fresh->locks = old->locks;
	memcpy(fresh->lock, old->lock, sizeof(fresh->lock));
	file->id = created->file_id;
	file->origin = talloc_move(file, &state->fresh);
	talloc_free(old);
	if (fresh->locks > 0) {
		again_lock(req);
		return;
	}
	tevent_req_done(req);
}

static bool is_busy(NTSTATUS status)
{
	return status == NT_STATUS_FILE_NOT_AVAILABLE ||
	       status == NT_STATUS_SHARING_VIOLATION;
}

static void again_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct again_state *state = tevent_req_data(req, struct again_state);
	struct file_origin *origin = state->file->origin;
	struct smb2_create_response created = {0};
	struct call *call = NULL;
	NTSTATUS status = call_recv(subreq, state, &call);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	status = call->part[0].status;
	if (is_no_more(status) && req_failed(req, status)) {
		return;
	}
	if (is_busy(status) && state->tries++ < BUSY_TRIES) {
		again_wait(req);
		return;
	}
	if (!NT_STATUS_IS_OK(status) && origin->reclaims) {
		log_info("\"%s\": its handle did not survive: %s", origin->path,
			 nt_errstr(status));
		origin->reclaims = false;
		origin->durable = false;
		again_open(req);
		return;
	}
	if (!NT_STATUS_IS_OK(status)) {
		again_gone(req, nt_errstr(status));
		return;
	}
	if (!smb2_create_response_decode(call->part[0].reply.data,
					 call->part[0].reply.len, &created)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	again_take(req, &created);
}

static void again_wait(struct tevent_req *req)
{
	struct again_state *state = tevent_req_data(req, struct again_state);
	struct tevent_req *subreq =
		alarm_wait_send(state, file_conn(state->file)->ev, BUSY_MS);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, again_waited, req);
}

static void again_waited(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);

	(void)alarm_wait_recv(subreq);
	talloc_free(subreq);
	again_open(req);
}

NTSTATUS file_again_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

/* ------------------------------------------------------------------ leases */

static struct client_file *find_leased(struct client_session *session,
				       const struct smb2_guid *key)
{
	struct client_tree *tree = NULL;
	struct client_file *file = NULL;

	TAILQ_FOREACH(tree, &session->trees, entry)
	{
		TAILQ_FOREACH(file, &tree->files, entry)
		{
			if (file->origin != NULL && file->origin->leased &&
			    memcmp(file->origin->lease_key.bytes, key->bytes,
				   sizeof(key->bytes)) == 0) {
				return file;
			}
		}
	}
	return NULL;
}

static void lease_acknowledge(struct client_file *file)
{
	struct client_conn *conn = file_conn(file);
	const struct smb2_lease_break body = {
		.lease_key = file->origin->lease_key,
		.lease_state = file->origin->lease_state,
	};
	struct call *call =
		call_new(conn, conn, file->tree->session, file->tree);

	if (call != NULL) {
		smb2_lease_break_encode(call_add(call, SMB2_OPLOCK_BREAK, 0),
					&body);
	}
	call_post(conn, call);
}

/* The oldest makes room: a server that breaks what nobody has gains nothing. */
static void note_early(struct client_session *session,
		       const struct smb2_lease_break_notification *body,
		       bool waits)
{
	session->early[session->early_next] = (struct early_break){
		.key = body->lease_key,
		.state = body->new_lease_state,
		.epoch = body->new_epoch,
		.waits = waits,
	};
	session->early_next = (session->early_next + 1) % EARLY_BREAKS;
}

/* An answer that goes with the first bytes of the file is sent when those were
 * read, and the break before it. */
void file_lease_early(struct client_file *file)
{
	struct file_origin *origin = file->origin;
	struct early_break *early = file->tree->session->early;
	unsigned i = 0;

	for (i = 0; origin->leased && i < EARLY_BREAKS; i++) {
		if (memcmp(early[i].key.bytes, origin->lease_key.bytes,
			   sizeof(early[i].key.bytes)) != 0) {
			continue;
		}
		origin->lease_state &= early[i].state;
		origin->lease_epoch = early[i].epoch;
		if (early[i].waits) {
			lease_acknowledge(file);
		}
		early[i] = (struct early_break){.epoch = 0};
	}
}

void file_lease_break(struct client_session *session, const uint8_t *msg,
		      size_t len)
{
	struct smb2_lease_break_notification body = {0};
	struct client_file *file = NULL;
	bool waits = false;

	if (!smb2_lease_break_notification_decode(msg, len, &body)) {
		return;
	}
	waits = (body.flags & SMB2_NOTIFY_BREAK_LEASE_FLAG_ACK_REQUIRED) != 0;
	file = find_leased(session, &body.lease_key);
	if (file == NULL) {
		note_early(session, &body, waits);
		return;
	}
	log_debug("\"%s\": lease broken from %#x to %#x", file->origin->path,
		  body.current_lease_state, body.new_lease_state);
	file->origin->lease_state &= body.new_lease_state;
	file->origin->lease_epoch = body.new_epoch;
	if ((body.new_lease_state & SMB2_LEASE_HANDLE_CACHING) == 0 &&
	    !file->origin->persistent) {
		file->origin->durable = false;
	}
	file->releasing = waits;
	file->coming_back = false;
	if (file->on_lease != NULL) {
		file->on_lease(file, file->origin->lease_state, waits,
			       file->lease_data);
	} else {
		client_file_release(file);
	}
}

/* A lease that was broken on a connection that is lost needs no answer: what
 * is reclaimed is what was left of it. */
void client_file_release(struct client_file *file)
{
	struct client_conn *conn = file_conn(file);

	if (file->releasing && conn != NULL && !conn->lost && file->valid &&
	    !file->stale && file->closing == NULL) {
		lease_acknowledge(file);
	}
	file->releasing = false;
}

uint32_t client_file_lease(const struct client_file *file)
{
	const struct client_conn *conn = file_conn(file);

	if (conn == NULL || conn->lost || conn->dead != NT_STATUS_OK ||
	    file->stale || !NT_STATUS_IS_OK(file->gone) ||
	    file->origin == NULL || !file->origin->leased) {
		return 0;
	}
	return file->origin->lease_state;
}

void client_file_on_lease(struct client_file *file, client_lease_fn fn,
			  void *private_data)
{
	file->on_lease = fn;
	file->lease_data = private_data;
}
