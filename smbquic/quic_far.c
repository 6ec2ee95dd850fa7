/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_far.c - a transport whose connection lives in a network thread: its
 * row, in the main loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smbquic/list.h"
#include "smbquic/quic_far_private.h"

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

static void far_forget(struct far_call *call)
{
	if (call->far == NULL) {
		return;
	}
	LIST_REMOVE(call->far->calls, call);
	call->far = NULL;
}

void far_back(struct letter *l)
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

/* First the thread lets go, then what it has sent back is taken. */
static int quic_far_destructor(struct quic_far *far)
{
	struct line *line = far->line;
	struct notice drop = {.letter.deliver = near_drop, .line = line};

	line_call(line, &drop.letter);
	while (far->calls != NULL) {
		far_abort(far, far->calls);
	}
	line_gather(line);
	line_leave_it(line);
	return 0;
}

/* --- the beginning ------------------------------------------------------- */

static struct transport *transport_on(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct quic_conn *c,
				      struct threads *threads, unsigned seat)
{
	struct quic_far *far = talloc_zero(mem_ctx, struct quic_far);
	struct transport_facts facts;
	struct transport *t = NULL;

	if (far == NULL || !quic_conn_facts(c, far, &facts) ||
	    !quic_conn_give_identity(c, far)) {
		talloc_free(far);
		talloc_free(c);
		return NULL;
	}
	far->line = line_new(ev, c, threads, seat);
	if (far->line == NULL) {
		talloc_free(far);
		return NULL;
	}
	far->ev = ev;
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

static struct tevent_req *quic_far_read_send(TALLOC_CTX *mem_ctx,
					     struct tevent_context *ev,
					     void *private_data, uint8_t *buf,
					     size_t min, size_t max,
					     transport_measure_fn measure)
{
	struct quic_far *far =
		talloc_get_type_abort(private_data, struct quic_far);
	struct far_call *call = NULL;
	struct order *o = NULL;
	struct tevent_req *req =
		far_create(mem_ctx, ev, ORDER_READ, 0, &call, &o);

	if (o != NULL) {
		o->read = (struct quic_read){
			.buf = buf, .min = min, .max = max, .measure = measure};
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
		strncpy(o->reason, reason, QUIC_REASON_MAX);
	}
	far_order(far, call, o, near_shutdown);
	return req;
}

/* --- without an answer --------------------------------------------------- */

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
