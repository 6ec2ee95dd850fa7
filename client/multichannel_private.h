/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * multichannel_private.h - one session over several connections (MS-SMB2
 * 3.2.4.20.8, 3.2.5.14.11).
 *
 *	interfaces.c    where further connections may lead
 *	multichannel.c  they come and go
 *	spread.c        which of them a call takes
 *
 * The connection that a caller has is the home of the others, which nobody
 * outside of here sees. Calls are made for home; conn_submit() asks which
 * connection takes them, and when they end they are home's again. While the
 * transport of home is lost and others work, home is "down" and all calls are
 * theirs; it is bound to the session anew as if it were one of them.
 */
#ifndef CLIENT_MULTICHANNEL_PRIVATE_H
#define CLIENT_MULTICHANNEL_PRIVATE_H

#include <netinet/in.h>

#include "client/client_private.h"

/* ---------------------------------------------------------- interfaces.c */

#define INTERFACES_MAX 16

/** Addresses for further connections, in the order in which to take them. */
struct interfaces {
	unsigned count;
	bool repeat; /**< several to the same one are of use */
	char address[INTERFACES_MAX][INET6_ADDRSTRLEN];
};

/**
 * @param list  what FSCTL_QUERY_NETWORK_INTERFACE_INFO brought.
 * @param peer  where the first connection leads. When it is not in the list the
 *              server is behind something that translates addresses: then the
 *              others may be anybody's, and are left alone.
 * @param cores a connection of this carrier keeps a core busy: several to the
 *              same address are of use whatever its interface can.
 * @return false: the list is malformed.
 */
bool interfaces_choose(struct wire_slice list, const struct sockaddr *peer,
		       bool cores, struct interfaces *out);

/* -------------------------------------------------------- multichannel.c */

enum further_phase {
	FURTHER_IDLE,	    /* not wanted, or given up */
	FURTHER_PAUSED,	    /* until the next attempt */
	FURTHER_CONNECTING, /* transport and NEGOTIATE */
	FURTHER_BINDING,    /* SESSION_SETUP */
	FURTHER_UP,
};

struct further {
	struct multichannel *m;
	enum further_phase phase;
	struct client_conn *conn; /* NULL: none. Of the first one home */
	struct tevent_req *req;
	struct alarm *pause;
	unsigned pause_ms;
	unsigned failures; /* in a row */
	unsigned way;	   /* in interfaces */
};

struct multichannel {
	struct client_conn *home;
	struct client_session *session; /* NULL: none is worth it yet */
	uint64_t moved;			/* bytes of it */
	bool asked;			/* for the server's addresses */
	bool ending;
	struct tevent_req *asking;
	struct tevent_immediate *im; /* something has to be cleared away */
	TALLOC_CTX *trash;	     /* what is to be freed then */
	struct interfaces ways;
	unsigned wanted;
	unsigned turn, last;			      /* of spread.c */
	struct further *further[CLIENT_MAX_CHANNELS]; /* home comes first */
};

/** Where it may have several: conn->multi. */
void multichannel_new(struct client_conn *conn);
/** So many bytes go by that session: is it time? */
void multichannel_moves(struct client_conn *conn, const struct call *call,
			uint64_t bytes);
/** The transport of home is lost. @return true: others carry on. */
bool multichannel_carries_on(struct client_conn *conn, const char *why);
/** A further connection has ended: its calls go on elsewhere. */
void multichannel_lost(struct client_conn *conn);
/** Is it, or has it, a connection beside others that work? */
bool multichannel_has_others(const struct client_conn *conn);
bool multichannel_is_settled(const struct client_conn *conn);
/** conn may be NULL. */
void multichannel_session_ends(struct client_conn *conn,
			       const struct client_session *session);
/** home has ended, and so do the others. */
void multichannel_end(struct client_conn *conn);
/** Connections that work. */
unsigned multichannel_count(const struct client_conn *conn);
/** The connection, home or another, that stands for all, and its facts. */
struct client_conn *multichannel_speaker(struct client_conn *conn);
const struct transport_facts *multichannel_facts(struct client_conn *conn);

/* -------------------------------------------------------------- spread.c */

/** The connection that a call of home takes. */
struct client_conn *spread_choose(struct client_conn *home,
				  const struct call *call);
/** A call that is in no list, but counted by its channel, is that
 *  connection's. */
void spread_take(struct call *call, struct client_conn *to);
/** And comes into its queue. */
void spread_put(struct call *call, struct client_conn *to);
/** What comes of a call is home's. It is in no list. */
void spread_home(struct call *call);
/** The calls of a connection that fails, as far as they can, to others. */
void spread_move_all(struct client_conn *from);

#endif
