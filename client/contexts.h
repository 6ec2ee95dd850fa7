/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * contexts.h - what an open says beyond how it opens, and what it hears: the
 * create contexts of MS-SMB2 2.2.13.2 that are the caller's.
 *
 *	struct client_contexts wishes = {.maximal_access = true};
 *	struct client_open how;
 *	struct client_stat stat;
 *
 *	client_open_default(&how);
 *	how.contexts = &wishes;
 *	client_open(mem_ctx, tree, "plans\\a.txt", &how, &file, &stat);
 *	... stat.maximal_access, client_file_told(file, &told) ...
 *
 * The library has others of its own, from client_open itself: QFid (file_id),
 * RqLs (lease), the POSIX extensions (posix, mode), and, with
 * client_options.reconnect_ms, DH2Q and DH2C. What a server does not know it
 * ignores (MS-SMB2 3.3.5.9), without a word.
 *
 * They work wherever client_open does: with client_open_send(),
 * client_dir_open_send() and client_steps_send(). An open fails, without its
 * being sent, with
 *   NT_STATUS_INVALID_PARAMETER  a descriptor or an attribute that cannot be
 *                                encoded, or a version without an instance
 *   NT_STATUS_NOT_SUPPORTED      of what the dialect does not have
 * When a connection is lost a file that is opened again by its path is of the
 * same snapshot and application; what else is here was of the first time.
 */
#ifndef CLIENT_CONTEXTS_H
#define CLIENT_CONTEXTS_H

#include "client/client.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/smb2_create.h"

struct client_ea_list; /* properties.h */

/** Of a CREATE: zeros, or NULL, are not said. All of it is the caller's, and
 *  may go when the call that it was given to has returned its request. */
struct client_contexts {
	/** "MxAc" (2.2.13.2.5): what may the user do with it? The answer is in
	    client_stat.maximal_access and client_file_told(). */
	bool maximal_access;
	/** With maximal_access: a client_stat.change_time that is known. If
	    nothing has changed since, the server says so instead. */
	NTTIME maximal_unless;
	/** "AlSi" (2.2.13.2.6): bytes to set aside on the disk for a file that
	    is made or replaced, and opened for writing; at most INT64_MAX. Too
	    many are NT_STATUS_DISK_FULL. */
	uint64_t allocation_size;
	/** "TWrp" (2.2.13.2.7): the file, or folder, as it was then, which is
	    the time of a snapshot; see client_snapshot_time(). It counts before
	    a time in the path. None of that time:
	    NT_STATUS_OBJECT_NAME_NOT_FOUND. */
	NTTIME snapshot;
	/** "SecD" (2.2.13.2.2): of what is made; what was there keeps its own.
	    Its owner, group and lists, so far as it has them, which may take
	    rights that client_security_set() would take. */
	const struct security_descriptor *security;
	/** "ExtA" (2.2.13.2.1): extended attributes of what is made or
	    replaced, names of 1 to 255 bytes; to be opened with FILE_WRITE_EA,
	    as Samba has it. */
	const struct client_ea_list *eas;
	/** 3.x, a GUID (2.2.13.2.13): which instance of an application opens
	    it. One that had it open from another client, by
	    client_options.guid, loses it: it goes on here. Beside
	    client_options.reconnect_ms, so that the handle is durable. */
	const struct smb2_guid *app_instance;
	/** 3.1.1 (2.2.13.2.15): of that instance. NT_STATUS_FILE_FORCED_CLOSED:
	    a later one, or the same, has it open elsewhere. */
	const struct smb2_app_instance_version *app_version;
	uint64_t reserved[6]; /**< as of client_options */
};

/** What the server said when it opened a file. */
struct client_told {
	/** It said something of maximal_access: */
	bool maximal;
	/** NT_STATUS_OK, or why there is none: NT_STATUS_NONE_MAPPED, it is as
	    of maximal_unless (2.2.14.2.5). */
	NTSTATUS maximal_status;
	uint32_t maximal_access; /**< FILE_*, SEC_STD_*; 0 with an error */
	/** "QFid" (2.2.14.2.9): who it is on its disk, and which disk that is;
	    0: not asked for, by client_open.file_id, or not told. */
	uint64_t file_id;
	uint64_t volume_id;
	uint64_t reserved[4]; /**< for what may come */
};

/** Of an open file, as long as it lives: from when it was opened first. */
void client_file_told(const struct client_file *file, struct client_told *out);

/** The time of a name of client_snapshots(), for client_contexts.snapshot.
 *  @return 0: it is no such name. */
NTTIME client_snapshot_time(const char *name);

#endif
