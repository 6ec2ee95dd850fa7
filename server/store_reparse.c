/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a store: reparse points. */

#include <errno.h>

#include "server/store_backend.h"

struct tevent_req *store_getreparse_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct store_file *file)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "getreparse");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (file->store->ops->getreparse == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	req = call->req;
	file->store->ops->getreparse(call, file);
	return store_call_begun(req, ev);
}

int store_getreparse_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  struct wire_slice *data)
{
	return store_getsecurity_recv(req, mem_ctx, data);
}

struct tevent_req *store_setreparse_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct store_file *file,
					 struct wire_slice data)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "setreparse");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (file->store->ops->setreparse == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	req = call->req;
	file->store->ops->setreparse(call, file, data);
	return store_call_begun(req, ev);
}

int store_setreparse_recv(struct tevent_req *req)
{
	return store_setsecurity_recv(req);
}
