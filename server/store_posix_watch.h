/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_posix_watch.h - watching directories by inotify(7), one instance a
 * store; shared by
 *
 *	store_posix_watch.c   beginning to watch, and walking trees for that
 *	store_posix_spot.c    which directories are watched for whom
 *	store_posix_event.c   what the kernel tells
 *	store_posix_gone.c    that a watched directory was removed, or taken
 *			      out of the share
 *
 * The kernel knows a directory by its watch descriptor, however many of our
 * watches are interested; a `spot` says which watch, and where below its own
 * directory that is. Whatever asks the disk, a thread does: for the time that
 * takes there are descriptors that the loop does not know of yet.
 */
#ifndef SERVER_STORE_POSIX_WATCH_H
#define SERVER_STORE_POSIX_WATCH_H

#include "server/store_posix.h"

#define POSIX_SPOTS_MAX	     8192 /* of a store, by walks */
#define POSIX_SPOT_BUCKETS   1024
#define POSIX_REMOVED	     1024 /* descriptors remembered */
#define POSIX_INOTIFY_BUFFER 65536

struct spot {
	struct spot *prev, *next;	  /* of its bucket */
	struct spot *own_prev, *own_next; /* of its watch */
	struct store_watch *watch;
	int wd;
	bool parent; /* what the watch's directory lies in; below is "" */
	char *below; /* path on disk from the watch's directory; "" itself */
};

/** What a thread that adds descriptors has of the instance; plain memory. */
struct posix_walk_link {
	struct posix_walk_link *prev, *next;
	struct posix_inotify *inotify; /* NULL: gone; loop only */
	int fd; /* its own: it may go on when watch and store are gone */
	uint64_t num_removed; /* when it began */
};

struct posix_inotify {
	int fd;
	struct tevent_fd *fde;
	struct spot *buckets[POSIX_SPOT_BUCKETS]; /* by wd */
	size_t num_spots;
	struct store_watch *watches;
	unsigned quiet; /* walks for which nothing is read */
	uint64_t reads;
	uint64_t read;	/* bytes, in all */
	uint64_t event; /* of these, where the one that is told begins */
	struct posix_walk_link *links;
	int removed[POSIX_REMOVED]; /* the last, in a ring */
	uint64_t num_removed;
	uint8_t *buf;
};

struct store_watch {
	struct store_watch *next, **prev;
	struct tevent_context *ev;
	struct store *store;
	struct posix_inotify *inotify;
	struct posix_handle *handle;
	struct spot *spots;
	bool tree;
	bool gone;	    /* which was told */
	bool unsure;	    /* something happened, in the share or not */
	uint64_t inside_at; /* inotify->reads, when it was in the share */
	uint64_t begins;    /* at which of inotify's bytes */
	struct posix_watch_look *look; /* NULL: nobody looks whether it is */
	store_watch_fn fn;
	void *private_data;
	bool *freed; /* set while it is told something */
};

/* --- store_posix_spot.c */
/** The first that may be of that descriptor; the others by next. */
struct spot *posix_spots_of(const struct posix_inotify *inotify, int wd);
int posix_spot_add(struct store_watch *watch, int wd, bool parent,
		   const char *below);
/** All of a watch that lie at or below a path: it was moved away. "": all. */
void posix_spots_drop(struct store_watch *watch, const char *below);
/** What its directory lay in, but for that one. */
void posix_spots_leave(struct store_watch *watch, int wd);
/** The kernel need not watch it any more, if no spot is there. */
void posix_spot_unused(struct posix_inotify *inotify, int wd);
/** Was that one taken from the kernel since a thread began? It may have been
 *  what the thread was given. */
bool posix_spot_removed(const struct posix_walk_link *link, int wd);

/* --- store_posix_event.c */
/** false: the watch is gone. */
bool posix_watch_tell(struct store_watch *watch, enum store_event_kind kind,
		      uint32_t what, const char *below, const char *name);
void posix_inotify_handler(struct tevent_context *ev, struct tevent_fd *fde,
			   uint16_t flags, void *private_data);
/** Bytes to be read until all that has happened is told. */
uint64_t posix_inotify_end(const struct posix_inotify *inotify);

/* --- store_posix_watch.c */
/** A directory came to a tree. news: what is in it was not told of yet. */
void posix_watch_came(struct store_watch *watch, const char *below, bool news);
/** A job that gives descriptors in a list (store_posix.h). What of them no spot
 *  has when it is released, the kernel need not watch. NULL: no memory or no
 *  descriptor. */
struct posix_job *posix_watch_job(struct store_watch *watch,
				  int (*run)(struct posix_job *),
				  const char *below);
/** Was something of it taken back meanwhile, for another watch that ended? */
bool posix_watch_void(const struct posix_job *job);

/* --- store_posix_gone.c */
/** Has a thread look whether the directory is still there, and where. If it is,
 *  and something happened of which that was not known, that is told as an
 *  overflow: who watches looks for himself. */
void posix_watch_look(struct store_watch *watch);
/** It is not: that is told once. false: the watch is gone. */
bool posix_watch_gone(struct store_watch *watch);

#endif
