/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every store must do (server/store.h), as tests that are run for each
 * kind: included by its test program, which provides the setup. The state is a
 * struct world.
 */
#ifndef TESTS_STORE_CONTRACT_H
#define TESTS_STORE_CONTRACT_H

#include "tests/fixture_store.h"

/* --- the contract ------------------------------------------------------- */

static void test_open(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct store_opened info = {0};

	assert_int_equal(do_open(w, "a", RW, &file), ENOENT);
	assert_null(file);
	assert_int_equal(do_open(w, "no/a", RW, &file), STORE_ENOPATH);
	assert_int_equal(do_open(w, "no/a", NEW, &file), STORE_ENOPATH);
	assert_int_equal(do_open_info(w, "a", NEW, &file, &info), 0);
	assert_true(info.created);
	assert_string_equal(file->path, "a");
	assert_int_equal(file->access, RW);
	assert_false(file->directory);
	assert_int_equal(info.attr.file_id, file->file_id);
	assert_int_equal(info.attr.attributes, FILE_ATTRIBUTE_ARCHIVE);
	assert_int_equal(info.attr.size, 0);
	assert_true(info.attr.create_time > UINT64_C(133000000000000000));
	do_close(w, file);

	assert_int_equal(do_open_info(w, "a", NEW, &file, &info), 0);
	assert_false(info.created);
	talloc_free(file); /* closing without a word is fine, too */
	assert_int_equal(do_open(w, "a", NEW | STORE_OPEN_EXCLUSIVE, &file),
			 EEXIST);
	assert_int_equal(do_open(w, "a", STORE_OPEN_DIRECTORY, &file), ENOTDIR);
	assert_int_equal(do_open(w, "a/b", RW, &file), STORE_ENOPATH);

	assert_int_equal(do_open_info(w, "d", NEW_DIR, &file, &info), 0);
	assert_true(file->directory);
	assert_int_equal(info.attr.attributes, FILE_ATTRIBUTE_DIRECTORY);
	do_close(w, file);
	assert_int_equal(do_open(w, "d", STORE_OPEN_NOT_DIRECTORY, &file),
			 EISDIR);
	assert_int_equal(do_open(w, "", STORE_OPEN_READ, &file), 0);
	assert_true(file->directory);
	assert_string_equal(file->path, "");
	do_close(w, file);
}

static void test_bad_paths(void **state)
{
	static const char *const bad[] = {"/a",	  "a/",	  ".",	    "..",
					  "a//b", "../a", "a/../b", "a/."};
	struct world *w = *state;
	struct store_file *file = NULL;
	char longer[STORE_PATH_MAX + 10];
	size_t i = 0;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(do_open(w, bad[i], NEW, &file), EINVAL);
	}
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(do_open(w, longer, NEW, &file), ENAMETOOLONG);
	longer[STORE_NAME_MAX + 1] = '\0';
	assert_int_equal(do_open(w, longer, NEW, &file), ENAMETOOLONG);
}

static void test_case(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct store_attr attr = {0};
	char *found = NULL;

	make_dir(w, "Dir");
	make_file(w, "Dir/\xC3\x84pfel.TXT", "1"); /* Aepfel with umlaut */
	file = must_open(w, "dIR/\xC3\xA4PFEL.txt", STORE_OPEN_READ);
	assert_string_equal(file->path, "Dir/\xC3\x84pfel.TXT");
	do_close(w, file);
	assert_int_equal(do_lookup(w, "DIR", &attr, &found), 0);
	assert_string_equal(found, "Dir");
	assert_int_equal(do_open(w, "dir/\xC3\xA4pfel.txt",
				 NEW | STORE_OPEN_EXCLUSIVE, &file),
			 EEXIST);
	file = must_open(w, "dir/new", NEW);
	assert_string_equal(file->path, "Dir/new");
	do_close(w, file);
	assert_string_equal(do_list(w, "dir", 10), "new \xC3\x84pfel.TXT");
}

static void test_data(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	char buf[64] = {0};

	assert_int_equal(do_read(w, file, buf, 10, 0), 0);
	assert_int_equal(do_write(w, file, "hello world", 11, 0), 0);
	assert_int_equal(do_read(w, file, buf, sizeof(buf), 0), 11);
	assert_memory_equal(buf, "hello world", 11);
	assert_int_equal(do_read(w, file, buf, 5, 6), 5);
	assert_memory_equal(buf, "world", 5);
	assert_int_equal(do_read(w, file, buf, 5, 11), 0);
	assert_int_equal(do_read(w, file, buf, 5, 100000), 0);
	assert_int_equal(do_write(w, file, "end", 3, 70000), 0);
	assert_int_equal(do_getattr(w, file).size, 70003);
	assert_int_equal(do_read(w, file, buf, 64, 69990), 13);
	assert_memory_equal(buf, "\0\0\0\0\0\0\0\0\0\0end", 13);
	assert_int_equal(do_setattr(w, file,
				    (struct store_change){
					    .what = STORE_SET_SIZE, .size = 5}),
			 0);
	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){.what = STORE_SET_SIZE,
						 .size = 20}),
		0);
	assert_int_equal(do_read(w, file, buf, sizeof(buf), 0), 20);
	assert_memory_equal(buf, "hello\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	assert_int_equal(do_write(w, file, "end", 3, STORE_AT_END), 0);
	assert_int_equal(do_getattr(w, file).size, 23);
	assert_int_equal(do_read(w, file, buf, 5, 18), 5);
	assert_memory_equal(buf, "\0\0end", 5);
	do_close(w, file);
}

/* Abandoned at once, while a thread may be at work on the bytes. */
static void test_abandon(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	int i = 0;

	for (i = 0; i < 50; i++) {
		TALLOC_CTX *mem_ctx = talloc_new(w);
		uint8_t *buf = talloc_zero_array(mem_ctx, uint8_t, 100000);
		struct tevent_req *req = NULL;

		if (i % 2 == 0) {
			req = store_pwrite_send(mem_ctx, w->ev, file, buf,
						100000, 0, buf);
		} else {
			req = store_pread_send(mem_ctx, w->ev, file, buf,
					       100000, 50000, buf);
		}
		assert_non_null(req);
		if (i % 5 == 0) {
			tevent_loop_once(w->ev);
		}
		talloc_free(mem_ctx);
	}
	talloc_free(file);
	file = must_open(w, "f", RW);
	do_close(w, file);
}

static void test_attributes(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	struct store_attr attr = {0};
	const uint64_t t = UINT64_C(132000000001234560);

	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){
				   .what = STORE_SET_ATTRIBUTES |
					   STORE_SET_CREATE_TIME |
					   STORE_SET_ACCESS_TIME |
					   STORE_SET_WRITE_TIME,
				   .attributes = FILE_ATTRIBUTE_HIDDEN |
						 FILE_ATTRIBUTE_READONLY |
						 FILE_ATTRIBUTE_DIRECTORY,
				   .create_time = t,
				   .access_time = t + 10,
				   .write_time = t + 20}),
		0);
	attr = do_getattr(w, file);
	assert_int_equal(attr.attributes,
			 FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_READONLY);
	assert_int_equal(attr.create_time, t);
	assert_int_equal(attr.access_time, t + 10);
	assert_int_equal(attr.write_time, t + 20);
	assert_true(attr.change_time > t + 20);
	assert_int_equal(attr.links, 1);
	do_close(w, file);

	assert_int_equal(do_lookup(w, "f", &attr, NULL), 0);
	assert_int_equal(attr.create_time, t);
	file = must_open(w, "f", RW);
	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){.what = STORE_SET_ATTRIBUTES}),
		0);
	assert_int_equal(do_getattr(w, file).attributes, 0);
	assert_int_equal(do_getattr(w, file).create_time, t);
	do_close(w, file);
}

static void test_readdir(void **state)
{
	struct world *w = *state;
	struct store_file *dir = NULL;
	char name[32];
	char *all = talloc_strdup(w, "");
	int i = 0;

	assert_string_equal(do_list(w, "", 5), "");
	make_dir(w, "d");
	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "d/file%02d", i);
		make_file(w, name, "x");
		all = talloc_asprintf_append(all, "%sfile%02d",
					     i > 0 ? " " : "", i);
	}
	assert_string_equal(do_list(w, "d", 1), all);
	assert_string_equal(do_list(w, "d", 7), all);
	assert_string_equal(do_list(w, "d", 100), all);
	dir = must_open(w, "d", STORE_OPEN_READ);
	for (i = 0; i < 3; i++) {
		struct store_entry *entries = NULL;
		struct tevent_req *req =
			finish(w, store_readdir_send(w, w->ev, dir, true, 5));
		size_t count = 0;

		assert_int_equal(store_readdir_recv(req, w, &entries, &count),
				 0);
		assert_int_equal(count, 5);
		assert_int_equal(entries[4].attr.size, 1);
		assert_int_equal(entries[4].attr.attributes,
				 FILE_ATTRIBUTE_ARCHIVE);
		talloc_free(req);
		talloc_free(entries);
	}
	do_close(w, dir);
}

static void test_rename(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a", NEW);
	const uint64_t id = do_getattr(w, file).file_id;
	char *now = NULL;
	char buf[8];

	make_dir(w, "Sub");
	make_file(w, "b", "other");
	assert_int_equal(do_write(w, file, "mine", 4, 0), 0);
	assert_int_equal(do_rename(w, file, "a", "B", false, &now), EEXIST);
	assert_int_equal(do_rename(w, file, "a", "no/B", false, &now),
			 STORE_ENOPATH);
	assert_int_equal(do_rename(w, file, "b", "c", false, &now), ENOENT);
	assert_int_equal(do_rename(w, file, "a", "A", false, &now), 0);
	assert_string_equal(now, "A");
	assert_string_equal(do_list(w, "", 10), "A Sub b");
	assert_int_equal(do_rename(w, file, "a", "B", true, &now), 0);
	assert_string_equal(now, "B");
	assert_string_equal(do_list(w, "", 10), "B Sub");
	assert_int_equal(do_rename(w, file, "B", "SUB/c", false, &now), 0);
	assert_string_equal(now, "Sub/c");
	assert_int_equal(do_read(w, file, buf, 8, 0), 4);
	/* it is the same file, for who opens it anew as well */
	assert_int_equal(do_getattr(w, file).file_id, id);
	do_close(w, file);
	file = must_open(w, now, STORE_OPEN_READ);
	assert_int_equal(file->file_id, id);
	make_dir(w, "dir");
	assert_int_equal(do_rename(w, file, now, "Dir", true, &now), EISDIR);
	do_close(w, file);

	file = must_open(w, "Sub", STORE_OPEN_READ);
	assert_int_equal(do_rename(w, file, "Sub", "sub/x", false, &now),
			 EINVAL);
	assert_int_equal(do_rename(w, file, "Sub", "Other", false, &now), 0);
	assert_string_equal(do_list(w, "Other", 10), "c");
	assert_int_equal(do_rename(w, file, "", "x", false, &now), EBUSY);
	do_close(w, file);
}

static void test_unlink(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *file = must_open(w, "d/f", NEW);
	struct store_file *other = NULL;
	char buf[4];

	assert_int_equal(do_write(w, file, "abc", 3, 0), 0);
	assert_int_equal(do_unlink(w, dir, "d"), ENOTEMPTY);
	assert_int_equal(do_unlink(w, file, "d"), ENOENT);
	assert_int_equal(do_unlink(w, file, "d/F"), 0);
	assert_int_equal(do_open(w, "d/f", RW, &other), ENOENT);
	assert_int_equal(do_read(w, file, buf, 4, 0), 3);
	assert_int_equal(do_unlink(w, file, "d/f"), ENOENT);
	assert_int_equal(do_unlink(w, dir, "d"), 0);
	assert_string_equal(do_list(w, "", 10), "");
	do_close(w, file);
	do_close(w, dir);
}

static void test_ranges(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	struct store_range *ranges = NULL;
	struct tevent_req *req = NULL;
	char *block = talloc_array(w, char, 65536);
	size_t count = 0;
	bool more = false;
	char byte = 1;

	memset(block, 'x', 65536);
	assert_int_equal(do_write(w, file, block, 65536, 0), 0);
	assert_int_equal(do_write(w, file, block, 65536, 262144), 0);
	assert_int_equal(do_write(w, file, block, 65536, 524288), 0);
	req = finish(w, store_ranges_send(w, w->ev, file, 16384, 1000000, 2));
	assert_int_equal(store_ranges_recv(req, w, &ranges, &count, &more), 0);
	talloc_free(req);
	assert_int_equal(count, 2);
	assert_true(more);
	assert_int_equal(ranges[0].offset, 16384);
	assert_int_equal(ranges[0].len, 65536 - 16384);
	assert_int_equal(ranges[1].offset, 262144);
	assert_int_equal(ranges[1].len, 65536);
	assert_int_equal(
		do_allocate(w, file, STORE_ALLOCATE_PUNCH, 262144, 65536), 0);
	req = finish(w, store_ranges_send(w, w->ev, file, 65536, 1000000, 9));
	assert_int_equal(store_ranges_recv(req, w, &ranges, &count, &more), 0);
	talloc_free(req);
	assert_int_equal(count, 1);
	assert_false(more);
	assert_int_equal(ranges[0].offset, 524288);
	assert_int_equal(do_allocate(w, file, STORE_ALLOCATE_ZERO, 100, 10), 0);
	assert_int_equal(do_read(w, file, &byte, 1, 105), 1);
	assert_int_equal(byte, 0);
	assert_int_equal(do_read(w, file, &byte, 1, 110), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(do_getattr(w, file).size, 524288 + 65536);
	do_close(w, file);
}

static void test_copy_range(void **state)
{
	struct world *w = *state;
	struct store_file *from = must_open(w, "from", NEW);
	struct store_file *to = must_open(w, "to", NEW);
	struct tevent_req *req = NULL;
	uint64_t count = 0;
	char buf[16] = {0};

	assert_int_equal(do_write(w, from, "0123456789", 10, 0), 0);
	req = finish(w, store_copy_range_send(w, w->ev, from, 2, to, 5, 100));
	assert_int_equal(store_copy_range_recv(req, &count), 0);
	talloc_free(req);
	assert_int_equal(count, 8);
	assert_int_equal(do_read(w, to, buf, 16, 0), 13);
	assert_memory_equal(buf,
			    "\0\0\0\0\0"
			    "23456789",
			    13);
	/* within one file, overlapping */
	req = finish(w, store_copy_range_send(w, w->ev, from, 0, from, 2, 6));
	assert_int_equal(store_copy_range_recv(req, &count), 0);
	talloc_free(req);
	assert_int_equal(count, 6);
	assert_int_equal(do_read(w, from, buf, 16, 0), 10);
	assert_memory_equal(buf, "0101234589", 10);
	do_close(w, from);
	do_close(w, to);
}

static void test_xattr(void **state)
{
	char longest[251] = ""; /* as the kernel has them, behind "user." */
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	struct tevent_req *req = finish(
		w, store_setxattr_send(w, w->ev, file, "one", "value", 5));
	uint8_t *value = NULL;
	char **names = NULL;
	size_t len = 0;

	assert_int_equal(store_setxattr_recv(req), 0);
	req = finish(w, store_getxattr_send(w, w->ev, file, "one"));
	assert_int_equal(store_getxattr_recv(req, w, &value, &len), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(value, "value", 5);
	req = finish(w, store_getxattr_send(w, w->ev, file, "two"));
	assert_int_equal(store_getxattr_recv(req, w, &value, &len), ENODATA);
	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){
				   .what = STORE_SET_ATTRIBUTES,
				   .attributes = FILE_ATTRIBUTE_HIDDEN}),
		0);
	req = finish(w, store_listxattr_send(w, w->ev, file));
	assert_int_equal(store_listxattr_recv(req, w, &names), 0);
	assert_string_equal(names[0], "one");
	assert_null(names[1]);
	req = finish(w, store_removexattr_send(w, w->ev, file, "one"));
	assert_int_equal(store_removexattr_recv(req), 0);
	req = finish(w, store_removexattr_send(w, w->ev, file, "one"));
	assert_int_equal(store_removexattr_recv(req), ENODATA);
	memset(longest, 'n', 250);
	req = finish(w, store_setxattr_send(w, w->ev, file, longest, "v", 1));
	assert_int_equal(store_setxattr_recv(req), 0);
	do_close(w, file);
}

static void test_statfs(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "", 0);
	struct tevent_req *req = finish(w, store_statfs_send(w, w->ev, dir));
	struct store_space space = {0};

	assert_int_equal(store_statfs_recv(req, &space), 0);
	assert_true(space.total > 0 && space.free <= space.total);
	assert_true(space.available <= space.free);
	assert_true(space.block_size >= 512);
	do_close(w, dir);
}

/* --- watching ----------------------------------------------------------- */

struct watched {
	char text[1024];
	bool gone;
};

static void note_event(const struct store_event *event, void *private_data)
{
	static const char sign[] = "+-*<>!x";
	struct watched *watched = private_data;
	char one[128];

	snprintf(one, sizeof(one), "%c%s ", sign[event->kind], event->path);
	if (event->kind == STORE_EVENT_MODIFIED &&
	    strstr(watched->text, one) != NULL) {
		return; /* how often is not in the contract */
	}
	strncat(watched->text, one,
		sizeof(watched->text) - strlen(watched->text) - 1);
}

static void wait_for(struct world *w, const struct watched *watched,
		     const char *what)
{
	int i = 0;

	for (i = 0; i < 200 && strstr(watched->text, what) == NULL; i++) {
		struct timeval until = tevent_timeval_current_ofs(0, 10000);

		assert_true(tevent_req_poll(tevent_wakeup_send(w, w->ev, until),
					    w->ev));
	}
	if (strstr(watched->text, what) == NULL) {
		fail_msg("no \"%s\" in \"%s\"", what, watched->text);
	}
}

static void test_watch(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *file = NULL;
	struct store_watch *watch = NULL;
	struct store_watch *tree = NULL;
	struct watched flat = {{0}, false};
	struct watched deep = {{0}, false};
	char *now = NULL;

	make_dir(w, "d/sub");
	assert_int_equal(do_watch(w, dir, false, note_event, &flat, &watch), 0);
	assert_int_equal(do_watch(w, dir, true, note_event, &deep, &tree), 0);
	make_file(w, "d/f", "x");
	wait_for(w, &flat, "+f ");
	wait_for(w, &flat, "*f ");
	make_file(w, "d/sub/g", "x");
	wait_for(w, &deep, "+sub/g ");
	make_dir(w, "d/sub/new");
	wait_for(w, &deep, "+sub/new ");
	make_file(w, "d/sub/new/h", "x");
	wait_for(w, &deep, "+sub/new/h ");
	file = must_open(w, "d/f", RW);
	assert_int_equal(do_rename(w, file, "d/f", "d/F2", false, &now), 0);
	wait_for(w, &flat, "<f >F2 ");
	assert_int_equal(do_unlink(w, file, now), 0);
	wait_for(w, &flat, "-F2 ");
	wait_for(w, &deep, "-F2 ");
	assert_null(strstr(flat.text, "sub/g"));
	talloc_free(watch);
	talloc_free(tree);
	do_close(w, file);
	do_close(w, dir);
}

#define STORE_CONTRACT(TEST)                                                \
	TEST(test_open), TEST(test_bad_paths), TEST(test_case),             \
		TEST(test_data), TEST(test_abandon), TEST(test_attributes), \
		TEST(test_readdir), TEST(test_rename), TEST(test_unlink),   \
		TEST(test_ranges), TEST(test_copy_range), TEST(test_xattr), \
		TEST(test_statfs), TEST(test_watch)

#endif
