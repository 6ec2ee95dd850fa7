/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making a connection: the way to the server, then NEGOTIATE (3.2.4.2). */
#define LOG_MODULE "client"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "certs/client_map.h"
#include "client/client_private.h"
#include "client/multichannel_private.h"
#include "smbquic/log.h"
#include "smbquic/race.h"
#include "smbquic/threads.h"

/* Before a server is known it may send us this much, afterwards what it may
 * want to send at once: the payload and some more. */
#define FIRST_LIMIT   ((size_t)128 * 1024)
#define LIMIT_MARGIN  ((size_t)64 * 1024)
#define LARGEST_FRAME ((size_t)0xFFFFFF)
#define LEAST_IO      ((uint32_t)4096)

struct connect_state {
	struct tevent_context *ev;
	struct client_conn *conn; /* ours until it is handed over, or lost */
	struct race_params race;
	struct transport_settings settings;
	struct call *negotiate; /* made before there is a way; NULL: not */
	uint16_t dialect;	/* it must be again; 0: any */
	unsigned number;	/* of a further channel; 0: home */
	bool rehearsal;		/* connect_beside_send() */
	char *why;
};

static void connect_raced(struct tevent_req *subreq);
static void connect_start(struct tevent_req *req, struct transport *t);
static void connect_negotiated(struct tevent_req *subreq);
static void connect_dial(struct tevent_req *req);

/* ------------------------------------------------------------- life of it */

static bool keep_string(TALLOC_CTX *mem_ctx, const char **s)
{
	if (*s != NULL) {
		*s = talloc_strdup(mem_ctx, *s);
		return *s != NULL;
	}
	return true;
}

static bool conn_copy_options(struct client_conn *conn,
			      const struct client_options *options)
{
	struct client_options *o = &conn->options;
	struct tls_client_policy *tls = &o->tls;

	*o = *options;
	return keep_string(conn, &o->server) &&
	       keep_string(conn, &o->visits_file) &&
	       keep_string(conn, &o->address) &&
	       keep_string(conn, &o->transports) &&
	       keep_string(conn, &o->client_map) &&
	       keep_string(conn, &o->compression_algorithms) &&
	       keep_string(conn, &tls->ca_file) &&
	       keep_string(conn, &tls->pin) &&
	       keep_string(conn, &tls->crl_file) &&
	       keep_string(conn, &tls->known_hosts) &&
	       keep_string(conn, &tls->cert_file) &&
	       keep_string(conn, &tls->key_file);
}

static int conn_destructor(struct client_conn *conn)
{
	struct client_channel *channel = NULL;

	conn_die(conn, NT_STATUS_CONNECTION_DISCONNECTED,
		 "the connection was closed here");
	while (!TAILQ_EMPTY(&conn->channels)) {
		channel = TAILQ_FIRST(&conn->channels);
		TAILQ_REMOVE(&conn->channels, channel, conn_entry);
		channel->conn = NULL;
	}
	return 0;
}

static struct client_conn *conn_new(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    const struct client_options *options)
{
	struct client_conn *conn = talloc_zero(mem_ctx, struct client_conn);
	size_t i = 0;

	if (conn == NULL) {
		return NULL;
	}
	conn->ev = ev;
	conn->trash = talloc_new(conn);
	conn->writes = talloc_new(conn);
	TAILQ_INIT(&conn->waiting);
	TAILQ_INIT(&conn->sent);
	TAILQ_INIT(&conn->held);
	TAILQ_INIT(&conn->channels);
	for (i = 0; i < CONN_BUCKETS; i++) {
		TAILQ_INIT(&conn->table[i]);
	}
	/* The first request is allowed one credit that nobody granted. */
	conn->credits = 1;
	conn->credits_most = 1;
	if (options->guid != NULL) {
		memcpy(conn->guid, options->guid, sizeof(conn->guid));
	} else if (crypto_random(conn->guid, sizeof(conn->guid)) != 0) {
		talloc_free(conn);
		return NULL;
	}
	if (conn->trash == NULL || conn->writes == NULL ||
	    !conn_copy_options(conn, options)) {
		talloc_free(conn);
		return NULL;
	}
	talloc_set_destructor(conn, conn_destructor);
	return conn;
}

/* ---------------------------------------------------------------- the way */

static void connect_fail(struct tevent_req *req, NTSTATUS status,
			 const char *why)
{
	struct connect_state *state =
		tevent_req_data(req, struct connect_state);

	if (why != NULL && state->why == NULL) {
		state->why = talloc_strdup(state, why);
	}
	req_failed(req, status);
}

/* None given: the policy's own. */
static void take_algorithms(struct negotiate_ids *ids,
			    const struct client_algorithms *given)
{
	unsigned i = 0;

	if (given->count == 0) {
		return;
	}
	for (i = 0; i < given->count && i < NEGOTIATE_MAX_IDS; i++) {
		ids->id[i] = given->id[i];
	}
	ids->count = i;
}

/* What the user wants and a carrier like that permits, as a policy. */
static bool connect_policy(struct client_conn *conn, bool quic, bool secure)
{
	struct negotiate_policy *policy = &conn->policy;
	const struct client_options *o = &conn->options;

	negotiate_policy_defaults(policy);
	policy->min_dialect = o->min_dialect;
	policy->max_dialect = o->max_dialect;
	policy->quic = quic;
	policy->secure_transport = secure;
	policy->accept_transport_security = o->accept_transport_security;
	policy->signing_required = o->protection != CLIENT_PROTECTION_OFF;
	policy->encryption_required =
		o->protection == CLIENT_PROTECTION_ENCRYPT;
	take_algorithms(&policy->signing, &o->signing);
	take_algorithms(&policy->ciphers, &o->ciphers);
	if (o->sealing == CLIENT_SEALING_NEVER) {
		policy->ciphers.count = 0;
	}
	policy->server_name = o->server;
	policy->capabilities |= o->capabilities;
	policy->posix = o->posix;
	compression_offer(o, &policy->compression);
	if (o->reconnect_ms != 0) {
		policy->capabilities |= SMB2_GLOBAL_CAP_LEASING |
					SMB2_GLOBAL_CAP_DIRECTORY_LEASING |
					SMB2_GLOBAL_CAP_PERSISTENT_HANDLES;
	}
	if (o->max_channels > 1) {
		policy->capabilities |= SMB2_GLOBAL_CAP_MULTI_CHANNEL;
	}
	memcpy(policy->guid, conn->guid, sizeof(policy->guid));
	return true;
}

/* NEGOTIATE, 3.2.4.2.2.2. */
static struct call *negotiate_call(struct connect_state *state)
{
	struct client_conn *conn = state->conn;
	uint8_t salt[NEGOTIATE_SALT_SIZE] = {0};
	struct call *call = call_new(state, conn, NULL, NULL);

	if (call != NULL && crypto_random(salt, sizeof(salt)) == 0) {
		call->keep_request = true;
		call->urgent = true;
		negotiate_build_request(&conn->policy, salt,
					call_add(call, SMB2_NEGOTIATE, 0));
		return call;
	}
	talloc_free(call);
	return NULL;
}

/* NEGOTIATE as it will be said over QUIC, for carriers that can bring it along
 * with their first packets. */
static void connect_early(struct connect_state *state)
{
	struct client_conn *conn = state->conn;
	struct wire_slice bytes = {0};

	if (!conn->options.early_data || conn->options.visits_file == NULL ||
	    conn->options.tls.trust == TLS_TRUST_NONE ||
	    !connect_policy(conn, true, true)) {
		return;
	}
	state->negotiate = negotiate_call(state);
	if (state->negotiate != NULL) {
		bytes = call_first_bytes(state, state->negotiate);
	}
	state->race.early = bytes.data;
	state->race.early_len = bytes.len;
}

static bool any_secure(const struct race_params *race)
{
	size_t i = 0;

	while (i < race->lanes && !race->lane[i].via->secure) {
		i++;
	}
	return i < race->lanes;
}

/* The certificate that is mapped to the server (3.2.4.2.1), unless the user
 * said which. @return false: *why. */
static bool connect_map(struct connect_state *state)
{
	struct client_conn *conn = state->conn;
	struct tls_client_policy *tls = &conn->options.tls;
	struct client_map_found found = {.name = NULL};

	if (tls->cert_file != NULL || !any_secure(&state->race)) {
		return true;
	}
	if (!client_map_find(conn, conn->options.client_map,
			     conn->options.server, &found, &state->why)) {
		state->why = talloc_steal(state, state->why);
		return false;
	}
	if (found.name == NULL) {
		return true;
	}
	tls->cert_file = found.certificate;
	tls->key_file = found.key;
	conn->client_mapping =
		talloc_asprintf(conn, "%s in %s", found.name, found.file);
	return true;
}

/* The channels of a session are served by one thread each. */
static void connect_threads(struct connect_state *state)
{
	struct client_conn *conn = state->conn;
	struct race_params *race = &state->race;

	if (!any_secure(race)) {
		return;
	}
	race->threads = quic_threads(conn->home != NULL ? conn->home : conn);
	if (race->threads != NULL) {
		race->seat = 1 + state->number % threads_count(race->threads);
	}
}

/* A session that lives on over other connections may count on what carries them
 * for its encryption; what comes back must protect it as they do, whatever
 * would be taken for a session of its own. @return false: nothing does. */
static bool connect_like_others(struct connect_state *state)
{
	struct race_params *race = &state->race;
	const struct transport_facts *facts = NULL;
	size_t kept = 0;
	size_t i = 0;

	if (!state->conn->down) {
		return true;
	}
	facts = multichannel_facts(state->conn);
	for (i = 0; facts != NULL && i < race->lanes; i++) {
		if (race->lane[i].via->secure == facts->secure) {
			race->lane[kept++] = race->lane[i];
		}
	}
	race->lanes = kept;
	return kept > 0;
}

/* state->conn is there. */
static void connect_begin(struct tevent_req *req)
{
	struct connect_state *state =
		tevent_req_data(req, struct connect_state);
	struct client_conn *conn = state->conn;
	const struct client_options *options = &conn->options;
	struct tevent_req *subreq = NULL;

	transport_settings_default(&state->settings);
	if (options->connect_timeout_ms != 0) {
		state->settings.connect_timeout_ms =
			options->connect_timeout_ms;
	}
	state->settings.visits_file = conn->options.visits_file;
	state->settings.quic_version = options->quic_version == 2 ? 2 : 1;
	state->settings.congestion = options->bbr ? TRANSPORT_CONGESTION_BBR
						  : TRANSPORT_CONGESTION_CUBIC;
	state->race = (struct race_params){
		.server_name = conn->options.server,
		.address = conn->options.address,
		.tls = &conn->options.tls,
		.settings = &state->settings,
		.rehearsal = state->rehearsal,
	};
	if (!race_parse_lanes(state, conn->options.transports, options->port,
			      &state->race, &state->why) ||
	    !connect_map(state)) {
		connect_fail(req, NT_STATUS_INVALID_PARAMETER, NULL);
		return;
	}
	if (!connect_like_others(state)) {
		connect_fail(req, NT_STATUS_CONNECTION_DISCONNECTED,
			     "nothing protects the session as its other "
			     "connections do");
		return;
	}
	connect_early(state);
	connect_threads(state);
	subreq = race_connect_send(state, state->ev, &state->race);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, connect_raced, req);
}

struct tevent_req *client_connect_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       const struct client_options *options)
{
	struct connect_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct connect_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->conn = conn_new(state, ev, options);
	if (tevent_req_nomem(state->conn, req)) {
		return tevent_req_post(req, ev);
	}
	connect_begin(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

/* By the same carrier and port. @return false: out of memory. */
static bool channel_options(TALLOC_CTX *mem_ctx, struct client_conn *home,
			    const char *address, struct client_options *out)
{
	const struct transport_facts *facts = multichannel_facts(home);
	const struct sockaddr_in *in =
		(const struct sockaddr_in *)(const void *)&facts->peer;

	*out = home->options;
	out->guid = home->guid;
	out->address = address;
	out->early_data = false;
	out->min_dialect = home->agreement.dialect;
	out->max_dialect = home->agreement.dialect;
	/* The port is at the same place in both families. */
	out->transports = talloc_asprintf(mem_ctx, "%s:%u", facts->backend,
					  ntohs(in->sin_port));
	return out->transports != NULL;
}

struct tevent_req *connect_channel_send(TALLOC_CTX *mem_ctx,
					struct client_conn *home,
					const char *address, unsigned number)
{
	struct client_options options = {0};
	struct connect_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct connect_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = home->ev;
	state->number = number;
	state->dialect = home->agreement.dialect;
	if (channel_options(state, home, address, &options)) {
		state->conn = conn_new(state, home->ev, &options);
	}
	if (tevent_req_nomem(state->conn, req)) {
		return tevent_req_post(req, home->ev);
	}
	state->conn->home = home;
	if (home->dial != NULL) {
		state->conn->dial = home->dial;
		state->conn->dial_data = home->dial_data;
		connect_dial(req);
	} else {
		connect_begin(req);
	}
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, home->ev);
	}
	return req;
}

struct tevent_req *connect_beside_send(TALLOC_CTX *mem_ctx,
				       struct client_conn *conn)
{
	struct client_conn *home = conn->home != NULL ? conn->home : conn;
	struct client_options options = conn->options;
	struct connect_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct connect_state);

	if (req == NULL) {
		return NULL;
	}
	options.transports = home->options.transports;
	options.guid = NULL;
	options.visits_file = NULL;
	options.early_data = false;
	options.reconnect_ms = 0;
	options.max_channels = 1;
	state->ev = conn->ev;
	state->rehearsal = true;
	state->dialect = conn->agreement.dialect;
	state->conn = conn_new(state, conn->ev, &options);
	if (tevent_req_nomem(state->conn, req)) {
		return tevent_req_post(req, conn->ev);
	}
	connect_begin(req);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, conn->ev);
	}
	return req;
}

/* Over what a test has made. */
static void connect_dial(struct tevent_req *req)
{
	struct connect_state *state =
		tevent_req_data(req, struct connect_state);
	struct transport *t = state->conn->dial(state->conn->dial_data);

	if (t == NULL) {
		connect_fail(req, NT_STATUS_CONNECTION_REFUSED,
			     "nobody is there");
		return;
	}
	connect_start(req, talloc_steal(state, t));
}

struct tevent_req *connect_again_send(TALLOC_CTX *mem_ctx,
				      struct client_conn *conn)
{
	struct connect_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct connect_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = conn->ev;
	state->conn = conn;
	state->dialect = conn->agreement.dialect;
	/* 3.2.4.1.6: ids and credits begin anew */
	conn->next_id = 0;
	conn->credits = 1;
	conn->credits_out = 0;
	conn->moved_bytes = 0;
	if (conn->dial != NULL) {
		connect_dial(req);
	} else {
		connect_begin(req);
	}
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, conn->ev);
	}
	return req;
}

NTSTATUS connect_again_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    char **why)
{
	struct connect_state *state =
		tevent_req_data(req, struct connect_state);
	NTSTATUS status = req_status(req);

	*why = talloc_move(mem_ctx, &state->why);
	tevent_req_received(req);
	return status;
}

/* The call that the transport has sent already, or one that fits it. */
static struct call *first_call(struct connect_state *state,
			       const struct transport_facts *facts)
{
	struct call *call = state->negotiate;
	bool secure = facts->secure && facts->peer_verified;

	state->negotiate = NULL;
	if (facts->early_sent) {
		if (call != NULL) {
			call->written = true;
		}
		return secure ? call : NULL;
	}
	talloc_free(call);
	if (!connect_policy(state->conn,
			    strncmp(facts->backend, "quic", 4) == 0, secure)) {
		return NULL;
	}
	return negotiate_call(state);
}

/* The transport is there: the first message. */
static void connect_start(struct tevent_req *req, struct transport *t)
{
	struct connect_state *state =
		tevent_req_data(req, struct connect_state);
	struct client_conn *conn = state->conn;
	const struct message_limits limits = {.max_message = FIRST_LIMIT};
	struct tevent_req *subreq = NULL;
	struct call *call = NULL;

	conn->message = message_conn_new(conn, state->ev, t, &limits,
					 conn_keyring, conn);
	if (tevent_req_nomem(conn->message, req)) {
		return;
	}
	if (!help_thread_start(conn)) {
		tevent_req_oom(req);
		return;
	}
	call = first_call(state, transport_facts(t));
	if (call == NULL) {
		connect_fail(req, NT_STATUS_INTERNAL_ERROR,
			     "no NEGOTIATE could be made");
		return;
	}
	conn_start_reading(conn);
	subreq = call_send(state, conn, call);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, connect_negotiated, req);
}

static void connect_raced(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct connect_state *state =
		tevent_req_data(req, struct connect_state);
	struct transport *t = NULL;
	int err = race_connect_recv(subreq, state, &t, &state->why);

	talloc_free(subreq);
	if (err != 0) {
		connect_fail(req, ntstatus_from_errno(err), NULL);
		return;
	}
	if (state->number == 0 && !state->rehearsal) {
		transport_log_lacking(
			transport_backend_find(transport_facts(t)->backend,
					       NULL),
			&state->settings, false);
	}
	connect_start(req, t);
}

struct tevent_req *connect_over_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct transport *t,
				     const struct client_options *options)
{
	struct connect_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct connect_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->conn = conn_new(state, ev, options);
	if (tevent_req_nomem(state->conn, req)) {
		return tevent_req_post(req, ev);
	}
	connect_start(req, talloc_steal(state, t));
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static void connect_raise_limit(struct client_conn *conn)
{
	const struct negotiate_agreement *a = &conn->agreement;
	struct message_limits limits = {.max_message = a->max_read};

	if (a->max_transact > limits.max_message) {
		limits.max_message = a->max_transact;
	}
	if (limits.max_message > LARGEST_FRAME - LIMIT_MARGIN) {
		limits.max_message = LARGEST_FRAME - LIMIT_MARGIN;
	}
	limits.max_message += LIMIT_MARGIN;
	message_conn_set_limits(conn->message, &limits);
}

static void connect_negotiated(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct connect_state *state =
		tevent_req_data(req, struct connect_state);
	struct client_conn *conn = state->conn;
	struct negotiate_agreement *agreement = &conn->agreement;
	struct call *call = NULL;
	NTSTATUS status = call_recv(subreq, state, &call);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		connect_fail(req, status, conn->why);
		return;
	}
	status = negotiate_judge_response(&conn->policy, call->request,
					  call->part[0].reply, agreement);
	if (!NT_STATUS_IS_OK(status)) {
		connect_fail(req, status, agreement->why);
		return;
	}
	if (agreement->max_read < LEAST_IO || agreement->max_write < LEAST_IO ||
	    agreement->max_transact < LEAST_IO) {
		connect_fail(req, NT_STATUS_INVALID_NETWORK_RESPONSE,
			     "the server does not permit reads and writes of "
			     "a useful size");
		return;
	}
	if (state->dialect != 0 && agreement->dialect != state->dialect) {
		connect_fail(req, NT_STATUS_NOT_SUPPORTED,
			     "the server that is there now speaks another "
			     "dialect");
		return;
	}
	talloc_free((void *)(uintptr_t)conn->hint.data);
	conn->hint.len = agreement->security.len;
	conn->hint.data = talloc_memdup(conn, agreement->security.data,
					agreement->security.len);
	if (conn->hint.len > 0 && tevent_req_nomem(conn->hint.data, req)) {
		return;
	}
	connect_raise_limit(conn);
	log_info("%s: SMB %s", conn->options.server,
		 client_dialect_name(agreement->dialect));
	tevent_req_done(req);
}

NTSTATUS client_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			     struct client_conn **out, char **why)
{
	struct connect_state *state =
		tevent_req_data(req, struct connect_state);
	NTSTATUS status = req_status(req);

	*out = NULL;
	if (why != NULL) {
		*why = talloc_move(mem_ctx, &state->why);
	}
	if (NT_STATUS_IS_OK(status) && state->conn->home == NULL &&
	    state->conn->dead == NT_STATUS_OK) {
		if (state->conn->options.reconnect_ms != 0) {
			state->conn->way_back = reconnect_new(state->conn);
		}
		multichannel_new(state->conn);
	}
	if (NT_STATUS_IS_OK(status)) {
		*out = talloc_move(mem_ctx, &state->conn);
	}
	tevent_req_received(req);
	return status;
}

NTSTATUS client_connect(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			const struct client_options *options,
			struct client_conn **out, char **why)
{
	struct tevent_req *req = client_connect_send(mem_ctx, ev, options);
	NTSTATUS status = NT_STATUS_NO_MEMORY;

	*out = NULL;
	if (req != NULL && tevent_req_poll(req, ev)) {
		status = client_connect_recv(req, mem_ctx, out, why);
	}
	talloc_free(req);
	return status;
}
