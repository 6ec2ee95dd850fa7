/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Further connections of a session: asked for when it moves enough to be worth
 * them, bound to it, and when one is lost brought back while the others work.
 */
#define LOG_MODULE "client"

#include <string.h>

#include "client/multichannel_private.h"
#include "smbquic/log.h"
#include "smbquic/alarm.h"
#include "smbquic/smb2_fsctl.h"

/* A session that moves less is done before it has more connections. */
#define WORTH_IT	 ((uint64_t)1024 * 1024)
#define FIRST_PAUSE_MS	 500
#define LONGEST_PAUSE_MS 30000
/* Attempts of a further connection that never works, in a row; home, which the
 * session needs, is tried for as long as that lives. */
#define ATTEMPTS 4
/* What the server may say of its addresses. */
#define LIST_MAX 65536

static void asked(struct tevent_req *subreq);
static void connected(struct tevent_req *subreq);
static void bound(struct tevent_req *subreq);

static bool is_home(const struct further *further)
{
	return further == further->m->further[0];
}

void multichannel_new(struct client_conn *conn)
{
	unsigned wanted = conn->options.max_channels;
	struct multichannel *m = NULL;
	unsigned i = 0;
	bool ok = false;

	if (wanted < 2 || conn->agreement.dialect < SMB2_DIALECT_300 ||
	    (conn->agreement.capabilities & SMB2_GLOBAL_CAP_MULTI_CHANNEL) ==
		    0) {
		return;
	}
	m = talloc_zero(conn, struct multichannel);
	if (m == NULL) {
		return; /* one connection will do */
	}
	m->home = conn;
	m->wanted = wanted < CLIENT_MAX_CHANNELS ? wanted : CLIENT_MAX_CHANNELS;
	m->trash = talloc_new(m);
	m->im = tevent_create_immediate(m);
	ok = m->trash != NULL && m->im != NULL;
	for (i = 0; ok && i < CLIENT_MAX_CHANNELS; i++) {
		m->further[i] = talloc_zero(m, struct further);
		ok = m->further[i] != NULL;
		if (ok) {
			m->further[i]->m = m;
		}
	}
	if (!ok) {
		talloc_free(m);
		return;
	}
	m->further[0]->conn = conn;
	m->further[0]->phase = FURTHER_UP;
	conn->multi = m;
}

/* ---------------------------------------------------------- clearing away */

static void cleared(struct tevent_context *ev, struct tevent_immediate *im,
		    void *private_data)
{
	struct multichannel *m =
		talloc_get_type_abort(private_data, struct multichannel);
	struct client_conn *home = m->home;

	(void)ev;
	(void)im;
	talloc_free_children(m->trash);
	if (home->down && m->further[0]->phase == FURTHER_PAUSED &&
	    home->message != NULL) {
		TALLOC_FREE(home->reading);
		talloc_free_children(home->writes);
		TALLOC_FREE(home->message);
	}
}

/* Soon: not from within what is being dispatched. */
static void clear_away(struct multichannel *m)
{
	tevent_schedule_immediate(m->im, m->home->ev, cleared, m);
}

/* The connection of a further channel, and its channel. */
static void drop(struct further *further)
{
	struct multichannel *m = further->m;
	struct client_conn *conn = further->conn;
	struct client_channel *channel = NULL;

	further->conn = NULL;
	if (conn == NULL) {
		return;
	}
	TAILQ_FOREACH(channel, &conn->channels, conn_entry)
	{
		channel->binding = true;
		talloc_steal(conn, channel);
	}
	talloc_steal(m->trash, conn);
	clear_away(m);
}

/* -------------------------------------------------------------- attempts */

static void begin(struct further *further);

static void pause_over(void *private_data)
{
	struct further *further =
		talloc_get_type_abort(private_data, struct further);

	further->pause = NULL;
	begin(further);
}

static void wait_a_while(struct further *further)
{
	struct multichannel *m = further->m;
	unsigned ms =
		further->pause_ms > 0 ? further->pause_ms : FIRST_PAUSE_MS;

	further->phase = FURTHER_PAUSED;
	further->pause_ms =
		ms * 2 < LONGEST_PAUSE_MS ? ms * 2 : LONGEST_PAUSE_MS;
	TALLOC_FREE(further->pause);
	further->pause = alarm_add(m->home->ev, m, ms, pause_over, further);
	clear_away(m);
}

static void failed(struct further *further, const char *why)
{
	log_info("a further channel: not yet: %s", why != NULL ? why : "");
	TALLOC_FREE(further->req);
	further->failures++;
	if (!is_home(further)) {
		drop(further);
		if (further->failures >= ATTEMPTS) {
			further->phase = FURTHER_IDLE;
			return;
		}
		further->way++;
	}
	wait_a_while(further);
}

static const char *way_of(const struct further *further)
{
	const struct interfaces *ways = &further->m->ways;

	return ways->count > 0 ? ways->address[further->way % ways->count]
			       : NULL;
}

static unsigned number_of(const struct further *further)
{
	unsigned i = 0;

	while (further->m->further[i] != further) {
		i++;
	}
	return i;
}

static void begin(struct further *further)
{
	struct multichannel *m = further->m;
	struct client_conn *home = m->home;

	further->phase = FURTHER_CONNECTING;
	if (!is_home(further)) {
		further->req = connect_channel_send(m, home, way_of(further),
						    number_of(further));
	} else {
		further->req = connect_again_send(m, home);
	}
	if (further->req == NULL) {
		failed(further, "out of memory");
		return;
	}
	tevent_req_set_callback(further->req, connected, further);
}

/* It must be protected as the session is, and speak to the same server. */
static const char *unlike(const struct client_conn *home,
			  const struct client_conn *conn)
{
	const struct negotiate_agreement *a = &home->agreement;
	const struct negotiate_agreement *b = &conn->agreement;

	if (memcmp(a->server_guid, b->server_guid, sizeof(a->server_guid)) !=
	    0) {
		return "another server is there";
	}
	if (a->dialect != b->dialect || a->cipher != b->cipher ||
	    a->signing_algorithm != b->signing_algorithm ||
	    a->accept_transport_security != b->accept_transport_security) {
		return "another protection was agreed on there";
	}
	return NULL;
}

static void join(struct further *further)
{
	struct multichannel *m = further->m;
	struct client_channel *channel = NULL;
	const char *why = NULL;

	if (is_home(further)) {
		channel = channel_first(m->session);
	} else {
		why = unlike(m->home, further->conn);
		channel = why == NULL ? channel_new(m->session, further->conn)
				      : NULL;
	}
	if (channel == NULL || channel_first(m->session)->keys == NULL) {
		failed(further, why != NULL ? why : "out of memory");
		return;
	}
	further->phase = FURTHER_BINDING;
	further->req = session_bind_send(m, channel);
	if (further->req == NULL) {
		failed(further, "out of memory");
		return;
	}
	tevent_req_set_callback(further->req, bound, further);
}

static void connected(struct tevent_req *subreq)
{
	struct further *further =
		tevent_req_callback_data(subreq, struct further);
	struct multichannel *m = further->m;
	char *why = NULL;
	NTSTATUS status = NT_STATUS_OK;

	if (is_home(further)) {
		status = connect_again_recv(subreq, m->trash, &why);
	} else {
		status = client_connect_recv(subreq, m, &further->conn, &why);
		talloc_steal(m->trash, why);
	}
	TALLOC_FREE(further->req);
	if (NT_STATUS_IS_OK(status)) {
		join(further);
	} else {
		failed(further, why != NULL ? why : nt_errtext(status));
	}
}

static void bound(struct tevent_req *subreq)
{
	struct further *further =
		tevent_req_callback_data(subreq, struct further);
	struct multichannel *m = further->m;
	NTSTATUS status = session_bind_recv(subreq);

	TALLOC_FREE(further->req);
	if (!NT_STATUS_IS_OK(status)) {
		failed(further, nt_errtext(status));
		return;
	}
	further->phase = FURTHER_UP;
	further->failures = 0;
	further->pause_ms = 0;
	if (is_home(further)) {
		m->home->down = false;
	}
	log_info("channel %u of %u of the session works",
		 multichannel_count(m->home), m->wanted);
}

/* ------------------------------------------------------------- the begin */

/* What is bound is proven with the session's key, which a guest has not. */
static bool is_worthy(const struct multichannel *m,
		      const struct client_session *session)
{
	return session->valid && !session->stale &&
	       session->credentials != NULL &&
	       channel_first(session)->keys != NULL && !m->ending;
}

/* FSCTL_QUERY_NETWORK_INTERFACE_INFO (3.2.4.20.10) */
static struct tevent_req *ask_send(struct multichannel *m, uint32_t tree_id)
{
	const struct smb2_ioctl_request body = {
		.ctl_code = FSCTL_QUERY_NETWORK_INTERFACE_INFO,
		.file_id = {SMB2_FILE_ID_ANY, SMB2_FILE_ID_ANY},
		.max_output_response = LIST_MAX,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
	};
	struct call *call = call_new(m, m->home, m->session, NULL);

	if (call != NULL) {
		call->tree_id = tree_id;
		smb2_ioctl_request_encode(
			call_add(call, SMB2_IOCTL,
				 conn_affordable(m->home, LIST_MAX)),
			&body);
	}
	return call_send(m, m->home, call);
}

void multichannel_moves(struct client_conn *conn, const struct call *call,
			uint64_t bytes)
{
	struct multichannel *m = conn->multi;
	struct client_session *session = call->channel->session;

	if (m->asked || (m->session != NULL && m->session != session)) {
		return;
	}
	m->moved += bytes;
	if (m->moved < WORTH_IT || !is_worthy(m, session)) {
		return;
	}
	m->asked = true;
	m->session = session;
	m->asking = ask_send(m, call->tree_id);
	if (m->asking != NULL) {
		tevent_req_set_callback(m->asking, asked, m);
	}
}

/* What the server says of itself; nothing, when it does not. */
static struct wire_slice list_of(const struct call *call)
{
	struct smb2_ioctl_response body = {0};

	if (call == NULL || call->part[0].status != NT_STATUS_OK ||
	    !smb2_ioctl_response_decode(call->part[0].reply.data,
					call->part[0].reply.len, &body)) {
		return wire_slice(NULL, 0);
	}
	return body.output;
}

static void asked(struct tevent_req *subreq)
{
	struct multichannel *m =
		tevent_req_callback_data(subreq, struct multichannel);
	const struct transport_facts *facts = multichannel_facts(m->home);
	struct call *call = NULL;
	unsigned count = m->wanted;
	unsigned i = 0;

	(void)call_recv(subreq, m->trash, &call);
	clear_away(m);
	TALLOC_FREE(m->asking);
	if (facts == NULL || m->session == NULL ||
	    !interfaces_choose(list_of(call),
			       (const struct sockaddr *)&facts->peer,
			       facts->secure, &m->ways) ||
	    m->ways.count == 0) {
		return;
	}
	if (!m->ways.repeat && count > m->ways.count + 1) {
		count = m->ways.count + 1;
	}
	for (i = 1; i < count; i++) {
		m->further[i]->way = i - 1;
		m->further[i]->failures = 0;
		m->further[i]->pause_ms = 0;
		begin(m->further[i]);
	}
}

/* ----------------------------------------------------------------- losses */

static struct further *find(struct multichannel *m,
			    const struct client_conn *conn)
{
	unsigned i = 0;

	for (i = 0; i < CLIENT_MAX_CHANNELS; i++) {
		if (m->further[i]->conn == conn) {
			return m->further[i];
		}
	}
	return NULL;
}

static bool others_work(const struct multichannel *m,
			const struct client_conn *conn)
{
	unsigned i = 0;

	for (i = 0; i < CLIENT_MAX_CHANNELS; i++) {
		if (m->further[i]->phase == FURTHER_UP &&
		    m->further[i]->conn != conn &&
		    m->further[i]->conn->dead == NT_STATUS_OK) {
			return true;
		}
	}
	return false;
}

bool multichannel_has_others(const struct client_conn *conn)
{
	const struct multichannel *m =
		conn->home != NULL ? conn->home->multi : conn->multi;

	return m != NULL && !m->ending &&
	       (conn->home != NULL || others_work(m, conn));
}

/* Another session is on home alone, and would be lost. */
static bool is_alone(const struct multichannel *m)
{
	const struct client_channel *channel = NULL;

	TAILQ_FOREACH(channel, &m->home->channels, conn_entry)
	{
		if (channel->session != NULL &&
		    channel->session != m->session) {
			return false;
		}
	}
	return true;
}

/* Everything but home: its calls are home's. */
static void shut(struct multichannel *m)
{
	unsigned i = 0;

	TALLOC_FREE(m->asking);
	if (m->session != NULL && channel_first(m->session) != NULL) {
		/* home's is not bound anew: the session begins anew with it,
		 * and has what calls the others had */
		channel_first(m->session)->binding = false;
	}
	for (i = 0; i < CLIENT_MAX_CHANNELS; i++) {
		struct further *further = m->further[i];

		TALLOC_FREE(further->req);
		TALLOC_FREE(further->pause);
		if (i > 0) {
			further->phase = FURTHER_IDLE;
			if (further->conn != NULL) {
				spread_move_all(further->conn);
				drop(further);
			}
		}
	}
	m->further[0]->phase = FURTHER_UP;
	m->session = NULL;
	m->asked = false;
	m->moved = 0;
}

/* The last one is gone: home is lost with all that it had. */
static void home_is_lost(struct multichannel *m, const char *why)
{
	struct client_conn *home = m->home;

	home->down = true; /* nothing goes out there any more */
	shut(m);
	home->down = false;
	if (!reconnect_lost(home, NT_STATUS_CONNECTION_DISCONNECTED, why)) {
		conn_die(home, NT_STATUS_CONNECTION_DISCONNECTED, why);
	}
}

bool multichannel_carries_on(struct client_conn *conn, const char *why)
{
	struct multichannel *m = conn->multi;
	struct further *further = NULL;

	if (m == NULL || conn->dead != NT_STATUS_OK || conn->lost) {
		return false;
	}
	further = m->further[0];
	if (conn->down) { /* an attempt has failed */
		TALLOC_FREE(conn->watch);
		TALLOC_FREE(conn->reading);
		conn->asking = false;
		spread_move_all(conn);
		if (further->phase != FURTHER_PAUSED) {
			failed(further, why);
		}
		return true;
	}
	if (m->session == NULL || !others_work(m, conn) || !is_alone(m)) {
		home_is_lost(m, why);
		return true;
	}
	log_info("a channel was lost, others carry on: %s", why);
	TALLOC_FREE(conn->watch);
	TALLOC_FREE(conn->reading);
	conn->asking = false;
	conn->down = true;
	channel_first(m->session)->binding = true;
	m->session->sequence++;
	further->phase = FURTHER_PAUSED;
	spread_move_all(conn);
	wait_a_while(further);
	return true;
}

void multichannel_lost(struct client_conn *conn)
{
	struct client_conn *home = conn->home;
	struct multichannel *m = home->multi;
	struct further *further = NULL;

	if (m == NULL || m->ending) {
		return; /* all of them end */
	}
	further = find(m, conn);
	if (further == NULL || further->phase != FURTHER_UP) {
		return; /* it was given up, or the attempt fails: bound() */
	}
	log_info("a channel was lost, others carry on: %s", conn->why);
	if (m->session != NULL) {
		m->session->sequence++;
	}
	further->phase = FURTHER_PAUSED;
	if (home->down && !others_work(m, conn)) {
		home_is_lost(m, conn->why);
		return;
	}
	spread_move_all(conn);
	drop(further);
	wait_a_while(further);
}

bool multichannel_is_settled(const struct client_conn *conn)
{
	const struct multichannel *m = conn->multi;
	unsigned i = 0;

	for (i = 1; m != NULL && i < CLIENT_MAX_CHANNELS; i++) {
		const struct client_conn *other = m->further[i]->conn;

		if (m->further[i]->phase == FURTHER_UP &&
		    (!TAILQ_EMPTY(&other->sent) ||
		     !TAILQ_EMPTY(&other->waiting))) {
			return false;
		}
	}
	return true;
}

/* ---------------------------------------------------------------- the end */

void multichannel_session_ends(struct client_conn *conn,
			       const struct client_session *session)
{
	struct multichannel *m = conn != NULL ? conn->multi : NULL;

	if (m == NULL || m->session != session) {
		return;
	}
	if (conn->down) {
		home_is_lost(m, "its session has ended");
	} else {
		shut(m);
	}
}

void multichannel_end(struct client_conn *conn)
{
	struct multichannel *m = conn->multi;

	if (m == NULL) {
		return;
	}
	m->ending = true;
	TALLOC_FREE(m->asking);
	for (unsigned i = 0; i < CLIENT_MAX_CHANNELS; i++) {
		struct further *further = m->further[i];

		TALLOC_FREE(further->req);
		TALLOC_FREE(further->pause);
		if (i > 0 && further->conn != NULL) {
			conn_die(further->conn, conn->dead, conn->why);
			further->phase = FURTHER_IDLE;
			drop(further);
		}
	}
	conn->down = false;
}

/* ---------------------------------------------------------------- to look */

unsigned multichannel_count(const struct client_conn *conn)
{
	const struct multichannel *m = conn->multi;
	unsigned count = 0;
	unsigned i = 0;

	if (m == NULL) {
		return conn->message != NULL ? 1 : 0;
	}
	for (i = 0; i < CLIENT_MAX_CHANNELS; i++) {
		count += m->further[i]->phase == FURTHER_UP ? 1 : 0;
	}
	return conn->lost ? 0 : count;
}

struct client_conn *multichannel_speaker(struct client_conn *conn)
{
	const struct multichannel *m = conn->multi;
	unsigned i = 0;

	for (i = 1; conn->down && m != NULL && i < CLIENT_MAX_CHANNELS; i++) {
		if (m->further[i]->phase == FURTHER_UP) {
			return m->further[i]->conn;
		}
	}
	return conn;
}

const struct transport_facts *multichannel_facts(struct client_conn *conn)
{
	struct client_conn *speaker = multichannel_speaker(conn);

	if (speaker->message == NULL) {
		return NULL;
	}
	return transport_facts(message_conn_transport(speaker->message));
}
