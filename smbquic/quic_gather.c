/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_gather.c - acknowledgements for much at once.
 *
 * Who reads as fast as a quick link brings it is awake for every train or two
 * of a copy. An acknowledgement each time is a datagram, with system calls and
 * a walk through two network stacks, and wakes the sender for little. So what
 * comes quickly, and in order, is acknowledged when there is MOST of it, or
 * SHORT after the first of it, which is well within the max_ack_delay that the
 * peer was told (RFC 9000 13.2.1, 13.2.2). It is a fourth of what a sender of
 * ours has on its way at least (quic_flight.c), who does not wait for it then.
 *
 * Where somebody does, as the path brings less in that time or the sender may
 * send no more, all is acknowledged at once for a good while; so it is in the
 * beginning, when acknowledgements are what lets the sender send more
 * (RFC 9002 7.3.1).
 */
#include "smbquic/quic_private.h"

#define MOST  (128u << 10)
#define SHORT NGTCP2_MILLISECONDS
#define FIRST (4u << 20) /* until it may begin */
#define AGAIN (8u << 20) /* until it may again, after a wait in vain */

void quic_gather_init(struct quic_gather *g)
{
	*g = (struct quic_gather){.from = FIRST};
}

void quic_gather_heard(struct quic_gather *g, bool calm, quic_time now)
{
	if (!g->any) {
		g->until = now + SHORT;
	}
	g->any = true;
	g->urgent = g->urgent || !calm;
}

bool quic_gather_waits(struct quic_gather *g, uint64_t bytes, quic_time now)
{
	g->waits = false;
	if (!g->any || g->urgent || bytes < g->from ||
	    bytes - g->answered >= MOST) {
		return false;
	}
	if (now >= g->until) {
		g->from = bytes + AGAIN;
		return false;
	}
	g->waits = true;
	return true;
}

void quic_gather_sent(struct quic_gather *g, uint64_t bytes)
{
	g->answered = bytes;
	g->any = false;
	g->urgent = false;
	g->waits = false;
}

void quic_gather_rang(struct quic_gather *g)
{
	g->waits = false;
}

quic_time quic_gather_deadline(const struct quic_gather *g, quic_time deadline)
{
	return g->waits ? g->until : deadline;
}
