/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls are spread over the channels of a session, and moved to another when
 * theirs fails. */
#include "client/multichannel_private.h"
#include "tests/fixture_channels.h"

static void test_all_are_used(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 3);
	struct client_file *file = fixture_open(f);
	struct tevent_req *req[30] = {NULL};
	TALLOC_CTX *owner = NULL;
	struct wire_slice data;
	unsigned i = 0;

	channels_wait(c, file, 3);
	for (i = 0; i < 30; i++) {
		req[i] = client_read_send(f, file, i, 100);
	}
	for (i = 0; i < 30; i++) {
		testlib_wait(f->ev, req[i], 10);
		assert_int_equal(client_read_recv(req[i], f, &owner, &data),
				 NT_STATUS_OK);
		assert_int_equal(data.data[0], testlib_peer_byte(i));
		talloc_free(owner);
		talloc_free(req[i]);
	}
	for (i = 0; i < 3; i++) {
		assert_true(c->peer[i]->seen[SMB2_READ] >= 8);
	}
	/* what has its order stays where it was */
	assert_int_equal(client_flush(file), NT_STATUS_OK);
	assert_int_equal(client_close(file), NT_STATUS_OK);
	assert_int_equal(c->peer[0]->seen[SMB2_FLUSH], 1);
	assert_int_equal(c->peer[0]->seen[SMB2_CLOSE], 1);
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

static void lose_writes(struct peer *peer, const struct message_pdu *request,
			struct peer_reply *reply)
{
	if (request->header.command == SMB2_WRITE) {
		reply->silent = true;
		peer->hook = NULL;
		tevent_schedule_immediate(tevent_create_immediate(peer),
					  peer->ev, hang_up, peer);
	}
}

static unsigned replays;
static uint16_t sequence;

static void count_replays(struct peer *peer, const struct message_pdu *request,
			  struct peer_reply *reply)
{
	(void)peer;
	(void)reply;
	if ((request->header.flags & SMB2_FLAGS_REPLAY_OPERATION) != 0) {
		replays++;
	}
	if (request->header.command == SMB2_WRITE) {
		sequence = request->header.channel_sequence;
	}
}

static void write_twenty(struct fixture *f, struct client_file *file)
{
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
}

/* One of them is lost in the middle: nobody is told. */
static void lose_one(struct fixture *f, unsigned which)
{
	struct channels *c = channels_up(f, 2);
	struct client_file *file = fixture_open(f);
	unsigned other = which == 0 ? 1 : 0;
	unsigned logons = 0;

	replays = 0;
	channels_wait(c, file, 2);
	logons = c->peer[0]->seen[SMB2_SESSION_SETUP];
	c->peer[which]->hook = lose_writes;
	c->peer[other]->hook = count_replays;
	write_twenty(f, file);
	assert_true(replays > 0);
	assert_int_equal(sequence, 1); /* 3.2.4.1.8 */
	assert_int_equal(multichannel_count(f->conn), 1);
	/* and what is not spread finds its way */
	assert_int_equal(client_flush(file), NT_STATUS_OK);
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
	assert_int_equal(c->peer[other]->seen[SMB2_FLUSH], 1);
	/* it comes back by itself, bound and not logged on */
	channels_wait(c, file, 2);
	assert_int_equal(c->dialled, 2);
	assert_int_equal(c->peer[2]->seen[SMB2_TREE_CONNECT], 0);
	assert_int_equal(c->peer[2]->seen[SMB2_SESSION_SETUP], logons);
	channels_read(file, 9);
	channels_read(file, 9);
	assert_true(c->peer[2]->seen[SMB2_READ] > 0);
	assert_int_equal(client_close(file), NT_STATUS_OK);
}

static void test_further_lost(void **state)
{
	lose_one(*state, 1);
}

static void test_home_lost(void **state)
{
	lose_one(*state, 0);
}

/* Home is down, and then the last one goes: that is the end. */
static void test_all_lost(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 2);
	struct client_file *file = fixture_open(f);
	uint8_t byte = 'x';

	channels_wait(c, file, 2);
	c->nobody = 1000;
	c->peer[0]->hook = lose_writes;
	c->peer[1]->hook = lose_writes;
	assert_int_equal(client_write(file, 0, &byte, 1),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	assert_non_null(client_why(f->conn));
	talloc_free(file);
}

/* Where connections come back, that one does with everything. */
static void test_all_lost_and_back(void **state)
{
	struct fixture *f = *state;
	struct channels *c = NULL;
	struct client_file *file = NULL;
	uint8_t byte = 'x';

	f->options.reconnect_ms = 20000;
	c = channels_up(f, 2);
	file = fixture_open(f);
	channels_wait(c, file, 2);
	c->peer[0]->hook = lose_writes;
	c->peer[1]->hook = lose_writes;
	assert_int_equal(client_write(file, 0, &byte, 1), NT_STATUS_OK);
	assert_int_equal(c->peer[c->dialled]->seen[SMB2_WRITE], 1);
	channels_read(file, 3);
	/* and has further ones again */
	channels_wait(c, file, 2);
	talloc_free(file);
}

/* The server still looks for what the channel that was lost had brought. */
static void too_early(struct peer *peer, const struct message_pdu *request,
		      struct peer_reply *reply)
{
	unsigned *times = peer->private_data;

	if ((request->header.flags & SMB2_FLAGS_REPLAY_OPERATION) != 0 &&
	    *times > 0) {
		(*times)--;
		testlib_peer_error(reply, NT_STATUS_FILE_NOT_AVAILABLE);
	}
}

static void test_too_early(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 2);
	struct client_file *file = fixture_open(f);
	unsigned times = 3;

	channels_wait(c, file, 2);
	c->peer[1]->hook = lose_writes;
	c->peer[0]->private_data = &times;
	c->peer[0]->hook = too_early;
	write_twenty(f, file);
	assert_int_equal(times, 0);
	talloc_free(file);
}

/* A call that was given up does not come to life on another channel. */
static void test_cancelled(void **state)
{
	struct fixture *f = *state;
	struct channels *c = channels_up(f, 2);
	struct client_file *file = fixture_open(f);
	struct tevent_req *req[4] = {NULL};
	unsigned seen = 0;
	unsigned i = 0;

	channels_wait(c, file, 2);
	for (i = 0; i < 4; i++) {
		req[i] = client_read_send(f, file, 0, 10);
	}
	for (i = 0; i < 4; i++) {
		talloc_free(req[i]);
	}
	seen = c->peer[0]->seen[SMB2_READ];
	testlib_peer_hang_up(c->peer[1]);
	fixture_settle(f);
	assert_true(c->peer[0]->seen[SMB2_READ] <= seen + 4);
	channels_read(file, 0);
	assert_true(client_settle(f->conn, 5000));
	talloc_free(file);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_all_are_used),	   T(test_further_lost),
		T(test_home_lost),	   T(test_all_lost),
		T(test_all_lost_and_back), T(test_too_early),
		T(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
