/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_stream.c - the bytes of one TCP connection.
 *
 * A read takes what the socket has, straight into the reader's buffer; a
 * little more than was asked for goes into a read-ahead buffer, so that a
 * small message costs one system call and not two.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "smbquic/tcp_stream.h"
#include "smbquic/alarm.h"

/* Larger ones would make the bodies of big messages be copied twice. */
#define TCP_AHEAD_SIZE	  4096
#define TCP_LINGER_MS	  5000
#define TCP_SEND_PARTS	  64	/* of a vector at a time */
#define TCP_SEND_NOW	  65536 /* bytes: no use to wait for more */
#define TCP_LOOK_AGAIN_MS 1000

struct tcp_write {
	struct tcp_write *next;
	struct tcp_stream *conn; /* NULL once it is out of the queue */
	struct tevent_req *req;
	struct iovec *iov; /* what is still to be sent */
	int count;
	bool begun;
};

struct tcp_read {
	struct tcp_stream *conn; /* NULL once done */
	struct tevent_req *req;
	uint8_t *buf;
	size_t min, max, got;
};

struct tcp_stream {
	int fd;
	struct tevent_context *ev;
	struct tevent_fd *fde;
	struct alarm *look_again;  /* see tcp_idle_readable */
	struct tevent_timer *soon; /* what was written goes out */
	size_t unsent;		   /* bytes of that */
	struct tcp_read *read;
	struct tcp_write *writes, **writes_end;
	struct tevent_req *shutdown;
	int dead;	/* errno that ended it; 0 alive */
	bool ended;	/* the peer's FIN was read */
	bool finishing; /* our FIN follows the last write */
	const char *error;
	struct transport_stats stats;
	void (*on_close)(void *private_data);
	void *on_close_data;
	size_t ahead_off, ahead_len;
	uint8_t ahead[TCP_AHEAD_SIZE];
};

/* --- the end of a connection --------------------------------------------- */

static void tcp_write_finish(struct tcp_write *w, int err)
{
	w->conn = NULL;
	if (err != 0) {
		tevent_req_error(w->req, err);
		return;
	}
	tevent_req_done(w->req);
}

static struct tcp_write *tcp_pop_write(struct tcp_stream *c)
{
	struct tcp_write *w = c->writes;

	c->writes = w->next;
	if (c->writes == NULL) {
		c->writes_end = &c->writes;
	}
	return w;
}

/* End everything that is outstanding. The callbacks run later, from the
 * loop, so that they may free the connection. */
static void tcp_fail(struct tcp_stream *c, int err, const char *error)
{
	if (c->dead == 0) {
		c->dead = err;
		c->error = error != NULL ? error : strerror(err);
	}
	TALLOC_FREE(c->fde);
	TALLOC_FREE(c->soon);
	while (c->writes != NULL) {
		struct tcp_write *w = tcp_pop_write(c);

		tevent_req_defer_callback(w->req, c->ev);
		tcp_write_finish(w, c->dead);
	}
	if (c->read != NULL) {
		struct tcp_read *r = c->read;

		c->read = NULL;
		r->conn = NULL;
		tevent_req_defer_callback(r->req, c->ev);
		tevent_req_error(r->req, c->dead);
	}
	if (c->shutdown != NULL) {
		struct tevent_req *req = c->shutdown;

		c->shutdown = NULL;
		tevent_req_defer_callback(req, c->ev);
		tevent_req_error(req, c->dead);
	}
}

static int tcp_stream_destructor(struct tcp_stream *c)
{
	tcp_fail(c, ECONNABORTED, "closed");
	if (c->fd != -1) {
		close(c->fd);
		c->fd = -1;
	}
	if (c->on_close != NULL) {
		c->on_close(c->on_close_data);
	}
	return 0;
}

static int tcp_error_of(int err)
{
	return err == EPIPE ? ECONNRESET : err;
}

/* --- reading -------------------------------------------------------------- */

static void tcp_take_ahead(struct tcp_stream *c, struct tcp_read *r)
{
	size_t n = c->ahead_len;

	if (n > r->max - r->got) {
		n = r->max - r->got;
	}
	memcpy(r->buf + r->got, c->ahead + c->ahead_off, n);
	r->got += n;
	c->ahead_off += n;
	c->ahead_len -= n;
}

/* Returns true when the read is satisfied or has failed with *err. */
static bool tcp_fill(struct tcp_stream *c, struct tcp_read *r, int *err)
{
	struct iovec iov[2] = {0};
	ssize_t n = 0;
	size_t mine = 0;

	*err = 0;
	tcp_take_ahead(c, r);
	while (r->got < r->min) {
		if (c->ended) {
			*err = r->got == 0 ? 0 : EPIPE;
			return true;
		}
		iov[0].iov_base = r->buf + r->got;
		iov[0].iov_len = r->max - r->got;
		iov[1].iov_base = c->ahead;
		iov[1].iov_len = sizeof(c->ahead);
		n = readv(c->fd, iov, 2);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			return false;
		}
		if (n < 0) {
			*err = tcp_error_of(errno);
			return true;
		}
		if (n == 0) {
			c->ended = true;
			continue;
		}
		c->stats.bytes_in += (uint64_t)n;
		mine = (size_t)n < iov[0].iov_len ? (size_t)n : iov[0].iov_len;
		r->got += mine;
		c->ahead_off = 0;
		c->ahead_len = (size_t)n - mine;
	}
	return true;
}

static int tcp_read_destructor(struct tcp_read *r)
{
	if (r->conn != NULL) {
		r->conn->read = NULL;
		if (r->conn->fde != NULL) {
			TEVENT_FD_NOT_READABLE(r->conn->fde);
		}
	}
	return 0;
}

static void tcp_read_finish(struct tcp_stream *c, struct tcp_read *r, int err)
{
	c->read = NULL;
	r->conn = NULL;
	if (err != 0) {
		tevent_req_error(r->req, err);
		return;
	}
	tevent_req_done(r->req);
}

struct tevent_req *tcp_stream_read_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev, void *state,
					uint8_t *buf, size_t min, size_t max,
					transport_measure_fn measure)
{
	struct tcp_stream *c = talloc_get_type_abort(state, struct tcp_stream);
	struct tevent_req *req = NULL;
	struct tcp_read *r = NULL;
	int err = 0;

	(void)measure;
	req = tevent_req_create(mem_ctx, &r, struct tcp_read);
	if (req == NULL) {
		return NULL;
	}
	*r = (struct tcp_read){.req = req, .buf = buf, .min = min, .max = max};
	if (c->dead != 0) {
		tevent_req_error(req, c->dead);
		return tevent_req_post(req, ev);
	}
	r->conn = c;
	c->read = r;
	talloc_set_destructor(r, tcp_read_destructor);
	if (tcp_fill(c, r, &err)) {
		tcp_read_finish(c, r, err);
		return tevent_req_post(req, ev);
	}
	TEVENT_FD_READABLE(c->fde);
	return req;
}

ssize_t tcp_stream_read_recv(struct tevent_req *req, int *err)
{
	struct tcp_read *r = tevent_req_data(req, struct tcp_read);
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t code = 0;
	ssize_t got = (ssize_t)r->got;

	*err = 0;
	if (tevent_req_is_error(req, &how, &code)) {
		*err = how == TEVENT_REQ_USER_ERROR ? (int)code : ENOMEM;
		got = -1;
	}
	tevent_req_received(req);
	return got;
}

static void tcp_look_again(void *private_data)
{
	struct tcp_stream *c =
		talloc_get_type_abort(private_data, struct tcp_stream);

	c->look_again = NULL;
	if (c->fde != NULL && c->writes != NULL) {
		TEVENT_FD_READABLE(c->fde);
	}
}

/* Nobody reads, but a write waits for the socket. tevent reports a broken
 * connection only as readable, so that is what we wait for too; when it is
 * readable because of data, look again in a while. */
static void tcp_idle_readable(struct tcp_stream *c)
{
	int err = 0;
	socklen_t len = sizeof(err);

	TEVENT_FD_NOT_READABLE(c->fde);
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 &&
	    err != 0) {
		tcp_fail(c, tcp_error_of(err), NULL);
		return;
	}
	if (c->writes == NULL || c->look_again != NULL) {
		return;
	}
	c->look_again =
		alarm_add(c->ev, c, TCP_LOOK_AGAIN_MS, tcp_look_again, c);
}

static void tcp_readable(struct tcp_stream *c)
{
	struct tcp_read *r = c->read;
	int err = 0;

	if (r == NULL) {
		tcp_idle_readable(c);
		return;
	}
	if (!tcp_fill(c, r, &err)) {
		return;
	}
	TEVENT_FD_NOT_READABLE(c->fde);
	if (err != 0 && err != EPIPE) {
		tcp_fail(c, err, NULL);
		return;
	}
	tcp_read_finish(c, r, err);
}

/* --- writing -------------------------------------------------------------- */

static void tcp_advance(struct tcp_write *w, size_t n)
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

/* What waits, as one vector; true when there is more of it. */
static bool tcp_gather(const struct tcp_stream *c, struct iovec *iov,
		       size_t *count)
{
	const struct tcp_write *w = NULL;

	*count = 0;
	for (w = c->writes; w != NULL; w = w->next) {
		for (int i = 0; i < w->count; i++) {
			if (*count == TCP_SEND_PARTS) {
				return true;
			}
			iov[(*count)++] = w->iov[i];
		}
	}
	return false;
}

static void tcp_sent(struct tcp_stream *c, size_t n)
{
	struct tcp_write *w = c->writes;

	c->stats.bytes_out += n;
	while (n > 0) {
		size_t part = 0;

		for (int i = 0; i < w->count; i++) {
			part += w->iov[i].iov_len;
		}
		part = part < n ? part : n;
		w->begun = w->begun || part > 0;
		tcp_advance(w, part);
		n -= part;
		w = w->next;
	}
}

/* Send what fits of what waits. 0: some or all; else errno. */
static int tcp_send_some(struct tcp_stream *c)
{
	struct iovec iov[TCP_SEND_PARTS];
	struct msghdr msg = {.msg_iov = iov};
	bool more = tcp_gather(c, iov, &msg.msg_iovlen);
	ssize_t n = 0;

	n = sendmsg(c->fd, &msg, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	if (n < 0) {
		return errno == EINTR ? 0 : errno;
	}
	tcp_sent(c, (size_t)n);
	return 0;
}

static void tcp_finish_sending(struct tcp_stream *c)
{
	if (c->finishing && c->writes == NULL) {
		shutdown(c->fd, SHUT_WR);
	}
}

static void tcp_finish_shutdown(struct tcp_stream *c)
{
	struct tevent_req *req = c->shutdown;

	if (req == NULL || c->writes != NULL) {
		return;
	}
	shutdown(c->fd, SHUT_WR);
	c->shutdown = NULL;
	tevent_req_defer_callback(req, c->ev);
	tevent_req_done(req);
}

static void tcp_end_writes(struct tcp_stream *c)
{
	while (c->writes != NULL && c->writes->count == 0) {
		struct tcp_write *w = tcp_pop_write(c);

		tevent_req_defer_callback(w->req, c->ev);
		tcp_write_finish(w, 0);
	}
}

/* Send until the socket is full or the queue empty. Requests end from the
 * loop, not from here. */
static void tcp_flush(struct tcp_stream *c)
{
	TALLOC_FREE(c->soon);
	c->unsent = 0;
	tcp_end_writes(c);
	while (c->writes != NULL) {
		int err = tcp_send_some(c);

		if (err == EAGAIN || err == EWOULDBLOCK) {
			TEVENT_FD_WRITEABLE(c->fde);
			TEVENT_FD_READABLE(c->fde);
			return;
		}
		if (err != 0) {
			tcp_fail(c, tcp_error_of(err), NULL);
			return;
		}
		tcp_end_writes(c);
	}
	TEVENT_FD_NOT_WRITEABLE(c->fde);
	tcp_finish_sending(c);
	tcp_finish_shutdown(c);
}

static void tcp_flush_now(struct tevent_context *ev, struct tevent_timer *te,
			  struct timeval now, void *private_data)
{
	struct tcp_stream *c =
		talloc_get_type_abort(private_data, struct tcp_stream);

	(void)ev;
	(void)te;
	(void)now;
	c->soon = NULL;
	tcp_flush(c);
}

/* Behind all that the loop can do at once, where more will be written, mostly:
 * a call of the kernel, and a packet, for all of it. Not when the socket is
 * full: it says when it no longer is. */
static void tcp_flush_soon(struct tcp_stream *c, const struct tcp_write *w)
{
	if (c->soon == NULL && c->writes != w) {
		return;
	}
	for (int i = 0; i < w->count; i++) {
		c->unsent += w->iov[i].iov_len;
	}
	if (c->soon == NULL && c->unsent < TCP_SEND_NOW) {
		c->soon = tevent_add_timer(c->ev, c, tevent_timeval_zero(),
					   tcp_flush_now, c);
	}
	if (c->soon == NULL || c->unsent >= TCP_SEND_NOW) {
		tcp_flush(c);
	}
}

static int tcp_write_destructor(struct tcp_write *w)
{
	struct tcp_stream *c = w->conn;
	struct tcp_write **p = NULL;

	if (c == NULL) {
		return 0;
	}
	for (p = &c->writes; *p != w; p = &(*p)->next) {
		assert(*p != NULL);
	}
	*p = w->next;
	if (w->next == NULL) {
		c->writes_end = p;
	}
	w->conn = NULL;
	if (w->begun) {
		tcp_fail(c, ECONNABORTED, "a write was abandoned half-way");
		shutdown(c->fd, SHUT_RDWR);
	}
	return 0;
}

struct tevent_req *tcp_stream_write_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev, void *state,
					 const struct iovec *iov, int count)
{
	struct tcp_stream *c = talloc_get_type_abort(state, struct tcp_stream);
	struct tevent_req *req = NULL;
	struct tcp_write *w = NULL;

	req = tevent_req_create(mem_ctx, &w, struct tcp_write);
	if (req == NULL) {
		return NULL;
	}
	*w = (struct tcp_write){.req = req, .count = count};
	w->iov = talloc_memdup(w, iov, sizeof(*iov) * (size_t)count);
	if (tevent_req_nomem(w->iov, req)) {
		return tevent_req_post(req, ev);
	}
	tcp_advance(w, 0);
	if (c->dead != 0 || c->shutdown != NULL) {
		tevent_req_error(req, c->dead != 0 ? c->dead : ECONNABORTED);
		return tevent_req_post(req, ev);
	}
	w->conn = c;
	*c->writes_end = w;
	c->writes_end = &w->next;
	talloc_set_destructor(w, tcp_write_destructor);
	tcp_flush_soon(c, w);
	return req;
}

int tcp_stream_simple_recv(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;
	int result = 0;

	if (tevent_req_is_error(req, &how, &err)) {
		result = how == TEVENT_REQ_USER_ERROR  ? (int)err
			 : how == TEVENT_REQ_TIMED_OUT ? ETIMEDOUT
						       : ENOMEM;
	}
	tevent_req_received(req);
	return result;
}

void tcp_stream_finish(void *state)
{
	struct tcp_stream *c = talloc_get_type_abort(state, struct tcp_stream);

	c->finishing = true;
	if (c->dead == 0) {
		tcp_finish_sending(c);
	}
}

/* --- orderly close -------------------------------------------------------- */

struct tcp_shutdown_state {
	struct tcp_stream *conn;
};

static void tcp_shutdown_cleanup(struct tevent_req *req,
				 enum tevent_req_state how)
{
	struct tcp_shutdown_state *state =
		tevent_req_data(req, struct tcp_shutdown_state);

	(void)how;
	if (state->conn != NULL && state->conn->shutdown == req) {
		state->conn->shutdown = NULL;
	}
	state->conn = NULL;
}

struct tevent_req *tcp_stream_shutdown_send(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    void *conn,
					    enum transport_close code,
					    const char *reason)
{
	struct tcp_stream *c = talloc_get_type_abort(conn, struct tcp_stream);
	struct tevent_req *req = NULL;
	struct tcp_shutdown_state *state = NULL;

	(void)code; /* TCP has no place for either */
	(void)reason;
	req = tevent_req_create(mem_ctx, &state, struct tcp_shutdown_state);
	if (req == NULL) {
		return NULL;
	}
	if (c->dead != 0) {
		tevent_req_error(req, c->dead);
		return tevent_req_post(req, ev);
	}
	if (!alarm_limit(req, ev, TCP_LINGER_MS)) {
		return tevent_req_post(req, ev);
	}
	state->conn = c;
	c->shutdown = req;
	tevent_req_set_cleanup_fn(req, tcp_shutdown_cleanup);
	tcp_finish_shutdown(c);
	return req;
}

/* --- the whole --------------------------------------------------------- */

static void tcp_event(struct tevent_context *ev, struct tevent_fd *fde,
		      uint16_t flags, void *private_data)
{
	struct tcp_stream *c =
		talloc_get_type_abort(private_data, struct tcp_stream);

	(void)ev;
	(void)fde;
	if (flags & TEVENT_FD_WRITE) {
		tcp_flush(c);
	}
	if (c->dead == 0 && (flags & TEVENT_FD_READ)) {
		tcp_readable(c);
	}
}

static void tcp_set_options(int fd, const struct transport_settings *s)
{
	int one = 1;
	int idle = (int)(s->keepalive_ms / 1000);
	unsigned dead = s->idle_timeout_ms;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (idle > 0) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead,
			   sizeof(dead));
	}
}

struct transport *tcp_stream_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 int fd,
				 const struct transport_settings *settings,
				 struct tcp_stream **out)
{
	struct transport_facts facts = {.backend = transport_tcp.name};
	struct transport *t = NULL;
	struct tcp_stream *c = talloc_zero(mem_ctx, struct tcp_stream);

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->fd = fd;
	c->ev = ev;
	c->writes_end = &c->writes;
	talloc_set_destructor(c, tcp_stream_destructor);
	tcp_set_options(fd, settings);
	facts.local_len = sizeof(facts.local);
	getsockname(fd, (struct sockaddr *)&facts.local, &facts.local_len);
	facts.peer_len = sizeof(facts.peer);
	getpeername(fd, (struct sockaddr *)&facts.peer, &facts.peer_len);
	c->fde = tevent_add_fd(ev, c, fd, 0, tcp_event, c);
	t = c->fde == NULL ? NULL
			   : transport_new(mem_ctx, &transport_tcp, c, &facts);
	if (t == NULL) {
		talloc_free(c);
		return NULL;
	}
	*out = c;
	return t;
}

void tcp_stream_on_close(struct tcp_stream *c, void (*fn)(void *private_data),
			 void *private_data)
{
	c->on_close = fn;
	c->on_close_data = private_data;
}

void tcp_stream_stats(void *state, struct transport_stats *out)
{
	struct tcp_stream *c = talloc_get_type_abort(state, struct tcp_stream);
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	int waiting = 0;

	*out = c->stats;
	out->bytes_acked = out->bytes_out;
	if (c->fd != -1 && ioctl(c->fd, SIOCOUTQ, &waiting) == 0 &&
	    (uint64_t)waiting <= out->bytes_out) {
		out->bytes_acked -= (uint64_t)waiting;
	}
	if (c->fd != -1 &&
	    getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0) {
		out->rtt_us = info.tcpi_rtt;
		out->packets_lost = info.tcpi_total_retrans;
		out->cwnd = (uint64_t)info.tcpi_snd_cwnd * info.tcpi_snd_mss;
		out->path_mtu = info.tcpi_pmtu;
	}
}

const char *tcp_stream_error(void *state)
{
	struct tcp_stream *c = talloc_get_type_abort(state, struct tcp_stream);

	return c->error;
}
