/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes that end at once and go out later, together, where the configuration
 * says "write behind = yes" and the server gives a lease for it: see
 * client/cache.h. Calls by name, of any file, see what was written before, and
 * so does everybody else, since the server takes the lease back from us first.
 */
#include "client/libsmbclient/libsmb.h"

NTSTATUS behind_settle(SMBCFILE *file)
{
	if (!file->behind || file->cache == NULL) {
		return NT_STATUS_OK;
	}
	return client_cache_settle(file->cache);
}

void behind_settle_all(SMBCCTX *c)
{
	SMBCFILE *file = NULL;

	TAILQ_FOREACH(file, &c->internal->files, entry)
	{
		(void)behind_settle(file);
	}
}

NTSTATUS behind_write(SMBCFILE *file, const void *buf, size_t count)
{
	return client_cache_write(file->cache, (uint64_t)file->offset, buf,
				  count);
}
