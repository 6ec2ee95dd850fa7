/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every algorithm of compression must do: give back what it took, refuse
 * what is broken, and stay within its bounds whatever comes.
 */
#ifndef TESTS_FIXTURE_COMPRESS_H
#define TESTS_FIXTURE_COMPRESS_H

#include <stdlib.h>
#include <string.h>

#include "smbquic/compress.h"
#include "smbquic/smb2.h"
#include "tests/testlib.h"
#include "tests/testlib_hex.h"

/* The same numbers in each run. */
static inline uint32_t fixture_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

enum fixture_kind {
	FIXTURE_ZEROS,
	FIXTURE_RANDOM,
	FIXTURE_TEXT,	/* words of a small dictionary */
	FIXTURE_PERIOD, /* random, repeated at a distance that varies */
	FIXTURE_BIASED, /* few values, no repetitions to speak of */
	FIXTURE_MIXED,	/* all of them in turn */
	FIXTURE_KINDS
};

static inline void fixture_fill_one(uint8_t *p, size_t len,
				    enum fixture_kind kind, uint32_t *seed)
{
	static const char words[] = "the file server over quic and a client "
				    "that reads what another one wrote ";
	size_t period = 1 + fixture_random(seed) % 9000;
	size_t i = 0;

	while (i < len) {
		uint32_t r = fixture_random(seed);
		size_t n = 1;

		if (kind == FIXTURE_TEXT) {
			size_t from = r % 40;

			n = 3 + (r >> 8) % 20;
			n = n < len - i ? n : len - i;
			memcpy(p + i, words + from, n);
		} else if (kind == FIXTURE_ZEROS) {
			p[i] = 0;
		} else if (kind == FIXTURE_PERIOD && i >= period) {
			p[i] = p[i - period];
		} else if (kind == FIXTURE_BIASED) {
			p[i] = (uint8_t)(__builtin_ctz(r | 1u << 12) * 17);
		} else {
			p[i] = (uint8_t)r;
		}
		i += n;
	}
}

static inline uint8_t *fixture_data(TALLOC_CTX *mem_ctx, size_t len,
				    enum fixture_kind kind, uint32_t seed)
{
	uint8_t *p = talloc_size(mem_ctx, len + 1);
	size_t i = 0;

	if (kind != FIXTURE_MIXED) {
		fixture_fill_one(p, len, kind, &seed);
		return p;
	}
	while (i < len) {
		size_t n = 1 + fixture_random(&seed) % 5000;

		n = n < len - i ? n : len - i;
		fixture_fill_one(p + i, n,
				 fixture_random(&seed) % FIXTURE_MIXED, &seed);
		i += n;
	}
	return p;
}

/* In a place of its own, so that a sanitizer sees each byte too many. */
static inline bool fixture_opens(uint16_t algorithm, const uint8_t *in,
				 size_t len, const uint8_t *want, size_t size)
{
	uint8_t *exact = malloc(len + (len == 0));
	uint8_t *out = malloc(size + (size == 0));
	bool ok = false;

	memcpy(exact, in, len);
	ok = decompress_bytes(algorithm, exact, len, out, size);
	if (ok && want != NULL) {
		assert_memory_equal(out, want, size);
	}
	free(exact);
	free(out);
	return ok;
}

/* The compressed bytes, child of mem_ctx. */
static inline struct wire_slice fixture_pack(TALLOC_CTX *mem_ctx,
					     uint16_t algorithm,
					     const uint8_t *data, size_t len)
{
	size_t cap = len + len / 8 + 1024;
	uint8_t *out = talloc_size(mem_ctx, cap);
	size_t n = compress_bytes(algorithm, data, len, out, cap);

	assert_in_range(n, 1, cap);
	return wire_slice(out, n);
}

static inline void fixture_round_trip(uint16_t algorithm, const uint8_t *data,
				      size_t len)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice packed = fixture_pack(mem_ctx, algorithm, data, len);

	assert_true(
		fixture_opens(algorithm, packed.data, packed.len, data, len));
	assert_false(fixture_opens(algorithm, packed.data, packed.len, NULL,
				   len + 1));
	/* Only LZ77+Huffman cannot tell its end for certain: the symbol for
	 * it is one of a match too. */
	if (len > 1 && algorithm != SMB2_COMPRESSION_LZ77_HUFFMAN) {
		assert_false(fixture_opens(algorithm, packed.data, packed.len,
					   NULL, len - 1));
	}
	talloc_free(mem_ctx);
}

static inline void fixture_round_trips(uint16_t algorithm)
{
	static const size_t lengths[] = {
		1,    2,    3,	  4,	 5,	7,     8,     31,     32,
		33,   63,   64,	  65,	 300,	1024,  4095,  4096,   4097,
		8191, 8192, 8193, 12289, 65535, 65536, 65537, 131072, 131073,
	};
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	uint32_t seed = 1;
	size_t i = 0;
	int kind = 0;

	for (kind = 0; kind < FIXTURE_KINDS; kind++) {
		for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			uint8_t *data =
				fixture_data(mem_ctx, lengths[i], kind, seed++);

			fixture_round_trip(algorithm, data, lengths[i]);
			talloc_free(data);
		}
	}
	for (i = 0; i < 60; i++) {
		size_t len = 1 + fixture_random(&seed) % 100000;
		uint8_t *data =
			fixture_data(mem_ctx, len, FIXTURE_MIXED, seed++);

		fixture_round_trip(algorithm, data, len);
		talloc_free(data);
	}
	talloc_free(mem_ctx);
}

/* Never more than cap is written, and what is given is whole. */
static inline void fixture_caps(uint16_t algorithm)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const size_t len = 6000;
	uint8_t *data = fixture_data(mem_ctx, len, FIXTURE_MIXED, 5);
	size_t needed = fixture_pack(mem_ctx, algorithm, data, len).len;
	size_t cap = 0;

	for (cap = 0; cap < needed + 200; cap += 7) {
		uint8_t *out = malloc(cap + (cap == 0));
		size_t n = compress_bytes(algorithm, data, len, out, cap);

		assert_true(n <= cap);
		if (n > 0) {
			assert_true(
				fixture_opens(algorithm, out, n, data, len));
		} else {
			/* LZ4 wants to see some room more */
			assert_true(cap < needed + 64);
		}
		free(out);
	}
	talloc_free(mem_ctx);
}

/* Every truncation, every changed byte, and noise. */
static inline void fixture_hostile(uint16_t algorithm)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	const size_t len = 700;
	uint8_t *data = fixture_data(mem_ctx, len, FIXTURE_TEXT, 3);
	struct wire_slice packed = fixture_pack(mem_ctx, algorithm, data, len);
	uint8_t *copy = talloc_memdup(mem_ctx, packed.data, packed.len);
	uint32_t seed = 77;
	size_t i = 0;

	for (i = 0; i < packed.len; i++) {
		/* what it opens to, if it does, is the same */
		fixture_opens(algorithm, packed.data, i, data, len);
	}
	assert_false(fixture_opens(algorithm, packed.data, packed.len / 2, NULL,
				   len));
	for (i = 0; i < packed.len; i++) {
		unsigned bit = 0;

		for (bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1u << bit);
			fixture_opens(algorithm, copy, packed.len, NULL, len);
			copy[i] ^= (uint8_t)(1u << bit);
		}
	}
	for (i = 0; i < 2000; i++) {
		size_t n = fixture_random(&seed) % packed.len;
		size_t size = fixture_random(&seed) % 20000;
		size_t k = 0;

		for (k = fixture_random(&seed) % (n + 1); k < n; k++) {
			copy[k] = (uint8_t)fixture_random(&seed);
		}
		fixture_opens(algorithm, copy, n, NULL, size);
		memcpy(copy, packed.data, packed.len);
	}
	talloc_free(mem_ctx);
}

/* "abc" a hundred times. */
static inline void fixture_abc(uint8_t out[300])
{
	int i = 0;

	for (i = 0; i < 300; i++) {
		out[i] = (uint8_t)("abc"[i % 3]);
	}
}

/* A vector of MS-XCA: both directions, byte for byte unless ours is shorter. */
static inline void fixture_vector(uint16_t algorithm, const uint8_t *plain,
				  size_t len, const char *hex)
{
	TALLOC_CTX *mem_ctx = talloc_new(NULL);
	struct wire_slice want = testlib_hex(mem_ctx, hex);
	struct wire_slice got = fixture_pack(mem_ctx, algorithm, plain, len);

	assert_true(fixture_opens(algorithm, want.data, want.len, plain, len));
	assert_true(fixture_opens(algorithm, got.data, got.len, plain, len));
	assert_in_range(got.len, 1, want.len);
	if (got.len == want.len) {
		assert_memory_equal(got.data, want.data, want.len);
	}
	talloc_free(mem_ctx);
}

#endif
