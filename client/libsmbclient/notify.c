/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes in a folder, told as they happen. */
#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"
#include "smbquic/alarm.h"
#include "smbquic/utf16.h"

#define MAX_ACTIONS 4096

struct watch {
	struct client_file *dir;
	struct tevent_context *ev;
	struct tevent_req *req;
	bool recursive;
	uint32_t filter;
	smbc_notify_callback_fn cb;
	void *private_data;
	bool stop;
};

static void passed(void *private_data)
{
	bool *too_late = private_data;

	*too_late = true;
}

/* @return false: the time passed first. */
static bool wait_change(struct watch *w, unsigned timeout_ms)
{
	bool too_late = false;
	struct alarm *timer = NULL;

	if (timeout_ms > 0) {
		timer = alarm_add(w->ev, w->req, timeout_ms, passed, &too_late);
	}
	while (tevent_req_is_in_progress(w->req) && !too_late) {
		if (tevent_loop_once(w->ev) != 0) {
			break;
		}
	}
	if (!too_late) {
		talloc_free(timer);
	}
	return !too_late;
}

/* Names come with '\' between folders; programs get '/'. */
static char *take_name(TALLOC_CTX *mem_ctx, struct wire_slice utf16)
{
	char *name = utf16_to_utf8(mem_ctx, utf16);
	char *p = name;

	for (; p != NULL && *p != '\0'; p++) {
		if (*p == '\\') {
			*p = '/';
		}
	}
	return name;
}

/* Tell the program. An empty answer: changes were lost, and that is told as a
 * call without actions. @return 0 or an errno value. */
static int tell(struct watch *w, struct wire_slice data)
{
	struct wire_walker walk = fscc_notifies(data);
	struct smbc_notify_callback_action *actions = talloc_array(
		w->dir, struct smbc_notify_callback_action, MAX_ACTIONS);
	struct fscc_notify one = {0};
	size_t n = 0;
	int err = actions == NULL ? ENOMEM : 0;

	while (err == 0 && data.len > 0 && n < MAX_ACTIONS &&
	       fscc_notify_next(&walk, &one)) {
		actions[n].action = one.action;
		actions[n].filename = take_name(actions, one.name);
		err = actions[n].filename == NULL ? EPROTO : 0;
		n++;
	}
	if (err == 0) {
		w->stop = w->cb(actions, n, w->private_data) != 0;
	}
	talloc_free(actions);
	return err;
}

/* Until the callback has enough, or something fails. */
static int watch(struct watch *w, unsigned timeout_ms)
{
	int err = 0;

	while (err == 0 && !w->stop) {
		struct wire_slice data = {0};
		NTSTATUS status = 0;

		if (w->req == NULL) {
			w->req = client_notify_send(w->dir, w->dir, w->filter,
						    w->recursive);
		}
		if (w->req == NULL) {
			return ENOMEM;
		}
		if (!wait_change(w, timeout_ms)) {
			w->stop = w->cb(NULL, 0, w->private_data) != 0;
			continue;
		}
		status = client_notify_recv(w->req, w->dir, &data);
		TALLOC_FREE(w->req);
		if (status == NT_STATUS_NOTIFY_ENUM_DIR) {
			data = wire_slice(NULL, 0);
			status = NT_STATUS_OK;
		}
		err = NT_STATUS_IS_OK(status) ? tell(w, data)
					      : libsmb_errno(status);
	}
	return err;
}

static int open_and_watch(SMBCFILE *dir, struct watch *w, unsigned timeout_ms)
{
	struct client_open how = {0};
	NTSTATUS status = 0;
	int err = 0;

	client_open_default(&how);
	how.access = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES;
	how.options = FILE_DIRECTORY_FILE;
	status = client_open(dir, dir->srv->tree, dir->path, &how, &w->dir,
			     NULL);
	if (!NT_STATUS_IS_OK(status)) {
		return libsmb_errno(status);
	}
	err = watch(w, timeout_ms);
	TALLOC_FREE(w->req);
	client_close(w->dir);
	talloc_free(w->dir);
	return err;
}

int libsmb_notify(SMBCCTX *c, SMBCFILE *dir, smbc_bool recursive,
		  uint32_t filter, unsigned timeout_ms,
		  smbc_notify_callback_fn cb, void *private_data)
{
	struct watch w = {
		.recursive = recursive,
		.filter = filter,
		.cb = cb,
		.private_data = private_data,
	};
	int err = EBADF;

	if (!libsmb_enter(c)) {
		return -1;
	}
	w.ev = keeper_loop(c->internal->keeper);
	if (cb == NULL) {
		err = EINVAL;
	} else if (libsmb_has_file(c, dir)) {
		err = !dir->folder ? ENOTDIR
		      : dir->srv == NULL || dir->srv->tree == NULL
			      ? EINVAL
			      : open_and_watch(dir, &w, timeout_ms);
	}
	return libsmb_return(c, err);
}
