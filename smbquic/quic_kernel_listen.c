/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_kernel_listen.c - who comes to a listening socket of the kernel's. What
 * accept() brings is a stranger with one packet: its handshake is ours to do,
 * to bound in time, and to count.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smbquic/alarm.h"
#include "smbquic/list.h"
#include "smbquic/log.h"
#include "smbquic/quic_kernel_private.h"
#include "smbquic/source.h"

#define BACKLOG		128
#define ACCEPT_AT_ONCE	16
#define ACCEPT_PAUSE_MS 500

/* --- listen ----------------------------------------------------------------
 */

/* A connection that was accepted, as the limits see it. */
struct guest {
	struct guest *prev, *next;
	struct quic_kernel_listener *listener; /* NULL when that is gone */
	union udp_address address;
	bool shaking; /* its handshake is not over */
};

struct quic_kernel_listener {
	int fd;
	TALLOC_CTX *parent; /* of accepted transports */
	struct tevent_context *ev;
	struct tevent_fd *fde;
	struct transport_settings settings;
	const struct tls_server_policy *tls;
	struct transport_tally *tally; /* NULL: nobody counts */
	transport_accept_fn accept;
	void *private_data;
	struct guest *guests;
	unsigned connections, handshakes;
	bool validating;	     /* Retry is on, and stays on */
	struct quic_secrets secrets; /* of these the tickets' */
};

static void guest_settled(struct guest *g)
{
	if (g->shaking && g->listener != NULL) {
		g->listener->handshakes--;
	}
	g->shaking = false;
}

/* The connection goes. */
static void guest_gone(void *private_data)
{
	struct guest *g = talloc_get_type_abort(private_data, struct guest);
	struct quic_kernel_listener *l = g->listener;

	guest_settled(g);
	if (l != NULL) {
		LIST_REMOVE(l->guests, g);
		l->connections--;
	}
	talloc_free(g);
}

static bool guest_new(struct quic_kernel_listener *l, struct quic_kernel *k,
		      const union udp_address *address)
{
	struct guest *g = talloc_zero(NULL, struct guest);

	if (g == NULL) {
		return false;
	}
	g->listener = l;
	g->address = *address;
	g->shaking = true;
	LIST_ADD(l->guests, g);
	l->connections++;
	l->handshakes++;
	k->on_close = guest_gone;
	k->on_close_data = g;
	return true;
}

/* Even addresses that were proven cannot fill the memory with handshakes. */
#define HANDSHAKES_AT_MOST 4

static const char *over_limit(const struct quic_kernel_listener *l,
			      const union udp_address *peer)
{
	const struct transport_settings *s = &l->settings;
	unsigned handshakes = s->retry == TRANSPORT_RETRY_NEVER
				      ? s->max_handshakes
				      : HANDSHAKES_AT_MOST * s->max_handshakes;
	const struct guest *g = NULL;
	unsigned same = 0;

	if (s->max_connections != 0 && l->connections >= s->max_connections) {
		return transport_refuse(l->tally, TRANSPORT_REFUSED_MANY);
	}
	if (handshakes != 0 && l->handshakes >= handshakes) {
		return transport_refuse(l->tally, TRANSPORT_REFUSED_HANDSHAKES);
	}
	if (s->max_connections_per_source == 0) {
		return NULL;
	}
	for (g = l->guests; g != NULL; g = g->next) {
		same += source_same(&g->address.sa, &peer->sa);
	}
	return same >= s->max_connections_per_source
		       ? transport_refuse(l->tally,
					  TRANSPORT_REFUSED_MANY_FROM_THERE)
		       : NULL;
}

/* Many handshakes in flight: from now on addresses have to be proven. */
static void validate_addresses(struct quic_kernel_listener *l)
{
	struct qk_config c = qk_configuration(&l->settings, true);

	c.validate_addresses = true;
	if (qk_configure(l->fd, &c) == 0) {
		l->validating = true;
		log_notice("many QUIC handshakes at once: clients have to "
			   "prove their address (Retry) from now on");
	}
}

static void accepted(void *private_data, struct quic_kernel *k, int err)
{
	struct guest *g = talloc_get_type_abort(private_data, struct guest);
	struct quic_kernel_listener *l = g->listener;
	struct transport *t = NULL;

	guest_settled(g);
	if (err != 0) {
		quic_error_count(l != NULL ? l->tally : NULL, &k->end);
		log_notice("%s: no connection: %s", k->peer.address,
			   k->end.why != NULL ? k->end.why : strerror(err));
		talloc_free(k);
		return;
	}
	if (l != NULL) {
		t = qk_transport(l->parent, k);
	}
	if (t == NULL) {
		talloc_free(k);
		return;
	}
	l->accept(t, l->private_data);
}

static void welcome(struct quic_kernel_listener *l, int fd,
		    const union udp_address *peer)
{
	struct quic_kernel *k =
		qk_conn_new(l, l->ev, fd, &l->settings, true, &peer->sa);

	if (k == NULL) {
		return;
	}
	k->tls = quic_tls_server(k, l->tls, k->peer.address,
				 l->settings.keylog_file, l->secrets.ticket,
				 NULL);
	if (k->tls == NULL || !guest_new(l, k, peer) ||
	    !qk_handshake_start(k, accepted, k->on_close_data)) {
		log_error("out of memory: a connection is refused");
		talloc_free(k);
		return;
	}
	if (!l->validating && l->settings.retry == TRANSPORT_RETRY_AUTO &&
	    l->handshakes >= l->settings.max_handshakes) {
		validate_addresses(l);
	}
}

static void accept_resume(void *private_data)
{
	struct quic_kernel_listener *l = talloc_get_type_abort(
		private_data, struct quic_kernel_listener);

	TEVENT_FD_READABLE(l->fde);
}

/* Out of descriptors or memory: the queue stays, so look away for a while. */
static void accept_pause(struct quic_kernel_listener *l, int err)
{
	log_warn("cannot accept a QUIC connection: %s; trying again shortly",
		 strerror(err));
	if (alarm_add(l->ev, l, ACCEPT_PAUSE_MS, accept_resume, l) != NULL) {
		TEVENT_FD_NOT_READABLE(l->fde);
	}
}

/* @return false: none is there now. */
static bool accept_one(struct quic_kernel_listener *l)
{
	union udp_address peer = {.sa.sa_family = AF_UNSPEC};
	socklen_t len = sizeof(peer);
	const char *limit = NULL;
	int fd = accept4(l->fd, &peer.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			accept_pause(l, errno);
		}
		return false;
	}
	limit = over_limit(l, &peer);
	if (limit != NULL) {
		log_notice("refused a QUIC connection from %s: %s reached",
			   transport_address_string(&peer.sa), limit);
		qk_close(fd, NGTCP2_CONNECTION_REFUSED, limit);
		close(fd);
		return true;
	}
	welcome(l, fd, &peer);
	return true;
}

static void accept_event(struct tevent_context *ev, struct tevent_fd *fde,
			 uint16_t flags, void *private_data)
{
	struct quic_kernel_listener *l = talloc_get_type_abort(
		private_data, struct quic_kernel_listener);

	(void)ev;
	(void)fde;
	(void)flags;
	for (unsigned i = 0; i < ACCEPT_AT_ONCE && accept_one(l); i++) {
	}
}

static int listener_destructor(struct quic_kernel_listener *l)
{
	for (struct guest *g = l->guests; g != NULL; g = g->next) {
		g->listener = NULL;
	}
	TALLOC_FREE(l->fde);
	if (l->fd != -1) {
		close(l->fd);
	}
	return 0;
}

/* What an accepted socket inherits comes before listen(). */
static int bind_listener(struct quic_kernel_listener *l,
			 const struct transport_listen *p)
{
	const struct qk_config c = qk_configuration(&l->settings, true);
	int one = 1;
	int err = 0;

	l->fd = qk_socket(p->addr->sa_family);
	if (l->fd == -1) {
		return errno;
	}
	if (p->addr->sa_family == AF_INET6) {
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	}
	err = qk_configure(l->fd, &c);
	if (err == 0) {
		err = qk_set_alpn(l->fd, TLS_ALPN_SMB);
	}
	if (err == 0 && (bind(l->fd, p->addr, p->addr_len) != 0 ||
			 listen(l->fd, BACKLOG) != 0)) {
		err = errno;
	}
	l->validating = c.validate_addresses;
	return err;
}

static char *listen_why(TALLOC_CTX *mem_ctx, int err,
			const struct sockaddr *addr)
{
	const char *at = transport_address_string(addr);

	switch (err) {
	case EADDRINUSE:
		return talloc_asprintf(
			mem_ctx,
			"%s/udp is in use by another program ('ss -lnup' "
			"tells which)",
			at);
	case EACCES:
		return talloc_asprintf(mem_ctx,
				       "%s/udp: a port below 1024 needs root "
				       "or CAP_NET_BIND_SERVICE",
				       at);
	case ENOTSUP:
		return talloc_asprintf(mem_ctx,
				       "%s/udp: the kernel's QUIC socket "
				       "cannot take over a passed descriptor",
				       at);
	default:
		return talloc_asprintf(mem_ctx,
				       "cannot listen on %s/udp by the "
				       "kernel's QUIC: %s",
				       at, strerror(err));
	}
}

static void quic_kernel_counts(void *state, unsigned *connections,
			       unsigned *handshakes)
{
	struct quic_kernel_listener *l =
		talloc_get_type_abort(state, struct quic_kernel_listener);

	*connections = l->connections;
	*handshakes = l->handshakes;
}

static struct quic_kernel_listener *listener_new(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	const struct transport_listen *p)
{
	struct quic_kernel_listener *l =
		talloc_zero(mem_ctx, struct quic_kernel_listener);

	if (l == NULL) {
		return NULL;
	}
	l->fd = -1;
	l->parent = mem_ctx;
	l->ev = ev;
	l->tls = p->tls;
	l->tally = p->tally;
	l->accept = p->accept;
	l->private_data = p->private_data;
	if (p->settings != NULL) {
		l->settings = *p->settings;
	} else {
		transport_settings_default(&l->settings);
	}
	talloc_set_destructor(l, listener_destructor);
	return l;
}

int qk_listen(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	      const struct transport_listen *p, struct transport_listener **out,
	      char **why)
{
	union udp_address bound;
	socklen_t len = sizeof(bound);
	struct quic_kernel_listener *l = NULL;
	int err = ENOTSUP;

	if (p->fd != 0) {
		close(p->fd);
		*why = listen_why(mem_ctx, err, p->addr);
		return err;
	}
	l = listener_new(mem_ctx, ev, p);
	if (l == NULL) {
		return ENOMEM;
	}
	err = bind_listener(l, p);
	if (err != 0) {
		*why = listen_why(mem_ctx, err, p->addr);
		talloc_free(l);
		return err;
	}
	getsockname(l->fd, &bound.sa, &len);
	if (!quic_secrets_derive(&l->secrets, p->secret, &bound)) {
		talloc_free(l);
		return ENOMEM;
	}
	l->fde = tevent_add_fd(ev, l, l->fd, TEVENT_FD_READ, accept_event, l);
	if (l->fde != NULL) {
		*out = transport_listener_new(mem_ctx, l, &bound.sa, len,
					      quic_kernel_counts);
	}
	if (*out == NULL) {
		talloc_free(l);
		return ENOMEM;
	}
	return 0;
}
