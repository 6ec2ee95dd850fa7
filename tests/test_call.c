/* SPDX-License-Identifier: GPL-3.0-or-later */
/* call.c, conn.c, conn_input.c, channel.c: requests and what comes back. */
#include "tests/fixture_client.h"

#include "client/client_private.h"

/* A call that nothing needs: ECHO, inside the session so that it is signed. */
static struct tevent_req *send_echo(struct fixture *f)
{
	struct call *call = call_new(f, f->conn, f->session, f->tree);

	smb2_empty_encode(call_add(call, SMB2_ECHO, 0));
	return call_send(f, f->conn, call);
}

static NTSTATUS wait_status(struct fixture *f, struct tevent_req *req)
{
	NTSTATUS status = 0;

	testlib_wait(f->ev, req, 15);
	status = call_recv_status(req);
	talloc_free(req);
	return status;
}

static NTSTATUS echo(struct fixture *f)
{
	return wait_status(f, send_echo(f));
}

/* The connection ended, for that reason, and says so in words. */
static void assert_dead(struct fixture *f, NTSTATUS status)
{
	assert_non_null(client_why(f->conn));
	assert_int_equal(f->conn->dead, status);
	assert_int_equal(echo(f), status);
	assert_true(TAILQ_EMPTY(&f->conn->sent));
	assert_true(TAILQ_EMPTY(&f->conn->waiting));
}

static void test_plain(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	assert_int_equal(echo(f), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_ECHO], 1);
	assert_true((f->peer->last.flags & SMB2_FLAGS_SIGNED) != 0);
	assert_int_equal(f->peer->last.session_id, PEER_SESSION);
	assert_null(client_why(f->conn));
}

/* ---------------------------------------------------------------- credits */

static void test_message_ids_follow_charges(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct tevent_req *req = NULL;
	uint64_t id = 0;

	fixture_up(f);
	file = fixture_open(f);
	id = f->peer->last.message_id;
	req = client_read_send(f, file, 0, 200000);
	testlib_wait(f->ev, req, 10);
	assert_int_equal(f->peer->last.message_id, id + 1);
	assert_int_equal(f->peer->last.credit_charge, 4);
	talloc_free(req);
	assert_int_equal(echo(f), NT_STATUS_OK);
	assert_int_equal(f->peer->last.message_id, id + 5);
	talloc_free(file);
}

/* With one credit at a time calls go out one by one, and all go out. */
static void test_one_credit(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *reqs[20] = {NULL};
	size_t i = 0;

	f->peer->credits = 1;
	fixture_up(f);
	assert_int_equal(f->conn->credits, 1);
	for (i = 0; i < 20; i++) {
		reqs[i] = send_echo(f);
	}
	assert_int_equal(f->conn->credits, 0);
	for (i = 0; i < 20; i++) {
		assert_int_equal(wait_status(f, reqs[i]), NT_STATUS_OK);
	}
	assert_int_equal(f->peer->seen[SMB2_ECHO], 20);
}

/* A read is cut to what the credits pay for. */
static void test_few_credits_cut_reads(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	uint8_t *buf = NULL;
	size_t done = 0;

	f->peer->credits = 1;
	f->peer->file_size = 1000000;
	fixture_up(f);
	file = fixture_open(f);
	buf = talloc_size(f, 1000000);
	assert_int_equal(client_read(file, 0, buf, 1000000, &done),
			 NT_STATUS_OK);
	assert_int_equal(done, 65536);
	talloc_free(file);
}

static void grant_nothing(struct peer *peer, const struct message_pdu *pdu,
			  struct peer_reply *reply)
{
	(void)peer;
	(void)pdu;
	reply->header.credits = 0;
}

static void test_no_credits(void **state)
{
	struct fixture *f = *state;

	f->peer->credits = 1;
	fixture_up(f);
	f->peer->hook = grant_nothing;
	assert_int_equal(echo(f), NT_STATUS_OK);
	assert_int_equal(echo(f), NT_STATUS_INVALID_NETWORK_RESPONSE);
	assert_dead(f, NT_STATUS_INVALID_NETWORK_RESPONSE);
}

/* A compound that needs three credits, of a server that never grants as many,
 * fails after it was asked; what comes behind it goes on. */
static void test_compound_without_credits(void **state)
{
	struct fixture *f = *state;
	struct client_stat stat = {0};

	f->peer->credits = 1;
	fixture_up(f);
	assert_int_equal(client_stat(f->tree, "x", &stat),
			 NT_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(echo(f), NT_STATUS_OK);
}

static void grant_all(struct peer *peer, const struct message_pdu *pdu,
		      struct peer_reply *reply)
{
	(void)peer;
	(void)pdu;
	reply->header.credits = UINT16_MAX;
}

static void test_too_many_credits(void **state)
{
	struct fixture *f = *state;
	int i = 0;

	fixture_up(f);
	f->peer->hook = grant_all;
	for (i = 0; i < 10; i++) {
		assert_int_equal(echo(f), NT_STATUS_OK);
	}
	assert_true(f->conn->credits <= CONN_CREDITS_MAX);
}

/* ------------------------------------------------------------- protection */

static void test_unsigned_reply(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	f->peer->unsigned_reply = true;
	assert_int_equal(echo(f), NT_STATUS_INVALID_SIGNATURE);
	assert_dead(f, NT_STATUS_INVALID_SIGNATURE);
}

static void test_wrong_signature(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	f->peer->wrong_signature = true;
	assert_int_equal(echo(f), NT_STATUS_INVALID_SIGNATURE);
	assert_dead(f, NT_STATUS_INVALID_SIGNATURE);
}

/* Where nobody insists on signing, a signature that is there must be right. */
static void test_wrong_signature_unasked(void **state)
{
	struct fixture *f = *state;

	f->options.protection = CLIENT_PROTECTION_OFF;
	f->peer->policy.signing_required = false;
	fixture_up(f);
	f->peer->unsigned_reply = true;
	assert_int_equal(echo(f), NT_STATUS_OK);
	f->peer->unsigned_reply = false;
	assert_int_equal(echo(f), NT_STATUS_OK);
	f->peer->wrong_signature = true;
	assert_int_equal(echo(f), NT_STATUS_INVALID_SIGNATURE);
}

static void test_sealed(void **state)
{
	struct fixture *f = *state;

	f->options.protection = CLIENT_PROTECTION_ENCRYPT;
	fixture_up(f);
	assert_int_equal(echo(f), NT_STATUS_OK);
	assert_int_equal(f->peer->last.flags & SMB2_FLAGS_SIGNED, 0);
	f->peer->unsealed = true;
	assert_int_equal(echo(f), NT_STATUS_INVALID_SIGNATURE);
	assert_dead(f, NT_STATUS_INVALID_SIGNATURE);
}

static void session_is_gone(struct peer *peer, const struct message_pdu *pdu,
			    struct peer_reply *reply)
{
	(void)pdu;
	peer->unsigned_reply = true;
	testlib_peer_error(reply, NT_STATUS_USER_SESSION_DELETED);
}

/* A server that has forgotten the session has forgotten its key. */
static void test_session_deleted(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	f->peer->hook = session_is_gone;
	assert_int_equal(echo(f), NT_STATUS_USER_SESSION_DELETED);
	assert_null(client_why(f->conn));
}

/* ------------------------------------------------------------ bad replies */

static void wrong_id(struct peer *peer, const struct message_pdu *pdu,
		     struct peer_reply *reply)
{
	(void)peer;
	(void)pdu;
	reply->header.message_id += 100;
}

static void wrong_command(struct peer *peer, const struct message_pdu *pdu,
			  struct peer_reply *reply)
{
	(void)peer;
	(void)pdu;
	reply->header.command = SMB2_FLUSH;
}

static void no_response(struct peer *peer, const struct message_pdu *pdu,
			struct peer_reply *reply)
{
	(void)peer;
	(void)pdu;
	reply->header.flags &= ~SMB2_FLAGS_SERVER_TO_REDIR;
}

static void test_bad_headers(void **state)
{
	static const peer_hook hooks[] = {wrong_id, wrong_command, no_response};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		void *own = NULL;
		struct fixture *f = NULL;

		fixture_setup(&own);
		f = own;
		fixture_up(f);
		f->peer->hook = hooks[i];
		assert_int_equal(echo(f), NT_STATUS_INVALID_NETWORK_RESPONSE);
		assert_dead(f, NT_STATUS_INVALID_NETWORK_RESPONSE);
		fixture_teardown(&own);
	}
}

static void twice(struct peer *peer, const struct message_pdu *pdu,
		  struct peer_reply *reply)
{
	struct peer_reply again = *reply;

	(void)pdu;
	again.w = wire_writer_talloc(peer);
	wire_put(&again.w, reply->w.buf, reply->w.len);
	testlib_peer_send(peer, &again);
}

static void test_answered_twice(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	f->peer->hook = twice;
	assert_int_equal(echo(f), NT_STATUS_OK);
	fixture_settle(f);
	assert_dead(f, NT_STATUS_INVALID_NETWORK_RESPONSE);
}

static void test_garbage(void **state)
{
	static const uint8_t garbage[] = "\xfeSMB but not much more of it";
	struct fixture *f = *state;
	struct tevent_req *req = NULL;

	fixture_up(f);
	f->peer->credits = 0;
	testlib_peer_raw(f->peer, garbage, sizeof(garbage));
	req = send_echo(f);
	assert_int_equal(wait_status(f, req),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
	assert_dead(f, NT_STATUS_INVALID_NETWORK_RESPONSE);
}

/* ------------------------------------------------------- later, and never */

static struct peer_reply kept;

static void keep(struct peer *peer, const struct message_pdu *pdu,
		 struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command != SMB2_CANCEL) {
		kept = *reply;
		reply->silent = true;
	}
}

static void send_kept(struct fixture *f)
{
	testlib_peer_send(f->peer, &kept);
}

static void interim(struct peer *peer, const struct message_pdu *pdu,
		    struct peer_reply *reply)
{
	keep(peer, pdu, reply);
	kept.header.flags |= SMB2_FLAGS_ASYNC_COMMAND;
	kept.header.async_id = 99;
	kept.header.credits = 0;
	testlib_peer_pending(peer, reply, 99);
}

static void test_interim(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *req = NULL;
	uint32_t credits = 0;

	fixture_up(f);
	f->peer->hook = interim;
	req = send_echo(f);
	credits = f->conn->credits;
	fixture_settle(f);
	assert_true(tevent_req_is_in_progress(req));
	assert_int_equal(f->conn->credits, credits + 64);
	assert_int_equal(f->conn->credits_out, 0);
	send_kept(f);
	assert_int_equal(wait_status(f, req), NT_STATUS_OK);
	assert_int_equal(f->conn->credits, credits + 64);
}

/* Freeing a request sends CANCEL; its late answer harms nobody. */
static void test_cancel(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *req = NULL;
	uint64_t id = 0;

	fixture_up(f);
	f->peer->hook = keep;
	req = send_echo(f);
	fixture_settle(f);
	id = f->peer->last.message_id;
	talloc_free(req);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_CANCEL], 1);
	assert_int_equal(f->peer->last.message_id, id);
	assert_false(TAILQ_EMPTY(&f->conn->sent));
	send_kept(f);
	fixture_settle(f);
	assert_true(TAILQ_EMPTY(&f->conn->sent));
	f->peer->hook = NULL;
	assert_int_equal(echo(f), NT_STATUS_OK);
}

static void test_cancel_pending(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *req = NULL;

	fixture_up(f);
	f->peer->hook = interim;
	req = send_echo(f);
	fixture_settle(f);
	f->peer->hook = NULL;
	talloc_free(req);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_CANCEL], 1);
	assert_true(smb2_header_is_async(&f->peer->last));
	assert_int_equal(f->peer->last.async_id, 99);
	send_kept(f);
	fixture_settle(f);
	assert_null(client_why(f->conn));
}

/* What waits for credits was never sent, so there is nothing to cancel. */
static void test_cancel_waiting(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *first = NULL;
	struct tevent_req *second = NULL;

	f->peer->credits = 1;
	fixture_up(f);
	first = send_echo(f);
	second = send_echo(f);
	talloc_free(second);
	assert_int_equal(wait_status(f, first), NT_STATUS_OK);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_ECHO], 1);
	assert_int_equal(f->peer->seen[SMB2_CANCEL], 0);
}

/* An open that was cancelled and yet succeeds is closed again. */
static void test_orphaned_open(void **state)
{
	struct fixture *f = *state;
	struct client_open how = {0};
	struct tevent_req *req = NULL;

	fixture_up(f);
	client_open_default(&how);
	f->peer->hook = keep;
	req = client_open_send(f, f->tree, "x", &how);
	fixture_settle(f);
	talloc_free(req);
	f->peer->hook = NULL;
	send_kept(f);
	fixture_settle(f);
	assert_int_equal(f->peer->opened, 1);
	assert_int_equal(f->peer->closed, 1);
}

static void test_timeout(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	f->peer->hook = keep;
	client_set_timeout(f->conn, 500);
	assert_int_equal(echo(f), NT_STATUS_IO_TIMEOUT);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_CANCEL], 1);
	/* The connection goes on. */
	send_kept(f);
	f->peer->hook = NULL;
	assert_int_equal(echo(f), NT_STATUS_OK);
}

static void test_interrupt(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	client_interrupt(f->conn, true);
	assert_int_equal(client_echo(f->conn), NT_STATUS_CANCELLED);
	client_interrupt(f->conn, false);
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
}

/* ------------------------------------------------------------- compounds */

static void test_compound(void **state)
{
	struct fixture *f = *state;
	struct client_stat stat = {0};
	unsigned messages = 0;

	fixture_up(f);
	messages = f->peer->messages;
	assert_int_equal(client_stat(f->tree, "x", &stat), NT_STATUS_OK);
	assert_int_equal(stat.size, 100000);
	assert_int_equal(f->peer->messages, messages + 1);
	assert_true((f->peer->last.flags & SMB2_FLAGS_RELATED_OPERATIONS) != 0);
}

static void test_compound_answered_apart(void **state)
{
	struct fixture *f = *state;
	struct client_stat stat = {0};

	f->options.protection = CLIENT_PROTECTION_ENCRYPT;
	fixture_up(f);
	f->peer->separate = true;
	assert_int_equal(client_stat(f->tree, "x", &stat), NT_STATUS_OK);
	assert_int_equal(stat.size, 100000);
}

static void test_compound_cancelled(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *req = NULL;

	fixture_up(f);
	req = client_stat_send(f, f->tree, "x");
	talloc_free(req);
	fixture_settle(f);
	assert_int_equal(f->peer->opened, 1);
	assert_int_equal(f->peer->closed, 1);
	assert_int_equal(f->peer->seen[SMB2_CANCEL], 2);
	assert_true(TAILQ_EMPTY(&f->conn->sent));
}

/* Answers to two calls in one message: neither owns it. */
static struct peer_reply two[2];
static unsigned two_count;

static void collect(struct peer *peer, const struct message_pdu *pdu,
		    struct peer_reply *reply)
{
	struct wire_writer w = wire_writer_talloc(peer);
	unsigned i = 0;

	(void)pdu;
	two[two_count++] = *reply;
	reply->silent = true;
	if (two_count < 2) {
		return;
	}
	peer->unsigned_reply = true;
	for (i = 0; i < 2; i++) {
		size_t at = w.len;

		smb2_header_encode(&w, &two[i].header);
		wire_put(&w, two[i].w.buf + SMB2_HEADER_SIZE,
			 two[i].w.len - SMB2_HEADER_SIZE);
		if (i == 0) {
			smb2_compound_continue(&w);
		}
		assert_true(w.len > at);
	}
	testlib_peer_raw(peer, w.buf, w.len);
}

static void test_strangers_compounded(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *a = NULL;
	struct tevent_req *b = NULL;

	f->options.protection = CLIENT_PROTECTION_OFF;
	f->peer->policy.signing_required = false;
	fixture_up(f);
	two_count = 0;
	f->peer->hook = collect;
	a = send_echo(f);
	b = send_echo(f);
	assert_int_equal(wait_status(f, a), NT_STATUS_OK);
	assert_int_equal(wait_status(f, b), NT_STATUS_OK);
}

/* ---------------------------------------------------------------- the end */

static void test_server_goes(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *reqs[3] = {NULL};
	size_t i = 0;

	fixture_up(f);
	f->peer->hook = keep;
	for (i = 0; i < 3; i++) {
		reqs[i] = send_echo(f);
	}
	fixture_settle(f);
	testlib_peer_hang_up(f->peer);
	for (i = 0; i < 3; i++) {
		assert_int_equal(wait_status(f, reqs[i]),
				 NT_STATUS_CONNECTION_DISCONNECTED);
	}
	assert_dead(f, NT_STATUS_CONNECTION_DISCONNECTED);
}

/* Whoever is called back may free the connection. */
static void free_connection(struct tevent_req *req)
{
	struct fixture *f = tevent_req_callback_data(req, struct fixture);

	talloc_free(req);
	TALLOC_FREE(f->conn);
}

static void test_freed_by_callback(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	tevent_req_set_callback(send_echo(f), free_connection, f);
	fixture_settle(f);
	assert_null(f->conn);
}

static void test_freed_with_calls(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *req = NULL;

	fixture_up(f);
	f->peer->hook = keep;
	req = send_echo(f);
	fixture_settle(f);
	TALLOC_FREE(f->conn);
	assert_int_equal(wait_status(f, req),
			 NT_STATUS_CONNECTION_DISCONNECTED);
}

/* The session goes while a reply to it is on its way: it is read all the
 * same, then its channel goes too. */
static void test_session_freed_early(void **state)
{
	struct fixture *f = *state;
	struct tevent_req *req = NULL;

	f->options.protection = CLIENT_PROTECTION_ENCRYPT;
	fixture_up(f);
	req = send_echo(f);
	TALLOC_FREE(f->session);
	assert_int_equal(wait_status(f, req), NT_STATUS_OK);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_LOGOFF], 1);
	assert_true(TAILQ_EMPTY(&f->conn->channels));
	assert_null(client_why(f->conn));
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_plain),
		T(test_message_ids_follow_charges),
		T(test_one_credit),
		T(test_few_credits_cut_reads),
		T(test_no_credits),
		T(test_compound_without_credits),
		T(test_too_many_credits),
		T(test_unsigned_reply),
		T(test_wrong_signature),
		T(test_wrong_signature_unasked),
		T(test_sealed),
		T(test_session_deleted),
		cmocka_unit_test(test_bad_headers),
		T(test_answered_twice),
		T(test_garbage),
		T(test_interim),
		T(test_cancel),
		T(test_cancel_pending),
		T(test_cancel_waiting),
		T(test_orphaned_open),
		T(test_timeout),
		T(test_interrupt),
		T(test_compound),
		T(test_compound_answered_apart),
		T(test_compound_cancelled),
		T(test_strangers_compounded),
		T(test_server_goes),
		T(test_freed_by_callback),
		T(test_freed_with_calls),
		T(test_session_freed_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
