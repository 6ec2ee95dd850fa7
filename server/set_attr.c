/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SET_INFO of attributes and sizes (MS-FSA 2.1.5.15.1, .2, .5). */

#include <errno.h>

#include "server/oplock.h"
#include "server/set_info.h"
#include "smbquic/fscc.h"

/* --- attributes and times ----------------------------------------------- */

/* MS-FSA 2.1.5.15.2: what a client may change. */
#define SETTABLE                                             \
	(FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN |   \
	 FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |    \
	 FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | \
	 FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

static void basic_queried(struct tevent_req *subreq);
static void basic_set(struct tevent_req *subreq);

/* Below -2 as a signed number. */
static bool time_wrong(NTTIME t)
{
	return t > INT64_MAX && t != NTTIME_FREEZE && t != NTTIME_THAW;
}

static unsigned time_wanted(NTTIME t, unsigned flag)
{
	return t != NTTIME_UNCHANGED && t != NTTIME_FREEZE && t != NTTIME_THAW
		       ? flag
		       : 0;
}

static bool basic_wrong(const struct set_info *set, const struct fscc_basic *in)
{
	bool directory = set->fo->handle->directory;

	return time_wrong(in->creation_time) ||
	       time_wrong(in->last_access_time) ||
	       time_wrong(in->last_write_time) || time_wrong(in->change_time) ||
	       (!directory &&
		(in->file_attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) ||
	       (directory &&
		(in->file_attributes & FILE_ATTRIBUTE_TEMPORARY) != 0);
}

static void basic_start(struct set_info *set)
{
	struct tevent_req *subreq =
		store_setattr_send(set, set->ev, set->fo->handle, set->more);

	if (tevent_req_nomem(subreq, set->req)) {
		return;
	}
	tevent_req_set_callback(subreq, basic_set, set);
}

NTSTATUS set_basic(struct set_info *set)
{
	struct fscc_basic in = {0};
	struct tevent_req *subreq = NULL;
	struct store_change *change = NULL;

	if (!fscc_basic_decode(set->in.buffer, &in)) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	if (basic_wrong(set, &in)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	change = talloc_zero(set, struct store_change);
	if (change == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	set->more = change;
	change->what = time_wanted(in.creation_time, STORE_SET_CREATE_TIME) |
		       time_wanted(in.last_access_time, STORE_SET_ACCESS_TIME) |
		       time_wanted(in.last_write_time, STORE_SET_WRITE_TIME) |
		       time_wanted(in.change_time, STORE_SET_CHANGE_TIME);
	if (in.last_write_time == NTTIME_FREEZE) {
		change->what |= STORE_FREEZE_WRITE_TIME;
	}
	if (in.last_write_time == NTTIME_THAW) {
		change->what |= STORE_THAW_WRITE_TIME;
	}
	change->create_time = in.creation_time;
	change->access_time = in.last_access_time;
	change->write_time = in.last_write_time;
	change->change_time = in.change_time;
	change->attributes = in.file_attributes & SETTABLE;
	if (in.file_attributes == 0) {
		basic_start(set);
		return NT_STATUS_OK;
	}
	change->what |= STORE_SET_ATTRIBUTES;
	subreq = store_getattr_send(set, set->ev, set->fo->handle);
	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tevent_req_set_callback(subreq, basic_queried, set);
	return NT_STATUS_OK;
}

/* The others (SPARSE_FILE) stay. */
static void basic_queried(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	struct store_change *change = set->more;
	struct store_attr attr = {0};
	int err = store_getattr_recv(subreq, &attr);

	talloc_free(subreq);
	if (err != 0) {
		set_info_done(set, err);
		return;
	}
	change->attributes |= attr.attributes & ~(uint32_t)SETTABLE;
	basic_start(set);
}

static void basic_set(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	int err = store_setattr_recv(subreq);

	talloc_free(subreq);
	if (err == 0 && set->fo->file != NULL) {
		oplock_parent_changed(set->fo);
	}
	set_info_done(set, err);
}

/* --- sizes -------------------------------------------------------------- */

static void size_set(struct tevent_req *subreq);
static void allocation_queried(struct tevent_req *subreq);
static void allocation_reserved(struct tevent_req *subreq);

static NTSTATUS size_decode(const struct set_info *set, uint64_t *size)
{
	if (!fscc_u64_decode(set->in.buffer, size)) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	if (*size > INT64_MAX || set->fo->handle->directory) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if ((set->fo->handle->access & STORE_OPEN_WRITE) == 0) {
		return NT_STATUS_ACCESS_DENIED;
	}
	oplock_contend(set->fo);
	return NT_STATUS_OK;
}

static bool size_start(struct set_info *set, uint64_t size)
{
	const struct store_change change = {.what = STORE_SET_SIZE,
					    .size = size};
	struct tevent_req *subreq =
		store_setattr_send(set, set->ev, set->fo->handle, &change);

	if (subreq == NULL) {
		return false;
	}
	tevent_req_set_callback(subreq, size_set, set);
	return true;
}

NTSTATUS set_end_of_file(struct set_info *set)
{
	uint64_t size = 0;
	NTSTATUS status = size_decode(set, &size);

	if (status != NT_STATUS_OK) {
		return status;
	}
	return size_start(set, size) ? NT_STATUS_OK
				     : NT_STATUS_INSUFFICIENT_RESOURCES;
}

static void size_set(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	int err = store_setattr_recv(subreq);

	talloc_free(subreq);
	if (err == 0 && set->fo->file != NULL) {
		oplock_parent_changed(set->fo);
	}
	set_info_done(set, err);
}

/* Less than the file's size cuts it, more is a wish that a disk may refuse. */
NTSTATUS set_allocation(struct set_info *set)
{
	struct tevent_req *subreq = NULL;
	uint64_t *size = talloc_zero(set, uint64_t);
	NTSTATUS status = NT_STATUS_INSUFFICIENT_RESOURCES;

	if (size == NULL) {
		return status;
	}
	set->more = size;
	status = size_decode(set, size);
	if (status != NT_STATUS_OK) {
		return status;
	}
	subreq = store_getattr_send(set, set->ev, set->fo->handle);
	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tevent_req_set_callback(subreq, allocation_queried, set);
	return NT_STATUS_OK;
}

/* Space is no data: only the change time tells of it. */
static void touch(struct set_info *set)
{
	const struct store_change change = {.what = STORE_TOUCH};
	struct tevent_req *subreq =
		store_setattr_send(set, set->ev, set->fo->handle, &change);

	if (tevent_req_nomem(subreq, set->req)) {
		return;
	}
	tevent_req_set_callback(subreq, size_set, set);
}

static void allocation_queried(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	const uint64_t *size = set->more;
	struct store_attr attr = {0};
	int err = store_getattr_recv(subreq, &attr);

	talloc_free(subreq);
	if (err != 0) {
		set_info_done(set, err);
		return;
	}
	if (*size == attr.size) {
		touch(set);
		return;
	}
	if (*size < attr.size) {
		if (!size_start(set, *size)) {
			tevent_req_oom(set->req);
		}
		return;
	}
	subreq = store_allocate_send(set, set->ev, set->fo->handle,
				     STORE_ALLOCATE_RESERVE, 0, *size);
	if (tevent_req_nomem(subreq, set->req)) {
		return;
	}
	tevent_req_set_callback(subreq, allocation_reserved, set);
}

static void allocation_reserved(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	int err = store_allocate_recv(subreq);

	talloc_free(subreq);
	if (err != 0 && err != EOPNOTSUPP) {
		set_info_done(set, err);
		return;
	}
	touch(set);
}
