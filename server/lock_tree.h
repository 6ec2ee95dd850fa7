/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lock_tree.h - the ranges of a file's locks, ordered by their first byte; each
 * node knows how far the ranges below it reach. For lock.c.
 *
 * A treap: its shape depends on random numbers, not on the order in which
 * clients lock. Nothing here allocates: nodes are the caller's.
 */
#ifndef SERVER_LOCK_TREE_H
#define SERVER_LOCK_TREE_H

#include "server/lock.h"

struct lock;

struct lock_node {
	struct lock *lock; /**< whose node it is */
	const void *owner; /**< second in the order, then the length */
	struct lock_range range;

	/* lock_tree.c's own */
	struct lock_node *parent, *left, *right;
	uint32_t priority;
	uint64_t reach;		  /**< last byte of all below */
	uint64_t exclusive_reach; /**< likewise of the exclusive ones */
	bool has_exclusive;
};

/**
 * MS-FSA 2.1.4.10: ranges by first and last byte. A range of no bytes has its
 * last before its first, and overlaps what lies on both sides of it; the one
 * at offset 0 overlaps nothing.
 */
bool lock_overlap(const struct lock_range *a, const struct lock_range *b);

/** @return the new root. The caller set lock, owner and range. */
struct lock_node *lock_tree_insert(struct lock_node *root,
				   struct lock_node *node);
struct lock_node *lock_tree_remove(struct lock_node *root,
				   struct lock_node *node);

/** The one that begins first; NULL: none. */
struct lock_node *lock_tree_first(struct lock_node *root);

/** A lock of that owner of just that range, an exclusive one before others;
 *  NULL: there is none. */
struct lock_node *lock_tree_find(struct lock_node *root, const void *owner,
				 uint64_t offset, uint64_t length);

/** Is it true of any that overlaps the range? @param exclusive  ask only of
 *  those. */
bool lock_tree_any(const struct lock_node *root, const struct lock_range *range,
		   bool exclusive,
		   bool (*test)(const struct lock_node *node,
				void *private_data),
		   void *private_data);

#endif
