/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FLUSH: who may, of what, and the setting `strict sync`. */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

static NTSTATUS flush(struct files *t, struct smb2_file_id id)
{
	struct wire_writer w = files_flush_pdu(t, id);
	NTSTATUS status = files_call(t, &w);

	if (status == NT_STATUS_OK) {
		assert_true(smb2_empty_decode(t->reply.data, t->reply.len));
	}
	return status;
}

static void check_rights(struct files *t)
{
	static const struct {
		uint32_t access, options;
		NTSTATUS status;
	} table[] = {
		{FILE_WRITE_DATA, 0, NT_STATUS_OK},
		{FILE_APPEND_DATA, 0, NT_STATUS_OK},
		{FILE_READ_DATA, 0, NT_STATUS_ACCESS_DENIED},
		{FILE_WRITE_ATTRIBUTES, 0, NT_STATUS_ACCESS_DENIED},
		{FILE_ADD_FILE, FILE_DIRECTORY_FILE, NT_STATUS_OK},
		{FILE_ADD_SUBDIRECTORY, FILE_DIRECTORY_FILE, NT_STATUS_OK},
		{FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE,
		 NT_STATUS_ACCESS_DENIED},
	};
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct smb2_file_id id = files_open(
			t, (struct create_args){.name = table[i].options ? "d"
									 : "f",
						.access = table[i].access,
						.disposition = FILE_OPEN_IF,
						.options = table[i].options});

		assert_int_equal(flush(t, id), table[i].status);
		files_close(t, id);
		assert_int_equal(flush(t, id), NT_STATUS_FILE_CLOSED);
	}
}

static void test_memory(void **state)
{
	struct files *t = files_new("");

	(void)state;
	check_rights(t);
	talloc_free(t);
}

static void test_disk(void **state)
{
	char *dir = NULL;
	struct files *t = files_new_disk(&dir);
	struct smb2_file_id id = {0};

	(void)state;
	check_rights(t);
	id = files_make(t, "f");
	assert_int_equal(files_write(t, id, "x", 0), NT_STATUS_OK);
	assert_int_equal(flush(t, id), NT_STATUS_OK);
	talloc_free(t);
}

/* Answered, but by nobody's disk. */
static void test_not_strict(void **state)
{
	struct files *t = files_new("strict sync = no\n");

	(void)state;
	check_rights(t);
	talloc_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_disk),
		cmocka_unit_test(test_not_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
