/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of the connections of a session a call takes: the one that has least
 * to do. Only what stands alone is spread, reads, writes, and compounds that
 * open and close; the rest stays on one connection, and in its order.
 */
#include "client/multichannel_private.h"

/* More than any connection has to do. */
#define FULL UINT32_MAX

static bool stands_alone(const struct call *call)
{
	uint16_t first = call->part[0].command;
	uint16_t last = call->part[also_own_parts(call) - 1].command;

	if (!call->spreads || call->parts == 0) {
		return false;
	}
	if (also_own_parts(call) == 1) {
		return first == SMB2_READ || first == SMB2_WRITE;
	}
	return call->related && first == SMB2_CREATE && last == SMB2_CLOSE;
}

static bool is_up(const struct further *further)
{
	return further->phase == FURTHER_UP &&
	       further->conn->dead == NT_STATUS_OK;
}

/* What a connection has to do, in credits. */
static uint32_t load(const struct client_conn *conn, const struct call *call)
{
	if (conn->credits_most < call_cost(call)) {
		return FULL - 1;
	}
	return TAILQ_EMPTY(&conn->waiting)
		       ? conn->credits_out
		       : CONN_CREDITS_MAX + conn->credits_out;
}

/* Of those with as much to do, in turns. */
static struct client_conn *least(struct multichannel *m,
				 const struct call *call)
{
	struct client_conn *best = m->home;
	uint32_t lowest = FULL;
	unsigned at = 0;
	unsigned i = 0;

	for (i = 0; i < CLIENT_MAX_CHANNELS; i++) {
		at = (m->turn + i) % CLIENT_MAX_CHANNELS;
		if (is_up(m->further[at]) &&
		    load(m->further[at]->conn, call) < lowest) {
			best = m->further[at]->conn;
			lowest = load(best, call);
			m->last = at;
		}
	}
	m->turn = m->last + 1;
	return best;
}

struct client_conn *spread_choose(struct client_conn *home,
				  const struct call *call)
{
	struct multichannel *m = home->multi;
	const struct client_session *session =
		call->channel != NULL ? call->channel->session : NULL;
	bool alone = false;

	if (m == NULL || call->urgent || home->lost ||
	    (home->asking && session == NULL)) {
		return home;
	}
	alone = session != NULL && stands_alone(call);
	if (alone) {
		multichannel_moves(home, call,
				   (uint64_t)call_cost(call) *
					   SMB2_CREDIT_UNIT);
	}
	if (home->down || (alone && session == m->session)) {
		return least(m, call);
	}
	return home;
}

/* Of its session, on that connection. */
static void take_channel(struct call *call, struct client_conn *to)
{
	struct client_channel *old = call->channel;
	struct client_channel *new = NULL;

	if (old == NULL || old->session == NULL || old->conn == to) {
		return;
	}
	new = channel_on(old->session, to);
	if (new != NULL) {
		call->channel = new;
		new->calls++;
		channel_call_ended(old);
	}
}

void spread_take(struct call *call, struct client_conn *to)
{
	take_channel(call, to);
	talloc_steal(to, call);
	call->conn = to;
}

void spread_put(struct call *call, struct client_conn *to)
{
	spread_take(call, to);
	call->waiting = true;
	TAILQ_INSERT_TAIL(&to->waiting, call, entry);
	conn_start_watch(to);
	if (!to->asking && !to->down) {
		conn_go(to);
	}
}

void spread_home(struct call *call)
{
	if (call->conn->home == NULL) {
		return;
	}
	call->conn = call->conn->home;
	if (call->channel != NULL && call->channel->session != NULL) {
		call->channel = channel_first(call->channel->session);
	}
}

/* To the first that works, so that they keep their order. */
static struct client_conn *other(const struct multichannel *m,
				 const struct client_conn *from)
{
	unsigned i = 0;

	for (i = 0; i < CLIENT_MAX_CHANNELS; i++) {
		if (is_up(m->further[i]) && m->further[i]->conn != from) {
			return m->further[i]->conn;
		}
	}
	return NULL;
}

static void move_list(struct client_conn *from, struct call_list *list,
		      struct client_conn *to)
{
	struct call *call = NULL;
	struct call *next = NULL;

	for (call = TAILQ_FIRST(list); call != NULL; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (!replay_move(call, to) && from->home == NULL) {
			/* home goes on, but this call does not */
			call->orphan = NULL;
			call_finish(call, NT_STATUS_CONNECTION_DISCONNECTED);
		}
	}
}

void spread_move_all(struct client_conn *from)
{
	struct client_conn *home = from->home != NULL ? from->home : from;
	struct client_conn *to = other(home->multi, from);

	/* what home loses as well is held there: reconnect.c */
	to = to != NULL ? to : home;
	if (to != from) {
		move_list(from, &from->sent, to);
		move_list(from, &from->waiting, to);
		from->credits_out = 0;
	}
}
