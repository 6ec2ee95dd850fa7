/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The threads in which QUIC connections are served of a session that may have
 * several: what makes packets and what opens them then uses as many processors
 * as there are connections, and one more makes and reads messages. A session
 * that may have one alone, as most may, has none; where several are allowed, a
 * thread begins with the first QUIC connection that it is to serve.
 */
#define LOG_MODULE "client"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "client/client_private.h"
#include "smbquic/log.h"
#include "smbquic/threads.h"

/* Child of home. */
struct quic_threads {
	struct threads *threads;
	pid_t pid; /* whose they are: none survives a fork() */
};

/* Connections that are there still hold them. */
static int quic_threads_destructor(struct quic_threads *t)
{
	if (t->pid == getpid()) {
		threads_release(t->threads);
	}
	return 0;
}

unsigned quic_threads_worth(unsigned channels, unsigned processors)
{
	if (channels < 2 || processors < 2) {
		return 0;
	}
	if (channels > CLIENT_MAX_CHANNELS) {
		channels = CLIENT_MAX_CHANNELS;
	}
	return channels < processors ? channels : processors;
}

/* Those that this process may use. */
static unsigned processors(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	return sched_getaffinity(0, sizeof(set), &set) == 0
		       ? (unsigned)CPU_COUNT(&set)
		       : 1;
}

struct threads *quic_threads(struct client_conn *home)
{
	unsigned count =
		quic_threads_worth(home->options.max_channels, processors());
	struct quic_threads *t = home->threads;

	if (t != NULL) {
		return t->pid == getpid() ? t->threads : NULL;
	}
	if (count == 0) {
		return NULL;
	}
	t = talloc_zero(home, struct quic_threads);
	if (t == NULL) {
		return NULL;
	}
	t->threads = threads_new(home->ev, count);
	if (t->threads == NULL) {
		log_info("no threads for QUIC connections, which are served "
			 "without: %s",
			 strerror(errno));
		talloc_free(t);
		return NULL;
	}
	t->pid = getpid();
	talloc_set_destructor(t, quic_threads_destructor);
	home->threads = t;
	return t->threads;
}
