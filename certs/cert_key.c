/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cert_key.c - private keys as PKCS#8 in PEM, which everybody reads.
 *
 * GnuTLS writes the number of an EC key as an INTEGER has it: with a byte of
 * zero in front, or without the zeros that belong there. RFC 5915 wants the
 * length of the curve, and some readers insist. So the keys of P-256, which
 * are those that we make, are written here.
 */
#include <stdint.h>
#include <string.h>

#include "certs/cert_private.h"

#define P256_LEN 32

/* PrivateKeyInfo (RFC 5958) around ECPrivateKey (RFC 5915) for P-256: every
 * length in it is constant. */
struct p256_pkcs8 {
	uint8_t head[36];
	uint8_t k[P256_LEN];
	uint8_t middle[6];
	uint8_t x[P256_LEN];
	uint8_t y[P256_LEN];
};

static const struct p256_pkcs8 p256_frame = {
	.head = {0x30, 0x81,	0x87, 0x02, 0x01, 0x00, /* version 0 */
		 0x30, 0x13, /* algorithm: EC, P-256 */
		 0x06, 0x07,	0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
		 0x06, 0x08,	0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01,
		 0x07, 0x04,	0x6D, 0x30, 0x6B, 0x02, 0x01, 0x01, /* version 1
								     */
		 0x04, P256_LEN},
	.middle = {0xA1, 0x44, 0x03, 0x42, 0x00, 0x04}, /* public, as it is */
};

/* A number in as many bytes as the curve has. */
static bool put_number(uint8_t to[P256_LEN], const gnutls_datum_t *number)
{
	const uint8_t *data = number->data;
	size_t len = number->size;

	while (len > 0 && *data == 0) {
		data++;
		len--;
	}
	if (len > P256_LEN) {
		return false;
	}
	memset(to, 0, P256_LEN - len);
	memcpy(to + P256_LEN - len, data, len);
	return true;
}

static void wipe(gnutls_datum_t *datum)
{
	if (datum->data != NULL) {
		explicit_bzero(datum->data, datum->size);
		gnutls_free(datum->data);
	}
}

/* @return 1: it is no key of P-256; otherwise 0 or an error of GnuTLS. */
static int p256_pem(gnutls_x509_privkey_t key, gnutls_datum_t *pem)
{
	gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
	gnutls_datum_t x = {0}, y = {0}, k = {0};
	struct p256_pkcs8 all = p256_frame;
	gnutls_datum_t der = {.data = (uint8_t *)&all, .size = sizeof(all)};
	int rc = 1;

	if (gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_ECDSA &&
	    gnutls_x509_privkey_export_ecc_raw(key, &curve, &x, &y, &k) == 0 &&
	    curve == GNUTLS_ECC_CURVE_SECP256R1 && put_number(all.x, &x) &&
	    put_number(all.y, &y) && put_number(all.k, &k)) {
		rc = gnutls_pem_base64_encode2("PRIVATE KEY", &der, pem);
	}
	explicit_bzero(&all, sizeof(all));
	wipe(&x);
	wipe(&y);
	wipe(&k);
	return rc;
}

int cert_key_pem(gnutls_x509_privkey_t key, gnutls_datum_t *pem)
{
	int rc = p256_pem(key, pem);

	if (rc != 1) {
		return rc;
	}
	return gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
						 GNUTLS_PKCS_PLAIN, pem);
}
