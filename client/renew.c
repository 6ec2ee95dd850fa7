/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sessions whose time is up, as that of a Kerberos ticket is: the server
 * answers NT_STATUS_NETWORK_SESSION_EXPIRED and has done nothing. The session
 * logs on again, with its number and its keys, and the calls are sent once
 * more (MS-SMB2 3.2.5.1.6).
 */
#define LOG_MODULE "client"

#include "client/client_private.h"
#include "smbquic/log.h"

static void renew_done(struct tevent_req *subreq);

/* Nothing of it was done: a CLOSE is permitted still, but that of a file which
 * was not opened fails. */
static bool expired(const struct call *call)
{
	unsigned i = 0;

	for (i = 0; i < call->parts; i++) {
		if (!NT_STATUS_IS_ERR(call->part[i].status)) {
			return false;
		}
	}
	return call->parts > 0 &&
	       call->part[0].status == NT_STATUS_NETWORK_SESSION_EXPIRED;
}

static bool renew_begin(struct client_session *session)
{
	if (session->renewing != NULL) {
		return true;
	}
	log_info("the session has expired: logging on again");
	session->renewing = session_renew_send(session, session);
	if (session->renewing == NULL) {
		return false;
	}
	tevent_req_set_callback(session->renewing, renew_done, session);
	return true;
}

bool renew_take(struct call *call)
{
	struct client_session *session =
		call->channel != NULL ? call->channel->session : NULL;

	if (session == NULL || session->credentials == NULL ||
	    call->req == NULL || call->urgent || call->renewed ||
	    call->out == NULL || !expired(call) || !renew_begin(session)) {
		return false;
	}
	call->renewed = true;
	replay_put_aside(call);
	return true;
}

/* What waits for the session, one after the other. */
static struct call *next_held(struct client_conn *conn,
			      const struct client_session *session)
{
	struct call *call = NULL;

	TAILQ_FOREACH(call, &conn->held, entry)
	{
		if (call->channel != NULL &&
		    call->channel->session == session) {
			return call;
		}
	}
	return NULL;
}

static void renew_done(struct tevent_req *subreq)
{
	struct client_session *session =
		tevent_req_callback_data(subreq, struct client_session);
	struct client_conn *conn = session_conn(session);
	NTSTATUS status = session_renew_recv(subreq);
	struct call *call = NULL;

	TALLOC_FREE(session->renewing);
	if (conn == NULL || conn->lost || conn->dead != NT_STATUS_OK) {
		return; /* who brings the connection back sends them */
	}
	if (status == NT_STATUS_USER_SESSION_DELETED &&
	    revive_session(session)) {
		return; /* it is to be another session */
	}
	if (!NT_STATUS_IS_OK(status)) {
		log_warn("logging on again failed: %s", nt_errtext(status));
	} else if (revive_is_busy(session)) {
		return; /* what waits for a tree may not go yet */
	}
	for (call = next_held(conn, session); call != NULL;
	     call = next_held(conn, session)) {
		if (!NT_STATUS_IS_OK(status)) {
			call_finish(call, status);
		} else if (replay_number(conn, call)) {
			replay_resume(conn, call);
		}
	}
	conn_start_watch(conn);
	conn_go(conn);
}
