/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "server/acl.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/smb2.h"
#include "tests/fixture_acl.h"

static void test_generic(void **state)
{
	(void)state;
	assert_int_equal(acl_map_generic(SEC_GENERIC_READ), FILE_GENERIC_READ);
	assert_int_equal(acl_map_generic(SEC_GENERIC_ALL), FILE_ALL_ACCESS);
	assert_int_equal(acl_map_generic(SEC_GENERIC_WRITE | FILE_READ_DATA),
			 FILE_GENERIC_WRITE | FILE_READ_DATA);
	assert_int_equal(acl_map_generic(SEC_MAXIMUM_ALLOWED),
			 SEC_MAXIMUM_ALLOWED);
}

static void test_rights(void **state)
{
	unsigned all = STORE_MAY_READ | STORE_MAY_WRITE | STORE_MAY_EXECUTE |
		       STORE_MAY_DELETE | STORE_MAY_OWN;

	(void)state;
	assert_int_equal(acl_rights(all, true), FILE_ALL_ACCESS);
	assert_int_equal(acl_rights(all, false), FILE_ALL_ACCESS);
	assert_int_equal(acl_rights(0, false), FILE_READ_ATTRIBUTES |
						       SEC_STD_READ_CONTROL |
						       SEC_STD_SYNCHRONIZE);
	assert_int_equal(acl_rights(STORE_MAY_READ, false),
			 FILE_GENERIC_READ | FILE_EXECUTE);
	assert_int_equal(acl_rights(STORE_MAY_READ, true), FILE_GENERIC_READ);
	assert_int_equal(acl_rights(STORE_MAY_WRITE, false) & FILE_READ_DATA,
			 0);
	assert_int_equal(acl_rights(STORE_MAY_DELETE, false) & SEC_STD_DELETE,
			 SEC_STD_DELETE);
}

static const struct sidmap no_sid;

static void test_descriptor(void **state)
{
	const struct store_attr attr = {
		.mode = S_IFREG | 0640, .uid = 1000, .gid = 100};
	uint8_t buf[512];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct security_descriptor sd = {0};
	struct security_acl_walk walk = {0};
	struct security_ace ace = {0};
	char sid[SID_STRING_SIZE];

	(void)state;
	assert_true(acl_descriptor(&w, &no_sid, &attr,
				   OWNER_SECURITY_INFORMATION |
					   DACL_SECURITY_INFORMATION));
	assert_true(security_descriptor_decode(wire_writer_slice(&w), &sd));
	assert_true(sd.has_owner);
	assert_false(sd.has_group);
	assert_string_equal(sid_to_string(&sd.owner, sid), "S-1-22-1-1000");
	walk = security_acl(sd.dacl);
	assert_true(security_acl_next(&walk, &ace));
	assert_true(sid_equal(&ace.sid, &sd.owner));
	assert_int_equal(ace.mask & FILE_WRITE_DATA, FILE_WRITE_DATA);
	assert_true(security_acl_next(&walk, &ace));
	assert_string_equal(sid_to_string(&ace.sid, sid), "S-1-22-2-100");
	assert_int_equal(ace.mask & (FILE_READ_DATA | FILE_WRITE_DATA),
			 FILE_READ_DATA);
	assert_true(security_acl_next(&walk, &ace));
	assert_true(sid_equal(&ace.sid, &sid_everyone));
	assert_int_equal(ace.mask & (FILE_READ_DATA | FILE_WRITE_DATA), 0);
	assert_false(security_acl_next(&walk, &ace));
	assert_true(security_acl_ok(&walk));
}

/* --- the access check -------------------------------------------------------
 */

#define OWNERS (SEC_STD_READ_CONTROL | SEC_STD_WRITE_DAC)

static void test_granted(void **state)
{
	static const gid_t groups[] = {50, 60};
	const struct acl_who who = {.map = &test_sids,
				    .uid = 7,
				    .gid = 50,
				    .num_groups = 2,
				    .groups = groups};
	static const struct {
		const char *owner, *acl;
		uint32_t granted;
	} table[] = {
		{"S-1-22-1-8", "", 0},
		{"S-1-22-1-7", "", OWNERS},
		{"S-1-5-21-1-2-3-1014", "", OWNERS},
		{"S-1-22-1-8", "A;;3;S-1-1-0", 3},
		{"S-1-22-1-8", "A;;1;S-1-22-1-7 A;;2;S-1-22-2-60", 3},
		{"S-1-22-1-8", "A;;1;S-1-22-1-8 A;;2;S-1-22-2-61", 0},
		{"S-1-22-1-8", "A;;1;S-1-5-11 A;;2;S-1-5-2 A;;4;S-1-5-32-545",
		 7},
		{"S-1-22-1-8", "A;;1;S-1-5-32-544", 0},
		/* the first to speak of a right decides */
		{"S-1-22-1-8", "D;;1;S-1-22-1-7 A;;3;S-1-1-0", 2},
		{"S-1-22-1-8", "A;;3;S-1-1-0 D;;1;S-1-22-1-7", 3},
		/* generic ones, and those only handed on */
		{"S-1-22-1-8", "A;;80000000;S-1-1-0", FILE_GENERIC_READ},
		{"S-1-22-1-8", "A;OI|IO;1f01ff;S-1-1-0", 0},
		{"S-1-22-1-8", "D;OI|IO;1f01ff;S-1-1-0 A;;1;S-1-1-0", 1},
		/* CREATOR OWNER is nobody; OWNER RIGHTS take the owner's */
		{"S-1-22-1-7", "A;;1;S-1-3-0", OWNERS},
		{"S-1-22-1-7", "A;;1;S-1-3-4", 1},
		{"S-1-22-1-7", "A;OI|IO;1;S-1-3-4", OWNERS},
		{"S-1-22-1-7", "D;;40000;S-1-1-0", OWNERS},
		{"S-1-22-1-8", "A;;1;S-1-3-4", 0},
		/* an audit entry grants nothing */
		{"S-1-22-1-8", "U;;1;S-1-1-0", 0},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t buf[1024];
		struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
		struct security_descriptor sd = {.control = SD_DACL_PRESENT,
						 .has_owner = true};

		assert_true(sid_from_string(table[i].owner, &sd.owner));
		sd.dacl = parse_acl(&w, table[i].acl);
		if (acl_granted(&sd, &who) != table[i].granted) {
			fail_msg("\"%s\" gives 0x%x, not 0x%x", table[i].acl,
				 acl_granted(&sd, &who), table[i].granted);
		}
	}
}

static void test_no_dacl(void **state)
{
	const struct acl_who who = {.map = &test_sids, .uid = 7};
	struct security_descriptor sd = {0};

	(void)state;
	assert_int_equal(acl_granted(&sd, &who), FILE_ALL_ACCESS);
	sd.control = SD_DACL_PRESENT; /* and NULL */
	assert_int_equal(acl_granted(&sd, &who), FILE_ALL_ACCESS);
}

static void test_privileges(void **state)
{
	const struct acl_who root = {.map = &test_sids};
	const struct acl_who other = {.map = &test_sids, .uid = 7};

	(void)state;
	assert_int_equal(acl_privileged(&root),
			 SEC_STD_WRITE_OWNER | SEC_ACCESS_SYSTEM_SECURITY);
	assert_int_equal(acl_privileged(&other), 0);
	assert_true(acl_who_has(&root, &sid_administrators));
	assert_false(acl_who_has(&other, &sid_administrators));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_granted),
		cmocka_unit_test(test_no_dacl),
		cmocka_unit_test(test_privileges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
