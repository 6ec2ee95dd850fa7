/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_flush.c - FLUSH (MS-SMB2 3.3.5.11): what was written is on disk before
 * the response, unless the share says `strict sync = no`.
 */

#include "server/cmd_empty.h"
#include "server/dispatch.h"
#include "server/file.h"

static void cmd_flush_done(struct tevent_req *subreq);

struct tevent_req *cmd_flush_send(TALLOC_CTX *mem_ctx,
				  struct tevent_context *ev, struct request *r)
{
	const uint32_t may = FILE_WRITE_DATA | FILE_APPEND_DATA;
	const struct share *share = r->tree->share;
	struct cmd_empty_state *state = NULL;
	struct file_open *open = NULL;
	struct tevent_req *subreq = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cmd_empty_state);

	if (req == NULL) {
		return NULL;
	}
	open = file_use(state, r);
	if (open == NULL) {
		tevent_req_error(req, NT_STATUS_FILE_CLOSED);
		return tevent_req_post(req, ev);
	}
	if (!(open->access & may)) {
		tevent_req_error(req, NT_STATUS_ACCESS_DENIED);
		return tevent_req_post(req, ev);
	}
	if (!config_bool(share->config, share->section, CONFIG_STRICT_SYNC)) {
		tevent_req_done(req);
		return tevent_req_post(req, ev);
	}
	subreq = store_flush_send(state, ev, open->handle);
	if (tevent_req_nomem(subreq, req)) {
		return tevent_req_post(req, ev);
	}
	tevent_req_set_callback(subreq, cmd_flush_done, req);
	return req;
}

static void cmd_flush_done(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	int err = store_flush_recv(subreq);

	TALLOC_FREE(subreq);
	if (err != 0) {
		tevent_req_error(req, ntstatus_from_errno(err));
		return;
	}
	tevent_req_done(req);
}

NTSTATUS cmd_flush_recv(struct tevent_req *req, struct reply *reply)
{
	return cmd_empty_recv(req, reply);
}
