/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tally.h - how many of something each name has, and no more than so many.
 */
#ifndef SERVER_TALLY_H
#define SERVER_TALLY_H

#include <talloc.h>

struct tally;
struct tally_mark;

/** @param max  for each name. @return NULL: no memory. */
struct tally *tally_new(TALLOC_CTX *mem_ctx, unsigned max);

/** One more for that name (copied when it is its first), until the mark is
 *  freed, or the tally. @return child of mem_ctx, which must not be the tally;
 *  NULL: it has as many as it may have, or no memory. */
struct tally_mark *tally_take(struct tally *tally, TALLOC_CTX *mem_ctx,
			      const char *name);

/** How many it has. */
unsigned tally_count(const struct tally *tally, const char *name);

#endif
