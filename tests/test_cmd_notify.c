/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CHANGE_NOTIFY: what is told, when, and what ends the waiting. */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

#define NAMES (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

static int setup(void **state)
{
	*state = files_new("");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct wire_writer notify_pdu(struct files *t, struct smb2_file_id id,
				     uint16_t flags, uint32_t filter,
				     uint32_t size)
{
	const struct smb2_change_notify_request in = {
		.flags = flags,
		.output_buffer_length = size,
		.file_id = id,
		.completion_filter = filter,
	};
	struct wire_writer w = files_pdu_long(t, SMB2_CHANGE_NOTIFY, size);

	assert_true(smb2_change_notify_request_encode(&w, &in));
	return w;
}

/* @return its id, when it waits. */
static uint64_t post_notify(struct files *t, struct smb2_file_id id,
			    uint16_t flags, uint32_t filter)
{
	struct wire_writer w = notify_pdu(t, id, flags, filter, 4096);
	uint64_t message_id = files_send(t, &w);

	files_pending(t, message_id);
	return message_id;
}

static NTSTATUS notify(struct files *t, struct smb2_file_id id, uint32_t size)
{
	struct wire_writer w = notify_pdu(t, id, 0, NAMES, size);

	return files_call(t, &w);
}

/* Is the response just this one event, or the beginning of several? */
static void assert_event(struct files *t, size_t index, size_t count,
			 uint32_t action, const char *name)
{
	struct wire_walker list = fscc_notifies(files_buffer(t));
	struct fscc_notify event = {0};
	size_t i = 0;

	while (fscc_notify_next(&list, &event)) {
		char *is = utf16_to_utf8(t, event.name);

		if (i == index) {
			assert_int_equal(event.action, action);
			assert_string_equal(is, name);
		}
		i++;
	}
	assert_true(wire_walker_ok(&list));
	assert_int_equal(i, count);
}

/* A directory opened to be watched: others may take it away. */
static struct smb2_file_id watched(struct files *t, const char *name)
{
	return files_open(t,
			  (struct create_args){.name = name,
					       .access = FILE_LIST_DIRECTORY,
					       .disposition = FILE_OPEN_IF,
					       .options = FILE_DIRECTORY_FILE});
}

static void touch(struct files *t, const char *name)
{
	assert_int_equal(files_close(t, files_make(t, name)), NT_STATUS_OK);
}

static void test_event(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	uint64_t id = post_notify(t, dir, 0, NAMES);

	touch(t, "elsewhere");
	touch(t, "d\\f");
	assert_int_equal(files_wait(t, id), NT_STATUS_OK);
	assert_true(smb2_header_is_async(&t->reply.header));
	assert_event(t, 0, 1, FILE_ACTION_ADDED, "f");
}

/* What happens between two requests is remembered. */
static void test_remembered(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	struct smb2_file_id file = {0};
	uint64_t id = post_notify(t, dir, 0, NAMES);

	touch(t, "d\\f");
	assert_int_equal(files_wait(t, id), NT_STATUS_OK);
	file = files_make(t, "d\\f");
	assert_int_equal(
		files_rename(t, file, FileRenameInformation, "d\\g", false),
		NT_STATUS_OK);
	assert_int_equal(files_disposition(t, file, true), NT_STATUS_OK);
	files_close(t, file);
	fixture_idle(t->f, 10);
	assert_int_equal(notify(t, dir, 4096), NT_STATUS_OK);
	assert_event(t, 0, 3, FILE_ACTION_RENAMED_OLD_NAME, "f");
	assert_event(t, 1, 3, FILE_ACTION_RENAMED_NEW_NAME, "g");
	assert_event(t, 2, 3, FILE_ACTION_REMOVED, "g");
}

static void test_filter(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	uint64_t id = post_notify(t, dir, 0, FILE_NOTIFY_CHANGE_SIZE);
	struct smb2_file_id file = files_make(t, "d\\f");

	assert_int_equal(files_write(t, file, "x", 0), NT_STATUS_OK);
	assert_int_equal(files_wait(t, id), NT_STATUS_OK);
	assert_event(t, 0, 1, FILE_ACTION_MODIFIED, "f");
}

static void test_tree(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	struct smb2_file_id flat = watched(t, "d");
	uint64_t id = 0;
	uint64_t flat_id = 0;

	files_close(t, files_make_dir(t, "d\\e"));
	id = post_notify(t, dir, SMB2_WATCH_TREE, NAMES);
	flat_id = post_notify(t, flat, 0, NAMES);
	touch(t, "d\\e\\f");
	assert_int_equal(files_wait(t, id), NT_STATUS_OK);
	assert_event(t, 0, 1, FILE_ACTION_ADDED, "e\\f");
	touch(t, "d\\g");
	assert_int_equal(files_wait(t, flat_id), NT_STATUS_OK);
	assert_event(t, 0, 1, FILE_ACTION_ADDED, "g");
}

/* The oldest request first (MS-FSA 2.1.5.11.1). */
static void test_order(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	uint64_t ids[3] = {0};
	char name[] = "d\\0";
	size_t i = 0;

	for (i = 0; i < 3; i++) {
		ids[i] = post_notify(t, dir, 0, NAMES);
	}
	for (i = 0; i < 3; i++) {
		name[2] = (char)('0' + i);
		touch(t, name);
		assert_int_equal(files_wait(t, ids[i]), NT_STATUS_OK);
		assert_event(t, 0, 1, FILE_ACTION_ADDED, name + 2);
	}
}

static void test_cancel(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	struct wire_writer w = notify_pdu(t, dir, 0, NAMES, 4096);
	uint64_t id = files_send(t, &w);

	files_cancel(t, files_pending(t, id));
	assert_int_equal(files_wait(t, id), NT_STATUS_CANCELLED);
	/* watching goes on */
	touch(t, "d\\f");
	fixture_idle(t->f, 10);
	assert_int_equal(notify(t, dir, 4096), NT_STATUS_OK);
	assert_event(t, 0, 1, FILE_ACTION_ADDED, "f");
}

static void test_close(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	uint64_t one = post_notify(t, dir, 0, NAMES);
	uint64_t two = post_notify(t, dir, 0, NAMES);

	assert_int_equal(files_close(t, dir), NT_STATUS_OK);
	assert_int_equal(files_wait(t, one), NT_STATUS_NOTIFY_CLEANUP);
	assert_int_equal(files_buffer(t).len, 0);
	assert_int_equal(files_wait(t, two), NT_STATUS_NOTIFY_CLEANUP);
	assert_int_equal(notify(t, dir, 4096), NT_STATUS_FILE_CLOSED);
}

static void test_tree_ends(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	uint64_t id = post_notify(t, dir, 0, NAMES);
	struct wire_writer w = files_pdu(t, SMB2_TREE_DISCONNECT);

	smb2_empty_encode(&w);
	assert_int_equal(files_call(t, &w), NT_STATUS_OK);
	assert_int_equal(files_wait(t, id), NT_STATUS_NOTIFY_CLEANUP);
}

/* More than fits: the client is to look for itself, and then goes on. */
static void test_overflow(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	char name[] = "d\\a-longer-name-0";
	struct wire_writer w = notify_pdu(t, dir, 0, NAMES, 100);
	uint64_t id = files_send(t, &w);
	size_t i = 0;

	files_cancel(t, files_pending(t, id));
	assert_int_equal(files_wait(t, id), NT_STATUS_CANCELLED);
	for (i = 0; i < 9; i++) {
		name[strlen(name) - 1] = (char)('0' + i);
		touch(t, name);
	}
	fixture_idle(t->f, 10);
	assert_int_equal(notify(t, dir, 100), NT_STATUS_NOTIFY_ENUM_DIR);
	assert_int_equal(files_buffer(t).len, 0);
	touch(t, "d\\short");
	fixture_idle(t->f, 10);
	assert_int_equal(notify(t, dir, 100), NT_STATUS_OK);
	assert_event(t, 0, 1, FILE_ACTION_ADDED, "short");
	/* one that does not fit in a later, smaller buffer */
	touch(t, "d\\another");
	fixture_idle(t->f, 10);
	assert_int_equal(notify(t, dir, 20), NT_STATUS_NOTIFY_ENUM_DIR);
}

/* Without a buffer: that something happened, not what. */
static void test_no_buffer(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	struct wire_writer w = notify_pdu(t, dir, 0, NAMES, 0);
	uint64_t id = files_send(t, &w);

	files_pending(t, id);
	touch(t, "d\\f");
	assert_int_equal(files_wait(t, id), NT_STATUS_NOTIFY_ENUM_DIR);
	assert_int_equal(files_buffer(t).len, 0);
}

static void test_deleted(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = watched(t, "d");
	struct smb2_file_id other = files_make_dir(t, "d");
	uint64_t id = post_notify(t, dir, 0, NAMES);

	assert_int_equal(files_disposition(t, other, true), NT_STATUS_OK);
	assert_int_equal(files_wait(t, id), NT_STATUS_DELETE_PENDING);
	assert_int_equal(notify(t, dir, 4096), NT_STATUS_DELETE_PENDING);
}

static void test_refused(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = files_open(
		t, (struct create_args){.name = "",
					.access = FILE_READ_ATTRIBUTES,
					.disposition = FILE_OPEN});

	assert_int_equal(notify(t, files_make(t, "f"), 4096),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(notify(t, dir, 4096), NT_STATUS_ACCESS_DENIED);
	dir = watched(t, "");
	t->f->conn->agreed.max_transact = 65536;
	assert_int_equal(notify(t, dir, 65537), NT_STATUS_INVALID_PARAMETER);
}

/* A related request may wait, if it is the last one. */
static void test_compound(void **state)
{
	struct files *t = *state;
	struct wire_writer w = files_create_pdu(
		t, (struct create_args){.name = "d",
					.disposition = FILE_CREATE,
					.options = FILE_DIRECTORY_FILE});

	files_queue(t, &w);
	files_related(t);
	w = notify_pdu(t, files_inherited, 0, NAMES, 1000);
	files_queue(t, &w);
	files_post(t);
	assert_int_equal(files_wait(t, t->ids[0]), NT_STATUS_OK);
	files_pending(t, t->ids[1]);
	{
		uint64_t id = t->ids[1];

		touch(t, "d\\f");
		assert_int_equal(files_wait(t, id), NT_STATUS_OK);
		assert_event(t, 0, 1, FILE_ACTION_ADDED, "f");
	}
}

/* A request that comes while the CLOSE is at work finds nothing. */
static void test_during_close(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	size_t i = 0;

	(void)state;
	for (i = 0; i < 20; i++) {
		struct smb2_file_id id = watched(t, "d");
		struct wire_writer w = files_close_pdu(t, id, 0);
		uint64_t ids[2] = {files_send(t, &w), 0};

		for (size_t n = 0; n < i && idtable_count(t->session->opens);
		     n++) {
			tevent_loop_once(t->f->ev);
		}
		w = notify_pdu(t, id, 0, NAMES, 100);
		ids[1] = files_send(t, &w);
		assert_int_equal(files_wait(t, ids[0]), NT_STATUS_OK);
		assert_int_equal(files_wait(t, ids[1]), NT_STATUS_FILE_CLOSED);
	}
	talloc_free(t);
}

/* On the disk: also what others than this server do. */
static void test_disk(void **state)
{
	char *path = NULL;
	struct files *t = files_new_disk(&path);
	struct smb2_file_id dir = watched(t, "");
	uint64_t id = post_notify(t, dir, 0, NAMES);
	FILE *file = fopen(talloc_asprintf(t, "%s/outside", path), "w");

	(void)state;
	assert_non_null(file);
	fclose(file);
	assert_int_equal(files_wait(t, id), NT_STATUS_OK);
	assert_event(t, 0, 1, FILE_ACTION_ADDED, "outside");
	talloc_free(t);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_event),
		TEST(test_remembered),
		TEST(test_filter),
		TEST(test_tree),
		TEST(test_order),
		TEST(test_cancel),
		TEST(test_close),
		TEST(test_tree_ends),
		TEST(test_overflow),
		TEST(test_no_buffer),
		TEST(test_deleted),
		TEST(test_refused),
		TEST(test_compound),
		cmocka_unit_test(test_during_close),
		cmocka_unit_test(test_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
