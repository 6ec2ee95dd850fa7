/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The response to CREATE (MS-SMB2 2.2.14). */

#include "server/create.h"
#include "server/durable.h"
#include "server/file_info.h"
#include "server/oplock.h"
#include "server/posix_info.h"
#include "smbquic/utf16.h"

/* 3.3.5.9.5 */
static void add_mxac(struct wire_chain *list, const struct create *create,
		     const struct created *created)
{
	struct smb2_mxac_response mxac = {.query_status =
						  NT_STATUS_NONE_MAPPED};

	if (create->mxac_time == 0 ||
	    create->mxac_time != created->attr.change_time) {
		mxac.query_status = NT_STATUS_OK;
		mxac.maximal_access = created->maximal_access;
	}
	(void)smb2_mxac_response_add(list, &mxac);
}

static struct wire_slice contexts(struct wire_writer *w,
				  const struct create *create,
				  const struct open *open,
				  const struct created *created)
{
	struct wire_chain list = smb2_create_context_list(w);
	const struct smb2_qfid_response qfid = {
		.disk_file_id = created->attr.file_id,
		.volume_id = created->attr.volume_id,
	};
	struct smb2_lease lease = {0};

	if (create->want_mxac) {
		add_mxac(&list, create, created);
	}
	if (create->want_qfid) {
		(void)smb2_qfid_response_add(&list, &qfid);
	}
	if (create->posix) {
		const struct smb2_posix posix = posix_of(&created->attr);
		uint8_t data[12 + 2 * SID_MAX_SIZE];
		struct wire_writer body = wire_writer_fixed(data, sizeof(data));

		if (smb2_posix_encode(&body, &posix)) {
			(void)smb2_create_context_put(
				&list,
				wire_slice(SMB2_CREATE_POSIX,
					   SMB2_POSIX_GUID_SIZE),
				wire_writer_slice(&body));
		}
	}
	durable_reply(&list, create, open);
	if (oplock_lease(open->file, &lease)) {
		(void)smb2_lease_add(&list, &lease);
	}
	return wire_writer_slice(w);
}

/* 3.3.5.9.10: a replay hears of the oplock it asks for, as with Windows. */
static uint8_t level_of(const struct create *create, const struct open *open,
			const struct created *created)
{
	uint8_t level = oplock_level(open->file);

	return created->replayed && level != SMB2_OPLOCK_LEVEL_LEASE
		       ? create->in.oplock_level
		       : level;
}

/* quota.h */
static const struct store_attr quota_file = {
	.attributes = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |
		      FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_ARCHIVE,
};

NTSTATUS create_reply(struct reply *reply, const struct create *create,
		      const struct open *open, const struct created *created)
{
	const struct store_attr *attr =
		create->quota ? &quota_file : &created->attr;
	uint8_t buf[512];
	struct wire_writer w = wire_writer_fixed(buf, sizeof(buf));
	const struct smb2_create_response out = {
		.oplock_level = level_of(create, open, created),
		.create_action = created->action,
		.creation_time = attr->create_time,
		.last_access_time = attr->access_time,
		.last_write_time = attr->write_time,
		.change_time = attr->change_time,
		.allocation_size = attr->allocation,
		.end_of_file = create->posix ? posix_size(attr) : attr->size,
		.file_attributes = file_attributes(attr),
		.file_id = {.persistent_id = open->persistent_id,
			    .volatile_id = open->volatile_id},
		.contexts = contexts(&w, create, open, created),
	};

	if (!wire_writer_ok(&w) ||
	    !smb2_create_response_encode(&reply->body, &out)) {
		return NT_STATUS_INSUFFICIENT_RESOURCES;
	}
	return NT_STATUS_OK;
}

/* UTF-16 with '\' between. */
static bool client_path(TALLOC_CTX *mem_ctx, const char *path,
			struct wire_slice *out)
{
	char *text = name_to_client(mem_ctx, path);

	return text != NULL && utf16_from_utf8(mem_ctx, text, out);
}

/* Without memory the client hears the status alone. */
void create_stopped(struct reply *reply, const struct store_stop *stop)
{
	struct request *r = reply->request;
	struct wire_writer data = wire_writer_talloc(r);
	struct wire_writer context = wire_writer_talloc(r);
	struct smb2_symlink_error out = {
		.flags = stop->relative ? SYMLINK_FLAG_RELATIVE : 0};
	struct wire_slice rest = {0};

	if (stop->target == NULL || stop->rest == NULL ||
	    !client_path(r, stop->target, &out.substitute_name) ||
	    !client_path(r, stop->rest, &rest) || rest.len > UINT16_MAX) {
		return;
	}
	out.print_name = out.substitute_name;
	out.unparsed_path_length = (uint16_t)rest.len;
	if (!smb2_symlink_error_encode(&data, &out)) {
		return;
	}
	if (r->conn->agreed.dialect != SMB2_DIALECT_311) {
		reply->error_data = wire_writer_slice(&data);
	} else if (smb2_error_context_add(&context, SMB2_ERROR_ID_DEFAULT,
					  wire_writer_slice(&data))) {
		reply->error_data = wire_writer_slice(&context);
		reply->error_contexts = 1;
	}
}
