/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Time limits that do not follow the clock on the wall. */

#include "smbquic/alarm.h"

#include <errno.h>
#include <pthread.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "smbquic/list.h"
#include "smbquic/quic_private.h"

#define MS  (NGTCP2_SECONDS / 1000)
#define FAR (INT32_MAX * NGTCP2_SECONDS) /* for any time_t */

/* Those of one event loop; child of it. */
struct alarms {
	struct alarms *next, *prev;
	struct tevent_context *ev;
	struct quic_timers *timers;
	struct tevent_fd *fde; /* while there are any: loops end without */
	quic_time armed;
	bool ringing; /* another one may follow at once */
	int fd;
};

struct alarm {
	struct quic_timer timer; /* first: the heap yields its address */
	struct alarms *alarms;	 /* NULL: its loop is gone */
	alarm_fn fn;
	void *private_data;
	bool *freed; /* while it rings */
};

/* Loops are few, those of threads among them. */
static struct alarms *loops;
static pthread_mutex_t loops_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t forks_once = PTHREAD_ONCE_INIT;

static void lock_loops(void)
{
	pthread_mutex_lock(&loops_lock);
}

static void unlock_loops(void)
{
	pthread_mutex_unlock(&loops_lock);
}

/* A child of a program with threads has the lock as it was: free. */
static void mind_forks(void)
{
	(void)pthread_atfork(lock_loops, unlock_loops, unlock_loops);
}

uint64_t alarm_clock(void)
{
	return quic_clock() / MS;
}

/* --- one timer of the system for a loop -----------------------------------
 */

static void set_timer(struct alarms *all)
{
	const struct quic_timer *first = quic_timers_first(all->timers);
	struct itimerspec when = {0};
	quic_time due = 0;

	if (first == NULL) {
		if (!all->ringing) {
			TALLOC_FREE(all->fde);
		}
		return;
	}
	due = first->due < FAR ? first->due : FAR;
	if (due >= all->armed) {
		return; /* it rings early, and is set again then */
	}
	all->armed = due;
	when.it_value.tv_sec = (time_t)(due / NGTCP2_SECONDS);
	when.it_value.tv_nsec = (long)(due % NGTCP2_SECONDS);
	timerfd_settime(all->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void ring(struct alarm *alarm)
{
	bool freed = false;

	alarm->freed = &freed;
	alarm->fn(alarm->private_data);
	if (!freed) {
		talloc_free(alarm);
	}
}

/* One at a time, as tevent does: what is called may end others. */
static void on_timer(struct tevent_context *ev, struct tevent_fd *fde,
		     uint16_t flags, void *private_data)
{
	struct alarms *all = talloc_get_type_abort(private_data, struct alarms);
	struct quic_timer *first = NULL;
	uint64_t rang = 0;

	(void)ev;
	(void)fde;
	(void)flags;
	if (read(all->fd, &rang, sizeof(rang)) != sizeof(rang)) {
		return;
	}
	all->armed = QUIC_NEVER;
	first = quic_timers_first(all->timers);
	if (first != NULL && first->due <= quic_clock()) {
		quic_timers_set(all->timers, first, QUIC_NEVER);
		all->ringing = true;
		set_timer(all);
		ring((struct alarm *)(void *)first);
		all->ringing = false;
	}
	set_timer(all);
}

static int alarms_destructor(struct alarms *all)
{
	struct quic_timer *t = quic_timers_first(all->timers);

	for (; t != NULL; t = quic_timers_first(all->timers)) {
		quic_timers_set(all->timers, t, QUIC_NEVER);
		((struct alarm *)(void *)t)->alarms = NULL;
	}
	TALLOC_FREE(all->fde);
	close(all->fd);
	lock_loops();
	LIST_REMOVE(loops, all);
	unlock_loops();
	return 0;
}

static struct alarms *alarms_new(struct tevent_context *ev)
{
	struct alarms *all = talloc_zero(ev, struct alarms);

	if (all == NULL) {
		return NULL;
	}
	all->ev = ev;
	all->armed = QUIC_NEVER;
	all->timers = quic_timers_new(all);
	all->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (all->timers == NULL || all->fd == -1) {
		if (all->fd != -1) {
			close(all->fd);
		}
		talloc_free(all);
		return NULL;
	}
	lock_loops();
	LIST_ADD(loops, all);
	unlock_loops();
	talloc_set_destructor(all, alarms_destructor);
	return all;
}

static struct alarms *alarms_of(struct tevent_context *ev)
{
	struct alarms *all = NULL;

	pthread_once(&forks_once, mind_forks);
	lock_loops();
	for (all = loops; all != NULL && all->ev != ev; all = all->next) {
	}
	unlock_loops();
	return all != NULL ? all : alarms_new(ev);
}

/* --- alarms --------------------------------------------------------------- */

static int alarm_destructor(struct alarm *alarm)
{
	if (alarm->freed != NULL) {
		*alarm->freed = true;
	}
	if (alarm->alarms != NULL) {
		quic_timers_set(alarm->alarms->timers, &alarm->timer,
				QUIC_NEVER);
		set_timer(alarm->alarms);
	}
	return 0;
}

/* A limit that no clock reaches is none. */
static quic_time due_in(uint64_t ms)
{
	quic_time now = quic_clock();

	return ms < (QUIC_NEVER - now) / MS ? now + ms * MS : QUIC_NEVER - 1;
}

struct alarm *alarm_add(struct tevent_context *ev, TALLOC_CTX *mem_ctx,
			uint64_t ms, alarm_fn fn, void *private_data)
{
	struct alarms *all = alarms_of(ev);
	struct alarm *alarm = NULL;

	if (all == NULL) {
		return NULL;
	}
	if (all->fde == NULL) {
		all->fde = tevent_add_fd(ev, all, all->fd, TEVENT_FD_READ,
					 on_timer, all);
	}
	alarm = talloc_zero(mem_ctx, struct alarm);
	if (all->fde == NULL || alarm == NULL) {
		goto no_memory;
	}
	alarm->fn = fn;
	alarm->private_data = private_data;
	if (!quic_timers_set(all->timers, &alarm->timer, due_in(ms))) {
		goto no_memory;
	}
	alarm->alarms = all;
	talloc_set_destructor(alarm, alarm_destructor);
	set_timer(all);
	return alarm;

no_memory:
	talloc_free(alarm);
	set_timer(all);
	errno = ENOMEM;
	return NULL;
}

/* --- requests --------------------------------------------------------------
 */

struct alarm_wait_state {
	struct alarm *alarm;
};

static void alarm_wait_over(void *private_data);

struct tevent_req *alarm_wait_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, uint64_t ms)
{
	struct alarm_wait_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct alarm_wait_state);

	if (req == NULL) {
		return NULL;
	}
	state->alarm = alarm_add(ev, state, ms, alarm_wait_over, req);
	if (tevent_req_nomem(state->alarm, req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static void alarm_wait_over(void *private_data)
{
	tevent_req_done(talloc_get_type_abort(private_data, struct tevent_req));
}

int alarm_wait_recv(struct tevent_req *req)
{
	enum tevent_req_state state;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &state, &err)) {
		return 0;
	}
	return state == TEVENT_REQ_TIMED_OUT ? ETIMEDOUT : ENOMEM;
}

struct limit {
	struct tevent_context *ev;
	struct tevent_req *req;
};

/* Only tevent makes a request that has timed out; "at once" is no time of the
 * day. */
static void limit_over(void *private_data)
{
	struct limit *limit = talloc_get_type_abort(private_data, struct limit);

	if (tevent_req_is_in_progress(limit->req)) {
		tevent_req_set_endtime(limit->req, limit->ev,
				       tevent_timeval_zero());
	}
}

bool alarm_limit(struct tevent_req *req, struct tevent_context *ev, uint64_t ms)
{
	struct limit *limit = talloc_zero(req, struct limit);

	if (tevent_req_nomem(limit, req)) {
		return false;
	}
	*limit = (struct limit){.ev = ev, .req = req};
	return !tevent_req_nomem(alarm_add(ev, limit, ms, limit_over, limit),
				 req);
}
