/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "client/shell.h"

static void check(const char *colours, const char *name, uint32_t attributes,
		  const char *want)
{
	const char *sgr = NULL;
	size_t len = 0;
	bool found = shell_colour(colours, name, attributes, &sgr, &len);

	if (want == NULL) {
		assert_false(found);
		return;
	}
	assert_true(found);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(sgr, want, len);
}

static void test_colours(void **state)
{
	static const char usual[] =
		"rs=0:di=01;34:ln=01;36:fi=00:*.tar=01;31:*.gz=01;32";
	const uint32_t folder = FILE_ATTRIBUTE_DIRECTORY;
	const uint32_t link = FILE_ATTRIBUTE_REPARSE_POINT;

	(void)state;
	check(usual, "a", folder, "01;34");
	check(usual, "a.tar", folder, "01;34");
	check(usual, "a.tar", folder | link, "01;36");
	check(usual, "a.tar", 0, "01;31");
	check(usual, "A.TAR", 0, "01;31");
	check(usual, "a.tar.gz", FILE_ATTRIBUTE_ARCHIVE, "01;32");
	check(usual, "a", 0, "00");
	check("*.tar=31:fi=32", "a.tar", 0, "31");
	check("di=34:di=35", "a", folder, "35");
}

static void test_none(void **state)
{
	(void)state;
	check(NULL, "a", 0, NULL);
	check("", "a", 0, NULL);
	check("di", "a", FILE_ATTRIBUTE_DIRECTORY, NULL);
	check("di=", "a", FILE_ATTRIBUTE_DIRECTORY, NULL);
	check("=1", "a", FILE_ATTRIBUTE_DIRECTORY, NULL);
	check("*=1", "a", 0, NULL);
	check("::di=34::", "a", 0, NULL);
	check("*.tar=31", "tar", 0, NULL);
	/* nothing else steers the terminal */
	check("di=target", "a", FILE_ATTRIBUTE_DIRECTORY, NULL);
	check("di=1m\033[2J", "a", FILE_ATTRIBUTE_DIRECTORY, NULL);
	check("di=1;2;3;4;5;6;7;8;9;1;2;3;4;5;6;7;8", "a",
	      FILE_ATTRIBUTE_DIRECTORY, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
