/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_endpoint_client.c - the endpoint of one connection to a server: how it
 * begins, and how it goes to a network thread with all that it has.
 */
#include <errno.h>
#include <stdlib.h>

#include "smbquic/quic_endpoint_private.h"

/* --- the beginning ------------------------------------------------------- */

static int make_client(TALLOC_CTX *mem_ctx, struct quic_endpoint *e,
		       const struct transport_target *to, struct quic_slot *s,
		       char **why)
{
	const struct quic_conn_params p = {
		.ops = &quic_endpoint_ops,
		.where = s,
		.settings = &e->settings,
		.local = udp_local(e->socket),
		.peer = &s->peer,
		.max_payload = udp_max_payload(to->addr),
		.now = quic_clock(),
	};
	struct quic_client_params client = {
		.server_name = to->server_name,
		.tls = to->tls,
	};
	TALLOC_CTX *memories = talloc_new(s);
	int err = 0;

	client.resume.early = to->early != NULL;
	quic_visit_recall(memories, to, &client);
	err = quic_conn_client(mem_ctx, &p, &client, &s->conn, why);
	talloc_free(memories);
	return err;
}

static int add_client(TALLOC_CTX *mem_ctx, struct quic_endpoint *e,
		      const struct transport_target *to, struct quic_conn **out,
		      char **why)
{
	struct quic_slot *s = quic_slot_new(&e->slots, e);
	int err = 0;

	if (s == NULL) {
		return ENOMEM;
	}
	s->endpoint = e;
	if (!udp_address_set(&s->peer, to->addr, to->addr_len) ||
	    !quic_slot_count(s)) {
		return ENOMEM;
	}
	err = make_client(mem_ctx, e, to, s, why);
	if (err != 0) {
		return err;
	}
	e->slots.memories++;
	quic_endpoint_ops.wake(s);
	*out = s->conn;
	return 0;
}

int quic_endpoint_connect(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			  const struct transport_target *to,
			  struct quic_conn **out, char **why)
{
	struct udp_socket *socket = NULL;
	struct quic_endpoint *e = NULL;
	int err = udp_connect(mem_ctx, to->addr, to->addr_len, &socket, why);

	if (err != 0) {
		return err;
	}
	e = quic_endpoint_new(ev, socket, to->settings, NULL);
	if (e == NULL) {
		return ENOMEM;
	}
	err = add_client(mem_ctx, e, to, out, why);
	if (err != 0) {
		talloc_free(e);
		return err;
	}
	quic_roam_watch(e);
	e->released = true; /* the connection alone holds it */
	return 0;
}

/* --- to a thread --------------------------------------------------------- */

struct moving_in {
	struct letter letter; /* first */
	struct quic_endpoint *endpoint;
	struct threads *threads;
	unsigned seat;
};

/* In the thread. Who cannot be served is told so. */
static void moving_in_deliver(struct letter *l)
{
	struct moving_in *m = (struct moving_in *)(void *)l;
	struct quic_endpoint *e = m->endpoint;
	struct quic_slot *s = e->slots.first;

	e->ev = threads_loop(m->threads, m->seat);
	free(m);
	if (!quic_endpoint_events(e) && s->conn != NULL) {
		quic_conn_close(s->conn, TRANSPORT_CLOSE_INTERNAL,
				"out of memory");
	}
	if (e->kept != NULL && e->fde != NULL) {
		TEVENT_FD_WRITEABLE(e->fde);
	}
	quic_roam_watch(e);
	quic_endpoint_ops.wake(s);
}

/* The loop may be in the middle of an event of theirs: it frees them later, and
 * the endpoint, whose children they were, is not its any more. */
static void leave_behind(struct quic_endpoint *e, void *event)
{
	talloc_free(talloc_steal(e->ev, event));
}

bool quic_endpoint_move(struct quic_endpoint *e, struct threads *threads,
			unsigned seat)
{
	struct moving_in *m = calloc(1, sizeof(*m));
	struct tevent_immediate *soon = tevent_create_immediate(e);

	if (m == NULL || soon == NULL) {
		free(m);
		talloc_free(soon);
		return false;
	}
	TALLOC_FREE(e->roam);
	leave_behind(e, e->fde);
	leave_behind(e, e->timer_fde);
	leave_behind(e, e->soon);
	e->fde = NULL;
	e->timer_fde = NULL;
	e->soon = soon;
	e->soon_pending = false;
	m->letter.deliver = moving_in_deliver;
	m->endpoint = e;
	m->threads = threads;
	m->seat = seat;
	threads_post(threads, seat, &m->letter);
	return true;
}
