/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SET_INFO of security descriptors (MS-SMB2 3.3.5.21.3, MS-FSA 2.1.5.17). */

#include <errno.h>

#include "server/acl.h"
#include "server/posix_info.h"
#include "server/set_info.h"

#define PARTS_OWNER                                                \
	(OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | \
	 LABEL_SECURITY_INFORMATION)
#define PARTS_KNOWN                                                            \
	(PARTS_OWNER | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION | \
	 ATTRIBUTE_SECURITY_INFORMATION)

static void security_set(struct tevent_req *subreq);
static void posix_set(struct tevent_req *subreq);

/* What the open must have for that part. */
static const struct {
	uint32_t parts, access;
} needs[] = {
	{PARTS_OWNER, SEC_STD_WRITE_OWNER},
	{DACL_SECURITY_INFORMATION, SEC_STD_WRITE_DAC},
	{ATTRIBUTE_SECURITY_INFORMATION, SEC_STD_WRITE_DAC},
	{SACL_SECURITY_INFORMATION, SEC_ACCESS_SYSTEM_SECURITY},
	{~PARTS_KNOWN, SEC_ACCESS_SYSTEM_SECURITY},
};

static bool may_set(uint32_t parts, uint32_t access)
{
	size_t i = 0;

	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if ((parts & needs[i].parts) != 0 &&
		    (access & needs[i].access) != needs[i].access) {
			return false;
		}
	}
	return true;
}

NTSTATUS set_security(struct set_info *set)
{
	uint32_t parts = set->in.additional_information;
	struct security_descriptor sd = {0};
	struct store_change change = {0};
	struct tevent_req *subreq = NULL;

	if (!may_set(parts, set->fo->access)) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (!security_descriptor_decode(set->in.buffer, &sd) ||
	    security_descriptor_size(&sd) > ACL_SIZE_MAX) {
		return NT_STATUS_INVALID_SECURITY_DESCR;
	}
	if (request_posix(set->r) && posix_change_of(&sd, parts, &change)) {
		subreq = store_setattr_send(set, set->ev, set->fo->handle,
					    &change);
		if (subreq == NULL) {
			return NT_STATUS_INSUFFICIENT_RESOURCES;
		}
		tevent_req_set_callback(subreq, posix_set, set);
		return NT_STATUS_OK;
	}
	subreq = store_setsecurity_send(set, set->ev, set->fo->handle, parts,
					set->in.buffer);
	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tevent_req_set_callback(subreq, security_set, set);
	return NT_STATUS_OK;
}

static void security_set(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	int err = store_setsecurity_recv(subreq);

	talloc_free(subreq);
	if (err == ESRCH) {
		tevent_req_error(set->req, NT_STATUS_INVALID_OWNER);
		return;
	}
	set_info_done(set, err);
}

static void posix_set(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	int err = store_setattr_recv(subreq);

	talloc_free(subreq);
	set_info_done(set, err);
}
