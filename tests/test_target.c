/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "client/target.h"

/* What a text means; NULL members are expected to be unset. */
struct target_case {
	const char *text;
	const char *server;
	uint16_t port;
	const char *share;
	const char *path;
	const char *domain;
	const char *user;
	const char *password;
	const char *transport;
};

static const struct target_case good[] = {
	{"//srv/share", "srv", 0, "share", "", 0, 0, 0, 0},
	{"\\\\srv\\share\\a\\b", "srv", 0, "share", "a\\b", 0, 0, 0, 0},
	{"//srv/share/a//b/./c/../d/", "srv", 0, "share", "a\\b\\d", 0, 0, 0,
	 0},
	{"//srv", "srv", 0, NULL, "", 0, 0, 0, 0},
	{"//srv:4450/s", "srv", 4450, "s", "", 0, 0, 0, 0},
	{"//[2001:db8::1]:4433/s", "2001:db8::1", 4433, "s", "", 0, 0, 0, 0},
	{"//2001:db8::1/s", "2001:db8::1", 0, "s", "", 0, 0, 0, 0},
	{"smb://srv/s/x%20y", "srv", 0, "s", "x y", 0, 0, 0, 0},
	{"SMB://u@srv/s", "srv", 0, "s", "", 0, "u", 0, 0},
	{"smb://d;u:p%40w@srv:44/s", "srv", 44, "s", "", "d", "u", "p@w", 0},
	{"smb+quic://srv/s", "srv", 0, "s", "", 0, 0, 0, "quic"},
	{"smb://srv/s?transport=tcp", "srv", 0, "s", "", 0, 0, 0, "tcp"},
	{"smb://[::1]/s", "::1", 0, "s", "", 0, 0, 0, 0},
	{"smb://srv/s/../../up", "srv", 0, "s", "up", 0, 0, 0, 0},
};

static const char *const bad[] = {
	"",
	"srv",
	"srv/share",
	"/srv/share",
	"//",
	"///share",
	"//srv:0/s",
	"//srv:65536/s",
	"//srv:4x/s",
	"//[::1/s",
	"//[::1]4/s",
	"//a b/s",
	"smb://srv/s%2",
	"smb://srv/s%zz",
	"smb://srv/s%00",
	"smb://srv/s?transport=carrier-pigeon",
	"smb+quic://srv/s?transport=tcp",
	"smb://srv/s?seal",
	"smb://srv/s?transport=tcp&vers=3.0.2",
	"smb://srv/s?what",
	"http://srv/s",
};

static void same(const char *a, const char *b)
{
	if (a == NULL || b == NULL) {
		assert_ptr_equal(a, b);
		return;
	}
	assert_string_equal(a, b);
}

static void test_good(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct client_target *t = NULL;
		const char *why = NULL;

		assert_true(client_target_parse(NULL, good[i].text, &t, &why));
		same(t->server, good[i].server);
		assert_int_equal(t->port, good[i].port);
		same(t->share, good[i].share);
		same(t->path, good[i].path);
		same(t->domain, good[i].domain);
		same(t->user, good[i].user);
		same(t->password, good[i].password);
		same(t->transport, good[i].transport);
		talloc_free(t);
	}
}

static void test_bad(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct client_target *t = NULL;
		const char *why = NULL;

		assert_false(client_target_parse(NULL, bad[i], &t, &why));
		assert_null(t);
		assert_non_null(why);
	}
}

static void join(const char *folder, const char *typed, const char *want)
{
	char *path = client_path_join(NULL, folder, typed);

	assert_string_equal(path, want);
	talloc_free(path);
}

static void test_join(void **state)
{
	(void)state;
	join("", "", "");
	join("", "a", "a");
	join("a\\b", "c", "a\\b\\c");
	join("a\\b", "..", "a");
	join("a", "..", "");
	join("a", "../../../x", "x");
	join("a\\b", "/c", "c");
	join("a\\b", "\\c\\", "c");
	join("a", "./b/.//c", "a\\b\\c");
	join("a", "..b", "a\\..b");
	join("a", "b..", "a\\b..");
}

static void test_parts(void **state)
{
	char *folder = client_path_folder(NULL, "a\\b\\c");

	(void)state;
	assert_string_equal(folder, "a\\b");
	talloc_free(folder);
	folder = client_path_folder(NULL, "c");
	assert_string_equal(folder, "");
	talloc_free(folder);
	assert_string_equal(client_path_name("a\\b\\c"), "c");
	assert_string_equal(client_path_name("c"), "c");
	assert_string_equal(client_path_name(""), "");
}

static void test_safe_names(void **state)
{
	char longest[257];

	(void)state;
	assert_true(client_name_is_safe("a"));
	assert_true(client_name_is_safe("..."));
	assert_true(client_name_is_safe("a b"));
	assert_false(client_name_is_safe(""));
	assert_false(client_name_is_safe("."));
	assert_false(client_name_is_safe(".."));
	assert_false(client_name_is_safe("../etc/passwd"));
	assert_false(client_name_is_safe("..\\x"));
	assert_false(client_name_is_safe("/x"));
	memset(longest, 'x', sizeof(longest));
	longest[255] = '\0';
	assert_true(client_name_is_safe(longest));
	longest[255] = 'x';
	longest[256] = '\0';
	assert_false(client_name_is_safe(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	   cmocka_unit_test(test_bad),
		cmocka_unit_test(test_join),	   cmocka_unit_test(test_parts),
		cmocka_unit_test(test_safe_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
