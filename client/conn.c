/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection after it was made (connect.c): credits, message ids, the calls
 * in flight, the end. conn_watch.c has their timeouts.
 */
#define LOG_MODULE "client"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "client/client_private.h"
#include "client/multichannel_private.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

int64_t conn_clock(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

size_t conn_affordable(const struct client_conn *conn, size_t max)
{
	size_t credits = conn->credits_most;

	if (!conn->agreement.multi_credit || credits < 1) {
		credits = 1;
	}
	return credits * SMB2_CREDIT_UNIT < max ? credits * SMB2_CREDIT_UNIT
						: max;
}

/* ------------------------------------------------------- credits, the queue */

static void conn_list_part(struct client_conn *conn, struct call_part *part)
{
	part->message_id = conn->next_id;
	conn->next_id += part->charge;
	conn->credits -= part->charge;
	conn->credits_out += part->charge;
	part->listed = true;
	TAILQ_INSERT_TAIL(&conn->table[part->message_id % CONN_BUCKETS], part,
			  entry);
	part->call->missing++;
}

static void conn_transmit(struct client_conn *conn, struct call *call)
{
	unsigned i = 0;

	TAILQ_REMOVE(&conn->waiting, call, entry);
	call->waiting = false;
	TAILQ_INSERT_TAIL(&conn->sent, call, entry);
	call->sent = true;
	for (i = 0; i < call->parts; i++) {
		conn_list_part(conn, &call->part[i]);
	}
	call_transmit(call);
}

static void conn_asked(struct tevent_req *subreq)
{
	struct client_conn *conn =
		tevent_req_callback_data(subreq, struct client_conn);
	struct call *first = NULL;

	(void)client_echo_recv(subreq);
	talloc_free(subreq);
	conn->asking = false;
	if (conn->message == NULL) {
		return; /* lost meanwhile */
	}
	first = TAILQ_FIRST(&conn->waiting);
	if (first != NULL && conn->credits_out == 0 &&
	    call_cost(first) > conn->credits) {
		call_finish(first, NT_STATUS_INSUFFICIENT_RESOURCES);
	}
	conn_go(conn);
}

/*
 * The first call in the queue needs more credits than there are, and nothing
 * that could bring some is in flight. Ask with an ECHO.
 */
static void conn_ask(struct client_conn *conn)
{
	struct tevent_req *subreq = NULL;
	struct call *call = NULL;

	if (conn->credits == 0) {
		conn_die(conn, NT_STATUS_INVALID_NETWORK_RESPONSE,
			 "the server grants no credits: it lets us send "
			 "nothing more");
		return;
	}
	conn->asking = true;
	subreq = client_echo_send(conn, conn);
	if (subreq == NULL) {
		conn_die(conn, NT_STATUS_NO_MEMORY, "out of memory");
		return;
	}
	tevent_req_set_callback(subreq, conn_asked, conn);
	call = TAILQ_LAST(&conn->waiting, call_list);
	conn_transmit(conn, call);
}

/* What others may wait for is not kept back. */
static bool is_acknowledgement(const struct call *call)
{
	return call->posted && call->part[0].command == SMB2_OPLOCK_BREAK;
}

/* There is more on its way already than a connection that has just come back
 * is trusted with: see replay_go(). */
static bool window_is_full(const struct client_conn *conn,
			   const struct call *call)
{
	return conn->window != 0 && conn->credits_out > 0 &&
	       conn->credits_out + call_cost(call) > conn->window &&
	       !is_acknowledgement(call);
}

void conn_open_window(struct client_conn *conn, uint32_t credits)
{
	if (conn->window != 0) {
		conn->window += credits;
	}
	if (conn->window >= conn->credits_most) {
		conn->window = 0;
	}
}

void conn_go(struct client_conn *conn)
{
	struct call *call = NULL;

	while (conn->dead == NT_STATUS_OK) {
		call = TAILQ_FIRST(&conn->waiting);
		if (call == NULL) {
			return;
		}
		if (call_cost(call) > conn->credits ||
		    window_is_full(conn, call)) {
			break;
		}
		conn_transmit(conn, call);
	}
	if (conn->dead == NT_STATUS_OK && conn->credits_out == 0 &&
	    !conn->asking) {
		conn_ask(conn);
	}
}

void conn_submit(struct client_conn *conn, struct call *call)
{
	call->started = conn_clock();
	/* it may have to be sent again: see renew.c, replay.c */
	call->keeps_out = call->channel != NULL || conn->way_back != NULL;
	if (call->channel != NULL) {
		call->channel->calls++;
	}
	if (revive_holds(call)) {
		return;
	}
	conn = spread_choose(conn, call);
	spread_take(call, conn);
	if (conn->lost && !call->urgent && !conn->asking) {
		call->held = true;
		TAILQ_INSERT_TAIL(&conn->held, call, entry);
		reconnect_look(conn);
		return;
	}
	call->waiting = true;
	if (conn->window != 0 && is_acknowledgement(call)) {
		TAILQ_INSERT_HEAD(&conn->waiting, call, entry);
	} else {
		TAILQ_INSERT_TAIL(&conn->waiting, call, entry);
	}
	conn_start_watch(conn);
	if (!conn->asking) {
		conn_go(conn);
	}
}

void conn_forget(struct client_conn *conn, struct call *call)
{
	unsigned i = 0;

	if (call->waiting) {
		TAILQ_REMOVE(&conn->waiting, call, entry);
	} else if (call->sent) {
		TAILQ_REMOVE(&conn->sent, call, entry);
	} else if (call->held) {
		TAILQ_REMOVE(&conn->held, call, entry);
	}
	if (call->channel != NULL &&
	    (call->waiting || call->sent || call->held)) {
		channel_call_ended(call->channel);
	}
	call->held = false;
	call->waiting = false;
	call->sent = false;
	for (i = 0; i < call->parts; i++) {
		struct call_part *part = &call->part[i];

		if (part->listed) {
			TAILQ_REMOVE(
				&conn->table[part->message_id % CONN_BUCKETS],
				part, entry);
			part->listed = false;
		}
	}
}

/* ---------------------------------------------------------------- the end */

void conn_die(struct client_conn *conn, NTSTATUS status, const char *why)
{
	struct call *call = NULL;

	if (conn->dead != NT_STATUS_OK) {
		return;
	}
	conn->dead = status;
	conn->why = talloc_strdup(conn, why);
	log_info("the connection ended: %s", why);
	if (conn->home != NULL) {
		multichannel_lost(conn);
	}
	TALLOC_FREE(conn->watch);
	TALLOC_FREE(conn->reading);
	/* Callbacks are deferred, so the lists only get shorter. */
	while (!TAILQ_EMPTY(&conn->sent)) {
		call = TAILQ_FIRST(&conn->sent);
		call_finish(call, status);
	}
	while (!TAILQ_EMPTY(&conn->waiting)) {
		call = TAILQ_FIRST(&conn->waiting);
		call_finish(call, status);
	}
	while (!TAILQ_EMPTY(&conn->held)) {
		call = TAILQ_FIRST(&conn->held);
		call_finish(call, status);
	}
	multichannel_end(conn);
	TALLOC_FREE(conn->way_back);
	conn->lost = false;
}

void conn_lost_because(struct client_conn *conn, NTSTATUS status,
		       const char *why)
{
	if (!multichannel_carries_on(conn, why) &&
	    !reconnect_lost(conn, status, why)) {
		conn_die(conn, status, why);
	}
}

/* The transport's own sentence, or what errno says. */
static void conn_lost_transport(struct client_conn *conn, NTSTATUS status,
				int err)
{
	const char *why = NULL;
	char *text = NULL;

	if (conn->message != NULL) {
		why = transport_error(message_conn_transport(conn->message));
	}

	if (err == EPIPE || err == ECONNRESET || err == 0) {
		text = talloc_asprintf(conn, "the server ended the connection");
	} else if (err == ETIMEDOUT && why == NULL) {
		text = talloc_asprintf(conn, "the server no longer answers");
		err = 0;
	} else {
		text = talloc_asprintf(conn, "the connection was lost");
	}
	if (why == NULL && err != 0) {
		why = strerror(err);
	}
	if (text != NULL && why != NULL) {
		text = talloc_asprintf_append(text, ": %s", why);
	}
	conn_lost_because(conn, status,
			  text != NULL ? text : "the connection was lost");
	talloc_free(text);
}

void conn_lost(struct client_conn *conn, int err)
{
	switch (err) {
	case EBADMSG:
	case EMSGSIZE:
	case ENOKEY:
	case ENOTSUP:
		conn_die(conn, NT_STATUS_INVALID_NETWORK_RESPONSE,
			 "the server sent a message that cannot be read");
		return;
	case ETIMEDOUT:
		conn_lost_transport(conn, NT_STATUS_IO_TIMEOUT, err);
		return;
	default:
		conn_lost_transport(conn, NT_STATUS_CONNECTION_DISCONNECTED,
				    err);
	}
}

const char *client_why(const struct client_conn *conn)
{
	return conn->why;
}

/* ---------------------------------------------------------- blocking calls */

void client_interrupt(struct client_conn *conn, bool yes)
{
	conn->interrupted = yes;
}

int client_migrate(struct client_conn *conn)
{
	if (conn == NULL || conn->message == NULL) {
		return ENOTCONN;
	}
	return transport_migrate(message_conn_transport(conn->message));
}

NTSTATUS client_wait(struct client_conn *conn, struct tevent_req *req)
{
	if (conn == NULL) {
		return NT_STATUS_CONNECTION_DISCONNECTED;
	}
	if (req == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	while (tevent_req_is_in_progress(req)) {
		if (conn->interrupted) {
			return NT_STATUS_CANCELLED;
		}
		if (tevent_loop_once(conn->ev) != 0) {
			return NT_STATUS_INTERNAL_ERROR;
		}
	}
	return NT_STATUS_OK;
}

static void settle_late(void *private_data)
{
	bool *late = private_data;

	*late = true;
}

static bool is_settled(const struct client_conn *conn)
{
	return TAILQ_EMPTY(&conn->sent) && TAILQ_EMPTY(&conn->waiting) &&
	       multichannel_is_settled(conn);
}

bool client_settle(struct client_conn *conn, unsigned timeout_ms)
{
	bool late = false;
	struct alarm *timer =
		alarm_add(conn->ev, conn, timeout_ms, settle_late, &late);

	while (timer != NULL && !late && !is_settled(conn)) {
		if (tevent_loop_once(conn->ev) != 0) {
			break;
		}
	}
	if (!late) {
		talloc_free(timer);
	}
	return is_settled(conn) && conn->dead == NT_STATUS_OK;
}

/* ------------------------------------------------------------------- echo */

struct tevent_req *client_echo_send(TALLOC_CTX *mem_ctx,
				    struct client_conn *conn)
{
	struct call *call = call_new(mem_ctx, conn, NULL, NULL);

	if (call != NULL) {
		smb2_empty_encode(call_add(call, SMB2_ECHO, 0));
	}
	return call_send(mem_ctx, conn, call);
}

NTSTATUS client_echo_recv(struct tevent_req *req)
{
	return call_recv_status(req);
}

NTSTATUS client_echo(struct client_conn *conn)
{
	struct tevent_req *req = client_echo_send(conn, conn);
	NTSTATUS status = client_wait(conn, req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_echo_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------- disconnect */

struct disconnect_state {
	struct client_conn *conn;
};

static void disconnect_done(struct tevent_req *subreq);

struct tevent_req *client_disconnect_send(TALLOC_CTX *mem_ctx,
					  struct client_conn *conn)
{
	struct disconnect_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct disconnect_state);

	if (req == NULL) {
		return NULL;
	}
	if (conn->dead != NT_STATUS_OK) {
		tevent_req_done(req);
		return tevent_req_post(req, conn->ev);
	}
	state->conn = conn;
	conn_die(conn, NT_STATUS_CONNECTION_DISCONNECTED,
		 "the connection was closed here");
	if (conn->message == NULL) { /* it was lost, and not back yet */
		tevent_req_done(req);
		return tevent_req_post(req, conn->ev);
	}
	subreq = transport_shutdown_send(state, conn->ev,
					 message_conn_transport(conn->message),
					 TRANSPORT_CLOSE_DONE, NULL);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, conn->ev);
	}
	tevent_req_set_callback(subreq, disconnect_done, req);
	return req;
}

static void disconnect_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = transport_shutdown_recv(subreq);

	talloc_free(subreq);
	if (!req_failed(req, ntstatus_from_errno(err))) {
		tevent_req_done(req);
	}
}

NTSTATUS client_disconnect_recv(struct tevent_req *req)
{
	return req_simple_recv(req);
}

void client_disconnect(struct client_conn *conn)
{
	struct tevent_req *req = client_disconnect_send(conn, conn);

	if (NT_STATUS_IS_OK(client_wait(conn, req))) {
		(void)client_disconnect_recv(req);
	}
	talloc_free(req);
}
