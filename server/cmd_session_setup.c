/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_session_setup.c - SESSION_SETUP (MS-SMB2 3.3.5.5): from a stranger's
 * tokens to a session with a user and keys.
 */

#include "server/account.h"
#include "server/binding.h"
#include "server/dispatch.h"
#include "server/logon.h"
#include "server/machine.h"
#include "server/protection.h"
#include "smbquic/alarm.h"

#define NT_TIME_MS 10000 /* of 100 ns */

#define LOG_MODULE "session"
#include "smbquic/log.h"

struct cmd_session_setup_state {
	struct tevent_context *ev;
	struct request *r;
	struct smb2_session_setup_request in;
	struct wire_slice token; /* for the client */
	NTSTATUS status;	 /* of a step that went well */
	bool at_work;		 /* the channel is busy with this */
	bool ends_session;	 /* on failure */
	const char *why;	 /* it failed, when the status does not say */
};

static void cmd_session_setup_step(struct tevent_req *req);
static void cmd_session_setup_failed(struct tevent_req *req, NTSTATUS status);
static void cmd_session_setup_resolved(struct tevent_req *subreq);
static void cmd_session_setup_delayed(struct tevent_req *subreq);

/* --- the exchange ----------------------------------------------------------
 */

/* 3.3.5.5.1. */
static NTSTATUS begin_session(struct request *r)
{
	struct session *session = session_new(r->conn->server);
	struct channel *channel = NULL;

	if (session == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	channel = channel_new(r->conn, session);
	if (channel == NULL) {
		talloc_free(session);
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	session->dialect = r->conn->agreed.dialect;
	session->signing_algorithm = r->conn->agreed.signing_algorithm;
	session->cipher = r->conn->agreed.cipher;
	memcpy(session->client_guid, r->conn->agreed.client_guid,
	       sizeof(session->client_guid));
	memcpy(channel->preauth, r->conn->agreed.preauth,
	       sizeof(channel->preauth));
	request_set_session(r, channel);
	return NT_STATUS_OK;
}

/* Whatever is wrong with the request before any token is looked at. */
static NTSTATUS refuse(const struct request *r)
{
	const char *forbids =
		protection_forbids_logon(r->conn, NULL, AUTH_USER);

	if (forbids != NULL) {
		log_notice("%s: refused: the client cannot encrypt, which `%s` "
			   "requires",
			   r->conn->peer, forbids);
		return NT_STATUS_ACCESS_DENIED;
	}
	if (r->channel != NULL && r->channel->busy) {
		return NT_STATUS_REQUEST_NOT_ACCEPTED;
	}
	return NT_STATUS_OK;
}

/* 3.3.5.5: a further connection of a session. */
static NTSTATUS join_session(struct request *r)
{
	struct session *session = binding_session(r);
	struct channel *channel = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (session == NULL) {
		return NT_STATUS_USER_SESSION_DELETED;
	}
	session_state(session, server_now());
	status = binding_check(r, session);
	if (status != NT_STATUS_OK || r->channel != NULL) {
		return status;
	}
	channel = channel_new(r->conn, session);
	if (channel == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	channel->binding = true;
	memcpy(channel->preauth, r->conn->agreed.preauth,
	       sizeof(channel->preauth));
	request_set_session(r, channel);
	return NT_STATUS_OK;
}

/* The channel that this request is about: a new one, or found. */
static NTSTATUS find_channel(struct cmd_session_setup_state *state)
{
	struct request *r = state->r;
	NTSTATUS status = NT_STATUS_OK;

	if ((state->in.flags & SMB2_SESSION_FLAG_BINDING) != 0) {
		return join_session(r);
	}
	if (r->session_id == 0) {
		status = begin_session(r);
		state->ends_session = status == NT_STATUS_OK;
		return status;
	}
	if (r->channel == NULL) {
		return NT_STATUS_USER_SESSION_DELETED;
	}
	session_state(r->session, server_now());
	/* Having begun to join it, it has to go on like that. */
	return r->channel->binding && !r->channel->valid
		       ? NT_STATUS_INVALID_PARAMETER
		       : NT_STATUS_OK;
}

/* What is not looked at teaches a guesser nothing. */
static NTSTATUS bar(struct cmd_session_setup_state *state)
{
	struct request *r = state->r;

	log_notice("%s: refused: too many logons from there have failed",
		   r->conn->peer);
	machine_record_logon(r->conn, false, "", NULL,
			     "too many failed logons from this address");
	conn_end(r->conn, TRANSPORT_CLOSE_LIMIT, "too many failed logons");
	if (state->ends_session) {
		session_end(r->session, r);
		state->ends_session = false;
	}
	return NT_STATUS_ACCOUNT_LOCKED_OUT;
}

static NTSTATUS find_session(struct cmd_session_setup_state *state)
{
	struct request *r = state->r;
	NTSTATUS status = NT_STATUS_OK;

	if (!smb2_session_setup_request_decode(r->pdu.data, r->pdu.len,
					       &state->in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	status = refuse(r);
	if (status == NT_STATUS_OK) {
		status = find_channel(state);
	}
	if (status == NT_STATUS_OK && machine_is_barred(r->conn)) {
		status = bar(state);
	}
	if (status == NT_STATUS_OK && r->channel->auth == NULL) {
		server_refresh_users(r->conn->server);
		status = logon_auth_new(r->channel);
	}
	return status;
}

/* The preauth hash covers the logon up to its last request. */
static bool hash(struct channel *channel, const struct iovec *message,
		 int count)
{
	if (channel->conn->agreed.dialect < SMB2_DIALECT_311 ||
	    channel->valid) {
		return true;
	}
	return crypto_preauth_update(channel->preauth, message, count) == 0;
}

static bool hash_request(struct request *r)
{
	struct iovec whole = {.iov_len = r->pdu.len};

	memcpy(&whole.iov_base, &r->pdu.data, sizeof(whole.iov_base));
	return hash(r->channel, &whole, 1);
}

static void hash_response(struct request *r, const struct iovec *message,
			  int count)
{
	if (!hash(r->channel, message, count)) {
		conn_end(r->conn, TRANSPORT_CLOSE_INTERNAL,
			 "the preauthentication hash failed");
	}
}

struct tevent_req *cmd_session_setup_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct request *r)
{
	struct tevent_req *req = NULL;
	struct cmd_session_setup_state *state = NULL;
	NTSTATUS status = NT_STATUS_OK;

	req = tevent_req_create(mem_ctx, &state,
				struct cmd_session_setup_state);
	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->r = r;
	status = find_session(state);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	r->channel->busy = true;
	state->at_work = true;
	if (!hash_request(r)) {
		tevent_req_error(req, NT_STATUS_INTERNAL_ERROR);
		return tevent_req_post(req, ev);
	}
	cmd_session_setup_step(req);
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

/* 3.3.5.5.3. */
static void cmd_session_setup_step(struct tevent_req *req)
{
	struct cmd_session_setup_state *state =
		tevent_req_data(req, struct cmd_session_setup_state);
	struct channel *channel = state->r->channel;
	struct tevent_req *subreq = NULL;
	NTSTATUS status = auth_step(channel->auth, state,
				    state->in.security_buffer, &state->token);

	if (status == NT_STATUS_MORE_PROCESSING_REQUIRED) {
		if (auth_why(channel->auth) != NULL) {
			log_notice("%s: logon by %s failed: %s",
				   state->r->conn->peer,
				   auth_mechanism(channel->auth),
				   auth_why(channel->auth));
		}
		state->status = status;
		tevent_req_done(req);
		return;
	}
	if (status != NT_STATUS_OK) {
		cmd_session_setup_failed(req, status);
		return;
	}
	if (auth_kind(channel->auth) == AUTH_USER) {
		subreq = account_resolve_send(
			state, state->ev, state->r->conn->server,
			auth_user(channel->auth),
			auth_mech(channel->auth) == AUTH_MECH_KERBEROS);
	} else {
		subreq = account_guest_send(state, state->ev,
					    state->r->conn->server);
	}
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, cmd_session_setup_resolved, req);
}

/* --- success ---------------------------------------------------------------
 */

static NTSTATUS make_keys(struct request *r)
{
	const struct conn *conn = r->conn;
	struct session *session = r->session;
	const struct keys_input input = {
		.role = KEYS_SERVER,
		.dialect = conn->agreed.dialect,
		.signing_algorithm = conn->agreed.signing_algorithm,
		.cipher = conn->agreed.cipher,
		.session_key = auth_session_key(r->channel->auth),
		.preauth = r->channel->preauth,
	};
	NTSTATUS status = NT_STATUS_OK;

	if (r->channel->binding) {
		return channel_signing_key_new(r->channel, &input,
					       &r->channel->signing);
	}
	status = session_keys_new(session, &input, &session->keys);
	if (status == NT_STATUS_OK) {
		r->channel->signing = session->keys->signing;
	}
	return status;
}

static void set_protection(struct request *r,
			   const struct smb2_session_setup_request *in)
{
	const struct conn *conn = r->conn;
	struct session *session = r->session;

	session->signing_required =
		session->kind == AUTH_USER &&
		(conn->agreed.signing_required ||
		 (in->security_mode & SMB2_NEGOTIATE_SIGNING_REQUIRED) != 0);
	session->encrypt_data = protection_of_session(conn, session);
}

/* The client was cut off and came back: its old session is at its end. */
static void end_previous(struct server *server, uint64_t id,
			 const struct session *now)
{
	struct session *old = idtable_find(server->sessions, id);

	if (old == NULL || old == now || old->state == SESSION_IN_PROGRESS ||
	    old->state == SESSION_ENDED || old->kind != AUTH_USER ||
	    now->kind != AUTH_USER ||
	    strcmp(old->user->name, now->user->name) != 0) {
		return;
	}
	session_end(old, NULL);
}

static NTSTATUS take_user(struct session *session, enum auth_kind kind,
			  struct user *user)
{
	if (session->user != NULL) {
		/* Who gives no name proves nothing, and changes nothing. */
		bool same =
			session->kind == kind
				? strcmp(session->user->name, user->name) == 0
				: kind == AUTH_ANONYMOUS &&
					  session->state == SESSION_VALID;

		talloc_free(user);
		return same ? NT_STATUS_OK : NT_STATUS_ACCESS_DENIED;
	}
	session->user = talloc_steal(session, user);
	session->kind = kind;
	if (!session->server->root) {
		return NT_STATUS_OK;
	}
	session->cred = store_cred_new(session, user->uid, user->gid,
				       user->num_groups, user->groups);
	return session->cred == NULL ? NT_STATUS_INSUFFICIENT_RESOURCES
				     : NT_STATUS_OK;
}

static NTSTATUS establish(struct cmd_session_setup_state *state,
			  struct user *user)
{
	struct request *r = state->r;
	struct session *session = r->session;
	const struct auth *auth = r->channel->auth;
	NTSTATUS status = take_user(session, auth_kind(auth), user);

	if (status != NT_STATUS_OK || r->channel->valid) {
		return status;
	}
	if (r->channel->binding) {
		return make_keys(r);
	}
	session->domain = talloc_strdup(session, auth_domain(auth));
	session->workstation = talloc_strdup(session, auth_workstation(auth));
	session->mechanism = talloc_strdup(session, auth_mechanism(auth));
	if (session->domain == NULL || session->workstation == NULL ||
	    session->mechanism == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	set_protection(r, &state->in);
	if (session->kind != AUTH_GUEST) {
		return make_keys(r);
	}
	/* Without a key nothing can be sealed. */
	return conn_must_seal(r->conn, session) ? NT_STATUS_ACCESS_DENIED
						: NT_STATUS_OK;
}

/* The earlier of two moments, of which 0 is none. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
	return b == 0 || (a != 0 && a < b) ? a : b;
}

/* A further connection does not prolong what its session has left. */
static void session_renew(struct request *r)
{
	struct session *session = r->session;
	int64_t ms = config_int(session->server->config, NULL,
				CONFIG_SESSION_LIFETIME);

	if ((r->channel->binding && !r->channel->valid) ||
	    auth_kind(r->channel->auth) != session->kind) {
		return;
	}
	session->state = SESSION_VALID;
	/* 3.3.5.5.3: no longer than the ticket holds. */
	session->expires =
		earlier(ms == 0 ? 0 : server_now() + (uint64_t)ms * NT_TIME_MS,
			auth_expires(r->channel->auth));
}

/* Of whom encryption is required, now that it is known who it is. */
static NTSTATUS forbid_plain(struct cmd_session_setup_state *state,
			     const struct user *user)
{
	struct request *r = state->r;
	const char *forbids = protection_forbids_logon(
		r->conn, user, auth_kind(r->channel->auth));

	if (forbids == NULL) {
		return NT_STATUS_OK;
	}
	state->why = talloc_asprintf(state,
				     "the client cannot encrypt, which `%s` "
				     "requires",
				     forbids);
	return NT_STATUS_ACCESS_DENIED;
}

static void log_success(struct cmd_session_setup_state *state)
{
	struct request *r = state->r;
	const struct session *session = r->session;
	char *text = protection_text(state, r->conn, session, NULL, false);

	log_info("%s: %s logged on (%s, %s%s%s): %s", r->conn->peer,
		 session->user->name, session->mechanism,
		 protection_dialect(session->dialect),
		 session->workstation[0] == '\0' ? "" : ", from ",
		 session->workstation, text == NULL ? "" : text);
}

static void cmd_session_setup_resolved(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_session_setup_state *state =
		tevent_req_data(req, struct cmd_session_setup_state);
	struct request *r = state->r;
	struct user *user = NULL;
	char *why = NULL;
	NTSTATUS status = account_resolve_recv(subreq, state, &user, &why);

	TALLOC_FREE(subreq);
	if (why != NULL) {
		log_warn("%s: %s", r->conn->peer, why);
	}
	if (status == NT_STATUS_OK &&
	    auth_kind(r->channel->auth) == AUTH_USER &&
	    !machine_allows_user(state, r->conn, user->name, &why)) {
		state->why = why == NULL ? "out of memory" : why;
		status = NT_STATUS_ACCESS_DENIED;
	}
	if (status == NT_STATUS_OK) {
		status = forbid_plain(state, user);
	}
	if (status == NT_STATUS_OK) {
		status = establish(state, user);
	}
	if (status != NT_STATUS_OK) {
		cmd_session_setup_failed(req, status == NT_STATUS_NO_SUCH_USER
						      ? NT_STATUS_LOGON_FAILURE
						      : status);
		return;
	}
	session_renew(r);
	r->channel->machine =
		machine_stands_for(r->conn, r->session->user->name);
	channel_set_valid(r->channel);
	r->conn->failed_logons = 0;
	r->conn->server->metrics.logons++;
	machine_record_logon(r->conn, true, r->session->user->name, r->session,
			     NULL);
	end_previous(r->conn->server, state->in.previous_session_id,
		     r->session);
	log_success(state);
	state->status = NT_STATUS_OK;
	tevent_req_done(req);
}

/* --- failure ---------------------------------------------------------------
 */

/* Guessing is slow: the answer comes late (`invalid authentication delay`). */
static void cmd_session_setup_failed(struct tevent_req *req, NTSTATUS status)
{
	struct cmd_session_setup_state *state =
		tevent_req_data(req, struct cmd_session_setup_state);
	struct conn *conn = state->r->conn;
	int64_t ms = config_int(conn->server->config, NULL,
				CONFIG_INVALID_AUTHENTICATION_DELAY);
	unsigned limit =
		(unsigned)config_int(conn->server->config, NULL,
				     CONFIG_MAX_FAILED_LOGONS_PER_CONNECTION);
	struct tevent_req *subreq = NULL;
	const char *why = NULL;

	state->status = status;
	state->ends_session = true;
	conn->failed_logons++;
	conn->server->metrics.failed_logons++;
	why = state->why != NULL ? state->why
				 : auth_why(state->r->channel->auth);
	why = why != NULL ? why : nt_errtext(status);
	log_notice("%s: logon of \"%s\" failed: %s", conn->peer,
		   auth_claimed_user(state->r->channel->auth), why);
	machine_record_logon(conn, false,
			     auth_claimed_user(state->r->channel->auth), NULL,
			     why);
	machine_strike(conn);
	if (limit != 0 && conn->failed_logons > limit) {
		conn_end(conn, TRANSPORT_CLOSE_LIMIT, "too many failed logons");
	}
	subreq = alarm_wait_send(state, state->ev, ms);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, cmd_session_setup_delayed, req);
}

static void cmd_session_setup_delayed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_session_setup_state *state =
		tevent_req_data(req, struct cmd_session_setup_state);

	(void)alarm_wait_recv(subreq);
	TALLOC_FREE(subreq);
	tevent_req_error(req, state->status);
}

/* --- the response ----------------------------------------------------------
 */

/* 3.3.5.5.3: who fails to prove again who he is has no session any more. Who
 * fails to join one leaves it as it was. */
static void end_failed(struct request *r)
{
	if (r->channel->binding && !r->channel->valid) {
		request_end_channel(r);
	} else {
		session_end(r->session, r);
	}
}

static const uint16_t kind_flags[] = {
	[AUTH_USER] = 0,
	[AUTH_GUEST] = SMB2_SESSION_FLAG_IS_GUEST,
	[AUTH_ANONYMOUS] = SMB2_SESSION_FLAG_IS_NULL,
};

NTSTATUS cmd_session_setup_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_session_setup_state *state =
		tevent_req_data(req, struct cmd_session_setup_state);
	struct request *r = state->r;
	struct smb2_session_setup_response out = {
		.security_buffer = state->token,
	};
	NTSTATUS status = NT_STATUS_OK;

	if (state->at_work) {
		r->channel->busy = false;
	}
	if (request_failed(req, &status)) {
		if (state->ends_session) {
			end_failed(r);
		}
		return status;
	}
	if (state->status == NT_STATUS_OK) {
		TALLOC_FREE(r->channel->auth);
		out.session_flags |= kind_flags[r->session->kind];
		if (!r->channel->binding &&
		    conn_must_seal(r->conn, r->session)) {
			out.session_flags |= SMB2_SESSION_FLAG_ENCRYPT_DATA;
		}
	} else {
		reply->on_wire = hash_response;
	}
	smb2_session_setup_response_encode(&reply->body, &out);
	return state->status;
}
