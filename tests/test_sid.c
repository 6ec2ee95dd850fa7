/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "smbquic/sid.h"
#include "tests/testlib_hex.h"

static const struct {
	const char *text;
	const char *hex;
} sids[] = {
	{"S-1-1-0", "0101 000000000001 00000000"},
	{"S-1-5-18", "0101 000000000005 12000000"},
	{"S-1-5-32-544", "0102 000000000005 20000000 20020000"},
	{"S-1-5-21-1-2-4294967295-1000",
	 "0105 000000000005 15000000 01000000 02000000 ffffffff e8030000"},
	{"S-1-4294967295", "0100 0000ffffffff"},
	{"S-1-0x000100000000-7", "0101 000100000000 07000000"},
	{"S-1-0xFFFFFFFFFFFF", "0100 ffffffffffff"},
};

static void test_both_forms(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(sids) / sizeof(sids[0]); i++) {
		struct wire_writer w = wire_writer_talloc(mem_ctx);
		char text[SID_STRING_SIZE] = "";
		struct sid a = {0};
		struct sid b = {0};
		size_t len = 0;

		assert_true(sid_from_string(sids[i].text, &a));
		assert_true(sid_encode(&w, &a));
		testlib_assert_hex(w.buf, w.len, sids[i].hex);
		assert_int_equal(sid_size(&a), w.len);
		assert_true(sid_decode(wire_writer_slice(&w), &b));
		assert_true(sid_equal(&a, &b));
		assert_string_equal(sid_to_string(&b, text), sids[i].text);
		for (len = 0; len < w.len; len++) {
			assert_false(sid_decode(wire_slice(w.buf, len), &b));
		}
	}
	talloc_free(mem_ctx);
}

static void test_longest(void **state)
{
	uint8_t buf[SID_MAX_SIZE] = {0};
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	char text[SID_STRING_SIZE] = "";
	struct sid sid = {0xFFFFFFFFFFFF, 0, {0}};
	struct sid back = {0};

	(void)state;
	while (sid_append(&sid, UINT32_MAX, &sid)) {
		;
	}
	assert_int_equal(sid.count, SID_MAX_SUB_AUTHORITIES);
	assert_true(sid_encode(&w, &sid));
	assert_int_equal(w.len, SID_MAX_SIZE);
	sid_to_string(&sid, text);
	assert_true(sid_from_string(text, &back));
	assert_true(sid_equal(&sid, &back));
	buf[1] = 16;
	assert_false(sid_decode(wire_writer_slice(&w), &back));
	buf[1] = 15;
	buf[0] = 2;
	assert_false(sid_decode(wire_writer_slice(&w), &back));
	sid.count = 16;
	w = wire_writer_fixed(buf, sizeof(buf));
	assert_false(sid_encode(&w, &sid));
}

static void test_bad_strings(void **state)
{
	static const char *const bad[] = {
		"",
		"S",
		"S-1-",
		"S-2-5-1",
		"S-1-5-",
		"S-1-5--1",
		"S-1-5-x",
		"S-1-5-1 ",
		" S-1-5-1",
		"S-1-+5",
		"S-1--5",
		"S-1-5-4294967296",
		"S-1-0x",
		"S-1-0x1000000000000",
		"S-1-281474976710656",
		"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
		"S-1-5-18446744073709551617",
	};
	size_t i = 0;
	struct sid sid = {0};

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (sid_from_string(bad[i], &sid)) {
			fail_msg("%s accepted", bad[i]);
		}
	}
	assert_true(sid_from_string("s-1-5-1", &sid));
}

static void test_equal(void **state)
{
	struct sid a = sid_administrators;
	struct sid b = sid_users;

	(void)state;
	assert_false(sid_equal(&a, &b));
	b = a;
	assert_true(sid_equal(&a, &b));
	b.sub_authorities[5] = 9; /* behind its end */
	assert_true(sid_equal(&a, &b));
	b.count--;
	assert_false(sid_equal(&a, &b));
	b = a;
	b.authority = 6;
	assert_false(sid_equal(&a, &b));
}

static void test_unix(void **state)
{
	char text[SID_STRING_SIZE] = "";
	struct sid uid = sid_from_uid(1000);
	struct sid gid = sid_from_gid(UINT32_MAX);
	uint32_t id = 0;

	(void)state;
	assert_string_equal(sid_to_string(&uid, text), "S-1-22-1-1000");
	assert_string_equal(sid_to_string(&gid, text), "S-1-22-2-4294967295");
	assert_true(sid_to_uid(&uid, &id));
	assert_int_equal(id, 1000);
	assert_false(sid_to_gid(&uid, &id));
	assert_true(sid_to_gid(&gid, &id));
	assert_int_equal(id, UINT32_MAX);
	assert_false(sid_to_uid(&sid_unix_user_domain, &id));
	assert_false(sid_to_uid(&sid_everyone, &id));
}

static void test_well_known(void **state)
{
	char text[SID_STRING_SIZE] = "";

	(void)state;
	assert_string_equal(sid_to_string(&sid_everyone, text), "S-1-1-0");
	assert_string_equal(sid_to_string(&sid_creator_group, text), "S-1-3-1");
	assert_string_equal(sid_to_string(&sid_anonymous, text), "S-1-5-7");
	assert_string_equal(sid_to_string(&sid_authenticated_users, text),
			    "S-1-5-11");
	assert_string_equal(sid_to_string(&sid_users, text), "S-1-5-32-545");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_forms),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_bad_strings),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_well_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
