/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell_folders.c: which commands are answered from what the shell keeps of
 * folders, and when nothing is kept any longer. */
#include "tests/fixture_client.h"

#include "client/shell.h"
#include "client/shell_folders.h"
#include "smbquic/utf16.h"

static struct {
	bool listed; /* the one name has been told */
	struct smb2_guid key;
} plan;

/* A folder, under a lease. */
static void give_folder(struct peer *peer, const struct message_pdu *pdu,
			struct peer_reply *reply)
{
	struct wire_writer w = wire_writer_talloc(peer);
	struct wire_chain list = smb2_create_context_list(&w);
	struct smb2_create_response out = {.file_attributes =
						   FILE_ATTRIBUTE_DIRECTORY};
	struct smb2_create_request in = {0};
	struct smb2_lease lease = {0};
	struct wire_slice data = {0};

	assert_true(smb2_create_request_decode(pdu->data, pdu->len, &in));
	if (smb2_create_context_find(in.contexts, SMB2_CREATE_REQUEST_LEASE,
				     &data)) {
		assert_true(smb2_lease_decode(data, &lease));
		plan.key = lease.lease_key;
		assert_true(smb2_lease_add(&list, &lease));
		out.oplock_level = SMB2_OPLOCK_LEVEL_LEASE;
	}
	out.contexts = wire_writer_slice(&w);
	out.file_id.volatile_id = ++peer->opened;
	plan.listed = false;
	reply->header.status = NT_STATUS_OK;
	smb2_create_response_encode(testlib_peer_body(reply), &out);
}

static void give_name(struct peer *peer, struct peer_reply *reply)
{
	struct wire_writer data = wire_writer_talloc(peer);
	struct fscc_dir_list list =
		fscc_dir_list(&data, FileIdBothDirectoryInformation, 60000);
	struct fscc_dir_entry e = {.file_attributes = FILE_ATTRIBUTE_ARCHIVE,
				   .end_of_file = 5};

	if (plan.listed) {
		testlib_peer_error(reply, NT_STATUS_NO_MORE_FILES);
		return;
	}
	plan.listed = true;
	assert_true(utf16_from_utf8(peer, "one", &e.name));
	assert_true(fscc_dir_add(&list, &e));
	reply->header.status = NT_STATUS_OK;
	smb2_buffer_response_encode(testlib_peer_body(reply),
				    wire_writer_slice(&data));
}

static void serve(struct peer *peer, const struct message_pdu *pdu,
		  struct peer_reply *reply)
{
	switch (pdu->header.command) {
	case SMB2_CREATE: give_folder(peer, pdu, reply); break;
	case SMB2_QUERY_DIRECTORY: give_name(peer, reply); break;
	case SMB2_CHANGE_NOTIFY: /* nothing has changed yet */
		reply->silent = true;
		testlib_peer_pending(peer, reply, 99);
		break;
	default: break;
	}
}

/* Somebody changes the folder. */
static void take_lease(struct fixture *f)
{
	static const uint8_t zeros[SMB2_HEADER_SIZE] = {0};
	struct smb2_lease_break_notification out = {
		.lease_key = plan.key,
		.current_lease_state =
			SMB2_LEASE_READ_CACHING | SMB2_LEASE_HANDLE_CACHING,
	};
	struct peer_reply reply = {
		.header = {.command = SMB2_OPLOCK_BREAK,
			   .flags = SMB2_FLAGS_SERVER_TO_REDIR,
			   .message_id = SMB2_MESSAGE_ID_UNSOLICITED},
		.w = wire_writer_talloc(f),
	};

	wire_put(&reply.w, zeros, sizeof(zeros));
	assert_true(smb2_lease_break_notification_encode(&reply.w, &out));
	testlib_peer_send(f->peer, &reply);
}

/* Somebody sits at the terminal. */
static struct shell *up(struct fixture *f)
{
	struct shell *shell = talloc_zero(f, struct shell);

	memset(&plan, 0, sizeof(plan));
	f->peer->policy.capabilities |=
		SMB2_GLOBAL_CAP_LEASING | SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	f->options.capabilities |=
		SMB2_GLOBAL_CAP_LEASING | SMB2_GLOBAL_CAP_DIRECTORY_LEASING;
	fixture_up(f);
	f->peer->hook = serve;
	shell->ev = f->ev;
	shell->conn = f->conn;
	shell->session = f->session;
	shell->tree = f->tree;
	shell->interactive = true;
	return shell;
}

static void use(struct shell *shell, const char *name)
{
	const struct shell_command *command = shell_command_find(name);

	assert_non_null(command);
	shell_folders_use(shell, command);
}

/* @return how often the server was asked for a folder's names. */
static unsigned list(struct fixture *f, struct shell *shell)
{
	unsigned before = f->peer->seen[SMB2_QUERY_DIRECTORY];
	struct client_dir_list *out = NULL;

	assert_int_equal(shell_list(f, shell, "d", "*", &out), NT_STATUS_OK);
	assert_int_equal(out->count, 1);
	talloc_free(out);
	return f->peer->seen[SMB2_QUERY_DIRECTORY] - before;
}

/* The first time the server has not said yet that it will tell of changes. */
static void begin(struct fixture *f, struct shell *shell)
{
	use(shell, "ls");
	assert_true(list(f, shell) > 0);
	fixture_settle(f);
	use(shell, "ls");
	(void)list(f, shell);
}

static void test_who_keeps(void **state)
{
	static const char *const looks[] = {"ls", "cd", "get", "pwd", "lcd"};
	static const char *const others[] = {"del", "put", "rename", "mget"};
	struct fixture *f = *state;
	struct shell *shell = up(f);
	size_t i = 0;

	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		use(shell, looks[i]);
		assert_true(shell->folders_kept);
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		use(shell, "ls");
		assert_true(shell->folders_kept);
		use(shell, others[i]);
		assert_false(shell->folders_kept);
	}
	/* the server has heard of it before the command begins */
	assert_int_equal(f->peer->seen[SMB2_ECHO], i);
	use(shell, "del");
	assert_int_equal(f->peer->seen[SMB2_ECHO], i);
	shell->recurse = true;
	use(shell, "ls");
	assert_false(shell->folders_kept);
	shell->recurse = false;
	shell->interactive = false; /* a script */
	use(shell, "ls");
	assert_false(shell->folders_kept);
	shell->interactive = true;
	shell->tree = NULL; /* in no share */
	use(shell, "ls");
	assert_false(shell->folders_kept);
	shell_folders_end(shell);
}

static void test_listing(void **state)
{
	struct fixture *f = *state;
	struct shell *shell = up(f);
	struct client_stat stat = {0};
	unsigned opens = 0;

	assert_true(list(f, shell) > 0);
	assert_true(list(f, shell) > 0); /* nothing is kept yet */
	begin(f, shell);
	opens = f->peer->seen[SMB2_CREATE];
	use(shell, "ls");
	assert_int_equal(list(f, shell), 0);
	assert_int_equal(shell_stat(shell, "d\\one", &stat), NT_STATUS_OK);
	assert_int_equal(stat.size, 5);
	assert_int_equal(shell_stat(shell, "d\\two", &stat),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(f->peer->seen[SMB2_CREATE], opens);
	shell_folders_end(shell);
	assert_true(list(f, shell) > 0);
}

/* What the server has said counts for the command that is typed next, though
 * nobody has listened meanwhile. */
static void test_heard(void **state)
{
	struct fixture *f = *state;
	struct shell *shell = up(f);

	begin(f, shell);
	use(shell, "ls");
	assert_int_equal(list(f, shell), 0);
	take_lease(f);
	use(shell, "ls");
	assert_true(list(f, shell) > 0);
	shell_folders_end(shell);
}

static void test_space(void **state)
{
	struct fixture *f = *state;
	struct shell *shell = up(f);

	shell_space_keep(shell, "much");
	assert_null(shell_space(shell)); /* nothing is kept */
	use(shell, "ls");
	shell_space_keep(shell, "more");
	assert_string_equal(shell_space(shell), "more");
	shell->space_until = 0;
	assert_null(shell_space(shell));
	shell_space_keep(shell, "most");
	use(shell, "put");
	assert_null(shell_space(shell));
	use(shell, "ls");
	assert_null(shell_space(shell)); /* not what it was before */
	shell_folders_end(shell);
}

int main(void)
{
#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(test_who_keeps),
		T(test_listing),
		T(test_heard),
		T(test_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
