/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_endpoint_private.h - what the files of an endpoint share.
 */
#ifndef SMBQUIC_QUIC_ENDPOINT_PRIVATE_H
#define SMBQUIC_QUIC_ENDPOINT_PRIVATE_H

#include <net/if.h>

#include "smbquic/quic_slot_private.h"
#include "smbquic/threads.h"

struct kept;
struct quic_desks;
struct quic_roam;

/** So many a second, and no more. */
struct quic_budget {
	unsigned left;
	quic_time filled;
};

bool quic_budget_take(struct quic_budget *b, unsigned a_second, quic_time now);

/** How long nothing came, and what was tried. */
struct quic_detour {
	uint64_t heard;
	quic_time since;
	unsigned turn, tries;
	bool owed; /* an answer, when it was looked at last */
	bool away; /* at one that was tried */
};

struct quic_endpoint {
	struct tevent_context *ev;
	struct udp_socket *socket;
	struct tevent_fd *fde;
	int timer_fd; /* finer than tevent's milliseconds: for pacing */
	struct tevent_fd *timer_fde;
	quic_time armed; /* what timer_fd is set to */
	struct tevent_immediate *soon;
	bool soon_pending;

	struct transport_settings settings;
	bool server;
	bool listening; /* not any more, once released */
	const struct tls_server_policy *tls;
	struct transport_tally *tally; /* NULL: nobody counts */
	quic_accept_fn accept;
	void *private_data;
	struct quic_secrets secrets;
	struct quic_replay *replay; /* server with 0-RTT */
	struct quic_detour detour;  /* client */
	struct quic_roam *roam;	    /* client; NULL: it cannot be told */
	/* client: called once when nothing is being done with it, so that it
	 * may go to another thread; NULL: it stays */
	void (*leave)(void *private_data);
	void *leave_data;

	struct quic_slots slots;
	unsigned busy; /* settle() runs or will run: no need to wake it */
	bool released; /* by the one who made it */

	struct quic_desks *desks; /* NULL: this one alone */
	unsigned desk;		  /* its number; 0: in the main loop */
	unsigned next_desk;	  /* who came last went there */
	bool is_final;		  /* what comes in is not handed on any more */

	struct kept *kept, *kept_last;
	int send_error; /* not yet told to the connection */
	struct quic_budget replies, notices;
};

/** What connections ask of the endpoint; where is the slot. */
extern const struct quic_conn_ops quic_endpoint_ops;

/** One that belongs to nobody; settings are copied. NULL: out of memory, and
 * the socket is closed. @param kept  transport_listen.secret. */
struct quic_endpoint *quic_endpoint_new(struct tevent_context *ev,
					struct udp_socket *socket,
					const struct transport_settings *s,
					const uint8_t *kept);
/** Its socket and its timer are watched by the loop of e->ev. */
bool quic_endpoint_events(struct quic_endpoint *e);
/** An endpoint at another desk, in the thread of that loop; socket becomes
 *  its. NULL: out of memory. */
struct quic_endpoint *quic_endpoint_desk(struct tevent_context *ev,
					 struct udp_socket *socket,
					 const struct quic_endpoint *like,
					 unsigned desk);
/** Datagrams that came by another desk. @param last  not to be handed on. */
void quic_endpoint_handed(struct quic_endpoint *e, const struct udp_train *t,
			  bool last);
/** A client's endpoint goes to a thread, with its connection, from within its
 *  leave(). @return false: out of memory, it is where it was. */
bool quic_endpoint_move(struct quic_endpoint *e, struct threads *threads,
			unsigned seat);
/** Take in nothing any more. */
void quic_endpoint_deafen(struct quic_endpoint *e);
/** A connection that was served at another desk has gone. */
void quic_slot_return(struct quic_slot *ghost);

/* --- desks (quic_desk.c) -------------------------------------------------- */

#define QUIC_MOVING_CIDS 32

/** Further desks for an endpoint that listens, one in each thread; none, if
 *  these cannot begin. */
int quic_desks_open(struct quic_endpoint *e, struct threads *threads,
		    char **why);
/** No connection is left at any of them. Idempotent. */
void quic_desks_close(struct quic_endpoint *e);
/** Where the next connection is to be served. */
unsigned quic_desk_next(struct quic_endpoint *e);
/** Make a random connection id one of that desk. */
void quic_desk_mark_cid(const struct quic_endpoint *e, unsigned desk,
			ngtcp2_cid *cid);
/** @return true: it was for another desk, and is on its way there. */
bool quic_desk_hand_over(struct quic_endpoint *e, const struct udp_train *from,
			 const uint8_t *data, size_t len);
/** The connection of s has moved: so does what comes for it. */
void quic_desk_forward(struct quic_slot *s, const struct udp_train *from,
		       const uint8_t *data, size_t len);
/** Move an open connection to its desk. What remains is its ghost, by which
 *  it is counted and found.
 *  @param ended  the letter that comes back when it is over.
 *  @return false: out of memory, it is where it was. */
bool quic_desk_move(struct quic_conn *c, struct letter *ended,
		    struct quic_slot **ghost);
/** The connection of s, at this desk, is over. */
void quic_desk_ended(struct quic_slot *s);
/** NULL: it is served where it came in. */
struct threads *quic_desk_threads(const struct quic_slot *s);

/* --- transports whose connection is in a thread (quic_far.c) -------------- */

extern const struct transport_backend transport_quic_far;

/** Moves c, which is open, to its desk. @return NULL: out of memory, and c is
 *  gone. */
struct transport *quic_far_transport(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct quic_conn *c);
/** Likewise of a client, which goes to that seat with its endpoint. */
struct transport *quic_far_client(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  struct quic_conn *c, struct threads *threads,
				  unsigned seat);

/** In the first byte of a packet: its header is a long one (RFC 9000 17.2). */
#define QUIC_LONG_HEADER 0x80

/** Take in what is in the socket (quic_inbox.c). @param scratch  UDP_TRAIN_MAX
 *  bytes. */
void quic_inbox_receive(struct quic_endpoint *e, uint8_t *scratch);
/** Take in one train; len is not 0 unless it was cut short. */
void quic_inbox_train(struct quic_endpoint *e, const struct udp_train *t);
/** What the socket reported of datagrams that were sent. */
void quic_endpoint_error(struct quic_endpoint *e, int err);

/** Send, or keep until the socket is writable (quic_outbox.c).
 *  @return false: the socket is full now; what was given is kept. */
bool quic_outbox_send(struct quic_endpoint *e, const struct udp_train *t);
/** The socket is writable again. */
void quic_outbox_writable(struct quic_endpoint *e);

/** What is kept is lost: the socket it waited for goes. */
void quic_outbox_clear(struct quic_endpoint *e);
/** A client's endpoint goes on with this socket; the old one is closed. */
void quic_endpoint_replace_socket(struct quic_endpoint *e,
				  struct udp_socket *fresh);

/** Remember what c has got from its server (quic_visit.c). */
void quic_visit_keep(struct quic_conn *c);

/** Another address of this machine, see quic_detour_next(). */
struct quic_way {
	union udp_address from;
	char device[IF_NAMESIZE];
};

/** Go on from there (quic_roam.c). @param way  NULL: as the routes say.
 *  @return as quic_endpoint_migrate(). */
int quic_roam_move(struct quic_endpoint *e, struct quic_slot *s,
		   const struct quic_way *way);
/** A client had its turn: is its way dead, and is there another?
 *  (quic_detour.c) */
void quic_detour_look(struct quic_endpoint *e, struct quic_slot *s,
		      quic_time now);
struct ifaddrs;
/**
 * The next of these addresses, round and round, from which a peer of now's
 * family could be reached: up, not where we are, neither loopback nor
 * link-local.
 *
 * @param turn  in and out: how often it was asked.
 * @return false: there is none.
 */
bool quic_detour_next(const struct ifaddrs *all, const union udp_address *now,
		      unsigned *turn, struct quic_way *out);
/** Move when the kernel's routes want it (quic_roam.c). In the thread that the
 *  endpoint is in, and until it leaves that: TALLOC_FREE(e->roam). */
void quic_roam_watch(struct quic_endpoint *e);
/** Would the kernel reach peer from another address than local now? */
bool quic_roam_wanted(const union udp_address *local,
		      const union udp_address *peer);

/** A datagram that belongs to no connection (quic_accept.c). */
void quic_accept_datagram(struct quic_endpoint *e, const struct udp_train *from,
			  const uint8_t *data, size_t len, quic_time now);
/** One packet back to where a datagram came from. */
void quic_answer(struct quic_endpoint *e, const struct udp_train *from,
		 const uint8_t *data, size_t len);

#endif
