/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/fscc.h"

/* ------------------------------------------------------------ streams, 2.4.49
 */

enum {
	STREAM_FIXED_SIZE = 24,
	STREAM_ALIGN = 8,
};

struct wire_walker fscc_streams(struct wire_slice data)
{
	return wire_walker(data, STREAM_FIXED_SIZE, STREAM_ALIGN);
}

bool fscc_stream_next(struct wire_walker *list, struct fscc_stream *out)
{
	struct wire_slice entry = {0};
	struct wire_reader r = {0};
	uint32_t name_length = 0;

	*out = (struct fscc_stream){0};
	if (!wire_walk(list, &entry)) {
		return false;
	}
	r = wire_reader_of(entry);
	wire_skip(&r, 4);
	name_length = wire_get_u32(&r);
	out->size = wire_get_u64(&r);
	out->allocation_size = wire_get_u64(&r);
	out->name = wire_get(&r, name_length);
	list->failed = !wire_reader_ok(&r);
	return wire_reader_ok(&r);
}

struct wire_chain fscc_stream_list(struct wire_writer *w)
{
	return wire_chain(w, STREAM_ALIGN);
}

bool fscc_stream_add(struct wire_chain *list, const struct fscc_stream *in)
{
	wire_chain_entry(list);
	wire_put_size32(list->w, in->name.len);
	wire_put_u64(list->w, in->size);
	wire_put_u64(list->w, in->allocation_size);
	wire_put_slice(list->w, in->name);
	return wire_writer_ok(list->w);
}

/* ------------------------------------------- extended attributes, 2.4.16 */

enum {
	EA_FIXED_SIZE = 8,
	EA_ALIGN = 4,
	GET_EA_FIXED_SIZE = 5,
};

struct wire_walker fscc_eas(struct wire_slice data)
{
	return wire_walker(data, EA_FIXED_SIZE, EA_ALIGN);
}

bool fscc_ea_next(struct wire_walker *list, struct fscc_ea *out)
{
	struct wire_slice entry = {0};
	struct wire_reader r = {0};
	uint8_t name_length = 0;
	uint16_t value_length = 0;
	uint8_t terminator = 0;

	*out = (struct fscc_ea){0};
	if (!wire_walk(list, &entry)) {
		return false;
	}
	r = wire_reader_of(entry);
	wire_skip(&r, 4);
	out->flags = wire_get_u8(&r);
	name_length = wire_get_u8(&r);
	value_length = wire_get_u16(&r);
	out->name = wire_get(&r, name_length);
	terminator = wire_get_u8(&r);
	out->value = wire_get(&r, value_length);
	if (!wire_reader_ok(&r) || terminator != 0) {
		list->failed = true;
		return false;
	}
	return true;
}

struct wire_chain fscc_ea_list(struct wire_writer *w)
{
	return wire_chain(w, EA_ALIGN);
}

bool fscc_ea_add(struct wire_chain *list, const struct fscc_ea *in)
{
	wire_chain_entry(list);
	wire_put_u8(list->w, in->flags);
	wire_put_size8(list->w, in->name.len);
	wire_put_size16(list->w, in->value.len);
	wire_put_slice(list->w, in->name);
	wire_put_u8(list->w, 0);
	wire_put_slice(list->w, in->value);
	return wire_writer_ok(list->w);
}

/* 2.4.16.1 */
struct wire_walker fscc_get_eas(struct wire_slice data)
{
	return wire_walker(data, GET_EA_FIXED_SIZE, EA_ALIGN);
}

bool fscc_get_ea_next(struct wire_walker *list, struct wire_slice *name)
{
	struct wire_slice entry = {0};
	struct wire_reader r = {0};
	uint8_t name_length = 0;
	uint8_t terminator = 0;

	*name = wire_slice(NULL, 0);
	if (!wire_walk(list, &entry)) {
		return false;
	}
	r = wire_reader_of(entry);
	wire_skip(&r, 4);
	name_length = wire_get_u8(&r);
	*name = wire_get(&r, name_length);
	terminator = wire_get_u8(&r);
	if (!wire_reader_ok(&r) || terminator != 0) {
		list->failed = true;
		return false;
	}
	return true;
}

struct wire_chain fscc_get_ea_list(struct wire_writer *w)
{
	return wire_chain(w, EA_ALIGN);
}

bool fscc_get_ea_add(struct wire_chain *list, struct wire_slice name)
{
	wire_chain_entry(list);
	wire_put_size8(list->w, name.len);
	wire_put_slice(list->w, name);
	wire_put_u8(list->w, 0);
	return wire_writer_ok(list->w);
}

/* -------------------------------------------------------------- quotas, 2.4.41
 */

enum {
	QUOTA_FIXED_SIZE = 40,
	QUOTA_ALIGN = 8,
};

struct wire_walker fscc_quotas(struct wire_slice data)
{
	return wire_walker(data, QUOTA_FIXED_SIZE, QUOTA_ALIGN);
}

bool fscc_quota_next(struct wire_walker *list, struct fscc_quota *out)
{
	struct wire_slice entry = {0};
	struct wire_reader r = {0};
	uint32_t sid_length = 0;

	*out = (struct fscc_quota){0};
	if (!wire_walk(list, &entry)) {
		return false;
	}
	r = wire_reader_of(entry);
	wire_skip(&r, 4);
	sid_length = wire_get_u32(&r);
	out->change_time = wire_get_u64(&r);
	out->quota_used = wire_get_u64(&r);
	out->quota_threshold = wire_get_u64(&r);
	out->quota_limit = wire_get_u64(&r);
	out->sid = wire_get(&r, sid_length);
	list->failed = !wire_reader_ok(&r);
	return wire_reader_ok(&r);
}

struct wire_chain fscc_quota_list(struct wire_writer *w)
{
	return wire_chain(w, QUOTA_ALIGN);
}

bool fscc_quota_add(struct wire_chain *list, const struct fscc_quota *in)
{
	wire_chain_entry(list);
	wire_put_size32(list->w, in->sid.len);
	wire_put_u64(list->w, in->change_time);
	wire_put_u64(list->w, in->quota_used);
	wire_put_u64(list->w, in->quota_threshold);
	wire_put_u64(list->w, in->quota_limit);
	wire_put_slice(list->w, in->sid);
	return wire_writer_ok(list->w);
}

/* 2.4.41.1 */

enum {
	GET_QUOTA_FIXED_SIZE = 8,
	GET_QUOTA_ALIGN = 4,
};

struct wire_walker fscc_get_quotas(struct wire_slice data)
{
	return wire_walker(data, GET_QUOTA_FIXED_SIZE, GET_QUOTA_ALIGN);
}

bool fscc_get_quota_next(struct wire_walker *list, struct wire_slice *sid)
{
	struct wire_slice entry = {0};
	struct wire_reader r = {0};
	uint32_t sid_length = 0;

	*sid = (struct wire_slice){0};
	if (!wire_walk(list, &entry)) {
		return false;
	}
	r = wire_reader_of(entry);
	wire_skip(&r, 4);
	sid_length = wire_get_u32(&r);
	*sid = wire_get(&r, sid_length);
	list->failed = !wire_reader_ok(&r);
	return wire_reader_ok(&r);
}

struct wire_chain fscc_get_quota_list(struct wire_writer *w)
{
	return wire_chain(w, GET_QUOTA_ALIGN);
}

bool fscc_get_quota_add(struct wire_chain *list, struct wire_slice sid)
{
	wire_chain_entry(list);
	wire_put_size32(list->w, sid.len);
	wire_put_slice(list->w, sid);
	return wire_writer_ok(list->w);
}

/* ------------------------------------------------------ notifications, 2.7.1
 */

enum {
	NOTIFY_FIXED_SIZE = 12,
	NOTIFY_ALIGN = 4,
};

struct wire_walker fscc_notifies(struct wire_slice data)
{
	return wire_walker(data, NOTIFY_FIXED_SIZE, NOTIFY_ALIGN);
}

bool fscc_notify_next(struct wire_walker *list, struct fscc_notify *out)
{
	struct wire_slice entry = {0};
	struct wire_reader r = {0};
	uint32_t name_length = 0;

	*out = (struct fscc_notify){0};
	if (!wire_walk(list, &entry)) {
		return false;
	}
	r = wire_reader_of(entry);
	wire_skip(&r, 4);
	out->action = wire_get_u32(&r);
	name_length = wire_get_u32(&r);
	out->name = wire_get(&r, name_length);
	list->failed = !wire_reader_ok(&r);
	return wire_reader_ok(&r);
}

struct wire_chain fscc_notify_list(struct wire_writer *w)
{
	return wire_chain(w, NOTIFY_ALIGN);
}

bool fscc_notify_add(struct wire_chain *list, const struct fscc_notify *in)
{
	wire_chain_entry(list);
	wire_put_u32(list->w, in->action);
	wire_put_size32(list->w, in->name.len);
	wire_put_slice(list->w, in->name);
	return wire_writer_ok(list->w);
}
