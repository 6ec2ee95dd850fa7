/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection that is lost and comes back, to another peer each time. */
#include "client/client_private.h"
#include "tests/fixture_client.h"

#define PEERS 8

struct again {
	struct fixture *f;
	struct peer *peer[PEERS];
	unsigned dialled;
	unsigned nobody; /* so many times nobody is there */
	void (*prepare)(struct peer *peer);
	unsigned told[3]; /* by enum client_lost */
	char last[512];
};

static struct transport *dial(void *private_data)
{
	struct again *a = private_data;
	struct peer *peer = NULL;

	a->dialled++;
	if (a->nobody > 0) {
		a->nobody--;
		return NULL;
	}
	assert_true(a->dialled < PEERS);
	peer = testlib_peer(a->f, a->f->ev);
	a->peer[a->dialled] = peer;
	if (a->prepare != NULL) {
		a->prepare(peer);
	}
	return peer->client_end;
}

static void told(struct client_conn *conn, enum client_lost what,
		 const char *why, void *private_data)
{
	struct again *a = private_data;

	(void)conn;
	assert_int_equal(why == NULL, what == CLIENT_BACK);
	a->told[what]++;
	snprintf(a->last, sizeof(a->last), "%s", why != NULL ? why : "");
}

static struct again *up(struct fixture *f, unsigned ms)
{
	struct again *a = talloc_zero(f, struct again);

	a->f = f;
	a->peer[0] = f->peer;
	f->options.reconnect_ms = ms;
	fixture_up(f);
	assert_non_null(f->conn->way_back);
	f->conn->dial = dial;
	f->conn->dial_data = a;
	client_on_lost(f->conn, told, a);
	return a;
}

static void hang_up(struct tevent_context *ev, struct tevent_immediate *im,
		    void *private_data)
{
	struct peer *peer = private_data;

	(void)ev;
	talloc_free(im);
	if (peer->conn != NULL) {
		testlib_peer_hang_up(peer);
	}
}

/* When the message was dealt with. */
static void hang_up_soon(struct peer *peer)
{
	peer->hook = NULL;
	tevent_schedule_immediate(tevent_create_immediate(peer), peer->ev,
				  hang_up, peer);
}

/* Not answered: the connection is lost instead. */
static void lose(struct peer *peer, const struct message_pdu *request,
		 struct peer_reply *reply)
{
	uint16_t *command = peer->private_data;

	if (request->header.command == *command) {
		reply->silent = true;
		hang_up_soon(peer);
	}
}

static void lose_at(struct peer *peer, uint16_t command)
{
	uint16_t *p = talloc(peer, uint16_t);

	*p = command;
	peer->private_data = p;
	peer->hook = lose;
}

static void assert_read(struct client_file *file, uint64_t offset)
{
	uint8_t buf[100];
	size_t done = 0;

	assert_int_equal(client_read(file, offset, buf, sizeof(buf), &done),
			 NT_STATUS_OK);
	assert_int_equal(done, sizeof(buf));
	assert_int_equal(buf[7], testlib_peer_byte(offset + 7));
}

static void test_read(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = fixture_open(f);

	assert_read(file, 0);
	lose_at(f->peer, SMB2_READ);
	assert_read(file, 5000);
	assert_int_equal(a->dialled, 1);
	assert_int_equal(a->told[CLIENT_LOST], 1);
	assert_int_equal(a->told[CLIENT_BACK], 1);
	assert_int_equal(a->peer[1]->seen[SMB2_TREE_CONNECT], 1);
	assert_int_equal(a->peer[1]->seen[SMB2_CREATE], 1);
	assert_int_equal(a->peer[1]->seen[SMB2_READ], 1);
	/* and once more */
	lose_at(a->peer[1], SMB2_READ);
	assert_read(file, 70000);
	assert_int_equal(a->dialled, 2);
	assert_int_equal(client_close(file), NT_STATUS_OK);
	assert_int_equal(a->peer[2]->closed, 1);
}

static void test_many_calls(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct tevent_req *req[20] = {NULL};
	uint8_t byte = 'x';
	size_t done = 0;
	unsigned i = 0;

	lose_at(f->peer, SMB2_WRITE);
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
	assert_int_equal(a->peer[1]->seen[SMB2_WRITE], 20);
	talloc_free(file);
}

static void say_nothing(struct peer *peer, const struct message_pdu *request,
			struct peer_reply *reply)
{
	(void)peer;
	reply->silent = request->header.command == SMB2_WRITE;
}

static void prepare_mute(struct peer *peer)
{
	peer->hook = say_nothing;
}

/* A way that is cut before all that waits has gone over it gets some of it
 * done: little goes out until something was answered. */
static void test_little_by_little(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct tevent_req *req[40] = {NULL};
	uint8_t byte = 'x';
	size_t done = 0;
	unsigned i = 0;

	a->prepare = prepare_mute;
	lose_at(f->peer, SMB2_WRITE);
	for (i = 0; i < 40; i++) {
		req[i] = client_write_send(f, file, i, wire_slice(&byte, 1),
					   NULL);
	}
	while (a->told[CLIENT_BACK] == 0) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	fixture_settle(f);
	fixture_settle(f);
	assert_in_range(a->peer[1]->seen[SMB2_WRITE], 8, 32); /* 8 a second */
	a->prepare = NULL;
	testlib_peer_hang_up(a->peer[1]);
	for (i = 0; i < 40; i++) {
		testlib_wait(f->ev, req[i], 20);
		assert_int_equal(client_write_recv(req[i], &done),
				 NT_STATUS_OK);
		talloc_free(req[i]);
	}
	assert_int_equal(a->peer[2]->seen[SMB2_WRITE], 40);
	assert_true(f->conn->window > 8);
	talloc_free(file);
}

static void answer_and_go(struct peer *peer, const struct message_pdu *request,
			  struct peer_reply *reply)
{
	(void)reply;
	if (request->header.command == SMB2_CREATE) {
		hang_up_soon(peer);
	}
}

/* The answer and the loss are seen in one go: the file is opened again. */
static void test_opened_and_lost(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = NULL;

	f->peer->hook = answer_and_go;
	file = fixture_open(f);
	assert_read(file, 0);
	assert_int_equal(a->dialled, 1);
	assert_int_equal(a->peer[1]->seen[SMB2_CREATE], 1);
	talloc_free(file);
}

static void test_tried_again(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = fixture_open(f);

	a->nobody = 2;
	lose_at(f->peer, SMB2_READ);
	assert_read(file, 0);
	assert_int_equal(a->dialled, 3);
	assert_int_equal(a->told[CLIENT_LOST], 1);
	talloc_free(file);
}

/* The way back is lost, too, wherever it has come to. */
static void lose_once(struct peer *peer, const struct message_pdu *request,
		      struct peer_reply *reply)
{
	static const uint16_t order[] = {SMB2_NEGOTIATE, SMB2_SESSION_SETUP,
					 SMB2_TREE_CONNECT, SMB2_CREATE,
					 SMB2_READ};
	struct again *a = peer->private_data;

	if (a->dialled <= 5 && a->peer[a->dialled] == peer &&
	    request->header.command == order[a->dialled - 1]) {
		reply->silent = true;
		hang_up_soon(peer);
	}
}

static struct again *losing;

static void prepare_losing(struct peer *peer)
{
	peer->private_data = losing;
	peer->hook = lose_once;
}

static void test_lost_on_the_way(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 60000);
	struct client_file *file = fixture_open(f);

	losing = a;
	a->prepare = prepare_losing;
	lose_at(f->peer, SMB2_READ);
	assert_read(file, 100);
	assert_int_equal(a->dialled, 6);
	talloc_free(file);
}

static void test_time_is_over(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 300);
	struct client_file *file = fixture_open(f);
	uint8_t buf[10];
	size_t done = 0;

	a->nobody = 1000;
	lose_at(f->peer, SMB2_READ);
	assert_int_equal(client_read(file, 0, buf, sizeof(buf), &done),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	assert_int_equal(a->told[CLIENT_GIVEN_UP], 1);
	assert_non_null(strstr(client_why(f->conn), "did not come back"));
	assert_non_null(strstr(client_why(f->conn), "nobody is there"));
	assert_int_equal(client_read(file, 0, buf, sizeof(buf), &done),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(file);
}

/* ------------------------------------------------------- what has changed */

static void prepare_grown(struct peer *peer)
{
	peer->file_size = 100001;
}

static void test_changed(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = fixture_open(f);
	uint8_t buf[10];
	size_t done = 0;

	a->prepare = prepare_grown;
	lose_at(f->peer, SMB2_READ);
	assert_int_equal(client_read(file, 0, buf, sizeof(buf), &done),
			 NT_STATUS_HANDLE_NO_LONGER_VALID);
	assert_null(client_why(f->conn));
	assert_int_equal(client_read(file, 0, buf, sizeof(buf), &done),
			 NT_STATUS_HANDLE_NO_LONGER_VALID);
	fixture_settle(f);
	assert_int_equal(a->peer[1]->closed, 1);
	talloc_free(file);
	/* the rest is as it was */
	file = fixture_open(f);
	assert_read(file, 0);
	talloc_free(file);
}

static void refuse_logon(struct peer *peer, const struct message_pdu *request,
			 struct peer_reply *reply)
{
	(void)peer;
	if (request->header.command == SMB2_SESSION_SETUP) {
		testlib_peer_error(reply, NT_STATUS_LOGON_FAILURE);
	}
}

static void prepare_refusing(struct peer *peer)
{
	peer->hook = refuse_logon;
}

static void test_not_let_in(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 60000);
	struct client_file *file = fixture_open(f);
	uint8_t buf[10];
	size_t done = 0;

	a->prepare = prepare_refusing;
	lose_at(f->peer, SMB2_READ);
	assert_int_equal(client_read(file, 0, buf, sizeof(buf), &done),
			 NT_STATUS_LOGON_FAILURE);
	assert_int_equal(a->dialled, 1);
	talloc_free(file);
}

/* ------------------------------------------------------------------ locks */

static const struct smb2_lock_element two_locks[] = {
	{.offset = 0, .length = 10, .flags = SMB2_LOCKFLAG_EXCLUSIVE_LOCK},
	{.offset = 20, .length = 5, .flags = SMB2_LOCKFLAG_SHARED_LOCK},
};

/* Before anything that waited goes on. */
static void expect_locks(struct peer *peer, const struct message_pdu *request,
			 struct peer_reply *reply)
{
	struct smb2_lock_request body = {0};

	(void)reply;
	if (request->header.command == SMB2_READ) {
		assert_int_equal(peer->seen[SMB2_LOCK], 1);
	}
	if (request->header.command == SMB2_LOCK) {
		assert_true(smb2_lock_request_decode(request->data,
						     request->len, &body));
		assert_int_equal(body.lock_count, 2);
	}
}

static void prepare_locks(struct peer *peer)
{
	peer->hook = expect_locks;
}

static void test_locks_first(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = fixture_open(f);

	assert_int_equal(client_lock(file, two_locks, 2), NT_STATUS_OK);
	a->prepare = prepare_locks;
	lose_at(f->peer, SMB2_READ);
	assert_read(file, 5000);
	assert_int_equal(a->peer[1]->seen[SMB2_LOCK], 1);
	talloc_free(file);
}

static void refuse_locks(struct peer *peer, const struct message_pdu *request,
			 struct peer_reply *reply)
{
	(void)peer;
	if (request->header.command == SMB2_LOCK) {
		testlib_peer_error(reply, NT_STATUS_LOCK_NOT_GRANTED);
	}
}

static void prepare_locked(struct peer *peer)
{
	peer->hook = refuse_locks;
}

/* Somebody else has one of them: whoever believed in it is told. */
static void test_lock_is_gone(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = fixture_open(f);
	uint8_t buf[10];
	size_t done = 0;

	assert_int_equal(client_lock(file, two_locks, 2), NT_STATUS_OK);
	a->prepare = prepare_locked;
	lose_at(f->peer, SMB2_READ);
	assert_int_equal(client_read(file, 0, buf, sizeof(buf), &done),
			 NT_STATUS_HANDLE_NO_LONGER_VALID);
	assert_int_equal(a->peer[1]->seen[SMB2_READ], 0);
	talloc_free(file);
}

/* ----------------------------------------------------------------- notify */

static void refuse_watch(struct peer *peer, const struct message_pdu *request,
			 struct peer_reply *reply)
{
	(void)peer;
	if (request->header.command == SMB2_CHANGE_NOTIFY) {
		testlib_peer_error(reply, NT_STATUS_NOT_IMPLEMENTED);
	}
}

static NTSTATUS watch(struct client_file *folder)
{
	struct wire_slice data = {0};

	return client_notify(folder, folder, FILE_NOTIFY_CHANGE_FILE_NAME,
			     false, &data);
}

/* What happened meanwhile nobody knows: who watches is told that, once. */
static void test_missed_changes(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *folder = fixture_open(f);

	lose_at(f->peer, SMB2_CHANGE_NOTIFY);
	assert_int_equal(watch(folder), NT_STATUS_NOTIFY_ENUM_DIR);
	assert_int_equal(a->peer[1]->seen[SMB2_CHANGE_NOTIFY], 0);
	a->peer[1]->hook = refuse_watch;
	assert_int_equal(watch(folder), NT_STATUS_NOT_IMPLEMENTED);
	assert_int_equal(a->peer[1]->seen[SMB2_CHANGE_NOTIFY], 1);

	/* lost while nobody waits for a change, but may again */
	testlib_peer_hang_up(a->peer[1]);
	assert_read(folder, 0);
	assert_int_equal(watch(folder), NT_STATUS_NOTIFY_ENUM_DIR);
	assert_int_equal(a->peer[2]->seen[SMB2_CHANGE_NOTIFY], 0);
	talloc_free(folder);
	/* one that was never watched has missed nothing */
	folder = fixture_open(f);
	testlib_peer_hang_up(a->peer[2]);
	a->prepare = NULL;
	assert_read(folder, 0);
	a->peer[3]->hook = refuse_watch;
	assert_int_equal(watch(folder), NT_STATUS_NOT_IMPLEMENTED);
	talloc_free(folder);
}

/* ------------------------------------------------------------------ close */

/* Of the second file that the first peer opened, and the first here. */
static void expect_close(struct peer *peer, const struct message_pdu *request,
			 struct peer_reply *reply)
{
	struct smb2_close_request body = {0};

	(void)peer;
	(void)reply;
	if (request->header.command == SMB2_CLOSE) {
		assert_true(smb2_close_request_decode(request->data,
						      request->len, &body));
		assert_int_equal(body.file_id.volatile_id, 1);
	}
}

static void prepare_close(struct peer *peer)
{
	peer->hook = expect_close;
}

/* Whether the server has closed it nobody knows: it is opened again for that,
 * however often it takes. */
static void test_close(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *one = fixture_open(f);
	struct client_file *two = fixture_open(f);
	unsigned last = 0;

	talloc_free(one);
	fixture_settle(f);
	a->prepare = prepare_close;
	a->nobody = 2;
	lose_at(f->peer, SMB2_CLOSE);
	assert_int_equal(client_close(two), NT_STATUS_OK);
	last = a->dialled;
	assert_int_equal(last, 3);
	assert_int_equal(a->peer[last]->seen[SMB2_CREATE], 1);
	assert_int_equal(a->peer[last]->closed, 1);
	/* and not when that was answered */
	testlib_peer_hang_up(a->peer[last]);
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
	assert_int_equal(a->peer[last + 1]->seen[SMB2_CREATE], 0);
	talloc_free(two);
}

/* It is freed while somebody waits for that, and the other way round. */
static void test_close_given_up(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *one = fixture_open(f);
	struct client_file *two = fixture_open(f);
	struct tevent_req *close[2] = {
		client_close_send(f, one),
		client_close_send(f, two),
	};

	lose_at(f->peer, SMB2_CLOSE);
	talloc_free(one);
	talloc_free(close[1]);
	testlib_wait(f->ev, close[0], 20);
	(void)client_close_recv(close[0]);
	talloc_free(close[0]);
	assert_int_equal(a->dialled, 1);
	assert_int_equal(a->peer[1]->seen[SMB2_CREATE], 0);
	talloc_free(two);
	fixture_settle(f);
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
}

/* ----------------------------------------------------------------- asleep */

static void test_asleep(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = NULL;

	testlib_peer_hang_up(f->peer);
	fixture_settle(f);
	fixture_settle(f);
	assert_int_equal(a->dialled, 0);
	assert_int_equal(a->told[CLIENT_LOST], 0);
	assert_null(client_why(f->conn));
	file = fixture_open(f);
	assert_int_equal(a->dialled, 1);
	assert_read(file, 0);
	talloc_free(file);
}

static void test_freed_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *one = fixture_open(f);
	struct client_file *two = fixture_open(f);

	testlib_peer_hang_up(f->peer);
	fixture_settle(f);
	talloc_free(one);
	assert_read(two, 0);
	assert_int_equal(a->dialled, 1);
	lose_at(a->peer[1], SMB2_ECHO);
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
	talloc_free(two);
	/* and everything, while nobody is there */
	two = fixture_open(f);
	a->nobody = 1000;
	testlib_peer_hang_up(a->peer[a->dialled]);
	fixture_settle(f);
	TALLOC_FREE(f->tree);
	TALLOC_FREE(f->session);
	fixture_settle(f);
	talloc_free(two);
}

static void test_cancelled(void **state)
{
	struct fixture *f = *state;
	struct again *a = up(f, 20000);
	struct client_file *file = fixture_open(f);
	struct tevent_req *req = NULL;

	a->nobody = 1;
	lose_at(f->peer, SMB2_READ);
	req = client_read_send(f, file, 0, 10);
	fixture_settle(f);
	talloc_free(req);
	assert_read(file, 0);
	assert_int_equal(a->peer[a->dialled]->seen[SMB2_READ], 1);
	talloc_free(file);
}

static void test_off(void **state)
{
	struct fixture *f = *state;
	struct client_file *file = NULL;
	uint8_t buf[10];
	size_t done = 0;

	fixture_up(f);
	assert_null(f->conn->way_back);
	file = fixture_open(f);
	lose_at(f->peer, SMB2_READ);
	assert_int_equal(client_read(file, 0, buf, sizeof(buf), &done),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(file);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_many_calls),
		TEST(test_little_by_little),
		TEST(test_opened_and_lost),
		TEST(test_tried_again),
		TEST(test_lost_on_the_way),
		TEST(test_time_is_over),
		TEST(test_changed),
		TEST(test_not_let_in),
		TEST(test_locks_first),
		TEST(test_lock_is_gone),
		TEST(test_missed_changes),
		TEST(test_close),
		TEST(test_close_given_up),
		TEST(test_asleep),
		TEST(test_freed_meanwhile),
		TEST(test_cancelled),
		TEST(test_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
