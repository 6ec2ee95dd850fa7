/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_flight.c - how much is sensibly on its way. Congestion control and the
 * peer's window bound what a path takes; where nothing is lost (one wire, one
 * host) they grow until all that they allow stands in the receiver's socket.
 * It comes no sooner for that, but from memory instead of from the caches,
 * and in the end the socket overflows.
 *
 * What a path holds is its rate times its round trip without queues. Twice
 * that lets the rate double with every round trip, as a slow start wants it,
 * and a fixed part bridges the pauses that programs make. What has arrived in
 * one round trip was sent in the one before: while that still grows, on a path
 * so long that the fixed part is not enough, it is twice as much again. Round
 * trips that become longer say that a queue fills: then that is over.
 */
#include "smbquic/quic_private.h"

#define LEAST	 (512u << 10)
#define SHORTEST NGTCP2_MILLISECONDS /* to measure a rate in */
#define LONG_WAY (10 * NGTCP2_MILLISECONDS)

void quic_flight_init(struct quic_flight *f, quic_time now)
{
	*f = (struct quic_flight){.since = now, .grows = true};
}

void quic_flight_acked(struct quic_flight *f, uint64_t len)
{
	f->acked += len;
}

/* Rounded up: a slow start begins with little. */
static uint64_t per_microsecond(uint64_t bytes, quic_time took)
{
	return bytes / (took / NGTCP2_MICROSECONDS) + 1;
}

uint64_t quic_flight_limit(struct quic_flight *f, quic_time smoothed_rtt,
			   quic_time min_rtt, quic_time now)
{
	quic_time took = now - f->since;
	uint64_t factor = 2;
	uint64_t rate = 0;

	/* over whole round trips: acknowledgements come in bursts */
	if (took >= smoothed_rtt && took >= SHORTEST) {
		rate = per_microsecond(f->acked, took);
		f->grows = rate > f->best + f->best / 4;
		f->best = rate > f->best ? rate : f->best;
		f->acked = 0;
		f->since = now;
	}
	if (min_rtt == UINT64_MAX) { /* not known yet */
		return LEAST;
	}
	if (f->grows && min_rtt >= LONG_WAY &&
	    smoothed_rtt < min_rtt + min_rtt / 8) {
		factor = 4;
	}
	return LEAST + factor * f->best * (min_rtt / NGTCP2_MICROSECONDS);
}
