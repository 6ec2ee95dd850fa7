/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SET_INFO of files and directories (MS-SMB2 3.3.5.21). */

#include "server/dispatch.h"
#include "server/oplock.h"
#include "server/persistent.h"
#include "server/set_info.h"
#include "smbquic/fscc.h"

/* Modes that may be set (MS-FSA 2.1.5.15.8). */
#define MODES_SYNCHRONOUS \
	(FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)
#define MODES (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | MODES_SYNCHRONOUS)

static void set_saved(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);

	/* it is done, and the log says that it was not written down */
	(void)persistent_save_recv(subreq);
	talloc_free(subreq);
	tevent_req_done(set->req);
}

void set_info_done(struct set_info *set, int err)
{
	struct open *open = set->r->open;
	struct tevent_req *subreq = NULL;

	if (err != 0) {
		tevent_req_error(set->req, ntstatus_from_errno(err));
		return;
	}
	if (open == NULL || !persistent_dirty(open)) {
		tevent_req_done(set->req);
		return;
	}
	subreq = persistent_save_send(set, set->ev, open);
	if (tevent_req_nomem(subreq, set->req)) {
		return;
	}
	tevent_req_set_callback(subreq, set_saved, set);
}

void set_judged(struct tevent_req *req, NTSTATUS status)
{
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
	}
}

/* --- caches of handles -------------------------------------------------- */

static void handles_broken(struct tevent_req *subreq);

static bool set_cancel(struct tevent_req *req)
{
	tevent_req_error(req, NT_STATUS_CANCELLED);
	return true;
}

NTSTATUS set_wait(struct set_info *set, struct file *file,
		  NTSTATUS (*next)(struct set_info *set))
{
	struct tevent_req *subreq = NULL;

	request_wait_quietly(set->r);
	subreq = oplock_wait_send(set, set->ev, file);
	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	set->after = next;
	tevent_req_set_callback(subreq, handles_broken, set);
	tevent_req_set_cancel_fn(set->req, set_cancel);
	return NT_STATUS_OK;
}

static void handles_broken(struct tevent_req *subreq)
{
	struct set_info *set =
		tevent_req_callback_data(subreq, struct set_info);
	struct tevent_req *req = set->req;

	oplock_wait_recv(subreq);
	talloc_free(subreq);
	tevent_req_set_cancel_fn(req, NULL);
	set_judged(req, set->fo->file != NULL ? set->after(set)
					      : NT_STATUS_FILE_CLOSED);
}

static NTSTATUS handles_again(struct set_info *set)
{
	return set_without_handles(set, set->next);
}

NTSTATUS set_without_handles(struct set_info *set,
			     NTSTATUS (*next)(struct set_info *set))
{
	set->next = next;
	return oplock_handles_wait(set->fo->file, set->fo)
		       ? set_wait(set, set->fo->file, handles_again)
		       : next(set);
}

/* --- classes that need no store ----------------------------------------- */

static NTSTATUS set_position(struct set_info *set)
{
	uint64_t position = 0;

	if (!fscc_u64_decode(set->in.buffer, &position)) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	if (position > INT64_MAX) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	set->fo->position = position;
	set_info_done(set, 0);
	return NT_STATUS_OK;
}

static NTSTATUS set_mode(struct set_info *set)
{
	uint32_t options = set->fo->options;
	uint32_t changed = FILE_SEQUENTIAL_ONLY;
	uint32_t mode = 0;

	if (!fscc_u32_decode(set->in.buffer, &mode)) {
		return NT_STATUS_INFO_LENGTH_MISMATCH;
	}
	if ((mode & ~MODES) != 0 ||
	    (mode & MODES_SYNCHRONOUS) == MODES_SYNCHRONOUS ||
	    ((mode & MODES_SYNCHRONOUS) != 0) !=
		    ((options & MODES_SYNCHRONOUS) != 0)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if ((options & FILE_NO_INTERMEDIATE_BUFFERING) == 0) {
		changed |= FILE_WRITE_THROUGH;
	}
	if ((options & MODES_SYNCHRONOUS) != 0) {
		changed |= MODES_SYNCHRONOUS;
	}
	set->fo->options = (options & ~changed) | (mode & changed);
	persistent_changed(set->fo->open);
	set_info_done(set, 0);
	return NT_STATUS_OK;
}

/* Needs a privilege that nobody has here. */
static NTSTATUS set_valid_data_length(struct set_info *set)
{
	(void)set;
	return NT_STATUS_PRIVILEGE_NOT_HELD;
}

static NTSTATUS set_short_name(struct set_info *set)
{
	(void)set;
	return NT_STATUS_SHORT_NAMES_NOT_ENABLED_ON_VOLUME;
}

/* Can be set, but not over SMB2 (3.3.5.21.1). */
static NTSTATUS set_not_supported(struct set_info *set)
{
	(void)set;
	return NT_STATUS_NOT_SUPPORTED;
}

/* --- the table ---------------------------------------------------------- */

struct set_class {
	uint8_t number;
	uint32_t access; /* the open must have it */
	NTSTATUS (*start)(struct set_info *set);
};

static const struct set_class file_classes[] = {
	{FileBasicInformation, FILE_WRITE_ATTRIBUTES, set_basic},
	{FileRenameInformation, SEC_STD_DELETE, set_rename},
	{FileLinkInformation, 0, set_link},
	{FileDispositionInformation, SEC_STD_DELETE, set_disposition},
	{FilePositionInformation, 0, set_position},
	{FileFullEaInformation, FILE_WRITE_EA, set_full_ea},
	{FileModeInformation, 0, set_mode},
	{FileAllocationInformation, FILE_WRITE_DATA, set_allocation},
	{FileEndOfFileInformation, FILE_WRITE_DATA, set_end_of_file},
	{FileValidDataLengthInformation, FILE_WRITE_DATA,
	 set_valid_data_length},
	{FileShortNameInformation, SEC_STD_DELETE, set_short_name},
	{FileDispositionInformationEx, 0, set_not_supported},
	{FileRenameInformationEx, 0, set_not_supported},
	{FilePipeInformation, 0, set_not_supported},
	{FileObjectIdInformation, 0, set_not_supported},
	{FileQuotaInformation, 0, set_not_supported},
	{FileReparsePointInformation, 0, set_not_supported},
};

static NTSTATUS start_file_class(struct set_info *set)
{
	size_t i = 0;

	for (i = 0; i < sizeof(file_classes) / sizeof(file_classes[0]); i++) {
		const struct set_class *row = &file_classes[i];

		if (row->number != set->in.file_info_class) {
			continue;
		}
		if ((row->access & ~set->fo->access) != 0) {
			return NT_STATUS_ACCESS_DENIED;
		}
		return row->start(set);
	}
	return NT_STATUS_INVALID_INFO_CLASS;
}

/* 3.3.5.21.2: labels, defaults of quotas and object ids are the
 * administrator's. */
static NTSTATUS start_fs_class(const struct set_info *set)
{
	switch (set->in.file_info_class) {
	case FileFsControlInformation:
	case FileFsObjectIdInformation:
	case FileFsLabelInformation: return NT_STATUS_NOT_SUPPORTED;
	default: return NT_STATUS_INVALID_INFO_CLASS;
	}
}

static NTSTATUS start(struct set_info *set)
{
	const struct request *r = set->r;

	if (!smb2_set_info_request_decode(r->pdu.data, r->pdu.len, &set->in) ||
	    set->in.buffer.len == 0 ||
	    set->in.buffer.len > r->conn->agreed.max_transact) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	set->fo = file_use(set, set->r);
	if (set->fo == NULL) {
		return NT_STATUS_FILE_CLOSED;
	}
	switch (set->in.info_type) {
	case SMB2_0_INFO_FILE: return start_file_class(set);
	case SMB2_0_INFO_FILESYSTEM: return start_fs_class(set);
	case SMB2_0_INFO_SECURITY: return set_security(set);
	case SMB2_0_INFO_QUOTA: return set_quota(set);
	default: return NT_STATUS_INVALID_PARAMETER;
	}
}

struct tevent_req *cmd_set_info_send(TALLOC_CTX *mem_ctx,
				     struct tevent_context *ev,
				     struct request *r)
{
	struct set_info *set = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &set, struct set_info);
	NTSTATUS status = NT_STATUS_OK;

	if (req == NULL) {
		return NULL;
	}
	set->ev = ev;
	set->req = req;
	set->r = r;
	status = start(set);
	if (status != NT_STATUS_OK) {
		tevent_req_error(req, status);
	}
	return tevent_req_is_in_progress(req) ? req : tevent_req_post(req, ev);
}

NTSTATUS cmd_set_info_recv(struct tevent_req *req, struct reply *reply)
{
	NTSTATUS status = NT_STATUS_OK;

	if (request_failed(req, &status)) {
		return status;
	}
	smb2_set_info_response_encode(&reply->body);
	return NT_STATUS_OK;
}
