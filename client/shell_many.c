/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many files at a time: mget and mput.
 *
 * Work is a queue of items, files and folders. A folder is made where it goes
 * to and listed where it comes from, which yields more items; several folders
 * and many files are in flight together, so that a tree costs bandwidth and
 * not round trips. Whoever wants to be asked is asked before an item is
 * queued.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/shell_many.h"
#include "smbquic/name_map.h"

#define MAPPED_BACKSLASH "\xEF\x80\xA6"

#define FOLDERS_IN_FLIGHT 8
#define FILES_IN_FLIGHT	  200
#define BYTES_IN_FLIGHT	  ((uint64_t)48 * 1024 * 1024)
/* While so many files wait, no more folders are listed. */
#define FILES_WAITING 2000
#define SMALLEST      512 /* bytes that an empty file counts for */

static void many_folder_done(struct tevent_req *subreq);
static void many_swept(struct tevent_req *subreq);
static void many_sweep(struct many *many, const char *remote);
static void many_file_done(struct tevent_req *subreq);

/* ------------------------------------------------------------------ items */

bool many_is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool wanted(struct many *many, const struct many_item *item)
{
	struct shell *shell = many->shell;
	char *question = NULL;
	bool yes = true;

	if (!shell->ask) {
		return true;
	}
	question = shell_need(talloc_asprintf(
		shell, "%s %s %s? ", many->up ? "Put" : "Get",
		item->folder ? "directory" : "file",
		many->up ? item->local : client_path_name(item->remote)));
	shell_progress_clear(many->progress);
	yes = shell_ask(shell, question);
	talloc_free(question);
	return yes;
}

/*
 * The backslash is the one character that Windows forbids and that no path of
 * the library can have: what stands for it stays in them.
 */
const char *many_remote_name(const struct many *many, TALLOC_CTX *mem_ctx,
			     const char *name)
{
	char mapped[3 * NAME_MAP_MAX + 1] = "";

	if (!many->up || strchr(name, '\\') == NULL ||
	    !name_map_to_smb(name, mapped, sizeof(mapped))) {
		return name;
	}
	return shell_need(talloc_strdup(mem_ctx, mapped));
}

char *many_local_name(struct many *many, const char *folder, const char *name)
{
	char mapped[NAME_MAP_MAX + 1] = "";
	char *path = NULL;
	char *p = NULL;

	/* A file that is called "-" is not standard output. */
	if (*folder == '\0' && strcmp(name, TRANSFER_STDIO) == 0) {
		folder = ".";
	}
	if (!many->up && many->shell->map_names &&
	    strstr(name, MAPPED_BACKSLASH) != NULL &&
	    name_map_to_disk(name, mapped, sizeof(mapped)) &&
	    strchr(mapped, '/') == NULL) {
		name = mapped;
	}
	path = *folder != '\0' ? talloc_asprintf(many, "%s/%s", folder, name)
			       : talloc_strdup(many, name);
	shell_need(path);
	if (!many->up && many->shell->lowercase) {
		for (p = path + strlen(path) - strlen(name); *p != '\0'; p++) {
			*p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
		}
	}
	return path;
}

/*
 * An archive has its folders as a walk through them would: what is below one
 * before what comes next to it. That is when tar(1) sets a folder's time.
 */
static void many_queue_folder(struct many *many, struct many_item *item)
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

/* Something was found in a folder that comes from, or goes to, these two. */
void many_add(struct many *many, const struct many_folder *in,
	      const char *remote_folder, const char *local_folder,
	      const char *name, bool folder, const struct client_stat *stat)
{
	struct many_item *item =
		shell_need(talloc_zero(many, struct many_item));

	item->many = many;
	item->in = in;
	many->offered++;
	item->folder = folder;
	item->stat = *stat;
	item->remote =
		shell_need(talloc_asprintf(item, "%s%s%s", remote_folder,
					   *remote_folder != '\0' ? "\\" : "",
					   many_remote_name(many, item, name)));
	item->local =
		talloc_steal(item, many_local_name(many, local_folder, name));
	if ((many->choice != NULL &&
	     !tar_chooses(many->choice, item->local, stat)) ||
	    !wanted(many, item) ||
	    (many->sync != NULL && !folder && !many_sync_wants(many, item))) {
		talloc_free(item);
		return;
	}
	if (folder) {
		many_queue_folder(many, item);
		return;
	}
	shell_progress_expect(many->progress, stat->size, 1);
	many->files_waiting++;
	TAILQ_INSERT_TAIL(&many->files, item, entry);
}

/* "mask" chooses among the files of folders that are gone into. */
bool many_mask_matches(const struct shell *shell, const char *name)
{
	return fnmatch(shell->mask, name, FNM_CASEFOLD) == 0;
}

void many_add_listed(struct many *many, const struct many_folder *in,
		     const char *remote, const char *local,
		     const struct client_dir_list *list, bool by_mask)
{
	size_t i = 0;

	for (i = 0; i < list->count && !many->shell->interrupted; i++) {
		const struct client_dir_entry *e = &list->entry[i];
		bool folder =
			(e->stat.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

		if (many_is_dot(e->name) || !client_name_is_safe(e->name)) {
			continue;
		}
		if (folder ? many->shell->recurse
			   : !by_mask ||
				     many_mask_matches(many->shell, e->name)) {
			many_add(many, in, remote, local, e->name, folder,
				 &e->stat);
		}
	}
}

/* ---------------------------------------------------------------- folders */

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
static void many_sweep(struct many *many, const char *remote)
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

	f->in = item->in;
	f->write_time = item->stat.write_time;
	f->fresh = item->fresh;
	f->target = talloc_steal(f, item->target);
	f->copy = talloc_steal(f, many->up ? item->remote : item->local);
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

/* ------------------------------------------------------------------ files */

static void many_copy_file(struct many_item *item)
{
	struct many *many = item->many;
	struct tevent_req *subreq = NULL;

	if (many->tar != NULL) {
		subreq = tar_add_send(item, many->tar, &many->transfer,
				      item->remote, item->local, &item->stat);
	} else if (many->up) {
		subreq = shell_put_send(item, &many->transfer, item->local,
					item->remote,
					item->in != NULL && item->in->fresh);
	} else {
		subreq = shell_get_send(item, &many->transfer, item->remote,
					item->local, &item->stat);
	}
	shell_need(subreq);
	shell_progress_name(many->progress, client_path_name(item->remote));
	tevent_req_set_callback(subreq, many_file_done, item);
}

/* It is not copied: it is the same, or nothing is. */
static void many_leave_out(struct many_item *item)
{
	struct many *many = item->many;

	many->bytes_in_flight -= item->weight;
	many->files_in_flight--;
	shell_progress_add(many->progress, item->stat.size, 1);
	talloc_free(item);
}

/* It goes, or would go. */
static void many_sync_file(struct many_item *item)
{
	struct many *many = item->many;

	if (many->sync != NULL && many->sync->dry_run) {
		many->sync->copied++;
		many_sync_say(many, item);
		many_leave_out(item);
	} else if (many->choice != NULL && many->choice->dry_run) {
		many_tar_say(many, item);
		many_leave_out(item);
	} else {
		many_copy_file(item);
	}
}

static void many_compared(struct tevent_req *subreq)
{
	struct many_item *item =
		tevent_req_callback_data(subreq, struct many_item);
	bool same = shell_same_recv(subreq);

	talloc_free(subreq);
	if (same) {
		item->many->sync->same++;
		many_leave_out(item);
	} else {
		many_sync_file(item);
	}
}

static void many_start_file(struct many *many)
{
	struct many_item *item = TAILQ_FIRST(&many->files);
	struct tevent_req *subreq = NULL;

	TAILQ_REMOVE(&many->files, item, entry);
	many->files_waiting--;
	item->weight = item->stat.size < many->transfer.limits.bytes
			       ? item->stat.size
			       : many->transfer.limits.bytes;
	many->bytes_in_flight += item->weight;
	many->files_in_flight++;
	if (!item->compare) {
		many_sync_file(item);
		return;
	}
	subreq = shell_need(shell_same_send(item, &many->transfer, item->remote,
					    item->local));
	tevent_req_set_callback(subreq, many_compared, item);
}

/* Of an archive that cannot be written it is said once, at its end. */
static void many_say_failure(struct many *many, const struct many_item *item,
			     const struct transfer_result *result)
{
	if (many->tar != NULL && tar_out_error(many->tar) != 0) {
		return;
	}
	shell_progress_clear(many->progress);
	shell_transfer_fail(many->shell, result, item->remote, item->local);
}

static void many_say_done(const struct many *many, const struct many_item *item)
{
	if (many->tar != NULL) {
		if (many->choice->verbose) {
			shell_say(many->shell, "%s", item->local);
		}
		return;
	}
	shell_say(many->shell,
		  many->up ? "putting file %s as \\%s"
			   : "getting file %s of \\%s",
		  item->local, item->remote);
}

static void many_file_done(struct tevent_req *subreq)
{
	struct many_item *item =
		tevent_req_callback_data(subreq, struct many_item);
	struct many *many = item->many;
	struct transfer_result result = {0};

	if (many->tar != NULL) {
		tar_add_recv(subreq, &result);
	} else if (many->up) {
		shell_put_recv(subreq, &result);
	} else {
		shell_get_recv(subreq, &result);
	}
	many->bytes_in_flight -= item->weight;
	many->files_in_flight--;
	shell_progress_add(many->progress, 0, 1);
	if (many->sync != NULL && NT_STATUS_IS_OK(result.status)) {
		many->sync->copied++;
	}
	if (!NT_STATUS_IS_OK(result.status)) {
		many_say_failure(many, item, &result);
	} else if (!shell_progress_shown(many->progress)) {
		many_say_done(many, item);
	}
	talloc_free(item);
}

/* -------------------------------------------------------------------- run */

static void many_wake(struct tevent_context *ev, struct tevent_timer *timer,
		      struct timeval now, void *private_data)
{
	struct many *many = talloc_get_type_abort(private_data, struct many);

	(void)ev;
	(void)timer;
	(void)now;
	TALLOC_FREE(many->paused);
}

/*
 * A small file comes or goes as a whole, so the rate is asked here; that of a
 * large one is the pump's. It counts as a block: a message is more than the
 * bytes of an empty file.
 */
static bool many_may(struct many *many, const struct many_item *next)
{
	uint64_t bytes = next->stat.size;
	uint64_t wait = 0;

	if (many->paused == NULL && bytes <= TRANSFER_SMALL) {
		bytes = bytes > SMALLEST ? bytes : SMALLEST;
		wait = copy_rate_take(&many->shell->rate, copy_rate_now(),
				      bytes);
	}
	if (wait > 0) {
		many->paused = shell_need(tevent_add_timer(
			many->shell->ev, many,
			tevent_timeval_current_ofs((uint32_t)(wait / 1000000),
						   (uint32_t)(wait % 1000000)),
			many_wake, many));
	}
	return many->paused == NULL;
}

static bool many_has_room(const struct many *many)
{
	const struct many_item *next = TAILQ_FIRST(&many->files);

	if (next == NULL || many->files_in_flight >= FILES_IN_FLIGHT) {
		return false;
	}
	return many->files_in_flight == 0 ||
	       many->bytes_in_flight + next->stat.size <= BYTES_IN_FLIGHT;
}

static bool many_goes_on(const struct many *many)
{
	return !many->shell->interrupted &&
	       client_why(many->shell->conn) == NULL &&
	       (many->tar == NULL || tar_out_error(many->tar) == 0);
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
	const struct fscc_basic basic = {.last_write_time = f->write_time};
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	struct tevent_req *subreq = NULL;

	if (!many->up) {
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

/* The times of the folders, when nothing changes in them any more. */
static void many_run_times(struct many *many)
{
	while (many_goes_on(many) &&
	       (many->times != NULL || many->times_in_flight > 0)) {
		struct many_folder *f = many->times;

		if (f != NULL && many->times_in_flight < FILES_IN_FLIGHT) {
			many->times = f->next;
			if (f->write_time != 0) {
				many_set_time(many, f);
			}
		} else if (tevent_loop_once(many->shell->ev) != 0) {
			break;
		}
	}
}

static void many_start_folders(struct many *many)
{
	struct many_item *item = many_next_folder(many);

	while (item != NULL && many->folders_in_flight < FOLDERS_IN_FLIGHT &&
	       many->files_waiting < FILES_WAITING) {
		many_start_folder(many, item);
		item = many_next_folder(many);
	}
}

/* Freeing what is in flight cancels it and takes its temporary files away. */
void many_run(struct many *many)
{
	while (many_goes_on(many)) {
		many_find_in_order(many);
		while (!TAILQ_EMPTY(&many->found)) {
			many_expand(many);
			many_find_in_order(many);
		}
		many_start_folders(many);
		while (many_has_room(many) &&
		       many_may(many, TAILQ_FIRST(&many->files))) {
			many_start_file(many);
		}
		if (many->files_in_flight + many->folders_in_flight +
				    many->sweeps_in_flight ==
			    0 &&
		    TAILQ_EMPTY(&many->found) && TAILQ_EMPTY(&many->files)) {
			break;
		}
		if (tevent_loop_once(many->shell->ev) != 0) {
			break;
		}
	}
	if (many->choice == NULL &&
	    (many->sync == NULL || !many->sync->dry_run)) {
		many_run_times(many);
	}
	shell_progress_clear(many->progress);
	if (client_why(many->shell->conn) != NULL && !many->shell->failed) {
		shell_fail(many->shell, NT_STATUS_CONNECTION_DISCONNECTED,
			   many->choice != NULL ? "tar"
			   : many->up		? "mput"
						: "mget");
	}
}

struct many *many_new(struct shell *shell, bool up)
{
	struct many *many = shell_need(talloc_zero(shell, struct many));

	many->shell = shell;
	many->up = up;
	TAILQ_INIT(&many->folders);
	TAILQ_INIT(&many->found);
	TAILQ_INIT(&many->files);
	many->progress = shell_progress_new(many, shell);
	many->transfer = shell_transfer_new(shell, many->progress);
	return many;
}

/* Which folder the mask is in, for leads_round(). */
void many_know_base(struct many *many, const char *folder)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileAllInformation,
	};
	struct fscc_all all = {0};
	struct wire_slice data = {0};

	if (many->shell->recurse &&
	    NT_STATUS_IS_OK(client_query_path(many, many->shell->tree, folder,
					      FILE_READ_ATTRIBUTES, &query,
					      &data)) &&
	    fscc_all_decode(data, &all)) {
		many->base.id = all.index_number;
		many->base.creation_time = all.basic.creation_time;
	}
}

/* Nothing to copy is an error; that somebody did not want it is none. */
static void many_say_nothing(const struct many *many, const char *mask)
{
	if (many->offered > 0 || many->shell->failed) {
		return;
	}
	if (many->matched > 0) {
		shell_fail_text(many->shell,
				"%s: only folders match; \"recurse\" switches "
				"on that they are copied",
				mask);
	} else {
		shell_fail_errno(many->shell, ENOENT, "%s", mask);
	}
}

void shell_many_get(struct shell *shell, const char *mask)
{
	struct many *many = many_new(shell, false);
	char *path = shell_path(many, shell, mask);
	char *folder = shell_need(client_path_folder(many, path));
	struct client_dir_list *list = NULL;
	NTSTATUS status = NT_STATUS_OK;

	status = client_list(many, shell->tree, folder, client_path_name(path),
			     &list);
	if (NT_STATUS_IS_OK(status) && list->count == 0) {
		status = NT_STATUS_NO_SUCH_FILE;
	}
	if (!NT_STATUS_IS_OK(status)) {
		shell_fail(shell, status, "\\%s", path);
	} else {
		many_know_base(many, folder);
		many_add_listed(many, &many->base, folder, "", list, false);
		if (strpbrk(client_path_name(path), "*?") == NULL) {
			many->matched = (unsigned)list->count;
			many_say_nothing(many, mask);
		}
		many_run(many);
	}
	talloc_free(many);
}

void shell_many_put(struct shell *shell, const char *mask)
{
	struct many *many = many_new(shell, true);
	const char *cut = strrchr(mask, '/');
	const char *name = cut != NULL ? cut + 1 : mask;
	size_t len = cut != NULL ? (size_t)(cut - mask) : 0;
	char *folder = NULL;

	/* Of "/name" the folder is the root. */
	folder = shell_need(talloc_strndup(many, mask, cut == mask ? 1 : len));
	if (cut == NULL) {
		*folder = '\0';
	}
	many_add_local(many, &many->base, shell->cwd, folder, name, false);
	many_say_nothing(many, mask);
	if (!TAILQ_EMPTY(&many->files)) {
		many_sweep(many, shell->cwd);
	}
	many_run(many);
	talloc_free(many);
}

/* Both begin where they are: the folder itself is the first item. */
void shell_many_sync(struct shell *shell, const struct sync_options *options,
		     const char *remote, const char *local)
{
	struct many *many = many_new(shell, options->up);
	struct many_sync sync = {
		.del = options->del,
		.checksum = options->checksum,
		.dry_run = options->dry_run,
	};
	struct many_item *item =
		shell_need(talloc_zero(many, struct many_item));

	many->sync = &sync;
	item->many = many;
	item->in = &many->base;
	item->folder = true;
	item->remote = shell_need(talloc_strdup(item, remote));
	item->local = shell_need(talloc_strdup(item, local));
	TAILQ_INSERT_TAIL(&many->folders, item, entry);
	many_run(many);
	shell_say(shell,
		  "%s%" PRIu64 " copied, %" PRIu64 " the same, %" PRIu64
		  " deleted",
		  sync.dry_run ? "would be: " : "", sync.copied, sync.same,
		  sync.deleted);
	talloc_free(many);
}
