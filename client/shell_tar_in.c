/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The archive that is read. It is read in pieces; small files go on their way
 * as soon as they are read, many at a time, while a large one is pumped through
 * from the archive to the server before anything behind it is looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/client_req.h"
#include "client/shell_meta.h"
#include "client/shell_tar_in.h"

#define FILES_IN_FLIGHT 200
#define BYTES_IN_FLIGHT ((uint64_t)48 * 1024 * 1024)

struct in_file {
	struct tar_in *in;
	char *remote;
	struct meta_local *meta; /* of a folder: its streams */
	uint64_t weight;
};

static bool in_goes_on(const struct tar_in *in)
{
	return !in->failed && !in->shell->interrupted &&
	       client_why(in->shell->conn) == NULL;
}

/* ----------------------------------------------------------------- folders */

/* Where it is, or would be. @return whether it is there. */
static bool in_find(const struct tar_in *in, const char *path, size_t *at)
{
	size_t low = 0;
	size_t high = in->folders;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(in->folder[middle].path, path);

		if (order == 0) {
			*at = middle;
			return true;
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*at = low;
	return false;
}

static void in_insert(struct tar_in *in, size_t at, const char *path,
		      bool fresh)
{
	in->folder = shell_need(talloc_realloc(in, in->folder, struct in_folder,
					       in->folders + 1));
	memmove(&in->folder[at + 1], &in->folder[at],
		(in->folders - at) * sizeof(in->folder[0]));
	in->folders++;
	in->folder[at] = (struct in_folder){
		.path = shell_need(talloc_strdup(in, path)),
		.fresh = fresh,
	};
}

/* Make a folder, and those above it, unless they are there. */
static struct in_folder *in_folder(struct tar_in *in, const char *path)
{
	NTSTATUS status = NT_STATUS_OK;
	char *above = NULL;
	bool good = true;
	size_t at = 0;

	if (in_find(in, path, &at)) {
		return &in->folder[at];
	}
	if (strcmp(path, in->shell->cwd) != 0 && *path != '\0') {
		above = shell_need(client_path_folder(in, path));
		good = in_folder(in, above) != NULL;
		talloc_free(above);
		if (!good) {
			return NULL;
		}
		status = client_mkdir(in->shell->tree, path);
	} else {
		status = NT_STATUS_OBJECT_NAME_COLLISION;
	}
	if (!NT_STATUS_IS_OK(status) &&
	    status != NT_STATUS_OBJECT_NAME_COLLISION) {
		if (!in->shell->interrupted) {
			shell_progress_clear(in->progress);
			shell_fail(in->shell, status, "\\%s", path);
		}
		return NULL;
	}
	(void)in_find(in, path, &at);
	in_insert(in, at, path, NT_STATUS_IS_OK(status));
	return &in->folder[at];
}

struct in_folder_end {
	struct tar_in *in;
	const struct in_folder *folder;
};

static void in_end(struct in_folder_end *end)
{
	end->in->times_in_flight--;
	talloc_free(end);
}

static void in_list_set(struct tevent_req *subreq)
{
	struct in_folder_end *end =
		tevent_req_callback_data(subreq, struct in_folder_end);

	meta_recv(subreq);
	talloc_free(subreq);
	in_end(end);
}

/* Its access list, last: it may take away the right to all else. Its streams
 * are there: there is nothing to look for. */
static void in_set_list(struct in_folder_end *end)
{
	const struct in_folder *f = end->folder;

	if (f->meta == NULL) {
		in_end(end);
		return;
	}
	tevent_req_set_callback(
		shell_need(meta_put_send(end, &end->in->transfer, f->meta,
					 f->path, f->path, true)),
		in_list_set, end);
}

static void in_time_set(struct tevent_req *subreq)
{
	struct in_folder_end *end =
		tevent_req_callback_data(subreq, struct in_folder_end);

	/* A folder without its time is better than none. */
	(void)client_set_basic_recv(subreq);
	talloc_free(subreq);
	in_set_list(end);
}

static void in_finish(struct tar_in *in, const struct in_folder *f)
{
	const struct fscc_basic basic = {
		.last_write_time = f->write_time,
		.file_attributes = f->attributes,
		.creation_time = f->created,
	};
	struct in_folder_end *end =
		shell_need(talloc_zero(in, struct in_folder_end));

	end->in = in;
	end->folder = f;
	in->times_in_flight++;
	if (f->write_time == 0 && f->created == 0) {
		in_set_list(end);
		return;
	}
	tevent_req_set_callback(shell_need(client_set_basic_send(
					end, in->shell->tree, f->path, &basic)),
				in_time_set, end);
}

/* When nothing changes in them any more. */
static void in_finish_folders(struct tar_in *in)
{
	size_t next = in->folders;

	while (client_why(in->shell->conn) == NULL && !in->shell->interrupted &&
	       (next > 0 || in->times_in_flight > 0)) {
		if (next > 0 && in->times_in_flight < FILES_IN_FLIGHT) {
			in_finish(in, &in->folder[--next]);
		} else if (tevent_loop_once(in->shell->ev) != 0) {
			break;
		}
	}
}

/* ------------------------------------------------------------------- files */

/* What it had when it was put into the archive, but for what it is. */
static uint32_t attributes_of(const struct tar_entry *entry)
{
	return entry->attributes & META_KEPT;
}

/* What goes with the bytes beside them. */
static uint64_t weight_of(const struct meta_local *meta)
{
	uint64_t weight = meta->descriptor.len;
	size_t i = 0;

	for (i = 0; i < meta->count; i++) {
		weight += meta->stream[i].data.len;
	}
	return weight;
}

static NTTIME time_of(const struct tar_entry *entry)
{
	return entry->time.tv_sec > 0 ? nttime_from_timespec(entry->time) : 0;
}

static NTTIME created_of(const struct tar_in *in, const struct tar_entry *entry)
{
	return in->transfer.keep_times ? meta_archive_created(entry) : 0;
}

static void in_file_done(struct tevent_req *subreq)
{
	struct in_file *file = tevent_req_callback_data(subreq, struct in_file);
	struct tar_in *in = file->in;
	struct transfer_result result = {0};

	shell_put_recv(subreq, &result);
	in->files_in_flight--;
	in->bytes_in_flight -= file->weight;
	if (!NT_STATUS_IS_OK(result.status)) {
		shell_progress_clear(in->progress);
		shell_fail(in->shell, result.status, "\\%s", file->remote);
	} else {
		in->entries++;
		shell_progress_add(in->progress, 0, 1);
	}
	talloc_free(file);
}

/* Until there is room for a file of that size, or ^C. */
static void in_make_room(struct tar_in *in, uint64_t size)
{
	while (in_goes_on(in) && in->files_in_flight > 0 &&
	       (in->files_in_flight >= FILES_IN_FLIGHT ||
		in->bytes_in_flight + size > BYTES_IN_FLIGHT)) {
		if (tevent_loop_once(in->shell->ev) != 0) {
			break;
		}
	}
}

static void in_small(struct tar_in *in, struct transfer_source *source,
		     struct meta_local *meta, char *remote, bool fresh)
{
	struct in_file *file = shell_need(talloc_zero(in, struct in_file));
	uint8_t *data = shell_need(talloc_size(file, source->size + 1));

	file->meta = talloc_steal(file, meta);
	file->weight = source->size + weight_of(meta);
	in_make_room(in, file->weight);
	if (!tar_in_take(in, data, source->size)) {
		talloc_free(file);
		return;
	}
	file->in = in;
	file->remote = talloc_move(file, &remote);
	source->data = data;
	in->files_in_flight++;
	in->bytes_in_flight += file->weight;
	tevent_req_set_callback(
		shell_need(shell_put_from_send(file, &in->transfer, source,
					       file->remote, fresh)),
		in_file_done, file);
}

static void in_large(struct tar_in *in, struct transfer_source *source,
		     const char *remote)
{
	struct copy_end end = {
		.ops = &tar_in_entry_ops,
		.name = in->local,
		.size = source->size,
		.sequential = true,
		.private_data = in,
	};
	struct transfer_result result = {0};
	struct tevent_req *req = NULL;
	NTSTATUS status = NT_STATUS_OK;

	source->end = &end;
	in->reading = false;
	in->entry_left = source->size;
	req = shell_need(
		shell_put_from_send(in, &in->transfer, source, remote, false));
	status = shell_wait(in->shell, req);
	if (NT_STATUS_IS_OK(status)) {
		shell_put_recv(req, &result);
		status = result.status;
	}
	talloc_free(req);
	if (NT_STATUS_IS_OK(status)) {
		in->entries++;
		shell_progress_add(in->progress, 0, 1);
		return;
	}
	if (!in->shell->interrupted) {
		shell_progress_clear(in->progress);
		shell_fail(in->shell, status, "\\%s", remote);
	}
	/* A read that was broken off may have taken something with it. */
	in->failed = in->reading;
	if (!in->failed) {
		(void)tar_in_take(in, NULL, in->entry_left);
	}
}

static void in_put(struct tar_in *in, const struct tar_entry *entry,
		   char *remote)
{
	struct transfer_source source = {
		.size = entry->size,
		.basic = {.last_write_time = time_of(entry),
			  .file_attributes = attributes_of(entry),
			  .creation_time = created_of(in, entry)},
	};
	struct meta_local *meta =
		shell_need(meta_from_archive(in, &in->transfer, entry));
	char *above = shell_need(client_path_folder(in, remote));
	const struct in_folder *folder = in_folder(in, above);

	talloc_free(above);
	if (folder == NULL) {
		(void)tar_in_take(in, NULL,
				  entry->size + tar_padding(entry->size));
		talloc_free(meta);
		return;
	}
	source.meta = meta;
	shell_progress_expect(in->progress, entry->size, 1);
	shell_progress_name(in->progress, client_path_name(remote));
	if (entry->size <= TRANSFER_SMALL) {
		in_small(in, &source, meta, remote, folder->fresh);
	} else {
		in_large(in, &source, remote);
		talloc_free(meta);
	}
	(void)tar_in_take(in, NULL, in->failed ? 0 : tar_padding(entry->size));
}

static void in_streams_put(struct tevent_req *subreq)
{
	struct in_file *file = tevent_req_callback_data(subreq, struct in_file);
	struct tar_in *in = file->in;

	meta_recv(subreq);
	in->files_in_flight--;
	in->bytes_in_flight -= file->weight;
	talloc_free(file);
}

/* The streams of a folder go at once, its access list and times in the end. */
static void in_describe(struct tar_in *in, struct in_folder *folder,
			const struct tar_entry *entry)
{
	struct meta_local *meta =
		shell_need(meta_from_archive(in, &in->transfer, entry));
	const char *path = folder->path;
	bool fresh = folder->fresh;
	struct in_file *file = NULL;

	folder->write_time = time_of(entry);
	folder->created = created_of(in, entry);
	folder->attributes = attributes_of(entry);
	TALLOC_FREE(folder->meta);
	if (meta->descriptor.len > 0) {
		folder->meta = shell_need(talloc_zero(in, struct meta_local));
		folder->meta->descriptor = wire_slice(
			talloc_steal(folder->meta,
				     (void *)(uintptr_t)meta->descriptor.data),
			meta->descriptor.len);
		meta->descriptor.len = 0;
	}
	if (!in->transfer.keep_streams || (fresh && meta->count == 0)) {
		talloc_free(meta);
		return;
	}
	file = shell_need(talloc_zero(in, struct in_file));
	file->in = in;
	file->meta = talloc_steal(file, meta);
	file->weight = weight_of(meta);
	in_make_room(in, file->weight);
	in->files_in_flight++;
	in->bytes_in_flight += file->weight;
	tevent_req_set_callback(
		shell_need(meta_put_send(file, &in->transfer, meta, path, path,
					 fresh)),
		in_streams_put, file);
}

/* ----------------------------------------------------------------- entries */

static void in_say(struct tar_in *in, const char *name)
{
	char *text = shell_printable(in, name);

	if (in->choice->dry_run) {
		fprintf(in->shell->out, "%s\n", text);
	} else if (in->choice->verbose) {
		shell_progress_clear(in->progress);
		shell_say(in->shell, "%s", text);
	}
	talloc_free(text);
}

/* Where does it go? NULL: nowhere, which is said if it is wrong. */
static char *in_place(struct tar_in *in, const struct tar_entry *entry)
{
	const char *why = NULL;
	char *remote = NULL;

	if (!tar_chooses_name(in->choice, entry->name)) {
		return NULL;
	}
	if (entry->kind == TAR_OTHER) {
		shell_progress_clear(in->progress);
		shell_fail_text(in->shell, "%s: left out: a %s", entry->name,
				entry->what);
		return NULL;
	}
	remote = tar_place(in, in->shell->cwd, entry->name,
			   in->shell->map_names, &why);
	if (remote == NULL) {
		shell_progress_clear(in->progress);
		shell_fail_text(in->shell, "%s: %s", entry->name, why);
	} else if (entry->kind == TAR_FILE &&
		   strcmp(remote, in->shell->cwd) == 0) {
		shell_fail_text(in->shell, "%s: left out: it has no name",
				entry->name);
		TALLOC_FREE(remote);
	}
	return remote;
}

static void in_entry(struct tar_in *in, const struct tar_entry *entry)
{
	char *remote = in_place(in, entry);
	struct in_folder *folder = NULL;

	if (remote != NULL) {
		in_say(in, entry->name);
	}
	if (remote == NULL || in->choice->dry_run) {
		(void)tar_in_take(in, NULL,
				  entry->size + tar_padding(entry->size));
	} else if (entry->kind == TAR_FOLDER) {
		folder = in_folder(in, remote);
		if (folder != NULL && strcmp(remote, in->shell->cwd) != 0) {
			in_describe(in, folder, entry);
			in->entries++;
		}
	} else {
		/* the file may outlive the place */
		in_put(in, entry, shell_need(talloc_strdup(in, remote)));
	}
	talloc_free(remote);
}

static void in_run(struct tar_in *in)
{
	struct tar_parser *parser = shell_need(tar_parser_new(in));
	uint8_t block[TAR_BLOCK] = {0};
	enum tar_step step = TAR_MORE;
	struct tar_entry entry = {0};
	const char *why = NULL;

	while (step != TAR_END && in_goes_on(in) &&
	       tar_in_take(in, block, sizeof(block))) {
		step = tar_parse(parser, block, &entry, &why);
		if (step == TAR_BAD) {
			tar_in_fail(in, why);
		} else if (step == TAR_ENTRY) {
			in_entry(in, &entry);
		}
	}
	/* What was read whole is put, also when the rest is missing. */
	while (in->files_in_flight > 0 && !in->shell->interrupted &&
	       client_why(in->shell->conn) == NULL) {
		if (tevent_loop_once(in->shell->ev) != 0) {
			break;
		}
	}
	in_finish_folders(in);
	/* Who writes into the pipe may have padded it. */
	while (step == TAR_END && tar_in_piece(in, NULL)) {
		in->used = in->block->len;
	}
	shell_progress_clear(in->progress);
	if (client_why(in->shell->conn) != NULL && !in->shell->failed) {
		shell_fail(in->shell, NT_STATUS_CONNECTION_DISCONNECTED, "tar");
	}
}

static int in_destructor(struct tar_in *in)
{
	if (in->fd > STDERR_FILENO) {
		close(in->fd);
	}
	return 0;
}

void shell_tar_extract(struct shell *shell, const struct tar_choice *choice,
		       const char *local)
{
	struct tar_in *in = shell_need(talloc_zero(shell, struct tar_in));
	bool standard = strcmp(local, TRANSFER_STDIO) == 0;

	in->shell = shell;
	in->choice = choice;
	in->local = standard ? "standard input" : local;
	in->fd = standard ? STDIN_FILENO : local_open(local, O_RDONLY);
	if (in->fd < 0) {
		shell_fail_errno(shell, errno, "%s", local);
		talloc_free(in);
		return;
	}
	talloc_set_destructor(in, in_destructor);
	in->end = shell_need(copy_stream(in, in->fd, in->local));
	in->progress = shell_progress_new(in, shell);
	in->transfer = shell_transfer_new(shell, in->progress);
	in_run(in);
	if (!in->failed && !shell->interrupted && !choice->dry_run) {
		shell_say(shell, "tar: %" PRIu64 " files and folders",
			  in->entries);
	}
	talloc_free(in);
}
