/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How large files may grow (store_options.max_size), and that there is room
 * for it on the disk before they do (strict_allocate).
 */

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "server/store_posix.h"
#include "smbquic/smb2.h"

/* What is missing is not begun with: the disk would be full of it. */
static int reserve(int fd, uint64_t from, uint64_t to)
{
	struct statvfs fs = {0};
	int err = 0;

	if (fstatvfs(fd, &fs) != 0) {
		return errno;
	}
	if ((to - from) / fs.f_frsize >= fs.f_bavail) {
		return ENOSPC;
	}
	err = posix_fd_allocate(fd, STORE_ALLOCATE_RESERVE, from, to - from);
	return err == EOPNOTSUPP ? 0 : err;
}

int posix_do_make_room(const struct posix_root *root, int fd, uint64_t offset,
		       uint64_t len)
{
	struct store_attr attr = {0};
	struct stat st = {0};
	uint64_t end = 0;
	int err = 0;

	if (root->max_size == 0 && !root->strict_allocate) {
		return 0;
	}
	if (fstat(fd, &st) != 0) {
		return errno;
	}
	end = (offset == STORE_AT_END ? (uint64_t)st.st_size : offset) + len;
	if (end <= (uint64_t)st.st_size) {
		return 0;
	}
	if (root->max_size != 0 && end > root->max_size) {
		return EFBIG;
	}
	if (!root->strict_allocate) {
		return 0;
	}
	err = posix_do_getattr(root, fd, "", false, &attr);
	if (err != 0 || (attr.attributes & FILE_ATTRIBUTE_SPARSE_FILE) != 0) {
		return err;
	}
	return reserve(fd, (uint64_t)st.st_size, end);
}
