/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chain.h - requests that came as one compound, and what goes back to them.
 * Private to request.c (runs a chain) and reply.c (answers it).
 *
 * Only related requests make a chain (MS-SMB2 3.3.5.2.7.2): they run one after
 * the other and are answered together. Unrelated ones that came in one message
 * are chains of their own, as if they had come separately (3.3.5.2.7.1); those
 * that are answered at once make a batch, which is one message as well.
 */
#ifndef SERVER_CHAIN_H
#define SERVER_CHAIN_H

#include "server/request.h"

/** More than this is not collected into one message. */
#define CHAIN_MAX_REPLY ((size_t)1 << 20)

struct batch;

/** Child of the connection. */
struct chain {
	struct conn *conn;
	struct batch *batch; /**< where its answers wait for others; or NULL */
	struct chain *prev, *next; /**< conn->chains */
	struct message *message;   /**< a parent of it */
	size_t bytes_in;	   /**< its part of conn->bytes_in */
	unsigned count, index;	   /**< requests; the one that is its turn */
	bool stalled;		   /**< waits for memory (request_resume) */
	bool headless;		   /**< the first one was "related" already */
	struct tevent_immediate *again; /**< goes on after an abort */

	/** What a related request inherits. */
	uint64_t session_id;
	uint32_t tree_id;
	bool has_file;
	struct smb2_file_id file_id;
	NTSTATUS create_status; /**< of a failed CREATE */

	struct outgoing *out; /**< finished, not yet written; or NULL */
	struct request *requests[];
};

/* reply.c */

/** Begin the request's reply: before its handler may write it. */
void reply_init(struct request *r);

/** The final response of a request: collect it. */
void chain_reply(struct request *r, NTSTATUS status);

/** The interim response: goes out at once with what was collected. */
void chain_interim(struct request *r);

/** Write what was collected. At its end: into its batch. */
void chain_flush(struct chain *chain);

/**
 * For the answers to chains that came in one message of so many requests. It
 * is written when the last one is answered, or a moment later, or when one of
 * them has to wait: others are not kept waiting with it.
 * @return NULL: no memory; each is answered for itself.
 */
struct batch *batch_new(struct conn *conn, unsigned requests);
/** Before the chain runs. */
void batch_join(struct batch *batch, struct chain *chain);
/** The chain is gone. */
void batch_leave(struct batch *batch);
/** All that belong to it have joined. */
void batch_ready(struct batch *batch);

#endif
