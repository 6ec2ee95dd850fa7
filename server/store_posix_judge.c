/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kept security descriptors let a user do: with what is opened, in
 * which folder something is made or removed, and what he sees of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/smb2.h"

/* Everything where nothing is kept; nothing where it cannot be read. */
static uint32_t granted_on(const struct posix_root *root, int fd,
			   const struct acl_who *who)
{
	struct posix_sd sd = {0};
	struct stat st = {0};
	uint32_t granted = FILE_ALL_ACCESS;
	bool kept = false;

	if (fstat(fd, &st) != 0 ||
	    posix_sd_load_counting(root, fd, &st, &sd, &kept) != 0) {
		granted = 0;
	} else if (kept) {
		granted = acl_granted(&sd.sd, who);
	}
	posix_sd_free(&sd);
	return granted;
}

/* What a directory gives for those in it (MS-FSA 2.1.5.1.2.1). */
static uint32_t granted_above(const struct posix_root *root, const char *local,
			      const struct acl_who *who)
{
	const char *last = NULL;
	int parent =
		*local != '\0' ? posix_open_parent(root, local, &last) : -1;
	uint32_t above = 0;
	uint32_t granted = 0;

	if (parent == -1) {
		return 0;
	}
	above = granted_on(root, parent, who);
	close(parent);
	granted |= (above & FILE_DELETE_CHILD) != 0 ? SEC_STD_DELETE : 0;
	granted |=
		(above & FILE_LIST_DIRECTORY) != 0 ? FILE_READ_ATTRIBUTES : 0;
	return granted;
}

void posix_do_judge(struct posix_job *job, int fd, const char *local)
{
	struct acl_who who = {0};

	job->granted = FILE_ALL_ACCESS;
	job->privileged = 0;
	if (!posix_who(job, &who)) {
		return;
	}
	job->privileged = acl_privileged(&who);
	if (job->bare) {
		return; /* nothing is kept */
	}
	job->granted = granted_on(job->root, fd, &who);
	if ((~job->granted & (SEC_STD_DELETE | FILE_READ_ATTRIBUTES)) != 0) {
		job->granted |= granted_above(job->root, local, &who);
	}
}

int posix_do_may_add(struct posix_job *job, int parent, bool directory)
{
	struct acl_who who = {0};

	if (!posix_who(job, &who)) {
		return 0;
	}
	return (granted_on(job->root, parent, &who) &
		(directory ? FILE_ADD_SUBDIRECTORY : FILE_ADD_FILE)) != 0
		       ? 0
		       : EACCES;
}

int posix_do_may_remove(struct posix_job *job, int fd, int parent)
{
	struct acl_who who = {0};

	if (!posix_who(job, &who) ||
	    (granted_on(job->root, fd, &who) & SEC_STD_DELETE) != 0 ||
	    (granted_on(job->root, parent, &who) & FILE_DELETE_CHILD) != 0) {
		return 0;
	}
	return EACCES;
}

/* All of what reading takes: so does Windows' access-based enumeration. */
bool posix_do_visible(struct posix_job *job, int dirfd, const char *name)
{
	static const uint32_t reading =
		FILE_GENERIC_READ & ~SEC_STD_SYNCHRONIZE;
	struct acl_who who = {0};
	int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool visible = fd != -1 && posix_may(fd, R_OK);

	if (visible && posix_who(job, &who)) {
		visible =
			(granted_on(job->root, fd, &who) & reading) == reading;
	}
	if (fd != -1) {
		close(fd);
	}
	return visible;
}
