/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "client/client_private.h"

#define COLON "\xEF\x80\xA2"
#define DOT   "\xEF\x80\xA9"
#define BACK  "\xEF\x80\xA6"

static void test_to_server(void **state)
{
	static const struct {
		const char *path, *server;
	} rows[] = {
		{"", ""},
		{"a", "a"},
		{"a\\b", "a\\b"},
		{"a:b", "a" COLON "b"},
		{"x.\\a:b\\y", "x" DOT "\\a" COLON "b\\y"},
		{"a\\", "a\\"},
		/* what is mapped stays so */
		{"a" BACK "b:", "a" BACK "b" COLON},
	};
	TALLOC_CTX *tmp = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(path_map_to_server(tmp, true, rows[i].path),
				    rows[i].server);
		assert_string_equal(
			path_map_to_server(tmp, false, rows[i].path),
			rows[i].path);
	}
	assert_string_equal(path_map_pattern(tmp, true, "a:*."),
			    "a" COLON "*.");
	assert_string_equal(path_map_pattern(tmp, false, "a:*"), "a:*");
	talloc_free(tmp);
}

/* By the POSIX extensions: as on the disk, and a '/' between. */
static void test_to_posix(void **state)
{
	static const struct {
		const char *path, *mapped, *plain;
	} rows[] = {
		{"", "", ""},
		{"a\\b", "a/b", "a/b"},
		{"x.\\a:b\\y ", "x./a:b/y ", "x./a:b/y "},
		/* what stands for a backslash, and for others */
		{"a" BACK "b\\c", "a\\b/c", "a\\b/c"},
		{"a" COLON "b" DOT, "a:b.", "a:b."},
		/* never what is no name */
		{"." DOT "\\a", "." DOT "/a", "." DOT "/a"},
		/* bytes that are no UTF-8 cannot be said otherwise */
		{"a\xEF\x9F\xA9:", "a\xEF\x9F\xA9\xEF\x80\xA2",
		 "a\xEF\x9F\xA9:"},
	};
	TALLOC_CTX *tmp = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(path_map_to_posix(tmp, true, rows[i].path),
				    rows[i].mapped);
		assert_string_equal(path_map_to_posix(tmp, false, rows[i].path),
				    rows[i].plain);
	}
	assert_string_equal(path_map_posix_pattern(tmp, true, "a:" BACK),
			    "a:\\");
	assert_string_equal(path_map_posix_pattern(tmp, true, "*"), "*");
	talloc_free(tmp);
}

static void test_too_long(void **state)
{
	char name[5000];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_null(path_map_to_server(NULL, true, name));
	assert_null(path_map_pattern(NULL, true, name));
	assert_null(path_map_to_posix(NULL, true, name));
}

static void check_back(const char *server, const char *path)
{
	TALLOC_CTX *tmp = talloc_new(NULL);

	assert_string_equal(
		path_map_from_server(tmp, true, talloc_strdup(tmp, server)),
		path);
	assert_string_equal(
		path_map_from_server(tmp, false, talloc_strdup(tmp, server)),
		server);
	talloc_free(tmp);
}

static void test_from_server(void **state)
{
	(void)state;
	check_back("a", "a");
	check_back("a" COLON "b", "a:b");
	/* never a separator, never what is not a name */
	check_back("a" BACK "b" COLON, "a" BACK "b" COLON);
	check_back(DOT, DOT);
	check_back("." DOT, "." DOT);
	assert_null(path_map_from_server(NULL, true, NULL));
}

static void check_from_posix(const char *posix, const char *mapped,
			     const char *plain)
{
	TALLOC_CTX *tmp = talloc_new(NULL);

	assert_string_equal(
		path_map_from_posix(tmp, true, talloc_strdup(tmp, posix)),
		mapped);
	assert_string_equal(
		path_map_from_posix(tmp, false, talloc_strdup(tmp, posix)),
		plain);
	talloc_free(tmp);
}

static void test_from_posix(void **state)
{
	(void)state;
	check_from_posix("", "", "");
	check_from_posix("a", "a", "a");
	check_from_posix("..", "..", "..");
	check_from_posix("a:b/c.", "a:b\\c.", "a" COLON "b\\c" DOT);
	check_from_posix("a\\b/c", "a" BACK "b\\c", "a" BACK "b\\c");
	assert_null(path_map_from_posix(NULL, true, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_server),
		cmocka_unit_test(test_to_posix),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_from_server),
		cmocka_unit_test(test_from_posix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
