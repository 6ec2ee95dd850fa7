/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source.h - who counts as one when connections are counted by where they come
 * from: an IPv4 address, or an IPv6 network of 64 bits, which is what one
 * customer has (RFC 6177) and can take any number of addresses of. IPv4 in IPv6
 * (RFC 4291 2.5.5.2) is IPv4.
 */
#ifndef SMBQUIC_SOURCE_H
#define SMBQUIC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define SOURCE_KEY_MAX 8

/** @return how many bytes of out are its key; sources of one family have keys
 *          of one length. 0: it is neither IPv4 nor IPv6. */
size_t source_key(const struct sockaddr *addr, uint8_t out[SOURCE_KEY_MAX]);

bool source_same(const struct sockaddr *a, const struct sockaddr *b);

#endif
