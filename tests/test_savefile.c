/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/testlib.h"
#include "smbquic/savefile.h"

static int setup(void **state)
{
	*state = testlib_tmpdir(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static char *in_dir(void **state, const char *name)
{
	return talloc_asprintf(*state, "%s/%s", (char *)*state, name);
}

static mode_t mode_of(const char *path)
{
	struct stat st = {0};

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void test_write_and_read(void **state)
{
	char *path = in_dir(state, "a");
	struct savefile_stamp stamp = {0};
	struct stat st = {0};
	size_t len = 99;
	char *text = NULL;

	assert_null(savefile_read(*state, path, 100, &len, NULL));
	assert_int_equal(errno, ENOENT);

	assert_int_equal(savefile_write(path, 0600, false, "x\0y", 3), 0);
	assert_int_equal(mode_of(path), 0600);
	text = savefile_read(*state, path, 3, &len, &st);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "x\0y", 4);
	assert_null(savefile_read(*state, path, 2, &len, NULL));
	assert_int_equal(errno, EFBIG);

	stamp = savefile_stamp(&st);
	assert_false(savefile_changed(path, &stamp));
	assert_int_equal(savefile_write(path, 0600, false, "x\0z", 3), 0);
	assert_true(savefile_changed(path, &stamp));
	unlink(path);
	assert_true(savefile_changed(path, &stamp));

	assert_int_equal(savefile_write(path, 0600, false, "", 0), 0);
	assert_string_equal(savefile_read(*state, path, 0, &len, NULL), "");
	assert_int_equal(len, 0);
}

static void test_mode(void **state)
{
	char *path = in_dir(state, "mode");

	assert_int_equal(savefile_write(path, 0600, false, "a", 1), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(savefile_write(path, 0600, false, "b", 1), 0);
	assert_int_equal(mode_of(path), 0640);
	assert_int_equal(savefile_write(path, 0600, true, "c", 1), 0);
	assert_int_equal(mode_of(path), 0600);
}

static void test_symbolic_link(void **state)
{
	char *real = in_dir(state, "real");
	char *name = in_dir(state, "link");
	struct stat st = {0};
	size_t len = 0;

	assert_int_equal(savefile_write(real, 0600, false, "a", 1), 0);
	assert_int_equal(symlink("real", name), 0);
	assert_int_equal(savefile_write(name, 0600, false, "b", 1), 0);
	assert_int_equal(lstat(name, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_string_equal(savefile_read(*state, real, 9, &len, NULL), "b");
}

static void test_not_a_file(void **state)
{
	char *fifo = in_dir(state, "fifo");
	char *nowhere = in_dir(state, "no/where");
	size_t len = 0;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_null(savefile_read(*state, fifo, 9, &len, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(savefile_read(*state, *state, 9, &len, NULL));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(savefile_write(nowhere, 0600, false, "a", 1), ENOENT);
}

static void test_lock(void **state)
{
	char *path = in_dir(state, "locked");
	int fd = savefile_lock(path);
	pid_t pid = 0;

	assert_int_not_equal(fd, -1);
	pid = fork();
	if (pid == 0) {
		usleep(200 * 1000);
		_exit(0); /* its copy of the descriptor goes too */
	}
	close(fd);
	/* The child still holds the lock: this one waits for it. */
	fd = savefile_lock(path);
	assert_int_not_equal(fd, -1);
	assert_int_equal(access(path, F_OK), -1);
	close(fd);
	fd = savefile_lock(in_dir(state, "new/file"));
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(savefile_lock(in_dir(state, "two/new/file")), -1);
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_symbolic_link),
		cmocka_unit_test(test_not_a_file),
		cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
