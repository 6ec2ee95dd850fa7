/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Timeouts. A server may take its time: it waits for others to give back what
 * they hold, 35 seconds and more, and not every one says so by an interim
 * response (MS-SMB2 3.3.4.4). So a silence is looked into before it is over:
 * an ECHO that is answered shows that the connection is alive, and that what
 * was asked is only slow.
 */
#define LOG_MODULE "client"

#include <errno.h>

#include "client/client_private.h"
#include "client/multichannel_private.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define TICK_SECONDS 1
/* A call that the server passes over while it answers others waits so many
 * times its timeout. */
#define PASSED_OVER 10

/* ---------------------------------------------------------------- silence */

/* us since anything came for a call, or went. */
static int64_t silence(const struct client_conn *conn, const struct call *call,
		       int64_t now)
{
	int64_t quiet =
		conn->moved > call->started ? conn->moved : call->started;

	return now - quiet;
}

static int64_t call_limit(const struct call *call)
{
	return (int64_t)call->timeout_ms * 1000;
}

/* The ECHO has as long as the silence before it. */
static bool is_being_looked_into(const struct client_conn *conn,
				 const struct call *call, int64_t now)
{
	return conn->doubt != NULL &&
	       now - conn->doubted < call_limit(call) / 2;
}

static bool is_silent(const struct client_conn *conn, const struct call *call,
		      int64_t now)
{
	return silence(conn, call, now) >= call_limit(call) &&
	       !is_being_looked_into(conn, call, now);
}

static bool call_is_late(const struct client_conn *conn,
			 const struct call *call, int64_t now)
{
	if (call->timeout_ms == 0 || call->req == NULL) {
		return false;
	}
	return is_silent(conn, call, now) ||
	       now - call->started >= call_limit(call) * PASSED_OVER;
}

/* One call of a list that is late: the others are looked at next time. */
static struct call *call_late_of(struct client_conn *conn,
				 struct call_list *list, int64_t now)
{
	struct call *call = NULL;

	TAILQ_FOREACH(call, list, entry)
	{
		if (call_is_late(conn, call, now)) {
			return call;
		}
	}
	return NULL;
}

/* ------------------------------------------------------------- is it alive? */

/* Of a logged-on session: before that nothing but its setup is in flight. */
static bool is_doubtful(const struct client_conn *conn, const struct call *call,
			int64_t now)
{
	return call->timeout_ms != 0 && call->req != NULL &&
	       call->session_id != 0 &&
	       call->part[0].command != SMB2_SESSION_SETUP &&
	       silence(conn, call, now) >= call_limit(call) / 2;
}

static void doubt_answered(struct tevent_req *subreq)
{
	struct client_conn *conn =
		tevent_req_callback_data(subreq, struct client_conn);

	(void)client_echo_recv(subreq);
	TALLOC_FREE(conn->doubt);
}

static void conn_doubt(struct client_conn *conn, int64_t now,
		       const struct transport_stats *stats)
{
	conn->doubt = client_echo_send(conn, conn);
	if (conn->doubt == NULL) {
		return; /* no memory: the silence goes on */
	}
	if (call_of(conn->doubt) != NULL) {
		call_of(conn->doubt)->timeout_ms = 0;
	}
	conn->doubted = now;
	/* that it arrives at a machine says nothing of the server there */
	conn->doubt_alone = stats->bytes_acked == stats->bytes_out;
	tevent_req_set_callback(conn->doubt, doubt_answered, conn);
	log_debug("nothing comes: asking whether the server is there");
}

static void look_into_silence(struct client_conn *conn, int64_t now,
			      const struct transport_stats *stats)
{
	struct call *call = NULL;

	if (conn->doubt != NULL || conn->asking || conn->credits == 0) {
		return;
	}
	TAILQ_FOREACH(call, &conn->sent, entry)
	{
		if (is_doubtful(conn, call, now)) {
			conn_doubt(conn, now, stats);
			return;
		}
	}
}

static void look_for_movement(struct client_conn *conn, int64_t now,
			      const struct transport_stats *stats)
{
	uint64_t moved = stats->bytes_in + stats->bytes_acked;

	if (moved == conn->moved_bytes) {
		return;
	}
	conn->moved_bytes = moved;
	if (conn->doubt == NULL || !conn->doubt_alone ||
	    stats->bytes_in != conn->moved_in) {
		conn->moved = now;
	}
	conn->moved_in = stats->bytes_in;
}

/* ------------------------------------------------------------ what is late */

/* The caller hears of it now, the call itself stays until it is answered. */
static void call_time_out(struct call *call)
{
	struct tevent_req *req = call->req;

	log_info("%s has timed out", smb2_command_name(call->part[0].command));
	call_abandon(call);
	req_failed(req, NT_STATUS_IO_TIMEOUT);
}

/* Nothing comes from the server any more: perhaps on another connection it
 * does. One on which others are answered is well. */
static bool conn_gives_up(struct client_conn *conn, struct call *call,
			  int64_t now)
{
	if (!is_silent(conn, call, now)) {
		return false;
	}
	if (multichannel_has_others(conn)) {
		if (call->passed_on >= CLIENT_MAX_CHANNELS) {
			return false;
		}
		call->passed_on++;
	} else {
		if (conn->way_back == NULL || call->late > 0) {
			return false;
		}
		call->late++;
	}
	TALLOC_FREE(conn->doubt);
	conn_lost(conn, ETIMEDOUT);
	return conn->lost || conn->down || conn->dead != NT_STATUS_OK;
}

/* @return false: the connection has been given up. */
static bool end_what_is_late(struct client_conn *conn, int64_t now)
{
	struct call *call = NULL;

	do {
		call = call_late_of(conn, &conn->sent, now);
		if (call == NULL) {
			call = call_late_of(conn, &conn->waiting, now);
		}
		if (call != NULL && conn_gives_up(conn, call, now)) {
			return false;
		}
		if (call != NULL) {
			call_time_out(call);
		}
	} while (call != NULL);
	return true;
}

/* ---------------------------------------------------------------- the clock */

static void conn_tick(void *private_data)
{
	struct client_conn *conn =
		talloc_get_type_abort(private_data, struct client_conn);
	struct transport_stats stats = {0};
	int64_t now = conn_clock();

	TALLOC_FREE(conn->watch);
	if (conn->message == NULL) {
		return;
	}
	transport_stats(message_conn_transport(conn->message), &stats);
	look_for_movement(conn, now, &stats);
	look_into_silence(conn, now, &stats);
	beside_look(conn, now, &stats);
	if (!end_what_is_late(conn, now)) {
		return;
	}
	if (conn->window != 0) {
		/* a while without a loss counts as an answer: who waits for
		 * others does not keep the rest from going out */
		conn_open_window(conn, conn->window);
		conn_go(conn);
	}
	conn_start_watch(conn);
}

/* The clock ticks only while there is something to wait for. */
void conn_start_watch(struct client_conn *conn)
{
	if (conn->watch != NULL || conn->dead != NT_STATUS_OK ||
	    (TAILQ_EMPTY(&conn->sent) && TAILQ_EMPTY(&conn->waiting))) {
		return;
	}
	conn->watch =
		alarm_add(conn->ev, conn, TICK_SECONDS * 1000, conn_tick, conn);
}

void client_set_timeout(struct client_conn *conn, unsigned timeout_ms)
{
	conn->options.timeout_ms = timeout_ms;
}
