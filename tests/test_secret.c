/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secrets: what they are, and where they are not to be seen.
 */
#include "tests/testlib.h"

#include <gnutls/gnutls.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smbquic/secret.h"

static void test_memory(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint8_t *small = secret_new(mem_ctx, 0);
	uint8_t *large = secret_new(mem_ctx, 100000);
	size_t i = 0;

	(void)state;
	assert_non_null(small);
	assert_non_null(large);
	for (i = 0; i < 100000; i++) {
		assert_int_equal(large[i], 0);
	}
	memset(large, 7, 100000);
	assert_null(secret_new(mem_ctx, SIZE_MAX));
	talloc_free(mem_ctx);
}

static void test_text(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char text[] = "wonderland";
	char *copy = secret_text(mem_ctx, text);

	(void)state;
	assert_string_equal(copy, text);
	secret_wipe_text(text);
	assert_int_equal(text[0], 0);
	assert_int_equal(text[9], 0);
	assert_string_equal(copy, "wonderland");
	secret_wipe_text(NULL);
	secret_wipe_text("");
	talloc_free(mem_ctx);
}

/* In a pool, freed memory can still be looked at. */
static void test_string(void **state)
{
	void *pool = talloc_pool(NULL, 4096);
	char *copy = secret_strdup(pool, "wonderland");
	const volatile char *there = copy;
	int i = 0;

	(void)state;
	assert_string_equal(copy, "wonderland");
	copy[3] = '\0'; /* what is behind it is wiped, too */
	talloc_free(copy);
	for (i = 0; i < 10; i++) {
		assert_int_equal(there[i], 0);
	}
	talloc_free(pool);
}

static void test_env(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const char *there = NULL;

	(void)state;
	setenv("SECRET_TRIAL", "wonderland", 1);
	there = getenv("SECRET_TRIAL");
	assert_string_equal(secret_take_env(mem_ctx, "SECRET_TRIAL"),
			    "wonderland");
	assert_null(getenv("SECRET_TRIAL"));
	(void)there;
	assert_null(secret_take_env(mem_ctx, "SECRET_TRIAL"));
	talloc_free(mem_ctx);
}

/* /proc/self/smaps has "dd" among the flags of what dumps leave out. */
static bool left_out(const void *address)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512] = "";
	bool here = false;
	bool out = false;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		unsigned long from = 0;
		unsigned long to = 0;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
			here = (uintptr_t)address >= from &&
			       (uintptr_t)address < to;
		} else if (here && strncmp(line, "VmFlags:", 8) == 0) {
			out = strstr(line, " dd") != NULL;
		}
	}
	fclose(f);
	return out;
}

static void test_dumps_leave_it_out(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	char *other = talloc_strdup(mem_ctx, "x");

	(void)state;
	assert_true(left_out(secret_text(mem_ctx, "wonderland")));
	assert_false(left_out(other));
	talloc_free(mem_ctx);
}

static int guarded(void)
{
	secret_guard_process(false);
	if (prctl(PR_GET_DUMPABLE) != 0) {
		return 1;
	}
	secret_guard_process(true);
	return prctl(PR_GET_DUMPABLE) == 1 ? 0 : 2;
}

static void test_process(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		_exit(guarded());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_wanted(void **state)
{
	(void)state;
	unsetenv("SMBQUIC_CORE_DUMPS");
	assert_false(secret_dumps_wanted());
	setenv("SMBQUIC_CORE_DUMPS", "no", 1);
	assert_false(secret_dumps_wanted());
	setenv("SMBQUIC_CORE_DUMPS", "yes", 1);
	assert_true(secret_dumps_wanted());
	unsetenv("SMBQUIC_CORE_DUMPS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_dumps_leave_it_out),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
