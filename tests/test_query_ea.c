/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUERY_INFO of extended attributes: all, some, one after the other, by name.
 */
#include "server/query_info.h"
#include "tests/fixture_ea.h"

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

static void test_scan(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_query_info_request one = {.output_buffer_length = EA_ROOM,
					      .flags = SL_RETURN_SINGLE_ENTRY};

	assert_int_equal(ea_set(t, id, "A=1 B=2 C=3"), NT_STATUS_OK);
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(ea_told(t), "A=1 ");
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(ea_told(t), "B=2 ");
	one.flags = 0;
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(ea_told(t), "C=3 ");
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_NO_MORE_EAS);
	one.flags = SL_INDEX_SPECIFIED;
	one.additional_information = 2;
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(ea_told(t), "B=2 C=3 ");
	one.additional_information = 4;
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_NONEXISTENT_EA_ENTRY);
	/* as many as fit */
	one.flags = SL_RESTART_SCAN;
	one.output_buffer_length = 30;
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_BUFFER_OVERFLOW);
	assert_string_equal(ea_told(t), "A=1 B=2 ");
	one.flags = 0;
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(ea_told(t), "C=3 ");
	one.flags = SL_RESTART_SCAN;
	one.output_buffer_length = 10;
	assert_int_equal(ea_ask(t, id, one), NT_STATUS_BUFFER_TOO_SMALL);
}

static void test_named(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = fscc_get_ea_list(&w);
	struct smb2_query_info_request in = {.output_buffer_length = EA_ROOM};

	assert_int_equal(ea_set(t, id, "A=1 B=2 C=3"), NT_STATUS_OK);
	assert_true(fscc_get_ea_add(&list, wire_slice((uint8_t *)"c", 1)));
	assert_true(fscc_get_ea_add(&list, wire_slice((uint8_t *)"no", 2)));
	assert_true(fscc_get_ea_add(&list, wire_slice((uint8_t *)"A", 1)));
	in.input = wire_writer_slice(&w);
	assert_int_equal(ea_ask(t, id, in), NT_STATUS_OK);
	assert_string_equal(ea_told(t), "C=3 no= A=1 ");
	in.input = wire_slice((const uint8_t *)"xx", 2);
	assert_int_equal(ea_ask(t, id, in), NT_STATUS_EA_LIST_INCONSISTENT);
}

static void test_rights(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = {0};

	files_close(t, files_make(t, "f"));
	id = files_open(t, (struct create_args){.name = "f",
						.access = FILE_READ_ATTRIBUTES,
						.disposition = FILE_OPEN});
	assert_int_equal(ea_ask(t, id,
				(struct smb2_query_info_request){
					.output_buffer_length = EA_ROOM}),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(ea_set(t, id, "A=1"), NT_STATUS_ACCESS_DENIED);
}

/* What QUERY_DIRECTORY says is what QUERY_INFO says. */
static void test_listed(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = {0};
	struct wire_slice data = {0};
	struct wire_walker list = {0};
	struct fscc_dir_entry entry = {0};
	const struct smb2_query_directory_request in = {
		.information_class = FileFullDirectoryInformation,
		.output_buffer_length = EA_ROOM,
	};

	id = files_make(t, "f");
	assert_int_equal(ea_set(t, id, "A=1 BB=22"), NT_STATUS_OK);
	id = files_open(
		t, (struct create_args){.name = "", .disposition = FILE_OPEN});
	assert_int_equal(files_list(t, id, in, "f", &data), NT_STATUS_OK);
	list = fscc_dir_entries(FileFullDirectoryInformation, data);
	assert_true(fscc_dir_next(&list, FileFullDirectoryInformation, &entry));
	assert_int_equal(entry.ea_size, 12 + 8 + 2 + 1 + 2);
}

/* Each of more than one request's worth, once, in the order of the names. */
static void test_many(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	char *list = talloc_strdup(t, "");
	char *got = talloc_strdup(t, "");
	struct smb2_query_info_request in = {.output_buffer_length = 100};
	NTSTATUS status = NT_STATUS_OK;

	for (unsigned i = 0; i < 60; i++) {
		list = talloc_asprintf_append(list, "N%02u=%u ", i, i);
	}
	assert_int_equal(ea_set(t, id, list), NT_STATUS_OK);
	do {
		status = ea_ask(t, id, in);
		if (status != NT_STATUS_NO_MORE_EAS) {
			got = talloc_asprintf_append(got, "%s", ea_told(t));
		}
	} while (status == NT_STATUS_BUFFER_OVERFLOW);
	assert_int_equal(status, NT_STATUS_OK);
	assert_string_equal(got, list);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_scan),   TEST(test_named), TEST(test_rights),
		TEST(test_listed), TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
