/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data of streams: in an attribute, in the depot, and from one to the
 * other. */
#include <fcntl.h>
#include <sys/xattr.h>

#include "server/store_posix.h"
#include "tests/fixture_depot.h"

#define INLINE_MAX 1024

/* Where it has moved to the depot, and what is in it then. */
static void check_bytes(struct world *w, struct store_file *file,
			const char *expected, size_t len)
{
	char *buf = talloc_zero_array(w, char, len + 16);

	assert_int_equal(do_getattr(w, file).size, len);
	assert_int_equal(do_read(w, file, buf, len + 16, 0), len);
	assert_memory_equal(buf, expected, len);
	talloc_free(buf);
}

static void set_size(struct world *w, struct store_file *file, uint64_t size)
{
	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){.what = STORE_SET_SIZE,
						 .size = size}),
		0);
}

/* It grows out of the attribute with all that was in it, and stays there. */
static void test_border(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	char bytes[INLINE_MAX + 1];
	size_t i = 0;

	for (i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (char)('a' + i % 26);
	}
	assert_int_equal(do_write(w, file, bytes, INLINE_MAX, 0), 0);
	assert_int_equal(in_depot(w), 0);
	check_bytes(w, file, bytes, INLINE_MAX);
	assert_int_equal(do_write(w, file, bytes + INLINE_MAX, 1, INLINE_MAX),
			 0);
	assert_int_equal(in_depot(w), 1);
	check_bytes(w, file, bytes, INLINE_MAX + 1);
	assert_int_equal(
		getxattr(on_disk(w, "a"), "user.DosStream.s:$DATA", NULL, 0),
		-1);
	set_size(w, file, 3);
	check_bytes(w, file, "abc", 3);
	assert_int_equal(in_depot(w), 1);
	do_close(w, file);
}

/* What nobody wrote is zeros, here and there. */
static void test_holes(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	char bytes[3000] = "";

	assert_int_equal(do_write(w, file, "x", 1, 9), 0);
	check_bytes(w, file, "\0\0\0\0\0\0\0\0\0x", 10);
	set_size(w, file, 12);
	set_size(w, file, 5);
	set_size(w, file, 12);
	check_bytes(w, file, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	assert_int_equal(do_write(w, file, "y", 1, 2999), 0);
	bytes[2999] = 'y';
	check_bytes(w, file, bytes, sizeof(bytes));
	assert_int_equal(do_write(w, file, "z", 1, INT64_MAX), EINVAL);
	set_size(w, file, 0);
	check_bytes(w, file, "", 0);
	do_close(w, file);
}

static void test_allocate(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);

	assert_int_equal(do_write(w, file, "abcdef", 6, 0), 0);
	assert_int_equal(do_allocate(w, file, STORE_ALLOCATE_ZERO, 2, 2), 0);
	check_bytes(w, file, "ab\0\0ef", 6);
	assert_int_equal(do_allocate(w, file, STORE_ALLOCATE_ZERO, 100, 5), 0);
	assert_int_equal(do_allocate(w, file, STORE_ALLOCATE_RESERVE, 0, 100),
			 0);
	assert_int_equal(in_depot(w), 0);
	assert_int_equal(do_allocate(w, file, STORE_ALLOCATE_RESERVE, 0, 99999),
			 0);
	assert_int_equal(in_depot(w), 1);
	check_bytes(w, file, "ab\0\0ef", 6);
	assert_int_equal(
		do_allocate(w, file, STORE_ALLOCATE_ZERO, 1, UINT64_MAX - 1),
		EINVAL);
	do_close(w, file);
}

/* Its attribute was removed by somebody on the machine. */
static void test_taken_away(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	char *buf = talloc_array(w, char, 3);
	struct tevent_req *req = NULL;
	size_t n = 0;

	assert_int_equal(do_write(w, file, "abc", 3, 0), 0);
	assert_int_equal(removexattr(on_disk(w, "a"), "user.DosStream.s:$DATA"),
			 0);
	req = finish(w, store_pread_send(w, w->ev, file, buf, 3, 0, buf));
	assert_int_equal(store_pread_recv(req, &n), EIO);
	talloc_free(req);
	assert_int_equal(do_write(w, file, "x", 1, 0), EIO);
	do_close(w, file);
	assert_int_equal(do_open(w, "a:s", RW, &file), ENOENT);
}

/* Many at once: each byte is there, whichever writer moved it to the depot. */
static void test_together(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	struct tevent_req *reqs[40] = {NULL};
	char *bytes = talloc_array(w, char, 40 * 50);
	size_t i = 0;

	for (i = 0; i < 40; i++) {
		memset(bytes + i * 50, (int)('0' + i), 50);
		reqs[i] = store_pwrite_send(w, w->ev, file, bytes + i * 50, 50,
					    i * 50, bytes);
	}
	for (i = 0; i < 40; i++) {
		assert_int_equal(store_pwrite_recv(finish(w, reqs[i])), 0);
		talloc_free(reqs[i]);
	}
	check_bytes(w, file, bytes, 40 * 50);
	assert_int_equal(in_depot(w), 1);
	do_close(w, file);
}

/* A file system with no room for them in its attributes has it in the depot:
 * ext4, whose block for them is full. */
static void test_no_room(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	char junk[3500] = "";
	char bytes[900];

	make_file(w, "a", "");
	if (setxattr(on_disk(w, "a"), "user.junk", junk, sizeof(junk), 0) !=
		    0 ||
	    setxattr(on_disk(w, "a"), "user.more", junk, sizeof(junk), 0) ==
		    0) {
		print_message("this file system has room for more\n");
		skip();
	}
	memset(bytes, 'b', sizeof(bytes));
	file = must_open(w, "a:s", NEW);
	assert_int_equal(do_write(w, file, bytes, sizeof(bytes), 0), 0);
	check_bytes(w, file, bytes, sizeof(bytes));
	assert_int_equal(in_depot(w), 1);
	do_close(w, file);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, depot_setup, depot_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_border),     TEST(test_holes),    TEST(test_allocate),
		TEST(test_taken_away), TEST(test_together), TEST(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
