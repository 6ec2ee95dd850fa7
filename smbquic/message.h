/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message.h - whole SMB2 messages over a transport: the one place that knows
 * both.
 *
 * In: the four-byte direct TCP header (MS-SMB2 2.1) is checked against a
 * limit before anything is allocated, a transform header is unsealed
 * (3.3.5.2.1.1, 3.2.5.1.1), what was compressed is decompressed (3.3.5.2.1.2,
 * 3.2.5.1.1.2), a compound chain is split into PDUs (3.3.5.2.7).
 * Out: PDUs are chained and padded, signed, compressed, sealed as told, in that
 * order (3.1.4), framed, and handed to the transport; a payload that is neither
 * compressed nor sealed is not copied.
 *
 * Signatures are *placed* here but *checked* by the owner of the sessions
 * with message_verify(), since only it knows whose key applies.
 */
#ifndef SMBQUIC_MESSAGE_H
#define SMBQUIC_MESSAGE_H

#include "smbquic/crypto.h"
#include "smbquic/smb2_compress.h"
#include "smbquic/smb2_pdu.h"
#include "smbquic/transport.h"

/** Messages are over TCP and QUIC alike framed by this many bytes. */
#define MESSAGE_FRAME_SIZE 4

struct message_conn;

/** One PDU of a message that came in. All pointers are into the message. */
struct message_pdu {
	struct smb2_header header; /**< decoded */
	uint8_t *data;		   /**< the header's first byte */
	size_t len;		   /**< header, body and padding */
	bool last;		   /**< last of its chain */
};

/** A message that came in; a talloc object that owns its bytes. */
struct message {
	bool sealed;	     /**< came in a transform header, unsealed */
	size_t packed;	     /**< came compressed, as so many bytes; else 0 */
	uint64_t session_id; /**< of the transform header, when sealed */
	bool smb1;	     /**< an SMB1 message (FF 'SMB'): no PDUs, look
				at data; TCP's first message only */
	uint8_t *data;	     /**< after unsealing and decompressing */
	size_t len;
	unsigned count;		  /**< PDUs; 0 when smb1 */
	struct message_pdu pdu[]; /**< count of them */
};

/**
 * The keyring: the key that unseals what comes in for that session.
 * @return NULL: no such session, or it has no such key; the message is then
 *         refused with ENOKEY and the connection should end.
 */
typedef struct smb2_sealing_key *(*message_keyring_fn)(uint64_t session_id,
						       void *private_data);

/** Limits that may grow once the peer is known. */
struct message_limits {
	size_t max_message; /**< bytes after the four; both directions in */
};

/**
 * @param t  stolen: becomes a child of the message_conn.
 */
struct message_conn *message_conn_new(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct transport *t,
				      const struct message_limits *limits,
				      message_keyring_fn keyring,
				      void *private_data);

/** A stranger starts with a small limit; raise it when it has logged on. */
void message_conn_set_limits(struct message_conn *conn,
			     const struct message_limits *limits);
/**
 * From now on messages may be compressed, both ways. Until then, and so as long
 * as the peer is a stranger, no byte of it comes to a decompressor. What one
 * decompresses to is bounded by the limit on messages.
 */
void message_conn_set_compression(struct message_conn *conn,
				  const struct smb2_compress_terms *terms);

/** Payloads that are compressed, and messages that come of compressed ones,
    of so many bytes are left to a helper, where there is one. */
#define MESSAGE_HELP_MIN 65536

/** Somebody who does, in a thread, what would hold up the loop. */
struct message_helper {
	/**
	 * Has work(job) done. job is a talloc chunk without parent or borrowed
	 * parts, and from here on the request's, whatever is returned: it is
	 * freed, in the loop, when the request is freed and the thread is done
	 * with it. What is wanted of it is taken out before.
	 * @return NULL: no memory.
	 */
	struct tevent_req *(*send)(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   void (*work)(void *job), void *job,
				   void *private_data);
	/** @return 0; else it was not done, and never will be. */
	int (*recv)(struct tevent_req *req);
	void *private_data;
};

/** Without one all is done in the loop. */
void message_conn_set_helper(struct message_conn *conn,
			     const struct message_helper *helper);

/** What compression did on a connection. */
struct message_savings {
	uint64_t messages_in, messages_out; /**< that were compressed */
	uint64_t plain_in, plain_out;	    /**< bytes of them */
	uint64_t packed_in, packed_out;	    /**< bytes that were sent instead */
};

const struct message_savings *message_conn_savings(
	const struct message_conn *conn);

struct transport *message_conn_transport(struct message_conn *conn);
/** Bytes written but not yet done with (back-pressure for the owner). */
size_t message_conn_queued(const struct message_conn *conn);

/** Read the next message. One read at a time. */
struct tevent_req *message_read_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct message_conn *conn);
/**
 * @param out  the message, child of mem_ctx. NULL with 0 returned: the peer
 *             ended in an orderly way.
 * @return 0; EBADMSG broken frame, header, chain, transform header, seal or
 *         compressed data; EMSGSIZE above the limit, or above it when
 *         decompressed; ENOKEY see message_keyring_fn; ENOTSUP a compressed
 *         message without message_conn_set_compression(); else the
 *         transport's.
 */
int message_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		      struct message **out);

/** Most pieces a PDU is given in: header+body, and payloads. */
#define MESSAGE_MAX_IOV 4

/** One PDU to be sent. iov[0] starts with the encoded 64-byte SMB2 header. */
struct message_out {
	struct iovec iov[MESSAGE_MAX_IOV];
	int iov_count;
	/** Sign with it: sets the header's SIGNED flag and the signature.
	    NULL: leave as is. Not used when the message is sealed. */
	struct smb2_signing_key *sign;
	/** One of its payloads, iov[1] and on, may be compressed, where that
	    was agreed upon and saves something. */
	bool compress;
	/** What message_pack_send() made of iov[1]; empty: nothing. It must be
	    valid as long as iov[1], and compress be false. */
	struct wire_slice packed;
};

/** Is it for the helper to compress so long a payload? */
bool message_packs(const struct message_conn *conn, size_t len);

/**
 * Compress a payload before its message is written: the helper does it.
 * @param owner  the talloc chunk that the payload is in, with nothing else
 *               that anybody needs; stolen until message_pack_recv().
 */
struct tevent_req *message_pack_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct message_conn *conn,
				     struct wire_slice payload,
				     TALLOC_CTX *owner);
/**
 * Gives the owner back, to mem_ctx.
 * @return for message_out.packed, in a child of the owner; empty: it saves
 *         nothing, or was not done.
 */
struct wire_slice message_pack_recv(struct tevent_req *req,
				    TALLOC_CTX *mem_ctx);

/**
 * Write PDUs as one message. Chains them (NextCommand, padding to 8), signs
 * each with its key, compresses the longest payload that may be, or seals the
 * whole with seal and session_id.
 *
 * Memory: iov[0] of each PDU is changed in place (NextCommand, flags,
 * signature). All of it must stay valid until the request ends; hang it on
 * the request (talloc_steal) or on mem_ctx. Several writes may be
 * outstanding; the order of the calls is the order on the wire. A sealed
 * message is copied while it is sealed, so its pieces are free at return.
 * What the helper compresses is copied as well, and what is written behind it
 * waits for it; message_pack_send() is for those who need no order. The seal
 * is kept (talloc_reference) until then.
 *
 * @param seal  NULL: not sealed.
 */
struct tevent_req *message_write_send(
	TALLOC_CTX *mem_ctx, struct tevent_context *ev,
	struct message_conn *conn, const struct message_out *pdus,
	unsigned count, struct smb2_sealing_key *seal, uint64_t session_id);
/** @return 0; EMSGSIZE longer than the frame can tell; ENOMEM; EOVERFLOW the
 *          sealing key's nonces are used up; else the transport's. */
int message_write_recv(struct tevent_req *req);

/** Is the PDU's signature right under that key (3.1.5.1)? Constant time. */
bool message_verify(const struct message_pdu *pdu,
		    struct smb2_signing_key *key);

/* --- for tests and fuzzers: the decoder without a transport ------------ */

/**
 * Take apart the bytes of one message (without the four of the frame), as
 * message_read does. data is stolen by the message, and changed in place when
 * it is unsealed.
 * @param terms  NULL: compressed messages are refused.
 * @param max    the longest message that may come of a compressed one.
 * @return 0, EBADMSG, EMSGSIZE, ENOKEY, ENOTSUP or ENOMEM.
 */
int message_parse(TALLOC_CTX *mem_ctx, uint8_t *data, size_t len,
		  message_keyring_fn keyring, void *private_data,
		  const struct smb2_compress_terms *terms, size_t max,
		  struct message **out);

#endif
