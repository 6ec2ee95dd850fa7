/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slow_fs.c - a file system that shows a directory and takes its time over
 * reading and writing, for tests of what waits for a disk. While there is a
 * file DIRECTORY.broken, reading, writing and syncing fail with EIO. With
 * "all:" every call takes so long, nothing is remembered by the kernel, and
 * while there is a file DIRECTORY.held calls do not return at all; the first
 * one that is held makes DIRECTORY.waits. Needs FUSE 3 and root; tests/slow-fs
 * builds and mounts it.
 *
 * usage: slow_fs DIRECTORY [all:]MILLISECONDS MOUNTPOINT [FUSE OPTION...]
 */
#define FUSE_USE_VERSION 31

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static const char *top;
static char broken[PATH_MAX], held[PATH_MAX], waits[PATH_MAX];
static struct timespec delay;
static bool every_call;

struct place {
	char path[PATH_MAX];
};

/* What every call begins with. */
static void call(void)
{
	const struct timespec moment = {.tv_nsec = 20000000};

	if (!every_call) {
		return;
	}
	nanosleep(&delay, NULL);
	while (access(held, F_OK) == 0) {
		int fd = open(waits, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		if (fd != -1) {
			close(fd);
		}
		nanosleep(&moment, NULL);
	}
}

static const char *path_of(struct place *place, const char *path)
{
	int len = snprintf(place->path, sizeof(place->path), "%s%s", top, path);

	return len < (int)sizeof(place->path) ? place->path : "";
}

static const char *real(struct place *place, const char *path)
{
	call();
	return path_of(place, path);
}

static int result(int rc)
{
	return rc == -1 ? -errno : 0;
}

/* @return 0, or -EIO of a disk that is broken just now. */
static int be_slow(void)
{
	if (every_call) {
		call();
	} else {
		nanosleep(&delay, NULL);
	}
	return access(broken, F_OK) == 0 ? -EIO : 0;
}

/* --- names -----------------------------------------------------------------
 */

/* What is made belongs to who asked for it. */
static int give(const char *path)
{
	const struct fuse_context *who = fuse_get_context();

	return result(lchown(path, who->uid, who->gid));
}

static int slow_getattr(const char *path, struct stat *st,
			struct fuse_file_info *fi)
{
	struct place p;

	if (fi != NULL) {
		call();
		return result(fstat((int)fi->fh, st));
	}
	return result(lstat(real(&p, path), st));
}

static int slow_readlink(const char *path, char *buf, size_t size)
{
	struct place p;
	ssize_t len = readlink(real(&p, path), buf, size - 1);

	if (len == -1) {
		return -errno;
	}
	buf[len] = '\0';
	return 0;
}

static int slow_mkdir(const char *path, mode_t mode)
{
	struct place p;
	int rc = result(mkdir(real(&p, path), mode));

	return rc != 0 ? rc : give(p.path);
}

static int slow_unlink(const char *path)
{
	struct place p;

	return result(unlink(real(&p, path)));
}

static int slow_rmdir(const char *path)
{
	struct place p;

	return result(rmdir(real(&p, path)));
}

static int slow_symlink(const char *target, const char *path)
{
	struct place p;
	int rc = result(symlink(target, real(&p, path)));

	return rc != 0 ? rc : give(p.path);
}

static int slow_rename(const char *from, const char *to, unsigned flags)
{
	struct place p;
	struct place q;

	return result(renameat2(AT_FDCWD, real(&p, from), AT_FDCWD,
				path_of(&q, to), flags));
}

static int slow_link(const char *from, const char *to)
{
	struct place p;
	struct place q;

	return result(link(real(&p, from), path_of(&q, to)));
}

static int slow_readdir(const char *path, void *buf, fuse_fill_dir_t fill,
			off_t offset, struct fuse_file_info *fi,
			enum fuse_readdir_flags flags)
{
	struct place p;
	DIR *dir = opendir(real(&p, path));
	struct dirent *entry = NULL;

	(void)offset;
	(void)fi;
	(void)flags;
	if (dir == NULL) {
		return -errno;
	}
	for (entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		struct stat st = {.st_ino = entry->d_ino,
				  .st_mode = (mode_t)entry->d_type << 12};

		if (fill(buf, entry->d_name, &st, 0, 0) != 0) {
			break;
		}
	}
	closedir(dir);
	return 0;
}

/* --- attributes ------------------------------------------------------------
 */

static int slow_chmod(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	struct place p;

	(void)fi;
	return result(chmod(real(&p, path), mode));
}

static int slow_chown(const char *path, uid_t uid, gid_t gid,
		      struct fuse_file_info *fi)
{
	struct place p;

	(void)fi;
	return result(lchown(real(&p, path), uid, gid));
}

static int slow_truncate(const char *path, off_t size,
			 struct fuse_file_info *fi)
{
	struct place p;

	if (fi != NULL) {
		call();
		return result(ftruncate((int)fi->fh, size));
	}
	return result(truncate(real(&p, path), size));
}

static int slow_utimens(const char *path, const struct timespec times[2],
			struct fuse_file_info *fi)
{
	struct place p;

	(void)fi;
	return result(utimensat(AT_FDCWD, real(&p, path), times,
				AT_SYMLINK_NOFOLLOW));
}

static int slow_statfs(const char *path, struct statvfs *st)
{
	struct place p;

	return result(statvfs(real(&p, path), st));
}

static int slow_setxattr(const char *path, const char *name, const char *value,
			 size_t size, int flags)
{
	struct place p;

	return result(lsetxattr(real(&p, path), name, value, size, flags));
}

static int slow_getxattr(const char *path, const char *name, char *value,
			 size_t size)
{
	struct place p;
	ssize_t len = lgetxattr(real(&p, path), name, value, size);

	return len == -1 ? -errno : (int)len;
}

static int slow_listxattr(const char *path, char *list, size_t size)
{
	struct place p;
	ssize_t len = llistxattr(real(&p, path), list, size);

	return len == -1 ? -errno : (int)len;
}

static int slow_removexattr(const char *path, const char *name)
{
	struct place p;

	return result(lremovexattr(real(&p, path), name));
}

/* --- open files ------------------------------------------------------------
 */

static int keep(struct fuse_file_info *fi, int fd)
{
	if (fd == -1) {
		return -errno;
	}
	fi->fh = (uint64_t)fd;
	/* or the kernel's cache would be fast */
	fi->direct_io = 1;
	return 0;
}

static int slow_open(const char *path, struct fuse_file_info *fi)
{
	struct place p;

	return keep(fi, open(real(&p, path), fi->flags | O_CLOEXEC));
}

static int slow_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
	struct place p;
	int rc = keep(fi, open(real(&p, path), fi->flags | O_CREAT | O_CLOEXEC,
			       mode));

	return rc != 0 ? rc : give(p.path);
}

static int slow_read(const char *path, char *buf, size_t size, off_t offset,
		     struct fuse_file_info *fi)
{
	ssize_t len = 0;

	(void)path;
	if (be_slow() != 0) {
		return -EIO;
	}
	len = pread((int)fi->fh, buf, size, offset);
	return len == -1 ? -errno : (int)len;
}

static int slow_write(const char *path, const char *buf, size_t size,
		      off_t offset, struct fuse_file_info *fi)
{
	ssize_t len = 0;

	(void)path;
	if (be_slow() != 0) {
		return -EIO;
	}
	len = pwrite((int)fi->fh, buf, size, offset);
	return len == -1 ? -errno : (int)len;
}

static int slow_fsync(const char *path, int datasync, struct fuse_file_info *fi)
{
	(void)path;
	(void)datasync;
	call();
	if (access(broken, F_OK) == 0) {
		return -EIO;
	}
	return result(fsync((int)fi->fh));
}

/* close() waits for this one. */
static int slow_flush(const char *path, struct fuse_file_info *fi)
{
	(void)path;
	(void)fi;
	call();
	return 0;
}

static int slow_release(const char *path, struct fuse_file_info *fi)
{
	(void)path;
	call();
	return result(close((int)fi->fh));
}

static void *slow_init(struct fuse_conn_info *conn, struct fuse_config *config)
{
	(void)conn;
	config->use_ino = 1;
	config->hard_remove = 1;
	if (every_call) {
		config->attr_timeout = 0;
		config->entry_timeout = 0;
	}
	return NULL;
}

static const struct fuse_operations operations = {
	.init = slow_init,
	.getattr = slow_getattr,
	.readlink = slow_readlink,
	.mkdir = slow_mkdir,
	.unlink = slow_unlink,
	.rmdir = slow_rmdir,
	.symlink = slow_symlink,
	.rename = slow_rename,
	.link = slow_link,
	.readdir = slow_readdir,
	.chmod = slow_chmod,
	.chown = slow_chown,
	.truncate = slow_truncate,
	.utimens = slow_utimens,
	.statfs = slow_statfs,
	.setxattr = slow_setxattr,
	.getxattr = slow_getxattr,
	.listxattr = slow_listxattr,
	.removexattr = slow_removexattr,
	.open = slow_open,
	.create = slow_create,
	.read = slow_read,
	.write = slow_write,
	.fsync = slow_fsync,
	.flush = slow_flush,
	.release = slow_release,
};

int main(int argc, char **argv)
{
	long ms = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: slow_fs DIRECTORY [all:]MILLISECONDS "
				"MOUNTPOINT [FUSE OPTION...]\n");
		return 2;
	}
	top = argv[1];
	snprintf(broken, sizeof(broken), "%s.broken", top);
	snprintf(held, sizeof(held), "%s.held", top);
	snprintf(waits, sizeof(waits), "%s.waits", top);
	every_call = strncmp(argv[2], "all:", 4) == 0;
	ms = strtol(argv[2] + (every_call ? 4 : 0), NULL, 10);
	delay = (struct timespec){ms / 1000, ms % 1000 * 1000000};
	umask(0);
	argv[2] = argv[0];
	return fuse_main(argc - 2, argv + 2, &operations, NULL);
}
