/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging on (MS-SMB2 3.2.4.2.3), for the first time or once more. */
#define LOG_MODULE "client"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/session_private.h"
#include "negotiate/kerberos.h"
#include "smbquic/log.h"

static void setup_ticket(struct tevent_req *subreq);
static void setup_go(struct tevent_req *req, struct wire_slice token);
static void setup_done(struct tevent_req *subreq);

const char *client_logon_why(const struct client_conn *conn)
{
	return conn->logon_why;
}

void setup_why(struct client_conn *conn, const char *why)
{
	talloc_free((void *)(uintptr_t)conn->logon_why);
	conn->logon_why = why != NULL ? talloc_strdup(conn, why) : NULL;
}

/* What a logon on this connection is bound to. */
static struct wire_slice setup_binding(struct setup_state *state)
{
	const struct transport_facts *facts =
		transport_facts(message_conn_transport(state->conn->message));

	return wire_slice(state->binding,
			  transport_binding(facts, state->binding));
}

/* Anonymous: no name, and no password. */
bool setup_is_nobody(const struct setup_state *state)
{
	const struct client_credentials *credentials = &state->credentials;

	return !state->by_ticket &&
	       (credentials->user == NULL || *credentials->user == '\0') &&
	       (credentials->password == NULL ||
		*credentials->password == '\0') &&
	       credentials->nt_hash == NULL;
}

/* @param ticket  NULL: by NTLM. */
static NTSTATUS setup_auth(struct setup_state *state,
			   struct kerberos_ticket *ticket)
{
	const struct client_credentials *credentials = &state->credentials;
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
		.binding = setup_binding(state),
		.ticket = ticket,
	};
	NTSTATUS status = NT_STATUS_OK;

	state->by_ticket = ticket != NULL;
	if (ticket == NULL && (config.user == NULL || *config.user == '\0')) {
		if (!setup_is_nobody(state)) { /* whose password is it? */
			return NT_STATUS_LOGON_FAILURE;
		}
		config.user = "";
		config.domain = NULL;
	}
	if (config.workstation == NULL &&
	    gethostname(host, sizeof(host) - 1) == 0) {
		host[strcspn(host, ".")] = '\0';
		config.workstation = host;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	status = auth_client_new(state, &config, conn->hint,
				 nttime_from_timespec(now), &state->auth);
	return status;
}

/* By NTLM: begin at once, or say why not. */
static void setup_by_ntlm(struct tevent_req *req, const char *why)
{
	struct setup_state *state = tevent_req_data(req, struct setup_state);
	bool forbidden =
		state->credentials.no_ntlm ||
		state->credentials.kerberos == CLIENT_KERBEROS_REQUIRED;
	NTSTATUS status =
		forbidden ? NT_STATUS_NOT_SUPPORTED : setup_auth(state, NULL);

	if (forbidden) {
		setup_why(state->conn,
			  why != NULL ? why
				      : "NTLM is forbidden, and Kerberos "
					"is not used");
	}
	if (status == NT_STATUS_NOT_SUPPORTED && !forbidden) {
		setup_why(state->conn,
			  "the server does not let anybody in by NTLM: "
			  "get a Kerberos ticket with kinit, and try -k");
	}
	if (!req_failed(req, status)) {
		setup_go(req, wire_slice(NULL, 0));
	}
}

static void setup_begin(struct tevent_req *req)
{
	struct setup_state *state = tevent_req_data(req, struct setup_state);
	struct client_conn *conn = state->conn;
	unsigned offered = auth_hint_mechs(conn->hint);
	struct tevent_req *subreq = NULL;

	if (state->credentials.kerberos == CLIENT_KERBEROS_OFF) {
		setup_by_ntlm(req, NULL);
		return;
	}
	if ((offered & AUTH_MECH_KERBEROS) == 0) {
		setup_by_ntlm(req, "the server does not offer Kerberos");
		return;
	}
	subreq = ticket_get_send(state, conn->ev, &state->credentials,
				 conn->options.server, setup_binding(state));
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, setup_ticket, req);
}

/* For a _send: an end that comes at once is told by the event loop. */
static struct tevent_req *setup_begun(struct tevent_req *req)
{
	struct setup_state *state = tevent_req_data(req, struct setup_state);

	setup_begin(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, state->conn->ev);
	}
	return req;
}

static void setup_ticket(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct setup_state *state = tevent_req_data(req, struct setup_state);
	struct kerberos_ticket *ticket = NULL;
	char *why = NULL;
	NTSTATUS status = ticket_get_recv(subreq, state, &ticket, &why);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status)) {
		status = setup_auth(state, ticket);
		if (NT_STATUS_IS_OK(status)) {
			setup_go(req, wire_slice(NULL, 0));
			return;
		}
		kerberos_ticket_free(ticket);
		req_failed(req, status);
		return;
	}
	setup_why(state->conn, why);
	if (state->credentials.kerberos == CLIENT_KERBEROS_REQUIRED ||
	    state->credentials.no_ntlm || state->credentials.password == NULL) {
		req_failed(req, status);
		return;
	}
	log_notice("by NTLM, because Kerberos does not work: %s",
		   why != NULL ? why : nt_errtext(status));
	setup_by_ntlm(req, why);
}

struct tevent_req *client_session_setup_send(
	TALLOC_CTX *mem_ctx, struct client_conn *conn,
	const struct client_credentials *credentials)
{
	struct client_credentials *kept = NULL;
	struct setup_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct setup_state);

	if (req == NULL) {
		return NULL;
	}
	state->conn = conn;
	setup_why(conn, NULL);
	state->session = session_new(state);
	if (tevent_req_nomem(state->session, req)) {
		return tevent_req_post(req, conn->ev);
	}
	state->channel = channel_new(state->session, conn);
	if (tevent_req_nomem(state->channel, req)) {
		return tevent_req_post(req, conn->ev);
	}
	if (conn->lost ||
	    conn->down) { /* not now: what is known of it is of the past */
		req_failed(req, NT_STATUS_CONNECTION_DISCONNECTED);
		return tevent_req_post(req, conn->ev);
	}
	kept = credentials_keep(state, credentials);
	if (tevent_req_nomem(kept, req)) {
		return tevent_req_post(req, conn->ev);
	}
	state->credentials = *kept;
	state->session->credentials = talloc_steal(state->session, kept);
	return setup_begun(req);
}

struct tevent_req *session_again_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session)
{
	struct client_conn *conn = session_conn(session);
	struct client_channel *channel = TAILQ_FIRST(&session->channels);
	struct setup_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct setup_state);

	if (req == NULL) {
		return NULL;
	}
	state->conn = conn;
	state->session = session;
	state->channel = channel;
	state->previous = session->id != 0 ? session->id : session->previous_id;
	session->previous_id = state->previous;
	session->id = 0;
	session->encrypt = false;
	session->validated = false;
	TALLOC_FREE(session->renewing);
	channel->session_id = 0;
	channel->signing = NULL;
	TALLOC_FREE(channel->keys);
	memcpy(channel->preauth, conn->agreement.preauth,
	       sizeof(channel->preauth));
	if (session->credentials == NULL) {
		req_failed(req, NT_STATUS_LOGON_FAILURE);
		return tevent_req_post(req, conn->ev);
	}
	state->credentials = *session->credentials;
	return setup_begun(req);
}

NTSTATUS session_again_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

/* A session that is logged on, on one of its channels. */
static struct tevent_req *setup_within(TALLOC_CTX *mem_ctx,
				       struct client_session *session,
				       struct client_channel *channel,
				       bool binds)
{
	struct setup_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct setup_state);

	if (req == NULL) {
		return NULL;
	}
	state->conn = channel->conn;
	state->session = session;
	state->channel = channel;
	state->renewal = !binds;
	state->binds = binds;
	state->credentials = *session->credentials;
	return setup_begun(req);
}

struct tevent_req *session_renew_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session)
{
	struct client_channel *channel = channel_choose(session);

	return channel != NULL ? setup_within(mem_ctx, session, channel, false)
			       : NULL;
}

NTSTATUS session_renew_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

struct tevent_req *session_bind_send(TALLOC_CTX *mem_ctx,
				     struct client_channel *channel)
{
	struct client_session *session = channel->session;

	channel->session_id = session->id;
	channel->binding = true;
	memcpy(channel->preauth, channel->conn->agreement.preauth,
	       sizeof(channel->preauth));
	/* Until it has a key of its own (3.2.4.2.3.1). */
	channel->signing = channel_first(session)->keys->signing;
	return setup_within(mem_ctx, session, channel, true);
}

NTSTATUS session_bind_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
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

	status = auth_step(state->auth, state, token, &out);
	setup_why(state->conn, auth_why(state->auth));
	state->auth_done = NT_STATUS_IS_OK(status);
	if (status != NT_STATUS_MORE_PROCESSING_REQUIRED &&
	    req_failed(req, status)) {
		return;
	}
	body.security_mode =
		(uint8_t)state->conn->agreement.client_security_mode;
	body.security_buffer = out;
	body.previous_session_id = state->previous;
	body.flags = state->binds ? SMB2_SESSION_FLAG_BINDING : 0;
	call = call_new(state, state->conn, state->session, NULL);
	if (tevent_req_nomem(call, req)) {
		return;
	}
	call->channel = state->channel;
	call->keep_request = true;
	call->urgent = true;
	/* A logon within a session is signed with its key, never sealed. */
	call->encrypt = false;
	call->must_sign = state->renewal || state->binds;
	smb2_session_setup_request_encode(call_add(call, SMB2_SESSION_SETUP, 0),
					  &body);
	subreq = call_send(state, state->conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, setup_done, req);
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

	if (!more && status == NT_STATUS_LOGON_FAILURE &&
	    auth_mech(state->auth) == AUTH_MECH_KERBEROS) {
		setup_why(state->conn,
			  "the server did not accept the Kerberos ticket; "
			  "its log says why");
	}
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
	if (req_failed(req, setup_finish(state, call, &header, &body))) {
		return;
	}
	if (!state->binds) {
		TALLOC_FREE(state->session->auth);
		state->session->auth =
			talloc_move(state->session, &state->auth);
	}
	tevent_req_done(req);
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
