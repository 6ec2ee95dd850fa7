/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/shell_partial.h"

#define KIB	 1024
#define OF	 "//server/share\\large 3000000 1 2"
#define OF_OTHER "//server/share\\large 3000000 1 3"
#define SIZE	 3000000

struct fixture {
	char *folder;
	char *local;
};

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->folder = testlib_tmpdir(f);
	f->local = talloc_asprintf(f, "%s/large", f->folder);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void fill(int fd, size_t from, size_t to)
{
	char block[KIB];

	memset(block, 'x', sizeof(block));
	for (; from < to; from += sizeof(block)) {
		assert_int_equal(pwrite(fd, block, sizeof(block), (off_t)from),
				 sizeof(block));
	}
}

/* As a get leaves it that was killed: bytes, a hole, and more bytes. */
static void leave(struct fixture *f, const char *name, const char *of,
		  size_t good)
{
	char *path = talloc_asprintf(f, "%s/%s", f->folder, name);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	partial_begin(fd, of, SIZE);
	if (fgetxattr(fd, "user.smbquic.of", NULL, 0) < 0 ||
	    ftruncate(fd, SIZE) != 0 || lseek(fd, 0, SEEK_HOLE) != 0) {
		close(fd);
		skip(); /* a file system without attributes, or holes */
	}
	fill(fd, 0, good);
	fill(fd, good + 512 * KIB, good + 768 * KIB);
	close(fd);
}

static void put_local(struct fixture *f, size_t len)
{
	int fd = open(f->local, O_RDWR | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	fill(fd, 0, len);
	close(fd);
}

static off_t size_of(const char *path)
{
	struct stat st = {0};

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static off_t size_in(const struct fixture *f, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	return size_of(path);
}

static void test_the_longest(void **state)
{
	struct fixture *f = *state;

	leave(f, ".smbquic-aaaaaa", OF, 512 * KIB);
	leave(f, ".smbquic-bbbbbb", OF, 1024 * KIB);
	leave(f, ".smbquic-cccccc", OF_OTHER, 1536 * KIB);
	assert_int_equal(partial_adopt(f->local, OF), 960 * KIB);
	assert_int_equal(size_of(f->local), 960 * KIB);
	assert_int_equal(size_in(f, ".smbquic-bbbbbb"), -1);
	assert_int_equal(size_in(f, ".smbquic-cccccc"), SIZE);
}

static void test_in_the_place_of_less(void **state)
{
	struct fixture *f = *state;
	struct stat st = {0};

	leave(f, ".smbquic-aaaaaa", OF, 512 * KIB);
	put_local(f, 100 * KIB);
	assert_int_equal(chmod(f->local, 0604), 0);
	assert_int_equal(partial_adopt(f->local, OF), 448 * KIB);
	assert_int_equal(stat(f->local, &st), 0);
	assert_int_equal(st.st_size, 448 * KIB);
	assert_int_equal(st.st_mode & 07777, 0604);
	assert_true(getxattr(f->local, "user.smbquic.of", NULL, 0) < 0);
}

/* A reget has gone on since, or it is another file: nothing of it is lost. */
static void test_not_of_more(void **state)
{
	struct fixture *f = *state;

	leave(f, ".smbquic-aaaaaa", OF, 512 * KIB);
	put_local(f, 448 * KIB);
	assert_int_equal(partial_adopt(f->local, OF), 0);
	assert_int_equal(size_of(f->local), 448 * KIB);
	put_local(f, 2000 * KIB);
	assert_int_equal(partial_adopt(f->local, OF), 0);
	assert_int_equal(size_of(f->local), 2000 * KIB);
	assert_int_equal(size_in(f, ".smbquic-aaaaaa"), SIZE);
}

static void test_not_of_what_is_no_file(void **state)
{
	struct fixture *f = *state;
	struct stat st = {0};

	leave(f, ".smbquic-aaaaaa", OF, 512 * KIB);
	assert_int_equal(mkfifo(f->local, 0600), 0);
	assert_int_equal(partial_adopt(f->local, OF), 0);
	assert_int_equal(stat(f->local, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

/* A get that lives has it locked. */
static void test_not_in_use(void **state)
{
	struct fixture *f = *state;
	char *path = talloc_asprintf(f, "%s/.smbquic-aaaaaa", f->folder);
	int fd = -1;

	leave(f, ".smbquic-aaaaaa", OF, 512 * KIB);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	partial_begin(fd, OF, SIZE);
	assert_int_equal(partial_adopt(f->local, OF), 0);
	close(fd);
	assert_int_equal(partial_adopt(f->local, OF), 448 * KIB);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_longest), TEST(test_in_the_place_of_less),
		TEST(test_not_of_more), TEST(test_not_of_what_is_no_file),
		TEST(test_not_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
