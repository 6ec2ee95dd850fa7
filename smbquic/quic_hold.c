/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_hold.c - acknowledgements that go with the answer.
 *
 * ngtcp2 acknowledges a packet after an eighth of the round trip time. On a
 * quick link that is some ten microseconds, sooner than any answer to it: both
 * ends send and take a datagram more for each request and each answer. A
 * receiver may wait for longer than that, up to the max_ack_delay that it has
 * told (RFC 9000 13.2.1).
 *
 * So for ngtcp2 the clock stands still at the time of such a packet, until
 * there is something to send, or HOLD is over. What it does not do for the
 * clock's sake it does all the same: a gap, and a number of packets
 * (settings.ack_thresh), are acknowledged at once. Who has sent something that
 * is not acknowledged needs the clock, to send it again.
 */
#include "smbquic/quic_conn_private.h"

#define HOLD (2 * NGTCP2_MILLISECONDS)

/* What brings no data may tell of a gap, or of a loss. */
void quic_hold_heard(struct quic_conn *c, bool data, quic_time now)
{
	if (!data) {
		quic_hold_over(c);
		return;
	}
	if (!c->heard_since) {
		c->hold_until = now + HOLD;
	}
	c->heard_since = true;
}

static bool has_nothing_to_send(const struct quic_conn *c)
{
	ngtcp2_conn_info info;

	if (c->stream.sending != NULL || quic_stream_end_due(&c->stream)) {
		return false;
	}
	ngtcp2_conn_get_conn_info(c->ng, &info);
	return info.bytes_in_flight == 0;
}

quic_time quic_hold(struct quic_conn *c, quic_time now)
{
	c->holds = c->heard_since && c->confirmed && now < c->hold_until &&
		   has_nothing_to_send(c);
	return c->holds ? c->told : now;
}

void quic_hold_over(struct quic_conn *c)
{
	c->hold_until = 0;
}

void quic_hold_sent(struct quic_conn *c, bool any)
{
	if (any || !c->holds) {
		c->heard_since = false;
		c->holds = false;
	}
}

quic_time quic_hold_deadline(const struct quic_conn *c, quic_time deadline)
{
	return c->holds && deadline < c->hold_until ? c->hold_until : deadline;
}
