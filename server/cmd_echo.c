/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_echo.c - ECHO (MS-SMB2 3.3.5.17).
 */

#include "server/cmd_empty.h"
#include "server/dispatch.h"

struct tevent_req *cmd_echo_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 struct request *r)
{
	struct tevent_req *req = NULL;
	struct cmd_empty_state *state = NULL;

	(void)r;
	req = tevent_req_create(mem_ctx, &state, struct cmd_empty_state);
	if (req == NULL) {
		return NULL;
	}
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS cmd_echo_recv(struct tevent_req *req, struct reply *reply)
{
	return cmd_empty_recv(req, reply);
}
