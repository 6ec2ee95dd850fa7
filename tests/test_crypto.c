/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values named "independent" were computed with python3-cryptography (OpenSSL)
 * over message_new(command, flags): HMAC, CMAC and AESGCM/AESCCM of that
 * module, applied as MS-SMB2 3.1.4.1 and 3.1.4.3 say.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "smbquic/crypto.h"
#include "smbquic/smb2.h"
#include "tests/testlib_hex.h"
#include "tests/vectors_windows.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SESSION_ID 0x1122334455667788ull
#define BODY	   77

static const uint16_t algorithms[] = {
	SMB2_SIGNING_HMAC_SHA256,
	SMB2_SIGNING_AES_CMAC,
	SMB2_SIGNING_AES_GMAC,
};

static const uint16_t ciphers[] = {
	SMB2_CIPHER_AES128_CCM,
	SMB2_CIPHER_AES128_GCM,
	SMB2_CIPHER_AES256_CCM,
	SMB2_CIPHER_AES256_GCM,
};

static const uint8_t key32[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
				  11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
				  22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static uint8_t *mutable_bytes(struct wire_slice s)
{
	return (uint8_t *)(uintptr_t)s.data;
}

static struct iovec iov_of(struct wire_slice s)
{
	struct iovec iov = {.iov_base = mutable_bytes(s), .iov_len = s.len};

	return iov;
}

/* A header with a zero signature and a body of BODY bytes. */
static struct wire_slice message_new(TALLOC_CTX *mem_ctx, uint16_t command,
				     uint32_t flags)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	unsigned i = 0;

	wire_put_u32(&w, SMB2_MAGIC);
	wire_put_u16(&w, SMB2_HEADER_SIZE);
	wire_put_u16(&w, 1);
	wire_put_u32(&w, 0);
	wire_put_u16(&w, command);
	wire_put_u16(&w, 1);
	wire_put_u32(&w, flags);
	wire_put_u32(&w, 0);
	wire_put_u64(&w, 0x0102030405060708);
	wire_put_u32(&w, 0);
	wire_put_u32(&w, 1);
	wire_put_u64(&w, SESSION_ID);
	wire_put_zeros(&w, 16);
	for (i = 0; i < BODY; i++) {
		wire_put_u8(&w, (uint8_t)(i * 7 + 3));
	}
	assert_true(wire_writer_ok(&w));
	return wire_writer_slice(&w);
}

static struct smb2_signing_key *signing_key(TALLOC_CTX *mem_ctx,
					    uint16_t algorithm,
					    const uint8_t *key)
{
	struct smb2_signing_key *k = NULL;

	assert_int_equal(crypto_signing_key_new(mem_ctx, algorithm, key, &k),
			 0);
	assert_int_equal(crypto_signing_algorithm(k), algorithm);
	return k;
}

static struct smb2_sealing_key *sealing_key(TALLOC_CTX *mem_ctx,
					    uint16_t cipher, const uint8_t *key)
{
	struct smb2_sealing_key *k = NULL;

	assert_int_equal(crypto_sealing_key_new(mem_ctx, cipher, key,
						crypto_cipher_key_size(cipher),
						&k),
			 0);
	assert_int_equal(crypto_sealing_cipher(k), cipher);
	return k;
}

/* ----------------------------------------------------------------- signing */

static void test_sign_independent(void **state)
{
	static const struct {
		uint16_t algorithm;
		uint16_t command;
		uint32_t flags;
		const char *signature;
	} rows[] = {
		{SMB2_SIGNING_HMAC_SHA256, SMB2_WRITE, SMB2_FLAGS_SIGNED,
		 "de7559d9fcf5537c62dc7eb395238590"},
		{SMB2_SIGNING_AES_CMAC, SMB2_WRITE, SMB2_FLAGS_SIGNED,
		 "db57ea3ce72d0fa24b14e12bf10c8347"},
		{SMB2_SIGNING_AES_GMAC, SMB2_WRITE, SMB2_FLAGS_SIGNED,
		 "59d1006b85b043299988d018aa3ffb25"},
		/* The direction and CANCEL are in the nonce. */
		{SMB2_SIGNING_AES_GMAC, SMB2_WRITE,
		 SMB2_FLAGS_SIGNED | SMB2_FLAGS_SERVER_TO_REDIR,
		 "33d0839f9410f90b9df0445bb4b51094"},
		{SMB2_SIGNING_AES_GMAC, SMB2_CANCEL, SMB2_FLAGS_SIGNED,
		 "022ff7acd2c96882f4ef4a701cc9c845"},
	};
	TALLOC_CTX *tmp = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct smb2_signing_key *k =
			signing_key(tmp, rows[i].algorithm, key32);
		struct wire_slice m =
			message_new(tmp, rows[i].command, rows[i].flags);
		struct iovec iov = iov_of(m);

		memset(mutable_bytes(m) + 48, 0xEE, 16); /* counts as zero */
		assert_int_equal(crypto_sign(k, &iov, 1), 0);
		testlib_assert_hex(m.data + 48, 16, rows[i].signature);
		assert_int_equal(crypto_verify(k, &iov, 1), 0);
	}
	talloc_free(tmp);
}

static void check_windows(const char *message, const char *key)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice m = testlib_hex(tmp, message);
	struct iovec iov = iov_of(m);
	struct smb2_signing_key *k = signing_key(tmp, SMB2_SIGNING_AES_CMAC,
						 testlib_hex(tmp, key).data);
	uint8_t signature[16] = {0};

	assert_int_equal(crypto_verify(k, &iov, 1), 0);
	memcpy(signature, m.data + 48, 16);
	memset(mutable_bytes(m) + 48, 0, 16);
	assert_int_equal(crypto_verify(k, &iov, 1), EBADMSG);
	assert_int_equal(crypto_sign(k, &iov, 1), 0);
	assert_memory_equal(m.data + 48, signature, 16);
	talloc_free(tmp);
}

static void test_sign_windows(void **state)
{
	(void)state;
	check_windows(WIN_SETUP2_RESPONSE, WIN_SIGNING_KEY);
	check_windows(WIN_BIND_SETUP1_REQUEST, WIN_SIGNING_KEY);
	check_windows(WIN_BIND_SETUP2_RESPONSE, WIN_BIND_SIGNING_KEY);
}

/* However the message is cut, and with empty pieces, the signature is one. */
static void test_sign_pieces(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	size_t a = 0;
	size_t i = 0;
	size_t j = 0;

	(void)state;
	for (a = 0; a < COUNT(algorithms); a++) {
		struct smb2_signing_key *k =
			signing_key(tmp, algorithms[a], key32);
		struct wire_slice m =
			message_new(tmp, SMB2_READ, SMB2_FLAGS_SIGNED);
		struct iovec whole = iov_of(m);

		assert_int_equal(crypto_sign(k, &whole, 1), 0);
		for (i = SMB2_HEADER_SIZE; i <= m.len; i++) {
			for (j = i; j <= m.len; j++) {
				struct iovec iov[] = {
					{mutable_bytes(m), i},
					{mutable_bytes(m) + i, j - i},
					{mutable_bytes(m) + j, m.len - j},
				};

				assert_int_equal(crypto_verify(k, iov, 3), 0);
			}
		}
	}
	talloc_free(tmp);
}

static void test_sign_wrong_byte(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	size_t a = 0;
	size_t i = 0;

	(void)state;
	for (a = 0; a < COUNT(algorithms); a++) {
		struct smb2_signing_key *k =
			signing_key(tmp, algorithms[a], key32);
		struct wire_slice m =
			message_new(tmp, SMB2_READ, SMB2_FLAGS_SIGNED);
		struct iovec iov = iov_of(m);

		assert_int_equal(crypto_sign(k, &iov, 1), 0);
		for (i = 0; i < m.len; i++) {
			mutable_bytes(m)[i] ^= 0x40;
			assert_int_equal(crypto_verify(k, &iov, 1), EBADMSG);
			mutable_bytes(m)[i] ^= 0x40;
		}
		iov.iov_len--;
		assert_int_equal(crypto_verify(k, &iov, 1), EBADMSG);
		iov.iov_len++;
		assert_int_equal(crypto_verify(k, &iov, 1), 0);
		/* another key */
		k = signing_key(tmp, algorithms[a], key32 + 1);
		assert_int_equal(crypto_verify(k, &iov, 1), EBADMSG);
	}
	talloc_free(tmp);
}

static void test_sign_refuses(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct smb2_signing_key *k =
		signing_key(tmp, SMB2_SIGNING_AES_CMAC, key32);
	struct wire_slice m = message_new(tmp, SMB2_READ, 0);
	struct iovec iov[CRYPTO_IOV_MAX + 1] = {{0}};
	size_t i = 0;

	(void)state;
	iov[0] = iov_of(m);
	iov[0].iov_len = SMB2_HEADER_SIZE - 1;
	assert_int_equal(crypto_sign(k, iov, 1), EINVAL);
	assert_int_equal(crypto_verify(k, iov, 1), EINVAL);
	assert_int_equal(crypto_sign(k, iov, 0), EINVAL);
	iov[0].iov_len = SMB2_HEADER_SIZE;
	assert_int_equal(crypto_sign(k, iov, 1), 0);
	for (i = 1; i < COUNT(iov); i++) {
		iov[i].iov_base = mutable_bytes(m);
		iov[i].iov_len = 1;
	}
	assert_int_equal(crypto_sign(k, iov, COUNT(iov)), EINVAL);
	assert_int_equal(crypto_signing_key_new(tmp, 3, key32, &k), EINVAL);
	assert_null(k);
	talloc_free(tmp);
}

/* ------------------------------------------------------------------ sealing */

static void check_sealed(uint16_t cipher, const uint8_t *key,
			 const char *sealed, const struct wire_slice plain)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct smb2_sealing_key *k = sealing_key(tmp, cipher, key);
	struct wire_slice m = testlib_hex(tmp, sealed);

	assert_int_equal(crypto_unseal(k, mutable_bytes(m), m.len), 0);
	assert_int_equal(m.len - CRYPTO_TRANSFORM_HEADER_SIZE, plain.len);
	assert_memory_equal(m.data + CRYPTO_TRANSFORM_HEADER_SIZE, plain.data,
			    plain.len);
	talloc_free(tmp);
}

static void test_unseal_windows(void **state)
{
	static const struct {
		uint16_t cipher;
		const char *key;
		const char *sealed;
		const char *plain;
	} rows[] = {
		{SMB2_CIPHER_AES128_CCM, WIN_CCM_C2S_KEY,
		 WIN_CCM_SEALED_REQUEST, WIN_CCM_REQUEST},
		{SMB2_CIPHER_AES128_CCM, WIN_CCM_S2C_KEY,
		 WIN_CCM_SEALED_RESPONSE, WIN_CCM_RESPONSE},
		{SMB2_CIPHER_AES128_GCM, WIN_GCM_C2S_KEY,
		 WIN_GCM_SEALED_REQUEST, WIN_GCM_REQUEST},
		{SMB2_CIPHER_AES128_GCM, WIN_GCM_S2C_KEY,
		 WIN_GCM_SEALED_RESPONSE, WIN_GCM_RESPONSE},
	};
	TALLOC_CTX *tmp = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		check_sealed(rows[i].cipher, testlib_hex(tmp, rows[i].key).data,
			     rows[i].sealed, testlib_hex(tmp, rows[i].plain));
	}
	talloc_free(tmp);
}

/* Independent: nonce A0 A1 A2 ..., key 00 01 02 ... */
static const char *const sealed_independent[COUNT(ciphers)] = {
	"fd534d424396b9505d2adb8ef92bdf3e3f7d148ea0a1a2a3a4a5a6a7a8a9aa00"
	"000000008d0000000000010088776655443322111ae90934aeababa6dca66b98"
	"e206aee74d7180e1aa7b90336233c9ea4d92b0fa56ef26eebb6a134e1e9f30d6"
	"b3536b49b456e168f951b56eb896dec90132b34e50344a880b18b05e0cbd8ff7"
	"bf65f74828e8d212dc35821f97e5cc4a1f9138b0b4d89ebd02bade0ddb1f5957"
	"e194839e884e627d1b398ef69a58ffa65108bc470f142a07b920c7f7c06fd3b4"
	"9e",
	"fd534d429b3830452dffb8a2baecf1785e6c1f32a0a1a2a3a4a5a6a7a8a9aaab"
	"000000008d00000000000100887766554433221154d575f93e89320a8a78b500"
	"4f12b1605bee230883173daf2d17779e468e8da99aa345310eeaec6df7a98491"
	"ebe82bc1bc544c49338196ed82368ecae565047df23ba2ca7450bcf6eb51c6e2"
	"0e7720ec3fc3dba6f0771605baa990f86db6d99ce5018fe4ce65d3a819439945"
	"62dfdee362c235e247071051581497096bb278cc412b7220ab8139d657b6ba87"
	"8f",
	"fd534d42c1ea06a34b68f412ed29b1c8e7eb447ba0a1a2a3a4a5a6a7a8a9aa00"
	"000000008d00000000000100887766554433221166f20ecdb152f54ee8fb35f2"
	"3fe5b5e9c2cc5ed999319250fa8c4b28453a277551372e1e613a71cfdf97b7e6"
	"2d2a90a18280a253feacde4b86d02556318c70035940f08469cb56df9a708dcc"
	"bca7dfb3f91bf6db1264196b480d50cc36536c2409ed9fc2c052c17243ffe30e"
	"d5ec07267ae4a932d869c6e86446a181918e06a83a3f3be4da8209621d121f4a"
	"2b",
	"fd534d425d50ff140944fd95f9c14684a01bedfca0a1a2a3a4a5a6a7a8a9aaab"
	"000000008d000000000001008877665544332211184b316f05cb03bf626587d3"
	"0e7ac1de78ac591092b7426c940920837ba87700d27647ffae22533dd7eb629d"
	"4d49a1e8471b464862d01a7e415e0b5ea47085b0b7b694772f83c9d4cfa0b648"
	"d890a9d6be712a2c4a5704de45c7875a765498486c6eda53fca8828f85f92f60"
	"b2b6a864770a00c6b143e6b8a45d470413fb47f106db61a70ca46de3cc5bf79b"
	"05",
};

static void test_unseal_independent(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice plain =
		message_new(tmp, SMB2_WRITE, SMB2_FLAGS_SIGNED);
	size_t i = 0;

	(void)state;
	for (i = 0; i < COUNT(ciphers); i++) {
		check_sealed(ciphers[i], key32, sealed_independent[i], plain);
	}
	talloc_free(tmp);
}

/* Sealed in three pieces, both ways, unsealed in one and in pieces. */
static void round_trip(struct smb2_sealing_key *k, struct wire_slice plain,
		       size_t i, size_t j)
{
	TALLOC_CTX *tmp = talloc_new(k);
	size_t sealed_len = CRYPTO_TRANSFORM_HEADER_SIZE + plain.len;
	size_t size = plain.len + CRYPTO_SEAL_OVERHEAD;
	uint8_t *copy = talloc_memdup(tmp, plain.data, plain.len);
	uint8_t *out = talloc_size(tmp, size);
	uint8_t header[CRYPTO_TRANSFORM_HEADER_SIZE] = {0};
	struct iovec iov[] = {
		{copy, i}, {copy + i, j - i}, {copy + j, plain.len - j}};

	assert_int_equal(crypto_seal(k, SESSION_ID, iov, 3, out, size), 0);
	assert_memory_equal(copy, plain.data, plain.len);
	assert_memory_not_equal(out + CRYPTO_TRANSFORM_HEADER_SIZE, plain.data,
				plain.len);
	assert_int_equal(crypto_unseal(k, out, sealed_len), 0);
	assert_memory_equal(out + CRYPTO_TRANSFORM_HEADER_SIZE, plain.data,
			    plain.len);

	assert_int_equal(crypto_seal_in_place(k, SESSION_ID, header, iov, 3),
			 0);
	assert_memory_not_equal(copy, plain.data, plain.len);
	assert_int_equal(crypto_unseal_vector(k, header, iov, 3), 0);
	assert_memory_equal(copy, plain.data, plain.len);
	talloc_free(tmp);
}

static void test_seal_pieces(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice plain = message_new(tmp, SMB2_WRITE, 0);
	size_t c = 0;
	size_t i = 0;
	size_t j = 0;

	(void)state;
	for (c = 0; c < COUNT(ciphers); c++) {
		struct smb2_sealing_key *k =
			sealing_key(tmp, ciphers[c], key32);

		for (i = 0; i <= plain.len; i++) {
			for (j = i; j <= plain.len; j += 5) {
				round_trip(k, plain, i, j);
			}
		}
	}
	talloc_free(tmp);
}

static void test_seal_large(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	size_t size = SMB2_LARGE_MTU + 112;
	uint8_t *bytes = talloc_zero_size(tmp, size);
	size_t c = 0;

	(void)state;
	for (c = 0; c < COUNT(ciphers); c++) {
		struct smb2_sealing_key *k =
			sealing_key(tmp, ciphers[c], key32);

		round_trip(k, wire_slice(bytes, size), 112, 4096 + 13);
	}
	talloc_free(tmp);
}

static void test_unseal_wrong_byte(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	size_t c = 0;
	size_t i = 0;

	(void)state;
	for (c = 0; c < COUNT(ciphers); c++) {
		struct smb2_sealing_key *k =
			sealing_key(tmp, ciphers[c], key32);
		struct wire_slice m = testlib_hex(tmp, sealed_independent[c]);

		for (i = 0; i < m.len; i++) {
			uint8_t *copy = talloc_memdup(tmp, m.data, m.len);

			copy[i] ^= 1;
			assert_int_equal(crypto_unseal(k, copy, m.len),
					 EBADMSG);
			talloc_free(copy);
		}
		for (i = 0; i < m.len; i++) {
			uint8_t *copy = talloc_memdup(tmp, m.data, i + 1);

			assert_int_equal(crypto_unseal(k, copy, i), EBADMSG);
			talloc_free(copy);
		}
	}
	talloc_free(tmp);
}

/* No two messages under one key have the same nonce; the count ends. */
static void test_seal_nonce(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	uint8_t headers[64][CRYPTO_TRANSFORM_HEADER_SIZE] = {{0}};
	uint8_t byte = 0;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	size_t c = 0;
	size_t i = 0;
	size_t j = 0;

	(void)state;
	for (c = 0; c < COUNT(ciphers); c++) {
		struct smb2_sealing_key *k =
			sealing_key(tmp, ciphers[c], key32);

		crypto_sealing_set_limit(k, COUNT(headers));
		crypto_sealing_set_limit(k, COUNT(headers) + 1); /* no effect */
		for (i = 0; i < COUNT(headers); i++) {
			assert_int_equal(crypto_sealing_count(k), i);
			assert_int_equal(
				crypto_seal_in_place(k, 1, headers[i], &iov, 1),
				0);
			for (j = 0; j < i; j++) {
				assert_memory_not_equal(headers[i] + 20,
							headers[j] + 20, 11);
			}
		}
		assert_int_equal(
			crypto_seal_in_place(k, 1, headers[0], &iov, 1),
			EOVERFLOW);
		assert_int_equal(crypto_sealing_count(k), COUNT(headers));
	}
	talloc_free(tmp);
}

static void test_seal_refuses(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_slice plain = message_new(tmp, SMB2_WRITE, 0);
	struct iovec iov[CRYPTO_IOV_MAX + 1] = {{0}};
	struct smb2_sealing_key *k =
		sealing_key(tmp, SMB2_CIPHER_AES128_GCM, key32);
	uint8_t out[512] = {0};
	size_t i = 0;

	(void)state;
	iov[0] = iov_of(plain);
	assert_int_equal(crypto_seal(k, 1, iov, 1, out,
				     plain.len + CRYPTO_SEAL_OVERHEAD - 1),
			 EINVAL);
	assert_int_equal(crypto_seal(k, 1, iov, 0, out, sizeof(out)), EINVAL);
	for (i = 0; i < COUNT(iov); i++) {
		iov[i] = iov_of(plain);
	}
	assert_int_equal(
		crypto_seal_in_place(k, 1, out, iov, CRYPTO_IOV_MAX + 1),
		EINVAL);
	assert_int_equal(crypto_sealing_count(k), 0);
	assert_int_equal(crypto_sealing_key_new(tmp, SMB2_CIPHER_AES256_GCM,
						key32, 16, &k),
			 EINVAL);
	assert_null(k);
	assert_int_equal(crypto_sealing_key_new(tmp, 0, key32, 16, &k), EINVAL);
	assert_int_equal(crypto_cipher_key_size(5), 0);
	talloc_free(tmp);
}

/* ------------------------------------------------------ hash and derivation */

static void test_preauth_windows(void **state)
{
	static const char *const messages[] = {
		WIN_NEGOTIATE_REQUEST, WIN_NEGOTIATE_RESPONSE,
		WIN_SETUP1_REQUEST,    WIN_SETUP1_RESPONSE,
		WIN_SETUP2_REQUEST,
	};
	static const char *const hashes[] = {WIN_HASH1, WIN_HASH2, NULL, NULL,
					     WIN_HASH_FINAL};
	TALLOC_CTX *tmp = talloc_new(NULL);
	uint8_t hash[CRYPTO_PREAUTH_SIZE] = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < COUNT(messages); i++) {
		struct wire_slice m = testlib_hex(tmp, messages[i]);
		struct iovec iov[] = {
			{mutable_bytes(m), SMB2_HEADER_SIZE},
			{NULL, 0},
			{mutable_bytes(m) + SMB2_HEADER_SIZE,
			 m.len - SMB2_HEADER_SIZE},
		};

		assert_int_equal(crypto_preauth_update(hash, iov, 3), 0);
		if (hashes[i] != NULL) {
			testlib_assert_hex(hash, sizeof(hash), hashes[i]);
		}
	}
	talloc_free(tmp);
}

static void test_kdf(void **state)
{
	static const char signing[] = "SMBSigningKey";
	static const char c2s[] = "SMBC2SCipherKey";
	uint8_t context[64] = {0};
	uint8_t out[32] = {0};
	size_t i = 0;

	(void)state;
	assert_int_equal(crypto_kdf(key32, 16, signing, sizeof(signing),
				    context, sizeof(context), out, 16),
			 0);
	testlib_assert_hex(out, 16, "2fab293c2407aee00540e02b1c496633");
	for (i = 0; i < sizeof(context); i++) {
		context[i] = (uint8_t)i;
	}
	assert_int_equal(crypto_kdf(key32, 32, c2s, sizeof(c2s), context,
				    sizeof(context), out, 32),
			 0);
	testlib_assert_hex(out, 32,
			   "e568de865ae188f20138931c5423898f"
			   "c0d5e94fa094b72d474fc56cf5703db6");
	assert_int_equal(crypto_kdf(key32, 16, c2s, sizeof(c2s), context,
				    sizeof(context), out, 33),
			 EINVAL);
	assert_int_equal(crypto_kdf(key32, 16, c2s, sizeof(c2s), context,
				    sizeof(context), out, 0),
			 EINVAL);
	assert_int_equal(crypto_kdf(key32, 16, key32, 300, context, 0, out, 16),
			 EINVAL);
}

static void test_basics(void **state)
{
	uint8_t a[32] = {0};
	uint8_t b[32] = {0};

	(void)state;
	assert_true(crypto_equal(a, b, sizeof(a)));
	assert_int_equal(crypto_random(a, sizeof(a)), 0);
	assert_int_equal(crypto_random(b, sizeof(b)), 0);
	assert_false(crypto_equal(a, b, sizeof(a)));
	crypto_wipe(a, sizeof(a));
	crypto_wipe(b, sizeof(b));
	assert_true(crypto_equal(a, b, sizeof(a)));
	crypto_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sign_independent),
		cmocka_unit_test(test_sign_windows),
		cmocka_unit_test(test_sign_pieces),
		cmocka_unit_test(test_sign_wrong_byte),
		cmocka_unit_test(test_sign_refuses),
		cmocka_unit_test(test_unseal_windows),
		cmocka_unit_test(test_unseal_independent),
		cmocka_unit_test(test_seal_pieces),
		cmocka_unit_test(test_seal_large),
		cmocka_unit_test(test_unseal_wrong_byte),
		cmocka_unit_test(test_seal_nonce),
		cmocka_unit_test(test_seal_refuses),
		cmocka_unit_test(test_preauth_windows),
		cmocka_unit_test(test_kdf),
		cmocka_unit_test(test_basics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
