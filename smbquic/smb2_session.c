/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_session.h"
#include "smbquic/smb2_body_private.h"

/* ------------------------------------------------------ session setup 2.2.5 */

bool smb2_session_setup_request_decode(const uint8_t *msg, size_t len,
				       struct smb2_session_setup_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 25);
	uint16_t offset = 0;
	uint16_t length = 0;

	*out = (struct smb2_session_setup_request){0};
	out->flags = wire_get_u8(&r);
	out->security_mode = wire_get_u8(&r);
	out->capabilities = wire_get_u32(&r);
	wire_skip(&r, 4);
	offset = wire_get_u16(&r);
	length = wire_get_u16(&r);
	out->previous_session_id = wire_get_u64(&r);
	out->security_buffer = wire_get_at(&r, offset, length);
	return wire_reader_ok(&r);
}

bool smb2_session_setup_request_encode(
	struct wire_writer *w, const struct smb2_session_setup_request *in)
{
	size_t buffer = 0;

	wire_put_u16(w, 25);
	wire_put_u8(w, in->flags);
	wire_put_u8(w, in->security_mode);
	wire_put_u32(w, in->capabilities);
	wire_put_u32(w, 0);
	wire_put_size16(w, wire_tell(w) + 12);
	wire_put_size16(w, in->security_buffer.len);
	wire_put_u64(w, in->previous_session_id);
	buffer = wire_tell(w);
	wire_put_slice(w, in->security_buffer);
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* 2.2.6 */
bool smb2_session_setup_response_decode(const uint8_t *msg, size_t len,
					struct smb2_session_setup_response *out)
{
	struct wire_reader r = smb2_body(msg, len, 9);
	uint16_t offset = 0;
	uint16_t length = 0;

	*out = (struct smb2_session_setup_response){0};
	out->session_flags = wire_get_u16(&r);
	offset = wire_get_u16(&r);
	length = wire_get_u16(&r);
	out->security_buffer = wire_get_at(&r, offset, length);
	return wire_reader_ok(&r);
}

bool smb2_session_setup_response_encode(
	struct wire_writer *w, const struct smb2_session_setup_response *in)
{
	size_t buffer = 0;

	wire_put_u16(w, 9);
	wire_put_u16(w, in->session_flags);
	wire_put_size16(w, wire_tell(w) + 4);
	wire_put_size16(w, in->security_buffer.len);
	buffer = wire_tell(w);
	wire_put_slice(w, in->security_buffer);
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* ------------------------------------------------------- tree connect 2.2.9 */

/*
 * 2.2.9.1. The extension stands where the path would, and its context offset
 * counts from the beginning of the body.
 */
enum {
	TREE_EXTENSION_SIZE = 16,
	TREE_EXTENSION_AT = SMB2_HEADER_SIZE + 8,
};

bool smb2_tree_connect_request_decode(const uint8_t *msg, size_t len,
				      struct smb2_tree_connect_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 9);
	uint16_t offset = 0;
	uint16_t length = 0;
	uint32_t context_offset = 0;

	*out = (struct smb2_tree_connect_request){0};
	out->flags = wire_get_u16(&r);
	offset = wire_get_u16(&r);
	length = wire_get_u16(&r);
	if ((out->flags & SMB2_TREE_CONNECT_FLAG_EXTENSION_PRESENT) != 0) {
		context_offset = wire_get_u32(&r);
		out->context_count = wire_get_u16(&r);
		wire_skip(&r, 10);
	}
	out->path = wire_get_at(&r, offset, length);
	if (out->context_count > 0) {
		out->contexts = wire_get_from(&r, (size_t)context_offset +
							  SMB2_HEADER_SIZE);
	}
	return wire_reader_ok(&r);
}

bool smb2_tree_connect_request_encode(
	struct wire_writer *w, const struct smb2_tree_connect_request *in)
{
	bool extended =
		(in->flags & SMB2_TREE_CONNECT_FLAG_EXTENSION_PRESENT) != 0;
	size_t path = wire_tell(w) + 8 + (extended ? TREE_EXTENSION_SIZE : 0);

	wire_put_u16(w, 9);
	wire_put_u16(w, in->flags);
	wire_put_size16(w, path);
	wire_put_size16(w, in->path.len);
	if (extended) {
		wire_put_u32(w, 0);
		wire_put_u16(w, in->context_count);
		wire_put_zeros(w, 10);
	}
	wire_put_slice(w, in->path);
	smb2_put_least_buffer(w, path);
	if (extended && in->context_count > 0) {
		wire_put_align(w, 8);
		wire_patch_u32(w, TREE_EXTENSION_AT,
			       wire_tell(w) - SMB2_HEADER_SIZE);
		wire_put_slice(w, in->contexts);
	}
	return wire_writer_ok(w);
}

/* 2.2.10 */
bool smb2_tree_connect_response_decode(const uint8_t *msg, size_t len,
				       struct smb2_tree_connect_response *out)
{
	struct wire_reader r = smb2_body(msg, len, 16);

	*out = (struct smb2_tree_connect_response){0};
	out->share_type = wire_get_u8(&r);
	wire_skip(&r, 1);
	out->share_flags = wire_get_u32(&r);
	out->capabilities = wire_get_u32(&r);
	out->maximal_access = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool smb2_tree_connect_response_encode(
	struct wire_writer *w, const struct smb2_tree_connect_response *in)
{
	wire_put_u16(w, 16);
	wire_put_u8(w, in->share_type);
	wire_put_u8(w, 0);
	wire_put_u32(w, in->share_flags);
	wire_put_u32(w, in->capabilities);
	wire_put_u32(w, in->maximal_access);
	return wire_writer_ok(w);
}
