/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "certs/certmap.h"
#include "server/cert_watch.h"
#include "smbquic/log.h"
#include "tests/testlib.h"

#define LIMIT 20 /* seconds, on a machine that has much to do */

struct fixture {
	struct tevent_context *ev;
	char *dir, *map_file;
	struct certmap *map;
	struct cert_watch *watch;
	bool over;
};

static void quiet(void *private_data, enum log_level level, const char *module,
		  const char *text)
{
	(void)private_data;
	(void)level;
	(void)module;
	(void)text;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	char *why = NULL;

	log_set_sink(quiet, NULL);
	f->ev = tevent_context_init(f);
	f->dir = testlib_tmpdir(f);
	f->map_file = talloc_asprintf(f, "%s/certmap.conf", f->dir);
	write_file(f->map_file, "");
	f->map = certmap_new(f, f->map_file, 14, &why);
	assert_non_null(f->map);
	f->watch = cert_watch_new(f, f->ev, f->map);
	assert_non_null(f->watch);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	log_set_sink(NULL, NULL);
	TALLOC_FREE(f->watch);
	talloc_free(f);
	return 0;
}

static void on_over(struct tevent_context *ev, struct tevent_timer *te,
		    struct timeval now, void *private_data)
{
	struct fixture *f = private_data;

	(void)ev;
	(void)te;
	(void)now;
	f->over = true;
}

/* The loop runs until the map has so many entries. */
static void wait_for_count(struct fixture *f, size_t count)
{
	struct tevent_timer *limit = NULL;

	f->over = false;
	limit = tevent_add_timer(f->ev, f, tevent_timeval_current_ofs(LIMIT, 0),
				 on_over, f);
	while (certmap_count(f->map) != count && !f->over) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	assert_int_equal(certmap_count(f->map), count);
	talloc_free(limit);
}

/* Nobody asks for a certificate, and yet. */
static void test_map(void **state)
{
	struct fixture *f = *state;
	char *other = talloc_asprintf(f, "%s/other", f->dir);

	assert_int_equal(certmap_count(f->map), 0);
	write_file(f->map_file, "[a.example.org]\ncertificate = /nowhere/a\n"
				"key = /nowhere/a.key\n");
	wait_for_count(f, 1);
	/* replaced, as who cares for half-written files does */
	write_file(other, "");
	assert_int_equal(rename(other, f->map_file), 0);
	wait_for_count(f, 0);
}

static bool has_problem(const struct certmap *map, const char *words)
{
	struct certmap_state now = certmap_state(map, 0);

	return now.problem != NULL && strstr(now.problem, words) != NULL;
}

/* A file of the pair comes, by way of a link whose target is replaced. */
static void test_pair(void **state)
{
	struct fixture *f = *state;
	char *link = talloc_asprintf(f, "%s/live.pem", f->dir);
	char *archive = talloc_asprintf(f, "%s/archive", f->dir);
	char *file = talloc_asprintf(f, "%s/1.pem", archive);
	char before[256] = "";
	int i = 0;

	assert_int_equal(mkdir(archive, 0700), 0);
	write_file(file, "one\n");
	assert_int_equal(symlink(file, link), 0);
	write_file(f->map_file,
		   talloc_asprintf(f,
				   "[a.example.org]\ncertificate = %s\n"
				   "key = %s.key\n",
				   link, link));
	wait_for_count(f, 1);
	snprintf(before, sizeof(before), "%s",
		 certmap_state(f->map, 0).problem);
	assert_true(has_problem(f->map, "1.pem") ||
		    has_problem(f->map, "live.pem"));
	assert_int_equal(unlink(file), 0);
	tevent_add_timer(f->ev, f, tevent_timeval_current_ofs(LIMIT, 0),
			 on_over, f);
	for (f->over = false; has_problem(f->map, before) && !f->over; i++) {
		assert_int_equal(tevent_loop_once(f->ev), 0);
	}
	assert_false(has_problem(f->map, before));
}

/* A busy folder costs one look a second, and no more descriptors. */
static void test_busy(void **state)
{
	struct fixture *f = *state;
	char *other = talloc_asprintf(f, "%s/other", f->dir);
	int fd = dup(STDIN_FILENO);
	int i = 0;

	for (i = 0; i < 50; i++) {
		write_file(other, "x");
		assert_int_equal(tevent_loop_once(f->ev), 0);
		cert_watch_look(f->watch);
	}
	close(fd);
	assert_int_equal(dup(STDIN_FILENO), fd);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_map, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pair, setup, teardown),
		cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
