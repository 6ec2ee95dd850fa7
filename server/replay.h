/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.h - CREATEs with a CreateGuid, by client: so that one that is sent
 * again, because its answer was lost, is not done twice (MS-SMB2 3.3.5.9.10).
 */
#ifndef SERVER_REPLAY_H
#define SERVER_REPLAY_H

#include "server/file.h"

/** Child of whoever is at work on the CREATE, then of the open. */
struct replay {
	struct replay *prev, *next; /**< of its bucket */
	struct replay_table *table;
	struct smb2_guid client, create;
	struct open *open; /**< NULL: the first CREATE is at work */
	uint32_t action;   /**< what it answered */
	bool used; /**< its client knows the answer; of a persistent open */
};

/** @return NULL: no memory. */
struct replay_table *replay_table_new(TALLOC_CTX *mem_ctx);

/** @return NULL: no such CREATE. */
struct replay *replay_find(const struct file_table *files,
			   const struct smb2_guid *client,
			   const struct smb2_guid *create);

/** A CREATE begins. @return NULL: no memory. */
struct replay *replay_new(TALLOC_CTX *mem_ctx, const struct file_table *files,
			  const struct smb2_guid *client,
			  const struct smb2_guid *create);

/** Whoever was at work on it is gone, with the channel it came by, while it
 *  waited for oplocks of that file: it counts as at work as long as they do. */
void replay_orphan(struct replay *replay, struct file *file,
		   struct tevent_context *ev);

/** Another request names the open: what its CREATE was is forgotten, unless it
 *  is persistent: then only its guid remains. */
void replay_used(struct open *open);

/** It was answered: remembered until another request names the open. */
void replay_done(struct replay *replay, struct open *open, uint32_t action);

#endif
