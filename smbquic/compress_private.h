/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the algorithms of compress.h share: their prototypes, the copy of a
 * match, and the search for one.
 */
#ifndef SMBQUIC_COMPRESS_PRIVATE_H
#define SMBQUIC_COMPRESS_PRIVATE_H

#include <endian.h>
#include <string.h>

#include "smbquic/compress.h"

size_t lznt1_compress(const uint8_t *in, size_t len, uint8_t *out, size_t cap);
bool lznt1_decompress(const uint8_t *in, size_t len, uint8_t *out, size_t size);

size_t lz77_compress(const uint8_t *in, size_t len, uint8_t *out, size_t cap);
bool lz77_decompress(const uint8_t *in, size_t len, uint8_t *out, size_t size);

size_t lz77_huffman_compress(const uint8_t *in, size_t len, uint8_t *out,
			     size_t cap);
bool lz77_huffman_decompress(const uint8_t *in, size_t len, uint8_t *out,
			     size_t size);

size_t lz4_compress(const uint8_t *in, size_t len, uint8_t *out, size_t cap);
bool lz4_decompress(const uint8_t *in, size_t len, uint8_t *out, size_t size);

/* The shortest match that any of MS-XCA's formats can tell. */
#define MATCH_MIN 3

/* How many bytes are equal at a and b, of at most max. */
static inline size_t match_length(const uint8_t *a, const uint8_t *b,
				  size_t max)
{
	size_t n = 0;

	while (max - n >= sizeof(uint64_t)) {
		uint64_t x = 0;
		uint64_t y = 0;

		memcpy(&x, a + n, sizeof(x));
		memcpy(&y, b + n, sizeof(y));
		if (x != y) {
			return n + (size_t)__builtin_ctzll(le64toh(x ^ y)) / 8;
		}
		n += sizeof(x);
	}
	while (n < max && a[n] == b[n]) {
		n++;
	}
	return n;
}

/*
 * Repeats length bytes from distance before out[at]: the caller has checked
 * both against at and the size. A match may reach into what it makes.
 */
static inline void match_copy(uint8_t *out, size_t at, size_t distance,
			      size_t length)
{
	uint8_t *to = out + at;
	const uint8_t *from = to - distance;

	if (distance == 1) {
		memset(to, *from, length);
		return;
	}
	/* Pieces that do not overlap, each twice as long as the last. */
	while (length > distance) {
		memcpy(to, from, distance);
		to += distance;
		length -= distance;
		distance *= 2;
	}
	memcpy(to, from, length);
}

/*
 * Finds matches: a table of the last position for each hash of three bytes,
 * and for each position in the window how far back the one before it is.
 */
#define MATCH_HASH_BITS 14
#define MATCH_WINDOW	65536

struct match_finder {
	const uint8_t *data;
	size_t len;
	size_t window;	/* a power of two, at most MATCH_WINDOW */
	size_t reach;	/* the greatest distance, at most window */
	unsigned depth; /* candidates to be looked at */
	uint32_t last[1 << MATCH_HASH_BITS]; /* position + 1; 0: none */
	uint16_t back[MATCH_WINDOW];	     /* 0: too far, or none */
};

struct match {
	size_t length; /* 0: none */
	size_t distance;
};

/* Must be zeroed memory. */
static inline void match_finder_init(struct match_finder *f,
				     const uint8_t *data, size_t len,
				     size_t window, size_t reach,
				     unsigned depth)
{
	f->data = data;
	f->len = len;
	f->window = window;
	f->reach = reach;
	f->depth = depth;
}

/* Makes a position known, which has three bytes behind it. */
static inline void match_insert(struct match_finder *f, size_t at)
{
	const uint8_t *p = f->data + at;
	uint32_t three =
		(uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
	uint32_t hash = (three * 2654435761u) >> (32 - MATCH_HASH_BITS);
	size_t distance = at + 1 - f->last[hash];

	if (f->last[hash] == 0 || distance > f->reach) {
		distance = 0;
	}
	f->back[at & (f->window - 1)] = (uint16_t)distance;
	f->last[hash] = (uint32_t)at + 1;
}

static inline void match_insert_all(struct match_finder *f, size_t from,
				    size_t to)
{
	if (f->len < MATCH_MIN) {
		return;
	}
	if (to > f->len - MATCH_MIN + 1) {
		to = f->len - MATCH_MIN + 1;
	}
	for (; from < to; from++) {
		match_insert(f, from);
	}
}

/*
 * The longest match of those looked at that begins at or behind floor, for
 * what stands at at; makes at known.
 */
static inline struct match match_find(struct match_finder *f, size_t at,
				      size_t floor, size_t max)
{
	struct match best = {0};
	size_t longest = MATCH_MIN - 1;
	size_t candidate = at;
	unsigned depth = f->depth;

	if (f->len - at < MATCH_MIN || max < MATCH_MIN) {
		return best;
	}
	match_insert(f, at);
	while (depth-- > 0 && longest < max) {
		size_t step = f->back[candidate & (f->window - 1)];
		size_t n = 0;

		if (step == 0 || step > candidate - floor) {
			break;
		}
		candidate -= step;
		if (at - candidate > f->reach) {
			break;
		}
		if (f->data[candidate + longest] != f->data[at + longest]) {
			continue;
		}
		n = match_length(f->data + candidate, f->data + at, max);
		if (n > longest) {
			longest = n;
			best.length = n;
			best.distance = at - candidate;
		}
	}
	return best;
}

/* After so many misses in a row one position more is passed over. */
#define MATCH_PATIENCE 6

#endif
