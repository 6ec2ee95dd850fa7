/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resolve.h - names to addresses without stopping the loop: getaddrinfo runs
 * in a thread of its own.
 */
#ifndef SMBQUIC_RESOLVE_H
#define SMBQUIC_RESOLVE_H

#include <stdint.h>
#include <sys/socket.h>
#include <talloc.h>
#include <tevent.h>

/** More addresses of one name than these are not tried. */
#define RESOLVE_MAX_ADDRESSES 16

struct resolve_result {
	unsigned count;
	struct sockaddr_storage addr[RESOLVE_MAX_ADDRESSES]; /* port 0 */
};

/** host: a name, or an address literal (IPv6 with or without brackets). */
struct tevent_req *resolve_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				const char *host);
/**
 * @param out  addresses in the system's order (RFC 6724), count at least 1.
 * @param why  out: on failure a sentence, child of mem_ctx.
 * @return 0; ENOENT the name does not exist; EAGAIN the resolver does not
 *         answer now; other errno.
 */
int resolve_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		 struct resolve_result *out, char **why);

/** Size of an address by its family. */
socklen_t resolve_sockaddr_size(const struct sockaddr_storage *addr);
void resolve_set_port(struct sockaddr_storage *addr, uint16_t port);

#endif
