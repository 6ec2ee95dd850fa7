/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/credits.h"

#include <limits.h>
#include <stddef.h>

#define BITS 64

struct credits {
	uint64_t low;  /* the lowest id not yet used */
	uint64_t high; /* one above the highest id granted */
	unsigned held; /* granted and not used */
	unsigned max;
	uint64_t span;	 /* bits in used[], a power of two: most high - low */
	uint64_t used[]; /* bit id % span: id was used */
};

struct credits *credits_new(TALLOC_CTX *mem_ctx, unsigned max)
{
	struct credits *credits = NULL;
	uint64_t span = BITS;

	while (span < 2 * (uint64_t)max) {
		span *= 2;
	}
	credits = talloc_zero_size(mem_ctx, sizeof(*credits) +
						    (size_t)(span / CHAR_BIT));
	if (credits == NULL) {
		return NULL;
	}
	talloc_set_name_const(credits, "struct credits");
	credits->span = span;
	credits->max = max;
	credits->high = 1;
	credits->held = 1;
	return credits;
}

static bool is_used(const struct credits *credits, uint64_t id)
{
	uint64_t bit = id % credits->span;

	return (credits->used[bit / BITS] >> (bit % BITS) & 1) != 0;
}

static void set_used(struct credits *credits, uint64_t id, bool used)
{
	uint64_t bit = id % credits->span;
	uint64_t mask = UINT64_C(1) << (bit % BITS);

	if (used) {
		credits->used[bit / BITS] |= mask;
	} else {
		credits->used[bit / BITS] &= ~mask;
	}
}

bool credits_take(struct credits *credits, uint64_t first, unsigned count)
{
	if (count == 0 || count > credits->held || first < credits->low ||
	    first >= credits->high || count > credits->high - first) {
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		if (is_used(credits, first + i)) {
			return false;
		}
	}
	for (unsigned i = 0; i < count; i++) {
		set_used(credits, first + i, true);
	}
	credits->held -= count;
	while (credits->low < credits->high && is_used(credits, credits->low)) {
		set_used(credits, credits->low, false);
		credits->low++;
	}
	return true;
}

uint16_t credits_grant(struct credits *credits, unsigned wanted)
{
	uint64_t room = credits->span - (credits->high - credits->low);
	unsigned free_credits = credits->max - credits->held;
	unsigned grant = wanted;

	if (grant == 0 && credits->held == 0) {
		grant = 1;
	}
	if (grant > free_credits) {
		grant = free_credits;
	}
	if (grant > room) {
		grant = (unsigned)room;
	}
	if (grant > UINT16_MAX) {
		grant = UINT16_MAX;
	}
	if (grant > UINT64_MAX - 1 - credits->high) {
		grant = 0; /* the last id but one: it takes centuries */
	}
	credits->high += grant;
	credits->held += grant;
	return (uint16_t)grant;
}

unsigned credits_held(const struct credits *credits)
{
	return credits->held;
}
