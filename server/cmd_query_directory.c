/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_query_directory.c - QUERY_DIRECTORY (MS-SMB2 3.3.5.18).
 */
#include <errno.h>

#include "server/dispatch.h"
#include "server/file_info.h"
#include "server/listing.h"
#include "server/posix_info.h"
#include "server/short_name.h"
#include "smbquic/fscc.h"
#include "smbquic/utf16.h"

struct cmd_query_directory_state {
	struct tevent_context *ev;
	struct request *r;
	struct smb2_query_directory_request in;
	struct file_open *open;
	struct listing *listing;
	struct wire_writer w;
	struct fscc_dir_list list;
	bool told_before;
	bool posix; /* FilePosixInformation */
};

static void cmd_query_directory_turn(struct tevent_req *subreq);
static void cmd_query_directory_more(struct tevent_req *req);
static void cmd_query_directory_peeked(struct tevent_req *subreq);

/* --- the request ------------------------------------------------------------
 */

static NTSTATUS cmd_query_directory_check(
	struct cmd_query_directory_state *state)
{
	struct request *r = state->r;
	struct smb2_query_directory_request *in = &state->in;
	size_t fixed = 0;

	if (!smb2_query_directory_request_decode(r->pdu.data, r->pdu.len, in) ||
	    in->output_buffer_length > r->conn->agreed.max_transact) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	state->open = file_use(state, r);
	if (state->open == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	if (!state->open->handle->directory) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (!(state->open->access & FILE_LIST_DIRECTORY)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	state->posix = in->information_class == FilePosixInformation &&
		       request_posix(r);
	fixed = state->posix ? POSIX_ENTRY_MIN
			     : fscc_dir_fixed_size(in->information_class);
	if (fixed == 0) {
		return NT_STATUS_INVALID_INFO_CLASS;
	}
	if (in->output_buffer_length < fixed) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	state->listing = listing_of(state->open);
	return state->listing != NULL ? NT_STATUS_OK : NT_STATUS_NO_MEMORY;
}

struct tevent_req *cmd_query_directory_send(TALLOC_CTX *mem_ctx,
					    struct tevent_context *ev,
					    struct request *r)
{
	struct cmd_query_directory_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req = tevent_req_create(
		mem_ctx, &state, struct cmd_query_directory_state);

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->r = r;
	if (tevent_req_error(req, cmd_query_directory_check(state))) {
		return tevent_req_post(req, ev);
	}
	/* not freed before the end: it holds the turn */
	subreq = listing_turn_send(state, ev, state->listing);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, cmd_query_directory_turn, req);
	return req;
}

/* Begin, or begin again (3.3.5.18, 3.3.5.18.1). An empty pattern means all, or
 * the one that was used before. */
static NTSTATUS choose_pattern(struct cmd_query_directory_state *state)
{
	const struct smb2_query_directory_request *in = &state->in;
	struct wire_slice text = in->pattern;
	struct name_pattern *pattern = NULL;
	bool begun = listing_begun(state->listing);
	bool again = (in->flags & (SMB2_RESTART_SCANS | SMB2_REOPEN)) != 0;

	if (begun && !again) {
		return NT_STATUS_OK;
	}
	if (!begun && text.len == 0) {
		text = wire_slice("*\0", 2);
	}
	if (text.len > 0) {
		pattern =
			state->open->posix
				? posix_pattern(state, text)
				: name_pattern_new(state, text.data, text.len);
		if (pattern == NULL) {
			return errno == ENOMEM ? NT_STATUS_NO_MEMORY
					       : NT_STATUS_OBJECT_NAME_INVALID;
		}
	}
	listing_restart(state->listing, pattern);
	return NT_STATUS_OK;
}

static void cmd_query_directory_turn(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_query_directory_state *state =
		tevent_req_data(req, struct cmd_query_directory_state);

	tevent_queue_wait_recv(subreq);
	if (tevent_req_error(req, choose_pattern(state))) {
		return;
	}
	state->told_before = listing_told(state->listing);
	state->w = wire_writer_talloc(state);
	state->list = fscc_dir_list(&state->w, state->in.information_class,
				    state->in.output_buffer_length);
	cmd_query_directory_more(req);
}

/* --- the entries
 * -------------------------------------------------------------- */

/* Where it is not the name itself. */
static bool add_short_name(struct cmd_query_directory_state *state,
			   const char *name, struct fscc_dir_entry *out)
{
	char made[SHORT_NAME_MAX + 1];

	if (short_name_is(name) || name[strspn(name, ".")] == '\0') {
		return true;
	}
	short_name_of(name, made);
	return utf16_from_utf8(state, made, &out->short_name);
}

static bool add_entry(struct cmd_query_directory_state *state,
		      const struct store_entry *e)
{
	struct fscc_dir_entry out = {
		.creation_time = e->attr.create_time,
		.last_access_time = e->attr.access_time,
		.last_write_time = e->attr.write_time,
		.change_time = e->attr.change_time,
		.end_of_file = e->attr.size,
		.allocation_size = e->attr.allocation,
		.file_attributes = file_attributes(&e->attr),
		.file_id = e->attr.file_id,
		.ea_size = e->attr.reparse_tag != 0 ? e->attr.reparse_tag
						    : e->attr.ea_size,
		.reparse_tag = e->attr.reparse_tag,
	};
	bool ok = false;

	if (state->posix) {
		return posix_add_entry(&state->list, e);
	}
	wire_store_le(out.file_id_128.bytes, e->attr.file_id, 8);
	if (!utf16_from_utf8(state, e->name, &out.name)) {
		return false;
	}
	if (store_short_names(state->open->handle->store) &&
	    !add_short_name(state, e->name, &out)) {
		return false;
	}
	ok = fscc_dir_add(&state->list, &out);
	talloc_unlink(state, (void *)(uintptr_t)out.name.data);
	talloc_unlink(state, (void *)(uintptr_t)out.short_name.data);
	return ok;
}

/* Nothing more, or it does not fit: what is there is the answer. */
static void cmd_query_directory_end(struct tevent_req *req, bool full)
{
	struct cmd_query_directory_state *state =
		tevent_req_data(req, struct cmd_query_directory_state);

	if (state->list.count > 0) {
		tevent_req_done(req);
		return;
	}
	if (full) {
		tevent_req_error(req, NT_STATUS_INFO_LENGTH_MISMATCH);
		return;
	}
	listing_none(state->listing);
	tevent_req_error(req, state->told_before ? NT_STATUS_NO_MORE_FILES
						 : NT_STATUS_NO_SUCH_FILE);
}

static void cmd_query_directory_more(struct tevent_req *req)
{
	struct cmd_query_directory_state *state =
		tevent_req_data(req, struct cmd_query_directory_state);
	bool single = (state->in.flags & SMB2_RETURN_SINGLE_ENTRY) != 0;
	const struct store_entry *e = NULL;
	struct tevent_req *subreq = NULL;

	for (e = listing_peek(state->listing); e != NULL;
	     e = listing_peek(state->listing)) {
		if (!add_entry(state, e)) {
			cmd_query_directory_end(req, true);
			return;
		}
		listing_next(state->listing);
		if (single) {
			tevent_req_done(req);
			return;
		}
	}
	subreq = listing_peek_send(state, state->ev, state->listing,
				   state->r->tree->cred);
	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, cmd_query_directory_peeked, req);
}

static void cmd_query_directory_peeked(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	const struct store_entry *entry = NULL;
	int err = listing_peek_recv(subreq, &entry);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	if (entry == NULL) {
		cmd_query_directory_end(req, false);
		return;
	}
	cmd_query_directory_more(req);
}

NTSTATUS cmd_query_directory_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_query_directory_state *state =
		tevent_req_data(req, struct cmd_query_directory_state);
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_buffer_response_encode(&reply->body, wire_writer_slice(&state->w));
	return NT_STATUS_OK;
}
