/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes that are not begun yet: those whose payload a helper compresses, and
 * those behind them, since the order of the calls is the order on the wire.
 */
#include <errno.h>

#include "smbquic/list.h"
#include "smbquic/message_private.h"

/* All that the thread sees: a copy. */
struct message_folding {
	struct smb2_compress_terms terms;
	struct wire_slice plain; /* of which go uncompressed: */
	size_t lead, rest;
	uint8_t *packed;
	size_t len; /* 0: it goes as it is */
};

static void folding_work(void *job)
{
	struct message_folding *f = job;
	const uint8_t *plain = f->plain.data;
	size_t tail = f->plain.len - f->lead - f->rest;

	f->len = smb2_compress(&f->terms, wire_slice(plain, f->lead),
			       wire_slice(plain + f->lead, tail),
			       wire_slice(plain + f->lead + tail, f->rest),
			       f->packed);
}

static struct message_folding *folding_new(
	const struct message_write_state *state)
{
	const struct iovec *iov = state->iov;
	int behind = state->payload + 1;
	struct message_folding *f = talloc_zero(NULL, struct message_folding);

	if (f == NULL) {
		return NULL;
	}
	f->terms = state->conn->terms;
	f->plain = message_flatten(f, iov + 1, state->count - 1);
	f->lead = message_iov_size(iov + 1, state->payload - 1);
	f->rest = message_iov_size(iov + behind, state->count - behind);
	f->packed = talloc_size(f, f->plain.len);
	if (f->plain.len == 0 || f->packed == NULL) {
		talloc_free(f);
		return NULL;
	}
	return f;
}

/* --- turns --------------------------------------------------------------- */

static void turn_take(struct message_write_state *state)
{
	struct message_conn *conn = state->conn;

	state->before = conn->last_turn;
	state->behind = NULL;
	if (conn->last_turn != NULL) {
		conn->last_turn->behind = state;
	} else {
		conn->first_turn = state;
	}
	conn->last_turn = state;
	state->waits = true;
	/* whoever hears of it may free the connection */
	tevent_req_defer_callback(state->req, state->ev);
}

static void turn_leave(struct message_write_state *state)
{
	struct message_conn *conn = state->conn;

	if (conn->last_turn == state) {
		conn->last_turn = state->before;
	}
	LIST_REMOVE_AS(conn->first_turn, state, before, behind);
	state->waits = false;
}

/* Begin what is ready, up to the first that is not. */
static void turns_go(struct message_conn *conn)
{
	struct message_write_state *first = conn->first_turn;

	while (first != NULL && first->folding == NULL) {
		turn_leave(first);
		message_write_begin(first);
		first = conn->first_turn;
	}
}

static void turns_go_later(struct tevent_context *ev,
			   struct tevent_immediate *im, void *private_data)
{
	(void)ev;
	(void)im;
	turns_go(talloc_get_type_abort(private_data, struct message_conn));
}

bool message_turn_wait(struct message_write_state *state)
{
	if (state->conn->first_turn == NULL) {
		return false;
	}
	turn_take(state);
	return true;
}

void message_turn_end(struct message_write_state *state)
{
	struct message_conn *conn = state->conn;

	if (!state->waits) {
		return;
	}
	turn_leave(state);
	TALLOC_FREE(state->folding);
	if (conn->first_turn != NULL) {
		tevent_schedule_immediate(conn->go, state->ev, turns_go_later,
					  conn);
	}
}

void message_turns_lost(struct message_conn *conn)
{
	struct message_write_state *first = conn->first_turn;

	while (first != NULL) {
		tevent_req_error(first->req, ECONNABORTED);
		first = conn->first_turn;
	}
	TALLOC_FREE(conn->go);
}

/* --- the helper ---------------------------------------------------------- */

/* What is behind the frame is one piece, compressed or not. */
static void folding_take(struct message_write_state *state)
{
	struct message_folding *f = state->job;
	size_t plain = f->plain.len;

	if (f->len > 0) {
		state->packed = talloc_steal(state, f->packed);
		message_count_packed(state, plain, f->len);
	} else {
		state->packed =
			talloc_steal(state, (void *)(uintptr_t)f->plain.data);
	}
	state->iov[1].iov_base = state->packed;
	state->iov[1].iov_len = f->len > 0 ? f->len : plain;
	state->count = 2;
}

static void message_folded(struct tevent_req *subreq)
{
	struct message_write_state *state =
		tevent_req_callback_data(subreq, struct message_write_state);
	struct message_conn *conn = state->conn;

	if (conn->helper.recv(subreq) != 0) {
		folding_work(state->job); /* too busy: then here */
	}
	folding_take(state);
	TALLOC_FREE(state->folding);
	if (tevent_req_error(state->req, message_write_finish(state))) {
		return;
	}
	turns_go(conn);
}

bool message_turn_fold(struct message_write_state *state)
{
	struct message_conn *conn = state->conn;
	struct message_folding *f = NULL;

	if (!message_packs(conn, state->iov[state->payload].iov_len)) {
		return false;
	}
	if (conn->go == NULL) {
		conn->go = tevent_create_immediate(conn);
	}
	f = conn->go != NULL ? folding_new(state) : NULL;
	if (f == NULL) {
		return false;
	}
	if (state->seal != NULL &&
	    talloc_reference(state, state->seal) == NULL) {
		talloc_free(f);
		return false;
	}
	state->job = f;
	state->folding = conn->helper.send(state, state->ev, folding_work, f,
					   conn->helper.private_data);
	if (state->folding == NULL) {
		return false;
	}
	tevent_req_set_callback(state->folding, message_folded, state);
	message_count_queued(state, f->plain.len);
	turn_take(state);
	return true;
}
