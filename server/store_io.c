/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a store: data and attributes of open files. */

#include <assert.h>
#include <errno.h>
#include <limits.h>

#include "server/store_backend.h"

/* --- data --------------------------------------------------------------- */

/* Offsets and ends of ranges are those of off_t. */
static bool range_proper(uint64_t offset, uint64_t len)
{
	return offset <= INT64_MAX && len <= INT64_MAX - offset;
}

/* options.max_size; where the end is when something is appended, only the
 * backend knows. */
static bool size_allowed(const struct store_file *file, uint64_t end)
{
	uint64_t max = file->store->options.max_size;

	return max == 0 || end <= max;
}

struct tevent_req *store_pread_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct store_file *file, void *buf,
				    size_t len, uint64_t offset,
				    TALLOC_CTX *owner)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "pread");
	struct tevent_req *req = NULL;

	assert((file->access & STORE_OPEN_READ) != 0);
	if (call == NULL) {
		return NULL;
	}
	if (!range_proper(offset, len)) {
		return store_call_failed(call, EINVAL);
	}
	if (file->directory) {
		return store_call_failed(call, EISDIR);
	}
	req = call->req;
	file->store->ops->pread(call, file, buf, len, offset, owner);
	return store_call_begun(req, ev);
}

int store_pread_recv(struct tevent_req *req, size_t *count)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*count = err == 0 ? (size_t)call->count : 0;
	tevent_req_received(req);
	return err;
}

struct tevent_req *store_pwrite_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file, const void *buf,
				     size_t len, uint64_t offset,
				     TALLOC_CTX *owner)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "pwrite");
	struct tevent_req *req = NULL;

	assert((file->access & STORE_OPEN_WRITE) != 0);
	if (call == NULL) {
		return NULL;
	}
	if (offset == STORE_AT_END ? file->stream != NULL || len > SSIZE_MAX
				   : !range_proper(offset, len)) {
		return store_call_failed(call, EINVAL);
	}
	if (offset != STORE_AT_END && !size_allowed(file, offset + len)) {
		return store_call_failed(call, EFBIG);
	}
	req = call->req;
	file->store->ops->pwrite(call, file, buf, len, offset, owner);
	return store_call_begun(req, ev);
}

int store_pwrite_recv(struct tevent_req *req)
{
	int err = store_call_error(req);

	tevent_req_received(req);
	return err;
}

struct tevent_req *store_flush_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct store_file *file)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "flush");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	req = call->req;
	file->store->ops->flush(call, file);
	return store_call_begun(req, ev);
}

int store_flush_recv(struct tevent_req *req)
{
	return store_pwrite_recv(req);
}

struct tevent_req *store_allocate_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct store_file *file,
				       enum store_allocate how, uint64_t offset,
				       uint64_t len)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "allocate");
	struct tevent_req *req = NULL;

	assert((file->access & STORE_OPEN_WRITE) != 0);
	if (call == NULL) {
		return NULL;
	}
	if (file->store->ops->allocate == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	if (!range_proper(offset, len)) {
		return store_call_failed(call, EINVAL);
	}
	req = call->req;
	file->store->ops->allocate(call, file, how, offset, len);
	return store_call_begun(req, ev);
}

int store_allocate_recv(struct tevent_req *req)
{
	return store_pwrite_recv(req);
}

struct tevent_req *store_ranges_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file, uint64_t offset,
				     uint64_t len, size_t max)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "ranges");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (!range_proper(offset, len)) {
		return store_call_failed(call, EINVAL);
	}
	if (file->store->ops->ranges == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	req = call->req;
	file->store->ops->ranges(call, file, offset, len, max);
	return store_call_begun(req, ev);
}

int store_ranges_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		      struct store_range **ranges, size_t *count, bool *more)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	if (err == 0) {
		*ranges = talloc_move(mem_ctx, &call->ranges);
		*count = (size_t)call->count;
		*more = call->more;
	}
	tevent_req_received(req);
	return err;
}

struct tevent_req *store_copy_range_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct store_file *from,
					 uint64_t from_offset,
					 struct store_file *to,
					 uint64_t to_offset, uint64_t len)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "copy_range");
	struct tevent_req *req = NULL;

	assert((from->access & STORE_OPEN_READ) != 0);
	assert((to->access & STORE_OPEN_WRITE) != 0);
	if (call == NULL) {
		return NULL;
	}
	if (!range_proper(from_offset, len) || !range_proper(to_offset, len)) {
		return store_call_failed(call, EINVAL);
	}
	if (!size_allowed(to, to_offset + len)) {
		return store_call_failed(call, EFBIG);
	}
	if (from->store->ops->copy_range == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	if (from->store->ops != to->store->ops) {
		return store_call_failed(call, EXDEV);
	}
	req = call->req;
	from->store->ops->copy_range(call, from, from_offset, to, to_offset,
				     len);
	return store_call_begun(req, ev);
}

int store_copy_range_recv(struct tevent_req *req, uint64_t *count)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*count = err == 0 ? call->count : 0;
	tevent_req_received(req);
	return err;
}

struct tevent_req *store_clone_range_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct store_file *from,
					  uint64_t from_offset,
					  struct store_file *to,
					  uint64_t to_offset, uint64_t len)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "clone_range");
	struct tevent_req *req = NULL;

	assert((to->access & STORE_OPEN_WRITE) != 0);
	if (call == NULL) {
		return NULL;
	}
	if (to->store->ops->clone_range == NULL || from->store != to->store) {
		return store_call_failed(
			call, from->store != to->store ? EXDEV : EOPNOTSUPP);
	}
	req = call->req;
	to->store->ops->clone_range(call, from, from_offset, to, to_offset,
				    len);
	return store_call_begun(req, ev);
}

int store_clone_range_recv(struct tevent_req *req)
{
	return store_pwrite_recv(req);
}

/* --- metadata ----------------------------------------------------------- */

struct tevent_req *store_getattr_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct store_file *file)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "getattr");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	req = call->req;
	file->store->ops->getattr(call, file);
	return store_call_begun(req, ev);
}

int store_getattr_recv(struct tevent_req *req, struct store_attr *attr)
{
	return store_lookup_recv(req, NULL, attr, NULL);
}

struct tevent_req *store_setattr_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct store_file *file,
				      const struct store_change *change)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "setattr");
	struct tevent_req *req = NULL;

	assert((change->what & STORE_SET_SIZE) == 0 ||
	       (file->access & STORE_OPEN_WRITE) != 0);
	if (call == NULL) {
		return NULL;
	}
	if ((change->what & STORE_SET_SIZE) != 0 && change->size > INT64_MAX) {
		return store_call_failed(call, EINVAL);
	}
	if ((change->what & STORE_SET_SIZE) != 0 &&
	    !size_allowed(file, change->size)) {
		return store_call_failed(call, EFBIG);
	}
	req = call->req;
	file->store->ops->setattr(call, file, change);
	return store_call_begun(req, ev);
}

int store_setattr_recv(struct tevent_req *req)
{
	return store_pwrite_recv(req);
}

struct tevent_req *store_statfs_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct store_file *file)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "statfs");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	req = call->req;
	file->store->ops->statfs(call, file);
	return store_call_begun(req, ev);
}

int store_statfs_recv(struct tevent_req *req, struct store_space *space)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	if (err == 0) {
		*space = call->space;
	}
	tevent_req_received(req);
	return err;
}
