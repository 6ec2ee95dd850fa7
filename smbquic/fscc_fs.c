/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/fscc.h"
#include "smbquic/fscc_fields_private.h"

/* 2.5.8 */
static const struct fscc_field fscc_fs_size_fields[] = {
	FIELD(struct fscc_fs_size, total_allocation_units),
	FIELD(struct fscc_fs_size, available_allocation_units),
	FIELD(struct fscc_fs_size, sectors_per_allocation_unit),
	FIELD(struct fscc_fs_size, bytes_per_sector),
};

FIXED_STRUCTURE(fscc_fs_size)

/* 2.5.4 */
static const struct fscc_field fscc_fs_full_size_fields[] = {
	FIELD(struct fscc_fs_full_size, total_allocation_units),
	FIELD(struct fscc_fs_full_size, caller_available_allocation_units),
	FIELD(struct fscc_fs_full_size, actual_available_allocation_units),
	FIELD(struct fscc_fs_full_size, sectors_per_allocation_unit),
	FIELD(struct fscc_fs_full_size, bytes_per_sector),
};

FIXED_STRUCTURE(fscc_fs_full_size)

/* 2.5.10 */
static const struct fscc_field fscc_fs_device_fields[] = {
	FIELD(struct fscc_fs_device, device_type),
	FIELD(struct fscc_fs_device, characteristics),
};

FIXED_STRUCTURE(fscc_fs_device)

/* 2.5.2 */
static const struct fscc_field fscc_fs_control_fields[] = {
	FIELD(struct fscc_fs_control, free_space_start_filtering),
	FIELD(struct fscc_fs_control, free_space_threshold),
	FIELD(struct fscc_fs_control, free_space_stop_filtering),
	FIELD(struct fscc_fs_control, default_quota_threshold),
	FIELD(struct fscc_fs_control, default_quota_limit),
	FIELD(struct fscc_fs_control, control_flags),
	RESERVED(4),
};

FIXED_STRUCTURE(fscc_fs_control)

/* 2.5.6 */
static const struct fscc_field fscc_fs_object_id_fields[] = {
	FIELD(struct fscc_fs_object_id, object_id),
	FIELD(struct fscc_fs_object_id, extended_info),
};

FIXED_STRUCTURE(fscc_fs_object_id)

/* 2.5.7 */
static const struct fscc_field fscc_fs_sector_size_fields[] = {
	FIELD(struct fscc_fs_sector_size, logical_bytes_per_sector),
	FIELD(struct fscc_fs_sector_size,
	      physical_bytes_per_sector_for_atomicity),
	FIELD(struct fscc_fs_sector_size,
	      physical_bytes_per_sector_for_performance),
	FIELD(struct fscc_fs_sector_size,
	      effective_physical_bytes_per_sector_for_atomicity),
	FIELD(struct fscc_fs_sector_size, flags),
	FIELD(struct fscc_fs_sector_size, byte_offset_for_sector_alignment),
	FIELD(struct fscc_fs_sector_size, byte_offset_for_partition_alignment),
};

FIXED_STRUCTURE(fscc_fs_sector_size)

/* 2.5.9 */
bool fscc_fs_volume_decode(struct wire_slice data, struct fscc_fs_volume *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint32_t label_length = 0;

	*out = (struct fscc_fs_volume){0};
	out->creation_time = wire_get_u64(&r);
	out->serial_number = wire_get_u32(&r);
	label_length = wire_get_u32(&r);
	out->supports_objects = wire_get_u8(&r);
	wire_skip(&r, 1);
	out->label = fscc_get_cut_name(&r, label_length);
	return wire_reader_ok(&r);
}

bool fscc_fs_volume_encode(struct wire_writer *w,
			   const struct fscc_fs_volume *in)
{
	wire_put_u64(w, in->creation_time);
	wire_put_u32(w, in->serial_number);
	wire_put_size32(w, in->label.len);
	wire_put_u8(w, in->supports_objects);
	wire_put_u8(w, 0);
	wire_put_slice(w, in->label);
	return wire_writer_ok(w);
}

/* 2.5.1 */
bool fscc_fs_attribute_decode(struct wire_slice data,
			      struct fscc_fs_attribute *out)
{
	struct wire_reader r = wire_reader_of(data);
	uint32_t name_length = 0;

	*out = (struct fscc_fs_attribute){0};
	out->attributes = wire_get_u32(&r);
	out->maximum_component_name_length = wire_get_u32(&r);
	name_length = wire_get_u32(&r);
	out->name = fscc_get_cut_name(&r, name_length);
	return wire_reader_ok(&r);
}

bool fscc_fs_attribute_encode(struct wire_writer *w,
			      const struct fscc_fs_attribute *in)
{
	wire_put_u32(w, in->attributes);
	wire_put_u32(w, in->maximum_component_name_length);
	wire_put_size32(w, in->name.len);
	wire_put_slice(w, in->name);
	return wire_writer_ok(w);
}
