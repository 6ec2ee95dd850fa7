/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attr.c and file_name.c of the mount: what stat(2) and readdir(3) show. */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>

#include "client/mount/mount.h"

#define BACKSLASH "\xEF\x80\xA6"
#define COLON	  "\xEF\x80\xA2"

static struct mount_options options = {
	.uid = 10,
	.gid = 20,
	.file_mode = 0644,
	.dir_mode = 0755,
	.file_ids = true,
	.file_time = 5,
	.dir_time = 3,
};
static struct mount mount = {.options = &options, .write_size = 65536};
static struct node node = {.serial = 77};

static struct stat filled(const struct client_stat *in)
{
	struct stat out = {0};

	attr_fill(&mount, &node, in, &out);
	return out;
}

static void test_plain(void **state)
{
	struct client_stat in = {
		.size = 1000,
		.allocation_size = 4097,
		.file_id = 5,
		.write_time = 116444736000000000u + 12345678901u,
	};
	struct stat st = filled(&in);

	(void)state;
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(st.st_uid, 10);
	assert_int_equal(st.st_gid, 20);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_ino, 5);
	assert_int_equal(st.st_blocks, 9);
	assert_int_equal(st.st_mtim.tv_sec, 1234);
	assert_int_equal(st.st_mtim.tv_nsec, 567890100);
	in.attributes = FILE_ATTRIBUTE_READONLY;
	assert_int_equal(filled(&in).st_mode, S_IFREG | 0444);
	in.attributes = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_READONLY;
	assert_int_equal(filled(&in).st_mode, S_IFDIR | 0755);
	in.attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
	in.reparse_tag = IO_REPARSE_TAG_SYMLINK;
	assert_int_equal(filled(&in).st_mode, S_IFLNK | 0777);
	assert_false(attr_facts(&mount, &in).directory);
	in.file_id = 0;
	assert_int_equal(filled(&in).st_ino, 77);
	in.size = UINT64_MAX;
	in.attributes = 0;
	assert_int_equal(filled(&in).st_size, INT64_MAX);
}

static void test_posix(void **state)
{
	struct client_stat in = {
		.posix = true,
		.mode = S_IFREG | 04755,
		.links = 3,
		.owner = sid_from_uid(1000),
		.group = sid_from_gid(2000),
	};
	struct stat st = filled(&in);

	(void)state;
	assert_int_equal(st.st_mode, S_IFREG | 04755);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(st.st_gid, 2000);
	assert_int_equal(st.st_nlink, 3);
	options.force_uid = true;
	assert_int_equal(filled(&in).st_uid, 10);
	options.force_uid = false;
	assert_true(sid_from_string("S-1-5-88-1-123", &in.owner));
	assert_int_equal(filled(&in).st_uid, 123);
	assert_true(sid_from_string("S-1-5-21-1-2-3-500", &in.owner));
	assert_int_equal(filled(&in).st_uid, 10);
	in.reparse_tag = IO_REPARSE_TAG_LX_FIFO;
	assert_int_equal(filled(&in).st_mode, S_IFIFO | 04755);
	in.mode = S_IFDIR | 0700;
	in.reparse_tag = 0;
	assert_true(attr_facts(&mount, &in).directory);
}

static void test_times(void **state)
{
	struct node folder = {.directory = true};
	struct open_file lingers = {.users = 0};
	struct open_file used = {.users = 1};
	struct node file = {.serial = 78};

	(void)state;
	TAILQ_INIT(&file.opens);
	options.cache = MOUNT_CACHE_STRICT;
	assert_true(attr_time(&mount, &folder) == 3);
	assert_true(attr_time(&mount, &file) == 5);
	TAILQ_INSERT_TAIL(&file.opens, &lingers, entry);
	assert_true(attr_time(&mount, &file) == 5);
	TAILQ_INSERT_TAIL(&file.opens, &used, entry);
	assert_true(attr_time(&mount, &file) == 0);
	options.cache = MOUNT_CACHE_LOOSE;
	assert_true(attr_time(&mount, &file) == 5);
	options.cache = MOUNT_CACHE_NONE;
	assert_true(attr_time(&mount, &file) == 0);
	assert_true(attr_time(&mount, &folder) == 3);
}

static void test_queries(void **state)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	struct wire_writer w = wire_writer_talloc(tmp);
	const struct fscc_all all = {
		.standard = {.end_of_file = 9, .number_of_links = 2},
		.index_number = 42,
	};
	struct client_stat stat = {.reparse_tag = 8};
	size_t len = 0;

	(void)state;
	assert_true(fscc_all_encode(&w, &all));
	assert_true(attr_take(wire_writer_slice(&w), false, &stat));
	assert_int_equal(stat.size, 9);
	assert_int_equal(stat.links, 2);
	assert_int_equal(stat.file_id, 42);
	assert_int_equal(stat.reparse_tag, 8);
	for (len = 0; len < 96; len++) {
		assert_false(attr_take(wire_slice(w.buf, len), false, &stat));
	}
	for (len = 0; len < 80; len++) {
		assert_false(attr_take(wire_slice(w.buf, len), true, &stat));
	}
	talloc_free(tmp);
}

static void check_name(const char *name, const char *smb)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	char back[FILE_NAME_SIZE] = "";
	char *got = file_name_to_smb(tmp, true, name);

	assert_string_equal(got, smb);
	assert_true(file_name_from_smb(got, true, back));
	assert_string_equal(back, name);
	talloc_free(tmp);
}

static void test_names(void **state)
{
	char name[300 * 3 + 1] = "";
	TALLOC_CTX *tmp = talloc_new(NULL);
	char out[FILE_NAME_SIZE] = "";
	int i = 0;

	(void)state;
	check_name("plain", "plain");
	check_name("a\\b", "a" BACKSLASH "b");
	check_name("a:b", "a:b"); /* the library maps it */
	assert_true(file_name_from_smb("a" COLON "b" BACKSLASH, true, out));
	assert_string_equal(out, "a:b\\");
	assert_true(file_name_from_smb("a" COLON, false, out));
	assert_string_equal(out, "a" COLON);
	assert_null(file_name_to_smb(tmp, false, "a:b"));
	assert_int_equal(errno, EINVAL);
	/* nothing leads out of a folder */
	assert_true(file_name_from_smb("\xEF\x80\xA9", true, out));
	assert_string_not_equal(out, ".");
	assert_true(file_name_from_smb(".\xEF\x80\xA9", true, out));
	assert_string_not_equal(out, "..");
	for (i = 0; i < 255; i++) {
		memcpy(name + 2 * i, "\xC3\xA4", 3);
	}
	assert_non_null(file_name_to_smb(tmp, true, name));
	memcpy(name + 2 * i, "x", 2);
	assert_null(file_name_to_smb(tmp, true, name));
	assert_int_equal(errno, ENAMETOOLONG);
	talloc_free(tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_posix),
		cmocka_unit_test(test_times), cmocka_unit_test(test_queries),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
