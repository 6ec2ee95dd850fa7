/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fixture_certmap.h"

#include "certs/certmap.h"

static void test_file(void **state)
{
	static const char text[] =
		"# ours\n"
		"[fs.example.com]\n"
		"\tcertificate = /a/b.pem\n"
		"\tkey = /a/b.key\n"
		"\tflags = AllowNamedPipe, defaultcert\n"
		"\tfuture = stays\n"
		"[192.0.2.1]\n"
		"\tStore Name = My\n"
		"\tthumbprint = aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:"
		"99:aa:bb:cc:dd\n"
		"\trequire client authentication = true\n"
		"\tclient ca = /a/ca.pem\n";
	struct fixture *f = *state;
	const struct certmap_entry *entry = NULL;
	struct certmap_entry changed = {0};
	struct certmap_file *file = NULL;
	char *why = NULL;
	char *saved = NULL;
	size_t len = 0;

	write_text(f->map_file, text);
	file = certmap_file_edit(f, f->map_file, CERTMAP_SERVER, &why);
	assert_non_null(file);
	assert_int_equal(certmap_file_count(file), 2);
	entry = certmap_file_find(file, "FS.example.com.");
	assert_ptr_equal(entry, certmap_file_get(file, 0));
	assert_string_equal(entry->certificate, "/a/b.pem");
	assert_int_equal(entry->flags,
			 CERTMAP_ALLOW_NAMED_PIPE | CERTMAP_DEFAULT_CERT);
	assert_false(entry->require_client_authentication);
	entry = certmap_file_find(file, "192.0.2.1");
	assert_string_equal(entry->thumbprint,
			    "AABBCCDDEEFF00112233445566778899AABBCCDD");
	assert_true(entry->require_client_authentication);
	assert_null(certmap_file_find(file, "192.0.2.10"));
	assert_null(certmap_file_find(file, "example.com"));

	changed = *certmap_file_get(file, 0);
	changed.flags = 0;
	changed.display_name = "Files";
	assert_true(certmap_file_put(file, &changed, &why));
	changed = (struct certmap_entry){
		.name = "new.example", .certificate = "/c", .key = "/k"};
	assert_true(certmap_file_put(file, &changed, &why));
	assert_true(certmap_file_remove(file, "192.0.2.1"));
	assert_false(certmap_file_remove(file, "192.0.2.1"));
	assert_int_equal(certmap_file_count(file), 2);
	assert_true(certmap_file_save(file, &why));
	saved = savefile_read(f, f->map_file, 10000, &len, NULL);
	assert_string_equal(saved, "# ours\n"
				   "[fs.example.com]\n"
				   "\tcertificate = /a/b.pem\n"
				   "\tkey = /a/b.key\n"
				   "\tfuture = stays\n"
				   "\tdisplay name = Files\n"
				   "\n"
				   "[new.example]\n"
				   "\tcertificate = /c\n"
				   "\tkey = /k\n");
	talloc_free(file);
}

static void test_file_refuses(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{"certificate = /a\n", ":1: a [name] must come first"},
		{"[a]\njunk\n", ":2: neither a [section]"},
		{"[a]\nflags = Magic\n", ":2: Flags are None, AllowNamedPipe"},
		{"[a]\nrequire client authentication = perhaps\n",
		 ":2: RequireClientAuthentication is true or false"},
		{"[a]\nthumbprint = 12\n", ":2: \"12\" is no thumbprint"},
		{"[a]\n", "[a]: which certificate?"},
		{"[a]\ncertificate = /a\n", "the key file is missing"},
		{"[a]\nkey = /a\n", "the certificate file is missing"},
		{"[a]\ncertificate = a\nkey = /b\n", "absolute paths"},
		{"[a]\nstore name = My\n", "the thumbprint is missing"},
		{"[a]\ncertificate = /a\nkey = /b\nstore name = My\n",
		 "either a certificate and a key file, or"},
		{"[a]\ncertificate = /a\nkey = /b\ntype = TCP\n",
		 "the type is QUIC"},
		{"[a]\ncertificate = /a\nkey = /b\n"
		 "require client authentication = yes\n",
		 "the CA that they must come from is missing"},
		{"[a b]\ncertificate = /a\nkey = /b\n",
		 "\"a b\" is neither a DNS name"},
		{"[*.a]\ncertificate = /a\nkey = /b\n", "\"*.a\" is neither"},
		{"[global]\ncertificate = /a\nkey = /b\n",
		 "\"global\" is neither"},
	};
	struct fixture *f = *state;
	char *why = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_text(f->map_file, rows[i].text);
		assert_null(certmap_file_load(f, f->map_file, CERTMAP_SERVER,
					      &why));
		if (strstr(why, rows[i].why) == NULL) {
			fail_msg("\"%s\" instead of \"%s\"", why, rows[i].why);
		}
		assert_null(certmap_new(f, f->map_file, 30, &why));
	}
	assert_null(certmap_file_load(f, f->dir, CERTMAP_SERVER, &why));
	assert_non_null(strstr(why, "it is not a file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_refuses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
