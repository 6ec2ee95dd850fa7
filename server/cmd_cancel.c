/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_cancel.c - CANCEL (MS-SMB2 3.3.5.16): has no response, takes no credits.
 */

#include <inttypes.h>

#include "server/dispatch.h"

#define LOG_MODULE "request"
#include "smbquic/log.h"

/* One that is meant for another session, or forged, is ignored. */
static bool cancel_allowed(struct conn *conn, const struct message *message,
			   const struct message_pdu *pdu)
{
	const struct channel *channel =
		conn_channel(conn, pdu->header.session_id);

	if (!conn->negotiated) {
		conn_end(conn, TRANSPORT_CLOSE_PROTOCOL,
			 "no NEGOTIATE before CANCEL");
		return false;
	}
	if (message->sealed || (pdu->header.flags & SMB2_FLAGS_SIGNED) == 0) {
		return true;
	}
	return channel != NULL && channel->signing != NULL &&
	       message_verify(pdu, channel->signing);
}

static struct request *cancel_target(struct conn *conn,
				     const struct smb2_header *header)
{
	struct request *r = NULL;

	for (r = conn->requests; r != NULL; r = r->next) {
		if (r->handler == NULL) {
			continue;
		}
		if (smb2_header_is_async(header)
			    ? r->async_id == header->async_id
			    : r->header.message_id == header->message_id) {
			return r;
		}
	}
	return NULL;
}

void cmd_cancel(struct conn *conn, const struct message *message,
		const struct message_pdu *pdu)
{
	struct request *r = NULL;

	if (!cancel_allowed(conn, message, pdu)) {
		return;
	}
	r = cancel_target(conn, &pdu->header);
	if (r == NULL) {
		return;
	}
	log_debug("%s: CANCEL of %s %" PRIu64, conn->peer, r->command->name,
		  r->header.message_id);
	tevent_req_cancel(r->handler);
}
