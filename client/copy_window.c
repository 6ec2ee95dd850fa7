/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/copy_window.h"

#define LEAST	 ((size_t)2 << 20)
#define MSEC	 1000u
#define SHORTEST (20 * MSEC)	/* to measure a rate in */
#define LONG_WAY (20 * MSEC)	/* for the caches nothing to lose there */
#define PERIOD	 (10000 * MSEC) /* until one goes alone again */

void copy_window_init(struct copy_window *w, size_t most, uint64_t now_us)
{
	*w = (struct copy_window){.most = most,
				  .since_us = now_us,
				  .shortest_us = UINT64_MAX,
				  .grows = true,
				  .seen_us = now_us};
}

/* Over the time of a whole request, at least: ends come in bursts. */
static void measure(struct copy_window *w, size_t len, uint64_t now_us)
{
	uint64_t took = now_us - w->since_us;
	uint64_t rate = 0;

	w->bytes += len;
	if (took < SHORTEST || took < w->shortest_us) {
		return;
	}
	rate = w->bytes / (took / MSEC);
	w->grows = rate > w->best + w->best / 8;
	w->fell = rate < w->best - w->best / 8;
	w->best = rate > w->best ? rate : w->best;
	w->bytes = 0;
	w->since_us = now_us;
}

void copy_window_done(struct copy_window *w, size_t len, uint64_t began_us,
		      bool alone, uint64_t now_us)
{
	uint64_t took = now_us - began_us;

	if (alone) {
		w->seen_us = now_us;
		w->fell = false;
	}
	if (alone || took < w->shortest_us) {
		w->shortest_us = took;
	}
	measure(w, len, now_us);
}

size_t copy_window_size(const struct copy_window *w)
{
	uint64_t more = 0;

	if (w->most <= LEAST) {
		return w->most;
	}
	if (w->shortest_us != UINT64_MAX) {
		if (w->grows && w->shortest_us >= LONG_WAY) {
			return w->most;
		}
		/* in this order nothing overflows: a rate of a terabyte a
		 * second, and hours */
		more = 2 * w->best * w->shortest_us / MSEC;
	}
	return more < w->most - LEAST ? LEAST + (size_t)more : w->most;
}

bool copy_window_wants_one(const struct copy_window *w, uint64_t now_us)
{
	return w->fell && now_us - w->seen_us >= PERIOD &&
	       copy_window_size(w) < w->most;
}
