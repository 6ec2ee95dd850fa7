/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads, their queues, and the way back into the loop.
 *
 * One mutex guards everything that threads see: queues, counters, the list of
 * jobs that are done. A thread never looks at job->req; that belongs to the
 * loop, where a request that goes away simply takes its pointer out of the job.
 */

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/worker_turns.h"

/* Threads beyond those asked for, at most: one for each lane that would have
 * none, because others hold them all. */
#define MAX_SPARE 64

/* Ends reported in one go; then sockets and timers have their turn. */
#define MAX_DELIVERIES 64

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

struct worker_pool {
	struct tevent_context *ev;
	struct tevent_fd *fde;
	int wake;   /* eventfd: there are done jobs */
	bool *gone; /* set by the destructor under a handler at work */
	unsigned num_threads; /* changed under the mutex, once they run */
	unsigned max_threads;
	pthread_t *threads;

	pthread_mutex_t mutex; /* of everything below, and all queues */
	pthread_cond_t work;
	bool stop;
	struct worker_queue *queues;
	struct worker_queue *ready, **ready_tail;
	unsigned num_ready, num_idle; /* lanes in that ring, threads waiting */
	bool tell;		      /* one of them, of work */
	struct worker_list done;

	struct worker_lane *own; /* for what outlives its lane */
};

struct submit_state {
	struct worker_job *job;
};

/* --- under the mutex ---------------------------------------------------- */

static void queue_make_ready(struct worker_queue *queue)
{
	struct worker_pool *pool = queue->pool;

	if (queue->ready || queue->queued == 0 ||
	    queue->running >= queue->width) {
		return;
	}
	queue->ready = true;
	queue->next_ready = NULL;
	pool->num_ready++;
	*pool->ready_tail = queue;
	pool->ready_tail = &queue->next_ready;
	pool->tell = true;
}

/* A thread that is told while the mutex is held would only wait for that. */
static void pool_unlock(struct worker_pool *pool)
{
	bool tell = pool->tell && pool->num_ready > 0 && pool->num_idle > 0;

	pool->tell = false;
	pthread_mutex_unlock(&pool->mutex);
	if (tell) {
		pthread_cond_signal(&pool->work);
	}
}

/* A lane whose talloc object is gone goes with its last job. */
static void queue_free_if_unused(struct worker_queue *queue)
{
	if (!queue->closed || queue->alive > 0 || queue->ready) {
		return;
	}
	*queue->prev = queue->next;
	if (queue->next != NULL) {
		queue->next->prev = queue->prev;
	}
	free(queue);
}

static void queue_forget_job(struct worker_job *job)
{
	struct worker_queue *queue = job->queue;

	job->queue = NULL;
	queue->alive--;
	queue_free_if_unused(queue);
}

static struct worker_queue *pool_next_ready(struct worker_pool *pool)
{
	struct worker_queue *queue = pool->ready;

	if (queue == NULL) {
		return NULL;
	}
	pool->ready = queue->next_ready;
	if (pool->ready == NULL) {
		pool->ready_tail = &pool->ready;
	}
	queue->ready = false;
	pool->num_ready--;
	return queue;
}

/* The next job, its lane moved to the end of the line. */
static struct worker_job *pool_take(struct worker_pool *pool)
{
	struct worker_queue *queue = pool_next_ready(pool);
	struct worker_job *job = NULL;

	if (queue == NULL) {
		return NULL;
	}
	job = worker_turns_take(&queue->jobs);
	if (job == NULL) { /* cancelled meanwhile */
		queue_free_if_unused(queue);
		return NULL;
	}
	queue->queued--;
	queue->running++;
	job->state = JOB_RUNNING;
	queue_make_ready(queue);
	return job;
}

static void pool_wake(struct worker_pool *pool)
{
	const uint64_t one = 1;
	ssize_t n = write(pool->wake, &one, sizeof(one));

	(void)n; /* it can only fail when it is awake already */
}

static void pool_done(struct worker_pool *pool, struct worker_job *job,
		      enum job_state state)
{
	bool first = pool->done.head == NULL;

	job->state = state;
	worker_list_append(&pool->done, job);
	if (first) {
		pool_wake(pool);
	}
}

/* --- threads ------------------------------------------------------------ */

static int pool_add_thread(struct worker_pool *pool);

/* Under the mutex. Is there a lane with work and without any thread, and nobody
 * free to take it up? What holds the threads may be a slow disk, or several. */
static void pool_help(struct worker_pool *pool)
{
	const struct worker_queue *queue = pool->ready;

	if (pool->stop || pool->num_idle >= pool->num_ready ||
	    pool->num_threads >= pool->max_threads) {
		return;
	}
	while (queue != NULL && queue->running > 0) {
		queue = queue->next_ready;
	}
	if (queue != NULL) {
		(void)pool_add_thread(pool);
	}
}

static void *worker_main(void *arg)
{
	struct worker_pool *pool = arg;

	pthread_mutex_lock(&pool->mutex);
	while (!pool->stop) {
		struct worker_job *job = pool_take(pool);

		if (job == NULL) {
			if (pool->ready == NULL) {
				pool->num_idle++;
				pthread_cond_wait(&pool->work, &pool->mutex);
				pool->num_idle--;
			}
			continue;
		}
		pool_help(pool);
		pool_unlock(pool);
		job->run(job);
		pthread_mutex_lock(&pool->mutex);
		job->queue->running--;
		queue_make_ready(job->queue);
		pool_done(pool, job, JOB_DONE);
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Threads take no signals: these are the loop's. */
static int pool_add_thread(struct worker_pool *pool)
{
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* smbquic/sandbox.h */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&pool->threads[pool->num_threads], NULL,
			     worker_main, pool);
	if (err == 0) {
		pool->num_threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static int pool_start_threads(struct worker_pool *pool, unsigned num)
{
	int err = 0;

	pthread_mutex_lock(&pool->mutex);
	while (pool->num_threads < num && err == 0) {
		err = pool_add_thread(pool);
	}
	pthread_mutex_unlock(&pool->mutex);
	return pool->num_threads > 0 ? 0 : err;
}

static void pool_stop_threads(struct worker_pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	pool->stop = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->mutex);
	while (pool->num_threads > 0) {
		pool->num_threads--;
		pthread_join(pool->threads[pool->num_threads], NULL);
	}
}

/* --- the loop ----------------------------------------------------------- */

/* Tells the request; it owns the job from now on. May free anything. */
static void job_deliver(struct worker_job *job)
{
	struct tevent_req *req = job->req;
	enum job_state state = job->state;

	if (req == NULL) {
		job->release(job);
		return;
	}
	job->state = JOB_DELIVERED;
	if (state == JOB_CANCELLED) {
		tevent_req_error(req, ECANCELED);
		return;
	}
	tevent_req_done(req);
}

static struct worker_job *pool_pop_done(struct worker_pool *pool)
{
	struct worker_job *job = NULL;

	pthread_mutex_lock(&pool->mutex);
	job = worker_list_pop(&pool->done);
	if (job != NULL) {
		queue_forget_job(job);
	}
	pthread_mutex_unlock(&pool->mutex);
	return job;
}

static void pool_handler(struct tevent_context *ev, struct tevent_fd *fde,
			 uint16_t flags, void *private_data)
{
	struct worker_pool *pool =
		talloc_get_type_abort(private_data, struct worker_pool);
	struct worker_job *job = NULL;
	unsigned left = MAX_DELIVERIES;
	uint64_t count = 0;
	bool gone = false;
	ssize_t n = read(pool->wake, &count, sizeof(count));

	(void)n;
	(void)ev;
	(void)fde;
	(void)flags;
	pool->gone = &gone;
	job = pool_pop_done(pool);
	while (job != NULL) {
		job_deliver(job);
		if (gone) {
			return;
		}
		left--;
		job = left > 0 ? pool_pop_done(pool) : NULL;
	}
	pool->gone = NULL;
	if (left == 0) {
		pool_wake(pool);
	}
}

/* All that somebody waits for in a lane is over; and, at the pool's end, what
 * nobody waits for. */
static void queue_cancel(struct worker_queue *queue, bool detached)
{
	struct worker_job *job = worker_turns_take(&queue->jobs);
	struct worker_list staying;

	worker_list_init(&staying);
	while (job != NULL) {
		if (job->req == NULL && !detached) {
			worker_list_append(&staying, job);
		} else {
			queue->queued--;
			pool_done(queue->pool, job, JOB_CANCELLED);
		}
		job = worker_turns_take(&queue->jobs);
	}
	job = worker_list_pop(&staying);
	while (job != NULL) {
		worker_turns_add(&queue->jobs, job);
		job = worker_list_pop(&staying);
	}
}

static void job_end_with_pool(struct worker_job *job, struct worker_pool *pool)
{
	if (job->req != NULL) {
		tevent_req_defer_callback(job->req, pool->ev);
	} else if (job->state == JOB_CANCELLED) {
		job->run(job); /* detached */
	}
	job_deliver(job);
}

static int worker_pool_destructor(struct worker_pool *pool)
{
	struct worker_queue *queue = NULL;
	struct worker_queue *next = NULL;
	struct worker_job *job = NULL;

	pool_stop_threads(pool);
	if (pool->gone != NULL) {
		*pool->gone = true;
	}
	for (queue = pool->queues; queue != NULL; queue = queue->next) {
		queue_cancel(queue, true);
		queue->ready = false;
	}
	job = worker_list_pop(&pool->done);
	while (job != NULL) {
		job->queue = NULL; /* the queues end below */
		job_end_with_pool(job, pool);
		job = worker_list_pop(&pool->done);
	}
	for (queue = pool->queues; queue != NULL; queue = next) {
		next = queue->next;
		queue->pool = NULL;
		queue->next = NULL;
		queue->prev = NULL;
		if (queue->closed) {
			free(queue);
		}
	}
	TALLOC_FREE(pool->fde);
	close(pool->wake);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->mutex);
	return 0;
}

struct worker_pool *worker_pool_new(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    unsigned num_threads)
{
	struct worker_pool *pool = talloc_zero(mem_ctx, struct worker_pool);
	int err = 0;

	assert(num_threads > 0);
	if (pool == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	pool->ev = ev;
	pool->ready_tail = &pool->ready;
	worker_list_init(&pool->done);
	pool->max_threads = num_threads + MAX_SPARE;
	pool->threads = talloc_zero_array(pool, pthread_t, pool->max_threads);
	pool->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (pool->threads == NULL || pool->wake == -1) {
		err = pool->wake == -1 ? errno : ENOMEM;
		talloc_free(pool);
		errno = err;
		return NULL;
	}
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->work, NULL);
	talloc_set_destructor(pool, worker_pool_destructor);
	pool->fde = tevent_add_fd(ev, pool, pool->wake, TEVENT_FD_READ,
				  pool_handler, pool);
	err = pool->fde == NULL ? ENOMEM
				: pool_start_threads(pool, num_threads);
	if (err == 0) {
		pool->own = worker_lane_new(pool, pool, 0, 0);
		err = pool->own == NULL ? ENOMEM : 0;
	}
	if (err != 0) {
		talloc_free(pool);
		errno = err;
		return NULL;
	}
	return pool;
}

/* --- lanes -------------------------------------------------------------- */

static int worker_lane_destructor(struct worker_lane *lane)
{
	struct worker_queue *queue = lane->queue;
	struct worker_pool *pool = queue->pool;

	if (pool == NULL) {
		free(queue);
		return 0;
	}
	pthread_mutex_lock(&pool->mutex);
	queue->closed = true;
	queue_cancel(queue, false);
	queue_free_if_unused(queue);
	pthread_mutex_unlock(&pool->mutex);
	return 0;
}

static void pool_add_queue(struct worker_pool *pool, struct worker_queue *queue)
{
	pthread_mutex_lock(&pool->mutex);
	queue->next = pool->queues;
	queue->prev = &pool->queues;
	if (queue->next != NULL) {
		queue->next->prev = &queue->next;
	}
	pool->queues = queue;
	pthread_mutex_unlock(&pool->mutex);
}

struct worker_lane *worker_lane_new(TALLOC_CTX *mem_ctx,
				    struct worker_pool *pool, unsigned width,
				    size_t limit)
{
	struct worker_lane *lane = talloc_zero(mem_ctx, struct worker_lane);
	unsigned most = pool->num_threads > 1 ? pool->num_threads - 1 : 1;

	if (lane == NULL) {
		return NULL;
	}
	lane->queue = calloc(1, sizeof(*lane->queue));
	if (lane->queue == NULL) {
		talloc_free(lane);
		return NULL;
	}
	lane->queue->pool = pool;
	lane->queue->width = width > 0 ? width : most;
	lane->queue->limit = limit;
	worker_turns_init(&lane->queue->jobs);
	pool_add_queue(pool, lane->queue);
	talloc_set_destructor(lane, worker_lane_destructor);
	return lane;
}

/* --- jobs --------------------------------------------------------------- */

/* 0, ECANCELED there is no pool, EAGAIN too many. */
static int queue_add(struct worker_queue *queue, struct worker_job *job,
		     bool limited)
{
	struct worker_pool *pool = queue->pool;
	int err = 0;

	if (pool == NULL) {
		return ECANCELED;
	}
	pthread_mutex_lock(&pool->mutex);
	if (pool->stop) {
		err = ECANCELED;
	} else if (limited && queue->queued >= queue->limit &&
		   worker_turns_waits(&queue->jobs, job)) {
		err = EAGAIN;
	} else {
		job->state = JOB_QUEUED;
		job->queue = queue;
		worker_turns_add(&queue->jobs, job);
		queue->queued++;
		queue->alive++;
		queue_make_ready(queue);
		pool_help(pool);
	}
	pool_unlock(pool);
	return err;
}

/* Takes a job that waits out of its lane; false when a thread has it. */
static bool job_withdraw(struct worker_job *job)
{
	struct worker_queue *queue = job->queue;
	struct worker_pool *pool = queue->pool;
	bool waits = false;

	pthread_mutex_lock(&pool->mutex);
	waits = job->state == JOB_QUEUED;
	if (waits) {
		worker_turns_remove(&queue->jobs, job);
		queue->queued--;
		queue_forget_job(job);
	}
	pthread_mutex_unlock(&pool->mutex);
	return waits;
}

static int submit_state_destructor(struct submit_state *state)
{
	struct worker_job *job = state->job;

	if (job == NULL) {
		return 0;
	}
	state->job = NULL;
	job->req = NULL;
	/* Only the loop makes a job NEW or DELIVERED. */
	if (job->queue == NULL || job_withdraw(job)) {
		job->release(job);
	}
	return 0;
}

struct tevent_req *worker_submit_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct worker_lane *lane,
				      struct worker_job *job)
{
	struct tevent_req *req = NULL;
	struct submit_state *state = NULL;
	int err = ECANCELED;

	job->queue = NULL;
	job->state = JOB_NEW;
	req = tevent_req_create(mem_ctx, &state, struct submit_state);
	if (req == NULL) {
		job->release(job);
		return NULL;
	}
	state->job = job;
	job->req = req;
	talloc_set_destructor(state, submit_state_destructor);
	if (lane != NULL) {
		err = queue_add(lane->queue, job, true);
	}
	if (err != 0) {
		tevent_req_error(req, (uint64_t)err);
		return tevent_req_post(req, ev);
	}
	return req;
}

int worker_submit_recv(struct tevent_req *req)
{
	enum tevent_req_state state = TEVENT_REQ_IN_PROGRESS;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &state, &err)) {
		return 0;
	}
	return state == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

void worker_submit_detached(struct worker_lane *lane, struct worker_job *job)
{
	job->req = NULL;
	job->queue = NULL;
	job->state = JOB_NEW;
	if (lane == NULL || queue_add(lane->queue, job, false) != 0) {
		job->run(job);
		job->release(job);
	}
}

void worker_submit_left(struct worker_pool *pool, struct worker_job *job)
{
	worker_submit_detached(pool->own, job);
}
