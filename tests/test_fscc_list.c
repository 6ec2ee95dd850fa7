/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "smbquic/fscc.h"
#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_fscc_list_table);
}

/* 2.7.1, two entries at multiples of four. */
static void test_notify_bytes(void **state)
{
	static const char hex[] = "10000000 04000000 02000000 6100 0000"
				  "00000000 05000000 04000000 62006300";
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(mem_ctx, hex);
	struct wire_walker list = fscc_notifies(data);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain chain = fscc_notify_list(&w);
	struct fscc_notify notify = {0};

	(void)state;
	while (fscc_notify_next(&list, &notify)) {
		fscc_notify_add(&chain, &notify);
	}
	assert_true(wire_walker_ok(&list));
	assert_int_equal(notify.action, 0);
	testlib_assert_hex(w.buf, w.len, hex);
	talloc_free(mem_ctx);
}

/* 2.4.16: the name has a terminator that its length does not count. */
static void test_ea_bytes(void **state)
{
	static const char hex[] = "10000000 00 02 0400 6162 00 01020304 00"
				  "00000000 80 01 0000 63 00";
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(mem_ctx, hex);
	uint8_t *bytes = talloc_memdup(mem_ctx, data.data, data.len);
	struct wire_walker list = fscc_eas(data);
	struct fscc_ea ea = {0};

	(void)state;
	assert_true(fscc_ea_next(&list, &ea));
	assert_memory_equal(ea.name.data, "ab", 2);
	testlib_assert_hex(ea.value.data, ea.value.len, "01020304");
	assert_true(fscc_ea_next(&list, &ea));
	assert_int_equal(ea.flags, FILE_NEED_EA);
	assert_int_equal(ea.value.len, 0);
	assert_false(fscc_ea_next(&list, &ea));
	assert_true(wire_walker_ok(&list));
	bytes[10] = 'x';
	list = fscc_eas(wire_slice(bytes, data.len));
	assert_false(fscc_ea_next(&list, &ea));
	assert_false(wire_walker_ok(&list));
	talloc_free(mem_ctx);
}

/* A name longer than its entry does not reach into the next one. */
static void test_entry_is_the_window(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_walker list = fscc_notifies(
		testlib_hex(mem_ctx, "10000000 01000000 05000000 61006200"
				     "00000000 01000000 02000000 6100"));
	struct fscc_notify notify = {0};

	(void)state;
	assert_false(fscc_notify_next(&list, &notify));
	assert_false(wire_walker_ok(&list));
	talloc_free(mem_ctx);
}

static void test_stream_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_walker list = fscc_streams(testlib_hex(
		mem_ctx, "00000000 02000000 8813000000000000 0020000000000000"
			 "3a00"));
	struct fscc_stream stream = {0};

	(void)state;
	assert_true(fscc_stream_next(&list, &stream));
	assert_int_equal(stream.size, 5000);
	assert_int_equal(stream.allocation_size, 8192);
	testlib_assert_hex(stream.name.data, stream.name.len, "3a00");
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_notify_bytes),
		cmocka_unit_test(test_ea_bytes),
		cmocka_unit_test(test_entry_is_the_window),
		cmocka_unit_test(test_stream_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
