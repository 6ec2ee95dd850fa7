/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connect.c, session*.c, credentials.c, tree.c, facts.c: from a transport to a
 * share. */
#include "tests/fixture_client.h"

#include "client/client_private.h"

/* -------------------------------------------------------------- connecting */

static void dialect_works(uint16_t dialect)
{
	void *own = NULL;
	struct fixture *f = NULL;
	struct client_facts facts = {0};

	fixture_setup(&own);
	f = own;
	f->peer->policy.max_dialect = dialect;
	fixture_up(f);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_int_equal(facts.dialect, dialect);
	assert_true(facts.signing_required);
	assert_true(facts.signing_used);
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
	/* 3.1.1 needs no validation, and what speaks no 3.x cannot. */
	assert_int_equal(f->peer->seen[SMB2_IOCTL],
			 dialect != SMB2_DIALECT_311 ? 1 : 0);
	fixture_teardown(&own);
}

static void test_dialects(void **state)
{
	(void)state;
	dialect_works(SMB2_DIALECT_202);
	dialect_works(SMB2_DIALECT_210);
	dialect_works(SMB2_DIALECT_300);
	dialect_works(SMB2_DIALECT_302);
	dialect_works(SMB2_DIALECT_311);
}

static void test_no_dialect(void **state)
{
	struct fixture *f = *state;

	f->peer->policy.max_dialect = SMB2_DIALECT_210;
	f->options.min_dialect = SMB2_DIALECT_300;
	assert_int_not_equal(fixture_connect(f), NT_STATUS_OK);
	assert_null(f->conn);
}

static void test_no_cipher(void **state)
{
	struct fixture *f = *state;

	f->peer->policy.ciphers.count = 0;
	f->options.protection = CLIENT_PROTECTION_ENCRYPT;
	assert_int_equal(fixture_connect(f), NT_STATUS_NOT_SUPPORTED);
	assert_non_null(f->why);
}

static void answer_garbage(struct peer *peer, const struct message_pdu *pdu,
			   struct peer_reply *reply)
{
	(void)peer;
	(void)pdu;
	wire_put_u64(testlib_peer_body(reply), 0x4141414141414141ull);
}

static void test_negotiate_garbage(void **state)
{
	struct fixture *f = *state;

	f->peer->hook = answer_garbage;
	assert_int_equal(fixture_connect(f),
			 NT_STATUS_INVALID_NETWORK_RESPONSE);
}

static void test_useless_sizes(void **state)
{
	struct fixture *f = *state;

	f->peer->policy.max_read = 100;
	assert_int_not_equal(fixture_connect(f), NT_STATUS_OK);
	assert_non_null(f->why);
}

static void test_bad_transports(void **state)
{
	struct fixture *f = *state;

	f->options.transports = "pigeon";
	assert_int_equal(
		client_connect(f, f->ev, &f->options, &f->conn, &f->why),
		NT_STATUS_INVALID_PARAMETER);
	assert_non_null(strstr(f->why, "pigeon"));
}

/* Nobody listens there: the sentence says so. */
static void test_refused(void **state)
{
	struct fixture *f = *state;

	f->options.server = "127.0.0.1";
	f->options.transports = "tcp:1";
	assert_int_equal(
		client_connect(f, f->ev, &f->options, &f->conn, &f->why),
		NT_STATUS_CONNECTION_REFUSED);
	assert_non_null(f->why);
}

/* ----------------------------------------------------------------- logon */

static NTSTATUS log_on_as(struct fixture *f, const char *user,
			  const char *password)
{
	const struct client_credentials credentials = {
		.user = user,
		.password = password,
	};

	return client_session_setup(f, f->conn, &credentials, &f->session);
}

static void test_wrong_password(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(log_on_as(f, PEER_USER, "wrong"),
			 NT_STATUS_LOGON_FAILURE);
	assert_null(f->session);
	assert_true(TAILQ_EMPTY(&f->conn->channels));
	assert_int_equal(client_echo(f->conn), NT_STATUS_OK);
	assert_int_equal(f->peer->seen[SMB2_LOGOFF], 0);
}

static void test_unknown_user(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(log_on_as(f, "nobody", PEER_PASSWORD),
			 NT_STATUS_LOGON_FAILURE);
}

/* A guest has no key: it is all or nothing. */
static void test_guest(void **state)
{
	struct fixture *f = *state;

	f->peer->session_flags = SMB2_SESSION_FLAG_IS_GUEST;
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(fixture_log_on(f), NT_STATUS_ACCESS_DENIED);
	assert_non_null(strstr(f->last_log, "guest"));
}

static void test_guest_accepted(void **state)
{
	struct fixture *f = *state;

	f->peer->session_flags = SMB2_SESSION_FLAG_IS_GUEST;
	f->peer->policy.signing_required = false;
	f->options.protection = CLIENT_PROTECTION_OFF;
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(f->conn->agreement.signing_required, false);
	assert_int_equal(fixture_log_on(f), NT_STATUS_OK);
	f->peer->unsigned_reply = true;
	assert_int_equal(client_tree_connect(f, f->session, "s", &f->tree),
			 NT_STATUS_OK);
	assert_false((f->peer->last.flags & SMB2_FLAGS_SIGNED) != 0);
}

/* The last reply proves the server's knowledge of the key. */
static void test_logon_signature(void **state)
{
	struct fixture *f = *state;

	f->peer->wrong_signature = true;
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(fixture_log_on(f), NT_STATUS_INVALID_SIGNATURE);
}

static void drop_id(struct peer *peer, const struct message_pdu *pdu,
		    struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == SMB2_SESSION_SETUP) {
		reply->header.session_id = 0;
	}
}

static void change_id(struct peer *peer, const struct message_pdu *pdu,
		      struct peer_reply *reply)
{
	if (pdu->header.command == SMB2_SESSION_SETUP) {
		reply->header.session_id += peer->seen[SMB2_SESSION_SETUP];
	}
}

static void test_session_ids(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	f->peer->hook = drop_id;
	assert_int_equal(fixture_log_on(f), NT_STATUS_INVALID_NETWORK_RESPONSE);
}

static void test_session_id_changes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	f->peer->hook = change_id;
	assert_int_not_equal(fixture_log_on(f), NT_STATUS_OK);
}

/* "Once more" without end. */
static void more_and_more(struct peer *peer, const struct message_pdu *pdu,
			  struct peer_reply *reply)
{
	struct smb2_session_setup_response out = {0};

	(void)peer;
	if (pdu->header.command == SMB2_SESSION_SETUP) {
		reply->header.status = NT_STATUS_MORE_PROCESSING_REQUIRED;
		smb2_session_setup_response_encode(testlib_peer_body(reply),
						   &out);
	}
}

static void test_endless_logon(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	f->peer->hook = more_and_more;
	assert_int_not_equal(fixture_log_on(f), NT_STATUS_OK);
	assert_true(f->peer->seen[SMB2_SESSION_SETUP] < 10);
}

/* "Welcome" to somebody who has proven nothing. */
static void too_early(struct peer *peer, const struct message_pdu *pdu,
		      struct peer_reply *reply)
{
	struct smb2_session_setup_response out = {0};

	(void)peer;
	if (pdu->header.command == SMB2_SESSION_SETUP) {
		reply->header.status = NT_STATUS_OK;
		smb2_session_setup_response_encode(testlib_peer_body(reply),
						   &out);
	}
}

static void test_logon_too_easy(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	f->peer->hook = too_early;
	assert_int_not_equal(fixture_log_on(f), NT_STATUS_OK);
	assert_null(f->session);
}

static void test_logoff(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	assert_int_equal(client_logoff(f->session), NT_STATUS_OK);
	TALLOC_FREE(f->session);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_LOGOFF], 1);
	/* The tree has no session any more. */
	assert_int_equal(client_mkdir(f->tree, "x"),
			 NT_STATUS_CONNECTION_DISCONNECTED);
}

/* ------------------------------------------------------------- encryption */

static void test_server_encrypts(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	f->peer->session_flags = SMB2_SESSION_FLAG_ENCRYPT_DATA;
	fixture_up(f);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_true(facts.encrypting);
	assert_false(facts.signing_used);
	assert_string_equal(facts.encryption_why, "the server requires it");
}

static void test_share_encrypts(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	f->peer->share_flags = SMB2_SHAREFLAG_ENCRYPT_DATA;
	fixture_up(f);
	client_facts(f->conn, f->session, NULL, &facts);
	assert_false(facts.encrypting);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_true(facts.encrypting);
	assert_int_equal(client_mkdir(f->tree, "x"), NT_STATUS_OK);
	f->peer->unsealed = true;
	assert_int_equal(client_mkdir(f->tree, "x"),
			 NT_STATUS_INVALID_SIGNATURE);
}

static void test_share_encrypts_without_cipher(void **state)
{
	struct fixture *f = *state;

	f->peer->policy.ciphers.count = 0;
	f->peer->share_flags = SMB2_SHAREFLAG_ENCRYPT_DATA;
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(fixture_log_on(f), NT_STATUS_OK);
	assert_int_equal(client_tree_connect(f, f->session, "s", &f->tree),
			 NT_STATUS_ACCESS_DENIED);
}

/* Over a transport that is secure, and when both say so, nothing is sealed
 * though both ends require encryption. */
static void over_secure(struct fixture *f, bool verified, bool accepted)
{
	struct transport_facts facts = {
		.backend = "quic-user",
		.secure = true,
		.peer_verified = verified,
	};
	struct peer *peer = NULL;

	talloc_free(f->peer);
	peer = testlib_peer_over(f, f->ev, &facts);
	f->peer = peer;
	peer->policy.quic = true;
	peer->policy.secure_transport = true;
	peer->policy.accept_transport_security = accepted;
	peer->session_flags = SMB2_SESSION_FLAG_ENCRYPT_DATA;
	f->options.protection = CLIENT_PROTECTION_ENCRYPT;
	fixture_up(f);
}

static void test_transport_accepted(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	over_secure(f, true, true);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_false(facts.encrypting);
	assert_true(facts.signing_used);
	assert_non_null(strstr(facts.encryption_why, "transport"));
	assert_int_equal(facts.dialect, SMB2_DIALECT_311);
}

static void test_transport_unverified(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	over_secure(f, false, true);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_true(facts.encrypting);
}

static void test_transport_not_accepted(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	over_secure(f, true, false);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_true(facts.encrypting);
}

/* Nor when it is the client that wants SMB's encryption all the same. */
static void test_transport_refused(void **state)
{
	struct fixture *f = *state;
	struct client_facts facts = {0};

	f->options.accept_transport_security = false;
	over_secure(f, true, true);
	client_facts(f->conn, f->session, f->tree, &facts);
	assert_true(facts.encrypting);
}

/* ------------------------------------------------------------------- tree */

static void no_such_share(struct peer *peer, const struct message_pdu *pdu,
			  struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == SMB2_TREE_CONNECT) {
		testlib_peer_error(reply, NT_STATUS_BAD_NETWORK_NAME);
	}
}

static void test_no_share(void **state)
{
	struct fixture *f = *state;

	f->peer->hook = no_such_share;
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(fixture_log_on(f), NT_STATUS_OK);
	assert_int_equal(client_tree_connect(f, f->session, "s", &f->tree),
			 NT_STATUS_BAD_NETWORK_NAME);
	assert_int_equal(client_tree_connect(f, f->session, "\xff", &f->tree),
			 NT_STATUS_OBJECT_NAME_INVALID);
}

static void test_tree_connect_is_signed(void **state)
{
	struct fixture *f = *state;

	f->options.protection = CLIENT_PROTECTION_OFF;
	f->peer->policy.signing_required = false;
	fixture_up(f);
	assert_int_equal(f->peer->last.command, SMB2_TREE_CONNECT);
	assert_true((f->peer->last.flags & SMB2_FLAGS_SIGNED) != 0);
	assert_int_equal(client_mkdir(f->tree, "x"), NT_STATUS_OK);
	assert_false((f->peer->last.flags & SMB2_FLAGS_SIGNED) != 0);
}

static void test_tree_ends(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	assert_int_equal(client_tree_disconnect(f->tree), NT_STATUS_OK);
	TALLOC_FREE(f->tree);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_TREE_DISCONNECT], 1);
	assert_int_equal(client_tree_connect(f, f->session, "share", &f->tree),
			 NT_STATUS_OK);
	TALLOC_FREE(f->tree);
	fixture_settle(f);
	assert_int_equal(f->peer->seen[SMB2_TREE_DISCONNECT], 2);
}

/* Somebody between the two took the 3.1.1 away, and cannot sign. */
static void test_validate_fails(void **state)
{
	struct fixture *f = *state;

	f->peer->policy.max_dialect = SMB2_DIALECT_302;
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(fixture_log_on(f), NT_STATUS_OK);
	f->peer->agreement.server_capabilities ^= SMB2_GLOBAL_CAP_DFS;
	assert_int_not_equal(client_tree_connect(f, f->session, "s", &f->tree),
			     NT_STATUS_OK);
	assert_non_null(client_why(f->conn));
	assert_null(f->tree);
}

static void ioctl_unknown(struct peer *peer, const struct message_pdu *pdu,
			  struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == SMB2_IOCTL) {
		testlib_peer_error(reply, NT_STATUS_FILE_CLOSED);
	}
}

/* An old server says, signed, that it does not know what we ask. */
static void test_validate_unknown(void **state)
{
	struct fixture *f = *state;

	f->peer->policy.max_dialect = SMB2_DIALECT_210;
	f->peer->hook = ioctl_unknown;
	fixture_up(f);
	assert_int_equal(f->peer->seen[SMB2_IOCTL], 1);
	assert_true(f->session->validated);
}

static void ioctl_denied(struct peer *peer, const struct message_pdu *pdu,
			 struct peer_reply *reply)
{
	(void)peer;
	if (pdu->header.command == SMB2_IOCTL) {
		testlib_peer_error(reply, NT_STATUS_ACCESS_DENIED);
	}
}

static void test_validate_denied(void **state)
{
	struct fixture *f = *state;

	f->peer->policy.max_dialect = SMB2_DIALECT_300;
	f->peer->hook = ioctl_denied;
	assert_int_equal(fixture_connect(f), NT_STATUS_OK);
	assert_int_equal(fixture_log_on(f), NT_STATUS_OK);
	assert_int_equal(client_tree_connect(f, f->session, "s", &f->tree),
			 NT_STATUS_ACCESS_DENIED);
	assert_non_null(client_why(f->conn));
}

static void test_disconnect(void **state)
{
	struct fixture *f = *state;

	fixture_up(f);
	client_disconnect(f->conn);
	fixture_settle(f);
	assert_true(f->peer->broken);
	assert_int_equal(client_echo(f->conn),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	client_disconnect(f->conn);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialects),
		T(test_no_dialect),
		T(test_no_cipher),
		T(test_negotiate_garbage),
		T(test_useless_sizes),
		T(test_bad_transports),
		T(test_refused),
		T(test_wrong_password),
		T(test_unknown_user),
		T(test_guest),
		T(test_guest_accepted),
		T(test_logon_signature),
		T(test_session_ids),
		T(test_session_id_changes),
		T(test_endless_logon),
		T(test_logon_too_easy),
		T(test_logoff),
		T(test_server_encrypts),
		T(test_share_encrypts),
		T(test_share_encrypts_without_cipher),
		T(test_transport_accepted),
		T(test_transport_unverified),
		T(test_transport_not_accepted),
		T(test_transport_refused),
		T(test_no_share),
		T(test_tree_connect_is_signed),
		T(test_tree_ends),
		T(test_validate_fails),
		T(test_validate_unknown),
		T(test_validate_denied),
		T(test_disconnect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
