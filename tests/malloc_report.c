/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * malloc_report.c - how much a program that runs has from malloc.
 *
 *	LD_PRELOAD=libmalloc_report.so MALLOC_REPORT=FIFO program
 *
 * Whoever opens FIFO for reading gets the number of bytes in use, of all
 * arenas and mappings, and the end of the file.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *report(void *path)
{
	for (;;) {
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		struct mallinfo2 info = mallinfo2();

		if (fd == -1) {
			return NULL;
		}
		dprintf(fd, "%zu\n", info.uordblks + info.hblkhd);
		close(fd);
		/* the reader is to see the end before it may be asked again */
		usleep(100000);
	}
}

__attribute__((constructor)) static void begin(void)
{
	char *path = getenv("MALLOC_REPORT");
	pthread_t thread;
	sigset_t all, before;

	if (path == NULL) {
		return;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, report, path) == 0) {
		pthread_detach(thread);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
