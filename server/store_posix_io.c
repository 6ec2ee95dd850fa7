/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data of files. */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "server/store_posix.h"

/* What is copied through memory at a time, where the kernel does not copy. */
#define COPY_SIZE ((size_t)1 << 20)

/* --- reading ------------------------------------------------------------ */

/* Bytes that take no longer to copy than to hand over. */
#define READ_NOW ((size_t)64 << 10)

int posix_fd_read(int fd, void *buf, size_t len, uint64_t offset, size_t *count)
{
	uint8_t *p = buf;

	*count = 0;
	while (*count < len) {
		ssize_t n = pread(fd, p + *count, len - *count,
				  (off_t)(offset + *count));

		if (n == -1 && errno == EINTR) {
			continue;
		}
		if (n == -1) {
			return errno;
		}
		if (n == 0) {
			break;
		}
		*count += (size_t)n;
	}
	return 0;
}

/*
 * What is in memory already is read in the loop, without a way through a
 * thread. True when that was all there is to read.
 */
static bool read_now(struct posix_handle *handle, void *buf, size_t len,
		     uint64_t offset, uint64_t *count)
{
	struct iovec iov = {.iov_base = buf, .iov_len = len};
	size_t all = 0;
	ssize_t n = -1;

	/* there the kernel does not know that it never waits */
	if (handle->in_memory && len <= READ_NOW &&
	    posix_fd_read(handle->fd, buf, len, offset, &all) == 0) {
		*count = all;
		return true;
	}
	if (!handle->nowait_read) {
		return false;
	}
	n = preadv2(handle->fd, &iov, 1, (off_t)offset, RWF_NOWAIT);
	if (n == -1) {
		if (errno == EOPNOTSUPP || errno == ENOSYS) {
			handle->nowait_read = false;
		}
		return false;
	}
	/* Short: at the end of the file, or of what is in memory. */
	if ((size_t)n < len && n != 0) {
		return false;
	}
	*count = (uint64_t)n;
	return true;
}

static int posix_do_pread(struct posix_job *job)
{
	size_t count = 0;
	int err = 0;

	if (posix_stream_of(job->handle) != NULL) {
		return posix_do_stream_pread(job);
	}
	err = posix_fd_read(job->handle->fd, job->buf, job->len, job->offset,
			    &count);
	job->count = count;
	return err;
}

static int finish_count(struct store_call *call, struct posix_job *job)
{
	call->count = job->count;
	return 0;
}

void posix_pread(struct store_call *call, struct store_file *file, void *buf,
		 size_t len, uint64_t offset, TALLOC_CTX *owner)
{
	struct posix_handle *handle = file->data->handle;
	struct posix_job *job = NULL;

	if (read_now(handle, buf, len, offset, &call->count)) {
		store_call_done(call, 0);
		return;
	}
	job = posix_job_new(call, file->store, handle, posix_do_pread,
			    finish_count);
	if (job != NULL) {
		job->buf = buf;
		job->len = len;
		job->offset = offset;
		posix_job_start(call, file->store, job, owner);
	}
}

/* --- writing ------------------------------------------------------------ */

int posix_fd_write(int fd, const void *buf, size_t len, uint64_t offset)
{
	const uint8_t *p = buf;
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(fd, p + done, len - done,
				   (off_t)(offset + done));

		if (n == -1 && errno == EINTR) {
			continue;
		}
		if (n == -1) {
			return errno;
		}
		if (n == 0) {
			return ENOSPC;
		}
		done += (size_t)n;
	}
	return 0;
}

/* Data is changed through a handle; a write time that its client has set
 * stays (MS-FSA 2.1.5.3). keeps: it does in any case. */
static int change_data(struct posix_job *job, bool keeps,
		       int (*change)(struct posix_job *job))
{
	struct stat before = {0};
	bool frozen = (keeps || atomic_load(&job->handle->frozen)) &&
		      fstat(job->handle->fd, &before) == 0;
	int err = change(job);

	if (frozen) {
		(void)posix_do_restore_write_time(job, &before);
	} else if (err == 0 && !keeps && posix_stream_of(job->handle) != NULL) {
		(void)posix_do_touch_write_time(job, job->handle);
	}
	return err;
}

/* Each part at what is the end then: of two at work neither overwrites the
 * other's. */
static int append_data(struct posix_job *job)
{
	struct iovec iov = {.iov_base = job->buf, .iov_len = job->len};

	while (iov.iov_len > 0) {
		ssize_t n = pwritev2(job->handle->fd, &iov, 1, 0, RWF_APPEND);

		if (n == -1 && errno != EINTR) {
			return errno;
		}
		if (n == 0) {
			return ENOSPC;
		}
		if (n > 0) {
			iov.iov_base = (uint8_t *)iov.iov_base + n;
			iov.iov_len -= (size_t)n;
		}
	}
	return 0;
}

static int write_data(struct posix_job *job)
{
	int err = 0;

	if (posix_stream_of(job->handle) != NULL) {
		return posix_do_stream_pwrite(job);
	}
	err = posix_do_make_room(job->root, job->handle->fd, job->offset,
				 job->len);
	if (err != 0) {
		return err;
	}
	if (job->offset == STORE_AT_END) {
		return append_data(job);
	}
	return posix_fd_write(job->handle->fd, job->buf, job->len, job->offset);
}

static int posix_do_pwrite(struct posix_job *job)
{
	return change_data(job, false, write_data);
}

/* Always in a thread: writing is done with the user's rights (quota, reserved
 * blocks), and may wait for the disk. */
void posix_pwrite(struct store_call *call, struct store_file *file,
		  const void *buf, size_t len, uint64_t offset,
		  TALLOC_CTX *owner)
{
	struct posix_job *job = posix_job_new(
		call, file->store, file->data->handle, posix_do_pwrite, NULL);

	if (job != NULL) {
		job->buf = (void *)(uintptr_t)buf;
		job->len = len;
		job->offset = offset;
		job->job.series = &job->handle->writes;
		posix_job_change(call, file->store, job, owner);
	}
}

static int posix_do_flush(struct posix_job *job)
{
	int fd = job->handle->fd;
	int err = 0;

	if (posix_stream_of(job->handle) != NULL) {
		return posix_do_stream_flush(job);
	}
	if (!job->handle->plain) { /* O_PATH: a directory, most likely */
		fd = open(posix_proc(fd).path,
			  O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd == -1) {
			return errno == EACCES ? 0 : errno;
		}
	}
	if (fsync(fd) != 0 && errno != EINVAL && errno != EROFS) {
		err = errno;
	}
	if (fd != job->handle->fd) {
		close(fd);
	}
	return err;
}

void posix_flush(struct store_call *call, struct store_file *file)
{
	struct posix_job *job = posix_job_new(
		call, file->store, file->data->handle, posix_do_flush, NULL);

	if (file->special && job != NULL) { /* nothing of ours in it */
		job->job.release(&job->job);
		store_call_done(call, 0);
		return;
	}
	if (job != NULL) {
		posix_job_start(call, file->store, job, NULL);
	}
}

/* --- space -------------------------------------------------------------- */

static int write_zeros(int fd, uint64_t offset, uint64_t len)
{
	size_t size = len < COPY_SIZE ? (size_t)len : COPY_SIZE;
	uint8_t *zeros = calloc(1, size);
	int err = 0;

	if (zeros == NULL) {
		return ENOMEM;
	}
	while (len > 0 && err == 0) {
		size_t n = len < size ? (size_t)len : size;

		err = posix_fd_write(fd, zeros, n, offset);
		offset += n;
		len -= n;
	}
	free(zeros);
	return err;
}

static int try_fallocate(int fd, int mode, uint64_t offset, uint64_t len)
{
	int rc = -1;

	do {
		rc = fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)offset,
			       (off_t)len);
	} while (rc == -1 && errno == EINTR);
	return rc == 0 ? 0 : errno;
}

int posix_fd_allocate(int fd, enum store_allocate how, uint64_t offset,
		      uint64_t range)
{
	struct stat st = {0};
	int err = EOPNOTSUPP;

	if (range == 0) {
		return 0;
	}
	if (how == STORE_ALLOCATE_RESERVE) {
		return try_fallocate(fd, 0, offset, range);
	}
	if (fstat(fd, &st) != 0) {
		return errno;
	}
	if (offset >= (uint64_t)st.st_size) {
		return 0;
	}
	if (range > (uint64_t)st.st_size - offset) {
		range = (uint64_t)st.st_size - offset;
	}
	if (how == STORE_ALLOCATE_PUNCH) {
		err = try_fallocate(fd, FALLOC_FL_PUNCH_HOLE, offset, range);
	}
	if (err == EOPNOTSUPP) {
		err = try_fallocate(fd, FALLOC_FL_ZERO_RANGE, offset, range);
	}
	if (err == EOPNOTSUPP) {
		err = write_zeros(fd, offset, range);
	}
	return err;
}

static int allocate(struct posix_job *job)
{
	if (posix_stream_of(job->handle) != NULL) {
		return posix_do_stream_allocate(job);
	}
	return posix_fd_allocate(job->handle->fd, job->how, job->offset,
				 job->range);
}

static int posix_do_allocate(struct posix_job *job)
{
	/* space is no data */
	return change_data(job, job->how == STORE_ALLOCATE_RESERVE, allocate);
}

void posix_allocate(struct store_call *call, struct store_file *file,
		    enum store_allocate how, uint64_t offset, uint64_t len)
{
	struct posix_job *job = posix_job_new(
		call, file->store, file->data->handle, posix_do_allocate, NULL);

	if (job != NULL) {
		job->how = how;
		job->offset = offset;
		job->range = len;
		posix_job_change(call, file->store, job, NULL);
	}
}

/* The next stretch of data at or after offset; false: none before end. */
static int next_data(int fd, uint64_t offset, uint64_t end,
		     struct store_range *range, bool *any)
{
	off_t start = lseek(fd, (off_t)offset, SEEK_DATA);
	off_t stop = -1;

	*any = false;
	if (start == -1) {
		return errno == ENXIO ? 0 : errno;
	}
	if ((uint64_t)start >= end) {
		return 0;
	}
	stop = lseek(fd, start, SEEK_HOLE);
	if (stop == -1) {
		return errno == ENXIO ? 0 : errno;
	}
	*any = true;
	range->offset = (uint64_t)start;
	range->len =
		((uint64_t)stop < end ? (uint64_t)stop : end) - (uint64_t)start;
	return 0;
}

int posix_fd_ranges(struct posix_job *job, int fd)
{
	struct store_range *ranges = NULL;
	struct store_range range = {0};
	uint64_t at = job->offset;
	uint64_t end = job->offset + job->range;
	bool any = true;
	int err = 0;

	ranges = calloc(job->max, sizeof(*ranges));
	if (ranges == NULL) {
		return ENOMEM;
	}
	job->out = ranges;
	while (at < end) {
		err = next_data(fd, at, end, &range, &any);
		if (err != 0 || !any) {
			break;
		}
		if (job->count == job->max) {
			job->more = true;
			break;
		}
		ranges[job->count] = range;
		job->count++;
		at = range.offset + range.len;
	}
	return err;
}

static int posix_do_ranges(struct posix_job *job)
{
	return posix_stream_of(job->handle) != NULL
		       ? posix_do_stream_ranges(job)
		       : posix_fd_ranges(job, job->handle->fd);
}

static int finish_ranges(struct store_call *call, struct posix_job *job)
{
	call->ranges = talloc_memdup(call, job->out,
				     (size_t)(job->count > 0 ? job->count : 1) *
					     sizeof(struct store_range));
	call->count = job->count;
	call->more = job->more;
	return call->ranges == NULL ? ENOMEM : 0;
}

void posix_ranges(struct store_call *call, struct store_file *file,
		  uint64_t offset, uint64_t len, size_t max)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_ranges, finish_ranges);

	if (job != NULL) {
		job->offset = offset;
		job->range = len;
		job->max = max > 0 ? max : 1;
		posix_job_start(call, file->store, job, NULL);
	}
}

/* --- copying ------------------------------------------------------------ */

/* Through memory; ranges of one file that overlap come out as if read first
 * as long as they are no longer than COPY_SIZE. */
static int copy_through(int from, uint64_t from_offset, int to,
			uint64_t to_offset, uint64_t len, uint64_t *count)
{
	uint8_t *buf = malloc(COPY_SIZE);
	int err = buf == NULL ? ENOMEM : 0;

	while (len > 0 && err == 0) {
		size_t n = len < COPY_SIZE ? (size_t)len : COPY_SIZE;
		size_t got = 0;

		err = posix_fd_read(from, buf, n, from_offset, &got);
		if (err == 0 && got > 0) {
			err = posix_fd_write(to, buf, got, to_offset);
		}
		if (err == 0) {
			*count += got;
		}
		if (got < n) {
			break;
		}
		from_offset += n;
		to_offset += n;
		len -= n;
	}
	free(buf);
	return err;
}

static bool cannot_copy(int err)
{
	return err == EINVAL || err == EXDEV || err == EOPNOTSUPP ||
	       err == ENOSYS || err == EBADF;
}

static int posix_do_clone_range(struct posix_job *job)
{
	struct file_clone_range range = {
		.src_fd = job->handle->fd,
		.src_offset = job->offset,
		.src_length = job->range,
		.dest_offset = job->to_offset,
	};

	if (posix_stream_of(job->handle) != NULL ||
	    posix_stream_of(job->other) != NULL) {
		return EOPNOTSUPP;
	}
	return ioctl(job->other->fd, FICLONERANGE, &range) == 0 ? 0 : errno;
}

static int posix_do_copy_range(struct posix_job *job)
{
	int from = job->handle->fd;
	int to = job->other->fd;
	off_t from_offset = (off_t)job->offset;
	off_t to_offset = (off_t)job->to_offset;
	uint64_t left = job->range;
	int err = 0;

	if (posix_stream_of(job->handle) != NULL ||
	    posix_stream_of(job->other) != NULL) {
		return posix_do_stream_copy(job);
	}
	err = posix_do_make_room(job->root, to, job->to_offset, left);
	if (err != 0) {
		return err;
	}
	while (left > 0) {
		size_t n = left < SIZE_MAX / 4 ? (size_t)left : SIZE_MAX / 4;
		ssize_t done = copy_file_range(from, &from_offset, to,
					       &to_offset, n, 0);

		if (done == -1 && errno == EINTR) {
			continue;
		}
		if (done == -1 && cannot_copy(errno)) {
			return copy_through(from, (uint64_t)from_offset, to,
					    (uint64_t)to_offset, left,
					    &job->count);
		}
		if (done == -1) {
			return errno;
		}
		if (done == 0) {
			break;
		}
		job->count += (uint64_t)done;
		left -= (uint64_t)done;
	}
	return 0;
}

static void between_files(struct store_call *call, struct store_file *from,
			  uint64_t from_offset, struct store_file *to,
			  uint64_t to_offset, uint64_t len,
			  int (*run)(struct posix_job *),
			  int (*finish)(struct store_call *,
					struct posix_job *))
{
	struct posix_job *job = NULL;

	/* streams know the root that they are in */
	if (from->store != to->store &&
	    (posix_stream_of(from->data->handle) != NULL ||
	     posix_stream_of(to->data->handle) != NULL)) {
		store_call_done(call, EXDEV);
		return;
	}
	job = posix_job_new(call, to->store, from->data->handle, run, finish);
	if (job == NULL) {
		return;
	}
	job->other = posix_handle_keep(to->data->handle);
	posix_cred_drop(job->cred);
	job->cred = posix_cred_keep(to->data->handle->cred);
	job->offset = from_offset;
	job->to_offset = to_offset;
	job->range = len;
	posix_job_change(call, to->store, job, NULL);
}

void posix_copy_range(struct store_call *call, struct store_file *from,
		      uint64_t from_offset, struct store_file *to,
		      uint64_t to_offset, uint64_t len)
{
	between_files(call, from, from_offset, to, to_offset, len,
		      posix_do_copy_range, finish_count);
}

void posix_clone_range(struct store_call *call, struct store_file *from,
		       uint64_t from_offset, struct store_file *to,
		       uint64_t to_offset, uint64_t len)
{
	between_files(call, from, from_offset, to, to_offset, len,
		      posix_do_clone_range, NULL);
}
