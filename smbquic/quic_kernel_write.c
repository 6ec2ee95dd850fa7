/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel_write.c - what goes by a connection of the kernel's, and its
 * orderly end. The kernel copies what it takes, and a write ends then.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "smbquic/alarm.h"
#include "smbquic/quic_kernel_private.h"

/* An orderly end waits this long for acknowledgements. */
#define SHUTDOWN_MS	  5000
#define ACKNOWLEDGED_MS	  5
#define STREAM_BLOCKED_MS 5
#define LOOK_AGAIN_MS	  500

struct qk_write {
	struct qk_write *next;
	struct quic_kernel *k; /* NULL once it is out of the queue */
	struct tevent_req *req;
	struct iovec *iov; /* what is still to be taken */
	int count;
	bool begun;
};

static void write_over(struct qk_write *w, int err)
{
	w->k = NULL;
	if (!tevent_req_error(w->req, err)) {
		tevent_req_done(w->req);
	}
}

static struct qk_write *pop_write(struct quic_kernel *k)
{
	struct qk_write *w = k->writes;

	k->writes = w->next;
	if (k->writes == NULL) {
		k->writes_end = &k->writes;
	}
	return w;
}

void qk_writes_over(struct quic_kernel *k, int err)
{
	while (k->writes != NULL) {
		struct qk_write *w = pop_write(k);

		tevent_req_defer_callback(w->req, k->ev);
		write_over(w, err);
	}
}

/* --- writing ---------------------------------------------------------------
 */

static void look(void *private_data)
{
	struct quic_kernel *k =
		talloc_get_type_abort(private_data, struct quic_kernel);

	k->look = NULL;
	if (k->over) {
		return;
	}
	if (qk_is_over(k->fd)) {
		qk_conn_closed(k);
		return;
	}
	qk_flush(k);
}

/*
 * No room now. When it is the connection's or the buffer, the socket becomes
 * writable; when it is the stream's, it is writable all the time, and waiting
 * for that would spin: an event tells of more, when somebody reads, and else
 * we look again. Who only waits for writing does not hear of the end, so look
 * again in any case.
 */
static void blocked(struct quic_kernel *k)
{
	bool stream = qk_poll(k->fd, POLLOUT);
	uint32_t ms = stream ? STREAM_BLOCKED_MS : LOOK_AGAIN_MS;

	if (stream) {
		TEVENT_FD_NOT_WRITEABLE(k->fde);
	} else {
		TEVENT_FD_WRITEABLE(k->fde);
	}
	if (k->look == NULL) {
		k->look = alarm_add(k->ev, k, ms, look, k);
	}
}

static void skip(struct qk_write *w, size_t n)
{
	while (w->count > 0 && n >= w->iov->iov_len) {
		n -= w->iov->iov_len;
		w->iov++;
		w->count--;
	}
	if (w->count > 0) {
		w->iov->iov_base = (uint8_t *)w->iov->iov_base + n;
		w->iov->iov_len -= n;
	}
}

/* @return false: nothing more can be sent now. */
static bool sent(struct quic_kernel *k, ssize_t n)
{
	int err = errno;

	if (n >= 0) {
		k->stats.bytes_out += (uint64_t)n;
		k->stats.bytes_acked = k->stats.bytes_out;
		return true;
	}
	if (err == EAGAIN || err == EWOULDBLOCK || err == ENOSPC) {
		blocked(k);
	} else if (err == EPIPE || qk_is_over(k->fd)) {
		qk_conn_closed(k);
	} else {
		/* ENOSTR, EINVAL: the peer did not want the stream */
		qk_conn_give_up(
			k, ECONNRESET, TRANSPORT_CLOSE_DONE,
			"the peer does not want to read the stream any more");
	}
	return false;
}

/* Requests end from the loop, not from here. */
void qk_flush(struct quic_kernel *k)
{
	if (k->over || k->stream_id == -1 || k->fde == NULL) {
		return;
	}
	while (k->writes != NULL) {
		struct qk_write *w = k->writes;
		ssize_t n = qk_send_stream(k->fd, k->stream_id, w->iov,
					   w->count, false);

		if (!sent(k, n)) {
			return;
		}
		w->begun = true;
		skip(w, (size_t)n);
		qk_keys_used(k, (size_t)n, 0);
		if (k->over) {
			return;
		}
		if (w->count == 0) {
			pop_write(k);
			tevent_req_defer_callback(w->req, k->ev);
			write_over(w, 0);
		}
	}
	if (k->finishing && !k->finished) {
		if (!sent(k,
			  qk_send_stream(k->fd, k->stream_id, NULL, 0, true))) {
			return;
		}
		k->finished = true;
	}
	TEVENT_FD_NOT_WRITEABLE(k->fde);
}

void qk_finish(void *state)
{
	struct quic_kernel *k =
		talloc_get_type_abort(state, struct quic_kernel);

	k->finishing = true;
	qk_flush(k);
}

static int write_destructor(struct qk_write *w)
{
	struct quic_kernel *k = w->k;
	struct qk_write **p = NULL;

	if (k == NULL) {
		return 0;
	}
	for (p = &k->writes; *p != w; p = &(*p)->next) {
		assert(*p != NULL);
	}
	*p = w->next;
	if (w->next == NULL) {
		k->writes_end = p;
	}
	w->k = NULL;
	if (w->begun) {
		qk_conn_give_up(k, ECONNABORTED, TRANSPORT_CLOSE_INTERNAL,
				"a write was abandoned half-way");
	}
	return 0;
}

struct tevent_req *qk_write_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 void *state, const struct iovec *iov,
				 int count)
{
	struct quic_kernel *k =
		talloc_get_type_abort(state, struct quic_kernel);
	struct tevent_req *req = NULL;
	struct qk_write *w = NULL;

	req = tevent_req_create(mem_ctx, &w, struct qk_write);
	if (req == NULL) {
		return NULL;
	}
	*w = (struct qk_write){.req = req, .count = count};
	w->iov = talloc_memdup(w, iov, sizeof(*iov) * (size_t)count);
	if (tevent_req_nomem(w->iov, req)) {
		return tevent_req_post(req, ev);
	}
	skip(w, 0);
	if (k->over) {
		tevent_req_error(req, k->end.err != 0 ? k->end.err : EPIPE);
		return tevent_req_post(req, ev);
	}
	if (w->count == 0) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	w->k = k;
	*k->writes_end = w;
	k->writes_end = &w->next;
	talloc_set_destructor(w, write_destructor);
	if (k->writes == w) {
		qk_flush(k);
	}
	return req;
}

int qk_simple_recv(struct tevent_req *req)
{
	int err = qk_request_errno(req);

	tevent_req_received(req);
	return err;
}

/* --- an orderly end --------------------------------------------------------
 */

struct qk_shutdown_state {
	struct quic_kernel *k;
	struct tevent_req *req;
	uint32_t code;
	const char *reason;
	quic_time by;
};

static void shutdown_look(void *private_data);

/* The socket tells of no acknowledgement but to who asks. */
static bool shutdown_later(struct qk_shutdown_state *s)
{
	return alarm_add(s->k->ev, s, ACKNOWLEDGED_MS, shutdown_look, s) !=
	       NULL;
}

/* close() would cut off what is still in the queue. */
static void shutdown_look(void *private_data)
{
	struct qk_shutdown_state *s =
		talloc_get_type_abort(private_data, struct qk_shutdown_state);
	struct quic_kernel *k = s->k;
	bool late = quic_clock() >= s->by;

	if (k == NULL || k->shutdown != s->req) {
		return; /* it was ended */
	}
	if (qk_is_over(k->fd)) {
		qk_conn_closed(k);
		return;
	}
	if (!late && (k->writes != NULL || k->finishing != k->finished ||
		      qk_unacknowledged(k->fd) > 0)) {
		if (!shutdown_later(s)) {
			tevent_req_oom(s->req);
		}
		return;
	}
	k->shutdown = NULL;
	qk_close(k->fd, s->code, s->reason);
	qk_conn_end(k, ECONNABORTED, talloc_strdup(k, "closed on this side"));
	if (!tevent_req_error(s->req, late ? ETIMEDOUT : 0)) {
		tevent_req_done(s->req);
	}
}

static int shutdown_destructor(struct qk_shutdown_state *s)
{
	if (s->k != NULL && s->k->shutdown == s->req) {
		s->k->shutdown = NULL;
	}
	return 0;
}

struct tevent_req *qk_shutdown_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev, void *state,
				    enum transport_close code,
				    const char *reason)
{
	struct quic_kernel *k =
		talloc_get_type_abort(state, struct quic_kernel);
	struct tevent_req *req = NULL;
	struct qk_shutdown_state *s = NULL;

	req = tevent_req_create(mem_ctx, &s, struct qk_shutdown_state);
	if (req == NULL) {
		return NULL;
	}
	if (k->over || k->shutdown != NULL) {
		tevent_req_error(req, k->shutdown != NULL ? EALREADY
				      : k->end.err != 0	  ? k->end.err
							  : EPIPE);
		return tevent_req_post(req, ev);
	}
	*s = (struct qk_shutdown_state){
		.k = k, .req = req, .code = (uint32_t)code};
	s->reason = reason != NULL ? talloc_strdup(s, reason) : NULL;
	s->by = quic_clock() + (quic_time)SHUTDOWN_MS * 1000000;
	if (!shutdown_later(s)) {
		tevent_req_oom(req);
		return tevent_req_post(req, ev);
	}
	talloc_set_destructor(s, shutdown_destructor);
	k->shutdown = req;
	return req;
}
