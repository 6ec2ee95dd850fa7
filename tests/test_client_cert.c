/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "certs/client_cert.h"
#include "smbquic/savefile.h"
#include "tests/fixture_pki.h"
#include "tests/testlib.h"

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

static struct client_cert *client(void *mem_ctx, const char *first,
				  const char *second)
{
	const char *const names[] = {first, second, NULL};
	const struct cert_request request = {
		.purpose = CERT_CLIENT, .names = names, .days = 30};
	char *why = NULL;
	struct cert *cert = cert_make(mem_ctx, &request, time(NULL), &why);
	gnutls_datum_t der;
	struct client_cert *c = NULL;

	assert_non_null(cert);
	der = pki_der(mem_ctx, cert);
	c = client_cert_new(mem_ctx, &der, &why);
	assert_non_null(c);
	assert_string_equal(c->sha256, cert_info(cert)->sha256);
	assert_string_equal(c->serial, cert_info(cert)->serial);
	return c;
}

static bool is(void *mem_ctx, const char *rule, const struct client_cert *c,
	       const char *user)
{
	char *why = NULL;
	struct client_user_rule *r = client_user_parse(mem_ctx, rule, &why);
	bool yes = false;

	assert_non_null(r);
	yes = client_user_is(mem_ctx, r, c, user, &why);
	assert_true(yes == (why == NULL));
	return yes;
}

static void test_parse(void **state)
{
	static const char *const bad[] = {
		"dn",	"cn ", "san:",	"san:a b",
		"san@", "map", "map x", "map relative/path",
		"yes",	"sanx"};
	char *why = NULL;
	size_t i = 0;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (client_user_parse(*state, bad[i], &why) != NULL) {
			fail_msg("\"%s\" was taken", bad[i]);
		}
		assert_non_null(why);
	}
	assert_int_equal(client_user_parse(*state, "", &why)->how,
			 CLIENT_USER_NONE);
	assert_int_equal(client_user_parse(*state, "No", &why)->how,
			 CLIENT_USER_NONE);
	assert_string_equal(
		client_user_parse(*state, "map  /a b", &why)->detail, "/a b");
	assert_string_equal(
		client_user_parse(*state, "SAN:example.org", &why)->detail,
		"example.org");
}

static void test_names(void **state)
{
	const struct client_cert *c =
		client(*state, "alice", "bob@example.org");

	assert_string_equal(c->common_name, "alice");
	assert_string_equal(c->names[0], "bob@example.org");
	assert_true(is(*state, "cn", c, "Alice"));
	assert_false(is(*state, "cn", c, "alic"));
	assert_false(is(*state, "cn", c, "bob"));
	assert_true(is(*state, "san", c, "BOB"));
	assert_true(is(*state, "san:Example.org", c, "bob"));
	assert_false(is(*state, "san:example.com", c, "bob"));
	assert_false(is(*state, "san", c, "alice"));
	assert_false(is(*state, "san", c, "bob@example.org"));
	assert_false(is(*state, "san", c, ""));
	assert_false(is(*state, "cn", c, ""));
	assert_false(is(*state, "no", c, "alice"));
}

static void test_map(void **state)
{
	const struct client_cert *c = client(*state, "laptop 7", NULL);
	char *file = talloc_asprintf(*state, "%s/map", testlib_tmpdir(*state));
	char *rule = talloc_asprintf(*state, "map %s", file);
	char *text = talloc_asprintf(*state,
				     "# alice sha256 %s\n"
				     "alice\n"
				     "bob sha256 %s\n"
				     "carol\tsubject\tcn=LAPTOP 7\n"
				     "dave issuer CN=laptop 7\n"
				     "erin sha1 %s\n"
				     "frank sha256 nothing\n"
				     "grace who %s\n",
				     c->sha256, c->sha256, c->sha1, c->sha256);
	static const struct {
		const char *user;
		bool yes;
	} users[] = {
		{"alice", false}, {"#", false},	    {"bob", true},
		{"carol", true},  {"dave", true},   {"erin", true},
		{"frank", false}, {"grace", false}, {"", false},
	};
	char *why = NULL;
	size_t i = 0;

	assert_false(is(*state, rule, c, "bob"));
	assert_int_equal(savefile_write(file, 0600, true, text, strlen(text)),
			 0);
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (is(*state, rule, c, users[i].user) != users[i].yes) {
			fail_msg("%s", users[i].user);
		}
	}
	assert_false(is(*state, rule, client(*state, "other", NULL), "bob"));
	assert_null(client_cert_new(
		*state, &(gnutls_datum_t){(unsigned char *)"x", 1}, &why));
	assert_non_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_parse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_map, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
