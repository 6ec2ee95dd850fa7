/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mode and POSIX ACL, to and from security descriptors. */
#include <sys/stat.h>

#include "server/acl.h"
#include "tests/fixture_acl.h"

/* "u7:6 g50:4": named ones; buf has 256 bytes */
static const char *named(const struct acl_posix *posix, char *buf)
{
	size_t len = 0;
	size_t i = 0;

	buf[0] = '\0';
	for (i = 0; i < posix->count; i++) {
		const struct acl_posix_entry *e = &posix->entries[i];

		len += (size_t)snprintf(
			buf + len, 256 - len, "%s%c%u:%o", len > 0 ? " " : "",
			e->tag == ACL_POSIX_USER ? 'u' : 'g', e->id, e->perm);
	}
	return buf;
}

/* The file is user 7's and group 50's. */
static void test_to_posix(void **state)
{
	static const struct {
		mode_t type;
		const char *acl;
		mode_t mode;
		const char *named;
	} table[] = {
		{S_IFREG, "", 0000, ""},
		{S_IFREG, "A;;1f01ff;S-1-22-1-7", 0700, ""},
		{S_IFREG, "A;;120089;S-1-22-1-7", 0400, ""},
		{S_IFREG, "A;;120089;S-1-1-0", 0444, ""},
		{S_IFREG, "A;;120089;S-1-5-11", 0444, ""},
		{S_IFREG, "A;;1f01ff;S-1-22-2-50", 0770, ""},
		{S_IFREG, "A;;120116;S-1-5-21-1-2-3-1016", 0000, "u8:2"},
		{S_IFREG, "A;;120089;S-1-22-2-60 A;;1f01ff;S-1-22-1-7", 0700,
		 "g60:4"},
		{S_IFREG, "D;;6;S-1-22-1-8 A;;1201bf;S-1-1-0", 0777, "u8:5"},
		{S_IFREG, "A;;1;S-1-22-1-9 A;;2;S-1-22-1-8 A;;2;S-1-22-1-9",
		 0000, "u8:2 u9:6"},
		/* nobody that is known here */
		{S_IFREG, "A;;1f01ff;S-1-5-21-9-9-9-1000", 0000, ""},
		{S_IFREG, "A;OI|IO;1f01ff;S-1-22-1-8", 0000, ""},
		/* a directory is passed by who may use it */
		{S_IFDIR, "A;;1;S-1-1-0", 0555, ""},
		{S_IFDIR, "A;;4;S-1-22-1-7", 0300, ""},
		{S_IFDIR, "A;;40;S-1-1-0", 0111, ""},
		{S_IFDIR, "A;;20000;S-1-1-0", 0000, ""},
	};
	char buf[256];
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t bytes[1024];
		struct wire_writer w = wire_writer_fixed(bytes, sizeof(bytes));
		const struct acl_file file = {
			.uid = 7, .gid = 50, .mode = table[i].type | 0111};
		struct security_descriptor sd = {
			.control = SD_DACL_PRESENT,
			.has_owner = true,
			.owner = sidmap_user(&test_sids, 7),
			.dacl = parse_acl(&w, table[i].acl)};
		struct acl_posix posix = {0};

		acl_to_posix(&sd, &test_sids, &file, &posix);
		if (posix.mode != table[i].mode) {
			fail_msg("\"%s\": mode %o, not %o", table[i].acl,
				 posix.mode, table[i].mode);
		}
		assert_string_equal(named(&posix, buf), table[i].named);
	}
}

static void test_null_dacl(void **state)
{
	const struct security_descriptor sd = {.control = SD_DACL_PRESENT};
	const struct acl_file file = {
		.uid = 7, .gid = 50, .mode = S_IFREG | 0700};
	struct acl_posix posix = {0};

	(void)state;
	acl_to_posix(&sd, &test_sids, &file, &posix);
	assert_int_equal(posix.mode, 0766);
}

/* What is made of mode and ACL gives them back. */
static void test_there_and_back(void **state)
{
	static const struct acl_posix in = {
		.mode = 0751,
		.count = 2,
		.entries = {{ACL_POSIX_USER, 5, 8}, {ACL_POSIX_GROUP, 7, 60}},
	};
	const struct acl_file file = {
		.uid = 7, .gid = 50, .mode = S_IFDIR | 0770};
	uint8_t bytes[1024];
	struct wire_writer w = wire_writer_fixed(bytes, sizeof(bytes));
	struct security_descriptor sd = {0};
	struct acl_posix out = {0};
	char a[256], b[256];

	(void)state;
	assert_true(acl_from_posix(&w, &test_sids, &file, &in, &sd));
	acl_to_posix(&sd, &test_sids, &file, &out);
	assert_string_equal(named(&in, a), named(&out, b));
	assert_int_equal(out.mode, 0751);
}

/* So it is with a file of which only the mode counts; and who may read may run
 * it by both, whether it has an x bit or not. */
static void test_shown_is_set(void **state)
{
	static const mode_t modes[] = {0644, 0755, 0744, 0600, 0640, 0111,
				       0444, 0711, 0000, 0777, 0654};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct acl_file file = {
			.uid = 7, .gid = 50, .mode = S_IFREG | modes[i]};
		const struct acl_who other = {.map = &test_sids, .uid = 9};
		unsigned may =
			(modes[i] & 4 ? STORE_MAY_READ : 0u) |
			(modes[i] & 2 ? STORE_MAY_WRITE | STORE_MAY_DELETE
				      : 0u) |
			(modes[i] & 1 ? STORE_MAY_EXECUTE : 0u);
		uint8_t bytes[1024];
		struct wire_writer w = wire_writer_fixed(bytes, sizeof(bytes));
		struct security_descriptor sd = {0};
		struct acl_posix out = {0};

		assert_true(acl_from_posix(&w, &test_sids, &file, NULL, &sd));
		assert_int_equal(acl_granted(&sd, &other),
				 acl_rights(may, false));
		acl_to_posix(&sd, &test_sids, &file, &out);
		/* the owner gets what his groups have */
		assert_int_equal(out.mode & ~0700u, modes[i] & ~0700u);
		assert_int_equal(out.mode & 0700,
				 (modes[i] & 0700) | (modes[i] & 0070) << 3);
	}
}

static void test_xattr(void **state)
{
	static const struct acl_posix in = {
		.mode = 0640,
		.count = 2,
		.entries = {{ACL_POSIX_USER, 6, 8}, {ACL_POSIX_GROUP, 1, 60}},
	};
	/* as setfacl -m u:8:rw,g:60:x has it on a file of mode 0640 */
	static const uint8_t expected[] = {
		2,    0, 0,    0,    1,	   0,	 6,    0,    0xff, 0xff, 0xff,
		0xff, 2, 0,    6,    0,	   8,	 0,    0,    0,	   4,	 0,
		4,    0, 0xff, 0xff, 0xff, 0xff, 8,    0,    1,	   0,	 60,
		0,    0, 0,    16,   0,	   7,	 0,    0xff, 0xff, 0xff, 0xff,
		32,   0, 0,    0,    0xff, 0xff, 0xff, 0xff,
	};
	uint8_t bytes[256];
	struct wire_writer w = wire_writer_fixed(bytes, sizeof(bytes));
	struct acl_posix out = {0};
	size_t len = 0;

	(void)state;
	assert_true(acl_posix_encode(&w, &in));
	assert_int_equal(w.len, sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_true(acl_posix_decode(wire_writer_slice(&w), &out));
	assert_int_equal(out.mode, 0640);
	assert_int_equal(out.count, 2);
	assert_memory_equal(out.entries, in.entries, 2 * sizeof(in.entries[0]));
	for (len = 0; len < sizeof(expected); len++) {
		bool whole = len >= 4 && (len - 4) % 8 == 0;

		assert_int_equal(acl_posix_decode(wire_slice(bytes, len), &out),
				 whole);
	}
	bytes[0] = 3;
	assert_false(acl_posix_decode(wire_writer_slice(&w), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_posix),
		cmocka_unit_test(test_null_dacl),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_shown_is_set),
		cmocka_unit_test(test_xattr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
