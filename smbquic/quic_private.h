/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_private.h - the parts of the userspace QUIC carrier, from the inside
 * out:
 *
 *	quic_stream	the bytes of the one stream, kept until they are read
 *			or acknowledged; knows no packets
 *	quic_mtu	whether the path has become smaller than it was
 *	quic_flight	how much is sensibly on its way
 *	quic_gather	when it is time to acknowledge a copy's data
 *	quic_tls	the TLS handshake of a connection and its verdict
 *	quic_keys	what 1-RTT packets are sealed with
 *	quic_version	which version of QUIC is spoken
 *	quic_ticket	whose session ticket it is, and its key
 *	quic_replay	which 0-RTT was there before
 *	quic_conn	one connection: datagrams and a time in, datagrams and
 *			a deadline out; owns no socket and no clock. Parts of
 *			it: quic_callbacks, quic_output, quic_pace, quic_report,
 *			quic_early, quic_close, quic_error, quic_hold
 *	quic_route	from connection ids to whom they belong
 *	quic_timer	who is due next
 *	quic_slot	the books of an endpoint
 *	quic_stranger	what to do with a datagram that belongs to nobody
 *	quic_secret	what its tokens are made with
 *	quic_visit	what a client remembers of a server
 *	quic_endpoint	a UDP socket, the clock, and the connections on it.
 *			Parts of it: quic_inbox, quic_accept, quic_outbox,
 *			quic_roam, quic_detour, quic_endpoint_client
 *	quic_user	the transport row (transport.h) on top
 *
 * ngtcp2 is seen by these files only. Nothing here is called from another
 * thread than the one that made it, but for a client's connection: it moves
 * to a network thread with its endpoint, as a whole (quic_far.c).
 */
#ifndef SMBQUIC_QUIC_PRIVATE_H
#define SMBQUIC_QUIC_PRIVATE_H

#include <time.h>

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>

#include "smbquic/tls.h"
#include "smbquic/transport.h"
#include "smbquic/udp.h"
#include "smbquic/wire.h"

/** Nanoseconds of a clock that never goes back. */
typedef uint64_t quic_time;
#define QUIC_NEVER UINT64_MAX

/** Length of the connection ids that we choose. */
#define QUIC_CID_LEN 8
/** Longest address token that is kept, bytes. */
#define QUIC_TOKEN_MAX 512
/** What quic_conn_output needs to build trains in. */
#define QUIC_SCRATCH (2 * UDP_TRAIN_MAX)

/* --- quic_stream: bytes -------------------------------------------------- */

/** A read that waits for bytes. Belongs to the caller until done is called
 *  or the read is cancelled. */
struct quic_read {
	uint8_t *buf;
	size_t min, max, got;
	/** Asked once, when there are min bytes; NULL: they are enough. */
	transport_measure_fn measure;
	size_t whole; /**< what it said, if that is not more than max */
	/** err as for transport_read_recv; got is 0 at the orderly end. May
	 *  free the connection. */
	void (*done)(struct quic_read *r, int err);
};

/** A write whose bytes are on their way. The bytes (not vec) stay valid until
 *  done is called; vec too. */
struct quic_write {
	struct quic_write *prev, *next;
	const ngtcp2_vec *vec;
	size_t count;
	size_t len;		      /**< of all of vec */
	size_t sent;		      /**< given to ngtcp2 at least once */
	size_t vec_index, vec_offset; /**< where sent ends */
	bool queued, done_waiting;
	/** May free the connection. */
	void (*done)(struct quic_write *w, int err);
};

struct quic_write_list {
	struct quic_write *first, *last;
};

struct quic_chunk;

/** The one bidirectional stream of a connection, both directions. */
struct quic_stream {
	/* in */
	struct quic_read *read;
	struct quic_chunk *chunks, *chunks_last;
	size_t buffered;
	bool fin;
	uint64_t bytes_in;
	/* out */
	struct quic_write_list unacked; /* oldest first */
	struct quic_write_list acked;	/* waiting for their done */
	struct quic_write *sending;	/* first with bytes not yet sent */
	size_t first_acked; /* bytes of unacked.first that are acked */
	bool finishing;	    /* nothing follows what is queued */
	bool finished;	    /* and the peer was told */
	uint64_t bytes_out, bytes_acked;
};

/**
 * Bytes came in, in order. What the pending read cannot take is kept in a
 * copy (a child of mem_ctx), bounded by the flow-control window.
 *
 * @param consumed  out: bytes that the reader has now and for which credit
 *                  can be given back.
 * @return false: out of memory.
 */
bool quic_stream_arrived(struct quic_stream *s, TALLOC_CTX *mem_ctx,
			 const uint8_t *data, size_t len, size_t *consumed);
/** Move kept bytes into the pending read. @return bytes moved. */
size_t quic_stream_fill(struct quic_stream *s);
/** Is the pending read satisfied? At the end of the stream see its err. */
bool quic_stream_read_ready(const struct quic_stream *s, bool ended, int end,
			    int *err);

/** @return false: nothing to send, w is done already (no bytes). */
bool quic_stream_queue(struct quic_stream *s, struct quic_write *w);
/** The next bytes to send: at least room of them where there are so many.
 *  Who fills a packet need not walk through megabytes for each.
 *  @param more  out: these are not known to be all. */
size_t quic_stream_peek(const struct quic_stream *s, ngtcp2_vec *vec,
			size_t max, size_t room, bool *more);
void quic_stream_sent(struct quic_stream *s, size_t len);
/** Is the end of the stream still to be told, behind all bytes? */
bool quic_stream_end_due(const struct quic_stream *s);
void quic_stream_acked(struct quic_stream *s, uint64_t len);
/** What was sent did not count: all of it is to be sent again. Nothing was
 *  acknowledged yet. */
void quic_stream_rewind(struct quic_stream *s);
/** Bytes were sent that are not acknowledged. */
bool quic_stream_waits(const struct quic_stream *s);
/** Everything was acknowledged. */
bool quic_stream_idle(const struct quic_stream *s);
/** Take a write out. @return true: its bytes are in flight, so that ngtcp2
 *  must not touch them any more. */
bool quic_stream_cancel(struct quic_stream *s, struct quic_write *w);
/** The oldest write that waits for its done, taken out of the list. */
struct quic_write *quic_stream_pop_acked(struct quic_stream *s);
/** The connection is over: no write will be acknowledged any more. */
struct quic_write *quic_stream_pop_unacked(struct quic_stream *s);

/* --- quic_mtu: paths that shrink ----------------------------------------- */

struct quic_mtu {
	quic_time waiting; /* for an answer, since then; QUIC_NEVER: not */
	quic_time raise;   /* small packets until then; QUIC_NEVER: any */
	quic_time raised;  /* when large packets were last tried again */
	quic_time pause;   /* how long the next time of small ones is */
};

void quic_mtu_init(struct quic_mtu *m);
/** Stream data went out. */
void quic_mtu_sent(struct quic_mtu *m, quic_time now);
/** Stream data was acknowledged. @param more  other waits still. */
void quic_mtu_answered(struct quic_mtu *m, bool more, quic_time now);
/** Is there no answer for patience? @return true: packets are small now. */
bool quic_mtu_doubt(struct quic_mtu *m, quic_time patience, quic_time now);
/** The largest packet that is wise, at most UDP_TRAIN_MAX. */
size_t quic_mtu_room(struct quic_mtu *m, quic_time now);

/* --- quic_flight: bytes on their way -------------------------------------- */

struct quic_flight {
	quic_time since; /* what follows is counted */
	uint64_t acked;	 /* bytes */
	uint64_t best;	 /* rate that was seen, bytes a microsecond */
	bool grows;	 /* the last one was a good deal more */
};

void quic_flight_init(struct quic_flight *f, quic_time now);
/** So many bytes more have arrived. */
void quic_flight_acked(struct quic_flight *f, uint64_t len);
/** How many bytes may be on their way without any that only wait there.
 *  @param smoothed_rtt  and min_rtt: of ngtcp2_conn_info. */
uint64_t quic_flight_limit(struct quic_flight *f, quic_time smoothed_rtt,
			   quic_time min_rtt, quic_time now);

/* --- quic_gather: acknowledgements ---------------------------------------- */

struct quic_gather {
	quic_time until;   /* what has come waits no longer */
	uint64_t from;	   /* bytes, before which nothing waits */
	uint64_t answered; /* bytes, when packets went out last */
	bool any;	   /* has come since */
	bool urgent;	   /* not all of it may wait */
	bool waits;
};

void quic_gather_init(struct quic_gather *g);
/** A datagram came.
 *  @param calm  with nothing but what came next on the stream. */
void quic_gather_heard(struct quic_gather *g, bool calm, quic_time now);
/** Is it too early to acknowledge what has come? Asked when there is nothing
 *  else to say.
 *  @param bytes  of the stream that have come so far. */
bool quic_gather_waits(struct quic_gather *g, uint64_t bytes, quic_time now);
/** Packets were made, and say all there is to say. */
void quic_gather_sent(struct quic_gather *g, uint64_t bytes);
/** A deadline has come. Who waits is asked again. */
void quic_gather_rang(struct quic_gather *g);
/** That deadline, or when what waits does so no longer. */
quic_time quic_gather_deadline(const struct quic_gather *g, quic_time deadline);

/* --- quic_tls: the handshake --------------------------------------------- */

struct quic_tls;

/** How a client resumes a session (RFC 8446 2.2). */
struct quic_resume {
	bool wanted;	     /**< tickets are welcome */
	const uint8_t *data; /**< of quic_tls_session(); NULL: none yet */
	size_t len;
	bool early; /**< ask for 0-RTT where the session has it */
};

/** @param why  out: on failure a sentence, child of mem_ctx. */
struct quic_tls *quic_tls_client(TALLOC_CTX *mem_ctx,
				 const struct tls_client_policy *policy,
				 const char *server_name, unsigned port,
				 const char *keylog_file,
				 const struct quic_resume *resume, char **why);
struct quic_replay;

/**
 * @param peer           the client's address, kept; may be NULL.
 * @param ticket_secret  QUIC_SECRET_LEN bytes, kept; NULL: no tickets.
 * @param replay         kept; NULL: no 0-RTT.
 */
struct quic_tls *quic_tls_server(TALLOC_CTX *mem_ctx,
				 const struct tls_server_policy *policy,
				 const char *peer, const char *keylog_file,
				 const uint8_t *ticket_secret,
				 struct quic_replay *replay);
/** Client: the transport parameters under which 0-RTT may be sent.
 *  @return an empty slice: it may not. */
struct wire_slice quic_tls_early_params(const struct quic_tls *tls);
/** Client, handshake complete: did the server take what was sent in 0-RTT? */
bool quic_tls_early_taken(const struct quic_tls *tls);
/** Server: 0-RTT is taken, and it can be answered already. */
bool quic_tls_early_answer(const struct quic_tls *tls);
/** Server: send a ticket, now that the handshake is complete. */
void quic_tls_send_ticket(struct quic_tls *tls);
/** Client, session carried: a whole TLS message that came after the handshake.
 *  @return true: it was the ticket that was waited for. */
bool quic_tls_take_ticket(struct quic_tls *tls, const uint8_t *message,
			  size_t len);
/** Client, session carried: a session that is resumed shows no certificate, so
 *  its server is judged by the one of before, when there are keys of that
 *  level. @return false: it was not accepted; see quic_tls_refusal(). */
bool quic_tls_judge_resumed(gnutls_session_t session,
			    gnutls_record_encryption_level_t level);
/** Client: what to resume with, once a ticket has come. Belongs to tls.
 *  @return NULL: none. */
const uint8_t *quic_tls_session(const struct quic_tls *tls, size_t *len);
/** Client: what it judges by. */
const struct tls_client_policy *quic_tls_policy(const struct quic_tls *tls);
bool quic_tls_resumed(const struct quic_tls *tls);
/** Marry the session and the connection whose handshake it does. @return
 *  false: out of memory. */
bool quic_tls_bind(struct quic_tls *tls, ngtcp2_conn *ng);
/** Instead, have somebody else carry messages and secrets of the session: the
 *  caller sets GnuTLS's functions for them. */
gnutls_session_t quic_tls_carry(struct quic_tls *tls, void *carrier);
/** In those functions: who carries the session. */
void *quic_tls_carrier(gnutls_session_t session);
/** Why we ended the handshake: alert (0: not we), errno and a sentence. */
unsigned quic_tls_refusal(const struct quic_tls *tls, int *err,
			  const char **why);
/** Server: TLS itself ended the handshake, with that alert. Of a client that
 *  had to show a certificate, and showed none or somebody else's, tls_admit_fn
 *  is told. */
void quic_tls_record_failure(struct quic_tls *tls, unsigned alert);
/** Client: the server wants to see a certificate, so the handshake may still
 *  fail after it is complete on this side. */
bool quic_tls_server_may_refuse(const struct quic_tls *tls);
/** The handshake is complete on both sides. */
void quic_tls_finish(struct quic_tls *tls);
/** Server: the identity is mem_ctx's to refer to. */
bool quic_tls_give_identity(struct quic_tls *tls, TALLOC_CTX *mem_ctx);
/** Fill in what TLS knows; strings become children of mem_ctx. */
bool quic_tls_facts(const struct quic_tls *tls, TALLOC_CTX *mem_ctx,
		    struct transport_facts *out);

/* --- quic_ticket: before a ticket is looked at ---------------------------- */

#define QUIC_SECRET_LEN	    32
#define QUIC_NAME_MAX	    255 /* RFC 1035 2.3.4 */
#define QUIC_TICKET_KEY_LEN 64	/* what GnuTLS wants */

/** The name that a ClientHello (without its header) asks for; "": none.
 *  @return false: damaged, or of a client that has switched tickets off
 *  and may fail when it gets one. */
bool quic_ticket_name(const uint8_t *hello, size_t len,
		      char name[QUIC_NAME_MAX + 1]);
/** Does a NewSessionTicket (without its header) permit 0-RTT in QUIC (RFC 9001
 *  4.6.1)? GnuTLS tells a client of no difference. */
bool quic_ticket_permits_early(const uint8_t *ticket, size_t len);

#define QUIC_SESSION_CERTS 8u

/** What a client keeps of a session. */
struct quic_session {
	gnutls_datum_t chain[QUIC_SESSION_CERTS]; /**< the server's, DER */
	unsigned count;
	/** The server's transport parameters, as ngtcp2 encodes those that
	 *  matter in 0-RTT (RFC 9000 7.4.1); empty: no 0-RTT. */
	struct wire_slice early;
	struct wire_slice tls; /**< GnuTLS's data */
};

/** @return child of mem_ctx, or NULL: too many certificates, no memory. */
uint8_t *quic_session_pack(TALLOC_CTX *mem_ctx, const struct quic_session *s,
			   size_t *len);
/** Everything in out borrows from data. @return false: damaged. */
bool quic_session_unpack(const uint8_t *data, size_t len,
			 struct quic_session *out);
/** The key for tickets given under that certificate.
 *  @param early  empty, or the transport parameters that 0-RTT under such a
 *                ticket relies on: with others it is no ticket. */
bool quic_ticket_key(const uint8_t *secret, const struct tls_identity *id,
		     struct wire_slice early, uint8_t key[QUIC_TICKET_KEY_LEN]);

/* --- quic_replay: 0-RTT that was there before ----------------------------- */

#define QUIC_REPLAY_MAX	    65536u	  /* first flights remembered */
#define QUIC_REPLAY_SECONDS (24u * 3600u) /* for as long as tickets live */

/** Which first flights with 0-RTT a server has seen (RFC 8446 8.2). When it
 *  can remember no more, no 0-RTT is taken. @return NULL: no memory. */
struct quic_replay *quic_replay_new(TALLOC_CTX *mem_ctx);
/** @return false: it was there before, or it cannot be remembered. */
bool quic_replay_note(struct quic_replay *r, const void *id, size_t len,
		      time_t now);
size_t quic_replay_count(const struct quic_replay *r);
/** For gnutls_anti_replay_enable(). Belongs to r. */
gnutls_anti_replay_t quic_replay_tls(struct quic_replay *r);

/* --- quic_error: how connections end ------------------------------------- */

/** Who and where, for sentences. */
struct quic_peer {
	bool server;	      /**< the peer is a server */
	const char *name;     /**< name asked for; NULL on a server */
	const char *address;  /**< "192.0.2.1:443" */
	const char *endpoint; /**< "192.0.2.1:443/udp" */
	bool opened;	      /**< the handshake was complete */
	bool heard;	      /**< anything valid came from the peer */
	unsigned timeout_ms;  /**< that was exceeded, if any */
};

struct quic_end {
	int err;	/**< errno value; 0: orderly */
	char *why;	/**< a sentence */
	unsigned alert; /**< of TLS, that we have ended it with; 0: none */
	bool by_peer;	/**< the peer has ended it */
};

/** A server's handshake ended like that. @param tally  NULL: nobody counts. */
void quic_error_count(struct transport_tally *tally,
		      const struct quic_end *end);

/** How much silence ends a connection: the shorter of both ends' limits, in ms
 *  (RFC 9000 10.1); 0: none has one. */
unsigned quic_silence_ms(unsigned ours, uint64_t theirs);
/** The peer closed: CONNECTION_CLOSE's code and reason. */
void quic_error_closed(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
		       const ngtcp2_ccerr *e, struct quic_end *out);
/** ngtcp2 gave up. */
void quic_error_library(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
			int liberr, struct quic_end *out);
/** Our own TLS ended the handshake with this alert. */
void quic_error_alert(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
		      unsigned alert, struct quic_end *out);
/** The peer does not know this connection (RFC 9000 10.3). */
void quic_error_reset(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
		      struct quic_end *out);
/** The socket said no. */
void quic_error_socket(TALLOC_CTX *mem_ctx, const struct quic_peer *peer,
		       int err, struct quic_end *out);

/* --- quic_conn ----------------------------------------------------------- */

struct quic_conn;

/** What remains of a connection that was closed (RFC 9000 10.2). */
struct quic_farewell {
	const uint8_t *packet; /**< CONNECTION_CLOSE; NULL: say nothing */
	size_t len;
	quic_time linger; /**< how long packets may still come; 0: none do */
};

/** What a connection asks of its surroundings; where is theirs. */
struct quic_conn_ops {
	/** Send. False: no more now; this train was kept. */
	bool (*emit)(void *where, const struct udp_train *train);
	/** Choose a fresh connection id and its reset token, and route it
	 *  here. */
	bool (*new_cid)(void *where, ngtcp2_cid *cid, uint8_t *token);
	/** Packets to cid will not come any more. */
	void (*drop_cid)(void *where, const ngtcp2_cid *cid);
	/** Call quic_conn_dispatch and quic_conn_output soon. */
	void (*wake)(void *where);
	quic_time (*now)(void *where);
	/** Server: a token for NEW_TOKEN by which the client at peer proves
	 *  its address next time. @return its length, at most size; 0: none.
	 */
	size_t (*new_token)(void *where, const union udp_address *peer,
			    uint8_t *out, size_t size);
	/** Client: quic_conn_new_token() or quic_conn_session() has something
	 *  new. NULL: nobody wants to know. Never from within ngtcp2. */
	void (*news)(void *where);
	/** Server: the client is at peer from now on, which was confirmed.
	 * NULL: nobody wants to know. */
	void (*moved)(void *where, const union udp_address *peer);
	/** The connection is over; its memory may live on. Called once, never
	 *  from within ngtcp2. */
	void (*ended)(void *where, const struct quic_farewell *farewell);
	/** The connection's memory goes away; last call. */
	void (*released)(void *where);
};

struct quic_conn_params {
	const struct quic_conn_ops *ops;
	void *where;
	const struct transport_settings *settings; /**< copied */
	const union udp_address *local, *peer;
	size_t max_payload; /**< of the first hop, see udp_max_payload */
	quic_time now;
};

struct quic_client_params {
	const char *server_name;
	const struct tls_client_policy *tls; /**< kept */
	const uint8_t *token; /**< of an earlier NEW_TOKEN; copied */
	size_t token_len;     /**< 0: none */
	struct quic_resume resume;
};

struct quic_server_params {
	const struct tls_server_policy *tls; /**< kept */
	const ngtcp2_pkt_hd *initial;
	const ngtcp2_cid *original_dcid; /**< after a Retry; else NULL */
	ngtcp2_token_type token_type;	 /**< of initial's valid token */
	const uint8_t *ticket_secret;	 /**< kept; NULL: no tickets */
	struct quic_replay *replay;	 /**< kept; NULL: no 0-RTT */
	size_t max_receive;		 /**< no larger UDP payload is wanted;
					    0: any. ngtcp2 keeps a buffer of the
					    largest that came */
};

/**
 * Start connecting. The first datagrams come from quic_conn_output.
 *
 * @param why  out: on failure a sentence, child of mem_ctx.
 * @return 0 or errno.
 */
int quic_conn_client(TALLOC_CTX *mem_ctx, const struct quic_conn_params *p,
		     const struct quic_client_params *client,
		     struct quic_conn **out, char **why);
/** Answer a first datagram, which the caller then gives to quic_conn_input.
 *  NULL: out of memory. */
struct quic_conn *quic_conn_server(TALLOC_CTX *mem_ctx,
				   const struct quic_conn_params *p,
				   const struct quic_server_params *server);

/** One datagram. @return false: it asks for a Retry (server). */
bool quic_conn_input(struct quic_conn *c, const struct udp_train *train,
		     const uint8_t *data, size_t len, quic_time now);
/** The socket reports an error of an earlier datagram. */
void quic_conn_socket_error(struct quic_conn *c, int err, quic_time now);
/**
 * Send what may be sent, at most one quantum (64 KiB).
 *
 * @param scratch  QUIC_SCRATCH bytes.
 * @return true: there may be more; call again when others had their turn.
 */
bool quic_conn_output(struct quic_conn *c, uint8_t *scratch, quic_time now);
/** When quic_conn_tick is to be called. */
quic_time quic_conn_deadline(struct quic_conn *c);
void quic_conn_tick(struct quic_conn *c, quic_time now);
/** Call the done functions that are due. @return false: c is gone. */
bool quic_conn_dispatch(struct quic_conn *c);
/** Is that so for a read? */
bool quic_conn_has_read(const struct quic_conn *c);

/** The handshake is over, or failed (err): called once, by dispatch. May free
 *  the connection. */
void quic_conn_on_opened(struct quic_conn *c,
			 void (*opened)(void *private_data, struct quic_conn *c,
					int err),
			 void *private_data);

/**
 * Client, before the first output: send these bytes, which change nothing when
 * they come twice, in 0-RTT, ahead of all writes; when the server refuses that,
 * after the handshake. Copied.
 *
 * @return false: there is no 0-RTT, and nothing will be sent.
 */
bool quic_conn_early(struct quic_conn *c, const uint8_t *data, size_t len);
/** Server: the handshake is not complete, so that what comes may be a replay.
 */
bool quic_conn_is_early(const struct quic_conn *c);

/** @return true: it is done already, with *err and r->got. */
bool quic_conn_read(struct quic_conn *c, struct quic_read *r, int *err);
void quic_conn_cancel_read(struct quic_conn *c, struct quic_read *r);
/** @return true: it is done already, with *err. */
bool quic_conn_write(struct quic_conn *c, struct quic_write *w, int *err);
/** Ends the connection when bytes of it were sent. */
void quic_conn_cancel_write(struct quic_conn *c, struct quic_write *w);
/** No write follows: the peer is told behind the last byte. */
void quic_conn_end_stream(struct quic_conn *c);
/** Call flushed (once, by dispatch) when all writes are acknowledged or the
 *  connection is over. NULL: do not. */
void quic_conn_on_flushed(struct quic_conn *c,
			  void (*flushed)(void *private_data, int err),
			  void *private_data);

/** It leaves where it is, also from within its own report of being open: the
 *  caller moves it to another thread. @return where it was. */
void *quic_conn_leave(struct quic_conn *c);
/** It is here now. */
void quic_conn_move(struct quic_conn *c, void *where);
void *quic_conn_where(const struct quic_conn *c);
/** Who refers to the identity that was chosen is mem_ctx from now on: what
 *  others share does not go to another thread. @return false: no memory. */
bool quic_conn_give_identity(struct quic_conn *c, TALLOC_CTX *mem_ctx);
/** The peer is no stranger any more: open the whole window to it. */
void quic_conn_trust(struct quic_conn *c);
/** Say good-bye with an application code and end. Idempotent. */
void quic_conn_close(struct quic_conn *c, uint64_t code, const char *reason);
/** Client: the latest token that the server sent for the next time. Belongs
 *  to c. @return NULL: none. */
const uint8_t *quic_conn_new_token(const struct quic_conn *c, size_t *len);
/** Client: what to resume with next time (quic_resume.data). Belongs to c.
 *  @return NULL: none. */
const uint8_t *quic_conn_session(const struct quic_conn *c, size_t *len);
/**
 * Client: go on from another local address, at once (RFC 9000 9). The peer's
 * is the one of before.
 *
 * @return false: not possible: the handshake is not confirmed, the server
 *         wants no migration, or it gave no spare connection id.
 */
bool quic_conn_migrate(struct quic_conn *c, const union udp_address *local,
		       const union udp_address *peer);
/** How many datagrams came from the peer. @param owed  out: it has not
 *  acknowledged all that we said. */
uint64_t quic_conn_heard(const struct quic_conn *c, bool *owed);
/** Is it far enough for that? */
bool quic_conn_may_migrate(const struct quic_conn *c);
/** Use new keys (RFC 9001 6). @return false: not possible now. */
bool quic_conn_update_keys(struct quic_conn *c);

bool quic_conn_is_open(const struct quic_conn *c);
/** How it ended; NULL while it has not. */
const struct quic_end *quic_conn_end(const struct quic_conn *c);
bool quic_conn_facts(struct quic_conn *c, TALLOC_CTX *mem_ctx,
		     struct transport_facts *out);
void quic_conn_stats(struct quic_conn *c, struct transport_stats *out);

/* --- quic_route: a table of keys ----------------------------------------- */

#define QUIC_KEY_MAX 20

struct quic_key {
	uint8_t len;
	uint8_t data[QUIC_KEY_MAX];
};

/** Keys may come from strangers: the hash is keyed by a secret. */
struct quic_route;

struct quic_route *quic_route_new(TALLOC_CTX *mem_ctx,
				  const uint8_t secret[16]);
/** @return false: out of memory, or the key is there already. */
bool quic_route_add(struct quic_route *t, const struct quic_key *key,
		    void *value);
void *quic_route_find(const struct quic_route *t, const struct quic_key *key);
void quic_route_remove(struct quic_route *t, const struct quic_key *key);
size_t quic_route_count(const struct quic_route *t);

/* --- quic_timer: who is due next ----------------------------------------- */

struct quic_timer {
	quic_time due;
	size_t place; /**< private; 0: not in a heap */
};

struct quic_timers;

struct quic_timers *quic_timers_new(TALLOC_CTX *mem_ctx);
/** (Re)set; QUIC_NEVER takes it out. @return false: out of memory. */
bool quic_timers_set(struct quic_timers *h, struct quic_timer *t,
		     quic_time due);
struct quic_timer *quic_timers_first(const struct quic_timers *h);

/* --- quic_stranger: datagrams that belong to nobody ----------------------- */

enum quic_verdict {
	QUIC_DROP,   /**< not worth an answer */
	QUIC_ACCEPT, /**< make a connection */
	QUIC_REPLY,  /**< send back reply */
};

/** What the endpoint is, seen by a stranger. */
struct quic_house {
	const uint8_t *secret;	     /**< 32 bytes, of address tokens */
	const uint8_t *reset_secret; /**< 32 bytes, of reset tokens */
	bool listening;
	const char *full; /**< why there are to be no more connections (of this
			      source); NULL: there may be */
	uint32_t only;	  /**< the one version that is spoken; 0: both */
	bool crowded;	  /**< many handshakes in flight: addresses must be
			       proven by Retry */
};

enum quic_saying { QUIC_SAYS_OTHER, QUIC_SAYS_RETRY, QUIC_SAYS_RESET };

struct quic_stranger {
	/* QUIC_ACCEPT */
	ngtcp2_pkt_hd initial; /* borrows from the datagram */
	bool after_retry;
	ngtcp2_cid original_dcid;
	ngtcp2_token_type token_type;
	/* QUIC_REPLY */
	const char *what;      /* for the log */
	enum quic_saying says; /* for those who count */
	bool turned_away;      /* because house->full, which is what */
	size_t reply_len;
	uint8_t reply[NGTCP2_MAX_UDP_PAYLOAD_SIZE];
};

/** @param now  of quic_calendar(): tokens outlive the program. */
enum quic_verdict quic_stranger_judge(const struct quic_house *house,
				      const union udp_address *peer,
				      const uint8_t *data, size_t len,
				      quic_time now, struct quic_stranger *out);
/** A Retry packet for an Initial. @return false: not possible. */
bool quic_stranger_retry(const struct quic_house *house,
			 const union udp_address *peer, quic_time now,
			 struct quic_stranger *out);
/** A token for NEW_TOKEN (RFC 9000 8.1.3). @return its length; 0: none. */
size_t quic_stranger_token(const uint8_t *secret, const union udp_address *peer,
			   quic_time now, uint8_t *out, size_t size);
bool quic_reset_token(const uint8_t *secret, const ngtcp2_cid *cid,
		      uint8_t *token);

/* --- quic_keys: what 1-RTT packets are sealed with ------------------------ */

/** Is this a cipher that gcm.h computes, on this machine? */
bool quic_keys_ours(const ngtcp2_crypto_aead *aead);
/** New secrets from TLS, either may be NULL. @return false: it failed. */
bool quic_keys_install(ngtcp2_conn *ng, ngtcp2_encryption_level level,
		       const uint8_t *rx, const uint8_t *tx, size_t len);

/** For tests: after how many packets new keys are due, 0: as the cipher says;
 *  and how often keys were made for an update, of all connections. */
struct quic_keys_hook {
	uint64_t most_packets;
	atomic_uint updates;
};
extern struct quic_keys_hook quic_keys_hook;

/* Callbacks of ngtcp2 for all its keys, theirs and ours (ngtcp2.h). */
int quic_keys_encrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
		      const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *plain,
		      size_t len, const uint8_t *nonce, size_t nonce_len,
		      const uint8_t *aad, size_t aad_len);
int quic_keys_decrypt(uint8_t *dest, const ngtcp2_crypto_aead *aead,
		      const ngtcp2_crypto_aead_ctx *ctx, const uint8_t *cipher,
		      size_t len, const uint8_t *nonce, size_t nonce_len,
		      const uint8_t *aad, size_t aad_len);
int quic_keys_mask(uint8_t *dest, const ngtcp2_crypto_cipher *cipher,
		   const ngtcp2_crypto_cipher_ctx *ctx, const uint8_t *sample);
int quic_keys_update(ngtcp2_conn *ng, uint8_t *rx_secret, uint8_t *tx_secret,
		     ngtcp2_crypto_aead_ctx *rx, uint8_t *rx_iv,
		     ngtcp2_crypto_aead_ctx *tx, uint8_t *tx_iv,
		     const uint8_t *rx_now, const uint8_t *tx_now, size_t len,
		     void *user_data);
void quic_keys_drop_aead(ngtcp2_conn *ng, ngtcp2_crypto_aead_ctx *ctx,
			 void *user_data);
void quic_keys_drop_cipher(ngtcp2_conn *ng, ngtcp2_crypto_cipher_ctx *ctx,
			   void *user_data);

/* --- quic_secret: keys that outlive the program --------------------------- */

/** What a server's tokens are made with. */
struct quic_secrets {
	uint8_t address[QUIC_SECRET_LEN]; /**< RFC 9000 8.1: Retry, NEW_TOKEN */
	uint8_t reset[QUIC_SECRET_LEN];	  /**< RFC 9000 10.3 */
	uint8_t ticket[QUIC_SECRET_LEN];  /**< RFC 8446 4.6.1 */
};

/**
 * Keys from a listener's secret, by HKDF-SHA256 (RFC 5869). Address tokens are
 * good at every address of the server; reset tokens belong to one, or a packet
 * sent to another endpoint of the server would elicit the token that ends a
 * connection here (RFC 9000 10.3.2).
 *
 * @param secret  TRANSPORT_SECRET_SIZE bytes; NULL: fresh keys.
 * @param local   where the endpoint is bound.
 * @return false: GnuTLS failed.
 */
bool quic_secrets_derive(struct quic_secrets *out, const uint8_t *secret,
			 const union udp_address *local);

/* --- quic_endpoint ------------------------------------------------------- */

struct quic_endpoint;

/** A connection came in and its handshake is complete. It is a child of the
 *  endpoint: the callee moves or frees it. */
typedef void (*quic_accept_fn)(void *private_data, struct quic_conn *c);

/**
 * An endpoint lives as long as somebody holds it: the one who made it (until
 * quic_endpoint_release) and every connection.
 *
 * @param how  settings and tls are needed; its accept is not called.
 * @param why  out: on failure a sentence, child of mem_ctx.
 */
int quic_endpoint_listen(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			 const struct transport_listen *how,
			 quic_accept_fn accept_fn, void *private_data,
			 struct quic_endpoint **out, char **why);
/** An endpoint with one connection, a child of mem_ctx, that alone holds it.
 *  to->settings is needed. */
int quic_endpoint_connect(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			  const struct transport_target *to,
			  struct quic_conn **out, char **why);
/**
 * The client c goes on from another local address, on a socket of its own
 * (RFC 9000 9). By itself it does so when the kernel's routes want it.
 *
 * @return 0; EAGAIN: the handshake is not confirmed yet; ENOTSUP: a server's,
 *         or the server wants none, or gave no spare connection id; what
 *         connect() said.
 */
int quic_endpoint_migrate(struct quic_conn *c);
/** No new connections; those that are go on. */
void quic_endpoint_release(struct quic_endpoint *e);
const union udp_address *quic_endpoint_address(const struct quic_endpoint *e);
void quic_endpoint_counts(const struct quic_endpoint *e, unsigned *connections,
			  unsigned *handshakes);
/** Its socket, for tests. */
struct udp_socket *quic_endpoint_socket(struct quic_endpoint *e);
quic_time quic_clock(void);
/** The time of day, for what outlives the program and the machine's uptime. */
quic_time quic_calendar(void);

/* --- quic_visit: what a client remembers of a server ---------------------- */

/** What is kept of a visit. */
struct quic_visit {
	const char *file, *host;
	unsigned port;
	const char *policy; /**< that it was judged by: quic_visit_policy() */
	struct wire_slice token, session; /**< each may be empty */
};

#define QUIC_POLICY_SIZE 33

/** A word for how servers are judged and which certificate is shown: who does
 *  otherwise does not take up a session that was begun so. */
void quic_visit_policy(const struct tls_client_policy *tls,
		       char out[QUIC_POLICY_SIZE]);

unsigned quic_visit_port(const struct sockaddr *sa);
/** Begin with what is remembered of the server, children of mem_ctx; to has
 *  settings. */
void quic_visit_recall(TALLOC_CTX *mem_ctx, const struct transport_target *to,
		       struct quic_client_params *out);
/** Remember it; that it cannot be is said in the log. */
void quic_visit_store(TALLOC_CTX *work, const struct quic_visit *v);

#endif
