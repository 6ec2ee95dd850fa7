/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker_turns.h - jobs that wait in a lane, in an order that is fair.
 *
 * Parties (worker_job.party) take turns, one job each; a party's own jobs keep
 * their order. So who has a thousand jobs in the lane delays the one of
 * somebody else by one of his. There are WORKER_TURNS places; two parties may
 * happen to share one, and then share its turns.
 *
 * The caller sees to it that one thread at a time is here.
 */
#ifndef SERVER_WORKER_TURNS_H
#define SERVER_WORKER_TURNS_H

#include <stdint.h>

#include "server/worker.h"

#define WORKER_TURNS 64

void worker_list_init(struct worker_list *list);
void worker_list_append(struct worker_list *list, struct worker_job *job);
void worker_list_remove(struct worker_list *list, struct worker_job *job);
/** The first, no more in the list; NULL: it is empty. */
struct worker_job *worker_list_pop(struct worker_list *list);

struct worker_turns {
	struct worker_list places[WORKER_TURNS];
	uint64_t waiting; /* a bit for each place that has jobs */
	unsigned next;	  /* whose turn it is */
};

void worker_turns_init(struct worker_turns *turns);
void worker_turns_add(struct worker_turns *turns, struct worker_job *job);
/** Does one of the same party wait already? */
bool worker_turns_waits(const struct worker_turns *turns,
			const struct worker_job *job);
/** @param job  one that waits here */
void worker_turns_remove(struct worker_turns *turns, struct worker_job *job);
/** The one whose turn it is; NULL: none waits. */
struct worker_job *worker_turns_take(struct worker_turns *turns);

#endif /* SERVER_WORKER_TURNS_H */
