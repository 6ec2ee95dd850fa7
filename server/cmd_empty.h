/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_empty.h - for commands whose response says only that it is done.
 */
#ifndef SERVER_CMD_EMPTY_H
#define SERVER_CMD_EMPTY_H

#include "server/request.h"

struct cmd_empty_state {
	char unused;
};

/** The status, or the empty body. */
static inline NTSTATUS cmd_empty_recv(struct tevent_req *req,
				      struct reply *reply)
{
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_empty_encode(&reply->body);
	return NT_STATUS_OK;
}

#endif
