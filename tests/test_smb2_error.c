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
	pdu_check(&pdu_error_table);
}

static void test_which_have_bodies(void **state)
{
	(void)state;
	assert_true(smb2_status_has_body(SMB2_ECHO, NT_STATUS_OK));
	assert_true(smb2_status_has_body(SMB2_SESSION_SETUP,
					 NT_STATUS_MORE_PROCESSING_REQUIRED));
	assert_false(smb2_status_has_body(SMB2_TREE_CONNECT,
					  NT_STATUS_MORE_PROCESSING_REQUIRED));
	assert_true(smb2_status_has_body(SMB2_READ, NT_STATUS_BUFFER_OVERFLOW));
	assert_true(
		smb2_status_has_body(SMB2_IOCTL, NT_STATUS_INVALID_PARAMETER));
	assert_false(smb2_status_has_body(SMB2_CREATE,
					  NT_STATUS_STOPPED_ON_SYMLINK));
	assert_false(smb2_status_has_body(SMB2_READ, NT_STATUS_END_OF_FILE));
	assert_false(smb2_status_has_body(SMB2_READ, NT_STATUS_PENDING));
}

/* A copy that failed comes with an IOCTL's body, another failure without. */
static void test_is_error_response(void **state)
{
	uint8_t msg[SMB2_HEADER_SIZE + 2] = {0};
	struct smb2_header hdr = {.command = SMB2_IOCTL,
				  .status = NT_STATUS_FILE_LOCK_CONFLICT};

	(void)state;
	msg[SMB2_HEADER_SIZE] = 49;
	assert_false(smb2_is_error_response(&hdr, msg, sizeof(msg)));
	msg[SMB2_HEADER_SIZE] = 9;
	assert_true(smb2_is_error_response(&hdr, msg, sizeof(msg)));
	hdr.command = SMB2_CREATE;
	assert_true(smb2_is_error_response(&hdr, msg, sizeof(msg)));
	hdr.status = NT_STATUS_OK;
	assert_false(smb2_is_error_response(&hdr, msg, sizeof(msg)));
}

/*
 * A relative link as in 2.2.2.2.1.1: 0x2E bytes not parsed, twice the name
 * "..\\PDocs\\abcd".
 */
static const char symlink_hex[] =
	"4c000000 53594d4c 0c0000a0 4000 2e00 0000 1a00 1a00 1a00 01000000"
	"2e002e005c00500044006f00630073005c00610062006300640000"
	"2e002e005c00500044006f00630073005c00610062006300640000";

static void test_symlink_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(mem_ctx, symlink_hex);
	struct smb2_symlink_error link = {0};
	struct smb2_error_response rsp = {.data = data};

	(void)state;
	assert_true(smb2_error_response_symlink(&rsp, &link));
	assert_int_equal(link.unparsed_path_length, 0x2E);
	assert_int_equal(link.flags, SYMLINK_FLAG_RELATIVE);
	assert_int_equal(link.substitute_name.len, 0x1A);
	assert_ptr_equal(link.substitute_name.data, data.data + 28);
	assert_ptr_equal(link.print_name.data, data.data + 28 + 0x1A);
	talloc_free(mem_ctx);
}

/* 3.1.1 wraps it, among others, in an error context. */
static void test_symlink_in_context(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(mem_ctx, symlink_hex);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_error_response rsp = {.context_count = 2};
	struct smb2_symlink_error link = {0};
	struct wire_slice found = {0};

	(void)state;
	smb2_error_context_add(&w, 0x12345678, wire_slice("odd", 3));
	smb2_error_context_add(&w, SMB2_ERROR_ID_DEFAULT, data);
	rsp.data = wire_writer_slice(&w);
	assert_true(smb2_error_response_symlink(&rsp, &link));
	assert_int_equal(link.unparsed_path_length, 0x2E);
	assert_true(smb2_error_context_find(&rsp, 0x12345678, &found));
	assert_int_equal(found.len, 3);
	assert_false(smb2_error_context_find(&rsp, 1, &found));
	rsp.context_count = 3;
	assert_false(smb2_error_context_find(&rsp, 1, &found));
	rsp.data.len -= 1;
	assert_false(smb2_error_response_symlink(&rsp, &link));
	talloc_free(mem_ctx);
}

static void test_symlink_refused(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(mem_ctx, symlink_hex);
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{0, 0xFF},  /* longer than the data */
		{4, 0},	    /* tag */
		{8, 0},	    /* reparse tag */
		{12, 11},   /* less than its fixed part */
		{16, 0x40}, /* name behind the path */
		{23, 0xFF}, /* name longer than the path */
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *bytes = talloc_memdup(mem_ctx, data.data, data.len);
		struct smb2_symlink_error link = {0};

		bytes[bad[i].at] = bad[i].value;
		assert_false(smb2_symlink_error_decode(
			wire_slice(bytes, data.len), &link));
	}
	talloc_free(mem_ctx);
}

static void test_needed_length(void **state)
{
	struct smb2_error_response rsp = {.data = BYTES("\x10\x20\0\0")};
	uint32_t needed = 0;

	(void)state;
	assert_true(smb2_error_response_length(&rsp, &needed));
	assert_int_equal(needed, 0x2010);
	rsp.data.len = 3;
	assert_false(smb2_error_response_length(&rsp, &needed));
	rsp.context_count = 1;
	assert_false(smb2_error_response_length(&rsp, &needed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_which_have_bodies),
		cmocka_unit_test(test_is_error_response),
		cmocka_unit_test(test_symlink_bytes),
		cmocka_unit_test(test_symlink_in_context),
		cmocka_unit_test(test_symlink_refused),
		cmocka_unit_test(test_needed_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
