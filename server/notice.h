/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notice.h - what the server tells without being asked (breaks of oplocks and
 * leases) must reach the client: when the connection that it was sent on ends
 * before the client can have it, it is sent again on another one of the session
 * (MS-SMB2 3.3.4.6, 3.3.4.7). So a client may hear it twice, never not at all.
 */
#ifndef SERVER_NOTICE_H
#define SERVER_NOTICE_H

#include "server/server.h"
#include "smbquic/wire.h"

/** It was sent on that channel: remember it. Without another connection there
 *  is no use in that, and without memory none is made. body is copied. */
void notice_sent(struct channel *channel, uint16_t command,
		 struct wire_slice body);

/** A message came from there, an acknowledgement or another one: what was sent
 *  a second ago has arrived, too. */
void notices_heard(struct conn *conn, bool acknowledges);

/** The channel goes, and is no longer among its session's: what may be lost
 *  with it goes out on another one. */
void notices_move(struct channel *channel);

#endif
