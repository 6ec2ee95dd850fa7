/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a store: security descriptors. */

#include <errno.h>

#include "server/store_backend.h"

struct tevent_req *store_getsecurity_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct store_file *file)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "getsecurity");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (file->store->ops->getsecurity == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	req = call->req;
	file->store->ops->getsecurity(call, file);
	return store_call_begun(req, ev);
}

int store_getsecurity_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			   struct wire_slice *sd)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*sd = wire_slice(NULL, 0);
	if (err == 0) {
		*sd = wire_slice(talloc_move(mem_ctx, &call->value),
				 (size_t)call->count);
	}
	tevent_req_received(req);
	return err;
}

struct tevent_req *store_setsecurity_send(TALLOC_CTX *mem_ctx,
					  struct tevent_context *ev,
					  struct store_file *file,
					  uint32_t parts, struct wire_slice sd)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "setsecurity");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (file->store->ops->setsecurity == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	req = call->req;
	file->store->ops->setsecurity(call, file, parts, sd);
	return store_call_begun(req, ev);
}

int store_setsecurity_recv(struct tevent_req *req)
{
	int err = store_call_error(req);

	tevent_req_received(req);
	return err;
}
