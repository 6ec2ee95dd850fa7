/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compounds of commands on files, as clients send them (MS-SMB2 3.3.5.2.7). */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

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

static void queue(struct files *t, struct wire_writer w)
{
	files_queue(t, &w);
}

static void queue_create(struct files *t, const char *name,
			 uint32_t disposition)
{
	queue(t, files_create_pdu(
			 t, (struct create_args){.name = name,
						 .disposition = disposition}));
}

static void queue_close(struct files *t)
{
	queue(t, files_close_pdu(t, files_inherited, 0));
}

static struct wire_writer set_pdu(struct files *t, uint8_t class,
				  struct wire_slice data)
{
	const struct smb2_set_info_request in = {
		.info_type = SMB2_0_INFO_FILE,
		.file_info_class = class,
		.file_id = files_inherited,
		.buffer = data,
	};
	struct wire_writer w = files_pdu(t, SMB2_SET_INFO);

	assert_true(smb2_set_info_request_encode(&w, &in));
	return w;
}

/* Send it and compare what each of them says. */
static void check(struct files *t, const NTSTATUS *statuses, unsigned count)
{
	uint64_t ids[FILES_MAX_QUEUE] = {0};

	assert_int_equal(t->queued, count);
	memcpy(ids, t->ids, sizeof(ids));
	files_post(t);
	for (unsigned i = 0; i < count; i++) {
		NTSTATUS status = files_wait(t, ids[i]);

		if (status != statuses[i]) {
			fail_msg("request %u: %s", i, nt_errstr(status));
		}
	}
}

/* A small file in one message, as a fast copy does it. */
static void test_put(void **state)
{
	static const NTSTATUS ok[4];
	struct files *t = *state;

	queue_create(t, "f", FILE_CREATE);
	files_related(t);
	queue(t, files_write_pdu(t, files_inherited, 0, "hello", 5, 0));
	queue(t, files_flush_pdu(t, files_inherited));
	queue_close(t);
	check(t, ok, 4);
	assert_int_equal(idtable_count(t->session->opens), 0);
	assert_content(t, files_make(t, "f"), "hello");
}

static void test_get(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_read_response out = {0};
	uint64_t read = 0;
	uint64_t close = 0;

	assert_int_equal(files_write(t, id, "hello", 0), NT_STATUS_OK);
	files_close(t, id);
	queue_create(t, "f", FILE_OPEN);
	files_related(t);
	queue(t, files_read_pdu(t, files_inherited, 1, 100, 0));
	read = t->ids[1];
	queue_close(t);
	close = files_post(t);
	assert_int_equal(files_wait(t, read), NT_STATUS_OK);
	assert_true(
		smb2_read_response_decode(t->reply.data, t->reply.len, &out));
	assert_true(wire_slice_equal(out.data, wire_slice("ello", 4)));
	assert_int_equal(files_wait(t, close), NT_STATUS_OK);
}

static void test_delete(void **state)
{
	static const NTSTATUS ok[3];
	struct files *t = *state;

	files_close(t, files_make(t, "f"));
	queue_create(t, "f", FILE_OPEN);
	files_related(t);
	queue(t, set_pdu(t, FileDispositionInformation, wire_slice("\1", 1)));
	queue_close(t);
	check(t, ok, 3);
	assert_int_equal(files_there(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* On the disk every one of them takes a thread. */
static void test_disk(void **state)
{
	static const NTSTATUS ok[5];
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	const struct fscc_rename to = {.name = files_utf16(t, "g")};
	struct wire_writer name = wire_writer_talloc(t);

	(void)state;
	assert_true(fscc_rename_encode(&name, false, &to));
	queue_create(t, "f", FILE_CREATE);
	files_related(t);
	queue(t, files_write_pdu(t, files_inherited, 0, "hello", 5,
				 SMB2_WRITEFLAG_WRITE_THROUGH));
	queue(t, set_pdu(t, FileRenameInformation, wire_writer_slice(&name)));
	queue(t, files_query_pdu(t, files_inherited, SMB2_0_INFO_FILE,
				 FileNameInformation, 0, 100));
	queue_close(t);
	check(t, ok, 5);
	assert_int_equal(files_there(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_content(t, files_make(t, "g"), "hello");
	talloc_free(t);
}

/* A CREATE that fails is what the others say, too. */
static void test_create_fails(void **state)
{
	static const NTSTATUS statuses[] = {
		NT_STATUS_OBJECT_NAME_NOT_FOUND,
		NT_STATUS_OBJECT_NAME_NOT_FOUND,
		NT_STATUS_OBJECT_NAME_NOT_FOUND,
	};
	struct files *t = *state;

	queue_create(t, "none", FILE_OPEN);
	files_related(t);
	queue(t, files_read_pdu(t, files_inherited, 0, 10, 0));
	queue_close(t);
	check(t, statuses, 3);
}

/* Another that fails stops nobody. */
static void test_middle_fails(void **state)
{
	static const NTSTATUS statuses[] = {
		NT_STATUS_OK,
		NT_STATUS_END_OF_FILE,
		NT_STATUS_INFO_LENGTH_MISMATCH,
		NT_STATUS_OK,
	};
	struct files *t = *state;

	queue_create(t, "f", FILE_CREATE);
	files_related(t);
	queue(t, files_read_pdu(t, files_inherited, 0, 10, 0));
	queue(t, files_query_pdu(t, files_inherited, SMB2_0_INFO_FILE,
				 FileBasicInformation, 0, 1));
	queue_close(t);
	check(t, statuses, 4);
	assert_int_equal(idtable_count(t->session->opens), 0);
}

static void test_after_close(void **state)
{
	static const NTSTATUS statuses[] = {
		NT_STATUS_OK,
		NT_STATUS_OK,
		NT_STATUS_FILE_CLOSED,
		NT_STATUS_FILE_CLOSED,
	};
	struct files *t = *state;

	queue_create(t, "f", FILE_CREATE);
	files_related(t);
	queue_close(t);
	queue(t, files_read_pdu(t, files_inherited, 0, 10, 0));
	queue_close(t);
	check(t, statuses, 4);
}

/* The last CREATE is whose file is meant. */
static void test_two_files(void **state)
{
	static const NTSTATUS ok[5];
	struct files *t = *state;

	queue_create(t, "f", FILE_CREATE);
	files_related(t);
	queue(t, files_write_pdu(t, files_inherited, 0, "one", 3, 0));
	queue_create(t, "g", FILE_CREATE);
	queue(t, files_write_pdu(t, files_inherited, 0, "two", 3, 0));
	queue_close(t);
	check(t, ok, 5);
	assert_content(t, files_make(t, "f"), "one");
	assert_content(t, files_make(t, "g"), "two");
	assert_int_equal(idtable_count(t->session->opens), 3);
}

/* Unrelated ones: each for itself, by its own id. */
static void test_unrelated(void **state)
{
	static const NTSTATUS statuses[] = {
		NT_STATUS_OBJECT_NAME_NOT_FOUND, NT_STATUS_OK, NT_STATUS_OK,
		NT_STATUS_FILE_CLOSED,		 NT_STATUS_OK,
	};
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");

	queue_create(t, "none", FILE_OPEN);
	queue(t, files_write_pdu(t, id, 0, "hello", 5, 0));
	queue_create(t, "g", FILE_CREATE);
	queue(t, files_read_pdu(t, files_inherited, 0, 10, 0));
	queue(t, files_close_pdu(t, id, 0));
	check(t, statuses, 5);
	assert_content(t, files_make(t, "f"), "hello");
}

/* A chain that begins as if it went on. */
static void test_headless(void **state)
{
	static const NTSTATUS statuses[] = {
		NT_STATUS_INVALID_PARAMETER,
		NT_STATUS_INVALID_PARAMETER,
	};
	struct files *t = *state;

	files_related(t);
	queue(t, files_read_pdu(t, files_inherited, 0, 10, 0));
	queue_close(t);
	check(t, statuses, 2);
}

/* The client goes in the middle of it: nothing is left. */
static void test_abandoned(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		queue_create(t, "f", FILE_OPEN_IF);
		files_related(t);
		queue(t, files_write_pdu(t, files_inherited, 0, "x", 1, 0));
		queue_close(t);
		files_post(t);
	}
	for (size_t i = 0; i < 6; i++) {
		tevent_loop_once(t->f->ev);
	}
	TALLOC_FREE(t->f->client);
	while (t->f->server->conns != NULL) {
		tevent_loop_once(t->f->ev);
	}
	assert_int_equal(idtable_count(t->f->server->opens), 0);
	assert_int_equal(idtable_count(t->f->server->sessions), 0);
	talloc_free(t);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_put),
		TEST(test_get),
		TEST(test_delete),
		cmocka_unit_test(test_disk),
		TEST(test_create_fails),
		TEST(test_middle_fails),
		TEST(test_after_close),
		TEST(test_two_files),
		TEST(test_unrelated),
		TEST(test_headless),
		cmocka_unit_test(test_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
