/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/app_instance.h"
#include "server/persistent.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "server/durable.h"
#include "server/persistent_record.h"
#include "server/replay.h"
#include "server/state_dir.h"
#include "server/store_posix.h"
#include "server/tally.h"
#include "smbquic/list.h"
#include "smbquic/savefile.h"

#define LOG_MODULE "persistent"
#include "smbquic/log.h"

#define FOLDER	  "handles"
#define MAX_QUEUE (2 * PERSISTENT_MAX)

struct save_state {
	struct save_state *prev, *next;	  /* handle->waiters */
	struct persistent_handle *handle; /* NULL: in no list */
	struct tevent_context *ev;
	struct tevent_req *req;
	uint64_t wanted;
};

/* Child of `all`: it may be needed for a little longer than the open. */
struct persistent_handle {
	struct persistent_handle *prev, *next;
	struct persistent *all;
	struct open *open; /* NULL: closed; the file goes */
	char *path;
	uint64_t wanted;	   /* counts the changes */
	uint64_t writing;	   /* what is being written says so much */
	uint64_t written;	   /* and what is on disk */
	bool there;		   /* there may be a file */
	struct tevent_req *subreq; /* writes */
	struct write_job *job;	   /* its; belongs to it */
	struct tevent_immediate *soon;
	struct save_state *waiters;
};

struct persistent {
	struct server *server;
	struct worker_lane *lane;
	char *folder;
	struct persistent_handle *handles;
	unsigned count;
	struct tally *users; /* and each one's */
};

/* --- the folder ----------------------------------------------------------- */

static int persistent_destructor(struct persistent *all)
{
	while (all->handles != NULL) {
		talloc_free(all->handles);
	}
	return 0;
}

static bool make_folder(struct persistent *all)
{
	if (mkdir(all->folder, 0700) == 0 || errno == EEXIST) {
		return true;
	}
	log_warn("%s: %s; there are no persistent handles", all->folder,
		 strerror(errno));
	return false;
}

struct persistent *persistent_new(struct server *server)
{
	struct persistent *all = talloc_zero(server, struct persistent);

	if (all == NULL) {
		return NULL;
	}
	all->server = server;
	all->folder = state_dir_path(all, server->state, FOLDER);
	all->lane = worker_lane_new(all, server->pool, 1, MAX_QUEUE);
	all->users = tally_new(all, PERSISTENT_MAX_PER_USER);
	if (all->folder == NULL || all->lane == NULL || all->users == NULL ||
	    !make_folder(all)) {
		talloc_free(all);
		return NULL;
	}
	talloc_set_destructor(all, persistent_destructor);
	return all;
}

struct server *persistent_server(const struct persistent *all)
{
	return all->server;
}

const char *persistent_folder(const struct persistent *all)
{
	return all->folder;
}

bool persistent_wanted(const struct server *server)
{
	const struct share *share = server->shares;

	while (share != NULL && !share->continuous) {
		share = share->next;
	}
	return server->persistent != NULL && share != NULL;
}

bool persistent_offered(const struct conn *conn, const struct share *share)
{
	return conn->server->persistent != NULL && share->continuous &&
	       (conn->agreed.capabilities &
		SMB2_GLOBAL_CAP_PERSISTENT_HANDLES) != 0;
}

/* --- what is written ------------------------------------------------------ */

static void take_app(struct persistent_record *out, const struct open_app *app)
{
	if (app == NULL) {
		return;
	}
	out->has_app = true;
	out->app = app->id;
	out->app_client = app->client;
	out->has_app_version = app->has_version;
	out->app_high = app->version.high;
	out->app_low = app->version.low;
}

static bool take_locks(TALLOC_CTX *mem_ctx, struct persistent_record *out,
		       const struct file_open *fo)
{
	out->num_locks = lock_list(fo->file->locks, fo, NULL, 0);
	if (out->num_locks > PERSISTENT_LOCKS_MAX) {
		return false;
	}
	out->locks = talloc_zero_array(mem_ctx, struct lock_range,
				       out->num_locks + 1);
	if (out->locks == NULL) {
		return false;
	}
	(void)lock_list(fo->file->locks, fo, out->locks, out->num_locks);
	return true;
}

static struct wire_slice record_of(TALLOC_CTX *mem_ctx, const struct open *open)
{
	const struct file_open *fo = open->file;
	const struct durable *durable = open->durable;
	struct persistent_record out = {
		.persistent_id = open->persistent_id,
		.create_guid = durable->create_guid,
		.client = durable->client,
		.timeout = durable->timeout,
		.action = open->replay != NULL ? open->replay->action
					       : FILE_OPENED,
		.user = durable->user,
		.share = durable->share,
		.address = durable->address,
		.machine = durable->machine,
		.root = store_root(fo->name->store),
		.path = fo->name->path,
		.file_id = fo->file->file_id,
		.access = fo->access,
		.share_access = fo->share_access,
		.options = fo->options,
		.store_access = fo->handle->access &
				(unsigned)(STORE_OPEN_READ | STORE_OPEN_WRITE),
		.directory = fo->handle->directory,
		.posix = fo->posix,
		.delete_on_close = fo->delete_on_close,
		.delete_pending = fo->name->delete_pending,
		.oplock = oplock_save(fo),
		.persistent = durable->persistent,
		.resilient = durable->resilient,
		.version = durable->version,
		.stopped = durable->persistent ? 0 : (uint64_t)time(NULL),
	};

	take_app(&out, open->app);
	if (open->lock_sequences != NULL) {
		memcpy(out.sequences, open->lock_sequences,
		       sizeof(out.sequences));
	}
	if (!take_locks(mem_ctx, &out, fo)) {
		return wire_slice(NULL, 0);
	}
	return persistent_record_encode(mem_ctx, &out);
}

/* --- writing -------------------------------------------------------------- */

/* Plain memory, for a thread. */
struct write_job {
	struct worker_job head;
	char *path;
	uint8_t *data;
	size_t size;
	bool quick; /* a power cut may lose it */
	int err;
};

static void write_run(struct worker_job *head)
{
	struct write_job *job = (struct write_job *)head;

	/* the thread may still act as somebody else */
	job->err = posix_cred_enter(NULL);
	if (job->err != 0) {
		return;
	}
	job->err = job->quick ? savefile_write_quick(job->path, 0600, job->data,
						     job->size)
			      : savefile_write(job->path, 0600, true, job->data,
					       job->size);
}

static void write_release(struct worker_job *head)
{
	struct write_job *job = (struct write_job *)head;

	free(job->path);
	free(job->data);
	free(job);
}

static struct write_job *write_job_new(const struct persistent_handle *handle)
{
	struct write_job *job = calloc(1, sizeof(*job));
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice data = {0};

	if (job == NULL || tmp == NULL) {
		free(job);
		talloc_free(tmp);
		return NULL;
	}
	job->head.run = write_run;
	job->head.release = write_release;
	job->quick = !handle->open->durable->persistent;
	data = record_of(tmp, handle->open);
	job->path = strdup(handle->path);
	job->data = malloc(data.len > 0 ? data.len : 1);
	job->size = data.len;
	if (data.len == 0 || job->path == NULL || job->data == NULL) {
		write_release(&job->head);
		talloc_free(tmp);
		return NULL;
	}
	memcpy(job->data, data.data, data.len);
	talloc_free(tmp);
	return job;
}

static void written(struct tevent_req *subreq);

/* Those who wait for no more than is on disk now, or for what failed. */
static void tell_waiters(struct persistent_handle *handle, uint64_t upto,
			 int err)
{
	struct save_state *w = handle->waiters;

	while (w != NULL) {
		struct save_state *next = w->next;

		if (w->wanted <= upto) {
			LIST_REMOVE(handle->waiters, w);
			w->handle = NULL;
			tevent_req_defer_callback(w->req, w->ev);
			if (err == 0 || !tevent_req_error(w->req, err)) {
				tevent_req_done(w->req);
			}
		}
		w = next;
	}
}

static void write_failed(struct persistent_handle *handle, uint64_t upto,
			 int err)
{
	log_warn("%s: %s; a handle would not be there after a restart of the "
		 "server, or not as it is now",
		 handle->path, strerror(err));
	tell_waiters(handle, upto, err);
}

static void write_now(struct persistent_handle *handle)
{
	struct write_job *job = NULL;

	if (handle->subreq != NULL || handle->open == NULL ||
	    handle->written == handle->wanted) {
		return;
	}
	if (handle->open->file == NULL || handle->open->file->file == NULL) {
		tell_waiters(handle, UINT64_MAX, ECANCELED); /* is closing */
		return;
	}
	handle->writing = handle->wanted;
	job = write_job_new(handle);
	if (job == NULL) {
		write_failed(handle, handle->wanted, ENOMEM);
		return;
	}
	handle->there = true;
	handle->subreq = worker_submit_send(handle, handle->all->server->ev,
					    handle->all->lane, &job->head);
	if (handle->subreq == NULL) {
		write_failed(handle, handle->wanted, ENOMEM);
		return;
	}
	handle->job = job;
	tevent_req_set_callback(handle->subreq, written, handle);
}

static void remove_file(struct persistent_handle *handle)
{
	if (handle->there && unlink(handle->path) == -1 && errno != ENOENT) {
		log_warn("%s: %s", handle->path, strerror(errno));
	}
	handle->there = false;
}

static void written(struct tevent_req *subreq)
{
	struct persistent_handle *handle =
		tevent_req_callback_data(subreq, struct persistent_handle);
	int err = worker_submit_recv(subreq);

	err = err == 0 ? handle->job->err : err;
	handle->job = NULL;
	TALLOC_FREE(handle->subreq);
	if (handle->open == NULL) { /* closed meanwhile */
		remove_file(handle);
		talloc_free(handle);
		return;
	}
	if (err != 0) {
		write_failed(handle, handle->writing, err);
	} else {
		handle->written = handle->writing;
		tell_waiters(handle, handle->written, 0);
	}
	if (handle->wanted > handle->writing) {
		write_now(handle);
	}
}

/* --- handles -------------------------------------------------------------- */

static int handle_destructor(struct persistent_handle *handle)
{
	tell_waiters(handle, UINT64_MAX, ECANCELED);
	if (handle->open != NULL && handle->open->durable != NULL) {
		handle->open->durable->record = NULL;
	}
	LIST_REMOVE(handle->all->handles, handle);
	handle->all->count--;
	return 0;
}

static struct persistent_handle *handle_new(struct open *open)
{
	struct persistent *all = open->server->persistent;
	struct persistent_handle *handle = NULL;

	if (all == NULL || all->count >= PERSISTENT_MAX) {
		return NULL;
	}
	handle = talloc_zero(all, struct persistent_handle);
	if (handle == NULL) {
		return NULL;
	}
	handle->path = talloc_asprintf(handle, "%s/%016" PRIx64 ".open",
				       all->folder, open->persistent_id);
	if (handle->path == NULL ||
	    tally_take(all->users, handle, open->durable->user) == NULL) {
		talloc_free(handle);
		return NULL;
	}
	handle->all = all;
	handle->open = open;
	LIST_ADD(all->handles, handle);
	all->count++;
	talloc_set_destructor(handle, handle_destructor);
	open->durable->record = handle;
	return handle;
}

bool persistent_add(struct open *open)
{
	struct persistent_handle *handle = handle_new(open);

	if (handle == NULL) {
		return false;
	}
	handle->wanted = 1;
	return true;
}

bool persistent_adopt(struct open *open)
{
	struct persistent_handle *handle = handle_new(open);

	if (handle == NULL) {
		return false;
	}
	handle->there = true;
	return true;
}

static struct persistent_handle *handle_of(const struct open *open)
{
	return open->durable != NULL ? open->durable->record : NULL;
}

static void write_soon(struct tevent_context *ev, struct tevent_immediate *im,
		       void *private_data)
{
	struct persistent_handle *handle =
		talloc_get_type_abort(private_data, struct persistent_handle);

	(void)ev;
	(void)im;
	TALLOC_FREE(handle->soon);
	write_now(handle);
}

/* After all that changes together has changed. */
void persistent_changed(struct open *open)
{
	struct persistent_handle *handle = handle_of(open);

	if (handle == NULL) {
		return;
	}
	handle->wanted++;
	if (handle->soon != NULL) {
		return;
	}
	handle->soon = tevent_create_immediate(handle);
	if (handle->soon != NULL) {
		tevent_schedule_immediate(handle->soon, handle->all->server->ev,
					  write_soon, handle);
	}
}

void persistent_name_changed(const struct file_name *name)
{
	struct file_open *fo = NULL;

	for (fo = name->file->opens; fo != NULL; fo = fo->next) {
		if (fo->name == name) {
			persistent_changed(fo->open);
		}
	}
}

void persistent_forget(struct persistent_handle *handle)
{
	if (handle == NULL) {
		return;
	}
	handle->open = NULL;
	TALLOC_FREE(handle->soon);
	tell_waiters(handle, UINT64_MAX, ECANCELED);
	if (handle->subreq == NULL) {
		remove_file(handle);
		talloc_free(handle);
	}
}

/* --- waiting for the disk ------------------------------------------------- */

static void save_cleanup(struct tevent_req *req, enum tevent_req_state how)
{
	struct save_state *state = tevent_req_data(req, struct save_state);

	(void)how;
	if (state->handle != NULL) {
		LIST_REMOVE(state->handle->waiters, state);
		state->handle = NULL;
	}
}

bool persistent_dirty(const struct open *open)
{
	const struct persistent_handle *handle = handle_of(open);

	return handle != NULL && handle->written != handle->wanted;
}

struct tevent_req *persistent_save_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct open *open)
{
	struct persistent_handle *handle = handle_of(open);
	struct save_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct save_state);

	if (req == NULL) {
		return NULL;
	}
	if (!persistent_dirty(open)) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	state->handle = handle;
	state->ev = ev;
	state->req = req;
	state->wanted = handle->wanted;
	LIST_ADD(handle->waiters, state);
	tevent_req_set_cleanup_fn(req, save_cleanup);
	write_now(handle);
	return req;
}

int persistent_save_recv(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;
	bool failed = tevent_req_is_error(req, &how, &err);

	tevent_req_received(req);
	if (!failed) {
		return 0;
	}
	return how == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

/* --- the end -------------------------------------------------------------- */

/* What no thread has written yet; one that is at it is waited for later. */
static void write_last(struct persistent_handle *handle)
{
	struct write_job *job = write_job_new(handle);

	if (job == NULL) {
		return;
	}
	write_run(&job->head);
	if (job->err != 0) {
		log_warn("%s: %s; the handle ends with the server",
			 handle->path, strerror(job->err));
	}
	write_release(&job->head);
}

/* Those whose owners would get them back if only the server went on. */
static void add_durable(struct persistent *all)
{
	size_t cursor = 0;
	struct open *open = idtable_next(all->server->opens, &cursor);

	while (open != NULL) {
		if (open->durable != NULL && open->durable->record == NULL &&
		    open->durable->lost == NULL && durable_may_be_kept(open)) {
			(void)persistent_add(open);
		}
		open = idtable_next(all->server->opens, &cursor);
	}
}

/* The opens go, and must neither take their records nor their files along. */
void persistent_keep(struct persistent *all)
{
	struct persistent_handle *handle = NULL;

	add_durable(all);
	for (handle = all->handles; handle != NULL; handle = handle->next) {
		struct open *open = handle->open;

		if (open == NULL || open->file == NULL ||
		    open->file->file == NULL) {
			continue;
		}
		if (handle->written != handle->wanted &&
		    handle->subreq == NULL) {
			write_last(handle);
		}
		open->file->delete_on_close = false;
		if (open->file->name->delete_pending) {
			file_delete_pending(open->file, false);
		}
		open->durable->record = NULL;
		handle->open = NULL;
		handle->there = false;
	}
}
