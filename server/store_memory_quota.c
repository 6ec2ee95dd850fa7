/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quotas of the store in memory: they are counted and can be set, but nobody
 * is kept to them. */

#include <errno.h>
#include <string.h>

#include "server/store_memory.h"

/* Users that can have limits. */
#define MAX_LIMITS 1000

static struct store_quota *find(const struct memory *memory, uid_t uid)
{
	size_t i = 0;

	for (i = 0; i < memory->num_limits; i++) {
		if (memory->limits[i].uid == uid) {
			return &memory->limits[i];
		}
	}
	return NULL;
}

static uint64_t used_below(const struct memory_node *node, uid_t uid)
{
	const struct memory_node *child = NULL;
	uint64_t used = node->uid == uid ? pages_allocated(node->pages) : 0;

	for (child = node->children; child != NULL; child = child->next) {
		used += used_below(child, uid);
	}
	return used;
}

static int set_limits(struct memory *memory, const struct store_quota *quota)
{
	struct store_quota *limits = find(memory, quota->uid);

	if (limits == NULL && memory->num_limits >= MAX_LIMITS) {
		return ENOSPC;
	}
	if (limits == NULL) {
		limits = talloc_realloc(memory, memory->limits,
					struct store_quota,
					memory->num_limits + 1);
		if (limits == NULL) {
			return ENOMEM;
		}
		memory->limits = limits;
		limits += memory->num_limits;
		memory->num_limits++;
	}
	*limits = *quota;
	limits->used = 0;
	return 0;
}

/* The one with the lowest uid from there on. */
static const struct store_quota *next_from(const struct memory *memory,
					   uint64_t first)
{
	const struct store_quota *best = NULL;
	size_t i = 0;

	for (i = 0; i < memory->num_limits; i++) {
		const struct store_quota *limits = &memory->limits[i];

		if (limits->uid >= first &&
		    (best == NULL || limits->uid < best->uid)) {
			best = limits;
		}
	}
	return best;
}

static void tell(struct store_call *call, const struct memory *memory,
		 const struct store_quota *limits, uid_t uid)
{
	struct store_quota *out = &call->quotas[call->count];

	*out = limits != NULL ? *limits : (struct store_quota){.uid = uid};
	out->used = limits != NULL ? used_below(memory->root, uid) : 0;
	call->count++;
}

static void list(struct store_call *call, const struct memory *memory,
		 const struct store_quota_ask *ask)
{
	const struct store_quota *next = next_from(memory, ask->first);

	while (next != NULL && call->count < ask->count) {
		tell(call, memory, next, next->uid);
		next = next_from(memory, (uint64_t)next->uid + 1);
	}
}

void memory_quotas(struct store_call *call, struct store_file *file,
		   const struct store_quota_ask *ask)
{
	struct memory *memory = memory_of(file);
	size_t i = 0;
	int err = 0;

	call->quotas = talloc_array(call, struct store_quota, ask->count + 1);
	if (call->quotas == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	if (ask->how == STORE_QUOTA_LIST) {
		list(call, memory, ask);
	}
	for (i = 0; ask->how == STORE_QUOTA_GET && i < ask->count; i++) {
		uid_t uid = ask->quotas[i].uid;

		tell(call, memory, find(memory, uid), uid);
	}
	for (i = 0; ask->how == STORE_QUOTA_SET && err == 0 && i < ask->count;
	     i++) {
		err = set_limits(memory, &ask->quotas[i]);
	}
	store_call_done(call, err);
}
