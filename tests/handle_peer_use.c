/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with what is open. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smbquic/fscc.h"
#include "smbquic/smb2_fsctl.h"
#include "smbquic/utf16.h"
#include "tests/handle_peer.h"

static NTSTATUS lock(struct peer *peer, char **words, uint32_t flags)
{
	const struct smb2_lock_element element = {
		.offset = peer_number(words[1]),
		.length = peer_number(words[2]),
		.flags = flags,
	};
	const struct smb2_lock_request in = {
		.lock_count = 1,
		.file_id = peer->id,
	};
	struct call *call = peer_begin(peer);
	struct call *reply = NULL;

	(void)smb2_lock_request_encode(call_add(call, SMB2_LOCK, 0), &in,
				       &element);
	return peer_finish(peer, call, &reply);
}

NTSTATUS run_lock(struct peer *peer, char **words, const char **note)
{
	(void)note;
	return lock(peer, words,
		    SMB2_LOCKFLAG_EXCLUSIVE_LOCK |
			    SMB2_LOCKFLAG_FAIL_IMMEDIATELY);
}

NTSTATUS run_unlock(struct peer *peer, char **words, const char **note)
{
	(void)note;
	return lock(peer, words, SMB2_LOCKFLAG_UNLOCK);
}

NTSTATUS run_write(struct peer *peer, char **words, const char **note)
{
	const struct smb2_write_request in = {
		.data = wire_slice(words[2], strlen(words[2])),
		.offset = peer_number(words[1]),
		.file_id = peer->id,
	};
	struct call *call = peer_begin(peer);
	struct call *reply = NULL;

	(void)note;
	(void)smb2_write_request_encode(call_add(call, SMB2_WRITE, in.data.len),
					&in);
	call_payload(call, in.data, NULL);
	return peer_finish(peer, call, &reply);
}

NTSTATUS run_read(struct peer *peer, char **words, const char **note)
{
	const struct smb2_read_request in = {
		.length = (uint32_t)peer_number(words[2]),
		.offset = peer_number(words[1]),
		.file_id = peer->id,
	};
	struct call *call = peer_begin(peer);
	struct call *reply = NULL;
	struct smb2_read_response out = {0};
	NTSTATUS status = NT_STATUS_OK;

	(void)smb2_read_request_encode(call_add(call, SMB2_READ, in.length),
				       &in);
	status = peer_finish(peer, call, &reply);
	if (status == NT_STATUS_OK &&
	    smb2_read_response_decode(reply->part[0].reply.data,
				      reply->part[0].reply.len, &out)) {
		*note = talloc_asprintf(peer->conn, " \"%.*s\"",
					(int)out.data.len,
					(const char *)out.data.data);
	}
	return status;
}

NTSTATUS run_rename(struct peer *peer, char **words, const char **note)
{
	struct smb2_set_info_request in = {
		.info_type = SMB2_0_INFO_FILE,
		.file_info_class = FileRenameInformation,
		.file_id = peer->id,
	};
	struct call *call = peer_begin(peer);
	struct call *reply = NULL;
	struct fscc_rename to = {0};
	struct wire_writer data = wire_writer_talloc(call);

	(void)note;
	if (!utf16_from_utf8(call, words[1], &to.name) ||
	    !fscc_rename_encode(&data, false, &to)) {
		peer_die(words[1], NT_STATUS_INVALID_PARAMETER, NULL);
	}
	in.buffer = wire_writer_slice(&data);
	(void)smb2_set_info_request_encode(call_add(call, SMB2_SET_INFO, 0),
					   &in);
	return peer_finish(peer, call, &reply);
}

NTSTATUS run_resilient(struct peer *peer, char **words, const char **note)
{
	struct smb2_ioctl_request in = {
		.ctl_code = FSCTL_LMR_REQUEST_RESILIENCY,
		.file_id = peer->id,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
	};
	struct call *call = peer_begin(peer);
	struct call *reply = NULL;
	struct wire_writer data = wire_writer_talloc(call);

	(void)note;
	(void)smb2_resiliency_request_encode(&data,
					     (uint32_t)peer_number(words[1]));
	in.input = wire_writer_slice(&data);
	(void)smb2_ioctl_request_encode(call_add(call, SMB2_IOCTL, 0), &in);
	return peer_finish(peer, call, &reply);
}

NTSTATUS run_sequence(struct peer *peer, char **words, const char **note)
{
	(void)note;
	peer->sequence = (uint16_t)peer_number(words[1]);
	return NT_STATUS_OK;
}

NTSTATUS run_notify(struct peer *peer, char **words, const char **note)
{
	const struct smb2_change_notify_request in = {
		.output_buffer_length = 4096,
		.file_id = peer->id,
		.completion_filter = FILE_NOTIFY_CHANGE_FILE_NAME |
				     FILE_NOTIFY_CHANGE_DIR_NAME,
	};
	struct call *call = peer_begin(peer);
	struct call *reply = NULL;
	struct wire_slice data = {0};
	struct wire_walker list = {0};
	struct fscc_notify event = {0};
	NTSTATUS status = NT_STATUS_OK;

	(void)words;
	(void)smb2_change_notify_request_encode(
		call_add(call, SMB2_CHANGE_NOTIFY, in.output_buffer_length),
		&in);
	status = peer_finish(peer, call, &reply);
	if (status == NT_STATUS_OK &&
	    smb2_buffer_response_decode(reply->part[0].reply.data,
					reply->part[0].reply.len, &data)) {
		list = fscc_notifies(data);
		if (fscc_notify_next(&list, &event)) {
			*note = talloc_asprintf(
				peer->conn, " %s",
				utf16_to_utf8(peer->conn, event.name));
		}
	}
	return status;
}

NTSTATUS run_until(struct peer *peer, char **words, const char **note)
{
	(void)note;
	while (access(words[1], F_OK) != 0) {
		if (!tevent_req_poll(
			    tevent_wakeup_send(
				    peer->conn, peer->ev,
				    tevent_timeval_current_ofs(0, 20000)),
			    peer->ev)) {
			return NT_STATUS_NO_MEMORY;
		}
	}
	return NT_STATUS_OK;
}

NTSTATUS run_close(struct peer *peer, char **words, const char **note)
{
	const struct smb2_close_request in = {.file_id = peer->id};
	struct call *call = peer_begin(peer);
	struct call *reply = NULL;

	(void)words;
	(void)note;
	(void)smb2_close_request_encode(call_add(call, SMB2_CLOSE, 0), &in);
	return peer_finish(peer, call, &reply);
}

NTSTATUS run_remove(struct peer *peer, char **words, const char **note)
{
	struct smb2_create_request in = {
		.desired_access = SEC_STD_DELETE,
		.share_access = FILE_SHARE_ALL,
		.create_disposition = FILE_OPEN,
		.create_options = FILE_DELETE_ON_CLOSE,
	};
	NTSTATUS status = peer_create(peer, &in, words[1], note);

	return status == NT_STATUS_OK ? run_close(peer, words, note) : status;
}

NTSTATUS run_hold(struct peer *peer, char **words, const char **note)
{
	(void)words;
	(void)note;
	printf("holding\n");
	fflush(stdout);
	while (client_why(peer->conn) == NULL) {
		(void)tevent_loop_once(peer->ev);
	}
	exit(0);
}
