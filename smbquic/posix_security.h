/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * posix_security.h - owners and modes of POSIX in security descriptors: SIDs
 * that stand for numbers, S-1-5-88-KIND-NUMBER, as servers of NFS files have
 * them and as the POSIX extensions of SMB 3.1.1 set them.
 */
#ifndef SMBQUIC_POSIX_SECURITY_H
#define SMBQUIC_POSIX_SECURITY_H

#include "smbquic/sid.h"
#include "smbquic/wire.h"

enum posix_sid {
	POSIX_SID_USER = 1,
	POSIX_SID_GROUP = 2,
	POSIX_SID_MODE = 3,
};

struct sid posix_sid_make(enum posix_sid kind, uint32_t number);
/** @return false: it is none of that kind. */
bool posix_sid_number(const struct sid *sid, enum posix_sid kind,
		      uint32_t *number);

/** The number of an owner or a group: S-1-22-1-UID, S-1-22-2-GID or the form
 *  above. @return false: it stands for nobody of POSIX. */
bool posix_owner_number(const struct sid *sid, uint32_t *uid);
bool posix_group_number(const struct sid *sid, uint32_t *gid);

/** What is to be set; parts are OWNER_, GROUP_ and DACL_SECURITY_INFORMATION
 *  (smbquic/smb2.h), or'ed: the mode goes as DACL. */
struct posix_security {
	uint32_t parts;
	uint32_t uid, gid;
	uint32_t mode; /**< permissions, 07777 */
};

/** The descriptor that a SET_INFO of these parts has. Owners are S-1-22-1-UID
 *  and S-1-22-2-GID there, which Samba wants. */
bool posix_security_encode(struct wire_writer *w,
			   const struct posix_security *in);
/** The access that setting them takes. */
uint32_t posix_security_access(uint32_t parts);

#endif
