/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/idtable.h"

#include <stdbool.h>

#include "smbquic/crypto.h"

#define NONE UINT32_MAX

struct slot {
	void *object;	     /* NULL: free */
	uint32_t generation; /* how often used, in the id's upper part */
	uint32_t prev_free, next_free;
};

struct idtable {
	struct slot *slots;
	size_t num_slots, limit, count;
	uint32_t first_free, last_free; /* a queue: reused as late as we can */
	unsigned shift;			/* bits of an id that name the slot */
	uint32_t generation_mask;
	uint32_t seed; /* so that a restarted server has other ids */
};

struct idtable *idtable_new(TALLOC_CTX *mem_ctx, unsigned bits, size_t limit)
{
	struct idtable *table = talloc_zero(mem_ctx, struct idtable);

	if (table == NULL) {
		return NULL;
	}
	table->shift = bits / 2;
	table->generation_mask = bits == 64 ? 0x7FFFFFFF : 0x7FFF;
	table->limit = limit;
	table->first_free = NONE;
	table->last_free = NONE;
	if (crypto_random(&table->seed, sizeof(table->seed)) != 0) {
		talloc_free(table);
		return NULL;
	}
	return table;
}

static void put_free(struct idtable *table, uint32_t index)
{
	table->slots[index].prev_free = table->last_free;
	table->slots[index].next_free = NONE;
	if (table->last_free == NONE) {
		table->first_free = index;
	} else {
		table->slots[table->last_free].next_free = index;
	}
	table->last_free = index;
}

static bool grow(struct idtable *table)
{
	size_t old = table->num_slots;
	size_t want = old == 0 ? 8 : old * 2;
	struct slot *slots = NULL;

	if (want > table->limit) {
		want = table->limit;
	}
	if (want <= old) {
		return false;
	}
	slots = talloc_realloc(table, table->slots, struct slot, want);
	if (slots == NULL) {
		return false;
	}
	table->slots = slots;
	table->num_slots = want;
	for (size_t i = old; i < want; i++) {
		slots[i] = (struct slot){.generation = table->seed};
		put_free(table, (uint32_t)i);
	}
	return true;
}

static uint64_t id_of(const struct idtable *table, uint32_t index)
{
	uint64_t generation =
		table->slots[index].generation & table->generation_mask;

	return (generation << table->shift) | (index + 1);
}

/* Out of the queue, wherever it is there. */
static void take_free(struct idtable *table, uint32_t index)
{
	const struct slot *slot = &table->slots[index];

	if (slot->prev_free == NONE) {
		table->first_free = slot->next_free;
	} else {
		table->slots[slot->prev_free].next_free = slot->next_free;
	}
	if (slot->next_free == NONE) {
		table->last_free = slot->prev_free;
	} else {
		table->slots[slot->next_free].prev_free = slot->prev_free;
	}
}

uint64_t idtable_add(struct idtable *table, void *object)
{
	uint32_t index = 0;

	if (table->first_free == NONE && !grow(table)) {
		return 0;
	}
	index = table->first_free;
	take_free(table, index);
	table->slots[index].object = object;
	table->slots[index].generation++;
	table->count++;
	return id_of(table, index);
}

bool idtable_claim(struct idtable *table, uint64_t id, void *object)
{
	uint64_t index = (id & ((UINT64_C(1) << table->shift) - 1)) - 1;
	uint64_t generation = id >> table->shift;

	if (index >= table->limit || generation > table->generation_mask) {
		return false;
	}
	while (index >= table->num_slots) {
		if (!grow(table)) {
			return false;
		}
	}
	if (table->slots[index].object != NULL) {
		return false;
	}
	take_free(table, (uint32_t)index);
	table->slots[index].object = object;
	table->slots[index].generation = (uint32_t)generation;
	table->count++;
	return true;
}

/* The slot of an id that is in use; NULL. */
static struct slot *slot_of(const struct idtable *table, uint64_t id)
{
	uint64_t index = (id & ((UINT64_C(1) << table->shift) - 1)) - 1;

	if (index >= table->num_slots) {
		return NULL;
	}
	if (table->slots[index].object == NULL ||
	    id_of(table, (uint32_t)index) != id) {
		return NULL;
	}
	return &table->slots[index];
}

void *idtable_find(const struct idtable *table, uint64_t id)
{
	const struct slot *slot = slot_of(table, id);

	return slot == NULL ? NULL : slot->object;
}

void idtable_remove(struct idtable *table, uint64_t id)
{
	struct slot *slot = slot_of(table, id);

	if (slot == NULL) {
		return;
	}
	slot->object = NULL;
	table->count--;
	put_free(table, (uint32_t)(slot - table->slots));
}

size_t idtable_count(const struct idtable *table)
{
	return table->count;
}

void *idtable_next(const struct idtable *table, size_t *cursor)
{
	while (*cursor < table->num_slots) {
		void *object = table->slots[(*cursor)++].object;

		if (object != NULL) {
			return object;
		}
	}
	return NULL;
}
