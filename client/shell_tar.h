/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_tar.h - archives: of what is on the server ("tar c"), and put there
 * ("tar x"). An archive is written or read once, from its beginning to its
 * end, so that it may be a pipe; many files are on their way at a time.
 *
 *	shell_tar_format.c   headers, as bytes
 *	shell_tar_choose.c   which files
 *	shell_tar_out.c      the archive that is written;
 *	shell_many_tar.c     and what goes into it
 *	shell_tar_in.c       the archive that is read
 *	cmd_tar.c            tar, tarmode, blocksize, -T
 */
#ifndef CLIENT_SHELL_TAR_H
#define CLIENT_SHELL_TAR_H

#include "client/shell_tar_format.h"
#include "client/shell_transfer.h"

/** Which files, and what becomes of them. */
struct tar_choice {
	bool exclude;	  /**< X: all but the paths */
	bool by_mask;	  /**< r: paths are masks */
	bool incremental; /**< g: only with ARCHIVE */
	bool reset;	  /**< a: which is taken away afterwards */
	bool no_hidden, no_system;
	bool dry_run;
	bool verbose;
	NTTIME newer;	 /**< N: written later; 0: all */
	unsigned blocks; /**< b: TAR_BLOCKs that are written at once, at the
			      archive's end */
	size_t paths;
	const char **path; /**< '/' between names, none at either end */
};

/** Is a name of the archive among the paths, or below one? With "exclude" the
 *  other way round. No paths: all are. */
bool tar_chooses_name(const struct tar_choice *choice, const char *name);
/** And of a file of the server, may it go into an archive? */
bool tar_chooses(const struct tar_choice *choice, const char *name,
		 const struct client_stat *stat);

/** Where an archive says that a file goes, below the folder cwd of the server.
 *  @param why  out: a constant text, when it may go nowhere.
 *  @return child of mem_ctx; "" is cwd itself; NULL: see why. */
char *tar_place(TALLOC_CTX *mem_ctx, const char *cwd, const char *name,
		bool map_names, const char **why);

/* ---------------------------------------------------------- shell_tar_out.c */

/** An archive that is being written. Freeing it before the commit takes what
 *  there is of it away. */
struct tar_out;

/** @param local  TRANSFER_STDIO: standard output.
 *  @return 0 or errno. */
int tar_out_create(TALLOC_CTX *mem_ctx, const struct tar_choice *choice,
		   const char *local, struct tar_out **out);

/** errno of the archive itself, which no more can be added to; or 0. */
int tar_out_error(const struct tar_out *out);

/**
 * Add a file or folder; in the order in which they are sent.
 *
 * @param name  in the archive.
 * @param stat  as listed.
 */
struct tevent_req *tar_add_send(TALLOC_CTX *mem_ctx, struct tar_out *out,
				const struct transfer *t, const char *remote,
				const char *name,
				const struct client_stat *stat);
void tar_add_recv(struct tevent_req *req, struct transfer_result *result);

/** The end of the archive. @return 0 or errno. */
int tar_out_commit(struct tar_out *out, struct shell *shell);

/** So many were added, and how long the archive is. */
void tar_out_count(const struct tar_out *out, uint64_t *entries,
		   uint64_t *bytes);

/* ----------------------------------------------------------- shell_tar_in.c */

/** Put what is in an archive into the current folder of the server. Says what
 *  fails, and goes on. @param local  TRANSFER_STDIO: standard input. */
void shell_tar_extract(struct shell *shell, const struct tar_choice *choice,
		       const char *local);

/* -------------------------------------------------------- shell_many_tar.c */

/** Make an archive of what is chosen below the current folder. */
void shell_many_tar(struct shell *shell, const struct tar_choice *choice,
		    const char *local);

#endif
