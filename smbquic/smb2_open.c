/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_open.h"
#include "smbquic/smb2_body_private.h"

/* ------------------------------------------------------------ create 2.2.13 */

bool smb2_create_request_decode(const uint8_t *msg, size_t len,
				struct smb2_create_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 57);
	uint16_t name_offset = 0;
	uint16_t name_length = 0;
	uint32_t contexts_offset = 0;
	uint32_t contexts_length = 0;

	*out = (struct smb2_create_request){0};
	wire_skip(&r, 1);
	out->oplock_level = wire_get_u8(&r);
	out->impersonation_level = wire_get_u32(&r);
	wire_skip(&r, 16);
	out->desired_access = wire_get_u32(&r);
	out->file_attributes = wire_get_u32(&r);
	out->share_access = wire_get_u32(&r);
	out->create_disposition = wire_get_u32(&r);
	out->create_options = wire_get_u32(&r);
	name_offset = wire_get_u16(&r);
	name_length = wire_get_u16(&r);
	contexts_offset = wire_get_u32(&r);
	contexts_length = wire_get_u32(&r);
	out->name = wire_get_at(&r, name_offset, name_length);
	out->contexts = wire_get_at(&r, contexts_offset, contexts_length);
	return wire_reader_ok(&r);
}

bool smb2_create_request_encode(struct wire_writer *w,
				const struct smb2_create_request *in)
{
	size_t at_contexts = 0;
	size_t buffer = 0;

	wire_put_u16(w, 57);
	wire_put_u8(w, 0);
	wire_put_u8(w, in->oplock_level);
	wire_put_u32(w, in->impersonation_level);
	wire_put_zeros(w, 16);
	wire_put_u32(w, in->desired_access);
	wire_put_u32(w, in->file_attributes);
	wire_put_u32(w, in->share_access);
	wire_put_u32(w, in->create_disposition);
	wire_put_u32(w, in->create_options);
	wire_put_size16(w, wire_tell(w) + 12);
	wire_put_size16(w, in->name.len);
	at_contexts = wire_tell(w);
	wire_put_u32(w, 0);
	wire_put_size32(w, in->contexts.len);
	buffer = wire_tell(w);
	wire_put_slice(w, in->name);
	if (in->contexts.len > 0) {
		wire_put_align(w, 8);
		wire_patch_u32(w, at_contexts, wire_tell(w));
		wire_put_slice(w, in->contexts);
	}
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* 2.2.14 */
bool smb2_create_response_decode(const uint8_t *msg, size_t len,
				 struct smb2_create_response *out)
{
	struct wire_reader r = smb2_body(msg, len, 89);
	uint32_t contexts_offset = 0;
	uint32_t contexts_length = 0;

	*out = (struct smb2_create_response){0};
	out->oplock_level = wire_get_u8(&r);
	out->flags = wire_get_u8(&r);
	out->create_action = wire_get_u32(&r);
	out->creation_time = wire_get_u64(&r);
	out->last_access_time = wire_get_u64(&r);
	out->last_write_time = wire_get_u64(&r);
	out->change_time = wire_get_u64(&r);
	out->allocation_size = wire_get_u64(&r);
	out->end_of_file = wire_get_u64(&r);
	out->file_attributes = wire_get_u32(&r);
	wire_skip(&r, 4);
	smb2_get_file_id(&r, &out->file_id);
	contexts_offset = wire_get_u32(&r);
	contexts_length = wire_get_u32(&r);
	out->contexts = wire_get_at(&r, contexts_offset, contexts_length);
	return wire_reader_ok(&r);
}

bool smb2_create_response_encode(struct wire_writer *w,
				 const struct smb2_create_response *in)
{
	size_t buffer = 0;

	wire_put_u16(w, 89);
	wire_put_u8(w, in->oplock_level);
	wire_put_u8(w, in->flags);
	wire_put_u32(w, in->create_action);
	wire_put_u64(w, in->creation_time);
	wire_put_u64(w, in->last_access_time);
	wire_put_u64(w, in->last_write_time);
	wire_put_u64(w, in->change_time);
	wire_put_u64(w, in->allocation_size);
	wire_put_u64(w, in->end_of_file);
	wire_put_u32(w, in->file_attributes);
	wire_put_u32(w, 0);
	smb2_put_file_id(w, &in->file_id);
	wire_put_size32(w, in->contexts.len > 0 ? wire_tell(w) + 8 : 0);
	wire_put_size32(w, in->contexts.len);
	buffer = wire_tell(w);
	wire_put_slice(w, in->contexts);
	smb2_put_least_buffer(w, buffer);
	return wire_writer_ok(w);
}

/* ------------------------------------------------------------- close 2.2.15 */

bool smb2_close_request_decode(const uint8_t *msg, size_t len,
			       struct smb2_close_request *out)
{
	struct wire_reader r = smb2_body(msg, len, 24);

	*out = (struct smb2_close_request){0};
	out->flags = wire_get_u16(&r);
	wire_skip(&r, 4);
	smb2_get_file_id(&r, &out->file_id);
	return wire_reader_ok(&r);
}

bool smb2_close_request_encode(struct wire_writer *w,
			       const struct smb2_close_request *in)
{
	wire_put_u16(w, 24);
	wire_put_u16(w, in->flags);
	wire_put_u32(w, 0);
	smb2_put_file_id(w, &in->file_id);
	return wire_writer_ok(w);
}

/* 2.2.16 */
bool smb2_close_response_decode(const uint8_t *msg, size_t len,
				struct smb2_close_response *out)
{
	struct wire_reader r = smb2_body(msg, len, 60);

	*out = (struct smb2_close_response){0};
	out->flags = wire_get_u16(&r);
	wire_skip(&r, 4);
	out->creation_time = wire_get_u64(&r);
	out->last_access_time = wire_get_u64(&r);
	out->last_write_time = wire_get_u64(&r);
	out->change_time = wire_get_u64(&r);
	out->allocation_size = wire_get_u64(&r);
	out->end_of_file = wire_get_u64(&r);
	out->file_attributes = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool smb2_close_response_encode(struct wire_writer *w,
				const struct smb2_close_response *in)
{
	wire_put_u16(w, 60);
	wire_put_u16(w, in->flags);
	wire_put_u32(w, 0);
	wire_put_u64(w, in->creation_time);
	wire_put_u64(w, in->last_access_time);
	wire_put_u64(w, in->last_write_time);
	wire_put_u64(w, in->change_time);
	wire_put_u64(w, in->allocation_size);
	wire_put_u64(w, in->end_of_file);
	wire_put_u32(w, in->file_attributes);
	return wire_writer_ok(w);
}

/* ---------------------------------- oplock break 2.2.23.1, 2.2.24.1, 2.2.25.1
 */

bool smb2_oplock_break_decode(const uint8_t *msg, size_t len,
			      struct smb2_oplock_break *out)
{
	struct wire_reader r = smb2_body(msg, len, SMB2_OPLOCK_BREAK_SIZE);

	*out = (struct smb2_oplock_break){0};
	out->oplock_level = wire_get_u8(&r);
	wire_skip(&r, 5);
	smb2_get_file_id(&r, &out->file_id);
	return wire_reader_ok(&r);
}

bool smb2_oplock_break_encode(struct wire_writer *w,
			      const struct smb2_oplock_break *in)
{
	wire_put_u16(w, SMB2_OPLOCK_BREAK_SIZE);
	wire_put_u8(w, in->oplock_level);
	wire_put_zeros(w, 5);
	smb2_put_file_id(w, &in->file_id);
	return wire_writer_ok(w);
}

/* 2.2.23.2 */
bool smb2_lease_break_notification_decode(
	const uint8_t *msg, size_t len,
	struct smb2_lease_break_notification *out)
{
	struct wire_reader r =
		smb2_body(msg, len, SMB2_LEASE_BREAK_NOTIFICATION_SIZE);

	*out = (struct smb2_lease_break_notification){0};
	out->new_epoch = wire_get_u16(&r);
	out->flags = wire_get_u32(&r);
	smb2_get_guid(&r, &out->lease_key);
	out->current_lease_state = wire_get_u32(&r);
	out->new_lease_state = wire_get_u32(&r);
	wire_skip(&r, 12);
	return wire_reader_ok(&r);
}

bool smb2_lease_break_notification_encode(
	struct wire_writer *w, const struct smb2_lease_break_notification *in)
{
	wire_put_u16(w, SMB2_LEASE_BREAK_NOTIFICATION_SIZE);
	wire_put_u16(w, in->new_epoch);
	wire_put_u32(w, in->flags);
	smb2_put_guid(w, &in->lease_key);
	wire_put_u32(w, in->current_lease_state);
	wire_put_u32(w, in->new_lease_state);
	wire_put_zeros(w, 12);
	return wire_writer_ok(w);
}

/* 2.2.24.2, 2.2.25.2 */
bool smb2_lease_break_decode(const uint8_t *msg, size_t len,
			     struct smb2_lease_break *out)
{
	struct wire_reader r = smb2_body(msg, len, SMB2_LEASE_BREAK_ACK_SIZE);

	*out = (struct smb2_lease_break){0};
	wire_skip(&r, 2);
	out->flags = wire_get_u32(&r);
	smb2_get_guid(&r, &out->lease_key);
	out->lease_state = wire_get_u32(&r);
	wire_skip(&r, 8);
	return wire_reader_ok(&r);
}

bool smb2_lease_break_encode(struct wire_writer *w,
			     const struct smb2_lease_break *in)
{
	wire_put_u16(w, SMB2_LEASE_BREAK_ACK_SIZE);
	wire_put_u16(w, 0);
	wire_put_u32(w, in->flags);
	smb2_put_guid(w, &in->lease_key);
	wire_put_u32(w, in->lease_state);
	wire_put_u64(w, 0);
	return wire_writer_ok(w);
}
