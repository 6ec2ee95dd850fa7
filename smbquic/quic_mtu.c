/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_mtu.c - a path that has become too small for what was found out of it
 * (RFC 9000 14.2, RFC 8899 4.3): ngtcp2 finds the size at the start, and never
 * doubts it afterwards.
 *
 * Small packets get through everywhere. When what was sent in the stream
 * stays unanswered for too long, only those go out; after a while larger ones
 * are tried again, the next time after twice as long.
 */
#include "smbquic/quic_private.h"

/* Until large packets are tried again, RFC 8899 5.1.1 has the longest. */
#define FIRST_PAUSE   (5 * NGTCP2_SECONDS)
#define LONGEST_PAUSE (600 * NGTCP2_SECONDS)
/* Large packets that were answered for so long are trusted again. */
#define TRUSTED (10 * NGTCP2_SECONDS)

void quic_mtu_init(struct quic_mtu *m)
{
	*m = (struct quic_mtu){.waiting = QUIC_NEVER,
			       .raise = QUIC_NEVER,
			       .pause = FIRST_PAUSE};
}

void quic_mtu_sent(struct quic_mtu *m, quic_time now)
{
	if (m->waiting == QUIC_NEVER) {
		m->waiting = now;
	}
}

void quic_mtu_answered(struct quic_mtu *m, bool more, quic_time now)
{
	m->waiting = more ? now : QUIC_NEVER;
	if (m->raise == QUIC_NEVER && now - m->raised > TRUSTED) {
		m->pause = FIRST_PAUSE;
	}
}

bool quic_mtu_doubt(struct quic_mtu *m, quic_time patience, quic_time now)
{
	if (m->raise != QUIC_NEVER || m->waiting == QUIC_NEVER ||
	    now - m->waiting < patience) {
		return false;
	}
	m->raise = now + m->pause;
	m->pause = m->pause < LONGEST_PAUSE / 2 ? 2 * m->pause : LONGEST_PAUSE;
	return true;
}

size_t quic_mtu_room(struct quic_mtu *m, quic_time now)
{
	if (m->raise == QUIC_NEVER) {
		return UDP_TRAIN_MAX;
	}
	if (now < m->raise) {
		return NGTCP2_MAX_UDP_PAYLOAD_SIZE;
	}
	m->raise = QUIC_NEVER;
	m->raised = now;
	if (m->waiting != QUIC_NEVER) {
		m->waiting = now;
	}
	return UDP_TRAIN_MAX;
}
