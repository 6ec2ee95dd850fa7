/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much a connection sends, and how it finds that out. */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#define MIB ((size_t)1 << 20)
#define ECT 2u /* ECN-capable transport (0), RFC 3168 */

static uint64_t window_of(struct quic_conn *c)
{
	struct transport_stats stats;

	quic_conn_stats(c, &stats);
	return stats.cwnd;
}

static void upload(struct quic_world *w, struct quic_world_transfer *t,
		   size_t len)
{
	quic_world_send(w, w->client.conn, t, len);
	quic_world_receive(w->server.conn, t);
}

/* RFC 9002 7.2: ten packets, and no more than 14720 bytes. */
static void test_initial_window(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct quic_world_transfer t;
	size_t before = 0;

	(void)state;
	quic_world_connect(w);
	assert_in_range(window_of(w->client.conn), 10 * 1200, 14720);
	quic_world_run(w, 200 * NGTCP2_MILLISECONDS);
	assert_int_equal(w->client.opened, 0);
	before = w->client.emitted;
	upload(w, &t, 4 * MIB);
	/* half a round trip: nothing was acknowledged yet */
	quic_world_run(w, 9 * NGTCP2_MILLISECONDS);
	assert_in_range(w->client.emitted - before, 2 * 1200, 20000);
	quic_world_until(w, quic_world_transferred, &t, 60 * NGTCP2_SECONDS);
	talloc_free(w);
}

static void test_bbr(void **state)
{
	struct quic_world *w = quic_world_new(NULL);
	struct quic_world_transfer t;

	(void)state;
	w->client.settings.congestion = TRANSPORT_CONGESTION_BBR;
	w->server.settings.congestion = TRANSPORT_CONGESTION_BBR;
	w->loss = 20;
	w->seed = 4711;
	quic_world_open(w);
	upload(w, &t, 4 * MIB);
	quic_world_until(w, quic_world_transferred, &t, 120 * NGTCP2_SECONDS);
	assert_int_equal(t.got, 0);
	talloc_free(w);
}

static void test_ecn(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer t;
	struct transport_stats stats;
	uint64_t before = 0;

	(void)state;
	upload(w, &t, 8 * MIB);
	quic_world_until(w, quic_world_transferred, &t, 60 * NGTCP2_SECONDS);
	assert_true(w->client.marked[ECT] > 1000);
	assert_int_equal(w->client.marked[1] + w->client.marked[3], 0);
	before = window_of(w->client.conn);
	/* routers that are full mark packets, which makes the window smaller
	 * (RFC 9002 7.1) without one that is lost */
	w->congested = true;
	upload(w, &t, MIB);
	quic_world_until(w, quic_world_transferred, &t, 60 * NGTCP2_SECONDS);
	assert_true(window_of(w->client.conn) < before);
	quic_conn_stats(w->client.conn, &stats);
	assert_int_equal(stats.packets_lost, 0);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_initial_window),
		cmocka_unit_test(test_bbr),
		cmocka_unit_test(test_ecn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
