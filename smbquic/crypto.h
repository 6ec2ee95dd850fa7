/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cryptography of SMB2 messages: signing, sealing, key derivation, the
 * preauthentication hash. Bytes in, bytes out; GnuTLS underneath (AES-GCM may
 * be gcm.h's), no event loop and no connection state.
 *
 * Errors are positive errno values, 0 is success:
 *   EINVAL     an argument that cannot work (unknown algorithm, short buffer)
 *   EBADMSG    signature or tag does not match, or a malformed transform
 *              header: the message must be dropped, its bytes are garbage
 *   EOVERFLOW  a sealing key has no nonce left: end the session
 *   ENOMEM, EIO (the library failed; nothing was produced)
 *
 * A key is a talloc object with its cipher context prepared once; freeing it
 * wipes it. One key is used by one thread at a time. Algorithms are named by
 * their numbers on the wire (smb2.h: SMB2_SIGNING_*, SMB2_CIPHER_*).
 */
#ifndef SMBQUIC_CRYPTO_H
#define SMBQUIC_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <talloc.h>

#define CRYPTO_SIGNING_KEY_SIZE	     16
#define CRYPTO_SEALING_KEY_MAX	     32
#define CRYPTO_PREAUTH_SIZE	     64
#define CRYPTO_TRANSFORM_HEADER_SIZE 52
/* What crypto_seal writes beyond the plaintext's length, scratch included. */
#define CRYPTO_SEAL_OVERHEAD (CRYPTO_TRANSFORM_HEADER_SIZE + 16)

/* Pieces that a message may come in. */
#define CRYPTO_IOV_MAX 512
/* Messages that one key may seal. A counter of 64 bits could go on; no session
 * gets here, and GCM's guarantees wear thin with the volume. */
#define CRYPTO_SEALING_LIMIT ((uint64_t)1 << 48)

struct smb2_signing_key;
struct smb2_sealing_key;

/*
 * Signing (MS-SMB2 3.1.4.1).
 *
 * A message is a vector whose first element holds at least the 64 bytes of its
 * SMB2 header; the rest may be cut anywhere. The caller has filled the header,
 * SMB2_FLAGS_SIGNED included; the 16 bytes of the signature field may hold
 * anything and count as zero. In a compound each message is signed by itself,
 * with its padding. With AES-GMAC the nonce comes from the header (message id,
 * direction, CANCEL).
 */
int crypto_signing_key_new(TALLOC_CTX *mem_ctx, uint16_t algorithm,
			   const uint8_t key[CRYPTO_SIGNING_KEY_SIZE],
			   struct smb2_signing_key **out);

uint16_t crypto_signing_algorithm(const struct smb2_signing_key *key);

/* Writes the signature into the header's signature field. */
int crypto_sign(struct smb2_signing_key *key, const struct iovec *message,
		int count);

/* 0: the signature is right; EBADMSG: it is not. In constant time. Nothing is
 * written. */
int crypto_verify(struct smb2_signing_key *key, const struct iovec *message,
		  int count);

/*
 * Sealing (MS-SMB2 2.2.41, 3.1.4.3).
 *
 * A key serves one direction of one session, over all its channels. An
 * encryption key owns the nonce: a random prefix, then a 64-bit counter that
 * never goes back; when the limit is reached sealing fails with EOVERFLOW.
 * Key sizes: 16 bytes for the AES-128 ciphers, 32 for the AES-256 ones.
 */
int crypto_sealing_key_new(TALLOC_CTX *mem_ctx, uint16_t cipher,
			   const uint8_t *key, size_t key_size,
			   struct smb2_sealing_key **out);

uint16_t crypto_sealing_cipher(const struct smb2_sealing_key *key);

/* Key length of a cipher in bytes; 0 for a cipher that we do not know. */
size_t crypto_cipher_key_size(uint16_t cipher);

/* Messages sealed so far, and the number at which sealing stops (may only be
 * lowered). */
uint64_t crypto_sealing_count(const struct smb2_sealing_key *key);
void crypto_sealing_set_limit(struct smb2_sealing_key *key, uint64_t limit);

/*
 * Seal one message or compound, gathering it from a vector that is only read,
 * into one buffer: transform header, then ciphertext, together
 * CRYPTO_TRANSFORM_HEADER_SIZE + length of the plaintext bytes. The buffer
 * must be CRYPTO_SEAL_OVERHEAD bytes longer than the plaintext: the 16 bytes
 * behind the ciphertext are scratch and are not part of the message.
 */
int crypto_seal(struct smb2_sealing_key *key, uint64_t session_id,
		const struct iovec *plain, int count, uint8_t *out,
		size_t out_size);

/* The same without a second buffer: ciphertext replaces the bytes of the
 * vector, the header goes where the caller says. */
int crypto_seal_in_place(struct smb2_sealing_key *key, uint64_t session_id,
			 uint8_t header[CRYPTO_TRANSFORM_HEADER_SIZE],
			 const struct iovec *message, int count);

/*
 * Unseal in place. 'message' begins with the transform header and ends with
 * the message; afterwards the plaintext lies at CRYPTO_TRANSFORM_HEADER_SIZE.
 * The caller has found the key by the header's session id. A header whose
 * protocol id, flags or OriginalMessageSize are wrong is EBADMSG.
 */
int crypto_unseal(struct smb2_sealing_key *key, uint8_t *message,
		  size_t length);

/* The same with the ciphertext in pieces (a payload that was received straight
 * into its buffer). */
int crypto_unseal_vector(struct smb2_sealing_key *key,
			 const uint8_t header[CRYPTO_TRANSFORM_HEADER_SIZE],
			 const struct iovec *message, int count);

/* Preauthentication hash: hash = SHA-512(hash || message). Start from 64 zero
 * bytes. The message is whole, from its SMB2 header to its last byte, as it is
 * on the wire after signing. */
int crypto_preauth_update(uint8_t hash[CRYPTO_PREAUTH_SIZE],
			  const struct iovec *message, int count);

/* SP800-108 counter mode, HMAC-SHA256, r = 32, L = 8 * out_size (16 or 32
 * bytes). Labels and contexts are counted with their terminating zero where
 * MS-SMB2 does so. */
int crypto_kdf(const uint8_t *key, size_t key_size, const void *label,
	       size_t label_size, const void *context, size_t context_size,
	       uint8_t *out, size_t out_size);

/* Bytes for keys, salts, challenges and GUIDs. */
int crypto_random(void *out, size_t size);

/* Compare secrets in constant time. */
bool crypto_equal(const void *a, const void *b, size_t size);

/* Overwrite secrets; never optimised away. */
void crypto_wipe(void *secret, size_t size);

/* Overwrite what earlier calls left below the caller's part of the stack: the
 * libraries that compute with keys leave copies there. */
void crypto_wipe_stack(void);

#endif
