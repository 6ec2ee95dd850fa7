/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUERY_DIRECTORY: every entry exactly once, whatever the class, the pattern
 * and the room for the answer. */
#include "server/dispatch.h"
#include "tests/fixture_files.h"

#include <string.h>
#include <unistd.h>

#define MAX_NAMES 600

/* What a listing has told. */
struct told {
	char *names[MAX_NAMES];
	size_t count;
	struct fscc_dir_entry last;
};

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

static void take_entries(struct files *t, uint8_t class, struct wire_slice data,
			 struct told *told)
{
	struct wire_walker list = fscc_dir_entries(class, data);
	struct fscc_dir_entry entry = {0};

	while (data.len > 0 && fscc_dir_next(&list, class, &entry)) {
		assert_true(told->count < MAX_NAMES);
		told->last = entry;
		told->names[told->count] = utf16_to_utf8(t, entry.name);
		assert_non_null(told->names[told->count]);
		told->count++;
	}
	assert_true(data.len == 0 || wire_walker_ok(&list));
}

/* One request. */
static NTSTATUS list_some(struct files *t, struct smb2_file_id id,
			  uint8_t class, uint8_t flags, const char *pattern,
			  uint32_t size, struct told *told)
{
	const struct smb2_query_directory_request in = {
		.information_class = class,
		.flags = flags,
		.output_buffer_length = size,
	};
	struct wire_slice data = {0};
	NTSTATUS status = files_list(t, id, in, pattern, &data);

	assert_true(data.len <= size);
	take_entries(t, class, data, told);
	return status;
}

/* As many as it takes. @return what the last one said. */
static NTSTATUS list_all(struct files *t, struct smb2_file_id id, uint8_t class,
			 uint8_t flags, const char *pattern, uint32_t size,
			 struct told *told)
{
	NTSTATUS status = list_some(t, id, class, flags | SMB2_RESTART_SCANS,
				    pattern, size, told);

	while (status == NT_STATUS_OK) {
		status = list_some(t, id, class, flags, pattern, size, told);
	}
	return status;
}

static size_t times(const struct told *told, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < told->count; i++) {
		n += strcmp(told->names[i], name) == 0;
	}
	return n;
}

/* Files named "0", "01", "012"... of different lengths. */
static struct smb2_file_id populated(struct files *t, size_t count)
{
	struct smb2_file_id dir = files_make_dir(t, "d");

	for (size_t i = 0; i < count; i++) {
		char *name =
			talloc_asprintf(t, "d\\%0*zu", (int)(1 + i % 20), i);

		assert_int_equal(files_close(t, files_make(t, name)),
				 NT_STATUS_OK);
	}
	return dir;
}

static void check_populated(const struct told *told, size_t count)
{
	assert_int_equal(told->count, count + 2);
	assert_int_equal(times(told, "."), 1);
	assert_int_equal(times(told, ".."), 1);
	for (size_t i = 0; i < count; i++) {
		char *name =
			talloc_asprintf(NULL, "%0*zu", (int)(1 + i % 20), i);

		assert_int_equal(times(told, name), 1);
		talloc_free(name);
	}
}

static const uint8_t classes[] = {
	FileDirectoryInformation,
	FileFullDirectoryInformation,
	FileBothDirectoryInformation,
	FileNamesInformation,
	FileIdFullDirectoryInformation,
	FileIdBothDirectoryInformation,
	FileIdExtdDirectoryInformation,
	FileId64ExtdDirectoryInformation,
	FileId64ExtdBothDirectoryInformation,
	FileIdAllExtdDirectoryInformation,
	FileIdAllExtdBothDirectoryInformation,
};

static bool has_id(uint8_t class)
{
	return class == FileIdFullDirectoryInformation ||
	       class == FileIdBothDirectoryInformation ||
	       class == FileId64ExtdDirectoryInformation ||
	       class == FileId64ExtdBothDirectoryInformation ||
	       class == FileIdAllExtdDirectoryInformation ||
	       class == FileIdAllExtdBothDirectoryInformation;
}

/* What an entry says is what the open file says. */
static void test_classes(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = files_make_dir(t, "d");
	struct smb2_file_id file = files_make(t, "d\\f");
	struct fscc_basic basic = {0};
	struct fscc_standard standard = {0};
	struct wire_slice data = {0};
	uint64_t number = 0;

	assert_int_equal(files_write(t, file, "hello", 0), NT_STATUS_OK);
	basic = files_basic(t, file);
	standard = files_standard(t, file);
	assert_int_equal(files_query(t, file, FileInternalInformation, &data),
			 NT_STATUS_OK);
	assert_true(fscc_u64_decode(data, &number));
	for (size_t i = 0; i < sizeof(classes); i++) {
		struct told told = {.count = 0};
		const struct fscc_dir_entry *e = &told.last;

		assert_int_equal(list_some(t, dir, classes[i],
					   SMB2_RESTART_SCANS, "f", 4096,
					   &told),
				 NT_STATUS_OK);
		assert_int_equal(told.count, 1);
		assert_string_equal(told.names[0], "f");
		if (has_id(classes[i])) {
			assert_int_equal(e->file_id, number);
		}
		if (classes[i] == FileNamesInformation) {
			continue;
		}
		assert_int_equal(e->end_of_file, 5);
		assert_int_equal(e->allocation_size, standard.allocation_size);
		assert_int_equal(e->file_attributes, basic.file_attributes);
		assert_int_equal(e->creation_time, basic.creation_time);
		assert_int_equal(e->last_write_time, basic.last_write_time);
		assert_int_equal(e->change_time, basic.change_time);
		assert_int_equal(e->ea_size, 0);
		assert_int_equal(e->short_name.len, 0);
	}
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *names; /* in the order of their making */
	} table[] = {
		{"*", ". .. One two.txt three.TXT .hidden"},
		{"", ". .. One two.txt three.TXT .hidden"},
		{"*.*", ". .. two.txt three.TXT .hidden"},
		{"*.txt", "two.txt three.TXT"},
		{"t*", "two.txt three.TXT"},
		{"???", "One"},
		{"ONE", "One"},
		{"two.TXT", "two.txt"},
		{".", "."},
		{"none", ""},
		{"none*", ""},
	};
	struct files *t = *state;
	struct smb2_file_id dir = files_make_dir(t, "d");

	files_make(t, "d\\One");
	files_make(t, "d\\two.txt");
	files_make_dir(t, "d\\three.TXT");
	files_make(t, "d\\.hidden");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct told told = {.count = 0};
		char *is = talloc_strdup(t, "");
		struct smb2_file_id again = files_make_dir(t, "d");
		NTSTATUS status = list_all(t, again, FileNamesInformation, 0,
					   table[i].pattern, 4096, &told);

		assert_int_equal(status, told.count > 0
						 ? NT_STATUS_NO_MORE_FILES
						 : NT_STATUS_NO_SUCH_FILE);
		for (size_t n = 0; n < told.count; n++) {
			is = talloc_asprintf(t, "%s%s%s", is, n ? " " : "",
					     told.names[n]);
		}
		assert_string_equal(is, table[i].names);
		files_close(t, again);
	}
	files_close(t, dir);
}

static void test_bad_pattern(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = files_make_dir(t, "d");
	struct told told = {.count = 0};

	assert_int_equal(
		list_some(t, dir, FileNamesInformation, 0, "a\\b", 4096, &told),
		NT_STATUS_OBJECT_NAME_INVALID);
	/* and has begun nothing */
	assert_int_equal(
		list_some(t, dir, FileNamesInformation, 0, "*", 4096, &told),
		NT_STATUS_OK);
	assert_int_equal(told.count, 2);
}

/* The pattern of the beginning holds until there is a new beginning. */
static void test_restart(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = populated(t, 10);
	const uint8_t class = FileNamesInformation;
	struct told told = {.count = 0};

	assert_int_equal(list_some(t, dir, class, SMB2_RETURN_SINGLE_ENTRY,
				   "0*", 4096, &told),
			 NT_STATUS_OK);
	assert_int_equal(list_some(t, dir, class, SMB2_RETURN_SINGLE_ENTRY, "*",
				   4096, &told),
			 NT_STATUS_OK);
	assert_string_equal(told.names[0], "0");
	assert_string_equal(told.names[1], "01");
	/* without a pattern: the same again */
	assert_int_equal(
		list_some(t, dir, class,
			  SMB2_RESTART_SCANS | SMB2_RETURN_SINGLE_ENTRY, "",
			  4096, &told),
		NT_STATUS_OK);
	assert_string_equal(told.names[2], "0");
	assert_int_equal(
		list_some(t, dir, class, SMB2_REOPEN, "*9", 4096, &told),
		NT_STATUS_OK);
	assert_int_equal(told.count, 4);
	assert_string_equal(told.names[3], "0000000009");
	assert_int_equal(list_some(t, dir, class, 0, "*", 4096, &told),
			 NT_STATUS_NO_MORE_FILES);
	assert_int_equal(list_some(t, dir, class, 0, "*", 4096, &told),
			 NT_STATUS_NO_MORE_FILES);
}

/* Nothing found is said in two ways (MS-FSA 2.1.5.6.3). */
static void test_nothing(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = populated(t, 3);
	struct told told = {.count = 0};

	assert_int_equal(
		list_some(t, dir, FileNamesInformation, 0, "x*", 4096, &told),
		NT_STATUS_NO_SUCH_FILE);
	assert_int_equal(
		list_some(t, dir, FileNamesInformation, 0, "x*", 4096, &told),
		NT_STATUS_NO_MORE_FILES);
}

static void test_single(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = populated(t, 300);
	struct told told = {.count = 0};

	assert_int_equal(list_all(t, dir, FileIdBothDirectoryInformation,
				  SMB2_RETURN_SINGLE_ENTRY, "*", 4096, &told),
			 NT_STATUS_NO_MORE_FILES);
	check_populated(&told, 300);
}

/* Room for one entry, for one and a bit, for two... */
static void test_tiny_buffers(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = populated(t, 45);

	for (size_t i = 0; i < sizeof(classes); i++) {
		uint32_t fixed = (uint32_t)fscc_dir_fixed_size(classes[i]);
		uint32_t least = fixed + 2 * 20;

		for (uint32_t size = least; size < 3 * least; size += 7) {
			struct told told = {.count = 0};

			assert_int_equal(list_all(t, dir, classes[i], 0, "*",
						  size, &told),
					 NT_STATUS_NO_MORE_FILES);
			check_populated(&told, 45);
		}
	}
}

/* More than are read from the store at a time. */
static void test_many(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = populated(t, 550);
	static const uint32_t sizes[] = {300, 5000, 65536};

	for (size_t i = 0; i < 3; i++) {
		struct told told = {.count = 0};

		assert_int_equal(list_all(t, dir, FileBothDirectoryInformation,
					  0, "*", sizes[i], &told),
				 NT_STATUS_NO_MORE_FILES);
		check_populated(&told, 550);
	}
}

/* An entry that does not fit is told when there is room. */
static void test_too_small(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = files_make_dir(t, "d");
	const uint8_t class = FileNamesInformation;
	struct told told = {.count = 0};

	files_make(t, "d\\a-name-of-some-length");
	files_make(t, "d\\b");
	assert_int_equal(list_some(t, dir, class, 0, "*", 11, &told),
			 NT_STATUS_INFO_LENGTH_MISMATCH);
	assert_int_equal(list_some(t, dir, class, 0, "*", 40, &told),
			 NT_STATUS_OK);
	assert_int_equal(told.count, 2); /* "." and ".." */
	assert_int_equal(list_some(t, dir, class, 0, "*", 40, &told),
			 NT_STATUS_INFO_LENGTH_MISMATCH);
	assert_int_equal(list_some(t, dir, class, 0, "*", 4096, &told),
			 NT_STATUS_OK);
	assert_int_equal(told.count, 4);
	assert_string_equal(told.names[2], "a-name-of-some-length");
}

static void test_refused(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = files_make_dir(t, "d");
	struct told told = {.count = 0};

	assert_int_equal(
		list_some(t, dir, FileBasicInformation, 0, "*", 4096, &told),
		NT_STATUS_INVALID_INFO_CLASS);
	assert_int_equal(list_some(t, files_make(t, "f"), FileNamesInformation,
				   0, "*", 4096, &told),
			 NT_STATUS_INVALID_PARAMETER);
	assert_int_equal(list_some(t, dir, FileNamesInformation, 0, "*",
				   SMB2_LARGE_MTU + 1, &told),
			 NT_STATUS_INVALID_PARAMETER);
	files_close(t, dir);
	assert_int_equal(
		list_some(t, dir, FileNamesInformation, 0, "*", 4096, &told),
		NT_STATUS_FILE_CLOSED);
	dir = files_open(t, (struct create_args){.name = "d",
						 .access = FILE_READ_ATTRIBUTES,
						 .disposition = FILE_OPEN});
	assert_int_equal(
		list_some(t, dir, FileNamesInformation, 0, "*", 4096, &told),
		NT_STATUS_ACCESS_DENIED);
}

/* What is there from the first to the last request is told once, whatever
 * else comes and goes. */
static void test_changes(void **state)
{
	struct files *t = *state;
	struct smb2_file_id dir = populated(t, 40);
	struct told told = {.count = 0};
	struct smb2_file_id gone = {0};
	NTSTATUS status = NT_STATUS_OK;
	size_t n = 0;

	while (status == NT_STATUS_OK) {
		char *name = talloc_asprintf(t, "d\\new-%zu", n++);

		status = list_some(t, dir, FileNamesInformation, 0, "*", 150,
				   &told);
		files_close(t, files_make(t, name));
		gone = files_make(t, name);
		if (n % 2 == 0) {
			assert_int_equal(files_disposition(t, gone, true),
					 NT_STATUS_OK);
		}
		files_close(t, gone);
	}
	assert_int_equal(status, NT_STATUS_NO_MORE_FILES);
	for (size_t i = 0; i < 40; i++) {
		char *name = talloc_asprintf(t, "%0*zu", (int)(1 + i % 20), i);

		assert_int_equal(times(&told, name), 1);
	}
}

/* --- on the disk -----------------------------------------------------------
 */

/* Several requests at a time for one open take turns. */
static void test_at_once(void **state)
{
	char *path = NULL;
	struct files *t = files_new_disk(&path);
	const uint8_t class = FileIdBothDirectoryInformation;
	struct told told = {.count = 0};
	struct smb2_file_id dir = populated(t, 300);
	uint64_t ids[40] = {0};
	NTSTATUS status = NT_STATUS_OK;

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		const struct smb2_query_directory_request in = {
			.information_class = class,
			.file_id = dir,
			.pattern = files_utf16(t, "*"),
			.output_buffer_length = 2000,
		};
		struct wire_writer w = files_pdu(t, SMB2_QUERY_DIRECTORY);

		smb2_query_directory_request_encode(&w, &in);
		ids[i] = files_send(t, &w);
	}
	for (size_t i = 0; i < 40; i++) {
		status = files_wait(t, ids[i]);
		take_entries(t, class, files_buffer(t), &told);
	}
	assert_int_equal(status, NT_STATUS_NO_MORE_FILES);
	check_populated(&told, 300);
	talloc_free(t);
}

static void put_file(struct files *t, const char *dir, const char *name)
{
	FILE *file = fopen(talloc_asprintf(t, "%s/%s", dir, name), "w");

	assert_non_null(file);
	fclose(file);
}

/* Names that no client could have made are told in some way, and what is told
 * can be opened. */
static void test_strange_names(void **state)
{
	static const char *const names[] = {"a:b",
					    "q?",
					    "tab\there",
					    "back\\sl",
					    "bad\xff"
					    "8",
					    "dot.",
					    "plain"};
	const size_t count = sizeof(names) / sizeof(names[0]);
	char *path = NULL;
	struct files *t = files_new_disk(&path);
	struct told told = {.count = 0};
	struct smb2_file_id dir = files_open(
		t, (struct create_args){.name = "",
					.access = FILE_LIST_DIRECTORY,
					.disposition = FILE_OPEN});

	(void)state;
	for (size_t i = 0; i < count; i++) {
		put_file(t, path, names[i]);
	}
	assert_int_equal(
		list_all(t, dir, FileNamesInformation, 0, "*", 200, &told),
		NT_STATUS_NO_MORE_FILES);
	assert_int_equal(told.count, count + 2);
	assert_int_equal(times(&told, "plain"), 1);
	for (size_t i = 2; i < told.count; i++) {
		assert_int_equal(files_there(t, told.names[i]), NT_STATUS_OK);
	}
	talloc_free(t);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_classes),
		TEST(test_patterns),
		TEST(test_bad_pattern),
		TEST(test_restart),
		TEST(test_nothing),
		TEST(test_single),
		TEST(test_tiny_buffers),
		TEST(test_many),
		TEST(test_too_small),
		TEST(test_refused),
		TEST(test_changes),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_strange_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
