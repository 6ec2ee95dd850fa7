/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * visit.h - what a client remembers of the servers it has been to, so that the
 * next visit is quicker: TLS sessions, address tokens, and where UDP does not
 * get through.
 *
 * One file of mode 0600, a line for each memory, replaced whole under a lock.
 * It holds secrets: a file that others may read, or that belongs to somebody
 * else, counts as empty. Lines that are damaged or out of date are dropped.
 * Calls block, for a small local file's time.
 */
#ifndef SMBQUIC_VISIT_H
#define SMBQUIC_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <talloc.h>

#define VISIT_DATA_MAX 16384u /* bytes of one memory */
#define VISIT_MEMORIES 200u   /* in the file; then the oldest go */

struct visit_key {
	const char *kind; /**< "session", "blocked": one word */
	const char *host; /**< as typed; case does not matter */
	unsigned port;
	const char *policy; /**< one word; what it depends on besides */
};

/**
 * @param path  NULL: nothing is remembered.
 * @param len   out.
 * @return child of mem_ctx (never NULL for what is there, even when it is
 *         empty); NULL: there is no such memory.
 */
uint8_t *visit_get(TALLOC_CTX *mem_ctx, const char *path,
		   const struct visit_key *key, time_t now, size_t *len);
/** Likewise, and forget it: sessions (with tokens) are for one use (RFC 8446
 *  C.4, RFC 9000 8.1.3). */
uint8_t *visit_take(TALLOC_CTX *mem_ctx, const char *path,
		    const struct visit_key *key, time_t now, size_t *len);
/**
 * Remember until expires. What was known under that key goes.
 *
 * @return 0, EMSGSIZE, or what savefile_write() says.
 */
int visit_put(const char *path, const struct visit_key *key, time_t now,
	      time_t expires, const uint8_t *data, size_t len);
/** @return 0, also when there is nothing to forget. */
int visit_forget(const char *path, const struct visit_key *key, time_t now);

#endif
