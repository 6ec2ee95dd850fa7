/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "certs/dn.h"

static bool same(const char *one, const char *two)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct dn *a = dn_parse(mem_ctx, one);
	struct dn *b = dn_parse(mem_ctx, two);
	bool equal = false;

	assert_non_null(a);
	assert_non_null(b);
	equal = dn_equal(a, b);
	assert_int_equal(dn_equal(b, a), equal);
	talloc_free(mem_ctx);
	return equal;
}

static void test_same(void **state)
{
	(void)state;
	assert_true(same("CN=Root", "CN=Root"));
	assert_true(same("CN=Root,O=Example,C=DE", "cn=root, o=EXAMPLE, c=de"));
	assert_true(same("CN=Our  Own CA ", "CN = Our Own CA"));
	/* as OpenSSL prints it */
	assert_true(same("CN=Root,O=Example,C=DE",
			 "C = DE, O = Example, CN = Root"));
	/* as Windows prints it */
	assert_true(
		same("CN=Root,O=Acme\\, Inc.", "CN=Root, O=\"Acme, Inc.\""));
	assert_true(same("EMAIL=a@b,ST=x", "E=a@b, S=x"));
	assert_true(same("CN=a+OU=b,O=c", "OU=b+CN=a,O=c"));
	assert_true(same("CN=a+OU=b,O=c", "O=c,OU=b+CN=a"));
	assert_true(same("CN=J\\C3\\BCrgen", "CN=J\xC3\xBCrgen"));
	assert_true(same("OID.1.2.3=x;O=y", "1.2.3=x,O=y"));
	assert_true(same("CN=", "cn="));
}

static void test_different(void **state)
{
	(void)state;
	assert_false(same("CN=Root", "CN=Root 2"));
	assert_false(same("CN=Root", "O=Root"));
	assert_false(same("CN=Root,O=Example", "CN=Root"));
	assert_false(same("CN=a,O=b,C=d", "O=b,CN=a,C=d"));
	assert_false(same("CN=a+O=b", "CN=a,O=b"));
	assert_false(same("CN=a\\,O=b", "CN=a,O=b"));
}

static void test_no_names(void **state)
{
	static const char *const bad[] = {
		"",	 "Root",      "=x",	 "CN",	      "CN=a,",
		",CN=a", "CN=a,,O=b", "CN=\"a",	 "CN=\"a\"b", "CN=a\\",
		"CN=a+", "C N=a",     "CN=\\00",
	};
	char long_one[DN_MAX + 8] = "CN=";
	char many[DN_MAX_PARTS * 4 + 8] = "A=b";
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (dn_parse(NULL, bad[i]) != NULL) {
			fail_msg("\"%s\" was taken", bad[i]);
		}
	}
	memset(long_one + 3, 'x', DN_MAX);
	assert_null(dn_parse(NULL, long_one));
	for (i = 0; i < DN_MAX_PARTS; i++) {
		memcpy(many + 3 + 4 * i, ",A=b", 5);
	}
	assert_null(dn_parse(NULL, many));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_different),
		cmocka_unit_test(test_no_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
