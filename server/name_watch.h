/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * name_watch.h - which names come and go in directories, for who keeps lists of
 * them (store_posix_cache.c).
 *
 * One inotify(7) instance of the process for all: there are few (128 for each
 * user, fs.inotify.max_user_instances), and shares may be many. Any thread may
 * call; a watch itself is one caller's at a time.
 *
 * What a program on this machine does to a directory is told before its system
 * call is over; what others do to a file system of theirs is not: see
 * name_watch_local().
 */
#ifndef SERVER_NAME_WATCH_H
#define SERVER_NAME_WATCH_H

#include <stdbool.h>

struct name_watch;
struct statfs;

/** Is all that happens in that directory told here? Not where others have the
 *  file system, too, or it is made up. fd of any kind. */
bool name_watch_local(int dirfd);
/** The same of what statfs(2) says of a file system. */
bool name_watch_local_type(const struct statfs *fs);

/**
 * From now on. The calling thread's user must be allowed to list it.
 * @param dirfd  of any kind; stays the caller's.
 * @return plain memory, to be given to name_watch_free(); NULL with errno:
 *         no memory, or the system's limits.
 */
struct name_watch *name_watch_new(int dirfd);
void name_watch_free(struct name_watch *watch);

/** A name that came, or went. */
typedef void (*name_watch_fn)(const char *name, bool came, void *private_data);

/**
 * What happened since it was called last, in that order.
 * @param any  out: whether something did.
 * @return false: not all of it is known (and nothing was told); from now on
 *         there may be no more: free it.
 */
bool name_watch_take(struct name_watch *watch, name_watch_fn fn,
		     void *private_data, bool *any);

#endif
