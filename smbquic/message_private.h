/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message_private.h - what the files of message.h share: the connection, and
 * the steps in which a message is taken apart, the longest of which may be done
 * in a thread.
 */
#ifndef SMBQUIC_MESSAGE_PRIVATE_H
#define SMBQUIC_MESSAGE_PRIVATE_H

#include "smbquic/message.h"

/** What is read at once of messages whose length is not known yet: some small
 *  requests, with what small files have in them. */
#define MESSAGE_AHEAD 16384

struct message_read_state;
struct message_write_state;

struct message_conn {
	struct transport *transport;
	struct message_limits limits;
	message_keyring_fn keyring;
	void *private_data;
	size_t queued;
	struct message_read_state *reader; /* NULL: nobody reads */
	size_t ahead_at, ahead_len;
	struct message_write_state *writes; /* those that are in queued */
	struct smb2_compress_terms terms;
	struct message_helper helper;
	struct message_savings savings;
	/* message_turn.c: writes that are not begun yet, in their order */
	struct message_write_state *first_turn, *last_turn;
	struct tevent_immediate *go; /* NULL: nobody has waited yet */
	/* From ahead_at on the next frame, and what follows. Last, as it is not
	 * zeroed: of a connection that hears little, little is touched. */
	uint8_t ahead[MESSAGE_AHEAD];
};

/** A message on its way out. */
struct message_write_state {
	struct tevent_context *ev;
	struct tevent_req *req;
	struct message_conn *conn; /* NULL once that is freed */
	struct message_write_state *prev, *next;
	size_t queued; /* counted in conn->queued */
	uint8_t frame[MESSAGE_FRAME_SIZE];
	uint8_t *sealed;
	uint8_t *packed; /* compressed, until it is sealed */
	struct iovec *iov;
	int count;
	int payload; /* which of them is to be compressed; 0: none */
	struct wire_slice ready;       /* that, if it was compressed before */
	struct smb2_sealing_key *seal; /* NULL: none */
	uint64_t session_id;

	struct message_write_state *before, *behind; /* in the conn's turns */
	bool waits;				     /* in there */
	struct tevent_req *folding;  /* the helper's; NULL: it is ready */
	struct message_folding *job; /* his as well */
};

/** Seals and frames what iov has behind the frame. @return 0 or errno. */
int message_write_finish(struct message_write_state *state);
/** To the transport with it. */
void message_write_begin(struct message_write_state *state);
/** It has become shorter, by compression. */
void message_count_packed(const struct message_write_state *state, size_t plain,
			  size_t packed);
/** What it takes of conn->queued. */
void message_count_queued(struct message_write_state *state, size_t size);
/** The pieces in one; an empty slice where there is no memory, or nothing. */
struct wire_slice message_flatten(TALLOC_CTX *mem_ctx, const struct iovec *iov,
				  int count);
size_t message_iov_size(const struct iovec *iov, int count);

/** message_turn.c: the payload chosen is compressed by the helper, and the
 *  message goes when that is done. It is copied: nothing given to
 *  message_write_send() is used any longer.
 *  @return false: it is for the loop to do. */
bool message_turn_fold(struct message_write_state *state);
/** Is there one before it that has to wait? Then so does this. */
bool message_turn_wait(struct message_write_state *state);
/** It is over, or given up: others may go. */
void message_turn_end(struct message_write_state *state);
/** The connection goes: all that wait hear of it, later. */
void message_turns_lost(struct message_conn *conn);

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
