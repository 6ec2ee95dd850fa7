/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The threads of a pool, and what they and the loop do under its mutex.
 *
 * One mutex guards everything that threads see: queues, counters, the list of
 * jobs that are done. A thread never looks at job->req; that belongs to the
 * loop, where a request that goes away simply takes its pointer out of the job.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/worker_pool.h"

/* --- under the mutex ---------------------------------------------------- */

static void queue_make_ready(struct worker_queue *queue)
{
	struct worker_pool *pool = queue->pool;

	/* what waits for others of its series is nobody's yet */
	if (queue->ready || queue->jobs.waiting == 0 ||
	    queue->running >= queue->width) {
		return;
	}
	queue->ready = true;
	queue->next_ready = NULL;
	pool->num_ready++;
	atomic_store(&pool->has_work, true);
	*pool->ready_tail = queue;
	pool->ready_tail = &queue->next_ready;
	pool->tell = true;
}

/* Threads that would take up work at once, or soon. */
static unsigned pool_free_threads(const struct worker_pool *pool)
{
	return pool->num_idle + pool->num_told + (pool->looked ? 1 : 0);
}

static struct worker_thread *pool_next_idle(struct worker_pool *pool)
{
	struct worker_thread *thread = pool->idle;

	pool->idle = thread->next_idle;
	pool->num_idle--;
	pool->num_told++;
	thread->told = true;
	return thread;
}

/* A thread that is told while the mutex is held would only wait for that. One
 * that looks sees it without being told. */
void worker_pool_unlock(struct worker_pool *pool)
{
	bool tell = pool->tell && pool->num_idle > 0 &&
		    pool->num_ready > (pool->looked ? 1u : 0u);
	struct worker_thread *thread = tell ? pool_next_idle(pool) : NULL;

	pool->tell = false;
	pthread_mutex_unlock(&pool->mutex);
	if (thread != NULL) {
		pthread_cond_signal(&thread->work);
	}
}

/* A lane whose talloc object is gone goes with its last job. */
void worker_queue_free_if_unused(struct worker_queue *queue)
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

void worker_queue_forget(struct worker_job *job)
{
	struct worker_queue *queue = job->queue;

	job->queue = NULL;
	queue->alive--;
	worker_queue_free_if_unused(queue);
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
	atomic_store(&pool->has_work, pool->num_ready > 0);
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
		worker_queue_free_if_unused(queue);
		return NULL;
	}
	queue->queued--;
	queue->running++;
	job->state = JOB_RUNNING;
	queue_make_ready(queue);
	return job;
}

void worker_pool_wake(struct worker_pool *pool)
{
	const uint64_t one = 1;
	ssize_t n = write(pool->wake, &one, sizeof(one));

	(void)n; /* it can only fail when it is awake already */
}

/* @return true: the loop is to be woken. */
static bool pool_add_done(struct worker_pool *pool, struct worker_job *job,
			  enum job_state state)
{
	bool first = pool->done.head == NULL;

	job->state = state;
	worker_list_append(&pool->done, job);
	atomic_store(&pool->has_done, true);
	return first;
}

void worker_pool_done(struct worker_pool *pool, struct worker_job *job,
		      enum job_state state)
{
	if (pool_add_done(pool, job, state)) {
		worker_pool_wake(pool);
	}
}

/* --- threads ------------------------------------------------------------ */

static int pool_add_thread(struct worker_pool *pool);

/* Under the mutex. Is there a lane with work and without any thread, and nobody
 * free to take it up? What holds the threads may be a slow disk, or several. */
static void pool_help(struct worker_pool *pool)
{
	const struct worker_queue *queue = pool->ready;

	if (pool->stop || pool_free_threads(pool) >= pool->num_ready ||
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

/* Under the mutex. The loop is told of a job's end: it may have another. */
static void thread_look(struct worker_pool *pool)
{
	if (!pool->looks || pool->looked || pool->ready != NULL) {
		return;
	}
	pool->looked = true;
	pthread_mutex_unlock(&pool->mutex);
	(void)worker_look(&pool->patience, &pool->has_work, &pool->calls);
	pthread_mutex_lock(&pool->mutex);
	pool->looked = false;
}

/* Under the mutex. A job is over that the loop knows nothing of any more. */
static void thread_ends(struct worker_pool *pool, struct worker_job *job)
{
	worker_queue_forget(job);
	pthread_mutex_unlock(&pool->mutex);
	job->release(job);
	pthread_mutex_lock(&pool->mutex);
}

/*
 * Under the mutex. Before it rests a thread does what nobody waits for: one
 * job, and one thread at a time, so that slow ones hold no other. @return
 * false: there is none.
 */
static bool thread_tidies(struct worker_pool *pool)
{
	struct worker_job *job = NULL;

	if (pool->tidied || pool->stop) {
		return false;
	}
	job = worker_list_pop(&pool->later);
	if (job == NULL) {
		return false;
	}
	pool->num_later--;
	if (pool->num_later == 0) {
		atomic_fetch_and(&pool->calls, ~POOL_LATER);
	}
	pool->tidied = true;
	pthread_mutex_unlock(&pool->mutex);
	job->run(job);
	pthread_mutex_lock(&pool->mutex);
	pool->tidied = false;
	thread_ends(pool, job);
	return true;
}

static void thread_wait(struct worker_thread *thread)
{
	struct worker_pool *pool = thread->pool;

	thread->told = false;
	thread->next_idle = pool->idle;
	pool->idle = thread;
	pool->num_idle++;
	while (!thread->told && !pool->stop) {
		pthread_cond_wait(&thread->work, &pool->mutex);
	}
	pool->num_told -= thread->told ? 1 : 0;
}

/* A look, and then to sleep. */
static void thread_rest(struct worker_thread *thread, bool *looks)
{
	if (*looks) {
		*looks = false;
		thread_look(thread->pool);
	} else {
		thread_wait(thread);
	}
}

static void *worker_main(void *arg)
{
	struct worker_thread *thread = arg;
	struct worker_pool *pool = thread->pool;
	bool looks = false; /* it has done something since it slept */

	pthread_mutex_lock(&pool->mutex);
	while (!pool->stop) {
		struct worker_job *job = pool_take(pool);

		if (job == NULL) {
			if (pool->ready == NULL && !thread_tidies(pool)) {
				thread_rest(thread, &looks);
			}
			continue;
		}
		looks = true;
		pool_help(pool);
		worker_pool_unlock(pool);
		job->run(job);
		pthread_mutex_lock(&pool->mutex);
		job->queue->running--;
		worker_queue_left(job);
		queue_make_ready(job->queue);
		if (job->detached) {
			thread_ends(pool, job);
		} else if (pool_add_done(pool, job, JOB_DONE)) {
			/* the loop wants the mutex first of all */
			pthread_mutex_unlock(&pool->mutex);
			worker_pool_wake(pool);
			pthread_mutex_lock(&pool->mutex);
		}
	}
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Threads take no signals: these are the loop's. */
static int pool_add_thread(struct worker_pool *pool)
{
	struct worker_thread *thread = &pool->threads[pool->num_threads];
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* smbquic/sandbox.h */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	thread->pool = pool;
	err = pthread_create(&thread->id, NULL, worker_main, thread);
	if (err == 0) {
		pool->num_threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

int worker_threads_start(struct worker_pool *pool, unsigned num)
{
	int err = 0;

	pthread_mutex_lock(&pool->mutex);
	while (pool->num_threads < num && err == 0) {
		err = pool_add_thread(pool);
	}
	pthread_mutex_unlock(&pool->mutex);
	return pool->num_threads > 0 ? 0 : err;
}

void worker_threads_stop(struct worker_pool *pool)
{
	struct worker_thread *thread = NULL;

	pthread_mutex_lock(&pool->mutex);
	pool->stop = true;
	for (thread = pool->idle; thread != NULL; thread = thread->next_idle) {
		pthread_cond_signal(&thread->work);
	}
	pthread_mutex_unlock(&pool->mutex);
	while (pool->num_threads > 0) {
		pool->num_threads--;
		pthread_join(pool->threads[pool->num_threads].id, NULL);
	}
}

void worker_later_begin(struct worker_pool *pool)
{
	struct worker_job *job = worker_list_pop(&pool->later);

	while (job != NULL) {
		job->queue->alive--; /* worker_queue_add() counts it */
		worker_queue_add(job->queue, job);
		job = worker_list_pop(&pool->later);
	}
	pool->num_later = 0;
	atomic_fetch_and(&pool->calls, ~POOL_LATER);
}

static void queue_let_in(struct worker_job *job)
{
	worker_turns_add(&job->queue->jobs, job);
	queue_make_ready(job->queue);
}

void worker_queue_add(struct worker_queue *queue, struct worker_job *job)
{
	job->state = JOB_QUEUED;
	job->queue = queue;
	queue->queued++;
	queue->alive++;
	if (worker_series_enter(job)) {
		queue_let_in(job);
		pool_help(queue->pool);
	}
}

/* Where the lane is gone, what waited for it is over as well. A thread has just
 * become free: there need not be another. */
void worker_queue_left(struct worker_job *job)
{
	struct worker_job *next = worker_series_leave(job);

	while (next != NULL && next->queue->closed) {
		struct worker_job *over = next;

		next = worker_series_leave(over);
		over->queue->queued--;
		worker_pool_done(over->queue->pool, over, JOB_CANCELLED);
	}
	if (next != NULL) {
		queue_let_in(next);
	}
}
