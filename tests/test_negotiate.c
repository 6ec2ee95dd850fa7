/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole negotiations, and attacks on them. Somebody in the middle is a function
 * that changes a message between the two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/negotiate.h"
#include "smbquic/smb2_pdu.h"
#include "tests/testlib_hex.h"
#include "tests/vectors_windows.h"

#define NOW 0x01D0AECBADF5A1A1ull

/* Changes a message on its way; the writer holds all of it. */
typedef void (*middle_fn)(struct wire_writer *message);

struct talk {
	struct negotiate_policy client;
	struct negotiate_policy server;
	middle_fn on_request;
	middle_fn on_response;

	struct wire_slice sent_request; /* as the client sent it */
	struct wire_slice sent_response;
	struct wire_slice got_response; /* as the client got it */
	NTSTATUS server_status;
	NTSTATUS client_status;
	struct negotiate_agreement at_server;
	struct negotiate_agreement at_client;
};

static void talk_init(struct talk *t)
{
	*t = (struct talk){.server_status = NT_STATUS_OK};
	negotiate_policy_defaults(&t->client);
	negotiate_policy_defaults(&t->server);
	memset(t->client.guid, 'C', NEGOTIATE_GUID_SIZE);
	memset(t->server.guid, 'S', NEGOTIATE_GUID_SIZE);
	t->client.server_name = "filesrv.example.org";
}

static struct iovec iov_of(struct wire_slice s)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)s.data,
			    .iov_len = s.len};

	return iov;
}

/* What the other end gets. */
static struct wire_slice pass(TALLOC_CTX *mem_ctx, struct wire_slice m,
			      middle_fn middle)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	wire_put_slice(&w, m);
	if (middle != NULL) {
		middle(&w);
	}
	assert_true(wire_writer_ok(&w));
	return wire_writer_slice(&w);
}

static void server_side(TALLOC_CTX *mem_ctx, struct talk *t,
			struct wire_slice request)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {2};
	struct smb2_header hdr = {
		.command = SMB2_NEGOTIATE,
		.flags = SMB2_FLAGS_SERVER_TO_REDIR,
		.credits = 1,
	};
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct smb2_error_response error = {0};
	struct iovec iov = {0};

	t->server_status =
		negotiate_judge_request(&t->server, request, &t->at_server);
	hdr.status = t->server_status;
	smb2_header_encode(&w, &hdr);
	if (NT_STATUS_IS_OK(t->server_status)) {
		assert_null(t->at_server.why);
		assert_true(negotiate_build_response(
			&t->server, &t->at_server, NOW, salt,
			wire_slice("token", 5), &w));
	} else {
		assert_non_null(t->at_server.why);
		assert_true(smb2_error_response_encode(&w, &error));
	}
	t->sent_response = wire_writer_slice(&w);
	iov = iov_of(t->sent_response);
	assert_true(negotiate_hash(&t->at_server, &iov, 1));
}

static void talk(TALLOC_CTX *mem_ctx, struct talk *t)
{
	static const uint8_t salt[NEGOTIATE_SALT_SIZE] = {1};
	struct smb2_header hdr = {.command = SMB2_NEGOTIATE, .credits = 1};
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	smb2_header_encode(&w, &hdr);
	assert_true(negotiate_build_request(&t->client, salt, &w));
	t->sent_request = wire_writer_slice(&w);
	server_side(mem_ctx, t, pass(mem_ctx, t->sent_request, t->on_request));
	t->got_response = pass(mem_ctx, t->sent_response, t->on_response);
	t->client_status = negotiate_judge_response(
		&t->client, t->sent_request, t->got_response, &t->at_client);
	assert_int_equal(t->at_client.why == NULL,
			 NT_STATUS_IS_OK(t->client_status));
}

static void assert_agreed(const struct talk *t)
{
	assert_int_equal(t->server_status, NT_STATUS_OK);
	assert_int_equal(t->client_status, NT_STATUS_OK);
}

/* The keys would differ: whatever was changed is noticed at SESSION_SETUP. */
static void assert_hashes_differ(const struct talk *t)
{
	assert_agreed(t);
	assert_memory_not_equal(t->at_client.preauth, t->at_server.preauth,
				CRYPTO_PREAUTH_SIZE);
}

/* ------------------------------------------------------------------- success
 */

static void test_defaults(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct talk t;

	(void)state;
	talk_init(&t);
	talk(tmp, &t);
	assert_agreed(&t);
	assert_int_equal(t.at_client.dialect, SMB2_DIALECT_311);
	assert_int_equal(t.at_client.signing_algorithm, SMB2_SIGNING_AES_GMAC);
	assert_int_equal(t.at_client.cipher, SMB2_CIPHER_AES128_GCM);
	assert_true(t.at_client.signing_required);
	assert_true(t.at_client.multi_credit);
	assert_false(t.at_client.accept_transport_security);
	assert_int_equal(t.at_client.max_read, SMB2_LARGE_MTU);
	assert_int_equal(t.at_client.server_time, NOW);
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
			assert_agreed(&t);
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
			assert_agreed(&t);
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
	assert_agreed(&t);
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
		assert_agreed(&t);
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
	assert_agreed(&t);
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
	assert_agreed(&t);
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
		assert_agreed(&t);
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

/* --------------------------------------------------- somebody in the middle */

/* Where the dialects are: 36 bytes of body before them. */
#define DIALECTS_AT (SMB2_HEADER_SIZE + 36)

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
	assert_agreed(&t);
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
	assert_agreed(&t);
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
	assert_agreed(&t);
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
	assert_agreed(&t);
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
	assert_agreed(&t);
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
	assert_true(negotiate_build_response(&p, &a, NOW, salt,
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
	assert_agreed(&t);
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
	assert_agreed(&t);
	assert_false(negotiate_validate_needed(&t.client, &t.at_client));
	/* one that does, and was brought down to 2.1 */
	t.client.max_dialect = SMB2_DIALECT_311;
	t.server.max_dialect = SMB2_DIALECT_210;
	talk(tmp, &t);
	assert_agreed(&t);
	assert_true(negotiate_validate_needed(&t.client, &t.at_client));
	talloc_free(tmp);
}

/* ------------------------------------------------------------------- Windows
 */

static void test_windows(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice request = testlib_hex(tmp, WIN_NEGOTIATE_REQUEST);
	struct wire_slice response = testlib_hex(tmp, WIN_NEGOTIATE_RESPONSE);
	struct iovec iov = iov_of(response);
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
		cmocka_unit_test(test_smb1),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_no_dialects),
		cmocka_unit_test(test_policy_without_dialect),
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_validate_not_needed),
		cmocka_unit_test(test_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
