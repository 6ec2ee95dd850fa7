/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading and writing. What the kernel asks for in one request may take
 * several of the server, when that one permits or pays for less.
 *
 * Where a file ends only the server knows, when others write, too. By the
 * POSIX extensions an open that may append and not write has its data put
 * there: for what programs append there is one beside that of the program.
 *
 * Under a lease what is read is kept, and what is written waits: the cache of
 * the client library does it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "client/mount/mount.h"
#include "smbquic/smb2_posix.h"

/* Writes up to here are copied: the buffer of a request is larger. */
#define COPY_MOST 16384

struct io {
	struct open_file *open;
	uint64_t offset;
	size_t size, done;
	uint8_t *buf; /* of a read in parts */
	const uint8_t *data;
	TALLOC_CTX *owner; /* of what is written */
	bool appends;
	bool flushes; /* before it is answered: O_SYNC */
};

static void read_done(struct tevent_req *subreq);
static void write_done(struct tevent_req *subreq);
static void append_opened(struct tevent_req *subreq);
static void cache_read_done(struct tevent_req *subreq);
static void cache_write_done(struct tevent_req *subreq);
static void write_flushed(struct tevent_req *subreq);

/* The open that does it. */
static struct client_file *io_file(const struct io *io, bool writes)
{
	struct client_file *file = lock_file_of(io->open->node, writes);

	return file != NULL ? file : io->open->file;
}

/* Not past a lock of ours, which is in the way of every other open. */
static struct client_cache *io_cache(const struct io *io, bool writes)
{
	return lock_file_of(io->open->node, writes) == NULL ? io->open->cache
							    : NULL;
}

static struct op *io_new(fuse_req_t req, fuse_ino_t ino, size_t size,
			 off_t offset, const struct fuse_file_info *fi)
{
	struct op *op = op_new(op_mount(req), req, ino);
	struct io *io = NULL;

	if (op == NULL) {
		return NULL;
	}
	io = talloc_zero(op, struct io);
	if (io == NULL) {
		op_fail(op, ENOMEM);
		return NULL;
	}
	io->open = (struct open_file *)(uintptr_t)fi->fh;
	io->size = size;
	io->offset = (uint64_t)offset;
	op->data = io;
	return op;
}

/* -------------------------------------------------------------------- read */

static void cache_read_go(struct op *op, struct client_cache *cache)
{
	struct io *io = op->data;

	io->buf = talloc_size(io, io->size);
	if (io->buf == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	op_wait(op,
		client_cache_read_send(op, cache, io->offset, io->buf,
				       io->size),
		cache_read_done);
}

static void read_go(struct op *op)
{
	struct io *io = op->data;
	struct client_cache *cache = io_cache(io, false);

	if (cache != NULL && io->done == 0) {
		cache_read_go(op, cache);
		return;
	}
	op_wait(op,
		client_read_send(op, io_file(io, false), io->offset + io->done,
				 io->size - io->done),
		read_done);
}

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
	     struct fuse_file_info *fi)
{
	struct op *op = io_new(req, ino, size, offset, fi);

	if (op != NULL) {
		read_go(op);
	}
}

static void read_reply(struct op *op, const void *data, size_t len)
{
	fuse_reply_buf(op->req, data, len);
	op_end(op);
}

static void cache_read_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct io *io = op->data;
	NTSTATUS status = client_cache_read_recv(subreq, &io->done);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		read_reply(op, io->buf, io->done);
	}
}

/* @return true: there is more to come. */
static bool read_take(struct op *op, struct wire_slice data, size_t asked)
{
	struct io *io = op->data;

	if (data.len > asked) {
		op_fail(op, EIO);
		return false;
	}
	if (io->buf == NULL && (data.len == 0 || data.len == io->size)) {
		read_reply(op, data.data, data.len);
		return false;
	}
	if (io->buf == NULL) {
		io->buf = talloc_size(io, io->size);
	}
	if (io->buf == NULL) {
		op_fail(op, ENOMEM);
		return false;
	}
	if (data.len > 0) {
		memcpy(io->buf + io->done, data.data, data.len);
	}
	io->done += data.len;
	if (data.len == 0 || io->done == io->size) {
		read_reply(op, io->buf, io->done);
		return false;
	}
	return true;
}

static void read_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct io *io = op->data;
	struct wire_slice data = {0};
	TALLOC_CTX *owner = NULL;
	NTSTATUS status = client_read_recv(subreq, op, &owner, &data);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return;
	}
	if (read_take(op, data, io->size - io->done)) {
		talloc_free(owner);
		read_go(op);
	}
}

/* ------------------------------------------------------------------- write */

static void write_reply(struct op *op)
{
	struct io *io = op->data;

	if (io->flushes && io->open->cache != NULL) {
		op_wait(op, client_cache_flush_send(op, io->open->cache),
			write_flushed);
		return;
	}
	if (io->flushes) {
		op_wait(op, client_flush_send(op, io->open->file),
			write_flushed);
		return;
	}
	fuse_reply_write(op->req, io->done);
	op_end(op);
}

static void write_go(struct op *op)
{
	struct io *io = op->data;
	struct client_cache *cache = io->appends ? NULL : io_cache(io, true);
	struct wire_slice data =
		wire_slice(io->data + io->done, io->size - io->done);
	TALLOC_CTX *owner = NULL;

	if (cache != NULL && io->done == 0) {
		op_wait(op,
			client_cache_write_send(op, cache, io->offset, io->data,
						io->size),
			cache_write_done);
		return;
	}
	owner = talloc_new(op);

	/* the bytes may be needed after we are gone */
	if (owner == NULL || talloc_reference(owner, io->owner) == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	op_wait(op,
		client_write_send(
			op,
			io->appends ? io->open->appending : io_file(io, true),
			io->appends ? SMB2_WRITE_TO_END : io->offset + io->done,
			data, owner),
		write_done);
}

/* Locks are in the way of every open but the one that has them. */
static bool write_appends(const struct op *op, const struct fuse_file_info *fi)
{
	const struct io *io = op->data;

	/* under a lease nobody else moves the end of the file */
	return (fi->flags & O_APPEND) != 0 && !fi->writepage &&
	       !open_file_delays(io->open) && op->mount->posix &&
	       !op->mount->no_append &&
	       lock_file_of(io->open->node, true) == NULL &&
	       io->open->node->file_id != 0 &&
	       !TAILQ_EMPTY(&io->open->node->names) && op_tree(op) != NULL;
}

static void append_go(struct op *op)
{
	struct io *io = op->data;
	struct client_open how = op_open(
		op->mount, (FILE_GENERIC_WRITE & ~(uint32_t)FILE_WRITE_DATA) |
				   FILE_READ_ATTRIBUTES);
	const char *path = NULL;

	if (io->open->appending != NULL) {
		write_go(op);
		return;
	}
	how.options |= FILE_NON_DIRECTORY_FILE;
	path = op_path(op, op->node, NULL);
	if (path != NULL) {
		op_wait(op, client_open_send(op, op_tree(op), path, &how),
			append_opened);
	}
}

/* Without it the file is written where the kernel believes its end. */
static void append_opened(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct io *io = op->data;
	struct client_file *file = NULL;
	struct client_stat stat = {0};
	NTSTATUS status = client_open_recv(subreq, op, &file, &stat);
	bool same = stat.file_id == io->open->node->file_id;

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status) && same && io->open->appending == NULL) {
		io->open->appending = talloc_steal(io->open, file);
	} else {
		talloc_free(file); /* NULL; another file; one was faster */
	}
	io->appends = io->open->appending != NULL;
	write_go(op);
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size,
	      off_t offset, struct fuse_file_info *fi)
{
	struct op *op = io_new(req, ino, size, offset, fi);
	struct io *io = op != NULL ? op->data : NULL;

	if (op == NULL) {
		return;
	}
	if (size == 0) {
		fuse_reply_write(req, 0);
		op_end(op);
		return;
	}
	io->flushes = (fi->flags & O_DSYNC) != 0;
	if (size <= COPY_MOST) {
		io->owner = talloc_memdup(io, buf, size);
		io->data = io->owner;
	} else {
		io->owner = serve_take_buffer(io, op->mount);
		io->data = (const uint8_t *)buf;
	}
	if (io->owner == NULL) {
		op_fail(op, ENOMEM);
		return;
	}
	io->appends = write_appends(op, fi);
	if (io->appends) {
		append_go(op);
	} else {
		write_go(op);
	}
}

static void write_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct io *io = op->data;
	size_t done = 0;
	NTSTATUS status = client_write_recv(subreq, &done);

	talloc_free(subreq);
	attr_changed(op->node);
	if (io->appends && io->done == 0 &&
	    status == NT_STATUS_INVALID_PARAMETER) {
		op->mount->no_append = true; /* not by this server */
		io->appends = false;
		write_go(op);
		return;
	}
	if (io->done == 0 && op_failed(op, status)) {
		return;
	}
	if (done > io->size - io->done) {
		op_fail(op, EIO);
		return;
	}
	io->done += done;
	if (NT_STATUS_IS_OK(status) && done > 0 && io->done < io->size) {
		write_go(op);
		return;
	}
	if (io->done == 0) {
		op_fail(op, EIO);
		return;
	}
	write_reply(op);
}

static void cache_write_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct io *io = op->data;
	NTSTATUS status = client_cache_write_recv(subreq);

	talloc_free(subreq);
	attr_changed(op->node);
	io->open->failed = io->open->failed || !NT_STATUS_IS_OK(status);
	if (!op_failed(op, status)) {
		io->done = io->size;
		write_reply(op);
	}
}

static void write_flushed(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct io *io = op->data;
	NTSTATUS status = io->open->cache != NULL
				  ? client_cache_flush_recv(subreq)
				  : client_flush_recv(subreq);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		io->flushes = false;
		write_reply(op);
	}
}
