/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * persistent.h - handles that outlive the server (MS-SMB2 3.3.5.9.10): their
 * records in the folder `handles` of the state directory, one file each
 * (persistent_record.h).
 *
 * A record is on disk before the CREATE is answered, and so is what LOCK and
 * SET_INFO change of it. What others do to its oplock is written soon. It goes
 * when the handle is closed, also by its time; not when the server ends.
 *
 * When the server ends in peace, other durable handles are written down too,
 * for the one that is started after it. Their records go as they are read.
 *
 * The files are written one after the other by a worker thread (savefile.h:
 * replaced whole, on the disk when it is done).
 */
#ifndef SERVER_PERSISTENT_H
#define SERVER_PERSISTENT_H

#include "server/file.h"
#include "server/request.h"

#define PERSISTENT_MAX		16384 /* handles that are written down, in all */
#define PERSISTENT_MAX_PER_USER 4096  /* of them */

struct persistent;
struct persistent_handle;

/** Make the folder ready. @return NULL: it cannot be had, and the log says so;
 *  there are no persistent handles then. Child of the server, which has a
 *  state directory. */
struct persistent *persistent_new(struct server *server);

/** Does any share ask for them? Then NEGOTIATE offers them. */
bool persistent_wanted(const struct server *server);

/** Are they to be had there, by that connection? */
bool persistent_offered(const struct conn *conn, const struct share *share);

/** The durable open is to be written down: open->durable->record.
 *  persistent_save_send() does it. @return false: too many, or no memory. */
bool persistent_add(struct open *open);

/** Something of the open is not as it is written. Does nothing if it is not
 *  written down. */
void persistent_changed(struct open *open);

/** Likewise for all opens by that name: renamed, to be deleted or not. */
void persistent_name_changed(const struct file_name *name);

/** Done when the open's record says what holds now. */
struct tevent_req *persistent_save_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct open *open);
/** @return 0, or why it could not be written. */
int persistent_save_recv(struct tevent_req *req);
/** Is there anything to write? */
bool persistent_dirty(const struct open *open);

/** The handle is closed: so is the record. NULL does nothing. */
void persistent_forget(struct persistent_handle *handle);

/** The server ends, its handles stay. For the server's destructor, while all
 *  is still there. */
void persistent_keep(struct persistent *all);

/* --- persistent_restore.c --------------------------------------------------
 */

/**
 * The handles of a server that was there before: open their files, and let them
 * wait for their owners. Blocks; before anybody can connect. What cannot be had
 * back the log says, and its record goes.
 */
void persistent_restore(struct persistent *all);

/* Between the two files. */
struct server *persistent_server(const struct persistent *all);
const char *persistent_folder(const struct persistent *all);
/** The restored open has that record already. @return false: no memory. */
bool persistent_adopt(struct open *open);

#endif
