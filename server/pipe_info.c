/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe_info.c - QUERY_INFO and SET_INFO of named pipes.
 */

#include "server/dispatch.h"
#include "server/pipe_private.h"
#include "smbquic/fscc.h"

/* --- QUERY_INFO ------------------------------------------------------------
 */

static bool put_standard(struct wire_writer *w, const struct pipe *pipe)
{
	const struct fscc_standard out = {
		.allocation_size = PIPE_QUOTA,
		.number_of_links = 1,
		.delete_pending = 1,
	};

	(void)pipe;
	return fscc_standard_encode(w, &out);
}

static bool put_pipe(struct wire_writer *w, const struct pipe *pipe)
{
	const struct fscc_pipe out = {.read_mode = FILE_PIPE_MESSAGE_MODE};

	(void)pipe;
	return fscc_pipe_encode(w, &out);
}

static bool put_pipe_local(struct wire_writer *w, const struct pipe *pipe)
{
	struct fscc_pipe_local out = {
		.named_pipe_type = FILE_PIPE_MESSAGE_TYPE,
		.named_pipe_configuration = FILE_PIPE_FULL_DUPLEX,
		.maximum_instances = UINT32_MAX,
		.current_instances = 1,
		.inbound_quota = PIPE_QUOTA,
		.outbound_quota = PIPE_QUOTA,
		.write_quota_available = PIPE_QUOTA,
		.named_pipe_state = FILE_PIPE_CONNECTED_STATE,
		.named_pipe_end = FILE_PIPE_CLIENT_END,
	};
	size_t messages = 0;
	size_t bytes = 0;

	rpc_pending(pipe->rpc, &messages, &bytes);
	out.read_data_available = (uint32_t)bytes;
	return fscc_pipe_local_encode(w, &out);
}

static const struct {
	uint8_t info_class;
	bool (*put)(struct wire_writer *w, const struct pipe *pipe);
} classes[] = {
	{FileStandardInformation, put_standard},
	{FilePipeInformation, put_pipe},
	{FilePipeLocalInformation, put_pipe_local},
};

struct pipe_info_state {
	struct wire_slice data;
};

static NTSTATUS query_pipe(struct request *r, struct pipe_info_state *state)
{
	struct wire_writer w = wire_writer_talloc(state);
	struct smb2_query_info_request in = {0};

	if (!smb2_query_info_request_decode(r->pdu.data, r->pdu.len, &in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (in.info_type != SMB2_0_INFO_FILE) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i].info_class != in.file_info_class) {
			continue;
		}
		if (!classes[i].put(&w, r->open->pipe)) {
			return NT_STATUS_INSUFFICIENT_RESOURCES;
		}
		state->data = wire_writer_slice(&w);
		return state->data.len > in.output_buffer_length
			       ? NT_STATUS_INFO_LENGTH_MISMATCH
			       : NT_STATUS_OK;
	}
	return NT_STATUS_INVALID_INFO_CLASS;
}

struct tevent_req *pipe_query_info_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct request *r)
{
	struct tevent_req *req = NULL;
	struct pipe_info_state *state = NULL;
	NTSTATUS status = NT_STATUS_OK;

	req = tevent_req_create(mem_ctx, &state, struct pipe_info_state);
	if (req == NULL) {
		return NULL;
	}
	status = query_pipe(r, state);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS pipe_query_info_recv(struct tevent_req *req, struct reply *reply)
{
	struct pipe_info_state *state =
		tevent_req_data(req, struct pipe_info_state);
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_buffer_response_encode(&reply->body, state->data);
	return NT_STATUS_OK;
}

/* --- SET_INFO --------------------------------------------------------------
 */

/* RPC clients ask for message mode, in which these pipes always are. */
static NTSTATUS set_pipe(const struct request *r)
{
	struct smb2_set_info_request in = {0};
	struct fscc_pipe mode = {0};

	if (!smb2_set_info_request_decode(r->pdu.data, r->pdu.len, &in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (in.info_type != SMB2_0_INFO_FILE ||
	    in.file_info_class != FilePipeInformation) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	return fscc_pipe_decode(in.buffer, &mode) ? NT_STATUS_OK
						  : NT_STATUS_INVALID_PARAMETER;
}

struct tevent_req *pipe_set_info_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct request *r)
{
	struct tevent_req *req = NULL;
	struct pipe_info_state *state = NULL;
	NTSTATUS status = set_pipe(r);

	req = tevent_req_create(mem_ctx, &state, struct pipe_info_state);
	if (req == NULL) {
		return NULL;
	}
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
		return tevent_req_post(req, ev);
	}
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS pipe_set_info_recv(struct tevent_req *req, struct reply *reply)
{
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_set_info_response_encode(&reply->body);
	return NT_STATUS_OK;
}
