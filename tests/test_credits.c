/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <stdbool.h>

#include "server/credits.h"

static void test_first_id(void **private_data)
{
	struct credits *credits = credits_new(NULL, 512);

	(void)private_data;
	assert_false(credits_take(credits, 1, 1));
	assert_false(credits_take(credits, 0, 0));
	assert_false(credits_take(credits, 0, 2));
	assert_true(credits_take(credits, 0, 1));
	assert_false(credits_take(credits, 0, 1));
	assert_int_equal(credits_held(credits), 0);
	/* Who holds none gets one, even unasked. */
	assert_int_equal(credits_grant(credits, 0), 1);
	assert_int_equal(credits_grant(credits, 0), 0);
	assert_true(credits_take(credits, 1, 1));
	talloc_free(credits);
}

static void test_max(void **private_data)
{
	struct credits *credits = credits_new(NULL, 128);

	(void)private_data;
	assert_true(credits_take(credits, 0, 1));
	assert_int_equal(credits_grant(credits, 60000), 128);
	assert_int_equal(credits_grant(credits, 10), 0);
	assert_true(credits_take(credits, 1, 64));
	assert_int_equal(credits_grant(credits, 100), 64);
	assert_int_equal(credits_held(credits), 128);
	talloc_free(credits);
}

/* Out of order, ranges, and nothing twice. */
static void test_order(void **private_data)
{
	struct credits *credits = credits_new(NULL, 128);

	(void)private_data;
	assert_true(credits_take(credits, 0, 1));
	assert_int_equal(credits_grant(credits, 10), 10);
	assert_true(credits_take(credits, 10, 1));
	assert_true(credits_take(credits, 4, 3));
	assert_false(credits_take(credits, 3, 2));
	assert_false(credits_take(credits, 6, 1));
	assert_false(credits_take(credits, 7, 4));
	assert_true(credits_take(credits, 7, 3));
	assert_true(credits_take(credits, 1, 3));
	assert_int_equal(credits_held(credits), 0);
	assert_false(credits_take(credits, 11, 1));
	assert_int_equal(credits_grant(credits, 1), 1);
	assert_true(credits_take(credits, 11, 1));
	talloc_free(credits);
}

/* An id that is never used does not let the window grow without end. */
static void test_hole(void **private_data)
{
	struct credits *credits = credits_new(NULL, 128);
	uint64_t next = 2;
	unsigned total = 0;

	(void)private_data;
	assert_true(credits_take(credits, 0, 1));
	assert_int_equal(credits_grant(credits, 2), 2);
	for (int i = 0; i < 100000; i++) {
		if (!credits_take(credits, next, 1)) {
			break;
		}
		next++;
		total += credits_grant(credits, 1);
	}
	assert_true(total < 1000);
	/* Used at last, it goes on. */
	assert_true(credits_take(credits, 1, 1));
	assert_int_equal(credits_grant(credits, 3), 3);
	assert_true(credits_take(credits, next, 1));
	talloc_free(credits);
}

static void test_long_run(void **private_data)
{
	struct credits *credits = credits_new(NULL, 100);
	uint64_t next = 1;

	(void)private_data;
	assert_true(credits_take(credits, 0, 1));
	assert_int_equal(credits_grant(credits, 100), 100);
	for (int i = 0; i < 100000; i++) {
		unsigned count = 1 + (unsigned)(i * 7919) % 50;

		assert_true(credits_take(credits, next, count));
		assert_int_equal(credits_grant(credits, count), count);
		next += count;
	}
	talloc_free(credits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_id), cmocka_unit_test(test_max),
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_hole),
		cmocka_unit_test(test_long_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
