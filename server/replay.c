/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CREATEs by their CreateGuid. */

#include <string.h>

#include "server/durable.h"
#include "server/oplock.h"
#include "server/replay.h"
#include "smbquic/list.h"

#define NUM_BUCKETS 1024

struct replay_table {
	struct replay *buckets[NUM_BUCKETS];
};

struct replay_table *replay_table_new(TALLOC_CTX *mem_ctx)
{
	return talloc_zero(mem_ctx, struct replay_table);
}

static size_t bucket_of(const struct smb2_guid *create)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(create->bytes); i++) {
		hash = (hash ^ create->bytes[i]) * UINT64_C(0x100000001B3);
	}
	return (size_t)(hash >> 20) % NUM_BUCKETS;
}

static bool same_guid(const struct smb2_guid *a, const struct smb2_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct replay *replay_find(const struct file_table *files,
			   const struct smb2_guid *client,
			   const struct smb2_guid *create)
{
	const struct replay_table *table = file_replays(files);
	struct replay *replay = table->buckets[bucket_of(create)];

	while (replay != NULL && (!same_guid(&replay->create, create) ||
				  !same_guid(&replay->client, client))) {
		replay = replay->next;
	}
	return replay;
}

static int replay_destructor(struct replay *replay)
{
	LIST_REMOVE(replay->table->buckets[bucket_of(&replay->create)], replay);
	return 0;
}

struct replay *replay_new(TALLOC_CTX *mem_ctx, const struct file_table *files,
			  const struct smb2_guid *client,
			  const struct smb2_guid *create)
{
	struct replay *replay = talloc_zero(mem_ctx, struct replay);

	if (replay == NULL) {
		return NULL;
	}
	replay->table = file_replays(files);
	replay->client = *client;
	replay->create = *create;
	LIST_ADD(replay->table->buckets[bucket_of(create)], replay);
	talloc_set_destructor(replay, replay_destructor);
	return replay;
}

void replay_used(struct open *open)
{
	if (open->replay == NULL) {
		return;
	}
	if (durable_is_persistent(open)) {
		open->replay->used = true;
	} else {
		TALLOC_FREE(open->replay);
	}
}

void replay_done(struct replay *replay, struct open *open, uint32_t action)
{
	replay->open = open;
	open->replay = replay;
	replay->action = action;
	(void)talloc_steal(open, replay);
}

static void orphan_done(struct tevent_req *subreq)
{
	struct replay *replay = tevent_req_callback_data(subreq, struct replay);

	oplock_wait_recv(subreq);
	talloc_free(replay);
}

void replay_orphan(struct replay *replay, struct file *file,
		   struct tevent_context *ev)
{
	struct tevent_req *subreq = NULL;

	(void)talloc_steal(file, replay);
	subreq = oplock_wait_send(replay, ev, file);
	if (subreq == NULL) {
		talloc_free(replay);
		return;
	}
	tevent_req_set_callback(subreq, orphan_done, replay);
}
