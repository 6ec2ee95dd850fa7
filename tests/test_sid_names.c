/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "server/sid_names.h"

static const struct sid_machine machine = {
	.map = {.machine = {.authority = 5,
			    .count = 4,
			    .sub_authorities = {21, 1, 2, 3}}},
	.name = "HOST",
};

static void test_of(void **state)
{
	static const struct {
		const char *sid, *domain, *name;
		enum sid_kind kind;
	} table[] = {
		{"S-1-5-21-1-2-3-500", "HOST", "root", SID_KIND_USER},
		{"S-1-22-1-0", "HOST", "root", SID_KIND_USER},
		{"S-1-22-2-0", "Unix Group", "root", SID_KIND_GROUP},
		{"S-1-5-21-1-2-3", "HOST", "", SID_KIND_DOMAIN},
		{"S-1-1-0", "", "Everyone", SID_KIND_WELL_KNOWN},
		{"S-1-5-18", "NT AUTHORITY", "SYSTEM", SID_KIND_WELL_KNOWN},
		{"S-1-5-32-544", "BUILTIN", "Administrators", SID_KIND_ALIAS},
		{"S-1-22-1-4294967294", "", "S-1-22-1-4294967294",
		 SID_KIND_UNKNOWN},
		{"S-1-5-21-7-7-7-7", "", "S-1-5-21-7-7-7-7", SID_KIND_UNKNOWN},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sid sid = {0};
		struct sid_name out;

		assert_true(sid_from_string(table[i].sid, &sid));
		assert_int_equal(sid_name_of(&machine, &sid, &out),
				 table[i].kind != SID_KIND_UNKNOWN);
		assert_int_equal(out.kind, table[i].kind);
		assert_string_equal(out.domain, table[i].domain);
		assert_string_equal(out.name, table[i].name);
	}
}

static void test_find(void **state)
{
	static const struct {
		const char *name, *sid;
	} table[] = {
		{"root", "S-1-5-21-1-2-3-500"},
		{"HOST\\root", "S-1-5-21-1-2-3-500"},
		{"host\\root", "S-1-5-21-1-2-3-500"},
		{"Unix Group\\root", "S-1-22-2-0"},
		{"everyone", "S-1-1-0"},
		{"NT Authority\\system", "S-1-5-18"},
		{"BUILTIN\\Users", "S-1-5-32-545"},
		{"OTHER\\root", NULL},
		{"BUILTIN\\root", NULL},
		{"no such account", NULL},
		{"", NULL},
		{"HOST\\", NULL},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char text[SID_STRING_SIZE];
		struct sid_name out;

		assert_int_equal(sid_name_find(&machine, table[i].name, &out),
				 table[i].sid != NULL);
		if (table[i].sid != NULL) {
			assert_string_equal(sid_to_string(&out.sid, text),
					    table[i].sid);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
