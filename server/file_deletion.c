/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names on their way out: what was to be deleted with its last open.
 *
 * The name stays in the table until it is gone from the store, so that nobody
 * opens it in between. Nobody can ask once more for a deletion that failed,
 * since who asked has closed the file: when the server lacks descriptors or
 * memory it is tried again, as long as it takes. CLOSE waits for the first
 * second of that.
 */

#define LOG_MODULE "file"

#include <errno.h>
#include <string.h>

#include "server/file_private.h"
#include "server/oplock.h"
#include "smbquic/alarm.h"
#include "smbquic/log.h"

#define PAUSE_MS      100
#define PAUSE_MOST_MS 1000
#define WAITED_MS     1000 /* by CLOSE */

/* Child of the table: nobody needs to wait for it. */
struct deletion {
	struct file_table *table;
	struct file_name *name;
	struct store *store; /* referenced */
	struct store_file *handle;
	struct tevent_req *subreq;
	struct tevent_req *waiter; /* CLOSE, or NULL */
	unsigned pause, waited;	   /* ms */
};

static void deletion_unlinked(struct tevent_req *subreq);
static void deletion_closed(struct tevent_req *subreq);

/* What uses the store goes before it. */
static int deletion_destructor(struct deletion *deletion)
{
	TALLOC_FREE(deletion->subreq);
	TALLOC_FREE(deletion->handle);
	deletion->table->deletions--;
	return 0;
}

unsigned file_deletions(const struct file_table *table)
{
	return table->deletions;
}

void file_on_deleted(struct file_table *table,
		     void (*deleted)(void *private_data), void *private_data)
{
	table->deleted = deleted;
	table->deleted_data = private_data;
}

void deletion_notify(struct deletion *deletion, struct tevent_req *waiter)
{
	deletion->waiter = waiter;
}

static void tell_waiter(struct deletion *deletion)
{
	struct tevent_req *waiter = deletion->waiter;

	deletion->waiter = NULL;
	if (waiter != NULL) {
		tevent_req_done(waiter);
	}
}

static void deletion_end(struct deletion *deletion)
{
	struct tevent_req *waiter = deletion->waiter;
	struct file_table *table = deletion->table;
	struct file_name *name = deletion->name;

	oplock_path_changed(name->file->table, name->store, name->path,
			    &name->deleter);
	oplock_wake(name->file);
	file_name_touch(name->file->table, name->store, name->path);
	file_name_gone(deletion->name);
	talloc_free(deletion);
	if (waiter != NULL) {
		tevent_req_done(waiter);
	}
	if (table->deletions == 0 && table->deleted != NULL) {
		table->deleted(table->deleted_data);
	}
}

static bool deletion_try(struct deletion *deletion)
{
	deletion->subreq =
		store_unlink_send(deletion, deletion->table->ev,
				  deletion->handle, deletion->name->path);
	if (deletion->subreq == NULL) {
		return false;
	}
	tevent_req_set_callback(deletion->subreq, deletion_unlinked, deletion);
	return true;
}

static void deletion_close(struct deletion *deletion)
{
	struct store_file *handle = deletion->handle;

	deletion->handle = NULL;
	deletion->subreq =
		store_close_send(deletion, deletion->table->ev, handle);
	if (deletion->subreq == NULL) {
		deletion_end(deletion);
		return;
	}
	tevent_req_set_callback(deletion->subreq, deletion_closed, deletion);
}

static void deletion_again(void *private_data)
{
	struct deletion *deletion =
		talloc_get_type_abort(private_data, struct deletion);

	if (!deletion_try(deletion)) {
		deletion_close(deletion);
	}
}

static bool will_pass(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM;
}

/* @return false: no memory. */
static bool deletion_later(struct deletion *deletion, int err)
{
	unsigned ms = deletion->pause != 0 ? deletion->pause : PAUSE_MS;

	if (deletion->pause == 0) {
		log_warn("\"%s\" is deleted later: %s", deletion->name->path,
			 strerror(err));
	}
	if (alarm_add(deletion->table->ev, deletion, ms, deletion_again,
		      deletion) == NULL) {
		return false;
	}
	deletion->waited += ms;
	deletion->pause = ms < PAUSE_MOST_MS / 2 ? ms * 2 : PAUSE_MOST_MS;
	if (deletion->waited > WAITED_MS) {
		tell_waiter(deletion); /* who may end all this */
	}
	return true;
}

static void deletion_unlinked(struct tevent_req *subreq)
{
	struct deletion *deletion =
		tevent_req_callback_data(subreq, struct deletion);
	int err = store_unlink_recv(subreq);

	TALLOC_FREE(deletion->subreq);
	if (will_pass(err) && deletion_later(deletion, err)) {
		return;
	}
	if (err != 0) {
		log_info("cannot delete \"%s\": %s", deletion->name->path,
			 strerror(err));
	}
	deletion_close(deletion);
}

static void deletion_closed(struct tevent_req *subreq)
{
	struct deletion *deletion =
		tevent_req_callback_data(subreq, struct deletion);

	(void)store_close_recv(subreq);
	TALLOC_FREE(deletion->subreq);
	deletion_end(deletion);
}

struct deletion *deletion_begin(struct file_name *name,
				struct store_file *handle)
{
	struct file_table *table = name->file->table;
	struct deletion *deletion = talloc_zero(table, struct deletion);

	name->deleting = true;
	if (deletion == NULL) {
		talloc_free(handle);
		file_name_gone(name);
		return NULL;
	}
	deletion->table = table;
	deletion->name = name;
	deletion->store = talloc_reference(deletion, name->store);
	deletion->handle = talloc_steal(deletion, handle);
	table->deletions++;
	talloc_set_destructor(deletion, deletion_destructor);
	if (deletion->store == NULL || !deletion_try(deletion)) {
		file_name_gone(name);
		talloc_free(deletion);
		return NULL;
	}
	return deletion;
}
