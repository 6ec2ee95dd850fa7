/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp.c - the direct TCP carrier (MS-SMB2 2.1, port 445): how connections are
 * made and accepted. Their bytes move in tcp_stream.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/alarm.h"
#include "smbquic/list.h"
#include "smbquic/log.h"
#include "smbquic/source.h"
#include "smbquic/tcp_stream.h"

#define TCP_BACKLOG	    512
#define TCP_ACCEPT_PAUSE_MS 500

/* A connection that was accepted, as the listener's limits see it. */
struct tcp_peer {
	struct tcp_peer *prev, *next;
	struct tcp_listener *listener; /* NULL when that is gone */
	struct sockaddr_storage addr;
};

struct tcp_listener {
	int fd;
	TALLOC_CTX *parent;
	struct tevent_context *ev;
	struct tevent_fd *fde;
	struct transport_settings settings;
	struct transport_tally *tally;
	transport_accept_fn accept;
	void *private_data;
	struct tcp_peer *peers;
	unsigned count;
};

static bool tcp_usable(const char **why)
{
	(void)why;
	return true;
}

/* --- making a connection ---------------------------------------------------
 */

struct tcp_connect_state {
	struct tevent_context *ev;
	int fd;
	struct tevent_fd *fde;
	struct sockaddr_storage addr;
	struct transport_settings settings;
	struct transport *transport;
	char *why;
};

static void tcp_connect_event(struct tevent_context *ev, struct tevent_fd *fde,
			      uint16_t flags, void *private_data);

static void tcp_connect_cleanup(struct tevent_req *req,
				enum tevent_req_state how)
{
	struct tcp_connect_state *state =
		tevent_req_data(req, struct tcp_connect_state);

	(void)how;
	TALLOC_FREE(state->fde);
	if (state->fd != -1) {
		close(state->fd);
		state->fd = -1;
	}
}

static struct tevent_req *tcp_connect_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   const struct transport_target *to)
{
	struct tevent_req *req = NULL;
	struct tcp_connect_state *state = NULL;
	unsigned ms = 0;
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	req = tevent_req_create(mem_ctx, &state, struct tcp_connect_state);
	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	memcpy(&state->addr, to->addr, to->addr_len);
	if (to->settings != NULL) {
		state->settings = *to->settings;
	} else {
		transport_settings_default(&state->settings);
	}
	state->fd = socket(to->addr->sa_family, type, 0);
	if (state->fd == -1) {
		tevent_req_error(req, errno);
		return tevent_req_post(req, ev);
	}
	tevent_req_set_cleanup_fn(req, tcp_connect_cleanup);
	if (connect(state->fd, to->addr, to->addr_len) == -1 &&
	    errno != EINPROGRESS) {
		tevent_req_error(req, errno);
		return tevent_req_post(req, ev);
	}
	ms = state->settings.connect_timeout_ms;
	if (!alarm_limit(req, ev, ms)) {
		return tevent_req_post(req, ev);
	}
	/* tevent tells of errors only to who waits for reading */
	state->fde = tevent_add_fd(ev, state, state->fd,
				   TEVENT_FD_READ | TEVENT_FD_WRITE,
				   tcp_connect_event, req);
	if (tevent_req_nomem(state->fde, req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

static void tcp_connect_event(struct tevent_context *ev, struct tevent_fd *fde,
			      uint16_t flags, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct tcp_connect_state *state =
		tevent_req_data(req, struct tcp_connect_state);
	struct tcp_stream *c = NULL;
	int err = 0;
	int fd = state->fd;
	socklen_t len = sizeof(err);

	(void)ev;
	(void)fde;
	(void)flags;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1) {
		err = errno;
	}
	if (tevent_req_error(req, err)) {
		return;
	}
	TALLOC_FREE(state->fde);
	state->fd = -1;
	state->transport =
		tcp_stream_new(state, state->ev, fd, &state->settings, &c);
	if (tevent_req_nomem(state->transport, req)) {
		return;
	}
	tevent_req_done(req);
}

static char *tcp_connect_why(TALLOC_CTX *mem_ctx, int err,
			     const struct tcp_connect_state *state)
{
	const char *to =
		transport_address_string((const struct sockaddr *)&state->addr);

	switch (err) {
	case ECONNREFUSED:
		return talloc_asprintf(
			mem_ctx,
			"%s refused the connection (nothing listens "
			"on this TCP port)",
			to);
	case ETIMEDOUT:
		return talloc_asprintf(mem_ctx,
				       "no answer from %s by TCP within %u ms",
				       to, state->settings.connect_timeout_ms);
	default:
		return talloc_asprintf(mem_ctx, "cannot reach %s by TCP: %s",
				       to, strerror(err));
	}
}

static int tcp_connect_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct transport **out, char **why)
{
	struct tcp_connect_state *state =
		tevent_req_data(req, struct tcp_connect_state);
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t code = 0;
	int err = 0;

	if (tevent_req_is_error(req, &how, &code)) {
		err = how == TEVENT_REQ_USER_ERROR  ? (int)code
		      : how == TEVENT_REQ_TIMED_OUT ? ETIMEDOUT
						    : ENOMEM;
		*why = tcp_connect_why(mem_ctx, err, state);
	} else {
		*out = talloc_move(mem_ctx, &state->transport);
	}
	tevent_req_received(req);
	return err;
}

/* --- listening --------------------------------------------------------------
 */

static const char *tcp_over_limit(const struct tcp_listener *l,
				  const struct sockaddr_storage *peer)
{
	const struct tcp_peer *p = NULL;
	unsigned same = 0;

	if (l->settings.max_connections != 0 &&
	    l->count >= l->settings.max_connections) {
		return transport_refuse(l->tally, TRANSPORT_REFUSED_MANY);
	}
	if (l->settings.max_connections_per_source == 0) {
		return NULL;
	}
	for (p = l->peers; p != NULL; p = p->next) {
		same += source_same((const struct sockaddr *)&p->addr,
				    (const struct sockaddr *)peer);
	}
	return same >= l->settings.max_connections_per_source
		       ? transport_refuse(l->tally,
					  TRANSPORT_REFUSED_MANY_FROM_THERE)
		       : NULL;
}

static void tcp_accept_resume(void *private_data)
{
	struct tcp_listener *l =
		talloc_get_type_abort(private_data, struct tcp_listener);

	TEVENT_FD_READABLE(l->fde);
}

/* Out of descriptors or memory: the queue stays readable, so look away for a
 * while and do not spin. */
static void tcp_accept_pause(struct tcp_listener *l, int err)
{
	log_warn("cannot accept a TCP connection: %s; trying again shortly",
		 strerror(err));
	if (alarm_add(l->ev, l, TCP_ACCEPT_PAUSE_MS, tcp_accept_resume, l) !=
	    NULL) {
		TEVENT_FD_NOT_READABLE(l->fde);
	}
}

/* The stream of an accepted connection was freed. */
static void tcp_peer_gone(void *private_data)
{
	struct tcp_peer *p =
		talloc_get_type_abort(private_data, struct tcp_peer);
	struct tcp_listener *l = p->listener;

	if (l != NULL) {
		LIST_REMOVE(l->peers, p);
		l->count--;
	}
	talloc_free(p);
}

static bool tcp_peer_add(struct tcp_listener *l, struct tcp_stream *c,
			 const struct sockaddr_storage *addr)
{
	struct tcp_peer *p = talloc_zero(NULL, struct tcp_peer);

	if (p == NULL) {
		return false;
	}
	p->listener = l;
	p->addr = *addr;
	LIST_ADD(l->peers, p);
	l->count++;
	tcp_stream_on_close(c, tcp_peer_gone, p);
	return true;
}

static void tcp_accept_event(struct tevent_context *ev, struct tevent_fd *fde,
			     uint16_t flags, void *private_data)
{
	struct tcp_listener *l =
		talloc_get_type_abort(private_data, struct tcp_listener);
	struct sockaddr_storage peer = {0};
	socklen_t len = sizeof(peer);
	struct transport *t = NULL;
	struct tcp_stream *c = NULL;
	const char *limit = NULL;
	int fd = -1;

	(void)fde;
	(void)flags;
	fd = accept4(l->fd, (struct sockaddr *)&peer, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			tcp_accept_pause(l, errno);
		}
		return;
	}
	limit = tcp_over_limit(l, &peer);
	if (limit != NULL) {
		log_notice("refused a TCP connection from %s: %s reached",
			   transport_address_string((struct sockaddr *)&peer),
			   limit);
		close(fd);
		return;
	}
	t = tcp_stream_new(l->parent, ev, fd, &l->settings, &c);
	if (t == NULL || !tcp_peer_add(l, c, &peer)) {
		talloc_free(t);
		return;
	}
	l->accept(t, l->private_data);
}

static int tcp_listener_destructor(struct tcp_listener *l)
{
	struct tcp_peer *p = NULL;

	for (p = l->peers; p != NULL; p = p->next) {
		p->listener = NULL;
	}
	TALLOC_FREE(l->fde);
	if (l->fd != -1) {
		close(l->fd);
	}
	return 0;
}

/* A socket that somebody else has bound: it has to listen already. */
static int tcp_adopt(struct tcp_listener *l)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	if (getsockopt(l->fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) !=
	    0) {
		return errno;
	}
	if (listening == 0) {
		return EINVAL;
	}
	if (fcntl(l->fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(l->fd, F_SETFL, O_NONBLOCK) == -1) {
		return errno;
	}
	return 0;
}

static int tcp_bind(struct tcp_listener *l, const struct transport_listen *p)
{
	int one = 1;

	if (p->fd != 0) {
		l->fd = p->fd;
		return tcp_adopt(l);
	}

	l->fd = socket(p->addr->sa_family,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd == -1) {
		return errno;
	}
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (p->addr->sa_family == AF_INET6) {
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	}
	if (bind(l->fd, p->addr, p->addr_len) == -1 ||
	    listen(l->fd, TCP_BACKLOG) == -1) {
		return errno;
	}
	return 0;
}

static char *tcp_listen_why(TALLOC_CTX *mem_ctx, int err,
			    const struct sockaddr *addr)
{
	const char *at = transport_address_string(addr);

	switch (err) {
	case EADDRINUSE:
		return talloc_asprintf(
			mem_ctx,
			"TCP %s is in use by another program ('ss -ltnp' "
			"tells which)",
			at);
	case EACCES:
		return talloc_asprintf(
			mem_ctx,
			"TCP %s: a port below 1024 needs root or "
			"CAP_NET_BIND_SERVICE",
			at);
	default:
		return talloc_asprintf(mem_ctx, "cannot listen on TCP %s: %s",
				       at, strerror(err));
	}
}

static void tcp_counts(void *state, unsigned *connections, unsigned *handshakes)
{
	struct tcp_listener *l =
		talloc_get_type_abort(state, struct tcp_listener);

	*connections = l->count;
	*handshakes = 0;
}

static int tcp_listen(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		      const struct transport_listen *p,
		      struct transport_listener **out, char **why)
{
	struct sockaddr_storage bound = {0};
	socklen_t len = sizeof(bound);
	struct tcp_listener *l = talloc_zero(mem_ctx, struct tcp_listener);
	int err = 0;

	if (l == NULL) {
		if (p->fd != 0) {
			close(p->fd);
		}
		return ENOMEM;
	}
	l->fd = -1;
	talloc_set_destructor(l, tcp_listener_destructor);
	err = tcp_bind(l, p);
	if (err != 0) {
		*why = tcp_listen_why(mem_ctx, err, p->addr);
		talloc_free(l);
		return err;
	}
	l->ev = ev;
	l->parent = mem_ctx;
	l->accept = p->accept;
	l->private_data = p->private_data;
	l->tally = p->tally;
	if (p->settings != NULL) {
		l->settings = *p->settings;
	} else {
		transport_settings_default(&l->settings);
	}
	getsockname(l->fd, (struct sockaddr *)&bound, &len);
	l->fde = tevent_add_fd(ev, l, l->fd, TEVENT_FD_READ, tcp_accept_event,
			       l);
	if (l->fde != NULL) {
		*out = transport_listener_new(
			mem_ctx, l, (struct sockaddr *)&bound, len, tcp_counts);
	}
	if (*out == NULL) {
		talloc_free(l);
		return ENOMEM;
	}
	return 0;
}

/* --- the row -----------------------------------------------------------------
 */

const struct transport_backend transport_tcp = {
	.name = "tcp",
	.default_port = 445,
	.secure = false,
	.help = "direct TCP; protection comes from SMB signing or encryption",
	.usable = tcp_usable,
	.connect_send = tcp_connect_send,
	.connect_recv = tcp_connect_recv,
	.listen = tcp_listen,
	.read_send = tcp_stream_read_send,
	.read_recv = tcp_stream_read_recv,
	.write_send = tcp_stream_write_send,
	.write_recv = tcp_stream_simple_recv,
	.shutdown_send = tcp_stream_shutdown_send,
	.shutdown_recv = tcp_stream_simple_recv,
	.finish = tcp_stream_finish,
	.stats = tcp_stream_stats,
	.error = tcp_stream_error,
};
