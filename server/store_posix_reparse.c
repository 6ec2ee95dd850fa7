/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reparse points. What a client makes one stays the file or directory that it
 * is, and has beside it what the client said; links and special files of the
 * machine are told as reparse points. A path that comes to one stops there,
 * except that the machine's links are followed inside the share.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/reparse.h"

/* As UTF-8, of the longest in UTF-16 that fits. */
#define TARGET_SIZE (3 * REPARSE_SIZE_MAX / 2 + 1)

_Static_assert(STORE_REPARSE_MAX >= REPARSE_SIZE_MAX, "all fit");

/* --- what it says --------------------------------------------------------- */

/* @return where a link of that tag leads; the caller frees it. NULL: it is
 * none, or there is no memory. */
static char *link_target(struct wire_slice data, uint32_t tag)
{
	struct reparse reparse = {0};
	bool relative = false;
	char *target = malloc(TARGET_SIZE);

	if (target != NULL && reparse_decode(data, &reparse) == NT_STATUS_OK &&
	    reparse.tag == tag &&
	    reparse_target(&reparse, target, TARGET_SIZE, &relative) > 0) {
		return target;
	}
	free(target);
	return NULL;
}

/*
 * A file system has little room for attributes, and a symbolic link has its
 * target twice, in UTF-16. One that does not fit is kept as
 * IO_REPARSE_TAG_LX_SYMLINK under its own tag, when that tells all of it.
 */
static bool link_shorter(struct wire_slice data, struct wire_writer *w)
{
	uint8_t *copy = malloc(REPARSE_SIZE_MAX);
	char *target = link_target(data, IO_REPARSE_TAG_SYMLINK);
	struct wire_writer again =
		wire_writer_fixed(copy, copy != NULL ? REPARSE_SIZE_MAX : 0);
	bool same = copy != NULL && target != NULL &&
		    reparse_put_symlink(&again, target) &&
		    wire_slice_equal(wire_writer_slice(&again), data) &&
		    reparse_put_lx_symlink(w, target);

	free(copy);
	free(target);
	return same;
}

/* What link_shorter() made, as it was; anything else stays. */
static void link_longer(struct wire_writer *w)
{
	uint8_t *copy = malloc(STORE_REPARSE_MAX);
	char *target =
		link_target(wire_writer_slice(w), IO_REPARSE_TAG_LX_SYMLINK);
	struct wire_writer longer =
		wire_writer_fixed(copy, copy != NULL ? STORE_REPARSE_MAX : 0);

	if (copy != NULL && target != NULL &&
	    reparse_put_symlink(&longer, target) && longer.len <= w->cap) {
		memcpy(w->buf, longer.buf, longer.len);
		w->len = longer.len;
	}
	free(copy);
	free(target);
}

static int read_kept(int fd, uint32_t tag, struct wire_writer *w)
{
	ssize_t n = getxattr(posix_proc(fd).path, POSIX_XATTR_REPARSE, w->buf,
			     w->cap);

	if (n < 0) {
		return errno == EOPNOTSUPP ? ENODATA : errno;
	}
	w->len = (size_t)n;
	if (tag == IO_REPARSE_TAG_SYMLINK) {
		link_longer(w);
	}
	return 0;
}

static int put_link(int fd, struct wire_writer *w)
{
	char target[POSIX_PATH_SIZE];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);

	if (n < 0) {
		return errno;
	}
	target[n] = '\0';
	return reparse_put_symlink(w, target) ? 0 : EILSEQ;
}

static int put_special(const struct stat *st, struct wire_writer *w)
{
	uint64_t type = REPARSE_NFS_SOCK;

	if (S_ISCHR(st->st_mode)) {
		type = REPARSE_NFS_CHR;
	} else if (S_ISBLK(st->st_mode)) {
		type = REPARSE_NFS_BLK;
	} else if (S_ISFIFO(st->st_mode)) {
		type = REPARSE_NFS_FIFO;
	}
	return reparse_put_nfs(w, type, major(st->st_rdev), minor(st->st_rdev))
		       ? 0
		       : ENOMEM;
}

/* Into a buffer of STORE_REPARSE_MAX bytes. ENODATA: it is none. */
static int read_reparse(int fd, uint8_t *buf, size_t *len)
{
	struct wire_writer w = wire_writer_fixed(buf, STORE_REPARSE_MAX);
	struct stat st = {0};
	int err = fstat(fd, &st) == 0 ? 0 : errno;
	uint32_t tag = 0;

	if (err == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
		tag = posix_do_reparse_tag(fd, st.st_mode);
		err = tag == 0 ? ENODATA : read_kept(fd, tag, &w);
	} else if (err == 0) {
		err = S_ISLNK(st.st_mode) ? put_link(fd, &w)
					  : put_special(&st, &w);
	}
	*len = w.len;
	return err;
}

/* --- where a path stops --------------------------------------------------- */

/* At this file: a link, or what is none of ours to follow. */
static int stop_at(struct posix_job *job, int fd, const char *rest)
{
	uint8_t *buf = malloc(STORE_REPARSE_MAX);
	char *target = malloc(TARGET_SIZE);
	struct reparse reparse = {0};
	size_t len = 0;
	int err = buf == NULL || target == NULL ? ENOMEM
						: read_reparse(fd, buf, &len);

	if (err == 0 &&
	    reparse_decode(wire_slice(buf, len), &reparse) != NT_STATUS_OK) {
		err = STORE_EREPARSE;
	}
	if (err == 0) {
		err = reparse_target(&reparse, target, TARGET_SIZE,
				     &job->relative) < 0
			      ? STORE_EREPARSE
			      : STORE_ESTOPPED;
	}
	if (err == STORE_ESTOPPED && (!posix_job_string(&job->target, target) ||
				      !posix_job_string(&job->rest, rest))) {
		err = ENOMEM;
	}
	free(buf);
	free(target);
	return err == ENODATA ? 0 : err;
}

/* Component by component, to the first that is one. */
static int stop_before(struct posix_job *job, unsigned how)
{
	struct posix_found found = {.fd = -1};
	char prefix[STORE_PATH_MAX + 1];
	size_t len = strcspn(job->path, "/");
	int err = 0;

	while (err == 0 && len < sizeof(prefix)) {
		memcpy(prefix, job->path, len);
		prefix[len] = '\0';
		err = posix_find(job->root, prefix, how, &found);
		if (err != 0 || found.fd == -1) {
			return 0;
		}
		if ((found.link && (how & POSIX_FIND_NO_LINKS) != 0) ||
		    posix_do_reparse_tag(found.fd, found.st.st_mode) != 0) {
			err = stop_at(job, found.fd, job->path + len);
		}
		close(found.fd);
		if (job->path[len] == '\0') {
			break;
		}
		len += 1 + strcspn(job->path + len + 1, "/");
	}
	return err;
}

/* A reparse point is empty: whatever is missing in it lies elsewhere. */
static bool parent_is_one(const struct posix_job *job, const char *local)
{
	const char *last = NULL;
	int fd = posix_open_parent(job->root, local, &last);
	bool yes = fd != -1 && posix_do_reparse_tag(fd, S_IFDIR) != 0;

	if (fd != -1) {
		close(fd);
	}
	return yes;
}

int posix_do_stop(struct posix_job *job, const struct posix_found *found,
		  int err)
{
	unsigned how = posix_how(job->root, job->flags);
	bool posix = (job->flags & STORE_OPEN_POSIX) != 0;

	if (err == STORE_ENOPATH || err == ELOOP) {
		return stop_before(job, how);
	}
	if (err != 0) {
		return 0;
	}
	if (found->fd == -1) {
		return parent_is_one(job, found->local) ? stop_before(job, how)
							: 0;
	}
	if ((job->flags & (STORE_OPEN_NOFOLLOW | STORE_OPEN_REPARSE)) != 0 ||
	    (found->link && (how & POSIX_FIND_NO_LINKS) == 0) ||
	    (!found->link && !S_ISREG(found->st.st_mode) &&
	     !S_ISDIR(found->st.st_mode))) {
		return 0;
	}
	err = stop_at(job, found->fd, "");
	return err == STORE_EREPARSE && posix ? 0 : err;
}

int posix_stopped(struct store_call *call, struct posix_job *job)
{
	call->stop.relative = job->relative;
	call->stop.target = talloc_strdup(call, job->target);
	call->stop.rest = talloc_strdup(call, job->rest);
	return call->stop.target == NULL || call->stop.rest == NULL
		       ? ENOMEM
		       : STORE_ESTOPPED;
}

/* --- the operations ------------------------------------------------------- */

static int posix_do_getreparse(struct posix_job *job)
{
	job->out = malloc(STORE_REPARSE_MAX);
	return job->out == NULL
		       ? ENOMEM
		       : read_reparse(job->handle->fd, job->out, &job->out_len);
}

static int finish_getreparse(struct store_call *call, struct posix_job *job)
{
	call->value = talloc_memdup(call, job->out, job->out_len);
	call->count = job->out_len;
	return call->value == NULL ? ENOMEM : 0;
}

void posix_getreparse(struct store_call *call, struct store_file *file)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_getreparse, finish_getreparse);

	if (job != NULL) {
		posix_job_start(call, file->store, job, NULL);
	}
}

static int check_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy != -1 ? fdopendir(copy) : NULL;
	const struct dirent *entry = NULL;
	unsigned count = 0;

	if (dir == NULL) {
		int err = errno;

		if (copy != -1) {
			close(copy);
		}
		return err;
	}
	do {
		entry = readdir(dir);
		count += entry != NULL;
	} while (entry != NULL && count <= 2);
	closedir(dir);
	return count > 2 ? ENOTEMPTY : 0;
}

static bool is_too_large(int err)
{
	return err == E2BIG || err == ERANGE || err == ENOSPC;
}

static int keep(int fd, struct wire_slice data)
{
	struct posix_proc_path path = posix_proc(fd);
	uint8_t *buf = NULL;
	struct wire_writer w = {0};
	int err = setxattr(path.path, POSIX_XATTR_REPARSE, data.data, data.len,
			   0) == 0
			  ? 0
			  : errno;

	if (is_too_large(err)) {
		buf = malloc(REPARSE_SIZE_MAX);
		w = wire_writer_fixed(buf, buf != NULL ? REPARSE_SIZE_MAX : 0);
	}
	if (buf != NULL && link_shorter(data, &w)) {
		err = setxattr(path.path, POSIX_XATTR_REPARSE, w.buf, w.len,
			       0) == 0
			      ? 0
			      : errno;
	}
	free(buf);
	return is_too_large(err) ? ENOSPC : err;
}

/* The tag last: without it what is kept beside means nothing. */
static int posix_do_setreparse(struct posix_job *job)
{
	int fd = job->handle->fd;
	struct posix_proc_path path = posix_proc(fd);
	struct wire_reader r = wire_reader(job->in, job->len);
	mode_t type = job->handle->type;
	int err = 0;

	if (!S_ISREG(type) && !S_ISDIR(type)) {
		return EINVAL;
	}
	if (job->len == 0) {
		err = posix_do_mark_reparse(fd, 0);
		if (err == 0) {
			(void)removexattr(path.path, POSIX_XATTR_REPARSE);
		}
		return err;
	}
	err = S_ISDIR(type) ? check_empty(fd) : 0;
	if (err == 0) {
		err = keep(fd, wire_slice(job->in, job->len));
	}
	return err == 0 ? posix_do_mark_reparse(fd, wire_get_u32(&r)) : err;
}

void posix_setreparse(struct store_call *call, struct store_file *file,
		      struct wire_slice data)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_setreparse, NULL);

	if (job == NULL) {
		return;
	}
	if (data.len > 0 && !posix_job_bytes(job, data)) {
		job->job.release(&job->job);
		store_call_done(call, ENOMEM);
		return;
	}
	posix_job_change(call, file->store, job, NULL);
}
