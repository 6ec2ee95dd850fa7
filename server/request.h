/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.h - one request, from its gates to its reply. request.c is the only
 * mouth of the server: handlers never write to the network, never sign, seal,
 * count credits, chain compounds or free their request.
 *
 * A handler is a pair:
 *
 *	struct tevent_req *cmd_flush_send(TALLOC_CTX *mem_ctx,
 *					  struct tevent_context *ev,
 *					  struct request *r)
 *	{
 *		req = tevent_req_create(mem_ctx, &state, struct ...);
 *		if (!smb2_flush_request_decode(r->pdu.data, r->pdu.len,
 *					       &flush)) {
 *			tevent_req_error(req, NT_STATUS_INVALID_PARAMETER);
 *			return tevent_req_post(req, ev);
 *		}
 *		... r->open->file ...
 *	}
 *	NTSTATUS cmd_flush_recv(struct tevent_req *req, struct reply *reply)
 *	{
 *		if (request_failed(req, &status)) {
 *			return status;
 *		}
 *		smb2_empty_encode(&reply->body);
 *		return NT_STATUS_OK;
 *	}
 *
 * When _send is called, the gates of the command's row (dispatch.h) have been
 * passed: signature, sealing, session, tree, open, credit charge,
 * StructureSize. The pointers in r are good until the request ends, with one
 * exception: what another request may end (open, tree, session) is gone only
 * after the request was aborted; then the tevent_req is freed, so a handler
 * never sees it. A _send that returns NULL means no memory.
 *
 * Finishing: tevent_req_done(), or tevent_req_error(req, status) with an
 * NTSTATUS. _recv is called once and returns the status of the response.
 *
 * Body. _recv encodes the body to reply->body, a growing writer in which the
 * SMB2 header was begun (smb2_header_encode), so offsets come out right; what
 * the encoder returned need not be looked at. With nothing encoded request.c
 * writes an ERROR response. With something encoded that goes out with whatever
 * status was returned (BUFFER_OVERFLOW and the other cases of 3.3.4.4).
 *
 * FileId. A related request has all ones in its body: use r->open.
 *
 * Payload without a copy: reply_payload().
 *
 * Waiting. A request that takes long gets its interim STATUS_PENDING by
 * itself. A handler that knows that it will wait for something which may never
 * come (a lock, a change, an oplock break, data in a pipe) calls
 * request_wait() before it does.
 *
 * Cancelling. SMB2 CANCEL becomes tevent_req_cancel(): a handler that can be
 * cancelled sets tevent_req_set_cancel_fn(req, fn); fn ends the request,
 * usually with NT_STATUS_CANCELLED, and returns true. Without one CANCEL has
 * no effect. Freeing the tevent_req (an abort) must always be safe: a thread
 * at work keeps what it needs (request_keep()).
 *
 * Compounds. Related requests inherit session, tree and FileId; a handler sees
 * no difference. CREATE says what it opened with request_set_open(), the
 * other producers with request_set_session() and request_set_tree().
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include "server/server.h"
#include "smbquic/smb2_pdu.h"
#include "smbquic/wire.h"

struct chain;
struct command;
struct command_handler;

/** What a handler gives back. */
struct reply {
	struct wire_writer body;      /**< see above */
	struct wire_slice error_data; /**< ErrorData of an ERROR response, child
					   of the request; with 3.1.1 a list of
					   error_contexts error contexts */
	uint8_t error_contexts;
	struct iovec payload[MESSAGE_MAX_IOV - 1];
	TALLOC_CTX *owners[MESSAGE_MAX_IOV - 1];
	int payload_count;
	bool compress; /**< the payload may be, if it was agreed upon */
	struct wire_slice packed; /**< or what it was compressed to, owned as it
				     is; see message_out */
	/** Called once the message is as it goes to the wire: for the preauth
	    hash. May be NULL. */
	void (*on_wire)(struct request *r, const struct iovec *message,
			int count);
	struct request *request;
};

struct request;
/** Does the connection speak the POSIX extensions, and has the tree's share
 *  them (`smb3 unix extensions`)? */
bool request_posix(const struct request *r);

/** One PDU that came in. Child of its chain. */
struct request {
	struct conn *conn;
	struct chain *chain;	     /**< its compound; of one, if single */
	unsigned index;		     /**< place in the chain */
	struct request *prev, *next; /**< conn->requests */
	struct request *open_prev, *open_next; /**< open->requests */
	const struct command *command;	       /**< NULL: no such opcode */

	/** As received. The bytes belong to the message and live as long as
	    the request: request_keep() for longer. pdu begins at the SMB2
	    header and ends with the body. An SMB1 NEGOTIATE (smb1) has an
	    invented header and is itself in pdu. */
	const struct message_pdu *received; /**< NULL when smb1 */
	struct smb2_header header;
	struct wire_slice pdu;
	uint16_t charge; /**< credits it costs, at least 1 */
	bool smb1;
	bool sealed;	/**< came sealed */
	bool signed_ok; /**< was signed, and rightly so */

	/** Set by the gates as far as the command needs them. */
	struct channel *channel;
	struct session *session;
	struct tree *tree;
	struct open *open;
	struct sequence_count counted; /**< among the open's */

	/** As they go into the response's header. */
	uint64_t session_id;
	uint32_t tree_id;
	struct smb2_file_id file_id; /**< in a related one the inherited one */
	bool seal_reply;	     /**< the response must go out sealed */

	const struct command_handler *via; /**< who serves it */
	struct tevent_req *handler;	   /**< while that is at work */
	uint64_t begun;			   /**< metrics_now() */
	unsigned sweeps;   /**< seen at work so often: for the interim */
	bool quiet;	   /**< waits, and gets no interim */
	uint64_t async_id; /**< 0: synchronous (so far) */
	size_t reply_size; /**< its part of conn->bytes_out, while at work */
	struct reply reply;
};

/** NTSTATUS of a failed tevent_req; also for lack of memory and timeouts. The
 *  first thing a _recv does. */
bool request_failed(struct tevent_req *req, NTSTATUS *status);

/**
 * Append bytes behind the body without a copy.
 *
 * @param owner  talloc chunk that holds the bytes: moved to the request, freed
 *               when the transport has them. NULL: they live long enough
 *               (constants).
 * @return false: too many pieces.
 */
bool reply_payload(struct reply *reply, const void *data, size_t len,
		   TALLOC_CTX *owner);

/**
 * The message that holds r->pdu, to be referenced by somebody who uses its
 * bytes for longer than the request may live: the `owner` of
 * store_pwrite_send().
 */
TALLOC_CTX *request_keep(struct request *r);

/**
 * About to wait for something that may never come: the interim response goes
 * out now.
 * @return NT_STATUS_OK; else fail with it: NT_STATUS_INTERNAL_ERROR in the
 *         middle of a compound (3.3.5.2.7; CREATE may),
 *         NT_STATUS_INSUFFICIENT_RESOURCES when too many wait already.
 */
NTSTATUS request_wait(struct request *r);

/**
 * Likewise, but without an interim response, and in the middle of a compound
 * as well: as Windows does where a rename waits for a lease.
 */
void request_wait_quietly(struct request *r);

/** End it now with that status; its handler is freed. For the end of an open,
 *  a tree, a session. Not from within the request's own handler. */
void request_abort(struct request *r, NTSTATUS status);

/** request_abort() for whatever is at work on a connection for a session, and
 *  if tree is not NULL, for that tree; but not for `except`. */
void request_abort_all(struct conn *conn, const struct session *session,
		       const struct tree *tree, const struct request *except,
		       NTSTATUS status);

/** The session of this request is at its end: it is freed when the reply is
 *  out. For session_end(). */
void request_end_session(struct request *r);

/** Likewise for its channel alone: what wanted to join a session may not. */
void request_end_channel(struct request *r);

/** The request's open is gone: r->open becomes NULL, the request goes on. For
 *  open.c. */
void request_forget_open(struct request *r);

/* For the commands that produce what others stand on. */
void request_set_session(struct request *r, struct channel *channel);
void request_set_tree(struct request *r, struct tree *tree);
void request_set_open(struct request *r, struct open *open);

/**
 * A message nobody asked for (OPLOCK_BREAK notification, 3.3.4.6): body is
 * copied; goes out on one of the session's connections, sealed if the session
 * wants so, never signed.
 * @return false: no connection left.
 */
bool request_notify(struct session *session, uint16_t command,
		    struct wire_slice body);

/** Likewise on that channel. @return false: no memory. */
bool request_notify_on(struct channel *channel, uint16_t command,
		       struct wire_slice body);

/* --- for conn.c ---------------------------------------------------------- */

/** A message came in: take it apart, run it. Takes it over. */
void request_receive(struct conn *conn, struct message *message);

/** Run what could not run while too many bytes were held. */
void request_resume(struct conn *conn);

/** Throw away all that is at work, without replies. */
void request_drop_all(struct conn *conn);

#endif
