/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/mount/lock_table.h"

#include <stdlib.h>
#include <string.h>

static bool overlaps(const struct lock_range *a, uint64_t start, uint64_t end)
{
	return a->start <= end && start <= a->end;
}

const struct lock_held *lock_table_conflict(const struct lock_table *table,
					    uint64_t owner,
					    const struct lock_range *range)
{
	size_t i = 0;

	for (i = 0; i < table->count; i++) {
		const struct lock_held *h = &table->held[i];

		if (h->owner != owner &&
		    overlaps(&h->range, range->start, range->end) &&
		    (h->range.exclusive || range->exclusive)) {
			return h;
		}
	}
	return NULL;
}

bool lock_table_has(const struct lock_table *table, uint64_t owner)
{
	size_t i = 0;

	for (i = 0; i < table->count; i++) {
		if (table->held[i].owner == owner) {
			return true;
		}
	}
	return false;
}

bool lock_table_has_via(const struct lock_table *table, const void *via)
{
	size_t i = 0;

	while (i < table->count && table->held[i].via != via) {
		i++;
	}
	return i < table->count;
}

void lock_table_clear_via(struct lock_table *table, const void *via)
{
	size_t kept = 0;
	size_t i = 0;

	for (i = 0; i < table->count; i++) {
		if (table->held[i].via != via) {
			table->held[kept++] = table->held[i];
		}
	}
	table->count = kept;
}

static bool add(struct lock_table *table, const struct lock_held *held)
{
	if (table->count == LOCK_TABLE_MOST) {
		return false;
	}
	table->held[table->count++] = *held;
	return true;
}

static bool add_part(struct lock_table *table, const struct lock_held *held,
		     uint64_t start, uint64_t end)
{
	struct lock_held part = *held;

	part.range.start = start;
	part.range.end = end;
	return add(table, &part);
}

bool lock_table_clear(struct lock_table *table, uint64_t owner, uint64_t start,
		      uint64_t end)
{
	struct lock_table out = {0};
	bool ok = true;
	size_t i = 0;

	for (i = 0; ok && i < table->count; i++) {
		const struct lock_held *h = &table->held[i];
		const struct lock_range *r = &h->range;

		if (h->owner != owner || !overlaps(r, start, end)) {
			ok = add(&out, h);
			continue;
		}
		if (r->start < start) {
			ok = add_part(&out, h, r->start, start - 1);
		}
		if (ok && r->end > end) {
			ok = add_part(&out, h, end + 1, r->end);
		}
	}
	if (ok) {
		*table = out;
	}
	return ok;
}

/* What touches it, and is of its kind, becomes a part of it. */
static void merge(struct lock_table *table, struct lock_held *into)
{
	size_t i = 0;

	while (i < table->count) {
		const struct lock_held *h = &table->held[i];

		if (h->owner == into->owner &&
		    h->range.exclusive == into->range.exclusive &&
		    h->range.start <= into->range.end + 1 &&
		    into->range.start <= h->range.end + 1) {
			if (h->range.start < into->range.start) {
				into->range.start = h->range.start;
			}
			if (h->range.end > into->range.end) {
				into->range.end = h->range.end;
			}
			table->held[i] = table->held[--table->count];
			i = 0;
		} else {
			i++;
		}
	}
}

bool lock_table_set(struct lock_table *table, const struct lock_held *lock)
{
	struct lock_held held = *lock;
	struct lock_table copy = *table;

	if (!lock_table_clear(&copy, held.owner, held.range.start,
			      held.range.end)) {
		return false;
	}
	merge(&copy, &held);
	if (!add(&copy, &held)) {
		return false;
	}
	*table = copy;
	return true;
}

/* ------------------------------------------------------------------- cover */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* 0: nobody has the byte, 1: shared, 2: exclusive. */
static int kind_at(const struct lock_table *table, uint64_t byte)
{
	int kind = 0;
	size_t i = 0;

	for (i = 0; i < table->count; i++) {
		const struct lock_range *r = &table->held[i].range;

		if (overlaps(r, byte, byte)) {
			kind = r->exclusive ? 2 : kind > 1 ? kind : 1;
		}
	}
	return kind;
}

size_t lock_table_cover(const struct lock_table *table, struct lock_range *out,
			size_t most)
{
	uint64_t points[2 * LOCK_TABLE_MOST];
	size_t count = 0;
	size_t found = 0;
	size_t i = 0;

	for (i = 0; i < table->count; i++) {
		points[count++] = table->held[i].range.start;
		points[count++] = table->held[i].range.end + 1;
	}
	qsort(points, count, sizeof(points[0]), compare);
	for (i = 0; i + 1 < count; i++) {
		struct lock_range r = {points[i], points[i + 1] - 1, false};
		int kind = 0;

		if (points[i] == points[i + 1]) {
			continue;
		}
		kind = kind_at(table, points[i]);
		r.exclusive = kind == 2;
		if (kind != 0 && found > 0 && found <= most &&
		    out[found - 1].end + 1 == r.start &&
		    out[found - 1].exclusive == r.exclusive) {
			out[found - 1].end = r.end;
		} else if (kind != 0) {
			if (found < most) {
				out[found] = r;
			}
			found++;
		}
	}
	return found;
}

size_t lock_ranges_without(const struct lock_range *list, size_t count,
			   const struct lock_range *other, size_t other_count,
			   struct lock_range *out)
{
	size_t found = 0;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < count; i++) {
		for (j = 0; j < other_count; j++) {
			if (list[i].start == other[j].start &&
			    list[i].end == other[j].end &&
			    list[i].exclusive == other[j].exclusive) {
				break;
			}
		}
		if (j == other_count) {
			out[found++] = list[i];
		}
	}
	return found;
}
