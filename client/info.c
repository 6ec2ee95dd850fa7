/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server tells and is told of open files: QUERY_INFO, SET_INFO,
 * IOCTL. */
#include "client/client_private.h"

/* ------------------------------------------------------------------ query */

struct tevent_req *client_query_send(TALLOC_CTX *mem_ctx,
				     struct client_file *file,
				     const struct client_query *query)
{
	struct call *call = file_call(mem_ctx, file);

	if (call != NULL) {
		file_add_query(call, file, query);
	}
	return call_send(mem_ctx, file_conn(file), call);
}

NTSTATUS client_query_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct wire_slice *out)
{
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(req, mem_ctx, &call);

	*out = wire_slice(NULL, 0);
	if (!NT_STATUS_IS_OK(status) && status != NT_STATUS_BUFFER_OVERFLOW) {
		talloc_free(call);
		return status;
	}
	if (!smb2_buffer_response_decode(call->part[0].reply.data,
					 call->part[0].reply.len, out)) {
		talloc_free(call);
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	return status;
}

NTSTATUS client_query(TALLOC_CTX *mem_ctx, struct client_file *file,
		      const struct client_query *query, struct wire_slice *out)
{
	struct tevent_req *req = client_query_send(file, file, query);
	NTSTATUS status = client_wait(file_conn(file), req);

	*out = wire_slice(NULL, 0);
	if (NT_STATUS_IS_OK(status)) {
		status = client_query_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}

/* -------------------------------------------------------------------- set */

struct tevent_req *client_set_send(TALLOC_CTX *mem_ctx,
				   struct client_file *file, uint8_t type,
				   uint8_t info_class, uint32_t extra,
				   struct wire_slice data)
{
	struct call *call = file_call(mem_ctx, file);

	if (call != NULL) {
		file_add_set(call, file, type, info_class, extra, data);
	}
	return call_send(mem_ctx, file_conn(file), call);
}

NTSTATUS client_set_recv(struct tevent_req *req)
{
	return call_recv_status(req);
}

NTSTATUS client_set(struct client_file *file, uint8_t type, uint8_t info_class,
		    uint32_t extra, struct wire_slice data)
{
	struct tevent_req *req =
		client_set_send(file, file, type, info_class, extra, data);
	NTSTATUS status = client_wait(file_conn(file), req);

	if (NT_STATUS_IS_OK(status)) {
		status = client_set_recv(req);
	}
	talloc_free(req);
	return status;
}

/* ------------------------------------------------------------------ ioctl */

struct tevent_req *client_ioctl_send(TALLOC_CTX *mem_ctx,
				     struct client_tree *tree,
				     struct client_file *file, uint32_t code,
				     struct wire_slice input,
				     uint32_t max_output)
{
	struct client_conn *conn = client_tree_conn(tree);
	struct smb2_ioctl_request body = {
		.ctl_code = code,
		.file_id = file_id_of(file),
		.max_output_response = max_output,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
		.input = input,
	};
	struct call *call = NULL;

	if (conn == NULL) {
		return NULL;
	}
	call = call_new(mem_ctx, conn, tree->session, tree);
	if (call != NULL) {
		smb2_ioctl_request_encode(call_add(call, SMB2_IOCTL,
						   input.len > max_output
							   ? input.len
							   : max_output),
					  &body);
	}
	return call_send(mem_ctx, conn, call);
}

NTSTATUS client_ioctl_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct wire_slice *out)
{
	struct smb2_ioctl_response body = {0};
	struct call *call = NULL;
	NTSTATUS status = call_recv_one(req, mem_ctx, &call);

	*out = wire_slice(NULL, 0);
	/* With that one a server tells its limits (3.3.5.15.6). */
	if (status == NT_STATUS_INVALID_PARAMETER && call != NULL &&
	    smb2_ioctl_response_decode(call->part[0].reply.data,
				       call->part[0].reply.len, &body)) {
		*out = body.output;
		return status;
	}
	if (!NT_STATUS_IS_OK(status) && status != NT_STATUS_BUFFER_OVERFLOW) {
		talloc_free(call);
		return status;
	}
	if (!smb2_ioctl_response_decode(call->part[0].reply.data,
					call->part[0].reply.len, &body)) {
		talloc_free(call);
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	*out = body.output;
	return status;
}

NTSTATUS client_ioctl(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		      struct client_file *file, uint32_t code,
		      struct wire_slice input, uint32_t max_output,
		      struct wire_slice *out)
{
	struct tevent_req *req =
		client_ioctl_send(tree, tree, file, code, input, max_output);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*out = wire_slice(NULL, 0);
	if (NT_STATUS_IS_OK(status)) {
		status = client_ioctl_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}
