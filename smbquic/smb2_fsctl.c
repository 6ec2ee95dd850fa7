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
