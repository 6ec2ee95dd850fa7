/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "smbquic/wire.h"

/* ------------------------------------------------------------------- reader */

static void test_integers(void **state)
{
	static const uint8_t bytes[] = {1, 2,  3,  4,  5,  6,  7, 8,
					9, 10, 11, 12, 13, 14, 15};
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(wire_get_u8(&r), 1);
	assert_int_equal(wire_get_u16(&r), 0x0302);
	assert_int_equal(wire_get_u32(&r), 0x07060504);
	assert_int_equal(wire_get_u64(&r), 0x0F0E0D0C0B0A0908);
	assert_int_equal(wire_left(&r), 0);
	assert_true(wire_reader_ok(&r));
	r = wire_reader(bytes, sizeof(bytes));
	assert_int_equal(wire_get_be16(&r), 0x0102);
	assert_int_equal(wire_get_be24(&r), 0x030405);
	assert_int_equal(wire_get_be32(&r), 0x06070809);
	wire_skip(&r, 6);
	assert_int_equal(wire_left(&r), 0);
	r = wire_reader(bytes, sizeof(bytes));
	assert_int_equal(wire_get_be64(&r), 0x0102030405060708);
}

/* Past the end: zero, and the flag stays, even when there would be bytes. */
static void test_failure_sticks(void **state)
{
	static const uint8_t bytes[] = {0xFF, 0xFF, 0xFF};
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));
	uint8_t copy[2] = {1, 1};

	(void)state;
	assert_int_equal(wire_get_u32(&r), 0);
	assert_false(wire_reader_ok(&r));
	assert_int_equal(wire_get_u8(&r), 0);
	assert_int_equal(wire_left(&r), 0);
	wire_get_bytes(&r, copy, 2);
	assert_int_equal(copy[0], 0);
	assert_int_equal(copy[1], 0);
	assert_int_equal(wire_get(&r, 0).len, 0);
	assert_int_equal(wire_get_rest(&r).len, 0);
	assert_int_equal(wire_get_at(&r, 0, 1).len, 0);
	assert_false(wire_reader_ok(&r));
}

static void test_empty_window(void **state)
{
	struct wire_reader r = wire_reader(NULL, 0);

	(void)state;
	assert_int_equal(wire_get_rest(&r).len, 0);
	wire_get_align(&r, 8);
	wire_get_bytes(&r, NULL, 0);
	assert_int_equal(wire_get_at(&r, 100, 0).len, 0);
	assert_true(wire_reader_ok(&r));
	assert_int_equal(wire_get_u8(&r), 0);
	assert_false(wire_reader_ok(&r));
}

static void test_slices(void **state)
{
	static const uint8_t bytes[16] = {0};
	const struct {
		size_t offset;
		size_t len;
		bool ok;
	} cases[] = {
		{4, 12, true},	      {16, 0, true},
		{0, 0, true},	      {999, 0, true},
		{15, 1, true},	      {4, 13, false},
		{3, 1, false},	      {16, 1, false},
		{17, 1, false},	      {SIZE_MAX, 1, false},
		{8, SIZE_MAX, false}, {SIZE_MAX, SIZE_MAX, false},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_reader r = wire_reader(bytes, sizeof(bytes));
		struct wire_slice s = {0};

		wire_skip(&r, 4);
		s = wire_get_at(&r, cases[i].offset, cases[i].len);
		assert_int_equal(wire_reader_ok(&r), cases[i].ok);
		assert_int_equal(s.len, cases[i].ok ? cases[i].len : 0);
		assert_int_equal(r.pos, 4);
	}
}

static void test_slice_to_the_end(void **state)
{
	static const uint8_t bytes[16] = {0};
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));

	(void)state;
	wire_skip(&r, 4);
	assert_int_equal(wire_get_from(&r, 4).len, 12);
	assert_int_equal(wire_get_from(&r, 16).len, 0);
	assert_true(wire_reader_ok(&r));
	assert_int_equal(wire_get_from(&r, 17).len, 0);
	assert_false(wire_reader_ok(&r));
	r = wire_reader(bytes, sizeof(bytes));
	wire_skip(&r, 4);
	wire_get_from(&r, 3);
	assert_false(wire_reader_ok(&r));
}

static void test_align(void **state)
{
	static const uint8_t bytes[10] = {0};
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));

	(void)state;
	wire_get_align(&r, 8);
	assert_int_equal(r.pos, 0);
	wire_skip(&r, 1);
	wire_get_align(&r, 8);
	assert_int_equal(r.pos, 8);
	wire_skip(&r, 1);
	wire_get_align(&r, 8);
	assert_int_equal(r.pos, 10);
	assert_true(wire_reader_ok(&r));
}

/* ------------------------------------------------------------------- walker */

static void test_walk(void **state)
{
	static const char list[] = "\x08\0\0\0aaaa"
				   "\x0c\0\0\0bbbbbbbb"
				   "\0\0\0\0cc";
	struct wire_walker w =
		wire_walker(wire_slice(list, sizeof(list) - 1), 4, 4);
	struct wire_slice e = {0};

	(void)state;
	assert_true(wire_walk(&w, &e));
	assert_int_equal(e.len, 8);
	assert_true(wire_walk(&w, &e));
	assert_int_equal(e.len, 12);
	assert_true(wire_walk(&w, &e));
	assert_int_equal(e.len, 6);
	assert_false(wire_walk(&w, &e));
	assert_true(wire_walker_ok(&w));
}

static void test_walk_refuses(void **state)
{
	const struct {
		const char *list;
		size_t len;
		size_t min;
		size_t align;
	} cases[] = {
		{"\0\0\0", 3, 4, 1},	     /* too short for an offset */
		{"\0\0\0\0", 4, 5, 1},	     /* shorter than the minimum */
		{"\x08\0\0\0aaaa", 8, 4, 4}, /* points behind the end */
		{"\x04\0\0\0aaaa", 8, 8, 4}, /* less than the minimum */
		{"\x06\0\0\0aabb\0\0\0\0", 12, 4, 4}, /* not aligned */
		{"\xff\xff\xff\xff\0\0\0\0", 8, 4, 1},
		{"\x01\0\0\0\0\0\0\0", 8, 4, 1}, /* into itself */
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_walker w =
			wire_walker(wire_slice(cases[i].list, cases[i].len),
				    cases[i].min, cases[i].align);
		struct wire_slice e = {0};

		assert_false(wire_walk(&w, &e));
		assert_false(wire_walker_ok(&w));
		assert_int_equal(e.len, 0);
		assert_false(wire_walk(&w, &e));
	}
}

static void test_walk_nothing(void **state)
{
	struct wire_walker w = wire_walker(wire_slice(NULL, 0), 8, 8);
	struct wire_slice e = {0};

	(void)state;
	assert_false(wire_walk(&w, &e));
	assert_true(wire_walker_ok(&w));
}

/* ------------------------------------------------------------------- writer */

static void test_write(void **state)
{
	uint8_t buf[32] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	static const uint8_t want[] = {1,    2, 0, 3, 0,   0,	0, 4,
				       0,    0, 0, 0, 0,   0,	0, 0,
				       0x12, 0, 0, 1, 'a', 'b', 0, 0};

	(void)state;
	wire_put_u8(&w, 1);
	wire_put_u16(&w, 2);
	wire_put_u32(&w, 3);
	wire_put_u64(&w, 4);
	wire_put_zeros(&w, 1);
	wire_put_u8(&w, 0x12);
	wire_put_be24(&w, 1);
	wire_put(&w, "ab", 2);
	wire_put_align(&w, 8);
	assert_true(wire_writer_ok(&w));
	assert_int_equal(wire_tell(&w), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	wire_put_be16(&w, 0x0102);
	wire_put_be32(&w, 0x03040506);
	assert_memory_equal(buf + 24, "\1\2\3\4\5\6", 6);
}

/* What was there stays, nothing more is written, the slice is empty. */
static void test_full(void **state)
{
	uint8_t buf[4] = {9, 9, 9, 9};
	struct wire_writer w = wire_writer_fixed(buf, 3);

	(void)state;
	wire_put_u16(&w, 0x0201);
	wire_put_u16(&w, 0x0403);
	assert_false(wire_writer_ok(&w));
	wire_put_u8(&w, 5);
	assert_int_equal(w.len, 2);
	assert_memory_equal(buf, "\1\2\11\11", 4);
	assert_int_equal(wire_writer_slice(&w).len, 0);
	wire_patch_u16(&w, 0, 7);
	assert_int_equal(buf[0], 1);
}

static void test_grow(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	uint32_t i = 0;

	(void)state;
	for (i = 0; i < 10000; i++) {
		wire_put_u32(&w, i);
	}
	assert_true(wire_writer_ok(&w));
	assert_int_equal(wire_writer_slice(&w).len, 40000);
	assert_int_equal(w.buf[39996], 9999 & 0xFF);
	assert_ptr_equal(talloc_parent(w.buf), mem_ctx);
	w.limit = 40002;
	wire_put_u16(&w, 1);
	assert_true(wire_writer_ok(&w));
	wire_put_u8(&w, 1);
	assert_false(wire_writer_ok(&w));
	talloc_free(mem_ctx);
}

static void test_limit_of_a_message(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	(void)state;
	wire_put_zeros(&w, WIRE_LIMIT);
	assert_true(wire_writer_ok(&w));
	wire_put_u8(&w, 0);
	assert_false(wire_writer_ok(&w));
	talloc_free(mem_ctx);
}

static void test_sizes_fit(void **state)
{
	uint8_t buf[64] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	(void)state;
	wire_put_size8(&w, 0xFF);
	wire_put_size16(&w, 0xFFFF);
	wire_put_size32(&w, 0xFFFFFFFF);
	assert_true(wire_writer_ok(&w));
	wire_put_size8(&w, 0x100);
	assert_false(wire_writer_ok(&w));
	w = wire_writer_fixed(buf, sizeof(buf));
	wire_put_size16(&w, 0x10000);
	assert_false(wire_writer_ok(&w));
	w = wire_writer_fixed(buf, sizeof(buf));
	wire_put_u32(&w, 0);
	wire_patch_u16(&w, 0, 0x10000);
	assert_false(wire_writer_ok(&w));
}

static void test_base_and_patch(void **state)
{
	uint8_t buf[16] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	(void)state;
	wire_put_u8(&w, 1);
	wire_rebase(&w);
	assert_int_equal(wire_tell(&w), 0);
	wire_put_u8(&w, 2);
	wire_put_align(&w, 4);
	assert_int_equal(w.len, 5);
	wire_patch_u32(&w, 0, 0x04030201);
	assert_memory_equal(buf, "\1\1\2\3\4", 5);
	wire_patch_u16(&w, 3, 0);
	assert_false(wire_writer_ok(&w));
}

/* -------------------------------------------------------------------- chain */

static void test_chain(void **state)
{
	uint8_t buf[64] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct wire_chain c = {0};
	struct wire_chain before = {0};
	size_t len = 0;

	(void)state;
	wire_put_u8(&w, 0xEE); /* lists begin anywhere */
	c = wire_chain(&w, 8);
	wire_chain_entry(&c);
	wire_put_u8(&w, 1);
	wire_chain_entry(&c);
	wire_put_u16(&w, 2);
	assert_memory_equal(buf, "\xEE\x08\0\0\0\1\0\0\0\0\0\0\0\2\0", 15);
	assert_int_equal(w.len, 15);

	before = c;
	len = w.len;
	wire_chain_entry(&c);
	wire_put_u32(&w, 3);
	assert_int_equal(buf[9], 8);
	wire_chain_rollback(&c, &before, len);
	assert_int_equal(w.len, 15);
	assert_int_equal(buf[9], 0);
	wire_chain_entry(&c);
	assert_int_equal(buf[9], 8);
	assert_int_equal(w.len, 21);
}

static void test_rollback_of_a_failure(void **state)
{
	uint8_t buf[8] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct wire_chain c = wire_chain(&w, 4);
	struct wire_chain before = c;

	(void)state;
	wire_chain_entry(&c);
	wire_put_zeros(&w, 5);
	assert_false(wire_writer_ok(&w));
	wire_chain_rollback(&c, &before, 0);
	assert_true(wire_writer_ok(&w));
	assert_int_equal(w.len, 0);
	assert_false(c.any);
	wire_chain_entry(&c);
	wire_put_u32(&w, 1);
	assert_true(wire_writer_ok(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_failure_sticks),
		cmocka_unit_test(test_empty_window),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_slice_to_the_end),
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_refuses),
		cmocka_unit_test(test_walk_nothing),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_limit_of_a_message),
		cmocka_unit_test(test_sizes_fit),
		cmocka_unit_test(test_base_and_patch),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_rollback_of_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
