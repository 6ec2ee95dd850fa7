/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a connection lets in, what it holds, and how it ends.
 */
#include "server/server.h"
#include "tests/fixture_logon.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define GLOBAL                                          \
	"[global]\nserver smb transports = tcp:20603\n" \
	"invalid authentication delay = 0\n"

static void come_from(struct fixture *f, const char *address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&f->facts.peer;

	in->sin_family = AF_INET;
	inet_pton(AF_INET, address, &in->sin_addr);
	f->facts.peer_len = sizeof(*in);
}

/* Another connection: is it served? */
static bool served(struct fixture *f)
{
	struct transport *pair[2] = {NULL, NULL};

	testlib_memory_pair(f, f->ev, &f->facts, pair);
	return conn_new(f->server, pair[0]) != NULL;
}

static bool ended(struct fixture *f)
{
	return fixture_read(f) == NULL;
}

/* --- who may come ----------------------------------------------------------
 */

static void test_max_connections(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL "max connections = 3\n", NULL);

	(void)private_data;
	assert_true(served(f));
	assert_true(served(f));
	assert_false(served(f));
	assert_int_equal(f->server->num_conns, 3);
	talloc_free(f->server->conns);
	assert_true(served(f));
	talloc_free(f);
}

static void test_max_per_source(void **private_data)
{
	struct fixture *f =
		fixture_new(GLOBAL "max connections per source = 2\n", NULL);

	(void)private_data;
	come_from(f, "192.0.2.1");
	assert_true(served(f));
	assert_true(served(f));
	assert_false(served(f));
	come_from(f, "192.0.2.2");
	assert_true(served(f));
	talloc_free(f);
}

static void test_hosts(void **private_data)
{
	struct fixture *f =
		fixture_new(GLOBAL "hosts deny = 192.0.2.0/24\n", NULL);

	(void)private_data;
	come_from(f, "192.0.2.77");
	assert_false(served(f));
	come_from(f, "198.51.100.1");
	assert_true(served(f));
	assert_string_equal(f->server->conns->address, "198.51.100.1");
	talloc_free(f);
}

static void test_stopping(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);

	(void)private_data;
	f->server->stopping = true;
	assert_false(served(f));
	talloc_free(f);
}

/* --- what a stranger may ---------------------------------------------------
 */

static void test_logon_timeout(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL "logon timeout = 100ms\n", NULL);

	(void)private_data;
	assert_true(ended(f));
	talloc_free(f);
}

static void test_logged_on_has_time(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL "logon timeout = 100ms\n", NULL);
	struct session *session = NULL;

	(void)private_data;
	fixture_negotiated(f);
	session = fixture_logged_on(f);
	fixture_idle(f, 200);
	assert_non_null(f->server->conns);
	/* Until nobody is logged on any more. */
	session_end(session, NULL);
	assert_true(ended(f));
	talloc_free(f);
}

/* A frame that announces so many bytes. */
static void announce(struct fixture *f, size_t len)
{
	const uint8_t frame[4] = {0, (uint8_t)(len >> 16), (uint8_t)(len >> 8),
				  (uint8_t)len};

	testlib_write_copy(f->ev, message_conn_transport(f->client), frame,
			   sizeof(frame));
}

/* What may be a replay of what somebody recorded: NEGOTIATE, and no more. */
static void test_before_the_handshake(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);
	struct smb2_header header = {.command = SMB2_ECHO};
	struct wire_writer w = {0};
	struct message_out out = {0};

	(void)private_data;
	testlib_memory_early = true;
	fixture_negotiated(f);
	assert_non_null(f->server->conns);
	w = fixture_pdu(f, &header);
	smb2_empty_encode(&w);
	out = fixture_out(&w);
	fixture_send(f, &out, 1, NULL, 0);
	assert_true(ended(f));
	testlib_memory_early = false;
	talloc_free(f);
}

static void test_message_of_a_stranger(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);

	(void)private_data;
	announce(f, CONN_STRANGER_MESSAGE + 1);
	assert_true(ended(f));
	talloc_free(f);

	/* One who has logged on may send more, but not anything. */
	f = fixture_new(GLOBAL, NULL);
	fixture_negotiated(f);
	fixture_logged_on(f);
	announce(f, SMB2_LARGE_MTU + 1000);
	fixture_idle(f, 20);
	assert_non_null(f->server->conns);
	talloc_free(f);

	f = fixture_new(GLOBAL, NULL);
	fixture_negotiated(f);
	fixture_logged_on(f);
	announce(f, SMB2_LARGE_MTU + 1000000);
	assert_true(ended(f));
	talloc_free(f);
}

static void test_garbage(void **private_data)
{
	static const char *const garbage[] = {
		"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
		"\x00\x00\x00\x08\xfe\x53\x4d\x42\x40\x00\x00\x00",
		"\x00\x00\x00\x04\xff\x53\x4d\x42",
		"\x00\x00\x00\x04\xfc\x53\x4d\x42",
		"\x00\x00\x00\x04\xfd\x53\x4d\x42",
	};
	static const size_t lengths[] = {30, 12, 8, 8, 8};

	(void)private_data;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		struct fixture *f = fixture_new(GLOBAL, NULL);

		testlib_write_copy(f->ev, message_conn_transport(f->client),
				   garbage[i], lengths[i]);
		assert_true(ended(f));
		fixture_idle(f, 5);
		assert_null(f->server->conns);
		talloc_free(f);
	}
}

/* Sealed for a session of another connection. */
static void test_sealed_elsewhere(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);
	struct smb2_header header = {.command = SMB2_ECHO};
	struct session *session = NULL;
	struct wire_writer w = {0};
	struct message_out out = {0};

	(void)private_data;
	fixture_negotiated(f);
	session = fixture_logged_on(f);
	fixture_connect(f);
	fixture_negotiated(f);
	header.session_id = session->id;
	w = fixture_pdu(f, &header);
	smb2_empty_encode(&w);
	out = fixture_out(&w);
	fixture_send(f, &out, 1, f->client_keys->seal, session->id);
	assert_true(ended(f));
	talloc_free(f);
}

/* --- back-pressure ---------------------------------------------------------
 */

static void send_echo(struct fixture *f, const struct session *session)
{
	struct smb2_header header = {
		.command = SMB2_ECHO,
		.credits = 1,
		.session_id = session->id,
	};
	struct wire_writer w = fixture_pdu(f, &header);
	struct message_out out = {0};

	smb2_empty_encode(&w);
	out = fixture_out(&w);
	fixture_send(f, &out, 1, NULL, 0);
}

static void test_reading_stops(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);
	struct session *session = NULL;
	struct message *m = NULL;

	(void)private_data;
	fixture_negotiated(f);
	session = fixture_logged_on(f);
	credits_grant(f->conn->credits, 10);
	f->conn->bytes_out += CONN_MAX_BYTES + 1;
	send_echo(f, session); /* is read: reading had begun */
	send_echo(f, session);
	fixture_idle(f, 20);
	assert_null(f->conn->reading);
	f->conn->bytes_out -= CONN_MAX_BYTES + 1;
	conn_resume(f->conn);
	m = fixture_read(f);
	assert_int_equal(m->pdu[0].header.message_id, 0);
	m = fixture_read(f);
	assert_int_equal(m->pdu[0].header.message_id, 1);
	talloc_free(f);
}

/* Somebody who asks and asks and never reads the answers. */
static void test_deaf_stranger(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);
	unsigned sent = 0;

	(void)private_data;
	fixture_negotiated(f);
	while (sent < 20000) {
		struct smb2_header header = {.command = SMB2_ECHO,
					     .credits = 100};
		struct wire_writer w = fixture_pdu(f, &header);
		struct message_out out = {0};

		smb2_empty_encode(&w);
		out = fixture_out(&w);
		fixture_send(f, &out, 1, NULL, 0);
		sent++;
		if (sent % 100 == 0) {
			fixture_idle(f, 0);
		}
	}
	fixture_idle(f, 50);
	assert_non_null(f->server->conns);
	assert_null(f->conn->reading);
	assert_true(f->conn->bytes_in + f->conn->bytes_out <
		    CONN_STRANGER_BYTES + 10000);
	assert_true(message_conn_queued(f->conn->messages) <
		    CONN_STRANGER_BYTES);
	talloc_free(f);
}

/* --- the end ---------------------------------------------------------------
 */

static void stopped(void *private_data)
{
	bool *over = private_data;

	*over = true;
}

static void test_server_stops(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);
	bool over = false;

	(void)private_data;
	fixture_negotiated(f);
	fixture_logged_on(f);
	server_stop(f->server, stopped, &over);
	assert_false(over);
	assert_true(ended(f));
	fixture_idle(f, 20);
	assert_true(over);
	talloc_free(f);
}

static void test_server_stops_alone(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);
	bool over = false;

	(void)private_data;
	talloc_free(f->conn);
	server_stop(f->server, stopped, &over);
	assert_true(over);
	talloc_free(f);
}

static void test_dead(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);
	struct session *session = NULL;
	struct tree *tree = NULL;
	struct open *open = NULL;
	uint64_t later = server_now() + 1;

	(void)private_data;
	fixture_negotiated(f);
	session = fixture_logged_on(f);
	assert_false(conn_is_dead(f->conn, f->conn->last_request));
	assert_true(conn_is_dead(f->conn, later));
	tree = tree_new(session, share_find(f->server, "ipc$"));
	open = open_new(tree);
	assert_false(conn_is_dead(f->conn, later));
	talloc_free(open);
	assert_true(conn_is_dead(f->conn, later));
	talloc_free(f);
}

static void test_client_goes(void **private_data)
{
	struct fixture *f = fixture_new(GLOBAL, NULL);

	(void)private_data;
	fixture_negotiated(f);
	fixture_logged_on(f);
	TALLOC_FREE(f->client);
	fixture_idle(f, 20);
	assert_null(f->server->conns);
	assert_int_equal(f->server->num_conns, 0);
	assert_int_equal(idtable_count(f->server->sessions), 0);
	talloc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_max_connections),
		cmocka_unit_test(test_max_per_source),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_stopping),
		cmocka_unit_test(test_logon_timeout),
		cmocka_unit_test(test_logged_on_has_time),
		cmocka_unit_test(test_before_the_handshake),
		cmocka_unit_test(test_message_of_a_stranger),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_sealed_elsewhere),
		cmocka_unit_test(test_reading_stops),
		cmocka_unit_test(test_deaf_stranger),
		cmocka_unit_test(test_server_stops),
		cmocka_unit_test(test_server_stops_alone),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_client_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
