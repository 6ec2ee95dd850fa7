/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Further connections of a session come and go. */
#include "client/multichannel_private.h"
#include "tests/fixture_channels.h"

static void test_come(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 3);
	struct client_file *file = fixture_open(f);
	struct client_facts facts = {0};

	assert_non_null(f->conn->multi);
	channels_read(file, 0);
	assert_int_equal(c->dialled, 0); /* not for so little */
	channels_wait(c, file, 3);
	assert_int_equal(c->dialled, 2);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_int_equal(facts.channels, 3);
	/* they are bound, not logged on: no tree is connected there */
	assert_int_equal(c->peer[1]->seen[SMB2_TREE_CONNECT], 0);
	assert_true(c->peer[1]->seen[SMB2_SESSION_SETUP] > 0);
	talloc_free(file);
}

/* One by default; and with a server that cannot. */
static void test_one(void **state)
{
	struct fixture *f = *state;

	(void)channels_up(f, 0);
	assert_null(f->conn->multi);
}

static void test_server_cannot(void **state)
{
	struct fixture *f = *state;

	f->options.max_channels = 4;
	fixture_up(f);
	assert_null(f->conn->multi);
}

static void be_another(struct peer *peer)
{
	memset(peer->policy.guid, 'Q', NEGOTIATE_GUID_SIZE);
}

static void enough_reads(struct fixture *f, struct client_file *file)
{
	unsigned i = 0;

	for (i = 0; i < 40; i++) {
		channels_read(file, i);
	}
	fixture_settle(f);
}

/* Whoever else answers there gets nothing. */
static void test_another_server(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 2);
	struct client_file *file = fixture_open(f);

	c->prepare = be_another;
	enough_reads(f, file);
	assert_int_equal(multichannel_count(f->conn), 1);
	assert_true(c->dialled >= 1);
	assert_int_equal(c->peer[1]->seen[SMB2_SESSION_SETUP], 0);
	channels_read(file, 5);
	talloc_free(file);
}

static void refuse(struct peer *peer, const struct message_pdu *request,
		   struct peer_reply *reply)
{
	(void)peer;
	if (request->header.command == SMB2_SESSION_SETUP) {
		testlib_peer_error(reply, NT_STATUS_REQUEST_NOT_ACCEPTED);
	}
}

static void be_refusing(struct peer *peer)
{
	peer->hook = refuse;
}

/* Tried a few times, and then no more; what is there works. */
static void test_refused(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 2);
	struct client_file *file = fixture_open(f);
	unsigned i = 0;

	c->prepare = be_refusing;
	enough_reads(f, file);
	for (i = 0; i < 600 && c->dialled < 4; i++) {
		fixture_settle(f);
	}
	assert_int_equal(c->dialled, 4);
	enough_reads(f, file);
	assert_int_equal(c->dialled, 4);
	assert_int_equal(multichannel_count(f->conn), 1);
	talloc_free(file);
}

static void be_forged(struct peer *peer)
{
	peer->wrong_signature = true;
}

/* Who does not have the key of the session is not the server. */
static void test_forged(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 2);
	struct client_file *file = fixture_open(f);

	c->prepare = be_forged;
	enough_reads(f, file);
	assert_int_equal(multichannel_count(f->conn), 1);
	talloc_free(file);
}

/* A session that goes takes its channels along. */
static void test_session_goes(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 3);
	struct client_file *file = fixture_open(f);

	channels_wait(c, file, 3);
	talloc_free(file);
	TALLOC_FREE(f->tree);
	TALLOC_FREE(f->session);
	fixture_settle(f);
	assert_true(c->peer[1]->broken);
	assert_true(c->peer[2]->broken);
	assert_false(c->peer[0]->broken);
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
}

/* And so does the connection. */
static void test_connection_goes(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 3);
	struct client_file *file = fixture_open(f);
	struct tevent_req *req = NULL;

	channels_wait(c, file, 3);
	req = client_read_send(f, file, 0, 10);
	TALLOC_FREE(f->conn);
	testlib_wait(f->ev, req, 10);
	fixture_settle(f);
	assert_true(c->peer[1]->broken);
	talloc_free(req);
	talloc_free(file);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_come),	       T(test_one),
		T(test_server_cannot), T(test_another_server),
		T(test_refused),       T(test_forged),
		T(test_session_goes),  T(test_connection_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
