/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel tells of directories that are watched, and of what that is
 * told to the watches. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "server/store_posix_watch.h"
#include "smbquic/smb2.h"

/* Windows archives what is moved; names may be reused (tunneling). Who hears
 * of the name hears of no more. */
#define WHAT_RENAMED \
	(FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_CREATION)
#define WHAT_MODIFY (FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE)
#define WHAT_ATTRIB                                                      \
	(FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_LAST_WRITE | \
	 FILE_NOTIFY_CHANGE_LAST_ACCESS | FILE_NOTIFY_CHANGE_CREATION |  \
	 FILE_NOTIFY_CHANGE_EA | FILE_NOTIFY_CHANGE_SECURITY)

/* Buffers to read at a time: the kernel keeps 16,384 events. */
#define MAX_CATCH_UP 64

#define NAME_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

bool posix_watch_tell(struct store_watch *watch, enum store_event_kind kind,
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

	if ((watch->gone && kind != STORE_EVENT_GONE) || n < 0 ||
	    (size_t)n >= sizeof(local) ||
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

/* What one event means to one spot; `pair` of a rename in one directory. */
static bool spot_event(struct store_watch *watch, const char *below,
		       const struct inotify_event *event,
		       const struct inotify_event *pair)
{
	bool directory = (event->mask & IN_ISDIR) != 0;
	uint32_t what = directory ? FILE_NOTIFY_CHANGE_DIR_NAME
				  : FILE_NOTIFY_CHANGE_FILE_NAME;

	if ((event->mask & IN_MOVED_FROM) != 0 && pair != NULL) {
		return posix_watch_tell(watch, STORE_EVENT_RENAMED_FROM, what,
					below, event->name) &&
		       posix_watch_tell(watch, STORE_EVENT_RENAMED_TO, what,
					below, pair->name) &&
		       (directory ||
			posix_watch_tell(watch, STORE_EVENT_MODIFIED,
					 WHAT_RENAMED, below, pair->name));
	}
	if ((event->mask & IN_MOVED_TO) != 0 && !directory) {
		return posix_watch_tell(watch, STORE_EVENT_ADDED, what, below,
					event->name) &&
		       posix_watch_tell(watch, STORE_EVENT_MODIFIED,
					WHAT_RENAMED, below, event->name);
	}
	if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
		return posix_watch_tell(watch, STORE_EVENT_ADDED, what, below,
					event->name);
	}
	if ((event->mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
		return posix_watch_tell(watch, STORE_EVENT_REMOVED, what, below,
					event->name);
	}
	if ((event->mask & IN_MODIFY) != 0) {
		return posix_watch_tell(watch, STORE_EVENT_MODIFIED,
					WHAT_MODIFY, below, event->name);
	}
	if ((event->mask & IN_ATTRIB) != 0 && event->len > 0) {
		return posix_watch_tell(watch, STORE_EVENT_MODIFIED,
					WHAT_ATTRIB, below, event->name);
	}
	if ((event->mask & (IN_DELETE_SELF | IN_UNMOUNT)) != 0 &&
	    *below == '\0') {
		return posix_watch_gone(watch);
	}
	return true;
}

/* The watch's own picture of its tree. */
static void tree_changed(struct store_watch *watch, const char *below,
			 const struct inotify_event *event, const char *name)
{
	char path[POSIX_PATH_SIZE];
	int n = 0;

	/* Without a length there is no name, not even an empty one. */
	if (!watch->tree || (event->mask & IN_ISDIR) == 0 || event->len == 0) {
		return;
	}
	n = snprintf(path, sizeof(path), "%s%s%s", below,
		     *below != '\0' ? "/" : "", name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		return;
	}
	if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
		posix_watch_came(watch, path, (event->mask & IN_CREATE) != 0);
	}
	if ((event->mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
		posix_spots_drop(watch, path);
	}
}

/* Something was moved or removed where its directory lies, or has taken its
 * place: by which name that lies there now is not known. */
static void parent_event(struct store_watch *watch,
			 const struct inotify_event *event)
{
	if ((event->mask & IN_ISDIR) != 0 &&
	    (event->mask & (IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0) {
		posix_watch_look(watch);
	}
}

struct hit {
	struct store_watch *watch;
	bool parent;
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
	for (spot = posix_spots_of(inotify, wd); spot != NULL;
	     spot = spot->next) {
		*count += spot->wd == wd;
	}
	hits = talloc_zero_array(mem_ctx, struct hit, *count + 1);
	*count = 0;
	for (spot = posix_spots_of(inotify, wd); spot != NULL && hits != NULL;
	     spot = spot->next) {
		if (spot->wd == wd) {
			hits[*count].watch = spot->watch;
			hits[*count].parent = spot->parent;
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

/* 0, or errno. A directory above it may have been moved, of which its own
 * descriptors say nothing. Where it is now, it was when all that was read
 * happened, or it came back. */
static int look_inside(struct store_watch *watch)
{
	const struct posix_inotify *inotify = watch->inotify;
	int err = 0;

	if (watch->inside_at != inotify->reads) {
		err = posix_inside_by_path(watch->handle->root,
					   watch->handle->fd);
	}
	if (err == 0) {
		watch->inside_at = inotify->reads;
	}
	return err;
}

/* The kernel tells by descriptor, which others may have had before this watch.
 * A change of a file that was told of as well may be the same event to it, and
 * is told. */
static bool is_older(const struct store_watch *watch,
		     const struct inotify_event *event)
{
	return watch->inotify->event < watch->begins &&
	       (event->mask & NAME_EVENTS) != 0;
}

/* One event, or a pair, for one of its spots. */
static void tell_watch(struct store_watch *watch, const char *below,
		       const struct inotify_event *event,
		       const struct inotify_event *pair)
{
	int err = 0;

	if (is_older(watch, event)) {
		return;
	}
	err = look_inside(watch);
	if (err != 0 && err != ENAMETOOLONG) {
		(void)posix_watch_gone(watch);
		return;
	}
	tree_changed(watch, below, event, event->name);
	if (pair != NULL) {
		tree_changed(watch, below, pair, pair->name);
	}
	if (err == ENAMETOOLONG) {
		/* no event waits for a disk: that there was one will do */
		watch->unsure = true;
		posix_watch_look(watch);
		return;
	}
	(void)spot_event(watch, below, event, pair);
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
		if (hits[i].parent) {
			parent_event(watch, event);
			continue;
		}
		tell_watch(watch, hits[i].below, event, pair);
	}
	talloc_free(frame);
}

static void overflow(struct posix_inotify *inotify)
{
	struct store_watch *watch = inotify->watches;

	while (watch != NULL) {
		struct store_watch *next = watch->next;

		posix_watch_look(watch);
		(void)posix_watch_tell(watch, STORE_EVENT_OVERFLOW, 0, "", "");
		/* Telling may have ended others. */
		watch = watch_alive(inotify, next) ? next : NULL;
	}
}

/* @return whether there was anything. */
static bool read_events(struct posix_inotify *inotify)
{
	ssize_t n = read(inotify->fd, inotify->buf, POSIX_INOTIFY_BUFFER);
	uint64_t begin = inotify->read;
	size_t at = 0;

	if (n <= 0) {
		return false;
	}
	inotify->reads++;
	inotify->read += (size_t)n;
	while (at < (size_t)n) {
		const struct inotify_event *event =
			(const void *)(inotify->buf + at);
		const struct inotify_event *next = NULL;

		inotify->event = begin + at;
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
	return true;
}

void posix_inotify_handler(struct tevent_context *ev, struct tevent_fd *fde,
			   uint16_t flags, void *private_data)
{
	(void)ev;
	(void)fde;
	(void)flags;
	read_events(talloc_get_type_abort(private_data, struct posix_inotify));
}

uint64_t posix_inotify_end(const struct posix_inotify *inotify)
{
	int waits = 0;

	if (ioctl(inotify->fd, FIONREAD, &waits) != 0) {
		waits = 0;
	}
	return inotify->read + (unsigned)waits;
}

/* Not while a tree is walked. */
void posix_watch_catch_up(struct posix_store *posix)
{
	struct posix_inotify *inotify = posix->inotify;
	unsigned i = 0;

	while (inotify != NULL && inotify->quiet == 0 && i < MAX_CATCH_UP &&
	       read_events(inotify)) {
		i++;
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
	if (*local == '\0') {
		return NULL; /* its own: whoever watches what it lies in */
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

	if (watch->gone ||
	    !posix_path_to_client(local, client, sizeof(client))) {
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
