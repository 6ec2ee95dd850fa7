/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes: the client's NAME is user.NAME, ours are not shown. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "server/store_posix.h"

/* Names of all attributes of a file: XATTR_LIST_MAX of the kernel. */
#define LIST_SIZE 65536

#define FULL_NAME_SIZE (sizeof(POSIX_XATTR_PREFIX) + STORE_XATTR_NAME_MAX)

/* Since Linux 6.13. */
#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif

bool posix_do_bare(const struct posix_root *root, int fd, const struct stat *st)
{
	return root->tells_xattrs && st->st_dev == root->dev &&
	       listxattr(posix_proc(fd).path, NULL, 0) == 0;
}

bool posix_do_have_listxattrat(int dirfd)
{
	return syscall(SYS_listxattrat, dirfd, ".", AT_SYMLINK_NOFOLLOW, NULL,
		       (size_t)0) >= 0;
}

/* Through /proc it takes twice as long. */
ssize_t posix_do_listxattr_at(const struct posix_root *root, int dirfd,
			      const char *name, const char *path, char *list,
			      size_t size)
{
	return root->listxattrat ? syscall(SYS_listxattrat, dirfd, name,
					   AT_SYMLINK_NOFOLLOW, list, size)
				 : llistxattr(path, list, size);
}

/* Ours, and streams. */
static bool reserved(const char *xattr)
{
	return strncmp(xattr, POSIX_XATTR_OWN, strlen(POSIX_XATTR_OWN)) == 0 ||
	       strncmp(xattr, POSIX_XATTR_STREAM, strlen(POSIX_XATTR_STREAM)) ==
		       0;
}

static int full_name(const char *name, char out[FULL_NAME_SIZE])
{
	snprintf(out, FULL_NAME_SIZE, "%s%s", POSIX_XATTR_PREFIX, name);
	return reserved(out) && strcmp(name, STORE_XATTR_NEED) != 0 ? EACCES
								    : 0;
}

static int posix_do_getxattr(struct posix_job *job)
{
	struct posix_proc_path path = posix_proc(job->handle->fd);
	char name[FULL_NAME_SIZE];
	ssize_t n = -1;

	if (full_name(job->name, name) != 0) {
		return ENODATA;
	}
	job->out = malloc(STORE_XATTR_SIZE_MAX);
	if (job->out == NULL) {
		return ENOMEM;
	}
	n = getxattr(path.path, name, job->out, STORE_XATTR_SIZE_MAX);
	if (n < 0) {
		return errno;
	}
	job->out_len = (size_t)n;
	return 0;
}

static int finish_getxattr(struct store_call *call, struct posix_job *job)
{
	call->value = talloc_array(call, uint8_t, job->out_len);
	if (call->value == NULL) {
		return ENOMEM;
	}
	memcpy(call->value, job->out, job->out_len);
	call->count = job->out_len;
	return 0;
}

static int posix_do_setxattr(struct posix_job *job)
{
	struct posix_proc_path path = posix_proc(job->handle->fd);
	char name[FULL_NAME_SIZE];
	int err = full_name(job->name, name);

	if (err != 0) {
		return err;
	}
	return setxattr(path.path, name, job->in, job->len, 0) == 0 ? 0 : errno;
}

static int posix_do_removexattr(struct posix_job *job)
{
	struct posix_proc_path path = posix_proc(job->handle->fd);
	char name[FULL_NAME_SIZE];

	if (full_name(job->name, name) != 0) {
		return ENODATA;
	}
	return removexattr(path.path, name) == 0 ? 0 : errno;
}

static int posix_do_listxattr(struct posix_job *job)
{
	struct posix_proc_path path = posix_proc(job->handle->fd);
	ssize_t n = -1;

	job->out = malloc(LIST_SIZE);
	if (job->out == NULL) {
		return ENOMEM;
	}
	n = listxattr(path.path, job->out, LIST_SIZE);
	if (n < 0) {
		return errno;
	}
	job->out_len = (size_t)n;
	return 0;
}

static bool shown(const char *name)
{
	return strncmp(name, POSIX_XATTR_PREFIX, strlen(POSIX_XATTR_PREFIX)) ==
		       0 &&
	       !reserved(name);
}

uint32_t posix_ea_size(const char *path, bool follow, const char *names,
		       size_t len)
{
	uint64_t size = 0;
	size_t at = 0;

	for (at = 0; at < len; at += strlen(names + at) + 1) {
		const char *name = names + at;
		ssize_t n = -1;

		if (!shown(name)) {
			continue;
		}
		n = follow ? getxattr(path, name, NULL, 0)
			   : lgetxattr(path, name, NULL, 0);
		if (n >= 0) {
			size = (size + 3) / 4 * 4 + 9 + (size_t)n +
			       strlen(name) - strlen(POSIX_XATTR_PREFIX);
		}
	}
	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

uint32_t posix_do_ea_size(int fd)
{
	struct posix_proc_path path = posix_proc(fd);
	ssize_t n = listxattr(path.path, NULL, 0);
	char *names = n > 0 ? malloc((size_t)n) : NULL;
	uint32_t size = 0;

	n = names != NULL ? listxattr(path.path, names, (size_t)n) : 0;
	size = n > 0 ? posix_ea_size(path.path, true, names, (size_t)n) : 0;
	free(names);
	return size;
}

static int finish_listxattr(struct store_call *call, struct posix_job *job)
{
	const char *list = job->out;
	size_t at = 0;
	size_t n = 0;

	for (at = 0; at < job->out_len; at += strlen(list + at) + 1) {
		n += shown(list + at);
	}
	call->names = talloc_zero_array(call, char *, n + 1);
	if (call->names == NULL) {
		return ENOMEM;
	}
	n = 0;
	for (at = 0; at < job->out_len; at += strlen(list + at) + 1) {
		if (!shown(list + at)) {
			continue;
		}
		call->names[n] = talloc_strdup(
			call->names, list + at + strlen(POSIX_XATTR_PREFIX));
		if (call->names[n] == NULL) {
			return ENOMEM;
		}
		n++;
	}
	return 0;
}

/* --- the loop ----------------------------------------------------------- */

static void xattr_start(struct store_call *call, struct store_file *file,
			struct posix_job *job, const char *name, bool changes)
{
	if (job == NULL) {
		return;
	}
	if (!posix_job_string(&job->name, name)) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	if (changes) {
		posix_job_change(call, file->store, job, NULL);
	} else {
		posix_job_start(call, file->store, job, NULL);
	}
}

void posix_getxattr(struct store_call *call, struct store_file *file,
		    const char *name)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_getxattr, finish_getxattr);

	xattr_start(call, file, job, name, false);
}

void posix_setxattr(struct store_call *call, struct store_file *file,
		    const char *name, const void *value, size_t len)
{
	struct posix_job *job = posix_job_new(
		call, file->store, file->data->handle, posix_do_setxattr, NULL);

	if (job == NULL) {
		return;
	}
	job->len = len;
	job->in = malloc(len > 0 ? len : 1);
	if (job->in == NULL) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	if (len > 0) {
		memcpy(job->in, value, len);
	}
	xattr_start(call, file, job, name, true);
}

void posix_removexattr(struct store_call *call, struct store_file *file,
		       const char *name)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_removexattr, NULL);

	xattr_start(call, file, job, name, true);
}

void posix_listxattr(struct store_call *call, struct store_file *file)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_listxattr, finish_listxattr);

	xattr_start(call, file, job, "", false);
}
