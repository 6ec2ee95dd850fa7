/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask_socket.c - the sockets of ask.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/ask.h"

#define BACKLOG 16
#define MODE	0600

static int give_up(int fd)
{
	int err = errno;

	if (fd >= 0) {
		close(fd);
	}
	errno = err;
	return -1;
}

/* An address has room for 107 bytes: it goes by way of the folder. */
static int folder_of(const char *path, struct sockaddr_un *out)
{
	char *copy = strdup(path);
	char *again = strdup(path);
	const char *name = NULL;
	int folder = -1;
	int len = 0;

	if (copy != NULL && again != NULL) {
		folder = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
		name = basename(again);
	}
	if (folder >= 0) {
		out->sun_family = AF_UNIX;
		len = snprintf(out->sun_path, sizeof(out->sun_path),
			       "/proc/self/fd/%d/%s", folder, name);
		if (len >= (int)sizeof(out->sun_path)) {
			errno = ENAMETOOLONG;
			folder = give_up(folder);
		}
	}
	free(copy);
	free(again);
	return folder;
}

static bool is_socket(const char *path)
{
	struct stat st = {0};

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

int ask_listen(const struct sockaddr *addr, socklen_t len)
{
	int on = 1;
	int fd = socket(addr->sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return -1;
	}
	if (addr->sa_family != AF_UNIX) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	} else if (fchmod(fd, MODE) != 0) { /* what bind() makes has it */
		return give_up(fd);
	}
	if (bind(fd, addr, len) != 0 || listen(fd, BACKLOG) != 0) {
		return give_up(fd);
	}
	return fd;
}

int ask_listen_path(const char *path)
{
	struct sockaddr_un addr = {0};
	int folder = folder_of(path, &addr);
	int fd = -1;

	if (folder < 0) {
		return -1;
	}
	if (is_socket(path)) {
		unlink(path);
	}
	fd = ask_listen((const struct sockaddr *)&addr, sizeof(addr));
	give_up(folder);
	return fd;
}

int ask_connect_path(const char *path)
{
	struct sockaddr_un addr = {0};
	int folder = folder_of(path, &addr);
	int fd = -1;

	if (folder < 0) {
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		fd = give_up(fd);
	}
	give_up(folder);
	return fd;
}
