/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens that outlive their connection. */

#include <string.h>

#include "server/dispatch.h"
#include "server/durable.h"
#include "server/lock.h"
#include "server/oplock.h"
#include "server/persistent.h"
#include "smbquic/alarm.h"

#define LOG_MODULE "durable"
#include "smbquic/log.h"

static bool same_guid(const struct smb2_guid *a, const struct smb2_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* --- asking ------------------------------------------------------------- */

NTSTATUS durable_check(const struct create *create)
{
	const struct create_durable *in = &create->durable;
	/* Linux says by which extensions the file was opened here as well. */
	unsigned allowed = 1 + create->lease_context + create->posix;

	if ((in->dhnc && (in->dh2c || in->dh2q)) ||
	    (in->dhnq && (in->dh2c || in->dh2q)) || (in->dh2q && in->dh2c)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (in->dhnc && in->dhnq) {
		allowed++;
	}
	if ((in->dhnc || in->dh2c) && create->num_contexts != allowed) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	return NT_STATUS_OK;
}

/* 3.3.5.9.6, 3.3.5.9.10: only who may cache the handle needs it back. */
static bool may_be_durable(const struct file_open *fo)
{
	return fo->oplock != NULL && !fo->handle->directory &&
	       !fo->handle->special &&
	       (fo->oplock->state & SMB2_LEASE_HANDLE_CACHING) != 0;
}

bool durable_is_persistent(const struct open *open)
{
	return open->durable != NULL && open->durable->persistent;
}

bool durable_survives(const struct open *open)
{
	return open->durable != NULL &&
	       (open->durable->persistent || open->durable->resilient);
}

/* 3.3.5.9.10: what is written down needs no oplock. */
static bool may_be_persistent(const struct file_open *fo,
			      const struct create_durable *in,
			      const struct request *r)
{
	return in->dh2q && (in->v2.flags & SMB2_DHANDLE_FLAG_PERSISTENT) != 0 &&
	       persistent_offered(r->conn, r->tree->share) &&
	       r->session->kind == AUTH_USER && !fo->handle->special;
}

static uint32_t timeout_of(const struct create_durable *in)
{
	uint32_t timeout = in->v2.timeout;

	if (!in->dh2q) {
		return DURABLE_V1_SECONDS * 1000u;
	}
	if (timeout == 0) {
		return DURABLE_V2_DEFAULT;
	}
	return timeout < DURABLE_V2_MAX ? timeout : DURABLE_V2_MAX;
}

static int durable_destructor(struct durable *durable)
{
	persistent_forget(durable->record);
	return 0;
}

static const char *copy(struct durable *durable, const char *text)
{
	return talloc_strdup(durable, text != NULL ? text : "");
}

/* Whose it is, and where. NULL: no memory. */
static struct durable *durable_new(struct open *open,
				   const struct config_macros *whose)
{
	struct durable *durable = talloc_zero(open, struct durable);

	if (durable == NULL) {
		return NULL;
	}
	talloc_set_destructor(durable, durable_destructor);
	durable->open = open;
	durable->user = copy(durable, whose->user);
	durable->share = copy(durable, whose->share);
	durable->address = copy(durable, whose->address);
	durable->machine = copy(durable, whose->machine);
	if (durable->user == NULL || durable->share == NULL ||
	    durable->address == NULL || durable->machine == NULL) {
		TALLOC_FREE(durable);
	}
	return durable;
}

static struct durable *durable_of(const struct request *r, struct open *open)
{
	const struct config_macros whose =
		share_macros(r->tree->share, r->session, r->conn);
	struct durable *durable = durable_new(open, &whose);

	if (durable == NULL) {
		return NULL;
	}
	memcpy(durable->client.bytes, r->session->client_guid,
	       sizeof(durable->client.bytes));
	if (!share_keep_store(r->tree->share, durable, r->tree->store)) {
		TALLOC_FREE(durable);
	}
	return durable;
}

struct durable *durable_restore(struct open *open,
				const struct config_macros *whose)
{
	struct durable *durable = durable_new(open, whose);

	if (durable != NULL) {
		durable->version = 2;
		durable->persistent = true;
		open->durable = durable;
	}
	return durable;
}

bool durable_grant(struct file_open *fo, const struct create *create,
		   const struct request *r)
{
	const struct create_durable *in = &create->durable;
	struct durable *durable = NULL;
	bool persistent = may_be_persistent(fo, in, r);

	if ((!in->dhnq && !in->dh2q) || create->snapshot ||
	    (!persistent && !may_be_durable(fo))) {
		return true;
	}
	durable = durable_of(r, fo->open);
	if (durable == NULL) {
		return false;
	}
	durable->version = in->dh2q ? 2 : 1;
	durable->timeout = timeout_of(in);
	durable->create_guid = in->v2.create_guid;
	fo->open->durable = durable;
	durable->persistent = persistent && persistent_add(fo->open);
	if (!durable->persistent) {
		durable_not_persistent(fo->open);
	}
	return true;
}

void durable_not_persistent(struct open *open)
{
	struct durable *durable = open->durable;

	durable->persistent = false;
	persistent_forget(durable->record);
	durable->record = NULL;
	if (!may_be_durable(open->file)) {
		TALLOC_FREE(open->durable);
	}
}

NTSTATUS durable_make_resilient(const struct request *r, uint32_t timeout)
{
	struct open *open = r->open;

	if (timeout / 1000 > DURABLE_RESILIENT_MAX / 1000) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (open->durable == NULL) {
		open->durable = durable_of(r, open);
	}
	if (open->durable == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	open->durable->resilient = true;
	open->durable->timeout =
		timeout != 0 ? timeout : DURABLE_RESILIENT_DEFAULT;
	return NT_STATUS_OK;
}

void durable_reply(struct wire_chain *list, const struct create *create,
		   const struct open *open)
{
	const struct durable *durable = open->durable;
	struct smb2_durable_v2_response v2 = {.timeout = 0};
	uint8_t level = create->in.oplock_level;

	if (durable == NULL || durable->version == 0 || create->durable.dhnc ||
	    create->durable.dh2c) {
		return;
	}
	if (create->durable.dhnq) {
		(void)smb2_durable_response_add(list);
	}
	/* A replay may ask for less than the first one. */
	if (create->durable.dh2q &&
	    (durable->persistent || level == SMB2_OPLOCK_LEVEL_BATCH ||
	     level == SMB2_OPLOCK_LEVEL_LEASE)) {
		v2.timeout = durable->timeout;
		v2.flags =
			durable->persistent ? SMB2_DHANDLE_FLAG_PERSISTENT : 0;
		(void)smb2_durable_v2_response_add(list, &v2);
	}
}

/* --- waiting for the owner ---------------------------------------------- */

static void scavenge(void *private_data)
{
	struct durable *durable =
		talloc_get_type_abort(private_data, struct durable);

	log_info("\"%s\": its owner did not come back",
		 durable->open->file->name->path);
	talloc_free(durable->open);
}

/* Others could write what is locked. */
static bool locks_may_stay(const struct file_open *fo)
{
	return (fo->oplock->state & SMB2_LEASE_WRITE_CACHING) != 0 ||
	       !lock_holds(fo->file->locks, fo);
}

/* What is to be deleted when it is closed should not depend on whether there is
 * another server. */
static bool may_be_handed_over(const struct open *open)
{
	return open->server->persistent != NULL &&
	       !open->file->delete_on_close &&
	       !open->file->name->delete_pending;
}

bool durable_may_be_kept(const struct open *open)
{
	const struct file_open *fo = open->file;

	return open->durable != NULL && fo != NULL && !fo->closing &&
	       (!open->server->stopping || open->durable->persistent ||
		may_be_handed_over(open)) &&
	       (durable_survives(open) ||
		(may_be_durable(fo) && locks_may_stay(fo))) &&
	       open->server->num_durable < DURABLE_MAX_WAITING;
}

bool durable_wait(struct durable *durable, uint32_t ms)
{
	durable->scavenger = alarm_add(durable->open->server->ev, durable, ms,
				       scavenge, durable);
	return durable->scavenger != NULL;
}

static void keep(struct open *open, struct request *except)
{
	open_abort_requests(open, except, NT_STATUS_USER_SESSION_DELETED);
	if (!durable_wait(open->durable, open->durable->timeout)) {
		return;
	}
	open_detach(open);
	oplock_owner_gone(open->file);
}

void durable_keep(struct session *session, struct request *except)
{
	size_t cursor = 0;
	struct open *open = idtable_next(session->opens, &cursor);

	while (open != NULL) {
		if (durable_may_be_kept(open)) {
			keep(open, except);
		}
		open = idtable_next(session->opens, &cursor);
	}
}

static void lost(struct tevent_context *ev, struct tevent_immediate *im,
		 void *private_data)
{
	struct durable *durable =
		talloc_get_type_abort(private_data, struct durable);

	(void)ev;
	(void)im;
	talloc_free(durable->open);
}

/* Not from here: this happens while others look at the file's opens. */
void durable_lost(struct open *open)
{
	struct durable *durable = open->durable;

	if (durable == NULL || durable->lost != NULL) {
		return;
	}
	durable->lost = tevent_create_immediate(durable);
	if (durable->lost != NULL) {
		tevent_schedule_immediate(durable->lost, open->server->ev, lost,
					  durable);
	}
}

/* --- coming back -------------------------------------------------------- */

static bool is_named(const struct file_open *fo, const char *path)
{
	return path != NULL && name_equal(fo->name->path, path);
}

/* 3.3.5.9.7, 3.3.5.9.12: the lease must be the one it had. */
static NTSTATUS check_lease(const struct file_open *fo,
			    const struct create *create)
{
	const struct oplock *oplock = fo->oplock;

	if (oplock == NULL) {
		return durable_survives(fo->open) && !create->has_lease
			       ? NT_STATUS_OK
			       : NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (oplock->lease != create->has_lease) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (!oplock->lease) {
		return NT_STATUS_OK;
	}
	if (!same_guid(&oplock->key, &create->lease.lease_key)) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	return is_named(fo, create->name.path) ||
			       is_named(fo, create->posix_path)
		       ? NT_STATUS_OK
		       : NT_STATUS_INVALID_PARAMETER;
}

static NTSTATUS check_owner(const struct request *r, const struct open *open,
			    const struct create *create)
{
	const struct durable *durable = open->durable;
	struct smb2_guid client = {{0}};

	memcpy(client.bytes, r->session->client_guid, sizeof(client.bytes));
	if (open->file->oplock != NULL && open->file->oplock->lease &&
	    !same_guid(&durable->client, &client)) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (strcmp(durable->share, r->tree->share->name) != 0) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (strcmp(durable->user, r->session->user->name) != 0) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return check_lease(open->file, create);
}

NTSTATUS durable_take(struct request *r, const struct create *create,
		      struct open *open)
{
	NTSTATUS status = check_owner(r, open, create);
	bool knows = open->durable->persistent && create->has_lease;

	if (status != NT_STATUS_OK) {
		return status;
	}
	oplock_owner_back(open->file, knows ? &create->lease.epoch : NULL);
	if (!open_attach(open, r->tree)) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	sequence_begin(&open->sequence, r->header.channel_sequence);
	TALLOC_FREE(open->durable->scavenger);
	return NT_STATUS_OK;
}

/* 3.3.5.9.12. */
static bool says_persistent(const struct request *r,
			    const struct create_durable *in)
{
	return in->dh2c &&
	       (in->back.flags & SMB2_DHANDLE_FLAG_PERSISTENT) != 0 &&
	       persistent_offered(r->conn, r->tree->share);
}

/* Its client cannot be asked, and what it has cannot be had beside it. */
static bool excludes_others(const struct file_open *fo)
{
	uint32_t state = fo->oplock != NULL ? fo->oplock->state : 0;

	return durable_is_persistent(fo->open) && fo->open->session == NULL &&
	       ((state & SMB2_LEASE_HANDLE_CACHING) == 0 ||
		((state & SMB2_LEASE_WRITE_CACHING) == 0 &&
		 lock_count(fo->file->locks) > 0));
}

NTSTATUS durable_check_others(const struct file *file)
{
	const struct file_open *fo = file != NULL ? file->opens : NULL;

	if (file == NULL || file->absent == 0) {
		return NT_STATUS_OK;
	}
	while (fo != NULL && !excludes_others(fo)) {
		fo = fo->next;
	}
	return fo != NULL ? NT_STATUS_FILE_NOT_AVAILABLE : NT_STATUS_OK;
}

NTSTATUS durable_reclaim(struct request *r, const struct create *create,
			 struct open **out)
{
	const struct create_durable *in = &create->durable;
	struct open *open = idtable_find(r->conn->server->opens,
					 in->back.file_id.persistent_id);
	const struct durable *durable = open != NULL ? open->durable : NULL;

	if (durable == NULL || open->session != NULL || durable->lost != NULL ||
	    open->file == NULL ||
	    (in->dh2c &&
	     !same_guid(&durable->create_guid, &in->back.create_guid)) ||
	    (durable->persistent && !says_persistent(r, in))) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	*out = open;
	return durable_take(r, create, open);
}
