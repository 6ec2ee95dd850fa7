/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copy_rate.c: how fast a copy may be. */
#include "tests/testlib.h"

#include "client/copy_rate.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t want;
	} rows[] = {
		{"0", true, 0},
		{"500", true, 500},
		{"500K", true, 512000},
		{"1.5m", true, 1572864},
		{"2G", true, (uint64_t)2 << 30},
		{"0.1", true, 1},
		{"1024G", true, COPY_RATE_MAX},
		{"1025G", false, 0},
		{"", false, 0},
		{"K", false, 0},
		{"5X", false, 0},
		{"5KB", false, 0},
		{"-5", false, 0},
		{" 5", false, 0},
		{"0x10", false, 0},
		{"1e9", false, 0},
		{"inf", false, 0},
		{"nan", false, 0},
	};
	uint64_t rate = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(copy_rate_parse(rows[i].text, &rate),
				 rows[i].good);
		if (rows[i].good) {
			assert_int_equal(rate, rows[i].want);
		}
	}
}

/* A clock that only waiting moves. */
static uint64_t run(uint64_t per_second, uint64_t bytes, unsigned times)
{
	struct copy_rate rate = {.per_second = per_second};
	uint64_t now = 1000000000;
	uint64_t wait = 0;
	unsigned i = 0;

	for (i = 0; i < times; i++) {
		wait = copy_rate_take(&rate, now, bytes);
		while (wait != 0) {
			assert_true(wait <= 1000000);
			now += wait;
			wait = copy_rate_take(&rate, now, bytes);
		}
	}
	return now - 1000000000;
}

static void test_take(void **state)
{
	struct copy_rate rate = {.per_second = 1000};

	(void)state;
	assert_int_equal(run(0, 1000000, 1000), 0);
	/* the last one's time is nobody's */
	assert_int_equal(run(1000, 100, 11), 1000000);
	assert_int_equal(run(1000, 5000, 3), 10000000);
	assert_int_equal(run(1, 3, 2), 3000000);
	assert_int_equal(run(3, 1, 4), 3 * 333333);
	assert_int_equal(run(COPY_RATE_MAX, (uint64_t)1 << 40, 2), 1000000);
	/* an hour of rest is not made up for */
	assert_int_equal(copy_rate_take(&rate, 3600000000u, 1000), 0);
	assert_int_equal(copy_rate_take(&rate, 3600000000u, 1), 1000000);
	assert_int_equal(copy_rate_take(&rate, 3601050000u, 1000), 0);
	assert_int_equal(copy_rate_take(&rate, 3601050000u, 1), 950000);
}

static void test_size(void **state)
{
	struct copy_rate rate = {0};

	(void)state;
	assert_int_equal(copy_rate_size(&rate, 1048576), 1048576);
	rate.per_second = 100000;
	assert_int_equal(copy_rate_size(&rate, 1048576), 25000);
	assert_int_equal(copy_rate_size(&rate, 512), 512);
	rate.per_second = 10;
	assert_int_equal(copy_rate_size(&rate, 1048576), 4096);
	rate.per_second = COPY_RATE_MAX;
	assert_int_equal(copy_rate_size(&rate, 1048576), 1048576);
	assert_true(copy_rate_now() <= copy_rate_now());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
