/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables of smbquic-status: columns as wide as what is in them, lists within
 * items, names that a terminal must not obey.
 */
#include "server/status_ask.h"
#include "tests/testlib.h"

#include <stdlib.h>
#include <string.h>

static void assert_shows(const char *section, const char *json,
			 const char *expected)
{
	json_t *items = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(items);
	status_show(out, section, items);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(items);
}

static void test_tables(void **state)
{
	(void)state;
	assert_shows("shares", "[]", "");
	assert_shows("no such section", "[{}]", "");
	assert_shows("shares",
		     "[{\"service\":\"data\",\"type\":\"disk\",\"tcons\":12,"
		     "\"path\":\"/srv\"},"
		     "{\"service\":\"d\u00e4t\u00e4\",\"type\":\"pipe\","
		     "\"tcons\":1,\"path\":null}]",
		     "Service  Type  Connects  Path\n"
		     "data     disk        12  /srv\n"
		     "d\u00e4t\u00e4     pipe         1  -\n");
	assert_shows("byte_range_locks",
		     "[{\"session_id\":\"0x1\",\"username\":\"a\","
		     "\"service\":\"s\",\"filename\":\"f\",\"locks\":["
		     "{\"offset\":\"0\",\"length\":\"7\",\"type\":\"R\"},"
		     "{\"offset\":\"18446744073709551615\",\"length\":\"1\","
		     "\"type\":\"W\"}]}]",
		     "Session  User  R/W                 Start  Size  Service  "
		     "Name\n"
		     "0x1      a     R                       0     7  s        "
		     "f\n"
		     "0x1      a     W    18446744073709551615     1  s        "
		     "f\n");
}

static void test_protection(void **state)
{
	(void)state;
	assert_shows("tcons",
		     "[{\"service\":\"s\",\"encryption\":{\"by\":\"transport\","
		     "\"cipher\":\"AES-128-GCM\"}},"
		     "{\"service\":\"t\",\"encryption\":{\"by\":\"smb\","
		     "\"cipher\":\"AES-256-CCM\",\"degree\":\"full\"}},"
		     "{\"service\":\"u\",\"encryption\":{\"by\":\"none\","
		     "\"cipher\":\"-\",\"degree\":\"none\"}}]",
		     "Service  Session  Username  Machine  Connected at  "
		     "Encryption              Opens\n"
		     "s        -        -         -        -             "
		     "transport(AES-128-GCM)      -\n"
		     "t        -        -         -        -             "
		     "AES-256-CCM                 -\n"
		     "u        -        -         -        -             "
		     "-                           -\n");
}

/* What a channel has comes before what its session has. */
static void test_channels(void **state)
{
	static const char sessions[] =
		"[{\"session_id\":\"0x1\",\"username\":\"a\","
		"\"encryption\":{\"by\":\"none\",\"cipher\":\"-\"},"
		"\"channels\":["
		"{\"connection_id\":7,\"remote_address\":\"192.0.2.1:1\","
		"\"transport\":\"quic-user\",\"rtt_us\":12345,"
		"\"encryption\":{\"by\":\"transport\","
		"\"cipher\":\"AES-128-GCM\"}},"
		"{\"connection_id\":8,\"remote_address\":\"192.0.2.1:2\","
		"\"transport\":\"tcp\",\"rtt_us\":400,"
		"\"encryption\":{\"by\":\"smb\",\"degree\":\"full\","
		"\"cipher\":\"AES-128-CCM\"}}]},"
		"{\"session_id\":\"0x2\",\"channels\":[]}]";
	json_t *items = json_loads(sessions, 0, NULL);

	(void)state;
	assert_shows("channels", sessions,
		     "Session  Username  Connection  Peer         Transport  "
		     "Encryption              RTT ms\n"
		     "0x1      a         7           192.0.2.1:1  quic-user  "
		     "transport(AES-128-GCM)    12.3\n"
		     "0x1      a         8           192.0.2.1:2  tcp        "
		     "AES-128-CCM                0.4\n");
	assert_int_equal(status_show_rows("channels", items), 2);
	assert_int_equal(status_show_rows("sessions", items), 2);
	assert_int_equal(status_show_rows("no such table", items), 2);
	json_decref(items);
}

static void test_text(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);

	(void)state;
	assert_string_equal(status_show_text(mem_ctx, "a\x1b[2Jb\x7f"),
			    "a?[2Jb?");
	assert_string_equal(status_show_text(mem_ctx, "\xc2\x9b"
						      "31m\xc3\xa4"),
			    "??31m\xc3\xa4");
	assert_string_equal(status_show_bytes(mem_ctx, 1023), "1023");
	assert_string_equal(status_show_bytes(mem_ctx, 1024), "1.0K");
	assert_string_equal(status_show_bytes(mem_ctx, UINT64_MAX), "16.0E");
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_protection),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
