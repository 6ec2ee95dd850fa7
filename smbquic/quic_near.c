/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_near.c - a transport whose connection lives in a network thread: what
 * is done in the thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smbquic/alarm.h"
#include "smbquic/quic_far_private.h"

#define SHUTDOWN_MS 5000
#define FEW_BYTES   8192u /* of a write, whose end is no hurry */

/* --- orders -------------------------------------------------------------- */

/* That a few bytes have arrived ends only that they are kept: the loop need not
 * wake up for it. What it waits with until then is a queue of many. */
static bool is_nothing_new(const struct order *o)
{
	return o->kind == ORDER_WRITE && o->err == 0 && o->why == NULL &&
	       o->write.len <= FEW_BYTES && !o->line->home;
}

static void near_back(struct order *o, int err)
{
	const struct quic_end *end = quic_conn_end(o->line->conn);

	o->busy = false;
	o->err = err;
	if (end != NULL && end->why != NULL) {
		o->why = strdup(end->why);
	}
	o->letter.deliver = far_back;
	if (is_nothing_new(o)) {
		threads_post_late(o->line->threads, o->line->seat, &o->letter);
	} else {
		threads_post(o->line->threads, 0, &o->letter);
	}
}

static struct order *order_of_read(struct quic_read *r)
{
	return (struct order *)(void *)((char *)r -
					offsetof(struct order, read));
}

static void near_read_done(struct quic_read *r, int err)
{
	near_back(order_of_read(r), err);
}

void near_read(struct letter *l)
{
	struct order *o = (struct order *)(void *)l;
	int err = 0;

	o->read.done = near_read_done;
	o->busy = !quic_conn_read(o->line->conn, &o->read, &err);
	if (!o->busy) {
		near_back(o, err);
	}
}

static struct order *order_of_write(struct quic_write *w)
{
	return (struct order *)(void *)((char *)w -
					offsetof(struct order, write));
}

static void near_write_done(struct quic_write *w, int err)
{
	near_back(order_of_write(w), err);
}

void near_write(struct letter *l)
{
	struct order *o = (struct order *)(void *)l;
	int err = 0;

	o->write.done = near_write_done;
	o->busy = !quic_conn_write(o->line->conn, &o->write, &err);
	if (!o->busy) {
		near_back(o, err);
	}
}

static void near_flushed(void *private_data, int err)
{
	struct order *o = private_data;

	TALLOC_FREE(o->line->late);
	quic_conn_close(o->line->conn, o->code, o->reason);
	near_back(o, err);
}

static void near_late(void *private_data)
{
	struct order *o = private_data;

	o->line->late = NULL; /* it frees itself */
	quic_conn_on_flushed(o->line->conn, NULL, NULL);
	near_flushed(o, ETIMEDOUT);
}

void near_shutdown(struct letter *l)
{
	struct order *o = (struct order *)(void *)l;
	struct tevent_context *ev =
		o->line->home ? o->line->ev
			      : threads_loop(o->line->threads, o->line->seat);

	o->busy = true;
	o->line->late = alarm_add(ev, ev, SHUTDOWN_MS, near_late, o);
	quic_conn_on_flushed(o->line->conn, near_flushed, o);
}

/* --- taking back --------------------------------------------------------- */

void near_recall(struct letter *l)
{
	struct recall *r = (struct recall *)(void *)l;
	struct order *o = r->order;
	struct quic_conn *c = o->line->conn;

	if (!o->busy) {
		return; /* on its way back */
	}
	switch (o->kind) {
	case ORDER_READ: quic_conn_cancel_read(c, &o->read); break;
	case ORDER_WRITE: quic_conn_cancel_write(c, &o->write); break;
	case ORDER_SHUTDOWN:
		quic_conn_on_flushed(c, NULL, NULL);
		TALLOC_FREE(o->line->late);
		break;
	}
	o->busy = false;
	r->taken = true;
}

void near_drop(struct letter *l)
{
	struct line *line = ((struct notice *)(void *)l)->line;

	TALLOC_FREE(line->late);
	TALLOC_FREE(line->conn);
}

/* --- without an answer --------------------------------------------------- */

void near_finish(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	quic_conn_end_stream(n->line->conn);
	free(n);
}

void near_trust(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	quic_conn_trust(n->line->conn);
	free(n);
}

void near_stats(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	quic_conn_stats(n->line->conn, n->stats);
}

void near_migrate(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	n->err = quic_endpoint_migrate(n->line->conn);
}

void near_update_keys(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	n->err = quic_conn_update_keys(n->line->conn) ? 0 : EAGAIN;
}
