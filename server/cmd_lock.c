/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_lock.c - LOCK (MS-SMB2 3.3.5.14): locks and unlocks; one lock may wait.
 */

#include "server/cmd_empty.h"
#include "server/dispatch.h"
#include "server/durable.h"
#include "server/file.h"
#include "server/lock.h"
#include "server/oplock.h"
#include "server/persistent.h"
#include "server/persistent_record.h"

struct cmd_lock_state {
	struct tevent_context *ev;
	struct request *r;
	struct lock_range *ranges;
	size_t count;
	bool immediately;
	bool taken;	   /* the ranges are locked */
	uint8_t *sequence; /* where to remember it; NULL: nowhere */
	uint8_t number;
};

/* LockSequenceIndex is 1 to 64 (2.2.26); 0 at such a place: no number yet. */
#define SEQUENCES      64
#define SEQUENCE_VALID 0x80

static void cmd_lock_retry(struct tevent_req *subreq);
static void cmd_lock_saved(struct tevent_req *subreq);

/* 3.3.5.14.1: in the order of the request; what was unlocked stays so. */
static NTSTATUS unlock_all(struct file_open *open,
			   const struct smb2_lock_request *lock)
{
	uint16_t i = 0;

	for (i = 0; i < lock->lock_count; i++) {
		struct smb2_lock_element e = {0};
		struct lock_range range = {0};

		smb2_lock_request_element(lock, i, &e);
		if (e.flags != SMB2_LOCKFLAG_UNLOCK) {
			return NT_STATUS_INVALID_PARAMETER;
		}
		range.offset = e.offset;
		range.length = e.length;
		if (!lock_range_valid(&range)) {
			return NT_STATUS_INVALID_LOCK_RANGE;
		}
		if (!lock_release(open->file->locks, open, e.offset,
				  e.length)) {
			return NT_STATUS_RANGE_NOT_LOCKED;
		}
	}
	return NT_STATUS_OK;
}

/* One element of a request that locks (3.3.5.14.2). */
static NTSTATUS judge_element(const struct smb2_lock_element *e,
			      struct lock_range *out)
{
	uint32_t kind = e->flags & ~SMB2_LOCKFLAG_FAIL_IMMEDIATELY;

	*out = (struct lock_range){
		.offset = e->offset,
		.length = e->length,
		.exclusive = kind == SMB2_LOCKFLAG_EXCLUSIVE_LOCK,
	};
	if (kind != SMB2_LOCKFLAG_SHARED_LOCK &&
	    kind != SMB2_LOCKFLAG_EXCLUSIVE_LOCK) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return lock_range_valid(out) ? NT_STATUS_OK
				     : NT_STATUS_INVALID_LOCK_RANGE;
}

/* Only a request with a single lock may wait. */
static NTSTATUS collect(struct cmd_lock_state *state,
			const struct smb2_lock_request *lock)
{
	uint16_t i = 0;

	state->count = lock->lock_count;
	state->ranges =
		talloc_zero_array(state, struct lock_range, state->count);
	if (state->ranges == NULL) {
		return NT_STATUS_NO_MEMORY;
	}
	state->immediately = true;
	for (i = 0; i < lock->lock_count; i++) {
		struct smb2_lock_element e = {0};
		NTSTATUS status = NT_STATUS_OK;

		smb2_lock_request_element(lock, i, &e);
		status = judge_element(&e, &state->ranges[i]);
		if (!NT_STATUS_IS_OK(status)) {
			return status;
		}
		if (!(e.flags & SMB2_LOCKFLAG_FAIL_IMMEDIATELY)) {
			state->immediately = false;
		}
	}
	if (!state->immediately && state->count > 1) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return NT_STATUS_OK;
}

static bool cmd_lock_cancel(struct tevent_req *req)
{
	tevent_req_error(req, NT_STATUS_CANCELLED);
	return true;
}

/* @return NT_STATUS_PENDING: it conflicts and may wait. */
static NTSTATUS try_locks(struct cmd_lock_state *state)
{
	struct file_open *open = state->r->open->file;

	if (durable_is_persistent(open->open) &&
	    lock_list(open->file->locks, open, NULL, 0) + state->count >
		    PERSISTENT_LOCKS_MAX) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	switch (lock_take(open->file->locks, open, state->ranges,
			  state->count)) {
	case LOCK_TAKEN:
		state->taken = true;
		oplock_contend(open);
		return NT_STATUS_OK;
	case LOCK_TOO_MANY: return NT_STATUS_INSUFFICIENT_RESOURCES;
	default: break;
	}
	return state->immediately ? NT_STATUS_LOCK_NOT_GRANTED
				  : NT_STATUS_PENDING;
}

static void wait_for_lock(struct tevent_req *req)
{
	struct cmd_lock_state *state =
		tevent_req_data(req, struct cmd_lock_state);
	struct tevent_req *subreq = lock_wait_send(
		state, state->ev, state->r->open->file->file->locks,
		&state->ranges[0]);

	if (tevent_req_nomem(subreq, req)) {
		return;
	}
	tevent_req_set_callback(subreq, cmd_lock_retry, req);
}

/* 3.3.5.14: whose open may outlive a channel may have to send a request again.
 */
static uint8_t *sequence_of(struct request *r,
			    const struct smb2_lock_request *lock)
{
	const struct negotiate_agreement *agreed = &r->conn->agreed;
	struct open *open = r->open;
	uint32_t index = lock->lock_sequence_index;

	if (index == 0 || index > SEQUENCES ||
	    agreed->dialect == SMB2_DIALECT_202 ||
	    (open->durable == NULL &&
	     (agreed->capabilities & SMB2_GLOBAL_CAP_MULTI_CHANNEL) == 0)) {
		return NULL;
	}
	if (open->lock_sequences == NULL) {
		open->lock_sequences =
			talloc_zero_array(open, uint8_t, SEQUENCES);
	}
	return open->lock_sequences != NULL ? &open->lock_sequences[index - 1]
					    : NULL;
}

/* @return true: it was done already. */
static bool is_replay(struct cmd_lock_state *state,
		      const struct smb2_lock_request *lock)
{
	state->sequence = sequence_of(state->r, lock);
	state->number = SEQUENCE_VALID | lock->lock_sequence_number;
	if (state->sequence == NULL) {
		return false;
	}
	if (*state->sequence == state->number) {
		return true;
	}
	*state->sequence = 0;
	return false;
}

/* What a persistent handle has locked is written down before its client hears
 * of it. @return NT_STATUS_PENDING: it is being written. */
static NTSTATUS save(struct tevent_req *req, NTSTATUS status)
{
	struct cmd_lock_state *state =
		tevent_req_data(req, struct cmd_lock_state);
	struct open *open = state->r->open;
	struct tevent_req *subreq = NULL;

	if (open == NULL || !durable_is_persistent(open)) {
		return status;
	}
	if (status == NT_STATUS_OK && state->sequence != NULL) {
		*state->sequence = state->number;
	}
	persistent_changed(open);
	if (status != NT_STATUS_OK) {
		return status;
	}
	subreq = persistent_save_send(state, state->ev, open);
	if (subreq == NULL) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	tevent_req_set_callback(subreq, cmd_lock_saved, req);
	return NT_STATUS_PENDING;
}

static void cmd_lock_saved(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_lock_state *state =
		tevent_req_data(req, struct cmd_lock_state);
	struct open *open = state->r->open;
	int err = persistent_save_recv(subreq);

	TALLOC_FREE(subreq);
	if (err == 0) {
		tevent_req_done(req);
		return;
	}
	if (open != NULL && open->file != NULL && state->taken) {
		for (size_t i = 0; i < state->count; i++) {
			(void)lock_release(open->file->file->locks, open->file,
					   state->ranges[i].offset,
					   state->ranges[i].length);
		}
	}
	if (open != NULL && state->sequence != NULL) {
		*state->sequence = 0;
	}
	tevent_req_error(req, ntstatus_from_errno(err));
}

static NTSTATUS cmd_lock_start(struct tevent_req *req, struct request *r)
{
	struct cmd_lock_state *state =
		tevent_req_data(req, struct cmd_lock_state);
	struct file_open *open = r->open->file;
	struct smb2_lock_request lock = {0};
	struct smb2_lock_element first = {0};
	NTSTATUS status = NT_STATUS_OK;

	if (open == NULL || open->closing) {
		return NT_STATUS_FILE_CLOSED;
	}
	if (!smb2_lock_request_decode(r->pdu.data, r->pdu.len, &lock) ||
	    !smb2_lock_request_element(&lock, 0, &first) ||
	    open->handle->directory) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (!(open->access & (FILE_READ_DATA | FILE_WRITE_DATA))) {
		return NT_STATUS_ACCESS_DENIED;
	}
	if (is_replay(state, &lock)) {
		return NT_STATUS_OK;
	}
	if (first.flags == SMB2_LOCKFLAG_UNLOCK) {
		return save(req, unlock_all(open, &lock));
	}
	status = collect(state, &lock);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	status = try_locks(state);
	if (status != NT_STATUS_PENDING) {
		return status == NT_STATUS_OK ? save(req, status) : status;
	}
	status = request_wait(r);
	if (!NT_STATUS_IS_OK(status)) {
		return status;
	}
	tevent_req_set_cancel_fn(req, cmd_lock_cancel);
	wait_for_lock(req);
	return NT_STATUS_PENDING;
}

struct tevent_req *cmd_lock_send(TALLOC_CTX *mem_ctx, struct tevent_context *ev,
				 struct request *r)
{
	struct cmd_lock_state *state = NULL;
	struct tevent_req *req =
		tevent_req_create(mem_ctx, &state, struct cmd_lock_state);
	NTSTATUS status = NT_STATUS_OK;

	if (req == NULL) {
		return NULL;
	}
	state->ev = ev;
	state->r = r;
	status = cmd_lock_start(req, r);
	if (status == NT_STATUS_PENDING) {
		return req;
	}
	if (!tevent_req_error(req, status)) {
		tevent_req_done(req);
	}
	return tevent_req_post(req, ev);
}

static void cmd_lock_retry(struct tevent_req *subreq)
{
	struct tevent_req *req =
		tevent_req_callback_data(subreq, struct tevent_req);
	struct cmd_lock_state *state =
		tevent_req_data(req, struct cmd_lock_state);
	bool table_there = lock_wait_recv(subreq);
	NTSTATUS status = NT_STATUS_OK;

	TALLOC_FREE(subreq);
	status = table_there ? try_locks(state) : NT_STATUS_RANGE_NOT_LOCKED;
	if (status == NT_STATUS_PENDING) {
		wait_for_lock(req);
		return;
	}
	if (status == NT_STATUS_OK) {
		tevent_req_set_cancel_fn(req, NULL); /* it is locked */
		status = save(req, status);
	}
	if (status == NT_STATUS_PENDING) {
		return;
	}
	if (!tevent_req_error(req, status)) {
		tevent_req_done(req);
	}
}

static bool succeeded(struct tevent_req *req)
{
	NTSTATUS status = NT_STATUS_OK;

	return !request_failed(req, &status);
}

NTSTATUS cmd_lock_recv(struct tevent_req *req, struct reply *reply)
{
	struct cmd_lock_state *state =
		tevent_req_data(req, struct cmd_lock_state);

	if (state->sequence != NULL && state->r->open != NULL &&
	    !tevent_req_is_in_progress(req) && succeeded(req)) {
		*state->sequence = state->number;
	}
	return cmd_empty_recv(req, reply);
}
