/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passwords in a keyring of this process' own, and where there are none.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <keyutils.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smbquic/keyring.h"
#include "smbquic/sandbox.h"

#define SERVER "files.example.org"

/* Nothing is left to the next test. */
static int new_session(void **state)
{
	(void)state;
	(void)keyctl_join_session_keyring(NULL);
	return 0;
}

static void needs_keyrings(void)
{
	if (keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0) == -1) {
		print_message("no keyrings: %s\n", strerror(errno));
		skip();
	}
}

/*
 * First of all, as a session once joined is not left again. What is kept where
 * there is none is there for the next process, too.
 */
static void test_no_session(void **state)
{
	long session = keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0);
	char *found = NULL;
	int status = 0;
	pid_t pid = -1;

	(void)state;
	needs_keyrings();
	if (session !=
	    keyctl_get_keyring_ID(KEY_SPEC_USER_SESSION_KEYRING, 0)) {
		print_message("there is a session\n");
		skip();
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		_exit(keyring_keep(SERVER, "TEST", "alice", "one"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	found = keyring_password(NULL, SERVER, "TEST", "alice");
	assert_non_null(found);
	assert_string_equal(found, "one");
	talloc_free(found);
	assert_int_equal(keyring_forget(SERVER, "TEST", "alice"), 0);
}

static void assert_kept(const char *server, const char *domain,
			const char *user, const char *wanted)
{
	char *found = keyring_password(NULL, server, domain, user);

	if (wanted == NULL) {
		assert_int_equal(errno, ENOKEY);
		assert_null(found);
	} else {
		assert_non_null(found);
		assert_string_equal(found, wanted);
	}
	talloc_free(found);
}

static void test_kept(void **state)
{
	(void)state;
	needs_keyrings();
	assert_kept(SERVER, NULL, "alice", NULL);
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", "one"), 0);
	assert_int_equal(keyring_keep(SERVER, "CORP", "alice", "two"), 0);
	assert_int_equal(keyring_keep("other", NULL, "alice", "three"), 0);
	assert_int_equal(keyring_keep(SERVER, NULL, "bob", "four"), 0);
	assert_kept(SERVER, NULL, "alice", "one");
	assert_kept(SERVER, "", "alice", "one");
	assert_kept("FILES.example.org", "", "Alice", "one");
	assert_kept(SERVER, "corp", "alice", "two");
	assert_kept("other", NULL, "alice", "three");
	assert_kept(SERVER, NULL, "bob", "four");
	assert_kept("other", NULL, "bob", NULL);
	assert_int_equal(keyring_keep(SERVER, NULL, "ALICE", "five"), 0);
	assert_kept(SERVER, NULL, "alice", "five");
}

static void test_forgotten(void **state)
{
	(void)state;
	needs_keyrings();
	assert_int_equal(keyring_forget(SERVER, NULL, "alice"), ENOKEY);
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", "one"), 0);
	assert_int_equal(keyring_forget(SERVER, NULL, "Alice"), 0);
	assert_kept(SERVER, NULL, "alice", NULL);
	assert_int_equal(keyring_forget(SERVER, NULL, "alice"), ENOKEY);
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", "two"), 0);
	assert_kept(SERVER, NULL, "alice", "two");
}

/* What others have done to a key: it is none any more. */
static void test_ended(void **state)
{
	key_serial_t key = -1;

	(void)state;
	needs_keyrings();
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", "one"), 0);
	key = (key_serial_t)keyctl_search(KEY_SPEC_SESSION_KEYRING, "user",
					  "smbquic:" SERVER ":\\alice", 0);
	assert_true(key != -1);
	assert_int_equal(keyctl_revoke(key), 0);
	assert_kept(SERVER, NULL, "alice", NULL);
	assert_int_equal(keyring_forget(SERVER, NULL, "alice"), ENOKEY);
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", "two"), 0);
	assert_kept(SERVER, NULL, "alice", "two");
}

static void test_lengths(void **state)
{
	char text[KEYRING_PASSWORD_MAX + 2] = "";

	(void)state;
	needs_keyrings();
	memset(text, 'x', KEYRING_PASSWORD_MAX);
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", text), 0);
	assert_kept(SERVER, NULL, "alice", text);
	text[KEYRING_PASSWORD_MAX] = 'x';
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", text), EMSGSIZE);
	text[KEYRING_PASSWORD_MAX] = '\0';
	assert_kept(SERVER, NULL, "alice", text);
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", ""), EINVAL);
}

static void test_no_password(void **state)
{
	char data[KEYRING_PASSWORD_MAX + 1] = "";
	const char *name = "smbquic:" SERVER ":\\alice";

	(void)state;
	needs_keyrings();
	memset(data, 'x', sizeof(data));
	assert_true(add_key("user", name, data, sizeof(data),
			    KEY_SPEC_SESSION_KEYRING) != -1);
	assert_null(keyring_password(NULL, SERVER, NULL, "alice"));
	assert_int_equal(errno, EBADMSG);
	assert_true(add_key("user", name, "a\0b", 3,
			    KEY_SPEC_SESSION_KEYRING) != -1);
	assert_null(keyring_password(NULL, SERVER, NULL, "alice"));
	assert_int_equal(errno, EBADMSG);
}

/* In a pool, freed memory can still be looked at. */
static void test_wiped(void **state)
{
	void *pool = talloc_pool(NULL, 4096);
	const volatile char *there = NULL;
	char *found = NULL;
	int i = 0;

	(void)state;
	needs_keyrings();
	assert_int_equal(keyring_keep(SERVER, NULL, "alice", "wonderland"), 0);
	found = keyring_password(pool, SERVER, NULL, "alice");
	assert_string_equal(found, "wonderland");
	there = found;
	talloc_free(found);
	for (i = 0; i < 10; i++) {
		assert_int_equal(there[i], 0);
	}
	talloc_free(pool);
}

enum { FINE = 0, NO_FILTER = 100 };

/* The filter knows no calls of keyrings: EPERM. */
static int forbidden(void)
{
	if (sandbox_filter(SANDBOX_REFUSE, 0, "trial") != 0) {
		return NO_FILTER;
	}
	if (keyring_password(NULL, SERVER, NULL, "alice") != NULL ||
	    errno != EPERM) {
		return 1;
	}
	if (keyring_keep(SERVER, NULL, "alice", "one") != EPERM) {
		return 2;
	}
	return keyring_forget(SERVER, NULL, "alice") == EPERM ? FINE : 3;
}

static void test_forbidden(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		_exit(forbidden());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_FILTER) {
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), FINE);
}

static void test_sentences(void **state)
{
	static const int errors[] = {ENOKEY, EBADMSG, EMSGSIZE, EDQUOT,
				     ENOSYS, EPERM,   EACCES};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		assert_string_not_equal(keyring_why(errors[i]),
					strerror(errors[i]));
	}
	assert_string_equal(keyring_why(ENOMEM), strerror(ENOMEM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_session),
		cmocka_unit_test_setup(test_kept, new_session),
		cmocka_unit_test_setup(test_forgotten, new_session),
		cmocka_unit_test_setup(test_ended, new_session),
		cmocka_unit_test_setup(test_lengths, new_session),
		cmocka_unit_test_setup(test_no_password, new_session),
		cmocka_unit_test_setup(test_wiped, new_session),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
