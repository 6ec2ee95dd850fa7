/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All locks of a file are a tree (lock_tree.h) by their first byte, so that
 * what overlaps a range is found without looking at the rest. The owners are
 * in a hash table; each has a list of its locks.
 */
#include <errno.h>

#include "server/lock.h"
#include "server/lock_tree.h"
#include "smbquic/list.h"

#define MIN_BUCKETS 8

/* Who holds at least one lock of the file. */
struct lock_owner {
	struct lock_owner *prev, *next; /* of its bucket */
	const void *owner;
	struct lock *locks;
	size_t count;
};

struct lock {
	struct lock *prev, *next; /* owner->locks, the youngest first */
	struct lock_owner *owner;
	struct lock_node node;
};

struct lock_wait_state {
	struct lock_wait_state *prev, *next;
	struct lock_table *table; /* NULL: no longer in its list */
	struct tevent_context *ev;
	struct tevent_req *req;
	struct lock_range range;
};

struct lock_table {
	struct lock_node *root;
	size_t count;
	struct lock_owner **buckets;
	size_t num_buckets, num_owners;
	struct lock_wait_state *waiters;
};

/* --- waiters -------------------------------------------------------------- */

/* Take those who wait for the range off the list and end them, the oldest
 * first: done, or with err. The callbacks run from the loop, since they change
 * the table. */
static void wake(struct lock_table *table, const struct lock_range *range,
		 int err)
{
	struct lock_wait_state *w = table->waiters;

	while (w != NULL && w->next != NULL) {
		w = w->next;
	}
	while (w != NULL) {
		struct lock_wait_state *younger = w->prev;

		if (range == NULL || lock_overlap(range, &w->range)) {
			LIST_REMOVE(table->waiters, w);
			w->table = NULL;
			tevent_req_defer_callback(w->req, w->ev);
			if (!tevent_req_error(w->req, (uint64_t)err)) {
				tevent_req_done(w->req);
			}
		}
		w = younger;
	}
}

static int lock_table_destructor(struct lock_table *table)
{
	wake(table, NULL, ECANCELED);
	return 0;
}

struct lock_table *lock_table_new(TALLOC_CTX *mem_ctx)
{
	struct lock_table *table = talloc_zero(mem_ctx, struct lock_table);

	if (table != NULL) {
		talloc_set_destructor(table, lock_table_destructor);
	}
	return table;
}

bool lock_range_valid(const struct lock_range *range)
{
	return range->length == 0 ||
	       range->offset <= UINT64_MAX - (range->length - 1);
}

/* --- owners --------------------------------------------------------------- */

static size_t bucket_of(const void *owner, size_t num_buckets)
{
	uint64_t hash = (uintptr_t)owner * UINT64_C(0x9E3779B97F4A7C15);

	return (size_t)(hash >> 32) & (num_buckets - 1);
}

static struct lock_owner *owner_find(const struct lock_table *table,
				     const void *owner)
{
	struct lock_owner *o = NULL;

	if (table->num_buckets > 0) {
		o = table->buckets[bucket_of(owner, table->num_buckets)];
	}
	while (o != NULL && o->owner != owner) {
		o = o->next;
	}
	return o;
}

static bool grow(struct lock_table *table)
{
	size_t want =
		table->num_buckets == 0 ? MIN_BUCKETS : 2 * table->num_buckets;
	struct lock_owner **buckets =
		talloc_zero_array(table, struct lock_owner *, want);

	if (buckets == NULL) {
		return table->num_buckets > 0;
	}
	for (size_t i = 0; i < table->num_buckets; i++) {
		while (table->buckets[i] != NULL) {
			struct lock_owner *o = table->buckets[i];

			LIST_REMOVE(table->buckets[i], o);
			LIST_ADD(buckets[bucket_of(o->owner, want)], o);
		}
	}
	talloc_free(table->buckets);
	table->buckets = buckets;
	table->num_buckets = want;
	return true;
}

static struct lock_owner *owner_get(struct lock_table *table, const void *owner)
{
	struct lock_owner *o = owner_find(table, owner);

	if (o != NULL) {
		return o;
	}
	if (table->num_owners >= table->num_buckets && !grow(table)) {
		return NULL;
	}
	o = talloc_zero(table, struct lock_owner);
	if (o == NULL) {
		return NULL;
	}
	o->owner = owner;
	LIST_ADD(table->buckets[bucket_of(owner, table->num_buckets)], o);
	table->num_owners++;
	return o;
}

static void owner_free_unused(struct lock_table *table, struct lock_owner *o)
{
	if (o->count > 0) {
		return;
	}
	LIST_REMOVE(table->buckets[bucket_of(o->owner, table->num_buckets)], o);
	table->num_owners--;
	talloc_free(o);
	if (table->num_owners == 0) {
		TALLOC_FREE(table->buckets);
		table->num_buckets = 0;
	}
}

/* --- taking --------------------------------------------------------------- */

/* An access, which may be itself a lock. */
struct access {
	const void *owner;
	bool locking, write;
};

static bool conflicts(const struct lock_node *node, void *private_data)
{
	const struct access *access = private_data;

	if (!node->range.exclusive) {
		return access->write;
	}
	return node->owner != access->owner ||
	       (access->write && access->locking);
}

static bool conflict(const struct lock_table *table, const void *owner,
		     const struct lock_range *range, bool locking)
{
	struct access access = {owner, locking, range->exclusive};

	/* what only reads minds exclusive ones alone */
	return lock_tree_any(table->root, range, !range->exclusive, conflicts,
			     &access);
}

static void drop(struct lock_table *table, struct lock *lock)
{
	struct lock_owner *o = lock->owner;

	LIST_REMOVE(o->locks, lock);
	o->count--;
	table->root = lock_tree_remove(table->root, &lock->node);
	table->count--;
	talloc_free(lock);
}

static enum lock_outcome take_one(struct lock_table *table,
				  struct lock_owner *o,
				  const struct lock_range *range)
{
	struct lock *lock = NULL;

	if (conflict(table, o->owner, range, true)) {
		return LOCK_CONFLICT;
	}
	lock = talloc_zero(table, struct lock);
	if (lock == NULL) {
		return LOCK_TOO_MANY;
	}
	lock->owner = o;
	lock->node.lock = lock;
	lock->node.owner = o->owner;
	lock->node.range = *range;
	LIST_ADD(o->locks, lock);
	o->count++;
	table->root = lock_tree_insert(table->root, &lock->node);
	table->count++;
	return LOCK_TAKEN;
}

enum lock_outcome lock_take(struct lock_table *table, const void *owner,
			    const struct lock_range *ranges, size_t count)
{
	enum lock_outcome outcome = LOCK_TAKEN;
	struct lock_owner *o = owner_get(table, owner);
	size_t taken = 0;

	if (o == NULL) {
		return LOCK_TOO_MANY;
	}
	if (o->count + count > LOCK_MAX_PER_OWNER) {
		outcome = LOCK_TOO_MANY;
	}
	while (outcome == LOCK_TAKEN && taken < count) {
		outcome = take_one(table, o, &ranges[taken]);
		taken += outcome == LOCK_TAKEN;
	}
	if (outcome != LOCK_TAKEN) {
		while (taken-- > 0) {
			/* new ones are in front */
			drop(table, o->locks);
		}
		owner_free_unused(table, o);
	}
	return outcome;
}

/* --- giving back ---------------------------------------------------------- */

/* Of several for the same range the exclusive one goes first. */
bool lock_release(struct lock_table *table, const void *owner, uint64_t offset,
		  uint64_t length)
{
	const struct lock_range range = {offset, length, false};
	struct lock_owner *o = owner_find(table, owner);
	struct lock_node *found =
		lock_tree_find(table->root, owner, offset, length);

	if (o == NULL || found == NULL) {
		return false;
	}
	drop(table, found->lock);
	owner_free_unused(table, o);
	wake(table, &range, 0);
	return true;
}

void lock_release_all(struct lock_table *table, const void *owner)
{
	struct lock_owner *o = owner_find(table, owner);

	if (o == NULL) {
		return;
	}
	while (o->locks != NULL) {
		drop(table, o->locks);
	}
	owner_free_unused(table, o);
	wake(table, NULL, 0);
}

/* --- asking --------------------------------------------------------------- */

bool lock_allows(const struct lock_table *table, const void *owner,
		 uint64_t offset, uint64_t length, bool write)
{
	const struct lock_range access = {offset, length, write};

	if (table->count == 0 || length == 0) {
		return true;
	}
	return !conflict(table, owner, &access, false);
}

bool lock_begins_below(const struct lock_table *table, uint64_t offset)
{
	const struct lock_node *first = lock_tree_first(table->root);

	return first != NULL && first->range.offset < offset;
}

bool lock_holds(const struct lock_table *table, const void *owner)
{
	return owner_find(table, owner) != NULL;
}

size_t lock_list(const struct lock_table *table, const void *owner,
		 struct lock_range *out, size_t max)
{
	const struct lock_owner *o = owner_find(table, owner);
	const struct lock *lock = o != NULL ? o->locks : NULL;
	size_t count = 0;

	while (lock != NULL && count < max) {
		out[count++] = lock->node.range;
		lock = lock->next;
	}
	return o != NULL ? o->count : 0;
}

size_t lock_count(const struct lock_table *table)
{
	return table->count;
}

/* --- waiting -------------------------------------------------------------- */

static void lock_wait_cleanup(struct tevent_req *req, enum tevent_req_state how)
{
	struct lock_wait_state *state =
		tevent_req_data(req, struct lock_wait_state);

	(void)how;
	if (state->table != NULL) {
		LIST_REMOVE(state->table->waiters, state);
		state->table = NULL;
	}
}

struct tevent_req *lock_wait_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev,
				  struct lock_table *table,
				  const struct lock_range *range)
{
	struct lock_wait_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct lock_wait_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->req = req;
	state->table = table;
	state->range = *range;
	LIST_ADD(table->waiters, state);
	tevent_req_set_cleanup_fn(req, lock_wait_cleanup);
	return req;
}

bool lock_wait_recv(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;
	bool ok = !tevent_req_is_error(req, &how, &err);

	tevent_req_received(req);
	return ok;
}
