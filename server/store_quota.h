/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_quota.h - what users have of a file system's space, and may have.
 *
 * The file system keeps quotas, and judges who may ask for whose and set them:
 * mostly everybody may ask for his own, and the administrator for all.
 */
#ifndef SERVER_STORE_QUOTA_H
#define SERVER_STORE_QUOTA_H

#include "server/store.h"

/** No limit. */
#define STORE_UNLIMITED UINT64_MAX

/** Of a user, in bytes. */
struct store_quota {
	uid_t uid;
	uint64_t used;
	uint64_t soft; /**< beyond it he is warned; or STORE_UNLIMITED */
	uint64_t hard; /**< he gets no more than that; or STORE_UNLIMITED */
};

/**
 * Of the users that have an entry, by uid, from `first` on; at most max.
 * @param file  any of the file system.
 */
struct tevent_req *store_quota_list_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct store_file *file, uid_t first,
					 size_t max);
/** Of these users. @param users  only uid counts; copied. */
struct tevent_req *store_quota_get_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct store_file *file,
					const struct store_quota *users,
					size_t count);
/**
 * Both. Who has no entry: all of it 0.
 * @param quotas  out: child of mem_ctx.
 * @return 0; EOPNOTSUPP no quotas there; EPERM not by this user.
 */
int store_quota_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
		     struct store_quota **quotas, size_t *count);

/** Set limits; `used` does not count. @param quotas  copied. */
struct tevent_req *store_quota_set_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct store_file *file,
					const struct store_quota *quotas,
					size_t count);
/** @return 0; EOPNOTSUPP; EPERM; EROFS; ERANGE more than there can be. The
 *  first ones may have been set. */
int store_quota_set_recv(struct tevent_req *req);

#endif
