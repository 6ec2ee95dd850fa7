/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe_ndr.h - the little of NDR (C706 chapter 14) that the interfaces here
 * need, and structures described by tables of fields.
 */
#ifndef SERVER_PIPE_NDR_H
#define SERVER_PIPE_NDR_H

#include "smbquic/utf16.h"
#include "smbquic/wire.h"

/** A number, aligned. */
static inline uint32_t ndr_get_u32(struct wire_reader *r)
{
	wire_get_align(r, 4);
	return wire_get_u32(r);
}

static inline void ndr_put_u32(struct wire_writer *w, uint32_t v)
{
	wire_put_align(w, 4);
	wire_put_u32(w, v);
}

/** The place of a pointer: not NULL, or NULL. */
static inline void ndr_put_pointer(struct wire_writer *w, bool present)
{
	wire_put_align(w, 4);
	wire_put_u32(w, present ? 0x00020000 + (uint32_t)wire_tell(w) : 0);
}

/** A conformant and varying string (14.3.4.2), with its terminator.
 *  @return false: malformed, or no memory. */
bool ndr_get_string(struct wire_reader *r, TALLOC_CTX *mem_ctx, char **out);
/** Behind a [unique] pointer: *out is NULL when that is. */
bool ndr_get_unique_string(struct wire_reader *r, TALLOC_CTX *mem_ctx,
			   char **out);
void ndr_put_string(struct wire_writer *w, const char *utf8);

/** One member of a structure, one of the two: a number, or a pointer to a
 *  string (which follows behind the structure; NULL: a null pointer). */
struct ndr_field {
	const char *(*string)(const void *object);
	uint32_t (*number)(const void *object);
};

/** A structure: its level, and its fields up to one that has neither. */
struct ndr_level {
	uint32_t level;
	const struct ndr_field *fields;
};

/** The structures of an array: all fixed parts, then all strings. */
void ndr_put_objects(struct wire_writer *w, const struct ndr_field *fields,
		     const void *const *objects, size_t count);

/** The row of a level; NULL: there is none. */
const struct ndr_level *ndr_level_find(const struct ndr_level *rows,
				       size_t count, uint32_t level);

#endif
