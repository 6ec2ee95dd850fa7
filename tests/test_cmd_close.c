/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CLOSE: attributes at last, ids that are no more. */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

static int setup(void **state)
{
	*state = files_new("[other]\nstore = memory\n");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static NTSTATUS close_with(struct files *t, struct smb2_file_id id,
			   uint16_t flags, struct smb2_close_response *out)
{
	struct wire_writer w = files_close_pdu(t, id, flags);
	NTSTATUS status = files_call(t, &w);

	if (status == NT_STATUS_OK) {
		assert_true(smb2_close_response_decode(t->reply.data,
						       t->reply.len, out));
	}
	return status;
}

static void test_attributes(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_close_response out = {0};
	struct fscc_basic basic = {0};

	assert_int_equal(files_write(t, id, "hello", 0), NT_STATUS_OK);
	basic = files_basic(t, id);
	assert_int_equal(
		close_with(t, id, SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB, &out),
		NT_STATUS_OK);
	assert_int_equal(out.flags, SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB);
	assert_int_equal(out.end_of_file, 5);
	assert_true(out.allocation_size >= 5);
	assert_int_equal(out.file_attributes, FILE_ATTRIBUTE_ARCHIVE);
	assert_int_equal(out.creation_time, basic.creation_time);
	assert_int_equal(out.last_access_time, basic.last_access_time);
	assert_int_equal(out.last_write_time, basic.last_write_time);
	assert_int_equal(out.change_time, basic.change_time);
}

/* Not asked for: all zero. */
static void test_no_attributes(void **state)
{
	static const struct smb2_close_response zero;
	struct files *t = *state;
	struct smb2_close_response out = {.end_of_file = 1};

	assert_int_equal(close_with(t, files_make(t, "f"), 0, &out),
			 NT_STATUS_OK);
	assert_memory_equal(&out, &zero, sizeof(out));
}

static void test_directory(void **state)
{
	struct files *t = *state;
	struct smb2_close_response out = {0};

	assert_int_equal(close_with(t, files_make_dir(t, "d"),
				    SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB, &out),
			 NT_STATUS_OK);
	assert_int_equal(out.file_attributes, FILE_ATTRIBUTE_DIRECTORY);
	assert_int_equal(out.end_of_file, 0);
}

static void test_ids(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_file_id wrong = id;
	struct tree *data = t->tree;

	wrong.persistent_id++;
	assert_int_equal(files_close(t, wrong), NT_STATUS_FILE_CLOSED);
	wrong = id;
	wrong.volatile_id++;
	assert_int_equal(files_close(t, wrong), NT_STATUS_FILE_CLOSED);
	assert_int_equal(files_close(t, files_inherited),
			 NT_STATUS_FILE_CLOSED);
	/* of another tree connect */
	t->tree = files_tree(t, "other");
	assert_int_equal(files_close(t, id), NT_STATUS_FILE_CLOSED);
	t->tree = data;
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	assert_int_equal(files_close(t, id), NT_STATUS_FILE_CLOSED);
	/* not used again soon */
	assert_true(files_make(t, "f").volatile_id != id.volatile_id);
}

/* Two that come together: one of them closes. */
static void test_twice(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	struct smb2_file_id id = files_make(t, "f");
	struct wire_writer w = files_close_pdu(t, id, 0);
	uint64_t first = files_send(t, &w);
	uint64_t second = 0;

	(void)state;
	w = files_close_pdu(t, id, 0);
	second = files_send(t, &w);
	assert_int_equal(files_wait(t, first), NT_STATUS_OK);
	assert_int_equal(files_wait(t, second), NT_STATUS_FILE_CLOSED);
	talloc_free(t);
}

/* The session may expire with files open: they can yet be closed (MS-SMB2
 * 3.3.5.2.9). */
static void test_expired(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");

	t->session->state = SESSION_EXPIRED;
	assert_int_equal(files_write(t, id, "x", 0),
			 NT_STATUS_NETWORK_SESSION_EXPIRED);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attributes),	      TEST(test_no_attributes),
		TEST(test_directory),	      TEST(test_ids),
		cmocka_unit_test(test_twice), TEST(test_expired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
