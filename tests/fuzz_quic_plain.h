/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_quic_plain.h - QUIC packets without encryption, so that a fuzzer can
 * make them. These functions stand before those of the same names in ngtcp2's
 * library.
 */
#ifndef SMBQUIC_FUZZ_QUIC_PLAIN_H
#define SMBQUIC_FUZZ_QUIC_PLAIN_H

#include <string.h>
#include <ngtcp2/ngtcp2_crypto.h>

#define PLAIN_TAG 16

int ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
			     const ngtcp2_crypto_aead_ctx *ctx,
			     const uint8_t *plain, size_t len,
			     const uint8_t *nonce, size_t nonce_len,
			     const uint8_t *aad, size_t aad_len)
{
	(void)aead;
	(void)ctx;
	(void)nonce;
	(void)nonce_len;
	(void)aad;
	(void)aad_len;
	memmove(dest, plain, len);
	memset(dest + len, 0, PLAIN_TAG);
	return 0;
}

int ngtcp2_crypto_decrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
			     const ngtcp2_crypto_aead_ctx *ctx,
			     const uint8_t *cipher, size_t len,
			     const uint8_t *nonce, size_t nonce_len,
			     const uint8_t *aad, size_t aad_len)
{
	(void)aead;
	(void)ctx;
	(void)nonce;
	(void)nonce_len;
	(void)aad;
	(void)aad_len;
	if (len < PLAIN_TAG) {
		return -1;
	}
	memmove(dest, cipher, len - PLAIN_TAG);
	return 0;
}

int ngtcp2_crypto_hp_mask_cb(uint8_t *dest, const ngtcp2_crypto_cipher *hp,
			     const ngtcp2_crypto_cipher_ctx *ctx,
			     const uint8_t *sample)
{
	(void)hp;
	(void)ctx;
	(void)sample;
	memset(dest, 0, 5);
	return 0;
}

#endif
