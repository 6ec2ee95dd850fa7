/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Links that lose, double, reorder and swallow, and whose packets are small.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#include <errno.h>

#define MIB ((size_t)1 << 20)

static void test_handshake_with_loss(void **state)
{
	uint32_t seed = 0;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		struct quic_world *w = quic_world_new(NULL);

		w->client.settings.connect_timeout_ms = 60000;
		w->server.settings.handshake_timeout_ms = 60000;
		w->seed = seed * 7919;
		w->loss = 200;
		quic_world_connect(w);
		quic_world_run(w, 30 * NGTCP2_SECONDS);
		assert_int_equal(w->client.opened, 0);
		assert_int_equal(w->server.opened, 0);
		talloc_free(w);
	}
}

static void test_loss(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct transport_stats stats;

	(void)state;
	w->loss = 50;
	w->duplicates = 20;
	w->reordered = 50;
	quic_world_echo(w, 4 * MIB, 600 * NGTCP2_SECONDS);
	quic_conn_stats(w->client.conn, &stats);
	assert_true(stats.packets_lost > 50);
	talloc_free(w);
}

static void test_blackhole(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;

	(void)state;
	quic_world_send(w, w->client.conn, &t, 2 * MIB);
	quic_world_receive(w->server.conn, &t);
	quic_world_run(w, 100 * NGTCP2_MILLISECONDS);
	assert_int_equal(t.got, -1);
	w->blackhole = true;
	quic_world_run(w, 5 * NGTCP2_SECONDS);
	w->blackhole = false;
	quic_world_finish(w, &t, 20 * NGTCP2_SECONDS);
	talloc_free(w);
}

static void test_path_mtu(void **state)
{
	static const struct {
		size_t link, taken, found;
	} rows[] = {
		{1200, 0, 1200},       {1392, 0, 1392},	    {1400, 0, 1392},
		{1472, 0, 1472},       {8972, 0, 8972},	    {9100, 0, 8972},
		{1300, 0, 1252},       {65507, 0, 65507},   {1459, 0, 1452},
		{65507, 16376, 16376}, {1500, 16376, 1472},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct quic_world *w = quic_world_new(NULL);
		struct transport_stats stats;

		w->mtu = rows[i].link;
		w->first_hop = 65507;
		w->max_receive = rows[i].taken;
		quic_world_connect(w);
		quic_world_run(w, NGTCP2_SECONDS);
		quic_world_echo(w, MIB, 60 * NGTCP2_SECONDS);
		quic_world_run(w, 20 * NGTCP2_SECONDS);
		quic_conn_stats(w->client.conn, &stats);
		assert_int_equal(stats.path_mtu, rows[i].found);
		assert_int_equal(w->client.largest, rows[i].found);
		talloc_free(w);
	}
}

/* In the middle of a transfer the path becomes smaller than it was found to
 * be; later it is large again, and large packets come back. */
static void test_path_shrinks(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct quic_world_transfer up, down;

	(void)state;
	w->mtu = 1472;
	w->first_hop = 1472;
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	quic_world_echo(w, MIB, 60 * NGTCP2_SECONDS);
	assert_int_equal(w->client.largest, 1472);
	assert_int_equal(w->server.largest, 1472);
	quic_world_send(w, w->client.conn, &up, 2 * MIB);
	quic_world_receive(w->server.conn, &up);
	quic_world_send(w, w->server.conn, &down, 2 * MIB);
	quic_world_receive(w->client.conn, &down);
	quic_world_run(w, 30 * NGTCP2_MILLISECONDS);
	assert_int_equal(up.got, -1);
	assert_int_equal(down.got, -1);
	w->mtu = 1250;
	quic_world_finish(w, &up, 15 * NGTCP2_SECONDS);
	quic_world_finish(w, &down, 15 * NGTCP2_SECONDS);

	w->mtu = 1472;
	quic_world_run(w, 12 * NGTCP2_SECONDS);
	w->client.largest = 0;
	w->server.largest = 0;
	quic_world_echo(w, MIB, 60 * NGTCP2_SECONDS);
	assert_int_equal(w->client.largest, 1472);
	assert_int_equal(w->server.largest, 1472);
	talloc_free(w);
}

/* The NAT in between forgets, and the client comes from another port. */
static void test_nat_rebinding(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer up, down;

	(void)state;
	quic_world_echo(w, 1000, NGTCP2_SECONDS);
	quic_world_run(w, NGTCP2_SECONDS);
	quic_world_send(w, w->client.conn, &up, 2 * MIB);
	quic_world_receive(w->server.conn, &up);
	quic_world_send(w, w->server.conn, &down, 2 * MIB);
	quic_world_receive(w->client.conn, &down);
	quic_world_run(w, 60 * NGTCP2_MILLISECONDS);
	assert_int_equal(up.got, -1);
	assert_int_equal(down.got, -1);
	w->nat_port = 50001;
	quic_world_finish(w, &up, 30 * NGTCP2_SECONDS);
	quic_world_finish(w, &down, 30 * NGTCP2_SECONDS);
	assert_true(quic_conn_is_open(w->client.conn));
	talloc_free(w);
}

/* A full hour, one byte a minute, on a bad link. */
static void test_an_hour(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	unsigned minute = 0;

	(void)state;
	w->client.settings.keepalive_ms = 10000;
	quic_world_connect(w);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_int_equal(w->client.opened, 0);
	w->loss = 50;
	for (minute = 0; minute < 60; minute++) {
		quic_world_run(w, 60 * NGTCP2_SECONDS);
		quic_world_echo(w, 100, 10 * NGTCP2_SECONDS);
	}
	assert_true(quic_conn_is_open(w->client.conn));
	assert_true(quic_conn_is_open(w->server.conn));
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_handshake_with_loss),
		cmocka_unit_test(test_blackhole),
		cmocka_unit_test(test_path_mtu),
		cmocka_unit_test(test_path_shrinks),
		cmocka_unit_test(test_nat_rebinding),
		cmocka_unit_test(test_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
