/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * create.h - what a CREATE asks for, and what it is told; between
 * create_request.c (judging the request), create_contexts.c (its contexts),
 * create_reply.c (the response) and cmd_create.c (doing it).
 */
#ifndef SERVER_CREATE_H
#define SERVER_CREATE_H

#include "server/file.h"
#include "server/name.h"
#include "server/request.h"

/** What may be done with a previous version. */
#define CREATE_SNAPSHOT_ACCESS (FILE_GENERIC_READ | FILE_GENERIC_EXECUTE)

/** DHnQ, DHnC, DH2Q, DH2C and what belongs to them: durable.h. */
struct create_durable {
	bool dhnq, dhnc, dh2q, dh2c;
	struct smb2_durable_v2_request v2;
	struct smb2_durable_v2_reconnect back; /**< of DHnC the FileId only */
	bool has_app, has_app_version;
	struct smb2_guid app;
	struct smb2_app_instance_version app_version;
};

/** A request that is well-formed and permitted so far. Slices borrow from it.
 */
struct create {
	struct smb2_create_request in;
	struct name_path name; /**< path with the stream, as in store.h */
	char *posix_path; /**< of who comes back, if opened by POSIX; or NULL */
	uint32_t access;  /**< wanted: specific rights */
	bool maximum;	  /**< whatever may be had as well */
	bool directory;	  /**< it must be one */
	bool overwrite;	  /**< an existing file loses its content */

	bool want_mxac;
	NTTIME mxac_time;
	bool want_qfid;
	struct create_durable durable;
	unsigned num_contexts;
	bool lease_context; /**< RqLs was there */
	bool has_lease;	    /**< RqLs, and there are leases */
	struct smb2_lease lease;
	uint64_t allocation;	    /**< AlSi; 0: none */
	struct wire_slice eas;	    /**< ExtA */
	struct wire_slice security; /**< SecD: of what is made */
	bool posix;		    /**< as the POSIX extensions have it */
	uint32_t posix_mode;	    /**< of the wire */
	bool quota;		    /**< a handle for quotas: quota.h */
	bool snapshot;		    /**< a previous version: only to be read */
	NTTIME snapshot_time;
};

/** MS-SMB2 3.3.5.9 up to "Open Execution", MS-FSA 2.1.5.1 phase 1. Pointers in
 *  *out become children of mem_ctx. */
NTSTATUS create_request(TALLOC_CTX *mem_ctx, struct request *r,
			struct create *out);

/** What the contexts of out->in say, as far as it counts on this connection;
 *  all that can be read are taken, also when one fails. */
NTSTATUS create_contexts(const struct request *r, struct create *out);

/** The attributes of a new or replaced file: what CREATE can give it. */
uint32_t create_attributes(const struct create *create);

/** Rights that replacing the content takes beyond those wanted; they are not
 *  granted (MS-FSA 2.1.5.1.2). */
uint32_t create_replacing_access(const struct create *create);

/** STORE_OPEN_* for it. */
unsigned create_store_flags(const struct create *create, bool read_only);

/** All rights the user has on what was opened; privileges that must be asked
 *  for by name are not among them. */
uint32_t create_rights(const struct create *create, const struct tree *tree,
		       const struct store_opened *info);

/**
 * May this user open this existing file so (MS-FSA 2.1.5.1.2, 2.1.5.1.2.1)?
 * @param granted  out: Open.GrantedAccess.
 */
NTSTATUS create_check_access(const struct create *create,
			     const struct tree *tree,
			     const struct store_opened *info,
			     uint32_t *granted);

/** What was done: for the response. */
struct created {
	uint32_t action; /**< FILE_OPENED ... */
	bool replayed;	 /**< it is the answer to an earlier one */
	uint32_t maximal_access;
	struct store_attr attr;
};

/** What is told of a link that the client has to follow (MS-SMB2 2.2.2.2.1).
 */
void create_stopped(struct reply *reply, const struct store_stop *stop);

/** The response with its contexts. */
NTSTATUS create_reply(struct reply *reply, const struct create *create,
		      const struct open *open, const struct created *created);

#endif
