/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Byte-range locks: what conflicts with what, all or none, and who wakes.
 */
#include "server/lock.h"
#include "tests/testlib.h"

static const int alice, bob;
static const struct lock_range byte_5 = {5, 1, true};

static int setup(void **state)
{
	*state = lock_table_new(NULL);
	return *state == NULL;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static enum lock_outcome take(struct lock_table *t, const int *who,
			      uint64_t offset, uint64_t length, bool exclusive)
{
	const struct lock_range range = {offset, length, exclusive};

	return lock_take(t, who, &range, 1);
}

static void test_shared_and_exclusive(void **state)
{
	struct lock_table *t = *state;

	assert_int_equal(take(t, &alice, 10, 10, false), LOCK_TAKEN);
	assert_int_equal(take(t, &bob, 10, 10, false), LOCK_TAKEN);
	assert_int_equal(take(t, &bob, 19, 1, true), LOCK_CONFLICT);
	assert_int_equal(take(t, &alice, 10, 1, true), LOCK_CONFLICT);
	assert_int_equal(take(t, &bob, 20, 5, true), LOCK_TAKEN);
	assert_int_equal(take(t, &bob, 22, 1, true), LOCK_CONFLICT);
	assert_int_equal(take(t, &bob, 22, 1, false), LOCK_TAKEN);
	assert_int_equal(take(t, &alice, 22, 1, false), LOCK_CONFLICT);
	assert_int_equal(lock_count(t), 4);
}

static void test_no_bytes(void **state)
{
	struct lock_table *t = *state;

	assert_int_equal(take(t, &alice, 0, 0, true), LOCK_TAKEN);
	assert_int_equal(take(t, &bob, 0, 0, true), LOCK_TAKEN);
	assert_int_equal(take(t, &alice, 10, 10, true), LOCK_TAKEN);
	assert_int_equal(take(t, &bob, 15, 0, true), LOCK_CONFLICT);
	assert_int_equal(take(t, &bob, 10, 0, true), LOCK_TAKEN);
	assert_int_equal(take(t, &bob, 20, 0, true), LOCK_TAKEN);
}

static void test_the_far_end(void **state)
{
	struct lock_table *t = *state;
	struct lock_range r = {UINT64_MAX, 1, true};

	assert_true(lock_range_valid(&r));
	r.length = 2;
	assert_false(lock_range_valid(&r));
	r = (struct lock_range){0, UINT64_MAX, true};
	assert_true(lock_range_valid(&r));
	r.offset = 2;
	assert_false(lock_range_valid(&r));
	assert_int_equal(take(t, &alice, UINT64_MAX, 1, true), LOCK_TAKEN);
	assert_int_equal(take(t, &bob, UINT64_MAX - 1, 2, false),
			 LOCK_CONFLICT);
	assert_int_equal(take(t, &bob, 0, UINT64_MAX, true), LOCK_TAKEN);
}

static void test_all_or_none(void **state)
{
	struct lock_table *t = *state;
	const struct lock_range three[3] = {
		{0, 10, true}, {20, 10, true}, {40, 10, true}};

	assert_int_equal(take(t, &bob, 45, 1, true), LOCK_TAKEN);
	assert_int_equal(lock_take(t, &alice, three, 3), LOCK_CONFLICT);
	assert_int_equal(lock_count(t), 1);
	assert_true(lock_release(t, &bob, 45, 1));
	assert_int_equal(lock_take(t, &alice, three, 3), LOCK_TAKEN);
	assert_int_equal(lock_count(t), 3);
}

static void test_release(void **state)
{
	struct lock_table *t = *state;

	assert_int_equal(take(t, &alice, 5, 5, true), LOCK_TAKEN);
	assert_false(lock_release(t, &bob, 5, 5));
	assert_false(lock_release(t, &alice, 5, 4));
	assert_true(lock_release(t, &alice, 5, 5));
	assert_false(lock_release(t, &alice, 5, 5));
}

static void test_data(void **state)
{
	struct lock_table *t = *state;

	assert_int_equal(take(t, &alice, 10, 10, true), LOCK_TAKEN);
	assert_true(lock_allows(t, &alice, 0, 100, true));
	assert_false(lock_allows(t, &bob, 0, 100, false));
	assert_false(lock_allows(t, &bob, 19, 1, true));
	assert_true(lock_allows(t, &bob, 20, 1, true));
	assert_true(lock_allows(t, &bob, 15, 0, true));
	lock_release_all(t, &alice);
	assert_int_equal(take(t, &alice, 10, 10, false), LOCK_TAKEN);
	assert_true(lock_allows(t, &bob, 10, 1, false));
	assert_false(lock_allows(t, &bob, 10, 1, true));
	assert_false(lock_allows(t, &alice, 10, 1, true));
}

static void test_limit(void **state)
{
	struct lock_table *t = *state;
	struct lock_range *many =
		talloc_zero_array(t, struct lock_range, LOCK_MAX_PER_OWNER + 1);

	assert_int_equal(lock_take(t, &alice, many, LOCK_MAX_PER_OWNER + 1),
			 LOCK_TOO_MANY);
	assert_int_equal(lock_count(t), 0);
	assert_int_equal(lock_take(t, &alice, many, LOCK_MAX_PER_OWNER),
			 LOCK_TAKEN);
	assert_int_equal(take(t, &alice, 0, 0, true), LOCK_TOO_MANY);
	assert_int_equal(take(t, &bob, 0, 0, true), LOCK_TAKEN);
}

static void test_waiting(void **state)
{
	struct lock_table *t = *state;
	struct tevent_context *ev = tevent_context_init(t);
	struct tevent_req *first = NULL;
	struct tevent_req *second = NULL;

	assert_int_equal(take(t, &alice, 0, 10, true), LOCK_TAKEN);
	first = lock_wait_send(ev, ev, t, &byte_5);
	second = lock_wait_send(ev, ev, t, &byte_5);
	assert_true(tevent_req_is_in_progress(first));
	talloc_free(second);
	lock_release_all(t, &bob);
	assert_true(tevent_req_is_in_progress(first));
	assert_true(lock_release(t, &alice, 0, 10));
	testlib_wait(ev, first, 5);
	assert_true(lock_wait_recv(first));
}

/* What is given back elsewhere wakes nobody. */
static void test_waiting_here(void **state)
{
	struct lock_table *t = *state;
	struct tevent_context *ev = tevent_context_init(t);
	struct tevent_req *req = lock_wait_send(ev, ev, t, &byte_5);

	assert_int_equal(take(t, &alice, 0, 5, true), LOCK_TAKEN);
	assert_int_equal(take(t, &alice, 6, 5, true), LOCK_TAKEN);
	assert_true(lock_release(t, &alice, 0, 5));
	assert_true(lock_release(t, &alice, 6, 5));
	assert_true(tevent_req_is_in_progress(req));
	assert_int_equal(take(t, &alice, 0, 6, true), LOCK_TAKEN);
	assert_true(lock_release(t, &alice, 0, 6));
	testlib_wait(ev, req, 5);
	assert_true(lock_wait_recv(req));
}

static void test_list(void **state)
{
	struct lock_table *t = *state;
	struct lock_range out[2] = {{0}};

	assert_int_equal(lock_list(t, &alice, out, 2), 0);
	assert_int_equal(take(t, &alice, 1, 2, true), LOCK_TAKEN);
	assert_int_equal(take(t, &bob, 3, 4, false), LOCK_TAKEN);
	assert_int_equal(take(t, &alice, 7, 8, false), LOCK_TAKEN);
	assert_int_equal(lock_list(t, &alice, out, 1), 2);
	assert_int_equal(lock_list(t, &alice, out, 2), 2);
	assert_int_equal(out[1].offset, 1);
	assert_int_equal(out[1].length, 2);
	assert_true(out[1].exclusive);
	assert_int_equal(out[0].offset, 7);
	assert_false(out[0].exclusive);
}

static void test_table_gone(void **state)
{
	struct tevent_context *ev = tevent_context_init(NULL);
	struct tevent_req *req = lock_wait_send(ev, ev, *state, &byte_5);

	talloc_free(*state);
	*state = NULL;
	testlib_wait(ev, req, 5);
	assert_false(lock_wait_recv(req));
	talloc_free(ev);
}

#define lock_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		lock_test(test_shared_and_exclusive),
		lock_test(test_no_bytes),
		lock_test(test_the_far_end),
		lock_test(test_all_or_none),
		lock_test(test_release),
		lock_test(test_data),
		lock_test(test_limit),
		lock_test(test_waiting),
		lock_test(test_waiting_here),
		lock_test(test_list),
		lock_test(test_table_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
