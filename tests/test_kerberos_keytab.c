/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keytabs that are not there, not keytabs, without a key of ours, and good. */
#include <krb5.h>
#include <string.h>

#include "negotiate/auth.h"
#include "smbquic/savefile.h"
#include "tests/testlib.h"

static const char *const patterns[] = {"cifs/*", "host/*", NULL};

static void add_key(const char *keytab, const char *principal)
{
	krb5_keytab_entry entry = {.vno = 1};
	uint8_t key[16] = {1};
	krb5_context krb5 = NULL;
	krb5_keytab kt = NULL;

	assert_int_equal(krb5_init_context(&krb5), 0);
	assert_int_equal(krb5_kt_resolve(krb5, keytab, &kt), 0);
	assert_int_equal(krb5_parse_name(krb5, principal, &entry.principal), 0);
	entry.key.enctype = ENCTYPE_AES128_CTS_HMAC_SHA1_96;
	entry.key.length = sizeof(key);
	entry.key.contents = key;
	assert_int_equal(krb5_kt_add_entry(krb5, kt, &entry), 0);
	krb5_free_principal(krb5, entry.principal);
	krb5_kt_close(krb5, kt);
	krb5_free_context(krb5);
}

static void expect(TALLOC_CTX *mem_ctx, const char *keytab, const char *what)
{
	char *why = auth_keytab_problem(mem_ctx, keytab, patterns);

	if (what == NULL) {
		assert_null(why);
		return;
	}
	assert_non_null(why);
	if (strstr(why, what) == NULL || strstr(why, keytab) == NULL) {
		fail_msg("%s", why);
	}
}

static void test_keytab(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *dir = testlib_tmpdir(mem_ctx);
	char *file = talloc_asprintf(mem_ctx, "%s/krb5.keytab", dir);
	char *text = talloc_asprintf(mem_ctx, "%s/text", dir);

	(void)state;
	expect(mem_ctx, file, "cannot be used: ");
	expect(mem_ctx, file, "not found");
	assert_int_equal(savefile_write(text, 0600, false, "text", 4), 0);
	expect(mem_ctx, text, "cannot be used: ");
	add_key(file, "nfs/files.example.org@EXAMPLE.ORG");
	expect(mem_ctx, file, "has no key of a name in `kerberos principals`");
	add_key(file, "CIFS/files.example.org@EXAMPLE.ORG");
	expect(mem_ctx, file, NULL);
	expect(mem_ctx, talloc_asprintf(mem_ctx, "FILE:%s", file), NULL);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keytab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
