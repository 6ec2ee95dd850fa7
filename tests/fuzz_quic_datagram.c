/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams of a stranger, at each state of a connection. The first byte says
 * which state, and whether they come to the client or the server. Then each
 * datagram behind its length of two bytes. That a state was come to is
 * asserted, each time.
 */
#include "tests/testlib.h"
#include "tests/fixture_quic_plain.h"

#include <stdio.h>

#define DATAGRAMS 20u
#define SIZE	  1500u
#define MOVED	  51000u /* a port */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t ticket_secret[QUIC_SECRET_LEN] =
	"the secret of all tickets, 32 B";

static struct tls_identity *identity(void)
{
	static struct tls_identity *made;

	if (made == NULL) {
		made = quic_world_identity(NULL, QUIC_WORLD_NAME, NULL);
	}
	return made;
}

/* --- states --------------------------------------------------------------
 *
 * The link takes 10 ms one way. Each function brings the world to its state,
 * with nothing under way any more. @return false: it did not get there. */

static struct quic_conn *victim(struct quic_world *w, bool client)
{
	return client ? w->client.conn : w->server.conn;
}

static void quiet(struct quic_world *w)
{
	w->blackhole = true;
	w->alter = NULL;
}

/* A client that waits; a server that has not heard of anybody. */
static bool at_initial(struct quic_world *w, bool client)
{
	quiet(w);
	if (client) {
		quic_world_connect(w);
		quic_world_run(w, NGTCP2_MILLISECONDS);
	}
	return client ? w->client.opened == -1 : w->server.conn == NULL;
}

/* The address had to be proven. */
static bool at_retry(struct quic_world *w, bool client)
{
	w->retry = true;
	quic_world_connect(w);
	quic_world_run(w, (client ? 21 : 31) * NGTCP2_MILLISECONDS);
	quiet(w);
	if (client) {
		return w->client.conn->retried && w->server.conn == NULL;
	}
	return w->server.conn != NULL && !w->server.conn->complete &&
	       w->token_type == NGTCP2_TOKEN_TYPE_RETRY;
}

/* What is behind the ServerHello is lost, and what it was in padded. */
static size_t cut_flight(void *private_data, struct quic_world_end *from,
			 uint8_t *data, size_t len)
{
	struct quic_world *w = private_data;
	size_t first = 0;

	if (from != &w->server || (data[0] & 0x80) == 0) {
		return len;
	}
	if ((data[0] & 0x30) != 0) {
		return 1; /* a byte is no packet */
	}
	first = plain_long(data, len);
	memset(data + first, 0, len - first);
	return len;
}

/* Half-way: a client has the ServerHello alone, a server waits for Finished. */
static bool at_handshake(struct quic_world *w, bool client)
{
	w->alter = cut_flight;
	w->alter_data = w;
	quic_world_connect(w);
	quic_world_run(w, (client ? 21 : 11) * NGTCP2_MILLISECONDS);
	quiet(w);
	return victim(w, client) != NULL && victim(w, client)->ng != NULL &&
	       victim(w, client)->peer.heard && !victim(w, client)->complete;
}

static void visit(struct quic_world *w)
{
	w->ticket_secret = ticket_secret;
	w->replay = quic_replay_new(w);
	w->resume.wanted = true;
	w->resume.early = true;
}

/* A session to resume, made anew where one is too old. */
static struct quic_resume session(bool renew)
{
	static struct quic_resume kept;
	struct quic_world *w = NULL;
	const uint8_t *data = NULL;

	if (kept.data != NULL && !renew) {
		return kept;
	}
	w = quic_world_new_as(NULL, identity());
	visit(w);
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	kept = w->resume;
	data = quic_conn_session(w->client.conn, &kept.len);
	kept.data = talloc_memdup(NULL, data, kept.len);
	talloc_free(w);
	return kept;
}

/* The client has said something in 0-RTT, and the server has taken it. */
static bool try_early(struct quic_world *w, bool client, bool renew)
{
	static const uint8_t words[] = "said early";

	w->resume = session(renew);
	visit(w);
	w->early = words;
	w->early_len = sizeof(words);
	quic_world_connect(w);
	quic_world_run(w, (client ? 1 : 11) * NGTCP2_MILLISECONDS);
	quiet(w);
	return w->early_queued &&
	       (client ? !w->client.conn->complete
		       : w->server.conn != NULL &&
				 quic_conn_is_early(w->server.conn));
}

static bool at_early(struct quic_world *w, bool client)
{
	if (try_early(w, client, false)) {
		return true;
	}
	quic_world_again(w);
	w->blackhole = false;
	return try_early(w, client, true);
}

static bool connected(struct quic_world *w)
{
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	return w->client.opened == 0 && w->server.opened == 0 &&
	       w->client.conn->confirmed && w->server.conn->confirmed;
}

static bool at_established(struct quic_world *w, bool client)
{
	bool ok = connected(w);

	(void)client;
	quiet(w);
	return ok;
}

/* It has begun one, and the peer has not followed. */
static bool at_key_update(struct quic_world *w, bool client)
{
	bool ok = connected(w) && quic_conn_update_keys(victim(w, client));

	quiet(w);
	quic_world_run(w, NGTCP2_MILLISECONDS);
	return ok && !quic_conn_update_keys(victim(w, client));
}

/* A path is new, and nothing has come back on it. */
static bool at_migrating(struct quic_world *w, bool client)
{
	union udp_address other = w->client.address;
	bool ok = connected(w);

	other.in.sin_port = htons(MOVED);
	ok = ok &&
	     quic_conn_migrate(w->client.conn, &other, &w->server.address);
	quic_world_run(w, (client ? 1 : 11) * NGTCP2_MILLISECONDS);
	quiet(w);
	if (client) {
		return ok && w->client.conn->moves == 0;
	}
	return ok && w->server.conn->moves == 0 &&
	       ((const struct sockaddr_in *)(const void *)ngtcp2_conn_get_path(
			w->server.conn->ng)
			->remote.addr)
			       ->sin_port == htons(MOVED);
}

/* It has said good-bye. */
static bool at_closing(struct quic_world *w, bool client)
{
	bool ok = connected(w);
	struct quic_world_end *e = client ? &w->client : &w->server;

	quiet(w);
	quic_conn_close(e->conn, TRANSPORT_CLOSE_DONE, NULL);
	return ok && e->ended && e->farewell_len > 0 && e->linger > 0;
}

/* The other end has. */
static bool at_draining(struct quic_world *w, bool client)
{
	bool ok = connected(w);
	struct quic_world_end *e = client ? &w->client : &w->server;

	quic_conn_close(victim(w, !client), TRANSPORT_CLOSE_DONE, NULL);
	quic_world_run(w, 11 * NGTCP2_MILLISECONDS);
	quiet(w);
	return ok && e->ended && e->farewell_len == 0 && e->linger > 0;
}

static const struct {
	const char *name;
	bool (*come)(struct quic_world *w, bool client);
} states[] = {
	{"initial", at_initial},	 {"retry", at_retry},
	{"handshake", at_handshake},	 {"0-RTT", at_early},
	{"established", at_established}, {"key update", at_key_update},
	{"migrating", at_migrating},	 {"closing", at_closing},
	{"draining", at_draining},
};

/* --- datagrams ----------------------------------------------------------- */

/* An end hears only what names its connection id. */
static void address_to(struct quic_conn *c, uint8_t *packet, size_t len)
{
	ngtcp2_cid cid[16];

	if (c == NULL || c->ng == NULL || len < 15 ||
	    ngtcp2_conn_get_scid(c->ng, NULL) > 16 ||
	    ngtcp2_conn_get_scid(c->ng, cid) == 0) {
		return;
	}
	if ((packet[0] & 0x80) == 0) {
		memcpy(packet + 1, cid[0].data, cid[0].datalen);
	} else if (packet[5] == QUIC_CID_LEN) {
		memcpy(packet + 6, cid[0].data, cid[0].datalen);
	}
}

static void one(struct quic_world *w, bool client, const uint8_t *data,
		size_t len)
{
	uint8_t packet[SIZE] = {0};

	memcpy(packet, data, len);
	address_to(victim(w, client), packet, len);
	if (client) {
		quic_world_to_client(w, packet, len);
	} else {
		quic_world_to_server(w, packet, len);
	}
	quic_world_run(w, 5 * NGTCP2_MILLISECONDS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct quic_world *w = NULL;
	bool client = false;
	unsigned state = 0;
	unsigned count = 0;

	if (size == 0) {
		return 0;
	}
	w = quic_world_new_as(NULL, identity());
	client = (data[0] & 1) != 0;
	state = data[0] / 2 % (sizeof(states) / sizeof(states[0]));
	data++;
	size--;
	if (!states[state].come(w, client)) {
		fprintf(stderr, "the state \"%s\" was not reached\n",
			states[state].name);
		abort();
	}
	while (size > 2 && count++ < DATAGRAMS) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		len = len > size ? size : len;
		if (len > 0 && len <= SIZE) {
			one(w, client, data, len);
		}
		data += len;
		size -= len;
	}
	quic_world_run(w, NGTCP2_SECONDS);
	talloc_free(w);
	return 0;
}
