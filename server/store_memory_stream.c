/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Named streams of files in memory: nodes that hang on the file's. */

#include <errno.h>
#include <string.h>

#include "server/store_memory.h"
#include "smbquic/smb2.h"
#include "smbquic/utf16.h"

struct memory_node *memory_file_node(const struct store_file *file)
{
	return file->data->base != NULL ? file->data->base : file->data->node;
}

static struct memory_node **find(struct memory_node *base, const char *name)
{
	struct memory_node **p = &base->streams;
	bool exact = base->memory->case_sensitive;

	while (*p != NULL && strcmp((*p)->name, name) != 0 &&
	       (exact || !utf8_case_equal((*p)->name, name))) {
		p = &(*p)->next;
	}
	return p;
}

static size_t count_streams(const struct memory_node *base)
{
	const struct memory_node *node = NULL;
	size_t n = 0;

	for (node = base->streams; node != NULL; node = node->next) {
		n++;
	}
	return n;
}

static int add(struct memory_node *base, const char *name,
	       struct memory_node **out)
{
	struct memory_node **end = &base->streams;
	struct memory_node *node = NULL;

	if (count_streams(base) >= STORE_STREAMS_MAX) {
		return ENOSPC;
	}
	node = memory_node_new(base->memory, name, false, 0);
	if (node == NULL) {
		return ENOSPC;
	}
	while (*end != NULL) {
		end = &(*end)->next;
	}
	*end = talloc_steal(base, node); /* an open one holds the file, too */
	node->base = base;
	base->change_time = memory_now();
	*out = node;
	return 0;
}

int memory_stream_open(struct memory_node *base, const char *name,
		       unsigned flags, struct memory_node **node, bool *created)
{
	int err = 0;

	*created = false;
	*node = *find(base, name);
	if (*node != NULL) {
		return (flags & STORE_OPEN_EXCLUSIVE) != 0 ? EEXIST : 0;
	}
	if ((flags & STORE_OPEN_CREATE) == 0) {
		return ENOENT;
	}
	err = add(base, name, node);
	*created = err == 0;
	if (err == 0) {
		memory_event_stream(*node, STORE_EVENT_STREAM_ADDED);
	}
	return err;
}

static void take_away(struct memory_node *node)
{
	struct memory_node **p = &node->base->streams;

	memory_event_stream(node, STORE_EVENT_STREAM_REMOVED);
	while (*p != node) {
		p = &(*p)->next;
	}
	*p = node->next;
	node->next = NULL;
	node->base = NULL;
	memory_free_unused(node);
}

void memory_streams_drop(struct memory_node *base)
{
	while (base->streams != NULL) {
		take_away(base->streams);
	}
}

int memory_stream_unlink(struct store_file *file, const char *name)
{
	struct memory_node *node = *find(memory_file_node(file), name);

	if (node == NULL) {
		return ENOENT;
	}
	take_away(node);
	return 0;
}

/* --- renaming ----------------------------------------------------------- */

static void swap_data(struct memory_node *a, struct memory_node *b)
{
	struct pages *pages = a->pages;
	uint64_t size = a->size;

	a->pages = talloc_steal(a, b->pages);
	a->size = b->size;
	b->pages = talloc_steal(b, pages);
	b->size = size;
}

static int to_file(struct store_file *file, bool replace)
{
	struct memory_node *node = file->data->node;
	struct memory_node *base = file->data->base;

	if (!replace) {
		return EEXIST;
	}
	if (base->directory || base->size != 0) {
		return EINVAL;
	}
	swap_data(base, node);
	file->data->node = base;
	file->data->base = NULL;
	node->opens--;
	take_away(node);
	return 0;
}

static int to_stream(struct store_file *file, const char *name)
{
	struct memory_node *base = file->data->node;
	struct memory_node *node = NULL;
	int err = add(base, name, &node);

	if (err != 0) {
		return err;
	}
	swap_data(base, node);
	memory_event_stream(node, STORE_EVENT_STREAM_ADDED);
	node->opens++;
	file->data->node = node;
	file->data->base = base;
	return 0;
}

static int rename_stream(struct store_file *file, const char *name)
{
	struct memory_node *node = file->data->node;
	char *copy = talloc_strdup(node, name);

	if (copy == NULL) {
		return ENOMEM;
	}
	memory_event_stream(node, STORE_EVENT_STREAM_REMOVED);
	talloc_free(node->name);
	node->name = copy;
	memory_event_stream(node, STORE_EVENT_STREAM_ADDED);
	return 0;
}

int memory_stream_rename(struct store_file *file, const char *to, bool replace)
{
	struct memory_node *base = memory_file_node(file);
	const char *colon = strchr(to, ':');
	struct memory_node *target = NULL;
	bool stream = file->data->base != NULL;

	if (colon == NULL) {
		return stream ? to_file(file, replace) : 0;
	}
	if (strlen(colon + 1) > STORE_NAME_MAX) {
		return ENAMETOOLONG;
	}
	target = *find(base, colon + 1);
	if (target != NULL && target != file->data->node) {
		if (!replace) {
			return EEXIST;
		}
		if (target->size != 0) {
			return EINVAL;
		}
		take_away(target);
	}
	base->change_time = memory_now();
	return stream ? rename_stream(file, colon + 1)
		      : to_stream(file, colon + 1);
}

/* --- listing ------------------------------------------------------------ */

void memory_streams(struct store_call *call, struct store_file *file)
{
	const struct memory_node *base = memory_file_node(file);
	const struct memory_node *node = NULL;

	call->streams = talloc_zero_array(call, struct store_stream,
					  count_streams(base) + 2);
	if (call->streams == NULL) {
		store_call_done(call, ENOMEM);
		return;
	}
	node = base->directory ? base->streams : base;
	while (node != NULL) {
		struct store_stream *stream = &call->streams[call->count];

		stream->name = talloc_strdup(call->streams,
					     node == base ? "" : node->name);
		if (stream->name == NULL) {
			store_call_done(call, ENOMEM);
			return;
		}
		stream->size = node->size;
		stream->allocation = pages_allocated(node->pages);
		call->count++;
		node = node == base ? base->streams : node->next;
	}
	store_call_done(call, 0);
}
