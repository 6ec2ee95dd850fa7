/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which mechanisms the settings permit, and to what a logon is bound. */
#include "tests/fixture_logon.h"

#include "server/logon.h"

#define SHARE "[data]\npath = /tmp\n"

static unsigned mechs_of(const char *text)
{
	TALLOC_CTX *tmp = talloc_new(NULL);
	unsigned mechs = logon_mechs(fixture_config(tmp, text, NULL));

	talloc_free(tmp);
	return mechs;
}

static void test_mechs(void **state)
{
	(void)state;
	assert_int_equal(mechs_of(SHARE), AUTH_MECH_NTLM);
	assert_int_equal(mechs_of("[global]\nserver ntlm = no\n"), 0);
	assert_int_equal(
		mechs_of("[global]\nkerberos method = system keytab\n"),
		AUTH_MECH_NTLM | AUTH_MECH_KERBEROS);
	assert_int_equal(mechs_of("[global]\nserver ntlm = no\n"
				  "kerberos method = dedicated keytab\n"
				  "dedicated keytab file = /k\n"),
			 AUTH_MECH_KERBEROS);
	assert_int_equal(mechs_of("[global]\nkerberos method = secrets only\n"),
			 AUTH_MECH_NTLM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mechs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
