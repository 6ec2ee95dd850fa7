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
	pdu_check(&pdu_create_table);
}

/* MxAc with data behind QFid without, as 2.2.13.2 lays them out. */
static void test_list_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain list = smb2_create_context_list(&w);

	(void)state;
	smb2_create_context_add(&list, SMB2_CREATE_QUERY_ON_DISK_ID, NULL, 0);
	assert_true(smb2_mxac_request_add(&list, 0x1122334455667788));
	testlib_assert_hex(
		w.buf, w.len,
		"18000000 1000 0400 0000 0000 00000000 51466964 00000000"
		"00000000 1000 0400 0000 1800 08000000 4d784163 00000000"
		"8877665544332211");
	talloc_free(mem_ctx);
}

static void test_names_of_sixteen(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain list = smb2_create_context_list(&w);
	struct wire_slice data = {0};

	(void)state;
	smb2_create_context_add(&list, SMB2_CREATE_POSIX, "mode", 4);
	testlib_assert_hex(w.buf, w.len,
			   "00000000 1000 1000 0000 2000 04000000"
			   "93ad25509cb411e7b42383de968bcd7c 6d6f6465");
	assert_true(smb2_create_context_find(wire_writer_slice(&w),
					     SMB2_CREATE_POSIX, &data));
	assert_memory_equal(data.data, "mode", 4);
	talloc_free(mem_ctx);
}

/* 2.2.13.2.10, with every field of its own. */
static void test_lease_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(
		mem_ctx, "000102030405060708090a0b0c0d0e0f 07000000 04000000"
			 "0000000000000000 101112131415161718191a1b1c1d1e1f"
			 "0300 0000");
	struct smb2_lease lease = {0};

	(void)state;
	assert_true(smb2_lease_decode(data, &lease));
	assert_int_equal(lease.version, 2);
	assert_int_equal(lease.lease_state, SMB2_LEASE_ALL);
	assert_int_equal(lease.flags, SMB2_LEASE_FLAG_PARENT_LEASE_KEY_SET);
	assert_int_equal(lease.parent_lease_key.bytes[0], 0x10);
	assert_int_equal(lease.epoch, 3);
	data.len = 32;
	assert_true(smb2_lease_decode(data, &lease));
	assert_int_equal(lease.version, 1);
	assert_int_equal(lease.epoch, 0);
	data.len = 33;
	assert_false(smb2_lease_decode(data, &lease));
	data.len = 0;
	assert_false(smb2_lease_decode(data, &lease));
	talloc_free(mem_ctx);
}

static void test_durable(void **state)
{
	static const uint8_t zeros[16] = {0};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain list = smb2_create_context_list(&w);
	struct wire_slice data = {0};

	(void)state;
	assert_true(smb2_durable_request_add(&list));
	assert_true(smb2_create_context_find(wire_writer_slice(&w),
					     SMB2_CREATE_DURABLE_HANDLE_REQUEST,
					     &data));
	assert_int_equal(data.len, 16);
	assert_true(smb2_durable_request_decode(data));
	w = wire_writer_talloc(mem_ctx);
	list = smb2_create_context_list(&w);
	assert_true(smb2_durable_response_add(&list));
	assert_true(smb2_create_context_find(wire_writer_slice(&w),
					     SMB2_CREATE_DURABLE_HANDLE_REQUEST,
					     &data));
	assert_int_equal(data.len, 8);
	assert_true(smb2_durable_response_decode(data));
	assert_false(smb2_durable_request_decode(wire_slice(zeros, 15)));
	assert_false(smb2_durable_response_decode(wire_slice(zeros, 7)));
	talloc_free(mem_ctx);
}

/* What a request without contexts has, and lists that must be refused. */
static void test_lists(void **state)
{
	static const char *const bad[] = {
		"000000",			       /* no offset */
		"00000000 1000 0400 0000 0000 000000", /* too short */
		/* name outside, in the fixed part, too short */
		"00000000 1100 0400 0000 0000 00000000 4d784163",
		"00000000 0800 0400 0000 0000 00000000 4d784163",
		"00000000 1000 0300 0000 0000 00000000 4d784163",
		"00000000 1000 0000 0000 0000 00000000 4d784163",
		/* data outside, in the fixed part */
		"00000000 1000 0400 0000 1000 05000000 4d784163",
		"00000000 1000 0400 0000 0400 04000000 4d784163",
		"00000000 1000 0400 0000 1000 ffffffff 4d784163",
		/* next: not aligned, behind the end, into itself */
		"14000000 1000 0400 0000 0000 00000000 4d784163 00000000",
		"18000000 1000 0400 0000 0000 00000000 4d784163 00000000",
		"08000000 1000 0400 0000 0000 00000000 4d784163 00000000",
		"f8ffffff 1000 0400 0000 0000 00000000 4d784163 00000000",
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct smb2_create_context context = {0};
	struct wire_walker c = smb2_create_contexts(wire_slice(NULL, 0));
	size_t i = 0;

	(void)state;
	assert_false(smb2_create_contexts_next(&c, &context));
	assert_true(wire_walker_ok(&c));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = smb2_create_contexts(testlib_hex(mem_ctx, bad[i]));
		while (smb2_create_contexts_next(&c, &context)) {
			;
		}
		if (wire_walker_ok(&c)) {
			fail_msg("%s accepted", bad[i]);
		}
	}
	talloc_free(mem_ctx);
}

/* DataOffset is to be ignored when there is no data. */
static void test_offset_without_data(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_walker c = smb2_create_contexts(testlib_hex(
		mem_ctx,
		"00000000 1000 0400 0000 ffff 00000000 4d784163 00000000"));
	struct smb2_create_context context = {0};

	(void)state;
	assert_true(smb2_create_contexts_next(&c, &context));
	assert_int_equal(context.data.len, 0);
	assert_true(smb2_create_context_is(&context,
					   SMB2_CREATE_QUERY_MAXIMAL_ACCESS));
	assert_false(
		smb2_create_context_is(&context, SMB2_CREATE_QUERY_ON_DISK_ID));
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_list_bytes),
		cmocka_unit_test(test_names_of_sixteen),
		cmocka_unit_test(test_lease_bytes),
		cmocka_unit_test(test_durable),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_offset_without_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
