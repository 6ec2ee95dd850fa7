/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/store.h"
#include "tests/store_contract.h"
#include "tests/store_now.h"

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct store_options options = {
		.share = "test", .capacity = 1 << 20, .hide_dot_files = true};
	char *why = NULL;

	w->ev = tevent_context_init(w);
	assert_int_equal(
		store_now(w, w->ev, "memory", NULL, &options, &w->store, &why),
		0);
	assert_string_equal(store_kind(w->store), "memory");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void test_full(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	char *block = talloc_zero_array(w, char, 600000);

	assert_int_equal(do_write(w, file, block, 600000, 0), 0);
	assert_int_equal(do_write(w, file, block, 600000, 600000), ENOSPC);
	assert_int_equal(
		do_allocate(w, file, STORE_ALLOCATE_RESERVE, 0, INT64_MAX),
		ENOSPC);
	assert_int_equal(do_setattr(w, file,
				    (struct store_change){
					    .what = STORE_SET_SIZE, .size = 0}),
			 0);
	assert_int_equal(do_getattr(w, file).allocation, 0);
	assert_int_equal(do_write(w, file, block, 600000, 0), 0);
	do_close(w, file);
}

/* A hole of any size costs nothing. */
static void test_far(void **state)
{
	struct world *w = *state;
	struct store_file *file = must_open(w, "f", NEW);
	char buf[8] = {0};

	assert_int_equal(do_write(w, file, "x", 1, INT64_MAX - 1), 0);
	assert_int_equal(do_getattr(w, file).size, INT64_MAX);
	assert_int_equal(do_write(w, file, "xy", 2, INT64_MAX - 1), EINVAL);
	assert_int_equal(do_read(w, file, buf, 2, INT64_MAX - 2), 2);
	assert_memory_equal(buf, "\0x", 2);
	do_close(w, file);
}

static void test_dot_files(void **state)
{
	struct world *w = *state;
	struct store_attr attr = {0};

	make_file(w, ".profile", "");
	assert_int_equal(do_lookup(w, ".profile", &attr, NULL), 0);
	assert_true(attr.attributes & FILE_ATTRIBUTE_HIDDEN);
}

static void test_no_kind(void **state)
{
	struct world *w = *state;
	struct store_options options = {.share = "test"};
	struct store *store = NULL;
	char *why = NULL;

	assert_int_equal(
		store_now(w, w->ev, "tape", NULL, &options, &store, &why),
		EINVAL);
	assert_string_equal(why, "there is no store \"tape\"");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_CONTRACT(TEST), TEST(test_full),	  TEST(test_far),
		TEST(test_dot_files), TEST(test_no_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
