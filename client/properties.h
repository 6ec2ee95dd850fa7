/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * properties.h - what a file has beside its bytes, by path and in one round
 * trip each: its security descriptor, its streams, its extended attributes;
 * and what a change notification tells.
 *
 * Requests, ownership and errors are those of client.h. What is returned is
 * one talloc object: strings and bytes in it are its children.
 */
#ifndef CLIENT_PROPERTIES_H
#define CLIENT_PROPERTIES_H

#include "client/client.h"
#include "smbquic/security_descriptor.h"

/* ---------------------------------------------------- security descriptor */

/**
 * Of a file or folder (MS-SMB2 3.2.4.14).
 *
 * @param what  OWNER_, GROUP_, DACL_, SACL_SECURITY_INFORMATION and so on
 *              (smbquic/smb2.h), or'ed; SACL_... takes the right to manage
 *              audits, else NT_STATUS_PRIVILEGE_NOT_HELD.
 */
struct tevent_req *client_security_send(TALLOC_CTX *mem_ctx,
					struct client_tree *tree,
					const char *path, uint32_t what);
/** @param out  its lists are read with security_acl(). */
NTSTATUS client_security_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct security_descriptor **out);
NTSTATUS client_security(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			 const char *path, uint32_t what,
			 struct security_descriptor **out);

/** @param what  those parts of sd are set, others stay; sd is not kept.
 *  @return NULL: out of memory, or sd cannot be encoded. */
struct tevent_req *client_security_set_send(
	TALLOC_CTX *mem_ctx, struct client_tree *tree, const char *path,
	uint32_t what, const struct security_descriptor *sd);
NTSTATUS client_security_set_recv(struct tevent_req *req);
NTSTATUS client_security_set(struct client_tree *tree, const char *path,
			     uint32_t what,
			     const struct security_descriptor *sd);

/* --------------------------------------------------------------- accounts */

/** Most that are asked for at a time. */
#define CLIENT_ACCOUNTS_MAX 1000

/** Who a SID is (MS-LSAT). */
struct client_account {
	bool known; /**< by the server: else only what was asked is there */
	struct sid sid;
	const char *name; /**< "DOMAIN\\alice", or "Everyone"; UTF-8 */
	uint32_t type; /**< SID_NAME_USE, MS-LSAT 2.2.13: 1 a user, 2 a group,
			    4 an alias, 5 well known */
};

/** As many as were asked for, in that order. */
struct client_account_list {
	size_t count;
	struct client_account *account;
};

/**
 * The names of SIDs, or the SIDs of names, as the server knows them: by the
 * pipe lsarpc of IPC$ (MS-LSAT 3.1.4.11, 3.1.4.6).
 *
 * NT_STATUS_ACCESS_DENIED: see client_shares_send().
 * NT_STATUS_INVALID_PARAMETER: none, or more than CLIENT_ACCOUNTS_MAX. That
 * some or all are not known is no error.
 */
struct tevent_req *client_sid_names_send(TALLOC_CTX *mem_ctx,
					 struct client_session *session,
					 const struct sid *sids, size_t count);
NTSTATUS client_sid_names_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       struct client_account_list **out);
NTSTATUS client_sid_names(TALLOC_CTX *mem_ctx, struct client_session *session,
			  const struct sid *sids, size_t count,
			  struct client_account_list **out);

/** @param names  "DOMAIN\\alice", "alice". */
struct tevent_req *client_name_sids_send(TALLOC_CTX *mem_ctx,
					 struct client_session *session,
					 const char *const *names,
					 size_t count);
NTSTATUS client_name_sids_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			       struct client_account_list **out);
NTSTATUS client_name_sids(TALLOC_CTX *mem_ctx, struct client_session *session,
			  const char *const *names, size_t count,
			  struct client_account_list **out);

/* ---------------------------------------------------------------- streams */

struct client_stream {
	const char *name; /**< UTF-8, without ':' and type; "" is the file's
			       own data. Open "FILE:NAME" to read it. */
	uint64_t size;
	uint64_t allocation_size;
};

struct client_stream_list {
	size_t count;
	struct client_stream *stream;
};

/** The streams of a file or folder, in the server's order (MS-FSCC 2.4.49).
 *  A folder without streams is an empty list. */
struct tevent_req *client_streams_send(TALLOC_CTX *mem_ctx,
				       struct client_tree *tree,
				       const char *path);
/** @return NT_STATUS_BUFFER_OVERFLOW with those that fit into 64 KiB. */
NTSTATUS client_streams_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			     struct client_stream_list **out);
NTSTATUS client_streams(TALLOC_CTX *mem_ctx, struct client_tree *tree,
			const char *path, struct client_stream_list **out);

/* ---------------------------------------------------- extended attributes */

struct client_ea {
	const char *name; /**< as it is on the wire: 8-bit text */
	struct wire_slice value;
	uint8_t flags;
};

struct client_ea_list {
	size_t count;
	struct client_ea *ea;
};

/** The extended attributes of a file or folder (MS-FSCC 2.4.16); none is an
 *  empty list. */
struct tevent_req *client_eas_send(TALLOC_CTX *mem_ctx,
				   struct client_tree *tree, const char *path);
/** @return NT_STATUS_BUFFER_OVERFLOW with those that fit into 64 KiB. */
NTSTATUS client_eas_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			 struct client_ea_list **out);
NTSTATUS client_eas(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		    const char *path, struct client_ea_list **out);

/**
 * Set one; an empty value takes it away.
 *
 * @param name  1 to 255 bytes.
 * @return NULL: out of memory, or there is no such name; the blocking twin says
 *         NT_STATUS_INVALID_PARAMETER.
 */
struct tevent_req *client_ea_set_send(TALLOC_CTX *mem_ctx,
				      struct client_tree *tree,
				      const char *path, const char *name,
				      struct wire_slice value);
NTSTATUS client_ea_set_recv(struct tevent_req *req);
NTSTATUS client_ea_set(struct client_tree *tree, const char *path,
		       const char *name, struct wire_slice value);

/* ---------------------------------------------------------------- changes */

struct client_change {
	uint32_t action;  /**< FILE_ACTION_* */
	const char *name; /**< UTF-8, below the folder that is watched */
};

struct client_change_list {
	size_t count;
	struct client_change *change;
};

/**
 * What client_notify_recv() brought, in the order in which it happened.
 *
 * @param data  empty with NT_STATUS_NOTIFY_ENUM_DIR: more happened than the
 *              server could remember, and the folder has to be read.
 * @return NT_STATUS_INVALID_NETWORK_RESPONSE, NT_STATUS_NO_MEMORY
 */
NTSTATUS client_changes(TALLOC_CTX *mem_ctx, struct wire_slice data,
			struct client_change_list **out);

#endif
