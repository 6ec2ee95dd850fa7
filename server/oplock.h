/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oplock.h - what clients may cache of a file: oplocks and leases (MS-SMB2
 * 3.3.1.11, 3.3.4.6, 3.3.4.7, 3.3.5.22; MS-FSA 2.1.4.12, 2.1.5.18).
 *
 *	file ──┬── oplock (state) <── file_open, file_open ...
 *	       └── waiters
 *
 * An oplock of the old kind is one open's. A lease is a client's, by its key,
 * and shared by all opens that named it. Both are held as a lease's state:
 * level II is R, exclusive RW, batch RWH.
 *
 * A break is told to the client at once. One that takes W or H away the client
 * acknowledges; until then, or until OPLOCK_BREAK_SECONDS have passed, the
 * oplock is `breaking`, and who needs it gone waits (oplock_wait_send).
 */
#ifndef SERVER_OPLOCK_H
#define SERVER_OPLOCK_H

#include "server/file.h"
#include "smbquic/smb2_create.h"

#define OPLOCK_BREAK_SECONDS 35 /* 3.3.2.1, as Windows */

struct oplock {
	struct oplock *prev, *next;	    /**< file->oplocks */
	struct oplock *key_prev, *key_next; /**< leases of one bucket */
	struct oplock *dir_prev, *dir_next; /**< leases of directories */
	struct oplock_table *table;
	struct file *file;
	struct file_open *holders; /**< who has it; nobody: it goes */
	unsigned opens;		   /**< how many these are */
	uint32_t state;		   /**< SMB2_LEASE_*_CACHING */
	bool lease;		   /**< else an oplock of one open */
	bool breaking;		   /**< an acknowledgment is awaited */
	bool untold;   /**< while breaking: its client is away, and will hear of
			  it when it comes back */
	uint32_t told; /**< while breaking: what the client was told */
	uint32_t required; /**< and what is wanted in the end */
	struct alarm *timeout;
	struct tevent_immediate *later; /**< of a directory: breaks then */

	uint8_t version; /**< of the lease: 1 or 2 */
	uint16_t epoch;
	struct smb2_guid client, key, parent;
	bool has_parent;
};

/** An open's oplock or lease as it is written down. */
struct oplock_saved {
	uint8_t kind;	 /**< OPLOCK_SAVED_* */
	uint8_t version; /**< of a lease */
	uint16_t epoch;
	uint32_t state;
	struct smb2_guid client, key, parent;
	bool has_parent;
};

enum {
	OPLOCK_SAVED_NONE,
	OPLOCK_SAVED_OPLOCK,
	OPLOCK_SAVED_LEASE,
};

/** What it is now; a break that is under way counts as not begun. */
struct oplock_saved oplock_save(const struct file_open *fo);

/** The open, which has none, gets back what was saved; a lease together with
 *  others of the same key. @return false: no memory. */
bool oplock_restore(struct file_open *fo, const struct oplock_saved *saved);

/** All leases of a server. Child of the file table. @return NULL: no memory.
 */
struct oplock_table *oplock_table_new(TALLOC_CTX *mem_ctx);

/** What an open wants, and what it does to others. */
struct oplock_ask {
	uint8_t level;			/**< SMB2_OPLOCK_LEVEL_* */
	const struct smb2_lease *lease; /**< with level LEASE; else NULL */
	struct smb2_guid client;
	uint32_t access; /**< with what replacing the content takes */
	uint64_t size;	 /**< of the file as it is */
	bool directory;
	bool created;	/**< the file is new */
	bool overwrite; /**< the content is replaced */
	bool violation; /**< the share modes forbid it as things are */
	bool again;	/**< it waited already */
};

/**
 * 3.3.5.9.8: does the key belong to a lease of another file, or of this one
 * under another name? Then NT_STATUS_INVALID_PARAMETER.
 */
NTSTATUS oplock_check_key(const struct file_table *files,
			  const struct oplock_ask *ask,
			  const struct store_file *handle);

/**
 * Break what stands in the way of an open (MS-FSA 2.1.5.1.2, 2.1.5.1.2.2).
 * @return true: wait, then begin anew. false with ask->violation: nothing can
 *         help.
 */
bool oplock_open_waits(struct file *file, const struct oplock_ask *ask);

/** Give the registered open what may be had: fo->oplock, NULL for none.
 *  @return false: no memory. */
bool oplock_grant(struct file_open *fo, const struct oplock_ask *ask);

/** The level for the response of CREATE. */
uint8_t oplock_level(const struct file_open *fo);

/** The lease for the response of CREATE; false: it has none. */
bool oplock_lease(const struct file_open *fo, struct smb2_lease *out);

/** The open goes. For file.c. */
void oplock_leave(struct file_open *fo);

/** The open, without an oplock, joins (1) or leaves (-1U) its file's. Likewise.
 */
void oplock_opened(struct file_open *fo, unsigned change);

/** The client of that open is gone, and cannot answer a break. */
void oplock_owner_gone(struct file_open *fo);

/**
 * It comes back.
 * @param epoch  of a lease of version 2, as the client knows it; counts where
 *               the handle is not cached (MS-SMB2 3.3.5.9.12), and only for the
 *               first of the lease's opens. NULL: leave it.
 */
void oplock_owner_back(struct file_open *fo, const uint16_t *epoch);

/** The client hears of the break that it missed while it was away; after the
 *  response that is being made. */
void oplock_tell_missed(struct file_open *fo);

/** Break it to no more than that state. */
void oplock_break(struct oplock *oplock, uint32_t to);

/**
 * Content, size or locks of the file change through fo: what others have read
 * is no longer so (MS-FSA 2.1.5.3, .7, .14). Nobody waits.
 */
void oplock_contend(struct file_open *fo);
/** Likewise when fo is only being opened: it keeps its own of level II. */
void oplock_contend_others(struct file_open *fo);

/**
 * Others may not keep handles that the client does not know are closed: before
 * rename, link or deletion of the file (MS-FSA 2.1.5.15.3, .7, .12).
 * @param fo  not its own lease; NULL: all.
 * @return true: wait, then ask again.
 */
bool oplock_handles_wait(struct file *file, const struct file_open *fo);

/**
 * Likewise for what is open below a directory that gets another name; opens
 * younger than that serial forbid it.
 * @param file  out, with NT_STATUS_PENDING: wait for it, then ask again.
 * @return NT_STATUS_ACCESS_DENIED: somebody holds something open there.
 */
NTSTATUS oplock_below_wait(const struct file_open *dir, uint64_t serial,
			   struct file **file);

/** The lease of the parent directory that an open says it knows of. */
struct oplock_parent oplock_parent_of(const struct file_open *fo);
bool oplock_parent_equal(const struct oplock_parent *a,
			 const struct oplock_parent *b);

/** What a listing of the directory that has this path shows has changed: leases
 *  of that directory break, but the one named by `by`. */
void oplock_path_changed(const struct file_table *files,
			 const struct store *store, const char *path,
			 const struct oplock_parent *by);
/** Likewise: the file of fo, by fo. */
void oplock_parent_changed(const struct file_open *fo);

/** Done when something may have changed for those who wait. */
struct tevent_req *oplock_wait_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct file *file);
void oplock_wait_recv(struct tevent_req *req);
/** Something has changed, for waiters of the file. */
void oplock_wake(struct file *file);

/** 3.3.5.22.1. @param level  in: what the client keeps; out: what it has. */
NTSTATUS oplock_acknowledge(struct file_open *fo, uint8_t *level);

/** 3.3.5.22.2. @return NT_STATUS_OBJECT_NAME_NOT_FOUND: no such lease;
 *  NT_STATUS_UNSUCCESSFUL: it is not breaking;
 *  NT_STATUS_REQUEST_NOT_ACCEPTED: more than was left. */
NTSTATUS oplock_acknowledge_lease(const struct file_table *files,
				  const struct smb2_guid *client,
				  const struct smb2_guid *key, uint32_t state);

/* --- between oplock.c, oplock_break.c and oplock_open.c ------------------- */

struct oplock_table {
	struct oplock *buckets[1024]; /**< leases, by key */
	struct oplock *directories;   /**< leases of directories */
};

struct oplock *oplock_find_lease(const struct oplock_table *table,
				 const struct smb2_guid *client,
				 const struct smb2_guid *key);
struct oplock *oplock_new(struct file *file, const struct oplock_ask *ask);
void oplock_free(struct oplock *oplock);
/** All changes of these two go this way: file->caching follows. */
void oplock_set(struct oplock *oplock, uint32_t state, bool breaking);
/** Handles that are written down and have it are written down anew. */
void oplock_record(const struct oplock *oplock);
/** The open, which has none, has it from now on. */
void oplock_hold(struct file_open *fo, struct oplock *oplock);
uint32_t oplock_state_of_level(uint8_t level);
uint8_t oplock_level_of_state(uint32_t state);
/** Opens that ask for nothing of the content (MS-FSA 2.1.5.1.2). */
bool oplock_stat_access(uint32_t access);
/** Is it the lease that is asked for? */
bool oplock_is_asked(const struct oplock *oplock, const struct oplock_ask *ask);

#endif
