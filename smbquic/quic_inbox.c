/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_inbox.c - trains that came in, and to whom their datagrams belong.
 */
#include <errno.h>
#include <string.h>

#include "smbquic/quic_endpoint_private.h"

/* Trains that are read before the event loop gets to look at anything else. */
#define TRAINS_AT_ONCE 16

/* The datagram before, of the same train. */
struct last {
	struct quic_slot *slot; /* NULL: there is none that was anybody's */
	const uint8_t *data;
};

/* To whom a datagram belongs. A stateless reset has no connection id: on a
 * client's socket it can only be for the one connection. */
static struct quic_slot *find_slot(struct quic_endpoint *e, const uint8_t *data,
				   size_t len)
{
	ngtcp2_version_cid vc;
	struct quic_slot *s = NULL;

	if (ngtcp2_pkt_decode_version_cid(&vc, data, len, QUIC_CID_LEN) == 0) {
		s = quic_slots_find(&e->slots, vc.dcid, vc.dcidlen);
	}
	return (s == NULL && !e->server) ? e->slots.first : s;
}

/* Two short headers (RFC 9000 17.3.1) with one connection id, as mostly all of
 * a train have: it need not be looked up again. */
static bool is_like(const struct last *last, const uint8_t *data, size_t len)
{
	return last->slot != NULL && len > QUIC_CID_LEN &&
	       ((data[0] | last->data[0]) & QUIC_LONG_HEADER) == 0 &&
	       memcmp(data + 1, last->data + 1, QUIC_CID_LEN) == 0;
}

/* Afterwards last has the connection that it was for, if that goes on. */
static void datagram(struct quic_endpoint *e, const struct udp_train *from,
		     const uint8_t *data, size_t len, quic_time now,
		     struct last *last)
{
	const uint8_t *packet = NULL;
	struct quic_slot *s =
		is_like(last, data, len) ? last->slot : find_slot(e, data, len);

	*last = (struct last){.data = data};
	if (s == NULL) {
		if (!quic_desk_hand_over(e, from, data, len)) {
			quic_accept_datagram(e, from, data, len, now);
		}
		return;
	}
	if (s->away) {
		quic_desk_forward(s, from, data, len);
		return;
	}
	if (!s->over) {
		quic_conn_input(s->conn, from, data, len, now);
		quic_slot_mark(s);
		last->slot = s;
		return;
	}
	packet = quic_slot_latecomer(s, &len);
	if (packet != NULL) {
		quic_answer(e, from, packet, len);
	}
}

/* A reader that has what it waited for goes on at once, so that the next train
 * finds its next read and need not be kept for it. */
void quic_inbox_train(struct quic_endpoint *e, const struct udp_train *t)
{
	quic_time now = quic_clock();
	struct last last = {.slot = NULL};
	size_t at = 0;
	size_t len = 0;

	for (at = 0; at < t->len; at += len) {
		len = t->len - at < t->segment ? t->len - at : t->segment;
		datagram(e, t, t->data + at, len, now, &last);
	}
	if (last.slot != NULL && !last.slot->over &&
	    quic_conn_has_read(last.slot->conn)) {
		(void)quic_conn_dispatch(last.slot->conn);
	}
}

void quic_inbox_receive(struct quic_endpoint *e, uint8_t *scratch)
{
	struct udp_train t;
	unsigned i = 0;
	int err = 0;

	for (i = 0; i < TRAINS_AT_ONCE; i++) {
		err = udp_recv(e->socket, scratch, &t);
		if (err == EAGAIN) {
			return;
		}
		if (err != 0) {
			quic_endpoint_error(e, err);
			continue;
		}
		quic_inbox_train(e, &t);
	}
}
