/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot.h - previous versions: a folder of the share (`snapshot directory`)
 * holds one folder for each, whose name tells its time (`snapshot format`);
 * whoever makes them, btrfs or a backup, is none of our business.
 *
 * A client names one by a path with @GMT-YYYY.MM.DD-HH.MM.SS in it, or by the
 * create context TWrp (MS-SMB2 2.2.13.2.7, 3.3.5.9.4).
 */
#ifndef SERVER_SNAPSHOT_H
#define SERVER_SNAPSHOT_H

#include "server/server.h"
#include "smbquic/fscc.h"

/** May a path name a version: has the share any, and is it not a path in their
 *  own folder? */
bool snapshot_named(const struct share *share, const char *path);

/** Takes the (first) component @GMT-... out of a path, in place.
 *  @return false: there is none. */
bool snapshot_take(char *path, NTTIME *when);

/**
 * Where that version of a path is, in the same share.
 * @return child of mem_ctx; NULL: the share has no snapshots, or no memory.
 */
char *snapshot_path(TALLOC_CTX *mem_ctx, const struct share *share, NTTIME when,
		    const char *path);

/** The time in a snapshot folder's name; false: it is none. */
bool snapshot_time(const char *name, const char *format, NTTIME *when);

/** "@GMT-2024.01.31-23.59.59"; buf has SNAPSHOT_TOKEN_SIZE bytes. */
#define SNAPSHOT_TOKEN_SIZE 25
void snapshot_token(NTTIME when, char buf[SNAPSHOT_TOKEN_SIZE]);

#endif
