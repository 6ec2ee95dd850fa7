/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acknowledgements that go with the answer, and those that cannot. */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#define QUICK	  (100 * NGTCP2_MICROSECONDS) /* one way */
#define THINKS	  (400 * NGTCP2_MICROSECONDS)
#define ROUNDS	  50
#define MESSAGE	  500
#define HOLD_MOST (2 * NGTCP2_MILLISECONDS)

static struct quic_world *quick_world(void)
{
	struct quic_world *w = quic_world_new(NULL);

	w->delay = QUICK;
	quic_world_open(w);
	quic_world_run(w, NGTCP2_SECONDS);
	return w;
}

/* One datagram for a request, one for its answer. */
static void test_one_for_each(void **state)
{
	struct quic_world *w = quick_world();
	struct quic_world_transfer up[ROUNDS], down[ROUNDS];
	uint64_t client = w->client.conn->packets_out;
	uint64_t server = w->server.conn->packets_out;
	unsigned i = 0;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		quic_world_send(w, w->client.conn, &up[i], MESSAGE);
		quic_world_receive(w->server.conn, &up[i]);
		quic_world_run(w, QUICK + THINKS);
		assert_int_equal(up[i].got, 0);
		quic_world_send(w, w->server.conn, &down[i], MESSAGE);
		quic_world_receive(w->client.conn, &down[i]);
		quic_world_run(w, QUICK + THINKS);
		assert_int_equal(down[i].got, 0);
	}
	client = w->client.conn->packets_out - client;
	server = w->server.conn->packets_out - server;
	assert_in_range(client, ROUNDS, ROUNDS + ROUNDS / 10);
	assert_in_range(server, ROUNDS, ROUNDS + ROUNDS / 10);
	quic_world_run(w, NGTCP2_SECONDS);
	for (i = 0; i < ROUNDS; i++) {
		assert_int_equal(up[i].written, 0);
		assert_int_equal(down[i].written, 0);
	}
	talloc_free(w);
}

/* Who gets no answer hears in time that it has arrived. */
static void test_not_for_long(void **state)
{
	struct quic_world *w = quick_world();
	struct quic_world_transfer up;
	quic_time began = w->now;

	(void)state;
	quic_world_send(w, w->client.conn, &up, MESSAGE);
	quic_world_receive(w->server.conn, &up);
	quic_world_run(w, HOLD_MOST);
	assert_int_equal(up.got, 0);
	assert_int_equal(up.written, -1);
	quic_world_run(w, NGTCP2_MILLISECONDS);
	assert_int_equal(up.written, 0);
	assert_true(w->now - began < HOLD_MOST + 2 * NGTCP2_MILLISECONDS);
	talloc_free(w);
}

/* What is lost is sent again as soon as it is known, not after a hold. */
static void test_gap(void **state)
{
	struct quic_world *w = quick_world();
	struct quic_world_transfer up[4];
	unsigned i = 0;

	(void)state;
	w->blackhole = true;
	quic_world_send(w, w->client.conn, &up[0], MESSAGE);
	quic_world_receive(w->server.conn, &up[0]);
	quic_world_run(w, 0);
	w->blackhole = false;
	for (i = 1; i < 4; i++) { /* RFC 9002 6.1.1: three after it */
		quic_world_send(w, w->client.conn, &up[i], MESSAGE);
		quic_world_run(w, 0);
	}
	quic_world_run(w, 3 * NGTCP2_MILLISECONDS / 2); /* its timers */
	assert_int_equal(up[0].got, 0);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_for_each),
		cmocka_unit_test(test_not_for_long),
		cmocka_unit_test(test_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
