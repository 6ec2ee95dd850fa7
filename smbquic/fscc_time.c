/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/fscc.h"

/* Seconds from 1601-01-01 to 1970-01-01, and ticks of 100 ns in a second. */
#define EPOCH_DISTANCE	 INT64_C(11644473600)
#define TICKS_PER_SECOND INT64_C(10000000)
#define NS_PER_TICK	 100

NTTIME nttime_from_timespec(struct timespec ts)
{
	int64_t seconds = ts.tv_sec;

	if (seconds < -EPOCH_DISTANCE) {
		return 0;
	}
	if (seconds >= INT64_MAX / TICKS_PER_SECOND - EPOCH_DISTANCE) {
		return INT64_MAX;
	}
	return (NTTIME)((seconds + EPOCH_DISTANCE) * TICKS_PER_SECOND +
			ts.tv_nsec / NS_PER_TICK);
}

/* The nearest where it has 32 bits: 1901 to 2038. */
static time_t to_time(int64_t seconds)
{
	if (sizeof(time_t) < sizeof(int64_t)) {
		if (seconds > INT32_MAX) {
			return INT32_MAX;
		}
		if (seconds < INT32_MIN) {
			return INT32_MIN;
		}
	}
	return (time_t)seconds;
}

struct timespec nttime_to_timespec(NTTIME t)
{
	int64_t ticks = t > INT64_MAX ? INT64_MAX : (int64_t)t;
	struct timespec ts = {0};

	ts.tv_sec = to_time(ticks / TICKS_PER_SECOND - EPOCH_DISTANCE);
	ts.tv_nsec = (long)(ticks % TICKS_PER_SECOND * NS_PER_TICK);
	return ts;
}

NTTIME nttime_from_unix(time_t t)
{
	struct timespec ts = {.tv_sec = t};

	return nttime_from_timespec(ts);
}

time_t nttime_to_unix(NTTIME t)
{
	return nttime_to_timespec(t).tv_sec;
}
