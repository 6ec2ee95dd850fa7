/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Named streams as clients meet them: opening, sharing, deleting, renaming. */
#include "server/file.h"
#include "tests/fixture_files.h"

static int setup(void **state)
{
	*state = files_new("");
	return 0;
}

static int setup_none(void **state)
{
	*state = files_new("named streams = no\n");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct smb2_file_id open_stream(struct files *t, const char *name)
{
	return files_open(t, (struct create_args){.name = name,
						  .disposition = FILE_OPEN_IF});
}

static NTSTATUS status_of(struct files *t, const char *name)
{
	return files_status(t, (struct create_args){.name = name,
						    .disposition = FILE_OPEN});
}

/* ":a:$DATA=1 ::$DATA=0", as told. */
static char *list(struct files *t, struct smb2_file_id id)
{
	struct wire_slice data = {0};
	struct wire_walker walker = {0};
	struct fscc_stream stream = {0};
	char *text = talloc_strdup(t, "");

	assert_int_equal(files_query(t, id, FileStreamInformation, &data),
			 NT_STATUS_OK);
	walker = fscc_streams(data);
	while (data.len > 0 && fscc_stream_next(&walker, &stream)) {
		text = talloc_asprintf_append(text, "%s=%u ",
					      utf16_to_utf8(t, stream.name),
					      (unsigned)stream.size);
	}
	assert_true(data.len == 0 || wire_walker_ok(&walker));
	return text;
}

static char *list_of(struct files *t, const char *name)
{
	struct smb2_file_id id = files_open(
		t, (struct create_args){.name = name,
					.access = FILE_READ_ATTRIBUTES,
					.disposition = FILE_OPEN});
	char *text = list(t, id);

	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	return text;
}

static void test_open(void **state)
{
	struct files *t = *state;
	struct smb2_create_response out = {0};
	struct smb2_file_id id = {0};

	assert_int_equal(status_of(t, "f:s"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(
		files_create(t,
			     (struct create_args){.name = "f:s",
						  .disposition = FILE_CREATE},
			     &out),
		NT_STATUS_OK);
	assert_int_equal(out.create_action, FILE_CREATED);
	assert_int_equal(files_write(t, out.file_id, "data", 0), NT_STATUS_OK);
	assert_int_equal(files_standard(t, out.file_id).end_of_file, 4);
	files_close(t, out.file_id);
	id = open_stream(t, "F:S:$DATA");
	assert_content(t, id, "data");
	files_close(t, id);
	assert_string_equal(list_of(t, "f"), "::$DATA=0 :s:$DATA=4 ");
	assert_int_equal(
		files_status(t,
			     (struct create_args){.name = "f:s",
						  .disposition = FILE_CREATE}),
		NT_STATUS_OBJECT_NAME_COLLISION);
	assert_int_equal(
		files_status(
			t, (struct create_args){.name = "f:x",
						.options = FILE_DIRECTORY_FILE,
						.disposition = FILE_CREATE}),
		NT_STATUS_NOT_A_DIRECTORY);
	assert_int_equal(status_of(t, "f:s:$FOO"),
			 NT_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(status_of(t, "f:"), NT_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(status_of(t, "f:a\x01*?<>|\"b"),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_directory(void **state)
{
	struct files *t = *state;

	files_close(t, files_make_dir(t, "d"));
	assert_string_equal(list_of(t, "d"), "");
	files_close(t, open_stream(t, "d:s"));
	assert_string_equal(list_of(t, "d"), ":s:$DATA=0 ");
	assert_int_equal(status_of(t, "d::$DATA"),
			 NT_STATUS_FILE_IS_A_DIRECTORY);
	assert_int_equal(
		files_status(
			t, (struct create_args){.name = "d::$DATA",
						.options = FILE_DIRECTORY_FILE,
						.disposition = FILE_OPEN}),
		NT_STATUS_NOT_A_DIRECTORY);
}

/* Replacing a file's content takes its streams; a stream's is its own. */
static void test_replace(void **state)
{
	struct files *t = *state;
	struct smb2_create_response out = {0};
	struct smb2_file_id id = open_stream(t, "f:s");

	assert_int_equal(files_write(t, id, "data", 0), NT_STATUS_OK);
	files_close(t, id);
	files_close(t, open_stream(t, "f:t"));
	assert_int_equal(files_create(t,
				      (struct create_args){
					      .name = "f:s",
					      .disposition = FILE_OVERWRITE_IF},
				      &out),
			 NT_STATUS_OK);
	assert_int_equal(out.create_action, FILE_OVERWRITTEN);
	files_close(t, out.file_id);
	assert_string_equal(list_of(t, "f"),
			    "::$DATA=0 :s:$DATA=0 :t:$DATA=0 ");
	files_close(t, files_open(t, (struct create_args){
					     .name = "f",
					     .disposition = FILE_SUPERSEDE}));
	assert_string_equal(list_of(t, "f"), "::$DATA=0 ");
}

static void test_readonly(void **state)
{
	struct files *t = *state;

	files_close(t, open_stream(t, "f:s"));
	files_close(t,
		    files_open(t, (struct create_args){
					  .name = "r",
					  .attributes = FILE_ATTRIBUTE_READONLY,
					  .disposition = FILE_CREATE}));
	assert_int_equal(
		files_status(t,
			     (struct create_args){.name = "r:s",
						  .disposition = FILE_CREATE}),
		NT_STATUS_ACCESS_DENIED);
	assert_string_equal(list_of(t, "r"), "::$DATA=0 ");
}

static void test_sharing(void **state)
{
	static const struct {
		const char *first;
		uint32_t access, share;
		const char *second;
		uint32_t access2, share2;
		NTSTATUS status;
	} table[] = {
		/* each its own */
		{"f:s", FILE_WRITE_DATA, NOT_SHARED, "f:t", FILE_WRITE_DATA,
		 NOT_SHARED, NT_STATUS_OK},
		{"f:s", FILE_WRITE_DATA, NOT_SHARED, "f", FILE_WRITE_DATA,
		 NOT_SHARED, NT_STATUS_OK},
		{"f:s", FILE_WRITE_DATA, NOT_SHARED, "F:S", FILE_READ_DATA, 0,
		 NT_STATUS_SHARING_VIOLATION},
		/* who deletes the file, deletes all */
		{"f:s", FILE_READ_DATA, FILE_SHARE_READ, "f", SEC_STD_DELETE, 0,
		 NT_STATUS_SHARING_VIOLATION},
		{"f:s", FILE_READ_DATA, FILE_SHARE_DELETE, "f", SEC_STD_DELETE,
		 0, NT_STATUS_OK},
		{"f:s", FILE_READ_ATTRIBUTES, NOT_SHARED, "f", SEC_STD_DELETE,
		 0, NT_STATUS_OK},
		{"f", SEC_STD_DELETE, 0, "f:s", FILE_READ_DATA,
		 FILE_SHARE_READ | FILE_SHARE_WRITE,
		 NT_STATUS_SHARING_VIOLATION},
		{"f", SEC_STD_DELETE, 0, "f:s", FILE_READ_DATA, 0,
		 NT_STATUS_OK},
		/* who deletes a stream, deletes that */
		{"f", FILE_READ_DATA, NOT_SHARED, "f:s", SEC_STD_DELETE, 0,
		 NT_STATUS_OK},
		{"f:s", SEC_STD_DELETE, 0, "f", FILE_READ_DATA, NOT_SHARED,
		 NT_STATUS_OK},
	};
	struct files *t = *state;
	size_t i = 0;

	files_close(t, open_stream(t, "f:s"));
	files_close(t, open_stream(t, "f:t"));
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct smb2_create_response out = {0};
		struct smb2_file_id id = files_open(
			t, (struct create_args){.name = table[i].first,
						.access = table[i].access,
						.share = table[i].share,
						.disposition = FILE_OPEN});
		NTSTATUS status = files_create(
			t,
			(struct create_args){.name = table[i].second,
					     .access = table[i].access2,
					     .share = table[i].share2,
					     .disposition = FILE_OPEN},
			&out);

		if (status != table[i].status) {
			fail_msg("%u: %s", (unsigned)i, nt_errstr(status));
		}
		if (status == NT_STATUS_OK) {
			files_close(t, out.file_id);
		}
		files_close(t, id);
	}
}

static void test_delete_stream(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_stream(t, "f:s");
	struct smb2_file_id file = files_open(
		t, (struct create_args){.name = "f", .disposition = FILE_OPEN});

	assert_int_equal(files_disposition(t, id, true), NT_STATUS_OK);
	assert_int_equal(status_of(t, "f:s"), NT_STATUS_DELETE_PENDING);
	assert_int_equal(status_of(t, "f"), NT_STATUS_OK);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	assert_int_equal(status_of(t, "f:s"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_string_equal(list(t, file), "::$DATA=0 ");
	files_close(t, file);
	id = files_open(t, (struct create_args){.name = "f:gone",
						.options = FILE_DELETE_ON_CLOSE,
						.disposition = FILE_CREATE});
	files_close(t, id);
	assert_string_equal(list_of(t, "f"), "::$DATA=0 ");
}

/* The file goes with the last of what is open of it. */
static void test_delete_file(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_stream(t, "f:s");
	struct smb2_file_id other = open_stream(t, "f:t");
	struct smb2_file_id file = files_open(
		t, (struct create_args){.name = "f", .disposition = FILE_OPEN});

	assert_int_equal(files_write(t, id, "data", 0), NT_STATUS_OK);
	assert_int_equal(files_disposition(t, file, true), NT_STATUS_OK);
	assert_int_equal(files_close(t, file), NT_STATUS_OK);
	assert_content(t, id, "data");
	assert_int_equal(status_of(t, "f"), NT_STATUS_DELETE_PENDING);
	assert_int_equal(status_of(t, "f:s"), NT_STATUS_DELETE_PENDING);
	assert_int_equal(
		files_status(t,
			     (struct create_args){.name = "f:new",
						  .disposition = FILE_OPEN_IF}),
		NT_STATUS_DELETE_PENDING);
	assert_int_equal(files_close(t, other), NT_STATUS_OK);
	assert_int_equal(status_of(t, "f"), NT_STATUS_DELETE_PENDING);
	/* its own deletion is no more than that */
	assert_int_equal(files_disposition(t, id, true), NT_STATUS_OK);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	assert_int_equal(status_of(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(status_of(t, "f:s"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* The connection ends instead. */
static void test_delete_dropped(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_stream(t, "f:s");
	struct smb2_file_id file = files_open(
		t, (struct create_args){.name = "f", .disposition = FILE_OPEN});

	assert_int_equal(files_disposition(t, file, true), NT_STATUS_OK);
	assert_int_equal(files_close(t, file), NT_STATUS_OK);
	assert_int_equal(status_of(t, "f:s"), NT_STATUS_DELETE_PENDING);
	talloc_free(open_find(t->session, id.persistent_id, id.volatile_id));
	assert_int_equal(status_of(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static NTSTATUS rename_to(struct files *t, struct smb2_file_id id,
			  const char *name, bool replace)
{
	return files_rename(t, id, FileRenameInformation, name, replace);
}

static void test_rename(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_stream(t, "f:s");
	struct smb2_file_id other = {0};

	files_close(t, open_stream(t, "f:taken"));
	assert_int_equal(files_write(t, id, "data", 0), NT_STATUS_OK);
	assert_int_equal(rename_to(t, id, ":new", false), NT_STATUS_OK);
	assert_string_equal(list_of(t, "f"),
			    "::$DATA=0 :new:$DATA=4 :taken:$DATA=0 ");
	assert_int_equal(status_of(t, "f:s"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	/* share modes are the same stream's still */
	assert_int_equal(
		files_status(t, (struct create_args){.name = "f:new",
						     .share = NOT_SHARED,
						     .disposition = FILE_OPEN}),
		NT_STATUS_SHARING_VIOLATION);
	assert_int_equal(rename_to(t, id, ":NEW:$DATA", false), NT_STATUS_OK);
	assert_int_equal(rename_to(t, id, ":taken", false),
			 NT_STATUS_OBJECT_NAME_COLLISION);
	other = open_stream(t, "f:taken");
	assert_int_equal(rename_to(t, id, ":taken", true),
			 NT_STATUS_INVALID_PARAMETER);
	files_close(t, other);
	assert_int_equal(rename_to(t, id, ":taken", true), NT_STATUS_OK);
	assert_int_equal(rename_to(t, id, ":a:$OTHER", true),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(rename_to(t, id, ":a\\b", true),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(rename_to(t, id, ":", true),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(rename_to(t, id, "g", true),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(rename_to(t, id, "f:u", true),
			 NT_STATUS_SHARING_VIOLATION);
	other = open_stream(t, "f:taken");
	assert_int_equal(rename_to(t, id, ":v", true),
			 NT_STATUS_SHARING_VIOLATION);
	files_close(t, other);
	/* it becomes the file's own data */
	assert_int_equal(rename_to(t, id, "::$DATA", true), NT_STATUS_OK);
	assert_string_equal(list_of(t, "f"), "::$DATA=4 ");
	assert_content(t, id, "data");
	assert_int_equal(files_disposition(t, id, true), NT_STATUS_OK);
	assert_int_equal(files_close(t, id), NT_STATUS_OK);
	assert_int_equal(status_of(t, "f"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

static void test_rename_file(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_stream(t, "f:s");
	struct smb2_file_id file = files_open(
		t, (struct create_args){.name = "f", .disposition = FILE_OPEN});
	struct smb2_file_id other = files_make(t, "other");

	assert_int_equal(rename_to(t, file, "g", false),
			 NT_STATUS_ACCESS_DENIED);
	assert_int_equal(rename_to(t, other, "f", true),
			 NT_STATUS_ACCESS_DENIED);
	files_close(t, id);
	assert_int_equal(rename_to(t, file, "g", false), NT_STATUS_OK);
	assert_string_equal(list(t, file), "::$DATA=0 :s:$DATA=0 ");
	assert_int_equal(rename_to(t, file, ":own", false), NT_STATUS_OK);
	assert_string_equal(list(t, file),
			    "::$DATA=0 :s:$DATA=0 :own:$DATA=0 ");
	files_close(t, file);
	assert_int_equal(status_of(t, "g:own"), NT_STATUS_OK);
	files_close(t, other);
}

static void test_link(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_stream(t, "f:s");

	assert_int_equal(files_rename(t, id, FileLinkInformation, ":b", false),
			 NT_STATUS_INVALID_PARAMETER);
	files_close(t, id);
}

/* Whole entries, the last of them the end. */
static void test_cut(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = open_stream(t, "f:first");
	struct wire_writer w = {0};
	struct wire_slice data = {0};
	struct wire_walker walker = {0};
	struct fscc_stream stream = {0};
	unsigned n = 0;

	w = files_query_pdu(t, id, SMB2_0_INFO_FILE, FileStreamInformation, 0,
			    70);
	assert_int_equal(files_call(t, &w), NT_STATUS_BUFFER_OVERFLOW);
	data = files_buffer(t);
	assert_true(data.len > 0 && data.len <= 70);
	walker = fscc_streams(data);
	while (fscc_stream_next(&walker, &stream)) {
		n++;
	}
	assert_true(wire_walker_ok(&walker));
	assert_int_equal(n, 1);
	w = files_query_pdu(t, id, SMB2_0_INFO_FILE, FileStreamInformation, 0,
			    32);
	assert_int_equal(files_call(t, &w), NT_STATUS_BUFFER_OVERFLOW);
	files_close(t, id);
}

static void test_none(void **state)
{
	struct files *t = *state;
	struct smb2_file_id id = files_make(t, "f");

	assert_int_equal(status_of(t, "f:s"), NT_STATUS_OBJECT_NAME_INVALID);
	assert_int_equal(status_of(t, "f::$DATA"),
			 NT_STATUS_OBJECT_NAME_INVALID);
	assert_string_equal(list(t, id), "::$DATA=0 ");
	files_close(t, id);
	id = files_make_dir(t, "d");
	assert_string_equal(list(t, id), "");
	files_close(t, id);
}

/* The share's root has no name, but streams as any directory. */
static void test_root(void **state)
{
	struct files *t = *state;
	struct smb2_create_response out = {0};
	struct smb2_file_id id = {0};

	assert_string_equal(list_of(t, ""), "");
	assert_int_equal(status_of(t, ":s"), NT_STATUS_OBJECT_NAME_NOT_FOUND);
	id = open_stream(t, ":s");
	assert_int_equal(files_write(t, id, "data", 0), NT_STATUS_OK);
	files_close(t, id);
	id = open_stream(t, ":S:$DATA");
	assert_content(t, id, "data");
	files_close(t, id);
	assert_string_equal(list_of(t, ""), ":s:$DATA=4 ");
	assert_int_equal(files_create(t,
				      (struct create_args){
					      .name = ":s",
					      .disposition = FILE_OVERWRITE_IF},
				      &out),
			 NT_STATUS_OK);
	assert_int_equal(out.create_action, FILE_OVERWRITTEN);
	files_close(t, out.file_id);
	id = open_stream(t, ":s");
	assert_int_equal(rename_to(t, id, ":new", false), NT_STATUS_OK);
	files_close(t, id);
	assert_string_equal(list_of(t, ""), ":new:$DATA=0 ");
	files_close(t, files_open(t, (struct create_args){
					     .name = ":new",
					     .access = SEC_STD_DELETE,
					     .options = FILE_DELETE_ON_CLOSE,
					     .disposition = FILE_OPEN}));
	assert_string_equal(list_of(t, ""), "");
	assert_int_equal(status_of(t, "::$DATA"),
			 NT_STATUS_FILE_IS_A_DIRECTORY);
	assert_int_equal(status_of(t, ":s\\a"), NT_STATUS_OBJECT_NAME_INVALID);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open),
		TEST(test_directory),
		TEST(test_root),
		TEST(test_replace),
		TEST(test_readonly),
		TEST(test_sharing),
		TEST(test_delete_stream),
		TEST(test_delete_file),
		TEST(test_delete_dropped),
		TEST(test_rename),
		TEST(test_rename_file),
		TEST(test_link),
		TEST(test_cut),
		cmocka_unit_test_setup_teardown(test_none, setup_none,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
