/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SET_INFO of extended attributes (MS-FSA 2.1.5.15.6). */

#include "server/ea.h"
#include "server/set_info.h"

static void ea_set(struct tevent_req *subreq);

NTSTATUS set_full_ea(struct set_info *set)
{
	struct tevent_req *subreq =
		ea_set_send(set, set->ev, set->fo->handle, set->in.buffer);

	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tevent_req_set_callback(subreq, ea_set, set);
	return NT_STATUS_OK;
}

static void ea_set(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	NTSTATUS status = ea_set_recv(subreq);

	talloc_free(subreq);
	if (status != NT_STATUS_OK) {
		tevent_req_error(set->req, status);
		return;
	}
	set_info_done(set, 0);
}
