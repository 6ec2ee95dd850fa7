/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Named streams on a file system: the contract, and what lies on the disk. */
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "tests/fixture_depot.h"
#include "tests/store_streams.h"

/* As Samba's streams_xattr keeps it, both ways. */
static void test_samba(void **state)
{
	struct world *w = *state;
	char value[16] = "";

	make_file(w, "a:Zone.Identifier", "zone");
	assert_int_equal(getxattr(on_disk(w, "a"),
				  "user.DosStream.Zone.Identifier:$DATA", value,
				  sizeof(value)),
			 5);
	assert_memory_equal(value, "zone", 5);
	assert_int_equal(setxattr(on_disk(w, "a"), "user.DosStream.x:$DATA",
				  "abc", 4, 0),
			 0);
	assert_string_equal(streams_of(w, "a"), "=0 Zone.Identifier=4 x=3");
	check_content(w, "a:x", "abc");
	assert_int_equal(in_depot(w), 0);
}

/* What others write into attributes need not make sense. */
static void test_nonsense(void **state)
{
	static const char *const names[] = {
		"user.DosStream.:$DATA",     "user.DosStream.x",
		"user.DosStream.a/b:$DATA",  "user.DosStream.a:b:$DATA",
		"user.DosStream.\xFF:$DATA", "user.smbquic.stream.",
	};
	struct world *w = *state;
	struct store_file *file = NULL;
	size_t i = 0;

	make_file(w, "a", "");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(setxattr(on_disk(w, "a"), names[i], "", 1, 0),
				 0);
	}
	assert_int_equal(setxattr(on_disk(w, "a"), "user.smbquic.stream.s",
				  "short", 5, 0),
			 0);
	assert_string_equal(streams_of(w, "a"), "=0");
	assert_int_equal(do_open(w, "a:s", RW, &file), ENOENT);
	make_file(w, "a:s", "now");
	check_content(w, "a:s", "now");
}

/* Small ones follow a copy made on the machine, large ones do not; and nobody
 * gets at another file's by naming it in his own. */
static void test_claim(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	char value[64];
	ssize_t n = -1;

	make_file(w, "a:small", "s");
	make_large(w, "a:large");
	assert_int_equal(in_depot(w), 1);
	n = getxattr(on_disk(w, "a"), "user.smbquic.stream.large", value,
		     sizeof(value));
	assert_true(n > 0);
	make_file(w, "b", "");
	assert_int_equal(setxattr(on_disk(w, "b"), "user.smbquic.stream.large",
				  value, (size_t)n, 0),
			 0);
	assert_string_equal(streams_of(w, "b"), "=0");
	assert_int_equal(do_open(w, "b:large", RW, &file), ENOENT);
	file = must_open(w, "b", RW);
	assert_int_equal(do_unlink(w, file, "b"), 0);
	do_close(w, file);
	assert_string_equal(streams_of(w, "a"), "=0 large=200000 small=1");
}

/* Nothing is left in the depot when its file goes, or is replaced. */
static void test_depot_emptied(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;

	make_large(w, "a:one");
	make_large(w, "a:two");
	assert_int_equal(in_depot(w), 2);
	file = must_open(w, "a:one", RW);
	assert_int_equal(do_unlink(w, file, "a:one"), 0);
	do_close(w, file);
	assert_int_equal(in_depot(w), 1);
	make_file(w, "b", "");
	file = must_open(w, "b", RW);
	assert_int_equal(do_rename(w, file, "b", "a", true, NULL), 0);
	do_close(w, file);
	assert_int_equal(in_depot(w), 0);
	make_dir(w, "d");
	make_large(w, "d:x");
	assert_int_equal(in_depot(w), 1);
	file = must_open(w, "d", STORE_OPEN_READ);
	assert_int_equal(do_unlink(w, file, "d"), 0);
	do_close(w, file);
	assert_int_equal(in_depot(w), 0);
	make_large(w, "c:x");
	assert_int_equal(link(on_disk(w, "c"), on_disk(w, "c2")), 0);
	file = must_open(w, "c", RW);
	assert_int_equal(do_unlink(w, file, "c"), 0);
	do_close(w, file);
	assert_string_equal(streams_of(w, "c2"), "=0 x=200000");
}

/* No client gets into it, or sees it. */
static void test_hidden(void **state)
{
	static const char *const paths[] = {DEPOT, ".SMBQUIC-streams",
					    DEPOT "/x", DEPOT ":s"};
	struct world *w = *state;
	struct store_file *file = NULL;
	struct stat st = {0};
	size_t i = 0;

	make_large(w, "a:s");
	assert_int_equal(stat(on_disk(w, DEPOT), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_string_equal(do_list(w, "", 10), "a");
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(do_open(w, paths[i], 0, &file), EACCES);
		assert_int_equal(do_open(w, paths[i], NEW, &file), EACCES);
	}
	file = must_open(w, "a", RW);
	assert_int_equal(do_rename(w, file, "a", DEPOT, true, NULL), EACCES);
	assert_int_equal(do_rename(w, file, "a", DEPOT "/x", true, NULL),
			 EACCES);
	do_close(w, file);
	make_dir(w, "d");
	make_file(w, "d/" DEPOT, "elsewhere it is a name as any other");
}

/* Somebody was there before. */
static void test_planted(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	char *block = talloc_zero_array(w, char, LARGE);

	assert_int_equal(do_write(w, file, "small", 5, 0), 0);
	assert_int_equal(symlink("/tmp", on_disk(w, DEPOT)), 0);
	assert_int_equal(do_write(w, file, block, LARGE, 0), ENOSPC);
	assert_int_equal(unlink(on_disk(w, DEPOT)), 0);
	assert_int_equal(mkdir(on_disk(w, DEPOT), 0755), 0);
	assert_int_equal(do_write(w, file, block, LARGE, 0), ENOSPC);
	assert_int_equal(do_getattr(w, file).size, 5);
	assert_int_equal(rmdir(on_disk(w, DEPOT)), 0);
	assert_int_equal(do_write(w, file, block, LARGE, 0), 0);
	do_close(w, file);
}

/* --- as a user ---------------------------------------------------------- */

#define USER 12345

static void test_rights(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct store_opened info = {0};
	gid_t none = USER;

	if (geteuid() != 0) {
		skip();
	}
	make_file(w, "a:s", "data");
	make_large(w, "a:large");
	w->cred = store_cred_new(w, USER, USER, 1, &none);
	/* 0644 of somebody else: to be read */
	assert_int_equal(do_open(w, "a:s", RW, &file), EACCES);
	assert_int_equal(do_open(w, "a:new", NEW, &file), EACCES);
	check_content(w, "a:s", "data");
	assert_int_equal(
		do_open_info(w, "a:s", STORE_OPEN_MAXIMUM, &file, &info), 0);
	assert_int_equal(file->access, STORE_OPEN_READ);
	do_close(w, file);
	file = must_open(w, "a:large", STORE_OPEN_READ);
	assert_int_equal(do_getattr(w, file).size, LARGE);
	do_close(w, file);
	assert_int_equal(chmod(on_disk(w, "a"), 0600), 0);
	assert_int_equal(do_open(w, "a:s", STORE_OPEN_READ, &file), EACCES);
	assert_int_equal(do_open(w, "a:large", STORE_OPEN_READ, &file), EACCES);
	/* to be written, not to be read */
	assert_int_equal(chmod(on_disk(w, "a"), 0602), 0);
	file = must_open(w, "a:s", STORE_OPEN_WRITE);
	assert_int_equal(do_write(w, file, "D", 1, 0), 0);
	do_close(w, file);
	w->cred = NULL;
	check_content(w, "a:s", "Data");
}

static int find_owner(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)path;
	(void)ftw;
	if (type == FTW_F) {
		counted = st->st_uid;
	}
	return 0;
}

static unsigned depot_owner(struct world *w)
{
	counted = 0;
	(void)nftw(on_disk(w, DEPOT), find_owner, 4, FTW_PHYS);
	return counted;
}

/* What is in the depot counts against the quota of the file's owner. */
static void test_owner(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	gid_t none = USER;

	if (geteuid() != 0) {
		skip();
	}
	make_file(w, "a", "");
	assert_int_equal(chown(on_disk(w, "a"), USER, USER), 0);
	w->cred = store_cred_new(w, USER, USER, 1, &none);
	make_large(w, "a:s");
	assert_int_equal(depot_owner(w), USER);
	w->cred = NULL;
	file = must_open(w, "a", RW);
	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){.what = STORE_SET_OWNER,
						 .uid = USER + 1,
						 .gid = USER + 1}),
		0);
	do_close(w, file);
	assert_int_equal(depot_owner(w), USER + 1);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, depot_setup, depot_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_STREAMS(TEST),	  TEST(test_samba),
		TEST(test_nonsense),	  TEST(test_claim),
		TEST(test_depot_emptied), TEST(test_hidden),
		TEST(test_planted),	  TEST(test_rights),
		TEST(test_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
