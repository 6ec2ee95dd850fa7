/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_detour.c - a client's way that has gone dead without a word from the
 * kernel: addresses and routes are as they were, and nothing comes back. When
 * this machine has another address, the connection tries from there (RFC 9000
 * 9), and from the next when that is no better.
 */
#define LOG_MODULE "quic"
#include <ifaddrs.h>
#include <string.h>

#include "smbquic/log.h"
#include "smbquic/quic_conn_private.h"
#include "smbquic/quic_endpoint_private.h"

/* Longer than a change of the route takes, shorter than people wait. */
#define PATIENCE       (3 * NGTCP2_SECONDS)
#define MOST_DOUBLINGS 8

static bool same_host(const union udp_address *a, const union udp_address *b)
{
	if (a->sa.sa_family == AF_INET) {
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	}
	return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr,
		      sizeof(a->in6.sin6_addr)) == 0;
}

static bool is_way(const struct ifaddrs *i, const union udp_address *now,
		   struct quic_way *out)
{
	const unsigned up = IFF_UP | IFF_RUNNING;

	if (i->ifa_addr == NULL ||
	    i->ifa_addr->sa_family != now->sa.sa_family ||
	    (i->ifa_flags & up) != up || (i->ifa_flags & IFF_LOOPBACK) != 0 ||
	    !udp_address_set(&out->from, i->ifa_addr, udp_address_len(now))) {
		return false;
	}
	strncpy(out->device, i->ifa_name, sizeof(out->device) - 1);
	out->device[sizeof(out->device) - 1] = '\0';
	return !same_host(&out->from, now) &&
	       (now->sa.sa_family == AF_INET ||
		!IN6_IS_ADDR_LINKLOCAL(&out->from.in6.sin6_addr));
}

bool quic_detour_next(const struct ifaddrs *all, const union udp_address *now,
		      unsigned *turn, struct quic_way *out)
{
	const struct ifaddrs *i = NULL;
	struct quic_way way = {0};
	unsigned count = 0;
	unsigned chosen = 0;

	for (i = all; i != NULL; i = i->ifa_next) {
		count += is_way(i, now, &way);
	}
	if (count == 0) {
		return false;
	}
	chosen = (*turn)++ % count;
	for (i = all; i != NULL; i = i->ifa_next) {
		if (is_way(i, now, &way) && chosen-- == 0) {
			*out = way;
			return true;
		}
	}
	return false;
}

/* @return false: there is nothing to try. */
static bool try_next(struct quic_endpoint *e, struct quic_slot *s)
{
	struct ifaddrs *all = NULL;
	struct quic_way way;
	bool found = false;

	if (getifaddrs(&all) != 0) {
		return false;
	}
	found = quic_detour_next(all, udp_local(e->socket), &e->detour.turn,
				 &way);
	freeifaddrs(all);
	if (!found) {
		return false;
	}
	log_info("%s: nothing comes back: trying from %s (%s)",
		 transport_address_string(&s->peer.sa),
		 transport_address_string(&way.from.sa), way.device);
	return quic_roam_move(e, s, &way) == 0;
}

/*
 * Not every address leads to the internet, and each move costs one of the few
 * connection ids that the server gave: so between two that are tried it waits
 * where the routes lead, and longer each time.
 */
static quic_time patience(const struct quic_detour *d)
{
	return d->away ? PATIENCE : PATIENCE << d->tries;
}

/* ngtcp2 asks again and again for what is owed, so there are turns. */
void quic_detour_look(struct quic_endpoint *e, struct quic_slot *s,
		      quic_time now)
{
	struct quic_detour *d = &e->detour;
	bool owed = false;
	uint64_t heard = quic_conn_heard(s->conn, &owed);

	/* nobody looks while there is nothing to wait for */
	if (heard != d->heard || !owed || !d->owed ||
	    !quic_conn_may_migrate(s->conn)) {
		d->heard = heard;
		d->owed = owed;
		d->since = now;
		d->tries = 0;
		d->away = false;
		return;
	}
	if (now - d->since < patience(d)) {
		return;
	}
	d->since = now;
	if (d->away) {
		quic_roam_move(e, s, NULL);
		d->away = false;
		return;
	}
	d->away = try_next(e, s);
	d->tries += d->tries < MOST_DOUBLINGS;
}
