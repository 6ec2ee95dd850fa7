/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <stdio.h>

#include "client/mount/names.h"

#define LATER (NAMES_SECONDS + 1)

static struct client_stat of_size(uint64_t size)
{
	return (struct client_stat){.size = size};
}

static void list(struct names *names, const char *name, uint64_t size)
{
	const struct client_stat stat = of_size(size);

	assert_true(names_list(names, name, &stat));
}

/* A folder that has "one" and "Two", and that is all. */
static struct names *two(bool exact)
{
	struct names *names = names_new(NULL, exact);

	assert_non_null(names);
	names_begin(names);
	list(names, "one", 1);
	list(names, "Two", 2);
	names_end(names);
	return names;
}

static enum names_known find(const struct names *names, const char *name)
{
	struct client_stat stat = {0};

	return names_find(names, name, &stat);
}

static void test_listing(void **state)
{
	struct names *names = names_new(NULL, true);
	struct client_stat stat = {0};

	(void)state;
	assert_int_equal(find(names, "one"), NAMES_UNKNOWN);
	assert_false(names_list(names, "one", &stat)); /* nobody has begun */
	names_begin(names);
	assert_true(names_is_begun(names));
	list(names, "one", 1);
	/* what comes yet nobody knows */
	assert_int_equal(find(names, "one"), NAMES_UNKNOWN);
	assert_int_equal(find(names, "two"), NAMES_UNKNOWN);
	names_end(names);
	assert_true(names_is_whole(names));
	assert_int_equal(names_find(names, "one", &stat), NAMES_IS);
	assert_int_equal(stat.size, 1);
	assert_int_equal(find(names, "two"), NAMES_IS_NOT);
	names_forget(names);
	assert_int_equal(find(names, "one"), NAMES_UNKNOWN);
	assert_int_equal(find(names, "two"), NAMES_UNKNOWN);
	/* an end without a beginning is that of one that was given up */
	names_end(names);
	assert_false(names_is_whole(names));
	talloc_free(names);
}

static void test_doubt(void **state)
{
	const struct client_stat three = of_size(3);
	struct names *names = two(true);
	struct client_stat stat = {0};

	(void)state;
	names_doubt_own(names, "one", 10);
	names_doubt(names, "new", 10);
	assert_int_equal(find(names, "one"), NAMES_UNKNOWN);
	assert_int_equal(find(names, "new"), NAMES_UNKNOWN);
	assert_int_equal(find(names, "Two"), NAMES_IS);
	assert_true(names_is_own(names, "one", 10 + NAMES_SECONDS / 2));
	assert_false(names_is_own(names, "one", 10 + LATER));
	assert_false(names_is_own(names, "Two", 10));
	/* what others do to it a moment later is to be heard */
	assert_false(names_is_own(names, "new", 10));
	/* a moment later an answer may be one from before */
	names_learn(names, "one", &three, 10 + NAMES_SECONDS / 2);
	names_learn(names, "new", NULL, 10 + NAMES_SECONDS / 2);
	assert_int_equal(find(names, "one"), NAMES_UNKNOWN);
	assert_int_equal(find(names, "new"), NAMES_UNKNOWN);
	names_learn(names, "one", &three, 10 + LATER);
	names_learn(names, "new", NULL, 10 + LATER);
	assert_int_equal(names_find(names, "one", &stat), NAMES_IS);
	assert_int_equal(stat.size, 3);
	assert_int_equal(find(names, "new"), NAMES_IS_NOT);
	names_learn(names, "more", &three, 10 + LATER);
	assert_int_equal(find(names, "more"), NAMES_IS);
	talloc_free(names);
}

/* What is changed while the listing is read is in it, or not. */
static void test_doubt_meanwhile(void **state)
{
	struct names *names = names_new(NULL, true);

	(void)state;
	names_doubt(names, "before", 10); /* the listing knows */
	names_begin(names);
	names_doubt(names, "one", 10);
	list(names, "one", 1);
	list(names, "two", 2);
	names_doubt(names, "two", 10);
	names_end(names);
	assert_int_equal(find(names, "before"), NAMES_IS_NOT);
	assert_int_equal(find(names, "one"), NAMES_UNKNOWN);
	assert_int_equal(find(names, "two"), NAMES_UNKNOWN);
	talloc_free(names);
}

static void test_hidden(void **state)
{
	static const char *const asked[] = {".snapshots", "~snapshot",
					    "\xC3\xA4", ""};
	struct names *names = two(true);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		assert_int_equal(find(names, asked[i]), NAMES_UNKNOWN);
	}
	assert_int_equal(find(names, "ONE"), NAMES_IS_NOT);
	assert_int_equal(find(names, "ONE~1"), NAMES_IS_NOT);
	talloc_free(names);
}

/* Where "one" is "ONE". */
static void test_case(void **state)
{
	static const char *const asked[] = {"ONE", "two", "LONGNA~1", "one.",
					    "one "};
	struct names *names = two(false);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		assert_int_equal(find(names, asked[i]), NAMES_UNKNOWN);
	}
	assert_int_equal(find(names, "one"), NAMES_IS);
	assert_int_equal(find(names, "three"), NAMES_IS_NOT);
	names_doubt(names, "ONE", 10);
	assert_int_equal(find(names, "one"), NAMES_UNKNOWN);
	talloc_free(names);
}

static void test_limit(void **state)
{
	const struct client_stat stat = of_size(1);
	struct names *names = names_new(NULL, true);
	char name[32] = "";
	unsigned i = 0;

	(void)state;
	names_begin(names);
	for (i = 0; i < NAMES_MOST; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		list(names, name, i);
	}
	assert_true(names_list(names, "name0", &stat)); /* again */
	assert_false(names_list(names, "one more", &stat));
	assert_false(names_is_begun(names));
	names_end(names);
	assert_int_equal(find(names, "name0"), NAMES_UNKNOWN);
	/* neither do doubts grow without an end */
	names_begin(names);
	names_end(names);
	for (i = 0; i <= NAMES_MOST; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		names_doubt(names, name, 10);
	}
	assert_false(names_is_whole(names));
	talloc_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_doubt_meanwhile),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
