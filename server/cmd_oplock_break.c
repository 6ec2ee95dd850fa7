/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_oplock_break.c - acknowledgments of OPLOCK_BREAK (MS-SMB2 3.3.5.22).
 *
 * CREATE grants no oplock and no lease, so no break is ever under way, and an
 * acknowledgment speaks of one that is not there.
 */

#include "server/cmd_empty.h"
#include "server/dispatch.h"
#include "server/file.h"

/* 3.3.5.22.1: the open, then its oplock's state. */
static NTSTATUS judge_oplock(struct request *r)
{
	struct smb2_oplock_break in = {0};
	struct open *open = NULL;

	if (!smb2_oplock_break_decode(r->pdu.data, r->pdu.len, &in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	open = open_find(r->session, in.file_id.persistent_id,
			 in.file_id.volatile_id);
	if (open == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	return NT_STATUS_INVALID_DEVICE_STATE;
}

static NTSTATUS judge(struct request *r)
{
	switch (smb2_structure_size(r->pdu.data, r->pdu.len)) {
	case SMB2_OPLOCK_BREAK_SIZE: return judge_oplock(r);
	/* 3.3.5.22.2: no such lease */
	case SMB2_LEASE_BREAK_ACK_SIZE: return NT_STATUS_OBJECT_NAME_NOT_FOUND;
	default: return NT_STATUS_INVALID_PARAMETER;
	}
}

struct tevent_req *cmd_oplock_break_send(TALLOC_CTX *mem_ctx,
					 struct tevent_context *ev,
					 struct request *r)
{
	struct cmd_empty_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cmd_empty_state);

	if (req == NULL) {
		return NULL;
	}
	tevent_req_error(req, judge(r));
	return tevent_req_post(req, ev);
}

NTSTATUS cmd_oplock_break_recv(struct tevent_req *req, struct reply *reply)
{
	return cmd_empty_recv(req, reply);
}
