/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * name_set.h - many names, found by a hash that the caller makes. Plain memory,
 * no locks: for worker threads.
 */
#ifndef SERVER_NAME_SET_H
#define SERVER_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero is the empty set. */
struct name_set {
	uint32_t *slot;
	size_t slots, used;
	char *arena;
	size_t arena_len, arena_size;
	size_t count; /**< names in it */
};

/** Is this the name that is looked for? */
typedef bool (*name_set_match_fn)(const char *name, const void *wanted);

/** Copies the name. @return false: no memory, or 2^31 bytes of names. */
bool name_set_add(struct name_set *set, const char *name, uint32_t hash);
/** Take one that matches out, if there is one. */
void name_set_remove(struct name_set *set, uint32_t hash,
		     name_set_match_fn match, const void *wanted);
/** @return good until the set changes; NULL: there is none. */
const char *name_set_find(const struct name_set *set, uint32_t hash,
			  name_set_match_fn match, const void *wanted);
/** Empty again, its memory freed. */
void name_set_clear(struct name_set *set);

#endif
