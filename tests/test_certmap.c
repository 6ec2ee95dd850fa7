/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "certs/access.h"
#include "certs/cert.h"
#include "certs/certmap.h"
#include "smbquic/audit.h"
#include "smbquic/log.h"
#include "smbquic/savefile.h"
#include "smbquic/tls.h"
#include "tests/fixture_pki.h"
#include "tests/testlib.h"

#define DAY 86400

struct fixture {
	char *dir;
	char *map_file;
	char *log; /* what was said since it was last emptied */
	time_t now;
};

static void remember(void *private_data, enum log_level level,
		     const char *module, const char *text)
{
	struct fixture *f = private_data;

	(void)level;
	(void)module;
	f->log = talloc_asprintf_append(f->log, "%s\n", text);
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->dir = testlib_tmpdir(f);
	f->map_file = talloc_asprintf(f, "%s/certmap.conf", f->dir);
	f->log = talloc_strdup(f, "");
	f->now = time(NULL);
	log_set_sink(remember, f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	log_set_sink(NULL, NULL);
	talloc_free(*state);
	return 0;
}

static void clear_log(struct fixture *f)
{
	talloc_free(f->log);
	f->log = talloc_strdup(f, "");
}

static void expect_log(struct fixture *f, const char *text)
{
	if (strstr(f->log, text) == NULL) {
		fail_msg("no \"%s\" in:\n%s", text, f->log);
	}
}

static char *path(struct fixture *f, const char *name)
{
	return talloc_asprintf(f, "%s/%s", f->dir, name);
}

static void write_text(const char *file, const char *text)
{
	assert_int_equal(savefile_write(file, 0600, true, text, strlen(text)),
			 0);
}

/* A certificate of that name as STEM.pem and STEM.key; its SHA-256. */
static const char *make_pair(struct fixture *f, const char *name,
			     const char *stem, enum cert_purpose purpose,
			     time_t from, unsigned days)
{
	const char *const names[] = {name, NULL};
	const struct cert_request request = {
		.purpose = purpose,
		.names = names,
		.days = days,
	};
	char *why = NULL;
	struct cert *cert = cert_make(f, &request, from, &why);

	assert_non_null(cert);
	assert_true(cert_save_pem(
		f, cert, talloc_asprintf(f, "%s/%s.pem", f->dir, stem),
		talloc_asprintf(f, "%s/%s.key", f->dir, stem), &why));
	return cert_info(cert)->sha256;
}

static const char *make_server(struct fixture *f, const char *name)
{
	return make_pair(f, name, name, CERT_SERVER, f->now, 90);
}

/* A section for a pair of files. */
static char *section(struct fixture *f, const char *name, const char *stem,
		     const char *more)
{
	return talloc_asprintf(f,
			       "[%s]\n\tcertificate = %s/%s.pem\n"
			       "\tkey = %s/%s.key\n%s",
			       name, f->dir, stem, f->dir, stem, more);
}

static struct certmap *load(struct fixture *f, const char *text)
{
	char *why = NULL;
	struct certmap *map = NULL;

	write_text(f->map_file, text);
	clear_log(f);
	map = certmap_new(f, f->map_file, 30, &why);
	if (map == NULL) {
		fail_msg("%s", why);
	}
	return map;
}

/* A time at which the map looks at its files again, whatever time it is. */
static time_t later(void)
{
	return time(NULL) + 10;
}

/* --- the file ----------------------------------------------------------- */

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

/* --- what a server presents --------------------------------------------- */

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

static void test_client_authentication(void **state)
{
	struct fixture *f = *state;
	struct tls_identity *id = NULL;
	struct certmap *map = NULL;
	char *ca = NULL;

	make_server(f, "c.example");
	make_pair(f, "CA", "ca", CERT_CA, f->now, 90);
	ca = talloc_asprintf(f,
			     "\trequire client authentication = yes\n"
			     "\tclient ca = %s\n",
			     path(f, "ca.pem"));
	map = load(f, section(f, "c.example", "c.example", ca));
	assert_int_equal(certmap_choose(map, "c.example", &id), 0);
	assert_true(id->require_client_certificate);
	talloc_free(map);
	map = load(f, section(f, "c.example", "c.example",
			      talloc_asprintf(f,
					      "%s\tskip client certificate "
					      "access check = yes\n",
					      ca)));
	assert_int_equal(certmap_choose(map, "c.example", &id), 0);
	assert_true(id->require_client_certificate);
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

/* As QUIC asks when the chain has been verified. Of which there are `times`. */
static int admit_many(struct fixture *f, struct certmap *map,
		      const struct cert *who, unsigned times, char **why)
{
	gnutls_datum_t *chain = talloc_array(f, gnutls_datum_t, times);
	struct tls_guest guest = {
		.peer = "192.0.2.1:5000",
		.server_name = "c.example",
		.chain = chain,
		.count = times,
	};
	struct tls_identity *id = NULL;
	void *known = NULL;

	while (times > 0) {
		chain[--times] = pki_der(f, who);
	}
	assert_int_equal(certmap_choose(map, "c.example", &id), 0);
	return certmap_admit(map, f, id, &guest, &known, why);
}

static int admit(struct fixture *f, struct certmap *map, const struct cert *who,
		 char **why)
{
	return admit_many(f, map, who, 1, why);
}

static void test_access(void **state)
{
	struct fixture *f = *state;
	struct cert *ca = pki_make(f, CERT_CA, "CA", NULL);
	struct cert *alice = pki_make(f, CERT_CLIENT, "alice", ca);
	struct certmap *map = NULL;
	char *text = NULL;
	char *why = NULL;

	make_server(f, "c.example");
	assert_true(cert_save_pem(f, ca, path(f, "ca.pem"), NULL, &why));
	text = section(f, "c.example", "c.example",
		       talloc_asprintf(f,
				       "\trequire client authentication = yes\n"
				       "\tclient ca = %s\n",
				       path(f, "ca.pem")));
	map = load(f, text);
	assert_int_equal(admit(f, map, alice, &why), EACCES);
	assert_non_null(strstr(why, "no access entry allows it"));
	expect_log(f, "client certificate of 192.0.2.1:5000 denied: no access "
		      "entry allows it; subject CN=alice, issuer CN=CA");
	expect_log(f, cert_info(alice)->sha1);
	expect_log(f, cert_info(alice)->sha256);
	text = talloc_asprintf_append(
		text, "\taccess 7 = allow issuer \"CN=CA\" ours\n");
	write_text(f->map_file, text);
	assert_true(certmap_reload(map));
	assert_int_equal(admit(f, map, alice, &why), 0);
	expect_log(f, "192.0.2.1:5000 allowed: allow issuer \"CN=CA\" ours;");
	/* Taken away while the server's certificate is bad: at once. */
	write_text(path(f, "c.example.pem"), "no certificate");
	write_text(f->map_file,
		   talloc_asprintf(f, "%s\taccess 9 = deny sha256 %s\n", text,
				   cert_info(alice)->sha256));
	assert_true(certmap_reload(map));
	assert_int_equal(admit(f, map, alice, &why), EACCES);
	assert_non_null(strstr(why, "deny sha256"));
	talloc_free(map);
}

/* A journal of ours. */
static int listen_as_journal(struct fixture *f)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/journal", f->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setenv("SMBQUIC_JOURNAL_SOCKET", at.sun_path, 1);
	return fd;
}

static void expect_record(FILE *log, int journal, const char *result,
			  const char *entries, const struct cert_info *who)
{
	const char *const fields[][2] = {
		{"event", "certificate"},     {"result", result},
		{"address", "192.0.2.1"},     {"port", "5000"},
		{"server_name", "c.example"}, {"mapping", "c.example"},
		{"entries", entries},	      {"subject", "CN=alice"},
		{"issuer", "CN=CA"},	      {"serial", who->serial},
		{"sha1", who->sha1},	      {"sha256", who->sha256},
		{"connection", NULL},	      {"timestamp", NULL},
	};
	char line[4096] = "";
	char datagram[4096] = "";
	json_t *json = NULL;
	size_t i = 0;

	assert_non_null(fgets(line, sizeof(line), log));
	json = json_loads(line, 0, NULL);
	assert_non_null(json);
	assert_true(recv(journal, datagram, sizeof(datagram) - 1, 0) > 0);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *have =
			json_string_value(json_object_get(json, fields[i][0]));
		char field[1100] = "\nSMBQUIC_";
		size_t at = strlen(field);
		const char *c = NULL;

		assert_non_null(have);
		if (fields[i][1] != NULL) {
			assert_string_equal(have, fields[i][1]);
		}
		for (c = fields[i][0]; *c != '\0'; c++) {
			field[at++] = (char)toupper((unsigned char)*c);
		}
		snprintf(field + at, sizeof(field) - at, "=%s\n", have);
		if (strcmp(fields[i][0], "timestamp") != 0) {
			assert_non_null(strstr(datagram, field));
		}
	}
	json_decref(json);
}

/* What Windows' events 3007 to 3009 have, in the file and in the journal. */
static void test_records(void **state)
{
	struct fixture *f = *state;
	struct cert *ca = pki_make(f, CERT_CA, "CA", NULL);
	struct cert *alice = pki_make(f, CERT_CLIENT, "alice", ca);
	const struct cert_info *who = cert_info(alice);
	char *deny = talloc_asprintf(f, "deny sha256 %s", who->sha256);
	const char *log = path(f, "audit.json");
	int journal = listen_as_journal(f);
	struct certmap *map = NULL;
	char *text = NULL;
	char *why = NULL;
	FILE *file = NULL;

	make_server(f, "c.example");
	assert_true(cert_save_pem(f, ca, path(f, "ca.pem"), NULL, &why));
	text = section(f, "c.example", "c.example",
		       talloc_asprintf(f,
				       "\trequire client authentication = yes\n"
				       "\tclient ca = %s\n"
				       "\taccess 1 = allow issuer CN=CA\n",
				       path(f, "ca.pem")));
	map = load(f, text);
	assert_int_equal(audit_start(log, AUDIT_JOURNAL_YES), 0);
	file = fopen(log, "r");
	assert_non_null(file);
	assert_int_equal(admit(f, map, alice, &why), 0);
	expect_record(file, journal, "allowed", "allow issuer \"CN=CA\"", who);
	assert_int_equal(admit_many(f, map, alice, CERT_MAX_CHAIN + 1, &why),
			 EPROTO);
	expect_record(file, journal, "error", why, who);
	write_text(f->map_file,
		   talloc_asprintf(f, "%s\taccess 2 = %s\n", text, deny));
	assert_true(certmap_reload(map));
	assert_int_equal(admit(f, map, alice, &why), EACCES);
	expect_record(file, journal, "denied", deny, who);
	assert_int_equal(audit_start(NULL, AUDIT_JOURNAL_NO), 0);
	unsetenv("SMBQUIC_JOURNAL_SOCKET");
	fclose(file);
	close(journal);
	talloc_free(map);
}

/* One from before that asks for less is not used when its successor is bad. */
static void test_stricter(void **state)
{
	struct fixture *f = *state;
	struct tls_identity *id = NULL;
	struct certmap *map = NULL;

	make_server(f, "c.example");
	map = load(f, section(f, "c.example", "c.example", ""));
	assert_int_equal(certmap_choose(map, "c.example", &id), 0);
	write_text(f->map_file,
		   section(f, "c.example", "c.example",
			   "\trequire client authentication = yes\n"
			   "\tclient ca = /nowhere/ca.pem\n"));
	assert_true(certmap_reload(map));
	assert_int_equal(certmap_choose(map, "c.example", &id), EKEYREJECTED);
	talloc_free(map);
}

static void test_access_in_file(void **state)
{
	struct fixture *f = *state;
	struct certmap_file *file = NULL;
	struct certmap_entry *entry = NULL;
	char *why = NULL;

	write_text(f->map_file,
		   "[a]\n\tcertificate = /c\n\tkey = /k\n"
		   "\t# of old\n"
		   "\tAccess3 = deny issuer \"CN=b,O=c\" not they\n"
		   "\taccess 10 = allow issuer CN=a\n"
		   "\taccess = something else\n");
	file = certmap_file_load(f, f->map_file, CERTMAP_SERVER, &why);
	assert_non_null(file);
	entry = certmap_entry_copy(f, certmap_file_get(file, 0));
	assert_int_equal(entry->access->count, 2);
	assert_true(entry->access->entries[0]->deny);
	assert_true(certmap_file_put(file, entry, &why));
	assert_true(certmap_file_save(file, &why));
	file = certmap_file_load(f, f->map_file, CERTMAP_SERVER, &why);
	assert_non_null(file);
	assert_true(access_list_equal(certmap_file_get(file, 0)->access,
				      entry->access));
	write_text(f->map_file, "[a]\n\tcertificate = /c\n\tkey = /k\n"
				"\taccess 1 = allow\n");
	assert_null(certmap_file_load(f, f->map_file, CERTMAP_SERVER, &why));
	assert_non_null(strstr(why, "certmap.conf:4: \"allow\" is no access "
				    "entry"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_refuses),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_wildcard_and_default),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_map_changes),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_client_authentication),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_stricter),
		cmocka_unit_test(test_access_in_file),
		cmocka_unit_test(test_expiry_warning),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
