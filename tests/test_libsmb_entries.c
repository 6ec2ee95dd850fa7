/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <stdio.h>

#include "client/libsmbclient/libsmb.h"

#define MANY 1000

/* As many as there are, in order, and copies all of them. */
static void test_add(void **state)
{
	struct dir_entries *e = entries_new(NULL);
	char name[16] = "";
	const struct dir_item item = {.name = name, .file_id = 7};
	unsigned i = 0;

	(void)state;
	assert_non_null(e);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		assert_true(entries_add(e, &item));
	}
	assert_int_equal(e->count, MANY);
	assert_int_equal(e->next, 0);
	assert_false(e->complete);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		assert_string_equal(e->item[i].name, name);
		assert_int_equal(e->item[i].file_id, 7);
		/* what is not there is "" to programs */
		assert_string_equal(e->item[i].comment, "");
		assert_string_equal(e->item[i].short_name, "");
	}
	talloc_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
