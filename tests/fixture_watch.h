/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_watch.h - a store on disk whose directories are watched, and a disk
 * that can be held meanwhile. For a program of one file.
 */
#ifndef SMBQUIC_FIXTURE_WATCH_H
#define SMBQUIC_FIXTURE_WATCH_H

#include <fcntl.h>
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
#include "tests/testlib.h"

/* --- a disk that can be held ---------------------------------------------
 */

static pthread_t loop;
static atomic_bool held, after;
static atomic_int asked, asked_in_loop;

static inline void wait_held(void)
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

static inline int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct store_options options = {.share = "test"};
	char *why = NULL;

	w->dir = testlib_tmpdir(w);
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

static inline int teardown(void **state)
{
	struct world *w = *state;
	char *dir = talloc_move(NULL, &w->dir);

	atomic_store(&held, false);
	atomic_store(&after, false);
	talloc_free(w);
	talloc_free(dir);
	assert_int_equal(atomic_load(&asked_in_loop), 0);
	return 0;
}

static inline void turn_for(struct world *w, unsigned ms)
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

static inline void note(const struct store_event *event, void *private_data)
{
	static const char *const signs = "+-*<>+-*!x";
	struct told *told = private_data;
	size_t len = strlen(told->text);

	if (event->kind != STORE_EVENT_MODIFIED) {
		snprintf(told->text + len, sizeof(told->text) - len, "%c%s ",
			 signs[event->kind], event->path);
	}
}

static inline void wait_told(struct world *w, const struct told *told,
			     const char *what)
{
	for (int i = 0; i < 1000 && strcmp(told->text, what) != 0; i++) {
		turn_for(w, 2);
	}
	assert_string_equal(told->text, what);
}

/* Directories that the kernel watches for the store. */
static inline int count_watched(const struct world *w)
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

static inline void wait_watched(struct world *w, int count)
{
	for (int i = 0; i < 1000 && count_watched(w) != count; i++) {
		turn_for(w, 2);
	}
	assert_int_equal(count_watched(w), count);
}

static inline struct tevent_req *make_send(struct world *w, const char *path)
{
	struct tevent_req *req =
		store_open_send(w, w->ev, w->store, NULL, path, NEW_DIR, 0);

	assert_non_null(req);
	return req;
}

static inline void make_recv(struct world *w, struct tevent_req *req)
{
	struct store_file *file = NULL;

	assert_true(tevent_req_poll(req, w->ev));
	assert_int_equal(store_open_recv(req, w, &file, NULL), 0);
	talloc_free(req);
	talloc_free(file);
}

static inline void make(struct world *w, const char *path)
{
	make_recv(w, make_send(w, path));
}

static inline struct tevent_req *watch_send(struct world *w,
					    struct store_file *dir, bool tree,
					    struct told *told)
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

static inline struct store_watch *watch_recv(struct world *w,
					     struct tevent_req *req,
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

static inline const char *on_disk(struct world *w, const char *name)
{
	return talloc_asprintf(w, "%s/%s", w->dir, name);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
