/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whoever asks reads for all what the kernel has to tell: each watch keeps its
 * own until it is taken. What it keeps is bounded, and so is what the kernel
 * keeps (fs.inotify.max_queued_events); beyond that the watch is lost, which
 * its owner hears.
 */

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "server/name_watch.h"
#include "smbquic/list.h"

#define BUFFER_SIZE 65536
#define MAX_KEPT    32768 /* names of a watch */
#define EVENTS \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)

/* linux/magic.h of older kernels lacks them. */
#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif
#ifndef F2FS_SUPER_MAGIC
#define F2FS_SUPER_MAGIC 0xF2F52010
#endif

struct name_event {
	struct name_event *next;
	bool came;
	char name[];
};

struct name_watch {
	struct name_watch *prev, *next;
	int wd;
	bool lost;
	struct name_event *first, **end;
	size_t kept;
};

/* All of the process. */
static struct {
	pthread_mutex_t
		mutex; /* of all that follows, and of what watches keep */
	int fd;	       /* -1: nobody watches */
	struct name_watch *watches;
	uint8_t buf[BUFFER_SIZE]
		__attribute__((aligned(__alignof__(struct inotify_event))));
} all = {.mutex = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* --- what is kept ------------------------------------------------------- */

static void forget(struct name_watch *watch)
{
	while (watch->first != NULL) {
		struct name_event *event = watch->first;

		watch->first = event->next;
		free(event);
	}
	watch->end = &watch->first;
	watch->kept = 0;
}

static void lose(struct name_watch *watch)
{
	forget(watch);
	watch->lost = true;
}

static void keep(struct name_watch *watch, const char *name, bool came)
{
	size_t size = strlen(name) + 1;
	struct name_event *event = NULL;

	if (!watch->lost && watch->kept < MAX_KEPT) {
		event = malloc(sizeof(*event) + size);
	}
	if (event == NULL) {
		lose(watch);
		return;
	}
	event->next = NULL;
	event->came = came;
	memcpy(event->name, name, size);
	*watch->end = event;
	watch->end = &event->next;
	watch->kept++;
}

/* --- what is told ------------------------------------------------------- */

static void take_event(const struct inotify_event *event)
{
	const uint32_t came = IN_CREATE | IN_MOVED_TO;
	const uint32_t went = IN_DELETE | IN_MOVED_FROM;
	struct name_watch *watch = NULL;

	for (watch = all.watches; watch != NULL; watch = watch->next) {
		if ((event->mask & IN_Q_OVERFLOW) != 0) {
			lose(watch);
		} else if (watch->wd != event->wd) {
			continue;
		} else if ((event->mask & (IN_IGNORED | IN_UNMOUNT)) != 0) {
			lose(watch);
		} else if ((event->mask & (came | went)) != 0 &&
			   event->len > 0) {
			keep(watch, event->name, (event->mask & came) != 0);
		}
	}
}

static void read_all(void)
{
	ssize_t n = read(all.fd, all.buf, sizeof(all.buf));

	while (n > 0) {
		size_t at = 0;

		while (at < (size_t)n) {
			const struct inotify_event *event =
				(const void *)(all.buf + at);

			take_event(event);
			at += sizeof(*event) + event->len;
		}
		n = read(all.fd, all.buf, sizeof(all.buf));
	}
}

/* --- for others --------------------------------------------------------- */

bool name_watch_local_type(const struct statfs *fs)
{
	/* f_type's own type differs from machine to machine */
	switch ((uint32_t)fs->f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC: return true;
	default: return false;
	}
}

bool name_watch_local(int dirfd)
{
	struct statfs fs = {0};

	return fstatfs(dirfd, &fs) == 0 && name_watch_local_type(&fs);
}

static int start(struct name_watch *watch, int dirfd)
{
	char path[32];

	if (all.fd == -1) {
		all.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	}
	if (all.fd == -1) {
		return errno;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dirfd);
	watch->wd = inotify_add_watch(all.fd, path, EVENTS);
	return watch->wd == -1 ? errno : 0;
}

/* The last one takes the instance along. */
static void stop_unused(void)
{
	if (all.watches == NULL && all.fd != -1) {
		close(all.fd);
		all.fd = -1;
	}
}

struct name_watch *name_watch_new(int dirfd)
{
	struct name_watch *watch = calloc(1, sizeof(*watch));
	int err = 0;

	if (watch == NULL) {
		return NULL;
	}
	watch->end = &watch->first;
	pthread_mutex_lock(&all.mutex);
	if (all.fd != -1) {
		read_all(); /* what came before is for the others */
	}
	err = start(watch, dirfd);
	if (err == 0) {
		LIST_ADD(all.watches, watch);
	} else {
		stop_unused();
	}
	pthread_mutex_unlock(&all.mutex);
	if (err != 0) {
		free(watch);
		errno = err;
		return NULL;
	}
	return watch;
}

/* Two of one directory have one descriptor. */
static bool has_wd(int wd)
{
	const struct name_watch *watch = all.watches;

	while (watch != NULL && watch->wd != wd) {
		watch = watch->next;
	}
	return watch != NULL;
}

void name_watch_free(struct name_watch *watch)
{
	if (watch == NULL) {
		return;
	}
	pthread_mutex_lock(&all.mutex);
	LIST_REMOVE(all.watches, watch);
	if (!has_wd(watch->wd)) {
		(void)inotify_rm_watch(all.fd, watch->wd);
	}
	stop_unused();
	pthread_mutex_unlock(&all.mutex);
	forget(watch);
	free(watch);
}

bool name_watch_take(struct name_watch *watch, name_watch_fn fn,
		     void *private_data, bool *any)
{
	struct name_event *event = NULL;
	bool lost = false;

	pthread_mutex_lock(&all.mutex);
	read_all();
	event = watch->first;
	watch->first = NULL;
	watch->end = &watch->first;
	watch->kept = 0;
	lost = watch->lost;
	pthread_mutex_unlock(&all.mutex);
	*any = event != NULL;
	while (event != NULL) {
		struct name_event *next = event->next;

		fn(event->name, event->came, private_data);
		free(event);
		event = next;
	}
	return !lost;
}
