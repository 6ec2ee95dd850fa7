/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/hosts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* An address as bytes: 4 or 16 of them. */
struct bytes {
	uint8_t b[16];
	unsigned len;
};

static void bytes_of(const struct sockaddr *addr, struct bytes *out)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;

	*out = (struct bytes){0};
	if (addr->sa_family == AF_INET) {
		out->len = 4;
		memcpy(out->b, &in->sin_addr, 4);
	} else if (addr->sa_family == AF_INET6 &&
		   IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		out->len = 4;
		memcpy(out->b, in6->sin6_addr.s6_addr + 12, 4);
	} else if (addr->sa_family == AF_INET6) {
		out->len = 16;
		memcpy(out->b, &in6->sin6_addr, 16);
	}
}

static bool bytes_parse(const char *text, struct bytes *out)
{
	*out = (struct bytes){0};
	if (inet_pton(AF_INET, text, out->b) == 1) {
		out->len = 4;
		return true;
	}
	if (inet_pton(AF_INET6, text, out->b) == 1) {
		out->len = 16;
		return true;
	}
	return false;
}

/* "24" or "255.255.255.0" as a mask for an address of that length. */
static bool mask_parse(const char *text, unsigned len, struct bytes *out)
{
	char *end = NULL;
	unsigned long bits = 0;

	if (len == 4 && strchr(text, '.') != NULL) {
		return bytes_parse(text, out) && out->len == 4;
	}
	bits = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || bits > 8 * (unsigned long)len) {
		return false;
	}
	*out = (struct bytes){.len = len};
	for (unsigned i = 0; i < bits; i++) {
		out->b[i / 8] |= (uint8_t)(0x80 >> (i % 8));
	}
	return true;
}

/* "192.0.2." : its numbers, as an address and a mask. */
static bool prefix_parse(const char *text, struct bytes *net,
			 struct bytes *mask)
{
	const char *p = text;

	*net = (struct bytes){.len = 4};
	*mask = (struct bytes){.len = 4};
	for (unsigned i = 0; i < 3 && *p != '\0'; i++) {
		char *end = NULL;
		unsigned long n = strtoul(p, &end, 10);

		if (end == p || *end != '.' || n > 255) {
			return false;
		}
		net->b[i] = (uint8_t)n;
		mask->b[i] = 0xFF;
		p = end + 1;
	}
	return *p == '\0' && p != text;
}

static bool entry_parse(const char *entry, struct bytes *net,
			struct bytes *mask)
{
	const char *slash = strchr(entry, '/');
	char address[INET6_ADDRSTRLEN + 1] = "";

	if (slash == NULL) {
		if (prefix_parse(entry, net, mask)) {
			return true;
		}
		if (!bytes_parse(entry, net)) {
			return false;
		}
		memset(mask->b, 0xFF, sizeof(mask->b));
		mask->len = net->len;
		return true;
	}
	if ((size_t)(slash - entry) >= sizeof(address)) {
		return false;
	}
	memcpy(address, entry, (size_t)(slash - entry));
	return bytes_parse(address, net) &&
	       mask_parse(slash + 1, net->len, mask);
}

static bool entry_matches(const char *entry, const struct bytes *who)
{
	struct bytes net = {0};
	struct bytes mask = {0};

	if (strcasecmp(entry, "ALL") == 0) {
		return true;
	}
	if (!entry_parse(entry, &net, &mask) || net.len != who->len) {
		return false;
	}
	for (unsigned i = 0; i < net.len; i++) {
		if ((net.b[i] & mask.b[i]) != (who->b[i] & mask.b[i])) {
			return false;
		}
	}
	return true;
}

static bool match(const char *const *list, const struct bytes *who)
{
	for (size_t i = 0; list[i] != NULL; i++) {
		if (strcasecmp(list[i], "EXCEPT") == 0) {
			return false;
		}
		if (!entry_matches(list[i], who)) {
			continue;
		}
		while (list[i] != NULL && strcasecmp(list[i], "EXCEPT") != 0) {
			i++;
		}
		return list[i] == NULL || !match(list + i + 1, who);
	}
	return false;
}

bool hosts_match(const char *const *list, const struct sockaddr *addr)
{
	struct bytes who = {0};

	bytes_of(addr, &who); /* else only ALL matches it */
	return match(list, &who);
}

static bool is_loopback(const struct sockaddr *addr)
{
	static const char *const here[] = {"127.0.0.0/8", "::1", NULL};

	return hosts_match(here, addr);
}

bool hosts_allowed(const char *const *allow, const char *const *deny,
		   const struct sockaddr *addr)
{
	if (hosts_match(allow, addr)) {
		return true;
	}
	if (hosts_match(deny, addr)) {
		return false;
	}
	return allow[0] == NULL || deny[0] != NULL || is_loopback(addr);
}

const char *hosts_bad_entry(const char *const *list)
{
	struct bytes net = {0};
	struct bytes mask = {0};

	for (size_t i = 0; list[i] != NULL; i++) {
		if (strcasecmp(list[i], "ALL") != 0 &&
		    strcasecmp(list[i], "EXCEPT") != 0 &&
		    !entry_parse(list[i], &net, &mask)) {
			return list[i];
		}
	}
	return NULL;
}
