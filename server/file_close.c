/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of an open: first what is at work on it, then the last look at its
 * attributes, then the deletion or the closing.
 */

#include "server/file.h"
#include "server/request.h"
#include "smbquic/list.h"

static void closer_idle(struct closer *closer);

/* --- uses --------------------------------------------------------------- */

static int file_use_destructor(struct file_use *use)
{
	file_use_forget(use);
	return 0;
}

void file_use_forget(struct file_use *use)
{
	struct file_open *fo = use->fo;

	if (fo == NULL) {
		return;
	}
	LIST_REMOVE(fo->uses, use);
	use->fo = NULL;
	if (fo->uses == NULL && fo->closer != NULL) {
		closer_idle(fo->closer);
	}
}

struct file_open *file_use(TALLOC_CTX *mem_ctx, struct request *r)
{
	struct file_open *fo = r->open != NULL ? r->open->file : NULL;
	struct file_use *use = NULL;

	if (fo == NULL || fo->closing) {
		return NULL;
	}
	use = talloc_zero(mem_ctx, struct file_use);
	if (use == NULL) {
		return NULL;
	}
	use->fo = fo;
	LIST_ADD(fo->uses, use);
	talloc_set_destructor(use, file_use_destructor);
	return fo;
}

/* --- closing ------------------------------------------------------------ */

struct closer {
	struct tevent_context *ev;
	struct tevent_req *req;
	struct file_open *fo; /* NULL: gone */
	struct tevent_immediate *idle;
	struct deletion *deletion;
	bool want_attr;
	struct store_attr attr;
};

static void close_idle(struct tevent_context *ev, struct tevent_immediate *im,
		       void *private_data);
static void close_queried(struct tevent_req *subreq);
static void close_leave(struct closer *closer);
static void close_done(struct tevent_req *subreq);

static int closer_destructor(struct closer *closer)
{
	if (closer->deletion != NULL) {
		deletion_notify(closer->deletion, NULL);
	}
	if (closer->fo != NULL) {
		closer->fo->closer = NULL;
	}
	return 0;
}

/* Nothing is at work on the open any more. Not from here: this happens within
 * the end of another request. */
static void closer_idle(struct closer *closer)
{
	tevent_schedule_immediate(closer->idle, closer->ev, close_idle, closer);
}

void closer_forget(struct closer *closer)
{
	closer->fo = NULL;
	TALLOC_FREE(closer->idle);
}

struct tevent_req *file_close_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct file_open *fo, bool want_attr)
{
	struct closer *closer = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &closer, struct closer);

	if (req == NULL) {
		return NULL;
	}
	closer->ev = ev;
	closer->req = req;
	closer->want_attr = want_attr;
	closer->idle = tevent_create_immediate(closer);
	if (tevent_req_nomem(closer->idle, req)) {
		return tevent_req_post(req, ev);
	}
	closer->fo = fo;
	fo->closer = closer;
	talloc_set_destructor(closer, closer_destructor);
	if (fo->uses == NULL) {
		closer_idle(closer);
	}
	return req;
}

static void close_idle(struct tevent_context *ev, struct tevent_immediate *im,
		       void *private_data)
{
	struct closer *closer =
		talloc_get_type_abort(private_data, struct closer);
	struct tevent_req *subreq = NULL;

	(void)ev;
	(void)im;
	if (!closer->want_attr) {
		close_leave(closer);
		return;
	}
	subreq = store_getattr_send(closer, closer->ev, closer->fo->handle);
	if (tevent_req_nomem(subreq, closer->req)) {
		return;
	}
	tevent_req_set_callback(subreq, close_queried, closer);
}

static void close_queried(struct tevent_req *subreq)
{
	struct closer *closer = tevent_req_callback_data(subreq, struct closer);

	closer->want_attr = store_getattr_recv(subreq, &closer->attr) == 0;
	talloc_free(subreq);
	close_leave(closer);
}

static void close_leave(struct closer *closer)
{
	struct file_open *fo = closer->fo;
	struct store_file *handle = NULL;
	struct tevent_req *subreq = NULL;

	if (fo == NULL) { /* the open ended meanwhile */
		tevent_req_done(closer->req);
		return;
	}
	closer->deletion = file_open_leave(fo);
	handle = talloc_steal(closer, fo->handle);
	fo->handle = NULL;
	talloc_free(fo);
	if (closer->deletion != NULL) {
		deletion_notify(closer->deletion, closer->req);
		return;
	}
	if (handle == NULL) { /* no memory for the deletion */
		tevent_req_done(closer->req);
		return;
	}
	subreq = store_close_send(closer, closer->ev, handle);
	if (tevent_req_nomem(subreq, closer->req)) {
		return;
	}
	tevent_req_set_callback(subreq, close_done, closer);
}

static void close_done(struct tevent_req *subreq)
{
	struct closer *closer = tevent_req_callback_data(subreq, struct closer);
	int err = store_close_recv(subreq);

	talloc_free(subreq);
	if (err != 0) {
		tevent_req_error(closer->req, ntstatus_from_errno(err));
		return;
	}
	tevent_req_done(closer->req);
}

NTSTATUS file_close_recv(struct tevent_req *req, bool *have_attr,
			 struct store_attr *attr)
{
	struct closer *closer = tevent_req_data(req, struct closer);
	NTSTATUS status = NT_STATUS_OK;

	*have_attr = closer->want_attr;
	*attr = closer->attr;
	(void)request_failed(req, &status);
	closer->deletion = NULL;
	tevent_req_received(req);
	return status;
}
