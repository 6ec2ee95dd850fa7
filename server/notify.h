/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notify.h - what happened in a directory, for CHANGE_NOTIFY (MS-SMB2
 * 3.3.5.19, MS-FSA 2.1.5.11). One object per open directory, made by its first
 * CHANGE_NOTIFY: from then on changes are remembered between requests, up to
 * the size of that request's buffer.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>
#include <tevent.h>

#include "server/store.h"
#include "smbquic/ntstatus.h"
#include "smbquic/wire.h"

struct notify;

/**
 * Begins to watch. Events are remembered from the beginning on; who waits hears
 * when it has begun, or failed.
 * @param tree    below as well.
 * @param filter  FILE_NOTIFY_CHANGE_*.
 * @param limit   bytes of FILE_NOTIFY_INFORMATION that are remembered.
 * @return NULL: no memory.
 */
struct notify *notify_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			  struct store_file *dir, bool tree, uint32_t filter,
			  size_t limit);

/** Not yet: the disk is asked. */
bool notify_begins(const struct notify *notify);

/** It cannot be watched: notify_take() says why. */
bool notify_failed(const struct notify *notify);

/** The directory itself is going to be deleted: who waits hears of it. */
void notify_directory_gone(struct notify *notify);

/** Is there something to tell, or was it in vain? */
bool notify_ready(const struct notify *notify);

/** Done when notify_ready(), or when notify_begins() no longer: look which.
 *  Freeing it ends the wait. */
struct tevent_req *notify_wait_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct notify *notify);
/** @return false: the notify object is gone (the directory was closed). */
bool notify_wait_recv(struct tevent_req *req);

/**
 * Take what was remembered: FILE_NOTIFY_INFORMATION entries, at most max
 * bytes, child of mem_ctx.
 * @return NT_STATUS_OK; NT_STATUS_NOTIFY_ENUM_DIR too much happened, or it
 *         does not fit: the client must look for itself;
 *         NT_STATUS_DELETE_PENDING the directory is gone; that of an errno
 *         of store_watch_recv();
 *         NT_STATUS_NO_MEMORY.
 */
NTSTATUS notify_take(struct notify *notify, TALLOC_CTX *mem_ctx, size_t max,
		     struct wire_slice *out);

#endif
