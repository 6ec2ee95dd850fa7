/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The POSIX extensions' part of the codec. */

#include "smbquic/smb2_posix.h"

#include <sys/stat.h>

#define PERMISSIONS 07777u

/* In the order of their numbers. */
static const uint32_t types[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR,
				 S_IFBLK, S_IFIFO, S_IFSOCK};

#define TYPES (sizeof(types) / sizeof(types[0]))

uint32_t smb2_posix_mode(uint32_t st_mode)
{
	uint32_t type = 0;
	uint32_t i = 0;

	for (i = 0; i < TYPES; i++) {
		type = types[i] == (st_mode & S_IFMT) ? i : type;
	}
	return (st_mode & PERMISSIONS) | type << SMB2_POSIX_TYPE_SHIFT;
}

uint32_t smb2_posix_st_mode(uint32_t wire)
{
	uint32_t type = wire >> SMB2_POSIX_TYPE_SHIFT;

	return (wire & PERMISSIONS) | types[type < TYPES ? type : 0];
}

bool smb2_posix_create_decode(struct wire_slice data, uint32_t *mode)
{
	struct wire_reader r = wire_reader_of(data);

	*mode = wire_get_u32(&r);
	return wire_reader_ok(&r) && wire_left(&r) == 0;
}

static void get_posix(struct wire_reader *r, struct smb2_posix *out)
{
	out->links = wire_get_u32(r);
	out->reparse_tag = wire_get_u32(r);
	out->mode = wire_get_u32(r);
	(void)sid_get(r, &out->owner);
	(void)sid_get(r, &out->group);
}

bool smb2_posix_decode(struct wire_slice data, struct smb2_posix *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_posix){.links = 0};
	get_posix(&r, out);
	return wire_reader_ok(&r);
}

bool smb2_posix_encode(struct wire_writer *w, const struct smb2_posix *in)
{
	wire_put_u32(w, in->links);
	wire_put_u32(w, in->reparse_tag);
	wire_put_u32(w, in->mode);
	return sid_encode(w, &in->owner) && sid_encode(w, &in->group) &&
	       wire_writer_ok(w);
}

static void get_info(struct wire_reader *r, struct smb2_posix_info *out)
{
	out->creation_time = wire_get_u64(r);
	out->last_access_time = wire_get_u64(r);
	out->last_write_time = wire_get_u64(r);
	out->change_time = wire_get_u64(r);
	out->end_of_file = wire_get_u64(r);
	out->allocation_size = wire_get_u64(r);
	out->file_attributes = wire_get_u32(r);
	out->inode = wire_get_u64(r);
	out->device = wire_get_u32(r);
	wire_skip(r, 4);
	get_posix(r, &out->posix);
}

bool smb2_posix_info_decode(struct wire_slice data, struct smb2_posix_info *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_posix_info){.inode = 0};
	get_info(&r, out);
	return wire_reader_ok(&r);
}

bool smb2_posix_info_encode(struct wire_writer *w,
			    const struct smb2_posix_info *in)
{
	wire_put_u64(w, in->creation_time);
	wire_put_u64(w, in->last_access_time);
	wire_put_u64(w, in->last_write_time);
	wire_put_u64(w, in->change_time);
	wire_put_u64(w, in->end_of_file);
	wire_put_u64(w, in->allocation_size);
	wire_put_u32(w, in->file_attributes);
	wire_put_u64(w, in->inode);
	wire_put_u32(w, in->device);
	wire_put_u32(w, 0);
	return smb2_posix_encode(w, &in->posix);
}

bool smb2_posix_entry_encode(struct wire_writer *w,
			     const struct smb2_posix_info *in,
			     struct wire_slice name)
{
	bool ok = smb2_posix_info_encode(w, in);

	wire_put_size32(w, name.len);
	wire_put_slice(w, name);
	return ok && wire_writer_ok(w);
}

bool smb2_posix_entry_decode(struct wire_slice data,
			     struct smb2_posix_info *out,
			     struct wire_slice *name)
{
	struct wire_reader r = wire_reader_of(data);
	uint32_t length = 0;

	*out = (struct smb2_posix_info){.inode = 0};
	get_info(&r, out);
	length = wire_get_u32(&r);
	*name = wire_get(&r, length);
	return wire_reader_ok(&r);
}

bool smb2_posix_fs_decode(struct wire_slice data, struct smb2_posix_fs *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_posix_fs){.fs_id = 0};
	out->optimal_transfer_size = wire_get_u32(&r);
	out->block_size = wire_get_u32(&r);
	out->total_blocks = wire_get_u64(&r);
	out->blocks_available = wire_get_u64(&r);
	out->user_blocks_available = wire_get_u64(&r);
	out->total_file_nodes = wire_get_u64(&r);
	out->free_file_nodes = wire_get_u64(&r);
	out->fs_id = wire_get_u64(&r);
	return wire_reader_ok(&r);
}

bool smb2_posix_fs_encode(struct wire_writer *w, const struct smb2_posix_fs *in)
{
	wire_put_u32(w, in->optimal_transfer_size);
	wire_put_u32(w, in->block_size);
	wire_put_u64(w, in->total_blocks);
	wire_put_u64(w, in->blocks_available);
	wire_put_u64(w, in->user_blocks_available);
	wire_put_u64(w, in->total_file_nodes);
	wire_put_u64(w, in->free_file_nodes);
	wire_put_u64(w, in->fs_id);
	return wire_writer_ok(w);
}
