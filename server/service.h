/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * service.h - smbquicd as a Unix service: background, pid file, log file.
 */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include <stdbool.h>

#include "server/config.h"

/**
 * Go to the background. The parent waits until service_ready() or the end of
 * the child and exits with 0 or 1; this returns in the child only. Before any
 * thread is made.
 * @return false: errno.
 */
bool service_background(void);

/** In the background: tell the parent, let go of the terminal, and log to
 *  syslog unless there is a log file. */
void service_ready(void);

/** Standard error goes to that file from now on (again after a rotation).
 *  "": nothing happens. @return false: errno. */
bool service_log_to(const char *path);

/** Write the pid file, refusing one that another live server holds; it is
 *  removed at exit. "": nothing happens. @return false: errno. */
bool service_pid_file(const char *path);
void service_pid_file_remove(void);

/**
 * Have as many descriptors as the system lets us: an open file costs one, a
 * connection one. Fewer than enough is said in the log, not an error.
 */
void service_raise_descriptors(void);

/**
 * Give up what is not needed: capabilities, system calls, core dumps, as the
 * settings say. Before any thread is made, after the limits are raised and the
 * log is open. What cannot be given up is said in the log.
 *
 * @return false: errno; what was to be given up is still there.
 */
bool service_confine(const struct config *config);

#endif
