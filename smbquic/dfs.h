/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dfs.h - referrals of the distributed file system (MS-DFSC 2.2), as far as a
 * server needs them that is the only target of its own roots.
 *
 * Paths are UTF-16LE, "\server\share\...", without a NUL at their end. Decoding
 * borrows.
 */
#ifndef SMBQUIC_DFS_H
#define SMBQUIC_DFS_H

#include "smbquic/wire.h"

#define DFS_MAX_LEVEL 4

/** ReferralHeaderFlags (2.2.4): who is named can refer further, and serve. */
#define DFS_REFERRAL_SERVERS 0x00000001u
#define DFS_STORAGE_SERVERS  0x00000002u

/** ServerType (2.2.5.1). */
#define DFS_TYPE_ROOT 0x0001u

/* 2.2.2 REQ_GET_DFS_REFERRAL */
struct dfs_request {
	uint16_t max_level; /**< the newest form that the client takes */
	struct wire_slice path;
};

bool dfs_request_decode(struct wire_slice data, struct dfs_request *out);
bool dfs_request_encode(struct wire_writer *w, const struct dfs_request *in);

/* 2.2.3 REQ_GET_DFS_REFERRAL_EX; a site's name is passed over, none sent. */
bool dfs_request_ex_decode(struct wire_slice data, struct dfs_request *out);
bool dfs_request_ex_encode(struct wire_writer *w, const struct dfs_request *in);

/** 2.2.4 RESP_GET_DFS_REFERRAL with one entry (2.2.5), for a root. */
struct dfs_response {
	uint16_t path_consumed; /**< bytes of the request's path */
	uint32_t flags;
	uint16_t level; /**< of the entry, 1 to DFS_MAX_LEVEL */
	uint16_t server_type;
	uint32_t time_to_live;	  /**< seconds; 0 of level 1 */
	struct wire_slice path;	  /**< what was asked for; empty of level 1 */
	struct wire_slice target; /**< where it is */
};

bool dfs_response_decode(struct wire_slice data, struct dfs_response *out);
bool dfs_response_encode(struct wire_writer *w, const struct dfs_response *in);

/** What is left of a path that begins with a server and a share of that name
 *  (UTF-16LE): the part below. @return false: it does not begin so. */
bool dfs_path_below(struct wire_slice path, struct wire_slice share,
		    struct wire_slice *below);

/** The beginning "\server\share" of a path, and the share's name in it.
 *  @return false: it has less. */
bool dfs_path_root(struct wire_slice path, struct wire_slice *root,
		   struct wire_slice *share);

#endif
