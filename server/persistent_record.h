/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * persistent_record.h - what is written down of a handle that outlives the
 * server, and how.
 *
 *	magic 8 | version 4 | size of the body 4 | SHA-512 of the body 64 | body
 *
 * All little-endian. A body of a version that is not known, of another size or
 * digest is refused whole; so is one with more than it should have. Version 1
 * had persistent handles alone.
 */
#ifndef SERVER_PERSISTENT_RECORD_H
#define SERVER_PERSISTENT_RECORD_H

#include "server/lock.h"
#include "server/oplock.h"

#define PERSISTENT_RECORD_MAX ((size_t)128 * 1024) /* bytes of a file */
#define PERSISTENT_LOCKS_MAX  4096		   /* locks of a handle */
#define PERSISTENT_SEQUENCES  64		   /* lock sequence numbers */

/** Strings and locks are borrowed, or, once decoded, children of the context
 *  that was given. */
struct persistent_record {
	uint64_t persistent_id;
	struct smb2_guid create_guid, client;
	uint32_t timeout; /**< ms */
	uint32_t action;  /**< what CREATE answered */

	const char *user;	       /**< who may have it back */
	const char *share;	       /**< its name */
	const char *address, *machine; /**< of whom, for the share's path */
	const char *root; /**< what the share's path was for that user */
	const char *path; /**< in the share; never empty */
	uint64_t file_id;

	uint32_t access, share_access, options;
	uint32_t store_access; /**< STORE_OPEN_READ, STORE_OPEN_WRITE */
	bool directory;
	bool posix; /**< opened by the POSIX extensions */
	bool delete_on_close;
	bool delete_pending; /**< of its name */

	struct oplock_saved oplock;

	bool has_app, has_app_version;
	struct smb2_guid app, app_client;
	uint64_t app_high, app_low;

	uint8_t sequences[PERSISTENT_SEQUENCES];
	struct lock_range *locks;
	size_t num_locks;

	bool persistent, resilient; /**< neither: durable alone */
	uint8_t version;	    /**< of the durable context: 0, 1, 2 */
	uint64_t stopped; /**< when its server ended: seconds since 1970;
			       0 for persistent handles */
};

/** @return the bytes of a file, child of mem_ctx; empty: no memory, or more
 *  than may be. */
struct wire_slice persistent_record_encode(TALLOC_CTX *mem_ctx,
					   const struct persistent_record *in);

/** @return NULL, or what is wrong with it. */
const char *persistent_record_decode(TALLOC_CTX *mem_ctx,
				     struct wire_slice data,
				     struct persistent_record *out);

#endif
