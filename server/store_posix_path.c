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
#include <sys/resource.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/short_name.h"
#include "server/store_posix.h"
#include "smbquic/name_map.h"
#include "smbquic/utf16.h"

/* Descriptors that are for what is open already: to rename and delete it. */
#define MAX_KEPT 256

/* A rename somewhere above can make openat2 ask for another try. */
#define MAX_TRIES 32

/* Of a directory at a time. */
#define SCAN_SIZE ((size_t)128 << 10)

struct posix_proc_path posix_proc(int fd)
{
	struct posix_proc_path p = {{0}};

	snprintf(p.path, sizeof(p.path), "/proc/self/fd/%d", fd);
	return p;
}

bool posix_may(int fd, int mode)
{
	if (faccessat(fd, "", mode, AT_EACCESS | AT_EMPTY_PATH) == 0) {
		return true;
	}
	if (errno != ENOSYS && errno != EINVAL) {
		return false;
	}
	/* a kernel before 5.8 */
	return faccessat(AT_FDCWD, posix_proc(fd).path, mode, AT_EACCESS) == 0;
}

/* --- below the root ----------------------------------------------------- */

static int open_beneath(int root, const char *local, int flags, bool links)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
			   (links ? 0u : RESOLVE_NO_SYMLINKS),
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

static int beneath(const struct posix_root *root, int dirfd, const char *local,
		   int flags, bool links)
{
	if (*local == '\0') {
		local = ".";
	}
	if (root->openat2) {
		return open_beneath(dirfd, local, flags, links);
	}
	return walk_beneath(dirfd, local, flags);
}

int posix_beneath_at(const struct posix_root *root, int dirfd,
		     const char *local, int flags)
{
	return beneath(root, dirfd, local, flags, true);
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

int posix_no_parent(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM ? err
							       : STORE_ENOPATH;
}

/* The kernel gives the lowest number that is free. */
bool posix_do_scarce(int fd)
{
	struct rlimit limit = {0};
	rlim_t kept = 0;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY) {
		return false;
	}
	kept = limit.rlim_cur / 4 < MAX_KEPT ? limit.rlim_cur / 4 : MAX_KEPT;
	return (rlim_t)fd >= limit.rlim_cur - kept;
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
static int open_exact(const struct posix_root *root, unsigned how,
		      struct posix_found *found)
{
	bool links = (how & POSIX_FIND_NO_LINKS) == 0;
	int nofollow = (how & POSIX_FIND_NOFOLLOW) != 0 ? O_NOFOLLOW : 0;
	int err = 0;

	found->link = false;
	found->fd =
		beneath(root, root->fd, found->local, O_PATH | nofollow, links);
	if (found->fd == -1) {
		err = errno;
		if (links && (err == ENOENT || err == EXDEV || err == ELOOP)) {
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
 * Whether a name of the disk is the client's but for case. An ASCII name equals
 * ASCII names only (utf16.h), and these mostly need no mapping: so most names
 * are compared as they are.
 */
static bool same_name(const char *local, const char *client, size_t len,
		      bool ascii)
{
	char name[3 * NAME_MAX + 1];

	if (ascii && strlen(local) == len && strcasecmp(local, client) == 0) {
		return true;
	}
	return !ascii && name_map_to_smb(local, name, sizeof(name)) &&
	       utf8_case_equal(name, client);
}

static bool is_ascii(const char *name)
{
	while (*name != '\0' && (unsigned char)*name < 0x80) {
		name++;
	}
	return *name == '\0';
}

static bool has_short_name(const char *local, const char *client)
{
	char name[3 * NAME_MAX + 1];

	return name_map_to_smb(local, name, sizeof(name)) &&
	       short_name_matches(name, client);
}

/* Looks through what one getdents64(2) gave. */
static const char *scan_buffer(const char *buf, size_t len, const char *client,
			       bool by_short)
{
	size_t client_len = strlen(client);
	bool ascii = is_ascii(client);
	size_t at = 0;

	while (at < len) {
		const struct dirent64 *entry = (const void *)(buf + at);

		if (by_short ? has_short_name(entry->d_name, client)
			     : same_name(entry->d_name, client, client_len,
					 ascii)) {
			return entry->d_name;
		}
		at += entry->d_reclen;
	}
	return NULL;
}

/*
 * The name in that directory which is the client's but for case. 0 with
 * *match changed, or not: there is none, or we may not look.
 */
static int scan_directory(int dirfd, const char *client, bool by_short,
			  char *match, size_t size)
{
	const char *found = NULL;
	char *buf = NULL;
	long n = 1;
	int err = 0;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1) {
		return errno == EACCES ? 0 : errno;
	}
	buf = malloc(SCAN_SIZE);
	if (buf == NULL) {
		close(fd);
		return ENOMEM;
	}
	while (n > 0 && found == NULL) {
		n = syscall(SYS_getdents64, fd, buf, SCAN_SIZE);
		if (n > 0) {
			found = scan_buffer(buf, (size_t)n, client, by_short);
		}
	}
	if (n < 0 && errno != ENOENT) {
		err = errno;
	}
	if (found != NULL && strlen(found) < size) {
		memcpy(match, found, strlen(found) + 1);
	}
	free(buf);
	close(fd);
	return err;
}

/* The list of a large directory, or a look for ourselves. */
static int match_in(const struct posix_root *root, int dirfd,
		    const char *client, char *match, size_t size)
{
	int err = posix_cache_match(root->cache, dirfd, client, match, size);

	if (err != 0) {
		err = scan_directory(dirfd, client, false, match, size);
	}
	if (err == 0 && match[0] == '\0' && root->short_names &&
	    short_name_made(client)) {
		err = scan_directory(dirfd, client, true, match, size);
	}
	return err;
}

/*
 * Replaces the last component of found->local by one that differs in case, if
 * there is one: then it is opened. ENOENT: there is none.
 */
static int match_last(const struct posix_root *root, const char *client,
		      unsigned how, struct posix_found *found)
{
	char match[NAME_MAX + 1] = "";
	const char *last = NULL;
	int fd = posix_open_parent(root, found->local, &last);
	size_t at = (size_t)(last - found->local);
	int err = 0;

	if (fd == -1) {
		return STORE_ENOPATH;
	}
	err = match_in(root, fd, client, match, sizeof(match));
	close(fd);
	if (err != 0 || match[0] == '\0') {
		return err != 0 ? err : ENOENT;
	}
	if (at + strlen(match) >= sizeof(found->local)) {
		return ENAMETOOLONG;
	}
	memcpy(found->local + at, match, strlen(match) + 1);
	return open_exact(root, how, found);
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
	if (!name_map_to_disk(client, found->local + len,
			      sizeof(found->local) - len) ||
	    strlen(found->local + len) > NAME_MAX) {
		return ENAMETOOLONG;
	}
	return 0;
}

/* One component deeper; 0 with fd -1: it is not there. */
static int find_component(const struct posix_root *root, const char *client,
			  unsigned how, struct posix_found *found)
{
	int err = append(found, client);

	if (err == 0) {
		err = open_exact(root, how, found);
	}
	if (err == ENOENT && (how & POSIX_FIND_EXACT) == 0) {
		err = match_last(root, client, how, found);
	}
	return err == ENOENT ? 0 : err;
}

/* What leads on is followed, unless no link is. */
static unsigned how_of(unsigned how, bool last)
{
	return last || (how & POSIX_FIND_NO_LINKS) != 0
		       ? how
		       : how & ~(unsigned)POSIX_FIND_NOFOLLOW;
}

static int find_by_component(const struct posix_root *root, const char *path,
			     unsigned how, struct posix_found *found)
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
		err = find_component(root, name, how_of(how, last), found);
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

static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

unsigned posix_how(const struct posix_root *root, unsigned flags)
{
	unsigned how = 0;

	if ((flags & STORE_OPEN_NOFOLLOW) != 0) {
		how |= POSIX_FIND_NOFOLLOW;
	}
	if ((flags & STORE_OPEN_POSIX) != 0 || !root->follow_links) {
		how |= POSIX_FIND_NOFOLLOW | POSIX_FIND_NO_LINKS;
	}
	if ((flags & STORE_OPEN_POSIX) != 0 || root->case_sensitive) {
		how |= POSIX_FIND_EXACT;
	}
	return how;
}

int posix_find(const struct posix_root *root, const char *path, unsigned how,
	       struct posix_found *found)
{
	int err = ENOTDIR;

	found->fd = -1;
	found->link = false;
	if (posix_depot_reserved(path)) {
		return EACCES;
	}
	if (posix_path_to_local(path, found->local, sizeof(found->local))) {
		err = open_exact(root, how, found);
	}
	if (err == ENOENT && (how & POSIX_FIND_EXACT) == 0) {
		/* Mostly it is the last one that is missing. */
		err = match_last(root, last_of(path), how, found);
		if (err == ENOENT) {
			return 0;
		}
	}
	if (err != ENOENT && err != ENOTDIR && err != STORE_ENOPATH) {
		return err;
	}
	return find_by_component(root, path, how, found);
}
