/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "server/short_name.h"

static void test_is(void **state)
{
	static const char *const are[] = {"A", "readme.txt", "ABCDEFGH.IJK",
					  "a~1.x", "_$%.1"};
	static const char *const are_not[] = {
		"",	  ".",	 "..",	  ".profile", "ABCDEFGHI",
		"a.text", "a b", "a.b.c", "a.",	      "\xC3\xA4.txt",
		"a+b",	  "a,b", "a=b",	  "a[1]"};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(are) / sizeof(are[0]); i++) {
		assert_true(short_name_is(are[i]));
	}
	for (i = 0; i < sizeof(are_not) / sizeof(are_not[0]); i++) {
		assert_false(short_name_is(are_not[i]));
	}
}

static void check(const char *name, const char *start, const char *end)
{
	char made[SHORT_NAME_MAX + 1];
	char again[SHORT_NAME_MAX + 1];
	size_t len = 0;

	short_name_of(name, made);
	short_name_of(name, again);
	len = strlen(made);
	assert_string_equal(made, again);
	assert_true(short_name_is(made));
	assert_true(short_name_made(made));
	assert_true(short_name_matches(name, made));
	assert_memory_equal(made, start, strlen(start));
	assert_string_equal(made + len - strlen(end), end);
}

static void test_made(void **state)
{
	char made[SHORT_NAME_MAX + 1];

	(void)state;
	check("verylongfilename", "V", "");
	check("A long name.document", "A", ".DOC");
	check("archive.tar.gz", "A", ".GZ");
	check("\xC3\xA4rger", "_", "");
	check(".profile", "_", "");
	check("name.t\xC3\xA4xt", "N", ".TXT");
	check(" x", "_", "");
	check("trailing.", "T", "");
	short_name_of("readme.txt", made);
	assert_string_equal(made, "README.TXT");
	assert_false(short_name_made("readme.txt"));
	assert_true(short_name_matches("readme.txt", "README.txt"));
	assert_false(short_name_matches("verylongfilename", "VERYLO~1"));
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* They are few enough that are the same: none in a thousand. */
static void test_different(void **state)
{
	static char all[1000][SHORT_NAME_MAX + 1];
	char name[64];
	size_t i = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "A rather long name %u",
			 (unsigned)i);
		short_name_of(name, all[i]);
	}
	qsort(all, 1000, sizeof(all[0]), compare);
	for (i = 1; i < 1000; i++) {
		assert_string_not_equal(all[i - 1], all[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
