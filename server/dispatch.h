/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dispatch.h - the table of commands and the gates before them.
 *
 * A command is one row: everything that must be known of it before its
 * handler runs is data, checked by the gates (dispatch.c) in one order for
 * all. A gate that does not open gives the status of the response, or ends the
 * connection (conn_end()).
 *
 * Requests on IPC$ go to the row's pipe pair instead; a command without one
 * answers NT_STATUS_INVALID_DEVICE_REQUEST there. IOCTL has one pair for both:
 * its own table of control codes sends FSCTL_PIPE_* to pipe.h.
 */
#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include "server/request.h"

/** What a command needs before its handler runs. */
enum {
	NEEDS_SESSION = 0x01,  /**< a valid one: r->session */
	NEEDS_TREE = 0x02,     /**< r->tree */
	NEEDS_OPEN = 0x04,     /**< r->open, by the FileId in the body */
	MAY_HAVE_OPEN = 0x08,  /**< or r->open is NULL: IOCTL */
	ALLOWS_EXPIRED = 0x10, /**< LOGOFF, CLOSE, LOCK (3.3.5.2.9) */
	ALLOWS_PLAIN = 0x20,   /**< may come unsealed though the session demands
				    sealing */
	ALLOWS_LARGE = 0x40,   /**< may be longer than 68 KiB (3.3.5.2) */
	BEFORE_NEGOTIATE = 0x80,   /**< NEGOTIATE alone */
	MODIFIES = 0x100,	   /**< channel sequence matters (3.3.5.2.10) */
	MAY_WAIT_IN_CHAIN = 0x200, /**< CREATE (3.3.5.2.7) */
	NEVER_PENDING = 0x400,	   /**< no interim response */
};

/** Offsets in the body of the 32-bit fields that say how much goes each way,
 *  0: none (3.3.5.2.5). */
struct command_sizes {
	uint8_t request[2];
	uint8_t response[2];
};

struct command_handler {
	struct tevent_req *(*send)(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct request *r);
	NTSTATUS (*recv)(struct tevent_req *req, struct reply *reply);
};

struct command {
	const char *name;
	uint16_t structure_size; /**< of the request */
	unsigned needs;
	uint8_t file_id; /**< its offset in the body; 0: none */
	struct command_sizes sizes;
	NTSTATUS closed; /**< what one hears that waits while its open
			      ends otherwise than by CLOSE; 0: what
			      others hear */
	struct command_handler handler;
	struct command_handler pipe; /**< on IPC$ */
	const char *section;	     /**< of MS-SMB2 */
};

/** The row of an opcode (commands.c); NULL: there is none, the connection
 *  ends. */
const struct command *command_find(uint16_t opcode);

/** Bytes of variable data the request asks to be sent, by its row. */
uint64_t dispatch_response_size(const struct request *r);

/** Run the gates. NT_STATUS_OK: the handler may run. */
NTSTATUS dispatch_gates(struct request *r);

/** The pair that serves this request. */
const struct command_handler *dispatch_handler(const struct request *r);

/* The handlers, by file. */
#define COMMAND_HANDLER(name)                                     \
	struct tevent_req *name##_send(TALLOC_CTX *mem_ctx,       \
				       struct tevent_context *ev, \
				       struct request *r);        \
	NTSTATUS name##_recv(struct tevent_req *req, struct reply *reply)

COMMAND_HANDLER(cmd_negotiate);
COMMAND_HANDLER(cmd_session_setup);
COMMAND_HANDLER(cmd_logoff);
COMMAND_HANDLER(cmd_tree_connect);
COMMAND_HANDLER(cmd_tree_disconnect);
COMMAND_HANDLER(cmd_create);
COMMAND_HANDLER(cmd_close);
COMMAND_HANDLER(cmd_flush);
COMMAND_HANDLER(cmd_read);
COMMAND_HANDLER(cmd_write);
COMMAND_HANDLER(cmd_lock);
COMMAND_HANDLER(cmd_ioctl);
COMMAND_HANDLER(cmd_echo);
COMMAND_HANDLER(cmd_query_directory);
COMMAND_HANDLER(cmd_notify);
COMMAND_HANDLER(cmd_query_info);
COMMAND_HANDLER(cmd_set_info);
COMMAND_HANDLER(cmd_oplock_break);

/** CANCEL has no response and takes no credits: no request, no gates. */
void cmd_cancel(struct conn *conn, const struct message *message,
		const struct message_pdu *pdu);

COMMAND_HANDLER(pipe_create);
COMMAND_HANDLER(pipe_close);
COMMAND_HANDLER(pipe_flush);
COMMAND_HANDLER(pipe_read);
COMMAND_HANDLER(pipe_write);
COMMAND_HANDLER(pipe_query_info);
COMMAND_HANDLER(pipe_set_info);

#endif
