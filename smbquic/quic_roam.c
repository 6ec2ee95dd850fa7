/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_roam.c - a client's endpoint goes on from another local address (RFC
 * 9000 9): when it is asked to, and when the kernel says that addresses or
 * routes have changed and the server would now be reached from another one.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "smbquic/log.h"
#include "smbquic/alarm.h"
#include "smbquic/quic_conn_private.h"
#include "smbquic/quic_endpoint_private.h"

/* Changes come in swarms: a new network means an address, routes, rules. */
#define SETTLE_MS 50

/* What the kernel tells of changes is not read, only noticed. */
#define NEWS_MAX 8192

struct quic_roam {
	struct quic_endpoint *endpoint;
	int fd;
	struct tevent_fd *fde;
	struct alarm *timer;
};

/* --- the move ------------------------------------------------------------ */

static struct quic_slot *only_slot(struct quic_endpoint *e)
{
	struct quic_slot *s = e->server ? NULL : e->slots.first;

	return s == NULL || s->over || s->conn == NULL ? NULL : s;
}

static int open_way(struct quic_endpoint *e, const struct quic_slot *s,
		    const struct quic_way *way, struct udp_socket **out,
		    char **why)
{
	socklen_t len = udp_address_len(&s->peer);

	if (way == NULL) {
		return udp_connect(e, &s->peer.sa, len, out, why);
	}
	return udp_connect_from(e, &way->from, way->device, &s->peer.sa, len,
				out, why);
}

int quic_roam_move(struct quic_endpoint *e, struct quic_slot *s,
		   const struct quic_way *way)
{
	struct udp_socket *fresh = NULL;
	char *why = NULL;
	int err = 0;

	if (!quic_conn_may_migrate(s->conn)) {
		return EAGAIN;
	}
	err = open_way(e, s, way, &fresh, &why);
	if (err != 0) {
		log_debug("%s", why != NULL ? why : strerror(err));
		talloc_free(why);
		return err;
	}
	if (!quic_conn_migrate(s->conn, udp_local(fresh), &s->peer)) {
		talloc_free(fresh);
		return ENOTSUP;
	}
	log_info("%s: going on from %s instead of %s",
		 transport_address_string(&s->peer.sa),
		 transport_address_string(&udp_local(fresh)->sa),
		 transport_address_string(&udp_local(e->socket)->sa));
	quic_endpoint_replace_socket(e, fresh);
	return 0;
}

int quic_endpoint_migrate(struct quic_conn *c)
{
	struct quic_slot *s = c->where;

	if (c->over || s->endpoint->server) {
		return ENOTSUP;
	}
	return quic_roam_move(s->endpoint, s, NULL);
}

/* --- when the kernel has news -------------------------------------------- */

static bool same_host(const union udp_address *a, const union udp_address *b)
{
	if (a->sa.sa_family != b->sa.sa_family) {
		return false;
	}
	if (a->sa.sa_family == AF_INET) {
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	}
	return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr,
		      sizeof(a->in6.sin6_addr)) == 0;
}

bool quic_roam_wanted(const union udp_address *local,
		      const union udp_address *peer)
{
	union udp_address now = {0};
	socklen_t len = sizeof(now);
	bool known = false;
	int fd = socket(peer->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1) {
		return false;
	}
	known = connect(fd, &peer->sa, udp_address_len(peer)) == 0 &&
		getsockname(fd, &now.sa, &len) == 0;
	close(fd);
	return known && !same_host(&now, local);
}

static void look_round(void *private_data)
{
	struct quic_roam *r = private_data;
	struct quic_slot *s = only_slot(r->endpoint);

	r->timer = NULL;
	if (s != NULL &&
	    quic_roam_wanted(udp_local(r->endpoint->socket), &s->peer)) {
		quic_roam_move(r->endpoint, s, NULL);
	}
}

static void news(struct tevent_context *ev, struct tevent_fd *fde,
		 uint16_t flags, void *private_data)
{
	struct quic_roam *r = private_data;
	uint8_t buf[NEWS_MAX];

	(void)fde;
	(void)flags;
	/* Also when some were lost (ENOBUFS): something has changed. */
	while (recv(r->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0) {
	}
	if (r->timer == NULL) {
		r->timer = alarm_add(ev, r, SETTLE_MS, look_round, r);
	}
}

static int quic_roam_destructor(struct quic_roam *r)
{
	TALLOC_FREE(r->fde);
	close(r->fd);
	return 0;
}

/* Where the kernel tells nothing, a client moves only when asked to. */
void quic_roam_watch(struct quic_endpoint *e)
{
	struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	struct quic_roam *r = NULL;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_ROUTE);

	if (fd == -1) {
		return;
	}
	r = talloc_zero(e, struct quic_roam);
	if (r == NULL ||
	    bind(fd, (struct sockaddr *)&groups, sizeof(groups)) != 0) {
		close(fd);
		talloc_free(r);
		return;
	}
	r->endpoint = e;
	r->fd = fd;
	r->fde = tevent_add_fd(e->ev, r, fd, TEVENT_FD_READ, news, r);
	talloc_set_destructor(r, quic_roam_destructor);
	e->roam = r;
}
