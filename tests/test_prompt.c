/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terminals are in test_passwd_cli.py, which has one; here: lines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "smbquic/prompt.h"

static void test_lines(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	static const char text[] = "one\ntwo\r\n\nlast";
	int fds[2] = {-1, -1};

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
	close(fds[1]);
	assert_string_equal(prompt_read_line(mem_ctx, fds[0]), "one");
	assert_string_equal(prompt_read_line(mem_ctx, fds[0]), "two");
	assert_string_equal(prompt_read_line(mem_ctx, fds[0]), "");
	assert_string_equal(prompt_read_line(mem_ctx, fds[0]), "last");
	assert_null(prompt_read_line(mem_ctx, fds[0]));
	assert_int_equal(errno, ENODATA);
	close(fds[0]);
	assert_null(prompt_read_line(mem_ctx, fds[0]));
	assert_int_equal(errno, EBADF);
	talloc_free(mem_ctx);
}

static void test_long_lines(void **state)
{
	char text[PROMPT_MAX + 2];
	char *line = NULL;
	int fds[2] = {-1, -1};

	(void)state;
	memset(text, 'x', sizeof(text));
	text[PROMPT_MAX] = '\n';
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, PROMPT_MAX + 1), PROMPT_MAX + 1);
	line = prompt_read_line(NULL, fds[0]);
	assert_int_equal(strlen(line), PROMPT_MAX);
	talloc_free(line);
	text[PROMPT_MAX] = 'x';
	assert_int_equal(write(fds[1], text, PROMPT_MAX + 1), PROMPT_MAX + 1);
	assert_null(prompt_read_line(NULL, fds[0]));
	assert_int_equal(errno, EMSGSIZE);
	close(fds[0]);
	close(fds[1]);
}

/* "a" is not the password of who gave "a", zero, "b". */
static void test_odd_lines(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	static const char text[] = "a\rb\r\n\ra\0b\n";
	int fds[2] = {-1, -1};

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, sizeof(text) - 1),
			 sizeof(text) - 1);
	assert_string_equal(prompt_read_line(mem_ctx, fds[0]), "a\rb");
	assert_null(prompt_read_line(mem_ctx, fds[0]));
	assert_int_equal(errno, EILSEQ);
	assert_string_equal(prompt_strerror(errno),
			    "there is a zero byte in the password");
	assert_string_equal(prompt_strerror(EMSGSIZE),
			    "the password is too long");
	close(fds[0]);
	close(fds[1]);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_odd_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
