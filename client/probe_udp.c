/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which versions of QUIC a server has: one datagram of a version that does not
 * exist is answered with a list (RFC 9000 6, 17.2.1). */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "client/probe_private.h"
#include "smbquic/alarm.h"
#include "smbquic/crypto.h"
#include "smbquic/udp.h"

#define LONG_HEADER   0x80
#define FIXED_BIT     0x40
#define NOBODYS	      0x1a2a3a4au
#define ASK_AGAIN_MS  250u
#define ASK_AGAIN_MAX 2000u

uint64_t probe_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ------------------------------------------------------------- datagrams */

bool probe_udp_ask(struct probe_udp *ask)
{
	struct wire_writer w =
		wire_writer_fixed(ask->datagram, sizeof(ask->datagram));

	*ask = (struct probe_udp){0};
	if (crypto_random(ask->cid, sizeof(ask->cid)) != 0) {
		return false;
	}
	wire_put_u8(&w, LONG_HEADER | FIXED_BIT);
	wire_put_be32(&w, NOBODYS);
	wire_put_u8(&w, PROBE_CID);
	wire_put(&w, ask->cid, PROBE_CID);
	wire_put_u8(&w, PROBE_CID);
	wire_put(&w, ask->cid + PROBE_CID, PROBE_CID);
	wire_put_zeros(&w, sizeof(ask->datagram) - w.len);
	return wire_writer_ok(&w);
}

/* RFC 9000 15: such versions are there to be ignored. */
static bool is_nobodys(uint32_t version)
{
	return (version & 0x0f0f0f0fu) == 0x0a0a0a0au;
}

static void add_version(struct probe_udp *ask, uint32_t version)
{
	unsigned i = 0;

	for (i = 0; i < ask->count; i++) {
		if (ask->versions[i] == version) {
			return;
		}
	}
	if (!is_nobodys(version) && ask->count < CLIENT_PROBE_VERSIONS) {
		ask->versions[ask->count++] = version;
	}
}

static bool is_cid(struct wire_slice got, const uint8_t *cid)
{
	return wire_slice_equal(got, wire_slice(cid, PROBE_CID));
}

bool probe_udp_answer(struct probe_udp *ask, struct wire_slice datagram)
{
	struct wire_reader r = wire_reader_of(datagram);
	uint8_t first = wire_get_u8(&r);
	uint32_t version = wire_get_be32(&r);
	struct wire_slice to = {0};
	struct wire_slice from = {0};

	to = wire_get(&r, wire_get_u8(&r));
	from = wire_get(&r, wire_get_u8(&r));
	/* The connection ids come back the other way round. */
	if (!wire_reader_ok(&r) || (first & LONG_HEADER) == 0 || version != 0 ||
	    !is_cid(to, ask->cid + PROBE_CID) || !is_cid(from, ask->cid) ||
	    wire_left(&r) < 4 || wire_left(&r) % 4 != 0) {
		return false;
	}
	ask->count = 0;
	while (wire_left(&r) > 0) {
		add_version(ask, wire_get_be32(&r));
	}
	return true;
}

/* ------------------------------------------------------------------ asking */

struct udp_state {
	struct tevent_context *ev;
	struct udp_socket *socket;
	struct tevent_fd *readable;
	struct probe_udp ask;
	uint64_t asked, answered;
	unsigned wait_ms;
	uint8_t buf[UDP_TRAIN_MAX];
};

static void udp_ask(struct tevent_req *req);

static void udp_ask_again(void *private_data)
{
	udp_ask(talloc_get_type_abort(private_data, struct tevent_req));
}

static void udp_ask(struct tevent_req *req)
{
	struct udp_state *state = tevent_req_data(req, struct udp_state);
	const struct udp_train train = {
		.segment = PROBE_DATAGRAM,
		.len = PROBE_DATAGRAM,
		.data = state->ask.datagram,
	};
	unsigned ms = state->wait_ms;
	size_t sent = 0;
	int err = udp_send(state->socket, &train, &sent);

	if (err != 0 && err != EAGAIN) {
		tevent_req_error(req, (uint64_t)err);
		return;
	}
	state->asked = probe_now();
	state->wait_ms = state->wait_ms * 2 < ASK_AGAIN_MAX ? state->wait_ms * 2
							    : ASK_AGAIN_MAX;
	if (alarm_add(state->ev, state, ms, udp_ask_again, req) == NULL) {
		tevent_req_oom(req);
	}
}

static void udp_readable(struct tevent_context *ev, struct tevent_fd *fde,
			 uint16_t flags, void *private_data)
{
	struct tevent_req *req =
		talloc_get_type_abort(private_data, struct tevent_req);
	struct udp_state *state = tevent_req_data(req, struct udp_state);
	struct udp_train train = {0};
	int err = udp_recv(state->socket, state->buf, &train);

	(void)ev;
	(void)fde;
	(void)flags;
	if (err == EAGAIN) {
		return;
	}
	if (err != 0) {
		tevent_req_error(req, (uint64_t)err);
		return;
	}
	if (train.segment != 0 && train.len > train.segment) {
		train.len = train.segment;
	}
	if (probe_udp_answer(&state->ask, wire_slice(train.data, train.len))) {
		state->answered = probe_now();
		tevent_req_done(req);
	}
}

struct tevent_req *probe_udp_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  const struct sockaddr *addr, socklen_t len)
{
	struct udp_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct udp_state);
	char *why = NULL;
	int err = 0;

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->wait_ms = ASK_AGAIN_MS;
	err = udp_connect(state, addr, len, &state->socket, &why);
	if (err == 0 && !probe_udp_ask(&state->ask)) {
		err = EIO;
	}
	if (err != 0) {
		tevent_req_error(req, (uint64_t)err);
		return tevent_req_post(req, ev);
	}
	state->readable = tevent_add_fd(ev, state, udp_fd(state->socket),
					TEVENT_FD_READ, udp_readable, req);
	if (tevent_req_nomem(state->readable, req)) {
		return tevent_req_post(req, ev);
	}
	udp_ask(req);
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

int probe_udp_recv(struct tevent_req *req, struct probe_udp *out, uint64_t *us)
{
	struct udp_state *state = tevent_req_data(req, struct udp_state);
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;

	*out = state->ask;
	*us = state->answered - state->asked;
	if (tevent_req_is_error(req, &how, &err)) {
		return how == TEVENT_REQ_USER_ERROR ? (int)err : ENOMEM;
	}
	return 0;
}
