/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The calculations of MS-NLMP 3.3.2 and 3.4. MD4, MD5 and RC4 come from nettle
 * and not from GnuTLS, which lacks the first and may forbid the others.
 */
#include <nettle/arcfour.h>
#include <nettle/hmac.h>
#include <nettle/md4.h>
#include <nettle/md5.h>

#include "negotiate/ntlm_private.h"
#include "smbquic/crypto.h"
#include "smbquic/utf16.h"

bool auth_nt_hash(const char *password, uint8_t hash[AUTH_NT_HASH_SIZE])
{
	struct wire_slice text = {0};
	struct md4_ctx md4 = {0};

	if (!utf16_from_utf8(NULL, password, &text)) {
		return false;
	}
	md4_init(&md4);
	md4_update(&md4, text.len, text.data);
	md4_digest(&md4, AUTH_NT_HASH_SIZE, hash);
	crypto_wipe(&md4, sizeof(md4));
	crypto_wipe((void *)(uintptr_t)text.data, text.len);
	talloc_free((void *)(uintptr_t)text.data);
	return true;
}

void ntlm_hmac_md5(const uint8_t key[NTLM_KEY_SIZE],
		   const struct wire_slice *parts, size_t count,
		   uint8_t out[NTLM_KEY_SIZE])
{
	struct hmac_md5_ctx ctx = {0};
	size_t i = 0;

	hmac_md5_set_key(&ctx, NTLM_KEY_SIZE, key);
	for (i = 0; i < count; i++) {
		if (parts[i].len > 0) {
			hmac_md5_update(&ctx, parts[i].len, parts[i].data);
		}
	}
	hmac_md5_digest(&ctx, NTLM_KEY_SIZE, out);
	crypto_wipe(&ctx, sizeof(ctx));
}

void ntlm_binding_hash(struct wire_slice binding, uint8_t out[NTLM_KEY_SIZE])
{
	/* No addresses of either side, and the length of the bytes. */
	uint8_t head[5 * 4] = {0};
	struct md5_ctx md5 = {0};

	wire_store_le(head + 4 * 4, binding.len, 4);
	md5_init(&md5);
	md5_update(&md5, sizeof(head), head);
	md5_update(&md5, binding.len, binding.data);
	md5_digest(&md5, NTLM_KEY_SIZE, out);
}

void ntlm_mic(const uint8_t session_key[NTLM_KEY_SIZE],
	      struct wire_slice negotiate, struct wire_slice challenge,
	      struct wire_slice authenticate, uint8_t out[NTLM_MIC_SIZE])
{
	static const uint8_t zeros[NTLM_MIC_SIZE];
	size_t after = NTLM_MIC_OFFSET + NTLM_MIC_SIZE;
	struct wire_slice parts[] = {
		negotiate,
		challenge,
		wire_slice(authenticate.data, NTLM_MIC_OFFSET),
		wire_slice(zeros, sizeof(zeros)),
		wire_slice(authenticate.data + after, authenticate.len - after),
	};

	ntlm_hmac_md5(session_key, parts, 5, out);
}

bool ntlm_owf_v2(const uint8_t nt_hash[NTLM_KEY_SIZE], struct wire_slice user,
		 struct wire_slice domain, uint8_t out[NTLM_KEY_SIZE])
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *text = utf16_to_utf8(tmp, user);
	char *upper = text != NULL ? utf8_upper(tmp, text) : NULL;
	struct wire_slice name = {0};
	bool ok = upper != NULL && utf16_from_utf8(tmp, upper, &name);

	if (ok) {
		struct wire_slice parts[] = {name, domain};

		ntlm_hmac_md5(nt_hash, parts, 2, out);
	}
	talloc_free(tmp);
	return ok;
}

void ntlm_rc4_key(const uint8_t key[NTLM_KEY_SIZE],
		  const uint8_t in[NTLM_KEY_SIZE], uint8_t out[NTLM_KEY_SIZE])
{
	struct arcfour_ctx rc4 = {0};

	arcfour_set_key(&rc4, NTLM_KEY_SIZE, key);
	arcfour_crypt(&rc4, NTLM_KEY_SIZE, out, in);
	crypto_wipe(&rc4, sizeof(rc4));
}

/* --------------------------------------------------- session security, 3.4 */

static void magic_md5(const uint8_t *key, size_t key_len, const char *magic,
		      uint8_t out[NTLM_KEY_SIZE])
{
	struct md5_ctx md5 = {0};

	md5_init(&md5);
	md5_update(&md5, key_len, key);
	md5_update(&md5, strlen(magic) + 1, (const uint8_t *)magic);
	md5_digest(&md5, NTLM_KEY_SIZE, out);
	crypto_wipe(&md5, sizeof(md5));
}

/* SIGNKEY and SEALKEY, 3.4.5.2 and 3.4.5.3, with extended session security. */
static const char *const sign_magic[] = {
	"session key to server-to-client signing key magic constant",
	"session key to client-to-server signing key magic constant",
};
static const char *const seal_magic[] = {
	"session key to server-to-client sealing key magic constant",
	"session key to client-to-server sealing key magic constant",
};

static size_t seal_key_strength(uint32_t flags)
{
	if ((flags & NTLM_NEGOTIATE_128) != 0) {
		return 16;
	}
	return (flags & NTLM_NEGOTIATE_56) != 0 ? 7 : 5;
}

void ntlm_signature(const uint8_t session_key[NTLM_KEY_SIZE], uint32_t flags,
		    bool from_client, struct wire_slice message,
		    uint8_t out[16])
{
	static const uint8_t sequence[4] = {0};
	uint8_t sign_key[NTLM_KEY_SIZE] = {0};
	uint8_t seal_key[NTLM_KEY_SIZE] = {0};
	uint8_t sum[NTLM_KEY_SIZE] = {0};
	struct wire_slice parts[] = {wire_slice(sequence, sizeof(sequence)),
				     message};
	struct wire_writer w = wire_writer_fixed(out, 16);

	magic_md5(session_key, NTLM_KEY_SIZE, sign_magic[from_client],
		  sign_key);
	ntlm_hmac_md5(sign_key, parts, 2, sum);
	if ((flags & NTLM_NEGOTIATE_KEY_EXCH) != 0) {
		magic_md5(session_key, seal_key_strength(flags),
			  seal_magic[from_client], seal_key);
		ntlm_rc4_key(seal_key, sum, sum);
	}
	wire_put_u32(&w, 1);
	wire_put(&w, sum, 8);
	wire_put(&w, sequence, sizeof(sequence));
	crypto_wipe(sign_key, sizeof(sign_key));
	crypto_wipe(seal_key, sizeof(seal_key));
}
