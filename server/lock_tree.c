/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/lock_tree.h"

#include "smbquic/crypto.h"

static uint64_t last_of(const struct lock_range *range)
{
	return range->offset + range->length - 1;
}

static bool is_nothing(const struct lock_range *range)
{
	return range->offset == 0 && range->length == 0;
}

bool lock_overlap(const struct lock_range *a, const struct lock_range *b)
{
	if (is_nothing(a) || is_nothing(b)) {
		return false;
	}
	return a->offset <= last_of(b) && last_of(a) >= b->offset;
}

/* Only who looks at the order of our locks could guess it. */
static uint32_t random_priority(void)
{
	static uint64_t seed;

	while (seed == 0) {
		if (crypto_random(&seed, sizeof(seed)) != 0) {
			seed = (uintptr_t)&seed;
		}
	}
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32);
}

static void include(struct lock_node *node, const struct lock_node *child)
{
	if (child == NULL) {
		return;
	}
	if (child->reach > node->reach) {
		node->reach = child->reach;
	}
	if (child->has_exclusive &&
	    (!node->has_exclusive ||
	     child->exclusive_reach > node->exclusive_reach)) {
		node->has_exclusive = true;
		node->exclusive_reach = child->exclusive_reach;
	}
}

static void update(struct lock_node *node)
{
	node->reach = is_nothing(&node->range) ? 0 : last_of(&node->range);
	node->exclusive_reach = node->reach;
	node->has_exclusive = node->range.exclusive;
	include(node, node->left);
	include(node, node->right);
}

static void set_left(struct lock_node *node, struct lock_node *child)
{
	node->left = child;
	if (child != NULL) {
		child->parent = node;
	}
}

static void set_right(struct lock_node *node, struct lock_node *child)
{
	node->right = child;
	if (child != NULL) {
		child->parent = node;
	}
}

static void update_up(struct lock_node *node)
{
	while (node != NULL) {
		update(node);
		node = node->parent;
	}
}

/* The child takes its parent's place. */
static void rotate_up(struct lock_node *node)
{
	struct lock_node *parent = node->parent;
	struct lock_node *above = parent->parent;

	if (parent->left == node) {
		set_left(parent, node->right);
		set_right(node, parent);
	} else {
		set_right(parent, node->left);
		set_left(node, parent);
	}
	node->parent = above;
	if (above != NULL && above->left == parent) {
		above->left = node;
	} else if (above != NULL) {
		above->right = node;
	}
	update(parent);
	update(node);
}

/* < 0: a comes first. */
static int compare(const struct lock_node *a, const struct lock_node *b)
{
	if (a->range.offset != b->range.offset) {
		return a->range.offset < b->range.offset ? -1 : 1;
	}
	if (a->owner != b->owner) {
		return (uintptr_t)a->owner < (uintptr_t)b->owner ? -1 : 1;
	}
	if (a->range.length != b->range.length) {
		return a->range.length < b->range.length ? -1 : 1;
	}
	return (int)b->range.exclusive - (int)a->range.exclusive;
}

struct lock_node *lock_tree_find(struct lock_node *root, const void *owner,
				 uint64_t offset, uint64_t length)
{
	const struct lock_node wanted = {
		.owner = owner,
		.range = {offset, length, true},
	};
	struct lock_node *found = NULL;

	while (root != NULL) {
		if (compare(root, &wanted) < 0) {
			root = root->right;
		} else {
			found = root;
			root = root->left;
		}
	}
	return found != NULL && found->owner == owner &&
			       found->range.offset == offset &&
			       found->range.length == length
		       ? found
		       : NULL;
}

struct lock_node *lock_tree_insert(struct lock_node *root,
				   struct lock_node *node)
{
	struct lock_node *at = root;
	struct lock_node *parent = NULL;
	bool left = false;

	while (at != NULL) {
		parent = at;
		left = compare(node, at) < 0;
		at = left ? at->left : at->right;
	}
	node->parent = parent;
	node->left = NULL;
	node->right = NULL;
	node->priority = random_priority();
	if (parent != NULL && left) {
		parent->left = node;
	} else if (parent != NULL) {
		parent->right = node;
	}
	update_up(node);
	while (node->parent != NULL &&
	       node->parent->priority < node->priority) {
		rotate_up(node);
	}
	return node->parent == NULL ? node : root;
}

struct lock_node *lock_tree_remove(struct lock_node *root,
				   struct lock_node *node)
{
	struct lock_node *parent = NULL;
	struct lock_node *child = NULL;

	/* down, until at most one is below it */
	while (node->left != NULL && node->right != NULL) {
		struct lock_node *up =
			node->left->priority > node->right->priority
				? node->left
				: node->right;

		rotate_up(up);
		if (root == node) {
			root = up;
		}
	}
	child = node->left != NULL ? node->left : node->right;
	parent = node->parent;
	if (child != NULL) {
		child->parent = parent;
	}
	if (parent == NULL) {
		return child;
	}
	if (parent->left == node) {
		parent->left = child;
	} else {
		parent->right = child;
	}
	update_up(parent);
	return root;
}

struct lock_node *lock_tree_first(struct lock_node *root)
{
	while (root != NULL && root->left != NULL) {
		root = root->left;
	}
	return root;
}

/* Deep as the tree: its depth is that of a random one. */
bool lock_tree_any(const struct lock_node *root, const struct lock_range *range,
		   bool exclusive,
		   bool (*test)(const struct lock_node *node,
				void *private_data),
		   void *private_data)
{
	while (root != NULL) {
		if (root->reach < range->offset ||
		    (exclusive && (!root->has_exclusive ||
				   root->exclusive_reach < range->offset))) {
			return false;
		}
		if ((!exclusive || root->range.exclusive) &&
		    lock_overlap(&root->range, range) &&
		    test(root, private_data)) {
			return true;
		}
		if (lock_tree_any(root->left, range, exclusive, test,
				  private_data)) {
			return true;
		}
		if (range->offset + range->length - 1 < root->range.offset &&
		    !is_nothing(range)) {
			return false;
		}
		root = root->right;
	}
	return false;
}
