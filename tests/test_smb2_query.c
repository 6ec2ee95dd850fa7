/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

#define HEADER                                                    \
	"fe534d42 4000 0000 00000000 0e00 0000 00000000 00000000" \
	"0000000000000000 00000000 00000000 0000000000000000"     \
	"00000000000000000000000000000000"

#define FILE_ID "0100000000000000 0200000000000000"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_query_table);
}

static void test_query_directory_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg =
		testlib_hex(mem_ctx, HEADER "2100 25 03 04000000" FILE_ID
					    "6000 0200 00000100 2a00");
	struct smb2_query_directory_request req = {0};

	(void)state;
	assert_true(
		smb2_query_directory_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.information_class, FileIdBothDirectoryInformation);
	assert_int_equal(req.flags,
			 SMB2_RESTART_SCANS | SMB2_RETURN_SINGLE_ENTRY);
	assert_int_equal(req.file_index, 4);
	assert_int_equal(req.output_buffer_length, 65536);
	testlib_assert_hex(req.pattern.data, req.pattern.len, "2a00");
	talloc_free(mem_ctx);
}

static void test_query_info_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "2900 03 00 00040000 6800 0000 00000000"
				"07000000 00000000" FILE_ID "00");
	struct smb2_query_info_request req = {0};

	(void)state;
	assert_true(smb2_query_info_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.info_type, SMB2_0_INFO_SECURITY);
	assert_int_equal(req.output_buffer_length, 1024);
	assert_int_equal(req.additional_information,
			 OWNER_SECURITY_INFORMATION |
				 GROUP_SECURITY_INFORMATION |
				 DACL_SECURITY_INFORMATION);
	assert_int_equal(req.file_id.volatile_id, 2);
	talloc_free(mem_ctx);
}

static void test_set_info_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "2100 01 14 08000000 6000 0000 00000000" FILE_ID
				"8813000000000000");
	struct smb2_set_info_request req = {0};

	(void)state;
	assert_true(smb2_set_info_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.file_info_class, FileEndOfFileInformation);
	assert_int_equal(req.buffer.len, 8);
	talloc_free(mem_ctx);
}

static void test_change_notify_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg =
		testlib_hex(mem_ctx, HEADER "2000 0100 00080000" FILE_ID
					    "03000000 00000000");
	struct smb2_change_notify_request req = {0};

	(void)state;
	assert_true(smb2_change_notify_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.flags, SMB2_WATCH_TREE);
	assert_int_equal(req.output_buffer_length, 2048);
	assert_int_equal(req.completion_filter,
			 FILE_NOTIFY_CHANGE_FILE_NAME |
				 FILE_NOTIFY_CHANGE_DIR_NAME);
	talloc_free(mem_ctx);
}

static void test_buffer_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_header hdr = {.command = SMB2_QUERY_DIRECTORY};
	struct wire_slice buffer = {0};

	(void)state;
	smb2_header_encode(&w, &hdr);
	assert_true(smb2_buffer_response_encode(&w, wire_slice("abc", 3)));
	testlib_assert_hex(w.buf, w.len, HEADER "0900 4800 03000000 616263");
	assert_true(smb2_buffer_response_decode(w.buf, w.len, &buffer));
	assert_ptr_equal(buffer.data, w.buf + 72);
	talloc_free(mem_ctx);
}

/* Both formats of SidBuffer at once are not to be written. */
static void test_quota(void **state)
{
	uint8_t buf[64] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	const struct smb2_query_quota_info both = {.sid_list = BYTES("a"),
						   .start_sid = BYTES("b")};

	(void)state;
	assert_false(smb2_query_quota_info_encode(&w, &both));
}

static void test_notification(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg =
		testlib_hex(mem_ctx, HEADER "0c00 0000 00000000 00000000");
	struct smb2_server_notification n = {0};

	(void)state;
	assert_true(smb2_server_notification_decode(msg.data, msg.len, &n));
	assert_int_equal(n.type, SMB2_NOTIFY_SESSION_CLOSED);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_query_directory_bytes),
		cmocka_unit_test(test_query_info_bytes),
		cmocka_unit_test(test_set_info_bytes),
		cmocka_unit_test(test_change_notify_bytes),
		cmocka_unit_test(test_buffer_bytes),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_notification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
