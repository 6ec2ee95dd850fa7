/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/port.h"
#include "tests/testlib.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint16_t port; /* 0: none */
	} rows[] = {
		{"1", 1},
		{"443", 443},
		{"65535", 65535},
		{"0443", 443},
		{"", 0},
		{"0", 0},
		{"65536", 0},
		{"65979", 0}, /* 443 in 16 bits */
		{"18446744073709551617", 0},
		{"99999999999999999999999", 0},
		{"+1", 0},
		{"-1", 0},
		{" 1", 0},
		{"1 ", 0},
		{"0x1bb", 0},
		{"443a", 0},
		{"443:", 0},
		{"https", 0},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint16_t port = 7;
		bool ok = port_parse(rows[i].text, &port);

		if (ok != (rows[i].port != 0) ||
		    port != (ok ? rows[i].port : 7)) {
			fail_msg("\"%s\": %d, %u", rows[i].text, ok, port);
		}
	}
}

static void test_split(void **state)
{
	static const struct {
		const char *text;
		const char *host; /* NULL: it is none */
		uint16_t port;
	} rows[] = {
		{"files.example", "files.example", 0},
		{"files.example:4433", "files.example", 4433},
		{"192.0.2.1", "192.0.2.1", 0},
		{"192.0.2.1:1", "192.0.2.1", 1},
		{"2001:db8::1", "2001:db8::1", 0},
		{"::", "::", 0},
		{"[2001:db8::1]", "2001:db8::1", 0},
		{"[2001:db8::1]:443", "2001:db8::1", 443},
		{"[a]:1", "a", 1},
		{"", NULL, 0},
		{":", NULL, 0},
		{":443", NULL, 0},
		{"a:", NULL, 0},
		{"a:0", NULL, 0},
		{"a:65536", NULL, 0},
		{"a:4x", NULL, 0},
		{"[", NULL, 0},
		{"[]", NULL, 0},
		{"[]:443", NULL, 0},
		{"[a", NULL, 0},
		{"[a]b", NULL, 0},
		{"[a]:", NULL, 0},
		{"[a]:b", NULL, 0},
	};
	size_t i = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint16_t port = 7;
		char *host = port_split(*state, rows[i].text, &port);

		if (rows[i].host == NULL) {
			if (host != NULL) {
				fail_msg("\"%s\": %s", rows[i].text, host);
			}
			continue;
		}
		assert_non_null(host);
		assert_string_equal(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
		talloc_free(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
