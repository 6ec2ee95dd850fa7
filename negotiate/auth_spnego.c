/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SPNEGO as a conversation, RFC 4178 3.2 and MS-SPNG 3: choosing a mechanism,
 * carrying its tokens, and the MIC over the list it was chosen from.
 */
#include "negotiate/auth_private.h"
#include "negotiate/spnego_private.h"

static bool take_mech_list(struct auth *auth, struct wire_slice list)
{
	uint8_t *copy = talloc_memdup(auth, list.data, list.len);

	auth->mech_list = wire_slice(copy, list.len);
	return copy != NULL;
}

/* The mechanism's own step. NT_STATUS_OK and _MORE_PROCESSING_REQUIRED go on.
 */
static NTSTATUS mech_step(struct auth *auth, TALLOC_CTX *mem_ctx,
			  struct wire_slice in, struct wire_slice *out)
{
	NTSTATUS status = NT_STATUS_INVALID_PARAMETER;

	if (!auth->mech_done) {
		status = auth->mech->step(auth, mem_ctx, in, out);
	}
	auth->mech_done = auth->mech_done || NT_STATUS_IS_OK(status);
	return status;
}

static bool goes_on(NTSTATUS status)
{
	return NT_STATUS_IS_OK(status) ||
	       status == NT_STATUS_MORE_PROCESSING_REQUIRED;
}

/* Sends resp; the status is what the step as a whole comes to. */
static NTSTATUS reply(TALLOC_CTX *mem_ctx, const struct spnego_resp *resp,
		      NTSTATUS status, struct wire_slice *out)
{
	return spnego_resp_encode(mem_ctx, resp, out) ? status
						      : NT_STATUS_NO_MEMORY;
}

/* ------------------------------------------------------------------ acceptor
 */

static const struct auth_mech *choose(const struct auth *auth,
				      const struct spnego_init *init,
				      bool *first)
{
	unsigned i = 0;
	size_t j = 0;

	for (i = 0; i < init->count; i++) {
		for (j = 0; auth_mechs[j] != NULL; j++) {
			if ((auth_mechs[j]->bit & auth->server->mechs) != 0 &&
			    wire_slice_equal(init->mech[i],
					     auth_mechs[j]->oid)) {
				*first = i == 0;
				return auth_mechs[j];
			}
		}
	}
	return NULL;
}

/* The client's last word was right: answer, with a MIC if it sent one. */
static NTSTATUS accept_complete(struct auth *auth, TALLOC_CTX *mem_ctx,
				struct wire_slice mic, struct spnego_resp *resp,
				struct wire_slice *out)
{
	resp->state = SPNEGO_ACCEPT_COMPLETED;
	if (auth->kind == AUTH_GUEST) {
		/* No key, and nothing to protect with it. */
		return reply(mem_ctx, resp, NT_STATUS_OK, out);
	}
	if (mic.data == NULL) {
		if (auth->mic_required) {
			return NT_STATUS_LOGON_FAILURE;
		}
		return reply(mem_ctx, resp, NT_STATUS_OK, out);
	}
	if (!auth->mech->mic_check(auth, auth->mech_list, mic)) {
		return NT_STATUS_LOGON_FAILURE;
	}
	if (!auth->mech->mic_make(auth, mem_ctx, auth->mech_list, &resp->mic)) {
		return NT_STATUS_NO_MEMORY;
	}
	return reply(mem_ctx, resp, NT_STATUS_OK, out);
}

/* A token of the mechanism came in, or none because the client guessed wrong
 * about which it would be. */
static NTSTATUS accept_token(struct auth *auth, TALLOC_CTX *mem_ctx,
			     struct wire_slice token, struct wire_slice mic,
			     struct wire_slice *out)
{
	struct spnego_resp resp = {.state = SPNEGO_ACCEPT_INCOMPLETE};
	NTSTATUS status = NT_STATUS_MORE_PROCESSING_REQUIRED;

	if (token.data != NULL) {
		status = mech_step(auth, mem_ctx, token, &resp.token);
	}
	if (!goes_on(status)) {
		return status;
	}
	if (!auth->mech_named) {
		resp.mech = auth->mech->oid;
		auth->mech_named = true;
		if (auth->mic_required) {
			resp.state = SPNEGO_REQUEST_MIC;
		}
	}
	if (NT_STATUS_IS_OK(status) && auth->mic_required && mic.data == NULL &&
	    resp.token.data != NULL) {
		/* Without our token the client could not make one. */
		status = NT_STATUS_MORE_PROCESSING_REQUIRED;
	}
	if (NT_STATUS_IS_OK(status)) {
		return accept_complete(auth, mem_ctx, mic, &resp, out);
	}
	return reply(mem_ctx, &resp, status, out);
}

static NTSTATUS accept_first(struct auth *auth, TALLOC_CTX *mem_ctx,
			     struct wire_slice in, struct wire_slice *out)
{
	struct wire_slice none = {0};
	struct spnego_init init = {0};
	bool first = false;
	NTSTATUS status = NT_STATUS_OK;

	if (!spnego_init_decode(in, &init)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	auth->mech = choose(auth, &init, &first);
	if (auth->mech == NULL) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	if (!take_mech_list(auth, init.mech_list)) {
		return NT_STATUS_NO_MEMORY;
	}
	auth->phase = AUTH_SPNEGO;
	auth->mic_required = !first;
	status = auth->mech->server_new(auth);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	/* The token that came along is the first mechanism's. */
	return accept_token(auth, mem_ctx, first ? init.token : none, none,
			    out);
}

NTSTATUS spnego_accept(struct auth *auth, TALLOC_CTX *mem_ctx,
		       struct wire_slice in, struct wire_slice *out)
{
	struct spnego_resp answer = {0};
	struct spnego_resp resp = {0};

	if (auth->phase == AUTH_BEGIN) {
		return accept_first(auth, mem_ctx, in, out);
	}
	if (!spnego_resp_decode(in, &resp) || resp.state == SPNEGO_REJECT) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (auth->mech_done && resp.token.data == NULL) {
		return accept_complete(auth, mem_ctx, resp.mic, &answer, out);
	}
	if (resp.token.data == NULL) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return accept_token(auth, mem_ctx, resp.token, resp.mic, out);
}

/* ----------------------------------------------------------------- initiator
 */

bool spnego_hint(TALLOC_CTX *mem_ctx, unsigned mechs, struct wire_slice *out)
{
	struct spnego_init init = {0};
	size_t i = 0;

	for (i = 0; auth_mechs[i] != NULL; i++) {
		if ((auth_mechs[i]->bit & mechs) != 0) {
			init.mech[init.count] = auth_mechs[i]->oid;
			init.count++;
		}
	}
	return spnego_init_encode(mem_ctx, &init, out);
}

static bool hint_names(const struct spnego_init *init,
		       const struct auth_mech *mech)
{
	unsigned i = 0;

	for (i = 0; i < init->count; i++) {
		if (wire_slice_equal(init->mech[i], mech->oid)) {
			return true;
		}
	}
	return false;
}

const struct auth_mech *spnego_hint_choose(struct wire_slice hint,
					   unsigned mechs)
{
	struct spnego_init init = {0};
	size_t j = 0;

	if (hint.len > 0 && !spnego_init_decode(hint, &init)) {
		return NULL;
	}
	for (j = 0; auth_mechs[j] != NULL; j++) {
		/* No hint: the client may begin with what it likes (3.3.5.4).
		 */
		if ((auth_mechs[j]->bit & mechs) != 0 &&
		    (hint.len == 0 || hint_names(&init, auth_mechs[j]))) {
			return auth_mechs[j];
		}
	}
	return NULL;
}

static NTSTATUS initiate_first(struct auth *auth, TALLOC_CTX *mem_ctx,
			       struct wire_slice *out)
{
	struct spnego_init init = {.mech = {auth->mech->oid}, .count = 1};
	struct spnego_init sent = {0};
	NTSTATUS status = auth->mech->client_new(auth);

	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	auth->phase = AUTH_SPNEGO;
	status = mech_step(auth, mem_ctx, wire_slice(NULL, 0), &init.token);
	if (!goes_on(status)) {
		return status;
	}
	if (!spnego_init_encode(mem_ctx, &init, out) ||
	    !spnego_init_decode(*out, &sent) ||
	    !take_mech_list(auth, sent.mech_list)) {
		return NT_STATUS_NO_MEMORY;
	}
	return NT_STATUS_MORE_PROCESSING_REQUIRED;
}

/* The server has the last word: its state, and its MIC if it has one. With one
 * mechanism offered there is nothing that a missing MIC could hide. */
static NTSTATUS initiate_last(struct auth *auth, const struct spnego_resp *resp)
{
	if (resp->state != SPNEGO_ACCEPT_COMPLETED &&
	    resp->state != SPNEGO_NO_STATE) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (resp->mic.data != NULL &&
	    !auth->mech->mic_check(auth, auth->mech_list, resp->mic)) {
		return NT_STATUS_LOGON_FAILURE;
	}
	return NT_STATUS_OK;
}

static NTSTATUS initiate_token(struct auth *auth, TALLOC_CTX *mem_ctx,
			       const struct spnego_resp *answer,
			       struct wire_slice *out)
{
	struct spnego_resp resp = {.state = SPNEGO_NO_STATE};
	NTSTATUS status = mech_step(auth, mem_ctx, answer->token, &resp.token);

	if (!goes_on(status)) {
		return status;
	}
	/* Kerberos' last word is the server's. */
	if (auth->mech_done && resp.token.data == NULL &&
	    answer->state != SPNEGO_REQUEST_MIC &&
	    answer->state != SPNEGO_ACCEPT_INCOMPLETE) {
		return initiate_last(auth, answer);
	}
	if (auth->mech_done &&
	    !auth->mech->mic_make(auth, mem_ctx, auth->mech_list, &resp.mic)) {
		return NT_STATUS_NO_MEMORY;
	}
	return reply(mem_ctx, &resp, NT_STATUS_MORE_PROCESSING_REQUIRED, out);
}

/* Under another of its numbers: Windows' servers may name Kerberos by either.
 */
static bool is_same_mech(const struct auth_mech *mech, struct wire_slice oid)
{
	size_t i = 0;

	for (i = 0; auth_mechs[i] != NULL; i++) {
		if (auth_mechs[i]->bit == mech->bit &&
		    wire_slice_equal(auth_mechs[i]->oid, oid)) {
			return true;
		}
	}
	return false;
}

NTSTATUS spnego_initiate(struct auth *auth, TALLOC_CTX *mem_ctx,
			 struct wire_slice in, struct wire_slice *out)
{
	struct spnego_resp resp = {0};

	if (auth->phase == AUTH_BEGIN) {
		return initiate_first(auth, mem_ctx, out);
	}
	if (in.len == 0 && auth->mech_done) {
		return NT_STATUS_OK; /* some servers end without a word */
	}
	if (!spnego_resp_decode(in, &resp)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (resp.state == SPNEGO_REJECT) {
		return NT_STATUS_LOGON_FAILURE;
	}
	if (resp.mech.data != NULL && !is_same_mech(auth->mech, resp.mech)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (auth->mech_done) {
		return initiate_last(auth, &resp);
	}
	if (resp.token.data == NULL) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	return initiate_token(auth, mem_ctx, &resp, out);
}
