/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * helper.h - large messages are compressed and decompressed in the server's
 * threads (smbquic/message.h), in a lane of their own.
 */
#ifndef SERVER_HELPER_H
#define SERVER_HELPER_H

#include "server/server.h"

/** So many jobs wait at most. Beyond that each connection has one; what else it
    reads goes as it is. */
#define HELPER_MAX_QUEUED 32

/** For the messages of a connection, which take turns with others'. */
struct message_helper helper_of(struct conn *conn);

#endif
