/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "smbquic/name_map.h"

static void check_name(const char *local, const char *client)
{
	char out[3 * NAME_MAP_MAX + 1];

	assert_true(name_map_to_smb(local, out, sizeof(out)));
	assert_string_equal(out, client);
	assert_true(name_map_to_disk(client, out, sizeof(out)));
	assert_string_equal(out, local);
}

static void test_mapping(void **state)
{
	char out[64];

	(void)state;
	check_name("plain.txt", "plain.txt");
	check_name("\xC3\xA4", "\xC3\xA4");
	check_name("a:b", "a\xEF\x80\xA2"
			  "b");
	check_name("\"*:<>?\\|",
		   "\xEF\x80\xA0\xEF\x80\xA1\xEF\x80\xA2\xEF\x80\xA3"
		   "\xEF\x80\xA4\xEF\x80\xA5\xEF\x80\xA6\xEF\x80\xA7");
	check_name("\x01\x1F", "\xEF\x80\x81\xEF\x80\x9F");
	check_name("end. ", "end.\xEF\x80\xA8");
	check_name("a. .", "a. \xEF\x80\xA9");
	check_name("caf\xE9", "caf\xEF\x9F\xA9");
	check_name("...", "..\xEF\x80\xA9");
	/* never "." or ".." */
	assert_true(name_map_to_disk("\xEF\x80\xA9", out, sizeof(out)));
	assert_string_equal(out, "\xEF\x80\xA9");
	assert_true(name_map_to_disk(".\xEF\x80\xA9", out, sizeof(out)));
	assert_string_equal(out, ".\xEF\x80\xA9");
	/* only where it leads back: a dot inside, bytes that are UTF-8 */
	assert_true(name_map_to_disk("\xEF\x80\xA9x", out, sizeof(out)));
	assert_string_equal(out, "\xEF\x80\xA9x");
	assert_true(
		name_map_to_disk("\xEF\x9F\x83\xEF\x9E\xA4", out, sizeof(out)));
	assert_string_equal(out, "\xEF\x9F\x83\xEF\x9E\xA4");
	assert_false(name_map_to_smb("abcdef", out, 6));
	assert_false(name_map_to_disk("abcdef", out, 6));
	assert_false(name_map_to_disk("\xFF", out, sizeof(out)));
}

static void check_pattern(const char *disk, const char *smb)
{
	char out[64];

	assert_true(name_map_pattern(disk, out, sizeof(out)));
	assert_string_equal(out, smb);
}

static void test_patterns(void **state)
{
	(void)state;
	check_pattern("*", "*");
	check_pattern("*.", "*.");
	check_pattern("?a:b ", "?a\xEF\x80\xA2"
			       "b ");
	check_pattern("a<*", "a\xEF\x80\xA3*");
	/* without a wildcard it is a name */
	check_pattern("a:", "a\xEF\x80\xA2");
	check_pattern("a.", "a\xEF\x80\xA9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapping),
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
