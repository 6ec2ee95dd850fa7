/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>

#include "server/pages.h"

#define ROOM 8u /* pages */

static void test_holes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint64_t used = 0;
	struct pages *pages = pages_new(mem_ctx, &used, 4 * PAGES_SIZE);
	char buf[16] = {0};
	uint64_t start = 0;
	uint64_t end = 0;

	(void)state;
	assert_non_null(pages);
	assert_false(pages_next(pages, 0, &start, &end));
	assert_int_equal(pages_write(pages, "abcd", 4, PAGES_SIZE - 2), 0);
	assert_int_equal(used, 2 * PAGES_SIZE);
	pages_read(pages, buf, 8, PAGES_SIZE - 4);
	assert_memory_equal(buf, "\0\0abcd\0\0", 8);
	assert_int_equal(pages_write(pages, "z", 1, 10 * PAGES_SIZE), 0);
	assert_true(pages_next(pages, 0, &start, &end));
	assert_int_equal(start, 0);
	assert_int_equal(end, 2 * PAGES_SIZE);
	assert_true(pages_next(pages, end, &start, &end));
	assert_int_equal(start, 10 * PAGES_SIZE);
	assert_int_equal(pages_reserve(pages, 0, 5 * PAGES_SIZE), ENOSPC);
	/* parts of pages are wiped, whole ones given back */
	pages_zero(pages, PAGES_SIZE - 1, 2);
	pages_read(pages, buf, 4, PAGES_SIZE - 2);
	assert_memory_equal(buf, "a\0\0d", 4);
	pages_zero(pages, PAGES_SIZE - 2, 10 * PAGES_SIZE);
	assert_int_equal(pages_allocated(pages), 2 * PAGES_SIZE);
	pages_zero(pages, 0, (uint64_t)INT64_MAX);
	assert_int_equal(used, 0);
	assert_int_equal(pages_write(pages, "x", 1, 0), 0);
	talloc_free(pages);
	assert_int_equal(used, 0);
	talloc_free(mem_ctx);
}

/* Whatever is done to them in whatever order, they hold what an array would. */
static void test_model(void **state)
{
	const size_t size = 12 * PAGES_SIZE;
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint8_t *model = talloc_zero_array(mem_ctx, uint8_t, size);
	uint8_t *buf = talloc_array(mem_ctx, uint8_t, size);
	uint64_t used = 0;
	struct pages *pages = pages_new(mem_ctx, &used, size);
	uint32_t seed = 1;
	unsigned turn = 0;

	(void)state;
	for (turn = 0; turn < 2000; turn++) {
		size_t offset = 0;
		size_t len = 0;

		seed = seed * 1664525 + 1013904223;
		offset = (seed >> 8) % size;
		seed = seed * 1664525 + 1013904223;
		len = (seed >> 8) % (3 * PAGES_SIZE);
		len = len < size - offset ? len : size - offset;
		if (turn % 3 == 0) {
			pages_zero(pages, offset, len);
			memset(model + offset, 0, len);
		} else if (turn % 3 == 1) {
			memset(buf, (int)(turn % 255) + 1, len);
			memcpy(model + offset, buf, len);
			assert_int_equal(pages_write(pages, buf, len, offset),
					 0);
		} else {
			assert_int_equal(pages_reserve(pages, offset, len), 0);
		}
		assert_int_equal(used, pages_allocated(pages));
		assert_true(used <= size);
	}
	pages_read(pages, buf, size, 0);
	assert_memory_equal(buf, model, size);
	talloc_free(mem_ctx);
}

/* Two files of one counter have one limit between them. */
static void test_limit(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const uint64_t limit = ROOM * PAGES_SIZE;
	uint64_t used = 0;
	struct pages *one = pages_new(mem_ctx, &used, limit);
	struct pages *other = pages_new(mem_ctx, &used, limit);
	char byte = 0;
	unsigned i = 0;

	(void)state;
	for (i = 0; i < ROOM; i++) {
		assert_int_equal(pages_write(i % 2 == 0 ? one : other, "x", 1,
					     (uint64_t)i * PAGES_SIZE),
				 0);
	}
	assert_int_equal(pages_write(one, "x", 1, 100 * PAGES_SIZE), ENOSPC);
	assert_int_equal(pages_reserve(other, 0, 1), ENOSPC);
	assert_int_equal(pages_write(one, "y", 1, 0), 0); /* is there */
	pages_read(one, &byte, 1, 0);
	assert_int_equal(byte, 'y');
	talloc_free(other);
	assert_int_equal(used, ROOM / 2 * PAGES_SIZE);
	assert_int_equal(pages_write(one, "x", 1, 100 * PAGES_SIZE), 0);
	talloc_free(mem_ctx);
	assert_int_equal(used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
