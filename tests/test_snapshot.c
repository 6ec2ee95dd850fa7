/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Previous versions: their names, and what a server tells of them. */
#include <sys/stat.h>

#include "server/snapshot.h"
#include "tests/fixture_ioctl.h"

#define SETTINGS \
	"    snapshot directory = .snapshots\n    hide dot files = no\n"

static void test_take(void **state)
{
	static const struct {
		const char *path, *rest;
		bool there;
	} table[] = {
		{"@GMT-2024.01.31-23.59.59", "", true},
		{"@GMT-2024.01.31-23.59.59/a/b", "a/b", true},
		{"a/@GMT-2024.01.31-23.59.59/b", "a/b", true},
		{"a/b/@GMT-2024.01.31-23.59.59", "a/b", true},
		{"a/@GMT-2024.13.31-23.59.59", NULL, false},
		{"a/@GMT-2024.01.31-23.59.5", NULL, false},
		{"a/@GMT-2024.01.31-23.59.590", NULL, false},
		{"a/b", NULL, false},
		{"", NULL, false},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char path[64];
		char token[SNAPSHOT_TOKEN_SIZE];
		NTTIME when = 0;

		snprintf(path, sizeof(path), "%s", table[i].path);
		assert_int_equal(snapshot_take(path, &when), table[i].there);
		assert_string_equal(path, table[i].there ? table[i].rest
							 : table[i].path);
		if (table[i].there) {
			snapshot_token(when, token);
			assert_string_equal(token, "@GMT-2024.01.31-23.59.59");
		}
	}
}

static void test_time(void **state)
{
	NTTIME when = 0;

	(void)state;
	assert_true(snapshot_time("1970-01-02", "%Y-%m-%d", &when));
	assert_int_equal(when,
			 UINT64_C(116444736000000000) + UINT64_C(864000000000));
	assert_false(snapshot_time("1970-01-02x", "%Y-%m-%d", &when));
	assert_false(snapshot_time("latest", "%Y-%m-%d", &when));
}

/* --- through a server --------------------------------------------------------
 */

static int setup(void **state)
{
	*state = files_new(SETTINGS);
	return 0;
}

static int setup_without(void **state)
{
	*state = files_new("");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static NTSTATUS refused(struct files *t, struct create_args a)
{
	struct smb2_create_response out = {0};

	return files_create(t, a, &out);
}

static void make_version(struct files *t, const char *when, const char *text)
{
	char name[128];
	struct smb2_file_id id = {0};

	snprintf(name, sizeof(name), ".snapshots\\%s", when);
	files_close(t, files_make_dir(t, name));
	snprintf(name, sizeof(name), ".snapshots\\%s\\f", when);
	id = files_make(t, name);
	assert_int_equal(files_write(t, id, text, 0), NT_STATUS_OK);
	files_close(t, id);
}

static void test_enumerate(void **state)
{
	struct files *t = *state;
	struct smb2_file_id root = {0};
	struct wire_slice out = {0};
	struct wire_reader r = {0};
	char *list = NULL;

	files_close(t, files_make_dir(t, ".snapshots"));
	make_version(t, "@GMT-2024.01.01-00.00.00", "old");
	make_version(t, "@GMT-2024.02.01-00.00.00", "newer");
	files_close(t, files_make_dir(t, ".snapshots\\other"));
	root = open_with(t, "", FILE_READ_DATA);
	assert_int_equal(files_fsctl(t, root, FSCTL_SRV_ENUMERATE_SNAPSHOTS,
				     nothing, 16, &out),
			 NT_STATUS_OK);
	r = wire_reader_of(out);
	assert_int_equal(wire_get_u32(&r), 2);
	assert_int_equal(wire_get_u32(&r), 0);
	assert_int_equal(wire_get_u32(&r), 102);
	assert_int_equal(files_fsctl(t, root, FSCTL_SRV_ENUMERATE_SNAPSHOTS,
				     nothing, 114, &out),
			 NT_STATUS_OK);
	r = wire_reader_of(out);
	assert_int_equal(wire_get_u32(&r), 2);
	assert_int_equal(wire_get_u32(&r), 2);
	assert_int_equal(wire_get_u32(&r), 102);
	list = utf16_to_utf8(t, wire_get(&r, 48));
	assert_string_equal(list, "@GMT-2024.02.01-00.00.00");
	wire_skip(&r, 2);
	list = utf16_to_utf8(t, wire_get(&r, 48));
	assert_string_equal(list, "@GMT-2024.01.01-00.00.00");
	assert_int_equal(wire_left(&r), 4);
	assert_int_equal(files_fsctl_status(t, root,
					    FSCTL_SRV_ENUMERATE_SNAPSHOTS,
					    nothing, 15),
			 NT_STATUS_INVALID_PARAMETER);
}

static void test_read_only(void **state)
{
	static const char *path = "@GMT-2024.01.01-00.00.00\\f";
	struct files *t = *state;
	struct wire_slice data = {0};
	struct smb2_file_id id = {0};

	files_close(t, files_make_dir(t, ".snapshots"));
	make_version(t, "@GMT-2024.01.01-00.00.00", "old");
	id = files_open(t, (struct create_args){.name = path,
						.access = FILE_READ_DATA,
						.disposition = FILE_OPEN});
	assert_int_equal(files_read(t, id, 0, 10, &data), NT_STATUS_OK);
	assert_true(wire_slice_equal(data, wire_slice("old", 3)));
	assert_int_equal(
		refused(t, (struct create_args){.name = path,
						.access = FILE_WRITE_DATA,
						.disposition = FILE_OPEN}),
		NT_STATUS_MEDIA_WRITE_PROTECTED);
	assert_int_equal(
		refused(t,
			(struct create_args){.name = path,
					     .access = FILE_READ_DATA,
					     .disposition = FILE_OVERWRITE_IF}),
		NT_STATUS_MEDIA_WRITE_PROTECTED);
	assert_int_equal(refused(t,
				 (struct create_args){
					 .name = "@GMT-2024.01.02-00.00.00\\f",
					 .access = FILE_READ_DATA,
					 .disposition = FILE_OPEN}),
			 NT_STATUS_OBJECT_PATH_NOT_FOUND);
}

static void test_none(void **state)
{
	struct files *t = *state;
	struct smb2_file_id root = open_with(t, "", FILE_READ_DATA);
	struct wire_slice out = {0};

	assert_int_equal(files_fsctl(t, root, FSCTL_SRV_ENUMERATE_SNAPSHOTS,
				     nothing, 16, &out),
			 NT_STATUS_OK);
	assert_int_equal(out.data[0], 0);
	assert_int_equal(refused(t,
				 (struct create_args){
					 .name = "@GMT-2024.01.01-00.00.00\\f",
					 .access = FILE_READ_DATA,
					 .disposition = FILE_OPEN}),
			 NT_STATUS_OBJECT_PATH_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_time),
		cmocka_unit_test_setup_teardown(test_enumerate, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_read_only, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_none, setup_without,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
