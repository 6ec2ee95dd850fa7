/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The handles that a server before this one wrote down.
 *
 *	file -> record -> share -> user -> store -> file opened, and still the
 *	same -> registered: share modes, oplock, locks -> waits for its owner
 *
 * Nobody is connected yet, so each step is waited for.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/app_instance.h"
#include "server/account.h"
#include "server/durable.h"
#include "server/logon.h"
#include "server/persistent.h"
#include "server/persistent_record.h"
#include "server/replay.h"
#include "smbquic/alarm.h"
#include "smbquic/savefile.h"

#define LOG_MODULE "persistent"
#include "smbquic/log.h"

#define SECONDS	    60 /* for all; then the server goes on without the rest */
#define NAME_DIGITS 16
#define NAME_SUFFIX ".open"

struct restore {
	struct persistent *all;
	struct server *server;
	uint64_t until; /* of alarm_clock() */
	unsigned back, lost;
	struct open **opens; /* whose names are to be deleted */
	size_t num_opens;
};

/* One of them. */
struct returning {
	struct restore *restore;
	struct persistent_record record;
	struct share *share;
	struct user *user;	 /* who logged on */
	struct store_cred *cred; /* who acts */
	struct open *open;
	struct store *store;
	struct store_file *handle;
	const char *why; /* it cannot be had */
};

static bool wait_for(struct returning *one, struct tevent_req *subreq)
{
	struct tevent_context *ev = one->restore->server->ev;
	uint64_t now = alarm_clock();
	uint64_t until = one->restore->until;

	return subreq != NULL &&
	       alarm_limit(subreq, ev, now < until ? until - now : 0) &&
	       tevent_req_poll(subreq, ev);
}

static struct config_macros whose_is(const struct persistent_record *record)
{
	return (struct config_macros){
		.user = record->user,
		.share = record->share,
		.address = record->address,
		.machine = record->machine,
	};
}

/* --- where and who -------------------------------------------------------- */

static bool find_share(struct returning *one)
{
	one->share = share_find(one->restore->server, one->record.share);
	if (one->share == NULL && !one->record.persistent) {
		one->why = "there is no such share";
		return false;
	}
	if (one->share == NULL ||
	    (one->record.persistent && !one->share->continuous)) {
		one->why = "there is no such continuously available share";
		return false;
	}
	return true;
}

static bool find_user(struct returning *one)
{
	struct server *server = one->restore->server;
	struct tevent_req *subreq = account_resolve_send(
		one->open, server->ev, server, one->record.user,
		(logon_mechs(server->config) & AUTH_MECH_KERBEROS) != 0);
	char *why = NULL;

	if (!wait_for(one, subreq) ||
	    account_resolve_recv(subreq, one->open, &one->user, &why) !=
		    NT_STATUS_OK) {
		one->why = "its user may no longer log on";
		return false;
	}
	talloc_free(subreq);
	return true;
}

static bool admit_user(struct returning *one)
{
	struct server *server = one->restore->server;
	struct account_admission admission = {0};
	struct tevent_req *subreq = account_admit_send(one->open, server->ev,
						       one->share, one->user);
	const struct user *who = one->user;
	char *why = NULL;

	if (!wait_for(one, subreq) ||
	    account_admit_recv(subreq, one->open, &admission, &why) !=
		    NT_STATUS_OK ||
	    (admission.read_only &&
	     (one->record.store_access & STORE_OPEN_WRITE) != 0)) {
		one->why = "its user may no longer use the share so";
		return false;
	}
	talloc_free(subreq);
	who = admission.forced != NULL ? admission.forced : who;
	if (server->root) {
		one->cred = store_cred_new(one->open, who->uid, who->gid,
					   who->num_groups, who->groups);
	}
	return !server->root || one->cred != NULL;
}

/* --- the file ------------------------------------------------------------- */

static unsigned store_flags(const struct persistent_record *record)
{
	unsigned flags = record->store_access;

	flags |= record->directory ? STORE_OPEN_DIRECTORY
				   : STORE_OPEN_NOT_DIRECTORY;
	flags |= record->posix ? STORE_OPEN_POSIX : 0;
	if ((record->options & FILE_OPEN_REPARSE_POINT) != 0) {
		flags |= STORE_OPEN_REPARSE;
	}
	return flags;
}

static bool open_file(struct returning *one)
{
	const struct config_macros whose = whose_is(&one->record);
	struct server *server = one->restore->server;
	struct store_opened info = {0};
	struct tevent_req *subreq = NULL;
	char *why = NULL;
	int err = ETIMEDOUT;

	subreq = share_store_send(one->open, server->ev, one->share, &whose);
	if (wait_for(one, subreq)) {
		one->store = share_store_recv(subreq, one->open->durable, &why);
	}
	talloc_free(subreq);
	if (one->store == NULL) {
		one->why = "the share's folder cannot be had";
		return false;
	}
	if (strcmp(store_root(one->store), one->record.root) != 0) {
		one->why = "the share is another folder now";
		return false;
	}
	subreq =
		store_open_send(one->open, server->ev, one->store, one->cred,
				one->record.path, store_flags(&one->record), 0);
	if (wait_for(one, subreq)) {
		err = store_open_recv(subreq, one->open, &one->handle, &info);
	}
	talloc_free(subreq);
	if (err != 0) {
		one->why = strerror(err);
		return false;
	}
	if (one->handle->file_id != one->record.file_id) {
		one->why = "there is another file of that name now";
		return false;
	}
	return true;
}

static bool make_open(struct returning *one)
{
	const struct persistent_record *record = &one->record;
	const struct config_macros whose = whose_is(record);
	struct server *server = one->restore->server;
	struct durable *durable = NULL;

	one->open = open_restore(server, record->persistent_id);
	if (one->open == NULL) {
		one->why = "another handle has its id";
		return false;
	}
	durable = durable_restore(one->open, &whose);
	if (durable == NULL) {
		return false;
	}
	durable->timeout = record->timeout;
	durable->create_guid = record->create_guid;
	durable->client = record->client;
	durable->version = record->version;
	durable->persistent = record->persistent;
	durable->resilient = record->resilient;
	return !record->persistent || persistent_adopt(one->open);
}

static bool restore_locks(const struct file_open *fo,
			  const struct persistent_record *record)
{
	return record->num_locks == 0 ||
	       lock_take(fo->file->locks, fo, record->locks,
			 record->num_locks) == LOCK_TAKEN;
}

static bool restore_app(struct open *open,
			const struct persistent_record *record)
{
	if (!record->has_app) {
		return true;
	}
	open->app = talloc_zero(open, struct open_app);
	if (open->app == NULL) {
		return false;
	}
	open->app->id = record->app;
	open->app->client = record->app_client;
	open->app->has_version = record->has_app_version;
	open->app->version.high = record->app_high;
	open->app->version.low = record->app_low;
	return true;
}

static bool restore_replay(struct open *open,
			   const struct persistent_record *record)
{
	struct replay *replay = NULL;

	if (record->version == 2) { /* others have no GUID */
		replay = replay_new(open, open->server->files, &record->client,
				    &record->create_guid);
		if (replay == NULL) {
			return false;
		}
		replay_done(replay, open, record->action);
	}
	open->lock_sequences = talloc_memdup(open, record->sequences,
					     sizeof(record->sequences));
	return open->lock_sequences != NULL;
}

/* The time that its server has been away counts; one that is over now is closed
 * as one is that nobody came back for. */
static uint32_t time_left(const struct persistent_record *record)
{
	uint64_t now = (uint64_t)time(NULL);
	uint64_t away = 0;

	if (record->stopped != 0 && now > record->stopped) {
		away = (now - record->stopped) * 1000;
	}
	return away < record->timeout ? (uint32_t)(record->timeout - away) : 0;
}

/* In the books of file.c, oplock.c and lock.c. */
static bool register_open(struct returning *one)
{
	const struct persistent_record *record = &one->record;
	struct file_open *fo = NULL;

	if (file_open_new(one->open, one->handle, record->access,
			  record->share_access, record->options,
			  &fo) != NT_STATUS_OK) {
		one->why = "another handle stands in its way";
		return false;
	}
	fo->posix = record->posix;
	fo->file->absent++;
	if (!restore_locks(fo, record)) {
		one->why = "its locks cannot be had";
		return false;
	}
	return oplock_restore(fo, &record->oplock) &&
	       restore_app(one->open, record) &&
	       restore_replay(one->open, record) &&
	       durable_wait(one->open->durable, time_left(record));
}

static bool bring_back(struct returning *one)
{
	return find_share(one) && make_open(one) && find_user(one) &&
	       admit_user(one) && open_file(one) && register_open(one);
}

/* Names are marked last, since nobody opens what is to be deleted. */
static void mark_later(struct returning *one)
{
	struct restore *restore = one->restore;

	one->open->file->delete_on_close = one->record.delete_on_close;
	if (one->record.delete_pending) {
		restore->opens[restore->num_opens++] = one->open;
	}
}

/* --- all of them ---------------------------------------------------------- */

static const char *why_unread(int err)
{
	switch (err) {
	case EFBIG: return "it is too large";
	case EINVAL: return "it is no file";
	default: return strerror(err);
	}
}

/* @return NULL, or what is wrong with it. */
static const char *read_record(TALLOC_CTX *mem_ctx, const char *path,
			       const char *name, struct persistent_record *out)
{
	size_t len = 0;
	char *data =
		savefile_read(mem_ctx, path, PERSISTENT_RECORD_MAX, &len, NULL);
	const char *wrong = NULL;

	if (data == NULL) {
		return why_unread(errno);
	}
	wrong = persistent_record_decode(mem_ctx, wire_slice(data, len), out);
	if (wrong == NULL && strtoull(name, NULL, 16) != out->persistent_id) {
		wrong = "it is the record of another handle";
	}
	return wrong;
}

static void restore_one(struct restore *restore, const char *name)
{
	struct returning one = {.restore = restore, .why = "out of memory"};
	const char *wrong = NULL;
	TALLOC_CTX *tmp = talloc_new(restore->all);
	char *path = talloc_asprintf(tmp, "%s/%s",
				     persistent_folder(restore->all), name);

	if (path == NULL) {
		talloc_free(tmp);
		return;
	}
	wrong = read_record(tmp, path, name, &one.record);
	if (wrong != NULL) {
		log_warn("%s: %s; the handle is lost", path, wrong);
		unlink(path);
		restore->lost++;
	} else if (bring_back(&one)) {
		mark_later(&one);
		restore->back++;
		if (!one.record.persistent) {
			unlink(path);
		}
	} else {
		log_warn("\"%s\" on share %s: the handle of %s cannot be had "
			 "back: %s",
			 one.record.path, one.record.share, one.record.user,
			 one.why);
		talloc_free(one.open);
		unlink(path);
		restore->lost++;
	}
	talloc_free(tmp);
}

static bool is_record(const char *name)
{
	size_t digits = 0;

	while (digits < NAME_DIGITS && isxdigit((unsigned char)name[digits])) {
		digits++;
	}
	return digits == NAME_DIGITS && strcmp(name + digits, NAME_SUFFIX) == 0;
}

/* What was being written when the server died. */
static bool is_leftover(const char *name)
{
	return strlen(name) > NAME_DIGITS &&
	       strncmp(name + NAME_DIGITS, NAME_SUFFIX ".",
		       sizeof(NAME_SUFFIX)) == 0;
}

static void restore_all(struct restore *restore, DIR *dir)
{
	const struct dirent *entry = readdir(dir);

	while (entry != NULL) {
		if (is_leftover(entry->d_name)) {
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
		} else if (is_record(entry->d_name) &&
			   restore->back < PERSISTENT_MAX) {
			restore_one(restore, entry->d_name);
		}
		entry = readdir(dir);
	}
}

void persistent_restore(struct persistent *all)
{
	struct restore restore = {
		.all = all,
		.server = persistent_server(all),
		.until = alarm_clock() + SECONDS * 1000,
	};
	DIR *dir = opendir(persistent_folder(all));

	if (dir == NULL) {
		log_warn("%s: %s", persistent_folder(all), strerror(errno));
		return;
	}
	restore.opens = talloc_zero_array(all, struct open *, PERSISTENT_MAX);
	if (restore.opens != NULL) {
		restore_all(&restore, dir);
	}
	closedir(dir);
	for (size_t i = 0; i < restore.num_opens; i++) {
		file_delete_pending(restore.opens[i]->file, true);
	}
	talloc_free(restore.opens);
	if (restore.back + restore.lost > 0) {
		log_notice("%u handles are back and wait for their owners, %u "
			   "are lost",
			   restore.back, restore.lost);
	}
}
