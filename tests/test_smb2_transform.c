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
	pdu_check(&pdu_transform_table);
}

static void test_transform_bytes(void **state)
{
	static const char hex[] =
		"fd534d42 000102030405060708090a0b0c0d0e0f"
		"101112131415161718191a1b00000000 44000000 0000 0100"
		"8877665544332211";
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(mem_ctx, hex);
	struct smb2_transform_header hdr = {0};
	const uint8_t signature[16] = {0xAA};
	uint8_t *bytes = talloc_memdup(mem_ctx, msg.data, msg.len);

	(void)state;
	assert_int_equal(msg.len, SMB2_TRANSFORM_SIZE);
	assert_true(smb2_transform_header_decode(msg.data, msg.len, &hdr));
	assert_int_equal(hdr.signature[15], 15);
	assert_int_equal(hdr.nonce[0], 0x10);
	assert_int_equal(hdr.original_message_size, 0x44);
	assert_int_equal(hdr.flags, SMB2_TRANSFORM_FLAG_ENCRYPTED);
	assert_int_equal(hdr.session_id, 0x1122334455667788);
	/* what is authenticated begins with the nonce */
	assert_int_equal(bytes[SMB2_TRANSFORM_AAD_OFFSET], 0x10);
	smb2_transform_header_set_signature(bytes, signature);
	assert_true(smb2_transform_header_decode(bytes, msg.len, &hdr));
	assert_memory_equal(hdr.signature, signature, 16);
	bytes[0] = 0xFE;
	assert_false(smb2_transform_header_decode(bytes, msg.len, &hdr));
	talloc_free(mem_ctx);
}

static void test_unchained_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx, "fc534d42 00100000 0200 0000 02000000 aabb ccddee");
	struct smb2_compression_header hdr = {0};

	(void)state;
	assert_true(smb2_compression_header_decode(msg.data, msg.len, &hdr));
	assert_int_equal(hdr.original_size, 4096);
	assert_int_equal(hdr.algorithm, SMB2_COMPRESSION_LZ77);
	testlib_assert_hex(hdr.uncompressed.data, hdr.uncompressed.len, "aabb");
	testlib_assert_hex(hdr.compressed.data, hdr.compressed.len, "ccddee");
	talloc_free(mem_ctx);
}

/* 2.2.42.2: a pattern, then LZ77 with its size, then bytes as they are. */
static void test_chained_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg =
		testlib_hex(mem_ctx, "fc534d42 00100000"
				     "0400 0100 08000000 41 00 0000 10000000"
				     "0200 0000 07000000 00200000 ccddee"
				     "0000 0000 02000000 aabb");
	struct smb2_compression_header hdr = {0};
	struct smb2_compression_payload payload = {0};
	struct smb2_compression_pattern pattern = {0};
	struct wire_slice rest = {0};

	(void)state;
	assert_true(smb2_compression_header_decode(msg.data, msg.len, &hdr));
	assert_int_equal(hdr.flags, SMB2_COMPRESSION_FLAG_CHAINED);
	rest = hdr.compressed;
	assert_true(smb2_compression_payload_next(&rest, &payload));
	assert_int_equal(payload.algorithm, SMB2_COMPRESSION_PATTERN_V1);
	assert_true(smb2_compression_pattern_decode(payload.data, &pattern));
	assert_int_equal(pattern.pattern, 'A');
	assert_int_equal(pattern.repetitions, 16);
	assert_true(smb2_compression_payload_next(&rest, &payload));
	assert_int_equal(payload.original_size, 0x2000);
	assert_int_equal(payload.data.len, 3);
	assert_true(smb2_compression_payload_next(&rest, &payload));
	assert_int_equal(payload.original_size, 0);
	assert_int_equal(payload.data.len, 2);
	assert_int_equal(rest.len, 0);
	assert_false(smb2_compression_payload_next(&rest, &payload));
	talloc_free(mem_ctx);
}

/* A length that does not even hold the size it counts. */
static void test_payload_too_short(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice rest =
		testlib_hex(mem_ctx, "0200 0000 03000000 00200000 ccddee");
	struct smb2_compression_payload payload = {0};

	(void)state;
	assert_false(smb2_compression_payload_next(&rest, &payload));
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_transform_bytes),
		cmocka_unit_test(test_unchained_bytes),
		cmocka_unit_test(test_chained_bytes),
		cmocka_unit_test(test_payload_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
