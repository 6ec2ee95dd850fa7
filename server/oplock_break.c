/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Breaks: told, acknowledged, timed out, waited for (MS-SMB2 3.3.4.6, 3.3.4.7,
 * 3.3.5.22, 3.3.6.1, 3.3.6.5). */

#include <string.h>

#include "server/durable.h"
#include "server/lock.h"
#include "server/name.h"
#include "server/notice.h"
#include "server/oplock.h"
#include "server/request.h"
#include "smbquic/alarm.h"
#include "smbquic/list.h"

#define LOG_MODULE "oplock"
#include "smbquic/log.h"

#define R SMB2_LEASE_READ_CACHING
#define H SMB2_LEASE_HANDLE_CACHING
#define W SMB2_LEASE_WRITE_CACHING

/* --- waiting ------------------------------------------------------------ */

struct oplock_wait {
	struct oplock_wait *prev, *next;
	struct file *file; /* NULL: no longer in its list */
	struct tevent_context *ev;
	struct tevent_req *req;
};

static void wait_cleanup(struct tevent_req *req, enum tevent_req_state how)
{
	struct oplock_wait *wait = tevent_req_data(req, struct oplock_wait);

	(void)how;
	if (wait->file != NULL) {
		LIST_REMOVE(wait->file->waiters, wait);
		wait->file = NULL;
	}
}

struct tevent_req *oplock_wait_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct file *file)
{
	struct oplock_wait *wait = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &wait, struct oplock_wait);

	if (req == NULL) {
		return NULL;
	}
	wait->ev = ev;
	wait->req = req;
	wait->file = file;
	LIST_ADD(file->waiters, wait);
	tevent_req_set_cleanup_fn(req, wait_cleanup);
	return req;
}

void oplock_wait_recv(struct tevent_req *req)
{
	tevent_req_received(req);
}

/* The oldest first; from the loop, since they change what led here. */
void oplock_wake(struct file *file)
{
	struct oplock_wait *wait = file->waiters;

	while (wait != NULL && wait->next != NULL) {
		wait = wait->next;
	}
	while (wait != NULL) {
		struct oplock_wait *younger = wait->prev;

		LIST_REMOVE(file->waiters, wait);
		wait->file = NULL;
		tevent_req_defer_callback(wait->req, wait->ev);
		tevent_req_done(wait->req);
		wait = younger;
	}
}

/* --- telling the client ------------------------------------------------- */

/* Of those who have it, one that is there. */
static struct file_open *holder(const struct oplock *oplock)
{
	struct file_open *fo = oplock->holders;

	while (fo != NULL && fo->open->session == NULL) {
		fo = fo->holder_next;
	}
	return fo;
}

/* A lease is its client's: its oldest connection will do, as with Windows. */
static struct channel *client_channel(const struct server *server,
				      const struct smb2_guid *client)
{
	const struct conn *conn = NULL;
	struct channel *found = NULL;
	struct channel *channel = NULL;

	for (conn = server->conns; conn != NULL; conn = conn->next) {
		for (channel = conn->channels; channel != NULL;
		     channel = channel->conn_next) {
			if (channel->valid && !conn->closing &&
			    memcmp(channel->session->client_guid, client->bytes,
				   sizeof(client->bytes)) == 0) {
				found = channel;
			}
		}
	}
	return found;
}

static void encode_lease(struct wire_writer *w, const struct oplock *oplock,
			 uint32_t to)
{
	const struct smb2_lease_break_notification out = {
		.new_epoch = oplock->version == 2 ? oplock->epoch : 0,
		.flags = (oplock->state & (W | H)) != 0
				 ? SMB2_NOTIFY_BREAK_LEASE_FLAG_ACK_REQUIRED
				 : 0,
		.lease_key = oplock->key,
		.current_lease_state = oplock->state,
		.new_lease_state = to,
	};

	(void)smb2_lease_break_notification_encode(w, &out);
}

static void encode_oplock(struct wire_writer *w, const struct open *open,
			  uint32_t to)
{
	const struct smb2_oplock_break out = {
		.oplock_level = oplock_level_of_state(to),
		.file_id = {.persistent_id = open->persistent_id,
			    .volatile_id = open->volatile_id},
	};

	(void)smb2_oplock_break_encode(w, &out);
}

/* @return false: there is no way to the client. */
static bool tell(const struct oplock *oplock, uint32_t to)
{
	uint8_t buf[SMB2_LEASE_BREAK_NOTIFICATION_SIZE];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	const struct file_open *fo = holder(oplock);
	struct channel *channel = NULL;

	if (fo == NULL) {
		return false;
	}
	if (oplock->lease) {
		encode_lease(&w, oplock, to);
		channel = client_channel(fo->open->server, &oplock->client);
	} else {
		encode_oplock(&w, fo->open, to);
		channel = session_channel(fo->open->session);
	}
	return wire_writer_ok(&w) && channel != NULL &&
	       request_notify_on(channel, SMB2_OPLOCK_BREAK,
				 wire_writer_slice(&w));
}

/* --- breaking ----------------------------------------------------------- */

static void break_over(struct oplock *oplock, uint32_t state)
{
	struct file *file = oplock->file;

	oplock_set(oplock, state, false);
	oplock->untold = false;
	TALLOC_FREE(oplock->timeout);
	if (!oplock->lease && state == SMB2_LEASE_NONE) {
		oplock_free(oplock);
	}
	oplock_wake(file);
}

/* What was sent of it need not arrive any more. */
static void stop_telling(const struct oplock *oplock)
{
	const struct file_open *fo = NULL;

	for (fo = oplock->holders; fo != NULL; fo = fo->holder_next) {
		const struct open *open = fo->open;
		uint8_t id[NOTICE_ABOUT_SIZE];

		wire_store_le(id, open->persistent_id, 8);
		wire_store_le(id + 8, open->volatile_id, 8);
		if (open->session != NULL) {
			notices_over(open->session,
				     oplock->lease ? oplock->key.bytes : id);
		}
	}
}

/* 3.3.6.1, 3.3.6.5 */
static void break_timed_out(void *private_data)
{
	struct oplock *oplock =
		talloc_get_type_abort(private_data, struct oplock);

	log_notice("\"%s\": a client did not answer the break of its %s",
		   oplock->file->names != NULL ? oplock->file->names->path
					       : "?",
		   oplock->lease ? "lease" : "oplock");
	stop_telling(oplock);
	break_over(oplock, SMB2_LEASE_NONE);
}

/* 3.3.4.7: for a handle that will be claimed again, the break waits. */
static bool waits_for_owner(const struct oplock *oplock)
{
	const struct file_open *fo = oplock->holders;

	while (fo != NULL && !durable_is_persistent(fo->open)) {
		fo = fo->holder_next;
	}
	return fo != NULL;
}

/* The client that comes back counts from where it knows of. */
static void postpone(struct oplock *oplock)
{
	TALLOC_FREE(oplock->timeout);
	oplock->untold = true;
	oplock->epoch--;
	oplock_record(oplock);
}

/* Nobody can be told: what was kept for its sake alone goes. */
static void break_lost(struct oplock *oplock)
{
	struct file_open *fo = NULL;

	if (oplock->breaking && waits_for_owner(oplock)) {
		postpone(oplock);
		return;
	}

	for (fo = oplock->holders; fo != NULL; fo = fo->holder_next) {
		if (fo->open->session == NULL && !durable_survives(fo->open)) {
			durable_lost(fo->open);
		}
	}
	break_over(oplock, SMB2_LEASE_NONE);
}

void oplock_owner_gone(struct file_open *fo)
{
	struct oplock *oplock = fo->oplock;

	if (oplock != NULL && oplock->breaking && !oplock->untold &&
	    holder(oplock) == NULL) {
		break_lost(oplock);
	}
}

static void await_answer(struct oplock *oplock)
{
	struct tevent_context *ev = file_loop(oplock->file->table);

	oplock->timeout = alarm_add(ev, oplock, OPLOCK_BREAK_SECONDS * 1000,
				    break_timed_out, oplock);
	if (oplock->timeout == NULL || !tell(oplock, oplock->told)) {
		break_lost(oplock);
	}
}

static void tell_later(struct tevent_context *ev, struct tevent_immediate *im,
		       void *private_data)
{
	struct oplock *oplock =
		talloc_get_type_abort(private_data, struct oplock);

	(void)ev;
	talloc_free(im);
	if (oplock->breaking && oplock->untold) {
		oplock->untold = false;
		oplock->epoch++;
		oplock_record(oplock);
		await_answer(oplock);
	}
}

/* A lease without H is had anew by whoever comes back, and he says how often
 * it has changed; none is to be had beside locks (MS-FSA 2.1.5.18). */
static void take_epoch(struct oplock *oplock, const uint16_t *epoch)
{
	bool writes = (oplock->state & W) != 0;

	if (epoch == NULL || oplock->version != 2 || oplock->breaking ||
	    oplock->state == SMB2_LEASE_NONE) {
		return;
	}
	if (!writes && lock_count(oplock->file->locks) > 0) {
		oplock_set(oplock, SMB2_LEASE_NONE, false);
		oplock->epoch = *epoch;
	} else if ((oplock->state & H) == 0) {
		oplock->epoch = *epoch;
		oplock->epoch += !writes;
	}
	oplock_record(oplock);
}

void oplock_owner_back(struct file_open *fo, const uint16_t *epoch)
{
	struct oplock *oplock = fo->oplock;

	if (oplock != NULL && holder(oplock) == NULL) {
		take_epoch(oplock, epoch);
	}
}

void oplock_tell_missed(struct file_open *fo)
{
	struct oplock *oplock = fo != NULL ? fo->oplock : NULL;
	struct tevent_immediate *im = NULL;

	if (oplock == NULL || !oplock->untold) {
		return;
	}
	im = tevent_create_immediate(oplock);
	if (im == NULL) {
		return; /* it is told when he is gone and back */
	}
	tevent_schedule_immediate(im, file_loop(oplock->file->table),
				  tell_later, oplock);
}

static void break_begin(struct oplock *oplock, uint32_t to)
{
	oplock_set(oplock, oplock->state, true);
	oplock->told = to;
	oplock->required = to;
	oplock->epoch++;
	await_answer(oplock);
}

void oplock_break(struct oplock *oplock, uint32_t to)
{
	to &= oplock->state;
	if (oplock->breaking) {
		if (oplock->lease) {
			oplock->required &= to;
		}
		if (oplock->untold) {
			oplock->told &= to;
		}
		return;
	}
	if (to == oplock->state) {
		return;
	}
	if (oplock->state != R) {
		break_begin(oplock, to);
		return;
	}
	/* Nobody acknowledges the loss of R alone. */
	oplock->epoch++;
	(void)tell(oplock, SMB2_LEASE_NONE);
	break_over(oplock, SMB2_LEASE_NONE);
}

/* Are there others than the open's own that caching says so of? */
static bool others_cache(const struct file_open *fo)
{
	const struct file_caching *caching = &fo->file->caching;
	const struct oplock *own = fo->oplock;

	return caching->some > (own != NULL && own->state != SMB2_LEASE_NONE) ||
	       caching->breaking > (own != NULL && own->breaking);
}

void oplock_contend_others(struct file_open *fo)
{
	struct oplock *oplock = others_cache(fo) ? fo->file->oplocks : NULL;

	while (oplock != NULL) {
		struct oplock *next = oplock->next;

		if (oplock != fo->oplock) {
			oplock_break(oplock, SMB2_LEASE_NONE);
		}
		oplock = next;
	}
}

/* A lease lets its owner write, an oplock of level II does not. */
void oplock_contend(struct file_open *fo)
{
	struct oplock *own = fo->oplock;

	oplock_contend_others(fo);
	if (own != NULL && !own->lease && own->state == R) {
		oplock_break(own, SMB2_LEASE_NONE);
	}
}

bool oplock_handles_wait(struct file *file, const struct file_open *fo)
{
	struct oplock *oplock =
		file->caching.handles > 0 ? file->oplocks : NULL;
	bool waits = false;

	while (oplock != NULL) {
		struct oplock *next = oplock->next;
		uint32_t to = oplock->state & ~H;

		if ((fo == NULL || oplock != fo->oplock) &&
		    (oplock->state & H) != 0) {
			oplock_break(oplock, oplock->lease ? to : to & R);
			waits = true;
		}
		oplock = next;
	}
	return waits;
}

/* Is this open in the way of a rename above it? */
static NTSTATUS below_one(struct file_open *fo, uint64_t serial,
			  struct file **file)
{
	struct oplock *oplock = fo->oplock;

	if (fo->serial > serial || oplock == NULL || (oplock->state & H) == 0) {
		return NT_STATUS_ACCESS_DENIED;
	}
	oplock_break(oplock,
		     oplock->lease ? oplock->state & ~H : oplock->state & R);
	*file = fo->file;
	return NT_STATUS_PENDING;
}

/* One after the other: the first that stays is reason enough. */
NTSTATUS oplock_below_wait(const struct file_open *dir, uint64_t serial,
			   struct file **file)
{
	struct file_open *fo = file_first_below(dir);

	return fo != NULL ? below_one(fo, serial, file) : NT_STATUS_OK;
}

/* --- directories -------------------------------------------------------- */

static bool same_guid(const struct smb2_guid *a, const struct smb2_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct oplock_parent oplock_parent_of(const struct file_open *fo)
{
	struct oplock_parent parent = {.set = false};

	if (fo->oplock != NULL && fo->oplock->has_parent) {
		parent.set = true;
		parent.key = fo->oplock->parent;
	}
	return parent;
}

bool oplock_parent_equal(const struct oplock_parent *a,
			 const struct oplock_parent *b)
{
	return a->set == b->set && (!a->set || same_guid(&a->key, &b->key));
}

static void break_later(struct tevent_context *ev, struct tevent_immediate *im,
			void *private_data)
{
	struct oplock *oplock =
		talloc_get_type_abort(private_data, struct oplock);

	(void)ev;
	(void)im;
	TALLOC_FREE(oplock->later);
	oplock_break(oplock, SMB2_LEASE_NONE);
}

/* After the response of what changed the directory, as Windows does. */
static void directory_break(struct oplock *oplock)
{
	struct tevent_context *ev = file_loop(oplock->file->table);

	if (oplock->later != NULL || oplock->state == SMB2_LEASE_NONE) {
		return;
	}
	oplock->later = tevent_create_immediate(oplock);
	if (oplock->later == NULL) {
		oplock_break(oplock, SMB2_LEASE_NONE);
		return;
	}
	tevent_schedule_immediate(oplock->later, ev, break_later, oplock);
}

static bool is_of(const struct oplock *dir, const struct store *store,
		  const char *path)
{
	const struct file_name *name = dir->file->names;

	while (name != NULL &&
	       (name->store != store || strcmp(name->path, path) != 0)) {
		name = name->next;
	}
	return name != NULL;
}

void oplock_path_changed(const struct file_table *files,
			 const struct store *store, const char *path,
			 const struct oplock_parent *by)
{
	struct oplock *dir = file_oplocks(files)->directories;
	char *parent = NULL;

	if (dir == NULL || *path == '\0') {
		return;
	}
	parent = name_parent(NULL, path);
	while (dir != NULL && parent != NULL) {
		struct oplock *next = dir->dir_next;

		/* its client need not hear of what it said it knows */
		if (is_of(dir, store, parent) &&
		    !(by->set && same_guid(&dir->key, &by->key))) {
			directory_break(dir);
		}
		dir = next;
	}
	talloc_free(parent);
}

void oplock_parent_changed(const struct file_open *fo)
{
	struct oplock_parent by = oplock_parent_of(fo);

	oplock_path_changed(fo->file->table, fo->name->store, fo->name->path,
			    &by);
}

/* --- acknowledgments ---------------------------------------------------- */

NTSTATUS oplock_acknowledge(struct file_open *fo, uint8_t *level)
{
	struct oplock *oplock = fo->oplock;
	uint8_t wanted = *level;

	if (wanted == SMB2_OPLOCK_LEVEL_LEASE) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (oplock == NULL || oplock->lease || !oplock->breaking) {
		return NT_STATUS_INVALID_OPLOCK_PROTOCOL;
	}
	if (wanted != SMB2_OPLOCK_LEVEL_NONE &&
	    wanted != SMB2_OPLOCK_LEVEL_II) {
		break_over(oplock, SMB2_LEASE_NONE);
		return NT_STATUS_INVALID_OPLOCK_PROTOCOL;
	}
	*level = oplock_level_of_state(oplock_state_of_level(wanted) &
				       oplock->told);
	break_over(oplock, oplock_state_of_level(*level));
	return NT_STATUS_OK;
}

/* More was wanted meanwhile than the client was told. In steps, as Windows. */
static void break_again(struct oplock *oplock)
{
	uint32_t to = oplock->required;

	if ((oplock->state & (W | H)) == 0) {
		(void)tell(oplock, to);
		break_over(oplock, SMB2_LEASE_NONE);
		return;
	}
	oplock->told = to | R;
	if (!tell(oplock, oplock->told)) {
		break_over(oplock, SMB2_LEASE_NONE);
	}
}

static void break_again_later(struct tevent_context *ev,
			      struct tevent_immediate *im, void *private_data)
{
	struct oplock *oplock =
		talloc_get_type_abort(private_data, struct oplock);

	(void)ev;
	talloc_free(im);
	break_again(oplock);
}

NTSTATUS oplock_acknowledge_lease(const struct file_table *files,
				  const struct smb2_guid *client,
				  const struct smb2_guid *key, uint32_t state)
{
	struct oplock *oplock =
		oplock_find_lease(file_oplocks(files), client, key);
	struct tevent_immediate *im = NULL;

	if (oplock == NULL) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (!oplock->breaking) {
		return NT_STATUS_UNSUCCESSFUL;
	}
	if ((state & ~oplock->told) != 0) {
		return NT_STATUS_REQUEST_NOT_ACCEPTED;
	}
	oplock_set(oplock, state, true);
	if ((state & ~oplock->required) == 0) {
		break_over(oplock, state);
		return NT_STATUS_OK;
	}
	/* after the response to this one */
	im = tevent_create_immediate(oplock);
	if (im == NULL) {
		break_over(oplock, SMB2_LEASE_NONE);
		return NT_STATUS_OK;
	}
	tevent_schedule_immediate(im, file_loop(files), break_again_later,
				  oplock);
	return NT_STATUS_OK;
}
