/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd.h - what a service manager wants to hear, and the sockets that it
 * has opened for us: sd_notify(3) and sd_listen_fds(3), without their library.
 */
#ifndef SMBQUIC_SYSTEMD_H
#define SMBQUIC_SYSTEMD_H

#include <stdint.h>

/** Tell it, by $NOTIFY_SOCKET; nothing happens without one. */
void systemd_notify(const char *state);
/** RELOADING=1 with the time that goes with it. */
void systemd_notify_reloading(void);

/** How often it wants to hear "WATCHDOG=1", in microseconds ($WATCHDOG_USEC of
 *  our $WATCHDOG_PID); 0: not at all. */
uint64_t systemd_watchdog(void);

/** The first descriptor that was passed; the others follow it. */
#define SYSTEMD_FIRST_FD 3

/**
 * How many descriptors were passed to this process ($LISTEN_FDS of our
 * $LISTEN_PID). They are closed on exec from then on, and the variables go
 * away, so that it answers once.
 */
unsigned systemd_listen_fds(void);

#endif
