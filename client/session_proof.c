/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last answer to a logon, and what the session is then (MS-SMB2 3.2.5.3).
 */
#define LOG_MODULE "client"

#include "client/session_private.h"
#include "smbquic/log.h"

/* The keys of session and channel (3.2.5.3.1). */
static NTSTATUS setup_keys(struct setup_state *state)
{
	const struct negotiate_agreement *a = &state->conn->agreement;
	struct client_channel *channel = state->channel;
	struct keys_input input = {
		.role = KEYS_CLIENT,
		.dialect = a->dialect,
		.signing_algorithm = a->signing_algorithm,
		.cipher = a->cipher,
		.session_key = auth_session_key(state->auth),
		.preauth = channel->preauth,
	};
	NTSTATUS status = NT_STATUS_OK;

	channel->sign = a->signing_required;
	if (state->binds) {
		return channel_take_key(channel, &input);
	}
	status = session_keys_new(channel, &input, &channel->keys);
	if (NT_STATUS_IS_OK(status)) {
		channel->signing = channel->keys->signing;
	}
	return status;
}

/* The last reply proves that the server has the key (3.2.5.3.1): with 3.1.1
 * it must be signed, before it may be. */
static bool setup_signature_is_right(const struct setup_state *state,
				     const struct call *call,
				     const struct smb2_header *header)
{
	const struct wire_slice reply = call->part[0].reply;
	const struct message_pdu pdu = {
		.header = *header,
		.data = (uint8_t *)(uintptr_t)reply.data,
		.len = reply.len,
		.last = true,
	};

	if ((header->flags & SMB2_FLAGS_SIGNED) == 0) {
		return state->conn->agreement.dialect < SMB2_DIALECT_311 &&
		       !state->binds;
	}
	return message_verify(&pdu, state->channel->signing);
}

/* Does the session encrypt (3.2.5.3.1), where the transport does not stand in
 * for it? */
static NTSTATUS setup_encryption(struct setup_state *state)
{
	const struct client_conn *conn = state->conn;
	struct client_session *session = state->session;
	bool can = state->channel->keys != NULL &&
		   state->channel->keys->seal != NULL;
	bool wanted = conn->policy.encryption_required ||
		      (session->flags & SMB2_SESSION_FLAG_ENCRYPT_DATA) != 0 ||
		      (conn->options.sealing == CLIENT_SEALING_DESIRED && can);

	if (!wanted || conn->agreement.accept_transport_security) {
		return NT_STATUS_OK;
	}
	if (!can) {
		log_warn("encryption is required, but none was agreed on");
		return NT_STATUS_ACCESS_DENIED;
	}
	session->encrypt = true;
	return NT_STATUS_OK;
}

/* The mechanism's last word, and the proof that the server has the key. */
static NTSTATUS setup_prove(struct setup_state *state, const struct call *call,
			    const struct smb2_header *header,
			    const struct smb2_session_setup_response *body)
{
	struct wire_slice ignored = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (!state->auth_done || body->security_buffer.len > 0) {
		status = auth_step(state->auth, state, body->security_buffer,
				   &ignored);
	}
	if (!NT_STATUS_IS_OK(status)) {
		return NT_STATUS_IS_ERR(status) &&
				       status !=
					       NT_STATUS_MORE_PROCESSING_REQUIRED
			       ? status
			       : NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (!state->renewal) {
		status = setup_keys(state);
	}
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (state->channel->signing != NULL &&
	    !setup_signature_is_right(state, call, header)) {
		log_warn("the server's answer to the logon is not signed "
			 "rightly");
		return NT_STATUS_INVALID_SIGNATURE;
	}
	return NT_STATUS_OK;
}

static bool is_anybody(const struct smb2_session_setup_response *body)
{
	return (body->session_flags &
		(SMB2_SESSION_FLAG_IS_GUEST | SMB2_SESSION_FLAG_IS_NULL)) != 0;
}

/* Is that less than what is asked for? */
static bool is_refused(const struct setup_state *state)
{
	const struct negotiate_policy *policy = &state->conn->policy;

	if (setup_is_nobody(state)) {
		return policy->encryption_required &&
		       !state->conn->agreement.accept_transport_security;
	}
	return policy->signing_required || policy->encryption_required;
}

/* Will the server encrypt, with a key that we do not have? */
static bool is_keyless(const struct setup_state *state,
		       const struct smb2_session_setup_response *body)
{
	return (body->session_flags & SMB2_SESSION_FLAG_ENCRYPT_DATA) != 0 &&
	       !state->conn->agreement.accept_transport_security;
}

/* From here on the server is no stranger any more. */
static void setup_compression(const struct setup_state *state)
{
	message_conn_set_compression(state->conn->message,
				     &state->conn->agreement.compression);
}

/* Keys and protection of a session stay; the answer to a logon within it is
 * signed with its key (3.2.5.3.2), that of a binding with the new channel's
 * (3.2.5.3.3). */
static NTSTATUS setup_within_finish(
	struct setup_state *state, const struct call *call,
	const struct smb2_header *header,
	const struct smb2_session_setup_response *body)
{
	NTSTATUS status = is_anybody(body)
				  ? NT_STATUS_ACCESS_DENIED
				  : setup_prove(state, call, header, body);

	if (NT_STATUS_IS_OK(status) && state->binds) {
		state->channel->binding = false;
		setup_compression(state);
	}
	return status;
}

NTSTATUS setup_finish(struct setup_state *state, const struct call *call,
		      const struct smb2_header *header,
		      const struct smb2_session_setup_response *body)
{
	struct client_session *session = state->session;
	NTSTATUS status = NT_STATUS_OK;

	if (state->renewal || state->binds) {
		return setup_within_finish(state, call, header, body);
	}
	session->flags = body->session_flags;
	if (setup_is_nobody(state)) { /* not every server says so */
		session->flags |= SMB2_SESSION_FLAG_IS_NULL;
	}
	if (is_anybody(body) || setup_is_nobody(state)) {
		/* Nothing can be signed: there is no key that both know. Who
		 * says nobody's name wants that (3.2.5.3.1). */
		if (is_refused(state)) {
			log_warn("the server would let us in as a guest only, "
				 "without any protection");
			return NT_STATUS_ACCESS_DENIED;
		}
		if (is_keyless(state, body)) {
			setup_why(state->conn,
				  "the server wants everything encrypted, "
				  "and whom it lets in without a name, or "
				  "as a guest, has no key for that: log on "
				  "with a name and password");
			return NT_STATUS_ACCESS_DENIED;
		}
		session->valid = true;
		session->stale = state->conn->lost;
		setup_compression(state);
		return NT_STATUS_OK;
	}
	status = setup_prove(state, call, header, body);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	session->valid = true;
	session->stale = state->conn->lost; /* since it was answered */
	setup_compression(state);
	return setup_encryption(state);
}
