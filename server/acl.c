/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows' rights, and the access check. */

#include "server/acl.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/smb2.h"

/* What everybody has who can see the file at all. */
#define RIGHTS_SEEN \
	(FILE_READ_ATTRIBUTES | SEC_STD_READ_CONTROL | SEC_STD_SYNCHRONIZE)
#define RIGHTS_READ (FILE_READ_DATA | FILE_READ_EA)
#define RIGHTS_WRITE                                          \
	(FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | \
	 FILE_WRITE_ATTRIBUTES)
#define RIGHTS_OWN                                                 \
	(SEC_STD_WRITE_DAC | SEC_STD_WRITE_OWNER | FILE_WRITE_EA | \
	 FILE_WRITE_ATTRIBUTES)

uint32_t acl_map_generic(uint32_t access)
{
	static const struct {
		uint32_t generic, specific;
	} table[] = {
		{SEC_GENERIC_READ, FILE_GENERIC_READ},
		{SEC_GENERIC_WRITE, FILE_GENERIC_WRITE},
		{SEC_GENERIC_EXECUTE, FILE_GENERIC_EXECUTE},
		{SEC_GENERIC_ALL, FILE_ALL_ACCESS},
	};
	uint32_t mapped = access & 0x0FFFFFFFu;
	size_t i = 0;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if ((access & table[i].generic) != 0) {
			mapped |= table[i].specific;
		}
	}
	return mapped;
}

/*
 * EXECUTE goes with reading: files on a share seldom have the x bit, and
 * programs should run from it.
 */
uint32_t acl_rights(unsigned may, bool directory)
{
	uint32_t rights = RIGHTS_SEEN;

	if ((may & STORE_MAY_READ) != 0) {
		rights |= RIGHTS_READ | (directory ? 0 : FILE_EXECUTE);
	}
	if ((may & STORE_MAY_WRITE) != 0) {
		rights |= RIGHTS_WRITE | (directory ? FILE_DELETE_CHILD : 0);
	}
	if ((may & STORE_MAY_EXECUTE) != 0) {
		rights |= FILE_EXECUTE;
	}
	if ((may & STORE_MAY_DELETE) != 0) {
		rights |= SEC_STD_DELETE;
	}
	if ((may & STORE_MAY_OWN) != 0) {
		rights |= RIGHTS_OWN;
	}
	if ((may & STORE_MAY_OWN) != 0 && (may & STORE_MAY_WRITE) != 0) {
		rights |= FILE_DELETE_CHILD;
	}
	return rights;
}

/* --- who asks ------------------------------------------------------------- */

static const struct sid network = {5, 1, {2}};
const struct sid acl_owner_rights = {3, 1, {4}};

static bool has_group(const struct acl_who *who, gid_t gid)
{
	size_t i = 0;

	for (i = 0; i < who->num_groups; i++) {
		if (who->groups[i] == gid) {
			return true;
		}
	}
	return gid == who->gid;
}

/* Everybody who is asked for here has logged on over the network. */
static bool has_well_known(const struct acl_who *who, const struct sid *sid)
{
	return sid_equal(sid, &sid_everyone) ||
	       sid_equal(sid, &sid_authenticated_users) ||
	       sid_equal(sid, &sid_users) || sid_equal(sid, &network) ||
	       (acl_who_admin(who) && sid_equal(sid, &sid_administrators));
}

bool acl_who_has(const struct acl_who *who, const struct sid *sid)
{
	uid_t uid = 0;
	gid_t gid = 0;

	if (has_well_known(who, sid)) {
		return true;
	}
	if (sidmap_uid(who->map, sid, &uid)) {
		return uid == who->uid;
	}
	return sidmap_gid(who->map, sid, &gid) && has_group(who, gid);
}

bool acl_who_admin(const struct acl_who *who)
{
	return who->uid == 0;
}

uint32_t acl_privileged(const struct acl_who *who)
{
	return acl_who_admin(who)
		       ? SEC_STD_WRITE_OWNER | SEC_ACCESS_SYSTEM_SECURITY
		       : 0;
}

/* --- the access check ------------------------------------------------------
 */

static bool applies(const struct security_ace *ace, const struct acl_who *who,
		    bool owner)
{
	if ((ace->flags & ACE_FLAG_INHERIT_ONLY) != 0 ||
	    (ace->type != ACCESS_ALLOWED_ACE_TYPE &&
	     ace->type != ACCESS_DENIED_ACE_TYPE)) {
		return false;
	}
	return acl_who_has(who, &ace->sid) ||
	       (owner && sid_equal(&ace->sid, &acl_owner_rights));
}

/* The owner may read and change the DACL, unless it says itself what he may
 * (MS-DTYP 2.5.3.2, OWNER RIGHTS). */
static uint32_t owners_own(const struct security_descriptor *sd)
{
	struct security_acl_walk walk = security_acl(sd->dacl);
	struct security_ace ace = {0};

	while (security_acl_next(&walk, &ace)) {
		if ((ace.flags & ACE_FLAG_INHERIT_ONLY) == 0 &&
		    sid_equal(&ace.sid, &acl_owner_rights)) {
			return 0;
		}
	}
	return SEC_STD_READ_CONTROL | SEC_STD_WRITE_DAC;
}

/* Each right is decided by the first entry that speaks of it, in whatever
 * order they stand. */
uint32_t acl_granted(const struct security_descriptor *sd,
		     const struct acl_who *who)
{
	struct security_acl_walk walk = security_acl(sd->dacl);
	bool owner = sd->has_owner && acl_who_has(who, &sd->owner);
	struct security_ace ace = {0};
	uint32_t granted = 0;
	uint32_t denied = 0;

	if ((sd->control & SD_DACL_PRESENT) == 0 || sd->dacl.len == 0) {
		return FILE_ALL_ACCESS;
	}
	granted = owner ? owners_own(sd) : 0;
	while (security_acl_next(&walk, &ace)) {
		uint32_t mask = acl_map_generic(ace.mask) & FILE_ALL_ACCESS;

		if (!applies(&ace, who, owner)) {
			continue;
		}
		if (ace.type == ACCESS_ALLOWED_ACE_TYPE) {
			granted |= mask & ~denied;
		} else {
			denied |= mask & ~granted;
		}
	}
	return security_acl_ok(&walk) ? granted : 0;
}
