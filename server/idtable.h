/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * idtable.h - identifiers given out on the wire, and what they stand for.
 *
 * An id names a slot and how often the slot was used, so that looking one up
 * costs one comparison and an old id never finds a new object. No id is 0 or
 * all ones. The table owns nothing: an object leaves it in its destructor.
 */
#ifndef SERVER_IDTABLE_H
#define SERVER_IDTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

struct idtable;

/**
 * @param bits   width of an id: 32 or 64.
 * @param limit  most objects at a time (at most 65534 with 32 bits).
 * @return NULL: no memory.
 */
struct idtable *idtable_new(TALLOC_CTX *mem_ctx, unsigned bits, size_t limit);

/** @return the id; 0: the table is full or there is no memory. */
uint64_t idtable_add(struct idtable *table, void *object);

/** Give an object the id that it had in another table of that width. @return
 *  false: it is taken, is none, or there is no room or memory. */
bool idtable_claim(struct idtable *table, uint64_t id, void *object);

/** @return NULL: no such id (any more). */
void *idtable_find(const struct idtable *table, uint64_t id);

/** An id that is not there is ignored. */
void idtable_remove(struct idtable *table, uint64_t id);

size_t idtable_count(const struct idtable *table);

/**
 * Walk: *cursor is 0 at first. Objects may be removed on the way.
 * @return NULL at the end.
 */
void *idtable_next(const struct idtable *table, size_t *cursor);

#endif
