/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The depot: what is in it, and what the sweep takes out of it. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/xattr.h>
#include <time.h>

#include "server/store_posix.h"
#include "tests/fixture_depot.h"

#define OLD 100000 /* seconds */

static struct posix_root *root_of(struct world *w)
{
	return posix_store_of(w->store)->root;
}

/* Does the kernel find files by their handles here, for us? */
static bool can_sweep(struct world *w)
{
	struct {
		struct file_handle handle;
		char room[MAX_HANDLE_SZ];
	} found = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	int mount = 0;
	int root = open(w->dir, O_RDONLY);
	int fd = -1;

	if (name_to_handle_at(AT_FDCWD, w->dir, &found.handle, &mount, 0) ==
	    0) {
		fd = open_by_handle_at(root, &found.handle, O_PATH);
	}
	close(root);
	if (fd != -1) {
		close(fd);
	}
	return fd != -1;
}

/* Once through all of it, wherever it is now. */
static void sweep_all(struct world *w)
{
	unsigned i = 0;

	for (i = 0; i < 60; i++) {
		posix_depot_sweep(root_of(w));
	}
}

/* The only file in it. */
static char *only_one(struct world *w)
{
	DIR *dir = opendir(on_disk(w, DEPOT));
	const struct dirent *entry = NULL;
	char *found = NULL;

	assert_non_null(dir);
	for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		if (*entry->d_name != '.') {
			assert_null(found);
			found = talloc_asprintf(w, DEPOT "/%s", entry->d_name);
		}
	}
	closedir(dir);
	assert_non_null(found);
	return found;
}

static void make_old(struct world *w, const char *path)
{
	struct timespec times[2] = {{.tv_sec = time(NULL) - OLD},
				    {.tv_sec = time(NULL) - OLD}};

	assert_int_equal(utimensat(AT_FDCWD, on_disk(w, path), times,
				   AT_SYMLINK_NOFOLLOW),
			 0);
}

/* In its place and nowhere else, for the server alone. */
static void test_place(void **state)
{
	struct world *w = *state;
	struct stat st = {0};
	char *name = NULL;

	make_large(w, "a:s");
	assert_int_equal(stat(on_disk(w, DEPOT), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	name = only_one(w);
	assert_int_equal(stat(on_disk(w, name), &st), 0);
	assert_int_equal(st.st_size, LARGE);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(posix_depot_reserved(DEPOT));
	assert_true(posix_depot_reserved(".SMBQUIC-STREAMS/x"));
	assert_false(posix_depot_reserved(DEPOT "2"));
	assert_false(posix_depot_reserved("x/" DEPOT));
}

/* Not while the file is there, by whatever name; but when it was removed. */
static void test_sweep_gone(void **state)
{
	struct world *w = *state;

	if (!can_sweep(w)) {
		print_message("files are not found by handles here\n");
		skip();
	}
	make_large(w, "a:s");
	make_old(w, only_one(w));
	sweep_all(w);
	assert_int_equal(in_depot(w), 1);
	assert_int_equal(rename(on_disk(w, "a"), on_disk(w, "b")), 0);
	assert_int_equal(link(on_disk(w, "b"), on_disk(w, "c")), 0);
	assert_int_equal(unlink(on_disk(w, "b")), 0);
	sweep_all(w);
	assert_int_equal(in_depot(w), 1);
	assert_int_equal(unlink(on_disk(w, "c")), 0);
	/* at once: another file may get the number, but not the handle */
	make_file(w, "d", "");
	sweep_all(w);
	assert_int_equal(in_depot(w), 0);
}

/* Whoever has it open has it still. */
static void test_sweep_open(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	char buf[16];

	if (!can_sweep(w)) {
		print_message("files are not found by handles here\n");
		skip();
	}
	make_large(w, "a:s");
	file = must_open(w, "a:s", RW);
	assert_int_equal(unlink(on_disk(w, "a")), 0);
	sweep_all(w);
	assert_int_equal(do_read(w, file, buf, sizeof(buf), 0), sizeof(buf));
	do_close(w, file);
	sweep_all(w);
	assert_int_equal(in_depot(w), 0);
}

/* One that its file does not know: only when it has had time for that. */
static void test_sweep_unknown(void **state)
{
	struct world *w = *state;

	if (!can_sweep(w)) {
		print_message("files are not found by handles here\n");
		skip();
	}
	make_large(w, "a:s");
	assert_int_equal(removexattr(on_disk(w, "a"), "user.smbquic.stream.s"),
			 0);
	sweep_all(w);
	assert_int_equal(in_depot(w), 1);
	make_old(w, only_one(w));
	sweep_all(w);
	assert_int_equal(in_depot(w), 0);
}

/* What it does not understand it leaves. */
static void test_sweep_strange(void **state)
{
	static const char *const names[] = {
		"x",
		"0000000000000001.zz",
		"notes.txt",
		"0000000000000001.000102030405060708090a0b0c0d0e0f",
		"0000000000000001.0001020304050607zz090a0b0c0d0e0f",
	};
	struct world *w = *state;
	char *name = NULL;
	size_t i = 0;

	make_large(w, "a:s");
	name = only_one(w);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make_file(w, "b", "");
		assert_int_equal(link(on_disk(w, "b"),
				      on_disk(w, talloc_asprintf(w, DEPOT "/%s",
								 names[i]))),
				 0);
		assert_int_equal(unlink(on_disk(w, "b")), 0);
	}
	/* of another file system, of another version, too short */
	if (setxattr(on_disk(w, name), "user.smbquic.for",
		     "\1\0\0\0\1\0\0\0xxxxxxxxyyyyyyyy", 24, 0) == 0) {
		assert_int_equal(unlink(on_disk(w, "a")), 0);
	}
	sweep_all(w);
	assert_int_equal(in_depot(w), 6);
	assert_int_equal(setxattr(on_disk(w, name), "user.smbquic.for",
				  "\2\0\0\0\1\0\0\0", 8, 0),
			 0);
	sweep_all(w);
	assert_int_equal(
		setxattr(on_disk(w, name), "user.smbquic.for", "\1", 1, 0), 0);
	sweep_all(w);
	assert_int_equal(in_depot(w), 6);
}

/* --- a race ------------------------------------------------------------- */

#define FILES  24
#define ROUNDS 12

struct remover {
	struct world *w;
	const char *paths[FILES];
	atomic_bool stop;
};

/* Removes files on the machine, every third, while others get streams. */
static void *remove_files(void *data)
{
	struct remover *r = data;
	size_t i = 0;

	while (!atomic_load(&r->stop)) {
		(void)unlink(r->paths[i]);
		i = (i + 3) % FILES;
		posix_depot_sweep(root_of(r->w));
	}
	return NULL;
}

static void put_streams(struct world *w, char mark)
{
	struct tevent_req *opens[FILES] = {NULL};
	struct tevent_req *writes[FILES] = {NULL};
	struct store_file *files[FILES] = {NULL};
	char *block = talloc_array(w, char, 5000);
	size_t i = 0;

	memset(block, mark, 5000);
	for (i = 0; i < FILES; i++) {
		opens[i] = store_open_send(w, w->ev, w->store, NULL,
					   talloc_asprintf(w, "f%zu:s", i), NEW,
					   0);
	}
	for (i = 0; i < FILES; i++) {
		int err = store_open_recv(finish(w, opens[i]), w, &files[i],
					  NULL);

		/* one may be taken away just as it is found */
		assert_true(err == 0 || i % 3 == 0);
		if (err == 0) {
			writes[i] = store_pwrite_send(w, w->ev, files[i], block,
						      5000, 0, block);
		}
	}
	for (i = 0; i < FILES; i++) {
		if (files[i] != NULL) {
			int err = store_pwrite_recv(finish(w, writes[i]));

			assert_true(err == 0 || i % 3 == 0);
			do_close(w, files[i]);
		}
	}
	talloc_free(block);
}

static void check_streams(struct world *w, char mark)
{
	size_t i = 0;

	for (i = 0; i < FILES; i++) {
		struct store_file *file = NULL;
		char buf[1] = "";

		if (i % 3 == 0) {
			continue;
		}
		file = must_open(w, talloc_asprintf(w, "f%zu:s", i), RW);
		assert_int_equal(do_getattr(w, file).size, 5000);
		assert_int_equal(do_read(w, file, buf, 1, 4999), 1);
		assert_int_equal(buf[0], mark);
		do_close(w, file);
	}
}

/* No stream of a file that is there is lost, and all others are. */
static void test_sweep_race(void **state)
{
	struct world *w = *state;
	struct remover remover = {.w = w};
	pthread_t thread;
	size_t i = 0;
	unsigned round = 0;

	if (!can_sweep(w)) {
		print_message("files are not found by handles here\n");
		skip();
	}
	for (i = 0; i < FILES; i++) {
		remover.paths[i] = on_disk(w, talloc_asprintf(w, "f%zu", i));
	}
	make_large(w, "first:s");
	assert_int_equal(pthread_create(&thread, NULL, remove_files, &remover),
			 0);
	for (round = 0; round < ROUNDS; round++) {
		put_streams(w, (char)('a' + round));
		check_streams(w, (char)('a' + round));
	}
	atomic_store(&remover.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (i = 0; i < FILES; i += 3) {
		(void)unlink(remover.paths[i]);
	}
	sweep_all(w);
	assert_int_equal(in_depot(w), 1 + FILES - FILES / 3);
	check_streams(w, (char)('a' + ROUNDS - 1));
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, depot_setup, depot_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_place),	  TEST(test_sweep_gone),
		TEST(test_sweep_open),	  TEST(test_sweep_unknown),
		TEST(test_sweep_strange), TEST(test_sweep_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
