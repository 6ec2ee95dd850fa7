/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for a moment, and whether it is worth it. */

#include "server/worker_look.h"

#include <stdint.h>
#include <time.h>
#include <unistd.h>

/* WORKER_LOOK_SELDOM is two to the power of this. */
#define VAIN_MOST 6

bool worker_patience_has(struct worker_patience *patience)
{
	if (patience->skip == 0) {
		return true;
	}
	patience->skip--;
	return false;
}

/* One that is in vain may be chance. */
void worker_patience_learn(struct worker_patience *patience, bool vain)
{
	if (!vain) {
		patience->vain = 0;
		return;
	}
	patience->vain += patience->vain < VAIN_MOST ? 1 : 0;
	patience->skip = (1u << patience->vain) - 1;
}

static uint64_t clock_now(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

bool worker_look(struct worker_patience *patience, const atomic_bool *flag,
		 const atomic_uint *unless)
{
	uint64_t end = 0;
	bool found = atomic_load(flag);
	bool over = false;

	if (found || !worker_patience_has(patience)) {
		return found;
	}
	end = clock_now() + WORKER_LOOK_NS;
	while (!found && !over) {
		if (unless != NULL && atomic_load(unless) != 0) {
			return atomic_load(flag);
		}
		over = clock_now() >= end;
		found = atomic_load(flag);
	}
	worker_patience_learn(patience, !found);
	return found;
}

bool worker_look_possible(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}
