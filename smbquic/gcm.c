/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gcm.c - AES-GCM by the IPsec multi-buffer library.
 *
 * Of that library only the direct functions are used: they work on the
 * caller's key and context alone, so that the manager, which is made once and
 * holds the pointers to them, is shared by all threads. It wipes what contexts
 * held (SAFE_DATA).
 */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "smbquic/gcm.h"

#ifdef HAVE_INTEL_IPSEC_MB_H

#include <intel-ipsec-mb.h>

/* The library's functions for one size of key. */
struct gcm_calls {
	aes_gcm_pre_t expand;
	aes_gcm_enc_dec_t seal, open;
	aes_gcm_init_t begin;
	aes_gcm_enc_dec_update_t seal_piece, open_piece;
	aes_gcm_enc_dec_finalize_t seal_end, open_end;
	aes_gmac_init_t mac_begin;
	aes_gmac_update_t mac_piece;
	aes_gmac_finalize_t mac_end;
};

struct gcm_key {
	struct gcm_key_data data;
	const struct gcm_calls *calls;
};

static struct gcm_calls calls_128, calls_256;
static bool usable;

static void take_calls(const IMB_MGR *m)
{
	calls_128 = (struct gcm_calls){
		.expand = m->gcm128_pre,
		.seal = m->gcm128_enc,
		.open = m->gcm128_dec,
		.begin = m->gcm128_init,
		.seal_piece = m->gcm128_enc_update,
		.open_piece = m->gcm128_dec_update,
		.seal_end = m->gcm128_enc_finalize,
		.open_end = m->gcm128_dec_finalize,
		.mac_begin = m->gmac128_init,
		.mac_piece = m->gmac128_update,
		.mac_end = m->gmac128_finalize,
	};
	calls_256 = (struct gcm_calls){
		.expand = m->gcm256_pre,
		.seal = m->gcm256_enc,
		.open = m->gcm256_dec,
		.begin = m->gcm256_init,
		.seal_piece = m->gcm256_enc_update,
		.open_piece = m->gcm256_dec_update,
		.seal_end = m->gcm256_enc_finalize,
		.open_end = m->gcm256_dec_finalize,
		.mac_begin = m->gmac256_init,
		.mac_piece = m->gmac256_update,
		.mac_end = m->gmac256_finalize,
	};
}

/* Without AVX2 GnuTLS is as fast. */
static void find_out(void)
{
	const char *set = secure_getenv("SMBQUIC_GCM");
	IMB_ARCH arch = IMB_ARCH_NONE;
	IMB_MGR *manager = NULL;

	if (set == NULL || strcmp(set, "0") != 0) {
		manager = alloc_mb_mgr(0);
	}
	if (manager == NULL) {
		return;
	}
	init_mb_mgr_auto(manager, &arch);
	if (arch >= IMB_ARCH_AVX2) {
		take_calls(manager);
		usable = true;
	}
	free_mb_mgr(manager);
}

bool gcm_usable(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_out);
	return usable;
}

struct gcm_key *gcm_key_new(const uint8_t *key, size_t len)
{
	void *memory = NULL;
	struct gcm_key *k = NULL;

	if ((len != GCM_KEY_128 && len != GCM_KEY_256) || !gcm_usable() ||
	    posix_memalign(&memory, _Alignof(struct gcm_key), sizeof(*k)) !=
		    0) {
		return NULL;
	}
	k = memory;
	k->calls = len == GCM_KEY_128 ? &calls_128 : &calls_256;
	k->calls->expand(key, &k->data);
	return k;
}

void gcm_key_free(struct gcm_key *key)
{
	if (key != NULL) {
		gnutls_memset(key, 0, sizeof(*key));
		free(key);
	}
}

void gcm_seal(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, uint8_t tag[GCM_TAG])
{
	struct gcm_context_data context;

	key->calls->seal(&key->data, &context, out, in, len, nonce, aad,
			 aad_len, tag, GCM_TAG);
}

bool gcm_open(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, const uint8_t tag[GCM_TAG])
{
	struct gcm_context_data context;
	uint8_t right[GCM_TAG] = {0};

	key->calls->open(&key->data, &context, out, in, len, nonce, aad,
			 aad_len, right, GCM_TAG);
	return gnutls_memcmp(right, tag, GCM_TAG) == 0;
}

void gcm_seal_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count, uint8_t *out,
		     uint8_t tag[GCM_TAG])
{
	struct gcm_context_data context;
	int i = 0;

	key->calls->begin(&key->data, &context, nonce, aad, aad_len);
	for (i = 0; i < count; i++) {
		uint8_t *to = out != NULL ? out : data[i].iov_base;

		key->calls->seal_piece(&key->data, &context, to,
				       data[i].iov_base, data[i].iov_len);
		out = out != NULL ? out + data[i].iov_len : NULL;
	}
	key->calls->seal_end(&key->data, &context, tag, GCM_TAG);
}

bool gcm_open_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count,
		     const uint8_t tag[GCM_TAG])
{
	struct gcm_context_data context;
	uint8_t right[GCM_TAG] = {0};
	int i = 0;

	key->calls->begin(&key->data, &context, nonce, aad, aad_len);
	for (i = 0; i < count; i++) {
		key->calls->open_piece(&key->data, &context, data[i].iov_base,
				       data[i].iov_base, data[i].iov_len);
	}
	key->calls->open_end(&key->data, &context, right, GCM_TAG);
	return gnutls_memcmp(right, tag, GCM_TAG) == 0;
}

void gcm_authenticate(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		      const struct iovec *data, int count, uint8_t tag[GCM_TAG])
{
	struct gcm_context_data context;
	int i = 0;

	key->calls->mac_begin(&key->data, &context, nonce, GCM_NONCE);
	for (i = 0; i < count; i++) {
		key->calls->mac_piece(&key->data, &context, data[i].iov_base,
				      data[i].iov_len);
	}
	key->calls->mac_end(&key->data, &context, tag, GCM_TAG);
}

#else /* gcm_key_new has no key for anybody */

bool gcm_usable(void)
{
	return false;
}

struct gcm_key *gcm_key_new(const uint8_t *key, size_t len)
{
	(void)key;
	(void)len;
	return NULL;
}

void gcm_key_free(struct gcm_key *key)
{
	(void)key;
}

void gcm_seal(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)aad, (void)aad_len;
	(void)in, (void)len, (void)out, (void)tag;
	abort();
}

bool gcm_open(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, const uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)aad, (void)aad_len;
	(void)in, (void)len, (void)out, (void)tag;
	abort();
}

void gcm_seal_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count, uint8_t *out,
		     uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)aad, (void)aad_len;
	(void)data, (void)count, (void)out, (void)tag;
	abort();
}

bool gcm_open_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count,
		     const uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)aad, (void)aad_len;
	(void)data, (void)count, (void)tag;
	abort();
}

void gcm_authenticate(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		      const struct iovec *data, int count, uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)data, (void)count, (void)tag;
	abort();
}

#endif
