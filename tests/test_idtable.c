/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include "server/idtable.h"

#define COUNT 1000

static void test_ids(void **private_data)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct idtable *table = idtable_new(mem_ctx, 64, COUNT);
	static int objects[COUNT];
	static uint64_t ids[COUNT];

	(void)private_data;
	for (size_t i = 0; i < COUNT; i++) {
		ids[i] = idtable_add(table, &objects[i]);
		assert_int_not_equal(ids[i], 0);
		assert_true(ids[i] != UINT64_MAX);
	}
	assert_int_equal(idtable_count(table), COUNT);
	assert_int_equal(idtable_add(table, &objects[0]), 0);
	for (size_t i = 0; i < COUNT; i++) {
		assert_ptr_equal(idtable_find(table, ids[i]), &objects[i]);
	}
	assert_null(idtable_find(table, 0));
	assert_null(idtable_find(table, UINT64_MAX));
	assert_null(idtable_find(table, ids[0] + ((uint64_t)1 << 32)));
	talloc_free(mem_ctx);
}

static void test_old_id_finds_nothing(void **private_data)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct idtable *table = idtable_new(mem_ctx, 32, 4);
	int a = 0;
	int b = 0;
	uint64_t id = idtable_add(table, &a);

	(void)private_data;
	for (int i = 0; i < 5000; i++) {
		uint64_t next = 0;

		idtable_remove(table, id);
		idtable_remove(table, id);
		assert_int_equal(idtable_count(table), 0);
		next = idtable_add(table, &b);
		assert_int_not_equal(next, id);
		assert_true(next > 0 && next < UINT32_MAX);
		assert_null(idtable_find(table, id));
		assert_ptr_equal(idtable_find(table, next), &b);
		id = next;
	}
	talloc_free(mem_ctx);
}

static void test_walk(void **private_data)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct idtable *table = idtable_new(mem_ctx, 64, 100);
	int objects[20] = {0};
	uint64_t ids[20] = {0};
	size_t cursor = 0;
	int *found = NULL;
	int sum = 0;

	(void)private_data;
	for (int i = 0; i < 20; i++) {
		objects[i] = i;
		ids[i] = idtable_add(table, &objects[i]);
	}
	idtable_remove(table, ids[7]);
	for (;;) {
		found = idtable_next(table, &cursor);
		if (found == NULL) {
			break;
		}
		sum += *found;
		idtable_remove(table, ids[*found]);
	}
	assert_int_equal(sum, 19 * 20 / 2 - 7);
	assert_int_equal(idtable_count(table), 0);
	talloc_free(mem_ctx);
}

/* Ids of another table come back, once, and others are given beside them. */
static void test_claim(void **private_data)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct idtable *table = idtable_new(mem_ctx, 64, COUNT);
	static int objects[4];
	uint64_t high = (UINT64_C(7) << 32) | 100;
	uint64_t low = (UINT64_C(9) << 32) | 1;

	(void)private_data;
	assert_true(idtable_claim(table, high, &objects[0]));
	assert_true(idtable_claim(table, low, &objects[1]));
	assert_false(idtable_claim(table, low, &objects[2]));
	assert_false(
		idtable_claim(table, low + (UINT64_C(1) << 32), &objects[2]));
	assert_false(idtable_claim(table, 0, &objects[2]));
	assert_false(idtable_claim(table, COUNT + 1, &objects[2]));
	assert_false(idtable_claim(table, UINT64_MAX, &objects[2]));
	assert_ptr_equal(idtable_find(table, high), &objects[0]);
	assert_ptr_equal(idtable_find(table, low), &objects[1]);
	for (size_t i = 2; i < COUNT; i++) {
		assert_int_not_equal(idtable_add(table, &objects[3]), 0);
	}
	assert_int_equal(idtable_add(table, &objects[3]), 0);
	idtable_remove(table, high);
	assert_null(idtable_find(table, high));
	assert_int_not_equal(idtable_add(table, &objects[3]), 0);
	talloc_free(mem_ctx);
}

/* In whatever order they come back: what is free stays whole. */
static void test_claim_many(void **private_data)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct idtable *table = idtable_new(mem_ctx, 64, 64);
	static int object;
	uint64_t first = 0;

	(void)private_data;
	for (uint64_t i = 64; i > 0; i -= 2) {
		assert_true(idtable_claim(table, i, &object));
	}
	for (uint64_t i = 1; i < 64; i += 4) {
		assert_true(idtable_claim(table, i, &object));
	}
	first = idtable_add(table, &object);
	for (size_t i = 1; i < 16; i++) {
		assert_int_not_equal(idtable_add(table, &object), 0);
	}
	assert_int_equal(idtable_count(table), 64);
	assert_int_equal(idtable_add(table, &object), 0);
	idtable_remove(table, first);
	assert_int_not_equal(idtable_add(table, &object), 0);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_old_id_finds_nothing),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_claim_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
