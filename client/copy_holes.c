/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a file of a server has data. One request tells of a few thousand
 * ranges; what follows is asked for from where they end.
 */
#include "client/client.h"
#include "client/copy_private.h"
#include "smbquic/smb2_fsctl_file.h"

#define ANSWER_MAX 65536
/* A file in more pieces is read as a whole. */
#define RANGES_MAX 65536

struct holes_state {
	struct copy_end *end;
	struct client_file *file;
	struct copy_range *range;
	size_t count;
	uint64_t next; /* all before it is known */
};

static void holes_told(struct tevent_req *subreq);

static void holes_ask(struct tevent_req *req)
{
	struct holes_state *state = tevent_req_data(req, struct holes_state);
	const struct smb2_file_range all = {
		.offset = state->next,
		.length = state->end->size - state->next,
	};
	struct wire_writer w = wire_writer_talloc(state);
	struct tevent_req *subreq = NULL;

	if (!smb2_file_range_encode(&w, &all)) {
		tevent_req_oom(req);
		return;
	}
	subreq = client_ioctl_send(state, client_file_tree(state->file),
				   state->file, FSCTL_QUERY_ALLOCATED_RANGES,
				   wire_writer_slice(&w), ANSWER_MAX);
	talloc_free(w.buf);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, holes_told, req);
}

struct tevent_req *copy_remote_holes_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct copy_end *end)
{
	struct holes_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct holes_state);

	if (req == NULL) {
		return NULL;
	}
	state->end = end;
	state->file = end->private_data;
	state->range = talloc_array(state, struct copy_range, 0);
	if (!tevent_req_nomem(state->range, req)) {
		holes_ask(req);
	}
	if (!tevent_req_is_in_progress(req)) {
		return tevent_req_post(req, ev);
	}
	return req;
}

/* One more. @return false: it is not in order, or there are too many. */
static bool holes_take(struct holes_state *state,
		       const struct smb2_file_range *in)
{
	uint64_t size = state->end->size;
	size_t room = talloc_array_length(state->range);

	if (in->length == 0 || in->offset < state->next ||
	    in->length > UINT64_MAX - in->offset ||
	    state->count == RANGES_MAX) {
		return false;
	}
	state->next = in->offset + in->length;
	if (in->offset >= size) {
		return true; /* room that was made behind its end */
	}
	if (state->count == room) {
		state->range =
			talloc_realloc(state, state->range, struct copy_range,
				       room + room / 2 + 16);
		if (state->range == NULL) {
			return false;
		}
	}
	state->range[state->count++] = (struct copy_range){
		.offset = in->offset,
		.len = (state->next < size ? state->next : size) - in->offset,
	};
	return true;
}

static bool holes_take_all(struct holes_state *state, struct wire_slice out)
{
	struct smb2_file_range in = {0};

	while (smb2_file_range_next(&out, &in)) {
		if (!holes_take(state, &in)) {
			return false;
		}
	}
	return out.len == 0;
}

static void holes_told(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct holes_state *state = tevent_req_data(req, struct holes_state);
	uint64_t before = state->next;
	struct wire_slice out = {0};
	NTSTATUS status = client_ioctl_recv(subreq, subreq, &out);
	bool more = status == NT_STATUS_BUFFER_OVERFLOW;

	if (NT_STATUS_IS_OK(status) || more) {
		status = holes_take_all(state, out) &&
					 (!more || state->next > before)
				 ? NT_STATUS_OK
				 : NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	talloc_free(subreq);
	if (req_failed(req, status)) {
		return;
	}
	if (more && state->next < state->end->size) {
		holes_ask(req);
		return;
	}
	tevent_req_done(req);
}

void copy_remote_holes_recv(struct tevent_req *req)
{
	struct holes_state *state = tevent_req_data(req, struct holes_state);

	if (NT_STATUS_IS_OK(req_status(req))) {
		state->end->data_count = state->count;
		state->end->data = talloc_move(state->end, &state->range);
	}
	talloc_free(req);
}
