/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a service manager passes and hears.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "smbquic/systemd.h"
#include "tests/testlib.h"

static void passed(const char *pid, const char *fds)
{
	char own[16] = "";

	snprintf(own, sizeof(own), "%d", (int)getpid());
	setenv("LISTEN_PID", pid != NULL ? pid : own, 1);
	setenv("LISTEN_FDS", fds, 1);
	setenv("LISTEN_FDNAMES", "a:b", 1);
}

static void test_descriptors(void **state)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	/* the first free one, or the number is somebody else's already */
	assert_true(fd > 0);
	dup2(fd, SYSTEMD_FIRST_FD);
	passed(NULL, "1");
	assert_int_equal(systemd_listen_fds(), 1);
	assert_true((fcntl(SYSTEMD_FIRST_FD, F_GETFD) & FD_CLOEXEC) != 0);
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDNAMES"));
	assert_int_equal(systemd_listen_fds(), 0);
}

static void test_not_for_us(void **state)
{
	(void)state;
	passed("1", "1");
	assert_int_equal(systemd_listen_fds(), 0);
	passed(NULL, "-1");
	assert_int_equal(systemd_listen_fds(), 0);
	passed(NULL, "99999999999999999999");
	assert_int_equal(systemd_listen_fds(), 0);
	passed(NULL, "1x");
	assert_int_equal(systemd_listen_fds(), 0);
	passed("", "");
	assert_int_equal(systemd_listen_fds(), 0);
}

static void test_notify(void **state)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char *path =
		talloc_asprintf(mem_ctx, "%s/notify", testlib_tmpdir(mem_ctx));
	char text[128] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	systemd_notify("READY=1");
	assert_int_equal(recv(fd, text, sizeof(text) - 1, 0), 7);
	assert_string_equal(text, "READY=1");
	systemd_notify_reloading();
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
	/* nowhere, and somewhere that makes no sense */
	unsetenv("NOTIFY_SOCKET");
	systemd_notify("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	systemd_notify("READY=1");
	assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), -1);
	close(fd);
	unlink(path);
	talloc_free(mem_ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_not_for_us),
		cmocka_unit_test(test_notify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
