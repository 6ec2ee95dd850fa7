/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "smbquic/security_descriptor.h"
#include "tests/testlib_hex.h"
#include "tests/testlib_pdu.h"

static void test_rows(void **state)
{
	(void)state;
	pdu_check(&pdu_security_table);
}

/*
 * 2.4.6 by hand: owner and group S-1-5-32-544, no SACL, a DACL that allows
 * everybody everything and denies S-1-5-7 to delete, inherited.
 */
static const char descriptor_hex[] =
	"01 00 0484 14000000 24000000 00000000 34000000"
	"0102 000000000005 20000000 20020000"
	"0102 000000000005 20000000 20020000"
	"02 00 3000 02000000"
	"00 03 1400 ff011f00 0101 000000000001 00000000"
	"01 10 1400 00000100 0101 000000000005 07000000";

static void test_bytes(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(mem_ctx, descriptor_hex);
	struct security_descriptor sd = {0};
	struct security_acl_walk walk = {0};
	struct security_ace ace = {0};

	(void)state;
	assert_true(security_descriptor_decode(data, &sd));
	assert_int_equal(sd.control, SD_SELF_RELATIVE | SD_DACL_PRESENT |
					     SD_DACL_AUTO_INHERITED);
	assert_true(sd.has_owner && sid_equal(&sd.owner, &sid_administrators));
	assert_true(sd.has_group && sid_equal(&sd.group, &sid_administrators));
	assert_int_equal(sd.sacl.len, 0);
	walk = security_acl(sd.dacl);
	assert_true(security_acl_next(&walk, &ace));
	assert_int_equal(ace.type, ACCESS_ALLOWED_ACE_TYPE);
	assert_int_equal(ace.flags,
			 ACE_FLAG_OBJECT_INHERIT | ACE_FLAG_CONTAINER_INHERIT);
	assert_int_equal(ace.mask, FILE_ALL_ACCESS);
	assert_true(sid_equal(&ace.sid, &sid_everyone));
	assert_true(security_acl_next(&walk, &ace));
	assert_int_equal(ace.type, ACCESS_DENIED_ACE_TYPE);
	assert_int_equal(ace.mask, SEC_STD_DELETE);
	assert_true(sid_equal(&ace.sid, &sid_anonymous));
	assert_false(security_acl_next(&walk, &ace));
	assert_true(security_acl_ok(&walk));
	assert_int_equal(security_descriptor_size(&sd), data.len);
	talloc_free(mem_ctx);
}

static void test_built(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer acl = wire_writer_talloc(mem_ctx);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	const struct security_ace allow = {.type = ACCESS_ALLOWED_ACE_TYPE,
					   .flags = ACE_FLAG_OBJECT_INHERIT |
						    ACE_FLAG_CONTAINER_INHERIT,
					   .mask = FILE_ALL_ACCESS,
					   .sid = sid_everyone};
	const struct security_ace deny = {.type = ACCESS_DENIED_ACE_TYPE,
					  .flags = ACE_FLAG_INHERITED,
					  .mask = SEC_STD_DELETE,
					  .sid = sid_anonymous};
	struct security_descriptor sd = {
		.control = SD_DACL_PRESENT | SD_DACL_AUTO_INHERITED,
		.has_owner = true,
		.has_group = true,
		.owner = sid_administrators,
		.group = sid_administrators,
	};
	size_t at = 0;

	(void)state;
	wire_put_u8(&acl, 0xEE); /* an ACL begins anywhere */
	at = security_acl_begin(&acl);
	assert_true(security_acl_add(&acl, at, &allow));
	assert_true(security_acl_add(&acl, at, &deny));
	sd.dacl = security_acl_end(&acl, at);
	assert_true(security_descriptor_encode(&w, &sd));
	testlib_assert_hex(w.buf, w.len, descriptor_hex);
	talloc_free(mem_ctx);
}

/* An ACL whose writer is full has no slice. */
static void test_acl_without_room(void **state)
{
	const struct security_ace allow = {.sid = sid_everyone};
	size_t cap = 0;

	(void)state;
	for (cap = 0; cap < 28; cap++) {
		uint8_t buf[28] = {0};
		struct wire_writer w = wire_writer_fixed(buf, cap);
		size_t at = security_acl_begin(&w);

		assert_false(security_acl_add(&w, at, &allow));
		assert_int_equal(security_acl_end(&w, at).len, 0);
	}
}

static void test_acl_forms(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct security_descriptor sd = {0};
	struct security_acl_walk walk = security_acl(wire_slice(NULL, 0));
	struct security_ace ace = {0};

	(void)state;
	/* no DACL, NULL DACL, DACL without entries */
	assert_false(security_acl_next(&walk, &ace));
	assert_true(security_acl_ok(&walk));
	assert_true(security_descriptor_decode(
		testlib_hex(mem_ctx, "01 00 0080 00000000 00000000 00000000"
				     "00000000"),
		&sd));
	assert_int_equal(sd.control & SD_DACL_PRESENT, 0);
	assert_true(security_descriptor_decode(
		testlib_hex(mem_ctx, "01 00 0480 00000000 00000000 00000000"
				     "00000000"),
		&sd));
	assert_int_not_equal(sd.control & SD_DACL_PRESENT, 0);
	assert_int_equal(sd.dacl.len, 0);
	assert_true(security_descriptor_decode(
		testlib_hex(mem_ctx, "01 00 0480 00000000 00000000 00000000"
				     "14000000 02 00 0800 00000000"),
		&sd));
	assert_int_equal(sd.dacl.len, 8);
	talloc_free(mem_ctx);
}

static void test_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{0, 2},	    /* revision */
		{3, 0},	    /* not self-relative */
		{4, 1},	    /* owner in the header */
		{8, 0x65},  /* group behind the end */
		{16, 100},  /* DACL behind the end */
		{21, 16},   /* sixteen sub-authorities */
		{52, 5},    /* revision of the ACL */
		{54, 7},    /* shorter than its header */
		{54, 0x31}, /* longer than the rest */
		{56, 3},    /* more entries than there are */
		{62, 3},    /* an entry shorter than its header */
		{62, 0x10}, /* an entry shorter than its SID */
		{69, 2},    /* a SID longer than its entry */
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice data = testlib_hex(mem_ctx, descriptor_hex);
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *bytes = talloc_memdup(mem_ctx, data.data, data.len);
		struct security_descriptor sd = {0};

		bytes[bad[i].at] = bad[i].value;
		if (security_descriptor_decode(wire_slice(bytes, data.len),
					       &sd)) {
			fail_msg("accepted with %u at %zu", bad[i].value,
				 bad[i].at);
		}
	}
	talloc_free(mem_ctx);
}

/* What we do not understand is kept as it is. */
static void test_other_types(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	size_t at = security_acl_begin(&w);
	const struct security_ace object = {
		.type = ACCESS_ALLOWED_OBJECT_ACE_TYPE,
		.extra = BYTES("12345")};
	struct security_acl_walk walk = {0};
	struct security_ace ace = {0};

	(void)state;
	assert_true(security_acl_add(&w, at, &object));
	walk = security_acl(security_acl_end(&w, at));
	assert_int_equal(w.buf[0], 4); /* the revision of such ACLs */
	assert_true(security_acl_next(&walk, &ace));
	assert_int_equal(ace.type, ACCESS_ALLOWED_OBJECT_ACE_TYPE);
	assert_int_equal(ace.extra.len, 8);
	assert_memory_equal(ace.extra.data, "12345\0\0\0", 8);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_built),
		cmocka_unit_test(test_acl_without_room),
		cmocka_unit_test(test_acl_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_other_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
