/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AES-GCM (NIST SP 800-38D) with nonces of 12 bytes and tags of 16, for
 * processors that compute two blocks with one instruction (VAES, VPCLMULQDQ:
 * Zen 3, Ice Lake and later). There it takes half the time of what GnuTLS
 * has, and a packet less still, for nothing is set up for a message. Elsewhere
 * gcm_usable() is false and callers stay with GnuTLS.
 *
 * No branch and no address depends on keys or data. A key is only read after
 * it was made: threads may share it.
 */
#ifndef SMBQUIC_GCM_H
#define SMBQUIC_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define GCM_NONCE 12
#define GCM_TAG	  16
#define GCM_BLOCK 16

/* The longest message that SP 800-38D 5.2.1.1 allows, in bytes. */
#define GCM_LONGEST ((1ull << 36) - 32)

struct gcm_key;

/* Can this machine do it? SMBQUIC_GCM=0 in the environment says no. */
bool gcm_usable(void);

/*
 * @param len  16 or 32 bytes.
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

/* One block of AES by itself, as a mask for headers (RFC 9001 5.4.3). */
void gcm_block(const struct gcm_key *key, const uint8_t in[GCM_BLOCK],
	       uint8_t out[GCM_BLOCK]);

#endif
