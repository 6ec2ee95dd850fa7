/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain LZ77 (MS-XCA 2.3, 2.4). */
#include <stdlib.h>

#include "smbquic/compress_private.h"
#include "smbquic/wire.h"

#define LZ77_WINDOW 8192u
#define LZ77_DEPTH  4

/* Where each further part of a length begins: 3 bits, 4, 8, 16, 32. */
#define LENGTH_BITS   7u
#define LENGTH_NIBBLE 15u
#define LENGTH_BYTE   255u

/* --------------------------------------------------------------- compressing
 */

struct lz77_out {
	uint8_t *buf;
	size_t used;
	size_t flags_at; /* where the 32 flags go that are being collected */
	uint32_t flags;
	unsigned flag_count;
	size_t nibble_at; /* a byte whose high half is free; 0: none */
};

static inline void put_flag(struct lz77_out *o, uint32_t flag)
{
	o->flags = o->flags << 1 | flag;
	o->flag_count++;
	if (o->flag_count == 32) {
		wire_store_le(o->buf + o->flags_at, o->flags, 4);
		o->flag_count = 0;
		o->flags_at = o->used;
		o->used += 4;
	}
}

static void put_long_length(struct lz77_out *o, size_t length)
{
	size_t rest = length - LENGTH_BITS;
	size_t nibble = rest < LENGTH_NIBBLE ? rest : LENGTH_NIBBLE;

	if (o->nibble_at == 0) {
		o->nibble_at = o->used;
		o->buf[o->used++] = (uint8_t)nibble;
	} else {
		o->buf[o->nibble_at] |= (uint8_t)(nibble << 4);
		o->nibble_at = 0;
	}
	if (nibble < LENGTH_NIBBLE) {
		return;
	}
	rest -= LENGTH_NIBBLE;
	if (rest < LENGTH_BYTE) {
		o->buf[o->used++] = (uint8_t)rest;
		return;
	}
	o->buf[o->used++] = LENGTH_BYTE;
	if (length < 1u << 16) {
		wire_store_le(o->buf + o->used, length, 2);
		o->used += 2;
		return;
	}
	wire_store_le(o->buf + o->used, 0, 2);
	wire_store_le(o->buf + o->used + 2, length, 4);
	o->used += 6;
}

static void put_match(struct lz77_out *o, struct match m)
{
	size_t length = m.length - MATCH_MIN;
	size_t bits = length < LENGTH_BITS ? length : LENGTH_BITS;

	wire_store_le(o->buf + o->used, (m.distance - 1) << 3 | bits, 2);
	o->used += 2;
	if (bits == LENGTH_BITS) {
		put_long_length(o, length);
	}
	put_flag(o, 1);
}

static size_t lz77_all(struct match_finder *f, uint8_t *out, size_t cap)
{
	struct lz77_out o = {.buf = out, .used = 4};
	size_t at = 0;
	size_t misses = 0;

	while (at < f->len) {
		struct match m = match_find(f, at, 0, f->len - at);
		size_t pass = 0;

		if (m.length > 0) {
			if (cap - o.used < COMPRESS_SLACK) {
				return 0;
			}
			put_match(&o, m);
			match_insert_all(f, at + 1, at + m.length);
			at += m.length;
			misses = 0;
			continue;
		}
		for (pass = 1 + (misses++ >> MATCH_PATIENCE);
		     pass > 0 && at < f->len; pass--) {
			if (cap - o.used < COMPRESS_SLACK) {
				return 0;
			}
			o.buf[o.used++] = f->data[at++];
			put_flag(&o, 0);
		}
	}
	/* What is left of the flags are ones. */
	wire_store_le(out + o.flags_at,
		      o.flag_count == 0 ? UINT32_MAX
					: o.flags << (32 - o.flag_count) |
						  UINT32_MAX >> o.flag_count,
		      4);
	return o.used;
}

size_t lz77_compress(const uint8_t *in, size_t len, uint8_t *out, size_t cap)
{
	struct match_finder *f = calloc(1, sizeof(*f));
	size_t used = 0;

	if (f == NULL) {
		return 0;
	}
	match_finder_init(f, in, len, LZ77_WINDOW, LZ77_WINDOW, LZ77_DEPTH);
	used = lz77_all(f, out, cap);
	free(f);
	return used;
}

/* ------------------------------------------------------------- decompressing
 */

struct lz77_in {
	struct wire_reader r;
	uint8_t nibbles; /* the byte whose high half comes next */
	bool half;
};

/* The rest of a length of 7 or more, less MATCH_MIN; SIZE_MAX: malformed. */
static size_t get_long_length(struct lz77_in *i)
{
	size_t length = 0;

	if (i->half) {
		length = i->nibbles >> 4;
		i->half = false;
	} else {
		i->nibbles = wire_get_u8(&i->r);
		length = i->nibbles & 0x0F;
		i->half = true;
	}
	if (length < LENGTH_NIBBLE) {
		return length + LENGTH_BITS;
	}
	length = wire_get_u8(&i->r);
	if (length < LENGTH_BYTE) {
		return length + LENGTH_NIBBLE + LENGTH_BITS;
	}
	length = wire_get_u16(&i->r);
	if (length == 0) {
		length = wire_get_u32(&i->r);
	}
	return length < LENGTH_NIBBLE + LENGTH_BITS ? SIZE_MAX : length;
}

/* One match into out; false: malformed. */
static bool get_match(struct lz77_in *i, uint8_t *out, size_t size, size_t *at)
{
	unsigned word = wire_get_u16(&i->r);
	size_t distance = (word >> 3) + 1u;
	size_t length = word & LENGTH_BITS;

	if (length == LENGTH_BITS) {
		length = get_long_length(i);
	}
	if (!wire_reader_ok(&i->r) || length > SIZE_MAX - MATCH_MIN ||
	    distance > *at || length + MATCH_MIN > size - *at) {
		return false;
	}
	length += MATCH_MIN;
	match_copy(out, *at, distance, length);
	*at += length;
	return true;
}

/* Literals, as many as the flags have zeros before the next one. */
static bool get_literals(struct lz77_in *i, uint8_t *out, size_t size,
			 size_t *at, unsigned n)
{
	if (n > size - *at || n > wire_left(&i->r)) {
		return false;
	}
	wire_get_bytes(&i->r, out + *at, n);
	*at += n;
	return true;
}

bool lz77_decompress(const uint8_t *in, size_t len, uint8_t *out, size_t size)
{
	struct lz77_in i = {.r = wire_reader(in, len)};
	uint32_t flags = 0;
	unsigned left = 0;
	size_t at = 0;

	while (wire_left(&i.r) > 0) {
		unsigned zeros = 0;

		if (left == 0) {
			flags = wire_get_u32(&i.r);
			left = 32;
			if (!wire_reader_ok(&i.r)) {
				return false;
			}
		}
		zeros = flags == 0 ? left : (unsigned)__builtin_clz(flags);
		if (zeros > left) {
			zeros = left;
		}
		if (zeros > 0) {
			if (!get_literals(&i, out, size, &at, zeros)) {
				return false;
			}
			left -= zeros;
			flags = left == 0 ? 0 : flags << zeros;
			continue;
		}
		if (wire_left(&i.r) == 0) {
			break;
		}
		if (!get_match(&i, out, size, &at)) {
			return false;
		}
		flags <<= 1;
		left--;
	}
	return at == size;
}
