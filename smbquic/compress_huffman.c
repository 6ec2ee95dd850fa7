/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZ77+Huffman: making it (MS-XCA 2.1). */
#include <stdlib.h>

#include "smbquic/compress_huffman_private.h"
#include "smbquic/compress_private.h"
#include "smbquic/wire.h"

#define HUFFMAN_REACH 65535u
#define HUFFMAN_DEPTH 8

/* A literal has no distance, and its byte for a length. */
struct token {
	uint16_t distance;
	uint16_t length; /* less MATCH_MIN */
};

struct work {
	struct match_finder finder;
	struct token tokens[HUFFMAN_BLOCK];
	size_t token_count;
	uint32_t counts[HUFFMAN_SYMBOLS];
	uint8_t bits[HUFFMAN_SYMBOLS]; /* of each symbol's code; 0: unused */
	uint16_t codes[HUFFMAN_SYMBOLS];
};

static unsigned high_bit(unsigned distance)
{
	return 31u - (unsigned)__builtin_clz(distance);
}

static unsigned symbol_of(struct token t)
{
	unsigned length = t.length < HUFFMAN_LENGTH ? t.length : HUFFMAN_LENGTH;

	if (t.distance == 0) {
		return t.length;
	}
	return 256 + length + 16 * high_bit(t.distance);
}

/* --------------------------------------------------------- LZ77, 2.1.4.1 */

static void add_token(struct work *w, size_t distance, size_t length)
{
	struct token t = {(uint16_t)distance, (uint16_t)length};

	w->tokens[w->token_count++] = t;
	w->counts[symbol_of(t)]++;
}

static void find_tokens(struct work *w, size_t from, size_t end)
{
	size_t at = from;
	size_t misses = 0;

	w->token_count = 0;
	memset(w->counts, 0, sizeof(w->counts));
	while (at < end) {
		struct match m = match_find(&w->finder, at, 0, end - at);
		size_t pass = 0;

		if (m.length > 0) {
			add_token(w, m.distance, m.length - MATCH_MIN);
			match_insert_all(&w->finder, at + 1, at + m.length);
			at += m.length;
			misses = 0;
			continue;
		}
		for (pass = 1 + (misses++ >> MATCH_PATIENCE);
		     pass > 0 && at < end; pass--) {
			add_token(w, 0, w->finder.data[at++]);
		}
	}
	/* The end; each block has it in its codes, so that there are two. */
	w->counts[HUFFMAN_END]++;
}

/* --------------------------------------------------------- codes, 2.1.4.2 */

struct tree {
	uint32_t weight[2 * HUFFMAN_SYMBOLS];
	uint16_t parent[2 * HUFFMAN_SYMBOLS];
	uint16_t symbol[HUFFMAN_SYMBOLS]; /* of a leaf, the rarest first */
	unsigned leaves;
};

static int rarer(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void plant(struct tree *t, const uint32_t counts[HUFFMAN_SYMBOLS])
{
	uint64_t keys[HUFFMAN_SYMBOLS];
	unsigned i = 0;

	t->leaves = 0;
	for (i = 0; i < HUFFMAN_SYMBOLS; i++) {
		if (counts[i] != 0) {
			keys[t->leaves++] = (uint64_t)counts[i] << 16 | i;
		}
	}
	/* The symbol decides between equals, so the order is a stable one. */
	qsort(keys, t->leaves, sizeof(keys[0]), rarer);
	for (i = 0; i < t->leaves; i++) {
		t->weight[i] = (uint32_t)(keys[i] >> 16);
		t->symbol[i] = (uint16_t)keys[i];
	}
}

/* The lighter of the next leaf and the next inner node; leaves win ties. */
static unsigned lightest(const struct tree *t, unsigned *leaf, unsigned *inner,
			 unsigned made)
{
	if (*leaf < t->leaves &&
	    (*inner >= made || t->weight[*leaf] <= t->weight[*inner])) {
		return (*leaf)++;
	}
	return (*inner)++;
}

static void grow(struct tree *t)
{
	unsigned leaf = 0;
	unsigned inner = t->leaves;
	unsigned made = t->leaves;

	for (; made < 2 * t->leaves - 1; made++) {
		unsigned a = lightest(t, &leaf, &inner, made);
		unsigned b = lightest(t, &leaf, &inner, made);

		t->weight[made] = t->weight[a] + t->weight[b];
		t->parent[a] = (uint16_t)made;
		t->parent[b] = (uint16_t)made;
	}
}

/* False: a code would be longer than the format can tell. */
static bool measure(struct tree *t, uint8_t bits[HUFFMAN_SYMBOLS])
{
	uint8_t depth[2 * HUFFMAN_SYMBOLS] = {0};
	unsigned root = 2 * t->leaves - 2;
	unsigned i = 0;

	memset(bits, 0, HUFFMAN_SYMBOLS);
	for (i = root; i-- > 0;) {
		unsigned d = depth[t->parent[i]] + 1u;

		if (d > HUFFMAN_MAX_BITS) {
			return false;
		}
		depth[i] = (uint8_t)d;
		if (i < t->leaves) {
			bits[t->symbol[i]] = (uint8_t)d;
		}
	}
	return true;
}

static void make_codes(struct work *w)
{
	struct tree t = {0};
	unsigned code = 0;
	unsigned bits = 0;
	unsigned i = 0;

	plant(&t, w->counts);
	grow(&t);
	while (!measure(&t, w->bits)) {
		/* Flatter, until it fits: all counts end as one. */
		for (i = 0; i < HUFFMAN_SYMBOLS; i++) {
			w->counts[i] = (w->counts[i] + 1) / 2;
		}
		plant(&t, w->counts);
		grow(&t);
	}
	for (bits = 1; bits <= HUFFMAN_MAX_BITS; bits++) {
		for (i = 0; i < HUFFMAN_SYMBOLS; i++) {
			if (w->bits[i] == bits) {
				w->codes[i] = (uint16_t)code++;
			}
		}
		code <<= 1;
	}
}

/* -------------------------------------------------------- output, 2.1.4.3 */

struct bit_writer {
	uint8_t *buf;
	size_t used; /* the next bytes go here */
	size_t now;  /* where the word goes that is being filled */
	size_t next; /* and the one after it */
	uint32_t word;
	unsigned room; /* bits free in word */
};

static void put_bits(struct bit_writer *o, unsigned count, unsigned value)
{
	if (o->room >= count) {
		o->room -= count;
		o->word = o->word << count | value;
		return;
	}
	count -= o->room;
	wire_store_le(o->buf + o->now, o->word << o->room | value >> count, 2);
	o->now = o->next;
	o->next = o->used;
	o->used += 2;
	o->word = value & ((1u << count) - 1);
	o->room = 16 - count;
}

static void put_length(struct bit_writer *o, unsigned length)
{
	if (length - HUFFMAN_LENGTH < 255) {
		o->buf[o->used++] = (uint8_t)(length - HUFFMAN_LENGTH);
		return;
	}
	o->buf[o->used++] = 255;
	wire_store_le(o->buf + o->used, length, 2);
	o->used += 2;
}

static void put_token(struct bit_writer *o, const struct work *w,
		      struct token t)
{
	unsigned symbol = symbol_of(t);

	put_bits(o, w->bits[symbol], w->codes[symbol]);
	if (t.distance == 0) {
		return;
	}
	if (t.length >= HUFFMAN_LENGTH) {
		put_length(o, t.length);
	}
	put_bits(o, high_bit(t.distance),
		 t.distance - (1u << high_bit(t.distance)));
}

static void put_table(const struct work *w, uint8_t *out)
{
	size_t i = 0;

	for (i = 0; i < HUFFMAN_TABLE; i++) {
		out[i] = (uint8_t)(w->bits[2 * i] | w->bits[2 * i + 1] << 4);
	}
}

/* Appends a block; false: it does not fit. */
static bool put_block(const struct work *w, uint8_t *out, size_t cap,
		      size_t *used, bool last)
{
	struct bit_writer o = {.buf = out, .room = 16};
	size_t i = 0;

	if (cap - *used < HUFFMAN_TABLE + 4 + COMPRESS_SLACK) {
		return false;
	}
	put_table(w, out + *used);
	o.now = *used + HUFFMAN_TABLE;
	o.next = o.now + 2;
	o.used = o.now + 4;
	for (i = 0; i < w->token_count; i++) {
		if (cap - o.used < COMPRESS_SLACK) {
			return false;
		}
		put_token(&o, w, w->tokens[i]);
	}
	if (last) {
		put_bits(&o, w->bits[HUFFMAN_END], w->codes[HUFFMAN_END]);
	}
	wire_store_le(out + o.now, o.word << o.room, 2);
	wire_store_le(out + o.next, 0, 2);
	*used = o.used;
	return true;
}

static size_t all_blocks(struct work *w, uint8_t *out, size_t cap)
{
	size_t len = w->finder.len;
	size_t used = 0;
	size_t at = 0;

	do {
		size_t end =
			len - at < HUFFMAN_BLOCK ? len : at + HUFFMAN_BLOCK;

		find_tokens(w, at, end);
		if (w->token_count == 0) {
			w->counts[0]++; /* of nothing, one code is no code */
		}
		make_codes(w);
		if (!put_block(w, out, cap, &used, end == len)) {
			return 0;
		}
		at = end;
	} while (at < len);
	return used;
}

size_t lz77_huffman_compress(const uint8_t *in, size_t len, uint8_t *out,
			     size_t cap)
{
	struct work *w = calloc(1, sizeof(*w));
	size_t used = 0;

	if (w == NULL) {
		return 0;
	}
	match_finder_init(&w->finder, in, len, MATCH_WINDOW, HUFFMAN_REACH,
			  HUFFMAN_DEPTH);
	used = all_blocks(w, out, cap);
	free(w);
	return used;
}
