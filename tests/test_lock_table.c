/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "client/mount/lock_table.h"

static struct lock_table table;

static int reset(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	return 0;
}

static struct lock_range range(uint64_t start, uint64_t end, bool exclusive)
{
	return (struct lock_range){start, end, exclusive};
}

static bool lock(uint64_t owner, uint64_t start, uint64_t end, bool exclusive)
{
	const struct lock_held held = {
		.owner = owner,
		.pid = 1,
		.range = range(start, end, exclusive),
	};

	return lock_table_set(&table, &held);
}

/* "0-9w 20-29r" */
static void assert_cover(const char *expected)
{
	struct lock_range out[16];
	size_t count = lock_table_cover(&table, out, 16);
	char text[256] = "";
	size_t len = 0;
	size_t i = 0;

	assert_true(count <= 16);
	for (i = 0; i < count; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s%llu-%llu%c", i > 0 ? " " : "",
					(unsigned long long)out[i].start,
					(unsigned long long)out[i].end,
					out[i].exclusive ? 'w' : 'r');
	}
	assert_string_equal(text, expected);
}

static void test_conflicts(void **state)
{
	struct lock_range r = range(5, 15, false);

	(void)state;
	assert_true(lock(1, 0, 9, false));
	assert_null(lock_table_conflict(&table, 2, &r));
	r.exclusive = true;
	assert_int_equal(lock_table_conflict(&table, 2, &r)->owner, 1);
	assert_null(lock_table_conflict(&table, 1, &r));
	r = range(10, 15, true);
	assert_null(lock_table_conflict(&table, 2, &r));
	assert_true(lock_table_has(&table, 1));
	assert_false(lock_table_has(&table, 2));
}

static void test_merge_and_split(void **state)
{
	(void)state;
	assert_true(lock(1, 0, 9, true));
	assert_true(lock(1, 20, 29, true));
	assert_int_equal(table.count, 2);
	assert_true(lock(1, 10, 19, true));
	assert_int_equal(table.count, 1);
	assert_cover("0-29w");
	assert_true(lock(1, 5, 7, false));
	assert_cover("0-4w 5-7r 8-29w");
	assert_true(lock_table_clear(&table, 1, 3, 10));
	assert_cover("0-2w 11-29w");
	assert_true(lock_table_clear(&table, 2, 0, 100));
	assert_cover("0-2w 11-29w");
	assert_true(lock_table_clear(&table, 1, 0, INT64_MAX));
	assert_cover("");
}

static void test_cover(void **state)
{
	struct lock_range few[1];

	(void)state;
	assert_true(lock(1, 0, 9, false));
	assert_true(lock(2, 5, 14, false));
	assert_cover("0-14r");
	assert_true(lock(3, 15, 15, true));
	assert_true(lock(3, INT64_MAX - 2, INT64_MAX - 2, false));
	assert_cover("0-14r 15-15w 9223372036854775805-9223372036854775805r");
	assert_int_equal(lock_table_cover(&table, few, 1), 3);
	assert_true(lock_table_clear(&table, 1, 0, 20));
	assert_cover("5-14r 15-15w 9223372036854775805-9223372036854775805r");
}

static void test_via(void **state)
{
	static const char opens[2];
	const struct lock_held held[] = {
		{.owner = 1, .via = &opens[0], .range = {0, 4, true}},
		{.owner = 1, .via = &opens[1], .range = {10, 14, true}},
		{.owner = 2, .via = &opens[0], .range = {20, 24, false}},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(lock_table_set(&table, &held[i]));
	}
	lock_table_clear_via(&table, &table);
	assert_cover("0-4w 10-14w 20-24r");
	assert_true(lock_table_has_via(&table, &opens[0]));
	lock_table_clear_via(&table, &opens[0]);
	assert_false(lock_table_has_via(&table, &opens[0]));
	assert_cover("10-14w");
	assert_true(lock_table_has(&table, 1));
	assert_false(lock_table_has(&table, 2));
}

static void test_full(void **state)
{
	struct lock_table before;
	uint64_t i = 0;

	(void)state;
	for (i = 0; i < LOCK_TABLE_MOST; i++) {
		assert_true(lock(1, 10 * i, 10 * i + 4, true));
	}
	before = table;
	assert_false(lock(1, 100000, 100000, true));
	assert_false(lock_table_clear(&table, 1, 2, 2));
	assert_memory_equal(&before, &table, sizeof(table));
	assert_true(lock(1, 0, 100000, true));
	assert_cover("0-100000w");
}

static void test_without(void **state)
{
	const struct lock_range a[] = {{0, 1, true}, {2, 3, false}};
	const struct lock_range b[] = {{2, 3, true}, {0, 1, true}};
	struct lock_range out[2];

	(void)state;
	assert_int_equal(lock_ranges_without(a, 2, b, 2, out), 1);
	assert_int_equal(out[0].start, 2);
	assert_false(out[0].exclusive);
	assert_int_equal(lock_ranges_without(a, 2, a, 2, out), 0);
	assert_int_equal(lock_ranges_without(a, 2, b, 0, out), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_conflicts, reset),
		cmocka_unit_test_setup(test_merge_and_split, reset),
		cmocka_unit_test_setup(test_cover, reset),
		cmocka_unit_test_setup(test_via, reset),
		cmocka_unit_test_setup(test_full, reset),
		cmocka_unit_test_setup(test_without, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
