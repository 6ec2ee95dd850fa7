/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conn.c - a connection: what may come in, how much of it, and how it ends
 * (MS-SMB2 3.3.1.7, 3.3.5.1, 3.3.7.1).
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

#include "server/credits.h"
#include "server/helper.h"
#include "server/hosts.h"
#include "server/machine.h"
#include "server/request.h"
#include "smbquic/alarm.h"
#include "smbquic/list.h"
#include "smbquic/source.h"

#define LOG_MODULE "conn"
#include "smbquic/log.h"

/* What a message may be longer than its payload: headers, and the other
 * requests of a compound. */
#define MESSAGE_OVERHEAD 65536

static void conn_read(struct conn *conn);

/* One line of the log for a connection that came, went or was refused, and in
 * the journal fields to search for. */
static void say(const struct conn *conn, enum log_level level,
		const char *result, const char *reason, const char *what)
{
	char id[24] = "";
	const struct log_field fields[] = {
		{"EVENT", "connection"},
		{"RESULT", result},
		{"REASON", reason},
		{"CONNECTION", conn->id == 0 ? NULL : id},
		{"ADDRESS", conn->address},
		{"PEER", conn->peer},
		{"TRANSPORT", conn->facts->backend},
		{"SERVER_NAME", conn->facts->server_name},
		{NULL, NULL},
	};

	snprintf(id, sizeof(id), "%" PRIu64, conn->id);
	if (conn->id == 0) {
		log_write_fields(level, LOG_MODULE, fields, "%s: %s: %s",
				 conn->peer, what, reason);
	} else {
		log_write_fields(level, LOG_MODULE, fields,
				 "%s: connection %s %s%s", conn->peer, id, what,
				 reason);
	}
}

/* --- the end ---------------------------------------------------------------
 */

static void free_channels(struct conn *conn)
{
	while (conn->channels != NULL) {
		talloc_free(conn->channels);
	}
}

static int conn_destructor(struct conn *conn)
{
	conn->closing = true;
	metrics_conn_over(&conn->server->metrics, conn);
	request_drop_all(conn);
	free_channels(conn);
	LIST_REMOVE(conn->server->conns, conn);
	conn->server->num_conns--;
	if (conn->server->stopping && conn->server->conns == NULL) {
		server_drained(conn->server);
	}
	return 0;
}

static void conn_shut(struct tevent_req *subreq)
{
	struct conn *conn = tevent_req_callback_data(subreq, struct conn);

	transport_shutdown_recv(subreq);
	talloc_free(conn);
}

/* Out of whatever called conn_end(). */
static void conn_end_now(struct tevent_context *ev, struct tevent_immediate *im,
			 void *private_data)
{
	struct conn *conn = talloc_get_type_abort(private_data, struct conn);
	struct tevent_req *subreq = NULL;

	(void)im;
	TALLOC_FREE(conn->reading);
	request_drop_all(conn);
	free_channels(conn);
	if (conn->end_reason == NULL) {
		talloc_free(conn);
		return;
	}
	subreq = transport_shutdown_send(conn, ev,
					 message_conn_transport(conn->messages),
					 conn->end_code, conn->end_reason);
	if (subreq == NULL) {
		talloc_free(conn);
		return;
	}
	tevent_req_set_callback(subreq, conn_shut, conn);
}

static void begin_end(struct conn *conn)
{
	conn->closing = true;
	TALLOC_FREE(conn->logon_timer);
	TALLOC_FREE(conn->sweeper);
	tevent_schedule_immediate(conn->end, conn->server->ev, conn_end_now,
				  conn);
}

void conn_end(struct conn *conn, enum transport_close code, const char *fmt,
	      ...)
{
	va_list ap;

	if (conn->closing) {
		return;
	}
	va_start(ap, fmt);
	conn->end_reason = talloc_vasprintf(conn, fmt, ap);
	va_end(ap);
	conn->end_code = code;
	conn->server->metrics.ended[code]++;
	if (code == TRANSPORT_CLOSE_DONE || code == TRANSPORT_CLOSE_SHUTDOWN) {
		say(conn, LOG_LEVEL_INFO, "ended", conn->end_reason, "ends: ");
	} else {
		say(conn, LOG_LEVEL_NOTICE, "ended", conn->end_reason,
		    "ended: ");
	}
	begin_end(conn);
}

void conn_lost(struct conn *conn, int err)
{
	const char *why =
		transport_error(message_conn_transport(conn->messages));

	if (conn->closing) {
		return;
	}
	conn->server->metrics.ended[METRICS_ENDED_LOST]++;
	say(conn, LOG_LEVEL_INFO, "lost", why != NULL ? why : strerror(err),
	    "lost: ");
	begin_end(conn);
}

/* --- draining --------------------------------------------------------------
 */

/* Requests that wait for something that may never come do not count. */
static bool conn_is_idle(const struct conn *conn)
{
	const struct request *r = NULL;

	for (r = conn->requests; r != NULL; r = r->next) {
		if (r->handler != NULL && r->async_id == 0 && !r->quiet) {
			return false;
		}
	}
	return conn->bytes_out == 0;
}

void conn_drain(struct conn *conn)
{
	conn->draining = true;
	TALLOC_FREE(conn->reading);
	conn_resume(conn);
}

bool conn_is_dead(const struct conn *conn, uint64_t since)
{
	const struct channel *channel = NULL;

	for (channel = conn->channels; channel != NULL;
	     channel = channel->conn_next) {
		if (idtable_count(channel->session->opens) > 0) {
			return false;
		}
	}
	return conn->last_request < since && conn->requests == NULL;
}

/* --- reading ---------------------------------------------------------------
 */

static void conn_message(struct tevent_req *subreq);

size_t conn_most_bytes(const struct conn *conn)
{
	return conn->server->bytes_held > SERVER_MAX_BYTES ? CONN_LEAST_BYTES
							   : CONN_MAX_BYTES;
}

/* Too much is held: what was begun comes first. */
static bool conn_is_full(const struct conn *conn)
{
	size_t limit =
		conn->trusted ? conn_most_bytes(conn) : CONN_STRANGER_BYTES;

	return conn->bytes_in + conn->bytes_out > limit;
}

static void conn_read(struct conn *conn)
{
	if (conn->closing || conn->draining || conn->reading != NULL ||
	    conn_is_full(conn)) {
		return;
	}
	conn->reading =
		message_read_send(conn, conn->server->ev, conn->messages);
	if (conn->reading == NULL) {
		conn_end(conn, TRANSPORT_CLOSE_INTERNAL, "out of memory");
		return;
	}
	tevent_req_set_callback(conn->reading, conn_message, conn);
}

static void conn_broken(struct conn *conn, int err)
{
	switch (err) {
	case EBADMSG:
		conn_end(conn, TRANSPORT_CLOSE_PROTOCOL, "malformed message");
		return;
	case EMSGSIZE:
		conn_end(conn, TRANSPORT_CLOSE_LIMIT,
			 "message longer than %s may send",
			 conn->trusted ? "a client" : "a stranger");
		return;
	case ENOKEY:
		conn_end(conn, TRANSPORT_CLOSE_PROTOCOL,
			 "message sealed for a session that is not here");
		return;
	case ENOTSUP:
		conn_end(conn, TRANSPORT_CLOSE_PROTOCOL,
			 "compressed message, which was not agreed upon");
		return;
	case ENOMEM:
		conn_end(conn, TRANSPORT_CLOSE_INTERNAL, "out of memory");
		return;
	default: conn_lost(conn, err); return;
	}
}

/* What came in 0-RTT may be there a second time: NEGOTIATE alone does not mind
 * (RFC 8446 8). */
static bool may_come_early(const struct message *message)
{
	return !message->smb1 && !message->sealed && message->count == 1 &&
	       message->pdu[0].header.command == SMB2_NEGOTIATE;
}

static void conn_message(struct tevent_req *subreq)
{
	struct conn *conn = tevent_req_callback_data(subreq, struct conn);
	struct message *message = NULL;
	int err = message_read_recv(subreq, conn, &message);

	TALLOC_FREE(conn->reading);
	if (err != 0) {
		conn_broken(conn, err);
		return;
	}
	if (message == NULL) {
		conn_end(conn, TRANSPORT_CLOSE_DONE, "the client is done");
		return;
	}
	if (transport_is_early(message_conn_transport(conn->messages)) &&
	    !may_come_early(message)) {
		conn_end(conn, TRANSPORT_CLOSE_PROTOCOL,
			 "more than NEGOTIATE before the handshake was "
			 "complete");
		return;
	}
	conn->last_request = alarm_clock();
	request_receive(conn, message);
	conn_read(conn);
}

static void conn_resumed(struct tevent_context *ev, struct tevent_immediate *im,
			 void *private_data)
{
	struct conn *conn = talloc_get_type_abort(private_data, struct conn);

	(void)ev;
	(void)im;
	if (conn->closing) {
		return;
	}
	request_resume(conn);
	conn_read(conn);
	if (conn->draining && conn_is_idle(conn)) {
		conn_end(conn, TRANSPORT_CLOSE_SHUTDOWN, "the server stops");
	}
}

void conn_resume(struct conn *conn)
{
	if (conn->closing || (conn->reading != NULL && conn->chains == NULL)) {
		return;
	}
	tevent_schedule_immediate(conn->resume, conn->server->ev, conn_resumed,
				  conn);
}

/* --- trust -----------------------------------------------------------------
 */

static void logon_time_over(void *private_data)
{
	struct conn *conn = talloc_get_type_abort(private_data, struct conn);

	conn->logon_timer = NULL;
	conn_end(conn, TRANSPORT_CLOSE_LIMIT, "nobody logged on in time");
}

static bool anybody_here(const struct conn *conn)
{
	const struct channel *channel = NULL;

	for (channel = conn->channels; channel != NULL;
	     channel = channel->conn_next) {
		if (channel->valid) {
			return true;
		}
	}
	return false;
}

static void set_limit(struct conn *conn)
{
	const struct negotiate_agreement *agreed = &conn->agreed;
	struct message_limits limits = {.max_message = agreed->max_transact};

	if (limits.max_message < agreed->max_write) {
		limits.max_message = agreed->max_write;
	}
	limits.max_message += MESSAGE_OVERHEAD;
	message_conn_set_limits(conn->messages, &limits);
}

void conn_trust(struct conn *conn)
{
	int64_t ms =
		config_int(conn->server->config, NULL, CONFIG_LOGON_TIMEOUT);

	if (conn->closing) {
		return;
	}
	TALLOC_FREE(conn->logon_timer);
	if (anybody_here(conn)) {
		conn->trusted = true;
		set_limit(conn);
		message_conn_set_compression(conn->messages,
					     &conn->agreed.compression);
		transport_trust(message_conn_transport(conn->messages));
		return;
	}
	conn->logon_timer =
		alarm_add(conn->server->ev, conn, ms, logon_time_over, conn);
}

/* --- sessions --------------------------------------------------------------
 */

struct channel *conn_channel(const struct conn *conn, uint64_t session_id)
{
	const struct session *session =
		idtable_find(conn->server->sessions, session_id);
	struct channel *channel = NULL;

	if (session == NULL || session->state == SESSION_ENDED) {
		return NULL;
	}
	for (channel = session->channels; channel != NULL;
	     channel = channel->session_next) {
		if (channel->conn == conn) {
			return channel;
		}
	}
	return NULL;
}

bool conn_must_seal(const struct conn *conn, const struct session *session)
{
	return session->encrypt_data && !conn->agreed.accept_transport_security;
}

bool conn_is_constrained(const struct conn *conn)
{
	const struct channel *channel = NULL;

	for (channel = conn->channels; channel != NULL;
	     channel = channel->conn_next) {
		if (channel->valid &&
		    channel->session->kind != AUTH_ANONYMOUS) {
			return false;
		}
	}
	return true;
}

/* 3.3.5.2.1.1. */
static struct smb2_sealing_key *conn_unsealing_key(uint64_t session_id,
						   void *private_data)
{
	const struct conn *conn =
		talloc_get_type_abort(private_data, struct conn);
	const struct channel *channel = conn_channel(conn, session_id);

	if (channel == NULL || !channel->valid ||
	    channel->session->keys == NULL || conn_is_constrained(conn)) {
		return NULL;
	}
	return channel->session->keys->unseal;
}

/* --- the beginning ---------------------------------------------------------
 */

static char *address_without_port(TALLOC_CTX *mem_ctx,
				  const struct sockaddr *addr)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	char text[INET6_ADDRSTRLEN] = "";

	if (addr->sa_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	} else if (addr->sa_family == AF_INET6 &&
		   IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		inet_ntop(AF_INET, in6->sin6_addr.s6_addr + 12, text,
			  sizeof(text));
	} else if (addr->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	}
	return talloc_strdup(mem_ctx, text);
}

/* How many connections there are from where that address is. */
static unsigned count_source(const struct server *server,
			     const struct sockaddr *addr)
{
	const struct conn *conn = NULL;
	unsigned count = 0;

	for (conn = server->conns; conn != NULL; conn = conn->next) {
		count += source_same(
			(const struct sockaddr *)&conn->facts->peer, addr);
	}
	return count;
}

/* Why nobody from there is served now; METRICS_REFUSALS: served. */
static enum metrics_refusal refusal(const struct server *server,
				    const struct sockaddr *addr)
{
	const struct config *config = server->config;
	int64_t max = config_int(config, NULL, CONFIG_MAX_CONNECTIONS);
	int64_t max_source =
		config_int(config, NULL, CONFIG_MAX_CONNECTIONS_PER_SOURCE);

	if (server->stopping) {
		return METRICS_REFUSED_STOPPING;
	}
	if (server->draining) {
		return METRICS_REFUSED_DRAINING;
	}
	if (max > 0 && server->num_conns >= max) {
		return METRICS_REFUSED_MANY;
	}
	if (max_source > 0 && count_source(server, addr) >= max_source) {
		return METRICS_REFUSED_MANY_FROM_THERE;
	}
	if (!hosts_allowed(config_list(config, NULL, CONFIG_HOSTS_ALLOW),
			   config_list(config, NULL, CONFIG_HOSTS_DENY),
			   addr)) {
		return METRICS_REFUSED_HOSTS;
	}
	return METRICS_REFUSALS;
}

static void refuse(struct conn *conn, struct transport *t,
		   enum metrics_refusal why)
{
	static const char *const reasons[METRICS_REFUSALS] = {
		[METRICS_REFUSED_STOPPING] = "the server stops",
		[METRICS_REFUSED_DRAINING] = "the server is being drained",
		[METRICS_REFUSED_MANY] = "too many connections",
		[METRICS_REFUSED_MANY_FROM_THERE] =
			"too many connections from there",
		[METRICS_REFUSED_HOSTS] =
			"`hosts allow` or `hosts deny` forbid it",
		[METRICS_REFUSED_MEMORY] = "out of memory",
	};

	conn->server->metrics.refused[why]++;
	say(conn, LOG_LEVEL_NOTICE, "refused", reasons[why], "refused");
	talloc_free(conn->messages == NULL ? t : NULL);
	talloc_free(conn);
}

static bool conn_start(struct conn *conn, struct transport *t)
{
	const struct message_limits limits = {
		.max_message = CONN_STRANGER_MESSAGE,
	};
	const struct message_helper helper = helper_of(conn);
	struct server *server = conn->server;
	unsigned max_credits = (unsigned)config_int(server->config, NULL,
						    CONFIG_SMB2_MAX_CREDITS);

	conn->credits = credits_new(conn, max_credits);
	conn->resume = tevent_create_immediate(conn);
	conn->end = tevent_create_immediate(conn);
	conn->messages = message_conn_new(conn, server->ev, t, &limits,
					  conn_unsealing_key, conn);
	if (conn->messages == NULL) {
		return false;
	}
	message_conn_set_helper(conn->messages, &helper);
	return conn->credits != NULL && conn->resume != NULL &&
	       conn->end != NULL;
}

static struct conn *conn_alloc(struct server *server, struct transport *t)
{
	/* No child of the server, whose destructor frees it all the same: every
	 * request that is made for it would walk along its siblings, thousands
	 * maybe, to its parent (tevent_req_create does). */
	struct conn *conn = talloc_zero(NULL, struct conn);
	const struct sockaddr *peer = NULL;

	if (conn == NULL) {
		return NULL;
	}
	conn->server = server;
	conn->last_request = alarm_clock();
	conn->facts = transport_facts(t);
	peer = (const struct sockaddr *)&conn->facts->peer;
	conn->peer = talloc_strdup(conn, transport_address_string(peer));
	conn->address = address_without_port(conn, peer);
	if (conn->peer == NULL || conn->address == NULL) {
		talloc_free(conn);
		return NULL;
	}
	return conn;
}

static void say_accepted(const struct conn *conn)
{
	const char *name = conn->facts->server_name;
	char *how = talloc_asprintf(
		NULL, "%s%s%s%s", conn->facts->backend,
		conn->facts->early_taken ? ", by 0-RTT" : "",
		name == NULL ? "" : ", asked for ", name == NULL ? "" : name);

	say(conn, LOG_LEVEL_INFO, "accepted", how == NULL ? "" : how, "over ");
	talloc_free(how);
}

struct conn *conn_new(struct server *server, struct transport *t)
{
	struct conn *conn = conn_alloc(server, t);
	enum metrics_refusal why = METRICS_REFUSALS;

	if (conn == NULL) {
		talloc_free(t);
		return NULL;
	}
	why = refusal(server, (const struct sockaddr *)&conn->facts->peer);
	if (why == METRICS_REFUSALS && !conn_start(conn, t)) {
		why = METRICS_REFUSED_MEMORY;
	}
	if (why != METRICS_REFUSALS) {
		refuse(conn, t, why);
		return NULL;
	}
	server->last_conn_id++;
	conn->id = machine_connection(conn->facts);
	LIST_ADD(server->conns, conn);
	server->num_conns++;
	talloc_set_destructor(conn, conn_destructor);
	say_accepted(conn);
	conn_trust(conn);
	conn_read(conn);
	return conn;
}
