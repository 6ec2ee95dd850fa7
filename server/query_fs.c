/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * query_fs.c - what QUERY_INFO tells of the file system (MS-FSCC 2.5).
 */

#include "server/query_info.h"
#include "server/request.h"
#include "smbquic/fscc.h"
#include "smbquic/smb2_posix.h"
#include "smbquic/utf16.h"

#define SECTOR_SIZE	     512u
#define PHYSICAL_SECTOR_SIZE 4096u
#define OPTIMAL_TRANSFER     (1u << 20)

/* FileFsSectorSizeInformation, Flags: both alignments (MS-FSCC 2.5.7). */
#define SECTORS_ALIGNED 0x00000003u
#define TRIM_ENABLED	0x00000008u

static uint32_t unit_size(const struct query_info *q)
{
	uint32_t size = q->space.block_size / SECTOR_SIZE * SECTOR_SIZE;

	return size > 0 ? size : SECTOR_SIZE;
}

/* The label is the share's name. */
static bool put_volume(struct wire_writer *w, const struct query_info *q)
{
	const struct share *share = q->open->open->tree->share;
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct fscc_fs_volume out = {
		.creation_time = share->server->start_time,
		.serial_number = (uint32_t)(q->space.volume_id ^
					    q->space.volume_id >> 32),
	};
	bool ok = utf16_from_utf8(mem_ctx, share->name, &out.label) &&
		  fscc_fs_volume_encode(w, &out);

	talloc_free(mem_ctx);
	return ok;
}

static bool put_size(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_fs_size out = {
		.total_allocation_units = q->space.total / unit_size(q),
		.available_allocation_units = q->space.available / unit_size(q),
		.sectors_per_allocation_unit = unit_size(q) / SECTOR_SIZE,
		.bytes_per_sector = SECTOR_SIZE,
	};

	return fscc_fs_size_encode(w, &out);
}

static bool put_full_size(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_fs_full_size out = {
		.total_allocation_units = q->space.total / unit_size(q),
		.caller_available_allocation_units =
			q->space.available / unit_size(q),
		.actual_available_allocation_units =
			q->space.free / unit_size(q),
		.sectors_per_allocation_unit = unit_size(q) / SECTOR_SIZE,
		.bytes_per_sector = SECTOR_SIZE,
	};

	return fscc_fs_full_size_encode(w, &out);
}

static bool put_device(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_fs_device out = {
		.device_type = FILE_DEVICE_DISK,
		.characteristics = FILE_DEVICE_IS_MOUNTED,
	};

	(void)q;
	return fscc_fs_device_encode(w, &out);
}

/* "NTFS" is what clients look for before they use long names and big files. */
static bool put_attribute(struct wire_writer *w, const struct query_info *q)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct fscc_fs_attribute out = {
		/* NTFS says so however it looks for names */
		.attributes = FILE_CASE_SENSITIVE_SEARCH |
			      FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK,
		.maximum_component_name_length = q->space.name_max,
	};
	bool ok = false;

	if (q->space.sparse) {
		out.attributes |= FILE_SUPPORTS_SPARSE_FILES;
	}
	if (q->space.streams) {
		out.attributes |= FILE_NAMED_STREAMS;
	}
	if (q->space.clones) {
		out.attributes |= FILE_SUPPORTS_BLOCK_REFCOUNTING;
	}
	if (q->space.reparse) {
		out.attributes |= FILE_SUPPORTS_REPARSE_POINTS;
	}
	if (q->space.quota_tracked) {
		out.attributes |= FILE_VOLUME_QUOTAS;
	}
	if (q->space.acls) {
		out.attributes |= FILE_PERSISTENT_ACLS;
	}
	if (q->open->open->tree->read_only) {
		out.attributes |= FILE_READ_ONLY_VOLUME;
	}
	ok = utf16_from_utf8(mem_ctx, "NTFS", &out.name) &&
	     fscc_fs_attribute_encode(w, &out);
	talloc_free(mem_ctx);
	return ok;
}

static uint32_t quota_flags(const struct store_space *space)
{
	if (space->quota_enforced) {
		return FILE_VC_QUOTA_ENFORCE;
	}
	return space->quota_tracked ? FILE_VC_QUOTA_TRACK : 0;
}

/* Quotas are the file system's, and it has no limits for everybody. */
static bool put_control(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_fs_control out = {
		.default_quota_threshold = UINT64_MAX,
		.default_quota_limit = UINT64_MAX,
		.control_flags = quota_flags(&q->space),
	};

	return fscc_fs_control_encode(w, &out);
}

static bool put_object_id(struct wire_writer *w, const struct query_info *q)
{
	struct fscc_fs_object_id out = {0};

	wire_store_le(out.object_id.bytes, q->space.volume_id, 8);
	memcpy(out.extended_info, FSCC_FS_SMBQUICD, strlen(FSCC_FS_SMBQUICD));
	return fscc_fs_object_id_encode(w, &out);
}

static bool put_sector_size(struct wire_writer *w, const struct query_info *q)
{
	const struct fscc_fs_sector_size out = {
		.logical_bytes_per_sector = SECTOR_SIZE,
		.physical_bytes_per_sector_for_atomicity = PHYSICAL_SECTOR_SIZE,
		.physical_bytes_per_sector_for_performance =
			PHYSICAL_SECTOR_SIZE,
		.effective_physical_bytes_per_sector_for_atomicity =
			PHYSICAL_SECTOR_SIZE,
		.flags = SECTORS_ALIGNED | TRIM_ENABLED,
	};

	(void)q;
	return fscc_fs_sector_size_encode(w, &out);
}

static bool put_posix(struct wire_writer *w, const struct query_info *q)
{
	const uint64_t unit = unit_size(q);
	const struct smb2_posix_fs out = {
		.optimal_transfer_size = OPTIMAL_TRANSFER,
		.block_size = (uint32_t)unit,
		.total_blocks = q->space.total / unit,
		.blocks_available = q->space.free / unit,
		.user_blocks_available = q->space.available / unit,
		.total_file_nodes = q->space.files,
		.free_file_nodes = q->space.files_free,
		.fs_id = q->space.volume_id,
	};

	return smb2_posix_fs_encode(w, &out);
}

/* number, access, when too long, writer */
static const struct query_class classes[] = {
	{FileFsVolumeInformation, 0, QUERY_BYTES, put_volume},
	{FileFsSizeInformation, 0, QUERY_WHOLE, put_size},
	{FileFsDeviceInformation, 0, QUERY_WHOLE, put_device},
	{FileFsAttributeInformation, 0, QUERY_BYTES, put_attribute},
	{FileFsControlInformation, 0, QUERY_WHOLE, put_control},
	{FileFsFullSizeInformation, 0, QUERY_WHOLE, put_full_size},
	{FileFsObjectIdInformation, 0, QUERY_WHOLE, put_object_id},
	{FileFsSectorSizeInformation, 0, QUERY_WHOLE, put_sector_size},
	{FilePosixInformation, 0, QUERY_WHOLE, put_posix},
};

const struct query_class *query_fs_class(uint8_t number)
{
	size_t i = 0;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i].number == number) {
			return &classes[i];
		}
	}
	return NULL;
}
