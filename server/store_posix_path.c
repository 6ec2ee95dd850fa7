/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding what a path names, never outside the share.
 *
 * Every path is resolved from the root's descriptor by openat2(2) with
 * RESOLVE_BENEATH: symbolic links are followed as long as they stay inside,
 * and the kernel refuses the rest, races included. Where openat2 is missing (a
 * kernel before 5.6, a container's filter) the path is walked component by
 * component and no link is followed.
 *
 * A link that leads nowhere (out of the share, or to nothing) is a file
 * without data: it can be seen, renamed and deleted.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/utf16.h"

/* A rename somewhere above can make openat2 ask for another try. */
#define MAX_TRIES 32

struct posix_proc_path posix_proc(int fd)
{
	struct posix_proc_path p = {{0}};

	snprintf(p.path, sizeof(p.path), "/proc/self/fd/%d", fd);
	return p;
}

/* --- below the root ----------------------------------------------------- */

static int open_beneath(int root, const char *local, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int tries = 0;
	long fd = -1;

	do {
		fd = syscall(SYS_openat2, root, local, &how, sizeof(how));
		tries++;
	} while (fd == -1 && (errno == EAGAIN || errno == EINTR) &&
		 tries < MAX_TRIES);
	return (int)fd;
}

/* One component at a time; a link is an obstacle, except at the end. */
static int walk_beneath(int root, const char *local, int flags)
{
	char name[NAME_MAX + 1];
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 0);

	while (fd != -1) {
		size_t len = strcspn(local, "/");
		bool last = local[len] == '\0';
		int below = -1;
		int err = 0;

		if (len > NAME_MAX) {
			close(fd);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, local, len);
		name[len] = '\0';
		below = openat(fd, name,
			       (last ? flags : O_PATH | O_DIRECTORY) |
				       O_NOFOLLOW | O_CLOEXEC);
		err = errno;
		close(fd);
		errno = err;
		if (last) {
			return below;
		}
		fd = below;
		local += len + 1;
	}
	return -1;
}

int posix_beneath_at(const struct posix_root *root, int dirfd,
		     const char *local, int flags)
{
	if (*local == '\0') {
		local = ".";
	}
	if (root->openat2) {
		return open_beneath(dirfd, local, flags);
	}
	return walk_beneath(dirfd, local, flags);
}

int posix_beneath(const struct posix_root *root, const char *local, int flags)
{
	return posix_beneath_at(root, root->fd, local, flags);
}

int posix_open_parent(const struct posix_root *root, const char *local,
		      const char **last)
{
	char parent[POSIX_PATH_SIZE];
	const char *slash = strrchr(local, '/');

	if (slash == NULL) {
		*last = local;
		return posix_beneath(root, "", O_PATH | O_DIRECTORY);
	}
	memcpy(parent, local, (size_t)(slash - local));
	parent[slash - local] = '\0';
	*last = slash + 1;
	return posix_beneath(root, parent, O_PATH | O_DIRECTORY);
}

/* --- the client's paths ------------------------------------------------- */

/* Whether a link was there that leads to nothing we serve. */
static int open_dead_link(const struct posix_root *root,
			  struct posix_found *found, int err)
{
	found->fd = posix_beneath(root, found->local, O_PATH | O_NOFOLLOW);
	if (found->fd != -1 && fstat(found->fd, &found->st) == 0 &&
	    S_ISLNK(found->st.st_mode)) {
		found->link = true;
		return 0;
	}
	if (found->fd != -1) {
		close(found->fd);
		found->fd = -1;
	}
	return err;
}

/* Opens found->local as it stands. */
static int open_exact(const struct posix_root *root, bool follow,
		      struct posix_found *found)
{
	int err = 0;

	found->link = false;
	found->fd = posix_beneath(root, found->local,
				  O_PATH | (follow ? 0 : O_NOFOLLOW));
	if (found->fd == -1) {
		err = errno;
		if (err == ENOENT || err == EXDEV || err == ELOOP) {
			err = open_dead_link(root, found, err);
		}
		return err == EXDEV ? EACCES : err;
	}
	if (fstat(found->fd, &found->st) != 0) {
		err = errno;
		close(found->fd);
		found->fd = -1;
		return err;
	}
	found->link = S_ISLNK(found->st.st_mode);
	return 0;
}

/*
 * The name in that directory which is the client's but for case. 0 with
 * *match changed, or not: there is none, or we may not look.
 */
static int scan_directory(int dirfd, const char *client, char *match,
			  size_t size)
{
	char name[3 * NAME_MAX + 1];
	struct dirent *entry = NULL;
	DIR *dir = NULL;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1) {
		return errno == EACCES ? 0 : errno;
	}
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return ENOMEM;
	}
	entry = readdir(dir);
	while (entry != NULL) {
		if (posix_name_to_client(entry->d_name, name, sizeof(name)) &&
		    utf8_case_equal(name, client) &&
		    strlen(entry->d_name) < size) {
			memcpy(match, entry->d_name, strlen(entry->d_name) + 1);
			break;
		}
		entry = readdir(dir);
	}
	closedir(dir);
	return 0;
}

/*
 * Replaces the last component of found->local by one that differs in case, if
 * there is one. client is the client's form of it.
 */
static int match_last(const struct posix_root *root, const char *client,
		      struct posix_found *found)
{
	const char *last = NULL;
	int fd = posix_open_parent(root, found->local, &last);
	size_t at = 0;
	int err = 0;

	if (fd == -1) {
		return STORE_ENOPATH;
	}
	at = (size_t)(last - found->local);
	err = scan_directory(fd, client, found->local + at,
			     sizeof(found->local) - at);
	close(fd);
	return err;
}

/* Adds a component of the client's path to found->local. */
static int append(struct posix_found *found, const char *client)
{
	size_t len = strlen(found->local);

	if (len + 2 > sizeof(found->local)) {
		return ENAMETOOLONG;
	}
	if (len > 0) {
		found->local[len] = '/';
		len++;
	}
	if (!posix_name_to_local(client, found->local + len,
				 sizeof(found->local) - len) ||
	    strlen(found->local + len) > NAME_MAX) {
		return ENAMETOOLONG;
	}
	return 0;
}

/* One component deeper; 0 with fd -1: it is not there. */
static int find_component(const struct posix_root *root, const char *client,
			  bool follow, struct posix_found *found)
{
	int err = append(found, client);

	if (err == 0) {
		err = open_exact(root, follow, found);
	}
	if (err != ENOENT || root->case_sensitive) {
		return err == ENOENT ? 0 : err;
	}
	err = match_last(root, client, found);
	if (err == 0) {
		err = open_exact(root, follow, found);
	}
	return err == ENOENT ? 0 : err;
}

static int find_by_component(const struct posix_root *root, const char *path,
			     bool follow, struct posix_found *found)
{
	char name[STORE_NAME_MAX + 1];

	found->local[0] = '\0';
	for (;;) {
		size_t len = strcspn(path, "/");
		bool last = path[len] == '\0';
		bool directory = false;
		int err = 0;

		if (len > STORE_NAME_MAX) {
			return ENAMETOOLONG;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		err = find_component(root, name, follow || !last, found);
		if (err != 0 || last) {
			return err == ENOTDIR ? STORE_ENOPATH : err;
		}
		if (found->fd != -1) {
			directory = S_ISDIR(found->st.st_mode);
			close(found->fd);
			found->fd = -1;
		}
		if (!directory) {
			return STORE_ENOPATH;
		}
		path += len + 1;
	}
}

int posix_find(const struct posix_root *root, const char *path, bool follow,
	       struct posix_found *found)
{
	int err = ENOENT;

	found->fd = -1;
	found->link = false;
	if (posix_path_to_local(path, found->local, sizeof(found->local))) {
		err = open_exact(root, follow, found);
	}
	if (err != ENOENT && err != ENOTDIR) {
		return err;
	}
	return find_by_component(root, path, follow, found);
}
