/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/systemd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* More than any unit has; a bound for a loop over a stranger's number. */
#define LISTEN_FDS_MAX 1024

void systemd_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	socklen_t len = 0;
	int fd = -1;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(addr.sun_path)) {
		return;
	}
	memcpy(addr.sun_path, path, strlen(path));
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			  strlen(path));
	if (path[0] == '@') {
		addr.sun_path[0] = '\0';
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return;
	}
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		   (const struct sockaddr *)&addr, len) < 0) {
		/* It does not listen any more: nothing to be done. */
	}
	close(fd);
}

void systemd_notify_reloading(void)
{
	struct timespec now = {0};
	char state[64] = "";

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		 (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	systemd_notify(state);
}

static uint64_t long_number(const char *name)
{
	const char *text = getenv(name);
	char *end = NULL;
	unsigned long long value = 0;

	if (text == NULL || text[0] < '0' || text[0] > '9') {
		return 0;
	}
	value = strtoull(text, &end, 10);
	return *end == '\0' ? value : 0;
}

static unsigned number(const char *name)
{
	uint64_t value = long_number(name);

	return value <= UINT32_MAX ? (unsigned)value : 0;
}

uint64_t systemd_watchdog(void)
{
	bool theirs = getenv("WATCHDOG_PID") != NULL &&
		      number("WATCHDOG_PID") != (unsigned)getpid();

	return theirs ? 0 : long_number("WATCHDOG_USEC");
}

unsigned systemd_listen_fds(void)
{
	unsigned count = number("LISTEN_FDS");
	bool ours = number("LISTEN_PID") == (unsigned)getpid();

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours || count > LISTEN_FDS_MAX) {
		return 0;
	}
	for (unsigned i = 0; i < count; i++) {
		fcntl(SYSTEMD_FIRST_FD + (int)i, F_SETFD, FD_CLOEXEC);
	}
	return count;
}
