/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "server/name_set.h"

static bool same(const char *name, const void *wanted)
{
	return strcmp(name, wanted) == 0;
}

/* Few different hashes, so that they collide. */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 0;

	while (*name != '\0') {
		hash = hash * 31 + (unsigned char)*name;
		name++;
	}
	return hash % 97;
}

static bool has(const struct name_set *set, const char *name)
{
	return name_set_find(set, hash_of(name), same, name) != NULL;
}

static void test_many(void **state)
{
	struct name_set set = {0};
	char name[32];
	int i = 0;

	(void)state;
	assert_false(has(&set, "a"));
	name_set_remove(&set, hash_of("a"), same, "a");
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_true(name_set_add(&set, name, hash_of(name)));
	}
	assert_int_equal(set.count, 3000);
	for (i = 0; i < 3000; i += 2) {
		snprintf(name, sizeof(name), "name%d", i);
		name_set_remove(&set, hash_of(name), same, name);
	}
	assert_int_equal(set.count, 1500);
	for (i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "name%d", i);
		assert_int_equal(has(&set, name), i % 2);
	}
	name_set_clear(&set);
	assert_int_equal(set.count, 0);
	assert_false(has(&set, "name1"));
}

/* What comes and goes does not grow the table. */
static void test_turnover(void **state)
{
	struct name_set set = {0};
	char name[32];
	int i = 0;

	(void)state;
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		assert_true(name_set_add(&set, name, (uint32_t)i));
		assert_non_null(name_set_find(&set, (uint32_t)i, same, name));
		name_set_remove(&set, (uint32_t)i, same, name);
	}
	assert_true(set.slots <= 256);
	name_set_clear(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_turnover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
