/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blocked.h - where UDP does not get through, remembered for a while (visit.h),
 * so that not every connection waits for an answer that will not come.
 *
 * One packet that is lost is not enough: UDP counts as blocked when it was
 * silent twice in a row, or through several packets while somebody listened on
 * (blocked_watch()). Any answer clears it.
 *
 * What is remembered holds for one server, seen from one network (the local
 * address that leads there): whoever goes elsewhere tries anew.
 */
#ifndef SMBQUIC_BLOCKED_H
#define SMBQUIC_BLOCKED_H

#include <stdbool.h>
#include <sys/socket.h>
#include <talloc.h>
#include <tevent.h>

#define BLOCKED_SECONDS 300
/** QUIC sends its first packet at 0, 1 and 3 s (RFC 9002 6.2.2); this is enough
 *  for three of them, and an answer to the last. */
#define BLOCKED_WATCH_MS 4500

/** @param visits_file  NULL: nothing is known.
 *  @param addr         of the server, with the UDP port. */
bool blocked_known(const char *visits_file, const char *host,
		   const struct sockaddr *addr);
/** There was no answer. @param sure  to several packets, not just to one. */
void blocked_note(const char *visits_file, const char *host,
		  const struct sockaddr *addr, bool sure);
/**
 * Listen on for an answer that did not come in time, and take a note of how
 * that ends.
 *
 * @param mem_ctx  as long as that lives.
 * @param req      of transport_connect_send(); taken over.
 */
void blocked_watch(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
		   const char *visits_file, const char *host,
		   const struct sockaddr *addr, struct tevent_req *req);
/** It does get through. */
void blocked_forget(const char *visits_file, const char *host,
		    const struct sockaddr *addr);

#endif
