/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_far.c - a transport whose connection lives in a network thread.
 *
 * What the row's functions are asked for becomes an order, a letter to the
 * thread; it is carried out there and comes back with its outcome. "far"
 * functions run in the main loop, "near" ones in the thread. An order is
 * plain memory and belongs to whoever has it at the time; only its req belongs
 * to the main loop always.
 *
 * Taking back (a read, a write, all of it) is done by a call that waits for
 * the thread: afterwards the thread has no hand on the caller's buffers.
 *
 * A connection that begins with 0-RTT is used before its handshake is complete,
 * and it moves after that only; a client's moves when its endpoint is done with
 * what completed the handshake. Until then it is at home, and orders are
 * carried out at once.
 *
 * Threads do not survive fork(): in the child nothing comes of orders, and
 * nobody waits for them.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/list.h"
#include "smbquic/log.h"
#include "smbquic/quic_endpoint_private.h"

#define SHUTDOWN_MS 5000
#define REASON_MAX  200
#define FEW_BYTES   8192u /* of a write, whose end is no hurry */

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
	struct tevent_timer *late; /* the connection's: of a shutdown */
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
	char reason[REASON_MAX + 1];
	ngtcp2_vec vec[];
};

struct quic_far {
	struct tevent_context *ev;
	struct line *line;
	struct far_call *calls; /* those outstanding */
	bool closing;
	char *why; /* it ended */
};

/* A request of the row, in the main loop. */
struct far_call {
	struct tevent_req *req;
	struct quic_far *far; /* NULL once it is over */
	struct order *order;
	struct far_call *prev, *next;
	size_t got;
};

/* --- there and back ------------------------------------------------------ */

static bool line_is_ours(const struct line *line)
{
	return line->pid == getpid();
}

static void line_post(struct line *line, struct letter *l)
{
	if (line->home) {
		l->deliver(l);
	} else if (line_is_ours(line)) {
		threads_post(line->threads, line->seat, l);
	}
}

static void line_call(struct line *line, struct letter *l)
{
	if (line->home) {
		l->deliver(l);
	} else if (line_is_ours(line)) {
		threads_call(line->threads, line->seat, l);
	}
}

static void far_forget(struct far_call *call)
{
	if (call->far == NULL) {
		return;
	}
	LIST_REMOVE(call->far->calls, call);
	call->far = NULL;
}

static void order_free(struct order *o)
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

static void line_done(struct line *line)
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

static void far_back(struct letter *l)
{
	struct order *o = (struct order *)(void *)l;
	struct far_call *call = o->call;
	struct tevent_req *req = NULL;
	int err = o->err;

	line_done(o->line);
	if (call == NULL) {
		order_free(o);
		return;
	}
	req = call->req;
	call->got = o->read.got;
	call->order = NULL;
	if (o->why != NULL && call->far->why == NULL) {
		call->far->why = talloc_strdup(call->far, o->why);
	}
	far_forget(call);
	order_free(o);
	if (!tevent_req_error(req, err)) {
		tevent_req_done(req);
	}
}

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

static void far_order(struct quic_far *far, struct far_call *call,
		      struct order *o, void (*deliver)(struct letter *l))
{
	o->letter.deliver = deliver;
	o->line = far->line;
	o->call = call;
	call->order = o;
	call->far = far;
	LIST_ADD(far->calls, call);
	far->line->pending++;
	line_post(o->line, &o->letter);
}

/* --- taking back --------------------------------------------------------- */

struct recall {
	struct letter letter; /* first */
	struct order *order;
	bool taken;
};

static void near_recall(struct letter *l)
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

static int far_call_destructor(struct far_call *call)
{
	struct recall r = {.letter.deliver = near_recall, .order = call->order};
	struct line *line = NULL;

	if (call->order == NULL) {
		return 0;
	}
	line = call->order->line;
	call->order->call = NULL;
	if (call->order->kind == ORDER_SHUTDOWN) {
		call->far->closing = false;
	}
	line_call(line, &r.letter);
	if (r.taken) {
		order_free(call->order);
		line_done(line);
	}
	call->order = NULL;
	far_forget(call);
	return 0;
}

/* The end: the connection goes, and with it its hold on the orders. */
static void near_drop(struct letter *l)
{
	struct line *line = ((struct recall *)(void *)l)->order->line;

	TALLOC_FREE(line->late);
	TALLOC_FREE(line->conn);
}

static void far_abort(struct quic_far *far, struct far_call *call)
{
	struct order *o = call->order;

	o->call = NULL;
	call->order = NULL;
	far_forget(call);
	if (o->busy) {
		order_free(o);
		far->line->pending--;
	}
	tevent_req_defer_callback(call->req, far->ev);
	tevent_req_error(call->req, ECONNABORTED);
}

static int quic_far_destructor(struct quic_far *far)
{
	struct line *line = far->line;
	struct order only = {.line = line};
	struct recall r = {.letter.deliver = near_drop, .order = &only};

	line_call(line, &r.letter);
	while (far->calls != NULL) {
		far_abort(far, far->calls);
	}
	line->gone = true;
	line->pending++; /* the letters may be delivered now */
	if (line->ghost != NULL) {
		quic_slot_return(line->ghost);
	}
	line_done(line);
	return 0;
}

/* --- the beginning ------------------------------------------------------- */

/* Now, or once the handshake is complete. */
static bool line_move(struct line *line)
{
	if (!quic_desk_move(line->conn, &line->ended, &line->ghost)) {
		return false;
	}
	line->home = false;
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

/* A client's endpoint is done with what it was at. Where it cannot move it
 * stays, and is served nevertheless. */
static void line_leave(void *private_data)
{
	struct line *line = private_data;
	struct quic_slot *s = quic_conn_where(line->conn);

	if (line->late == NULL &&
	    quic_endpoint_move(s->endpoint, line->threads, line->seat)) {
		/* the slot is the thread's now */
		log_debug("a connection is served by network thread %u",
			  line->seat);
		line->home = false;
	}
}

static struct line *line_new(struct tevent_context *ev, struct quic_conn *c,
			     struct threads *threads, unsigned seat)
{
	struct line *line = calloc(1, sizeof(*line));

	if (line == NULL) {
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
	return line;
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

static struct transport *transport_on(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct quic_conn *c,
				      struct threads *threads, unsigned seat)
{
	struct quic_far *far = talloc_zero(mem_ctx, struct quic_far);
	struct line *line = NULL;
	struct transport_facts facts;
	struct transport *t = NULL;

	if (far != NULL && quic_conn_facts(c, far, &facts) &&
	    quic_conn_give_identity(c, far)) {
		line = line_new(ev, c, threads, seat);
	}
	if (line != NULL && !line_begin(line)) {
		line_free(line);
		line = NULL;
	}
	if (line == NULL) {
		talloc_free(far);
		talloc_free(c);
		return NULL;
	}
	far->ev = ev;
	far->line = line;
	talloc_set_destructor(far, quic_far_destructor);
	facts.backend = transport_quic_user.name;
	t = transport_new(mem_ctx, &transport_quic_far, far, &facts);
	if (t == NULL) {
		talloc_free(far);
	}
	return t;
}

struct transport *quic_far_transport(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct quic_conn *c)
{
	struct quic_slot *s = quic_conn_where(c);

	return transport_on(mem_ctx, ev, c, quic_desk_threads(s), s->desk);
}

struct transport *quic_far_client(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  struct quic_conn *c, struct threads *threads,
				  unsigned seat)
{
	return transport_on(mem_ctx, ev, c, threads, seat);
}

/* --- requests ------------------------------------------------------------ */

static int request_errno(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &how, &err)) {
		return 0;
	}
	return how == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

static int far_recv(struct tevent_req *req)
{
	int err = request_errno(req);

	tevent_req_received(req);
	return err;
}

/* @return NULL: out of memory. *o is NULL too, or it is req's failure. */
static struct tevent_req *far_create(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     enum order_kind kind, size_t vecs,
				     struct far_call **call, struct order **o)
{
	struct tevent_req *req =
		tevent_req_create(mem_ctx, call, struct far_call);

	*o = NULL;
	if (req == NULL) {
		return NULL;
	}
	(*call)->req = req;
	*o = calloc(1, sizeof(**o) + vecs * sizeof(ngtcp2_vec));
	if (*o == NULL) {
		tevent_req_oom(req);
		return tevent_req_post(req, ev);
	}
	(*o)->kind = kind;
	talloc_set_destructor(*call, far_call_destructor);
	return req;
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

static void near_read(struct letter *l)
{
	struct order *o = (struct order *)(void *)l;
	int err = 0;

	o->read.done = near_read_done;
	o->busy = !quic_conn_read(o->line->conn, &o->read, &err);
	if (!o->busy) {
		near_back(o, err);
	}
}

static struct tevent_req *quic_far_read_send(TALLOC_CTX *mem_ctx,
					     struct tevent_context *ev,
					     void *private_data, uint8_t *buf,
					     size_t min, size_t max)
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);
	struct far_call *call = NULL;
	struct order *o = NULL;
	struct tevent_req *req =
		far_create(mem_ctx, ev, ORDER_READ, 0, &call, &o);

	if (o != NULL) {
		o->read =
			(struct quic_read){.buf = buf, .min = min, .max = max};
		far_order(far, call, o, near_read);
	}
	return req;
}

static ssize_t quic_far_read_recv(struct tevent_req *req, int *err)
{
	struct far_call *call = tevent_req_data(req, struct far_call);
	ssize_t got = (ssize_t)call->got;

	*err = far_recv(req);
	return *err != 0 ? -1 : got;
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

static void near_write(struct letter *l)
{
	struct order *o = (struct order *)(void *)l;
	int err = 0;

	o->write.done = near_write_done;
	o->busy = !quic_conn_write(o->line->conn, &o->write, &err);
	if (!o->busy) {
		near_back(o, err);
	}
}

static struct tevent_req *quic_far_write_send(TALLOC_CTX *mem_ctx,
					      struct tevent_context *ev,
					      void *private_data,
					      const struct iovec *iov,
					      int count)
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);
	struct far_call *call = NULL;
	struct order *o = NULL;
	struct tevent_req *req =
		far_create(mem_ctx, ev, ORDER_WRITE, (size_t)count, &call, &o);
	int i = 0;

	if (o == NULL) {
		return req;
	}
	for (i = 0; i < count; i++) {
		o->vec[i].base = iov[i].iov_base;
		o->vec[i].len = iov[i].iov_len;
	}
	o->write.vec = o->vec;
	o->write.count = (size_t)count;
	far_order(far, call, o, near_write);
	return req;
}

static void near_flushed(void *private_data, int err)
{
	struct order *o = private_data;

	TALLOC_FREE(o->line->late);
	quic_conn_close(o->line->conn, o->code, o->reason);
	near_back(o, err);
}

static void near_late(struct tevent_context *ev, struct tevent_timer *te,
		      struct timeval now, void *private_data)
{
	struct order *o = private_data;

	(void)ev;
	(void)te;
	(void)now;
	o->line->late = NULL; /* tevent frees it */
	quic_conn_on_flushed(o->line->conn, NULL, NULL);
	near_flushed(o, ETIMEDOUT);
}

static void near_shutdown(struct letter *l)
{
	struct order *o = (struct order *)(void *)l;
	struct tevent_context *ev =
		o->line->home ? o->line->ev
			      : threads_loop(o->line->threads, o->line->seat);

	o->busy = true;
	o->line->late = tevent_add_timer(
		ev, ev, tevent_timeval_current_ofs(SHUTDOWN_MS / 1000, 0),
		near_late, o);
	quic_conn_on_flushed(o->line->conn, near_flushed, o);
}

static struct tevent_req *quic_far_shutdown_send(TALLOC_CTX *mem_ctx,
						 struct tevent_context *ev,
						 void *private_data,
						 enum transport_close code,
						 const char *reason)
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);
	struct far_call *call = NULL;
	struct order *o = NULL;
	struct tevent_req *req =
		far_create(mem_ctx, ev, ORDER_SHUTDOWN, 0, &call, &o);

	if (o == NULL) {
		return req;
	}
	if (far->closing) {
		free(o);
		tevent_req_error(req, EALREADY);
		return tevent_req_post(req, ev);
	}
	far->closing = true;
	o->code = code;
	if (reason != NULL) {
		strncpy(o->reason, reason, REASON_MAX);
	}
	far_order(far, call, o, near_shutdown);
	return req;
}

/* --- without an answer --------------------------------------------------- */

struct notice {
	struct letter letter; /* first */
	struct line *line;
	struct transport_stats *stats;
	int err;
};

static void near_finish(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	quic_conn_end_stream(n->line->conn);
	free(n);
}

static void near_trust(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	quic_conn_trust(n->line->conn);
	free(n);
}

static void near_stats(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	quic_conn_stats(n->line->conn, n->stats);
}

static void far_notice(void *private_data, void (*deliver)(struct letter *l))
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);
	struct notice *n = calloc(1, sizeof(*n));

	if (n != NULL) {
		n->letter.deliver = deliver;
		n->line = far->line;
		line_post(n->line, &n->letter);
	}
}

static void quic_far_finish(void *private_data)
{
	far_notice(private_data, near_finish);
}

static void quic_far_trust(void *private_data)
{
	far_notice(private_data, near_trust);
}

static void quic_far_stats(void *private_data, struct transport_stats *out)
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);
	struct notice n = {
		.letter.deliver = near_stats, .line = far->line, .stats = out};

	line_call(n.line, &n.letter);
}

static void near_migrate(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	n->err = quic_endpoint_migrate(n->line->conn);
}

static void near_update_keys(struct letter *l)
{
	struct notice *n = (struct notice *)(void *)l;

	n->err = quic_conn_update_keys(n->line->conn) ? 0 : EAGAIN;
}

static int far_ask(void *private_data, void (*deliver)(struct letter *l))
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);
	struct notice n = {
		.letter.deliver = deliver, .line = far->line, .err = ENOTSUP};

	line_call(n.line, &n.letter);
	return n.err;
}

static int quic_far_migrate(void *private_data)
{
	return far_ask(private_data, near_migrate);
}

static int quic_far_update_keys(void *private_data)
{
	return far_ask(private_data, near_update_keys);
}

static const char *quic_far_error(void *private_data)
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);

	return far->why;
}

static bool quic_far_is_early(void *private_data)
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);

	return far->line->home && quic_conn_is_early(far->line->conn);
}

/* Not a row of its own for users: what quic-user hands out when it serves in
 * threads. */
const struct transport_backend transport_quic_far = {
	.name = "quic-user",
	.default_port = 443,
	.secure = true,
	.help = "SMB over QUIC (UDP), in a network thread",
	.read_send = quic_far_read_send,
	.read_recv = quic_far_read_recv,
	.write_send = quic_far_write_send,
	.write_recv = far_recv,
	.shutdown_send = quic_far_shutdown_send,
	.shutdown_recv = far_recv,
	.finish = quic_far_finish,
	.stats = quic_far_stats,
	.error = quic_far_error,
	.trust = quic_far_trust,
	.is_early = quic_far_is_early,
	.migrate = quic_far_migrate,
	.update_keys = quic_far_update_keys,
};
