/* SPDX-License-Identifier: GPL-3.0-or-later */
/* persistent.c: who gets a persistent handle, that it is on disk before he
 * knows, and how many there are. What comes of them when the server begins
 * again is in tests 280, 283 and 483. */
#include <dirent.h>
#include <unistd.h>

#include "server/durable.h"
#include "server/persistent.h"
#include "server/state_dir.h"
#include "tests/fixture_files.h"

static int setup(void **state)
{
	char *dir = testlib_tmpdir(NULL);
	struct files *t = files_new_config(talloc_asprintf(
		dir,
		FILES_GLOBAL
		"[data]\npath = %s\ncontinuously available = yes\n",
		dir));
	struct server *server = t->f->server;
	char *why = NULL;

	(void)talloc_steal(t, dir);
	server->state = state_dir_open(server, testlib_tmpdir(t), &why);
	assert_non_null(server->state);
	server->persistent = persistent_new(server);
	assert_non_null(server->persistent);
	t->f->conn->agreed.capabilities |= SMB2_GLOBAL_CAP_PERSISTENT_HANDLES;
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* Records in the folder. */
static unsigned count_records(const struct files *t)
{
	DIR *dir = opendir(persistent_folder(t->f->server->persistent));
	const struct dirent *entry = NULL;
	unsigned count = 0;

	assert_non_null(dir);
	for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		count += strstr(entry->d_name, ".open") != NULL;
	}
	closedir(dir);
	return count;
}

/* NULL: it was not opened. */
static struct open *ask(struct files *t, const char *name, uint8_t level)
{
	struct smb2_durable_v2_request v2 = {
		.flags = SMB2_DHANDLE_FLAG_PERSISTENT};
	struct wire_writer list = wire_writer_talloc(t);
	struct wire_chain contexts = smb2_create_context_list(&list);
	struct smb2_create_request in = {
		.oplock_level = level,
		.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
		.desired_access = FILE_ALL_ACCESS,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN_IF,
		.name = files_utf16(t, name),
	};
	struct smb2_create_response out = {0};
	struct wire_writer w = files_pdu(t, SMB2_CREATE);

	memcpy(v2.create_guid.bytes, name, strlen(name));
	assert_true(smb2_durable_v2_request_add(&contexts, &v2));
	in.contexts = wire_writer_slice(&list);
	assert_true(smb2_create_request_encode(&w, &in));
	if (files_call(t, &w) != NT_STATUS_OK) {
		return NULL;
	}
	assert_true(
		smb2_create_response_decode(t->reply.data, t->reply.len, &out));
	return open_find(t->session, out.file_id.persistent_id,
			 out.file_id.volatile_id);
}

/* How the response of the last CREATE has it. */
static bool says_persistent(const struct files *t)
{
	struct smb2_create_response out = {0};
	struct smb2_durable_v2_response v2 = {0};
	struct wire_slice data = {0};

	assert_true(
		smb2_create_response_decode(t->reply.data, t->reply.len, &out));
	if (!smb2_create_context_find(out.contexts,
				      SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2,
				      &data)) {
		return false;
	}
	assert_true(smb2_durable_v2_response_decode(data, &v2));
	return (v2.flags & SMB2_DHANDLE_FLAG_PERSISTENT) != 0;
}

static struct smb2_file_id id_of(const struct open *open)
{
	return (struct smb2_file_id){.persistent_id = open->persistent_id,
				     .volatile_id = open->volatile_id};
}

/* Without an oplock, too; and it is written down when the client hears of it.
 * Closed, it is forgotten. */
static void test_written(void **state)
{
	struct files *t = *state;
	struct open *open = ask(t, "f", SMB2_OPLOCK_LEVEL_NONE);

	assert_non_null(open);
	assert_true(says_persistent(t));
	assert_true(durable_is_persistent(open));
	assert_int_equal(count_records(t), 1);
	assert_int_equal(files_close(t, id_of(open)), NT_STATUS_OK);
	assert_int_equal(count_records(t), 0);
}

/* Not to who has not said that he knows of such handles, and not to a guest. */
static void test_not_offered(void **state)
{
	struct files *t = *state;
	struct open *open = NULL;

	t->f->conn->agreed.capabilities &=
		~(uint32_t)SMB2_GLOBAL_CAP_PERSISTENT_HANDLES;
	open = ask(t, "f", SMB2_OPLOCK_LEVEL_NONE);
	assert_non_null(open);
	assert_null(open->durable);
	t->f->conn->agreed.capabilities |= SMB2_GLOBAL_CAP_PERSISTENT_HANDLES;
	t->session->kind = AUTH_GUEST;
	open = ask(t, "g", SMB2_OPLOCK_LEVEL_NONE);
	assert_non_null(open);
	assert_null(open->durable);
	assert_int_equal(count_records(t), 0);
}

/* A disk on which nothing can be written: it is none, and that is said. */
static void test_disk_fails(void **state)
{
	struct files *t = *state;
	struct open *open = NULL;

	assert_int_equal(rmdir(persistent_folder(t->f->server->persistent)), 0);
	open = ask(t, "f", SMB2_OPLOCK_LEVEL_BATCH);
	assert_non_null(open);
	assert_false(says_persistent(t));
	assert_false(durable_is_persistent(open));
	/* what needs no disk is had nevertheless */
	assert_non_null(open->durable);
}

/* More of them, which stand for no opens of their own. */
static unsigned add_more(struct open *open, const char *user)
{
	const char *whose = open->durable->user;
	unsigned count = 0;

	open->durable->user = user;
	while (count <= PERSISTENT_MAX && persistent_add(open)) {
		count++;
	}
	open->durable->user = whose;
	return count;
}

/* A user has so many, and then durable ones; others have theirs, until there
 * are too many in all. */
static void test_bounded(void **state)
{
	struct files *t = *state;
	struct open *first = ask(t, "f", SMB2_OPLOCK_LEVEL_NONE);
	struct open *open = NULL;
	unsigned all = 1;
	char user[16];

	assert_true(durable_is_persistent(first));
	assert_string_equal(first->durable->user, "alice");
	assert_int_equal(add_more(first, "alice"), PERSISTENT_MAX_PER_USER - 1);
	all += PERSISTENT_MAX_PER_USER - 1;
	open = ask(t, "g", SMB2_OPLOCK_LEVEL_BATCH);
	assert_non_null(open);
	assert_false(says_persistent(t));
	assert_non_null(open->durable);
	t->session->user->name = "bob";
	open = ask(t, "h", SMB2_OPLOCK_LEVEL_NONE);
	assert_true(says_persistent(t));
	all++;
	for (unsigned i = 0; i < 10; i++) {
		snprintf(user, sizeof(user), "user%u", i);
		all += add_more(first, user);
	}
	assert_int_equal(all, PERSISTENT_MAX);
	open = ask(t, "i", SMB2_OPLOCK_LEVEL_BATCH);
	assert_non_null(open);
	assert_false(says_persistent(t));
	/* before the open that they all are said to be of */
	TALLOC_FREE(t->f->server->persistent);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_written),
		TEST(test_not_offered),
		TEST(test_disk_fails),
		TEST(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
