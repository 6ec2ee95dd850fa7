/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet.h - IPv4 and IPv6 packets with UDP or TCP inside: what a link and a
 * NAT change in them. Checksums follow every change.
 */
#ifndef LINKEMU_PACKET_H
#define LINKEMU_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where things are in a packet; offsets from its begin. */
struct packet {
	uint8_t *data;
	size_t len;
	unsigned family;    /**< 4 or 6 */
	unsigned protocol;  /**< IPPROTO_UDP or IPPROTO_TCP */
	size_t source;	    /**< of the source address */
	size_t destination; /**< of the destination address */
	size_t address_len; /**< 4 or 16 */
	size_t ports;	    /**< source port, then destination port */
	size_t checksum;    /**< of UDP or TCP */
	size_t payload;
};

/** @return false: neither UDP nor TCP, a fragment, extension headers, or too
 *          short for what it says. */
bool packet_parse(uint8_t *data, size_t len, struct packet *out);

/** Overwrite 2, 4, ... 16 bytes at an even offset of addresses or ports. */
void packet_rewrite(struct packet *p, size_t at, const uint8_t *bytes,
		    size_t len);

/**
 * The lengths in its headers become those of its data.
 *
 * @param number  what is added to IPv4's identification.
 */
void packet_resize(struct packet *p, uint16_t number);

/** The checksum of UDP or TCP, afresh. */
void packet_finish(struct packet *p);

/** Only what it says of the addresses, the protocol and the length, as the
 * kernel wants it where it has to finish the sum itself. */
void packet_begin_checksum(struct packet *p);

uint16_t packet_port(const struct packet *p, bool destination);

/**
 * Flip one bit of the payload. A UDP checksum is made to fit again, so that
 * the damage reaches the program behind the socket; TCP's is not, and the
 * packet counts as lost there.
 *
 * @param where  any number: chooses the bit.
 * @return false: there is no payload.
 */
bool packet_corrupt(uint8_t *data, size_t len, uint64_t where);

#endif
