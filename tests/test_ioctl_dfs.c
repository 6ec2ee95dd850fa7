/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A share that is a DFS root refers to itself, and takes whole paths. */
#include "server/ioctl.h"
#include "smbquic/dfs.h"
#include "smbquic/utf16.h"
#include "tests/fixture_ioctl.h"

static int setup(void **state)
{
	*state = files_new("    msdfs root = yes\n");
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static NTSTATUS ask(struct files *t, uint32_t code, const char *path,
		    uint16_t level, uint32_t max, struct dfs_response *answer)
{
	struct dfs_request in = {.max_level = level};
	struct wire_writer w = wire_writer_talloc(t);
	struct wire_slice out = {0};
	NTSTATUS status = NT_STATUS_OK;

	assert_true(utf16_from_utf8(t, path, &in.path));
	assert_true(code == FSCTL_DFS_GET_REFERRALS
			    ? dfs_request_encode(&w, &in)
			    : dfs_request_ex_encode(&w, &in));
	status = files_fsctl(t, files_inherited, code, wire_writer_slice(&w),
			     max, &out);
	if (status == NT_STATUS_OK) {
		assert_true(dfs_response_decode(out, answer));
	}
	return status;
}

static void test_root(void **state)
{
	static const uint32_t codes[] = {FSCTL_DFS_GET_REFERRALS,
					 FSCTL_DFS_GET_REFERRALS_EX};
	struct files *t = *state;

	for (size_t i = 0; i < 2; i++) {
		struct dfs_response answer = {0};

		assert_int_equal(ask(t, codes[i], "\\host\\DATA\\a\\b", 9, 4096,
				     &answer),
				 NT_STATUS_OK);
		assert_int_equal(answer.level, DFS_MAX_LEVEL);
		assert_int_equal(answer.path_consumed, 20);
		assert_int_equal(answer.target.len, 20);
		assert_int_equal(
			ask(t, codes[i], "\\host\\data", 1, 4096, &answer),
			NT_STATUS_OK);
		assert_int_equal(answer.level, 1);
		assert_int_equal(
			ask(t, codes[i], "\\host\\data", 0, 4096, &answer),
			NT_STATUS_INVALID_PARAMETER);
		assert_int_equal(
			ask(t, codes[i], "\\host\\data", 4, 50, &answer),
			NT_STATUS_BUFFER_OVERFLOW);
		assert_int_equal(
			ask(t, codes[i], "\\host\\IPC$", 4, 4096, &answer),
			NT_STATUS_NOT_FOUND);
		assert_int_equal(ask(t, codes[i], "\\host", 4, 4096, &answer),
				 NT_STATUS_NOT_FOUND);
		assert_int_equal(ask(t, codes[i], "", 4, 4096, &answer),
				 NT_STATUS_NOT_FOUND);
		assert_int_equal(files_fsctl_status(t, files_inherited,
						    codes[i], nothing, 4096),
				 NT_STATUS_INVALID_PARAMETER);
	}
}

/* A CREATE by the path that its header says it is. */
static NTSTATUS create(struct files *t, const char *name, bool dfs)
{
	t->flags = dfs ? SMB2_FLAGS_DFS_OPERATIONS : 0;
	return files_status(t, (struct create_args){.name = name,
						    .access = FILE_READ_DATA,
						    .disposition = FILE_OPEN});
}

static void test_paths(void **state)
{
	struct files *t = *state;

	files_close(t, files_make_dir(t, "d"));
	files_close(t, files_make(t, "d\\f"));
	assert_int_equal(create(t, "host\\data\\d\\f", true), NT_STATUS_OK);
	assert_int_equal(create(t, "\\host\\Data\\d\\f", true), NT_STATUS_OK);
	assert_int_equal(create(t, "host\\data", true), NT_STATUS_OK);
	assert_int_equal(create(t, "d\\f", true), NT_STATUS_OK);
	assert_int_equal(create(t, "host\\data\\d\\f", false),
			 NT_STATUS_OBJECT_PATH_NOT_FOUND);
	assert_int_equal(create(t, "host\\data\\d\\g", true),
			 NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
