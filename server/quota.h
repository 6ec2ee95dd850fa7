/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quota.h - quotas of users, as QUERY_INFO and SET_INFO know them (MS-SMB2
 * 3.3.5.20.4, 3.3.5.21.4). Whose quotas somebody may see and set the file
 * system judges (store_quota.h).
 */
#ifndef SERVER_QUOTA_H
#define SERVER_QUOTA_H

#include "server/file.h"
#include "server/sidmap.h"
#include "smbquic/wire.h"

/** The file of NTFS by which programs get a handle for quotas. It is the root
 *  of the share here, for nothing else. */
#define QUOTA_FILE "$Extend\\$Quota:$Q:$INDEX_ALLOCATION"

/**
 * The entries that fit into the client's buffer.
 * @param input  SMB2_QUERY_QUOTA_INFO; as long-lived as the request.
 * @param max    bytes of the client's buffer.
 */
struct tevent_req *query_quota_send(TALLOC_CTX *mem_ctx,
				    struct tevent_context *ev,
				    struct file_open *fo,
				    const struct sidmap *sids,
				    struct wire_slice input, size_t max);
/**
 * @param out  out: child of mem_ctx; at least one entry.
 * @return NT_STATUS_OK; NT_STATUS_NO_MORE_ENTRIES; NT_STATUS_BUFFER_TOO_SMALL
 *         none fits; NT_STATUS_NOT_SUPPORTED no quotas there;
 *         NT_STATUS_ACCESS_DENIED; NT_STATUS_INVALID_PARAMETER the input.
 */
NTSTATUS query_quota_recv(struct tevent_req *req, TALLOC_CTX *mem_ctx,
			  struct wire_slice *out);

#endif
