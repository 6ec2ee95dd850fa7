/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notice.h - what the server tells without being asked (breaks of oplocks and
 * leases) must reach the client: when the connection that it was sent on ends
 * before the client can have it, or carries nothing to the client any more, it
 * is sent again on another one (MS-SMB2 3.3.4.6, 3.3.4.7): of the session, or,
 * when it is about a lease, of the client. So a client may hear it twice, never
 * not at all.
 */
#ifndef SERVER_NOTICE_H
#define SERVER_NOTICE_H

#include "server/server.h"
#include "smbquic/wire.h"

/** It was sent on that channel: remember it, also where there is no other way
 *  yet; without memory it is not. body is copied. While the connection has
 * bytes on their way of which none arrives for 1.5 seconds (and four round
 * trips), it goes out on the next younger one, as soon as there is one, and so
 * on. */
void notice_sent(struct channel *channel, uint16_t command,
		 struct wire_slice body);

/** A message came from there: what was sent a second ago has arrived, too. */
void notices_heard(struct conn *conn);

/** What a break is about stands in the same place of all its messages: the
 *  FileId of an oplock, the key of a lease (2.2.23, 2.2.24). */
#define NOTICE_ABOUT_OFFSET 8
#define NOTICE_ABOUT_SIZE   16

/** The break of that is over: acknowledged, whatever connection that came by,
 *  or given up. */
void notices_over(const struct session *session,
		  const uint8_t about[NOTICE_ABOUT_SIZE]);

/** The channel goes, and is no longer among its session's: what may be lost
 *  with it goes out on another one. */
void notices_move(struct channel *channel);

#endif
