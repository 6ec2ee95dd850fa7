/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZ77+Huffman: reading it (MS-XCA 2.2). */
#include "smbquic/compress_huffman_private.h"
#include "smbquic/compress_private.h"
#include "smbquic/wire.h"

/* Codes up to here are looked up at once; longer ones are rare. */
#define QUICK_BITS 11u

struct decoder {
	/* For the first bits of a code: symbol << 4 | its length; 0: longer */
	uint16_t quick[1u << QUICK_BITS];
	/* Canonical: of the codes of a length the first, as 15 bits, and where
	 * its symbol is. */
	uint32_t first[HUFFMAN_MAX_BITS + 2];
	uint16_t index[HUFFMAN_MAX_BITS + 2];
	uint16_t symbols[HUFFMAN_SYMBOLS]; /* by length, then by value */
};

/* The bits: at least 16 of them, the next one first, as 2.2.4 reads them. */
struct bit_reader {
	const uint8_t *p;
	const uint8_t *end;
	uint32_t bits;
	int extra;     /* beyond 16 */
	unsigned past; /* words read behind the end */
};

/* --------------------------------------------------------------------- codes
 */

static unsigned bits_of(const uint8_t *table, unsigned symbol)
{
	return symbol & 1 ? table[symbol / 2] >> 4 : table[symbol / 2] & 15u;
}

static void fill_quick(struct decoder *d, unsigned symbol, unsigned bits,
		       uint32_t code)
{
	unsigned at = code >> (HUFFMAN_MAX_BITS - QUICK_BITS);
	unsigned n = bits > QUICK_BITS ? 0 : 1u << (QUICK_BITS - bits);

	for (; n > 0; n--) {
		d->quick[at++] = (uint16_t)(symbol << 4 | bits);
	}
}

/* False: the lengths are not those of a complete code. */
static bool read_codes(struct decoder *d, const uint8_t *table)
{
	unsigned count[HUFFMAN_MAX_BITS + 1] = {0};
	unsigned next[HUFFMAN_MAX_BITS + 1] = {0};
	uint32_t code = 0;
	unsigned total = 0;
	unsigned i = 0;

	for (i = 0; i < HUFFMAN_SYMBOLS; i++) {
		count[bits_of(table, i)]++;
	}
	for (i = 1; i <= HUFFMAN_MAX_BITS; i++) {
		d->first[i] = code;
		d->index[i] = (uint16_t)total;
		next[i] = total;
		total += count[i];
		code += count[i] << (HUFFMAN_MAX_BITS - i);
	}
	d->first[i] = code;
	if (code != 1u << HUFFMAN_MAX_BITS) {
		return false;
	}
	memset(d->quick, 0, sizeof(d->quick));
	for (i = 0; i < HUFFMAN_SYMBOLS; i++) {
		unsigned bits = bits_of(table, i);
		unsigned k = 0;

		if (bits == 0) {
			continue;
		}
		k = next[bits]++;
		d->symbols[k] = (uint16_t)i;
		code = d->first[bits] +
		       ((k - d->index[bits]) << (HUFFMAN_MAX_BITS - bits));
		fill_quick(d, i, bits, code);
	}
	return true;
}

/* ---------------------------------------------------------------------- bits
 */

static inline uint32_t get_word(struct bit_reader *r)
{
	uint32_t word = 0;

	if (r->end - r->p < 2) {
		r->past++;
		r->p = r->end;
		return 0;
	}
	word = (uint32_t)r->p[0] | (uint32_t)r->p[1] << 8;
	r->p += 2;
	return word;
}

static inline void drop_bits(struct bit_reader *r, unsigned n)
{
	r->bits <<= n;
	r->extra -= (int)n;
	if (r->extra < 0) {
		r->bits |= get_word(r) << -r->extra;
		r->extra += 16;
	}
}

static inline unsigned get_symbol(const struct decoder *d, struct bit_reader *r)
{
	uint32_t code = r->bits >> (32 - HUFFMAN_MAX_BITS);
	unsigned entry = d->quick[code >> (HUFFMAN_MAX_BITS - QUICK_BITS)];
	unsigned bits = QUICK_BITS + 1;
	unsigned symbol = 0;

	if (entry != 0) {
		drop_bits(r, entry & 15u);
		return entry >> 4;
	}
	while (bits < HUFFMAN_MAX_BITS && code >= d->first[bits + 1]) {
		bits++;
	}
	symbol = d->symbols[d->index[bits] + ((code - d->first[bits]) >>
					      (HUFFMAN_MAX_BITS - bits))];
	drop_bits(r, bits);
	return symbol;
}

/* A length of 15 or more, less MATCH_MIN; SIZE_MAX: malformed. */
static size_t get_length(struct bit_reader *in)
{
	struct wire_reader r = wire_reader(in->p, (size_t)(in->end - in->p));
	size_t length = wire_get_u8(&r);

	if (length < 255) {
		length += HUFFMAN_LENGTH;
	} else {
		length = wire_get_u16(&r);
		if (length == 0) {
			length = wire_get_u32(&r);
		}
	}
	in->p = in->end - wire_left(&r);
	if (!wire_reader_ok(&r) || length < HUFFMAN_LENGTH ||
	    length > SIZE_MAX - MATCH_MIN - 1) {
		return SIZE_MAX;
	}
	return length;
}

/* -------------------------------------------------------------------- blocks
 */

static bool get_match(struct bit_reader *r, unsigned symbol, uint8_t *out,
		      size_t size, size_t *at)
{
	unsigned bits = (symbol - 256) / 16;
	size_t length = symbol % 16;
	size_t distance = (size_t)1 << bits;

	if (length == HUFFMAN_LENGTH) {
		length = get_length(r);
		if (length == SIZE_MAX) {
			return false;
		}
	}
	length += MATCH_MIN;
	if (bits > 0) {
		distance += r->bits >> (32 - bits);
		drop_bits(r, bits);
	}
	if (distance > *at || length > size - *at) {
		return false;
	}
	match_copy(out, *at, distance, length);
	*at += length;
	return true;
}

/* Until the block or the output is full; false: malformed. */
static bool get_block(const struct decoder *d, struct bit_reader *r,
		      uint8_t *out, size_t size, size_t *at)
{
	size_t stop = size - *at < HUFFMAN_BLOCK ? size : *at + HUFFMAN_BLOCK;

	r->bits = get_word(r) << 16;
	r->bits |= get_word(r);
	r->extra = 16;
	while (*at < stop) {
		unsigned symbol = get_symbol(d, r);

		if (symbol < 256) {
			out[(*at)++] = (uint8_t)symbol;
		} else if (!get_match(r, symbol, out, size, at)) {
			return false;
		}
		/* What an encoder leaves away at the end is two words. */
		if (r->past > 2) {
			return false;
		}
	}
	return true;
}

bool lz77_huffman_decompress(const uint8_t *in, size_t len, uint8_t *out,
			     size_t size)
{
	struct decoder d;
	struct bit_reader r = {.p = in};
	size_t at = 0;

	if (size == 0 || len < HUFFMAN_TABLE) {
		return size == 0 && len < HUFFMAN_TABLE + 8;
	}
	r.end = in + len;
	while (at < size) {
		if ((size_t)(r.end - r.p) < HUFFMAN_TABLE ||
		    !read_codes(&d, r.p)) {
			return false;
		}
		r.p += HUFFMAN_TABLE;
		if (!get_block(&d, &r, out, size, &at)) {
			return false;
		}
	}
	/* More than a table behind it would be another block. */
	return (size_t)(r.end - r.p) < HUFFMAN_TABLE;
}
