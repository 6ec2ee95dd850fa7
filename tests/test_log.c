/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MODULE "test"
#include "smbquic/log.h"

struct seen {
	int count;
	enum log_level level;
	char module[32];
	char text[4096];
};

static void sink(void *private_data, enum log_level level, const char *module,
		 const char *text)
{
	struct seen *seen = private_data;

	seen->count++;
	seen->level = level;
	snprintf(seen->module, sizeof(seen->module), "%s", module);
	snprintf(seen->text, sizeof(seen->text), "%s", text);
}

static void test_levels(void **state)
{
	struct seen seen = {0};

	(void)state;
	log_set_sink(sink, &seen);
	log_set_level(LOG_LEVEL_NOTICE);
	log_info("not %s", "seen");
	assert_int_equal(seen.count, 0);
	log_notice("seen %d", 7);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.level, LOG_LEVEL_NOTICE);
	assert_string_equal(seen.module, "test");
	assert_string_equal(seen.text, "seen 7");
	log_set_sink(NULL, NULL);
}

static void test_specification(void **state)
{
	char text[64] = "";

	(void)state;
	assert_true(log_set_levels("1 quic:debug, smb2:10"));
	log_get_text(text, sizeof(text));
	assert_string_equal(text, "warn quic:debug smb2:debug");
	log_get_text(text, 10);
	assert_string_equal(text, "warn quic");
	assert_true(log_enabled(LOG_LEVEL_WARN, NULL));
	assert_false(log_enabled(LOG_LEVEL_NOTICE, "other"));
	assert_true(log_enabled(LOG_LEVEL_DEBUG, "quic"));
	assert_true(log_enabled(LOG_LEVEL_DEBUG, "SMB2"));

	/* a new one replaces the old one, a bad one changes nothing */
	assert_true(log_set_levels("Info"));
	assert_false(log_enabled(LOG_LEVEL_DEBUG, "quic"));
	assert_false(log_set_levels("info loud"));
	assert_false(log_set_levels(""));
	assert_false(log_set_levels("-1"));
	assert_false(log_set_levels("11"));
	assert_false(log_set_levels("2x"));
	assert_false(log_set_levels(":3"));
	assert_false(log_set_levels("amodulenamethatislongerthanours:3"));
	assert_true(log_enabled(LOG_LEVEL_INFO, NULL));
	assert_false(log_enabled(LOG_LEVEL_DEBUG, NULL));
}

/* What a stranger sends must not begin a line of its own. */
static void test_escape(void **state)
{
	struct seen seen = {0};

	(void)state;
	log_set_sink(sink, &seen);
	log_error("user %s", "a\nsmbquicd: b\x1b[1m\x7f");
	assert_string_equal(seen.text, "user a\\x0Asmbquicd: b\\x1B[1m\\x7F");
	log_error("%s", "gr\xc3\xbc\xc3\x9f");
	assert_string_equal(seen.text, "gr\xc3\xbc\xc3\x9f");
	log_set_sink(NULL, NULL);
}

static void test_long(void **state)
{
	struct seen seen = {0};
	char *text = malloc(10001);

	(void)state;
	memset(text, 'x', 10000);
	text[10000] = '\0';
	log_set_sink(sink, &seen);
	log_error("%s", text);
	assert_in_range(strlen(seen.text), 2000, 2047);
	assert_string_equal(seen.text + strlen(seen.text) - 3, "...");
	memset(text, '\n', 10000);
	log_error("%s", text);
	assert_in_range(strlen(seen.text), 2000, 2047);
	log_set_sink(NULL, NULL);
	free(text);
}

static void test_errno(void **state)
{
	struct seen seen = {0};

	(void)state;
	log_set_sink(sink, &seen);
	errno = ENOENT;
	log_error("%m");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(seen.text, "No such file or directory");
	log_set_sink(NULL, NULL);
}

/* Runs with standard error in a file, and returns what was written. */
static char *captured(bool journal, char *buf, size_t size)
{
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);
	struct stat st = {0};
	char stream[64] = "";
	size_t n = 0;

	assert_non_null(f);
	dup2(fileno(f), STDERR_FILENO);
	if (journal) {
		fstat(fileno(f), &st);
		snprintf(stream, sizeof(stream), "%llu:%llu",
			 (unsigned long long)st.st_dev,
			 (unsigned long long)st.st_ino);
		setenv("JOURNAL_STREAM", stream, 1);
	}
	log_warn("careful");
	unsetenv("JOURNAL_STREAM");
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	fclose(f);
	return buf;
}

static void test_line(void **state)
{
	char buf[256] = "";

	(void)state;
	log_set_program("/usr/sbin/smbquicd");
	log_set_level(LOG_LEVEL_NOTICE);
	assert_string_equal(captured(false, buf, sizeof(buf)),
			    "smbquicd: test: careful\n");
	assert_string_equal(captured(true, buf, sizeof(buf)),
			    "<4>smbquicd: test: careful\n");
	log_set_level(LOG_LEVEL_DEBUG);
	captured(false, buf, sizeof(buf));
	assert_int_equal(buf[4], '-');
	assert_int_equal(buf[19], '.');
	assert_string_equal(buf + 27, "smbquicd: test: careful\n");
	assert_string_equal(captured(true, buf, sizeof(buf)),
			    "<4>smbquicd: test: careful\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_specification),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
