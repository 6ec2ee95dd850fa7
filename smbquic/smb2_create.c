/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/smb2_create.h"
#include "smbquic/smb2_body_private.h"

/* ------------------------------------------------- create contexts 2.2.13.2 */

enum {
	CONTEXT_FIXED_SIZE = 16,
	CONTEXT_ALIGN = 8,
};

struct wire_walker smb2_create_contexts(struct wire_slice list)
{
	return wire_walker(list, CONTEXT_FIXED_SIZE, CONTEXT_ALIGN);
}

bool smb2_create_contexts_next(struct wire_walker *c,
			       struct smb2_create_context *out)
{
	struct wire_slice entry = {0};
	struct wire_reader r = {0};
	uint16_t name_offset = 0;
	uint16_t name_length = 0;
	uint16_t data_offset = 0;
	uint32_t data_length = 0;

	*out = (struct smb2_create_context){0};
	if (!wire_walk(c, &entry)) {
		return false;
	}
	r = wire_reader_of(entry);
	wire_skip(&r, 4);
	name_offset = wire_get_u16(&r);
	name_length = wire_get_u16(&r);
	wire_skip(&r, 2);
	data_offset = wire_get_u16(&r);
	data_length = wire_get_u32(&r);
	out->name = wire_get_at(&r, name_offset, name_length);
	out->data = wire_get_at(&r, data_offset, data_length);
	if (!wire_reader_ok(&r) || name_length < 4) {
		c->failed = true;
		return false;
	}
	return true;
}

bool smb2_create_context_get(struct wire_slice list, struct wire_slice name,
			     struct wire_slice *data)
{
	struct wire_walker c = smb2_create_contexts(list);
	struct smb2_create_context context = {0};

	*data = wire_slice(NULL, 0);
	while (smb2_create_contexts_next(&c, &context)) {
		if (wire_slice_equal(context.name, name)) {
			*data = context.data;
			return true;
		}
	}
	return false;
}

struct wire_chain smb2_create_context_list(struct wire_writer *w)
{
	return wire_chain(w, CONTEXT_ALIGN);
}

bool smb2_create_context_put(struct wire_chain *list, struct wire_slice name,
			     struct wire_slice data)
{
	struct wire_writer *w = list->w;
	size_t padding =
		(CONTEXT_ALIGN - name.len % CONTEXT_ALIGN) % CONTEXT_ALIGN;
	size_t data_offset = CONTEXT_FIXED_SIZE + name.len + padding;

	wire_chain_entry(list);
	wire_put_u16(w, CONTEXT_FIXED_SIZE);
	wire_put_size16(w, name.len);
	wire_put_u16(w, 0);
	wire_put_size16(w, data.len > 0 ? data_offset : 0);
	wire_put_size32(w, data.len);
	wire_put_slice(w, name);
	wire_put_zeros(w, padding);
	wire_put_slice(w, data);
	return wire_writer_ok(w);
}

/*
 * Bodies are built in a small buffer first: a context's header names the
 * length of its data.
 */
enum {
	BODY_SIZE = 64,
};

#define BODY_WRITER(name)                    \
	uint8_t name##_buf[BODY_SIZE] = {0}; \
	struct wire_writer name = wire_writer_fixed(name##_buf, BODY_SIZE)

#define put_context(list, literal, body)                                    \
	smb2_create_context_put((list),                                     \
				wire_slice((literal), sizeof(literal) - 1), \
				wire_writer_slice(body))

/* ----------------------------------------- maximal access, identity, sizes */

/* 2.2.13.2.5 */
bool smb2_mxac_request_decode(struct wire_slice data, NTTIME *timestamp)
{
	struct wire_reader r = wire_reader_of(data);

	*timestamp = 0;
	if (data.len == 0) {
		return true;
	}
	*timestamp = wire_get_u64(&r);
	return wire_reader_ok(&r);
}

bool smb2_mxac_request_add(struct wire_chain *list, NTTIME timestamp)
{
	BODY_WRITER(body);

	if (timestamp != 0) {
		wire_put_u64(&body, timestamp);
	}
	return put_context(list, SMB2_CREATE_QUERY_MAXIMAL_ACCESS, &body);
}

/* 2.2.14.2.5 */
bool smb2_mxac_response_decode(struct wire_slice data,
			       struct smb2_mxac_response *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_mxac_response){0};
	out->query_status = wire_get_u32(&r);
	out->maximal_access = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool smb2_mxac_response_add(struct wire_chain *list,
			    const struct smb2_mxac_response *in)
{
	BODY_WRITER(body);

	wire_put_u32(&body, in->query_status);
	wire_put_u32(&body, in->maximal_access);
	return put_context(list, SMB2_CREATE_QUERY_MAXIMAL_ACCESS, &body);
}

/* 2.2.14.2.9 */
bool smb2_qfid_response_decode(struct wire_slice data,
			       struct smb2_qfid_response *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_qfid_response){0};
	out->disk_file_id = wire_get_u64(&r);
	out->volume_id = wire_get_u64(&r);
	wire_skip(&r, 16);
	return wire_reader_ok(&r);
}

bool smb2_qfid_response_add(struct wire_chain *list,
			    const struct smb2_qfid_response *in)
{
	BODY_WRITER(body);

	wire_put_u64(&body, in->disk_file_id);
	wire_put_u64(&body, in->volume_id);
	wire_put_zeros(&body, 16);
	return put_context(list, SMB2_CREATE_QUERY_ON_DISK_ID, &body);
}

/* 2.2.13.2.6 */
bool smb2_allocation_size_decode(struct wire_slice data, uint64_t *size)
{
	struct wire_reader r = wire_reader_of(data);

	*size = wire_get_u64(&r);
	return wire_reader_ok(&r);
}

bool smb2_allocation_size_add(struct wire_chain *list, uint64_t size)
{
	BODY_WRITER(body);

	wire_put_u64(&body, size);
	return put_context(list, SMB2_CREATE_ALLOCATION_SIZE, &body);
}

/* 2.2.13.2.7 */
bool smb2_timewarp_decode(struct wire_slice data, NTTIME *timestamp)
{
	struct wire_reader r = wire_reader_of(data);

	*timestamp = wire_get_u64(&r);
	return wire_reader_ok(&r);
}

bool smb2_timewarp_add(struct wire_chain *list, NTTIME timestamp)
{
	BODY_WRITER(body);

	wire_put_u64(&body, timestamp);
	return put_context(list, SMB2_CREATE_TIMEWARP_TOKEN, &body);
}

/* ----------------------------------------------------------------- leases */

enum {
	LEASE_V1_SIZE = 32,
	LEASE_V2_SIZE = 52,
};

/* 2.2.13.2.8, 2.2.13.2.10, 2.2.14.2.10, 2.2.14.2.11 */
bool smb2_lease_decode(struct wire_slice data, struct smb2_lease *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_lease){0};
	if (data.len != LEASE_V1_SIZE && data.len != LEASE_V2_SIZE) {
		return false;
	}
	out->version = data.len == LEASE_V1_SIZE ? 1 : 2;
	smb2_get_guid(&r, &out->lease_key);
	out->lease_state = wire_get_u32(&r);
	out->flags = wire_get_u32(&r);
	wire_skip(&r, 8);
	if (out->version == 2) {
		smb2_get_guid(&r, &out->parent_lease_key);
		out->epoch = wire_get_u16(&r);
		wire_skip(&r, 2);
	}
	return wire_reader_ok(&r);
}

bool smb2_lease_add(struct wire_chain *list, const struct smb2_lease *in)
{
	BODY_WRITER(body);

	smb2_put_guid(&body, &in->lease_key);
	wire_put_u32(&body, in->lease_state);
	wire_put_u32(&body, in->flags);
	wire_put_u64(&body, 0);
	if (in->version != 1) {
		smb2_put_guid(&body, &in->parent_lease_key);
		wire_put_u16(&body, in->epoch);
		wire_put_u16(&body, 0);
	}
	return put_context(list, SMB2_CREATE_REQUEST_LEASE, &body);
}

/* -------------------------------------------------------- durable handles */

static bool reserved_bytes(struct wire_slice data, size_t n)
{
	struct wire_reader r = wire_reader_of(data);

	wire_skip(&r, n);
	return wire_reader_ok(&r);
}

/* 2.2.13.2.3 */
bool smb2_durable_request_decode(struct wire_slice data)
{
	return reserved_bytes(data, 16);
}

bool smb2_durable_request_add(struct wire_chain *list)
{
	BODY_WRITER(body);

	wire_put_zeros(&body, 16);
	return put_context(list, SMB2_CREATE_DURABLE_HANDLE_REQUEST, &body);
}

/* 2.2.14.2.3 */
bool smb2_durable_response_decode(struct wire_slice data)
{
	return reserved_bytes(data, 8);
}

bool smb2_durable_response_add(struct wire_chain *list)
{
	BODY_WRITER(body);

	wire_put_zeros(&body, 8);
	return put_context(list, SMB2_CREATE_DURABLE_HANDLE_REQUEST, &body);
}

/* 2.2.13.2.4 */
bool smb2_durable_reconnect_decode(struct wire_slice data,
				   struct smb2_file_id *out)
{
	struct wire_reader r = wire_reader_of(data);

	smb2_get_file_id(&r, out);
	return wire_reader_ok(&r);
}

bool smb2_durable_reconnect_add(struct wire_chain *list,
				const struct smb2_file_id *in)
{
	BODY_WRITER(body);

	smb2_put_file_id(&body, in);
	return put_context(list, SMB2_CREATE_DURABLE_HANDLE_RECONNECT, &body);
}

/* 2.2.13.2.11 */
bool smb2_durable_v2_request_decode(struct wire_slice data,
				    struct smb2_durable_v2_request *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_durable_v2_request){0};
	out->timeout = wire_get_u32(&r);
	out->flags = wire_get_u32(&r);
	wire_skip(&r, 8);
	smb2_get_guid(&r, &out->create_guid);
	return wire_reader_ok(&r);
}

bool smb2_durable_v2_request_add(struct wire_chain *list,
				 const struct smb2_durable_v2_request *in)
{
	BODY_WRITER(body);

	wire_put_u32(&body, in->timeout);
	wire_put_u32(&body, in->flags);
	wire_put_u64(&body, 0);
	smb2_put_guid(&body, &in->create_guid);
	return put_context(list, SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2, &body);
}

/* 2.2.14.2.12 */
bool smb2_durable_v2_response_decode(struct wire_slice data,
				     struct smb2_durable_v2_response *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_durable_v2_response){0};
	out->timeout = wire_get_u32(&r);
	out->flags = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool smb2_durable_v2_response_add(struct wire_chain *list,
				  const struct smb2_durable_v2_response *in)
{
	BODY_WRITER(body);

	wire_put_u32(&body, in->timeout);
	wire_put_u32(&body, in->flags);
	return put_context(list, SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2, &body);
}

/* 2.2.13.2.12 */
bool smb2_durable_v2_reconnect_decode(struct wire_slice data,
				      struct smb2_durable_v2_reconnect *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = (struct smb2_durable_v2_reconnect){0};
	smb2_get_file_id(&r, &out->file_id);
	smb2_get_guid(&r, &out->create_guid);
	out->flags = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool smb2_durable_v2_reconnect_add(struct wire_chain *list,
				   const struct smb2_durable_v2_reconnect *in)
{
	BODY_WRITER(body);

	smb2_put_file_id(&body, &in->file_id);
	smb2_put_guid(&body, &in->create_guid);
	wire_put_u32(&body, in->flags);
	return put_context(list, SMB2_CREATE_DURABLE_HANDLE_RECONNECT_V2,
			   &body);
}

/* --------------------------------------------------- application instances */

/* 2.2.13.2.13 */
bool smb2_app_instance_id_decode(struct wire_slice data, struct smb2_guid *id)
{
	struct wire_reader r = wire_reader_of(data);
	uint16_t structure_size = wire_get_u16(&r);

	wire_skip(&r, 2);
	smb2_get_guid(&r, id);
	return wire_reader_ok(&r) && structure_size == 20;
}

bool smb2_app_instance_id_add(struct wire_chain *list,
			      const struct smb2_guid *id)
{
	BODY_WRITER(body);

	wire_put_u16(&body, 20);
	wire_put_u16(&body, 0);
	smb2_put_guid(&body, id);
	return put_context(list, SMB2_CREATE_APP_INSTANCE_ID, &body);
}

/* 2.2.13.2.15 */
bool smb2_app_instance_version_decode(struct wire_slice data,
				      struct smb2_app_instance_version *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint16_t structure_size = wire_get_u16(&r);

	wire_skip(&r, 6);
	out->high = wire_get_u64(&r);
	out->low = wire_get_u64(&r);
	return wire_reader_ok(&r) && structure_size == 24;
}

bool smb2_app_instance_version_add(struct wire_chain *list,
				   const struct smb2_app_instance_version *in)
{
	BODY_WRITER(body);

	wire_put_u16(&body, 24);
	wire_put_zeros(&body, 6);
	wire_put_u64(&body, in->high);
	wire_put_u64(&body, in->low);
	return put_context(list, SMB2_CREATE_APP_INSTANCE_VERSION, &body);
}
