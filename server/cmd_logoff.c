/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_logoff.c - LOGOFF (MS-SMB2 3.3.5.6).
 */

#include "server/cmd_empty.h"
#include "server/dispatch.h"

#define LOG_MODULE "session"
#include "smbquic/log.h"

struct tevent_req *cmd_logoff_send(TALLOC_CTX *mem_ctx,
				   struct tevent_context *ev, struct request *r)
{
	struct tevent_req *req = NULL;
	struct cmd_empty_state *state = NULL;

	req = tevent_req_create(mem_ctx, &state, struct cmd_empty_state);
	if (req == NULL) {
		return NULL;
	}
	log_info("%s: %s logged off", r->conn->peer, r->session->user->name);
	session_end(r->session, r);
	tevent_req_done(req);
	return tevent_req_post(req, ev);
}

NTSTATUS cmd_logoff_recv(struct tevent_req *req, struct reply *reply)
{
	return cmd_empty_recv(req, reply);
}
