/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/fscc.h"
#include "smbquic/fscc_fields_private.h"

/* ------------------------------------------------------- fields by a table */

void fscc_get_fields(struct wire_reader *r, const struct fscc_field *fields,
		     size_t count, void *out)
{
	size_t i = 0;

	for (i = 0; i < count; i++) {
		const struct fscc_field *f = &fields[i];
		uint8_t *member = (uint8_t *)out + f->offset;

		switch (f->kind) {
		case FSCC_U8: *member = wire_get_u8(r); break;
		case FSCC_U16: *(uint16_t *)member = wire_get_u16(r); break;
		case FSCC_U32: *(uint32_t *)member = wire_get_u32(r); break;
		case FSCC_U64: *(uint64_t *)member = wire_get_u64(r); break;
		case FSCC_BYTES: wire_get_bytes(r, member, f->size); break;
		case FSCC_RESERVED: wire_skip(r, f->size); break;
		}
	}
}

void fscc_put_fields(struct wire_writer *w, const struct fscc_field *fields,
		     size_t count, const void *in)
{
	size_t i = 0;

	for (i = 0; i < count; i++) {
		const struct fscc_field *f = &fields[i];
		const uint8_t *member = (const uint8_t *)in + f->offset;

		switch (f->kind) {
		case FSCC_U8: wire_put_u8(w, *member); break;
		case FSCC_U16:
			wire_put_u16(w, *(const uint16_t *)member);
			break;
		case FSCC_U32:
			wire_put_u32(w, *(const uint32_t *)member);
			break;
		case FSCC_U64:
			wire_put_u64(w, *(const uint64_t *)member);
			break;
		case FSCC_BYTES: wire_put(w, member, f->size); break;
		case FSCC_RESERVED: wire_put_zeros(w, f->size); break;
		}
	}
}

/* --------------------------------------------------------- file information */

/* 2.4.7 */
static const struct fscc_field fscc_basic_fields[] = {
	FIELD(struct fscc_basic, creation_time),
	FIELD(struct fscc_basic, last_access_time),
	FIELD(struct fscc_basic, last_write_time),
	FIELD(struct fscc_basic, change_time),
	FIELD(struct fscc_basic, file_attributes),
	RESERVED(4),
};

FIXED_STRUCTURE(fscc_basic)

/* 2.4.47 */
static const struct fscc_field fscc_standard_fields[] = {
	FIELD(struct fscc_standard, allocation_size),
	FIELD(struct fscc_standard, end_of_file),
	FIELD(struct fscc_standard, number_of_links),
	FIELD(struct fscc_standard, delete_pending),
	FIELD(struct fscc_standard, directory),
	RESERVED(2),
};

FIXED_STRUCTURE(fscc_standard)

/* 2.4.34 */
static const struct fscc_field fscc_network_open_fields[] = {
	FIELD(struct fscc_network_open, creation_time),
	FIELD(struct fscc_network_open, last_access_time),
	FIELD(struct fscc_network_open, last_write_time),
	FIELD(struct fscc_network_open, change_time),
	FIELD(struct fscc_network_open, allocation_size),
	FIELD(struct fscc_network_open, end_of_file),
	FIELD(struct fscc_network_open, file_attributes),
	RESERVED(4),
};

FIXED_STRUCTURE(fscc_network_open)

/* 2.4.6 */
static const struct fscc_field fscc_attribute_tag_fields[] = {
	FIELD(struct fscc_attribute_tag, file_attributes),
	FIELD(struct fscc_attribute_tag, reparse_tag),
};

FIXED_STRUCTURE(fscc_attribute_tag)

/* 2.4.9 */
static const struct fscc_field fscc_compression_fields[] = {
	FIELD(struct fscc_compression, compressed_file_size),
	FIELD(struct fscc_compression, compression_format),
	FIELD(struct fscc_compression, compression_unit_shift),
	FIELD(struct fscc_compression, chunk_shift),
	FIELD(struct fscc_compression, cluster_shift),
	RESERVED(3),
};

FIXED_STRUCTURE(fscc_compression)

/* 2.4.26 */
static const struct fscc_field fscc_id_fields[] = {
	FIELD(struct fscc_id, volume_serial_number),
	FIELD(struct fscc_id, file_id),
};

FIXED_STRUCTURE(fscc_id)

/* 2.4.37 */
static const struct fscc_field fscc_pipe_fields[] = {
	FIELD(struct fscc_pipe, read_mode),
	FIELD(struct fscc_pipe, completion_mode),
};

FIXED_STRUCTURE(fscc_pipe)

/* 2.4.38 */
static const struct fscc_field fscc_pipe_local_fields[] = {
	FIELD(struct fscc_pipe_local, named_pipe_type),
	FIELD(struct fscc_pipe_local, named_pipe_configuration),
	FIELD(struct fscc_pipe_local, maximum_instances),
	FIELD(struct fscc_pipe_local, current_instances),
	FIELD(struct fscc_pipe_local, inbound_quota),
	FIELD(struct fscc_pipe_local, read_data_available),
	FIELD(struct fscc_pipe_local, outbound_quota),
	FIELD(struct fscc_pipe_local, write_quota_available),
	FIELD(struct fscc_pipe_local, named_pipe_state),
	FIELD(struct fscc_pipe_local, named_pipe_end),
};

FIXED_STRUCTURE(fscc_pipe_local)

/* 2.4.39 */
static const struct fscc_field fscc_pipe_remote_fields[] = {
	FIELD(struct fscc_pipe_remote, collect_data_time),
	FIELD(struct fscc_pipe_remote, maximum_collection_count),
};

FIXED_STRUCTURE(fscc_pipe_remote)

/* ------------------------------------------------------------- one value */

bool fscc_u64_decode(struct wire_slice data, uint64_t *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = wire_get_u64(&r);
	return wire_reader_ok(&r);
}

bool fscc_u64_encode(struct wire_writer *w, uint64_t in)
{
	wire_put_u64(w, in);
	return wire_writer_ok(w);
}

bool fscc_u32_decode(struct wire_slice data, uint32_t *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = wire_get_u32(&r);
	return wire_reader_ok(&r);
}

bool fscc_u32_encode(struct wire_writer *w, uint32_t in)
{
	wire_put_u32(w, in);
	return wire_writer_ok(w);
}

bool fscc_bool_decode(struct wire_slice data, bool *out)
{
	struct wire_reader r = wire_reader_of(data);

	*out = wire_get_u8(&r) != 0;
	return wire_reader_ok(&r);
}

bool fscc_bool_encode(struct wire_writer *w, bool in)
{
	wire_put_u8(w, in ? 1 : 0);
	return wire_writer_ok(w);
}

/* 2.1.7 */
bool fscc_name_decode(struct wire_slice data, struct wire_slice *name)
{
	struct wire_reader r = wire_reader_of(data);
	uint32_t length = wire_get_u32(&r);

	*name = fscc_get_cut_name(&r, length);
	return wire_reader_ok(&r);
}

bool fscc_name_encode(struct wire_writer *w, struct wire_slice name)
{
	wire_put_size32(w, name.len);
	wire_put_slice(w, name);
	return wire_writer_ok(w);
}

/* ------------------------------------------------------------- everything */

/* 2.4.2 */
static const struct fscc_field fscc_all_fields[] = {
	FIELD(struct fscc_all, index_number),
	FIELD(struct fscc_all, ea_size),
	FIELD(struct fscc_all, access_flags),
	FIELD(struct fscc_all, current_byte_offset),
	FIELD(struct fscc_all, mode),
	FIELD(struct fscc_all, alignment_requirement),
};

bool fscc_all_decode(struct wire_slice data, struct fscc_all *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint32_t name_length = 0;

	*out = (struct fscc_all){0};
	GET_FIELDS(&r, fscc_basic_fields, &out->basic);
	GET_FIELDS(&r, fscc_standard_fields, &out->standard);
	GET_FIELDS(&r, fscc_all_fields, out);
	name_length = wire_get_u32(&r);
	out->name = fscc_get_cut_name(&r, name_length);
	return wire_reader_ok(&r);
}

bool fscc_all_encode(struct wire_writer *w, const struct fscc_all *in)
{
	PUT_FIELDS(w, fscc_basic_fields, &in->basic);
	PUT_FIELDS(w, fscc_standard_fields, &in->standard);
	PUT_FIELDS(w, fscc_all_fields, in);
	return fscc_name_encode(w, in->name);
}

/* ------------------------------------------------------------ a new name */

/* 2.4.42.2, 2.4.43, 2.4.28.2: a Boolean and padding, or flags. */
bool fscc_rename_decode(struct wire_slice data, bool ex,
			struct fscc_rename *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint32_t flags = wire_get_u32(&r);
	uint32_t name_length = 0;

	*out = (struct fscc_rename){0};
	out->flags = flags;
	if (!ex) {
		out->flags =
			(flags & 0xFF) != 0 ? FILE_RENAME_REPLACE_IF_EXISTS : 0;
	}
	wire_skip(&r, 4);
	out->root_directory = wire_get_u64(&r);
	name_length = wire_get_u32(&r);
	out->name = wire_get(&r, name_length);
	return wire_reader_ok(&r);
}

/* Windows refuses less than 24 bytes, however short the name. */
bool fscc_rename_encode(struct wire_writer *w, bool ex,
			const struct fscc_rename *in)
{
	uint32_t flags = in->flags;

	if (!ex) {
		flags &= FILE_RENAME_REPLACE_IF_EXISTS;
	}
	wire_put_u32(w, flags);
	wire_put_u32(w, 0);
	wire_put_u64(w, in->root_directory);
	wire_put_size32(w, in->name.len);
	wire_put_slice(w, in->name);
	if (in->name.len < 4) {
		wire_put_zeros(w, 4 - in->name.len);
	}
	return wire_writer_ok(w);
}
