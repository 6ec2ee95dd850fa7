/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Payloads that a helper compresses before their message is written. */
#include "smbquic/message_private.h"

/* All that the thread sees. */
struct packing {
	struct smb2_compress_terms terms;
	struct wire_slice payload;
	TALLOC_CTX *owner; /* of it; a child */
	uint8_t *packed;
	size_t len;
};

struct message_pack_state {
	struct packing *packing; /* the helper's, which frees it with subreq */
	struct tevent_req *subreq;
	int (*recv)(struct tevent_req *req);
};

static void message_pack_done(struct tevent_req *subreq);

bool message_packs(const struct message_conn *conn, size_t len)
{
	return conn->helper.send != NULL && conn->terms.count > 0 &&
	       len >= MESSAGE_HELP_MIN;
}

static void packing_work(void *job)
{
	struct packing *p = job;

	p->len = smb2_pack(&p->terms, p->payload, p->packed);
}

struct tevent_req *message_pack_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct message_conn *conn,
				     struct wire_slice payload,
				     TALLOC_CTX *owner)
{
	struct message_pack_state *state = NULL;
	struct packing *p = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct message_pack_state);

	if (req == NULL) {
		return NULL;
	}
	p = talloc_zero(NULL, struct packing);
	if (tevent_req_nomem(p, req)) {
		return tevent_req_post(req, ev);
	}
	p->terms = conn->terms;
	p->payload = payload;
	p->packed = talloc_size(p, payload.len);
	if (p->packed == NULL) {
		talloc_free(p);
		tevent_req_nomem(NULL, req);
		return tevent_req_post(req, ev);
	}
	p->owner = talloc_steal(p, owner);
	state->packing = p;
	state->recv = conn->helper.recv;
	state->subreq = conn->helper.send(state, ev, packing_work, p,
					  conn->helper.private_data);
	if (state->subreq == NULL) {
		talloc_free(req); /* and the payload is gone */
		return NULL;
	}
	tevent_req_set_callback(state->subreq, message_pack_done, req);
	return req;
}

static void message_pack_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct message_pack_state *state =
		tevent_req_data(req, struct message_pack_state);

	if (state->recv(subreq) != 0) {
		state->packing->len = 0; /* too busy: it goes as it is */
	}
	tevent_req_done(req);
}

struct wire_slice message_pack_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx)
{
	struct message_pack_state *state =
		tevent_req_data(req, struct message_pack_state);
	struct packing *p = state->packing;
	struct wire_slice packed = {0};
	uint8_t *shrunk = NULL;

	if (p == NULL) { /* no memory: the payload is where it was */
		tevent_req_received(req);
		return packed;
	}
	talloc_steal(mem_ctx, p->owner);
	if (p->len > 0) {
		shrunk = talloc_realloc_size(p, p->packed, p->len);
		p->packed = shrunk == NULL ? p->packed : shrunk;
		packed = wire_slice(talloc_steal(p->owner, p->packed), p->len);
	}
	tevent_req_received(req); /* and the rest of the job goes */
	return packed;
}
