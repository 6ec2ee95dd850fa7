/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "client/libsmbclient/xattr_text.h"

#define ALICE "S-1-5-21-1-2-3-1001"

/* -------------------------------------------------------------------- names */

static const struct {
	const char *name;
	bool full;
	uint32_t wanted;
	bool labels, names;
	const char *who;
} good[] = {
	{"system.*", false, XATTR_NT | XATTR_DOS, true, false, NULL},
	{"SYSTEM.*+", false, XATTR_NT | XATTR_DOS, true, true, NULL},
	{"system.nt_sec_desc.*", false, XATTR_NT, true, false, NULL},
	{"system.nt_sec_desc.*+!nt_sec_desc.acl", false,
	 XATTR_NT & ~XATTR_BIT(XATTR_ACL), true, true, NULL},
	{"system.nt_sec_desc.owner", false, XATTR_BIT(XATTR_OWNER), false,
	 false, NULL},
	{"system.nt_sec_desc.group+", false, XATTR_BIT(XATTR_GROUP), false,
	 true, NULL},
	{"system.nt_sec_desc.acl.*", false, XATTR_BIT(XATTR_ACL), false, false,
	 NULL},
	{"system.nt_sec_desc.acl:" ALICE, false, XATTR_BIT(XATTR_ACL), false,
	 false, ALICE},
	{"system.nt_sec_desc.acl+:alice", false, XATTR_BIT(XATTR_ACL), false,
	 true, "alice"},
	{"system.dos_attr.*!dos_attr.mode!dos_attr.A_TIME", false,
	 XATTR_DOS & ~XATTR_BIT(XATTR_MODE) & ~XATTR_BIT(XATTR_ACCESS_TIME),
	 true, false, NULL},
	{"system.dos_attr.mode", false, XATTR_BIT(XATTR_MODE), false, false,
	 NULL},
	{"system.dos_attr.m_time", false, XATTR_BIT(XATTR_WRITE_TIME), false,
	 false, NULL},
	{"system.dos_attr.CREATE_TIME", true, XATTR_BIT(XATTR_CREATE_TIME),
	 false, false, NULL},
};

static const struct {
	const char *name;
	bool full;
} bad[] = {
	{"", false},
	{"user.mime_type", false},
	{"system.", false},
	{"system.posix_acl_access", false},
	{"system.nt_sec_desc.", false},
	{"system.nt_sec_desc.sacl", false},
	{"system.nt_sec_desc.acl:", false},
	{"system.nt_sec_desc.revision+", false},
	{"system.dos_attr.", false},
	{"system.dos_attr.create_time", false},
	{"system.dos_attr.m_time", true},
	{"system.*!everything", false},
	{"system.*x", false},
};

static void test_names(void **state)
{
	struct xattr_name n = {0};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!xattr_name_parse(good[i].name, good[i].full, &n) ||
		    n.wanted != good[i].wanted || n.labels != good[i].labels ||
		    n.names != good[i].names) {
			fail_msg("%s", good[i].name);
		}
		if (good[i].who != NULL) {
			assert_string_equal(n.who, good[i].who);
		} else {
			assert_null(n.who);
		}
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (xattr_name_parse(bad[i].name, bad[i].full, &n)) {
			fail_msg("%s", bad[i].name);
		}
	}
}

/* --------------------------------------------------------------------- text */

static struct wire_slice make_acl(TALLOC_CTX *mem_ctx,
				  const struct security_ace *ace, size_t count)
{
	struct wire_writer *w = talloc(mem_ctx, struct wire_writer);
	size_t begin = 0;
	size_t i = 0;

	*w = wire_writer_talloc(mem_ctx);
	begin = security_acl_begin(w);
	for (i = 0; i < count; i++) {
		security_acl_add(w, begin, &ace[i]);
	}
	return security_acl_end(w, begin);
}

static const char *account(void *private_data, const struct sid *sid)
{
	(void)private_data;
	return sid_equal(sid, &sid_everyone) ? "Everyone" : NULL;
}

static void test_text(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{"system.nt_sec_desc.*",
		 "REVISION:1,OWNER:" ALICE ",GROUP:S-1-1-0,"
		 "ACL:S-1-1-0:1/3/0x001200a9,ACL:" ALICE ":0/0/0x001f01ff"},
		{"system.nt_sec_desc.owner", ALICE},
		{"system.nt_sec_desc.group+", "Everyone"},
		{"system.nt_sec_desc.owner+", ALICE},
		{"system.nt_sec_desc.acl.*",
		 "S-1-1-0:1/3/0x001200a9," ALICE ":0/0/0x001f01ff"},
		{"system.nt_sec_desc.acl:S-1-1-0", "1/3/0x001200a9"},
		{"system.nt_sec_desc.acl+:Everyone", "1/3/0x001200a9"},
		{"system.nt_sec_desc.acl:S-1-5-18", ""},
		{"system.dos_attr.*",
		 "MODE:0x21,SIZE:5000000000,A_TIME:11,M_TIME:12,C_TIME:13,"
		 "INODE:77"},
		{"system.*!nt_sec_desc.acl!nt_sec_desc.group!dos_attr.inode",
		 "REVISION:1,OWNER:" ALICE ",MODE:0x21,SIZE:5000000000,"
		 "A_TIME:11,M_TIME:12,C_TIME:13"},
		{"system.dos_attr.mode", "0x21"},
		{"system.dos_attr.size", "5000000000"},
	};
	TALLOC_CTX *frame = talloc_new(NULL);
	struct security_ace ace[2] = {
		{.type = ACCESS_DENIED_ACE_TYPE, .flags = 3, .mask = 0x1200A9},
		{.type = ACCESS_ALLOWED_ACE_TYPE, .mask = 0x1F01FF},
	};
	struct security_descriptor sd = {.has_owner = true, .has_group = true};
	const struct libsmb_facts facts = {
		.stat = {.attributes = 0x21,
			 .size = 5000000000,
			 .access_time = nttime_from_unix(11),
			 .write_time = nttime_from_unix(12),
			 .change_time = nttime_from_unix(13)},
		.inode = 77,
	};
	const struct xattr_source source = {
		.sd = &sd,
		.facts = &facts,
		.account = account,
	};
	size_t i = 0;

	(void)state;
	assert_true(sid_from_string(ALICE, &sd.owner));
	sd.group = sid_everyone;
	ace[0].sid = sid_everyone;
	ace[1].sid = sd.owner;
	sd.control = SD_DACL_PRESENT;
	sd.dacl = make_acl(frame, ace, 2);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct xattr_name n = {0};

		assert_true(xattr_name_parse(rows[i].name, false, &n));
		assert_string_equal(xattr_text(frame, &n, &source),
				    rows[i].text);
	}
	talloc_free(frame);
}

static void test_parse_dos(void **state)
{
	struct fscc_basic basic = {0};

	(void)state;
	assert_true(xattr_dos_parse("MODE:0x3,A_TIME:5,M_TIME:6,SIZE:9", false,
				    0, &basic));
	assert_int_equal(basic.file_attributes, 3);
	assert_int_equal(basic.last_access_time, nttime_from_unix(5));
	assert_int_equal(basic.last_write_time, nttime_from_unix(6));
	assert_int_equal(basic.change_time, 0);
	/* no bits at all are said by one of their own */
	assert_true(xattr_dos_parse("mode:0", false, 0, &basic));
	assert_int_equal(basic.file_attributes, FILE_ATTRIBUTE_NORMAL);
	assert_true(xattr_dos_parse("mode:0", false, FILE_ATTRIBUTE_DIRECTORY,
				    &basic));
	assert_int_equal(basic.file_attributes, FILE_ATTRIBUTE_DIRECTORY);
	assert_true(xattr_dos_parse("CREATE_TIME:7", true, 0, &basic));
	assert_int_equal(basic.creation_time, nttime_from_unix(7));
	assert_false(xattr_dos_parse("MODE:readonly", false, 0, &basic));
	assert_false(xattr_dos_parse("A_TIME:", false, 0, &basic));
	assert_false(xattr_dos_parse("A_TIME:1x", false, 0, &basic));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_parse_dos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
