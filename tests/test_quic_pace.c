/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The distance that packets keep: whom it wakes, and what it is worth after a
 * pause.
 */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#define MIB ((size_t)1 << 20)

/* Who only acknowledges what comes has nothing to wait for. */
static void test_receiver_sleeps(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer down;

	(void)state;
	quic_world_echo(w, MIB, 60 * NGTCP2_SECONDS);
	quic_world_run(w, NGTCP2_SECONDS);
	w->client.ticks = 0;
	w->client.emitted = 0;
	quic_world_send(w, w->server.conn, &down, 8 * MIB);
	quic_world_receive(w->client.conn, &down);
	quic_world_finish(w, &down, 60 * NGTCP2_SECONDS);
	assert_true(w->client.emitted > 1000); /* dozens of them */
	assert_in_range(w->client.ticks, 0, 10);
	talloc_free(w);
}

/* Nothing was missed in a pause: what follows goes out train by train. */
static void test_distance_after_a_pause(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer down;

	(void)state;
	quic_world_run(w, NGTCP2_SECONDS);
	quic_world_echo(w, 4 * MIB, 60 * NGTCP2_SECONDS);
	quic_world_run(w, 10 * NGTCP2_SECONDS);
	w->server.emitted = 0;
	quic_world_send(w, w->server.conn, &down, 4 * MIB);
	quic_world_receive(w->client.conn, &down);
	quic_world_run(w, 0);
	assert_in_range(w->server.emitted, 1, 2 * UDP_TRAIN_MAX);
	quic_world_finish(w, &down, 60 * NGTCP2_SECONDS);
	talloc_free(w);
}

/* What has to wait for its distance goes out then, though nothing comes. */
static void test_what_waits_goes(void **state)
{
	struct quic_world *w = quic_world_connected(NULL);
	struct quic_world_transfer down;
	quic_time began = 0;

	(void)state;
	quic_world_run(w, NGTCP2_SECONDS);
	quic_world_echo(w, 4 * MIB, 60 * NGTCP2_SECONDS);
	quic_world_run(w, NGTCP2_SECONDS);
	began = w->now;
	w->server.emitted = 0;
	quic_world_send(w, w->server.conn, &down, 4 * MIB);
	quic_world_receive(w->client.conn, &down);
	/* before the first acknowledgement can be here */
	quic_world_run(w, 2 * w->delay - NGTCP2_MILLISECONDS);
	assert_true(w->now - began < 2 * w->delay);
	assert_true(w->server.emitted > 3 * UDP_TRAIN_MAX);
	quic_world_finish(w, &down, 60 * NGTCP2_SECONDS);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receiver_sleeps),
		cmocka_unit_test(test_distance_after_a_pause),
		cmocka_unit_test(test_what_waits_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
