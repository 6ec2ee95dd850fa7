/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nobody asked for is sent again when its connection goes. */
#include "server/notice.h"
#include "server/request.h"
#include "tests/fixture_server.h"

/* As of an oplock: the FileId begins with the ninth byte. */
static const uint8_t body[] = {24,  0,	 1,   0,   0,	0,   0,	  0,
			       'f', 'i', 'l', 'e', '-', 'i', 'd', ' ',
			       '1', '6', ' ', 'b', 'y', 't', 'e', 's'};

/* As of a lease, by its length. */
static const uint8_t lease_body[SMB2_LEASE_BREAK_NOTIFICATION_SIZE] = {44};

struct two {
	struct fixture *f;
	struct session *session;
	struct conn *conn[2];
	struct message_conn *client[2];
};

static struct two one_new(void)
{
	struct two t = {.f = fixture_new("[global]\n", NULL)};

	fixture_negotiated(t.f);
	t.session = fixture_logged_on(t.f);
	t.conn[0] = t.f->conn;
	t.client[0] = t.f->client;
	fixture_connect(t.f);
	fixture_negotiated(t.f);
	t.conn[1] = t.f->conn;
	t.client[1] = t.f->client;
	return t;
}

/* The second connection joins the session. */
static void join(struct two *t)
{
	struct channel *channel = channel_new(t->conn[1], t->session);

	assert_non_null(channel);
	channel->binding = true;
	channel->signing = t->session->keys->signing;
	channel_set_valid(channel);
}

/* A session with two connections. */
static struct two two_new(void)
{
	struct two t = one_new();

	join(&t);
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
	assert_non_null(t.conn[0]->channels->notices.oldest);
	talloc_free(t.conn[0]);
	expect(&t, 1);
	/* Nowhere else to go: it ends with the session. */
	assert_non_null(t.conn[1]->channels->notices.oldest);
	talloc_free(t.conn[1]);
	assert_int_equal(idtable_count(t.f->server->sessions), 0);
	talloc_free(t.f);
}

/* There was one connection when it was told. Another one joins, and then the
 * first is gone. */
static void test_moves_to_later(void **state)
{
	struct two t = one_new();

	(void)state;
	tell(&t, 0);
	join(&t);
	talloc_free(t.conn[0]);
	expect(&t, 1);
	talloc_free(t.f);
}

/* Likewise, and the first carries nothing: it was looked at more than once
 * before there was another. */
static void test_stuck_until_later(void **state)
{
	struct two t = one_new();

	(void)state;
	tell(&t, 0);
	fixture_idle(t.f, 3500);
	assert_non_null(t.conn[0]->channels->notices.oldest);
	join(&t);
	expect(&t, 1);
	assert_null(t.conn[0]->channels->notices.oldest);
	talloc_free(t.f);
}

/* Several go the way they came: the oldest first. */
static void test_order(void **state)
{
	struct two t = two_new();
	uint8_t numbered[sizeof(body)];

	(void)state;
	memcpy(numbered, body, sizeof(body));
	for (numbered[2] = 0; numbered[2] < 3; numbered[2]++) {
		assert_true(request_notify_on(
			t.conn[0]->channels, SMB2_OPLOCK_BREAK,
			wire_slice(numbered, sizeof(numbered))));
	}
	talloc_free(t.conn[0]);
	t.f->client = t.client[1];
	for (uint8_t i = 0; i < 3; i++) {
		struct message *m = fixture_read(t.f);

		assert_non_null(m);
		assert_int_equal(m->pdu[0].data[SMB2_HEADER_SIZE + 2], i);
	}
	talloc_free(t.f);
}

/* Nothing of the connection arrives: the other one, and no more than once. */
static void test_stuck(void **state)
{
	struct two t = two_new();

	(void)state;
	tell(&t, 0);
	expect(&t, 1);
	assert_null(t.conn[0]->channels->notices.oldest);
	/* The last one there is: it stays, and is not told to the first. */
	tell(&t, 1);
	fixture_idle(t.f, 2500);
	assert_null(t.conn[0]->channels->notices.oldest);
	expect(&t, 1);
	talloc_free(t.f);
}

/* It arrived, and the client is still thinking. */
static void test_not_stuck(void **state)
{
	struct two t = two_new();

	(void)state;
	tell(&t, 0);
	expect(&t, 0);
	fixture_idle(t.f, 2500);
	assert_non_null(t.conn[0]->channels->notices.oldest);
	assert_null(t.conn[1]->channels->notices.oldest);
	talloc_free(t.f);
}

/* A lease is the client's: another session of it will do, an oplock's break
 * is of its session. */
static void test_lease(void **state)
{
	struct two t = one_new();
	const struct notices *sent = NULL;
	const struct notice *oplock = NULL;
	struct message *m = NULL;

	(void)state;
	fixture_logged_on(t.f);
	tell(&t, 0);
	assert_true(
		request_notify_on(t.conn[0]->channels, SMB2_OPLOCK_BREAK,
				  wire_slice(lease_body, sizeof(lease_body))));
	sent = &t.conn[0]->channels->notices;
	assert_ptr_not_equal(sent->oldest, sent->newest);
	oplock = sent->oldest;
	fixture_idle(t.f, 2500);
	assert_ptr_equal(sent->oldest, oplock);
	assert_ptr_equal(sent->newest, oplock);
	t.f->client = t.client[1];
	m = fixture_read(t.f);
	assert_non_null(m);
	assert_memory_equal(m->pdu[0].data + SMB2_HEADER_SIZE, lease_body,
			    sizeof(lease_body));
	talloc_free(t.f);
}

static void test_over(void **state)
{
	uint8_t about[NOTICE_ABOUT_SIZE];
	struct two t = two_new();

	(void)state;
	memcpy(about, body + NOTICE_ABOUT_OFFSET, sizeof(about));
	about[15]++;
	tell(&t, 0);
	/* What comes now may have been sent before. */
	notices_heard(t.conn[0]);
	notices_over(t.session, about);
	assert_non_null(t.conn[0]->channels->notices.oldest);
	about[15]--;
	notices_over(t.session, about);
	assert_null(t.conn[0]->channels->notices.oldest);
	talloc_free(t.f);
}

static void test_arrives(void **state)
{
	struct two t = two_new();

	(void)state;
	tell(&t, 1);
	expect(&t, 1);
	fixture_idle(t.f, 1100);
	notices_heard(t.conn[1]);
	assert_null(t.conn[1]->channels->notices.oldest);
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
		cmocka_unit_test(test_moves_to_later),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_stuck_until_later),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_not_stuck),
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_arrives),
		cmocka_unit_test(test_session_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
