/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which calls wait for a connection to come back, and as what they go out. */
#include "client/client_private.h"
#include "tests/fixture_client.h"

#define LOST NT_STATUS_CONNECTION_DISCONNECTED

/* Nothing is answered, so that it is on its way. */
static void keep_silent(struct peer *peer, const struct message_pdu *request,
			struct peer_reply *reply)
{
	(void)peer;
	(void)request;
	reply->silent = true;
}

static void up(struct fixture *f)
{
	f->options.reconnect_ms = 5000;
	fixture_up(f);
}

static void assert_held(struct fixture *f, unsigned count)
{
	struct call *call = NULL;
	unsigned held = 0;

	TAILQ_FOREACH(call, &f->conn->held, entry)
	{
		assert_true(call->held);
		assert_false(call->sent);
		assert_int_equal(call->missing, 0);
		held++;
	}
	assert_int_equal(held, count);
	assert_true(TAILQ_EMPTY(&f->conn->sent));
	assert_true(TAILQ_EMPTY(&f->conn->waiting));
}

static void finish(struct fixture *f, struct tevent_req *req, NTSTATUS status)
{
	testlib_wait(f->ev, req, 10);
	assert_int_equal(req_status(req), status);
	talloc_free(req);
}

static void test_what_waits(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct tevent_req *read = NULL;
	struct tevent_req *list = NULL;
	struct tevent_req *more = NULL;
	struct tevent_req *leave = NULL;

	up(f);
	file = fixture_open(f);
	f->peer->hook = keep_silent;
	read = client_read_send(f, file, 0, 10);
	list = client_list_send(f, f->tree, "folder", "*");
	more = client_dir_read_send(f, file, "*");
	leave = client_tree_disconnect_send(f, f->tree);
	fixture_settle(f);
	replay_hold(f->conn, LOST);
	/* the place in a listing is lost; a listing from its beginning not */
	assert_held(f, 2);
	finish(f, more, LOST);
	finish(f, leave, LOST);
	assert_int_equal(f->conn->credits_out, 0);
	talloc_free(read);
	talloc_free(list);
	assert_held(f, 0);
	f->peer->hook = NULL;
	f->tree->valid = true;
	talloc_free(file);
}

static void test_pipes_do_not(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct tevent_req *req = NULL;

	up(f);
	file = fixture_open(f);
	f->tree->type = SMB2_SHARE_TYPE_PIPE;
	f->peer->hook = keep_silent;
	req = client_write_send(f, file, 0, wire_slice("x", 1), NULL);
	fixture_settle(f);
	replay_hold(f->conn, LOST);
	assert_held(f, 0);
	finish(f, req, LOST);
	talloc_free(file);
}

static struct smb2_read_request request_of(const struct call *call)
{
	struct smb2_read_request body = {0};

	assert_true(smb2_read_request_decode(call->part[0].w.buf,
					     call->part[0].w.len, &body));
	return body;
}

static void test_new_numbers(void **state)
{
	struct fixture *f = *state;
	struct client_file *one = NULL;
	struct client_file *two = NULL;
	struct tevent_req *req[2] = {NULL};
	struct call *call = NULL;

	up(f);
	one = fixture_open(f);
	two = fixture_open(f);
	f->peer->hook = keep_silent;
	req[0] = client_read_send(f, one, 0, 10);
	req[1] = client_read_send(f, two, 1, 10);
	fixture_settle(f);
	replay_hold(f->conn, LOST);
	assert_held(f, 2);
	/* each has the number that the other had */
	one->id.volatile_id = 2;
	two->id.volatile_id = 1;
	f->tree->id = 99;
	replay_file(f->conn, one);
	replay_file(f->conn, two);
	replay_tree(f->conn, f->tree);
	call = TAILQ_FIRST(&f->conn->held);
	assert_int_equal(request_of(call).file_id.volatile_id, 2);
	assert_int_equal(request_of(call).offset, 0);
	assert_int_equal(call->tree_id, 99);
	assert_true(call->again);
	call = TAILQ_NEXT(call, entry);
	assert_int_equal(request_of(call).file_id.volatile_id, 1);
	assert_int_equal(request_of(call).offset, 1);
	/* and of a file that is gone they end */
	one->gone = NT_STATUS_HANDLE_NO_LONGER_VALID;
	replay_file(f->conn, one);
	finish(f, req[0], NT_STATUS_HANDLE_NO_LONGER_VALID);
	assert_held(f, 1);
	f->peer->hook = NULL;
	replay_go(f->conn);
	finish(f, req[1], NT_STATUS_OK);
	talloc_free(one);
	talloc_free(two);
}

static void test_order(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	struct tevent_req *req[4] = {NULL};
	struct call *call = NULL;
	uint64_t offset = 0;
	unsigned i = 0;

	up(f);
	file = fixture_open(f);
	f->peer->hook = keep_silent;
	f->conn->lost = true; /* two that come while it is */
	req[2] = client_read_send(f, file, 2, 10);
	req[3] = client_read_send(f, file, 3, 10);
	f->conn->lost = false;
	req[0] = client_read_send(f, file, 0, 10);
	req[1] = client_read_send(f, file, 1, 10);
	fixture_settle(f);
	replay_hold(f->conn, LOST);
	TAILQ_FOREACH(call, &f->conn->held, entry)
	{
		assert_int_equal(request_of(call).offset, offset);
		offset++;
	}
	assert_int_equal(offset, 4);
	f->peer->hook = NULL;
	replay_go(f->conn);
	for (i = 0; i < 4; i++) {
		finish(f, req[i], NT_STATUS_OK);
	}
	talloc_free(file);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_waits),
		TEST(test_pipes_do_not),
		TEST(test_new_numbers),
		TEST(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
