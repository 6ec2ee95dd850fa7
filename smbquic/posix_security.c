/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Owners and modes of POSIX in security descriptors. */
#include "smbquic/posix_security.h"

#include "smbquic/security_descriptor.h"
#include "smbquic/smb2.h"

#define NT_AUTHORITY 5
#define NFS_DOMAIN   88
#define MODE_BITS    07777u

struct sid posix_sid_make(enum posix_sid kind, uint32_t number)
{
	return (struct sid){
		.authority = NT_AUTHORITY,
		.count = 3,
		.sub_authorities = {NFS_DOMAIN, kind, number},
	};
}

bool posix_sid_number(const struct sid *sid, enum posix_sid kind,
		      uint32_t *number)
{
	if (sid->authority != NT_AUTHORITY || sid->count != 3 ||
	    sid->sub_authorities[0] != NFS_DOMAIN ||
	    sid->sub_authorities[1] != kind) {
		return false;
	}
	*number = sid->sub_authorities[2];
	return true;
}

bool posix_owner_number(const struct sid *sid, uint32_t *uid)
{
	return sid_to_uid(sid, uid) ||
	       posix_sid_number(sid, POSIX_SID_USER, uid);
}

bool posix_group_number(const struct sid *sid, uint32_t *gid)
{
	return sid_to_gid(sid, gid) ||
	       posix_sid_number(sid, POSIX_SID_GROUP, gid);
}

bool posix_security_encode(struct wire_writer *w,
			   const struct posix_security *in)
{
	uint8_t buf[SID_MAX_SIZE + 32]; /* an ACL of one entry */
	struct wire_writer acl = wire_writer_fixed(buf, sizeof(buf));
	struct security_descriptor sd = {.control = SD_SELF_RELATIVE};

	if ((in->parts & OWNER_SECURITY_INFORMATION) != 0) {
		sd.has_owner = true;
		sd.owner = sid_from_uid(in->uid);
	}
	if ((in->parts & GROUP_SECURITY_INFORMATION) != 0) {
		sd.has_group = true;
		sd.group = sid_from_gid(in->gid);
	}
	if ((in->parts & DACL_SECURITY_INFORMATION) != 0) {
		const struct security_ace ace = {
			.type = ACCESS_ALLOWED_ACE_TYPE,
			.sid = posix_sid_make(POSIX_SID_MODE,
					      in->mode & MODE_BITS),
		};
		size_t begin = security_acl_begin(&acl);

		security_acl_add(&acl, begin, &ace);
		sd.control |= SD_DACL_PRESENT;
		sd.dacl = security_acl_end(&acl, begin);
	}
	return wire_writer_ok(&acl) && security_descriptor_encode(w, &sd);
}

uint32_t posix_security_access(uint32_t parts)
{
	uint32_t access = 0;

	if ((parts &
	     (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION)) != 0) {
		access |= SEC_STD_WRITE_OWNER;
	}
	if ((parts & DACL_SECURITY_INFORMATION) != 0) {
		access |= SEC_STD_WRITE_DAC;
	}
	return access;
}
