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

int posix_stream_allocate(struct posix_stream *s, enum store_allocate how,
			  uint64_t offset, uint64_t range)
{
	uint64_t end = offset + range;

	if (how == STORE_ALLOCATE_RESERVE) {
		return end <= INLINE_MAX ? 0 : move_to_depot(s);
	}
	if (offset < s->len) {
		end = end < s->len ? end : s->len;
		memset(s->buf + offset, 0, (size_t)(end - offset));
		return set_inline(s);
	}
	return 0;
}
