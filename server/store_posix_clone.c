/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where files can share blocks. */

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "server/store_posix.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* XFS_IOC_FSGEOMETRY_V1 of xfs_fs.h, which is in no package of the kernel's
 * headers: 112 bytes. */
struct xfs_geometry {
	uint32_t numbers[8];
	uint64_t counts[4];
	uint8_t uuid[16];
	uint32_t sunit, swidth;
	int32_t version;
	uint32_t flags;
	uint32_t logsectsize, rtsectsize, dirblocksize;
	uint32_t padding;
};
#define GET_XFS_GEOMETRY _IOR('X', 100, struct xfs_geometry)
#define XFS_HAS_REFLINK	 (1u << 20)

/* It can be made without. The file is opened anew: fd may be no more than a
 * place. */
static bool xfs_clones(int fd)
{
	struct xfs_geometry geometry = {.version = 0};
	struct stat st = {0};
	bool clones = false;
	int readable = -1;

	if (fstat(fd, &st) != 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		return false;
	}
	readable = open(posix_proc(fd).path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (readable == -1) {
		return false;
	}
	clones = ioctl(readable, GET_XFS_GEOMETRY, &geometry) == 0 &&
		 (geometry.flags & XFS_HAS_REFLINK) != 0;
	close(readable);
	return clones;
}

bool posix_do_clones(int fd)
{
	struct statfs kind = {0};

	if (fstatfs(fd, &kind) != 0) {
		return false;
	}
	return (uint32_t)kind.f_type == BTRFS_SUPER_MAGIC ||
	       ((uint32_t)kind.f_type == XFS_SUPER_MAGIC && xfs_clones(fd));
}
