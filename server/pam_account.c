/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/pam_account.h"

#include <security/pam_appl.h>
#include <stddef.h>

static const struct {
	int result;
	NTSTATUS status;
} statuses[] = {
	{PAM_SUCCESS, NT_STATUS_OK},
	{PAM_ACCT_EXPIRED, NT_STATUS_ACCOUNT_EXPIRED},
	{PAM_NEW_AUTHTOK_REQD, NT_STATUS_PASSWORD_MUST_CHANGE},
	{PAM_AUTHTOK_EXPIRED, NT_STATUS_PASSWORD_EXPIRED},
};

NTSTATUS pam_account_status(int result)
{
	size_t i = 0;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].result == result) {
			return statuses[i].status;
		}
	}
	return NT_STATUS_ACCOUNT_RESTRICTION;
}

/* Nobody is there to be talked to. */
static int say_nothing(int count, const struct pam_message **messages,
		       struct pam_response **answers, void *private_data)
{
	(void)count;
	(void)messages;
	(void)answers;
	(void)private_data;
	return PAM_CONV_ERR;
}

NTSTATUS pam_account_check(TALLOC_CTX *mem_ctx, const char *name, char **why)
{
	const struct pam_conv conv = {.conv = say_nothing};
	pam_handle_t *pam = NULL;
	int result = pam_start(PAM_ACCOUNT_SERVICE, name, &conv, &pam);

	*why = NULL;
	if (result == PAM_SUCCESS) {
		result = pam_acct_mgmt(pam, PAM_SILENT);
	}
	if (result != PAM_SUCCESS) {
		*why = talloc_asprintf(mem_ctx, "PAM refuses %s: %s", name,
				       pam_strerror(pam, result));
	}
	if (pam != NULL) {
		pam_end(pam, result);
	}
	return pam_account_status(result);
}
