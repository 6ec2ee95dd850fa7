/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock_tree.c: that it answers as a plain list would, whatever is put in. */
#include <stdlib.h>

#include "server/lock_tree.h"
#include "tests/testlib.h"

#define NODES  400
#define ROUNDS 20000

struct bag {
	struct lock_node nodes[NODES];
	bool in[NODES];
	struct lock_node *root;
};

static bool always(const struct lock_node *node, void *private_data)
{
	(void)node;
	(void)private_data;
	return true;
}

static bool listed(const struct bag *bag, const struct lock_range *range,
		   bool exclusive)
{
	for (size_t i = 0; i < NODES; i++) {
		const struct lock_node *node = &bag->nodes[i];

		if (bag->in[i] && (!exclusive || node->range.exclusive) &&
		    lock_overlap(&node->range, range)) {
			return true;
		}
	}
	return false;
}

static struct lock_range any_range(void)
{
	struct lock_range range = {
		.offset = (uint64_t)(random() % 300),
		.length = (uint64_t)(random() % 8),
		.exclusive = random() % 2 == 0,
	};

	if (random() % 64 == 0) {
		range.offset = UINT64_MAX - (uint64_t)(random() % 4);
		range.length = UINT64_MAX - range.offset + 1;
	}
	return range;
}

static void toggle(struct bag *bag, size_t i)
{
	struct lock_node *node = &bag->nodes[i];

	if (bag->in[i]) {
		bag->root = lock_tree_remove(bag->root, node);
	} else {
		node->range = any_range();
		node->owner = &bag->nodes[i % 3];
		bag->root = lock_tree_insert(bag->root, node);
	}
	bag->in[i] = !bag->in[i];
}

static void check_first(const struct bag *bag)
{
	const struct lock_node *first = lock_tree_first(bag->root);

	for (size_t i = 0; i < NODES; i++) {
		if (bag->in[i]) {
			assert_non_null(first);
			assert_true(first->range.offset <=
				    bag->nodes[i].range.offset);
		}
	}
}

static void check_find(const struct bag *bag, size_t i)
{
	const struct lock_node *node = &bag->nodes[i];
	const struct lock_node *found = lock_tree_find(
		bag->root, node->owner, node->range.offset, node->range.length);

	if (!bag->in[i]) {
		return;
	}
	assert_non_null(found);
	assert_ptr_equal(found->owner, node->owner);
	assert_int_equal(found->range.offset, node->range.offset);
	assert_int_equal(found->range.length, node->range.length);
	assert_true(found->range.exclusive || !node->range.exclusive);
}

static void test_as_a_list(void **state)
{
	struct bag *bag = talloc_zero(NULL, struct bag);

	(void)state;
	srandom(1);
	for (size_t i = 0; i < ROUNDS; i++) {
		struct lock_range range = any_range();
		bool exclusive = random() % 2 == 0;

		toggle(bag, (size_t)random() % NODES);
		assert_int_equal(lock_tree_any(bag->root, &range, exclusive,
					       always, NULL),
				 listed(bag, &range, exclusive));
		check_find(bag, (size_t)random() % NODES);
		if (i % 64 == 0) {
			check_first(bag);
		}
	}
	talloc_free(bag);
}

static size_t depth_of(const struct lock_node *node)
{
	size_t left = node != NULL ? depth_of(node->left) : 0;
	size_t right = node != NULL ? depth_of(node->right) : 0;

	return node == NULL ? 0 : 1 + (left > right ? left : right);
}

/* In order, as programs lock, and yet no list. */
static void test_depth(void **state)
{
	const size_t count = 20000;
	struct lock_node *nodes =
		talloc_zero_array(NULL, struct lock_node, count);
	struct lock_node *root = NULL;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		nodes[i].owner = nodes;
		nodes[i].range = (struct lock_range){i, 1, true};
		root = lock_tree_insert(root, &nodes[i]);
	}
	assert_in_range(depth_of(root), 15, 100);
	for (size_t i = 0; i < count; i++) {
		root = lock_tree_remove(root, &nodes[i]);
	}
	assert_null(root);
	talloc_free(nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_a_list),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
