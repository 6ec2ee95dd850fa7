/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much is sensibly on its way.
 */
#include "tests/testlib.h"

#include "smbquic/quic_private.h"

#define KIB   1024u
#define LEAST (512u * KIB)
#define MS    NGTCP2_MILLISECONDS
#define US    NGTCP2_MICROSECONDS

/* Nothing is known: enough for a beginning. */
static void test_unknown(void **state)
{
	struct quic_flight f;

	(void)state;
	quic_flight_init(&f, 1000 * MS);
	assert_int_equal(quic_flight_limit(&f, 333 * MS, UINT64_MAX, 1000 * MS),
			 LEAST);
	/* no time has passed: no rate */
	quic_flight_acked(&f, 1 << 30);
	assert_int_equal(quic_flight_limit(&f, 0, 10 * MS, 1000 * MS), LEAST);
}

/* 100 bytes a microsecond, 10 ms: a megabyte, and twice that may fly. */
static void test_twice_the_path(void **state)
{
	struct quic_flight f;
	uint64_t limit = 0;

	(void)state;
	quic_flight_init(&f, 0);
	quic_flight_acked(&f, 400000);
	/* less than a round trip shows nothing */
	assert_int_equal(quic_flight_limit(&f, 10 * MS, 10 * MS, 9 * MS),
			 LEAST);
	quic_flight_acked(&f, 600000);
	(void)quic_flight_limit(&f, 10 * MS, 10 * MS, 10 * MS);
	quic_flight_acked(&f, 1000000);
	limit = quic_flight_limit(&f, 10 * MS, 10 * MS, 20 * MS);
	assert_in_range(limit, LEAST + 2000000, LEAST + 2040000);
	/* round trips that are long by queues alone let no more fly */
	quic_flight_acked(&f, 4000000);
	assert_int_equal(quic_flight_limit(&f, 40 * MS, 10 * MS, 60 * MS),
			 limit);
}

/* A pause is no reason to begin anew. */
static void test_pause(void **state)
{
	struct quic_flight f;
	uint64_t limit = 0;

	(void)state;
	quic_flight_init(&f, 0);
	quic_flight_acked(&f, 5000000);
	(void)quic_flight_limit(&f, 50 * MS, 50 * MS, 50 * MS);
	quic_flight_acked(&f, 5000000);
	limit = quic_flight_limit(&f, 50 * MS, 50 * MS, 100 * MS);
	assert_true(limit > 10000000);
	assert_int_equal(quic_flight_limit(&f, 50 * MS, 50 * MS, 90000 * MS),
			 limit);
	quic_flight_acked(&f, 1000);
	assert_int_equal(quic_flight_limit(&f, 50 * MS, 50 * MS, 90050 * MS),
			 limit);
	/* a faster path that was found afterwards lets more fly */
	quic_flight_acked(&f, 10000000);
	assert_true(quic_flight_limit(&f, 50 * MS, 50 * MS, 90100 * MS) >
		    limit);
}

/* What doubles with every round trip is not held back. */
static void test_slow_start(void **state)
{
	struct quic_flight f;
	quic_time now = 0;
	uint64_t window = 12000;
	unsigned i = 0;

	(void)state;
	quic_flight_init(&f, now);
	for (i = 0; i < 14; i++) {
		assert_true(quic_flight_limit(&f, 100 * MS, 100 * MS, now) >=
			    window);
		quic_flight_acked(&f, window);
		now += 100 * MS;
		window *= 2;
	}
	assert_true(window > 100000000);
}

/* Within a round trip either: what has arrived in the last one is a quarter of
 * what may be on its way at the end of this one. */
static void test_within_a_round(void **state)
{
	struct quic_flight f;
	uint64_t limit = 0;
	unsigned i = 0;

	(void)state;
	quic_flight_init(&f, 0);
	for (i = 1; i <= 3; i++) {
		quic_flight_acked(&f, 1000000ull << i);
		limit = quic_flight_limit(&f, 100 * MS, 100 * MS, i * 100 * MS);
		assert_true(limit >= 4 * (1000000ull << i));
	}
	/* where a queue fills it is enough now */
	assert_in_range(quic_flight_limit(&f, 120 * MS, 100 * MS, 301 * MS),
			16000000, 16300000 + LEAST);
	/* and where it is no more than it was */
	quic_flight_acked(&f, 8000000);
	limit = quic_flight_limit(&f, 100 * MS, 100 * MS, 400 * MS);
	assert_in_range(limit, 16000000, 16300000 + LEAST);
}

/* One host: little stands in queues, however fast. */
static void test_near(void **state)
{
	struct quic_flight f;
	quic_time now = 0;
	unsigned i = 0;

	(void)state;
	quic_flight_init(&f, now);
	for (i = 0; i < 10000; i++) {
		quic_flight_acked(&f, 65536);
		now += 100 * US;
		assert_in_range(quic_flight_limit(&f, 2 * MS, 50 * US, now),
				LEAST, LEAST + 70 * KIB);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_twice_the_path),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_slow_start),
		cmocka_unit_test(test_within_a_round),
		cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
