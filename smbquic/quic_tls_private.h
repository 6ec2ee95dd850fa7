/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_tls_private.h - what the files of quic_tls (quic_private.h) share.
 *
 *	quic_tls.c         the session, its secrets, what was agreed upon
 *	quic_tls_client.c  the verdict on the server, sessions that are resumed
 *	quic_tls_server.c  the identity by the name asked for, the verdict on
 *the client, tickets
 */
#ifndef SMBQUIC_QUIC_TLS_PRIVATE_H
#define SMBQUIC_QUIC_TLS_PRIVATE_H

#include <ngtcp2/ngtcp2_crypto.h>

#include "smbquic/quic_private.h"

#define QUIC_EARLY_PARAMS_MAX 256 /* of transport parameters for 0-RTT */

/* QUIC has no message for the end of 0-RTT (RFC 9001 8.3). */
#define QUIC_EARLY_FLAGS \
	(GNUTLS_ENABLE_EARLY_DATA | GNUTLS_NO_END_OF_EARLY_DATA)

struct quic_tls {
	ngtcp2_crypto_conn_ref ref; /* what the session's pointer shows */
	ngtcp2_conn *ng;
	void *carrier;		  /* when it is not ngtcp2 */
	gnutls_session_t session; /* NULL once nothing is left to do */
	gnutls_certificate_credentials_t cred; /* client: ours to free */
	char *keylog_file;
	const char *cipher; /* that was agreed on */
	/* client */
	const struct tls_client_policy *client;
	const char *server_name; /* server: what the client asked for */
	unsigned port;
	struct tls_judgement judgement;
	uint8_t *old; /* that was resumed with, kept for its chain */
	struct quic_session session_of_before;
	uint8_t *fresh; /* to resume with, once there */
	size_t fresh_len;
	bool want_ticket;
	bool resumed;
	bool early_asked;     /* for 0-RTT */
	bool early_permitted; /* by the ticket that came last */
	/* server */
	const struct tls_server_policy *server;
	const uint8_t *ticket_secret; /* NULL: no tickets */
	bool tickets;		      /* they are in use */
	struct quic_replay *replay;   /* NULL: no 0-RTT */
	unsigned reads, writes;	      /* a bit for each level with keys */
	bool early_taken;	      /* there are keys for 0-RTT */
	bool can_answer;	      /* and for what we send */
	struct tls_identity *identity;
	void *guest;	  /* what is known of the client; ours until facts */
	const char *peer; /* kept by who called; may be NULL */
	/* why we said no */
	unsigned alert;
	int err;
	const char *why;
};

/** @return NULL: out of memory, or GnuTLS will not. */
struct quic_tls *quic_tls_new(TALLOC_CTX *mem_ctx, unsigned flags,
			      const char *keylog_file);

/** In a callback of GnuTLS: whose session it is. */
struct quic_tls *quic_tls_of(gnutls_session_t session);

/** Say no. @param why  lives as long as t. @return what ends the handshake. */
int quic_tls_refuse(struct quic_tls *t, unsigned alert, int err,
		    const char *why);

bool quic_tls_agreed(gnutls_session_t session);

/** A client's: called when the server's certificate has come, or need not
 *  come. @return 0, or quic_tls_refuse(). */
int quic_tls_judge_server(gnutls_session_t session);

#endif
