/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nat.h - a home router between the client and the link, which can be made to
 * forget.
 *
 * Every port of the client has a port outside; after nat_rebind() it is
 * another one, and what still comes to the old one is dropped, as by a router
 * that was switched off and on. nat_move() changes the IPv4 address outside
 * as well. Until one of them is called, packets pass as they are.
 *
 * nat_forget() is a firewall that has lost what it knew and says nothing of
 * it: what belongs to ports of the client that have spoken before is dropped
 * from then on, in both directions; new ones pass.
 */
#ifndef LINKEMU_NAT_H
#define LINKEMU_NAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

struct nat {
	uint16_t mask;			/* xor of ports inside and outside */
	bool moved;			/* outside is set */
	struct in_addr inside, outside; /* the client's address */
	bool knows_inside;
	uint8_t seen[65536 / 8];      /* ports inside that spoke since then */
	uint8_t known[65536 / 8];     /* that ever spoke */
	uint8_t forgotten[65536 / 8]; /* nat_forget() */
};

/** New ports for everyone. */
void nat_rebind(struct nat *n);
/** New ports, and this address from now on. */
void nat_move(struct nat *n, struct in_addr outside);

/** Nothing that was passes any longer. */
void nat_forget(struct nat *n);

/** A packet from the client, changed in place. @return false: drop it. */
bool nat_out(struct nat *n, uint8_t *data, size_t len);
/** A packet to the client, changed in place. @return false: drop it. */
bool nat_in(struct nat *n, uint8_t *data, size_t len);

#endif
