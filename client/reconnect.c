/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way back of a connection that was lost (MS-SMB2 3.2.7.1): the transport
 * and NEGOTIATE, then every session, then every tree, then every file
 * (restore.c), and the calls that waited. An attempt that fails is followed by
 * another, later, until the time is over.
 *
 * A connection on which nothing is open and nobody waits comes back when it is
 * needed.
 *
 * To be connected is not to be served: a call's time runs from the first loss
 * it saw until it is answered, so that a server which drops every connection as
 * soon as it is back does not hold its callers for ever.
 */
#define LOG_MODULE "client"

#include "client/client_private.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define FIRST_PAUSE_MS	 100
#define LONGEST_PAUSE_MS 2000
/* A connection that held so long is not one that a server drops at once. */
#define STEADY_US (2 * 1000 * 1000)

enum phase {
	UP,	    /* there is nothing to do */
	ASLEEP,	    /* lost, and nobody needs it */
	PAUSED,	    /* until the next attempt */
	CONNECTING, /* transport and NEGOTIATE */
	RESTORING,  /* sessions, trees, files */
};

struct reconnect {
	struct client_conn *conn;
	enum phase phase;
	unsigned pause_ms;
	NTSTATUS status; /* of the loss */
	char *why;	 /* likewise */
	char *last;	 /* why the last attempt failed */
	bool broken;	 /* the attempt's transport was lost, too */
	int64_t since;	 /* us; from when the time runs */
	int64_t back_at; /* us; when it was UP last; 0: never */
	struct tevent_req *connecting;
	struct alarm *pause;
	struct alarm *end;	     /* the time is over */
	struct tevent_immediate *im; /* something changed */
	client_lost_fn fn;
	void *private_data;
};

static void step(struct reconnect *r);
static void connected(struct tevent_req *subreq);

struct reconnect *reconnect_new(struct client_conn *conn)
{
	struct reconnect *r = talloc_zero(conn, struct reconnect);

	if (r == NULL) {
		return NULL;
	}
	r->conn = conn;
	r->im = tevent_create_immediate(r);
	if (r->im == NULL) {
		TALLOC_FREE(r);
	}
	return r;
}

void client_on_lost(struct client_conn *conn, client_lost_fn fn,
		    void *private_data)
{
	if (conn->way_back != NULL) {
		conn->way_back->fn = fn;
		conn->way_back->private_data = private_data;
	}
}

static void tell(struct reconnect *r, enum client_lost what, const char *why)
{
	if (r->fn != NULL) {
		r->fn(r->conn, what, why, r->private_data);
	}
}

static void stepped(struct tevent_context *ev, struct tevent_immediate *im,
		    void *private_data)
{
	(void)ev;
	(void)im;
	step(talloc_get_type_abort(private_data, struct reconnect));
}

/* Soon, and not from within what is going on. */
static void step_soon(struct reconnect *r)
{
	tevent_schedule_immediate(r->im, r->conn->ev, stepped, r);
}

void reconnect_look(struct client_conn *conn)
{
	if (conn != NULL && conn->lost && conn->way_back != NULL) {
		step_soon(conn->way_back);
	}
}

/* ------------------------------------------------------------ what is lost */

/* Everything has to be restored, from the beginning. */
static bool mark(struct client_conn *conn)
{
	struct client_channel *channel = NULL;
	bool open = false;

	TAILQ_FOREACH(channel, &conn->channels, conn_entry)
	{
		if (channel->session != NULL) {
			open = restore_mark_session(channel->session) || open;
		}
	}
	return open;
}

/* What is left of the transport; not from within its callbacks. */
static void tear_down(struct client_conn *conn)
{
	TALLOC_FREE(conn->reading);
	talloc_free_children(conn->writes);
	TALLOC_FREE(conn->message);
}

/* ---------------------------------------------------------------- the time */

/* The connection has ended: r is no more. */
static void give_up(struct reconnect *r)
{
	struct client_conn *conn = r->conn;
	NTSTATUS status = r->status;
	char *why = talloc_asprintf(
		conn, "%s; it did not come back%s within %u seconds%s%s",
		r->why, r->back_at > r->since ? " to stay" : "",
		conn->options.reconnect_ms / 1000, r->last != NULL ? ": " : "",
		r->last != NULL ? r->last : "");

	tell(r, CLIENT_GIVEN_UP, why);
	conn_die(conn, status, why != NULL ? why : "out of memory");
	talloc_free(why);
}

static void time_over(void *private_data)
{
	struct reconnect *r =
		talloc_get_type_abort(private_data, struct reconnect);

	r->end = NULL;
	give_up(r);
}

static void pause_over(void *private_data)
{
	struct reconnect *r =
		talloc_get_type_abort(private_data, struct reconnect);

	r->pause = NULL;
	step(r);
}

/* Wait for the next attempt; longer each time. */
static void pause_attempts(struct reconnect *r)
{
	unsigned ms = r->pause_ms;

	r->phase = PAUSED;
	r->pause_ms = ms * 2 < LONGEST_PAUSE_MS ? ms * 2 : LONGEST_PAUSE_MS;
	TALLOC_FREE(r->pause);
	r->pause = alarm_add(r->conn->ev, r, ms, pause_over, r);
}

/* Milliseconds that are left for the way back. */
static unsigned time_left(const struct reconnect *r)
{
	int64_t gone = (conn_clock() - r->since) / 1000;

	return gone < r->conn->options.reconnect_ms
		       ? r->conn->options.reconnect_ms - (unsigned)gone
		       : 0;
}

/* Since when the call waits that waits longest; now, if none does. */
static int64_t first_wait(const struct client_conn *conn)
{
	int64_t first = conn_clock();
	const struct call *call = NULL;

	TAILQ_FOREACH(call, &conn->held, entry)
	{
		if (call->awaits != 0 && call->awaits < first) {
			first = call->awaits;
		}
	}
	return first;
}

/* Somebody waits. */
static void awake(struct reconnect *r)
{
	unsigned ms = 0;

	r->since = first_wait(r->conn);
	ms = time_left(r);
	r->end = alarm_add(r->conn->ev, r, ms, time_over, r);
	tell(r, CLIENT_LOST, r->why);
	pause_attempts(r);
}

/* It was UP, and what it was asked is held. Where it stood long, nobody has
 * waited for it since the loss before. */
static void lost_again(struct reconnect *r)
{
	int64_t now = conn_clock();
	struct call *call = NULL;

	if (r->back_at == 0 || now - r->back_at >= STEADY_US) {
		r->pause_ms = FIRST_PAUSE_MS;
	}
	if ((now - r->back_at) / 1000 < r->conn->options.reconnect_ms) {
		return;
	}
	TAILQ_FOREACH(call, &r->conn->held, entry)
	{
		call->awaits = now;
	}
}

bool reconnect_lost(struct client_conn *conn, NTSTATUS status, const char *why)
{
	struct reconnect *r = conn->way_back;
	bool open = false;

	if (r == NULL || conn->dead != NT_STATUS_OK) {
		return false;
	}
	TALLOC_FREE(conn->watch);
	TALLOC_FREE(conn->reading);
	conn->asking = false;
	if (r->phase != UP) {
		r->broken = true;
		talloc_free(r->last);
		r->last = talloc_strdup(r, why);
		replay_hold(conn, status);
		step_soon(r);
		return true;
	}
	log_info("lost, and to be made anew: %s", why);
	conn->lost = true;
	open = mark(conn);
	r->status = status;
	TALLOC_FREE(r->last);
	talloc_free(r->why);
	r->why = talloc_strdup(r, why);
	r->phase = ASLEEP;
	replay_hold(conn, status);
	lost_again(r);
	if (open) {
		awake(r);
	}
	step_soon(r);
	return true;
}

void reconnect_opened(struct client_file *file)
{
	struct client_conn *conn = file_conn(file);

	if (conn == NULL || conn->way_back == NULL) {
		return;
	}
	if (!conn->lost) {
		if (file->tree->stale || file->tree->session->stale) {
			restore_mark_file(file);
			revive_look(file->tree->session);
		}
		return;
	}
	if (restore_mark_file(file) && conn->way_back->phase == ASLEEP) {
		awake(conn->way_back);
	}
	step_soon(conn->way_back);
}

/* ---------------------------------------------------------------- attempts */

/* Statuses of a server that is there and means it. */
static bool is_final(NTSTATUS status)
{
	return status == NT_STATUS_LOGON_FAILURE ||
	       status == NT_STATUS_ACCOUNT_DISABLED ||
	       status == NT_STATUS_PASSWORD_EXPIRED ||
	       status == NT_STATUS_NOT_SUPPORTED;
}

static void attempt_failed(struct reconnect *r, NTSTATUS status,
			   const char *why)
{
	char *last = NULL;

	if (r->phase != CONNECTING && r->phase != RESTORING) {
		return;
	}
	r->broken = false;
	last = talloc_strdup(r, why != NULL ? why : nt_errstr(status));
	talloc_free(r->last);
	r->last = last;
	log_info("not back yet: %s", last != NULL ? last : "");
	if (is_final(status)) {
		r->status = status;
		give_up(r);
		return;
	}
	mark(r->conn);
	pause_attempts(r);
	step_soon(r);
}

static void begin_attempt(struct reconnect *r)
{
	r->broken = false;
	r->phase = CONNECTING;
	r->connecting = connect_again_send(r, r->conn);
	if (r->connecting == NULL) {
		attempt_failed(r, NT_STATUS_NO_MEMORY, NULL);
		return;
	}
	tevent_req_set_callback(r->connecting, connected, r);
}

static void connected(struct tevent_req *subreq)
{
	struct reconnect *r =
		tevent_req_callback_data(subreq, struct reconnect);
	char *why = NULL;
	NTSTATUS status = connect_again_recv(subreq, r, &why);

	TALLOC_FREE(r->connecting);
	if (NT_STATUS_IS_OK(status)) {
		r->phase = RESTORING;
		step_soon(r);
	} else {
		attempt_failed(r, status, why);
	}
}

void reconnect_restored(struct client_conn *conn, NTSTATUS status)
{
	if (NT_STATUS_IS_OK(status)) {
		step_soon(conn->way_back);
	} else {
		attempt_failed(conn->way_back, status, NULL);
	}
}

/* -------------------------------------------------------------------- steps */

static void finish(struct reconnect *r)
{
	struct client_conn *conn = r->conn;

	log_info("the connection is back");
	TALLOC_FREE(r->end);
	TALLOC_FREE(r->pause);
	r->phase = UP;
	r->back_at = conn_clock();
	conn->lost = false;
	replay_go(conn);
	tell(r, CLIENT_BACK, NULL);
}

static void restore(struct reconnect *r)
{
	struct client_channel *channel = NULL;
	unsigned busy = 0;

	TAILQ_FOREACH(channel, &r->conn->channels, conn_entry)
	{
		if (channel->session != NULL && r->phase == RESTORING) {
			busy = restore_session(channel->session, busy);
		}
	}
	if (busy == 0 && r->phase == RESTORING) {
		finish(r);
	}
}

static void step(struct reconnect *r)
{
	struct client_conn *conn = r->conn;

	switch (r->phase) {
	case UP: return;
	case ASLEEP:
	case PAUSED:
		if (conn->message != NULL) {
			tear_down(conn);
		}
		if (r->phase == ASLEEP && !TAILQ_EMPTY(&conn->held)) {
			awake(r);
		} else if (r->phase == PAUSED && r->pause == NULL) {
			begin_attempt(r);
		}
		return;
	case CONNECTING: return; /* connected() follows */
	case RESTORING:
		if (r->broken) {
			attempt_failed(r, r->status, r->last);
		} else {
			restore(r);
		}
	}
}
