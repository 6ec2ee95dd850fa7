/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file.h - what all opens of one file share (MS-FSA 2.1.1: File, Link, Open):
 * share modes, names, pending deletion, byte-range locks.
 *
 *	file_table ── file ──┬── file_name (path; to be deleted?)
 *			     └── file_open ── struct open
 *
 * file.c has the files and their opens, file_name.c their names.
 *
 * A file is known by its identity in its store; it may have several names (hard
 * links), and opens by one name share that name's fate: deletion belongs to
 * a name (MS-FSA Link.IsDeleted), share modes and locks to the file.
 *
 * Each named stream of a file is a file of its own here, with the same
 * identity, and names that end in ":stream". Deleting a file deletes them all,
 * so there share modes look at each other (MS-FSA 2.1.5.1.2.1), and a name that
 * is to go stays until what is open of its streams is closed. A file is
 * in the table (file_table_new() is in server.h) while it is open, or while a
 * name of it is being deleted.
 */
#ifndef SERVER_FILE_H
#define SERVER_FILE_H

#include "server/server.h"
#include "smbquic/smb2.h"

struct file;
struct lock_table;
struct listing;
struct oplock;
struct oplock_table;
struct oplock_wait;
struct replay_table;
struct notify;

/** Whose lease of the directory need not break (oplock.h). */
struct oplock_parent {
	bool set;
	struct smb2_guid key;
};

/** One name of an open file. */
struct file_name {
	struct file_name *prev, *next;		       /**< file->names */
	struct file_name *pending_prev, *pending_next; /**< while pending */
	struct file *file;
	struct store *store;
	const char *path;	      /**< as in store.h; changes by rename */
	unsigned opens;		      /**< opened by this name */
	bool delete_pending;	      /**< goes with the last open */
	struct oplock_parent deleter; /**< who wanted that */
	bool deleting;		      /**< going right now */
	bool gone; /**< opens have it yet, but it is another file's, if any's */
};

/** How many opens want to do it, or forbid it to others. */
struct file_sharing {
	unsigned wants, forbids;
};

/** What the oplocks of a file are together; oplock.c keeps it. */
struct file_caching {
	unsigned held;	  /**< opens that have one */
	unsigned bare;	  /**< opens that have none, and ask for content */
	unsigned some;	  /**< oplocks that are not empty */
	unsigned handles; /**< with H */
	unsigned writes;  /**< with W */
	unsigned breaking;
	unsigned old_kind; /**< no leases */
};

struct file {
	struct file *prev, *next; /**< of its bucket in the table */
	struct file_table *table;
	const struct store *domain; /**< whose ids these are; NULL: the
				       machine's file systems */
	uint64_t volume_id, file_id;
	const char *stream; /**< NULL: the file's own data */
	struct file_name *names;
	struct file_open *opens;
	struct lock_table *locks; /**< lock.h; the owners are file_opens */
	struct oplock *oplocks;	  /**< oplock.h */
	struct file_sharing reading, writing, deleting;
	struct file_caching caching;
	struct oplock_wait *waiters;
	unsigned absent; /**< opens that wait for their owners (durable.h) */
	bool directory;
};

/** What an open has of its file: open->file. Child of the open. */
struct file_open {
	struct file_open *prev, *next; /**< file->opens */
	uint64_t serial;	       /**< later opens have higher ones */
	struct open *open;
	struct file *file;
	struct file_name *name;
	struct store_file *handle;
	uint32_t access; /**< granted: specific rights only */
	uint32_t share_access;
	uint32_t options; /**< CreateOptions */
	bool delete_on_close;
	bool closing;
	bool posix;		 /**< as the POSIX extensions have it */
	bool modified;		 /**< content was written through it */
	size_t ea_next;		 /**< query_ea.c: the next one to tell */
	uint64_t quota_next;	 /**< quota.c: the next user to tell of */
	uint64_t position;	 /**< FilePositionInformation; means nothing */
	struct listing *listing; /**< cmd_query_directory.c */
	struct notify *notify;	 /**< notify.c */
	struct oplock *oplock;	 /**< oplock.h; NULL: caches nothing */
	struct file_open *holder_prev, *holder_next; /**< oplock->holders */
	struct file_use *uses;
	struct closer *closer; /**< CLOSE waits for the uses to end */
};

/** The file behind a handle; NULL: it is not open. */
struct file *file_of(const struct file_table *table,
		     const struct store_file *handle);

/** The leases (oplock.h), the CREATEs by their guids (replay.h), and the
 * server's event loop. */
struct oplock_table *file_oplocks(const struct file_table *table);
struct replay_table *file_replays(const struct file_table *table);
struct tevent_context *file_loop(const struct file_table *table);

/**
 * Register what was opened, if the others' share modes permit it (MS-FSA
 * 2.1.5.1.2.2).
 *
 * @param handle  becomes a child of the file_open on success.
 * @return NT_STATUS_OK; NT_STATUS_SHARING_VIOLATION; NT_STATUS_DELETE_PENDING;
 *         NT_STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS file_open_new(struct open *open, struct store_file *handle,
		       uint32_t access, uint32_t share_access, uint32_t options,
		       struct file_open **out);

/** The file whose name, by which that was opened, is just being taken away:
 *  oplock_wait_send() knows the end. NULL: none is. */
struct file *file_deleting(const struct file_table *table,
			   const struct store_file *handle);

/** The same question without registering. */
NTSTATUS file_check_sharing(struct file_table *table,
			    const struct store_file *handle, uint32_t access,
			    uint32_t share_access);

/**
 * The open is at work for a request until mem_ctx is freed: CLOSE waits for
 * that. @return NULL: it is being closed, NT_STATUS_FILE_CLOSED.
 */
struct file_open *file_use(TALLOC_CTX *mem_ctx, struct request *r);

/** For file.c and file_close.c. */
struct file_use {
	struct file_use *prev, *next; /**< fo->uses */
	struct file_open *fo;	      /**< NULL: went first */
};
void file_use_forget(struct file_use *use);
struct deletion;
struct deletion *file_open_leave(struct file_open *fo);
/** tevent_req_done(waiter) at the end, or when that takes long; NULL: not any
 *  more. */
void deletion_notify(struct deletion *deletion, struct tevent_req *waiter);
struct closer;
void closer_forget(struct closer *closer);

/**
 * Close: wait for the uses; then, with the last open of a name that is to be
 * deleted, delete it; else close the handle. fo is gone at the end. The caller
 * has set fo->closing, which keeps new uses out.
 */
struct tevent_req *file_close_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct file_open *fo, bool want_attr);
/**
 * @param attr  out: with want_attr, the attributes at last; *have_attr tells.
 * @return the errors of closing; a deletion that fails is only logged (MS-FSA
 *         2.1.5.5), and one for which there are no descriptors or memory is
 *         done when there are.
 */
NTSTATUS file_close_recv(struct tevent_req *req, bool *have_attr,
			 struct store_attr *attr);

/** How many names are being deleted right now. */
unsigned file_deletions(const struct file_table *table);
/** Whom to call whenever the last of them has gone; NULL: nobody. */
void file_on_deleted(struct file_table *table,
		     void (*deleted)(void *private_data), void *private_data);

/** The open's name goes with its last open (or does not after all); whoever
 *  watches the directory hears of it now (MS-FSA 2.1.5.15.3). */
void file_delete_pending(struct file_open *fo, bool pending);

/** Is it in a directory that is to be deleted (MS-FSA 2.1.5.1 phase 6)? */
bool file_below_deleted(const struct file_table *table,
			const struct store_file *handle);

/**
 * A name in a store stands for something else from now on: renamed, replaced,
 * or gone. Who opened a file by its name before that, and comes to register it
 * after that, has to look again.
 */
void file_name_touch(struct file_table *table, const struct store *store,
		     const char *path);
/** How many names that were so far. */
uint64_t file_names_touched(const struct file_table *table);
/** Has it happened to that name, or to one above it, since so many? Also true
 *  when that is not known any more. */
bool file_name_touched(const struct file_table *table,
		       const struct store *store, const char *path,
		       uint64_t since);

/** It has another path now: for all opens by this name. false: no memory. */
bool file_renamed(struct file_open *fo, const char *path);

/** A stream has another name, or its data is the file's now, as path says, and
 *  it is the same that is open. false: no memory. */
bool file_stream_renamed(struct file_open *fo, const char *path);

/** Another stream of the file of fo, or its own data (NULL), if it is open or
 *  going. */
struct file *file_stream(const struct file_open *fo, const char *stream);

/** What is open of the streams of a file, by the name of fo; NULL: nothing. */
struct file *file_open_stream(const struct file_open *fo);

/**
 * As POSIX has it, for opens that are (fo->posix): a file gone from under its
 * opens, a directory that gets another name with files open below.
 */
/** Are all opens of that file and its streams, or of all below that directory,
 *  such? */
bool file_all_posix(const struct file *file);
bool file_below_posix(const struct file_open *dir);
/** What other file had the path that fo's has now is without it. */
void file_replaced(const struct file_open *fo);
/** Names below have other paths now, too. false: no memory. */
bool file_below_renamed(const struct file_open *dir, const char *from);

/** Something open below that directory (in the same store); NULL: nothing. */
struct file_open *file_first_below(const struct file_open *dir);

/** The serial of the youngest open. */
uint64_t file_last_serial(const struct file_table *table);

/** The share modes of a directory that is to take up a new name (MS-FSA
 *  2.1.5.15.12: as if it were opened for that). @return true: they forbid it.
 */
bool file_directory_taken(const struct file_table *table,
			  const struct store *store,
			  const struct store_attr *attr);

/** That file, or a stream of it, if it is open at all, or going. For targets of
 *  rename. */
struct file *file_by_attr(const struct file_table *table,
			  const struct store *store,
			  const struct store_attr *attr);

#endif
