/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session_private.h - what the files know of each other that log users on.
 *
 *	credentials.c	 what a user proves who he is with
 *	session_setup.c	 SESSION_SETUP, leg by leg (MS-SMB2 3.2.4.2.3)
 *	session_proof.c	 what the server's last answer proves (3.2.5.3)
 *
 * A session is set up when it is new, when its connection is back, when its
 * time is up, and for one more channel.
 */
#ifndef CLIENT_SESSION_PRIVATE_H
#define CLIENT_SESSION_PRIVATE_H

#include "client/client_private.h"

struct setup_state {
	struct client_conn *conn;
	struct client_session *session;
	struct client_channel *channel;
	struct client_credentials credentials; /* strings of a child */
	struct auth *auth;		       /* in the end the session's */
	uint8_t binding[TRANSPORT_BINDING_MAX];
	bool auth_done;
	bool by_ticket;	   /* who has one is somebody, whoever that is */
	uint64_t previous; /* the session that this one replaces; 0: none */
	bool renewal;	   /* of a session that stays what it is */
	bool binds;	   /* one more channel to it */
};

/** For as long as a session lives, which may have to log on again: its ticket
 *  ends, its connection is lost, or a channel comes to it. NULL: out of
 *  memory. */
struct client_credentials *credentials_keep(
	TALLOC_CTX *mem_ctx, const struct client_credentials *given);

/** Anonymous: no name, and no password. */
bool setup_is_nobody(const struct setup_state *state);
/** What client_logon_why() says; NULL: nothing. */
void setup_why(struct client_conn *conn, const char *why);

/** The server says that the logon has succeeded: does it prove that it has the
 *  key, and is the session protected as it has to be? */
NTSTATUS setup_finish(struct setup_state *state, const struct call *call,
		      const struct smb2_header *header,
		      const struct smb2_session_setup_response *body);

#endif
