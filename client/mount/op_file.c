/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening and closing files. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "client/mount/mount.h"

/* Bytes of a file that come with its opening: all of most files. */
#define FIRST 65536

struct opening {
	const char *name; /* NULL: the node itself */
	const char *smb;  /* the same as node.h has it */
	int flags;
	mode_t mode;
	bool new; /* it was not open before */
	struct fuse_file_info fi;
};

struct client_open open_file_how(const struct mount *mount, int flags)
{
	uint32_t access = FILE_READ_ATTRIBUTES;

	if (open_flags_read(flags)) {
		access |= FILE_GENERIC_READ;
	}
	if (open_flags_write(flags)) {
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

/* How the kernel is to keep what is read. */
static void open_cache(const struct op *op, struct fuse_file_info *fi)
{
	const struct opening *opening = op->data;
	enum mount_cache cache = op->mount->options->cache;

	fi->direct_io = cache == MOUNT_CACHE_NONE;
	fi->keep_cache = cache == MOUNT_CACHE_LOOSE ||
			 (cache == MOUNT_CACHE_STRICT && !opening->new);
}

static void open_reply(struct op *op, struct open_file *open)
{
	struct opening *opening = op->data;

	open_cache(op, &opening->fi);
	opening->fi.fh = (uint64_t)(uintptr_t)open;
	if (fuse_reply_open(op->req, &opening->fi) != 0) {
		open_file_close(open);
	}
	op_end(op);
}

static void open_go(struct op *op)
{
	struct opening *opening = op->data;
	struct client_open how = open_file_how(op->mount, opening->flags);
	struct open_file *open = open_file_share(op, opening->flags);
	const char *path = NULL;

	if (open != NULL) {
		open_reply(op, open);
		return;
	}
	path = op_path(op, op->node, NULL);
	if (path != NULL) {
		how.options = FILE_NON_DIRECTORY_FILE;
		how.first = open_flags_read(opening->flags) ? FIRST : 0;
		op_wait(op, open_file_send(op, path, &how), open_done);
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

/* Opening a file tells what it is now: the kernel may believe something else,
 * and asks again, which costs nothing when there is a lease. */
static void open_told(struct op *op, const struct client_stat *stat)
{
	struct node *node = op->node;
	struct stat attr = {0};

	attr_fill(op->mount, node, stat, &attr);
	if (stat->posix) {
		attr_keep(op, node, &attr);
	}
	if (!attr_is_told(node, &attr)) {
		notify_attr(op->mount, node);
	}
}

static void open_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct opening *opening = op->data;
	struct opened opened = {0};
	struct open_file *open = NULL;
	struct client_stat stat = {0};
	NTSTATUS status = open_file_recv(subreq, op, &opened, &stat);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	/* nothing is known of what became of it while it was closed */
	opening->new = true;
	open = open_file_new(op->mount, op->node, &opened, opening->flags);
	if (open == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	open_told(op, &stat);
	open_reply(op, open);
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
	watch_doubt(op->node, opening->smb);
	how.also = folder_also(op);
	how.options = FILE_NON_DIRECTORY_FILE;
	how.disposition = create_disposition(opening->flags);
	how.mode = opening->mode & 07777;
	if (!op->mount->posix && (opening->mode & 0222) == 0) {
		how.attributes = FILE_ATTRIBUTE_READONLY;
	}
	op_wait(op, open_file_send(op, path, &how), create_done);
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
	opening->smb =
		file_name_to_smb(opening, op->mount->options->map_names, name);
	if (opening->name == NULL || opening->smb == NULL) {
		op_fail(op, opening->name != NULL ? errno : ENOMEM);
		return;
	}
	op_start(op, create_go);
}

static void create_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct opening *opening = op->data;
	struct fuse_entry_param entry = {0};
	struct opened opened = {0};
	struct open_file *open = NULL;
	struct client_stat stat = {0};
	struct client_stat also = {0};
	struct node *node = NULL;
	bool also_known = open_file_also(subreq, op, &also);
	NTSTATUS status = open_file_recv(subreq, op, &opened, &stat);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	op->makes = true;
	node = op_entry(op, op->node, opening->name, &stat, &entry);
	if (node == NULL) {
		return;
	}
	opening->new = true;
	open = open_file_new(op->mount, node, &opened, opening->flags);
	if (open == NULL) {
		node_forget(node, 1);
		op_fail(op, ENOMEM);
		return;
	}
	if (stat.posix && node->changes == 0) {
		op->changes = 0;
		attr_keep(op, node, &entry.attr);
	}
	entry.attr_timeout = attr_time(op->mount, node);
	open_cache(op, &opening->fi);
	opening->fi.fh = (uint64_t)(uintptr_t)open;
	folder_changed(op, op->node, also_known ? &also : NULL);
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
	if (!lock_release(req, ino, fi)) {
		open_file_close((struct open_file *)(uintptr_t)fi->fh);
		fuse_reply_err(req, 0);
	}
}

struct closing {
	struct open_file *open;
	fuse_ino_t ino;
	struct fuse_file_info fi;
};

static void flush_settled(struct tevent_req *subreq);

static void flush_reply(fuse_req_t req, fuse_ino_t ino,
			const struct fuse_file_info *fi)
{
	if (!lock_flush(req, ino, fi)) {
		fuse_reply_err(req, 0);
	}
}

/* Who closes a file hears whether it was written; what the process has locked
 * is free. */
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct open_file *open = (struct open_file *)(uintptr_t)fi->fh;
	struct closing *c = NULL;
	struct op *op = NULL;

	if (open->cache == NULL || !open->writes) {
		flush_reply(req, ino, fi);
		return;
	}
	op = op_new(op_mount(req), req, ino);
	if (op == NULL) {
		return;
	}
	c = talloc_zero(op, struct closing);
	if (c == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	c->open = open;
	c->ino = ino;
	c->fi = *fi;
	op->data = c;
	op_wait(op, client_cache_settle_send(op, open->cache), flush_settled);
}

static void flush_settled(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	const struct closing *c = op->data;
	NTSTATUS status = client_cache_settle_recv(subreq);
	fuse_req_t req = op->req;
	fuse_ino_t ino = c->ino;
	const struct fuse_file_info fi = c->fi;

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		c->open->failed = true;
		op_done(op, status);
		return;
	}
	op_end(op);
	flush_reply(req, ino, &fi);
}

/* ------------------------------------------------------------------- fsync */

static void fsync_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	NTSTATUS status = client_flush_recv(subreq);

	talloc_free(subreq);
	op_done(op, status);
}

static void fsync_cache_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	NTSTATUS status = client_cache_flush_recv(subreq);

	talloc_free(subreq);
	op_done(op, status);
}

static void fsync_go(struct op *op)
{
	struct open_file *open = op->data;

	/* Only who may write has something that could be lost. */
	if (!open->writes) {
		open = open_file_that(op->node, NULL, false, true);
	}
	if (open == NULL) {
		op_fail(op, 0);
	} else if (open->cache != NULL) {
		op_wait(op, client_cache_flush_send(op, open->cache),
			fsync_cache_done);
	} else {
		op_wait(op, client_flush_send(op, open->file), fsync_done);
	}
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
	      struct fuse_file_info *fi)
{
	struct op *op = op_new(op_mount(req), req, ino);

	(void)datasync;
	if (op != NULL) {
		op->data = (struct open_file *)(uintptr_t)fi->fh;
		op_settle(op, op->node, fsync_go);
	}
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
