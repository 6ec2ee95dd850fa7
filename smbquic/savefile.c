/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES    100
#define LOCK_PAUSE_MS 50

static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, buf + done, size - done);

		if (n == -1 && errno == EINTR) {
			continue;
		}
		if (n == -1) {
			return -1;
		}
		if (n == 0) {
			break;
		}
		done += n;
	}
	return done;
}

static char *read_open(TALLOC_CTX *mem_ctx, int fd, size_t limit, size_t *len,
		       struct stat *st)
{
	char *buf = NULL;
	ssize_t n = 0;

	if (fstat(fd, st) == -1) {
		return NULL;
	}
	if (!S_ISREG(st->st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	if ((uintmax_t)st->st_size > limit) {
		errno = EFBIG;
		return NULL;
	}
	buf = talloc_size(mem_ctx, (size_t)st->st_size + 1);
	if (buf == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	n = read_all(fd, buf, st->st_size);
	if (n == -1) {
		int err = errno;

		talloc_free(buf);
		errno = err;
		return NULL;
	}
	buf[n] = '\0';
	*len = n;
	return buf;
}

char *savefile_read(TALLOC_CTX *mem_ctx, const char *path, size_t limit,
		    size_t *len, struct stat *st)
{
	struct stat own = {0};
	char *buf = NULL;
	int err = 0;
	/* O_NONBLOCK: opening a FIFO must not hang. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd == -1) {
		return NULL;
	}
	buf = read_open(mem_ctx, fd, limit, len, st == NULL ? &own : st);
	err = errno;
	close(fd);
	errno = err;
	return buf;
}

struct savefile_stamp savefile_stamp(const struct stat *st)
{
	return (struct savefile_stamp){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime = st->st_mtim,
	};
}

bool savefile_changed(const char *path, const struct savefile_stamp *stamp)
{
	struct stat st = {0};

	if (stat(path, &st) == -1) {
		return true;
	}
	return st.st_dev != stamp->dev || st.st_ino != stamp->ino ||
	       st.st_size != stamp->size ||
	       st.st_mtim.tv_sec != stamp->mtime.tv_sec ||
	       st.st_mtim.tv_nsec != stamp->mtime.tv_nsec;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n == -1 && errno == EINTR) {
			continue;
		}
		if (n == -1) {
			return errno;
		}
		data += n;
		len -= n;
	}
	return 0;
}

/* Owner and mode of the new file, before it gets its name. */
static int dress(int fd, const char *path, mode_t mode, bool exact)
{
	struct stat old = {0};
	bool existed = stat(path, &old) == 0;

	if (existed && (old.st_uid != geteuid() || old.st_gid != getegid()) &&
	    fchown(fd, old.st_uid, old.st_gid) == -1 && errno != EPERM) {
		return errno;
	}
	if (existed && !exact) {
		mode = old.st_mode & 07777;
	}
	return fchmod(fd, mode) == -1 ? errno : 0;
}

/* So that the rename survives a power cut. Not every file system can. */
static void sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd = -1;

	if (copy == NULL) {
		return;
	}
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
}

static int replace(const char *path, mode_t mode, bool exact, bool lasting,
		   const void *data, size_t len)
{
	char *temp = talloc_asprintf(NULL, "%s.XXXXXX", path);
	int fd = temp == NULL ? -1 : mkostemp(temp, O_CLOEXEC);
	int err = 0;

	if (fd == -1) {
		err = temp == NULL ? ENOMEM : errno;
		talloc_free(temp);
		return err;
	}
	err = write_all(fd, data, len);
	if (err == 0) {
		err = dress(fd, path, mode, exact);
	}
	if (err == 0 && lasting && fsync(fd) == -1) {
		err = errno;
	}
	if (close(fd) == -1 && err == 0) {
		err = errno;
	}
	if (err == 0 && rename(temp, path) == -1) {
		err = errno;
	}
	if (err != 0) {
		unlink(temp);
	} else if (lasting) {
		sync_directory(path);
	}
	talloc_free(temp);
	return err;
}

static int write_real(const char *path, mode_t mode, bool exact, bool lasting,
		      const void *data, size_t len)
{
	char *real = realpath(path, NULL);
	int err = 0;

	if (real == NULL && errno != ENOENT) {
		return errno;
	}
	err = replace(real == NULL ? path : real, mode, exact, lasting, data,
		      len);
	free(real);
	return err;
}

int savefile_write(const char *path, mode_t mode, bool exact, const void *data,
		   size_t len)
{
	return write_real(path, mode, exact, true, data, len);
}

int savefile_write_quick(const char *path, mode_t mode, const void *data,
			 size_t len)
{
	return write_real(path, mode, true, false, data, len);
}

static int open_lock(const char *name)
{
	const int how = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(name, how, 0600);
	char *copy = NULL;

	if (fd != -1 || errno != ENOENT) {
		return fd;
	}
	copy = strdup(name);
	if (copy == NULL || mkdir(dirname(copy), 0755) == -1) {
		free(copy);
		return -1;
	}
	free(copy);
	return open(name, how, 0600);
}

int savefile_lock(const char *path)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
	char *name = talloc_asprintf(NULL, "%s.lock", path);
	int fd = -1;
	int tries = 0;

	if (name == NULL) {
		errno = ENOMEM;
		return -1;
	}
	fd = open_lock(name);
	talloc_free(name);
	if (fd == -1) {
		return -1;
	}
	for (tries = 0; flock(fd, LOCK_EX | LOCK_NB) == -1; tries++) {
		int err = errno;

		if ((err != EWOULDBLOCK && err != EINTR) ||
		    tries == LOCK_TRIES) {
			close(fd);
			errno = err;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return fd;
}
