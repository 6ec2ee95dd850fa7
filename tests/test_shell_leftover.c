/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "client/shell_transfer.h"

#define DAY ((NTTIME)24 * 3600 * 10000000)
#define NOW ((NTTIME)0x01DC000000000000)

static void test_name(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *one = shell_leftover_name(tmp, "a\\b\\c");
	char *two = shell_leftover_name(tmp, "a\\b\\c");
	char *top = shell_leftover_name(tmp, "c");

	(void)state;
	assert_int_equal(strncmp(one, "a\\b\\.smbquic-", 13), 0);
	assert_int_equal(strncmp(top, ".smbquic-", 9), 0);
	assert_int_equal(strlen(top), 9 + 8 + 16);
	assert_string_not_equal(one, two);
	talloc_free(tmp);
}

static void test_ours_after_ten_minutes(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *name = shell_leftover_name(tmp, "c");

	(void)state;
	assert_false(shell_leftover_is_stale(name, NOW, NOW));
	assert_false(shell_leftover_is_stale(name, 0, NOW));
	assert_false(shell_leftover_is_stale(name, NOW - DAY / 144, NOW));
	assert_true(shell_leftover_is_stale(name, NOW - DAY / 144 - 1, NOW));
	name[strlen(name) - 1] = '\0';
	assert_false(shell_leftover_is_stale(name, NOW - DAY, NOW));
	talloc_free(tmp);
}

static void test_others_after_a_day(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char *name = shell_leftover_name(tmp, "c");

	(void)state;
	name[9] = name[9] == '0' ? '1' : '0';
	assert_false(shell_leftover_is_stale(name, NOW, NOW));
	assert_false(shell_leftover_is_stale(name, NOW - DAY, NOW));
	assert_true(shell_leftover_is_stale(name, NOW - DAY - 1, NOW));
	/* no time, and one of a clock that is ahead */
	assert_false(shell_leftover_is_stale(name, 0, NOW));
	assert_false(shell_leftover_is_stale(name, NOW + 2 * DAY, NOW));
	talloc_free(tmp);
}

static void test_other_files(void **state)
{
	static const char *const names[] = {
		"",
		".smbquic-",
		".smbquic",
		"smbquic-0123456789abcdef01234567",
		".smbquic-0123456789abcdef0123456",
		".smbquic-0123456789abcdef012345678",
		".smbquic-0123456789ABCDEF01234567",
		".smbquic-0123456789abcdef0123456.",
		".smbquic-my notes of the summer!",
		".smbquic-Xk29af",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_false(
			shell_leftover_is_stale(names[i], NOW - 9 * DAY, NOW));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_ours_after_ten_minutes),
		cmocka_unit_test(test_others_after_a_day),
		cmocka_unit_test(test_other_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
