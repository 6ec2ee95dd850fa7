/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of the journal: how fields are written, what does not fit, and lines
 * of the log that go there with their fields.
 */
#include "smbquic/journal.h"
#include "tests/testlib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOG_MODULE "test"
#include "smbquic/log.h"

struct place {
	char *path;
	int fd;
};

static int setup(void **state)
{
	struct place *p = talloc_zero(NULL, struct place);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	p->path = talloc_asprintf(p, "%s/journal", testlib_tmpdir(p));
	assert_true(strlen(p->path) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, p->path, strlen(p->path));
	p->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(
		bind(p->fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	close(p->fd);
	talloc_free(p);
	return 0;
}

static void test_entry(void **state)
{
	static const char expected[] =
		"MESSAGE=hello\nTWO\n\x07\0\0\0\0\0\0\0a=b\nc=d\nEMPTY=\n";
	const struct journal_field fields[] = {
		{"MESSAGE", "hello"},
		{"TWO", "a=b\nc=d"},
		{"NONE", NULL},
		{"EMPTY", ""},
	};
	struct place *p = *state;
	char heard[256] = "";

	assert_int_equal(journal_send(p->path, fields, 4), 0);
	assert_int_equal(recv(p->fd, heard, sizeof(heard), MSG_DONTWAIT),
			 sizeof(expected) - 1);
	assert_memory_equal(heard, expected, sizeof(expected) - 1);
}

static void test_does_not_fit(void **state)
{
	char *text = malloc(70000);
	const struct journal_field fields[] = {{"MESSAGE", text}};
	struct place *p = *state;

	memset(text, 'x', 69999);
	text[69999] = '\0';
	assert_int_equal(journal_send(p->path, fields, 1), EMSGSIZE);
	text[100] = '\0';
	assert_int_equal(journal_send("/nowhere/at/all", fields, 1), ENOENT);
	free(text);
}

static void test_log(void **state)
{
	const struct log_field fields[] = {
		{"PEER", "192.0.2.1:7"}, {"NAME", NULL}, {NULL, NULL}};
	struct place *p = *state;
	char heard[512] = "";
	char stream[64] = "";
	struct stat st = {0};
	ssize_t n = 0;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	setenv("SMBQUIC_JOURNAL_SOCKET", p->path, 1);
	assert_true(journal_is_at(STDERR_FILENO));
	log_write_fields(LOG_LEVEL_NOTICE, LOG_MODULE, fields, "re\nfused");
	log_write_fields(LOG_LEVEL_DEBUG, LOG_MODULE, fields, "not shown");
	n = recv(p->fd, heard, sizeof(heard) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	assert_string_equal(heard,
			    "MESSAGE=re\\x0Afused\nPRIORITY=5\n"
			    "SYSLOG_IDENTIFIER=smbquic\nSMBQUIC_MODULE=test\n"
			    "SMBQUIC_PEER=192.0.2.1:7\n");
	assert_int_equal(recv(p->fd, heard, sizeof(heard), MSG_DONTWAIT), -1);
	setenv("JOURNAL_STREAM", "1:1", 1);
	assert_false(journal_is_at(STDERR_FILENO));
	unsetenv("JOURNAL_STREAM");
	assert_false(journal_is_at(STDERR_FILENO));
	unsetenv("SMBQUIC_JOURNAL_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_does_not_fit, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_log, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
