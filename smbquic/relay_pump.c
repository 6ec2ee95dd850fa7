/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relay_pump.c - bytes from one transport to another, and back.
 *
 * QUIC's writes end with the acknowledgement, so many are under way at once:
 * each read is a piece of memory of its own that goes when its write is done.
 * Its size follows what the last read brought, so that an idle connection
 * waits with a small piece and a busy one reads by the megabyte.
 */
#include "smbquic/relay_pump.h"
#include "smbquic/alarm.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define LOG_MODULE "relay"
#include "smbquic/log.h"

#define PIECE_MIN (4u << 10)
#define PIECE_MAX (256u << 10)

struct relay_pump_state;

/* One direction. */
struct flow {
	struct relay_pump_state *pump;
	struct transport *from, *to;
	struct tevent_req *reading;
	size_t piece;	  /* size of the next read */
	bool was_small;	  /* the last one brought much less */
	size_t in_flight; /* bytes of pieces whose write is not done */
	uint64_t bytes;
	bool ended; /* from has said all */
};

struct piece {
	struct flow *flow;
	size_t size;
	uint8_t data[];
};

struct relay_pump_state {
	struct tevent_req *req;
	struct tevent_context *ev;
	struct flow flow[2]; /* a to b, b to a */
	unsigned quiet_ms;
	uint64_t moved_ms; /* when something moved last */
	struct alarm *look;
	bool ending;
	unsigned shutting; /* transports not yet shut down */
	int err;
	char *why;
};

static uint64_t now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the end ---------------------------------------------------------------
 */

static void pump_shut_down(struct tevent_req *subreq)
{
	struct relay_pump_state *pump =
		tevent_req_callback_data(subreq, struct relay_pump_state);

	/* What it could not deliver it could not: the end is the end. */
	transport_shutdown_recv(subreq);
	TALLOC_FREE(subreq);
	pump->shutting--;
	if (pump->shutting > 0) {
		return;
	}
	if (!tevent_req_error(pump->req, pump->err)) {
		tevent_req_done(pump->req);
	}
}

static bool pump_shut(struct relay_pump_state *pump, struct transport *t,
		      enum transport_close code)
{
	struct tevent_req *subreq =
		transport_shutdown_send(pump, pump->ev, t, code, pump->why);

	if (subreq == NULL) {
		return false;
	}
	tevent_req_set_callback(subreq, pump_shut_down, pump);
	pump->shutting++;
	return true;
}

static void pump_end(struct relay_pump_state *pump, int err,
		     enum transport_close code, const char *why)
{
	if (pump->ending) {
		return;
	}
	pump->ending = true;
	pump->err = err;
	if (why != NULL) {
		pump->why = talloc_strdup(pump, why);
	}
	TALLOC_FREE(pump->look);
	TALLOC_FREE(pump->flow[0].reading);
	TALLOC_FREE(pump->flow[1].reading);
	if (!pump_shut(pump, pump->flow[0].from, code) ||
	    !pump_shut(pump, pump->flow[0].to, code)) {
		tevent_req_oom(pump->req);
	}
}

/* One side broke. */
static void pump_break(struct relay_pump_state *pump, const struct transport *t,
		       int err)
{
	const struct transport_facts *facts = transport_facts(t);
	const char *error = transport_error(t);
	char *why = talloc_asprintf(
		pump, "%s by %s: %s",
		transport_address_string((const struct sockaddr *)&facts->peer),
		facts->backend, error != NULL ? error : strerror(err));

	pump_end(pump, err, TRANSPORT_CLOSE_INTERNAL, why);
	talloc_free(why);
}

static bool flow_over(const struct flow *f)
{
	return f->ended && f->in_flight == 0;
}

static void pump_check(struct relay_pump_state *pump)
{
	if (flow_over(&pump->flow[0]) && flow_over(&pump->flow[1])) {
		pump_end(pump, 0, TRANSPORT_CLOSE_DONE, NULL);
	}
}

/* --- after the first end ---------------------------------------------------
 */

static void pump_look(void *private_data);

static void pump_look_later(struct relay_pump_state *pump)
{
	if (pump->look == NULL) {
		pump->look = alarm_add(pump->ev, pump, pump->quiet_ms,
				       pump_look, pump);
	}
}

static void pump_look(void *private_data)
{
	struct relay_pump_state *pump =
		talloc_get_type_abort(private_data, struct relay_pump_state);

	pump->look = NULL;
	if (now_ms() - pump->moved_ms >= pump->quiet_ms) {
		pump_end(pump, 0, TRANSPORT_CLOSE_DONE,
			 "one side had ended, and the other said nothing more");
		return;
	}
	pump_look_later(pump);
}

/* --- one direction ---------------------------------------------------------
 */

static void flow_read(struct flow *f);
static void flow_read_done(struct tevent_req *subreq);
static void flow_written(struct tevent_req *subreq);

static void flow_read(struct flow *f)
{
	struct relay_pump_state *pump = f->pump;
	struct piece *p = NULL;

	if (pump->ending || f->ended || f->reading != NULL ||
	    f->in_flight + f->piece > RELAY_IN_FLIGHT) {
		return;
	}
	p = talloc_size(pump, sizeof(*p) + f->piece);
	if (p == NULL) {
		tevent_req_oom(pump->req);
		return;
	}
	talloc_set_name_const(p, "struct piece");
	p->flow = f;
	p->size = f->piece;
	f->reading = transport_read_send(pump, pump->ev, f->from, p->data, 1,
					 p->size);
	if (f->reading == NULL) {
		tevent_req_oom(pump->req);
		return;
	}
	talloc_steal(f->reading, p);
	tevent_req_set_callback(f->reading, flow_read_done, p);
}

/*
 * One small read tells nothing: TCP's reads bring a little more than was asked
 * for, which is what the next one gets.
 */
static void flow_next_size(struct flow *f, size_t got)
{
	bool small = got < f->piece / 4;

	if ((small && f->was_small) || 2 * got > f->piece) {
		f->piece = 2 * got;
	}
	f->was_small = small;
	if (f->piece < PIECE_MIN) {
		f->piece = PIECE_MIN;
	}
	if (f->piece > PIECE_MAX) {
		f->piece = PIECE_MAX;
	}
}

static void flow_write(struct flow *f, struct piece *p, size_t len)
{
	struct relay_pump_state *pump = f->pump;
	const struct iovec iov = {.iov_base = p->data, .iov_len = len};
	struct tevent_req *subreq = NULL;

	f->bytes += len;
	f->in_flight += p->size;
	pump->moved_ms = now_ms();
	subreq = transport_write_send(pump, pump->ev, f->to, &iov, 1);
	if (subreq == NULL) {
		talloc_free(p);
		tevent_req_oom(pump->req);
		return;
	}
	talloc_steal(subreq, p);
	tevent_req_set_callback(subreq, flow_written, p);
}

static void flow_read_done(struct tevent_req *subreq)
{
	struct piece *p = tevent_req_callback_data_void(subreq);
	struct flow *f = p->flow;
	struct relay_pump_state *pump = f->pump;
	int err = 0;
	ssize_t got = transport_read_recv(subreq, &err);

	talloc_steal(pump, p);
	f->reading = NULL;
	TALLOC_FREE(subreq);
	if (got < 0) {
		talloc_free(p);
		pump_break(pump, f->from, err);
		return;
	}
	if (got == 0) {
		talloc_free(p);
		f->ended = true;
		pump->moved_ms = now_ms();
		transport_finish(f->to);
		pump_look_later(pump);
		pump_check(pump);
		return;
	}
	flow_next_size(f, (size_t)got);
	flow_write(f, p, (size_t)got);
	flow_read(f);
}

static void flow_written(struct tevent_req *subreq)
{
	struct piece *p = tevent_req_callback_data_void(subreq);
	struct flow *f = p->flow;
	struct relay_pump_state *pump = f->pump;
	int err = transport_write_recv(subreq);

	f->in_flight -= p->size;
	pump->moved_ms = now_ms();
	TALLOC_FREE(subreq); /* and the piece */
	if (pump->ending) {
		return;
	}
	if (err != 0) {
		pump_break(pump, f->to, err);
		return;
	}
	flow_read(f);
	pump_check(pump);
}

/* --- calls -----------------------------------------------------------------
 */

struct tevent_req *relay_pump_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct transport *a, struct transport *b,
				   unsigned quiet_ms)
{
	struct tevent_req *req = NULL;
	struct relay_pump_state *pump = NULL;

	req = tevent_req_create(mem_ctx, &pump, struct relay_pump_state);
	if (req == NULL) {
		return NULL;
	}
	pump->req = req;
	pump->ev = ev;
	pump->quiet_ms = quiet_ms;
	pump->moved_ms = now_ms();
	pump->flow[0] = (struct flow){
		.pump = pump, .from = a, .to = b, .piece = PIECE_MIN};
	pump->flow[1] = (struct flow){
		.pump = pump, .from = b, .to = a, .piece = PIECE_MIN};
	flow_read(&pump->flow[0]);
	flow_read(&pump->flow[1]);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

int relay_pump_recv(struct tevent_req *req, struct relay_tally *out)
{
	struct relay_pump_state *pump =
		tevent_req_data(req, struct relay_pump_state);
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t code = 0;
	int err = 0;

	if (tevent_req_is_error(req, &how, &code)) {
		err = how == TEVENT_REQ_USER_ERROR ? (int)code : ENOMEM;
	}
	if (out != NULL) {
		*out = (struct relay_tally){
			.forth = pump->flow[0].bytes,
			.back = pump->flow[1].bytes,
			.why = pump->why,
		};
	}
	return err;
}

bool relay_pump_is_quiet(struct tevent_req *req, unsigned ms)
{
	const struct relay_pump_state *pump =
		tevent_req_data(req, struct relay_pump_state);

	return pump->flow[0].in_flight == 0 && pump->flow[1].in_flight == 0 &&
	       now_ms() - pump->moved_ms >= ms;
}

void relay_pump_end(struct tevent_req *req, int err, enum transport_close code,
		    const char *why)
{
	struct relay_pump_state *pump =
		tevent_req_data(req, struct relay_pump_state);

	pump_end(pump, err, code, why);
}
