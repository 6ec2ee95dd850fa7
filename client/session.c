/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions: a user logged on (MS-SMB2 3.2.4.2.3, 3.2.5.3), and off again. */
#define LOG_MODULE "client"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/client_private.h"
#include "client/multichannel_private.h"
#include "negotiate/kerberos.h"
#include "smbquic/secret.h"
#include "smbquic/log.h"

struct setup_state {
	struct client_conn *conn;
	struct client_session *session;
	struct client_channel *channel;
	struct client_credentials credentials; /* strings of a child */
	struct auth *auth;		       /* in the end the session's */
	uint8_t binding[TRANSPORT_BINDING_MAX];
	bool auth_done;
	bool by_ticket;	   /* who has one is somebody, whoever that is */
	uint64_t previous; /* the session that this one replaces; 0: none */
	bool renewal;	   /* of a session that stays what it is */
	bool binds;	   /* one more channel to it */
};

static void setup_ticket(struct tevent_req *subreq);
static void setup_go(struct tevent_req *req, struct wire_slice token);
static void setup_done(struct tevent_req *subreq);

static int session_destructor(struct client_session *session)
{
	struct client_conn *conn = session_conn(session);
	struct client_tree *tree = NULL;
	struct call *call = NULL;

	reconnect_look(conn);
	if (session->valid && conn != NULL && !session->stale) {
		call = call_new(conn, conn, session, NULL);
		if (call != NULL) {
			smb2_empty_encode(call_add(call, SMB2_LOGOFF, 0));
		}
		call_post(conn, call);
	}
	multichannel_session_ends(conn, session);
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

static const char *const kerberos_names[] = {
	[CLIENT_KERBEROS_OFF] = "off",
	[CLIENT_KERBEROS_DESIRED] = "desired",
	[CLIENT_KERBEROS_REQUIRED] = "required",
};

bool client_kerberos_parse(const char *name, enum client_kerberos *out)
{
	size_t i = 0;

	for (i = 0; i < sizeof(kerberos_names) / sizeof(kerberos_names[0]);
	     i++) {
		if (strcmp(name, kerberos_names[i]) == 0) {
			*out = (enum client_kerberos)i;
			return true;
		}
	}
	return false;
}

const char *client_logon_why(const struct client_conn *conn)
{
	return conn->logon_why;
}

static void set_logon_why(struct client_conn *conn, const char *why)
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
static bool is_nobody(const struct setup_state *state)
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
		if (!is_nobody(state)) { /* whose password is it? */
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

static const char *copy(TALLOC_CTX *mem_ctx, const char *text, bool *ok)
{
	const char *out = text != NULL ? talloc_strdup(mem_ctx, text) : NULL;

	*ok = *ok && (out != NULL) == (text != NULL);
	return out;
}

/* For as long as the session lives, which may have to log on again: its ticket
 * ends, its connection is lost, or a channel comes to it. NULL: out of memory.
 */
static struct client_credentials *keep_credentials(
	TALLOC_CTX *mem_ctx, const struct client_credentials *given)
{
	struct client_credentials *kept =
		talloc_zero(mem_ctx, struct client_credentials);
	uint8_t *hash = NULL;
	bool ok = kept != NULL;

	if (kept == NULL) {
		return NULL;
	}
	*kept = *given;
	kept->user = copy(kept, given->user, &ok);
	kept->domain = copy(kept, given->domain, &ok);
	if (given->password != NULL) {
		kept->password = secret_text(kept, given->password);
		ok = ok && kept->password != NULL;
	}
	kept->workstation = copy(kept, given->workstation, &ok);
	if (given->nt_hash != NULL) {
		hash = secret_new(kept, AUTH_NT_HASH_SIZE);
		ok = ok && hash != NULL;
		if (hash != NULL) {
			memcpy(hash, given->nt_hash, AUTH_NT_HASH_SIZE);
		}
		kept->nt_hash = hash;
	}
	kept->ccache = copy(kept, given->ccache, &ok);
	kept->keytab = copy(kept, given->keytab, &ok);
	if (!ok) {
		TALLOC_FREE(kept);
	}
	return kept;
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
		set_logon_why(state->conn,
			      why != NULL ? why
					  : "NTLM is forbidden, and Kerberos "
					    "is not used");
	}
	if (status == NT_STATUS_NOT_SUPPORTED && !forbidden) {
		set_logon_why(state->conn,
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
	set_logon_why(state->conn, why);
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
	set_logon_why(conn, NULL);
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
	kept = keep_credentials(state, credentials);
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
	set_logon_why(state->conn, auth_why(state->auth));
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

	if (is_nobody(state)) {
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

static NTSTATUS setup_finish(struct setup_state *state, const struct call *call,
			     const struct smb2_header *header,
			     const struct smb2_session_setup_response *body)
{
	struct client_session *session = state->session;
	NTSTATUS status = NT_STATUS_OK;

	if (state->renewal || state->binds) {
		return setup_within_finish(state, call, header, body);
	}
	session->flags = body->session_flags;
	if (is_nobody(state)) { /* not every server says so */
		session->flags |= SMB2_SESSION_FLAG_IS_NULL;
	}
	if (is_anybody(body) || is_nobody(state)) {
		/* Nothing can be signed: there is no key that both know. Who
		 * says nobody's name wants that (3.2.5.3.1). */
		if (is_refused(state)) {
			log_warn("the server would let us in as a guest only, "
				 "without any protection");
			return NT_STATUS_ACCESS_DENIED;
		}
		if (is_keyless(state, body)) {
			set_logon_why(state->conn,
				      "the server wants everything encrypted, "
				      "and whom it lets in without a name, or "
				      "as a guest, has no key for that: log on "
				      "with a name and password");
			return NT_STATUS_ACCESS_DENIED;
		}
		session->valid = true;
		setup_compression(state);
		return NT_STATUS_OK;
	}
	status = setup_prove(state, call, header, body);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	session->valid = true;
	setup_compression(state);
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

	if (!more && status == NT_STATUS_LOGON_FAILURE &&
	    auth_mech(state->auth) == AUTH_MECH_KERBEROS) {
		set_logon_why(state->conn,
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

/* ----------------------------------------------------------------- logoff */

uint64_t client_session_id(const struct client_session *session)
{
	return session->id;
}

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
