/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IOCTL.
 * The rules of all decode and encode functions are in smb2_pdu.h; numbers are
 * sections of MS-SMB2.
 */
#ifndef SMBQUIC_SMB2_IOCTL_H
#define SMBQUIC_SMB2_IOCTL_H

#include "smbquic/ntstatus.h"
#include "smbquic/smb2.h"
#include "smbquic/wire.h"

/* ------------------------------------------------------------- ioctl 2.2.31 */

struct smb2_ioctl_request {
	uint32_t ctl_code;
	struct smb2_file_id file_id;
	uint32_t max_input_response;
	uint32_t max_output_response;
	uint32_t flags;
	struct wire_slice input;
	struct wire_slice output; /* empty from any well-behaved client */
};

bool smb2_ioctl_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_ioctl_request *out);
bool smb2_ioctl_request_encode(struct wire_writer *w,
			       const struct smb2_ioctl_request *in);

/* 2.2.32 */
struct smb2_ioctl_response {
	uint32_t ctl_code;
	struct smb2_file_id file_id;
	uint32_t flags;
	struct wire_slice input;
	struct wire_slice output;
};

bool smb2_ioctl_response_decode(const uint8_t *msg, size_t len,
				struct smb2_ioctl_response *out);
bool smb2_ioctl_response_encode(struct wire_writer *w,
				const struct smb2_ioctl_response *in);

#endif
