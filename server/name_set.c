/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open addressing: a slot holds the place of a name in the arena plus one; 0:
 * free; GONE: was removed. `slots` is a power of two; `used` counts those that
 * are gone, too.
 */

#include <stdlib.h>
#include <string.h>

#include "server/name_set.h"

#define GONE UINT32_MAX

/* The arena: hash (4 bytes), name, NUL; and so on. */
static uint32_t hash_at(const struct name_set *set, uint32_t place)
{
	uint32_t hash = 0;

	memcpy(&hash, set->arena + place, sizeof(hash));
	return hash;
}

static const char *name_at(const struct name_set *set, uint32_t place)
{
	return set->arena + place + sizeof(uint32_t);
}

static void slot_put(struct name_set *set, uint32_t hash, uint32_t place)
{
	size_t i = hash & (set->slots - 1);

	while (set->slot[i] != 0 && set->slot[i] != GONE) {
		i = (i + 1) & (set->slots - 1);
	}
	set->used += set->slot[i] == 0;
	set->slot[i] = place + 1;
}

/* Room for twice what is in it, without what is gone. */
static bool slots_grow(struct name_set *set)
{
	size_t old_slots = set->slots;
	uint32_t *old = set->slot;
	size_t slots = 64;
	size_t i = 0;

	while (slots < (set->count + 1) * 4) {
		slots *= 2;
	}
	set->slot = calloc(slots, sizeof(uint32_t));
	if (set->slot == NULL) {
		set->slot = old;
		return false;
	}
	set->slots = slots;
	set->used = 0;
	for (i = 0; i < old_slots; i++) {
		if (old[i] != 0 && old[i] != GONE) {
			slot_put(set, hash_at(set, old[i] - 1), old[i] - 1);
		}
	}
	free(old);
	return true;
}

static bool arena_grow(struct name_set *set, size_t need)
{
	size_t size = set->arena_size == 0 ? 4096 : set->arena_size;
	char *arena = NULL;

	while (size - set->arena_len < need) {
		size *= 2;
	}
	if (size == set->arena_size) {
		return true;
	}
	if (size > UINT32_MAX / 2) {
		return false;
	}
	arena = realloc(set->arena, size);
	if (arena == NULL) {
		return false;
	}
	set->arena = arena;
	set->arena_size = size;
	return true;
}

bool name_set_add(struct name_set *set, const char *name, uint32_t hash)
{
	size_t len = strlen(name) + 1;
	uint32_t place = (uint32_t)set->arena_len;

	if ((set->used + 1) * 2 > set->slots && !slots_grow(set)) {
		return false;
	}
	if (!arena_grow(set, len + sizeof(hash))) {
		return false;
	}
	memcpy(set->arena + place, &hash, sizeof(hash));
	memcpy(set->arena + place + sizeof(hash), name, len);
	set->arena_len += len + sizeof(hash);
	slot_put(set, hash, place);
	set->count++;
	return true;
}

static uint32_t *slot_find(const struct name_set *set, uint32_t hash,
			   name_set_match_fn match, const void *wanted)
{
	size_t i = 0;

	if (set->slots == 0) {
		return NULL;
	}
	for (i = hash & (set->slots - 1); set->slot[i] != 0;
	     i = (i + 1) & (set->slots - 1)) {
		uint32_t place = set->slot[i] - 1;

		if (set->slot[i] != GONE && hash_at(set, place) == hash &&
		    match(name_at(set, place), wanted)) {
			return &set->slot[i];
		}
	}
	return NULL;
}

void name_set_remove(struct name_set *set, uint32_t hash,
		     name_set_match_fn match, const void *wanted)
{
	uint32_t *slot = slot_find(set, hash, match, wanted);

	if (slot != NULL) {
		*slot = GONE;
		set->count--;
	}
}

const char *name_set_find(const struct name_set *set, uint32_t hash,
			  name_set_match_fn match, const void *wanted)
{
	const uint32_t *slot = slot_find(set, hash, match, wanted);

	return slot != NULL ? name_at(set, *slot - 1) : NULL;
}

void name_set_clear(struct name_set *set)
{
	free(set->slot);
	free(set->arena);
	memset(set, 0, sizeof(*set));
}
