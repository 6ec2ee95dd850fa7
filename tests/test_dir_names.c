/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dir_names.c: what is known of the names in one folder, and what is not. */
#include "tests/testlib.h"

#include <stdio.h>

#include "client/dir_cache_private.h"

static struct client_dir_list *list_of(TALLOC_CTX *mem_ctx,
				       const char *const *names)
{
	struct client_dir_list *list =
		talloc_zero(mem_ctx, struct client_dir_list);
	size_t i = 0;

	for (i = 0; names[i] != NULL; i++) {
		list->entry = talloc_realloc(list, list->entry,
					     struct client_dir_entry, i + 1);
		list->entry[i] = (struct client_dir_entry){
			.name = names[i],
			.short_name = i == 0 ? "SHORT~1" : "",
			.file_id = 100 + i,
			.stat = {.size = i + 1},
		};
	}
	list->count = i;
	return list;
}

static const char *const some[] = {"zebra", "apple", "Mango",
				   "grün",  "b",     NULL};

static struct dir_names *names_of(TALLOC_CTX *mem_ctx, const char *const *names)
{
	struct dir_names *out = dir_names_new(mem_ctx);

	assert_true(dir_names_take(out, list_of(out, names)));
	return out;
}

static enum dir_known find(const struct dir_names *names, const char *name,
			   uint64_t *size)
{
	struct client_stat stat = {0};
	enum dir_known known = dir_names_find(names, name, &stat);

	*size = stat.size;
	return known;
}

static void test_listing(void **state)
{
	struct dir_names *names = names_of(NULL, some);
	struct client_dir_list *list = NULL;
	uint64_t size = 0;
	size_t i = 0;

	(void)state;
	assert_true(dir_names_list(names, names, &list));
	assert_int_equal(list->count, 5);
	for (i = 0; i < list->count; i++) { /* in the server's order */
		assert_string_equal(list->entry[i].name, some[i]);
		assert_int_equal(list->entry[i].file_id, 100 + i);
		assert_int_equal(list->entry[i].stat.size, i + 1);
		assert_int_equal(find(names, some[i], &size), DIR_IS);
		assert_int_equal(size, i + 1);
	}
	assert_string_equal(list->entry[0].short_name, "SHORT~1");
	assert_int_equal(find(names, "none", &size), DIR_IS_NOT);
	assert_int_equal(find(names, "", &size), DIR_IS_NOT);
	/* in another case it is the server's to say */
	assert_int_equal(find(names, "mango", &size), DIR_UNKNOWN);
	assert_int_equal(find(names, "APPLE", &size), DIR_UNKNOWN);
	assert_int_equal(find(names, "GRÜN", &size), DIR_UNKNOWN);
	talloc_free(names);
}

static void test_empty_folder(void **state)
{
	static const char *const none[] = {NULL};
	struct dir_names *names = dir_names_new(NULL);
	struct client_dir_list *list = NULL;
	uint64_t size = 0;

	(void)state;
	assert_false(dir_names_list(names, names, &list));
	assert_int_equal(find(names, "a", &size), DIR_UNKNOWN);
	assert_true(dir_names_take(names, list_of(names, none)));
	assert_true(dir_names_list(names, names, &list));
	assert_int_equal(list->count, 0);
	assert_int_equal(find(names, "a", &size), DIR_IS_NOT);
	talloc_free(names);
}

static void test_doubt(void **state)
{
	const struct client_stat stat = {.size = 77};
	struct dir_names *names = names_of(NULL, some);
	struct client_dir_list *list = NULL;
	uint64_t size = 0;

	(void)state;
	dir_names_doubt(names, "APPLE");
	assert_int_equal(find(names, "apple", &size), DIR_UNKNOWN);
	assert_int_equal(find(names, "Apple", &size), DIR_UNKNOWN);
	assert_int_equal(find(names, "zebra", &size), DIR_IS);
	assert_false(dir_names_list(names, names, &list));
	/* the server says that it is there, and the listing is whole again */
	dir_names_learn(names, "apple", &stat);
	assert_int_equal(find(names, "apple", &size), DIR_IS);
	assert_int_equal(size, 77);
	assert_true(dir_names_list(names, names, &list));
	assert_int_equal(list->entry[1].stat.size, 77);
	talloc_free(names);
}

static void test_made_and_removed(void **state)
{
	const struct client_stat stat = {.size = 77};
	struct dir_names *names = names_of(NULL, some);
	struct client_dir_list *list = NULL;
	uint64_t size = 0;

	(void)state;
	dir_names_doubt(names, "new");
	assert_int_equal(find(names, "new", &size), DIR_UNKNOWN);
	dir_names_learn(names, "new", &stat);
	assert_int_equal(find(names, "new", &size), DIR_IS);
	assert_int_equal(find(names, "NEW", &size), DIR_UNKNOWN);
	dir_names_doubt(names, "b");
	dir_names_learn(names, "b", NULL);
	assert_int_equal(find(names, "b", &size), DIR_IS_NOT);
	assert_false(dir_names_list(names, names, &list));
	dir_names_doubt(names, "new");
	assert_int_equal(find(names, "new", &size), DIR_UNKNOWN);
	talloc_free(names);
}

/* A name of which nobody knows here what else it may mean. */
static void test_strange_names(void **state)
{
	static const char *const strange[] = {"Grün", "SHORT~1", "b.", "b "};
	struct client_dir_list *list = NULL;
	uint64_t size = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		struct dir_names *names = names_of(NULL, some);

		dir_names_doubt(names, strange[i]);
		assert_int_equal(find(names, "apple", &size), DIR_UNKNOWN);
		assert_false(dir_names_list(names, names, &list));
		talloc_free(names);
	}
	assert_true(dir_name_is_plain("a.txt", false));
	assert_true(dir_name_is_plain("grün", false));
	assert_true(dir_name_is_plain("a:b", true));
	assert_false(dir_name_is_plain("a:b", false));
	assert_false(dir_name_is_plain("", false));
	assert_false(dir_name_is_plain("..", false));
	assert_false(dir_name_is_plain("a*", false));
	assert_false(dir_name_is_plain("PROGRA~1", false));
	assert_false(dir_name_is_plain("@GMT-2024.01.01-00.00.00", false));
}

static void test_bounds(void **state)
{
	struct dir_names *names = dir_names_new(NULL);
	size_t before = dir_names_memory(names);
	uint64_t size = 0;
	char name[16] = "";
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 10 * DIR_NAMES_SINGLE; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		dir_names_learn(names, name, NULL);
	}
	assert_int_equal(find(names, name, &size), DIR_IS_NOT);
	assert_int_equal(find(names, "n0", &size), DIR_UNKNOWN);
	assert_true(dir_names_memory(names) <
		    before + DIR_NAMES_SINGLE *
				     (sizeof(struct client_stat) + 100));
	/* too many in doubt: then all of it is */
	assert_true(dir_names_take(names, list_of(names, some)));
	assert_true(dir_names_memory(names) > before);
	for (i = 0; i <= DIR_NAMES_SINGLE; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		dir_names_doubt(names, name);
	}
	assert_int_equal(find(names, "zebra", &size), DIR_UNKNOWN);
	dir_names_forget(names);
	assert_int_equal(dir_names_memory(names), before);
	talloc_free(names);
}

/* As with a list of what there is, whatever is done. */
static void test_random(void **state)
{
	enum { MOST = 40 };
	bool there[MOST] = {false};
	struct dir_names *names = dir_names_new(NULL);
	const struct client_stat stat = {.size = 5};
	struct client_stat out = {0};
	unsigned round = 0;
	unsigned seed = 1;

	(void)state;
	for (round = 0; round < 20000; round++) {
		unsigned which = (seed = seed * 1103515245 + 12345) >> 16;
		const char *listed[MOST + 1] = {NULL};
		char text[MOST][8];
		size_t count = 0;
		unsigned i = which % MOST;
		enum dir_known known = DIR_UNKNOWN;

		snprintf(text[i], sizeof(text[i]), "f%u", i);
		switch (which / MOST % 8) {
		case 0: /* it comes or goes */
			there[i] = !there[i];
			dir_names_doubt(names, text[i]);
			break;
		case 1:
			dir_names_learn(names, text[i],
					there[i] ? &stat : NULL);
			break;
		case 2:
			if (which / MOST % 64 != 2) {
				break;
			}
			for (i = 0; i < MOST; i++) {
				snprintf(text[i], sizeof(text[i]), "f%u", i);
				if (there[i]) {
					listed[count++] = text[i];
				}
			}
			assert_true(
				dir_names_take(names, list_of(names, listed)));
			break;
		default:
			known = dir_names_find(names, text[i], &out);
			assert_true(known == DIR_UNKNOWN ||
				    (known == DIR_IS) == there[i]);
		}
	}
	talloc_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_empty_folder),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_made_and_removed),
		cmocka_unit_test(test_strange_names),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
