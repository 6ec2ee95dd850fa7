/* SPDX-License-Identifier: GPL-3.0-or-later */
/* QUERY_INFO of extended attributes (MS-FSA 2.1.5.12.12). */

#include <errno.h>
#include <string.h>

#include "server/ea.h"
#include "server/name.h"
#include "server/query_info.h"
#include "server/request.h"
#include "smbquic/fscc.h"

struct query_ea_state {
	struct file_open *fo;
	const struct smb2_query_info_request *in;
	struct ea *eas;
	size_t count;
	struct wire_writer w;
	struct wire_chain list;
	size_t told;
	bool full;
};

static void query_ea_listed(struct tevent_req *subreq);

struct tevent_req *query_ea_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 struct file_open *fo,
				 const struct smb2_query_info_request *in)
{
	struct query_ea_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct query_ea_state);

	if (req == NULL) {
		return NULL;
	}
	state->fo = fo;
	state->in = in;
	subreq = ea_list_send(state, ev, fo->handle);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, query_ea_listed, req);
	return req;
}

/* false: it does not fit, or nothing more is wanted. */
static bool tell(struct query_ea_state *state, const char *name,
		 const struct ea *ea)
{
	struct fscc_ea out = {
		.name = wire_slice((const uint8_t *)name, strlen(name)),
	};
	/* as it stands in the list, behind an entry that is padded */
	size_t before = (state->w.len + 3) / 4 * 4;

	if (ea != NULL) {
		out.flags = ea->flags;
		out.value = ea->value;
	}
	if (before + 9 + out.name.len + out.value.len >
	    state->in->output_buffer_length) {
		state->full = true;
		return false;
	}
	if (!fscc_ea_add(&state->list, &out)) {
		state->full = true;
		return false;
	}
	state->told++;
	return (state->in->flags & SL_RETURN_SINGLE_ENTRY) == 0;
}

/* Those asked for by name: who has no value is not there. */
static NTSTATUS tell_named(struct query_ea_state *state)
{
	struct wire_walker walker = fscc_get_eas(state->in->input);
	struct wire_slice name = {0};
	bool more = true;

	while (more && fscc_get_ea_next(&walker, &name)) {
		char *text = talloc_strndup(state, (const char *)name.data,
					    name.len);
		const struct ea *found = NULL;
		size_t i = 0;

		if (text == NULL) {
			return NT_STATUS_NO_MEMORY;
		}
		if (name.len == 0) {
			return NT_STATUS_INVALID_EA_NAME;
		}
		for (i = 0; i < state->count && found == NULL; i++) {
			if (name_equal(state->eas[i].name, text)) {
				found = &state->eas[i];
			}
		}
		more = tell(state, found != NULL ? found->name : text, found);
	}
	return wire_walker_ok(&walker) ? NT_STATUS_OK
				       : NT_STATUS_EA_LIST_INCONSISTENT;
}

/* From where the last one ended, the first one, or an index from 1 on. */
static NTSTATUS tell_from(struct query_ea_state *state)
{
	const struct smb2_query_info_request *in = state->in;
	size_t at = state->fo->ea_next;

	if (state->count == 0) {
		return NT_STATUS_NO_EAS_ON_FILE;
	}
	if ((in->flags & SL_INDEX_SPECIFIED) != 0) {
		if (in->additional_information == 0 ||
		    in->additional_information > state->count) {
			return NT_STATUS_NONEXISTENT_EA_ENTRY;
		}
		at = in->additional_information - 1;
	} else if ((in->flags & SL_RESTART_SCAN) != 0) {
		at = 0;
	}
	if (at >= state->count) {
		return NT_STATUS_NO_MORE_EAS;
	}
	while (at < state->count &&
	       tell(state, state->eas[at].name, &state->eas[at])) {
		at++;
	}
	/* the one that was wanted alone was told, too */
	if (at < state->count && !state->full) {
		at++;
	}
	state->fo->ea_next = at;
	return NT_STATUS_OK;
}

static NTSTATUS answer(struct query_ea_state *state, int err)
{
	NTSTATUS status = NT_STATUS_OK;

	if (err == EOPNOTSUPP) {
		return NT_STATUS_EAS_NOT_SUPPORTED;
	}
	if (err != 0) {
		return ntstatus_from_errno(err);
	}
	state->w = wire_writer_talloc(state);
	state->list = fscc_ea_list(&state->w);
	status =
		state->in->input.len > 0 ? tell_named(state) : tell_from(state);
	if (status == NT_STATUS_OK && state->full && state->told == 0) {
		return NT_STATUS_BUFFER_TOO_SMALL;
	}
	return status;
}

static void query_ea_listed(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct query_ea_state *state =
		tevent_req_data(req, struct query_ea_state);
	int err = ea_list_recv(subreq, state, &state->eas, &state->count);

	TALLOC_FREE(subreq);
	if (!tevent_req_error(req, answer(state, err))) {
		tevent_req_done(req);
	}
}

NTSTATUS query_ea_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		       struct wire_slice *out)
{
	struct query_ea_state *state =
		tevent_req_data(req, struct query_ea_state);
	NTSTATUS status = NT_STATUS_OK;

	*out = (struct wire_slice){0};
	if (!request_failed(req, &status)) {
		*out = wire_writer_slice(&state->w);
		(void)talloc_steal(mem_ctx, out->data);
		status = state->full ? NT_STATUS_BUFFER_OVERFLOW : NT_STATUS_OK;
	}
	tevent_req_received(req);
	return status;
}
