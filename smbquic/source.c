/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source.c - who counts as one.
 */
#include <string.h>
#include <netinet/in.h>

#include "smbquic/source.h"

#define MAPPED_AT 12 /* where an IPv6 address has the IPv4 one */

size_t source_key(const struct sockaddr *addr, uint8_t out[SOURCE_KEY_MAX])
{
	const struct sockaddr_in *in =
		(const struct sockaddr_in *)(const void *)addr;
	const struct sockaddr_in6 *in6 =
		(const struct sockaddr_in6 *)(const void *)addr;

	if (addr->sa_family == AF_INET) {
		memcpy(out, &in->sin_addr, sizeof(in->sin_addr));
		return sizeof(in->sin_addr);
	}
	if (addr->sa_family != AF_INET6) {
		return 0;
	}
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(out, in6->sin6_addr.s6_addr + MAPPED_AT,
		       sizeof(struct in_addr));
		return sizeof(struct in_addr);
	}
	memcpy(out, in6->sin6_addr.s6_addr, SOURCE_KEY_MAX);
	return SOURCE_KEY_MAX;
}

bool source_same(const struct sockaddr *a, const struct sockaddr *b)
{
	uint8_t x[SOURCE_KEY_MAX];
	uint8_t y[SOURCE_KEY_MAX];
	size_t len = source_key(a, x);

	return len > 0 && len == source_key(b, y) && memcmp(x, y, len) == 0;
}
