/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_fake.h - requests from the wire to a handler and back, with handlers
 * of the test's own: the table of commands is replaced here.
 */
#ifndef SMBQUIC_FIXTURE_FAKE_H
#define SMBQUIC_FIXTURE_FAKE_H

#include "server/server.h"
#include "tests/fixture_server.h"

#define CONFIG "[global]\nserver smb transports = tcp:20600\n"

/* --- commands --------------------------------------------------------------
 */

/* What a handler is told to do. */
static struct {
	bool wait;		 /* call request_wait(), then hang */
	bool hang;		 /* just hang */
	NTSTATUS status;	 /* fail with it */
	struct tevent_req *hung; /* the last that hangs */
	unsigned calls;
	size_t payload;
} script;

struct fake_state {
	struct request *r;
};

static inline bool fake_cancel(struct tevent_req *req)
{
	tevent_req_error(req, NT_STATUS_CANCELLED);
	return true;
}

static inline struct tevent_req *fake_send(TALLOC_CTX *mem_ctx,
					   struct tevent_context *ev,
					   struct request *r)
{
	struct fake_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct fake_state);
	NTSTATUS status = script.status;

	script.calls++;
	state->r = r;
	if (script.wait) {
		status = request_wait(r);
	}
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	if (script.hang || script.wait) {
		tevent_req_set_cancel_fn(req, fake_cancel);
		tevent_req_defer_callback(req, ev);
		script.hung = req;
		return req;
	}
	if (r->header.command == SMB2_CREATE) {
		request_set_open(r, open_new(r->tree));
	}
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

static inline NTSTATUS fake_recv(struct tevent_req *req, struct reply *reply)
{
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_empty_encode(&reply->body);
	if (script.payload > 0) {
		uint8_t *bytes = talloc_zero_size(req, script.payload);

		assert_true(reply_payload(reply, bytes, script.payload, bytes));
	}
	return NT_STATUS_OK;
}

#define FAKE                         \
	{                            \
		fake_send, fake_recv \
	}

static const struct command fakes[SMB2_COMMAND_COUNT] = {
	[SMB2_ECHO] = {.name = "ECHO", .structure_size = 4, .handler = FAKE},
	[SMB2_CREATE] = {.name = "CREATE",
			 .structure_size = 4,
			 .needs =
				 NEEDS_SESSION | NEEDS_TREE | MAY_WAIT_IN_CHAIN,
			 .handler = FAKE},
	[SMB2_READ] = {.name = "READ",
		       .structure_size = 24,
		       .needs = NEEDS_SESSION | NEEDS_TREE | NEEDS_OPEN,
		       .file_id = 8,
		       .sizes = {.response = {4}},
		       .closed = NT_STATUS_RANGE_NOT_LOCKED,
		       .handler = FAKE},
	[SMB2_FLUSH] = {.name = "FLUSH",
			.structure_size = 4,
			.needs = NEEDS_SESSION | NEEDS_TREE,
			.handler = FAKE},
};

const struct command *command_find(uint16_t opcode)
{
	if (opcode >= SMB2_COMMAND_COUNT || fakes[opcode].name == NULL) {
		return NULL;
	}
	return &fakes[opcode];
}

/* --- the client ------------------------------------------------------------
 */

struct logon {
	struct fixture *f;
	struct session *session;
	struct share *share;
	struct tree *tree;
	uint32_t flags; /* for the next request */
	bool sign;
	uint16_t credits;
};

static inline struct logon logon_new(void)
{
	struct logon l = {.f = fixture_new(CONFIG, NULL), .credits = 10};

	memset(&script, 0, sizeof(script));
	fixture_negotiated(l.f);
	l.session = fixture_logged_on(l.f);
	l.share = share_find(l.f->server, "IPC$");
	l.share->type = SHARE_DISK;
	l.tree = tree_new(l.session, l.share);
	credits_take(l.f->conn->credits, 0, 1);
	credits_grant(l.f->conn->credits, 500);
	l.f->next_id = 1;
	return l;
}

static inline void put_file_id(struct wire_writer *w, const struct open *open)
{
	wire_put_u64(w, open == NULL ? UINT64_MAX : open->persistent_id);
	wire_put_u64(w, open == NULL ? UINT64_MAX : open->volatile_id);
}

static inline struct message_out pdu(struct logon *l, uint16_t command,
				     const struct open *open, uint32_t length)
{
	struct smb2_header header = {
		.command = command,
		.credits = l->credits,
		.flags = l->flags,
		.session_id = l->session->id,
		.tree_id = l->tree->id,
		.credit_charge = (uint16_t)(1 + length / SMB2_CREDIT_UNIT),
	};
	struct wire_writer w = fixture_pdu(l->f, &header);
	struct message_out out = {0};

	if (command == SMB2_READ) {
		wire_put_u16(&w, 24);
		wire_put_u16(&w, 0);
		wire_put_u32(&w, length);
		put_file_id(&w, open);
	} else {
		smb2_empty_encode(&w);
	}
	out = fixture_out(&w);
	out.sign = l->sign ? l->f->client_keys->signing : NULL;
	return out;
}

static inline void send_one(struct logon *l, uint16_t command,
			    const struct open *open, uint32_t length)
{
	struct message_out out = pdu(l, command, open, length);

	fixture_send(l->f, &out, 1, NULL, 0);
}

static inline NTSTATUS status_of(struct logon *l, uint16_t command)
{
	struct message *m = NULL;

	send_one(l, command, NULL, 0);
	m = fixture_read(l->f);
	assert_non_null(m);
	assert_int_equal(m->count, 1);
	return m->pdu[0].header.status;
}

static inline void finish_hung(void)
{
	assert_non_null(script.hung);
	tevent_req_done(script.hung);
	script.hung = NULL;
}

#endif
