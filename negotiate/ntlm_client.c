/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTLMv2, the client: MS-NLMP 3.1.5.1. */
#include "negotiate/ntlm_private.h"
#include "smbquic/crypto.h"
#include "smbquic/utf16.h"

#define OFFERED_FLAGS                                                         \
	(NTLM_NEGOTIATE_UNICODE | NTLM_REQUEST_TARGET | NTLM_NEGOTIATE_SIGN | \
	 NTLM_NEGOTIATE_NTLM | NTLM_NEGOTIATE_ALWAYS_SIGN |                   \
	 NTLM_EXTENDED_SECURITY | NTLM_NEGOTIATE_VERSION |                    \
	 NTLM_NEGOTIATE_128 | NTLM_NEGOTIATE_KEY_EXCH | NTLM_NEGOTIATE_56)

/* Without these the answer would be NTLMv1's, or not text that we can write. */
#define REQUIRED_FLAGS (NTLM_NEGOTIATE_UNICODE | NTLM_EXTENDED_SECURITY)

static NTSTATUS begin(struct ntlm *ntlm, TALLOC_CTX *mem_ctx,
		      struct wire_slice *out)
{
	struct ntlm_negotiate msg = {.flags = OFFERED_FLAGS};
	struct wire_writer w = wire_writer_talloc(mem_ctx);

	if (!ntlm_negotiate_encode(&w, &msg) ||
	    !ntlm_copy(ntlm, wire_writer_slice(&w), &ntlm->negotiate)) {
		return NT_STATUS_NO_MEMORY;
	}
	*out = wire_writer_slice(&w);
	return NT_STATUS_MORE_PROCESSING_REQUIRED;
}

/* ----------------------------------------------------------------- response */

/* Everything the answer is made from; text is UTF-16. */
struct answer {
	struct wire_slice user;
	struct wire_slice domain;
	struct wire_slice workstation;
	struct ntlm_temp temp;
	bool timestamp; /* from the server: a MIC is due, an LM response not */
	bool anonymous; /* then neither is, nor anything else */
	uint8_t owf[NTLM_KEY_SIZE];
	uint8_t lm[24];
	uint8_t sealed_key[NTLM_KEY_SIZE];
};

static bool to_utf16(TALLOC_CTX *mem_ctx, const char *text,
		     struct wire_slice *out)
{
	return utf16_from_utf8(mem_ctx, text != NULL ? text : "", out);
}

/* The server's AV pairs, with ours in the place of those that are ours. */
static bool make_target_info(TALLOC_CTX *tmp, const struct auth *auth,
			     struct wire_slice theirs, bool timestamp,
			     struct wire_slice *out)
{
	uint8_t bindings[NTLM_KEY_SIZE] = {0};
	static const uint8_t with_mic[4] = {NTLM_AV_FLAG_MIC};
	struct wire_writer w = wire_writer_talloc(tmp);
	struct wire_slice value = {0};
	struct wire_slice spn = {0};
	uint16_t id = 0;

	while (ntlm_av_next(&theirs, &id, &value)) {
		if (id != NTLM_AV_FLAGS && id != NTLM_AV_TARGET_NAME &&
		    id != NTLM_AV_CHANNEL_BINDINGS) {
			ntlm_av_put(&w, id, value);
		}
	}
	if (timestamp) {
		ntlm_av_put(&w, NTLM_AV_FLAGS,
			    wire_slice(with_mic, sizeof(with_mic)));
	}
	if (auth->client->binding.len > 0) {
		ntlm_binding_hash(auth->client->binding, bindings);
	}
	ntlm_av_put(&w, NTLM_AV_CHANNEL_BINDINGS,
		    wire_slice(bindings, sizeof(bindings)));
	if (auth->client->target != NULL) {
		if (!to_utf16(tmp,
			      talloc_asprintf(tmp, "cifs/%s",
					      auth->client->target),
			      &spn)) {
			return false;
		}
		ntlm_av_put(&w, NTLM_AV_TARGET_NAME, spn);
	}
	ntlm_av_put(&w, NTLM_AV_EOL, wire_slice(NULL, 0));
	*out = wire_writer_slice(&w);
	return wire_writer_ok(&w);
}

static NTSTATUS prepare(TALLOC_CTX *tmp, const struct auth *auth,
			const struct ntlm_challenge *challenge,
			struct answer *a)
{
	const struct auth_client_config *c = auth->client;
	struct wire_slice time =
		ntlm_av_find(challenge->target_info, NTLM_AV_TIMESTAMP);
	struct wire_reader r = wire_reader_of(time);

	a->anonymous = c->user[0] == '\0';
	if (a->anonymous) { /* 3.1.5.1.2 */
		return NT_STATUS_OK;
	}
	a->timestamp = time.len == 8;
	a->temp.time = a->timestamp ? wire_get_u64(&r) : auth->now;
	if (crypto_random(a->temp.challenge, sizeof(a->temp.challenge)) != 0) {
		return NT_STATUS_INTERNAL_ERROR;
	}
	if (!to_utf16(tmp, c->user, &a->user) ||
	    !to_utf16(tmp, c->domain, &a->domain) ||
	    !to_utf16(tmp, c->workstation, &a->workstation) ||
	    !make_target_info(tmp, auth, challenge->target_info, a->timestamp,
			      &a->temp.target_info) ||
	    !ntlm_owf_v2(c->nt_hash, a->user, a->domain, a->owf)) {
		return NT_STATUS_NO_MEMORY;
	}
	return NT_STATUS_OK;
}

/* LMv2 for servers without a time of their own; else zeros (3.1.5.1.2). */
static void make_lm(const struct ntlm *ntlm, struct answer *a)
{
	struct wire_slice parts[] = {
		wire_slice(ntlm->server_challenge, NTLM_CHALLENGE_SIZE),
		wire_slice(a->temp.challenge, NTLM_CHALLENGE_SIZE),
	};

	if (a->timestamp) {
		return;
	}
	ntlm_hmac_md5(a->owf, parts, 2, a->lm);
	memcpy(a->lm + NTLM_KEY_SIZE, a->temp.challenge, NTLM_CHALLENGE_SIZE);
}

/* NTProofStr and temp; and the session base key that comes of them. */
static bool make_nt(const struct ntlm *ntlm, const struct answer *a,
		    struct wire_writer *w, uint8_t base[NTLM_KEY_SIZE])
{
	uint8_t proof[NTLM_KEY_SIZE] = {0};
	struct wire_slice temp = {0};
	struct wire_slice parts[2] = {{0}};

	wire_put_zeros(w, NTLM_KEY_SIZE);
	if (!ntlm_temp_encode(w, &a->temp)) {
		return false;
	}
	temp = wire_slice(w->buf + NTLM_KEY_SIZE, w->len - NTLM_KEY_SIZE);
	parts[0] = wire_slice(ntlm->server_challenge, NTLM_CHALLENGE_SIZE);
	parts[1] = temp;
	ntlm_hmac_md5(a->owf, parts, 2, proof);
	memcpy(w->buf, proof, sizeof(proof));
	parts[0] = wire_slice(proof, sizeof(proof));
	ntlm_hmac_md5(a->owf, parts, 1, base);
	return true;
}

/* ExportedSessionKey: random, sent under the base key; or the base key. */
static bool make_session_key(struct ntlm *ntlm, struct answer *a,
			     const uint8_t base[NTLM_KEY_SIZE],
			     struct wire_slice *sealed)
{
	if ((ntlm->flags & NTLM_NEGOTIATE_KEY_EXCH) == 0) {
		memcpy(ntlm->session_key, base, NTLM_KEY_SIZE);
		*sealed = wire_slice(NULL, 0);
		return true;
	}
	if (crypto_random(ntlm->session_key, NTLM_KEY_SIZE) != 0) {
		return false;
	}
	ntlm_rc4_key(base, ntlm->session_key, a->sealed_key);
	*sealed = wire_slice(a->sealed_key, sizeof(a->sealed_key));
	return true;
}

/* No name and no proof; the key is under one that everybody knows. */
static bool make_anonymous(struct ntlm *ntlm, struct answer *a,
			   struct wire_writer *out)
{
	static const uint8_t nothing[1] = {0};
	static const uint8_t base[NTLM_KEY_SIZE] = {0};
	struct ntlm_authenticate msg = {
		.lm_response = wire_slice(nothing, sizeof(nothing)),
		.flags = ntlm->flags | NTLM_NEGOTIATE_ANONYMOUS,
	};

	return make_session_key(ntlm, a, base, &msg.session_key) &&
	       ntlm_authenticate_encode(out, &msg);
}

static bool make_authenticate(TALLOC_CTX *tmp, struct ntlm *ntlm,
			      struct answer *a, struct wire_writer *out)
{
	struct wire_writer nt = wire_writer_talloc(tmp);
	uint8_t base[NTLM_KEY_SIZE] = {0};
	struct ntlm_authenticate msg = {
		.lm_response = wire_slice(a->lm, sizeof(a->lm)),
		.domain = a->domain,
		.user = a->user,
		.workstation = a->workstation,
		.flags = ntlm->flags,
	};
	bool ok = false;

	make_lm(ntlm, a);
	ok = make_nt(ntlm, a, &nt, base) &&
	     make_session_key(ntlm, a, base, &msg.session_key);
	crypto_wipe(base, sizeof(base));
	if (!ok) {
		return false;
	}
	msg.nt_response = wire_writer_slice(&nt);
	if (!ntlm_authenticate_encode(out, &msg)) {
		return false;
	}
	if (a->timestamp) {
		uint8_t mic[NTLM_MIC_SIZE] = {0};

		ntlm_mic(ntlm->session_key, ntlm->negotiate, ntlm->challenge,
			 wire_writer_slice(out), mic);
		memcpy(out->buf + NTLM_MIC_OFFSET, mic, sizeof(mic));
	}
	return true;
}

static NTSTATUS on_challenge(struct auth *auth, struct ntlm *ntlm,
			     TALLOC_CTX *mem_ctx, struct wire_slice in,
			     struct wire_slice *out)
{
	TALLOC_CTX *tmp = NULL;
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct ntlm_challenge challenge = {0};
	struct answer answer = {.timestamp = false};
	NTSTATUS status = NT_STATUS_OK;

	if (!ntlm_challenge_decode(in, &challenge) ||
	    (challenge.target_info.len > 0 &&
	     !ntlm_av_valid(challenge.target_info))) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if ((challenge.flags & REQUIRED_FLAGS) != REQUIRED_FLAGS) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	ntlm->flags = (challenge.flags & OFFERED_FLAGS) |
		      (challenge.flags & NTLM_NEGOTIATE_TARGET_INFO);
	memcpy(ntlm->server_challenge, challenge.challenge,
	       sizeof(ntlm->server_challenge));
	tmp = talloc_new(mem_ctx);
	status = prepare(tmp, auth, &challenge, &answer);
	if (NT_STATUS_IS_OK(status) &&
	    (!ntlm_copy(ntlm, in, &ntlm->challenge) ||
	     !(answer.anonymous ? make_anonymous(ntlm, &answer, &w)
				: make_authenticate(tmp, ntlm, &answer, &w)))) {
		status = NT_STATUS_NO_MEMORY;
	}
	talloc_free(tmp);
	crypto_wipe(&answer, sizeof(answer));
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	*out = wire_writer_slice(&w);
	return ntlm_finish(auth, ntlm);
}

NTSTATUS ntlm_client_step(struct auth *auth, TALLOC_CTX *mem_ctx,
			  struct wire_slice in, struct wire_slice *out)
{
	struct ntlm *ntlm =
		talloc_get_type_abort(auth->mech_state, struct ntlm);

	if (ntlm->negotiate.data == NULL) {
		return begin(ntlm, mem_ctx, out);
	}
	if (ntlm->challenge.data == NULL) {
		return on_challenge(auth, ntlm, mem_ctx, in, out);
	}
	return NT_STATUS_INVALID_NETWORK_RESPONSE;
}
