/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * posix_info.h - what the POSIX extensions tell of a file: in the response to
 * CREATE, in listings and in queries.
 */
#ifndef SERVER_POSIX_INFO_H
#define SERVER_POSIX_INFO_H

#include "server/name.h"
#include "server/sidmap.h"
#include "server/store.h"
#include "smbquic/fscc.h"
#include "smbquic/security_descriptor.h"
#include "smbquic/smb2_posix.h"

/** Owners are S-1-22-1-UID and S-1-22-2-GID, which every client can read. */
struct smb2_posix posix_of(const struct store_attr *attr);
struct smb2_posix_info posix_info_of(const struct store_attr *attr);
/** st_size: of a symbolic link the length of its target. */
uint64_t posix_size(const struct store_attr *attr);

/**
 * What a security descriptor says in SIDs that stand for numbers
 * (smbquic/posix_security.h), by which such clients set owner and mode.
 * @param parts  those to be set.
 * @return false: nothing, or what is no mode besides.
 */
bool posix_change_of(const struct security_descriptor *sd, uint32_t parts,
		     struct store_change *change);

/** Bytes of an entry of FilePosixInformation without SIDs and name. */
#define POSIX_ENTRY_MIN 92

/** An entry of a listing by its name on the disk. Of ".." neither who owns it
 *  nor which it is is told. @return false: it does not fit. */
bool posix_add_entry(struct fscc_dir_list *list,
		     const struct store_entry *entry);

/** The pattern of such a client: a name as the disk has it, unless there is a
 *  '*' or '?' in it. As name_pattern_new(). */
struct name_pattern *posix_pattern(TALLOC_CTX *mem_ctx,
				   struct wire_slice utf16);

#endif
