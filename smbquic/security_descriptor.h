/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Access control lists and self-relative security descriptors; numbers are
 * sections of MS-DTYP. Decoding borrows and never allocates.
 */
#ifndef SMBQUIC_SECURITY_DESCRIPTOR_H
#define SMBQUIC_SECURITY_DESCRIPTOR_H

#include "smbquic/sid.h"
#include "smbquic/wire.h"

/* -------------------------------------------------------------- ACE 2.4.4.1 */

#define ACCESS_ALLOWED_ACE_TYPE		   0x00
#define ACCESS_DENIED_ACE_TYPE		   0x01
#define SYSTEM_AUDIT_ACE_TYPE		   0x02
#define ACCESS_ALLOWED_OBJECT_ACE_TYPE	   0x05
#define ACCESS_DENIED_OBJECT_ACE_TYPE	   0x06
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE	   0x11
#define SYSTEM_RESOURCE_ATTRIBUTE_ACE_TYPE 0x12
#define SYSTEM_SCOPED_POLICY_ID_ACE_TYPE   0x13

#define ACE_FLAG_OBJECT_INHERIT	      0x01
#define ACE_FLAG_CONTAINER_INHERIT    0x02
#define ACE_FLAG_NO_PROPAGATE_INHERIT 0x04
#define ACE_FLAG_INHERIT_ONLY	      0x08
#define ACE_FLAG_INHERITED	      0x10
#define ACE_FLAG_SUCCESSFUL_ACCESS    0x40
#define ACE_FLAG_FAILED_ACCESS	      0x80

/*
 * An ACE of one of the types that begin with mask and SID (0, 1, 2, 0x11 ..
 * 0x13): extra is what follows the SID. Of any other type everything behind
 * the header is in extra, and mask and sid are zero.
 */
struct security_ace {
	uint8_t type;
	uint8_t flags;
	uint32_t mask;
	struct sid sid;
	struct wire_slice extra;
};

/* -------------------------------------------------------------- ACL 2.4.5 */

/*
 *	struct security_acl_walk walk = security_acl(sd.dacl);
 *
 *	while (security_acl_next(&walk, &ace)) {
 *		...
 *	}
 *	if (!security_acl_ok(&walk)) {
 *		malformed: NT_STATUS_INVALID_ACL
 *	}
 *
 * An empty slice is an ACL without entries.
 */
struct security_acl_walk {
	struct wire_reader r;
	uint16_t left;
};

struct security_acl_walk security_acl(struct wire_slice acl);
bool security_acl_next(struct security_acl_walk *walk,
		       struct security_ace *out);
bool security_acl_ok(const struct security_acl_walk *walk);

/*
 * Writes an ACL: begin, any number of aces, end.
 *
 *	size_t acl = security_acl_begin(&w);
 *
 *	security_acl_add(&w, acl, &ace);
 *	dacl = security_acl_end(&w, acl);
 *
 * The slice borrows w's buffer: valid until w grows or goes. Empty when w has
 * failed.
 */
size_t security_acl_begin(struct wire_writer *w);
bool security_acl_add(struct wire_writer *w, size_t acl,
		      const struct security_ace *in);
struct wire_slice security_acl_end(struct wire_writer *w, size_t acl);

/* ---------------------------------------------- security descriptor 2.4.6 */

#define SD_OWNER_DEFAULTED	 0x0001
#define SD_GROUP_DEFAULTED	 0x0002
#define SD_DACL_PRESENT		 0x0004
#define SD_DACL_DEFAULTED	 0x0008
#define SD_SACL_PRESENT		 0x0010
#define SD_SACL_DEFAULTED	 0x0020
#define SD_DACL_AUTO_INHERIT_REQ 0x0100
#define SD_SACL_AUTO_INHERIT_REQ 0x0200
#define SD_DACL_AUTO_INHERITED	 0x0400
#define SD_SACL_AUTO_INHERITED	 0x0800
#define SD_DACL_PROTECTED	 0x1000
#define SD_SACL_PROTECTED	 0x2000
#define SD_SELF_RELATIVE	 0x8000

/*
 * SD_DACL_PRESENT in control with an empty dacl is the NULL DACL: everybody may
 * do everything. Without the bit there is no DACL. The same for the SACL. An
 * ACL with no entries is 8 bytes long, not empty.
 */
struct security_descriptor {
	uint16_t control;
	bool has_owner;
	bool has_group;
	struct sid owner;
	struct sid group;
	struct wire_slice sacl;
	struct wire_slice dacl;
};

/* Checks the outer form and both ACLs to their last entry. */
bool security_descriptor_decode(struct wire_slice data,
				struct security_descriptor *out);
/* SD_SELF_RELATIVE is set in any case. Offsets count from w's position. */
bool security_descriptor_encode(struct wire_writer *w,
				const struct security_descriptor *in);
size_t security_descriptor_size(const struct security_descriptor *sd);

#endif
