/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where an open directory's listing has got to. */
#include "server/listing.h"
#include "tests/fixture_files.h"

struct world {
	struct files *t;
	struct file_open *open;
	struct listing *listing;
};

static int setup(void **state)
{
	struct world *w = talloc_zero(NULL, struct world);
	struct smb2_file_id id = {0};

	w->t = talloc_steal(w, files_new(""));
	id = files_make_dir(w->t, "d");
	files_make(w->t, "d\\One");
	files_make(w->t, "d\\two");
	files_make_dir(w->t, "d\\three");
	w->open = open_find(w->t->session, id.persistent_id, id.volatile_id)
			  ->file;
	w->listing = listing_of(w->open);
	assert_non_null(w->listing);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void begin(struct world *w, const char *pattern)
{
	struct name_pattern *p = name_pattern_text(w, pattern);

	assert_non_null(p);
	listing_restart(w->listing, p);
}

/* The next name, or NULL. */
static const char *peek(struct world *w)
{
	struct tevent_req *req =
		listing_peek_send(w, w->t->f->ev, w->listing, w->t->tree->cred);
	const struct store_entry *entry = NULL;

	testlib_wait(w->t->f->ev, req, 5);
	assert_int_equal(listing_peek_recv(req, &entry), 0);
	talloc_free(req);
	assert_ptr_equal(listing_peek(w->listing), entry);
	return entry != NULL ? entry->name : NULL;
}

static void expect(struct world *w, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		const char *name = peek(w);

		assert_non_null(name);
		assert_string_equal(name, names[i]);
		listing_next(w->listing);
	}
	assert_null(peek(w));
}

static void test_all(void **state)
{
	static const char *const all[] = {".",	 "..",	  "One",
					  "two", "three", NULL};
	struct world *w = *state;

	assert_ptr_equal(listing_of(w->open), w->listing);
	assert_false(listing_begun(w->listing));
	begin(w, "*");
	assert_true(listing_begun(w->listing));
	assert_null(listing_peek(w->listing)); /* nothing is in memory yet */
	assert_false(listing_told(w->listing));
	expect(w, all);
	assert_true(listing_told(w->listing));
	/* it stays at the end */
	assert_null(peek(w));
	/* the same again */
	listing_restart(w->listing, NULL);
	assert_false(listing_told(w->listing));
	expect(w, all);
}

/* Looking does not move it. */
static void test_peek(void **state)
{
	struct world *w = *state;

	begin(w, "t*");
	assert_string_equal(peek(w), "two");
	assert_string_equal(peek(w), "two");
	assert_false(listing_told(w->listing));
	listing_next(w->listing);
	assert_string_equal(peek(w), "three");
}

static void test_patterns(void **state)
{
	static const char *const t[] = {"two", "three", NULL};
	static const char *const one[] = {"One", NULL};
	static const char *const dot[] = {".", NULL};
	static const char *const none[] = {NULL};
	struct world *w = *state;

	begin(w, "t*");
	expect(w, t);
	begin(w, "oNE"); /* looked up; told with its own case */
	expect(w, one);
	begin(w, ".");
	expect(w, dot);
	begin(w, "four");
	expect(w, none);
	assert_false(listing_told(w->listing));
	listing_none(w->listing);
	assert_true(listing_told(w->listing));
	begin(w, "f*");
	expect(w, none);
}

/* "." and ".." speak of the directory itself. */
static void test_dots(void **state)
{
	struct world *w = *state;

	begin(w, "*");
	for (size_t i = 0; i < 2; i++) {
		const struct store_entry *entry = NULL;

		peek(w);
		entry = listing_peek(w->listing);
		assert_int_equal(entry->attr.file_id, w->open->handle->file_id);
		assert_true((entry->attr.attributes &
			     FILE_ATTRIBUTE_DIRECTORY) != 0);
		listing_next(w->listing);
	}
}

/* A beginning in the middle. */
static void test_restart(void **state)
{
	static const char *const all[] = {".",	 "..",	  "One",
					  "two", "three", NULL};
	struct world *w = *state;

	for (size_t i = 0; i < 6; i++) {
		begin(w, "*");
		for (size_t n = 0; n < i && peek(w) != NULL; n++) {
			listing_next(w->listing);
		}
		listing_restart(w->listing, NULL);
		expect(w, all);
	}
}

static void test_turns(void **state)
{
	struct world *w = *state;
	struct tevent_context *ev = w->t->f->ev;
	struct tevent_req *first = listing_turn_send(w, ev, w->listing);
	struct tevent_req *second = listing_turn_send(w, ev, w->listing);
	struct tevent_req *third = listing_turn_send(w, ev, w->listing);

	testlib_wait(ev, first, 5);
	fixture_idle(w->t->f, 5);
	assert_true(tevent_req_is_in_progress(second));
	/* one who gives up is skipped */
	talloc_free(second);
	fixture_idle(w->t->f, 5);
	assert_true(tevent_req_is_in_progress(third));
	talloc_free(first);
	testlib_wait(ev, third, 5);
	talloc_free(third);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all),	 TEST(test_peek),    TEST(test_patterns),
		TEST(test_dots), TEST(test_restart), TEST(test_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
