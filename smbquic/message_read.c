/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that come in: the frame, its bytes, and what is in them. */
#include <errno.h>
#include <string.h>

#include "smbquic/message_private.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

struct message_read_state {
	struct tevent_context *ev;
	struct message_conn *conn;     /* NULL once that is freed */
	struct tevent_immediate *soon; /* all of it is there already */
	uint8_t *data;
	size_t len;
	struct message_opened opened;
	struct unpacking *unpacking; /* the helper's, which frees it */
	struct message *message;     /* NULL: the peer ended */
};

void message_reader_lost(struct message_read_state *state)
{
	state->conn = NULL;
}

static void message_read_frame(struct tevent_req *subreq);
static void message_read_begun(struct tevent_req *req);
static void message_read_body(struct tevent_req *subreq);
static void message_read_whole(struct tevent_req *req);
static void message_read_unpacked(struct tevent_req *subreq);

static void message_read_cleanup(struct tevent_req *req,
				 enum tevent_req_state how)
{
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);

	(void)how;
	if (state->conn != NULL && state->conn->reader == state) {
		state->conn->reader = NULL;
	}
}

static struct tevent_req *now_or_later(struct tevent_req *req,
				       struct tevent_context *ev)
{
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

/* MS-SMB2 2.1: a zero byte, then the length in three. */
static size_t frame_and_message(const uint8_t *buf, size_t got)
{
	struct wire_reader r = wire_reader(buf, MESSAGE_FRAME_SIZE);

	(void)got;
	(void)wire_get_u8(&r); /* zero, or it is judged later */
	return MESSAGE_FRAME_SIZE + wire_get_be24(&r);
}

/* What is ahead already, and at least so many bytes more: all of a message that
 * has a place there comes with them, as this is a way to go for its carrier. */
static void message_read_ahead(struct tevent_req *req, size_t least)
{
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	struct message_conn *conn = state->conn;
	struct tevent_req *subreq = NULL;

	memmove(conn->ahead, conn->ahead + conn->ahead_at, conn->ahead_len);
	conn->ahead_at = 0;
	subreq = transport_read_whole_send(
		state, state->ev, conn->transport,
		conn->ahead + conn->ahead_len, least,
		MESSAGE_AHEAD - conn->ahead_len,
		conn->ahead_len == 0 ? frame_and_message : NULL);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, message_read_frame, req);
	if (!tevent_req_is_in_progress(subreq)) {
		/* at once, as more of it is on its way, which need not be
		 * kept then until there is a place for it */
		message_read_frame(subreq);
	}
}

struct tevent_req *message_read_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct message_conn *conn)
{
	struct tevent_req *req = NULL;
	struct message_read_state *state = NULL;

	req = tevent_req_create(mem_ctx, &state, struct message_read_state);
	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->conn = conn;
	conn->reader = state;
	tevent_req_set_cleanup_fn(req, message_read_cleanup);
	if (conn->ahead_len >= MESSAGE_FRAME_SIZE) {
		message_read_begun(req);
	} else {
		message_read_ahead(req, MESSAGE_FRAME_SIZE - conn->ahead_len);
	}
	return now_or_later(req, ev);
}

static int frame_length(const struct message_read_state *state, size_t *out)
{
	struct wire_reader r = wire_reader(
		state->conn->ahead + state->conn->ahead_at, MESSAGE_FRAME_SIZE);
	uint8_t zero = wire_get_u8(&r);

	*out = wire_get_be24(&r);
	if (zero != 0 || *out < sizeof(uint32_t)) {
		return EBADMSG;
	}
	return *out > state->conn->limits.max_message ? EMSGSIZE : 0;
}

static void message_read_frame(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	int err = 0;
	ssize_t n = transport_read_recv(subreq, &err);

	TALLOC_FREE(subreq);
	if (n < 0) {
		tevent_req_error(req, err);
		return;
	}
	if (state->conn == NULL) {
		tevent_req_error(req, ECONNABORTED);
		return;
	}
	if (n == 0) {
		if (!tevent_req_error(req,
				      state->conn->ahead_len > 0 ? EPIPE : 0)) {
			tevent_req_done(req);
		}
		return;
	}
	state->conn->ahead_len += (size_t)n;
	message_read_begun(req);
}

/* There is memory for the message, and in it what is there already. */
static bool take_ahead(struct tevent_req *req, size_t *taken)
{
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	struct message_conn *conn = state->conn;
	size_t there = conn->ahead_len - MESSAGE_FRAME_SIZE;

	*taken = there < state->len ? there : state->len;
	state->data = talloc_size(state, state->len);
	if (tevent_req_nomem(state->data, req)) {
		return false;
	}
	memcpy(state->data, conn->ahead + conn->ahead_at + MESSAGE_FRAME_SIZE,
	       *taken);
	conn->ahead_at += MESSAGE_FRAME_SIZE + *taken;
	conn->ahead_len = there - *taken;
	return true;
}

static void message_read_soon(struct tevent_context *ev,
			      struct tevent_immediate *im, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	size_t taken = 0;

	(void)ev;
	(void)im;
	if (state->conn == NULL) {
		tevent_req_error(req, ECONNABORTED);
		return;
	}
	if (take_ahead(req, &taken)) {
		message_read_whole(req);
	}
}

/* The rest of a message that has a place of its own. */
static void message_read_rest(struct tevent_req *req)
{
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	struct tevent_req *subreq = NULL;
	size_t taken = 0;

	if (!take_ahead(req, &taken)) {
		return;
	}
	subreq = transport_read_send(state, state->ev, state->conn->transport,
				     state->data + taken, state->len - taken,
				     state->len - taken);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, message_read_body, req);
}

/* The frame is there. A message that is, too, waits until the loop turns: the
 * one before it, which came with it, may bring the keys. */
static void message_read_begun(struct tevent_req *req)
{
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	size_t there = state->conn->ahead_len - MESSAGE_FRAME_SIZE;

	if (tevent_req_error(req, frame_length(state, &state->len))) {
		return;
	}
	if (there >= state->len) {
		state->soon = tevent_create_immediate(state);
		if (!tevent_req_nomem(state->soon, req)) {
			tevent_schedule_immediate(state->soon, state->ev,
						  message_read_soon, req);
		}
	} else if (state->len <= MESSAGE_AHEAD - MESSAGE_FRAME_SIZE) {
		message_read_ahead(req, state->len - there);
	} else {
		message_read_rest(req);
	}
}

/* --- what the helper does for it, with bytes of its own */

struct unpacking {
	struct smb2_compress_terms terms;
	struct message_opened opened; /* whose owner is a child */
	uint8_t *plain;		      /* likewise */
	int err;
};

static void unpacking_work(void *job)
{
	struct unpacking *u = job;

	u->err = message_unpack(&u->opened, &u->terms, u->plain);
}

static struct tevent_req *unpacking_send(struct message_read_state *state)
{
	struct message_conn *conn = state->conn;
	struct unpacking *u = talloc_zero(NULL, struct unpacking);

	if (u == NULL) {
		return NULL;
	}
	u->terms = conn->terms;
	u->opened = state->opened;
	u->plain = talloc_size(u, state->opened.unpacked);
	if (u->plain == NULL) {
		talloc_free(u);
		return NULL;
	}
	talloc_steal(u, state->data);
	state->data = NULL;
	state->unpacking = u;
	return conn->helper.send(state, state->ev, unpacking_work, u,
				 conn->helper.private_data);
}

/* What there is now is a message. */
static int message_read_make(struct message_read_state *state)
{
	struct message_savings *savings = &state->conn->savings;
	int err = message_make(state, &state->opened, &state->message);

	if (err == 0 && state->message->packed > 0) {
		savings->messages_in++;
		savings->plain_in += state->message->len;
		savings->packed_in += state->message->packed;
	}
	return err;
}

static void message_read_body(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	int err = 0;
	ssize_t n = transport_read_recv(subreq, &err);

	TALLOC_FREE(subreq);
	if (n <= 0) {
		tevent_req_error(req, n == 0 ? EPIPE : err);
		return;
	}
	if (state->conn == NULL) {
		tevent_req_error(req, ECONNABORTED);
		return;
	}
	message_read_whole(req);
}

static void message_read_whole(struct tevent_req *req)
{
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	struct message_conn *conn = state->conn;
	struct message_opened *opened = &state->opened;
	struct tevent_req *subreq = NULL;
	int err = 0;

	err = message_open(state->data, state->len, conn->keyring,
			   conn->private_data, &conn->terms,
			   conn->limits.max_message, opened);
	if (err == 0 && opened->unpacked >= MESSAGE_HELP_MIN &&
	    conn->helper.send != NULL) {
		subreq = unpacking_send(state);
		if (tevent_req_nomem(subreq, req)) {
			return;
		}
		tevent_req_set_callback(subreq, message_read_unpacked, req);
		return;
	}
	if (err == 0 && opened->unpacked > 0) {
		err = message_unpack_here(state, opened, &conn->terms);
	}
	if (err == 0) {
		err = message_read_make(state);
	}
	if (tevent_req_error(req, err)) {
		return;
	}
	tevent_req_done(req);
}

static void message_read_unpacked(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	struct unpacking *u = state->unpacking;

	if (state->conn == NULL) {
		tevent_req_error(req, ECONNABORTED);
		return;
	}
	if (state->conn->helper.recv(subreq) != 0) {
		unpacking_work(u); /* too busy: then here */
	}
	if (tevent_req_error(req, u->err)) {
		return;
	}
	message_unpacked(&state->opened, talloc_steal(state, u->plain));
	TALLOC_FREE(subreq);
	if (tevent_req_error(req, message_read_make(state))) {
		return;
	}
	tevent_req_done(req);
}

int message_read_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		      struct message **out)
{
	struct message_read_state *state =
		tevent_req_data(req, struct message_read_state);
	int err = message_request_errno(req);

	*out = err == 0 ? talloc_move(mem_ctx, &state->message) : NULL;
	tevent_req_received(req);
	return err;
}
