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
	pdu_check(&pdu_negotiate_table);
}

/*
 * A request of 2.2.3 written out by hand: three dialects, preauth integrity
 * with a salt of four bytes, encryption.
 */
static const char request_hex[] =
	"fe534d42 4000 0000 00000000 0000 0100 00000000 00000000"
	"0000000000000000 00000000 00000000 0000000000000000"
	"00000000000000000000000000000000"
	"2400 0300 0100 0000 7f000000 000102030405060708090a0b0c0d0e0f"
	"70000000 0200 0000 0003 0203 1103 0000"
	"0000 0000"
	"0100 0a00 00000000 0100 0400 0100 deadbeef 0000 00000000"
	"0200 0600 00000000 0200 0200 0100";

static void test_request_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(mem_ctx, request_hex);
	struct smb2_negotiate_request req = {0};
	struct smb2_negotiate_contexts list = {0};
	struct smb2_negotiate_context context = {0};
	struct smb2_preauth_context preauth = {0};
	struct smb2_algorithms_context ciphers = {0};

	(void)state;
	assert_true(smb2_negotiate_request_decode(msg.data, msg.len, &req));
	assert_int_equal(req.dialect_count, 3);
	assert_int_equal(req.dialects[0], SMB2_DIALECT_300);
	assert_int_equal(req.dialects[2], SMB2_DIALECT_311);
	assert_int_equal(req.security_mode, 1);
	assert_int_equal(req.capabilities, 0x7F);
	assert_int_equal(req.client_guid.bytes[15], 15);
	assert_int_equal(req.context_count, 2);
	list = smb2_negotiate_contexts(req.contexts, req.context_count);
	assert_true(smb2_negotiate_contexts_next(&list, &context));
	assert_int_equal(context.type, SMB2_PREAUTH_INTEGRITY_CAPABILITIES);
	assert_true(smb2_preauth_context_decode(context.data, &preauth));
	assert_int_equal(preauth.count, 1);
	assert_int_equal(preauth.algorithms[0], SMB2_PREAUTH_SHA512);
	testlib_assert_hex(preauth.salt.data, preauth.salt.len, "deadbeef");
	assert_true(smb2_negotiate_contexts_next(&list, &context));
	assert_int_equal(context.type, SMB2_ENCRYPTION_CAPABILITIES);
	assert_true(smb2_algorithms_context_decode(context.data, &ciphers));
	assert_int_equal(ciphers.count, 2);
	assert_int_equal(ciphers.algorithms[0], SMB2_CIPHER_AES128_GCM);
	assert_false(smb2_negotiate_contexts_next(&list, &context));
	assert_true(smb2_negotiate_contexts_ok(&list));
	talloc_free(mem_ctx);
}

/* Without 3.1.1 the context fields are ClientStartTime, whatever they hold. */
static void test_contexts_belong_to_311(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(mem_ctx, request_hex);
	uint8_t *bytes = talloc_memdup(mem_ctx, msg.data, msg.len);
	struct smb2_negotiate_request req = {0};

	(void)state;
	bytes[66] = 2; /* the third dialect is not counted */
	bytes[92] = 0xFF;
	bytes[95] = 0xFF;
	assert_true(smb2_negotiate_request_decode(bytes, msg.len, &req));
	assert_int_equal(req.context_count, 0);
	assert_int_equal(req.contexts.len, 0);
	bytes[66] = 3;
	assert_false(smb2_negotiate_request_decode(bytes, msg.len, &req));
	talloc_free(mem_ctx);
}

/* Built with the functions, it is the message above. */
static void test_request_built(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const struct smb2_preauth_context preauth = {
		.count = 1,
		.algorithms = {SMB2_PREAUTH_SHA512},
		.salt = BYTES("\xde\xad\xbe\xef")};
	const struct smb2_algorithms_context ciphers = {
		.count = 2,
		.algorithms = {SMB2_CIPHER_AES128_GCM, SMB2_CIPHER_AES128_CCM}};
	struct wire_writer body = wire_writer_talloc(mem_ctx);
	struct wire_writer list = wire_writer_talloc(mem_ctx);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_negotiate_context context = {0};
	struct smb2_header hdr = {.command = SMB2_NEGOTIATE, .credits = 1};
	struct smb2_negotiate_request req = {
		.dialect_count = 3,
		.security_mode = 1,
		.capabilities = 0x7F,
		.client_guid = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
				 14, 15}},
		.dialects = {0x0300, 0x0302, 0x0311},
		.context_count = 2,
	};

	(void)state;
	smb2_preauth_context_encode(&body, &preauth);
	context.type = SMB2_PREAUTH_INTEGRITY_CAPABILITIES;
	context.data = wire_writer_slice(&body);
	smb2_negotiate_context_add(&list, &context);
	body = wire_writer_talloc(mem_ctx);
	smb2_algorithms_context_encode(&body, &ciphers);
	context.type = SMB2_ENCRYPTION_CAPABILITIES;
	context.data = wire_writer_slice(&body);
	smb2_negotiate_context_add(&list, &context);
	req.contexts = wire_writer_slice(&list);
	smb2_header_encode(&w, &hdr);
	assert_true(smb2_negotiate_request_encode(&w, &req));
	testlib_assert_hex(w.buf, w.len, request_hex);
	talloc_free(mem_ctx);
}

static void test_too_many(void **state)
{
	struct smb2_algorithms_context algorithms = {
		.count = SMB2_MAX_ALGORITHMS + 1};
	struct smb2_negotiate_request req = {.dialect_count =
						     SMB2_MAX_DIALECTS + 1};
	uint8_t list[1024] = {0xFF, 0xFF};
	uint8_t buf[4096] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct smb2_negotiate_contexts c =
		smb2_negotiate_contexts(wire_slice(list, sizeof(list)),
					SMB2_MAX_NEGOTIATE_CONTEXTS + 1);

	(void)state;
	assert_false(smb2_negotiate_contexts_ok(&c));
	assert_false(smb2_algorithms_context_decode(
		wire_slice(list, sizeof(list)), &algorithms));
	algorithms.count = SMB2_MAX_ALGORITHMS + 1;
	assert_false(smb2_algorithms_context_encode(&w, &algorithms));
	w = wire_writer_fixed(buf, sizeof(buf));
	assert_false(smb2_negotiate_request_encode(&w, &req));
}

/* --------------------------------------------------------------------- SMB1 */

/* 39 bytes of header and counts, then the dialects of an old client. */
static const char smb1_hex[] =
	"ff534d42 72 00000000 18 53c8 0000 0000000000000000 0000 ffff"
	"feff 0000 0000 00 2200"
	"02 4e54204c4d20302e313200"
	"02 534d4220322e30303200 02 534d4220322e3f3f3f00";

static void test_smb1(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(mem_ctx, smb1_hex);
	uint8_t *bytes = talloc_memdup(mem_ctx, msg.data, msg.len);
	struct smb1_negotiate_request req = {0};

	(void)state;
	assert_true(smb1_negotiate_request_decode(bytes, msg.len, &req));
	assert_true(req.smb_2_002);
	assert_true(req.smb_2_xxx);
	bytes[msg.len - 2] = '!';
	assert_true(smb1_negotiate_request_decode(bytes, msg.len, &req));
	assert_true(req.smb_2_002);
	assert_false(req.smb_2_xxx);
	bytes[msg.len - 1] = '!'; /* no terminator */
	assert_false(smb1_negotiate_request_decode(bytes, msg.len, &req));
	bytes[msg.len - 1] = 0;
	bytes[35] = 3; /* not a dialect */
	assert_false(smb1_negotiate_request_decode(bytes, msg.len, &req));
	bytes[35] = 2;
	bytes[4] = 0x73; /* not NEGOTIATE */
	assert_false(smb1_negotiate_request_decode(bytes, msg.len, &req));
	talloc_free(mem_ctx);
}

static void test_smb1_without_smb2(void **state)
{
	uint8_t buf[64] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct smb1_negotiate_request req = {0};

	(void)state;
	assert_true(smb1_negotiate_request_encode(&w, &req));
	assert_true(smb1_negotiate_request_decode(w.buf, w.len, &req));
	assert_false(req.smb_2_002);
	assert_false(req.smb_2_xxx);
	assert_memory_equal(buf + 35, "\2NT LM 0.12", 12);
}

/* 2.2.4, every field of its own. */
static void test_response_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice msg = testlib_hex(
		mem_ctx,
		"fe534d42 4000 0000 00000000 0000 0100 01000000 00000000"
		"0000000000000000 00000000 00000000 0000000000000000"
		"00000000000000000000000000000000"
		"4100 0300 1103 0100 000102030405060708090a0b0c0d0e0f"
		"01000000 02000000 03000000 04000000"
		"0500000000000000 0600000000000000 8000 0300 88000000"
		"aabbcc 0000000000"
		"0800 0400 00000000 0100 0200");
	struct smb2_negotiate_response rsp = {0};
	struct smb2_negotiate_contexts list = {0};
	struct smb2_negotiate_context context = {0};

	(void)state;
	assert_true(smb2_negotiate_response_decode(msg.data, msg.len, &rsp));
	assert_int_equal(rsp.security_mode, 3);
	assert_int_equal(rsp.dialect, SMB2_DIALECT_311);
	assert_int_equal(rsp.server_guid.bytes[15], 15);
	assert_int_equal(rsp.capabilities, SMB2_GLOBAL_CAP_DFS);
	assert_int_equal(rsp.max_transact_size, 2);
	assert_int_equal(rsp.max_read_size, 3);
	assert_int_equal(rsp.max_write_size, 4);
	assert_int_equal(rsp.system_time, 5);
	assert_int_equal(rsp.server_start_time, 6);
	testlib_assert_hex(rsp.security_buffer.data, rsp.security_buffer.len,
			   "aabbcc");
	list = smb2_negotiate_contexts(rsp.contexts, rsp.context_count);
	assert_true(smb2_negotiate_contexts_next(&list, &context));
	assert_int_equal(context.type, SMB2_SIGNING_CAPABILITIES);
	assert_false(smb2_negotiate_contexts_next(&list, &context));
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_request_bytes),
		cmocka_unit_test(test_contexts_belong_to_311),
		cmocka_unit_test(test_request_built),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_smb1),
		cmocka_unit_test(test_smb1_without_smb2),
		cmocka_unit_test(test_response_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
