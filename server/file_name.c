/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of what is open: renamed, replaced, to be deleted; and what is
 * asked of all that are open.
 */
#include <string.h>

#include "server/file_private.h"
#include "server/name.h"
#include "server/persistent.h"
#include "smbquic/list.h"

struct file_name *file_name_find(const struct file *file,
				 const struct store *store, const char *path)
{
	struct file_name *name = file->names;

	while (name != NULL && (name->gone || name->store != store ||
				strcmp(name->path, path) != 0)) {
		name = name->next;
	}
	return name;
}

struct file_name *file_name_get(struct file *file, struct store *store,
				const char *path)
{
	struct file_name *name = file_name_find(file, store, path);

	if (name != NULL) {
		return name;
	}
	name = talloc_zero(file, struct file_name);
	if (name == NULL) {
		return NULL;
	}
	name->path = talloc_strdup(name, path);
	if (name->path == NULL) {
		talloc_free(name);
		return NULL;
	}
	name->file = file;
	name->store = store;
	LIST_ADD(file->names, name);
	return name;
}

void file_name_set_pending(struct file_name *name, bool pending)
{
	struct file_table *table = name->file->table;

	if (pending && !name->delete_pending) {
		LIST_ADD_AS(table->pending, name, pending_prev, pending_next);
	} else if (!pending && name->delete_pending) {
		LIST_REMOVE_AS(table->pending, name, pending_prev,
			       pending_next);
	}
	name->delete_pending = pending;
}

void file_name_free(struct file_name *name)
{
	struct file *file = name->file;

	file_name_set_pending(name, false);
	LIST_REMOVE(file->names, name);
	talloc_free(name);
	file_free_unused(file);
}

void file_name_gone(struct file_name *name)
{
	if (name->opens == 0) {
		file_name_free(name);
		return;
	}
	file_name_set_pending(name, false);
	name->deleting = false;
	name->gone = true;
}

/* --- names that changed ----------------------------------------------- */

/* Without memory for the path nothing is remembered of it: any name may be
 * meant. */
void file_name_touch(struct file_table *table, const struct store *store,
		     const char *path)
{
	struct file_touch *touch =
		&table->touches[table->num_touches % FILE_TOUCHES];

	talloc_free(touch->path);
	touch->path = talloc_strdup(table, path);
	touch->store = store;
	table->num_touches++;
}

uint64_t file_names_touched(const struct file_table *table)
{
	return table->num_touches;
}

/* Also a stream of it. */
static bool is_touched(const char *path, const char *touched)
{
	size_t len = strlen(touched);

	return name_below(path, touched) != NULL ||
	       (strncmp(path, touched, len) == 0 && path[len] == ':');
}

bool file_name_touched(const struct file_table *table,
		       const struct store *store, const char *path,
		       uint64_t since)
{
	if (table->num_touches - since > FILE_TOUCHES) {
		return true;
	}
	for (uint64_t i = since; i < table->num_touches; i++) {
		const struct file_touch *touch =
			&table->touches[i % FILE_TOUCHES];

		if (touch->path == NULL ||
		    (touch->store == store && is_touched(path, touch->path))) {
			return true;
		}
	}
	return false;
}

bool file_renamed(struct file_open *fo, const char *path)
{
	char *copy = talloc_strdup(fo->name, path);

	if (copy == NULL) {
		return false;
	}
	talloc_free((void *)(uintptr_t)fo->name->path);
	fo->name->path = copy;
	persistent_name_changed(fo->name);
	return true;
}

/* By the same lists: the identity stays. */
bool file_stream_renamed(struct file_open *fo, const char *path)
{
	const char *colon = strchr(path, ':');
	struct file *file = fo->file;
	char *stream = NULL;

	if (colon != NULL) {
		stream = talloc_strdup(file, colon + 1);
		if (stream == NULL) {
			return false;
		}
	}
	talloc_free((void *)(uintptr_t)file->stream);
	file->stream = stream;
	return file_renamed(fo, path);
}

/* The first name for which it is true. */
static const struct file_name *name_search(
	const struct file_table *table,
	bool (*wanted)(const struct file_name *name, const void *what),
	const void *what)
{
	const struct file *file = NULL;
	const struct file_name *name = NULL;
	size_t i = 0;

	for (i = 0; i < FILE_BUCKETS; i++) {
		for (file = table->buckets[i]; file != NULL;
		     file = file->next) {
			for (name = file->names; name != NULL;
			     name = name->next) {
				if (wanted(name, what)) {
					return name;
				}
			}
		}
	}
	return NULL;
}

static bool is_below(const struct file_name *name, const void *what)
{
	const struct file_open *dir = what;

	return !name->gone && name->file != dir->file &&
	       name->store == dir->name->store &&
	       name_below(name->path, dir->name->path) != NULL;
}

/* A name that is only on its way out has no opens, but is in the way. */
static bool is_open_below(const struct file_name *name, const void *what)
{
	return name->opens > 0 && is_below(name, what);
}

struct file_open *file_first_below(const struct file_open *dir)
{
	const struct file_name *name =
		name_search(dir->file->table, is_open_below, dir);
	struct file_open *fo = name != NULL ? name->file->opens : NULL;

	while (fo != NULL && fo->name != name) {
		fo = fo->next;
	}
	return fo;
}

static bool opens_posix(const struct file *file)
{
	const struct file_open *fo = file->opens;

	while (fo != NULL && fo->posix) {
		fo = fo->next;
	}
	return fo == NULL;
}

bool file_all_posix(const struct file *file)
{
	const struct file *other = file->table->buckets[file_bucket_of(
		file->volume_id, file->file_id)];

	while (other != NULL) {
		if (other->domain == file->domain &&
		    other->volume_id == file->volume_id &&
		    other->file_id == file->file_id && !opens_posix(other)) {
			return false;
		}
		other = other->next;
	}
	return true;
}

static bool is_windows_below(const struct file_name *name, const void *what)
{
	return is_open_below(name, what) && !file_all_posix(name->file);
}

bool file_below_posix(const struct file_open *dir)
{
	return name_search(dir->file->table, is_windows_below, dir) == NULL;
}

static bool is_replaced(const struct file_name *name, const void *what)
{
	const struct file_open *fo = what;

	return !name->gone && name->file != fo->file &&
	       name->store == fo->name->store &&
	       strcmp(name->path, fo->name->path) == 0;
}

void file_replaced(const struct file_open *fo)
{
	const struct file_name *found =
		name_search(fo->file->table, is_replaced, fo);
	struct file_name *name = NULL;

	if (found == NULL || found->deleting) {
		return;
	}
	for (name = found->file->names; name != found; name = name->next) {
	}
	file_name_gone(name);
}

/* Those that are still under the old path. */
struct moved {
	const struct store *store;
	const char *from;
};

static bool is_moved(const struct file_name *name, const void *what)
{
	const struct moved *moved = what;
	const char *rest = NULL;

	if (name->gone || name->store != moved->store) {
		return false;
	}
	rest = name_below(name->path, moved->from);
	return rest != NULL && *rest != '\0';
}

bool file_below_renamed(const struct file_open *dir, const char *from)
{
	const struct moved moved = {dir->name->store, from};
	const struct file_name *found =
		name_search(dir->file->table, is_moved, &moved);

	while (found != NULL) {
		struct file_name *name = found->file->names;
		char *path = NULL;

		while (name != found) {
			name = name->next;
		}
		path = talloc_asprintf(name, "%s/%s", dir->name->path,
				       name_below(name->path, from));
		if (path == NULL) {
			return false;
		}
		talloc_free((void *)(uintptr_t)name->path);
		name->path = path;
		found = name_search(dir->file->table, is_moved, &moved);
	}
	return true;
}

bool file_below_deleted(const struct file_table *table,
			const struct store_file *handle)
{
	const struct file_name *name = NULL;

	for (name = table->pending; name != NULL; name = name->pending_next) {
		const char *rest =
			name->store == handle->store
				? name_below(handle->path, name->path)
				: NULL;

		if (rest != NULL && *rest != '\0') {
			return true;
		}
	}
	return false;
}
