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
 *
 * Files that are removed on the machine leave theirs behind. So each has the
 * handle of its file (name_to_handle_at(2)), and whoever comes to make or
 * remove one looks at some others, in turn, and removes those whose file is
 * gone: then the kernel says ESTALE. Only file systems are asked of which it is
 * known that they say so of no file that they have.
 */

#define LOG_MODULE "store"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/log.h"

#define FOLDER ".smbquic-streams"

#define NAME_SIZE (16 + 1 + 2 * POSIX_DEPOT_ID + 1)

/* Whom a file in it is for: version 1, 2 bytes reserved, the type of the
 * handle (4), the file system (8), the handle. */
#define OWNER_XATTR   "user.smbquic.for"
#define OWNER_VERSION 1
#define OWNER_SIZE    (16 + MAX_HANDLE_SZ)

/* Looked at in one step; and how long one that nobody names is left alone:
 * another server may be about to name it. */
#define SWEEP_STEP    8
#define SWEEP_SECONDS 600

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

/* --- whom it is for ----------------------------------------------------- */

/* 0: not known, or not of a kind that is swept. */
static uint64_t file_system(int fd)
{
	struct statfs fs = {0};
	uint64_t id = 0;

	if (fstatfs(fd, &fs) != 0) {
		return 0;
	}
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case TMPFS_MAGIC: memcpy(&id, &fs.f_fsid, sizeof(id)); break;
	default: break;
	}
	return id;
}

/* Room for the kernel's struct file_handle, which has no size of its own. */
union owner {
	struct file_handle handle;
	uint8_t room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

/* One without is never swept. */
static void set_owner(const struct posix_root *root, int fd, int file)
{
	union owner owner = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
	uint8_t value[OWNER_SIZE];
	struct wire_writer w = wire_writer_fixed(value, sizeof(value));
	uint64_t where = file_system(root->fd);
	int mount = 0;

	if (where == 0 || name_to_handle_at(file, "", &owner.handle, &mount,
					    AT_EMPTY_PATH) != 0) {
		return;
	}
	wire_put_u16(&w, OWNER_VERSION);
	wire_put_u16(&w, 0);
	wire_put_u32(&w, (uint32_t)owner.handle.handle_type);
	wire_put_u64(&w, where);
	wire_put(&w, owner.handle.f_handle, owner.handle.handle_bytes);
	if (wire_writer_ok(&w)) {
		(void)fsetxattr(fd, OWNER_XATTR, value, w.len, 0);
	}
}

static bool get_owner(const struct posix_root *root, int fd, union owner *owner)
{
	uint8_t value[OWNER_SIZE];
	ssize_t n = fgetxattr(fd, OWNER_XATTR, value, sizeof(value));
	struct wire_reader r = wire_reader(value, n > 0 ? (size_t)n : 0);
	uint16_t version = wire_get_u16(&r);
	uint64_t where = 0;
	struct wire_slice handle = {0};

	*owner = (union owner){0};
	wire_skip(&r, 2);
	owner->handle.handle_type = (int)wire_get_u32(&r);
	where = wire_get_u64(&r);
	handle = wire_get(&r, wire_left(&r));
	if (!wire_reader_ok(&r) || version != OWNER_VERSION || where == 0 ||
	    where != file_system(root->fd) || handle.len == 0 ||
	    handle.len > MAX_HANDLE_SZ) {
		return false;
	}
	owner->handle.handle_bytes = (unsigned)handle.len;
	memcpy(owner->handle.f_handle, handle.data, handle.len);
	return true;
}

/* --- the sweep ---------------------------------------------------------- */

static bool id_of(const char *name, uint8_t id[POSIX_DEPOT_ID])
{
	size_t i = 0;

	if (strlen(name) != NAME_SIZE - 1 || name[16] != '.') {
		return false;
	}
	for (i = 0; i < POSIX_DEPOT_ID; i++) {
		char digits[3] = {name[17 + 2 * i], name[18 + 2 * i], '\0'};
		char *end = NULL;

		id[i] = (uint8_t)strtoul(digits, &end, 16);
		if (*end != '\0') {
			return false;
		}
	}
	return true;
}

/* One that was written to just now may get its name yet. */
static bool is_young(int fd)
{
	struct stat st = {0};
	time_t now = time(NULL);

	return fstat(fd, &st) != 0 || st.st_mtime > now - SWEEP_SECONDS;
}

/* The file is there, maybe with no name any more: then it is in use, and looked
 * at again another time. Whoever changes its streams is not disturbed. */
static bool is_unknown(int file, int fd, const uint8_t id[POSIX_DEPOT_ID])
{
	struct stat st = {0};
	bool unknown = false;

	if (fstat(file, &st) != 0 || st.st_nlink == 0 || is_young(fd) ||
	    !posix_stream_trylock(&st)) {
		return false;
	}
	unknown = !posix_stream_refers(file, id);
	posix_stream_unlock(&st);
	return unknown;
}

static void sweep_one(struct posix_root *root, int dir, const char *name)
{
	uint8_t id[POSIX_DEPOT_ID];
	union owner owner = {0};
	bool gone = false;
	int file = -1;
	int fd = -1;

	if (!id_of(name, id)) {
		return;
	}
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		return;
	}
	if (get_owner(root, fd, &owner)) {
		file = open_by_handle_at(dirfd(root->sweep), &owner.handle,
					 O_PATH | O_CLOEXEC);
		gone = file == -1 ? errno == ESTALE : is_unknown(file, fd, id);
	}
	if (gone && unlinkat(dir, name, 0) == 0) {
		log_debug("a large stream whose file is gone was removed");
	}
	if (file != -1) {
		close(file);
	}
	close(fd);
}

static DIR *open_listing(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd != -1 ? fdopendir(fd) : NULL;

	if (fd != -1 && listing == NULL) {
		close(fd);
	}
	return listing;
}

/* Where the last one ended; one at a time. */
void posix_depot_sweep(struct posix_root *root)
{
	int dir = folder(root, false);
	size_t i = 0;

	if (dir == -1 || pthread_mutex_trylock(&root->sweep_lock) != 0) {
		return;
	}
	if (root->sweep == NULL) {
		root->sweep = open_listing(dir);
	}
	for (i = 0; i < SWEEP_STEP && root->sweep != NULL; i++) {
		const struct dirent *entry = readdir(root->sweep);

		if (entry == NULL) {
			rewinddir(root->sweep);
			break;
		}
		sweep_one(root, dir, entry->d_name);
	}
	pthread_mutex_unlock(&root->sweep_lock);
}

/* --- making and removing ------------------------------------------------ */

int posix_depot_make(struct posix_root *root, int file, const struct stat *st,
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
	if (fd != -1) {
		set_owner(root, fd, file);
		posix_depot_sweep(root);
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
		posix_depot_sweep(root);
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
