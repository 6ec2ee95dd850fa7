/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache_private.h - what the files of the cache know of each other.
 *
 *	cache.c         its life; leases that are taken down; who waits
 *	cache_extent.c  bytes of the file, in pieces that do not overlap
 *	cache_read.c    reading, ahead of the program
 *	cache_write.c   writing, behind it
 */
#ifndef CLIENT_CACHE_PRIVATE_H
#define CLIENT_CACHE_PRIVATE_H

#include <sys/queue.h>

#include "client/cache.h"
#include "client/client_req.h"

/* Most bytes of one extent, and of one READ or WRITE. */
#define CACHE_PIECE (1024 * 1024)
/* A read that is not in order brings at least so many. */
#define CACHE_LEAST (16 * 1024)
/* Of shorter ones no more are kept, since all are searched. */
#define CACHE_SHORT_MOST 64

/* -------------------------------------------------------- cache_extent.c */

/*
 * Bytes of the file. Clean ones are as on the server (while busy, they are
 * being read); dirty ones wait to be written (while busy, they are being
 * written, and do not change any more).
 */
struct cache_extent {
	TAILQ_ENTRY(cache_extent) entry; /* the one used last first */
	struct client_cache *cache;
	uint64_t offset;
	size_t len;
	size_t room; /* of data, when dirty */
	bool dirty;
	bool busy;
	bool stale;	      /* while busy: of no use when it comes */
	size_t written;	      /* of a dirty one, so far */
	unsigned forgets;     /* of the cache, when its writing began */
	const uint8_t *bytes; /* NULL: not here yet */
	uint8_t *data;	      /* the same, of a dirty one; a child */
	struct tevent_req *req;
};

TAILQ_HEAD(cache_extents, cache_extent);

/** With counters; the list owns it. NULL: out of memory. */
struct cache_extent *extent_new(struct client_cache *cache, uint64_t offset,
				size_t len, bool dirty);
/** Clean or dirty, the one that has this byte; or NULL. */
struct cache_extent *extent_find(const struct client_cache *cache,
				 uint64_t offset);
/** Where the next extent begins, offset or later; UINT64_MAX: there is none. */
uint64_t extent_next(const struct client_cache *cache, uint64_t offset);
/** The bytes in there are no longer as on the server; dirty ones stay. */
void extent_forget(struct client_cache *cache, uint64_t offset, uint64_t len);
/** Is there a dirty one that has some of these bytes? */
struct cache_extent *extent_dirty(const struct client_cache *cache,
				  uint64_t offset, size_t len);
/** It was used. */
void extent_touch(struct cache_extent *extent);
/** As many clean ones go as are too many. */
void extent_evict(struct client_cache *cache);
/** A dirty one is on the server as it is: clean, or gone when it is of no use.
 */
void extent_clean(struct cache_extent *extent);
/** A clean extent got as many bytes as it got. */
void extent_cut(struct cache_extent *extent, size_t len);

/* --------------------------------------------------------------- cache.c */

/* A request, the first member of its state: it is at work, or waits for
 * something to change, and then goes on. */
struct cache_wait {
	TAILQ_ENTRY(cache_wait) entry;
	struct client_cache *cache; /* NULL: it is over */
	bool waits;
	struct tevent_req *req;
	void (*go)(struct tevent_req *req);
	/* Bytes that it is changing on the server; none with len 0. */
	uint64_t offset;
	uint64_t len;
};

TAILQ_HEAD(cache_waits, cache_wait);

struct client_cache {
	struct tevent_context *ev;
	struct client_file *file;
	struct client_cache_options options;
	struct client_cache_figures figures;
	struct cache_extents extents;
	unsigned num_extents;
	unsigned forgets; /* how often all of it was no longer true */
	struct cache_waits waits;
	struct cache_waits at_work;
	uint64_t there;	 /* bytes of the file that the server has, */
	uint64_t size;	 /* and with those that wait; while reads are cached */
	NTSTATUS failed; /* of a write that nobody waited for */
	bool breaking;	 /* the server waits for what is dirty */
	bool closed;
	struct alarm *later; /* writes what waits */
	client_cache_lease_fn on_lease;
	void *lease_data;

	/* Reading ahead. */
	uint64_t next;	/* where the next read in order begins */
	size_t window;	/* so far ahead; 0: not in order */
	uint64_t ahead; /* read up to here */
};

/** May reads be answered from here; may writes wait here? */
bool cache_keeps(const struct client_cache *cache);
bool cache_delays(const struct client_cache *cache);
/** The server has so many bytes of the file. */
void cache_there(struct client_cache *cache, uint64_t size);
/** Make a request that goes on with go(). */
struct tevent_req *cache_req(struct tevent_req *req, struct cache_wait *wait,
			     struct client_cache *cache,
			     void (*go)(struct tevent_req *req));
/** Is a write on its way that went through and has some of these bytes? */
bool cache_changes(const struct client_cache *cache, uint64_t offset,
		   uint64_t len);
/** The request goes on when something has changed. */
void cache_wait(struct cache_wait *wait);
/** Something has. */
void cache_wake(struct client_cache *cache);
/** For the end of _send: posted when it is over already. */
struct tevent_req *cache_begun(struct client_cache *cache,
			       struct tevent_req *req);

/* --------------------------------------------------------- cache_write.c */

/** Begin to write all that waits. */
void cache_write_all(struct client_cache *cache);

#endif
