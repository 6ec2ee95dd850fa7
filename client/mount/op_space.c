/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a file has data, and copies that the server makes. */
#include <errno.h>
#include <linux/falloc.h>
#include <string.h>
#include <unistd.h>

#include "client/mount/mount.h"
#include "smbquic/smb2_fsctl_file.h"

/* Ranges that are asked for at once. */
#define RANGES_SIZE ((uint32_t)16384)
/* Bytes of one copy: who wants more asks again, and can be interrupted. */
#define COPY_MOST ((uint64_t)256 * 1024 * 1024)

struct space {
	struct open_file *open;
	struct open_file *to;
	uint64_t offset, to_offset;
	uint64_t length;
	int mode; /* of fallocate(), or whence of lseek() */
	uint64_t size, allocated;
	uint64_t copied;
	bool holes;  /* within the file, to be filled */
	bool sparse; /* FSCTL_SET_SPARSE was said */
	tevent_req_fn then;
};

static void ask_now(struct op *op);

static struct space *space_new(fuse_req_t req, fuse_ino_t ino,
			       const struct fuse_file_info *fi, off_t offset,
			       off_t length, struct op **out)
{
	struct op *op = op_new(op_mount(req), req, ino);
	struct space *s = NULL;

	if (op == NULL) {
		return NULL;
	}
	s = talloc_zero(op, struct space);
	if (s == NULL) {
		op_fail(op, ENOMEM);
		return NULL;
	}
	s->open = (struct open_file *)(uintptr_t)fi->fh;
	s->offset = (uint64_t)offset;
	s->length = (uint64_t)length;
	op->data = s;
	*out = op;
	return s;
}

/* First of all, how large the file is, with what waits to be written. */
static void ask_size(struct op *op, tevent_req_fn then)
{
	struct space *s = op->data;

	s->then = then;
	op_settle(op, op->node, ask_now);
}

static void ask_now(struct op *op)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_FILE,
		.info_class = FileStandardInformation,
		.max = 64,
	};
	struct space *s = op->data;

	op_wait(op, client_query_send(op, s->open->file, &query), s->then);
}

static bool take_size(struct op *op, struct tevent_req *subreq)
{
	struct space *s = op->data;
	struct fscc_standard standard = {0};
	struct wire_slice data = {0};
	NTSTATUS status = client_query_recv(subreq, op, &data);

	talloc_free(subreq);
	if (op_failed(op, status)) {
		return false;
	}
	if (!fscc_standard_decode(data, &standard) ||
	    standard.end_of_file > INT64_MAX) {
		op_fail(op, EIO);
		return false;
	}
	s->size = standard.end_of_file;
	s->allocated = standard.allocation_size;
	return true;
}

static void space_ioctl(struct op *op, uint32_t code,
			const struct wire_writer *w, uint32_t max,
			tevent_req_fn then)
{
	struct space *s = op->data;

	if (!wire_writer_ok(w)) {
		op_fail(op, ENOMEM);
		return;
	}
	op_wait(op,
		client_ioctl_send(op, client_file_tree(s->open->file),
				  s->open->file, code, wire_writer_slice(w),
				  max),
		then);
}

/* ------------------------------------------------------------------ ranges */

/* Which bytes from there on there are. */
static void ranges_ask(struct op *op, tevent_req_fn then)
{
	struct space *s = op->data;
	struct wire_writer w = wire_writer_talloc(op);
	const struct smb2_file_range range = {
		.offset = s->offset,
		.length = s->size - s->offset,
	};

	smb2_file_range_encode(&w, &range);
	space_ioctl(op, FSCTL_QUERY_ALLOCATED_RANGES, &w, RANGES_SIZE, then);
}

/* The end of the data that begins where we look, as far as it is known. */
static uint64_t data_end(uint64_t offset, struct wire_slice ranges)
{
	struct smb2_file_range r = {0};

	while (smb2_file_range_next(&ranges, &r)) {
		if (r.offset <= offset && r.length > offset - r.offset) {
			offset = r.length < UINT64_MAX - r.offset
					 ? r.offset + r.length
					 : UINT64_MAX;
		}
	}
	return offset;
}

/* A server that knows of no holes has data everywhere. */
static bool is_unknown(NTSTATUS status)
{
	return status == NT_STATUS_INVALID_DEVICE_REQUEST ||
	       status == NT_STATUS_NOT_SUPPORTED ||
	       status == NT_STATUS_NOT_IMPLEMENTED;
}

/* --------------------------------------------------------------- fallocate */

static void fallocate_sized(struct tevent_req *subreq);
static void fallocate_ranged(struct tevent_req *subreq);
static void fallocate_zeroed(struct tevent_req *subreq);
static void fallocate_grown(struct tevent_req *subreq);
static void fallocate_ended(struct tevent_req *subreq);

static void fallocate_set(struct op *op, uint8_t info_class, uint64_t value,
			  tevent_req_fn then)
{
	struct space *s = op->data;
	struct wire_writer w = wire_writer_talloc(op);

	if (!fscc_u64_encode(&w, value)) {
		op_fail(op, ENOMEM);
		return;
	}
	op_wait(op,
		client_set_send(op, s->open->file, SMB2_0_INFO_FILE, info_class,
				0, wire_writer_slice(&w)),
		then);
}

static void fallocate_zero(struct op *op)
{
	struct space *s = op->data;
	struct wire_writer w = wire_writer_talloc(op);
	uint64_t end = s->offset + s->length;
	/* what lies behind the end is no data yet */
	const struct smb2_file_range range = {
		.offset = s->offset,
		.length = end < s->size ? end : s->size,
	};

	if ((s->mode & FALLOC_FL_PUNCH_HOLE) != 0 && !s->sparse) {
		s->sparse = true;
		smb2_set_sparse_encode(&w, true);
		space_ioctl(op, FSCTL_SET_SPARSE, &w, 0, fallocate_zeroed);
		return;
	}
	smb2_file_range_encode(&w, &range);
	s->mode &= ~(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE);
	space_ioctl(op, FSCTL_SET_ZERO_DATA, &w, 0, fallocate_zeroed);
}

/* One thing after the other, until nothing is left to be done. */
static void fallocate_go(struct op *op)
{
	struct space *s = op->data;
	uint64_t end = s->offset + s->length;
	int zeroes = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;

	open_file_changed(s->open, s->size);
	if ((s->mode & zeroes) != 0 && s->offset < s->size) {
		fallocate_zero(op);
		return;
	}
	if ((s->mode & zeroes) != FALLOC_FL_PUNCH_HOLE && end > s->size &&
	    (s->mode & FALLOC_FL_KEEP_SIZE) == 0) {
		fallocate_set(op, FileEndOfFileInformation, end,
			      fallocate_ended);
		return;
	}
	op_fail(op, 0);
}

void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset,
		  off_t length, struct fuse_file_info *fi)
{
	static const int known = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE |
				 FALLOC_FL_ZERO_RANGE;
	struct op *op = NULL;
	struct space *s = NULL;

	if ((mode & ~known) != 0 || length <= 0 || offset < 0 ||
	    offset > INT64_MAX - length) {
		fuse_reply_err(req, EOPNOTSUPP);
		return;
	}
	s = space_new(req, ino, fi, offset, length, &op);
	if (s != NULL) {
		s->mode = mode;
		ask_size(op, fallocate_sized);
	}
}

static void fallocate_reserve(struct op *op)
{
	struct space *s = op->data;
	uint64_t end = s->offset + s->length;

	if (end <= s->size && !s->holes) {
		op_fail(op, 0);
		return;
	}
	/* as large as it is means to servers that nothing is wanted */
	fallocate_set(op, FileAllocationInformation,
		      end > s->size ? end : s->size + 1, fallocate_grown);
}

/*
 * What Windows calls allocation is of the whole file, and cuts one that is
 * larger: holes are filled with it only under a lease, when nobody else makes
 * it larger meanwhile. Otherwise a program has to write zeros itself, as the C
 * library does when it is told so.
 */
static void fallocate_holes(struct op *op)
{
	struct space *s = op->data;

	if (!open_file_delays(s->open)) {
		op_fail(op, EOPNOTSUPP);
		return;
	}
	s->holes = true;
	fallocate_reserve(op);
}

static void fallocate_sized(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct space *s = op->data;

	if (!take_size(op, subreq)) {
		return;
	}
	if ((s->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0) {
		fallocate_go(op);
		return;
	}
	if (s->offset < s->size && s->allocated < s->size) {
		/* though not in what Windows calls a sparse file */
		fallocate_holes(op);
		return;
	}
	if (s->offset < s->size) {
		ranges_ask(op, fallocate_ranged);
		return;
	}
	fallocate_reserve(op);
}

static void fallocate_ranged(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct space *s = op->data;
	struct wire_slice data = {0};
	NTSTATUS status = client_ioctl_recv(subreq, op, &data);
	uint64_t end = s->offset + s->length;

	talloc_free(subreq);
	if (is_unknown(status)) {
		op_fail(op, EOPNOTSUPP);
		return;
	}
	if (op_failed(op, status)) {
		return;
	}
	if (data_end(s->offset, data) < (end < s->size ? end : s->size)) {
		fallocate_holes(op);
		return;
	}
	fallocate_reserve(op);
}

static void fallocate_zeroed(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct wire_slice data = {0};
	NTSTATUS status = client_ioctl_recv(subreq, op, &data);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		fallocate_go(op);
	}
}

static void fallocate_grown(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	NTSTATUS status = client_set_recv(subreq);

	talloc_free(subreq);
	if (!op_failed(op, status)) {
		fallocate_go(op);
	}
}

static void fallocate_ended(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct space *s = op->data;
	NTSTATUS status = client_set_recv(subreq);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status)) {
		open_file_changed(s->open, s->offset + s->length);
	}
	op_done(op, status);
}

/* ------------------------------------------------------------------- lseek */

static void lseek_sized(struct tevent_req *subreq);
static void lseek_ranged(struct tevent_req *subreq);

void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
	      struct fuse_file_info *fi)
{
	struct op *op = NULL;
	struct space *s = NULL;

	if ((whence != SEEK_DATA && whence != SEEK_HOLE) || offset < 0) {
		fuse_reply_err(req, offset < 0 ? ENXIO : EINVAL);
		return;
	}
	s = space_new(req, ino, fi, offset, 0, &op);
	if (s != NULL) {
		s->mode = whence;
		ask_size(op, lseek_sized);
	}
}

static void lseek_reply(struct op *op, uint64_t offset)
{
	struct space *s = op->data;

	if (s->mode == SEEK_DATA && offset >= s->size) {
		op_fail(op, ENXIO);
		return;
	}
	fuse_reply_lseek(op->req, (off_t)(offset < s->size ? offset : s->size));
	op_end(op);
}

static void lseek_sized(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct space *s = op->data;

	if (!take_size(op, subreq)) {
		return;
	}
	if (s->offset >= s->size) {
		op_fail(op, ENXIO);
		return;
	}
	ranges_ask(op, lseek_ranged);
}

static uint64_t data_begin(uint64_t offset, uint64_t size,
			   struct wire_slice ranges)
{
	struct smb2_file_range r = {0};

	while (smb2_file_range_next(&ranges, &r)) {
		if (r.offset >= offset || r.length > offset - r.offset) {
			return r.offset > offset ? r.offset : offset;
		}
	}
	return size;
}

static void lseek_ranged(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct space *s = op->data;
	struct wire_slice data = {0};
	NTSTATUS status = client_ioctl_recv(subreq, op, &data);
	uint64_t end = 0;

	talloc_free(subreq);
	if (is_unknown(status)) {
		lseek_reply(op, s->mode == SEEK_DATA ? s->offset : s->size);
		return;
	}
	if (op_failed(op, status)) {
		return;
	}
	if (s->mode == SEEK_DATA) {
		lseek_reply(op, data_begin(s->offset, s->size, data));
		return;
	}
	end = data_end(s->offset, data);
	if (status == NT_STATUS_BUFFER_OVERFLOW && end > s->offset &&
	    end < s->size) {
		s->offset = end; /* there may be more of it */
		ranges_ask(op, lseek_ranged);
		return;
	}
	lseek_reply(op, end);
}

/* --------------------------------------------------------- copy_file_range */

static void copy_sized(struct tevent_req *subreq);
static void copy_go(struct op *op);
static void copy_done(struct tevent_req *subreq);

void op_copy(fuse_req_t req, fuse_ino_t ino, off_t offset,
	     struct fuse_file_info *fi, fuse_ino_t to_ino, off_t to_offset,
	     struct fuse_file_info *to_fi, size_t length, int flags)
{
	struct op *op = NULL;
	struct space *s = NULL;

	(void)to_ino;
	if (flags != 0) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	s = space_new(req, ino, fi, offset, 0, &op);
	if (s == NULL) {
		return;
	}
	s->length = length < COPY_MOST ? length : COPY_MOST;
	s->to = (struct open_file *)(uintptr_t)to_fi->fh;
	s->to_offset = (uint64_t)to_offset;
	op->other = s->to->node;
	node_hold(op->other);
	ask_size(op, copy_sized);
}

static void copied(uint64_t bytes, void *private_data)
{
	struct space *s = private_data;

	s->copied += bytes;
}

static void copy_reply(struct op *op)
{
	struct space *s = op->data;

	if (s->copied > 0) {
		open_file_changed(s->to, s->to_offset + s->copied);
	}

	fuse_reply_write(op->req, s->copied);
	op_end(op);
}

static void copy_sized(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct space *s = op->data;

	if (!take_size(op, subreq)) {
		return;
	}
	if (s->offset >= s->size) {
		copy_reply(op);
		return;
	}
	if (s->length > s->size - s->offset) {
		s->length = s->size - s->offset;
	}
	op_settle(op, s->to->node, copy_go);
}

static void copy_go(struct op *op)
{
	struct space *s = op->data;

	op_wait(op,
		client_server_copy_range_send(op, s->open->file, s->offset,
					      s->to->file, s->to_offset,
					      s->length, copied, s),
		copy_done);
}

/* EOPNOTSUPP lets the kernel copy by reading and writing. */
static void copy_done(struct tevent_req *subreq)
{
	struct op *op = op_of(subreq);
	struct space *s = op->data;
	NTSTATUS status = client_server_copy_range_recv(subreq);

	talloc_free(subreq);
	if (s->copied == 0 && is_unknown(status)) {
		op_fail(op, EOPNOTSUPP);
		return;
	}
	if (s->copied == 0 && op_failed(op, status)) {
		return;
	}
	copy_reply(op);
}
