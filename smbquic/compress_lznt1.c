/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZNT1 (MS-XCA 2.5): chunks of 4096 bytes, each for itself. */
#include <assert.h>
#include <stdlib.h>

#include "smbquic/compress_private.h"
#include "smbquic/wire.h"

#define CHUNK_SIZE	 4096u
#define CHUNK_HEADER	 2u
#define CHUNK_SIGNATURE	 0x3000u
#define CHUNK_SIGNED	 0x7000u /* the bits of the signature */
#define CHUNK_COMPRESSED 0x8000u
#define CHUNK_LENGTH	 0x0FFFu

#define LZNT1_DEPTH 8

/* 2.5.1.4: how many bits of a word are the displacement, after that many bytes
 * of the chunk. */
static inline unsigned displacement_bits(size_t done)
{
	unsigned bits = 4;

	while (bits < 12 && ((size_t)1 << bits) < done) {
		bits++;
	}
	return bits;
}

/* --------------------------------------------------------------- compressing
 */

/* One chunk's data elements; 0: not shorter than the chunk as it is. */
static size_t chunk_compress(struct match_finder *f, size_t from, size_t size,
			     uint8_t *out)
{
	size_t at = from;
	size_t end = from + size;
	size_t used = 0;
	size_t flags = 0;
	unsigned bit = 8;

	while (at < end) {
		unsigned bits = displacement_bits(at - from);
		size_t max = ((size_t)1 << (16 - bits)) - 1 + MATCH_MIN;
		struct match m = {0};

		if (bit == 8) {
			bit = 0;
			flags = used++;
			out[flags] = 0;
		}
		/* a flag byte of the next element may still come */
		if (used + 3 >= size) {
			return 0;
		}
		m = match_find(f, at, from, end - at < max ? end - at : max);
		if (m.length == 0) {
			out[used++] = f->data[at++];
		} else {
			wire_store_le(out + used,
				      (m.distance - 1) << (16 - bits) |
					      (m.length - MATCH_MIN),
				      2);
			used += 2;
			out[flags] |= (uint8_t)(1u << bit);
			match_insert_all(f, at + 1, at + m.length);
			at += m.length;
		}
		bit++;
	}
	return used;
}

static size_t lznt1_chunks(struct match_finder *f, uint8_t *out, size_t cap)
{
	size_t at = 0;
	size_t used = 0;

	while (at < f->len) {
		size_t size =
			f->len - at < CHUNK_SIZE ? f->len - at : CHUNK_SIZE;
		size_t n = 0;
		unsigned kind = CHUNK_SIGNATURE | CHUNK_COMPRESSED;

		if (cap - used < CHUNK_HEADER + size + COMPRESS_SLACK) {
			uint8_t last[CHUNK_SIZE];

			/* It may fit all the same. */
			n = chunk_compress(f, at, size, last);
			if (n == 0 ||
			    cap - used < CHUNK_HEADER + n + COMPRESS_SLACK) {
				return 0;
			}
			memcpy(out + used + CHUNK_HEADER, last, n);
		} else {
			n = chunk_compress(f, at, size,
					   out + used + CHUNK_HEADER);
		}
		if (n == 0) {
			n = size;
			kind = CHUNK_SIGNATURE;
			memcpy(out + used + CHUNK_HEADER, f->data + at, n);
		}
		wire_store_le(out + used, kind | (n - 1), CHUNK_HEADER);
		used += CHUNK_HEADER + n;
		at += size;
	}
	return used;
}

size_t lznt1_compress(const uint8_t *in, size_t len, uint8_t *out, size_t cap)
{
	struct match_finder *f = calloc(1, sizeof(*f));
	size_t used = 0;

	if (f == NULL) {
		return 0;
	}
	match_finder_init(f, in, len, CHUNK_SIZE, CHUNK_SIZE, LZNT1_DEPTH);
	used = lznt1_chunks(f, out, cap);
	free(f);
	return used;
}

/* ------------------------------------------------------------- decompressing
 */

/* Into out[0] to out[size - 1]; the bytes that came out, or SIZE_MAX. */
static size_t chunk_decompress(struct wire_slice chunk, uint8_t *out,
			       size_t size)
{
	const uint8_t *p = chunk.data;
	const uint8_t *end = p + chunk.len;
	size_t at = 0;

	while (p < end) {
		unsigned flags = *p++;
		unsigned bit = 0;

		for (bit = 0; bit < 8 && p < end; bit++) {
			size_t distance = 0;
			size_t length = 0;
			unsigned word = 0;
			unsigned bits = displacement_bits(at);

			if (!(flags & 1u << bit)) {
				if (at == size) {
					return SIZE_MAX;
				}
				out[at++] = *p++;
				continue;
			}
			if (end - p < 2) {
				return SIZE_MAX;
			}
			word = (unsigned)p[0] | (unsigned)p[1] << 8;
			p += 2;
			distance = (word >> (16 - bits)) + 1;
			length = (word & ((1u << (16 - bits)) - 1)) + MATCH_MIN;
			if (distance > at || length > size - at) {
				return SIZE_MAX;
			}
			match_copy(out, at, distance, length);
			at += length;
		}
	}
	return at;
}

/* 2.5.1.2: one chunk, the whole of what it says. */
static size_t chunk_take(unsigned header, struct wire_slice chunk, uint8_t *out,
			 size_t size)
{
	if (size > CHUNK_SIZE) {
		size = CHUNK_SIZE;
	}
	if (header & CHUNK_COMPRESSED) {
		return chunk_decompress(chunk, out, size);
	}
	if (chunk.len > size) {
		return SIZE_MAX;
	}
	memcpy(out, chunk.data, chunk.len);
	return chunk.len;
}

bool lznt1_decompress(const uint8_t *in, size_t len, uint8_t *out, size_t size)
{
	struct wire_reader r = wire_reader(in, len);
	size_t at = 0;

	while (wire_left(&r) >= CHUNK_HEADER) {
		unsigned header = wire_get_u16(&r);
		struct wire_slice chunk = {0};
		size_t n = 0;

		if (header == 0) {
			break;
		}
		chunk = wire_get(&r, (header & CHUNK_LENGTH) + 1u);
		if (!wire_reader_ok(&r) ||
		    (header & CHUNK_SIGNED) != CHUNK_SIGNATURE) {
			return false;
		}
		n = chunk_take(header, chunk, out + at, size - at);
		if (n == SIZE_MAX) {
			return false;
		}
		/* Only the last one may be shorter than a chunk. */
		if (n < CHUNK_SIZE && n < size - at) {
			return false;
		}
		at += n;
	}
	return at == size;
}
