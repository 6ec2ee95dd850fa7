/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The depot: a folder at the share's root, of the server alone, that holds
 * what extended attributes cannot. No client sees it, no user of the machine
 * may enter it. A file in it belongs to the owner of the file that it is for,
 * so that it counts against his quota.
 *
 * Its name is that file's inode number and an identity made up by chance.
 * Whoever may write a file's attributes can claim any identity in them, but not
 * the inode number: so he cannot get at what belongs to another file.
 */

#define LOG_MODULE "store"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/log.h"

#define FOLDER ".smbquic-streams"

#define NAME_SIZE (16 + 1 + 2 * POSIX_DEPOT_ID + 1)

bool posix_depot_reserved(const char *path)
{
	size_t len = strlen(FOLDER);

	return strncasecmp(path, FOLDER, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/');
}

/* Somebody else's folder of that name is none of ours. */
static int check_folder(const struct posix_root *root, int fd)
{
	struct stat st = {0};

	if (fstat(fd, &st) != 0) {
		return errno;
	}
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0 ||
	    st.st_dev != root->dev) {
		log_warn("%s in a share is not the server's: large streams "
			 "cannot be kept",
			 FOLDER);
		return EACCES;
	}
	return 0;
}

static int open_folder(struct posix_root *root, bool make)
{
	int none = -1;
	int fd = -1;
	int err = 0;

	if (make && mkdirat(root->fd, FOLDER, 0700) != 0 && errno != EEXIST) {
		return -1;
	}
	fd = openat(root->fd, FOLDER,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1) {
		return -1;
	}
	err = check_folder(root, fd);
	if (err != 0) {
		close(fd);
		errno = err;
		return -1;
	}
	if (!atomic_compare_exchange_strong(&root->depot, &none, fd)) {
		close(fd); /* another thread was faster */
		fd = none;
	}
	return fd;
}

/* The folder, which stays open as long as the root. -1 with errno. */
static int folder(struct posix_root *root, bool make)
{
	int fd = atomic_load(&root->depot);

	return fd != -1 ? fd : open_folder(root, make);
}

static void name_of(ino_t ino, const uint8_t id[POSIX_DEPOT_ID],
		    char name[NAME_SIZE])
{
	int n = snprintf(name, NAME_SIZE, "%016" PRIx64 ".", (uint64_t)ino);
	size_t i = 0;

	for (i = 0; i < POSIX_DEPOT_ID; i++) {
		n += snprintf(name + n, NAME_SIZE - (size_t)n, "%02x", id[i]);
	}
}

int posix_depot_open(struct posix_root *root, const struct stat *st,
		     const uint8_t id[POSIX_DEPOT_ID])
{
	char name[NAME_SIZE];
	struct stat found = {0};
	int dir = st->st_dev == root->dev ? folder(root, false) : -1;
	int fd = -1;

	if (dir == -1) {
		return -1;
	}
	name_of(st->st_ino, id, name);
	fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1 && (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode))) {
		close(fd);
		errno = EIO;
		return -1;
	}
	return fd;
}

int posix_depot_make(struct posix_root *root, const struct stat *st,
		     uint8_t id[POSIX_DEPOT_ID])
{
	char name[NAME_SIZE];
	int dir = -1;
	int fd = -1;

	if (st->st_dev != root->dev) { /* inode numbers repeat there */
		errno = ENOSPC;
		return -1;
	}
	dir = folder(root, true);
	if (dir == -1 || getrandom(id, POSIX_DEPOT_ID, 0) != POSIX_DEPOT_ID) {
		return -1;
	}
	name_of(st->st_ino, id, name);
	fd = openat(dir, name,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1 && fchown(fd, st->st_uid, st->st_gid) != 0) {
		int err = errno;

		(void)unlinkat(dir, name, 0);
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

void posix_depot_remove(struct posix_root *root, const struct stat *st,
			const uint8_t id[POSIX_DEPOT_ID])
{
	char name[NAME_SIZE];
	int dir = st->st_dev == root->dev ? folder(root, false) : -1;

	if (dir != -1) {
		name_of(st->st_ino, id, name);
		(void)unlinkat(dir, name, 0);
	}
}

void posix_depot_give(struct posix_root *root, const struct stat *st,
		      const uint8_t id[POSIX_DEPOT_ID])
{
	int fd = posix_depot_open(root, st, id);

	if (fd == -1) {
		return;
	}
	if (fchown(fd, st->st_uid, st->st_gid) != 0) {
		log_warn("a large stream stays with the file's old owner: %s",
			 strerror(errno));
	}
	close(fd);
}
