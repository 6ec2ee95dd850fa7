/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs on their way to a thread, and back into the loop. What threads see is
 * guarded by the pool's mutex (worker_thread.c).
 */

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/worker_pool.h"
#include "smbquic/alarm.h"

/* Threads beyond those asked for, at most: one for each lane that would have
 * none, because others hold them all. */
#define MAX_SPARE 64

/* Ends reported in one go; then sockets and timers have their turn. */
#define MAX_DELIVERIES 64

/* What nobody waits for, and waits for a thread that is awake: so many at most,
 * and no longer than that. */
#define LATER_MOST 32
#define LATER_MS   5

struct submit_state {
	struct worker_job *job;
};

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
		worker_queue_forget(job);
		pool->asked -= job->req != NULL ? 1 : 0;
	}
	atomic_store(&pool->has_done, pool->done.head != NULL);
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
		worker_pool_wake(pool);
	}
}

/* No thread came by. */
static void pool_late(void *private_data)
{
	struct worker_pool *pool =
		talloc_get_type_abort(private_data, struct worker_pool);

	TALLOC_FREE(pool->late);
	pthread_mutex_lock(&pool->mutex);
	worker_later_begin(pool);
	worker_pool_unlock(pool);
}

/* The loop is about to sleep. What was found meanwhile has rung the bell, so
 * that it does not. */
static void loop_sleeps(struct worker_pool *pool)
{
	bool found = atomic_load(&pool->has_done);

	if (pool->asked == 1) {
		found = worker_look(&pool->loop_patience, &pool->has_done,
				    NULL);
	}
	if (!found) {
		atomic_fetch_or(&pool->calls, POOL_ASLEEP);
	}
}

static void sleep_trace(enum tevent_trace_point point, void *private_data)
{
	struct worker_pool *pool = ((struct worker_sleep *)private_data)->pool;

	if (pool == NULL) {
		return;
	}
	if (point == TEVENT_TRACE_BEFORE_WAIT) {
		loop_sleeps(pool);
	} else if (point == TEVENT_TRACE_AFTER_WAIT) {
		atomic_fetch_and(&pool->calls, ~POOL_ASLEEP);
	}
}

static int sleep_destructor(struct worker_sleep *sleep)
{
	if (sleep->pool != NULL) {
		sleep->pool->sleep = NULL;
	}
	return 0;
}

/* Without memory for it nobody looks. */
static void pool_watch_loop(struct worker_pool *pool)
{
	atomic_init(&pool->calls, POOL_ASLEEP);
	pool->sleep = worker_look_possible()
			      ? talloc_zero(pool->ev, struct worker_sleep)
			      : NULL;
	if (pool->sleep == NULL) {
		return;
	}
	pool->looks = true;
	pool->sleep->pool = pool;
	talloc_set_destructor(pool->sleep, sleep_destructor);
	tevent_set_trace_callback(pool->ev, sleep_trace, pool->sleep);
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
			worker_queue_left(job);
			worker_pool_done(queue->pool, job, JOB_CANCELLED);
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
	unsigned i = 0;

	worker_threads_stop(pool);
	pthread_mutex_lock(&pool->mutex);
	worker_later_begin(pool);
	pthread_mutex_unlock(&pool->mutex);
	if (pool->gone != NULL) {
		*pool->gone = true;
	}
	if (pool->sleep != NULL) {
		pool->sleep->pool = NULL;
		pool->sleep = NULL;
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
	for (i = 0; i < pool->max_threads; i++) {
		pthread_cond_destroy(&pool->threads[i].work);
	}
	pthread_mutex_destroy(&pool->mutex);
	return 0;
}

struct worker_pool *worker_pool_new(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    unsigned num_threads)
{
	struct worker_pool *pool = talloc_zero(mem_ctx, struct worker_pool);
	unsigned i = 0;
	int err = 0;

	assert(num_threads > 0);
	if (pool == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	pool->ev = ev;
	pool->ready_tail = &pool->ready;
	worker_list_init(&pool->done);
	worker_list_init(&pool->later);
	pool->max_threads = num_threads + MAX_SPARE;
	pool->threads = talloc_zero_array(pool, struct worker_thread,
					  pool->max_threads);
	pool->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (pool->threads == NULL || pool->wake == -1) {
		err = pool->wake == -1 ? errno : ENOMEM;
		if (pool->wake != -1) {
			close(pool->wake);
		}
		talloc_free(pool);
		errno = err;
		return NULL;
	}
	pthread_mutex_init(&pool->mutex, NULL);
	for (i = 0; i < pool->max_threads; i++) {
		pthread_cond_init(&pool->threads[i].work, NULL);
	}
	talloc_set_destructor(pool, worker_pool_destructor);
	pool_watch_loop(pool);
	pool->fde = tevent_add_fd(ev, pool, pool->wake, TEVENT_FD_READ,
				  pool_handler, pool);
	err = pool->fde == NULL ? ENOMEM
				: worker_threads_start(pool, num_threads);
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
	worker_queue_free_if_unused(queue);
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
static int queue_add(struct worker_queue *queue, struct worker_job *job)
{
	struct worker_pool *pool = queue->pool;
	int err = 0;

	if (pool == NULL) {
		return ECANCELED;
	}
	pthread_mutex_lock(&pool->mutex);
	if (pool->stop) {
		err = ECANCELED;
	} else if (queue->queued >= queue->limit &&
		   (worker_turns_waits(&queue->jobs, job) ||
		    worker_series_waits(job))) {
		err = EAGAIN;
	} else {
		worker_queue_add(queue, job);
	}
	worker_pool_unlock(pool);
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
		if (!worker_series_withdraw(job)) {
			worker_turns_remove(&queue->jobs, job);
			worker_queue_left(job);
		}
		queue->queued--;
		worker_queue_forget(job);
	}
	worker_pool_unlock(pool);
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
	if (job->queue != NULL && job->queue->pool != NULL) {
		job->queue->pool->asked--;
	}
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
	job->detached = false;
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
		err = queue_add(lane->queue, job);
	}
	if (err != 0) {
		tevent_req_error(req, (uint64_t)err);
		return tevent_req_post(req, ev);
	}
	lane->queue->pool->asked++;
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

/* @return false: not here. */
static bool queue_add_later(struct worker_queue *queue, struct worker_job *job)
{
	struct worker_pool *pool = queue->pool;
	bool stops = pool == NULL;

	if (stops) {
		return false;
	}
	if (pool->late == NULL) {
		pool->late =
			alarm_add(pool->ev, pool, LATER_MS, pool_late, pool);
	}
	pthread_mutex_lock(&pool->mutex);
	stops = pool->stop;
	if (!stops) {
		job->queue = queue;
		queue->alive++;
		worker_list_append(&pool->later, job);
		pool->num_later++;
		atomic_fetch_or(&pool->calls, POOL_LATER);
		if (pool->num_later >= LATER_MOST || pool->late == NULL) {
			worker_later_begin(pool);
		}
	}
	worker_pool_unlock(pool);
	return !stops;
}

void worker_submit_detached(struct worker_lane *lane, struct worker_job *job)
{
	assert(job->series == NULL);
	job->req = NULL;
	job->queue = NULL;
	job->detached = true;
	job->state = JOB_NEW;
	if (lane == NULL || !queue_add_later(lane->queue, job)) {
		job->run(job);
		job->release(job);
	}
}

void worker_submit_left(struct worker_pool *pool, struct worker_job *job)
{
	worker_submit_detached(pool->own, job);
}
