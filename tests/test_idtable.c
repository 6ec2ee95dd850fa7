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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_old_id_finds_nothing),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
