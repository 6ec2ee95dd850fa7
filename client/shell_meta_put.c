/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * To the server: streams that the local file does not have go, each that it has
 * is written, and then the descriptor, which may take away the right to write,
 * is set.
 */
#include <errno.h>
#include <string.h>

#include "client/client_req.h"
#include "client/properties.h"
#include "client/shell_meta.h"

struct meta_put_state {
	const struct transfer *t;
	const struct meta_local *from;
	const char *remote;
	const char *name;
	struct client_stream_list *list; /* of the server's */
	size_t old;			 /* the next of them */
	size_t next;			 /* of from->stream */
	struct client_file *file;	 /* a stream */
	struct security_descriptor sd;
	uint32_t what; /* of it */
};

static void put_listed(struct tevent_req *subreq);
static void put_remove(struct tevent_req *req);
static void put_removed(struct tevent_req *subreq);
static void put_stream(struct tevent_req *req);
static void put_stream_opened(struct tevent_req *subreq);
static void put_stream_written(struct tevent_req *subreq);
static void put_stream_closed(struct tevent_req *subreq);
static void put_descriptor(struct tevent_req *req);
static void put_set(struct tevent_req *req);
static void put_set_done(struct tevent_req *subreq);

struct tevent_req *meta_put_send(TALLOC_CTX *mem_ctx, const struct transfer *t,
				 const struct meta_local *from,
				 const char *remote, const char *name,
				 bool fresh)
{
	struct meta_put_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct meta_put_state);

	if (req == NULL) {
		return NULL;
	}
	state->t = t;
	state->from = from;
	state->remote = talloc_strdup(state, remote);
	state->name = talloc_strdup(state, name);
	if (tevent_req_nomem(state->remote, req) ||
	    tevent_req_nomem(state->name, req)) {
		return tevent_req_post(req, t->ev);
	}
	if (fresh || !t->keep_streams) {
		put_stream(req);
		if (!tevent_req_is_in_progress(req)) {
			return tevent_req_post(req, t->ev);
		}
		return req;
	}
	subreq = client_streams_send(state, t->tree, remote);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, t->ev);
	}
	tevent_req_set_callback(subreq, put_listed, req);
	return req;
}

/* ------------------------------------------------------ what is too much */

static void put_listed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);

	/* A server that tells of none may have none. */
	(void)client_streams_recv(subreq, state, &state->list);
	talloc_free(subreq);
	put_remove(req);
}

static void put_remove(struct tevent_req *req)
{
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	size_t count = state->list != NULL ? state->list->count : 0;
	struct tevent_req *subreq = NULL;
	const char *name = NULL;
	char *path = NULL;

	for (; state->old < count; state->old++) {
		name = state->list->stream[state->old].name;
		if (*name != '\0' &&
		    meta_local_find(state->from, name) == NULL) {
			break;
		}
	}
	if (state->old == count) {
		put_stream(req);
		return;
	}
	path = meta_stream_path(state, state->t, state->remote, name);
	if (tevent_req_nomem(path, req)) {
		return;
	}
	meta_stream_begin(state->t);
	subreq = client_remove_send(state, state->t->tree, path, 0);
	meta_stream_end(state->t);
	talloc_free(path);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_removed, req);
}

static void put_removed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	NTSTATUS status = client_remove_recv(subreq);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		shell_transfer_clear(state->t);
		shell_fail(state->t->shell, status,
			   "%s: the stream %s is not deleted", state->name,
			   state->list->stream[state->old].name);
	}
	state->old++;
	put_remove(req);
}

/* ---------------------------------------------------------------- streams */

static const struct meta_stream *put_this(const struct meta_put_state *state)
{
	return &state->from->stream[state->next];
}

/* On to the next one; what of this one failed is said. */
static void put_next(struct tevent_req *req, NTSTATUS status)
{
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);

	if (!NT_STATUS_IS_OK(status)) {
		meta_lost(state->t, state->name, put_this(state)->name, status);
	}
	TALLOC_FREE(state->file);
	state->next++;
	put_stream(req);
}

static void put_stream(struct tevent_req *req)
{
	static const struct client_open how = {
		.access = FILE_WRITE_DATA | SEC_STD_SYNCHRONIZE,
		.share = FILE_SHARE_READ | FILE_SHARE_DELETE,
		.disposition = FILE_OVERWRITE_IF,
	};
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	struct tevent_req *subreq = NULL;
	char *path = NULL;

	if (state->next == state->from->count) {
		put_descriptor(req);
		return;
	}
	path = meta_stream_path(state, state->t, state->remote,
				put_this(state)->name);
	if (tevent_req_nomem(path, req)) {
		return;
	}
	meta_stream_begin(state->t);
	subreq = client_open_send(state, state->t->tree, path, &how);
	meta_stream_end(state->t);
	talloc_free(path);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_stream_opened, req);
}

static void put_close(struct tevent_req *req)
{
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	struct tevent_req *subreq = client_close_send(state, state->file);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_stream_closed, req);
}

static void put_stream_opened(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	NTSTATUS status = client_open_recv(subreq, state, &state->file, NULL);
	struct wire_slice data = {0};
	uint8_t *owner = NULL;

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		put_next(req, status);
		return;
	}
	data = put_this(state)->data;
	if (data.len == 0) {
		put_close(req);
		return;
	}
	owner = talloc_memdup(state, data.data, data.len);
	if (tevent_req_nomem(owner, req)) {
		return;
	}
	subreq = client_write_send(state, state->file, 0,
				   wire_slice(owner, data.len), owner);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_stream_written, req);
}

static void put_stream_written(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	size_t done = 0;
	NTSTATUS status = client_write_recv(subreq, &done);

	talloc_free(subreq);
	if (NT_STATUS_IS_OK(status) && done < put_this(state)->data.len) {
		status = NT_STATUS_DISK_FULL;
	}
	if (NT_STATUS_IS_OK(status)) {
		put_close(req);
	} else {
		put_next(req, status);
	}
}

static void put_stream_closed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	NTSTATUS status = client_close_recv(subreq);

	talloc_free(subreq);
	put_next(req, status);
}

/* ------------------------------------------------------------- descriptor */

static void put_descriptor(struct tevent_req *req)
{
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	struct security_descriptor *sd = &state->sd;

	if (state->from->descriptor.len == 0) {
		tevent_req_done(req);
		return;
	}
	if (!security_descriptor_decode(state->from->descriptor, sd)) {
		shell_transfer_clear(state->t);
		shell_fail_text(state->t->shell,
				"%s: the access list is not kept: what %s of "
				"the local file has is no security descriptor",
				state->name, META_DESCRIPTOR);
		tevent_req_done(req);
		return;
	}
	/* What was inherited stays so, but is not inherited anew. */
	if ((sd->control & SD_DACL_AUTO_INHERITED) != 0) {
		sd->control |= SD_DACL_AUTO_INHERIT_REQ;
	}
	state->what = sd->has_owner ? OWNER_SECURITY_INFORMATION : 0;
	state->what |= sd->has_group ? GROUP_SECURITY_INFORMATION : 0;
	if ((sd->control & SD_DACL_PRESENT) != 0) {
		state->what |= DACL_SECURITY_INFORMATION;
	}
	put_set(req);
}

static void put_set(struct tevent_req *req)
{
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	struct tevent_req *subreq = NULL;

	subreq = client_security_set_send(state, state->t->tree, state->remote,
					  state->what, &state->sd);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, put_set_done, req);
}

/* Who may say what may be done with a file cannot give it to somebody else:
 * then the list alone is kept. */
static void put_set_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct meta_put_state *state =
		tevent_req_data(req, struct meta_put_state);
	NTSTATUS status = client_security_set_recv(subreq);

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status) &&
	    state->what != DACL_SECURITY_INFORMATION &&
	    (state->what & DACL_SECURITY_INFORMATION) != 0) {
		state->what = DACL_SECURITY_INFORMATION;
		state->sd.has_owner = false;
		state->sd.has_group = false;
		put_set(req);
		return;
	}
	if (!NT_STATUS_IS_OK(status)) {
		meta_lost(state->t, state->name, NULL, status);
	}
	tevent_req_done(req);
}
