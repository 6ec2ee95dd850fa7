/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.h - `hosts allow` and `hosts deny`, with Samba's meaning: addresses
 * only, no names (looking one up would let the client choose the answer).
 */
#ifndef SERVER_HOSTS_H
#define SERVER_HOSTS_H

#include <stdbool.h>
#include <sys/socket.h>

/**
 * Is the address in the list? An entry is an address, "192.0.2.0/24",
 * "192.0.2.0/255.255.255.0", "2001:db8::/32", "192.0.2." (what begins so),
 * "ALL", or "EXCEPT" (what follows is taken out of what came before).
 * An IPv4 address that came through an IPv6 socket counts as IPv4; what is no
 * IP address is matched by ALL only.
 */
bool hosts_match(const char *const *list, const struct sockaddr *addr);

/**
 * Both lists: allowed when in `allow`; else refused when in `deny` or when
 * there is only an `allow`. This machine itself is refused by `deny` alone.
 */
bool hosts_allowed(const char *const *allow, const char *const *deny,
		   const struct sockaddr *addr);

/** An entry that can never match, for a warning; NULL: all are good. */
const char *hosts_bad_entry(const char *const *list);

#endif
