/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A clock on the wall that is set while a program runs.
 *
 *   LD_PRELOAD=wall_clock.so WALL_CLOCK=FILE program
 *
 * FILE holds by how many seconds: an int64_t in the order of the machine,
 * looked at whenever somebody wants the time of day. What counts the time that
 * passes (CLOCK_MONOTONIC, and the kernel's timers) is as ever, as it is when a
 * clock is set; libfaketime 0.9.10 moves timers with the clock.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *set_by;
static int (*real)(clockid_t id, struct timespec *out);

/* The file is mapped: a sandbox may forbid opening it later. */
static void __attribute__((constructor)) begin(void)
{
	const char *file = getenv("WALL_CLOCK");
	void *mapped = MAP_FAILED;
	int fd = -1;

	real = (int (*)(clockid_t, struct timespec *))(uintptr_t)dlsym(
		RTLD_NEXT, "clock_gettime");
	if (file != NULL) {
		fd = open(file, O_RDONLY | O_CLOEXEC);
	}
	if (fd != -1) {
		mapped = mmap(NULL, sizeof(*set_by), PROT_READ, MAP_SHARED, fd,
			      0);
		close(fd);
	}
	if (mapped != MAP_FAILED) {
		set_by = mapped;
	}
}

int clock_gettime(clockid_t id, struct timespec *out)
{
	int err = 0;

	if (real == NULL) {
		begin(); /* another library's constructor was earlier */
	}
	err = real(id, out);
	if (err == 0 && set_by != NULL &&
	    (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
		out->tv_sec += (time_t)*set_by;
	}
	return err;
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec now = {0};

	(void)tz;
	clock_gettime(CLOCK_REALTIME, &now);
	tv->tv_sec = now.tv_sec;
	tv->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL) {
		*out = now.tv_sec;
	}
	return now.tv_sec;
}
