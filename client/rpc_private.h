/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rpc_private.h - questions on a named pipe: the packets and the strings of
 * DCE/RPC, the pipe, and what is asked. */
#ifndef CLIENT_RPC_PRIVATE_H
#define CLIENT_RPC_PRIVATE_H

#include "client/properties.h"

/** The most that one read of the pipe brings. */
#define RPC_MAX_OUTPUT 65536

struct rpc_interface {
	uint8_t uuid[16];
	uint32_t version;
};

/** A request is: rpc_put_..., its stub, rpc_finish(). The writer is new. */
void rpc_put_bind(struct wire_writer *w, const struct rpc_interface *i);
void rpc_put_request(struct wire_writer *w, uint16_t opnum);
struct wire_slice rpc_finish(struct wire_writer *w);

/** Did the server take the interface? */
bool rpc_get_bind_ack(struct wire_slice pdu);

/** A response, put together from its fragments. */
struct rpc_reply {
	struct wire_writer raw;	 /**< received, not taken apart yet */
	struct wire_writer stub; /**< the fragments' together */
};

void rpc_reply_init(TALLOC_CTX *mem_ctx, struct rpc_reply *reply);
/**
 * Bytes of the pipe came.
 * @return NT_STATUS_OK: stub is complete; NT_STATUS_PENDING: more is needed;
 *         NT_STATUS_NOT_SUPPORTED: a fault.
 */
NTSTATUS rpc_reply_take(struct rpc_reply *reply, struct wire_slice in);

/** A string behind a pointer that is not NULL. */
void ndr_put_string(struct wire_writer *w, const char *s);
/** NULL, and the reader failed: not a string. */
const char *ndr_get_string(TALLOC_CTX *mem_ctx, struct wire_reader *r);

/* rpc_pipe.c */

/** A pipe whose server has taken the interface; closed by being freed. */
struct rpc_pipe;

/** @param name  and interface stay as long as the request. */
struct tevent_req *rpc_pipe_open_send(TALLOC_CTX *mem_ctx,
				      struct client_session *session,
				      const char *name,
				      const struct rpc_interface *interface);
NTSTATUS rpc_pipe_open_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct rpc_pipe **out);

/** @param w  rpc_put_request() and its stub; a child of mem_ctx. */
struct tevent_req *rpc_pipe_ask_send(TALLOC_CTX *mem_ctx, struct rpc_pipe *pipe,
				     struct wire_writer *w);
/** @param stub  of the response; its bytes are a child of mem_ctx. */
NTSTATUS rpc_pipe_ask_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct wire_slice *stub);

/* rpc_lsarpc.c */

/** Why an answer is none: the error that it ends with, or
 *  NT_STATUS_INVALID_NETWORK_RESPONSE. */
NTSTATUS lsarpc_status(struct wire_slice stub);
/** LsarOpenPolicy2; @return false: no handle came. */
void lsarpc_put_open(struct wire_writer *w, const char *server);
bool lsarpc_get_open(struct wire_slice stub, uint8_t handle[20]);
/** LsarLookupSids. @param names  their array is filled in, as many as were
 *  asked for; its strings are its children. */
void lsarpc_put_sids(struct wire_writer *w, const uint8_t handle[20],
		     const struct sid *sids, size_t count);
bool lsarpc_get_names(struct wire_slice stub, struct client_account_list *out);
/** LsarLookupNames3. */
void lsarpc_put_names(struct wire_writer *w, const uint8_t handle[20],
		      const char *const *names, size_t count);
bool lsarpc_get_sids(struct wire_slice stub, struct client_account_list *out);

/* rpc_srvsvc.c */

/** NetrShareEnum, level 1: the whole request. */
void srvsvc_put_share_enum(struct wire_writer *w, const char *server);
/** Its stub. @param result  out: what it returned, a Windows error code. */
bool srvsvc_get_share_enum(struct wire_slice stub,
			   struct client_share_list *list, uint32_t *result);

#endif
