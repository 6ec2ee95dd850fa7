/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_io.h"
#include "smbquic/smb2_body_private.h"

/* ------------------------------------------------------------- flush 2.2.17 */

bool smb2_flush_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_flush_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 24);

	*out = (struct smb2_flush_request){0};
	wire_skip(&r, 6);
	smb2_get_file_id(&r, &out->file_id);
	return wire_reader_ok(&r);
}

bool smb2_flush_request_encode(struct wire_writer *w,
			       const struct smb2_flush_request *in)
{
	wire_put_u16(w, 24);
	wire_put_zeros(w, 6);
	smb2_put_file_id(w, &in->file_id);
	return wire_writer_ok(w);
}

/* -------------------------------------------------------------- read 2.2.19 */

bool smb2_read_request_decode(const uint8_t *msg, size_t len,
			      struct smb2_read_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 49);
	uint16_t info_offset = 0;
	uint16_t info_length = 0;

	*out = (struct smb2_read_request){0};
	out->padding = wire_get_u8(&r);
	out->flags = wire_get_u8(&r);
	out->length = wire_get_u32(&r);
	out->offset = wire_get_u64(&r);
	smb2_get_file_id(&r, &out->file_id);
	out->minimum_count = wire_get_u32(&r);
	out->channel = wire_get_u32(&r);
	out->remaining_bytes = wire_get_u32(&r);
	info_offset = wire_get_u16(&r);
	info_length = wire_get_u16(&r);
	/* without a channel the three fields are to be ignored */
	if (out->channel != SMB2_CHANNEL_NONE) {
		out->channel_info = wire_get_at(&r, info_offset, info_length);
	}
	return wire_reader_ok(&r);
}

bool smb2_read_request_encode(struct wire_writer *w,
			      const struct smb2_read_request *in)
{
	size_t buffer = 0;

	wire_put_u16(w, 49);
	wire_put_u8(w, in->padding);
	wire_put_u8(w, in->flags);
	wire_put_u32(w, in->length);
	wire_put_u64(w, in->offset);
	smb2_put_file_id(w, &in->file_id);
	wire_put_u32(w, in->minimum_count);
	wire_put_u32(w, in->channel);
	wire_put_u32(w, in->remaining_bytes);
	wire_put_size16(w, in->channel_info.len > 0 ? wire_tell(w) + 4 : 0);
	wire_put_size16(w, in->channel_info.len);
	buffer = wire_tell(w);
	wire_put_slice(w, in->channel_info);
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* 2.2.20 */
bool smb2_read_response_decode(const uint8_t *msg, size_t len,
			       struct smb2_read_response *out)
{
	struct wire_reader r = smb2_body(msg, len, 17);
	uint8_t data_offset = 0;
	uint32_t data_length = 0;

	*out = (struct smb2_read_response){0};
	data_offset = wire_get_u8(&r);
	wire_skip(&r, 1);
	data_length = wire_get_u32(&r);
	out->data_remaining = wire_get_u32(&r);
	out->flags = wire_get_u32(&r);
	out->data = wire_get_at(&r, data_offset, data_length);
	return wire_reader_ok(&r);
}

bool smb2_read_response_encode(struct wire_writer *w,
			       const struct smb2_read_response *in)
{
	wire_put_u16(w, 17);
	wire_put_u8(w, SMB2_READ_RESPONSE_SIZE);
	wire_put_u8(w, 0);
	wire_put_size32(w, in->data.len);
	wire_put_u32(w, in->data_remaining);
	wire_put_u32(w, in->flags);
	if (in->data.len == 0) {
		wire_put_u8(w, 0);
	}
	return wire_writer_ok(w);
}

/* ------------------------------------------------------------- write 2.2.21 */

bool smb2_write_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_write_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 49);
	uint16_t data_offset = 0;
	uint32_t data_length = 0;
	uint16_t info_offset = 0;
	uint16_t info_length = 0;

	*out = (struct smb2_write_request){0};
	data_offset = wire_get_u16(&r);
	data_length = wire_get_u32(&r);
	out->offset = wire_get_u64(&r);
	smb2_get_file_id(&r, &out->file_id);
	out->channel = wire_get_u32(&r);
	out->remaining_bytes = wire_get_u32(&r);
	info_offset = wire_get_u16(&r);
	info_length = wire_get_u16(&r);
	out->flags = wire_get_u32(&r);
	out->data = wire_get_at(&r, data_offset, data_length);
	if (out->channel != SMB2_CHANNEL_NONE) {
		out->channel_info = wire_get_at(&r, info_offset, info_length);
	}
	return wire_reader_ok(&r);
}

bool smb2_write_request_encode(struct wire_writer *w,
			       const struct smb2_write_request *in)
{
	bool with_info = in->data.len == 0 && in->channel_info.len > 0;

	wire_put_u16(w, 49);
	wire_put_u16(w, SMB2_WRITE_REQUEST_SIZE);
	wire_put_size32(w, in->data.len);
	wire_put_u64(w, in->offset);
	smb2_put_file_id(w, &in->file_id);
	wire_put_u32(w, in->channel);
	wire_put_u32(w, in->remaining_bytes);
	wire_put_u16(w, with_info ? SMB2_WRITE_REQUEST_SIZE : 0);
	wire_put_size16(w, with_info ? in->channel_info.len : 0);
	wire_put_u32(w, in->flags);
	if (with_info) {
		wire_put_slice(w, in->channel_info);
	} else if (in->data.len == 0) {
		wire_put_u8(w, 0);
	}
	return wire_writer_ok(w);
}

/* 2.2.22. Sixteen bytes, although StructureSize counts a Buffer. */
bool smb2_write_response_decode(const uint8_t *msg, size_t len,
				struct smb2_write_response *out)
{
	struct wire_reader r = smb2_body(msg, len, 17);

	*out = (struct smb2_write_response){0};
	wire_skip(&r, 2);
	out->count = wire_get_u32(&r);
	out->remaining = wire_get_u32(&r);
	wire_skip(&r, 4);
	return wire_reader_ok(&r);
}

bool smb2_write_response_encode(struct wire_writer *w,
				const struct smb2_write_response *in)
{
	wire_put_u16(w, 17);
	wire_put_u16(w, 0);
	wire_put_u32(w, in->count);
	wire_put_u32(w, in->remaining);
	wire_put_u32(w, 0);
	return wire_writer_ok(w);
}

/* -------------------------------------------------------------- lock 2.2.26 */

enum {
	LOCK_ELEMENT_SIZE = 24,
};

static void get_lock_element(struct wire_reader *r,
			     struct smb2_lock_element *out)
{
	out->offset = wire_get_u64(r);
	out->length = wire_get_u64(r);
	out->flags = wire_get_u32(r);
	wire_skip(r, 4);
}

bool smb2_lock_request_decode(const uint8_t *msg, size_t len,
			      struct smb2_lock_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 48);
	uint32_t sequence = 0;

	*out = (struct smb2_lock_request){0};
	out->lock_count = wire_get_u16(&r);
	sequence = wire_get_u32(&r);
	out->lock_sequence_number = sequence & 0xF;
	out->lock_sequence_index = sequence >> 4;
	smb2_get_file_id(&r, &out->file_id);
	if (out->lock_count == 0 || out->lock_count > SMB2_MAX_LOCKS) {
		return false;
	}
	out->locks = wire_get(&r, (size_t)out->lock_count * LOCK_ELEMENT_SIZE);
	return wire_reader_ok(&r);
}

bool smb2_lock_request_element(const struct smb2_lock_request *in,
			       uint16_t index, struct smb2_lock_element *out)
{
	struct wire_reader r = wire_reader_of(in->locks);

	*out = (struct smb2_lock_element){0};
	if (index >= in->lock_count) {
		return false;
	}
	wire_skip(&r, (size_t)index * LOCK_ELEMENT_SIZE);
	get_lock_element(&r, out);
	return wire_reader_ok(&r);
}

bool smb2_lock_request_encode(struct wire_writer *w,
			      const struct smb2_lock_request *in,
			      const struct smb2_lock_element *elements)
{
	size_t i = 0;

	if (in->lock_count == 0 || in->lock_count > SMB2_MAX_LOCKS) {
		wire_writer_fail(w);
	}
	wire_put_u16(w, 48);
	wire_put_u16(w, in->lock_count);
	wire_put_u32(w, in->lock_sequence_index << 4 |
				(in->lock_sequence_number & 0xFu));
	smb2_put_file_id(w, &in->file_id);
	for (i = 0; i < in->lock_count; i++) {
		wire_put_u64(w, elements[i].offset);
		wire_put_u64(w, elements[i].length);
		wire_put_u32(w, elements[i].flags);
		wire_put_u32(w, 0);
	}
	return wire_writer_ok(w);
}
