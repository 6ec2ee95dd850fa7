/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AES-GCM (NIST SP 800-38D) with nonces of 12 bytes and tags of 16, by the
 * IPsec multi-buffer library (libipsec-mb), where smbquic was built with it and
 * the processor has at least AVX2. It needs nothing set up for a message, and
 * is faster than GnuTLS at the size of a packet; much so where it uses the
 * wide instructions (VAES: from 1.0 on with AVX-512; from 2.0 on with AVX2,
 * where there is GFNI). Elsewhere gcm_usable() is false: GnuTLS does it.
 *
 * A key is only read after it was made: threads may share it. A message may
 * have 2^36 - 32 bytes at most (5.2.1.1); those of SMB and QUIC never come
 * near.
 */
#ifndef SMBQUIC_GCM_H
#define SMBQUIC_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define GCM_NONCE   12
#define GCM_TAG	    16
#define GCM_KEY_128 16
#define GCM_KEY_256 32

struct gcm_key;

/* Can this build and machine do it? SMBQUIC_GCM=0 in the environment says no.
 */
bool gcm_usable(void);

/*
 * @param len  GCM_KEY_128 or GCM_KEY_256.
 * @return NULL: another length, not usable here, no memory. Else the caller's,
 * to be given to gcm_key_free, which wipes it.
 */
struct gcm_key *gcm_key_new(const uint8_t *key, size_t len);
void gcm_key_free(struct gcm_key *key);

/*
 * Encrypt.
 * @param in, out  len bytes each; may be the same, or not overlap.
 */
void gcm_seal(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, uint8_t tag[GCM_TAG]);

/*
 * Decrypt.
 * @return false: the tag does not match, and what out holds is garbage.
 */
bool gcm_open(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, const uint8_t tag[GCM_TAG]);

/* The same of a message in pieces.
 * @param out  one after the other; NULL: each piece in its place. */
void gcm_seal_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count, uint8_t *out,
		     uint8_t tag[GCM_TAG]);
/* In place. */
bool gcm_open_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count,
		     const uint8_t tag[GCM_TAG]);

/* GMAC: the tag of pieces that are authenticated and not encrypted. */
void gcm_authenticate(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		      const struct iovec *data, int count,
		      uint8_t tag[GCM_TAG]);

#endif
