/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories that are watched, and removed or moved by others than clients.
 */
#include "server/name.h"
#include "tests/fixture_watch.h"

/* Somebody on the machine removes what is watched and open, beside others. */
static void gone(struct world *w, bool tree)
{
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *beside = must_open(w, "e", NEW_DIR);
	struct told told = {""};
	struct told other = {""};
	struct store_watch *watch = NULL;
	struct store_watch *stays = NULL;

	assert_int_equal(do_watch(w, dir, tree, note, &told, &watch), 0);
	assert_int_equal(do_watch(w, beside, tree, note, &other, &stays), 0);
	assert_int_equal(rmdir(on_disk(w, "d")), 0);
	wait_told(w, &told, "x ");
	/* its name is somebody else's */
	make(w, "d");
	assert_int_equal(rmdir(on_disk(w, "d")), 0);
	make(w, "e/new");
	wait_told(w, &other, "+new ");
	turn_for(w, 50);
	assert_string_equal(told.text, "x ");
	assert_string_equal(other.text, "+new ");
	talloc_free(watch);
	talloc_free(stays);
	wait_watched(w, 0);
}

static void test_gone(void **state)
{
	gone(*state, false);
}

static void test_gone_tree(void **state)
{
	gone(*state, true);
}

/* It was moved before, also within one directory, or to where another watch
 * hears of all. */
static void test_gone_moved(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *to = must_open(w, "to", NEW_DIR);
	struct told told = {""};
	struct told other = {""};
	struct store_watch *watch = NULL;
	struct store_watch *hears = NULL;

	assert_int_equal(do_watch(w, dir, false, note, &told, &watch), 0);
	assert_int_equal(do_watch(w, to, false, note, &other, &hears), 0);
	assert_int_equal(rename(on_disk(w, "d"), on_disk(w, "d2")), 0);
	assert_int_equal(rename(on_disk(w, "d2"), on_disk(w, "to/d3")), 0);
	wait_told(w, &other, "+d3 ");
	turn_for(w, 50);
	assert_string_equal(told.text, "");
	/* that it hears of less does not make others hear of less */
	make(w, "to/new");
	wait_told(w, &other, "+d3 +new ");
	assert_int_equal(rmdir(on_disk(w, "to/d3")), 0);
	wait_told(w, &told, "x ");
	wait_told(w, &other, "+d3 +new -d3 ");
	talloc_free(hears);
	talloc_free(watch);
	wait_watched(w, 0);
}

/* Out of the share, by its own name or with what it lies in: for whoever
 * watches it there it is gone, and no name of there is told. */
static void moved_out(struct world *w, bool tree, bool above)
{
	const char *outside = talloc_asprintf(w, "%s-outside", w->dir);
	const char *moved =
		talloc_asprintf(w, "%s%s", outside, above ? "/d" : "");
	struct told told = {""};
	struct store_watch *watch = NULL;
	struct store_file *dir = NULL;

	make(w, "top");
	make(w, "top/d");
	dir = must_open(w, "top/d", STORE_OPEN_READ);
	assert_int_equal(do_watch(w, dir, tree, note, &told, &watch), 0);
	make(w, "top/d/a");
	wait_told(w, &told, "+a ");
	assert_int_equal(rename(on_disk(w, above ? "top" : "top/d"), outside),
			 0);
	assert_int_equal(mkdir(talloc_asprintf(w, "%s/b", moved), 0755), 0);
	assert_int_equal(mkdir(talloc_asprintf(w, "%s/b/c", moved), 0755), 0);
	wait_told(w, &told, "+a x ");
	assert_int_equal(rmdir(talloc_asprintf(w, "%s/b/c", moved)), 0);
	turn_for(w, 50);
	assert_string_equal(told.text, "+a x ");
	talloc_free(watch);
	/* nor does one begin there */
	told.text[0] = '\0';
	assert_int_equal(do_watch(w, dir, tree, note, &told, &watch), 0);
	wait_told(w, &told, "x ");
	assert_int_equal(mkdir(talloc_asprintf(w, "%s/e", moved), 0755), 0);
	turn_for(w, 50);
	assert_string_equal(told.text, "x ");
	talloc_free(watch);
	talloc_free(dir);
	wait_watched(w, 0);
	testlib_remove(outside);
}

static void test_moved_out(void **state)
{
	moved_out(*state, false, false);
}

static void test_moved_out_tree(void **state)
{
	moved_out(*state, true, false);
}

static void test_moved_out_above(void **state)
{
	moved_out(*state, false, true);
}

static void test_moved_out_above_tree(void **state)
{
	moved_out(*state, true, true);
}

/* Another takes its place. */
static void test_gone_replaced(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct told told = {""};
	struct store_watch *watch = NULL;

	assert_int_equal(do_watch(w, dir, false, note, &told, &watch), 0);
	make(w, "e");
	assert_int_equal(rename(on_disk(w, "e"), on_disk(w, "d")), 0);
	wait_told(w, &told, "x ");
}

/* It was removed before it is watched, or while that begins. */
static void test_gone_before(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *later = must_open(w, "e", NEW_DIR);
	struct told told = {""};
	struct told other = {""};
	struct tevent_req *watching = NULL;
	struct store_watch *watch = NULL;

	assert_int_equal(rmdir(on_disk(w, "d")), 0);
	assert_int_equal(do_watch(w, dir, true, note, &told, &watch), 0);
	wait_told(w, &told, "x ");
	atomic_store(&after, true);
	atomic_store(&held, true);
	watching = watch_send(w, later, false, &other);
	turn_for(w, 20);
	assert_int_equal(rmdir(on_disk(w, "e")), 0);
	atomic_store(&held, false);
	(void)watch_recv(w, watching, false);
	wait_told(w, &other, "x ");
}

/* --- a path that the kernel does not tell ---------------------------------
 */

#define FAR_NAME 250 /* bytes of each component */

/* So that the share's own path and this are longer than PATH_MAX. It begins
 * with "top/d". */
static char *far_path(TALLOC_CTX *mem_ctx)
{
	char name[FAR_NAME + 1] = "";
	char *path = talloc_strdup(mem_ctx, "top/d");
	size_t left = 0;

	memset(name, 'f', FAR_NAME);
	while (strlen(path) + 1 < STORE_PATH_MAX - 8) {
		left = STORE_PATH_MAX - 8 - strlen(path) - 1;
		path = talloc_asprintf_append(
			path, "/%.*s", (int)(left < FAR_NAME ? left : FAR_NAME),
			name);
	}
	return path;
}

static struct store_file *far_make(struct world *w)
{
	char *path = far_path(w);
	char *slash = strchr(path, '/');
	struct store_file *dir = NULL;

	while (slash != NULL) {
		*slash = '\0';
		make(w, path);
		*slash = '/';
		slash = strchr(slash + 1, '/');
	}
	dir = must_open(w, path, NEW_DIR);
	assert_int_equal(posix_inside_by_path(dir->data->handle->root,
					      dir->data->handle->fd),
			 ENAMETOOLONG);
	return dir;
}

/* On the machine: beside or below the open directory, whatever its path. */
static const char *far_beside(struct world *w, const struct store_file *dir,
			      const char *name)
{
	return talloc_asprintf(w, "%s/%s",
			       posix_proc(dir->data->handle->fd).path, name);
}

/* That something happened, and nothing else; how often is not told. */
static void wait_overflow(struct world *w, struct told *told)
{
	for (int i = 0; i < 1000 && told->text[0] == '\0'; i++) {
		turn_for(w, 2);
	}
	turn_for(w, 50);
	assert_true(told->text[0] == '!');
	assert_int_equal(strspn(told->text, "! "), strlen(told->text));
	told->text[0] = '\0';
}

/* Two halves, neither of them too long to be removed by its path. */
static void far_remove(struct world *w, const char *top)
{
	char *path = talloc_asprintf(w, "%s%s", top, far_path(w) + 3);
	char *half = strchr(path + strlen(path) / 2, '/');

	*half = '\0';
	assert_int_equal(rename(path, on_disk(w, "half")), 0);
	testlib_remove(top);
}

/* What happens there is told without a name; that it is gone, as ever. */
static void far_watched(struct world *w, bool tree)
{
	struct store_file *dir = far_make(w);
	struct told told = {""};
	struct store_watch *watch = NULL;
	const char *last = name_last(far_path(w));

	assert_int_equal(do_watch(w, dir, tree, note, &told, &watch), 0);
	assert_int_equal(mkdir(far_beside(w, dir, "a"), 0755), 0);
	wait_overflow(w, &told);
	assert_int_equal(rmdir(far_beside(w, dir, "a")), 0);
	wait_overflow(w, &told);
	assert_int_equal(
		rmdir(far_beside(w, dir, talloc_asprintf(w, "../%s", last))),
		0);
	wait_told(w, &told, "x ");
	talloc_free(watch);
	wait_watched(w, 0);
	talloc_free(dir);
	far_remove(w, on_disk(w, "top"));
}

static void test_far(void **state)
{
	far_watched(*state, false);
}

static void test_far_tree(void **state)
{
	far_watched(*state, true);
}

/* Nobody hears that something happened outside the share. */
static void test_far_moved_out(void **state)
{
	struct world *w = *state;
	const char *outside = talloc_asprintf(w, "%s-outside", w->dir);
	struct store_file *dir = far_make(w);
	struct told told = {""};
	struct store_watch *watch = NULL;

	assert_int_equal(do_watch(w, dir, false, note, &told, &watch), 0);
	assert_int_equal(rename(on_disk(w, "top"), outside), 0);
	assert_int_equal(mkdir(far_beside(w, dir, "a"), 0755), 0);
	wait_told(w, &told, "x ");
	turn_for(w, 50);
	assert_string_equal(told.text, "x ");
	talloc_free(watch);
	talloc_free(dir);
	far_remove(w, outside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gone),
		TEST(test_gone_tree),
		TEST(test_gone_moved),
		TEST(test_gone_replaced),
		TEST(test_gone_before),
		TEST(test_moved_out),
		TEST(test_moved_out_tree),
		TEST(test_moved_out_above),
		TEST(test_moved_out_above_tree),
		TEST(test_far),
		TEST(test_far_tree),
		TEST(test_far_moved_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
