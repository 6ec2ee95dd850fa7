/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server presents: certmap.c. */
#include "tests/fixture_certmap.h"

#include <sys/stat.h>

#include "certs/certmap.h"
#include "smbquic/tls.h"
#include "tests/fixture_pki.h"

/* The mapping of the very name, of its domain, and the default, in this
 * order. */
static void test_wildcard_and_default(void **state)
{
	struct fixture *f = *state;
	struct tls_identity *id = NULL;
	struct certmap *map = NULL;
	char *why = NULL;

	make_pair(f, "*.example.com", "any", CERT_SERVER, f->now, 90);
	make_pair(f, "fs.example.com", "fs", CERT_SERVER, f->now, 90);
	make_pair(f, "192.0.2.1", "ip", CERT_SERVER, f->now, 90);
	write_text(f->map_file,
		   talloc_asprintf(f, "%s%s%s",
				   section(f, "*.example.com", "any", ""),
				   section(f, "fs.example.com", "fs", ""),
				   section(f, "192.0.2.1", "ip", "")));
	map = certmap_new(f, f->map_file, 14, &why);
	assert_non_null(map);
	assert_int_equal(certmap_find(map, "fs.example.com", f->now, &id), 0);
	assert_string_equal(id->subject, "CN=fs.example.com");
	assert_int_equal(certmap_find(map, "b.example.com", f->now, &id), 0);
	assert_string_equal(id->subject, "CN=*.example.com");
	assert_int_equal(certmap_find(map, "c.b.example.com", f->now, &id),
			 ENOENT);
	assert_int_equal(certmap_find(map, NULL, f->now, &id), ENOENT);
	write_text(f->map_file,
		   talloc_asprintf(f, "%s\tdefault mapping = yes\n%s",
				   section(f, "192.0.2.1", "ip", ""),
				   section(f, "fs.example.com", "fs", "")));
	assert_true(certmap_reload(map));
	assert_int_equal(certmap_find(map, "fs.example.com", f->now, &id), 0);
	assert_string_equal(id->subject, "CN=fs.example.com");
	assert_int_equal(certmap_find(map, NULL, f->now, &id), 0);
	assert_string_equal(id->subject, "CN=192.0.2.1");
	assert_int_equal(certmap_find(map, "x.example", f->now, &id), 0);
	assert_string_equal(id->subject, "CN=192.0.2.1");
	/* one default is enough, and what was loaded stays */
	write_text(f->map_file,
		   talloc_asprintf(f,
				   "%s\tdefault mapping = yes\n"
				   "%s\tdefault mapping = yes\n",
				   section(f, "192.0.2.1", "ip", ""),
				   section(f, "fs.example.com", "fs", "")));
	assert_false(certmap_reload(map));
	expect_log(f, "is the default mapping already");
	assert_int_equal(certmap_find(map, NULL, f->now, &id), 0);
	talloc_free(map);
}

static void test_choose(void **state)
{
	struct fixture *f = *state;
	const char *one = make_server(f, "one.example");
	const char *two = make_server(f, "192.0.2.1");
	struct tls_identity *id = NULL;
	const struct certmap_entry *entry = NULL;
	struct certmap *map = load(
		f, talloc_asprintf(f, "%s%s",
				   section(f, "one.example", "one.example",
					   "\tflags = AllowNamedPipe\n"),
				   section(f, "192.0.2.1", "192.0.2.1", "")));

	assert_int_equal(certmap_choose(map, "One.Example", &id), 0);
	assert_string_equal(id->sha256, one);
	assert_false(id->require_client_certificate);
	entry = id->mapping;
	assert_string_equal(entry->name, "one.example");
	assert_int_equal(entry->flags, CERTMAP_ALLOW_NAMED_PIPE);
	assert_int_equal(certmap_choose(map, "192.0.2.1", &id), 0);
	assert_string_equal(id->sha256, two);
	assert_int_equal(certmap_choose(map, "other.example", &id), ENOENT);
	assert_null(id);
	assert_int_equal(certmap_choose(map, NULL, &id), ENOENT);
	assert_int_equal(certmap_choose(map, "", &id), ENOENT);
	assert_int_equal(certmap_count(map), 2);
	assert_string_equal(certmap_state(map, 0).sha256, one);
	assert_null(certmap_state(map, 0).problem);
	talloc_free(map);
}

static void test_unfit(void **state)
{
	struct fixture *f = *state;
	struct certmap *map = NULL;
	struct tls_identity *id = NULL;
	size_t i = 0;
	struct {
		const char *name, *stem, *why;
	} rows[] = {
		{"wrong.example", "right",
		 "is not for wrong.example but for "
		 "right.example"},
		{"old.example", "old", "the certificate expired on "},
		{"young.example", "young", "is not valid before "},
		{"client.example", "client", "server authentication"},
		{"none.example", "none", "No such file"},
		{"mixed.example", "mixed", "does not belong to"},
	};
	char *text = talloc_strdup(f, "");

	make_pair(f, "right.example", "right", CERT_SERVER, f->now, 90);
	make_pair(f, "old.example", "old", CERT_SERVER, f->now - 90 * DAY, 30);
	make_pair(f, "young.example", "young", CERT_SERVER, f->now + DAY, 30);
	make_pair(f, "client.example", "client", CERT_CLIENT, f->now, 30);
	make_pair(f, "mixed.example", "mixed", CERT_SERVER, f->now, 30);
	assert_int_equal(rename(path(f, "mixed.key"), path(f, "x.key")), 0);
	assert_int_equal(rename(path(f, "right.key"), path(f, "mixed.key")), 0);
	assert_int_equal(rename(path(f, "x.key"), path(f, "right.key")), 0);
	make_pair(f, "right.example", "right", CERT_SERVER, f->now, 90);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = talloc_asprintf_append(
			text, "%s", section(f, rows[i].name, rows[i].stem, ""));
	}
	map = load(f, text);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_log(f, rows[i].why);
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_non_null(
			strstr(certmap_state(map, i).problem, rows[i].why));
		assert_null(certmap_state(map, i).sha256);
		clear_log(f);
		assert_int_equal(certmap_find(map, rows[i].name, f->now, &id),
				 EKEYREJECTED);
		assert_null(id);
		expect_log(f, "connection refused: ");
		clear_log(f);
		(void)certmap_find(map, rows[i].name, f->now, &id);
		assert_string_equal(f->log, ""); /* not each time */
	}
	(void)certmap_find(map, "old.example", f->now + 61, &id);
	expect_log(f, "old.example: connection refused");
	talloc_free(map);
}

static void test_renewal(void **state)
{
	struct fixture *f = *state;
	const char *first = make_server(f, "r.example");
	const char *second = NULL;
	struct certmap *map = load(f, section(f, "r.example", "r.example", ""));
	TALLOC_CTX *connection = talloc_new(NULL);
	struct tls_identity *held = NULL;
	struct tls_identity *id = NULL;
	time_t now = later();

	assert_int_equal(certmap_find(map, "r.example", ++now, &held), 0);
	assert_string_equal(held->sha256, first);
	held = talloc_reference(connection, held);

	/* The certificate comes before its key: the old pair stays. */
	second = make_pair(f, "r.example", "new", CERT_SERVER, f->now, 90);
	clear_log(f);
	assert_int_equal(rename(path(f, "new.pem"), path(f, "r.example.pem")),
			 0);
	assert_int_equal(certmap_find(map, "r.example", ++now, &id), 0);
	assert_ptr_equal(id, held);
	expect_log(f, "the private key does not belong to the certificate; "
		      "the certificate that was loaded before stays in use");
	assert_non_null(certmap_state(map, 0).problem);
	clear_log(f);
	assert_int_equal(certmap_find(map, "r.example", ++now, &id), 0);
	assert_string_equal(f->log, "");

	/* Within the same second nothing is looked at. */
	assert_int_equal(rename(path(f, "new.key"), path(f, "r.example.key")),
			 0);
	assert_int_equal(certmap_find(map, "r.example", now, &id), 0);
	assert_ptr_equal(id, held);
	assert_int_equal(certmap_find(map, "r.example", ++now, &id), 0);
	assert_string_equal(id->sha256, second);
	assert_null(certmap_state(map, 0).problem);
	expect_log(f, "now using certificate");

	/* Who holds the old one keeps it. */
	assert_string_equal(held->sha256, first);
	assert_string_equal(((struct certmap_entry *)held->mapping)->name,
			    "r.example");
	talloc_free(map);
	assert_string_equal(held->sha256, first);
	talloc_free(connection);
}

static void test_map_changes(void **state)
{
	struct fixture *f = *state;
	struct tls_identity *id = NULL;
	struct tls_identity *before = NULL;
	struct certmap *map = NULL;
	char *one = section(f, "one.example", "one.example", "");
	char *two = section(f, "two.example", "two.example", "");
	char *piped = section(f, "one.example", "one.example",
			      "\tflags = AllowNamedPipe\n");
	char *both = talloc_asprintf(f, "%s%s", one, two);
	time_t now = later();

	make_server(f, "one.example");
	make_server(f, "two.example");
	map = load(f, one);
	assert_int_equal(certmap_find(map, "one.example", ++now, &before), 0);
	assert_int_equal(certmap_find(map, "two.example", now, &id), ENOENT);

	write_text(f->map_file, both);
	assert_int_equal(certmap_find(map, "two.example", ++now, &id), 0);
	assert_int_equal(certmap_find(map, "one.example", now, &id), 0);
	assert_ptr_equal(id, before); /* nothing about it changed */

	clear_log(f);
	write_text(f->map_file, "[one.example\n");
	assert_int_equal(certmap_find(map, "two.example", ++now, &id), 0);
	expect_log(f, ":1: a section's name must end with ]; the mappings "
		      "that were loaded before stay in use");
	assert_false(certmap_reload(map));
	assert_int_equal(certmap_count(map), 2);

	write_text(f->map_file, piped);
	assert_int_equal(certmap_find(map, "one.example", ++now, &id), 0);
	assert_int_equal(((struct certmap_entry *)id->mapping)->flags,
			 CERTMAP_ALLOW_NAMED_PIPE);
	assert_int_equal(certmap_find(map, "two.example", now, &id), ENOENT);
	assert_true(certmap_reload(map));

	clear_log(f);
	unlink(f->map_file);
	assert_int_equal(certmap_find(map, "one.example", ++now, &id), ENOENT);
	expect_log(f, "there is no such file; connections over QUIC are "
		      "refused");
	write_text(f->map_file, one);
	assert_int_equal(certmap_find(map, "one.example", ++now, &id), 0);
	talloc_free(map);
}

static void test_expiry_warning(void **state)
{
	struct fixture *f = *state;
	struct certmap *map = NULL;
	struct tls_identity *id = NULL;

	make_pair(f, "x.example", "x", CERT_SERVER, f->now, 40);
	map = load(f, section(f, "x.example", "x", ""));
	assert_null(strstr(f->log, "expires"));
	certmap_check(map, f->now + 5 * DAY);
	assert_null(strstr(f->log, "expires"));
	certmap_check(map, f->now + 11 * DAY);
	expect_log(f, "x.example: the certificate expires in 29 days, on ");
	clear_log(f);
	certmap_check(map, f->now + 11 * DAY + 1);
	assert_string_equal(f->log, "");
	certmap_check(map, f->now + 12 * DAY + 1);
	expect_log(f, "expires in 27 days");
	certmap_check(map, f->now + 41 * DAY);
	expect_log(f, "the certificate expired on ");
	/* The client judges it: its user then reads why. */
	assert_int_equal(certmap_find(map, "x.example", f->now + 41 * DAY, &id),
			 0);
	talloc_free(map);
}

static void test_no_file(void **state)
{
	struct fixture *f = *state;
	char *why = NULL;
	struct certmap *map = NULL;
	struct tls_identity *id = NULL;

	clear_log(f);
	map = certmap_new(f, path(f, "nowhere"), 30, &why);
	assert_non_null(map);
	expect_log(f, "there is no such file");
	assert_int_equal(certmap_choose(map, "a", &id), ENOENT);
	assert_int_equal(certmap_count(map), 0);
	talloc_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wildcard_and_default),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_map_changes),
		cmocka_unit_test(test_expiry_warning),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
