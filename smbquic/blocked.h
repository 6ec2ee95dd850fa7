/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blocked.h - where UDP does not get through, remembered for a while (visit.h),
 * so that not every connection waits for an answer that will not come.
 *
 * What is remembered holds for one server, seen from one network (the local
 * address that leads there): whoever goes elsewhere tries anew.
 */
#ifndef SMBQUIC_BLOCKED_H
#define SMBQUIC_BLOCKED_H

#include <stdbool.h>
#include <sys/socket.h>

#define BLOCKED_SECONDS 300

/** @param visits_file  NULL: nothing is known.
 *  @param addr         of the server, with the UDP port. */
bool blocked_known(const char *visits_file, const char *host,
		   const struct sockaddr *addr);
void blocked_note(const char *visits_file, const char *host,
		  const struct sockaddr *addr);
/** It does get through. */
void blocked_forget(const char *visits_file, const char *host,
		    const struct sockaddr *addr);

#endif
