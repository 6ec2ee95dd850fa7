/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * account.h - the questions about users that may block (NSS), asked in worker
 * threads.
 */
#ifndef SERVER_ACCOUNT_H
#define SERVER_ACCOUNT_H

#include "server/server.h"

/**
 * Who acts for a name of the users file (users_resolve).
 *
 * @param vouched  somebody else, a KDC, vouches for the user: a Unix account
 *                 is enough, except for root. One of the users file that is
 *                 disabled or locked stays out.
 */
struct tevent_req *account_resolve_send(TALLOC_CTX *mem_ctx,
					struct tevent_context *ev,
					struct server *server, const char *name,
					bool vouched);
/** Likewise for `guest account`. */
struct tevent_req *account_guest_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct server *server);
/**
 * Of both.
 * @param user  out: child of mem_ctx.
 * @param why   out: on failure a sentence, child of mem_ctx; may stay NULL.
 * @return NT_STATUS_OK; NT_STATUS_NO_SUCH_USER, NT_STATUS_ACCOUNT_DISABLED,
 *         those of pam_account_check(),
 *         NT_STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS account_resolve_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			      struct user **user, char **why);

/** What a share allows a user: `valid users`, `read list`, `force user` ... */
struct tevent_req *account_admit_send(TALLOC_CTX *mem_ctx,
				      struct tevent_context *ev,
				      struct share *share,
				      const struct user *user);

struct account_admission {
	bool read_only;
	struct user *forced; /**< who acts instead; NULL: the user; child of
				  mem_ctx */
};

/** @return NT_STATUS_OK; NT_STATUS_ACCESS_DENIED with *why;
 *          NT_STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS account_admit_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			    struct account_admission *out, char **why);

#endif
