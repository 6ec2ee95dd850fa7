/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that others can read are not taken for private ones.
 */
#include "tests/testlib.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/private_file.h"

static struct stat file(mode_t mode, uid_t uid)
{
	return (struct stat){.st_mode = S_IFREG | mode, .st_uid = uid};
}

static void test_modes(void **state)
{
	static const struct {
		mode_t mode;
		bool mine, roots;
	} rows[] = {
		{0600, true, true},   {0400, true, true},
		{0700, true, true},   {0640, false, true},
		{0440, false, true},  {0644, false, false},
		{0660, false, false}, {0604, false, false},
		{0601, false, false}, {0666, false, false},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stat mine = file(rows[i].mode, geteuid());
		struct stat roots = file(rows[i].mode, 0);

		if (geteuid() != 0) {
			assert_int_equal(private_file_exposed(mem_ctx, "f",
							      &mine,
							      "x") == NULL,
					 rows[i].mine);
		}
		assert_int_equal(
			private_file_exposed(mem_ctx, "f", &roots, "x") == NULL,
			rows[i].roots);
	}
	talloc_free(mem_ctx);
}

static void test_owner_and_words(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct stat theirs = file(0600, geteuid() + 7);
	struct stat open_one = file(0644, geteuid());
	struct stat fifo = {.st_mode = S_IFIFO | 0666, .st_uid = 12345};
	char *why = private_file_exposed(mem_ctx, "/k", &theirs, "a key");

	(void)state;
	assert_non_null(why);
	assert_non_null(strstr(why, "/k belongs to another user"));
	why = private_file_exposed(mem_ctx, "/k", &open_one, "a key");
	assert_string_equal(why, "/k is open to others (mode 0644), and in it "
				 "is a key: chmod 600 /k");
	assert_null(private_file_exposed(mem_ctx, "/k", &fifo, "a key"));
	talloc_free(mem_ctx);
}

static void test_paths(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *dir = testlib_tmpdir(mem_ctx);
	char *path = talloc_asprintf(mem_ctx, "%s/f", dir);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_null(private_file_check(mem_ctx, path, "x"));
	assert_int_equal(chmod(path, 0666), 0);
	assert_non_null(private_file_check(mem_ctx, path, "x"));
	assert_non_null(strstr(private_file_writable(mem_ctx, path, "who"),
			       "can be changed by anybody (mode 0666), and it "
			       "says who: chmod o-w "));
	assert_int_equal(chmod(path, 0664), 0);
	assert_null(private_file_writable(mem_ctx, path, "who"));
	assert_null(private_file_writable(mem_ctx, "/nowhere/at/all", "who"));
	assert_null(private_file_check(mem_ctx, "pkcs11:token=x", "x"));
	assert_null(private_file_check(mem_ctx, "/nowhere/at/all", "x"));
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_owner_and_words),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
