/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "server/name.h"
#include "smbquic/utf16.h"

static enum name_result parse(TALLOC_CTX *mem_ctx, const char *text,
			      struct name_path *out)
{
	struct wire_slice s = {0};

	assert_true(utf16_from_utf8(mem_ctx, text, &s));
	return name_path_parse(mem_ctx, s.data, s.len, out);
}

static void test_paths(void **state)
{
	static const struct {
		const char *in;
		enum name_result result;
		const char *path, *stream;
		bool directory;
	} table[] = {
		{"", NAME_OK, "", NULL, false},
		{"a", NAME_OK, "a", NULL, false},
		{"a\\b c\\d.e", NAME_OK, "a/b c/d.e", NULL, false},
		{"a\\b\\", NAME_OK, "a/b", NULL, true},
		{"CON", NAME_OK, "CON", NULL, false},
		{"a.", NAME_OK, "a.", NULL, false},
		{"a:s", NAME_OK, "a", "s", false},
		{"d\\a:s:$data", NAME_OK, "d/a", "s", false},
		{"a::$DATA", NAME_OK, "a", NULL, false},
		{"a::$INDEX_ALLOCATION", NAME_OK, "a", NULL, true},
		{"a:$I30:$INDEX_ALLOCATION", NAME_OK, "a", NULL, true},
		{"a:x:$INDEX_ALLOCATION", NAME_INVALID, NULL, NULL, false},
		{"a:s:$OTHER", NAME_INVALID, NULL, NULL, false},
		{"a:s:t:u", NAME_INVALID, NULL, NULL, false},
		{"a:", NAME_INVALID, NULL, NULL, false},
		{":s", NAME_OK, "", "s", false},
		{":s:$DATA", NAME_OK, "", "s", false},
		{"::$DATA", NAME_OK, "", NULL, false},
		{"::$INDEX_ALLOCATION", NAME_OK, "", NULL, true},
		{":", NAME_INVALID, NULL, NULL, false},
		{":s\\a", NAME_INVALID, NULL, NULL, false},
		{"a\\:s", NAME_INVALID, NULL, NULL, false},
		{".\\:s", NAME_INVALID, NULL, NULL, false},
		{"a:s\\b", NAME_INVALID, NULL, NULL, false},
		{"a:s/b", NAME_INVALID, NULL, NULL, false},
		{"a:\x1f*?<>|\"", NAME_OK, "a", "\x1f*?<>|\"", false},
		{"\\a", NAME_LEADING, NULL, NULL, false},
		{"\\", NAME_LEADING, NULL, NULL, false},
		{"a\\\\b", NAME_INVALID, NULL, NULL, false},
		{"a/b", NAME_INVALID, NULL, NULL, false},
		{"a*", NAME_INVALID, NULL, NULL, false},
		{"a?", NAME_INVALID, NULL, NULL, false},
		{"a<b", NAME_INVALID, NULL, NULL, false},
		{"a|b", NAME_INVALID, NULL, NULL, false},
		{"a\"b", NAME_INVALID, NULL, NULL, false},
		{"a\x1f", NAME_INVALID, NULL, NULL, false},
		{"a\\b\\\\", NAME_INVALID, NULL, NULL, false},
		{".", NAME_OK, "", NULL, true},
		{"a\\.", NAME_OK, "a", NULL, true},
		{".\\a\\.\\b", NAME_OK, "a/b", NULL, false},
		{"..", NAME_SYNTAX, NULL, NULL, false},
		{"..\\a", NAME_SYNTAX, NULL, NULL, false},
		{"a\\..\\..\\b", NAME_SYNTAX, NULL, NULL, false},
		{"a\\..\\b", NAME_OK, "b", NULL, false},
		{"a\\b\\..\\cd\\e:s", NAME_OK, "a/cd/e", "s", false},
		{"a\\b\\..\\..", NAME_OK, "", NULL, true},
		{"ab\\cd\\..\\", NAME_OK, "ab", NULL, true},
		{"a\\..:s", NAME_INVALID, NULL, NULL, false},
		{".::$DATA", NAME_INVALID, NULL, NULL, false},
		{"a\\*\\..\\b", NAME_INVALID, NULL, NULL, false},
		{"...", NAME_OK, "...", NULL, false},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct name_path out = {0};
		enum name_result result = parse(mem_ctx, table[i].in, &out);

		if (result != table[i].result) {
			fail_msg("\"%s\": %d", table[i].in, (int)result);
		}
		if (result != NAME_OK) {
			continue;
		}
		assert_string_equal(out.path, table[i].path);
		assert_int_equal(out.directory, table[i].directory);
		assert_int_equal(out.stream != NULL, table[i].stream != NULL);
		if (out.stream != NULL) {
			assert_string_equal(out.stream, table[i].stream);
		}
	}
	talloc_free(mem_ctx);
}

/* As POSIX has it: any name, shown as a store shows it. */
static void test_posix(void **state)
{
	static const struct {
		const char *in;
		enum name_result result;
		const char *path;
		bool directory;
	} table[] = {
		{"", NAME_OK, "", false},
		{"a", NAME_OK, "a", false},
		{"/a/b", NAME_OK, "a/b", false},
		{"a\\b\\", NAME_OK,
		 "a\xef\x80\xa6"
		 "b\xef\x80\xa6",
		 false},
		{" \\ /<?", NAME_OK,
		 " \xef\x80\xa6\xef\x80\xa8/\xef\x80\xa3\xef\x80\xa5", false},
		{"a/b/", NAME_OK, "a/b", true},
		{"a:b", NAME_OK,
		 "a\xef\x80\xa2"
		 "b",
		 false},
		{"a\xef\x80\xa2", NAME_OK, "a\xef\x80\xa2", false},
		{"a.", NAME_OK, "a\xef\x80\xa9", false},
		{".", NAME_INVALID, NULL, false},
		{"a//b", NAME_INVALID, NULL, false},
		{"a/..", NAME_SYNTAX, NULL, false},
		{"\\a", NAME_OK, "\xef\x80\xa6\x61", false},
		{"..\\a", NAME_OK, "..\xef\x80\xa6\x61", false},
		{"a/..\\..", NAME_OK, "a/..\xef\x80\xa6.\xef\x80\xa9", false},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct name_path out = {0};
		struct wire_slice s = {0};
		enum name_result result = NAME_OK;

		assert_true(utf16_from_utf8(mem_ctx, table[i].in, &s));
		result = name_posix_parse(mem_ctx, s.data, s.len, &out);
		if (result != table[i].result) {
			fail_msg("\"%s\": %d", table[i].in, (int)result);
		}
		if (result == NAME_OK) {
			assert_string_equal(out.path, table[i].path);
			assert_int_equal(out.directory, table[i].directory);
			assert_null(out.stream);
		}
	}
	talloc_free(mem_ctx);
}

static void test_limits(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct name_path out = {0};
	const uint8_t surrogate[] = {0x00, 0xD8};
	const uint8_t odd[] = {'a', 0, 'b'};
	char name[300];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[255] = '\0';
	assert_int_equal(parse(mem_ctx, name, &out), NAME_OK);
	name[255] = 'x';
	name[256] = '\0';
	assert_int_equal(parse(mem_ctx, name, &out), NAME_INVALID);
	assert_int_equal(name_path_parse(mem_ctx, surrogate, 2, &out),
			 NAME_INVALID);
	assert_int_equal(name_path_parse(mem_ctx, odd, 3, &out), NAME_INVALID);
	talloc_free(mem_ctx);
}

static void test_parts(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(name_last("a/b"), "b");
	assert_string_equal(name_last("b"), "b");
	assert_string_equal(name_parent(mem_ctx, "a/b/c"), "a/b");
	assert_string_equal(name_parent(mem_ctx, "c"), "");
	assert_string_equal(name_to_client(mem_ctx, "a/b/c"), "a\\b\\c");
	assert_string_equal(name_below("a/b", "a"), "b");
	assert_string_equal(name_below("a", "a"), "");
	assert_string_equal(name_below("a/b", ""), "a/b");
	assert_null(name_below("ab", "a"));
	assert_null(name_below("a", "a/b"));
	assert_true(name_equal("\xC3\xA4.TXT", "\xC3\x84.txt"));
	assert_false(name_equal("a", "b"));
	assert_true(name_component_valid("a b"));
	assert_false(name_component_valid(""));
	talloc_free(mem_ctx);
}

static struct name_pattern *pattern_of(TALLOC_CTX *mem_ctx, const char *text)
{
	struct wire_slice s = {0};

	assert_true(utf16_from_utf8(mem_ctx, text, &s));
	return name_pattern_new(mem_ctx, s.data, s.len);
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool match;
	} table[] = {
		{"*", "anything", true},
		{"*", "", true},
		{"a*", "ABC", true},
		{"a*", "bc", false},
		{"*c", "abc", true},
		{"*c", "abcd", false},
		{"*b*", "abc", true},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"?", "a", true},
		{"?", "", false},
		{"?", "ab", false},
		{"a?c", "abc", true},
		{"???", "ab", false},
		{"*.*", "a.b", true},
		{"*.*", "a", false},
		{"\xC3\xA4*", "\xC3\x84pfel", true},
		{"?", "\xF0\x9F\x98\x80", true},
		/* DOS_STAR: up to the last dot */
		{"<.txt", "a.b.txt", true},
		{"<.txt", "a.txt.b", false},
		{"<", "a", true},
		{"<", "a.b", false},
		{"<.", "a.", true},
		{"<\"", "a", true},
		{"<\"*", "a.b", true},
		{"<\"*", "a", true},
		{"<.b", "a.b", true},
		/* DOS_QM: one, or none before a dot and at the end */
		{">>>", "a", true},
		{">>>", "abc", true},
		{">>>", "abcd", false},
		{">>>.txt", "a.txt", true},
		{">>>\">>>", "abc.tx", true},
		{">>>\">>>", "abc", true},
		{">>>\">>>", "abcd.tx", false},
		{">>>>>>>>.>>>", "file.txt", true},
		{"a>c", "ac", false},
		{"a>", "a.", true},
		/* DOS_DOT: a dot, or the end */
		{"a\"", "a", true},
		{"a\"", "a.", true},
		{"a\"", "ab", false},
		{"a\"b", "a.b", true},
		{"a\"b", "ab", false},
		{"literal", "LITERAL", true},
		{"literal", "literals", false},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct name_pattern *p = pattern_of(mem_ctx, table[i].pattern);

		assert_non_null(p);
		if (name_pattern_match(p, table[i].name) != table[i].match) {
			fail_msg("\"%s\" and \"%s\"", table[i].pattern,
				 table[i].name);
		}
	}
	talloc_free(mem_ctx);
}

static void test_pattern_kinds(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char stars[600];
	char as[256];

	(void)state;
	assert_true(name_pattern_all(pattern_of(mem_ctx, "*")));
	assert_false(name_pattern_all(pattern_of(mem_ctx, "*.*")));
	assert_string_equal(name_pattern_literal(pattern_of(mem_ctx, "a.B")),
			    "a.B");
	assert_null(name_pattern_literal(pattern_of(mem_ctx, "a\"")));
	assert_null(pattern_of(mem_ctx, "a\\b"));
	assert_null(pattern_of(mem_ctx, "a/b"));
	assert_null(pattern_of(mem_ctx, "a:b"));
	assert_null(pattern_of(mem_ctx, ""));
	/* what takes for ever when it is done by trying */
	memset(stars, 0, sizeof(stars));
	for (size_t i = 0; i < 500; i += 2) {
		stars[i] = '*';
		stars[i + 1] = 'a';
	}
	stars[500] = 'b';
	memset(as, 'a', 255);
	as[255] = '\0';
	assert_false(name_pattern_match(pattern_of(mem_ctx, stars), as));
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_posix),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_pattern_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
