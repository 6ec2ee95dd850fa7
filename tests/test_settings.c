/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table itself: every row is whole, and found by its name. */
#include "tests/testlib.h"

#include <string.h>
#include <strings.h>

#include "server/settings.h"

static bool fits(enum config_key key, bool in_share)
{
	return setting_row(key)->scope !=
	       (in_share ? SETTING_GLOBAL : SETTING_SHARE_ONLY);
}

static bool named(enum config_key key, const char *name)
{
	return strcasecmp(setting_row(key)->name, name) == 0;
}

/* The row of that name that may stand there. */
static enum config_key row_of(const char *name, bool in_share)
{
	enum config_key key = 0;

	while (key < CONFIG_KEY_COUNT &&
	       !(named(key, name) && fits(key, in_share))) {
		key++;
	}
	return key;
}

static void test_rows(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	enum config_key key = 0;
	enum config_key other = 0;

	(void)state;
	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		const struct setting *row = setting_row(key);
		struct setting_value value = {0};
		char *note = NULL;
		size_t len = 0;

		assert_non_null(row->name);
		assert_non_null(row->initial);
		assert_non_null(row->help);
		len = strlen(row->help);
		if (len < 10 || row->help[len - 1] != '.') {
			fail_msg("%s: help is sentences", row->name);
		}
		if (!setting_parse(mem_ctx, row, row->initial, &value, &note)) {
			fail_msg("%s: the default \"%s\": %s", row->name,
				 row->initial, note);
		}
		if (row->type == SETTING_INT) {
			assert_true(row->min <= row->max);
		}
		if (row->type == SETTING_ENUM || row->type == SETTING_NUMBERS) {
			assert_non_null(row->names);
		}
		for (other = 0; other < key; other++) {
			if (named(other, row->name) &&
			    (fits(other, true) == fits(key, true) ||
			     fits(other, false) == fits(key, false))) {
				fail_msg("%s stands there twice", row->name);
			}
		}
	}
	talloc_free(mem_ctx);
}

/* One name may mean one thing in [global], and another in shares. */
static void test_find(void **state)
{
	enum config_key key = 0;

	(void)state;
	for (key = 0; key < CONFIG_KEY_COUNT; key++) {
		const struct setting *row = setting_row(key);
		bool inverted = true;

		assert_int_equal(setting_find(row->name, true, &inverted),
				 row_of(row->name, true));
		assert_int_equal(setting_find(row->name, false, &inverted),
				 row_of(row->name, false));
		assert_false(inverted);
	}
	/* case and blanks do not count */
	assert_int_equal(setting_find("ReadOnly", true, &(bool){false}),
			 CONFIG_READ_ONLY);
}

static void test_synonyms(void **state)
{
	const struct setting_synonym *s = setting_synonyms;
	bool inverted = false;

	(void)state;
	for (; s->name != NULL; s++) {
		const struct setting *row = setting_row(s->key);
		enum config_key found = setting_find(
			s->name, row->scope != SETTING_GLOBAL, &inverted);

		if (found != s->key || inverted != s->inverted) {
			fail_msg("%s", s->name);
		}
		assert_true(!s->inverted || row->type == SETTING_BOOL);
	}
	assert_int_equal(setting_find("no such setting", false, &inverted),
			 CONFIG_KEY_COUNT);
	assert_int_equal(setting_find("", false, &inverted), CONFIG_KEY_COUNT);
	assert_int_equal(setting_find("writable", true, &inverted),
			 CONFIG_READ_ONLY);
	assert_true(inverted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_synonyms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
