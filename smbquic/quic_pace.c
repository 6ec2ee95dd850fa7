/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_pace.c - the distance that packets keep, without a timer for each.
 *
 * What is sent next keeps its distance to what was sent last. For ngtcp2 the
 * end of that distance is a deadline like any other, after every
 * acknowledgement as well, although mostly there is nothing that waits for it.
 * A timer that is set, rings and is set again is what a receiver pays for then,
 * once for each train.
 *
 * So ngtcp2 hears of that deadline when something else happens, as if it had
 * heard in time: were it late, then what follows might go out sooner for that.
 * What does wait is seen in ngtcp2_conn_get_expiry() before the last packets
 * count: it is the end of an earlier distance.
 */
#include "smbquic/quic_conn_private.h"

void quic_pace(struct quic_conn *c, bool left, quic_time now)
{
	quic_time until = 0;

	c->unpaced = ngtcp2_conn_get_expiry(c->ng);
	ngtcp2_conn_update_pkt_tx_time(c->ng, now);
	until = ngtcp2_conn_get_expiry(c->ng);
	c->paced = !left && until < c->unpaced ? until : QUIC_NEVER;
}

void quic_pace_catch_up(struct quic_conn *c, quic_time now)
{
	quic_time paced = c->paced;

	c->told = now;
	c->paced = QUIC_NEVER;
	if (c->ng != NULL && paced < now) {
		quic_conn_expire(c, paced);
	}
}
