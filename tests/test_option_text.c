/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options with a text: the last one counts, and no other stays in memory. */
#include <malloc.h>
#include <string.h>

#include "smbquic/option_text.h"
#include "tests/testlib.h"

#define LONG 100000

static struct texts {
	int flag;
	char *first;
	char *second;
} texts;

static const struct poptOption table[] = {
	{"first", 'f', POPT_ARG_STRING, OPTION_TEXT(texts, first), "a", "A"},
	{"flag", 'x', POPT_ARG_NONE, NULL, 7, "b", NULL},
	{"second", 's', POPT_ARG_STRING, OPTION_TEXT(texts, second), "c", "C"},
	POPT_TABLEEND,
};

static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static int teardown(void **state)
{
	(void)state;
	free(texts.first);
	free(texts.second);
	texts = (struct texts){0};
	return 0;
}

static void test_last_counts(void **state)
{
	const char *argv[] = {"me",  "--first=1", "-f", "2", "-x",
			      "-s3", "-f",	  "4",	"5"};
	poptContext context = poptGetContext("me", 9, argv, table, 0);

	(void)state;
	assert_int_equal(option_text_next(context, &texts), 7);
	assert_string_equal(texts.first, "2");
	assert_null(texts.second);
	assert_int_equal(option_text_next(context, &texts), -1);
	assert_string_equal(texts.first, "4");
	assert_string_equal(texts.second, "3");
	assert_string_equal(poptGetArg(context), "5");
	poptFreeContext(context);
}

static void test_unknown(void **state)
{
	const char *argv[] = {"me", "-f", "1", "--third"};
	poptContext context = poptGetContext("me", 4, argv, table, 0);

	(void)state;
	assert_int_equal(option_text_next(context, &texts), POPT_ERROR_BADOPT);
	assert_string_equal(texts.first, "1");
	poptFreeContext(context);
}

/* Under a sanitizer, which counts by itself, in_use() is 0. */
static void test_no_other_stays(void **state)
{
	char *text = malloc(LONG + 1);
	const char *argv[] = {"me", "-f", text, "-f", text, "-f", text};
	poptContext context = NULL;
	size_t before = 0;

	(void)state;
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	before = in_use();
	context = poptGetContext("me", 7, argv, table, 0);
	assert_int_equal(option_text_next(context, &texts), -1);
	poptFreeContext(context);
	assert_in_range(in_use() - before, 0, 2 * LONG);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_last_counts, teardown),
		cmocka_unit_test_teardown(test_unknown, teardown),
		cmocka_unit_test_teardown(test_no_other_stays, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
