/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/tally.h"
#include "tests/testlib.h"

static void test_bounded(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct tally *tally = tally_new(mem_ctx, 2);
	struct tally_mark *first = tally_take(tally, mem_ctx, "alice");

	(void)state;
	assert_non_null(first);
	assert_non_null(tally_take(tally, mem_ctx, "alice"));
	assert_null(tally_take(tally, mem_ctx, "alice"));
	/* everybody has his own */
	assert_non_null(tally_take(tally, mem_ctx, "bob"));
	assert_int_equal(tally_count(tally, "alice"), 2);
	talloc_free(first);
	assert_int_equal(tally_count(tally, "alice"), 1);
	assert_non_null(tally_take(tally, mem_ctx, "alice"));
	assert_null(tally_take(tally, mem_ctx, "alice"));
	talloc_free(mem_ctx);
}

/* Nothing stays of a name that has nothing, and either may go first. */
static void test_gone(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct tally *tally = tally_new(mem_ctx, 1000);
	struct tally_mark *mark = tally_take(tally, mem_ctx, "alice");

	(void)state;
	assert_int_not_equal(talloc_total_blocks(tally), 1);
	talloc_free(mark);
	assert_int_equal(talloc_total_blocks(tally), 1);
	assert_int_equal(tally_count(tally, "alice"), 0);
	mark = tally_take(tally, mem_ctx, "alice");
	talloc_free(tally);
	talloc_free(mark);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
