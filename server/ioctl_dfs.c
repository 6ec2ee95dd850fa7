/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ioctl_dfs.c - referrals (MS-SMB2 3.3.5.15.2, MS-DFSC 3.2.5): a share that is
 * a root (`msdfs root`) is served here, by the name that the client asked with;
 * anything else by nobody we know of.
 */

#include "server/ioctl.h"
#include "smbquic/dfs.h"
#include "smbquic/utf16.h"

#define TIME_TO_LIVE 300 /* seconds, as Windows */

static bool any_root(const struct server *server)
{
	const struct share *share = server->shares;

	while (share != NULL && !share_is_dfs(share)) {
		share = share->next;
	}
	return share != NULL;
}

/* The share that a path begins with; NULL: none, or no root. */
static const struct share *root_of(const struct ioctl *io,
				   const struct dfs_request *in,
				   struct wire_slice *root)
{
	struct wire_slice named = {0};
	const struct share *share = NULL;
	char *name = NULL;

	if (!dfs_path_root(in->path, root, &named)) {
		return NULL;
	}
	name = utf16_to_utf8(io->r, named);
	if (name != NULL) {
		share = share_find(io->r->conn->server, name);
	}
	talloc_free(name);
	return share != NULL && share_is_dfs(share) ? share : NULL;
}

static NTSTATUS refer(const struct ioctl *io, const struct dfs_request *in,
		      struct wire_writer *out)
{
	struct dfs_response answer = {
		.flags = DFS_REFERRAL_SERVERS | DFS_STORAGE_SERVERS,
		.server_type = DFS_TYPE_ROOT,
		.time_to_live = TIME_TO_LIVE,
	};
	struct wire_slice root = {0};

	if (root_of(io, in, &root) == NULL || root.len > UINT16_MAX) {
		return NT_STATUS_NOT_FOUND;
	}
	answer.level =
		in->max_level < DFS_MAX_LEVEL ? in->max_level : DFS_MAX_LEVEL;
	answer.path_consumed = (uint16_t)root.len;
	answer.path = root;
	answer.target = root;
	if (!dfs_response_encode(out, &answer)) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	if (wire_tell(out) > io->in.max_output_response) {
		wire_rollback(out, 0);
		return NT_STATUS_BUFFER_OVERFLOW;
	}
	return NT_STATUS_OK;
}

static NTSTATUS referral(const struct ioctl *io, bool decoded,
			 const struct dfs_request *in, struct wire_writer *out)
{
	if (!any_root(io->r->conn->server)) {
		return NT_STATUS_FS_DRIVER_REQUIRED;
	}
	if (!decoded || in->max_level == 0) {
		return NT_STATUS_INVALID_PARAMETER;
	}
	return refer(io, in, out);
}

NTSTATUS ioctl_dfs_referrals(struct ioctl *io, struct wire_writer *out)
{
	struct dfs_request in = {0};
	bool ok = dfs_request_decode(io->in.input, &in);

	return referral(io, ok, &in, out);
}

NTSTATUS ioctl_dfs_referrals_ex(struct ioctl *io, struct wire_writer *out)
{
	struct dfs_request in = {0};
	bool ok = dfs_request_ex_decode(io->in.input, &in);

	return referral(io, ok, &in, out);
}
