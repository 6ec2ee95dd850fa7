/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What sync takes for the same, and what it deletes of a local folder. */
#include "tests/testlib.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/shell_many.h"

#define SECOND ((NTTIME)10000000)
#define THEN   ((NTTIME)0x01DC000000000000 / SECOND * SECOND)

struct fixture {
	struct shell shell;
	struct shell_options options;
	struct many_sync sync;
	struct many *many;
	char folder[64];
};

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->many = talloc_zero(f, struct many);
	f->options.quiet = true;
	f->shell.options = &f->options;
	f->shell.out = stdout;
	f->many->shell = &f->shell;
	f->many->sync = &f->sync;
	f->many->progress = shell_progress_new(f, &f->shell);
	f->many->case_known = true;
	snprintf(f->folder, sizeof(f->folder), "%s",
		 "/tmp/test_shell_sync.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rmdir(f->folder), 0);
	talloc_free(f);
	return 0;
}

static char *inside(struct fixture *f, const char *name)
{
	return talloc_asprintf(f, "%s/%s", f->folder, name);
}

static void make(struct fixture *f, const char *name, size_t size, NTTIME time)
{
	char *path = inside(f, name);
	struct timespec at = nttime_to_timespec(time);
	const struct timespec times[2] = {at, at};
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static bool is_there(struct fixture *f, const char *name)
{
	return access(inside(f, name), F_OK) == 0;
}

/* ---------------------------------------------------------------- the order */

static struct client_dir_list *listing(struct fixture *f, const char **names)
{
	struct client_dir_list *list = talloc_zero(f, struct client_dir_list);
	size_t i = 0;

	list->entry = talloc_zero_array(list, struct client_dir_entry, 16);
	for (i = 0; names[i] != NULL; i++) {
		list->entry[i].name = names[i];
		list->entry[i].stat.size = i + 1;
		list->entry[i].stat.write_time = THEN;
	}
	list->count = i;
	many_sync_sort(list);
	return list;
}

static void test_sort(void **state)
{
	const char *names[] = {"b", "A", "C", "a", NULL};
	const char *none[] = {NULL};
	struct client_dir_list *list = listing(*state, names);

	assert_true(list->entry[0].name[0] == 'A' ||
		    list->entry[0].name[0] == 'a');
	assert_string_equal(list->entry[2].name, "b");
	assert_string_equal(list->entry[3].name, "C");
	many_sync_sort(listing(*state, none));
	many_sync_sort(NULL);
}

/* ---------------------------------------------------------------- the same? */

static bool wants_up(struct fixture *f, struct client_dir_list *there,
		     const char *name, uint64_t size, NTTIME time)
{
	const struct many_folder in = {.target = there};
	char *remote = talloc_asprintf(f, "folder\\%s", name);
	struct many_item item = {
		.in = &in,
		.remote = remote,
		.stat = {.size = size, .write_time = time},
	};

	f->many->up = true;
	return many_sync_wants(f->many, &item);
}

static void test_up(void **state)
{
	struct fixture *f = *state;
	const char *names[] = {"one", "two", "TWO", NULL};
	struct client_dir_list *there = listing(f, names);

	assert_false(wants_up(f, there, "one", 1, THEN));
	assert_int_equal(f->sync.same, 1);
	assert_true(wants_up(f, there, "one", 2, THEN));
	assert_true(wants_up(f, there, "one", 1, THEN + SECOND));
	assert_true(wants_up(f, there, "three", 1, THEN));
	assert_true(wants_up(f, NULL, "one", 1, THEN));
	/* names that differ in case alone: the same one is wanted */
	assert_false(wants_up(f, there, "two", 2, THEN));
	assert_false(wants_up(f, there, "TWO", 3, THEN));
	/* or any, of a server for which they are the same */
	assert_false(wants_up(f, there, "ONE", 1, THEN));
	/* a folder is in the way: that is to be said */
	for (size_t i = 0; i < there->count; i++) {
		there->entry[i].stat.attributes = FILE_ATTRIBUTE_DIRECTORY;
	}
	assert_true(wants_up(f, there, "one", 1, THEN));
}

static void test_times(void **state)
{
	struct fixture *f = *state;
	const char *names[] = {"one", NULL};
	struct client_dir_list *there = listing(f, names);

	/* one side has whole seconds only */
	assert_false(wants_up(f, there, "one", 1, THEN + 1234567));
	there->entry[0].stat.write_time = THEN + 7;
	assert_false(wants_up(f, there, "one", 1, THEN + 7));
	assert_true(wants_up(f, there, "one", 1, THEN + 8));
}

static void test_down(void **state)
{
	struct fixture *f = *state;
	struct many_item item = {
		.local = inside(f, "file"),
		.stat = {.size = 5, .write_time = THEN},
	};

	assert_true(many_sync_wants(f->many, &item));
	make(f, "file", 5, THEN);
	assert_false(many_sync_wants(f->many, &item));
	item.stat.size = 6;
	assert_true(many_sync_wants(f->many, &item));
	/* a link is not followed */
	item.stat.size = 5;
	assert_int_equal(rename(item.local, inside(f, "other")), 0);
	assert_int_equal(symlink("other", item.local), 0);
	assert_true(many_sync_wants(f->many, &item));
	assert_int_equal(unlink(item.local), 0);
	assert_int_equal(unlink(inside(f, "other")), 0);
}

static void test_checksum(void **state)
{
	struct fixture *f = *state;
	struct many_item item = {
		.local = inside(f, "file"),
		.stat = {.size = 5, .write_time = THEN},
	};

	f->sync.checksum = true;
	make(f, "file", 5, THEN);
	assert_true(many_sync_wants(f->many, &item));
	assert_true(item.compare);
	item.compare = false;
	item.stat.size = 6; /* no need to look into them */
	assert_true(many_sync_wants(f->many, &item));
	assert_false(item.compare);
	assert_int_equal(f->sync.same, 0);
	assert_int_equal(unlink(item.local), 0);
}

/* ----------------------------------------------------------------- deleting */

static void delete_here(struct fixture *f, const char **source)
{
	const struct many_folder folder = {0};

	/* names become children of it */
	many_sync_delete(f->many, &folder, "folder", f->folder,
			 listing(f, source));
}

static void test_delete(void **state)
{
	struct fixture *f = *state;
	const char *source[] = {"keep", ".", "..", NULL};
	char *outside = inside(f, "keep");

	make(f, "keep", 1, THEN);
	make(f, "extra", 1, THEN);
	make(f, ".smbquic-0123", 1, THEN); /* somebody's upload */
	assert_int_equal(mkdir(inside(f, "tree"), 0700), 0);
	make(f, "tree/file", 1, THEN);
	assert_int_equal(symlink("../keep", inside(f, "tree/link")), 0);
	delete_here(f, source);
	assert_true(is_there(f, "extra")); /* not without --delete */
	f->sync.del = true;
	f->sync.dry_run = true;
	delete_here(f, source);
	assert_true(is_there(f, "extra"));
	assert_int_equal(f->sync.deleted, 2);
	f->sync.dry_run = false;
	delete_here(f, source);
	assert_false(is_there(f, "extra"));
	assert_false(is_there(f, "tree"));
	assert_true(is_there(f, "keep"));
	assert_true(is_there(f, ".smbquic-0123"));
	assert_int_equal(unlink(outside), 0);
	assert_int_equal(unlink(inside(f, ".smbquic-0123")), 0);
}

static void test_interrupted(void **state)
{
	struct fixture *f = *state;
	const char *source[] = {NULL};

	make(f, "extra", 1, THEN);
	f->sync.del = true;
	f->shell.interrupted = true;
	delete_here(f, source);
	assert_true(is_there(f, "extra"));
	assert_int_equal(unlink(inside(f, "extra")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sort, setup, teardown),
		cmocka_unit_test_setup_teardown(test_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_checksum, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delete, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
