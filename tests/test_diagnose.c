/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "certs/diagnose.h"
#include "smbquic/savefile.h"
#include "tests/fixture_pki.h"
#include "tests/testlib.h"

static int setup(void **state)
{
	setenv(CLIENT_MAP_ENV, "", 1);
	*state = talloc_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	unsetenv(CLIENT_MAP_ENV);
	return 0;
}

static void test_place(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
	} good[] = {
		{"a.example", "a.example", 0},
		{"a.example:4433", "a.example", 4433},
		{"192.0.2.1:443", "192.0.2.1", 443},
		{"2001:db8::1", "2001:db8::1", 0},
		{"[2001:db8::1]", "2001:db8::1", 0},
		{"[2001:db8::1]:65535", "2001:db8::1", 65535},
	};
	static const char *const bad[] = {
		"",	"a:",	  "a:0",  "a:65536", "a:x",  ":443",
		"[::1", "[::1]x", "[]:1", "[::1]:",  "a:-1",
	};
	char *host = NULL;
	uint16_t port = 0;
	size_t i = 0;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(diagnose_place(*state, good[i].text, &host, &port));
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (diagnose_place(*state, bad[i], &host, &port)) {
			fail_msg("%s was taken", bad[i]);
		}
	}
}

static bool says(const struct diagnosis *d, const char *words)
{
	char *const *problem = d->problems;

	while (*problem != NULL && strstr(*problem, words) == NULL) {
		problem++;
	}
	return *problem != NULL;
}

/* Nobody listens on that port of the loopback network. */
static struct diagnosis *ask(void *mem_ctx, const char *name, const char *map)
{
	const struct diagnose_question q = {
		.name = name,
		.address = "127.0.0.1",
		.port = 9,
		.map_file = map,
		.timeout_ms = 5000,
	};
	struct diagnosis *d = diagnose(mem_ctx, &q);

	assert_non_null(d);
	assert_false(d->connected);
	assert_non_null(d->why);
	assert_null(d->presented);
	assert_true(says(d, d->why));
	return d;
}

/* What can be said without a server. */
static void test_here(void **state)
{
	char *dir = testlib_tmpdir(*state);
	char *map = talloc_asprintf(*state, "%s/map", dir);
	char *pem = talloc_asprintf(*state, "%s/a.pem", dir);
	char *key = talloc_asprintf(*state, "%s/a.key", dir);
	struct cert *cert =
		pki_make(*state, CERT_SERVER, "a.example.org", NULL);
	struct diagnosis *d = ask(*state, "a.example.org", map);
	char *text = NULL;
	char *why = NULL;

	assert_null(d->map_file);
	assert_true(cert_save_pem(*state, cert, pem, key, &why));
	text = talloc_asprintf(*state,
			       "[a.example.org]\ncertificate = %s\nkey = %s\n",
			       pem, key);
	assert_int_equal(savefile_write(map, 0600, true, text, strlen(text)),
			 0);
	d = ask(*state, "a.example.org", map);
	assert_string_equal(d->sni, "a.example.org");
	assert_string_equal(d->mapping->name, "a.example.org");
	assert_non_null(d->mapped);
	assert_null(d->problems[1]);
	d = ask(*state, "b.example.org", map);
	assert_null(d->mapping);
	assert_true(says(d, "has no mapping for b.example.org"));
	d = ask(*state, "192.0.2.1", map);
	assert_null(d->sni);
	assert_true(says(d, "has no default mapping"));
	text = talloc_asprintf(*state,
			       "[*.example.org]\ncertificate = %s\nkey = %s\n",
			       pem, pem);
	assert_int_equal(savefile_write(map, 0600, true, text, strlen(text)),
			 0);
	d = ask(*state, "b.example.org", map);
	assert_string_equal(d->mapping->name, "*.example.org");
	assert_true(says(d, "cannot be used here"));
	assert_true(says(d, "is not for *.example.org but for a.example.org"));
	assert_int_equal(savefile_write(map, 0600, true, "junk\n", 5), 0);
	d = ask(*state, "b.example.org", map);
	assert_non_null(d->map_why);
	assert_true(says(d, "the mapping file here cannot be used"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_here, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
