/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every store must do with named streams (server/store.h), as tests for
 * each kind; beside store_contract.h.
 */
#ifndef TESTS_STORE_STREAMS_H
#define TESTS_STORE_STREAMS_H

#include "tests/fixture_store.h"

/* "name=size name=size", in the order of the names. */
static inline int compare_streams(const void *a, const void *b)
{
	const struct store_stream *left = a;
	const struct store_stream *right = b;

	return strcmp(left->name, right->name);
}

static inline char *do_streams(struct world *w, struct store_file *file)
{
	struct tevent_req *req = finish(w, store_streams_send(w, w->ev, file));
	struct store_stream *streams = NULL;
	char *text = talloc_strdup(w, "");
	size_t count = 0;
	size_t i = 0;

	assert_int_equal(store_streams_recv(req, w, &streams, &count), 0);
	talloc_free(req);
	qsort(streams, count, sizeof(streams[0]), compare_streams);
	for (i = 0; i < count; i++) {
		text = talloc_asprintf_append(text, "%s%s=%u", i > 0 ? " " : "",
					      streams[i].name,
					      (unsigned)streams[i].size);
	}
	return text;
}

static inline char *streams_of(struct world *w, const char *path)
{
	struct store_file *file = must_open(w, path, 0);
	char *text = do_streams(w, file);

	do_close(w, file);
	return text;
}

static inline void check_content(struct world *w, const char *path,
				 const char *content)
{
	struct store_file *file = must_open(w, path, STORE_OPEN_READ);
	char buf[64] = "";

	assert_int_equal(do_read(w, file, buf, sizeof(buf), 0),
			 strlen(content));
	assert_memory_equal(buf, content, strlen(content));
	do_close(w, file);
}

static void test_stream_open(void **state)
{
	static const char *const bad[] = {":",	   "a:",   "a:b:c",
					  "a:b/c", "d/:s", "d:x/a"};
	struct world *w = *state;
	struct store_file *file = NULL;
	struct store_opened info = {0};
	struct store_attr attr = {0};
	size_t i = 0;

	assert_int_equal(do_open(w, "a:s", RW, &file), ENOENT);
	assert_int_equal(do_open(w, "no/a:s", NEW, &file), STORE_ENOPATH);
	assert_int_equal(do_open_info(w, "a:s", NEW, &file, &info), 0);
	assert_true(info.created);
	assert_false(info.added); /* the file is new, too */
	assert_string_equal(file->path, "a:s");
	assert_string_equal(file->stream, "s");
	assert_int_equal(file->access, RW);
	do_close(w, file);
	assert_int_equal(do_open(w, "a:other", RW, &file), ENOENT);
	assert_int_equal(do_open_info(w, "A:S", NEW, &file, &info), 0);
	assert_false(info.created);
	assert_string_equal(file->path, "a:s");
	do_close(w, file);
	assert_int_equal(do_open(w, "a:s", NEW | STORE_OPEN_EXCLUSIVE, &file),
			 EEXIST);
	assert_int_equal(do_open_info(w, "a:t", NEW | STORE_OPEN_EXCLUSIVE,
				      &file, &info),
			 0);
	assert_true(info.created);
	assert_true(info.added);
	attr = do_getattr(w, file);
	do_close(w, file);
	file = must_open(w, "a", RW);
	assert_null(file->stream);
	assert_int_equal(do_getattr(w, file).file_id, attr.file_id);
	do_close(w, file);
	assert_int_equal(do_open(w, "a:s", NEW_DIR, &file), ENOTDIR);
	assert_int_equal(do_lookup(w, "a:s", &attr, NULL), EINVAL);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(do_open(w, bad[i], NEW, &file), EINVAL);
	}
	assert_string_equal(do_list(w, "", 10), "a");
}

/* The root has no name, and streams. */
static void test_stream_of_root(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	char *now = NULL;

	make_file(w, ":s", "data");
	check_content(w, ":S", "data");
	assert_string_equal(streams_of(w, ""), "s=4");
	file = must_open(w, ":s", RW);
	assert_string_equal(file->path, ":s");
	assert_string_equal(file->stream, "s");
	assert_false(file->directory);
	assert_int_equal(do_rename(w, file, ":s", ":t", false, &now), 0);
	assert_string_equal(now, ":t");
	assert_int_equal(do_unlink(w, file, ":t"), 0);
	do_close(w, file);
	assert_string_equal(streams_of(w, ""), "");
	assert_string_equal(do_list(w, "", 10), "");
}

static void test_stream_of_directory(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct store_attr attr = {0};

	make_dir(w, "d");
	make_file(w, "d:x", "data");
	file = must_open(w, "d:x", RW | STORE_OPEN_NOT_DIRECTORY);
	assert_false(file->directory);
	attr = do_getattr(w, file);
	assert_int_equal(attr.size, 4);
	assert_int_equal(attr.attributes & FILE_ATTRIBUTE_DIRECTORY, 0);
	assert_string_equal(do_streams(w, file), "x=4");
	do_close(w, file);
	assert_string_equal(streams_of(w, "d"), "x=4");
	assert_string_equal(do_list(w, "d", 10), "");
	file = must_open(w, "d", STORE_OPEN_READ);
	assert_true(file->directory);
	assert_int_equal(do_unlink(w, file, "d"), 0);
	do_close(w, file);
}

static void test_stream_data(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	char *block = talloc_zero_array(w, char, LARGE);
	char *back = talloc_zero_array(w, char, LARGE);

	assert_int_equal(do_write(w, file, "hello", 5, 0), 0);
	assert_int_equal(do_write(w, file, "J", 1, 0), 0);
	assert_int_equal(do_read(w, file, back, 10, 0), 5);
	assert_memory_equal(back, "Jello", 5);
	assert_int_equal(do_read(w, file, back, 10, 4), 1);
	assert_int_equal(do_read(w, file, back, 10, 5), 0);
	assert_int_equal(do_getattr(w, file).size, 5);
	/* with a gap, and past what is small */
	assert_int_equal(do_write(w, file, "x", 1, 99), 0);
	memset(block, 'b', LARGE);
	assert_int_equal(do_write(w, file, block, LARGE - 100, 100), 0);
	assert_int_equal(do_getattr(w, file).size, LARGE);
	assert_int_equal(do_read(w, file, back, LARGE, 0), LARGE);
	assert_memory_equal(back, "Jello\0\0", 7);
	assert_memory_equal(back + 99, "xbbbb", 5);
	assert_memory_equal(back + 100, block, LARGE - 100);
	assert_int_equal(do_setattr(w, file,
				    (struct store_change){
					    .what = STORE_SET_SIZE, .size = 3}),
			 0);
	assert_int_equal(do_read(w, file, back, 10, 0), 3);
	assert_int_equal(do_setattr(w, file,
				    (struct store_change){
					    .what = STORE_SET_SIZE, .size = 6}),
			 0);
	assert_int_equal(do_read(w, file, back, 10, 0), 6);
	assert_memory_equal(back, "Jel\0\0\0", 6);
	do_close(w, file);
	assert_string_equal(streams_of(w, "a"), "=0 s=6");
	make_file(w, "a", "own");
	assert_string_equal(streams_of(w, "a:s"), "=3 s=6");
	check_content(w, "a", "own");
}

/* What is not data is the file's. */
static void test_stream_attributes(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	struct store_file *base = must_open(w, "a", RW);
	struct store_change change = {
		.what = STORE_SET_ATTRIBUTES | STORE_SET_CREATE_TIME |
			STORE_SET_WRITE_TIME,
		.attributes = FILE_ATTRIBUTE_HIDDEN,
		.create_time = UINT64_C(132000000000000000),
		.write_time = UINT64_C(132000000010000000),
	};
	struct tevent_req *req = NULL;
	uint8_t *value = NULL;
	size_t len = 0;

	assert_int_equal(do_setattr(w, file, change), 0);
	assert_int_equal(do_getattr(w, base).attributes, FILE_ATTRIBUTE_HIDDEN);
	assert_int_equal(do_getattr(w, base).create_time, change.create_time);
	assert_int_equal(do_getattr(w, file).write_time, change.write_time);
	req = finish(w, store_setxattr_send(w, w->ev, file, "ea", "value", 5));
	assert_int_equal(store_setxattr_recv(req), 0);
	req = finish(w, store_getxattr_send(w, w->ev, base, "ea"));
	assert_int_equal(store_getxattr_recv(req, w, &value, &len), 0);
	assert_int_equal(len, 5);
	assert_int_equal(do_getattr(w, base).ea_size, 9 + 2 + 5);
	do_close(w, base);
	do_close(w, file);
}

static void test_stream_rename(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	char *now = NULL;

	make_file(w, "a:s", "content");
	make_file(w, "a:full", "x");
	make_file(w, "a:empty", "");
	file = must_open(w, "a:s", RW);
	assert_int_equal(do_rename(w, file, "a:s", "b:s", true, NULL), EXDEV);
	assert_int_equal(do_rename(w, file, "a:s", "a:full", true, NULL),
			 EINVAL);
	assert_int_equal(do_rename(w, file, "a:s", "a:empty", false, NULL),
			 EEXIST);
	assert_int_equal(do_rename(w, file, "a:s", "a:EMPTY", true, &now), 0);
	assert_string_equal(now, "a:EMPTY");
	assert_string_equal(streams_of(w, "a"), "=0 EMPTY=7 full=1");
	assert_int_equal(do_write(w, file, "!", 1, 7), 0);
	assert_int_equal(do_rename(w, file, "a:EMPTY", "a:Empty", false, &now),
			 0);
	assert_string_equal(streams_of(w, "a"), "=0 Empty=8 full=1");
	/* into the file, and out of it again */
	assert_int_equal(do_rename(w, file, "a:Empty", "a", true, &now), 0);
	assert_string_equal(now, "a");
	assert_string_equal(streams_of(w, "a"), "=8 full=1");
	assert_int_equal(do_write(w, file, "?", 1, 8), 0);
	check_content(w, "a", "content!?");
	assert_int_equal(do_rename(w, file, "a", "a:new", false, &now), 0);
	assert_string_equal(streams_of(w, "a"), "=0 full=1 new=9");
	assert_int_equal(do_write(w, file, "C", 1, 0), 0);
	check_content(w, "a:new", "Content!?");
	do_close(w, file);
	make_file(w, "a", "own");
	file = must_open(w, "a:new", RW);
	assert_int_equal(do_rename(w, file, "a:new", "a", true, NULL), EINVAL);
	do_close(w, file);
}

static void test_stream_large_rename(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	char *block = talloc_zero_array(w, char, LARGE);
	char *back = talloc_zero_array(w, char, LARGE);

	memset(block, 'r', LARGE);
	assert_int_equal(do_write(w, file, block, LARGE, 0), 0);
	assert_int_equal(do_rename(w, file, "a:s", "a:t", false, NULL), 0);
	assert_int_equal(do_read(w, file, back, LARGE, 0), LARGE);
	assert_memory_equal(back, block, LARGE);
	assert_int_equal(do_rename(w, file, "a:t", "a", true, NULL), 0);
	memset(back, 0, LARGE);
	assert_int_equal(do_read(w, file, back, LARGE, 0), LARGE);
	assert_memory_equal(back, block, LARGE);
	assert_int_equal(do_rename(w, file, "a", "a:u", true, NULL), 0);
	do_close(w, file);
	assert_string_equal(streams_of(w, "a"), "=0 u=200000");
}

/* Where the file goes, they go. */
static void test_stream_follows(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct store_file *stream = NULL;
	char buf[8] = "";

	make_file(w, "a:s", "one");
	make_file(w, "a:t", "two");
	file = must_open(w, "a", RW);
	assert_int_equal(do_rename(w, file, "a", "b", false, NULL), 0);
	assert_string_equal(streams_of(w, "b"), "=0 s=3 t=3");
	stream = must_open(w, "b:t", RW);
	assert_int_equal(do_unlink(w, stream, "b:t"), 0);
	assert_int_equal(do_unlink(w, stream, "b:t"), ENOENT);
	do_close(w, stream);
	assert_string_equal(do_streams(w, file), "=0 s=3");
	/* by a stream's handle, which stays good */
	stream = must_open(w, "b:s", RW);
	assert_int_equal(do_unlink(w, stream, "b"), 0);
	assert_int_equal(do_read(w, stream, buf, 8, 0), 3);
	do_close(w, stream);
	do_close(w, file);
	make_file(w, "b", "");
	assert_string_equal(streams_of(w, "b"), "=0");
}

static void test_stream_drop(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;

	make_file(w, "a:s", "one");
	make_file(w, "a:t", "two");
	make_file(w, "a", "own");
	file = must_open(w, "a", RW);
	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){.what = STORE_SET_SIZE |
							 STORE_DROP_STREAMS}),
		0);
	assert_string_equal(do_streams(w, file), "=0");
	do_close(w, file);
}

static inline uint64_t do_copy(struct world *w, struct store_file *from,
			       struct store_file *to, uint64_t len)
{
	struct tevent_req *req =
		finish(w, store_copy_range_send(w, w->ev, from, 0, to, 2, len));
	uint64_t count = 0;

	assert_int_equal(store_copy_range_recv(req, &count), 0);
	talloc_free(req);
	return count;
}

static void test_stream_copy(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a", NEW);
	struct store_file *one = must_open(w, "a:one", NEW);
	struct store_file *two = must_open(w, "a:two", NEW);
	char buf[32] = "";

	assert_int_equal(do_write(w, file, "0123456789", 10, 0), 0);
	assert_int_equal(do_copy(w, file, one, 4), 4);
	assert_int_equal(do_read(w, one, buf, sizeof(buf), 0), 6);
	assert_memory_equal(buf,
			    "\0\0"
			    "0123",
			    6);
	assert_int_equal(do_copy(w, one, two, 100), 6);
	assert_int_equal(do_copy(w, two, file, 8), 8);
	assert_int_equal(do_read(w, file, buf, sizeof(buf), 0), 10);
	assert_memory_equal(buf,
			    "01\0\0\0\0"
			    "0123",
			    10);
	do_close(w, file);
	do_close(w, one);
	do_close(w, two);
}

static void test_stream_space(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	struct store_range *ranges = NULL;
	struct tevent_req *req = NULL;
	size_t count = 0;
	bool more = false;
	char buf[16] = "";

	assert_int_equal(do_write(w, file, "0123456789", 10, 0), 0);
	assert_int_equal(do_allocate(w, file, STORE_ALLOCATE_ZERO, 2, 3), 0);
	assert_int_equal(do_read(w, file, buf, 16, 0), 10);
	assert_memory_equal(buf,
			    "01\0\0\0"
			    "56789",
			    10);
	assert_int_equal(do_allocate(w, file, STORE_ALLOCATE_PUNCH, 8, 100), 0);
	assert_int_equal(do_getattr(w, file).size, 10);
	req = finish(w, store_ranges_send(w, w->ev, file, 0, 100, 4));
	assert_int_equal(store_ranges_recv(req, w, &ranges, &count, &more), 0);
	assert_int_equal(count, 1);
	assert_int_equal(ranges[0].len, 10);
	assert_int_equal(
		do_allocate(w, file, STORE_ALLOCATE_RESERVE, 0, 100000), 0);
	assert_int_equal(do_getattr(w, file).size, 10);
	req = finish(w, store_flush_send(w, w->ev, file));
	assert_int_equal(store_flush_recv(req), 0);
	do_close(w, file);
}

static void test_stream_count(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	char name[32];
	int err = 0;
	unsigned i = 0;

	for (i = 0; i <= STORE_STREAMS_MAX && err == 0; i++) {
		snprintf(name, sizeof(name), "a:%u", i);
		err = do_open(w, name, NEW, &file);
		if (err == 0) {
			do_close(w, file);
		}
	}
	assert_int_equal(err, ENOSPC);
	assert_true(i > 16);
	assert_int_equal(do_open(w, "a:0", RW, &file), 0);
	do_close(w, file);
}

struct streams_seen {
	char text[512];
};

static inline void note_stream(const struct store_event *event,
			       void *private_data)
{
	static const char kinds[] = {
		[STORE_EVENT_STREAM_ADDED] = '+',
		[STORE_EVENT_STREAM_REMOVED] = '-',
		[STORE_EVENT_STREAM_MODIFIED] = '*',
	};
	struct streams_seen *seen = private_data;
	size_t len = strlen(seen->text);

	if (strchr(event->path, ':') != NULL) {
		assert_int_equal(event->what & (FILE_NOTIFY_CHANGE_FILE_NAME |
						FILE_NOTIFY_CHANGE_SIZE),
				 0);
		snprintf(seen->text + len, sizeof(seen->text) - len, "%c%s ",
			 kinds[event->kind], event->path);
	}
}

static void test_stream_watch(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *file = NULL;
	struct store_watch *watch = NULL;
	struct streams_seen seen = {""};

	assert_int_equal(do_watch(w, dir, true, note_stream, &seen, &watch), 0);
	file = must_open(w, "d/f:s", NEW);
	assert_int_equal(do_write(w, file, "x", 1, 0), 0);
	assert_int_equal(do_rename(w, file, "d/f:s", "d/f:t", false, NULL), 0);
	assert_int_equal(do_unlink(w, file, "d/f:t"), 0);
	do_close(w, file);
	make_file(w, "other:s", "x"); /* elsewhere */
	while (strstr(seen.text, "-f:t") == NULL) {
		assert_int_equal(tevent_loop_once(w->ev), 0);
	}
	assert_string_equal(seen.text, "+f:s *f:s -f:s +f:t -f:t ");
	talloc_free(watch);
	do_close(w, dir);
}

#define STORE_STREAMS(TEST)                                                \
	TEST(test_stream_open), TEST(test_stream_of_directory),            \
		TEST(test_stream_of_root), TEST(test_stream_data),         \
		TEST(test_stream_attributes), TEST(test_stream_rename),    \
		TEST(test_stream_large_rename), TEST(test_stream_follows), \
		TEST(test_stream_drop), TEST(test_stream_copy),            \
		TEST(test_stream_space), TEST(test_stream_count),          \
		TEST(test_stream_watch)

#endif
