/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel_read.c - what comes by a connection of the kernel's. The socket
 * has one queue for everything, in the order of arrival, so a read takes what
 * comes: bytes straight into the reader's buffer with a little more into a
 * read-ahead one, events in between.
 */
#include <errno.h>
#include <string.h>

#include "smbquic/quic_kernel_private.h"

/* The longest event that we know is 73 bytes. */
#define EVENT_MAX 128

struct qk_read {
	struct quic_kernel *k; /* NULL once done */
	struct tevent_req *req;
	uint8_t *buf;
	size_t min, max, got;
};

void qk_read_over(struct quic_kernel *k, int err)
{
	struct qk_read *r = k->read;

	if (r == NULL) {
		return;
	}
	k->read = NULL;
	r->k = NULL;
	tevent_req_defer_callback(r->req, k->ev);
	if (err == 0 && r->got > 0) {
		err = EPIPE;
	}
	if (!tevent_req_error(r->req, err)) {
		tevent_req_done(r->req);
	}
}

/* An event lies where bytes were expected, perhaps in two pieces. */
static void scattered_event(struct quic_kernel *k, const struct iovec *iov,
			    size_t len)
{
	uint8_t data[EVENT_MAX];
	size_t first = len < iov[0].iov_len ? len : iov[0].iov_len;
	size_t second = len - first;

	if (first > sizeof(data)) {
		first = sizeof(data);
	}
	if (second > sizeof(data) - first) {
		second = sizeof(data) - first;
	}
	memcpy(data, iov[0].iov_base, first);
	memcpy(data + first, iov[1].iov_base, second);
	qk_conn_event(k, data, first + second);
}

/* --- reading ---------------------------------------------------------------
 */

static void take_ahead(struct quic_kernel *k, struct qk_read *r)
{
	size_t n = k->ahead_len;

	if (n > r->max - r->got) {
		n = r->max - r->got;
	}
	memcpy(r->buf + r->got, k->ahead + k->ahead_off, n);
	r->got += n;
	k->ahead_off += n;
	k->ahead_len -= n;
}

static bool is_our_stream(struct quic_kernel *k, const struct qk_message *m)
{
	/* the client's first bidirectional one, RFC 9000 2.1 */
	if (k->stream_id == -1 && m->stream_id == 0) {
		k->stream_id = 0;
		if (k->writes != NULL || k->finishing) {
			qk_flush(k);
		}
	}
	return m->stream_id == k->stream_id;
}

static void take_bytes(struct quic_kernel *k, struct qk_read *r,
		       const struct qk_message *m, size_t room)
{
	size_t mine = m->len < room ? m->len : room;

	k->stats.bytes_in += m->len;
	r->got += mine;
	k->ahead_off = 0;
	k->ahead_len = m->len - mine;
	k->fin |= m->fin;
}

/*
 * One message into the reader's buffer. @return 0 or errno.
 *
 * Credit for what was read is announced in steps of a sixteenth of the window,
 * and what is announced is where the limit was a step before. Who reads a
 * whole window at once gives no credit at all, and the peer waits for ever: so
 * read less at a time.
 */
static int fill_once(struct quic_kernel *k, struct qk_read *r)
{
	struct qk_message m;
	struct iovec iov[2] = {
		{.iov_base = r->buf + r->got, .iov_len = r->max - r->got},
		{.iov_base = k->ahead, .iov_len = sizeof(k->ahead)},
	};
	int err = 0;

	if (iov[0].iov_len > k->step) {
		iov[0].iov_len = k->step;
		iov[1].iov_len = 0;
	}
	err = qk_receive(k->fd, iov, 2, &m);
	if (err != 0) {
		return err;
	}
	if (m.kind == QK_EVENT) {
		scattered_event(k, iov, m.len);
	} else if (m.kind == QK_STREAM && is_our_stream(k, &m)) {
		take_bytes(k, r, &m, iov[0].iov_len);
		qk_keys_used(k, 0, m.len);
	} else if (m.kind == QK_STREAM) {
		qk_conn_give_up(k, EPROTO, TRANSPORT_CLOSE_PROTOCOL,
				"the peer opened a second stream");
	}
	return k->over ? ENOTCONN : 0;
}

/* Have as much as is wanted and there is. k->read may be NULL afterwards. */
void qk_fill(struct quic_kernel *k)
{
	struct qk_read *r = k->read;

	take_ahead(k, r);
	while (r->got < r->min && !k->fin) {
		int err = fill_once(k, r);

		if (k->read != r) {
			return; /* it was ended from within */
		}
		if (err == EAGAIN) {
			TEVENT_FD_READABLE(k->fde);
			return;
		}
		if (err == ENOTCONN) {
			qk_conn_closed(k);
			return;
		}
		if (err != 0) {
			qk_conn_give_up(k, err, TRANSPORT_CLOSE_INTERNAL,
					strerror(err));
			return;
		}
	}
	if (k->fde != NULL) {
		TEVENT_FD_NOT_READABLE(k->fde);
	}
	k->read = NULL;
	r->k = NULL;
	if (r->got < r->min && r->got > 0) {
		tevent_req_error(r->req, EPIPE);
		return;
	}
	tevent_req_done(r->req);
}

static int read_destructor(struct qk_read *r)
{
	if (r->k != NULL) {
		r->k->read = NULL;
		if (r->k->fde != NULL) {
			TEVENT_FD_NOT_READABLE(r->k->fde);
		}
	}
	return 0;
}

struct tevent_req *qk_read_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				void *state, uint8_t *buf, size_t min,
				size_t max, transport_measure_fn measure)
{
	struct quic_kernel *k =
		talloc_get_type_abort(state, struct quic_kernel);
	struct tevent_req *req = NULL;
	struct qk_read *r = NULL;

	(void)measure;
	req = tevent_req_create(mem_ctx, &r, struct qk_read);
	if (req == NULL) {
		return NULL;
	}
	*r = (struct qk_read){.req = req, .buf = buf, .min = min, .max = max};
	r->k = k;
	k->read = r;
	talloc_set_destructor(r, read_destructor);
	if (k->over && k->ahead_len < min) {
		take_ahead(k, r);
		qk_read_over(k, k->end.err);
		return req;
	}
	qk_fill(k);
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

ssize_t qk_read_recv(struct tevent_req *req, int *err)
{
	struct qk_read *r = tevent_req_data(req, struct qk_read);
	ssize_t got = (ssize_t)r->got;

	*err = qk_request_errno(req);
	tevent_req_received(req);
	return *err != 0 ? -1 : got;
}
