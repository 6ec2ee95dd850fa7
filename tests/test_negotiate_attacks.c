/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Downgrades, and the checks that find them: the judgements themselves, the
 * preauth hash, FSCTL_VALIDATE_NEGOTIATE_INFO.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/negotiate.h"
#include "smbquic/smb2_pdu.h"
#include "tests/testlib_talk.h"

/* The keys would differ: whatever was changed is noticed at SESSION_SETUP. */
static void assert_hashes_differ(const struct talk *t)
{
	talk_assert_agreed(t);
	assert_memory_not_equal(t->at_client.preauth, t->at_server.preauth,
				CRYPTO_PREAUTH_SIZE);
}

/* --------------------------------------------------- somebody in the middle */

/* Takes away the 3.1.1 that the default request ends with. */
static void drop_311(struct wire_writer *m)
{
	m->buf[SMB2_HEADER_SIZE + 2]--;
}

static void test_drop_311(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(tmp);
	struct wire_slice request = {0};
	struct talk t;

	(void)state;
	talk_init(&t);
	t.on_request = drop_311;
	talk(tmp, &t);
	/* It looks honest, as 3.0.2 has no hash. FSCTL_VALIDATE_NEGOTIATE_INFO
	 * finds it: the server does not answer. */
	talk_assert_agreed(&t);
	assert_int_equal(t.at_client.dialect, SMB2_DIALECT_302);
	assert_true(negotiate_validate_needed(&t.client, &t.at_client));
	assert_true(negotiate_validate_build(&t.at_client, &w));
	request = wire_writer_slice(&w);
	w = wire_writer_talloc(tmp);
	assert_int_equal(
		negotiate_validate_answer(&t.server, &t.at_server, request,
					  NEGOTIATE_VALIDATE_RESPONSE_SIZE, &w),
		NT_STATUS_ACCESS_DENIED);
	talloc_free(tmp);
}

static void test_drop_311_refused(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	t.on_request = drop_311;
	t.client.min_dialect = SMB2_DIALECT_311;
	t.server.min_dialect = SMB2_DIALECT_311;
	talk(tmp, &t);
	assert_int_equal(t.server_status, NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(t.client_status, NT_STATUS_INVALID_PARAMETER);
	talloc_free(tmp);
}

static void answer_202(struct wire_writer *m)
{
	wire_store_le(m->buf + SMB2_HEADER_SIZE + 4, SMB2_DIALECT_202, 2);
}

static void answer_wildcard(struct wire_writer *m)
{
	wire_store_le(m->buf + SMB2_HEADER_SIZE + 4, SMB2_DIALECT_WILDCARD, 2);
}

static void answer_302(struct wire_writer *m)
{
	wire_store_le(m->buf + SMB2_HEADER_SIZE + 4, SMB2_DIALECT_302, 2);
}

/* A dialect that was not offered. */
static void test_answer_not_offered(void **state)
{
	static const middle_fn middle[] = {answer_202, answer_wildcard};
	size_t i = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct talk t;

		talk_init(&t);
		t.on_response = middle[i];
		talk(tmp, &t);
		assert_int_equal(t.client_status,
				 NT_STATUS_INVALID_NETWORK_RESPONSE);
		talloc_free(tmp);
	}
}

/* An offered, lower one: the two ends disagree, and validation shows it. */
static void test_answer_lower(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;
	struct wire_writer in = wire_writer_talloc(tmp);
	struct wire_writer out = wire_writer_talloc(tmp);

	(void)state;
	talk_init(&t);
	t.on_response = answer_302;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_int_equal(t.at_client.dialect, SMB2_DIALECT_302);
	assert_int_equal(t.at_server.dialect, SMB2_DIALECT_311);
	assert_true(negotiate_validate_build(&t.at_client, &in));
	assert_int_equal(negotiate_validate_answer(&t.server, &t.at_server,
						   wire_writer_slice(&in), 100,
						   &out),
			 NT_STATUS_INVALID_PARAMETER);
	talloc_free(tmp);
}

static void no_signing_required(struct wire_writer *m)
{
	m->buf[SMB2_HEADER_SIZE + 2] = SMB2_NEGOTIATE_SIGNING_ENABLED;
}

static void clear_capabilities(struct wire_writer *m)
{
	memset(m->buf + SMB2_HEADER_SIZE + 24, 0, 4);
}

static void smaller_reads(struct wire_writer *m)
{
	wire_store_le(m->buf + SMB2_HEADER_SIZE + 32, 65536, 4);
}

static void other_guid(struct wire_writer *m)
{
	m->buf[SMB2_HEADER_SIZE + 8] ^= 1;
}

/* Every byte of the response is in the hash. */
static void test_response_changed(void **state)
{
	static const middle_fn middle[] = {no_signing_required,
					   clear_capabilities, smaller_reads,
					   other_guid};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(middle) / sizeof(middle[0]); i++) {
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct talk t;

		talk_init(&t);
		t.on_response = middle[i];
		talk(tmp, &t);
		assert_hashes_differ(&t);
		/* our own wish to sign cannot be taken away */
		assert_true(t.at_client.signing_required);
		talloc_free(tmp);
	}
}

static void client_signs_not(struct wire_writer *m)
{
	m->buf[SMB2_HEADER_SIZE + 4] = SMB2_NEGOTIATE_SIGNING_ENABLED;
}

static void client_cannot_encrypt(struct wire_writer *m)
{
	memset(m->buf + SMB2_HEADER_SIZE + 8, 0, 4);
}

static void test_request_changed(void **state)
{
	static const middle_fn middle[] = {client_signs_not,
					   client_cannot_encrypt};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(middle) / sizeof(middle[0]); i++) {
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct talk t;

		talk_init(&t);
		t.on_request = middle[i];
		talk(tmp, &t);
		assert_hashes_differ(&t);
		talloc_free(tmp);
	}
}

static void tiny_writes(struct wire_writer *m)
{
	wire_store_le(m->buf + SMB2_HEADER_SIZE + 36, 65535, 4);
}

static void not_a_response(struct wire_writer *m)
{
	m->buf[16] &= (uint8_t)~SMB2_FLAGS_SERVER_TO_REDIR;
}

static void another_command(struct wire_writer *m)
{
	m->buf[12] = SMB2_ECHO;
}

static void test_response_refused(void **state)
{
	static const middle_fn middle[] = {tiny_writes, not_a_response,
					   another_command};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(middle) / sizeof(middle[0]); i++) {
		TALLOC_CTX *tmp = talloc_new(NULL);
		struct talk t;

		talk_init(&t);
		t.on_response = middle[i];
		talk(tmp, &t);
		assert_int_equal(t.client_status,
				 NT_STATUS_INVALID_NETWORK_RESPONSE);
		talloc_free(tmp);
	}
}

static void server_is_busy(struct wire_writer *m)
{
	wire_store_le(m->buf + 8, NT_STATUS_INSUFFICIENT_RESOURCES, 4);
}

static void test_status_is_returned(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	t.on_response = server_is_busy;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_INSUFFICIENT_RESOURCES);
	talloc_free(tmp);
}

static void test_encryption_required(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	t.client.encryption_required = true;
	t.server.ciphers.count = 0;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_NOT_SUPPORTED);
	assert_int_equal(t.at_server.cipher, 0);

	t.client.encryption_required = false;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_int_equal(t.at_client.cipher, 0);

	/* nothing in common, with 3.1.1 and with 3.0 */
	t.client.encryption_required = true;
	t.server.ciphers.id[0] = SMB2_CIPHER_AES256_GCM;
	t.server.ciphers.count = 1;
	t.client.ciphers.count = 2;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_NOT_SUPPORTED);
	t.client.max_dialect = SMB2_DIALECT_302;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_NOT_SUPPORTED);

	/* the transport's is as good, if both said so */
	talk_init(&t);
	t.client.encryption_required = true;
	t.server.ciphers.count = 0;
	t.client.quic = t.server.quic = true;
	t.client.secure_transport = t.server.secure_transport = true;
	t.client.accept_transport_security = true;
	t.server.accept_transport_security = true;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	t.server.accept_transport_security = false;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_NOT_SUPPORTED);
	talloc_free(tmp);
}

static void test_signing_algorithms_refused(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	t.client.signing.count = 1; /* AES-GMAC and nothing else */
	t.server.signing.count = 0; /* a server that knows no such context */
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_NOT_SUPPORTED);
	/* a server that has no such algorithm answers AES-CMAC, 3.3.5.4, which
	 * was not offered, 3.2.5.2 */
	t.server.signing.id[0] = SMB2_SIGNING_HMAC_SHA256;
	t.server.signing.count = 1;
	talk(tmp, &t);
	assert_int_equal(t.at_server.signing_algorithm, SMB2_SIGNING_AES_CMAC);
	assert_int_equal(t.client_status, NT_STATUS_INVALID_NETWORK_RESPONSE);
	talloc_free(tmp);
}

/* --------------------------------------------------------- a further channel
 */

static void test_channel(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct negotiate_agreement first = {0};
	struct talk t;

	(void)state;
	talk_init(&t);
	talk(tmp, &t);
	first = t.at_client;
	t.client.first = &first;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_int_equal(t.at_server.dialect_count, 1);

	t.on_response = other_guid;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_INVALID_NETWORK_RESPONSE);
	t.on_response = no_signing_required;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_INVALID_NETWORK_RESPONSE);
	t.on_response = clear_capabilities;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_INVALID_NETWORK_RESPONSE);
	t.on_response = NULL;
	t.server.ciphers.id[0] = SMB2_CIPHER_AES256_CCM;
	t.server.ciphers.count = 1;
	talk(tmp, &t);
	assert_int_equal(t.client_status, NT_STATUS_INVALID_NETWORK_RESPONSE);
	talloc_free(tmp);
}

/* ------------------------------------------------------- validate negotiate */

static void test_validate(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice input = {0};
	struct wire_slice output = {0};
	struct wire_writer in = wire_writer_talloc(tmp);
	struct wire_writer out = wire_writer_talloc(tmp);
	struct talk t;
	size_t i = 0;

	(void)state;
	talk_init(&t);
	t.server.max_dialect = SMB2_DIALECT_300;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_true(negotiate_validate_needed(&t.client, &t.at_client));
	assert_true(negotiate_validate_build(&t.at_client, &in));
	input = wire_writer_slice(&in);
	assert_int_equal(negotiate_validate_answer(&t.server, &t.at_server,
						   input, 24, &out),
			 NT_STATUS_OK);
	output = wire_writer_slice(&out);
	assert_int_equal(output.len, NEGOTIATE_VALIDATE_RESPONSE_SIZE);
	assert_int_equal(negotiate_validate_check(&t.at_client, output),
			 NT_STATUS_OK);

	/* every byte counts, in both directions */
	for (i = 0; i < output.len; i++) {
		out.buf[i] ^= 1;
		assert_int_not_equal(
			negotiate_validate_check(&t.at_client, output),
			NT_STATUS_OK);
		out.buf[i] ^= 1;
		assert_int_not_equal(
			negotiate_validate_check(&t.at_client,
						 wire_slice(out.buf, i)),
			NT_STATUS_OK);
	}
	for (i = 0; i < input.len; i++) {
		struct wire_writer again = wire_writer_talloc(tmp);

		in.buf[i] ^= 1;
		assert_int_not_equal(
			negotiate_validate_answer(&t.server, &t.at_server,
						  input, 24, &again),
			NT_STATUS_OK);
		in.buf[i] ^= 1;
		assert_int_not_equal(negotiate_validate_answer(
					     &t.server, &t.at_server,
					     wire_slice(in.buf, i), 24, &again),
				     NT_STATUS_OK);
	}
	assert_int_not_equal(negotiate_validate_answer(&t.server, &t.at_server,
						       input, 23, &out),
			     NT_STATUS_OK);
	talloc_free(tmp);
}

static void test_validate_not_needed(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	talk(tmp, &t);
	assert_false(negotiate_validate_needed(&t.client, &t.at_client));
	/* a client that speaks no 3.x */
	t.client.min_dialect = t.server.min_dialect = SMB2_DIALECT_202;
	t.client.max_dialect = SMB2_DIALECT_210;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_false(negotiate_validate_needed(&t.client, &t.at_client));
	/* one that does, and was brought down to 2.1 */
	t.client.max_dialect = SMB2_DIALECT_311;
	t.server.max_dialect = SMB2_DIALECT_210;
	talk(tmp, &t);
	talk_assert_agreed(&t);
	assert_true(negotiate_validate_needed(&t.client, &t.at_client));
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drop_311),
		cmocka_unit_test(test_drop_311_refused),
		cmocka_unit_test(test_answer_not_offered),
		cmocka_unit_test(test_answer_lower),
		cmocka_unit_test(test_response_changed),
		cmocka_unit_test(test_request_changed),
		cmocka_unit_test(test_response_refused),
		cmocka_unit_test(test_status_is_returned),
		cmocka_unit_test(test_encryption_required),
		cmocka_unit_test(test_signing_algorithms_refused),
		cmocka_unit_test(test_channel),
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_validate_not_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
