/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/store.h"
#include "tests/store_streams.h"
#include "tests/store_now.h"

static int setup_with(void **state, bool no_streams)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct store_options options = {
		.share = "test", .capacity = 1 << 20, .no_streams = no_streams};
	char *why = NULL;

	w->ev = tevent_context_init(w);
	assert_int_equal(
		store_now(w, w->ev, "memory", NULL, &options, &w->store, &why),
		0);
	*state = w;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, false);
}

static int setup_none(void **state)
{
	return setup_with(state, true);
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void test_none(void **state)
{
	struct world *w = *state;
	struct store_file *file = NULL;
	struct tevent_req *req = NULL;
	struct store_stream *streams = NULL;
	size_t count = 0;

	assert_false(store_has_streams(w->store));
	assert_int_equal(do_open(w, "a:s", NEW, &file), EOPNOTSUPP);
	file = must_open(w, "a", NEW);
	req = finish(w, store_streams_send(w, w->ev, file));
	assert_int_equal(store_streams_recv(req, w, &streams, &count),
			 EOPNOTSUPP);
	do_close(w, file);
}

/* A stream that is open outlives its removal. */
static void test_removed(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "a:s", NEW);
	struct store_file *other = must_open(w, "a:s", RW);
	char buf[4] = "";

	assert_int_equal(do_write(w, file, "x", 1, 0), 0);
	assert_int_equal(do_unlink(w, other, "a:s"), 0);
	assert_int_equal(do_read(w, file, buf, 4, 0), 1);
	assert_string_equal(streams_of(w, "a"), "=0");
	do_close(w, file);
	do_close(w, other);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_STREAMS(TEST),
		TEST(test_removed),
		cmocka_unit_test_setup_teardown(test_none, setup_none,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
