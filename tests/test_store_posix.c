/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/alarm.h"
#include "tests/fixture_posix.h"
#include "tests/store_contract.h"

/* --- a disk that can be held ---------------------------------------------
 */

static pthread_t loop; /* closes are counted there */
static atomic_bool watched, held;
static atomic_int holding, closed_in_loop;

/* These two are instead of the C library's. */
int close(int fd)
{
	if (atomic_load(&watched)) {
		if (pthread_equal(pthread_self(), loop)) {
			atomic_fetch_add(&closed_in_loop, 1);
		}
	}
	return (int)syscall(SYS_close, fd);
}

int fstat(int fd, struct stat *st)
{
	if (atomic_load(&held)) {
		atomic_fetch_add(&holding, 1);
	}
	while (atomic_load(&held)) {
		usleep(1000);
	}
	return fstatat(fd, "", st, AT_EMPTY_PATH);
}

/* --- links -------------------------------------------------------------- */

static void make_links(struct world *w)
{
	FILE *f = fopen(talloc_asprintf(w, "%s/secret", w->dir), "w");

	assert_non_null(f);
	fputs("secret", f);
	fclose(f);
	make_dir(w, "d");
	make_file(w, "d/f", "inside");
	assert_int_equal(symlink("d/f", on_disk(w, "good")), 0);
	assert_int_equal(symlink("../good", on_disk(w, "d/up")), 0);
	assert_int_equal(symlink("d", on_disk(w, "dir")), 0);
	assert_int_equal(symlink("../secret", on_disk(w, "out")), 0);
	assert_int_equal(symlink("..", on_disk(w, "outdir")), 0);
	assert_int_equal(symlink("/etc/passwd", on_disk(w, "absolute")), 0);
	assert_int_equal(symlink("nothing", on_disk(w, "dangling")), 0);
	assert_int_equal(symlink("loop", on_disk(w, "loop")), 0);
	assert_int_equal(symlink("/proc/self/root/etc", on_disk(w, "magic")),
			 0);
}

static void test_links(void **state)
{
	static const char *const out[] = {"out",  "absolute", "dangling",
					  "loop", "outdir",   "magic"};
	struct world *w = *state;
	struct store_file *file = NULL;
	char buf[16];
	size_t i = 0;

	make_links(w);
	file = must_open(w, "good", RW);
	assert_int_equal(do_read(w, file, buf, 16, 0), 6);
	do_close(w, file);
	file = must_open(w, "d/up", RW);
	do_close(w, file);
	file = must_open(w, "DIR/F", RW);
	assert_string_equal(file->path, "dir/f");
	do_close(w, file);
	for (i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		assert_int_equal(do_open(w, out[i], RW, &file), EACCES);
		assert_int_equal(do_open(w, out[i], NEW, &file), EACCES);
		file = must_open(w, out[i], 0);
		assert_true(file->special);
		do_close(w, file);
	}
	assert_int_equal(do_open(w, "outdir/secret", RW, &file), EACCES);
	assert_int_equal(do_open(w, "outdir/new", NEW, &file), EACCES);
	assert_int_equal(do_open(w, "magic/passwd", STORE_OPEN_READ, &file),
			 EACCES);
	assert_int_equal(do_open(w, "dangling/x", NEW, &file), STORE_ENOPATH);
}

static void test_links_removed(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct stat st = {0};
	char *now = NULL;

	make_links(w);
	file = must_open(w, "good", RW);
	assert_int_equal(do_rename(w, file, "good", "better", false, &now), 0);
	assert_int_equal(lstat(on_disk(w, "better"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(do_unlink(w, file, "better"), 0);
	do_close(w, file);
	assert_int_equal(lstat(on_disk(w, "d/f"), &st), 0);
	file = must_open(w, "outdir", 0);
	assert_int_equal(do_unlink(w, file, "outdir"), 0);
	do_close(w, file);
	file = must_open(w, "dir", STORE_OPEN_READ);
	assert_true(file->directory);
	assert_int_equal(do_unlink(w, file, "dir"), 0);
	do_close(w, file);
	assert_int_equal(lstat(on_disk(w, "d"), &st), 0);
}

static void test_links_without_openat2(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;

	make_links(w);
	do_close(w, must_open(w, "d/f", RW));
	do_close(w, must_open(w, "D/F", RW));
	assert_int_equal(do_open(w, "good", RW, &file), EACCES);
	assert_int_equal(do_open(w, "out", RW, &file), EACCES);
	assert_int_equal(do_open(w, "outdir/secret", RW, &file), STORE_ENOPATH);
	assert_int_equal(do_open(w, "d/none", RW, &file), ENOENT);
	assert_int_equal(do_open(w, "e/none", RW, &file), STORE_ENOPATH);
}

/* --- names -------------------------------------------------------------- */

static void test_mapped_files(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct store_attr attr = {0};
	struct stat st = {0};
	int fd = -1;

	make_file(w,
		  "a\xEF\x80\xA2"
		  "b",
		  "x");
	assert_int_equal(stat(on_disk(w, "a:b"), &st), 0);
	fd = open(on_disk(w, "bad\xFF."), O_CREAT | O_WRONLY, 0644);
	assert_true(fd >= 0);
	close(fd);
	assert_string_equal(do_list(w, "", 5), "a\xEF\x80\xA2"
					       "b bad\xEF\x9F\xBF\xEF\x80\xA9");
	file = must_open(w, "BAD\xEF\x9F\xBF\xEF\x80\xA9", RW);
	assert_string_equal(file->path, "bad\xEF\x9F\xBF\xEF\x80\xA9");
	assert_int_equal(do_unlink(w, file, file->path), 0);
	do_close(w, file);
	/* the private character itself on the disk */
	fd = open(on_disk(w, "\xEF\x80\xA0"), O_CREAT | O_WRONLY, 0644);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(do_lookup(w, "\xEF\x80\xA0", &attr, NULL), 0);
}

/* --- kinds of files, ids ------------------------------------------------- */

static void test_special(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;

	assert_int_equal(mkfifo(on_disk(w, "fifo"), 0666), 0);
	assert_int_equal(do_open(w, "fifo", STORE_OPEN_READ, &file), EACCES);
	file = must_open(w, "fifo", STORE_OPEN_MAXIMUM);
	assert_true(file->special);
	assert_int_equal(file->access, 0);
	assert_int_equal(do_getattr(w, file).size, 0);
	assert_int_equal(do_unlink(w, file, "fifo"), 0);
	do_close(w, file);
}

static void test_ids(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a", NEW);
	struct store_file *other = NULL;
	struct tevent_req *req =
		finish(w, store_link_send(w, w->ev, file, "a", "b", false));
	struct stat st = {0};
	char *now = NULL;

	assert_int_equal(store_link_recv(req), 0);
	talloc_free(req);
	other = must_open(w, "b", RW);
	assert_int_equal(file->file_id, other->file_id);
	assert_int_equal(stat(on_disk(w, "a"), &st), 0);
	assert_int_equal(file->file_id, st.st_ino);
	assert_int_equal(do_getattr(w, file).links, 2);
	make_file(w, "c", "old");
	req = finish(w, store_link_send(w, w->ev, file, "a", "c", false));
	assert_int_equal(store_link_recv(req), EEXIST);
	talloc_free(req);
	req = finish(w, store_link_send(w, w->ev, file, "a", "c", true));
	assert_int_equal(store_link_recv(req), 0);
	talloc_free(req);
	assert_string_equal(do_list(w, "", 9), "a b c");
	/* one name of a file over another of the same */
	assert_int_equal(do_rename(w, file, "a", "b", false, &now), EEXIST);
	assert_int_equal(do_rename(w, file, "a", "b", true, &now), 0);
	assert_string_equal(do_list(w, "", 9), "b c");
	do_close(w, file);
	do_close(w, other);
}

/* --- attributes on disk -------------------------------------------------- */

static void test_stored_attributes(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	struct store_change change = {.what = STORE_SET_ATTRIBUTES,
				      .attributes = FILE_ATTRIBUTE_SYSTEM};
	uint8_t raw[32];
	uint8_t want[16] = {1, 0, 1, 0, 4};
	struct stat st = {0};

	assert_int_equal(
		getxattr(on_disk(w, "f"), POSIX_XATTR_ATTR, raw, sizeof(raw)),
		-1);
	assert_int_equal(do_setattr(w, file, change), 0);
	assert_int_equal(
		getxattr(on_disk(w, "f"), POSIX_XATTR_ATTR, raw, sizeof(raw)),
		16);
	assert_memory_equal(raw, want, 16);
	/* what others wrote is not believed blindly */
	raw[0] = 9;
	assert_int_equal(
		setxattr(on_disk(w, "f"), POSIX_XATTR_ATTR, raw, 16, 0), 0);
	assert_int_equal(do_getattr(w, file).attributes,
			 FILE_ATTRIBUTE_ARCHIVE);
	assert_int_equal(chmod(on_disk(w, "f"), 0444), 0);
	assert_int_equal(do_getattr(w, file).attributes,
			 FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_READONLY);
	change.attributes = 0;
	assert_int_equal(do_setattr(w, file, change), 0);
	assert_int_equal(do_getattr(w, file).attributes, 0);
	assert_int_equal(stat(on_disk(w, "f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	do_close(w, file);
}

static void test_modes(void **state)
{
	struct world *w = *state;
	struct stat st = {0};

	make_file(w, "f", "");
	assert_int_equal(stat(on_disk(w, "f"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	TALLOC_FREE(w->store);
	w->store = new_store(w, (struct store_options){.create_mask = 0600,
						       .directory_mask = 0700,
						       .case_sensitive = true});
	make_file(w, "F", "");
	make_dir(w, "D");
	assert_int_equal(stat(on_disk(w, "F"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(on_disk(w, "D"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_string_equal(do_list(w, "", 9), "D F f");
}

/* --- room ---------------------------------------------------------------- */

static struct store_change set_size(uint64_t size)
{
	const struct store_change change = {.what = STORE_SET_SIZE,
					    .size = size};

	return change;
}

static void test_max_size(void **state)
{
	struct world *w = *state;
	struct store_change change = set_size(101);
	struct store_file *file = NULL;

	TALLOC_FREE(w->store);
	w->store = new_store(w, (struct store_options){.max_size = 100});
	make_file(w, "f", "");
	file = must_open(w, "f", RW);
	assert_int_equal(do_write(w, file, "ab", 2, 98), 0);
	assert_int_equal(do_write(w, file, "ab", 2, 99), EFBIG);
	assert_int_equal(do_write(w, file, "a", 1, STORE_AT_END), EFBIG);
	assert_int_equal(do_setattr(w, file, change), EFBIG);
	assert_int_equal(do_getattr(w, file).size, 100);
	change = set_size(90);
	assert_int_equal(do_setattr(w, file, change), 0);
	assert_int_equal(do_write(w, file, "a", 1, STORE_AT_END), 0);
	assert_int_equal(do_getattr(w, file).size, 91);
	do_close(w, file);
}

/* 16 TiB are more than there is; a file that is marked sparse may. */
static void test_strict_allocate(void **state)
{
	const uint64_t much = (uint64_t)1 << 44;
	struct world *w = *state;
	struct store_change change = set_size(much - 8192);
	struct store_file *file = NULL;
	struct stat st = {0};

	TALLOC_FREE(w->store);
	w->store =
		new_store(w, (struct store_options){.strict_allocate = true});
	make_file(w, "f", "");
	file = must_open(w, "f", RW);
	assert_int_equal(do_write(w, file, "a", 1, much - 8192), ENOSPC);
	assert_int_equal(do_setattr(w, file, change), ENOSPC);
	assert_int_equal(do_getattr(w, file).size, 0);
	change = set_size(1 << 20);
	assert_int_equal(do_setattr(w, file, change), 0);
	assert_int_equal(stat(on_disk(w, "f"), &st), 0);
	assert_int_equal(st.st_size, 1 << 20);
	assert_true(st.st_blocks >= (1 << 20) / 512);
	change =
		(struct store_change){.what = STORE_SET_ATTRIBUTES,
				      .attributes = FILE_ATTRIBUTE_SPARSE_FILE};
	assert_int_equal(do_setattr(w, file, change), 0);
	change = set_size((uint64_t)1 << 33);
	assert_int_equal(do_setattr(w, file, change), 0);
	assert_int_equal(stat(on_disk(w, "f"), &st), 0);
	assert_true(st.st_blocks < (2 << 20) / 512);
	do_close(w, file);
}

/* --- users --------------------------------------------------------------- */

#define NOBODY	65534
#define SOMEONE 54321

static void test_users(void **state)
{
	struct world *w = *state;
	const gid_t groups[] = {4242};
	struct store_file *file = NULL;
	struct store_opened info = {0};
	struct stat st = {0};
	int i = 0;

	if (geteuid() != 0) {
		skip();
	}
	assert_int_equal(chmod(on_disk(w, ""), 0777), 0);
	make_file(w, "root", "r");
	assert_int_equal(chmod(on_disk(w, "root"), 0600), 0);
	w->cred = store_cred_new(w, NOBODY, NOBODY, 0, NULL);
	make_file(w, "nobody", "n");
	assert_int_equal(stat(on_disk(w, "nobody"), &st), 0);
	assert_int_equal(st.st_uid, NOBODY);
	assert_int_equal(st.st_gid, NOBODY);
	assert_int_equal(do_open(w, "root", STORE_OPEN_READ, &file), EACCES);
	assert_int_equal(
		do_open_info(w, "root", STORE_OPEN_MAXIMUM, &file, &info), 0);
	assert_int_equal(file->access, 0);
	assert_int_equal(info.may, STORE_MAY_DELETE);
	do_close(w, file);
	assert_int_equal(do_open_info(w, "nobody", RW, &file, &info), 0);
	assert_int_equal(info.may, STORE_MAY_READ | STORE_MAY_WRITE |
					   STORE_MAY_DELETE | STORE_MAY_OWN);
	do_close(w, file);

	/* a group of the user's, and nobody else's */
	assert_int_equal(chown(on_disk(w, "root"), 0, 4242), 0);
	assert_int_equal(chmod(on_disk(w, "root"), 0660), 0);
	assert_int_equal(do_open(w, "root", RW, &file), EACCES);
	w->cred = store_cred_new(w, SOMEONE, SOMEONE, 1, groups);
	do_close(w, must_open(w, "root", RW));
	assert_int_equal(do_open(w, "nobody", RW, &file), EACCES);
	/* back and forth, and the process itself */
	for (i = 0; i < 100; i++) {
		w->cred = i % 3 == 0 ? NULL
				     : store_cred_new(w, (uid_t)(1000 + i % 5),
						      1000, 0, NULL);
		assert_int_equal(do_open(w, "root", RW, &file),
				 i % 3 == 0 ? 0 : EACCES);
		TALLOC_FREE(file);
	}
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getgroups(0, NULL), getgroups(0, NULL));
}

/* Times of a file that somebody else owns, by one who may write it. */
static void test_times_of_others(void **state)
{
	struct world *w = *state;
	struct store_change change = {.what = STORE_SET_WRITE_TIME,
				      .write_time =
					      UINT64_C(132000000000000000)};
	struct store_file *file = NULL;

	if (geteuid() != 0) {
		skip();
	}
	make_file(w, "f", "");
	assert_int_equal(chmod(on_disk(w, "f"), 0666), 0);
	w->cred = store_cred_new(w, NOBODY, NOBODY, 0, NULL);
	file = must_open(w, "f", RW);
	assert_int_equal(do_setattr(w, file, change), 0);
	assert_int_equal(do_getattr(w, file).write_time, change.write_time);
	change = (struct store_change){.what = STORE_SET_MODE, .mode = 0600};
	assert_int_equal(do_setattr(w, file, change), EPERM);
	do_close(w, file);
	assert_int_equal(chmod(on_disk(w, "f"), 0644), 0);
	file = must_open(w, "f", STORE_OPEN_READ);
	change = (struct store_change){.what = STORE_SET_WRITE_TIME,
				       .write_time = 1};
	assert_int_equal(do_setattr(w, file, change), EPERM);
	do_close(w, file);
}

static void test_sticky(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct store_opened info = {0};

	if (geteuid() != 0) {
		skip();
	}
	assert_int_equal(chmod(on_disk(w, ""), 01777), 0);
	make_file(w, "f", "");
	w->cred = store_cred_new(w, NOBODY, NOBODY, 0, NULL);
	assert_int_equal(do_open_info(w, "f", 0, &file, &info), 0);
	assert_int_equal(info.may, STORE_MAY_READ);
	assert_int_equal(do_unlink(w, file, "f"), EPERM);
	do_close(w, file);
}

/* --- the root ------------------------------------------------------------ */

static void test_no_root(void **state)
{
	struct world *w = *state;
	struct store_options options = {.share = "x", .root = "/nonexistent"};
	struct store *store = NULL;
	char *why = NULL;

	assert_int_equal(
		store_now(w, w->ev, "posix", w->pool, &options, &store, &why),
		ENOENT);
	assert_string_equal(
		why, "cannot open /nonexistent: No such file or directory");
}

static void turn(struct world *w)
{
	struct tevent_req *req = alarm_wait_send(w, w->ev, 2);

	assert_true(tevent_req_poll(req, w->ev));
	talloc_free(req);
}

static int count_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count;
}

/* A thread closes, whatever became of who had it opened. */
static void test_closed_in_threads(void **state)
{
	struct world *w = *state;
	struct store *store = NULL;
	struct tevent_req *req = NULL;
	struct tevent_req *other = NULL;
	int before = 0;

	make_file(w, "f", "x");
	turn(w); /* the loop's alarms have a descriptor from now on */
	before = count_open_files();
	store = new_store(w, (struct store_options){0});
	loop = pthread_self();
	atomic_store(&closed_in_loop, 0);
	atomic_store(&watched, true);
	do_close(w, must_open(w, "f", RW));
	talloc_free(must_open(w, "f", RW));
	/* given up while a thread opens it */
	atomic_store(&holding, 0);
	atomic_store(&held, true);
	req = store_open_send(w, w->ev, w->store, NULL, "f", RW, 0);
	/* and whose store is gone as well */
	other = store_open_send(w, w->ev, store, NULL, "f", RW, 0);
	while (atomic_load(&holding) < 2) {
		turn(w);
	}
	talloc_free(req);
	talloc_free(other);
	talloc_free(store);
	atomic_store(&held, false);
	while (count_open_files() > before) {
		turn(w);
	}
	atomic_store(&watched, false);
	assert_int_equal(atomic_load(&closed_in_loop), 0);
}

/* Reads that are abandoned, pools that end: nothing may be lost. */
static void test_pool_gone(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	struct tevent_req *req = store_flush_send(w, w->ev, file);
	int err = 0;

	talloc_free(file);
	TALLOC_FREE(w->pool);
	assert_true(tevent_req_poll(req, w->ev));
	err = store_flush_recv(req);
	assert_true(err == 0 || err == ECANCELED);
	req = finish(w, store_open_send(w, w->ev, w->store, NULL, "f", RW, 0));
	assert_int_equal(store_open_recv(req, w, &file, NULL), ECANCELED);
}

/* --- times --------------------------------------------------------------- */

/* A change time that was set stays until something changes, and longer for
 * the handle that set it. */
static void test_change_time(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	struct store_file *other = must_open(w, "f", RW);
	const uint64_t t = UINT64_C(132000000001234560);

	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){.what = STORE_SET_CHANGE_TIME,
						 .change_time = t}),
		0);
	assert_int_equal(do_getattr(w, other).change_time, t);
	assert_int_equal(
		do_setattr(w, file,
			   (struct store_change){.what = STORE_SET_ATTRIBUTES}),
		0);
	assert_int_equal(do_getattr(w, other).change_time, t);
	usleep(60000);
	assert_int_equal(do_write(w, other, "x", 1, 0), 0);
	assert_true(do_getattr(w, other).change_time > t);
	do_close(w, file);
	do_close(w, other);
}

static void test_write_time(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	struct store_file *other = must_open(w, "f", RW);
	const uint64_t t = UINT64_C(132000000001234560);
	const struct store_change set = {.what = STORE_SET_WRITE_TIME,
					 .write_time = t};
	const struct store_change size = {.what = STORE_SET_SIZE, .size = 7};
	const struct store_change touch = {.what = STORE_TOUCH};

	assert_int_equal(do_setattr(w, file, set), 0);
	assert_int_equal(do_write(w, file, "x", 1, 0), 0);
	assert_int_equal(do_setattr(w, file, size), 0);
	assert_int_equal(do_getattr(w, other).write_time, t);
	assert_int_equal(do_setattr(w, other, touch), 0);
	assert_int_equal(do_allocate(w, other, STORE_ALLOCATE_RESERVE, 0, 9999),
			 0);
	assert_int_equal(do_getattr(w, other).write_time, t);
	assert_int_equal(do_write(w, other, "x", 1, 0), 0);
	assert_true(do_getattr(w, other).write_time > t);
	assert_int_equal(do_setattr(w, file, set), 0);
	assert_int_equal(do_setattr(w, file,
				    (struct store_change){
					    .what = STORE_THAW_WRITE_TIME}),
			 0);
	assert_int_equal(do_write(w, file, "x", 1, 0), 0);
	assert_true(do_getattr(w, other).write_time > t);
	do_close(w, file);
	do_close(w, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_CONTRACT(TEST),
		TEST(test_change_time),
		TEST(test_write_time),
		TEST(test_links),
		TEST(test_links_removed),
		cmocka_unit_test_setup_teardown(test_links_without_openat2,
						setup_walk, teardown),
		TEST(test_mapped_files),
		TEST(test_special),
		TEST(test_ids),
		TEST(test_stored_attributes),
		TEST(test_modes),
		TEST(test_max_size),
		TEST(test_strict_allocate),
		TEST(test_users),
		TEST(test_times_of_others),
		TEST(test_sticky),
		TEST(test_no_root),
		TEST(test_closed_in_threads),
		TEST(test_pool_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
