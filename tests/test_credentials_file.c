/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/credentials_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/testlib.h"

static char *path;
static struct credentials_file *got;
static char *why;

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	fclose(f);
}

static bool reads(TALLOC_CTX *mem_ctx, const char *text, bool keep_blanks)
{
	write_file(text);
	return credentials_file_read(mem_ctx, path, keep_blanks, &got, &why);
}

static int setup(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	path = talloc_asprintf(mem_ctx, "%s/who", testlib_tmpdir(mem_ctx));
	*state = mem_ctx;
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	talloc_free(*state);
	return 0;
}

static void test_keys(void **state)
{
	assert_true(reads(*state,
			  "# who\n; or\n\n \t\n\tUserName \t=\t me\n"
			  "password = a = b\nDOMAIN=D\nother=x\n",
			  false));
	assert_string_equal(got->user, "me");
	assert_string_equal(got->password, "a = b");
	assert_string_equal(got->domain, "D");
	assert_true(reads(*state, "user=a\npass=b\ndom=c\n", false));
	assert_string_equal(got->user, "a");
	assert_string_equal(got->password, "b");
	assert_string_equal(got->domain, "c");
	assert_true(reads(*state, "workgroup=first\ndomain=second\n", false));
	assert_string_equal(got->domain, "first");
	assert_null(got->user);
	assert_null(got->password);
	assert_true(reads(*state, "password=\n", false));
	assert_string_equal(got->password, "");
	assert_true(reads(*state, "", false));
	assert_null(got->user);
}

static void test_blanks(void **state)
{
	static const char text[] = "password = x \t\r\nuser=me";

	assert_true(reads(*state, text, true));
	assert_string_equal(got->password, "x \t");
	assert_string_equal(got->user, "me");
	assert_true(reads(*state, text, false));
	assert_string_equal(got->password, "x");
}

static void test_refusals(void **state)
{
	char *line = NULL;

	assert_false(reads(*state, "user=x\nnonsense\nuser=y\n", false));
	assert_null(got);
	line = talloc_asprintf(
		*state, "%s:2: not a line like \"username = NAME\"", path);
	assert_string_equal(why, line);
	write_file("user=x\n");
	assert_int_equal(chmod(path, 0644), 0);
	assert_false(credentials_file_read(*state, path, false, &got, &why));
	assert_null(got);
	assert_non_null(strstr(why, path));
	assert_false(
		credentials_file_read(*state, "/no/such", false, &got, &why));
	assert_string_equal(why, "/no/such: No such file or directory");
	assert_false(credentials_file_read(*state, "/", false, &got, &why));
	assert_string_equal(why, "/: Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_blanks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
