/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Create contexts that a caller may wish for: which file it is, the POSIX
 * extensions, and those of contexts.h. */
#include "client/client_private.h"
#include "client/contexts.h"
#include "client/properties.h"

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

/* ------------------------------------------------- those of the caller */

static bool encode_eas(struct wire_writer *w, const struct client_ea_list *eas)
{
	struct wire_chain list = fscc_ea_list(w);
	size_t i = 0;

	for (i = 0; i < eas->count; i++) {
		if (!ea_add(&list, &eas->ea[i])) {
			return false;
		}
	}
	return true;
}

/* What is not of one size; NULL: to see whether it can be said at all. */
static bool add_long(const struct client_contexts *in, struct wire_chain *list)
{
	TALLOC_CTX *frame = talloc_new(NULL);
	struct wire_writer sd = wire_writer_talloc(frame);
	struct wire_writer eas = wire_writer_talloc(frame);
	bool ok = frame != NULL;

	if (ok && in->security != NULL) {
		ok = security_descriptor_encode(&sd, in->security);
	}
	if (ok && in->eas != NULL) {
		ok = encode_eas(&eas, in->eas);
	}
	if (ok && list != NULL && in->security != NULL) {
		ok = smb2_create_context_put(
			list, wire_slice(SMB2_CREATE_SD_BUFFER, 4),
			wire_writer_slice(&sd));
	}
	if (ok && list != NULL && in->eas != NULL && in->eas->count > 0) {
		ok = smb2_create_context_put(
			list, wire_slice(SMB2_CREATE_EA_BUFFER, 4),
			wire_writer_slice(&eas));
	}
	talloc_free(frame);
	return ok;
}

static bool add_wishes(const struct client_contexts *in,
		       struct wire_chain *list)
{
	if (in->maximal_access &&
	    !smb2_mxac_request_add(list, in->maximal_unless)) {
		return false;
	}
	if (in->allocation_size != 0 &&
	    !smb2_allocation_size_add(list, in->allocation_size)) {
		return false;
	}
	if (in->app_instance != NULL &&
	    !smb2_app_instance_id_add(list, in->app_instance)) {
		return false;
	}
	if (in->app_version != NULL &&
	    !smb2_app_instance_version_add(list, in->app_version)) {
		return false;
	}
	return add_long(in, list);
}

NTSTATUS open_contexts_check(const struct client_open *how, uint16_t dialect)
{
	const struct client_contexts *in = how->contexts;

	if (in == NULL) {
		return NT_STATUS_OK;
	}
	if ((in->app_instance != NULL && dialect < SMB2_DIALECT_300) ||
	    (in->app_version != NULL && dialect < SMB2_DIALECT_311)) {
		return NT_STATUS_NOT_SUPPORTED;
	}
	if ((in->app_version != NULL && in->app_instance == NULL) ||
	    in->allocation_size > INT64_MAX || !add_long(in, NULL)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return NT_STATUS_OK;
}

NTTIME open_contexts_snapshot(const struct client_open *how)
{
	return how->contexts != NULL ? how->contexts->snapshot : 0;
}

bool open_contexts_keep(TALLOC_CTX *mem_ctx, struct client_open *how)
{
	const struct client_contexts *from = how->contexts;
	struct client_contexts *to = NULL;

	if (from == NULL) {
		return true;
	}
	how->contexts = to = talloc_zero(mem_ctx, struct client_contexts);
	if (to == NULL) {
		return false;
	}
	to->snapshot = from->snapshot;
	if (from->app_instance != NULL) {
		to->app_instance = talloc_memdup(to, from->app_instance,
						 sizeof(*from->app_instance));
	}
	if (from->app_version != NULL) {
		to->app_version = talloc_memdup(to, from->app_version,
						sizeof(*from->app_version));
	}
	return (from->app_instance == NULL || to->app_instance != NULL) &&
	       (from->app_version == NULL || to->app_version != NULL);
}

/* ---------------------------------------------------------------- all */

bool open_contexts_add(const struct client_open *how, struct wire_chain *list)
{
	if (how->file_id &&
	    !smb2_create_context_add(list, SMB2_CREATE_QUERY_ON_DISK_ID, NULL,
				     0)) {
		return false;
	}
	if (how->posix && !add_posix(how, list)) {
		return false;
	}
	return how->contexts == NULL || add_wishes(how->contexts, list);
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

void open_contexts_told(struct wire_slice contexts, struct client_told *out)
{
	struct smb2_qfid_response id = {0};
	struct smb2_mxac_response mxac = {0};
	struct wire_slice data = {0};

	*out = (struct client_told){0};
	if (smb2_create_context_find(contexts, SMB2_CREATE_QUERY_ON_DISK_ID,
				     &data) &&
	    smb2_qfid_response_decode(data, &id)) {
		out->file_id = id.disk_file_id;
		out->volume_id = id.volume_id;
	}
	if (smb2_create_context_find(contexts, SMB2_CREATE_QUERY_MAXIMAL_ACCESS,
				     &data) &&
	    smb2_mxac_response_decode(data, &mxac)) {
		out->maximal = true;
		out->maximal_status = mxac.query_status;
		out->maximal_access = NT_STATUS_IS_OK(mxac.query_status)
					      ? mxac.maximal_access
					      : 0;
	}
}

void client_file_told(const struct client_file *file, struct client_told *out)
{
	*out = file->told;
}

void open_contexts_take(struct wire_slice contexts, struct client_stat *out)
{
	struct client_told told = {0};
	struct smb2_posix posix = {0};
	struct wire_slice data = {0};

	open_contexts_told(contexts, &told);
	out->file_id = told.file_id;
	out->maximal_access = told.maximal_access;
	if (smb2_create_context_find(contexts, SMB2_CREATE_POSIX, &data) &&
	    smb2_posix_decode(data, &posix)) {
		open_contexts_posix(&posix, out);
	}
}
