/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Acknowledgements for much at once. */
#include "tests/testlib.h"
#include "tests/testlib_quic.h"

#define KIB   1024u
#define MIB   (1024 * KIB)
#define MOST  (128 * KIB)
#define SHORT NGTCP2_MILLISECONDS
#define FIRST (4 * MIB)
#define AGAIN (8 * MIB)
#define NOW   (1000 * NGTCP2_SECONDS)

/* Who has just begun needs to hear. */
static void test_beginning(void **state)
{
	struct quic_gather g;

	(void)state;
	quic_gather_init(&g);
	assert_false(quic_gather_waits(&g, FIRST, NOW)); /* for nothing */
	quic_gather_heard(&g, true, NOW);
	assert_false(quic_gather_waits(&g, FIRST - 1, NOW));
	quic_gather_sent(&g, FIRST - 1);
	quic_gather_heard(&g, true, NOW);
	assert_true(quic_gather_waits(&g, FIRST, NOW));
}

/* @return one that waits for the first of what has come after FIRST. */
static struct quic_gather waiting(void)
{
	struct quic_gather g;

	quic_gather_init(&g);
	quic_gather_sent(&g, FIRST);
	quic_gather_heard(&g, true, NOW);
	assert_true(quic_gather_waits(&g, FIRST + 1, NOW));
	return g;
}

static void test_much(void **state)
{
	struct quic_gather g = waiting();

	(void)state;
	quic_gather_heard(&g, true, NOW + SHORT / 2);
	assert_true(quic_gather_waits(&g, FIRST + MOST - 1, NOW + SHORT / 2));
	assert_false(quic_gather_waits(&g, FIRST + MOST, NOW + SHORT / 2));
	quic_gather_sent(&g, FIRST + MOST);
	/* and again, from the first of them on */
	quic_gather_heard(&g, true, NOW + SHORT);
	assert_true(quic_gather_waits(&g, FIRST + MOST + 1, NOW + SHORT));
	assert_int_equal(quic_gather_deadline(&g, 0), NOW + 2 * SHORT);
}

/* A wait in vain is not repeated soon. */
static void test_in_vain(void **state)
{
	struct quic_gather g = waiting();
	uint64_t bytes = FIRST + MOST - 1;

	(void)state;
	assert_int_equal(quic_gather_deadline(&g, 7), NOW + SHORT);
	quic_gather_heard(&g, true, NOW + SHORT - 1);
	assert_true(quic_gather_waits(&g, bytes, NOW + SHORT - 1));
	quic_gather_rang(&g);
	assert_int_equal(quic_gather_deadline(&g, 7), 7);
	assert_false(quic_gather_waits(&g, bytes, NOW + SHORT));
	assert_int_equal(quic_gather_deadline(&g, 7), 7);
	quic_gather_sent(&g, bytes);
	quic_gather_heard(&g, true, NOW + SHORT);
	assert_false(quic_gather_waits(&g, bytes + AGAIN - 1, NOW + SHORT));
	quic_gather_sent(&g, bytes + AGAIN - 1);
	quic_gather_heard(&g, true, NOW + SHORT);
	assert_true(quic_gather_waits(&g, bytes + AGAIN, NOW + SHORT));
}

/* A gap, or what is no data, is told at once; and that was all. */
static void test_urgent(void **state)
{
	struct quic_gather g = waiting();

	(void)state;
	quic_gather_heard(&g, false, NOW);
	assert_false(quic_gather_waits(&g, FIRST + 2, NOW));
	quic_gather_heard(&g, true, NOW);
	assert_false(quic_gather_waits(&g, FIRST + 3, NOW));
	quic_gather_sent(&g, FIRST + 3);
	quic_gather_heard(&g, true, NOW);
	assert_true(quic_gather_waits(&g, FIRST + 4, NOW));
}

/* --- connections --------------------------------------------------------- */

#define QUICK	(10 * NGTCP2_MICROSECONDS) /* one way */
#define OFTEN	(100 * NGTCP2_MICROSECONDS)
#define SELDOM	(2 * SHORT)
#define MESSAGE (64 * KIB)

/* A message, and what comes of it within the time. */
static void message(struct quic_world *w, struct quic_world_transfer *t,
		    size_t len, quic_time how_long)
{
	quic_world_send(w, w->client.conn, t, len);
	quic_world_receive(w->server.conn, t);
	quic_world_run(w, how_long);
	assert_int_equal(t->got, 0);
}

/* @return datagrams that came back for a copy, of which a message comes each
 *         time that the clock strikes. */
static uint64_t copy(struct quic_world *w, size_t len, quic_time every)
{
	uint64_t before = w->server.conn->packets_out;
	size_t count = len / MESSAGE;
	struct quic_world_transfer *t =
		talloc_array(w, struct quic_world_transfer, count);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		message(w, &t[i], MESSAGE, every);
	}
	return w->server.conn->packets_out - before;
}

/* Nearly FIRST has come, and the sender may send much at once. */
static struct quic_world *quick_world(struct quic_world_transfer *first)
{
	struct quic_world *w = quic_world_new(NULL);

	w->delay = QUICK;
	quic_world_open(w);
	quic_world_run(w, NGTCP2_SECONDS);
	message(w, first, FIRST - MESSAGE, NGTCP2_SECONDS);
	return w;
}

/* Not each message is acknowledged, but what is MOST. */
static void test_copy(void **state)
{
	struct quic_world_transfer first;
	struct quic_world *w = quick_world(&first);

	(void)state;
	assert_in_range(copy(w, 2 * FIRST, OFTEN), 2 * FIRST / MOST - 5,
			2 * FIRST / MOST + 5);
	quic_world_run(w, NGTCP2_SECONDS);
	assert_true(quic_stream_idle(&w->client.conn->stream));
	talloc_free(w);
}

/* On a path that brings less one message waits in vain, and no other. */
static void test_slow(void **state)
{
	struct quic_world_transfer first, t[2];
	struct quic_world *w = quick_world(&first);

	(void)state;
	message(w, &t[0], MESSAGE, SHORT / 2);
	assert_int_equal(t[0].written, -1);
	quic_world_run(w, SHORT);
	assert_int_equal(t[0].written, 0);
	message(w, &t[1], MESSAGE, SHORT / 2);
	assert_int_equal(t[1].written, 0);
	assert_true(copy(w, FIRST, SELDOM) >= FIRST / MESSAGE);
	talloc_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beginning), cmocka_unit_test(test_much),
		cmocka_unit_test(test_in_vain),	  cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_copy),	  cmocka_unit_test(test_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
