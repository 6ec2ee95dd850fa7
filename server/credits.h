/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * credits.h - which message ids a client may use (MS-SMB2 3.3.1.1, 3.3.1.2).
 *
 * The window reaches from the lowest id not yet used to the highest one
 * granted. A client that leaves an id unused cannot move the window on for
 * ever: its span is bounded, too.
 */
#ifndef SERVER_CREDITS_H
#define SERVER_CREDITS_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

struct credits;

/** Begins with the one id 0. @param max  most credits a client may hold. */
struct credits *credits_new(TALLOC_CTX *mem_ctx, unsigned max);

/**
 * Use count (1..) ids from first on.
 * @return false: one is not in the window or was used; nothing has changed.
 */
bool credits_take(struct credits *credits, uint64_t first, unsigned count);

/**
 * Grant ids to a client that asks for `wanted`; a client that holds none gets
 * at least one.
 * @return how many were granted.
 */
uint16_t credits_grant(struct credits *credits, unsigned wanted);

/** How many the client holds now. */
unsigned credits_held(const struct credits *credits);

#endif
