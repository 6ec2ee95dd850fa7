/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/pipe_ndr.h"

bool ndr_get_string(struct wire_reader *r, TALLOC_CTX *mem_ctx, char **out)
{
	uint32_t max = ndr_get_u32(r);
	uint32_t offset = wire_get_u32(r);
	uint32_t actual = wire_get_u32(r);
	struct wire_slice text = {0};

	*out = NULL;
	if (offset != 0 || actual > max || actual > wire_left(r) / 2) {
		wire_reader_fail(r);
		return false;
	}
	text = utf16_trim(wire_get(r, (size_t)actual * 2));
	*out = utf16_to_utf8(mem_ctx, text);
	return *out != NULL;
}

bool ndr_get_unique_string(struct wire_reader *r, TALLOC_CTX *mem_ctx,
			   char **out)
{
	*out = NULL;
	if (ndr_get_u32(r) == 0) {
		return wire_reader_ok(r);
	}
	return ndr_get_string(r, mem_ctx, out);
}

void ndr_put_string(struct wire_writer *w, const char *utf8)
{
	size_t start = 0;
	uint32_t units = 0;

	wire_put_align(w, 4);
	start = w->len;
	wire_put_zeros(w, 12);
	utf16_put_z(w, utf8);
	if (!wire_writer_ok(w)) {
		return;
	}
	units = (uint32_t)(w->len - start - 12) / 2;
	wire_patch_u32(w, start, units);
	wire_patch_u32(w, start + 8, units);
}

static bool is_field(const struct ndr_field *field)
{
	return field->string != NULL || field->number != NULL;
}

static void put_fixed(struct wire_writer *w, const struct ndr_field *fields,
		      const void *object)
{
	for (; is_field(fields); fields++) {
		if (fields->number != NULL) {
			ndr_put_u32(w, fields->number(object));
		} else {
			ndr_put_pointer(w, fields->string(object) != NULL);
		}
	}
}

static void put_strings(struct wire_writer *w, const struct ndr_field *fields,
			const void *object)
{
	for (; is_field(fields); fields++) {
		const char *text = NULL;

		if (fields->string != NULL) {
			text = fields->string(object);
		}
		if (text != NULL) {
			ndr_put_string(w, text);
		}
	}
}

void ndr_put_objects(struct wire_writer *w, const struct ndr_field *fields,
		     const void *const *objects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put_fixed(w, fields, objects[i]);
	}
	for (size_t i = 0; i < count; i++) {
		put_strings(w, fields, objects[i]);
	}
}

const struct ndr_level *ndr_level_find(const struct ndr_level *rows,
				       size_t count, uint32_t level)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].level == level) {
			return &rows[i];
		}
	}
	return NULL;
}
