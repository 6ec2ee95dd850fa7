/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTLMv2 as a mechanism: what both sides have in common, and the row. */
#include "negotiate/ntlm_private.h"
#include "smbquic/crypto.h"

static int ntlm_destructor(struct ntlm *ntlm)
{
	crypto_wipe(ntlm->session_key, sizeof(ntlm->session_key));
	return 0;
}

static NTSTATUS ntlm_new(struct auth *auth)
{
	struct ntlm *ntlm = talloc_zero(auth, struct ntlm);

	if (ntlm == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	talloc_set_destructor(ntlm, ntlm_destructor);
	auth->mech_state = ntlm;
	return NT_STATUS_OK;
}

bool ntlm_copy(TALLOC_CTX *mem_ctx, struct wire_slice in,
	       struct wire_slice *out)
{
	uint8_t *copy = talloc_memdup(mem_ctx, in.data, in.len);

	*out = wire_slice(copy, in.len);
	return copy != NULL;
}

NTSTATUS ntlm_finish(struct auth *auth, struct ntlm *ntlm)
{
	if (!auth_set_session_key(auth, ntlm->session_key, NTLM_KEY_SIZE)) {
		return NT_STATUS_NO_MEMORY;
	}
	return NT_STATUS_OK;
}

static NTSTATUS ntlm_step(struct auth *auth, TALLOC_CTX *mem_ctx,
			  struct wire_slice in, struct wire_slice *out)
{
	if (auth->server != NULL) {
		return ntlm_server_step(auth, mem_ctx, in, out);
	}
	return ntlm_client_step(auth, mem_ctx, in, out);
}

static bool ntlm_mic_make(struct auth *auth, TALLOC_CTX *mem_ctx,
			  struct wire_slice data, struct wire_slice *mic)
{
	struct ntlm *ntlm =
		talloc_get_type_abort(auth->mech_state, struct ntlm);
	uint8_t *out = talloc_zero_size(mem_ctx, NTLM_MIC_SIZE);

	if (out == NULL) {
		return false;
	}
	ntlm_signature(ntlm->session_key, ntlm->flags, auth->client != NULL,
		       data, out);
	*mic = wire_slice(out, NTLM_MIC_SIZE);
	return true;
}

static bool ntlm_mic_check(struct auth *auth, struct wire_slice data,
			   struct wire_slice mic)
{
	struct ntlm *ntlm =
		talloc_get_type_abort(auth->mech_state, struct ntlm);
	uint8_t want[NTLM_MIC_SIZE] = {0};

	ntlm_signature(ntlm->session_key, ntlm->flags, auth->client == NULL,
		       data, want);
	return mic.len == NTLM_MIC_SIZE &&
	       crypto_equal(mic.data, want, NTLM_MIC_SIZE);
}

/* 1.3.6.1.4.1.311.2.2.10 */
static const uint8_t oid[] = {0x2B, 0x06, 0x01, 0x04, 0x01,
			      0x82, 0x37, 0x02, 0x02, 0x0A};

const struct auth_mech auth_mech_ntlm = {
	.name = "NTLMv2",
	.bit = AUTH_MECH_NTLM,
	.oid = {.data = oid, .len = sizeof(oid)},
	.is_raw = ntlm_is_message,
	.server_new = ntlm_new,
	.client_new = ntlm_new,
	.step = ntlm_step,
	.mic_make = ntlm_mic_make,
	.mic_check = ntlm_mic_check,
};
