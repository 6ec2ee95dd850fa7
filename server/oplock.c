/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Oplocks and leases as objects, and the table of leases. */

#include <string.h>

#include "server/oplock.h"
#include "server/persistent.h"
#include "smbquic/list.h"

#define NUM_BUCKETS                                       \
	(sizeof(((struct oplock_table *)NULL)->buckets) / \
	 sizeof(struct oplock *))

#define LEASE_RW  (SMB2_LEASE_READ_CACHING | SMB2_LEASE_WRITE_CACHING)
#define LEASE_RWH SMB2_LEASE_ALL

struct oplock_table *oplock_table_new(TALLOC_CTX *mem_ctx)
{
	return talloc_zero(mem_ctx, struct oplock_table);
}

static bool same_guid(const struct smb2_guid *a, const struct smb2_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Keys come from clients: a bucket may grow, but not beyond their opens. */
static size_t bucket_of(const struct smb2_guid *key)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(key->bytes); i++) {
		hash = (hash ^ key->bytes[i]) * UINT64_C(0x100000001B3);
	}
	return (size_t)(hash >> 20) % NUM_BUCKETS;
}

struct oplock *oplock_find_lease(const struct oplock_table *table,
				 const struct smb2_guid *client,
				 const struct smb2_guid *key)
{
	struct oplock *oplock = table->buckets[bucket_of(key)];

	while (oplock != NULL && (!same_guid(&oplock->key, key) ||
				  !same_guid(&oplock->client, client))) {
		oplock = oplock->key_next;
	}
	return oplock;
}

bool oplock_is_asked(const struct oplock *oplock, const struct oplock_ask *ask)
{
	return oplock != NULL && oplock->lease && ask->lease != NULL &&
	       same_guid(&oplock->key, &ask->lease->lease_key) &&
	       same_guid(&oplock->client, &ask->client);
}

static void count(const struct oplock *oplock, unsigned change)
{
	struct file_caching *caching = &oplock->file->caching;

	if (oplock->state != SMB2_LEASE_NONE) {
		caching->some += change;
	}
	if ((oplock->state & SMB2_LEASE_HANDLE_CACHING) != 0) {
		caching->handles += change;
	}
	if ((oplock->state & SMB2_LEASE_WRITE_CACHING) != 0) {
		caching->writes += change;
	}
	if (oplock->breaking) {
		caching->breaking += change;
	}
	if (!oplock->lease) {
		caching->old_kind += change;
	}
}

void oplock_record(const struct oplock *oplock)
{
	struct file_open *fo = NULL;

	for (fo = oplock->holders; fo != NULL; fo = fo->holder_next) {
		persistent_changed(fo->open);
	}
}

void oplock_set(struct oplock *oplock, uint32_t state, bool breaking)
{
	count(oplock, -1U);
	oplock->state = state;
	oplock->breaking = breaking;
	count(oplock, 1);
	oplock_record(oplock);
}

static int oplock_destructor(struct oplock *oplock)
{
	struct oplock_table *table = oplock->table;

	count(oplock, -1U);

	LIST_REMOVE(oplock->file->oplocks, oplock);
	if (oplock->lease) {
		LIST_REMOVE_AS(table->buckets[bucket_of(&oplock->key)], oplock,
			       key_prev, key_next);
	}
	if (oplock->lease && oplock->file->directory) {
		LIST_REMOVE_AS(table->directories, oplock, dir_prev, dir_next);
	}
	return 0;
}

static void lease_init(struct oplock *oplock, const struct oplock_ask *ask)
{
	const struct smb2_lease *lease = ask->lease;
	struct oplock_table *table = oplock->table;

	oplock->lease = true;
	oplock->key = lease->lease_key;
	oplock->client = ask->client;
	oplock->version = lease->version;
	if (lease->version == 2) {
		oplock->epoch = lease->epoch;
	}
	LIST_ADD_AS(table->buckets[bucket_of(&oplock->key)], oplock, key_prev,
		    key_next);
	if (oplock->file->directory) {
		LIST_ADD_AS(table->directories, oplock, dir_prev, dir_next);
	}
}

struct oplock *oplock_new(struct file *file, const struct oplock_ask *ask)
{
	struct oplock *oplock = talloc_zero(file, struct oplock);

	if (oplock == NULL) {
		return NULL;
	}
	oplock->file = file;
	oplock->table = file_oplocks(file->table);
	LIST_ADD(file->oplocks, oplock);
	if (ask->lease != NULL) {
		lease_init(oplock, ask);
	}
	count(oplock, 1);
	talloc_set_destructor(oplock, oplock_destructor);
	return oplock;
}

void oplock_opened(struct file_open *fo, unsigned change)
{
	if (!oplock_stat_access(fo->access)) {
		fo->file->caching.bare += change;
	}
}

void oplock_hold(struct file_open *fo, struct oplock *oplock)
{
	oplock_opened(fo, -1U);
	fo->file->caching.held++;
	oplock->opens++;
	fo->oplock = oplock;
	LIST_ADD_AS(oplock->holders, fo, holder_prev, holder_next);
}

static void let_go(struct file_open *fo)
{
	struct oplock *oplock = fo->oplock;

	LIST_REMOVE_AS(oplock->holders, fo, holder_prev, holder_next);
	fo->oplock = NULL;
	oplock->opens--;
	fo->file->caching.held--;
	oplock_opened(fo, 1);
}

/* Takes it from whoever has it. */
void oplock_free(struct oplock *oplock)
{
	while (oplock->holders != NULL) {
		let_go(oplock->holders);
	}
	talloc_free(oplock);
}

void oplock_leave(struct file_open *fo)
{
	struct oplock *oplock = fo->oplock;

	if (oplock == NULL) {
		return;
	}
	let_go(fo);
	if (oplock->holders == NULL) {
		talloc_free(oplock);
	}
}

uint32_t oplock_state_of_level(uint8_t level)
{
	switch (level) {
	case SMB2_OPLOCK_LEVEL_II: return SMB2_LEASE_READ_CACHING;
	case SMB2_OPLOCK_LEVEL_EXCLUSIVE: return LEASE_RW;
	case SMB2_OPLOCK_LEVEL_BATCH: return LEASE_RWH;
	default: return SMB2_LEASE_NONE;
	}
}

uint8_t oplock_level_of_state(uint32_t state)
{
	if ((state & SMB2_LEASE_READ_CACHING) == 0) {
		return SMB2_OPLOCK_LEVEL_NONE;
	}
	if ((state & SMB2_LEASE_WRITE_CACHING) == 0) {
		return SMB2_OPLOCK_LEVEL_II;
	}
	return state == LEASE_RWH ? SMB2_OPLOCK_LEVEL_BATCH
				  : SMB2_OPLOCK_LEVEL_EXCLUSIVE;
}

uint8_t oplock_level(const struct file_open *fo)
{
	if (fo->oplock == NULL) {
		return SMB2_OPLOCK_LEVEL_NONE;
	}
	return fo->oplock->lease ? SMB2_OPLOCK_LEVEL_LEASE
				 : oplock_level_of_state(fo->oplock->state);
}

bool oplock_lease(const struct file_open *fo, struct smb2_lease *out)
{
	const struct oplock *oplock = fo->oplock;

	if (oplock == NULL || !oplock->lease) {
		return false;
	}
	*out = (struct smb2_lease){
		.version = oplock->version,
		.lease_key = oplock->key,
		.lease_state = oplock->state,
		.flags = oplock->breaking && !oplock->untold
				 ? SMB2_LEASE_FLAG_BREAK_IN_PROGRESS
				 : 0,
		.epoch = oplock->epoch,
	};
	if (oplock->version == 2 && oplock->has_parent) {
		out->flags |= SMB2_LEASE_FLAG_PARENT_LEASE_KEY_SET;
		out->parent_lease_key = oplock->parent;
	}
	return true;
}

/* --- written down, and taken up again ------------------------------------- */

struct oplock_saved oplock_save(const struct file_open *fo)
{
	const struct oplock *oplock = fo->oplock;

	if (oplock == NULL) {
		return (struct oplock_saved){.kind = OPLOCK_SAVED_NONE};
	}
	return (struct oplock_saved){
		.kind = oplock->lease ? OPLOCK_SAVED_LEASE
				      : OPLOCK_SAVED_OPLOCK,
		.version = oplock->version,
		.epoch = oplock->epoch,
		.state = oplock->state,
		.client = oplock->client,
		.key = oplock->key,
		.parent = oplock->parent,
		.has_parent = oplock->has_parent,
	};
}

static struct oplock *restored(struct file *file,
			       const struct oplock_saved *saved)
{
	const struct smb2_lease lease = {
		.version = saved->version,
		.lease_key = saved->key,
		.epoch = saved->epoch,
	};
	const struct oplock_ask ask = {
		.lease = saved->kind == OPLOCK_SAVED_LEASE ? &lease : NULL,
		.client = saved->client,
	};
	struct oplock *oplock = oplock_new(file, &ask);

	if (oplock != NULL) {
		oplock->has_parent = saved->has_parent;
		oplock->parent = saved->parent;
		oplock_set(oplock, saved->state, false);
	}
	return oplock;
}

bool oplock_restore(struct file_open *fo, const struct oplock_saved *saved)
{
	struct oplock *oplock = NULL;

	if (saved->kind == OPLOCK_SAVED_NONE) {
		return true;
	}
	if (saved->kind == OPLOCK_SAVED_LEASE) {
		oplock = oplock_find_lease(file_oplocks(fo->file->table),
					   &saved->client, &saved->key);
	}
	if (oplock == NULL) {
		oplock = restored(fo->file, saved);
		if (oplock == NULL) {
			return false;
		}
	}
	if (oplock->file == fo->file) {
		oplock_hold(fo, oplock);
	}
	return true;
}
