/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beginning to watch a directory of a disk that does not answer: the loop does
 * not wait, what is changed meanwhile is told, and nothing stays behind.
 */
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/store_posix_watch.h"
#include "tests/fixture_store.h"
#include "tests/store_now.h"

/* --- a disk that can be held ---------------------------------------------
 */

static pthread_t loop;
static atomic_bool held, after;
static atomic_int asked, asked_in_loop;

static void wait_held(void)
{
	while (atomic_load(&held)) {
		usleep(1000);
	}
}

/* Instead of the C library's. */
int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	int wd = -1;

	atomic_fetch_add(&asked, 1);
	if (pthread_equal(pthread_self(), loop)) {
		atomic_fetch_add(&asked_in_loop, 1);
	}
	if (!atomic_load(&after)) {
		wait_held();
	}
	wd = (int)syscall(SYS_inotify_add_watch, fd, path, mask);
	wait_held();
	return wd;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct store_options options = {.share = "test"};
	char *why = NULL;

	w->dir = talloc_strdup(w, "/tmp/test-watch-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->ev = tevent_context_init(w);
	w->pool = worker_pool_new(w, w->ev, 4);
	options.root = w->dir;
	assert_int_equal(store_now(w, w->ev, "posix", w->pool, &options,
				   &w->store, &why),
			 0);
	posix_store_of(w->store)->patience_ms = 20000;
	loop = pthread_self();
	atomic_store(&asked, 0);
	atomic_store(&asked_in_loop, 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char *dir = talloc_move(NULL, &w->dir);

	atomic_store(&held, false);
	atomic_store(&after, false);
	talloc_free(w);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	talloc_free(dir);
	assert_int_equal(atomic_load(&asked_in_loop), 0);
	return 0;
}

static void turn_for(struct world *w, unsigned ms)
{
	struct tevent_req *req = tevent_wakeup_send(
		w, w->ev, tevent_timeval_current_ofs(0, ms * 1000));

	assert_true(tevent_req_poll(req, w->ev));
	talloc_free(req);
}

/* --- what is told ---------------------------------------------------------
 */

struct told {
	char text[400];
};

static void note(const struct store_event *event, void *private_data)
{
	static const char *const signs = "+-*<>+-*!x";
	struct told *told = private_data;
	size_t len = strlen(told->text);

	if (event->kind != STORE_EVENT_MODIFIED) {
		snprintf(told->text + len, sizeof(told->text) - len, "%c%s ",
			 signs[event->kind], event->path);
	}
}

static void wait_told(struct world *w, const struct told *told,
		      const char *what)
{
	for (int i = 0; i < 1000 && strcmp(told->text, what) != 0; i++) {
		turn_for(w, 2);
	}
	assert_string_equal(told->text, what);
}

/* Directories that the kernel watches for the store. */
static int count_watched(const struct world *w)
{
	const struct posix_inotify *inotify = posix_store_of(w->store)->inotify;
	char *path = talloc_asprintf(NULL, "/proc/self/fdinfo/%d", inotify->fd);
	FILE *f = fopen(path, "r");
	char line[512];
	int count = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		count += strncmp(line, "inotify wd:", 11) == 0;
	}
	fclose(f);
	talloc_free(path);
	return count;
}

static void wait_watched(struct world *w, int count)
{
	for (int i = 0; i < 1000 && count_watched(w) != count; i++) {
		turn_for(w, 2);
	}
	assert_int_equal(count_watched(w), count);
}

static struct tevent_req *make_send(struct world *w, const char *path)
{
	struct tevent_req *req =
		store_open_send(w, w->ev, w->store, NULL, path, NEW_DIR, 0);

	assert_non_null(req);
	return req;
}

static void make_recv(struct world *w, struct tevent_req *req)
{
	struct store_file *file = NULL;

	assert_true(tevent_req_poll(req, w->ev));
	assert_int_equal(store_open_recv(req, w, &file, NULL), 0);
	talloc_free(req);
	talloc_free(file);
}

static void make(struct world *w, const char *path)
{
	make_recv(w, make_send(w, path));
}

static struct tevent_req *watch_send(struct world *w, struct store_file *dir,
				     bool tree, struct told *told)
{
	int before = atomic_load(&asked);
	struct tevent_req *req =
		store_watch_send(w, w->ev, dir, tree, note, told);

	assert_non_null(req);
	while (atomic_load(&asked) == before) {
		turn_for(w, 1);
	}
	return req;
}

static struct store_watch *watch_recv(struct world *w, struct tevent_req *req,
				      bool expected)
{
	struct store_watch *watch = NULL;
	bool missed = false;

	assert_true(tevent_req_poll(req, w->ev));
	assert_int_equal(store_watch_recv(req, w, &watch, &missed), 0);
	assert_int_equal(missed, expected);
	talloc_free(req);
	return watch;
}

/* --- tests ----------------------------------------------------------------
 */

static void told_in_time(struct world *w, bool tree)
{
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *same = must_open(w, "d", STORE_OPEN_READ);
	struct told told = {""};
	struct tevent_req *watching = NULL;
	struct tevent_req *making = NULL;

	atomic_store(&held, true);
	watching = watch_send(w, dir, tree, &told);
	making = make_send(w, "d/new");
	turn_for(w, 50);
	assert_true(tevent_req_is_in_progress(watching));
	assert_true(tevent_req_is_in_progress(making));
	/* what changes nothing does not wait */
	(void)do_getattr(w, same);
	do_close(w, must_open(w, "d", STORE_OPEN_READ));
	atomic_store(&held, false);
	(void)watch_recv(w, watching, false);
	make_recv(w, making);
	wait_told(w, &told, "+new ");
}

/* What is asked for later is told, in a directory and in a tree. */
static void test_told(void **state)
{
	told_in_time(*state, false);
}

static void test_told_tree(void **state)
{
	told_in_time(*state, true);
}

/* A disk that takes too long does not keep others from changing something, and
 * the watch knows that it has missed that. */
static void test_missed(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct told told = {""};
	struct tevent_req *watching = NULL;
	struct store_watch *watch = NULL;

	posix_store_of(w->store)->patience_ms = 100;
	atomic_store(&held, true);
	watching = watch_send(w, dir, true, &told);
	make(w, "d/new");
	make(w, "d/new/other");
	assert_true(tevent_req_is_in_progress(watching));
	atomic_store(&held, false);
	watch = watch_recv(w, watching, true);
	/* and yet it has all of the tree */
	make(w, "d/new/other/one");
	wait_told(w, &told, "+new/other/one ");
	wait_watched(w, 5); /* that one, too, and what d lies in */
	talloc_free(watch);
	wait_watched(w, 0);
}

/* While a tree cannot be walked, other watches hear nevertheless. */
static void test_others_hear(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *other = must_open(w, "e", NEW_DIR);
	struct told told = {""};
	struct told heard = {""};
	struct store_watch *watch = NULL;
	struct tevent_req *watching = NULL;

	assert_int_equal(do_watch(w, other, false, note, &heard, &watch), 0);
	posix_store_of(w->store)->patience_ms = 100;
	atomic_store(&held, true);
	watching = watch_send(w, dir, true, &told);
	make(w, "e/new");
	wait_told(w, &heard, "+new ");
	assert_true(tevent_req_is_in_progress(watching));
	atomic_store(&held, false);
	(void)watch_recv(w, watching, true);
}

/* Who gives up leaves no one waiting, and nothing watched. */
static void test_given_up(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct told told = {""};
	struct tevent_req *making = NULL;
	struct tevent_req *waits = NULL;
	struct tevent_req *watching = NULL;

	/* the kernel has it already, the loop does not know */
	atomic_store(&after, true);
	atomic_store(&held, true);
	watching = watch_send(w, dir, false, &told);
	making = make_send(w, "d/new");
	waits = make_send(w, "d/never");
	turn_for(w, 20);
	assert_true(tevent_req_is_in_progress(making));
	assert_int_equal(count_watched(w), 1);
	talloc_free(waits);
	talloc_free(watching);
	make_recv(w, making);
	atomic_store(&held, false);
	wait_watched(w, 0);
	assert_int_not_equal(
		access(talloc_asprintf(w, "%s/d/never", w->dir), F_OK), 0);
	assert_string_equal(told.text, "");
}

/* Another watch of the same directory ends while this one begins: the kernel
 * has but one for both. */
static void test_taken_back(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct told told = {""};
	struct told other = {""};
	struct store_watch *ends = NULL;
	struct tevent_req *watching = NULL;

	assert_int_equal(do_watch(w, dir, false, note, &other, &ends), 0);
	atomic_store(&after, true);
	atomic_store(&held, true);
	watching = watch_send(w, dir, false, &told);
	turn_for(w, 20);
	talloc_free(ends);
	assert_int_equal(count_watched(w), 0);
	atomic_store(&held, false);
	(void)watch_recv(w, watching, false);
	assert_int_equal(count_watched(w), 2); /* and what it lies in */
	make(w, "d/new");
	wait_told(w, &told, "+new ");
	assert_string_equal(other.text, "");
}

static const char *on_disk(struct world *w, const char *name)
{
	return talloc_asprintf(w, "%s/%s", w->dir, name);
}

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
	nftw(outside, remove_one, 16, FTW_DEPTH | FTW_PHYS);
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

/* The store goes while somebody waits. */
static void test_store_gone(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct told told = {""};
	struct tevent_req *watching = NULL;
	struct tevent_req *making = NULL;
	struct store_file *file = NULL;

	atomic_store(&held, true);
	watching = watch_send(w, dir, true, &told);
	making = make_send(w, "d/new");
	turn_for(w, 20);
	talloc_free(watching);
	talloc_free(dir);
	watching = NULL;
	TALLOC_FREE(w->store);
	assert_true(tevent_req_poll(making, w->ev));
	assert_int_equal(store_open_recv(making, w, &file, NULL), ECANCELED);
	talloc_free(making);
	atomic_store(&held, false);
	TALLOC_FREE(w->pool);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_told),
		TEST(test_told_tree),
		TEST(test_missed),
		TEST(test_others_hear),
		TEST(test_given_up),
		TEST(test_taken_back),
		TEST(test_gone),
		TEST(test_gone_tree),
		TEST(test_gone_moved),
		TEST(test_gone_replaced),
		TEST(test_gone_before),
		TEST(test_store_gone),
		TEST(test_moved_out),
		TEST(test_moved_out_tree),
		TEST(test_moved_out_above),
		TEST(test_moved_out_above_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
