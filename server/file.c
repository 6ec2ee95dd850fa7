/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all opens of one file share. */

#define LOG_MODULE "file"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "server/file_private.h"
#include "server/lock.h"
#include "server/name.h"
#include "server/notify.h"
#include "server/oplock.h"
#include "server/persistent.h"
#include "server/replay.h"
#include "server/request.h"
#include "smbquic/list.h"
#include "smbquic/log.h"

/* Rights that share modes are about, and which mode is about which. */
#define SHARED_READ   (FILE_READ_DATA | FILE_EXECUTE)
#define SHARED_WRITE  (FILE_WRITE_DATA | FILE_APPEND_DATA)
#define SHARED_DELETE SEC_STD_DELETE
#define SHARED_ANY    (SHARED_READ | SHARED_WRITE | SHARED_DELETE)

/* --- files and names ---------------------------------------------------- */

struct file_table *file_table_new(TALLOC_CTX *mem_ctx)
{
	struct file_table *table = talloc_zero(mem_ctx, struct file_table);

	if (table == NULL) {
		return NULL;
	}
	table->oplocks = oplock_table_new(table);
	table->replays = replay_table_new(table);
	if (table->oplocks == NULL || table->replays == NULL) {
		TALLOC_FREE(table);
	}
	return table;
}

struct oplock_table *file_oplocks(const struct file_table *table)
{
	return table->oplocks;
}

struct replay_table *file_replays(const struct file_table *table)
{
	return table->replays;
}

struct tevent_context *file_loop(const struct file_table *table)
{
	return table->ev;
}

/* Shares on the machine's file systems may overlap. */
static const struct store *domain_of(const struct store *store)
{
	return strcmp(store_kind(store), "posix") == 0 ? NULL : store;
}

size_t file_bucket_of(uint64_t volume_id, uint64_t file_id)
{
	uint64_t hash =
		(file_id ^ volume_id << 32) * UINT64_C(0x9E3779B97F4A7C15);

	return (size_t)(hash >> 52) % FILE_BUCKETS;
}

/* The next of the streams of a file from there on, its own data among them. */
static struct file *next_of(struct file *file, const struct store *store,
			    uint64_t volume_id, uint64_t file_id)
{
	while (file != NULL &&
	       (file->file_id != file_id || file->volume_id != volume_id ||
		file->domain != domain_of(store))) {
		file = file->next;
	}
	return file;
}

static struct file *first_of(const struct file_table *table,
			     const struct store *store, uint64_t volume_id,
			     uint64_t file_id)
{
	return next_of(table->buckets[file_bucket_of(volume_id, file_id)],
		       store, volume_id, file_id);
}

static struct file *first_by_handle(const struct file_table *table,
				    const struct store_file *handle)
{
	return first_of(table, handle->store, handle->volume_id,
			handle->file_id);
}

static struct file *next_by_handle(const struct file *file,
				   const struct store_file *handle)
{
	return next_of(file->next, handle->store, handle->volume_id,
		       handle->file_id);
}

static bool same_stream(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct file *file_find(const struct file_table *table,
			      const struct store_file *handle,
			      const char *stream)
{
	struct file *file = first_by_handle(table, handle);

	while (file != NULL && !same_stream(file->stream, stream)) {
		file = next_by_handle(file, handle);
	}
	return file;
}

struct file *file_of(const struct file_table *table,
		     const struct store_file *handle)
{
	return file_find(table, handle, handle->stream);
}

static int file_destructor(struct file *file)
{
	oplock_wake(file);
	LIST_REMOVE(file->table->buckets[file_bucket_of(file->volume_id,
							file->file_id)],
		    file);
	return 0;
}

static struct file *file_get(struct file_table *table,
			     const struct store_file *handle)
{
	size_t bucket = file_bucket_of(handle->volume_id, handle->file_id);
	struct file *file = file_of(table, handle);

	if (file != NULL) {
		return file;
	}
	file = talloc_zero(table, struct file);
	if (file == NULL) {
		return NULL;
	}
	file->locks = lock_table_new(file);
	file->stream = talloc_strdup(file, handle->stream);
	if (file->locks == NULL ||
	    (file->stream == NULL && handle->stream != NULL)) {
		talloc_free(file);
		return NULL;
	}
	file->table = table;
	file->domain = domain_of(handle->store);
	file->directory = handle->directory;
	file->volume_id = handle->volume_id;
	file->file_id = handle->file_id;
	LIST_ADD(table->buckets[bucket], file);
	talloc_set_destructor(file, file_destructor);
	return file;
}

void file_free_unused(struct file *file)
{
	if (file->opens == NULL && file->names == NULL) {
		talloc_free(file);
	}
}

/* --- share modes -------------------------------------------------------- */

/* MS-FSA 2.1.5.1.2.2 compares every pair of opens, each one's rights with the
 * other's mode; how many there are of each kind says the same. */
static const struct share_mode {
	uint32_t access, share;
	size_t offset; /* of struct file_sharing in struct file */
} modes[] = {
	{SHARED_READ, FILE_SHARE_READ, offsetof(struct file, reading)},
	{SHARED_WRITE, FILE_SHARE_WRITE, offsetof(struct file, writing)},
	{SHARED_DELETE, FILE_SHARE_DELETE, offsetof(struct file, deleting)},
};

static struct file_sharing *sharing_of(struct file *file,
				       const struct share_mode *mode)
{
	return (struct file_sharing *)((char *)file + mode->offset);
}

static const struct file_sharing *sharing_const(const struct file *file,
						const struct share_mode *mode)
{
	return (const struct file_sharing *)((const char *)file + mode->offset);
}

static bool sharing_conflict(const struct file *file, uint32_t access,
			     uint32_t share_access)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct file_sharing *sharing =
			sharing_const(file, &modes[i]);

		if ((access & SHARED_ANY) != 0 &&
		    (((access & modes[i].access) != 0 &&
		      sharing->forbids > 0) ||
		     ((share_access & modes[i].share) == 0 &&
		      sharing->wants > 0))) {
			return true;
		}
	}
	return false;
}

/* An open that wants none of it forbids nothing either. */
static void sharing_count(struct file *file, const struct file_open *fo,
			  unsigned change)
{
	if ((fo->access & SHARED_ANY) == 0) {
		return;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct file_sharing *sharing = sharing_of(file, &modes[i]);

		if ((fo->access & modes[i].access) != 0) {
			sharing->wants += change;
		}
		if ((fo->share_access & modes[i].share) == 0) {
			sharing->forbids += change;
		}
	}
}

/* The name by which a file was opened, or the file of a stream (main). */
static struct file_name *name_of(const struct file_table *table,
				 const struct store_file *handle, bool main)
{
	const struct file *file =
		file_find(table, handle, main ? NULL : handle->stream);
	char path[STORE_PATH_MAX + 1];
	size_t len = strcspn(handle->path, main ? ":" : "");

	if (file == NULL || len >= sizeof(path)) {
		return NULL;
	}
	len = main ? len : strlen(handle->path);
	memcpy(path, handle->path, len);
	path[len] = '\0';
	return file_name_find(file, handle->store, path);
}

struct file *file_deleting(const struct file_table *table,
			   const struct store_file *handle)
{
	const struct file_name *name = name_of(table, handle, false);
	const struct file_name *main = name_of(table, handle, true);

	if (name != NULL && name->deleting) {
		return name->file;
	}
	return main != NULL && main->deleting ? main->file : NULL;
}

static bool is_going(const struct file_name *name)
{
	return name != NULL && (name->delete_pending || name->deleting);
}

/* Deleting a file's own data is deleting all of it (MS-FSA 2.1.5.1.2.1). */
static bool streams_conflict(const struct file_table *table,
			     const struct store_file *handle, uint32_t access,
			     uint32_t share_access)
{
	const struct file *main = file_find(table, handle, NULL);
	const struct file *file = NULL;

	if ((access & SHARED_ANY) == 0) {
		return false;
	}
	if (handle->stream != NULL) {
		return main != NULL && main->deleting.wants > 0 &&
		       (share_access & FILE_SHARE_DELETE) == 0;
	}
	if ((access & SHARED_DELETE) == 0) {
		return false;
	}
	file = first_by_handle(table, handle);
	while (file != NULL &&
	       (file->stream == NULL || file->deleting.forbids == 0)) {
		file = next_by_handle(file, handle);
	}
	return file != NULL;
}

NTSTATUS file_check_sharing(struct file_table *table,
			    const struct store_file *handle, uint32_t access,
			    uint32_t share_access)
{
	const struct file *file = file_of(table, handle);

	if (is_going(name_of(table, handle, false)) ||
	    is_going(name_of(table, handle, true))) {
		return NT_STATUS_DELETE_PENDING;
	}
	if (file != NULL && sharing_conflict(file, access, share_access)) {
		return NT_STATUS_SHARING_VIOLATION;
	}
	return streams_conflict(table, handle, access, share_access)
		       ? NT_STATUS_SHARING_VIOLATION
		       : NT_STATUS_OK;
}

/* --- opens -------------------------------------------------------------- */

/* What its going tells those who cache: before it is out of the lists. */
static void leave_oplocks(struct file_open *fo)
{
	struct file_name *name = fo->name;
	struct oplock_parent by = oplock_parent_of(fo);

	if (fo->delete_on_close) {
		(void)oplock_handles_wait(fo->file, fo);
		file_delete_pending(fo, true);
	}
	if (name->opens == 1 && name->delete_pending) {
		by.set = by.set && oplock_parent_equal(&by, &name->deleter);
		name->deleter = by;
	} else if (fo->modified) {
		oplock_parent_changed(fo);
	}
	oplock_leave(fo);
}

/* Only such are left as do not keep a name that is to go. */
static bool leaves_posix(const struct file_name *name)
{
	const struct file_open *fo = name->file->opens;

	while (fo != NULL && (fo->name != name || fo->posix)) {
		fo = fo->next;
	}
	return fo == NULL && name->delete_pending;
}

/* Something open of a stream of that file, by that name of it. */
static struct file *stream_by_name(const struct file *file,
				   const struct file_name *main)
{
	size_t len = strlen(main->path);
	struct file *other = first_of(file->table, main->store, file->volume_id,
				      file->file_id);

	while (other != NULL) {
		const struct file_name *name = other->names;

		while (other->stream != NULL && name != NULL) {
			if (name->opens > 0 && name->store == main->store &&
			    strncmp(name->path, main->path, len) == 0 &&
			    name->path[len] == ':') {
				return other;
			}
			name = name->next;
		}
		other = next_of(other->next, main->store, file->volume_id,
				file->file_id);
	}
	return NULL;
}

struct file *file_open_stream(const struct file_open *fo)
{
	return stream_by_name(fo->file, fo->name);
}

/* The name of the file that waited for the last of its streams to be closed. */
static struct file_name *name_waiting(const struct file_table *table,
				      const struct store_file *handle)
{
	struct file_name *main = name_of(table, handle, true);

	return main != NULL && !main->deleting && leaves_posix(main) &&
			       stream_by_name(main->file, main) == NULL
		       ? main
		       : NULL;
}

/*
 * The last open that keeps a name is gone. When the name, or the file's, is to
 * go with it: the deletion, which has the handle then.
 */
static struct deletion *name_leave(struct file_open *fo, struct file_name *name)
{
	struct file_table *table = name->file->table;
	struct store_file *handle = fo->handle;
	struct file_name *main = name->file->stream != NULL && handle != NULL
					 ? name_waiting(table, handle)
					 : NULL;

	if (main != NULL) {
		file_name_free(name);
		fo->handle = NULL;
		return deletion_begin(main, handle);
	}
	if (!name->delete_pending || handle == NULL) {
		if (name->opens == 0) {
			file_name_free(name);
		}
		return NULL;
	}
	if (name->file->stream == NULL &&
	    stream_by_name(name->file, name) != NULL) {
		return NULL; /* it goes with that */
	}
	fo->handle = NULL;
	return deletion_begin(name, handle);
}

struct deletion *file_open_leave(struct file_open *fo)
{
	struct file_name *name = fo->name;
	struct file *file = fo->file;

	if (file == NULL) {
		return NULL;
	}
	lock_release_all(file->locks, fo);
	leave_oplocks(fo);
	oplock_opened(fo, -1U);
	sharing_count(file, fo, -1U);
	LIST_REMOVE(file->opens, fo);
	oplock_wake(file);
	fo->file = NULL;
	fo->name = NULL;
	name->opens--;
	if (name->deleting || (name->opens > 0 && !leaves_posix(name))) {
		return NULL;
	}
	return name_leave(fo, name);
}

static int file_open_destructor(struct file_open *fo)
{
	while (fo->uses != NULL) {
		file_use_forget(fo->uses);
	}
	if (fo->closer != NULL) {
		closer_forget(fo->closer);
	}
	(void)file_open_leave(fo);
	fo->open->file = NULL;
	return 0;
}

NTSTATUS file_open_new(struct open *open, struct store_file *handle,
		       uint32_t access, uint32_t share_access, uint32_t options,
		       struct file_open **out)
{
	struct file_table *table = open->server->files;
	NTSTATUS status =
		file_check_sharing(table, handle, access, share_access);
	struct file_open *fo = NULL;
	struct file *file = NULL;

	if (status != NT_STATUS_OK) {
		return status;
	}
	table->ev = open->server->ev;
	fo = talloc_zero(open, struct file_open);
	file = fo != NULL ? file_get(table, handle) : NULL;
	if (file == NULL) {
		talloc_free(fo);
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	fo->name = file_name_get(file, handle->store, handle->path);
	if (fo->name == NULL) {
		file_free_unused(file);
		talloc_free(fo);
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	fo->name->opens++;
	fo->serial = ++table->last_serial;
	fo->open = open;
	fo->file = file;
	fo->handle = talloc_steal(fo, handle);
	fo->access = access;
	fo->share_access = share_access;
	fo->options = options;
	LIST_ADD(file->opens, fo);
	sharing_count(file, fo, 1);
	oplock_opened(fo, 1);
	talloc_set_destructor(fo, file_open_destructor);
	open->file = fo;
	open->access = access;
	*out = fo;
	return NT_STATUS_OK;
}

void file_delete_pending(struct file_open *by, bool pending)
{
	struct file_name *name = by->name;
	struct file_open *fo = NULL;

	name->deleter = oplock_parent_of(by);
	file_name_set_pending(name, pending);
	persistent_name_changed(name);
	if (!pending) {
		return;
	}
	for (fo = name->file->opens; fo != NULL; fo = fo->next) {
		if (fo->name == name && fo->notify != NULL) {
			notify_directory_gone(fo->notify);
		}
	}
}

struct file *file_stream(const struct file_open *fo, const char *stream)
{
	return file_find(fo->file->table, fo->handle, stream);
}

uint64_t file_last_serial(const struct file_table *table)
{
	return table->last_serial;
}

bool file_directory_taken(const struct file_table *table,
			  const struct store *store,
			  const struct store_attr *attr)
{
	const struct file *file =
		first_of(table, store, attr->volume_id, attr->file_id);

	while (file != NULL && file->stream != NULL) {
		file = next_of(file->next, store, attr->volume_id,
			       attr->file_id);
	}
	return file != NULL &&
	       sharing_conflict(file, FILE_ADD_FILE,
				FILE_SHARE_READ | FILE_SHARE_WRITE);
}

struct file *file_by_attr(const struct file_table *table,
			  const struct store *store,
			  const struct store_attr *attr)
{
	return first_of(table, store, attr->volume_id, attr->file_id);
}
