/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attributes of files, and of the whole. */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "client/mount/mount.h"
#include "smbquic/posix_security.h"

/* ----------------------------------------------------------------- getattr */

static void getattr_looked(struct tevent_req *subreq);
static void getattr_queried(struct tevent_req *subreq);
static void getattr_waited(struct tevent_req *subreq);

static double reply_time(const struct op *op, const struct stat *attr)
{
	const struct node *parent = node_parent(op->node);

	if (op->node->directory) {
		return watch_folder_time(op->mount, op->node, op->mark,
					 op->own_mark);
	}
	return parent != NULL && op->mark != 0
		       ? watch_attr_time(op->mount, parent, op->mark, op->node,
					 attr)
		       : attr_time(op->mount, op->node);
}

static void attr_reply(struct op *op, const struct client_stat *stat)
{
	struct stat out = {0};

	attr_fill(op->mount, op->node, stat, &out);
	attr_told(op->node, &out);
	attr_keep(op, op->node, &out);
	fuse_reply_attr(op->req, &out, reply_time(op, &out));
	op_end(op);
}

static bool is_removed_folder(const struct op *op)
{
	return op->node->directory && TAILQ_EMPTY(&op->node->names) &&
	       op->node != node_root(op->mount->nodes);
}

/* By its path; what was removed is asked of an open. */
static void getattr_ask(struct op *op)
{
	struct client_query query = attr_query(op->mount->posix);
	struct client_open how = op_open(op->mount, FILE_READ_ATTRIBUTES);
	struct open_file *open = TAILQ_FIRST(&op->node->opens);
	const char *path = NULL;
	struct stat out = {0};

	if (open != NULL && op_tree(op) != NULL &&
	    client_file_tree(open->file) == op_tree(op)) {
		op_wait(op, client_query_send(op, open->file, &query),
			getattr_queried);
		return;
	}
	if (is_removed_folder(op)) {
		attr_removed(op->node, &out);
		fuse_reply_attr(op->req, &out, 0);
		op_end(op);
		return;
	}
	if (node_parent(op->node) != NULL) {
		op->mark =
			watch_begin(op->mount, op->user, node_parent(op->node));
	}
	if (op->node->directory) {
		op->own_mark = watch_begin(op->mount, op->user, op->node);
	}
	path = op_path(op, op->node, NULL);
	if (path != NULL) {
		op_wait(op, look_send(op, path, &how, NULL, 0), getattr_looked);
	}
}

/* What is written later would change the times again. */
static void getattr_go(struct op *op)
{
	const struct stat *kept = attr_kept(op->mount, op->node);
	bool folder = op->node->directory;

	if (kept != NULL) {
		fuse_reply_attr(op->req, kept,
				folder ? attr_kept_time(op->mount, op->node)
				       : 0);
		if (folder) { /* it was of use, and will be the next time */
			attr_told(op->node, kept);
			TALLOC_FREE(op->node->attr);
		}
		op_end(op);
		return;
	}
	if (folder && folder_is_asked(op->node)) {
		op_wait(op, folder_wait_send(op, op->node), getattr_waited);
		return;
	}
	op->node->wanted = folder && op->node->changes > 0;
	op_settle(op, op->node, getattr_ask);
}

void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct op *op = op_new(op_mount(req), req, ino);

	(void)fi;
	if (op != NULL) {
		op->repeats = true;
		op_start(op, getattr_go);
	}
}

static void getattr_waited(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_stat stat = {0};
	NTSTATUS status = folder_wait_recv(subreq, &stat);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		TALLOC_FREE(op->node->attr); /* it was of use */
		attr_reply(op, &stat);
	}
}

static void getattr_looked(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_stat stat = {0};
	NTSTATUS status = look_recv(subreq, &stat, NULL);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		attr_reply(op, &stat);
	}
}

static void getattr_queried(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct client_stat stat = {0};
	struct wire_slice data = {0};
	NTSTATUS status = client_query_recv(subreq, op, &data);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	if (!attr_take(data, op->mount->posix, &stat)) {
		op_fail(op, EIO);
		return;
	}
	attr_reply(op, &stat);
}

/* ----------------------------------------------------------------- setattr */

#define CHANGES_MOST 3
/* Of who asks, that are looked at. */
#define GROUPS_MOST 1024

/* What is to be set, as SET_INFOs: of the path, or one after the other of an
 * open file. */
struct setting {
	struct stat attr;
	int to_set;
	struct open_file *open; /* NULL: by the path */
	struct client_step step[CHANGES_MOST];
	unsigned count, done;
	bool resized; /* it has its size, by the open */
	bool clears;  /* is_clearing(), and the server refused it */
	uint32_t access;
	bool knows; /* attributes are those of the file */
	uint32_t attributes;
};

#define SETS(s, what) (((s)->to_set & FUSE_SET_ATTR_##what) != 0)
#define SETS_TIMES(s)                                  \
	(((s)->to_set &                                \
	  (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | \
	   FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW)) != 0)

static void set_looked(struct tevent_req *subreq);
static void set_by_path(struct tevent_req *subreq);
static void set_one_done(struct tevent_req *subreq);
static void set_queried(struct tevent_req *subreq);
static void set_resized(struct tevent_req *subreq);
static void set_sized(struct tevent_req *subreq);

static bool add_step(struct op *op, uint8_t type, uint8_t info_class,
		     uint32_t extra, const struct wire_writer *w,
		     uint32_t access)
{
	struct setting *s = op->data;

	if (!wire_writer_ok(w)) {
		op_fail(op, ENOMEM);
		return false;
	}
	s->step[s->count++] = (struct client_step){
		.command = SMB2_SET_INFO,
		.type = type,
		.info_class = info_class,
		.extra = extra,
		.data = wire_writer_slice(w),
	};
	s->access |= access;
	return true;
}

static NTTIME time_to_set(const struct setting *s, int now,
			  const struct timespec *given)
{
	struct timespec ts = *given;
	NTTIME t = 0;

	if ((s->to_set & now) != 0) {
		clock_gettime(CLOCK_REALTIME, &ts);
	}
	t = nttime_from_timespec(ts);
	return t != NTTIME_UNCHANGED ? t : 1; /* before 1601: the earliest */
}

/* Without the extensions a mode is whether a file may be written. */
static uint32_t attributes_to_set(const struct setting *s)
{
	uint32_t attributes = s->attributes & ~FILE_ATTRIBUTE_NORMAL;

	if ((s->attr.st_mode & 0222) == 0) {
		attributes |= FILE_ATTRIBUTE_READONLY;
	} else {
		attributes &= ~FILE_ATTRIBUTE_READONLY;
	}
	return attributes != 0 ? attributes : FILE_ATTRIBUTE_NORMAL;
}

static bool add_basic(struct op *op)
{
	struct setting *s = op->data;
	struct wire_writer w = wire_writer_talloc(op);
	struct fscc_basic basic = {0};

	if (SETS(s, ATIME) || SETS(s, ATIME_NOW)) {
		basic.last_access_time = time_to_set(s, FUSE_SET_ATTR_ATIME_NOW,
						     &s->attr.st_atim);
	}
	if (SETS(s, MTIME) || SETS(s, MTIME_NOW)) {
		basic.last_write_time = time_to_set(s, FUSE_SET_ATTR_MTIME_NOW,
						    &s->attr.st_mtim);
	}
	if (SETS(s, MODE) && !op->mount->posix) {
		basic.file_attributes = attributes_to_set(s);
	}
	fscc_basic_encode(&w, &basic);
	return add_step(op, SMB2_0_INFO_FILE, FileBasicInformation, 0, &w,
			FILE_WRITE_ATTRIBUTES);
}

static bool add_size(struct op *op)
{
	struct setting *s = op->data;
	struct wire_writer w = wire_writer_talloc(op);

	fscc_u64_encode(&w, (uint64_t)s->attr.st_size);
	return add_step(op, SMB2_0_INFO_FILE, FileEndOfFileInformation, 0, &w,
			FILE_WRITE_DATA);
}

/* Owner and mode. */
static bool add_security(struct op *op)
{
	struct setting *s = op->data;
	struct wire_writer w = wire_writer_talloc(op);
	const struct posix_security security = {
		.parts = (SETS(s, UID) ? OWNER_SECURITY_INFORMATION : 0) |
			 (SETS(s, GID) ? GROUP_SECURITY_INFORMATION : 0) |
			 (SETS(s, MODE) ? DACL_SECURITY_INFORMATION : 0),
		.uid = s->attr.st_uid,
		.gid = s->attr.st_gid,
		.mode = s->attr.st_mode,
	};

	posix_security_encode(&w, &security);
	return add_step(op, SMB2_0_INFO_SECURITY, 0, security.parts, &w,
			posix_security_access(security.parts));
}

/* @return false: it was answered. */
static bool set_prepare(struct op *op)
{
	struct setting *s = op->data;
	bool posix = op->mount->posix;

	s->count = 0;
	s->access = FILE_READ_ATTRIBUTES;
	if (posix && (SETS(s, MODE) || SETS(s, UID) || SETS(s, GID)) &&
	    !add_security(op)) {
		return false;
	}
	if (SETS(s, SIZE) && !s->resized && !add_size(op)) {
		return false;
	}
	return !(SETS_TIMES(s) || (SETS(s, MODE) && !posix)) || add_basic(op);
}

static void set_next(struct op *op)
{
	const struct client_query query = attr_query(op->mount->posix);
	struct setting *s = op->data;
	struct client_file *file = s->open->file;
	const struct client_step *step = &s->step[s->done];

	if (s->done == s->count) {
		op_wait(op, client_query_send(op, file, &query), set_queried);
		return;
	}
	op_wait(op,
		client_set_send(op, file, step->type, step->info_class,
				step->extra, step->data),
		set_one_done);
}

/* No open of ours may do that: it is done by the path, if there is one. */
static bool sets_rights(const struct op *op)
{
	const struct setting *s = op->data;

	return op->mount->posix &&
	       (SETS(s, MODE) || SETS(s, UID) || SETS(s, GID)) &&
	       !TAILQ_EMPTY(&op->node->names);
}

/*
 * The kernel takes set-user-id and set-group-id from what others write: that
 * was it, when it asks in the name of somebody who may not. A server that
 * refuses it does the same itself, when its user writes.
 */
static bool is_clearing(const struct op *op)
{
	const struct setting *s = op->data;
	uid_t uid = fuse_req_ctx(op->req)->uid;

	return op->mount->posix && op->mount->options->permissions &&
	       SETS(s, MODE) && !SETS(s, UID) && !SETS(s, GID) && uid != 0 &&
	       uid != op->node->uid &&
	       ((s->attr.st_mode ^ op->node->mode) & 01777) == 0;
}

static bool is_in_group(const struct op *op)
{
	gid_t groups[GROUPS_MOST];
	int count = fuse_req_getgroups(op->req, GROUPS_MOST, groups);
	int i = 0;

	for (i = 0; i < count && i < GROUPS_MOST; i++) {
		if (groups[i] == op->node->gid) {
			return true;
		}
	}
	return fuse_req_ctx(op->req)->gid == op->node->gid;
}

/* Where the group does not execute the kernel's FUSE leaves set-group-id; its
 * other file systems take it from what is written by who is not in the group.
 */
static void clear_group_id(const struct op *op)
{
	struct setting *s = op->data;

	if (is_clearing(op) &&
	    (s->attr.st_mode & (S_ISGID | S_IXGRP)) == S_ISGID &&
	    !is_in_group(op)) {
		s->attr.st_mode &= ~(mode_t)S_ISGID;
	}
}

/* @return false: when it was done the rest will be. */
static bool set_size(struct op *op)
{
	struct setting *s = op->data;
	struct wire_writer w = wire_writer_talloc(op);

	if (!SETS(s, SIZE) || s->resized || s->open == NULL) {
		return true;
	}
	if (s->open->cache != NULL) {
		op_wait(op,
			client_cache_resize_send(op, s->open->cache,
						 (uint64_t)s->attr.st_size),
			set_resized);
		return false;
	}
	if (!sets_rights(op)) {
		return true;
	}
	if (!fscc_u64_encode(&w, (uint64_t)s->attr.st_size)) {
		op_fail(op, ENOMEM);
		return false;
	}
	op_wait(op,
		client_set_send(op, s->open->file, SMB2_0_INFO_FILE,
				FileEndOfFileInformation, 0,
				wire_writer_slice(&w)),
		set_sized);
	return false;
}

static void set_now(struct op *op)
{
	struct setting *s = op->data;
	struct client_open how = op_open(op->mount, FILE_READ_ATTRIBUTES);
	const char *path = NULL;

	if (SETS(s, MODE) && !op->mount->posix && !s->knows) {
		path = op_path(op, op->node, NULL);
		if (path != NULL) {
			op_wait(op, look_send(op, path, &how, NULL, 0),
				set_looked);
		}
		return;
	}
	if (SETS(s, SIZE) || TAILQ_EMPTY(&op->node->names)) {
		s->open = open_file_that(op->node, op_tree(op), false, true);
	}
	if (!set_size(op)) {
		return;
	}
	if (sets_rights(op)) {
		s->open = NULL;
	}
	if (!set_prepare(op)) {
		return;
	}
	if (s->open != NULL) {
		set_next(op);
		return;
	}
	path = op_path(op, op->node, NULL);
	if (path != NULL) {
		how.access = s->access;
		op_wait(op, look_send(op, path, &how, s->step, s->count),
			set_by_path);
	}
}

/* What is written later would change what is set. */
static void set_go(struct op *op)
{
	op_settle(op, op->node, set_now);
}

void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi)
{
	struct mount *mount = op_mount(req);
	struct op *op = op_new(mount, req, ino);
	struct setting *s = NULL;

	(void)fi;
	if (op == NULL) {
		return;
	}
	s = talloc_zero(op, struct setting);
	if (s == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	attr_changed(op->node);
	op->changes = op->node->changes;
	s->attr = *attr;
	s->to_set = to_set;
	op->data = s;
	clear_group_id(op);
	if (!mount->posix && (SETS(s, UID) || SETS(s, GID)) &&
	    ((SETS(s, UID) && attr->st_uid != mount->options->uid) ||
	     (SETS(s, GID) && attr->st_gid != mount->options->gid))) {
		op_fail(op, EPERM); /* all files are uid's and gid's */
		return;
	}
	op_start(op, set_go);
}

static void set_looked(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct setting *s = op->data;
	struct client_stat stat = {0};
	NTSTATUS status = look_recv(subreq, &stat, NULL);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	s->knows = true;
	s->attributes = stat.attributes;
	op_start(op, set_go);
}

/* As it will be with the next write; to be asked for again. */
static void reply_cleared(struct op *op, const struct client_stat *stat)
{
	const struct setting *s = op->data;
	struct stat out = {0};

	attr_fill(op->mount, op->node, stat, &out);
	out.st_mode = (out.st_mode & S_IFMT) | (s->attr.st_mode & 07777);
	attr_told(op->node, &out);
	fuse_reply_attr(op->req, &out, 0);
	op_end(op);
}

static void set_by_path(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct setting *s = op->data;
	struct client_stat stat = {0};
	NTSTATUS status = look_recv(subreq, &stat, NULL);

	talloc_free(subreq);
	if (status == NT_STATUS_ACCESS_DENIED && is_clearing(op)) {
		s->to_set &= ~FUSE_SET_ATTR_MODE;
		s->clears = true;
		op_start(op, set_go);
		return;
	}
	if (op_failed(op, status)) {
		return;
	}
	if (s->clears) {
		reply_cleared(op, &stat);
	} else {
		attr_reply(op, &stat);
	}
}

static void set_size_done(struct op *op, NTSTATUS status)
{
	struct setting *s = op->data;

	if (!op_failed(op, status)) {
		s->resized = true;
		s->open = NULL;
		op_start(op, set_go);
	}
}

static void set_resized(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	NTSTATUS status = client_cache_resize_recv(subreq);

	talloc_free(subreq);
	set_size_done(op, status);
}

static void set_sized(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	NTSTATUS status = client_set_recv(subreq);

	talloc_free(subreq);
	set_size_done(op, status);
}

static void set_one_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct setting *s = op->data;
	NTSTATUS status = client_set_recv(subreq);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	s->done++;
	/* it may have been closed meanwhile */
	s->open = open_file_that(op->node, op_tree(op), false, true);
	if (s->open != NULL) {
		set_next(op);
		return;
	}
	op_start(op, set_go);
}

static void set_queried(struct tevent_req *subreq)
{
	getattr_queried(subreq);
}
