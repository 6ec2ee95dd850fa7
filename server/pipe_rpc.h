/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe_rpc.h - the RPC server at the other end of a pipe: connection-oriented
 * DCE/RPC (MS-RPCE 2.2.2, C706 chapter 12) with NDR 2.0, no authentication of
 * its own (the SMB session has it). Bytes in, bytes out; knows no SMB2 and no
 * event loop.
 */
#ifndef SERVER_PIPE_RPC_H
#define SERVER_PIPE_RPC_H

#include "server/server.h"
#include "smbquic/wire.h"

/* Faults (MS-RPCE 2.2.2.8 and C706 appendix E). */
#define RPC_FAULT_OP_RANGE	0x1C010002
#define RPC_FAULT_UNKNOWN_IFACE 0x1C010003
#define RPC_FAULT_PROTOCOL	0x1C01000B
#define RPC_FAULT_NO_MEMORY	0x1C00001B
#define RPC_FAULT_BAD_STUB	0x000006F7

/** Most bytes of one call's arguments, and of what waits to be read. */
#define RPC_MAX_STUB	65536
#define RPC_MAX_PENDING (4u << 20)

struct rpc; /* a client's binding to an interface */

/**
 * What must be asked of the system before a call can be answered, since that
 * may block: plain memory (malloc), the first member of the interface's own.
 * run is called in a thread; then the op's run, with call->question; then it is
 * released.
 */
struct rpc_question {
	struct worker_job job; /**< the interface sets run and release */
};

/** One call: arguments are read from in, results written to out; both have
 *  NDR's alignment counted from their beginning. */
struct rpc_call {
	struct server *server;
	const struct session *session;
	struct wire_reader in;
	struct wire_writer out;	       /**< grows, child of the call */
	struct rpc_question *question; /**< answered; NULL: none was asked */
};

struct rpc_op {
	uint16_t opnum;
	const char *name;
	/** NULL: nothing needs to be asked. @return 0, or a fault; *question
	    may stay NULL. */
	uint32_t (*ask)(struct rpc_call *call, struct rpc_question **question);
	/** @return 0, or a fault. A failure that the interface tells in its
	    own way (a WERROR) is a result, not a fault. */
	uint32_t (*run)(struct rpc_call *call);
};

/** An interface: a const row in pipe_rpc.c's table. */
struct rpc_interface {
	const char *pipe; /**< "srvsvc" */
	uint8_t uuid[16]; /**< as on the wire */
	uint32_t version; /**< major, minor << 16 */
	const struct rpc_op *ops;
	size_t num_ops;
};

extern const struct rpc_interface pipe_srvsvc; /* pipe_srvsvc.c */
extern const struct rpc_interface pipe_wkssvc; /* pipe_wkssvc.c */
extern const struct rpc_interface pipe_lsarpc; /* pipe_lsarpc.c */

/** The interface behind a pipe's name, without regard to case; NULL: none. */
const struct rpc_interface *rpc_interface_find(const char *pipe);

/** @param session  who calls; must outlive it. */
struct rpc *rpc_new(TALLOC_CTX *mem_ctx, const struct rpc_interface *iface,
		    struct server *server, const struct session *session);

/** Is a call under way whose answer takes a while? */
bool rpc_busy(const struct rpc *rpc);

/** An answer came that took a while: it waits in the queue. */
typedef void (*rpc_answered_fn)(void *private_data);
void rpc_on_answer(struct rpc *rpc, rpc_answered_fn fn, void *private_data);

/**
 * Bytes from the client. Answers, if any, wait in the queue.
 * @return false: no RPC, or too much of it: the pipe is broken from here on.
 */
bool rpc_input(struct rpc *rpc, struct wire_slice bytes);

/** The first message that waits (what is left of it); empty: none. */
struct wire_slice rpc_peek(const struct rpc *rpc);
/** Take bytes off its front. */
void rpc_consume(struct rpc *rpc, size_t len);
/** How many messages and bytes wait. */
void rpc_pending(const struct rpc *rpc, size_t *messages, size_t *bytes);

#endif
