/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_fsctl_file.h"
#include "smbquic/smb2_body_private.h"

/* -------------------------------------------------------- ranges of a file */

/* MS-FSCC 2.3.51, 2.3.52, 2.3.85 */
bool smb2_file_range_decode(struct wire_slice data, struct smb2_file_range *out)
{
	struct wire_slice rest = data;

	return smb2_file_range_next(&rest, out);
}

bool smb2_file_range_next(struct wire_slice *rest, struct smb2_file_range *out)
{
	struct wire_reader r = wire_reader_of(*rest);

	*out = (struct smb2_file_range){0};
	out->offset = wire_get_u64(&r);
	out->length = wire_get_u64(&r);
	if (!wire_reader_ok(&r)) {
		return false;
	}
	*rest = wire_get_rest(&r);
	return true;
}

bool smb2_file_range_encode(struct wire_writer *w,
			    const struct smb2_file_range *in)
{
	wire_put_u64(w, in->offset);
	wire_put_u64(w, in->length);
	return wire_writer_ok(w);
}

/* MS-FSCC 2.3.7.2 */
bool smb2_duplicate_extents_decode(struct wire_slice data,
				   struct smb2_duplicate_extents *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_duplicate_extents){0};
	smb2_get_file_id(&r, &out->source);
	out->source_offset = wire_get_u64(&r);
	out->target_offset = wire_get_u64(&r);
	out->byte_count = wire_get_u64(&r);
	return wire_reader_ok(&r);
}

bool smb2_duplicate_extents_encode(struct wire_writer *w,
				   const struct smb2_duplicate_extents *in)
{
	smb2_put_file_id(w, &in->source);
	wire_put_u64(w, in->source_offset);
	wire_put_u64(w, in->target_offset);
	wire_put_u64(w, in->byte_count);
	return wire_writer_ok(w);
}

enum {
	TRIM_RANGE_SIZE = 16,
};

/* MS-FSCC 2.3.13 */
bool smb2_file_level_trim_decode(struct wire_slice data,
				 struct smb2_file_level_trim *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_file_level_trim){0};
	out->key = wire_get_u32(&r);
	out->range_count = wire_get_u32(&r);
	if (out->range_count > data.len / TRIM_RANGE_SIZE) {
		return false;
	}
	out->ranges = wire_get(&r, (size_t)out->range_count * TRIM_RANGE_SIZE);
	return wire_reader_ok(&r);
}

bool smb2_file_level_trim_encode(struct wire_writer *w,
				 const struct smb2_file_level_trim *in,
				 const struct smb2_file_range *ranges)
{
	size_t i = 0;

	wire_put_u32(w, in->key);
	wire_put_u32(w, in->range_count);
	for (i = 0; i < in->range_count; i++) {
		smb2_file_range_encode(w, &ranges[i]);
	}
	return wire_writer_ok(w);
}

/* ---------------------------------------------------- state of a file */

/* MS-FSCC 2.3.83 */
bool smb2_set_sparse_decode(struct wire_slice data, bool *set_sparse)
{
	struct wire_reader r = wire_reader_of(data);

	*set_sparse = true;
	if (data.len > 0) {
		*set_sparse = wire_get_u8(&r) != 0;
	}
	return wire_reader_ok(&r);
}

bool smb2_set_sparse_encode(struct wire_writer *w, bool set_sparse)
{
	wire_put_u8(w, set_sparse ? 1 : 0);
	return wire_writer_ok(w);
}

/* MS-FSCC 2.3.18, 2.3.67 */
bool smb2_compression_state_decode(struct wire_slice data, uint16_t *format)
{
	struct wire_reader r = wire_reader_of(data);

	*format = wire_get_u16(&r);
	return wire_reader_ok(&r);
}

bool smb2_compression_state_encode(struct wire_writer *w, uint16_t format)
{
	wire_put_u16(w, format);
	return wire_writer_ok(w);
}

/* MS-FSCC 2.1.3.1 */
bool smb2_object_id_decode(struct wire_slice data, struct smb2_object_id *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_object_id){0};
	smb2_get_guid(&r, &out->object_id);
	smb2_get_guid(&r, &out->birth_volume_id);
	smb2_get_guid(&r, &out->birth_object_id);
	smb2_get_guid(&r, &out->domain_id);
	return wire_reader_ok(&r);
}

bool smb2_object_id_encode(struct wire_writer *w,
			   const struct smb2_object_id *in)
{
	smb2_put_guid(w, &in->object_id);
	smb2_put_guid(w, &in->birth_volume_id);
	smb2_put_guid(w, &in->birth_object_id);
	smb2_put_guid(w, &in->domain_id);
	return wire_writer_ok(w);
}

/* ------------------------------------------------------------------- pipes */

/* MS-FSCC 2.3.49 */
bool smb2_pipe_wait_decode(struct wire_slice data, struct smb2_pipe_wait *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint32_t name_length = 0;

	*out = (struct smb2_pipe_wait){0};
	out->timeout = wire_get_u64(&r);
	name_length = wire_get_u32(&r);
	out->timeout_specified = wire_get_u8(&r) != 0;
	wire_skip(&r, 1);
	out->name = wire_get(&r, name_length);
	return wire_reader_ok(&r);
}

bool smb2_pipe_wait_encode(struct wire_writer *w,
			   const struct smb2_pipe_wait *in)
{
	wire_put_u64(w, in->timeout);
	wire_put_size32(w, in->name.len);
	wire_put_u8(w, in->timeout_specified ? 1 : 0);
	wire_put_u8(w, 0);
	wire_put_slice(w, in->name);
	return wire_writer_ok(w);
}

/* MS-FSCC 2.3.46 */
bool smb2_pipe_peek_decode(struct wire_slice data, struct smb2_pipe_peek *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_pipe_peek){0};
	out->named_pipe_state = wire_get_u32(&r);
	out->read_data_available = wire_get_u32(&r);
	out->number_of_messages = wire_get_u32(&r);
	out->message_length = wire_get_u32(&r);
	out->data = wire_get_rest(&r);
	return wire_reader_ok(&r);
}

bool smb2_pipe_peek_encode(struct wire_writer *w,
			   const struct smb2_pipe_peek *in)
{
	wire_put_u32(w, in->named_pipe_state);
	wire_put_u32(w, in->read_data_available);
	wire_put_u32(w, in->number_of_messages);
	wire_put_u32(w, in->message_length);
	wire_put_slice(w, in->data);
	return wire_writer_ok(w);
}

/* ---------------------------------------------------------- reparse points */

/* MS-FSCC 2.1.2.2 */
bool smb2_reparse_decode(struct wire_slice data, struct smb2_reparse *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint16_t length = 0;

	*out = (struct smb2_reparse){0};
	out->tag = wire_get_u32(&r);
	length = wire_get_u16(&r);
	wire_skip(&r, 2);
	out->data = wire_get(&r, length);
	return wire_reader_ok(&r);
}

bool smb2_reparse_encode(struct wire_writer *w, const struct smb2_reparse *in)
{
	wire_put_u32(w, in->tag);
	wire_put_size16(w, in->data.len);
	wire_put_u16(w, 0);
	wire_put_slice(w, in->data);
	return wire_writer_ok(w);
}

/* MS-FSCC 2.1.2.4 */
bool smb2_reparse_symlink_decode(struct wire_slice data,
				 struct smb2_reparse_symlink *out)
{
	struct wire_reader r = wire_reader_of(data);
	struct wire_reader path = {0};
	uint16_t offset[2] = {0};
	uint16_t length[2] = {0};

	*out = (struct smb2_reparse_symlink){0};
	offset[0] = wire_get_u16(&r);
	length[0] = wire_get_u16(&r);
	offset[1] = wire_get_u16(&r);
	length[1] = wire_get_u16(&r);
	out->flags = wire_get_u32(&r);
	path = wire_reader_of(wire_get_rest(&r));
	out->substitute_name = wire_get_at(&path, offset[0], length[0]);
	out->print_name = wire_get_at(&path, offset[1], length[1]);
	return wire_reader_ok(&r) && wire_reader_ok(&path);
}

bool smb2_reparse_symlink_encode(struct wire_writer *w,
				 const struct smb2_reparse_symlink *in)
{
	wire_put_u16(w, 0);
	wire_put_size16(w, in->substitute_name.len);
	wire_put_size16(w, in->substitute_name.len);
	wire_put_size16(w, in->print_name.len);
	wire_put_u32(w, in->flags);
	wire_put_slice(w, in->substitute_name);
	wire_put_slice(w, in->print_name);
	return wire_writer_ok(w);
}
