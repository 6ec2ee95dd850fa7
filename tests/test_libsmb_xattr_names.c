/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As far as no server is asked; tests/491 asks one. */
#include "tests/testlib.h"

#include "client/libsmbclient/xattr_text.h"
#include "client/properties.h"

#define ALICE "S-1-5-21-1-2-3-1001"

/* Who the server knows has a name, all others are SIDs. */
static void test_account(void **state)
{
	struct client_account account[2] = {
		{.known = true, .name = "HERE\\alice"},
		{.known = false, .name = "S-1-5-32-544"},
	};
	struct client_account_list list = {.count = 2, .account = account};
	struct sid other = {0};

	(void)state;
	assert_true(sid_from_string(ALICE, &account[0].sid));
	assert_true(sid_from_string("S-1-5-32-544", &account[1].sid));
	assert_true(sid_from_string("S-1-1-0", &other));
	assert_string_equal(xattr_account(&list, &account[0].sid),
			    "HERE\\alice");
	assert_null(xattr_account(&list, &account[1].sid));
	assert_null(xattr_account(&list, &other));
	/* the server does not say */
	assert_null(xattr_account(NULL, &account[0].sid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
