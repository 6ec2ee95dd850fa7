/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pam_account.h - what PAM says of an account: `obey pam restrictions`.
 */
#ifndef SERVER_PAM_ACCOUNT_H
#define SERVER_PAM_ACCOUNT_H

#include <talloc.h>

#include "smbquic/ntstatus.h"

/** The file in /etc/pam.d; without it that is "other". */
#define PAM_ACCOUNT_SERVICE "smbquic"

/**
 * May somebody who has proven to be this user log on now (pam_acct_mgmt(3))?
 * Blocks for as long as the modules like: for a worker thread.
 *
 * @param why  out: unless NT_STATUS_OK a sentence for the log, child of
 *             mem_ctx; NULL: no memory.
 * @return NT_STATUS_OK; NT_STATUS_ACCOUNT_EXPIRED,
 *         NT_STATUS_PASSWORD_MUST_CHANGE, NT_STATUS_PASSWORD_EXPIRED,
 *         NT_STATUS_ACCOUNT_RESTRICTION.
 */
NTSTATUS pam_account_check(TALLOC_CTX *mem_ctx, const char *name, char **why);

/** The status for a result of PAM's; whatever is not success refuses. */
NTSTATUS pam_account_status(int result);

#endif
