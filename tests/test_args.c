/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "certs/command.h"

/* Of main.c, which is no part of the archive. */
static char said[256];

int command_misused(const struct args *args, const char *format, ...)
{
	va_list list;

	(void)args;
	va_start(list, format);
	vsnprintf(said, sizeof(said), format, list);
	va_end(list);
	return STATUS_USAGE;
}

static int nothing(struct args *args)
{
	(void)args;
	return STATUS_DONE;
}

static const struct command commands[] = {
	{
		.name = "new",
		.cmdlet = "New-SmbThing",
		.run = nothing,
		.positional = {PARAM_NAME, PARAM_THUMBPRINT, PARAM_NONE},
		.required = BIT(PARAM_NAME),
		.allowed = BIT(PARAM_THUMBPRINT) | BIT(PARAM_STORE_NAME) |
			   BIT(PARAM_SUBJECT) | BIT(PARAM_FORCE) |
			   BIT(PARAM_CERTIFICATE),
	},
	{
		.name = "make",
		.run = nothing,
		.positional = {PARAM_PURPOSE, PARAM_NONE},
		.allowed = BIT(PARAM_PURPOSE) | BIT(PARAM_DAYS),
	},
	{.name = NULL},
};

#define MAX_WORDS 12

/* @param line  words with a blank between. @return as args_parse(). */
static int parse(TALLOC_CTX *mem_ctx, const char *line, struct args **out)
{
	struct args *args = talloc_zero(mem_ctx, struct args);
	char *argv[MAX_WORDS] = {talloc_strdup(args, PROGRAM)};
	char *save = NULL;
	char *copy = talloc_strdup(args, line);
	int argc = 1;

	for (char *word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		assert_true(argc < MAX_WORDS);
		argv[argc++] = word;
	}
	said[0] = '\0';
	*out = args;
	return args_parse(args, commands, argc, argv);
}

/* All ways to write one thing. */
static void test_spellings(void **state)
{
	static const char *const lines[] = {
		"new a --store-name My",      "new a --store-name=My",
		"new a -StoreName My",	      "new a -StoreName:My",
		"new a --STORE_NAME=My",      "new a -storen My",
		"new --name a -StoreName My", "--name=a new --store-n My",
		"New-SmbThing a -st My",      "new-smbthing -st My -- a",
	};
	struct args *args = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (parse(*state, lines[i], &args) != STATUS_DONE) {
			fail_msg("%s: %s", lines[i], said);
		}
		assert_string_equal(args->command->name, "new");
		assert_string_equal(args_text(args, PARAM_NAME), "a");
		assert_string_equal(args_text(args, PARAM_STORE_NAME), "My");
	}
}

static void test_lists(void **state)
{
	struct args *args = NULL;
	char *const *list = NULL;

	/* a list of commas is one over several words, too */
	assert_int_equal(parse(*state,
			       "new a,b --name=c --subject=CN=x,O=y "
			       "--subject=z 11,22 33",
			       &args),
			 STATUS_DONE);
	list = args_list(args, PARAM_NAME);
	assert_string_equal(list[0], "a");
	assert_string_equal(list[1], "b");
	assert_string_equal(list[2], "c");
	assert_null(list[3]);
	list = args_list(args, PARAM_SUBJECT);
	assert_string_equal(list[0], "CN=x,O=y");
	assert_string_equal(list[1], "z");
	assert_null(list[2]);
	list = args_list(args, PARAM_THUMBPRINT);
	assert_string_equal(list[1], "22");
	assert_string_equal(list[2], "33");
	assert_null(list[3]);
	assert_false(args_given(args, PARAM_CERTIFICATE));
	assert_null(args_text(args, PARAM_CERTIFICATE));
	assert_null(args_list(args, PARAM_CERTIFICATE)[0]);
}

static void test_switches(void **state)
{
	static const struct {
		const char *line;
		bool on;
	} rows[] = {
		{"new a", false},
		{"new a --force", true},
		{"new a -Force", true},
		{"new a -Force:$true", true},
		{"new a -Force:$false", false},
		{"new a --force=no", false},
		{"new a --force=yes", true},
	};
	struct args *args = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(*state, rows[i].line, &args),
				 STATUS_DONE);
		if (args_switch(args, PARAM_FORCE) != rows[i].on) {
			fail_msg("%s", rows[i].line);
		}
	}
	/* help asks for nothing */
	assert_int_equal(parse(*state, "new -?", &args), STATUS_DONE);
	assert_true(args_switch(args, PARAM_HELP));
	assert_int_equal(parse(*state, "", &args), STATUS_DONE);
	assert_null(args->command);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"old a", "there is no command old"},
		{"new", "--name is missing"},
		{"new a --colour red", "there is no parameter --colour"},
		{"new a --c x", "--c may mean several parameters"},
		{"new a --certificate", "--certificate needs a value: FILE"},
		{"new a --certificate x --certificate=y",
		 "--certificate is given twice"},
		{"new a --days 3", "new has no --days"},
		{"make ca more", "what is \"more\"?"},
		{"make ca --force", "make has no --force"},
	};
	struct args *args = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(*state, rows[i].line, &args),
				 STATUS_USAGE);
		assert_string_equal(said, rows[i].why);
	}
}

/* Every member of a mapping has a parameter that sets it. */
static void test_fields(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; certmap_fields[i].key != NULL; i++) {
		enum param param = args_of_field(&certmap_fields[i]);

		if (param >= PARAM_COUNT) {
			fail_msg("%s", certmap_fields[i].key);
		}
	}
}

static int setup(void **state)
{
	*state = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_spellings), TEST(test_lists),	 TEST(test_switches),
		TEST(test_refusals),  TEST(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
