/* SPDX-License-Identifier: GPL-3.0-or-later */
/* conn_watch.c: a server that is slow, and one that is dead. */
#include "tests/fixture_client.h"

#include "client/client_private.h"

/* What is not answered until somebody says so, and whether the server said
 * that this takes its time. */
struct slow {
	struct fixture *f;
	uint16_t command;
	bool says_so;
	bool dead; /* nor is anything else from then on */
	bool kept;
	struct peer_reply reply;
	unsigned lost;
	int64_t began;
};

static void keep(struct peer *peer, const struct message_pdu *pdu,
		 struct peer_reply *reply)
{
	struct slow *s = peer->private_data;

	if (s->kept && s->dead) {
		reply->silent = true;
	}
	if (pdu->header.command != s->command || s->kept) {
		return;
	}
	s->reply = *reply;
	s->kept = true;
	reply->silent = true;
	if (s->says_so) {
		s->reply.header.flags |= SMB2_FLAGS_ASYNC_COMMAND;
		s->reply.header.async_id = 99;
		s->reply.header.credits = 0;
		testlib_peer_pending(peer, reply, 99);
	}
}

static void told(struct client_conn *conn, enum client_lost what,
		 const char *why, void *private_data)
{
	struct slow *s = private_data;

	(void)conn;
	(void)why;
	s->lost += what == CLIENT_LOST ? 1 : 0;
}

static struct transport *nobody(void *private_data)
{
	(void)private_data;
	return NULL;
}

static struct slow *slow_up(struct fixture *f, uint16_t command,
			    unsigned timeout_ms)
{
	struct slow *s = talloc_zero(f, struct slow);

	f->options.reconnect_ms = 20000;
	fixture_up(f);
	assert_non_null(f->conn->way_back);
	f->conn->dial = nobody;
	client_on_lost(f->conn, told, s);
	client_set_timeout(f->conn, timeout_ms);
	s->f = f;
	s->command = command;
	s->began = conn_clock();
	f->peer->private_data = s;
	f->peer->hook = keep;
	return s;
}

static struct tevent_req *open_slowly(struct slow *s)
{
	struct client_open how = {0};

	client_open_default(&how);
	return client_open_send(s->f, s->f->tree, "file", &how);
}

static NTSTATUS opened(struct slow *s, struct tevent_req *req)
{
	struct client_file *file = NULL;
	NTSTATUS status = 0;

	testlib_wait(s->f->ev, req, 30);
	status = client_open_recv(req, s->f, &file, NULL);
	talloc_free(req);
	talloc_free(file);
	return status;
}

static void wait_ms(struct fixture *f, unsigned ms)
{
	struct tevent_req *req = tevent_wakeup_send(
		f, f->ev,
		tevent_timeval_current_ofs(ms / 1000, ms % 1000 * 1000));

	testlib_wait(f->ev, req, 30);
	talloc_free(req);
}

/* Three times its timeout, with nothing else to do. */
static void comes_late(struct fixture *f, bool says_so)
{
	struct slow *s = slow_up(f, SMB2_CREATE, 1500);
	struct tevent_req *req = NULL;

	s->says_so = says_so;
	req = open_slowly(s);
	wait_ms(f, 4500);
	assert_true(tevent_req_is_in_progress(req));
	assert_true(f->peer->seen[SMB2_ECHO] > 0);
	testlib_peer_send(f->peer, &s->reply);
	assert_int_equal(opened(s, req), NT_STATUS_OK);
	assert_int_equal(s->lost, 0);
	assert_null(client_why(f->conn));
}

static void test_pending(void **state)
{
	comes_late(*state, true);
}

static void test_without_a_word(void **state)
{
	comes_late(*state, false);
}

static void lost_in_time(struct fixture *f, bool says_so)
{
	struct slow *s = slow_up(f, SMB2_CREATE, 2000);
	struct tevent_req *req = NULL;

	s->says_so = says_so;
	s->dead = true;
	req = open_slowly(s);
	wait_ms(f, 3700);
	assert_int_equal(s->lost, 1);
	assert_true(f->peer->seen[SMB2_ECHO] > 0);
	talloc_free(req);
}

/* A silence that an ECHO does not end is one, whatever was said before. */
static void test_dead(void **state)
{
	lost_in_time(*state, false);
}

static void test_pending_and_dead(void **state)
{
	lost_in_time(*state, true);
}

/* It is not waited for without an end; the connection is not to blame. */
static void test_passed_over(void **state)
{
	struct fixture *f = *state;
	struct slow *s = slow_up(f, SMB2_CREATE, 400);
	int64_t took = 0;

	s->says_so = true;
	assert_int_equal(opened(s, open_slowly(s)), NT_STATUS_IO_TIMEOUT);
	took = conn_clock() - s->began;
	assert_true(took >= 4000000);
	assert_true(took < 9000000);
	assert_int_equal(s->lost, 0);
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
}

/* Without a way back it ends with the caller's time. */
static void test_no_way_back(void **state)
{
	struct fixture *f = *state;
	struct slow *s = slow_up(f, SMB2_CREATE, 1500);

	TALLOC_FREE(f->conn->way_back);
	s->dead = true;
	s->says_so = true;
	assert_int_equal(opened(s, open_slowly(s)), NT_STATUS_IO_TIMEOUT);
	assert_true(conn_clock() - s->began < 5000000);
}

/* Who waits for others asks nothing, however long. */
static void test_no_timeout(void **state)
{
	struct fixture *f = *state;
	struct slow *s = slow_up(f, SMB2_CREATE, 0);
	struct tevent_req *req = open_slowly(s);

	wait_ms(f, 2500);
	assert_true(tevent_req_is_in_progress(req));
	assert_int_equal(f->peer->seen[SMB2_ECHO], 0);
	testlib_peer_send(f->peer, &s->reply);
	assert_int_equal(opened(s, req), NT_STATUS_OK);
}

/* An answer in time is all that is sent. */
static void test_no_doubt(void **state)
{
	struct fixture *f = *state;
	struct slow *s = slow_up(f, SMB2_CREATE, 6000);
	struct tevent_req *req = open_slowly(s);

	wait_ms(f, 2200);
	testlib_peer_send(f->peer, &s->reply);
	assert_int_equal(opened(s, req), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_ECHO], 0);
}

#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pending),     T(test_without_a_word),
		T(test_dead),	     T(test_pending_and_dead),
		T(test_passed_over), T(test_no_way_back),
		T(test_no_timeout),  T(test_no_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
