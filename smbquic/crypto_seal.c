/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sealing: the SMB2 transform header and what is behind it. */
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "smbquic/crypto.h"
#include "smbquic/crypto_private.h"
#include "smbquic/gcm.h"
#include "smbquic/smb2.h"
#include "smbquic/smb2_transform.h"
#include "smbquic/wire.h"

#define TAG_SIZE	 16
#define NONCE_FIELD_SIZE 16
#define NONCE_COUNTER	 8
#define NONCE_PREFIX_MAX 4

/* Authenticated with the ciphertext: the header from its nonce on. */
#define AAD_OFFSET SMB2_TRANSFORM_AAD_OFFSET
#define AAD_SIZE   (CRYPTO_TRANSFORM_HEADER_SIZE - AAD_OFFSET)

_Static_assert(CRYPTO_TRANSFORM_HEADER_SIZE == SMB2_TRANSFORM_SIZE,
	       "crypto.h and the codec mean the same header");

struct sealing_method {
	uint16_t cipher;
	gnutls_cipher_algorithm_t aead;
	uint8_t key_size;
	uint8_t nonce_size;
	bool gcm;
};

static const struct sealing_method sealing_methods[] = {
	/* cipher                      GnuTLS                key nonce */
	{SMB2_CIPHER_AES128_CCM, GNUTLS_CIPHER_AES_128_CCM, 16, 11, false},
	{SMB2_CIPHER_AES128_GCM, GNUTLS_CIPHER_AES_128_GCM, 16, 12, true},
	{SMB2_CIPHER_AES256_CCM, GNUTLS_CIPHER_AES_256_CCM, 32, 11, false},
	{SMB2_CIPHER_AES256_GCM, GNUTLS_CIPHER_AES_256_GCM, 32, 12, true},
};

struct smb2_sealing_key {
	const struct sealing_method *method;
	gnutls_aead_cipher_hd_t aead;
	struct gcm_key *gcm; /* instead of aead, where it works */
	uint64_t used;
	uint64_t limit;
	uint8_t prefix[NONCE_PREFIX_MAX];
};

static const struct sealing_method *sealing_method_find(uint16_t cipher)
{
	size_t n = sizeof(sealing_methods) / sizeof(sealing_methods[0]);
	size_t i = 0;

	for (i = 0; i < n; i++) {
		if (sealing_methods[i].cipher == cipher) {
			return &sealing_methods[i];
		}
	}
	return NULL;
}

static int sealing_key_destructor(struct smb2_sealing_key *key)
{
	if (key->aead != NULL) {
		gnutls_aead_cipher_deinit(key->aead);
	}
	gcm_key_free(key->gcm);
	return 0;
}

size_t crypto_cipher_key_size(uint16_t cipher)
{
	const struct sealing_method *method = sealing_method_find(cipher);

	return method != NULL ? method->key_size : 0;
}

int crypto_sealing_key_new(TALLOC_CTX *mem_ctx, uint16_t cipher,
			   const uint8_t *key, size_t key_size,
			   struct smb2_sealing_key **out)
{
	const struct sealing_method *method = sealing_method_find(cipher);
	gnutls_datum_t datum = {.data = discard_const(key),
				.size = (unsigned)key_size};
	struct smb2_sealing_key *k = NULL;
	int rc = 0;

	*out = NULL;
	if (method == NULL || method->key_size != key_size) {
		return EINVAL;
	}
	k = talloc_zero(mem_ctx, struct smb2_sealing_key);
	if (k == NULL) {
		return ENOMEM;
	}
	k->method = method;
	k->limit = CRYPTO_SEALING_LIMIT;
	talloc_set_destructor(k, sealing_key_destructor);
	rc = gnutls_rnd(GNUTLS_RND_NONCE, k->prefix, sizeof(k->prefix));
	if (rc == 0 && method->gcm) {
		k->gcm = gcm_key_new(key, key_size);
	}
	if (rc == 0 && k->gcm == NULL) {
		rc = gnutls_aead_cipher_init(&k->aead, method->aead, &datum);
	}
	if (rc != 0) {
		talloc_free(k);
		return crypto_errno(rc);
	}
	*out = k;
	return 0;
}

uint16_t crypto_sealing_cipher(const struct smb2_sealing_key *key)
{
	return key->method->cipher;
}

uint64_t crypto_sealing_count(const struct smb2_sealing_key *key)
{
	return key->used;
}

void crypto_sealing_set_limit(struct smb2_sealing_key *key, uint64_t limit)
{
	if (limit < key->limit) {
		key->limit = limit;
	}
}

/* ------------------------------------------------------------------ header */

/* Takes the next nonce: it counts as used whatever happens afterwards. */
static int sealing_nonce(struct smb2_sealing_key *key,
			 uint8_t nonce[NONCE_FIELD_SIZE])
{
	struct wire_writer w = wire_writer_fixed(nonce, NONCE_FIELD_SIZE);

	if (key->used >= key->limit) {
		return EOVERFLOW;
	}
	key->used++;
	wire_put_u64(&w, key->used);
	wire_put(&w, key->prefix, key->method->nonce_size - NONCE_COUNTER);
	return wire_writer_ok(&w) ? 0 : EINVAL;
}

static size_t pieces_total(const struct crypto_pieces *pieces)
{
	size_t total = 0;
	int i = 0;

	for (i = 0; i < pieces->count; i++) {
		total += pieces->iov[i].iov_len;
	}
	return total;
}

/* --------------------------------------------------------------------- seal */

/* What both ways to seal begin with: the header, but for its signature. */
static int seal_begin(struct smb2_sealing_key *key, uint64_t session_id,
		      const struct crypto_pieces *pieces, uint8_t *header,
		      struct smb2_transform_header *t)
{
	struct wire_writer w =
		wire_writer_fixed(header, CRYPTO_TRANSFORM_HEADER_SIZE);
	size_t size = pieces_total(pieces);
	int rc = 0;

	if (size == 0 || size > UINT32_MAX) {
		return EINVAL;
	}
	t->original_message_size = (uint32_t)size;
	t->flags = SMB2_TRANSFORM_FLAG_ENCRYPTED;
	t->session_id = session_id;
	rc = sealing_nonce(key, t->nonce);
	if (rc != 0) {
		return rc;
	}
	return smb2_transform_header_encode(&w, t) ? 0 : EINVAL;
}

int crypto_seal(struct smb2_sealing_key *key, uint64_t session_id,
		const struct iovec *plain, int count, uint8_t *out,
		size_t out_size)
{
	giovec_t aad = {.iov_base = out + AAD_OFFSET, .iov_len = AAD_SIZE};
	struct crypto_pieces pieces = {.count = 0};
	struct smb2_transform_header t = {.flags = 0};
	uint8_t *cipher = out + CRYPTO_TRANSFORM_HEADER_SIZE;
	size_t size = 0;
	int rc = 0;

	if (!crypto_pieces_append(&pieces, plain, count) ||
	    out_size < pieces_total(&pieces) + CRYPTO_SEAL_OVERHEAD) {
		return EINVAL;
	}
	rc = seal_begin(key, session_id, &pieces, out, &t);
	if (rc != 0) {
		return rc;
	}
	if (key->gcm != NULL) {
		gcm_seal_vector(key->gcm, t.nonce, aad.iov_base, AAD_SIZE,
				pieces.iov, pieces.count, cipher,
				cipher + t.original_message_size);
		smb2_transform_header_set_signature(
			out, cipher + t.original_message_size);
		return 0;
	}
	size = t.original_message_size + TAG_SIZE;
	rc = gnutls_aead_cipher_encryptv(
		key->aead, t.nonce, key->method->nonce_size, &aad, 1, TAG_SIZE,
		pieces.iov, pieces.count, cipher, &size);
	if (rc != 0) {
		return crypto_errno(rc);
	}
	/* GnuTLS puts the tag behind the ciphertext, SMB before it. */
	smb2_transform_header_set_signature(out,
					    cipher + t.original_message_size);
	return 0;
}

int crypto_seal_in_place(struct smb2_sealing_key *key, uint64_t session_id,
			 uint8_t header[CRYPTO_TRANSFORM_HEADER_SIZE],
			 const struct iovec *message, int count)
{
	giovec_t aad = {.iov_base = header + AAD_OFFSET, .iov_len = AAD_SIZE};
	struct crypto_pieces pieces = {.count = 0};
	struct smb2_transform_header t = {.flags = 0};
	uint8_t tag[TAG_SIZE] = {0};
	size_t tag_size = sizeof(tag);
	int rc = EINVAL;

	if (crypto_pieces_append(&pieces, message, count)) {
		rc = seal_begin(key, session_id, &pieces, header, &t);
	}
	if (rc != 0) {
		return rc;
	}
	if (key->gcm != NULL) {
		gcm_seal_vector(key->gcm, t.nonce, aad.iov_base, AAD_SIZE,
				pieces.iov, pieces.count, NULL, tag);
	} else {
		rc = gnutls_aead_cipher_encryptv2(
			key->aead, t.nonce, key->method->nonce_size, &aad, 1,
			pieces.iov, pieces.count, tag, &tag_size);
	}
	smb2_transform_header_set_signature(header, tag);
	return crypto_errno(rc);
}

/* ------------------------------------------------------------------- unseal */

int crypto_unseal_vector(struct smb2_sealing_key *key,
			 const uint8_t header[CRYPTO_TRANSFORM_HEADER_SIZE],
			 const struct iovec *message, int count)
{
	giovec_t aad = {.iov_base = discard_const(header + AAD_OFFSET),
			.iov_len = AAD_SIZE};
	struct crypto_pieces pieces = {.count = 0};
	struct smb2_transform_header t = {.flags = 0};
	size_t total = 0;

	if (!crypto_pieces_append(&pieces, message, count)) {
		return EINVAL;
	}
	total = pieces_total(&pieces);
	if (!smb2_transform_header_decode(header, CRYPTO_TRANSFORM_HEADER_SIZE,
					  &t) ||
	    t.flags != SMB2_TRANSFORM_FLAG_ENCRYPTED || total == 0 ||
	    t.original_message_size != total) {
		return EBADMSG;
	}
	if (key->gcm != NULL) {
		return gcm_open_vector(key->gcm, t.nonce, aad.iov_base,
				       AAD_SIZE, pieces.iov, pieces.count,
				       t.signature)
			       ? 0
			       : EBADMSG;
	}
	return crypto_errno(gnutls_aead_cipher_decryptv2(
		key->aead, t.nonce, key->method->nonce_size, &aad, 1,
		pieces.iov, pieces.count, t.signature, sizeof(t.signature)));
}

int crypto_unseal(struct smb2_sealing_key *key, uint8_t *message, size_t length)
{
	struct iovec iov = {.iov_base = NULL, .iov_len = 0};

	if (length <= CRYPTO_TRANSFORM_HEADER_SIZE) {
		return EBADMSG;
	}
	iov.iov_base = message + CRYPTO_TRANSFORM_HEADER_SIZE;
	iov.iov_len = length - CRYPTO_TRANSFORM_HEADER_SIZE;
	return crypto_unseal_vector(key, message, &iov, 1);
}
