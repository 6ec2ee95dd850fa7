/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lock_table.h - who on this machine has locked which bytes of a file, and
 * what the server has to be asked for so that nobody elsewhere has.
 *
 * POSIX has locks that grow, shrink, are changed and split, each of an owner;
 * SMB has ranges of an open file that are given back as they were taken. So
 * there is a table of the one kind, and from it the list of the other. No I/O
 * happens here.
 */
#ifndef CLIENT_MOUNT_LOCK_TABLE_H
#define CLIENT_MOUNT_LOCK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <talloc.h>

/** Locks of a file, at most, of all owners. */
#define LOCK_TABLE_MOST 256

struct lock_range {
	uint64_t start;
	uint64_t end; /**< the last byte, below INT64_MAX */
	bool exclusive;
};

struct lock_held {
	uint64_t owner;
	pid_t pid;
	const void *via; /**< the open that it was taken through */
	struct lock_range range;
};

struct lock_table {
	size_t count;
	struct lock_held held[LOCK_TABLE_MOST];
};

/** What somebody else has that does not go with it, or NULL. */
const struct lock_held *lock_table_conflict(const struct lock_table *table,
					    uint64_t owner,
					    const struct lock_range *range);
/** The owner has the range from now on; what he had in it is replaced.
 *  @return false: too many; nothing was changed. */
bool lock_table_set(struct lock_table *table, const struct lock_held *lock);
/** He has none of these bytes any more. @return as above: splitting one takes
 *  room. */
bool lock_table_clear(struct lock_table *table, uint64_t owner, uint64_t start,
		      uint64_t end);
bool lock_table_has(const struct lock_table *table, uint64_t owner);

/** Whatever was taken through an open is free. */
void lock_table_clear_via(struct lock_table *table, const void *via);
bool lock_table_has_via(const struct lock_table *table, const void *via);

/** Ranges in their order, none overlapping, for what all owners have.
 *  @return how many; more than most: there was no room. */
size_t lock_table_cover(const struct lock_table *table, struct lock_range *out,
			size_t most);

/** Those of a list that are not in another. @return how many. */
size_t lock_ranges_without(const struct lock_range *list, size_t count,
			   const struct lock_range *other, size_t other_count,
			   struct lock_range *out);

#endif
