/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What waits, or arrives, while a session that the server ended is restored. */
#include "tests/fixture_channels.h"
#include "tests/fixture_revive.h"

#include "client/cache.h"

#define FEW	    4u
#define MANY	    20u
#define ONLY_LATER  3 /* logons that are refused: some 700 ms */
#define ALL_CACHING (SMB2_LEASE_READ_CACHING | SMB2_LEASE_HANDLE_CACHING)

static void logon_takes_time(struct host *h)
{
	h->logon = NT_STATUS_REQUEST_NOT_ACCEPTED;
	h->times = ONLY_LATER;
	end_session(h);
}

static void until_held(struct fixture *f)
{
	while (TAILQ_EMPTY(&f->conn->held)) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
}

/* Calls of a file that is freed end with it, sent before or not; the session
 * and the other file are as well as ever. */
static void test_file_freed(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct client_file *other = fixture_open(f);
	struct tevent_req *sent = hold_read(h, file);
	struct tevent_req *held = NULL;
	struct tevent_req *others = NULL;
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	uint8_t byte = 'x';
	size_t done = 0;

	logon_takes_time(h);
	testlib_peer_error(&h->held, NT_STATUS_USER_SESSION_DELETED);
	testlib_peer_send(f->peer, &h->held);
	until_held(f);
	held = client_write_send(f, file, 0, wire_slice(&byte, 1), NULL);
	others = client_read_send(f, other, 0, 100);
	fixture_settle(f);
	talloc_free(file);
	testlib_wait(f->ev, others, 10);
	assert_was_read(others);
	testlib_wait(f->ev, sent, 10);
	testlib_wait(f->ev, held, 10);
	assert_true(
		NT_STATUS_IS_ERR(client_read_recv(sent, sent, &owner, &data)));
	assert_true(NT_STATUS_IS_ERR(client_write_recv(held, &done)));
	assert_int_equal(h->writes, 0);
	assert_true(TAILQ_EMPTY(&f->conn->held));
	fixture_settle(f);
	assert_int_equal(read_at(other, 100), NT_STATUS_OK);
	assert_int_equal(h->dialled, 0);
	talloc_free(sent);
	talloc_free(held);
	talloc_free(other);
}

/* Some wait for their answers and some for credits when the logon is refused:
 * all of them are told, and nothing is asked again. */
static void test_refused_with_few_credits(void **state)
{
	struct fixture *f = *state;
	struct host *h = NULL;
	struct client_file *file = NULL;
	struct tevent_req *req[MANY] = {NULL};
	uint8_t byte = 'x';
	size_t done = 0;
	unsigned i = 0;

	f->peer->credits = FEW;
	h = up(f, 20000);
	file = fixture_open(f);
	h->logon = NT_STATUS_LOGON_FAILURE;
	h->times = 100;
	h->end_session = 3;
	for (i = 0; i < MANY; i++) {
		req[i] = client_write_send(f, file, i, wire_slice(&byte, 1),
					   NULL);
	}
	for (i = 0; i < MANY; i++) {
		testlib_wait(f->ev, req[i], 20);
		assert_int_equal(client_write_recv(req[i], &done),
				 i < 2 ? NT_STATUS_OK
				       : NT_STATUS_LOGON_FAILURE);
		talloc_free(req[i]);
	}
	assert_int_equal(h->times, 99);
	assert_int_equal(h->writes, 2);
	assert_true(TAILQ_EMPTY(&f->conn->held));
	assert_true(TAILQ_EMPTY(&f->conn->waiting));
	/* the credits are there: others get on */
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
	h->times = 0;
	f->session->refusal.until = 0;
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	talloc_free(file);
}

/* ------------------------------------------------------------------- leases */

static struct smb2_guid lease_key;
static uint32_t grants;
static unsigned acks;

static void serve_leases(struct peer *peer, const struct message_pdu *pdu,
			 struct peer_reply *reply)
{
	struct wire_writer w = wire_writer_talloc(peer);
	struct wire_chain list = smb2_create_context_list(&w);
	struct smb2_create_response out = {.end_of_file = 100000};
	struct smb2_create_request in = {0};
	struct smb2_lease lease = {0};
	struct wire_slice data = {0};

	serve(peer, pdu, reply);
	acks += pdu->header.command == SMB2_OPLOCK_BREAK;
	if (pdu->header.command != SMB2_CREATE ||
	    NT_STATUS_IS_ERR(reply->header.status)) {
		return;
	}
	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	assert_true(smb2_create_context_find(in.contexts,
					     SMB2_CREATE_REQUEST_LEASE, &data));
	assert_true(smb2_lease_decode(data, &lease));
	lease_key = lease.lease_key;
	lease.lease_state = grants;
	assert_true(smb2_lease_add(&list, &lease));
	out.oplock_level = SMB2_OPLOCK_LEVEL_LEASE;
	out.contexts = wire_writer_slice(&w);
	out.file_id.volatile_id = peer->opened;
	smb2_create_response_encode(testlib_peer_body(reply), &out);
}

static void break_lease(struct fixture *f, uint32_t from, uint32_t to)
{
	static const uint8_t zeros[SMB2_HEADER_SIZE] = {0};
	struct smb2_lease_break_notification out = {
		.flags = SMB2_NOTIFY_BREAK_LEASE_FLAG_ACK_REQUIRED,
		.lease_key = lease_key,
		.current_lease_state = from,
		.new_lease_state = to,
	};
	struct peer_reply reply = {
		.header = {.command = SMB2_OPLOCK_BREAK,
			   .flags = SMB2_FLAGS_SERVER_TO_REDIR,
			   .message_id = SMB2_MESSAGE_ID_UNSOLICITED},
		.w = wire_writer_talloc(f),
	};

	wire_put(&reply.w, zeros, sizeof(zeros));
	assert_true(smb2_lease_break_notification_encode(&reply.w, &out));
	testlib_peer_send(f->peer, &reply);
}

/* A lease is asked back while its session is being restored: what it stood for
 * is gone already, and nobody is told otherwise under another session. What
 * counts is what the file is given when it is opened again. */
static void test_lease_break(void **state)
{
	struct fixture *f = *state;
	struct client_open how = {0};
	struct client_file *file = NULL;
	struct host *h = NULL;
	struct tevent_req *req = NULL;

	acks = 0;
	grants = ALL_CACHING;
	f->peer->policy.capabilities |= SMB2_GLOBAL_CAP_LEASING;
	h = up(f, 20000);
	f->peer->hook = serve_leases;
	client_open_default(&how);
	how.lease = ALL_CACHING;
	assert_int_equal(client_open(f, f->tree, "file", &how, &file, NULL),
			 NT_STATUS_OK);
	assert_int_equal(client_file_lease(file), ALL_CACHING);
	grants = SMB2_LEASE_READ_CACHING;
	logon_takes_time(h);
	req = client_read_send(f, file, 0, 100);
	until_held(f);
	break_lease(f, ALL_CACHING, 0);
	fixture_settle(f);
	assert_int_equal(client_file_lease(file), 0);
	assert_int_equal(acks, 0);
	testlib_wait(f->ev, req, 10);
	assert_was_read(req);
	assert_int_equal(client_file_lease(file), SMB2_LEASE_READ_CACHING);
	/* and it is asked for as any other */
	break_lease(f, SMB2_LEASE_READ_CACHING, 0);
	fixture_settle(f);
	assert_int_equal(client_file_lease(file), 0);
	client_file_release(file);
	fixture_settle(f);
	assert_int_equal(acks, 1);
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	assert_int_equal(h->dialled, 0);
	talloc_free(file);
}

/* ----------------------------------------------------------------- channels */

static struct channels *all;
static unsigned ends; /* on the n-th READ */

static void serve_one(struct peer *peer, const struct message_pdu *pdu,
		      struct peer_reply *reply)
{
	unsigned i = 0;

	if (pdu->header.command == SMB2_READ && ends > 0 && --ends == 0) {
		for (i = 0; i <= all->dialled; i++) {
			testlib_peer_end_session(all->peer[i]);
		}
	}
	if (pdu->header.command != SMB2_NEGOTIATE &&
	    pdu->header.command != SMB2_SESSION_SETUP &&
	    pdu->header.session_id != peer->session) {
		testlib_peer_error(reply, NT_STATUS_USER_SESSION_DELETED);
	}
}

static void be_one(struct peer *peer)
{
	peer->hook = serve_one;
}

/* A session that has several connections is ended while all of them read. */
static void test_channels(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct tevent_req *req[MANY] = {NULL};
	unsigned before = 0;
	unsigned i = 0;

	f->options.reconnect_ms = 20000;
	all = channels_up(f, 3);
	all->prepare = be_one;
	be_one(all->peer[0]);
	file = fixture_open(f);
	channels_wait(all, file, 3);
	before = all->peer[0]->seen[SMB2_SESSION_SETUP];
	ends = 5;
	for (i = 0; i < MANY; i++) {
		req[i] = client_read_send(f, file, i, 100);
	}
	for (i = 0; i < MANY; i++) {
		testlib_wait(f->ev, req[i], 20);
		assert_was_read(req[i]);
	}
	assert_int_equal(ends, 0);
	assert_true(all->peer[0]->seen[SMB2_SESSION_SETUP] > before);
	assert_false(all->peer[0]->broken);
	/* and they come again */
	channels_wait(all, file, 3);
	assert_true(TAILQ_EMPTY(&f->conn->held));
	talloc_free(file);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_file_freed),
		T(test_refused_with_few_credits),
		T(test_lease_break),
		T(test_channels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
