/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "negotiate/keys.h"
#include "smbquic/smb2.h"

#define SESSION_KEY_SIZE 16

/*
 * Labels and contexts of MS-SMB2 3.2.5.3.1 and 3.3.5.5.3, each with its
 * terminating zero. With 3.1.1 the context is the preauth hash.
 */
struct derivation {
	const char *label_300;
	const char *context_300;
	const char *label_311;
};

static const struct derivation derive_signing = {"SMB2AESCMAC", "SmbSign",
						 "SMBSigningKey"};
static const struct derivation derive_application = {"SMB2APP", "SmbRpc",
						     "SMBAppKey"};
static const struct derivation derive_client_to_server = {
	"SMB2AESCCM", "ServerIn ", "SMBC2SCipherKey"};
static const struct derivation derive_server_to_client = {
	"SMB2AESCCM", "ServerOut", "SMBS2CCipherKey"};

static bool dialect_known(uint16_t dialect)
{
	switch (dialect) {
	case SMB2_DIALECT_202:
	case SMB2_DIALECT_210:
	case SMB2_DIALECT_300:
	case SMB2_DIALECT_302:
	case SMB2_DIALECT_311: return true;
	default: return false;
	}
}

static int derive(const struct keys_input *in, const struct derivation *d,
		  struct wire_slice key, uint8_t *out, size_t out_size)
{
	if (in->dialect == SMB2_DIALECT_311) {
		return crypto_kdf(key.data, key.len, d->label_311,
				  strlen(d->label_311) + 1, in->preauth,
				  CRYPTO_PREAUTH_SIZE, out, out_size);
	}
	return crypto_kdf(key.data, key.len, d->label_300,
			  strlen(d->label_300) + 1, d->context_300,
			  strlen(d->context_300) + 1, out, out_size);
}

/* Session.SessionKey: the first 16 bytes, padded with zeros. */
static struct wire_slice session_key(const struct keys_input *in,
				     uint8_t buf[SESSION_KEY_SIZE])
{
	size_t n = in->session_key.len;

	memset(buf, 0, SESSION_KEY_SIZE);
	memcpy(buf, in->session_key.data,
	       n < SESSION_KEY_SIZE ? n : SESSION_KEY_SIZE);
	return wire_slice(buf, SESSION_KEY_SIZE);
}

static bool input_valid(const struct keys_input *in)
{
	if (!dialect_known(in->dialect) || in->session_key.len == 0) {
		return false;
	}
	return in->dialect != SMB2_DIALECT_311 || in->preauth != NULL;
}

static NTSTATUS make_signing(TALLOC_CTX *mem_ctx, const struct keys_input *in,
			     struct smb2_signing_key **out)
{
	uint8_t base[SESSION_KEY_SIZE] = {0};
	uint8_t derived[CRYPTO_SIGNING_KEY_SIZE] = {0};
	struct wire_slice key = session_key(in, base);
	int rc = 0;

	if (in->dialect < SMB2_DIALECT_300) {
		memcpy(derived, key.data, key.len);
	} else {
		/* Always 128 bits, whatever the cipher: every signing
		 * algorithm there is has a key of that size. */
		rc = derive(in, &derive_signing, key, derived, sizeof(derived));
	}
	if (rc == 0) {
		rc = crypto_signing_key_new(mem_ctx, in->signing_algorithm,
					    derived, out);
	}
	crypto_wipe(base, sizeof(base));
	crypto_wipe(derived, sizeof(derived));
	return ntstatus_from_errno(rc);
}

static NTSTATUS make_sealing(TALLOC_CTX *mem_ctx, const struct keys_input *in,
			     const struct derivation *d,
			     struct smb2_sealing_key **out)
{
	uint8_t base[SESSION_KEY_SIZE] = {0};
	uint8_t derived[CRYPTO_SEALING_KEY_MAX] = {0};
	struct wire_slice key = session_key(in, base);
	size_t size = crypto_cipher_key_size(in->cipher);
	int rc = 0;

	if (size > SESSION_KEY_SIZE) {
		key = in->session_key; /* Session.FullSessionKey */
	}
	rc = derive(in, d, key, derived, size);
	if (rc == 0) {
		rc = crypto_sealing_key_new(mem_ctx, in->cipher, derived, size,
					    out);
	}
	crypto_wipe(base, sizeof(base));
	crypto_wipe(derived, sizeof(derived));
	return ntstatus_from_errno(rc);
}

static NTSTATUS make_application(const struct keys_input *in,
				 uint8_t out[SESSION_KEY_SIZE])
{
	uint8_t base[SESSION_KEY_SIZE] = {0};
	struct wire_slice key = session_key(in, base);
	int rc = 0;

	if (in->dialect < SMB2_DIALECT_300) {
		memcpy(out, key.data, key.len);
	} else {
		rc = derive(in, &derive_application, key, out,
			    SESSION_KEY_SIZE);
	}
	crypto_wipe(base, sizeof(base));
	return ntstatus_from_errno(rc);
}

static NTSTATUS make_both_sealing(struct session_keys *keys,
				  const struct keys_input *in)
{
	bool client = in->role == KEYS_CLIENT;
	NTSTATUS status = NT_STATUS_OK;

	if (in->cipher == 0 || in->dialect < SMB2_DIALECT_300) {
		return NT_STATUS_OK;
	}
	status = make_sealing(keys, in, &derive_client_to_server,
			      client ? &keys->seal : &keys->unseal);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	return make_sealing(keys, in, &derive_server_to_client,
			    client ? &keys->unseal : &keys->seal);
}

static int session_keys_destructor(struct session_keys *keys)
{
	crypto_wipe(keys->application_key, sizeof(keys->application_key));
	crypto_wipe_stack();
	return 0;
}

NTSTATUS session_keys_new(TALLOC_CTX *mem_ctx, const struct keys_input *input,
			  struct session_keys **out)
{
	struct session_keys *keys = NULL;
	NTSTATUS status = NT_STATUS_OK;

	*out = NULL;
	if (!input_valid(input)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	keys = talloc_zero(mem_ctx, struct session_keys);
	if (keys == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	talloc_set_destructor(keys, session_keys_destructor);
	status = make_signing(keys, input, &keys->signing);
	if (NT_STATUS_IS_OK(status)) {
		status = make_both_sealing(keys, input);
	}
	if (NT_STATUS_IS_OK(status)) {
		status = make_application(input, keys->application_key);
	}
	if (!NT_STATUS_IS_OK(status)) {
		talloc_free(keys);
		return status;
	}
	*out = keys;
	return NT_STATUS_OK;
}

NTSTATUS channel_signing_key_new(TALLOC_CTX *mem_ctx,
				 const struct keys_input *input,
				 struct smb2_signing_key **out)
{
	*out = NULL;
	if (!input_valid(input) || input->dialect < SMB2_DIALECT_300) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return make_signing(mem_ctx, input, out);
}
