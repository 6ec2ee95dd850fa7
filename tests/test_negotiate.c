/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What two policies come to. Attacks are in test_negotiate_attacks.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/negotiate.h"
#include "smbquic/smb2_pdu.h"
#include "tests/testlib_hex.h"
#include "tests/testlib_talk.h"
#include "tests/vectors_windows.h"

/* ------------------------------------------------------------------- success
 */

static void test_defaults(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_int_equal(t.at_client.dialect, SMB2_DIALECT_311);
	assert_int_equal(t.at_client.signing_algorithm, SMB2_SIGNING_AES_GMAC);
	assert_int_equal(t.at_client.cipher, SMB2_CIPHER_AES128_GCM);
	assert_true(t.at_client.signing_required);
	assert_true(t.at_client.multi_credit);
	assert_false(t.at_client.accept_transport_security);
	assert_int_equal(t.at_client.max_read, SMB2_LARGE_MTU);
	assert_int_equal(t.at_client.server_time, TALK_NOW);
	assert_memory_equal(t.at_client.security.data, "token", 5);
	assert_memory_equal(t.at_client.server_guid, t.server.guid, 16);
	assert_memory_equal(t.at_server.client_guid, t.client.guid, 16);
	/* not on the wire with 3.1.1, but true on both ends */
	assert_false(t.at_client.server_capabilities &
		     SMB2_GLOBAL_CAP_ENCRYPTION);
	assert_true(t.at_client.capabilities & SMB2_GLOBAL_CAP_ENCRYPTION);
	assert_true(t.at_server.capabilities & SMB2_GLOBAL_CAP_ENCRYPTION);
	assert_true(t.at_server.client_capabilities &
		    SMB2_GLOBAL_CAP_ENCRYPTION);

	assert_int_equal(t.at_server.dialect, t.at_client.dialect);
	assert_int_equal(t.at_server.cipher, t.at_client.cipher);
	assert_int_equal(t.at_server.signing_algorithm,
			 t.at_client.signing_algorithm);
	assert_memory_equal(t.at_client.preauth, t.at_server.preauth,
			    CRYPTO_PREAUTH_SIZE);
	talloc_free(tmp);
}

/* Every pair of ranges: the greatest dialect in both, or none. */
static void test_dialects(void **state)
{
	static const uint16_t d[] = {SMB2_DIALECT_202, SMB2_DIALECT_210,
				     SMB2_DIALECT_300, SMB2_DIALECT_302,
				     SMB2_DIALECT_311};
	static const uint16_t signing[] = {
		SMB2_SIGNING_HMAC_SHA256, SMB2_SIGNING_HMAC_SHA256,
		SMB2_SIGNING_AES_CMAC, SMB2_SIGNING_AES_CMAC,
		SMB2_SIGNING_AES_GMAC};
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 5 * 5 * 5 * 5; i++) {
		unsigned cmin = i % 5;
		unsigned cmax = i / 5 % 5;
		unsigned smin = i / 25 % 5;
		unsigned smax = i / 125 % 5;
		unsigned best = cmax < smax ? cmax : smax;
		TALLOC_CTX *tmp = NULL;
		struct talk t;

		if (cmin > cmax || smin > smax) {
			continue;
		}
		tmp = talloc_new(NULL);
		talk_init(&t);
		t.client.min_dialect = d[cmin];
		t.client.max_dialect = d[cmax];
		t.server.min_dialect = d[smin];
		t.server.max_dialect = d[smax];
		talk(tmp, &t);
		if (best < cmin || best < smin) {
			assert_int_equal(t.server_status,
					 NT_STATUS_NOT_SUPPORTED);
			assert_int_equal(t.client_status,
					 NT_STATUS_NOT_SUPPORTED);
		} else {
			talk_assert_agreed(&t);
			assert_int_equal(t.at_client.dialect, d[best]);
			assert_int_equal(t.at_server.dialect, d[best]);
			assert_int_equal(t.at_client.signing_algorithm,
					 signing[best]);
			assert_int_equal(t.at_client.multi_credit, best > 0);
			assert_int_equal(t.at_client.max_write,
					 best > 0 ? SMB2_LARGE_MTU : 65536);
			assert_int_equal(t.at_client.cipher != 0, best > 1);
			assert_int_equal(t.at_server.cipher,
					 t.at_client.cipher);
		}
		talloc_free(tmp);
	}
}

static void test_algorithms(void **state)
{
	uint16_t cipher = 0;
	uint16_t signing = 0;

	(void)state;
	for (cipher = SMB2_CIPHER_AES128_CCM; cipher <= SMB2_CIPHER_AES256_GCM;
	     cipher++) {
		for (signing = 0; signing <= SMB2_SIGNING_AES_GMAC; signing++) {
			TALLOC_CTX *tmp = talloc_new(NULL);
			struct talk t;

			talk_init(&t);
			t.server.ciphers.id[0] = cipher;
			t.server.ciphers.count = 1;
			t.server.signing.id[0] = signing;
			t.server.signing.count = 1;
			talk(tmp, &t);
			talk_assert_agreed(&t);
			assert_int_equal(t.at_client.cipher, cipher);
			assert_int_equal(t.at_client.signing_algorithm,
					 signing);
			assert_int_equal(t.at_server.signing_algorithm,
					 signing);
			talloc_free(tmp);
		}
	}
}

/* The server's order decides. */
static void test_order(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	t.server.ciphers.id[0] = SMB2_CIPHER_AES256_CCM;
	t.server.ciphers.id[3] = SMB2_CIPHER_AES128_GCM;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_int_equal(t.at_client.cipher, SMB2_CIPHER_AES256_CCM);
	talloc_free(tmp);
}

static void test_signing_required(void **state)
{
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct talk t;

		talk_init(&t);
		t.client.signing_required = (i & 1) != 0;
		t.server.signing_required = (i & 2) != 0;
		talk(tmp, &t);
		talk_assert_agreed(&t);
		assert_int_equal(t.at_client.signing_required, i != 0);
		assert_int_equal(t.at_server.signing_required, i != 0);
		talloc_free(tmp);
	}
}

static void test_capabilities(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	uint32_t all = 0x3F;
	struct talk t;

	(void)state;
	talk_init(&t);
	t.server.capabilities = all;
	t.client.capabilities =
		SMB2_GLOBAL_CAP_LARGE_MTU | SMB2_GLOBAL_CAP_MULTI_CHANNEL;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	/* the others only if the client has them too */
	assert_int_equal(t.at_client.server_capabilities,
			 SMB2_GLOBAL_CAP_DFS | SMB2_GLOBAL_CAP_LEASING |
				 SMB2_GLOBAL_CAP_LARGE_MTU |
				 SMB2_GLOBAL_CAP_MULTI_CHANNEL);
	t.server.max_dialect = SMB2_DIALECT_302;
	talk(tmp, &t);
	assert_true(t.at_client.server_capabilities &
		    SMB2_GLOBAL_CAP_ENCRYPTION);
	t.server.max_dialect = SMB2_DIALECT_210;
	t.server.min_dialect = SMB2_DIALECT_202;
	t.client.min_dialect = SMB2_DIALECT_202;
	talk(tmp, &t);
	assert_int_equal(t.at_client.server_capabilities,
			 SMB2_GLOBAL_CAP_DFS | SMB2_GLOBAL_CAP_LEASING |
				 SMB2_GLOBAL_CAP_LARGE_MTU);
	t.server.max_dialect = SMB2_DIALECT_202;
	talk(tmp, &t);
	assert_int_equal(t.at_client.server_capabilities, SMB2_GLOBAL_CAP_DFS);
	talloc_free(tmp);
}

/* --------------------------------------------------------------------- QUIC */

static void test_quic_is_311(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	t.client.max_dialect = SMB2_DIALECT_302; /* is not asked */
	t.client.quic = true;
	t.server.quic = true;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_int_equal(t.at_client.dialect, SMB2_DIALECT_311);
	assert_int_equal(t.at_client.dialect_count, 1);
	assert_true(t.at_client.multi_credit);

	/* a client that speaks less is refused */
	talk_init(&t);
	t.server.quic = true;
	t.client.max_dialect = SMB2_DIALECT_302;
	talk(tmp, &t);
	assert_int_equal(t.server_status, NT_STATUS_NOT_SUPPORTED);

	/* and a server, by a client that offers nothing else */
	talk_init(&t);
	t.client.quic = true;
	t.server.max_dialect = SMB2_DIALECT_302;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_NOT_SUPPORTED);
	talloc_free(tmp);
}

/* Both must have a secure transport and both must want it. */
static void test_transport_security(void **state)
{
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 16; i++) {
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct talk t;

		talk_init(&t);
		t.client.quic = true;
		t.server.quic = true;
		t.client.secure_transport = (i & 1) != 0;
		t.client.accept_transport_security = (i & 2) != 0;
		t.server.secure_transport = (i & 4) != 0;
		t.server.accept_transport_security = (i & 8) != 0;
		talk(tmp, &t);
		talk_assert_agreed(&t);
		assert_int_equal(t.at_client.accept_transport_security,
				 i == 15);
		assert_int_equal(t.at_server.accept_transport_security,
				 i == 15);
		/* signing and the cipher are not affected */
		assert_true(t.at_client.signing_required);
		assert_int_equal(t.at_client.cipher, SMB2_CIPHER_AES128_GCM);
		talloc_free(tmp);
	}
}

/* --------------------------------------------------------------------- SMB1 */

static struct wire_slice smb1(TALLOC_CTX *mem_ctx, bool with_002, bool with_xxx)
{
	struct smb1_negotiate_request req = {.smb_2_002 = with_002,
					     .smb_2_xxx = with_xxx};
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	assert_true(smb1_negotiate_request_encode(&w, &req));
	return wire_writer_slice(&w);
}

static void test_smb1(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_policy p = {0};
	struct negotiate_agreement a = {0};
	struct smb2_negotiate_response rsp = {0};
	struct smb2_header hdr = {.flags = SMB2_FLAGS_SERVER_TO_REDIR};
	struct wire_writer w = wire_writer_talloc(tmp);
	uint8_t salt[NEGOTIATE_SALT_SIZE] = {0};

	(void)state;
	negotiate_policy_defaults(&p);
	p.min_dialect = SMB2_DIALECT_202;
	assert_int_equal(negotiate_judge_smb1(&p, smb1(tmp, true, true), &a),
			 NT_STATUS_OK);
	assert_int_equal(a.dialect, SMB2_DIALECT_WILDCARD);
	assert_true(a.multi_credit);
	smb2_header_encode(&w, &hdr);
	assert_true(negotiate_build_response(&p, &a, TALK_NOW, salt,
					     wire_slice(NULL, 0), &w));
	assert_true(smb2_negotiate_response_decode(w.buf, w.len, &rsp));
	assert_int_equal(rsp.dialect, SMB2_DIALECT_WILDCARD);
	assert_int_equal(rsp.capabilities, SMB2_GLOBAL_CAP_LARGE_MTU);
	assert_int_equal(rsp.context_count, 0);

	assert_int_equal(negotiate_judge_smb1(&p, smb1(tmp, true, false), &a),
			 NT_STATUS_OK);
	assert_int_equal(a.dialect, SMB2_DIALECT_202);
	assert_int_equal(a.max_read, 65536);
	assert_int_equal(a.signing_algorithm, SMB2_SIGNING_HMAC_SHA256);

	assert_int_equal(negotiate_judge_smb1(&p, smb1(tmp, false, false), &a),
			 NT_STATUS_NOT_SUPPORTED);
	p.min_dialect = SMB2_DIALECT_300;
	assert_int_equal(negotiate_judge_smb1(&p, smb1(tmp, true, false), &a),
			 NT_STATUS_NOT_SUPPORTED);
	p.quic = true;
	assert_int_equal(negotiate_judge_smb1(&p, smb1(tmp, true, true), &a),
			 NT_STATUS_NOT_SUPPORTED);
	p.quic = false;
	assert_int_equal(
		negotiate_judge_smb1(&p, wire_slice("\xFFSMBr", 5), &a),
		NT_STATUS_INVALID_PARAMETER);
	assert_non_null(a.why);
	talloc_free(tmp);
}

/* ------------------------------------------------------- malformed messages */

static void test_truncated(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_agreement a = {0};
	struct talk t;
	size_t i = 0;

	(void)state;
	talk_init(&t);
	talk(tmp, &t);
	for (i = 0; i < t.sent_request.len; i++) {
		uint8_t *cut = talloc_memdup(tmp, t.sent_request.data, i + 1);

		assert_int_not_equal(negotiate_judge_request(
					     &t.server, wire_slice(cut, i), &a),
				     NT_STATUS_OK);
		talloc_free(cut);
	}
	for (i = 0; i < t.got_response.len; i++) {
		uint8_t *cut = talloc_memdup(tmp, t.got_response.data, i + 1);

		assert_int_not_equal(
			negotiate_judge_response(&t.client, t.sent_request,
						 wire_slice(cut, i), &a),
			NT_STATUS_OK);
		talloc_free(cut);
	}
	talloc_free(tmp);
}

static void no_dialects(struct wire_writer *m)
{
	wire_store_le(m->buf + SMB2_HEADER_SIZE + 2, 0, 2);
}

/* 36 bytes of body lie before them. */
#define DIALECTS_AT (SMB2_HEADER_SIZE + 36)

static void unknown_dialects(struct wire_writer *m)
{
	memset(m->buf + DIALECTS_AT, 0x77, 6);
}

static void test_no_dialects(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	t.on_request = no_dialects;
	talk(tmp, &t);
	assert_int_equal(t.server_status, NT_STATUS_INVALID_PARAMETER);
	t.on_request = unknown_dialects;
	talk(tmp, &t);
	assert_int_equal(t.server_status, NT_STATUS_NOT_SUPPORTED);
	talloc_free(tmp);
}

static void test_policy_without_dialect(void **state)
{
	struct negotiate_policy p = {0};
	struct negotiate_agreement a = {0};
	struct wire_slice none = {0};
	uint8_t buf[512] = {0};
	uint8_t salt[NEGOTIATE_SALT_SIZE] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	(void)state;
	negotiate_policy_defaults(&p);
	p.min_dialect = SMB2_DIALECT_311;
	p.max_dialect = SMB2_DIALECT_302;
	assert_false(negotiate_build_request(&p, salt, &w));
	assert_int_equal(negotiate_judge_response(&p, none, none, &a),
			 NT_STATUS_INVALID_PARAMETER);
	/* and a writer that is too small */
	negotiate_policy_defaults(&p);
	w = wire_writer_fixed(buf, 60);
	assert_false(negotiate_build_request(&p, salt, &w));
}

/* ------------------------------------------------------------------- Windows
 */

static void test_windows(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice request = testlib_hex(tmp, WIN_NEGOTIATE_REQUEST);
	struct wire_slice response = testlib_hex(tmp, WIN_NEGOTIATE_RESPONSE);
	struct iovec iov = talk_iov(response);
	struct negotiate_agreement a = {0};
	struct negotiate_policy p = {0};

	(void)state;
	negotiate_policy_defaults(&p);
	assert_int_equal(negotiate_judge_request(&p, request, &a),
			 NT_STATUS_OK);
	assert_int_equal(a.dialect, SMB2_DIALECT_311);
	assert_int_equal(a.cipher, SMB2_CIPHER_AES128_GCM);
	/* Windows of 2015 has no signing context */
	assert_int_equal(a.signing_algorithm, SMB2_SIGNING_AES_CMAC);
	assert_int_equal(a.dialect_count, 5);
	testlib_assert_hex(a.preauth, sizeof(a.preauth), WIN_HASH1);
	assert_true(negotiate_hash(&a, &iov, 1));
	testlib_assert_hex(a.preauth, sizeof(a.preauth), WIN_HASH2);

	p.signing_required = false;
	assert_int_equal(negotiate_judge_response(&p, request, response, &a),
			 NT_STATUS_OK);
	assert_int_equal(a.dialect, SMB2_DIALECT_311);
	assert_int_equal(a.cipher, SMB2_CIPHER_AES128_GCM);
	assert_int_equal(a.signing_algorithm, SMB2_SIGNING_AES_CMAC);
	assert_false(a.signing_required);
	assert_int_equal(a.max_read, 8 * 1024 * 1024);
	assert_int_equal(a.security.len, 320);
	testlib_assert_hex(a.preauth, sizeof(a.preauth), WIN_HASH2);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_signing_required),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_quic_is_311),
		cmocka_unit_test(test_transport_security),
		cmocka_unit_test(test_smb1),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_no_dialects),
		cmocka_unit_test(test_policy_without_dialect),
		cmocka_unit_test(test_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
