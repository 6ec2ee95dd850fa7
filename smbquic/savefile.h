/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * savefile.h - small files that are read and replaced whole: users, mappings,
 * keys, known hosts. A reader sees the old file or the new one, never a mix.
 */
#ifndef SMBQUIC_SAVEFILE_H
#define SMBQUIC_SAVEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <talloc.h>

/** Which file a path led to when it was read. */
struct savefile_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

/**
 * The whole file and a terminating NUL that *len does not count.
 *
 * @param limit  files that are larger are refused with EFBIG.
 * @param st     out, may be NULL: what was read.
 * @return NULL with errno on failure; EINVAL: not a regular file.
 */
char *savefile_read(TALLOC_CTX *mem_ctx, const char *path, size_t limit,
		    size_t *len, struct stat *st);

/** What savefile_changed() compares with. */
struct savefile_stamp savefile_stamp(const struct stat *st);

/** Whether the path leads to another file, another version, or nowhere. */
bool savefile_changed(const char *path, const struct savefile_stamp *stamp);

/**
 * Replaces the file, or makes it: temporary name in the same directory, fsync,
 * rename. A file that existed keeps its owner, and its mode unless `exact`;
 * a symbolic link stays and its target is replaced.
 *
 * @param exact  the mode is `mode` even when the old file had another.
 * @return 0 or an errno value; the old file is then untouched.
 */
int savefile_write(const char *path, mode_t mode, bool exact, const void *data,
		   size_t len);
/** Likewise, with exact, for what may be lost in a power cut: nobody waits for
 *  the disk. */
int savefile_write_quick(const char *path, mode_t mode, const void *data,
			 size_t len);

/**
 * Keeps other writers out, by flock() on "PATH.lock". Waits a few seconds.
 * Makes the file's directory (mode 0755) when that alone is missing.
 *
 * @return a descriptor to close, or -1 with errno; EAGAIN: still held.
 */
int savefile_lock(const char *path);

#endif
