/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SESSION_SETUP: who is let in, as whom, and what protects him. */
#include "server/server.h"
#include "tests/fixture_tree.h"

#include "negotiate/ntlm_private.h"

static void test_logon(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);
	struct session *session = NULL;

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "ALICE", "wonderland"), NT_STATUS_OK);
	assert_true(l.last_signed);
	assert_int_equal(l.session_flags, 0);
	session = idtable_find(f->server->sessions, l.session_id);
	assert_non_null(session);
	assert_string_equal(session->user->name, "alice");
	assert_string_equal(session->workstation, "TESTCLIENT");
	assert_true(f->conn->trusted);
	assert_null(f->conn->logon_timer);
	assert_int_equal(f->conn->num_pending, 0);
	assert_non_null(session_channel(session));
	talloc_free(f);
}

/* Wrong password, unknown and disabled users, and nothing is left of it. */
static void test_logon_fails(void **private_data)
{
	static const struct {
		const char *user, *password;
		NTSTATUS status;
	} rows[] = {
		{"alice", "Wonderland", NT_STATUS_LOGON_FAILURE},
		{"alice", "", NT_STATUS_LOGON_FAILURE},
		{"eve", "wonderland", NT_STATUS_LOGON_FAILURE},
		{"bob", "wonderland", NT_STATUS_ACCOUNT_DISABLED},
		{"bob", "wrong", NT_STATUS_LOGON_FAILURE},
	};
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l.session_id = 0;
		assert_int_equal(logon_run(&l, rows[i].user, rows[i].password),
				 rows[i].status);
		assert_false(l.last_signed);
		assert_int_equal(idtable_count(f->server->sessions), 0);
		assert_int_equal(f->conn->num_channels, 0);
		assert_int_equal(f->conn->failed_logons, i + 1);
	}
	/* And then the right one. */
	l.session_id = 0;
	memcpy(l.preauth, l.agreed.preauth, sizeof(l.preauth));
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(f->conn->failed_logons, 0);
	talloc_free(f);
}

static void test_failure_is_late(void **private_data)
{
	struct fixture *f =
		server_with("invalid authentication delay = 300ms\n");
	struct logon l = logon_new(f);
	uint64_t before = 0;

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	before = server_now();
	assert_int_equal(logon_run(&l, "alice", "x"), NT_STATUS_LOGON_FAILURE);
	assert_true(server_now() - before >= 2900000);
	talloc_free(f);
}

static void test_too_many_failures(void **private_data)
{
	struct fixture *f =
		server_with("max failed logons per connection = 5\n");
	struct logon l = logon_new(f);
	NTSTATUS status = NT_STATUS_LOGON_FAILURE;
	unsigned tries = 0;

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	while (status == NT_STATUS_LOGON_FAILURE) {
		l.session_id = 0;
		status = logon_run(&l, "alice", "x");
		tries++;
	}
	assert_int_equal(status, NT_STATUS_CONNECTION_DISCONNECTED);
	assert_int_equal(tries, 6);
	talloc_free(f);
}

static void test_garbage_token(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);
	struct wire_slice answer = {0};
	static const uint8_t garbage[40] = {0x60, 0x26, 1, 2, 3};

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(
		logon_leg(&l, wire_slice(garbage, sizeof(garbage)), &answer),
		NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(idtable_count(f->server->sessions), 0);
	talloc_free(f);
}

/* A stranger may begin a few logons, not more. */
static void test_pending_is_bounded(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);
	struct wire_slice token = {0};
	struct wire_slice answer = {0};

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	logon_begin(&l, "alice", "wonderland");
	auth_step(l.auth, f, answer, &token);
	for (unsigned i = 0; i < CONN_MAX_PENDING_SESSIONS; i++) {
		l.session_id = 0;
		assert_int_equal(logon_leg(&l, token, &answer),
				 NT_STATUS_MORE_PROCESSING_REQUIRED);
	}
	l.session_id = 0;
	assert_int_equal(logon_leg(&l, token, &answer),
			 NT_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(idtable_count(f->server->sessions),
			 CONN_MAX_PENDING_SESSIONS);
	talloc_free(f);
}

/* No more sessions than the bounds of server.h. */
static void test_sessions_are_bounded(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	f->conn->num_channels = CONN_MAX_SESSIONS;
	assert_int_equal(logon_run(&l, "alice", "wonderland"),
			 NT_STATUS_INSUFFICIENT_RESOURCES);
	f->conn->num_channels = CONN_MAX_SESSIONS - 1;
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	f->conn->num_channels = 1;
	talloc_free(f);
}

static void test_refused_setups(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);
	struct wire_slice answer = {0};

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	l.session_id = 12345;
	assert_int_equal(logon_leg(&l, wire_slice(NULL, 0), &answer),
			 NT_STATUS_USER_SESSION_DELETED);
	l.flags = SMB2_SESSION_FLAG_BINDING;
	assert_int_equal(logon_leg(&l, wire_slice(NULL, 0), &answer),
			 NT_STATUS_USER_SESSION_DELETED);
	talloc_free(f);
}

static void test_reauthentication(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);
	uint64_t id = 0;
	const struct session_keys *keys = NULL;
	const struct session *session = NULL;

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	id = l.session_id;
	session = idtable_find(f->server->sessions, id);
	keys = session->keys;
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(l.session_id, id);
	assert_true(l.last_signed);
	assert_ptr_equal(session->keys, keys);
	/* A wrong password costs the session. */
	assert_int_equal(logon_run(&l, "alice", "x"), NT_STATUS_LOGON_FAILURE);
	assert_int_equal(idtable_count(f->server->sessions), 0);
	talloc_free(f);
}

/* Who was cut off and comes back takes his old session away. */
static void test_previous_session(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon first = logon_new(f);
	struct logon second = {0};

	(void)private_data;
	assert_int_equal(logon_negotiate(&first), NT_STATUS_OK);
	assert_int_equal(logon_run(&first, "alice", "wonderland"),
			 NT_STATUS_OK);
	f->client_keys = NULL;
	fixture_connect(f);
	second = logon_new(f);
	second.previous_session_id = first.session_id;
	assert_int_equal(logon_negotiate(&second), NT_STATUS_OK);
	assert_int_equal(logon_run(&second, "alice", "wonderland"),
			 NT_STATUS_OK);
	assert_null(idtable_find(f->server->sessions, first.session_id));
	assert_non_null(idtable_find(f->server->sessions, second.session_id));
	talloc_free(f);
}

static void test_encryption_required(void **private_data)
{
	struct fixture *f = server_with("smb encrypt = required\n");
	struct logon l = logon_new(f);

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(l.session_flags, SMB2_SESSION_FLAG_ENCRYPT_DATA);
	talloc_free(f);

	/* Who cannot is refused. */
	f = server_with("smb encrypt = required\n");
	l = logon_new(f);
	l.policy.ciphers.count = 0;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"),
			 NT_STATUS_ACCESS_DENIED);
	talloc_free(f);
}

/* Of a user alone, whom it is asked of once he is known. */
static void test_encryption_of_user(void **private_data)
{
	struct fixture *f = server_with("smb encrypt users = bob, Alice\n");
	struct logon l = logon_new(f);

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(l.session_flags, SMB2_SESSION_FLAG_ENCRYPT_DATA);
	talloc_free(f);

	f = server_with("smb encrypt users = alice\n");
	l = logon_new(f);
	l.policy.ciphers.count = 0;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"),
			 NT_STATUS_ACCESS_DENIED);
	talloc_free(f);

	f = server_with("smb encrypt users = bob\n");
	l = logon_new(f);
	l.policy.ciphers.count = 0;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	talloc_free(f);
}

/* Who cannot is let in; who can still has to. */
static void test_unencrypted_let_in(void **private_data)
{
	struct fixture *f = server_with("smb encrypt = required\n"
					"reject unencrypted access = no\n");
	struct logon l = logon_new(f);

	(void)private_data;
	l.policy.ciphers.count = 0;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(l.session_flags, 0);
	assert_int_equal(tree_connect(&l, "secret").status, NT_STATUS_OK);
	talloc_free(f);

	f = server_with("smb encrypt = required\n"
			"reject unencrypted access = no\n");
	l = logon_new(f);
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(l.session_flags, SMB2_SESSION_FLAG_ENCRYPT_DATA);
	assert_int_equal(simple(&l, SMB2_ECHO, 0, true), NT_STATUS_OK);
	talloc_free(f);
}

/* MS-SMB2's transport capabilities: QUIC counts when both say so. */
static void test_transport_counts(void **private_data)
{
	struct fixture *f =
		server_with("smb encrypt = required\n"
			    "server smb encryption over quic = no\n");
	struct logon l = {0};

	(void)private_data;
	f->facts.secure = true;
	fixture_connect(f);
	l = logon_new(f);
	l.policy.accept_transport_security = true;
	l.policy.ciphers.count = 0;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_true(l.agreed.accept_transport_security);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(l.session_flags, 0);
	talloc_free(f);
}

/* --- guests and clients without a name -------------------------------------
 */

static NTSTATUS plain_tree(struct logon *l, const char *share)
{
	char *path = talloc_asprintf(l->f, "\\\\s\\%s", share);

	return tree_connect_path(l, path, false).status;
}

static NTSTATUS guest_run(struct logon *l, const char *user,
			  const char *password)
{
	NTSTATUS status = logon_run(l, user, password);

	/* The server cannot know what the client has made of its password. */
	TALLOC_FREE(l->f->client_keys);
	return status;
}

static void test_guest(void **private_data)
{
	static const struct {
		const char *setting, *user, *password;
		NTSTATUS status;
	} rows[] = {
		{"never", "eve", "x", NT_STATUS_LOGON_FAILURE},
		{"bad user", "alice", "x", NT_STATUS_LOGON_FAILURE},
		{"bad user", "bob", "wonderland", NT_STATUS_ACCOUNT_DISABLED},
		{"bad user", "eve", "x", NT_STATUS_OK},
		{"bad password", "alice", "x", NT_STATUS_OK},
	};

	(void)private_data;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *more = talloc_asprintf(NULL, "map to guest = %s\n",
					     rows[i].setting);
		struct fixture *f = server_with(more);
		struct logon l = logon_new(f);
		const struct session *session = NULL;

		talloc_free(more);
		assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
		assert_int_equal(guest_run(&l, rows[i].user, rows[i].password),
				 rows[i].status);
		assert_false(l.last_signed);
		session = idtable_find(f->server->sessions, l.session_id);
		if (rows[i].status != NT_STATUS_OK) {
			assert_null(session);
			talloc_free(f);
			continue;
		}
		assert_int_equal(l.session_flags, SMB2_SESSION_FLAG_IS_GUEST);
		assert_string_equal(session->user->name, "nobody");
		assert_null(session->keys);
		assert_int_equal(plain_tree(&l, "open"),
				 NT_STATUS_ACCESS_DENIED);
		assert_int_equal(plain_tree(&l, "guests"), NT_STATUS_OK);
		assert_int_equal(plain_tree(&l, "IPC$"), NT_STATUS_OK);
		assert_int_equal(plain_tree(&l, "secret"),
				 NT_STATUS_ACCESS_DENIED);
		talloc_free(f);
	}
}

/* Nothing of a guest can be sealed. */
static void test_guest_must_seal(void **private_data)
{
	struct fixture *f = server_with("map to guest = bad user\n"
					"server smb encrypt = required\n");
	struct logon l = logon_new(f);

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(guest_run(&l, "eve", "x"), NT_STATUS_ACCESS_DENIED);
	fixture_idle(f, 5);
	assert_int_equal(idtable_count(f->server->sessions), 0);
	talloc_free(f);
}

static NTSTATUS anonymous_run(struct logon *l)
{
	static const uint8_t zero[16];
	const struct ntlm_negotiate n = {
		.flags = NTLM_NEGOTIATE_UNICODE | NTLM_EXTENDED_SECURITY,
	};
	const struct ntlm_authenticate a = {
		.lm_response = {.data = zero, .len = 1},
		.flags = NTLM_NEGOTIATE_UNICODE | NTLM_EXTENDED_SECURITY,
	};
	struct wire_writer w = wire_writer_talloc(l->f);
	struct wire_slice answer = {0};

	assert_true(ntlm_negotiate_encode(&w, &n));
	assert_int_equal(logon_leg(l, wire_writer_slice(&w), &answer),
			 NT_STATUS_MORE_PROCESSING_REQUIRED);
	w = wire_writer_talloc(l->f);
	assert_true(ntlm_authenticate_encode(&w, &a));
	return logon_leg(l, wire_writer_slice(&w), &answer);
}

/* Everybody can compute them: MS-NLMP 3.2.5.1.2. */
static void anonymous_keys(struct logon *l)
{
	static const uint8_t zero[16];
	const struct keys_input input = {
		.role = KEYS_CLIENT,
		.dialect = l->agreed.dialect,
		.signing_algorithm = l->agreed.signing_algorithm,
		.cipher = l->agreed.cipher,
		.session_key = wire_slice(zero, sizeof(zero)),
		.preauth = l->preauth,
	};

	assert_int_equal(session_keys_new(l->f, &input, &l->f->client_keys),
			 NT_STATUS_OK);
}

static void test_anonymous(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(anonymous_run(&l), NT_STATUS_LOGON_FAILURE);
	talloc_free(f);

	f = server_with("restrict anonymous = 0\n");
	l = logon_new(f);
	l.security_mode = SMB2_NEGOTIATE_SIGNING_REQUIRED;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(anonymous_run(&l), NT_STATUS_OK);
	assert_false(l.last_signed);
	assert_int_equal(l.session_flags, SMB2_SESSION_FLAG_IS_NULL);
	assert_int_equal(plain_tree(&l, "IPC$"), NT_STATUS_OK);
	assert_int_equal(plain_tree(&l, "open"), NT_STATUS_ACCESS_DENIED);
	anonymous_keys(&l);
	assert_int_equal(tree_connect(&l, "guests").status, NT_STATUS_OK);
	/* As long as nobody else is here, nothing may come sealed. */
	assert_true(conn_is_constrained(f->conn));
	assert_int_equal(simple(&l, SMB2_ECHO, 0, true),
			 NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(f);
}

/* Where encryption is as good as may be, who has no key goes without. */
static void test_anonymous_desired(void **private_data)
{
	struct fixture *f = server_with("restrict anonymous = 0\n"
					"server smb encrypt = desired\n");
	struct logon l = logon_new(f);

	(void)private_data;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(anonymous_run(&l), NT_STATUS_OK);
	assert_int_equal(l.session_flags, SMB2_SESSION_FLAG_IS_NULL);
	assert_int_equal(plain_tree(&l, "IPC$"), NT_STATUS_OK);
	talloc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logon),
		cmocka_unit_test(test_logon_fails),
		cmocka_unit_test(test_failure_is_late),
		cmocka_unit_test(test_too_many_failures),
		cmocka_unit_test(test_garbage_token),
		cmocka_unit_test(test_pending_is_bounded),
		cmocka_unit_test(test_sessions_are_bounded),
		cmocka_unit_test(test_refused_setups),
		cmocka_unit_test(test_reauthentication),
		cmocka_unit_test(test_previous_session),
		cmocka_unit_test(test_encryption_required),
		cmocka_unit_test(test_encryption_of_user),
		cmocka_unit_test(test_unencrypted_let_in),
		cmocka_unit_test(test_transport_counts),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_guest_must_seal),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_anonymous_desired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
