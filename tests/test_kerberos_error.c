/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <krb5.h>
#include <stdlib.h>

#include "negotiate/kerberos_private.h"

static void says(OM_uint32 major, int32_t minor, NTSTATUS status,
		 const char *words)
{
	NTSTATUS got = NT_STATUS_OK;
	char *text = kerberos_client_error(major, (OM_uint32)minor, &got);

	assert_non_null(text);
	assert_non_null(strstr(text, words));
	assert_int_equal(got, status);
	free(text);
}

static void test_client(void **state)
{
	(void)state;
	says(GSS_S_FAILURE, KRB5KRB_AP_ERR_SKEW,
	     NT_STATUS_TIME_DIFFERENCE_AT_DC, "clock");
	says(GSS_S_CREDENTIALS_EXPIRED, KRB5KRB_AP_ERR_TKT_EXPIRED,
	     NT_STATUS_NO_SUCH_LOGON_SESSION, "kinit");
	says(GSS_S_FAILURE, KRB5KDC_ERR_PREAUTH_FAILED, NT_STATUS_LOGON_FAILURE,
	     "password");
	says(GSS_S_FAILURE, KRB5_KDC_UNREACH, NT_STATUS_NO_LOGON_SERVERS,
	     "no KDC");
	/* unknown ones in the library's words */
	says(GSS_S_FAILURE, ENOSPC, NT_STATUS_LOGON_FAILURE, "");
	says(GSS_S_NO_CRED, 0, NT_STATUS_NO_SUCH_LOGON_SESSION, "redential");
	says(GSS_S_BAD_BINDINGS, 0, NT_STATUS_LOGON_FAILURE, "relays");
}

static void test_server(void **state)
{
	char *text = kerberos_server_error(GSS_S_FAILURE,
					   (OM_uint32)KRB5_KT_KVNONOTFOUND);

	(void)state;
	assert_non_null(strstr(text, "renew the keytab"));
	free(text);
	text = kerberos_server_error(GSS_S_DEFECTIVE_TOKEN, 0);
	assert_non_null(text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
