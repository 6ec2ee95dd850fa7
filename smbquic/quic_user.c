/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_user.c - the transport row "quic-user": requests on top of
 * quic_endpoint and quic_conn.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <string.h>

#include "smbquic/alarm.h"
#include "smbquic/list.h"
#include "smbquic/log.h"
#include "smbquic/quic_endpoint_private.h"

/* An orderly end waits this long for acknowledgements. */
#define SHUTDOWN_MS 5000

struct quic_user_read {
	struct quic_read read; /* first: done yields its address */
	struct tevent_req *req;
	struct quic_user *user; /* NULL once it is over */
};

struct quic_user_write {
	struct quic_write write; /* first, likewise */
	struct tevent_req *req;
	struct quic_user *user;
	struct quic_user_write *prev, *next; /* those outstanding */
};

struct quic_user_shutdown {
	struct tevent_req *req;
	struct quic_user *user;
	uint64_t code;
	const char *reason;
};

/* The state of a transport. */
struct quic_user {
	struct tevent_context *ev;
	struct quic_conn *conn;
	struct quic_user_read *reading;
	struct quic_user_write *writing;
	struct quic_user_shutdown *closing;
};

static bool quic_user_usable(const char **why)
{
	(void)why;
	return true;
}

/* --- the end of a transport ---------------------------------------------- */

/* Callbacks come from the loop: the transport is being freed now. */
static void abort_request(struct tevent_req *req, struct tevent_context *ev)
{
	tevent_req_defer_callback(req, ev);
	tevent_req_error(req, ECONNABORTED);
}

static void forget_write(struct quic_user_write *w)
{
	LIST_REMOVE(w->user->writing, w);
	w->user = NULL;
}

static int quic_user_destructor(struct quic_user *u)
{
	/* First the connection, so that it lets go of the buffers. */
	TALLOC_FREE(u->conn);
	if (u->reading != NULL) {
		struct quic_user_read *r = u->reading;

		u->reading = NULL;
		r->user = NULL;
		abort_request(r->req, u->ev);
	}
	while (u->writing != NULL) {
		struct quic_user_write *w = u->writing;

		forget_write(w);
		abort_request(w->req, u->ev);
	}
	if (u->closing != NULL) {
		struct quic_user_shutdown *s = u->closing;

		u->closing = NULL;
		s->user = NULL;
		abort_request(s->req, u->ev);
	}
	return 0;
}

static struct transport *quic_user_transport(TALLOC_CTX *mem_ctx,
					     struct tevent_context *ev,
					     struct quic_conn *conn)
{
	struct quic_user *u = talloc_zero(mem_ctx, struct quic_user);
	struct transport_facts facts;
	struct transport *t = NULL;

	if (u == NULL) {
		return NULL;
	}
	u->ev = ev;
	if (!quic_conn_facts(conn, u, &facts)) {
		talloc_free(u);
		return NULL;
	}
	facts.backend = transport_quic_user.name;
	u->conn = talloc_move(u, &conn);
	talloc_set_destructor(u, quic_user_destructor);
	t = transport_new(mem_ctx, &transport_quic_user, u, &facts);
	if (t == NULL) {
		talloc_free(u);
	}
	return t;
}

/* --- connect ------------------------------------------------------------- */

struct quic_user_connect_state {
	struct tevent_context *ev;
	struct transport_settings settings;
	struct threads *threads; /* NULL: it stays in the loop */
	unsigned seat;
	struct quic_conn *conn;
	struct transport *transport;
	char *why;
};

static void quic_user_connected(void *private_data, struct quic_conn *c,
				int err);

static struct tevent_req *quic_user_connect_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	const struct transport_target *to)
{
	struct tevent_req *req = NULL;
	struct quic_user_connect_state *state = NULL;
	struct transport_target target = *to;
	int err = 0;

	req = tevent_req_create(mem_ctx, &state,
				struct quic_user_connect_state);
	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->threads = to->threads;
	state->seat = to->seat;
	if (to->settings != NULL) {
		state->settings = *to->settings;
	} else {
		transport_settings_default(&state->settings);
	}
	target.settings = &state->settings;
	err = quic_endpoint_connect(state, ev, &target, &state->conn,
				    &state->why);
	if (tevent_req_error(req, err)) {
		return tevent_req_post(req, ev);
	}
	if (to->early != NULL) {
		quic_conn_early(state->conn, to->early, to->early_len);
	}
	quic_conn_on_opened(state->conn, quic_user_connected, req);
	return req;
}

static void quic_user_connected(void *private_data, struct quic_conn *c,
				int err)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct quic_user_connect_state *state =
		tevent_req_data(req, struct quic_user_connect_state);

	if (err != 0) {
		state->why = talloc_strdup(state, quic_conn_end(c)->why);
		tevent_req_error(req, err);
		return;
	}
	if (state->threads == NULL) {
		state->transport = quic_user_transport(state, state->ev, c);
	} else {
		state->transport = quic_far_client(state, state->ev, c,
						   state->threads, state->seat);
	}
	if (tevent_req_nomem(state->transport, req)) {
		return;
	}
	state->conn = NULL; /* the transport's now */
	tevent_req_done(req);
}

/* What a request failed with, as an errno value; 0 when it succeeded. */
static int request_errno(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	if (!tevent_req_is_error(req, &how, &err)) {
		return 0;
	}
	return how == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
}

static int quic_user_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
				  struct transport **out, char **why)
{
	struct quic_user_connect_state *state =
		tevent_req_data(req, struct quic_user_connect_state);
	int err = request_errno(req);

	*out = talloc_move(mem_ctx, &state->transport);
	*why = talloc_move(mem_ctx, &state->why);
	tevent_req_received(req);
	return err;
}

/* --- listen -------------------------------------------------------------- */

struct quic_user_listener {
	TALLOC_CTX *parent; /* of accepted transports */
	struct tevent_context *ev;
	struct quic_endpoint *endpoint;
	transport_accept_fn accept;
	void *private_data;
};

static int quic_user_listener_destructor(struct quic_user_listener *l)
{
	quic_endpoint_release(l->endpoint);
	return 0;
}

static void quic_user_accepted(void *private_data, struct quic_conn *c)
{
	struct quic_user_listener *l =
		talloc_get_type_abort(private_data, struct quic_user_listener);
	struct transport *t = NULL;

	if (quic_desk_threads(quic_conn_where(c)) != NULL) {
		t = quic_far_transport(l->parent, l->ev, c);
	} else {
		t = quic_user_transport(l->parent, l->ev, c);
		talloc_free(t == NULL ? c : NULL);
	}
	if (t == NULL) {
		log_error("out of memory: a connection is refused");
		return;
	}
	l->accept(t, l->private_data);
}

static void quic_user_counts(void *state, unsigned *connections,
			     unsigned *handshakes)
{
	struct quic_user_listener *l =
		talloc_get_type_abort(state, struct quic_user_listener);

	quic_endpoint_counts(l->endpoint, connections, handshakes);
}

static int quic_user_listen(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			    const struct transport_listen *params,
			    struct transport_listener **out, char **why)
{
	struct quic_user_listener *l =
		talloc_zero(mem_ctx, struct quic_user_listener);
	struct transport_settings defaults;
	struct transport_listen how = *params;
	const union udp_address *bound = NULL;
	int err = 0;

	if (l == NULL) {
		return ENOMEM;
	}
	if (how.settings == NULL) {
		transport_settings_default(&defaults);
		how.settings = &defaults;
	}
	l->parent = mem_ctx;
	l->ev = ev;
	l->accept = params->accept;
	l->private_data = params->private_data;
	err = quic_endpoint_listen(mem_ctx, ev, &how, quic_user_accepted, l,
				   &l->endpoint, why);
	if (err != 0) {
		talloc_free(l);
		return err;
	}
	talloc_set_destructor(l, quic_user_listener_destructor);
	bound = quic_endpoint_address(l->endpoint);
	*out = transport_listener_new(mem_ctx, l, &bound->sa,
				      udp_address_len(bound), quic_user_counts);
	if (*out == NULL) {
		talloc_free(l);
		return ENOMEM;
	}
	return 0;
}

/* --- read ---------------------------------------------------------------- */

static int quic_user_read_destructor(struct quic_user_read *state)
{
	if (state->user != NULL) {
		quic_conn_cancel_read(state->user->conn, &state->read);
		state->user->reading = NULL;
	}
	return 0;
}

static void quic_user_read_done(struct quic_read *r, int err)
{
	struct quic_user_read *state = (struct quic_user_read *)(void *)r;

	state->user->reading = NULL;
	state->user = NULL;
	if (tevent_req_error(state->req, err)) {
		return;
	}
	tevent_req_done(state->req);
}

static struct tevent_req *quic_user_read_send(TALLOC_CTX *mem_ctx,
					      struct tevent_context *ev,
					      void *private_data, uint8_t *buf,
					      size_t min, size_t max,
					      transport_measure_fn measure)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);
	struct tevent_req *req = NULL;
	struct quic_user_read *state = NULL;
	int err = 0;

	req = tevent_req_create(mem_ctx, &state, struct quic_user_read);
	if (req == NULL) {
		return NULL;
	}
	state->read = (struct quic_read){.buf = buf,
					 .min = min,
					 .max = max,
					 .measure = measure,
					 .done = quic_user_read_done};
	state->req = req;
	state->user = u;
	u->reading = state;
	talloc_set_destructor(state, quic_user_read_destructor);
	if (quic_conn_read(u->conn, &state->read, &err)) {
		quic_user_read_done(&state->read, err);
		return tevent_req_post(req, ev);
	}
	return req;
}

static ssize_t quic_user_read_recv(struct tevent_req *req, int *err)
{
	struct quic_user_read *state =
		tevent_req_data(req, struct quic_user_read);
	ssize_t got = (ssize_t)state->read.got;

	*err = request_errno(req);
	tevent_req_received(req);
	return *err != 0 ? -1 : got;
}

/* --- write --------------------------------------------------------------- */

static int quic_user_write_destructor(struct quic_user_write *state)
{
	struct quic_user *u = state->user;

	if (u != NULL) {
		forget_write(state);
		quic_conn_cancel_write(u->conn, &state->write);
	}
	return 0;
}

static void quic_user_write_done(struct quic_write *w, int err)
{
	struct quic_user_write *state = (struct quic_user_write *)(void *)w;

	forget_write(state);
	if (tevent_req_error(state->req, err)) {
		return;
	}
	tevent_req_done(state->req);
}

static const ngtcp2_vec *copy_vec(TALLOC_CTX *mem_ctx, const struct iovec *iov,
				  int count)
{
	ngtcp2_vec *vec = talloc_array(mem_ctx, ngtcp2_vec, (size_t)count);
	int i = 0;

	if (vec == NULL) {
		return NULL;
	}
	for (i = 0; i < count; i++) {
		vec[i].base = iov[i].iov_base;
		vec[i].len = iov[i].iov_len;
	}
	return vec;
}

static struct tevent_req *quic_user_write_send(TALLOC_CTX *mem_ctx,
					       struct tevent_context *ev,
					       void *private_data,
					       const struct iovec *iov,
					       int count)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);
	struct tevent_req *req = NULL;
	struct quic_user_write *state = NULL;
	int err = 0;

	req = tevent_req_create(mem_ctx, &state, struct quic_user_write);
	if (req == NULL) {
		return NULL;
	}
	state->write.done = quic_user_write_done;
	state->write.vec = copy_vec(state, iov, count);
	state->write.count = (size_t)count;
	if (tevent_req_nomem(state->write.vec, req)) {
		return tevent_req_post(req, ev);
	}
	state->req = req;
	state->user = u;
	LIST_ADD(u->writing, state);
	talloc_set_destructor(state, quic_user_write_destructor);
	if (quic_conn_write(u->conn, &state->write, &err)) {
		quic_user_write_done(&state->write, err);
		return tevent_req_post(req, ev);
	}
	return req;
}

static int quic_user_write_recv(struct tevent_req *req)
{
	int err = request_errno(req);

	tevent_req_received(req);
	return err;
}

static void quic_user_finish(void *private_data)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);

	quic_conn_end_stream(u->conn);
}

/* --- shutdown ------------------------------------------------------------ */

static int quic_user_shutdown_destructor(struct quic_user_shutdown *state)
{
	if (state->user != NULL) {
		quic_conn_on_flushed(state->user->conn, NULL, NULL);
		state->user->closing = NULL;
	}
	return 0;
}

static void quic_user_shutdown_flushed(void *private_data, int err);
static void quic_user_shutdown_late(struct tevent_req *subreq);

static struct tevent_req *quic_user_shutdown_send(TALLOC_CTX *mem_ctx,
						  struct tevent_context *ev,
						  void *private_data,
						  enum transport_close code,
						  const char *reason)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);
	struct tevent_req *req = NULL;
	struct tevent_req *subreq = NULL;
	struct quic_user_shutdown *state = NULL;

	req = tevent_req_create(mem_ctx, &state, struct quic_user_shutdown);
	if (req == NULL) {
		return NULL;
	}
	state->req = req;
	state->code = code;
	state->reason = reason != NULL ? talloc_strdup(state, reason) : NULL;
	if (u->closing != NULL) {
		tevent_req_error(req, EALREADY);
		return tevent_req_post(req, ev);
	}
	subreq = alarm_wait_send(state, ev, SHUTDOWN_MS);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, quic_user_shutdown_late, req);
	state->user = u;
	u->closing = state;
	talloc_set_destructor(state, quic_user_shutdown_destructor);
	quic_conn_on_flushed(u->conn, quic_user_shutdown_flushed, state);
	return req;
}

static void quic_user_shutdown_flushed(void *private_data, int err)
{
	struct quic_user_shutdown *state =
		talloc_get_type_abort(private_data, struct quic_user_shutdown);
	struct quic_user *u = state->user;

	state->user = NULL;
	u->closing = NULL;
	quic_conn_close(u->conn, state->code, state->reason);
	if (tevent_req_error(state->req, err)) {
		return;
	}
	tevent_req_done(state->req);
}

static void quic_user_shutdown_late(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct quic_user_shutdown *state =
		tevent_req_data(req, struct quic_user_shutdown);

	TALLOC_FREE(subreq);
	if (state->user != NULL) {
		quic_conn_on_flushed(state->user->conn, NULL, NULL);
		quic_user_shutdown_flushed(state, ETIMEDOUT);
	}
}

static int quic_user_shutdown_recv(struct tevent_req *req)
{
	int err = request_errno(req);

	tevent_req_received(req);
	return err;
}

/* --- facts --------------------------------------------------------------- */

static void quic_user_stats(void *private_data, struct transport_stats *out)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);

	quic_conn_stats(u->conn, out);
}

static void quic_user_trust(void *private_data)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);

	quic_conn_trust(u->conn);
}

static bool quic_user_is_early(void *private_data)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);

	return quic_conn_is_early(u->conn);
}

static int quic_user_migrate(void *private_data)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);

	return quic_endpoint_migrate(u->conn);
}

static int quic_user_update_keys(void *private_data)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);

	return quic_conn_update_keys(u->conn) ? 0 : EAGAIN;
}

static const char *quic_user_error(void *private_data)
{
	struct quic_user *u =
		talloc_get_type_abort(private_data, struct quic_user);
	const struct quic_end *end = quic_conn_end(u->conn);

	return end != NULL ? end->why : NULL;
}

const struct transport_backend transport_quic_user = {
	.name = "quic-user",
	.default_port = 443,
	.secure = true,
	.help = "SMB over QUIC (UDP), by the stack that is built in",
	.usable = quic_user_usable,
	.connect_send = quic_user_connect_send,
	.connect_recv = quic_user_connect_recv,
	.listen = quic_user_listen,
	.read_send = quic_user_read_send,
	.read_recv = quic_user_read_recv,
	.write_send = quic_user_write_send,
	.write_recv = quic_user_write_recv,
	.shutdown_send = quic_user_shutdown_send,
	.shutdown_recv = quic_user_shutdown_recv,
	.finish = quic_user_finish,
	.stats = quic_user_stats,
	.error = quic_user_error,
	.trust = quic_user_trust,
	.is_early = quic_user_is_early,
	.migrate = quic_user_migrate,
	.update_keys = quic_user_update_keys,
};
