/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wire cursor: the only way to bytes that come from, or go to, a peer.
 *
 * A reader and a writer are two types. Each has a failure flag that sticks:
 * reading past the end yields zero and sets it, a writer that is full or out
 * of memory sets it and stays as it is. So a sequence of reads or writes needs
 * one check, at its end.
 *
 * Three more tools keep variable data inside its window:
 *
 *   slice   (offset, length), checked against the message;
 *   walker  through lists whose entries begin with the 32-bit offset of the
 *           next one (minimum size, alignment, forward progress);
 *   chain   the same lists, written.
 *
 * Integers are little-endian unless the name says "be". Nothing here allocates
 * except a writer made by wire_writer_talloc().
 */
#ifndef SMBQUIC_WIRE_H
#define SMBQUIC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <talloc.h>

/* Largest message: the three length bytes of MS-SMB2 2.1. */
#define WIRE_LIMIT ((size_t)0xFFFFFF)

/* ------------------------------------------------------------------ slice */

/*
 * Bytes that belong to somebody else, most often to the message they were
 * decoded from; they live exactly as long as their owner. An empty slice may
 * have data == NULL.
 */
struct wire_slice {
	const uint8_t *data;
	size_t len;
};

static inline struct wire_slice wire_slice(const void *data, size_t len)
{
	struct wire_slice s = {.data = (const uint8_t *)data, .len = len};

	return s;
}

static inline bool wire_slice_equal(struct wire_slice a, struct wire_slice b)
{
	if (a.len != b.len) {
		return false;
	}
	return a.len == 0 || memcmp(a.data, b.data, a.len) == 0;
}

/* ----------------------------------------------------------------- reader */

/*
 * data..len is the window, pos the next byte, offsets count from data. For a
 * PDU the window begins with its SMB2 header, so that the offsets on the wire
 * are the offsets here.
 */
struct wire_reader {
	const uint8_t *data;
	size_t len;
	size_t pos;
	bool failed;
};

static inline struct wire_reader wire_reader(const uint8_t *data, size_t len)
{
	struct wire_reader r = {.data = data, .len = len};

	return r;
}

static inline struct wire_reader wire_reader_of(struct wire_slice s)
{
	return wire_reader(s.data, s.len);
}

static inline bool wire_reader_ok(const struct wire_reader *r)
{
	return !r->failed;
}

/* For a value that is well-formed but not permitted. */
static inline void wire_reader_fail(struct wire_reader *r)
{
	r->failed = true;
}

static inline size_t wire_left(const struct wire_reader *r)
{
	return r->failed ? 0 : r->len - r->pos;
}

/*
 * The next n bytes, borrowed. On failure an empty slice, so data must not be
 * looked at before len.
 */
static inline struct wire_slice wire_get(struct wire_reader *r, size_t n)
{
	struct wire_slice s = {0};

	if (r->failed || n > r->len - r->pos) {
		r->failed = true;
		return s;
	}
	if (n > 0) {
		s = wire_slice(r->data + r->pos, n);
		r->pos += n;
	}
	return s;
}

/* All that is left. */
static inline struct wire_slice wire_get_rest(struct wire_reader *r)
{
	return wire_get(r, wire_left(r));
}

/* n bytes copied out; zeros on failure. */
static inline void wire_get_bytes(struct wire_reader *r, void *dst, size_t n)
{
	struct wire_slice s = wire_get(r, n);

	if (s.len == n && n > 0) {
		memcpy(dst, s.data, n);
	} else if (n > 0) {
		memset(dst, 0, n);
	}
}

static inline void wire_skip(struct wire_reader *r, size_t n)
{
	(void)wire_get(r, n);
}

/*
 * Moves to the next multiple of align, a power of two, counted from the
 * window's beginning. Padding that is missing at the very end is no failure.
 */
static inline void wire_get_align(struct wire_reader *r, size_t align)
{
	size_t n = (align - (r->pos & (align - 1))) & (align - 1);

	wire_skip(r, n < wire_left(r) ? n : wire_left(r));
}

static inline uint64_t wire_get_le(struct wire_reader *r, size_t n)
{
	struct wire_slice s = wire_get(r, n);
	uint64_t v = 0;
	size_t i = 0;

	for (i = s.len; i > 0; i--) {
		v = v << 8 | s.data[i - 1];
	}
	return v;
}

static inline uint64_t wire_get_be(struct wire_reader *r, size_t n)
{
	struct wire_slice s = wire_get(r, n);
	uint64_t v = 0;
	size_t i = 0;

	for (i = 0; i < s.len; i++) {
		v = v << 8 | s.data[i];
	}
	return v;
}

static inline uint8_t wire_get_u8(struct wire_reader *r)
{
	return (uint8_t)wire_get_le(r, 1);
}

static inline uint16_t wire_get_u16(struct wire_reader *r)
{
	return (uint16_t)wire_get_le(r, 2);
}

static inline uint32_t wire_get_u32(struct wire_reader *r)
{
	return (uint32_t)wire_get_le(r, 4);
}

static inline uint64_t wire_get_u64(struct wire_reader *r)
{
	return wire_get_le(r, 8);
}

static inline uint16_t wire_get_be16(struct wire_reader *r)
{
	return (uint16_t)wire_get_be(r, 2);
}

static inline uint32_t wire_get_be24(struct wire_reader *r)
{
	return (uint32_t)wire_get_be(r, 3);
}

static inline uint32_t wire_get_be32(struct wire_reader *r)
{
	return (uint32_t)wire_get_be(r, 4);
}

static inline uint64_t wire_get_be64(struct wire_reader *r)
{
	return wire_get_be(r, 8);
}

/*
 * Variable data by offset and length, as the fixed part of a message names it.
 * It must lie behind everything read so far and inside the window. A length of
 * zero is an empty slice whatever the offset. The position does not move.
 */
static inline struct wire_slice wire_get_at(struct wire_reader *r,
					    size_t offset, size_t len)
{
	struct wire_slice s = {0};

	if (r->failed || len == 0) {
		return s;
	}
	if (offset < r->pos || offset > r->len || len > r->len - offset) {
		r->failed = true;
		return s;
	}
	return wire_slice(r->data + offset, len);
}

/* As wire_get_at(), from offset to the end of the window. */
static inline struct wire_slice wire_get_from(struct wire_reader *r,
					      size_t offset)
{
	struct wire_slice s = {0};

	if (r->failed || offset < r->pos || offset > r->len) {
		r->failed = true;
		return s;
	}
	return wire_slice(r->data + offset, r->len - offset);
}

/* ----------------------------------------------------------------- walker */

/*
 *	struct wire_walker walker = wire_walker(list, 20, 4);
 *	struct wire_slice entry = {0};
 *
 *	while (wire_walk(&walker, &entry)) {
 *		...
 *	}
 *	if (!wire_walker_ok(&walker)) {
 *		the list was malformed
 *	}
 *
 * An entry reaches from its own next-offset field to the next entry, or to the
 * end of the list. Each has at least min bytes (min >= 4), each offset is a
 * multiple of align (1: any). An empty list is a list of no entries.
 */
struct wire_walker {
	struct wire_slice rest;
	size_t min;
	size_t align;
	bool failed;
};

static inline struct wire_walker wire_walker(struct wire_slice list, size_t min,
					     size_t align)
{
	struct wire_walker w = {.rest = list, .min = min, .align = align};

	return w;
}

static inline bool wire_walker_ok(const struct wire_walker *w)
{
	return !w->failed;
}

static inline bool wire_walk(struct wire_walker *w, struct wire_slice *entry)
{
	struct wire_reader r = wire_reader_of(w->rest);
	size_t next = 0;

	*entry = wire_slice(NULL, 0);
	if (w->failed || w->rest.len == 0) {
		return false;
	}
	next = wire_get_u32(&r);
	if (w->rest.len < w->min || !wire_reader_ok(&r)) {
		w->failed = true;
		return false;
	}
	if (next == 0) {
		*entry = w->rest;
		w->rest = wire_slice(NULL, 0);
		return true;
	}
	if (next < w->min || next % w->align != 0 || next >= w->rest.len) {
		w->failed = true;
		return false;
	}
	*entry = wire_slice(w->rest.data, next);
	w->rest = wire_slice(w->rest.data + next, w->rest.len - next);
	return true;
}

/* ----------------------------------------------------------------- writer */

/*
 * Appends to buf. base is the position from which offsets count: the beginning
 * of the PDU's SMB2 header. A fixed writer (mem_ctx NULL) fails when the buffer
 * is full, a growing one when limit is reached or memory is short. What was
 * written before the failure stays intact.
 */
struct wire_writer {
	uint8_t *buf;
	size_t len;
	size_t cap;
	size_t base;
	size_t limit;
	TALLOC_CTX *mem_ctx;
	bool failed;
};

/* Writes into buf, which the caller owns. */
static inline struct wire_writer wire_writer_fixed(void *buf, size_t cap)
{
	struct wire_writer w = {
		.buf = (uint8_t *)buf, .cap = cap, .limit = cap};

	return w;
}

/*
 * Writes into a buffer that belongs to mem_ctx (not NULL) and grows up to
 * WIRE_LIMIT; lower .limit for less. Nothing is allocated before the first
 * byte.
 */
static inline struct wire_writer wire_writer_talloc(TALLOC_CTX *mem_ctx)
{
	struct wire_writer w = {.mem_ctx = mem_ctx, .limit = WIRE_LIMIT};

	return w;
}

static inline bool wire_writer_ok(const struct wire_writer *w)
{
	return !w->failed;
}

static inline void wire_writer_fail(struct wire_writer *w)
{
	w->failed = true;
}

/* What was written since the writer was made; empty after a failure. */
static inline struct wire_slice wire_writer_slice(const struct wire_writer *w)
{
	return w->failed ? wire_slice(NULL, 0) : wire_slice(w->buf, w->len);
}

/* The position, counted from base: the number an offset field wants. */
static inline size_t wire_tell(const struct wire_writer *w)
{
	return w->len - w->base;
}

/* Offsets count from here on. */
static inline void wire_rebase(struct wire_writer *w)
{
	w->base = w->len;
}

/* The limit was looked at: len + n is within it. */
static inline bool wire_grow(struct wire_writer *w, size_t n)
{
	size_t cap = w->cap < 256 ? 256 : w->cap;
	uint8_t *buf = NULL;

	if (w->mem_ctx == NULL) {
		return false;
	}
	while (cap - w->len < n) {
		cap *= 2;
	}
	cap = cap < w->limit ? cap : w->limit;
	buf = talloc_realloc(w->mem_ctx, w->buf, uint8_t, cap);
	if (buf == NULL) {
		return false;
	}
	w->buf = buf;
	w->cap = cap;
	return true;
}

/*
 * n more bytes, not initialised, to be filled by the caller before the next
 * call on this writer; NULL on failure and for n == 0.
 */
static inline uint8_t *wire_put_space(struct wire_writer *w, size_t n)
{
	uint8_t *p = NULL;

	if (w->failed || n == 0) {
		return NULL;
	}
	if (w->len > w->limit || n > w->limit - w->len ||
	    (n > w->cap - w->len && !wire_grow(w, n))) {
		w->failed = true;
		return NULL;
	}
	p = w->buf + w->len;
	w->len += n;
	return p;
}

static inline void wire_put(struct wire_writer *w, const void *src, size_t n)
{
	uint8_t *p = wire_put_space(w, n);

	if (p != NULL) {
		memcpy(p, src, n);
	}
}

static inline void wire_put_slice(struct wire_writer *w, struct wire_slice s)
{
	wire_put(w, s.data, s.len);
}

static inline void wire_put_zeros(struct wire_writer *w, size_t n)
{
	uint8_t *p = wire_put_space(w, n);

	if (p != NULL) {
		memset(p, 0, n);
	}
}

/* Zeros up to the next multiple of align (a power of two) from base. */
static inline void wire_put_align(struct wire_writer *w, size_t align)
{
	size_t at = wire_tell(w);

	wire_put_zeros(w, (align - (at & (align - 1))) & (align - 1));
}

static inline void wire_store_le(uint8_t *p, uint64_t v, size_t n)
{
	size_t i = 0;

	for (i = 0; i < n; i++) {
		p[i] = (uint8_t)(v >> (8 * i));
	}
}

static inline void wire_store_be(uint8_t *p, uint64_t v, size_t n)
{
	size_t i = 0;

	for (i = 0; i < n; i++) {
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	}
}

static inline void wire_put_le(struct wire_writer *w, uint64_t v, size_t n)
{
	uint8_t *p = wire_put_space(w, n);

	if (p != NULL) {
		wire_store_le(p, v, n);
	}
}

static inline void wire_put_be(struct wire_writer *w, uint64_t v, size_t n)
{
	uint8_t *p = wire_put_space(w, n);

	if (p != NULL) {
		wire_store_be(p, v, n);
	}
}

static inline void wire_put_u8(struct wire_writer *w, uint8_t v)
{
	wire_put_le(w, v, 1);
}

static inline void wire_put_u16(struct wire_writer *w, uint16_t v)
{
	wire_put_le(w, v, 2);
}

static inline void wire_put_u32(struct wire_writer *w, uint32_t v)
{
	wire_put_le(w, v, 4);
}

static inline void wire_put_u64(struct wire_writer *w, uint64_t v)
{
	wire_put_le(w, v, 8);
}

static inline void wire_put_be16(struct wire_writer *w, uint16_t v)
{
	wire_put_be(w, v, 2);
}

static inline void wire_put_be24(struct wire_writer *w, uint32_t v)
{
	wire_put_be(w, v, 3);
}

static inline void wire_put_be32(struct wire_writer *w, uint32_t v)
{
	wire_put_be(w, v, 4);
}

static inline void wire_put_be64(struct wire_writer *w, uint64_t v)
{
	wire_put_be(w, v, 8);
}

/*
 * Sizes and offsets into narrower fields: a value that does not fit is a
 * failure, never a silent truncation.
 */
static inline void wire_put_size8(struct wire_writer *w, size_t v)
{
	w->failed = w->failed || v > UINT8_MAX;
	wire_put_u8(w, (uint8_t)v);
}

static inline void wire_put_size16(struct wire_writer *w, size_t v)
{
	w->failed = w->failed || v > UINT16_MAX;
	wire_put_u16(w, (uint16_t)v);
}

static inline void wire_put_size32(struct wire_writer *w, size_t v)
{
	w->failed = w->failed || v > UINT32_MAX;
	wire_put_u32(w, (uint32_t)v);
}

/*
 * Fields whose value is known later: write zeros, remember wire_tell(), patch.
 * at counts from base, and all n bytes must have been written.
 */
static inline void wire_patch(struct wire_writer *w, size_t at, uint64_t v,
			      size_t n)
{
	if (w->failed || at > wire_tell(w) || n > wire_tell(w) - at ||
	    (n < 8 && v >> (8 * n) != 0)) {
		w->failed = true;
		return;
	}
	wire_store_le(w->buf + w->base + at, v, n);
}

static inline void wire_patch_u16(struct wire_writer *w, size_t at, size_t v)
{
	wire_patch(w, at, v, 2);
}

static inline void wire_patch_u32(struct wire_writer *w, size_t at, size_t v)
{
	wire_patch(w, at, v, 4);
}

/*
 * Takes back everything written since len was len, and a failure with it: for
 * builders that try one more entry and do without it when it does not fit.
 */
static inline void wire_rollback(struct wire_writer *w, size_t len)
{
	if (len <= w->len) {
		w->len = len;
		w->failed = false;
	}
}

/* ------------------------------------------------------------------ chain */

/*
 *	struct wire_chain chain = wire_chain(&w, 8);
 *
 *	wire_chain_entry(&chain);	writes the next-offset field, zero
 *	wire_put_...			the rest of the entry
 *
 * wire_chain_entry() pads the entry before to align, counted from the list's
 * first byte, and points it to the new one. The last entry keeps its zero, and
 * no padding.
 */
struct wire_chain {
	struct wire_writer *w;
	size_t start;
	size_t last;
	size_t align;
	bool any;
};

static inline struct wire_chain wire_chain(struct wire_writer *w, size_t align)
{
	struct wire_chain c = {
		.w = w, .start = w->len, .last = w->len, .align = align};

	return c;
}

static inline void wire_chain_entry(struct wire_chain *c)
{
	size_t at = c->w->len - c->start;
	size_t pad = (c->align - (at & (c->align - 1))) & (c->align - 1);

	if (c->any) {
		wire_put_zeros(c->w, pad);
	}
	if (c->any && !c->w->failed) {
		wire_store_le(c->w->buf + c->last, c->w->len - c->last, 4);
	}
	c->last = c->w->len;
	c->any = true;
	wire_put_u32(c->w, 0);
}

/*
 * Undoes the entry begun after *before was copied from the chain: the list is
 * again what it was then.
 */
static inline void wire_chain_rollback(struct wire_chain *c,
				       const struct wire_chain *before,
				       size_t len)
{
	wire_rollback(c->w, len);
	*c = *before;
	if (c->any && !c->w->failed) {
		wire_store_le(c->w->buf + c->last, 0, 4);
	}
}

#endif
