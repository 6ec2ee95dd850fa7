/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "server/list.h"
#include "server/lock.h"

struct lock {
	struct lock *prev, *next;
	const void *owner;
	struct lock_range range;
};

struct lock_wait_state {
	struct lock_wait_state *prev, *next;
	struct lock_table *table; /* NULL: no longer in its list */
	struct tevent_context *ev;
	struct tevent_req *req;
};

struct lock_table {
	struct lock *locks;
	size_t count;
	struct lock_wait_state *waiters;
};

/* Take every waiter off the list and end it, the oldest first: done, or with
 * err. The callbacks run from the loop, since they change the table. */
static void wake_all(struct lock_table *table, int err)
{
	struct lock_wait_state *w = table->waiters;

	while (w != NULL && w->next != NULL) {
		w = w->next;
	}
	while (w != NULL) {
		struct lock_wait_state *younger = w->prev;

		LIST_REMOVE(table->waiters, w);
		w->table = NULL;
		tevent_req_defer_callback(w->req, w->ev);
		if (!tevent_req_error(w->req, (uint64_t)err)) {
			tevent_req_done(w->req);
		}
		w = younger;
	}
}

static int lock_table_destructor(struct lock_table *table)
{
	wake_all(table, ECANCELED);
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

/* MS-FSA 2.1.4.10: the ranges by first and last byte. A range of no bytes has
 * its last before its first, and overlaps what lies on both sides of it; the
 * one at offset 0 overlaps nothing. */
static bool overlap(const struct lock_range *a, const struct lock_range *b)
{
	uint64_t last_a = a->offset + a->length - 1;
	uint64_t last_b = b->offset + b->length - 1;

	if ((a->offset == 0 && a->length == 0) ||
	    (b->offset == 0 && b->length == 0)) {
		return false;
	}
	return a->offset <= last_b && last_a >= b->offset;
}

/* Does a lock stand in the way of an access, which may be itself a lock? */
static bool conflicts(const struct lock *lock, const void *owner,
		      const struct lock_range *access, bool locking)
{
	if (!overlap(&lock->range, access)) {
		return false;
	}
	if (!lock->range.exclusive) {
		return access->exclusive;
	}
	return lock->owner != owner || (access->exclusive && locking);
}

static bool conflict(const struct lock_table *table, const void *owner,
		     const struct lock_range *access, bool locking)
{
	const struct lock *lock = NULL;

	for (lock = table->locks; lock != NULL; lock = lock->next) {
		if (conflicts(lock, owner, access, locking)) {
			return true;
		}
	}
	return false;
}

static void drop(struct lock_table *table, struct lock *lock)
{
	LIST_REMOVE(table->locks, lock);
	table->count--;
	talloc_free(lock);
}

static size_t held_by(const struct lock_table *table, const void *owner)
{
	const struct lock *lock = NULL;
	size_t held = 0;

	for (lock = table->locks; lock != NULL; lock = lock->next) {
		held += lock->owner == owner;
	}
	return held;
}

static enum lock_outcome take_one(struct lock_table *table, const void *owner,
				  const struct lock_range *range)
{
	struct lock *lock = NULL;

	if (conflict(table, owner, range, true)) {
		return LOCK_CONFLICT;
	}
	lock = talloc_zero(table, struct lock);
	if (lock == NULL) {
		return LOCK_TOO_MANY;
	}
	lock->owner = owner;
	lock->range = *range;
	LIST_ADD(table->locks, lock);
	table->count++;
	return LOCK_TAKEN;
}

enum lock_outcome lock_take(struct lock_table *table, const void *owner,
			    const struct lock_range *ranges, size_t count)
{
	enum lock_outcome outcome = LOCK_TAKEN;
	size_t taken = 0;

	if (held_by(table, owner) + count > LOCK_MAX_PER_OWNER) {
		return LOCK_TOO_MANY;
	}
	for (taken = 0; taken < count; taken++) {
		outcome = take_one(table, owner, &ranges[taken]);
		if (outcome != LOCK_TAKEN) {
			break;
		}
	}
	if (outcome != LOCK_TAKEN) {
		while (taken-- > 0) {
			/* new ones are in front */
			drop(table, table->locks);
		}
	}
	return outcome;
}

/* Of several for the same range the exclusive one goes first. */
bool lock_release(struct lock_table *table, const void *owner, uint64_t offset,
		  uint64_t length)
{
	struct lock *lock = NULL;
	struct lock *found = NULL;

	for (lock = table->locks; lock != NULL; lock = lock->next) {
		if (lock->owner == owner && lock->range.offset == offset &&
		    lock->range.length == length &&
		    (found == NULL || lock->range.exclusive)) {
			found = lock;
		}
	}
	if (found == NULL) {
		return false;
	}
	drop(table, found);
	wake_all(table, 0);
	return true;
}

void lock_release_all(struct lock_table *table, const void *owner)
{
	struct lock *lock = table->locks;
	size_t before = table->count;

	while (lock != NULL) {
		struct lock *next = lock->next;

		if (lock->owner == owner) {
			drop(table, lock);
		}
		lock = next;
	}
	if (table->count != before) {
		wake_all(table, 0);
	}
}

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
	const struct lock *lock = table->locks;

	while (lock != NULL && lock->range.offset >= offset) {
		lock = lock->next;
	}
	return lock != NULL;
}

bool lock_holds(const struct lock_table *table, const void *owner)
{
	return held_by(table, owner) > 0;
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
				  struct lock_table *table)
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
