/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "smbquic/smb2_header.h"
#include "tests/testlib_hex.h"

/* MS-SMB2 2.2.1.2, a request, written out by hand. */
static const char sync_hex[] =
	"fe534d42 4000 0100 07000000 0500 1f00 00000000 00000000"
	"0a00000000000000 00000000 03000000 8877665544332211"
	"00000000000000000000000000000000";

/* 2.2.1.1, a signed response that says STATUS_PENDING. */
static const char async_hex[] =
	"fe534d42 4000 0100 03010000 0f00 0100 0b000000 00000000"
	"0b00000000000000 0500000000000000 8877665544332211"
	"000102030405060708090a0b0c0d0e0f";

static const struct smb2_header sync_header = {
	.credit_charge = 1,
	.channel_sequence = 7,
	.command = SMB2_CREATE,
	.credits = 31,
	.message_id = 10,
	.tree_id = 3,
	.session_id = 0x1122334455667788,
};

static const struct smb2_header async_header = {
	.credit_charge = 1,
	.status = NT_STATUS_PENDING,
	.command = SMB2_CHANGE_NOTIFY,
	.credits = 1,
	.flags = SMB2_FLAGS_SERVER_TO_REDIR | SMB2_FLAGS_ASYNC_COMMAND |
		 SMB2_FLAGS_SIGNED,
	.message_id = 11,
	.async_id = 5,
	.session_id = 0x1122334455667788,
	.signature = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
};

static void check_header(const struct smb2_header *hdr, const char *hex)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(mem_ctx, hex);
	struct smb2_header back = {0};
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	size_t len = 0;

	assert_int_equal(msg.len, SMB2_HEADER_SIZE);
	assert_true(smb2_header_encode(&w, hdr));
	testlib_assert_hex(w.buf, w.len, hex);
	assert_true(smb2_header_decode(msg.data, msg.len, &back));
	assert_memory_equal(&back, hdr, sizeof(back));
	for (len = 0; len < msg.len; len++) {
		assert_false(smb2_header_decode(msg.data, len, &back));
	}
	talloc_free(mem_ctx);
}

static void test_sync(void **state)
{
	(void)state;
	check_header(&sync_header, sync_hex);
}

static void test_async(void **state)
{
	(void)state;
	check_header(&async_header, async_hex);
}

static void test_refused(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(mem_ctx, sync_hex);
	uint8_t *bytes = talloc_memdup(mem_ctx, msg.data, msg.len);
	struct smb2_header hdr = {0};

	(void)state;
	bytes[0] = 0xFF; /* SMB1 */
	assert_false(smb2_header_decode(bytes, msg.len, &hdr));
	bytes[0] = 0xFE;
	bytes[4] = 65;
	assert_false(smb2_header_decode(bytes, msg.len, &hdr));
	bytes[4] = 64;
	assert_true(smb2_header_decode(bytes, msg.len, &hdr));
	assert_false(smb2_header_decode(NULL, 0, &hdr));
	talloc_free(mem_ctx);
}

static void test_patches(void **state)
{
	uint8_t buf[SMB2_HEADER_SIZE] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	const uint8_t signature[16] = {[0] = 1, [15] = 2};
	struct smb2_header want = sync_header;
	struct smb2_header got = {0};

	(void)state;
	smb2_header_encode(&w, &sync_header);
	smb2_header_set_signature(buf, signature);
	smb2_header_set_flags(buf, SMB2_FLAGS_SIGNED);
	smb2_header_set_next_command(buf, 120);
	smb2_header_set_credits(buf, 500);
	smb2_header_set_credit_charge(buf, 16);
	smb2_header_set_message_id(buf, 0x123456789A);
	smb2_header_set_session_id(buf, 42);
	smb2_header_set_channel_sequence(buf, 9);
	memcpy(want.signature, signature, sizeof(signature));
	want.flags = SMB2_FLAGS_SIGNED;
	want.next_command = 120;
	want.credits = 500;
	want.credit_charge = 16;
	want.message_id = 0x123456789A;
	want.session_id = 42;
	want.channel_sequence = 9;
	assert_true(smb2_header_decode(buf, sizeof(buf), &got));
	assert_memory_equal(&got, &want, sizeof(got));
	smb2_header_clear_signature(buf);
	memset(want.signature, 0, sizeof(want.signature));
	assert_true(smb2_header_decode(buf, sizeof(buf), &got));
	assert_memory_equal(&got, &want, sizeof(got));
}

/* ----------------------------------------------------------------- compound */

/* Three ECHOs, the first two padded to 8 bytes. */
static struct wire_slice three(TALLOC_CTX *mem_ctx)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_header hdr = {.command = SMB2_ECHO};
	int i = 0;

	for (i = 0; i < 3; i++) {
		hdr.message_id = (uint64_t)i;
		smb2_header_encode(&w, &hdr);
		smb2_empty_encode(&w);
		if (i < 2) {
			smb2_compound_continue(&w);
		}
	}
	assert_true(wire_writer_ok(&w));
	return wire_writer_slice(&w);
}

static void test_compound(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = three(mem_ctx);
	struct smb2_compound c = smb2_compound(msg.data, msg.len);
	struct smb2_header hdr = {0};
	struct wire_slice pdu = {0};
	int count = 0;

	(void)state;
	assert_int_equal(msg.len, 72 + 72 + 68);
	while (smb2_compound_next(&c, &pdu, &hdr)) {
		assert_int_equal(hdr.message_id, count);
		assert_int_equal(pdu.len, count < 2 ? 72 : 68);
		assert_int_equal(hdr.next_command, count < 2 ? 72 : 0);
		assert_int_equal(smb2_structure_size(pdu.data, pdu.len), 4);
		assert_true(smb2_empty_decode(pdu.data, pdu.len));
		count++;
	}
	assert_true(smb2_compound_ok(&c));
	assert_int_equal(count, 3);
	talloc_free(mem_ctx);
}

/* How many PDUs are found when NextCommand of the second one is next. */
static int walk_with_next(uint32_t next, bool *ok)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = three(mem_ctx);
	uint8_t *bytes = talloc_memdup(mem_ctx, msg.data, msg.len);
	struct smb2_compound c = smb2_compound(bytes, msg.len);
	struct smb2_header hdr = {0};
	struct wire_slice pdu = {0};
	int count = 0;

	smb2_header_set_next_command(bytes + 72, next);
	while (smb2_compound_next(&c, &pdu, &hdr)) {
		count++;
	}
	*ok = smb2_compound_ok(&c);
	talloc_free(mem_ctx);
	return count;
}

static void test_compound_refused(void **state)
{
	static const uint32_t bad[] = {1,   8,	 56,	     63,	73,
				       76,  80,	 140,	     136,	144,
				       999, 200, 0x7FFFFFFF, 0xFFFFFFF8};
	size_t i = 0;
	bool ok = false;

	(void)state;
	assert_int_equal(walk_with_next(0, &ok), 2);
	assert_true(ok);
	assert_int_equal(walk_with_next(72, &ok), 3);
	assert_true(ok);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_in_range(walk_with_next(bad[i], &ok), 1, 2);
		assert_false(ok);
	}
}

static void test_compound_ends(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = three(mem_ctx);
	size_t len = 0;

	(void)state;
	for (len = 0; len < msg.len; len++) {
		struct smb2_compound c = smb2_compound(msg.data, len);
		struct smb2_header hdr = {0};
		struct wire_slice pdu = {0};
		int bodies = 0;

		while (smb2_compound_next(&c, &pdu, &hdr)) {
			bodies += smb2_empty_decode(pdu.data, pdu.len);
		}
		assert_true(bodies < 3 || !smb2_compound_ok(&c));
	}
	talloc_free(mem_ctx);
}

/* A chain of 64-byte PDUs without bodies has a limit of its own. */
static void test_compound_limit(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_header hdr = {.next_command = SMB2_HEADER_SIZE};
	struct smb2_compound c = {0};
	struct wire_slice pdu = {0};
	unsigned int count = 0;

	(void)state;
	for (count = 0; count < SMB2_MAX_COMPOUND + 5; count++) {
		smb2_header_encode(&w, &hdr);
	}
	c = smb2_compound(w.buf, w.len);
	count = 0;
	while (smb2_compound_next(&c, &pdu, &hdr)) {
		count++;
	}
	assert_int_equal(count, SMB2_MAX_COMPOUND);
	assert_false(smb2_compound_ok(&c));
	talloc_free(mem_ctx);
}

static void test_names(void **state)
{
	uint16_t command = 0;

	(void)state;
	for (command = 0; command < SMB2_COMMAND_COUNT; command++) {
		assert_non_null(smb2_command_name(command));
		assert_string_not_equal(smb2_command_name(command), "UNKNOWN");
	}
	assert_string_equal(smb2_command_name(SMB2_SET_INFO), "SET_INFO");
	assert_string_equal(smb2_command_name(0x14), "UNKNOWN");
	assert_string_equal(smb2_command_name(0xFFFF), "UNKNOWN");
}

static void test_structure_size(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = three(mem_ctx);

	(void)state;
	assert_int_equal(smb2_structure_size(msg.data, 66), 4);
	assert_int_equal(smb2_structure_size(msg.data, 65), 0);
	assert_int_equal(smb2_structure_size(NULL, 0), 0);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_async),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_patches),
		cmocka_unit_test(test_compound),
		cmocka_unit_test(test_compound_refused),
		cmocka_unit_test(test_compound_ends),
		cmocka_unit_test(test_compound_limit),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_structure_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
