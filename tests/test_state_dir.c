/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/state_dir.h"

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

static struct state_dir *opened(void **state, const char *path)
{
	char *why = NULL;
	struct state_dir *dir = state_dir_open(*state, path, &why);

	if (dir == NULL) {
		fail_msg("%s", why);
	}
	return dir;
}

static void assert_refused(void **state, const char *path, const char *words)
{
	char *why = NULL;

	assert_null(state_dir_open(*state, path, &why));
	assert_non_null(why);
	if (strstr(why, words) == NULL || strstr(why, path) == NULL) {
		fail_msg("no \"%s\" in: %s", words, why);
	}
}

static void test_made_with_its_parents(void **state)
{
	char *path = in_dir(state, "a/b/c/");
	struct state_dir *dir = opened(state, path);

	assert_int_equal(mode_of(path), 0700);
	assert_int_equal(mode_of(in_dir(state, "a")), 0700);
	assert_int_equal(mode_of(in_dir(state, "a/b/c/lock")), 0600);
	assert_string_equal(state_dir_path(*state, dir, "x"),
			    talloc_asprintf(*state, "%s/x", path));
	talloc_free(dir);
	assert_non_null(opened(state, path));
}

static void test_same_bytes_again(void **state)
{
	char *path = in_dir(state, "s");
	struct state_dir *dir = opened(state, path);
	char *file = state_dir_path(*state, dir, "guid");
	uint8_t first[16] = {0};
	uint8_t other[32] = {0};
	uint8_t again[32] = {0};
	struct stat st = {0};

	assert_int_equal(state_dir_secret(dir, "guid", first, 16), 0);
	assert_int_equal(state_dir_secret(dir, "other", other, 32), 0);
	assert_memory_not_equal(first, other, 16);
	assert_int_equal(mode_of(file), 0600);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, 33);
	talloc_free(dir);

	dir = opened(state, path);
	assert_int_equal(state_dir_secret(dir, "guid", again, 16), 0);
	assert_memory_equal(first, again, 16);
	assert_int_equal(state_dir_secret(dir, "other", again, 32), 0);
	assert_memory_equal(other, again, 32);
}

static void test_bad_files_are_made_anew(void **state)
{
	static const char *const texts[] = {
		"",
		"0123456789abcdef0123456789abcdef", /* no end of line */
		"0123456789abcdef0123456789abcde\n",
		"0123456789abcdef0123456789abcdeg\n",
		"0123456789ABCDEF0123456789ABCDEF\n",
		"0123456789abcdef0123456789abcdef\n\n",
	};
	struct state_dir *dir = opened(state, in_dir(state, "s"));
	char *file = state_dir_path(*state, dir, "guid");
	uint8_t bytes[16] = {0};
	uint8_t again[16] = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *f = fopen(file, "w");

		fputs(texts[i], f);
		fclose(f);
		memset(bytes, 0, sizeof(bytes));
		assert_int_equal(state_dir_secret(dir, "guid", bytes, 16), 0);
		assert_int_equal(state_dir_secret(dir, "guid", again, 16), 0);
		assert_memory_equal(bytes, again, 16);
		memset(again, 0, sizeof(again));
		assert_memory_not_equal(bytes, again, 16);
	}
	assert_int_equal(truncate(file, 1 << 20), 0);
	assert_int_equal(state_dir_secret(dir, "guid", again, 16), 0);
	assert_memory_not_equal(bytes, again, 16);
}

/* What others could read is no secret. */
static void test_open_files_are_made_anew(void **state)
{
	struct state_dir *dir = opened(state, in_dir(state, "s"));
	char *file = state_dir_path(*state, dir, "k");
	uint8_t bytes[32] = {0};
	uint8_t again[32] = {0};

	assert_int_equal(state_dir_secret(dir, "k", bytes, 32), 0);
	assert_int_equal(chmod(file, 0640), 0);
	assert_int_equal(state_dir_secret(dir, "k", again, 32), 0);
	assert_memory_not_equal(bytes, again, 32);
	assert_int_equal(mode_of(file), 0600);
}

static void test_bytes_that_cannot_stay(void **state)
{
	static const uint8_t none[32];
	struct state_dir *dir = opened(state, in_dir(state, "s"));
	uint8_t bytes[32] = {0};
	uint8_t again[32] = {0};

	assert_int_equal(state_dir_secret(NULL, "k", bytes, 32), 0);
	assert_int_equal(state_dir_secret(NULL, "k", again, 32), 0);
	assert_memory_not_equal(bytes, again, 32);

	assert_int_equal(mkdir(state_dir_path(*state, dir, "k"), 0700), 0);
	memset(bytes, 0, sizeof(bytes));
	assert_int_not_equal(state_dir_secret(dir, "k", bytes, 32), 0);
	assert_memory_not_equal(bytes, none, 32);
}

static void test_refused(void **state)
{
	char *file = in_dir(state, "file");
	char *wide = in_dir(state, "wide");
	FILE *f = fopen(file, "w");

	fclose(f);
	assert_refused(state, file, "Not a directory");
	assert_refused(state, in_dir(state, "file/below"), "Not a directory");
	assert_int_equal(mkdir(wide, 0700), 0);
	assert_int_equal(chmod(wide, 0770), 0);
	assert_refused(state, wide, "others than its owner");
	assert_int_equal(chmod(wide, 0755), 0);
	assert_non_null(opened(state, wide));
	assert_refused(state, "/proc/nowhere/state", "");
}

static void test_of_another_user(void **state)
{
	char *path = in_dir(state, "theirs");

	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_refused(state, path, "another user");
}

static void test_one_process_at_a_time(void **state)
{
	char *path = in_dir(state, "s");
	struct state_dir *dir = opened(state, path);

	assert_refused(state, path, "another smbquicd");
	talloc_free(dir);
	assert_non_null(opened(state, path));
}

/* In a child: the environment and the user are its own. */
static void assert_default(const char *xdg, const char *home, bool root,
			   const char *expected)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		char *path = NULL;

		if (!root && geteuid() == 0 && setuid(65534) != 0) {
			_exit(2);
		}
		xdg == NULL ? unsetenv("XDG_STATE_HOME")
			    : setenv("XDG_STATE_HOME", xdg, 1);
		home == NULL ? unsetenv("HOME") : setenv("HOME", home, 1);
		path = state_dir_default(NULL, "/system");
		_exit(path == NULL || strcmp(path, expected) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_default(void **state)
{
	(void)state;
	assert_default("/x", "/h", false, "/x/smbquic");
	assert_default(NULL, "/h", false, "/h/.local/state/smbquic");
	assert_default("", "/h", false, "/h/.local/state/smbquic");
	assert_default("relative", "/h", false, "/h/.local/state/smbquic");
	if (geteuid() == 0) {
		assert_default("/x", "/h", true, "/system");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made_with_its_parents,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_bytes_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_bad_files_are_made_anew,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_open_files_are_made_anew,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes_that_cannot_stay,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_of_another_user, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_one_process_at_a_time,
						setup, teardown),
		cmocka_unit_test(test_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
