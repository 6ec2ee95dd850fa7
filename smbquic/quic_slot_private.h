/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_slot_private.h - the books of an endpoint: one slot a connection, with
 * its connection ids, its deadline, its place in the queue for a turn, and what
 * it counts for. No socket, no clock.
 *
 * When a connection is closed its slot stays for a while without the
 * connection's memory, to answer latecomers (RFC 9000 10.2).
 */
#ifndef SMBQUIC_QUIC_SLOT_PRIVATE_H
#define SMBQUIC_QUIC_SLOT_PRIVATE_H

#include "smbquic/quic_private.h"

struct letter;
struct slot_cid;

/* Connections of one source. */
struct slot_source {
	struct quic_key key;
	unsigned connections;
};

struct quic_slots {
	struct quic_route *cids;
	struct quic_route *sources;
	struct quic_timers *timers;
	struct quic_slot *first;
	struct quic_slot *found;   /* by the last search, as packets come in */
	struct quic_key found_key; /* rows: what was searched then */
	struct quic_slot *marked, *marked_last;
	unsigned round;	      /* slots marked in this one wait for the next */
	unsigned connections; /* that are not over */
	unsigned handshakes;
	unsigned memories; /* quic_conn objects that exist */
};

struct quic_slot {
	struct quic_timer timer; /* first: the heap yields its address */
	struct quic_slots *slots;
	struct quic_endpoint *endpoint;
	struct quic_conn *conn;	   /* NULL: only the farewell is left */
	bool over;		   /* it ended, its memory gone or not */
	bool stalled;		   /* wants to send when the socket can */
	unsigned desk;		   /* where it is served, see quic_desk.c */
	bool away;		   /* its connection has moved there */
	struct letter *when_ended; /* to the one that sent it */
	/* the handshake is complete that its user did not wait for; the
	 * connection may move from within */
	void (*settled)(void *private_data);
	void *settled_data;
	union udp_address peer;
	/* books */
	struct slot_cid *cids;
	struct slot_source *source;
	bool counted, handshaking;
	struct quic_slot *prev, *next;
	struct quic_slot *next_marked;
	bool marked;
	unsigned marked_round;
	/* farewell */
	uint8_t *packet;
	size_t packet_len;
	unsigned latecomers;
};

bool quic_slots_init(struct quic_slots *all, TALLOC_CTX *mem_ctx,
		     const uint8_t secret[16]);
/** Child of mem_ctx; talloc_free takes it out of all books. */
struct quic_slot *quic_slot_new(struct quic_slots *all, TALLOC_CTX *mem_ctx);

/** Take a zeroed slot that belongs to nobody into these books. */
void quic_slot_join(struct quic_slot *s, struct quic_slots *all,
		    TALLOC_CTX *mem_ctx);

/** The connection ids of s, at most max. @return how many. */
size_t quic_slot_cids(const struct quic_slot *s, ngtcp2_cid *out, size_t max);
/** Packets to cid belong to s. */
bool quic_slot_add_cid(struct quic_slot *s, const ngtcp2_cid *cid);
void quic_slot_drop_cid(struct quic_slot *s, const ngtcp2_cid *cid);
struct quic_slot *quic_slots_find(struct quic_slots *all, const uint8_t *cid,
				  size_t len);

/** It counts as a connection, in handshake, of its source. */
bool quic_slot_count(struct quic_slot *s);
/** It is at another address now, and counts there. */
void quic_slot_moved(struct quic_slot *s, const union udp_address *peer);
void quic_slot_handshake_over(struct quic_slot *s);
/** It does not count any more. */
void quic_slot_uncount(struct quic_slot *s);
/** Connections of the same source as peer. */
unsigned quic_slots_of_source(const struct quic_slots *all,
			      const union udp_address *peer);

/** It wants a turn. */
void quic_slot_mark(struct quic_slot *s);
/** Begin a round: who is marked from here on waits for the next. */
void quic_slots_round(struct quic_slots *all);
/** The next one of this round; NULL: that was all. */
struct quic_slot *quic_slots_next(struct quic_slots *all);

/** Keep what is to be said to latecomers. */
void quic_slot_farewell(struct quic_slot *s, const struct quic_farewell *f,
			quic_time now);
/** A latecomer came: the packet to answer with, or NULL. */
const uint8_t *quic_slot_latecomer(struct quic_slot *s, size_t *len);

#endif
