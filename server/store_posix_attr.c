/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes: what stat(2) knows, and the rest from an extended attribute. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "server/store_posix.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

#define ATTR_VERSION	1
#define ATTR_SIZE	16 /* without what belongs to ATTR_CHANGED */
#define ATTR_SIZE_MAX	36
#define ATTR_ATTRIBUTES 0x1u
#define ATTR_CREATED	0x2u
#define ATTR_CHANGED	0x4u
#define ATTR_REPARSE	0x8u

/* The kernel's clock for files goes in steps; and setting takes a moment. */
#define CHANGED_SLACK 200000u /* 20 ms */

#define MODE_WRITE (S_IWUSR | S_IWGRP | S_IWOTH)

/* --- user.smbquic.attr -------------------------------------------------- */

struct kept {
	unsigned set; /* ATTR_ATTRIBUTES and so on */
	uint32_t attributes;
	uint64_t created;
	uint64_t changed;  /* the change time that was set */
	uint64_t set_when; /* later changes have the kernel's */
	uint32_t reparse_tag;
};

static void kept_decode(const uint8_t *data, size_t len, struct kept *kept)
{
	struct wire_reader r = wire_reader(data, len);
	uint16_t version = wire_get_u16(&r);
	unsigned set = wire_get_u16(&r);
	uint32_t attributes = wire_get_u32(&r);
	uint64_t created = wire_get_u64(&r);
	uint64_t changed = set & ATTR_CHANGED ? wire_get_u64(&r) : 0;
	uint64_t set_when = set & ATTR_CHANGED ? wire_get_u64(&r) : 0;
	uint32_t reparse_tag = set & ATTR_REPARSE ? wire_get_u32(&r) : 0;

	memset(kept, 0, sizeof(*kept));
	if (wire_reader_ok(&r) && version == ATTR_VERSION) {
		kept->set = set;
		kept->attributes = attributes & STORE_KEPT_ATTRIBUTES;
		kept->created = created;
		kept->changed = changed;
		kept->set_when = set_when;
		kept->reparse_tag = reparse_tag;
	}
}

static size_t kept_encode(const struct kept *kept, uint8_t data[ATTR_SIZE_MAX])
{
	struct wire_writer w = wire_writer_fixed(data, ATTR_SIZE_MAX);

	wire_put_u16(&w, ATTR_VERSION);
	wire_put_u16(&w, (uint16_t)kept->set);
	wire_put_u32(&w, kept->attributes);
	wire_put_u64(&w, kept->created);
	if ((kept->set & ATTR_CHANGED) != 0) {
		wire_put_u64(&w, kept->changed);
		wire_put_u64(&w, kept->set_when);
	}
	if ((kept->set & ATTR_REPARSE) != 0) {
		wire_put_u32(&w, kept->reparse_tag);
	}
	return w.len;
}

/* By path, so that it works for descriptors made with O_PATH, too. */
static void kept_read(const char *path, struct kept *kept)
{
	uint8_t data[ATTR_SIZE_MAX];
	ssize_t n = getxattr(path, POSIX_XATTR_ATTR, data, sizeof(data));

	kept_decode(data, n > 0 ? (size_t)n : 0, kept);
}

static int kept_write(const char *path, const struct kept *kept)
{
	uint8_t data[ATTR_SIZE_MAX];
	size_t len = kept_encode(kept, data);

	if (setxattr(path, POSIX_XATTR_ATTR, data, len, 0) != 0) {
		return errno;
	}
	return 0;
}

/* --- reading ------------------------------------------------------------ */

uint64_t posix_file_id(const struct posix_root *root, dev_t dev, ino_t ino)
{
	if (dev == root->dev) {
		return ino;
	}
	/* Another file system below the root: inode numbers repeat there. */
	return ino ^ (uint64_t)dev * UINT64_C(0x9E3779B97F4A7C15);
}

static uint64_t statx_time(const struct statx_timestamp *t)
{
	return store_time(t->tv_sec, t->tv_nsec);
}

static uint32_t default_attributes(mode_t mode)
{
	uint32_t attributes = 0;

	if (S_ISDIR(mode)) {
		return 0;
	}
	if (S_ISREG(mode)) {
		attributes |= FILE_ATTRIBUTE_ARCHIVE;
		attributes |=
			(mode & MODE_WRITE) == 0 ? FILE_ATTRIBUTE_READONLY : 0;
	}
	return attributes;
}

/* Birth times are not kept everywhere; no file is younger than its data. */
static uint64_t birth_time(const struct statx *sx)
{
	uint64_t write = statx_time(&sx->stx_mtime);
	uint64_t change = statx_time(&sx->stx_ctime);

	if ((sx->stx_mask & STATX_BTIME) != 0) {
		return statx_time(&sx->stx_btime);
	}
	return write < change ? write : change;
}

/* What is no file or directory is a reparse point by itself. */
static uint32_t tag_of(mode_t mode, const struct kept *kept)
{
	if (S_ISREG(mode) || S_ISDIR(mode)) {
		return kept->reparse_tag;
	}
	return S_ISLNK(mode) ? IO_REPARSE_TAG_SYMLINK : IO_REPARSE_TAG_NFS;
}

static void fill(const struct posix_root *root, const char *name,
		 const struct statx *sx, const struct kept *kept,
		 struct store_attr *attr)
{
	dev_t dev = makedev(sx->stx_dev_major, sx->stx_dev_minor);
	bool directory = S_ISDIR(sx->stx_mode);

	*attr = (struct store_attr){
		.file_id = posix_file_id(root, dev, sx->stx_ino),
		.volume_id = dev,
		.size = S_ISREG(sx->stx_mode) ? sx->stx_size : 0,
		.link_size = S_ISLNK(sx->stx_mode) ? sx->stx_size : 0,
		.allocation = S_ISREG(sx->stx_mode) ? sx->stx_blocks * 512 : 0,
		.create_time = birth_time(sx),
		.access_time = statx_time(&sx->stx_atime),
		.write_time = statx_time(&sx->stx_mtime),
		.change_time = statx_time(&sx->stx_ctime),
		.attributes = default_attributes(sx->stx_mode),
		.reparse_tag = tag_of(sx->stx_mode, kept),
		.links = sx->stx_nlink,
		.posix_links = sx->stx_nlink,
		.mode = sx->stx_mode,
		.uid = sx->stx_uid,
		.gid = sx->stx_gid,
	};
	if ((kept->set & ATTR_ATTRIBUTES) != 0) {
		attr->attributes = kept->attributes;
	}
	if ((kept->set & ATTR_CREATED) != 0) {
		attr->create_time = kept->created;
	}
	if ((kept->set & ATTR_CHANGED) != 0 &&
	    attr->change_time <= kept->set_when + CHANGED_SLACK) {
		attr->change_time = kept->changed;
	}
	if (directory) {
		attr->attributes |= FILE_ATTRIBUTE_DIRECTORY;
		attr->attributes &= ~FILE_ATTRIBUTE_SPARSE_FILE;
		attr->links = 1; /* its own entries do not count */
	}
	if (attr->reparse_tag != 0) {
		attr->attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
	}
	if (root->hide_dot_files && name[0] == '.') {
		attr->attributes |= FILE_ATTRIBUTE_HIDDEN;
	}
}

static bool keeps_xattr(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode);
}

int posix_do_getattr(const struct posix_root *root, int fd, const char *name,
		     bool bare, struct store_attr *attr)
{
	struct statx sx = {0};
	struct kept kept = {0};

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME,
		  &sx) != 0) {
		return errno;
	}
	if (!bare && keeps_xattr(sx.stx_mode)) {
		kept_read(posix_proc(fd).path, &kept);
	}
	fill(root, name, &sx, &kept, attr);
	return 0;
}

/* One call for the many files that have no extended attribute. More names than
 * there is room for: their size is not told in listings. */
static uint32_t kept_read_at(const struct posix_root *root, int dirfd,
			     const char *name, struct kept *kept)
{
	char path[NAME_MAX + 64];
	char names[4096];
	uint8_t data[ATTR_SIZE_MAX];
	ssize_t len = -1;
	ssize_t n = -1;

	snprintf(path, sizeof(path), "%s/%s", posix_proc(dirfd).path, name);
	len = posix_do_listxattr_at(root, dirfd, name, path, names,
				    sizeof(names));
	if (len == 0) {
		return 0;
	}
	n = lgetxattr(path, POSIX_XATTR_ATTR, data, sizeof(data));
	kept_decode(data, n > 0 ? (size_t)n : 0, kept);
	return len > 0 ? posix_ea_size(path, false, names, (size_t)len) : 0;
}

int posix_do_getattr_at(const struct posix_root *root, int dirfd,
			const char *name, struct store_attr *attr)
{
	struct statx sx = {0};
	struct kept kept = {0};
	uint32_t ea_size = 0;

	if (statx(dirfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_BTIME, &sx) != 0) {
		return errno;
	}
	if (keeps_xattr(sx.stx_mode)) {
		ea_size = kept_read_at(root, dirfd, name, &kept);
	}
	fill(root, name, &sx, &kept, attr);
	attr->ea_size = ea_size;
	return 0;
}

uint32_t posix_do_reparse_tag(int fd, mode_t mode)
{
	struct kept kept = {0};

	if (!keeps_xattr(mode)) {
		return 0;
	}
	kept_read(posix_proc(fd).path, &kept);
	return kept.reparse_tag;
}

static const char *last_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int posix_do_fgetattr(struct posix_job *job)
{
	int err = posix_do_getattr(job->root, job->handle->fd,
				   last_of(job->handle->local), false,
				   &job->attr);

	if (err == 0) {
		posix_do_stream_attr(job, job->handle, &job->attr);
		job->attr.ea_size = posix_do_ea_size(job->handle->fd);
	}
	return err;
}

static int finish_getattr(struct store_call *call, struct posix_job *job)
{
	call->attr = job->attr;
	return 0;
}

void posix_getattr(struct store_call *call, struct store_file *file)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_fgetattr, finish_getattr);

	if (job != NULL) {
		posix_job_start(call, file->store, job, NULL);
	}
}

/* --- writing ------------------------------------------------------------ */

/* A file system without extended attributes keeps READONLY in the mode. */
static int set_readonly_mode(const char *path, mode_t mode, bool readonly)
{
	mode_t wanted = readonly ? mode & ~(mode_t)MODE_WRITE : mode | S_IWUSR;

	if ((wanted & 07777) == (mode & 07777)) {
		return 0;
	}
	return chmod(path, wanted & 07777) == 0 ? 0 : errno;
}

static uint64_t time_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	return store_time(now.tv_sec, (uint32_t)now.tv_nsec);
}

/* stays: a change time that was set outlives this change, too. */
static int set_kept(const char *path, const struct stat *st,
		    const struct store_change *change, bool stays)
{
	bool readonly = (change->attributes & FILE_ATTRIBUTE_READONLY) != 0;
	bool attributes = (change->what & STORE_SET_ATTRIBUTES) != 0;
	struct kept kept = {0};
	int err = 0;

	kept_read(path, &kept);
	if (stays) {
		kept.set_when = time_now();
	} else {
		kept.set &= ~ATTR_CHANGED;
	}
	if (attributes) {
		kept.set |= ATTR_ATTRIBUTES;
		kept.attributes = change->attributes & STORE_KEPT_ATTRIBUTES;
	}
	if ((change->what & STORE_SET_CREATE_TIME) != 0) {
		kept.set |= ATTR_CREATED;
		kept.created = change->create_time;
	}
	if ((change->what & STORE_SET_CHANGE_TIME) != 0) {
		kept.set |= ATTR_CHANGED;
		kept.changed = change->change_time;
		kept.set_when = time_now();
	}
	/* A mode that lets nobody write would keep us from doing so. */
	if (attributes && !readonly && S_ISREG(st->st_mode) &&
	    (st->st_mode & MODE_WRITE) == 0) {
		err = set_readonly_mode(path, st->st_mode, false);
	}
	if (err == 0) {
		err = kept_write(path, &kept);
	}
	if (err == EOPNOTSUPP) {
		err = attributes && S_ISREG(st->st_mode)
			      ? set_readonly_mode(path, st->st_mode, readonly)
			      : 0;
	}
	return err;
}

int posix_do_first_attributes(int fd, uint32_t attributes)
{
	struct store_change change = {
		.what = STORE_SET_ATTRIBUTES,
		.attributes = (attributes & STORE_KEPT_ATTRIBUTES) |
			      FILE_ATTRIBUTE_ARCHIVE,
	};
	struct stat st = {0};

	if (fstat(fd, &st) != 0) {
		return errno;
	}
	if (S_ISDIR(st.st_mode)) {
		change.attributes &= ~FILE_ATTRIBUTE_ARCHIVE;
	}
	if (change.attributes == default_attributes(st.st_mode)) {
		return 0;
	}
	return set_kept(posix_proc(fd).path, &st, &change, false);
}

int posix_do_mark_reparse(int fd, uint32_t tag)
{
	struct posix_proc_path path = posix_proc(fd);
	struct kept kept = {0};

	kept_read(path.path, &kept);
	kept.set &= ~ATTR_REPARSE;
	kept.set |= tag != 0 ? ATTR_REPARSE : 0;
	kept.reparse_tag = tag;
	return kept_write(path.path, &kept);
}

int posix_do_pin_attributes(struct posix_job *job, int fd)
{
	struct posix_proc_path path = posix_proc(fd);
	struct stat st = {0};
	struct kept kept = {0};
	int err = 0;

	if (fstat(fd, &st) != 0) {
		return errno;
	}
	kept_read(path.path, &kept);
	if ((kept.set & ATTR_ATTRIBUTES) != 0) {
		return 0;
	}
	kept.set |= ATTR_ATTRIBUTES;
	kept.attributes = default_attributes(st.st_mode);
	err = posix_cred_enter(NULL);
	if (err == 0) {
		err = kept_write(path.path, &kept);
		if (posix_cred_enter(job->cred) != 0) {
			return EPERM;
		}
	}
	return err == EOPNOTSUPP ? 0 : err;
}

static struct timespec to_timespec(bool set, uint64_t nt)
{
	struct timespec t = {.tv_nsec = UTIME_OMIT};
	int64_t sec = 0;
	uint32_t nsec = 0;

	if (set) {
		store_time_split(nt, &sec, &nsec);
		t.tv_sec = (time_t)sec;
		t.tv_nsec = (long)nsec;
	}
	return t;
}

/*
 * Windows lets everybody who may write a file set its times, POSIX only the
 * owner; so the server does it for them.
 */
static int set_times_for(struct posix_cred *cred, const char *path,
			 const struct timespec times[2])
{
	int err = EPERM;

	if (cred == NULL || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0 ||
	    posix_cred_enter(NULL) != 0) {
		return EPERM;
	}
	err = utimensat(AT_FDCWD, path, times, 0) == 0 ? 0 : errno;
	if (posix_cred_enter(cred) != 0) {
		return EPERM;
	}
	return err;
}

static int set_times(struct posix_cred *cred, const char *path,
		     const struct store_change *change)
{
	const struct timespec times[2] = {
		to_timespec((change->what & STORE_SET_ACCESS_TIME) != 0,
			    change->access_time),
		to_timespec((change->what & STORE_SET_WRITE_TIME) != 0,
			    change->write_time),
	};

	if (utimensat(AT_FDCWD, path, times, 0) == 0) {
		return 0;
	}
	return errno == EPERM ? set_times_for(cred, path, times) : errno;
}

static int set_owner(const char *path, const struct store_change *change)
{
	return chown(path, change->uid, change->gid) == 0 ? 0 : errno;
}

int posix_do_restore_write_time(struct posix_job *job,
				const struct stat *before)
{
	const struct store_change change = {
		.what = STORE_SET_WRITE_TIME,
		.write_time = store_time(before->st_mtim.tv_sec,
					 (uint32_t)before->st_mtim.tv_nsec)};

	return set_times(job->cred, posix_proc(job->handle->fd).path, &change);
}

int posix_do_touch_write_time(struct posix_job *job,
			      const struct posix_handle *handle)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
					  {.tv_nsec = UTIME_NOW}};
	struct posix_proc_path path = posix_proc(handle->fd);

	if (utimensat(AT_FDCWD, path.path, times, 0) == 0) {
		return 0;
	}
	return errno == EPERM ? set_times_for(job->cred, path.path, times)
			      : errno;
}

static void freeze(struct posix_handle *handle, unsigned what)
{
	if ((what & (STORE_SET_WRITE_TIME | STORE_FREEZE_WRITE_TIME)) != 0) {
		atomic_store(&handle->frozen, true);
	}
	if ((what & STORE_THAW_WRITE_TIME) != 0) {
		atomic_store(&handle->frozen, false);
	}
	if ((what & STORE_SET_CHANGE_TIME) != 0) {
		atomic_store(&handle->change_frozen, true);
	}
}

static int set_size(struct posix_job *job, const struct stat *st)
{
	if (posix_stream_of(job->handle) != NULL) {
		int err = posix_do_stream_set_size(job);

		if (err != 0 || !atomic_load(&job->handle->frozen)) {
			return err != 0 ? err
					: posix_do_touch_write_time(
						  job, job->handle);
		}
	} else {
		int err = posix_do_make_room(job->root, job->handle->fd, 0,
					     job->change.size);

		if (err != 0) {
			return err;
		}
		if (ftruncate(job->handle->fd, (off_t)job->change.size) != 0) {
			return errno;
		}
	}
	if ((job->change.what & STORE_DROP_STREAMS) != 0) {
		posix_do_streams_drop(job, job->handle->fd);
	}
	return atomic_load(&job->handle->frozen)
		       ? posix_do_restore_write_time(job, st)
		       : 0;
}

mode_t posix_mode_given(const struct posix_job *job, mode_t type, mode_t mode)
{
	if (job->root->set_id && job->cred != NULL) {
		return mode & 07777;
	}
	return mode & (S_ISDIR(type) ? 03777 : 01777);
}

static int set_rights(const struct posix_job *job, const char *path,
		      mode_t type)
{
	const struct store_change *change = &job->change;
	int err = 0;

	if ((change->what & STORE_SET_OWNER) != 0) {
		err = set_owner(path, change);
	}
	if (err == 0 && (change->what & STORE_SET_MODE) != 0 &&
	    chmod(path, posix_mode_given(job, type, change->mode)) != 0) {
		err = errno;
	}
	return err;
}

/* Size first, since it changes times; times last, the change time as the very
 * last. */
static int posix_do_setattr(struct posix_job *job)
{
	const struct store_change *change = &job->change;
	struct posix_proc_path path = posix_proc(job->handle->fd);
	struct stat st = {0};
	bool ours = false;
	int err = 0;

	if (fstat(job->handle->fd, &st) != 0) {
		return errno;
	}
	ours = keeps_xattr(st.st_mode);
	if ((change->what & STORE_SET_SIZE) != 0) {
		err = set_size(job, &st);
	}
	if (err == 0) {
		err = set_rights(job, path.path, st.st_mode);
	}
	if (err == 0 && (change->what & STORE_SET_OWNER) != 0) {
		posix_do_streams_give(job, job->handle->fd);
	}
	if (err == 0 && ours && (change->what & STORE_TOUCH) != 0) {
		err = posix_do_restore_write_time(job, &st);
	}
	if (err == 0 && ours &&
	    (change->what & (STORE_SET_ACCESS_TIME | STORE_SET_WRITE_TIME)) !=
		    0) {
		err = set_times(job->cred, path.path, change);
	}
	if (err == 0 && ours &&
	    (change->what & (STORE_SET_ATTRIBUTES | STORE_SET_CREATE_TIME |
			     STORE_SET_CHANGE_TIME)) != 0) {
		err = set_kept(path.path, &st, change,
			       atomic_load(&job->handle->change_frozen));
	}
	if (err == 0) {
		freeze(job->handle, change->what);
	}
	return err;
}

void posix_setattr(struct store_call *call, struct store_file *file,
		   const struct store_change *change)
{
	struct posix_job *job = posix_job_new(
		call, file->store, file->data->handle, posix_do_setattr, NULL);

	if (job != NULL) {
		job->change = *change;
		posix_job_change(call, file->store, job, NULL);
	}
}

/* --- the file system ---------------------------------------------------- */

static int posix_do_statfs(struct posix_job *job)
{
	struct statvfs fs = {0};
	struct stat st = {0};
	int fd = job->handle->fd;

	if (fstatvfs(fd, &fs) != 0 || fstat(fd, &st) != 0) {
		return errno;
	}
	job->space = (struct store_space){
		.total = (uint64_t)fs.f_blocks * fs.f_frsize,
		.free = (uint64_t)fs.f_bfree * fs.f_frsize,
		.available = (uint64_t)fs.f_bavail * fs.f_frsize,
		.block_size = (uint32_t)fs.f_frsize,
		.name_max = NAME_MAX,
		.files = fs.f_files,
		.files_free = fs.f_favail,
		.volume_id = st.st_dev,
		.sparse = true,
		.xattrs = getxattr(posix_proc(fd).path, POSIX_XATTR_ATTR, NULL,
				   0) >= 0 ||
			  errno != EOPNOTSUPP,
		.clones = posix_do_clones(fd),
		.acls = (job->root->acls & STORE_ACLS_SET) != 0,
	};
	job->space.reparse = job->space.xattrs;
	job->space.streams = job->space.xattrs && !job->root->no_streams;
	posix_do_limit_space(fd, &job->space);
	return 0;
}

static int finish_statfs(struct store_call *call, struct posix_job *job)
{
	call->space = job->space;
	return 0;
}

void posix_statfs(struct store_call *call, struct store_file *file)
{
	struct posix_job *job =
		posix_job_new(call, file->store, file->data->handle,
			      posix_do_statfs, finish_statfs);

	if (job != NULL) {
		posix_job_start(call, file->store, job, NULL);
	}
}
