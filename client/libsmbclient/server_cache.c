/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which servers there are, for programs that do not keep the list
 * themselves. */
#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"

struct cache_row {
	TAILQ_ENTRY(cache_row) entry;
	SMBCSRV *srv;
	const char *server, *share, *workgroup, *user;
};

int libsmb_add_cached_server(SMBCCTX *c, SMBCSRV *srv, const char *server,
			     const char *share, const char *workgroup,
			     const char *user)
{
	struct cache_row *row = talloc_zero(c->internal, struct cache_row);

	if (row == NULL) {
		errno = ENOMEM;
		return 1;
	}
	row->srv = srv;
	row->server = talloc_strdup(row, server);
	row->share = talloc_strdup(row, share);
	row->workgroup = talloc_strdup(row, workgroup);
	row->user = talloc_strdup(row, user);
	if (row->server == NULL || row->share == NULL ||
	    row->workgroup == NULL || row->user == NULL) {
		talloc_free(row);
		errno = ENOMEM;
		return 1;
	}
	TAILQ_INSERT_HEAD(&c->internal->cache, row, entry);
	return 0;
}

SMBCSRV *libsmb_get_cached_server(SMBCCTX *c, const char *server,
				  const char *share, const char *workgroup,
				  const char *user)
{
	struct cache_row *row = NULL;

	TAILQ_FOREACH(row, &c->internal->cache, entry)
	{
		if (strcmp(server, row->server) == 0 &&
		    strcmp(share, row->share) == 0 &&
		    strcmp(workgroup, row->workgroup) == 0 &&
		    strcmp(user, row->user) == 0) {
			return row->srv;
		}
	}
	return NULL;
}

int libsmb_remove_cached_server(SMBCCTX *c, SMBCSRV *srv)
{
	struct cache_row *row = NULL;

	TAILQ_FOREACH(row, &c->internal->cache, entry)
	{
		if (row->srv == srv) {
			TAILQ_REMOVE(&c->internal->cache, row, entry);
			talloc_free(row);
			return 0;
		}
	}
	return 1;
}

int libsmb_purge_cached_servers(SMBCCTX *c)
{
	struct cache_row *row = TAILQ_FIRST(&c->internal->cache);
	int busy = 0;

	while (row != NULL) {
		struct cache_row *next = TAILQ_NEXT(row, entry);

		/* takes the row as well */
		if (c->callbacks.remove_unused_server_fn(c, row->srv) != 0) {
			busy = 1;
		}
		row = next;
	}
	return busy;
}
