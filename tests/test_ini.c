/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "smbquic/ini.h"

static struct ini *parse(TALLOC_CTX *mem_ctx, const char *text)
{
	struct ini *ini = ini_parse(mem_ctx, text, strlen(text));

	assert_non_null(ini);
	return ini;
}

static void test_lines(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct ini *ini = parse(mem_ctx, "# a comment \\\n"
					 "[ global ]\r\n"
					 "\tLog Level =  3 \n"
					 "; another\n"
					 "hosts allow = a, \\\n"
					 "    b,\\\r\n"
					 "c\n"
					 "\n"
					 "[data] trailing\n"
					 "path = /x = y # no comment\n");
	const struct ini_line *line = NULL;

	(void)state;
	assert_int_equal(ini_count(ini), 8);
	assert_int_equal(ini_line(ini, 0)->kind, INI_BLANK);
	assert_string_equal(ini_line(ini, 1)->section, "global");
	line = ini_line(ini, 4);
	assert_int_equal(line->kind, INI_KEY);
	assert_int_equal(line->number, 5);
	assert_string_equal(line->value, "a, b, c");
	assert_int_equal(ini_line(ini, 5)->number, 8);
	assert_string_equal(ini_line(ini, 6)->section, "data");
	assert_string_equal(ini_get(ini, "GLOBAL", "loglevel"), "3");
	assert_string_equal(ini_get(ini, "data", "path"),
			    "/x = y # no comment");
	assert_null(ini_get(ini, "data", "log level"));
	assert_true(ini_has_section(ini, "Data"));
	assert_false(ini_has_section(ini, "dat"));
	talloc_free(mem_ctx);
}

static void test_bad_lines(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *why;
	} rows[] = {
		{"[open", 5, "must end with ]"}, {"[ ]", 3, "needs a name"},
		{"just words", 10, "neither"},	 {" = value", 8, "missing"},
		{"a = b\0c", 7, "NUL"},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ini *ini = ini_parse(mem_ctx, rows[i].text, rows[i].len);

		assert_int_equal(ini_count(ini), 1);
		assert_int_equal(ini_line(ini, 0)->kind, INI_BAD);
		assert_non_null(strstr(ini_line(ini, 0)->value, rows[i].why));
	}
	talloc_free(mem_ctx);
}

/* Ends of input in every place a continuation or a BOM may stand. */
static void test_odd_ends(void **state)
{
	static const char text[] = "\xef\xbb\xbf[s]\nk = a\\\nb\\\r\nc \\";
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t len = 0;

	(void)state;
	for (len = 0; len < sizeof(text); len++) {
		char *exact = talloc_memdup(mem_ctx, text, len);

		assert_non_null(ini_parse(mem_ctx, exact, len));
	}
	assert_string_equal(ini_get(parse(mem_ctx, text), "s", "k"),
			    "a b c \\");
	talloc_free(mem_ctx);
}

static void test_edit_keeps_the_rest(void **state)
{
	static const char before[] = "# mine\n"
				     "[one]\n"
				     "\tName = x\n"
				     "\tfuture field = kept\n"
				     "\n"
				     "# about two\n"
				     "[two]\n"
				     "\tname = y\n";
	static const char after[] = "# mine\n"
				    "[one]\n"
				    "\tname = z\n"
				    "\tfuture field = kept\n"
				    "\tflags = None\n"
				    "\n"
				    "# about two\n"
				    "[two]\n"
				    "\n"
				    "[three]\n"
				    "\ta = b c\n";
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct ini *ini = parse(mem_ctx, before);

	(void)state;
	assert_string_equal(ini_text(mem_ctx, ini), before);
	assert_true(ini_set(ini, "ONE", "name", "z"));
	assert_true(ini_set(ini, "one", "flags", "None"));
	ini_unset(ini, "two", "NAME");
	assert_true(ini_set(ini, "three", "a", "b c"));
	assert_string_equal(ini_text(mem_ctx, ini), after);
	assert_string_equal(ini_get(ini, "three", "a"), "b c");

	ini_remove_section(ini, "one");
	assert_false(ini_has_section(ini, "one"));
	assert_string_equal(ini_text(mem_ctx, ini),
			    "# mine\n\n# about two\n[two]\n\n"
			    "[three]\n\ta = b c\n");
	ini_remove_section(ini, "three");
	assert_string_equal(ini_text(mem_ctx, ini),
			    "# mine\n\n# about two\n[two]\n\n");
	talloc_free(mem_ctx);
}

static void test_edit_refuses(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct ini *ini = ini_new(mem_ctx);

	(void)state;
	assert_false(ini_add_section(ini, ""));
	assert_false(ini_add_section(ini, "a]b"));
	assert_false(ini_add_section(ini, "a\nb"));
	assert_false(ini_set(ini, "s", "k", "two\nlines"));
	assert_false(ini_set(ini, "s", "k", "goes on \\"));
	assert_false(ini_set(ini, "s", "k", " blank"));
	assert_false(ini_set(ini, "s", "k=", "v"));
	assert_false(ini_set(ini, "s", "#k", "v"));
	assert_false(ini_set(ini, "s", "", "v"));
	assert_true(ini_set(ini, "s", "k", ""));
	assert_string_equal(ini_get(ini, "s", "k"), "");
	talloc_free(mem_ctx);
}

static void test_many_lines(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct ini *ini = ini_new(mem_ctx);
	int i = 0;

	(void)state;
	for (i = 0; i < 200; i++) {
		char *name = talloc_asprintf(mem_ctx, "s%d", i);

		assert_true(ini_set(ini, name, "number", name + 1));
	}
	for (i = 0; i < 200; i += 2) {
		ini_remove_section(ini, talloc_asprintf(mem_ctx, "s%d", i));
	}
	assert_null(ini_get(ini, "s198", "number"));
	assert_string_equal(ini_get(ini, "s199", "number"), "199");
	talloc_free(mem_ctx);
}

static void test_split(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char **items = ini_split(mem_ctx, " a,b  \"c d\",, \"@my group\"x e");

	(void)state;
	assert_string_equal(items[0], "a");
	assert_string_equal(items[1], "b");
	assert_string_equal(items[2], "c d");
	assert_string_equal(items[3], "@my groupx");
	assert_string_equal(items[4], "e");
	assert_null(items[5]);
	assert_null(ini_split(mem_ctx, "")[0]);
	assert_null(ini_split(mem_ctx, " , ")[0]);
	items = ini_split(mem_ctx, "a,b,c,d,e");
	assert_string_equal(items[4], "e");
	assert_null(items[5]);
	items = ini_split(mem_ctx, "\"open a");
	assert_string_equal(items[0], "open a");
	assert_null(items[1]);
	talloc_free(mem_ctx);
}

static void test_include_path(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(ini_include_path(mem_ctx, "/a/b", "c"), "/a/c");
	assert_string_equal(ini_include_path(mem_ctx, "/a/b", "/c"), "/c");
	assert_string_equal(ini_include_path(mem_ctx, "b", "c"), "c");
	assert_string_equal(ini_include_path(mem_ctx, "/b", "c"), "/c");
	talloc_free(mem_ctx);
}

static void test_bool(void **state)
{
	bool value = false;

	(void)state;
	assert_true(ini_bool("YES", &value));
	assert_true(value);
	assert_true(ini_bool("0", &value));
	assert_false(value);
	assert_false(ini_bool("maybe", &value));
	assert_false(ini_bool("", &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_odd_ends),
		cmocka_unit_test(test_edit_keeps_the_rest),
		cmocka_unit_test(test_edit_refuses),
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_include_path),
		cmocka_unit_test(test_bool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
