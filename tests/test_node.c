/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>

#include "client/mount/node.h"

static struct node *find(struct node *parent, const char *name, uint64_t id,
			 bool directory)
{
	const struct node_facts facts = {
		.file_id = id,
		.creation_time = 1,
		.directory = directory,
	};

	return node_find(parent, name, &facts);
}

static struct node *look_up(struct node *parent, const char *name, uint64_t id,
			    bool directory)
{
	struct node *node = find(parent, name, id, directory);

	assert_non_null(node);
	node_look_up(node);
	return node;
}

static void assert_path(const struct node *node, const char *path)
{
	char *got = node_path(NULL, node, NULL);

	assert_string_equal(got, path);
	talloc_free(got);
}

static void test_paths(void **state)
{
	struct node_table *table = node_table_new(NULL);
	struct node *root = node_root(table);
	struct node *a = look_up(root, "a", 2, true);
	struct node *b = look_up(a, "b", 3, true);
	struct node *c = look_up(b, "c", 4, false);
	char *path = node_path(table, b, "new");

	(void)state;
	assert_path(root, "");
	assert_path(a, "a");
	assert_path(c, "a\\b\\c");
	assert_string_equal(path, "a\\b\\new");
	assert_string_equal(node_path(table, root, "x"), "x");
	assert_ptr_equal(look_up(a, "b", 3, true), b);
	/* what is above is held by what is below */
	node_forget(a, 1);
	node_forget(b, 2);
	assert_path(c, "a\\b\\c");
	assert_int_equal(node_count(table), 4);
	node_forget(c, 1);
	assert_int_equal(node_count(table), 1);
	talloc_free(table);
}

static void test_rename(void **state)
{
	struct node_table *table = node_table_new(NULL);
	struct node *root = node_root(table);
	struct node *a = look_up(root, "a", 2, true);
	struct node *b = look_up(root, "b", 3, true);
	struct node *f = look_up(a, "f", 4, false);
	struct node *g = look_up(b, "g", 5, false);

	(void)state;
	assert_true(node_rename(a, "f", b, "g"));
	assert_path(f, "b\\g");
	assert_null(node_path(table, g, NULL));
	assert_int_equal(errno, ESTALE);
	assert_null(node_named(a, "f"));
	assert_ptr_equal(node_named(b, "g"), f);
	/* a folder takes along what is in it */
	assert_true(node_rename(root, "b", a, "c"));
	assert_path(f, "a\\c\\g");
	assert_true(node_rename(a, "c", a, "c"));
	assert_path(f, "a\\c\\g");
	/* nothing known was there */
	assert_true(node_rename(root, "nothing", a, "c"));
	assert_null(node_named(a, "c"));
	node_forget(f, 1);
	node_forget(g, 1);
	node_forget(b, 1);
	node_forget(a, 1);
	assert_int_equal(node_count(table), 1);
	talloc_free(table);
}

static void test_hard_links(void **state)
{
	struct node_table *table = node_table_new(NULL);
	struct node *root = node_root(table);
	struct node *f = look_up(root, "f", 7, false);

	(void)state;
	assert_ptr_equal(look_up(root, "g", 7, false), f);
	assert_path(f, "g");
	node_remove(root, "g");
	assert_path(f, "f");
	assert_ptr_equal(find(root, "g", 7, false), f);
	assert_true(node_rename(root, "f", root, "g"));
	assert_ptr_equal(node_named(root, "g"), f);
	node_forget(f, 2);
	talloc_free(table);
}

/* An id that is used again is another file, unless the old one is still
 * there. */
static void test_same_id(void **state)
{
	struct node_table *table = node_table_new(NULL);
	struct node *root = node_root(table);
	struct node_facts facts = {.file_id = 9, .creation_time = 1};
	struct node *f = node_find(root, "f", &facts);
	struct node *g = NULL;

	(void)state;
	node_look_up(f);
	facts.creation_time = 2;
	assert_ptr_equal(node_find(root, "f", &facts), f);
	facts.creation_time = 3;
	g = node_find(root, "g", &facts);
	assert_ptr_not_equal(g, f);
	node_look_up(g);
	facts.directory = true;
	assert_ptr_not_equal(node_find(root, "g", &facts), g);
	assert_null(node_path(table, g, NULL));
	/* without ids it is the name that counts */
	facts = (struct node_facts){.creation_time = 4};
	f = node_find(root, "n", &facts);
	assert_ptr_equal(node_find(root, "n", &facts), f);
	assert_ptr_not_equal(node_find(root, "m", &facts), f);
	talloc_free(table);
}

/* A server that says that a folder is in itself. */
static void test_loops(void **state)
{
	struct node_table *table = node_table_new(NULL);
	struct node *root = node_root(table);
	struct node *a = look_up(root, "a", 2, true);
	struct node *b = look_up(a, "b", 3, true);
	struct node *again = look_up(b, "a", 2, true);

	(void)state;
	assert_ptr_not_equal(again, a);
	assert_path(again, "a\\b\\a");
	assert_path(a, "a");
	/* moved by somebody else: it has its new name alone */
	assert_ptr_equal(look_up(root, "moved", 3, true), b);
	assert_path(b, "moved");
	assert_null(node_named(a, "b"));
	talloc_free(table);
}

static void test_too_deep(void **state)
{
	struct node_table *table = node_table_new(NULL);
	struct node *at = node_root(table);
	unsigned i = 0;

	(void)state;
	for (i = 0; i < NODE_DEPTH_MAX; i++) {
		at = look_up(at, "d", 100 + i, true);
	}
	assert_non_null(node_path(table, at, NULL));
	at = look_up(at, "d", 1, true);
	assert_null(node_path(table, at, NULL));
	assert_int_equal(errno, ENAMETOOLONG);
	talloc_free(table);
}

static void test_many(void **state)
{
	struct node_table *table = node_table_new(NULL);
	struct node *root = node_root(table);
	struct node *nodes[5000] = {NULL};
	char name[32] = "";
	unsigned i = 0;

	(void)state;
	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		nodes[i] = look_up(root, name, 1000 + i, false);
	}
	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		assert_ptr_equal(node_named(root, name), nodes[i]);
		assert_ptr_equal(find(root, name, 1000 + i, false), nodes[i]);
	}
	assert_int_equal(node_count(table), 5001);
	for (i = 0; i < 5000; i++) {
		node_forget(nodes[i], 100); /* more than there are */
	}
	assert_int_equal(node_count(table), 1);
	node_forget(root, 1);
	talloc_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_rename),
		cmocka_unit_test(test_hard_links),
		cmocka_unit_test(test_same_id),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
