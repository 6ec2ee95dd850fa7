/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Information classes of MS-FSCC, both directions; numbers are its sections.
 *
 * fscc_X_decode(data, &out) takes the whole buffer of a QUERY_INFO response or
 * SET_INFO request; false: too short (NT_STATUS_INFO_LENGTH_MISMATCH). Bytes
 * behind the structure are ignored. Slices in *out borrow from data.
 *
 * fscc_X_encode(&w, &in) appends the structure; the result is that of
 * wire_writer_ok(). A query whose buffer is too small is encoded in full and
 * then cut by the caller (NT_STATUS_BUFFER_OVERFLOW), so on decode a *name*
 * that is longer than the buffer is cut, too, and no error; nothing else is.
 *
 * Names are UTF-16LE slices without terminator. Times are NTTIME.
 */
#ifndef SMBQUIC_FSCC_H
#define SMBQUIC_FSCC_H

#include <time.h>

#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ------------------------------------------------------------- times, 2.1.1 */

/* In set requests: leave the time as it is; stop, resume implicit updates. */
#define NTTIME_UNCHANGED 0
#define NTTIME_FREEZE	 UINT64_MAX
#define NTTIME_THAW	 (UINT64_MAX - 1)

/* Before 1601 becomes 0, too late INT64_MAX. Nanoseconds are cut to 100. */
NTTIME nttime_from_timespec(struct timespec ts);
/* A value above INT64_MAX counts as INT64_MAX. */
struct timespec nttime_to_timespec(NTTIME t);
/* Seconds since 1970, fraction 0. */
NTTIME nttime_from_unix(time_t t);
time_t nttime_to_unix(NTTIME t);

/* ------------------------------------------------------- sizes, for servers */

/*
 * The smallest OutputBufferLength that a QUERY_INFO of this class needs, that
 * is the fixed part (MS-FSA 2.1.5.12), or 0 for a class that is not here.
 */
size_t fscc_file_minimum(uint8_t file_information_class);
size_t fscc_fs_minimum(uint8_t fs_information_class);

/* "FileBasicInformation", or "unknown class". */
const char *fscc_file_class_name(uint8_t file_information_class);
const char *fscc_fs_class_name(uint8_t fs_information_class);

/* --------------------------------------------------------- file information */

/* 2.4.7 */
struct fscc_basic {
	NTTIME creation_time;
	NTTIME last_access_time;
	NTTIME last_write_time;
	NTTIME change_time;
	uint32_t file_attributes;
};

bool fscc_basic_decode(struct wire_slice data, struct fscc_basic *out);
bool fscc_basic_encode(struct wire_writer *w, const struct fscc_basic *in);

/* 2.4.47 */
struct fscc_standard {
	uint64_t allocation_size;
	uint64_t end_of_file;
	uint32_t number_of_links;
	uint8_t delete_pending;
	uint8_t directory;
};

bool fscc_standard_decode(struct wire_slice data, struct fscc_standard *out);
bool fscc_standard_encode(struct wire_writer *w,
			  const struct fscc_standard *in);

/*
 * One 64-bit number: FileInternalInformation 2.4.27, FilePositionInformation
 * 2.4.40, FileAllocationInformation 2.4.4, FileEndOfFileInformation 2.4.14,
 * FileValidDataLengthInformation 2.4.50.
 */
bool fscc_u64_decode(struct wire_slice data, uint64_t *out);
bool fscc_u64_encode(struct wire_writer *w, uint64_t in);

/*
 * One 32-bit number: FileEaInformation 2.4.13, FileAccessInformation 2.4.1,
 * FileModeInformation 2.4.31, FileAlignmentInformation 2.4.3,
 * FileDispositionInformationEx 2.4.12.
 */
bool fscc_u32_decode(struct wire_slice data, uint32_t *out);
bool fscc_u32_encode(struct wire_writer *w, uint32_t in);

/* One Boolean: FileDispositionInformation 2.4.11. */
bool fscc_bool_decode(struct wire_slice data, bool *out);
bool fscc_bool_encode(struct wire_writer *w, bool in);

/*
 * FILE_NAME_INFORMATION 2.1.7: FileNameInformation 2.4.32,
 * FileNormalizedNameInformation 2.4.35, FileAlternateNameInformation 2.4.5,
 * FileShortNameInformation 2.4.46; also FileFsLabelInformation 2.5.5.
 */
bool fscc_name_decode(struct wire_slice data, struct wire_slice *name);
bool fscc_name_encode(struct wire_writer *w, struct wire_slice name);

/* 2.4.2 */
struct fscc_all {
	struct fscc_basic basic;
	struct fscc_standard standard;
	uint64_t index_number;
	uint32_t ea_size;
	uint32_t access_flags;
	uint64_t current_byte_offset;
	uint32_t mode;
	uint32_t alignment_requirement;
	struct wire_slice name;
};

bool fscc_all_decode(struct wire_slice data, struct fscc_all *out);
bool fscc_all_encode(struct wire_writer *w, const struct fscc_all *in);

/* 2.4.34 */
struct fscc_network_open {
	NTTIME creation_time;
	NTTIME last_access_time;
	NTTIME last_write_time;
	NTTIME change_time;
	uint64_t allocation_size;
	uint64_t end_of_file;
	uint32_t file_attributes;
};

bool fscc_network_open_decode(struct wire_slice data,
			      struct fscc_network_open *out);
bool fscc_network_open_encode(struct wire_writer *w,
			      const struct fscc_network_open *in);

/* 2.4.6 */
struct fscc_attribute_tag {
	uint32_t file_attributes;
	uint32_t reparse_tag;
};

bool fscc_attribute_tag_decode(struct wire_slice data,
			       struct fscc_attribute_tag *out);
bool fscc_attribute_tag_encode(struct wire_writer *w,
			       const struct fscc_attribute_tag *in);

/* 2.4.9 */
struct fscc_compression {
	uint64_t compressed_file_size;
	uint16_t compression_format;
	uint8_t compression_unit_shift;
	uint8_t chunk_shift;
	uint8_t cluster_shift;
};

bool fscc_compression_decode(struct wire_slice data,
			     struct fscc_compression *out);
bool fscc_compression_encode(struct wire_writer *w,
			     const struct fscc_compression *in);

/* 2.4.26 */
struct fscc_id {
	uint64_t volume_serial_number;
	struct smb2_guid file_id; /* 128 bits */
};

bool fscc_id_decode(struct wire_slice data, struct fscc_id *out);
bool fscc_id_encode(struct wire_writer *w, const struct fscc_id *in);

/* 2.4.37 */
struct fscc_pipe {
	uint32_t read_mode;
	uint32_t completion_mode;
};

bool fscc_pipe_decode(struct wire_slice data, struct fscc_pipe *out);
bool fscc_pipe_encode(struct wire_writer *w, const struct fscc_pipe *in);

/* 2.4.38 */
struct fscc_pipe_local {
	uint32_t named_pipe_type;
	uint32_t named_pipe_configuration;
	uint32_t maximum_instances;
	uint32_t current_instances;
	uint32_t inbound_quota;
	uint32_t read_data_available;
	uint32_t outbound_quota;
	uint32_t write_quota_available;
	uint32_t named_pipe_state;
	uint32_t named_pipe_end;
};

bool fscc_pipe_local_decode(struct wire_slice data,
			    struct fscc_pipe_local *out);
bool fscc_pipe_local_encode(struct wire_writer *w,
			    const struct fscc_pipe_local *in);

/* 2.4.39 */
struct fscc_pipe_remote {
	uint64_t collect_data_time;
	uint32_t maximum_collection_count;
};

bool fscc_pipe_remote_decode(struct wire_slice data,
			     struct fscc_pipe_remote *out);
bool fscc_pipe_remote_encode(struct wire_writer *w,
			     const struct fscc_pipe_remote *in);

/*
 * FileRenameInformation 2.4.42.2, FileRenameInformationEx 2.4.43 and
 * FileLinkInformation 2.4.28.2 in their SMB2 forms. flags is the Flags field
 * of the Ex class and FILE_RENAME_REPLACE_IF_EXISTS or 0 else; ex tells which
 * is encoded or decoded.
 */
struct fscc_rename {
	uint32_t flags;
	uint64_t root_directory; /* must be 0 over the network */
	struct wire_slice name;
};

bool fscc_rename_decode(struct wire_slice data, bool ex,
			struct fscc_rename *out);
bool fscc_rename_encode(struct wire_writer *w, bool ex,
			const struct fscc_rename *in);

/* ------------------------------------------------------- lists of something */

/*
 * All lists are walked like this
 *
 *	struct wire_walker list = fscc_streams(data);
 *
 *	while (fscc_stream_next(&list, &stream)) {
 *		...
 *	}
 *	if (!wire_walker_ok(&list)) {
 *		malformed
 *	}
 *
 * and built with a chain:
 *
 *	struct wire_chain list = fscc_stream_list(&w);
 *
 *	fscc_stream_add(&list, &stream);
 */

/* 2.4.49 */
struct fscc_stream {
	uint64_t size;
	uint64_t allocation_size;
	struct wire_slice name; /* "::$DATA", ":name:$DATA" */
};

struct wire_walker fscc_streams(struct wire_slice data);
bool fscc_stream_next(struct wire_walker *list, struct fscc_stream *out);
struct wire_chain fscc_stream_list(struct wire_writer *w);
bool fscc_stream_add(struct wire_chain *list, const struct fscc_stream *in);

/* 2.4.16. name is 8-bit text without terminator. */
struct fscc_ea {
	uint8_t flags;
	struct wire_slice name;
	struct wire_slice value;
};

struct wire_walker fscc_eas(struct wire_slice data);
bool fscc_ea_next(struct wire_walker *list, struct fscc_ea *out);
struct wire_chain fscc_ea_list(struct wire_writer *w);
bool fscc_ea_add(struct wire_chain *list, const struct fscc_ea *in);

/* 2.4.16.1, the names that a query asks for. */
struct wire_walker fscc_get_eas(struct wire_slice data);
bool fscc_get_ea_next(struct wire_walker *list, struct wire_slice *name);
struct wire_chain fscc_get_ea_list(struct wire_writer *w);
bool fscc_get_ea_add(struct wire_chain *list, struct wire_slice name);

/* 2.4.41. sid is encoded, see security_descriptor.h. */
struct fscc_quota {
	NTTIME change_time;
	uint64_t quota_used;
	uint64_t quota_threshold;
	uint64_t quota_limit;
	struct wire_slice sid;
};

struct wire_walker fscc_quotas(struct wire_slice data);
bool fscc_quota_next(struct wire_walker *list, struct fscc_quota *out);
struct wire_chain fscc_quota_list(struct wire_writer *w);
bool fscc_quota_add(struct wire_chain *list, const struct fscc_quota *in);

/* 2.4.41.1, the SIDs that a query asks for; encoded. */
struct wire_walker fscc_get_quotas(struct wire_slice data);
bool fscc_get_quota_next(struct wire_walker *list, struct wire_slice *sid);
struct wire_chain fscc_get_quota_list(struct wire_writer *w);
bool fscc_get_quota_add(struct wire_chain *list, struct wire_slice sid);

/* 2.7.1 FILE_NOTIFY_INFORMATION */
struct fscc_notify {
	uint32_t action;
	struct wire_slice name; /* relative to the watched directory, '\\' */
};

struct wire_walker fscc_notifies(struct wire_slice data);
bool fscc_notify_next(struct wire_walker *list, struct fscc_notify *out);
struct wire_chain fscc_notify_list(struct wire_writer *w);
bool fscc_notify_add(struct wire_chain *list, const struct fscc_notify *in);

/* -------------------------------------------------------------- directories */

/*
 * One entry of any directory class; a class takes and gives the members it
 * has, the others are ignored or zero.
 *
 *	class	times,sizes,	ea_size	short_name file_id reparse_tag
 *		attributes				   file_id_128
 *	Directory	x
 *	FullDirectory	x	   x
 *	BothDirectory	x	   x	     x
 *	IdFullDirectory	x	   x		       x
 *	IdBothDirectory	x	   x	     x	       x
 *	Names
 *	IdExtdDirectory	x	   x		       (128)	x
 *	Id64ExtdDirectory, Id64ExtdBothDirectory (short_name): file_id, tag
 *	IdAllExtdDirectory, IdAllExtdBothDirectory: file_id, file_id_128, tag
 *
 * In classes without reparse_tag a reparse point has its tag in ea_size. Only
 * the first 24 bytes of short_name fit.
 */
struct fscc_dir_entry {
	uint32_t file_index;
	NTTIME creation_time;
	NTTIME last_access_time;
	NTTIME last_write_time;
	NTTIME change_time;
	uint64_t end_of_file;
	uint64_t allocation_size;
	uint32_t file_attributes;
	uint32_t ea_size;
	uint32_t reparse_tag;
	uint64_t file_id;
	struct smb2_guid file_id_128;
	struct wire_slice short_name;
	struct wire_slice name;
};

/* Bytes of an entry before its name; 0: not a directory class. */
size_t fscc_dir_fixed_size(uint8_t information_class);

struct wire_walker fscc_dir_entries(uint8_t information_class,
				    struct wire_slice data);
bool fscc_dir_next(struct wire_walker *list, uint8_t information_class,
		   struct fscc_dir_entry *out);

/*
 *	struct fscc_dir_list list = fscc_dir_list(&w, class, max);
 *
 *	while (more) {
 *		if (!fscc_dir_add(&list, &entry)) {
 *			full: send what is there, begin with this entry
 *			next time (NT_STATUS_INFO_LENGTH_MISMATCH or
 *			NT_STATUS_BUFFER_OVERFLOW when list.count is 0)
 *		}
 *	}
 *
 * An entry that does not fit in max bytes, counted from where the list begins,
 * leaves the list as it was. Out of memory looks the same; wire_writer_ok()
 * stays true.
 */
struct fscc_dir_list {
	struct wire_chain chain;
	uint8_t information_class;
	size_t max;
	unsigned int count;
};

struct fscc_dir_list fscc_dir_list(struct wire_writer *w,
				   uint8_t information_class, size_t max);
bool fscc_dir_add(struct fscc_dir_list *list, const struct fscc_dir_entry *in);

/* -------------------------------------------------- file system information */

/* 2.5.9 */
struct fscc_fs_volume {
	NTTIME creation_time;
	uint32_t serial_number;
	uint8_t supports_objects;
	struct wire_slice label;
};

bool fscc_fs_volume_decode(struct wire_slice data, struct fscc_fs_volume *out);
bool fscc_fs_volume_encode(struct wire_writer *w,
			   const struct fscc_fs_volume *in);

/* 2.5.8 */
struct fscc_fs_size {
	uint64_t total_allocation_units;
	uint64_t available_allocation_units;
	uint32_t sectors_per_allocation_unit;
	uint32_t bytes_per_sector;
};

bool fscc_fs_size_decode(struct wire_slice data, struct fscc_fs_size *out);
bool fscc_fs_size_encode(struct wire_writer *w, const struct fscc_fs_size *in);

/* 2.5.4 */
struct fscc_fs_full_size {
	uint64_t total_allocation_units;
	uint64_t caller_available_allocation_units;
	uint64_t actual_available_allocation_units;
	uint32_t sectors_per_allocation_unit;
	uint32_t bytes_per_sector;
};

bool fscc_fs_full_size_decode(struct wire_slice data,
			      struct fscc_fs_full_size *out);
bool fscc_fs_full_size_encode(struct wire_writer *w,
			      const struct fscc_fs_full_size *in);

/* 2.5.10 */
struct fscc_fs_device {
	uint32_t device_type;
	uint32_t characteristics;
};

bool fscc_fs_device_decode(struct wire_slice data, struct fscc_fs_device *out);
bool fscc_fs_device_encode(struct wire_writer *w,
			   const struct fscc_fs_device *in);

/* 2.5.1 */
struct fscc_fs_attribute {
	uint32_t attributes;
	uint32_t maximum_component_name_length; /* characters */
	struct wire_slice name;			/* "NTFS" */
};

bool fscc_fs_attribute_decode(struct wire_slice data,
			      struct fscc_fs_attribute *out);
bool fscc_fs_attribute_encode(struct wire_writer *w,
			      const struct fscc_fs_attribute *in);

/* 2.5.2 */
struct fscc_fs_control {
	uint64_t free_space_start_filtering;
	uint64_t free_space_threshold;
	uint64_t free_space_stop_filtering;
	uint64_t default_quota_threshold;
	uint64_t default_quota_limit;
	uint32_t control_flags;
};

bool fscc_fs_control_decode(struct wire_slice data,
			    struct fscc_fs_control *out);
bool fscc_fs_control_encode(struct wire_writer *w,
			    const struct fscc_fs_control *in);

/* 2.5.6 */
struct fscc_fs_object_id {
	struct smb2_guid object_id;
	uint8_t extended_info[48];
};

/** What extended_info begins with where smbquicd serves, as Samba's has a word
 *  of its own there. */
#define FSCC_FS_SMBQUICD "smbquicd"

bool fscc_fs_object_id_decode(struct wire_slice data,
			      struct fscc_fs_object_id *out);
bool fscc_fs_object_id_encode(struct wire_writer *w,
			      const struct fscc_fs_object_id *in);

/* 2.5.7 */
struct fscc_fs_sector_size {
	uint32_t logical_bytes_per_sector;
	uint32_t physical_bytes_per_sector_for_atomicity;
	uint32_t physical_bytes_per_sector_for_performance;
	uint32_t effective_physical_bytes_per_sector_for_atomicity;
	uint32_t flags;
	uint32_t byte_offset_for_sector_alignment;
	uint32_t byte_offset_for_partition_alignment;
};

bool fscc_fs_sector_size_decode(struct wire_slice data,
				struct fscc_fs_sector_size *out);
bool fscc_fs_sector_size_encode(struct wire_writer *w,
				const struct fscc_fs_sector_size *in);

#endif
