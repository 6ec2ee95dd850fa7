/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_endpoint_private.h - what the files of an endpoint share.
 */
#ifndef SMBQUIC_QUIC_ENDPOINT_PRIVATE_H
#define SMBQUIC_QUIC_ENDPOINT_PRIVATE_H

#include "smbquic/quic_slot_private.h"

struct kept;

/** So many a second, and no more. */
struct quic_budget {
	unsigned left;
	quic_time filled;
};

bool quic_budget_take(struct quic_budget *b, unsigned a_second, quic_time now);

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
	quic_accept_fn accept;
	void *private_data;
	struct quic_secrets secrets;

	struct quic_slots slots;
	unsigned busy; /* settle() runs or will run: no need to wake it */
	bool released; /* by the one who made it */

	struct kept *kept, *kept_last;
	int send_error; /* not yet told to the connection */
	struct quic_budget replies, notices;

	uint8_t scratch[QUIC_SCRATCH];
};

/** What connections ask of the endpoint; where is the slot. */
extern const struct quic_conn_ops quic_endpoint_ops;

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

/** Begin with what is remembered of the server, children of mem_ctx
 *  (quic_visit.c). */
void quic_visit_recall(TALLOC_CTX *mem_ctx, const struct transport_target *to,
		       struct quic_client_params *out);
/** Remember what c has got from its server. */
void quic_visit_keep(struct quic_conn *c);

/** Move when the kernel's routes want it (quic_roam.c). */
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
