/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether an open directory is still in the share. Its descriptor follows it
 * wherever somebody on the machine moves it, by its own name or with a
 * directory above it, and no path is resolved by which the kernel would notice.
 *
 * What is asked after something was read from a directory, and before it is
 * told, holds for all of it: what was outside for a time is inside again.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "server/store_posix.h"

/* Steps from a directory to the root, where its path is too long to be told. */
#define MAX_STEPS (POSIX_PATH_SIZE / 2)

/* 0, or errno: ENAMETOOLONG. */
static int path_of(int fd, char path[POSIX_PATH_SIZE])
{
	ssize_t n = readlink(posix_proc(fd).path, path, POSIX_PATH_SIZE);

	if (n < 0 || n >= POSIX_PATH_SIZE) {
		return n < 0 ? errno : ENAMETOOLONG;
	}
	path[n] = '\0';
	return 0;
}

static bool is_below(const char *path, const char *top)
{
	size_t len = strcmp(top, "/") == 0 ? 0 : strlen(top);

	return strncmp(path, top, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}

/* Up, step by step; as the server itself, who may pass everywhere. */
static int walk_up(const struct posix_root *root, int dirfd)
{
	struct stat top = {0};
	struct stat st = {0};
	struct stat before = {0};
	int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0);
	bool known = fstat(root->fd, &top) == 0;
	bool found = false;
	unsigned i = 0;

	for (i = 0; known && i < MAX_STEPS && fd != -1 && !found; i++) {
		int up = -1;

		before = st;
		found = fstat(fd, &st) == 0 && st.st_ino == top.st_ino &&
			st.st_dev == top.st_dev;
		if (!found && (i == 0 || st.st_ino != before.st_ino ||
			       st.st_dev != before.st_dev)) {
			up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		}
		close(fd);
		fd = up;
	}
	if (fd != -1) {
		close(fd);
	}
	return found ? 0 : -1;
}

static bool inside_far(struct posix_cred *cred, const struct posix_root *root,
		       int dirfd)
{
	int err = posix_cred_enter(NULL);
	bool inside = err == 0 && walk_up(root, dirfd) == 0;

	return posix_cred_enter(cred) == 0 && inside;
}

int posix_inside_by_path(const struct posix_root *root, int dirfd)
{
	char top[POSIX_PATH_SIZE];
	char path[POSIX_PATH_SIZE];
	int err = path_of(root->fd, top);

	if (err == 0) {
		err = path_of(dirfd, path);
	}
	if (err == 0 && !is_below(path, top)) {
		err = ENOENT;
	}
	return err;
}

/* A directory that has left a bind mount by a rename has a path all the same:
 * what it would be had all of its file system been mounted. But it has nothing
 * above it. */
static bool has_escaped(int dirfd)
{
	int fd = openat(dirfd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1) {
		return errno == ENOENT;
	}
	close(fd);
	return false;
}

bool posix_do_inside(const struct posix_handle *dir)
{
	const struct posix_root *root = dir->root;
	char top[POSIX_PATH_SIZE];
	char path[POSIX_PATH_SIZE];
	int err = path_of(root->fd, top);

	if (err == 0) {
		err = path_of(dir->fd, path);
	}
	if (err == ENAMETOOLONG) {
		return inside_far(posix_cred_current(), root, dir->fd);
	}
	return err == 0 && is_below(path, top) &&
	       (strcmp(path, top) == 0 || !has_escaped(dir->fd));
}
