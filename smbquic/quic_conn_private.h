/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_conn_private.h - what the files of a connection share.
 */
#ifndef SMBQUIC_QUIC_CONN_PRIVATE_H
#define SMBQUIC_QUIC_CONN_PRIVATE_H

#include <stdio.h>

#include "smbquic/quic_private.h"

/* Where in the messages of TLS that come after the handshake (RFC 8446 4). */
struct quic_late {
	unsigned got;  /* bytes of a header */
	size_t length; /* as far as it is known by those */
	size_t left;   /* bytes of the message behind it */
};

struct quic_conn {
	ngtcp2_conn *ng; /* NULL once it is over */
	struct quic_tls *tls;
	struct quic_stream stream;
	struct quic_mtu mtu;
	struct quic_flight flight;
	struct quic_gather gather;
	quic_time heard; /* when the datagram came that ngtcp2 looks at */
	/* what was sent last: until then the next has to wait; the deadline
	 * of all else (quic_pace.c) */
	quic_time paced, unpaced;
	/* the last time that ngtcp2 was told; and quic_hold.c: */
	quic_time told, hold_until;
	bool heard_since;  /* data, since packets went out */
	bool holds;	   /* acknowledgements of it */
	int64_t stream_id; /* -1 until it exists */
	const struct quic_conn_ops *ops;
	void *where;
	struct transport_settings settings;
	bool server;
	struct quic_peer peer;
	FILE *qlog;

	size_t window; /* what the peer has been promised ahead of reading */
	size_t credit; /* bytes read since the peer was promised more */
	struct quic_late late;
	bool complete;	    /* the handshake, on our side */
	bool confirmed;	    /* the handshake, on both sides */
	bool reported;	    /* opened was called */
	bool early;	    /* client: there is 0-RTT */
	bool early_written; /* something was queued for it */
	bool early_taken;   /* by the server */
	bool retried;	    /* the server sent a Retry */
	void (*opened)(void *private_data, struct quic_conn *c, int err);
	void *opened_data;
	void (*flushed)(void *private_data, int err);
	void *flushed_data;

	/* A callback of ngtcp2 decided to end the connection, which cannot be
	 * done from within it. */
	bool doomed;
	uint64_t doom_code;
	bool was_reset;	  /* stateless reset received */
	unsigned refused; /* port unreachable in a row */
	bool over;
	struct quic_end end;
	bool *gone; /* dispatch wants to know when the memory goes */

	uint8_t *new_token; /* client: for the next time */
	size_t new_token_len;
	bool news;
	size_t kept; /* bytes of it that are in the file of visits */
	/* client: how it began, should it begin again (quic_version.c) */
	struct {
		union udp_address local, peer;
		size_t max_payload;
		uint32_t offered; /* by the server, 0: nothing to go on with */
		uint32_t other;	  /* that was begun again with; 0: not */
	} begin;
	char *visits; /* client: file of what is remembered; NULL: none */
	char visits_policy[QUIC_POLICY_SIZE];
	unsigned moves; /* of the peer, or of this end */

	uint64_t packets_in, packets_out;
	/* what was known at the end */
	uint64_t packets_lost;
	uint64_t packets_sent_back;
	size_t last_mtu;
	ngtcp2_conn_info last_info;
};

/** The callbacks that both roles share (quic_callbacks.c). */
void quic_callbacks(ngtcp2_callbacks *out, bool server);
/** Client: begin, or begin again, as p and client say. @return 0 or errno,
 *  with *why as quic_conn_client(). */
int quic_conn_begin(struct quic_conn *c, const struct quic_conn_params *p,
		    const struct quic_client_params *client, char **why);
/** Client: make ready for 0-RTT, when the session has it (quic_early.c). */
void quic_early_begin(struct quic_conn *c);
/** The handshake is complete: was it taken? @return false: out of memory. */
bool quic_early_judge(struct quic_conn *c);
/** The version that a client begins with. */
uint32_t quic_version_first(const struct quic_conn *c);
void quic_version_settings(const struct quic_conn *c, ngtcp2_settings *s);
/** A callback: the server knows other versions only. */
int quic_version_offered(ngtcp2_conn *ng, const ngtcp2_pkt_hd *hd,
			 const uint32_t *offered, size_t count,
			 void *user_data);
/** Begin again with a version that was offered. @return false: there is none,
 *  or it failed. */
bool quic_version_restart(struct quic_conn *c, quic_time now);
/** Before anything is done with ngtcp2 at a time: bring it up to that. May end
 *  the connection. */
void quic_pace_catch_up(struct quic_conn *c, quic_time now);
/** Packets went out. @param left  there may be more to send at once. */
void quic_pace(struct quic_conn *c, bool left, quic_time now);
/** A datagram came. @param data  with what came next on the stream. */
void quic_hold_heard(struct quic_conn *c, bool data, quic_time now);
/** Before packets are made. @return the time that it is for them. */
quic_time quic_hold(struct quic_conn *c, quic_time now);
/** A deadline has come: nothing waits any longer. */
void quic_hold_over(struct quic_conn *c);
/** They were made, if there were any. */
void quic_hold_sent(struct quic_conn *c, bool any);
/** That deadline of ngtcp2, or a later one. */
quic_time quic_hold_deadline(const struct quic_conn *c, quic_time deadline);
/** What ngtcp2 does when its deadline has come. */
void quic_conn_expire(struct quic_conn *c, quic_time now);
/** Where ngtcp2 writes its qlog. */
void quic_qlog_open(struct quic_conn *c, const ngtcp2_cid *cid);
void quic_qlog_write(void *user_data, uint32_t flags, const void *data,
		     size_t len);
/** Nothing that was sent on the stream has counted. */
void quic_conn_rewind(struct quic_conn *c);
/** Give credit back for the bytes that the reader has by now. */
void quic_conn_give_credit(struct quic_conn *c);
/** End the connection as soon as ngtcp2 returns. */
void quic_conn_doom(struct quic_conn *c, int err, uint64_t code,
		    const char *why);
/** The end. c->end is filled in already.
 *  @param say  what to tell the peer; NULL: nothing. */
void quic_conn_finish(struct quic_conn *c, const ngtcp2_ccerr *say,
		      quic_time now);
/** What writes fail with once it is over. */
int quic_conn_write_error(const struct quic_conn *c);
/** ngtcp2 returned an error: the end. */
void quic_conn_fail(struct quic_conn *c, int liberr, quic_time now);
/** One packet as a train of its own. */
bool quic_emit_packet(struct quic_conn *c, const ngtcp2_path *path, uint8_t ecn,
		      uint8_t *data, size_t len);

#endif
