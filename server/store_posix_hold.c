/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jobs that wait for a thread which begins to watch: what they change is to be
 * told. Each waits for the barriers that were there before it, no other.
 */

#include "server/store_posix.h"
#include "smbquic/list.h"

struct posix_barrier {
	struct posix_barrier *prev, *next; /* the youngest first */
	struct posix_holds *holds;	   /* NULL: gone */
	uint64_t number;
};

struct posix_holds {
	struct tevent_context *ev;
	struct tevent_immediate *im;
	struct posix_barrier *barriers;
	uint64_t last; /* barrier's number */
	struct posix_held *first, **end;
};

/* The oldest; UINT64_MAX: there is none. */
static uint64_t first_number(const struct posix_holds *holds)
{
	const struct posix_barrier *barrier = holds->barriers;

	while (barrier != NULL && barrier->next != NULL) {
		barrier = barrier->next;
	}
	return barrier != NULL ? barrier->number : UINT64_MAX;
}

static void take_out(struct posix_held *held)
{
	struct posix_holds *holds = held->holds;

	if (held->next != NULL) {
		held->next->prev = held->prev;
	} else {
		holds->end = held->prev;
	}
	*held->prev = held->next;
	held->holds = NULL;
}

static void let_go(struct posix_holds *holds, uint64_t before, bool gone)
{
	while (holds->first != NULL && holds->first->behind < before) {
		struct posix_held *held = holds->first;

		take_out(held);
		held->go(held, gone);
	}
}

static void holds_run(struct tevent_context *ev, struct tevent_immediate *im,
		      void *private_data)
{
	struct posix_holds *holds =
		talloc_get_type_abort(private_data, struct posix_holds);

	(void)ev;
	(void)im;
	let_go(holds, first_number(holds), false);
}

static int posix_barrier_destructor(struct posix_barrier *barrier)
{
	struct posix_holds *holds = barrier->holds;

	if (holds != NULL) {
		LIST_REMOVE(holds->barriers, barrier);
		tevent_schedule_immediate(holds->im, holds->ev, holds_run,
					  holds);
	}
	return 0;
}

/* --- the store's -------------------------------------------------------- */

struct posix_holds *posix_holds_new(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev)
{
	struct posix_holds *holds = talloc_zero(mem_ctx, struct posix_holds);

	if (holds == NULL) {
		return NULL;
	}
	holds->ev = ev;
	holds->end = &holds->first;
	holds->im = tevent_create_immediate(holds);
	if (holds->im == NULL) {
		talloc_free(holds);
		return NULL;
	}
	return holds;
}

void posix_holds_end(struct posix_holds *holds)
{
	while (holds->barriers != NULL) {
		struct posix_barrier *barrier = holds->barriers;

		LIST_REMOVE(holds->barriers, barrier);
		barrier->holds = NULL;
	}
	let_go(holds, UINT64_MAX, true);
}

struct posix_barrier *posix_barrier_new(TALLOC_CTX *mem_ctx,
					struct posix_store *posix)
{
	struct posix_holds *holds = posix->holds;
	struct posix_barrier *barrier =
		talloc_zero(mem_ctx, struct posix_barrier);

	if (barrier == NULL) {
		return NULL;
	}
	holds->last++;
	barrier->holds = holds;
	barrier->number = holds->last;
	LIST_ADD(holds->barriers, barrier);
	talloc_set_destructor(barrier, posix_barrier_destructor);
	return barrier;
}

bool posix_hold(struct posix_store *posix, struct posix_held *held)
{
	struct posix_holds *holds = posix->holds;

	if (holds->barriers == NULL && holds->first == NULL) {
		return false;
	}
	held->holds = holds;
	held->behind = holds->last;
	held->next = NULL;
	held->prev = holds->end;
	*holds->end = held;
	holds->end = &held->next;
	return true;
}

void posix_hold_drop(struct posix_held *held)
{
	if (held->holds != NULL) {
		take_out(held);
	}
}
