/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * acl.h - Windows' rights: from what a store says (STORE_MAY_*), and from
 * security descriptors (MS-DTYP 2.5). Pure functions on plain memory, for the
 * loop and for worker threads alike.
 *
 *	acl.c		rights, and the access check
 *	acl_change.c	what setting and inheriting a descriptor makes of it
 *	acl_posix.c	mode and POSIX ACL, to and from a descriptor
 */
#ifndef SERVER_ACL_H
#define SERVER_ACL_H

#include "server/sidmap.h"
#include "server/store.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/wire.h"

/** S-1-3-4, whoever owns it (MS-DTYP 2.4.2.4). */
extern const struct sid acl_owner_rights;

/** Most bytes of a descriptor that is kept. */
#define ACL_SIZE_MAX 65000

/* --- acl.c */

/** Generic rights into specific ones (MS-SMB2 2.2.13.1); MAXIMUM_ALLOWED and
 *  ACCESS_SYSTEM_SECURITY stay. */
uint32_t acl_map_generic(uint32_t access);

/** The rights that somebody has who may do that (STORE_MAY_*). */
uint32_t acl_rights(unsigned may, bool directory);

/** Whoever asks: a user of the system. Borrows. */
struct acl_who {
	const struct sidmap *map;
	uid_t uid;
	gid_t gid;
	size_t num_groups;
	const gid_t *groups;
};

/** Is the SID one of his (a user's, group's or well-known one)? */
bool acl_who_has(const struct acl_who *who, const struct sid *sid);

/** Does he have the privileges of an administrator (uid 0)? */
bool acl_who_admin(const struct acl_who *who);

/** Every specific right that the descriptor gives him (MS-DTYP 2.5.3.2);
 *  privileges do not count. */
uint32_t acl_granted(const struct security_descriptor *sd,
		     const struct acl_who *who);

/** Rights that a privilege gives when they are asked for by name
 *  (SeTakeOwnership, SeSecurity). */
uint32_t acl_privileged(const struct acl_who *who);

/* --- acl_change.c */

/** What is about to be made. */
struct acl_child {
	struct sid owner, group;
	bool directory;
};

/**
 * The descriptor of a new file below a directory (MS-DTYP 2.5.3.4); without
 * anything to inherit all rights for the owner and SYSTEM, as Windows has it.
 * Slices of *out borrow from w, which it writes to.
 * @return false: it would be too long.
 */
bool acl_inherit(struct wire_writer *w,
		 const struct security_descriptor *parent,
		 const struct acl_child *child,
		 struct security_descriptor *out);

/**
 * The descriptor after parts of another one were set (MS-FSA 2.1.5.17).
 * Slices of *out borrow from w, old and in.
 * @param parts     OWNER_SECURITY_INFORMATION etc.
 * @param verbatim  AUTO_INHERITED is taken as told.
 * @return 0; EINVAL an owner or group is missing, EFBIG too long, EPERM who
 *         may not make that one the owner.
 */
int acl_change(struct wire_writer *w, const struct security_descriptor *old,
	       const struct security_descriptor *in, uint32_t parts,
	       const struct acl_who *who, bool verbatim,
	       struct security_descriptor *out);

/** OWNER_SECURITY_INFORMATION etc.: what is in it. */
uint32_t acl_parts_of(const struct security_descriptor *sd);

/** The parts of it that are asked for. */
struct security_descriptor acl_parts(const struct security_descriptor *sd,
				     uint32_t parts);

/* --- acl_posix.c */

/** Entries of a POSIX ACL; the numbers are the kernel's. */
enum acl_posix_tag {
	ACL_POSIX_USER_OBJ = 0x01,
	ACL_POSIX_USER = 0x02,
	ACL_POSIX_GROUP_OBJ = 0x04,
	ACL_POSIX_GROUP = 0x08,
	ACL_POSIX_MASK = 0x10,
	ACL_POSIX_OTHER = 0x20,
};

#define ACL_POSIX_ENTRIES_MAX 256
#define ACL_POSIX_SIZE_MAX    (4 + 8 * ACL_POSIX_ENTRIES_MAX)

/** Named users and groups, sorted; who is not named is in the mode. */
struct acl_posix {
	mode_t mode; /**< permission bits; the group's are its own, no mask */
	size_t count;
	struct acl_posix_entry {
		uint16_t tag, perm;
		uint32_t id;
	} entries[ACL_POSIX_ENTRIES_MAX];
};

/** Owner, group, mode and type of a file. */
struct acl_file {
	uid_t uid;
	gid_t gid;
	mode_t mode; /**< type bits included */
};

/**
 * The value of system.posix_acl_access (linux/posix_acl_xattr.h).
 * @return false: malformed, or too long.
 */
bool acl_posix_decode(struct wire_slice value, struct acl_posix *out);
/** Only where count is not 0: else the mode says it all. */
bool acl_posix_encode(struct wire_writer *w, const struct acl_posix *in);

/**
 * A descriptor that says what mode and ACL say.
 * @param posix  NULL: no ACL.
 * @return false: too long. Slices of *out borrow from w.
 */
bool acl_from_posix(struct wire_writer *w, const struct sidmap *map,
		    const struct acl_file *file, const struct acl_posix *posix,
		    struct security_descriptor *out);

/** The mode and ACL that come nearest to a descriptor: whoever may read by it
 *  may read, and so on; users and groups unknown here are left out. A file that
 *  nobody can run (file->mode) is not made a program by it. */
void acl_to_posix(const struct security_descriptor *sd,
		  const struct sidmap *map, const struct acl_file *file,
		  struct acl_posix *out);

/**
 * The default ACL of a directory: what those made in it get by its inheritable
 * entries, as mode and ACL of a directory of the same owner.
 * @param w  room for a descriptor.
 * @return false: there is nothing to inherit.
 */
bool acl_to_posix_default(struct wire_writer *w,
			  const struct security_descriptor *sd,
			  const struct sidmap *map, const struct acl_file *dir,
			  struct acl_posix *out);

/** The parts of what mode and owner say, for stores that have nothing else. */
bool acl_descriptor(struct wire_writer *w, const struct sidmap *map,
		    const struct store_attr *attr, uint32_t parts);

#endif
