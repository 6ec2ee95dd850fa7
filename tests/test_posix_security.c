/* SPDX-License-Identifier: GPL-3.0-or-later */
/* posix_security.c: numbers of POSIX in SIDs and descriptors. */
#include "tests/testlib.h"

#include "smbquic/posix_security.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/smb2.h"

static void test_sids(void **state)
{
	struct sid sid = posix_sid_make(POSIX_SID_MODE, 0640);
	char text[SID_STRING_SIZE] = "";
	uint32_t number = 0;

	(void)state;
	assert_string_equal(sid_to_string(&sid, text), "S-1-5-88-3-416");
	assert_true(posix_sid_number(&sid, POSIX_SID_MODE, &number));
	assert_int_equal(number, 0640);
	assert_false(posix_sid_number(&sid, POSIX_SID_USER, &number));
	assert_false(posix_owner_number(&sid, &number));
	assert_false(posix_sid_number(&sid_everyone, POSIX_SID_USER, &number));

	sid = posix_sid_make(POSIX_SID_USER, 1000);
	assert_true(posix_owner_number(&sid, &number));
	assert_int_equal(number, 1000);
	assert_false(posix_group_number(&sid, &number));
	sid = sid_from_uid(7);
	assert_true(posix_owner_number(&sid, &number));
	assert_int_equal(number, 7);
	sid = sid_from_gid(8);
	assert_true(posix_group_number(&sid, &number));
	assert_int_equal(number, 8);
	sid = posix_sid_make(POSIX_SID_GROUP, UINT32_MAX);
	assert_true(posix_group_number(&sid, &number));
	assert_int_equal(number, UINT32_MAX);
}

static struct security_descriptor set(TALLOC_CTX *mem,
				      const struct posix_security *in)
{
	struct wire_writer w = wire_writer_talloc(mem);
	struct security_descriptor sd = {0};

	assert_true(posix_security_encode(&w, in));
	assert_true(security_descriptor_decode(wire_writer_slice(&w), &sd));
	return sd;
}

static void test_descriptor(void **state)
{
	TALLOC_CTX *mem = talloc_new(NULL);
	struct posix_security in = {.parts = DACL_SECURITY_INFORMATION,
				    .mode = 0101755};
	struct security_descriptor sd = set(mem, &in);
	struct security_acl_walk walk = security_acl(sd.dacl);
	struct security_ace ace = {0};
	struct sid mode = posix_sid_make(POSIX_SID_MODE, 01755);
	uint32_t number = 0;

	(void)state;
	assert_false(sd.has_owner || sd.has_group);
	assert_true(security_acl_next(&walk, &ace));
	assert_true(sid_equal(&ace.sid, &mode));
	assert_false(security_acl_next(&walk, &ace));
	assert_true(security_acl_ok(&walk));
	assert_int_equal(posix_security_access(in.parts), SEC_STD_WRITE_DAC);

	in = (struct posix_security){
		.parts =
			OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION,
		.uid = 5,
		.gid = 6,
	};
	sd = set(mem, &in);
	assert_int_equal(sd.control & SD_DACL_PRESENT, 0);
	assert_true(sd.has_owner && posix_owner_number(&sd.owner, &number));
	assert_int_equal(number, 5);
	assert_true(sd.has_group && posix_group_number(&sd.group, &number));
	assert_int_equal(number, 6);
	assert_int_equal(posix_security_access(in.parts), SEC_STD_WRITE_OWNER);
	talloc_free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sids),
		cmocka_unit_test(test_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
