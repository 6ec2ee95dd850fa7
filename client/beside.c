/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Another way beside one that has gone silent: bytes are owed an answer over
 * QUIC and get none, though the user would take a way in the clear as well. So
 * a race to the same server is held again (race.h), up to the answer to
 * NEGOTIATE, since a machine takes a connection even when nobody serves it:
 *
 *	nobody wins	the network is away: patience, as ever
 *	QUIC wins	UDP gets through, so the connection is moved to another
 *			port, which asks the server at once; when that was done
 *			before, it is given up
 *	TCP wins	UDP is blocked: the connection is given up, and comes
 *			back over TCP (reconnect.c), since that UDP is blocked
 *			is remembered (blocked.h)
 *
 * Where all that was asked had arrived nothing is owed; then an ECHO is sent
 * that is. Other addresses of this machine are tried meanwhile (quic_detour.c);
 * any answer ends the question.
 */
#define LOG_MODULE "client"

#include "client/client_private.h"
#include "smbquic/blocked.h"
#include "smbquic/log.h"
#include "smbquic/race.h"

#define SECOND ((int64_t)1000 * 1000)
/* As quic_detour.c: longer than a change of the route takes. */
#define PATIENCE (3 * SECOND)
/* Where the network sends back (ICMP) what is sent. */
#define LITTLE_PATIENCE (1 * SECOND)
#define SENT_BACK_OFTEN 3
/* An ECHO is sent after so long, and not again before that. */
#define DOUBT	       (3 * SECOND / 2)
#define TRUST	       (30 * SECOND)
#define MOST_DOUBLINGS 3
/* Nobody has looked for so long, because nothing was to wait for. */
#define FORGOTTEN (3 * SECOND)

/* Child of the connection. */
struct beside {
	struct client_conn *conn;
	int64_t looked;		   /* us; the last time */
	int64_t heard;		   /* us; when bytes were seen to move */
	int64_t since;		   /* us; from when on the silence counts */
	uint64_t moved, sent_back; /* then */
	int64_t next;		   /* us; not before that */
	unsigned races;		   /* that brought nothing */
	bool again;		   /* TCP won one */
	bool migrated;
	struct tevent_req *race;
	struct client_conn *found; /* to be freed */
	struct tevent_req *echo;
	int64_t echoed; /* us; the last time; 0: never */
	struct tevent_immediate *im;
};

static void race_done(struct tevent_req *subreq);

static struct beside *beside_new(struct client_conn *conn)
{
	struct beside *b = talloc_zero(conn, struct beside);

	if (b == NULL) {
		return NULL;
	}
	b->conn = conn;
	b->im = tevent_create_immediate(b);
	if (b->im == NULL) {
		TALLOC_FREE(b);
	}
	return b;
}

/* Is there a way back, and one that is not over UDP? */
static bool has_choice(struct client_conn *conn)
{
	struct client_conn *home = conn->home != NULL ? conn->home : conn;
	struct race_params race = {.lanes = 0};
	char *why = NULL;
	unsigned i = 0;
	bool clear = false;

	if (home->way_back == NULL || conn->dial != NULL ||
	    !transport_facts(message_conn_transport(conn->message))->secure) {
		return false;
	}
	if (race_parse_lanes(conn, home->options.transports, home->options.port,
			     &race, &why)) {
		for (i = 0; i < race.lanes; i++) {
			clear = clear || !race.lane[i].via->secure;
		}
	}
	talloc_free(why);
	return clear;
}

/* ----------------------------------------------------------- what is found */

static void clear_away(struct tevent_context *ev, struct tevent_immediate *im,
		       void *private_data)
{
	struct beside *b = talloc_get_type_abort(private_data, struct beside);

	(void)ev;
	(void)im;
	TALLOC_FREE(b->found);
}

static const struct sockaddr *peer_of(struct client_conn *conn)
{
	const struct transport_facts *facts =
		transport_facts(message_conn_transport(conn->message));

	return (const struct sockaddr *)&facts->peer;
}

static void give_up(struct beside *b, const char *because)
{
	struct client_conn *conn = b->conn;
	char *why = talloc_asprintf(
		conn, "no answer from %s/udp for %u s (%s)",
		transport_address_string(peer_of(conn)),
		(unsigned)((conn_clock() - b->since) / SECOND), because);

	b->since = conn_clock();
	TALLOC_FREE(b->echo);
	TALLOC_FREE(conn->doubt);
	conn_lost_because(conn, NT_STATUS_IO_TIMEOUT,
			  why != NULL ? why : because);
	talloc_free(why);
}

/* UDP gets through to the server. */
static void over_quic(struct beside *b)
{
	if (!b->migrated && client_migrate(b->conn) == 0) {
		b->migrated = true;
		b->next = conn_clock() + PATIENCE;
		return;
	}
	give_up(b, "a new connection is answered");
}

/* A network may have come back in the middle of a race, between the first
 * packets of the one lane and of the other: TCP has to win twice. */
static void over_tcp(struct beside *b)
{
	struct client_conn *conn = b->conn;

	if (!b->again) {
		b->again = true;
		b->next = 0;
		return;
	}
	blocked_note(conn->options.visits_file, conn->options.server,
		     peer_of(conn), true);
	give_up(b, "is UDP blocked?");
}

static bool is_silent(struct beside *b)
{
	struct transport_stats stats = {0};

	transport_stats(message_conn_transport(b->conn->message), &stats);
	return stats.bytes_in + stats.bytes_acked == b->moved;
}

static void race_done(struct tevent_req *subreq)
{
	struct beside *b = tevent_req_callback_data(subreq, struct beside);
	char *why = NULL;
	NTSTATUS status = client_connect_recv(subreq, b, &b->found, &why);
	const struct transport_facts *facts = NULL;

	TALLOC_FREE(b->race);
	if (!NT_STATUS_IS_OK(status)) {
		log_info("%s cannot be reached in any way: %s",
			 b->conn->options.server,
			 why != NULL ? why : nt_errtext(status));
		talloc_free(why);
		b->next = conn_clock() + (PATIENCE << b->races);
		b->races += b->races < MOST_DOUBLINGS;
		return;
	}
	facts = transport_facts(message_conn_transport(b->found->message));
	tevent_schedule_immediate(b->im, b->conn->ev, clear_away, b);
	if (b->conn->dead != NT_STATUS_OK || b->conn->message == NULL ||
	    b->conn->lost || b->conn->down || !is_silent(b)) {
		return;
	}
	log_info("beside a connection that is silent, one over %s is answered",
		 facts->backend);
	if (facts->secure) {
		over_quic(b);
	} else {
		over_tcp(b);
	}
}

/* ------------------------------------------------------------- the silence */

static void begin_anew(struct beside *b, int64_t now,
		       const struct transport_stats *stats)
{
	b->looked = now;
	b->since = now;
	b->moved = stats->bytes_in + stats->bytes_acked;
	b->sent_back = stats->packets_sent_back;
	b->next = 0;
	b->races = 0;
	b->again = false;
	b->migrated = false;
	TALLOC_FREE(b->race);
}

static void echo_done(struct tevent_req *subreq)
{
	struct beside *b = tevent_req_callback_data(subreq, struct beside);

	(void)client_echo_recv(subreq);
	TALLOC_FREE(b->echo);
}

/* Somebody waits, and not for others. */
static bool is_awaited(const struct client_conn *conn)
{
	const struct call *call = NULL;

	TAILQ_FOREACH(call, &conn->sent, entry)
	{
		if (call->timeout_ms != 0 && call->session_id != 0 &&
		    call->req != NULL && !call->part[0].pending) {
			return true;
		}
	}
	return false;
}

static void ask_for_an_answer(struct beside *b, int64_t now)
{
	struct client_conn *conn = b->conn;

	if (b->echo != NULL || now - b->heard < DOUBT || conn->credits < 2 ||
	    conn->asking || (b->echoed != 0 && now - b->echoed < TRUST) ||
	    !is_awaited(conn) || !has_choice(conn)) {
		return;
	}
	b->echoed = now;
	b->echo = client_echo_send(b, conn);
	if (b->echo == NULL) {
		return;
	}
	if (call_of(b->echo) != NULL) {
		call_of(b->echo)->timeout_ms = 0;
	}
	tevent_req_set_callback(b->echo, echo_done, b);
}

static int64_t patience(const struct beside *b,
			const struct transport_stats *stats)
{
	return stats->packets_sent_back >= b->sent_back + SENT_BACK_OFTEN
		       ? LITTLE_PATIENCE
		       : PATIENCE;
}

void beside_look(struct client_conn *conn, int64_t now,
		 const struct transport_stats *stats)
{
	struct beside *b = conn->beside;

	if (b == NULL) {
		b = conn->beside = beside_new(conn);
		if (b == NULL) {
			return;
		}
	}
	if (stats->bytes_in + stats->bytes_acked != b->moved || conn->lost ||
	    now - b->looked > FORGOTTEN) {
		b->heard = now;
		begin_anew(b, now, stats);
		return;
	}
	b->looked = now;
	if (stats->bytes_acked >= stats->bytes_out &&
	    stats->bytes_in_flight == 0) {
		begin_anew(b, now, stats);
		ask_for_an_answer(b, now);
		return;
	}
	if (b->race != NULL || now < b->next ||
	    now - b->since < patience(b, stats) || !has_choice(conn)) {
		return;
	}
	b->race = connect_beside_send(b, conn);
	if (b->race != NULL) {
		tevent_req_set_callback(b->race, race_done, b);
	}
}
