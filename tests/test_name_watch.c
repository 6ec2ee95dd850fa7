/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that come and go in directories. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/name_watch.h"
#include "tests/testlib.h"

struct place {
	char *dir;
	int fd;
	char text[400];
	bool any;
};

static int setup(void **state)
{
	struct place *p = talloc_zero(NULL, struct place);

	p->dir = testlib_tmpdir(p);
	p->fd = open(p->dir, O_PATH | O_DIRECTORY);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	close(p->fd);
	talloc_free(p);
	return 0;
}

static const char *in(struct place *p, const char *name)
{
	return talloc_asprintf(p, "%s/%s", p->dir, name);
}

static void make(struct place *p, const char *name)
{
	assert_int_equal(mkdir(in(p, name), 0755), 0);
}

static void note(const char *name, bool came, void *private_data)
{
	struct place *p = private_data;
	size_t len = strlen(p->text);

	if (len < sizeof(p->text) - 20) {
		snprintf(p->text + len, sizeof(p->text) - len, "%c%s ",
			 came ? '+' : '-', name);
	}
}

static const char *taken(struct place *p, struct name_watch *watch)
{
	p->text[0] = '\0';
	assert_true(name_watch_take(watch, note, p, &p->any));
	assert_int_equal(p->any, p->text[0] != '\0');
	return p->text;
}

/* Descriptors of inotify that the process has. */
static unsigned instances(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry = readdir(dir);
	unsigned count = 0;

	for (; entry != NULL; entry = readdir(dir)) {
		char to[64] = "";

		(void)!readlinkat(dirfd(dir), entry->d_name, to,
				  sizeof(to) - 1);
		count += strstr(to, "inotify") != NULL;
	}
	closedir(dir);
	return count;
}

static void test_told(void **state)
{
	struct place *p = *state;
	struct name_watch *watch = NULL;
	FILE *f = NULL;

	make(p, "before");
	watch = name_watch_new(p->fd);
	assert_non_null(watch);
	assert_string_equal(taken(p, watch), "");
	make(p, "a");
	f = fopen(in(p, "b"), "w");
	fprintf(f, "what is in it is not told");
	fclose(f);
	assert_int_equal(rename(in(p, "a"), in(p, "c")), 0);
	assert_int_equal(rename(in(p, "c"), in(p, "before/c")), 0);
	assert_int_equal(rename(in(p, "before/c"), in(p, "d")), 0);
	assert_int_equal(link(in(p, "b"), in(p, "e")), 0);
	assert_int_equal(unlink(in(p, "b")), 0);
	assert_int_equal(chmod(in(p, "e"), 0600), 0);
	assert_string_equal(taken(p, watch), "+a +b -a +c -c +d +e -b ");
	assert_string_equal(taken(p, watch), "");
	name_watch_free(watch);
}

/* Whoever asks reads for the others, and takes nothing from them; one that
 * comes later hears of what happens later. */
static void test_many(void **state)
{
	struct place *p = *state;
	struct name_watch *first = NULL;
	struct name_watch *same = NULL;
	struct name_watch *other = NULL;
	int fd = -1;

	make(p, "other");
	fd = open(in(p, "other"), O_RDONLY | O_DIRECTORY);
	first = name_watch_new(p->fd);
	make(p, "a");
	same = name_watch_new(p->fd);
	other = name_watch_new(fd);
	assert_int_equal(instances(), 1);
	make(p, "other/x");
	make(p, "b");
	assert_string_equal(taken(p, same), "+b ");
	assert_string_equal(taken(p, other), "+x ");
	name_watch_free(same);
	make(p, "c");
	name_watch_free(other);
	assert_string_equal(taken(p, first), "+a +b +c ");
	name_watch_free(first);
	assert_int_equal(instances(), 0);
	close(fd);
}

/* What was missed is no secret: more than the kernel keeps, more than we keep,
 * and the directory itself. */
static void test_lost(void **state)
{
	struct place *p = *state;
	struct name_watch *watch = name_watch_new(p->fd);
	struct name_watch *other = name_watch_new(p->fd);
	int fd = -1;

	make(p, "a");
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(rename(in(p, i % 2 ? "b" : "a"),
					in(p, i % 2 ? "a" : "b")),
				 0);
	}
	assert_false(name_watch_take(watch, note, p, &p->any));
	assert_string_equal(p->text, "");
	assert_false(p->any);
	name_watch_free(watch);
	assert_false(name_watch_take(other, note, p, &p->any));
	name_watch_free(other);
	watch = name_watch_new(p->fd);
	other = name_watch_new(p->fd);
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(rename(in(p, i % 2 ? "b" : "a"),
					in(p, i % 2 ? "a" : "b")),
				 0);
		if (i % 1000 == 0) {
			(void)taken(p, watch);
		}
	}
	assert_false(name_watch_take(other, note, p, &p->any));
	assert_string_not_equal(taken(p, watch), "");
	name_watch_free(watch);
	name_watch_free(other);
	fd = open(in(p, "a"), O_RDONLY | O_DIRECTORY);
	watch = name_watch_new(fd);
	assert_non_null(watch);
	close(fd);
	assert_int_equal(rmdir(in(p, "a")), 0);
	assert_false(name_watch_take(watch, note, p, &p->any));
	name_watch_free(watch);
}

static void test_refused(void **state)
{
	struct place *p = *state;
	FILE *f = fopen(in(p, "file"), "w");
	int proc = open("/proc", O_PATH | O_DIRECTORY);

	assert_null(name_watch_new(fileno(f)));
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(instances(), 0);
	assert_false(name_watch_local(proc));
	close(proc);
	fclose(f);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_told),
		TEST(test_many),
		TEST(test_lost),
		TEST(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
