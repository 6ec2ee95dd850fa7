/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a caller puts together itself to be done between opening and closing a
 * path: one compound. */
#include "client/client_private.h"
#include "smbquic/utf16.h"

bool client_path_utf16(TALLOC_CTX *mem_ctx, const struct client_tree *tree,
		       const char *path, struct wire_slice *out)
{
	char *name = path_map_to_server(mem_ctx, tree->map_names, path);

	return name != NULL && utf16_from_utf8(mem_ctx, name, out);
}

bool client_path_posix(TALLOC_CTX *mem_ctx, const struct client_tree *tree,
		       const char *path, struct wire_slice *out)
{
	char *name = path_map_to_posix(mem_ctx, tree->map_names, path);

	return name != NULL && utf16_from_utf8(mem_ctx, name, out);
}

static void add_ioctl(struct call *call, const struct client_step *step)
{
	uint32_t max = step->max != 0 ? step->max : SMB2_CREDIT_UNIT;
	struct smb2_ioctl_request body = {
		.ctl_code = step->extra,
		.file_id = file_id_of(NULL),
		.max_output_response = max,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
		.input = step->data,
	};
	size_t bytes = step->data.len > max ? step->data.len : max;

	smb2_ioctl_request_encode(call_add(call, SMB2_IOCTL, bytes), &body);
}

static void add_step(struct call *call, const struct client_step *step)
{
	const struct client_query query = {
		.type = step->type,
		.info_class = step->info_class,
		.extra = step->extra,
		.input = step->data,
		.max = step->max,
	};

	switch (step->command) {
	case SMB2_QUERY_INFO: file_add_query(call, NULL, &query); break;
	case SMB2_IOCTL: add_ioctl(call, step); break;
	default:
		file_add_set(call, NULL, step->type, step->info_class,
			     step->extra, step->data);
		break;
	}
}

struct tevent_req *client_steps_send(TALLOC_CTX *mem_ctx,
				     struct client_tree *tree, const char *path,
				     const struct client_open *how,
				     const struct client_step *steps,
				     unsigned count)
{
	struct call *call = path_call(mem_ctx, tree, path, how);
	unsigned i = 0;

	for (i = 0; call != NULL && i < count && i < CLIENT_STEPS_MAX; i++) {
		add_step(call, &steps[i]);
	}
	if (call != NULL) {
		file_add_close(call, NULL);
		also_add(call, how);
	}
	return call_send(mem_ctx, client_tree_conn(tree), call);
}

/* @return false: the answer is not what it has to be. */
static bool take_step(const struct call_part *part, struct wire_slice *data)
{
	struct smb2_ioctl_response body = {0};

	*data = wire_slice(NULL, 0);
	if (NT_STATUS_IS_ERR(part->status)) {
		return true;
	}
	switch (part->command) {
	case SMB2_QUERY_INFO:
		return smb2_buffer_response_decode(part->reply.data,
						   part->reply.len, data);
	case SMB2_IOCTL:
		if (!smb2_ioctl_response_decode(part->reply.data,
						part->reply.len, &body)) {
			return false;
		}
		*data = body.output;
		return true;
	default: return true;
	}
}

static NTSTATUS take_steps(const struct call *call,
			   struct client_steps_result *out)
{
	struct smb2_create_response created = {0};
	unsigned i = 0;

	if (!smb2_create_response_decode(call->part[0].reply.data,
					 call->part[0].reply.len, &created)) {
		return NT_STATUS_INVALID_NETWORK_RESPONSE;
	}
	file_stat_from_create(&created, &out->stat);
	for (i = 0; i + 2 < also_own_parts(call); i++) {
		out->status[i] = call->part[i + 1].status;
		if (!take_step(&call->part[i + 1], &out->data[i])) {
			return NT_STATUS_INVALID_NETWORK_RESPONSE;
		}
	}
	return NT_STATUS_OK;
}

bool client_steps_also(struct tevent_req *req, struct client_stat *out)
{
	struct call *call = call_of(req);

	*out = (struct client_stat){0};
	return call != NULL && also_take(call, out);
}

NTSTATUS client_steps_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct client_steps_result **out)
{
	struct client_steps_result *result =
		talloc_zero(mem_ctx, struct client_steps_result);
	struct call *call = NULL;
	NTSTATUS status = NT_STATUS_OK;
	NTSTATUS first = NT_STATUS_OK;

	*out = NULL;
	if (result == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	first = path_recv(req, result, &call);
	if (call == NULL || !NT_STATUS_IS_OK(call->part[0].status)) {
		talloc_free(result);
		return first;
	}
	status = take_steps(call, result);
	if (!NT_STATUS_IS_OK(status)) {
		talloc_free(result);
		return status;
	}
	*out = result;
	return first;
}

NTSTATUS client_steps(TALLOC_CTX *mem_ctx, struct client_tree *tree,
		      const char *path, const struct client_open *how,
		      const struct client_step *steps, unsigned count,
		      struct client_steps_result **out)
{
	struct tevent_req *req =
		client_steps_send(tree, tree, path, how, steps, count);
	NTSTATUS status = client_wait(client_tree_conn(tree), req);

	*out = NULL;
	if (NT_STATUS_IS_OK(status)) {
		status = client_steps_recv(req, mem_ctx, out);
	}
	talloc_free(req);
	return status;
}
