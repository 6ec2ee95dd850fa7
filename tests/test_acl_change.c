/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inheriting (MS-DTYP 2.5.3.4) and setting of security descriptors. */
#include <errno.h>

#include "server/acl.h"
#include "tests/fixture_acl.h"

#define ALL "1f01ff"

static const struct acl_child child = {.owner = {22, 2, {1, 7}},
				       .group = {22, 2, {2, 50}}};

static void test_inherit(void **state)
{
	/* of the directory, of a file in it, of a directory in it */
	static const struct {
		const char *parent, *file, *directory;
	} table[] = {
		{"A;OI;2;S-1-1-0", "A;;2;S-1-1-0", "A;OI|IO;2;S-1-1-0"},
		{"A;CI;2;S-1-1-0", "", "A;CI;2;S-1-1-0"},
		{"A;OI|CI;2;S-1-1-0", "A;;2;S-1-1-0", "A;OI|CI;2;S-1-1-0"},
		{"A;OI|NP;2;S-1-1-0", "A;;2;S-1-1-0", ""},
		{"A;CI|NP;2;S-1-1-0", "", "A;;2;S-1-1-0"},
		{"A;OI|CI|IO;2;S-1-1-0", "A;;2;S-1-1-0", "A;OI|CI;2;S-1-1-0"},
		{"A;OI|CI|NP|IO;2;S-1-1-0", "A;;2;S-1-1-0", "A;;2;S-1-1-0"},
		{"A;;2;S-1-1-0", "", ""},
		/* CREATOR OWNER and GROUP become who they are, and stay */
		{"A;OI|CI;2;S-1-3-0", "A;;2;S-1-22-1-7",
		 "A;;2;S-1-22-1-7 A;OI|CI|IO;2;S-1-3-0"},
		{"A;CI|NP;2;S-1-3-1", "", "A;;2;S-1-22-2-50"},
		{"A;OI;2;S-1-3-0", "A;;2;S-1-22-1-7", "A;OI|IO;2;S-1-3-0"},
		/* generic rights become specific where they count */
		{"A;OI|CI|IO;80000000;S-1-1-0", "A;;120089;S-1-1-0",
		 "A;;120089;S-1-1-0 A;OI|CI|IO;80000000;S-1-1-0"},
		/* the order stays, canonical or not */
		{"A;OI;1;S-1-1-0 D;OI;2;S-1-1-0", "A;;1;S-1-1-0 D;;2;S-1-1-0",
		 "A;OI|IO;1;S-1-1-0 D;OI|IO;2;S-1-1-0"},
	};
	static const char *none = "A;;" ALL ";S-1-22-1-7 A;;" ALL ";S-1-5-18";
	size_t i = 0;

	(void)state;
	for (i = 0; i < 2 * sizeof(table) / sizeof(table[0]); i++) {
		uint8_t from[1024], to[1024];
		char text[4096];
		struct wire_writer r = wire_writer_fixed(from, sizeof(from));
		struct wire_writer w = wire_writer_fixed(to, sizeof(to));
		const char *expected =
			i % 2 == 0 ? table[i / 2].file : table[i / 2].directory;
		struct acl_child made = child;
		struct security_descriptor parent = {.control =
							     SD_DACL_PRESENT};
		struct security_descriptor sd = {0};

		made.directory = i % 2 != 0;
		parent.dacl = parse_acl(&r, table[i / 2].parent);
		assert_true(acl_inherit(&w, &parent, &made, &sd));
		assert_string_equal(acl_text(sd.dacl, text),
				    *expected != '\0' ? expected : none);
		assert_int_equal(sd.control, SD_DACL_PRESENT);
		assert_true(sid_equal(&sd.owner, &child.owner));
		assert_true(sid_equal(&sd.group, &child.group));
	}
}

/* What came by itself is marked, if the parent's did. */
static void test_inherit_automatic(void **state)
{
	uint8_t from[1024], to[1024];
	char text[4096];
	struct wire_writer r = wire_writer_fixed(from, sizeof(from));
	struct wire_writer w = wire_writer_fixed(to, sizeof(to));
	struct security_descriptor parent = {
		.control = SD_DACL_PRESENT | SD_DACL_AUTO_INHERITED |
			   SD_SACL_PRESENT | SD_DACL_PROTECTED};
	struct security_descriptor sd = {0};

	(void)state;
	parent.dacl = parse_acl(&r, "A;OI;2;S-1-1-0 A;;4;S-1-1-0");
	parent.sacl = parse_acl(&r, "U;OI;2;S-1-1-0");
	assert_true(acl_inherit(&w, &parent, &child, &sd));
	assert_string_equal(acl_text(sd.dacl, text), "A;ID;2;S-1-1-0");
	assert_string_equal(acl_text(sd.sacl, text), "U;;2;S-1-1-0");
	assert_int_equal(sd.control, SD_DACL_PRESENT | SD_DACL_AUTO_INHERITED |
					     SD_SACL_PRESENT);
}

/* --- setting
 * ------------------------------------------------------------------ */

static const struct acl_who me = {.map = &test_sids, .uid = 7};
static const struct acl_who root = {.map = &test_sids};

static void test_control(void **state)
{
	static const struct {
		uint16_t in, out;
	} table[] = {
		{0, 0},
		{SD_DACL_AUTO_INHERITED, 0},
		{SD_DACL_AUTO_INHERIT_REQ, 0},
		{SD_DACL_AUTO_INHERITED | SD_DACL_AUTO_INHERIT_REQ,
		 SD_DACL_AUTO_INHERITED},
		{SD_DACL_PROTECTED, SD_DACL_PROTECTED},
		{SD_SACL_PROTECTED, 0},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t from[1024], to[1024];
		struct wire_writer r = wire_writer_fixed(from, sizeof(from));
		struct wire_writer w = wire_writer_fixed(to, sizeof(to));
		const struct security_descriptor old = {
			.control = SD_DACL_PRESENT};
		struct security_descriptor in = {
			.control = SD_DACL_PRESENT | table[i].in,
			.dacl = parse_acl(&r, "A;;1;S-1-1-0")};
		struct security_descriptor sd = {0};

		assert_int_equal(acl_change(&w, &old, &in,
					    DACL_SECURITY_INFORMATION, &me,
					    false, &sd),
				 0);
		assert_int_equal(sd.control, SD_DACL_PRESENT | table[i].out);
		w = wire_writer_fixed(to, sizeof(to));
		assert_int_equal(acl_change(&w, &old, &in,
					    DACL_SECURITY_INFORMATION, &me,
					    true, &sd),
				 0);
		assert_int_equal(sd.control & SD_DACL_AUTO_INHERITED,
				 table[i].in & SD_DACL_AUTO_INHERITED);
	}
}

static void test_parts(void **state)
{
	uint8_t from[1024], to[1024];
	char text[4096];
	struct wire_writer r = wire_writer_fixed(from, sizeof(from));
	struct wire_writer w = wire_writer_fixed(to, sizeof(to));
	struct security_descriptor old = {
		.control = SD_DACL_PRESENT | SD_SACL_PRESENT,
		.has_owner = true,
		.has_group = true,
		.owner = child.owner,
		.group = child.group,
		.dacl = parse_acl(&r, "A;;1;S-1-1-0"),
		.sacl = parse_acl(&r, "U;;1;S-1-1-0"),
	};
	struct security_descriptor in = {
		.control = SD_DACL_PRESENT,
		.dacl = parse_acl(&r, "D;;10000000;S-1-1-0 "
				      "A;OI|IO;10000000;S-1-1-0")};
	struct security_descriptor sd = {0};

	(void)state;
	assert_int_equal(acl_change(&w, &old, &in, DACL_SECURITY_INFORMATION,
				    &me, false, &sd),
			 0);
	assert_string_equal(acl_text(sd.dacl, text),
			    "D;;" ALL ";S-1-1-0 A;OI|IO;10000000;S-1-1-0");
	assert_string_equal(acl_text(sd.sacl, text), "U;;1;S-1-1-0");
	assert_true(sid_equal(&sd.owner, &old.owner));

	assert_int_equal(acl_change(&w, &old, &in, SACL_SECURITY_INFORMATION,
				    &root, false, &sd),
			 0);
	assert_int_equal(sd.control, SD_DACL_PRESENT);
	assert_string_equal(acl_text(sd.dacl, text), "A;;1;S-1-1-0");

	in.control = 0; /* none brought along: no list, which allows all */
	in.dacl = wire_slice(NULL, 0);
	assert_int_equal(acl_change(&w, &old, &in, DACL_SECURITY_INFORMATION,
				    &me, false, &sd),
			 0);
	assert_int_equal(sd.control, SD_DACL_PRESENT | SD_SACL_PRESENT);
	assert_int_equal(sd.dacl.len, 0);
	sd = acl_parts(&sd, OWNER_SECURITY_INFORMATION);
	assert_true(sd.has_owner && !sd.has_group);
	assert_int_equal(sd.control, 0);
	assert_int_equal(sd.dacl.len + sd.sacl.len, 0);
	assert_int_equal(acl_parts_of(&sd), OWNER_SECURITY_INFORMATION);
}

static void test_owner(void **state)
{
	static const struct {
		const char *owner;
		const struct acl_who *who;
		int err;
	} table[] = {
		{"S-1-22-1-7", &me, 0},	      {"S-1-5-21-1-2-3-1014", &me, 0},
		{"S-1-22-1-9", &me, 0}, /* it is already */
		{"S-1-22-1-8", &me, EPERM},   {"S-1-1-0", &me, EPERM},
		{"S-1-5-32-544", &me, EPERM}, {"S-1-5-32-544", &root, 0},
		{"S-1-22-1-8", &root, 0},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t to[64];
		struct wire_writer w = wire_writer_fixed(to, sizeof(to));
		const struct security_descriptor old = {
			.has_owner = true, .owner = {22, 2, {1, 9}}};
		struct security_descriptor in = {.has_owner = true};
		struct security_descriptor sd = {0};

		assert_true(sid_from_string(table[i].owner, &in.owner));
		assert_int_equal(acl_change(&w, &old, &in,
					    OWNER_SECURITY_INFORMATION,
					    table[i].who, false, &sd),
				 table[i].err);
		in.has_owner = false;
		assert_int_equal(acl_change(&w, &old, &in,
					    OWNER_SECURITY_INFORMATION,
					    table[i].who, false, &sd),
				 EINVAL);
		assert_int_equal(acl_change(&w, &old, &in,
					    GROUP_SECURITY_INFORMATION,
					    table[i].who, false, &sd),
				 EINVAL);
	}
}

static void test_too_long(void **state)
{
	static uint8_t from[1024];
	uint8_t to[16];
	struct wire_writer r = wire_writer_fixed(from, sizeof(from));
	struct wire_writer w = wire_writer_fixed(to, sizeof(to));
	const struct security_descriptor old = {0};
	struct security_descriptor in = {.control = SD_DACL_PRESENT,
					 .dacl = parse_acl(&r, "A;;1;S-1-1-0")};
	struct security_descriptor sd = {0};

	(void)state;
	assert_int_equal(acl_change(&w, &old, &in, DACL_SECURITY_INFORMATION,
				    &me, false, &sd),
			 EFBIG);
	in.dacl = parse_acl(&r, "A;OI;1;S-1-1-0");
	w = wire_writer_fixed(to, sizeof(to));
	assert_false(acl_inherit(&w, &in, &child, &sd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_inherit_automatic),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
