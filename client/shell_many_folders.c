/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folders of mget, mput, sync and tar: made where they go to, listed where
 * they come from, gone into, and given their times in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "client/shell_many.h"
#include "client/shell_meta.h"

#define FOLDERS_IN_FLIGHT 8
/* While so many files wait, no more folders are listed. */
#define FILES_WAITING 2000

static void many_folder_done(struct tevent_req *subreq);
static void many_swept(struct tevent_req *subreq);

/*
 * An archive has its folders as a walk through them would: what is below one
 * before what comes next to it. That is when tar(1) sets a folder's time.
 */
void many_queue_folder(struct many *many, struct many_item *item)
{
	if (many->choice == NULL) {
		TAILQ_INSERT_TAIL(&many->folders, item, entry);
		return;
	}
	if (many->after != NULL) {
		TAILQ_INSERT_AFTER(&many->folders, many->after, item, entry);
	} else {
		TAILQ_INSERT_HEAD(&many->folders, item, entry);
	}
	many->after = item;
}

/* @return 0 or errno. */
static int make_folder(const char *name)
{
	struct stat st = {0};

	if (mkdir(name, 0777) == 0) {
		return 0;
	}
	if (errno != EEXIST) {
		return errno;
	}
	return stat(name, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* Make it locally, list it there; or make it there, list it here. */
static struct tevent_req *folder_send(struct many *many, struct many_item *item)
{
	struct shell *shell = many->shell;
	int err = 0;

	if (many->up) {
		return client_mkdir_send(item, shell->tree, item->remote);
	}
	if (many->choice == NULL &&
	    (many->sync == NULL || !many->sync->dry_run)) {
		err = make_folder(item->local);
	}
	if (err != 0) {
		shell_progress_clear(many->progress);
		shell_fail_errno(shell, err, "%s", item->local);
		return NULL;
	}
	return client_list_send(item, shell->tree, item->remote, "*");
}

/* sync up: is the folder there, and with what in it? */
static void many_target_listed(struct tevent_req *subreq)
{
	struct many_item *item =
		tevent_req_callback_data(subreq, struct many_item);
	struct many *many = item->many;
	NTSTATUS status = client_list_recv(subreq, item, &item->target);
	bool missing = status == NT_STATUS_OBJECT_NAME_NOT_FOUND ||
		       status == NT_STATUS_OBJECT_PATH_NOT_FOUND;

	if (missing && !many->sync->dry_run) {
		subreq = shell_need(folder_send(many, item));
		tevent_req_set_callback(subreq, many_folder_done, item);
		return;
	}
	many->folders_in_flight--;
	if (NT_STATUS_IS_OK(status) || missing) {
		many_sync_sort(item->target);
		TAILQ_INSERT_TAIL(&many->found, item, entry);
	} else {
		shell_progress_clear(many->progress);
		shell_fail(many->shell, status, "\\%s", item->remote);
		talloc_free(item);
		return;
	}
	if (!missing && !many->sync->dry_run) {
		many_sweep(many, item->remote);
	}
}

/* The next one to be listed; NULL: none. */
static struct many_item *many_next_folder(const struct many *many)
{
	struct many_item *item = TAILQ_FIRST(&many->folders);

	while (item != NULL && item->started) {
		item = TAILQ_NEXT(item, entry);
	}
	return item;
}

static void many_start_folder(struct many *many, struct many_item *item)
{
	struct tevent_req *subreq = NULL;

	item->started = true;
	if (many->choice == NULL) {
		TAILQ_REMOVE(&many->folders, item, entry);
	}
	if (many->up && many->sync != NULL) {
		subreq = shell_need(client_list_send(item, many->shell->tree,
						     item->remote, "*"));
		many->folders_in_flight++;
		tevent_req_set_callback(subreq, many_target_listed, item);
		return;
	}
	subreq = folder_send(many, item);
	if (subreq == NULL) {
		if (many->choice != NULL) {
			TAILQ_REMOVE(&many->folders, item, entry);
		}
		talloc_free(item);
		return;
	}
	many->folders_in_flight++;
	tevent_req_set_callback(subreq, many_folder_done, item);
}

/* In a folder that was there before there may be leftovers. */
void many_sweep(struct many *many, const char *remote)
{
	struct tevent_req *subreq = shell_need(
		shell_leftover_sweep_send(many, &many->transfer, remote));

	many->sweeps_in_flight++;
	tevent_req_set_callback(subreq, many_swept, many);
}

static void many_swept(struct tevent_req *subreq)
{
	struct many *many = tevent_req_callback_data(subreq, struct many);

	shell_leftover_sweep_recv(subreq);
	talloc_free(subreq);
	many->sweeps_in_flight--;
}

static void many_folder_done(struct tevent_req *subreq)
{
	struct many_item *item =
		tevent_req_callback_data(subreq, struct many_item);
	struct many *many = item->many;
	struct client_dir_list *list = NULL;
	NTSTATUS status = NT_STATUS_OK;

	many->folders_in_flight--;
	if (many->up) {
		status = client_mkdir_recv(subreq);
		if (status == NT_STATUS_OBJECT_NAME_COLLISION) {
			status = NT_STATUS_OK;
			many_sweep(many, item->remote);
		} else {
			item->fresh = true;
		}
	} else {
		status = client_list_recv(subreq, item, &list);
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_progress_clear(many->progress);
		shell_fail(many->shell, status, "\\%s", item->remote);
		if (many->choice != NULL) {
			TAILQ_REMOVE(&many->folders, item, entry);
		}
		talloc_free(item);
		return;
	}
	/* Questions are asked where the loop may run: many_run(). */
	item->list = list;
	item->listed = true;
	if (many->choice == NULL) {
		TAILQ_INSERT_TAIL(&many->found, item, entry);
	}
}

/* tar: it is the turn of those that were found first. */
static void many_find_in_order(struct many *many)
{
	struct many_item *item = TAILQ_FIRST(&many->folders);

	if (many->choice == NULL || item == NULL || !item->listed ||
	    many->files_waiting >= FILES_WAITING) {
		return;
	}
	TAILQ_REMOVE(&many->folders, item, entry);
	TAILQ_INSERT_TAIL(&many->found, item, entry);
	many->after = NULL;
}

/* It was gone into: what is found in it is below it. */
static struct many_folder *many_entered(struct many *many,
					struct many_item *item)
{
	struct many_folder *f =
		shell_need(talloc_zero(many, struct many_folder));

	f->many = many;
	f->in = item->in;
	f->depth = item->in != NULL ? item->in->depth + 1 : 1;
	f->write_time = item->stat.write_time;
	f->created = item->stat.creation_time;
	f->attributes = item->stat.attributes;
	f->fresh = item->fresh;
	f->target = talloc_steal(f, item->target);
	f->copy = talloc_steal(f, many->up ? item->remote : item->local);
	f->origin = talloc_steal(f, many->up ? item->local : item->remote);
	f->next = many->times;
	many->times = f;
	for (size_t i = 0; item->list != NULL && i < item->list->count; i++) {
		const struct client_dir_entry *e = &item->list->entry[i];

		if (strcmp(e->name, ".") == 0) {
			f->id = e->file_id;
			f->creation_time = e->stat.creation_time;
		}
	}
	return f;
}

/* A link on the server may lead to a folder that we are in. */
static bool leads_round(const struct many_folder *f)
{
	const struct many_folder *above = NULL;

	if (f->id == 0) {
		return false;
	}
	for (above = f->in; above != NULL; above = above->in) {
		if (above->id == f->id &&
		    above->creation_time == f->creation_time) {
			return true;
		}
	}
	return false;
}

/* A folder goes into an archive before what is in it. */
static void many_add_folder(struct many *many, const struct many_item *item)
{
	struct many_item *copy = NULL;

	if (many->choice == NULL) {
		return;
	}
	copy = shell_need(talloc_zero(many, struct many_item));
	copy->many = many;
	copy->in = item->in;
	copy->stat = item->stat;
	copy->stat.size = 0;
	copy->remote = shell_need(talloc_strdup(copy, item->remote));
	copy->local = shell_need(talloc_strdup(copy, item->local));
	many->files_waiting++;
	TAILQ_INSERT_TAIL(&many->files, copy, entry);
}

static void many_expand(struct many *many)
{
	struct many_item *item = TAILQ_FIRST(&many->found);
	const char *remote = item->remote;
	const char *local = item->local;
	struct many_folder *f = many_entered(many, item);

	TAILQ_REMOVE(&many->found, item, entry);
	if (leads_round(f)) {
		shell_progress_clear(many->progress);
		shell_say(
			many->shell,
			"left out: what is in \\%s (it leads back to a folder "
			"above it)",
			remote);
	} else if (!shell_not_too_deep(many->shell, remote, f->depth)) {
		/* a server may say that it goes on for ever */
	} else if (many->up) {
		many_add_local(many, f, remote, local, "*", true);
	} else {
		many_add_folder(many, item);
		many_add_listed(many, f, remote, local, item->list, true);
	}
	if (many->sync != NULL && !leads_round(f)) {
		many_sync_delete(many, f, remote, local, item->list);
	}
	TALLOC_FREE(f->target);
	talloc_free(item);
}

void many_expand_folders(struct many *many)
{
	many_find_in_order(many);
	while (!TAILQ_EMPTY(&many->found)) {
		many_expand(many);
		many_find_in_order(many);
	}
}

void many_start_folders(struct many *many)
{
	struct many_item *item = many_next_folder(many);

	while (item != NULL && many->folders_in_flight < FOLDERS_IN_FLIGHT &&
	       many->files_waiting < FILES_WAITING) {
		many_start_folder(many, item);
		item = many_next_folder(many);
	}
}

/* ----------------------------------------------------------------- times */

static void many_time_set(struct tevent_req *subreq)
{
	struct many *many = tevent_req_callback_data(subreq, struct many);

	/* A folder without its time is better than none. */
	(void)client_set_basic_recv(subreq);
	talloc_free(subreq);
	many->times_in_flight--;
}

static void many_set_time(struct many *many, const struct many_folder *f)
{
	const struct fscc_basic basic = {
		.last_write_time = f->write_time,
		.file_attributes = f->attributes & META_KEPT,
		.creation_time = many->up && many->transfer.keep_times
					 ? meta_created(f->origin)
					 : 0,
	};
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	struct tevent_req *subreq = NULL;

	if (f->write_time == 0) {
		return;
	}
	if (!many->up) {
		meta_set_attributes(f->copy, f->attributes);
		times[1] = nttime_to_timespec(f->write_time);
		(void)utimensat(AT_FDCWD, f->copy, times, 0);
		return;
	}
	subreq =
		client_set_basic_send(many, many->shell->tree, f->copy, &basic);
	if (subreq != NULL) {
		many->times_in_flight++;
		tevent_req_set_callback(subreq, many_time_set, many);
	}
}

static void many_folder_kept(struct tevent_req *subreq)
{
	struct many_folder *f =
		tevent_req_callback_data(subreq, struct many_folder);

	meta_recv(subreq);
	talloc_free(subreq);
	f->many->times_in_flight--;
	many_set_time(f->many, f);
}

/* What a folder has beside what is in it; then its time, which that changes. */
static void many_keep_folder(struct many *many, struct many_folder *f)
{
	const struct transfer *t = &many->transfer;
	struct meta_local *meta = NULL;
	struct tevent_req *subreq = NULL;
	int err = 0;

	if (!many->up) {
		meta_keep_created(t, f->copy, f->copy, f->created);
	}
	if (!many_keeps(many)) {
		many_set_time(many, f);
		return;
	}
	if (!many->up) {
		subreq = meta_get_send(f, t, f->origin, f->copy, f->copy);
	} else {
		err = meta_local_load(
			f, t, *f->origin != '\0' ? f->origin : ".", &meta);
		if (err != 0) {
			shell_progress_clear(many->progress);
			shell_fail_errno(many->shell, err, "%s", f->origin);
			many_set_time(many, f);
			return;
		}
		subreq =
			meta_put_send(f, t, meta, f->copy, f->origin, f->fresh);
	}
	many->times_in_flight++;
	tevent_req_set_callback(shell_need(subreq), many_folder_kept, f);
}

/* The times of the folders, when nothing changes in them any more. */
void many_run_times(struct many *many)
{
	while (many_goes_on(many) &&
	       (many->times != NULL || many->times_in_flight > 0)) {
		struct many_folder *f = many->times;

		if (f != NULL && many->times_in_flight < MANY_FILES_IN_FLIGHT) {
			many->times = f->next;
			many_keep_folder(many, f);
		} else if (tevent_loop_once(many->shell->ev) != 0) {
			break;
		}
	}
}
