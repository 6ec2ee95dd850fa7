/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state_dir.h - what the server keeps from one run to the next: `state
 * directory`.
 *
 *	guid		who the server is to its clients (MS-SMB2 2.2.4,
 *			ServerGuid): 16 random bytes in hexadecimal digits
 *	quic-secret	what its stateless reset and address tokens are made
 *			of (transport.h): 32 random bytes likewise
 *	machine-sid	the numbers of the machine's SID (sidmap.h): 12 random
 *			bytes likewise
 *	lock		held by the smbquicd that uses the directory
 *
 * The directory has mode 0700 when it is made here, the files 0600. They are
 * replaced whole (smbquic/savefile.h). One process has a directory at a time:
 * two servers with one identity would confuse their clients.
 *
 * Errors are errno values. Calls block, for a small local file's time.
 */
#ifndef SERVER_STATE_DIR_H
#define SERVER_STATE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

#define STATE_DIR_SECRET_MAX 64 /* bytes, of state_dir_secret() */

struct state_dir;

/**
 * Takes the directory, and makes it when it is missing, with the folders above
 * it. It goes back when the object is freed or the process ends.
 *
 * @param path  absolute.
 * @param why   out: on failure a sentence, child of mem_ctx: not to be made or
 *              written, not a directory of this user's, writable for others,
 *              in another process' hands.
 * @return child of mem_ctx, or NULL.
 */
struct state_dir *state_dir_open(TALLOC_CTX *mem_ctx, const char *path,
				 char **why);

/** What is wrong with a directory, for who only looks. @return NULL: nothing,
 *  or it is not there yet. */
const char *state_dir_fault(const char *path);

/** Where a file of that name is: child of mem_ctx, NULL: out of memory. */
char *state_dir_path(TALLOC_CTX *mem_ctx, const struct state_dir *dir,
		     const char *name);

/**
 * Random bytes that were made when they were first asked for and are the same
 * ever since. A file that is damaged, or that others could read or write, is
 * made anew, and the log says so.
 *
 * @param dir  NULL: fresh bytes that nobody keeps.
 * @param out  size bytes, 1..STATE_DIR_SECRET_MAX; filled in any case but
 *             EIO (no random bytes to be had).
 * @return 0, or why they could not be kept.
 */
int state_dir_secret(struct state_dir *dir, const char *name, uint8_t *out,
		     size_t size);

/**
 * The default of `state directory`: system for root; else
 * $XDG_STATE_HOME/smbquic, or ~/.local/state/smbquic, or system when there is
 * no home either.
 *
 * @return child of mem_ctx, or NULL: out of memory.
 */
char *state_dir_default(TALLOC_CTX *mem_ctx, const char *system);

#endif
