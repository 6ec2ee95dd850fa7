/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_desk.c - a listener with several desks: the endpoint of the main loop,
 * where strangers come and handshakes are made, and one endpoint a network
 * thread, with a socket of its own on the same address, where connections are
 * served from then on.
 *
 * Connection ids tell the desk, so that the kernel can bring a datagram to
 * the right socket. Where it does not (it has no filter, or the connection
 * has not moved yet) the desk that got it hands it over.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "smbquic/log.h"
#include "smbquic/quic_endpoint_private.h"

/* Bytes that are being handed over, a listener: beyond that they are lost, as
 * in a socket whose buffer is full. */
#define HANDED_MAX ((size_t)4 << 20)

struct quic_desks {
	atomic_uint users; /* the endpoints, and letters on their way */
	atomic_size_t handed;
	struct threads *threads;
	unsigned count; /* of threads */
	uint16_t mask;	/* what the numbers in connection ids are hidden by */
	bool open;	/* seat 0's: its endpoint is there */
	struct quic_endpoint *at[THREADS_MAX + 1];
};

static void desks_hold(struct quic_desks *d)
{
	atomic_fetch_add(&d->users, 1);
}

static void desks_release(struct quic_desks *d)
{
	if (atomic_fetch_sub(&d->users, 1) == 1) {
		free(d);
	}
}

/* --- connection ids ------------------------------------------------------ */

/* The first two bytes, unmasked, modulo the number of threads. What
 * udp_steer() makes the kernel compute. */
static unsigned desk_of_cid(const struct quic_desks *d, const uint8_t *cid)
{
	unsigned number = ((unsigned)cid[0] << 8 | cid[1]) ^ d->mask;

	return 1 + number % d->count;
}

void quic_desk_mark_cid(const struct quic_endpoint *e, unsigned desk,
			ngtcp2_cid *cid)
{
	const struct quic_desks *d = e->desks;
	unsigned number = 0;

	if (d == NULL) {
		return;
	}
	number = (unsigned)cid->data[0] << 8 | cid->data[1];
	number -= number % d->count;
	number += desk - 1;
	if (number > UINT16_MAX) {
		number -= d->count;
	}
	number ^= d->mask;
	cid->data[0] = (uint8_t)(number >> 8);
	cid->data[1] = (uint8_t)number;
}

unsigned quic_desk_next(struct quic_endpoint *e)
{
	if (e->desks == NULL) {
		return 0;
	}
	e->next_desk = e->next_desk % e->desks->count + 1;
	return e->next_desk;
}

/* --- datagrams handed over ----------------------------------------------- */

struct handed {
	struct letter letter; /* first */
	struct quic_desks *desks;
	unsigned desk;
	bool last; /* who gets it does not hand it on */
	struct udp_train train;
	uint8_t data[];
};

static void handed_deliver(struct letter *l)
{
	struct handed *h = (struct handed *)(void *)l;
	struct quic_desks *d = h->desks;

	/* a desk may not be open yet, or never be */
	if (h->desk != 0 ? d->at[h->desk] != NULL : d->open) {
		quic_endpoint_handed(d->at[h->desk], &h->train, h->last);
	}
	atomic_fetch_sub(&d->handed, h->train.len);
	free(h);
	desks_release(d);
}

static void hand_over(struct quic_endpoint *e, unsigned desk,
		      const struct udp_train *from, const uint8_t *data,
		      size_t len)
{
	struct quic_desks *d = e->desks;
	struct handed *h = NULL;

	if (atomic_load(&d->handed) + len > HANDED_MAX) {
		return;
	}
	h = calloc(1, sizeof(*h) + len);
	if (h == NULL) {
		return;
	}
	h->letter.deliver = handed_deliver;
	h->desks = d;
	h->desk = desk;
	h->last = desk == 0 || e->desk == 0;
	h->train = *from;
	h->train.data = h->data;
	h->train.len = len;
	memcpy(h->data, data, len);
	atomic_fetch_add(&d->handed, len);
	desks_hold(d);
	threads_post(d->threads, desk, &h->letter);
}

/*
 * A datagram that is of no connection at this desk. Long headers belong to the
 * main desk, which alone knows of handshakes; short ones to the desk that their
 * id names. That desk, if it does not know them either, asks the main one:
 * the connection may not have moved yet. What comes from the main desk, or
 * comes there, is not handed on.
 */
bool quic_desk_hand_over(struct quic_endpoint *e, const struct udp_train *from,
			 const uint8_t *data, size_t len)
{
	unsigned desk = 0;

	if (e->desks == NULL || e->is_final) {
		return false;
	}
	/* long headers are of handshakes */
	if ((data[0] & QUIC_LONG_HEADER) == 0 && len > QUIC_CID_LEN) {
		desk = desk_of_cid(e->desks, data + 1);
		desk = desk == e->desk ? 0 : desk;
	}
	if (desk == e->desk) {
		return false;
	}
	hand_over(e, desk, from, data, len);
	return true;
}

void quic_desk_forward(struct quic_slot *s, const struct udp_train *from,
		       const uint8_t *data, size_t len)
{
	hand_over(s->endpoint, s->desk, from, data, len);
}

/* --- moving in ----------------------------------------------------------- */

struct moving {
	struct letter letter; /* first */
	struct quic_endpoint *to;
	struct quic_slot *slot;
	struct quic_conn *conn;
	size_t count;
	ngtcp2_cid cids[QUIC_MOVING_CIDS];
};

/* In the thread. Who cannot be routed to is told so. */
static void moving_deliver(struct letter *l)
{
	struct moving *m = (struct moving *)(void *)l;
	struct quic_endpoint *e = m->to;
	struct quic_slot *s = m->slot;
	bool ok = true;
	size_t i = 0;

	quic_slot_join(s, &e->slots, e);
	s->endpoint = e;
	s->conn = m->conn;
	quic_conn_move(m->conn, s);
	e->slots.memories++;
	for (i = 0; i < m->count && ok; i++) {
		ok = quic_slot_add_cid(s, &m->cids[i]);
	}
	if (!ok) {
		quic_conn_close(m->conn, TRANSPORT_CLOSE_INTERNAL,
				"out of memory");
	}
	free(m);
	quic_endpoint_ops.wake(s);
}

bool quic_desk_move(struct quic_conn *c, struct letter *ended,
		    struct quic_slot **ghost)
{
	struct quic_slot *s = quic_conn_leave(c);
	struct quic_endpoint *e = s->endpoint;
	struct moving *m = calloc(1, sizeof(*m));

	if (m != NULL) {
		m->slot = talloc_zero(NULL, struct quic_slot);
	}
	if (m == NULL || m->slot == NULL) {
		free(m);
		return false;
	}
	m->slot->peer = s->peer;
	m->slot->desk = s->desk;
	m->slot->when_ended = ended;
	m->letter.deliver = moving_deliver;
	m->to = e->desks->at[s->desk];
	m->conn = talloc_steal(NULL, c);
	m->count = quic_slot_cids(s, m->cids, QUIC_MOVING_CIDS);
	s->conn = NULL;
	s->away = true;
	s->stalled = false;
	quic_timers_set(e->slots.timers, &s->timer, QUIC_NEVER);
	*ghost = s;
	threads_post(e->desks->threads, s->desk, &m->letter);
	return true;
}

void quic_desk_ended(struct quic_slot *s)
{
	struct letter *ended = s->when_ended;

	s->when_ended = NULL;
	if (ended != NULL) {
		threads_post(quic_desk_threads(s), 0, ended);
	}
}

struct threads *quic_desk_threads(const struct quic_slot *s)
{
	return s->endpoint->desks == NULL ? NULL : s->endpoint->desks->threads;
}

/* --- opening and closing -------------------------------------------------
 */

struct opening {
	struct letter letter; /* first */
	struct quic_desks *desks;
	const struct quic_endpoint *like;
	unsigned desk;
	struct udp_socket *socket;
};

static void opening_deliver(struct letter *l)
{
	struct opening *o = (struct opening *)(void *)l;
	struct quic_desks *d = o->desks;

	d->at[o->desk] = quic_endpoint_desk(threads_loop(d->threads, o->desk),
					    o->socket, o->like, o->desk);
}

struct closing {
	struct letter letter; /* first */
	struct quic_endpoint *endpoint;
};

static void deafen_deliver(struct letter *l)
{
	quic_endpoint_deafen(((struct closing *)(void *)l)->endpoint);
}

static void closing_deliver(struct letter *l)
{
	talloc_free(((struct closing *)(void *)l)->endpoint);
}

static void call_all(struct quic_desks *d, void (*deliver)(struct letter *l))
{
	unsigned i = 0;

	for (i = 1; i <= d->count; i++) {
		struct closing c = {.letter.deliver = deliver,
				    .endpoint = d->at[i]};

		if (d->at[i] != NULL) {
			threads_call(d->threads, i, &c.letter);
		}
	}
}

/* First nobody hands anything over any more, then nobody is there. */
void quic_desks_close(struct quic_endpoint *e)
{
	struct quic_desks *d = e->desks;

	if (d == NULL || e->desk != 0) {
		return;
	}
	call_all(d, deafen_deliver);
	call_all(d, closing_deliver);
	d->open = false;
	e->desks = NULL;
	threads_release(d->threads);
	desks_release(d);
}

static int open_one(struct quic_endpoint *e, unsigned desk, char **why)
{
	const union udp_address *at = udp_local(e->socket);
	struct opening o = {.letter.deliver = opening_deliver,
			    .desks = e->desks,
			    .like = e,
			    .desk = desk};
	int err = udp_listen_beside(NULL, &at->sa, udp_address_len(at),
				    &o.socket, why);

	if (err != 0) {
		return err;
	}
	threads_call(e->desks->threads, desk, &o.letter);
	return e->desks->at[desk] == NULL ? ENOMEM : 0;
}

static bool begin_all(struct threads *threads)
{
	unsigned i = 0;

	for (i = 1; i <= threads_count(threads); i++) {
		if (!threads_begin(threads, i)) {
			return false;
		}
	}
	return true;
}

int quic_desks_open(struct quic_endpoint *e, struct threads *threads,
		    char **why)
{
	struct quic_desks *d = NULL;
	unsigned i = 0;
	int err = 0;

	if (!begin_all(threads)) {
		log_warn("no network threads, so all connections are served in "
			 "one: %s",
			 strerror(errno));
		return 0;
	}
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		return ENOMEM;
	}
	atomic_init(&d->users, 1);
	atomic_init(&d->handed, 0);
	gnutls_rnd(GNUTLS_RND_NONCE, &d->mask, sizeof(d->mask));
	threads_hold(threads);
	d->threads = threads;
	d->count = threads_count(threads);
	d->open = true;
	d->at[0] = e;
	e->desks = d;
	for (i = 1; i <= d->count && err == 0; i++) {
		err = open_one(e, i, why);
	}
	if (err != 0) {
		quic_desks_close(e);
		return err;
	}
	udp_steer(e->socket, d->mask, d->count);
	return 0;
}
