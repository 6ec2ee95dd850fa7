/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_keys.c - the keys of 1-RTT packets, held by gcm.c, and those of their
 * headers by Nettle, where gcm.c works and the cipher is AES-GCM. All other
 * keys, and those of other ciphers, stay with ngtcp2's crypto library and
 * GnuTLS.
 *
 * ngtcp2 hands a key's context to its callbacks and nothing else, so that the
 * context itself has to say whose it is: pointers are even, and ours is marked
 * by its lowest bit.
 */
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <nettle/aes.h>
#include <nettle/nettle-meta.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "smbquic/gcm.h"
#include "smbquic/quic_private.h"
#include "smbquic/wire.h"

#define KEY_MAX	    32
#define SECRET_MAX  64
#define LABEL_MAX   64
#define MASK_LENGTH 5
#define OURS	    ((uintptr_t)1)

/* One block of AES is the mask of a header (RFC 9001 5.4.3). */
struct header_key {
	const struct nettle_cipher *method;
	union {
		struct aes128_ctx small;
		struct aes256_ctx large;
	} aes;
};

static struct header_key *header_key_new(const uint8_t *key, size_t len)
{
	struct header_key *h = calloc(1, sizeof(*h));

	if (h != NULL) {
		h->method =
			len == GCM_KEY_128 ? &nettle_aes128 : &nettle_aes256;
		h->method->set_encrypt_key(&h->aes, key);
	}
	return h;
}

static void header_key_free(struct header_key *key)
{
	if (key != NULL) {
		gnutls_memset(key, 0, sizeof(*key));
		free(key);
	}
}

static void *mark(void *key)
{
	return (void *)((uintptr_t)key | OURS);
}

/* NULL: it is not ours. */
static void *unmark(const void *handle)
{
	uintptr_t value = (uintptr_t)handle;

	return (value & OURS) != 0 ? (void *)(value & ~OURS) : NULL;
}

bool quic_keys_ours(const ngtcp2_crypto_aead *aead)
{
	gnutls_cipher_algorithm_t cipher =
		(gnutls_cipher_algorithm_t)(intptr_t)aead->native_handle;

	return gcm_usable() && (cipher == GNUTLS_CIPHER_AES_128_GCM ||
				cipher == GNUTLS_CIPHER_AES_256_GCM);
}

/* --- from a secret ------------------------------------------------------- */

/* HKDF-Expand-Label (RFC 8446 7.1) without a context. */
static bool expand(uint8_t *out, size_t len, const ngtcp2_crypto_md *md,
		   const uint8_t *secret, size_t secret_len, const char *prefix,
		   const char *what)
{
	uint8_t info[LABEL_MAX];
	struct wire_writer w = wire_writer_fixed(info, sizeof(info));
	static const char tls[] = "tls13 ";
	size_t label = strlen(tls) + strlen(prefix) + strlen(what);

	/* as TLS does, in network byte order */
	wire_put_u8(&w, 0);
	wire_put_u8(&w, (uint8_t)len);
	wire_put_u8(&w, (uint8_t)label);
	wire_put(&w, tls, strlen(tls));
	wire_put(&w, prefix, strlen(prefix));
	wire_put(&w, what, strlen(what));
	wire_put_u8(&w, 0);
	return wire_writer_ok(&w) &&
	       ngtcp2_crypto_hkdf_expand(out, len, md, secret, secret_len, info,
					 4 + label) == 0;
}

/* What one direction needs. */
struct direction {
	struct gcm_key *key;
	struct header_key *header;
	uint8_t iv[GCM_NONCE];
};

static void drop(struct direction *d)
{
	gcm_key_free(d->key);
	header_key_free(d->header);
	gnutls_memset(d, 0, sizeof(*d));
}

static bool derive(ngtcp2_conn *ng, const uint8_t *secret, size_t len,
		   struct direction *d)
{
	const ngtcp2_crypto_ctx *ctx = ngtcp2_conn_get_crypto_ctx(ng);
	size_t key_len = ngtcp2_crypto_aead_keylen(&ctx->aead);
	const char *prefix =
		ngtcp2_conn_get_negotiated_version(ng) == NGTCP2_PROTO_VER_V2
			? "quicv2 "
			: "quic ";
	uint8_t key[KEY_MAX] = {0};
	uint8_t header[KEY_MAX] = {0};
	bool ok = false;

	*d = (struct direction){.key = NULL};
	ok = expand(key, key_len, &ctx->md, secret, len, prefix, "key") &&
	     expand(header, key_len, &ctx->md, secret, len, prefix, "hp") &&
	     expand(d->iv, sizeof(d->iv), &ctx->md, secret, len, prefix, "iv");
	if (ok) {
		d->key = gcm_key_new(key, key_len);
		d->header = header_key_new(header, key_len);
		ok = d->key != NULL && d->header != NULL;
	}
	gnutls_memset(key, 0, sizeof(key));
	gnutls_memset(header, 0, sizeof(header));
	if (!ok) {
		drop(d);
	}
	return ok;
}

typedef int (*install_fn)(ngtcp2_conn *ng, const uint8_t *secret, size_t len,
			  const ngtcp2_crypto_aead_ctx *aead, const uint8_t *iv,
			  size_t iv_len,
			  const ngtcp2_crypto_cipher_ctx *header);

static bool install(ngtcp2_conn *ng, const uint8_t *secret, size_t len,
		    install_fn how)
{
	struct direction d;
	ngtcp2_crypto_aead_ctx aead = {0};
	ngtcp2_crypto_cipher_ctx header = {0};

	if (!derive(ng, secret, len, &d)) {
		return false;
	}
	aead.native_handle = mark(d.key);
	header.native_handle = mark(d.header);
	if (how(ng, secret, len, &aead, d.iv, sizeof(d.iv), &header) != 0) {
		drop(&d);
		return false;
	}
	gnutls_memset(&d, 0, sizeof(d)); /* the keys are ngtcp2's now */
	return true;
}

/* 1-RTT, with a cipher that is known since the handshake's keys. */
static bool ours(ngtcp2_conn *ng, ngtcp2_encryption_level level)
{
	return level == NGTCP2_ENCRYPTION_LEVEL_1RTT &&
	       quic_keys_ours(&ngtcp2_conn_get_crypto_ctx(ng)->aead);
}

/* ngtcp2 goes on with new keys by itself before a key has been used too often
 * (RFC 9001 6.6), which takes gigabytes. */
struct quic_keys_hook quic_keys_hook;

static void limit_use(ngtcp2_conn *ng)
{
	ngtcp2_crypto_ctx ctx = *ngtcp2_conn_get_crypto_ctx(ng);

	if (quic_keys_hook.most_packets != 0) {
		ctx.max_encryption = quic_keys_hook.most_packets;
		ngtcp2_conn_set_crypto_ctx(ng, &ctx);
	}
}

bool quic_keys_install(ngtcp2_conn *ng, ngtcp2_encryption_level level,
		       const uint8_t *rx, const uint8_t *tx, size_t len)
{
	if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT) {
		limit_use(ng);
	}
	if (ours(ng, level)) {
		return (rx == NULL ||
			install(ng, rx, len, ngtcp2_conn_install_rx_key)) &&
		       (tx == NULL ||
			install(ng, tx, len, ngtcp2_conn_install_tx_key));
	}
	return (rx == NULL ||
		ngtcp2_crypto_derive_and_install_rx_key(ng, NULL, NULL, NULL,
							level, rx, len) == 0) &&
	       (tx == NULL ||
		ngtcp2_crypto_derive_and_install_tx_key(ng, NULL, NULL, NULL,
							level, tx, len) == 0);
}

/* --- what ngtcp2 calls --------------------------------------------------- */

int quic_keys_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
		      const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain,
		      size_t len, const uint8_t *nonce, size_t nonce_len,
		      const uint8_t *aad, size_t aad_len)
{
	const struct gcm_key *key = unmark(ctx->native_handle);

	if (key == NULL) {
		return ngtcp2_crypto_encrypt_cb(dest, aead, ctx, plain, len,
						nonce, nonce_len, aad, aad_len);
	}
	gcm_seal(key, nonce, aad, aad_len, plain, len, dest, dest + len);
	return 0;
}

int quic_keys_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
		      const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *cipher,
		      size_t len, const uint8_t *nonce, size_t nonce_len,
		      const uint8_t *aad, size_t aad_len)
{
	const struct gcm_key *key = unmark(ctx->native_handle);

	if (key == NULL) {
		return ngtcp2_crypto_decrypt_cb(dest, aead, ctx, cipher, len,
						nonce, nonce_len, aad, aad_len);
	}
	if (len < GCM_TAG) {
		return NGTCP2_ERR_DECRYPT;
	}
	len -= GCM_TAG;
	return gcm_open(key, nonce, aad, aad_len, cipher, len, dest,
			cipher + len)
		       ? 0
		       : NGTCP2_ERR_DECRYPT;
}

int quic_keys_mask(uint8_t *dest, const ngtcp2_crypto_cipher *cipher,
		   const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample)
{
	const struct header_key *key = unmark(ctx->native_handle);
	uint8_t mask[AES_BLOCK_SIZE];

	if (key == NULL) {
		return ngtcp2_crypto_hp_mask_cb(dest, cipher, ctx, sample);
	}
	key->method->encrypt(&key->aes, sizeof(mask), mask, sample);
	memcpy(dest, mask, MASK_LENGTH);
	return 0;
}

/* Takes the place of GnuTLS's context for the same key. */
static bool replace(ngtcp2_crypto_aead_ctx *ctx, const uint8_t *key, size_t len)
{
	struct gcm_key *mine = gcm_key_new(key, len);

	ngtcp2_crypto_aead_ctx_free(ctx);
	ctx->native_handle = mine != NULL ? mark(mine) : NULL;
	return mine != NULL;
}

int quic_keys_update(ngtcp2_conn *ng, uint8_t *rx_secret, uint8_t *tx_secret,
		     ngtcp2_crypto_aead_ctx *rx, uint8_t *rx_iv,
		     ngtcp2_crypto_aead_ctx *tx, uint8_t *tx_iv,
		     const uint8_t *rx_now, const uint8_t *tx_now, size_t len,
		     void *user_data)
{
	const ngtcp2_crypto_aead *aead = &ngtcp2_conn_get_crypto_ctx(ng)->aead;
	size_t key_len = ngtcp2_crypto_aead_keylen(aead);
	uint8_t rx_key[SECRET_MAX] = {0};
	uint8_t tx_key[SECRET_MAX] = {0};
	bool ok = true;

	(void)user_data;
	atomic_fetch_add(&quic_keys_hook.updates, 1);
	if (ngtcp2_crypto_update_key(ng, rx_secret, tx_secret, rx, rx_key,
				     rx_iv, tx, tx_key, tx_iv, rx_now, tx_now,
				     len) != 0) {
		return NGTCP2_ERR_CALLBACK_FAILURE;
	}
	if (quic_keys_ours(aead)) {
		ok = replace(rx, rx_key, key_len);
		ok = replace(tx, tx_key, key_len) && ok;
	}
	if (!ok) {
		gcm_key_free(unmark(rx->native_handle));
		gcm_key_free(unmark(tx->native_handle));
	}
	gnutls_memset(rx_key, 0, sizeof(rx_key));
	gnutls_memset(tx_key, 0, sizeof(tx_key));
	return ok ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

void quic_keys_drop_aead(ngtcp2_conn *ng, ngtcp2_crypto_aead_ctx *ctx,
			 void *user_data)
{
	struct gcm_key *key = unmark(ctx->native_handle);

	if (key == NULL) {
		ngtcp2_crypto_delete_crypto_aead_ctx_cb(ng, ctx, user_data);
	}
	gcm_key_free(key);
}

void quic_keys_drop_cipher(ngtcp2_conn *ng, ngtcp2_crypto_cipher_ctx *ctx,
			   void *user_data)
{
	struct header_key *key = unmark(ctx->native_handle);

	if (key == NULL) {
		ngtcp2_crypto_delete_crypto_cipher_ctx_cb(ng, ctx, user_data);
	}
	header_key_free(key);
}
