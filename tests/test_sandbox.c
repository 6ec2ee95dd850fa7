/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process can no longer do, tried in children: what is given up cannot
 * be had again.
 */
#include "tests/testlib.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smbquic/sandbox.h"

/* In a child, whose standard error is `words`: its exit status, or 128 and
 * the signal. */
static int in_child(int (*act)(void), char *words, size_t size)
{
	int fds[2] = {-1, -1};
	int status = 0;
	ssize_t n = 0;
	size_t len = 0;
	pid_t pid = 0;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		_exit(act());
	}
	close(fds[1]);
	do {
		n = read(fds[0], words + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	words[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum { FINE = 0, NO_FILTER = 100 };

static int begin(enum sandbox_filter how)
{
	int err = sandbox_filter(how, 0, "trial");

	return err == ENOSYS ? NO_FILTER : err;
}

static int execute(void)
{
	char *const argv[] = {(char *)"true", NULL};
	char *const env[] = {NULL};

	return (int)syscall(SYS_execve, "/bin/true", argv, env);
}

static void *a_thread(void *private_data)
{
	int *err = private_data;

	*err = execute() == -1 ? errno : 0;
	return NULL;
}

static int refused(void)
{
	int err = begin(SANDBOX_REFUSE);
	pthread_t thread;
	int in_thread = 0;

	if (err != 0) {
		return err;
	}
	if (execute() != -1 || errno != EPERM) {
		return 1;
	}
	if (execute() != -1 || errno != EPERM) {
		return 2; /* the second time too */
	}
	if (pthread_create(&thread, NULL, a_thread, &in_thread) != 0 ||
	    pthread_join(thread, NULL) != 0 || in_thread != EPERM) {
		return 3;
	}
	if (socket(AF_PACKET, SOCK_RAW, 0) != -1 || errno != EPERM) {
		return 4;
	}
	if (socket(AF_INET, SOCK_DGRAM, 0) == -1) {
		return 5;
	}
	if (syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) != -1 ||
	    errno != EPERM) {
		return 6;
	}
	if (syscall(SYS_unshare, CLONE_NEWUSER) != -1 || errno != EPERM) {
		return 7;
	}
	return FINE;
}

static void test_refused(void **state)
{
	char words[4096] = "";
	char wanted[100] = "";
	char *first = NULL;
	int status = in_child(refused, words, sizeof(words));

	(void)state;
	if (status == NO_FILTER) {
		skip();
	}
	assert_int_equal(status, FINE);
	snprintf(wanted, sizeof(wanted),
		 "trial: sandbox: the system call %d is not allowed (EPERM)\n",
		 (int)SYS_execve);
	first = strstr(words, wanted);
	assert_non_null(first);
	assert_null(strstr(first + 1, wanted)); /* said once */
}

static int killed(void)
{
	int err = begin(SANDBOX_KILL);

	if (err != 0) {
		return err;
	}
	execute();
	return 1;
}

static int executes(void)
{
	int err = sandbox_filter(SANDBOX_KILL, SANDBOX_EXECUTES, "trial");

	if (err != 0) {
		return err == ENOSYS ? NO_FILTER : err;
	}
	execute();
	return 1;
}

/* A program that a module of PAM's has its work done by. */
static void test_executes(void **state)
{
	char words[4096] = "";
	int status = in_child(executes, words, sizeof(words));

	(void)state;
	if (status == NO_FILTER) {
		skip();
	}
	assert_int_equal(status, FINE);
}

static void test_killed(void **state)
{
	char words[4096] = "";
	int status = in_child(killed, words, sizeof(words));

	(void)state;
	if (status == NO_FILTER) {
		skip();
	}
	assert_int_equal(status, 128 + SIGSYS);
}

static int not_at_all(void)
{
	if (begin(SANDBOX_OFF) != 0) {
		return 1;
	}
	return execute() + 3; /* does not come back */
}

static void test_off(void **state)
{
	char words[4096] = "";

	(void)state;
	assert_int_equal(in_child(not_at_all, words, sizeof(words)), 0);
}

static int fewer(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	const uint32_t keep = 1u << CAP_CHOWN;

	if (sandbox_capabilities(keep) != 0) {
		return 1;
	}
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
		return 2;
	}
	if (syscall(SYS_capget, &head, data) != 0 ||
	    (data[0].permitted & ~keep) != 0 || data[1].permitted != 0 ||
	    (data[0].effective & ~keep) != 0 ||
	    (data[0].inheritable & ~keep) != 0) {
		return 3;
	}
	if (geteuid() == 0 && (prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) != 0 ||
			       sethostname("trial", 5) != -1)) {
		return 4;
	}
	/* and there is no way back */
	data[0].permitted |= 1u << CAP_SYS_ADMIN;
	if (syscall(SYS_capset, &head, data) != -1) {
		return 5;
	}
	return sandbox_capabilities(keep) == 0 ? FINE : 6;
}

static void test_capabilities(void **state)
{
	char words[4096] = "";

	(void)state;
	assert_int_equal(in_child(fewer, words, sizeof(words)), FINE);
}

static void test_list(void **state)
{
	(void)state;
	assert_true(sandbox_allows(SYS_read));
	assert_true(sandbox_allows(SYS_openat2));
	assert_false(sandbox_allows(SYS_execve));
	assert_false(sandbox_allows(SYS_execveat));
	assert_false(sandbox_allows(SYS_mount));
	assert_false(sandbox_allows(SYS_bpf));
	assert_false(sandbox_allows(SYS_io_uring_setup));
	assert_false(sandbox_allows(SYS_keyctl));
	assert_false(sandbox_allows(SYS_perf_event_open));
	assert_false(sandbox_allows(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_executes),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
