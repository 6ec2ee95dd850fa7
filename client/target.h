/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * target.h - what a user types to say which server, share and folder.
 *
 *	//server/share/folder        \\server\share\folder
 *	smb://[[domain;]user[:password]@]server[:port][/share[/folder]]
 *	smb+quic://...               the same, over QUIC only
 *
 * An IPv6 address stands in brackets wherever a port may follow it; after "//"
 * it may do without. In an address, %XX is decoded, and "?transport=quic" or
 * "?transport=tcp" says what carries it; no other word may stand there.
 */
#ifndef CLIENT_TARGET_H
#define CLIENT_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>

/** All strings are children of the target; unset ones are NULL. */
struct client_target {
	const char *server; /**< name or address, without brackets */
	uint16_t port;	    /**< 0: not given */
	const char *share;
	const char *path; /**< below the share, '\' between names; never
			       NULL, "" is the share's root */
	const char *domain;
	const char *user;
	const char *password;
	const char *transport; /**< "quic" or "tcp" */
};

/**
 * @param out  child of mem_ctx.
 * @param why  out: on failure a few words, a constant text.
 */
bool client_target_parse(TALLOC_CTX *mem_ctx, const char *text,
			 struct client_target **out, const char **why);

/**
 * Join what was typed to a folder inside a share. Both separators are
 * understood; "." and ".." are resolved here and never sent; "..", at the
 * root, stays there. A leading separator starts at the root.
 *
 * @param folder  as this function returns it; "" is the root.
 * @return '\' between names, none at the ends; child of mem_ctx, NULL when
 *         out of memory.
 */
char *client_path_join(TALLOC_CTX *mem_ctx, const char *folder,
		       const char *typed);

/** What stands before the last name of a path ("" when in the root). */
char *client_path_folder(TALLOC_CTX *mem_ctx, const char *path);

/** The last name of a path: points into it. */
const char *client_path_name(const char *path);

/**
 * May a name that a server told be used as the name of a file in a local
 * folder? Not when it is empty, "." or "..", holds a separator or is longer
 * than any file system takes.
 */
bool client_name_is_safe(const char *name);

#endif
