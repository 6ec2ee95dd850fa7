/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * threads.c - loops, letter boxes, and their beginning and end.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/eventfd.h>

#include "smbquic/threads.h"
#include "smbquic/alarm.h"

/* A loop and its letter box. */
struct seat {
	unsigned number;
	struct tevent_context *ev;
	struct tevent_fd *fde;
	int bell; /* eventfd: there are letters */
	pthread_mutex_t lock;
	struct letter *first, *last;
	bool rung;
	struct alarm *late;  /* its own: letters to seat 0 wait */
	struct letter *hand; /* taken out, and delivered one by one; its own */
	pthread_t thread;
	bool running; /* a thread that has to be waited for */
	bool stop;    /* its own */
};

struct threads {
	unsigned count;
	unsigned users;
	unsigned busy; /* letters are being delivered at seat 0 */
	struct seat seat[THREADS_MAX + 1];
};

unsigned threads_count(const struct threads *t)
{
	return t->count;
}

struct tevent_context *threads_loop(const struct threads *t, unsigned seat)
{
	assert(seat <= t->count);
	return t->seat[seat].ev;
}

/* --- letters ------------------------------------------------------------- */

/* Who empties the box empties all of it: the bell rings once. */
static void ring(const struct seat *s)
{
	const uint64_t one = 1;

	if (write(s->bell, &one, sizeof(one)) != sizeof(one)) {
		abort(); /* it cannot be full */
	}
}

/* Under the lock. */
static void put(struct seat *s, struct letter *letter)
{
	letter->next = NULL;
	if (s->first == NULL) {
		s->first = letter;
	} else {
		s->last->next = letter;
	}
	s->last = letter;
}

void threads_post(struct threads *t, unsigned seat, struct letter *letter)
{
	struct seat *s = &t->seat[seat];
	bool rings = false;

	assert(seat <= t->count && s->bell != -1);
	pthread_mutex_lock(&s->lock);
	put(s, letter);
	rings = !s->rung;
	s->rung = true;
	pthread_mutex_unlock(&s->lock);
	if (rings) {
		ring(s);
	}
}

/* Nobody has posted anything else meanwhile. */
static void ring_late(void *private_data)
{
	struct seat *from = private_data;
	struct seat *to = from - from->number;
	bool rings = false;

	from->late = NULL; /* it frees itself */
	pthread_mutex_lock(&to->lock);
	rings = to->first != NULL && !to->rung;
	to->rung = to->rung || rings;
	pthread_mutex_unlock(&to->lock);
	if (rings) {
		ring(to);
	}
}

void threads_post_late(struct threads *t, unsigned from, struct letter *letter)
{
	struct seat *s = &t->seat[from];

	assert(from > 0 && from <= t->count);
	if (s->late == NULL) {
		s->late =
			alarm_add(s->ev, s->ev, THREADS_LATE_MS, ring_late, s);
	}
	if (s->late == NULL) {
		threads_post(t, 0, letter);
		return;
	}
	pthread_mutex_lock(&t->seat[0].lock);
	put(&t->seat[0], letter);
	pthread_mutex_unlock(&t->seat[0].lock);
}

static struct letter *take_all(struct seat *s)
{
	struct letter *list = NULL;

	pthread_mutex_lock(&s->lock);
	list = s->first;
	s->first = NULL;
	s->last = NULL;
	s->rung = false;
	pthread_mutex_unlock(&s->lock);
	return list;
}

/* Behind those that are being delivered, if this comes from one of them. */
static void take_in_hand(struct seat *s)
{
	struct letter **end = &s->hand;

	while (*end != NULL) {
		end = &(*end)->next;
	}
	*end = take_all(s);
}

/* One may take back others: what is left is looked at anew each time. */
static void deliver_all(struct seat *s)
{
	take_in_hand(s);
	while (s->hand != NULL) {
		struct letter *l = s->hand;

		s->hand = l->next;
		l->deliver(l);
	}
}

static void sort_out(struct letter **from, struct letter ***end,
		     bool (*wanted)(const struct letter *l, const void *arg),
		     const void *arg)
{
	while (*from != NULL) {
		struct letter *l = *from;

		if (!wanted(l, arg)) {
			from = &l->next;
			continue;
		}
		*from = l->next;
		l->next = NULL;
		**end = l;
		*end = &l->next;
	}
}

/* What stays in the box stays there, rung for or not. */
struct letter *threads_take(struct threads *t,
			    bool (*wanted)(const struct letter *l,
					   const void *arg),
			    const void *arg)
{
	struct seat *s = &t->seat[0];
	struct letter *taken = NULL, **end = &taken;

	sort_out(&s->hand, &end, wanted, arg);
	pthread_mutex_lock(&s->lock);
	sort_out(&s->first, &end, wanted, arg);
	s->last = s->first;
	while (s->last != NULL && s->last->next != NULL) {
		s->last = s->last->next;
	}
	pthread_mutex_unlock(&s->lock);
	return taken;
}

static void box_handler(struct tevent_context *ev, struct tevent_fd *fde,
			uint16_t flags, void *private_data)
{
	struct seat *s = private_data;
	uint64_t rang = 0;

	(void)ev;
	(void)fde;
	(void)flags;
	if (read(s->bell, &rang, sizeof(rang)) == sizeof(rang)) {
		deliver_all(s);
	}
}

struct call {
	struct letter letter; /* first */
	struct letter *inner;
	sem_t done;
};

static void call_deliver(struct letter *l)
{
	struct call *call = (struct call *)(void *)l;

	call->inner->deliver(call->inner);
	sem_post(&call->done);
}

void threads_call(struct threads *t, unsigned seat, struct letter *letter)
{
	struct call call = {.letter.deliver = call_deliver, .inner = letter};

	assert(seat > 0);
	sem_init(&call.done, 0, 0);
	threads_post(t, seat, &call.letter);
	while (sem_wait(&call.done) != 0) {
	}
	sem_destroy(&call.done);
}

/* --- life ---------------------------------------------------------------- */

/* owner is that of the event, which goes with it or before. */
static bool seat_init(struct seat *s, struct tevent_context *ev,
		      TALLOC_CTX *owner, tevent_fd_handler_t handler,
		      void *private_data)
{
	s->ev = ev;
	s->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->bell == -1) {
		return false;
	}
	s->fde = tevent_add_fd(ev, owner, s->bell, TEVENT_FD_READ, handler,
			       private_data);
	if (s->fde == NULL) {
		errno = ENOMEM;
	}
	return s->fde != NULL;
}

static void *seat_main(void *arg)
{
	struct seat *s = arg;

	while (!s->stop && tevent_loop_once(s->ev) == 0) {
	}
	return NULL;
}

/* Signals are the business of the thread that is there already. */
static bool seat_start(struct seat *s)
{
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	sigdelset(&all, SIGSYS); /* smbquic/sandbox.h */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&s->thread, NULL, seat_main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err != 0) {
		errno = err;
	}
	s->running = err == 0;
	return s->running;
}

struct stop {
	struct letter letter; /* first */
	struct seat *seat;
};

static void stop_deliver(struct letter *l)
{
	struct stop *stop = (struct stop *)(void *)l;

	stop->seat->stop = true;
}

static void seat_end(struct seat *s)
{
	TALLOC_FREE(s->fde);
	if (s->bell != -1) {
		close(s->bell);
		s->bell = -1;
	}
}

static void threads_end(struct threads *t)
{
	unsigned i = 0;

	for (i = 1; i <= t->count; i++) {
		struct stop stop = {.letter.deliver = stop_deliver,
				    .seat = &t->seat[i]};

		if (t->seat[i].running) {
			threads_call(t, i, &stop.letter);
			pthread_join(t->seat[i].thread, NULL);
		}
	}
	for (i = 0; i <= t->count; i++) {
		struct seat *s = &t->seat[i];

		deliver_all(s);
		seat_end(s);
		if (i > 0) {
			TALLOC_FREE(s->ev);
		}
		pthread_mutex_destroy(&s->lock);
	}
	talloc_free(t);
}

static void main_handler(struct tevent_context *ev, struct tevent_fd *fde,
			 uint16_t flags, void *private_data)
{
	struct threads *t = private_data;

	t->busy++;
	box_handler(ev, fde, flags, &t->seat[0]);
	t->busy--;
	if (t->users == 0 && t->busy == 0) {
		threads_end(t);
	}
}

struct threads *threads_new(struct tevent_context *ev, unsigned count)
{
	struct threads *t = talloc_zero(NULL, struct threads);
	unsigned i = 0;
	int err = 0;

	assert(count > 0 && count <= THREADS_MAX);
	if (t == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	t->count = count;
	t->users = 1;
	for (i = 0; i <= count; i++) {
		t->seat[i].number = i;
		pthread_mutex_init(&t->seat[i].lock, NULL);
		t->seat[i].bell = -1;
	}
	if (!seat_init(&t->seat[0], ev, t, main_handler, t)) {
		err = errno;
		threads_end(t);
		errno = err;
		return NULL;
	}
	return t;
}

bool threads_begin(struct threads *t, unsigned seat)
{
	struct seat *s = &t->seat[seat];
	struct tevent_context *ev = NULL;
	int err = ENOMEM;

	assert(seat > 0 && seat <= t->count);
	if (s->running) {
		return true;
	}
	ev = tevent_context_init(NULL);
	if (ev != NULL && seat_init(s, ev, ev, box_handler, s) &&
	    seat_start(s)) {
		return true;
	}
	err = ev != NULL ? errno : err;
	seat_end(s);
	s->ev = NULL;
	talloc_free(ev);
	errno = err;
	return false;
}

void threads_hold(struct threads *t)
{
	t->users++;
}

void threads_release(struct threads *t)
{
	t->users--;
	if (t->users == 0 && t->busy == 0) {
		threads_end(t);
	}
}
