/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_accept.c - new connections of an endpoint, within its limits.
 */
#define LOG_MODULE "quic"
#include <errno.h>

#include "smbquic/log.h"
#include "smbquic/quic_endpoint_private.h"

/* What strangers can make us send and write, a second. */
#define REPLIES_PER_SECOND 500u
#define NOTICES_PER_SECOND 10u

bool quic_budget_take(struct quic_budget *b, unsigned a_second, quic_time now)
{
	if (now - b->filled >= NGTCP2_SECONDS) {
		b->filled = now;
		b->left = a_second;
	}
	if (b->left == 0) {
		return false;
	}
	b->left--;
	return true;
}

void quic_answer(struct quic_endpoint *e, const struct udp_train *from,
		 const uint8_t *data, size_t len)
{
	struct udp_train t = {.local = from->local,
			      .peer = from->peer,
			      .data = (uint8_t *)(uintptr_t)data,
			      .len = len,
			      .segment = len};

	quic_outbox_send(e, &t);
}

/* Loud while it is news; a flood of them is one for debugging. */
static enum log_level loudness(struct quic_endpoint *e)
{
	return quic_budget_take(&e->notices, NOTICES_PER_SECOND, quic_clock())
		       ? LOG_LEVEL_NOTICE
		       : LOG_LEVEL_DEBUG;
}

static void reply(struct quic_endpoint *e, const struct udp_train *from,
		  const struct quic_stranger *stranger, quic_time now)
{
	if (stranger->turned_away) {
		log_write(loudness(e), LOG_MODULE,
			  "refused a QUIC connection from %s: %s",
			  transport_address_string(&from->peer.sa),
			  stranger->what);
	}
	if (e->kept != NULL ||
	    !quic_budget_take(&e->replies, REPLIES_PER_SECOND, now)) {
		return;
	}
	log_debug("%s: %s", transport_address_string(&from->peer.sa),
		  stranger->what);
	if (e->tally != NULL && stranger->says == QUIC_SAYS_RETRY) {
		atomic_fetch_add(&e->tally->retries, 1);
	} else if (e->tally != NULL && stranger->says == QUIC_SAYS_RESET) {
		atomic_fetch_add(&e->tally->resets, 1);
	}
	quic_answer(e, from, stranger->reply, stranger->reply_len);
}

/* Of who sent one packet and was never heard again nobody knows that he is
 * where it came from: no news. */
static void log_failure(struct quic_endpoint *e, const struct quic_slot *s,
			struct quic_conn *c)
{
	const struct quic_end *end = quic_conn_end(c);
	enum log_level level = LOG_LEVEL_DEBUG;
	struct transport_stats stats;

	quic_conn_stats(c, &stats);
	if (end->err != ETIMEDOUT || stats.packets_in > 1) {
		level = loudness(e);
	}
	log_write(level, LOG_MODULE, "%s: no connection: %s",
		  transport_address_string(&s->peer.sa), end->why);
}

/* The handshake of an accepted connection is complete, or failed. */
static void server_opened(void *private_data, struct quic_conn *c, int err)
{
	struct quic_slot *s = private_data;
	struct quic_endpoint *e = s->endpoint;

	/* One that begins with 0-RTT is a stranger until then, see turn(). */
	if (!quic_conn_is_early(c)) {
		quic_slot_handshake_over(s);
	}
	if (err != 0) {
		quic_error_count(e->tally, quic_conn_end(c));
		log_failure(e, s, c);
		talloc_free(c);
		return;
	}
	if (!e->listening) {
		quic_conn_close(c, TRANSPORT_CLOSE_SHUTDOWN, NULL);
		talloc_free(c);
		return;
	}
	e->accept(e->private_data, c);
}

/* Many connections are to hold little each: whoever comes then may send no
 * more than this at once, which is above every real link. Loopback takes 64
 * KiB, which costs a fifth less processor time a byte. */
#define MANY_CONNECTIONS 256u
#define MANY_MAX_RECEIVE 16376u /* four make a train */

static struct quic_conn *make_server(struct quic_endpoint *e,
				     struct quic_slot *s,
				     const struct udp_train *from,
				     const struct quic_stranger *stranger,
				     quic_time now)
{
	const struct quic_conn_params p = {
		.ops = &quic_endpoint_ops,
		.where = s,
		.settings = &e->settings,
		.local = &from->local,
		.peer = &from->peer,
		.max_payload = udp_max_payload(&from->peer.sa),
		.now = now,
	};
	const struct quic_server_params server = {
		.tls = e->tls,
		.initial = &stranger->initial,
		.original_dcid =
			stranger->after_retry ? &stranger->original_dcid : NULL,
		.token_type = stranger->token_type,
		.ticket_secret = e->secrets.ticket,
		.replay = e->replay,
		.max_receive = e->slots.connections > MANY_CONNECTIONS
				       ? MANY_MAX_RECEIVE
				       : 0,
	};

	return quic_conn_server(e, &p, &server);
}

static struct quic_slot *accept_slot(struct quic_endpoint *e,
				     const struct udp_train *from,
				     const struct quic_stranger *stranger,
				     quic_time now)
{
	struct quic_slot *s = quic_slot_new(&e->slots, e);

	if (s == NULL) {
		return NULL;
	}
	s->endpoint = e;
	s->peer = from->peer;
	s->desk = quic_desk_next(e);
	/* More Initials come to the id that the client chose. */
	if (!quic_slot_count(s) ||
	    !quic_slot_add_cid(s, &stranger->initial.dcid)) {
		talloc_free(s);
		return NULL;
	}
	s->conn = make_server(e, s, from, stranger, now);
	if (s->conn == NULL) {
		talloc_free(s);
		return NULL;
	}
	e->slots.memories++;
	quic_conn_on_opened(s->conn, server_opened, s);
	return s;
}

/* Even addresses that were proven cannot fill the memory with handshakes. */
#define HANDSHAKES_AT_MOST 4

/* Unless settings say so, addresses are to be proven under load only. */
static bool is_crowded(const struct quic_endpoint *e)
{
	const struct transport_settings *t = &e->settings;

	return t->retry == TRANSPORT_RETRY_ALWAYS ||
	       (t->retry == TRANSPORT_RETRY_AUTO &&
		e->slots.handshakes >= t->max_handshakes);
}

enum { NOT_LISTENING = TRANSPORT_REFUSALS, NOT_FULL };

static const char *const full_words[] = {
	[TRANSPORT_REFUSED_MANY] = "max connections reached",
	[TRANSPORT_REFUSED_MANY_FROM_THERE] =
		"max connections per source reached",
	[TRANSPORT_REFUSED_HANDSHAKES] = "max handshakes reached",
	[NOT_LISTENING] = "nobody listens any more",
	[NOT_FULL] = NULL,
};

/* Why this one may not come in. */
static unsigned full(const struct quic_endpoint *e,
		     const union udp_address *peer)
{
	const struct transport_settings *t = &e->settings;
	unsigned handshakes = t->retry == TRANSPORT_RETRY_NEVER
				      ? t->max_handshakes
				      : HANDSHAKES_AT_MOST * t->max_handshakes;

	if (!e->listening) {
		return NOT_LISTENING;
	}
	if (handshakes != 0 && e->slots.handshakes >= handshakes) {
		return TRANSPORT_REFUSED_HANDSHAKES;
	}
	if (t->max_connections != 0 &&
	    e->slots.connections >= t->max_connections) {
		return TRANSPORT_REFUSED_MANY;
	}
	if (t->max_connections_per_source != 0 &&
	    quic_slots_of_source(&e->slots, peer) >=
		    t->max_connections_per_source) {
		return TRANSPORT_REFUSED_MANY_FROM_THERE;
	}
	return NOT_FULL;
}

void quic_accept_datagram(struct quic_endpoint *e, const struct udp_train *from,
			  const uint8_t *data, size_t len, quic_time now)
{
	const unsigned limit = full(e, &from->peer);
	const struct quic_house house = {
		.secret = e->secrets.address,
		.reset_secret = e->secrets.reset,
		.listening = e->server,
		.full = full_words[limit],
		.only = !e->settings.quic_version_only	? 0
			: e->settings.quic_version == 2 ? NGTCP2_PROTO_VER_V2
							: NGTCP2_PROTO_VER_V1,
		.crowded = is_crowded(e),
	};
	struct quic_stranger stranger;
	struct quic_slot *s = NULL;

	switch (quic_stranger_judge(&house, &from->peer, data, len,
				    quic_calendar(), &stranger)) {
	case QUIC_DROP: return;
	case QUIC_REPLY:
		if (stranger.turned_away && limit < TRANSPORT_REFUSALS) {
			transport_refuse(e->tally, limit);
		}
		reply(e, from, &stranger, now);
		return;
	case QUIC_ACCEPT: break;
	}
	s = accept_slot(e, from, &stranger, now);
	if (s == NULL) {
		return;
	}
	if (quic_conn_input(s->conn, from, data, len, now)) {
		quic_slot_mark(s);
		return;
	}
	talloc_free(s->conn);
	if (quic_stranger_retry(&house, &from->peer, quic_calendar(),
				&stranger)) {
		reply(e, from, &stranger, now);
	}
}
