/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NTLMv2, the server: MS-NLMP 3.2.5.1. */
#include "negotiate/ntlm_private.h"
#include "smbquic/crypto.h"
#include "smbquic/utf16.h"

/* What of a client's flags we go along with. */
#define SUPPORTED_FLAGS                                                       \
	(NTLM_NEGOTIATE_UNICODE | NTLM_REQUEST_TARGET | NTLM_NEGOTIATE_SIGN | \
	 NTLM_NEGOTIATE_SEAL | NTLM_NEGOTIATE_NTLM |                          \
	 NTLM_NEGOTIATE_ALWAYS_SIGN | NTLM_EXTENDED_SECURITY |                \
	 NTLM_NEGOTIATE_VERSION | NTLM_NEGOTIATE_128 |                        \
	 NTLM_NEGOTIATE_KEY_EXCH | NTLM_NEGOTIATE_56)

/* No client has more to say in its first message. */
#define NEGOTIATE_MAX 1024

/* Bytes of UTF-16 in a name: Windows' UNLEN. */
#define NAME_MAX_SIZE (256 * 2)

/* NTProofStr and the fixed part of NTLMv2_CLIENT_CHALLENGE. An NTLMv1 response
 * has 24 bytes. */
#define NT_RESPONSE_MIN (NTLM_KEY_SIZE + 28)

/* ---------------------------------------------------------------- challenge */

static void put_name(struct wire_writer *w, TALLOC_CTX *tmp, uint16_t id,
		     const char *name)
{
	struct wire_slice text = {0};

	if (name == NULL || name[0] == '\0') {
		return;
	}
	if (!utf16_from_utf8(tmp, name, &text)) {
		wire_writer_fail(w);
		return;
	}
	ntlm_av_put(w, id, text);
}

static bool put_target_info(struct wire_writer *w, TALLOC_CTX *tmp,
			    const struct auth *auth)
{
	const struct auth_server_config *c = auth->server;
	uint8_t time[8] = {0};

	wire_store_le(time, auth->now, sizeof(time));
	put_name(w, tmp, NTLM_AV_NB_DOMAIN_NAME, c->netbios_domain);
	put_name(w, tmp, NTLM_AV_NB_COMPUTER_NAME, c->netbios_name);
	put_name(w, tmp, NTLM_AV_DNS_DOMAIN_NAME, c->dns_domain);
	put_name(w, tmp, NTLM_AV_DNS_COMPUTER_NAME, c->dns_name);
	ntlm_av_put(w, NTLM_AV_TIMESTAMP, wire_slice(time, sizeof(time)));
	ntlm_av_put(w, NTLM_AV_EOL, wire_slice(NULL, 0));
	return wire_writer_ok(w);
}

static bool make_challenge(struct auth *auth, struct ntlm *ntlm,
			   TALLOC_CTX *tmp, struct wire_writer *out)
{
	struct wire_writer info = wire_writer_talloc(tmp);
	struct ntlm_challenge c = {.flags = ntlm->flags};

	if (!put_target_info(&info, tmp, auth) ||
	    !utf16_from_utf8(tmp, auth->server->netbios_name, &c.target_name)) {
		return false;
	}
	c.target_info = wire_writer_slice(&info);
	memcpy(c.challenge, ntlm->server_challenge, sizeof(c.challenge));
	return ntlm_challenge_encode(out, &c);
}

static NTSTATUS on_negotiate(struct auth *auth, struct ntlm *ntlm,
			     TALLOC_CTX *mem_ctx, struct wire_slice in,
			     struct wire_slice *out)
{
	TALLOC_CTX *tmp = talloc_new(mem_ctx);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct ntlm_negotiate msg = {0};
	bool ok = false;

	if (in.len > NEGOTIATE_MAX || !ntlm_negotiate_decode(in, &msg)) {
		talloc_free(tmp);
		return NT_STATUS_INVALID_PARAMETER;
	}
	if ((msg.flags & NTLM_NEGOTIATE_UNICODE) == 0 ||
	    (msg.flags & NTLM_EXTENDED_SECURITY) == 0) {
		talloc_free(tmp);
		return NT_STATUS_NOT_SUPPORTED;
	}
	ntlm->flags = (msg.flags & SUPPORTED_FLAGS) | NTLM_NEGOTIATE_NTLM |
		      NTLM_REQUEST_TARGET | NTLM_TARGET_TYPE_SERVER |
		      NTLM_NEGOTIATE_TARGET_INFO;
	ok = crypto_random(ntlm->server_challenge,
			   sizeof(ntlm->server_challenge)) == 0 &&
	     make_challenge(auth, ntlm, tmp, &w) &&
	     ntlm_copy(ntlm, in, &ntlm->negotiate) &&
	     ntlm_copy(ntlm, wire_writer_slice(&w), &ntlm->challenge);
	talloc_free(tmp);
	if (!ok) {
		return NT_STATUS_NO_MEMORY;
	}
	*out = wire_writer_slice(&w);
	return NT_STATUS_MORE_PROCESSING_REQUIRED;
}

/* ------------------------------------------------------------- authenticate */

/* The names in the message, into auth; false: not text, or too long. */
static bool take_names(struct auth *auth, const struct ntlm_authenticate *msg)
{
	const char *user = NULL;
	const char *domain = NULL;
	const char *workstation = NULL;

	if (msg->user.len > NAME_MAX_SIZE || msg->domain.len > NAME_MAX_SIZE ||
	    msg->workstation.len > NAME_MAX_SIZE) {
		return false;
	}
	user = utf16_to_utf8(auth, msg->user);
	domain = utf16_to_utf8(auth, msg->domain);
	workstation = utf16_to_utf8(auth, msg->workstation);
	if (user == NULL || domain == NULL || workstation == NULL) {
		return false;
	}
	auth->claimed_user = user;
	auth->domain = domain;
	auth->workstation = workstation;
	return true;
}

/* NTProofStr as it should be, into *proof, for one idea of the domain. */
static bool proof_matches(const struct ntlm *ntlm, const uint8_t *owf,
			  struct wire_slice nt_response)
{
	struct wire_slice temp = wire_slice(nt_response.data + NTLM_KEY_SIZE,
					    nt_response.len - NTLM_KEY_SIZE);
	struct wire_slice parts[] = {
		wire_slice(ntlm->server_challenge, NTLM_CHALLENGE_SIZE), temp};
	uint8_t proof[NTLM_KEY_SIZE] = {0};

	ntlm_hmac_md5(owf, parts, 2, proof);
	return crypto_equal(proof, nt_response.data, NTLM_KEY_SIZE);
}

/*
 * Whether the response proves the password; owf is then the key it was made
 * with. Clients should use the domain that they send, and some use none
 * (3.2.5.1.2).
 */
static bool check_response(const struct ntlm *ntlm,
			   const struct ntlm_authenticate *msg,
			   const uint8_t *nt_hash, uint8_t owf[NTLM_KEY_SIZE])
{
	return (ntlm_owf_v2(nt_hash, msg->user, msg->domain, owf) &&
		proof_matches(ntlm, owf, msg->nt_response)) ||
	       (ntlm_owf_v2(nt_hash, msg->user, wire_slice(NULL, 0), owf) &&
		proof_matches(ntlm, owf, msg->nt_response));
}

/* ExportedSessionKey from SessionBaseKey; false: the message lacks it. */
static bool export_session_key(struct ntlm *ntlm,
			       const struct ntlm_authenticate *msg,
			       const uint8_t base[NTLM_KEY_SIZE])
{
	bool ok = true;

	ntlm->flags &= msg->flags;
	if ((ntlm->flags & NTLM_NEGOTIATE_KEY_EXCH) == 0) {
		memcpy(ntlm->session_key, base, NTLM_KEY_SIZE);
	} else if (msg->session_key.len == NTLM_KEY_SIZE) {
		ntlm_rc4_key(base, msg->session_key.data, ntlm->session_key);
	} else {
		ok = false;
	}
	return ok;
}

static bool take_session_key(struct ntlm *ntlm,
			     const struct ntlm_authenticate *msg,
			     const uint8_t *owf)
{
	struct wire_slice proof =
		wire_slice(msg->nt_response.data, NTLM_KEY_SIZE);
	uint8_t base[NTLM_KEY_SIZE] = {0};
	bool ok = false;

	ntlm_hmac_md5(owf, &proof, 1, base);
	ok = export_session_key(ntlm, msg, base);
	crypto_wipe(base, sizeof(base));
	return ok;
}

/* What of the response does not depend on the password. */
static bool response_valid(struct wire_slice response, struct ntlm_temp *temp)
{
	return ntlm_temp_decode(wire_slice(response.data + NTLM_KEY_SIZE,
					   response.len - NTLM_KEY_SIZE),
				temp) &&
	       ntlm_av_valid(temp->target_info);
}

/* A client that promised a MIC, in what its response proves, must give it. */
static bool check_mic(const struct ntlm *ntlm,
		      const struct ntlm_authenticate *msg, struct wire_slice in)
{
	struct wire_slice response = msg->nt_response;
	struct ntlm_temp temp = {0};
	struct wire_slice flags = {0};
	uint8_t mic[NTLM_MIC_SIZE] = {0};

	if (!response_valid(response, &temp)) {
		return false;
	}
	flags = ntlm_av_find(temp.target_info, NTLM_AV_FLAGS);
	if (flags.len != 4 || (flags.data[0] & NTLM_AV_FLAG_MIC) == 0) {
		return true;
	}
	if (in.len < NTLM_MIC_OFFSET + NTLM_MIC_SIZE) {
		return false;
	}
	ntlm_mic(ntlm->session_key, ntlm->negotiate, ntlm->challenge, in, mic);
	return crypto_equal(mic, in.data + NTLM_MIC_OFFSET, sizeof(mic));
}

/*
 * MsvAvChannelBindings, which the proof covers (3.2.5.1.2). All zeros, or none:
 * the client knows of nothing to bind to.
 */
static bool check_binding(struct auth *auth, struct wire_slice response)
{
	static const uint8_t zero[NTLM_KEY_SIZE];
	const struct auth_server_config *c = auth->server;
	uint8_t want[NTLM_KEY_SIZE] = {0};
	struct ntlm_temp temp = {0};
	struct wire_slice got = {0};

	if (c->binding.len == 0) {
		return true;
	}
	if (response_valid(response, &temp)) {
		got = ntlm_av_find(temp.target_info, NTLM_AV_CHANNEL_BINDINGS);
	}
	if (got.len != NTLM_KEY_SIZE || memcmp(got.data, zero, got.len) == 0) {
		auth->why = "the logon is not bound to this connection, as "
			    "`extended protection` requires";
		return !c->binding_required;
	}
	ntlm_binding_hash(c->binding, want);
	auth->why = "the logon is bound to a connection with another server: "
		    "somebody relays it";
	return crypto_equal(got.data, want, sizeof(want));
}

/* No name, no response (3.2.5.1.2). */
static bool is_anonymous(const struct ntlm_authenticate *msg)
{
	return msg->user.len == 0 && msg->nt_response.len == 0 &&
	       (msg->lm_response.len == 0 ||
		(msg->lm_response.len == 1 && msg->lm_response.data[0] == 0));
}

static NTSTATUS anonymous(struct auth *auth, struct ntlm *ntlm,
			  const struct ntlm_authenticate *msg)
{
	static const uint8_t zero[NTLM_KEY_SIZE];

	if (!auth->server->anonymous) {
		return NT_STATUS_LOGON_FAILURE;
	}
	if (!export_session_key(ntlm, msg, zero)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	auth->kind = AUTH_ANONYMOUS;
	return ntlm_finish(auth, ntlm);
}

/* Nothing was proven. */
static NTSTATUS guest(struct auth *auth, bool known)
{
	enum auth_guest guests = auth->server->guest;

	if (guests != AUTH_GUEST_BAD_PASSWORD &&
	    (guests != AUTH_GUEST_BAD_USER || known)) {
		return NT_STATUS_LOGON_FAILURE;
	}
	auth->kind = AUTH_GUEST;
	return NT_STATUS_OK;
}

/*
 * An unknown user takes the same way as a wrong password, with a hash that
 * nobody has, so that neither the answer nor its time tells them apart.
 */
static NTSTATUS judge(struct auth *auth, struct ntlm *ntlm,
		      const struct ntlm_authenticate *msg, struct wire_slice in)
{
	const struct auth_server_config *config = auth->server;
	struct auth_account account = {0};
	uint8_t owf[NTLM_KEY_SIZE] = {0};
	bool known = config->lookup(auth->claimed_user, auth->domain, &account,
				    config->private_data);
	bool proven = false;

	if (!known &&
	    crypto_random(account.nt_hash, sizeof(account.nt_hash)) != 0) {
		return NT_STATUS_INTERNAL_ERROR;
	}
	proven = check_response(ntlm, msg, account.nt_hash, owf) && known &&
		 take_session_key(ntlm, msg, owf) && check_mic(ntlm, msg, in);
	crypto_wipe(account.nt_hash, sizeof(account.nt_hash));
	crypto_wipe(owf, sizeof(owf));
	if (!proven) {
		return guest(auth, known);
	}
	if (!check_binding(auth, msg->nt_response)) {
		return NT_STATUS_BAD_BINDINGS;
	}
	auth->why = NULL;
	if (account.disabled) {
		return NT_STATUS_ACCOUNT_DISABLED;
	}
	auth->user = talloc_strdup(
		auth, account.name != NULL ? account.name : auth->claimed_user);
	return auth->user != NULL ? NT_STATUS_OK : NT_STATUS_NO_MEMORY;
}

static NTSTATUS on_authenticate(struct auth *auth, struct ntlm *ntlm,
				struct wire_slice in)
{
	struct ntlm_authenticate msg = {0};
	struct ntlm_temp temp = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (!ntlm_authenticate_decode(in, &msg)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (!take_names(auth, &msg)) {
		return NT_STATUS_LOGON_FAILURE;
	}
	if (is_anonymous(&msg)) {
		return anonymous(auth, ntlm, &msg);
	}
	if (msg.user.len == 0 || msg.nt_response.len < NT_RESPONSE_MIN) {
		return NT_STATUS_LOGON_FAILURE;
	}
	if (!response_valid(msg.nt_response, &temp)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	status = judge(auth, ntlm, &msg, in);
	if (!NT_STATUS_IS_OK(status) || auth->kind != AUTH_USER) {
		return status;
	}
	return ntlm_finish(auth, ntlm);
}

NTSTATUS ntlm_server_step(struct auth *auth, TALLOC_CTX *mem_ctx,
			  struct wire_slice in, struct wire_slice *out)
{
	struct ntlm *ntlm =
		talloc_get_type_abort(auth->mech_state, struct ntlm);

	if (ntlm->challenge.data == NULL) {
		return on_negotiate(auth, ntlm, mem_ctx, in, out);
	}
	return on_authenticate(auth, ntlm, in);
}
