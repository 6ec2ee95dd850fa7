/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of the control socket: which are understood, and what is said of those
 * that are not.
 */
#include "server/control.h"
#include "tests/testlib.h"

#include <string.h>

#include "server/status.h"

static struct control_request *parse(TALLOC_CTX *mem_ctx, const char *line,
				     const char **why)
{
	char *text = NULL;
	struct control_request *request =
		control_request_parse(mem_ctx, line, strlen(line), &text);

	*why = text;
	assert_true((request == NULL) == (text != NULL));
	return request;
}

static void test_good(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const char *why = NULL;
	struct control_request *r = parse(mem_ctx, "{\"do\":\"status\"}", &why);

	(void)state;
	assert_int_equal(r->verb, CONTROL_STATUS);
	assert_int_equal(r->sections, status_all_sections());
	r = parse(mem_ctx,
		  "{\"do\":\"status\",\"sections\":[\"server\",\"leases\"]}\n",
		  &why);
	assert_int_equal(r->sections,
			 1u << status_section_find("server") |
				 1u << status_section_find("leases"));
	r = parse(mem_ctx, "{\"do\":\"close-share\",\"what\":\"a b\"}", &why);
	assert_int_equal(r->verb, CONTROL_CLOSE_SHARE);
	assert_string_equal(r->what, "a b");
	r = parse(mem_ctx, "{\"do\":\"close-file\",\"what\":\"7\"}", &why);
	assert_int_equal(r->verb, CONTROL_CLOSE_FILE);
	r = parse(mem_ctx, "{\"do\":\"drain\"}", &why);
	assert_int_equal(r->verb, CONTROL_DRAIN);
	assert_null(r->what);
	talloc_free(mem_ctx);
}

static void test_bad(void **state)
{
	static const char *const lines[][2] = {
		{"", "that is not a JSON object"},
		{"hello", "that is not a JSON object"},
		{"[]", "that is not a JSON object"},
		{"{\"do\":\"status\"", "that is not a JSON object"},
		{"{\"do\":\"status\",\"do\":\"drain\"}",
		 "that is not a JSON object"},
		{"{}", "nobody knows how to do that"},
		{"{\"do\":7}", "nobody knows how to do that"},
		{"{\"do\":\"explode\"}", "nobody knows how to do that"},
		{"{\"do\":\"status\",\"sections\":\"server\"}",
		 "there is no such section"},
		{"{\"do\":\"status\",\"sections\":[\"nothing\"]}",
		 "there is no such section"},
		{"{\"do\":\"status\",\"sections\":[1]}",
		 "there is no such section"},
		{"{\"do\":\"reload\",\"what\":\"x\"}",
		 "that takes no argument"},
		{"{\"do\":\"close-session\"}", "that needs one argument"},
		{"{\"do\":\"close-session\",\"what\":1}",
		 "that needs one argument"},
		{"{\"do\":\"close-session\",\"what\":\"\"}",
		 "that needs one argument"},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const char *why = NULL;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_null(parse(mem_ctx, lines[i][0], &why));
		assert_string_equal(why, lines[i][1]);
	}
	talloc_free(mem_ctx);
}

static void test_number(void **state)
{
	uint64_t n = 0;

	(void)state;
	assert_true(control_number("0", &n) && n == 0);
	assert_true(control_number("12", &n) && n == 12);
	assert_true(control_number("0x1c", &n) && n == 0x1c);
	assert_true(control_number("18446744073709551615", &n) &&
		    n == UINT64_MAX);
	assert_false(control_number("18446744073709551616", &n));
	assert_false(control_number("", &n));
	assert_false(control_number("0x", &n));
	assert_false(control_number("-1", &n));
	assert_false(control_number(" 1", &n));
	assert_false(control_number("1 ", &n));
	assert_false(control_number("1c", &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
