/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "server/name.h"
#include "server/notify.h"
#include "smbquic/fscc.h"
#include "smbquic/list.h"
#include "smbquic/smb2.h"
#include "smbquic/utf16.h"

/* Of an entry without its name, and its padding. */
#define ENTRY_OVERHEAD 16

struct event {
	struct event *next;
	uint32_t action;
	char *path; /* as the client writes it */
};

struct notify_wait_state {
	struct notify_wait_state *prev, *next;
	struct notify *notify; /* NULL: no longer in its list */
	struct tevent_context *ev;
	struct tevent_req *req;
};

struct notify {
	struct store_watch *watch;
	struct tevent_req *beginning; /* NULL: it watches, or failed */
	int err;
	uint32_t filter;
	size_t limit, size; /* bytes, as they will be encoded at most */
	struct event *first, *last, **end;
	bool overflow; /* something was dropped */
	bool gone;     /* the directory was removed */
	struct notify_wait_state *waiters;
};

static const uint32_t actions[] = {
	[STORE_EVENT_ADDED] = FILE_ACTION_ADDED,
	[STORE_EVENT_REMOVED] = FILE_ACTION_REMOVED,
	[STORE_EVENT_MODIFIED] = FILE_ACTION_MODIFIED,
	[STORE_EVENT_RENAMED_FROM] = FILE_ACTION_RENAMED_OLD_NAME,
	[STORE_EVENT_RENAMED_TO] = FILE_ACTION_RENAMED_NEW_NAME,
	[STORE_EVENT_STREAM_ADDED] = FILE_ACTION_ADDED_STREAM,
	[STORE_EVENT_STREAM_REMOVED] = FILE_ACTION_REMOVED_STREAM,
	[STORE_EVENT_STREAM_MODIFIED] = FILE_ACTION_MODIFIED_STREAM,
};

/* The oldest first (MS-FSA 2.1.5.11.1). From the loop: events that come
 * together are told together. */
static void wake_all(struct notify *notify, int err)
{
	struct notify_wait_state *w = notify->waiters;

	while (w != NULL && w->next != NULL) {
		w = w->next;
	}
	while (w != NULL) {
		struct notify_wait_state *younger = w->prev;

		LIST_REMOVE(notify->waiters, w);
		w->notify = NULL;
		tevent_req_defer_callback(w->req, w->ev);
		if (!tevent_req_error(w->req, (uint64_t)err)) {
			tevent_req_done(w->req);
		}
		w = younger;
	}
}

static int notify_destructor(struct notify *notify)
{
	wake_all(notify, ECANCELED);
	return 0;
}

static void forget_all(struct notify *notify)
{
	while (notify->first != NULL) {
		struct event *e = notify->first;

		notify->first = e->next;
		talloc_free(e);
	}
	notify->last = NULL;
	notify->end = &notify->first;
	notify->size = 0;
}

/* Too much, or no memory: the client is told to look for itself. */
static void overflow(struct notify *notify)
{
	forget_all(notify);
	notify->overflow = true;
}

/* Setting an access list changes an attribute and a mode: that is one change as
 * long as nobody was told of half of it. */
static bool again(const struct notify *notify, const struct event *e)
{
	const struct event *last = notify->last;

	return last != NULL && e->action == FILE_ACTION_MODIFIED &&
	       last->action == e->action && strcmp(last->path, e->path) == 0;
}

static void remember(struct notify *notify, uint32_t action, const char *path)
{
	/* UTF-16 takes at most two bytes for one of UTF-8 */
	size_t size = ENTRY_OVERHEAD + 2 * strlen(path);
	struct event *e = NULL;

	if (notify->overflow) {
		return;
	}
	if (notify->size + size > notify->limit) {
		overflow(notify);
		return;
	}
	e = talloc_zero(notify, struct event);
	if (e != NULL) {
		e->path = name_to_client(e, path);
	}
	if (e == NULL || e->path == NULL) {
		talloc_free(e);
		overflow(notify);
		return;
	}
	e->action = action;
	if (again(notify, e)) {
		talloc_free(e);
		return;
	}
	notify->last = e;
	*notify->end = e;
	notify->end = &e->next;
	notify->size += size;
}

static void notify_event(const struct store_event *event, void *private_data)
{
	struct notify *notify =
		talloc_get_type_abort(private_data, struct notify);

	switch (event->kind) {
	case STORE_EVENT_GONE: notify->gone = true; break;
	case STORE_EVENT_OVERFLOW: overflow(notify); break;
	default:
		if (!(event->what & notify->filter) ||
		    (event->unless & notify->filter) != 0) {
			return;
		}
		remember(notify, actions[event->kind], event->path);
		break;
	}
	wake_all(notify, 0);
}

void notify_directory_gone(struct notify *notify)
{
	notify->gone = true;
	wake_all(notify, 0);
}

static void notify_begun(struct tevent_req *subreq)
{
	struct notify *notify = tevent_req_callback_data(subreq, struct notify);
	bool missed = false;

	notify->beginning = NULL;
	notify->err = store_watch_recv(subreq, notify, &notify->watch, &missed);
	talloc_free(subreq);
	if (missed) {
		overflow(notify);
	}
	wake_all(notify, 0);
}

struct notify *notify_new(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			  struct store_file *dir, bool tree, uint32_t filter,
			  size_t limit)
{
	struct notify *notify = talloc_zero(mem_ctx, struct notify);

	if (notify == NULL) {
		return NULL;
	}
	notify->filter = filter;
	notify->limit = limit;
	notify->end = &notify->first;
	talloc_set_destructor(notify, notify_destructor);
	notify->beginning =
		store_watch_send(notify, ev, dir, tree, notify_event, notify);
	if (notify->beginning == NULL) {
		talloc_free(notify);
		return NULL;
	}
	tevent_req_set_callback(notify->beginning, notify_begun, notify);
	return notify;
}

bool notify_begins(const struct notify *notify)
{
	return notify->beginning != NULL;
}

bool notify_failed(const struct notify *notify)
{
	return notify->err != 0;
}

bool notify_ready(const struct notify *notify)
{
	return notify->first != NULL || notify->overflow || notify->gone ||
	       notify->err != 0;
}

static bool add_entry(struct wire_chain *list, TALLOC_CTX *mem_ctx,
		      const struct event *e)
{
	struct fscc_notify entry = {.action = e->action};

	return utf16_from_utf8(mem_ctx, e->path, &entry.name) &&
	       fscc_notify_add(list, &entry);
}

static NTSTATUS encode(const struct notify *notify, TALLOC_CTX *mem_ctx,
		       size_t max, struct wire_slice *out)
{
	struct wire_writer w = wire_writer_talloc(mem_ctx);
	struct wire_chain list = fscc_notify_list(&w);
	TALLOC_CTX *names = talloc_new(mem_ctx);
	const struct event *e = notify->first;

	while (e != NULL && add_entry(&list, names, e)) {
		e = e->next;
	}
	talloc_free(names);
	if (e != NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	*out = wire_writer_slice(&w);
	return out->len > max ? NT_STATUS_NOTIFY_ENUM_DIR : NT_STATUS_OK;
}

NTSTATUS notify_take(struct notify *notify, TALLOC_CTX *mem_ctx, size_t max,
		     struct wire_slice *out)
{
	NTSTATUS status = NT_STATUS_OK;

	*out = (struct wire_slice){0};
	if (notify->err != 0) {
		return ntstatus_from_errno(notify->err);
	}
	if (notify->overflow) {
		notify->overflow = false;
		return NT_STATUS_NOTIFY_ENUM_DIR;
	}
	if (notify->first == NULL && notify->gone) {
		return NT_STATUS_DELETE_PENDING;
	}
	status = encode(notify, mem_ctx, max, out);
	if (!NT_STATUS_IS_OK(status)) {
		*out = (struct wire_slice){0};
	}
	forget_all(notify);
	return status;
}

/* --- waiting -------------------------------------------------------------- */

static void notify_wait_cleanup(struct tevent_req *req,
				enum tevent_req_state how)
{
	struct notify_wait_state *state =
		tevent_req_data(req, struct notify_wait_state);

	(void)how;
	if (state->notify != NULL) {
		LIST_REMOVE(state->notify->waiters, state);
		state->notify = NULL;
	}
}

struct tevent_req *notify_wait_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct notify *notify)
{
	struct notify_wait_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct notify_wait_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->req = req;
	state->notify = notify;
	LIST_ADD(notify->waiters, state);
	tevent_req_set_cleanup_fn(req, notify_wait_cleanup);
	return req;
}

bool notify_wait_recv(struct tevent_req *req)
{
	enum tevent_req_state how = TEVENT_REQ_INIT;
	uint64_t err = 0;
	bool ok = !tevent_req_is_error(req, &how, &err);

	tevent_req_received(req);
	return ok;
}
