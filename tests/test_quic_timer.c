/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The heap of deadlines, against looking at all of them.
 */
#include "tests/testlib.h"

#include "smbquic/quic_private.h"

#define COUNT 300u

static void assert_first(const struct quic_timers *h,
			 const struct quic_timer *t)
{
	const struct quic_timer *first = quic_timers_first(h);
	quic_time earliest = QUIC_NEVER;
	size_t i = 0;

	for (i = 0; i < COUNT; i++) {
		if (t[i].due < earliest) {
			earliest = t[i].due;
		}
	}
	if (earliest == QUIC_NEVER) {
		assert_null(first);
		return;
	}
	assert_int_equal(first->due, earliest);
}

static void test_random(void **state)
{
	struct quic_timers *h = quic_timers_new(NULL);
	struct quic_timer t[COUNT] = {0};
	uint32_t seed = 4711;
	size_t i = 0;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		t[i].due = QUIC_NEVER;
	}
	for (i = 0; i < 20000; i++) {
		struct quic_timer *one = NULL;

		seed = seed * 1103515245u + 12345u;
		one = &t[(seed >> 16) % COUNT];
		seed = seed * 1103515245u + 12345u;
		assert_true(quic_timers_set(
			h, one,
			(seed >> 16) % 4 == 0 ? QUIC_NEVER : seed >> 12));
		assert_first(h, t);
	}
	talloc_free(h);
}

static void test_in_order(void **state)
{
	struct quic_timers *h = quic_timers_new(NULL);
	struct quic_timer t[COUNT] = {0};
	quic_time last = 0;
	size_t i = 0;

	(void)state;
	assert_null(quic_timers_first(h));
	for (i = 0; i < COUNT; i++) {
		quic_timers_set(h, &t[i], (i * 7919) % 100);
	}
	for (i = 0; i < COUNT; i++) {
		struct quic_timer *first = quic_timers_first(h);

		assert_true(first->due >= last);
		last = first->due;
		quic_timers_set(h, first, QUIC_NEVER);
		quic_timers_set(h, first, QUIC_NEVER);
	}
	assert_null(quic_timers_first(h));
	talloc_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
