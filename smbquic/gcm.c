/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gcm.c - AES-GCM by VAES and VPCLMULQDQ.
 *
 * Blocks are held with their bytes reversed where they are numbers: the
 * counter, and what GHASH multiplies. GHASH's field has its bits mirrored as
 * well, which costs a shift by one with each product; H is shifted once
 * instead (gcm_key_new). A product has 256 bits; those of eight blocks are
 * summed before one reduction modulo x^128 + x^127 + x^126 + x^121 + 1, which
 * takes two multiplications by the polynomial's upper half.
 *
 * The processor overlaps the multiplications of one round of the loops with
 * the AES of the next by itself: nothing in them waits for each other.
 */
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "smbquic/gcm.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define FAST	       __attribute__((target("aes,pclmul,avx2,vaes,vpclmulqdq")))
#define INLINE	       FAST __attribute__((always_inline)) static inline
#define KEYS_MAX       15 /* of the rounds of AES-256, and one */
#define POWERS	       8
#define CHUNK	       (POWERS * GCM_BLOCK)
#define SHORT	       64 /* bytes of AAD */
#define HALVES_SWAPPED 0x4e

struct gcm_key {
	__m128i round[KEYS_MAX];
	/* H^8 to H; and of each the sum of both halves (Karatsuba) */
	__m128i power[POWERS];
	__m128i folded[POWERS];
	int rounds;
};

/* One message on its way. */
struct gcm {
	const struct gcm_key *key;
	__m128i hash;
	__m128i counter; /* of the next block */
	__m128i mask;	 /* of the tag */
	uint8_t stream[GCM_BLOCK];
	uint8_t part[GCM_BLOCK]; /* ciphertext that is no block yet */
	size_t fill;		 /* how much of it; 0: stream is spent */
};

/* Not every compiler has names for these two. With AVX2 the system saves the
 * registers that they work on. */
static bool has_wide(void)
{
	const unsigned wanted = 1u << 9 | 1u << 10; /* VAES, VPCLMULQDQ */
	unsigned a = 0, b = 0, c = 0, d = 0;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
	       (c & wanted) == wanted;
}

bool gcm_usable(void)
{
	static int usable = -1; /* every thread would find the same */
	int found = __atomic_load_n(&usable, __ATOMIC_RELAXED);

	if (found == -1) {
		const char *set = secure_getenv("SMBQUIC_GCM");

		__builtin_cpu_init();
		found = (set == NULL || strcmp(set, "0") != 0) &&
			__builtin_cpu_supports("aes") &&
			__builtin_cpu_supports("pclmul") &&
			__builtin_cpu_supports("avx2") && has_wide();
		__atomic_store_n(&usable, found, __ATOMIC_RELAXED);
	}
	return found == 1;
}

INLINE __m128i load(const void *from)
{
	return _mm_loadu_si128(from);
}

INLINE void store(void *to, __m128i value)
{
	_mm_storeu_si128(to, value);
}

INLINE __m256i load2(const void *from)
{
	return _mm256_loadu_si256(from);
}

INLINE void store2(void *to, __m256i value)
{
	_mm256_storeu_si256(to, value);
}

INLINE __m128i reversed(__m128i a)
{
	return _mm_shuffle_epi8(a, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
						10, 11, 12, 13, 14, 15));
}

INLINE __m256i reversed2(__m256i a)
{
	return _mm256_shuffle_epi8(
		a, _mm256_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
				   14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
				   12, 13, 14, 15));
}

/* --- GHASH --------------------------------------------------------------- */

/* A sum of products that is not reduced yet. */
struct product {
	__m128i low, middle, high;
};

INLINE __m128i halves_summed(__m128i a)
{
	return _mm_xor_si128(a, _mm_shuffle_epi32(a, HALVES_SWAPPED));
}

/* low and high as they are, middle still with both of them in it. */
INLINE void multiply_add(struct product *p, __m128i a, __m128i power,
			 __m128i folded)
{
	p->low = _mm_xor_si128(p->low, _mm_clmulepi64_si128(a, power, 0x00));
	p->high = _mm_xor_si128(p->high, _mm_clmulepi64_si128(a, power, 0x11));
	p->middle = _mm_xor_si128(
		p->middle, _mm_clmulepi64_si128(halves_summed(a), folded, 0));
}

INLINE __m128i reduce(const struct product *p)
{
	const __m128i polynomial =
		_mm_set_epi64x((long long)0xc200000000000000ull, 1);
	__m128i m = _mm_xor_si128(p->middle, _mm_xor_si128(p->low, p->high));
	__m128i h = p->high;

	m = _mm_xor_si128(m, _mm_shuffle_epi32(p->low, HALVES_SWAPPED));
	m = _mm_xor_si128(m, _mm_clmulepi64_si128(polynomial, p->low, 0x01));
	h = _mm_xor_si128(h, _mm_shuffle_epi32(m, HALVES_SWAPPED));
	return _mm_xor_si128(h, _mm_clmulepi64_si128(polynomial, m, 0x01));
}

INLINE __m128i multiply(__m128i a, __m128i b)
{
	struct product p = {_mm_setzero_si128(), _mm_setzero_si128(),
			    _mm_setzero_si128()};

	multiply_add(&p, a, b, halves_summed(b));
	return reduce(&p);
}

/* Up to POWERS whole blocks. */
INLINE __m128i hash_blocks(const struct gcm_key *k, __m128i hash,
			   const uint8_t *data, size_t blocks)
{
	struct product p = {_mm_setzero_si128(), _mm_setzero_si128(),
			    _mm_setzero_si128()};
	size_t at = POWERS - blocks;
	size_t i = 0;

	for (i = 0; i < blocks; i++, at++) {
		__m128i a = reversed(load(data + i * GCM_BLOCK));

		if (i == 0) {
			a = _mm_xor_si128(a, hash);
		}
		multiply_add(&p, a, k->power[at], k->folded[at]);
	}
	return blocks > 0 ? reduce(&p) : hash;
}

/* Eight blocks, two a register. */
INLINE __m128i hash_chunk(const struct gcm_key *k, __m128i hash,
			  const __m256i block[4])
{
	__m256i low = _mm256_setzero_si256();
	__m256i middle = _mm256_setzero_si256();
	__m256i high = _mm256_setzero_si256();
	struct product p;
	int i = 0;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		__m256i a = reversed2(block[i]);
		__m256i power = load2(&k->power[2 * i]);
		__m256i sum;

		if (i == 0) {
			a = _mm256_xor_si256(a, _mm256_zextsi128_si256(hash));
		}
		sum = _mm256_xor_si256(a,
				       _mm256_shuffle_epi32(a, HALVES_SWAPPED));
		low = _mm256_xor_si256(
			low, _mm256_clmulepi64_epi128(a, power, 0x00));
		high = _mm256_xor_si256(
			high, _mm256_clmulepi64_epi128(a, power, 0x11));
		middle = _mm256_xor_si256(
			middle, _mm256_clmulepi64_epi128(
					sum, load2(&k->folded[2 * i]), 0x00));
	}
	p.low = _mm_xor_si128(_mm256_castsi256_si128(low),
			      _mm256_extracti128_si256(low, 1));
	p.middle = _mm_xor_si128(_mm256_castsi256_si128(middle),
				 _mm256_extracti128_si256(middle, 1));
	p.high = _mm_xor_si128(_mm256_castsi256_si128(high),
			       _mm256_extracti128_si256(high, 1));
	return reduce(&p);
}

/* --- AES ----------------------------------------------------------------- */

INLINE __m128i encrypt(const struct gcm_key *k, __m128i block)
{
	int i = 0;

	block = _mm_xor_si128(block, k->round[0]);
	for (i = 1; i < k->rounds; i++) {
		block = _mm_aesenc_si128(block, k->round[i]);
	}
	return _mm_aesenclast_si128(block, k->round[i]);
}

/* The keystream of eight blocks from the counter on.
 * @param rounds  the key's, as a constant. */
INLINE void keystream(const struct gcm_key *k, int rounds, __m128i counter,
		      __m256i s[4])
{
	__m256i c = _mm256_broadcastsi128_si256(counter);
	__m256i key = _mm256_broadcastsi128_si256(k->round[0]);
	int i = 0;

	c = _mm256_add_epi32(c, _mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0));
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		s[i] = _mm256_xor_si256(reversed2(c), key);
		c = _mm256_add_epi32(c,
				     _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 2));
	}
#pragma GCC unroll 14
	for (i = 1; i < rounds; i++) {
		key = _mm256_broadcastsi128_si256(k->round[i]);
		s[0] = _mm256_aesenc_epi128(s[0], key);
		s[1] = _mm256_aesenc_epi128(s[1], key);
		s[2] = _mm256_aesenc_epi128(s[2], key);
		s[3] = _mm256_aesenc_epi128(s[3], key);
	}
	key = _mm256_broadcastsi128_si256(k->round[rounds]);
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		s[i] = _mm256_aesenclast_epi128(s[i], key);
	}
}

INLINE __m128i counter_add(__m128i counter, int blocks)
{
	return _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, blocks));
}

/* Chunks of eight blocks, as many as there are.
 * @return the bytes done. */
INLINE size_t crypt_chunks(struct gcm *g, int rounds, bool seal,
			   const uint8_t *in, uint8_t *out, size_t len)
{
	const struct gcm_key *k = g->key;
	__m128i hash = g->hash;
	__m128i counter = g->counter;
	size_t done = 0;

	for (done = 0; len - done >= CHUNK; done += CHUNK) {
		__m256i s[4];
		__m256i text[4];
		int i = 0;

		keystream(k, rounds, counter, s);
		counter = counter_add(counter, POWERS);
#pragma GCC unroll 4
		for (i = 0; i < 4; i++) {
			text[i] = load2(in + done + 32 * i);
			s[i] = _mm256_xor_si256(s[i], text[i]);
			store2(out + done + 32 * i, s[i]);
		}
		hash = hash_chunk(k, hash, seal ? s : text);
	}
	g->hash = hash;
	g->counter = counter;
	return done;
}

/* A block of which only the first bytes count; the others are zero. */
INLINE __m128i first_bytes(__m128i a, size_t count)
{
	static const uint8_t masks[2 * GCM_BLOCK] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return _mm_and_si128(a, load(masks + GCM_BLOCK - count));
}

/* Less than a chunk: whole blocks, and the begin of another. */
INLINE void crypt_tail(struct gcm *g, int rounds, bool seal, const uint8_t *in,
		       uint8_t *out, size_t len)
{
	size_t whole = len / GCM_BLOCK;
	size_t rest = len % GCM_BLOCK;
	uint8_t stream[CHUNK];
	uint8_t text[CHUNK];
	__m256i s[4];
	size_t i = 0;

	keystream(g->key, rounds, g->counter, s);
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		store2(stream + 32 * i, s[i]);
	}
	for (i = 0; i < whole; i++) {
		__m128i a = load(in + i * GCM_BLOCK);
		__m128i b = _mm_xor_si128(a, load(stream + i * GCM_BLOCK));

		store(text + i * GCM_BLOCK, seal ? b : a);
		store(out + i * GCM_BLOCK, b);
	}
	g->hash = hash_blocks(g->key, g->hash, text, whole);
	g->counter = counter_add(g->counter, (int)whole + (rest > 0));
	g->fill = rest;
	if (rest > 0) {
		__m128i a, b, key = load(stream + whole * GCM_BLOCK);

		memcpy(g->part, in + whole * GCM_BLOCK, rest);
		a = load(g->part);
		b = _mm_xor_si128(a, key);
		store(text, b);
		memcpy(out + whole * GCM_BLOCK, text, rest);
		store(g->part, first_bytes(seal ? b : a, rest));
		store(g->stream, key);
	}
}

/* Goes on with the block that the last piece began.
 * @return the bytes done. */
FAST static size_t crypt_rest(struct gcm *g, bool seal, const uint8_t *in,
			      uint8_t *out, size_t len)
{
	size_t done = 0;

	for (done = 0; done < len && g->fill != 0; done++) {
		uint8_t a = in[done];
		uint8_t b = a ^ g->stream[g->fill];

		g->part[g->fill++] = seal ? b : a;
		out[done] = b;
		if (g->fill == GCM_BLOCK) {
			g->hash = hash_blocks(g->key, g->hash, g->part, 1);
			g->fill = 0;
		}
	}
	return done;
}

INLINE void crypt_by(struct gcm *g, int rounds, bool seal, const uint8_t *in,
		     uint8_t *out, size_t len)
{
	size_t done = crypt_chunks(g, rounds, seal, in, out, len);

	if (done < len) {
		crypt_tail(g, rounds, seal, in + done, out + done, len - done);
	}
}

FAST static void crypt_piece(struct gcm *g, bool seal, const uint8_t *in,
			     uint8_t *out, size_t len)
{
	if (g->fill != 0) {
		size_t done = crypt_rest(g, seal, in, out, len);

		in += done;
		out += done;
		len -= done;
	}
	if (len == 0) {
		return;
	}
	if (g->key->rounds == 10) {
		if (seal) {
			crypt_by(g, 10, true, in, out, len);
		} else {
			crypt_by(g, 10, false, in, out, len);
		}
	} else {
		if (seal) {
			crypt_by(g, 14, true, in, out, len);
		} else {
			crypt_by(g, 14, false, in, out, len);
		}
	}
}

/* --- a message ----------------------------------------------------------- */

/* What a block still lacks is zero. */
FAST static void close_block(struct gcm *g)
{
	if (g->fill > 0) {
		g->hash = multiply(
			_mm_xor_si128(
				g->hash,
				reversed(first_bytes(load(g->part), g->fill))),
			g->key->power[POWERS - 1]);
		g->fill = 0;
	}
}

FAST static void authenticate(struct gcm *g, const uint8_t *data, size_t len)
{
	while (len > 0) {
		size_t n = 0;

		if (g->fill == 0 && len >= CHUNK) {
			const __m256i block[4] = {load2(data), load2(data + 32),
						  load2(data + 64),
						  load2(data + 96)};

			g->hash = hash_chunk(g->key, g->hash, block);
			n = CHUNK;
		} else if (g->fill == 0 && len >= GCM_BLOCK) {
			n = len / GCM_BLOCK;
			g->hash = hash_blocks(g->key, g->hash, data, n);
			n *= GCM_BLOCK;
		} else {
			n = GCM_BLOCK - g->fill;
			n = n < len ? n : len;
			memcpy(g->part + g->fill, data, n);
			g->fill += n;
			if (g->fill == GCM_BLOCK) {
				close_block(g);
			}
		}
		data += n;
		len -= n;
	}
}

/* The counter of the first block is 2; 1 is the tag's. */
FAST static void begin(struct gcm *g, const struct gcm_key *key,
		       const uint8_t *nonce)
{
	uint8_t first[GCM_BLOCK] = {0};
	__m128i counter;

	memcpy(first, nonce, GCM_NONCE);
	counter = reversed(load(first));
	g->key = key;
	g->hash = _mm_setzero_si128();
	g->mask = encrypt(key, reversed(counter_add(counter, 1)));
	g->counter = counter_add(counter, 2);
	g->fill = 0;
}

FAST static void end(struct gcm *g, size_t aad_len, size_t len, uint8_t *tag)
{
	uint8_t last[2 * GCM_BLOCK];
	size_t open = g->fill > 0;

	store(last, first_bytes(load(g->part), g->fill));
	store(last + GCM_BLOCK, reversed(_mm_set_epi64x((long long)aad_len * 8,
							(long long)len * 8)));
	g->hash = open ? hash_blocks(g->key, g->hash, last, 2)
		       : hash_blocks(g->key, g->hash, last + GCM_BLOCK, 1);
	store(tag, _mm_xor_si128(g->mask, reversed(g->hash)));
}

static void begin_with(struct gcm *g, const struct gcm_key *key,
		       const uint8_t *nonce, const uint8_t *aad, size_t aad_len)
{
	uint8_t padded[SHORT] = {0};
	size_t len = aad_len;

	begin(g, key, nonce);
	if (len > 0 && len <= SHORT) { /* at once, as packets have it */
		memcpy(padded, aad, len);
		aad = padded;
		len = (len + GCM_BLOCK - 1) / GCM_BLOCK * GCM_BLOCK;
	}
	authenticate(g, aad, len);
	close_block(g);
}

void gcm_seal(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, uint8_t tag[GCM_TAG])
{
	struct gcm g;

	begin_with(&g, key, nonce, aad, aad_len);
	crypt_piece(&g, true, in, out, len);
	end(&g, aad_len, len, tag);
}

bool gcm_open(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, const uint8_t tag[GCM_TAG])
{
	uint8_t right[GCM_TAG];
	struct gcm g;

	begin_with(&g, key, nonce, aad, aad_len);
	crypt_piece(&g, false, in, out, len);
	end(&g, aad_len, len, right);
	return gnutls_memcmp(right, tag, GCM_TAG) == 0;
}

static void crypt_vector(const struct gcm_key *key, bool seal,
			 const uint8_t *nonce, const uint8_t *aad,
			 size_t aad_len, const struct iovec *data, int count,
			 uint8_t *out, uint8_t *tag)
{
	struct gcm g;
	size_t len = 0;
	int i = 0;

	begin_with(&g, key, nonce, aad, aad_len);
	for (i = 0; i < count; i++) {
		crypt_piece(&g, seal, data[i].iov_base,
			    out != NULL ? out + len : data[i].iov_base,
			    data[i].iov_len);
		len += data[i].iov_len;
	}
	end(&g, aad_len, len, tag);
}

void gcm_seal_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count, uint8_t *out,
		     uint8_t tag[GCM_TAG])
{
	crypt_vector(key, true, nonce, aad, aad_len, data, count, out, tag);
}

bool gcm_open_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count,
		     const uint8_t tag[GCM_TAG])
{
	uint8_t right[GCM_TAG];

	crypt_vector(key, false, nonce, aad, aad_len, data, count, NULL, right);
	return gnutls_memcmp(right, tag, GCM_TAG) == 0;
}

void gcm_authenticate(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		      const struct iovec *data, int count, uint8_t tag[GCM_TAG])
{
	struct gcm g;
	size_t len = 0;
	int i = 0;

	begin(&g, key, nonce);
	for (i = 0; i < count; i++) {
		authenticate(&g, data[i].iov_base, data[i].iov_len);
		len += data[i].iov_len;
	}
	end(&g, len, 0, tag);
}

FAST void gcm_block(const struct gcm_key *key, const uint8_t in[GCM_BLOCK],
		    uint8_t out[GCM_BLOCK])
{
	store(out, encrypt(key, load(in)));
}

/* --- keys ---------------------------------------------------------------- */

/* FIPS 197 5.2: each word is the sum of those before it in the last key. */
INLINE __m128i next_key(__m128i before, __m128i assist)
{
	before = _mm_xor_si128(before, _mm_slli_si128(before, 4));
	before = _mm_xor_si128(before, _mm_slli_si128(before, 8));
	return _mm_xor_si128(before, assist);
}

/* The constant must be one for the compiler too. */
#define ROTATED(key, constant) \
	_mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, constant), 0xff)
#define PLAIN(key) _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, 0), 0xaa)

FAST static void expand_128(struct gcm_key *k)
{
	__m128i *r = k->round;

	r[1] = next_key(r[0], ROTATED(r[0], 0x01));
	r[2] = next_key(r[1], ROTATED(r[1], 0x02));
	r[3] = next_key(r[2], ROTATED(r[2], 0x04));
	r[4] = next_key(r[3], ROTATED(r[3], 0x08));
	r[5] = next_key(r[4], ROTATED(r[4], 0x10));
	r[6] = next_key(r[5], ROTATED(r[5], 0x20));
	r[7] = next_key(r[6], ROTATED(r[6], 0x40));
	r[8] = next_key(r[7], ROTATED(r[7], 0x80));
	r[9] = next_key(r[8], ROTATED(r[8], 0x1b));
	r[10] = next_key(r[9], ROTATED(r[9], 0x36));
	k->rounds = 10;
}

FAST static void expand_256(struct gcm_key *k)
{
	__m128i *r = k->round;

	r[2] = next_key(r[0], ROTATED(r[1], 0x01));
	r[3] = next_key(r[1], PLAIN(r[2]));
	r[4] = next_key(r[2], ROTATED(r[3], 0x02));
	r[5] = next_key(r[3], PLAIN(r[4]));
	r[6] = next_key(r[4], ROTATED(r[5], 0x04));
	r[7] = next_key(r[5], PLAIN(r[6]));
	r[8] = next_key(r[6], ROTATED(r[7], 0x08));
	r[9] = next_key(r[7], PLAIN(r[8]));
	r[10] = next_key(r[8], ROTATED(r[9], 0x10));
	r[11] = next_key(r[9], PLAIN(r[10]));
	r[12] = next_key(r[10], ROTATED(r[11], 0x20));
	r[13] = next_key(r[11], PLAIN(r[12]));
	r[14] = next_key(r[12], ROTATED(r[13], 0x40));
	k->rounds = 14;
}

/* Multiplies by x: one bit up, and what falls out comes back reduced. */
INLINE __m128i shifted(__m128i h)
{
	__m128i carry = _mm_srli_epi64(h, 63);
	__m128i out = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xff);
	const __m128i polynomial =
		_mm_set_epi64x((long long)0xc200000000000000ull, 1);

	h = _mm_or_si128(_mm_add_epi64(h, h), _mm_slli_si128(carry, 8));
	return _mm_xor_si128(h, _mm_and_si128(out, polynomial));
}

FAST static void prepare(struct gcm_key *k)
{
	__m128i h = shifted(reversed(encrypt(k, _mm_setzero_si128())));
	__m128i power = h;
	int i = 0;

	for (i = POWERS - 1; i >= 0; i--) {
		k->power[i] = power;
		k->folded[i] = halves_summed(power);
		power = multiply(power, h);
	}
}

FAST struct gcm_key *gcm_key_new(const uint8_t *key, size_t len)
{
	struct gcm_key *k = NULL;

	if (!gcm_usable() || (len != 16 && len != 32)) {
		return NULL;
	}
	k = calloc(1, sizeof(*k)); /* aligned to 16, which is enough */
	if (k == NULL) {
		return NULL;
	}
	memcpy(k->round, key, len);
	if (len == 16) {
		expand_128(k);
	} else {
		expand_256(k);
	}
	prepare(k);
	return k;
}

void gcm_key_free(struct gcm_key *key)
{
	if (key != NULL) {
		gnutls_memset(key, 0, sizeof(*key));
		free(key);
	}
}

#else

bool gcm_usable(void)
{
	return false;
}

struct gcm_key *gcm_key_new(const uint8_t *key, size_t len)
{
	(void)key;
	(void)len;
	return NULL;
}

/* What follows needs a key, and there is none. */
void gcm_key_free(struct gcm_key *key)
{
	(void)key;
}

void gcm_seal(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)aad, (void)aad_len, (void)in, (void)len;
	(void)out, (void)tag;
	abort();
}

bool gcm_open(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
	      const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
	      uint8_t *out, const uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)aad, (void)aad_len, (void)in, (void)len;
	(void)out, (void)tag;
	abort();
}

void gcm_seal_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count, uint8_t *out,
		     uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)aad, (void)aad_len, (void)data;
	(void)count, (void)out, (void)tag;
	abort();
}

bool gcm_open_vector(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		     const uint8_t *aad, size_t aad_len,
		     const struct iovec *data, int count,
		     const uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)aad, (void)aad_len, (void)data;
	(void)count, (void)tag;
	abort();
}

void gcm_authenticate(const struct gcm_key *key, const uint8_t nonce[GCM_NONCE],
		      const struct iovec *data, int count, uint8_t tag[GCM_TAG])
{
	(void)key, (void)nonce, (void)data, (void)count, (void)tag;
	abort();
}

void gcm_block(const struct gcm_key *key, const uint8_t in[GCM_BLOCK],
	       uint8_t out[GCM_BLOCK])
{
	(void)key, (void)in, (void)out;
	abort();
}

#endif
