/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker_series.h - jobs that wait for the one before them in their series
 * (worker.h), and so in no lane.
 *
 * The caller sees to it that one thread at a time is here. Jobs without a
 * series are welcome everywhere: they wait for nobody.
 */
#ifndef SERVER_WORKER_SERIES_H
#define SERVER_WORKER_SERIES_H

#include "server/worker.h"

/** A job comes. @return true: it may go to its lane; false: it waits here. */
bool worker_series_enter(struct worker_job *job);
/** Does one of the same series wait already? */
bool worker_series_waits(const struct worker_job *job);
/** A job that was let go is over, or given up. @return the next, which may go
 *  now; NULL: none waits. */
struct worker_job *worker_series_leave(struct worker_job *job);
/** A job that waits is given up. @return false: it does not wait here. */
bool worker_series_withdraw(struct worker_job *job);

#endif /* SERVER_WORKER_SERIES_H */
