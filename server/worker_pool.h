/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker_pool.h - what the loop's side of a pool (worker.c) and its threads
 * (worker_thread.c) share.
 */
#ifndef SERVER_WORKER_POOL_H
#define SERVER_WORKER_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "server/worker_look.h"
#include "server/worker_series.h"
#include "server/worker_turns.h"

/* The loop sleeps; there are jobs for later. */
#define POOL_ASLEEP 1u
#define POOL_LATER  2u

enum job_state {
	JOB_NEW,
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_DONE,      /* ran; on the pool's list of done jobs */
	JOB_CANCELLED, /* never ran; on that list too */
	JOB_DELIVERED, /* its request has heard of it and owns it */
};

/*
 * What a lane is to the threads: plain memory, since jobs may still run in it
 * when its talloc object is gone.
 */
struct worker_queue {
	struct worker_pool *pool; /* NULL: gone */
	struct worker_queue *next, **prev;
	struct worker_queue *next_ready; /* the ring of lanes with work */
	bool ready;
	bool closed; /* no talloc object any more */
	struct worker_turns jobs;
	size_t queued, limit;
	size_t alive; /* jobs that point here: queued, running, done */
	unsigned running, width;
};

struct worker_lane {
	struct worker_queue *queue;
};

/* One of those that wait, the last that came first in their list: whose
 * caches, and whose user, are most likely those that the next job needs. */
struct worker_thread {
	struct worker_pool *pool;
	pthread_t id;
	pthread_cond_t work;
	bool told;
	struct worker_thread *next_idle;
};

/* Told by tevent when the loop sleeps and wakes; a child of that. */
struct worker_sleep {
	struct worker_pool *pool; /* NULL: gone */
};

struct worker_pool {
	struct tevent_context *ev;
	struct tevent_fd *fde;
	struct worker_sleep *sleep; /* NULL: gone */
	unsigned asked;		    /* jobs that requests wait for */
	int wake;		    /* eventfd: there are done jobs */
	bool *gone; /* set by the destructor under a handler at work */
	unsigned num_threads; /* changed under the mutex, once they run */
	unsigned max_threads;
	struct worker_thread *threads;
	struct alarm *late; /* when what is for later is no longer */

	pthread_mutex_t mutex; /* of everything below, and all queues */
	struct worker_thread *idle;
	bool stop;
	struct worker_queue *queues;
	struct worker_queue *ready, **ready_tail;
	unsigned num_ready;	     /* lanes in that ring */
	unsigned num_idle, num_told; /* threads waiting, and on their way */
	bool tell;		     /* one of them, of work */
	bool looked;		     /* by a thread, for work */
	struct worker_list done;
	struct worker_list later; /* detached jobs, see thread_tidies() */
	unsigned num_later;
	bool tidied; /* by a thread: it does one of those */

	/* Looked at without the mutex, see worker_look.h. */
	bool looks; /* there are processors for that */
	atomic_bool has_work, has_done;
	atomic_uint calls;		      /* why no thread looks: */
	struct worker_patience loop_patience; /* the loop's */
	struct worker_patience patience;      /* of the one thread that looks */

	struct worker_lane *own; /* for what outlives its lane */
};

/* --- under the mutex */
void worker_pool_unlock(struct worker_pool *pool);
/** A job that waits from now on. */
void worker_queue_add(struct worker_queue *queue, struct worker_job *job);
/** All that was for later is in its lane. */
void worker_later_begin(struct worker_pool *pool);
/** A job that was in its lane is there no longer: it is over, or given up. The
 *  next of its series goes there now. */
void worker_queue_left(struct worker_job *job);
/** A job that is the loop's alone from now on, or a thread's. */
void worker_queue_forget(struct worker_job *job);
/** A lane whose talloc object is gone goes with its last job. */
void worker_queue_free_if_unused(struct worker_queue *queue);
/** A job that is over: the loop hears of it. */
void worker_pool_done(struct worker_pool *pool, struct worker_job *job,
		      enum job_state state);

/* --- without it */
/** The loop looks for jobs that are done. */
void worker_pool_wake(struct worker_pool *pool);
/** @return 0 when there is one at least, or an errno. */
int worker_threads_start(struct worker_pool *pool, unsigned num);
/** Those that run are waited for. */
void worker_threads_stop(struct worker_pool *pool);

#endif /* SERVER_WORKER_POOL_H */
