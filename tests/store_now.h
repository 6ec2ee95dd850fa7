/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_now.h - stores without the wait, for tests of what comes after.
 */
#ifndef SMBQUIC_STORE_NOW_H
#define SMBQUIC_STORE_NOW_H

#include <errno.h>

#include "server/server.h"
#include "server/store.h"

/* store_new_send(), and its end waited for. */
static inline int store_now(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
			    const char *kind, struct worker_pool *pool,
			    const struct store_options *options,
			    struct store **out, char **why)
{
	struct tevent_req *req =
		store_new_send(mem_ctx, ev, kind, pool, options);
	int err = ENOMEM;

	if (req != NULL && tevent_req_poll(req, ev)) {
		err = store_new_recv(req, mem_ctx, out, why);
	}
	talloc_free(req);
	return err;
}

/* share_store_send(), likewise. */
static inline struct store *share_store_now(struct share *share,
					    TALLOC_CTX *owner,
					    const struct config_macros *macros,
					    char **why)
{
	struct tevent_context *ev = share->server->ev;
	struct tevent_req *req = share_store_send(owner, ev, share, macros);
	struct store *store = NULL;

	*why = NULL;
	if (req != NULL && tevent_req_poll(req, ev)) {
		store = share_store_recv(req, owner, why);
	}
	talloc_free(req);
	return store;
}

#endif
