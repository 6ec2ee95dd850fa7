/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "negotiate/kerberos.h"

/* With that in krb5.conf; NULL: nothing. */
static char *cache_with(const char *pattern, uid_t uid)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *path = talloc_asprintf(mem_ctx, "%s/krb5.conf",
				     testlib_tmpdir(mem_ctx));
	FILE *file = fopen(path, "w");
	char *name = NULL;

	assert_non_null(file);
	fprintf(file, "[libdefaults]\ndefault_realm = UNIT.TEST\n");
	if (pattern != NULL) {
		fprintf(file, "default_ccache_name = %s\n", pattern);
	}
	fclose(file);
	setenv("KRB5_CONFIG", path, 1);
	name = kerberos_cache_of(uid);
	talloc_free(mem_ctx);
	return name;
}

static void assert_cache(const char *pattern, uid_t uid, const char *wanted)
{
	char *name = cache_with(pattern, uid);

	assert_non_null(name);
	assert_string_equal(name, wanted);
	free(name);
}

static void test_names(void **state)
{
	(void)state;
	setenv("KRB5CCNAME", "FILE:/somebody/else", 1);
	assert_cache(NULL, 1234, "FILE:/tmp/krb5cc_1234");
	assert_cache("KEYRING:persistent:%{uid}", 1000,
		     "KEYRING:persistent:1000");
	assert_cache("DIR:/run/user/%{euid}/cc", 4294967294u,
		     "DIR:/run/user/4294967294/cc");
	assert_cache("FILE:%{TEMP}/x%{null}_%{USERID}", 7, "FILE:/tmp/x_7");
	assert_cache("FILE:/a%b", 7, "FILE:/a%b");
}

static void test_user_name(void **state)
{
	const struct passwd *pw = getpwuid(0);
	char wanted[300] = "";

	(void)state;
	if (pw != NULL) {
		snprintf(wanted, sizeof(wanted), "FILE:/c/%s", pw->pw_name);
		assert_cache("FILE:/c/%{username}", 0, wanted);
	}
	assert_null(cache_with("FILE:/c/%{username}", 4294967290u));
}

static void test_unknown(void **state)
{
	(void)state;
	assert_null(cache_with("FILE:%{LIBDIR}/x", 7));
	assert_null(cache_with("FILE:/tmp/%{uid", 7));
	assert_null(cache_with("FILE:/tmp/%{}", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_user_name),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
