/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a get leaves behind that was killed: a local file with a temporary name,
 * which reget takes up and later gets remove.
 *
 * While a get lives it has its file locked (flock), so what can be locked is
 * nobody's. That of a large file says in an extended attribute what it is of;
 * others are of no use. Its bytes came in any order: those up to the first
 * hole are good.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "client/shell_partial.h"
#include "client/shell_transfer.h"

#define PREFIX	    ".smbquic-"
#define PREFIX_LEN  (sizeof(PREFIX) - 1)
#define NAME_LEN    (PREFIX_LEN + 6)
#define ATTRIBUTE   "user.smbquic.of"
#define TEN_MINUTES (10 * 60)
#define ONE_DAY	    (24 * 3600)
/* Smaller ones are begun anew. */
#define WORTH ((uint64_t)1024 * 1024)
/* Holes are of whole blocks, and none that file systems have is larger. */
#define BLOCK  ((off_t)64 * 1024)
#define OF_MAX 4096

char *partial_of(TALLOC_CTX *mem_ctx, const struct shell *shell,
		 const char *remote, const struct client_stat *stat)
{
	return talloc_asprintf(
		mem_ctx, "//%s/%s\\%s %" PRIu64 " %" PRIu64 " %" PRIu64,
		shell->target->server, shell->target->share, remote, stat->size,
		stat->write_time, stat->creation_time);
}

/* A file system without locks or attributes has nothing to take up. */
void partial_begin(int fd, const char *of, uint64_t size)
{
	(void)flock(fd, LOCK_EX | LOCK_NB);
	if (of != NULL && size >= WORTH && strlen(of) < OF_MAX) {
		(void)fsetxattr(fd, ATTRIBUTE, of, strlen(of), 0);
	}
}

void partial_end(int fd)
{
	(void)fremovexattr(fd, ATTRIBUTE);
}

/* -------------------------------------------------------------- looking */

static bool is_ours(const char *name)
{
	size_t i = 0;

	if (strncmp(name, PREFIX, PREFIX_LEN) != 0 ||
	    strlen(name) != NAME_LEN) {
		return false;
	}
	for (i = PREFIX_LEN; i < NAME_LEN; i++) {
		if (!isalnum((unsigned char)name[i])) {
			return false;
		}
	}
	return true;
}

/* Open, and locked: nobody's. -1: it is somebody's, or no such file. */
static int take(int folder, const char *name, struct stat *st)
{
	int fd =
		openat(folder, name,
		       O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) ||
			st->st_uid != geteuid() || st->st_nlink != 1 ||
			flock(fd, LOCK_EX | LOCK_NB) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool says(int fd, char *buf, size_t size)
{
	ssize_t len = fgetxattr(fd, ATTRIBUTE, buf, size - 1);

	buf[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/* The folder of a local file; "." is that of a mere name. */
static char *folder_of(TALLOC_CTX *mem_ctx, const char *file)
{
	const char *cut = strrchr(file, '/');

	if (cut == NULL) {
		return talloc_strdup(mem_ctx, ".");
	}
	return talloc_strndup(mem_ctx, file,
			      cut == file ? 1 : (size_t)(cut - file));
}

/* ------------------------------------------------------------- taking up */

/* Does the file system say where a file has nothing? One that does not says
 * that all of it is there. */
static bool tells_holes(int folder)
{
	int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	bool yes = fd >= 0 && ftruncate(fd, 16 * BLOCK) == 0 &&
		   lseek(fd, 0, SEEK_HOLE) == 0;

	if (fd >= 0) {
		close(fd);
	}
	return yes;
}

/* Up to where it is good: the last block before a hole may be so in part. */
static off_t good_bytes(int fd)
{
	off_t hole = lseek(fd, 0, SEEK_HOLE);

	return hole > BLOCK ? (hole - BLOCK) / BLOCK * BLOCK : 0;
}

/* What has the name already stays, if it is no file or as long: reget may have
 * gone on with it since. */
static off_t bytes_at(const char *local)
{
	struct stat st = {0};

	if (stat(local, &st) != 0) {
		return 0;
	}
	return S_ISREG(st.st_mode) ? st.st_size : INT64_MAX;
}

/* @return the bytes that are good, if it is that file's, and they are more than
 * those; else 0. */
static off_t try_one(int folder, const char *name, const char *of, off_t than)
{
	char buf[OF_MAX] = "";
	struct stat st = {0};
	off_t good = 0;
	int fd = take(folder, name, &st);

	if (fd < 0) {
		return 0;
	}
	if (says(fd, buf, sizeof(buf)) && strcmp(buf, of) == 0) {
		good = good_bytes(fd);
	}
	if (good <= than || ftruncate(fd, good) != 0) {
		good = 0;
	}
	close(fd);
	return good;
}

/* It gets the name, and the permissions of what had it. */
static bool rename_it(int folder, const char *name, const char *local)
{
	struct stat st = {.st_mode = local_default_mode()};

	(void)stat(local, &st);
	return renameat(folder, name, AT_FDCWD, local) == 0 &&
	       removexattr(local, ATTRIBUTE) == 0 &&
	       chmod(local, st.st_mode & 07777) == 0;
}

uint64_t partial_adopt(const char *local, const char *of)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	char *folder = folder_of(frame, local);
	const char *best = NULL;
	DIR *dir = folder != NULL ? opendir(folder) : NULL;
	struct dirent *e = NULL;
	off_t most = bytes_at(local);

	if (dir != NULL && tells_holes(dirfd(dir))) {
		for (e = readdir(dir); e != NULL; e = readdir(dir)) {
			off_t good = is_ours(e->d_name)
					     ? try_one(dirfd(dir), e->d_name,
						       of, most)
					     : 0;

			if (good > most) {
				most = good;
				best = talloc_strdup(frame, e->d_name);
			}
		}
	}
	if (best == NULL || !rename_it(dirfd(dir), best, local)) {
		most = 0;
	}
	if (dir != NULL) {
		closedir(dir);
	}
	talloc_free(frame);
	return (uint64_t)most;
}

/* ------------------------------------------------------------- removing */

/* ctime: that of writing becomes the original's. */
static bool is_stale(int fd, const struct stat *st)
{
	char buf[OF_MAX] = "";
	time_t age = says(fd, buf, sizeof(buf)) ? ONE_DAY : TEN_MINUTES;

	return st->st_ctime < time(NULL) - age;
}

void partial_sweep(struct shell *shell, const char *local)
{
	TALLOC_CTX *frame = shell_need(talloc_new(NULL));
	char *folder = shell_need(folder_of(frame, local));
	DIR *dir = opendir(folder);
	struct dirent *e = NULL;
	struct stat st = {0};
	int fd = -1;

	e = dir != NULL ? readdir(dir) : NULL;
	for (; e != NULL; e = readdir(dir)) {
		fd = is_ours(e->d_name) ? take(dirfd(dir), e->d_name, &st) : -1;
		if (fd < 0) {
			continue;
		}
		if (is_stale(fd, &st) &&
		    unlinkat(dirfd(dir), e->d_name, 0) == 0) {
			shell_say(shell,
				  "removed %s/%s, which a get that broke off "
				  "had left",
				  folder, e->d_name);
		}
		close(fd);
	}
	if (dir != NULL) {
		closedir(dir);
	}
	talloc_free(frame);
}
