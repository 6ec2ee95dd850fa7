/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_query.h"
#include "smbquic/smb2_body_private.h"

/* --------------------------------------------------- query directory 2.2.33 */

bool smb2_query_directory_request_decode(
	const uint8_t *msg, size_t len,
	struct smb2_query_directory_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 33);
	uint16_t offset = 0;
	uint16_t length = 0;

	*out = (struct smb2_query_directory_request){0};
	out->information_class = wire_get_u8(&r);
	out->flags = wire_get_u8(&r);
	out->file_index = wire_get_u32(&r);
	smb2_get_file_id(&r, &out->file_id);
	offset = wire_get_u16(&r);
	length = wire_get_u16(&r);
	out->output_buffer_length = wire_get_u32(&r);
	out->pattern = wire_get_at(&r, offset, length);
	return wire_reader_ok(&r);
}

bool smb2_query_directory_request_encode(
	struct wire_writer *w, const struct smb2_query_directory_request *in)
{
	size_t buffer = 0;

	wire_put_u16(w, 33);
	wire_put_u8(w, in->information_class);
	wire_put_u8(w, in->flags);
	wire_put_u32(w, in->file_index);
	smb2_put_file_id(w, &in->file_id);
	wire_put_size16(w, in->pattern.len > 0 ? wire_tell(w) + 8 : 0);
	wire_put_size16(w, in->pattern.len);
	wire_put_u32(w, in->output_buffer_length);
	buffer = wire_tell(w);
	wire_put_slice(w, in->pattern);
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* 2.2.34, 2.2.36, 2.2.38 */
bool smb2_buffer_response_decode(const uint8_t *msg, size_t len,
				 struct wire_slice *buffer)
{
	struct wire_reader r = smb2_body(msg, len, 9);
	uint16_t offset = wire_get_u16(&r);
	uint32_t length = wire_get_u32(&r);

	*buffer = wire_get_at(&r, offset, length);
	return wire_reader_ok(&r);
}

bool smb2_buffer_response_encode(struct wire_writer *w,
				 struct wire_slice buffer)
{
	size_t at = 0;

	wire_put_u16(w, 9);
	wire_put_size16(w, buffer.len > 0 ? wire_tell(w) + 6 : 0);
	wire_put_size32(w, buffer.len);
	at = wire_tell(w);
	wire_put_slice(w, buffer);
	smb2_put_least_buffer(w, at);
	return wire_writer_ok(w);
}

/* ----------------------------------------------------- change notify 2.2.35 */

bool smb2_change_notify_request_decode(const uint8_t *msg, size_t len,
				       struct smb2_change_notify_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 32);

	*out = (struct smb2_change_notify_request){0};
	out->flags = wire_get_u16(&r);
	out->output_buffer_length = wire_get_u32(&r);
	smb2_get_file_id(&r, &out->file_id);
	out->completion_filter = wire_get_u32(&r);
	wire_skip(&r, 4);
	return wire_reader_ok(&r);
}

bool smb2_change_notify_request_encode(
	struct wire_writer *w, const struct smb2_change_notify_request *in)
{
	wire_put_u16(w, 32);
	wire_put_u16(w, in->flags);
	wire_put_u32(w, in->output_buffer_length);
	smb2_put_file_id(w, &in->file_id);
	wire_put_u32(w, in->completion_filter);
	wire_put_u32(w, 0);
	return wire_writer_ok(w);
}

/* -------------------------------------------------------- query info 2.2.37 */

bool smb2_query_info_request_decode(const uint8_t *msg, size_t len,
				    struct smb2_query_info_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 41);
	uint16_t offset = 0;
	uint32_t length = 0;

	*out = (struct smb2_query_info_request){0};
	out->info_type = wire_get_u8(&r);
	out->file_info_class = wire_get_u8(&r);
	out->output_buffer_length = wire_get_u32(&r);
	offset = wire_get_u16(&r);
	wire_skip(&r, 2);
	length = wire_get_u32(&r);
	out->additional_information = wire_get_u32(&r);
	out->flags = wire_get_u32(&r);
	smb2_get_file_id(&r, &out->file_id);
	out->input = wire_get_at(&r, offset, length);
	return wire_reader_ok(&r);
}

bool smb2_query_info_request_encode(struct wire_writer *w,
				    const struct smb2_query_info_request *in)
{
	size_t buffer = wire_tell(w) + 40;

	wire_put_u16(w, 41);
	wire_put_u8(w, in->info_type);
	wire_put_u8(w, in->file_info_class);
	wire_put_u32(w, in->output_buffer_length);
	wire_put_size16(w, in->input.len > 0 ? buffer : 0);
	wire_put_u16(w, 0);
	wire_put_size32(w, in->input.len);
	wire_put_u32(w, in->additional_information);
	wire_put_u32(w, in->flags);
	smb2_put_file_id(w, &in->file_id);
	wire_put_slice(w, in->input);
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* 2.2.37.1 */
bool smb2_query_quota_info_decode(struct wire_slice data,
				  struct smb2_query_quota_info *out)
{
	struct wire_reader r = wire_reader_of(data);
	struct wire_reader sids = {0};
	uint32_t list_length = 0;
	uint32_t start_length = 0;
	uint32_t start_offset = 0;

	*out = (struct smb2_query_quota_info){0};
	out->return_single = wire_get_u8(&r) != 0;
	out->restart_scan = wire_get_u8(&r) != 0;
	wire_skip(&r, 2);
	list_length = wire_get_u32(&r);
	start_length = wire_get_u32(&r);
	start_offset = wire_get_u32(&r);
	sids = wire_reader_of(wire_get_rest(&r));
	out->sid_list = wire_get_at(&sids, 0, list_length);
	out->start_sid = wire_get_at(&sids, start_offset, start_length);
	return wire_reader_ok(&r) && wire_reader_ok(&sids);
}

/* One of the two formats of SidBuffer, or neither. */
bool smb2_query_quota_info_encode(struct wire_writer *w,
				  const struct smb2_query_quota_info *in)
{
	if (in->sid_list.len > 0 && in->start_sid.len > 0) {
		wire_writer_fail(w);
	}
	wire_put_u8(w, in->return_single ? 1 : 0);
	wire_put_u8(w, in->restart_scan ? 1 : 0);
	wire_put_u16(w, 0);
	wire_put_size32(w, in->sid_list.len);
	wire_put_size32(w, in->start_sid.len);
	wire_put_u32(w, 0);
	wire_put_slice(w, in->sid_list);
	wire_put_slice(w, in->start_sid);
	return wire_writer_ok(w);
}

/* ---------------------------------------------------------- set info 2.2.39 */

bool smb2_set_info_request_decode(const uint8_t *msg, size_t len,
				  struct smb2_set_info_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 33);
	uint32_t length = 0;
	uint16_t offset = 0;

	*out = (struct smb2_set_info_request){0};
	out->info_type = wire_get_u8(&r);
	out->file_info_class = wire_get_u8(&r);
	length = wire_get_u32(&r);
	offset = wire_get_u16(&r);
	wire_skip(&r, 2);
	out->additional_information = wire_get_u32(&r);
	smb2_get_file_id(&r, &out->file_id);
	out->buffer = wire_get_at(&r, offset, length);
	return wire_reader_ok(&r);
}

bool smb2_set_info_request_encode(struct wire_writer *w,
				  const struct smb2_set_info_request *in)
{
	size_t buffer = wire_tell(w) + 32;

	wire_put_u16(w, 33);
	wire_put_u8(w, in->info_type);
	wire_put_u8(w, in->file_info_class);
	wire_put_size32(w, in->buffer.len);
	wire_put_size16(w, buffer);
	wire_put_u16(w, 0);
	wire_put_u32(w, in->additional_information);
	smb2_put_file_id(w, &in->file_id);
	wire_put_slice(w, in->buffer);
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* 2.2.40 */
bool smb2_set_info_response_decode(const uint8_t *msg, size_t len)
{
	struct wire_reader r = smb2_body(msg, len, 2);

	return wire_reader_ok(&r);
}

bool smb2_set_info_response_encode(struct wire_writer *w)
{
	wire_put_u16(w, 2);
	return wire_writer_ok(w);
}

/* ------------------------------------ server to client notification 2.2.44 */

/*
 * StructureSize is the size of the whole structure, so that it depends on the
 * notification; the only one that exists has four bytes.
 */
enum {
	NOTIFICATION_SIZE = 8,
	SESSION_CLOSED_SIZE = 4,
};

bool smb2_server_notification_decode(const uint8_t *msg, size_t len,
				     struct smb2_server_notification *out)
{
	struct wire_reader r =
		smb2_body(msg, len, NOTIFICATION_SIZE + SESSION_CLOSED_SIZE);

	*out = (struct smb2_server_notification){0};
	wire_skip(&r, 2);
	out->type = wire_get_u32(&r);
	out->notification = wire_get(&r, SESSION_CLOSED_SIZE);
	return wire_reader_ok(&r);
}

bool smb2_server_notification_encode(struct wire_writer *w,
				     const struct smb2_server_notification *in)
{
	if (in->notification.len > SESSION_CLOSED_SIZE) {
		wire_writer_fail(w);
		return false;
	}
	wire_put_u16(w, NOTIFICATION_SIZE + SESSION_CLOSED_SIZE);
	wire_put_u16(w, 0);
	wire_put_u32(w, in->type);
	wire_put_slice(w, in->notification);
	wire_put_zeros(w, SESSION_CLOSED_SIZE - in->notification.len);
	return wire_writer_ok(w);
}
