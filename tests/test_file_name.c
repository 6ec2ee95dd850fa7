/* SPDX-License-Identifier: GPL-3.0-or-later */
/* file_name.c: names of what is open, and what is asked of all of them. */
#include "tests/fixture_files.h"

#include "server/file.h"

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

static struct file_open *open_of(struct files *t, struct smb2_file_id id)
{
	struct open *open =
		open_find(t->session, id.persistent_id, id.volatile_id);

	return open != NULL ? open->file : NULL;
}

/* What changes is remembered for a while; after that, anything may have. */
static void test_names_touched(void **state)
{
	struct files *t = *state;
	struct file_table *files = t->session->server->files;
	const struct store *store = t->tree->store;
	uint64_t before = file_names_touched(files);

	assert_false(file_name_touched(files, store, "a/b", before));
	file_name_touch(files, store, "a/b");
	assert_true(file_name_touched(files, store, "a/b", before));
	assert_true(file_name_touched(files, store, "a/b/c", before));
	assert_false(file_name_touched(files, store, "a", before));
	assert_false(file_name_touched(files, store, "a/bc", before));
	assert_false(file_name_touched(files, store, "a/b", before + 1));
	assert_false(file_name_touched(files, NULL, "a/b", before));
	for (int i = 0; i < 64; i++) {
		file_name_touch(files, store, "x");
	}
	assert_true(file_name_touched(files, store, "z", before));
}

static void test_names_follow_rename(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "f", .disposition = FILE_CREATE};
	struct smb2_file_id first = files_open(t, a);
	struct smb2_file_id second = {0};

	a.disposition = FILE_OPEN;
	second = files_open(t, a);
	assert_int_equal(
		files_rename(t, first, FileRenameInformation, "g", false),
		NT_STATUS_OK);
	assert_string_equal(open_of(t, second)->name->path, "g");
	assert_int_equal(files_disposition(t, second, true), NT_STATUS_OK);
	files_close(t, first);
	files_close(t, second);
	a.name = "g";
	assert_int_equal(files_status(t, a), NT_STATUS_OBJECT_NAME_NOT_FOUND);
}

/* What is open below a directory, and whether the directory is to go. */
static void test_below(void **state)
{
	struct files *t = *state;
	struct create_args a = {.name = "d",
				.disposition = FILE_CREATE,
				.options = FILE_DIRECTORY_FILE};
	struct smb2_file_id dir = files_open(t, a);
	struct file_open *fo = open_of(t, dir);
	struct smb2_file_id below = {0};

	assert_null(file_first_below(fo));
	a = (struct create_args){.name = "de", .disposition = FILE_CREATE};
	files_close(t, files_open(t, a));
	assert_null(file_first_below(fo));
	a.name = "d\\f";
	below = files_open(t, a);
	assert_ptr_equal(file_first_below(fo), open_of(t, below));
	assert_false(file_below_deleted(t->session->server->files,
					open_of(t, below)->handle));
	assert_int_equal(files_disposition(t, dir, true),
			 NT_STATUS_DIRECTORY_NOT_EMPTY);
	file_delete_pending(fo, true);
	assert_true(file_below_deleted(t->session->server->files,
				       open_of(t, below)->handle));
	assert_false(file_below_deleted(t->session->server->files, fo->handle));
	file_delete_pending(fo, false);
	assert_false(file_below_deleted(t->session->server->files,
					open_of(t, below)->handle));
	files_close(t, below);
	files_close(t, dir);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names_touched),
		TEST(test_names_follow_rename),
		TEST(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
