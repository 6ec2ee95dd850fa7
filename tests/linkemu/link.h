/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h - one direction of an emulated link: packets and a time in, packets
 * and a deadline out. Owns no device and no clock.
 *
 * A packet meets, in this order: the blackhole, the MTU, loss, the queue in
 * front of the bottleneck, corruption, the delay. All that is left to chance
 * comes from one seed: the same packets at the same times fare alike.
 */
#ifndef LINKEMU_LINK_H
#define LINKEMU_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

#define LINK_NEVER UINT64_MAX
/** Times are in nanoseconds. */
#define LINK_MS 1000000ull

/** What a link does to packets. All zero: nothing, at once. */
struct link_shape {
	uint64_t delay;	 /**< of every packet */
	uint64_t jitter; /**< at most so much more; keeps the order */
	uint64_t rate;	 /**< bits a second; 0: no limit */
	uint64_t queue;	 /**< bytes that wait for the rate; 0: 100 ms of it */
	double loss, reorder, duplicate, corrupt; /**< chances, 0..1 */
	uint64_t gap; /**< what a reordered packet is late; 0: 5 ms */
	uint64_t mtu; /**< larger packets vanish; 0: none are too large */
};

struct link_counts {
	uint64_t packets, bytes; /**< that came in */
	uint64_t delivered;	 /**< packets that went out */
	uint64_t lost, overflowed, blackholed, too_large;
	uint64_t duplicated, reordered, corrupted;
};

struct link;

/** @return NULL: out of memory. Its memory is bounded by LINK_MAX_BYTES. */
struct link *link_new(TALLOC_CTX *mem_ctx, uint64_t seed);
#define LINK_MAX_BYTES ((size_t)512 << 20)

/** In force from the next packet on. */
void link_set_shape(struct link *l, const struct link_shape *shape);
const struct link_shape *link_shape(const struct link *l);
/** Swallow everything that comes in before that time. */
void link_blackhole(struct link *l, uint64_t until);
const struct link_counts *link_counts(const struct link *l);

/** A packet (an IP packet without a link-level header) enters. */
void link_put(struct link *l, const uint8_t *data, size_t len, uint64_t now);
/** When link_take has the next one; LINK_NEVER: the link is empty. */
uint64_t link_due(const struct link *l);
/**
 * The next packet that has arrived by now.
 *
 * @param len  out: its length.
 * @return NULL: none; else it stays valid until the next call.
 */
uint8_t *link_take(struct link *l, uint64_t now, size_t *len);

#endif
