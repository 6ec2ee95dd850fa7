/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of files in memory, and their extended attributes. */

#include <errno.h>
#include <string.h>

#include "server/store_memory.h"
#include "smbquic/smb2.h"

/* --- data --------------------------------------------------------------- */

static void memory_written(struct memory_node *node)
{
	struct memory_node *file = node->base != NULL ? node->base : node;

	file->write_time = memory_now();
	file->change_time = file->write_time;
	if (file != node) {
		memory_event_stream(node, STORE_EVENT_STREAM_MODIFIED);
		return;
	}
	memory_event(node, STORE_EVENT_MODIFIED,
		     FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE);
}

void memory_pread(struct store_call *call, struct store_file *file, void *buf,
		  size_t len, uint64_t offset, TALLOC_CTX *owner)
{
	struct memory_node *node = file->data->node;

	(void)owner;
	if (offset < node->size) {
		call->count =
			node->size - offset < len ? node->size - offset : len;
		pages_read(node->pages, buf, (size_t)call->count, offset);
	}
	store_call_done(call, 0);
}

void memory_pwrite(struct store_call *call, struct store_file *file,
		   const void *buf, size_t len, uint64_t offset,
		   TALLOC_CTX *owner)
{
	struct memory_node *node = file->data->node;
	int err = 0;

	(void)owner;
	if (offset == STORE_AT_END) {
		offset = node->size;
	}
	err = len <= INT64_MAX - offset
		      ? pages_write(node->pages, buf, len, offset)
		      : EFBIG;
	if (err == 0 && len > 0 && offset + len > node->size) {
		node->size = offset + len;
	}
	memory_written(node);
	store_call_done(call, err);
}

void memory_allocate(struct store_call *call, struct store_file *file,
		     enum store_allocate how, uint64_t offset, uint64_t len)
{
	struct memory_node *node = file->data->node;

	if (how == STORE_ALLOCATE_RESERVE) {
		store_call_done(call, pages_reserve(node->pages, offset, len));
		return;
	}
	if (offset < node->size) {
		len = node->size - offset < len ? node->size - offset : len;
		pages_zero(node->pages, offset, len);
		memory_written(node);
	}
	store_call_done(call, 0);
}

void memory_ranges(struct store_call *call, struct store_file *file,
		   uint64_t offset, uint64_t len, size_t max)
{
	const struct memory_node *node = file->data->node;
	uint64_t end = offset + len < node->size ? offset + len : node->size;
	uint64_t at = offset;
	uint64_t stop = 0;

	call->ranges = talloc_array(call, struct store_range, max);
	if (call->ranges == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	while (at < end && pages_next(node->pages, at, &at, &stop)) {
		at = at < offset ? offset : at;
		stop = stop < end ? stop : end;
		if (at >= end) {
			break;
		}
		if (call->count == max) {
			call->more = true;
			break;
		}
		call->ranges[call->count].offset = at;
		call->ranges[call->count].len = stop - at;
		call->count++;
		at = stop;
	}
	store_call_done(call, 0);
}

void memory_copy_range(struct store_call *call, struct store_file *from,
		       uint64_t from_offset, struct store_file *to,
		       uint64_t to_offset, uint64_t len)
{
	struct memory_node *source = from->data->node;
	struct memory_node *target = to->data->node;
	uint8_t *buf = NULL;
	int err = 0;

	if (from_offset >= source->size) {
		store_call_done(call, 0);
		return;
	}
	if (len > source->size - from_offset) {
		len = source->size - from_offset;
	}
	if (len > source->memory->capacity) {
		store_call_done(call, ENOSPC);
		return;
	}
	buf = talloc_array(call, uint8_t, (size_t)len);
	if (buf == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	pages_read(source->pages, buf, (size_t)len, from_offset);
	err = pages_write(target->pages, buf, (size_t)len, to_offset);
	talloc_free(buf);
	if (err == 0 && len > 0 && to_offset + len > target->size) {
		target->size = to_offset + len;
	}
	call->count = len;
	memory_written(target);
	store_call_done(call, err);
}

void memory_set_size(struct memory_node *node, uint64_t size)
{
	if (size < node->size) {
		pages_zero(node->pages, size, (uint64_t)INT64_MAX - size);
	}
	node->size = size;
}

/* --- extended attributes ------------------------------------------------ */

static struct memory_xattr **memory_xattr(struct memory_node *node,
					  const char *name)
{
	struct memory_xattr **p = &node->xattrs;

	while (*p != NULL && strcmp((*p)->name, name) != 0) {
		p = &(*p)->next;
	}
	return p;
}

void memory_getxattr(struct store_call *call, struct store_file *file,
		     const char *name)
{
	struct memory_xattr *x = *memory_xattr(memory_file_node(file), name);

	if (x == NULL) {
		store_call_done(call, ENODATA);
		return;
	}
	call->count = x->len;
	call->value = talloc_array(call, uint8_t, x->len);
	if (call->value == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	memcpy(call->value, x->value, x->len);
	store_call_done(call, 0);
}

void memory_setxattr(struct store_call *call, struct store_file *file,
		     const char *name, const void *value, size_t len)
{
	struct memory_node *node = memory_file_node(file);
	struct memory_xattr **p = memory_xattr(node, name);
	struct memory_xattr *x = talloc_zero(node, struct memory_xattr);

	if (x != NULL) {
		x->name = talloc_strdup(x, name);
		x->value = talloc_array(x, uint8_t, len + 1);
	}
	if (x == NULL || x->name == NULL || x->value == NULL) {
		talloc_free(x);
		store_call_done(call, ENOMEM);
		return;
	}
	memcpy(x->value, value, len);
	x->len = len;
	if (*p != NULL) {
		x->next = (*p)->next;
		talloc_free(*p);
	}
	*p = x;
	node->change_time = memory_now();
	memory_event(node, STORE_EVENT_MODIFIED, FILE_NOTIFY_CHANGE_EA);
	store_call_done(call, 0);
}

void memory_removexattr(struct store_call *call, struct store_file *file,
			const char *name)
{
	struct memory_xattr **p = memory_xattr(memory_file_node(file), name);
	struct memory_xattr *x = *p;

	if (x == NULL) {
		store_call_done(call, ENODATA);
		return;
	}
	*p = x->next;
	talloc_free(x);
	store_call_done(call, 0);
}

static bool shown(const struct memory_xattr *x)
{
	return strcmp(x->name, STORE_XATTR_NEED) != 0;
}

uint32_t memory_ea_size(const struct memory_node *node)
{
	const struct memory_xattr *x = NULL;
	uint64_t size = 0;

	for (x = node->xattrs; x != NULL; x = x->next) {
		if (shown(x)) {
			size = (size + 3) / 4 * 4 + 9 + strlen(x->name) +
			       x->len;
		}
	}
	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

void memory_listxattr(struct store_call *call, struct store_file *file)
{
	const struct memory_xattr *x = NULL;
	size_t n = 0;

	for (x = memory_file_node(file)->xattrs; x != NULL; x = x->next) {
		n += shown(x);
	}
	call->names = talloc_zero_array(call, char *, n + 1);
	if (call->names == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	n = 0;
	for (x = memory_file_node(file)->xattrs; x != NULL; x = x->next) {
		if (!shown(x)) {
			continue;
		}
		call->names[n] = talloc_strdup(call->names, x->name);
		n++;
	}
	store_call_done(call, 0);
}
