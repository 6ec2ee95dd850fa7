/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store on the disk, and what lies in its depot. */
#ifndef TESTS_FIXTURE_DEPOT_H
#define TESTS_FIXTURE_DEPOT_H

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "tests/fixture_store.h"
#include "tests/store_now.h"
#include "tests/testlib.h"

#define DEPOT ".smbquic-streams"

static inline int depot_setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct store_options options = {.share = "test"};
	char *why = NULL;

	umask(022);
	w->dir = testlib_tmpdir(w);
	assert_int_equal(chmod(w->dir, 0755), 0);
	options.root = talloc_asprintf(w, "%s/root", w->dir);
	assert_int_equal(mkdir(options.root, 0755), 0);
	w->ev = tevent_context_init(w);
	w->pool = worker_pool_new(w, w->ev, 3);
	assert_int_equal(store_now(w, w->ev, "posix", w->pool, &options,
				   &w->store, &why),
			 0);
	*state = w;
	return 0;
}

static inline int depot_teardown(void **state)
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

static unsigned counted;

static inline int count_one(const char *path, const struct stat *st, int type,
			    struct FTW *ftw)
{
	(void)path;
	(void)st;
	(void)ftw;
	counted += type == FTW_F;
	return 0;
}

static inline unsigned in_depot(struct world *w)
{
	counted = 0;
	(void)nftw(on_disk(w, DEPOT), count_one, 4, FTW_PHYS);
	return counted;
}

static inline void make_large(struct world *w, const char *path)
{
	struct store_file *file = must_open(w, path, NEW);
	char *block = talloc_zero_array(w, char, LARGE);

	assert_int_equal(do_write(w, file, block, LARGE, 0), 0);
	do_close(w, file);
}

#endif
