/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beginning to watch a directory, or a tree of them. A thread asks the kernel:
 * it looks at the directory, and that may take as long as the disk pleases.
 * What is asked of the store meanwhile, and changes something, waits
 * (store_posix_hold.c), so that it is told; but not for long: then it goes on,
 * and the watch begins with having missed something.
 *
 * While a tree is walked nothing is read: an event of a directory that the walk
 * has just come to would be of one that is not known yet, and lost. That, too,
 * not for long: a tree that took longer is walked again.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "server/store_posix_watch.h"
#include "smbquic/alarm.h"
#include "smbquic/list.h"
#include "smbquic/smb2.h"

#define GRACE_MS  10 /* the loop may have been late itself */
#define MAX_WALKS 3  /* of a slow tree */
#define MAX_VOID  50 /* of what was taken back each time */

/* A thread at work on a watch: child of that. */
struct walking {
	struct store_watch *watch;
	struct posix_job *job;
	struct store_call *call; /* of a new watch; NULL: it is told to all */
	struct posix_barrier *barrier; /* NULL: nobody waits any more */
	bool quiet;		       /* nothing is read */
	bool news;		       /* what is found was not told of yet */
	bool late; /* took longer than patience allows, if only once */
	bool grace;
	struct alarm *patience;
	unsigned walks;
	char *below;
};

static void walk_again(struct walking *walking);

/* --- what the loop waits for, and how long ------------------------------ */

static void read_again(struct walking *walking)
{
	struct posix_inotify *inotify = walking->watch->inotify;

	if (walking->quiet) {
		walking->quiet = false;
		inotify->quiet--;
		if (inotify->quiet == 0) {
			TEVENT_FD_READABLE(inotify->fde);
		}
	}
}

static void read_later(struct walking *walking)
{
	struct posix_inotify *inotify = walking->watch->inotify;

	if (walking->watch->tree && !walking->quiet) {
		walking->quiet = true;
		inotify->quiet++;
		TEVENT_FD_NOT_READABLE(inotify->fde);
	}
}

static int walking_destructor(struct walking *walking)
{
	read_again(walking);
	return 0;
}

static struct alarm *patience_new(struct walking *walking, unsigned ms);

static void patience_over(void *private_data)
{
	struct walking *walking =
		talloc_get_type_abort(private_data, struct walking);

	walking->patience = NULL;
	if (!walking->grace) {
		walking->grace = true;
		walking->patience = patience_new(walking, GRACE_MS);
		return;
	}
	walking->late = true;
	read_again(walking);
	TALLOC_FREE(walking->barrier);
}

static struct alarm *patience_new(struct walking *walking, unsigned ms)
{
	return alarm_add(walking->watch->ev, walking, ms, patience_over,
			 walking);
}

/* --- a walk ------------------------------------------------------------- */

static struct posix_walk_link *link_of(const struct posix_job *job)
{
	return job->in;
}

static void walk_job_release(struct worker_job *base)
{
	struct posix_job *job = (struct posix_job *)base;
	struct posix_walk_link *link = link_of(job);
	const struct posix_walked *walked = job->out;

	if (link->inotify != NULL) {
		LIST_REMOVE(link->inotify->links, link);
	}
	/* Nobody has taken what was found. */
	while (link->inotify != NULL && walked != NULL) {
		if (walked->wd != -1) {
			posix_spot_unused(link->inotify, walked->wd);
		}
		walked = walked->next;
	}
	close(link->fd);
	posix_walk_free(job->out);
	job->out = NULL;
	posix_job_release(base);
}

static struct posix_walk_link *link_new(struct posix_inotify *inotify)
{
	struct posix_walk_link *link = calloc(1, sizeof(*link));

	if (link == NULL) {
		return NULL;
	}
	link->fd = fcntl(inotify->fd, F_DUPFD_CLOEXEC, 0);
	if (link->fd == -1) {
		free(link);
		return NULL;
	}
	link->inotify = inotify;
	link->num_removed = inotify->num_removed;
	LIST_ADD(inotify->links, link);
	return link;
}

struct posix_job *posix_watch_job(struct store_watch *watch,
				  int (*run)(struct posix_job *),
				  const char *below)
{
	struct posix_inotify *inotify = watch->inotify;
	struct posix_job *job =
		posix_job_alloc(watch->store, watch->handle, run);

	if (job == NULL) {
		return NULL;
	}
	job->in = link_new(inotify);
	if (job->in == NULL) {
		posix_job_release(&job->job);
		return NULL;
	}
	job->job.release = walk_job_release;
	job->job.party = job->cred;
	job->tree = watch->tree;
	job->len = (size_t)link_of(job)->fd;
	job->max = POSIX_SPOTS_MAX > inotify->num_spots
			   ? POSIX_SPOTS_MAX - inotify->num_spots
			   : 0;
	if (!posix_job_string(&job->path, below)) {
		job->job.release(&job->job);
		return NULL;
	}
	return job;
}

static void walk_done(struct tevent_req *subreq);

/* false: no memory or no descriptor. */
static bool walk_start(struct walking *walking)
{
	struct store_watch *watch = walking->watch;
	struct posix_store *posix = posix_store_of(watch->store);
	struct tevent_req *subreq = NULL;

	walking->job = posix_watch_job(watch, posix_do_walk, walking->below);
	if (walking->job == NULL) {
		return false;
	}
	TALLOC_FREE(walking->patience);
	walking->grace = false;
	walking->patience = patience_new(walking, posix->patience_ms);
	subreq = worker_submit_send(walking, watch->ev, posix->lane,
				    &walking->job->job);
	if (walking->patience == NULL || subreq == NULL) {
		talloc_free(subreq);
		return false;
	}
	walking->walks++;
	read_later(walking);
	tevent_req_set_callback(subreq, walk_done, walking);
	return true;
}

static struct walking *walking_new(struct store_watch *watch, const char *below)
{
	struct walking *walking = talloc_zero(watch, struct walking);

	if (walking == NULL) {
		return NULL;
	}
	walking->watch = watch;
	walking->below = talloc_strdup(walking, below);
	if (walking->below == NULL) {
		talloc_free(walking);
		return NULL;
	}
	talloc_set_destructor(walking, walking_destructor);
	return walking;
}

bool posix_watch_void(const struct posix_job *job)
{
	const struct posix_walked *walked = job->out;

	while (walked != NULL &&
	       (walked->wd == -1 ||
		!posix_spot_removed(link_of(job), walked->wd))) {
		walked = walked->next;
	}
	return walked != NULL;
}

static bool add_spots(struct store_watch *watch,
		      const struct posix_walked *walked)
{
	bool all = true;

	while (walked != NULL) {
		if (walked->wd != -1 &&
		    posix_spot_add(watch, walked->wd, walked->parent,
				   walked->below) != 0) {
			all = false;
		}
		walked = walked->next;
	}
	return all;
}

/* false: the watch is gone. */
static bool tell_news(struct store_watch *watch,
		      const struct posix_walked *walked)
{
	const char *top = walked != NULL ? walked->below : "";
	bool alive = true;

	while (walked != NULL && alive) {
		if (strcmp(walked->below, top) != 0) {
			alive = posix_watch_tell(
				watch, STORE_EVENT_ADDED,
				walked->directory
					? FILE_NOTIFY_CHANGE_DIR_NAME
					: FILE_NOTIFY_CHANGE_FILE_NAME,
				walked->below, "");
		}
		walked = walked->next;
	}
	return alive;
}

static void walk_over(struct walking *walking, int err, bool missed)
{
	struct store_watch *watch = walking->watch;
	struct store_call *call = walking->call;
	bool gone = err == 0 && walking->job->gone;

	talloc_free(walking);
	if (gone && !posix_watch_gone(watch)) {
		return;
	}
	if (call != NULL) {
		call->watch = watch;
		call->more = missed;
		store_call_done(call, err);
	} else if (missed || err != 0) {
		(void)posix_watch_tell(watch, STORE_EVENT_OVERFLOW, 0, "", "");
	}
}

static void walk_done(struct tevent_req *subreq)
{
	struct walking *walking =
		tevent_req_callback_data(subreq, struct walking);
	struct store_watch *watch = walking->watch;
	struct posix_walked *walked = walking->job->out;
	int err = worker_submit_recv(subreq);
	bool late = walking->patience == NULL;
	bool missed = walking->late || walking->job->more;
	bool again = false;
	bool alive = true;

	if (err == 0) {
		err = walking->job->err;
	}
	if (err == 0 && posix_watch_void(walking->job)) {
		again = walking->walks < MAX_VOID;
		err = EAGAIN;
	} else if (err == 0 && late && watch->tree) {
		again = walking->walks < MAX_WALKS;
	}
	if (again) {
		talloc_free(subreq);
		walk_again(walking);
		return;
	}
	walking->job->out = NULL;
	missed = !add_spots(watch, walked) || missed;
	if (walking->news && !walking->job->gone) {
		alive = tell_news(watch, walked);
	}
	posix_walk_free(walked);
	if (alive) {
		walk_over(walking, err, missed);
	}
}

static void walk_again(struct walking *walking)
{
	if (!walk_start(walking)) {
		walk_over(walking, ENOMEM, true);
	}
}

void posix_watch_came(struct store_watch *watch, const char *below, bool news)
{
	struct walking *walking = walking_new(watch, below);

	if (walking == NULL) {
		return;
	}
	walking->news = news;
	/* what is made in it meanwhile would be found, and told of again */
	walking->barrier =
		posix_barrier_new(walking, posix_store_of(watch->store));
	if (walking->barrier == NULL || !walk_start(walking)) {
		talloc_free(walking);
	}
}

/* --- making ------------------------------------------------------------- */

static int posix_inotify_destructor(struct posix_inotify *inotify)
{
	while (inotify->links != NULL) {
		struct posix_walk_link *link = inotify->links;

		LIST_REMOVE(inotify->links, link);
		link->inotify = NULL;
	}
	TALLOC_FREE(inotify->fde);
	close(inotify->fd);
	return 0;
}

static int inotify_get(struct posix_store *posix, struct tevent_context *ev)
{
	struct posix_inotify *inotify = posix->inotify;

	if (inotify != NULL) {
		return 0;
	}
	inotify = talloc_zero(posix, struct posix_inotify);
	if (inotify == NULL) {
		return ENOMEM;
	}
	inotify->buf = talloc_array(inotify, uint8_t, POSIX_INOTIFY_BUFFER);
	inotify->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify->buf == NULL || inotify->fd == -1) {
		int err = inotify->fd == -1 ? errno : ENOMEM;

		talloc_free(inotify);
		return err;
	}
	talloc_set_destructor(inotify, posix_inotify_destructor);
	inotify->fde = tevent_add_fd(ev, inotify, inotify->fd, TEVENT_FD_READ,
				     posix_inotify_handler, inotify);
	if (inotify->fde == NULL) {
		talloc_free(inotify);
		return ENOMEM;
	}
	posix->inotify = inotify;
	return 0;
}

static int store_watch_destructor(struct store_watch *watch)
{
	if (watch->freed != NULL) {
		*watch->freed = true;
	}
	posix_spots_drop(watch, "");
	*watch->prev = watch->next;
	if (watch->next != NULL) {
		watch->next->prev = watch->prev;
	}
	posix_handle_leave(watch->handle);
	return 0;
}

static struct store_watch *watch_new(struct store_call *call,
				     struct store_file *dir)
{
	struct posix_inotify *inotify = posix_store_of(dir->store)->inotify;
	struct store_watch *watch = talloc_zero(call, struct store_watch);

	if (watch == NULL) {
		return NULL;
	}
	watch->ev = call->ev;
	watch->store = dir->store;
	watch->inotify = inotify;
	watch->begins = posix_inotify_end(inotify);
	watch->handle = posix_handle_keep(dir->data->handle);
	watch->next = inotify->watches;
	watch->prev = &inotify->watches;
	if (watch->next != NULL) {
		watch->next->prev = &watch->next;
	}
	inotify->watches = watch;
	talloc_set_destructor(watch, store_watch_destructor);
	return watch;
}

void posix_watch(struct store_call *call, struct store_file *dir, bool tree,
		 store_watch_fn fn, void *private_data)
{
	struct posix_store *posix = posix_store_of(dir->store);
	struct store_watch *watch = NULL;
	struct walking *walking = NULL;
	int err = inotify_get(posix, call->ev);

	if (err != 0) {
		store_call_done(call, err == EMFILE ? ENOSPC : err);
		return;
	}
	watch = watch_new(call, dir);
	if (watch != NULL) {
		watch->tree = tree;
		watch->fn = fn;
		watch->private_data = private_data;
		walking = walking_new(watch, "");
	}
	if (walking != NULL) {
		walking->call = call;
		walking->barrier = posix_barrier_new(walking, posix);
	}
	if (walking == NULL || walking->barrier == NULL ||
	    !walk_start(walking)) {
		talloc_free(watch);
		store_call_done(call, ENOMEM);
	}
}
