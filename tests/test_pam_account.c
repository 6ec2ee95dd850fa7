/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PAM's answers as SMB's.
 */
#include "tests/testlib.h"

#include <security/pam_appl.h>

#include "server/pam_account.h"

static void test_statuses(void **state)
{
	int result = 0;

	(void)state;
	assert_int_equal(pam_account_status(PAM_SUCCESS), NT_STATUS_OK);
	assert_int_equal(pam_account_status(PAM_ACCT_EXPIRED),
			 NT_STATUS_ACCOUNT_EXPIRED);
	assert_int_equal(pam_account_status(PAM_NEW_AUTHTOK_REQD),
			 NT_STATUS_PASSWORD_MUST_CHANGE);
	assert_int_equal(pam_account_status(PAM_PERM_DENIED),
			 NT_STATUS_ACCOUNT_RESTRICTION);
	/* whatever else there may be, it lets nobody in */
	for (result = -1; result < 100; result++) {
		assert_int_equal(NT_STATUS_IS_OK(pam_account_status(result)),
				 result == PAM_SUCCESS);
	}
}

/* Whatever this machine's modules say of a name that nobody has: not yes,
 * or at least an answer. */
static void test_nobody(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *why = NULL;
	NTSTATUS status =
		pam_account_check(mem_ctx, "nobody-has-this-name-at-all", &why);

	(void)state;
	assert_true(NT_STATUS_IS_OK(status) || why != NULL);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
