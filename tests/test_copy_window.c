/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copy_window.c: how much of a copy is on its way. */
#include "tests/testlib.h"

#include "client/copy_window.h"

#define MIB	  ((size_t)1 << 20)
#define MOST	  (32 * MIB)
#define FIXED	  (2 * MIB)
#define LAN_US	  500u
#define OCEAN_US  150000u
#define SECOND_US 1000000u
#define IN_A_TEST 4000u
#define FAST	  400u /* bytes a microsecond */

/*
 * A link, and requests of a MiB as the window permits them: each takes the
 * link's time, and all together no more than its rate.
 *
 * @return the largest window there was.
 */
static size_t run(struct copy_window *w, uint64_t *now, uint64_t link_us,
		  uint64_t rate)
{
	uint64_t began[MOST / MIB] = {0};
	uint64_t ends[MOST / MIB] = {0};
	uint64_t line = *now; /* when it is free */
	size_t first = 0, last = 0, largest = 0, i = 0;
	const size_t slots = MOST / MIB;

	for (i = 0; i < IN_A_TEST; i++) {
		size_t window = copy_window_size(w);

		largest = window > largest ? window : largest;
		while (last - first < window / MIB) {
			line = (line > *now ? line : *now) + MIB / rate;
			began[last % slots] = *now;
			ends[last % slots] = line + link_us;
			last++;
		}
		*now = ends[first % slots];
		copy_window_done(w, MIB, began[first % slots], false, *now);
		first++;
	}
	return largest;
}

/* Where nothing takes time little is enough, and it stays little. */
static void test_near(void **state)
{
	struct copy_window w;
	uint64_t now = SECOND_US;
	size_t largest = 0;

	(void)state;
	copy_window_init(&w, MOST, now);
	assert_int_equal(copy_window_size(&w), FIXED);
	largest = run(&w, &now, LAN_US, FAST);
	assert_in_range(largest, FIXED + MIB, FIXED + 3 * MIB);
}

/* A long way is filled: twice as much as it holds, as far as that may be. */
static void test_far(void **state)
{
	struct copy_window w;
	uint64_t now = SECOND_US;
	uint64_t holds = 60 * (uint64_t)OCEAN_US;

	(void)state;
	copy_window_init(&w, MOST, now);
	(void)run(&w, &now, OCEAN_US, 60);
	assert_true(copy_window_size(&w) > holds);
	copy_window_init(&w, MOST, now);
	(void)run(&w, &now, OCEAN_US, FAST);
	assert_int_equal(copy_window_size(&w), MOST);
}

/* What takes longer than it did is noticed when one goes alone. */
static void test_alone(void **state)
{
	struct copy_window w;
	uint64_t now = SECOND_US;
	size_t before = 0;

	(void)state;
	copy_window_init(&w, MOST, now);
	assert_false(copy_window_wants_one(&w, now));
	(void)run(&w, &now, LAN_US, FAST);
	before = copy_window_size(&w);
	now += 11 * SECOND_US;
	/* not while as much comes as ever */
	assert_false(copy_window_wants_one(&w, now));
	copy_window_done(&w, MIB, now - LAN_US, false, now);
	assert_true(copy_window_wants_one(&w, now));
	copy_window_done(&w, MIB, now, true, now + 20000);
	now += 20000;
	assert_true(copy_window_size(&w) > before + 8 * MIB);
	assert_false(copy_window_wants_one(&w, now));
	/* and shorter: at once, whoever it was */
	copy_window_done(&w, MIB, now, false, now + 1000);
	assert_true(copy_window_size(&w) < before);
}

/* A sender whose rate doubles with every round trip finds all that it could
 * send asked for: what comes to it was asked for a round trip ago, when a
 * quarter of it was known to be needed. */
static void test_growth(void **state)
{
	struct copy_window w;
	uint64_t now = SECOND_US;
	uint64_t rate = 3; /* in MiB a round trip */
	uint64_t i = 0;

	(void)state;
	copy_window_init(&w, MOST, now);
	for (; 4 * rate <= MOST / MIB; rate *= 2) {
		for (i = 0; i < rate; i++) {
			now += OCEAN_US / rate;
			copy_window_done(&w, MIB, now - OCEAN_US, false, now);
		}
		assert_true(copy_window_size(&w) >= 4 * rate * MIB);
	}
	/* it is known: twice is enough */
	for (i = 0; i < 4 * rate; i++) {
		now += OCEAN_US / (rate / 2);
		copy_window_done(&w, MIB, now - OCEAN_US, false, now);
	}
	assert_in_range(copy_window_size(&w), rate * MIB,
			(rate + 1) * MIB + FIXED);
}

static void test_bounds(void **state)
{
	struct copy_window w;
	uint64_t now = SECOND_US;

	(void)state;
	/* a user may want less */
	copy_window_init(&w, MIB, now);
	copy_window_done(&w, MIB, now, false, now + SECOND_US);
	assert_int_equal(copy_window_size(&w), MIB);
	/* nobody goes alone where no more could go */
	assert_false(copy_window_wants_one(&w, now + 60 * SECOND_US));
	copy_window_init(&w, FIXED, now);
	assert_int_equal(copy_window_size(&w), FIXED);
	/* no time at all, and hours */
	copy_window_init(&w, MOST, now);
	copy_window_done(&w, MIB, now, true, now);
	assert_int_equal(copy_window_size(&w), FIXED);
	copy_window_done(&w, SIZE_MAX / 4, now, true,
			 now + 3600ull * SECOND_US);
	assert_int_equal(copy_window_size(&w), MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),   cmocka_unit_test(test_far),
		cmocka_unit_test(test_alone),  cmocka_unit_test(test_growth),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
