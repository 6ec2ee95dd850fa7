/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * udp_buffer.c - room in the kernel for what comes and goes.
 */
#include <stdatomic.h>
#include <sys/socket.h>

#define LOG_MODULE "udp"
#include "smbquic/log.h"
#include "smbquic/udp.h"

struct buffer {
	int force, option;
	const char *name, *sysctl;
};

static const struct buffer buffers[] = {
	{SO_RCVBUFFORCE, SO_RCVBUF, "receive", "net.core.rmem_max"},
	{SO_SNDBUFFORCE, SO_SNDBUF, "send", "net.core.wmem_max"},
};
#define NUM_BUFFERS (sizeof(buffers) / sizeof(buffers[0]))

/* The kernel reports twice what it grants, for its bookkeeping. */
static int buffer_size(int fd, const struct buffer *b)
{
	int got = 0;
	socklen_t len = sizeof(got);

	getsockopt(fd, SOL_SOCKET, b->option, &got, &len);
	return got / 2;
}

static bool set_size(int fd, int option, int size)
{
	return setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size)) == 0;
}

/* One line says it, for all sockets of the process; whoever has as much as the
 * other kind of socket wants may still hear of this one's. */
static void advise(const struct buffer *b, int got, int wanted, bool listens)
{
	static atomic_bool told[NUM_BUFFERS][2];
	bool first = !atomic_exchange(&told[b - buffers][listens], true);

	log_write(first ? LOG_LEVEL_NOTICE : LOG_LEVEL_INFO, LOG_MODULE,
		  "the %s buffer of a UDP socket is %d KiB where %d KiB were "
		  "asked for; `sysctl -w %s=%d` makes room",
		  b->name, got / 1024, wanted / 1024, b->sysctl, wanted);
}

void udp_enlarge(int fd, int receive, int send, bool listens)
{
	size_t i = 0;

	for (i = 0; i < NUM_BUFFERS; i++) {
		const struct buffer *b = &buffers[i];
		int wanted = b->option == SO_RCVBUF ? receive : send;

		/* whoever passed it may have had more power than we have */
		if (buffer_size(fd, b) >= wanted ||
		    set_size(fd, b->force, wanted)) {
			continue;
		}
		set_size(fd, b->option, wanted);
		if (buffer_size(fd, b) < wanted) {
			advise(b, buffer_size(fd, b), wanted, listens);
		}
	}
}
