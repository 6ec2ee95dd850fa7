/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The named streams of a file: finding, making, listing, renaming, removing. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/smb2.h"
#include "smbquic/utf16.h"

/* Names of all attributes of a file: XATTR_LIST_MAX of the kernel. */
#define LIST_SIZE 65536

#define NAME_SIZE (POSIX_STREAM_NAME_MAX + 1)

/* --- names -------------------------------------------------------------- */

bool posix_job_path(struct posix_job *job, const char *path)
{
	char *colon = NULL;

	if (!posix_job_string(&job->path, path)) {
		return false;
	}
	colon = strchr(job->path, ':');
	if (colon == NULL) {
		return true;
	}
	*colon = '\0';
	return posix_job_string(&job->stream, colon + 1);
}

/* A loop without memory tells of less. */
void posix_stream_told(struct posix_job *job, const struct posix_handle *handle,
		       enum store_event_kind kind, const char *name)
{
	size_t n = job->num_events;

	if (n == sizeof(job->events) / sizeof(job->events[0]) || name == NULL ||
	    (job->told == NULL &&
	     !posix_job_string(&job->told, handle->local)) ||
	    (n > 0 && job->events[n - 1].kind == kind) ||
	    !posix_job_string(&job->events[n].stream, name)) {
		return;
	}
	job->events[n].kind = kind;
	job->num_events++;
}

/* The stream that an extended attribute stands for. */
static bool name_of(const char *xattr, char name[NAME_SIZE])
{
	size_t len = strlen(xattr);
	size_t front = strlen(POSIX_XATTR_STREAM);
	size_t end = strlen(POSIX_XATTR_STREAM_END);

	if (strncmp(xattr, POSIX_XATTR_DEPOT, strlen(POSIX_XATTR_DEPOT)) == 0) {
		front = strlen(POSIX_XATTR_DEPOT);
		end = 0;
	} else if (strncmp(xattr, POSIX_XATTR_STREAM, front) != 0 ||
		   len < front + end ||
		   strcmp(xattr + len - end, POSIX_XATTR_STREAM_END) != 0) {
		return false;
	}
	if (len <= front + end || len - front - end >= NAME_SIZE) {
		return false;
	}
	len -= front + end;
	memcpy(name, xattr + front, len);
	name[len] = '\0';
	return strpbrk(name, ":/\\") == NULL && utf16_size(name) > 0;
}

struct names {
	char *list;
	size_t len, at;
};

static int names_load(int file, struct names *names)
{
	ssize_t n = -1;

	*names = (struct names){.list = malloc(LIST_SIZE)};
	if (names->list == NULL) {
		return ENOMEM;
	}
	n = listxattr(posix_proc(file).path, names->list, LIST_SIZE);
	if (n < 0) {
		free(names->list);
		names->list = NULL;
		return errno;
	}
	names->len = (size_t)n;
	return 0;
}

/* Was that stream told before the place where we are? */
static bool told_before(const struct names *names, size_t at, const char *name)
{
	char other[NAME_SIZE];
	size_t i = 0;

	for (i = 0; i < at; i += strlen(names->list + i) + 1) {
		if (name_of(names->list + i, other) &&
		    strcmp(other, name) == 0) {
			return true;
		}
	}
	return false;
}

static bool names_next(struct names *names, char name[NAME_SIZE])
{
	while (names->at < names->len) {
		size_t at = names->at;

		names->at += strlen(names->list + at) + 1;
		if (name_of(names->list + at, name) &&
		    !told_before(names, at, name)) {
			return true;
		}
	}
	return false;
}

/* The stream of that name, in any case unless case matters. ENODATA, with
 * *count streams there. */
static int find(struct posix_job *job, int file, const char *wanted,
		char name[NAME_SIZE], struct posix_stream *s, size_t *count)
{
	struct names names = {0};
	int err = posix_stream_load(job, file, wanted, true, s);

	*count = 0;
	if (err == 0) {
		memcpy(name, wanted, strlen(wanted) + 1);
		s->name = name;
	}
	if (err != ENODATA) {
		return err;
	}
	err = names_load(file, &names);
	if (err != 0) {
		return err;
	}
	err = ENODATA;
	while (err == ENODATA && names_next(&names, name)) {
		(*count)++;
		if (!job->root->case_sensitive &&
		    utf8_case_equal(name, wanted)) {
			posix_stream_free(s);
			err = posix_stream_load(job, file, name, true, s);
		}
	}
	free(names.list);
	return err;
}

/* --- opening ------------------------------------------------------------ */

/* Who may write a file, may add streams (MS-FSA 2.1.5.1.2). */
static bool may_add(const struct posix_job *job)
{
	uint32_t attributes = job->attr.attributes;

	return job->created ||
	       ((job->may & STORE_MAY_WRITE) != 0 &&
		((job->granted | job->privileged) & FILE_WRITE_DATA) != 0 &&
		((attributes & FILE_ATTRIBUTE_READONLY) == 0 ||
		 (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0));
}

static int add(struct posix_job *job, struct posix_found *found, size_t count,
	       struct posix_stream *s)
{
	int err = 0;

	if ((job->flags & STORE_OPEN_CREATE) == 0) {
		return ENOENT;
	}
	if (!may_add(job)) {
		return EACCES;
	}
	if (count >= STORE_STREAMS_MAX) {
		return ENOSPC;
	}
	posix_stream_free(s);
	*s = (struct posix_stream){.root = job->root,
				   .cred = job->cred,
				   .file = found->fd,
				   .st = found->st,
				   .name = job->stream,
				   .fd = -1};
	err = posix_stream_make(s);
	if (err == 0) {
		job->added = !job->created;
		job->created = true;
	}
	return err;
}

static int find_or_add(struct posix_job *job, struct posix_found *found,
		       struct posix_stream *s)
{
	char name[NAME_SIZE];
	size_t count = 0;
	int err = find(job, found->fd, job->stream, name, s, &count);

	if (err == ENODATA) {
		return add(job, found, count, s);
	}
	if (err == 0 && (job->flags & STORE_OPEN_EXCLUSIVE) != 0) {
		return EEXIST;
	}
	if (err == 0 && strcmp(name, job->stream) != 0) {
		free(job->stream);
		job->stream = NULL;
		err = posix_job_string(&job->stream, name) ? 0 : ENOMEM;
	}
	return err;
}

/* Data is had by who may have the file's. */
static int choose_access(struct posix_job *job, bool made)
{
	unsigned wanted = job->flags & (STORE_OPEN_READ | STORE_OPEN_WRITE);
	unsigned can = 0;

	can |= made || (job->may & STORE_MAY_READ) != 0 ? STORE_OPEN_READ : 0;
	can |= made || (job->may & STORE_MAY_WRITE) != 0 ? STORE_OPEN_WRITE : 0;
	if ((job->flags & STORE_OPEN_MAXIMUM) != 0) {
		job->access = can;
		return 0;
	}
	job->access = wanted;
	return (wanted & ~can) != 0 ? EACCES : 0;
}

static void fix_attr(struct store_attr *attr, const struct posix_stream *s)
{
	attr->size = posix_stream_size(s);
	attr->allocation = posix_stream_allocation(s);
	attr->attributes &= ~(uint32_t)FILE_ATTRIBUTE_DIRECTORY;
	attr->mode = (attr->mode & ~(uint32_t)S_IFMT) | S_IFREG;
}

int posix_do_stream_open(struct posix_job *job, struct posix_found *found)
{
	struct posix_stream s = {.fd = -1};
	bool made = job->created;
	int err = choose_access(job, made);

	if (err != 0) {
		return err;
	}
	if (job->root->no_streams ||
	    (!S_ISREG(found->st.st_mode) && !S_ISDIR(found->st.st_mode))) {
		return EOPNOTSUPP;
	}
	posix_stream_lock(&found->st);
	err = find_or_add(job, found, &s);
	posix_stream_unlock(&found->st);
	if (err == 0) {
		fix_attr(&job->attr, &s);
	}
	posix_stream_free(&s);
	return err;
}

void posix_do_stream_attr(struct posix_job *job, struct posix_handle *handle,
			  struct store_attr *attr)
{
	const char *name = posix_stream_of(handle);
	struct posix_stream s = {.fd = -1};

	if (name == NULL) {
		return;
	}
	(void)posix_stream_load(job, handle->fd, name, false, &s);
	fix_attr(attr, &s);
	posix_stream_free(&s);
}

/* --- renaming ----------------------------------------------------------- */

static int set_stream(struct posix_handle *handle, const char *name)
{
	size_t len = name != NULL ? strlen(name) : 0;
	struct posix_stream_name *stream = calloc(1, sizeof(*stream) + len + 1);

	if (stream == NULL) {
		return ENOMEM;
	}
	if (name != NULL) {
		memcpy(stream->name, name, len + 1);
	}
	stream->none = name == NULL;
	stream->before = atomic_load(&handle->stream);
	atomic_store(&handle->stream, stream);
	return 0;
}

/* All of it, from one to the other; whole or not at all is not promised. */
static int copy_stream(struct posix_stream *from, int from_fd,
		       struct posix_stream *to, int to_fd)
{
	size_t size = 65536;
	uint8_t *buf = malloc(size);
	uint64_t at = 0;
	size_t got = 1;
	int err = buf == NULL ? ENOMEM : 0;

	while (err == 0 && got > 0) {
		err = from != NULL
			      ? posix_stream_read(from, buf, size, at, &got)
			      : posix_fd_read(from_fd, buf, size, at, &got);
		if (err == 0 && got > 0) {
			err = to != NULL ? posix_stream_write(to, buf, got, at)
					 : posix_fd_write(to_fd, buf, got, at);
		}
		at += got;
	}
	free(buf);
	return err;
}

/* The file's own data, to be read and written as the user. */
static int open_file(struct posix_job *job, int *fd)
{
	*fd = open(posix_proc(job->handle->fd).path,
		   O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return *fd == -1 ? errno : 0;
}

static int stream_to_file(struct posix_job *job, struct posix_stream *from)
{
	struct stat st = {0};
	int fd = -1;
	int err = open_file(job, &fd);

	if (err == 0 && fstat(fd, &st) != 0) {
		err = errno;
	}
	if (err == 0 && !job->replace) {
		err = EEXIST;
	}
	if (err == 0 && st.st_size != 0) {
		err = EINVAL;
	}
	if (err == 0) {
		err = copy_stream(from, -1, NULL, fd);
	}
	if (err == 0) {
		err = posix_stream_remove(from);
	}
	/* From now on the handle is one of the file. */
	if (err == 0 && dup3(fd, job->handle->fd, O_CLOEXEC) == -1) {
		err = errno;
	}
	if (fd != -1) {
		close(fd);
	}
	return err == 0 ? set_stream(job->handle, NULL) : err;
}

/* A target that is in the way, other than the stream itself. */
static int clear_target(struct posix_job *job, struct posix_stream *target)
{
	if (!job->replace) {
		return EEXIST;
	}
	return posix_stream_size(target) != 0 ? EINVAL
					      : posix_stream_remove(target);
}

static int file_to_stream(struct posix_job *job, const char *to)
{
	struct posix_stream s = {.root = job->root,
				 .cred = job->cred,
				 .file = job->handle->fd,
				 .name = to,
				 .fd = -1};
	int fd = -1;
	int err = fstat(job->handle->fd, &s.st) == 0 ? open_file(job, &fd)
						     : errno;

	if (err == 0) {
		err = posix_stream_make(&s);
	}
	if (err == 0) {
		err = copy_stream(NULL, fd, &s, -1);
		if (err == 0 && ftruncate(fd, 0) != 0) {
			err = errno;
		}
		if (err != 0) {
			(void)posix_stream_remove(&s);
		}
	}
	posix_stream_free(&s);
	if (fd != -1) {
		close(fd);
	}
	return err == 0 ? set_stream(job->handle, to) : err;
}

static int stream_to_stream(struct posix_job *job, struct posix_stream *from,
			    const char *to)
{
	struct posix_stream s = {.root = job->root,
				 .cred = job->cred,
				 .file = job->handle->fd,
				 .st = from->st,
				 .name = to,
				 .fd = -1};
	int err = posix_stream_make(&s);

	if (err == 0) {
		err = copy_stream(from, -1, &s, -1);
	}
	if (err == 0) {
		err = posix_stream_remove(from);
	} else {
		(void)posix_stream_remove(&s);
	}
	posix_stream_free(&s);
	return err == 0 ? set_stream(job->handle, to) : err;
}

static int rename_found(struct posix_job *job, struct posix_stream *from,
			const char *to)
{
	struct posix_stream target = {.fd = -1};
	char name[NAME_SIZE];
	size_t count = 0;
	int err = 0;

	if (to == NULL) {
		return stream_to_file(job, from);
	}
	if (strlen(to) > POSIX_STREAM_NAME_MAX) {
		return ENAMETOOLONG;
	}
	if (from != NULL && strcmp(from->name, to) == 0) {
		return 0;
	}
	err = find(job, job->handle->fd, to, name, &target, &count);
	if (err == ENODATA) {
		err = from == NULL && count >= STORE_STREAMS_MAX ? ENOSPC : 0;
	} else if (err == 0 &&
		   (from == NULL || strcmp(name, from->name) != 0)) {
		err = clear_target(job, &target);
	}
	posix_stream_free(&target);
	if (err != 0) {
		return err;
	}
	return from == NULL ? file_to_stream(job, to)
			    : stream_to_stream(job, from, to);
}

static int rename_result(struct posix_job *job, const char *to)
{
	size_t size = strlen(job->path) + (to != NULL ? strlen(to) : 0) + 2;

	job->found = malloc(size);
	if (job->found == NULL) {
		return ENOMEM;
	}
	snprintf(job->found, size, "%s%s%s", job->path, to != NULL ? ":" : "",
		 to != NULL ? to : "");
	posix_stream_told(job, job->handle, STORE_EVENT_STREAM_REMOVED,
			  job->stream);
	posix_stream_told(job, job->handle, STORE_EVENT_STREAM_ADDED, to);
	return 0;
}

int posix_do_stream_rename(struct posix_job *job)
{
	const char *colon = strchr(job->to, ':');
	const char *to = colon != NULL ? colon + 1 : NULL;
	const char *own = posix_stream_of(job->handle);
	struct posix_stream from = {.fd = -1};
	struct stat st = {.st_ino = job->handle->ino,
			  .st_dev = job->handle->dev};
	int err = 0;

	if (to == NULL && S_ISDIR(job->handle->type)) {
		return EINVAL;
	}
	if ((own == NULL) != (job->stream == NULL)) {
		return ENOENT;
	}
	posix_stream_lock(&st);
	if (own != NULL) {
		err = posix_stream_load(job, job->handle->fd, own, true, &from);
		err = err == ENODATA ? ENOENT : err;
	}
	if (err == 0) {
		err = rename_found(job, own != NULL ? &from : NULL, to);
	}
	posix_stream_unlock(&st);
	posix_stream_free(&from);
	return err == 0 ? rename_result(job, to) : err;
}

/* --- removing ----------------------------------------------------------- */

int posix_do_stream_unlink(struct posix_job *job)
{
	struct posix_stream s = {.fd = -1};
	struct stat st = {.st_ino = job->handle->ino,
			  .st_dev = job->handle->dev};
	int err = 0;

	posix_stream_lock(&st);
	err = posix_stream_load(job, job->handle->fd, job->stream, false, &s);
	if (err == 0) {
		err = posix_stream_remove(&s);
	}
	posix_stream_unlock(&st);
	posix_stream_free(&s);
	if (err == 0) {
		posix_stream_told(job, job->handle, STORE_EVENT_STREAM_REMOVED,
				  job->stream);
	}
	return err == ENODATA ? ENOENT : err;
}

/* Each of a file's streams, one after the other. */
static int each_stream(struct posix_job *job, int file,
		       int (*what)(struct posix_job *job,
				   struct posix_stream *s))
{
	char name[NAME_SIZE];
	struct names names = {0};
	int err = names_load(file, &names);

	while (err == 0 && names_next(&names, name)) {
		struct posix_stream s = {.fd = -1};

		err = posix_stream_load(job, file, name, false, &s);
		err = err == 0 ? what(job, &s) : err == ENODATA ? 0 : err;
		posix_stream_free(&s);
	}
	free(names.list);
	return err;
}

static int drop_one(struct posix_job *job, struct posix_stream *s)
{
	(void)job;
	return posix_stream_remove(s);
}

void posix_do_streams_drop(struct posix_job *job, int file)
{
	struct stat st = {0};

	if (fstat(file, &st) == 0) {
		posix_stream_lock(&st);
		(void)each_stream(job, file, drop_one);
		posix_stream_unlock(&st);
	}
}

static int forget_one(struct posix_job *job, struct posix_stream *s)
{
	if (s->depot && posix_cred_enter(NULL) == 0) {
		posix_depot_remove(job->root, &s->st, s->id);
		return posix_cred_enter(job->cred);
	}
	return 0;
}

void posix_do_streams_unlinked(struct posix_job *job, int file)
{
	struct stat st = {0};

	if (fstat(file, &st) == 0 &&
	    (S_ISDIR(st.st_mode) ||
	     (S_ISREG(st.st_mode) && st.st_nlink == 0))) {
		(void)each_stream(job, file, forget_one);
	}
}

static int give_one(struct posix_job *job, struct posix_stream *s)
{
	if (s->depot && posix_cred_enter(NULL) == 0) {
		posix_depot_give(job->root, &s->st, s->id);
		return posix_cred_enter(job->cred);
	}
	return 0;
}

void posix_do_streams_give(struct posix_job *job, int file)
{
	(void)each_stream(job, file, give_one);
}

/* --- listing ------------------------------------------------------------ */

struct listed {
	char name[NAME_SIZE];
	uint64_t size, allocation;
};

static int list_one(struct posix_job *job, struct posix_stream *s)
{
	struct listed *listed = job->out;

	if (job->count > STORE_STREAMS_MAX) {
		return 0;
	}
	listed += job->count;
	memcpy(listed->name, s->name, strlen(s->name) + 1);
	listed->size = posix_stream_size(s);
	listed->allocation = posix_stream_allocation(s);
	job->count++;
	return 0;
}

static void list_own(struct posix_job *job)
{
	struct listed *listed = job->out;
	struct stat st = {0};

	if (fstat(job->handle->fd, &st) == 0 && !S_ISDIR(st.st_mode)) {
		listed->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
		listed->allocation =
			S_ISREG(st.st_mode) ? (uint64_t)st.st_blocks * 512 : 0;
		job->count++;
	}
}

static int posix_do_streams(struct posix_job *job)
{
	int err = 0;

	job->out = calloc(STORE_STREAMS_MAX + 1, sizeof(struct listed));
	if (job->out == NULL) {
		return ENOMEM;
	}
	list_own(job);
	if (!S_ISREG(job->handle->type) && !S_ISDIR(job->handle->type)) {
		return 0;
	}
	err = each_stream(job, job->handle->fd, list_one);
	return err == EOPNOTSUPP ? 0 : err;
}

static int finish_streams(struct store_call *call, struct posix_job *job)
{
	const struct listed *listed = job->out;
	size_t i = 0;

	call->streams = talloc_zero_array(call, struct store_stream,
					  (size_t)job->count + 1);
	if (call->streams == NULL) {
		return ENOMEM;
	}
	for (i = 0; i < job->count; i++) {
		call->streams[i].name =
			talloc_strdup(call->streams, listed[i].name);
		call->streams[i].size = listed[i].size;
		call->streams[i].allocation = listed[i].allocation;
		if (call->streams[i].name == NULL) {
			return ENOMEM;
		}
	}
	call->count = job->count;
	return 0;
}

void posix_streams(struct store_call *call, struct store_file *file)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_streams, finish_streams);

	if (job != NULL) {
		posix_job_start(call, file->store, job, NULL);
	}
}
