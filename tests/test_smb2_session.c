/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

#define HEADER                                                    \
	"fe534d42 4000 0000 00000000 0100 0000 00000000 00000000" \
	"0000000000000000 00000000 00000000 0000000000000000"     \
	"00000000000000000000000000000000"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_session_table);
}

static void test_session_setup_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "1900 01 02 01000000 00000000 5800 0300"
				"8877665544332211 aabbcc");
	struct smb2_session_setup_request req = {0};

	(void)state;
	assert_true(smb2_session_setup_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.flags, SMB2_SESSION_FLAG_BINDING);
	assert_int_equal(req.security_mode, 2);
	assert_int_equal(req.capabilities, 1);
	assert_int_equal(req.previous_session_id, 0x1122334455667788);
	testlib_assert_hex(req.security_buffer.data, req.security_buffer.len,
			   "aabbcc");
	talloc_free(mem_ctx);
}

/* The buffer may not lie in the fixed part, nor in the header. */
static void test_buffer_in_fixed_part(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct smb2_session_setup_request req = {0};
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "1900 01 02 01000000 00000000 5700 0300"
				"8877665544332211 aabbcc");

	(void)state;
	assert_false(
		smb2_session_setup_request_decode(msg.data, msg.len, &req));
	msg = testlib_hex(mem_ctx,
			  HEADER "1900 01 02 01000000 00000000 0000 0300"
				 "8877665544332211 aabbcc");
	assert_false(
		smb2_session_setup_request_decode(msg.data, msg.len, &req));
	/* but where nothing is, it may be anywhere */
	msg = testlib_hex(mem_ctx,
			  HEADER "1900 01 02 01000000 00000000 0000 0000"
				 "8877665544332211");
	assert_true(smb2_session_setup_request_decode(msg.data, msg.len, &req));
	talloc_free(mem_ctx);
}

static void test_tree_connect_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "0900 0000 4800 0800 5c005c0073005c00");
	struct smb2_tree_connect_request req = {0};
	struct smb2_tree_connect_response rsp = {0};

	(void)state;
	assert_true(smb2_tree_connect_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.path.len, 8);
	assert_int_equal(req.context_count, 0);
	msg = testlib_hex(mem_ctx,
			  HEADER "1000 02 00 30080000 10000000 ff011f00");
	assert_true(smb2_tree_connect_response_decode(msg.data, msg.len, &rsp));
	assert_int_equal(rsp.share_type, SMB2_SHARE_TYPE_PIPE);
	assert_int_equal(rsp.share_flags, 0x830);
	assert_int_equal(rsp.capabilities,
			 SMB2_SHARE_CAP_CONTINUOUS_AVAILABILITY);
	assert_int_equal(rsp.maximal_access, FILE_ALL_ACCESS);
	talloc_free(mem_ctx);
}

/* 2.2.9.1: 16 bytes before the path, contexts counted from the body. */
static void test_tree_connect_extension(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg =
		testlib_hex(mem_ctx, HEADER "0900 0400 5800 0800"
					    "20000000 0100 00000000000000000000"
					    "5c005c0073005c00"
					    "0100 0200 00000000 abcd");
	struct smb2_tree_connect_request req = {0};
	struct smb2_negotiate_contexts list = {0};
	struct smb2_negotiate_context context = {0};

	(void)state;
	assert_true(smb2_tree_connect_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.path.data[6], '\\');
	list = smb2_negotiate_contexts(req.contexts, req.context_count);
	assert_true(smb2_negotiate_contexts_next(&list, &context));
	assert_int_equal(context.type,
			 SMB2_REMOTED_IDENTITY_TREE_CONNECT_CONTEXT_ID);
	testlib_assert_hex(context.data.data, context.data.len, "abcd");
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_session_setup_bytes),
		cmocka_unit_test(test_buffer_in_fixed_part),
		cmocka_unit_test(test_tree_connect_bytes),
		cmocka_unit_test(test_tree_connect_extension),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
