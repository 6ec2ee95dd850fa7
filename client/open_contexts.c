/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Create contexts that a caller may wish for: which file it is, and the POSIX
 * extensions. */
#include "client/client_private.h"

static bool add_posix(const struct client_open *how, struct wire_chain *list)
{
	uint8_t buf[4];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));

	wire_put_u32(&w, how->mode);
	return smb2_create_context_put(
		list, wire_slice(SMB2_CREATE_POSIX, SMB2_POSIX_GUID_SIZE),
		wire_writer_slice(&w));
}

void open_how_posix(struct client_open *how, bool posix)
{
	if (posix && !how->posix) {
		how->posix = true;
		how->mode = CLIENT_MODE_NONE;
	}
}

bool open_contexts_add(const struct client_open *how, struct wire_chain *list)
{
	if (how->file_id &&
	    !smb2_create_context_add(list, SMB2_CREATE_QUERY_ON_DISK_ID, NULL,
				     0)) {
		return false;
	}
	return !how->posix || add_posix(how, list);
}

void open_contexts_posix(const struct smb2_posix *in, struct client_stat *out)
{
	out->posix = true;
	out->mode = smb2_posix_st_mode(in->mode);
	out->links = in->links;
	out->reparse_tag = in->reparse_tag;
	out->owner = in->owner;
	out->group = in->group;
}

void open_contexts_take(struct wire_slice contexts, struct client_stat *out)
{
	struct smb2_qfid_response id = {0};
	struct smb2_posix posix = {0};
	struct wire_slice data = {0};

	if (smb2_create_context_find(contexts, SMB2_CREATE_QUERY_ON_DISK_ID,
				     &data) &&
	    smb2_qfid_response_decode(data, &id)) {
		out->file_id = id.disk_file_id;
	}
	if (smb2_create_context_find(contexts, SMB2_CREATE_POSIX, &data) &&
	    smb2_posix_decode(data, &posix)) {
		open_contexts_posix(&posix, out);
	}
}
