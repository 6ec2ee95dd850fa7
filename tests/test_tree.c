/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TREE_CONNECT, TREE_DISCONNECT, LOGOFF, ECHO. That connecting keeps nobody
 * else waiting is in test_cmd_tree_connect.c. */
#include "server/server.h"
#include "tests/fixture_tree.h"

static void test_tree_connect(void **private_data)
{
	static const struct {
		const char *share;
		NTSTATUS status;
		uint32_t access;
	} rows[] = {
		{"open", NT_STATUS_OK, 0x001F01FF},
		{"OPEN", NT_STATUS_OK, 0x001F01FF},
		{"ro", NT_STATUS_OK, 0x001200A9},
		{"list", NT_STATUS_OK, 0x001F01FF},
		{"IPC$", NT_STATUS_OK, 0x001F01FF},
		{"nobody", NT_STATUS_ACCESS_DENIED, 0},
		{"bob", NT_STATUS_ACCESS_DENIED, 0},
		{"far", NT_STATUS_ACCESS_DENIED, 0},
		{"off", NT_STATUS_BAD_NETWORK_NAME, 0},
		{"nothere", NT_STATUS_BAD_NETWORK_NAME, 0},
		{"one", NT_STATUS_OK, 0x001200A9},
		{"one", NT_STATUS_REQUEST_NOT_ACCEPTED, 0},
	};
	struct fixture *f = server_with("");
	struct logon l = logged_on(f);

	(void)private_data;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer answer = tree_connect(&l, rows[i].share);

		if (answer.status != rows[i].status) {
			fail_msg("%s: %s", rows[i].share,
				 nt_errstr(answer.status));
		}
		assert_int_equal(answer.tree.maximal_access, rows[i].access);
	}
	talloc_free(f);
}

static void test_trees_are_bounded(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logged_on(f);
	unsigned trees = 0;
	struct answer answer = tree_connect(&l, "open");

	(void)private_data;
	while (answer.status == NT_STATUS_OK && trees <= SESSION_MAX_TREES) {
		trees++;
		answer = tree_connect(&l, "open");
	}
	assert_int_equal(answer.status, NT_STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(trees, SESSION_MAX_TREES);
	talloc_free(f);
}

static void test_tree_connect_paths(void **private_data)
{
	static const char *const bad[] = {
		"open",
		"\\open",
		"\\\\server",
		"\\\\server\\",
		"\\\\server\\open\\sub",
	};
	struct fixture *f = server_with("");
	struct logon l = logged_on(f);

	(void)private_data;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(tree_connect_path(&l, bad[i], true).status,
				 NT_STATUS_INVALID_PARAMETER);
	}
	talloc_free(f);
}

/* 3.3.5.7: with 3.1.1 it must be signed or sealed. */
static void test_tree_connect_unprotected(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logon_new(f);

	(void)private_data;
	l.policy.signing_required = false;
	assert_int_equal(logon_negotiate(&l), NT_STATUS_OK);
	assert_int_equal(logon_run(&l, "alice", "wonderland"), NT_STATUS_OK);
	assert_int_equal(simple(&l, SMB2_ECHO, 0, false), NT_STATUS_OK);
	assert_int_equal(tree_connect_path(&l, "\\\\s\\open", false).status,
			 NT_STATUS_CONNECTION_DISCONNECTED);
	talloc_free(f);
}

static void test_tree_disconnect(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logged_on(f);
	uint32_t tree_id = tree_connect(&l, "one").tree_id;

	(void)private_data;
	assert_int_equal(trees_count(f->server, "ONE"), 1);
	assert_int_equal(simple(&l, SMB2_TREE_DISCONNECT, tree_id + 1, false),
			 NT_STATUS_NETWORK_NAME_DELETED);
	assert_int_equal(simple(&l, SMB2_TREE_DISCONNECT, tree_id, false),
			 NT_STATUS_OK);
	assert_int_equal(simple(&l, SMB2_TREE_DISCONNECT, tree_id, false),
			 NT_STATUS_NETWORK_NAME_DELETED);
	assert_int_equal(tree_connect(&l, "one").status, NT_STATUS_OK);
	talloc_free(f);
}

static void test_share_encrypts(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logged_on(f);
	struct answer answer = tree_connect(&l, "secret");

	(void)private_data;
	assert_int_equal(answer.status, NT_STATUS_OK);
	assert_int_equal(answer.tree.share_flags, SMB2_SHAREFLAG_ENCRYPT_DATA);
	assert_int_equal(simple(&l, SMB2_TREE_DISCONNECT, answer.tree_id, true),
			 NT_STATUS_OK);
	talloc_free(f);
}

static void test_logoff(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logged_on(f);

	(void)private_data;
	assert_int_equal(tree_connect(&l, "open").status, NT_STATUS_OK);
	assert_int_equal(simple(&l, SMB2_LOGOFF, 0, false), NT_STATUS_OK);
	fixture_idle(f, 5);
	assert_int_equal(idtable_count(f->server->sessions), 0);
	assert_int_equal(f->conn->num_channels, 0);
	assert_non_null(f->conn->logon_timer);
	assert_int_equal(simple(&l, SMB2_LOGOFF, 0, false),
			 NT_STATUS_USER_SESSION_DELETED);
	talloc_free(f);
}

static void test_echo(void **private_data)
{
	struct fixture *f = server_with("");
	struct logon l = logged_on(f);

	(void)private_data;
	assert_int_equal(simple(&l, SMB2_ECHO, 0, false), NT_STATUS_OK);
	assert_int_equal(simple(&l, SMB2_ECHO, 0, true), NT_STATUS_OK);
	talloc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree_connect),
		cmocka_unit_test(test_trees_are_bounded),
		cmocka_unit_test(test_tree_connect_paths),
		cmocka_unit_test(test_tree_connect_unprotected),
		cmocka_unit_test(test_tree_disconnect),
		cmocka_unit_test(test_share_encrypts),
		cmocka_unit_test(test_logoff),
		cmocka_unit_test(test_echo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
