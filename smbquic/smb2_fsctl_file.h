/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bodies of the IOCTLs that come from MS-FSCC; numbers are its sections. The
 * rules of all decode and encode functions are in smb2_pdu.h.
 */
#ifndef SMBQUIC_SMB2_FSCTL_FILE_H
#define SMBQUIC_SMB2_FSCTL_FILE_H

#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* A range of a file: 2.3.51 (request), 2.3.52 (array), 2.3.85. */
struct smb2_file_range {
	uint64_t offset; /* FSCTL_SET_ZERO_DATA: FileOffset */
	uint64_t length; /* FSCTL_SET_ZERO_DATA: BeyondFinalZero, an offset */
};

/* FSCTL_SET_ZERO_DATA, and FSCTL_QUERY_ALLOCATED_RANGES requests. */
bool smb2_file_range_decode(struct wire_slice data,
			    struct smb2_file_range *out);
bool smb2_file_range_encode(struct wire_writer *w,
			    const struct smb2_file_range *in);
/* FSCTL_QUERY_ALLOCATED_RANGES responses: an array of them; encode appends. */
bool smb2_file_range_next(struct wire_slice *rest, struct smb2_file_range *out);

/* FSCTL_SET_SPARSE, 2.3.83: no data means true. */
bool smb2_set_sparse_decode(struct wire_slice data, bool *set_sparse);
bool smb2_set_sparse_encode(struct wire_writer *w, bool set_sparse);

/* FSCTL_PIPE_WAIT, 2.3.49. */
struct smb2_pipe_wait {
	uint64_t timeout; /* 100 ns */
	bool timeout_specified;
	struct wire_slice name;
};

bool smb2_pipe_wait_decode(struct wire_slice data, struct smb2_pipe_wait *out);
bool smb2_pipe_wait_encode(struct wire_writer *w,
			   const struct smb2_pipe_wait *in);

/* FSCTL_PIPE_PEEK, 2.3.46. */
struct smb2_pipe_peek {
	uint32_t named_pipe_state;
	uint32_t read_data_available;
	uint32_t number_of_messages;
	uint32_t message_length;
	struct wire_slice data;
};

bool smb2_pipe_peek_decode(struct wire_slice data, struct smb2_pipe_peek *out);
bool smb2_pipe_peek_encode(struct wire_writer *w,
			   const struct smb2_pipe_peek *in);

/* FSCTL_DUPLICATE_EXTENTS_TO_FILE, 2.3.7.2. */
struct smb2_duplicate_extents {
	struct smb2_file_id source;
	uint64_t source_offset;
	uint64_t target_offset;
	uint64_t byte_count;
};

bool smb2_duplicate_extents_decode(struct wire_slice data,
				   struct smb2_duplicate_extents *out);
bool smb2_duplicate_extents_encode(struct wire_writer *w,
				   const struct smb2_duplicate_extents *in);

/* FSCTL_FILE_LEVEL_TRIM, 2.3.13. */
struct smb2_file_level_trim {
	uint32_t key;
	uint32_t range_count;
	struct wire_slice ranges; /* smb2_file_range_next() */
};

bool smb2_file_level_trim_decode(struct wire_slice data,
				 struct smb2_file_level_trim *out);
/* ranges has in->range_count elements; in->ranges is not used. */
bool smb2_file_level_trim_encode(struct wire_writer *w,
				 const struct smb2_file_level_trim *in,
				 const struct smb2_file_range *ranges);

/*
 * FSCTL_GET_COMPRESSION response and FSCTL_SET_COMPRESSION request, MS-FSCC
 * 2.3.18, 2.3.67: COMPRESSION_FORMAT_...
 */
bool smb2_compression_state_decode(struct wire_slice data, uint16_t *format);
bool smb2_compression_state_encode(struct wire_writer *w, uint16_t format);

/* FSCTL_CREATE_OR_GET_OBJECT_ID, FSCTL_GET_OBJECT_ID, 2.1.3.1. */
struct smb2_object_id {
	struct smb2_guid object_id;
	struct smb2_guid birth_volume_id;
	struct smb2_guid birth_object_id;
	struct smb2_guid domain_id;
};

bool smb2_object_id_decode(struct wire_slice data, struct smb2_object_id *out);
bool smb2_object_id_encode(struct wire_writer *w,
			   const struct smb2_object_id *in);

/*
 * Reparse points, 2.1.2.2: FSCTL_GET_REPARSE_POINT responses and
 * FSCTL_SET_REPARSE_POINT requests.
 */
struct smb2_reparse {
	uint32_t tag;
	struct wire_slice data;
};

bool smb2_reparse_decode(struct wire_slice data, struct smb2_reparse *out);
bool smb2_reparse_encode(struct wire_writer *w, const struct smb2_reparse *in);

/* 2.1.2.4, the data of IO_REPARSE_TAG_SYMLINK. */
struct smb2_reparse_symlink {
	uint32_t flags;
	struct wire_slice substitute_name;
	struct wire_slice print_name;
};

bool smb2_reparse_symlink_decode(struct wire_slice data,
				 struct smb2_reparse_symlink *out);
bool smb2_reparse_symlink_encode(struct wire_writer *w,
				 const struct smb2_reparse_symlink *in);

#endif
