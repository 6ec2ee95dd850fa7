/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handles of named streams: what is read, written, reserved, copied and cut off
 * by them, wherever store_posix_stream.c has the data.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/store_posix.h"

/* Of a copy at a time. */
#define COPY_SIZE ((size_t)1 << 20)

static int load_of(struct posix_job *job, struct posix_handle *handle,
		   struct posix_stream *s)
{
	const char *name = posix_stream_of(handle);
	int err = 0;

	*s = (struct posix_stream){.fd = -1};
	if (name == NULL) {
		return EIO; /* it was renamed just now */
	}
	err = posix_stream_load(job, handle->fd, name, true, s);
	return err == ENODATA ? EIO : err; /* taken away on the machine */
}

int posix_do_stream_pread(struct posix_job *job)
{
	struct posix_stream s = {0};
	size_t count = 0;
	int err = load_of(job, job->handle, &s);

	if (err == 0) {
		err = posix_stream_read(&s, job->buf, job->len, job->offset,
					&count);
	}
	posix_stream_free(&s);
	job->count = count;
	return err;
}

/* Only what is in an attribute is written as a whole, one after the other. */
static int write_to(struct posix_job *job, struct posix_handle *handle,
		    const void *buf, size_t len, uint64_t offset)
{
	struct posix_stream s = {0};
	struct stat st = {.st_ino = handle->ino, .st_dev = handle->dev};
	bool locked = true;
	int err = 0;

	posix_stream_lock(&st);
	err = load_of(job, handle, &s);
	if (err == 0 && s.depot) {
		posix_stream_unlock(&st);
		locked = false;
	}
	if (err == 0) {
		err = posix_stream_write(&s, buf, len, offset);
	}
	if (locked) {
		posix_stream_unlock(&st);
	}
	posix_stream_free(&s);
	if (err == 0) {
		posix_stream_told(job, handle, STORE_EVENT_STREAM_MODIFIED,
				  posix_stream_of(handle));
	}
	return err;
}

int posix_do_stream_pwrite(struct posix_job *job)
{
	return write_to(job, job->handle, job->buf, job->len, job->offset);
}

/* The file, which has the attribute; and what is in the depot. */
int posix_do_stream_flush(struct posix_job *job)
{
	struct posix_stream s = {0};
	int err = load_of(job, job->handle, &s);
	int fd = -1;

	if (err == 0 && s.depot && fsync(s.fd) != 0) {
		err = errno;
	}
	posix_stream_free(&s);
	if (err == 0) {
		err = posix_cred_enter(NULL);
	}
	if (err != 0) {
		return err;
	}
	fd = open(posix_proc(job->handle->fd).path,
		  O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 || fsync(fd) != 0) {
		err = errno;
	}
	if (fd != -1) {
		close(fd);
	}
	return posix_cred_enter(job->cred) == 0 ? err : EPERM;
}

int posix_do_stream_allocate(struct posix_job *job)
{
	struct posix_stream s = {0};
	struct stat st = {.st_ino = job->handle->ino,
			  .st_dev = job->handle->dev};
	int err = job->range > INT64_MAX || job->offset > INT64_MAX - job->range
			  ? EFBIG
			  : 0;

	if (err != 0) {
		return err;
	}
	posix_stream_lock(&st);
	err = load_of(job, job->handle, &s);
	if (err == 0 && !s.depot) {
		err = posix_stream_allocate(&s, job->how, job->offset,
					    job->range);
	}
	posix_stream_unlock(&st);
	if (err == 0 && s.depot) {
		err = posix_fd_allocate(s.fd, job->how, job->offset,
					job->range);
	}
	posix_stream_free(&s);
	if (err == 0 && job->how != STORE_ALLOCATE_RESERVE) {
		posix_stream_told(job, job->handle, STORE_EVENT_STREAM_MODIFIED,
				  posix_stream_of(job->handle));
	}
	return err;
}

static int ranges_inline(struct posix_job *job, const struct posix_stream *s)
{
	uint64_t end = job->offset + job->range;
	struct store_range *range = calloc(1, sizeof(*range));

	if (range == NULL) {
		return ENOMEM;
	}
	job->out = range;
	if (job->offset < s->len) {
		range->offset = job->offset;
		range->len = (end < s->len ? end : s->len) - job->offset;
		job->count = range->len > 0 ? 1 : 0;
	}
	return 0;
}

int posix_do_stream_ranges(struct posix_job *job)
{
	struct posix_stream s = {0};
	int err = load_of(job, job->handle, &s);

	if (err == 0) {
		err = s.depot ? posix_fd_ranges(job, s.fd)
			      : ranges_inline(job, &s);
	}
	posix_stream_free(&s);
	return err;
}

static int read_any(struct posix_job *job, uint8_t *buf, size_t len,
		    uint64_t offset, size_t *got)
{
	struct posix_stream s = {0};
	int err = 0;

	if (posix_stream_of(job->handle) == NULL) {
		return posix_fd_read(job->handle->fd, buf, len, offset, got);
	}
	err = load_of(job, job->handle, &s);
	if (err == 0) {
		err = posix_stream_read(&s, buf, len, offset, got);
	}
	posix_stream_free(&s);
	return err;
}

static int write_any(struct posix_job *job, const uint8_t *buf, size_t len,
		     uint64_t offset)
{
	return posix_stream_of(job->other) == NULL
		       ? posix_fd_write(job->other->fd, buf, len, offset)
		       : write_to(job, job->other, buf, len, offset);
}

/* Through memory. */
int posix_do_stream_copy(struct posix_job *job)
{
	uint8_t *buf = malloc(COPY_SIZE);
	size_t got = COPY_SIZE;
	int err = buf == NULL ? ENOMEM : 0;

	while (err == 0 && job->count < job->range && got > 0) {
		uint64_t left = job->range - job->count;
		size_t n = left < COPY_SIZE ? (size_t)left : COPY_SIZE;

		err = read_any(job, buf, n, job->offset + job->count, &got);
		if (err == 0 && got > 0) {
			err = write_any(job, buf, got,
					job->to_offset + job->count);
		}
		job->count += err == 0 ? got : 0;
	}
	free(buf);
	if (job->count > 0 && posix_stream_of(job->other) != NULL &&
	    !atomic_load(&job->other->frozen)) {
		(void)posix_do_touch_write_time(job, job->other);
	}
	return err;
}

int posix_do_stream_set_size(struct posix_job *job)
{
	struct posix_stream s = {0};
	struct stat st = {.st_ino = job->handle->ino,
			  .st_dev = job->handle->dev};
	int err = 0;

	posix_stream_lock(&st);
	err = load_of(job, job->handle, &s);
	if (err == 0) {
		err = posix_stream_resize(&s, job->change.size);
	}
	posix_stream_unlock(&st);
	posix_stream_free(&s);
	if (err == 0) {
		posix_stream_told(job, job->handle, STORE_EVENT_STREAM_MODIFIED,
				  posix_stream_of(job->handle));
	}
	return err;
}
