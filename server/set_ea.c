/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SET_INFO of extended attributes (MS-FSA 2.1.5.15.6), one after the other. */

#include <errno.h>
#include <string.h>

#include "server/set_info.h"
#include "smbquic/fscc.h"

static void ea_next(struct set_info *set);
static void ea_set(struct tevent_req *subreq);
static void ea_removed(struct tevent_req *subreq);

/* MS-FSCC 2.4.16: 8-bit characters, these not. */
static bool ea_name_valid(struct wire_slice name)
{
	size_t i = 0;

	for (i = 0; i < name.len; i++) {
		if (name.data[i] < 0x20 ||
		    strchr("\"*+,/:;<=>?[\\]|", name.data[i]) != NULL) {
			return false;
		}
	}
	return name.len > 0 && name.len <= STORE_XATTR_NAME_MAX;
}

static NTSTATUS eas_check(struct wire_slice list)
{
	struct wire_walker walker = fscc_eas(list);
	struct fscc_ea ea = {0};

	while (fscc_ea_next(&walker, &ea)) {
		if (!ea_name_valid(ea.name) ||
		    (ea.flags & ~(unsigned)FILE_NEED_EA) != 0) {
			return NT_STATUS_INVALID_EA_NAME;
		}
	}
	return wire_walker_ok(&walker) ? NT_STATUS_OK
				       : NT_STATUS_EA_LIST_INCONSISTENT;
}

NTSTATUS set_full_ea(struct set_info *set)
{
	NTSTATUS status = eas_check(set->in.buffer);
	struct wire_walker *walker = NULL;

	if (status != NT_STATUS_OK) {
		return status;
	}
	walker = talloc(set, struct wire_walker);
	if (walker == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	*walker = fscc_eas(set->in.buffer);
	set->more = walker;
	ea_next(set);
	return NT_STATUS_OK;
}

static void ea_next(struct set_info *set)
{
	struct tevent_req *subreq = NULL;
	struct fscc_ea ea = {0};
	char *name = NULL;

	if (!fscc_ea_next(set->more, &ea)) {
		set_info_done(set, 0);
		return;
	}
	name = talloc_strndup(set, (const char *)ea.name.data, ea.name.len);
	if (tevent_req_nomem(name, set->req)) {
		return;
	}
	if (ea.value.len == 0) {
		subreq = store_removexattr_send(set, set->ev, set->fo->handle,
						name);
	} else {
		subreq = store_setxattr_send(set, set->ev, set->fo->handle,
					     name, ea.value.data, ea.value.len);
	}
	if (tevent_req_nomem(subreq, set->req)) {
		return;
	}
	tevent_req_set_callback(subreq, ea.value.len == 0 ? ea_removed : ea_set,
				set);
}

static void ea_ended(struct set_info *set, int err)
{
	if (err == EOPNOTSUPP) {
		tevent_req_error(set->req, NT_STATUS_EAS_NOT_SUPPORTED);
	} else if (err != 0) {
		set_info_done(set, err);
	} else {
		ea_next(set);
	}
}

static void ea_set(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	int err = store_setxattr_recv(subreq);

	talloc_free(subreq);
	ea_ended(set, err);
}

static void ea_removed(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	int err = store_removexattr_recv(subreq);

	talloc_free(subreq);
	ea_ended(set, err == ENODATA ? 0 : err);
}
