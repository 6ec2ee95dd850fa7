/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A path that is looked at when what a call does is done: two more parts of
 * its compound, which open and close it. Most often it is the folder that
 * something was changed in, whose times are others then.
 */
#include <string.h>

#include "client/client_private.h"
#include "smbquic/utf16.h"

/* Parts that it takes, and credits. */
#define PARTS 2

static struct client_open how_to_look(const struct call *call,
				      const struct client_open *how)
{
	struct client_open look = {
		.access = FILE_READ_ATTRIBUTES,
		.share = FILE_SHARE_ALL,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT | call->options,
		.file_id = how->file_id,
		.posix = how->posix,
		.mode = how->posix ? CLIENT_MODE_NONE : 0,
	};

	open_how_posix(&look, call->use_posix);
	return look;
}

static bool has_room(const struct call *call)
{
	return call->parts + PARTS <= CALL_MAX_PARTS &&
	       call->conn->credits_most >= call_cost(call) + PARTS;
}

/* What has no name on the wire, or is of the past, is not looked at. */
void also_add(struct call *call, const struct client_open *how)
{
	const struct client_open look = how_to_look(call, how);
	struct smb2_create_request body = {
		.oplock_level = SMB2_OPLOCK_LEVEL_NONE,
		.impersonation_level = SMB2_IMPERSONATION_IMPERSONATION,
		.desired_access = look.access,
		.share_access = look.share,
		.create_disposition = look.disposition,
		.create_options = look.options,
	};
	const struct smb2_close_request close = {.file_id = file_id_of(NULL)};
	struct wire_writer contexts = wire_writer_talloc(call);
	struct wire_chain list = smb2_create_context_list(&contexts);
	char *name = NULL;

	if (how->also == NULL || strstr(how->also, "@GMT-") != NULL ||
	    !has_room(call)) {
		return;
	}
	name = look.posix
		       ? path_map_to_posix(call, call->map_names, how->also)
		       : path_map_to_server(call, call->map_names, how->also);
	if (name == NULL || !utf16_from_utf8(call, name, &body.name) ||
	    !open_contexts_add(&look, &list)) {
		return;
	}
	body.contexts = wire_writer_slice(&contexts);
	smb2_create_request_encode(call_add(call, SMB2_CREATE, 0), &body);
	smb2_close_request_encode(call_add(call, SMB2_CLOSE, 0), &close);
	call->related = true;
	call->also = PARTS;
}

unsigned also_own_parts(const struct call *call)
{
	return call->parts - call->also;
}

bool also_take(struct call *call, struct client_stat *out)
{
	const unsigned at = also_own_parts(call);
	struct smb2_create_response created = {0};

	*out = (struct client_stat){0};
	if (call->also == 0 || !NT_STATUS_IS_OK(call->part[at].status)) {
		return false;
	}
	if (NT_STATUS_IS_ERR(call->part[at + 1].status)) {
		file_close_part(call, at);
	}
	if (!smb2_create_response_decode(call->part[at].reply.data,
					 call->part[at].reply.len, &created)) {
		return false;
	}
	file_stat_from_create(&created, out);
	return true;
}
