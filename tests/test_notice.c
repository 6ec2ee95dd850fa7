/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nobody asked for is sent again when its connection goes. */
#include "server/notice.h"
#include "server/request.h"
#include "tests/fixture_server.h"

static const uint8_t body[] = {4, 0, 'b', 'r'};

struct two {
	struct fixture *f;
	struct session *session;
	struct conn *conn[2];
	struct message_conn *client[2];
};

/* A session with two connections. */
static struct two two_new(void)
{
	struct two t = {.f = fixture_new("[global]\n", NULL)};
	struct channel *channel = NULL;

	fixture_negotiated(t.f);
	t.session = fixture_logged_on(t.f);
	t.conn[0] = t.f->conn;
	t.client[0] = t.f->client;
	fixture_connect(t.f);
	fixture_negotiated(t.f);
	channel = channel_new(t.f->conn, t.session);
	assert_non_null(channel);
	channel->binding = true;
	channel->signing = t.session->keys->signing;
	channel_set_valid(channel);
	t.conn[1] = t.f->conn;
	t.client[1] = t.f->client;
	return t;
}

static void tell(struct two *t, unsigned on)
{
	assert_true(request_notify_on(t->conn[on]->channels, SMB2_OPLOCK_BREAK,
				      wire_slice(body, sizeof(body))));
}

static void expect(struct two *t, unsigned on)
{
	struct message *m = NULL;

	t->f->client = t->client[on];
	m = fixture_read(t->f);
	assert_non_null(m);
	assert_int_equal(m->pdu[0].header.command, SMB2_OPLOCK_BREAK);
	assert_int_equal(m->pdu[0].header.message_id,
			 SMB2_MESSAGE_ID_UNSOLICITED);
	assert_memory_equal(m->pdu[0].data + SMB2_HEADER_SIZE, body,
			    sizeof(body));
}

/* The connection ends while the break may be on its way: the other one. */
static void test_moves(void **state)
{
	struct two t = two_new();

	(void)state;
	tell(&t, 0);
	assert_non_null(t.conn[0]->channels->notices);
	talloc_free(t.conn[0]);
	expect(&t, 1);
	/* Nowhere else to go. */
	assert_null(t.conn[1]->channels->notices);
	talloc_free(t.conn[1]);
	assert_int_equal(idtable_count(t.f->server->sessions), 0);
	talloc_free(t.f);
}

static void test_heard(void **state)
{
	struct two t = two_new();

	(void)state;
	tell(&t, 0);
	/* What comes now may have been sent before. */
	notices_heard(t.conn[0], false);
	assert_non_null(t.conn[0]->channels->notices);
	notices_heard(t.conn[1], true);
	assert_non_null(t.conn[0]->channels->notices);
	notices_heard(t.conn[0], true);
	assert_null(t.conn[0]->channels->notices);
	talloc_free(t.f);
}

static void test_arrives(void **state)
{
	struct two t = two_new();

	(void)state;
	tell(&t, 1);
	expect(&t, 1);
	fixture_idle(t.f, 1100);
	notices_heard(t.conn[1], false);
	assert_null(t.conn[1]->channels->notices);
	talloc_free(t.f);
}

static void test_session_ends(void **state)
{
	struct two t = two_new();

	(void)state;
	tell(&t, 0);
	tell(&t, 1);
	session_end(t.session, NULL);
	assert_null(t.conn[0]->channels);
	assert_null(t.conn[1]->channels);
	talloc_free(t.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_heard),
		cmocka_unit_test(test_arrives),
		cmocka_unit_test(test_session_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
