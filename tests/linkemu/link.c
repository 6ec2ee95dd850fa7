/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.c - one direction of an emulated link.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/linkemu/link.h"
#include "tests/linkemu/packet.h"

#define SECOND	    1000000000ull
#define DEFAULT_GAP (5 * LINK_MS)
#define QUEUE_TIME  (100 * LINK_MS)

struct parcel {
	uint64_t due, order; /* when it arrives; who came first */
	size_t len;
	uint8_t data[];
};

struct link {
	struct link_shape shape;
	struct link_counts counts;
	uint64_t chance;    /* the state of the generator */
	uint64_t blackhole; /* until then */
	uint64_t busy;	    /* until then the bottleneck sends */
	uint64_t last;	    /* when the last in order arrives */
	uint64_t order;
	size_t held;	      /* bytes under way */
	struct parcel **heap; /* heap[0] is due first */
	size_t count, room;
	struct parcel *taken;
};

static int link_destructor(struct link *l)
{
	size_t i = 0;

	for (i = 0; i < l->count; i++) {
		free(l->heap[i]);
	}
	free(l->taken);
	return 0;
}

struct link *link_new(TALLOC_CTX *mem_ctx, uint64_t seed)
{
	struct link *l = talloc_zero(mem_ctx, struct link);

	if (l == NULL) {
		return NULL;
	}
	l->chance = seed;
	talloc_set_destructor(l, link_destructor);
	return l;
}

void link_set_shape(struct link *l, const struct link_shape *shape)
{
	l->shape = *shape;
}

const struct link_shape *link_shape(const struct link *l)
{
	return &l->shape;
}

void link_blackhole(struct link *l, uint64_t until)
{
	l->blackhole = until;
}

const struct link_counts *link_counts(const struct link *l)
{
	return &l->counts;
}

/* --- chance: splitmix64 -------------------------------------------------- */

static uint64_t draw(struct link *l)
{
	uint64_t z = 0;

	l->chance += 0x9e3779b97f4a7c15ull;
	z = l->chance;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static bool happens(struct link *l, double chance)
{
	return chance > 0 && (double)(draw(l) >> 11) * 0x1p-53 < chance;
}

/* --- the heap ------------------------------------------------------------ */

static bool earlier(const struct parcel *a, const struct parcel *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static bool heap_push(struct link *l, struct parcel *p)
{
	size_t at = l->count;

	if (l->count == l->room) {
		size_t room = l->room == 0 ? 256 : 2 * l->room;
		struct parcel **heap =
			talloc_realloc(l, l->heap, struct parcel *, room);

		if (heap == NULL) {
			return false;
		}
		l->heap = heap;
		l->room = room;
	}
	while (at > 0 && earlier(p, l->heap[(at - 1) / 2])) {
		l->heap[at] = l->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	l->heap[at] = p;
	l->count++;
	return true;
}

static struct parcel *heap_pop(struct link *l)
{
	struct parcel *first = l->heap[0];
	struct parcel *p = l->heap[--l->count];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= l->count) {
			break;
		}
		if (child + 1 < l->count &&
		    earlier(l->heap[child + 1], l->heap[child])) {
			child++;
		}
		if (!earlier(l->heap[child], p)) {
			break;
		}
		l->heap[at] = l->heap[child];
		at = child;
	}
	l->heap[at] = p;
	return first;
}

/* --- the way of a packet ------------------------------------------------- */

static uint64_t queue_limit(const struct link_shape *s)
{
	return s->queue != 0 ? s->queue : s->rate / 8 * QUEUE_TIME / SECOND;
}

/* Through the bottleneck: when its last bit is out. False: no room. */
static bool through_queue(struct link *l, size_t len, uint64_t now,
			  uint64_t *out)
{
	const struct link_shape *s = &l->shape;

	*out = now;
	if (s->rate == 0) {
		return true;
	}
	if (l->busy < now) {
		l->busy = now;
	}
	/* one packet is always let in, however small the queue */
	if (l->busy > now &&
	    (double)(l->busy - now) * (double)s->rate / 8 / SECOND +
			    (double)len >
		    (double)queue_limit(s)) {
		l->counts.overflowed++;
		return false;
	}
	l->busy += len * 8 * SECOND / s->rate;
	*out = l->busy;
	return true;
}

static uint64_t arrival(struct link *l, uint64_t sent)
{
	const struct link_shape *s = &l->shape;
	uint64_t due = sent + s->delay;

	if (s->jitter > 0) {
		due += draw(l) % (s->jitter + 1);
	}
	if (happens(l, s->reorder)) {
		l->counts.reordered++;
		return due + (s->gap != 0 ? s->gap : DEFAULT_GAP);
	}
	if (due < l->last) {
		due = l->last;
	}
	l->last = due;
	return due;
}

static void send_off(struct link *l, const uint8_t *data, size_t len,
		     uint64_t due)
{
	struct parcel *p = NULL;

	if (l->held + len > LINK_MAX_BYTES) {
		l->counts.overflowed++;
		return;
	}
	p = malloc(sizeof(*p) + len);
	if (p == NULL) {
		l->counts.overflowed++;
		return;
	}
	p->due = due;
	p->order = l->order++;
	p->len = len;
	memcpy(p->data, data, len);
	if (happens(l, l->shape.corrupt) &&
	    packet_corrupt(p->data, len, draw(l))) {
		l->counts.corrupted++;
	}
	if (!heap_push(l, p)) {
		l->counts.overflowed++;
		free(p);
		return;
	}
	l->held += len;
}

void link_put(struct link *l, const uint8_t *data, size_t len, uint64_t now)
{
	const struct link_shape *s = &l->shape;
	uint64_t sent = 0;

	l->counts.packets++;
	l->counts.bytes += len;
	if (now < l->blackhole) {
		l->counts.blackholed++;
		return;
	}
	if (s->mtu != 0 && len > s->mtu) {
		l->counts.too_large++;
		return;
	}
	if (happens(l, s->loss)) {
		l->counts.lost++;
		return;
	}
	if (!through_queue(l, len, now, &sent)) {
		return;
	}
	send_off(l, data, len, arrival(l, sent));
	if (happens(l, s->duplicate)) {
		l->counts.duplicated++;
		send_off(l, data, len, arrival(l, sent));
	}
}

uint64_t link_due(const struct link *l)
{
	return l->count == 0 ? LINK_NEVER : l->heap[0]->due;
}

uint8_t *link_take(struct link *l, uint64_t now, size_t *len)
{
	free(l->taken);
	l->taken = NULL;
	if (l->count == 0 || l->heap[0]->due > now) {
		return NULL;
	}
	l->taken = heap_pop(l);
	l->held -= l->taken->len;
	l->counts.delivered++;
	*len = l->taken->len;
	return l->taken->data;
}
