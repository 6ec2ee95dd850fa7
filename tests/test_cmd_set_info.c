/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_set_info.c, set_attr.c, set_name.c, set_ea.c. */
#include "tests/fixture_files.h"

#include "server/set_info.h"

#define T UINT64_C(132000000000000000)

static int setup(void **state)
{
	*state = files_new("veto files = /*.secret/\n");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct smb2_file_id make(struct files *t, const char *name,
				uint32_t options)
{
	return files_open(t, (struct create_args){.name = name,
						  .disposition = FILE_CREATE,
						  .options = options});
}

static NTSTATUS set_basic_info(struct files *t, struct smb2_file_id id,
			       struct fscc_basic in)
{
	struct wire_writer w = wire_writer_talloc(t);

	assert_true(fscc_basic_encode(&w, &in));
	return files_set(t, id, FileBasicInformation, wire_writer_slice(&w));
}

static void test_basic(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = make(t, "f", 0);
	struct fscc_basic before = files_basic(t, id);
	struct fscc_basic after = {0};

	assert_int_equal(
		set_basic_info(
			t, id,
			(struct fscc_basic){.creation_time = T,
					    .last_access_time = NTTIME_FREEZE,
					    .last_write_time = T + 10,
					    .change_time = NTTIME_THAW}),
		NT_STATUS_OK);
	after = files_basic(t, id);
	assert_int_equal(after.creation_time, T);
	assert_int_equal(after.last_write_time, T + 10);
	assert_int_equal(after.last_access_time, before.last_access_time);
	assert_int_equal(after.file_attributes, FILE_ATTRIBUTE_ARCHIVE);
	assert_int_equal(set_basic_info(t, id,
					(struct fscc_basic){
						.file_attributes =
							FILE_ATTRIBUTE_NORMAL}),
			 NT_STATUS_OK);
	assert_int_equal(files_basic(t, id).file_attributes,
			 FILE_ATTRIBUTE_NORMAL);
	assert_int_equal(files_basic(t, id).creation_time, T);
	assert_int_equal(
		set_basic_info(
			t, id,
			(struct fscc_basic){.file_attributes =
						    FILE_ATTRIBUTE_DIRECTORY}),
		NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(
		set_basic_info(
			t, id,
			(struct fscc_basic){.last_write_time = UINT64_MAX - 2}),
		NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_set(t, id, FileBasicInformation,
				   wire_slice("too short", 9)),
			 NT_STATUS_INFO_LENGTH_MISMATCH);
}

static void test_sizes(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = make(t, "f", 0);
	struct smb2_file_id dir = make(t, "d", FILE_DIRECTORY_FILE);

	assert_int_equal(files_write(t, id, "0123456789", 0), NT_STATUS_OK);
	assert_int_equal(files_set_u64(t, id, FileEndOfFileInformation, 100000),
			 NT_STATUS_OK);
	assert_int_equal(files_standard(t, id).end_of_file, 100000);
	assert_int_equal(files_set_u64(t, id, FileAllocationInformation, 5),
			 NT_STATUS_OK);
	assert_int_equal(files_standard(t, id).end_of_file, 5);
	assert_int_equal(
		files_set_u64(t, id, FileAllocationInformation, 200000),
		NT_STATUS_OK);
	assert_int_equal(files_standard(t, id).end_of_file, 5);
	assert_true(files_standard(t, id).allocation_size >= 200000);
	assert_int_equal(files_set_u64(t, id, FileAllocationInformation,
				       UINT64_C(1) << 40),
			 NT_STATUS_DISK_FULL);
	assert_int_equal(
		files_set_u64(t, id, FileEndOfFileInformation, UINT64_MAX),
		NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(files_set_u64(t, dir, FileEndOfFileInformation, 0),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(
		files_set_u64(t, id, FileValidDataLengthInformation, 1),
		NT_STATUS_PRIVILEGE_NOT_HELD);
}

static void test_position_and_mode(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = make(t, "f", 0);
	struct wire_slice data = {0};
	uint8_t mode[4] = {FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY};
	uint64_t position = 0;
	uint32_t set = 0;

	assert_int_equal(files_set_u64(t, id, FilePositionInformation, 77),
			 NT_STATUS_OK);
	assert_int_equal(files_query(t, id, FilePositionInformation, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u64_decode(data, &position));
	assert_int_equal(position, 77);
	assert_int_equal(
		files_set_u64(t, id, FilePositionInformation, UINT64_MAX),
		NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(
		files_set(t, id, FileModeInformation, wire_slice(mode, 4)),
		NT_STATUS_OK);
	assert_int_equal(files_query(t, id, FileModeInformation, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u32_decode(data, &set));
	assert_int_equal(set, FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY);
	mode[0] = FILE_SYNCHRONOUS_IO_ALERT;
	assert_int_equal(
		files_set(t, id, FileModeInformation, wire_slice(mode, 4)),
		NT_STATUS_INVALID_PARAMETER);
	mode[0] = 1;
	assert_int_equal(
		files_set(t, id, FileModeInformation, wire_slice(mode, 4)),
		NT_STATUS_INVALID_PARAMETER);
}

static void test_rename(void **state)
{
	static const struct {
		const char *name;
		bool replace;
		NTSTATUS status;
	} table[] = {
		{"", false, NT_STATUS_INVALID_PARAMETER},
		{"\\g", false, NT_STATUS_INVALID_PARAMETER},
		{"a?", false, NT_STATUS_OBJECT_NAME_INVALID},
		{"..\\g", false, NT_STATUS_OBJECT_PATH_SYNTAX_BAD},
		{":", false, NT_STATUS_INVALID_PARAMETER},
		{"x.secret", false, NT_STATUS_ACCESS_DENIED},
		{"no\\g", false, NT_STATUS_OBJECT_PATH_NOT_FOUND},
		{"other\\g", false, NT_STATUS_OBJECT_PATH_NOT_FOUND},
		{"OTHER", false, NT_STATUS_OBJECT_NAME_COLLISION},
		{"other", true, NT_STATUS_ACCESS_DENIED}, /* it is open */
		{"ro", true, NT_STATUS_ACCESS_DENIED},
		{"d", true, NT_STATUS_ACCESS_DENIED},
		{"f", false, NT_STATUS_OK},
		{"F", false, NT_STATUS_OK},
		{"d\\g", false, NT_STATUS_OK},
		{"idle", false, NT_STATUS_OBJECT_NAME_COLLISION},
		{"Idle", true, NT_STATUS_OK},
	};
	struct files *t = *state;
	struct smb2_file_id id = make(t, "f", 0);
	struct smb2_file_id other = make(t, "other", 0);
	size_t i = 0;

	files_close(t, make(t, "d", FILE_DIRECTORY_FILE));
	files_close(t, make(t, "idle", 0));
	files_close(t, files_open(t, (struct create_args){
					     .name = "ro",
					     .disposition = FILE_CREATE,
					     .attributes =
						     FILE_ATTRIBUTE_READONLY}));
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		NTSTATUS status = files_rename(t, id, FileRenameInformation,
					       table[i].name, table[i].replace);

		if (status != table[i].status) {
			fail_msg("\"%s\": %s", table[i].name,
				 nt_errstr(status));
		}
	}
	files_close(t, other);
	files_close(t, id);
	files_close(t, files_open(t, (struct create_args){.name = "idle",
							  .disposition =
								  FILE_OPEN}));
	assert_int_equal(
		files_status(t, (struct create_args){.name = "f",
						     .disposition = FILE_OPEN}),
		NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_rename_directory(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = make(t, "d", FILE_DIRECTORY_FILE);
	struct smb2_file_id file = make(t, "d\\f", 0);
	struct smb2_file_id blocking = {0};

	assert_int_equal(
		files_rename(t, dir, FileRenameInformation, "e", false),
		NT_STATUS_ACCESS_DENIED);
	files_close(t, file);
	assert_int_equal(
		files_rename(t, dir, FileRenameInformation, "d\\x", false),
		NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(
		files_rename(t, dir, FileRenameInformation, "e", false),
		NT_STATUS_OK);
	file = files_open(t, (struct create_args){.name = "e\\f",
						  .disposition = FILE_OPEN});
	/* nor one that is open to be deleted */
	assert_int_equal(
		files_rename(t, file, FileRenameInformation, "e\\h", false),
		NT_STATUS_SHARING_VIOLATION);
	files_close(t, dir);
	/* a directory that shares no writing takes up no names */
	blocking = files_open(
		t, (struct create_args){.name = "",
					.access = FILE_LIST_DIRECTORY,
					.share = FILE_SHARE_READ,
					.disposition = FILE_OPEN});
	assert_int_equal(
		files_rename(t, file, FileRenameInformation, "f", false),
		NT_STATUS_SHARING_VIOLATION);
	assert_int_equal(
		files_rename(t, file, FileRenameInformation, "e\\g", false),
		NT_STATUS_OK);
	files_close(t, blocking);
}

static void test_disposition(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = make(t, "d", FILE_DIRECTORY_FILE);
	struct smb2_file_id file = make(t, "d\\f", 0);
	struct smb2_file_id root = files_open(
		t, (struct create_args){.name = "", .disposition = FILE_OPEN});

	assert_int_equal(files_disposition(t, dir, true),
			 NT_STATUS_DIRECTORY_NOT_EMPTY);
	assert_int_equal(files_disposition(t, root, true),
			 NT_STATUS_CANNOT_DELETE);
	assert_int_equal(
		set_basic_info(
			t, file,
			(struct fscc_basic){.file_attributes =
						    FILE_ATTRIBUTE_READONLY}),
		NT_STATUS_OK);
	assert_int_equal(files_disposition(t, file, true),
			 NT_STATUS_CANNOT_DELETE);
	assert_int_equal(set_basic_info(t, file,
					(struct fscc_basic){
						.file_attributes =
							FILE_ATTRIBUTE_NORMAL}),
			 NT_STATUS_OK);
	assert_int_equal(files_disposition(t, file, true), NT_STATUS_OK);
	assert_int_equal(
		files_rename(t, file, FileRenameInformation, "g", false),
		NT_STATUS_ACCESS_DENIED);
	assert_int_equal(files_close(t, file), NT_STATUS_OK);
	assert_int_equal(files_disposition(t, dir, true), NT_STATUS_OK);
	assert_int_equal(files_close(t, dir), NT_STATUS_OK);
	assert_int_equal(
		files_status(t, (struct create_args){.name = "d",
						     .disposition = FILE_OPEN}),
		NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_eas(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = make(t, "f", 0);
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_chain list = fscc_ea_list(&w);
	struct fscc_ea ea = {.name = wire_slice("ONE", 3),
			     .value = wire_slice("1", 1)};

	fscc_ea_add(&list, &ea);
	ea.name = wire_slice("TWO", 3);
	ea.value = wire_slice(NULL, 0); /* none to be removed is fine */
	fscc_ea_add(&list, &ea);
	assert_int_equal(
		files_set(t, id, FileFullEaInformation, wire_writer_slice(&w)),
		NT_STATUS_OK);
	w = wire_writer_talloc(t);
	list = fscc_ea_list(&w);
	ea.name = wire_slice("a*", 2);
	fscc_ea_add(&list, &ea);
	assert_int_equal(
		files_set(t, id, FileFullEaInformation, wire_writer_slice(&w)),
		NT_STATUS_INVALID_EA_NAME);
	assert_int_equal(files_set(t, id, FileFullEaInformation,
				   wire_slice("nonsense", 8)),
			 NT_STATUS_EA_LIST_INCONSISTENT);
}

/* Rights are looked at before anything else, a class must be known. */
static void test_gates(void **state)
{
	static const struct {
		uint8_t class;
		NTSTATUS status;
	} table[] = {
		{FileBasicInformation, NT_STATUS_ACCESS_DENIED},
		{FileRenameInformation, NT_STATUS_ACCESS_DENIED},
		{FileDispositionInformation, NT_STATUS_ACCESS_DENIED},
		{FileFullEaInformation, NT_STATUS_ACCESS_DENIED},
		{FileAllocationInformation, NT_STATUS_ACCESS_DENIED},
		{FileEndOfFileInformation, NT_STATUS_ACCESS_DENIED},
		{FileDispositionInformationEx, NT_STATUS_NOT_SUPPORTED},
		{FileRenameInformationEx, NT_STATUS_NOT_SUPPORTED},
		{FileAllInformation, NT_STATUS_INVALID_INFO_CLASS},
		{200, NT_STATUS_INVALID_INFO_CLASS},
	};
	struct files *t = *state;
	struct smb2_file_id id = {0};
	size_t i = 0;

	files_close(t, make(t, "f", 0));
	id = files_open(t, (struct create_args){.name = "f",
						.access = SEC_GENERIC_READ,
						.disposition = FILE_OPEN});
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(files_set_u64(t, id, table[i].class, 0),
				 table[i].status);
	}
	assert_int_equal(
		files_set(t, id, FilePositionInformation, wire_slice("", 0)),
		NT_STATUS_INVALID_PARAMETER);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_basic),
		TEST(test_sizes),
		TEST(test_position_and_mode),
		TEST(test_rename),
		TEST(test_rename_directory),
		TEST(test_disposition),
		TEST(test_eas),
		TEST(test_gates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
