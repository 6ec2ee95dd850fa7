/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data of named streams. A small one is in an extended attribute of its
 * file, whole: so it follows the file wherever that goes, also what is done to
 * it on the machine, and is written anew by each change. One that is larger, or
 * for which the file system has no room there, lies in the depot.
 *
 * Rights on the file were judged when the stream was opened. Extended
 * attributes are read as the server, and written as the user, or else as the
 * server: an open handle stays good.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "server/store_posix.h"

/* The largest that we put into an extended attribute: ext4 has 4 KiB for all
 * of a file, in which an access control list must find room, too. */
#define INLINE_MAX 1024

/* What others may have put there: XATTR_SIZE_MAX and XATTR_LIST_MAX of the
 * kernel. */
#define VALUE_MAX 65536
#define NAMES_MAX 65536

#define XATTR_NAME_SIZE 256
#define DEPOT_VERSION	1
#define DEPOT_SIZE	(4 + POSIX_DEPOT_ID)

/* Of a copy at a time. */
#define COPY_SIZE ((size_t)1 << 20)

/* --- one change at a time ----------------------------------------------- */

#define NUM_LOCKS 64

static pthread_mutex_t locks[NUM_LOCKS] = {[0 ... NUM_LOCKS - 1] =
						   PTHREAD_MUTEX_INITIALIZER};

static pthread_mutex_t *lock_of(const struct stat *st)
{
	return &locks[(st->st_ino ^ st->st_dev) % NUM_LOCKS];
}

void posix_stream_lock(const struct stat *st)
{
	pthread_mutex_lock(lock_of(st));
}

void posix_stream_unlock(const struct stat *st)
{
	pthread_mutex_unlock(lock_of(st));
}

bool posix_stream_trylock(const struct stat *st)
{
	return pthread_mutex_trylock(lock_of(st)) == 0;
}

/* --- extended attributes ------------------------------------------------ */

static void inline_name(const char *name, char out[XATTR_NAME_SIZE])
{
	snprintf(out, XATTR_NAME_SIZE, "%s%s%s", POSIX_XATTR_STREAM, name,
		 POSIX_XATTR_STREAM_END);
}

static void depot_name(const char *name, char out[XATTR_NAME_SIZE])
{
	snprintf(out, XATTR_NAME_SIZE, "%s%s", POSIX_XATTR_DEPOT, name);
}

static bool refused(int err)
{
	return err == EACCES || err == EPERM;
}

/* value NULL: it goes. As the user, or else as the server. */
static int set_value(const struct posix_stream *s, const char *xattr,
		     const void *value, size_t len)
{
	struct posix_proc_path path = posix_proc(s->file);
	int rc = -1;
	int err = 0;
	int tries = 0;

	for (tries = 0; tries < 2 && rc != 0; tries++) {
		if (tries > 0 && posix_cred_enter(NULL) != 0) {
			return EPERM;
		}
		rc = value != NULL ? setxattr(path.path, xattr, value, len, 0)
				   : removexattr(path.path, xattr);
		err = rc == 0 ? 0 : errno;
		if (!refused(err)) {
			break;
		}
	}
	return posix_cred_enter(s->cred) == 0 ? err : EPERM;
}

static int set_inline(struct posix_stream *s)
{
	char xattr[XATTR_NAME_SIZE];
	uint8_t *value = malloc(s->len + 1);
	int err = 0;

	if (value == NULL) {
		return ENOMEM;
	}
	if (s->len > 0) {
		memcpy(value, s->buf, s->len);
	}
	value[s->len] = 0;
	inline_name(s->name, xattr);
	err = set_value(s, xattr, value, s->len + 1);
	free(value);
	return err;
}

static int set_depot(const struct posix_stream *s)
{
	char xattr[XATTR_NAME_SIZE];
	uint8_t value[DEPOT_SIZE];
	struct wire_writer w = wire_writer_fixed(value, sizeof(value));

	wire_put_u16(&w, DEPOT_VERSION);
	wire_put_u16(&w, 0);
	wire_put_slice(&w, wire_slice(s->id, POSIX_DEPOT_ID));
	depot_name(s->name, xattr);
	return set_value(s, xattr, value, sizeof(value));
}

static int unset(const struct posix_stream *s, bool depot)
{
	char xattr[XATTR_NAME_SIZE];
	int err = 0;

	if (depot) {
		depot_name(s->name, xattr);
	} else {
		inline_name(s->name, xattr);
	}
	err = set_value(s, xattr, NULL, 0);
	return err == ENODATA ? 0 : err;
}

/* --- loading ------------------------------------------------------------ */

const char *posix_stream_of(struct posix_handle *handle)
{
	const struct posix_stream_name *stream = atomic_load(&handle->stream);

	return stream != NULL && !stream->none ? stream->name : NULL;
}

static bool decode_depot(const uint8_t *value, ssize_t len,
			 uint8_t id[POSIX_DEPOT_ID])
{
	struct wire_reader r = wire_reader(value, len > 0 ? (size_t)len : 0);
	uint16_t version = wire_get_u16(&r);
	struct wire_slice found = {0};

	wire_skip(&r, 2);
	found = wire_get(&r, POSIX_DEPOT_ID);
	if (!wire_reader_ok(&r) || version != DEPOT_VERSION) {
		return false;
	}
	memcpy(id, found.data, POSIX_DEPOT_ID);
	return true;
}

/* Of a list of names, one that leads there. */
static bool leads(const char *path, const char *xattr,
		  const uint8_t id[POSIX_DEPOT_ID])
{
	uint8_t value[DEPOT_SIZE];
	uint8_t found[POSIX_DEPOT_ID];
	ssize_t n = -1;

	if (strncmp(xattr, POSIX_XATTR_DEPOT, strlen(POSIX_XATTR_DEPOT)) != 0) {
		return false;
	}
	n = getxattr(path, xattr, value, sizeof(value));
	return (n < 0 && errno != ENODATA && errno != ERANGE) ||
	       (decode_depot(value, n, found) &&
		memcmp(found, id, POSIX_DEPOT_ID) == 0);
}

bool posix_stream_refers(int file, const uint8_t id[POSIX_DEPOT_ID])
{
	struct posix_proc_path path = posix_proc(file);
	char *names = malloc(NAMES_MAX);
	ssize_t n = names != NULL ? listxattr(path.path, names, NAMES_MAX) : -1;
	bool refers = n < 0;
	ssize_t at = 0;

	while (at < n && !refers) {
		refers = leads(path.path, names + at, id);
		at += (ssize_t)strlen(names + at) + 1;
	}
	free(names);
	return refers;
}

/* ENODATA: it is not there, or a copy made by somebody of a file that has it
 * there. */
static int load_depot(struct posix_stream *s, const char *path)
{
	char xattr[XATTR_NAME_SIZE];
	uint8_t value[DEPOT_SIZE];
	ssize_t n = -1;

	depot_name(s->name, xattr);
	n = getxattr(path, xattr, value, sizeof(value));
	if (n < 0 && errno != ERANGE) {
		return errno;
	}
	if (!decode_depot(value, n, s->id)) {
		return ENODATA;
	}
	s->fd = posix_depot_open(s->root, &s->st, s->id);
	if (s->fd == -1) {
		return errno == ENOENT ? ENODATA : errno;
	}
	s->depot = true;
	return 0;
}

static int load_inline(struct posix_stream *s, const char *path, bool data)
{
	char xattr[XATTR_NAME_SIZE];
	ssize_t n = -1;

	inline_name(s->name, xattr);
	if (data) {
		s->buf = malloc(VALUE_MAX);
		if (s->buf == NULL) {
			return ENOMEM;
		}
	}
	n = getxattr(path, xattr, s->buf, data ? VALUE_MAX : 0);
	if (n < 0) {
		return errno;
	}
	s->len = n > 0 ? (size_t)n - 1 : 0;
	return 0;
}

/* It may be moved to the depot meanwhile. */
static int load(struct posix_stream *s, bool data)
{
	struct posix_proc_path path = posix_proc(s->file);
	int err = load_depot(s, path.path);

	if (err != ENODATA) {
		return err;
	}
	err = load_inline(s, path.path, data);
	return err == ENODATA ? load_depot(s, path.path) : err;
}

int posix_stream_load(struct posix_job *job, int file, const char *name,
		      bool data, struct posix_stream *s)
{
	int err = 0;

	*s = (struct posix_stream){.root = job->root,
				   .cred = job->cred,
				   .file = file,
				   .name = name,
				   .fd = -1};
	if (strlen(name) > POSIX_STREAM_NAME_MAX) {
		return ENAMETOOLONG;
	}
	if (fstat(file, &s->st) != 0) {
		return errno;
	}
	err = posix_cred_enter(NULL);
	if (err != 0) {
		return err;
	}
	err = load(s, data);
	return posix_cred_enter(job->cred) == 0 ? err : EPERM;
}

void posix_stream_free(struct posix_stream *s)
{
	free(s->buf);
	s->buf = NULL;
	if (s->fd != -1) {
		close(s->fd);
		s->fd = -1;
	}
}

uint64_t posix_stream_size(const struct posix_stream *s)
{
	struct stat st = {0};

	if (!s->depot) {
		return s->len;
	}
	return fstat(s->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* What is in an attribute takes no blocks: so it looks on NTFS, too. */
uint64_t posix_stream_allocation(const struct posix_stream *s)
{
	struct stat st = {0};

	if (!s->depot) {
		return (s->len + 7) / 8 * 8;
	}
	return fstat(s->fd, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

/* --- changing ----------------------------------------------------------- */

static int make_in_depot(struct posix_stream *s)
{
	int err = posix_cred_enter(NULL);

	if (err != 0) {
		return err;
	}
	s->fd = posix_depot_make(s->root, s->file, &s->st, s->id);
	err = s->fd == -1 ? errno : 0;
	if (posix_cred_enter(s->cred) != 0) {
		return EPERM;
	}
	/* The user may; it is the depot that cannot be had. */
	return refused(err) || err == ENOENT || err == ENOTDIR || err == ELOOP
		       ? ENOSPC
		       : err;
}

static void remove_from_depot(const struct posix_stream *s)
{
	if (posix_cred_enter(NULL) == 0) {
		posix_depot_remove(s->root, &s->st, s->id);
		(void)posix_cred_enter(s->cred);
	}
}

/* What was there is on the disk before it is no longer in the attribute. */
static int move_to_depot(struct posix_stream *s)
{
	int err = make_in_depot(s);

	if (err != 0) {
		return err;
	}
	if (s->len > 0) {
		err = posix_fd_write(s->fd, s->buf, s->len, 0);
		if (err == 0 && fdatasync(s->fd) != 0) {
			err = errno;
		}
	}
	if (err == 0) {
		err = set_depot(s);
	}
	if (err != 0) {
		remove_from_depot(s);
		return err;
	}
	s->depot = true;
	return unset(s, false);
}

static bool no_room(int err)
{
	return err == ENOSPC || err == E2BIG || err == ERANGE ||
	       err == EOVERFLOW;
}

/* The attribute gets that length; what is new is zeros. */
static int grow_buf(struct posix_stream *s, size_t len)
{
	uint8_t *buf = realloc(s->buf, len > 0 ? len : 1);

	if (buf == NULL) {
		return ENOMEM;
	}
	s->buf = buf;
	if (len > s->len) {
		memset(buf + s->len, 0, len - s->len);
	}
	s->len = len;
	return 0;
}

int posix_stream_read(struct posix_stream *s, void *buf, size_t len,
		      uint64_t offset, size_t *count)
{
	if (s->depot) {
		return posix_fd_read(s->fd, buf, len, offset, count);
	}
	*count = 0;
	if (offset < s->len) {
		*count = s->len - offset < len ? s->len - (size_t)offset : len;
		memcpy(buf, s->buf + offset, *count);
	}
	return 0;
}

int posix_stream_write(struct posix_stream *s, const void *buf, size_t len,
		       uint64_t offset)
{
	size_t before = s->len;
	int err = 0;

	if (len == 0) {
		return 0;
	}
	if (offset > INT64_MAX || len > INT64_MAX - offset) {
		return EFBIG;
	}
	if (s->depot) {
		return posix_fd_write(s->fd, buf, len, offset);
	}
	if (offset + len <= INLINE_MAX) {
		err = offset + len > s->len ? grow_buf(s, (size_t)offset + len)
					    : 0;
		if (err == 0) {
			memcpy(s->buf + offset, buf, len);
			err = set_inline(s);
		}
		if (!no_room(err)) {
			return err;
		}
	}
	/* what was written over is written again */
	s->len = before;
	err = move_to_depot(s);
	return err == 0 ? posix_fd_write(s->fd, buf, len, offset) : err;
}

int posix_stream_resize(struct posix_stream *s, uint64_t size)
{
	size_t before = s->len;
	int err = 0;

	if (size > INT64_MAX) {
		return EFBIG;
	}
	if (!s->depot && size <= INLINE_MAX) {
		err = grow_buf(s, (size_t)size);
		if (err == 0) {
			err = set_inline(s);
		}
		if (!no_room(err)) {
			return err;
		}
		s->len = before < size ? before : (size_t)size;
		err = move_to_depot(s);
	} else if (!s->depot) {
		err = move_to_depot(s);
	}
	if (err == 0 && ftruncate(s->fd, (off_t)size) != 0) {
		err = errno;
	}
	return err;
}

int posix_stream_remove(struct posix_stream *s)
{
	int err = 0;

	if (s->depot) {
		err = unset(s, true);
		if (err == 0) {
			remove_from_depot(s);
		}
	}
	return err == 0 ? unset(s, false) : err;
}

/* A reference that leads nowhere must not come to life later. */
int posix_stream_make(struct posix_stream *s)
{
	int err = unset(s, true);

	if (err == 0) {
		s->len = 0;
		err = set_inline(s);
	}
	return no_room(err) ? move_to_depot(s) : err;
}

/* --- the operations of files -------------------------------------------- */

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

static int allocate_inline(struct posix_job *job, struct posix_stream *s)
{
	uint64_t end = job->offset + job->range;

	if (job->how == STORE_ALLOCATE_RESERVE) {
		if (end <= INLINE_MAX) {
			return 0;
		}
		return move_to_depot(s);
	}
	if (job->offset < s->len) {
		end = end < s->len ? end : s->len;
		memset(s->buf + job->offset, 0, (size_t)(end - job->offset));
		return set_inline(s);
	}
	return 0;
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
		err = allocate_inline(job, &s);
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
