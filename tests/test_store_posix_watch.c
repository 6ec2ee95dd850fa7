/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beginning to watch a directory of a disk that does not answer: the loop does
 * not wait, what is changed meanwhile is told, and nothing stays behind.
 */
#include "server/store_posix_watch.h"
#include "tests/fixture_watch.h"

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

/* What happened before is not told, though others still have to hear of it. */
static void test_before(void **state)
{
	struct world *w = *state;
	struct store_file *dir = must_open(w, "d", NEW_DIR);
	struct store_file *same = must_open(w, "d", STORE_OPEN_READ);
	struct told told = {""};
	struct told heard = {""};

	(void)watch_recv(w, watch_send(w, dir, true, &heard), false);
	assert_int_equal(mkdir(on_disk(w, "d/old"), 0700), 0);
	(void)watch_recv(w, watch_send(w, same, true, &told), false);
	make(w, "d/new");
	wait_told(w, &heard, "+old +new ");
	wait_told(w, &told, "+new ");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_told),       TEST(test_told_tree),
		TEST(test_missed),     TEST(test_others_hear),
		TEST(test_before),     TEST(test_given_up),
		TEST(test_taken_back), TEST(test_store_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
