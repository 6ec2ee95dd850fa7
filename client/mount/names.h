/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names.h - what is in a folder, as far as that is known: all of it, once its
 * listing was read, but for names that are in doubt. For as long as somebody
 * says what others change in the folder, a name that is not in it needs no
 * question, and one that is needs none either.
 *
 * A name is in doubt when it was changed, here or elsewhere, and for
 * NAMES_SECONDS after that, so that what is heard of our own change later does
 * no harm. What the server tells of it then ends the doubt.
 *
 * Names are those of node.h. No I/O happens here; the clock is the caller's.
 */
#ifndef CLIENT_MOUNT_NAMES_H
#define CLIENT_MOUNT_NAMES_H

#include "client/client.h"

#define NAMES_SECONDS 3.0
/** Names of one folder; where there are more, none is known. */
#define NAMES_MOST 4096

struct names;

enum names_known {
	NAMES_UNKNOWN, /**< ask the server */
	NAMES_IS,
	NAMES_IS_NOT,
};

/** @param exact  the server tells names apart by the case of letters. NULL: out
 *                of memory. */
struct names *names_new(TALLOC_CTX *mem_ctx, bool exact);
/** Nothing is known any more, nor being listed. */
void names_forget(struct names *names);

/** A listing is begun: what is in doubt from now on is so when it ends. */
void names_begin(struct names *names);
bool names_is_begun(const struct names *names);
/** Of the listing. @return false: there are too many, or no memory; all is
 *  forgotten. */
bool names_list(struct names *names, const char *name,
		const struct client_stat *stat);
/** That was all. */
void names_end(struct names *names);
/** Is all known, but for what is in doubt? */
bool names_is_whole(const struct names *names);

/** @param stat  out: with NAMES_IS, what the server told last. */
enum names_known names_find(const struct names *names, const char *name,
			    struct client_stat *stat);
/** It was changed. */
void names_doubt(struct names *names, const char *name, double now);
/** It is about to be, by ourselves. */
void names_doubt_own(struct names *names, const char *name, double now);
/** Was it, a moment ago? What is heard of it now may be just that. */
bool names_is_own(const struct names *names, const char *name, double now);
/** The server was asked, and nothing has changed since. @param stat  NULL:
 *  there is none of that name. */
void names_learn(struct names *names, const char *name,
		 const struct client_stat *stat, double now);

#endif
