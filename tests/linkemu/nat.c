/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nat.c - addresses and ports of the client, inside and outside.
 */
#include <string.h>

#include "tests/linkemu/nat.h"
#include "tests/linkemu/packet.h"

#define STEP 0x0155 /* how the mask changes; keeps ports above 1023 there */

static bool active(const struct nat *n)
{
	return n->mask != 0 || n->moved;
}

void nat_rebind(struct nat *n)
{
	n->mask = (uint16_t)((n->mask + STEP) & 0x03ff);
	memset(n->seen, 0, sizeof(n->seen));
}

void nat_move(struct nat *n, struct in_addr outside)
{
	nat_rebind(n);
	n->outside = outside;
	n->moved = true;
}

void nat_forget(struct nat *n)
{
	memcpy(n->forgotten, n->known, sizeof(n->forgotten));
}

static bool has(const uint8_t *ports, uint16_t port)
{
	return (ports[port / 8] & 1u << port % 8) != 0;
}

static void add(uint8_t *ports, uint16_t port)
{
	ports[port / 8] |= (uint8_t)(1u << port % 8);
}

static void set_port(struct packet *p, bool destination, uint16_t port)
{
	uint8_t bytes[2] = {(uint8_t)(port >> 8), (uint8_t)port};

	packet_rewrite(p, p->ports + (destination ? 2 : 0), bytes,
		       sizeof(bytes));
}

bool nat_out(struct nat *n, uint8_t *data, size_t len)
{
	struct packet p;
	uint16_t port = 0;

	if (!packet_parse(data, len, &p)) {
		return true;
	}
	port = packet_port(&p, false);
	add(n->known, port);
	if (has(n->forgotten, port)) {
		return false;
	}
	if (!active(n)) {
		return true;
	}
	add(n->seen, port);
	set_port(&p, false, port ^ n->mask);
	if (n->moved && p.family == 4) {
		memcpy(&n->inside, data + p.source, sizeof(n->inside));
		n->knows_inside = true;
		packet_rewrite(&p, p.source, (const uint8_t *)&n->outside,
			       sizeof(n->outside));
	}
	return true;
}

bool nat_in(struct nat *n, uint8_t *data, size_t len)
{
	struct packet p;
	uint16_t port = 0;

	if (!packet_parse(data, len, &p)) {
		return true;
	}
	port = packet_port(&p, true) ^ n->mask;
	if (has(n->forgotten, port)) {
		return false;
	}
	if (!active(n)) {
		return true;
	}
	if (!has(n->seen, port)) {
		return false;
	}
	if (n->moved && p.family == 4) {
		if (memcmp(data + p.destination, &n->outside,
			   sizeof(n->outside)) != 0 ||
		    !n->knows_inside) {
			return false;
		}
		packet_rewrite(&p, p.destination, (const uint8_t *)&n->inside,
			       sizeof(n->inside));
	}
	set_port(&p, true, port);
	return true;
}
