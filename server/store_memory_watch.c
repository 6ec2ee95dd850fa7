/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watching directories in memory. Events are told from the event loop, not
 * from within the operation that caused them.
 */

#include <errno.h>

#include "server/store_memory.h"
#include "smbquic/smb2.h"

/* Events not yet told; then there is an overflow. */
#define MAX_EVENTS 1024

struct memory_event {
	struct memory_event *next;
	struct store_event event;
};

struct store_watch {
	struct store_watch *next, **prev; /* memory->watches; prev NULL: out */
	struct tevent_context *ev;
	struct memory *memory;
	struct memory_node *dir; /* NULL: gone */
	bool tree;
	store_watch_fn fn;
	void *private_data;
	struct memory_event *events, **events_tail;
	size_t num_events;
	struct tevent_immediate *im;
	bool *freed;
};

static void watch_leave(struct store_watch *watch)
{
	if (watch->prev == NULL) {
		return;
	}
	*watch->prev = watch->next;
	if (watch->next != NULL) {
		watch->next->prev = watch->prev;
	}
	watch->prev = NULL;
	if (watch->dir != NULL) {
		watch->dir->opens--;
		memory_free_unused(watch->dir);
		watch->dir = NULL;
	}
}

static int store_watch_destructor(struct store_watch *watch)
{
	if (watch->freed != NULL) {
		*watch->freed = true;
	}
	watch_leave(watch);
	return 0;
}

static void watch_tell(struct tevent_context *ev, struct tevent_immediate *im,
		       void *private_data)
{
	struct store_watch *watch =
		talloc_get_type_abort(private_data, struct store_watch);
	struct memory_event *first = watch->events;
	struct memory_event *event = NULL;
	bool freed = false;

	(void)ev;
	(void)im;
	watch->events = NULL;
	watch->events_tail = &watch->events;
	watch->num_events = 0;
	watch->freed = &freed;
	while (first != NULL && !freed) {
		event = first;
		first = event->next;
		watch->fn(&event->event, watch->private_data);
		if (!freed) {
			talloc_free(event);
		}
	}
	if (!freed) {
		watch->freed = NULL;
	}
}

static void watch_add(struct store_watch *watch, enum store_event_kind kind,
		      uint32_t what, const struct memory_node *node,
		      const char *stream)
{
	struct memory_event *event = NULL;

	if (watch->num_events > MAX_EVENTS) {
		return;
	}
	if (watch->num_events == MAX_EVENTS) {
		kind = STORE_EVENT_OVERFLOW;
	}
	event = talloc_zero(watch, struct memory_event);
	if (event == NULL) {
		return;
	}
	event->event.kind = kind;
	event->event.what = what;
	event->event.path = memory_path(event, node, watch->dir);
	if (stream != NULL && event->event.path != NULL) {
		event->event.path = talloc_asprintf(event, "%s:%s",
						    event->event.path, stream);
	}
	if (event->event.path == NULL) {
		talloc_free(event);
		return;
	}
	*watch->events_tail = event;
	watch->events_tail = &event->next;
	watch->num_events++;
	tevent_schedule_immediate(watch->im, watch->ev, watch_tell, watch);
}

void memory_event(const struct memory_node *node, enum store_event_kind kind,
		  uint32_t what)
{
	struct store_watch *watch = NULL;

	if (what == 0) {
		what = node->directory ? FILE_NOTIFY_CHANGE_DIR_NAME
				       : FILE_NOTIFY_CHANGE_FILE_NAME;
	}
	for (watch = node->memory->watches; watch != NULL;
	     watch = watch->next) {
		if (node->parent == watch->dir ||
		    (watch->tree && node != watch->dir &&
		     memory_inside(node, watch->dir))) {
			watch_add(watch, kind, what, node, NULL);
		}
	}
}

void memory_event_stream(const struct memory_node *node,
			 enum store_event_kind kind)
{
	const struct memory_node *file = node->base;
	uint32_t what = kind == STORE_EVENT_STREAM_MODIFIED
				? FILE_NOTIFY_CHANGE_STREAM_SIZE |
					  FILE_NOTIFY_CHANGE_STREAM_WRITE
				: FILE_NOTIFY_CHANGE_STREAM_NAME;
	struct store_watch *watch = NULL;

	for (watch = node->memory->watches; file != NULL && watch != NULL;
	     watch = watch->next) {
		if (file->parent == watch->dir ||
		    (watch->tree && file != watch->dir &&
		     memory_inside(file, watch->dir))) {
			watch_add(watch, kind, what, file, node->name);
		}
	}
}

void memory_event_gone(const struct memory_node *node)
{
	struct store_watch *watch = NULL;

	for (watch = node->memory->watches; watch != NULL;
	     watch = watch->next) {
		if (watch->dir == node) {
			watch_add(watch, STORE_EVENT_GONE, 0, node, NULL);
		}
	}
}

void memory_watch(struct store_call *call, struct store_file *dir, bool tree,
		  store_watch_fn fn, void *private_data)
{
	struct memory *memory = memory_of(dir);
	struct store_watch *watch = talloc_zero(call, struct store_watch);

	if (watch != NULL) {
		watch->im = tevent_create_immediate(watch);
	}
	if (watch == NULL || watch->im == NULL) {
		talloc_free(watch);
		store_call_done(call, ENOMEM);
		return;
	}
	watch->ev = call->ev;
	watch->memory = memory;
	watch->dir = dir->data->node;
	watch->dir->opens++;
	watch->tree = tree;
	watch->fn = fn;
	watch->private_data = private_data;
	watch->events_tail = &watch->events;
	watch->next = memory->watches;
	watch->prev = &memory->watches;
	if (watch->next != NULL) {
		watch->next->prev = &watch->next;
	}
	memory->watches = watch;
	talloc_set_destructor(watch, store_watch_destructor);
	call->watch = watch;
	store_call_done(call, 0);
}
