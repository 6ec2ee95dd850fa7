/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes: setting, listing, and asking for them by QUERY_INFO. */
#include "tests/fixture_files.h"

#include "server/ea.h"

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

/* "NAME=value NAME!=needed NAME=" (removed) as a list. */
static struct wire_slice eas(struct files *t, const char *text)
{
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = fscc_ea_list(&w);
	char *copy = talloc_strdup(t, text);
	char *save = NULL;
	char *one = NULL;

	for (one = strtok_r(copy, " ", &save); one != NULL;
	     one = strtok_r(NULL, " ", &save)) {
		char *value = strchr(one, '=');
		struct fscc_ea ea = {0};

		*value = '\0';
		value++;
		if (value - one > 1 && value[-2] == '!') {
			value[-2] = '\0';
			ea.flags = FILE_NEED_EA;
		}
		ea.name = wire_slice((uint8_t *)one, strlen(one));
		ea.value = wire_slice((uint8_t *)value, strlen(value));
		assert_true(fscc_ea_add(&list, &ea));
	}
	return wire_writer_slice(&w);
}

static NTSTATUS set(struct files *t, struct smb2_file_id id, const char *text)
{
	return files_set(t, id, FileFullEaInformation, eas(t, text));
}

static NTSTATUS ask(struct files *t, struct smb2_file_id id,
		    struct smb2_query_info_request in)
{
	struct wire_writer w =
		files_pdu_long(t, SMB2_QUERY_INFO, in.output_buffer_length);

	in.info_type = SMB2_0_INFO_FILE;
	in.file_info_class = FileFullEaInformation;
	in.file_id = id;
	assert_true(smb2_query_info_request_encode(&w, &in));
	return files_call(t, &w);
}

/* What came, in that form. */
static char *told(struct files *t)
{
	struct wire_slice data = files_buffer(t);
	struct wire_walker walker = fscc_eas(data);
	struct fscc_ea ea = {0};
	char *text = talloc_strdup(t, "");

	while (data.len > 0 && fscc_ea_next(&walker, &ea)) {
		text = talloc_asprintf_append(
			text, "%.*s%s=%.*s ", (int)ea.name.len,
			(const char *)ea.name.data,
			(ea.flags & FILE_NEED_EA) != 0 ? "!" : "",
			(int)ea.value.len,
			ea.value.len > 0 ? (const char *)ea.value.data : "");
	}
	assert_true(data.len == 0 || wire_walker_ok(&walker));
	return text;
}

#define ROOM 4096

static char *all(struct files *t, struct smb2_file_id id)
{
	assert_int_equal(ask(t, id,
			     (struct smb2_query_info_request){
				     .output_buffer_length = ROOM,
				     .flags = SL_RESTART_SCAN}),
			 NT_STATUS_OK);
	return told(t);
}

static void test_set(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_slice data = {0};
	uint32_t size = 0;

	assert_int_equal(ask(t, id,
			     (struct smb2_query_info_request){
				     .output_buffer_length = ROOM}),
			 NT_STATUS_NO_EAS_ON_FILE);
	assert_int_equal(set(t, id, "ONE=1 two=22 GONE="), NT_STATUS_OK);
	assert_string_equal(all(t, id), "ONE=1 two=22 ");
	assert_int_equal(set(t, id, "one=new"), NT_STATUS_OK);
	assert_string_equal(all(t, id), "ONE=new two=22 ");
	assert_int_equal(files_query(t, id, FileEaInformation, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u32_decode(data, &size));
	assert_int_equal(size, 16 + 8 + 3 + 1 + 2);
	assert_int_equal(set(t, id, "ONE= Two="), NT_STATUS_OK);
	assert_int_equal(ask(t, id,
			     (struct smb2_query_info_request){
				     .output_buffer_length = ROOM}),
			 NT_STATUS_NO_EAS_ON_FILE);
	assert_int_equal(set(t, id, "a*=1"), NT_STATUS_INVALID_EA_NAME);
	assert_int_equal(files_set(t, id, FileFullEaInformation,
				   wire_slice((const uint8_t *)"nonsense", 8)),
			 NT_STATUS_EA_LIST_INCONSISTENT);
}

static void test_too_large(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	char *half = talloc_array(t, char, 40001);

	memset(half, 'x', 40000);
	half[40000] = '\0';
	assert_int_equal(set(t, id, talloc_asprintf(t, "A=%s", half)),
			 NT_STATUS_OK);
	assert_int_equal(set(t, id, talloc_asprintf(t, "B=%s", half)),
			 NT_STATUS_EA_TOO_LARGE);
	assert_int_equal(set(t, id, talloc_asprintf(t, "A=%s", half)),
			 NT_STATUS_OK);
}

static void test_scan(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct smb2_query_info_request one = {.output_buffer_length = ROOM,
					      .flags = SL_RETURN_SINGLE_ENTRY};

	assert_int_equal(set(t, id, "A=1 B=2 C=3"), NT_STATUS_OK);
	assert_int_equal(ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(told(t), "A=1 ");
	assert_int_equal(ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(told(t), "B=2 ");
	one.flags = 0;
	assert_int_equal(ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(told(t), "C=3 ");
	assert_int_equal(ask(t, id, one), NT_STATUS_NO_MORE_EAS);
	one.flags = SL_INDEX_SPECIFIED;
	one.additional_information = 2;
	assert_int_equal(ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(told(t), "B=2 C=3 ");
	one.additional_information = 4;
	assert_int_equal(ask(t, id, one), NT_STATUS_NONEXISTENT_EA_ENTRY);
	/* as many as fit */
	one.flags = SL_RESTART_SCAN;
	one.output_buffer_length = 30;
	assert_int_equal(ask(t, id, one), NT_STATUS_BUFFER_OVERFLOW);
	assert_string_equal(told(t), "A=1 B=2 ");
	one.flags = 0;
	assert_int_equal(ask(t, id, one), NT_STATUS_OK);
	assert_string_equal(told(t), "C=3 ");
	one.flags = SL_RESTART_SCAN;
	one.output_buffer_length = 10;
	assert_int_equal(ask(t, id, one), NT_STATUS_BUFFER_TOO_SMALL);
}

static void test_named(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = fscc_get_ea_list(&w);
	struct smb2_query_info_request in = {.output_buffer_length = ROOM};

	assert_int_equal(set(t, id, "A=1 B=2 C=3"), NT_STATUS_OK);
	assert_true(fscc_get_ea_add(&list, wire_slice((uint8_t *)"c", 1)));
	assert_true(fscc_get_ea_add(&list, wire_slice((uint8_t *)"no", 2)));
	assert_true(fscc_get_ea_add(&list, wire_slice((uint8_t *)"A", 1)));
	in.input = wire_writer_slice(&w);
	assert_int_equal(ask(t, id, in), NT_STATUS_OK);
	assert_string_equal(told(t), "C=3 no= A=1 ");
	in.input = wire_slice((const uint8_t *)"xx", 2);
	assert_int_equal(ask(t, id, in), NT_STATUS_EA_LIST_INCONSISTENT);
}

static void test_rights(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = {0};

	files_close(t, files_make(t, "f"));
	id = files_open(t, (struct create_args){.name = "f",
						.access = FILE_READ_ATTRIBUTES,
						.disposition = FILE_OPEN});
	assert_int_equal(ask(t, id,
			     (struct smb2_query_info_request){
				     .output_buffer_length = ROOM}),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(set(t, id, "A=1"), NT_STATUS_ACCESS_DENIED);
}

/* MS-FSA 2.1.5.1.2 */
static void test_needed(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");
	const struct create_args blind = {.name = "f",
					  .options = FILE_NO_EA_KNOWLEDGE,
					  .disposition = FILE_OPEN};

	assert_int_equal(files_status(t, blind), NT_STATUS_OK);
	assert_int_equal(set(t, id, "A!=1 B=2"), NT_STATUS_OK);
	assert_string_equal(all(t, id), "A!=1 B=2 ");
	assert_int_equal(files_status(t, blind), NT_STATUS_ACCESS_DENIED);
	assert_int_equal(
		files_status(t, (struct create_args){.name = "f",
						     .disposition = FILE_OPEN}),
		NT_STATUS_OK);
	/* a stream is not what they are about */
	assert_int_equal(
		files_status(
			t, (struct create_args){.name = "f:s",
						.options = FILE_NO_EA_KNOWLEDGE,
						.disposition = FILE_OPEN_IF}),
		NT_STATUS_OK);
	assert_int_equal(set(t, id, "a=1"), NT_STATUS_OK);
	assert_string_equal(all(t, id), "A=1 B=2 ");
	assert_int_equal(files_status(t, blind), NT_STATUS_OK);
	assert_int_equal(set(t, id, "B!=2"), NT_STATUS_OK);
	assert_int_equal(set(t, id, "B="), NT_STATUS_OK);
	assert_int_equal(files_status(t, blind), NT_STATUS_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set),	  TEST(test_too_large), TEST(test_scan),
		TEST(test_named), TEST(test_rights),	TEST(test_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
