/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker_look.h - a moment of looking, before one falls asleep.
 *
 * Most jobs take a few microseconds, as what they ask for is in memory. To
 * fall asleep and be woken takes longer than that, on both sides: for the loop,
 * which waits for the job, and for the thread, which waits for the next. So
 * each looks for a moment, WORKER_LOOK_NS at most, before it sleeps; the loop
 * only when it has nothing else to wait for in threads, a thread only while the
 * loop is awake. Who has looked in vain looks less often, down to once in
 * WORKER_LOOK_SELDOM times: a slow disk costs the others little. With one
 * processor nobody looks.
 */
#ifndef SERVER_WORKER_LOOK_H
#define SERVER_WORKER_LOOK_H

#include <stdatomic.h>
#include <stdbool.h>

#define WORKER_LOOK_NS	   100000
#define WORKER_LOOK_SELDOM 64

/** Whether it is worth it, by what came of it before. */
struct worker_patience {
	unsigned vain; /* how often it was not, the last times */
	unsigned skip; /* how often it is not tried now */
};

bool worker_patience_has(struct worker_patience *patience);
void worker_patience_learn(struct worker_patience *patience, bool vain);

/**
 * Look for that flag to be set.
 *
 * @param unless  NULL, or what ends it when it is not 0, which is no reason to
 *                do it less.
 * @return it is.
 */
bool worker_look(struct worker_patience *patience, const atomic_bool *flag,
		 const atomic_uint *unless);

/** Are there processors for both? */
bool worker_look_possible(void);

#endif /* SERVER_WORKER_LOOK_H */
