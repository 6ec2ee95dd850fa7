/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alarm.h - time limits that do not follow the clock on the wall.
 *
 * tevent's timers mean a time of day: somebody who sets the clock forward by an
 * hour has them all run out, and who sets it back has none run out for an hour.
 * An alarm counts what passes (CLOCK_MONOTONIC: not what a machine sleeps).
 * All alarms of an event loop share one timer of the system.
 *
 * Only in the thread that runs the loop, or before it runs.
 */
#ifndef SMBQUIC_ALARM_H
#define SMBQUIC_ALARM_H

#include <stdbool.h>
#include <stdint.h>
#include <talloc.h>
#include <tevent.h>

struct alarm;

typedef void (*alarm_fn)(void *private_data);

/** What alarms go by. @return ms; 0 is some time in the past. */
uint64_t alarm_clock(void);

/**
 * fn is called once, from the loop, when so much time has passed, never from
 * here. Freeing the alarm before that is allowed, and means not at all; when
 * fn returns it is gone. So it is when ev is, and then it does not ring.
 *
 * @return child of mem_ctx; NULL: errno is set.
 */
struct alarm *alarm_add(struct tevent_context *ev, TALLOC_CTX *mem_ctx,
			uint64_t ms, alarm_fn fn, void *private_data);

/** A request that is done when so much time has passed. */
struct tevent_req *alarm_wait_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, uint64_t ms);
/** @return 0 or an errno. */
int alarm_wait_recv(struct tevent_req *req);

/** The request has so much time from now, as tevent_req_set_endtime().
 *  @return false: no memory, and the request has failed with that. */
bool alarm_limit(struct tevent_req *req, struct tevent_context *ev,
		 uint64_t ms);

#endif
