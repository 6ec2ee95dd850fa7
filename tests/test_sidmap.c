/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/sidmap.h"
#include "tests/fixture_acl.h"

static const struct sidmap nowhere;

static void assert_sid(struct sid sid, const char *text)
{
	char buf[SID_STRING_SIZE];

	assert_string_equal(sid_to_string(&sid, buf), text);
}

static void test_forms(void **state)
{
	(void)state;
	assert_sid(sidmap_user(&test_sids, 0), "S-1-5-21-1-2-3-500");
	assert_sid(sidmap_user(&test_sids, 1000), "S-1-5-21-1-2-3-3000");
	assert_sid(sidmap_user(&test_sids, 4000000000u), "S-1-22-1-4000000000");
	assert_sid(sidmap_user(&nowhere, 0), "S-1-22-1-0");
	assert_sid(sidmap_group(&test_sids, 100), "S-1-22-2-100");
}

static void test_there_and_back(void **state)
{
	static const uint32_t ids[] = {
		0,     1,	 249,	     250,	 251,	     1000,
		65534, 1u << 30, 2147483147, 2147483148, 4294967294u};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct sid user = sidmap_user(&test_sids, ids[i]);
		struct sid group = sidmap_group(&test_sids, ids[i]);
		uid_t uid = 7;
		gid_t gid = 7;

		assert_true(sidmap_uid(&test_sids, &user, &uid));
		assert_int_equal(uid, ids[i]);
		assert_false(sidmap_gid(&test_sids, &user, &gid));
		assert_true(sidmap_gid(&test_sids, &group, &gid));
		assert_int_equal(gid, ids[i]);
		assert_false(sidmap_uid(&test_sids, &group, &uid));
	}
}

static void test_understood(void **state)
{
	static const struct {
		const char *sid;
		bool user, group;
		uint32_t id;
	} table[] = {
		{"S-1-22-1-1000", true, false, 1000},
		{"S-1-22-2-5", false, true, 5},
		{"S-1-5-21-1-2-3-1001", false, true, 0},
		{"S-1-5-21-1-2-3-1003", false, true, 1},
		{"S-1-5-21-1-2-3-1000", false, false, 0}, /* root's is 500 */
		{"S-1-5-21-1-2-3-501", false, false, 0},
		{"S-1-5-21-1-2-4-3000", false, false, 0}, /* another machine */
		{"S-1-5-21-1-2-3", false, false, 0},
		{"S-1-1-0", false, false, 0},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sid sid = {0};
		uid_t uid = 0;
		gid_t gid = 0;

		assert_true(sid_from_string(table[i].sid, &sid));
		assert_int_equal(sidmap_uid(&test_sids, &sid, &uid),
				 table[i].user);
		assert_int_equal(sidmap_gid(&test_sids, &sid, &gid),
				 table[i].group);
		if (table[i].user || table[i].group) {
			assert_int_equal(table[i].user ? uid : gid,
					 table[i].id);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
