/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.c - who logged on, and on which connections (MS-SMB2 3.3.1.8,
 * 3.3.1.14).
 */

#include "server/durable.h"
#include "server/notice.h"
#include "server/request.h"
#include "smbquic/list.h"

static void end_trees(struct session *session, struct request *except)
{
	struct tree *tree = NULL;
	size_t cursor = 0;

	for (;;) {
		tree = idtable_next(session->trees, &cursor);
		if (tree == NULL) {
			return;
		}
		tree_end(tree, except, NT_STATUS_USER_SESSION_DELETED);
	}
}

static int session_destructor(struct session *session)
{
	session->state = SESSION_ENDED;
	end_trees(session, NULL);
	while (session->channels != NULL) {
		talloc_free(session->channels);
	}
	idtable_remove(session->server->sessions, session->id);
	return 0;
}

struct session *session_new(struct server *server)
{
	struct session *session = talloc_zero(server, struct session);

	if (session == NULL) {
		return NULL;
	}
	session->server = server;
	session->state = SESSION_IN_PROGRESS;
	session->created = server_now();
	session->last_used = session->created;
	session->trees = idtable_new(session, 32, SESSION_MAX_TREES);
	session->opens = idtable_new(session, 64, SESSION_MAX_OPENS);
	if (session->trees == NULL || session->opens == NULL) {
		talloc_free(session);
		return NULL;
	}
	session->id = idtable_add(server->sessions, session);
	if (session->id == 0) {
		talloc_free(session);
		return NULL;
	}
	talloc_set_destructor(session, session_destructor);
	return session;
}

static bool has_valid_channel(const struct session *session)
{
	const struct channel *channel = NULL;

	for (channel = session->channels; channel != NULL;
	     channel = channel->session_next) {
		if (channel->valid) {
			return true;
		}
	}
	return false;
}

static int channel_destructor(struct channel *channel)
{
	struct conn *conn = channel->conn;
	struct session *session = channel->session;

	LIST_REMOVE_AS(conn->channels, channel, conn_prev, conn_next);
	conn->num_channels--;
	if (channel->valid) {
		conn_trust(conn);
	} else {
		conn->num_pending--;
	}
	LIST_REMOVE_AS(session->channels, channel, session_prev, session_next);
	session->num_channels--;
	notices_move(channel);
	if (session->state != SESSION_ENDED &&
	    (session->channels == NULL ||
	     (channel->valid && !has_valid_channel(session)))) {
		session_end(session, NULL);
	}
	return 0;
}

struct channel *channel_new(struct conn *conn, struct session *session)
{
	struct channel *channel = NULL;

	if (conn->num_channels >= CONN_MAX_SESSIONS ||
	    conn->num_pending >= CONN_MAX_PENDING_SESSIONS ||
	    session->num_channels >= SESSION_MAX_CHANNELS) {
		return NULL;
	}
	channel = talloc_zero(conn, struct channel);
	if (channel == NULL) {
		return NULL;
	}
	channel->conn = conn;
	channel->session = session;
	LIST_ADD_AS(conn->channels, channel, conn_prev, conn_next);
	LIST_ADD_AS(session->channels, channel, session_prev, session_next);
	session->num_channels++;
	conn->num_channels++;
	conn->num_pending++;
	talloc_set_destructor(channel, channel_destructor);
	return channel;
}

void channel_set_valid(struct channel *channel)
{
	if (channel->valid) {
		return;
	}
	channel->valid = true;
	channel->conn->num_pending--;
	conn_trust(channel->conn);
}

static void abort_requests(struct session *session, struct request *except)
{
	struct channel *channel = NULL;

	for (channel = session->channels; channel != NULL;
	     channel = channel->session_next) {
		request_abort_all(channel->conn, session, NULL, except,
				  NT_STATUS_USER_SESSION_DELETED);
	}
}

void session_end(struct session *session, struct request *except)
{
	session->state = SESSION_ENDED;
	durable_keep(session, except);
	end_trees(session, except);
	abort_requests(session, except);
	if (except != NULL) {
		request_end_session(except);
		return;
	}
	talloc_free(session);
}

struct channel *session_channel(const struct session *session)
{
	struct channel *channel = NULL;
	struct channel *oldest = NULL;

	for (channel = session->channels; channel != NULL;
	     channel = channel->session_next) {
		if (channel->valid && !channel->conn->closing) {
			oldest = channel;
		}
	}
	return oldest;
}

struct smb2_signing_key *channel_signing_key(const struct channel *channel)
{
	const struct session_keys *keys = channel->session->keys;

	if (channel->signing != NULL || !channel->binding || keys == NULL) {
		return channel->signing;
	}
	return keys->signing;
}

enum session_state session_state(struct session *session, uint64_t now)
{
	if (session->state == SESSION_VALID && session->expires != 0 &&
	    session->expires <= now) {
		session->state = SESSION_EXPIRED;
	}
	return session->state;
}
