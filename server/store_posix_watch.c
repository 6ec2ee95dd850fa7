/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watching directories by inotify(7): one instance a store.
 *
 * The kernel knows a directory by its watch descriptor, however many of our
 * watches are interested; a `spot` says which watch, and where below its own
 * directory that is. A tree is walked by a thread, with the user's rights;
 * directories that come later are walked when they are told of.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/smb2.h"

#define MAX_SPOTS   8192 /* of a store */
#define BUFFER_SIZE 65536

#define WHAT_MODIFY (FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE)
/* Windows archives what is moved; names may be reused (tunneling). Who hears
 * of the name hears of no more. */
#define WHAT_RENAMED \
	(FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_CREATION)
#define WHAT_ATTRIB                                                      \
	(FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_LAST_WRITE | \
	 FILE_NOTIFY_CHANGE_LAST_ACCESS | FILE_NOTIFY_CHANGE_CREATION |  \
	 FILE_NOTIFY_CHANGE_EA | FILE_NOTIFY_CHANGE_SECURITY)

struct spot {
	struct spot *next, **prev; /* of the instance */
	struct store_watch *watch;
	int wd;
	char *below; /* path on disk from the watch's directory; "" itself */
};

struct posix_inotify {
	int fd;
	struct tevent_fd *fde;
	struct spot *spots;
	size_t num_spots;
	struct store_watch *watches;
	unsigned walks; /* under way */
	uint8_t *buf;
};

struct store_watch {
	struct store_watch *next, **prev;
	struct tevent_context *ev;
	struct store *store;
	struct posix_inotify *inotify;
	struct posix_handle *handle;
	bool tree;
	store_watch_fn fn;
	void *private_data;
	bool *freed; /* set while it is told something */
};

/* --- spots -------------------------------------------------------------- */

static int spot_destructor(struct spot *spot)
{
	struct posix_inotify *inotify = spot->watch->inotify;
	const struct spot *other = NULL;

	*spot->prev = spot->next;
	if (spot->next != NULL) {
		spot->next->prev = spot->prev;
	}
	inotify->num_spots--;
	for (other = inotify->spots; other != NULL; other = other->next) {
		if (other->wd == spot->wd) {
			return 0;
		}
	}
	(void)inotify_rm_watch(inotify->fd, spot->wd);
	return 0;
}

static int spot_add(struct store_watch *watch, int wd, const char *below)
{
	struct posix_inotify *inotify = watch->inotify;
	struct spot *spot = NULL;

	for (spot = inotify->spots; spot != NULL; spot = spot->next) {
		if (spot->wd == wd && spot->watch == watch) {
			return 0;
		}
	}
	spot = talloc_zero(watch, struct spot);
	if (spot == NULL) {
		return ENOMEM;
	}
	spot->below = talloc_strdup(spot, below);
	if (spot->below == NULL) {
		talloc_free(spot);
		return ENOMEM;
	}
	spot->watch = watch;
	spot->wd = wd;
	spot->next = inotify->spots;
	spot->prev = &inotify->spots;
	if (spot->next != NULL) {
		spot->next->prev = &spot->next;
	}
	inotify->spots = spot;
	inotify->num_spots++;
	talloc_set_destructor(spot, spot_destructor);
	return 0;
}

/* All of a watch that lie at or below a path: it was moved away. */
static void spots_drop(struct store_watch *watch, const char *below)
{
	size_t len = strlen(below);
	struct spot *spot = watch->inotify->spots;

	while (spot != NULL) {
		struct spot *next = spot->next;

		if (spot->watch == watch &&
		    strncmp(spot->below, below, len) == 0 &&
		    (spot->below[len] == '\0' || spot->below[len] == '/')) {
			talloc_free(spot);
		}
		spot = next;
	}
}

static void spots_drop_all(struct store_watch *watch)
{
	struct spot *spot = watch->inotify->spots;

	while (spot != NULL) {
		struct spot *next = spot->next;

		if (spot->watch == watch) {
			talloc_free(spot);
		}
		spot = next;
	}
}

/* --- telling ------------------------------------------------------------ */

/* false: the watch is gone. */
static bool tell(struct store_watch *watch, enum store_event_kind kind,
		 uint32_t what, const char *below, const char *name)
{
	char local[POSIX_PATH_SIZE];
	char client[3 * POSIX_PATH_SIZE];
	struct store_event event = {
		.kind = kind,
		.what = what,
		.unless =
			what == WHAT_RENAMED ? FILE_NOTIFY_CHANGE_FILE_NAME : 0,
		.path = client};
	bool freed = false;
	int n = snprintf(local, sizeof(local), "%s%s%s", below,
			 *below != '\0' && *name != '\0' ? "/" : "", name);

	if (n < 0 || (size_t)n >= sizeof(local) ||
	    (*watch->handle->local == '\0' && posix_depot_reserved(local)) ||
	    !posix_path_to_client(local, client, sizeof(client))) {
		return true;
	}
	watch->freed = &freed;
	watch->fn(&event, watch->private_data);
	if (!freed) {
		watch->freed = NULL;
	}
	return !freed;
}

/* The request of a walk: child of its watch. */
struct walking {
	struct store_watch *watch;
	struct posix_job *job;
	bool news; /* what is found was not told of yet */
};

static void walk_done(struct tevent_req *subreq)
{
	struct walking *walking =
		tevent_req_callback_data(subreq, struct walking);
	struct store_watch *watch = walking->watch;
	struct posix_walked *walked = walking->job->out;
	const char *top = NULL;
	bool overflow = worker_submit_recv(subreq) != 0 || walking->job->more;
	bool alive = true;

	walking->job->out = NULL;
	top = walked != NULL ? walked->below : "";
	for (struct posix_walked *w = walked; w != NULL && alive; w = w->next) {
		if (w->wd != -1 && spot_add(watch, w->wd, w->below) != 0) {
			overflow = true;
		}
		if (walking->news && strcmp(w->below, top) != 0) {
			alive = tell(watch, STORE_EVENT_ADDED,
				     w->directory
					     ? FILE_NOTIFY_CHANGE_DIR_NAME
					     : FILE_NOTIFY_CHANGE_FILE_NAME,
				     w->below, "");
		}
	}
	if (alive && overflow) {
		alive = tell(watch, STORE_EVENT_OVERFLOW, 0, "", "");
	}
	if (alive) {
		talloc_free(walking);
	}
	posix_walk_free(walked);
}

/* While a tree is walked nothing is read: an event of a directory that the walk
 * has just come to would be of one that is not known yet, and lost. */
static int walking_destructor(struct walking *walking)
{
	struct posix_inotify *inotify = walking->watch->inotify;

	inotify->walks--;
	if (inotify->walks == 0) {
		TEVENT_FD_READABLE(inotify->fde);
	}
	return 0;
}

static void walking_began(struct walking *walking)
{
	struct posix_inotify *inotify = walking->watch->inotify;

	inotify->walks++;
	TEVENT_FD_NOT_READABLE(inotify->fde);
	talloc_set_destructor(walking, walking_destructor);
}

static void walk_job_release(struct worker_job *base)
{
	struct posix_job *job = (struct posix_job *)base;

	posix_walk_free(job->out);
	job->out = NULL;
	close((int)job->len);
	posix_job_release(base);
}

static void walk_start(struct store_watch *watch, const char *below, bool news)
{
	struct posix_store *posix = posix_store_of(watch->store);
	struct posix_job *job =
		posix_job_alloc(watch->store, watch->handle, posix_do_walk);
	struct walking *walking = talloc_zero(watch, struct walking);
	struct tevent_req *subreq = NULL;
	/* Its own: the walk may go on when the watch and the store are gone. */
	int fd = fcntl(watch->inotify->fd, F_DUPFD_CLOEXEC, 0);

	if (job == NULL || walking == NULL || fd == -1 ||
	    !posix_job_string(&job->path, below)) {
		if (fd != -1) {
			close(fd);
		}
		if (job != NULL) {
			job->job.release(&job->job);
		}
		talloc_free(walking);
		return;
	}
	job->job.release = walk_job_release;
	job->len = (size_t)fd;
	job->max = MAX_SPOTS > watch->inotify->num_spots
			   ? MAX_SPOTS - watch->inotify->num_spots
			   : 0;
	walking->watch = watch;
	walking->job = job;
	walking->news = news;
	subreq = worker_submit_send(walking, watch->ev, posix->lane, &job->job);
	if (subreq == NULL) {
		talloc_free(walking);
		return;
	}
	walking_began(walking);
	tevent_req_set_callback(subreq, walk_done, walking);
}

/* --- events of the kernel ----------------------------------------------- */

/* What one event means to one spot; `pair` of a rename in one directory. */
static bool spot_event(struct store_watch *watch, const char *below,
		       const struct inotify_event *event,
		       const struct inotify_event *pair)
{
	bool directory = (event->mask & IN_ISDIR) != 0;
	uint32_t what = directory ? FILE_NOTIFY_CHANGE_DIR_NAME
				  : FILE_NOTIFY_CHANGE_FILE_NAME;

	if ((event->mask & IN_MOVED_FROM) != 0 && pair != NULL) {
		return tell(watch, STORE_EVENT_RENAMED_FROM, what, below,
			    event->name) &&
		       tell(watch, STORE_EVENT_RENAMED_TO, what, below,
			    pair->name) &&
		       (directory || tell(watch, STORE_EVENT_MODIFIED,
					  WHAT_RENAMED, below, pair->name));
	}
	if ((event->mask & IN_MOVED_TO) != 0 && !directory) {
		return tell(watch, STORE_EVENT_ADDED, what, below,
			    event->name) &&
		       tell(watch, STORE_EVENT_MODIFIED, WHAT_RENAMED, below,
			    event->name);
	}
	if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
		return tell(watch, STORE_EVENT_ADDED, what, below, event->name);
	}
	if ((event->mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
		return tell(watch, STORE_EVENT_REMOVED, what, below,
			    event->name);
	}
	if ((event->mask & IN_MODIFY) != 0) {
		return tell(watch, STORE_EVENT_MODIFIED, WHAT_MODIFY, below,
			    event->name);
	}
	if ((event->mask & IN_ATTRIB) != 0 && event->len > 0) {
		return tell(watch, STORE_EVENT_MODIFIED, WHAT_ATTRIB, below,
			    event->name);
	}
	if ((event->mask & (IN_DELETE_SELF | IN_UNMOUNT)) != 0 &&
	    *below == '\0') {
		return tell(watch, STORE_EVENT_GONE, 0, "", "");
	}
	return true;
}

/* The watch's own picture of its tree. */
static void tree_changed(struct store_watch *watch, const char *below,
			 const struct inotify_event *event, const char *name)
{
	char path[POSIX_PATH_SIZE];
	int n = snprintf(path, sizeof(path), "%s%s%s", below,
			 *below != '\0' ? "/" : "", name);

	if (!watch->tree || (event->mask & IN_ISDIR) == 0 || n < 0 ||
	    (size_t)n >= sizeof(path)) {
		return;
	}
	if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
		walk_start(watch, path, (event->mask & IN_CREATE) != 0);
	}
	if ((event->mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
		spots_drop(watch, path);
	}
}

struct hit {
	struct store_watch *watch;
	char *below;
};

/* Who is interested in a descriptor, copied since telling changes lists. A
 * watch that goes away while others are told takes its hits with it. */
static struct hit *find_hits(TALLOC_CTX *mem_ctx,
			     const struct posix_inotify *inotify, int wd,
			     size_t *count)
{
	const struct spot *spot = NULL;
	struct hit *hits = NULL;

	*count = 0;
	for (spot = inotify->spots; spot != NULL; spot = spot->next) {
		*count += spot->wd == wd;
	}
	hits = talloc_zero_array(mem_ctx, struct hit, *count + 1);
	*count = 0;
	for (spot = inotify->spots; spot != NULL && hits != NULL;
	     spot = spot->next) {
		if (spot->wd == wd) {
			hits[*count].watch = spot->watch;
			hits[*count].below = talloc_strdup(hits, spot->below);
			*count += hits[*count].below != NULL;
		}
	}
	return hits;
}

static bool watch_alive(const struct posix_inotify *inotify,
			const struct store_watch *watch)
{
	const struct store_watch *w = inotify->watches;

	while (w != NULL && w != watch) {
		w = w->next;
	}
	return w != NULL;
}

static void dispatch(struct posix_inotify *inotify,
		     const struct inotify_event *event,
		     const struct inotify_event *pair)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	size_t count = 0;
	size_t i = 0;
	struct hit *hits = find_hits(frame, inotify, event->wd, &count);

	for (i = 0; hits != NULL && i < count; i++) {
		struct store_watch *watch = hits[i].watch;

		if (!watch_alive(inotify, watch)) {
			continue;
		}
		tree_changed(watch, hits[i].below, event, event->name);
		if (pair != NULL) {
			tree_changed(watch, hits[i].below, pair, pair->name);
		}
		(void)spot_event(watch, hits[i].below, event, pair);
	}
	talloc_free(frame);
}

static void overflow(struct posix_inotify *inotify)
{
	struct store_watch *watch = inotify->watches;

	while (watch != NULL) {
		struct store_watch *next = watch->next;

		(void)tell(watch, STORE_EVENT_OVERFLOW, 0, "", "");
		/* Telling may have ended others. */
		watch = watch_alive(inotify, next) ? next : NULL;
	}
}

static void inotify_handler(struct tevent_context *ev, struct tevent_fd *fde,
			    uint16_t flags, void *private_data)
{
	struct posix_inotify *inotify =
		talloc_get_type_abort(private_data, struct posix_inotify);
	ssize_t n = read(inotify->fd, inotify->buf, BUFFER_SIZE);
	size_t at = 0;

	(void)ev;
	(void)fde;
	(void)flags;
	while (n > 0 && at < (size_t)n) {
		const struct inotify_event *event =
			(const void *)(inotify->buf + at);
		const struct inotify_event *next = NULL;

		at += sizeof(*event) + event->len;
		if (at < (size_t)n) {
			next = (const void *)(inotify->buf + at);
		}
		if ((event->mask & IN_Q_OVERFLOW) != 0) {
			overflow(inotify);
			continue;
		}
		/* The kernel puts the two halves of a rename together. */
		if ((event->mask & IN_MOVED_FROM) != 0 && next != NULL &&
		    (next->mask & IN_MOVED_TO) != 0 &&
		    next->cookie == event->cookie && next->wd == event->wd) {
			at += sizeof(*next) + next->len;
			dispatch(inotify, event, next);
			continue;
		}
		dispatch(inotify, event, NULL);
	}
}

/* --- streams, which the kernel does not tell of ------------------------- */

/* NULL: it is not in what is watched. */
static const char *below_watch(const struct store_watch *watch,
			       const char *local)
{
	const char *dir = watch->handle->local;
	size_t len = strlen(dir);

	if (len > 0) {
		if (strncmp(local, dir, len) != 0 || local[len] != '/') {
			return NULL;
		}
		local += len + 1;
	}
	return watch->tree || strchr(local, '/') == NULL ? local : NULL;
}

/* false: the watch is gone. */
static bool tell_stream(struct store_watch *watch, const char *local,
			enum store_event_kind kind, const char *stream)
{
	char client[3 * POSIX_PATH_SIZE];
	const struct store_event event = {
		.kind = kind,
		.what = kind == STORE_EVENT_STREAM_MODIFIED
				? FILE_NOTIFY_CHANGE_STREAM_SIZE |
					  FILE_NOTIFY_CHANGE_STREAM_WRITE
				: FILE_NOTIFY_CHANGE_STREAM_NAME,
		.path = client,
	};
	bool freed = false;
	size_t len = 0;

	if (!posix_path_to_client(local, client, sizeof(client))) {
		return true;
	}
	len = strlen(client);
	snprintf(client + len, sizeof(client) - len, ":%s", stream);
	watch->freed = &freed;
	watch->fn(&event, watch->private_data);
	if (!freed) {
		watch->freed = NULL;
	}
	return !freed;
}

void posix_watch_streams(const struct posix_job *job)
{
	const struct posix_inotify *inotify =
		posix_store_of(job->store)->inotify;
	struct store_watch *watch = inotify != NULL ? inotify->watches : NULL;

	while (watch != NULL) {
		struct store_watch *next = watch->next;
		const char *local = below_watch(watch, job->told);
		unsigned i = 0;

		while (local != NULL && i < job->num_events &&
		       tell_stream(watch, local, job->events[i].kind,
				   job->events[i].stream)) {
			i++;
		}
		watch = next;
	}
}

/* --- making ------------------------------------------------------------- */

static int posix_inotify_destructor(struct posix_inotify *inotify)
{
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
	inotify->buf = talloc_array(inotify, uint8_t, BUFFER_SIZE);
	inotify->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify->buf == NULL || inotify->fd == -1) {
		int err = inotify->fd == -1 ? errno : ENOMEM;

		talloc_free(inotify);
		return err;
	}
	talloc_set_destructor(inotify, posix_inotify_destructor);
	inotify->fde = tevent_add_fd(ev, inotify, inotify->fd, TEVENT_FD_READ,
				     inotify_handler, inotify);
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
	spots_drop_all(watch);
	*watch->prev = watch->next;
	if (watch->next != NULL) {
		watch->next->prev = watch->prev;
	}
	posix_handle_leave(watch->handle);
	return 0;
}

int posix_watch(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		struct store_file *dir, bool tree, store_watch_fn fn,
		void *private_data, struct store_watch **out)
{
	struct posix_store *posix = posix_store_of(dir->store);
	struct posix_handle *handle = dir->data->handle;
	struct store_watch *watch = NULL;
	int err = inotify_get(posix, ev);
	int wd = -1;

	if (err != 0) {
		return err == EMFILE ? ENOSPC : err;
	}
	wd = inotify_add_watch(posix->inotify->fd, posix_proc(handle->fd).path,
			       POSIX_WATCH_EVENTS);
	if (wd == -1) {
		return errno;
	}
	watch = talloc_zero(mem_ctx, struct store_watch);
	if (watch == NULL) {
		return ENOMEM;
	}
	watch->ev = ev;
	watch->store = dir->store;
	watch->inotify = posix->inotify;
	watch->handle = posix_handle_keep(handle);
	watch->tree = tree;
	watch->fn = fn;
	watch->private_data = private_data;
	watch->next = posix->inotify->watches;
	watch->prev = &posix->inotify->watches;
	if (watch->next != NULL) {
		watch->next->prev = &watch->next;
	}
	posix->inotify->watches = watch;
	talloc_set_destructor(watch, store_watch_destructor);
	err = spot_add(watch, wd, "");
	if (err != 0) {
		talloc_free(watch);
		return err;
	}
	if (tree) {
		walk_start(watch, "", false);
	}
	*out = watch;
	return 0;
}
