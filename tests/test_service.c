/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/service.h"
#include "smbquic/log.h"

static char *dir;

static int setup(void **state)
{
	*state = talloc_new(NULL);
	dir = testlib_tmpdir(*state);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static char *path_of(void **state, const char *name)
{
	return talloc_asprintf(*state, "%s/%s", dir, name);
}

static void read_file(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = 0;

	assert_non_null(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
}

/* @return what the child that ran fn exited with. */
static int in_child(int (*fn)(const char *path), const char *path)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		_exit(fn(path));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int hold(const char *path)
{
	return service_pid_file(path) ? 0 : errno == EWOULDBLOCK ? 1 : 2;
}

/* One server alone has the file, which has its number; and it goes with it. */
static void test_pid_file(void **state)
{
	char *path = path_of(state, "pid");
	char text[32] = "";
	char want[32] = "";

	assert_true(service_pid_file(""));
	assert_true(service_pid_file(path));
	read_file(path, text, sizeof(text));
	snprintf(want, sizeof(want), "%d\n", (int)getpid());
	assert_string_equal(text, want);
	assert_int_equal(in_child(hold, path), 1);
	service_pid_file_remove();
	assert_int_equal(access(path, F_OK), -1);
	service_pid_file_remove(); /* nothing happens */
	/* one that was left behind, longer than ours, is nobody's */
	{
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs("123456789012345\n", f);
		fclose(f);
	}
	assert_true(service_pid_file(path));
	read_file(path, text, sizeof(text));
	assert_string_equal(text, want);
	service_pid_file_remove();
	assert_false(service_pid_file("/no/such/folder/pid"));
	assert_int_equal(errno, ENOENT);
}

static int log_something(const char *path)
{
	if (!service_log_to("") || !service_log_to(path)) {
		return 1;
	}
	fprintf(stderr, "one\n");
	if (rename(path, "rotated") != 0 || !service_log_to(path)) {
		return 2;
	}
	fprintf(stderr, "two\n");
	return 0;
}

static void test_log(void **state)
{
	char *path = path_of(state, "log");
	char *rotated = path_of(state, "rotated");
	char text[64] = "";
	struct stat st = {0};
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(here >= 0);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(in_child(log_something, path), 0);
	assert_int_equal(fchdir(here), 0);
	close(here);
	read_file(rotated, text, sizeof(text));
	assert_string_equal(text, "one\n");
	read_file(path, text, sizeof(text));
	assert_string_equal(text, "two\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07, 0); /* not for everybody */
	assert_false(service_log_to("/no/such/folder/log"));
}

/* The parent ends well when the service is ready, and badly when it is not. */
static int background(const char *path)
{
	if (!service_background()) {
		return 3;
	}
	/* the child of the child */
	if (path == NULL) {
		_exit(0);
	}
	service_log_to(path); /* or it would go to syslog */
	service_ready();
	fprintf(stderr, "ready in %s\n", getcwd((char[8]){0}, 8));
	return 0;
}

static void test_background(void **state)
{
	char *path = path_of(state, "log");
	char text[64] = "";
	unsigned tries = 0;

	assert_int_equal(in_child(background, path), 0);
	assert_int_equal(in_child(background, NULL), 1);
	while (strchr(text, '\n') == NULL && tries++ < 1000) {
		usleep(10000);
		read_file(path, text, sizeof(text));
	}
	assert_string_equal(text, "ready in /\n");
	service_ready(); /* in the foreground nobody waits */
}

static char last[256];

static void hear(void *private_data, enum log_level level, const char *module,
		 const char *text)
{
	(void)private_data;
	(void)level;
	(void)module;
	snprintf(last, sizeof(last), "%s", text);
}

static int few_descriptors(const char *path)
{
	struct rlimit limit = {.rlim_cur = 64, .rlim_max = 128};

	(void)path;
	log_set_sink(hear, NULL);
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return 1;
	}
	service_raise_descriptors();
	return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 128 &&
			       strstr(last, "only 128 descriptors") != NULL
		       ? 0
		       : 2;
}

static void test_descriptors(void **state)
{
	(void)state;
	assert_int_equal(in_child(few_descriptors, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pid_file),
		TEST(test_log),
		TEST(test_background),
		TEST(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
