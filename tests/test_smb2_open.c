/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

#define HEADER                                                    \
	"fe534d42 4000 0000 00000000 0500 0000 00000000 00000000" \
	"0000000000000000 00000000 00000000 0000000000000000"     \
	"00000000000000000000000000000000"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_open_table);
}

/* 2.2.13: name "ab" at 0x78, one context (MxAc) at 0x80. */
static void test_create_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER
		"3900 00 09 02000000 0000000000000000 0000000000000000"
		"89001200 80000000 07000000 03000000 40000000"
		"7800 0400 80000000 18000000"
		"61006200 00000000"
		"00000000 1000 0400 0000 0000 00000000 4d784163 00000000");
	struct smb2_create_request req = {0};
	struct wire_slice data = {0};

	(void)state;
	assert_true(smb2_create_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.oplock_level, SMB2_OPLOCK_LEVEL_BATCH);
	assert_int_equal(req.impersonation_level, 2);
	assert_int_equal(req.desired_access, FILE_GENERIC_READ);
	assert_int_equal(req.file_attributes, FILE_ATTRIBUTE_NORMAL);
	assert_int_equal(req.share_access, FILE_SHARE_ALL);
	assert_int_equal(req.create_disposition, FILE_OPEN_IF);
	assert_int_equal(req.create_options, FILE_NON_DIRECTORY_FILE);
	testlib_assert_hex(req.name.data, req.name.len, "61006200");
	assert_true(smb2_create_context_find(
		req.contexts, SMB2_CREATE_QUERY_MAXIMAL_ACCESS, &data));
	assert_int_equal(data.len, 0);
	assert_false(smb2_create_context_find(
		req.contexts, SMB2_CREATE_QUERY_ON_DISK_ID, &data));
	talloc_free(mem_ctx);
}

/* Contexts begin at a multiple of 8 behind the name, whatever its length. */
static void test_create_alignment(void **state)
{
	size_t n = 0;

	(void)state;
	for (n = 0; n < 20; n += 2) {
		uint8_t buf[512] = {0};
		struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
		struct smb2_header hdr = {.command = SMB2_CREATE};
		struct smb2_create_request req = {
			.name = wire_slice("aabbccddeeffgghhiijj", n),
			.contexts = BYTES("\0\0\0\0\x10\0\x04\0\0\0\0\0\0\0\0\0"
					  "MxAc\0\0\0\0")};
		struct smb2_create_request back = {0};

		smb2_header_encode(&w, &hdr);
		assert_true(smb2_create_request_encode(&w, &req));
		assert_true(smb2_create_request_decode(buf, w.len, &back));
		assert_int_equal(back.name.len, n);
		assert_int_equal((size_t)(back.contexts.data - buf) % 8, 0);
		assert_int_equal(back.contexts.len, 24);
	}
}

/* A name longer than its 16-bit length is no message. */
static void test_create_too_long(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_header hdr = {.command = SMB2_CREATE};
	struct smb2_create_request req = {0};

	(void)state;
	req.name = wire_slice(talloc_zero_size(mem_ctx, 0x10000), 0x10000);
	smb2_header_encode(&w, &hdr);
	assert_false(smb2_create_request_encode(&w, &req));
	w = wire_writer_talloc(mem_ctx);
	req.name.len = 0xFFFE;
	smb2_header_encode(&w, &hdr);
	assert_true(smb2_create_request_encode(&w, &req));
	talloc_free(mem_ctx);
}

/* Offsets count from the second header, not from the buffer's beginning. */
static void test_second_of_a_compound(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_header hdr = {.command = SMB2_CREATE};
	const struct smb2_create_request req = {.name = BYTES("x\0y\0")};
	struct smb2_create_request back = {0};
	struct smb2_compound c = {0};
	struct wire_slice pdu = {0};
	int i = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		smb2_header_encode(&w, &hdr);
		smb2_create_request_encode(&w, &req);
		if (i == 0) {
			smb2_compound_continue(&w);
		}
	}
	c = smb2_compound(w.buf, w.len);
	for (i = 0; i < 2; i++) {
		assert_true(smb2_compound_next(&c, &pdu, &hdr));
		assert_true(
			smb2_create_request_decode(pdu.data, pdu.len, &back));
		assert_true(wire_slice_equal(back.name, req.name));
	}
	talloc_free(mem_ctx);
}

static void test_breaks_by_size(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, HEADER "2c00 0200 01000000"
				"000102030405060708090a0b0c0d0e0f"
				"07000000 01000000 00000000 00000000 00000000");
	struct smb2_lease_break_notification lease = {0};
	struct smb2_oplock_break oplock = {0};

	(void)state;
	assert_int_equal(smb2_structure_size(msg.data, msg.len),
			 SMB2_LEASE_BREAK_NOTIFICATION_SIZE);
	assert_true(smb2_lease_break_notification_decode(msg.data, msg.len,
							 &lease));
	assert_int_equal(lease.new_epoch, 2);
	assert_int_equal(lease.flags, 1);
	assert_int_equal(lease.lease_key.bytes[15], 15);
	assert_int_equal(lease.current_lease_state, SMB2_LEASE_ALL);
	assert_int_equal(lease.new_lease_state, SMB2_LEASE_READ_CACHING);
	assert_false(smb2_oplock_break_decode(msg.data, msg.len, &oplock));
	talloc_free(mem_ctx);
}

/* 2.2.14 and 2.2.16, every field of its own. */
static void test_response_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg =
		testlib_hex(mem_ctx, HEADER "5900 01 01 02000000"
					    "0300000000000000 0400000000000000"
					    "0500000000000000 0600000000000000"
					    "0700000000000000 0800000000000000"
					    "09000000 00000000"
					    "0a00000000000000 0b00000000000000"
					    "98000000 02000000 aabb");
	struct smb2_create_response create = {0};
	struct smb2_close_response closed = {0};

	(void)state;
	assert_true(smb2_create_response_decode(msg.data, msg.len, &create));
	assert_int_equal(create.oplock_level, SMB2_OPLOCK_LEVEL_II);
	assert_int_equal(create.flags, SMB2_CREATE_FLAG_REPARSEPOINT);
	assert_int_equal(create.create_action, FILE_CREATED);
	assert_int_equal(create.creation_time, 3);
	assert_int_equal(create.last_access_time, 4);
	assert_int_equal(create.last_write_time, 5);
	assert_int_equal(create.change_time, 6);
	assert_int_equal(create.allocation_size, 7);
	assert_int_equal(create.end_of_file, 8);
	assert_int_equal(create.file_attributes, 9);
	assert_int_equal(create.file_id.persistent_id, 10);
	assert_int_equal(create.file_id.volatile_id, 11);
	testlib_assert_hex(create.contexts.data, create.contexts.len, "aabb");
	msg = testlib_hex(mem_ctx, HEADER "3c00 0100 00000000"
					  "0300000000000000 0400000000000000"
					  "0500000000000000 0600000000000000"
					  "0700000000000000 0800000000000000"
					  "09000000");
	assert_true(smb2_close_response_decode(msg.data, msg.len, &closed));
	assert_int_equal(closed.flags, 1);
	assert_int_equal(closed.creation_time, 3);
	assert_int_equal(closed.last_access_time, 4);
	assert_int_equal(closed.last_write_time, 5);
	assert_int_equal(closed.change_time, 6);
	assert_int_equal(closed.allocation_size, 7);
	assert_int_equal(closed.end_of_file, 8);
	assert_int_equal(closed.file_attributes, 9);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_create_bytes),
		cmocka_unit_test(test_create_alignment),
		cmocka_unit_test(test_create_too_long),
		cmocka_unit_test(test_second_of_a_compound),
		cmocka_unit_test(test_breaks_by_size),
		cmocka_unit_test(test_response_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
