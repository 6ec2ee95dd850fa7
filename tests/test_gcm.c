/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Vectors of NIST's GCM specification (McGrew and Viega, appendix B), and
 * GnuTLS as the judge of everything else: each length up to some chunks, each
 * cut of a message, each wrong bit.
 */
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "smbquic/gcm.h"
#include "tests/testlib_hex.h"

#define LONGEST 700
#define AADS	150

static uint32_t seed = 7;

static uint32_t random_number(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

static void random_bytes(uint8_t *out, size_t len)
{
	size_t i = 0;

	for (i = 0; i < len; i++) {
		out[i] = (uint8_t)random_number();
	}
}

static bool missing(void)
{
	if (!gcm_usable()) {
		print_message("no libipsec-mb, or no AVX2\n");
		return true;
	}
	return false;
}

/* --- known answers ------------------------------------------------------- */

struct known {
	const char *key, *nonce, *aad, *plain, *cipher, *tag;
};

#define PLAIN_64                                                           \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define AAD_20 "feedfacedeadbeeffeedfacedeadbeefabaddad2"

static const struct known answers[] = {
	{"00000000000000000000000000000000", "000000000000000000000000", "", "",
	 "", "58e2fccefa7e3061367f1d57a4e7455a"},
	{"00000000000000000000000000000000", "000000000000000000000000", "",
	 "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78",
	 "ab6e47d42cec13bdf53a67b21257bddf"},
	{"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", AAD_20,
	 PLAIN_64,
	 "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	 "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
	 "5bc94fbc3221a5db94fae95ae7121a47"},
	{"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	 "cafebabefacedbaddecaf888", AAD_20, PLAIN_64,
	 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	 "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void test_known(void **state)
{
	size_t i = 0;

	if (missing()) {
		skip();
	}
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct known *a = &answers[i];
		TALLOC_CTX *mem = talloc_new(*state);
		struct wire_slice key = testlib_hex(mem, a->key);
		struct wire_slice nonce = testlib_hex(mem, a->nonce);
		struct wire_slice aad = testlib_hex(mem, a->aad);
		struct wire_slice plain = testlib_hex(mem, a->plain);
		struct gcm_key *k = gcm_key_new(key.data, key.len);
		uint8_t out[64];
		uint8_t tag[GCM_TAG];

		assert_non_null(k);
		gcm_seal(k, nonce.data, aad.data, aad.len, plain.data,
			 plain.len, out, tag);
		testlib_assert_hex(out, plain.len, a->cipher);
		testlib_assert_hex(tag, sizeof(tag), a->tag);
		assert_true(gcm_open(k, nonce.data, aad.data, aad.len, out,
				     plain.len, out, tag));
		assert_memory_equal(out, plain.data, plain.len);
		gcm_key_free(k);
		talloc_free(mem);
	}
}

static void test_refused(void **state)
{
	uint8_t key[33] = {0};

	(void)state;
	assert_null(gcm_key_new(key, 0));
	assert_null(gcm_key_new(key, 24));
	assert_null(gcm_key_new(key, 33));
	gcm_key_free(NULL);
}

/* --- against GnuTLS ------------------------------------------------------ */

struct trial {
	gnutls_aead_cipher_hd_t judge;
	struct gcm_key *key;
	uint8_t nonce[GCM_NONCE];
	uint8_t aad[AADS];
	uint8_t plain[LONGEST];
	uint8_t right[LONGEST + GCM_TAG];
	size_t len, aad_len;
};

static void trial_begin(struct trial *t, size_t key_len, size_t len,
			size_t aad_len)
{
	uint8_t key[32];
	gnutls_datum_t datum = {.data = key, .size = (unsigned)key_len};
	size_t out = sizeof(t->right);

	random_bytes(key, sizeof(key));
	random_bytes(t->nonce, sizeof(t->nonce));
	random_bytes(t->aad, sizeof(t->aad));
	random_bytes(t->plain, sizeof(t->plain));
	t->len = len;
	t->aad_len = aad_len;
	t->key = gcm_key_new(key, key_len);
	assert_non_null(t->key);
	assert_int_equal(gnutls_aead_cipher_init(
				 &t->judge,
				 key_len == 16 ? GNUTLS_CIPHER_AES_128_GCM
					       : GNUTLS_CIPHER_AES_256_GCM,
				 &datum),
			 0);
	assert_int_equal(gnutls_aead_cipher_encrypt(
				 t->judge, t->nonce, GCM_NONCE, t->aad, aad_len,
				 GCM_TAG, t->plain, len, t->right, &out),
			 0);
	assert_int_equal(out, len + GCM_TAG);
}

static void trial_end(struct trial *t)
{
	gnutls_aead_cipher_deinit(t->judge);
	gcm_key_free(t->key);
}

static void judge_length(size_t key_len, size_t len, size_t aad_len)
{
	struct trial t;
	uint8_t out[LONGEST + GCM_TAG];
	const uint8_t *tag = NULL;

	trial_begin(&t, key_len, len, aad_len);
	tag = t.right + len;
	gcm_seal(t.key, t.nonce, t.aad, aad_len, t.plain, len, out, out + len);
	assert_memory_equal(out, t.right, len + GCM_TAG);
	memset(out, 0, sizeof(out));
	assert_true(gcm_open(t.key, t.nonce, t.aad, aad_len, t.right, len, out,
			     tag));
	assert_memory_equal(out, t.plain, len);
	/* in place, both ways */
	gcm_seal(t.key, t.nonce, t.aad, aad_len, out, len, out, out + len);
	assert_memory_equal(out, t.right, len + GCM_TAG);
	assert_true(
		gcm_open(t.key, t.nonce, t.aad, aad_len, out, len, out, tag));
	assert_memory_equal(out, t.plain, len);
	trial_end(&t);
}

static void test_lengths(void **state)
{
	size_t i = 0;

	(void)state;
	if (missing()) {
		skip();
	}
	for (i = 0; i <= LONGEST; i++) {
		judge_length(16, i, random_number() % AADS);
		judge_length(32, i, random_number() % AADS);
	}
	for (i = 0; i < AADS; i++) {
		judge_length(16, random_number() % LONGEST, i);
	}
}

/* A message cut at random, so that blocks lie across pieces. */
static int cut(uint8_t *data, size_t len, struct iovec *out, int most)
{
	size_t at = 0;
	int n = 0;

	while (at < len && n < most - 1) {
		size_t piece =
			random_number() % (random_number() % 3 == 0 ? 300 : 20);

		piece = piece > len - at ? len - at : piece;
		out[n++] =
			(struct iovec){.iov_base = data + at, .iov_len = piece};
		at += piece;
	}
	out[n++] = (struct iovec){.iov_base = data + at, .iov_len = len - at};
	return n;
}

static void test_pieces(void **state)
{
	size_t i = 0;

	(void)state;
	if (missing()) {
		skip();
	}
	for (i = 0; i < 2000; i++) {
		struct trial t;
		uint8_t copy[LONGEST];
		uint8_t out[LONGEST];
		uint8_t tag[GCM_TAG];
		struct iovec iov[16];
		int n = 0;

		trial_begin(&t, i % 2 ? 16 : 32, random_number() % LONGEST,
			    random_number() % 64);
		memcpy(copy, t.plain, t.len);
		n = cut(copy, t.len, iov, 16);
		gcm_seal_vector(t.key, t.nonce, t.aad, t.aad_len, iov, n, out,
				tag);
		assert_memory_equal(copy, t.plain, t.len);
		assert_memory_equal(out, t.right, t.len);
		assert_memory_equal(tag, t.right + t.len, GCM_TAG);
		gcm_seal_vector(t.key, t.nonce, t.aad, t.aad_len, iov, n, NULL,
				tag);
		assert_memory_equal(copy, t.right, t.len);
		assert_memory_equal(tag, t.right + t.len, GCM_TAG);
		n = cut(copy, t.len, iov, 16);
		assert_true(gcm_open_vector(t.key, t.nonce, t.aad, t.aad_len,
					    iov, n, tag));
		assert_memory_equal(copy, t.plain, t.len);
		trial_end(&t);
	}
}

static void test_gmac(void **state)
{
	size_t i = 0;

	(void)state;
	if (missing()) {
		skip();
	}
	for (i = 0; i < 1000; i++) {
		struct trial t;
		uint8_t tag[GCM_TAG];
		uint8_t right[GCM_TAG];
		size_t size = sizeof(right);
		struct iovec iov[16];
		giovec_t whole = {0};
		int n = 0;

		trial_begin(&t, 16, random_number() % LONGEST, 0);
		whole.iov_base = t.plain;
		whole.iov_len = t.len;
		assert_int_equal(gnutls_aead_cipher_encryptv2(
					 t.judge, t.nonce, GCM_NONCE, &whole, 1,
					 NULL, 0, right, &size),
				 0);
		n = cut(t.plain, t.len, iov, 16);
		gcm_authenticate(t.key, t.nonce, iov, n, tag);
		assert_memory_equal(tag, right, GCM_TAG);
		trial_end(&t);
	}
}

/* One bit anywhere: in the ciphertext, in what is authenticated, the tag. */
static void test_wrong_bit(void **state)
{
	struct trial t;
	uint8_t out[LONGEST];
	size_t len = 203;
	size_t i = 0;

	(void)state;
	if (missing()) {
		skip();
	}
	trial_begin(&t, 16, len, 31);
	for (i = 0; i < (len + GCM_TAG) * 8; i++) {
		t.right[i / 8] ^= (uint8_t)(1u << (i % 8));
		assert_false(gcm_open(t.key, t.nonce, t.aad, t.aad_len, t.right,
				      len, out, t.right + len));
		t.right[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	for (i = 0; i < t.aad_len * 8; i++) {
		t.aad[i / 8] ^= (uint8_t)(1u << (i % 8));
		assert_false(gcm_open(t.key, t.nonce, t.aad, t.aad_len, t.right,
				      len, out, t.right + len));
		t.aad[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	t.nonce[0] ^= 1;
	assert_false(gcm_open(t.key, t.nonce, t.aad, t.aad_len, t.right, len,
			      out, t.right + len));
	t.nonce[0] ^= 1;
	assert_true(gcm_open(t.key, t.nonce, t.aad, t.aad_len, t.right, len,
			     out, t.right + len));
	trial_end(&t);
}

/* Beyond 2^16 blocks, so that more than the counter's low bytes move. */
static void test_long(void **state)
{
	size_t len = (3u << 20) + 5;
	uint8_t *data = talloc_array(*state, uint8_t, len);
	uint8_t *right = talloc_array(*state, uint8_t, len + GCM_TAG);
	uint8_t key[16] = "sixteen bytes..";
	uint8_t nonce[GCM_NONCE] = "twelve byte";
	gnutls_datum_t datum = {.data = key, .size = sizeof(key)};
	gnutls_aead_cipher_hd_t judge = NULL;
	struct gcm_key *k = gcm_key_new(key, sizeof(key));
	uint8_t tag[GCM_TAG];
	size_t out = len + GCM_TAG;

	if (missing()) {
		talloc_free(data);
		talloc_free(right);
		skip();
	}
	random_bytes(data, len);
	assert_int_equal(gnutls_aead_cipher_init(
				 &judge, GNUTLS_CIPHER_AES_128_GCM, &datum),
			 0);
	assert_int_equal(gnutls_aead_cipher_encrypt(judge, nonce, GCM_NONCE,
						    NULL, 0, GCM_TAG, data, len,
						    right, &out),
			 0);
	gcm_seal(k, nonce, NULL, 0, data, len, data, tag);
	assert_memory_equal(data, right, len);
	assert_memory_equal(tag, right + len, GCM_TAG);
	gnutls_aead_cipher_deinit(judge);
	gcm_key_free(k);
	talloc_free(data);
	talloc_free(right);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_gmac),
		cmocka_unit_test(test_wrong_bit),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
