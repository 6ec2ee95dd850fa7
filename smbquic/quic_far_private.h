/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_far_private.h - what the files of a transport share whose connection
 * lives in a network thread.
 *
 * What the row's functions are asked for becomes an order, a letter to the
 * thread; it is carried out there and comes back with its outcome. "far"
 * functions run in the main loop (quic_far.c), "near" ones in the thread
 * (quic_near.c); between them is the line (quic_line.c). An order is plain
 * memory and belongs to whoever has it at the time; only its req belongs to
 * the main loop always.
 *
 * Taking back (a read, a write, all of it) is done by a call that waits for
 * the thread: afterwards the thread has no hand on the caller's buffers. What
 * it has posted by then is taken out of the main loop's box: when a transport
 * has been freed nothing of it is left, and the loop may go at once.
 *
 * A connection that begins with 0-RTT is used before its handshake is complete,
 * and it moves after that only; a client's moves when its endpoint is done with
 * what completed the handshake. Until then it is at home, and orders are
 * carried out at once.
 *
 * Threads do not survive fork(): in the child nothing comes of orders, and
 * nobody waits for them.
 */
#ifndef SMBQUIC_QUIC_FAR_PRIVATE_H
#define SMBQUIC_QUIC_FAR_PRIVATE_H

#include <sys/types.h>

#include "smbquic/quic_endpoint_private.h"

#define QUIC_REASON_MAX 200

/* The one connection. Freed when the transport has gone and every order is
 * back. */
struct line {
	struct letter ended;	 /* first: the connection is over */
	struct threads *threads; /* held */
	pid_t pid;		 /* whose they are */
	unsigned seat;
	struct quic_conn *conn;	 /* the thread's */
	struct quic_slot *ghost; /* NULL while it is at home, and a client's */
	struct tevent_context *ev; /* the main loop's */
	struct alarm *late;	   /* the connection's: of a shutdown */
	bool home;		   /* it is in the main loop, still */
	unsigned pending; /* orders that have not come back, and ended */
	bool gone;
};

enum order_kind { ORDER_READ, ORDER_WRITE, ORDER_SHUTDOWN };

struct far_call;

struct order {
	struct letter letter; /* first */
	enum order_kind kind;
	struct line *line;
	struct far_call *call; /* NULL: nobody waits for the outcome */
	bool busy;	       /* the connection has it */
	int err;
	char *why; /* malloc'ed */
	struct quic_read read;
	struct quic_write write;
	uint64_t code;
	char reason[QUIC_REASON_MAX + 1];
	ngtcp2_vec vec[];
};

/* An order that is wanted back. */
struct recall {
	struct letter letter; /* first */
	struct order *order;
	bool taken;
};

/* What is told or asked without an order. */
struct notice {
	struct letter letter; /* first */
	struct line *line;
	struct transport_stats *stats;
	int err;
};

/* --- the line (quic_line.c) ---------------------------------------------- */

/** The connection is the line's, or, if NULL is returned (out of memory),
 *  gone. @param threads  held. */
struct line *line_new(struct tevent_context *ev, struct quic_conn *c,
		      struct threads *threads, unsigned seat);
/** Nobody wants anything of it any more. It is freed, when every letter of it
 *  is back. */
void line_leave_it(struct line *line);
/** Carried out in the thread; of a fork()'s child's, never. */
void line_post(struct line *line, struct letter *l);
/** Likewise, and waits for it. */
void line_call(struct line *line, struct letter *l);
/** An order, or the connection, came back. */
void line_done(struct line *line);
/** Delivers what is in the main loop's box of this line. */
void line_gather(struct line *line);

void order_free(struct order *o);
/** An order comes back to the main loop (quic_far.c). */
void far_back(struct letter *l);

/* --- in the thread (quic_near.c) ------------------------------------------ */

void near_read(struct letter *l);
void near_write(struct letter *l);
void near_shutdown(struct letter *l);
void near_recall(struct letter *l);
/** The connection goes, and with it its hold on the orders. Of a notice, as
 *  are those below. */
void near_drop(struct letter *l);
void near_finish(struct letter *l);
void near_trust(struct letter *l);
void near_stats(struct letter *l);
void near_migrate(struct letter *l);
void near_update_keys(struct letter *l);

#endif
