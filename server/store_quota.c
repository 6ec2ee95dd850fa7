/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a store: quotas. */

#include <assert.h>
#include <errno.h>

#include "server/store_backend.h"
#include "server/store_quota.h"

static struct tevent_req *ask_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev,
				   struct store_file *file,
				   const struct store_quota_ask *ask)
{
	struct store_call *call = store_call_new(mem_ctx, ev, "quotas");
	struct tevent_req *req = NULL;

	if (call == NULL) {
		return NULL;
	}
	if (file->store->ops->quotas == NULL) {
		return store_call_failed(call, EOPNOTSUPP);
	}
	req = call->req;
	file->store->ops->quotas(call, file, ask);
	return store_call_begun(req, ev);
}

struct tevent_req *store_quota_list_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct store_file *file, uid_t first,
					 size_t max)
{
	const struct store_quota_ask ask = {
		.how = STORE_QUOTA_LIST,
		.first = first,
		.count = max,
	};

	assert(max > 0);
	return ask_send(mem_ctx, ev, file, &ask);
}

struct tevent_req *store_quota_get_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct store_file *file,
					const struct store_quota *users,
					size_t count)
{
	const struct store_quota_ask ask = {
		.how = STORE_QUOTA_GET,
		.quotas = users,
		.count = count,
	};

	return ask_send(mem_ctx, ev, file, &ask);
}

int store_quota_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		     struct store_quota **quotas, size_t *count)
{
	struct store_call *call = store_call_of(req);
	int err = store_call_error(req);

	*quotas = NULL;
	*count = 0;
	if (err == 0) {
		*quotas = talloc_move(mem_ctx, &call->quotas);
		*count = (size_t)call->count;
	}
	tevent_req_received(req);
	return err;
}

struct tevent_req *store_quota_set_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct store_file *file,
					const struct store_quota *quotas,
					size_t count)
{
	const struct store_quota_ask ask = {
		.how = STORE_QUOTA_SET,
		.quotas = quotas,
		.count = count,
	};

	return ask_send(mem_ctx, ev, file, &ask);
}

int store_quota_set_recv(struct tevent_req *req)
{
	int err = store_call_error(req);

	tevent_req_received(req);
	return err;
}
