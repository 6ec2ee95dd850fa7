/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading directories: large ones, which are remembered, and those that are
 * moved while they are open. */
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "tests/fixture_posix.h"

static void touch(struct world *w, const char *path)
{
	int fd = open(on_disk(w, path), O_CREAT | O_WRONLY, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static bool there(struct world *w, const char *path)
{
	struct store_attr attr = {0};

	return do_lookup(w, path, &attr, NULL) == 0;
}

static void test_large_directory(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	char *now = NULL;
	char name[32];
	int i = 0;

	make_dir(w, "d");
	make_dir(w, "e");
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "%s/File%d", i % 2 ? "d" : "e", i);
		touch(w, name);
	}
	usleep(50000);
	/* what others do */
	assert_true(there(w, "d/fILE17"));
	assert_false(there(w, "d/other"));
	touch(w, "d/Other");
	assert_true(there(w, "d/OTHER"));
	assert_int_equal(unlink(on_disk(w, "d/Other")), 0);
	assert_false(there(w, "d/OTHER"));
	assert_int_equal(rename(on_disk(w, "d/File17"), on_disk(w, "d/X")), 0);
	assert_false(there(w, "d/fILE17"));
	assert_true(there(w, "d/x"));
	/* what we do */
	make_file(w, "d/Ours", "");
	assert_true(there(w, "d/ours"));
	assert_int_equal(
		do_open(w, "d/OURS", NEW | STORE_OPEN_EXCLUSIVE, &file),
		EEXIST);
	file = must_open(w, "d/oURS", RW);
	assert_int_equal(do_rename(w, file, "d/Ours", "d/ourS", false, &now),
			 0);
	assert_string_equal(now, "d/ourS");
	assert_true(there(w, "d/OURS"));
	assert_int_equal(do_rename(w, file, now, "E/Moved", false, &now), 0);
	assert_string_equal(now, "e/Moved");
	assert_false(there(w, "d/OURS"));
	assert_true(there(w, "e/moved"));
	assert_int_equal(do_rename(w, file, now, "d/FILE19", true, &now), 0);
	assert_true(there(w, "d/fILE19"));
	assert_false(there(w, "e/moved"));
	assert_int_equal(do_unlink(w, file, now), 0);
	assert_false(there(w, "d/File19"));
	do_close(w, file);
	make_dir(w, "d/Sub");
	assert_true(there(w, "D/SUB"));
	/* and both in turn */
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "d/Mine%d", i);
		make_file(w, name, "");
		snprintf(name, sizeof(name), "d/Theirs%d", i);
		touch(w, name);
		snprintf(name, sizeof(name), "d/mINE%d", i);
		assert_true(there(w, name));
	}
	usleep(50000);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "d/tHEIRS%d", i);
		assert_true(there(w, name));
	}
}

/* How many names a directory has, or -errno. */
static int names_in(struct world *w, struct store_file *dir)
{
	struct tevent_req *req =
		finish(w, store_readdir_send(w, w->ev, dir, true, 100));
	struct store_entry *entries = NULL;
	size_t count = 0;
	int err = store_readdir_recv(req, w, &entries, &count);

	talloc_free(req);
	talloc_free(entries);
	return err != 0 ? -err : (int)count;
}

/* How often somebody began to read the directory. */
static unsigned count_reads(int inotify)
{
	char buf[4096]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	unsigned count = 0;
	ssize_t n = read(inotify, buf, sizeof(buf));

	while (n > 0) {
		ssize_t at = 0;

		while (at < n) {
			const struct inotify_event *event =
				(const void *)(buf + at);

			count += event->len == 0;
			at += (ssize_t)(sizeof(*event) + event->len);
		}
		n = read(inotify, buf, sizeof(buf));
	}
	return count;
}

/* Threads that make files in one directory do not read it for each of them,
 * also when it is too small to be watched. */
static void test_large_directory_crowd(void **state)
{
	struct tevent_req *reqs[100] = {0};
	struct world *w = *state;
	int inotify = inotify_init1(IN_NONBLOCK);
	char name[32];
	size_t i = 0;

	make_dir(w, "d");
	for (i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "d/File%zu", i);
		touch(w, name);
	}
	usleep(50000);
	assert_true(there(w, "d/fILE17"));
	assert_int_not_equal(
		inotify_add_watch(inotify, on_disk(w, "d"), IN_OPEN), -1);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "d/new%zu", i);
		reqs[i] = store_open_send(w, w->ev, w->store, NULL, name,
					  NEW | STORE_OPEN_EXCLUSIVE, 0);
	}
	for (i = 0; i < 100; i++) {
		struct store_file *file = NULL;

		assert_true(tevent_req_poll(reqs[i], w->ev));
		assert_int_equal(store_open_recv(reqs[i], w, &file, NULL), 0);
		talloc_free(file);
	}
	assert_true(there(w, "d/NEW0"));
	/* a few times, since what we made is no proof for long; but all that
	 * may have taken less */
	usleep(50000);
	assert_true(there(w, "d/NEW1"));
	assert_in_range(count_reads(inotify), 1, 25);
	close(inotify);
}

/* What others do is told by the kernel: a directory is not read again for it.
 */
static void test_large_directory_told(void **state)
{
	struct world *w = *state;
	int inotify = inotify_init1(IN_NONBLOCK);
	char name[32];
	char other[32];
	int i = 0;

	make_dir(w, "d");
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "d/File%d", i);
		touch(w, name);
	}
	usleep(50000);
	assert_true(there(w, "d/fILE17"));
	assert_int_not_equal(
		inotify_add_watch(inotify, on_disk(w, "d"), IN_OPEN), -1);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "d/Theirs%d", i);
		snprintf(other, sizeof(other), "d/tHEIRS%d", i);
		assert_false(there(w, other));
		assert_int_equal(mkdir(on_disk(w, name), 0755), 0);
		assert_true(there(w, other));
		snprintf(name, sizeof(name), "d/MINE%d", i);
		make_dir(w, name);
		snprintf(name, sizeof(name), "d/mine%d", i);
		assert_true(there(w, name));
		snprintf(name, sizeof(name), "d/Theirs%d", i);
		snprintf(other, sizeof(other), "d/Renamed%d", i);
		assert_int_equal(rename(on_disk(w, name), on_disk(w, other)),
				 0);
		snprintf(other, sizeof(other), "d/tHEIRS%d", i);
		assert_false(there(w, other));
		snprintf(other, sizeof(other), "d/rENAMED%d", i);
		assert_true(there(w, other));
	}
	assert_int_equal(rmdir(on_disk(w, "d/Renamed7")), 0);
	assert_false(there(w, "d/rENAMED7"));
	assert_int_equal(count_reads(inotify), 0);
	/* not told: more than the kernel keeps */
	for (i = 0; i < 20000; i++) {
		assert_int_equal(rename(on_disk(w, i % 2 ? "d/b" : "d/File1"),
					on_disk(w, i % 2 ? "d/File1" : "d/b")),
				 0);
	}
	touch(w, "d/Last");
	assert_true(there(w, "d/lAST"));
	assert_true(there(w, "d/fILE1"));
	assert_false(there(w, "d/B"));
	assert_in_range(count_reads(inotify), 1, 3);
	close(inotify);
}

/* A directory that is open follows its folder wherever that is moved; what is
 * in it does not follow out of the share. */
static void test_moved_out(void **state)
{
	struct world *w = *state;
	char *outside = talloc_asprintf(w, "%s-outside", w->dir);
	struct store_file *dir = NULL;

	make_dir(w, "top");
	make_dir(w, "top/d");
	make_file(w, "top/d/f", "");
	make_dir(w, "e");
	dir = must_open(w, "top/d", STORE_OPEN_READ);
	assert_int_equal(names_in(w, dir), 1);
	/* within it is moved as often as one likes */
	assert_int_equal(rename(on_disk(w, "top"), on_disk(w, "e/top")), 0);
	assert_int_equal(names_in(w, dir), 1);
	assert_int_equal(rename(on_disk(w, "e/top"), outside), 0);
	assert_int_equal(names_in(w, dir), -EACCES);
	assert_int_equal(rename(outside, on_disk(w, "top")), 0);
	assert_int_equal(names_in(w, dir), 1);
	do_close(w, dir);
	dir = must_open(w, "", STORE_OPEN_READ);
	assert_int_equal(names_in(w, dir), 2);
	do_close(w, dir);
}

/* The same where its path is longer than the kernel tells. */
static void test_moved_out_deep(void **state)
{
	struct world *w = *state;
	char *outside = talloc_asprintf(w, "%s-outside", w->dir);
	struct store_file *dir = NULL;
	char name[201];
	int at = open(on_disk(w, ""), O_PATH | O_DIRECTORY);
	int from = -1;

	memset(name, 'n', 200);
	name[200] = '\0';
	make_dir(w, "top");
	make_dir(w, "top/d");
	make_file(w, "top/d/f", "");
	dir = must_open(w, "top/d", STORE_OPEN_READ);
	from = open(on_disk(w, "top/d"), O_PATH | O_DIRECTORY);
	for (int i = 0; i < 25; i++) {
		int below = -1;

		assert_int_equal(mkdirat(at, name, 0755), 0);
		below = openat(at, name, O_PATH | O_DIRECTORY);
		assert_int_not_equal(below, -1);
		close(at);
		at = below;
	}
	assert_int_equal(renameat(from, "../d", at, "d"), 0);
	assert_int_equal(names_in(w, dir), 1);
	assert_int_equal(rename(on_disk(w, name), outside), 0);
	assert_int_equal(names_in(w, dir), -EACCES);
	assert_int_equal(rename(outside, on_disk(w, "back")), 0);
	assert_int_equal(names_in(w, dir), 1);
	close(at);
	close(from);
	do_close(w, dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_large_directory),
		TEST(test_large_directory_crowd),
		TEST(test_large_directory_told),
		TEST(test_moved_out),
		TEST(test_moved_out_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
