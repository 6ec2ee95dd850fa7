/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_line.c - a transport whose connection lives in a network thread: the
 * way there and back, from when the connection moves until every letter of it
 * is back.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/log.h"
#include "smbquic/quic_far_private.h"

/* --- there and back ------------------------------------------------------ */

static bool line_is_ours(const struct line *line)
{
	return line->pid == getpid();
}

void line_post(struct line *line, struct letter *l)
{
	if (line->home) {
		l->deliver(l);
	} else if (line_is_ours(line)) {
		threads_post(line->threads, line->seat, l);
	}
}

void line_call(struct line *line, struct letter *l)
{
	if (line->home) {
		l->deliver(l);
	} else if (line_is_ours(line)) {
		threads_call(line->threads, line->seat, l);
	}
}

void order_free(struct order *o)
{
	free(o->why);
	free(o);
}

static void line_free(struct line *line)
{
	struct threads *threads = line->threads;
	bool ours = line_is_ours(line);

	free(line);
	if (ours) {
		threads_release(threads);
	}
}

void line_done(struct line *line)
{
	line->pending--;
	if (line->gone && line->pending == 0) {
		line_free(line);
	}
}

/* It counts no longer, whenever the user notices. */
static void far_ended(struct letter *l)
{
	struct line *line = (struct line *)(void *)l;

	if (!line->gone) {
		quic_slot_uncount(line->ghost);
	}
	line_done(line);
}

static bool of_line(const struct letter *l, const void *arg)
{
	if (l->deliver == far_back) {
		return ((const struct order *)(const void *)l)->line == arg;
	}
	return l->deliver == far_ended && (const void *)l == arg;
}

void line_gather(struct line *line)
{
	struct letter *l = NULL;

	if (!line_is_ours(line)) {
		return;
	}
	line->pending++; /* it is not freed by the last of them */
	l = threads_take(line->threads, of_line, line);
	while (l != NULL) {
		struct letter *next = l->next;

		l->deliver(l);
		l = next;
	}
	line->pending--;
}

void line_leave_it(struct line *line)
{
	line->gone = true;
	line->pending++; /* it is not freed by what returns the ghost */
	if (line->ghost != NULL) {
		quic_slot_return(line->ghost);
	}
	line_done(line);
}

/* --- the beginning ------------------------------------------------------- */

/* Now, or once the handshake is complete. */
static bool line_move(struct line *line)
{
	line->home = false; /* before the thread looks */
	if (!quic_desk_move(line->conn, &line->ended, &line->ghost)) {
		line->home = true;
		return false;
	}
	line->pending++; /* ended */
	return true;
}

/* The handshake of a connection that began with 0-RTT is complete. Where it
 * cannot move it stays, and is served nevertheless. */
static void line_settled(void *private_data)
{
	struct line *line = private_data;

	if (line->late == NULL && !line->gone &&
	    quic_desk_threads(quic_conn_where(line->conn)) != NULL) {
		log_debug("the handshake that 0-RTT began is complete: the "
			  "connection moves to network thread %u",
			  line->seat);
		(void)line_move(line);
	}
}

/* A client's endpoint is done with what it was at: now a thread of its own is
 * of use. Where it cannot move it stays, and is served nevertheless. */
static void line_leave(void *private_data)
{
	struct line *line = private_data;
	struct quic_slot *s = quic_conn_where(line->conn);

	if (line->late != NULL) {
		return;
	}
	if (!threads_begin(line->threads, line->seat)) {
		log_info("no thread for a QUIC connection, which is served "
			 "without: %s",
			 strerror(errno));
		return;
	}
	line->home = false; /* before the thread looks */
	if (quic_endpoint_move(s->endpoint, line->threads, line->seat)) {
		/* the slot is the thread's now */
		log_debug("a connection is served by network thread %u",
			  line->seat);
	} else {
		line->home = true;
	}
}

/* @return false: out of memory. */
static bool line_begin(struct line *line)
{
	struct quic_conn *c = line->conn;
	struct quic_slot *s = quic_conn_where(c);

	if (!s->endpoint->server) {
		talloc_steal(NULL, c);
		s->endpoint->leave = line_leave;
		s->endpoint->leave_data = line;
		return true;
	}
	if (quic_conn_is_early(c)) {
		s->settled = line_settled;
		s->settled_data = line;
		return true;
	}
	return line_move(line);
}

struct line *line_new(struct tevent_context *ev, struct quic_conn *c,
		      struct threads *threads, unsigned seat)
{
	struct line *line = calloc(1, sizeof(*line));

	if (line == NULL) {
		talloc_free(c);
		return NULL;
	}
	line->ended.deliver = far_ended;
	line->home = true;
	line->ev = ev;
	line->conn = c;
	line->threads = threads;
	line->pid = getpid();
	line->seat = seat;
	threads_hold(threads);
	if (!line_begin(line)) {
		line_free(line);
		talloc_free(c);
		return NULL;
	}
	return line;
}
