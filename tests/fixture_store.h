/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store in a test, and its operations as calls that wait. */
#ifndef TESTS_FIXTURE_STORE_H
#define TESTS_FIXTURE_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "server/store.h"
#include "server/worker.h"
#include "smbquic/smb2.h"

struct world {
	struct tevent_context *ev;
	struct worker_pool *pool;
	struct store *store;
	struct store_cred *cred;
	char *dir; /* on disk */
};

#define RW	(STORE_OPEN_READ | STORE_OPEN_WRITE)
#define NEW	(RW | STORE_OPEN_CREATE | STORE_OPEN_NOT_DIRECTORY)
#define NEW_DIR (STORE_OPEN_READ | STORE_OPEN_CREATE | STORE_OPEN_DIRECTORY)
#define LARGE	200000 /* bytes of a stream that is in no attribute */

/* --- blocking calls ----------------------------------------------------- */

static inline struct tevent_req *finish(struct world *w, struct tevent_req *req)
{
	assert_non_null(req);
	assert_true(tevent_req_poll(req, w->ev));
	return req;
}

static inline int do_open_info(struct world *w, const char *path,
			       unsigned flags, struct store_file **file,
			       struct store_opened *info)
{
	struct tevent_req *req =
		finish(w, store_open_send(w, w->ev, w->store, w->cred, path,
					  flags, 0));
	int err = store_open_recv(req, w, file, info);

	talloc_free(req);
	return err;
}

static inline int do_open(struct world *w, const char *path, unsigned flags,
			  struct store_file **file)
{
	return do_open_info(w, path, flags, file, NULL);
}

static inline struct store_file *must_open(struct world *w, const char *path,
					   unsigned flags)
{
	struct store_file *file = NULL;

	assert_int_equal(do_open(w, path, flags, &file), 0);
	assert_non_null(file);
	return file;
}

static inline void do_close(struct world *w, struct store_file *file)
{
	struct tevent_req *req = finish(w, store_close_send(w, w->ev, file));

	assert_int_equal(store_close_recv(req), 0);
	talloc_free(req);
}

static inline int do_write(struct world *w, struct store_file *file,
			   const void *data, size_t len, uint64_t offset)
{
	void *buf = talloc_memdup(w, data, len);
	struct tevent_req *req = finish(
		w, store_pwrite_send(w, w->ev, file, buf, len, offset, buf));
	int err = store_pwrite_recv(req);

	talloc_free(req);
	talloc_free(buf);
	return err;
}

static inline size_t do_read(struct world *w, struct store_file *file,
			     void *data, size_t len, uint64_t offset)
{
	char *buf = talloc_array(w, char, len);
	struct tevent_req *req = finish(
		w, store_pread_send(w, w->ev, file, buf, len, offset, buf));
	size_t count = 0;

	assert_int_equal(store_pread_recv(req, &count), 0);
	talloc_free(req);
	memcpy(data, buf, count);
	talloc_free(buf);
	return count;
}

static inline struct store_attr do_getattr(struct world *w,
					   struct store_file *file)
{
	struct tevent_req *req = finish(w, store_getattr_send(w, w->ev, file));
	struct store_attr attr = {0};

	assert_int_equal(store_getattr_recv(req, &attr), 0);
	talloc_free(req);
	return attr;
}

static inline int do_setattr(struct world *w, struct store_file *file,
			     struct store_change change)
{
	struct tevent_req *req =
		finish(w, store_setattr_send(w, w->ev, file, &change));
	int err = store_setattr_recv(req);

	talloc_free(req);
	return err;
}

static inline int do_rename(struct world *w, struct store_file *file,
			    const char *from, const char *to, bool replace,
			    char **now)
{
	struct tevent_req *req =
		finish(w, store_rename_send(w, w->ev, file, from, to, replace));
	int err = store_rename_recv(req, w, now);

	talloc_free(req);
	return err;
}

/* Nothing may have been missed. */
static inline int do_watch(struct world *w, struct store_file *dir, bool tree,
			   store_watch_fn fn, void *private_data,
			   struct store_watch **watch)
{
	bool missed = true;
	struct tevent_req *req = finish(
		w, store_watch_send(w, w->ev, dir, tree, fn, private_data));
	int err = store_watch_recv(req, w, watch, &missed);

	assert_false(missed);
	talloc_free(req);
	return err;
}

static inline int do_unlink(struct world *w, struct store_file *file,
			    const char *path)
{
	struct tevent_req *req =
		finish(w, store_unlink_send(w, w->ev, file, path));
	int err = store_unlink_recv(req);

	talloc_free(req);
	return err;
}

static inline int do_lookup(struct world *w, const char *path,
			    struct store_attr *attr, char **found)
{
	struct tevent_req *req =
		finish(w, store_lookup_send(w, w->ev, w->store, w->cred, path));
	int err = store_lookup_recv(req, w, attr, found);

	talloc_free(req);
	return err;
}

static inline int do_allocate(struct world *w, struct store_file *file,
			      enum store_allocate how, uint64_t offset,
			      uint64_t len)
{
	struct tevent_req *req = finish(
		w, store_allocate_send(w, w->ev, file, how, offset, len));
	int err = store_allocate_recv(req);

	talloc_free(req);
	return err;
}

/* Names of a directory in `max` portions, sorted into "a b c". */
static inline int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline char *do_list(struct world *w, const char *path, size_t max)
{
	struct store_file *dir = must_open(w, path, STORE_OPEN_READ);
	const char *names[256] = {NULL};
	char *all = talloc_strdup(w, "");
	bool restart = true;
	size_t n = 0;
	size_t i = 0;

	for (;;) {
		struct tevent_req *req = finish(
			w, store_readdir_send(w, w->ev, dir, restart, max));
		struct store_entry *entries = NULL;
		size_t count = 0;

		assert_int_equal(store_readdir_recv(req, w, &entries, &count),
				 0);
		talloc_free(req);
		for (i = 0; i < count; i++) {
			names[n] = entries[i].name;
			n++;
		}
		restart = false;
		if (count == 0) {
			break;
		}
	}
	qsort(names, n, sizeof(names[0]), compare_names);
	for (i = 0; i < n; i++) {
		all = talloc_asprintf_append(all, "%s%s", i > 0 ? " " : "",
					     names[i]);
	}
	do_close(w, dir);
	return all;
}

static inline void make_file(struct world *w, const char *path,
			     const char *content)
{
	struct store_file *file = must_open(w, path, NEW);

	assert_int_equal(do_write(w, file, content, strlen(content), 0), 0);
	do_close(w, file);
}

static inline void make_dir(struct world *w, const char *path)
{
	do_close(w, must_open(w, path, NEW_DIR));
}

#endif
