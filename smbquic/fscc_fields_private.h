/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structures without variable parts, described by a table of their fields in
 * the order of the specification: one description reads and writes.
 *
 *	static const struct fscc_field basic_fields[] = {
 *		FIELD(struct fscc_basic, creation_time),
 *		...
 *		RESERVED(4),
 *	};
 */
#ifndef SMBQUIC_FSCC_FIELDS_PRIVATE_H
#define SMBQUIC_FSCC_FIELDS_PRIVATE_H

#include "smbquic/wire.h"

enum fscc_field_kind {
	FSCC_U8,
	FSCC_U16,
	FSCC_U32,
	FSCC_U64,
	FSCC_BYTES,
	FSCC_RESERVED, /* skipped, written as zeros */
};

struct fscc_field {
	enum fscc_field_kind kind;
	size_t offset;
	size_t size;
};

#define FIELD_KIND(type, member)              \
	_Generic(((type *)0)->member, uint8_t \
		 : FSCC_U8, uint16_t          \
		 : FSCC_U16, uint32_t         \
		 : FSCC_U32, uint64_t         \
		 : FSCC_U64, default          \
		 : FSCC_BYTES)

#define FIELD(type, member)                                       \
	{                                                         \
		FIELD_KIND(type, member), offsetof(type, member), \
			sizeof(((type *)0)->member)               \
	}

#define RESERVED(n)                   \
	{                             \
		FSCC_RESERVED, 0, (n) \
	}

void fscc_get_fields(struct wire_reader *r, const struct fscc_field *fields,
		     size_t count, void *out);
void fscc_put_fields(struct wire_writer *w, const struct fscc_field *fields,
		     size_t count, const void *in);

#define GET_FIELDS(r, fields, out)                                           \
	fscc_get_fields((r), (fields), sizeof(fields) / sizeof((fields)[0]), \
			(out))
#define PUT_FIELDS(w, fields, in)                                            \
	fscc_put_fields((w), (fields), sizeof(fields) / sizeof((fields)[0]), \
			(in))

/* decode and encode of a structure that is nothing but its fields. */
#define FIXED_STRUCTURE(name)                                            \
	bool name##_decode(struct wire_slice data, struct name *out)     \
	{                                                                \
		struct wire_reader r = wire_reader_of(data);             \
                                                                         \
		*out = (struct name){0};                                 \
		GET_FIELDS(&r, name##_fields, out);                      \
		return wire_reader_ok(&r);                               \
	}                                                                \
                                                                         \
	bool name##_encode(struct wire_writer *w, const struct name *in) \
	{                                                                \
		PUT_FIELDS(w, name##_fields, in);                        \
		return wire_writer_ok(w);                                \
	}

/* A name of length bytes that may have been cut, see fscc.h. */
static inline struct wire_slice fscc_get_cut_name(struct wire_reader *r,
						  uint32_t length)
{
	size_t left = wire_left(r);

	return wire_get(r, length < left ? length : left);
}

#endif
