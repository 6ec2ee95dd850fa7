/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>

#include "client/libsmbclient/xattr_text.h"

#define ALICE "S-1-5-21-1-2-3-1001"

static bool find(void *private_data, const char *name, struct sid *out)
{
	(void)private_data;
	*out = sid_everyone;
	return strcmp(name, "Everyone") == 0;
}

static void test_parse_acl(void **state)
{
	static const char text[] =
		"REVISION:1,OWNER:" ALICE "\tGROUP+:Everyone\n"
		"ACL:" ALICE ":ALLOWED/0x3/FULL,ACL:S-1-1-0:1/0/0x001200a9,"
		"ACL:Everyone:0/16/RWX";
	TALLOC_CTX *frame = talloc_new(NULL);
	struct xattr_acl acl = {0};

	(void)state;
	assert_int_equal(
		xattr_acl_parse(frame, text, NULL, false, find, NULL, &acl), 0);
	assert_true(acl.has_owner && acl.has_group && acl.has_dacl);
	assert_true(sid_equal(&acl.group, &sid_everyone));
	assert_int_equal(acl.count, 3);
	assert_int_equal(acl.ace[0].mask, 0x1F01FF);
	assert_int_equal(acl.ace[0].flags, 3);
	assert_int_equal(acl.ace[1].type, ACCESS_DENIED_ACE_TYPE);
	assert_int_equal(acl.ace[1].mask, 0x1200A9);
	assert_int_equal(acl.ace[2].mask, 0x120089 | 0x120116 | 0x1200A0);
	/* denials first, what was inherited last */
	xattr_acl_sort(acl.ace, acl.count);
	assert_int_equal(acl.ace[0].type, ACCESS_DENIED_ACE_TYPE);
	assert_int_equal(acl.ace[1].mask, 0x1F01FF);
	assert_int_equal(acl.ace[2].flags, ACE_FLAG_INHERITED);
	talloc_free(frame);
}

static void test_parse_with_label(void **state)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct xattr_acl acl = {0};

	(void)state;
	assert_int_equal(xattr_acl_parse(frame, ALICE ":0/0/READ", "ACL", false,
					 NULL, NULL, &acl),
			 0);
	assert_int_equal(acl.count, 1);
	assert_int_equal(
		xattr_acl_parse(frame, ALICE, "OWNER", false, NULL, NULL, &acl),
		0);
	assert_true(acl.has_owner && !acl.has_dacl);
	/* both halves of system.* */
	assert_int_equal(xattr_acl_parse(frame, "OWNER:" ALICE ",MODE:0x20",
					 NULL, true, NULL, NULL, &acl),
			 0);
	talloc_free(frame);
}

static void test_parse_bad_acl(void **state)
{
	static const char *const text[] = {
		"OWNER:",
		"OWNER:nobody",
		"OWNER:" ALICE ",OWNER:" ALICE,
		"REVISION:2",
		"MODE:0x20",
		"ACL:" ALICE,
		"ACL:" ALICE ":",
		"ACL:" ALICE ":0",
		"ACL:" ALICE ":0/0",
		"ACL:" ALICE ":0/0/",
		"ACL:" ALICE ":0/0/READ/1",
		"ACL:" ALICE ":7/0/READ",
		"ACL:" ALICE ":0/256/READ",
		"ACL:" ALICE ":0/-1/READ",
		"ACL:" ALICE ":0/0/0x1ffffffff",
		"ACL:" ALICE ":0/0/RQ",
		"ACL:nobody:0/0/READ",
		"nonsense",
	};
	TALLOC_CTX *frame = talloc_new(NULL);
	struct xattr_acl acl = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		if (xattr_acl_parse(frame, text[i], NULL, false, NULL, NULL,
				    &acl) != EINVAL) {
			fail_msg("%s", text[i]);
		}
	}
	talloc_free(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_acl),
		cmocka_unit_test(test_parse_with_label),
		cmocka_unit_test(test_parse_bad_acl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
