/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy_window.h - how many bytes of a copy are sensibly on their way.
 *
 * Enough of them hide the time that a request takes. More come no sooner, and
 * what waits has left the caches when its turn comes: on a fast link that is
 * a sixth of the CPU time of both sides. What is needed is the rate times the
 * time that a request takes by itself; twice that lets the rate double until
 * it is known, and a fixed part bridges pauses. On a long way the sender's rate
 * doubles while what it has sent is still on its way, and twice as often when
 * that is asked for: until the rate no longer grows there all is asked for that
 * may be. The time may change (a server that had the first blocks in memory):
 * where less comes than did one request goes alone, to see.
 *
 * No clock: microseconds of one that never goes back are handed in.
 */
#ifndef CLIENT_COPY_WINDOW_H
#define CLIENT_COPY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copy_window {
	size_t most;
	uint64_t since_us; /**< what follows is counted */
	uint64_t bytes;
	uint64_t best;	      /**< rate that was seen, bytes a millisecond */
	bool grows;	      /**< the last one was a good deal more */
	bool fell;	      /**< or less than the best */
	uint64_t shortest_us; /**< that a request took; UINT64_MAX: not known */
	uint64_t seen_us;     /**< when that was last looked at */
};

/** @param most  the window is never more; what is less than its fixed part
 *                is all of it. */
void copy_window_init(struct copy_window *w, size_t most, uint64_t now_us);
/**
 * A request is done.
 *
 * @param began_us  when it began.
 * @param alone     nothing else was on its way while it was.
 */
void copy_window_done(struct copy_window *w, size_t len, uint64_t began_us,
		      bool alone, uint64_t now_us);
/** Bytes that may be on their way. */
size_t copy_window_size(const struct copy_window *w);
/** Is the next request to go alone, when all others have come? */
bool copy_window_wants_one(const struct copy_window *w, uint64_t now_us);

#endif
