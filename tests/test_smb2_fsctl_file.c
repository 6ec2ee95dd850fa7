/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_fsctl_file_table);
}

static void test_ranges(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data =
		testlib_hex(mem_ctx, "0100000000000000 0200000000000000"
				     "0300000000000000 0400000000000000 05");
	struct smb2_file_range range = {0};

	(void)state;
	assert_true(smb2_file_range_decode(data, &range));
	assert_int_equal(range.offset, 1);
	assert_true(smb2_file_range_next(&data, &range));
	assert_true(smb2_file_range_next(&data, &range));
	assert_int_equal(range.offset, 3);
	assert_int_equal(range.length, 4);
	assert_false(smb2_file_range_next(&data, &range));
	talloc_free(mem_ctx);
}

static void test_sparse(void **state)
{
	bool sparse = false;

	(void)state;
	assert_true(smb2_set_sparse_decode(wire_slice(NULL, 0), &sparse));
	assert_true(sparse);
	assert_true(smb2_set_sparse_decode(wire_slice("\0", 1), &sparse));
	assert_false(sparse);
	assert_true(smb2_set_sparse_decode(wire_slice("\2", 1), &sparse));
	assert_true(sparse);
}

static void test_pipe_wait_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "0a00000000000000 04000000 01 00 61006200");
	struct smb2_pipe_wait wait = {0};

	(void)state;
	assert_true(smb2_pipe_wait_decode(data, &wait));
	assert_int_equal(wait.timeout, 10);
	assert_true(wait.timeout_specified);
	testlib_assert_hex(wait.name.data, wait.name.len, "61006200");
	talloc_free(mem_ctx);
}

/* MS-FSCC 2.1.2.4 within 2.1.2.2: a link to "ab", printed as "c". */
static void test_reparse_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "0c0000a0 1200 0000 0200 0400 0000 0200 01000000"
			 "6300 61006200");
	struct smb2_reparse reparse = {0};
	struct smb2_reparse_symlink link = {0};

	(void)state;
	assert_true(smb2_reparse_decode(data, &reparse));
	assert_int_equal(reparse.tag, IO_REPARSE_TAG_SYMLINK);
	assert_true(smb2_reparse_symlink_decode(reparse.data, &link));
	assert_int_equal(link.flags, SYMLINK_FLAG_RELATIVE);
	testlib_assert_hex(link.substitute_name.data, link.substitute_name.len,
			   "61006200");
	testlib_assert_hex(link.print_name.data, link.print_name.len, "6300");
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_pipe_wait_bytes),
		cmocka_unit_test(test_reparse_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
