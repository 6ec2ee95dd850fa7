/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests from the wire to a handler and back, with handlers of the test's
 * own: the table of commands is replaced here.
 */
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

static bool fake_cancel(struct tevent_req *req)
{
	tevent_req_error(req, NT_STATUS_CANCELLED);
	return true;
}

static struct tevent_req *fake_send(TALLOC_CTX *mem_ctx,
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

static NTSTATUS fake_recv(struct tevent_req *req, struct reply *reply)
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

static struct logon logon_new(void)
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

static void put_file_id(struct wire_writer *w, const struct open *open)
{
	wire_put_u64(w, open == NULL ? UINT64_MAX : open->persistent_id);
	wire_put_u64(w, open == NULL ? UINT64_MAX : open->volatile_id);
}

static struct message_out pdu(struct logon *l, uint16_t command,
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

static void send_one(struct logon *l, uint16_t command, const struct open *open,
		     uint32_t length)
{
	struct message_out out = pdu(l, command, open, length);

	fixture_send(l->f, &out, 1, NULL, 0);
}

static NTSTATUS status_of(struct logon *l, uint16_t command)
{
	struct message *m = NULL;

	send_one(l, command, NULL, 0);
	m = fixture_read(l->f);
	assert_non_null(m);
	assert_int_equal(m->count, 1);
	return m->pdu[0].header.status;
}

static void finish_hung(void)
{
	assert_non_null(script.hung);
	tevent_req_done(script.hung);
	script.hung = NULL;
}

/* --- tests -----------------------------------------------------------------
 */

static void test_echo(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;
	const struct smb2_header *h = NULL;

	(void)private_data;
	send_one(&l, SMB2_ECHO, NULL, 0);
	m = fixture_read(l.f);
	h = &m->pdu[0].header;
	assert_int_equal(h->command, SMB2_ECHO);
	assert_int_equal(h->status, NT_STATUS_OK);
	assert_int_equal(h->message_id, 1);
	assert_int_equal(h->credits, 10);
	assert_int_equal(h->flags, SMB2_FLAGS_SERVER_TO_REDIR);
	assert_int_equal(h->session_id, l.session->id);
	assert_int_equal(h->tree_id, l.tree->id);
	assert_true(smb2_empty_decode(m->pdu[0].data, m->pdu[0].len));
	talloc_free(l.f);
}

static void test_bad_message_id(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	l.f->next_id = 4000;
	send_one(&l, SMB2_ECHO, NULL, 0);
	assert_null(fixture_read(l.f));
	fixture_idle(l.f, 10);
	assert_null(l.f->server->conns);
	assert_int_equal(idtable_count(l.f->server->sessions), 0);
	assert_int_equal(script.calls, 0);
	talloc_free(l.f);
}

static void test_unknown_command(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	send_one(&l, SMB2_SERVER_TO_CLIENT_NOTIFICATION, NULL, 0);
	assert_null(fixture_read(l.f));
	talloc_free(l.f);
}

/* What we signed is not good as a request. */
static void test_reflection(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	l.flags = SMB2_FLAGS_SERVER_TO_REDIR;
	l.sign = true;
	send_one(&l, SMB2_ECHO, NULL, 0);
	assert_null(fixture_read(l.f));
	assert_int_equal(script.calls, 0);
	talloc_free(l.f);
}

static void test_error_body(void **private_data)
{
	struct logon l = logon_new();
	struct smb2_error_response error = {0};
	struct message *m = NULL;

	(void)private_data;
	script.status = NT_STATUS_DISK_FULL;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_DISK_FULL);
	assert_true(smb2_error_response_decode(m->pdu[0].data, m->pdu[0].len,
					       &error));
	assert_int_equal(error.data.len, 0);
	talloc_free(l.f);
}

/* CREATE, READ, READ with inherited ids, answered as one message. */
static void test_related(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[3] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	l.sign = true;
	out[0] = pdu(&l, SMB2_CREATE, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_READ, NULL, 10);
	out[2] = pdu(&l, SMB2_READ, NULL, 10);
	fixture_send(l.f, out, 3, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct smb2_header *h = &m->pdu[i].header;

		assert_int_equal(h->status, NT_STATUS_OK);
		assert_int_equal(h->message_id, 1 + i);
		assert_int_equal(
			(h->flags & SMB2_FLAGS_RELATED_OPERATIONS) != 0, i > 0);
		/* The last one brings the credits of all. */
		assert_int_equal(h->credits, i < 2 ? 0 : 30);
		assert_true((h->flags & SMB2_FLAGS_SIGNED) != 0);
		assert_true(
			message_verify(&m->pdu[i], l.f->client_keys->signing));
	}
	assert_int_equal(idtable_count(l.session->opens), 1);
	talloc_free(l.f);
}

static void test_related_create_failed(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.status = NT_STATUS_OBJECT_NAME_NOT_FOUND;
	out[0] = pdu(&l, SMB2_CREATE, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_READ, NULL, 10);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[1].header.status,
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(script.calls, 1);
	talloc_free(l.f);
}

static void test_related_without_file(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_READ, NULL, 10);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	assert_int_equal(m->pdu[1].header.status, NT_STATUS_INVALID_HANDLE);
	talloc_free(l.f);
}

static void test_headless(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(m->pdu[1].header.status, NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(script.calls, 0);
	talloc_free(l.f);
}

/* Unrelated ones do not wait for each other. */
static void test_unrelated(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	out[1] = pdu(&l, SMB2_ECHO, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[0].header.command, SMB2_FLUSH);
	assert_int_equal(m->pdu[1].header.command, SMB2_ECHO);
	assert_int_equal(m->pdu[1].header.flags, SMB2_FLAGS_SERVER_TO_REDIR);
	assert_int_equal(m->pdu[1].len % 8, 0);
	talloc_free(l.f);
}

/* Whose companion waits is not kept waiting. */
static void test_unrelated_waits(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	out[0] = pdu(&l, SMB2_ECHO, NULL, 0);
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.command, SMB2_ECHO);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.command, SMB2_FLUSH);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(l.f);
}

/* Neither by who is slow without telling so. */
static void test_unrelated_slow(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.hang = true;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	out[1] = pdu(&l, SMB2_ECHO, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.command, SMB2_ECHO);
	talloc_free(l.f);
}

static void test_interim(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;
	uint64_t async_id = 0;

	(void)private_data;
	l.sign = true;
	script.wait = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	assert_true(smb2_header_is_async(&m->pdu[0].header));
	assert_int_equal(m->pdu[0].header.credits, 10);
	assert_int_equal(m->pdu[0].header.flags & SMB2_FLAGS_SIGNED, 0);
	async_id = m->pdu[0].header.async_id;
	assert_int_not_equal(async_id, 0);
	assert_int_equal(l.f->conn->num_async, 1);
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	assert_int_equal(m->pdu[0].header.async_id, async_id);
	assert_int_equal(m->pdu[0].header.credits, 0);
	assert_true(message_verify(&m->pdu[0], l.f->client_keys->signing));
	assert_int_equal(l.f->conn->num_async, 0);
	talloc_free(l.f);
}

/* What merely takes long gets one by itself. */
static void test_slow(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	script.hang = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(l.f);
}

static void cancel(struct logon *l, const struct smb2_header *target)
{
	struct smb2_header header = {
		.command = SMB2_CANCEL,
		.flags = target->flags & SMB2_FLAGS_ASYNC_COMMAND,
		.message_id = target->message_id,
		.async_id = target->async_id,
		.session_id = l->session->id,
	};
	struct wire_writer w = fixture_pdu(l->f, &header);
	struct message_out out = {0};

	smb2_empty_encode(&w);
	out = fixture_out(&w);
	fixture_send(l->f, &out, 1, NULL, 0);
}

static void test_cancel_async(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	cancel(&l, &m->pdu[0].header);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_CANCELLED);
	talloc_free(l.f);
}

static void test_cancel_by_message_id(void **private_data)
{
	struct logon l = logon_new();
	const struct smb2_header target = {.message_id = 1};
	struct message *m = NULL;

	(void)private_data;
	script.hang = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	cancel(&l, &target);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_CANCELLED);
	assert_int_equal(m->pdu[0].header.message_id, 1);
	talloc_free(l.f);
}

/* 3.3.5.2.7: only the last of a chain may wait; CREATE anywhere. */
static void test_wait_in_chain(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_INTERNAL_ERROR);
	assert_int_equal(m->pdu[1].header.status, NT_STATUS_PENDING);
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(l.f);
}

static void test_create_waits_in_chain(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[2] = {{.iov_count = 0}};
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	out[0] = pdu(&l, SMB2_CREATE, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, out, 2, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->count, 1);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	script.wait = false;
	finish_hung();
	m = fixture_read(l.f);
	assert_int_equal(m->count, 2);
	assert_true(smb2_header_is_async(&m->pdu[0].header));
	assert_false(smb2_header_is_async(&m->pdu[1].header));
	talloc_free(l.f);
}

static void test_too_many_wait(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	l.f->conn->num_async = 511;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status,
			 NT_STATUS_INSUFFICIENT_RESOURCES);
	talloc_free(l.f);
}

/* What stands on a tree or a session ends with it, answered. */
static void test_tree_ends(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	tree_end(l.tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status,
			 NT_STATUS_NETWORK_NAME_DELETED);
	assert_int_equal(l.f->conn->num_async, 0);
	talloc_free(l.f);
}

/* What was done already is answered as such. */
static void test_done_before_the_end(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	send_one(&l, SMB2_READ, open, 10);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_PENDING);
	finish_hung();
	tree_end(l.tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	talloc_free(l.f);
}

/* A command that waits on an open may have an end of its own. */
static void test_open_ends(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);
	struct message *m = NULL;

	(void)private_data;
	script.wait = true;
	send_one(&l, SMB2_READ, open, 10);
	m = fixture_read(l.f);
	tree_end(l.tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_RANGE_NOT_LOCKED);
	assert_int_equal(idtable_count(l.f->server->opens), 0);
	talloc_free(l.f);
}

static void test_session_ends(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	l.sign = true;
	script.wait = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	session_end(l.session, NULL);
	assert_int_equal(idtable_count(l.f->server->sessions), 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status,
			 NT_STATUS_USER_SESSION_DELETED);
	assert_true(message_verify(&m->pdu[0], l.f->client_keys->signing));
	talloc_free(l.f);
}

/* The rest of a chain whose tree is gone fails, in order: the first to look for
 * it does not find it, the next has none to inherit (3.3.5.2.7.2). */
static void test_tree_ends_in_chain(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out[3] = {{.iov_count = 0}};
	struct message *m = NULL;
	unsigned answers = 0;

	(void)private_data;
	l.sign = true;
	out[0] = pdu(&l, SMB2_FLUSH, NULL, 0);
	l.flags = SMB2_FLAGS_RELATED_OPERATIONS;
	out[1] = pdu(&l, SMB2_FLUSH, NULL, 0);
	out[2] = pdu(&l, SMB2_FLUSH, NULL, 0);
	script.hang = true;
	fixture_send(l.f, out, 3, NULL, 0);
	while (script.hung == NULL) {
		tevent_loop_once(l.f->ev);
	}
	tree_end(l.tree, NULL, NT_STATUS_NETWORK_NAME_DELETED);
	while (answers < 3) {
		m = fixture_read(l.f);
		for (unsigned i = 0; i < m->count; i++) {
			assert_int_equal(
				m->pdu[i].header.status,
				answers < 2 ? NT_STATUS_NETWORK_NAME_DELETED
					    : NT_STATUS_INVALID_PARAMETER);
			answers++;
		}
	}
	talloc_free(l.f);
}

static void test_connection_ends(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);

	(void)private_data;
	script.hang = true;
	send_one(&l, SMB2_READ, open, 100);
	while (script.hung == NULL) {
		tevent_loop_once(l.f->ev);
	}
	TALLOC_FREE(l.f->client);
	fixture_idle(l.f, 50);
	assert_null(l.f->server->conns);
	assert_int_equal(idtable_count(l.f->server->sessions), 0);
	assert_int_equal(idtable_count(l.f->server->opens), 0);
	talloc_free(l.f);
}

static void test_signing(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out = {0};
	struct message *m = NULL;

	(void)private_data;
	l.session->signing_required = true;
	assert_int_equal(status_of(&l, SMB2_FLUSH), NT_STATUS_ACCESS_DENIED);
	l.sign = true;
	assert_int_equal(status_of(&l, SMB2_FLUSH), NT_STATUS_OK);
	/* With a wrong signature. */
	out = pdu(&l, SMB2_FLUSH, NULL, 0);
	out.sign = NULL;
	smb2_header_set_flags(out.iov[0].iov_base, SMB2_FLAGS_SIGNED);
	fixture_send(l.f, &out, 1, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_ACCESS_DENIED);
	assert_int_equal(script.calls, 1);
	talloc_free(l.f);
}

static void test_sealing(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out = {0};
	struct message *m = NULL;

	(void)private_data;
	l.session->encrypt_data = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_true(m->sealed);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_ACCESS_DENIED);
	out = pdu(&l, SMB2_FLUSH, NULL, 0);
	fixture_send(l.f, &out, 1, l.f->client_keys->seal, l.session->id);
	m = fixture_read(l.f);
	assert_true(m->sealed);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
	/* A transport that both ends trust is as good. */
	l.f->conn->agreed.accept_transport_security = true;
	assert_int_equal(status_of(&l, SMB2_FLUSH), NT_STATUS_OK);
	talloc_free(l.f);
}

static void test_sealed_for_another(void **private_data)
{
	struct logon l = logon_new();
	struct message_out out = pdu(&l, SMB2_FLUSH, NULL, 0);

	(void)private_data;
	smb2_header_set_session_id(out.iov[0].iov_base, l.session->id + 1);
	fixture_send(l.f, &out, 1, l.f->client_keys->seal, l.session->id);
	assert_null(fixture_read(l.f));
	talloc_free(l.f);
}

static void test_share_wants_sealing(void **private_data)
{
	struct logon l = logon_new();
	struct message *m = NULL;

	(void)private_data;
	l.tree->encrypt_data = true;
	send_one(&l, SMB2_FLUSH, NULL, 0);
	m = fixture_read(l.f);
	assert_true(m->sealed);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_ACCESS_DENIED);
	assert_int_equal(status_of(&l, SMB2_ECHO), NT_STATUS_OK);
	talloc_free(l.f);
}

static void test_payload(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);
	struct message *m = NULL;

	(void)private_data;
	script.payload = 300000;
	send_one(&l, SMB2_READ, open, 300000);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].len, SMB2_HEADER_SIZE + 4 + 300000);
	fixture_idle(l.f, 10);
	assert_int_equal(l.f->conn->bytes_out, 0);
	assert_int_equal(l.f->conn->bytes_in, 0);
	talloc_free(l.f);
}

/* A client that asks for more than we want to hold waits.
 * @param most  what it may have, and at least one answer. */
static void expect_bounded(struct logon *l, size_t most)
{
	struct open *open = open_new(l->tree);
	const unsigned count = 20;
	unsigned answers = 0;

	credits_grant(l->f->conn->credits, 8000);
	l->credits = 1;
	script.payload = SMB2_LARGE_MTU - 1;
	for (unsigned i = 0; i < count; i++) {
		send_one(l, SMB2_READ, open, SMB2_LARGE_MTU - 1);
	}
	fixture_idle(l->f, 20);
	assert_true(l->f->conn->bytes_out <= most);
	assert_true(script.calls <= most / SMB2_LARGE_MTU);
	while (answers < count) {
		struct message *m = fixture_read(l->f);

		assert_int_equal(m->pdu[0].header.status, NT_STATUS_OK);
		assert_true(l->f->conn->bytes_out <= most);
		talloc_free(m);
		answers++;
	}
	fixture_idle(l->f, 10);
	assert_int_equal(l->f->conn->bytes_out, 0);
	assert_int_equal(l->f->conn->bytes_in, 0);
}

static void test_bounded(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	expect_bounded(&l, CONN_MAX_BYTES);
	assert_int_equal(l.f->server->bytes_held, 0);
	talloc_free(l.f);
}

/* When others hold much one answer at a time is made for each. */
static void test_bounded_together(void **private_data)
{
	struct logon l = logon_new();

	(void)private_data;
	l.f->server->bytes_held = SERVER_MAX_BYTES + 1;
	expect_bounded(&l, 2 * SMB2_LARGE_MTU - 1);
	assert_int_equal(l.f->server->bytes_held, SERVER_MAX_BYTES + 1);
	talloc_free(l.f);
}

static void test_credit_charge(void **private_data)
{
	struct logon l = logon_new();
	struct open *open = open_new(l.tree);
	struct message_out out = pdu(&l, SMB2_READ, open, 100000);
	struct message *m = NULL;

	(void)private_data;
	smb2_header_set_credit_charge(out.iov[0].iov_base, 1);
	fixture_send(l.f, &out, 1, NULL, 0);
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.status, NT_STATUS_INVALID_PARAMETER);
	talloc_free(l.f);
}

static void test_notify(void **private_data)
{
	struct logon l = logon_new();
	static const uint8_t body[24] = {24};
	struct message *m = NULL;

	(void)private_data;
	assert_true(request_notify(l.session, SMB2_OPLOCK_BREAK,
				   wire_slice(body, sizeof(body))));
	m = fixture_read(l.f);
	assert_int_equal(m->pdu[0].header.command, SMB2_OPLOCK_BREAK);
	assert_true(m->pdu[0].header.message_id == UINT64_MAX);
	assert_int_equal(m->pdu[0].header.session_id, 0);
	talloc_free(l.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_bad_message_id),
		cmocka_unit_test(test_unknown_command),
		cmocka_unit_test(test_reflection),
		cmocka_unit_test(test_error_body),
		cmocka_unit_test(test_related),
		cmocka_unit_test(test_related_create_failed),
		cmocka_unit_test(test_related_without_file),
		cmocka_unit_test(test_headless),
		cmocka_unit_test(test_unrelated),
		cmocka_unit_test(test_unrelated_waits),
		cmocka_unit_test(test_unrelated_slow),
		cmocka_unit_test(test_interim),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_cancel_async),
		cmocka_unit_test(test_cancel_by_message_id),
		cmocka_unit_test(test_wait_in_chain),
		cmocka_unit_test(test_create_waits_in_chain),
		cmocka_unit_test(test_too_many_wait),
		cmocka_unit_test(test_tree_ends),
		cmocka_unit_test(test_done_before_the_end),
		cmocka_unit_test(test_open_ends),
		cmocka_unit_test(test_session_ends),
		cmocka_unit_test(test_tree_ends_in_chain),
		cmocka_unit_test(test_connection_ends),
		cmocka_unit_test(test_signing),
		cmocka_unit_test(test_sealing),
		cmocka_unit_test(test_sealed_for_another),
		cmocka_unit_test(test_share_wants_sealing),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_bounded_together),
		cmocka_unit_test(test_credit_charge),
		cmocka_unit_test(test_notify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
