/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <string.h>

#include "client/libsmbclient/libsmb.h"
#include "smbquic/log.h"

struct url_case {
	const char *text;
	const char *server;
	uint16_t port;
	const char *share, *path;
	const char *workgroup, *user, *password, *transport;
	bool folder;
};

static const struct url_case good[] = {
	{"smb://", "", 0, "", "", 0, "", "", 0, false},
	{"smb:///", "", 0, "", "", 0, "", "", 0, false},
	{"smb://srv", "srv", 0, "", "", 0, "", "", 0, false},
	{"smb://srv/", "srv", 0, "", "", 0, "", "", 0, false},
	{"smb://srv//s", "srv", 0, "s", "", 0, "", "", 0, false},
	{"smb://srv/s", "srv", 0, "s", "", 0, "", "", 0, false},
	{"smb://srv/s/", "srv", 0, "s", "", 0, "", "", 0, false},
	{"smb://srv/s/a/b", "srv", 0, "s", "a\\b", 0, "", "", 0, false},
	{"smb://srv/s/a/b/", "srv", 0, "s", "a\\b", 0, "", "", 0, true},
	{"smb://srv/s/a/../../b", "srv", 0, "s", "b", 0, "", "", 0, false},
	{"smb://srv/s/%2e%2e/%2e%2e/b", "srv", 0, "s", "b", 0, "", "", 0,
	 false},
	{"smb://srv:445/s", "srv", 445, "s", "", 0, "", "", 0, false},
	{"smb://[2001:db8::1]:4450/s", "2001:db8::1", 4450, "s", "", 0, "", "",
	 0, false},
	{"smb://u@srv/s", "srv", 0, "s", "", 0, "u", "", 0, false},
	{"smb://d;u:p@srv/s", "srv", 0, "s", "", "d", "u", "p", 0, false},
	{"smb://u:p%40%3a@srv/s", "srv", 0, "s", "", 0, "u", "p@:", 0, false},
	{"smb://srv/s/at@home", "srv", 0, "s", "at@home", 0, "", "", 0, false},
	{"smb://srv/a%20b/c%20d", "srv", 0, "a b", "c d", 0, "", "", 0, false},
	/* a % that is none: Samba leaves it alone */
	{"smb://srv/s/100%", "srv", 0, "s", "100%", 0, "", "", 0, false},
	{"smb://srv/s/50%zz", "srv", 0, "s", "50%zz", 0, "", "", 0, false},
	{"smb://srv/s/f?transport=quic", "srv", 0, "s", "f", 0, "", "", "quic",
	 false},
	{"smb://srv/s/f?transport=tcp&transport=tcp", "srv", 0, "s", "f", 0, "",
	 "", "tcp", false},
	{"smb://srv/s/f%3f", "srv", 0, "s", "f?", 0, "", "", 0, false},
	{"smb://srv/s/f?", "srv", 0, "s", "f", 0, "", "", 0, false},
	{"smb+quic://srv/s", "srv", 0, "s", "", 0, "", "", "quic", false},
	{"SMB+QUIC://srv/s?transport=quic", "srv", 0, "s", "", 0, "", "",
	 "quic", false},
};

static const char *const bad[] = {
	"",
	"smb",
	"smb:",
	"smb:/",
	"srv/share",
	"//srv/share",
	"http://srv/s",
	"file:///etc/passwd",
	"smb://@/s",
	"smb://:445/s",
	"smb://srv:/s",
	"smb://srv:x/s",
	"smb://srv:0/s",
	"smb://srv:65536/s",
	"smb://srv:-1/s",
	"smb://[::1/s",
	"smb://[::1]x/s",
	"smb://s%0arv/s",
	"smb://s%2frv/s",
	"smb://srv/s%2ft/x",
	"smb://srv/s?transport=pigeon",
	"smb://srv/s?tranport=quic",
	"smb://srv/s?x=1&transport=tcp",
	"smb://srv/s?transport=tcp;x",
	"smb://srv/s?transport",
	"smb://srv/s?transport=quic&transport=tcp",
	"smb+quic://srv/s?transport=tcp",
};

static char *said;

static void hear(void *private_data, enum log_level level, const char *module,
		 const char *text)
{
	(void)private_data;
	(void)module;
	assert_int_equal(level, LOG_LEVEL_ERROR);
	talloc_free(said);
	said = talloc_strdup(NULL, text);
}

static void same(const char *a, const char *b)
{
	if (a == NULL || b == NULL) {
		assert_ptr_equal(a, b);
	} else {
		assert_string_equal(a, b);
	}
}

static void test_good(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct url_case *c = &good[i];
		struct libsmb_url *url = NULL;

		if (libsmb_url_parse(NULL, c->text, &url) != 0) {
			fail_msg("%s is not understood", c->text);
		}
		same(url->server, c->server);
		assert_int_equal(url->port, c->port);
		same(url->share, c->share);
		same(url->path, c->path);
		same(url->workgroup, c->workgroup);
		same(url->user, c->user);
		same(url->password, c->password);
		same(url->transport, c->transport);
		assert_int_equal(url->folder, c->folder);
		talloc_free(url);
	}
}

static void test_bad(void **state)
{
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct libsmb_url *url = NULL;

		if (libsmb_url_parse(NULL, bad[i], &url) != EINVAL) {
			fail_msg("%s is understood", bad[i]);
		}
		assert_null(url);
	}
}

/* Which option it is, unless it could be a piece of a password. */
static void test_told(void **state)
{
	struct libsmb_url *url = NULL;

	(void)state;
	log_set_sink(hear, NULL);
	assert_int_equal(
		libsmb_url_parse(NULL, "smb://srv/s?tranport=quic", &url),
		EINVAL);
	assert_non_null(strstr(said, "the option \"tranport=quic\";"));
	assert_int_equal(libsmb_url_parse(NULL, "smb://me:se?cret@srv/s", &url),
			 EINVAL);
	assert_null(strstr(said, "cret"));
	assert_non_null(strstr(said, "the option (not shown);"));
	log_set_sink(NULL, NULL);
	talloc_free(said);
}

static void test_decode(void **state)
{
	char text[] = "a%20b%zz%4";
	char small[4] = {0};
	char out[32] = {0};
	char nul[] = "ab%00cd";

	(void)state;
	assert_int_equal(smbc_urldecode(out, text, sizeof(out)), 2);
	assert_string_equal(out, "a b%zz%4");
	assert_int_equal(smbc_urldecode(small, text, sizeof(small)), 2);
	assert_string_equal(small, "a b");
	assert_int_equal(smbc_urldecode(out, nul, sizeof(out)), 0);
	assert_string_equal(out, "ab");
	/* in place */
	assert_int_equal(smbc_urldecode(text, text, sizeof(text)), 2);
	assert_string_equal(text, "a b%zz%4");
}

static void test_encode(void **state)
{
	char text[] = "a b/\xC3\xA4-._9Z";
	char out[64] = {0};
	int room = 0;

	(void)state;
	assert_int_equal(smbc_urlencode(out, text, sizeof(out)),
			 (int)sizeof(out) - 20);
	assert_string_equal(out, "a%20b%2F%C3%A4-._9Z");
	/* it never writes more than it may */
	for (room = 0; room < 20; room++) {
		memset(out, 'x', sizeof(out));
		assert_int_equal(smbc_urlencode(out, text, room), -1);
		assert_int_equal(out[room], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),
		cmocka_unit_test(test_told),   cmocka_unit_test(test_decode),
		cmocka_unit_test(test_encode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
