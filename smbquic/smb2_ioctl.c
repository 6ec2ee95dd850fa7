/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_ioctl.h"
#include "smbquic/smb2_body_private.h"

/* ------------------------------------------------------------- ioctl 2.2.31 */

bool smb2_ioctl_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_ioctl_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 57);
	uint32_t input_offset = 0;
	uint32_t input_count = 0;
	uint32_t output_offset = 0;
	uint32_t output_count = 0;

	*out = (struct smb2_ioctl_request){0};
	wire_skip(&r, 2);
	out->ctl_code = wire_get_u32(&r);
	smb2_get_file_id(&r, &out->file_id);
	input_offset = wire_get_u32(&r);
	input_count = wire_get_u32(&r);
	out->max_input_response = wire_get_u32(&r);
	output_offset = wire_get_u32(&r);
	output_count = wire_get_u32(&r);
	out->max_output_response = wire_get_u32(&r);
	out->flags = wire_get_u32(&r);
	wire_skip(&r, 4);
	out->input = wire_get_at(&r, input_offset, input_count);
	out->output = wire_get_at(&r, output_offset, output_count);
	return wire_reader_ok(&r);
}

bool smb2_ioctl_request_encode(struct wire_writer *w,
			       const struct smb2_ioctl_request *in)
{
	size_t buffer = wire_tell(w) + 56;
	size_t at_output = 0;

	wire_put_u16(w, 57);
	wire_put_u16(w, 0);
	wire_put_u32(w, in->ctl_code);
	smb2_put_file_id(w, &in->file_id);
	wire_put_size32(w, in->input.len > 0 ? buffer : 0);
	wire_put_size32(w, in->input.len);
	wire_put_u32(w, in->max_input_response);
	at_output = wire_tell(w);
	wire_put_u32(w, 0);
	wire_put_size32(w, in->output.len);
	wire_put_u32(w, in->max_output_response);
	wire_put_u32(w, in->flags);
	wire_put_u32(w, 0);
	wire_put_slice(w, in->input);
	if (in->output.len > 0) {
		wire_put_align(w, 8);
		wire_patch_u32(w, at_output, wire_tell(w));
		wire_put_slice(w, in->output);
	}
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* 2.2.32 */
bool smb2_ioctl_response_decode(const uint8_t *msg, size_t len,
				struct smb2_ioctl_response *out)
{
	struct wire_reader r = smb2_body(msg, len, 49);
	uint32_t input_offset = 0;
	uint32_t input_count = 0;
	uint32_t output_offset = 0;
	uint32_t output_count = 0;

	*out = (struct smb2_ioctl_response){0};
	wire_skip(&r, 2);
	out->ctl_code = wire_get_u32(&r);
	smb2_get_file_id(&r, &out->file_id);
	input_offset = wire_get_u32(&r);
	input_count = wire_get_u32(&r);
	output_offset = wire_get_u32(&r);
	output_count = wire_get_u32(&r);
	out->flags = wire_get_u32(&r);
	wire_skip(&r, 4);
	out->input = wire_get_at(&r, input_offset, input_count);
	out->output = wire_get_at(&r, output_offset, output_count);
	return wire_reader_ok(&r);
}

bool smb2_ioctl_response_encode(struct wire_writer *w,
				const struct smb2_ioctl_response *in)
{
	size_t buffer = wire_tell(w) + 48;
	size_t at_output = 0;

	wire_put_u16(w, 49);
	wire_put_u16(w, 0);
	wire_put_u32(w, in->ctl_code);
	smb2_put_file_id(w, &in->file_id);
	wire_put_size32(w, buffer);
	wire_put_size32(w, in->input.len);
	at_output = wire_tell(w);
	wire_put_u32(w, 0);
	wire_put_size32(w, in->output.len);
	wire_put_u32(w, in->flags);
	wire_put_u32(w, 0);
	wire_put_slice(w, in->input);
	if (in->output.len > 0) {
		wire_put_align(w, 8);
		wire_patch_u32(w, at_output, wire_tell(w));
		wire_put_slice(w, in->output);
	}
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}
