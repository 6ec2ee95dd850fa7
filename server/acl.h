/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * acl.h - Windows' rights from what a store says (STORE_MAY_*, mode, owner).
 */
#ifndef SERVER_ACL_H
#define SERVER_ACL_H

#include "server/store.h"
#include "smbquic/wire.h"

/** Generic rights into specific ones (MS-SMB2 2.2.13.1); MAXIMUM_ALLOWED and
 *  ACCESS_SYSTEM_SECURITY stay. */
uint32_t acl_map_generic(uint32_t access);

/** The rights that somebody has who may do that (STORE_MAY_*). */
uint32_t acl_rights(unsigned may, bool directory);

/**
 * A security descriptor that says what mode and owner say.
 * @param parts  OWNER_SECURITY_INFORMATION etc.: what is wanted.
 */
bool acl_descriptor(struct wire_writer *w, const struct store_attr *attr,
		    uint32_t parts);

#endif
