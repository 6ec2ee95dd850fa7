/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The example of RFC 9001, appendix A.1 and A.2: its keys are derived from a
 * secret as those of 1-RTT packets are. GnuTLS judges what is sealed with
 * them. Key updates and version 2 are in test_quic_conn.c and, with other
 * stacks as the judges, in numbered tests.
 */
#include "tests/testlib.h"

#include <netinet/in.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "smbquic/gcm.h"
#include "smbquic/quic_conn_private.h"
#include "tests/testlib_hex.h"

#define SECRET \
	"c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea"
#define KEY    "1f369613dd76d5467730efcbe3b1a22d"
#define SAMPLE "d1b1c98dd7689fb8ec11d242b123dc9b"
#define MASK   "437b9aec36"

/* What ngtcp2 was given, as it gives it back in the end. */
static ngtcp2_crypto_aead_ctx aead_given;
static ngtcp2_crypto_cipher_ctx cipher_given;

static void take_aead(ngtcp2_conn *ng, ngtcp2_crypto_aead_ctx *ctx,
		      void *user_data)
{
	(void)ng;
	(void)user_data;
	aead_given = *ctx;
}

static void take_cipher(ngtcp2_conn *ng, ngtcp2_crypto_cipher_ctx *ctx,
			void *user_data)
{
	(void)ng;
	(void)user_data;
	cipher_given = *ctx;
}

static ngtcp2_crypto_ctx cipher_of(gnutls_cipher_algorithm_t aead,
				   gnutls_mac_algorithm_t mac)
{
	ngtcp2_crypto_ctx ctx = {
		.aead = {.native_handle = (void *)(intptr_t)aead,
			 .max_overhead = 16},
		.md = {.native_handle = (void *)(intptr_t)mac},
	};

	return ctx;
}

static ngtcp2_conn *client(const ngtcp2_crypto_ctx *ctx)
{
	static struct sockaddr_in a = {.sin_family = AF_INET};
	ngtcp2_path path = {
		.local = {.addr = (ngtcp2_sockaddr *)&a, .addrlen = sizeof(a)},
		.remote = {.addr = (ngtcp2_sockaddr *)&a, .addrlen = sizeof(a)},
	};
	ngtcp2_cid cid = {.datalen = 8};
	ngtcp2_callbacks callbacks;
	ngtcp2_settings settings;
	ngtcp2_transport_params params;
	ngtcp2_conn *ng = NULL;

	quic_callbacks(&callbacks, false);
	callbacks.delete_crypto_aead_ctx = take_aead;
	callbacks.delete_crypto_cipher_ctx = take_cipher;
	ngtcp2_settings_default(&settings);
	ngtcp2_transport_params_default(&params);
	assert_int_equal(ngtcp2_conn_client_new(&ng, &cid, &cid, &path,
						NGTCP2_PROTO_VER_V1, &callbacks,
						&settings, &params, NULL, NULL),
			 0);
	ngtcp2_conn_set_crypto_ctx(ng, ctx);
	return ng;
}

static void test_example(void **state)
{
	TALLOC_CTX *mem = talloc_new(*state);
	ngtcp2_crypto_ctx ctx =
		cipher_of(GNUTLS_CIPHER_AES_128_GCM, GNUTLS_MAC_SHA256);
	struct wire_slice secret = testlib_hex(mem, SECRET);
	struct wire_slice key = testlib_hex(mem, KEY);
	struct wire_slice sample = testlib_hex(mem, SAMPLE);
	gnutls_datum_t datum = {.data = (void *)(uintptr_t)key.data,
				.size = (unsigned)key.len};
	gnutls_aead_cipher_hd_t judge = NULL;
	uint8_t nonce[GCM_NONCE] = "twelve bytes";
	uint8_t out[64], right[64], mask[5];
	size_t size = sizeof(right);
	ngtcp2_conn *ng = NULL;

	if (!quic_keys_ours(&ctx.aead)) {
		talloc_free(mem);
		skip();
	}
	ng = client(&ctx);
	assert_true(quic_keys_install(ng, NGTCP2_ENCRYPTION_LEVEL_1RTT, NULL,
				      secret.data, secret.len));
	ngtcp2_conn_del(ng);
	assert_int_equal(gnutls_aead_cipher_init(
				 &judge, GNUTLS_CIPHER_AES_128_GCM, &datum),
			 0);
	assert_int_equal(gnutls_aead_cipher_encrypt(judge, nonce, sizeof(nonce),
						    "head", 4, 16, "a packet",
						    8, right, &size),
			 0);
	assert_int_equal(quic_keys_encrypt(out, &ctx.aead, &aead_given,
					   (const uint8_t *)"a packet", 8,
					   nonce, sizeof(nonce),
					   (const uint8_t *)"head", 4),
			 0);
	assert_memory_equal(out, right, size);
	assert_int_equal(quic_keys_decrypt(out, &ctx.aead, &aead_given, right,
					   size, nonce, sizeof(nonce),
					   (const uint8_t *)"head", 4),
			 0);
	assert_memory_equal(out, "a packet", 8);
	right[0] ^= 1;
	assert_int_equal(quic_keys_decrypt(out, &ctx.aead, &aead_given, right,
					   size, nonce, sizeof(nonce),
					   (const uint8_t *)"head", 4),
			 NGTCP2_ERR_DECRYPT);
	/* not even a tag */
	assert_int_equal(quic_keys_decrypt(out, &ctx.aead, &aead_given, right,
					   15, nonce, sizeof(nonce), NULL, 0),
			 NGTCP2_ERR_DECRYPT);
	assert_int_equal(quic_keys_mask(mask, NULL, &cipher_given, sample.data),
			 0);
	testlib_assert_hex(mask, sizeof(mask), MASK);
	quic_keys_drop_aead(NULL, &aead_given, NULL);
	quic_keys_drop_cipher(NULL, &cipher_given, NULL);
	gnutls_aead_cipher_deinit(judge);
	talloc_free(mem);
}

/* Other ciphers' keys are the library's, and go through. */
static void test_others(void **state)
{
	ngtcp2_crypto_ctx ctx =
		cipher_of(GNUTLS_CIPHER_CHACHA20_POLY1305, GNUTLS_MAC_SHA256);
	ngtcp2_crypto_aead_ctx key = {0};
	uint8_t bytes[32] = "a key of thirty-two bytes";
	uint8_t nonce[GCM_NONCE] = "twelve bytes";
	uint8_t out[64], back[64];

	(void)state;
	assert_false(quic_keys_ours(&ctx.aead));
	assert_int_equal(
		ngtcp2_crypto_aead_ctx_encrypt_init(&key, &ctx.aead, bytes, 12),
		0);
	assert_int_equal(quic_keys_encrypt(out, &ctx.aead, &key,
					   (const uint8_t *)"a packet", 8,
					   nonce, sizeof(nonce), NULL, 0),
			 0);
	assert_int_equal(quic_keys_decrypt(back, &ctx.aead, &key, out, 24,
					   nonce, sizeof(nonce), NULL, 0),
			 0);
	assert_memory_equal(back, "a packet", 8);
	quic_keys_drop_aead(NULL, &key, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
