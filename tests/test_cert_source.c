/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "certs/cert.h"

static void test_valid(void **state)
{
	static const char *const good[] = {
		"/a", "credential:tls.key", "pkcs11:token=a;object=b",
		"pkcs11:object=b?pin-source=/root/pin"};
	static const char *const bad[] = {"",
					  "a",
					  "./a",
					  "credential:",
					  "credential:a/b",
					  "credential:..",
					  "credential:.a",
					  "pkcs11:object=b?pin-value=1234",
					  "system"};
	char *why = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(cert_source_valid(*state, good[i], &why));
		assert_null(why);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (cert_source_valid(*state, bad[i], &why)) {
			fail_msg("%s was taken", bad[i]);
		}
		assert_non_null(why);
		assert_null(strstr(why, "1234"));
	}
	assert_true(cert_source_is_file("/a"));
	assert_true(cert_source_is_file("a"));
	assert_false(cert_source_is_file("pkcs11:a"));
	assert_false(cert_source_is_file("credential:a"));
	assert_true(cert_source_is_token("pkcs11:a"));
	assert_false(cert_source_is_token("/pkcs11:a"));
}

static void test_credential(void **state)
{
	char *why = NULL;

	unsetenv("CREDENTIALS_DIRECTORY");
	assert_string_equal(cert_source(*state, "/a", &why), "/a");
	assert_string_equal(cert_source(*state, "pkcs11:a", &why), "pkcs11:a");
	assert_null(cert_source(*state, "credential:a", &why));
	assert_non_null(strstr(why, "$CREDENTIALS_DIRECTORY is not set"));
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
	assert_string_equal(cert_source(*state, "credential:a", &why),
			    "/run/credentials/x/a");
	assert_null(cert_source(*state, "credential:../a", &why));
	assert_non_null(why);
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* A token that is not there is a sentence. */
static void test_no_token(void **state)
{
	char *why = NULL;

	assert_null(cert_load_pem(*state, "pkcs11:token=none;object=none", NULL,
				  NULL, &why));
	assert_non_null(strstr(why, "cannot use pkcs11:token=none"));
}

static int setup(void **state)
{
	*state = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_valid, setup, teardown),
		cmocka_unit_test_setup_teardown(test_credential, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_token, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
