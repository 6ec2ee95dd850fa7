/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "server/settings.h"

static void test_read_number(void **state)
{
	static const struct {
		const char *text;
		enum setting_unit unit;
		int64_t number; /* -1: it is none */
	} rows[] = {
		{"0", SETTING_UNIT_NONE, 0},
		{"42", SETTING_UNIT_NONE, 42},
		{"42K", SETTING_UNIT_NONE, -1},
		{"9223372036854775807", SETTING_UNIT_NONE, INT64_MAX},
		{"9223372036854775808", SETTING_UNIT_NONE, -1},
		{"", SETTING_UNIT_NONE, -1},
		{"-1", SETTING_UNIT_NONE, -1},
		{"+1", SETTING_UNIT_NONE, -1},
		{" 1", SETTING_UNIT_NONE, -1},
		{"x", SETTING_UNIT_NONE, -1},
		{"1 ", SETTING_UNIT_NONE, 1},
		{"1 2", SETTING_UNIT_NONE, -1},
		{"8", SETTING_UNIT_BYTES, 8},
		{"8K", SETTING_UNIT_BYTES, 8192},
		{"8 m", SETTING_UNIT_BYTES, 8 << 20},
		{"2g", SETTING_UNIT_BYTES, INT64_C(2) << 30},
		{"8KB", SETTING_UNIT_BYTES, -1},
		{"9223372036854775807K", SETTING_UNIT_BYTES, -1},
		{"3", SETTING_UNIT_SECONDS, 3000},
		{"3ms", SETTING_UNIT_SECONDS, 3},
		{"3s", SETTING_UNIT_SECONDS, 3000},
		{"3m", SETTING_UNIT_SECONDS, 180000},
		{"3 H", SETTING_UNIT_SECONDS, 10800000},
		{"3d", SETTING_UNIT_SECONDS, 259200000},
		{"3w", SETTING_UNIT_SECONDS, -1},
		{"3", SETTING_UNIT_MINUTES, 180000},
		{"3s", SETTING_UNIT_MINUTES, 3000},
		{"9223372036854775807", SETTING_UNIT_MINUTES, -1},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t number = -1;
		bool ok = setting_read_number(rows[i].text, rows[i].unit,
					      &number);

		if (ok != (rows[i].number >= 0) ||
		    (ok && number != rows[i].number)) {
			fail_msg("\"%s\": %d, %lld", rows[i].text, ok,
				 (long long)number);
		}
	}
}

/* In the largest unit that loses nothing; and it reads back the same. */
static void test_write_number(void **state)
{
	static const struct {
		int64_t number;
		enum setting_unit unit;
		const char *text;
	} rows[] = {
		{0, SETTING_UNIT_BYTES, "0"},
		{1023, SETTING_UNIT_BYTES, "1023"},
		{1024, SETTING_UNIT_BYTES, "1K"},
		{1536, SETTING_UNIT_BYTES, "1536"},
		{3 << 20, SETTING_UNIT_BYTES, "3M"},
		{INT64_C(4) << 30, SETTING_UNIT_BYTES, "4G"},
		{1024, SETTING_UNIT_NONE, "1024"},
		{1, SETTING_UNIT_SECONDS, "1ms"},
		{90000, SETTING_UNIT_SECONDS, "90s"},
		{60000, SETTING_UNIT_MINUTES, "1m"},
		{86400000, SETTING_UNIT_SECONDS, "1d"},
		{INT64_MAX, SETTING_UNIT_SECONDS, "9223372036854775807ms"},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = setting_write_number(mem_ctx, rows[i].number,
						  rows[i].unit);
		int64_t back = -1;

		assert_string_equal(text, rows[i].text);
		assert_true(setting_read_number(text, rows[i].unit, &back));
		assert_int_equal(back, rows[i].number);
	}
	talloc_free(mem_ctx);
}

static void test_allowed(void **state)
{
	static const struct setting_name names[] = {
		{"off", 0}, {"no", 0}, {"on", 1}, {"auto", 2}, {NULL, 0}};
	static const struct {
		struct setting row;
		const char *text;
	} rows[] = {
		{{.type = SETTING_BOOL}, "yes or no"},
		{{.type = SETTING_INT,
		  .min = 0,
		  .max = 2 << 20,
		  .unit = SETTING_UNIT_BYTES},
		 "0 to 2M"},
		{{.type = SETTING_INT, .min = 1, .max = 9, .names = names},
		 "1 to 9 or off"},
		/* a synonym is not told */
		{{.type = SETTING_ENUM, .names = names}, "off, on or auto"},
		{{.type = SETTING_NUMBERS, .names = names},
		 "a list of off, on and auto"},
		{{.type = SETTING_OCTAL}, "octal, 0000 to 7777"},
		{{.type = SETTING_PATH}, "an absolute path"},
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	enum config_key key = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(setting_allowed(mem_ctx, &rows[i].row),
				    rows[i].text);
	}
	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		assert_non_null(setting_allowed(mem_ctx, setting_row(key)));
	}
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_number),
		cmocka_unit_test(test_write_number),
		cmocka_unit_test(test_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
