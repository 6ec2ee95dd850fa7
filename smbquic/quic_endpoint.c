/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quic_endpoint.c - one UDP socket, the clock, and all connections on it.
 *
 * Every event (datagrams, a deadline, a call from above) marks connections;
 * then settle() gives each marked one its turn: reports first, because they
 * may bring new data to send, then packets, then its new deadline.
 */
#define LOG_MODULE "quic"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/timerfd.h>
#include <gnutls/crypto.h>

#include "smbquic/log.h"
#include "smbquic/quic_endpoint_private.h"

/* Rounds of output before the event loop gets to look at anything else. */
#define ROUNDS_AT_ONCE 16

quic_time quic_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (quic_time)ts.tv_sec * NGTCP2_SECONDS + (quic_time)ts.tv_nsec;
}

quic_time quic_calendar(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (quic_time)ts.tv_sec * NGTCP2_SECONDS + (quic_time)ts.tv_nsec;
}

/* Trains while they are taken in, or made. No two endpoints of a thread do that
 * at once: nobody is called back meanwhile. So a client of hundreds of servers
 * (a relay) has one for all. */
static _Thread_local uint8_t scratch[QUIC_SCRATCH];

/* --- turns --------------------------------------------------------------- */

static void endpoint_check_users(struct quic_endpoint *e);

static void arm_timer(struct quic_endpoint *e, quic_time due)
{
	struct itimerspec when = {0};

	if (due >= e->armed) {
		return; /* it rings early, and is set again then */
	}
	e->armed = due;
	due = due == 0 ? 1 : due; /* 0 would switch it off */
	when.it_value.tv_sec = (time_t)(due / NGTCP2_SECONDS);
	when.it_value.tv_nsec = (long)(due % NGTCP2_SECONDS);
	timerfd_settime(e->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Only a connected socket, a client's, hears of these. EMSGSIZE is the answer
 * to a probe of the path's MTU. */
void quic_endpoint_error(struct quic_endpoint *e, int err)
{
	struct quic_slot *s = e->slots.first;

	if (err != EMSGSIZE && s != NULL && s->conn != NULL && !e->server) {
		quic_conn_socket_error(s->conn, err, quic_clock());
		quic_slot_mark(s);
	}
}

/* The handshake of a connection that began with 0-RTT may be complete now; it
 * may move then, and is somebody else's. */
static void look_for_end_of_handshake(struct quic_slot *s)
{
	void (*settled)(void *private_data) = s->settled;

	if (s->handshaking && s->conn != NULL && quic_conn_is_open(s->conn) &&
	    !quic_conn_is_early(s->conn)) {
		quic_slot_handshake_over(s);
		s->settled = NULL;
		if (settled != NULL) {
			settled(s->settled_data);
		}
	}
}

static void turn(struct quic_endpoint *e, struct quic_slot *s)
{
	if (s->conn == NULL || !quic_conn_dispatch(s->conn) || s->over) {
		return;
	}
	if (e->kept != NULL) {
		s->stalled = true;
	} else if (quic_conn_output(s->conn, scratch, quic_clock())) {
		quic_slot_mark(s);
	}
	if (!e->server && s->conn != NULL) {
		quic_detour_look(e, s, quic_clock());
	}
	if (e->send_error != 0) {
		quic_endpoint_error(e, e->send_error);
		e->send_error = 0;
	}
	look_for_end_of_handshake(s);
	if (!s->over && s->conn != NULL) {
		quic_timers_set(e->slots.timers, &s->timer,
				quic_conn_deadline(s->conn));
	}
}

/* Everybody who is marked gets turns until nobody is, or until the event loop
 * should look round again. */
static void settle(struct quic_endpoint *e)
{
	const struct quic_timer *first = NULL;
	struct quic_slot *s = NULL;
	unsigned round = 0;

	e->busy++;
	for (round = 0; round < ROUNDS_AT_ONCE; round++) {
		quic_slots_round(&e->slots);
		for (s = quic_slots_next(&e->slots); s != NULL;
		     s = quic_slots_next(&e->slots)) {
			turn(e, s);
		}
	}
	e->busy--;
	first = quic_timers_first(e->slots.timers);
	if (e->slots.marked != NULL) {
		arm_timer(e, 0);
	} else if (first != NULL) {
		arm_timer(e, first->due);
	}
	if (e->leave != NULL && e->busy == 0 && e->slots.memories > 0) {
		void (*leave)(void *private_data) = e->leave;

		e->leave = NULL;
		leave(e->leave_data); /* it may be a thread's now */
		return;
	}
	endpoint_check_users(e);
}

static void soon_handler(struct tevent_context *ev, struct tevent_immediate *im,
			 void *private_data)
{
	struct quic_endpoint *e = private_data;

	(void)ev;
	(void)im;
	e->soon_pending = false;
	settle(e);
}

static void wake(struct quic_endpoint *e)
{
	if (e->busy == 0 && !e->soon_pending) {
		e->soon_pending = true;
		tevent_schedule_immediate(e->soon, e->ev, soon_handler, e);
	}
}

static void due(struct quic_endpoint *e, struct quic_slot *s, quic_time now)
{
	quic_timers_set(e->slots.timers, &s->timer, QUIC_NEVER);
	if (!s->over) {
		quic_conn_tick(s->conn, now);
		quic_slot_mark(s);
	} else if (s->conn == NULL) {
		talloc_free(s);
	}
}

static void timer_handler(struct tevent_context *ev, struct tevent_fd *fde,
			  uint16_t flags, void *private_data)
{
	struct quic_endpoint *e = private_data;
	struct quic_timer *t = NULL;
	quic_time now = quic_clock();
	uint64_t rang = 0;

	(void)ev;
	(void)fde;
	(void)flags;
	if (read(e->timer_fd, &rang, sizeof(rang)) != sizeof(rang)) {
		return;
	}
	e->armed = QUIC_NEVER;
	e->busy++;
	for (t = quic_timers_first(e->slots.timers); t != NULL && t->due <= now;
	     t = quic_timers_first(e->slots.timers)) {
		due(e, (struct quic_slot *)(void *)t, now);
	}
	e->busy--;
	settle(e);
}

/* --- what connections ask for -------------------------------------------- */

static bool op_emit(void *where, const struct udp_train *t)
{
	struct quic_slot *s = where;

	return quic_outbox_send(s->endpoint, t);
}

static bool op_new_cid(void *where, ngtcp2_cid *cid, uint8_t *token)
{
	struct quic_slot *s = where;

	cid->datalen = QUIC_CID_LEN;
	gnutls_rnd(GNUTLS_RND_NONCE, cid->data, cid->datalen);
	quic_desk_mark_cid(s->endpoint, s->desk, cid);
	return quic_reset_token(s->endpoint->secrets.reset, cid, token) &&
	       quic_slot_add_cid(s, cid);
}

static void op_drop_cid(void *where, const ngtcp2_cid *cid)
{
	quic_slot_drop_cid(where, cid);
}

static void op_wake(void *where)
{
	struct quic_slot *s = where;

	quic_slot_mark(s);
	wake(s->endpoint);
}

static quic_time op_now(void *where)
{
	(void)where;
	return quic_clock();
}

static size_t op_new_token(void *where, const union udp_address *peer,
			   uint8_t *out, size_t size)
{
	struct quic_slot *s = where;

	return quic_stranger_token(s->endpoint->secrets.address, peer,
				   quic_calendar(), out, size);
}

static void op_news(void *where)
{
	struct quic_slot *s = where;

	quic_visit_keep(s->conn);
}

static void op_moved(void *where, const union udp_address *peer)
{
	quic_slot_moved(where, peer);
}

static void op_ended(void *where, const struct quic_farewell *farewell)
{
	quic_slot_farewell(where, farewell, quic_clock());
	quic_desk_ended(where);
}

static void op_released(void *where)
{
	struct quic_slot *s = where;
	struct quic_endpoint *e = s->endpoint;

	s->conn = NULL;
	if (s->timer.place == 0) {
		talloc_free(s);
	}
	e->slots.memories--;
	endpoint_check_users(e);
}

const struct quic_conn_ops quic_endpoint_ops = {
	.emit = op_emit,
	.new_cid = op_new_cid,
	.drop_cid = op_drop_cid,
	.wake = op_wake,
	.now = op_now,
	.new_token = op_new_token,
	.news = op_news,
	.moved = op_moved,
	.ended = op_ended,
	.released = op_released,
};

/* --- in ------------------------------------------------------------------ */

static void socket_handler(struct tevent_context *ev, struct tevent_fd *fde,
			   uint16_t flags, void *private_data)
{
	struct quic_endpoint *e = private_data;

	(void)ev;
	(void)fde;
	e->busy++;
	if (flags & TEVENT_FD_WRITE) {
		quic_outbox_writable(e);
	}
	if (flags & TEVENT_FD_READ) {
		quic_inbox_receive(e, scratch);
	}
	e->busy--;
	settle(e);
}

void quic_endpoint_handed(struct quic_endpoint *e, const struct udp_train *t,
			  bool last)
{
	e->is_final = last;
	e->busy++;
	quic_inbox_train(e, t);
	e->busy--;
	e->is_final = false;
	settle(e);
}

/* --- life ---------------------------------------------------------------- */

static int endpoint_destructor(struct quic_endpoint *e)
{
	quic_desks_close(e);
	while (e->slots.first != NULL) {
		talloc_free(e->slots.first);
	}
	TALLOC_FREE(e->fde);
	TALLOC_FREE(e->timer_fde);
	if (e->timer_fd != -1) {
		close(e->timer_fd);
	}
	return 0;
}

/* Nobody holds it any more: it goes, though not from under settle(). */
static void endpoint_check_users(struct quic_endpoint *e)
{
	if (e->released && e->slots.memories == 0 && e->busy == 0) {
		talloc_free(e);
	}
}

bool quic_endpoint_events(struct quic_endpoint *e)
{
	e->fde = tevent_add_fd(e->ev, e, udp_fd(e->socket), TEVENT_FD_READ,
			       socket_handler, e);
	e->timer_fde = tevent_add_fd(e->ev, e, e->timer_fd, TEVENT_FD_READ,
				     timer_handler, e);
	return e->fde != NULL && e->timer_fde != NULL;
}

void quic_endpoint_replace_socket(struct quic_endpoint *e,
				  struct udp_socket *fresh)
{
	struct tevent_fd *fde = tevent_add_fd(
		e->ev, e, udp_fd(fresh), TEVENT_FD_READ, socket_handler, e);

	if (fde == NULL) {
		log_error("out of memory: nothing more will be received");
	}
	TALLOC_FREE(e->fde);
	talloc_free(e->socket);
	e->socket = talloc_steal(e, fresh);
	e->fde = fde;
	quic_outbox_clear(e);
}

struct quic_endpoint *quic_endpoint_new(struct tevent_context *ev,
					struct udp_socket *socket,
					const struct transport_settings *s,
					const uint8_t *kept)
{
	struct quic_endpoint *e = talloc_zero(NULL, struct quic_endpoint);
	uint8_t secret[16];

	if (e == NULL) {
		talloc_free(socket);
		return NULL;
	}
	e->ev = ev;
	e->timer_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	e->soon = tevent_create_immediate(e);
	e->armed = QUIC_NEVER;
	e->settings = *s;
	e->socket = talloc_steal(e, socket);
	talloc_set_destructor(e, endpoint_destructor);
	gnutls_rnd(GNUTLS_RND_RANDOM, secret, sizeof(secret));
	if (e->timer_fd == -1 || e->soon == NULL ||
	    !quic_secrets_derive(&e->secrets, kept, udp_local(e->socket)) ||
	    !quic_slots_init(&e->slots, e, secret) ||
	    !quic_endpoint_events(e)) {
		talloc_free(e);
		return NULL;
	}
	return e;
}

static int open_socket(TALLOC_CTX *mem_ctx, const struct transport_listen *how,
		       struct udp_socket **out, char **why)
{
	if (how->fd != 0) {
		return udp_adopt(mem_ctx, how->fd, out, why);
	}
	if (how->threads != NULL) {
		return udp_listen_first(mem_ctx, how->addr, how->addr_len, out,
					why);
	}
	return udp_listen(mem_ctx, how->addr, how->addr_len, out, why);
}

/*
 * Beside a socket that was passed others can stand when it is told so
 * (socket(7), SO_REUSEPORT), when whoever made it was the user that we are, and
 * when it hears what ours would: else some clients would be answered by a
 * socket that cannot reach them. Else one thread has to do.
 */
static int open_desks(struct quic_endpoint *e,
		      const struct transport_listen *how, char **why)
{
	int err = 0;

	if (how->threads == NULL) {
		return 0;
	}
	if (how->fd == 0) {
		return quic_desks_open(e, how->threads, why);
	}
	if (!udp_is_like_ours(e->socket)) {
		log_notice("%s: the socket that was passed serves IPv4 as "
			   "well, one network device only, or another network "
			   "namespace, so QUIC is served in one thread",
			   transport_address_string(how->addr));
		return 0;
	}
	udp_share(e->socket, true);
	err = quic_desks_open(e, how->threads, why);
	if (err == EACCES || err == EADDRINUSE) {
		log_notice("%s: no further sockets beside the one that was "
			   "passed, so QUIC is served in one thread: %s",
			   transport_address_string(how->addr), strerror(err));
		udp_share(e->socket, false);
		TALLOC_FREE(*why);
		err = 0;
	}
	return err;
}

int quic_endpoint_listen(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			 const struct transport_listen *how,
			 quic_accept_fn accept_fn, void *private_data,
			 struct quic_endpoint **out, char **why)
{
	struct udp_socket *socket = NULL;
	struct quic_endpoint *e = NULL;
	int err = open_socket(mem_ctx, how, &socket, why);

	if (err != 0) {
		return err;
	}
	e = quic_endpoint_new(ev, socket, how->settings, how->secret);
	if (e == NULL) {
		return ENOMEM;
	}
	e->tls = how->tls;
	e->tally = how->tally;
	e->accept = accept_fn;
	e->private_data = private_data;
	e->server = true;
	e->listening = true;
	err = open_desks(e, how, why);
	if (err == 0 && how->settings->early_data) {
		e->replay = quic_replay_new(e);
		err = e->replay == NULL ? ENOMEM : 0;
	}
	if (err != 0) {
		*why = talloc_steal(mem_ctx, *why);
		talloc_free(e);
		return err;
	}
	*out = e;
	return 0;
}

struct quic_endpoint *quic_endpoint_desk(struct tevent_context *ev,
					 struct udp_socket *socket,
					 const struct quic_endpoint *like,
					 unsigned desk)
{
	struct quic_endpoint *e =
		quic_endpoint_new(ev, socket, &like->settings, NULL);

	if (e != NULL) {
		e->server = true;
		e->secrets = like->secrets;
		e->desks = like->desks;
		e->tally = like->tally;
		e->desk = desk;
	}
	return e;
}

void quic_endpoint_deafen(struct quic_endpoint *e)
{
	TALLOC_FREE(e->fde);
}

void quic_slot_return(struct quic_slot *ghost)
{
	struct quic_endpoint *e = ghost->endpoint;

	talloc_free(ghost);
	e->slots.memories--;
	endpoint_check_users(e);
}

void quic_endpoint_release(struct quic_endpoint *e)
{
	e->listening = false;
	e->released = true;
	e->tally = NULL; /* the listener's owner may take it away */
	endpoint_check_users(e);
}

const union udp_address *quic_endpoint_address(const struct quic_endpoint *e)
{
	return udp_local(e->socket);
}

void quic_endpoint_counts(const struct quic_endpoint *e, unsigned *connections,
			  unsigned *handshakes)
{
	*connections = e->slots.connections;
	*handshakes = e->slots.handshakes;
}

struct udp_socket *quic_endpoint_socket(struct quic_endpoint *e)
{
	return e->socket;
}
