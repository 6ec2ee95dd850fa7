/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker.h - threads for work that blocks.
 *
 * A job is plain memory (malloc): a thread touches nothing of talloc and
 * nothing of the event loop. It is run by one thread, then its end is reported
 * in the loop. Jobs of a lane run at most `width` at a time, so that what
 * blocks in one lane (a share on a slow disk) leaves threads for the others;
 * lanes take turns, and so do the parties within one. Where several lanes
 * block, and hold all threads, another lane with work gets a further thread:
 * however many are slow, none waits for them. What can be done one after the
 * other only is a series, and takes one thread.
 */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>
#include <tevent.h>

struct worker_pool;
struct worker_lane;

/** Jobs in a list. */
struct worker_list {
	struct worker_job *head, **tail;
};

/**
 * Jobs of which one runs at a time, in their order: what takes the same lock
 * anyway, for which threads would wait, or run in circles. The caller's memory,
 * zeroed; it is there until the last of the jobs is released. All are of one
 * lane, and none is detached.
 */
struct worker_series {
	bool taken; /* one of them is in its lane, or runs */
	struct worker_list waiting;
};

/**
 * The head of a job: first member of the caller's malloc'ed struct. The caller
 * sets the two functions and zeroes the rest.
 */
struct worker_job {
	/** In a thread. */
	void (*run)(struct worker_job *job);
	/** In the loop, exactly once, when nobody needs the job any more, also
	    when it never ran; frees it. Of a detached job: in the thread that
	    ran it, where there was one. */
	void (*release)(struct worker_job *job);
	/** Whose it is; never followed. NULL: nobody's in particular. */
	const void *party;
	/** Of which it is one; NULL: of none. */
	struct worker_series *series;

	/* worker.c's own */
	bool behind; /* it waits in its series, not in its lane */
	struct worker_job *next, **prev;
	struct worker_queue *queue;
	struct tevent_req *req;
	bool detached;
	int state;
};

/** ev outlives the pool, and has no other pool: its trace callback is the
 *  pool's. @return NULL: no memory or no threads; errno is set. */
struct worker_pool *worker_pool_new(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    unsigned num_threads);
/*
 * Freeing the pool waits for the jobs that run (not for the queued ones,
 * these end with ECANCELED). Requests still there end with ECANCELED.
 */

/**
 * A queue of its own in the pool.
 *
 * @param width  jobs at a time; 0: all threads but one (at least one).
 * @param limit  most jobs queued; beyond that EAGAIN, but for the first one of
 * a party: nobody is kept out by others' jobs.
 */
struct worker_lane *worker_lane_new(TALLOC_CTX *mem_ctx,
				    struct worker_pool *pool, unsigned width,
				    size_t limit);
/* Freeing a lane: as freeing a pool, but it waits for nothing; detached jobs
 * in it still run. */

/**
 * Run a job. From here on the job belongs to the request, which releases it
 * when it is freed; so results are read from the job in _recv, before that.
 * When the request is freed while the job waits it never runs; while it runs it
 * is left alone and released at its end.
 *
 * @param lane  NULL: the job is released and the request ends with ECANCELED.
 * @return NULL: no memory; the job was released.
 */
struct tevent_req *worker_submit_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct worker_lane *lane,
				      struct worker_job *job);
/** @return 0 it ran; ECANCELED; EAGAIN the lane is full. */
int worker_submit_recv(struct tevent_req *req);

/**
 * Run a job whose end interests nobody, whatever the limit: soon, by a thread
 * that is awake anyway and has nothing else to do; else a few milliseconds
 * later, or when there are several. The loop hears nothing of it. When the pool
 * is gone or going it is run at once by the caller.
 */
void worker_submit_detached(struct worker_lane *lane, struct worker_job *job);

/** Likewise, for what has outlived its lane, in one that is the pool's own. */
void worker_submit_left(struct worker_pool *pool, struct worker_job *job);

#endif /* SERVER_WORKER_H */
