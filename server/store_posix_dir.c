/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directories: listing, renaming, linking, unlinking. */

#define LOG_MODULE "store"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/name_map.h"

#define LISTING_SIZE 32768
#define CLIENT_NAME  (3 * NAME_MAX + 1)

/* --- listing ------------------------------------------------------------ */

/* What a thread gives back for a name. */
struct listed {
	struct store_attr attr;
	char name[CLIENT_NAME];
};

/* getdents64's record is struct dirent64 of the C library. */
static const struct dirent64 *listing_next(struct posix_handle *handle,
					   int *err)
{
	struct posix_listing *listing = &handle->listing;
	const struct dirent64 *entry = NULL;
	long n = 0;

	*err = 0;
	if (listing->at >= listing->len) {
		n = syscall(SYS_getdents64, handle->fd, listing->buf,
			    LISTING_SIZE);
		if (n < 0) {
			/* ENOENT: the directory was deleted meanwhile */
			*err = errno == ENOENT ? 0 : errno;
			return NULL;
		}
		listing->len = (size_t)n;
		listing->at = 0;
		if (n == 0) {
			return NULL;
		}
	}
	entry = (const struct dirent64 *)(const void *)(listing->buf +
							listing->at);
	listing->at += entry->d_reclen;
	return entry;
}

static int listing_begin(struct posix_handle *handle, bool restart)
{
	if (handle->listing.buf == NULL) {
		handle->listing.buf = malloc(LISTING_SIZE);
		if (handle->listing.buf == NULL) {
			return ENOMEM;
		}
	}
	if (restart) {
		handle->listing.len = 0;
		handle->listing.at = 0;
		if (lseek(handle->fd, 0, SEEK_SET) == -1) {
			return errno;
		}
	}
	return 0;
}

/* A link shows what it leads to; one that leads nowhere shows itself. */
static int link_target_attr(struct posix_handle *dir, const char *name,
			    struct store_attr *attr)
{
	char local[POSIX_PATH_SIZE];
	int len = snprintf(local, sizeof(local), "%s%s%s", dir->local,
			   *dir->local != '\0' ? "/" : "", name);
	int fd = -1;
	int err = 0;

	if (len < 0 || (size_t)len >= sizeof(local)) {
		return ENAMETOOLONG;
	}
	fd = posix_beneath(dir->root, local, O_PATH);
	if (fd == -1) {
		return errno;
	}
	err = posix_do_getattr(dir->root, fd, name, false, attr);
	close(fd);
	return err;
}

static bool list_entry(struct posix_handle *dir, const char *name,
		       struct listed *listed)
{
	struct store_attr target = {0};

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    (*dir->local == '\0' && posix_depot_reserved(name))) {
		return false;
	}
	if (!name_map_to_smb(name, listed->name, sizeof(listed->name))) {
		return false;
	}
	if (posix_do_getattr_at(dir->root, dir->fd, name, &listed->attr) != 0) {
		return false; /* vanished */
	}
	if (S_ISLNK(listed->attr.mode) && !dir->posix &&
	    dir->root->follow_links &&
	    link_target_attr(dir, name, &target) == 0) {
		listed->attr = target;
	}
	return true;
}

static int list_some(struct posix_job *job)
{
	struct posix_handle *dir = job->handle;
	const struct dirent64 *entry = NULL;
	struct listed *listed = NULL;
	int err = listing_begin(dir, job->restart);

	if (err != 0) {
		return err;
	}
	listed = calloc(job->max, sizeof(*listed));
	if (listed == NULL) {
		return ENOMEM;
	}
	job->out = listed;
	while (job->count < job->max) {
		entry = listing_next(dir, &err);
		if (entry == NULL) {
			break;
		}
		if (list_entry(dir, entry->d_name, &listed[job->count]) &&
		    (!job->root->hide_unreadable ||
		     posix_do_visible(job, dir->fd, entry->d_name))) {
			job->count++;
		}
	}
	return err;
}

static int posix_do_readdir(struct posix_job *job)
{
	int err = list_some(job);

	/* What lies elsewhere by now is nobody's to see. */
	return err == 0 && !posix_do_inside(job->handle) ? EACCES : err;
}

static int finish_readdir(struct store_call *call, struct posix_job *job)
{
	const struct listed *listed = job->out;
	size_t i = 0;

	call->entries = talloc_array(call, struct store_entry,
				     (size_t)(job->count > 0 ? job->count : 1));
	if (call->entries == NULL) {
		return ENOMEM;
	}
	for (i = 0; i < job->count; i++) {
		call->entries[i].attr = listed[i].attr;
		call->entries[i].name =
			talloc_strdup(call->entries, listed[i].name);
		if (call->entries[i].name == NULL) {
			return ENOMEM;
		}
	}
	call->count = job->count;
	return 0;
}

void posix_readdir(struct store_call *call, struct store_file *dir,
		   bool restart, size_t max)
{
	struct posix_job *job =
		posix_job_new(call, dir->store, dir->data->handle,
			      posix_do_readdir, finish_readdir);

	if (job != NULL) {
		job->restart = restart;
		job->max = max;
		posix_job_start(call, dir->store, job, NULL);
	}
}

/* --- names -------------------------------------------------------------- */

/* A name in its directory. */
struct place {
	struct posix_found found; /* fd: the file, -1: nothing there */
	int parent;		  /* -1: not open */
	const char *last;
};

static void place_close(struct place *place)
{
	if (place->found.fd != -1) {
		close(place->found.fd);
		place->found.fd = -1;
	}
	if (place->parent != -1) {
		close(place->parent);
		place->parent = -1;
	}
}

static int place_find(const struct posix_job *job, const char *path,
		      bool follow, struct place *place)
{
	unsigned flags = (follow ? 0 : STORE_OPEN_NOFOLLOW) |
			 (job->handle->posix ? STORE_OPEN_POSIX : 0);
	int err = posix_find(job->root, path, posix_how(job->root, flags),
			     &place->found);

	place->parent = -1;
	if (err != 0) {
		return err;
	}
	place->parent =
		posix_open_parent(job->root, place->found.local, &place->last);
	if (place->parent == -1) {
		err = posix_no_parent(errno);
		place_close(place);
		return err;
	}
	return 0;
}

static bool same_file(const struct posix_handle *handle, const struct stat *st)
{
	return st->st_dev == handle->dev && st->st_ino == handle->ino;
}

/* Where the handle's file is, ENOENT when something else is there. */
static int place_of_handle(const struct posix_job *job, struct place *place)
{
	int err = place_find(job, job->path, true, place);

	if (err == 0 && place->found.fd != -1 &&
	    same_file(job->handle, &place->found.st)) {
		return 0;
	}
	if (err == 0) {
		place_close(place);
		/* opened as the link itself */
		err = place_find(job, job->path, false, place);
	}
	if (err == 0 && (place->found.fd == -1 ||
			 !same_file(job->handle, &place->found.st))) {
		place_close(place);
		err = ENOENT;
	}
	return err;
}

/* A link to a directory is no directory. */
static int unlink_place(const struct place *place)
{
	struct stat st = {0};

	if (fstatat(place->parent, place->last, &st, AT_SYMLINK_NOFOLLOW) !=
		    0 ||
	    unlinkat(place->parent, place->last,
		     S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) != 0) {
		return errno == EEXIST ? ENOTEMPTY : errno;
	}
	return 0;
}

/* @param fd  of the file. */
static int unlink_at(struct posix_job *job, const struct place *place, int fd)
{
	struct cached_dir *held =
		posix_cache_hold(job->root->cache, place->parent);
	int err = unlink_place(place);

	if (err == 0) {
		posix_cache_changed(held, NULL, place->last);
		posix_do_streams_unlinked(job, fd);
	}
	posix_cache_release(job->root->cache, held, place->parent);
	return err;
}

/* No descriptors to look for it: where it was when it was opened. In the root
 * that takes none, elsewhere one. */
static int unlink_where_opened(struct posix_job *job)
{
	const char *local = job->handle->local;
	bool in_root = strchr(local, '/') == NULL;
	struct place place = {
		.found.fd = -1,
		.parent = job->root->fd,
		.last = local,
	};
	struct stat st = {0};
	int err = EMFILE;

	if (!in_root) {
		place.parent = posix_open_parent(job->root, local, &place.last);
	}
	if (place.parent == -1) {
		return EMFILE;
	}
	if (*local != '\0' &&
	    fstatat(place.parent, place.last, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    same_file(job->handle, &st)) {
		err = unlink_at(job, &place, job->handle->fd);
	}
	if (!in_root) {
		close(place.parent);
	}
	return err;
}

static int posix_do_unlink(struct posix_job *job)
{
	struct place place = {.found.fd = -1, .parent = -1};
	int err = 0;

	if (job->stream != NULL) {
		return posix_do_stream_unlink(job);
	}
	err = place_of_handle(job, &place);
	if (err == EMFILE || err == ENFILE) {
		return unlink_where_opened(job);
	}
	if (err == 0) {
		err = unlink_at(job, &place, place.found.fd);
		place_close(&place);
	}
	return err;
}

void posix_unlink(struct store_call *call, struct store_file *file,
		  const char *path)
{
	struct posix_job *job = posix_job_new(
		call, file->store, file->data->handle, posix_do_unlink, NULL);

	if (job == NULL) {
		return;
	}
	if (!posix_job_path(job, path)) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	posix_job_change(call, file->store, job, NULL);
}

static int rename_at(const struct place *from, int to_parent, const char *to,
		     bool replace)
{
	struct stat st = {0};

	if (renameat2(from->parent, from->last, to_parent, to,
		      replace ? 0 : RENAME_NOREPLACE) == 0) {
		return 0;
	}
	if (replace || (errno != EINVAL && errno != ENOSYS)) {
		return errno;
	}
	/* A file system without RENAME_NOREPLACE, or into itself. */
	if (fstatat(to_parent, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		return EEXIST;
	}
	return renameat(from->parent, from->last, to_parent, to) == 0 ? 0
								      : errno;
}

/* The name as the client wants it, in the disk's form. */
static int wanted_name(const char *path, char name[NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/');

	return name_map_to_disk(slash != NULL ? slash + 1 : path, name,
				NAME_MAX + 1)
		       ? 0
		       : ENAMETOOLONG;
}

/*
 * Something has the name already, perhaps in other case: it is replaced under
 * its own name first, in one step; then the case is put right.
 */
static int rename_over(struct posix_job *job, const struct place *from,
		       const struct place *to, const char *wanted)
{
	int err = 0;

	if (same_file(job->handle, &to->found.st) &&
	    (from->found.st.st_nlink > 1 && !S_ISDIR(job->handle->type)) &&
	    strcmp(from->found.local, to->found.local) != 0) {
		/* Two names of one file: rename(2) would do nothing. */
		if (!job->replace) {
			return EEXIST;
		}
		return unlinkat(from->parent, from->last, 0) == 0 ? 0 : errno;
	}
	if (same_file(job->handle, &to->found.st)) {
		return strcmp(from->last, wanted) == 0
			       ? 0
			       : rename_at(from, to->parent, wanted, false);
	}
	if (!job->replace) {
		return EEXIST;
	}
	err = rename_at(from, to->parent, to->last, true);
	if (err == 0) {
		posix_do_streams_unlinked(job, to->found.fd);
	}
	if (err == 0 && strcmp(to->last, wanted) != 0) {
		(void)renameat2(to->parent, to->last, to->parent, wanted,
				RENAME_NOREPLACE);
	}
	return err;
}

/* The new path for the client: its parent as found, its name as asked. */
static int new_path(struct posix_job *job, const struct place *to,
		    const char *wanted)
{
	char local[POSIX_PATH_SIZE];
	char client[3 * POSIX_PATH_SIZE];
	int dir = (int)(to->last - to->found.local);
	int len = snprintf(local, sizeof(local), "%.*s%s", dir, to->found.local,
			   wanted);

	if (len < 0 || (size_t)len >= sizeof(local)) {
		return ENAMETOOLONG;
	}
	if (!posix_path_to_client(local, client, sizeof(client)) ||
	    !posix_job_string(&job->found, client)) {
		return ENOMEM;
	}
	return 0;
}

/* The lists of both directories; of one only when they are the same. */
struct held {
	struct cached_dir *from, *to;
	bool same;
};

static struct held hold_both(const struct posix_job *job,
			     const struct place *from, const struct place *to)
{
	struct posix_cache *cache = job->root->cache;
	struct held held = {NULL, NULL, false};
	struct stat a = {0};
	struct stat b = {0};

	if (cache == NULL || fstat(from->parent, &a) != 0 ||
	    fstat(to->parent, &b) != 0) {
		return held;
	}
	held.same = a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	if (held.same) {
		held.to = posix_cache_hold(cache, to->parent);
	} else if (a.st_dev < b.st_dev ||
		   (a.st_dev == b.st_dev && a.st_ino < b.st_ino)) {
		held.from = posix_cache_hold(cache, from->parent);
		held.to = posix_cache_hold(cache, to->parent);
	} else {
		held.to = posix_cache_hold(cache, to->parent);
		held.from = posix_cache_hold(cache, from->parent);
	}
	return held;
}

static int rename_places(struct posix_job *job, const struct place *from,
			 const struct place *to, const char *wanted)
{
	struct posix_cache *cache = job->root->cache;
	struct held held = hold_both(job, from, to);
	int err = to->found.fd != -1
			  ? rename_over(job, from, to, wanted)
			  : rename_at(from, to->parent, wanted, false);

	if (err == 0) {
		posix_cache_changed(held.same ? held.to : held.from, NULL,
				    from->last);
		posix_cache_changed(held.to, wanted,
				    to->found.fd != -1 ? to->last : NULL);
	}
	posix_cache_release(cache, held.from, from->parent);
	posix_cache_release(cache, held.to, to->parent);
	return err;
}

/* What the directory's and a replaced file's descriptors say. */
static int may_place(struct posix_job *job, const struct place *from,
		     const struct place *to)
{
	struct stat a = {0};
	struct stat b = {0};
	int err = 0;

	if (fstat(from->parent, &a) != 0 || fstat(to->parent, &b) != 0) {
		return errno;
	}
	if (a.st_ino != b.st_ino || a.st_dev != b.st_dev) {
		err = posix_do_may_add(job, to->parent,
				       S_ISDIR(job->handle->type));
	}
	if (err == 0 && posix_do_reparse_tag(to->parent, S_IFDIR) != 0) {
		err = STORE_EREPARSE;
	}
	if (err == 0 && to->found.fd != -1 &&
	    !same_file(job->handle, &to->found.st)) {
		err = posix_do_may_remove(job, to->found.fd, to->parent);
	}
	return err;
}

static int posix_do_rename(struct posix_job *job)
{
	struct place from = {.found.fd = -1, .parent = -1};
	struct place to = {.found.fd = -1, .parent = -1};
	char wanted[NAME_MAX + 1];
	int err = 0;

	if (job->stream != NULL || strchr(job->to, ':') != NULL) {
		return posix_do_stream_rename(job);
	}
	err = wanted_name(job->to, wanted);
	if (err == 0) {
		err = place_of_handle(job, &from);
	}
	if (err == 0) {
		err = place_find(job, job->to, false, &to);
	}
	if (err == 0) {
		err = new_path(job, &to, wanted);
	}
	if (err == 0) {
		err = may_place(job, &from, &to);
	}
	if (err == 0) {
		err = rename_places(job, &from, &to, wanted);
	}
	place_close(&from);
	place_close(&to);
	return err;
}

static int finish_rename(struct store_call *call, struct posix_job *job)
{
	call->path = talloc_strdup(call, job->found);
	return call->path == NULL ? ENOMEM : 0;
}

static void names_job(struct store_call *call, struct store_file *file,
		      struct posix_job *job, const char *from, const char *to,
		      bool replace)
{
	if (job == NULL) {
		return;
	}
	job->replace = replace;
	if (!posix_job_path(job, from) || !posix_job_string(&job->to, to)) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	posix_job_change(call, file->store, job, NULL);
}

void posix_rename(struct store_call *call, struct store_file *file,
		  const char *from, const char *to, bool replace)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_rename, finish_rename);

	names_job(call, file, job, from, to, replace);
}

/* --- links -------------------------------------------------------------- */

/* linkat(2) replaces nothing: a name of our own first, then over the old. */
static int link_over(struct posix_job *job, const struct place *from,
		     const struct place *to)
{
	char name[64];

	snprintf(name, sizeof(name), ".smbquic-link-%ld-%lx",
		 (long)syscall(SYS_gettid), (unsigned long)random());
	if (linkat(from->parent, from->last, to->parent, name, 0) != 0) {
		return errno;
	}
	if (renameat(to->parent, name, to->parent, to->last) != 0) {
		int err = errno;

		(void)unlinkat(to->parent, name, 0);
		return err;
	}
	posix_do_streams_unlinked(job, to->found.fd);
	return 0;
}

static int link_places(struct posix_job *job, const struct place *from,
		       const struct place *to, const char *wanted)
{
	struct cached_dir *held = NULL;
	int err = 0;

	if (to->found.fd != -1) {
		if (!job->replace) {
			return EEXIST;
		}
		return same_file(job->handle, &to->found.st)
			       ? 0
			       : link_over(job, from, to);
	}
	held = posix_cache_hold(job->root->cache, to->parent);
	if (linkat(from->parent, from->last, to->parent, wanted, 0) != 0) {
		err = errno;
	} else {
		posix_cache_changed(held, wanted, NULL);
	}
	posix_cache_release(job->root->cache, held, to->parent);
	return err;
}

static int posix_do_link(struct posix_job *job)
{
	struct place from = {.found.fd = -1, .parent = -1};
	struct place to = {.found.fd = -1, .parent = -1};
	char wanted[NAME_MAX + 1];
	int err = wanted_name(job->to, wanted);

	if (err == 0) {
		err = place_of_handle(job, &from);
	}
	if (err == 0) {
		err = place_find(job, job->to, false, &to);
	}
	if (err == 0) {
		err = may_place(job, &from, &to);
	}
	if (err == 0) {
		err = link_places(job, &from, &to, wanted);
	}
	place_close(&from);
	place_close(&to);
	return err;
}

void posix_link(struct store_call *call, struct store_file *file,
		const char *from, const char *to, bool replace)
{
	struct posix_job *job = posix_job_new(
		call, file->store, file->data->handle, posix_do_link, NULL);

	names_job(call, file, job, from, to, replace);
}
