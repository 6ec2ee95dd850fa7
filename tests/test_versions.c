/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths into previous versions; lists of them are in tests/321. */
#include "tests/testlib.h"

#include <stdio.h>
#include <string.h>

#include "client/client_private.h"

#define TOKEN "@GMT-2024.01.02-03.04.05"
#define WHEN  1704164645 /* date -u -d '2024-01-02 03:04:05' +%s */

static void check(const char *path, const char *rest, time_t when)
{
	char copy[200] = "";
	NTTIME got = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	got = snapshot_take(copy);
	assert_string_equal(copy, rest);
	if (when == 0) {
		assert_int_equal(got, 0);
	} else {
		assert_int_equal(nttime_to_unix(got), when);
	}
}

static void test_paths(void **state)
{
	(void)state;
	check(TOKEN, "", WHEN);
	check(TOKEN "\\a\\b", "a\\b", WHEN);
	check("a\\" TOKEN "\\b", "a\\b", WHEN);
	check("a\\b\\" TOKEN, "a\\b", WHEN);
	/* only the first one counts */
	check(TOKEN "\\" TOKEN, TOKEN, WHEN);
}

static void test_none(void **state)
{
	static const char *const paths[] = {
		"",
		"a",
		"a\\b",
		"@GMT-",
		"@GMT-2024.01.02-03.04.0",
		"@GMT-2024.01.02-03.04.0x",
		"@GMT-2024.13.02-03.04.05",
		"@GMT-1969.01.02-03.04.05",
		"@gmt-2024.01.02-03.04.05",
		"x" TOKEN,
		TOKEN "x",
		TOKEN "x\\a",
		"a\\x" TOKEN "\\a",
		"\\",
		"a\\\\b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		check(paths[i], paths[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
