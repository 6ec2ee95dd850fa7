/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Error responses and what they carry.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_ERROR_H
#define SMBQUIC_SMB2_ERROR_H

#include "smbquic/smb2_header.h"

/* ---------------------------------------------------- error response 2.2.2 */

struct smb2_error_response {
	uint8_t context_count; /* 3.1.1 only */
	struct wire_slice data;
};

bool smb2_error_response_decode(const uint8_t *msg, size_t len,
				struct smb2_error_response *out);
bool smb2_error_response_encode(struct wire_writer *w,
				const struct smb2_error_response *in);

/*
 * What a server sends with this status: the command's own body (true), or an
 * error response (false), 3.3.4.4. An IOCTL with NT_STATUS_INVALID_PARAMETER
 * may have either.
 */
bool smb2_status_has_body(uint16_t command, NTSTATUS status);

/*
 * What a client received: true when msg, whose header is hdr, is to be decoded
 * as an error response. The two forms of an IOCTL are told apart by their
 * StructureSize, because server-side copies fail with a body of their own
 * under many statuses.
 */
bool smb2_is_error_response(const struct smb2_header *hdr, const uint8_t *msg,
			    size_t len);

/* 2.2.2.1. The first one whose ErrorId is id; false: none, or malformed. */
bool smb2_error_context_find(const struct smb2_error_response *rsp, uint32_t id,
			     struct wire_slice *data);

/* Appends one context to the data of a response being built. */
bool smb2_error_context_add(struct wire_writer *w, uint32_t id,
			    struct wire_slice data);

/* 2.2.2.2.1. The data of an error context, or of the response itself. */
struct smb2_symlink_error {
	uint16_t unparsed_path_length; /* bytes */
	uint32_t flags;
	struct wire_slice substitute_name;
	struct wire_slice print_name;
};

bool smb2_symlink_error_decode(struct wire_slice data,
			       struct smb2_symlink_error *out);
bool smb2_symlink_error_encode(struct wire_writer *w,
			       const struct smb2_symlink_error *in);

/* The symlink of a NT_STATUS_STOPPED_ON_SYMLINK response of any dialect. */
bool smb2_error_response_symlink(const struct smb2_error_response *rsp,
				 struct smb2_symlink_error *out);

/* 2.2.2.2.2 */
struct smb2_move_address {
	uint32_t type; /* MOVE_DST_IPADDR_V4: the first 4 bytes; _V6: all */
	uint8_t address[16];
};

struct smb2_share_redirect {
	uint32_t notification_type;
	uint16_t target_type;
	uint32_t address_count;
	struct wire_slice addresses; /* decoded by the function below */
	struct wire_slice resource_name;
};

bool smb2_share_redirect_decode(struct wire_slice data,
				struct smb2_share_redirect *out);
bool smb2_share_redirect_address(const struct smb2_share_redirect *in,
				 uint32_t index, struct smb2_move_address *out);
/* addresses has in->address_count elements; in->addresses is not used. */
bool smb2_share_redirect_encode(struct wire_writer *w,
				const struct smb2_share_redirect *in,
				const struct smb2_move_address *addresses);

/* 2.2.2.2: NT_STATUS_BUFFER_TOO_SMALL tells the length needed. */
bool smb2_error_response_length(const struct smb2_error_response *rsp,
				uint32_t *needed);

#endif
