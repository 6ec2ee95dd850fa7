/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions whose time is up: the client logs on again, once, and goes on. */
#include "tests/fixture_client.h"

#include "client/client_private.h"

/* How often the server says that the session has expired. */
struct expiry {
	unsigned times, refuse_logon;
};

static void expire(struct peer *peer, const struct message_pdu *pdu,
		   struct peer_reply *reply)
{
	struct expiry *e = peer->private_data;

	if (pdu->header.command == SMB2_SESSION_SETUP && e->refuse_logon > 0) {
		e->refuse_logon--;
		testlib_peer_error(reply, NT_STATUS_LOGON_FAILURE);
	}
	if (pdu->header.command == SMB2_CREATE && e->times > 0) {
		e->times--;
		testlib_peer_error(reply, NT_STATUS_NETWORK_SESSION_EXPIRED);
	}
}

static void up(struct fixture *f, struct expiry *e, unsigned reconnect_ms)
{
	f->options.reconnect_ms = reconnect_ms;
	fixture_up(f);
	f->peer->private_data = e;
	f->peer->hook = expire;
}

static NTSTATUS open_file(struct fixture *f, struct client_file **file)
{
	struct client_open how = {0};

	client_open_default(&how);
	return client_open(f, f->tree, "file", &how, file, NULL);
}

static void test_renewed(void **state)
{
	struct expiry e = {.times = 1};
	struct fixture *f = *state;
	struct client_file *file = NULL;
	unsigned logons = 0;

	up(f, &e, 1000);
	logons = f->peer->seen[SMB2_SESSION_SETUP];
	assert_int_equal(open_file(f, &file), NT_STATUS_OK);
	assert_int_equal(e.times, 0);
	assert_int_equal(f->peer->seen[SMB2_SESSION_SETUP], 2 * logons);
	/* the keys are still the old ones */
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
	assert_int_equal(client_close(file), NT_STATUS_OK);
}

/* What has expired again is not tried for ever. */
static void test_once(void **state)
{
	struct expiry e = {.times = 100};
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f, &e, 1000);
	assert_int_equal(open_file(f, &file),
			 NT_STATUS_NETWORK_SESSION_EXPIRED);
	assert_int_equal(e.times, 98);
	assert_null(file);
}

static void test_logon_fails(void **state)
{
	struct expiry e = {.times = 1, .refuse_logon = 1};
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f, &e, 1000);
	assert_int_equal(open_file(f, &file), NT_STATUS_LOGON_FAILURE);
	assert_null(file);
}

/* Also where a connection that is lost would not come back. */
static void test_without_reconnect(void **state)
{
	struct expiry e = {.times = 1};
	struct fixture *f = *state;
	struct client_file *file = NULL;

	up(f, &e, 0);
	assert_null(f->conn->way_back);
	assert_int_equal(open_file(f, &file), NT_STATUS_OK);
	assert_int_equal(e.times, 0);
	assert_int_equal(client_close(file), NT_STATUS_OK);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_renewed),
		T(test_once),
		T(test_logon_fails),
		T(test_without_reconnect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
