/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The create contexts of a CREATE request (MS-SMB2 2.2.13.2). */

#include <string.h>

#include "server/acl.h"
#include "server/create.h"
#include "server/durable.h"
#include "smbquic/smb2_posix.h"

/* 3.3.5.9.4 */
static NTSTATUS take_timewarp(struct wire_slice data, struct create *out)
{
	if (!smb2_timewarp_decode(data, &out->snapshot_time)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	out->snapshot = out->snapshot_time != 0;
	return NT_STATUS_OK;
}

static NTSTATUS taken(bool ok)
{
	return ok ? NT_STATUS_OK : NT_STATUS_INVALID_PARAMETER;
}

static NTSTATUS take_dhnq(struct wire_slice data, struct create *out)
{
	out->durable.dhnq = true;
	return taken(smb2_durable_request_decode(data));
}

static NTSTATUS take_dhnc(struct wire_slice data, struct create *out)
{
	out->durable.dhnc = true;
	return taken(smb2_durable_reconnect_decode(data,
						   &out->durable.back.file_id));
}

static NTSTATUS take_dh2q(struct wire_slice data, struct create *out)
{
	out->durable.dh2q = true;
	return taken(smb2_durable_v2_request_decode(data, &out->durable.v2));
}

static NTSTATUS take_dh2c(struct wire_slice data, struct create *out)
{
	out->durable.dh2c = true;
	return taken(
		smb2_durable_v2_reconnect_decode(data, &out->durable.back));
}

static NTSTATUS take_app(struct wire_slice data, struct create *out)
{
	out->durable.has_app = true;
	return taken(smb2_app_instance_id_decode(data, &out->durable.app));
}

static NTSTATUS take_app_version(struct wire_slice data, struct create *out)
{
	out->durable.has_app_version = true;
	return taken(smb2_app_instance_version_decode(
		data, &out->durable.app_version));
}

static NTSTATUS take_eas(struct wire_slice data, struct create *out)
{
	out->eas = data;
	return NT_STATUS_OK;
}

/* 3.3.5.9.8, 3.3.5.9.11: a context that means nothing here is ignored. */
static NTSTATUS take_lease(struct wire_slice data, struct create *out)
{
	if (!smb2_lease_decode(data, &out->lease)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	out->has_lease = true;
	out->lease_context = true;
	return NT_STATUS_OK;
}

static NTSTATUS take_allocation(struct wire_slice data, struct create *out)
{
	return smb2_allocation_size_decode(data, &out->allocation) &&
			       out->allocation <= INT64_MAX
		       ? NT_STATUS_OK
		       : NT_STATUS_INVALID_PARAMETER;
}

static NTSTATUS take_mxac(struct wire_slice data, struct create *out)
{
	out->want_mxac = true;
	return smb2_mxac_request_decode(data, &out->mxac_time)
		       ? NT_STATUS_OK
		       : NT_STATUS_INVALID_PARAMETER;
}

/* 3.3.5.9.2 */
static NTSTATUS take_security(struct wire_slice data, struct create *out)
{
	struct security_descriptor sd = {0};

	if (data.len > ACL_SIZE_MAX || !security_descriptor_decode(data, &sd)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	out->security = data;
	return NT_STATUS_OK;
}

static NTSTATUS take_qfid(struct wire_slice data, struct create *out)
{
	(void)data;
	out->want_qfid = true;
	return NT_STATUS_OK;
}

static NTSTATUS take_posix(struct wire_slice data, struct create *out)
{
	out->posix = true;
	return taken(smb2_posix_create_decode(data, &out->posix_mode));
}

/* What is not here is ignored: AAPL means nothing here. */
#define CONTEXT(name, take)                  \
	{                                    \
		name, sizeof(name) - 1, take \
	}

static const struct {
	const char *name;
	size_t size;
	NTSTATUS (*take)(struct wire_slice data, struct create *out);
} contexts[] = {
	CONTEXT(SMB2_CREATE_REQUEST_LEASE, take_lease),
	CONTEXT(SMB2_CREATE_EA_BUFFER, take_eas),
	CONTEXT(SMB2_CREATE_SD_BUFFER, take_security),
	CONTEXT(SMB2_CREATE_ALLOCATION_SIZE, take_allocation),
	CONTEXT(SMB2_CREATE_QUERY_MAXIMAL_ACCESS, take_mxac),
	CONTEXT(SMB2_CREATE_QUERY_ON_DISK_ID, take_qfid),
	CONTEXT(SMB2_CREATE_TIMEWARP_TOKEN, take_timewarp),
	CONTEXT(SMB2_CREATE_DURABLE_HANDLE_REQUEST, take_dhnq),
	CONTEXT(SMB2_CREATE_DURABLE_HANDLE_RECONNECT, take_dhnc),
	CONTEXT(SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2, take_dh2q),
	CONTEXT(SMB2_CREATE_DURABLE_HANDLE_RECONNECT_V2, take_dh2c),
	CONTEXT(SMB2_CREATE_APP_INSTANCE_ID, take_app),
	CONTEXT(SMB2_CREATE_APP_INSTANCE_VERSION, take_app_version),
	CONTEXT(SMB2_CREATE_POSIX, take_posix),
};

static NTSTATUS take_context(const struct smb2_create_context *context,
			     struct create *out)
{
	size_t i = 0;

	out->num_contexts++;
	for (i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
		if (wire_slice_equal(
			    context->name,
			    wire_slice(contexts[i].name, contexts[i].size))) {
			return contexts[i].take(context->data, out);
		}
	}
	return NT_STATUS_OK;
}

static NTSTATUS take_all(struct create *out)
{
	struct wire_walker list = smb2_create_contexts(out->in.contexts);
	struct smb2_create_context context = {0};
	NTSTATUS status = NT_STATUS_OK;

	while (status == NT_STATUS_OK &&
	       smb2_create_contexts_next(&list, &context)) {
		status = take_context(&context, out);
	}
	if (status == NT_STATUS_OK && !wire_walker_ok(&list)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return status;
}

static bool is_zero(const struct smb2_guid *guid)
{
	static const struct smb2_guid zero;

	return memcmp(guid, &zero, sizeof(zero)) == 0;
}

/* Leases are there from dialect 2.1 on, those of version 2 with 3.x. */
static void judge_lease(const struct request *r, struct create *out)
{
	uint16_t dialect = r->conn->agreed.dialect;
	bool reconnect = out->durable.dhnc || out->durable.dh2c;

	out->has_lease =
		out->has_lease && dialect >= SMB2_DIALECT_210 &&
		(reconnect ||
		 out->in.oplock_level == SMB2_OPLOCK_LEVEL_LEASE) &&
		!is_zero(&out->lease.lease_key) &&
		(out->lease.version == 1 || dialect >= SMB2_DIALECT_300);
}

/* Version 2 came with dialect 3.0. */
static void judge_durable(const struct request *r, struct create *out)
{
	if (r->conn->agreed.dialect < SMB2_DIALECT_300) {
		out->durable.dh2q = false;
		out->durable.dh2c = false;
	}
}

NTSTATUS create_contexts(const struct request *r, struct create *out)
{
	NTSTATUS status = take_all(out);

	judge_lease(r, out);
	judge_durable(r, out);
	out->posix = out->posix && request_posix(r);
	return status;
}
