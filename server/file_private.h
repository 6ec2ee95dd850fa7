/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file_private.h - shared by file.c (files and their opens), file_deletion.c,
 * and file_name.c (names, and what is asked of all of them).
 */
#ifndef SERVER_FILE_PRIVATE_H
#define SERVER_FILE_PRIVATE_H

#include "server/file.h"

#define FILE_BUCKETS 4096
#define FILE_TOUCHES 64 /* names that are remembered */

struct file_touch {
	const struct store *store;
	char *path;
};

struct file_table {
	struct tevent_context *ev; /* the server's */
	struct file_touch touches[FILE_TOUCHES];
	uint64_t num_touches; /* ever; the last ones are remembered */
	struct file *buckets[FILE_BUCKETS];
	struct file_name *pending; /* names that are to be deleted */
	struct oplock_table *oplocks;
	struct replay_table *replays;
	uint64_t last_serial;

	unsigned deletions; /* at work */
	void (*deleted)(void *private_data);
	void *deleted_data;
};

/* --- file.c */

size_t file_bucket_of(uint64_t volume_id, uint64_t file_id);

/** It goes when nothing has it any more. */
void file_free_unused(struct file *file);

/* --- file_deletion.c */

/**
 * The name goes from the store; takes the handle, which is closed then.
 * @return NULL: no memory, and it stays. Owned by the table.
 */
struct deletion *deletion_begin(struct file_name *name,
				struct store_file *handle);

/* --- file_name.c */

/** A name of the file; NULL: it is not open by that. */
struct file_name *file_name_find(const struct file *file,
				 const struct store *store, const char *path);

/** The same, made if need be. NULL: no memory. */
struct file_name *file_name_get(struct file *file, struct store *store,
				const char *path);

void file_name_set_pending(struct file_name *name, bool pending);

/** With its file, if that has nothing else. */
void file_name_free(struct file_name *name);

/** Nothing has it on the disk any more; who opened by it keeps it. */
void file_name_gone(struct file_name *name);

#endif
