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

#include "client/cmd_list.h"
#include "client/shell_many.h"
#include "client/shell_meta.h"
#include "client/shell_partial.h"
#include "smbquic/alarm.h"
#include "smbquic/name_map.h"

#define MAPPED_BACKSLASH "\xEF\x80\xA6"

#define BYTES_IN_FLIGHT ((uint64_t)48 * 1024 * 1024)
#define SMALLEST	512 /* bytes that an empty file counts for */

static void many_file_done(struct tevent_req *subreq);
static void many_same_kept(struct tevent_req *subreq);

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

static void say_left_out(struct many *many, const char *path)
{
	shell_progress_clear(many->progress);
	shell_say(many->shell, "left out: \\%s (a link to a folder)", path);
}

/* A link to a folder may lead round, or twice to the same: only who names it
 * means what is in there. One to a file is the file. */
static bool leave_link(struct many *many, const char *remote,
		       const struct client_dir_entry *e, bool by_mask)
{
	char *path = NULL;

	if (many->choice != NULL || !shell_is_link(&e->stat) ||
	    (many->named && !by_mask)) {
		return false;
	}
	path = shell_below(many, remote, e->name);
	say_left_out(many, path);
	talloc_free(path);
	return true;
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
		if (many->choice == NULL && many->sync == NULL &&
		    !shell_takes(many->shell, &e->stat)) {
			continue;
		}
		if (folder && many->shell->recurse &&
		    leave_link(many, remote, e, by_mask)) {
			continue;
		}
		if (many->choice != NULL && shell_is_link(&e->stat)) {
			folder = false; /* it is kept as what it is */
		}
		if (folder ? many->shell->recurse
			   : !by_mask ||
				     many_mask_matches(many->shell, e->name)) {
			many_add(many, in, remote, local, e->name, folder,
				 &e->stat);
		}
	}
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

bool many_keeps(const struct many *many)
{
	return many->transfer.keep_acls || many->transfer.keep_streams;
}

/* Its bytes are there; what goes with them may be another. */
static void many_keep_same(struct many_item *item)
{
	struct many *many = item->many;
	const struct transfer *t = &many->transfer;
	struct meta_local *meta = NULL;
	struct tevent_req *subreq = NULL;
	int err = 0;

	many->sync->same++;
	if (many->sync->dry_run || !many_keeps(many)) {
		many_leave_out(item);
		return;
	}
	if (!many->up) {
		subreq = meta_get_send(item, t, item->remote, item->local,
				       item->local);
	} else {
		err = meta_local_load(item, t, item->local, &meta);
		if (err != 0) {
			shell_progress_clear(many->progress);
			shell_fail_errno(many->shell, err, "%s", item->local);
			many_leave_out(item);
			return;
		}
		subreq = meta_put_send(item, t, meta, item->remote, item->local,
				       false);
	}
	tevent_req_set_callback(shell_need(subreq), many_same_kept, item);
}

static void many_same_kept(struct tevent_req *subreq)
{
	struct many_item *item =
		tevent_req_callback_data(subreq, struct many_item);

	meta_recv(subreq);
	talloc_free(subreq);
	many_leave_out(item);
}

static void many_compared(struct tevent_req *subreq)
{
	struct many_item *item =
		tevent_req_callback_data(subreq, struct many_item);
	bool same = shell_same_recv(subreq);

	talloc_free(subreq);
	if (same) {
		many_keep_same(item);
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
	if (many->tar != NULL && many->transfer.keep_streams) {
		item->weight += TAR_XATTRS_MAX;
	}
	many->bytes_in_flight += item->weight;
	many->files_in_flight++;
	item->began = shell_transfer_clock();
	if (item->same) {
		many_keep_same(item);
		return;
	}
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

/* What the server does not say of a link is seen when it is opened. */
static bool leads_to_folder(const struct many_item *item,
			    const struct transfer_result *result)
{
	return !item->many->up && shell_is_link(&item->stat) &&
	       result->status == NT_STATUS_FILE_IS_A_DIRECTORY;
}

static void many_say_done(const struct many *many, const struct many_item *item)
{
	if (many->tar != NULL) {
		if (many->choice->verbose) {
			shell_say(many->shell, "%s", item->local);
		}
		return;
	}
	shell_transfer_say(many->shell, many->up, item->remote, item->local,
			   item->copied, item->began);
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
	if (leads_to_folder(item, &result)) {
		say_left_out(many, item->remote);
	} else if (!NT_STATUS_IS_OK(result.status)) {
		many_say_failure(many, item, &result);
	} else if (!shell_progress_shown(many->progress)) {
		item->copied = result.bytes;
		many_say_done(many, item);
	}
	talloc_free(item);
}

/* -------------------------------------------------------------------- run */

static void many_wake(void *private_data)
{
	struct many *many = talloc_get_type_abort(private_data, struct many);

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
		many->paused = shell_need(alarm_add(many->shell->ev, many,
						    (wait + 999) / 1000,
						    many_wake, many));
	}
	return many->paused == NULL;
}

static bool many_has_room(const struct many *many)
{
	const struct many_item *next = TAILQ_FIRST(&many->files);

	if (next == NULL || many->files_in_flight >= MANY_FILES_IN_FLIGHT) {
		return false;
	}
	return many->files_in_flight == 0 ||
	       many->bytes_in_flight + next->stat.size <= BYTES_IN_FLIGHT;
}

bool many_goes_on(const struct many *many)
{
	return !many->shell->interrupted &&
	       client_why(many->shell->conn) == NULL &&
	       (many->tar == NULL || tar_out_error(many->tar) == 0);
}

/* Freeing what is in flight cancels it and takes its temporary files away. */
void many_run(struct many *many)
{
	while (many_goes_on(many)) {
		many_expand_folders(many);
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
		partial_sweep(shell, "");
		many_know_base(many, folder);
		many->named = strpbrk(client_path_name(path), "*?") == NULL;
		many_add_listed(many, &many->base, folder, "", list, false);
		if (many->named) {
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
	many->transfer.translate = false; /* sizes are compared */
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
