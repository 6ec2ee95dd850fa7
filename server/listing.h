/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listing.h - where an open directory's listing has got to (MS-FSA 2.1.5.6.3):
 * the pattern, the entries that were read and not yet sent. One per open.
 */
#ifndef SERVER_LISTING_H
#define SERVER_LISTING_H

#include "server/file.h"
#include "server/name.h"

struct listing;

/** The listing of an open directory, made when there is none.
 *  @return NULL: no memory. */
struct listing *listing_of(struct file_open *open);

/** Is there a pattern already? */
bool listing_begun(const struct listing *listing);

/** Begin (again) with a pattern, which is taken over; NULL: with the same. */
void listing_restart(struct listing *listing, struct name_pattern *pattern);

/** Has an entry been told since the beginning, or that there is none? */
bool listing_told(const struct listing *listing);

/** Requests on one listing take turns: done when it is this one's. The turn
 *  ends when the request is freed. */
struct tevent_req *listing_turn_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct listing *listing);

/**
 * The entry to be told next, "." and ".." first.
 * @param cred  who looks.
 */
struct tevent_req *listing_peek_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct listing *listing,
				     const struct store_cred *cred);
/** @param entry  out: borrowed until listing_next(); NULL at the end.
 *  @return 0 or errno. */
int listing_peek_recv(struct tevent_req *req, const struct store_entry **entry);

/** Without waiting: the next entry when it is in memory, else NULL. */
const struct store_entry *listing_peek(struct listing *listing);

/** That there is nothing was told. */
void listing_none(struct listing *listing);

/** That entry was told. */
void listing_next(struct listing *listing);

#endif
