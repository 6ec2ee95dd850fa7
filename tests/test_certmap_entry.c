/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fixture_certmap.h"

#include <sys/stat.h>

#include "certs/certmap.h"
#include "smbquic/tls.h"

static void test_fields(void **state)
{
	struct fixture *f = *state;
	struct certmap_entry entry = {.name = "a"};
	const struct certmap_field *field = certmap_fields;
	char *why = NULL;

	for (; field->key != NULL; field++) {
		const char *text = field->type == CERTMAP_TEXT ? "x" : "yes";

		if (strcmp(field->key, "thumbprint") == 0) {
			text = "AABBCCDDEEFF00112233445566778899AABBCCDD";
		}
		if (field->type == CERTMAP_FLAGS) {
			text = "AllowNamedPipe, DefaultCert";
		}
		assert_true(certmap_field_set(f, &entry, field, text, &why));
		assert_string_equal(certmap_field_text(f, &entry, field), text);
		assert_true(certmap_field_set(f, &entry, field, "", &why));
		assert_true(certmap_field_text(f, &entry, field) == NULL ||
			    field->type != CERTMAP_TEXT);
	}
	for (field = certmap_fields;
	     strcmp(field->key, "require client authentication") != 0;) {
		field++;
	}
	assert_true(certmap_field_set(f, &entry, field, "$true", &why));
	assert_true(entry.require_client_authentication);
	assert_true(certmap_field_set(f, &entry, field, "$False", &why));
	assert_false(entry.require_client_authentication);
}

static void test_names(void **state)
{
	(void)state;
	assert_true(certmap_name_equal("a.b", "A.B."));
	assert_true(certmap_name_equal("2001:db8::1", "2001:DB8:0::1"));
	assert_false(certmap_name_equal("192.0.2.1", "192.0.2.10"));
	assert_false(certmap_name_equal("192.0.2.1", "a"));
	assert_false(certmap_name_equal("a", "192.0.2.1"));
	assert_false(certmap_name_equal("a.b", "a.bc"));
	assert_false(certmap_name_equal("", "a"));
}

static void test_covers(void **state)
{
	(void)state;
	assert_true(certmap_name_covers("*.example.org", "a.Example.org."));
	assert_false(certmap_name_covers("*.example.org", "a.b.example.org"));
	assert_false(certmap_name_covers("*.example.org", "example.org"));
	assert_false(certmap_name_covers("*.example.org", ".example.org"));
	assert_false(certmap_name_covers("*.example.org", "*.example.org"));
	assert_false(certmap_name_covers("*.0.2.1", "192.0.2.1"));
	assert_true(certmap_name_covers("a.b", "A.B"));
}

static void test_store(void **state)
{
	struct fixture *f = *state;
	const char *sha256 = NULL;
	struct certmap *map = NULL;
	struct tls_identity *id = NULL;
	time_t now = later();

	assert_int_equal(mkdir(path(f, "certs"), 0700), 0);
	sha256 = make_pair(f, "s.example", "out", CERT_SERVER, f->now, 90);
	map = load(f, talloc_asprintf(f,
				      "[s.example]\nstore name = my\n"
				      "thumbprint = %s\n",
				      sha256));
	expect_log(f, "has no certificate with the thumbprint");
	assert_int_equal(rename(path(f, "out.pem"), path(f, "certs/c")), 0);
	assert_int_equal(certmap_find(map, "s.example", ++now, &id),
			 EKEYREJECTED);
	expect_log(f, "has no private key for ");
	assert_int_equal(rename(path(f, "out.key"), path(f, "certs/k")), 0);
	assert_int_equal(certmap_find(map, "s.example", ++now, &id), 0);
	assert_string_equal(id->sha256, sha256);
	talloc_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_store),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
