/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_posix.h - a store in a folder "root" of a new folder on disk.
 */
#ifndef SMBQUIC_FIXTURE_POSIX_H
#define SMBQUIC_FIXTURE_POSIX_H

#include <stdlib.h>
#include <sys/stat.h>

#include "server/store_posix.h"
#include "tests/fixture_store.h"
#include "tests/store_now.h"
#include "tests/testlib.h"

static inline struct store *new_store(struct world *w,
				      struct store_options options)
{
	struct store *store = NULL;
	char *why = NULL;

	options.share = "test";
	options.root = talloc_asprintf(w, "%s/root", w->dir);
	if (store_now(w, w->ev, "posix", w->pool, &options, &store, &why) !=
	    0) {
		fail_msg("%s", why);
	}
	posix_store_of(store)->patience_ms = 20000; /* this may be slow */
	return store;
}

static inline int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);

	umask(022);
	w->dir = testlib_tmpdir(w);
	assert_int_equal(chmod(w->dir, 0755), 0);
	assert_int_equal(mkdir(talloc_asprintf(w, "%s/root", w->dir), 0755), 0);
	w->ev = tevent_context_init(w);
	w->pool = worker_pool_new(w, w->ev, 3);
	w->store = new_store(w, (struct store_options){0});
	*state = w;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;
	char *dir = talloc_move(NULL, &w->dir);

	talloc_free(w);
	talloc_free(dir);
	return 0;
}

static inline const char *on_disk(struct world *w, const char *path)
{
	return talloc_asprintf(w, "%s/root/%s", w->dir, path);
}

/* The same without openat2. */
static inline int setup_walk(void **state)
{
	setup(state);
	posix_store_of(((struct world *)*state)->store)->root->openat2 = false;
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
