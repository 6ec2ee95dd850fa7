/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker_turns.c - parties take turns.
 */

#include "server/worker_turns.h"

void worker_list_init(struct worker_list *list)
{
	list->head = NULL;
	list->tail = &list->head;
}

void worker_list_append(struct worker_list *list, struct worker_job *job)
{
	job->next = NULL;
	job->prev = list->tail;
	*list->tail = job;
	list->tail = &job->next;
}

void worker_list_remove(struct worker_list *list, struct worker_job *job)
{
	*job->prev = job->next;
	if (job->next != NULL) {
		job->next->prev = job->prev;
	} else {
		list->tail = job->prev;
	}
	job->next = NULL;
	job->prev = NULL;
}

struct worker_job *worker_list_pop(struct worker_list *list)
{
	struct worker_job *job = list->head;

	if (job != NULL) {
		worker_list_remove(list, job);
	}
	return job;
}

/* Parties are addresses: the upper bits of this product depend on all. */
static unsigned place_of(const struct worker_job *job)
{
	return (unsigned)(((uint64_t)(uintptr_t)job->party *
			   UINT64_C(0x9e3779b97f4a7c15)) >>
			  58);
}

void worker_turns_init(struct worker_turns *turns)
{
	for (unsigned i = 0; i < WORKER_TURNS; i++) {
		worker_list_init(&turns->places[i]);
	}
	turns->waiting = 0;
	turns->next = 0;
}

void worker_turns_add(struct worker_turns *turns, struct worker_job *job)
{
	unsigned place = place_of(job);

	worker_list_append(&turns->places[place], job);
	turns->waiting |= UINT64_C(1) << place;
}

bool worker_turns_waits(const struct worker_turns *turns,
			const struct worker_job *job)
{
	return turns->places[place_of(job)].head != NULL;
}

static void update(struct worker_turns *turns, unsigned place)
{
	if (turns->places[place].head == NULL) {
		turns->waiting &= ~(UINT64_C(1) << place);
	}
}

void worker_turns_remove(struct worker_turns *turns, struct worker_job *job)
{
	unsigned place = place_of(job);

	worker_list_remove(&turns->places[place], job);
	update(turns, place);
}

struct worker_job *worker_turns_take(struct worker_turns *turns)
{
	uint64_t later = turns->waiting & (UINT64_MAX << turns->next);
	struct worker_job *job = NULL;
	unsigned place = 0;

	if (turns->waiting == 0) {
		return NULL;
	}
	place = (unsigned)__builtin_ctzll(later != 0 ? later : turns->waiting);
	job = worker_list_pop(&turns->places[place]);
	update(turns, place);
	turns->next = (place + 1) % WORKER_TURNS;
	return job;
}
