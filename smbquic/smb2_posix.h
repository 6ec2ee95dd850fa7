/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The POSIX extensions of SMB 3.1.1 ("SMB3 POSIX Extensions", Samba's and the
 * Linux kernel's): what they add to the codec. The rules of all decode and
 * encode functions are in smb2_pdu.h.
 */
#ifndef SMBQUIC_SMB2_POSIX_H
#define SMBQUIC_SMB2_POSIX_H

#include "smbquic/sid.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/** Negotiate context: its data is the GUID that is the create context's name,
 *  SMB2_CREATE_POSIX. */
#define SMB2_POSIX_EXTENSIONS_AVAILABLE 0x0100
#define SMB2_POSIX_GUID_SIZE		16

/** Information class of files, directories and file systems alike. */
#define FilePosixInformation 100

/** Where an open that may append, and not write, writes: at the end, wherever
 *  that is by then. */
#define SMB2_WRITE_TO_END UINT64_MAX

/** A file type beside permissions, as it goes over the wire. */
#define SMB2_POSIX_TYPE_SHIFT 12

/** st_mode to the wire and back; types that there are not: a regular file. */
uint32_t smb2_posix_mode(uint32_t st_mode);
uint32_t smb2_posix_st_mode(uint32_t wire);

/* The request's create context: a mode. */
bool smb2_posix_create_decode(struct wire_slice data, uint32_t *mode);

/** What no class of Windows has: the response's create context, and the end of
 *  the information class. */
struct smb2_posix {
	uint32_t links;
	uint32_t reparse_tag;
	uint32_t mode; /**< of the wire */
	struct sid owner, group;
};

bool smb2_posix_decode(struct wire_slice data, struct smb2_posix *out);
bool smb2_posix_encode(struct wire_writer *w, const struct smb2_posix *in);

struct smb2_posix_info {
	uint64_t creation_time, last_access_time, last_write_time, change_time;
	uint64_t end_of_file, allocation_size;
	uint32_t file_attributes;
	uint64_t inode;
	uint32_t device;
	struct smb2_posix posix;
};

/** Of a file: all of it. */
bool smb2_posix_info_decode(struct wire_slice data,
			    struct smb2_posix_info *out);
bool smb2_posix_info_encode(struct wire_writer *w,
			    const struct smb2_posix_info *in);
/** Of an entry of a directory, after NextEntryOffset and FileIndex. */
bool smb2_posix_entry_encode(struct wire_writer *w,
			     const struct smb2_posix_info *in,
			     struct wire_slice name);
bool smb2_posix_entry_decode(struct wire_slice data,
			     struct smb2_posix_info *out,
			     struct wire_slice *name);

/** Of a file system. */
struct smb2_posix_fs {
	uint32_t optimal_transfer_size;
	uint32_t block_size;
	uint64_t total_blocks;
	uint64_t blocks_available;
	uint64_t user_blocks_available;
	uint64_t total_file_nodes;
	uint64_t free_file_nodes;
	uint64_t fs_id;
};

bool smb2_posix_fs_decode(struct wire_slice data, struct smb2_posix_fs *out);
bool smb2_posix_fs_encode(struct wire_writer *w,
			  const struct smb2_posix_fs *in);

#endif
