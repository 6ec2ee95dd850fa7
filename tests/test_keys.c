/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys are not shown, so each is tried on messages that Microsoft published,
 * or against one derived here by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "negotiate/keys.h"
#include "smbquic/smb2.h"
#include "tests/testlib_hex.h"
#include "tests/vectors_windows.h"

static struct iovec iov_of(struct wire_slice s)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)s.data,
			    .iov_len = s.len};

	return iov;
}

/* The key signs as the one whose bytes are known. */
static void assert_signs_like(struct smb2_signing_key *key, uint16_t algorithm,
			      struct wire_slice raw)
{
	uint8_t message[100] = {0xFE, 'S', 'M', 'B'};
	struct iovec iov = {.iov_base = message, .iov_len = sizeof(message)};
	struct smb2_signing_key *known = NULL;

	assert_int_equal(raw.len, CRYPTO_SIGNING_KEY_SIZE);
	assert_int_equal(
		crypto_signing_key_new(NULL, algorithm, raw.data, &known), 0);
	assert_int_equal(crypto_signing_algorithm(key), algorithm);
	assert_int_equal(crypto_sign(key, &iov, 1), 0);
	assert_int_equal(crypto_verify(known, &iov, 1), 0);
	talloc_free(known);
}

/* What one seals the other opens. */
static void assert_pair(struct smb2_sealing_key *seal,
			struct smb2_sealing_key *unseal)
{
	uint8_t header[CRYPTO_TRANSFORM_HEADER_SIZE] = {0};
	char text[] = "sixteen and more bytes";
	struct iovec iov = {.iov_base = text, .iov_len = sizeof(text)};

	assert_non_null(seal);
	assert_non_null(unseal);
	assert_int_equal(crypto_seal_in_place(seal, 1, header, &iov, 1), 0);
	assert_int_equal(crypto_unseal_vector(unseal, header, &iov, 1), 0);
	assert_string_equal(text, "sixteen and more bytes");
}

static void assert_seals_like(struct smb2_sealing_key *key, uint16_t cipher,
			      struct wire_slice raw)
{
	struct smb2_sealing_key *known = NULL;

	assert_int_equal(
		crypto_sealing_key_new(NULL, cipher, raw.data, raw.len, &known),
		0);
	assert_pair(key, known);
	assert_pair(known, key);
	talloc_free(known);
}

struct vector {
	struct keys_input in;
	const char *session_key;
	const char *preauth;
	const char *signing;
	const char *c2s;
	const char *s2c;
	const char *application;
};

static const struct vector vectors[] = {
	{
		/* published */
		.in = {.dialect = SMB2_DIALECT_300,
		       .signing_algorithm = SMB2_SIGNING_AES_CMAC,
		       .cipher = SMB2_CIPHER_AES128_CCM},
		.session_key = WIN_300_SESSION_KEY,
		.signing = WIN_300_SIGNING_KEY,
		.c2s = WIN_300_C2S_KEY,
		.s2c = WIN_300_S2C_KEY,
		.application = WIN_300_APP_KEY,
	},
	{
		/* published */
		.in = {.dialect = SMB2_DIALECT_311,
		       .signing_algorithm = SMB2_SIGNING_AES_CMAC,
		       .cipher = SMB2_CIPHER_AES128_GCM},
		.session_key = WIN_SESSION_KEY,
		.preauth = WIN_HASH_FINAL,
		.signing = WIN_SIGNING_KEY,
		.c2s = WIN_C2S_KEY,
		.s2c = WIN_S2C_KEY,
		.application = WIN_APP_KEY,
	},
	{
		/* computed with Python's hmac: a session key of 32 bytes
		 * (Kerberos), of which all count for the cipher keys alone */
		.in = {.dialect = SMB2_DIALECT_311,
		       .signing_algorithm = SMB2_SIGNING_AES_GMAC,
		       .cipher = SMB2_CIPHER_AES256_GCM},
		.session_key = "000102030405060708090a0b0c0d0e0f"
			       "101112131415161718191a1b1c1d1e1f",
		.preauth = "000102030405060708090a0b0c0d0e0f"
			   "101112131415161718191a1b1c1d1e1f"
			   "202122232425262728292a2b2c2d2e2f"
			   "303132333435363738393a3b3c3d3e3f",
		.signing = "f7e5401ecc6e79ef9eab401b05004e4f",
		.c2s = "e568de865ae188f20138931c5423898f"
		       "c0d5e94fa094b72d474fc56cf5703db6",
		.s2c = "53f8b2fb513a90f5231f5ac12ba0a24b"
		       "9eed8f6e80596136560f1b0003e8d2ae",
		.application = "3b37360639dd593424d252bd73a0c0ff",
	},
	{
		/* 2.1: the session key is the signing key, nothing is sealed */
		.in = {.dialect = SMB2_DIALECT_210,
		       .signing_algorithm = SMB2_SIGNING_HMAC_SHA256},
		.session_key = WIN_SESSION_KEY,
		.signing = WIN_SESSION_KEY,
		.application = WIN_SESSION_KEY,
	},
	{
		/* too short: padded with zeros */
		.in = {.dialect = SMB2_DIALECT_202,
		       .signing_algorithm = SMB2_SIGNING_HMAC_SHA256},
		.session_key = "0102030405060708",
		.signing = "01020304050607080000000000000000",
		.application = "01020304050607080000000000000000",
	},
};

static void check_vector(const struct vector *v)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct keys_input in = v->in;
	struct session_keys *client = NULL;
	struct session_keys *server = NULL;

	in.session_key = testlib_hex(tmp, v->session_key);
	if (v->preauth != NULL) {
		in.preauth = testlib_hex(tmp, v->preauth).data;
	}
	in.role = KEYS_CLIENT;
	assert_int_equal(session_keys_new(tmp, &in, &client), NT_STATUS_OK);
	in.role = KEYS_SERVER;
	assert_int_equal(session_keys_new(tmp, &in, &server), NT_STATUS_OK);

	assert_signs_like(client->signing, in.signing_algorithm,
			  testlib_hex(tmp, v->signing));
	assert_signs_like(server->signing, in.signing_algorithm,
			  testlib_hex(tmp, v->signing));
	testlib_assert_hex(client->application_key, 16, v->application);
	testlib_assert_hex(server->application_key, 16, v->application);
	if (v->c2s == NULL) {
		assert_null(client->seal);
		assert_null(client->unseal);
		assert_null(server->seal);
		assert_null(server->unseal);
	} else {
		assert_seals_like(client->seal, in.cipher,
				  testlib_hex(tmp, v->c2s));
		assert_seals_like(client->unseal, in.cipher,
				  testlib_hex(tmp, v->s2c));
		assert_pair(client->seal, server->unseal);
		assert_pair(server->seal, client->unseal);
	}
	talloc_free(tmp);
}

static void test_vectors(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		check_vector(&vectors[i]);
	}
}

/* Every cipher with a session key of 16 bytes, as NTLM gives it. */
static void test_ciphers(void **state)
{
	static const uint8_t preauth[CRYPTO_PREAUTH_SIZE] = {1, 2, 3};
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct keys_input in = {
		.dialect = SMB2_DIALECT_311,
		.signing_algorithm = SMB2_SIGNING_AES_GMAC,
		.session_key = testlib_hex(tmp, WIN_SESSION_KEY),
		.preauth = preauth,
	};
	uint16_t cipher = 0;

	(void)state;
	for (cipher = SMB2_CIPHER_AES128_CCM; cipher <= SMB2_CIPHER_AES256_GCM;
	     cipher++) {
		struct session_keys *client = NULL;
		struct session_keys *server = NULL;

		in.cipher = cipher;
		in.role = KEYS_CLIENT;
		assert_int_equal(session_keys_new(tmp, &in, &client),
				 NT_STATUS_OK);
		in.role = KEYS_SERVER;
		assert_int_equal(session_keys_new(tmp, &in, &server),
				 NT_STATUS_OK);
		assert_pair(client->seal, server->unseal);
		assert_pair(server->seal, client->unseal);
	}
	talloc_free(tmp);
}

static void test_windows_messages(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice request = testlib_hex(tmp, WIN_GCM_SEALED_REQUEST);
	struct iovec response = iov_of(testlib_hex(tmp, WIN_SETUP2_RESPONSE));
	struct keys_input in = {
		.role = KEYS_SERVER,
		.dialect = SMB2_DIALECT_311,
		.signing_algorithm = SMB2_SIGNING_AES_CMAC,
		.cipher = SMB2_CIPHER_AES128_GCM,
		.session_key = testlib_hex(tmp, WIN_GCM_SESSION_KEY),
		.preauth = testlib_hex(tmp, WIN_GCM_HASH).data,
	};
	struct session_keys *keys = NULL;

	(void)state;
	assert_int_equal(session_keys_new(tmp, &in, &keys), NT_STATUS_OK);
	assert_int_equal(crypto_unseal(keys->unseal,
				       (uint8_t *)(uintptr_t)request.data,
				       request.len),
			 0);

	in.role = KEYS_CLIENT;
	in.session_key = testlib_hex(tmp, WIN_SESSION_KEY);
	in.preauth = testlib_hex(tmp, WIN_HASH_FINAL).data;
	assert_int_equal(session_keys_new(tmp, &in, &keys), NT_STATUS_OK);
	assert_int_equal(crypto_verify(keys->signing, &response, 1), 0);
	talloc_free(tmp);
}

static void test_channel(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct iovec response =
		iov_of(testlib_hex(tmp, WIN_BIND_SETUP2_RESPONSE));
	struct keys_input in = {
		.dialect = SMB2_DIALECT_311,
		.signing_algorithm = SMB2_SIGNING_AES_CMAC,
		.session_key = testlib_hex(tmp, WIN_BIND_SESSION_KEY),
		.preauth = testlib_hex(tmp, WIN_BIND_HASH).data,
	};
	struct smb2_signing_key *key = NULL;

	(void)state;
	assert_int_equal(channel_signing_key_new(tmp, &in, &key), NT_STATUS_OK);
	assert_int_equal(crypto_verify(key, &response, 1), 0);

	in.dialect = SMB2_DIALECT_300;
	in.session_key = testlib_hex(tmp, WIN_300_BIND_SESSION_KEY);
	in.preauth = NULL;
	assert_int_equal(channel_signing_key_new(tmp, &in, &key), NT_STATUS_OK);
	assert_signs_like(key, SMB2_SIGNING_AES_CMAC,
			  testlib_hex(tmp, WIN_300_BIND_SIGNING_KEY));

	in.dialect = SMB2_DIALECT_210;
	assert_int_equal(channel_signing_key_new(tmp, &in, &key),
			 NT_STATUS_INVALID_PARAMETER);
	assert_null(key);
	talloc_free(tmp);
}

static void test_refuses(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	const struct keys_input good = {
		.dialect = SMB2_DIALECT_300,
		.signing_algorithm = SMB2_SIGNING_AES_CMAC,
		.cipher = SMB2_CIPHER_AES128_CCM,
		.session_key = testlib_hex(tmp, WIN_SESSION_KEY),
	};
	struct keys_input in = good;
	struct session_keys *keys = NULL;

	(void)state;
	assert_int_equal(session_keys_new(tmp, &in, &keys), NT_STATUS_OK);
	in.dialect = SMB2_DIALECT_WILDCARD;
	assert_int_equal(session_keys_new(tmp, &in, &keys),
			 NT_STATUS_INVALID_PARAMETER);
	in.dialect = SMB2_DIALECT_311; /* without its hash */
	assert_int_equal(session_keys_new(tmp, &in, &keys),
			 NT_STATUS_INVALID_PARAMETER);
	in = good;
	in.session_key.len = 0;
	assert_int_equal(session_keys_new(tmp, &in, &keys),
			 NT_STATUS_INVALID_PARAMETER);
	in = good;
	in.cipher = 5;
	assert_int_equal(session_keys_new(tmp, &in, &keys),
			 NT_STATUS_INVALID_PARAMETER);
	in = good;
	in.signing_algorithm = 3;
	assert_int_equal(session_keys_new(tmp, &in, &keys),
			 NT_STATUS_INVALID_PARAMETER);
	assert_null(keys);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_ciphers),
		cmocka_unit_test(test_windows_messages),
		cmocka_unit_test(test_channel),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
