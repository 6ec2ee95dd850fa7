/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sidmap.h - SIDs of this machine's users and groups, and back. Computed, not
 * remembered: the same account has the same SID for ever, and after a move of
 * the state directory (which holds the machine's own SID).
 *
 *	uid 0		MACHINE-500
 *	other users	MACHINE-(1000 + 2 uid)
 *	groups		S-1-22-2-GID
 *
 * Understood as well: S-1-22-1-UID, and MACHINE-(1001 + 2 gid). Where the
 * machine has no SID its users are S-1-22-1-UID.
 */
#ifndef SERVER_SIDMAP_H
#define SERVER_SIDMAP_H

#include <sys/types.h>

#include "smbquic/sid.h"

/** Plain memory, constant; may be used by any thread. */
struct sidmap {
	struct sid machine; /**< count 0: none */
};

struct sid sidmap_user(const struct sidmap *map, uid_t uid);
struct sid sidmap_group(const struct sidmap *map, gid_t gid);

/** false: no user's, no group's. */
bool sidmap_uid(const struct sidmap *map, const struct sid *sid, uid_t *uid);
bool sidmap_gid(const struct sidmap *map, const struct sid *sid, gid_t *gid);

#endif
