/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lock.h - the byte-range locks of one file (MS-FSA 2.1.4.10, 2.1.5.8).
 *
 * A table belongs to a file; owners are opens, known here by their address
 * only. Locks are held in memory: they are mandatory for all who come through
 * this server and mean nothing to anybody else.
 */
#ifndef SERVER_LOCK_H
#define SERVER_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>
#include <tevent.h>

/** Locks that one open may hold. */
#define LOCK_MAX_PER_OWNER 16384

struct lock_table;

struct lock_range {
	uint64_t offset, length;
	bool exclusive;
};

enum lock_outcome {
	LOCK_TAKEN,
	LOCK_CONFLICT,
	LOCK_TOO_MANY, /**< LOCK_MAX_PER_OWNER, or no memory */
};

/** @return NULL: no memory. */
struct lock_table *lock_table_new(TALLOC_CTX *mem_ctx);

/** Does the range reach beyond 2^64 - 1 (STATUS_INVALID_LOCK_RANGE)? */
bool lock_range_valid(const struct lock_range *range);

/** Take all of the ranges, or none. */
enum lock_outcome lock_take(struct lock_table *table, const void *owner,
			    const struct lock_range *ranges, size_t count);

/** Give one back. @return false: the owner holds no such lock. */
bool lock_release(struct lock_table *table, const void *owner, uint64_t offset,
		  uint64_t length);

/** The owner is gone: all its locks are. */
void lock_release_all(struct lock_table *table, const void *owner);

/** May the owner read, or write, there? Empty ranges always. */
bool lock_allows(const struct lock_table *table, const void *owner,
		 uint64_t offset, uint64_t length, bool write);

/** Does any lock begin below that offset? */
bool lock_begins_below(const struct lock_table *table, uint64_t offset);

/** Does the owner hold any lock? */
bool lock_holds(const struct lock_table *table, const void *owner);

/** The owner's locks, the youngest first, at most max of them. @return how many
 *  it holds. */
size_t lock_list(const struct lock_table *table, const void *owner,
		 struct lock_range *out, size_t max);

/** Locks held, by all. */
size_t lock_count(const struct lock_table *table);

/** Done as soon as a lock was given back that overlaps the range: try again
 *  then. Freeing it ends the wait. When the table is freed the request ends
 * with an error. */
struct tevent_req *lock_wait_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  struct lock_table *table,
				  const struct lock_range *range);
/** @return false: the table is gone. */
bool lock_wait_recv(struct tevent_req *req);

#endif
