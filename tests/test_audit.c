/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <jansson.h>

#include "smbquic/audit.h"
#include "smbquic/savefile.h"

struct fixture {
	char *file;
	int fd; /* of the journal */
};

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char *dir = testlib_tmpdir(f);

	f->file = talloc_asprintf(f, "%s/audit.json", dir);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/journal", dir);
	f->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(bind(f->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setenv("SMBQUIC_JOURNAL_SOCKET", at.sun_path, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	audit_start(NULL, AUDIT_JOURNAL_NO);
	unsetenv("SMBQUIC_JOURNAL_SOCKET");
	close(f->fd);
	talloc_free(f);
	return 0;
}

/* The n-th line of the file; a new reference. */
static json_t *line(struct fixture *f, unsigned n)
{
	size_t len = 0;
	char *text = savefile_read(f, f->file, 1 << 20, &len, NULL);
	json_t *json = NULL;
	json_error_t error;

	assert_non_null(text);
	for (; n > 0; n--) {
		text = strchr(text, '\n');
		assert_non_null(text);
		text++;
	}
	assert_non_null(strchr(text, '\n'));
	*strchr(text, '\n') = '\0';
	json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL) {
		fail_msg("%s: %s", error.text, text);
	}
	return json;
}

static void expect(const json_t *json, const char *key, const char *value)
{
	const char *have = json_string_value(json_object_get(json, key));

	if (value == NULL) {
		assert_null(have);
		return;
	}
	assert_non_null(have);
	assert_string_equal(have, value);
}

static void test_record(void **state)
{
	struct fixture *f = *state;
	const struct audit_field fields[] = {
		{"user", "alice"}, {"share", NULL}, {NULL, NULL}};
	struct stat st;
	json_t *json = NULL;

	assert_int_equal(audit_start(f->file, AUDIT_JOURNAL_NO), 0);
	audit_write("logon", AUDIT_DENIED, "192.0.2.1:5000", "no", fields);
	audit_write("share", AUDIT_ALLOWED, "[2001:db8::1]:5000", "yes",
		    fields);
	audit_write("share", AUDIT_ERROR, NULL, "what?", fields);
	json = line(f, 0);
	expect(json, "event", "logon");
	expect(json, "result", "denied");
	expect(json, "address", "192.0.2.1");
	expect(json, "port", "5000");
	expect(json, "user", "alice");
	expect(json, "share", NULL);
	assert_int_equal(
		strlen(json_string_value(json_object_get(json, "timestamp"))),
		strlen("2026-01-31T12:00:00.123456Z"));
	json_decref(json);
	json = line(f, 1);
	expect(json, "address", "2001:db8::1");
	expect(json, "result", "allowed");
	json_decref(json);
	json = line(f, 2);
	expect(json, "address", "unknown");
	expect(json, "port", NULL);
	json_decref(json);
	assert_int_equal(stat(f->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* What a stranger chose is a value and nothing else. */
static void test_hostile(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {
		"\"}\n{\"event\":\"logon\",\"result\":\"allowed\"",
		"a\r\nb\tc\x7F\x1B[31m",
		"\\\", \\u0041",
		"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80",
	};
	static const char *const bad[] = {"\xC3",
					  "\xC0\xAF",
					  "\xED\xA0\x80",
					  "\xFF",
					  "\xC2\x85", /* next line, of C1 */
					  "\xF4\x90\x80\x80",
					  "\xE2\x28\xA1",
					  "\x80"};
	struct audit_field fields[] = {{"user", NULL}, {NULL, NULL}};
	json_t *json = NULL;
	unsigned n = 0;
	size_t i = 0;

	assert_int_equal(audit_start(f->file, AUDIT_JOURNAL_NO), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fields[0].value = names[i];
		audit_write("logon", AUDIT_DENIED, "192.0.2.1:1", names[i],
			    fields);
		json = line(f, n++);
		expect(json, "user", names[i]);
		expect(json, "message", names[i]);
		expect(json, "result", "denied");
		json_decref(json);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fields[0].value = bad[i];
		audit_write("logon", AUDIT_DENIED, "192.0.2.1:1", "x", fields);
		json = line(f, n++);
		assert_non_null(
			strstr(json_string_value(json_object_get(json, "user")),
			       "\\x"));
		json_decref(json);
	}
}

static void test_bounds(void **state)
{
	struct fixture *f = *state;
	struct audit_field fields[AUDIT_FIELDS_MAX + 8] = {{NULL, NULL}};
	char *longest = talloc_zero_size(f, 3 * AUDIT_VALUE_MAX + 1);
	json_t *json = NULL;
	char keys[AUDIT_FIELDS_MAX + 8][8];
	size_t i = 0;

	memset(longest, '\n', 3 * AUDIT_VALUE_MAX);
	for (i = 0; i < AUDIT_FIELDS_MAX + 7; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		fields[i] = (struct audit_field){keys[i], longest};
	}
	assert_int_equal(audit_start(f->file, AUDIT_JOURNAL_YES), 0);
	audit_write("logon", AUDIT_DENIED, longest, longest, fields);
	json = line(f, 0);
	assert_in_range(json_object_size(json), 5, AUDIT_FIELDS_MAX);
	assert_in_range(json_string_length(json_object_get(json, "k0")),
			AUDIT_VALUE_MAX, AUDIT_VALUE_MAX + 3);
	json_decref(json);
}

static void test_file(void **state)
{
	struct fixture *f = *state;
	const struct audit_field none[] = {{NULL, NULL}};
	char *old = talloc_asprintf(f, "%s.1", f->file);
	json_t *json = NULL;

	assert_int_equal(audit_start(f->file, AUDIT_JOURNAL_NO), 0);
	audit_write("one", AUDIT_ALLOWED, NULL, "", none);
	assert_int_equal(rename(f->file, old), 0);
	assert_int_equal(audit_start(f->file, AUDIT_JOURNAL_NO), 0);
	audit_write("two", AUDIT_ALLOWED, NULL, "", none);
	json = line(f, 0);
	expect(json, "event", "two");
	json_decref(json);
	/* what cannot be opened changes nothing */
	assert_int_equal(audit_start("/nowhere/at/all", AUDIT_JOURNAL_NO),
			 ENOENT);
	audit_write("three", AUDIT_ALLOWED, NULL, "", none);
	json = line(f, 1);
	expect(json, "event", "three");
	json_decref(json);
	assert_true(audit_connection() < audit_connection());
}

/* The native protocol: KEY=value\n, or, where there is a line feed in it,
 * KEY\n, eight bytes of length, the value, \n. */
static void test_journal(void **state)
{
	struct fixture *f = *state;
	const struct audit_field fields[] = {{"user", "a\nRESULT=allowed"},
					     {NULL, NULL}};
	static const char wanted[] = "SMBQUIC_USER\n\x10\0\0\0\0\0\0\0"
				     "a\nRESULT=allowed\n";
	static const char result[] = "\nSMBQUIC_RESULT=denied\n";
	static const char head[] = "MESSAGE=no\nPRIORITY=4\n";
	char datagram[4096];
	ssize_t n = 0;

	assert_int_equal(audit_start(NULL, AUDIT_JOURNAL_YES), 0);
	audit_write("logon", AUDIT_DENIED, "192.0.2.1:5000", "no", fields);
	n = recv(f->fd, datagram, sizeof(datagram), MSG_DONTWAIT);
	assert_true(n > 0);
	assert_memory_equal(datagram, head, sizeof(head) - 1);
	assert_non_null(memmem(datagram, n, wanted, sizeof(wanted) - 1));
	assert_non_null(memmem(datagram, n, result, sizeof(result) - 1));
	/* a journal that nobody reads does not hold us up */
	for (n = 0; n < 2000; n++) {
		audit_write("logon", AUDIT_DENIED, NULL, "no", fields);
	}
	assert_int_equal(audit_start(NULL, AUDIT_JOURNAL_NO), 0);
	while (recv(f->fd, datagram, sizeof(datagram), MSG_DONTWAIT) > 0) {
	}
	audit_write("logon", AUDIT_DENIED, NULL, "no", fields);
	assert_true(recv(f->fd, datagram, sizeof(datagram), MSG_DONTWAIT) ==
		    -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_journal, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
