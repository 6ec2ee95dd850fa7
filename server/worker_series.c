/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker_series.c - one at a time.
 */

#include "server/worker_series.h"
#include "server/worker_turns.h"

bool worker_series_enter(struct worker_job *job)
{
	struct worker_series *series = job->series;

	job->behind = series != NULL && series->taken;
	if (job->behind) {
		worker_list_append(&series->waiting, job);
	} else if (series != NULL) {
		series->taken = true;
		worker_list_init(&series->waiting);
	}
	return !job->behind;
}

bool worker_series_waits(const struct worker_job *job)
{
	const struct worker_series *series = job->series;

	return series != NULL && series->taken && series->waiting.head != NULL;
}

struct worker_job *worker_series_leave(struct worker_job *job)
{
	struct worker_series *series = job->series;
	struct worker_job *next = NULL;

	if (series == NULL) {
		return NULL;
	}
	next = worker_list_pop(&series->waiting);
	if (next != NULL) {
		next->behind = false;
	} else {
		series->taken = false;
	}
	return next;
}

bool worker_series_withdraw(struct worker_job *job)
{
	if (!job->behind) {
		return false;
	}
	worker_list_remove(&job->series->waiting, job);
	job->behind = false;
	return true;
}
