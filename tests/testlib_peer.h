/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * testlib_peer.h - a server at the other end of a memory pair, for tests of
 * the client. It negotiates, logs on and answers every command in the
 * simplest way that is right; a test spoils its manners.
 */
#ifndef SMBQUIC_TESTLIB_PEER_H
#define SMBQUIC_TESTLIB_PEER_H

#include "negotiate/auth.h"
#include "negotiate/keys.h"
#include "negotiate/negotiate.h"
#include "smbquic/message.h"

#define PEER_USER     "tester"
#define PEER_PASSWORD "Secret-1"
#define PEER_SESSION  0x1122334455667788ull /* the first one, then the next */
#define PEER_TREE     7

struct peer;

/** What is about to be answered to one request. */
struct peer_reply {
	struct smb2_header header; /**< status, credits, ids; changeable */
	struct wire_writer w;	   /**< 64 bytes for the header, then the body:
				      the default one, or a test's */
	bool silent;		   /**< do not answer */
};

/** Looks at a request and changes the default reply. */
typedef void (*peer_hook)(struct peer *peer, const struct message_pdu *request,
			  struct peer_reply *reply);

struct peer {
	struct tevent_context *ev;
	struct transport *client_end; /**< the test takes it */
	struct message_conn *conn;
	struct tevent_req *reading;
	struct negotiate_policy policy;
	struct negotiate_agreement agreement;
	struct auth *auth;
	struct session_keys *keys;
	uint64_t session; /**< 0: none */
	uint64_t next_session;
	struct smb2_signing_key *wrong_key;
	uint8_t preauth[CRYPTO_PREAUTH_SIZE];
	bool broken; /**< reading failed or ended */

	/* Manners. */
	uint16_t session_flags; /**< of the SESSION_SETUP response */
	uint32_t share_flags;
	uint16_t credits;    /**< granted with each reply; default 64 */
	bool separate;	     /**< one message for each reply */
	bool unsigned_reply; /**< never signs after the logon */
	bool wrong_signature;
	bool unsealed; /**< never seals */
	uint64_t file_size;
	peer_hook hook;
	void *private_data;

	/* What was seen. */
	unsigned seen[SMB2_COMMAND_COUNT];
	unsigned messages;
	struct smb2_header last; /**< of the last request */
	uint64_t opened;	 /**< volatile ids run from 1 */
	unsigned closed;
};

/** With the policies of a server that signs; children of mem_ctx. */
struct peer *testlib_peer(TALLOC_CTX *mem_ctx, struct tevent_context *ev);

/** Over a transport with these facts. */
struct peer *testlib_peer_over(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			       const struct transport_facts *facts);

/** The bytes of a READ response at an offset. */
uint8_t testlib_peer_byte(uint64_t offset);

/** Forget the body that was prepared and make an error of the reply. */
void testlib_peer_error(struct peer_reply *reply, NTSTATUS status);
/** Forget the session, and its keys. */
void testlib_peer_end_session(struct peer *peer);
/** Begin another body. */
struct wire_writer *testlib_peer_body(struct peer_reply *reply);

/** Send a reply (its header is encoded now), outside of the usual order. */
void testlib_peer_send(struct peer *peer, struct peer_reply *reply);

/** Say that the answer takes its time, as the operation `async_id`. */
void testlib_peer_pending(struct peer *peer, const struct peer_reply *reply,
			  uint64_t async_id);

/** Go without a word. */
void testlib_peer_hang_up(struct peer *peer);

/** Send bytes as they are, framed. */
void testlib_peer_raw(struct peer *peer, const void *data, size_t len);

#endif
