/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "certs/client_map.h"
#include "smbquic/savefile.h"
#include "tests/fixture_pki.h"
#include "tests/testlib.h"

struct fixture {
	char *dir;
	char *map;
};

static char *path(struct fixture *f, const char *name)
{
	return talloc_asprintf(f, "%s/%s", f->dir, name);
}

static void write_text(const char *file, const char *text)
{
	assert_int_equal(savefile_write(file, 0600, true, text, strlen(text)),
			 0);
}

/* NAME.pem and NAME.key */
static void make(struct fixture *f, enum cert_purpose purpose, const char *name)
{
	struct cert *cert = pki_make(f, purpose, name, NULL);
	char *why = NULL;

	assert_true(cert_save_pem(
		f, cert, path(f, talloc_asprintf(f, "%s.pem", name)),
		path(f, talloc_asprintf(f, "%s.key", name)), &why));
}

static char *pair(struct fixture *f, const char *section, const char *name)
{
	return talloc_asprintf(f,
			       "[%s]\n\tcertificate = %s/%s.pem\n"
			       "\tkey = %s/%s.key\n",
			       section, f->dir, name, f->dir, name);
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->dir = testlib_tmpdir(f);
	f->map = path(f, "map");
	unsetenv(CLIENT_MAP_ENV);
	make(f, CERT_CLIENT, "one");
	make(f, CERT_CLIENT, "two");
	make(f, CERT_SERVER, "server.example");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

/* @param certificate  NULL: there is no mapping. */
static void expect(struct fixture *f, const char *file, const char *server,
		   const char *name, const char *certificate)
{
	struct client_map_found found;
	char *why = NULL;

	assert_true(client_map_find(f, file, server, &found, &why));
	assert_null(why);
	if (name == NULL) {
		assert_null(found.name);
		assert_null(found.certificate);
		return;
	}
	assert_string_equal(found.name, name);
	assert_string_equal(found.certificate, path(f, certificate));
}

static void refuse(struct fixture *f, const char *server, const char *words)
{
	struct client_map_found found;
	char *why = NULL;

	assert_false(client_map_find(f, f->map, server, &found, &why));
	assert_null(found.name);
	assert_non_null(why);
	if (strstr(why, words) == NULL) {
		fail_msg("no \"%s\" in: %s", words, why);
	}
	talloc_free(why);
}

static void test_names(void **state)
{
	struct fixture *f = *state;

	expect(f, f->map, "files.example.org", NULL, NULL);
	write_text(f->map,
		   talloc_asprintf(f, "%s%s%s", pair(f, "*.example.org", "one"),
				   pair(f, "files.example.org", "two"),
				   pair(f, "192.0.2.1", "two")));
	expect(f, f->map, "files.example.org", "files.example.org", "two.pem");
	expect(f, f->map, "FILES.Example.org.", "files.example.org", "two.pem");
	expect(f, f->map, "other.example.org", "*.example.org", "one.pem");
	expect(f, f->map, "a.b.example.org", NULL, NULL);
	expect(f, f->map, "example.org", NULL, NULL);
	expect(f, f->map, "192.0.2.1", "192.0.2.1", "two.pem");
	expect(f, f->map, "192.0.2.2", NULL, NULL);
	expect(f, "", "files.example.org", NULL, NULL);
}

static void test_places(void **state)
{
	struct fixture *f = *state;
	char *folder = path(f, "smbquic");
	char *own = NULL;

	setenv("XDG_CONFIG_HOME", f->dir, 1);
	own = client_map_user_file(f);
	assert_non_null(own);
	assert_int_equal(strncmp(own, folder, strlen(folder)), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	write_text(own, pair(f, "a.example", "one"));
	expect(f, NULL, "a.example", "a.example", "one.pem");
	expect(f, NULL, "b.example", NULL, NULL);
	write_text(f->map, pair(f, "b.example", "two"));
	setenv(CLIENT_MAP_ENV, f->map, 1);
	expect(f, NULL, "a.example", NULL, NULL);
	expect(f, NULL, "b.example", "b.example", "two.pem");
	setenv(CLIENT_MAP_ENV, "", 1);
	expect(f, NULL, "a.example", NULL, NULL);
	unsetenv(CLIENT_MAP_ENV);
	unsetenv("XDG_CONFIG_HOME");
}

static void test_store(void **state)
{
	struct fixture *f = *state;
	struct cert *cert = pki_make(f, CERT_CLIENT, "three", NULL);
	char *store = path(f, "certs");
	char *why = NULL;

	assert_int_equal(mkdir(store, 0700), 0);
	assert_true(cert_save_pem(f, cert, path(f, "certs/three.pem"),
				  path(f, "certs/three.key"), &why));
	write_text(f->map, talloc_asprintf(f,
					   "[a.example]\n\tstore name = My\n"
					   "\tthumbprint = %s\n",
					   cert_info(cert)->sha1));
	expect(f, f->map, "a.example", "a.example", "certs/three.pem");
	assert_int_equal(unlink(path(f, "certs/three.key")), 0);
	refuse(f, "a.example", "has no private key");
}

static void test_unfit(void **state)
{
	struct fixture *f = *state;

	write_text(f->map, pair(f, "a.example", "server.example"));
	refuse(f, "a.example", "is not for client authentication");
	write_text(f->map, pair(f, "a.example", "nowhere"));
	refuse(f, "a.example", "No such file");
	write_text(f->map,
		   talloc_asprintf(f,
				   "[a.example]\n\tcertificate = %s/one.pem\n"
				   "\tkey = %s/two.key\n",
				   f->dir, f->dir));
	refuse(f, "a.example", "does not belong to the certificate");
	expect(f, f->map, "b.example", NULL, NULL);
	write_text(f->map, "[a.example\n");
	refuse(f, "b.example", "map:1:");
	write_text(f->map, pair(f, "*.org", "one"));
	refuse(f, "b.example", "neither a DNS name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_store, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unfit, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
