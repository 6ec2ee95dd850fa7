/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listing.h - what is in a folder that is watched: see listing.c. */
#ifndef CLIENT_MOUNT_LISTING_H
#define CLIENT_MOUNT_LISTING_H

#include "client/mount/mount.h"
#include "client/mount/names.h"

struct listing {
	struct mount *mount;
	struct client_tree *tree;
	struct node *node; /**< the folder; held by who watches it */
	const char *path;
	struct names *names;
	struct client_file *file;    /**< while it is read; a child */
	struct tevent_req *exchange; /**< likewise */
	unsigned missed;	     /**< names that it did not answer for */
	double refused_at;	     /**< there were too many, or it failed */
};

/** @param path  lives longer. NULL: out of memory. */
struct listing *listing_new(TALLOC_CTX *mem_ctx, struct mount *mount,
			    struct client_tree *tree, struct node *node,
			    const char *path);
/** What is in the folder may be anything now. */
void listing_forget(struct listing *l);
/** A name that it did not answer for: its reading may begin. */
void listing_missed(struct listing *l);
/** Only while the folder is watched. */
enum names_known listing_find(struct listing *l, const char *smb,
			      struct client_stat *stat);

#endif
