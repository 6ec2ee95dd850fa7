/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The event loop of a context.
 *
 * The library's calls block, and between them nobody would run a loop; yet a
 * QUIC connection wants its acknowledgements and keep-alives, and a server's
 * breaks an answer. So every context with a connection has a thread, the
 * keeper, which runs the loop while no call does. A call takes the loop from
 * it and runs it itself, so everything that the program gave us (callbacks)
 * is called in the thread that called us, and nothing is handed over.
 *
 * The keeper holds the lock while it waits for events; who wants to enter
 * wakes it by an eventfd. After a call it lets the loop rest for a moment, so
 * that a row of calls does not wake it each time.
 *
 * Threads do not survive fork(). In the child the first call begins with a new
 * loop; connections stay the parent's, whose packets the child must not send.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/libsmbclient/libsmb.h"

#define REST_MS 20

struct keeper {
	pthread_mutex_t lock; /* recursive: callbacks may call us */
	pthread_cond_t left;  /* somebody did */
	pthread_t thread;
	bool runs;	   /* the thread, with the lock held */
	bool stop;	   /* the same */
	atomic_int inside; /* those who are, or want to be */
	int wake;
	pid_t pid;
	struct tevent_context *ev;
};

/* tevent registers its backends in a list of the process. */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static void woken(struct tevent_context *ev, struct tevent_fd *fde,
		  uint16_t flags, void *private_data)
{
	struct keeper *k = private_data;
	uint64_t count = 0;

	(void)ev;
	(void)fde;
	(void)flags;
	if (read(k->wake, &count, sizeof(count)) < 0) {
		return; /* another event was first */
	}
}

static bool make_loop(struct keeper *k)
{
	k->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_lock(&making);
	k->ev = tevent_context_init(NULL);
	pthread_mutex_unlock(&making);
	return k->wake >= 0 && k->ev != NULL &&
	       tevent_add_fd(k->ev, k->ev, k->wake, TEVENT_FD_READ, woken, k) !=
		       NULL;
}

static void make_locks(struct keeper *k)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;

	pthread_mutexattr_init(&mutex);
	pthread_mutexattr_settype(&mutex, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&k->lock, &mutex);
	pthread_mutexattr_destroy(&mutex);
	pthread_condattr_init(&cond);
	pthread_condattr_setclock(&cond, CLOCK_MONOTONIC);
	pthread_cond_init(&k->left, &cond);
	pthread_condattr_destroy(&cond);
	atomic_init(&k->inside, 0);
}

struct keeper *keeper_new(void)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		return NULL;
	}
	k->pid = getpid();
	make_locks(k);
	if (!make_loop(k)) {
		keeper_free(k);
		return NULL;
	}
	return k;
}

static void wake(struct keeper *k)
{
	uint64_t one = 1;

	if (write(k->wake, &one, sizeof(one)) < 0) {
		return; /* it is awake, and more than that */
	}
}

void keeper_free(struct keeper *k)
{
	bool mine = k->pid == getpid();
	bool runs = false;

	if (mine) {
		keeper_enter(k);
		runs = k->runs;
		k->stop = true;
		keeper_leave(k);
	}
	if (runs) {
		wake(k);
		pthread_join(k->thread, NULL);
	}
	talloc_free(k->ev);
	if (k->wake >= 0) {
		close(k->wake);
	}
	if (mine) {
		pthread_cond_destroy(&k->left);
		pthread_mutex_destroy(&k->lock);
	}
	free(k);
}

/* ----------------------------------------------------------------- thread */

/* @return whether the moment passed and nobody came. */
static bool rest(struct keeper *k)
{
	struct timespec until = {0};

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += REST_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	return pthread_cond_timedwait(&k->left, &k->lock, &until) == ETIMEDOUT;
}

static void *keep(void *private_data)
{
	struct keeper *k = private_data;
	bool rested = false;

	pthread_mutex_lock(&k->lock);
	while (!k->stop) {
		if (atomic_load(&k->inside) > 0) {
			pthread_cond_wait(&k->left, &k->lock);
			rested = false;
		} else if (!rested) {
			rested = rest(k);
		} else if (tevent_loop_once(k->ev) != 0) {
			break;
		}
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

int keeper_start(struct keeper *k)
{
	sigset_t all;
	sigset_t before;
	int err = 0;

	if (k->runs) {
		return 0;
	}
	/* signals are the program's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&k->thread, NULL, keep, k);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	k->runs = err == 0;
	return err;
}

/* ------------------------------------------------------------------ calls */

/* We are a child of who made it: nothing of it can be used or freed. */
static void begin_anew(struct keeper *k)
{
	close(k->wake);
	make_locks(k);
	k->runs = false;
	k->pid = getpid();
	if (!make_loop(k)) {
		abort(); /* without memory for a loop there is no way on */
	}
}

bool keeper_enter(struct keeper *k)
{
	bool same = k->pid == getpid();

	if (!same) {
		begin_anew(k);
	}
	atomic_fetch_add(&k->inside, 1);
	if (pthread_mutex_trylock(&k->lock) != 0) {
		wake(k);
		pthread_mutex_lock(&k->lock);
	}
	return same;
}

void keeper_leave(struct keeper *k)
{
	int saved = errno;

	if (atomic_fetch_sub(&k->inside, 1) == 1) {
		pthread_cond_signal(&k->left);
	}
	pthread_mutex_unlock(&k->lock);
	errno = saved;
}

struct tevent_context *keeper_loop(struct keeper *k)
{
	return k->ev;
}
