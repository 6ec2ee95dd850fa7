/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * strikes.h - failed logons by the address that they come from, in a table of
 * bounded size: who guesses passwords over many connections is refused for a
 * while before his next guess is looked at.
 *
 * A bucket for each address (of IPv6, for each /64) holds its failures and
 * leaks, so that `limit` of them in `window_ms` fill it. When the table is full
 * the address that was heard of longest ago is forgotten.
 */
#ifndef SERVER_STRIKES_H
#define SERVER_STRIKES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <talloc.h>

#define STRIKES_MAX 1024 /**< addresses */

/** A talloc object. */
struct strikes;

struct strikes *strikes_new(TALLOC_CTX *mem_ctx);

/** A failure. now_ms of a clock that only goes forward. */
void strikes_add(struct strikes *s, const struct sockaddr *from, unsigned limit,
		 uint64_t window_ms, uint64_t now_ms);
/** Whether the bucket is full. limit 0: never. */
bool strikes_out(struct strikes *s, const struct sockaddr *from, unsigned limit,
		 uint64_t window_ms, uint64_t now_ms);

#endif
