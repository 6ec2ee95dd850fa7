/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the POSIX extensions tell of a file, and what they set. */
#include <sys/stat.h>

#include "server/posix_info.h"
#include "smbquic/utf16.h"
#include "tests/testlib.h"

static const struct store_attr attr = {
	.file_id = 7,
	.volume_id = 9,
	.size = 5,
	.posix_links = 2,
	.mode = S_IFDIR | 0755,
	.uid = 0,
	.gid = 100,
};

static void test_info(void **state)
{
	struct smb2_posix_info info = posix_info_of(&attr);
	struct sid user = sid_from_uid(0);
	struct sid group = sid_from_gid(100);

	(void)state;
	assert_int_equal(info.inode, 7);
	assert_int_equal(info.device, 9);
	assert_int_equal(info.posix.links, 2);
	assert_int_equal(info.posix.mode, 010755);
	assert_true(sid_equal(&info.posix.owner, &user));
	assert_true(sid_equal(&info.posix.group, &group));
}

static void assert_listed(const char *name, const char *disk, uint64_t inode)
{
	uint8_t buf[512];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct fscc_dir_list list =
		fscc_dir_list(&w, FilePosixInformation, sizeof(buf));
	struct store_entry entry = {.name = name, .attr = attr};
	struct smb2_posix_info info = {0};
	struct wire_slice got = {0};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	assert_true(posix_add_entry(&list, &entry));
	assert_true(smb2_posix_entry_decode(wire_slice(buf + 8, w.len - 8),
					    &info, &got));
	assert_string_equal(utf16_to_utf8(mem_ctx, got), disk);
	assert_int_equal(info.inode, inode);
	talloc_free(mem_ctx);
}

/* By its name on the disk. */
static void test_entry(void **state)
{
	(void)state;
	assert_listed("f", "f", 7);
	assert_listed("..", "..", 0);
	assert_listed("a\xef\x80\xa2", "a:", 7); /* U+F022 */
}

static void test_full(void **state)
{
	uint8_t buf[512];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct fscc_dir_list list =
		fscc_dir_list(&w, FilePosixInformation, 200);
	struct store_entry entry = {.name = "f", .attr = attr};
	size_t len = 0;

	(void)state;
	assert_true(posix_add_entry(&list, &entry));
	len = w.len;
	assert_false(posix_add_entry(&list, &entry));
	assert_int_equal(w.len, len);
	assert_int_equal(list.count, 1);
}

static bool matches(const char *text, const char *name)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct name_pattern *pattern = NULL;
	struct wire_slice utf16 = {0};
	bool yes = false;

	assert_true(utf16_from_utf8(mem_ctx, text, &utf16));
	pattern = posix_pattern(mem_ctx, utf16);
	assert_non_null(pattern);
	yes = name_pattern_match(pattern, name);
	talloc_free(mem_ctx);
	return yes;
}

static void test_pattern(void **state)
{
	(void)state;
	assert_true(matches("*", "x"));
	assert_true(matches("a*", "abc"));
	assert_true(matches("a:", "a\xef\x80\xa2"));
	assert_true(matches("..", ".."));
	assert_false(matches("a", "b"));
	/* case counts */
	assert_true(matches("aB*", "aBc"));
	assert_false(matches("aB*", "ABc"));
	assert_false(matches("a?", "Ab"));
	assert_true(matches("a", "a"));
	assert_false(matches("a", "A"));
}

static struct security_descriptor with_dacl(struct wire_writer *w,
					    struct sid sid)
{
	struct security_ace ace = {.type = ACCESS_ALLOWED_ACE_TYPE};
	size_t acl = security_acl_begin(w);

	ace.sid = sid;
	assert_true(security_acl_add(w, acl, &ace));
	return (struct security_descriptor){
		.control = SD_DACL_PRESENT,
		.dacl = security_acl_end(w, acl),
	};
}

static void test_change(void **state)
{
	const struct sid mode = {5, 3, {88, 3, 0100604}};
	const struct sid user = {5, 3, {88, 1, 1234}};
	uint8_t buf[200];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	struct security_descriptor sd = with_dacl(&w, mode);
	struct store_change change = {0};

	(void)state;
	assert_true(posix_change_of(&sd, DACL_SECURITY_INFORMATION, &change));
	assert_int_equal(change.what, STORE_SET_MODE);
	assert_int_equal(change.mode, 0604);
	assert_false(posix_change_of(&sd, OWNER_SECURITY_INFORMATION, &change));
	sd.has_owner = true;
	sd.owner = user;
	assert_true(posix_change_of(&sd, OWNER_SECURITY_INFORMATION, &change));
	assert_int_equal(change.what, STORE_SET_OWNER);
	assert_int_equal(change.uid, 1234);
	assert_true(change.gid == (gid_t)-1);
	w = wire_writer_fixed(buf, sizeof(buf));
	sd = with_dacl(&w, sid_everyone);
	assert_false(posix_change_of(&sd, DACL_SECURITY_INFORMATION, &change));
	/* a list of Windows' is set, not left out */
	sd.has_owner = true;
	sd.owner = user;
	assert_false(posix_change_of(
		&sd, DACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION,
		&change));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info),   cmocka_unit_test(test_entry),
		cmocka_unit_test(test_full),   cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
