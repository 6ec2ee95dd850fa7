/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Channel sequences: what is too late, what is too early, and what is counted
 * (MS-SMB2 3.3.5.2.10, 3.3.4.1).
 */
#include "server/sequence.h"
#include "tests/testlib.h"

static struct sequence begun(uint16_t number)
{
	struct sequence sequence = {0};

	sequence_begin(&sequence, number);
	return sequence;
}

static struct sequence_count enter(struct sequence *sequence, uint16_t number)
{
	struct sequence_count count = {0};

	assert_true(sequence_enter(sequence, number, false, &count));
	return count;
}

static void assert_counts(const struct sequence *sequence, uint16_t number,
			  uint32_t outstanding, uint32_t before)
{
	assert_int_equal(sequence->number, number);
	assert_int_equal(sequence->outstanding, outstanding);
	assert_int_equal(sequence->before, before);
}

/* It begins with the number of its CREATE. */
static void test_begin(void **state)
{
	struct sequence sequence = begun(7);
	struct sequence_count count = {0};

	(void)state;
	assert_counts(&sequence, 7, 0, 0);
	assert_false(sequence_enter(&sequence, 6, false, &count));
	assert_false(sequence_enter(&sequence, 6, true, &count));
	assert_counts(&sequence, 7, 0, 0);
}

static void test_counted(void **state)
{
	struct sequence sequence = begun(0);
	struct sequence_count a = enter(&sequence, 0);
	struct sequence_count b = enter(&sequence, 0);
	struct sequence_count c = {0};

	(void)state;
	assert_counts(&sequence, 0, 2, 0);
	sequence_leave(&sequence, &a);
	assert_counts(&sequence, 0, 1, 0);
	c = enter(&sequence, 1);
	assert_counts(&sequence, 1, 1, 1);
	sequence_leave(&sequence, &b);
	assert_counts(&sequence, 1, 1, 0);
	sequence_leave(&sequence, &c);
	assert_counts(&sequence, 1, 0, 0);
	/* only once */
	sequence_leave(&sequence, &a);
	sequence_leave(&sequence, &c);
	assert_counts(&sequence, 1, 0, 0);
}

/* Half of all numbers are ahead, whatever the number. */
static void test_wraps(void **state)
{
	struct sequence sequence = begun(0xFFFF);
	struct sequence_count count = {0};

	(void)state;
	count = enter(&sequence, 0x7FFE);
	sequence_leave(&sequence, &count);
	assert_false(sequence_enter(&sequence, 0xFFFE, false, &count));
	assert_counts(&sequence, 0x7FFE, 0, 0);
	count = enter(&sequence, 0xFFFD);
	sequence_leave(&sequence, &count);
	count = enter(&sequence, 3);
	sequence_leave(&sequence, &count);
	assert_counts(&sequence, 3, 0, 0);
}

/* A replay goes where nothing from before is under way. */
static void test_replay(void **state)
{
	struct sequence sequence = begun(0);
	struct sequence_count old = enter(&sequence, 0);
	struct sequence_count count = {0};

	(void)state;
	/* of the same number: what it repeats may be at work */
	assert_true(sequence_enter(&sequence, 0, true, &count));
	assert_counts(&sequence, 0, 2, 0);
	sequence_leave(&sequence, &count);
	/* too early, and yet the number is known from now on */
	assert_false(sequence_enter(&sequence, 1, true, &count));
	assert_counts(&sequence, 1, 0, 1);
	assert_false(sequence_enter(&sequence, 1, true, &count));
	sequence_leave(&sequence, &count); /* was not counted */
	assert_counts(&sequence, 1, 0, 1);
	/* what is no replay goes on meanwhile, but not with the old number */
	count = enter(&sequence, 1);
	sequence_leave(&sequence, &count);
	assert_false(sequence_enter(&sequence, 0, false, &count));
	sequence_leave(&sequence, &old);
	assert_counts(&sequence, 1, 0, 0);
	assert_true(sequence_enter(&sequence, 1, true, &count));
	assert_counts(&sequence, 1, 1, 0);
	sequence_leave(&sequence, &count);
}

/* One may be at work while the numbers come round. */
static void test_comes_round(void **state)
{
	struct sequence sequence = begun(5);
	struct sequence_count old = enter(&sequence, 5);
	struct sequence_count count = {0};

	(void)state;
	for (unsigned i = 1; i <= 4; i++) {
		count = enter(&sequence, (uint16_t)(5 + i * 0x4000));
		sequence_leave(&sequence, &count);
	}
	assert_counts(&sequence, 5, 0, 1);
	assert_false(sequence_enter(&sequence, 5, true, &count));
	sequence_leave(&sequence, &old);
	assert_counts(&sequence, 5, 0, 0);
}

/* What was under way when the owner was lost is no matter of his return. */
static void test_owner_back(void **state)
{
	struct sequence sequence = begun(1);
	struct sequence_count old = enter(&sequence, 1);
	struct sequence_count count = {0};

	(void)state;
	sequence_begin(&sequence, 0);
	count = enter(&sequence, 0);
	(void)enter(&sequence, 1);
	sequence_leave(&sequence, &old);
	assert_counts(&sequence, 1, 1, 1);
	sequence_leave(&sequence, &count);
	assert_counts(&sequence, 1, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_comes_round),
		cmocka_unit_test(test_owner_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
