/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions and trees that the server ends on a connection that lives. */
#include "tests/fixture_revive.h"

#include "client/client_private.h"

/* ------------------------------------------------------------- it goes on */

static void test_session(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	unsigned logon = f->peer->seen[SMB2_SESSION_SETUP];

	end_session(h);
	assert_int_equal(read_at(file, 5000), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], 2 * logon);
	assert_int_equal(f->peer->seen[SMB2_TREE_CONNECT], 2);
	assert_int_equal(f->peer->seen[SMB2_CREATE], 2);
	assert_int_equal(client_session_id(f->session), PEER_SESSION + 1);
	/* on the same connection, which was well all the time */
	assert_int_equal(h->dialled, 0);
	assert_int_equal(h->told, 0);
	assert_int_equal(client_close(file), NT_STATUS_OK);
	assert_int_equal(f->peer->closed, 1);
}

static void test_tree(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	unsigned logon = f->peer->seen[SMB2_SESSION_SETUP];

	h->tree = 0;
	assert_int_equal(read_at(file, 5000), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], logon);
	assert_int_equal(f->peer->seen[SMB2_TREE_CONNECT], 2);
	assert_int_equal(f->peer->seen[SMB2_CREATE], 2);
	assert_int_equal(h->dialled, 0);
	assert_int_equal(client_close(file), NT_STATUS_OK);
}

/* All of what was on its way is done once, in its order. */
static void many_writes(struct fixture *f, struct host *h)
{
	struct client_file *file = fixture_open(f);
	struct tevent_req *req[20] = {NULL};
	uint8_t byte = 'x';
	size_t done = 0;
	unsigned i = 0;

	for (i = 0; i < 20; i++) {
		req[i] = client_write_send(f, file, i, wire_slice(&byte, 1),
					   NULL);
	}
	for (i = 0; i < 20; i++) {
		testlib_wait(f->ev, req[i], 20);
		assert_int_equal(client_write_recv(req[i], &done),
				 NT_STATUS_OK);
		assert_int_equal(done, 1);
		talloc_free(req[i]);
	}
	assert_int_equal(h->writes, 20);
	for (i = 0; i < 20; i++) {
		assert_int_equal(h->offset[i], i);
	}
	assert_int_equal(h->dialled, 0);
	talloc_free(file);
}

static void test_many_session(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);

	h->end_session = 5;
	many_writes(f, h);
}

static void test_many_tree(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);

	h->end_tree = 5;
	many_writes(f, h);
}

/* Some wait for credits, and must not overtake. */
static void test_few_credits(void **state)
{
	struct fixture *f = *state;
	struct host *h = NULL;

	f->peer->credits = 4;
	h = up(f, 20000);
	h->end_session = 3;
	many_writes(f, h);
}

/* Those that were sent once and now wait come after those that were sent in
 * their stead, and before those that never were. */
static void test_few_credits_twice(void **state)
{
	struct fixture *f = *state;
	struct host *h = NULL;

	f->peer->credits = 4;
	h = up(f, 20000);
	h->end_session = 3;
	h->end_again = 1;
	h->drain = 18;
	many_writes(f, h);
	assert_int_equal(h->drain, 0);
	assert_int_equal(client_session_id(f->session), PEER_SESSION + 2);
}

/* What is not there for the moment is asked for again. */
static void test_passes(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);

	h->connect = NT_STATUS_INSUFFICIENT_RESOURCES;
	h->times = 2;
	h->tree = 0;
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	assert_int_equal(h->times, 0);
	assert_int_equal(f->peer->seen[SMB2_TREE_CONNECT], 4);
	talloc_free(file);
}

/* The logon within the session comes too late: there is none. */
static void test_expired_and_gone(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);

	h->create = NT_STATUS_NETWORK_SESSION_EXPIRED;
	h->logon = NT_STATUS_USER_SESSION_DELETED;
	h->times = 2;
	talloc_free(file);
	file = fixture_open(f);
	assert_int_equal(h->times, 0);
	assert_int_equal(client_session_id(f->session), PEER_SESSION + 1);
	assert_int_equal(h->dialled, 0);
	talloc_free(file);
}

/* ------------------------------------------------------------ it does not */

static void test_not_wanted(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 0);
	struct client_file *file = fixture_open(f);
	unsigned logon = f->peer->seen[SMB2_SESSION_SETUP];

	end_session(h);
	assert_int_equal(read_at(file, 0), NT_STATUS_USER_SESSION_DELETED);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], logon);
	talloc_free(file);
}

/* Another password: said once, and then not for a while. */
static void test_logon_refused(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 60000);
	struct client_file *file = fixture_open(f);
	unsigned logon = f->peer->seen[SMB2_SESSION_SETUP];

	h->logon = NT_STATUS_LOGON_FAILURE;
	h->times = 100;
	end_session(h);
	assert_int_equal(read_at(file, 0), NT_STATUS_LOGON_FAILURE);
	assert_non_null(strstr(f->last_log, "logging on again failed"));
	assert_int_equal(read_at(file, 0), NT_STATUS_LOGON_FAILURE);
	assert_int_equal(h->times, 99);
	assert_null(client_why(f->conn));
	/* later, and again later */
	assert_in_range(f->session->refusal.ms, 1, 60000);
	f->session->refusal.until = 0;
	assert_int_equal(read_at(file, 0), NT_STATUS_LOGON_FAILURE);
	assert_int_equal(h->times, 98);
	assert_in_range(f->session->refusal.ms, 60000, 120000);
	/* it is the old one again */
	h->times = 0;
	f->session->refusal.until = 0;
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], 2 * logon + 2);
	assert_int_equal(h->dialled, 0);
	talloc_free(file);
}

static void test_share_gone(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 60000);
	struct client_file *file = fixture_open(f);

	h->connect = NT_STATUS_BAD_NETWORK_NAME;
	h->times = 100;
	h->tree = 0;
	assert_int_equal(read_at(file, 0), NT_STATUS_NETWORK_NAME_DELETED);
	assert_non_null(strstr(f->last_log, "\"share\""));
	assert_int_equal(read_at(file, 0), NT_STATUS_NETWORK_NAME_DELETED);
	assert_int_equal(h->times, 99);
	/* the session is well */
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
	h->times = 0;
	f->tree->refusal.until = 0;
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	talloc_free(file);
}

/* Let in, and thrown out at once: not for ever, and not without a pause. */
static void test_thrown_out_again(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 60000);
	struct client_file *file = fixture_open(f);
	unsigned logon = f->peer->seen[SMB2_SESSION_SETUP];
	int64_t began = conn_clock();

	h->always = true;
	assert_int_equal(read_at(file, 0), NT_STATUS_USER_SESSION_DELETED);
	assert_in_range(f->peer->seen[SMB2_SESSION_SETUP], 5 * logon,
			7 * logon);
	assert_true(conn_clock() - began > 500000);
	h->always = false;
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	talloc_free(file);
}

static void test_time_is_over(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 300);
	struct client_file *file = fixture_open(f);

	h->connect = NT_STATUS_INSUFFICIENT_RESOURCES;
	h->times = 1000;
	h->tree = 0;
	assert_int_equal(read_at(file, 0), NT_STATUS_INSUFFICIENT_RESOURCES);
	assert_in_range(h->times, 990, 999);
	talloc_free(file);
}

/* Others are not concerned. */
static void test_file_gone(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);

	h->create = NT_STATUS_ACCESS_DENIED;
	h->times = 1;
	end_session(h);
	assert_int_equal(read_at(file, 0), NT_STATUS_HANDLE_NO_LONGER_VALID);
	assert_int_equal(read_at(file, 0), NT_STATUS_HANDLE_NO_LONGER_VALID);
	talloc_free(file);
	file = fixture_open(f);
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	talloc_free(file);
}

static void mumble(struct peer *peer, const struct message_pdu *pdu,
		   struct peer_reply *reply)
{
	struct host *h = peer->private_data;

	serve(peer, pdu, reply);
	if (pdu->header.command == SMB2_CREATE &&
	    pdu->header.session_id == peer->session &&
	    pdu->header.tree_id == h->tree) {
		wire_put_u16(testlib_peer_body(reply), 3);
		peer->hook = serve;
	}
}

/* A tree that is not used is not left behind. */
static void test_no_sense(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);

	f->peer->hook = mumble;
	end_session(h);
	assert_int_equal(read_at(file, 0), NT_STATUS_INVALID_NETWORK_RESPONSE);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_TREE_DISCONNECT], 1);
	assert_int_equal(f->peer->last.command, SMB2_TREE_DISCONNECT);
	assert_int_equal(f->peer->last.tree_id, h->tree);
	f->tree->refusal.until = 0;
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_TREE_CONNECT], 3);
	assert_int_equal(h->dialled, 0);
	talloc_free(file);
}

/* --------------------------------------------------------- done, or not? */

static void collide(struct peer *peer, const struct message_pdu *pdu,
		    struct peer_reply *reply)
{
	struct host *h = peer->private_data;
	bool first = pdu->header.session_id == PEER_SESSION;

	if (pdu->header.command == SMB2_CREATE && !first) {
		testlib_peer_error(reply, NT_STATUS_OBJECT_NAME_COLLISION);
		return;
	}
	if (pdu->header.command == SMB2_CREATE && h->holds) {
		testlib_peer_pending(peer, reply, 77);
		reply->header.flags |= SMB2_FLAGS_ASYNC_COMMAND;
		reply->header.async_id = 77;
	}
	serve(peer, pdu, reply);
}

static void test_not_done(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);

	f->peer->hook = collide;
	end_session(h);
	assert_int_equal(client_mkdir(f->tree, "folder"),
			 NT_STATUS_OBJECT_NAME_COLLISION);
}

static void test_perhaps_done(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);

	f->peer->hook = collide;
	h->holds = true;
	end_session(h);
	assert_int_equal(client_mkdir(f->tree, "folder"), NT_STATUS_OK);
}

/* ------------------------------------------------------- what comes between */

static void answer_held(struct host *h)
{
	testlib_peer_error(&h->held, NT_STATUS_USER_SESSION_DELETED);
	testlib_peer_send(h->f->peer, &h->held);
}

/* Two files are opened again: one open is not answered yet, and the other says
 * that the session is no more. */
static void stumble(struct peer *peer, const struct message_pdu *pdu,
		    struct peer_reply *reply)
{
	struct host *h = peer->private_data;

	if (pdu->header.command == SMB2_CREATE) {
		h->creates++;
	}
	if (h->creates == 2 && pdu->header.command == SMB2_CREATE) {
		peer->session++; /* the keys are there still */
	}
	serve(peer, pdu, reply);
	if (h->creates == 1 && pdu->header.command == SMB2_CREATE) {
		h->held = *reply;
		reply->silent = true;
	}
}

/* Its answer, under the old keys, comes before the new logon begins. */
static void test_ended_while_restoring(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct client_file *other = fixture_open(f);
	struct tevent_req *req = NULL;
	unsigned logon = f->peer->seen[SMB2_SESSION_SETUP];

	h->tree = 0;
	f->peer->hook = stumble;
	req = client_read_send(f, file, 0, 100);
	wait_ms(f, 500);
	assert_int_equal(h->creates, 2);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], logon);
	testlib_peer_send(f->peer, &h->held);
	testlib_wait(f->ev, req, 10);
	assert_was_read(req);
	assert_int_equal(read_at(other, 100), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], 2 * logon);
	assert_int_equal(h->dialled, 0);
	talloc_free(file);
	talloc_free(other);
}

/* An answer under the old keys comes before the new logon begins. */
static void test_owed(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct tevent_req *held = hold_read(h, file);
	struct tevent_req *other = NULL;
	unsigned logon = f->peer->seen[SMB2_SESSION_SETUP];

	h->tree = 0; /* the keys are there still */
	f->peer->session++;
	other = client_read_send(f, file, 0, 100);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], logon);
	answer_held(h);
	testlib_wait(f->ev, other, 10);
	testlib_wait(f->ev, held, 10);
	assert_was_read(other);
	assert_was_read(held);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], 2 * logon);
	assert_int_equal(h->dialled, 0);
	talloc_free(file);
}

/* One that never comes: the connection is made anew. */
static void test_never_answered(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct tevent_req *held = hold_read(h, file);

	end_session(h);
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	assert_int_equal(h->dialled, 1);
	testlib_wait(f->ev, held, 10);
	assert_was_read(held);
	talloc_free(file);
}

static void hang_up(struct tevent_context *ev, struct tevent_immediate *im,
		    void *private_data)
{
	(void)ev;
	talloc_free(im);
	testlib_peer_hang_up(private_data);
}

static void lose_logon(struct peer *peer, const struct message_pdu *pdu,
		       struct peer_reply *reply)
{
	serve(peer, pdu, reply);
	if (pdu->header.command == SMB2_SESSION_SETUP) {
		reply->silent = true;
		peer->hook = serve;
		tevent_schedule_immediate(tevent_create_immediate(peer),
					  peer->ev, hang_up, peer);
	}
}

static void test_lost_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);

	end_session(h);
	f->peer->hook = lose_logon;
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	assert_int_equal(h->dialled, 1);
	assert_int_equal(f->peer->seen[SMB2_CREATE], 1);
	talloc_free(file);
}

/* Who waits for a session that is freed is told. */
static void test_freed_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_open how = {0};
	struct tevent_req *req = NULL;

	h->connect = NT_STATUS_INSUFFICIENT_RESOURCES;
	h->times = 1000;
	h->tree = 0;
	client_open_default(&how);
	req = client_open_send(f, f->tree, "file", &how);
	while (TAILQ_EMPTY(&f->conn->held)) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	fixture_settle(f);
	TALLOC_FREE(f->tree);
	TALLOC_FREE(f->session);
	testlib_wait(f->ev, req, 5);
	assert_true(TAILQ_EMPTY(&f->conn->held));
	talloc_free(req);
}

/* And a tree that is freed does not keep the others waiting. */
static void test_tree_freed(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_open how = {0};
	struct client_file *file = NULL;
	struct tevent_req *req = NULL;

	h->connect = NT_STATUS_INSUFFICIENT_RESOURCES;
	h->times = 3;
	end_session(h);
	client_open_default(&how);
	req = client_open_send(f, f->tree, "file", &how);
	while (TAILQ_EMPTY(&f->conn->held)) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	TALLOC_FREE(f->tree);
	testlib_wait(f->ev, req, 5);
	talloc_free(req);
	h->times = 0;
	assert_int_equal(client_tree_connect(f, f->session, "share", &f->tree),
			 NT_STATUS_OK);
	file = fixture_open(f);
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	talloc_free(file);
}

/* The number of a tree that was freed is another's by now. */
static void other_tree(struct fixture *f, struct host *h, bool lost)
{
	struct client_open how = {0};
	struct client_tree *other = NULL;
	struct client_file *file = NULL;
	struct tevent_req *req = NULL;

	assert_int_equal(client_tree_connect(f, f->session, "other", &other),
			 NT_STATUS_OK);
	if (lost) {
		testlib_peer_hang_up(f->peer);
		fixture_settle(f);
	} else {
		h->connect = NT_STATUS_INSUFFICIENT_RESOURCES;
		h->times = 1;
		end_session(h);
	}
	client_open_default(&how);
	req = client_open_send(f, f->tree, "file", &how);
	while (TAILQ_EMPTY(&f->conn->held)) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	TALLOC_FREE(f->tree);
	testlib_wait(f->ev, req, 5);
	assert_int_equal(client_open_recv(req, f, &file, NULL),
			 NT_STATUS_NETWORK_NAME_DELETED);
	f->tree = other;
	file = fixture_open(f);
	assert_int_equal(h->tree, 101);
	assert_int_equal(h->dialled, lost ? 1 : 0);
	talloc_free(file);
	talloc_free(req);
}

static void test_number_of_another(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);

	h->same_tree = true;
	end_session(h);
	talloc_free(fixture_open(f));
	other_tree(f, h, false);
}

static void test_number_of_another_lost(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);

	h->same_tree = true;
	end_session(h);
	talloc_free(fixture_open(f));
	other_tree(f, h, true);
}

static void hold_create(struct peer *peer, const struct message_pdu *pdu,
			struct peer_reply *reply)
{
	struct host *h = peer->private_data;

	serve(peer, pdu, reply);
	if (pdu->header.command == SMB2_CREATE &&
	    pdu->header.session_id == peer->session && h->creates++ == 0) {
		h->held = *reply;
		reply->silent = true;
	}
}

/* Nor is a session looked for by a file that is about to be opened again. */
static void test_freed_while_busy(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct tevent_req *req = NULL;

	f->peer->hook = hold_create;
	end_session(h);
	req = client_read_send(f, file, 0, 100);
	while (h->creates == 0) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	TALLOC_FREE(f->session);
	testlib_peer_error(&h->held, NT_STATUS_SHARING_VIOLATION);
	testlib_peer_send(f->peer, &h->held);
	wait_ms(f, 600);
	testlib_wait(f->ev, req, 5);
	assert_null(file->again);
	talloc_free(req);
	talloc_free(file);
}

/* The rest of a listing would be its beginning. */
static void test_listing(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct client_dir_list *list = NULL;
	struct tevent_req *req = NULL;
	struct tevent_req *more = NULL;

	end_session(h);
	req = client_read_send(f, file, 0, 100);
	while (TAILQ_EMPTY(&f->conn->held)) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	more = client_dir_read_send(f, file, "*");
	testlib_wait(f->ev, more, 5);
	assert_int_equal(client_dir_read_recv(more, f, &list),
			 NT_STATUS_HANDLE_NO_LONGER_VALID);
	assert_int_equal(f->peer->seen[SMB2_QUERY_DIRECTORY], 0);
	testlib_wait(f->ev, req, 5);
	assert_was_read(req);
	talloc_free(more);
	talloc_free(file);
}

/* A call that was refused for a moment does not go out before the session is
 * back. */
static void test_refused_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct tevent_req *held = hold_read(h, file);

	f->session->sequence++; /* as with a channel that was lost */
	testlib_peer_error(&h->held, NT_STATUS_FILE_NOT_AVAILABLE);
	testlib_peer_send(f->peer, &h->held);
	while (TAILQ_EMPTY(&f->conn->held)) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	h->logon = NT_STATUS_REQUEST_NOT_ACCEPTED;
	h->times = 3; /* for 700 ms */
	end_session(h);
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	testlib_wait(f->ev, held, 5);
	assert_was_read(held);
	assert_int_equal(h->times, 0);
	assert_int_equal(h->strays, 0);
	assert_int_equal(h->dialled, 0);
	talloc_free(file);
}

/* A connection without anything open that is lost after its session had been
 * ended once comes back for the first who asks. */
static void test_lost_afterwards(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_open how = {0};
	struct client_file *file = fixture_open(f);
	struct tevent_req *req = NULL;

	end_session(h);
	assert_int_equal(read_at(file, 0), NT_STATUS_OK);
	TALLOC_FREE(file);
	fixture_settle(f);
	testlib_peer_hang_up(f->peer);
	fixture_settle(f);
	assert_true(f->conn->lost);
	client_open_default(&how);
	req = client_open_send(f, f->tree, "file", &how);
	testlib_wait(f->ev, req, 10);
	assert_int_equal(client_open_recv(req, f, &file, NULL), NT_STATUS_OK);
	assert_int_equal(h->dialled, 1);
	talloc_free(req);
	talloc_free(file);
}

/* No session is made to be ended. */
static void test_log_off(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);
	unsigned logon = f->peer->seen[SMB2_SESSION_SETUP];

	h->logon = NT_STATUS_LOGON_FAILURE;
	h->times = 1;
	end_session(h);
	assert_int_equal(read_at(file, 0), NT_STATUS_LOGON_FAILURE);
	f->session->refusal.status = NT_STATUS_OK;
	f->session->refusal.until = 0;
	assert_int_equal(client_logoff(f->session),
			 NT_STATUS_USER_SESSION_DELETED);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_LOGOFF], 0);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], logon + 1);
	talloc_free(file);
}

/* Nobody waits, but what nobody knows of must not be believed. */
static void test_lease(void **state)
{
	struct fixture *f = *state;
	struct host *h = up(f, 20000);
	struct client_file *file = fixture_open(f);

	end_session(h);
	assert_int_equal(client_mkdir(f->tree, "x"), NT_STATUS_OK);
	assert_int_equal(client_file_lease(file), 0);
	assert_false(file->stale);
	talloc_free(file);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_session),
		T(test_tree),
		T(test_many_session),
		T(test_many_tree),
		T(test_few_credits),
		T(test_few_credits_twice),
		T(test_passes),
		T(test_expired_and_gone),
		T(test_not_wanted),
		T(test_logon_refused),
		T(test_share_gone),
		T(test_thrown_out_again),
		T(test_time_is_over),
		T(test_file_gone),
		T(test_no_sense),
		T(test_not_done),
		T(test_perhaps_done),
		T(test_owed),
		T(test_ended_while_restoring),
		T(test_never_answered),
		T(test_lost_meanwhile),
		T(test_freed_meanwhile),
		T(test_tree_freed),
		T(test_number_of_another),
		T(test_number_of_another_lost),
		T(test_freed_while_busy),
		T(test_listing),
		T(test_refused_meanwhile),
		T(test_lost_afterwards),
		T(test_log_off),
		T(test_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
