/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixture_ioctl.h - IOCTL requests about a file, or about none
 * (files_inherited, which is no id).
 */
#ifndef SMBQUIC_FIXTURE_IOCTL_H
#define SMBQUIC_FIXTURE_IOCTL_H

#include "tests/fixture_files.h"

static inline NTSTATUS files_ioctl(struct files *t,
				   struct smb2_ioctl_request in,
				   struct smb2_ioctl_response *out)
{
	size_t length = in.max_output_response > in.input.len
				? in.max_output_response
				: in.input.len;
	struct wire_writer w = files_pdu_long(t, SMB2_IOCTL, length);
	NTSTATUS status = NT_STATUS_OK;

	assert_true(smb2_ioctl_request_encode(&w, &in));
	status = files_call(t, &w);
	*out = (struct smb2_ioctl_response){0};
	if (!smb2_is_error_response(&t->reply.header, t->reply.data,
				    t->reply.len)) {
		assert_true(smb2_ioctl_response_decode(t->reply.data,
						       t->reply.len, out));
		assert_int_equal(out->ctl_code, in.ctl_code);
		assert_int_equal(out->flags, 0);
		assert_int_equal(out->input.len, 0);
		assert_memory_equal(&out->file_id, &in.file_id,
				    sizeof(in.file_id));
	}
	return status;
}

/* @param output  the bytes that came back. */
static inline NTSTATUS files_fsctl(struct files *t, struct smb2_file_id id,
				   uint32_t code, struct wire_slice input,
				   uint32_t max, struct wire_slice *output)
{
	const struct smb2_ioctl_request in = {
		.ctl_code = code,
		.file_id = id,
		.max_output_response = max,
		.flags = SMB2_0_IOCTL_IS_FSCTL,
		.input = input,
	};
	struct smb2_ioctl_response out = {0};
	NTSTATUS status = files_ioctl(t, in, &out);

	*output = out.output;
	return status;
}

static inline NTSTATUS files_fsctl_status(struct files *t,
					  struct smb2_file_id id, uint32_t code,
					  struct wire_slice input, uint32_t max)
{
	struct wire_slice output = {0};

	return files_fsctl(t, id, code, input, max, &output);
}

static inline struct smb2_file_id open_with(struct files *t, const char *name,
					    uint32_t access)
{
	return files_open(t, (struct create_args){.name = name,
						  .access = access,
						  .disposition = FILE_OPEN_IF});
}

static const struct wire_slice nothing;

#endif
