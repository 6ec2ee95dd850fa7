/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_query_info.c - QUERY_INFO (MS-SMB2 3.3.5.20): files, file systems,
 * security, quotas.
 */

#include <errno.h>

#include "server/acl.h"
#include "server/dispatch.h"
#include "server/query_info.h"
#include "server/quota.h"
#include "smbquic/smb2_posix.h"
#include "smbquic/fscc.h"

struct cmd_query_info_state {
	struct tevent_context *ev;
	struct request *r;
	struct smb2_query_info_request in;
	const struct query_class *class; /* NULL: security */
	struct query_info q;
	struct wire_slice sd; /* empty: made of attributes */
	struct wire_slice data;
	uint32_t needed; /* BUFFER_TOO_SMALL: so much would do */
	NTSTATUS status;
};

static void cmd_query_info_attr(struct tevent_req *subreq);
static void cmd_query_info_security(struct tevent_req *subreq);
static void cmd_query_info_space(struct tevent_req *subreq);
static void cmd_query_info_streams(struct tevent_req *subreq);
static void cmd_query_info_eas(struct tevent_req *subreq);
static void cmd_query_info_quotas(struct tevent_req *subreq);

/* --- what is asked for
 * --------------------------------------------------------- */

/* Neither the root nor a stream has one. */
static bool has_short_name(const struct file_open *fo)
{
	return store_short_names(fo->handle->store) &&
	       *fo->name->path != '\0' && fo->file->stream == NULL;
}

/* A class and a buffer that holds its fixed part (3.3.5.20.1, .2). */
static NTSTATUS choose_class(struct cmd_query_info_state *state)
{
	const struct smb2_query_info_request *in = &state->in;
	bool fs = in->info_type == SMB2_0_INFO_FILESYSTEM;
	size_t minimum = fs ? fscc_fs_minimum(in->file_info_class)
			    : fscc_file_minimum(in->file_info_class);

	if (!fs && in->file_info_class == FileAlternateNameInformation &&
	    !has_short_name(state->q.open)) {
		return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (!fs && in->file_info_class == FileNormalizedNameInformation &&
	    state->r->conn->agreed.dialect < SMB2_DIALECT_311) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	state->class = fs ? query_fs_class(in->file_info_class)
			  : query_file_class(in->file_info_class);
	if (state->class == NULL ||
	    (in->file_info_class == FilePosixInformation &&
	     !request_posix(state->r))) {
		return NT_STATUS_INVALID_INFO_CLASS;
	}
	state->q.sids = &state->r->conn->server->sids;
	if (in->output_buffer_length < minimum) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	if (state->class->access != 0 &&
	    !(state->q.open->access & state->class->access)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

/* 3.3.5.20.3 */
static NTSTATUS check_security(const struct cmd_query_info_state *state)
{
	uint32_t parts = state->in.additional_information;
	uint32_t access = state->q.open->access;

	if ((parts & SACL_SECURITY_INFORMATION) != 0 &&
	    !(access & SEC_ACCESS_SYSTEM_SECURITY)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if ((parts & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
		      DACL_SECURITY_INFORMATION)) != 0 &&
	    !(access & SEC_STD_READ_CONTROL)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	return NT_STATUS_OK;
}

static NTSTATUS cmd_query_info_check(struct cmd_query_info_state *state)
{
	struct request *r = state->r;
	struct smb2_query_info_request *in = &state->in;

	if (!smb2_query_info_request_decode(r->pdu.data, r->pdu.len, in) ||
	    in->output_buffer_length > r->conn->agreed.max_transact) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	state->q.open = file_use(state, r);
	if (state->q.open == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	switch (in->info_type) {
	case SMB2_0_INFO_FILE:
	case SMB2_0_INFO_FILESYSTEM: return choose_class(state);
	case SMB2_0_INFO_SECURITY: return check_security(state);
	case SMB2_0_INFO_QUOTA: return NT_STATUS_OK;
	default: return NT_STATUS_INVALID_PARAMETER;
	}
}

static struct tevent_req *quotas_send(struct cmd_query_info_state *state)
{
	return query_quota_send(state, state->ev,
				(struct file_open *)(uintptr_t)state->q.open,
				&state->r->conn->server->sids, state->in.input,
				state->in.output_buffer_length);
}

struct tevent_req *cmd_query_info_send(TALLOC_CTX *mem_ctx,
				       struct tevent_context *ev,
				       struct request *r)
{
	struct cmd_query_info_state *state = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cmd_query_info_state);
	bool quota = false;

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->r = r;
	if (tevent_req_error(req, cmd_query_info_check(state))) {
		return tevent_req_post(req, ev);
	}
	quota = state->in.info_type == SMB2_0_INFO_QUOTA;
	subreq = quota ? quotas_send(state)
		       : store_getattr_send(state, ev, state->q.open->handle);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(
		subreq, quota ? cmd_query_info_quotas : cmd_query_info_attr,
		req);
	return req;
}

/* --- the answer
 * ------------------------------------------------------------------ */

static bool put_answer(struct cmd_query_info_state *state,
		       struct wire_writer *w)
{
	struct security_descriptor sd = {0};
	uint32_t parts = state->in.additional_information;

	if (state->class == NULL && state->sd.len == 0) {
		return acl_descriptor(w, &state->r->conn->server->sids,
				      &state->q.attr, parts);
	}
	if (state->class == NULL) {
		if (!security_descriptor_decode(state->sd, &sd)) {
			return false;
		}
		sd = acl_parts(&sd, parts);
		return security_descriptor_encode(w, &sd);
	}
	return state->class->put(w, &state->q);
}

/* As many entries as fit; the last of them no longer leads further. */
static size_t cut_entries(struct wire_slice data, size_t max)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)data.data;
	size_t last = 0;
	size_t at = 0;

	for (;;) {
		struct wire_reader r = wire_reader(bytes + at, 4);
		size_t next = at + wire_get_u32(&r);

		if (next == at || next > max) {
			break;
		}
		last = at;
		at = next;
	}
	if (at == 0) {
		return 0;
	}
	wire_store_le(bytes + last, 0, 4);
	return at;
}

/* What is too long for the client's buffer is cut, or not sent at all. */
static void cmd_query_info_answer(struct tevent_req *req)
{
	struct cmd_query_info_state *state =
		tevent_req_data(req, struct cmd_query_info_state);
	struct wire_writer w = wire_writer_talloc(state);
	size_t max = state->in.output_buffer_length;

	if (!put_answer(state, &w)) {
		tevent_req_oom(req);
		return;
	}
	state->data = wire_writer_slice(&w);
	if (state->data.len > max && state->class == NULL) {
		state->needed = (uint32_t)state->data.len;
		tevent_req_error(req, NT_STATUS_BUFFER_TOO_SMALL);
		return;
	}
	if (state->data.len > max && state->class->cut == QUERY_WHOLE) {
		tevent_req_error(req, NT_STATUS_INFO_LENGTH_MISMATCH);
		return;
	}
	if (state->data.len > max) {
		state->data.len = state->class->cut == QUERY_ENTRIES
					  ? cut_entries(state->data, max)
					  : max;
		state->status = NT_STATUS_BUFFER_OVERFLOW;
	}
	tevent_req_done(req);
}

static void cmd_query_info_more(struct cmd_query_info_state *state,
				struct tevent_req *req)
{
	bool fs = state->in.info_type == SMB2_0_INFO_FILESYSTEM;
	enum query_wants wants =
		fs ? QUERY_NOTHING : query_file_wants(state->class->number);
	struct store_file *file = state->q.open->handle;
	struct tevent_req *subreq = NULL;
	tevent_req_fn done = NULL;

	if (fs) {
		subreq = store_statfs_send(state, state->ev, file);
		done = cmd_query_info_space;
	} else if (wants == QUERY_STREAMS) {
		subreq = store_streams_send(state, state->ev, file);
		done = cmd_query_info_streams;
	} else if (wants == QUERY_EAS) {
		subreq = query_ea_send(
			state, state->ev,
			(struct file_open *)(uintptr_t)state->q.open,
			&state->in);
		done = cmd_query_info_eas;
	} else {
		cmd_query_info_answer(req);
		return;
	}
	if (!tevent_req_nomem(subreq, req)) {
		tevent_req_set_callback(subreq, done, req);
	}
}

static void cmd_query_info_attr(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_query_info_state *state =
		tevent_req_data(req, struct cmd_query_info_state);
	int err = store_getattr_recv(subreq, &state->q.attr);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	if (state->class == NULL) {
		subreq = store_getsecurity_send(state, state->ev,
						state->q.open->handle);
		if (!tevent_req_nomem(subreq, req)) {
			tevent_req_set_callback(subreq, cmd_query_info_security,
						req);
		}
		return;
	}
	cmd_query_info_more(state, req);
}

/* The only stream, where there are no others. */
static void own_stream(struct cmd_query_info_state *state)
{
	struct store_stream *own = talloc_zero(state, struct store_stream);

	if (own != NULL && !state->q.open->handle->directory) {
		own->name = "";
		own->size = state->q.attr.size;
		own->allocation = state->q.attr.allocation;
		state->q.streams = own;
		state->q.num_streams = 1;
	}
}

static void cmd_query_info_streams(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_query_info_state *state =
		tevent_req_data(req, struct cmd_query_info_state);
	struct store_stream *streams = NULL;
	int err = store_streams_recv(subreq, state, &streams,
				     &state->q.num_streams);

	TALLOC_FREE(subreq);
	state->q.streams = streams;
	if (err == EOPNOTSUPP) {
		own_stream(state);
	} else if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	cmd_query_info_answer(req);
}

static void cmd_query_info_eas(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_query_info_state *state =
		tevent_req_data(req, struct cmd_query_info_state);
	NTSTATUS status = query_ea_recv(subreq, state, &state->q.eas);

	TALLOC_FREE(subreq);
	state->status = status;
	if (status != NT_STATUS_OK && status != NT_STATUS_BUFFER_OVERFLOW) {
		tevent_req_error(req, status);
		return;
	}
	cmd_query_info_answer(req);
}

static void cmd_query_info_quotas(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_query_info_state *state =
		tevent_req_data(req, struct cmd_query_info_state);
	NTSTATUS status = query_quota_recv(subreq, state, &state->data);

	TALLOC_FREE(subreq);
	if (!tevent_req_error(req, status)) {
		tevent_req_done(req);
	}
}

static void cmd_query_info_security(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_query_info_state *state =
		tevent_req_data(req, struct cmd_query_info_state);
	int err = store_getsecurity_recv(subreq, state, &state->sd);

	TALLOC_FREE(subreq);
	if (err != 0 && err != EOPNOTSUPP) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	cmd_query_info_answer(req);
}

static void cmd_query_info_space(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_query_info_state *state =
		tevent_req_data(req, struct cmd_query_info_state);
	int err = store_statfs_recv(subreq, &state->q.space);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	cmd_query_info_answer(req);
}

/* Error data of a buffer that is too small (2.2.2): the size that would have
 * done (3.3.5.20.3), or no size (3.3.5.20.1, .2). */
static void tell_needed(struct cmd_query_info_state *state, struct reply *reply)
{
	struct wire_writer number = wire_writer_talloc(reply->request);
	struct wire_writer context = wire_writer_talloc(reply->request);

	if (state->needed != 0) {
		wire_put_u32(&number, state->needed);
	}
	reply->error_data = wire_writer_slice(&number);
	if (state->r->conn->agreed.dialect == SMB2_DIALECT_311 &&
	    smb2_error_context_add(&context, SMB2_ERROR_ID_DEFAULT,
				   wire_writer_slice(&number))) {
		reply->error_data = wire_writer_slice(&context);
		reply->error_contexts = 1;
	}
}

NTSTATUS cmd_query_info_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_query_info_state *state =
		tevent_req_data(req, struct cmd_query_info_state);
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		if (state->needed != 0 ||
		    status == NT_STATUS_INFO_LENGTH_MISMATCH) {
			tell_needed(state, reply);
		}
		return status;
	}
	smb2_buffer_response_encode(&reply->body, state->data);
	return state->status;
}
