/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell_transfer.h - files to and from the server.
 *
 * A file appears under its name when it is complete: both ways it is written
 * under a temporary name next to it, which nothing leaves behind, and then
 * renamed. Times of last writing go with it. Where the server refuses that for
 * a file that can be written (somebody has it open, or may not write to its
 * folder) and for streams, the bytes are written into what is there.
 */
#ifndef CLIENT_SHELL_TRANSFER_H
#define CLIENT_SHELL_TRANSFER_H

#include <sys/types.h>

#include "client/copy.h"
#include "client/shell.h"

/** Files up to this size take one message or two instead of many. */
#define TRANSFER_SMALL ((uint64_t)256 * 1024)

/** The name of standard input and output. */
#define TRANSFER_STDIO "-"

/** What a transfer needs besides its two names; must outlive it. */
struct transfer {
	struct tevent_context *ev;
	struct client_tree *tree;
	struct copy_limits limits;
	struct shell *shell; /**< says what is not kept of a file */
	bool map_names;	     /**< of the tree: a ':' is no stream's */
	bool reset_archive;  /**< of a file that has come */
	bool translate;	     /**< lines end in CR LF there */
	bool keep_acls;	     /**< see shell_meta.h; as the next */
	bool keep_streams;
	bool keep_times;
	copy_progress_fn progress; /**< may be NULL */
	/** The size of a file that was opened without knowing it; may be NULL.
	 */
	void (*expect)(uint64_t size, void *private_data);
	void *private_data;
};

/** How it went. */
struct transfer_result {
	NTSTATUS status; /**< NT_STATUS_OK: all bytes are where they belong */
	int err;	 /**< or a local failure */
	uint64_t bytes;
};

/**
 * From the server.
 *
 * @param local  TRANSFER_STDIO: standard output.
 * @param known  what a listing told of the file, or NULL.
 */
struct tevent_req *shell_get_send(TALLOC_CTX *mem_ctx, const struct transfer *t,
				  const char *remote, const char *local,
				  const struct client_stat *known);
void shell_get_recv(struct tevent_req *req, struct transfer_result *out);

/**
 * To the server.
 *
 * @param local  TRANSFER_STDIO: standard input.
 * @param fresh  there is hardly a file of that name on the server, because the
 *               folder is new: a small one then takes one message.
 */
struct tevent_req *shell_put_send(TALLOC_CTX *mem_ctx, const struct transfer *t,
				  const char *local, const char *remote,
				  bool fresh);
struct meta_local; /* see shell_meta.h */

/** A file that no local one has. */
struct transfer_source {
	const uint8_t *data;  /**< all of it, if it is TRANSFER_SMALL or less;
				   stays the caller's, and must outlive the
				   request */
	struct copy_end *end; /**< otherwise: its bytes, likewise */
	uint64_t size;
	struct fscc_basic basic; /**< of what is 0 the server decides */
	/** What it has beside its bytes, or NULL; outlives the request. */
	const struct meta_local *meta;
};
struct tevent_req *shell_put_from_send(TALLOC_CTX *mem_ctx,
				       const struct transfer *t,
				       const struct transfer_source *source,
				       const char *remote, bool fresh);
void shell_put_recv(struct tevent_req *req, struct transfer_result *out);

/** Wait for one file; ^C is NT_STATUS_CANCELLED. */
struct transfer_result shell_transfer_wait(const struct transfer *t, bool up,
					   const char *remote,
					   const char *local);

/** Does a listing say that it is a symbolic link, which the server leaves to
 *  the client? */
bool shell_is_link(const struct client_stat *stat);

/** Does a file say that it has holes? Others are all there for those who ask
 *  where their data is (MS-FSA 2.1.5.10.22). */
bool shell_is_sparse(const struct client_stat *stat);
/** May it have them all the same: less room than bytes? */
bool shell_has_holes(const struct client_stat *stat);

/** Has a file its archive bit? */
bool shell_archive_is_set(const struct client_stat *stat);
/** Take it away; it ends with client_set_basic_recv(). */
struct tevent_req *shell_archive_reset_send(TALLOC_CTX *mem_ctx,
					    const struct transfer *t,
					    const char *remote,
					    const struct client_stat *stat);

/** Say what failed, at which of the two names. */
void shell_transfer_fail(struct shell *shell,
			 const struct transfer_result *result,
			 const char *remote, const char *local);

/** Seconds of a clock that only goes forward. */
double shell_transfer_clock(void);
/** A file was copied, begun at that time: smbclient's line of it, with its rate
 *  and that of all so far. */
void shell_transfer_say(struct shell *shell, bool up, const char *remote,
			const char *local, uint64_t bytes, double start);

/** A transfer with the settings of the shell. @param progress  or NULL. */
struct transfer shell_transfer_new(struct shell *shell,
				   struct shell_progress *progress);
/** Take its bar from the screen, for a message. */
void shell_transfer_clear(const struct transfer *t);

/* ------------------------------------------------------- shell_leftover.c */

/** A temporary name next to the final one that nobody else uses. */
char *shell_leftover_name(TALLOC_CTX *mem_ctx, const char *remote);

/** May an upload have left this name behind: not written for ten minutes when
 *  it is ours, for a day when it is anybody else's? */
bool shell_leftover_is_stale(const char *name, NTTIME written, NTTIME now);

/** Remove from a folder of the server what uploads left there when their
 *  server died; never what somebody has open. Never fails. */
struct tevent_req *shell_leftover_sweep_send(TALLOC_CTX *mem_ctx,
					     const struct transfer *t,
					     const char *folder);
void shell_leftover_sweep_recv(struct tevent_req *req);

/* ---------------------------------------------------------- shell_local.c */

struct local_file;

/**
 * Opens a file, a device or a pipe, without waiting for somebody to open a
 * pipe's other end.
 *
 * @param flags  O_RDONLY or O_WRONLY.
 * @return the descriptor, or -1 and errno; EPIPE: nobody reads from the pipe.
 */
int local_open(const char *name, int flags);

/**
 * Begin a local file: a temporary one in the same folder, or what is there
 * already if that is no regular file (a pipe, a device). Freeing it before
 * the commit removes the temporary one.
 *
 * @return 0 or errno; EISDIR.
 */
int local_file_create(TALLOC_CTX *mem_ctx, const char *name,
		      struct local_file **out);
/** The end to copy to. */
struct copy_end *local_file_end(struct local_file *file);
/** What a new file may be, by umask(2). */
mode_t local_default_mode(void);
/** What it is of, for shell_partial.h; copied. */
void local_file_is_of(struct local_file *file, const char *of, uint64_t size);
/** The name that it gets: symbolic links followed, where they lead to
 *  something. */
char *local_file_final(TALLOC_CTX *mem_ctx, const char *name);
/** Where it is before the commit; NULL: it is no file of its own. */
const char *local_file_now(const struct local_file *file);
/** @return 0 or errno. */
int local_file_commit(struct local_file *file, const struct client_stat *stat);

/* ----------------------------------------------------------- shell_many.c */

/**
 * Many files, and folders when "recurse" is on. Makes what is missing of the
 * folders; several files are on their way at a time. What fails is reported,
 * and the rest goes on.
 */
void shell_many_get(struct shell *shell, const char *mask);
void shell_many_put(struct shell *shell, const char *mask);

/** How two folders are made the same. */
struct sync_options {
	bool up;
	bool del;      /**< also what is not in the source */
	bool checksum; /**< look into files whose size is the same */
	bool dry_run;  /**< only say what would be done */
};

/** Make a folder like another one, with all that is in it. */
void shell_many_sync(struct shell *shell, const struct sync_options *options,
		     const char *remote, const char *local);

/* ----------------------------------------------------------- shell_same.c */

/** Compare two files, up to the first difference. local must outlive it. */
struct tevent_req *shell_same_send(TALLOC_CTX *mem_ctx,
				   const struct transfer *t, const char *remote,
				   const char *local);
/** @return false also when one of them cannot be read. */
bool shell_same_recv(struct tevent_req *req);

#endif
