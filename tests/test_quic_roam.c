/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Life on the real internet: addresses that are to be proven, that change
 * under a connection or on purpose, versions, keys and bits that change; and
 * what the in-kernel QUIC project tests of streams and connections.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "smbquic/quic_endpoint_private.h"

#define MIB ((size_t)1 << 20)

struct both_ways {
	struct quic_world_transfer up, down;
};

static void begin_both(struct quic_world *w, struct both_ways *b, size_t len)
{
	quic_world_send(w, w->client.conn, &b->up, len);
	quic_world_receive(w->server.conn, &b->up);
	quic_world_send(w, w->server.conn, &b->down, len);
	quic_world_receive(w->client.conn, &b->down);
}

static void assert_arrived(struct quic_world *w, struct quic_world_transfer *t)
{
	quic_world_finish(w, t, 60 * NGTCP2_SECONDS);
	talloc_free(t->in);
	talloc_free(t->out);
}

static void end_both(struct quic_world *w, struct both_ways *b)
{
	assert_arrived(w, &b->up);
	assert_arrived(w, &b->down);
	assert_true(quic_conn_is_open(w->client.conn));
	assert_true(quic_conn_is_open(w->server.conn));
}

/* In the middle of a transfer that takes a while. */
static void begin_and_run(struct quic_world *w, struct both_ways *b)
{
	begin_both(w, b, 2 * MIB);
	quic_world_run(w, 5 * NGTCP2_MILLISECONDS);
	assert_int_equal(b->up.got, -1);
	assert_int_equal(b->down.got, -1);
}

/* --- proving addresses --------------------------------------------------- */

static void take_token(struct quic_world *w)
{
	const uint8_t *token =
		quic_conn_new_token(w->client.conn, &w->token_len);

	assert_non_null(token);
	assert_in_range(w->token_len, 1, QUIC_TOKEN_MAX);
	memcpy(w->token, token, w->token_len);
}

/* RFC 9000 8.1.2 and 8.1.3: asked once, and not again. */
static void test_retry_and_token(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct transport_facts facts;

	(void)state;
	w->retry = true;
	quic_world_open(w);
	assert_int_equal(w->retries, 1);
	assert_int_equal(w->token_type, NGTCP2_TOKEN_TYPE_RETRY);
	assert_true(quic_conn_facts(w->client.conn, w, &facts));
	assert_true(facts.retried);
	assert_true(quic_conn_facts(w->server.conn, w, &facts));
	assert_true(facts.retried);
	quic_world_run(w, NGTCP2_SECONDS);
	take_token(w);
	quic_world_again(w);
	quic_world_open(w);
	assert_int_equal(w->retries, 1);
	assert_int_equal(w->token_type, NGTCP2_TOKEN_TYPE_NEW_TOKEN);
	assert_true(quic_conn_facts(w->server.conn, w, &facts));
	assert_false(facts.retried);
	talloc_free(w);
}

/* A token is good at the address it was given to, for a day. */
static void test_token_does_not_travel(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);

	(void)state;
	quic_world_run(w, NGTCP2_SECONDS);
	take_token(w);
	quic_world_again(w);
	w->retry = true;
	w->client.address.in.sin_addr.s_addr = inet_addr("192.0.2.9");
	quic_world_open(w);
	assert_int_equal(w->retries, 1);
	quic_world_again(w);
	w->client.address.in.sin_addr.s_addr = inet_addr("192.0.2.1");
	quic_world_open(w);
	assert_int_equal(w->retries, 1);
	quic_world_again(w);
	w->now += 25 * 3600 * NGTCP2_SECONDS;
	quic_world_open(w);
	assert_int_equal(w->retries, 2);
	talloc_free(w);
}

/* RFC 9000 8.1: three times what came, while the address is not proven. */
static void test_anti_amplification(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	uint8_t first[1500];
	size_t len = 0;

	(void)state;
	quic_world_connect(w);
	len = quic_world_first_datagram(w, first, sizeof(first));
	w->client.mute = true; /* and its address was forged */
	w->blackhole = true;
	quic_world_to_server(w, first, len);
	quic_world_run(w, 9 * NGTCP2_SECONDS);
	assert_in_range(w->server.emitted, 1, 3 * len);
	quic_world_to_server(w, first, len);
	quic_world_run(w, NGTCP2_SECONDS / 2);
	assert_in_range(w->server.emitted, 1, 6 * len);
	quic_world_run(w, 30 * NGTCP2_SECONDS);
	assert_true(w->server.ended);
	assert_in_range(w->server.emitted, 1, 6 * len);
	talloc_free(w);
}

/* --- addresses that change ----------------------------------------------- */

/* Wi-Fi to mobile, behind the client's back: another address as well. */
static void test_client_address_changes(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct both_ways b;
	unsigned i = 0;

	(void)state;
	quic_world_run(w, NGTCP2_SECONDS);
	for (i = 0; i < 3; i++) {
		begin_and_run(w, &b);
		w->nat_address = inet_addr("198.51.100.7") + htonl(i);
		w->nat_port = (uint16_t)(40000 + i);
		end_both(w, &b);
		quic_world_run(w, 2 * NGTCP2_SECONDS);
	}
	assert_int_equal(w->server.conn->moves, 3);
	talloc_free(w);
}

static void move_client(struct quic_world *w, uint16_t port)
{
	w->client.address.in.sin_port = htons(port);
	assert_true(quic_conn_migrate(w->client.conn, &w->client.address,
				      &w->server.address));
}

/* On purpose, again and again: every move takes fresh connection ids, and
 * those of before are retired (RFC 9000 9.5, 5.1.2). */
static void test_migrate(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct transport_facts facts;
	struct both_ways b;
	unsigned i = 0;
	ngtcp2_cid before, after;

	(void)state;
	quic_world_run(w, NGTCP2_SECONDS);
	for (i = 0; i < 12; i++) {
		begin_and_run(w, &b);
		before = *ngtcp2_conn_get_dcid(w->client.conn->ng);
		move_client(w, (uint16_t)(51000 + i));
		after = *ngtcp2_conn_get_dcid(w->client.conn->ng);
		assert_false(ngtcp2_cid_eq(&before, &after));
		end_both(w, &b);
		quic_world_run(w, 2 * NGTCP2_SECONDS);
		assert_in_range(w->client.cids, 2, 9);
		assert_in_range(w->server.cids, 2, 9);
	}
	assert_int_equal(w->client.conn->moves, 12);
	assert_int_equal(w->server.conn->moves, 12);
	assert_true(quic_conn_facts(w->server.conn, w, &facts));
	assert_int_equal(((struct sockaddr_in *)&facts.peer)->sin_port,
			 htons(51011));
	talloc_free(w);
}

/* "migrate and send": bytes given in the same moment go the new way. */
static void test_migrate_and_send(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct both_ways b;

	(void)state;
	w->loss = 50;
	quic_world_run(w, NGTCP2_SECONDS);
	move_client(w, 51000);
	begin_both(w, &b, MIB);
	end_both(w, &b);
	move_client(w, 51001);
	begin_both(w, &b, 1);
	end_both(w, &b);
	talloc_free(w);
}

/* A new way that leads nowhere: the client can still go on from another. */
static void test_migrate_to_nowhere(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct both_ways b;

	(void)state;
	quic_world_run(w, NGTCP2_SECONDS);
	begin_and_run(w, &b);
	w->blackhole = true;
	move_client(w, 51000);
	quic_world_run(w, 5 * NGTCP2_SECONDS);
	w->blackhole = false;
	move_client(w, 51001);
	end_both(w, &b);
	talloc_free(w);
}

static void test_no_migration(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	union udp_address other = w->client.address;

	(void)state;
	other.in.sin_port = htons(51000);
	quic_world_connect(w);
	/* not before the handshake is confirmed, RFC 9000 9 */
	assert_false(quic_conn_may_migrate(w->client.conn));
	assert_false(
		quic_conn_migrate(w->client.conn, &other, &w->server.address));
	quic_world_run(w, NGTCP2_SECONDS);
	assert_true(quic_conn_may_migrate(w->client.conn));
	/* not to where it is */
	assert_false(quic_conn_migrate(w->client.conn, &w->client.address,
				       &w->server.address));
	/* a server does not */
	assert_false(quic_conn_may_migrate(w->server.conn));
	assert_false(
		quic_conn_migrate(w->server.conn, &other, &w->client.address));
	quic_conn_close(w->client.conn, TRANSPORT_CLOSE_DONE, NULL);
	assert_false(
		quic_conn_migrate(w->client.conn, &other, &w->server.address));
	talloc_free(w);
}

/* --- does the kernel want another address? ------------------------------- */

static union udp_address address(const char *host)
{
	union udp_address a = {
		.in = {.sin_family = AF_INET, .sin_port = htons(443)}};

	if (inet_pton(AF_INET, host, &a.in.sin_addr) != 1) {
		a = (union udp_address){.in6 = {.sin6_family = AF_INET6,
						.sin6_port = htons(443)}};
		assert_int_equal(inet_pton(AF_INET6, host, &a.in6.sin6_addr),
				 1);
	}
	return a;
}

static void test_roam_wanted(void **state)
{
	const union udp_address here = address("127.0.0.1");
	const union udp_address here6 = address("::1");
	const union udp_address gone = address("192.0.2.77");

	(void)state;
	assert_false(quic_roam_wanted(&here, &here));
	assert_false(quic_roam_wanted(&here6, &here6));
	assert_true(quic_roam_wanted(&gone, &here));
}

/* --- versions, keys and bits --------------------------------------------- */

static const char *version_of(struct quic_world *w, struct quic_world_end *e)
{
	struct transport_facts facts;

	assert_true(quic_conn_facts(e->conn, w, &facts));
	return facts.quic_version;
}

/* RFC 9368: whoever begins, the server leads to what it prefers. */
static void test_versions(void **state)
{
	static const struct {
		unsigned client, server;
		const char *agreed;
	} cases[] = {{1, 1, "v1"}, {1, 2, "v2"}, {2, 1, "v1"}, {2, 2, "v2"}};
	struct both_ways b;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct quic_world *w = quic_world_new(NULL);

		w->client.settings.quic_version = cases[i].client;
		w->server.settings.quic_version = cases[i].server;
		w->retry = i % 2 == 0;
		quic_world_open(w);
		assert_string_equal(version_of(w, &w->client), cases[i].agreed);
		assert_string_equal(version_of(w, &w->server), cases[i].agreed);
		begin_both(w, &b, 100000);
		end_both(w, &b);
		talloc_free(w);
	}
}

/* A server that does not know v2 at all: the client begins again. */
static void test_begin_again(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct both_ways b;

	(void)state;
	w->client.settings.quic_version = 2;
	w->server.settings.quic_version_only = true;
	quic_world_open(w);
	assert_string_equal(version_of(w, &w->client), "v1");
	begin_both(w, &b, 100000);
	end_both(w, &b);
	talloc_free(w);
}

/* Somebody on the way says that for a server that does: it is noticed. */
static void test_forged_versions(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	static const uint32_t only[] = {NGTCP2_PROTO_VER_V1};
	uint8_t first[1500], forged[100];
	ngtcp2_version_cid vc;
	size_t len = 0;
	ngtcp2_ssize n = 0;

	(void)state;
	w->client.settings.quic_version = 2;
	w->server.settings.quic_version = 2;
	quic_world_connect(w);
	len = quic_world_first_datagram(w, first, sizeof(first));
	assert_int_equal(ngtcp2_pkt_decode_version_cid(&vc, first, len, 8), 0);
	n = ngtcp2_pkt_write_version_negotiation(forged, sizeof(forged), 0,
						 vc.scid, vc.scidlen, vc.dcid,
						 vc.dcidlen, only, 1);
	assert_true(n > 0);
	quic_world_to_client(w, forged, (size_t)n);
	quic_world_run(w, 3 * NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, EPROTO);
	talloc_free(w);
}

/* RFC 9001 6: both ends, in the middle of a transfer on a bad link, and with
 * a move in between. */
static void test_key_updates(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct both_ways b;
	unsigned i = 0;

	(void)state;
	w->loss = 20;
	for (i = 0; i < 6; i++) {
		quic_world_run(w, 5 * NGTCP2_SECONDS);
		begin_and_run(w, &b);
		assert_true(quic_conn_update_keys(i % 2 == 0 ? w->client.conn
							     : w->server.conn));
		/* not again before the peer has followed, RFC 9001 6.1 */
		assert_false(quic_conn_update_keys(
			i % 2 == 0 ? w->client.conn : w->server.conn));
		if (i == 3) {
			move_client(w, 51000);
		}
		end_both(w, &b);
	}
	talloc_free(w);
}

/* RFC 9001 6.6: nobody asks for it, and no key is used too often. */
static void test_key_limit(void **state)
{
	struct quic_world *w = NULL;
	struct both_ways b;
	unsigned before = 0;
	unsigned i = 0;

	(void)state;
	quic_keys_hook.most_packets = 600;
	w = quic_world_connected(NULL);
	before = quic_keys_hook.updates;
	/* between two updates there are some round trips, RFC 9001 6.5 */
	for (i = 0; i < 40; i++) {
		begin_both(w, &b, 100000);
		end_both(w, &b);
		quic_world_run(w, 2 * NGTCP2_SECONDS);
	}
	assert_true(quic_keys_hook.updates >= before + 6);
	quic_keys_hook.most_packets = 0;
	talloc_free(w);
}

/* What one end's packets looked like: 1 with the bit, 2 without it. */
static unsigned looks(struct quic_world_end *e)
{
	unsigned seen = (e->greased < e->packets ? 1u : 0u) |
			(e->greased > 0 ? 2u : 0u);

	e->greased = 0;
	e->packets = 0;
	return seen;
}

/* RFC 9287: the bit that used to be always one is not. The library throws a
 * coin for each connection and end. */
static void test_greased_bit(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct both_ways b;
	unsigned client = 0, server = 0;
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 64 && (client != 3 || server != 3); i++) {
		quic_world_open(w);
		begin_both(w, &b, 10000);
		end_both(w, &b);
		client |= looks(&w->client);
		server |= looks(&w->server);
		quic_world_again(w);
	}
	assert_int_equal(client, 3);
	assert_int_equal(server, 3);
	talloc_free(w);
}

/* --- streams ------------------------------------------------------------- */

/* One stream, opened by the client; nobody can have another (MS-SMB2 2.1). */
static void test_limits_of_streams(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_end *const ends[] = {&w->client, &w->server};
	struct quic_world_transfer down;
	int64_t id = -1;
	size_t i = 0;

	(void)state;
	quic_world_run(w, NGTCP2_SECONDS);
	for (i = 0; i < 2; i++) {
		assert_int_equal(ngtcp2_conn_open_uni_stream(ends[i]->conn->ng,
							     &id, NULL),
				 NGTCP2_ERR_STREAM_ID_BLOCKED);
		assert_int_equal(ngtcp2_conn_open_bidi_stream(ends[i]->conn->ng,
							      &id, NULL),
				 NGTCP2_ERR_STREAM_ID_BLOCKED);
	}
	/* a server's write waits for the client's stream */
	quic_world_send(w, w->server.conn, &down, 1000);
	quic_world_receive(w->client.conn, &down);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(down.written, -1);
	{
		struct quic_world_transfer up;

		quic_world_send(w, w->client.conn, &up, 10);
		quic_world_receive(w->server.conn, &up);
		assert_arrived(w, &up);
	}
	assert_arrived(w, &down);
	talloc_free(w);
}

/* Nothing follows the end of a stream, and the other direction goes on. */
static void test_write_after_end(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer up, down;
	struct quic_write late = {.vec = NULL};
	uint8_t byte = 7;
	const ngtcp2_vec vec = {.base = &byte, .len = 1};
	int err = 0;

	(void)state;
	late.vec = &vec;
	late.count = 1;
	w->loss = 50;
	quic_world_send(w, w->client.conn, &up, MIB);
	quic_conn_end_stream(w->client.conn);
	assert_true(quic_conn_write(w->client.conn, &late, &err));
	assert_int_equal(err, EPIPE);
	quic_world_receive(w->server.conn, &up);
	assert_arrived(w, &up);
	quic_world_run(w, NGTCP2_SECONDS);
	/* the orderly end, read as no bytes and no error */
	up = (struct quic_world_transfer){.len = 1, .in = &byte, .got = -1};
	quic_world_receive(w->server.conn, &up);
	assert_int_equal(up.got, 0);
	assert_int_equal(up.read.got, 0);
	quic_world_send(w, w->server.conn, &down, MIB);
	quic_world_receive(w->client.conn, &down);
	assert_arrived(w, &down);
	talloc_free(w);
}

/* A peer that resets its half, or does not want ours: both ends are told, at
 * any moment of a transfer. */
static void test_reset_in_the_middle(void **state)
{
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct quic_world *w = quic_world_connected(NULL);
		struct both_ways b;
		struct quic_conn *who =
			i % 2 == 0 ? w->client.conn : w->server.conn;

		begin_both(w, &b, 4 * MIB);
		quic_world_run(w, 30 * NGTCP2_MILLISECONDS);
		assert_int_equal(b.up.got, -1);
		if (i < 2) {
			ngtcp2_conn_shutdown_stream_write(who->ng, 0,
							  who->stream_id, 5);
		} else {
			ngtcp2_conn_shutdown_stream_read(who->ng, 0,
							 who->stream_id, 5);
		}
		quic_world_run(w, 2 * NGTCP2_SECONDS);
		assert_int_not_equal(b.up.got, -1);
		assert_int_not_equal(b.down.got, -1);
		assert_int_not_equal(b.up.written, -1);
		assert_int_not_equal(b.down.written, -1);
		assert_true(w->client.ended);
		assert_true(w->server.ended);
		talloc_free(w);
	}
}

/* An hour of 5 % loss in each direction, with work every ten seconds, new keys
 * every five minutes, and another address every ten. */
static void test_an_hour(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct both_ways b;
	unsigned i = 0;

	(void)state;
	w->loss = 50;
	w->client.settings.connect_timeout_ms = 30000;
	w->server.settings.handshake_timeout_ms = 30000;
	quic_world_connect(w);
	quic_world_run(w, 20 * NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, 0);
	for (i = 1; i <= 360; i++) {
		begin_both(w, &b, 20000);
		end_both(w, &b);
		quic_world_run(w, 10 * NGTCP2_SECONDS);
		if (i % 30 == 0) {
			assert_true(quic_conn_update_keys(w->client.conn));
		}
		if (i % 60 == 0) {
			move_client(w, (uint16_t)(51000 + i));
		}
	}
	begin_both(w, &b, 1);
	end_both(w, &b);
	assert_int_equal(w->client.conn->moves, 6);
	assert_true(w->now > (1000 + 3600) * NGTCP2_SECONDS);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_retry_and_token),
		cmocka_unit_test(test_token_does_not_travel),
		cmocka_unit_test(test_anti_amplification),
		cmocka_unit_test(test_client_address_changes),
		cmocka_unit_test(test_migrate),
		cmocka_unit_test(test_migrate_and_send),
		cmocka_unit_test(test_migrate_to_nowhere),
		cmocka_unit_test(test_no_migration),
		cmocka_unit_test(test_roam_wanted),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_begin_again),
		cmocka_unit_test(test_forged_versions),
		cmocka_unit_test(test_key_updates),
		cmocka_unit_test(test_key_limit),
		cmocka_unit_test(test_greased_bit),
		cmocka_unit_test(test_limits_of_streams),
		cmocka_unit_test(test_write_after_end),
		cmocka_unit_test(test_reset_in_the_middle),
		cmocka_unit_test(test_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
