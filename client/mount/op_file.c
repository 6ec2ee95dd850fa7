/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening and closing files. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "client/mount/mount.h"

struct opening {
	const char *name; /* NULL: the node itself */
	int flags;
	mode_t mode;
	struct fuse_file_info fi;
};

/* ---------------------------------------------------------------- open file */

struct open_file *open_file_that(const struct node *node, bool reads,
				 bool writes)
{
	struct open_file *open = NULL;

	TAILQ_FOREACH(open, &node->opens, entry)
	{
		if ((open->reads || !reads) && (open->writes || !writes)) {
			return open;
		}
	}
	return NULL;
}

static int open_file_destructor(struct open_file *open)
{
	TAILQ_REMOVE(&open->node->opens, open, entry);
	return 0;
}

static bool may_read(int flags)
{
	return (flags & O_ACCMODE) != O_WRONLY;
}

static bool may_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

struct open_file *open_file_new(struct mount *mount, struct node *node,
				struct client_file *file, int flags)
{
	struct open_file *open = talloc_zero(mount, struct open_file);

	if (open == NULL) {
		return NULL;
	}
	open->node = node;
	open->file = talloc_steal(open, file);
	open->reads = may_read(flags);
	open->writes = may_write(flags);
	node_hold(node);
	TAILQ_INSERT_TAIL(&node->opens, open, entry);
	talloc_set_destructor(open, open_file_destructor);
	return open;
}

void open_file_close(struct open_file *open)
{
	struct node *node = open->node;

	talloc_free(open);
	lock_forget(node);
	node_release(node);
}

struct client_open open_file_how(const struct mount *mount, int flags)
{
	uint32_t access = FILE_READ_ATTRIBUTES;

	if (may_read(flags)) {
		access |= FILE_GENERIC_READ;
	}
	if (may_write(flags)) {
		access |= FILE_GENERIC_WRITE;
	}
	return op_open(mount, access);
}

/* -------------------------------------------------------------------- open */

static void open_done(struct tevent_req *subreq);
static void create_done(struct tevent_req *subreq);

static struct opening *opening_new(fuse_req_t req, fuse_ino_t ino,
				   const struct fuse_file_info *fi,
				   struct op **out)
{
	struct op *op = op_new(op_mount(req), req, ino);
	struct opening *opening = NULL;

	if (op == NULL) {
		return NULL;
	}
	opening = talloc_zero(op, struct opening);
	if (opening == NULL) {
		op_fail(op, ENOMEM);
		return NULL;
	}
	opening->fi = *fi;
	opening->flags = fi->flags;
	op->data = opening;
	*out = op;
	return opening;
}

static void open_go(struct op *op)
{
	struct opening *opening = op->data;
	struct client_open how = open_file_how(op->mount, opening->flags);
	const char *path = op_path(op, op->node, NULL);

	if (path != NULL) {
		how.options = FILE_NON_DIRECTORY_FILE;
		op_wait(op,
			client_open_send(op, link_tree(op->mount), path, &how),
			open_done);
	}
}

void op_open_file(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct op *op = NULL;

	if (opening_new(req, ino, fi, &op) != NULL) {
		op->repeats = true;
		op_start(op, open_go);
	}
}

/* How the kernel is to keep what is read. */
static void open_cache(const struct op *op, struct fuse_file_info *fi)
{
	fi->direct_io = op->mount->options->cache == MOUNT_CACHE_NONE;
	fi->keep_cache = op->mount->options->cache == MOUNT_CACHE_LOOSE;
}

static void open_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct opening *opening = op->data;
	struct client_file *file = NULL;
	struct open_file *open = NULL;
	NTSTATUS status = client_open_recv(subreq, op, &file, NULL);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	open = open_file_new(op->mount, op->node, file, opening->flags);
	if (open == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	open_cache(op, &opening->fi);
	opening->fi.fh = (uint64_t)(uintptr_t)open;
	if (fuse_reply_open(op->req, &opening->fi) != 0) {
		open_file_close(open);
	}
	op_end(op);
}

/* ------------------------------------------------------------------ create */

static uint32_t create_disposition(int flags)
{
	if ((flags & O_EXCL) != 0) {
		return FILE_CREATE;
	}
	return (flags & O_TRUNC) != 0 ? FILE_OVERWRITE_IF : FILE_OPEN_IF;
}

static void create_go(struct op *op)
{
	struct opening *opening = op->data;
	struct client_open how = open_file_how(op->mount, opening->flags);
	const char *path = op_path(op, op->node, opening->name);

	if (path == NULL) {
		return;
	}
	how.options = FILE_NON_DIRECTORY_FILE;
	how.disposition = create_disposition(opening->flags);
	how.mode = opening->mode & 07777;
	if (!op->mount->posix && (opening->mode & 0222) == 0) {
		how.attributes = FILE_ATTRIBUTE_READONLY;
	}
	op_wait(op, client_open_send(op, link_tree(op->mount), path, &how),
		create_done);
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi)
{
	struct op *op = NULL;
	struct opening *opening = opening_new(req, parent, fi, &op);

	if (opening == NULL) {
		return;
	}
	opening->mode = mode;
	opening->name = talloc_strdup(opening, name);
	if (opening->name == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	op_start(op, create_go);
}

static void create_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct opening *opening = op->data;
	struct fuse_entry_param entry = {0};
	struct client_file *file = NULL;
	struct open_file *open = NULL;
	struct client_stat stat = {0};
	struct node *node = NULL;
	NTSTATUS status = client_open_recv(subreq, op, &file, &stat);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	node = op_entry(op, op->node, opening->name, &stat, &entry);
	if (node == NULL) {
		return;
	}
	open = open_file_new(op->mount, node, file, opening->flags);
	if (open == NULL) {
		node_forget(node, 1);
		op_fail(op, ENOMEM);
		return;
	}
	open_cache(op, &opening->fi);
	opening->fi.fh = (uint64_t)(uintptr_t)open;
	if (fuse_reply_create(op->req, &entry, &opening->fi) != 0) {
		open_file_close(open);
		node_forget(node, 1);
	}
	op_end(op);
}

/* ------------------------------------------------------------------- close */

/* The last descriptor of the open is gone: nobody waits for the answer. */
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct open_file *open = (struct open_file *)(uintptr_t)fi->fh;

	if (fi->flock_release &&
	    lock_let_go(req, ino, fi->lock_owner, true, open)) {
		return;
	}
	open_file_close(open);
	fuse_reply_err(req, 0);
}

/* Every write was answered by the server before it was here; what the process
 * has locked is free. */
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (!lock_let_go(req, ino, fi->lock_owner, false, NULL)) {
		fuse_reply_err(req, 0);
	}
}

/* ------------------------------------------------------------------- fsync */

static void fsync_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	NTSTATUS status = client_flush_recv(subreq);

	talloc_free(subreq);
	op_done(op, status);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
	      struct fuse_file_info *fi)
{
	struct open_file *open = (struct open_file *)(uintptr_t)fi->fh;
	struct op *op = op_new(op_mount(req), req, ino);

	(void)datasync;
	if (op == NULL) {
		return;
	}
	/* Only who may write has something that could be lost. */
	if (!open->writes) {
		open = open_file_that(open->node, false, true);
	}
	if (open == NULL) {
		op_fail(op, 0);
		return;
	}
	op_wait(op, client_flush_send(op, open->file), fsync_done);
}

/* What is in a folder is the server's to keep. */
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
		 struct fuse_file_info *fi)
{
	(void)ino;
	(void)datasync;
	(void)fi;
	fuse_reply_err(req, 0);
}
