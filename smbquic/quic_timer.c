/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_timer.c - who is due next: a binary heap of deadlines, so that one
 * timer of the system serves any number of connections.
 */
#include "smbquic/quic_private.h"

#define FIRST_SIZE 16u

/* heap[1] is the earliest; heap[n] is not later than heap[2n], heap[2n+1]. */
struct quic_timers {
	struct quic_timer **heap;
	size_t count;
	size_t size;
};

struct quic_timers *quic_timers_new(TALLOC_CTX *mem_ctx)
{
	struct quic_timers *h = talloc_zero(mem_ctx, struct quic_timers);

	if (h == NULL) {
		return NULL;
	}
	h->size = FIRST_SIZE;
	h->heap = talloc_array(h, struct quic_timer *, h->size);
	if (h->heap == NULL) {
		talloc_free(h);
		return NULL;
	}
	return h;
}

static void put(struct quic_timers *h, size_t place, struct quic_timer *t)
{
	h->heap[place] = t;
	t->place = place;
}

static void move_up(struct quic_timers *h, struct quic_timer *t)
{
	size_t place = t->place;

	while (place > 1 && h->heap[place / 2]->due > t->due) {
		put(h, place, h->heap[place / 2]);
		place /= 2;
	}
	put(h, place, t);
}

static void move_down(struct quic_timers *h, struct quic_timer *t)
{
	size_t place = t->place;

	while (2 * place <= h->count) {
		size_t child = 2 * place;

		if (child < h->count &&
		    h->heap[child + 1]->due < h->heap[child]->due) {
			child++;
		}
		if (h->heap[child]->due >= t->due) {
			break;
		}
		put(h, place, h->heap[child]);
		place = child;
	}
	put(h, place, t);
}

static bool insert(struct quic_timers *h, struct quic_timer *t)
{
	struct quic_timer **bigger = NULL;

	if (h->count + 1 == h->size) {
		bigger = talloc_realloc(h, h->heap, struct quic_timer *,
					2 * h->size);
		if (bigger == NULL) {
			return false;
		}
		h->heap = bigger;
		h->size *= 2;
	}
	h->count++;
	put(h, h->count, t);
	move_up(h, t);
	return true;
}

static void take_out(struct quic_timers *h, struct quic_timer *t)
{
	struct quic_timer *last = h->heap[h->count];
	size_t place = t->place;

	h->count--;
	t->place = 0;
	if (last == t) {
		return;
	}
	put(h, place, last);
	move_up(h, last);
	move_down(h, last);
}

bool quic_timers_set(struct quic_timers *h, struct quic_timer *t, quic_time due)
{
	t->due = due;
	if (due == QUIC_NEVER) {
		if (t->place != 0) {
			take_out(h, t);
		}
		return true;
	}
	if (t->place == 0) {
		return insert(h, t);
	}
	move_up(h, t);
	move_down(h, t);
	return true;
}

struct quic_timer *quic_timers_first(const struct quic_timers *h)
{
	return h->count == 0 ? NULL : h->heap[1];
}
