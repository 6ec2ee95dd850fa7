/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the server: the descriptor, then the list of streams, then each of them
 * that an extended attribute may hold; to a local file, or into memory for an
 * archive.
 */
#include <errno.h>
#include <string.h>

#include "client/client_req.h"
#include "client/properties.h"
#include "client/shell_meta.h"

struct meta_get_state {
	const struct transfer *t;
	const char *remote;
	const char *local;	 /* NULL: into memory */
	struct meta_local *into; /* likewise */
	size_t room;		 /* for so much more */
	const char *name;
	struct client_stream_list *list;
	struct client_stream *stream; /* that is fetched */
	size_t next;
};

static void get_descriptor(struct tevent_req *subreq);
static void get_list(struct tevent_req *req);
static void get_listed(struct tevent_req *subreq);
static void get_stream(struct tevent_req *req);
static void get_stream_done(struct tevent_req *subreq);

static struct tevent_req *get_send(TALLOC_CTX *mem_ctx,
				   const struct transfer *t, const char *remote,
				   const char *local, struct meta_local *into,
				   const char *name)
{
	const struct client_query query = {
		.type = SMB2_0_INFO_SECURITY,
		.extra = OWNER_SECURITY_INFORMATION |
			 GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
	};
	struct meta_get_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct meta_get_state);

	if (req == NULL) {
		return NULL;
	}
	state->t = t;
	state->into = into;
	state->room = TAR_XATTRS_MAX;
	state->remote = talloc_strdup(state, remote);
	state->local = local != NULL ? talloc_strdup(state, local) : NULL;
	state->name = talloc_strdup(state, name);
	if (tevent_req_nomem(state->remote, req) ||
	    (into == NULL && tevent_req_nomem(state->local, req)) ||
	    tevent_req_nomem(state->name, req)) {
		return tevent_req_post(req, t->ev);
	}
	if (!t->keep_acls) {
		get_list(req);
		if (!tevent_req_is_in_progress(req)) {
			return tevent_req_post(req, t->ev);
		}
		return req;
	}
	subreq = client_query_path_send(state, t->tree, remote,
					SEC_STD_READ_CONTROL, &query);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, t->ev);
	}
	tevent_req_set_callback(subreq, get_descriptor, req);
	return req;
}

struct tevent_req *meta_get_send(TALLOC_CTX *mem_ctx, const struct transfer *t,
				 const char *remote, const char *local,
				 const char *name)
{
	return get_send(mem_ctx, t, remote, local, NULL, name);
}

struct tevent_req *meta_fetch_send(TALLOC_CTX *mem_ctx,
				   const struct transfer *t, const char *remote,
				   struct meta_local *into, const char *name)
{
	return get_send(mem_ctx, t, remote, NULL, into, name);
}

/* Does it fit into the archive? @param attribute  its name there. */
static bool take_room(struct meta_get_state *state, const char *attribute,
		      size_t len)
{
	size_t size = tar_xattr_size(attribute, len);

	if (size > state->room) {
		return false;
	}
	state->room -= size;
	return true;
}

/* @return 0 or errno. */
static int keep_descriptor(struct meta_get_state *state, struct wire_slice data)
{
	if (state->into == NULL) {
		return meta_set_descriptor(state->local, data);
	}
	if (!take_room(state, META_DESCRIPTOR, data.len)) {
		return EFBIG;
	}
	state->into->descriptor = wire_slice(
		talloc_memdup(state->into, data.data, data.len), data.len);
	return state->into->descriptor.data != NULL ? 0 : ENOMEM;
}

static int keep_stream(struct meta_get_state *state, struct wire_slice data)
{
	const char *name = state->stream->name;

	if (state->into == NULL) {
		return meta_set_stream(state->local, name, data);
	}
	/* its name there is longer by two constants, and it by a byte */
	if (!take_room(state, name,
		       data.len + sizeof(META_STREAM) +
			       sizeof(META_STREAM_END))) {
		return EFBIG;
	}
	return meta_local_add(state->into, name, data) ? 0 : ENOMEM;
}

static void get_descriptor(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct meta_get_state *state =
		tevent_req_data(req, struct meta_get_state);
	struct security_descriptor sd = {0};
	struct wire_slice data = {0};
	NTSTATUS status = client_query_path_recv(subreq, subreq, &data);
	int err = 0;

	if (NT_STATUS_IS_OK(status) && !security_descriptor_decode(data, &sd)) {
		status = NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	if (!NT_STATUS_IS_OK(status)) {
		meta_lost(state->t, state->name, NULL, status);
	} else {
		err = keep_descriptor(state, data);
		if (err != 0) {
			meta_lost_here(state->t, state->name, NULL, err,
				       data.len);
		}
	}
	talloc_free(subreq);
	get_list(req);
}

static void get_list(struct tevent_req *req)
{
	struct meta_get_state *state =
		tevent_req_data(req, struct meta_get_state);
	struct tevent_req *subreq = NULL;

	if (!state->t->keep_streams) {
		tevent_req_done(req);
		return;
	}
	subreq = client_streams_send(state, state->t->tree, state->remote);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, get_listed, req);
}

/* What the server's file has no longer. */
static void get_remove_others(struct meta_get_state *state)
{
	struct meta_local *here = NULL;
	size_t i = 0;
	size_t k = 0;

	if (meta_local_load(state, state->t, state->local, &here) != 0) {
		return; /* setting the others says why */
	}
	for (i = 0; i < here->count; i++) {
		for (k = 0; k < state->list->count; k++) {
			if (strcmp(here->stream[i].name,
				   state->list->stream[k].name) == 0) {
				break;
			}
		}
		if (k == state->list->count) {
			(void)meta_remove_stream(state->local,
						 here->stream[i].name);
		}
	}
	talloc_free(here);
}

static void get_listed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct meta_get_state *state =
		tevent_req_data(req, struct meta_get_state);
	NTSTATUS status = client_streams_recv(subreq, state, &state->list);

	talloc_free(subreq);
	/* A file system without streams has none. */
	if (!NT_STATUS_IS_OK(status) &&
	    status != NT_STATUS_INVALID_INFO_CLASS &&
	    status != NT_STATUS_NOT_SUPPORTED) {
		meta_lost(state->t, state->name, "list", status);
	}
	if (state->list == NULL) {
		tevent_req_done(req);
		return;
	}
	if (NT_STATUS_IS_OK(status) && state->into == NULL) {
		get_remove_others(state);
	}
	get_stream(req);
}

/* The next one; the nameless one is the file's own bytes. */
static void get_stream(struct tevent_req *req)
{
	struct meta_get_state *state =
		tevent_req_data(req, struct meta_get_state);
	const uint32_t most = state->into == NULL ? META_STREAM_MAX
						  : (uint32_t)TRANSFER_SMALL;
	struct tevent_req *subreq = NULL;
	char *path = NULL;

	for (; state->next < state->list->count; state->next++) {
		state->stream = &state->list->stream[state->next];
		if (*state->stream->name == '\0') {
			continue;
		}
		if (state->stream->size <= most) {
			break;
		}
		meta_lost_here(state->t, state->name, state->stream->name,
			       state->into == NULL ? E2BIG : EFBIG,
			       state->stream->size);
	}
	if (state->next == state->list->count) {
		tevent_req_done(req);
		return;
	}
	state->next++;
	path = meta_stream_path(state, state->t, state->remote,
				state->stream->name);
	if (tevent_req_nomem(path, req)) {
		return;
	}
	meta_stream_begin(state->t);
	subreq = client_get_small_send(state, state->t->tree, path, most + 1);
	meta_stream_end(state->t);
	talloc_free(path);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, get_stream_done, req);
}

static void get_stream_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct meta_get_state *state =
		tevent_req_data(req, struct meta_get_state);
	TALLOC_CTX *owner = NULL;
	struct wire_slice data = {0};
	struct client_stat stat = {0};
	NTSTATUS status =
		client_get_small_recv(subreq, state, &owner, &data, &stat);
	int err = 0;

	talloc_free(subreq);
	if (!NT_STATUS_IS_OK(status)) {
		meta_lost(state->t, state->name, state->stream->name, status);
	} else {
		if (data.len == stat.size) {
			err = keep_stream(state, data);
		} else {
			err = state->into != NULL ? EFBIG : E2BIG;
		}
		if (err != 0) {
			meta_lost_here(state->t, state->name,
				       state->stream->name, err, stat.size);
		}
	}
	TALLOC_FREE(owner);
	get_stream(req);
}
