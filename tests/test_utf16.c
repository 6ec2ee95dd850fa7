/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "smbquic/utf16.h"

static const struct {
	const char *utf8;
	const char *utf16;
	size_t len;
} pairs[] = {
	{"", "", 0},
	{"a", "a\0", 2},
	{"smb", "s\0m\0b\0", 6},
	{"gr\xc3\xbc\xc3\x9f", "g\0r\0\xfc\0\xdf\0", 8},
	{"\xe2\x82\xac", "\xac\x20", 2},		     /* euro */
	{"\xef\xbf\xbf", "\xff\xff", 2},		     /* U+FFFF */
	{"\xf0\x90\x80\x80", "\x00\xd8\x00\xdc", 4},	     /* U+10000 */
	{"\xf0\x9f\x98\x80", "\x3d\xd8\x00\xde", 4},	     /* U+1F600 */
	{"\xf4\x8f\xbf\xbf", "\xff\xdb\xff\xdf", 4},	     /* U+10FFFF */
	{"\xed\x9f\xbf\xee\x80\x80", "\xff\xd7\x00\xe0", 4}, /* around them */
};

static const char *const bad_utf8[] = {
	"\x80",
	"\xc3",
	"a\xc3",
	"\xc3("
	"",
	"\xc0\x80",
	"\xc1\xbf", /* overlong */
	"\xe0\x80\x80",
	"\xe0\x9f\xbf",
	"\xf0\x80\x80\x80",
	"\xf0\x8f\xbf\xbf",
	"\xed\xa0\x80",
	"\xed\xbf\xbf", /* surrogates */
	"\xf4\x90\x80\x80",
	"\xf5\x80\x80\x80",
	"\xff",
	"\xe2\x82",
	"\xf0\x9f\x98",
};

static const struct {
	const char *utf16;
	size_t len;
} bad_utf16[] = {
	{"a", 1},
	{"a\0b", 3},
	{"\x00\xd8", 2},
	{"\x00\xd8"
	 "a\0",
	 4},
	{"\x00\xdc\x00\xd8", 4},
	{"\x00\xdc", 2},
	{"\x00\xd8\x00", 3},
	{"\0\0", 2},
	{"a\0\0\0b\0", 6},
};

static void test_pairs(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct wire_slice want =
			wire_slice(pairs[i].utf16, pairs[i].len);
		struct wire_slice got = {0};
		char buf[16] = "";
		char *back = NULL;

		assert_true(utf16_from_utf8(mem_ctx, pairs[i].utf8, &got));
		assert_true(wire_slice_equal(got, want));
		assert_non_null(got.data);
		assert_int_equal(utf16_size(pairs[i].utf8), want.len);
		back = utf16_to_utf8(mem_ctx, want);
		assert_string_equal(back, pairs[i].utf8);
		assert_int_equal(utf16_to_utf8_buf(want, buf, sizeof(buf)),
				 strlen(back));
		assert_string_equal(buf, back);
		assert_true(utf16_valid(want));
		assert_true(utf8_valid(pairs[i].utf8));
	}
	talloc_free(mem_ctx);
}

static void test_refused_utf8(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad_utf8) / sizeof(bad_utf8[0]); i++) {
		struct wire_slice got = {0};
		uint8_t buf[32] = {0};
		struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

		errno = 0;
		assert_false(utf16_from_utf8(NULL, bad_utf8[i], &got));
		assert_int_equal(errno, EILSEQ);
		assert_int_equal(utf16_size(bad_utf8[i]), -1);
		assert_false(utf8_valid(bad_utf8[i]));
		assert_false(utf16_put(&w, bad_utf8[i]));
		assert_false(wire_writer_ok(&w));
	}
}

static void test_refused_utf16(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad_utf16) / sizeof(bad_utf16[0]); i++) {
		struct wire_slice s =
			wire_slice(bad_utf16[i].utf16, bad_utf16[i].len);
		char buf[16] = "";

		errno = 0;
		assert_null(utf16_to_utf8(NULL, s));
		assert_int_equal(errno, EILSEQ);
		assert_int_equal(utf16_to_utf8_buf(s, buf, sizeof(buf)), -1);
		assert_false(utf16_valid(s));
	}
}

/* Every code point there and back, the rest refused. */
static void test_all_code_points(void **state)
{
	uint32_t cp = 0;

	(void)state;
	for (cp = 1; cp <= 0x110010; cp++) {
		bool valid = cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
		char in[8] = "";
		char out[8] = "";
		uint8_t buf[8] = {0};
		struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
		uint32_t back = 0;

		utf8_put(in, cp);
		assert_int_equal(utf16_put(&w, in), valid);
		if (!valid) {
			continue;
		}
		assert_int_equal(utf8_get(in, strlen(in), &back), strlen(in));
		assert_int_equal(back, cp);
		assert_true(utf16_to_utf8_buf(wire_writer_slice(&w), out,
					      sizeof(out)) > 0);
		assert_string_equal(in, out);
	}
}

static void test_room(void **state)
{
	struct wire_slice s = wire_slice("\xac\x20", 2);
	char buf[4] = "";
	uint8_t wide[4] = {0};
	struct wire_writer w = wire_writer_fixed(wide, 3);

	(void)state;
	assert_int_equal(utf16_to_utf8_buf(s, buf, 4), 3);
	errno = 0;
	assert_int_equal(utf16_to_utf8_buf(s, buf, 3), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(utf16_to_utf8_buf(s, buf, 0), -1);
	assert_false(utf16_put(&w, "ab"));
	w = wire_writer_fixed(wide, 4);
	assert_true(utf16_put_z(&w, "a"));
	assert_memory_equal(wide, "a\0\0\0", 4);
}

static void test_trim(void **state)
{
	(void)state;
	assert_int_equal(utf16_trim(wire_slice("a\0b\0", 4)).len, 4);
	assert_int_equal(utf16_trim(wire_slice("a\0\0\0b\0", 6)).len, 2);
	assert_int_equal(utf16_trim(wire_slice("\0\0", 2)).len, 0);
	assert_int_equal(utf16_trim(wire_slice("\0\1", 2)).len, 2);
	assert_int_equal(utf16_trim(wire_slice("a\0\0", 3)).len, 3);
	assert_int_equal(utf16_trim(wire_slice(NULL, 0)).len, 0);
}

static void test_upper(void **state)
{
	(void)state;
	assert_int_equal(unicode_upper('a'), 'A');
	assert_int_equal(unicode_upper('z'), 'Z');
	assert_int_equal(unicode_upper('{'), '{');
	assert_int_equal(unicode_upper('A'), 'A');
	assert_int_equal(unicode_upper(0xE4), 0xC4);
	assert_int_equal(unicode_upper(0xF7), 0xF7); /* division sign */
	assert_int_equal(unicode_upper(0xDF), 0xDF); /* sharp s */
	assert_int_equal(unicode_upper(0xFF), 0x178);
	assert_int_equal(unicode_upper(0x101), 0x100);
	assert_int_equal(unicode_upper(0x102), 0x102);
	assert_int_equal(unicode_upper(0x131), 0x131); /* dotless i */
	assert_int_equal(unicode_upper(0x17F), 0x17F); /* long s */
	assert_int_equal(unicode_upper(0x3B1), 0x391);
	assert_int_equal(unicode_upper(0x3C2), 0x3A3); /* final sigma */
	assert_int_equal(unicode_upper(0x44F), 0x42F);
	assert_int_equal(unicode_upper(0x561), 0x531);
	assert_int_equal(unicode_upper(0x1F80), 0x1F88);
	assert_int_equal(unicode_upper(0x10428), 0x10400);
	assert_int_equal(unicode_upper(0x1E943), 0x1E921);
	assert_int_equal(unicode_upper(0x10FFFF), 0x10FFFF);
}

/* Twice is once, and only ASCII becomes ASCII. */
static void test_upper_of_all(void **state)
{
	uint32_t cp = 0;

	(void)state;
	for (cp = 0; cp <= 0x10FFFF; cp++) {
		uint32_t up = unicode_upper(cp);

		assert_int_equal(unicode_upper(up), up);
		assert_int_equal(cp < 0x80, up < 0x80);
		assert_true(up <= 0x10FFFF);
	}
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(utf8_case_equal("Hello.TXT", "hELLO.txt"));
	assert_true(utf8_case_equal("\xc3\xa4", "\xc3\x84"));
	assert_false(utf8_case_equal("a", "ab"));
	assert_false(utf8_case_equal("", "a"));
	assert_true(utf8_case_equal("", ""));
	assert_true(utf8_casecmp("a", "B") < 0);
	assert_true(utf8_casecmp("c", "B") > 0);
	assert_int_equal(utf8_case_hash("\xc3\xa4x"),
			 utf8_case_hash("\xc3\x84X"));
	assert_int_not_equal(utf8_case_hash("ab"), utf8_case_hash("ba"));

	/* what is no UTF-8 is equal to itself alone */
	assert_true(utf8_case_equal("\xff", "\xff"));
	assert_false(utf8_case_equal("\xff", "\xfe"));
	assert_int_equal(utf8_casecmp("\xff", "\xfe"), 1);
	assert_int_equal(utf8_casecmp("\xfe", "\xff"), -1);
	/* Kelvin is not K */
	assert_false(utf8_case_equal("\xe2\x84\xaa", "k"));
}

static void test_upper_copy(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(utf8_upper(mem_ctx, "na\xc3\xafve"),
			    "NA\xc3\x8fVE");
	/* two bytes become three */
	assert_string_equal(utf8_upper(mem_ctx, "\xc9\x90\xc9\x90"),
			    "\xe2\xb1\xaf\xe2\xb1\xaf");
	assert_string_equal(utf8_upper(mem_ctx, ""), "");
	assert_null(utf8_upper(mem_ctx, "\xff"));
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_refused_utf8),
		cmocka_unit_test(test_refused_utf16),
		cmocka_unit_test(test_all_code_points),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_upper),
		cmocka_unit_test(test_upper_of_all),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_upper_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
