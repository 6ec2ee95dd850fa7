/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * testlib_quic.h - two QUIC connections, a link between them and a clock, all
 * in memory and set by hand: an hour of loss takes a second.
 */
#ifndef SMBQUIC_TESTLIB_QUIC_H
#define SMBQUIC_TESTLIB_QUIC_H

#include "smbquic/quic_conn_private.h"

#define QUIC_WORLD_NAME "files.example"

struct quic_world_end {
	struct quic_world *world;
	struct quic_conn *conn; /* NULL: not yet, or released */
	union udp_address address;
	struct transport_settings settings;
	int opened; /* -1 not yet, else the errno value */
	bool ended;
	size_t farewell_len;
	quic_time linger;
	unsigned cids;
	unsigned ticks;		   /* deadlines that it was called for */
	size_t emitted;		   /* bytes */
	size_t largest;		   /* datagram */
	bool mute;		   /* the socket takes nothing */
	unsigned greased, packets; /* short headers, without the QUIC bit */
	unsigned news;
	unsigned marked[4]; /* packets with each ECN mark */
	quic_time heard;    /* when a datagram last arrived */
};

struct quic_world_packet;

struct quic_world {
	quic_time now;
	struct quic_world_end client, server;
	/* the link */
	quic_time delay; /* one way */
	unsigned loss;	 /* of 1000 */
	unsigned duplicates;
	unsigned reordered;
	size_t mtu;	    /* largest datagram that passes */
	size_t first_hop;   /* what the ends know of it */
	size_t max_receive; /* what the server takes; 0: anything */
	bool blackhole;
	bool congested; /* it marks instead of losing (RFC 3168) */
	/* somebody on the way who reads and changes datagrams, before the link
	 * does anything to them; NULL: nobody. @return the new length */
	size_t (*alter)(void *private_data, struct quic_world_end *from,
			uint8_t *data, size_t len);
	void *alter_data;
	bool retry;		       /* the server wants addresses proven */
	unsigned retries;	       /* that it sent */
	ngtcp2_token_type token_type;  /* of the accepted Initial */
	uint8_t token[QUIC_TOKEN_MAX]; /* that the client begins with */
	size_t token_len;
	const uint8_t *ticket_secret; /* of the server; NULL: no tickets */
	struct quic_resume resume;    /* that the client begins with */
	struct quic_replay *replay;   /* of the server; NULL: no 0-RTT */
	const uint8_t *early;	      /* what the client says in 0-RTT */
	size_t early_len;
	bool early_queued;    /* it could */
	uint16_t nat_port;    /* the client's as seen outside; 0: its own */
	uint32_t nat_address; /* likewise, network order; with nat_port */
	uint32_t seed;
	struct quic_world_packet *packets; /* by arrival */
	/* who they are */
	struct tls_identity *identity;
	struct tls_server_policy server_policy;
	struct tls_client_policy client_policy;
	const char *server_name; /* that the client asks for */
	uint8_t scratch[QUIC_SCRATCH];
	uint8_t altered[QUIC_SCRATCH];
};

/** A link of 10 ms each way without faults. The server is
 *  QUIC_WORLD_NAME, and the client verifies nothing. */
struct quic_world *quic_world_new(TALLOC_CTX *mem_ctx);
/** Likewise with an identity that exists: they are dear to make. */
struct quic_world *quic_world_new_as(TALLOC_CTX *mem_ctx,
				     struct tls_identity *identity);
/** A client begins; the server comes with the first datagram. */
void quic_world_connect(struct quic_world *w);
/** The same client and server once more; connections of before are gone. */
void quic_world_again(struct quic_world *w);
/** Let time pass. */
void quic_world_run(struct quic_world *w, quic_time how_long);
/** Let time pass until the condition holds; fails the test after limit. */
void quic_world_until(struct quic_world *w, bool (*condition)(void *arg),
		      void *arg, quic_time limit);
/** Connect, or the test fails. */
void quic_world_open(struct quic_world *w);
/** Connected, or the test fails. */
struct quic_world *quic_world_connected(TALLOC_CTX *mem_ctx);

/** What the client sends first, taken from the link. @return its length. */
size_t quic_world_first_datagram(struct quic_world *w, uint8_t *buf,
				 size_t size);
/** A datagram that arrives now. */
void quic_world_to_client(struct quic_world *w, const uint8_t *data,
			  size_t len);
void quic_world_to_server(struct quic_world *w, const uint8_t *data,
			  size_t len);

/** A self-signed identity for name. */
struct tls_identity *quic_world_identity(TALLOC_CTX *mem_ctx, const char *name,
					 const char *client_ca);

/** A transfer: a write of len bytes here, a read of them there. */
struct quic_world_transfer {
	struct quic_write write;
	ngtcp2_vec vec[3];
	struct quic_read read;
	uint8_t *out, *in;
	size_t len;
	int written, got; /* -1 not yet, else the errno value */
};

/** Reads of at most chunk bytes each. */
void quic_world_send(struct quic_world *w, struct quic_conn *from,
		     struct quic_world_transfer *t, size_t len);
void quic_world_receive(struct quic_conn *to, struct quic_world_transfer *t);
bool quic_world_transferred(void *transfer);
/** Let time pass until it has all arrived as it was, or the test fails. */
void quic_world_finish(struct quic_world *w, struct quic_world_transfer *t,
		       quic_time limit);
/** len bytes to the server, then as many back. */
void quic_world_echo(struct quic_world *w, size_t len, quic_time limit);

#endif
