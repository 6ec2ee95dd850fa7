/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message_private.h - what the files of message.h share: the connection, and
 * the steps in which a message is taken apart, the longest of which may be done
 * in a thread.
 */
#ifndef SMBQUIC_MESSAGE_PRIVATE_H
#define SMBQUIC_MESSAGE_PRIVATE_H

#include "smbquic/message.h"

struct message_read_state;
struct message_write_state;

struct message_conn {
	struct transport *transport;
	struct message_limits limits;
	message_keyring_fn keyring;
	void *private_data;
	size_t queued;
	struct message_read_state *reader;  /* NULL: nobody reads */
	struct message_write_state *writes; /* those that are in queued */
	struct smb2_compress_terms terms;
	struct message_helper helper;
	struct message_savings savings;
};

/** 0, or what message_read_recv() and message_write_recv() return. */
int message_request_errno(struct tevent_req *req);

/** message_read.c: the connection of a reader goes. */
void message_reader_lost(struct message_read_state *state);

/** What is known of the bytes so far, from outside to inside. */
struct message_opened {
	uint8_t *owner; /**< the talloc chunk that plain is in */
	uint8_t *plain;
	size_t len;
	bool sealed;
	uint64_t session_id;
	size_t packed;	 /**< came compressed, as so many bytes */
	size_t unpacked; /**< it is compressed, and will be so long; or 0 */
};

/** Frame to what may be compressed: unseals, and looks at the length before
 *  there is memory for it. @return as message_parse(). */
int message_open(uint8_t *data, size_t len, message_keyring_fn keyring,
		 void *private_data, const struct smb2_compress_terms *terms,
		 size_t max, struct message_opened *out);

/** Decompresses into plain, of out->unpacked bytes. In any thread: it touches
 *  bytes alone, and allocates nothing. @return 0 or EBADMSG. */
int message_unpack(const struct message_opened *o,
		   const struct smb2_compress_terms *terms, uint8_t *plain);
/** From now on plain, a talloc chunk, has the bytes. */
void message_unpacked(struct message_opened *o, uint8_t *plain);

/** Both of these. @return 0, EBADMSG or ENOMEM. */
int message_unpack_here(TALLOC_CTX *mem_ctx, struct message_opened *o,
			const struct smb2_compress_terms *terms);

/** The message itself, which takes o->owner. @return as message_parse(). */
int message_make(TALLOC_CTX *mem_ctx, const struct message_opened *o,
		 struct message **out);

#endif
