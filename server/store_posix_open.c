/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening and making files. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/store_posix.h"

#define OPEN_DATA (STORE_OPEN_READ | STORE_OPEN_WRITE)

/* A name that appears or vanishes while we look for it: once more. */
#define MAX_TRIES 8

/* --- what a user may ---------------------------------------------------- */

/* Taking a name away is the directory's matter (and the sticky bit's). */
static bool may_delete(const struct posix_root *root, const char *local,
		       const struct stat *st)
{
	struct stat dir = {0};
	const char *last = NULL;
	uid_t uid = posix_cred_uid();
	bool yes = false;
	int fd = -1;

	if (*local == '\0') {
		return false;
	}
	fd = posix_open_parent(root, local, &last);
	if (fd == -1) {
		return false;
	}
	yes = fstat(fd, &dir) == 0 && posix_may(fd, W_OK | X_OK);
	if (yes && (dir.st_mode & S_ISVTX) != 0) {
		yes = uid == 0 || uid == st->st_uid || uid == dir.st_uid;
	}
	close(fd);
	return yes;
}

/* Most that is opened is one's own: then one look is enough. What has no bit
 * to run it nobody may run. */
static unsigned may_data(const struct posix_found *found)
{
	bool runs = S_ISDIR(found->st.st_mode) ||
		    (found->st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
	unsigned all = STORE_MAY_READ | STORE_MAY_WRITE |
		       (runs ? (unsigned)STORE_MAY_EXECUTE : 0u);
	unsigned result = 0;

	if (posix_may(found->fd, R_OK | W_OK | (runs ? X_OK : 0))) {
		return all;
	}
	result |= posix_may(found->fd, R_OK) ? STORE_MAY_READ : 0;
	result |= posix_may(found->fd, W_OK) ? STORE_MAY_WRITE : 0;
	result |= runs && posix_may(found->fd, X_OK) ? STORE_MAY_EXECUTE : 0;
	return result;
}

static unsigned what_may(const struct posix_job *job,
			 const struct posix_found *found)
{
	uid_t uid = posix_cred_uid();
	unsigned result = found->link ? 0 : may_data(found);

	if ((job->flags & STORE_OPEN_KEEPS) == 0 &&
	    may_delete(job->root, found->local, &found->st)) {
		result |= STORE_MAY_DELETE;
	}
	if (uid == 0 || uid == found->st.st_uid) {
		result |= STORE_MAY_OWN;
	}
	return result;
}

/* --- the descriptor ----------------------------------------------------- */

/* Not again by its name: this is the file that was found. */
static int reopen(int fd, bool directory, unsigned access)
{
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

	if (directory) {
		return openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if ((access & OPEN_DATA) == OPEN_DATA) {
		flags |= O_RDWR;
	} else {
		flags |= (access & STORE_OPEN_WRITE) != 0 ? O_WRONLY : O_RDONLY;
	}
	return open(posix_proc(fd).path, flags);
}

/* As much of it as the user may. */
static int open_maximum(const struct posix_found *found, unsigned *access)
{
	static const unsigned tries[] = {OPEN_DATA, STORE_OPEN_READ,
					 STORE_OPEN_WRITE};
	bool directory = S_ISDIR(found->st.st_mode);
	size_t i = 0;

	for (i = directory ? 1 : 0; i < (directory ? 2 : 3); i++) {
		int fd = reopen(found->fd, directory, tries[i]);

		if (fd != -1 || (errno != EACCES && errno != EPERM &&
				 errno != EROFS && errno != ETXTBSY)) {
			*access = tries[i];
			return fd;
		}
	}
	*access = 0;
	errno = 0;
	return -1;
}

/* Puts a descriptor good for data into found->fd, when data is wanted. */
static int open_data(struct posix_job *job, struct posix_found *found)
{
	bool directory = S_ISDIR(found->st.st_mode);
	unsigned access = job->flags & OPEN_DATA;
	int fd = -1;

	if (!directory && !S_ISREG(found->st.st_mode)) {
		job->special = true;
		return access != 0 ? EACCES : 0;
	}
	if (directory) {
		access &= ~(unsigned)STORE_OPEN_WRITE;
	}
	if ((job->flags & STORE_OPEN_MAXIMUM) != 0) {
		fd = open_maximum(found, &access);
		if (fd == -1 && errno != 0) {
			return errno;
		}
	} else if (access != 0) {
		fd = reopen(found->fd, directory, access);
		if (fd == -1) {
			return errno == ENXIO ? EACCES : errno;
		}
	}
	if (fd != -1) {
		close(found->fd);
		found->fd = fd;
	}
	job->access = access;
	return 0;
}

/* As the client will know it: with the stream. */
static bool set_found(struct posix_job *job, const char *local)
{
	char client[3 * POSIX_PATH_SIZE];
	size_t len = 0;

	if (!posix_path_to_client(local, client, sizeof(client))) {
		return false;
	}
	if (job->stream != NULL) {
		len = strlen(client);
		snprintf(client + len, sizeof(client) - len, ":%s",
			 job->stream);
	}
	return posix_job_string(&job->found, client);
}

static bool set_stream_name(struct posix_handle *handle, const char *stream)
{
	struct posix_stream_name *name = NULL;

	if (stream != NULL) {
		name = calloc(1, sizeof(*name) + strlen(stream) + 1);
		if (name == NULL) {
			return false;
		}
		memcpy(name->name, stream, strlen(stream) + 1);
	}
	atomic_init(&handle->stream, name);
	return true;
}

/* Takes found->fd. */
static int make_handle(struct posix_job *job, struct posix_found *found)
{
	struct posix_handle *handle = calloc(1, sizeof(*handle));

	if (handle == NULL || !posix_job_string(&handle->local, found->local) ||
	    !set_found(job, found->local) ||
	    !set_stream_name(handle, job->stream)) {
		if (handle != NULL) {
			free(handle->local);
			free(handle);
		}
		return ENOMEM;
	}
	atomic_init(&handle->refs, 1);
	handle->fd = found->fd;
	found->fd = -1;
	handle->plain = job->access != 0 && job->stream == NULL;
	handle->nowait_read = job->stream == NULL;
	handle->in_memory = job->stream == NULL && job->root->in_memory &&
			    found->st.st_dev == job->root->dev;
	handle->posix = (job->flags & STORE_OPEN_POSIX) != 0;
	handle->root = posix_root_keep(job->root);
	handle->cred = posix_cred_keep(job->cred);
	handle->dev = found->st.st_dev;
	handle->ino = found->st.st_ino;
	handle->type = found->st.st_mode & S_IFMT;
	job->opened = handle;
	return 0;
}

static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int finish_open(struct posix_job *job, struct posix_found *found)
{
	int err = 0;

	job->may = what_may(job, found);
	job->bare = posix_do_bare(job->root, found->fd, &found->st);
	posix_do_judge(job, found->fd, found->local);
	err = open_data(job, found);
	if (err == 0) {
		err = posix_do_getattr(job->root, found->fd,
				       last_of(found->local), job->bare,
				       &job->attr);
	}
	if (err == 0 && job->attr.reparse_tag != 0) {
		err = posix_do_stop(job, found, 0);
	}
	if (err == 0) {
		err = make_handle(job, found);
	}
	return err;
}

/* --- making ------------------------------------------------------------- */

/* STORE_OPEN_MODE: without any mask of the share. */
static bool wanted_mode(const struct posix_job *job, mode_t *mode)
{
	*mode = job->flags >> STORE_OPEN_MODE_SHIFT & 07777;
	return (job->flags & STORE_OPEN_MODE) != 0;
}

static int make_directory(const struct posix_job *job, int parent,
			  const char *name)
{
	mode_t mode = 0;

	if (mkdirat(parent, name,
		    wanted_mode(job, &mode) ? mode & 0777
					    : job->root->directory_mask) != 0) {
		return -1;
	}
	return openat(parent, name,
		      O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
}

static int make_file(const struct posix_job *job, int parent, const char *name)
{
	mode_t mode = 0;

	return openat(
		parent, name,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		wanted_mode(job, &mode) ? mode & 0777 : job->root->create_mask);
}

/* The mode that was asked for, whatever ACLs of the disk took from it. A folder
 * in one with S_ISGID has that, too; chmod() by who is not in the group would
 * take it. */
static int give_mode(const struct posix_job *job, int fd, mode_t wanted)
{
	struct stat st = {0};
	mode_t mode = 0;

	if (fstat(fd, &st) != 0) {
		return errno;
	}
	mode = posix_mode_given(job, st.st_mode, wanted);
	if (S_ISDIR(st.st_mode)) {
		mode |= st.st_mode & S_ISGID;
	}
	if ((st.st_mode & 07777) == mode) {
		return 0;
	}
	return chmod(posix_proc(fd).path, mode) == 0 ? 0 : errno;
}

/* It gets what belongs to it, or it goes again. */
static int complete(struct posix_job *job, struct posix_found *found,
		    int parent)
{
	int err = fstat(found->fd, &found->st) == 0 ? 0 : errno;
	mode_t mode = 0;

	if (err == 0) {
		err = posix_do_first_attributes(found->fd, job->attributes);
	}
	if (err == 0) {
		err = posix_do_first_security(job, parent, found->fd,
					      &found->st);
	}
	if (err == 0 && wanted_mode(job, &mode)) {
		err = give_mode(job, found->fd, mode);
	}
	if (err == 0 && fstat(found->fd, &found->st) != 0) {
		err = errno;
	}
	job->created = err == 0;
	return err;
}

/* A new file is open for all already, whatever its mode lets others do. */
static int finish_made(struct posix_job *job, struct posix_found *found)
{
	bool directory = S_ISDIR(found->st.st_mode);
	unsigned wanted = job->flags;
	int err = 0;

	if (directory) {
		return finish_open(job, found);
	}
	job->may = what_may(job, found);
	posix_do_judge(job, found->fd, found->local);
	job->access = (wanted & STORE_OPEN_MAXIMUM) != 0 ? OPEN_DATA
							 : wanted & OPEN_DATA;
	err = posix_do_getattr(job->root, found->fd, last_of(found->local),
			       job->bare, &job->attr);
	if (err == 0) {
		err = make_handle(job, found);
	}
	if (err == 0) {
		job->opened->plain = true;
	}
	return err;
}

/* The file was found, or made; now the stream. */
static int finish_stream(struct posix_job *job, struct posix_found *found)
{
	int err = 0;

	job->may = what_may(job, found);
	posix_do_judge(job, found->fd, found->local);
	err = posix_do_getattr(job->root, found->fd, last_of(found->local),
			       job->bare, &job->attr);
	if (err == 0) {
		err = posix_do_stream_open(job, found);
	}
	if (err == 0) {
		err = make_handle(job, found);
	}
	if (err == 0 && job->created) {
		posix_stream_told(job, job->opened, STORE_EVENT_STREAM_ADDED,
				  job->stream);
	}
	return err;
}

/* What was made for an open that came to nothing goes again. */
static void unmake(struct posix_job *job, const struct posix_found *found,
		   int parent, const char *last)
{
	struct cached_dir *held = posix_cache_hold(job->root->cache, parent);
	struct stat st = {0};

	if (fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == found->st.st_ino && st.st_dev == found->st.st_dev &&
	    unlinkat(parent, last, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) ==
		    0) {
		posix_cache_changed(held, NULL, last);
	}
	posix_cache_release(job->root->cache, held, parent);
}

/* Makes the file or directory in its parent; EEXIST when it is there now. */
static int make_in(struct posix_job *job, struct posix_found *found, int parent,
		   const char *last)
{
	bool directory = (job->flags & STORE_OPEN_DIRECTORY) != 0;
	struct cached_dir *held = NULL;
	int err = posix_do_may_add(job, parent, directory);

	if (err != 0) {
		return err;
	}
	held = posix_cache_hold(job->root->cache, parent);
	found->fd = directory ? make_directory(job, parent, last)
			      : make_file(job, parent, last);
	err = found->fd == -1 ? errno : 0;
	if (err == 0) {
		err = complete(job, found, parent);
		if (err != 0) {
			unlinkat(parent, last, directory ? AT_REMOVEDIR : 0);
		}
	}
	if (err == 0) {
		posix_cache_changed(held, last, NULL);
	}
	posix_cache_release(job->root->cache, held, parent);
	return err;
}

/* What was found to be missing is made and opened, or is not there. */
static int make(struct posix_job *job, struct posix_found *found)
{
	const char *last = NULL;
	int parent = posix_open_parent(job->root, found->local, &last);
	int err = 0;

	if (parent == -1) {
		return posix_no_parent(errno);
	}
	err = posix_do_scarce(parent) ? EMFILE
				      : make_in(job, found, parent, last);
	if (err == 0) {
		err = job->stream != NULL ? finish_stream(job, found)
					  : finish_made(job, found);
		if (err != 0) {
			unmake(job, found, parent, last);
		}
	}
	close(parent);
	return err;
}

static int check_kind(unsigned flags, const struct posix_found *found)
{
	bool directory = S_ISDIR(found->st.st_mode);

	if ((flags & STORE_OPEN_EXCLUSIVE) != 0) {
		return EEXIST;
	}
	if ((flags & STORE_OPEN_DIRECTORY) != 0 && !directory) {
		return ENOTDIR;
	}
	if ((flags & STORE_OPEN_NOT_DIRECTORY) != 0 && directory) {
		return EISDIR;
	}
	return 0;
}

static int try_open(struct posix_job *job, struct posix_found *found)
{
	int err = posix_find(job->root, job->path,
			     posix_how(job->root, job->flags), found);
	int stop = err != 0 || found->fd == -1 || found->link
			   ? posix_do_stop(job, found, err)
			   : 0;

	if (err != 0 || stop != 0) {
		return stop != 0 ? stop : err;
	}
	if (found->fd == -1) {
		if ((job->flags & STORE_OPEN_CREATE) == 0) {
			return ENOENT;
		}
		return make(job, found);
	}
	if (posix_do_scarce(found->fd)) {
		return EMFILE;
	}
	if (job->stream != NULL) {
		return finish_stream(job, found);
	}
	err = check_kind(job->flags, found);
	return err == 0 ? finish_open(job, found) : err;
}

static int posix_do_open(struct posix_job *job)
{
	struct posix_found found = {.fd = -1};
	unsigned tries = 0;
	int err = EEXIST;

	while (err == EEXIST && tries < MAX_TRIES) {
		err = try_open(job, &found);
		if (found.fd != -1) {
			close(found.fd);
			found.fd = -1;
		}
		if ((job->flags & STORE_OPEN_EXCLUSIVE) != 0 || job->created) {
			break;
		}
		tries++;
	}
	return err;
}

/* --- the loop ----------------------------------------------------------- */

static int finish_in_loop(struct store_call *call, struct posix_job *job)
{
	struct store_file *file = store_file_new(call, job->store, job->found);

	if (file == NULL) {
		return ENOMEM;
	}
	file->data = talloc_zero(file, struct store_file_data);
	if (file->data == NULL) {
		return ENOMEM;
	}
	call->file = file;
	file->data->handle = job->opened;
	job->opened = NULL;
	file->file_id = job->attr.file_id;
	file->volume_id = job->attr.volume_id;
	file->directory =
		S_ISDIR(file->data->handle->type) && file->stream == NULL;
	file->special = job->special;
	file->access = job->access;
	call->opened.created = job->created;
	call->opened.added = job->added;
	call->opened.may = job->may;
	call->opened.granted = job->granted;
	call->opened.privileged = job->privileged;
	call->opened.attr = job->attr;
	return 0;
}

/* The job of a path, acting as that user. */
static struct posix_job *path_job(struct store_call *call, struct store *store,
				  const struct store_cred *cred,
				  const char *path,
				  int (*run)(struct posix_job *),
				  int (*finish)(struct store_call *,
						struct posix_job *))
{
	struct posix_job *job = posix_job_new(call, store, NULL, run, finish);

	if (job == NULL) {
		return NULL;
	}
	if (cred != NULL && posix_store_of(store)->switches) {
		job->cred = posix_cred_get(cred);
	}
	if (!posix_job_path(job, path) ||
	    (cred != NULL && posix_store_of(store)->switches &&
	     job->cred == NULL)) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return NULL;
	}
	return job;
}

void posix_open(struct store_call *call, struct store *store,
		const struct store_cred *cred, const char *path, unsigned flags,
		uint32_t attributes)
{
	struct posix_job *job = path_job(call, store, cred, path, posix_do_open,
					 finish_in_loop);

	if (job == NULL) {
		return;
	}
	job->flags = flags;
	job->attributes = attributes;
	if (call->security.len > 0 && !posix_job_bytes(job, call->security)) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	if ((flags & STORE_OPEN_CREATE) != 0) {
		posix_job_change(call, store, job, NULL);
	} else {
		posix_job_start(call, store, job, NULL);
	}
}

static int posix_do_lookup(struct posix_job *job)
{
	struct posix_found found = {.fd = -1};
	char client[3 * POSIX_PATH_SIZE];
	int err = posix_find(job->root, job->path,
			     posix_how(job->root, job->flags), &found);
	int stop = err != 0 || found.fd == -1 ? posix_do_stop(job, &found, err)
					      : 0;

	if (err != 0 || stop != 0) {
		return stop != 0 ? stop : err;
	}
	if (found.fd == -1) {
		return ENOENT;
	}
	job->bare = posix_do_bare(job->root, found.fd, &found.st);
	err = posix_do_getattr(job->root, found.fd, last_of(found.local),
			       job->bare, &job->attr);
	job->attr.ea_size = job->bare ? 0 : posix_do_ea_size(found.fd);
	close(found.fd);
	if (err == 0 &&
	    (!posix_path_to_client(found.local, client, sizeof(client)) ||
	     !posix_job_string(&job->found, client))) {
		err = ENOMEM;
	}
	return err;
}

static int finish_lookup(struct store_call *call, struct posix_job *job)
{
	call->attr = job->attr;
	call->path = talloc_strdup(call, job->found);
	return call->path == NULL ? ENOMEM : 0;
}

void posix_lookup(struct store_call *call, struct store *store,
		  const struct store_cred *cred, const char *path)
{
	struct posix_job *job = path_job(call, store, cred, path,
					 posix_do_lookup, finish_lookup);

	if (job != NULL) {
		job->flags = call->flags;
		posix_job_start(call, store, job, NULL);
	}
}
