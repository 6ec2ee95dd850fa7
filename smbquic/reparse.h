/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reparse point says: REPARSE_DATA_BUFFER and, for tags that are not
 * Microsoft's, REPARSE_GUID_DATA_BUFFER; numbers are sections of MS-FSCC. The
 * rules of all decode and encode functions are in smb2_pdu.h.
 */
#ifndef SMBQUIC_REPARSE_H
#define SMBQUIC_REPARSE_H

#include <sys/types.h>

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/** Most bytes of one: MAXIMUM_REPARSE_DATA_BUFFER_SIZE (2.3.81). */
#define REPARSE_SIZE_MAX 16384

/** Tags of zero and one are nobody's (2.1.2.1). */
#define REPARSE_TAG_RESERVED 1u
/** A tag of Microsoft's: no GUID says whose it is. */
#define REPARSE_TAG_MICROSOFT 0x80000000u

/** One that is well-formed. Borrows. */
struct reparse {
	uint32_t tag;
	bool has_guid;
	struct smb2_guid guid;
	struct wire_slice data;
};

/**
 * Judges one from a client (2.1.2, MS-FSA 2.1.5.10.37).
 * @return NT_STATUS_OK; IO_REPARSE_TAG_INVALID; IO_REPARSE_DATA_INVALID too
 *         long, cut, or with something behind it.
 */
NTSTATUS reparse_decode(struct wire_slice data, struct reparse *out);
bool reparse_encode(struct wire_writer *w, const struct reparse *in);

/** Special files as IO_REPARSE_TAG_NFS has them (2.1.2.6). */
#define REPARSE_NFS_LINK UINT64_C(0x00000000014B4E4C)
#define REPARSE_NFS_CHR	 UINT64_C(0x0000000000524843)
#define REPARSE_NFS_BLK	 UINT64_C(0x00000000004B4C42)
#define REPARSE_NFS_FIFO UINT64_C(0x000000004F464946)
#define REPARSE_NFS_SOCK UINT64_C(0x000000004B434F53)

/** What a file with such a tag is to POSIX, S_IFLNK and the like; 0: a file or
 * a folder, or it takes a look at its data. */
uint32_t reparse_tag_type(uint32_t tag);
/** The tag of one that was read; in the place of IO_REPARSE_TAG_NFS one that
 *  tells by itself what it is, where there is such a one. */
uint32_t reparse_plain_tag(const struct reparse *reparse);
/** What it is, as above: IO_REPARSE_TAG_NFS too. */
uint32_t reparse_type(const struct reparse *reparse);

/** A whole one for a special file; numbers for CHR and BLK only. */
bool reparse_put_nfs(struct wire_writer *w, uint64_t type, uint32_t major,
		     uint32_t minor);

/** A whole IO_REPARSE_TAG_SYMLINK for a target of the machine: UTF-8, with '/'.
 */
bool reparse_put_symlink(struct wire_writer *w, const char *target);
/** The same as IO_REPARSE_TAG_LX_SYMLINK: a quarter of the bytes, most often.
 */
bool reparse_put_lx_symlink(struct wire_writer *w, const char *target);

/**
 * What a symbolic link of any kind (SYMLINK, LX_SYMLINK, NFS) leads to.
 * @param text      out: UTF-8, '/' between components.
 * @param relative  out.
 * @return its length; -1: no link, or malformed, or it does not fit.
 */
ssize_t reparse_target(const struct reparse *reparse, char *text, size_t size,
		       bool *relative);

#endif
