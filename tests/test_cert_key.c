/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form of private keys. */
#include "tests/testlib.h"

#include <string.h>
#include <gnutls/x509.h>

#include "certs/cert_private.h"

#define PKCS8_LEN 138

/* The point of P-256 whose private key is that small number: only such keys
 * are sure to have zeros in front. */
static gnutls_x509_privkey_t small_key(void)
{
	/* 2G */
	static const uint8_t x[] = {0x7C, 0xF2, 0x7B, 0x18, 0x8D, 0x03, 0x4F,
				    0x7E, 0x8A, 0x52, 0x38, 0x03, 0x04, 0xB5,
				    0x1A, 0xC3, 0xC0, 0x89, 0x69, 0xE2, 0x77,
				    0xF2, 0x1B, 0x35, 0xA6, 0x0B, 0x48, 0xFC,
				    0x47, 0x66, 0x99, 0x78};
	static const uint8_t y[] = {0x07, 0x77, 0x55, 0x10, 0xDB, 0x8E, 0xD0,
				    0x40, 0x29, 0x3D, 0x9A, 0xC6, 0x9F, 0x74,
				    0x30, 0xDB, 0xBA, 0x7D, 0xAD, 0xE6, 0x3C,
				    0xE9, 0x82, 0x29, 0x9E, 0x04, 0xB7, 0x9D,
				    0x22, 0x78, 0x73, 0xD1};
	static const uint8_t k[] = {2};
	const gnutls_datum_t dx = {(void *)(uintptr_t)x, sizeof(x)};
	const gnutls_datum_t dy = {(void *)(uintptr_t)y, sizeof(y)};
	const gnutls_datum_t dk = {(void *)(uintptr_t)k, sizeof(k)};
	gnutls_x509_privkey_t key = NULL;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(
		gnutls_x509_privkey_import_ecc_raw(
			key, GNUTLS_ECC_CURVE_SECP256R1, &dx, &dy, &dk),
		0);
	return key;
}

static gnutls_x509_privkey_t new_key(gnutls_pk_algorithm_t how, unsigned bits)
{
	gnutls_x509_privkey_t key = NULL;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, how, bits, 0), 0);
	return key;
}

/* Written and read again it is the same key. @return what was written. */
static gnutls_datum_t round_trip(gnutls_x509_privkey_t key)
{
	gnutls_datum_t pem = {0}, der = {0};
	gnutls_x509_privkey_t again = NULL;
	uint8_t id[64], id_again[64];
	size_t len = sizeof(id), len_again = sizeof(id_again);

	assert_int_equal(cert_key_pem(key, &pem), 0);
	assert_int_equal(gnutls_x509_privkey_init(&again), 0);
	assert_int_equal(gnutls_x509_privkey_import2(
				 again, &pem, GNUTLS_X509_FMT_PEM, NULL, 0),
			 0);
	assert_int_equal(gnutls_x509_privkey_verify_params(again), 0);
	assert_int_equal(gnutls_x509_privkey_get_key_id(key, 0, id, &len), 0);
	assert_int_equal(
		gnutls_x509_privkey_get_key_id(again, 0, id_again, &len_again),
		0);
	assert_int_equal(len, len_again);
	assert_memory_equal(id, id_again, len);
	assert_int_equal(gnutls_pem_base64_decode2("PRIVATE KEY", &pem, &der),
			 0);
	gnutls_x509_privkey_deinit(again);
	gnutls_x509_privkey_deinit(key);
	gnutls_free(pem.data);
	return der;
}

static void test_zeros_in_front(void **state)
{
	gnutls_datum_t der = round_trip(small_key());
	uint8_t want[32] = {0};

	(void)state;
	want[31] = 2;
	assert_int_equal(der.size, PKCS8_LEN);
	assert_memory_equal(der.data + 36, want, sizeof(want));
	gnutls_free(der.data);
}

/* Half of them would have a zero too many. */
static void test_new_keys(void **state)
{
	const unsigned bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	int i = 0;

	(void)state;
	for (i = 0; i < 16; i++) {
		gnutls_datum_t der = round_trip(new_key(GNUTLS_PK_ECDSA, bits));

		assert_int_equal(der.size, PKCS8_LEN);
		gnutls_free(der.data);
	}
}

static void test_others(void **state)
{
	const unsigned p384 = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1);
	gnutls_datum_t der = round_trip(new_key(GNUTLS_PK_ECDSA, p384));

	(void)state;
	gnutls_free(der.data);
	der = round_trip(new_key(GNUTLS_PK_RSA, 2048));
	gnutls_free(der.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeros_in_front),
		cmocka_unit_test(test_new_keys),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
