/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions: a user logged on (MS-SMB2 3.2.4.2.3, 3.2.5.3), and off again. */
#define LOG_MODULE "client"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/client_private.h"
#include "smbquic/log.h"

struct setup_state {
	struct client_conn *conn;
	struct client_session *session;
	struct client_channel *channel;
	bool auth_done;
};

static void setup_go(struct tevent_req *req, struct wire_slice token);
static void setup_done(struct tevent_req *subreq);

static int session_destructor(struct client_session *session)
{
	struct client_conn *conn = session_conn(session);
	struct client_tree *tree = NULL;
	struct call *call = NULL;

	if (session->valid && conn != NULL) {
		call = call_new(conn, conn, session, NULL);
		if (call != NULL) {
			smb2_empty_encode(call_add(call, SMB2_LOGOFF, 0));
		}
		call_post(conn, call);
	}
	while (!TAILQ_EMPTY(&session->trees)) {
		tree = TAILQ_FIRST(&session->trees);
		TAILQ_REMOVE(&session->trees, tree, entry);
		tree->session = NULL;
	}
	channel_release_all(session);
	return 0;
}

static struct client_session *session_new(TALLOC_CTX *mem_ctx)
{
	struct client_session *session =
		talloc_zero(mem_ctx, struct client_session);

	if (session != NULL) {
		TAILQ_INIT(&session->channels);
		TAILQ_INIT(&session->trees);
		talloc_set_destructor(session, session_destructor);
	}
	return session;
}

struct client_conn *session_conn(const struct client_session *session)
{
	const struct client_channel *channel = TAILQ_FIRST(&session->channels);

	return channel != NULL ? channel->conn : NULL;
}

/* ------------------------------------------------------------------ setup */

static NTSTATUS setup_auth(struct setup_state *state,
			   const struct client_credentials *credentials)
{
	struct client_conn *conn = state->conn;
	struct timespec now = {0};
	char host[256] = "";
	struct auth_client_config config = {
		.user = credentials->user,
		.domain = credentials->domain,
		.password = credentials->password,
		.nt_hash = credentials->nt_hash,
		.workstation = credentials->workstation,
		.target = conn->options.server,
	};

	if (config.user == NULL || *config.user == '\0') {
		/* Anonymous logons do not exist here, nor at servers that
		 * follow MS-SMB2's defaults. */
		return NT_STATUS_LOGON_FAILURE;
	}
	if (config.workstation == NULL &&
	    gethostname(host, sizeof(host) - 1) == 0) {
		host[strcspn(host, ".")] = '\0';
		config.workstation = host;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	return auth_client_new(state->session, &config, conn->hint,
			       nttime_from_timespec(now),
			       &state->session->auth);
}

struct tevent_req *client_session_setup_send(
	TALLOC_CTX *mem_ctx, struct client_conn *conn,
	const struct client_credentials *credentials)
{
	struct setup_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct setup_state);

	if (req == NULL) {
		return NULL;
	}
	state->conn = conn;
	state->session = session_new(state);
	if (tevent_req_nomem(state->session, req)) {
		return tevent_req_post(req, conn->ev);
	}
	state->channel = channel_new(state->session, conn);
	if (tevent_req_nomem(state->channel, req)) {
		return tevent_req_post(req, conn->ev);
	}
	if (req_failed(req, setup_auth(state, credentials))) {
		return tevent_req_post(req, conn->ev);
	}
	setup_go(req, wire_slice(NULL, 0));
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, conn->ev);
	}
	return req;
}

/* One leg: what the mechanism makes of the server's token goes out. */
static void setup_go(struct tevent_req *req, struct wire_slice token)
{
	struct setup_state *state = tevent_req_data(req, struct setup_state);
	struct smb2_session_setup_request body = {0};
	struct tevent_req *subreq = NULL;
	struct wire_slice out = {0};
	struct call *call = NULL;
	NTSTATUS status = 0;

	status = auth_step(state->session->auth, state, token, &out);
	state->auth_done = NT_STATUS_IS_OK(status);
	if (status != NT_STATUS_MORE_PROCESSING_REQUIRED &&
	    req_failed(req, status)) {
		return;
	}
	body.security_mode =
		(uint8_t)state->conn->agreement.client_security_mode;
	body.security_buffer = out;
	call = call_new(state, state->conn, state->session, NULL);
	if (tevent_req_nomem(call, req)) {
		return;
	}
	call->keep_request = true;
	smb2_session_setup_request_encode(call_add(call, SMB2_SESSION_SETUP, 0),
					  &body);
	subreq = call_send(state, state->conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, setup_done, req);
}

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
		.session_key = auth_session_key(state->session->auth),
		.preauth = channel->preauth,
	};
	NTSTATUS status = session_keys_new(channel, &input, &channel->keys);

	if (NT_STATUS_IS_OK(status)) {
		channel->signing = channel->keys->signing;
		channel->sign = a->signing_required;
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
		return state->conn->agreement.dialect < SMB2_DIALECT_311;
	}
	return message_verify(&pdu, state->channel->signing);
}

/* Does the session encrypt (3.2.5.3.1), where the transport does not stand in
 * for it? */
static NTSTATUS setup_encryption(struct setup_state *state)
{
	const struct client_conn *conn = state->conn;
	struct client_session *session = state->session;
	bool wanted = conn->policy.encryption_required ||
		      (session->flags & SMB2_SESSION_FLAG_ENCRYPT_DATA) != 0;

	if (!wanted || conn->agreement.accept_transport_security) {
		return NT_STATUS_OK;
	}
	if (state->channel->keys == NULL ||
	    state->channel->keys->seal == NULL) {
		log_warn("encryption is required, but none was agreed on");
		return NT_STATUS_ACCESS_DENIED;
	}
	session->encrypt = true;
	return NT_STATUS_OK;
}

static NTSTATUS setup_finish(struct setup_state *state, const struct call *call,
			     const struct smb2_header *header,
			     const struct smb2_session_setup_response *body)
{
	struct client_session *session = state->session;
	struct wire_slice ignored = {0};
	NTSTATUS status = NT_STATUS_OK;

	session->flags = body->session_flags;
	if ((session->flags &
	     (SMB2_SESSION_FLAG_IS_GUEST | SMB2_SESSION_FLAG_IS_NULL)) != 0) {
		/* Nothing can be signed: there is no key that both know. */
		if (state->conn->policy.signing_required ||
		    state->conn->policy.encryption_required) {
			log_warn("the server would let us in as a guest only, "
				 "without any protection");
			return NT_STATUS_ACCESS_DENIED;
		}
		session->valid = true;
		return NT_STATUS_OK;
	}
	if (!state->auth_done || body->security_buffer.len > 0) {
		status = auth_step(session->auth, state, body->security_buffer,
				   &ignored);
	}
	if (!NT_STATUS_IS_OK(status)) {
		return NT_STATUS_IS_ERR(status) &&
				       status !=
					       NT_STATUS_MORE_PROCESSING_REQUIRED
			       ? status
			       : NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	status = setup_keys(state);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	if (!setup_signature_is_right(state, call, header)) {
		log_warn("the server's answer to the logon is not signed "
			 "rightly");
		return NT_STATUS_INVALID_SIGNATURE;
	}
	session->valid = true;
	return setup_encryption(state);
}

/* Once the server has given the session a number, it keeps it. */
static bool setup_take_id(struct setup_state *state,
			  const struct smb2_header *header)
{
	if (header->session_id == 0) {
		return false;
	}
	if (state->session->id == 0) {
		state->session->id = header->session_id;
		state->channel->session_id = header->session_id;
	}
	return state->session->id == header->session_id;
}

static void setup_reply(struct tevent_req *req, struct call *call)
{
	struct setup_state *state = tevent_req_data(req, struct setup_state);
	const struct wire_slice reply = call->part[0].reply;
	struct smb2_session_setup_response body = {0};
	struct smb2_header header = {0};
	NTSTATUS status = call->part[0].status;
	bool more = status == NT_STATUS_MORE_PROCESSING_REQUIRED;

	if (!more && req_failed(req, status)) {
		return;
	}
	if (!smb2_header_decode(reply.data, reply.len, &header) ||
	    !smb2_session_setup_response_decode(reply.data, reply.len, &body) ||
	    !setup_take_id(state, &header)) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	if (!channel_hash(state->channel, call->request) ||
	    (more && !channel_hash(state->channel, reply))) {
		req_failed(req, NT_STATUS_INTERNAL_ERROR);
		return;
	}
	if (more && state->auth_done) {
		req_failed(req, NT_STATUS_INVALID_NETWORK_RESPONSE);
		return;
	}
	if (more) {
		setup_go(req, body.security_buffer);
		return;
	}
	if (!req_failed(req, setup_finish(state, call, &header, &body))) {
		tevent_req_done(req);
	}
}

static void setup_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct setup_state *state = tevent_req_data(req, struct setup_state);
	struct call *call = NULL;
	NTSTATUS status = call_recv(subreq, state, &call);

	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	setup_reply(req, call);
}

NTSTATUS client_session_setup_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				   struct client_session **out)
{
	struct setup_state *state = tevent_req_data(req, struct setup_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->session);
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_session_setup(TALLOC_CTX *mem_ctx, struct client_conn *conn,
			      const struct client_credentials *credentials,
			      struct client_session **out)
{
	struct tevent_req *req =
		client_session_setup_send(conn, conn, credentials);
	NTSTATUS status = client_wait(conn, req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_session_setup_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

/* ----------------------------------------------------------------- logoff */

struct tevent_req *client_logoff_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session)
{
	struct client_conn *conn = session_conn(session);
	struct call *call = call_new(mem_ctx, conn, session, NULL);

	if (call != NULL) {
		smb2_empty_encode(call_add(call, SMB2_LOGOFF, 0));
	}
	session->valid = false;
	return call_send(mem_ctx, conn, call);
}

NTSTATUS client_logoff_recv(struct tevent_req *req)
{
	return call_recv_status(req);
}

NTSTATUS client_logoff(struct client_session *session)
{
	struct client_conn *conn = session_conn(session);
	struct tevent_req *req = client_logoff_send(session, session);
	NTSTATUS status = client_wait(conn, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_logoff_recv(req);
	}
	talloc_free(req);
	return status;
}
