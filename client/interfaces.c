/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of a server's addresses further connections lead to (MS-SMB2
 * 2.2.32.5, 3.2.5.14.11). */
#include <arpa/inet.h>
#include <string.h>

#include "client/multichannel_private.h"
#include "smbquic/smb2_fsctl.h"

/* Interfaces that are looked at; a server with more is not believed. */
#define LOOKED_AT 64

struct found {
	unsigned count;
	struct smb2_network_interface all[LOOKED_AT];
	const struct smb2_network_interface *peer;
};

static size_t address_size(const struct smb2_network_interface *i)
{
	return i->family == SMB2_SOCKADDR_INET ? 4 : 16;
}

static bool is_peer(const struct smb2_network_interface *i,
		    const struct sockaddr *peer)
{
	const struct sockaddr_in *in =
		(const struct sockaddr_in *)(const void *)peer;
	const struct sockaddr_in6 *in6 =
		(const struct sockaddr_in6 *)(const void *)peer;

	if (peer->sa_family == AF_INET) {
		return i->family == SMB2_SOCKADDR_INET &&
		       memcmp(i->address, &in->sin_addr, 4) == 0;
	}
	return peer->sa_family == AF_INET6 &&
	       i->family == SMB2_SOCKADDR_INET6 &&
	       memcmp(i->address, &in6->sin6_addr, 16) == 0;
}

/* Addresses that lead to one machine, which is not this one. */
static bool leads_somewhere(const struct smb2_network_interface *i)
{
	const uint8_t *a = i->address;
	struct in6_addr in6 = {0};

	if (i->family == SMB2_SOCKADDR_INET) {
		return a[0] != 0 && a[0] != 127 && a[0] < 224 &&
		       !(a[0] == 169 && a[1] == 254);
	}
	memcpy(&in6, a, sizeof(in6));
	return !IN6_IS_ADDR_UNSPECIFIED(&in6) && !IN6_IS_ADDR_LOOPBACK(&in6) &&
	       !IN6_IS_ADDR_MULTICAST(&in6) && !IN6_IS_ADDR_LINKLOCAL(&in6) &&
	       !IN6_IS_ADDR_V4MAPPED(&in6);
}

static bool find(struct wire_slice list, const struct sockaddr *peer,
		 struct found *out)
{
	struct wire_walker walker = smb2_network_interfaces(list);
	struct smb2_network_interface i = {0};
	unsigned peer_at = LOOKED_AT;

	while (smb2_network_interfaces_next(&walker, &i)) {
		if (out->count == LOOKED_AT) {
			return false;
		}
		if (is_peer(&i, peer)) {
			peer_at = out->count;
		}
		out->all[out->count++] = i;
	}
	out->peer = peer_at < LOOKED_AT ? &out->all[peer_at] : NULL;
	return wire_walker_ok(&walker);
}

static void add(struct interfaces *out, uint16_t family, const void *address)
{
	char text[INET6_ADDRSTRLEN] = "";
	unsigned i = 0;

	if (out->count == INTERFACES_MAX ||
	    inet_ntop(family == SMB2_SOCKADDR_INET ? AF_INET : AF_INET6,
		      address, text, sizeof(text)) == NULL) {
		return;
	}
	for (i = 0; i < out->count; i++) {
		if (strcmp(out->address[i], text) == 0) {
			return;
		}
	}
	memcpy(out->address[out->count++], text, sizeof(text));
}

static void add_peer(struct interfaces *out, const struct sockaddr *peer)
{
	const struct sockaddr_in *in =
		(const struct sockaddr_in *)(const void *)peer;
	const struct sockaddr_in6 *in6 =
		(const struct sockaddr_in6 *)(const void *)peer;

	if (peer->sa_family == AF_INET) {
		add(out, SMB2_SOCKADDR_INET, &in->sin_addr);
	} else if (peer->sa_family == AF_INET6 &&
		   !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr)) {
		add(out, SMB2_SOCKADDR_INET6, &in6->sin6_addr);
	}
}

/* Another interface, not much slower, reached by the same protocol. */
static bool is_of_use(const struct smb2_network_interface *i,
		      const struct smb2_network_interface *peer)
{
	bool near = !leads_somewhere(peer);

	return i->if_index != peer->if_index && i->family == peer->family &&
	       memcmp(i->address, peer->address, address_size(i)) != 0 &&
	       i->link_speed >= peer->link_speed / 2 &&
	       (near || leads_somewhere(i));
}

bool interfaces_choose(struct wire_slice list, const struct sockaddr *peer,
		       bool cores, struct interfaces *out)
{
	struct found found = {0};
	unsigned i = 0;

	*out = (struct interfaces){0};
	if (!find(list, peer, &found)) {
		return false;
	}
	for (i = 0; found.peer != NULL && i < found.count; i++) {
		if (is_of_use(&found.all[i], found.peer)) {
			add(out, found.all[i].family, found.all[i].address);
		}
	}
	out->repeat = cores || (found.peer != NULL &&
				(found.peer->capability &
				 SMB2_NETWORK_INTERFACE_RSS_CAPABLE) != 0);
	if (out->repeat) {
		add_peer(out, peer);
	}
	return true;
}
