/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_fsctl.h"
#include "smbquic/smb2_body_private.h"

/* ------------------------------------------------ validate negotiate 2.2.31.4
 */

bool smb2_validate_negotiate_request_decode(
	struct wire_slice data, struct smb2_validate_negotiate_request *out)
{
	struct wire_reader r = wire_reader_of(data);
	size_t i = 0;

	*out = (struct smb2_validate_negotiate_request){0};
	out->capabilities = wire_get_u32(&r);
	smb2_get_guid(&r, &out->guid);
	out->security_mode = wire_get_u16(&r);
	out->dialect_count = wire_get_u16(&r);
	if (out->dialect_count > SMB2_MAX_DIALECTS) {
		return false;
	}
	for (i = 0; i < out->dialect_count; i++) {
		out->dialects[i] = wire_get_u16(&r);
	}
	return wire_reader_ok(&r);
}

bool smb2_validate_negotiate_request_encode(
	struct wire_writer *w, const struct smb2_validate_negotiate_request *in)
{
	size_t i = 0;

	if (in->dialect_count > SMB2_MAX_DIALECTS) {
		wire_writer_fail(w);
		return false;
	}
	wire_put_u32(w, in->capabilities);
	smb2_put_guid(w, &in->guid);
	wire_put_u16(w, in->security_mode);
	wire_put_u16(w, in->dialect_count);
	for (i = 0; i < in->dialect_count; i++) {
		wire_put_u16(w, in->dialects[i]);
	}
	return wire_writer_ok(w);
}

/* 2.2.32.6 */
bool smb2_validate_negotiate_response_decode(
	struct wire_slice data, struct smb2_validate_negotiate_response *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_validate_negotiate_response){0};
	out->capabilities = wire_get_u32(&r);
	smb2_get_guid(&r, &out->guid);
	out->security_mode = wire_get_u16(&r);
	out->dialect = wire_get_u16(&r);
	return wire_reader_ok(&r);
}

bool smb2_validate_negotiate_response_encode(
	struct wire_writer *w,
	const struct smb2_validate_negotiate_response *in)
{
	wire_put_u32(w, in->capabilities);
	smb2_put_guid(w, &in->guid);
	wire_put_u16(w, in->security_mode);
	wire_put_u16(w, in->dialect);
	return wire_writer_ok(w);
}

/* -------------------------------------------- server-side copy 2.2.31.1 */

enum {
	COPYCHUNK_SIZE = 24,
};

bool smb2_copychunk_request_decode(struct wire_slice data,
				   struct smb2_copychunk_request *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_copychunk_request){0};
	wire_get_bytes(&r, out->source_key, sizeof(out->source_key));
	out->chunk_count = wire_get_u32(&r);
	wire_skip(&r, 4);
	if (out->chunk_count > data.len / COPYCHUNK_SIZE) {
		return false;
	}
	out->chunks = wire_get(&r, (size_t)out->chunk_count * COPYCHUNK_SIZE);
	return wire_reader_ok(&r);
}

bool smb2_copychunk_request_chunk(const struct smb2_copychunk_request *in,
				  uint32_t index, struct smb2_copychunk *out)
{
	struct wire_reader r = wire_reader_of(in->chunks);

	*out = (struct smb2_copychunk){0};
	if (index >= in->chunk_count) {
		return false;
	}
	wire_skip(&r, (size_t)index * COPYCHUNK_SIZE);
	out->source_offset = wire_get_u64(&r);
	out->target_offset = wire_get_u64(&r);
	out->length = wire_get_u32(&r);
	wire_skip(&r, 4);
	return wire_reader_ok(&r);
}

bool smb2_copychunk_request_encode(struct wire_writer *w,
				   const struct smb2_copychunk_request *in,
				   const struct smb2_copychunk *chunks)
{
	size_t i = 0;

	wire_put(w, in->source_key, sizeof(in->source_key));
	wire_put_u32(w, in->chunk_count);
	wire_put_u32(w, 0);
	for (i = 0; i < in->chunk_count; i++) {
		wire_put_u64(w, chunks[i].source_offset);
		wire_put_u64(w, chunks[i].target_offset);
		wire_put_u32(w, chunks[i].length);
		wire_put_u32(w, 0);
	}
	return wire_writer_ok(w);
}

/* 2.2.32.1 */
bool smb2_copychunk_response_decode(struct wire_slice data,
				    struct smb2_copychunk_response *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_copychunk_response){0};
	out->chunks_written = wire_get_u32(&r);
	out->chunk_bytes_written = wire_get_u32(&r);
	out->total_bytes_written = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool smb2_copychunk_response_encode(struct wire_writer *w,
				    const struct smb2_copychunk_response *in)
{
	wire_put_u32(w, in->chunks_written);
	wire_put_u32(w, in->chunk_bytes_written);
	wire_put_u32(w, in->total_bytes_written);
	return wire_writer_ok(w);
}

/* 2.2.32.3. Windows sends four bytes of Context after a length of 0. */
bool smb2_resume_key_decode(struct wire_slice data,
			    uint8_t key[SMB2_RESUME_KEY_SIZE])
{
	struct wire_reader r = wire_reader_of(data);

	wire_get_bytes(&r, key, SMB2_RESUME_KEY_SIZE);
	wire_skip(&r, 4);
	return wire_reader_ok(&r);
}

bool smb2_resume_key_encode(struct wire_writer *w,
			    const uint8_t key[SMB2_RESUME_KEY_SIZE])
{
	wire_put(w, key, SMB2_RESUME_KEY_SIZE);
	wire_put_u32(w, 0);
	wire_put_u32(w, 0);
	return wire_writer_ok(w);
}

/* ------------------------------------------------------------- one request */

/* 2.2.31.3 */
bool smb2_resiliency_request_decode(struct wire_slice data, uint32_t *timeout)
{
	struct wire_reader r = wire_reader_of(data);

	*timeout = wire_get_u32(&r);
	wire_skip(&r, 4);
	return wire_reader_ok(&r);
}

bool smb2_resiliency_request_encode(struct wire_writer *w, uint32_t timeout)
{
	wire_put_u32(w, timeout);
	wire_put_u32(w, 0);
	return wire_writer_ok(w);
}

/* 2.2.31.2 */
bool smb2_read_hash_request_decode(struct wire_slice data,
				   struct smb2_read_hash_request *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_read_hash_request){0};
	out->hash_type = wire_get_u32(&r);
	out->hash_version = wire_get_u32(&r);
	out->retrieval_type = wire_get_u32(&r);
	out->length = wire_get_u32(&r);
	out->offset = wire_get_u64(&r);
	return wire_reader_ok(&r);
}

bool smb2_read_hash_request_encode(struct wire_writer *w,
				   const struct smb2_read_hash_request *in)
{
	wire_put_u32(w, in->hash_type);
	wire_put_u32(w, in->hash_version);
	wire_put_u32(w, in->retrieval_type);
	wire_put_u32(w, in->length);
	wire_put_u64(w, in->offset);
	return wire_writer_ok(w);
}

/* --------------------------------------------- network interfaces 2.2.32.5 */

enum {
	INTERFACE_SIZE = 152,
	INTERFACE_ALIGN = 8,
	SOCKADDR_STORAGE_SIZE = 128,
};

struct wire_walker smb2_network_interfaces(struct wire_slice data)
{
	return wire_walker(data, INTERFACE_SIZE, INTERFACE_ALIGN);
}

/* 2.2.32.5.1: the family is little-endian, the rest in network byte order. */
static bool get_sockaddr(struct wire_reader *r,
			 struct smb2_network_interface *out)
{
	out->family = wire_get_u16(r);
	out->port = wire_get_be16(r);
	if (out->family == SMB2_SOCKADDR_INET) {
		wire_get_bytes(r, out->address, 4);
		return true;
	}
	if (out->family == SMB2_SOCKADDR_INET6) {
		out->flow_info = wire_get_be32(r);
		wire_get_bytes(r, out->address, 16);
		out->scope_id = wire_get_be32(r);
		return true;
	}
	return false;
}

bool smb2_network_interfaces_next(struct wire_walker *c,
				  struct smb2_network_interface *out)
{
	struct wire_slice entry = {0};

	while (wire_walk(c, &entry)) {
		struct wire_reader r = wire_reader_of(entry);

		*out = (struct smb2_network_interface){0};
		wire_skip(&r, 4);
		out->if_index = wire_get_u32(&r);
		out->capability = wire_get_u32(&r);
		wire_skip(&r, 4);
		out->link_speed = wire_get_u64(&r);
		if (get_sockaddr(&r, out)) {
			return true;
		}
	}
	return false;
}

struct wire_chain smb2_network_interface_list(struct wire_writer *w)
{
	return wire_chain(w, INTERFACE_ALIGN);
}

bool smb2_network_interface_add(struct wire_chain *list,
				const struct smb2_network_interface *in)
{
	uint8_t address[SOCKADDR_STORAGE_SIZE] = {0};
	struct wire_writer a = wire_writer_fixed(address, sizeof(address));

	wire_put_u16(&a, in->family);
	wire_put_be16(&a, in->port);
	if (in->family == SMB2_SOCKADDR_INET) {
		wire_put(&a, in->address, 4);
	} else {
		wire_put_be32(&a, in->flow_info);
		wire_put(&a, in->address, 16);
		wire_put_be32(&a, in->scope_id);
	}
	wire_chain_entry(list);
	wire_put_u32(list->w, in->if_index);
	wire_put_u32(list->w, in->capability);
	wire_put_u32(list->w, 0);
	wire_put_u64(list->w, in->link_speed);
	wire_put(list->w, address, sizeof(address));
	return wire_writer_ok(list->w);
}

/* ------------------------------------------------------ snapshots 2.2.32.2 */

bool smb2_snapshot_array_decode(struct wire_slice data,
				struct smb2_snapshot_array *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_snapshot_array){0};
	out->number_of_snapshots = wire_get_u32(&r);
	out->number_returned = wire_get_u32(&r);
	out->array_size = wire_get_u32(&r);
	/* an array that does not fit is announced, but not there */
	if (out->number_returned > 0) {
		out->names = wire_get(&r, out->array_size);
	}
	return wire_reader_ok(&r);
}

bool smb2_snapshot_next(struct wire_slice *names, struct wire_slice *name)
{
	struct wire_reader r = wire_reader_of(*names);

	*name = wire_slice(NULL, 0);
	while (wire_left(&r) >= 2) {
		if (wire_get_u16(&r) != 0) {
			continue;
		}
		*name = wire_slice(names->data, r.pos - 2);
		*names = wire_get_rest(&r);
		return name->len > 0;
	}
	return false;
}

bool smb2_snapshot_array_encode(struct wire_writer *w,
				const struct smb2_snapshot_array *in)
{
	wire_put_u32(w, in->number_of_snapshots);
	wire_put_u32(w, in->number_returned);
	wire_put_u32(w, in->array_size);
	wire_put_slice(w, in->names);
	return wire_writer_ok(w);
}

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
