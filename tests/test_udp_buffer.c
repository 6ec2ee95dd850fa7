/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Room for UDP, of those who may not have more than the system's limits.
 */
#include "tests/testlib.h"

#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smbquic/log.h"
#include "smbquic/udp.h"

enum { WANTED = 1 << 30, LARGE = 16 << 20 };

static char heard[2048];

static void hear(void *private_data, enum log_level level, const char *module,
		 const char *text)
{
	size_t len = strlen(heard);

	(void)private_data, (void)module;
	snprintf(heard + len, sizeof(heard) - len, "%d %s\n", (int)level, text);
}

static int receive_buffer(int fd)
{
	int got = 0;
	socklen_t len = sizeof(got);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &len), 0);
	return got / 2;
}

/* Each buffer's advice is given once, however many sockets want it. */
static bool is_advised_once(int fd, bool listens)
{
	unsigned lines = 0;
	unsigned i = 0;

	heard[0] = '\0';
	for (i = 0; i < 3; i++) {
		udp_enlarge(fd, WANTED, WANTED, listens);
	}
	for (i = 0; heard[i] != '\0'; i++) {
		lines += heard[i] == '\n';
	}
	return lines == 2 &&
	       strstr(heard, "2 the receive buffer of a UDP socket is ") !=
		       NULL &&
	       strstr(heard, "sysctl -w net.core.rmem_max=1073741824`") !=
		       NULL &&
	       strstr(heard, "sysctl -w net.core.wmem_max=1073741824`") != NULL;
}

/* As who may not go beyond the system's limits. */
static int powerless(int passed)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct udp_socket *s = NULL;
	char *why = NULL;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) {
		return 1;
	}
	log_set_level(LOG_LEVEL_NOTICE);
	log_set_sink(hear, NULL);
	if (!is_advised_once(fd, false)) {
		return 2;
	}
	if (!is_advised_once(fd, true)) { /* of servers', too */
		return 3;
	}
	if (passed == -1) {
		return 0;
	}
	return udp_adopt(NULL, passed, &s, &why) == 0 &&
			       receive_buffer(udp_fd(s)) == LARGE
		       ? 0
		       : 4;
}

static void test_room(void **state)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int large = LARGE;
	bool forced = setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large,
				 sizeof(large)) == 0;
	int status = 0;
	pid_t pid = -1;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	pid = fork();
	if (pid == 0) {
		_exit(powerless(forced ? fd : -1));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(fd);
}

/* A connection's own socket bears a longer wait than a server's. */
static void test_of_one(void **state)
{
	struct sockaddr_in peer = {.sin_family = AF_INET,
				   .sin_port = htons(9),
				   .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int large = LARGE;
	bool forced = setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large,
				 sizeof(large)) == 0;
	struct udp_socket *s = NULL;
	char *why = NULL;

	(void)state;
	close(fd);
	if (!forced) {
		skip();
	}
	assert_int_equal(udp_connect(NULL, (struct sockaddr *)&peer,
				     sizeof(peer), &s, &why),
			 0);
	assert_int_equal(receive_buffer(udp_fd(s)), LARGE);
	talloc_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
