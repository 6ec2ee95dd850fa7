/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smbquic/fscc.h"

/*
 * What an entry holds between its fixed beginning and its name, in this order;
 * the classes differ in nothing else.
 */
enum dir_part {
	DIR_TIMES = 0x01,      /* times, sizes, attributes */
	DIR_EA_SIZE = 0x02,    /* 4 */
	DIR_TAG = 0x04,	       /* 4: reparse tag */
	DIR_RESERVED = 0x08,   /* 4 */
	DIR_ID_FIRST = 0x10,   /* 8: file id before the short name */
	DIR_ID_128 = 0x20,     /* 16 */
	DIR_SHORT_NAME = 0x40, /* 1 + 1 + 24 */
	DIR_ID_LAST = 0x80,    /* 2 reserved + 8: file id behind it */
};

enum {
	DIR_ALIGN = 8,
	SHORT_NAME_SIZE = 24,
};

struct dir_class {
	uint8_t information_class;
	uint8_t parts;
	uint8_t fixed_size;
};

/* MS-FSCC 2.4.10, 15, 8, 24, 22, 33, 23, 19, 18, 21, 20 */
static const struct dir_class dir_classes[] = {
	{FileDirectoryInformation, DIR_TIMES, 64},
	{FileFullDirectoryInformation, DIR_TIMES | DIR_EA_SIZE, 68},
	{FileBothDirectoryInformation, DIR_TIMES | DIR_EA_SIZE | DIR_SHORT_NAME,
	 94},
	{FileIdFullDirectoryInformation,
	 DIR_TIMES | DIR_EA_SIZE | DIR_RESERVED | DIR_ID_FIRST, 80},
	{FileIdBothDirectoryInformation,
	 DIR_TIMES | DIR_EA_SIZE | DIR_SHORT_NAME | DIR_ID_LAST, 104},
	{FileNamesInformation, 0, 12},
	{FileIdExtdDirectoryInformation,
	 DIR_TIMES | DIR_EA_SIZE | DIR_TAG | DIR_ID_128, 88},
	{FileId64ExtdDirectoryInformation,
	 DIR_TIMES | DIR_EA_SIZE | DIR_TAG | DIR_ID_FIRST, 80},
	{FileId64ExtdBothDirectoryInformation,
	 DIR_TIMES | DIR_EA_SIZE | DIR_TAG | DIR_ID_FIRST | DIR_SHORT_NAME,
	 106},
	{FileIdAllExtdDirectoryInformation,
	 DIR_TIMES | DIR_EA_SIZE | DIR_TAG | DIR_ID_FIRST | DIR_ID_128, 96},
	{FileIdAllExtdBothDirectoryInformation,
	 DIR_TIMES | DIR_EA_SIZE | DIR_TAG | DIR_ID_FIRST | DIR_ID_128 |
		 DIR_SHORT_NAME,
	 122},
};

static const struct dir_class *find_class(uint8_t information_class)
{
	size_t i = 0;

	for (i = 0; i < sizeof(dir_classes) / sizeof(dir_classes[0]); i++) {
		if (dir_classes[i].information_class == information_class) {
			return &dir_classes[i];
		}
	}
	return NULL;
}

size_t fscc_dir_fixed_size(uint8_t information_class)
{
	const struct dir_class *c = find_class(information_class);

	return c != NULL ? c->fixed_size : 0;
}

/* ----------------------------------------------------------------- reading */

struct wire_walker fscc_dir_entries(uint8_t information_class,
				    struct wire_slice data)
{
	const struct dir_class *c = find_class(information_class);
	struct wire_walker list =
		wire_walker(data, c != NULL ? c->fixed_size : 4, DIR_ALIGN);

	list.failed = c == NULL;
	return list;
}

static uint32_t get_times(struct wire_reader *r, struct fscc_dir_entry *out)
{
	out->creation_time = wire_get_u64(r);
	out->last_access_time = wire_get_u64(r);
	out->last_write_time = wire_get_u64(r);
	out->change_time = wire_get_u64(r);
	out->end_of_file = wire_get_u64(r);
	out->allocation_size = wire_get_u64(r);
	out->file_attributes = wire_get_u32(r);
	return wire_get_u32(r);
}

static void get_short_name(struct wire_reader *r, struct fscc_dir_entry *out)
{
	uint8_t length = wire_get_u8(r);
	struct wire_slice field = {0};

	wire_skip(r, 1);
	field = wire_get(r, SHORT_NAME_SIZE);
	if (length > SHORT_NAME_SIZE) {
		wire_reader_fail(r);
		return;
	}
	out->short_name = wire_slice(field.data, length);
}

static void get_parts(struct wire_reader *r, uint8_t parts,
		      struct fscc_dir_entry *out)
{
	if ((parts & DIR_EA_SIZE) != 0) {
		out->ea_size = wire_get_u32(r);
	}
	if ((parts & DIR_TAG) != 0) {
		out->reparse_tag = wire_get_u32(r);
	}
	if ((parts & DIR_RESERVED) != 0) {
		wire_skip(r, 4);
	}
	if ((parts & DIR_ID_FIRST) != 0) {
		out->file_id = wire_get_u64(r);
	}
	if ((parts & DIR_ID_128) != 0) {
		wire_get_bytes(r, out->file_id_128.bytes, 16);
	}
	if ((parts & DIR_SHORT_NAME) != 0) {
		get_short_name(r, out);
	}
	if ((parts & DIR_ID_LAST) != 0) {
		wire_skip(r, 2);
		out->file_id = wire_get_u64(r);
	}
}

bool fscc_dir_next(struct wire_walker *list, uint8_t information_class,
		   struct fscc_dir_entry *out)
{
	const struct dir_class *c = find_class(information_class);
	struct wire_slice entry = {0};
	struct wire_reader r = {0};
	uint32_t name_length = 0;

	*out = (struct fscc_dir_entry){0};
	if (c == NULL || !wire_walk(list, &entry)) {
		return false;
	}
	r = wire_reader_of(entry);
	wire_skip(&r, 4);
	out->file_index = wire_get_u32(&r);
	if ((c->parts & DIR_TIMES) != 0) {
		name_length = get_times(&r, out);
	} else {
		name_length = wire_get_u32(&r);
	}
	get_parts(&r, c->parts, out);
	out->name = wire_get(&r, name_length);
	list->failed = !wire_reader_ok(&r);
	return wire_reader_ok(&r);
}

/* ----------------------------------------------------------------- writing */

struct fscc_dir_list fscc_dir_list(struct wire_writer *w,
				   uint8_t information_class, size_t max)
{
	struct fscc_dir_list list = {
		.chain = wire_chain(w, DIR_ALIGN),
		.information_class = information_class,
		.max = max,
	};

	return list;
}

static void put_times(struct wire_writer *w, const struct fscc_dir_entry *in)
{
	wire_put_u64(w, in->creation_time);
	wire_put_u64(w, in->last_access_time);
	wire_put_u64(w, in->last_write_time);
	wire_put_u64(w, in->change_time);
	wire_put_u64(w, in->end_of_file);
	wire_put_u64(w, in->allocation_size);
	wire_put_u32(w, in->file_attributes);
}

static void put_short_name(struct wire_writer *w,
			   const struct fscc_dir_entry *in)
{
	struct wire_slice name = in->short_name;

	if (name.len > SHORT_NAME_SIZE) {
		name.len = SHORT_NAME_SIZE;
	}
	wire_put_size8(w, name.len);
	wire_put_u8(w, 0);
	wire_put_slice(w, name);
	wire_put_zeros(w, SHORT_NAME_SIZE - name.len);
}

static void put_parts(struct wire_writer *w, uint8_t parts,
		      const struct fscc_dir_entry *in)
{
	if ((parts & DIR_EA_SIZE) != 0) {
		wire_put_u32(w, in->ea_size);
	}
	if ((parts & DIR_TAG) != 0) {
		wire_put_u32(w, in->reparse_tag);
	}
	if ((parts & DIR_RESERVED) != 0) {
		wire_put_u32(w, 0);
	}
	if ((parts & DIR_ID_FIRST) != 0) {
		wire_put_u64(w, in->file_id);
	}
	if ((parts & DIR_ID_128) != 0) {
		wire_put(w, in->file_id_128.bytes, 16);
	}
	if ((parts & DIR_SHORT_NAME) != 0) {
		put_short_name(w, in);
	}
	if ((parts & DIR_ID_LAST) != 0) {
		wire_put_u16(w, 0);
		wire_put_u64(w, in->file_id);
	}
}

bool fscc_dir_add(struct fscc_dir_list *list, const struct fscc_dir_entry *in)
{
	const struct dir_class *c = find_class(list->information_class);
	struct wire_chain before = list->chain;
	struct wire_writer *w = list->chain.w;
	size_t len = w->len;

	if (c == NULL || !wire_writer_ok(w)) {
		return false;
	}
	wire_chain_entry(&list->chain);
	wire_put_u32(w, in->file_index);
	if ((c->parts & DIR_TIMES) != 0) {
		put_times(w, in);
	}
	wire_put_size32(w, in->name.len);
	put_parts(w, c->parts, in);
	wire_put_slice(w, in->name);
	if (!wire_writer_ok(w) || w->len - list->chain.start > list->max) {
		wire_chain_rollback(&list->chain, &before, len);
		return false;
	}
	list->count++;
	return true;
}
